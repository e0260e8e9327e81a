//! Records that wait: how they are kept until their turn comes.
//!
//! No record on the log vouches for this table, so each row carries a keyed hash over all of it. A row that was
//! changed in the database is noticed, reported and left alone.
//!
//! ```text
//! openings   for each: u16 section type ‖ 32-byte salt ‖ u32 length ‖ payload
//! seal       BLAKE3 keyed with seal.key over: each column, preceded by its length as u64
//! ```

use nguon_ledger::{Hold, Opening, Record, SectionType};
use nguon_storage::HeldRow;

use crate::rows::signed;
use crate::submit::Submission;

/// The row of a record that waits.
pub(crate) fn row(submission: &Submission, hold: &Hold, received_at_ms: i64, seal_key: &[u8; 32]) -> HeldRow {
    let record = &submission.record;
    let mut row = HeldRow {
        author: record.author().as_bytes().to_vec(),
        seq: record.seq().cast_signed(),
        event_id: record.event_id().as_bytes().to_vec(),
        organisation_id: record.belongs_to().as_bytes().to_vec(),
        reason: hold.code().to_owned(),
        received_at_ms,
        bytes: record.as_bytes().to_vec(),
        openings: encode(&submission.openings),
        seal: Vec::new(),
    };
    row.seal = seal(&row, seal_key).to_vec();
    row
}

/// The record of a row, unless the row was changed.
pub(crate) fn submission(row: &HeldRow, seal_key: &[u8; 32]) -> Option<Submission> {
    if row.seal != seal(row, seal_key) {
        return None;
    }
    Some(Submission { record: Record::parse(&row.bytes).ok()?, openings: decode(&row.openings)? })
}

fn seal(row: &HeldRow, key: &[u8; 32]) -> [u8; 32] {
    let mut hasher = blake3::Hasher::new_keyed(key);
    let (seq, received) = (row.seq.to_be_bytes(), row.received_at_ms.to_be_bytes());
    let columns: [&[u8]; 8] = [
        &row.author,
        &seq,
        &row.event_id,
        &row.organisation_id,
        row.reason.as_bytes(),
        &received,
        &row.bytes,
        &row.openings,
    ];
    for column in columns {
        hasher.update(&signed(column.len() as u64).to_be_bytes());
        hasher.update(column);
    }
    *hasher.finalize().as_bytes()
}

fn encode(openings: &[Opening]) -> Vec<u8> {
    let mut bytes = Vec::new();
    for opening in openings {
        let length = u32::try_from(opening.payload.len()).expect("the door takes far less than 4 GiB");
        bytes.extend_from_slice(&opening.kind.0.to_be_bytes());
        bytes.extend_from_slice(&opening.salt);
        bytes.extend_from_slice(&length.to_be_bytes());
        bytes.extend_from_slice(&opening.payload);
    }
    bytes
}

fn decode(mut bytes: &[u8]) -> Option<Vec<Opening>> {
    let mut openings = Vec::new();
    while !bytes.is_empty() {
        let (kind, rest) = bytes.split_first_chunk::<2>()?;
        let (salt, rest) = rest.split_first_chunk::<32>()?;
        let (length, rest) = rest.split_first_chunk::<4>()?;
        let length = usize::try_from(u32::from_be_bytes(*length)).ok()?;
        let (payload, rest) = rest.split_at_checked(length)?;
        openings.push(Opening {
            kind: SectionType(u16::from_be_bytes(*kind)),
            salt: *salt,
            payload: payload.to_vec(),
        });
        bytes = rest;
    }
    Some(openings)
}
