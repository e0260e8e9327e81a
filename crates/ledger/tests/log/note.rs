//! Notes, checkpoints, cosignatures and the witness: notes signed by others, the format's check values, properties.

use std::fs;

use nguon_ledger::checkpoint::{Checkpoint, CheckpointError, open_checkpoint};
use nguon_ledger::cosignature::{TimeOutOfRange, cosign};
use nguon_ledger::merkle::{EMPTY_ROOT, Hash, Tree, TreeSize, leaf_hash};
use nguon_ledger::note::{
    KeyKind, NOTE_BYTES_MAX, Note, NoteError, NoteSigner, SIGNATURES_MAX, VerifierKey, parse_signatures,
};
use nguon_ledger::policy::{Cosigner, Policy};
use nguon_ledger::witness::{AddCheckpoint, RequestError, Witness, WitnessRefusal, add_cosignatures};
use proptest::prelude::*;

use crate::given;

fn signer(name: &str, seed: u8) -> NoteSigner {
    NoteSigner::new(name, [seed; 32]).expect("a fair name")
}

fn log() -> NoteSigner {
    signer("log.example/tinh", 1)
}

fn log_key() -> VerifierKey {
    log().verifier_key(KeyKind::Ed25519)
}

fn tree_of(leaves: u64) -> Tree {
    let mut tree = Tree::new();
    tree.extend((0..leaves).map(|leaf| leaf_hash(&leaf.to_be_bytes())));
    tree
}

/// The log's signed checkpoint at a size of a tree.
fn checkpoint(tree: &Tree, size: u64) -> Note {
    let root = tree.root_at(TreeSize(size)).expect("within the tree");
    Checkpoint::new("log.example/tinh", TreeSize(size), root)
        .and_then(|it| it.sign(&log()))
        .expect("the log's own")
}

/// The log's request that leads a witness from one size to another.
fn request(tree: &Tree, from: u64, to: u64) -> AddCheckpoint {
    let proof = tree.consistency(TreeSize(from), TreeSize(to)).expect("within the tree");
    AddCheckpoint { old_size: TreeSize(from), proof, checkpoint: checkpoint(tree, to) }
}

fn witness() -> Witness {
    let mut witness = Witness::new(signer("w.example/1", 2));
    witness.watch(log_key(), None).expect("a log's key");
    witness
}

// Notes signed by others.

#[test]
fn notes_signed_by_others_open() {
    let Some(folder) = given::corpus("signed-note") else { return };
    let read = |name: &str| fs::read_to_string(folder.join(name)).expect(name);
    for (note, vkey) in
        [("c2sp-example.note", "c2sp-example.vkey"), ("sumdb-35225469.checkpoint", "sumdb.vkey")]
    {
        let (bytes, vkey) = (read(note), read(vkey));
        let key: VerifierKey = vkey.trim_end().parse().expect("a verifier key");
        assert_eq!(key.to_string(), vkey.trim_end());
        let note = Note::parse(bytes.as_bytes()).expect("a note");
        assert_eq!(note.to_string(), bytes);
        assert_eq!(note.open([&key]).map(|opened| opened.len()), Ok(1));
        assert_eq!(note.open([&log_key()]), Err(NoteError::NotSigned));
    }
    // The Go checksum database signs under another name than its origin: it parses, but it is no log of ours.
    let bytes = read("sumdb-35225469.checkpoint");
    let note = Note::parse(bytes.as_bytes()).expect("a note");
    let checkpoint = Checkpoint::parse(note.text()).expect("a checkpoint");
    assert_eq!((checkpoint.origin(), checkpoint.size()), ("go.sum database tree", TreeSize(35_225_469)));
    let key: VerifierKey = read("sumdb.vkey").trim_end().parse().expect("a verifier key");
    assert!(matches!(open_checkpoint(bytes.as_bytes(), &key), Err(CheckpointError::OtherLog { .. })));
}

// The format's check values.

#[test]
fn the_check_values_of_the_checkpoint_hold() {
    for (path, file) in given::vectors() {
        eprintln!("{}", path.display());
        let given_note = given::text(&file["log"]["checkpoint"]);
        let log_key: VerifierKey = given::text(&file["log_vkey"]).parse().expect("the log's key");
        let witness_key: VerifierKey = given::text(&file["witness_vkey"]).parse().expect("the witness's key");
        assert_eq!(log_key.to_string(), given::text(&file["log_vkey"]));
        assert_eq!(witness_key.to_string(), given::text(&file["witness_vkey"]));

        let (checkpoint, note) = open_checkpoint(given_note.as_bytes(), &log_key).expect("signed by the log");
        assert_eq!(note.to_string(), given_note);
        assert_eq!(checkpoint.origin(), given::text(&file["origin"]));
        assert_eq!(Some(checkpoint.size().0), file["log"]["size"].as_u64());
        assert_eq!(checkpoint.root(), given::hash(&file["log"]["root"]));

        let policy = Policy::new(log_key.clone(), vec![witness_key.clone()], 1).expect("a fair policy");
        let verdict = policy.judge(&note).expect("signed by the log");
        assert!(verdict.quorum_met);
        assert_eq!(verdict.checkpoint, checkpoint);
        let [Cosigner { witness, unix_seconds }] = &verdict.cosigned_by[..] else {
            panic!("one witness cosigned")
        };
        assert_eq!(witness, witness_key.name());

        // Ed25519 has no choice of its own: signing again gives the same note.
        let signer_of = |key: &VerifierKey, secret: &str| {
            NoteSigner::new(key.name(), given::bytes32(&file["secret_keys"][secret])).expect("a fair name")
        };
        let mut again = checkpoint.sign(&signer_of(&log_key, "log")).expect("the log's own");
        let line =
            cosign(&checkpoint, &signer_of(&witness_key, "witness"), *unix_seconds).expect("a fair time");
        again.add(line).expect("room for it");
        assert_eq!(again.to_string(), given_note);
    }
}

// Notes.

#[test]
fn a_note_is_held_to_its_form() {
    let line = "— a AAAAAQA=\n";
    let check =
        |note: &str, refusal: NoteError| assert_eq!(Note::parse(note.as_bytes()), Err(refusal), "{note:?}");
    assert!(Note::parse(format!("gạo\n\n{line}").as_bytes()).is_ok());
    check("", NoteError::NoSignatures);
    check("gạo\n", NoteError::NoSignatures);
    check("gạo\n\n", NoteError::NoSignatures);
    check(line, NoteError::NoSignatures);
    check(&format!("gạo\n{line}"), NoteError::NoSignatures);
    check(&format!("gạo\n\n{line}\n"), NoteError::NoSignatures);
    check(&format!("gạo\r\n\r\n{line}"), NoteError::ControlCharacter);
    check(&format!("g\to\n\n{line}"), NoteError::ControlCharacter);
    for bad in [
        "— a AAAAAQA=",
        "- a AAAAAQA=\n",
        "—a AAAAAQA=\n",
        "— AAAAAQA=\n",
        "—  AAAAAQA=\n",
        "— a+b AAAAAQA=\n",
        "— a\u{a0}b AAAAAQA=\n",
        "— a  AAAAAQA=\n",
        "— a AAAAAQA= \n",
        "— a AAAAAQA\n",
        "— a AAAAAQB=\n",
        "— a AAAAAQ==\n",
        "— a AA==\n",
        "— a \n",
        "— a\n",
        "gạo\n",
    ] {
        check(&format!("gạo\n\n{bad}"), NoteError::SignatureLine);
    }
    let crowd = format!("gạo\n\n{}", line.repeat(SIGNATURES_MAX + 1));
    check(&crowd, NoteError::TooManySignatures);
    check(&"a".repeat(NOTE_BYTES_MAX + 1), NoteError::TooLong(NOTE_BYTES_MAX + 1));
    assert_eq!(Note::parse(b"\xff\n\n"), Err(NoteError::NotUtf8));
    assert_eq!(Note::sign("gạo", &log()), Err(NoteError::UnfinishedText));
    assert_eq!(Note::sign("g\ro\n", &log()), Err(NoteError::ControlCharacter));
}

#[test]
fn the_text_ends_at_the_last_empty_line() {
    let text = "a\n\n— not a signature\n\n\n";
    let note = Note::sign(text, &log()).expect("any text");
    let again = Note::parse(note.to_string().as_bytes()).expect("a note");
    assert_eq!(again.text(), text);
    assert_eq!(again.open([&log_key()]).map(|opened| opened.len()), Ok(1));
}

#[test]
fn unknown_keys_are_ignored_and_a_false_signature_of_a_known_one_is_not() {
    let mut note = Note::sign("gạo\n", &log()).expect("any text");
    note.add(Note::sign("gạo\n", &signer("stranger", 9)).expect("any text").signatures()[0].clone())
        .expect("room");
    // A stranger with the log's name is a stranger: the key ID differs.
    note.add(Note::sign("thóc\n", &signer("log.example/tinh", 9)).expect("any text").signatures()[0].clone())
        .expect("room");
    assert_eq!(note.open([&log_key()]).map(|opened| opened.len()), Ok(1));
    note.add(Note::sign("thóc\n", &log()).expect("any text").signatures()[0].clone()).expect("room");
    assert_eq!(note.open([&log_key()]), Err(NoteError::BadSignature("log.example/tinh".into())));
}

#[test]
fn a_key_of_small_order_is_no_verifier_key() {
    // The identity as a public key would verify what anybody makes up.
    let identity = "log.example+00000000+AQEAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
    assert!(identity.parse::<VerifierKey>().is_err());
}

// Cosignatures and the witness.

#[test]
fn a_cosignature_bears_no_time_beyond_its_range() {
    let checkpoint = Checkpoint::new("log.example/tinh", TreeSize(0), EMPTY_ROOT).expect("the empty log");
    assert_eq!(cosign(&checkpoint, &signer("w", 2), 1 << 63), Err(TimeOutOfRange));
    assert!(cosign(&checkpoint, &signer("w", 2), (1 << 63) - 1).is_ok());
}

#[test]
fn a_witness_follows_a_log_that_grows() {
    let tree = tree_of(300);
    let mut witness = witness();
    let mut last = 0;
    for (size, unix_seconds) in [(1, 10), (200, 20), (200, 25), (300, 30)] {
        let asked =
            AddCheckpoint::parse(request(&tree, last, size).to_string().as_bytes()).expect("a request");
        let line = witness.add_checkpoint(&asked, unix_seconds).expect("the log only grew");
        let mut note = asked.checkpoint;
        add_cosignatures(&mut note, line.to_string().as_bytes(), &[witness.verifier_key()])
            .expect("it holds");
        let policy = Policy::new(log_key(), vec![witness.verifier_key()], 1).expect("a fair policy");
        let verdict = policy.judge(&note).expect("signed by the log");
        assert!(verdict.quorum_met);
        assert_eq!(verdict.cosigned_by, [Cosigner { witness: "w.example/1".into(), unix_seconds }]);
        let root = tree.root_at(TreeSize(size)).expect("within the tree");
        assert_eq!(witness.newest("log.example/tinh"), Some((TreeSize(size), root)));
        last = size;
    }
}

#[test]
fn a_witness_refuses_in_the_order_of_the_standard_and_keeps_what_it_knows() {
    let tree = tree_of(300);
    let fork = {
        let mut fork = tree_of(299);
        fork.push(Hash([7; 32]));
        fork
    };
    let mut witness = witness();
    witness.add_checkpoint(&request(&tree, 0, 200), 10).expect("the first checkpoint");
    let known = witness.newest("log.example/tinh");
    let mut check = |asked: AddCheckpoint, refusal: WitnessRefusal, status: u16| {
        assert_eq!(refusal.status(), status);
        assert_eq!(witness.add_checkpoint(&asked, 20), Err(refusal));
        assert_eq!(witness.newest("log.example/tinh"), known);
    };
    let asked = |from, to| request(&tree, from, to);

    let no_checkpoint = Note::sign("gạo\n", &log()).expect("any text");
    check(
        AddCheckpoint { checkpoint: no_checkpoint, ..asked(200, 300) },
        WitnessRefusal::Malformed(CheckpointError::Lines),
        400,
    );
    let other = signer("other.example", 3);
    let of_other = Checkpoint::new("other.example", TreeSize(0), EMPTY_ROOT).and_then(|it| it.sign(&other));
    check(
        AddCheckpoint { checkpoint: of_other.expect("its own"), ..asked(200, 300) },
        WitnessRefusal::UnknownLog("other.example".into()),
        404,
    );
    let unsigned = Note::sign(checkpoint(&tree, 300).text(), &other).expect("any text");
    check(AddCheckpoint { checkpoint: unsigned, ..asked(200, 300) }, WitnessRefusal::BadSignature, 403);
    check(
        AddCheckpoint { old_size: TreeSize(201), ..asked(0, 200) },
        WitnessRefusal::OldSizeBeyondCheckpoint,
        400,
    );
    check(asked(0, 300), WitnessRefusal::Conflict(TreeSize(200)), 409);
    check(asked(199, 300), WitnessRefusal::Conflict(TreeSize(200)), 409);
    check(asked(100, 199), WitnessRefusal::Conflict(TreeSize(200)), 409);
    let other_root =
        Checkpoint::new("log.example/tinh", TreeSize(200), Hash([9; 32])).and_then(|it| it.sign(&log()));
    check(
        AddCheckpoint { old_size: TreeSize(200), proof: vec![], checkpoint: other_root.expect("its own") },
        WitnessRefusal::OtherRoot(TreeSize(200)),
        409,
    );
    check(AddCheckpoint { proof: vec![], ..asked(200, 300) }, WitnessRefusal::BadProof, 422);
    check(
        AddCheckpoint { checkpoint: checkpoint(&fork, 300), ..asked(200, 300) },
        WitnessRefusal::BadProof,
        422,
    );
    assert_eq!(witness.add_checkpoint(&asked(200, 300), 1 << 63), Err(WitnessRefusal::Clock(TimeOutOfRange)));
    assert_eq!(witness.newest("log.example/tinh"), known);
    assert_eq!(WitnessRefusal::Conflict(TreeSize(200)).known_size(), Some(TreeSize(200)));
}

#[test]
fn a_witness_that_starts_again_goes_on_where_it_stopped() {
    let tree = tree_of(300);
    let newest = Checkpoint::parse(checkpoint(&tree, 200).text()).expect("a checkpoint");
    let mut witness = Witness::new(signer("w.example/1", 2));
    witness.watch(log_key(), Some(&newest)).expect("its own log");
    assert_eq!(
        witness.add_checkpoint(&request(&tree, 0, 100), 1),
        Err(WitnessRefusal::Conflict(TreeSize(200)))
    );
    assert!(witness.add_checkpoint(&request(&tree, 200, 300), 1).is_ok());
    let other = signer("other.example", 3).verifier_key(KeyKind::Ed25519);
    assert!(matches!(witness.watch(other, Some(&newest)), Err(CheckpointError::OtherLog { .. })));
    let cosigner = log().verifier_key(KeyKind::Cosignature);
    assert!(matches!(witness.watch(cosigner, None), Err(CheckpointError::KeyKind(_))));
}

#[test]
fn a_request_is_held_to_its_form() {
    let tree = tree_of(9);
    let fair = request(&tree, 3, 9).to_string();
    assert!(fair.starts_with("old 3\n"));
    let check = |from: &str, to: &str| {
        let body = fair.replacen(from, to, 1);
        assert_eq!(AddCheckpoint::parse(body.as_bytes()), Err(RequestError::Form), "{from:?} -> {to:?}");
    };
    check("old 3\n", "");
    check("old 3\n", "old 03\n");
    check("old 3\n", "old\n");
    check("old 3\n", "Old 3\n");
    check("old 3\n", "old 3\r\n");
    check("old 3\n", "old 3\nAAAA\n");
    let long = fair.replacen(
        "old 3\n",
        &format!("old 3\n{}", "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n".repeat(63)),
        1,
    );
    assert_eq!(AddCheckpoint::parse(long.as_bytes()), Err(RequestError::ProofLength));
    assert_eq!(AddCheckpoint::parse(b"old 0\n\n"), Err(RequestError::Note(NoteError::NoSignatures)));
    assert_eq!(AddCheckpoint::parse(b"old 0\n"), Err(RequestError::Form));
}

#[test]
fn a_false_answer_of_a_witness_changes_nothing() {
    let tree = tree_of(9);
    let keys = [signer("w.example/1", 2).verifier_key(KeyKind::Cosignature)];
    let mut note = checkpoint(&tree, 9);
    let before = note.clone();
    let of_size = |size| {
        let checkpoint = Checkpoint::parse(checkpoint(&tree, size).text()).expect("a checkpoint");
        cosign(&checkpoint, &signer("w.example/1", 2), 5).expect("a fair time").to_string()
    };
    let stranger = before.signatures()[0].to_string();
    let mut check = |answer: &str, outcome: Result<(), NoteError>| {
        let accepted = outcome.is_ok();
        assert_eq!(add_cosignatures(&mut note, answer.as_bytes(), &keys), outcome);
        assert_eq!(note == before, !accepted);
    };
    check("", Err(NoteError::NoSignatures));
    check("sorry\n", Err(NoteError::SignatureLine));
    check(&stranger, Err(NoteError::NotSigned));
    check(&of_size(8), Err(NoteError::BadSignature("w.example/1".into())));
    check(&format!("{stranger}{}", of_size(9)), Ok(()));
}

// Properties.

/// Text that looks like a note more often than chance would have it.
fn almost_a_note() -> impl Strategy<Value = String> {
    let fair = checkpoint(&tree_of(5), 5).to_string();
    let edits = prop::collection::vec((any::<prop::sample::Index>(), any::<char>()), 0..3);
    edits.prop_map(move |edits| {
        let mut characters: Vec<char> = fair.chars().collect();
        for (at, character) in edits {
            let place = at.index(characters.len());
            characters[place] = character;
        }
        characters.into_iter().collect()
    })
}

proptest! {
    #[test]
    fn what_is_accepted_prints_as_it_came(text in prop_oneof![almost_a_note(), ".*", "(.|\n)*"]) {
        if let Ok(note) = Note::parse(text.as_bytes()) {
            prop_assert_eq!(note.to_string(), text.clone());
        }
        if let Ok(checkpoint) = Checkpoint::parse(&text) {
            prop_assert_eq!(checkpoint.to_string(), text.clone());
        }
        if let Ok(signatures) = parse_signatures(&text) {
            prop_assert_eq!(signatures.iter().map(ToString::to_string).collect::<String>(), text.clone());
        }
        let body = format!("old 0\n\n{text}");
        if let Ok(request) = AddCheckpoint::parse(body.as_bytes()) {
            prop_assert_eq!(request.to_string(), body);
        }
        if let Ok(key) = text.parse::<VerifierKey>() {
            prop_assert_eq!(key.to_string(), text);
        }
    }

    #[test]
    fn any_flipped_bit_of_a_signed_checkpoint_is_noticed(at in any::<prop::sample::Index>(), bit in 0_usize..8) {
        let tree = tree_of(5);
        let mut note = checkpoint(&tree, 5);
        let known = Checkpoint::parse(note.text()).expect("a checkpoint");
        note.add(cosign(&known, &signer("w", 2), 5).expect("a fair time")).expect("room for it");
        let policy =
            Policy::new(log_key(), vec![signer("w", 2).verifier_key(KeyKind::Cosignature)], 1).expect("fair");
        let mut bytes = note.to_string().into_bytes();
        let place = at.index(bytes.len());
        bytes[place] ^= 1 << bit;
        // A changed name or key ID is a stranger's line: then the log's word or the quorum is missing.
        let verdict = Note::parse(&bytes).ok().and_then(|note| policy.judge(&note).ok());
        prop_assert!(verdict.is_none_or(|verdict| !verdict.quorum_met));
    }
}
