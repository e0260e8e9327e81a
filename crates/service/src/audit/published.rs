//! The published files: what anybody can check from a mirror or over HTTP.

use std::collections::BTreeMap;

use nguon_ledger::audit::{Audit, EnrolledKeys, Examined, Fault, FaultKind, examine};
use nguon_ledger::authority::Authority;
use nguon_ledger::checkpoint::Checkpoint;
use nguon_ledger::merkle::{Hash, TreeSize, leaf_hash};
use nguon_ledger::note::Note;
use nguon_ledger::openings::{self, Opened};
use nguon_ledger::policy::{Policy, Verdict};
use nguon_ledger::tile::{self, FULL_WIDTH, Level, Tile};

use super::{Findings, Wrong};

/// Where published files are read from: a folder, or a server.
pub trait Files: Sync {
    /// The bytes of a file, or nothing if it is not there.
    fn get(&self, name: &str) -> std::io::Result<Option<Vec<u8>>>;
    /// All files below a name, if they can be listed.
    fn list(&self, below: &str) -> std::io::Result<Option<Vec<String>>>;
}

/// What the published files prove.
pub struct Published {
    /// What is wrong with them.
    pub wrong: Findings,
    /// The checkpoint that they were checked against, if there is one that verifies.
    pub verdict: Option<Verdict>,
    /// What signers did, counted by code: no fault of the log.
    pub findings: BTreeMap<String, u64>,
    /// Who may say what at the end.
    pub authority: Option<Authority>,
    /// Leaf hashes, in order.
    pub leaves: Vec<Hash>,
    /// Openings that were checked.
    pub openings: u64,
}

/// With so many faults nothing more is learnt from what follows, and whoever serves it may go on for ever.
const FAULTS_MAX: u64 = 10_000;

/// Audits published files. `progress` hears how many of how many entries are done.
pub fn published(
    files: &dyn Files,
    policy: &Policy,
    first_log_key: &[u8; 32],
    mut progress: impl FnMut(u64, u64),
) -> std::io::Result<Published> {
    let origin = policy.log().name().to_owned();
    let mut report = Published {
        wrong: Findings::default(),
        verdict: None,
        findings: BTreeMap::new(),
        authority: None,
        leaves: Vec::new(),
        openings: 0,
    };
    let Some(checkpoint) = newest(files, policy, &mut report)? else { return Ok(report) };
    let size = checkpoint.size().0;
    let mut audit = Audit::new(&origin, first_log_key);
    let mut grown = Grown::new(size);
    let width = u64::from(FULL_WIDTH);
    let mut start = 0;
    while start < size {
        let count = u16::try_from((size - start).min(width)).unwrap_or(FULL_WIDTH);
        let (entries, opened) = bundle(files, start / width, count, &mut report.wrong)?;
        report.openings += opened.iter().map(|one| one.len() as u64).sum::<u64>();
        for (examined, bytes) in on_all_cores(&entries, &opened).into_iter().zip(&entries) {
            let leaf = leaf_hash(bytes);
            let index = audit.size();
            for fault in audit.take(index, examined) {
                report.wrong.add(of_fault(size, &fault));
            }
            report.leaves.push(leaf);
            grown.push(files, leaf, &mut report.wrong)?;
        }
        if report.wrong.count > FAULTS_MAX || entries.len() != usize::from(count) {
            // What cannot be read cannot be followed by anything that makes sense.
            break;
        }
        start += u64::from(count);
        progress(start, size);
    }
    grown.finish(files, &mut report.wrong)?;
    old_checkpoints(files, policy, &audit, &mut report.wrong)?;
    old_partials(files, &report.leaves, &mut report.wrong)?;
    let done = audit.finish(&checkpoint);
    for fault in &done.faults {
        report.wrong.add(of_fault(size, fault));
    }
    report.findings = done.findings.into_iter().map(|(code, count)| (code.to_owned(), count)).collect();
    report.authority = Some(done.authority);
    Ok(report)
}

fn newest(files: &dyn Files, policy: &Policy, report: &mut Published) -> std::io::Result<Option<Checkpoint>> {
    let Some(bytes) = files.get("checkpoint")? else {
        report.wrong.add(Wrong::at("checkpoint", "checkpoint-missing", "there is no checkpoint"));
        return Ok(None);
    };
    match Note::parse(&bytes)
        .map_err(|error| error.to_string())
        .and_then(|note| policy.judge(&note).map_err(|error| error.to_string()))
    {
        Ok(verdict) => {
            if !verdict.quorum_met {
                let sentence = format!("{} of {} cosignatures", verdict.cosigned_by.len(), policy.quorum());
                report.wrong.add(Wrong::at("checkpoint", "quorum-missing", sentence));
            }
            let checkpoint = verdict.checkpoint.clone();
            report.verdict = Some(verdict);
            Ok(Some(checkpoint))
        }
        Err(error) => {
            report.wrong.add(Wrong::at("checkpoint", "checkpoint-forged", error));
            Ok(None)
        }
    }
}

/// A fault of the log of this size, with the file that holds what is wrong.
fn of_fault(size: u64, fault: &Fault) -> Wrong {
    let level = match fault.kind {
        FaultKind::OpeningUnknown { .. }
        | FaultKind::OpeningMismatch { .. }
        | FaultKind::OpeningMissing { .. } => Level::Openings,
        _ => Level::Entries,
    };
    let place = match fault.index {
        Some(index) => {
            let bundle = index / u64::from(FULL_WIDTH);
            let after = size.saturating_sub(bundle * u64::from(FULL_WIDTH));
            let width = u16::try_from(after).unwrap_or(FULL_WIDTH).min(FULL_WIDTH);
            let tile = Tile::new(level, bundle, width).map(|tile| tile.path()).unwrap_or_default();
            format!("entry {index} ({tile})")
        }
        None => "log".to_owned(),
    };
    Wrong {
        place,
        index: fault.index,
        event_id: fault.event.map(|event| event.to_string()),
        code: fault.kind.code().to_owned(),
        sentence: fault.kind.to_string(),
    }
}

/// The tile, or the full tile that has taken its place, cut to the width.
fn fetch(files: &dyn Files, tile: &Tile) -> std::io::Result<Option<Vec<u8>>> {
    match files.get(&tile.path())? {
        Some(bytes) => Ok(Some(bytes)),
        None if tile.is_full() => Ok(None),
        None => files.get(&tile.full().path()),
    }
}

type Bundle = (Vec<Vec<u8>>, Vec<Vec<Opened>>);

fn bundle(files: &dyn Files, index: u64, width: u16, wrong: &mut Findings) -> std::io::Result<Bundle> {
    let mut entries = Vec::new();
    let mut opened = vec![Vec::new(); usize::from(width)];
    if let Ok(tile) = Tile::new(Level::Entries, index, width) {
        match fetch(files, &tile)? {
            None => wrong.add(Wrong::at(tile.path(), "tile-missing", "the bundle of entries is not there")),
            Some(bytes) => match tile::decode_entries(&bytes, width) {
                Ok(decoded) => entries = decoded.into_iter().map(<[u8]>::to_vec).collect(),
                Err(error) => wrong.add(Wrong::at(tile.path(), "tile-malformed", error)),
            },
        }
    }
    if let Ok(tile) = Tile::new(Level::Openings, index, width) {
        match fetch(files, &tile)? {
            None => wrong.add(Wrong::at(tile.path(), "openings-missing", "the openings are not there")),
            Some(bytes) => match openings::decode(&bytes, width) {
                Ok(decoded) => opened = decoded,
                Err(error) => wrong.add(Wrong::at(tile.path(), "openings-malformed", error)),
            },
        }
    }
    Ok((entries, opened))
}

/// Signatures are nearly all of the work, and do not depend on each other.
fn on_all_cores(entries: &[Vec<u8>], opened: &[Vec<Opened>]) -> Vec<Examined> {
    let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let share = entries.len().div_ceil(cores).max(1);
    std::thread::scope(|scope| {
        let workers: Vec<_> = entries
            .chunks(share)
            .zip(opened.chunks(share))
            .map(|(entries, opened)| {
                scope.spawn(move || {
                    let mut keys = EnrolledKeys::default();
                    let both = entries.iter().zip(opened);
                    both.map(|(entry, opened)| examine(&mut keys, entry, opened)).collect::<Vec<_>>()
                })
            })
            .collect();
        workers.into_iter().flat_map(|worker| worker.join().unwrap_or_default()).collect()
    })
}

/// The tiles of hashes as the entries give them, compared with the files as they fill.
struct Grown {
    size: u64,
    levels: Vec<(u64, Vec<Hash>)>,
}

impl Grown {
    fn new(size: u64) -> Self {
        Self { size, levels: Vec::new() }
    }

    fn push(&mut self, files: &dyn Files, leaf: Hash, wrong: &mut Findings) -> std::io::Result<()> {
        let mut carry = leaf;
        for level in 0_u8.. {
            let at = usize::from(level);
            if self.levels.len() == at {
                self.levels.push((0, Vec::new()));
            }
            let (index, hashes) = &mut self.levels[at];
            hashes.push(carry);
            if hashes.len() < usize::from(FULL_WIDTH) {
                break;
            }
            compare(files, level, *index, hashes, wrong)?;
            *index += 1;
            let mut row = std::mem::take(hashes);
            while row.len() > 1 {
                row = row.chunks(2).map(|pair| nguon_ledger::merkle::node_hash(pair[0], pair[1])).collect();
            }
            carry = row[0];
        }
        Ok(())
    }

    fn finish(&self, files: &dyn Files, wrong: &mut Findings) -> std::io::Result<()> {
        debug_assert!(self.size == 0 || !self.levels.is_empty() || !wrong.none());
        for (level, (index, hashes)) in (0_u8..).zip(&self.levels) {
            if !hashes.is_empty() {
                compare(files, level, *index, hashes, wrong)?;
            }
        }
        Ok(())
    }
}

fn compare(
    files: &dyn Files,
    level: u8,
    index: u64,
    hashes: &[Hash],
    wrong: &mut Findings,
) -> std::io::Result<()> {
    let width = u16::try_from(hashes.len()).unwrap_or(FULL_WIDTH);
    let Ok(tile) = Tile::new(Level::Hashes(level), index, width) else { return Ok(()) };
    let expected = tile::encode_hashes(hashes);
    match fetch(files, &tile)? {
        None => wrong.add(Wrong::at(tile.path(), "tile-missing", "the tile is not there")),
        Some(bytes)
            if bytes.get(..expected.len()) != Some(&expected[..])
                || (tile.is_full() && bytes.len() != expected.len()) =>
        {
            wrong.add(Wrong::at(
                tile.path(),
                "tile-differs",
                "the tile holds other hashes than its entries give",
            ));
        }
        Some(_) => {}
    }
    Ok(())
}

/// Earlier checkpoints that are still shown: signed by the log, and of the roots that the entries had then.
fn old_checkpoints(
    files: &dyn Files,
    policy: &Policy,
    audit: &Audit,
    wrong: &mut Findings,
) -> std::io::Result<()> {
    for name in files.list("checkpoints")?.unwrap_or_default() {
        let Some(bytes) = files.get(&name)? else { continue };
        let judged = Note::parse(&bytes)
            .map_err(|error| error.to_string())
            .and_then(|note| policy.judge(&note).map_err(|error| error.to_string()));
        match judged {
            Err(error) => wrong.add(Wrong::at(name, "checkpoint-forged", error)),
            Ok(verdict) => {
                if format!("checkpoints/{}", crate::publish::checkpoint_name(verdict.checkpoint.size().0))
                    != name
                {
                    wrong.add(Wrong::at(
                        &name,
                        "checkpoint-misplaced",
                        "the file holds a checkpoint of another size",
                    ));
                }
                if !verdict.quorum_met {
                    wrong.add(Wrong::at(&name, "quorum-missing", "a cosignature is missing"));
                }
                if let Err(kind) = audit.check_checkpoint(&verdict.checkpoint) {
                    wrong.add(Wrong::at(name, kind.code(), kind));
                }
            }
        }
    }
    Ok(())
}

/// Partial tiles of earlier sizes that are still there: each must be the beginning of its tile.
fn old_partials(files: &dyn Files, leaves: &[Hash], wrong: &mut Findings) -> std::io::Result<()> {
    let mut names = files.list("tile")?.unwrap_or_default();
    names.extend(files.list("openings")?.unwrap_or_default());
    for name in names {
        let Ok(tile) = Tile::parse(&name) else {
            wrong.add(Wrong::at(name, "file-unknown", "no tile has this name"));
            continue;
        };
        if tile.is_full() {
            continue;
        }
        let Some(bytes) = files.get(&name)? else { continue };
        let first = usize::try_from(tile.start()).unwrap_or(usize::MAX);
        let holds = match tile.level() {
            Level::Entries => tile::decode_entries(&bytes, tile.width()).is_ok_and(|entries| {
                let expected = leaves.get(first..first + entries.len());
                expected.is_some_and(|expected| {
                    entries.iter().map(|entry| leaf_hash(entry)).eq(expected.iter().copied())
                })
            }),
            // Level 0 against the leaves; higher levels against a root over them.
            Level::Hashes(level) => tile::decode_hashes(&bytes, tile.width()).is_ok_and(|hashes| {
                let span = 1_usize << (8 * usize::from(level).min(7));
                hashes.iter().enumerate().all(|(n, hash)| {
                    let from = (first + n) * span;
                    leaves.get(from..from + span).is_some_and(|leaves| root(leaves) == *hash)
                })
            }),
            // The newest form was checked against the records; an erasure takes the earlier ones away.
            Level::Openings => {
                let after = leaves.len().saturating_sub(first);
                let width = u16::try_from(after).unwrap_or(FULL_WIDTH).min(FULL_WIDTH);
                let newest = match Tile::new(Level::Openings, tile.index(), width) {
                    Ok(newest) => fetch(files, &newest)?,
                    Err(_) => None,
                };
                openings::decode(&bytes, tile.width()).is_ok()
                    && newest.is_some_and(|newest| newest.starts_with(&bytes))
            }
        };
        if !holds {
            wrong.add(Wrong::at(name, "tile-differs", "the partial tile is not the beginning of its tile"));
        }
    }
    Ok(())
}

fn root(leaves: &[Hash]) -> Hash {
    let mut row = leaves.to_vec();
    while row.len() > 1 {
        row = row
            .chunks(2)
            .map(|pair| nguon_ledger::merkle::node_hash(pair[0], pair[pair.len() - 1]))
            .collect();
    }
    row.first().copied().unwrap_or(nguon_ledger::merkle::EMPTY_ROOT)
}

impl Published {
    /// Entries that were proven.
    pub fn size(&self) -> TreeSize {
        TreeSize(self.leaves.len() as u64)
    }
}
