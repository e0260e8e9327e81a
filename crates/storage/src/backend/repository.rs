//! All SQL that both databases share, said once. `super::driver` is `sqlite.rs` or `postgres.rs`.

use async_trait::async_trait;
use sqlx::migrate::Migrator;
use sqlx::query::Query;
use sqlx::{AssertSqlSafe, Database, Executor, Row};

use super::driver::{Db, DbConnection, DbPoolConnection, DbRow, DbTransaction};
use super::many::{insert_many, select_many};
use crate::port::{
    CheckpointRow, CoveredEntry, FeedRow, HeadRow, HeldRow, Reader, RecordRow, SectionRow, StoreError,
    SubjectRow, Table, Unit,
};

pub(super) type DbQuery<'q> = Query<'q, Db, <Db as Database>::Arguments>;

pub(super) struct Reading(pub(super) DbPoolConnection);
pub(super) struct Writing(pub(super) DbTransaction);

fn head(row: &DbRow) -> Result<HeadRow, sqlx::Error> {
    Ok(HeadRow {
        ledger_id: row.try_get("ledger_id")?,
        origin: row.try_get("origin")?,
        size: row.try_get("size")?,
        root: row.try_get("root")?,
    })
}

fn record(row: &DbRow) -> Result<RecordRow, sqlx::Error> {
    Ok(RecordRow {
        log_index: row.try_get("log_index")?,
        organisation_id: row.try_get("organisation_id")?,
        author: row.try_get("author")?,
        seq: row.try_get("seq")?,
        disputed: row.try_get::<i64, _>("disputed")? != 0,
        kind: row.try_get("kind")?,
        event_id: row.try_get("event_id")?,
        bytes: row.try_get("bytes")?,
    })
}

fn section(row: &DbRow) -> Result<SectionRow, sqlx::Error> {
    Ok(SectionRow {
        log_index: row.try_get("log_index")?,
        position: row.try_get("position")?,
        kind: row.try_get("kind")?,
        salt: row.try_get("salt")?,
        payload: row.try_get("payload")?,
    })
}

pub(super) fn held(row: &DbRow) -> Result<HeldRow, sqlx::Error> {
    Ok(HeldRow {
        author: row.try_get("author")?,
        seq: row.try_get("seq")?,
        event_id: row.try_get("event_id")?,
        organisation_id: row.try_get("organisation_id")?,
        reason: row.try_get("reason")?,
        received_at_ms: row.try_get("received_at_ms")?,
        bytes: row.try_get("bytes")?,
        openings: row.try_get("openings")?,
        seal: row.try_get("seal")?,
    })
}

fn checkpoint(row: &DbRow) -> Result<CheckpointRow, sqlx::Error> {
    Ok(CheckpointRow { size: row.try_get("size")?, note: row.try_get("note")? })
}

fn subject(row: &DbRow) -> Result<SubjectRow, sqlx::Error> {
    Ok(SubjectRow {
        uri: row.try_get("uri")?,
        kind: row.try_get("kind")?,
        organisation_id: row.try_get("organisation_id")?,
        status: row.try_get("status")?,
        search_key: row.try_get("search_key")?,
        last_index: row.try_get("last_index")?,
        state: row.try_get("state")?,
    })
}

fn pair(row: &DbRow) -> Result<(String, String), sqlx::Error> {
    Ok((row.try_get(0)?, row.try_get(1)?))
}

fn feed(row: &DbRow) -> Result<FeedRow, sqlx::Error> {
    Ok(FeedRow {
        log_index: row.try_get("log_index")?,
        position: row.try_get("position")?,
        listing_uri: row.try_get("listing_uri")?,
        change: row.try_get("change")?,
    })
}

impl Reading {
    pub(super) async fn many<T>(
        &mut self,
        query: DbQuery<'_>,
        read: fn(&DbRow) -> Result<T, sqlx::Error>,
    ) -> Result<Vec<T>, StoreError> {
        let connection: &mut DbConnection = &mut self.0;
        Ok(query.fetch_all(connection).await?.iter().map(read).collect::<Result<_, _>>()?)
    }

    pub(super) async fn one<T>(
        &mut self,
        query: DbQuery<'_>,
        read: fn(&DbRow) -> Result<T, sqlx::Error>,
    ) -> Result<Option<T>, StoreError> {
        let connection: &mut DbConnection = &mut self.0;
        Ok(query.fetch_optional(connection).await?.as_ref().map(read).transpose()?)
    }
}

#[async_trait]
impl Reader for Reading {
    async fn count(&mut self, table: Table) -> Result<i64, StoreError> {
        let sql = ["SELECT COUNT(*) AS rows FROM ", table.name()].concat();
        let found = self.one(sqlx::query(AssertSqlSafe(sql)), |row| row.try_get("rows")).await?;
        Ok(found.unwrap_or(0))
    }

    async fn head(&mut self) -> Result<Option<HeadRow>, StoreError> {
        self.one(sqlx::query("SELECT ledger_id, origin, size, root FROM log_head"), head).await
    }

    async fn records(&mut self, from: i64, limit: i64) -> Result<Vec<RecordRow>, StoreError> {
        let query = sqlx::query(
            "SELECT log_index, organisation_id, author, seq, disputed, kind, event_id, bytes
             FROM record WHERE log_index >= $1 ORDER BY log_index LIMIT $2",
        );
        self.many(query.bind(from).bind(limit), record).await
    }

    async fn records_at(&mut self, author: &[u8], seq: i64) -> Result<Vec<RecordRow>, StoreError> {
        let query = sqlx::query(
            "SELECT log_index, organisation_id, author, seq, disputed, kind, event_id, bytes
             FROM record WHERE author = $1 AND seq = $2 ORDER BY disputed",
        );
        self.many(query.bind(author.to_vec()).bind(seq), record).await
    }

    async fn control_records(
        &mut self,
        organisation_id: &[u8],
        from: i64,
        limit: i64,
    ) -> Result<Vec<RecordRow>, StoreError> {
        let query = sqlx::query(
            "SELECT log_index, organisation_id, author, seq, disputed, kind, event_id, bytes
             FROM record WHERE organisation_id = $1 AND log_index >= $2 AND kind <> 1
             ORDER BY log_index LIMIT $3",
        );
        self.many(query.bind(organisation_id.to_vec()).bind(from).bind(limit), record).await
    }

    async fn sections(&mut self, from: i64, to: i64) -> Result<Vec<SectionRow>, StoreError> {
        let query = sqlx::query(
            "SELECT log_index, position, kind, salt, payload
             FROM section WHERE log_index >= $1 AND log_index < $2 ORDER BY log_index, position",
        );
        self.many(query.bind(from).bind(to), section).await
    }

    async fn find_event(&mut self, event_prefix: i64) -> Result<Vec<RecordRow>, StoreError> {
        let query = sqlx::query(
            "SELECT r.log_index, r.organisation_id, r.author, r.seq, r.disputed, r.kind, r.event_id, r.bytes
             FROM event_index AS e JOIN record AS r ON r.log_index = e.log_index
             WHERE e.event_prefix = $1 ORDER BY r.log_index",
        );
        self.many(query.bind(event_prefix), record).await
    }

    async fn held(&mut self, author: &[u8]) -> Result<Vec<HeldRow>, StoreError> {
        let query = sqlx::query(
            "SELECT author, seq, event_id, organisation_id, reason, received_at_ms, bytes, openings, seal
             FROM held WHERE author = $1 ORDER BY seq, event_id",
        );
        self.many(query.bind(author.to_vec()), held).await
    }

    async fn held_at(&mut self, author: &[u8], seq: i64) -> Result<Vec<HeldRow>, StoreError> {
        let query = sqlx::query(
            "SELECT author, seq, event_id, organisation_id, reason, received_at_ms, bytes, openings, seal
             FROM held WHERE author = $1 AND seq = $2 ORDER BY event_id",
        );
        self.many(query.bind(author.to_vec()).bind(seq), held).await
    }

    async fn held_sizes(&mut self) -> Result<Vec<(Vec<u8>, i64, i64)>, StoreError> {
        let query = sqlx::query(
            "SELECT author, CAST(COUNT(*) AS BIGINT) AS records,
                    CAST(SUM(LENGTH(bytes) + LENGTH(openings)) AS BIGINT) AS bytes
             FROM held GROUP BY author ORDER BY author",
        );
        self.many(query, |row| Ok((row.try_get("author")?, row.try_get("records")?, row.try_get("bytes")?)))
            .await
    }

    async fn held_before(&mut self, received_at_ms: i64, limit: i64) -> Result<Vec<HeldRow>, StoreError> {
        let query = sqlx::query(
            "SELECT author, seq, event_id, organisation_id, reason, received_at_ms, bytes, openings, seal
             FROM held WHERE received_at_ms < $1 ORDER BY author, seq, event_id LIMIT $2",
        );
        self.many(query.bind(received_at_ms).bind(limit), held).await
    }

    async fn list_held(&mut self) -> Result<Vec<HeldRow>, StoreError> {
        let query = sqlx::query(
            "SELECT author, seq, event_id, organisation_id, reason, received_at_ms, bytes, openings, seal
             FROM held ORDER BY author, seq, event_id",
        );
        self.many(query, held).await
    }

    async fn newest_checkpoint(&mut self) -> Result<Option<CheckpointRow>, StoreError> {
        self.one(sqlx::query("SELECT size, note FROM checkpoint ORDER BY size DESC LIMIT 1"), checkpoint)
            .await
    }

    async fn checkpoint(&mut self, size: i64) -> Result<Option<CheckpointRow>, StoreError> {
        self.one(sqlx::query("SELECT size, note FROM checkpoint WHERE size = $1").bind(size), checkpoint)
            .await
    }

    async fn covered_entries(&mut self, log_indexes: &[i64]) -> Result<Vec<CoveredEntry>, StoreError> {
        const SQL: (&str, &str) = (
            "SELECT r.log_index, r.bytes,
                 (SELECT MIN(c.size) FROM checkpoint AS c WHERE c.size > r.log_index) AS covered_by
             FROM record AS r WHERE r.log_index IN",
            "",
        );
        let read = |row: &DbRow| {
            Ok(CoveredEntry {
                log_index: row.try_get("log_index")?,
                bytes: row.try_get("bytes")?,
                covered_by: row.try_get("covered_by")?,
            })
        };
        select_many(&mut self.0, SQL, log_indexes, |query, index| query.bind(*index), read).await
    }

    async fn checkpoint_covering(&mut self, log_index: i64) -> Result<Option<CheckpointRow>, StoreError> {
        let query = sqlx::query("SELECT size, note FROM checkpoint WHERE size > $1 ORDER BY size LIMIT 1");
        self.one(query.bind(log_index), checkpoint).await
    }

    async fn list_checkpoints(&mut self, after: i64, limit: i64) -> Result<Vec<CheckpointRow>, StoreError> {
        let query = sqlx::query("SELECT size, note FROM checkpoint WHERE size > $1 ORDER BY size LIMIT $2");
        self.many(query.bind(after).bind(limit), checkpoint).await
    }

    async fn projection(&mut self, name: &str) -> Result<i64, StoreError> {
        let query = sqlx::query("SELECT size FROM projection WHERE name = $1").bind(name.to_owned());
        Ok(self.one(query, |row| row.try_get("size")).await?.unwrap_or(0))
    }

    async fn projections(&mut self) -> Result<Vec<(String, i64)>, StoreError> {
        let query = sqlx::query("SELECT name, size FROM projection ORDER BY name");
        self.many(query, |row| Ok((row.try_get("name")?, row.try_get("size")?))).await
    }

    async fn subject(&mut self, uri: &str) -> Result<Option<SubjectRow>, StoreError> {
        let query = sqlx::query(
            "SELECT uri, kind, organisation_id, status, search_key, last_index, state FROM subject WHERE uri = $1",
        );
        self.one(query.bind(uri.to_owned()), subject).await
    }

    async fn subjects(&mut self, uris: &[&str]) -> Result<Vec<SubjectRow>, StoreError> {
        const SQL: (&str, &str) = (
            "SELECT uri, kind, organisation_id, status, search_key, last_index, state FROM subject WHERE uri IN",
            "",
        );
        select_many(&mut self.0, SQL, uris, |query, uri| query.bind((*uri).to_owned()), subject).await
    }

    // One row for many lots: to hand a row over costs more than a brief has bytes.
    async fn lot_briefs(&mut self, uris: &[&str]) -> Result<String, StoreError> {
        const SQL: (&str, &str) =
            ("SELECT string_agg(brief, '\n') AS briefs FROM lot_brief WHERE uri IN", "");
        let read = |row: &DbRow| row.try_get::<Option<String>, _>("briefs");
        let parts =
            select_many(&mut self.0, SQL, uris, |query, uri| query.bind((*uri).to_owned()), read).await?;
        Ok(parts.into_iter().flatten().collect::<Vec<_>>().join("\n"))
    }

    async fn list_lot_briefs(
        &mut self,
        after: &str,
        limit: i64,
    ) -> Result<Vec<(String, String)>, StoreError> {
        let query = sqlx::query("SELECT uri, brief FROM lot_brief WHERE uri > $1 ORDER BY uri LIMIT $2");
        self.many(query.bind(after.to_owned()).bind(limit), pair).await
    }

    async fn records_of(&mut self, log_indexes: &[i64]) -> Result<Vec<RecordRow>, StoreError> {
        const SQL: (&str, &str) = (
            "SELECT log_index, organisation_id, author, seq, disputed, kind, event_id, bytes
             FROM record WHERE log_index IN",
            "",
        );
        select_many(&mut self.0, SQL, log_indexes, |query, index| query.bind(*index), record).await
    }

    async fn sections_of(&mut self, log_indexes: &[i64]) -> Result<Vec<SectionRow>, StoreError> {
        const SQL: (&str, &str) = (
            "SELECT log_index, position, kind, salt, payload FROM section WHERE log_index IN",
            " ORDER BY log_index, position",
        );
        select_many(&mut self.0, SQL, log_indexes, |query, index| query.bind(*index), section).await
    }

    async fn entries_of_subjects(&mut self, uris: &[&str]) -> Result<Vec<(String, i64)>, StoreError> {
        const SQL: (&str, &str) = ("SELECT uri, log_index FROM subject_record WHERE uri IN", "");
        select_many(
            &mut self.0,
            SQL,
            uris,
            |query, uri| query.bind((*uri).to_owned()),
            |row| Ok((row.try_get("uri")?, row.try_get("log_index")?)),
        )
        .await
    }

    async fn list_subjects(
        &mut self,
        kind: &str,
        after: &str,
        limit: i64,
    ) -> Result<Vec<SubjectRow>, StoreError> {
        let query = sqlx::query(
            "SELECT uri, kind, organisation_id, status, search_key, last_index, state
             FROM subject WHERE kind = $1 AND uri > $2 ORDER BY uri LIMIT $3",
        );
        self.many(query.bind(kind.to_owned()).bind(after.to_owned()).bind(limit), subject).await
    }

    async fn subjects_of(
        &mut self,
        organisation_id: &[u8],
        kind: &str,
        after: &str,
        limit: i64,
    ) -> Result<Vec<SubjectRow>, StoreError> {
        let query = sqlx::query(
            "SELECT uri, kind, organisation_id, status, search_key, last_index, state
             FROM subject WHERE organisation_id = $1 AND kind = $2 AND uri > $3 ORDER BY uri LIMIT $4",
        );
        let query =
            query.bind(organisation_id.to_vec()).bind(kind.to_owned()).bind(after.to_owned()).bind(limit);
        self.many(query, subject).await
    }

    async fn search_subjects(
        &mut self,
        kind: &str,
        text: &str,
        limit: i64,
    ) -> Result<Vec<SubjectRow>, StoreError> {
        let mut pattern = String::from("%");
        for letter in text.chars() {
            if matches!(letter, '%' | '_' | '\\') {
                pattern.push('\\');
            }
            pattern.push(letter);
        }
        pattern.push('%');
        let query = sqlx::query(
            "SELECT uri, kind, organisation_id, status, search_key, last_index, state
             FROM subject WHERE kind = $1 AND search_key LIKE $2 ESCAPE '\\' ORDER BY last_index DESC, uri LIMIT $3",
        );
        self.many(query.bind(kind.to_owned()).bind(pattern).bind(limit), subject).await
    }

    async fn entries_of_subject(&mut self, uri: &str) -> Result<Vec<i64>, StoreError> {
        let query = sqlx::query("SELECT log_index FROM subject_record WHERE uri = $1 ORDER BY log_index");
        self.many(query.bind(uri.to_owned()), |row| row.try_get("log_index")).await
    }

    async fn subjects_of_entry(&mut self, log_index: i64) -> Result<Vec<String>, StoreError> {
        let query = sqlx::query("SELECT uri FROM subject_record WHERE log_index = $1 ORDER BY uri");
        self.many(query.bind(log_index), |row| row.try_get("uri")).await
    }

    async fn entries_of_event(&mut self, event_prefix: i64) -> Result<Vec<i64>, StoreError> {
        let query =
            sqlx::query("SELECT log_index FROM event_index WHERE event_prefix = $1 ORDER BY log_index");
        self.many(query.bind(event_prefix), |row| row.try_get("log_index")).await
    }

    async fn listings_of_lot(&mut self, lot_uri: &str) -> Result<Vec<SubjectRow>, StoreError> {
        let query = sqlx::query(
            "SELECT s.uri, s.kind, s.organisation_id, s.status, s.search_key, s.last_index, s.state
             FROM listing_lot AS l JOIN subject AS s ON s.uri = l.listing_uri
             WHERE l.lot_uri = $1 ORDER BY s.uri",
        );
        self.many(query.bind(lot_uri.to_owned()), subject).await
    }

    async fn listing_lots(
        &mut self,
        after: (&str, &str),
        limit: i64,
    ) -> Result<Vec<(String, String)>, StoreError> {
        let query = sqlx::query(
            "SELECT lot_uri, listing_uri FROM listing_lot
             WHERE lot_uri > $1 OR (lot_uri = $1 AND listing_uri > $2) ORDER BY lot_uri, listing_uri LIMIT $3",
        );
        let query = query.bind(after.0.to_owned()).bind(after.1.to_owned()).bind(limit);
        self.many(query, |row| Ok((row.try_get("lot_uri")?, row.try_get("listing_uri")?))).await
    }

    async fn alias(&mut self, alias: &str) -> Result<Option<String>, StoreError> {
        let query = sqlx::query("SELECT uri FROM alias WHERE alias = $1").bind(alias.to_owned());
        self.one(query, |row| row.try_get("uri")).await
    }

    async fn feed(&mut self, log_index: i64, position: i64, limit: i64) -> Result<Vec<FeedRow>, StoreError> {
        let query = sqlx::query(
            "SELECT log_index, position, listing_uri, change FROM feed_change
             WHERE log_index > $1 OR (log_index = $1 AND position > $2) ORDER BY log_index, position LIMIT $3",
        );
        self.many(query.bind(log_index).bind(position).bind(limit), feed).await
    }

    async fn feed_newest(
        &mut self,
        (log_index, position): (i64, i64),
        limit: i64,
    ) -> Result<Vec<FeedRow>, StoreError> {
        let query = sqlx::query(
            "SELECT f.log_index, f.position, f.listing_uri, f.change FROM feed_change AS f
             WHERE (f.log_index > $1 OR (f.log_index = $1 AND f.position > $2))
                 AND NOT EXISTS (SELECT 1 FROM feed_change AS n WHERE n.listing_uri = f.listing_uri
                     AND (n.log_index > f.log_index OR (n.log_index = f.log_index AND n.position > f.position)))
             ORDER BY f.log_index, f.position LIMIT $3",
        );
        self.many(query.bind(log_index).bind(position).bind(limit), feed).await
    }

    async fn feed_by_listing(&mut self, after: &str, limit: i64) -> Result<Vec<FeedRow>, StoreError> {
        let query = sqlx::query(
            "SELECT f.log_index, f.position, f.listing_uri, f.change FROM feed_change AS f
             WHERE f.listing_uri > $1
                 AND NOT EXISTS (SELECT 1 FROM feed_change AS n WHERE n.listing_uri = f.listing_uri
                     AND (n.log_index > f.log_index OR (n.log_index = f.log_index AND n.position > f.position)))
             ORDER BY f.listing_uri LIMIT $2",
        );
        self.many(query.bind(after.to_owned()).bind(limit), feed).await
    }

    async fn feed_last(&mut self) -> Result<Option<FeedRow>, StoreError> {
        let query = sqlx::query(
            "SELECT log_index, position, listing_uri, change FROM feed_change
             ORDER BY log_index DESC, position DESC LIMIT 1",
        );
        self.one(query, feed).await
    }

    async fn all_subjects(&mut self, after: &str, limit: i64) -> Result<Vec<SubjectRow>, StoreError> {
        let query = sqlx::query(
            "SELECT uri, kind, organisation_id, status, search_key, last_index, state
             FROM subject WHERE uri > $1 ORDER BY uri LIMIT $2",
        );
        self.many(query.bind(after.to_owned()).bind(limit), subject).await
    }

    async fn event_index(&mut self, after: (i64, i64), limit: i64) -> Result<Vec<(i64, i64)>, StoreError> {
        let query = sqlx::query(
            "SELECT event_prefix, log_index FROM event_index
             WHERE event_prefix > $1 OR (event_prefix = $1 AND log_index > $2)
             ORDER BY event_prefix, log_index LIMIT $3",
        );
        let query = query.bind(after.0).bind(after.1).bind(limit);
        self.many(query, |row| Ok((row.try_get("event_prefix")?, row.try_get("log_index")?))).await
    }

    async fn links(&mut self, after: (&str, i64), limit: i64) -> Result<Vec<(String, i64)>, StoreError> {
        let query = sqlx::query(
            "SELECT uri, log_index FROM subject_record
             WHERE uri > $1 OR (uri = $1 AND log_index > $2) ORDER BY uri, log_index LIMIT $3",
        );
        let query = query.bind(after.0.to_owned()).bind(after.1).bind(limit);
        self.many(query, |row| Ok((row.try_get("uri")?, row.try_get("log_index")?))).await
    }

    async fn aliases(&mut self, after: &str, limit: i64) -> Result<Vec<(String, String)>, StoreError> {
        let query = sqlx::query("SELECT alias, uri FROM alias WHERE alias > $1 ORDER BY alias LIMIT $2");
        let query = query.bind(after.to_owned()).bind(limit);
        self.many(query, |row| Ok((row.try_get("alias")?, row.try_get("uri")?))).await
    }
}

/// Whether the database has exactly these migrations. Changes nothing.
pub(super) async fn check_version<'c>(
    reading: impl Executor<'c, Database = Db>,
    migrator: &Migrator,
) -> Result<(), StoreError> {
    let query = sqlx::query("SELECT version, checksum FROM _sqlx_migrations WHERE success ORDER BY version");
    let rows = query.fetch_all(reading).await?;
    let mut found = Vec::new();
    for row in &rows {
        found.push((row.try_get::<i64, _>("version")?, row.try_get::<Vec<u8>, _>("checksum")?));
    }
    let ours: Vec<_> = migrator.iter().map(|one| (one.version, one.checksum.to_vec())).collect();
    if found == ours {
        return Ok(());
    }
    Err(StoreError::OtherVersion { found: found.len(), ours: ours.len() })
}

impl Writing {
    pub(super) async fn run(&mut self, query: DbQuery<'_>) -> Result<u64, StoreError> {
        let connection: &mut DbConnection = &mut self.0;
        Ok(query.execute(connection).await?.rows_affected())
    }
}

#[async_trait]
impl Unit for Writing {
    async fn create_head(&mut self, row: &HeadRow) -> Result<(), StoreError> {
        let query =
            sqlx::query("INSERT INTO log_head (ledger_id, origin, size, root) VALUES ($1, $2, $3, $4)");
        let query =
            query.bind(row.ledger_id.clone()).bind(row.origin.clone()).bind(row.size).bind(row.root.clone());
        self.run(query).await.map(drop)
    }

    async fn advance_head(&mut self, old_size: i64, size: i64, root: &[u8]) -> Result<(), StoreError> {
        let query = sqlx::query("UPDATE log_head SET size = $1, root = $2 WHERE size = $3");
        match self.run(query.bind(size).bind(root.to_vec()).bind(old_size)).await? {
            1 => Ok(()),
            _ => Err(StoreError::HeadMoved),
        }
    }

    async fn insert_records(&mut self, rows: &[RecordRow]) -> Result<(), StoreError> {
        if rows.is_empty() { Ok(()) } else { super::driver::insert_records(&mut self.0, rows).await }
    }

    async fn insert_sections(&mut self, rows: &[SectionRow]) -> Result<(), StoreError> {
        if rows.is_empty() { Ok(()) } else { super::driver::insert_sections(&mut self.0, rows).await }
    }

    async fn erase_section(&mut self, log_index: i64, position: i64) -> Result<(), StoreError> {
        let query = sqlx::query("DELETE FROM section WHERE log_index = $1 AND position = $2");
        self.run(query.bind(log_index).bind(position)).await.map(drop)
    }

    async fn hold(&mut self, row: &HeldRow) -> Result<(), StoreError> {
        let query = sqlx::query(
            "INSERT INTO held
                 (author, seq, event_id, organisation_id, reason, received_at_ms, bytes, openings, seal)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT (author, seq, event_id) DO NOTHING",
        );
        let query = query
            .bind(row.author.clone())
            .bind(row.seq)
            .bind(row.event_id.clone())
            .bind(row.organisation_id.clone())
            .bind(row.reason.clone())
            .bind(row.received_at_ms)
            .bind(row.bytes.clone())
            .bind(row.openings.clone())
            .bind(row.seal.clone());
        self.run(query).await.map(drop)
    }

    async fn release(&mut self, author: &[u8], seq: i64, event_id: &[u8]) -> Result<(), StoreError> {
        let query = sqlx::query("DELETE FROM held WHERE author = $1 AND seq = $2 AND event_id = $3");
        self.run(query.bind(author.to_vec()).bind(seq).bind(event_id.to_vec())).await.map(drop)
    }

    async fn put_checkpoint(&mut self, row: &CheckpointRow) -> Result<(), StoreError> {
        let query = sqlx::query(
            "INSERT INTO checkpoint (size, note) VALUES ($1, $2) ON CONFLICT (size) DO UPDATE SET note = excluded.note",
        );
        self.run(query.bind(row.size).bind(row.note.clone())).await.map(drop)
    }

    async fn set_projection(&mut self, name: &str, size: i64) -> Result<(), StoreError> {
        let query = sqlx::query(
            "INSERT INTO projection (name, size) VALUES ($1, $2) ON CONFLICT (name) DO UPDATE SET size = excluded.size",
        );
        self.run(query.bind(name.to_owned()).bind(size)).await.map(drop)
    }

    async fn index_events(&mut self, rows: &[(i64, i64)]) -> Result<(), StoreError> {
        const SQL: (&str, usize, &str) = ("INSERT INTO event_index (event_prefix, log_index) VALUES", 2, "");
        insert_many(&mut self.0, SQL, rows, |query, row| query.bind(row.0).bind(row.1)).await
    }

    async fn link_records(&mut self, rows: &[(String, i64)]) -> Result<(), StoreError> {
        const SQL: (&str, usize, &str) = (
            "INSERT INTO subject_record (uri, log_index) VALUES",
            2,
            " ON CONFLICT (uri, log_index) DO NOTHING",
        );
        insert_many(&mut self.0, SQL, rows, |query, row| query.bind(row.0.clone()).bind(row.1)).await
    }

    async fn put_subjects(&mut self, rows: &[SubjectRow]) -> Result<(), StoreError> {
        const SQL: (&str, usize, &str) = (
            "INSERT INTO subject (uri, kind, organisation_id, status, search_key, last_index, state) VALUES",
            7,
            " ON CONFLICT (uri) DO UPDATE SET kind = excluded.kind, organisation_id = excluded.organisation_id,
                 status = excluded.status, search_key = excluded.search_key, last_index = excluded.last_index,
                 state = excluded.state",
        );
        insert_many(&mut self.0, SQL, rows, |query, row| {
            query
                .bind(row.uri.clone())
                .bind(row.kind.clone())
                .bind(row.organisation_id.clone())
                .bind(row.status.clone())
                .bind(row.search_key.clone())
                .bind(row.last_index)
                .bind(row.state.clone())
        })
        .await
    }

    async fn put_lot_briefs(&mut self, rows: &[(String, String)]) -> Result<(), StoreError> {
        const SQL: (&str, usize, &str) = (
            "INSERT INTO lot_brief (uri, brief) VALUES",
            2,
            " ON CONFLICT (uri) DO UPDATE SET brief = excluded.brief",
        );
        insert_many(&mut self.0, SQL, rows, |query, row| query.bind(row.0.clone()).bind(row.1.clone())).await
    }

    async fn put_listing_lots(&mut self, rows: &[(String, String)]) -> Result<(), StoreError> {
        const SQL: (&str, usize, &str) = (
            "INSERT INTO listing_lot (lot_uri, listing_uri) VALUES",
            2,
            " ON CONFLICT (lot_uri, listing_uri) DO NOTHING",
        );
        insert_many(&mut self.0, SQL, rows, |query, row| query.bind(row.0.clone()).bind(row.1.clone())).await
    }

    async fn put_aliases(&mut self, rows: &[(String, String)]) -> Result<(), StoreError> {
        const SQL: (&str, usize, &str) = (
            "INSERT INTO alias (alias, uri) VALUES",
            2,
            " ON CONFLICT (alias) DO UPDATE SET uri = excluded.uri",
        );
        insert_many(&mut self.0, SQL, rows, |query, row| query.bind(row.0.clone()).bind(row.1.clone())).await
    }

    async fn append_feed(&mut self, rows: &[FeedRow]) -> Result<(), StoreError> {
        const SQL: (&str, usize, &str) =
            ("INSERT INTO feed_change (log_index, position, listing_uri, change) VALUES", 4, "");
        insert_many(&mut self.0, SQL, rows, |query, row| {
            query
                .bind(row.log_index)
                .bind(row.position)
                .bind(row.listing_uri.clone())
                .bind(row.change.clone())
        })
        .await
    }

    async fn clear_read_models(&mut self) -> Result<(), StoreError> {
        self.run(sqlx::query("DELETE FROM projection")).await?;
        self.run(sqlx::query("DELETE FROM event_index")).await?;
        self.run(sqlx::query("DELETE FROM subject")).await?;
        self.run(sqlx::query("DELETE FROM lot_brief")).await?;
        self.run(sqlx::query("DELETE FROM subject_record")).await?;
        self.run(sqlx::query("DELETE FROM listing_lot")).await?;
        self.run(sqlx::query("DELETE FROM alias")).await?;
        self.run(sqlx::query("DELETE FROM feed_change")).await.map(drop)
    }

    async fn save(self: Box<Self>) -> Result<(), StoreError> {
        Ok(self.0.commit().await?)
    }
}
