//! Reads the form of a report (RFC 7578, `multipart/form-data`) under limits of parts, names and lengths.
//!
//! The body is read first, under the limits of [`body`]: so the parser never waits for anybody, and what it takes is bounded.

use axum::body::Body;
use axum::http::{HeaderMap, header};
use multer::{Constraints, Multipart, SizeLimit};
use nguon_service::reports::{Filled, PHOTO_BYTES_MAX};
use tokio::sync::OwnedSemaphorePermit;

use crate::api::body;
use crate::app::App;
use crate::problem::Problem;

/// The photograph and what stands around it.
const FORM_BYTES_MAX: usize = PHOTO_BYTES_MAX + (64 << 10);
/// Bytes of a text field: four a character, and some to be told that it is too long.
const TEXT_BYTES_MAX: u64 = 16 << 10;
/// The fields of the form; each comes once.
const FIELDS: [&str; 7] = ["token", "code", "reason", "text", "contact", "photo", "website"];

/// Why a form was not read.
pub(super) enum UploadError {
    /// More bytes than a form has.
    TooLarge,
    /// It was not sent as it should be: too slow, too many at once.
    Problem(Problem),
    /// It is no form of ours.
    Form,
}

/// A form that was read.
pub(super) struct Sent {
    pub(super) said: Filled,
    /// The field that no person sees has something in it.
    pub(super) is_robot: bool,
}

/// Reads a form; the share of memory is given back when it is dropped.
pub(super) async fn read(
    app: &App,
    headers: &HeaderMap,
    body: Body,
) -> Result<(Sent, Option<OwnedSemaphorePermit>), UploadError> {
    let content_type = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let boundary =
        content_type.and_then(|value| multer::parse_boundary(value).ok()).ok_or(UploadError::Form)?;
    let read = body::read_any(headers, body, FORM_BYTES_MAX, &app.body_bytes).await;
    let read = read.map_err(|problem| match problem.code() {
        "request-too-large" => UploadError::TooLarge,
        _ => UploadError::Problem(problem),
    })?;
    let _turn = app.forms.acquire().await.map_err(|_| UploadError::Problem(Problem::new("busy")))?;
    Ok((parse(read.bytes, boundary).await?, read.share))
}

async fn parse(bytes: Vec<u8>, boundary: String) -> Result<Sent, UploadError> {
    let limits = SizeLimit::new().per_field(TEXT_BYTES_MAX).for_field("photo", PHOTO_BYTES_MAX as u64 + 1);
    let constraints = Constraints::new().allowed_fields(FIELDS.to_vec()).size_limit(limits);
    let stream = Body::from(bytes).into_data_stream();
    let mut parts = Multipart::with_constraints(stream, boundary, constraints);
    let mut sent = Sent { said: Filled::default(), is_robot: false };
    let mut seen = [false; FIELDS.len()];
    while let Some(part) = parts.next_field().await.map_err(refuse)? {
        let place = part.name().and_then(|name| FIELDS.iter().position(|field| *field == name));
        let place = place.ok_or(UploadError::Form)?;
        if std::mem::replace(&mut seen[place], true) {
            return Err(UploadError::Form);
        }
        let contents = part.bytes().await.map_err(refuse)?;
        if FIELDS[place] == "photo" {
            sent.said.photo = contents.to_vec();
            continue;
        }
        // The page is UTF-8, and so is what browsers send of it (HTML, section 4.10.22.8).
        let text = String::from_utf8(contents.to_vec()).map_err(|_| UploadError::Form)?;
        match FIELDS[place] {
            "token" => sent.said.token = text,
            "code" => sent.said.about = text,
            "reason" => sent.said.reason = text,
            "text" => sent.said.words = text,
            "contact" => sent.said.contact = text,
            _ => sent.is_robot = !text.is_empty(),
        }
    }
    Ok(sent)
}

fn refuse(error: multer::Error) -> UploadError {
    match error {
        multer::Error::FieldSizeExceeded { field_name: Some(name), .. } if name == "photo" => {
            UploadError::TooLarge
        }
        _ => UploadError::Form,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn part(name: &str, contents: &[u8]) -> Vec<u8> {
        let head = format!("--b\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n");
        [head.as_bytes(), contents, b"\r\n"].concat()
    }

    async fn read(parts: &[Vec<u8>]) -> Result<Sent, &'static str> {
        let body = [parts.concat(), b"--b--\r\n".to_vec()].concat();
        parse(body, "b".to_owned()).await.map_err(|error| match error {
            UploadError::TooLarge => "too large",
            UploadError::Problem(_) => "problem",
            UploadError::Form => "form",
        })
    }

    #[tokio::test]
    async fn a_form_is_read_field_by_field() {
        let all = [
            part("token", b"00"),
            part("code", "/p/chè".as_bytes()),
            part("reason", b"other"),
            part("text", "Bán ở chợ\r\nBến Thành".as_bytes()),
            part("contact", b"0912 345 678"),
            part("website", b""),
            part("photo", b"\xff\xd8\xff\0--b\r"),
        ];
        let Ok(sent) = read(&all).await else { panic!("an honest form") };
        assert_eq!(sent.said.words, "Bán ở chợ\r\nBến Thành");
        assert_eq!((sent.said.token.as_str(), sent.said.about.as_str()), ("00", "/p/chè"));
        assert_eq!((sent.said.reason.as_str(), sent.said.contact.as_str()), ("other", "0912 345 678"));
        assert_eq!(sent.said.photo, b"\xff\xd8\xff\0--b\r");
        assert!(!sent.is_robot);
        let Ok(sent) = read(&[part("website", b"x")]).await else { panic!("a robot's form") };
        assert!(sent.is_robot);
    }

    #[tokio::test]
    async fn a_bomb_of_parts_names_or_headers_is_refused() {
        let many: Vec<Vec<u8>> = (0..10_000).map(|n| part(&format!("p{n}"), b"x")).collect();
        let twice = [part("code", b"a"), part("code", b"b")];
        let photos: Vec<Vec<u8>> = (0..100).map(|_| part("photo", &[0xff; 1_000])).collect();
        let long = [part("text", &vec![b'x'; 17 << 10])];
        let not_text = [part("text", b"\xff\xfe")];
        let no_name = [b"--b\r\nContent-Disposition: form-data\r\n\r\nx\r\n".to_vec()];
        let headers: String = (0..5_000).map(|n| format!("X-{n}: y\r\n")).collect();
        let headers = [format!("--b\r\n{headers}\r\nx\r\n").into_bytes()];
        let one_header = [format!("--b\r\nX: {}\r\n\r\nx\r\n", "y".repeat(1 << 20)).into_bytes()];
        let name = [part(&"n".repeat(100_000), b"x")];
        let cut = [b"--b\r\nContent-Disposition: form-data; name=\"code\"\r\n\r\nabc".to_vec()];
        for parts in [&many[..], &twice, &photos, &long, &not_text, &no_name, &headers, &one_header, &name] {
            assert_eq!(read(parts).await.err(), Some("form"));
        }
        assert!(parse(cut.concat(), "b".to_owned()).await.is_err());
        assert_eq!(read(&[part("photo", &vec![0xff; PHOTO_BYTES_MAX + 2])]).await.err(), Some("too large"));
    }
}
