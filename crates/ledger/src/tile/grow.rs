//! New tiles from new leaves.

use super::codec::decode_hashes_or_full;
use super::read::subtree_root;
use super::{FULL_WIDTH, LEVEL_MAX, Level, Tile, TileReadError, encode_hashes, tile_at};
use crate::merkle::{Hash, MAX_TREE_SIZE, MerkleError, TreeSize};

/// The tiles of hashes to write when `leaves` are appended to a published tree of `old` leaves, in the order of
/// [`super::tiles_for`], with their bytes.
///
/// Only the partial tiles at the right edge of the old tree are read, at most one a level. They are believed:
/// whoever publishes compares the new root ([`super::root_from_tiles`]) with the head's before signing anything.
pub fn grow_tiles<E>(
    old: TreeSize,
    leaves: &[Hash],
    mut fetch: impl FnMut(&Tile) -> Result<Vec<u8>, E>,
) -> Result<Vec<(Tile, Vec<u8>)>, TileReadError<E>> {
    let new = TreeSize(old.0.saturating_add(leaves.len() as u64));
    if new > MAX_TREE_SIZE {
        return Err(MerkleError::SizeOutOfReach(new).into());
    }
    let mut written = Vec::new();
    let mut added = leaves.to_vec();
    for level in (0..=LEVEL_MAX).map(Level::Hashes) {
        if added.is_empty() {
            break;
        }
        let old_count = level.count(old);
        let mut hashes = Vec::new();
        if old_count % u64::from(FULL_WIDTH) != 0 {
            let edge = tile_at(level, old_count - 1, old);
            let bytes = fetch(&edge).map_err(|failure| TileReadError::Fetch(edge, failure))?;
            hashes = decode_hashes_or_full(&bytes, edge.width())
                .map_err(|refusal| TileReadError::Tile(edge, refusal))?;
        }
        hashes.append(&mut added);
        for (index, chunk) in (old_count / u64::from(FULL_WIDTH)..).zip(hashes.chunks(FULL_WIDTH.into())) {
            let width = u16::try_from(chunk.len()).expect("a chunk is at most 256 long");
            let tile = Tile { level, index, width };
            if tile.is_full() {
                added.push(subtree_root(chunk));
            }
            written.push((tile, encode_hashes(chunk)));
        }
    }
    Ok(written)
}
