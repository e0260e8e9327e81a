//! Between the ledger's values and the store's rows.

use nguon_ledger::checkpoint::{Checkpoint, open_checkpoint};
use nguon_ledger::note::VerifierKey;
use nguon_ledger::{EventId, Opening, PERSON_OF_DELEGATION, PublicKey, Record};
use nguon_storage::{CheckpointRow, RecordRow, SectionRow};

/// A size, index or time as the databases hold it.
pub(crate) fn signed(value: u64) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}

/// A size or index from a database, where none is below zero.
pub(crate) fn unsigned(value: i64) -> u64 {
    u64::try_from(value).unwrap_or(0)
}

/// A count or sum from a database.
pub(crate) fn count(value: i64) -> usize {
    usize::try_from(value).unwrap_or(0)
}

/// First eight bytes of an event id, for the index behind the writer.
pub(crate) fn event_prefix(event: &EventId) -> i64 {
    let [a, b, c, d, e, f, g, h, ..] = *event.as_bytes();
    i64::from_be_bytes([a, b, c, d, e, f, g, h])
}

/// A key column; a damaged one is the zero key, which nobody has.
pub(crate) fn public_key(bytes: &[u8]) -> PublicKey {
    PublicKey::from_bytes(bytes.try_into().unwrap_or([0; 32]))
}

/// An event id column; a damaged one is zero, which no event has.
pub(crate) fn event_id(bytes: &[u8]) -> EventId {
    EventId::from_bytes(bytes.try_into().unwrap_or([0; 32]))
}

/// The row of an entry.
pub(crate) fn record(record: &Record, index: u64, disputed: bool) -> RecordRow {
    RecordRow {
        log_index: signed(index),
        organisation_id: record.belongs_to().as_bytes().to_vec(),
        author: record.author().as_bytes().to_vec(),
        seq: record.seq().cast_signed(),
        disputed,
        kind: record.kind() as i64,
        event_id: record.event_id().as_bytes().to_vec(),
        bytes: record.as_bytes().to_vec(),
    }
}

/// The rows of an entry's openings. One more opening than the record has sections is a delegation's person.
pub(crate) fn sections(record: &Record, index: u64, openings: &[Opening]) -> Vec<SectionRow> {
    let count = record.sections().len();
    let place = |position: usize| if position < count { position } else { usize::from(PERSON_OF_DELEGATION) };
    openings
        .iter()
        .enumerate()
        .map(|(position, opening)| SectionRow {
            log_index: signed(index),
            position: i64::try_from(place(position)).unwrap_or(i64::MAX),
            kind: i64::from(opening.kind.0),
            salt: opening.salt.to_vec(),
            payload: opening.payload.clone(),
        })
        .collect()
}

/// The checkpoint of a row, if its note verifies under the log's key and is of the row's size.
pub(crate) fn checkpoint(row: &CheckpointRow, log_key: &VerifierKey) -> Option<Checkpoint> {
    let (checkpoint, _) = open_checkpoint(&row.note, log_key).ok()?;
    (checkpoint.size().0 == unsigned(row.size)).then_some(checkpoint)
}

/// A time in Unix milliseconds as people read it.
pub(crate) fn moment(ms: i64) -> String {
    jiff::Timestamp::from_millisecond(ms).map_or_else(|_| ms.to_string(), |moment| moment.to_string())
}
