//! Who asks: an HTTP request signed by a device's key (RFC 9421), for what is not everybody's to read.
//!
//! ```text
//! Signature-Input: nguon=("@method" "@authority" "@path" "@query");created=1776038400;keyid="<key>";alg="ed25519";tag="nguon:<ledger>"
//! Signature:       nguon=:<base64 of 64 bytes>:
//! ```
//!
//! The signature covers the base of RFC 9421, section 2.5, over exactly these components, in this order, with the ledger's
//! id in the tag: it is good for one method at one address of one ledger, for [`WINDOW_S`] seconds around `created`. A
//! base begins with a quotation mark, which no record does, so one kind of signature never passes for the other.
//! A request with a body covers `"content-digest"` (RFC 9530) as its fifth component; that the body has this digest is
//! checked by whoever reads it ([`content_digest`]). Signed records need none of this: they are signed themselves.
//!
//! ```
//! use nguon_ledger::request::{Asked, Signed};
//! use nguon_ledger::{LedgerId, SigningKey};
//!
//! let (key, ledger) = (SigningKey::from_seed([7; 32]), LedgerId::from_bytes([1; 32]));
//! let asked = Asked { method: "GET", authority: "nguon.example", path: "/api/v1/serials/p/che/l/1", query: None, content_digest: None };
//! let signed = Signed::new(&asked, &ledger, &key, 1_776_038_400);
//! assert_eq!(signed.verify(&asked, &ledger, 1_776_038_401), Ok(key.public()));
//! ```

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use sfv::{BareItem, Dictionary, InnerList, ListEntry, Parser};
use sha2::{Digest as _, Sha256};

use crate::{LedgerId, PublicKey, SigningKey};

/// Seconds that a signature may be old, or from the future.
pub const WINDOW_S: u64 = 300;

/// The signature's name in both fields.
const LABEL: &str = "nguon";
const COMPONENTS: [&str; 4] = ["@method", "@authority", "@path", "@query"];
/// Covered as well where there is a body.
const DIGEST: &str = "content-digest";

/// What is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Asked<'a> {
    /// `GET`.
    pub method: &'a str,
    /// Host, and port if it is not the scheme's own, in small letters.
    pub authority: &'a str,
    /// The path as it is sent.
    pub path: &'a str,
    /// What stands behind the question mark, if there is one.
    pub query: Option<&'a str>,
    /// The `Content-Digest` field of a request that has a body.
    pub content_digest: Option<&'a str>,
}

impl Asked<'_> {
    fn components(&self) -> impl Iterator<Item = &'static str> {
        COMPONENTS.into_iter().chain(self.content_digest.map(|_| DIGEST))
    }
}

/// The `Content-Digest` field of a body (RFC 9530, section 2).
#[must_use]
pub fn content_digest(body: &[u8]) -> String {
    format!("sha-256=:{}:", BASE64_STANDARD.encode(Sha256::digest(body)))
}

/// The two fields of a signed request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signed {
    /// `Signature-Input`.
    pub input: String,
    /// `Signature`.
    pub signature: String,
}

/// Why a request is not signed as it should be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum RequestError {
    /// The fields cannot be read, or cover something else.
    #[error("Signature-Input or Signature is not of the form that this ledger reads")]
    Malformed,
    /// Signed for another ledger.
    #[error("the request is signed for another ledger")]
    OtherLedger,
    /// Too old, or from the future.
    #[error("the signature is more than five minutes old, or from the future: set the clock")]
    Stale,
    /// The signature does not hold.
    #[error("the signature does not hold for this request")]
    Wrong,
}

fn parameters(asked: &Asked<'_>, key: &PublicKey, ledger: &LedgerId, created_s: u64) -> String {
    let covered: Vec<String> = asked.components().map(|name| format!("\"{name}\"")).collect();
    let covered = covered.join(" ");
    format!("({covered});created={created_s};keyid=\"{key}\";alg=\"ed25519\";tag=\"nguon:{ledger}\"")
}

/// The signature base (RFC 9421, section 2.5).
fn base(asked: &Asked<'_>, parameters: &str) -> String {
    let query = asked.query.unwrap_or_default();
    let digest = asked.content_digest.map(|digest| format!("\"{DIGEST}\": {digest}\n")).unwrap_or_default();
    format!(
        "\"@method\": {}\n\"@authority\": {}\n\"@path\": {}\n\"@query\": ?{query}\n{digest}\"@signature-params\": {parameters}",
        asked.method, asked.authority, asked.path
    )
}

impl Signed {
    /// Signs what is asked for.
    pub fn new(asked: &Asked<'_>, ledger: &LedgerId, key: &SigningKey, created_s: u64) -> Self {
        let parameters = parameters(asked, &key.public(), ledger, created_s);
        let signature = key.sign(base(asked, &parameters).as_bytes());
        Self {
            input: format!("{LABEL}={parameters}"),
            signature: format!("{LABEL}=:{}:", BASE64_STANDARD.encode(signature)),
        }
    }

    /// The key that signed this request, if one did.
    pub fn verify(
        &self,
        asked: &Asked<'_>,
        ledger: &LedgerId,
        now_s: u64,
    ) -> Result<PublicKey, RequestError> {
        let input = self.params().ok_or(RequestError::Malformed)?;
        let (key, created_s, tag) = read(&input, asked).ok_or(RequestError::Malformed)?;
        if tag != format!("nguon:{ledger}") {
            return Err(RequestError::OtherLedger);
        }
        if created_s.abs_diff(now_s) > WINDOW_S {
            return Err(RequestError::Stale);
        }
        let signature = self.bytes().ok_or(RequestError::Malformed)?;
        // The parameters in the one form that is signed, whatever blanks and order they came in.
        let base = base(asked, &parameters(asked, &key, ledger, created_s));
        let verifying = key.check_enrolment().map_err(|_| RequestError::Wrong)?;
        verifying.verify(base.as_bytes(), &signature).map_err(|_| RequestError::Wrong)?;
        Ok(key)
    }

    fn params(&self) -> Option<InnerList> {
        let fields: Dictionary = Parser::new(&self.input).parse().ok()?;
        match fields.get(LABEL)? {
            ListEntry::InnerList(list) => Some(list.clone()),
            ListEntry::Item(_) => None,
        }
    }

    fn bytes(&self) -> Option<[u8; 64]> {
        let fields: Dictionary = Parser::new(&self.signature).parse().ok()?;
        match fields.get(LABEL)? {
            ListEntry::Item(item) => match &item.bare_item {
                BareItem::ByteSequence(bytes) => bytes.as_slice().try_into().ok(),
                _ => None,
            },
            ListEntry::InnerList(_) => None,
        }
    }
}

/// Key, time and tag of a signature over exactly our components.
fn read(input: &InnerList, asked: &Asked<'_>) -> Option<(PublicKey, u64, String)> {
    let covered = input.items.iter().map(|item| match &item.bare_item {
        BareItem::String(name) if item.params.is_empty() => Some(name.as_str()),
        _ => None,
    });
    let expected: Vec<Option<&str>> = asked.components().map(Some).collect();
    if !covered.eq(expected) || input.params.len() != 4 {
        return None;
    }
    let text = |name: &str| match input.params.get(name)? {
        BareItem::String(text) => Some(text.as_str().to_owned()),
        _ => None,
    };
    let created = match input.params.get("created")? {
        BareItem::Integer(seconds) => u64::try_from(i64::from(*seconds)).ok()?,
        _ => return None,
    };
    (text("alg")? == "ed25519").then_some(())?;
    Some((text("keyid")?.parse().ok()?, created, text("tag")?))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const NOW_S: u64 = 1_776_038_400;
    const ASKED: Asked<'static> = Asked {
        method: "GET",
        authority: "nguon.example",
        path: "/api/v1/serials/p/che/l/1",
        query: Some("first=1"),
        content_digest: None,
    };

    fn signed() -> Signed {
        Signed::new(&ASKED, &LedgerId::from_bytes([1; 32]), &SigningKey::from_seed([7; 32]), NOW_S)
    }

    fn check(signed: &Signed, asked: &Asked<'_>, now_s: u64, expected: Result<(), RequestError>) {
        let found = signed.verify(asked, &LedgerId::from_bytes([1; 32]), now_s);
        assert_eq!(found.map(|key| assert_eq!(key, SigningKey::from_seed([7; 32]).public())), expected);
    }

    #[test]
    fn a_signature_is_for_one_request_to_one_ledger_at_one_time() {
        let signed = signed();
        check(&signed, &ASKED, NOW_S, Ok(()));
        check(&signed, &ASKED, NOW_S + WINDOW_S, Ok(()));
        check(&signed, &ASKED, NOW_S + WINDOW_S + 1, Err(RequestError::Stale));
        check(&signed, &ASKED, NOW_S - WINDOW_S - 1, Err(RequestError::Stale));
        for other in [
            Asked { method: "HEAD", ..ASKED },
            Asked { authority: "other.example", ..ASKED },
            Asked { path: "/api/v1/serials/p/che/l/2", ..ASKED },
            Asked { query: Some("first=2"), ..ASKED },
            Asked { query: None, ..ASKED },
        ] {
            check(&signed, &other, NOW_S, Err(RequestError::Wrong));
        }
        assert_eq!(
            signed.verify(&ASKED, &LedgerId::from_bytes([2; 32]), NOW_S),
            Err(RequestError::OtherLedger)
        );
    }

    #[test]
    fn whoever_covers_less_or_says_another_key_is_refused() {
        let good = signed();
        let with = |from: &str, to: &str| {
            assert!(good.input.contains(from), "{from}");
            Signed { input: good.input.replace(from, to), ..good.clone() }
        };
        check(&with("\"@method\" ", ""), &ASKED, NOW_S, Err(RequestError::Malformed));
        check(&with("\"@path\"", "\"@path\";req"), &ASKED, NOW_S, Err(RequestError::Malformed));
        check(&with("alg=\"ed25519\"", "alg=\"hmac-sha256\""), &ASKED, NOW_S, Err(RequestError::Malformed));
        check(&with(";alg", ";expires=1;alg"), &ASKED, NOW_S, Err(RequestError::Malformed));
        check(&with("nguon=", "sig1="), &ASKED, NOW_S, Err(RequestError::Malformed));
        check(&with("created=1776038400", "created=1776038401"), &ASKED, NOW_S, Err(RequestError::Wrong));
        let other = SigningKey::from_seed([8; 32]).public().to_string();
        let key = SigningKey::from_seed([7; 32]).public().to_string();
        check(&with(&key, &other), &ASKED, NOW_S, Err(RequestError::Wrong));
        for signature in ["", "nguon=:AAAA:", "nguon=1", "nguon=()", "other=:AAAA:"] {
            let bad = Signed { signature: signature.to_owned(), ..good.clone() };
            check(&bad, &ASKED, NOW_S, Err(RequestError::Malformed));
        }
    }

    #[test]
    fn the_form_is_that_of_the_standard() {
        let signed = signed();
        let key = SigningKey::from_seed([7; 32]).public();
        let ledger = LedgerId::from_bytes([1; 32]);
        assert_eq!(
            signed.input,
            format!(
                "nguon=(\"@method\" \"@authority\" \"@path\" \"@query\");created=1776038400;keyid=\"{key}\";alg=\"ed25519\";tag=\"nguon:{ledger}\""
            )
        );
    }

    #[test]
    fn a_body_is_covered_by_its_digest() {
        // RFC 9530, appendix D: the digest of `{"hello": "world"}` and a line feed.
        let digest = content_digest(b"{\"hello\": \"world\"}\n");
        assert_eq!(digest, "sha-256=:RK/0qy18MlBSVnWgjwz6lZEWjP/lF5HF9bvEF8FabDg=:");
        let put = Asked { method: "PUT", content_digest: Some(&digest), ..ASKED };
        let ledger = LedgerId::from_bytes([1; 32]);
        let signed = Signed::new(&put, &ledger, &SigningKey::from_seed([7; 32]), NOW_S);
        check(&signed, &put, NOW_S, Ok(()));
        let other = content_digest(b"{}");
        check(&signed, &Asked { content_digest: Some(&other), ..put }, NOW_S, Err(RequestError::Wrong));
        check(&signed, &Asked { content_digest: None, ..put }, NOW_S, Err(RequestError::Malformed));
        check(&self::signed(), &Asked { method: "GET", ..put }, NOW_S, Err(RequestError::Malformed));
    }

    proptest! {
        #[test]
        fn no_field_panics(input in any::<String>(), signature in any::<String>()) {
            let foreign = Signed { input, signature };
            prop_assert!(foreign.verify(&ASKED, &LedgerId::from_bytes([1; 32]), NOW_S).is_err());
        }
    }
}
