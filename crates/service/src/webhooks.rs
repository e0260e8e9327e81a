//! What exchanges are told without asking, by Standard Webhooks.
//!
//! ```text
//! a change and its message, one transaction ─▶ spread: a delivery for each endpoint that may hear it
//!                                                └▶ due ─▶ signed ([`sign`]) and sent ([`send`]) ─▶ delivered
//!                                                            ▲          │ no success
//!                                                            └─ later ◀─┴─▶ dead after ten times ─▶ replayed by hand
//! ```
//!
//! - **At least once, in any order.** A receiver looks whether it knows `webhook-id`; whoever missed something follows the change feed.
//!   A message that is replayed keeps its id and gets a new time.
//! - **Success is 2xx.** A redirect is none. `410 Gone` ends the endpoint. Everything else is tried again: after 5 s, 5 min, 30 min, 2 h, 5 h,
//!   10 h, 14 h, 20 h and 24 h, each a little earlier or later, for three days in all.
//! - **Slow receivers harm themselves.** Each endpoint has one task at a time, and each request [`send::Client`]'s seconds.
//! - **No way inside.** [`guard`].

pub mod guard;
pub mod send;
pub mod sign;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use nguon_market::{Digest, NewsKind, Profile};
pub use nguon_storage::{DeliveryRow, EndpointRow};
use nguon_storage::{MessageRow, Store, StoreError};
use tokio::sync::{Notify, watch};
use tokio::task::JoinSet;

use self::guard::AddressRefused;
use self::send::{Client, Signed};
use self::sign::{Secret, Signer};
use crate::clock::Clock;
use crate::keys::{KeyFileError, random_seed};
use crate::rows;

/// Endpoints of one exchange, at most.
pub const ENDPOINTS_MAX: usize = 10;
/// While a secret is replaced, the one before signs too, for so long.
pub const OVERLAP_MS: i64 = 24 * 3_600_000;
/// Messages are kept for so long, for whoever wants them again.
pub const KEPT_MS: i64 = 30 * 24 * 3_600_000;
/// After each attempt that failed, how long until the next.
const PAUSES_S: [i64; 9] = [5, 300, 1_800, 7_200, 18_000, 36_000, 50_400, 72_000, 86_400];
/// After a failure, everything else for that endpoint waits, too: as long, and no longer than this.
const HELD_S: i64 = 60;
/// Messages and deliveries that are looked at in one go.
const AT_ONCE: i64 = 200;
/// Endpoints that are sent to at the same time.
const TASKS: usize = 16;
/// Deliveries of one endpoint in one go.
const IN_A_ROW: i64 = 20;
/// Without a call, it is looked whether something is due.
const LOOK_AGAIN: Duration = Duration::from_secs(1);

/// Why an endpoint could not be made or changed.
#[derive(Debug, thiserror::Error)]
pub enum EndpointError {
    /// The address will not do.
    #[error(transparent)]
    Address(#[from] AddressRefused),
    /// Nothing by this name is told.
    #[error("nothing is told by the name `{0}`")]
    Kind(String),
    /// More would be a mistake.
    #[error("an exchange has at most {ENDPOINTS_MAX} endpoints")]
    TooMany,
    /// There is none, or it is another exchange's.
    #[error("there is no such endpoint")]
    Unknown,
    /// No randomness.
    #[error(transparent)]
    Randomness(#[from] KeyFileError),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Endpoints, and what was sent to them.
pub struct Webhooks {
    store: Arc<dyn Store>,
    clock: Arc<dyn Clock>,
    signer: Signer,
    client: Client,
    logged: watch::Receiver<u64>,
    pub(crate) news: Arc<Notify>,
}

impl Webhooks {
    /// Webhooks of a store.
    pub fn new(
        store: Arc<dyn Store>,
        clock: Arc<dyn Clock>,
        signer: Signer,
        client: Client,
        logged: watch::Receiver<u64>,
        news: Arc<Notify>,
    ) -> Self {
        Self { store, clock, signer, client, logged, news }
    }

    /// What `v1a` signatures are verified with, as Standard Webhooks writes it.
    pub fn public_key(&self) -> String {
        self.signer.public_text()
    }

    /// Makes an endpoint; of all that happens from now on, it is told what is of these kinds, or all.
    pub async fn add(
        &self,
        exchange: &str,
        url: &str,
        kinds: &[String],
    ) -> Result<(EndpointRow, Secret), EndpointError> {
        self.client.check(url)?;
        let mut known = BTreeSet::new();
        for kind in kinds {
            let kind =
                NewsKind::parse(kind).ok_or_else(|| EndpointError::Kind(kind.chars().take(60).collect()))?;
            known.insert(kind.key());
        }
        let limit = i64::try_from(ENDPOINTS_MAX).unwrap_or(i64::MAX).saturating_add(1);
        let own = self.store.reader().await?.endpoints_of(exchange, 1_000.max(limit)).await?;
        if own.iter().filter(|row| row.state == "active").count() >= ENDPOINTS_MAX {
            return Err(EndpointError::TooMany);
        }
        let row = EndpointRow {
            endpoint_id: format!("ep_{}", hex::encode(&random_seed()?[..12])),
            exchange_id: exchange.to_owned(),
            url: url.to_owned(),
            kinds: Vec::from_iter(known).join(" "),
            state: "active".to_owned(),
            generation: 0,
            old_until_ms: 0,
            since_index: rows::signed(*self.logged.borrow()),
            created_ms: self.clock.now_ms(),
        };
        self.put(&row).await?;
        let secret = self.signer.secret(&row.endpoint_id, 0);
        Ok((row, secret))
    }

    async fn put(&self, row: &EndpointRow) -> Result<(), StoreError> {
        let mut unit = self.store.unit().await?;
        unit.put_endpoint(row).await?;
        unit.save().await
    }

    async fn own(&self, exchange: &str, endpoint: &str) -> Result<EndpointRow, EndpointError> {
        let row = self.store.reader().await?.endpoint(endpoint).await?;
        row.filter(|row| row.exchange_id == exchange).ok_or(EndpointError::Unknown)
    }

    /// An exchange's endpoints.
    pub async fn of_exchange(&self, exchange: &str) -> Result<Vec<EndpointRow>, StoreError> {
        self.store.reader().await?.endpoints_of(exchange, 1_000).await
    }

    /// A new secret; the one before signs too for [`OVERLAP_MS`].
    pub async fn rotate(&self, exchange: &str, endpoint: &str) -> Result<Secret, EndpointError> {
        let row = self.own(exchange, endpoint).await?;
        let row = EndpointRow {
            generation: row.generation + 1,
            old_until_ms: self.clock.now_ms().saturating_add(OVERLAP_MS),
            ..row
        };
        self.put(&row).await?;
        Ok(self.signer.secret(endpoint, row.generation))
    }

    /// Ends an endpoint: what waits for it is given up.
    pub async fn end(&self, exchange: &str, endpoint: &str) -> Result<(), EndpointError> {
        let row = self.own(exchange, endpoint).await?;
        let mut unit = self.store.unit().await?;
        unit.put_endpoint(&EndpointRow { state: "ended".to_owned(), ..row }).await?;
        unit.give_up(endpoint, "the endpoint was ended", self.clock.now_ms()).await?;
        unit.save().await?;
        Ok(())
    }

    /// What became of messages to an endpoint: `waiting`, `delivered` or `dead`, the newest first.
    pub async fn deliveries(
        &self,
        exchange: &str,
        endpoint: &str,
        state: &str,
    ) -> Result<Vec<DeliveryRow>, EndpointError> {
        self.own(exchange, endpoint).await?;
        Ok(self.store.reader().await?.deliveries_of(endpoint, state, AT_ONCE).await?)
    }

    /// Sends again: one message, whatever became of it, or all dead ones. Answers how many.
    pub async fn replay(
        &self,
        exchange: &str,
        endpoint: &str,
        message: Option<&str>,
    ) -> Result<u64, EndpointError> {
        let row = self.own(exchange, endpoint).await?;
        let mut unit = self.store.unit().await?;
        if row.state != "active" {
            return Err(EndpointError::Unknown);
        }
        let replayed = unit.replay(endpoint, message.unwrap_or_default(), self.clock.now_ms()).await?;
        unit.save().await?;
        self.news.notify_one();
        Ok(replayed)
    }

    /// Forgets what is old.
    pub async fn forget(&self) -> Result<u64, StoreError> {
        let mut unit = self.store.unit().await?;
        let forgotten = unit.forget_messages(self.clock.now_ms().saturating_sub(KEPT_MS)).await?;
        unit.save().await?;
        Ok(forgotten)
    }

    /// Makes deliveries of messages; answers of how many messages.
    async fn spread(&self) -> Result<usize, StoreError> {
        let mut reader = self.store.reader().await?;
        let messages = reader.messages_to_spread(AT_ONCE).await?;
        if messages.is_empty() {
            return Ok(0);
        }
        let mut endpoints = Vec::new();
        let mut after = String::new();
        loop {
            let page = reader.list_endpoints(&after, 1_000).await?;
            let Some(last) = page.last() else { break };
            after.clone_from(&last.endpoint_id);
            endpoints.extend(page.into_iter().filter(|row| row.state == "active"));
        }
        let mut profiles: BTreeMap<String, Option<Profile>> = BTreeMap::new();
        for endpoint in &endpoints {
            if !profiles.contains_key(&endpoint.exchange_id) {
                let row = reader.exchange(&endpoint.exchange_id).await?;
                // An exchange that was removed is told nothing; nor is one whose profile nobody can read.
                let row = row.filter(|row| row.removed_at_ms == 0);
                let profile = row.and_then(|row| serde_json::from_str(&row.profile).ok());
                profiles.insert(endpoint.exchange_id.clone(), profile);
            }
        }
        drop(reader);
        let now_ms = self.clock.now_ms();
        let mut unit = self.store.unit().await?;
        for message in &messages {
            for endpoint in &endpoints {
                let profile = profiles.get(&endpoint.exchange_id).and_then(Option::as_ref);
                if profile.is_some_and(|profile| may_hear(endpoint, profile, message)) {
                    unit.insert_delivery(&DeliveryRow {
                        endpoint_id: endpoint.endpoint_id.clone(),
                        message_id: message.message_id.clone(),
                        state: "waiting".to_owned(),
                        attempts: 0,
                        next_ms: now_ms,
                        status: 0,
                        error: String::new(),
                        changed_ms: now_ms,
                    })
                    .await?;
                }
            }
            unit.set_spread(&message.message_id).await?;
        }
        unit.save().await?;
        Ok(messages.len())
    }

    /// Sends until it is told to stop.
    pub(crate) async fn run(self: Arc<Self>, mut stop: watch::Receiver<bool>) {
        let mut sending: JoinSet<String> = JoinSet::new();
        let mut busy: BTreeSet<String> = BTreeSet::new();
        loop {
            if let Err(error) = self.send_due(&mut sending, &mut busy).await {
                tracing::error!(%error, "webhooks could not be sent");
                metrics::counter!("nguon_webhook_failures_total").increment(1);
            }
            tokio::select! {
                () = self.news.notified() => {}
                () = tokio::time::sleep(LOOK_AGAIN) => {}
                Some(done) = sending.join_next() => {
                    // A task that panicked says no name: nothing is busy that is not running.
                    match done {
                        Ok(endpoint) => { busy.remove(&endpoint); }
                        Err(_) => busy.clear(),
                    }
                }
                _ = stop.wait_for(|stop| *stop) => return,
            }
        }
    }

    async fn send_due(
        self: &Arc<Self>,
        sending: &mut JoinSet<String>,
        busy: &mut BTreeSet<String>,
    ) -> Result<(), StoreError> {
        while self.spread().await? > 0 {}
        let now_ms = self.clock.now_ms();
        for endpoint in self.store.reader().await?.endpoints_due(now_ms, AT_ONCE).await? {
            if sending.len() >= TASKS || !busy.insert(endpoint.clone()) {
                continue;
            }
            let due = self.store.reader().await?.deliveries_due(&endpoint, now_ms, IN_A_ROW).await?;
            let this = self.clone();
            sending.spawn(async move {
                if let Err(error) = this.send_all(&endpoint, due).await {
                    tracing::error!(%error, endpoint, "a webhook's outcome could not be kept");
                }
                endpoint
            });
        }
        Ok(())
    }

    /// Sends to one endpoint, one after the other; the first failure ends it for now.
    async fn send_all(&self, endpoint: &str, due: Vec<DeliveryRow>) -> Result<(), StoreError> {
        for delivery in due {
            let mut reader = self.store.reader().await?;
            let row = reader.endpoint(endpoint).await?.filter(|row| row.state == "active");
            let message = reader.message(&delivery.message_id).await?;
            drop(reader);
            let (Some(row), Some(message)) = (row, message) else {
                self.keep(&DeliveryRow { state: "dead".to_owned(), ..delivery }).await?;
                continue;
            };
            let outcome = self.send(&row, &message).await;
            let delivered = matches!(outcome, Ok(200..=299));
            metrics::counter!("nguon_webhook_attempts_total", "delivered" => delivered.to_string())
                .increment(1);
            self.note(&row, delivery, &message, outcome).await?;
            if !delivered {
                return Ok(());
            }
        }
        Ok(())
    }

    async fn send(&self, row: &EndpointRow, message: &MessageRow) -> Result<u16, send::SendError> {
        let now_ms = self.clock.now_ms();
        let mut secrets = vec![self.signer.secret(&row.endpoint_id, row.generation)];
        if row.generation > 0 && now_ms < row.old_until_ms {
            secrets.push(self.signer.secret(&row.endpoint_id, row.generation - 1));
        }
        let timestamp_s = now_ms.div_euclid(1_000);
        let signature = self.signer.signatures(&secrets, &message.message_id, timestamp_s, &message.body);
        let signed =
            Signed { id: &message.message_id, timestamp_s, signature: &signature, body: &message.body };
        self.client.post(&row.url, &signed).await
    }

    async fn keep(&self, row: &DeliveryRow) -> Result<(), StoreError> {
        let mut unit = self.store.unit().await?;
        unit.set_delivery(row).await?;
        unit.save().await
    }

    async fn note(
        &self,
        endpoint: &EndpointRow,
        delivery: DeliveryRow,
        message: &MessageRow,
        outcome: Result<u16, send::SendError>,
    ) -> Result<(), StoreError> {
        let now_ms = self.clock.now_ms();
        let attempts = delivery.attempts + 1;
        let (status, error) = match &outcome {
            Ok(200..=299) => (outcome.as_ref().copied().unwrap_or_default(), String::new()),
            Ok(status) => (*status, format!("the answer was {status}")),
            Err(error) => (0, error.to_string().chars().take(200).collect()),
        };
        let pause = usize::try_from(attempts - 1).ok().and_then(|n| PAUSES_S.get(n)).copied();
        let state = match (&outcome, pause) {
            (Ok(200..=299), _) => "delivered",
            (_, Some(_)) => "waiting",
            (_, None) => "dead",
        };
        let next_ms =
            pause.map_or(now_ms, |pause| now_ms.saturating_add(spread_ms(message, attempts, pause)));
        let row = DeliveryRow {
            state: state.to_owned(),
            attempts,
            next_ms,
            status: i64::from(status),
            error,
            changed_ms: now_ms,
            ..delivery
        };
        let mut unit = self.store.unit().await?;
        unit.set_delivery(&row).await?;
        if row.state != "delivered" {
            // Whoever does not answer is not asked for each message that waits.
            let until_ms = now_ms.saturating_add(pause.unwrap_or(PAUSES_S[0]).min(HELD_S) * 1_000);
            unit.hold_deliveries(&endpoint.endpoint_id, until_ms).await?;
        }
        if status == 410 {
            tracing::info!(endpoint = endpoint.endpoint_id, "an endpoint is gone by its own word");
            unit.put_endpoint(&EndpointRow { state: "ended".to_owned(), ..endpoint.clone() }).await?;
            unit.give_up(&endpoint.endpoint_id, "the endpoint answered 410", now_ms).await?;
        }
        unit.save().await
    }
}

/// A tenth earlier or later, each message and attempt in its own way, so that after an outage not everything comes at once.
fn spread_ms(message: &MessageRow, attempt: i64, pause_s: i64) -> i64 {
    let hash = blake3::hash(format!("{} {attempt}", message.message_id).as_bytes());
    let part = i64::from(hash.as_bytes()[0]);
    pause_s * 900 + pause_s * 200 * part / 255
}

/// Whether an endpoint is told a message: of its time and kind, its exchange's own or about something that its exchange sees.
fn may_hear(endpoint: &EndpointRow, profile: &Profile, message: &MessageRow) -> bool {
    let wanted = endpoint.kinds.is_empty() || endpoint.kinds.split(' ').any(|kind| kind == message.kind);
    if !wanted || message.log_index < endpoint.since_index {
        return false;
    }
    if !message.exchange_id.is_empty() {
        return message.exchange_id == endpoint.exchange_id;
    }
    let body: serde_json::Value = serde_json::from_str(&message.body).unwrap_or_default();
    let text = |pointer: &str| body.pointer(pointer).and_then(serde_json::Value::as_str);
    let seller = text("/data/seller").and_then(|seller| seller.parse::<Digest>().ok());
    seller.is_some_and(|seller| profile.admits(&seller, text("/data/category").unwrap_or_default()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn retries_go_on_for_days_and_never_all_at_once() {
        let message = |id: &str| MessageRow {
            message_id: id.to_owned(),
            kind: "listing.gone".to_owned(),
            exchange_id: String::new(),
            log_index: 0,
            made_ms: 0,
            body: String::new(),
        };
        let all: i64 = PAUSES_S.iter().sum();
        assert!((3 * 86_400..4 * 86_400).contains(&all), "{all} s");
        let mut seen = BTreeSet::new();
        for n in 0..50 {
            let spread = spread_ms(&message(&format!("msg_{n}")), 1, 300);
            assert!((270_000..=330_000).contains(&spread), "{spread}");
            seen.insert(spread);
        }
        assert!(seen.len() > 20, "{seen:?}");
    }
}
