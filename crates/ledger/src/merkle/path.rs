//! Which subtrees a root or a proof is made of, wherever their hashes are kept.
//!
//! RFC 6962 §2.1.1 and §2.1.2 define proofs by recursion over ranges of leaves. Here the recursion is a loop that
//! lists the ranges; each range falls apart into complete subtrees, and only those are asked for. The same code
//! therefore makes proofs from memory ([`super::Tree`]) and from tiles ([`crate::tile`]).

use super::{EMPTY_ROOT, Hash, LeafIndex, MerkleError, TreeSize, node_hash};

/// A complete subtree: 2^`height` leaves from leaf `index` · 2^`height`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Node {
    pub(crate) height: u32,
    pub(crate) index: u64,
}

/// The leaves `start..end`.
#[derive(Clone, Copy)]
struct Range {
    start: u64,
    end: u64,
}

/// The root of the tree of `size` leaves.
pub(crate) fn root<E>(size: TreeSize, hash_of: impl FnMut(Node) -> Result<Hash, E>) -> Result<Hash, E> {
    if size.0 == 0 {
        return Ok(EMPTY_ROOT);
    }
    range_hash(Range { start: 0, end: size.0 }, &mut { hash_of })
}

/// PATH(index, D[size]) of RFC 6962 §2.1.1, from the leaf's sibling up.
pub(crate) fn inclusion<E: From<MerkleError>>(
    index: LeafIndex,
    size: TreeSize,
    mut hash_of: impl FnMut(Node) -> Result<Hash, E>,
) -> Result<Vec<Hash>, E> {
    if index.0 >= size.0 {
        return Err(MerkleError::LeafBeyondTree { index, size }.into());
    }
    let mut ranges = Vec::new();
    let mut around = Range { start: 0, end: size.0 };
    while around.end - around.start > 1 {
        let (left, right) = around.split();
        if index.0 < left.end {
            ranges.push(right);
            around = left;
        } else {
            ranges.push(left);
            around = right;
        }
    }
    ranges.iter().rev().map(|range| range_hash(*range, &mut hash_of)).collect()
}

/// PROOF(from, D[to]) of RFC 6962 §2.1.2; empty if the trees are equal or the earlier one is empty.
pub(crate) fn consistency<E: From<MerkleError>>(
    from: TreeSize,
    to: TreeSize,
    mut hash_of: impl FnMut(Node) -> Result<Hash, E>,
) -> Result<Vec<Hash>, E> {
    if from > to {
        return Err(MerkleError::TreeShrinks { from, to }.into());
    }
    if from.0 == 0 {
        return Ok(Vec::new());
    }
    let mut ranges = Vec::new();
    let mut around = Range { start: 0, end: to.0 };
    while from.0 != around.end {
        let (left, right) = around.split();
        if from.0 <= left.end {
            ranges.push(right);
            around = left;
        } else {
            ranges.push(left);
            around = right;
        }
    }
    // The subtree where the recursion ends is the earlier tree itself if it starts at leaf 0: its root is known
    // to whoever verifies, and is not sent.
    if around.start != 0 {
        ranges.push(around);
    }
    ranges.iter().rev().map(|range| range_hash(*range, &mut hash_of)).collect()
}

impl Range {
    /// Splits at the largest power of two below the length (RFC 6962 §2.1); the range has two leaves or more.
    fn split(self) -> (Range, Range) {
        let middle = self.start + (1 << (self.end - self.start - 1).ilog2());
        (Range { start: self.start, end: middle }, Range { start: middle, end: self.end })
    }
}

/// The hash of a range that starts where a complete subtree of its largest size may start, as every range of the
/// RFC's recursion does.
fn range_hash<E>(range: Range, hash_of: &mut impl FnMut(Node) -> Result<Hash, E>) -> Result<Hash, E> {
    let mut start = range.start;
    let mut hashes = Vec::new();
    while start < range.end {
        let height = (range.end - start).ilog2();
        hashes.push(hash_of(Node { height, index: start >> height })?);
        start += 1 << height;
    }
    let fold = hashes.into_iter().rev().reduce(|right, left| node_hash(left, right));
    Ok(fold.expect("a range of the recursion is never empty"))
}
