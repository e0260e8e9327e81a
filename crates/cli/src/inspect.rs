//! `nguon inspect`: says what some bytes are, what they say, and whether that holds.
//!
//! Everything is checked from the bytes in hand and the keys given; nothing is asked of any server. So what needs the
//! rest of the log (whether a key might say it, whether the chain is whole) is left to `nguon verify`, and said so.

mod contents;
mod log;
mod record;
mod source;
mod words;

use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, anyhow};
use nguon_ledger::PublicKey;
use nguon_ledger::note::VerifierKey;

use crate::parcel::Parcel;
use crate::report::Report;
use source::Thing;

pub(crate) use words::{flag_words, role_words};

/// What `--help` says after the options.
const EXAMPLES: &str = "\
Recognised, in binary, hex or base64 (also inside JSON files of this program and of the API):
  record          signed bytes that begin with NGN1
  opening         salt and payload of a section, as JSON
  checkpoint      a signed note: origin, size, root
  receipt         a C2SP tlog-proof with the record in `extra`
  tile, bundle    files under tile/, openings/
  vkey            the text form of a log's or witness's key
  invitation, acceptance, public facts, public key

Examples:
  nguon inspect receipt.txt --log-vkey log.vkey
  curl -s https://ledger.example.org/checkpoint | nguon inspect - --log-vkey log.vkey
  nguon inspect harvest.json                 # what `nguon record sign` wrote
  nguon inspect record.bin --openings opening.json --key 7d4a…
  nguon inspect tile/entries/000.p/12

Exit code: 0 it holds, 1 it does not hold, 2 not recognised.";

/// Says what some bytes are and whether they hold.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Args {
    /// The file to look at; `-` for standard input.
    #[arg(value_name = "FILE|-")]
    file: PathBuf,
    /// Say it in JSON.
    #[arg(long)]
    json: bool,
    /// The log's key: its vkey, or a file with it. Take it from somewhere else than the thing that you check.
    #[arg(long, value_name = "VKEY|FILE")]
    log_vkey: Option<String>,
    /// Keys of witnesses whose cosignatures are to be checked.
    #[arg(long, value_name = "VKEY|FILE", requires = "log_vkey")]
    witness_vkey: Vec<String>,
    /// Openings of a record's sections: JSON with `salt` and `payload`, alone, in a list or with the record.
    #[arg(long, value_name = "FILE", num_args = 1..)]
    openings: Vec<PathBuf>,
    /// The public key, in hex, that must have signed.
    #[arg(long, value_name = "HEX")]
    key: Option<PublicKey>,
}

/// What is known from elsewhere.
#[derive(Debug, Clone, Default)]
struct Given {
    log: Option<VerifierKey>,
    witnesses: Vec<VerifierKey>,
    openings: Vec<([u8; 32], Vec<u8>)>,
    author: Option<PublicKey>,
}

/// Runs the command.
pub(crate) fn run(args: &Args) -> anyhow::Result<ExitCode> {
    let bytes = read(&args.file)?;
    let given = args.given()?;
    let Some(report) = inspect(&bytes, Some(&args.file), &given) else {
        let says = format!(
            "{} is not recognised: {} bytes that are no record, opening, checkpoint, receipt, tile, bundle or key \
             in binary, hex, base64 or JSON (see `nguon inspect --help`)",
            args.file.display(),
            bytes.len()
        );
        if args.json {
            let answer = serde_json::json!({ "kind": "unknown", "bytes": bytes.len(), "reason": says });
            writeln!(std::io::stdout(), "{answer:#}")?;
        } else {
            eprintln!("nguon: {says}");
        }
        return Ok(ExitCode::from(2));
    };
    if args.json {
        writeln!(std::io::stdout(), "{:#}", report.to_json())?;
    } else {
        report.print()?;
    }
    Ok(if report.all_holds() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// What the bytes are, say, and whether it holds; nothing if they are not recognised.
fn inspect(bytes: &[u8], name: Option<&Path>, given: &Given) -> Option<Report> {
    let (thing, read_as) = source::recognise(bytes, name)?;
    let mut report = match thing {
        Thing::Record(bytes) => record::report(&bytes, given),
        Thing::Shown { bytes, mut openings } => {
            openings.extend_from_slice(&given.openings);
            record::report(&bytes, &Given { openings, ..given.clone() })
        }
        Thing::Parcel(parcel) => record::parcel(&parcel, given),
        Thing::Openings(openings) => contents::openings(&openings, given),
        Thing::Facts(bytes) => contents::facts(&bytes),
        Thing::Invitation(invitation) => record::invitation(&invitation),
        Thing::Acceptance(acceptance) => record::acceptance(&acceptance),
        Thing::Receipt(bytes) => log::receipt(&bytes, given),
        Thing::Note(bytes) => log::note(&bytes, given),
        Thing::VerifierKeys(text) => log::verifier_keys(&text),
        Thing::Bundle { bytes, width, first } => log::bundle(&bytes, width, first, given),
        Thing::Tile(bytes) => log::tile(&bytes),
        Thing::PublishedOpenings { bytes, width } => log::published_openings(&bytes, width),
        Thing::Key(key) => record::key(&key),
    };
    report.read_as = Some(read_as);
    Some(report)
}

/// What signed records with their openings say, and whether they hold.
pub(crate) fn inspect_parcel(parcel: &Parcel) -> Report {
    record::parcel(parcel, &Given::default())
}

fn read(path: &Path) -> anyhow::Result<Vec<u8>> {
    if path == Path::new("-") {
        let mut bytes = Vec::new();
        std::io::stdin().lock().read_to_end(&mut bytes).context("cannot read standard input")?;
        return Ok(bytes);
    }
    std::fs::read(path).with_context(|| format!("cannot read {}", path.display()))
}

impl Args {
    fn given(&self) -> anyhow::Result<Given> {
        let witnesses: Vec<Vec<VerifierKey>> =
            self.witness_vkey.iter().map(|text| verifier_keys(text)).collect::<Result<_, _>>()?;
        Ok(Given {
            log: self.log_vkey.as_deref().map(verifier_key).transpose()?,
            witnesses: witnesses.into_iter().flatten().collect(),
            openings: given_openings(&self.openings)?,
            author: self.key,
        })
    }
}

fn given_openings(files: &[PathBuf]) -> anyhow::Result<Vec<([u8; 32], Vec<u8>)>> {
    let mut openings = Vec::new();
    for path in files {
        match source::recognise(&read(path)?, Some(path)) {
            Some((Thing::Openings(found), _)) => {
                openings.extend(found.into_iter().map(|opening| (opening.salt, opening.payload)));
            }
            Some((Thing::Shown { openings: found, .. }, _)) => openings.extend(found),
            Some((Thing::Parcel(parcel), _)) => {
                for packed in parcel.records.iter().flat_map(|record| &record.openings) {
                    openings.push(packed.open().with_context(|| format!("in {}", path.display()))?);
                }
            }
            _ => {
                return Err(anyhow!(
                    "{} holds no openings; an opening is JSON with `salt` (hex or base64) and `payload` (base64)",
                    path.display()
                ));
            }
        }
    }
    Ok(openings)
}

/// One verifier key, as text or from a file.
pub(crate) fn verifier_key(text_or_file: &str) -> anyhow::Result<VerifierKey> {
    let mut keys = verifier_keys(text_or_file)?;
    match (keys.pop(), keys.is_empty()) {
        (Some(key), true) => Ok(key),
        _ => Err(anyhow!("{text_or_file} holds several keys; the log has one at a time")),
    }
}

/// Verifier keys, one a line, as text or from a file.
fn verifier_keys(text_or_file: &str) -> anyhow::Result<Vec<VerifierKey>> {
    let path = Path::new(text_or_file);
    let text = if path.is_file() {
        std::fs::read_to_string(path).with_context(|| format!("cannot read {text_or_file}"))?
    } else {
        text_or_file.to_owned()
    };
    let parse = |line: &str| {
        line.parse::<VerifierKey>().map_err(|error| {
            anyhow!("{error}: {line:?}. A vkey looks like `ledger.example.org/x+848c0969+Aao2…`, or name a file with it")
        })
    };
    let keys: Vec<VerifierKey> =
        text.lines().filter(|line| !line.is_empty()).map(parse).collect::<Result<_, _>>()?;
    anyhow::ensure!(!keys.is_empty(), "{text_or_file} holds no key");
    Ok(keys)
}

#[cfg(test)]
mod tests;
