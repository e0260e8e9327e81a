//! What the ledger costs: a signature verified, a record hashed, a leaf appended, proofs made and checked.
//!
//! Numbers are for comparison on one machine. The signature is the wall: everything else together is a small part of it.
#![expect(missing_docs, reason = "criterion's macros make public functions")]

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::hint::black_box;

use criterion::{Criterion, criterion_group, criterion_main};
use nguon_ledger::SigningKey;
use nguon_ledger::merkle::{Frontier, Hash, LeafIndex, Tree, TreeSize, leaf_hash, verify_inclusion};
use nguon_ledger::tile::{grow_tiles, inclusion_from_tiles};

const RECORD: [u8; 1024] = [0x4e; 1024];
const LEAVES: u64 = 100_000;

fn signatures(c: &mut Criterion) {
    let key = SigningKey::from_seed([1; 32]);
    let signature = key.sign(&RECORD);
    let enrolled = key.public().check_enrolment().expect("a seed's key keeps the rule");
    c.bench_function("verify a signature over 1 KiB", |b| {
        b.iter(|| enrolled.verify(black_box(&RECORD), black_box(&signature)));
    });
    c.bench_function("enrol a key", |b| b.iter(|| black_box(key.public()).check_enrolment()));
}

fn hashes(c: &mut Criterion) {
    c.bench_function("hash a record of 1 KiB as a leaf", |b| b.iter(|| leaf_hash(black_box(&RECORD))));
    c.bench_function("name a record of 1 KiB", |b| {
        b.iter(|| blake3::derive_key("nguon 2026-11 event id v1", black_box(&RECORD)));
    });
}

fn tree(c: &mut Criterion) {
    let leaves: Vec<Hash> = (0..LEAVES).map(|leaf| leaf_hash(&leaf.to_be_bytes())).collect();
    let mut tree = Tree::new();
    tree.extend(leaves.iter().copied());
    let mut frontier = Frontier::new();
    c.bench_function("append a leaf to the edge", |b| b.iter(|| frontier.push(black_box(leaves[7]))));
    c.bench_function("root of the edge", |b| b.iter(|| black_box(&frontier).root()));

    let size = TreeSize(LEAVES);
    let index = LeafIndex(LEAVES / 3);
    let proof = tree.inclusion(index, size).expect("within the tree");
    let leaf = tree.leaf(index).expect("within the tree");
    c.bench_function("check an inclusion proof in 100 000 leaves", |b| {
        b.iter(|| verify_inclusion(black_box(leaf), index, size, &proof, tree.root()));
    });
    c.bench_function("prove inclusion in 100 000 leaves from memory", |b| {
        b.iter(|| tree.inclusion(black_box(index), size));
    });

    let nothing = |_: &_| Err(());
    let published: BTreeMap<_, _> =
        grow_tiles(TreeSize(0), &leaves, nothing).expect("nothing is read").into_iter().collect();
    c.bench_function("prove inclusion in 100 000 leaves from tiles", |b| {
        b.iter(|| {
            inclusion_from_tiles(black_box(index), size, |tile| Ok::<_, Infallible>(published[tile].clone()))
        });
    });
    c.bench_function("the tiles of 512 new leaves", |b| {
        b.iter(|| grow_tiles(size, &leaves[..512], |tile| Ok::<_, Infallible>(published[tile].clone())));
    });
}

criterion_group!(benches, signatures, hashes, tree);
criterion_main!(benches);
