//! A ledger's HTTP interface, as the command line asks it.
//!
//! What a server answers is believed only as far as it must be: where a chain stands, what became of a record. A receipt is
//! checked against the log's key before it is called good, if the person gave that key.

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, anyhow, bail};
use nguon_ledger::note::VerifierKey;
use nguon_ledger::policy::Policy;
use nguon_ledger::proof::TlogProof;
use nguon_ledger::request::{Asked as AskedFor, Signed as RequestSignature};
use nguon_ledger::{EventId, LedgerId, OrganisationId, PublicKey, Record, SigningKey};
use nguon_service::clock::{Clock, SystemClock};
use serde::Deserialize;
use serde_json::Value;

use crate::parcel::{Packed, Parcel};
use crate::report::Style;

/// The longest answer that is read.
const ANSWER_BYTES_MAX: u64 = 16 << 20;
/// The longest file that is read.
const FILE_BYTES_MAX: u64 = 256 << 20;
/// The most records in one request; the server takes 500.
const BATCH_RECORDS_MAX: usize = 100;
/// The most bytes in one request, but for a single record; the server takes 8 MiB.
const BATCH_BYTES_MAX: usize = 4 << 20;
/// How often a receipt is asked for, and how long.
const RECEIPT_PAUSE: Duration = Duration::from_millis(250);
const RECEIPT_TRIES: u32 = 120;

/// A ledger's server.
#[derive(Debug)]
pub(crate) struct Client {
    agent: ureq::Agent,
    base: String,
}

/// What `GET /api/v1/keys/{public_key}` says of a key, as far as a signer needs it; also the form of a `--head` file.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct KeyState {
    /// The key.
    pub(crate) key: String,
    /// Whose it is.
    pub(crate) organisation_id: String,
    /// The last record of its chain.
    pub(crate) head: Option<HeadState>,
}

/// The last record of a chain.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct HeadState {
    /// Its place in the chain.
    pub(crate) seq: u64,
    /// Its event id.
    pub(crate) event_id: String,
}

/// What the server said to one record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Said {
    /// It is in the log; `again` if it already was.
    Logged {
        /// Its index.
        index: u64,
        /// Whether it was there before.
        again: bool,
    },
    /// It waits, and must be kept.
    Held(Problem),
    /// It was refused.
    Refused(Problem),
}

/// What became of a picture that was brought.
#[derive(Debug)]
pub(crate) enum Brought {
    /// It is kept now.
    New,
    /// It was kept already.
    Again,
    /// It was refused.
    Refused(Problem),
}

/// Drafts to look into, as the server takes them.
#[derive(serde::Serialize)]
struct Asked {
    drafts: Vec<AskedDraft>,
}

#[derive(serde::Serialize)]
struct AskedDraft {
    organisation_id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    act: Option<String>,
    facts: Box<serde_json::value::RawValue>,
}

/// An RFC 9457 problem, in both languages where the server gives them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Problem {
    /// Its stable type.
    pub(crate) kind: String,
    /// Its texts, Vietnamese first.
    pub(crate) texts: Vec<String>,
}

impl Client {
    /// A client of the ledger at this address.
    pub(crate) fn new(server: &str) -> anyhow::Result<Self> {
        let base = server.trim_end_matches('/');
        if !base.starts_with("http://") && !base.starts_with("https://") {
            bail!("--server takes an address such as https://ledger.example.org, not {server:?}");
        }
        let agent = ureq::Agent::config_builder()
            .timeout_global(Some(Duration::from_secs(60)))
            .http_status_as_error(false)
            .user_agent(concat!("nguon/", env!("CARGO_PKG_VERSION")))
            .build()
            .into();
        Ok(Self { agent, base: base.to_owned() })
    }

    /// The answer's body if there is one; nothing for 404.
    pub(crate) fn text(&self, path: &str) -> anyhow::Result<Option<String>> {
        let url = format!("{}{path}", self.base);
        let response = self.agent.get(&url).call();
        let mut response = response.with_context(|| format!("cannot reach {url}; is the server running?"))?;
        let status = response.status().as_u16();
        let body = response.body_mut().with_config().limit(ANSWER_BYTES_MAX).read_to_string();
        let body = body.with_context(|| format!("{url} broke off"))?;
        match status {
            200 => Ok(Some(body)),
            404 | 202 => Ok(None),
            _ => bail!("{url} answered {status}: {}", Problem::read(&body)),
        }
    }

    /// What is not everybody's to read: the request is signed by a device's key. Nothing for 404.
    pub(crate) fn text_for(&self, key: &SigningKey, path: &str) -> anyhow::Result<Option<String>> {
        self.ask_as(key, "GET", path)
    }

    /// What only some may do: the question is signed by a device's key, and has no body. Nothing for 404.
    pub(crate) fn act_for(&self, key: &SigningKey, path: &str) -> anyhow::Result<Option<String>> {
        self.ask_as(key, "POST", path)
    }

    fn ask_as(&self, key: &SigningKey, method: &str, path: &str) -> anyhow::Result<Option<String>> {
        let url = format!("{}{path}", self.base);
        let (bare, query) = path.split_once('?').map_or((path, None), |(bare, query)| (bare, Some(query)));
        let host = self.base.split_once("://").map_or("", |(_, rest)| rest);
        let (authority, stem) = host.split_once('/').unwrap_or((host, ""));
        let authority = authority.to_ascii_lowercase();
        let bare = if stem.is_empty() { bare.to_owned() } else { format!("/{stem}{bare}") };
        let asked = AskedFor { method, authority: &authority, path: &bare, query, content_digest: None };
        let now_s = u64::try_from(SystemClock.now_ms() / 1_000).unwrap_or(0);
        let signed = RequestSignature::new(&asked, &self.ledger_id()?, key, now_s);
        let (input, signature) = (signed.input, signed.signature);
        let response = match method {
            "POST" => {
                let request = self.agent.post(&url);
                request.header("signature-input", input).header("signature", signature).send_empty()
            }
            _ => {
                let request = self.agent.get(&url);
                request.header("signature-input", input).header("signature", signature).call()
            }
        };
        let mut response = response.with_context(|| format!("cannot reach {url}; is the server running?"))?;
        let status = response.status().as_u16();
        let body = response.body_mut().with_config().limit(FILE_BYTES_MAX).read_to_string();
        let body = body.with_context(|| format!("{url} broke off"))?;
        match status {
            200 => Ok(Some(body)),
            404 => Ok(None),
            _ => bail!("{url} answered {status}: {}", Problem::read(&body)),
        }
    }

    /// Brings a picture that a record names.
    pub(crate) fn bring_image(&self, digest: &str, event: &EventId, bytes: &[u8]) -> anyhow::Result<Brought> {
        let url = format!("{}/api/v1/images/{digest}?event={event}", self.base);
        let response = self.agent.put(&url).content_type("application/octet-stream").send(bytes);
        let mut response = response.with_context(|| format!("cannot reach {url}; is the server running?"))?;
        let status = response.status().as_u16();
        let body = response.body_mut().with_config().limit(ANSWER_BYTES_MAX).read_to_string();
        let body = body.with_context(|| format!("{url} broke off"))?;
        Ok(match status {
            201 => Brought::New,
            204 => Brought::Again,
            _ => Brought::Refused(Problem::read(&body)),
        })
    }

    /// A file; nothing for 404.
    pub(crate) fn download(&self, path: &str) -> anyhow::Result<Option<Vec<u8>>> {
        let url = format!("{}{path}", self.base);
        let response = self.agent.get(&url).call();
        let mut response = response.with_context(|| format!("cannot reach {url}; is the server running?"))?;
        let status = response.status().as_u16();
        let body = response.body_mut().with_config().limit(FILE_BYTES_MAX).read_to_vec();
        let body = body.with_context(|| format!("{url} broke off"))?;
        match status {
            200 => Ok(Some(body)),
            404 => Ok(None),
            _ => bail!("{url} answered {status}: {}", Problem::read(&String::from_utf8_lossy(&body))),
        }
    }

    /// A JSON answer; nothing for 404.
    pub(crate) fn json(&self, path: &str) -> anyhow::Result<Option<Value>> {
        let Some(body) = self.text(path)? else { return Ok(None) };
        let value = serde_json::from_str(&body);
        value
            .map(Some)
            .with_context(|| format!("{}{path} did not answer in JSON; is it a nguon server?", self.base))
    }

    /// The id of the server's ledger.
    pub(crate) fn ledger_id(&self) -> anyhow::Result<LedgerId> {
        let ledger =
            self.json("/api/v1/ledger")?.ok_or_else(|| anyhow!("{} is not a nguon server", self.base))?;
        let id = ledger.get("ledger_id").and_then(Value::as_str).and_then(|id| id.parse().ok());
        id.ok_or_else(|| anyhow!("{} names no ledger id", self.base))
    }

    /// What the ledger knows of a key.
    pub(crate) fn key(&self, key: &PublicKey) -> anyhow::Result<Option<KeyState>> {
        let Some(state) = self.json(&format!("/api/v1/keys/{key}"))? else { return Ok(None) };
        serde_json::from_value(state)
            .map(Some)
            .with_context(|| format!("{} describes the key {key} strangely", self.base))
    }

    /// Sends records; one answer each.
    pub(crate) fn submit(&self, parcel: &Parcel) -> anyhow::Result<Vec<Said>> {
        let mut said = Vec::with_capacity(parcel.records.len());
        let mut rest = parcel.records.as_slice();
        while !rest.is_empty() {
            let (batch, after) = rest.split_at(batch(rest));
            said.extend(self.submit_batch(batch)?);
            rest = after;
        }
        Ok(said)
    }

    fn submit_batch(&self, records: &[Packed]) -> anyhow::Result<Vec<Said>> {
        let url = format!("{}/api/v1/records", self.base);
        let body = serde_json::to_vec(&serde_json::json!({ "records": records }))?;
        let response = self.agent.post(&url).content_type("application/json").send(&body);
        let mut response = response.with_context(|| {
            format!(
                "cannot reach {url}; the records may or may not have arrived, and sending them again is safe"
            )
        })?;
        let status = response.status().as_u16();
        let body = response.body_mut().with_config().limit(ANSWER_BYTES_MAX).read_to_string()?;
        let answer: Value = serde_json::from_str(&body).unwrap_or_default();
        let Some(answers) = answer.get("results").and_then(Value::as_array) else {
            bail!("{url} answered {status}: {}", Problem::read(&body));
        };
        if answers.len() != records.len() {
            bail!("{url} gave {} answers to {} records", answers.len(), records.len());
        }
        Ok(answers.iter().map(Said::read).collect())
    }

    /// What the ledger's rules would say of drafts: (act, facts as they were written).
    pub(crate) fn preflight(
        &self,
        organisation: OrganisationId,
        drafts: &[(Option<String>, String)],
    ) -> anyhow::Result<Value> {
        let url = format!("{}/api/v1/preflight", self.base);
        let drafts = drafts
            .iter()
            .map(|(act, facts)| {
                let facts = serde_json::value::RawValue::from_string(facts.clone())
                    .context("the facts are not one JSON document")?;
                Ok(AskedDraft { organisation_id: organisation.to_string(), act: act.clone(), facts })
            })
            .collect::<anyhow::Result<Vec<_>>>()?;
        let body = serde_json::to_vec(&Asked { drafts })?;
        let response = self.agent.post(&url).content_type("application/json").send(&body);
        let mut response = response.with_context(|| format!("cannot reach {url}; is the server running?"))?;
        let status = response.status().as_u16();
        let body = response.body_mut().with_config().limit(ANSWER_BYTES_MAX).read_to_string()?;
        if status != 200 {
            bail!("{url} answered {status}: {}", Problem::read(&body));
        }
        serde_json::from_str(&body).with_context(|| format!("{url} did not answer in JSON"))
    }

    /// The receipt of a record, once a checkpoint covers it.
    pub(crate) fn wait_for_receipt(&self, event: &EventId) -> anyhow::Result<String> {
        for _ in 0..RECEIPT_TRIES {
            if let Some(receipt) = self.text(&format!("/api/v1/receipts/{event}"))? {
                return Ok(receipt);
            }
            std::thread::sleep(RECEIPT_PAUSE);
        }
        bail!("no checkpoint covered {event} yet; the record is in the log, ask for its receipt later")
    }
}

impl KeyState {
    /// Its organisation's id.
    pub(crate) fn organisation(&self) -> anyhow::Result<OrganisationId> {
        self.organisation_id
            .parse()
            .map_err(|_| anyhow!("{:?} is not an organisation id", self.organisation_id))
    }

    /// Place and event id of the chain's last record.
    pub(crate) fn head(&self) -> anyhow::Result<Option<(u64, EventId)>> {
        let Some(head) = &self.head else { return Ok(None) };
        let event = head.event_id.parse().map_err(|_| anyhow!("{:?} is not an event id", head.event_id))?;
        Ok(Some((head.seq, event)))
    }
}

impl Said {
    fn read(answer: &Value) -> Self {
        let part = |name: &str| answer.get(name).unwrap_or(&Value::Null);
        match (part("state").as_str(), part("index").as_u64()) {
            (Some("logged"), Some(index)) => {
                Self::Logged { index, again: part("status").as_u64() == Some(200) }
            }
            (Some("held"), _) => Self::Held(Problem::of(part("hold"))),
            _ => Self::Refused(Problem::of(part("problem"))),
        }
    }
}

impl Problem {
    /// Reads a problem document, or whatever came instead of it.
    fn read(body: &str) -> Self {
        match serde_json::from_str::<Value>(body) {
            Ok(problem) if problem.is_object() => Self::of(&problem),
            _ => Self { kind: String::new(), texts: vec![body.chars().take(300).collect()] },
        }
    }

    /// Both languages if they are there (`vi`, `en`), else the one that was answered.
    fn of(problem: &Value) -> Self {
        let text = |of: &Value, name: &str| of.get(name).and_then(Value::as_str).map(str::to_owned);
        let sentence = |of: &Value| match (text(of, "title"), text(of, "detail")) {
            (Some(title), Some(detail)) => Some(format!("{title}. {detail}")),
            (title, detail) => title.or(detail),
        };
        let mut texts: Vec<String> =
            ["vi", "en"].iter().filter_map(|language| sentence(problem.get(*language)?)).collect();
        if texts.is_empty() {
            texts.extend(sentence(problem));
        }
        texts.extend(text(problem, "cause"));
        let kind = text(problem, "type").or_else(|| text(problem, "reason")).unwrap_or_default();
        Self { kind, texts }
    }
}

impl std::fmt::Display for Problem {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.texts.join(" · "))?;
        if self.kind.is_empty() { Ok(()) } else { write!(f, " [{}]", self.kind) }
    }
}

/// How many of the records go into the next request: at least one.
fn batch(records: &[Packed]) -> usize {
    let bytes = |packed: &Packed| {
        packed.record.len() + packed.openings.iter().map(|opening| opening.payload.len() + 128).sum::<usize>()
    };
    let mut room = BATCH_BYTES_MAX;
    let fits = |packed: &&Packed| {
        let left = room.checked_sub(bytes(packed));
        room = left.unwrap_or(0);
        left.is_some()
    };
    records.iter().take(BATCH_RECORDS_MAX).take_while(fits).count().max(1)
}

/// Sends records and prints each answer; true if every one is in the log.
pub(crate) fn submit_and_tell(client: &Client, parcel: &Parcel) -> anyhow::Result<(bool, Vec<Said>)> {
    use std::io::Write;
    let records: Vec<Record> = parcel.unpack()?.into_iter().map(|signed| signed.record).collect();
    let said = client.submit(parcel)?;
    let style = Style::of_stdout();
    let mut out = std::io::stdout().lock();
    for (record, said) in records.iter().zip(&said) {
        let event = record.event_id();
        match said {
            Said::Logged { index, again } => {
                let again = if *again { ", as before" } else { "" };
                writeln!(out, "{} {event}  logged at {index}{again}", style.good("✓"))?;
            }
            Said::Held(why) => {
                writeln!(
                    out,
                    "{} {event}  held ({}): not in the log, keep the file",
                    style.warn("…"),
                    why.kind
                )?;
                why.texts.iter().try_for_each(|text| writeln!(out, "    {text}"))?;
            }
            Said::Refused(why) => {
                writeln!(out, "{} {event}  refused ({})", style.bad("✗"), why.kind)?;
                why.texts.iter().try_for_each(|text| writeln!(out, "    {text}"))?;
            }
        }
    }
    Ok((said.iter().all(|said| matches!(said, Said::Logged { .. })), said))
}

/// Waits for the receipts of what was logged, checks them if the log's key is known, and keeps them.
pub(crate) fn keep_receipts(
    client: &Client,
    parcel: &Parcel,
    said: &[Said],
    log: Option<&VerifierKey>,
    path_of: impl Fn(usize, &EventId) -> PathBuf,
) -> anyhow::Result<()> {
    use std::io::Write;
    let mut out = std::io::stdout().lock();
    for (place, (signed, said)) in parcel.unpack()?.iter().zip(said).enumerate() {
        if !matches!(said, Said::Logged { .. }) {
            continue;
        }
        let event = signed.record.event_id();
        let receipt = client.wait_for_receipt(&event)?;
        let checked = check_receipt(&receipt, &signed.record, log)?;
        let path = path_of(place, &event);
        keep_receipt(&path, &receipt)?;
        writeln!(out, "receipt {} ({checked})", path.display())?;
    }
    Ok(())
}

/// A newer receipt of the same record may replace an older one: both prove the same.
fn keep_receipt(path: &Path, receipt: &str) -> anyhow::Result<()> {
    let path = std::path::absolute(path)?;
    nguon_service::objects::write_durably(&path, receipt.as_bytes())
        .with_context(|| format!("cannot write {}", path.display()))
}

fn check_receipt(receipt: &str, record: &Record, log: Option<&VerifierKey>) -> anyhow::Result<String> {
    let proof = TlogProof::parse(receipt.as_bytes()).context("the server sent a receipt that is none")?;
    let Some(log) = log else {
        return Ok("not checked: give the log's key with --log-vkey".to_owned());
    };
    let policy = Policy::new(log.clone(), Vec::new(), 0)?;
    let verdict = proof.verify(&policy, record.leaf_hash());
    let verdict = verdict
        .context("the server's receipt does not prove that the record is in the log; keep the record")?;
    Ok(format!("checked with the log's key; a tree of {} records", verdict.checkpoint.size()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn each_answer_is_told_apart() {
        let logged = json!({"status": 201, "state": "logged", "event_id": "aa", "index": 7});
        assert_eq!(Said::read(&logged), Said::Logged { index: 7, again: false });
        let again = json!({"status": 200, "state": "logged", "event_id": "aa", "index": 7});
        assert_eq!(Said::read(&again), Said::Logged { index: 7, again: true });
        let held = json!({"status": 202, "state": "held", "hold": {"reason": "gap", "title": "Chờ", "detail": "Thiếu số 3."}});
        let why = Problem { kind: "gap".to_owned(), texts: vec!["Chờ. Thiếu số 3.".to_owned()] };
        assert_eq!(Said::read(&held), Said::Held(why));
        let refused = json!({"status": 403, "state": "refused", "problem": {
            "type": "urn:nguon:problem:unknown-key", "title": "…", "detail": "…",
            "vi": {"title": "Khóa lạ", "detail": "Chưa tổ chức nào đứng sau."},
            "en": {"title": "Unknown key", "detail": "Nobody stands behind it."}}});
        let texts = ["Khóa lạ. Chưa tổ chức nào đứng sau.", "Unknown key. Nobody stands behind it."];
        let why = Problem {
            kind: "urn:nguon:problem:unknown-key".to_owned(),
            texts: texts.map(str::to_owned).to_vec(),
        };
        assert_eq!(Said::read(&refused), Said::Refused(why));
    }

    #[test]
    fn an_answer_of_another_server_is_no_acceptance() {
        for answer in [json!(null), json!({"state": "logged"}), json!({"index": 3}), json!("logged")] {
            assert!(matches!(Said::read(&answer), Said::Refused(_)), "{answer}");
        }
    }

    #[test]
    fn a_request_stays_within_what_the_server_takes() {
        let small = Packed { record: "x".repeat(600), openings: Vec::new() };
        assert_eq!(batch(&vec![small.clone(); 1000]), BATCH_RECORDS_MAX);
        let large = Packed { record: "x".repeat(3 << 20), openings: Vec::new() };
        assert_eq!(batch(&[small.clone(), large.clone(), large.clone()]), 2);
        let huge = Packed { record: "x".repeat(9 << 20), openings: Vec::new() };
        assert_eq!(batch(&[huge, small]), 1);
    }

    #[test]
    fn an_address_without_a_scheme_is_explained() {
        let error = Client::new("ledger.example.org").unwrap_err().to_string();
        assert!(error.contains("https://"), "{error}");
    }
}
