//! `GET /images/{blake3}`: pictures by their contents.
//!
//! Records name pictures by digest; the files themselves are not kept yet, so every picture is honestly absent and no page
//! links to one.

use axum::extract::Path;

use crate::problem::Problem;

pub(crate) async fn picture(Path(digest): Path<String>) -> Problem {
    match digest.parse::<nguon_trace::facts::Digest>() {
        Ok(_) => Problem::new("image-not-found"),
        Err(_) => Problem::new("id-malformed"),
    }
}
