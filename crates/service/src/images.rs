//! Photographs that records name, kept by their digest.
//!
//! ```text
//! images/3f/3f9a…        the very bytes whose BLAKE3 a logged record names
//! images/3f/3f9a….480    the same picture 480 pixels wide, JPEG; made when first asked for
//! ```
//!
//! A record holds digest and media type, and is signed; so the record decides which bytes are kept, and anybody may bring
//! them: there is nothing to choose. Whoever brings them says which record names them (its event id), and that record is
//! read: no index is kept, and what was erased names nothing any more. Its organisation must be recognised, or else every
//! stranger could hang up pictures in a province's name; and of one record the first [`PHOTOS_MAX`] count.
//!
//! Bytes are never changed here, because that would change the digest: a file that says where it was taken is refused, with
//! what to do about it ([`PictureError::Beside`]).
//!
//! **Erasure.** A face in a picture is personal data. [`Images::remove`] writes into the database that the digest must not be
//! shown, and deletes the files; the record with the digest stays. At a start, files that came back from an old copy go again.
//!
//! **Trust.** These files are public. Who can change them can show another picture under a digest, which everybody can notice
//! who hashes it; who deletes them takes pictures away.

use std::sync::Arc;
use std::time::Duration;

use nguon_ledger::{EventId, OrganisationId};
use nguon_storage::{ImageRemovalRow, Store, StoreError};
use nguon_trace::facts::{Digest, Facts, Photo};
use nguon_trace::lot::Standing;
use tokio::sync::{Mutex, Semaphore, watch};

use crate::clock::Clock;
use crate::lookup::{Lookup, LookupError};
use crate::objects::Objects;
use crate::pictures::{self, Picture, PictureError};
use crate::project::Directory;
use crate::turns::{Name, Turns};

/// Bytes of one picture.
pub const IMAGE_BYTES_MAX: usize = 3_000_000;
/// Photographs of one record that are kept.
pub const PHOTOS_MAX: usize = 12;
/// The widths in which a picture is given.
pub const WIDTHS: [u32; 4] = [160, 320, 480, 960];
/// How long somebody waits for the turn to have a picture decoded.
const PATIENCE: Duration = Duration::from_secs(8);
/// A picture may be so much higher than it is wide.
const HEIGHT_PER_WIDTH: u32 = 4;

/// Why a picture was not kept, in the order in which it is looked at.
#[derive(Debug, thiserror::Error)]
pub enum ImageRefused {
    /// Too many bytes.
    #[error("the picture has {0} bytes; {IMAGE_BYTES_MAX} are taken")]
    TooLarge(usize),
    /// Other bytes than the address says.
    #[error("the bytes have the BLAKE3 {0}")]
    OtherDigest(Digest),
    /// It was taken away and stays away.
    #[error("this picture was removed and is not taken again")]
    Removed,
    /// The record is not logged, or its public facts do not name the picture among the first ones.
    #[error("no record of this event names the picture among its first {PHOTOS_MAX}")]
    NotNamed,
    /// Nobody stands behind the organisation.
    #[error("the organisation of that record is not recognised")]
    NotRecognised,
    /// It is something else than the record says.
    #[error("the record says {said}, and the bytes are {is}")]
    OtherKind {
        /// Media type in the record.
        said: String,
        /// Media type of the bytes.
        is: &'static str,
    },
    /// It is no picture that may be kept.
    #[error(transparent)]
    Picture(#[from] PictureError),
    /// Too many at once.
    #[error("too many pictures at once")]
    Busy,
    /// The database or the files failed.
    #[error(transparent)]
    Failed(#[from] LookupError),
}

impl From<StoreError> for ImageRefused {
    fn from(error: StoreError) -> Self {
        Self::Failed(error.into())
    }
}

impl From<std::io::Error> for ImageRefused {
    fn from(error: std::io::Error) -> Self {
        Self::Failed(error.into())
    }
}

/// What became of a picture that was brought.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kept {
    /// It is kept now, durably.
    New,
    /// It was kept already.
    Again,
}

/// What there is under a digest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Shown {
    /// The bytes of a picture.
    Picture(Vec<u8>),
    /// It was taken away.
    Removed,
    /// Nobody brought it.
    Absent,
}

/// The pictures of a ledger.
pub struct Images {
    lookup: Lookup,
    directory: Directory,
    clock: Arc<dyn Clock>,
    projected: watch::Receiver<u64>,
    /// One picture is decoded at a time: 12 megapixels take 100 MB.
    turn: Semaphore,
    /// Two writers of one file would write into one file aside.
    writing: Mutex<()>,
    turns: Arc<Turns>,
    /// Pictures of which this process found that another one took them away, and said so.
    found_gone: std::sync::Mutex<std::collections::HashSet<Digest>>,
}

/// Pictures whose going is remembered. Beyond it they are forgotten, and said again.
const GONE_REMEMBERED: usize = 10_000;

impl Images {
    pub(crate) fn new(
        lookup: Lookup,
        directory: Directory,
        clock: Arc<dyn Clock>,
        projected: watch::Receiver<u64>,
        turns: Arc<Turns>,
    ) -> Self {
        Self {
            lookup,
            directory,
            clock,
            projected,
            turn: Semaphore::new(1),
            writing: Mutex::new(()),
            turns,
            found_gone: std::sync::Mutex::default(),
        }
    }

    /// Keeps a picture that a record names.
    pub async fn keep(&self, digest: Digest, event: EventId, bytes: Vec<u8>) -> Result<Kept, ImageRefused> {
        if bytes.len() > IMAGE_BYTES_MAX {
            return Err(ImageRefused::TooLarge(bytes.len()));
        }
        let is = Digest(*blake3::hash(&bytes).as_bytes());
        if is != digest {
            return Err(ImageRefused::OtherDigest(is));
        }
        if self.is_removed(digest).await? {
            return Err(ImageRefused::Removed);
        }
        let (organisation, photo) = self.named(digest, event).await?.ok_or(ImageRefused::NotNamed)?;
        if !self.is_recognised(organisation) {
            return Err(ImageRefused::NotRecognised);
        }
        let picture = Picture::inspect(&bytes)?;
        if picture.kind.media_type() != photo.media_type {
            return Err(ImageRefused::OtherKind { said: photo.media_type, is: picture.kind.media_type() });
        }
        let picture = picture.within(pictures::PIXELS_MAX)?.alone()?;
        if self.has(&name(digest)) {
            return Ok(Kept::Again);
        }
        let bytes = self
            .decoding(move || {
                picture.check_pixels(&bytes)?;
                Ok(bytes)
            })
            .await?;
        self.write(name(digest), bytes).await?;
        // Somebody may have taken it away from another process meanwhile.
        if self.is_removed(digest).await? {
            self.delete(digest).await?;
            return Err(ImageRefused::Removed);
        }
        self.turns.changed([Name::Thing(&thing(digest))]);
        metrics::counter!("nguon_images_kept_total").increment(1);
        Ok(Kept::New)
    }

    /// The public photograph of this digest in a record, and whose record it is.
    async fn named(
        &self,
        digest: Digest,
        event: EventId,
    ) -> Result<Option<(OrganisationId, Photo)>, ImageRefused> {
        let Some(entry) = self.lookup.entry(event).await? else { return Ok(None) };
        // Whether it counts is known when the projector has seen it, moments after it was logged.
        let mut projected = self.projected.clone();
        let seen = projected.wait_for(|size| *size > entry.index);
        if !matches!(tokio::time::timeout(PATIENCE, seen).await, Ok(Ok(_))) {
            return Err(ImageRefused::Busy);
        }
        let is_void = {
            let known = self.directory.read().unwrap_or_else(std::sync::PoisonError::into_inner);
            known.is_void(entry.index)
        };
        if entry.disputed || is_void {
            return Ok(None);
        }
        let facts = entry
            .openings
            .iter()
            .find_map(|(_, opening)| Some(nguon_epcis::read(&opening.payload).ok()?.facts));
        let photos = match facts {
            Some(Facts::Event(event)) => event.photos,
            Some(Facts::Product(product)) => product.image.into_iter().collect(),
            Some(Facts::Listing(listing)) => listing.images,
            _ => Vec::new(),
        };
        let photo = photos.into_iter().take(PHOTOS_MAX).find(|photo| photo.digest == digest);
        Ok(photo.map(|photo| (entry.record.belongs_to(), photo)))
    }

    fn is_recognised(&self, organisation: OrganisationId) -> bool {
        let known = self.directory.read().unwrap_or_else(std::sync::PoisonError::into_inner);
        if known.authority.operator() == Some(organisation) {
            return true;
        }
        Standing(known.authority.standing(organisation).0).is_recognised()
    }

    /// Whether a picture is there to be shown. Cheap: one question to the file system.
    pub fn is_kept(&self, digest: &[u8; 32]) -> bool {
        self.has(&name(Digest(*digest)))
    }

    fn has(&self, name: &str) -> bool {
        self.lookup.objects.has(name).unwrap_or_else(|error| {
            tracing::warn!(%error, "whether a picture is kept could not be seen");
            false
        })
    }

    /// The bytes of a picture, as they were brought or in one of [`WIDTHS`] (never made wider).
    pub async fn show(&self, digest: Digest, width: Option<u32>) -> Result<Shown, ImageRefused> {
        let small = width.map(|width| format!("{}.{width}", name(digest)));
        if let Some(small) = &small
            && let Some(bytes) = self.lookup.object(small).await?
        {
            return Ok(Shown::Picture(bytes));
        }
        let Some(bytes) = self.lookup.object(&name(digest)).await? else {
            if !self.is_removed(digest).await? {
                return Ok(Shown::Absent);
            }
            self.is_gone(digest);
            return Ok(Shown::Removed);
        };
        let (Some(small), Some(width)) = (small, width) else { return Ok(Shown::Picture(bytes)) };
        let picture = Picture::inspect(&bytes)?.within(pictures::PIXELS_MAX)?;
        if picture.width <= width {
            return Ok(Shown::Picture(bytes));
        }
        let bytes = self.decoding(move || picture.rewrite(&bytes, width, width * HEIGHT_PER_WIDTH)).await?;
        self.write(small, bytes.clone()).await?;
        if self.is_removed(digest).await? {
            self.delete(digest).await?;
            return Ok(Shown::Removed);
        }
        Ok(Shown::Picture(bytes))
    }

    /// Takes a picture away for good. `reason` and `by` are kept; the digest stays where it was signed.
    pub async fn remove(&self, digest: Digest, reason: &str, by: &str) -> Result<(), LookupError> {
        remove(&*self.lookup.store, &*self.lookup.objects, digest, (reason, by), self.clock.now_ms()).await?;
        self.turns.changed([Name::Thing(&thing(digest))]);
        Ok(())
    }

    /// Deletes files of pictures that were taken away: an older copy of the files may have brought them back.
    pub(crate) async fn repair(&self) -> Result<(), LookupError> {
        let mut after = Vec::new();
        loop {
            let rows = self.lookup.store.reader().await?.image_removals(&after, 500).await?;
            let Some(last) = rows.last() else { return Ok(()) };
            after.clone_from(&last.blake3);
            for row in rows {
                if let Ok(digest) = <[u8; 32]>::try_from(row.blake3) {
                    self.delete(Digest(digest)).await?;
                }
            }
        }
    }

    /// A command beside this process takes pictures away, and pages kept here still show them: whoever asks for one first lets
    /// them be made anew. Once for each, so that asking on costs nothing.
    fn is_gone(&self, digest: Digest) {
        let mut known = self.found_gone.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        if known.len() >= GONE_REMEMBERED {
            known.clear();
        }
        if known.insert(digest) {
            self.turns.changed([Name::Thing(&thing(digest))]);
        }
    }

    /// Which of these pictures were taken away, of those that are not there.
    pub async fn removed(
        &self,
        digests: impl IntoIterator<Item = Digest>,
    ) -> Result<std::collections::HashSet<Digest>, StoreError> {
        let mut removed = std::collections::HashSet::new();
        for digest in digests {
            if !self.is_kept(&digest.0) && self.is_removed(digest).await? {
                removed.insert(digest);
            }
        }
        Ok(removed)
    }

    async fn is_removed(&self, digest: Digest) -> Result<bool, StoreError> {
        Ok(self.lookup.store.reader().await?.image_removal(&digest.0).await?.is_some())
    }

    /// One at a time, outside the async threads. A decoder that panics has refused.
    async fn decoding<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> Result<T, PictureError> + Send + 'static,
    ) -> Result<T, ImageRefused> {
        let Ok(Ok(_turn)) = tokio::time::timeout(PATIENCE, self.turn.acquire()).await else {
            return Err(ImageRefused::Busy);
        };
        let done = tokio::task::spawn_blocking(work).await;
        Ok(done.unwrap_or_else(|panic| Err(PictureError::Undecodable(panic.to_string())))?)
    }

    async fn write(&self, name: String, bytes: Vec<u8>) -> Result<(), ImageRefused> {
        let _alone = self.writing.lock().await;
        let objects = self.lookup.objects.clone();
        Ok(blocking(move || objects.put(&name, &bytes)).await?)
    }

    async fn delete(&self, digest: Digest) -> Result<(), LookupError> {
        let _alone = self.writing.lock().await;
        let objects = self.lookup.objects.clone();
        Ok(blocking(move || delete(&*objects, digest)).await?)
    }
}

async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> std::io::Result<T> + Send + 'static,
) -> std::io::Result<T> {
    tokio::task::spawn_blocking(work).await.map_err(|error| std::io::Error::other(error.to_string()))?
}

/// What whoever keeps pages calls a picture ([`Name::Thing`]): it changes when the picture comes or goes in this process.
pub fn thing(digest: Digest) -> String {
    format!("image:{digest}")
}

fn name(digest: Digest) -> String {
    let hex = digest.to_string();
    format!("images/{}/{hex}", hex.get(..2).unwrap_or_default())
}

fn delete(objects: &dyn Objects, digest: Digest) -> std::io::Result<()> {
    for width in WIDTHS {
        objects.remove(&format!("{}.{width}", name(digest)))?;
    }
    objects.remove(&name(digest))
}

/// Whether a picture is kept in these files.
pub fn is_kept(objects: &dyn Objects, digest: Digest) -> std::io::Result<bool> {
    objects.has(&name(digest))
}

/// Takes a picture away for good, also beside a running service: first it is written that it is gone, then it goes.
pub async fn remove(
    store: &dyn Store,
    objects: &dyn Objects,
    digest: Digest,
    (reason, by): (&str, &str),
    now_ms: i64,
) -> Result<(), LookupError> {
    let mut unit = store.unit().await?;
    unit.insert_image_removal(&ImageRemovalRow {
        blake3: digest.0.to_vec(),
        reason: reason.to_owned(),
        removed_by: by.to_owned(),
        removed_at_ms: now_ms,
    })
    .await?;
    unit.save().await?;
    Ok(delete(objects, digest)?)
}
