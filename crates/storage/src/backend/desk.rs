//! The SQL of a co-operative's desk: said once, as in `repository.rs`.

use async_trait::async_trait;
use sqlx::Row;

use super::driver::DbRow;
use super::repository::{Reading, Writing, held};
use crate::port::{
    DeskReader, DeskWriter, EnrolmentRow, ErasureRequestRow, HeldRow, PersonReadRow, StoreError,
};

fn enrolment(row: &DbRow) -> Result<EnrolmentRow, sqlx::Error> {
    Ok(EnrolmentRow {
        enrolment_id: row.try_get("enrolment_id")?,
        organisation_id: row.try_get("organisation_id")?,
        invitation: row.try_get("invitation")?,
        created_at_ms: row.try_get("created_at_ms")?,
        expires_at_ms: row.try_get("expires_at_ms")?,
        device: row.try_get("device")?,
        possession: row.try_get("possession")?,
    })
}

fn person_read(row: &DbRow) -> Result<PersonReadRow, sqlx::Error> {
    Ok(PersonReadRow {
        organisation_id: row.try_get("organisation_id")?,
        read_at_ms: row.try_get("read_at_ms")?,
        reader: row.try_get("reader")?,
        what: row.try_get("what")?,
    })
}

fn erasure_request(row: &DbRow) -> Result<ErasureRequestRow, sqlx::Error> {
    Ok(ErasureRequestRow {
        organisation_id: row.try_get("organisation_id")?,
        event_id: row.try_get("event_id")?,
        section: row.try_get("section")?,
        reason: row.try_get("reason")?,
        asked_by: row.try_get("asked_by")?,
        asked_at_ms: row.try_get("asked_at_ms")?,
        answer: row.try_get("answer")?,
    })
}

#[async_trait]
impl DeskReader for Reading {
    async fn enrolment(&mut self, enrolment_id: &[u8]) -> Result<Option<EnrolmentRow>, StoreError> {
        let query = sqlx::query(
            "SELECT enrolment_id, organisation_id, invitation, created_at_ms, expires_at_ms, device, possession
             FROM enrolment WHERE enrolment_id = $1",
        );
        self.one(query.bind(enrolment_id.to_vec()), enrolment).await
    }

    async fn enrolments_of(
        &mut self,
        organisation_id: &[u8],
        limit: i64,
    ) -> Result<Vec<EnrolmentRow>, StoreError> {
        let query = sqlx::query(
            "SELECT enrolment_id, organisation_id, invitation, created_at_ms, expires_at_ms, device, possession
             FROM enrolment WHERE organisation_id = $1 ORDER BY created_at_ms DESC, enrolment_id LIMIT $2",
        );
        self.many(query.bind(organisation_id.to_vec()).bind(limit), enrolment).await
    }

    async fn person_reads(
        &mut self,
        organisation_id: &[u8],
        limit: i64,
    ) -> Result<Vec<PersonReadRow>, StoreError> {
        let query = sqlx::query(
            "SELECT organisation_id, read_at_ms, reader, what FROM person_read
             WHERE organisation_id = $1 ORDER BY read_at_ms DESC, reader, what LIMIT $2",
        );
        self.many(query.bind(organisation_id.to_vec()).bind(limit), person_read).await
    }

    async fn erasure_requests_of(
        &mut self,
        organisation_id: &[u8],
        limit: i64,
    ) -> Result<Vec<ErasureRequestRow>, StoreError> {
        let query = sqlx::query(
            "SELECT organisation_id, event_id, section, reason, asked_by, asked_at_ms, answer FROM erasure_request
             WHERE organisation_id = $1 ORDER BY asked_at_ms DESC, event_id, section LIMIT $2",
        );
        self.many(query.bind(organisation_id.to_vec()).bind(limit), erasure_request).await
    }

    async fn erasure_requests(&mut self, limit: i64) -> Result<Vec<ErasureRequestRow>, StoreError> {
        let query = sqlx::query(
            "SELECT organisation_id, event_id, section, reason, asked_by, asked_at_ms, answer FROM erasure_request
             ORDER BY asked_at_ms, event_id, section LIMIT $1",
        );
        self.many(query.bind(limit), erasure_request).await
    }

    async fn held_of(&mut self, organisation_id: &[u8], limit: i64) -> Result<Vec<HeldRow>, StoreError> {
        let query = sqlx::query(
            "SELECT author, seq, event_id, organisation_id, reason, received_at_ms, bytes, openings, seal
             FROM held WHERE organisation_id = $1 ORDER BY author, seq, event_id LIMIT $2",
        );
        self.many(query.bind(organisation_id.to_vec()).bind(limit), held).await
    }
}

#[async_trait]
impl DeskWriter for Writing {
    async fn insert_enrolment(&mut self, row: &EnrolmentRow) -> Result<bool, StoreError> {
        let query = sqlx::query(
            "INSERT INTO enrolment (enrolment_id, organisation_id, invitation, created_at_ms, expires_at_ms, device,
                 possession)
             VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (enrolment_id) DO NOTHING",
        );
        let query = query
            .bind(row.enrolment_id.clone())
            .bind(row.organisation_id.clone())
            .bind(row.invitation.clone())
            .bind(row.created_at_ms)
            .bind(row.expires_at_ms)
            .bind(row.device.clone())
            .bind(row.possession.clone());
        Ok(self.run(query).await? == 1)
    }

    async fn answer_enrolment(
        &mut self,
        enrolment_id: &[u8],
        device: &[u8],
        possession: &[u8],
        now_ms: i64,
    ) -> Result<bool, StoreError> {
        let query = sqlx::query(
            "UPDATE enrolment SET device = $1, possession = $2
             WHERE enrolment_id = $3 AND device = $4 AND expires_at_ms >= $5",
        );
        let query = query
            .bind(device.to_vec())
            .bind(possession.to_vec())
            .bind(enrolment_id.to_vec())
            .bind(Vec::<u8>::new())
            .bind(now_ms);
        Ok(self.run(query).await? == 1)
    }

    async fn delete_enrolment(
        &mut self,
        organisation_id: &[u8],
        enrolment_id: &[u8],
    ) -> Result<bool, StoreError> {
        let query = sqlx::query("DELETE FROM enrolment WHERE organisation_id = $1 AND enrolment_id = $2");
        Ok(self.run(query.bind(organisation_id.to_vec()).bind(enrolment_id.to_vec())).await? == 1)
    }

    async fn delete_enrolments_before(&mut self, expires_at_ms: i64) -> Result<u64, StoreError> {
        self.run(sqlx::query("DELETE FROM enrolment WHERE expires_at_ms < $1").bind(expires_at_ms)).await
    }

    async fn note_person_read(&mut self, row: &PersonReadRow) -> Result<(), StoreError> {
        let query = sqlx::query(
            "INSERT INTO person_read (organisation_id, read_at_ms, reader, what) VALUES ($1, $2, $3, $4)
             ON CONFLICT (organisation_id, read_at_ms, reader, what) DO NOTHING",
        );
        let query = query
            .bind(row.organisation_id.clone())
            .bind(row.read_at_ms)
            .bind(row.reader.clone())
            .bind(row.what.clone());
        self.run(query).await.map(drop)
    }

    async fn insert_erasure_request(&mut self, row: &ErasureRequestRow) -> Result<bool, StoreError> {
        let query = sqlx::query(
            "INSERT INTO erasure_request (organisation_id, event_id, section, reason, asked_by, asked_at_ms, answer)
             VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (organisation_id, event_id, section) DO NOTHING",
        );
        let query = query
            .bind(row.organisation_id.clone())
            .bind(row.event_id.clone())
            .bind(row.section)
            .bind(row.reason)
            .bind(row.asked_by.clone())
            .bind(row.asked_at_ms)
            .bind(row.answer.clone());
        Ok(self.run(query).await? == 1)
    }

    async fn answer_erasure_request(
        &mut self,
        event_id: &[u8],
        section: i64,
        answer: &str,
    ) -> Result<bool, StoreError> {
        let query =
            sqlx::query("UPDATE erasure_request SET answer = $1 WHERE event_id = $2 AND section = $3");
        let query = query.bind(answer.to_owned()).bind(event_id.to_vec()).bind(section);
        Ok(self.run(query).await? >= 1)
    }
}
