//! The right edge of a tree.

use super::{EMPTY_ROOT, Hash, MAX_TREE_SIZE, MerkleError, TreeSize, node_hash};

/// The right edge of a tree: the roots of its complete subtrees, largest first. Enough to append leaves and to
/// know the root, in at most 63 hashes.
///
/// Kept beside the log's head it is trusted only after its root was compared with the head's: whoever changes it
/// could make the sequencer sign a root that no leaves have.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Frontier {
    size: u64,
    edge: Vec<Hash>,
}

impl Frontier {
    /// The edge of the empty tree.
    pub fn new() -> Frontier {
        Frontier::default()
    }

    /// An edge kept from before: one hash for each bit set in `size`, largest subtree first.
    pub fn from_parts(size: TreeSize, edge: Vec<Hash>) -> Result<Frontier, MerkleError> {
        if size > MAX_TREE_SIZE {
            return Err(MerkleError::SizeOutOfReach(size));
        }
        if u32::try_from(edge.len()) != Ok(size.0.count_ones()) {
            return Err(MerkleError::EdgeLength { size, found: edge.len() });
        }
        Ok(Frontier { size: size.0, edge })
    }

    /// Appends a leaf hash.
    pub fn push(&mut self, leaf: Hash) {
        let mut hash = leaf;
        // Each trailing one bit of the size is a complete subtree that the new leaf makes part of a larger one.
        for _ in 0..self.size.trailing_ones() {
            let left = self.edge.pop().expect("the edge has a subtree for each bit of the size");
            hash = node_hash(left, hash);
        }
        self.edge.push(hash);
        self.size += 1;
    }

    /// The number of leaves.
    pub fn size(&self) -> TreeSize {
        TreeSize(self.size)
    }

    /// The roots of the complete subtrees, largest first.
    pub fn edge(&self) -> &[Hash] {
        &self.edge
    }

    /// The root of the tree.
    pub fn root(&self) -> Hash {
        self.edge.iter().rev().copied().reduce(|right, left| node_hash(left, right)).unwrap_or(EMPTY_ROOT)
    }
}

impl Extend<Hash> for Frontier {
    fn extend<I: IntoIterator<Item = Hash>>(&mut self, leaves: I) {
        for leaf in leaves {
            self.push(leaf);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::merkle::leaf_hash;

    #[test]
    fn an_edge_needs_one_hash_for_each_bit_of_the_size() {
        let refusal = Frontier::from_parts(TreeSize(5), vec![leaf_hash(b"x")]);
        assert_eq!(refusal, Err(MerkleError::EdgeLength { size: TreeSize(5), found: 1 }));
        assert_eq!(
            Frontier::from_parts(TreeSize(u64::MAX), vec![leaf_hash(b"x"); 64]),
            Err(MerkleError::SizeOutOfReach(TreeSize(u64::MAX)))
        );
    }
}
