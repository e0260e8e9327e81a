//! The Merkle tree that fixes what the log holds and in which order.
//!
//! A tree of *n* leaves has one root; whoever holds the root can be shown in about log₂ *n* hashes that a leaf
//! is in the tree (*inclusion*) and that an earlier tree is the beginning of a later one (*consistency*).
//! Hashing and proofs are those of [RFC 6962 §2.1], the verifying algorithms those of [RFC 9162 §2.1.3.2 and
//! §2.1.4.2].
//!
//! ```text
//! leaf hash  = SHA-256(00 ‖ entry)
//! node hash  = SHA-256(01 ‖ left ‖ right)
//! empty root = SHA-256()
//! ```
//!
//! [`Tree`] keeps every node, for tests and small logs; [`Frontier`] keeps only the right edge, enough to append
//! and to know the root; proofs over a published log come from its tiles ([`crate::tile`]).
//!
//! This module trusts nobody: a proof is only as good as the root it leads to, and the root is only as good as
//! the checkpoint that names it ([`crate::checkpoint`]).
//!
//! ```
//! use nguon_ledger::merkle::{LeafIndex, Tree, TreeSize, leaf_hash, verify_inclusion};
//!
//! let mut tree = Tree::new();
//! for entry in ["gieo", "bón phân", "thu hoạch"] {
//!     tree.push(leaf_hash(entry.as_bytes()));
//! }
//! let proof = tree.inclusion(LeafIndex(1), TreeSize(3))?;
//! verify_inclusion(leaf_hash("bón phân".as_bytes()), LeafIndex(1), TreeSize(3), &proof, tree.root())?;
//! # Ok::<(), nguon_ledger::merkle::MerkleError>(())
//! ```
//!
//! [RFC 6962 §2.1]: https://www.rfc-editor.org/rfc/rfc6962.html#section-2.1
//! [RFC 9162 §2.1.3.2 and §2.1.4.2]: https://www.rfc-editor.org/rfc/rfc9162.html#section-2.1.3.2

mod frontier;
pub(crate) mod path;
mod tree;

pub use frontier::Frontier;
pub use tree::Tree;

use std::fmt;

use sha2::{Digest, Sha256};
use thiserror::Error;

/// The largest tree this crate reads or makes: 2⁶³ − 1 leaves, what a signed 64-bit database column holds.
pub const MAX_TREE_SIZE: TreeSize = TreeSize(i64::MAX.unsigned_abs());

/// The root of the tree without leaves: SHA-256 of nothing.
pub const EMPTY_ROOT: Hash = Hash([
    0xe3, 0xb0, 0xc4, 0x42, 0x98, 0xfc, 0x1c, 0x14, 0x9a, 0xfb, 0xf4, 0xc8, 0x99, 0x6f, 0xb9, 0x24, 0x27,
    0xae, 0x41, 0xe4, 0x64, 0x9b, 0x93, 0x4c, 0xa4, 0x95, 0x99, 0x1b, 0x78, 0x52, 0xb8, 0x55,
]);

/// A leaf or node hash of the tree: SHA-256, always 32 bytes. Shown in hexadecimal.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, std::hash::Hash)]
pub struct Hash(pub [u8; 32]);

/// The zero-based place of a leaf in the log.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, std::hash::Hash)]
pub struct LeafIndex(pub u64);

/// The number of leaves of a tree.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, std::hash::Hash)]
pub struct TreeSize(pub u64);

/// Why a proof, a size or a hash was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum MerkleError {
    /// Bytes that should have been one hash were not 32.
    #[error("a hash is 32 bytes, not {0}")]
    HashLength(usize),
    /// The leaf lies beyond the tree.
    #[error("leaf {index} is not in a tree of {size} leaves")]
    LeafBeyondTree {
        /// The leaf asked for.
        index: LeafIndex,
        /// The size of the tree.
        size: TreeSize,
    },
    /// The earlier tree is larger than the later one.
    #[error("a tree of {from} leaves cannot have grown into one of {to}")]
    TreeShrinks {
        /// The size of the earlier tree.
        from: TreeSize,
        /// The size of the later tree.
        to: TreeSize,
    },
    /// The tree is larger than [`MAX_TREE_SIZE`], or than the tree at hand.
    #[error("no tree of {0} leaves is to be had here")]
    SizeOutOfReach(TreeSize),
    /// A right edge must have one hash for each bit set in the size.
    #[error("a tree of {size} leaves has {} subtrees on its right edge, not {found}", size.0.count_ones())]
    EdgeLength {
        /// The size of the tree.
        size: TreeSize,
        /// The number of hashes given.
        found: usize,
    },
    /// The proof has too few or too many hashes for these sizes.
    #[error("the proof has the wrong number of hashes for these sizes")]
    ProofLength,
    /// The proof is well formed and leads to another root.
    #[error("the proof does not lead to the root")]
    RootMismatch,
}

/// The hash of an entry as a leaf (RFC 6962 §2.1).
pub fn leaf_hash(entry: &[u8]) -> Hash {
    Hash(Sha256::new().chain_update([0x00]).chain_update(entry).finalize().into())
}

/// The hash of a node over its two children (RFC 6962 §2.1).
pub fn node_hash(left: Hash, right: Hash) -> Hash {
    Hash(Sha256::new().chain_update([0x01]).chain_update(left.0).chain_update(right.0).finalize().into())
}

/// Checks that `leaf` is the leaf at `index` of the tree of `size` leaves with this `root`.
pub fn verify_inclusion(
    leaf: Hash,
    index: LeafIndex,
    size: TreeSize,
    proof: &[Hash],
    root: Hash,
) -> Result<(), MerkleError> {
    if index.0 >= size.0 {
        return Err(MerkleError::LeafBeyondTree { index, size });
    }
    // RFC 9162 §2.1.3.2: `node` and `last` are the places, at the height reached, of the subtree that is being
    // hashed and of the last one.
    let (mut node, mut last) = (index.0, size.0 - 1);
    let mut hash = leaf;
    for sibling in proof {
        if last == 0 {
            return Err(MerkleError::ProofLength);
        }
        if node & 1 == 1 || node == last {
            hash = node_hash(*sibling, hash);
            // The last node of a row may have no sibling there: it moves up unchanged until it has one.
            while node & 1 == 0 && node != 0 {
                node >>= 1;
                last >>= 1;
            }
        } else {
            hash = node_hash(hash, *sibling);
        }
        node >>= 1;
        last >>= 1;
    }
    if last != 0 {
        return Err(MerkleError::ProofLength);
    }
    if hash == root { Ok(()) } else { Err(MerkleError::RootMismatch) }
}

/// Checks that the tree of `from` leaves with root `from_root` is the beginning of the tree of `to` leaves with
/// root `to_root`.
///
/// Every tree begins with the empty one and with itself: both need an empty proof and the right roots.
pub fn verify_consistency(
    from: TreeSize,
    from_root: Hash,
    to: TreeSize,
    to_root: Hash,
    proof: &[Hash],
) -> Result<(), MerkleError> {
    if from > to {
        return Err(MerkleError::TreeShrinks { from, to });
    }
    if from.0 == 0 || from == to {
        if !proof.is_empty() {
            return Err(MerkleError::ProofLength);
        }
        let earlier_holds = if from.0 == 0 { from_root == EMPTY_ROOT } else { from_root == to_root };
        let later_holds = to.0 != 0 || to_root == EMPTY_ROOT;
        return if earlier_holds && later_holds { Ok(()) } else { Err(MerkleError::RootMismatch) };
    }
    // RFC 9162 §2.1.4.2. A complete earlier tree is a node of the later one, and its root is not sent.
    let (first, rest) = if from.0.is_power_of_two() {
        (from_root, proof)
    } else {
        let (first, rest) = proof.split_first().ok_or(MerkleError::ProofLength)?;
        (*first, rest)
    };
    let (mut node, mut last) = (from.0 - 1, to.0 - 1);
    let complete_height = node.trailing_ones();
    node >>= complete_height;
    last >>= complete_height;
    let (mut earlier, mut later) = (first, first);
    for sibling in rest {
        if last == 0 {
            return Err(MerkleError::ProofLength);
        }
        if node & 1 == 1 || node == last {
            earlier = node_hash(*sibling, earlier);
            later = node_hash(*sibling, later);
            while node & 1 == 0 && node != 0 {
                node >>= 1;
                last >>= 1;
            }
        } else {
            later = node_hash(later, *sibling);
        }
        node >>= 1;
        last >>= 1;
    }
    if last != 0 {
        return Err(MerkleError::ProofLength);
    }
    if earlier == from_root && later == to_root { Ok(()) } else { Err(MerkleError::RootMismatch) }
}

impl TryFrom<&[u8]> for Hash {
    type Error = MerkleError;

    fn try_from(bytes: &[u8]) -> Result<Hash, MerkleError> {
        bytes.try_into().map(Hash).map_err(|_| MerkleError::HashLength(bytes.len()))
    }
}

impl fmt::Display for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex::encode(self.0))
    }
}

impl fmt::Debug for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl fmt::Display for LeafIndex {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Display for TreeSize {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_empty_root_is_the_hash_of_nothing() {
        assert_eq!(EMPTY_ROOT, Hash(Sha256::digest([]).into()));
    }

    #[test]
    fn a_hash_of_another_length_is_no_hash() {
        assert_eq!(Hash::try_from(&[][..]), Err(MerkleError::HashLength(0)));
        assert_eq!(Hash::try_from(&[0; 33][..]), Err(MerkleError::HashLength(33)));
        assert_eq!(Hash::try_from(&[7; 32][..]), Ok(Hash([7; 32])));
    }

    #[test]
    fn sizes_at_the_end_of_u64_are_refused_without_overflow() {
        let h = Hash([1; 32]);
        let proof = [h; 64];
        for size in [u64::MAX, u64::MAX - 1, 1 << 63, (1 << 63) + 1] {
            assert_eq!(
                verify_inclusion(h, LeafIndex(size - 1), TreeSize(size), &[], h),
                Err(MerkleError::ProofLength)
            );
            assert!(verify_inclusion(h, LeafIndex(0), TreeSize(size), &proof, h).is_err());
            assert!(verify_consistency(TreeSize(size - 1), h, TreeSize(size), h, &proof).is_err());
        }
        assert!(matches!(
            verify_inclusion(h, LeafIndex(u64::MAX), TreeSize(u64::MAX), &[], h),
            Err(MerkleError::LeafBeyondTree { .. })
        ));
    }

    #[test]
    fn a_tree_cannot_shrink() {
        let refusal = verify_consistency(TreeSize(2), EMPTY_ROOT, TreeSize(1), EMPTY_ROOT, &[]);
        assert_eq!(refusal, Err(MerkleError::TreeShrinks { from: TreeSize(2), to: TreeSize(1) }));
    }

    #[test]
    fn every_tree_grew_from_the_empty_one() {
        let root = leaf_hash(b"lot");
        assert_eq!(verify_consistency(TreeSize(0), EMPTY_ROOT, TreeSize(1), root, &[]), Ok(()));
        assert_eq!(
            verify_consistency(TreeSize(0), root, TreeSize(1), root, &[]),
            Err(MerkleError::RootMismatch)
        );
        assert_eq!(
            verify_consistency(TreeSize(0), EMPTY_ROOT, TreeSize(0), root, &[]),
            Err(MerkleError::RootMismatch)
        );
    }
}
