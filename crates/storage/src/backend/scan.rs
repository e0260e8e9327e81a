//! SQL about scans of labels, for both databases.

use async_trait::async_trait;
use sqlx::Row;

use super::driver::DbRow;
use super::repository::{Reading, Writing};
use crate::port::{ScanDayRow, ScanPhoneRow, ScanReader, ScanSettledRow, ScanSignRow, ScanUnit, StoreError};

fn sign(row: &DbRow) -> Result<ScanSignRow, sqlx::Error> {
    Ok(ScanSignRow {
        organisation_id: row.try_get("organisation_id")?,
        lot_uri: row.try_get("lot_uri")?,
        number: row.try_get("number")?,
        sign: row.try_get("sign")?,
        day: row.try_get("day")?,
        detail: row.try_get("detail")?,
    })
}

#[async_trait]
impl ScanReader for Reading {
    async fn scans(&mut self, lot_uri: &str, number: i64) -> Result<Vec<ScanDayRow>, StoreError> {
        let query = sqlx::query(
            "SELECT day, province, phones FROM scan_day
             WHERE lot_uri = $1 AND number = $2 AND phones > 0 ORDER BY day, province",
        );
        self.many(query.bind(lot_uri.to_owned()).bind(number), |row| {
            Ok(ScanDayRow {
                day: row.try_get("day")?,
                province: row.try_get("province")?,
                phones: row.try_get("phones")?,
            })
        })
        .await
    }

    async fn scan_signs(&mut self, lot_uri: &str, number: i64) -> Result<Vec<ScanSignRow>, StoreError> {
        let query = sqlx::query(
            "SELECT organisation_id, lot_uri, number, sign, day, detail FROM scan_sign
             WHERE lot_uri = $1 AND number = $2 ORDER BY sign, organisation_id",
        );
        self.many(query.bind(lot_uri.to_owned()).bind(number), sign).await
    }

    async fn scans_settled(
        &mut self,
        lot_uri: &str,
        number: i64,
        limit: i64,
    ) -> Result<Vec<ScanSettledRow>, StoreError> {
        let query = sqlx::query(
            "SELECT lot_uri, number, settled_at_ms, day, organisation_id, author, reason, signs, counted
             FROM scan_settled WHERE lot_uri = $1 AND number = $2 ORDER BY settled_at_ms DESC LIMIT $3",
        );
        self.many(query.bind(lot_uri.to_owned()).bind(number).bind(limit), |row| {
            Ok(ScanSettledRow {
                lot_uri: row.try_get("lot_uri")?,
                number: row.try_get("number")?,
                settled_at_ms: row.try_get("settled_at_ms")?,
                day: row.try_get("day")?,
                organisation_id: row.try_get("organisation_id")?,
                author: row.try_get("author")?,
                reason: row.try_get("reason")?,
                signs: row.try_get("signs")?,
                counted: row.try_get("counted")?,
            })
        })
        .await
    }

    async fn scan_signs_of(
        &mut self,
        organisation_id: &[u8],
        (lot_uri, number, after): (&str, i64, &str),
        limit: i64,
    ) -> Result<Vec<ScanSignRow>, StoreError> {
        let query = sqlx::query(
            "SELECT organisation_id, lot_uri, number, sign, day, detail FROM scan_sign
             WHERE organisation_id = $1 AND (lot_uri > $2 OR (lot_uri = $2 AND
                 (number > $3 OR (number = $3 AND sign > $4))))
             ORDER BY lot_uri, number, sign LIMIT $5",
        );
        let query = query.bind(organisation_id.to_vec()).bind(lot_uri.to_owned()).bind(number);
        self.many(query.bind(after.to_owned()).bind(limit), sign).await
    }
}

#[async_trait]
impl ScanUnit for Writing {
    async fn scan_salt(&mut self, day: &str, fresh: &[u8]) -> Result<Vec<u8>, StoreError> {
        let insert =
            sqlx::query("INSERT INTO scan_salt (day, salt) VALUES ($1, $2) ON CONFLICT (day) DO NOTHING");
        self.run(insert.bind(day.to_owned()).bind(fresh.to_vec())).await?;
        let select = sqlx::query("SELECT salt FROM scan_salt WHERE day = $1").bind(day.to_owned());
        let row = select.fetch_one(&mut *self.0).await?;
        Ok(row.try_get("salt")?)
    }

    async fn insert_scan_phone(&mut self, row: &ScanPhoneRow) -> Result<bool, StoreError> {
        let query = sqlx::query(
            "INSERT INTO scan_phone (lot_uri, number, phone, day, at_ms, province)
             VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (lot_uri, number, phone, day) DO NOTHING",
        );
        let query = query.bind(row.lot_uri.clone()).bind(row.number).bind(row.phone.clone());
        let query = query.bind(row.day.clone()).bind(row.at_ms).bind(row.province.clone());
        Ok(self.run(query).await? == 1)
    }

    async fn place_scan_phone(&mut self, row: &ScanPhoneRow) -> Result<bool, StoreError> {
        let query = sqlx::query(
            "UPDATE scan_phone SET province = $1
             WHERE lot_uri = $2 AND number = $3 AND phone = $4 AND day = $5 AND province = ''",
        );
        let query = query.bind(row.province.clone()).bind(row.lot_uri.clone()).bind(row.number);
        Ok(self.run(query.bind(row.phone.clone()).bind(row.day.clone())).await? == 1)
    }

    async fn add_scans(&mut self, row: &ScanPhoneRow, province: &str, phones: i64) -> Result<(), StoreError> {
        let query = sqlx::query(
            "INSERT INTO scan_day (lot_uri, number, day, province, phones) VALUES ($1, $2, $3, $4, $5)
             ON CONFLICT (lot_uri, number, day, province)
             DO UPDATE SET phones = scan_day.phones + excluded.phones",
        );
        let query = query.bind(row.lot_uri.clone()).bind(row.number).bind(row.day.clone());
        self.run(query.bind(province.to_owned()).bind(phones)).await?;
        Ok(())
    }

    async fn insert_scan_sign(&mut self, row: &ScanSignRow) -> Result<(), StoreError> {
        let query = sqlx::query(
            "INSERT INTO scan_sign (organisation_id, lot_uri, number, sign, day, detail)
             VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (organisation_id, lot_uri, number, sign) DO NOTHING",
        );
        let query = query.bind(row.organisation_id.clone()).bind(row.lot_uri.clone()).bind(row.number);
        let query = query.bind(row.sign.clone()).bind(row.day.clone()).bind(row.detail.clone());
        self.run(query).await?;
        Ok(())
    }

    async fn settle_scans(&mut self, row: &ScanSettledRow) -> Result<(), StoreError> {
        let insert = sqlx::query(
            "INSERT INTO scan_settled
                 (lot_uri, number, settled_at_ms, day, organisation_id, author, reason, signs, counted)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
             ON CONFLICT (lot_uri, number, settled_at_ms) DO NOTHING",
        );
        let insert = insert.bind(row.lot_uri.clone()).bind(row.number).bind(row.settled_at_ms);
        let insert = insert.bind(row.day.clone()).bind(row.organisation_id.clone()).bind(row.author.clone());
        let insert = insert.bind(row.reason.clone()).bind(row.signs.clone()).bind(row.counted.clone());
        self.run(insert).await?;
        let delete = sqlx::query("DELETE FROM scan_sign WHERE lot_uri = $1 AND number = $2");
        self.run(delete.bind(row.lot_uri.clone()).bind(row.number)).await?;
        Ok(())
    }

    async fn forget_phones(&mut self, before_day: &str) -> Result<(), StoreError> {
        self.run(sqlx::query("DELETE FROM scan_phone WHERE day < $1").bind(before_day.to_owned())).await?;
        self.run(sqlx::query("DELETE FROM scan_salt WHERE day < $1").bind(before_day.to_owned())).await?;
        Ok(())
    }
}
