//! Counts who scans a label, behind the page that was asked for: nobody waits for it, and a count that is lost in a crash is
//! the only thing here that may be.
//!
//! What is kept of a phone is a hash of its network and of what its browser calls itself, under a salt that is drawn for
//! the day and forgotten with it. Places are provinces, and only if somebody says so on the page.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use jiff::civil::Date;
use nguon_storage::{ScanPhoneRow, ScanSignRow, Store, StoreError};
use nguon_trace::facts::vietnam_day;
use nguon_trace::scans::{far_apart, province};
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinHandle;

use crate::keys::random_seed;
use crate::serials::seen;

/// Scans that wait to be counted. Beyond it they are not.
const WAITING: usize = 10_000;
/// Scans written in one transaction.
const AT_ONCE: usize = 500;
/// Scans are gathered this long: one commit for all of them.
const GATHER: Duration = Duration::from_millis(200);
/// Within this time two provinces are compared.
const HOUR_MS: i64 = 3_600_000;

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
    /// What is seen of the phone: hashed, and not kept.
    pub phone: Vec<u8>,
    /// The code of the province where it says it is.
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
}

impl Scans {
    /// Starts counting.
    pub(crate) fn start(store: Arc<dyn Store>) -> (Self, JoinHandle<()>) {
        let (queue, waiting) = mpsc::channel(WAITING);
        (Self { queue }, tokio::spawn(Counter { store, today: None }.run(waiting)))
    }

    /// Counts a scan, some time soon.
    pub(crate) fn count(&self, scan: Scan) {
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

struct Counter {
    store: Arc<dyn Store>,
    /// The day whose phones are kept, with its salt.
    today: Option<(String, Vec<u8>)>,
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
                phone: phone(&salt, &scan.phone),
                day: name,
                at_ms: scan.at_ms,
                province: said.clone().unwrap_or_default(),
            };
            if unit.insert_scan_phone(&row).await? {
                unit.add_scans(&row, &row.province, 1).await?;
            } else if said.is_some() && unit.place_scan_phone(&row).await? {
                unit.add_scans(&row, "", -1).await?;
                unit.add_scans(&row, &row.province, 1).await?;
            } else {
                continue;
            }
            touched.insert((scan.lot_uri.clone(), scan.number, scan.organisation, scan.sold_on, day));
            if said.is_some() {
                let since_ms = scan.at_ms.saturating_sub(HOUR_MS);
                let places = unit.scan_provinces(&row.lot_uri, row.number, since_ms).await?;
                let places: Vec<&str> = places.iter().map(String::as_str).collect();
                if let Some(provinces) = far_apart(&places) {
                    let provinces = provinces.map(str::to_owned);
                    let sign = nguon_trace::scans::Sign::FarApart { day, provinces };
                    unit.insert_scan_sign(&sign_row(
                        scan.organisation,
                        &row.lot_uri,
                        scan.number,
                        day,
                        &sign,
                    ))
                    .await?;
                }
            }
        }
        unit.save().await?;
        self.notice(touched).await
    }

    /// Keeps what the days of these labels show, for the organisations that made their lots.
    async fn notice(
        &self,
        touched: BTreeSet<(String, u32, nguon_ledger::OrganisationId, Option<Date>, Date)>,
    ) -> Result<(), StoreError> {
        let mut found = Vec::new();
        for (lot_uri, number, organisation, sold_on, day) in &touched {
            let (_, signs) = seen(&self.store, lot_uri, *number, *sold_on).await?;
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

fn phone(salt: &[u8], seen: &[u8]) -> Vec<u8> {
    let mut hasher = blake3::Hasher::new();
    hasher.update(&u64::try_from(salt.len()).unwrap_or(0).to_be_bytes()).update(salt).update(seen);
    hasher.finalize().as_bytes()[..8].to_vec()
}
