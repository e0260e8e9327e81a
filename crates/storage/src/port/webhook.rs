//! What exchanges are told without asking: endpoints, messages, and how far each came.

use async_trait::async_trait;

use super::StoreError;

/// Where messages go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EndpointRow {
    /// Its name.
    pub endpoint_id: String,
    /// Whose it is.
    pub exchange_id: String,
    /// Its address.
    pub url: String,
    /// What it wants to hear, separated by spaces; empty: all.
    pub kinds: String,
    /// `active`, or `ended`.
    pub state: String,
    /// Which of its secrets signs.
    pub generation: i64,
    /// Until then the secret before signs too.
    pub old_until_ms: i64,
    /// It hears of no entry before this one.
    pub since_index: i64,
    /// When it was made.
    pub created_ms: i64,
}

/// A message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MessageRow {
    /// Its name: the same for the same change.
    pub message_id: String,
    /// What it tells of.
    pub kind: String,
    /// Who may hear it; empty: everybody.
    pub exchange_id: String,
    /// The entry that it tells of, or how long the log was.
    pub log_index: i64,
    /// When it was made.
    pub made_ms: i64,
    /// The bytes that are signed and sent, JSON.
    pub body: String,
}

/// How far a message came at an endpoint.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeliveryRow {
    /// Which endpoint.
    pub endpoint_id: String,
    /// Which message.
    pub message_id: String,
    /// `waiting`, `delivered` or `dead`.
    pub state: String,
    /// How often it was tried.
    pub attempts: i64,
    /// When it is tried next.
    pub next_ms: i64,
    /// The last HTTP status; 0: there was no answer.
    pub status: i64,
    /// Why the last attempt failed; empty if it did not.
    pub error: String,
    /// When that was.
    pub changed_ms: i64,
}

/// Reads of [`super::Reader`] about webhooks.
#[async_trait]
pub trait WebhookReader: Send {
    /// One endpoint.
    async fn endpoint(&mut self, endpoint_id: &str) -> Result<Option<EndpointRow>, StoreError>;
    /// Endpoints after a name, in order.
    async fn list_endpoints(&mut self, after: &str, limit: i64) -> Result<Vec<EndpointRow>, StoreError>;
    /// An exchange's endpoints, in order.
    async fn endpoints_of(&mut self, exchange_id: &str, limit: i64) -> Result<Vec<EndpointRow>, StoreError>;
    /// One message.
    async fn message(&mut self, message_id: &str) -> Result<Option<MessageRow>, StoreError>;
    /// Messages after one (time, id), in order.
    async fn list_messages(&mut self, after: (i64, &str), limit: i64) -> Result<Vec<MessageRow>, StoreError>;
    /// Messages that have no deliveries yet, the oldest first.
    async fn messages_to_spread(&mut self, limit: i64) -> Result<Vec<MessageRow>, StoreError>;
    /// Endpoints for which something is due, whoever waits longest first.
    async fn endpoints_due(&mut self, now_ms: i64, limit: i64) -> Result<Vec<String>, StoreError>;
    /// Deliveries to an endpoint that are due, the oldest first.
    async fn deliveries_due(
        &mut self,
        endpoint_id: &str,
        now_ms: i64,
        limit: i64,
    ) -> Result<Vec<DeliveryRow>, StoreError>;
    /// Deliveries to an endpoint in a state, the newest message first.
    async fn deliveries_of(
        &mut self,
        endpoint_id: &str,
        state: &str,
        limit: i64,
    ) -> Result<Vec<DeliveryRow>, StoreError>;
    /// How many deliveries of each state an endpoint has: (endpoint, state, how many), in order.
    async fn count_deliveries(&mut self) -> Result<Vec<(String, String, i64)>, StoreError>;
}

/// Writes of [`super::Unit`] about webhooks.
#[async_trait]
pub trait WebhookWriter: Send {
    /// Keeps an endpoint, or changes it.
    async fn put_endpoint(&mut self, row: &EndpointRow) -> Result<(), StoreError>;
    /// Keeps messages; one of the same name stays as it is.
    async fn insert_messages(&mut self, rows: &[MessageRow]) -> Result<(), StoreError>;
    /// Notes that there is a delivery for each endpoint.
    async fn set_spread(&mut self, message_id: &str) -> Result<(), StoreError>;
    /// Keeps a delivery; one that is there stays as it is.
    async fn insert_delivery(&mut self, row: &DeliveryRow) -> Result<(), StoreError>;
    /// Says how far a delivery came.
    async fn set_delivery(&mut self, row: &DeliveryRow) -> Result<(), StoreError>;
    /// Lets nothing be due at an endpoint before a time.
    async fn hold_deliveries(&mut self, endpoint_id: &str, until_ms: i64) -> Result<u64, StoreError>;
    /// Sends again from now on what is dead or was delivered: one message, or (empty) all dead ones. Answers how many.
    async fn replay(&mut self, endpoint_id: &str, message_id: &str, now_ms: i64) -> Result<u64, StoreError>;
    /// Gives up what waits for an endpoint.
    async fn give_up(&mut self, endpoint_id: &str, error: &str, now_ms: i64) -> Result<u64, StoreError>;
    /// Forgets messages from before a time, with their deliveries.
    async fn forget_messages(&mut self, before_ms: i64) -> Result<u64, StoreError>;
}
