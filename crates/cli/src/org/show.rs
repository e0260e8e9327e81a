//! What a server says of an organisation. It is the server's word: `nguon verify` decides it from the records.

use std::io::Write;
use std::process::ExitCode;

use anyhow::bail;
use nguon_ledger::OrganisationId;
use serde_json::Value;

use crate::client::Client;
use crate::report::Report;

/// `nguon org show`.
#[derive(Debug, clap::Args)]
pub(super) struct Show {
    /// The organisation's id.
    #[arg(value_name = "ID")]
    organisation: OrganisationId,
    /// The ledger's server.
    #[arg(long, value_name = "URL")]
    server: String,
    /// Print the server's JSON.
    #[arg(long)]
    json: bool,
}

impl Show {
    pub(super) fn run(self) -> anyhow::Result<ExitCode> {
        let path = format!("/api/v1/organisations/{}", self.organisation);
        let client = Client::new(&self.server)?;
        let Some(mut answer) = client.json(&path)? else {
            bail!("the ledger has no organisation {}", self.organisation);
        };
        if let Some(keys) = client.json(&format!("{path}/keys"))? {
            answer["keys"] = keys["keys"].clone();
        }
        if self.json {
            writeln!(std::io::stdout(), "{answer:#}")?;
        } else {
            report(&answer, self.organisation).write_plain(&mut std::io::stdout().lock())?;
        }
        Ok(ExitCode::SUCCESS)
    }
}

fn report(answer: &Value, organisation: OrganisationId) -> Report {
    let mut report = Report::new("organisation", format!("Organisation {organisation}"));
    say(&mut report, answer);
    report
}

/// Plain members are fields, lists of objects are parts; times in milliseconds are said as times.
fn say(report: &mut Report, answer: &Value) {
    for (name, value) in answer.as_object().into_iter().flatten() {
        match value {
            Value::Null => {}
            Value::String(text) => report.say(name, text),
            Value::Number(number) if name.ends_with("_ms") => {
                report.say_time(name, number.as_u64().unwrap_or(0))
            }
            Value::Array(list) if list.iter().any(Value::is_object) => {
                for (place, entry) in list.iter().enumerate() {
                    let one = name.trim_end_matches('s').replace('_', " ");
                    let mut part = Report::new("part", format!("{one} {}", place + 1));
                    say(&mut part, entry);
                    report.parts.push(part);
                }
            }
            Value::Array(list) => {
                let words: Vec<String> = list.iter().map(plain).collect();
                report.say(name, words.join(", "));
            }
            Value::Object(text) if text.contains_key("vi") => {
                let words: Vec<&str> =
                    ["vi", "en"].iter().filter_map(|language| text.get(*language)?.as_str()).collect();
                report.say(name, words.join(" · "));
            }
            Value::Object(_) => {
                let mut part = Report::new("part", name.replace('_', " "));
                say(&mut part, value);
                report.parts.push(part);
            }
            other => report.say(name, other),
        }
    }
}

fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}
