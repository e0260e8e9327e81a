//! Photographs on the page of a lot: the product's own in place of the drawing, or else the newest of the lot's records, and those
//! of its records, small, where the records stand. Only those that somebody brought and nobody took away; the signed record names the others all the same,
//! and the page says which were taken away.

use std::collections::HashSet;
use std::sync::Arc;

use nguon_service::images::thing;
use nguon_service::turns::{Name, Seen};
use nguon_service::{Images, LookupError, Lot};
use nguon_trace::facts::{Digest, Photo};
use nguon_trace::lot::{Effect, Stage as Told};

use super::super::words::{Said, Words};
use super::scene::Scene;
use crate::app::App;
use crate::problem::Problem;

/// Photographs of one record that are shown.
const SHOWN: usize = 3;

/// A photograph on the page.
pub(super) struct Shown {
    /// A small copy.
    pub(super) src: String,
    /// A larger one.
    pub(super) href: String,
    /// What it shows, or what it belongs to.
    pub(super) alt: Said,
    /// Who took it, where it is of this very lot and stands before everything else.
    pub(super) by: Option<String>,
}

fn shown(photo: &Photo, width: u32, alt: Said) -> Shown {
    let src = format!("/images/{}?w={width}", photo.digest);
    Shown { src, href: format!("/images/{}?w=960", photo.digest), alt, by: None }
}

/// The product's photograph; without one, the newest of the records that count. What somebody else claims of the lot is not
/// what it looks like.
pub(super) fn first(scene: &Scene<'_>, images: &Images) -> Option<Shown> {
    let own =
        scene.lot.product.iter().filter_map(|product| product.image.as_ref()).map(|photo| (photo, None));
    let counting = scene.lot.state.stages.iter().rev().filter(|told| told.effect == Effect::Counts);
    let taken = counting.flat_map(|told| told.photos.iter().map(move |photo| (photo, Some(told))));
    let (photo, told) = own.chain(taken).find(|(photo, _)| images.is_kept(&photo.digest.0))?;
    let alt =
        photo.caption.as_ref().map_or_else(|| scene.product_said(), |caption| scene.words.said(caption));
    let by = told.map(|told| {
        let who = scene.organisation(&told.organisation).text;
        scene.words.with("photo-by", &[("who", &who)])
    });
    Some(Shown { by, ..shown(photo, 480, alt) })
}

/// Those of a record; `title` is what the record is called.
pub(super) fn of_stage(scene: &Scene<'_>, told: &Told, title: &str, images: &Images) -> Vec<Shown> {
    let kept = told.photos.iter().filter(|photo| images.is_kept(&photo.digest.0)).take(SHOWN);
    kept.map(|photo| {
        let alt = match &photo.caption {
            Some(caption) => scene.words.said(caption),
            None => Said { text: title.to_owned(), lang: None },
        };
        shown(photo, 160, alt)
    })
    .collect()
}

/// Pictures of a lot of which it is looked up whether they were taken away, at most.
const LOOKED_UP: usize = 200;

/// The lot's pictures that somebody took away.
pub(super) async fn gone(app: &Arc<App>, lot: &Lot) -> Result<HashSet<Digest>, Problem> {
    let told = lot.state.stages.iter().flat_map(|stage| &stage.photos);
    let missing = told.map(|photo| photo.digest).filter(|one| !app.service.images().is_kept(&one.0));
    let missing: Vec<Digest> = missing.take(LOOKED_UP).collect();
    if missing.is_empty() {
        return Ok(HashSet::new());
    }
    let service = app.service.clone();
    let gone = app.ask(async move { service.images().removed(missing).await }).await?;
    gone.map_err(|error| Problem::from(LookupError::Store(error)))
}

/// How many pictures of a record were taken away, in words.
pub(super) fn gone_of_stage(words: Words, told: &Told, gone: &HashSet<Digest>) -> Option<String> {
    let count = told.photos.iter().filter(|photo| gone.contains(&photo.digest)).count();
    (count > 0).then(|| words.count("photos-removed", u64::try_from(count).unwrap_or(u64::MAX)))
}

/// Takes down which pictures a page hangs on, be they there or not.
pub(super) fn note(seen: &Seen, lot: &Lot) {
    let own = lot.product.iter().filter_map(|product| product.image.as_ref());
    for photo in own.chain(lot.state.stages.iter().flat_map(|stage| &stage.photos)) {
        seen.note(Name::Thing(&thing(photo.digest)));
    }
}
