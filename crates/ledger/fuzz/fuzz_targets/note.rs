//! Notes, checkpoints, keys and requests to witnesses: what is accepted prints as it came, and nothing verifies
//! under a key that did not sign.

#![no_main]

use std::sync::{LazyLock, Mutex};

use libfuzzer_sys::fuzz_target;
use nguon_ledger::checkpoint::Checkpoint;
use nguon_ledger::cosignature::cosign;
use nguon_ledger::merkle::{TreeSize, leaf_hash};
use nguon_ledger::note::{KeyKind, Note, NoteSigner, VerifierKey, parse_signatures};
use nguon_ledger::policy::Policy;
use nguon_ledger::witness::{AddCheckpoint, Witness};
use nguon_ledger_fuzz::edited;

/// Keys whose seeds the fuzzer does not know.
static POLICY: LazyLock<Policy> = LazyLock::new(|| {
    let witness = signer("w", 2).verifier_key(KeyKind::Cosignature);
    Policy::new(signer("log.example/tinh", 1).verifier_key(KeyKind::Ed25519), vec![witness], 1)
        .expect("fair keys")
});

static WITNESS: LazyLock<Mutex<Witness>> = LazyLock::new(|| {
    let mut witness = Witness::new(signer("w", 2));
    witness.watch(POLICY.log().clone(), None).expect("a log's key");
    Mutex::new(witness)
});

/// A stranger's checkpoint with a witness's line, alone and in a request; and a key.
static TEXTS: LazyLock<[String; 3]> = LazyLock::new(|| {
    let root = leaf_hash(b"leaf");
    let checkpoint = Checkpoint::new("log.example/tinh", TreeSize(1), root).expect("fair values");
    let mut note = Note::sign(&checkpoint.to_string(), &signer("log.example/tinh", 3)).expect("any text");
    note.add(cosign(&checkpoint, &signer("w", 4), 1).expect("a fair time")).expect("room for it");
    let request = AddCheckpoint { old_size: TreeSize(1), proof: vec![root], checkpoint: note.clone() };
    let key = signer("w", 4).verifier_key(KeyKind::Cosignature);
    [note.to_string(), request.to_string(), key.to_string()]
});

fuzz_target!(|input: &[u8]| {
    check(input);
    for text in TEXTS.iter() {
        check(&edited(text.as_bytes(), input));
    }
});

fn signer(name: &str, seed: u8) -> NoteSigner {
    NoteSigner::new(name, [seed; 32]).expect("a fair name")
}

fn check(input: &[u8]) {
    if let Ok(note) = Note::parse(input) {
        assert_eq!(note.to_string().as_bytes(), input);
        assert!(note.open(POLICY.witnesses()).is_err());
        assert!(POLICY.judge(&note).is_err());
    }
    if let Ok(request) = AddCheckpoint::parse(input) {
        assert_eq!(request.to_string().as_bytes(), input);
        assert!(WITNESS.lock().expect("no panic before").add_checkpoint(&request, 1).is_err());
    }
    let Ok(text) = std::str::from_utf8(input) else { return };
    if let Ok(checkpoint) = Checkpoint::parse(text) {
        assert_eq!(checkpoint.to_string(), text);
    }
    if let Ok(signatures) = parse_signatures(text) {
        assert_eq!(signatures.iter().map(ToString::to_string).collect::<String>(), text);
    }
    if let Ok(key) = text.parse::<VerifierKey>() {
        assert_eq!(key.to_string(), text);
    }
}
