//! `nguon serial`: labels with numbers of their own, from the printer to the bin.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context, anyhow, bail, ensure};
use nguon_epcis::Document;
use nguon_id::LotId;
use nguon_ledger::Act;
use nguon_service::clock::{Clock, SystemClock};
use nguon_trace::facts::{Action, Amount, Event, Facts, Step, What};
use nguon_trace::labels::{LabelRange, Labels, Ranges};
use nguon_trace::quantity::Quantity;
use serde_json::Value;

use crate::client::Client;
use crate::out;
use crate::parcel::write_new;
use crate::record::sign::Hand;
use crate::trace;

const EXAMPLES: &str = "\
A lot of a thousand packs, each with a code of its own:

  nguon serial print    LOT --count 1000 --key desk.key --server URL   # on the record: numbers 1 to 1000 are printed
  nguon serial list     LOT --key desk.key --server URL --out codes.csv
  nguon label           LOT --serials codes.csv --server URL --out labels.pdf
  nguon serial activate LOT --labels 1-990 --key desk.key --server URL # when the labels are on the packs
  nguon serial void     LOT --labels 991-1000 --key desk.key --server URL
  nguon serial signs    --key desk.key --server URL                    # what scanning shows
  nguon serial settle   LOT --label 22 --reason 'Gói trưng bày ở hội chợ, tem thật' --key desk.key --server URL";

/// Labels with numbers of their own.
#[derive(Debug, clap::Args)]
#[command(after_long_help = EXAMPLES)]
pub(crate) struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    /// Records that labels are printed: from here on their codes are given out, and their pages say "not activated".
    Print {
        /// The next so many numbers that are free.
        #[arg(long, value_name = "N", required_unless_present = "labels", conflicts_with = "labels")]
        count: Option<u32>,
        #[command(flatten)]
        told: Told,
    },
    /// Records that labels are on their packs: from here on their pages say what is known.
    Activate(Told),
    /// Records that labels are spoiled, lost or taken off: whoever scans one is told so, for good.
    Void(Told),
    /// Writes number, code and address of labels that are printed and not void, as CSV.
    List {
        /// The lot's address or path.
        lot: String,
        /// Only these numbers, such as 1-1000.
        #[arg(long, value_name = "RANGE", value_parser = range)]
        labels: Option<LabelRange>,
        #[command(flatten)]
        reader: Reader,
        /// Where to write them; otherwise they are printed.
        #[arg(long, short, value_name = "FILE")]
        out: Option<PathBuf>,
    },
    /// Shows signs that codes of the organisation's lots were copied.
    Signs(Reader),
    /// Says what came of looking into a label that was scanned strangely: its page says so from then on, for everybody.
    Settle {
        /// The lot's address or path.
        lot: String,
        /// The label's number.
        #[arg(long, value_name = "N")]
        label: u32,
        /// What came of it, in a sentence. Everybody can read it: no names.
        #[arg(long, value_name = "TEXT")]
        reason: String,
        #[command(flatten)]
        reader: Reader,
    },
}

/// What is recorded of which labels.
#[derive(Debug, clap::Args)]
struct Told {
    /// The lot's address or path.
    lot: String,
    /// The numbers, such as 1-990,995.
    #[arg(long, value_name = "RANGES", value_parser = range, value_delimiter = ',')]
    labels: Vec<LabelRange>,
    /// Sign also what the rules refuse.
    #[arg(long)]
    force: bool,
    #[command(flatten)]
    hand: Hand,
}

/// Whose key asks whom.
#[derive(Debug, clap::Args)]
struct Reader {
    /// A key of the lot's maker that may record lots.
    #[arg(long, value_name = "FILE")]
    key: PathBuf,
    /// The ledger's server.
    #[arg(long, value_name = "URL", default_value = "http://127.0.0.1:8080")]
    server: String,
}

fn range(text: &str) -> anyhow::Result<LabelRange> {
    let (first, last) = text.split_once('-').unwrap_or((text, text));
    let read = || LabelRange::new(first.trim().parse().ok()?, last.trim().parse().ok()?);
    read().ok_or_else(|| anyhow!("numbers of labels are written 7 or 1-990"))
}

/// Runs the command.
pub(crate) fn run(args: Args) -> anyhow::Result<ExitCode> {
    match args.command {
        Command::Print { count, told } => told.record(Step::Encoding, count),
        Command::Activate(told) => told.record(Step::Commissioning, None),
        Command::Void(told) => told.record(Step::Decommissioning, None),
        Command::List { lot, labels, reader, out } => reader.list(&lot, labels, out),
        Command::Signs(reader) => reader.signs(),
        Command::Settle { lot, label, reason, reader } => reader.settle(&lot, label, &reason),
    }
}

impl Told {
    /// Signs that so many labels of the lot are what the step says.
    fn record(self, step: Step, count: Option<u32>) -> anyhow::Result<ExitCode> {
        let (server, id) = trace::lot(&self.lot, self.hand.chain.server.as_deref())?;
        let document = lot_document(&Client::new(&server)?, &id)?;
        let uri = document["uri"].as_str().ok_or_else(|| anyhow!("{server} did not name the lot"))?;
        let labels = match count {
            None => self.labels.clone(),
            Some(count) => {
                ensure!(count > 0, "at least one label");
                let next = labels_of(&document)?.next();
                let last = u64::from(next) + u64::from(count) - 1;
                vec![
                    LabelRange::new(next.into(), last)
                        .ok_or_else(|| anyhow!("a lot has 33,554,431 labels at most"))?,
                ]
            }
        };
        ensure!(!labels.is_empty(), "which labels? Give --labels 1-990, or --count 1000 to print");
        let ranges = Ranges::of(labels);
        let amount = Amount::of(uri, Quantity::pieces(ranges.count()));
        let what = What::Objects { action: Action::Observe, objects: vec![amount] };
        let event =
            Event { labels: ranges.ranges().to_vec(), ..Event::new(SystemClock.now_ms(), step, what) };
        let facts =
            nguon_epcis::write(&Document { facts: Facts::Event(Box::new(event)), subjects: Vec::new() });
        let facts = String::from_utf8(facts).context("facts are JSON")?;
        out::line(format!("  tem số · labels {}", ranges.in_full()))?;
        if !self.force {
            self.look_ahead(&Client::new(&server)?, &facts)?;
        }
        self.hand.sign(Act::Lot, &facts, &format!("labels {ranges}"), Vec::new())
    }
}

impl Told {
    /// Asks the ledger's rules first: what is signed stays on the log.
    fn look_ahead(&self, client: &Client, facts: &str) -> anyhow::Result<()> {
        let key = crate::org::open_key(&self.hand.key)?.public();
        let known = client.key(&key)?.ok_or_else(|| anyhow!("the ledger does not know the key {key} yet"))?;
        let draft = (Some(Act::Lot.to_string()), facts.to_owned());
        let answer = client.preflight(known.organisation()?, &[draft])?;
        let result = &answer["results"][0];
        let mut against: Vec<String> = Vec::new();
        for refusal in result["refusals"].as_array().into_iter().flatten() {
            against.extend(
                ["text_vi", "text_en"].iter().filter_map(|name| Some(refusal[*name].as_str()?.to_owned())),
            );
        }
        let lots = result["lots"].as_array().into_iter().flatten();
        if lots.filter(|lot| lot["effect"].as_str() == Some("claim")).count() > 0 {
            against.push("Lô này của đơn vị khác: lời ghi sẽ không có tác dụng.".to_owned());
            against.push("It is another organisation's lot: the record would have no effect.".to_owned());
        }
        for text in &against {
            out::line(format!("  {}", out::visible(text)))?;
        }
        ensure!(against.is_empty(), "chưa ký gì · nothing was signed (--force signs it all the same)");
        Ok(())
    }
}

impl Reader {
    fn list(&self, lot: &str, labels: Option<LabelRange>, out: Option<PathBuf>) -> anyhow::Result<ExitCode> {
        let (server, id) = trace::lot(lot, Some(&self.server))?;
        let query =
            labels.map(|range| format!("?first={}&last={}", range.first, range.last)).unwrap_or_default();
        let key = crate::org::open_key(&self.key)?;
        let path = format!("/api/v1/serials{}{query}", id.path());
        let Some(csv) = Client::new(&server)?.text_for(&key, &path)? else {
            bail!("no such labels are printed, or the ledger has no lot {lot}: first `nguon serial print`");
        };
        match out {
            Some(path) => write_new(&path, csv.as_bytes())?,
            None => out::line(csv.trim_end())?,
        }
        Ok(ExitCode::SUCCESS)
    }

    fn settle(&self, lot: &str, label: u32, reason: &str) -> anyhow::Result<ExitCode> {
        let (server, id) = trace::lot(lot, Some(&self.server))?;
        let key = crate::org::open_key(&self.key)?;
        let reason: String = form_urlencoded::byte_serialize(reason.as_bytes()).collect();
        let path = format!("/api/v1/scan-signs{}?number={label}&reason={reason}", id.path());
        let answer = Client::new(&server)?
            .act_for(&key, &path)?
            .ok_or_else(|| anyhow!("the ledger has no lot {lot}"))?;
        let answer: Value = serde_json::from_str(&answer).context("the answer is no JSON")?;
        out::line(format!(
            "  Đã ghi kết luận về tem số {label} · what came of it is kept with label {label}:"
        ))?;
        out::line(format!("  “{}”", out::visible(answer["reason"].as_str().unwrap_or_default())))?;
        Ok(ExitCode::SUCCESS)
    }

    fn signs(&self) -> anyhow::Result<ExitCode> {
        let (client, key) = (Client::new(&self.server)?, crate::org::open_key(&self.key)?);
        let (mut path, mut any) = ("/api/v1/scan-signs".to_owned(), false);
        loop {
            let answer =
                client.text_for(&key, &path)?.ok_or_else(|| anyhow!("{} is too old", self.server))?;
            let answer: Value = serde_json::from_str(&answer).context("the answer is no JSON")?;
            for sign in answer["signs"].as_array().into_iter().flatten() {
                any = true;
                for line in told(sign).lines() {
                    out::line(out::visible(line))?;
                }
            }
            let Some(next) = answer["next"].as_str() else { break };
            path = format!("/api/v1/scan-signs?after={}", next.replace(' ', "+"));
        }
        if !any {
            out::line(
                "Chưa thấy gì lạ trong các lượt quét tem · nothing unusual in the scans of your labels",
            )?;
        }
        Ok(ExitCode::SUCCESS)
    }
}

/// A sign in a line.
fn told(sign: &Value) -> String {
    let text = |name: &str| sign[name].as_str().unwrap_or("?").to_owned();
    let what = match sign["sign"].as_str() {
        Some("far_apart") => {
            let names = sign["provinces"].as_array().into_iter().flatten().filter_map(Value::as_str);
            let names = names.map(|code| nguon_trace::scans::province(code).map_or(code, |known| &known.vi));
            format!(
                "hai tỉnh xa nhau trong một giờ · two far provinces within the hour: {}",
                names.collect::<Vec<_>>().join(", ")
            )
        }
        Some("many_provinces") => format!("quét ở {0} tỉnh · scanned in {0} provinces", sign["provinces"]),
        Some("many_phones") => {
            format!("ít nhất {0} điện thoại đã quét · scanned by {0} phones or more", sign["phones"])
        }
        Some("after_sale") => {
            let (phones, day) = (&sign["phones"], text("sold_on"));
            format!(
                "{phones} điện thoại quét sau khi bán ngày {day} · {phones} phones scanned it after it was sold"
            )
        }
        _ => sign.to_string(),
    };
    format!("{}  tem số {} · {}\n            {what}", text("day"), sign["number"], text("lot"))
}

fn lot_document(client: &Client, id: &LotId) -> anyhow::Result<Value> {
    let found = client.json(&format!("/api/v1/lots{}", id.path()))?;
    found.ok_or_else(|| anyhow!("the ledger has no lot {}: record that it is made first", id.path()))
}

fn labels_of(document: &Value) -> anyhow::Result<Labels> {
    match document["state"].get("labels") {
        None => Ok(Labels::default()),
        Some(labels) => {
            serde_json::from_value(labels.clone()).context("the server describes labels strangely")
        }
    }
}
