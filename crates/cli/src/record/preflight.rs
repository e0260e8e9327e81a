//! What would the rules say of facts, if they were signed now? The ledger is asked; nothing is signed or stored.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context, anyhow};
use nguon_ledger::{Act, OrganisationId};
use serde_json::Value;

use crate::client::Client;
use crate::out::{line, visible};
use crate::report::Style;

/// `nguon record preflight`.
#[derive(Debug, clap::Args)]
pub(super) struct Preflight {
    /// Files of public facts, in the order in which they are to be signed: each is judged as if those before it were
    /// logged.
    #[arg(value_name = "FILE", required = true)]
    facts: Vec<PathBuf>,
    /// In whose name.
    #[arg(long, value_name = "ID")]
    org: OrganisationId,
    /// What sort of act they are; each the one that fits it, if none is said.
    #[arg(long, value_parser = super::sign::act, value_name = "ACT")]
    act: Option<Act>,
    /// The ledger's server.
    #[arg(long, value_name = "URL")]
    server: String,
    /// The server's answer as JSON.
    #[arg(long)]
    json: bool,
}

impl Preflight {
    pub(super) fn run(self) -> anyhow::Result<ExitCode> {
        let mut drafts = Vec::with_capacity(self.facts.len());
        for path in &self.facts {
            let shown = path.display();
            let text = std::fs::read_to_string(path).with_context(|| format!("cannot read {shown}"))?;
            drafts.push((self.act.map(|act| act.to_string()), text));
        }
        let answer = Client::new(&self.server)?.preflight(self.org, &drafts)?;
        let results = answer.get("results").and_then(Value::as_array);
        let results = results.filter(|results| results.len() == self.facts.len());
        let results = results.ok_or_else(|| anyhow!("{} answered strangely", self.server))?;
        if self.json {
            line(serde_json::to_string_pretty(&answer)?)?;
        }
        let style = Style::of_stdout();
        let mut good = true;
        for (path, result) in self.facts.iter().zip(results) {
            let may_sign = result.get("may_sign").and_then(Value::as_bool) == Some(true);
            let gravest = result.get("gravest").and_then(Value::as_str);
            let offer = result.get("offer");
            let listed = offer.is_none_or(|offer| offer.get("listed").and_then(Value::as_bool) == Some(true));
            good &= may_sign && gravest != Some("blocking") && listed;
            if self.json {
                continue;
            }
            let told = !list(result, "remarks").is_empty();
            let (mark, verdict) = match (may_sign, gravest) {
                (false, _) => (style.bad("✗"), "không nên ký · should not be signed"),
                (true, Some("blocking")) => {
                    (style.bad("✗"), "ký được, nhưng lô sẽ bị chặn bán · would block what it is about")
                }
                (true, _) if !listed => (style.bad("✗"), "sẽ không được rao · would not be offered"),
                (true, Some(_)) => (style.warn("!"), "ký được, cần biết · may be signed; people should know"),
                (true, None) if told => {
                    (style.warn("!"), "ký được, cần biết · may be signed; people should know")
                }
                (true, None) => (style.good("✓"), "ký được · may be signed; nothing to find"),
            };
            line(format!("{mark} {}: {verdict}", path.display()))?;
            for told in list(result, "refusals") {
                tell(told)?;
            }
            for told in list(result, "remarks") {
                tell(told)?;
            }
            for told in offer.map(|offer| list(offer, "reasons")).unwrap_or_default() {
                tell(told)?;
            }
            for lot in list(result, "lots") {
                let uri = lot.get("uri").and_then(Value::as_str).unwrap_or_default();
                let (raised, settled) = (list(lot, "raised"), list(lot, "settled"));
                let effect = lot.get("effect").and_then(Value::as_str);
                if raised.is_empty() && settled.is_empty() && effect != Some("claim") {
                    continue;
                }
                line(format!("  {}", visible(uri)))?;
                if effect == Some("claim") {
                    line(
                        "    lô của đơn vị khác, lời ghi không có tác dụng · another's lot: a claim, without effect",
                    )?;
                }
                raised.iter().try_for_each(tell)?;
                for finding in settled {
                    let code = finding.get("code").and_then(Value::as_str).unwrap_or_default();
                    line(format!("    settled: {}", visible(code)))?;
                }
            }
        }
        Ok(if good { ExitCode::SUCCESS } else { ExitCode::FAILURE })
    }
}

fn list<'a>(of: &'a Value, name: &str) -> &'a [Value] {
    of.get(name).and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default()
}

fn tell(what: &Value) -> anyhow::Result<()> {
    let text = |name: &str| visible(what.get(name).and_then(Value::as_str).unwrap_or_default());
    let severity = what.get("severity").and_then(Value::as_str).map_or(String::new(), |it| format!(", {it}"));
    line(format!("    {} ({}{})", text("text_vi"), text("code"), visible(&severity)))?;
    line(format!("    {}", text("text_en")))?;
    Ok(())
}
