//! The bytes of tiles and bundles.

use super::{FULL_WIDTH, TileError};
use crate::merkle::Hash;

/// The bytes of a tile of hashes.
pub fn encode_hashes(hashes: &[Hash]) -> Vec<u8> {
    hashes.iter().flat_map(|hash| hash.0).collect()
}

/// Reads a tile of exactly `width` hashes.
pub fn decode_hashes(bytes: &[u8], width: u16) -> Result<Vec<Hash>, TileError> {
    let (hashes, rest) = bytes.as_chunks::<32>();
    if hashes.len() != usize::from(width) || !rest.is_empty() {
        return Err(TileError::Length { width, found: bytes.len() });
    }
    Ok(hashes.iter().copied().map(Hash).collect())
}

/// Reads the first `width` hashes of a tile that may meanwhile be the full one: hashes are only ever added behind,
/// and a log may delete a partial tile once the full one is there (tlog-tiles, “Partial Tiles”).
pub(super) fn decode_hashes_or_full(bytes: &[u8], width: u16) -> Result<Vec<Hash>, TileError> {
    let exact = decode_hashes(bytes, width);
    let mut hashes = exact.or_else(|refusal| decode_hashes(bytes, FULL_WIDTH).map_err(|_| refusal))?;
    hashes.truncate(width.into());
    Ok(hashes)
}

/// The bytes of an entry bundle.
pub fn encode_entries(entries: &[impl AsRef<[u8]>]) -> Result<Vec<u8>, TileError> {
    let mut bytes = Vec::with_capacity(entries.iter().map(|entry| 2 + entry.as_ref().len()).sum());
    for entry in entries {
        let entry = entry.as_ref();
        let length = u16::try_from(entry.len()).map_err(|_| TileError::EntryTooLong(entry.len()))?;
        bytes.extend_from_slice(&length.to_be_bytes());
        bytes.extend_from_slice(entry);
    }
    Ok(bytes)
}

/// Reads a bundle of exactly `width` entries.
pub fn decode_entries(bytes: &[u8], width: u16) -> Result<Vec<&[u8]>, TileError> {
    let mut rest = bytes;
    let mut entries = Vec::with_capacity(width.into());
    for _ in 0..width {
        let (length, after) = rest.split_first_chunk().ok_or(TileError::Truncated)?;
        let length = u16::from_be_bytes(*length).into();
        let (entry, after) = after.split_at_checked(length).ok_or(TileError::Truncated)?;
        entries.push(entry);
        rest = after;
    }
    if rest.is_empty() { Ok(entries) } else { Err(TileError::TrailingBytes) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bundle_has_exactly_its_width() {
        let bytes = encode_entries(&[b"".as_slice(), b"ab"]).expect("short entries");
        assert_eq!(bytes, [0, 0, 0, 2, b'a', b'b']);
        assert_eq!(decode_entries(&bytes, 2), Ok(vec![&b""[..], b"ab"]));
        assert_eq!(decode_entries(&bytes, 1), Err(TileError::TrailingBytes));
        assert_eq!(decode_entries(&bytes, 3), Err(TileError::Truncated));
        assert_eq!(decode_entries(&bytes[..5], 2), Err(TileError::Truncated));
        assert_eq!(encode_entries(&[vec![0; 65_536]]), Err(TileError::EntryTooLong(65_536)));
    }

    #[test]
    fn a_tile_has_exactly_its_width() {
        let hashes = [Hash([1; 32]), Hash([2; 32])];
        let bytes = encode_hashes(&hashes);
        assert_eq!(decode_hashes(&bytes, 2), Ok(hashes.to_vec()));
        assert_eq!(decode_hashes(&bytes, 1), Err(TileError::Length { width: 1, found: 64 }));
        assert_eq!(decode_hashes(&bytes[1..], 2), Err(TileError::Length { width: 2, found: 63 }));
        assert_eq!(decode_hashes_or_full(&bytes, 1), Err(TileError::Length { width: 1, found: 64 }));
        assert_eq!(decode_hashes_or_full(&[7; 8192], 3), Ok(vec![Hash([7; 32]); 3]));
    }
}
