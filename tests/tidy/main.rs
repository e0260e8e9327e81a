//! Tidy: what must stay true of the tree itself, whoever edits it.
//!
//! The rules are those of `crates/README.md` ("Invariants"). They read `cargo metadata`, the
//! manifests and the files; they compile nothing and know no farming. A rule that turns out to
//! be wrong is changed here and in the map, in one commit that says why.

mod crates;
mod licences;
mod source;
mod tree;
mod workspace;
