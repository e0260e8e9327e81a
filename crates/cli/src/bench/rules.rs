//! `nguon bench rules`: how well the rules tell honest seasons from those into which foreign produce was slipped.
//!
//! Plays invented seasons of a seed ([`nguon_fixtures::trial`]) on all cores and prints what the rules said of them as a table.
//! It fails if more than one honest season in a hundred is flagged, or one that passes its ceiling by a tenth is not.

use anyhow::{Context, ensure};
use nguon_fixtures::trial::{Excess, Route, Table, Trial};

use super::now;

/// How well the rules tell honest seasons from laundered ones, as a table.
///
/// Half of the seasons are honest, the other half take 5 to 100 % of their harvest from elsewhere by one of nine routes. It
/// fails if more than one honest season in a hundred gets a warning, or one gets none that is 10 % or more beyond what its records are held to.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// Honest seasons, and as many laundered ones.
    #[arg(long, default_value_t = 10_000)]
    seasons: u64,
    /// Where the seasons are drawn from.
    #[arg(long, default_value_t = 1)]
    seed: u64,
}

pub(crate) fn run(args: &Args) -> anyhow::Result<()> {
    let Args { seasons, seed } = *args;
    let begun = now();
    let cores = u64::try_from(std::thread::available_parallelism().map_or(1, std::num::NonZero::get))?;
    let mut table = Table::default();
    std::thread::scope(|scope| -> anyhow::Result<()> {
        let some = |core: u64| {
            let mut table = Table::default();
            for number in (core..2 * seasons).step_by(usize::try_from(cores).unwrap_or(1)) {
                let route = (number >= seasons).then(|| {
                    let routes = Route::ALL.len();
                    Route::ALL[usize::try_from(number - seasons).unwrap_or(0) % routes]
                });
                table.add(&Trial::run(seed, number, route));
            }
            table
        };
        let workers: Vec<_> = (0..cores).map(|core| scope.spawn(move || some(core))).collect();
        for worker in workers {
            table.merge(&worker.join().ok().context("a season could not be played")?);
        }
        Ok(())
    })?;
    let seconds = begun.elapsed().as_secs_f64();
    crate::out::line(table.to_string())?;
    crate::out::line(format!("seed {seed}, {} seasons in {seconds:.1} s", 2 * seasons))?;
    if !table.false_alarms.is_empty() {
        crate::out::line(format!("honest seasons were flagged for: {:?}", table.false_alarms))?;
    }
    let tenth = table.laundering(Excess::Tenth);
    ensure!(table.honest.flagged * 100 <= seasons, "more than one honest season in a hundred is flagged");
    ensure!(tenth.flagged == tenth.seasons, "a season a tenth beyond its ceiling went by unseen");
    Ok(())
}
