//! The openings of public sections, published beside the tiles, so that a mirror can hold them and nobody can
//! quietly lose one.
//!
//! A record holds only salted commitments; the salt and the payload that open one are kept outside, where they can be erased.
//! For public sections they are published in files that go with the entry bundles: same numbers, same widths
//! (`openings/<N>[.p/<W>]`, see [`crate::tile`]), 256 records a file.
//!
//! ```text
//! for each record of the bundle:
//!     u16 count                     openings that follow, 0 to 32
//!     count times, by rising position:
//!         u8  position              the section's place in the record, 0 to 31
//!         32  salt
//!         u32 length                of the payload, at most 1 MiB
//!         …   payload
//! ```
//!
//! Integers are big-endian. Unlike a tile such a file may change: an erasure takes an opening out. Nothing here
//! says that an opening fits its commitment; the record's own check does, and an audit says which are missing.

use thiserror::Error;

use crate::record::MAX_SECTIONS;

/// The most openings a record can have: one for each section.
pub const OPENINGS_MAX: usize = MAX_SECTIONS;

/// The longest payload of a public section.
pub const PAYLOAD_BYTES_MAX: usize = 1 << 20;

/// What opens one section's commitment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Opened {
    /// The section's place in the record.
    pub position: u8,
    /// The salt of the commitment.
    pub salt: [u8; 32],
    /// The contents.
    pub payload: Vec<u8>,
}

/// Why a file of openings was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum OpeningsError {
    /// The bytes end before the last record.
    #[error("the openings end in the middle of a record")]
    Truncated,
    /// More openings than a record has sections.
    #[error("a record has at most {OPENINGS_MAX} openings, not {0}")]
    Count(usize),
    /// Positions do not rise, or name a section that no record has.
    #[error("the openings of a record are not in the order of its sections")]
    Position,
    /// A payload is longer than [`PAYLOAD_BYTES_MAX`].
    #[error("a payload is at most {PAYLOAD_BYTES_MAX} bytes long, not {0}")]
    PayloadLength(usize),
    /// Bytes are left after the last record.
    #[error("the openings have bytes after the last record")]
    TrailingBytes,
}

/// Writes the file for these records, each with its openings by rising position.
pub fn encode(records: &[impl AsRef<[Opened]>]) -> Result<Vec<u8>, OpeningsError> {
    let mut bytes = Vec::new();
    for record in records {
        let openings = record.as_ref();
        let count = u16::try_from(openings.len()).ok().filter(|count| usize::from(*count) <= OPENINGS_MAX);
        bytes.extend_from_slice(&count.ok_or(OpeningsError::Count(openings.len()))?.to_be_bytes());
        let mut free = 0;
        for opened in openings {
            free = position_after(opened.position, free)?;
            let length = payload_length(opened.payload.len())?;
            bytes.push(opened.position);
            bytes.extend_from_slice(&opened.salt);
            bytes.extend_from_slice(&length.to_be_bytes());
            bytes.extend_from_slice(&opened.payload);
        }
    }
    Ok(bytes)
}

/// Reads the file of a bundle of exactly `width` records.
pub fn decode(bytes: &[u8], width: u16) -> Result<Vec<Vec<Opened>>, OpeningsError> {
    let mut rest = bytes;
    let mut records = Vec::with_capacity(width.into());
    for _ in 0..width {
        let count = usize::from(u16::from_be_bytes(take(&mut rest)?));
        if count > OPENINGS_MAX {
            return Err(OpeningsError::Count(count));
        }
        let mut openings = Vec::with_capacity(count);
        let mut free = 0;
        for _ in 0..count {
            let [position] = take(&mut rest)?;
            free = position_after(position, free)?;
            let salt = take(&mut rest)?;
            let length = usize::try_from(u32::from_be_bytes(take(&mut rest)?)).unwrap_or(usize::MAX);
            payload_length(length)?;
            let (payload, after) = rest.split_at_checked(length).ok_or(OpeningsError::Truncated)?;
            rest = after;
            openings.push(Opened { position, salt, payload: payload.to_vec() });
        }
        records.push(openings);
    }
    if rest.is_empty() { Ok(records) } else { Err(OpeningsError::TrailingBytes) }
}

/// The lowest position that may follow this one.
fn position_after(position: u8, free: u8) -> Result<u8, OpeningsError> {
    let fits = position >= free && usize::from(position) < OPENINGS_MAX;
    if fits { Ok(position + 1) } else { Err(OpeningsError::Position) }
}

fn payload_length(length: usize) -> Result<u32, OpeningsError> {
    u32::try_from(length)
        .ok()
        .filter(|_| length <= PAYLOAD_BYTES_MAX)
        .ok_or(OpeningsError::PayloadLength(length))
}

fn take<const N: usize>(rest: &mut &[u8]) -> Result<[u8; N], OpeningsError> {
    let (head, after) = rest.split_first_chunk().ok_or(OpeningsError::Truncated)?;
    *rest = after;
    Ok(*head)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn opened(position: u8) -> Opened {
        Opened { position, salt: [position; 32], payload: vec![b'{', b'}'] }
    }

    #[test]
    fn a_file_reads_back_as_it_was_written() {
        let records = [vec![], vec![opened(0), opened(31)], vec![opened(7)]];
        let bytes = encode(&records).expect("fair openings");
        assert_eq!(bytes.len(), 3 * 2 + 3 * (1 + 32 + 4 + 2));
        assert_eq!(decode(&bytes, 3), Ok(records.to_vec()));
        assert_eq!(decode(&bytes, 2), Err(OpeningsError::TrailingBytes));
        for end in 0..bytes.len() {
            assert_eq!(decode(&bytes[..end], 3), Err(OpeningsError::Truncated), "cut at {end}");
        }
    }

    #[test]
    fn a_file_has_one_spelling() {
        assert_eq!(encode(&[[opened(1), opened(1)]]), Err(OpeningsError::Position));
        assert_eq!(encode(&[[opened(2), opened(1)]]), Err(OpeningsError::Position));
        assert_eq!(encode(&[[opened(32)]]), Err(OpeningsError::Position));
        assert_eq!(encode(&[vec![opened(0); 33]]), Err(OpeningsError::Count(33)));
        let long = Opened { payload: vec![0; PAYLOAD_BYTES_MAX + 1], ..opened(0) };
        assert_eq!(encode(&[[long]]), Err(OpeningsError::PayloadLength(PAYLOAD_BYTES_MAX + 1)));

        assert_eq!(decode(&[0, 33], 1), Err(OpeningsError::Count(33)));
        assert_eq!(decode(&[0, 1, 32], 1), Err(OpeningsError::Position));
        let announced = [&[0, 1, 0][..], &[0; 32], &[0xff; 4]].concat();
        assert_eq!(decode(&announced, 1), Err(OpeningsError::PayloadLength(u32::MAX as usize)));
    }
}
