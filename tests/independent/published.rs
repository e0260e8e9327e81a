//! The logs of `fixtures/vectors/ledger.json`, laid out as the publisher lays out ours.

use std::fs;
use std::path::Path;

use nguon_ledger::checkpoint::{Checkpoint, open_checkpoint};
use nguon_ledger::cosignature::cosign;
use nguon_ledger::merkle::{LeafIndex, Tree, TreeSize};
use nguon_ledger::note::{KeyKind, Note, NoteSigner, VerifierKey};
use nguon_ledger::proof::TlogProof;
use nguon_ledger::tile::{self, Level, grow_tiles, tiles_for};
use nguon_ledger::{Act, Control, Draft, EventId, LedgerId, OrganisationId, Record, Seen, SigningKey};
use serde_json::Value;
use sha2::{Digest, Sha256};

/// When the vectors' witness cosigned.
const COSIGNED_AT_SECONDS: u64 = 1_776_168_900;

pub(crate) struct Vectors(Value);

impl Vectors {
    pub(crate) fn read() -> Self {
        let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fixtures/vectors/ledger.json");
        let text = fs::read(file).expect("the vectors are part of the project");
        Self(serde_json::from_slice(&text).expect("they are JSON"))
    }

    /// The log of 1000 records that `log.about` describes, made again from the secret keys, with
    /// the checkpoint that the vectors give. Each file must have the hash that the vectors give.
    pub(crate) fn publish_thousand(&self, folder: &Path) {
        let log = &self.0["log"];
        let records = self.thousand();
        assert_eq!(records.last().expect("a thousand").event_id().to_string(), text(&log["last_event_id"]));
        for (path, bytes) in layout(&records) {
            let expected = &log["tile_sha256"][&path];
            assert_eq!(hex::encode(Sha256::digest(&bytes)), text(expected), "{path}");
            write(folder, &path, &bytes);
        }
        let note = text(&log["checkpoint"]);
        let vkey: VerifierKey = text(&self.0["log_vkey"]).parse().expect("a verifier key");
        let (checkpoint, _) = open_checkpoint(note.as_bytes(), &vkey).expect("signed by the log");
        assert_eq!(checkpoint.root(), tree(&records).root());
        write(folder, "checkpoint", note.as_bytes());
        write(folder, "log.vkey", format!("{vkey}\n").as_bytes());
    }

    /// The receipt of one named record, in a log of all the vectors' records, with what
    /// `walkthrough.sh` wants beside it. Answers the event id that the vectors give.
    pub(crate) fn write_receipt(&self, folder: &Path, name: &str) -> String {
        let given = list(&self.0["records"]);
        let at = given.iter().position(|record| record["name"] == name).expect(name);
        let records: Vec<Record> = given
            .iter()
            .map(|record| Record::parse(&bytes(&record["record"])).expect("well formed"))
            .collect();

        let log = self.note_signer("log", &text(&self.0["origin"]));
        let witness = self.note_signer("witness", "witness.example.edu/w1");
        let tree = tree(&records);
        let checkpoint =
            Checkpoint::new(log.name(), tree.size(), tree.root()).expect("the origin is a note's name");
        let mut note: Note = checkpoint.sign(&log).expect("its own log's key");
        note.add(cosign(&checkpoint, &witness, COSIGNED_AT_SECONDS).expect("a time in range"))
            .expect("one more signature");
        let index = LeafIndex(at as u64);
        let receipt = TlogProof {
            extra: records[at].as_bytes().to_vec(),
            index,
            hashes: tree.inclusion(index, tree.size()).expect("in the tree"),
            checkpoint_note: note,
        };

        clear(folder);
        write(folder, "receipt.tlog-proof", receipt.to_string().as_bytes());
        write(folder, "log.vkey", vkey_line(&log, KeyKind::Ed25519).as_bytes());
        write(folder, "witness.vkey", vkey_line(&witness, KeyKind::Cosignature).as_bytes());
        for (i, section) in records[at].sections().iter().enumerate() {
            let commitment = section.commitment.to_string();
            let known = list(&self.0["sections"]).iter();
            if let Some(opening) = known.clone().find(|opening| opening["commitment"] == commitment) {
                write(folder, &format!("section-{i}.salt"), &bytes(&opening["salt"]));
                let payload = text(&opening["payload_utf8"]);
                write(folder, &format!("section-{i}.payload"), payload.as_bytes());
            }
        }
        text(&given[at]["event_id"])
    }

    fn thousand(&self) -> Vec<Record> {
        let log = &self.0["log"];
        let device = SigningKey::from_seed(self.seed("device 2"));
        let t0 = log["t0"].as_u64().expect("a time");
        let mut records: Vec<Record> = Vec::new();
        for seq in 0..log["size"].as_u64().expect("a size") {
            let draft = Draft {
                control: Control::Event,
                act: Some(Act::Lot),
                ledger_id: LedgerId::from_bytes(array(&self.0["ledger_id"])),
                organisation: OrganisationId::from_bytes(array(&log["org_id"])),
                seq,
                prev: records.last().map_or(EventId::ZERO, Record::event_id),
                device_time_ms: t0 + seq,
                seen: Seen::NONE,
                subjects: Vec::new(),
                sections: Vec::new(),
            };
            records.push(draft.sign(&device).expect("well formed"));
        }
        records
    }

    fn note_signer(&self, key: &str, name: &str) -> NoteSigner {
        NoteSigner::new(name, self.seed(key)).expect("a note's name")
    }

    fn seed(&self, key: &str) -> [u8; 32] {
        array(&self.0["secret_keys"][key])
    }
}

/// Changes the lowest bit of one byte: in texts that keeps a letter or a figure one.
pub(crate) fn flip_bit(file: &Path, at: usize) {
    let mut bytes = fs::read(file).expect("the file is there");
    bytes[at] ^= 1;
    fs::write(file, bytes).expect("writable");
}

/// Every file of the log but the checkpoint: bundles of entries and tiles of hashes.
fn layout(records: &[Record]) -> Vec<(String, Vec<u8>)> {
    let mut files = Vec::new();
    for tile in tiles_for(TreeSize(0), TreeSize(records.len() as u64)) {
        if tile.level() == Level::Entries {
            let start = usize::try_from(tile.start()).expect("a small log");
            let entries: Vec<&[u8]> =
                records[start..start + usize::from(tile.width())].iter().map(Record::as_bytes).collect();
            files.push((tile.path(), tile::encode_entries(&entries).expect("records fit")));
        }
    }
    let leaves: Vec<_> = records.iter().map(Record::leaf_hash).collect();
    let nothing_before = |_: &tile::Tile| -> Result<Vec<u8>, std::convert::Infallible> { Ok(Vec::new()) };
    let grown = grow_tiles(TreeSize(0), &leaves, nothing_before).expect("a new log reads nothing");
    files.extend(grown.into_iter().map(|(tile, bytes)| (tile.path(), bytes)));
    files
}

fn tree(records: &[Record]) -> Tree {
    let mut tree = Tree::new();
    for record in records {
        tree.push(record.leaf_hash());
    }
    tree
}

fn vkey_line(signer: &NoteSigner, kind: KeyKind) -> String {
    format!("{}\n", signer.verifier_key(kind))
}

fn write(folder: &Path, path: &str, bytes: &[u8]) {
    let file = folder.join(path);
    fs::create_dir_all(file.parent().expect("below the folder")).expect("writable");
    fs::write(file, bytes).expect("writable");
}

fn clear(folder: &Path) {
    for entry in fs::read_dir(folder).expect("a folder") {
        fs::remove_file(entry.expect("an entry").path()).expect("a plain file");
    }
}

fn list(value: &Value) -> &[Value] {
    value.as_array().expect("a list")
}

fn text(value: &Value) -> String {
    value.as_str().expect("a text").to_owned()
}

fn bytes(value: &Value) -> Vec<u8> {
    hex::decode(text(value)).expect("hexadecimal")
}

fn array<const N: usize>(value: &Value) -> [u8; N] {
    bytes(value).try_into().expect("so many bytes")
}
