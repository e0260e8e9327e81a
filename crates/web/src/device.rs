//! Requests for what is not everybody's to read, signed by a device's key (RFC 9421; the form is told in
//! [`nguon_ledger::request`]). There are no passwords, sessions or tokens: the key that signs harvests opens the drawer.

use axum::http::request::Parts;
use axum::http::{HeaderMap, header};
use nguon_ledger::PublicKey;
use nguon_ledger::request::{Asked, RequestError, Signed, content_digest};

use crate::app::App;
use crate::problem::Problem;

/// The key that signed a request to this ledger. What it may do is for the use case to say.
pub(crate) fn signed_by(app: &App, parts: &Parts) -> Result<PublicKey, Problem> {
    signed(app, parts, None)
}

/// The key that signed a request with this body.
pub(crate) fn signed_with(app: &App, parts: &Parts, body: &[u8]) -> Result<PublicKey, Problem> {
    let said = one(&parts.headers, "content-digest");
    let digest = said.ok_or_else(|| Problem::new("request-unsigned"))?;
    if digest != content_digest(body) {
        return Err(Problem::new("request-signature-wrong").because("Content-Digest is not that of the body"));
    }
    signed(app, parts, Some(&digest))
}

fn signed(app: &App, parts: &Parts, content_digest: Option<&str>) -> Result<PublicKey, Problem> {
    let field = |name: &str| one(&parts.headers, name);
    let (Some(input), Some(signature)) = (field("signature-input"), field("signature")) else {
        return Err(Problem::new("request-unsigned"));
    };
    let host = one(&parts.headers, header::HOST.as_str()).unwrap_or_default().to_ascii_lowercase();
    if !is_ours(&host, app.service.public_base_url()) {
        return Err(Problem::new("request-for-another-host"));
    }
    let asked = Asked {
        method: parts.method.as_str(),
        authority: &host,
        path: parts.uri.path(),
        query: parts.uri.query(),
        content_digest,
    };
    let now_s = u64::try_from(app.service.now_ms() / 1_000).unwrap_or(0);
    let signed = Signed { input, signature };
    signed.verify(&asked, &app.service.ledger_id(), now_s).map_err(|error| {
        Problem::new(match error {
            RequestError::Malformed => "request-signature-malformed",
            RequestError::OtherLedger => "wrong-ledger",
            RequestError::Stale => "request-signature-stale",
            RequestError::Wrong => "request-signature-wrong",
        })
        .because(error)
    })
}

/// A field that stands there once.
fn one(headers: &HeaderMap, name: &str) -> Option<String> {
    let mut values = headers.get_all(name).iter();
    let value = values.next()?.to_str().ok()?.to_owned();
    values.next().is_none().then_some(value)
}

/// Whether a request to this host was meant for us: what is signed for somebody else's server is not passed on to ours.
fn is_ours(host: &str, base: &str) -> bool {
    let public = base.split_once("://").map_or(base, |(_, rest)| rest).split('/').next().unwrap_or_default();
    let name = match host.strip_prefix('[') {
        Some(rest) => rest.split(']').next().unwrap_or_default(),
        None => host.split(':').next().unwrap_or_default(),
    };
    host == public.to_ascii_lowercase() || matches!(name, "localhost" | "127.0.0.1" | "::1")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_our_own_names_are_ours() {
        let base = "https://Nguon.Lamdong.example/truy-xuat";
        for host in ["nguon.lamdong.example", "localhost:8080", "127.0.0.1:8080", "[::1]:8080"] {
            assert!(is_ours(host, base), "{host}");
        }
        for host in [
            "",
            "evil.example",
            "nguon.lamdong.example:444",
            "nguon.lamdong.example.evil.example",
            "127.0.0.1.evil.example",
        ] {
            assert!(!is_ours(host, base), "{host}");
        }
    }
}
