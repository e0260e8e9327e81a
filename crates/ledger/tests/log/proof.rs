//! Receipts and the files of openings.

use nguon_ledger::checkpoint::{Checkpoint, CheckpointError};
use nguon_ledger::cosignature::cosign;
use nguon_ledger::merkle::{LeafIndex, MerkleError, Tree, TreeSize, leaf_hash};
use nguon_ledger::note::{KeyKind, Note, NoteSigner, VerifierKey};
use nguon_ledger::openings::{self, Opened};
use nguon_ledger::policy::{Policy, Verdict};
use nguon_ledger::proof::{EXTRA_BYTES_MAX, ProofError, TlogProof};
use proptest::prelude::*;

use crate::given;

fn log() -> NoteSigner {
    NoteSigner::new("log.example/tinh", [1; 32]).expect("a fair name")
}

fn witness() -> NoteSigner {
    NoteSigner::new("w.example/1", [2; 32]).expect("a fair name")
}

fn policy() -> Policy {
    let (log, witness) = (log().verifier_key(KeyKind::Ed25519), witness().verifier_key(KeyKind::Cosignature));
    Policy::new(log, vec![witness], 1).expect("a fair policy")
}

fn record(index: u64) -> Vec<u8> {
    format!("record {index}").into_bytes()
}

/// The receipt of a record in a log of this size.
fn receipt(index: u64, size: u64) -> TlogProof {
    let mut tree = Tree::new();
    tree.extend((0..size).map(|index| leaf_hash(&record(index))));
    let checkpoint = Checkpoint::new("log.example/tinh", TreeSize(size), tree.root()).expect("fair values");
    let mut checkpoint_note = checkpoint.sign(&log()).expect("the log's own");
    checkpoint_note
        .add(cosign(&checkpoint, &witness(), 1_776_168_900).expect("a fair time"))
        .expect("room for it");
    let hashes = tree.inclusion(LeafIndex(index), TreeSize(size)).expect("within the tree");
    TlogProof { extra: record(index), index: LeafIndex(index), hashes, checkpoint_note }
}

/// What a reader does with a receipt: parse it, hash the record in it, verify.
fn read(bytes: &[u8]) -> Result<Verdict, ProofError> {
    let receipt = TlogProof::parse(bytes)?;
    receipt.verify(&policy(), leaf_hash(&receipt.extra))
}

#[test]
fn a_receipt_of_the_check_values_log_holds() {
    for (path, file) in given::vectors() {
        eprintln!("{}", path.display());
        let key = |name: &str| given::text(&file[name]).parse::<VerifierKey>().expect("a verifier key");
        let policy = Policy::new(key("log_vkey"), vec![key("witness_vkey")], 1).expect("a fair policy");
        let records = given::records(&file);
        for (index, proof) in file["log"]["inclusion"].as_object().expect("proofs") {
            let at: usize = index.parse().expect("an index");
            let receipt = TlogProof {
                extra: records[at].clone(),
                index: LeafIndex(at as u64),
                hashes: given::hashes(proof),
                checkpoint_note: Note::parse(given::text(&file["log"]["checkpoint"]).as_bytes())
                    .expect("a note"),
            };
            let again = TlogProof::parse(receipt.to_string().as_bytes()).expect("its own text");
            assert_eq!(again, receipt);
            let verdict = again.verify(&policy, leaf_hash(&again.extra)).expect("the record is there");
            assert!(verdict.quorum_met);
            assert_eq!(
                again.verify(&policy, leaf_hash(&records[at ^ 1])),
                Err(ProofError::Merkle(MerkleError::RootMismatch))
            );
        }
        // A later file may bring whole receipts.
        for receipt in
            file["log"]["receipts"].as_array().into_iter().flatten().chain(file["log"].get("receipt"))
        {
            let receipt = given::text(receipt);
            let parsed = TlogProof::parse(receipt.as_bytes()).expect("a receipt");
            assert_eq!(parsed.to_string(), receipt);
            assert!(parsed.verify(&policy, leaf_hash(&parsed.extra)).expect("it holds").quorum_met);
        }
    }
}

#[test]
fn a_receipt_is_held_to_its_form() {
    let fair = receipt(3, 9).to_string();
    assert!(fair.starts_with("c2sp.org/tlog-proof@v1\nextra cmVjb3JkIDM=\nindex 3\n"), "{fair}");
    assert!(read(fair.as_bytes()).expect("it holds").quorum_met);
    let check = |from: &str, to: &str, refusal: ProofError| {
        let changed = fair.replacen(from, to, 1);
        assert_ne!(changed, fair);
        assert_eq!(TlogProof::parse(changed.as_bytes()), Err(refusal), "{from:?} -> {to:?}");
    };
    check("proof@v1", "proof@v2", ProofError::Form);
    check("extra ", "Extra ", ProofError::Form);
    check("extra cmVjb3JkIDM=", "extra", ProofError::Form);
    check("extra cmVjb3JkIDM=", "extra ", ProofError::ExtraLength);
    check("extra cmVjb3JkIDM=\n", "extra cmVjb3JkIDM=\nextra cmVjb3JkIDM=\n", ProofError::Form);
    check("index 3\n", "", ProofError::Form);
    check("index 3\n", "index 03\n", ProofError::Form);
    check("index 3\n", "index 3\nAAAA\n", ProofError::Form);
    check("index 3\n", "index 3\r\n", ProofError::Form);
    let hash = format!("{}\n", "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=");
    check("index 3\n", &format!("index 3\n{}", hash.repeat(63)), ProofError::HashCount);
    assert_eq!(TlogProof::parse(b""), Err(ProofError::Form));

    let long = TlogProof { extra: vec![0; EXTRA_BYTES_MAX + 1], ..receipt(3, 9) };
    assert_eq!(TlogProof::parse(long.to_string().as_bytes()), Err(ProofError::ExtraLength));
    let without = TlogProof { extra: vec![], ..receipt(3, 9) };
    assert!(without.to_string().starts_with("c2sp.org/tlog-proof@v1\nindex 3\n"));
    assert_eq!(TlogProof::parse(without.to_string().as_bytes()), Ok(without));
}

#[test]
fn a_receipt_of_another_log_is_refused() {
    let other = NoteSigner::new("other.example", [1; 32]).expect("a fair name");
    let other = Policy::new(other.verifier_key(KeyKind::Ed25519), vec![], 0).expect("a fair policy");
    let refusal = receipt(3, 9).verify(&other, leaf_hash(&record(3)));
    assert!(matches!(refusal, Err(ProofError::Checkpoint(CheckpointError::Note(_)))), "{refusal:?}");
}

proptest! {
    #[test]
    fn a_receipt_verifies_only_for_the_record_that_is_there(
        size in 1_u64..120,
        at in any::<prop::sample::Index>(),
        other in any::<prop::sample::Index>(),
    ) {
        let [index, other] = [at, other].map(|at| at.index(120) as u64 % size);
        let receipt = receipt(index, size);
        prop_assert!(receipt.verify(&policy(), leaf_hash(&record(index))).is_ok());
        prop_assert!(receipt.verify(&policy(), leaf_hash(&record(size))).is_err());
        let moved = TlogProof { index: LeafIndex(other), ..receipt };
        prop_assert_eq!(moved.verify(&policy(), leaf_hash(&record(index))).is_ok(), other == index);
    }

    #[test]
    fn any_flipped_bit_of_a_receipt_is_noticed(at in any::<prop::sample::Index>(), bit in 0_usize..8) {
        let mut bytes = receipt(3, 9).to_string().into_bytes();
        let place = at.index(bytes.len());
        bytes[place] ^= 1 << bit;
        prop_assert!(!read(&bytes).is_ok_and(|verdict| verdict.quorum_met));
    }

    #[test]
    fn a_receipt_prints_as_it_was_parsed(
        lines in prop::collection::vec(prop_oneof![
            Just("c2sp.org/tlog-proof@v1".to_owned()),
            Just("extra cmVjb3JkIDM=".to_owned()),
            (0_u64..10).prop_map(|index| format!("index {index}")),
            Just("47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=".to_owned()),
            Just(format!("\n{}", receipt(0, 1).checkpoint_note)),
            ".*",
        ], 0..6),
        head in any::<bool>(),
    ) {
        let first = if head { "c2sp.org/tlog-proof@v1\nindex 0\n" } else { "" };
        let text = format!("{first}{}", lines.join("\n"));
        if let Ok(proof) = TlogProof::parse(text.as_bytes()) {
            prop_assert_eq!(proof.to_string(), text);
        }
    }

    #[test]
    fn openings_read_back_and_print_as_they_were_read(
        records in prop::collection::vec(prop::collection::btree_map(
            0_u8..32,
            (any::<[u8; 32]>(), prop::collection::vec(any::<u8>(), 0..40)),
            0..5,
        ), 0..6),
        flip in any::<prop::sample::Index>(),
        bit in 0_usize..8,
    ) {
        let records: Vec<Vec<Opened>> = records
            .into_iter()
            .map(|record| {
                record.into_iter().map(|(position, (salt, payload))| Opened { position, salt, payload }).collect()
            })
            .collect();
        let width = u16::try_from(records.len()).expect("a few records");
        let mut bytes = openings::encode(&records).expect("fair openings");
        prop_assert_eq!(openings::decode(&bytes, width), Ok(records.clone()));
        if !bytes.is_empty() {
            let place = flip.index(bytes.len());
            bytes[place] ^= 1 << bit;
            let changed = openings::decode(&bytes, width);
            prop_assert_ne!(&changed, &Ok(records));
            if let Ok(changed) = changed {
                prop_assert_eq!(openings::encode(&changed), Ok(bytes));
            }
        }
    }
}
