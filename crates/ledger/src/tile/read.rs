//! Roots and proofs computed from tiles alone.

use std::collections::HashMap;

use thiserror::Error;

use super::codec::decode_hashes_or_full;
use super::{HEIGHT, Level, Tile, TileError, tile_at};
use crate::merkle::path::{self, Node};
use crate::merkle::{Hash, LeafIndex, MAX_TREE_SIZE, MerkleError, TreeSize, node_hash};

/// Why tiles gave no answer.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum TileReadError<E> {
    /// The question makes no sense for these sizes.
    #[error(transparent)]
    Merkle(#[from] MerkleError),
    /// The tile could not be fetched.
    #[error("{0} could not be fetched")]
    Fetch(Tile, #[source] E),
    /// The tile was fetched and is not one.
    #[error("{0} is not the tile of that path")]
    Tile(Tile, #[source] TileError),
}

/// The root of the tree of `size` leaves.
///
/// `fetch` is asked for each tile once, with the width that the tree of `size` leaves gives it; it may answer with
/// the full tile instead. What comes back is only as good as the tiles: compare the root with the checkpoint's,
/// verify the proof.
pub fn root_from_tiles<E>(
    size: TreeSize,
    fetch: impl FnMut(&Tile) -> Result<Vec<u8>, E>,
) -> Result<Hash, TileReadError<E>> {
    let mut tiles = Tiles::of(size, fetch)?;
    path::root(size, |node| tiles.hash_of(node))
}

/// The inclusion proof of a leaf in the tree of `size` leaves; see [`root_from_tiles`] for `fetch`.
pub fn inclusion_from_tiles<E>(
    index: LeafIndex,
    size: TreeSize,
    fetch: impl FnMut(&Tile) -> Result<Vec<u8>, E>,
) -> Result<Vec<Hash>, TileReadError<E>> {
    let mut tiles = Tiles::of(size, fetch)?;
    path::inclusion(index, size, |node| tiles.hash_of(node))
}

/// The consistency proof between two sizes; see [`root_from_tiles`] for `fetch`, which is asked for tiles of the
/// tree of `to` leaves.
pub fn consistency_from_tiles<E>(
    from: TreeSize,
    to: TreeSize,
    fetch: impl FnMut(&Tile) -> Result<Vec<u8>, E>,
) -> Result<Vec<Hash>, TileReadError<E>> {
    let mut tiles = Tiles::of(to, fetch)?;
    path::consistency(from, to, |node| tiles.hash_of(node))
}

/// The tiles of one tree that were read so far.
struct Tiles<F> {
    size: TreeSize,
    fetch: F,
    read: HashMap<Tile, Vec<Hash>>,
}

impl<E, F: FnMut(&Tile) -> Result<Vec<u8>, E>> Tiles<F> {
    fn of(size: TreeSize, fetch: F) -> Result<Self, MerkleError> {
        if size > MAX_TREE_SIZE {
            return Err(MerkleError::SizeOutOfReach(size));
        }
        Ok(Tiles { size, fetch, read: HashMap::new() })
    }

    /// The root of a complete subtree: the subtree over 2^(height mod 8) neighbouring hashes of one tile.
    fn hash_of(&mut self, node: Node) -> Result<Hash, TileReadError<E>> {
        let level = u8::try_from(node.height / HEIGHT).expect("a tree has at most 63 rows");
        let first = node.index << (node.height % HEIGHT);
        let tile = tile_at(Level::Hashes(level), first, self.size);
        let start = usize::try_from(first - tile.start()).expect("a place in a tile is below 256");
        Ok(subtree_root(&self.tile(tile)?[start..start + (1 << (node.height % HEIGHT))]))
    }

    fn tile(&mut self, tile: Tile) -> Result<&[Hash], TileReadError<E>> {
        if !self.read.contains_key(&tile) {
            let bytes = (self.fetch)(&tile).map_err(|failure| TileReadError::Fetch(tile, failure))?;
            let hashes = decode_hashes_or_full(&bytes, tile.width())
                .map_err(|refusal| TileReadError::Tile(tile, refusal))?;
            self.read.insert(tile, hashes);
        }
        Ok(&self.read[&tile])
    }
}

/// The root over a power of two of neighbouring hashes.
pub(super) fn subtree_root(hashes: &[Hash]) -> Hash {
    match hashes {
        [hash] => *hash,
        _ => {
            let (left, right) = hashes.split_at(hashes.len() / 2);
            node_hash(subtree_root(left), subtree_root(right))
        }
    }
}
