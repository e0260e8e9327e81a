//! Counts who scans a label, behind the page that was asked for: nobody waits for it, and a count that is lost in a crash is
//! the only thing here that may be.
//!
//! What is kept of a phone is a hash of its network and of what its browser calls itself, under a salt that is drawn for
//! the day and forgotten with it. Places are provinces, and only if somebody says so on the page.
//!
//! What one machine can write here is bounded before the queue ([`gate`]): a phone counts once a day, three of one network and
//! two hundred of one label. Two far places need phones of three networks.

mod gate;

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;
use std::time::Duration;

use jiff::civil::Date;
use nguon_storage::{ScanPhoneRow, ScanSignRow, Store, StoreError};
use nguon_trace::facts::vietnam_day;
use nguon_trace::scans::{far_apart, province};
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinHandle;

use self::gate::Gate;
use crate::keys::random_seed;
use crate::serials::{Seen, seen};

/// Scans that wait to be counted. Beyond it they are not.
const WAITING: usize = 10_000;
/// Scans written in one transaction.
const AT_ONCE: usize = 100;
/// Scans are gathered this long: one commit for all of them.
const GATHER: Duration = Duration::from_millis(200);
/// Within this time two provinces are compared.
const HOUR_MS: i64 = 3_600_000;
/// Networks that must have named a place before two far ones are a sign.
const NETWORKS_FAR_APART: usize = 3;
/// Labels of which it is remembered where they were met within the hour.
const LABELS_REMEMBERED: usize = 50_000;

/// Somebody scanned a label.
#[derive(Debug, Clone)]
pub struct Scan {
    /// The label's lot, by URI.
    pub lot_uri: String,
    /// Who made the lot.
    pub organisation: nguon_ledger::OrganisationId,
    /// The label's number in it.
    pub number: u32,
    /// When its pack was recorded as sold.
    pub sold_on: Option<Date>,
    /// The network it comes from: hashed, and not kept.
    pub network: Vec<u8>,
    /// What its browser calls itself: hashed, and not kept.
    pub agent: Vec<u8>,
    /// The code of the province where a phone that was counted today says it is; none: it scans.
    pub province: Option<String>,
    /// When, Unix milliseconds.
    pub at_ms: i64,
}

enum Message {
    Scanned(Box<Scan>),
    Flush(oneshot::Sender<()>),
}

/// Takes scans to be counted.
pub(crate) struct Scans {
    queue: mpsc::Sender<Message>,
    gate: Gate,
}

impl Scans {
    /// Starts counting.
    pub(crate) fn start(store: Arc<dyn Store>) -> (Self, JoinHandle<()>) {
        let (queue, waiting) = mpsc::channel(WAITING);
        let counter = Counter { store, today: None, met: HashMap::new() };
        (Self { queue, gate: Gate::default() }, tokio::spawn(counter.run(waiting)))
    }

    /// Counts a scan, some time soon.
    pub(crate) fn count(&self, scan: Scan) {
        if !self.gate.lets(&scan, &vietnam_day(scan.at_ms).to_string()) {
            return;
        }
        let taken = self.queue.try_send(Message::Scanned(Box::new(scan))).is_ok();
        metrics::counter!("nguon_scans_total", "counted" => if taken { "yes" } else { "no" }).increment(1);
    }

    /// Waits until what was given is counted.
    pub(crate) async fn flush(&self) {
        let (done, counted) = oneshot::channel();
        if self.queue.send(Message::Flush(done)).await.is_ok() {
            drop(counted.await);
        }
    }
}

/// A label was met somewhere.
struct Met {
    province: String,
    network: Vec<u8>,
    at_ms: i64,
}

struct Counter {
    store: Arc<dyn Store>,
    /// The day whose phones are kept, with its salt.
    today: Option<(String, Vec<u8>)>,
    /// Where labels were met within the hour, by lot and number.
    met: HashMap<(String, u32), Vec<Met>>,
}

impl Counter {
    async fn run(mut self, mut waiting: mpsc::Receiver<Message>) {
        let mut messages = Vec::with_capacity(AT_ONCE);
        while waiting.recv_many(&mut messages, AT_ONCE).await > 0 {
            if !messages.iter().any(|message| matches!(message, Message::Flush(_))) {
                tokio::time::sleep(GATHER).await;
                while messages.len() < AT_ONCE {
                    let Ok(message) = waiting.try_recv() else { break };
                    messages.push(message);
                }
            }
            let (mut scans, mut flushed) = (Vec::new(), Vec::new());
            for message in messages.drain(..) {
                match message {
                    Message::Scanned(scan) => scans.push(*scan),
                    Message::Flush(done) => flushed.push(done),
                }
            }
            if let Err(error) = self.count(&scans).await {
                metrics::counter!("nguon_scans_lost_total")
                    .increment(u64::try_from(scans.len()).unwrap_or(0));
                tracing::warn!(%error, scans = scans.len(), "scans were not counted");
            }
            for done in flushed {
                done.send(()).ok();
            }
        }
    }

    async fn count(&mut self, scans: &[Scan]) -> Result<(), StoreError> {
        if scans.is_empty() {
            return Ok(());
        }
        let mut touched = BTreeSet::new();
        let mut unit = self.store.unit().await?;
        for scan in scans {
            let day = vietnam_day(scan.at_ms);
            let name = day.to_string();
            let salt = match &self.today {
                Some((today, salt)) if *today == name => salt.clone(),
                _ => {
                    let fresh = random_seed().map(|seed| seed.to_vec()).unwrap_or_default();
                    if fresh.is_empty() {
                        continue;
                    }
                    unit.forget_phones(&name).await?;
                    let salt = unit.scan_salt(&name, &fresh).await?;
                    self.today = Some((name.clone(), salt.clone()));
                    salt
                }
            };
            let said = scan.province.as_deref().and_then(province).map(|one| one.code.clone());
            let row = ScanPhoneRow {
                lot_uri: scan.lot_uri.clone(),
                number: i64::from(scan.number),
                phone: phone(&salt, &scan.network, &scan.agent),
                day: name,
                at_ms: scan.at_ms,
                province: said.clone().unwrap_or_default(),
            };
            match &said {
                None if unit.insert_scan_phone(&row).await? => unit.add_scans(&row, "", 1).await?,
                Some(_) if unit.place_scan_phone(&row).await? => {
                    unit.add_scans(&row, "", -1).await?;
                    unit.add_scans(&row, &row.province, 1).await?;
                }
                _ => continue,
            }
            touched.insert((scan.lot_uri.clone(), scan.number, scan.organisation, scan.sold_on, day));
            if let Some(said) = said
                && let Some(provinces) = self.far_apart(scan, said)
            {
                let sign = nguon_trace::scans::Sign::FarApart { day, provinces };
                let row = sign_row(scan.organisation, &row.lot_uri, scan.number, day, &sign);
                unit.insert_scan_sign(&row).await?;
            }
        }
        unit.save().await?;
        self.notice(touched).await
    }

    /// Two far provinces, if this place makes them so within the hour, by the word of enough networks.
    fn far_apart(&mut self, scan: &Scan, province: String) -> Option<[String; 2]> {
        if self.met.len() >= LABELS_REMEMBERED {
            self.met.retain(|_, met| met.iter().any(|one| scan.at_ms - one.at_ms < HOUR_MS));
            if self.met.len() >= LABELS_REMEMBERED {
                return None;
            }
        }
        let met = self.met.entry((scan.lot_uri.clone(), scan.number)).or_default();
        met.retain(|one| scan.at_ms - one.at_ms <= HOUR_MS);
        met.push(Met { province, network: scan.network.clone(), at_ms: scan.at_ms });
        let networks: BTreeSet<&Vec<u8>> = met.iter().map(|one| &one.network).collect();
        let places: BTreeSet<&str> = met.iter().map(|one| one.province.as_str()).collect();
        let places: Vec<&str> = places.into_iter().collect();
        let far = far_apart(&places).filter(|_| networks.len() >= NETWORKS_FAR_APART)?;
        Some(far.map(str::to_owned))
    }

    /// Keeps what the days of these labels show, for the organisations that made their lots.
    async fn notice(
        &self,
        touched: BTreeSet<(String, u32, nguon_ledger::OrganisationId, Option<Date>, Date)>,
    ) -> Result<(), StoreError> {
        let mut found = Vec::new();
        for (lot_uri, number, organisation, sold_on, day) in &touched {
            let Seen { signs, .. } = seen(&self.store, lot_uri, *number, *sold_on).await?;
            found.extend(signs.iter().map(|sign| sign_row(*organisation, lot_uri, *number, *day, sign)));
        }
        if found.is_empty() {
            return Ok(());
        }
        let mut unit = self.store.unit().await?;
        for row in &found {
            unit.insert_scan_sign(row).await?;
        }
        unit.save().await
    }
}

fn sign_row(
    organisation: nguon_ledger::OrganisationId,
    lot_uri: &str,
    number: u32,
    day: Date,
    sign: &nguon_trace::scans::Sign,
) -> ScanSignRow {
    ScanSignRow {
        organisation_id: organisation.as_bytes().to_vec(),
        lot_uri: lot_uri.to_owned(),
        number: i64::from(number),
        sign: sign.key().to_owned(),
        day: day.to_string(),
        detail: serde_json::to_string(sign).expect("a sign is words and numbers"),
    }
}

fn phone(salt: &[u8], network: &[u8], agent: &[u8]) -> Vec<u8> {
    let mut hasher = blake3::Hasher::new();
    for part in [salt, network, agent] {
        hasher.update(&u64::try_from(part.len()).unwrap_or(0).to_be_bytes()).update(part);
    }
    hasher.finalize().as_bytes()[..8].to_vec()
}
