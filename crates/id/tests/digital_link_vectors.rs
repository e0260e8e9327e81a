//! Every vector of the Digital Link corpus, answered by GS1's own Syntax Engine, against our reader.
//!
//! The corpus lies beside the project. Where it is not, the test says so and passes.
//!
//! We differ from the engine on purpose in three places; each is a rule over the URI, not a list of URIs, so that it
//! holds for vectors that are added later.

use nguon_id::DigitalLink;
use serde_json::Value;

const VECTORS: &str =
    concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/corpora/gs1-digital-link/syntax/dl-vectors.json");

/// Why our answer to `uri` may be another one than the engine's, which is `valid`.
fn difference(uri: &str, valid: bool) -> Option<&'static str> {
    let before_fragment = uri.split('#').next().unwrap_or(uri);
    let (path, query) = before_fragment.split_once('?').unwrap_or((before_fragment, ""));
    let half_escape = before_fragment
        .split('%')
        .skip(1)
        .any(|after| after.bytes().take(2).filter(u8::is_ascii_hexdigit).count() < 2);
    if valid && half_escape {
        return Some(
            "RFC 3986 2.1: a percent sign without two hexadecimal digits is no URI; the engine reads it as text",
        );
    }
    if !valid && path.ends_with('/') {
        return Some("GS1-Conformant Resolver: SHOULD tolerate trailing slashes; the engine refuses them");
    }
    if query.contains(';') {
        return Some(
            "URI Syntax 1.2, grammar, queryStringDelim: a semicolon parts the query; the engine reads it as text",
        );
    }
    None
}

#[test]
fn every_vector_is_answered_as_by_the_engine_or_differs_for_a_reason() {
    let Ok(text) = std::fs::read_to_string(VECTORS) else {
        println!("skipped: the Digital Link vectors are not at hand");
        return;
    };
    let corpus: Value = serde_json::from_str(&text).unwrap();
    let vectors = corpus["vectors"].as_array().unwrap();
    assert!(!vectors.is_empty());
    let mut wrong = Vec::new();
    for vector in vectors {
        let uri = vector["uri"].as_str().unwrap();
        let valid = vector["valid"].as_bool().unwrap();
        let theirs = valid.then(|| {
            let ignored = vector["ignoredQuery"].as_array().cloned().unwrap_or_default();
            let text = |name: &str| vector[name].as_str().unwrap().to_owned();
            let ignored = ignored.iter().map(|one| one.as_str().unwrap().to_owned()).collect::<Vec<_>>();
            (text("elements"), text("canonical"), ignored)
        });
        let parsed = DigitalLink::parse(uri);
        let ours = parsed.as_ref().ok().map(|link| {
            let ignored = link.other_parameters().map(str::to_owned).collect::<Vec<_>>();
            (link.element_string(), link.canonical(), ignored)
        });
        if ours == theirs {
            continue;
        }
        match difference(uri, valid) {
            Some(reason) => println!("DIFFERENCE {uri}\n           {reason}"),
            None => wrong.push(format!("{uri}\n  theirs {theirs:?}\n  ours   {ours:?} {:?}", parsed.err())),
        }
    }
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), vectors.len(), wrong.join("\n"));
}
