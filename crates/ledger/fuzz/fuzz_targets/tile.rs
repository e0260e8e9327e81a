//! Paths of tiles, tiles, bundles and openings: what is accepted prints as it came, and proofs are computed from any
//! tiles without a panic.

#![no_main]

use libfuzzer_sys::fuzz_target;
use nguon_ledger::merkle::{LeafIndex, TreeSize};
use nguon_ledger::openings;
use nguon_ledger::tile::{
    Tile, consistency_from_tiles, decode_entries, decode_hashes, encode_entries, encode_hashes, grow_tiles,
    inclusion_from_tiles, root_from_tiles,
};
use nguon_ledger_fuzz::edited;

fuzz_target!(|input: &[u8]| {
    check_path(input);
    check_path(&edited(b"tile/entries/x001/x234/067.p/12", input));
    let Some((header, body)) = input.split_first_chunk::<18>() else { return };
    let (width, sizes) = header.split_at(2);
    let width = u16::from_be_bytes([width[0] & 1, width[1]]);
    if let Ok(hashes) = decode_hashes(body, width) {
        assert_eq!(encode_hashes(&hashes), body);
    }
    if let Ok(entries) = decode_entries(body, width) {
        assert_eq!(encode_entries(&entries).as_deref(), Ok(body));
    }
    if let Ok(records) = openings::decode(body, width) {
        assert_eq!(openings::encode(&records).as_deref(), Ok(body));
    }
    let number = |bytes: &[u8]| u64::from_be_bytes(bytes.try_into().expect("8 bytes"));
    let (first, second) = (number(&sizes[..8]), number(&sizes[8..]));
    // Tiles of the right width, filled with what the fuzzer gave.
    let fetch = |tile: &Tile| {
        let filled: Vec<u8> = body.iter().copied().cycle().take(usize::from(tile.width()) * 32).collect();
        if body.is_empty() { Err(()) } else { Ok(filled) }
    };
    let _ = root_from_tiles(TreeSize(first), fetch);
    let _ = inclusion_from_tiles(LeafIndex(first), TreeSize(second), fetch);
    let _ = consistency_from_tiles(TreeSize(first), TreeSize(second), fetch);
    let leaves = decode_hashes(body, (body.len() / 32).try_into().unwrap_or(0)).unwrap_or_default();
    let _ = grow_tiles(TreeSize(first), &leaves, fetch);
});

fn check_path(input: &[u8]) {
    if let Some(tile) = std::str::from_utf8(input).ok().and_then(|path| Tile::parse(path).ok()) {
        assert_eq!(tile.path().as_bytes(), input);
    }
}
