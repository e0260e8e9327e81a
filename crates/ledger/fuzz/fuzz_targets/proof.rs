//! Receipts and Merkle proofs: what is accepted prints as it came, no sizes overflow, and nothing is proven under a
//! key that did not sign.

#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use nguon_ledger::merkle::{Hash, LeafIndex, TreeSize, leaf_hash, verify_consistency, verify_inclusion};
use nguon_ledger::note::{KeyKind, Note, NoteSigner};
use nguon_ledger::policy::Policy;
use nguon_ledger::proof::TlogProof;
use nguon_ledger_fuzz::edited;

/// A key whose seed the fuzzer does not know.
static POLICY: LazyLock<Policy> = LazyLock::new(|| {
    Policy::new(signer(1).verifier_key(KeyKind::Ed25519), vec![], 0).expect("a fair policy")
});

/// A stranger's receipt.
static RECEIPT: LazyLock<String> = LazyLock::new(|| {
    let receipt = TlogProof {
        extra: b"leaf".to_vec(),
        index: LeafIndex(0),
        hashes: vec![leaf_hash(b"sibling")],
        checkpoint_note: Note::sign("log.example/tinh\n2\n", &signer(3)).expect("any text"),
    };
    receipt.to_string()
});

fuzz_target!(|input: &[u8]| {
    check(input);
    check(&edited(RECEIPT.as_bytes(), input));
    let Some((sizes, hashes)) = input.split_first_chunk::<16>() else { return };
    let number = |bytes: &[u8]| u64::from_be_bytes(bytes.try_into().expect("8 bytes"));
    let (first, second) = (number(&sizes[..8]), number(&sizes[8..]));
    let proof: Vec<Hash> = hashes.as_chunks::<32>().0.iter().copied().map(Hash).collect();
    let (leaf, root) = (leaf_hash(b"leaf"), leaf_hash(b"root"));
    assert!(verify_inclusion(leaf, LeafIndex(first), TreeSize(second), &proof, root).is_err());
    assert!(verify_consistency(TreeSize(first), leaf, TreeSize(second), root, &proof).is_err());
});

fn signer(seed: u8) -> NoteSigner {
    NoteSigner::new("log.example/tinh", [seed; 32]).expect("a fair name")
}

fn check(input: &[u8]) {
    if let Ok(proof) = TlogProof::parse(input) {
        assert_eq!(proof.to_string().as_bytes(), input);
        assert!(proof.verify(&POLICY, leaf_hash(&proof.extra)).is_err());
    }
}
