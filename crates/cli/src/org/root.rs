//! Root keys: made offline, kept on paper.

use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Context;
use nguon_ledger::{PublicKey, SigningKey};
use nguon_service::keys::{random_seed, write_seed};
use zeroize::Zeroizing;

use super::paper;
use crate::parcel::{expect_absent, write_new};
use crate::report::print_fields;

const ABOUT_PAPER: &str = "\
The paper backup has four rows of sixteen characters for each key. Three of the sixteen check the row, so a slip of \
the pen is named when the key is restored. Letters I, L, O and U do not occur.

Keep the two papers in two places, away from the machine. Who has the first paper is the organisation; who has the \
second can take the organisation back from a thief of the first (`nguon org rotate`).";

/// `nguon org new-root`.
#[derive(Debug, clap::Args)]
#[command(after_long_help = ABOUT_PAPER)]
pub(super) struct NewRoot {
    /// The root's key file; the next root's is put beside it (root.key, root-next.key). Never overwritten.
    #[arg(long, short, value_name = "FILE")]
    out: PathBuf,
    /// Write the paper backup into a file instead of printing it on the screen.
    #[arg(long, value_name = "FILE")]
    paper: Option<PathBuf>,
}

/// `nguon org restore`.
#[derive(Debug, clap::Args)]
#[command(after_long_help = ABOUT_PAPER)]
pub(super) struct Restore {
    /// The rows, typed from the paper, each after its number; `-` for standard input.
    #[arg(value_name = "PAPER|-", default_value = "-")]
    paper: PathBuf,
    /// The key file to make. Never overwritten.
    #[arg(long, short, value_name = "FILE")]
    out: PathBuf,
    /// The public key that must come out, in hex.
    #[arg(long, value_name = "HEX")]
    public: Option<PublicKey>,
}

impl NewRoot {
    pub(super) fn run(self) -> anyhow::Result<ExitCode> {
        let (next, next_public) = (beside(&self.out, "-next", "key"), beside(&self.out, "-next", "pub"));
        for path in
            [Some(&self.out), Some(&next), Some(&next_public), self.paper.as_ref()].into_iter().flatten()
        {
            expect_absent(path)?;
        }
        let (root_seed, next_seed) = (random_seed()?, random_seed()?);
        write_seed(&std::path::absolute(&self.out)?, &root_seed)?;
        write_seed(&std::path::absolute(&next)?, &next_seed)?;
        let public = |seed: &Zeroizing<[u8; 32]>| SigningKey::from_seed(**seed).public();
        write_new(&next_public, format!("{}\n", public(&next_seed)).as_bytes())?;

        let sheets = [
            sheet("Khóa gốc · root key", &public(&root_seed), &root_seed),
            sheet("Khóa gốc kế tiếp · next root key", &public(&next_seed), &next_seed),
        ];
        match &self.paper {
            Some(path) => {
                let text = Zeroizing::new(sheets.iter().map(|sheet| sheet.as_str()).collect::<String>());
                write_new(path, text.as_bytes())?;
            }
            None => sheets.iter().try_for_each(|sheet| writeln!(std::io::stdout(), "{}", sheet.as_str()))?,
        }
        let shown = |path: &Path| path.display().to_string();
        print_fields(
            "Made",
            &[
                ("root key", shown(&self.out)),
                ("  public", public(&root_seed).to_string()),
                ("next root key", format!("{} (take it off this machine)", shown(&next))),
                ("  public", format!("{} (in {})", public(&next_seed), shown(&next_public))),
            ],
        )?;
        Ok(ExitCode::SUCCESS)
    }
}

impl Restore {
    pub(super) fn run(self) -> anyhow::Result<ExitCode> {
        expect_absent(&self.out)?;
        let mut text = Zeroizing::new(String::new());
        if self.paper == Path::new("-") {
            eprintln!("Type the four rows, each after its number (1 ABCD …), then end the input (Ctrl-D).");
            std::io::stdin().lock().read_to_string(&mut text).context("cannot read standard input")?;
        } else {
            *text = std::fs::read_to_string(&self.paper)
                .with_context(|| format!("cannot read {}", self.paper.display()))?;
        }
        let seed = paper::read(&text)?;
        let made = SigningKey::from_seed(*seed).public();
        if let Some(named) = self.public
            && named != made
        {
            return Err(paper::PaperError::OtherKey { made, named }.into());
        }
        write_seed(&std::path::absolute(&self.out)?, &seed)?;
        print_fields("Restored", &[("key", self.out.display().to_string()), ("public", made.to_string())])?;
        Ok(ExitCode::SUCCESS)
    }
}

/// One key's sheet of paper.
fn sheet(title: &str, public: &PublicKey, seed: &[u8; 32]) -> Zeroizing<String> {
    Zeroizing::new(format!(
        "nguon · {title}\n  Viết lại hoặc in ra giấy, cất nơi an toàn. Ai có tờ giấy này là có khóa.\n  \
         Copy or print it, keep it safe. Whoever has this paper has the key.\n\n  public {public}\n\n{}\n",
        paper::print(seed).as_str()
    ))
}

/// `root.key` → `root-next.pub`.
fn beside(path: &Path, suffix: &str, extension: &str) -> PathBuf {
    let stem = path.file_stem().unwrap_or_default().to_string_lossy();
    path.with_file_name(format!("{stem}{suffix}.{extension}"))
}
