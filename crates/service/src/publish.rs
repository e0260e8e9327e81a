//! From the database to plain files: entries, tiles, openings, then the signed and cosigned checkpoint.
//!
//! ```text
//! 1  tile/entries/…, tile/<L>/…, openings/…   each written aside, synced, renamed
//! 2  the root of those tiles must be the head's  (what is signed is what was read back)
//! 3  the checkpoint, signed by the log, into the database
//! 4  cosignatures of the witnesses, into the database
//! 5  checkpoint, checkpoints/<size>            what the public reads
//! ```
//!
//! A crash between any two steps is repaired by the same code at the next start: files are written again from
//! the database, and the newest checkpoint's file from its row. Signing comes after the row of every earlier
//! checkpoint is durable, so the log can never sign two roots of one size.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use nguon_ledger::checkpoint::{Checkpoint, open_checkpoint};
use nguon_ledger::merkle::{Hash, TreeSize};
use nguon_ledger::note::{Note, NoteSigner, VerifierKey};
use nguon_ledger::openings::Opened;
use nguon_ledger::tile::{self, FULL_WIDTH, Level, Tile};
use nguon_ledger::witness::{AddCheckpoint, add_cosignatures};
use nguon_ledger::{Control, EventId, Record, SectionType, openings};
use nguon_storage::{CheckpointRow, Reader, Store, StoreError};
use tokio::sync::{Notify, watch};

use crate::lookup::find_event;
use crate::objects::Objects;
use crate::rows;
use crate::turns::{Name, Turns};
use crate::witness::{Asked, Cosigner};

/// Records between two looks at the clock while a backlog is published.
const BATCH: i64 = 4 * 256;
/// A burst is gathered this long, so that a checkpoint covers many records.
const GATHER: Duration = Duration::from_millis(200);
/// After a failure nothing is published for this long.
const PAUSE: Duration = Duration::from_secs(2);

/// Why publishing stopped. It is tried again; nothing acknowledged is lost meanwhile.
#[derive(Debug, thiserror::Error)]
pub enum PublishError {
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A file could not be written or read.
    #[error("a published file: {0}")]
    Objects(#[from] std::io::Error),
    /// The tiles do not give the head's root: files or rows were changed.
    #[error("the published tiles give another root than the database's head at size {0}")]
    RootDiffers(u64),
    /// The public was shown more than the database has: an older backup was restored.
    #[error("a checkpoint of size {shown} is published, and the database has {size} entries")]
    Behind {
        /// The published checkpoint's size.
        shown: u64,
        /// Entries in the database.
        size: u64,
    },
    /// A file or row cannot be put into its published form.
    #[error("entry {index} cannot be published: {why}")]
    Damaged {
        /// Which entry.
        index: u64,
        /// How.
        why: String,
    },
    /// The checkpoint could not be signed.
    #[error("the checkpoint could not be signed: {0}")]
    Sign(String),
}

/// Publishes one log.
pub struct Publisher {
    /// Where records come from.
    pub store: Arc<dyn Store>,
    /// Where files go.
    pub objects: Arc<dyn Objects>,
    /// The log's key.
    pub signer: NoteSigner,
    /// Its public half.
    pub log_key: VerifierKey,
    /// Who cosigns.
    pub cosigners: Vec<Arc<dyn Cosigner>>,
    /// Who is told that there is a new checkpoint.
    pub turns: Arc<Turns>,
}

impl Publisher {
    /// Brings the published files up to what the database says was signed, then up to its head.
    pub async fn repair(&self) -> Result<u64, PublishError> {
        self.continue_what_was_shown().await?;
        let newest = self.store.reader().await?.newest_checkpoint().await?;
        let Some(row) = newest else {
            return self.publish(0).await;
        };
        let Some(checkpoint) = rows::checkpoint(&row, &self.log_key) else {
            return Err(PublishError::Damaged {
                index: rows::unsigned(row.size),
                why: "its checkpoint does not verify under the log's key".to_owned(),
            });
        };
        let sound = self.has_all(checkpoint.size().0).await?
            && self.root_of(checkpoint.size()).await.is_ok_and(|root| root == checkpoint.root());
        if !sound {
            tracing::warn!(
                size = checkpoint.size().0,
                "published tiles are missing or damaged: writing all again"
            );
            self.write_tiles(0, checkpoint.size().0).await?;
            if self.root_of(checkpoint.size()).await? != checkpoint.root() {
                return Err(PublishError::RootDiffers(checkpoint.size().0));
            }
        }
        self.cosign_and_show(checkpoint.size().0, row.note).await?;
        self.publish(checkpoint.size().0).await
    }

    /// A row is kept before its file is shown, so the public has never seen more than the database had. If it has, then
    /// to go on would be to sign a second history.
    async fn continue_what_was_shown(&self) -> Result<(), PublishError> {
        let objects = self.objects.clone();
        let shown = blocking(move || Ok(objects.get("checkpoint")?)).await?;
        let shown = shown.and_then(|note| open_checkpoint(&note, &self.log_key).ok());
        let cosigned = self.cosigners.iter().map(|cosigner| cosigner.known_size()).max().unwrap_or(0);
        let shown = shown.map_or(0, |(checkpoint, _)| checkpoint.size().0).max(cosigned);
        let size = self.store.reader().await?.head().await?.map_or(0, |head| rows::unsigned(head.size));
        // Whoever loses the checkpoint's file and the witness's memory still has the tiles.
        let objects = self.objects.clone();
        let beyond = blocking(move || tiles_beyond(&*objects, size)).await?;
        let shown = shown.max(beyond.unwrap_or(0));
        if shown > size { Err(PublishError::Behind { shown, size }) } else { Ok(()) }
    }

    /// Publishes all beyond `published`; answers the size that is public now.
    pub async fn publish(&self, published: u64) -> Result<u64, PublishError> {
        let Some(head) = self.store.reader().await?.head().await? else { return Ok(published) };
        let size = rows::unsigned(head.size);
        if size <= published {
            return Ok(published);
        }
        self.write_tiles(published, size).await?;
        let root = self.root_of(TreeSize(size)).await?;
        if head.root != root.0 {
            return Err(PublishError::RootDiffers(size));
        }
        let sign = |error: &dyn std::fmt::Display| PublishError::Sign(error.to_string());
        let checkpoint = Checkpoint::new(&head.origin, TreeSize(size), root).map_err(|error| sign(&error))?;
        let note = checkpoint.sign(&self.signer).map_err(|error| sign(&error))?.to_string().into_bytes();
        self.keep(size, &note).await?;
        self.cosign_and_show(size, note).await?;
        metrics::gauge!("nguon_published_size").set(size as f64);
        Ok(size)
    }

    /// Runs until the sequencer is gone, then publishes what is left.
    pub async fn run(
        self: Arc<Self>,
        mut sizes: watch::Receiver<u64>,
        mut published: u64,
        shown: watch::Sender<u64>,
        hurry: Arc<Notify>,
    ) {
        loop {
            let more = sizes.changed().await.is_ok();
            if more {
                tokio::select! {
                    () = tokio::time::sleep(GATHER) => {}
                    () = hurry.notified() => {}
                }
            }
            match self.publish(published).await {
                Ok(size) => {
                    published = size;
                    shown.send_replace(size);
                }
                Err(error) => {
                    tracing::error!(%error, "publishing failed");
                    metrics::counter!("nguon_publish_failures_total").increment(1);
                    if more {
                        tokio::time::sleep(PAUSE).await;
                        sizes.mark_changed();
                    }
                }
            }
            if !more {
                return;
            }
        }
    }

    /// Writes the files that a growth from `old` to `new` changes, in batches.
    async fn write_tiles(&self, old: u64, new: u64) -> Result<(), PublishError> {
        let mut done = old;
        while done < new {
            let bundle = done - done % u64::from(FULL_WIDTH);
            let end = new.min(bundle + BATCH.unsigned_abs());
            let (entries, opened, erased) = self.read(bundle, end).await?;
            let objects = self.objects.clone();
            blocking(move || write_batch(&*objects, bundle, done, end, &entries, &opened)).await?;
            self.rewrite_openings(&erased, end).await?;
            done = end;
        }
        Ok(())
    }

    /// Exact bytes and public openings of the entries `from..to`, and the entries named by erasure notices there.
    async fn read(&self, from: u64, to: u64) -> Result<Batch, PublishError> {
        let mut reader = self.store.reader().await?;
        let mut entries = Vec::new();
        let mut erased = BTreeSet::new();
        while (entries.len() as u64) < to - from {
            let next = rows::signed(from + entries.len() as u64);
            let batch = reader.records(next, rows::signed(to) - next).await?;
            if batch.is_empty() {
                return Err(PublishError::Damaged {
                    index: rows::unsigned(next),
                    why: "it is not there".to_owned(),
                });
            }
            for row in batch {
                let index = from + entries.len() as u64;
                if rows::unsigned(row.log_index) != index {
                    return Err(PublishError::Damaged { index, why: "it is not there".to_owned() });
                }
                if let Ok(record) = Record::parse(&row.bytes)
                    && let Control::ErasureNotice { event, .. } = record.control()
                {
                    erased.extend(self.erased_entry(&mut *reader, *event).await?);
                }
                entries.push(row.bytes);
            }
        }
        let mut opened = vec![Vec::new(); entries.len()];
        for row in reader.sections(rows::signed(from), rows::signed(to)).await? {
            if row.kind != i64::from(SectionType::PUBLIC.0) {
                continue;
            }
            let damaged = |why: &str| PublishError::Damaged {
                index: rows::unsigned(row.log_index),
                why: why.to_owned(),
            };
            let place = usize::try_from(rows::unsigned(row.log_index) - from).unwrap_or(usize::MAX);
            opened.get_mut(place).ok_or_else(|| damaged("a section of no entry"))?.push(Opened {
                position: u8::try_from(row.position).map_err(|_| damaged("a section of no place"))?,
                salt: row.salt.as_slice().try_into().map_err(|_| damaged("a salt is not 32 bytes"))?,
                payload: row.payload,
            });
        }
        Ok((entries, opened, erased))
    }

    /// The entry of a notice, if a public section of it really is gone: anybody can sign a notice, and only the
    /// operator's erases.
    async fn erased_entry(
        &self,
        reader: &mut dyn Reader,
        event: EventId,
    ) -> Result<Option<u64>, PublishError> {
        let Some(row) = find_event(&*self.store, event).await? else { return Ok(None) };
        let Ok(record) = Record::parse(&row.bytes) else { return Ok(None) };
        let signed = record.sections().iter().filter(|section| section.kind.is_public()).count();
        let rows = reader.sections(row.log_index, row.log_index + 1).await?;
        let kept = rows.iter().filter(|row| row.kind == i64::from(SectionType::PUBLIC.0)).count();
        Ok((kept < signed).then_some(rows::unsigned(row.log_index)))
    }

    /// Writes the openings files again that hold an erased section, and takes away their earlier partial forms, which
    /// still had it.
    async fn rewrite_openings(&self, erased: &BTreeSet<u64>, end: u64) -> Result<(), PublishError> {
        let width = u64::from(FULL_WIDTH);
        let bundles: BTreeSet<u64> = erased.iter().map(|index| index / width).collect();
        for bundle in bundles {
            let start = bundle * width;
            if start >= end {
                // Not written yet: it will be, from the database, where the section is gone.
                continue;
            }
            let count = u16::try_from(end.saturating_sub(start).min(width)).unwrap_or(FULL_WIDTH);
            let (_, opened, _) = Box::pin(self.read(start, start + u64::from(count))).await?;
            let objects = self.objects.clone();
            blocking(move || {
                let full = Tile::new(Level::Openings, bundle, FULL_WIDTH)
                    .map_err(|error| PublishError::Damaged { index: start, why: error.to_string() })?;
                objects.remove(&format!("{}.p", full.path()))?;
                put_openings(&*objects, bundle, count, &opened)
            })
            .await?;
        }
        Ok(())
    }

    /// Whether each file of a log of this size is there. What is in them is read by `nguon verify`.
    async fn has_all(&self, size: u64) -> Result<bool, PublishError> {
        let objects = self.objects.clone();
        blocking(move || {
            let width = u64::from(FULL_WIDTH);
            let mut levels = vec![(Level::Entries, size), (Level::Openings, size), (Level::Hashes(0), size)];
            let mut hashes = size;
            for level in 1_u8.. {
                hashes /= width;
                if hashes == 0 {
                    break;
                }
                levels.push((Level::Hashes(level), hashes));
            }
            for (level, hashes) in levels {
                for index in 0..hashes.div_ceil(width) {
                    let count = u16::try_from((hashes - index * width).min(width)).unwrap_or(FULL_WIDTH);
                    let tile = Tile::new(level, index, count).map_err(|error| PublishError::Damaged {
                        index: index * width,
                        why: error.to_string(),
                    })?;
                    if !objects.has(&tile.path())? && !objects.has(&tile.full().path())? {
                        return Ok(false);
                    }
                }
            }
            Ok(true)
        })
        .await
    }

    async fn root_of(&self, size: TreeSize) -> Result<Hash, PublishError> {
        let objects = self.objects.clone();
        blocking(move || {
            tile::root_from_tiles(size, |tile| fetch(&*objects, tile))
                .map_err(|error| PublishError::Damaged { index: size.0, why: error.to_string() })
        })
        .await
    }

    async fn keep(&self, size: u64, note: &[u8]) -> Result<(), PublishError> {
        let store = self.store.clone();
        let row = CheckpointRow { size: rows::signed(size), note: note.to_vec() };
        let mut unit = store.unit().await?;
        unit.put_checkpoint(&row).await?;
        unit.save().await?;
        self.turns.changed([Name::Checkpoint(row.size), Name::NewestCheckpoint]);
        Ok(())
    }

    /// Asks each witness that has not cosigned, keeps what they gave, and shows the checkpoint to the public.
    async fn cosign_and_show(&self, size: u64, note: Vec<u8>) -> Result<(), PublishError> {
        let damaged = |error: &dyn std::fmt::Display| PublishError::Sign(error.to_string());
        let (_, mut signed) = open_checkpoint(&note, &self.log_key).map_err(|error| damaged(&error))?;
        let before = signed.signatures().len();
        for cosigner in &self.cosigners {
            let key = cosigner.key();
            if signed.signatures().iter().any(|signature| signature.is_of(&key)) {
                continue;
            }
            if let Err(error) = self.ask(&**cosigner, size, &mut signed).await {
                tracing::warn!(witness = key.name(), %error, "a witness did not cosign");
                metrics::counter!("nguon_cosignatures_missed_total").increment(1);
            }
        }
        let bytes = signed.to_string().into_bytes();
        if signed.signatures().len() != before {
            self.keep(size, &bytes).await?;
        }
        let objects = self.objects.clone();
        blocking(move || {
            objects.put(&format!("checkpoints/{}", checkpoint_name(size)), &bytes)?;
            objects.put("checkpoint", &bytes)?;
            Ok(())
        })
        .await?;
        self.turns.changed([Name::NewestCheckpoint]);
        Ok(())
    }

    /// One witness, at most two tries: the first may teach us which size it knows.
    async fn ask(&self, cosigner: &dyn Cosigner, size: u64, note: &mut Note) -> Result<(), String> {
        let mut old = cosigner.known_size();
        for _ in 0..2 {
            if old > size {
                return Err(format!(
                    "it cosigned size {old}, and this checkpoint has {size}: never sign a smaller one"
                ));
            }
            let objects = self.objects.clone();
            let proof = blocking(move || {
                if old == 0 || old == size {
                    return Ok(Vec::new());
                }
                tile::consistency_from_tiles(TreeSize(old), TreeSize(size), |tile| fetch(&*objects, tile))
                    .map_err(|error| PublishError::Sign(error.to_string()))
            })
            .await
            .map_err(|error| error.to_string())?;
            let request = AddCheckpoint { old_size: TreeSize(old), proof, checkpoint: note.clone() };
            match cosigner.ask(&request).await? {
                Asked::Cosigned(lines) => {
                    return add_cosignatures(note, &lines, &[cosigner.key()])
                        .map_err(|error| error.to_string());
                }
                Asked::Knows(known) => old = known,
            }
        }
        Err("it does not agree on the size it knows".to_owned())
    }
}

/// The size of a bundle of entries that was published beyond this size, if there is one.
fn tiles_beyond(objects: &dyn Objects, size: u64) -> Result<Option<u64>, PublishError> {
    let width = u64::from(FULL_WIDTH);
    let (bundle, filled) = (size / width, size % width);
    for more in filled + 1..=width {
        let count = u16::try_from(more).unwrap_or(FULL_WIDTH);
        let tile = Tile::new(Level::Entries, bundle, count)
            .map_err(|error| PublishError::Damaged { index: size, why: error.to_string() })?;
        if objects.has(&tile.path())? {
            return Ok(Some(bundle * width + more));
        }
    }
    Ok(None)
}

type Batch = (Vec<Vec<u8>>, Vec<Vec<Opened>>, BTreeSet<u64>);

async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, PublishError> + Send + 'static,
) -> Result<T, PublishError> {
    tokio::task::spawn_blocking(work).await.unwrap_or_else(|error| Err(PublishError::Sign(error.to_string())))
}

/// The tile, or the full tile that has taken its place.
pub fn fetch(objects: &dyn Objects, tile: &Tile) -> std::io::Result<Vec<u8>> {
    if let Some(bytes) = objects.get(&tile.path())? {
        return Ok(bytes);
    }
    objects.get(&tile.full().path())?.ok_or_else(|| std::io::ErrorKind::NotFound.into())
}

/// `1234067` → `x001/x234/067`, as tiles are numbered, so that no folder grows without bound.
pub fn checkpoint_name(size: u64) -> String {
    let mut name = format!("{:03}", size % 1000);
    let mut rest = size / 1000;
    while rest > 0 {
        name = format!("x{:03}/{name}", rest % 1000);
        rest /= 1000;
    }
    name
}

fn write_batch(
    objects: &dyn Objects,
    bundle: u64,
    done: u64,
    end: u64,
    entries: &[Vec<u8>],
    opened: &[Vec<Opened>],
) -> Result<(), PublishError> {
    let damaged =
        |error: &dyn std::fmt::Display| PublishError::Damaged { index: done, why: error.to_string() };
    let width = usize::from(FULL_WIDTH);
    for (n, (entries, opened)) in entries.chunks(width).zip(opened.chunks(width)).enumerate() {
        let index = bundle / u64::from(FULL_WIDTH) + n as u64;
        let count = u16::try_from(entries.len()).unwrap_or(FULL_WIDTH);
        let tile = Tile::new(Level::Entries, index, count).map_err(|error| damaged(&error))?;
        let bytes = tile::encode_entries(entries).map_err(|error| damaged(&error))?;
        put_tile(objects, &tile, &bytes)?;
        put_openings(objects, index, count, opened)?;
    }
    let skip = usize::try_from(done - bundle).unwrap_or(usize::MAX);
    let leaves: Vec<Hash> =
        entries.iter().skip(skip).map(|bytes| nguon_ledger::merkle::leaf_hash(bytes)).collect();
    debug_assert_eq!(done + leaves.len() as u64, end);
    let grown = tile::grow_tiles(TreeSize(done), &leaves, |tile| fetch(objects, tile))
        .map_err(|error| damaged(&error))?;
    for (tile, bytes) in grown {
        put_tile(objects, &tile, &bytes)?;
    }
    Ok(())
}

fn put_openings(
    objects: &dyn Objects,
    index: u64,
    width: u16,
    opened: &[Vec<Opened>],
) -> Result<(), PublishError> {
    let damaged = |error: &dyn std::fmt::Display| PublishError::Damaged { index, why: error.to_string() };
    let tile = Tile::new(Level::Openings, index, width).map_err(|error| damaged(&error))?;
    put_tile(objects, &tile, &openings::encode(opened).map_err(|error| damaged(&error))?)
}

/// Writes a tile; a full one makes its partial forms superfluous (C2SP tlog-tiles, "Partial tiles").
fn put_tile(objects: &dyn Objects, tile: &Tile, bytes: &[u8]) -> Result<(), PublishError> {
    objects.put(&tile.path(), bytes)?;
    if tile.is_full() {
        objects.remove(&format!("{}.p", tile.path()))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn checkpoints_are_numbered_like_tiles() {
        assert_eq!(checkpoint_name(0), "000");
        assert_eq!(checkpoint_name(67), "067");
        assert_eq!(checkpoint_name(1_234_067), "x001/x234/067");
    }
}
