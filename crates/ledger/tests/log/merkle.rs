//! The tree, its proofs and its tiles: other people's cases, the format's check values, and properties.

use std::collections::BTreeMap;
use std::convert::Infallible;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use nguon_ledger::merkle::{
    EMPTY_ROOT, Frontier, Hash, LeafIndex, MerkleError, Tree, TreeSize, leaf_hash, verify_consistency,
    verify_inclusion,
};
use nguon_ledger::tile::{
    Level, Tile, TileError, TileReadError, consistency_from_tiles, decode_entries, decode_hashes,
    encode_entries, encode_hashes, grow_tiles, inclusion_from_tiles, root_from_tiles, tiles_for,
};
use proptest::prelude::*;
use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::given;

/// The published hash tiles of a log, by path.
type Published = BTreeMap<String, Vec<u8>>;

fn tree_of(leaves: u64) -> Tree {
    let mut tree = Tree::new();
    tree.extend((0..leaves).map(|leaf| leaf_hash(&leaf.to_be_bytes())));
    tree
}

fn fetch(tiles: &Published) -> impl FnMut(&Tile) -> Result<Vec<u8>, String> {
    |tile| tiles.get(&tile.path()).cloned().ok_or_else(|| tile.path())
}

/// Publishes a log in steps, the way a log grows, and keeps every tile ever written.
fn publish(leaves: &[Hash], steps: impl IntoIterator<Item = usize>) -> Published {
    let mut published = Published::new();
    let mut size = 0;
    for next in steps.into_iter().chain([leaves.len()]) {
        let old = TreeSize(size as u64);
        let written = grow_tiles(old, &leaves[size..next], fetch(&published)).expect("the edge is published");
        let hash_tiles =
            tiles_for(old, TreeSize(next as u64)).filter(|tile| matches!(tile.level(), Level::Hashes(_)));
        assert!(written.iter().map(|(tile, _)| *tile).eq(hash_tiles));
        published.extend(written.into_iter().map(|(tile, bytes)| (tile.path(), bytes)));
        size = next;
    }
    published
}

// Other people's cases.

/// The hash of a corpus field; refuses what is not 32 bytes, as everything that reads hashes here does.
fn corpus_hash(value: &Value) -> Result<Hash, MerkleError> {
    Hash::try_from(STANDARD.decode(given::text(value)).expect("base64").as_slice())
}

fn corpus_proof(value: &Value) -> Result<Vec<Hash>, MerkleError> {
    value.as_array().map_or(Ok(Vec::new()), |hashes| hashes.iter().map(corpus_hash).collect())
}

/// Runs every case of a kind that `verify` has an answer to, if the corpus is there.
fn check_corpus(kind: &str, verify: impl Fn(&Value) -> Option<Result<(), MerkleError>>) {
    let Some(folder) = given::corpus("rfc6962-merkle") else { return };
    let folder = folder.join(kind);
    let (mut valid, mut false_ones) = (0, 0);
    for (path, case) in given::json_files(&folder) {
        let Some(verdict) = verify(&case) else { continue };
        let refused = case["wantErr"].as_bool().expect("a verdict");
        assert_eq!(verdict.is_err(), refused, "{}: {} ({verdict:?})", path.display(), case["desc"]);
        *(if refused { &mut false_ones } else { &mut valid }) += 1;
    }
    eprintln!("{kind}: {valid} valid cases, {false_ones} false ones");
    assert!(valid > 0 && false_ones > 0, "a corpus without both verdicts checks nothing");
}

fn number(value: &Value) -> u64 {
    value.as_u64().expect("a number")
}

#[test]
fn the_inclusion_corpus_gets_its_verdicts() {
    check_corpus("inclusion", |case| {
        Some((|| {
            let (index, size) = (LeafIndex(number(&case["leafIdx"])), TreeSize(number(&case["treeSize"])));
            let proof = corpus_proof(&case["proof"])?;
            verify_inclusion(
                corpus_hash(&case["leafHash"])?,
                index,
                size,
                &proof,
                corpus_hash(&case["root"])?,
            )
        })())
    });
}

#[test]
fn the_consistency_corpus_gets_its_verdicts() {
    check_corpus("consistency", |case| {
        Some((|| {
            let (from, to) = (TreeSize(number(&case["size1"])), TreeSize(number(&case["size2"])));
            let (from_root, to_root) = (corpus_hash(&case["root1"])?, corpus_hash(&case["root2"])?);
            verify_consistency(from, from_root, to, to_root, &corpus_proof(&case["proof"])?)
        })())
    });
}

#[test]
fn the_subtree_inclusion_corpus_gets_its_verdicts() {
    // A subtree is a tree of its own: its leaves are counted from its start.
    check_corpus("subtreeinclusion", |case| {
        Some((|| {
            let (start, end) = (number(&case["start"]), number(&case["end"]));
            let index = number(&case["leafIdx"]);
            let beyond = MerkleError::LeafBeyondTree { index: LeafIndex(index), size: TreeSize(end) };
            let size = end.checked_sub(start).ok_or(beyond)?;
            let aligned = size > 0 && start % size.next_power_of_two() == 0;
            let index = index.checked_sub(start).filter(|_| aligned).ok_or(beyond)?;
            let proof = corpus_proof(&case["proof"])?;
            let (leaf, root) = (corpus_hash(&case["leafHash"])?, corpus_hash(&case["root"])?);
            verify_inclusion(leaf, LeafIndex(index), TreeSize(size), &proof, root)
        })())
    });
}

#[test]
fn the_subtree_consistency_corpus_gets_its_verdicts_where_the_subtree_is_an_earlier_tree() {
    // Subtrees that start later are the business of mirrors (tlog-mirror), which this crate does not serve. There
    // an empty subtree agrees with every tree, even with an impossible one of no leaves: no case for us either.
    check_corpus("subtreeconsistency", |case| {
        if number(&case["start"]) != 0 || number(&case["end"]) == 0 {
            return None;
        }
        Some((|| {
            let (from, to) = (TreeSize(number(&case["end"])), TreeSize(number(&case["size"])));
            let (from_root, to_root) = (corpus_hash(&case["root1"])?, corpus_hash(&case["root2"])?);
            verify_consistency(from, from_root, to, to_root, &corpus_proof(&case["proof"])?)
        })())
    });
}

// The format's check values.

#[test]
fn the_check_values_of_the_log_hold() {
    for (path, file) in given::vectors() {
        eprintln!("{}", path.display());
        let log = &file["log"];
        let records = given::records(&file);
        let leaves: Vec<Hash> = records.iter().map(|record| leaf_hash(record)).collect();
        let size = TreeSize(leaves.len() as u64);
        let mut tree = Tree::new();
        tree.extend(leaves.iter().copied());
        let mut frontier = Frontier::new();
        frontier.extend(leaves.iter().copied());
        assert_eq!(tree.root(), given::hash(&log["root"]));
        assert_eq!(frontier.root(), tree.root());

        let published = publish(&leaves, [1, 255, 256, 257, 700]);
        for (at, root) in log["root_at"].as_object().expect("roots") {
            let at = TreeSize(at.parse().expect("a size"));
            assert_eq!(tree.root_at(at), Ok(given::hash(root)), "root at {at}");
        }
        for (name, digest) in log["tile_sha256"].as_object().expect("tiles") {
            let tile = Tile::parse(name).expect(name);
            assert_eq!(tile.path(), *name);
            let found = match tile.level() {
                Level::Entries => {
                    let start = usize::try_from(tile.start()).expect("small");
                    let bundle =
                        encode_entries(&records[start..][..tile.width().into()]).expect("short records");
                    let entries = decode_entries(&bundle, tile.width()).expect("its own bundle");
                    assert!(entries.iter().eq(records[start..][..tile.width().into()].iter()));
                    bundle
                }
                _ => published[name].clone(),
            };
            assert_eq!(hex::encode(Sha256::digest(found)), given::text(digest), "{name}");
        }
        for (index, proof) in log["inclusion"].as_object().expect("proofs") {
            let at: usize = index.parse().expect("an index");
            let index = LeafIndex(at as u64);
            let proof = given::hashes(proof);
            assert_eq!(tree.inclusion(index, size).as_ref(), Ok(&proof));
            assert_eq!(inclusion_from_tiles(index, size, fetch(&published)).as_ref(), Ok(&proof));
            assert_eq!(verify_inclusion(leaves[at], index, size, &proof, tree.root()), Ok(()));
        }
        // A later file may bring consistency proofs, named "from to".
        for (sizes, proof) in log["consistency"].as_object().into_iter().flatten() {
            let sizes: Vec<u64> =
                sizes.split(|c: char| !c.is_ascii_digit()).filter_map(|size| size.parse().ok()).collect();
            let (from, to) = (TreeSize(sizes[0]), sizes.get(1).map_or(size, |to| TreeSize(*to)));
            assert_eq!(tree.consistency(from, to), Ok(given::hashes(proof)), "from {from} to {to}");
        }
    }
}

// Properties.

#[test]
fn every_proof_of_every_small_tree_verifies_from_memory_and_from_tiles() {
    let leaves: Vec<Hash> = (0..70_u64).map(|leaf| leaf_hash(&leaf.to_be_bytes())).collect();
    let mut tree = Tree::new();
    tree.extend(leaves.iter().copied());
    let published = publish(&leaves, 0..70);
    for size in 0..=70 {
        let to = TreeSize(size);
        let root = tree.root_at(to).expect("within the tree");
        let mut frontier = Frontier::new();
        frontier.extend((0..size).map(|leaf| tree.leaf(LeafIndex(leaf)).expect("within the tree")));
        assert_eq!(frontier.root(), root);
        assert_eq!(Frontier::from_parts(to, frontier.edge().to_vec()), Ok(frontier));
        assert_eq!(root_from_tiles(to, fetch(&published)), Ok(root));
        for index in (0..size).map(LeafIndex) {
            let proof = tree.inclusion(index, to).expect("within the tree");
            assert_eq!(inclusion_from_tiles(index, to, fetch(&published)).as_ref(), Ok(&proof));
            let leaf = tree.leaf(index).expect("within the tree");
            assert_eq!(verify_inclusion(leaf, index, to, &proof, root), Ok(()));
        }
        for from in (0..=size).map(TreeSize) {
            let proof = tree.consistency(from, to).expect("within the tree");
            assert_eq!(consistency_from_tiles(from, to, fetch(&published)).as_ref(), Ok(&proof));
            let from_root = tree.root_at(from).expect("within the tree");
            assert_eq!(verify_consistency(from, from_root, to, root, &proof), Ok(()));
        }
    }
}

#[test]
fn a_log_over_three_levels_of_tiles_proves_what_its_tree_proves() {
    let tree = tree_of(70_000);
    let leaves: Vec<Hash> = (0..70_000).map(|leaf| tree.leaf(LeafIndex(leaf)).expect("within")).collect();
    let published = publish(&leaves, [300, 65_535, 65_536, 65_537]);
    for size in [300, 65_536, 65_537, 70_000].map(TreeSize) {
        let root = tree.root_at(size).expect("within the tree");
        assert_eq!(root_from_tiles(size, fetch(&published)), Ok(root));
        for index in [0, 255, 256, size.0 / 2, size.0 - 1].map(LeafIndex) {
            assert_eq!(
                inclusion_from_tiles(index, size, fetch(&published)).ok(),
                tree.inclusion(index, size).ok()
            );
        }
        for from in [1, 255, 299, size.0 - 1].map(TreeSize) {
            assert_eq!(
                consistency_from_tiles(from, size, fetch(&published)).ok(),
                tree.consistency(from, size).ok()
            );
        }
    }
}

#[test]
fn a_full_tile_answers_for_the_partial_one_that_was_deleted() {
    let tree = tree_of(600);
    let leaves: Vec<Hash> = (0..600).map(|leaf| tree.leaf(LeafIndex(leaf)).expect("within")).collect();
    let published = publish(&leaves, []);
    let size = TreeSize(300);
    let fall_back =
        |tile: &Tile| published.get(&tile.path()).or(published.get(&tile.full().path())).cloned().ok_or(());
    // Level 1 of a tree of 300 has one hash, and no full tile yet: a tree of 600 kept two.
    let with_level_1 = |tile: &Tile| match tile.level() {
        Level::Hashes(1) => Ok(published["tile/1/000.p/2"][..32].to_vec()),
        _ => fall_back(tile),
    };
    assert_eq!(root_from_tiles(size, with_level_1), tree.root_at(size).map_err(TileReadError::Merkle));
}

#[test]
fn a_tile_of_another_width_is_refused() {
    let tile = Tile::new(Level::Hashes(0), 0, 3).expect("a tile");
    let answer = root_from_tiles(TreeSize(3), |_| Ok::<_, Infallible>(vec![0; 64]));
    assert_eq!(answer, Err(TileReadError::Tile(tile, TileError::Length { width: 3, found: 64 })));
    let answer = root_from_tiles(TreeSize(3), |_| Err("gone"));
    assert_eq!(answer, Err(TileReadError::Fetch(tile, "gone")));
}

#[test]
fn questions_beyond_the_tree_are_refused() {
    let tree = tree_of(3);
    assert_eq!(tree.root_at(TreeSize(4)), Err(MerkleError::SizeOutOfReach(TreeSize(4))));
    assert_eq!(
        tree.inclusion(LeafIndex(3), TreeSize(3)),
        Err(MerkleError::LeafBeyondTree { index: LeafIndex(3), size: TreeSize(3) })
    );
    assert_eq!(
        tree.consistency(TreeSize(3), TreeSize(2)),
        Err(MerkleError::TreeShrinks { from: TreeSize(3), to: TreeSize(2) })
    );
    let nothing = |_: &Tile| Err(());
    assert_eq!(root_from_tiles(TreeSize(0), nothing), Ok(EMPTY_ROOT));
    assert_eq!(
        root_from_tiles(TreeSize(u64::MAX), nothing),
        Err(TileReadError::Merkle(MerkleError::SizeOutOfReach(TreeSize(u64::MAX))))
    );
    assert!(grow_tiles(TreeSize(u64::MAX), &[EMPTY_ROOT], nothing).is_err());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn a_proof_verifies_only_for_its_own_leaf_place_and_size(
        size in 1_u64..400,
        at in any::<prop::sample::Index>(),
        other in any::<prop::sample::Index>(),
        other_size in 1_u64..400,
    ) {
        let tree = tree_of(size);
        let place = |index: &prop::sample::Index| LeafIndex(index.index(400) as u64 % size);
        let (index, other) = (place(&at), place(&other));
        let leaf = tree.leaf(index).expect("within the tree");
        let proof = tree.inclusion(index, TreeSize(size)).expect("within the tree");
        prop_assert_eq!(verify_inclusion(leaf, index, TreeSize(size), &proof, tree.root()), Ok(()));
        if other != index {
            prop_assert!(verify_inclusion(leaf, other, TreeSize(size), &proof, tree.root()).is_err());
            let stranger = tree.leaf(other).expect("within the tree");
            prop_assert!(verify_inclusion(stranger, index, TreeSize(size), &proof, tree.root()).is_err());
        }
        // The proof says nothing of the size by itself; with the root of that size it does.
        if other_size != size {
            let other_root = tree_of(other_size).root();
            prop_assert!(verify_inclusion(leaf, index, TreeSize(other_size), &proof, other_root).is_err()
                || tree_of(other_size).inclusion(index, TreeSize(other_size)).as_ref() == Ok(&proof));
        }
    }

    #[test]
    fn any_flipped_bit_of_a_proof_is_noticed(
        from in 1_u64..200,
        more in 1_u64..200,
        at in any::<prop::sample::Index>(),
        bit in 0_usize..256,
    ) {
        let (from, to) = (TreeSize(from), TreeSize(from + more));
        let tree = tree_of(to.0);
        let from_root = tree.root_at(from).expect("within the tree");
        let flip = |proof: &[Hash]| {
            let mut proof = proof.to_vec();
            let place = at.index(proof.len());
            proof[place].0[bit / 8] ^= 1 << (bit % 8);
            proof
        };
        let consistency = tree.consistency(from, to).expect("within the tree");
        prop_assert_eq!(
            verify_consistency(from, from_root, to, tree.root(), &flip(&consistency)),
            Err(MerkleError::RootMismatch)
        );
        let index = LeafIndex(from.0);
        let inclusion = tree.inclusion(index, to).expect("within the tree");
        let leaf = tree.leaf(index).expect("within the tree");
        prop_assert_eq!(
            verify_inclusion(leaf, index, to, &flip(&inclusion), tree.root()),
            Err(MerkleError::RootMismatch)
        );
        prop_assert_eq!(
            verify_inclusion(leaf, index, to, &inclusion[1..], tree.root()).is_err(), true
        );
    }

    #[test]
    fn any_flipped_bit_of_a_tile_is_noticed(size in 1_u64..700, at in any::<prop::sample::Index>(), bit in 0_usize..8) {
        let tree = tree_of(size);
        let leaves: Vec<Hash> = (0..size).map(|leaf| tree.leaf(LeafIndex(leaf)).expect("within")).collect();
        let mut published = publish(&leaves, []);
        let index = LeafIndex(at.index(leaves.len()) as u64);
        // One tile on the leaf's way to the root is changed: either the proof comes out as it was, because the
        // changed hash has no part in it, or it no longer verifies.
        let changed = published.values_mut().nth(at.index(8) % tiles_for(TreeSize(0), TreeSize(size))
            .filter(|tile| matches!(tile.level(), Level::Hashes(_))).count()).expect("a tile");
        let place = at.index(changed.len());
        changed[place] ^= 1 << bit;
        let proof = inclusion_from_tiles(index, TreeSize(size), fetch(&published)).expect("all tiles are there");
        let true_proof = tree.inclusion(index, TreeSize(size)).expect("within the tree");
        let leaf = tree.leaf(index).expect("within the tree");
        let verdict = verify_inclusion(leaf, index, TreeSize(size), &proof, tree.root());
        prop_assert_eq!(verdict.is_ok(), proof == true_proof);
    }

    #[test]
    fn a_log_published_in_any_steps_has_the_same_full_tiles(steps in prop::collection::btree_set(0_usize..1500, 0..12)) {
        let leaves: Vec<Hash> = (0..1500_u64).map(|leaf| leaf_hash(&leaf.to_be_bytes())).collect();
        let stepwise = publish(&leaves, steps);
        for (path, bytes) in publish(&leaves, []) {
            prop_assert_eq!(stepwise.get(&path), Some(&bytes));
        }
    }

    #[test]
    fn paths_and_bundles_print_as_they_were_parsed(
        level in prop_oneof![Just(Level::Entries), Just(Level::Openings), (0_u8..8).prop_map(Level::Hashes)],
        index in any::<u64>().prop_flat_map(|n| (0_u32..64).prop_map(move |shift| n >> shift)),
        width in 1_u16..=256,
        text in ".*",
        bundle in prop::collection::vec(any::<u8>(), 0..64),
    ) {
        if let Ok(tile) = Tile::new(level, index, width) {
            prop_assert_eq!(Tile::parse(&tile.path()), Ok(tile));
        }
        if let Ok(tile) = Tile::parse(&text) {
            prop_assert_eq!(tile.path(), text);
        }
        for width in 0..8 {
            if let Ok(entries) = decode_entries(&bundle, width) {
                prop_assert_eq!(encode_entries(&entries), Ok(bundle.clone()));
            }
            if let Ok(hashes) = decode_hashes(&bundle, width) {
                prop_assert_eq!(encode_hashes(&hashes), bundle.clone());
            }
        }
    }
}
