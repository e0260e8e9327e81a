//! The SQL of webhooks: said once, as in `repository.rs`.

use async_trait::async_trait;
use sqlx::Row;

use super::driver::DbRow;
use super::many::insert_many;
use super::repository::{Reading, Writing};
use crate::port::{DeliveryRow, EndpointRow, MessageRow, StoreError, WebhookReader, WebhookWriter};

fn endpoint(row: &DbRow) -> Result<EndpointRow, sqlx::Error> {
    Ok(EndpointRow {
        endpoint_id: row.try_get("endpoint_id")?,
        exchange_id: row.try_get("exchange_id")?,
        url: row.try_get("url")?,
        kinds: row.try_get("kinds")?,
        state: row.try_get("state")?,
        generation: row.try_get("generation")?,
        old_until_ms: row.try_get("old_until_ms")?,
        since_index: row.try_get("since_index")?,
        created_ms: row.try_get("created_ms")?,
    })
}

fn message(row: &DbRow) -> Result<MessageRow, sqlx::Error> {
    Ok(MessageRow {
        message_id: row.try_get("message_id")?,
        kind: row.try_get("kind")?,
        exchange_id: row.try_get("exchange_id")?,
        log_index: row.try_get("log_index")?,
        made_ms: row.try_get("made_ms")?,
        body: row.try_get("body")?,
    })
}

fn delivery(row: &DbRow) -> Result<DeliveryRow, sqlx::Error> {
    Ok(DeliveryRow {
        endpoint_id: row.try_get("endpoint_id")?,
        message_id: row.try_get("message_id")?,
        state: row.try_get("state")?,
        attempts: row.try_get("attempts")?,
        next_ms: row.try_get("next_ms")?,
        status: row.try_get("status")?,
        error: row.try_get("error")?,
        changed_ms: row.try_get("changed_ms")?,
    })
}

#[async_trait]
impl WebhookReader for Reading {
    async fn endpoint(&mut self, endpoint_id: &str) -> Result<Option<EndpointRow>, StoreError> {
        let query = sqlx::query(
            "SELECT endpoint_id, exchange_id, url, kinds, state, generation, old_until_ms, since_index, created_ms
             FROM webhook_endpoint WHERE endpoint_id = $1",
        );
        self.one(query.bind(endpoint_id.to_owned()), endpoint).await
    }

    async fn list_endpoints(&mut self, after: &str, limit: i64) -> Result<Vec<EndpointRow>, StoreError> {
        let query = sqlx::query(
            "SELECT endpoint_id, exchange_id, url, kinds, state, generation, old_until_ms, since_index, created_ms
             FROM webhook_endpoint WHERE endpoint_id > $1 ORDER BY endpoint_id LIMIT $2",
        );
        self.many(query.bind(after.to_owned()).bind(limit), endpoint).await
    }

    async fn endpoints_of(&mut self, exchange_id: &str, limit: i64) -> Result<Vec<EndpointRow>, StoreError> {
        let query = sqlx::query(
            "SELECT endpoint_id, exchange_id, url, kinds, state, generation, old_until_ms, since_index, created_ms
             FROM webhook_endpoint WHERE exchange_id = $1 ORDER BY endpoint_id LIMIT $2",
        );
        self.many(query.bind(exchange_id.to_owned()).bind(limit), endpoint).await
    }

    async fn message(&mut self, message_id: &str) -> Result<Option<MessageRow>, StoreError> {
        let query = sqlx::query(
            "SELECT message_id, kind, exchange_id, log_index, made_ms, body
             FROM webhook_message WHERE message_id = $1",
        );
        self.one(query.bind(message_id.to_owned()), message).await
    }

    async fn list_messages(&mut self, after: (i64, &str), limit: i64) -> Result<Vec<MessageRow>, StoreError> {
        let query = sqlx::query(
            "SELECT message_id, kind, exchange_id, log_index, made_ms, body FROM webhook_message
             WHERE made_ms > $1 OR (made_ms = $1 AND message_id > $2) ORDER BY made_ms, message_id LIMIT $3",
        );
        self.many(query.bind(after.0).bind(after.1.to_owned()).bind(limit), message).await
    }

    async fn messages_to_spread(&mut self, limit: i64) -> Result<Vec<MessageRow>, StoreError> {
        let query = sqlx::query(
            "SELECT message_id, kind, exchange_id, log_index, made_ms, body
             FROM webhook_message WHERE spread = 0 ORDER BY made_ms, message_id LIMIT $1",
        );
        self.many(query.bind(limit), message).await
    }

    async fn endpoints_due(&mut self, now_ms: i64, limit: i64) -> Result<Vec<String>, StoreError> {
        let query = sqlx::query(
            "SELECT endpoint_id, MIN(next_ms) AS first_ms FROM webhook_delivery
             WHERE state = 'waiting' AND next_ms <= $1
             GROUP BY endpoint_id ORDER BY first_ms, endpoint_id LIMIT $2",
        );
        self.many(query.bind(now_ms).bind(limit), |row| row.try_get("endpoint_id")).await
    }

    async fn deliveries_due(
        &mut self,
        endpoint_id: &str,
        now_ms: i64,
        limit: i64,
    ) -> Result<Vec<DeliveryRow>, StoreError> {
        let query = sqlx::query(
            "SELECT endpoint_id, message_id, state, attempts, next_ms, status, error, changed_ms
             FROM webhook_delivery WHERE endpoint_id = $1 AND state = 'waiting' AND next_ms <= $2
             ORDER BY next_ms, message_id LIMIT $3",
        );
        self.many(query.bind(endpoint_id.to_owned()).bind(now_ms).bind(limit), delivery).await
    }

    async fn deliveries_of(
        &mut self,
        endpoint_id: &str,
        state: &str,
        limit: i64,
    ) -> Result<Vec<DeliveryRow>, StoreError> {
        let query = sqlx::query(
            "SELECT d.endpoint_id, d.message_id, d.state, d.attempts, d.next_ms, d.status, d.error, d.changed_ms
             FROM webhook_delivery AS d JOIN webhook_message AS m ON m.message_id = d.message_id
             WHERE d.endpoint_id = $1 AND d.state = $2 ORDER BY m.made_ms DESC, m.message_id DESC LIMIT $3",
        );
        self.many(query.bind(endpoint_id.to_owned()).bind(state.to_owned()).bind(limit), delivery).await
    }

    async fn count_deliveries(&mut self) -> Result<Vec<(String, String, i64)>, StoreError> {
        let query = sqlx::query(
            "SELECT endpoint_id, state, COUNT(*) AS rows FROM webhook_delivery
             GROUP BY endpoint_id, state ORDER BY endpoint_id, state",
        );
        self.many(query, |row| Ok((row.try_get("endpoint_id")?, row.try_get("state")?, row.try_get("rows")?)))
            .await
    }
}

#[async_trait]
impl WebhookWriter for Writing {
    async fn put_endpoint(&mut self, row: &EndpointRow) -> Result<(), StoreError> {
        let query = sqlx::query(
            "INSERT INTO webhook_endpoint (endpoint_id, exchange_id, url, kinds, state, generation, old_until_ms,
                 since_index, created_ms)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
             ON CONFLICT (endpoint_id) DO UPDATE SET url = excluded.url, kinds = excluded.kinds, state = excluded.state,
                 generation = excluded.generation, old_until_ms = excluded.old_until_ms",
        );
        let query = query
            .bind(row.endpoint_id.clone())
            .bind(row.exchange_id.clone())
            .bind(row.url.clone())
            .bind(row.kinds.clone())
            .bind(row.state.clone())
            .bind(row.generation)
            .bind(row.old_until_ms)
            .bind(row.since_index)
            .bind(row.created_ms);
        self.run(query).await.map(drop)
    }

    async fn insert_messages(&mut self, rows: &[MessageRow]) -> Result<(), StoreError> {
        const SQL: (&str, usize, &str) = (
            "INSERT INTO webhook_message (message_id, kind, exchange_id, log_index, made_ms, body, spread) VALUES",
            7,
            " ON CONFLICT (message_id) DO NOTHING",
        );
        insert_many(&mut self.0, SQL, rows, |query, row| {
            query
                .bind(row.message_id.clone())
                .bind(row.kind.clone())
                .bind(row.exchange_id.clone())
                .bind(row.log_index)
                .bind(row.made_ms)
                .bind(row.body.clone())
                .bind(0_i64)
        })
        .await
    }

    async fn set_spread(&mut self, message_id: &str) -> Result<(), StoreError> {
        let query = sqlx::query("UPDATE webhook_message SET spread = 1 WHERE message_id = $1");
        self.run(query.bind(message_id.to_owned())).await.map(drop)
    }

    async fn insert_delivery(&mut self, row: &DeliveryRow) -> Result<(), StoreError> {
        let query = sqlx::query(
            "INSERT INTO webhook_delivery (endpoint_id, message_id, state, attempts, next_ms, status, error, changed_ms)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT (endpoint_id, message_id) DO NOTHING",
        );
        let query = query
            .bind(row.endpoint_id.clone())
            .bind(row.message_id.clone())
            .bind(row.state.clone())
            .bind(row.attempts)
            .bind(row.next_ms)
            .bind(row.status)
            .bind(row.error.clone())
            .bind(row.changed_ms);
        self.run(query).await.map(drop)
    }

    async fn set_delivery(&mut self, row: &DeliveryRow) -> Result<(), StoreError> {
        let query = sqlx::query(
            "UPDATE webhook_delivery
             SET state = $1, attempts = $2, next_ms = $3, status = $4, error = $5, changed_ms = $6
             WHERE endpoint_id = $7 AND message_id = $8",
        );
        let query = query
            .bind(row.state.clone())
            .bind(row.attempts)
            .bind(row.next_ms)
            .bind(row.status)
            .bind(row.error.clone())
            .bind(row.changed_ms)
            .bind(row.endpoint_id.clone())
            .bind(row.message_id.clone());
        self.run(query).await.map(drop)
    }

    async fn hold_deliveries(&mut self, endpoint_id: &str, until_ms: i64) -> Result<u64, StoreError> {
        let query = sqlx::query(
            "UPDATE webhook_delivery SET next_ms = $1
             WHERE endpoint_id = $2 AND state = 'waiting' AND next_ms < $1",
        );
        self.run(query.bind(until_ms).bind(endpoint_id.to_owned())).await
    }

    async fn replay(&mut self, endpoint_id: &str, message_id: &str, now_ms: i64) -> Result<u64, StoreError> {
        let query = sqlx::query(
            "UPDATE webhook_delivery SET state = 'waiting', attempts = 0, next_ms = $1, changed_ms = $1
             WHERE endpoint_id = $2 AND ((message_id = $3 AND state <> 'waiting') OR ($3 = '' AND state = 'dead'))",
        );
        self.run(query.bind(now_ms).bind(endpoint_id.to_owned()).bind(message_id.to_owned())).await
    }

    async fn give_up(&mut self, endpoint_id: &str, error: &str, now_ms: i64) -> Result<u64, StoreError> {
        let query = sqlx::query(
            "UPDATE webhook_delivery SET state = 'dead', error = $1, changed_ms = $2
             WHERE endpoint_id = $3 AND state = 'waiting'",
        );
        self.run(query.bind(error.to_owned()).bind(now_ms).bind(endpoint_id.to_owned())).await
    }

    async fn forget_messages(&mut self, before_ms: i64) -> Result<u64, StoreError> {
        let deliveries = sqlx::query(
            "DELETE FROM webhook_delivery WHERE message_id IN
                 (SELECT m.message_id FROM webhook_message AS m WHERE m.made_ms < $1)",
        );
        self.run(deliveries.bind(before_ms)).await?;
        self.run(sqlx::query("DELETE FROM webhook_message WHERE made_ms < $1").bind(before_ms)).await
    }
}
