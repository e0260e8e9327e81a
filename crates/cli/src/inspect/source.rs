//! What some bytes are, and how they were written.
//!
//! Text forms are told by their first line or their JSON members, records by their magic; hex and base64 are undone once.
//! Tiles have no mark of their own: the file's path names them, or their length and contents must fit.

use std::path::Path;

use base64::Engine;
use base64::engine::general_purpose::{GeneralPurpose, STANDARD, STANDARD_NO_PAD, URL_SAFE, URL_SAFE_NO_PAD};
use nguon_ledger::note::VerifierKey;
use nguon_ledger::tile::{FULL_WIDTH, Level, Tile, decode_entries};
use nguon_ledger::{PublicKey, Record, RecordError, openings};
use serde_json::Value;

use super::contents::LooseOpening;
use crate::parcel::Parcel;
use nguon_service::desk::{Acceptance, Invitation};

/// A thing that was recognised.
#[derive(Debug)]
pub(super) enum Thing {
    /// Bytes that are a record or a damaged one.
    Record(Vec<u8>),
    /// A record with the openings that a server shows of it: the public ones.
    Shown {
        /// The record.
        bytes: Vec<u8>,
        /// Salt and payload of each section that is open.
        openings: Vec<([u8; 32], Vec<u8>)>,
    },
    /// Records with openings.
    Parcel(Parcel),
    /// Openings without their record.
    Openings(Vec<LooseOpening>),
    /// A public section's document.
    Facts(Vec<u8>),
    /// An invitation to a device.
    Invitation(Box<Invitation>),
    /// What the device answered.
    Acceptance(Box<Acceptance>),
    /// A tlog-proof.
    Receipt(Vec<u8>),
    /// A signed note.
    Note(Vec<u8>),
    /// Verifier keys, one a line.
    VerifierKeys(String),
    /// An entry bundle.
    Bundle {
        /// The file.
        bytes: Vec<u8>,
        /// How many entries.
        width: u16,
        /// Index of the first, if the path says it.
        first: Option<u64>,
    },
    /// A tile of hashes.
    Tile(Vec<u8>),
    /// A file of openings as the log publishes it.
    PublishedOpenings {
        /// The file.
        bytes: Vec<u8>,
        /// How many records.
        width: u16,
    },
    /// 32 bytes.
    Key(PublicKey),
}

/// What the bytes are and how they were written.
pub(super) fn recognise(bytes: &[u8], name: Option<&Path>) -> Option<(Thing, &'static str)> {
    if let Some(thing) = name.and_then(tile_of_path).and_then(|tile| by_path(tile, bytes)) {
        return Some((thing, "binary"));
    }
    if let Some(thing) = text(bytes) {
        let read_as = if bytes.trim_ascii_start().starts_with(b"{") { "JSON" } else { "text" };
        return Some((thing, read_as));
    }
    if let Some(thing) = marked(bytes) {
        return Some((thing, "binary"));
    }
    if let Some((decoded, read_as)) = undo(bytes) {
        let thing = text(&decoded).or_else(|| marked(&decoded)).or_else(|| unmarked(&decoded));
        return thing.map(|thing| (thing, read_as));
    }
    unmarked(bytes).map(|thing| (thing, "binary"))
}

/// The tile that a path ends in.
fn tile_of_path(path: &Path) -> Option<Tile> {
    let path = path.to_str()?;
    let starts = ["tile/", "openings/"].iter().flat_map(|start| path.match_indices(start).map(|(at, _)| at));
    starts.filter_map(|at| Tile::parse(&path[at..]).ok()).next()
}

fn by_path(tile: Tile, bytes: &[u8]) -> Option<Thing> {
    let bytes = bytes.to_vec();
    Some(match tile.level() {
        Level::Entries => Thing::Bundle { bytes, width: tile.width(), first: Some(tile.start()) },
        Level::Openings => Thing::PublishedOpenings { bytes, width: tile.width() },
        Level::Hashes(_) if bytes.len() == usize::from(tile.width()) * 32 => Thing::Tile(bytes),
        Level::Hashes(_) => return None,
    })
}

/// Texts with a form of their own.
fn text(bytes: &[u8]) -> Option<Thing> {
    let text = std::str::from_utf8(bytes).ok()?;
    if text.starts_with("c2sp.org/tlog-proof@") {
        return Some(Thing::Receipt(bytes.to_vec()));
    }
    if text.contains("\n\n— ") {
        return Some(Thing::Note(bytes.to_vec()));
    }
    if text.trim_start().starts_with('{') {
        return json(bytes);
    }
    // A vkey with a wrong checksum is a vkey that does not hold, so the form alone decides.
    let is_vkey = |line: &str| {
        let mut fields = line.splitn(3, '+');
        let (name, id, key) = (fields.next(), fields.next(), fields.next());
        line.parse::<VerifierKey>().is_ok()
            || (name.is_some_and(|name| !name.is_empty() && !name.contains(' '))
                && id.is_some_and(|id| id.len() == 8 && id.bytes().all(|byte| byte.is_ascii_hexdigit()))
                && key.is_some_and(|key| STANDARD.decode(key).is_ok_and(|key| key.len() == 33)))
    };
    let mut lines = text.lines().filter(|line| !line.is_empty()).peekable();
    (lines.peek().is_some() && lines.all(is_vkey)).then(|| Thing::VerifierKeys(text.to_owned()))
}

fn json(bytes: &[u8]) -> Option<Thing> {
    let value: Value = serde_json::from_slice(bytes).ok()?;
    let object = value.as_object()?;
    let has = |key: &str| object.contains_key(key);
    if has("possession") {
        return serde_json::from_value(value).ok().map(|acceptance| Thing::Acceptance(Box::new(acceptance)));
    }
    if has("not_after_ms") {
        return serde_json::from_value(value).ok().map(|invitation| Thing::Invitation(Box::new(invitation)));
    }
    if has("records") {
        return serde_json::from_value(value).ok().map(Thing::Parcel);
    }
    if let Some(record) = object.get("record").and_then(Value::as_str) {
        let (bytes, _) = undo(record.as_bytes())?;
        let sections = object.get("sections").or_else(|| object.get("openings")).and_then(Value::as_array);
        let openings = sections.into_iter().flatten().filter_map(LooseOpening::read);
        return Some(Thing::Shown {
            bytes,
            openings: openings.map(|open| (open.salt, open.payload)).collect(),
        });
    }
    if has("salt") {
        return LooseOpening::read(&value).map(|opening| Thing::Openings(vec![opening]));
    }
    if let Some(list) = object.get("openings").and_then(Value::as_array) {
        return list.iter().map(LooseOpening::read).collect::<Option<_>>().map(Thing::Openings);
    }
    (has("type") || has("@type")).then(|| Thing::Facts(bytes.to_vec()))
}

/// Bytes that begin with a mark.
fn marked(bytes: &[u8]) -> Option<Thing> {
    if bytes.starts_with(b"NGN1") {
        return Some(Thing::Record(bytes.to_vec()));
    }
    // A record whose magic alone is damaged is told as what it is.
    let mut mended = bytes.to_vec();
    mended.get_mut(..4)?.copy_from_slice(b"NGN1");
    let damaged = matches!(Record::parse(bytes), Err(RecordError::Magic)) && Record::parse(&mended).is_ok();
    damaged.then(|| Thing::Record(bytes.to_vec()))
}

/// Bytes without a mark: what fits is what they are.
fn unmarked(bytes: &[u8]) -> Option<Thing> {
    if let Ok(key) = <[u8; 32]>::try_from(bytes) {
        return Some(Thing::Key(PublicKey::from_bytes(key)));
    }
    if let Some(width) = bundle_width(bytes) {
        return Some(Thing::Bundle { bytes: bytes.to_vec(), width, first: None });
    }
    let (hashes, rest) = bytes.as_chunks::<32>();
    if rest.is_empty() && (1..=usize::from(FULL_WIDTH)).contains(&hashes.len()) {
        return Some(Thing::Tile(bytes.to_vec()));
    }
    let width = (1..=FULL_WIDTH).find(|width| openings::decode(bytes, *width).is_ok())?;
    Some(Thing::PublishedOpenings { bytes: bytes.to_vec(), width })
}

/// The number of entries if these bytes are records behind their lengths.
fn bundle_width(bytes: &[u8]) -> Option<u16> {
    let mut rest = bytes;
    let mut width = 0_u16;
    while !rest.is_empty() {
        let (length, after) = rest.split_first_chunk()?;
        let (entry, after) = after.split_at_checked(u16::from_be_bytes(*length).into())?;
        if !entry.starts_with(b"NGN1") {
            return None;
        }
        width = width.checked_add(1).filter(|width| *width <= FULL_WIDTH)?;
        rest = after;
    }
    decode_entries(bytes, width).ok().filter(|entries| !entries.is_empty()).map(|_| width)
}

/// Hex or base64 undone; white space between digits is of no meaning.
fn undo(bytes: &[u8]) -> Option<(Vec<u8>, &'static str)> {
    let digits: Vec<u8> = bytes.iter().copied().filter(|byte| !byte.is_ascii_whitespace()).collect();
    if digits.is_empty() {
        return None;
    }
    if let Ok(decoded) = hex::decode(&digits) {
        return Some((decoded, "hex"));
    }
    let alphabets: [&GeneralPurpose; 4] = [&STANDARD, &STANDARD_NO_PAD, &URL_SAFE, &URL_SAFE_NO_PAD];
    alphabets.iter().find_map(|alphabet| alphabet.decode(&digits).ok()).map(|decoded| (decoded, "base64"))
}
