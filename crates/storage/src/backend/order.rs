//! The SQL of orders and of the stock they take: said once, as in `repository.rs`.
//!
//! Stock is taken by one conditional update a row, so two buyers of the last box wait for each other on that row, on either
//! database, and one of them finds nothing. Whoever touches many rows goes in the order of their keys.

use async_trait::async_trait;
use sqlx::Row;

use super::driver::{DbConnection, DbRow};
use super::many::{insert_many, select_many};
use super::repository::{Reading, Writing};
use crate::port::{
    AllocationRow, IdempotencyRow, LotOrderRow, OrderLineRow, OrderReader, OrderRow, OrderStepRow,
    OrderWriter, OwedRow, PayeeRow, SaleRow, SoldRow, StockKey, StockRow, StoreError,
};

const STOCK: (&str, &str) = (
    "SELECT organisation_id, uri, kind, unit, supply, taken, epoch, standing, from_ms, until_ms, price_dong, price_per,
         detail, told
     FROM stock WHERE uri IN",
    "",
);

fn stock(row: &DbRow) -> Result<StockRow, sqlx::Error> {
    Ok(StockRow {
        organisation_id: row.try_get("organisation_id")?,
        uri: row.try_get("uri")?,
        kind: row.try_get("kind")?,
        unit: row.try_get("unit")?,
        supply: row.try_get("supply")?,
        taken: row.try_get("taken")?,
        epoch: row.try_get("epoch")?,
        standing: row.try_get("standing")?,
        from_ms: row.try_get("from_ms")?,
        until_ms: row.try_get("until_ms")?,
        price_dong: row.try_get("price_dong")?,
        price_per: row.try_get("price_per")?,
        detail: row.try_get("detail")?,
        told: row.try_get("told")?,
    })
}

fn order(row: &DbRow) -> Result<OrderRow, sqlx::Error> {
    Ok(OrderRow {
        order_id: row.try_get("order_id")?,
        exchange_id: row.try_get("exchange_id")?,
        reference: row.try_get("reference")?,
        organisation_id: row.try_get("organisation_id")?,
        fingerprint: row.try_get("fingerprint")?,
        state: row.try_get("state")?,
        reason: row.try_get("reason")?,
        until_ms: row.try_get("until_ms")?,
        created_ms: row.try_get("created_ms")?,
        total_dong: row.try_get("total_dong")?,
        version: row.try_get("version")?,
        invoice: row.try_get("invoice")?,
    })
}

fn line(row: &DbRow) -> Result<OrderLineRow, sqlx::Error> {
    Ok(OrderLineRow {
        order_id: row.try_get("order_id")?,
        line: row.try_get("line")?,
        listing_uri: row.try_get("listing_uri")?,
        listing_epoch: row.try_get("listing_epoch")?,
        product_uri: row.try_get("product_uri")?,
        title: row.try_get("title")?,
        unit: row.try_get("unit")?,
        wanted: row.try_get("wanted")?,
        amount: row.try_get("amount")?,
        price_dong: row.try_get("price_dong")?,
        price_per: row.try_get("price_per")?,
        total_dong: row.try_get("total_dong")?,
    })
}

fn allocation(row: &DbRow) -> Result<AllocationRow, sqlx::Error> {
    Ok(AllocationRow {
        order_id: row.try_get("order_id")?,
        line: row.try_get("line")?,
        lot_uri: row.try_get("lot_uri")?,
        amount: row.try_get("amount")?,
    })
}

fn step(row: &DbRow) -> Result<OrderStepRow, sqlx::Error> {
    Ok(OrderStepRow {
        order_id: row.try_get("order_id")?,
        version: row.try_get("version")?,
        step: row.try_get("step")?,
        done_by: row.try_get("done_by")?,
        at_ms: row.try_get("at_ms")?,
    })
}

fn lot_order(row: &DbRow) -> Result<LotOrderRow, sqlx::Error> {
    Ok(LotOrderRow {
        lot_uri: row.try_get("lot_uri")?,
        amount: row.try_get("amount")?,
        order_id: row.try_get("order_id")?,
        exchange_id: row.try_get("exchange_id")?,
        reference: row.try_get("reference")?,
        organisation_id: row.try_get("organisation_id")?,
        state: row.try_get("state")?,
        created_ms: row.try_get("created_ms")?,
    })
}

fn owed(row: &DbRow) -> Result<OwedRow, sqlx::Error> {
    Ok(OwedRow {
        order_id: row.try_get("order_id")?,
        kind: row.try_get("kind")?,
        organisation_id: row.try_get("organisation_id")?,
        due_ms: row.try_get("due_ms")?,
    })
}

fn sale(row: &DbRow) -> Result<SaleRow, sqlx::Error> {
    Ok(SaleRow {
        event_id: row.try_get("event_id")?,
        order_id: row.try_get("order_id")?,
        kind: row.try_get("kind")?,
        state: row.try_get("state")?,
        log_index: row.try_get("log_index")?,
        refusal: row.try_get("refusal")?,
        signed_ms: row.try_get("signed_ms")?,
        bytes: row.try_get("bytes")?,
        openings: row.try_get("openings")?,
    })
}

#[async_trait]
impl OrderReader for Reading {
    async fn stock(&mut self, uris: &[&str]) -> Result<Vec<StockRow>, StoreError> {
        select_many(&mut self.0, STOCK, uris, |query, uri| query.bind((*uri).to_owned()), stock).await
    }

    async fn list_stock(&mut self, after: (&[u8], &str), limit: i64) -> Result<Vec<StockRow>, StoreError> {
        let query = sqlx::query(
            "SELECT organisation_id, uri, kind, unit, supply, taken, epoch, standing, from_ms, until_ms, price_dong,
                 price_per, detail, told
             FROM stock WHERE organisation_id > $1 OR (organisation_id = $1 AND uri > $2)
             ORDER BY organisation_id, uri LIMIT $3",
        );
        self.many(query.bind(after.0.to_vec()).bind(after.1.to_owned()).bind(limit), stock).await
    }

    async fn stock_mark(&mut self) -> Result<i64, StoreError> {
        let query = sqlx::query("SELECT size FROM stock_mark WHERE name = 'all'");
        Ok(self.one(query, |row| row.try_get("size")).await?.unwrap_or(0))
    }

    async fn order(&mut self, order_id: &str) -> Result<Option<OrderRow>, StoreError> {
        let query = sqlx::query(
            "SELECT order_id, exchange_id, reference, organisation_id, fingerprint, state, reason, until_ms, created_ms,
                 total_dong, version, invoice
             FROM sale_order WHERE order_id = $1",
        );
        self.one(query.bind(order_id.to_owned()), order).await
    }

    async fn order_by_reference(
        &mut self,
        exchange_id: &str,
        reference: &str,
    ) -> Result<Option<OrderRow>, StoreError> {
        let query = sqlx::query(
            "SELECT order_id, exchange_id, reference, organisation_id, fingerprint, state, reason, until_ms, created_ms,
                 total_dong, version, invoice
             FROM sale_order WHERE exchange_id = $1 AND reference = $2",
        );
        self.one(query.bind(exchange_id.to_owned()).bind(reference.to_owned()), order).await
    }

    async fn orders_of_seller(
        &mut self,
        organisation_id: &[u8],
        before: (i64, &str),
        limit: i64,
    ) -> Result<Vec<OrderRow>, StoreError> {
        let query = sqlx::query(
            "SELECT order_id, exchange_id, reference, organisation_id, fingerprint, state, reason, until_ms, created_ms,
                 total_dong, version, invoice
             FROM sale_order
             WHERE organisation_id = $1 AND (created_ms < $2 OR (created_ms = $2 AND order_id < $3))
             ORDER BY created_ms DESC, order_id DESC LIMIT $4",
        );
        let query = query.bind(organisation_id.to_vec()).bind(before.0).bind(before.1.to_owned()).bind(limit);
        self.many(query, order).await
    }

    async fn orders_of_exchange(
        &mut self,
        exchange_id: &str,
        before: (i64, &str),
        limit: i64,
    ) -> Result<Vec<OrderRow>, StoreError> {
        let query = sqlx::query(
            "SELECT order_id, exchange_id, reference, organisation_id, fingerprint, state, reason, until_ms, created_ms,
                 total_dong, version, invoice
             FROM sale_order
             WHERE exchange_id = $1 AND (created_ms < $2 OR (created_ms = $2 AND order_id < $3))
             ORDER BY created_ms DESC, order_id DESC LIMIT $4",
        );
        let query = query.bind(exchange_id.to_owned()).bind(before.0).bind(before.1.to_owned()).bind(limit);
        self.many(query, order).await
    }

    async fn orders_over(&mut self, before_ms: i64, limit: i64) -> Result<Vec<OrderRow>, StoreError> {
        let query = sqlx::query(
            "SELECT order_id, exchange_id, reference, organisation_id, fingerprint, state, reason, until_ms, created_ms,
                 total_dong, version, invoice
             FROM sale_order WHERE state = 'reserved' AND until_ms < $1 ORDER BY until_ms, order_id LIMIT $2",
        );
        self.many(query.bind(before_ms).bind(limit), order).await
    }

    async fn order_lines(&mut self, order_id: &str) -> Result<Vec<OrderLineRow>, StoreError> {
        let query = sqlx::query(
            "SELECT order_id, line, listing_uri, listing_epoch, product_uri, title, unit, wanted, amount, price_dong,
                 price_per, total_dong
             FROM order_line WHERE order_id = $1 ORDER BY line",
        );
        self.many(query.bind(order_id.to_owned()), line).await
    }

    async fn order_allocations(&mut self, order_id: &str) -> Result<Vec<AllocationRow>, StoreError> {
        let query = sqlx::query(
            "SELECT order_id, line, lot_uri, amount FROM order_allocation
             WHERE order_id = $1 ORDER BY line, lot_uri",
        );
        self.many(query.bind(order_id.to_owned()), allocation).await
    }

    async fn order_steps(&mut self, order_id: &str) -> Result<Vec<OrderStepRow>, StoreError> {
        let query = sqlx::query(
            "SELECT order_id, version, step, done_by, at_ms FROM order_step WHERE order_id = $1 ORDER BY version",
        );
        self.many(query.bind(order_id.to_owned()), step).await
    }

    async fn orders_of_lots(&mut self, lot_uris: &[&str]) -> Result<Vec<LotOrderRow>, StoreError> {
        const SQL: (&str, &str) = (
            "SELECT a.lot_uri, CAST(SUM(a.amount) AS BIGINT) AS amount, o.order_id, o.exchange_id, o.reference,
                 o.organisation_id, o.state, o.created_ms
             FROM order_allocation AS a JOIN sale_order AS o ON o.order_id = a.order_id WHERE a.lot_uri IN",
            " GROUP BY a.lot_uri, o.order_id, o.exchange_id, o.reference, o.organisation_id, o.state, o.created_ms
             ORDER BY a.lot_uri, o.created_ms, o.order_id",
        );
        select_many(&mut self.0, SQL, lot_uris, |query, uri| query.bind((*uri).to_owned()), lot_order).await
    }

    async fn owed(&mut self, now_ms: i64, limit: i64) -> Result<Vec<OwedRow>, StoreError> {
        let query = sqlx::query(
            "SELECT order_id, kind, organisation_id, due_ms FROM order_owed
             WHERE due_ms <= $1 ORDER BY due_ms, order_id, kind LIMIT $2",
        );
        self.many(query.bind(now_ms).bind(limit), owed).await
    }

    async fn count_owed(&mut self) -> Result<i64, StoreError> {
        let query = sqlx::query("SELECT COUNT(*) AS rows FROM order_owed");
        Ok(self.one(query, |row| row.try_get("rows")).await?.unwrap_or(0))
    }

    async fn sales_in_state(&mut self, state: &str, limit: i64) -> Result<Vec<SaleRow>, StoreError> {
        let query = sqlx::query(
            "SELECT event_id, order_id, kind, state, log_index, refusal, signed_ms, bytes, openings
             FROM order_sale WHERE state = $1 ORDER BY signed_ms, event_id LIMIT $2",
        );
        self.many(query.bind(state.to_owned()).bind(limit), sale).await
    }

    async fn sales_of_order(&mut self, order_id: &str) -> Result<Vec<SaleRow>, StoreError> {
        let query = sqlx::query(
            "SELECT event_id, order_id, kind, state, log_index, refusal, signed_ms, bytes, openings
             FROM order_sale WHERE order_id = $1 ORDER BY signed_ms, kind, event_id",
        );
        self.many(query.bind(order_id.to_owned()), sale).await
    }

    async fn sales_of_lot(&mut self, lot_uri: &str) -> Result<Vec<Vec<u8>>, StoreError> {
        let query = sqlx::query(
            "SELECT DISTINCT s.event_id FROM order_allocation AS a JOIN order_sale AS s ON s.order_id = a.order_id
             WHERE a.lot_uri = $1 AND s.kind = 'sale' ORDER BY s.event_id",
        );
        self.many(query.bind(lot_uri.to_owned()), |row| row.try_get("event_id")).await
    }

    async fn list_sold(&mut self, after: (&[u8], &str), limit: i64) -> Result<Vec<SoldRow>, StoreError> {
        let query = sqlx::query(
            "SELECT o.organisation_id, a.lot_uri,
                 CAST(SUM(CASE WHEN o.state IN ('reserved', 'confirmed', 'shipped', 'delivered') THEN a.amount ELSE 0 END)
                     AS BIGINT) AS held,
                 CAST(SUM(CASE WHEN o.state IN ('confirmed', 'shipped', 'delivered') THEN a.amount ELSE 0 END)
                     AS BIGINT) AS sold
             FROM order_allocation AS a JOIN sale_order AS o ON o.order_id = a.order_id
             WHERE o.organisation_id > $1 OR (o.organisation_id = $1 AND a.lot_uri > $2)
             GROUP BY o.organisation_id, a.lot_uri ORDER BY o.organisation_id, a.lot_uri LIMIT $3",
        );
        let query = query.bind(after.0.to_vec()).bind(after.1.to_owned()).bind(limit);
        self.many(query, |row| {
            Ok(SoldRow {
                organisation_id: row.try_get("organisation_id")?,
                lot_uri: row.try_get("lot_uri")?,
                held: row.try_get("held")?,
                sold: row.try_get("sold")?,
            })
        })
        .await
    }

    async fn idempotency(
        &mut self,
        exchange_id: &str,
        key: &str,
    ) -> Result<Option<IdempotencyRow>, StoreError> {
        let query = sqlx::query(
            "SELECT exchange_id, request_key, fingerprint, order_id, at_ms FROM idempotency_key
             WHERE exchange_id = $1 AND request_key = $2",
        );
        self.one(query.bind(exchange_id.to_owned()).bind(key.to_owned()), |row| {
            Ok(IdempotencyRow {
                exchange_id: row.try_get("exchange_id")?,
                key: row.try_get("request_key")?,
                fingerprint: row.try_get("fingerprint")?,
                order_id: row.try_get("order_id")?,
                at_ms: row.try_get("at_ms")?,
            })
        })
        .await
    }

    async fn payee(&mut self, organisation_id: &[u8]) -> Result<Option<PayeeRow>, StoreError> {
        let query =
            sqlx::query("SELECT organisation_id, bank, account FROM payee WHERE organisation_id = $1");
        self.one(query.bind(organisation_id.to_vec()), |row| {
            Ok(PayeeRow {
                organisation_id: row.try_get("organisation_id")?,
                bank: row.try_get("bank")?,
                account: row.try_get("account")?,
            })
        })
        .await
    }
}

#[async_trait]
impl OrderWriter for Writing {
    async fn put_stock(&mut self, rows: &[StockRow]) -> Result<(), StoreError> {
        const SQL: (&str, usize, &str) = (
            "INSERT INTO stock (organisation_id, uri, kind, unit, supply, taken, epoch, standing, from_ms, until_ms,
                 price_dong, price_per, detail, told) VALUES",
            14,
            " ON CONFLICT (organisation_id, uri) DO UPDATE SET kind = excluded.kind, unit = excluded.unit,
                 supply = excluded.supply,
                 taken = CASE WHEN stock.epoch = excluded.epoch THEN stock.taken ELSE 0 END,
                 epoch = excluded.epoch, standing = excluded.standing, from_ms = excluded.from_ms,
                 until_ms = excluded.until_ms, price_dong = excluded.price_dong, price_per = excluded.price_per,
                 detail = excluded.detail",
        );
        insert_many(&mut self.0, SQL, rows, |query, row| {
            query
                .bind(row.organisation_id.clone())
                .bind(row.uri.clone())
                .bind(row.kind.clone())
                .bind(row.unit.clone())
                .bind(row.supply)
                .bind(row.taken)
                .bind(row.epoch.clone())
                .bind(row.standing.clone())
                .bind(row.from_ms)
                .bind(row.until_ms)
                .bind(row.price_dong)
                .bind(row.price_per)
                .bind(row.detail.clone())
                .bind(row.told.clone())
        })
        .await
    }

    async fn stock_now(&mut self, uris: &[&str]) -> Result<Vec<StockRow>, StoreError> {
        let connection: &mut DbConnection = &mut self.0;
        select_many(connection, STOCK, uris, |query, uri| query.bind((*uri).to_owned()), stock).await
    }

    async fn take_stock(&mut self, key: &StockKey, amount: i64, now_ms: i64) -> Result<bool, StoreError> {
        let query = sqlx::query(
            "UPDATE stock SET taken = taken + $1
             WHERE organisation_id = $2 AND uri = $3 AND epoch = $4 AND standing = 'for_sale'
                 AND from_ms <= $5 AND until_ms >= $5 AND supply - taken >= $1",
        );
        let query = query
            .bind(amount)
            .bind(key.organisation_id.clone())
            .bind(key.uri.clone())
            .bind(key.epoch.clone())
            .bind(now_ms);
        Ok(self.run(query).await? == 1)
    }

    async fn give_stock(&mut self, key: &StockKey, amount: i64) -> Result<bool, StoreError> {
        let query = sqlx::query(
            "UPDATE stock SET taken = taken - $1
             WHERE organisation_id = $2 AND uri = $3 AND epoch = $4 AND taken >= $1",
        );
        let query = query
            .bind(amount)
            .bind(key.organisation_id.clone())
            .bind(key.uri.clone())
            .bind(key.epoch.clone());
        Ok(self.run(query).await? == 1)
    }

    // An update that changes nothing takes the row's lock, which a SELECT would not do on either database.
    async fn hold_stock(&mut self, key: &StockKey, now_ms: i64) -> Result<bool, StoreError> {
        let query = sqlx::query(
            "UPDATE stock SET taken = taken
             WHERE organisation_id = $1 AND uri = $2 AND standing = 'for_sale' AND from_ms <= $3 AND until_ms >= $3",
        );
        let query = query.bind(key.organisation_id.clone()).bind(key.uri.clone()).bind(now_ms);
        Ok(self.run(query).await? == 1)
    }

    async fn set_told(&mut self, key: &StockKey, was: &str, told: &str) -> Result<bool, StoreError> {
        let query =
            sqlx::query("UPDATE stock SET told = $1 WHERE organisation_id = $2 AND uri = $3 AND told = $4");
        let query = query
            .bind(told.to_owned())
            .bind(key.organisation_id.clone())
            .bind(key.uri.clone())
            .bind(was.to_owned());
        Ok(self.run(query).await? == 1)
    }

    async fn listings_on(&mut self, lot_uri: &str) -> Result<Vec<String>, StoreError> {
        let query =
            sqlx::query("SELECT listing_uri FROM listing_lot WHERE lot_uri = $1 ORDER BY listing_uri");
        let connection: &mut DbConnection = &mut self.0;
        let rows = query.bind(lot_uri.to_owned()).fetch_all(connection).await?;
        Ok(rows.iter().map(|row| row.try_get("listing_uri")).collect::<Result<_, _>>()?)
    }

    async fn set_stock_mark(&mut self, size: i64) -> Result<(), StoreError> {
        let query = sqlx::query(
            "INSERT INTO stock_mark (name, size) VALUES ('all', $1)
             ON CONFLICT (name) DO UPDATE SET size = excluded.size WHERE stock_mark.size < excluded.size",
        );
        self.run(query.bind(size)).await.map(drop)
    }

    async fn insert_order(
        &mut self,
        row: &OrderRow,
        lines: &[OrderLineRow],
        allocations: &[AllocationRow],
    ) -> Result<bool, StoreError> {
        const LINES: (&str, usize, &str) = (
            "INSERT INTO order_line (order_id, line, listing_uri, listing_epoch, product_uri, title, unit, wanted, amount,
                 price_dong, price_per, total_dong) VALUES",
            12,
            "",
        );
        const LOTS: (&str, usize, &str) =
            ("INSERT INTO order_allocation (order_id, line, lot_uri, amount) VALUES", 4, "");
        let query = sqlx::query(
            "INSERT INTO sale_order (order_id, exchange_id, reference, organisation_id, fingerprint, state, reason,
                 until_ms, created_ms, total_dong, version, invoice)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12) ON CONFLICT (exchange_id, reference) DO NOTHING",
        );
        let query = query
            .bind(row.order_id.clone())
            .bind(row.exchange_id.clone())
            .bind(row.reference.clone())
            .bind(row.organisation_id.clone())
            .bind(row.fingerprint.clone())
            .bind(row.state.clone())
            .bind(row.reason.clone())
            .bind(row.until_ms)
            .bind(row.created_ms)
            .bind(row.total_dong)
            .bind(row.version)
            .bind(row.invoice.clone());
        if self.run(query).await? == 0 {
            return Ok(false);
        }
        insert_many(&mut self.0, LINES, lines, |query, row| {
            query
                .bind(row.order_id.clone())
                .bind(row.line)
                .bind(row.listing_uri.clone())
                .bind(row.listing_epoch.clone())
                .bind(row.product_uri.clone())
                .bind(row.title.clone())
                .bind(row.unit.clone())
                .bind(row.wanted)
                .bind(row.amount)
                .bind(row.price_dong)
                .bind(row.price_per)
                .bind(row.total_dong)
        })
        .await?;
        insert_many(&mut self.0, LOTS, allocations, |query, row| {
            query.bind(row.order_id.clone()).bind(row.line).bind(row.lot_uri.clone()).bind(row.amount)
        })
        .await?;
        Ok(true)
    }

    async fn move_order(
        &mut self,
        order_id: &str,
        version: i64,
        state: &str,
        reason: &str,
    ) -> Result<bool, StoreError> {
        let query = sqlx::query(
            "UPDATE sale_order SET state = $1, reason = $2, version = version + 1
             WHERE order_id = $3 AND version = $4",
        );
        let query =
            query.bind(state.to_owned()).bind(reason.to_owned()).bind(order_id.to_owned()).bind(version);
        Ok(self.run(query).await? == 1)
    }

    async fn insert_order_step(&mut self, row: &OrderStepRow) -> Result<(), StoreError> {
        let query = sqlx::query(
            "INSERT INTO order_step (order_id, version, step, done_by, at_ms) VALUES ($1, $2, $3, $4, $5)",
        );
        let query = query
            .bind(row.order_id.clone())
            .bind(row.version)
            .bind(row.step.clone())
            .bind(row.done_by.clone())
            .bind(row.at_ms);
        self.run(query).await.map(drop)
    }

    async fn set_invoice(&mut self, order_id: &str, invoice: &str) -> Result<bool, StoreError> {
        let query = sqlx::query("UPDATE sale_order SET invoice = $1 WHERE order_id = $2");
        Ok(self.run(query.bind(invoice.to_owned()).bind(order_id.to_owned())).await? == 1)
    }

    async fn owe(&mut self, row: &OwedRow) -> Result<(), StoreError> {
        let query = sqlx::query(
            "INSERT INTO order_owed (order_id, kind, organisation_id, due_ms) VALUES ($1, $2, $3, $4)
             ON CONFLICT (order_id, kind) DO UPDATE SET due_ms = excluded.due_ms",
        );
        let query = query
            .bind(row.order_id.clone())
            .bind(row.kind.clone())
            .bind(row.organisation_id.clone())
            .bind(row.due_ms);
        self.run(query).await.map(drop)
    }

    // In place: whoever calls an order off meanwhile waits for this row, and would not see one that was written anew.
    async fn put_off(&mut self, order_id: &str, kind: &str, due_ms: i64) -> Result<(), StoreError> {
        let query = sqlx::query("UPDATE order_owed SET due_ms = $1 WHERE order_id = $2 AND kind = $3");
        self.run(query.bind(due_ms).bind(order_id.to_owned()).bind(kind.to_owned())).await.map(drop)
    }

    async fn pay(&mut self, order_id: &str, kind: &str) -> Result<bool, StoreError> {
        let query = sqlx::query("DELETE FROM order_owed WHERE order_id = $1 AND kind = $2");
        Ok(self.run(query.bind(order_id.to_owned()).bind(kind.to_owned())).await? == 1)
    }

    async fn insert_sale(&mut self, row: &SaleRow) -> Result<(), StoreError> {
        let query = sqlx::query(
            "INSERT INTO order_sale (event_id, order_id, kind, state, log_index, refusal, signed_ms, bytes, openings)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT (event_id) DO NOTHING",
        );
        let query = query
            .bind(row.event_id.clone())
            .bind(row.order_id.clone())
            .bind(row.kind.clone())
            .bind(row.state.clone())
            .bind(row.log_index)
            .bind(row.refusal.clone())
            .bind(row.signed_ms)
            .bind(row.bytes.clone())
            .bind(row.openings.clone());
        self.run(query).await.map(drop)
    }

    async fn set_sale(
        &mut self,
        event_id: &[u8],
        state: &str,
        log_index: i64,
        refusal: &str,
    ) -> Result<(), StoreError> {
        let query =
            sqlx::query("UPDATE order_sale SET state = $1, log_index = $2, refusal = $3 WHERE event_id = $4");
        let query = query.bind(state.to_owned()).bind(log_index).bind(refusal.to_owned());
        self.run(query.bind(event_id.to_vec())).await.map(drop)
    }

    async fn insert_idempotency(&mut self, row: &IdempotencyRow) -> Result<bool, StoreError> {
        let query = sqlx::query(
            "INSERT INTO idempotency_key (exchange_id, request_key, fingerprint, order_id, at_ms)
             VALUES ($1, $2, $3, $4, $5) ON CONFLICT (exchange_id, request_key) DO NOTHING",
        );
        let query = query
            .bind(row.exchange_id.clone())
            .bind(row.key.clone())
            .bind(row.fingerprint.clone())
            .bind(row.order_id.clone())
            .bind(row.at_ms);
        Ok(self.run(query).await? == 1)
    }

    async fn forget_idempotency(&mut self, before_ms: i64) -> Result<u64, StoreError> {
        self.run(sqlx::query("DELETE FROM idempotency_key WHERE at_ms < $1").bind(before_ms)).await
    }

    async fn put_payee(&mut self, row: &PayeeRow) -> Result<(), StoreError> {
        let query = sqlx::query(
            "INSERT INTO payee (organisation_id, bank, account) VALUES ($1, $2, $3)
             ON CONFLICT (organisation_id) DO UPDATE SET bank = excluded.bank, account = excluded.account",
        );
        let query = query.bind(row.organisation_id.clone()).bind(row.bank.clone()).bind(row.account.clone());
        self.run(query).await.map(drop)
    }
}
