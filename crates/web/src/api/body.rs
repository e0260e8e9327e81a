//! Reads a request body under limits of size, memory and speed.
//!
//! - **Size**: at most what the route says, counted as the bytes come. Compressed bodies are refused altogether, so
//!   there is nothing to inflate and no limit to put on the wrong side of a decompressor.
//! - **Memory**: the bytes of all bodies together are bounded. A slow sender holds only what it has sent.
//! - **Speed**: ten seconds, plus the time that the bytes received so far take at 8 KiB a second. A phone on a
//!   bad line passes; a drip does not.

use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::http::{HeaderMap, header};
use http_body_util::BodyExt;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::problem::Problem;

/// Time before the first byte counts.
const GRACE: Duration = Duration::from_secs(10);
/// The slowest line that is waited for.
const BYTES_PER_SECOND_MIN: u64 = 8 * 1024;

/// A body in memory, with its share of the bound.
pub(crate) struct Read {
    pub(crate) bytes: Vec<u8>,
    /// Given back when the body is no longer needed.
    pub(crate) share: Option<OwnedSemaphorePermit>,
}

/// Reads a JSON body.
pub(crate) async fn read_json(
    headers: &HeaderMap,
    body: Body,
    limit_bytes: usize,
    memory: &Arc<Semaphore>,
) -> Result<Read, Problem> {
    check_media_type(headers, "application/json")?;
    read_any(headers, body, limit_bytes, memory).await
}

/// Reads a form.
pub(crate) async fn read_form(
    headers: &HeaderMap,
    body: Body,
    limit_bytes: usize,
    memory: &Arc<Semaphore>,
) -> Result<Read, Problem> {
    check_media_type(headers, "application/x-www-form-urlencoded")?;
    read_any(headers, body, limit_bytes, memory).await
}

/// Reads a body of any media type.
pub(crate) async fn read_any(
    headers: &HeaderMap,
    body: Body,
    limit_bytes: usize,
    memory: &Arc<Semaphore>,
) -> Result<Read, Problem> {
    check_coding(headers)?;
    let too_large = || Problem::new("request-too-large").saying("limit_bytes", limit_bytes);
    let promised =
        headers.get(header::CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse::<u64>().ok());
    if promised.is_some_and(|promised| promised > limit_bytes as u64) {
        return Err(too_large());
    }
    #[expect(clippy::disallowed_methods, reason = "the edge decides how long it waits for a line")]
    let mut deadline = tokio::time::Instant::now() + GRACE;
    let mut body = body;
    let mut read = Read { bytes: Vec::new(), share: None };
    loop {
        let frame = match tokio::time::timeout_at(deadline, body.frame()).await {
            Err(_) => return Err(Problem::new("body-too-slow")),
            Ok(None) => return Ok(read),
            Ok(Some(Err(error))) => return Err(Problem::new("body-incomplete").because(error)),
            Ok(Some(Ok(frame))) => frame,
        };
        // Trailers say nothing to us.
        let Ok(data) = frame.into_data() else { continue };
        if read.bytes.len() + data.len() > limit_bytes {
            return Err(too_large());
        }
        let more = u32::try_from(data.len()).map_err(|_| too_large())?;
        let permit = memory.clone().try_acquire_many_owned(more).map_err(|_| Problem::new("busy"))?;
        match &mut read.share {
            Some(share) => share.merge(permit),
            None => read.share = Some(permit),
        }
        deadline += Duration::from_millis(u64::from(more) * 1000 / BYTES_PER_SECOND_MIN);
        read.bytes.extend_from_slice(&data);
    }
}

fn check_media_type(headers: &HeaderMap, wanted: &str) -> Result<(), Problem> {
    check_coding(headers)?;
    let media_type = text(headers, header::CONTENT_TYPE).unwrap_or_default();
    if media_type.split(';').next().map(str::trim) != Some(wanted) {
        return Err(Problem::new("media-type-unsupported"));
    }
    Ok(())
}

fn check_coding(headers: &HeaderMap) -> Result<(), Problem> {
    match text(headers, header::CONTENT_ENCODING).as_deref() {
        None | Some("identity") => Ok(()),
        Some(_) => Err(Problem::new("encoding-unsupported")),
    }
}

fn text(headers: &HeaderMap, name: header::HeaderName) -> Option<String> {
    headers.get(name).map(|value| value.to_str().unwrap_or("").trim().to_ascii_lowercase())
}
