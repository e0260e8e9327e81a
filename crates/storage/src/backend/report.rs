//! The SQL of reports, of who read them, and of pictures that were taken away: said once, as in `repository.rs`.

use async_trait::async_trait;
use sqlx::Row;

use super::driver::DbRow;
use super::repository::{Reading, Writing};
use crate::port::{ImageRemovalRow, PersonalReadRow, ReportReader, ReportRow, ReportWriter, StoreError};

fn report(row: &DbRow) -> Result<ReportRow, sqlx::Error> {
    Ok(ReportRow {
        case_number: row.try_get("case_number")?,
        organisation_id: row.try_get("organisation_id")?,
        lot_uri: row.try_get("lot_uri")?,
        about: row.try_get("about")?,
        reason: row.try_get("reason")?,
        words: row.try_get("words")?,
        contact: row.try_get("contact")?,
        received_at_ms: row.try_get("received_at_ms")?,
        state: row.try_get("state")?,
        answer: row.try_get("answer")?,
        closed_at_ms: row.try_get("closed_at_ms")?,
        has_photo: row.try_get::<i64, _>("photos")? != 0,
    })
}

fn personal_read(row: &DbRow) -> Result<PersonalReadRow, sqlx::Error> {
    Ok(PersonalReadRow {
        case_number: row.try_get("case_number")?,
        read_at_ms: row.try_get("read_at_ms")?,
        reader: row.try_get("reader")?,
        purpose: row.try_get("purpose")?,
    })
}

fn image_removal(row: &DbRow) -> Result<ImageRemovalRow, sqlx::Error> {
    Ok(ImageRemovalRow {
        blake3: row.try_get("blake3")?,
        reason: row.try_get("reason")?,
        removed_by: row.try_get("removed_by")?,
        removed_at_ms: row.try_get("removed_at_ms")?,
    })
}

#[async_trait]
impl ReportReader for Reading {
    async fn report(&mut self, case_number: &str) -> Result<Option<ReportRow>, StoreError> {
        let query = sqlx::query(
            "SELECT r.case_number, r.organisation_id, r.lot_uri, r.about, r.reason, r.words, r.contact, r.received_at_ms,
                    r.state, r.answer, r.closed_at_ms,
                    (SELECT COUNT(*) FROM report_photo AS p WHERE p.case_number = r.case_number) AS photos
             FROM report AS r WHERE r.case_number = $1",
        );
        self.one(query.bind(case_number.to_owned()), report).await
    }

    async fn list_reports(&mut self, before: (i64, &str), limit: i64) -> Result<Vec<ReportRow>, StoreError> {
        let query = sqlx::query(
            "SELECT r.case_number, r.organisation_id, r.lot_uri, r.about, r.reason, r.words, r.contact, r.received_at_ms,
                    r.state, r.answer, r.closed_at_ms,
                    (SELECT COUNT(*) FROM report_photo AS p WHERE p.case_number = r.case_number) AS photos
             FROM report AS r
             WHERE r.received_at_ms < $1 OR (r.received_at_ms = $1 AND r.case_number < $2)
             ORDER BY r.received_at_ms DESC, r.case_number DESC LIMIT $3",
        );
        self.many(query.bind(before.0).bind(before.1.to_owned()).bind(limit), report).await
    }

    async fn reports_of(
        &mut self,
        organisation_id: &[u8],
        before: (i64, &str),
        limit: i64,
    ) -> Result<Vec<ReportRow>, StoreError> {
        let query = sqlx::query(
            "SELECT r.case_number, r.organisation_id, r.lot_uri, r.about, r.reason, r.words, r.contact, r.received_at_ms,
                    r.state, r.answer, r.closed_at_ms,
                    (SELECT COUNT(*) FROM report_photo AS p WHERE p.case_number = r.case_number) AS photos
             FROM report AS r
             WHERE r.organisation_id = $1
                 AND (r.received_at_ms < $2 OR (r.received_at_ms = $2 AND r.case_number < $3))
             ORDER BY r.received_at_ms DESC, r.case_number DESC LIMIT $4",
        );
        let query = query.bind(organisation_id.to_vec()).bind(before.0).bind(before.1.to_owned()).bind(limit);
        self.many(query, report).await
    }

    async fn report_photo(&mut self, case_number: &str) -> Result<Option<Vec<u8>>, StoreError> {
        let query = sqlx::query("SELECT jpeg FROM report_photo WHERE case_number = $1");
        self.one(query.bind(case_number.to_owned()), |row| row.try_get("jpeg")).await
    }

    async fn personal_reads(&mut self, case_number: &str) -> Result<Vec<PersonalReadRow>, StoreError> {
        let query = sqlx::query(
            "SELECT case_number, read_at_ms, reader, purpose FROM personal_read
             WHERE case_number = $1 ORDER BY read_at_ms, reader, purpose",
        );
        self.many(query.bind(case_number.to_owned()), personal_read).await
    }

    async fn image_removal(&mut self, blake3: &[u8]) -> Result<Option<ImageRemovalRow>, StoreError> {
        let query = sqlx::query(
            "SELECT blake3, reason, removed_by, removed_at_ms FROM image_removal WHERE blake3 = $1",
        );
        self.one(query.bind(blake3.to_vec()), image_removal).await
    }

    async fn image_removals(&mut self, after: &[u8], limit: i64) -> Result<Vec<ImageRemovalRow>, StoreError> {
        let query = sqlx::query(
            "SELECT blake3, reason, removed_by, removed_at_ms FROM image_removal
             WHERE blake3 > $1 ORDER BY blake3 LIMIT $2",
        );
        self.many(query.bind(after.to_vec()).bind(limit), image_removal).await
    }
}

#[async_trait]
impl ReportWriter for Writing {
    async fn insert_report(&mut self, row: &ReportRow) -> Result<bool, StoreError> {
        let query = sqlx::query(
            "INSERT INTO report (case_number, organisation_id, lot_uri, about, reason, words, contact, received_at_ms,
                 state, answer, closed_at_ms)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) ON CONFLICT (case_number) DO NOTHING",
        );
        let query = query
            .bind(row.case_number.clone())
            .bind(row.organisation_id.clone())
            .bind(row.lot_uri.clone())
            .bind(row.about.clone())
            .bind(row.reason.clone())
            .bind(row.words.clone())
            .bind(row.contact.clone())
            .bind(row.received_at_ms)
            .bind(row.state.clone())
            .bind(row.answer.clone())
            .bind(row.closed_at_ms);
        Ok(self.run(query).await? == 1)
    }

    async fn insert_report_photo(&mut self, case_number: &str, jpeg: &[u8]) -> Result<(), StoreError> {
        let query = sqlx::query("INSERT INTO report_photo (case_number, jpeg) VALUES ($1, $2)");
        self.run(query.bind(case_number.to_owned()).bind(jpeg.to_vec())).await.map(drop)
    }

    async fn set_report_state(
        &mut self,
        case_number: &str,
        state: &str,
        answer: &str,
        closed_at_ms: i64,
    ) -> Result<bool, StoreError> {
        let query = sqlx::query(
            "UPDATE report SET state = $1, answer = $2, closed_at_ms = $3 WHERE case_number = $4",
        );
        let query = query
            .bind(state.to_owned())
            .bind(answer.to_owned())
            .bind(closed_at_ms)
            .bind(case_number.to_owned());
        Ok(self.run(query).await? == 1)
    }

    async fn erase_report(&mut self, case_number: &str) -> Result<bool, StoreError> {
        let photo = sqlx::query("DELETE FROM report_photo WHERE case_number = $1");
        self.run(photo.bind(case_number.to_owned())).await?;
        let query =
            sqlx::query("UPDATE report SET about = '', words = '', contact = '' WHERE case_number = $1");
        Ok(self.run(query.bind(case_number.to_owned())).await? == 1)
    }

    async fn erase_contacts(
        &mut self,
        closed_before_ms: i64,
        received_before_ms: i64,
    ) -> Result<u64, StoreError> {
        let photos = sqlx::query(
            "DELETE FROM report_photo WHERE case_number IN (
                 SELECT r.case_number FROM report AS r
                 WHERE (r.closed_at_ms > 0 AND r.closed_at_ms < $1) OR r.received_at_ms < $2)",
        );
        let photos = self.run(photos.bind(closed_before_ms).bind(received_before_ms)).await?;
        let contacts = sqlx::query(
            "UPDATE report SET contact = ''
             WHERE contact <> '' AND ((closed_at_ms > 0 AND closed_at_ms < $1) OR received_at_ms < $2)",
        );
        Ok(photos + self.run(contacts.bind(closed_before_ms).bind(received_before_ms)).await?)
    }

    async fn note_personal_read(&mut self, row: &PersonalReadRow) -> Result<(), StoreError> {
        let query = sqlx::query(
            "INSERT INTO personal_read (case_number, read_at_ms, reader, purpose) VALUES ($1, $2, $3, $4)
             ON CONFLICT (case_number, read_at_ms, reader, purpose) DO NOTHING",
        );
        let query = query
            .bind(row.case_number.clone())
            .bind(row.read_at_ms)
            .bind(row.reader.clone())
            .bind(row.purpose.clone());
        self.run(query).await.map(drop)
    }

    async fn insert_image_removal(&mut self, row: &ImageRemovalRow) -> Result<(), StoreError> {
        let query = sqlx::query(
            "INSERT INTO image_removal (blake3, reason, removed_by, removed_at_ms) VALUES ($1, $2, $3, $4)
             ON CONFLICT (blake3) DO NOTHING",
        );
        let query = query
            .bind(row.blake3.clone())
            .bind(row.reason.clone())
            .bind(row.removed_by.clone())
            .bind(row.removed_at_ms);
        self.run(query).await.map(drop)
    }
}
