//! The log as plain files, after [C2SP tlog-tiles].
//!
//! A log is published as files that never change once they are full: bundles of 256 entries, and *tiles* of 256
//! hashes. A tile of level 0 holds leaf hashes; each hash of a tile of level *l* + 1 is the root over one full tile
//! of level *l*. From tiles alone anybody computes every root and every proof of the log.
//!
//! ```text
//! tile/<L>/<N>[.p/<W>]         hashes of level L, 32 bytes each
//! tile/entries/<N>[.p/<W>]     entries, each u16 length ‖ bytes
//! openings/<N>[.p/<W>]         openings of the public sections of the same records (our own; crate::openings)
//!
//! N   the index in groups of three digits, all but the last with an x before them: 1234067 = x001/x234/067
//! W   the width of a partial tile, 1 to 255; a full tile has 256 and no suffix
//! ```
//!
//! A tile proves nothing by itself: whoever can change one can make proofs fail, but never make a false one
//! verify, because a proof must still lead to the root of a signed checkpoint. Pruning is not supported: this log
//! keeps all its entries.
//!
//! ```
//! use nguon_ledger::tile::{Level, Tile};
//!
//! let tile = Tile::parse("tile/entries/x001/067.p/12")?;
//! assert_eq!(tile, Tile::new(Level::Entries, 1067, 12)?);
//! assert_eq!(tile.path(), "tile/entries/x001/067.p/12");
//! # Ok::<(), nguon_ledger::tile::TileError>(())
//! ```
//!
//! [C2SP tlog-tiles]: https://c2sp.org/tlog-tiles

mod codec;
mod grow;
mod read;

pub use codec::{decode_entries, decode_hashes, encode_entries, encode_hashes};
pub use grow::grow_tiles;
pub use read::{TileReadError, consistency_from_tiles, inclusion_from_tiles, root_from_tiles};

use std::fmt;

use thiserror::Error;

use crate::line;
use crate::merkle::{MAX_TREE_SIZE, TreeSize};

/// The width of a full tile: 2⁸ hashes, entries or records.
pub const FULL_WIDTH: u16 = 256;

/// The height of a tile: each level of tiles stands for eight levels of the tree.
const HEIGHT: u32 = 8;

/// The highest level with tiles in a tree within [`MAX_TREE_SIZE`].
const LEVEL_MAX: u8 = 7;

/// What a tile holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Level {
    /// The entries themselves: signed records.
    Entries,
    /// The openings of the records' public sections.
    Openings,
    /// Hashes: level 0 are the leaves, a hash of level *l* covers 256^*l* leaves.
    Hashes(u8),
}

/// The name of one tile: its level, its index in the level, and its width.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Tile {
    level: Level,
    index: u64,
    width: u16,
}

/// Why a path, a tile or a bundle was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum TileError {
    /// The text is not the one spelling of a tile's path.
    #[error("not the path of a tile")]
    Path,
    /// No tree this crate handles has such a tile.
    #[error("no tree has this tile")]
    OutsideAnyTree,
    /// A tile of hashes does not have the length that its width demands.
    #[error("a tile of {width} hashes is {} bytes long, not {found}", usize::from(*width) * 32)]
    Length {
        /// The width asked for.
        width: u16,
        /// The bytes found.
        found: usize,
    },
    /// An entry does not fit its 16-bit length.
    #[error("an entry is at most 65535 bytes long, not {0}")]
    EntryTooLong(usize),
    /// A bundle ends inside an entry, or before its last one.
    #[error("the bundle ends before its last entry does")]
    Truncated,
    /// A bundle has more bytes than its width demands.
    #[error("the bundle has bytes after its last entry")]
    TrailingBytes,
}

impl Tile {
    /// Names a tile; refused if no tree within [`MAX_TREE_SIZE`] has it.
    pub fn new(level: Level, index: u64, width: u16) -> Result<Tile, TileError> {
        let hashes_max = MAX_TREE_SIZE.0.checked_shr(HEIGHT * u32::from(level.height())).unwrap_or(0);
        let last = u64::from(width).checked_sub(1).ok_or(TileError::OutsideAnyTree)?;
        let last = index.checked_mul(u64::from(FULL_WIDTH)).and_then(|start| start.checked_add(last));
        if width > FULL_WIDTH || last.is_none_or(|last| last >= hashes_max) {
            return Err(TileError::OutsideAnyTree);
        }
        Ok(Tile { level, index, width })
    }

    /// Parses a path in its only spelling.
    pub fn parse(path: &str) -> Result<Tile, TileError> {
        let (level, number) = if let Some(number) = path.strip_prefix("tile/entries/") {
            (Level::Entries, number)
        } else if let Some(number) = path.strip_prefix("openings/") {
            (Level::Openings, number)
        } else {
            let (level, number) =
                path.strip_prefix("tile/").and_then(|rest| rest.split_once('/')).ok_or(TileError::Path)?;
            let level =
                line::decimal(level).and_then(|level| u8::try_from(level).ok()).ok_or(TileError::Path)?;
            (Level::Hashes(level), number)
        };
        let (number, width) = match number.split_once(".p/") {
            None => (number, u64::from(FULL_WIDTH)),
            Some((number, width)) => {
                let width = line::decimal(width).ok_or(TileError::Path)?;
                (number, Some(width).filter(|width| (1..256).contains(width)).ok_or(TileError::Path)?)
            }
        };
        let width = u16::try_from(width).map_err(|_| TileError::Path)?;
        Tile::new(level, parse_number(number).ok_or(TileError::Path)?, width)
    }

    /// The path of the tile below the log's prefix.
    pub fn path(&self) -> String {
        self.to_string()
    }

    /// What the tile holds.
    pub fn level(&self) -> Level {
        self.level
    }

    /// The index of the tile in its level.
    pub fn index(&self) -> u64 {
        self.index
    }

    /// How many hashes or entries it has: 1 to 256.
    pub fn width(&self) -> u16 {
        self.width
    }

    /// Whether it is full, and so never changes.
    pub fn is_full(&self) -> bool {
        self.width == FULL_WIDTH
    }

    /// The same tile when it is full: what to ask for when a partial one is gone.
    pub fn full(&self) -> Tile {
        Tile { width: FULL_WIDTH, ..*self }
    }

    /// Its first place in its level; for entries and openings that is the index of its first record.
    pub fn start(&self) -> u64 {
        self.index * u64::from(FULL_WIDTH)
    }
}

/// The tiles to write when the published tree grows from `old` to `new` leaves, in the order to write them:
/// entries, openings, then hashes from level 0 up. Partial tiles are those of the tree of `new` leaves.
pub fn tiles_for(old: TreeSize, new: TreeSize) -> impl Iterator<Item = Tile> {
    let levels = [Level::Entries, Level::Openings].into_iter().chain((0..=LEVEL_MAX).map(Level::Hashes));
    levels.flat_map(move |level| level_tiles(level, level.count(old), level.count(new)))
}

/// The tile of the tree of `size` leaves that holds place `place` of a level.
fn tile_at(level: Level, place: u64, size: TreeSize) -> Tile {
    let index = place / u64::from(FULL_WIDTH);
    let left = level.count(size) - index * u64::from(FULL_WIDTH);
    let width = u16::try_from(left).map_or(FULL_WIDTH, |left| left.min(FULL_WIDTH));
    Tile { level, index, width }
}

fn level_tiles(level: Level, old_count: u64, new_count: u64) -> impl Iterator<Item = Tile> {
    let full = FULL_WIDTH.into();
    // A level that did not grow has nothing to write, not even its partial tile.
    let first = if old_count < new_count { old_count / full } else { new_count.div_ceil(full) };
    (first..new_count.div_ceil(full)).map(move |index| {
        let left = (new_count - index * full).min(full);
        Tile { level, index, width: u16::try_from(left).expect("a tile is at most 256 wide") }
    })
}

impl Level {
    /// The level of tiles that it stands beside: entries and openings go with the leaf hashes.
    fn height(self) -> u8 {
        match self {
            Level::Entries | Level::Openings => 0,
            Level::Hashes(level) => level,
        }
    }

    /// How many places of this level a tree fills.
    fn count(self, size: TreeSize) -> u64 {
        size.0.checked_shr(HEIGHT * u32::from(self.height())).unwrap_or(0)
    }
}

impl fmt::Display for Tile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.level {
            Level::Entries => f.write_str("tile/entries")?,
            Level::Openings => f.write_str("openings")?,
            Level::Hashes(level) => write!(f, "tile/{level}")?,
        }
        write_number(f, self.index)?;
        if self.is_full() { Ok(()) } else { write!(f, ".p/{}", self.width) }
    }
}

fn write_number(f: &mut fmt::Formatter<'_>, index: u64) -> fmt::Result {
    let mut groups = vec![index % 1000];
    let mut rest = index / 1000;
    while rest > 0 {
        groups.push(rest % 1000);
        rest /= 1000;
    }
    for group in groups[1..].iter().rev() {
        write!(f, "/x{group:03}")?;
    }
    write!(f, "/{:03}", groups[0])
}

fn parse_number(text: &str) -> Option<u64> {
    let groups: Vec<&str> = text.split('/').collect();
    let (last, upper) = groups.split_last()?;
    let mut index: u64 = 0;
    for (place, group) in upper.iter().chain([last]).enumerate() {
        let digits = if place < upper.len() { group.strip_prefix('x')? } else { group };
        if digits.len() != 3 || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
            return None;
        }
        // A group of zeros in front would be a second spelling of a smaller number.
        if place == 0 && !upper.is_empty() && digits == "000" {
            return None;
        }
        index = index.checked_mul(1000)?.checked_add(digits.parse().ok()?)?;
    }
    Some(index)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tile(path: &str) -> Tile {
        Tile::parse(path).expect(path)
    }

    #[test]
    fn a_path_has_one_spelling() {
        for path in [
            "tile/0/000",
            "tile/0/x001/067",
            "tile/1/x001/x234/067.p/255",
            "tile/entries/000.p/12",
            "tile/7/000.p/127",
            "openings/x999/999.p/1",
        ] {
            assert_eq!(tile(path).path(), path);
        }
        for path in [
            "",
            "tile",
            "tile/",
            "tile/0",
            "tile/0/",
            "tile/0/0",
            "tile/0/0000",
            "tile/00/000",
            "tile/0/001/067",
            "tile/0/x000/067",
            "tile/0/x001",
            "tile/0/x001/x067",
            "tile/0/000.p/0",
            "tile/0/000.p/256",
            "tile/0/000.p/01",
            "tile/0/000.p/",
            "tile/0/000.p",
            "tile/0/000/",
            "/tile/0/000",
            "tile/0/+00",
            "tile/-1/000",
            "tile/entries/",
            "tile/entries/x1/000",
            "tile/data/000",
            "tile/0/000.p/1.p/1",
            "openings",
            "openings/0",
            "tile/0/x001/../000",
            "tile/256/000",
            "tile/0/0\u{660}",
        ] {
            assert_eq!(Tile::parse(path), Err(TileError::Path), "{path:?}");
        }
    }

    #[test]
    fn no_tile_lies_beyond_the_largest_tree() {
        assert_eq!(Tile::new(Level::Hashes(0), 0, 0), Err(TileError::OutsideAnyTree));
        assert_eq!(Tile::new(Level::Hashes(0), 0, 257), Err(TileError::OutsideAnyTree));
        assert_eq!(Tile::new(Level::Hashes(0), u64::MAX, 1), Err(TileError::OutsideAnyTree));
        assert_eq!(Tile::parse("tile/7/000"), Err(TileError::OutsideAnyTree));
        assert_eq!(Tile::parse("tile/8/000.p/1"), Err(TileError::OutsideAnyTree));
        assert_eq!(Tile::parse("tile/63/000.p/1"), Err(TileError::OutsideAnyTree));
    }

    #[test]
    fn the_example_of_the_standard_has_the_tiles_it_says() {
        let tiles: Vec<String> = tiles_for(TreeSize(0), TreeSize(70_000)).map(|tile| tile.path()).collect();
        let level = |prefix: &str| tiles.iter().filter(|path| path.starts_with(prefix)).count();
        assert_eq!([level("tile/0/"), level("tile/entries/"), level("openings/")], [274, 274, 274]);
        assert!(tiles.contains(&"tile/0/273.p/112".to_owned()));
        assert_eq!(tiles[822..], ["tile/1/000", "tile/1/001.p/17", "tile/2/000.p/1"]);
    }

    #[test]
    fn growth_writes_only_what_changed() {
        let paths = |old, new| tiles_for(TreeSize(old), TreeSize(new)).map(|t| t.path()).collect::<Vec<_>>();
        assert_eq!(paths(0, 0), [""; 0]);
        assert_eq!(paths(300, 300), [""; 0]);
        assert_eq!(paths(255, 256), ["tile/entries/000", "openings/000", "tile/0/000", "tile/1/000.p/1"]);
        assert_eq!(paths(256, 257), ["tile/entries/001.p/1", "openings/001.p/1", "tile/0/001.p/1"]);
        assert_eq!(tiles_for(TreeSize(u64::MAX - 1), TreeSize(u64::MAX)).count(), 3);
    }

    #[test]
    fn a_partial_tile_knows_the_full_one() {
        assert_eq!(tile("tile/0/003.p/232").full(), tile("tile/0/003"));
        assert_eq!(tile("tile/0/003.p/232").start(), 768);
    }
}
