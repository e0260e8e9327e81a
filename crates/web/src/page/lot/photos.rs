//! Photographs on the page of a lot: the product's own in place of the drawing, and those of its records, small, where the records
//! stand. Only those that somebody brought and nobody took away; the signed record names the others all the same.

use nguon_service::Images;
use nguon_service::images::thing;
use nguon_service::turns::{Name, Seen};
use nguon_trace::facts::Photo;
use nguon_trace::lot::Stage as Told;

use super::super::words::Said;
use super::scene::Scene;

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
}

fn shown(photo: &Photo, width: u32, alt: Said) -> Shown {
    let src = format!("/images/{}?w={width}", photo.digest);
    Shown { src, href: format!("/images/{}?w=960", photo.digest), alt }
}

/// The product's photograph.
pub(super) fn of_product(scene: &Scene<'_>, images: &Images) -> Option<Shown> {
    let photo = scene.lot.product.as_ref()?.image.as_ref().filter(|photo| images.is_kept(&photo.digest.0))?;
    let alt =
        photo.caption.as_ref().map_or_else(|| scene.product_said(), |caption| scene.words.said(caption));
    Some(shown(photo, 480, alt))
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

/// Takes down which pictures a page hangs on, be they there or not.
pub(super) fn note(seen: &Seen, lot: &nguon_service::Lot) {
    let own = lot.product.iter().filter_map(|product| product.image.as_ref());
    for photo in own.chain(lot.state.stages.iter().flat_map(|stage| &stage.photos)) {
        seen.note(Name::Thing(&thing(photo.digest)));
    }
}
