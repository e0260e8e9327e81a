//! A tree with all its nodes.

use super::path::{self, Node};
use super::{Hash, LeafIndex, MerkleError, TreeSize, node_hash};

/// A tree that keeps every node, so that it can give the root and the proofs of every size it ever had.
/// Two hashes of memory a leaf.
#[derive(Clone, Debug, Default)]
pub struct Tree {
    /// Row 0 holds the leaves; a node of row *h* is the root of a complete subtree of 2^*h* leaves.
    rows: Vec<Vec<Hash>>,
}

impl Tree {
    /// The empty tree.
    pub fn new() -> Tree {
        Tree::default()
    }

    /// Appends a leaf hash.
    pub fn push(&mut self, leaf: Hash) {
        let mut hash = leaf;
        for height in 0.. {
            if self.rows.len() == height {
                self.rows.push(Vec::new());
            }
            let row = &mut self.rows[height];
            row.push(hash);
            if row.len() % 2 == 1 {
                return;
            }
            hash = node_hash(row[row.len() - 2], hash);
        }
    }

    /// The number of leaves.
    pub fn size(&self) -> TreeSize {
        TreeSize(self.rows.first().map_or(0, |leaves| leaves.len() as u64))
    }

    /// The leaf hash at a place.
    pub fn leaf(&self, index: LeafIndex) -> Option<Hash> {
        self.lookup(Node { height: 0, index: index.0 })
    }

    /// The root of the whole tree.
    pub fn root(&self) -> Hash {
        self.root_at(self.size()).expect("a tree has a root at its own size")
    }

    /// The root that the tree had when it had `size` leaves.
    pub fn root_at(&self, size: TreeSize) -> Result<Hash, MerkleError> {
        self.reach(size)?;
        path::root(size, |node| self.node(node))
    }

    /// The proof that a leaf is in the tree of `size` leaves, from the leaf's sibling up.
    pub fn inclusion(&self, index: LeafIndex, size: TreeSize) -> Result<Vec<Hash>, MerkleError> {
        self.reach(size)?;
        path::inclusion(index, size, |node| self.node(node))
    }

    /// The proof that the tree of `from` leaves is the beginning of the tree of `to` leaves.
    pub fn consistency(&self, from: TreeSize, to: TreeSize) -> Result<Vec<Hash>, MerkleError> {
        self.reach(to)?;
        path::consistency(from, to, |node| self.node(node))
    }

    fn reach(&self, size: TreeSize) -> Result<(), MerkleError> {
        if size > self.size() { Err(MerkleError::SizeOutOfReach(size)) } else { Ok(()) }
    }

    /// A node of a tree within reach.
    fn node(&self, node: Node) -> Result<Hash, MerkleError> {
        Ok(self.lookup(node).expect("every complete subtree of a tree within reach is kept"))
    }

    fn lookup(&self, node: Node) -> Option<Hash> {
        self.rows.get(node.height as usize)?.get(usize::try_from(node.index).ok()?).copied()
    }
}

impl Extend<Hash> for Tree {
    fn extend<I: IntoIterator<Item = Hash>>(&mut self, leaves: I) {
        for leaf in leaves {
            self.push(leaf);
        }
    }
}
