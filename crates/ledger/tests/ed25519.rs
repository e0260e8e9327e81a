//! Ed25519's edge cases, from corpora that are not part of the project: `../shared/corpora` beside the workspace.
//! Where they are not at hand, these tests say so and pass.

#![expect(clippy::unwrap_used, reason = "a test may stop at what is wrong")]

use nguon_ledger::{KeyError, PublicKey};
use serde_json::Value;
use std::path::Path;

fn corpus(file: &str) -> Option<Value> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/corpora").join(file);
    let Ok(bytes) = std::fs::read(&path) else {
        #[expect(clippy::print_stdout, reason = "a skipped test must say so")]
        {
            println!("skipped: the corpus {file} is not beside the workspace");
        }
        return None;
    };
    Some(serde_json::from_slice(&bytes).unwrap())
}

/// The one verdict: a key that may not be enrolled verifies nothing.
fn accepts(key: &str, message: &str, signature: &str) -> bool {
    let Ok(key) = key.parse::<PublicKey>() else { return false };
    let Ok(key) = key.check_enrolment() else { return false };
    let Ok(signature) = <[u8; 64]>::try_from(hex::decode(signature).unwrap()) else { return false };
    key.verify(&hex::decode(message).unwrap(), &signature).is_ok()
}

#[test]
fn wycheproof_agrees_on_every_case() {
    let Some(corpus) = corpus("wycheproof-ed25519/ed25519_test.json") else { return };
    let mut cases = 0;
    for group in corpus["testGroups"].as_array().unwrap() {
        let key = group["publicKey"]["pk"].as_str().unwrap();
        for case in group["tests"].as_array().unwrap() {
            let accepted = accepts(key, case["msg"].as_str().unwrap(), case["sig"].as_str().unwrap());
            assert_eq!(accepted, case["result"] == "valid", "tcId {}: {}", case["tcId"], case["comment"]);
            cases += 1;
        }
    }
    assert_eq!(corpus["numberOfTests"].as_u64(), Some(cases));
}

/// The twelve cases of "Taming the many EdDSAs" (Chalkias, Garillot, Nikolaenko, 2020) have no single right answer. The
/// published row of `verify_strict` accepts case 3 alone, and so does it here. Its key is of mixed order, which
/// enrolment refuses: the ledger accepts none of the twelve, and verifiers have nothing left to disagree on.
#[test]
fn speccheck_finds_no_case_that_verifiers_could_disagree_on() {
    let Some(corpus) = corpus("ed25519-speccheck/cases.json") else { return };
    let (mut strict, mut accepted) = (Vec::new(), Vec::new());
    for (number, case) in corpus.as_array().unwrap().iter().enumerate() {
        let [key, message, signature] =
            ["pub_key", "message", "signature"].map(|name| case[name].as_str().unwrap());
        let bytes = |text: &str| hex::decode(text).unwrap();
        if let Ok(key) = ed25519_dalek::VerifyingKey::try_from(&bytes(key)[..])
            && let Ok(signature) = ed25519_dalek::Signature::try_from(&bytes(signature)[..])
            && key.verify_strict(&bytes(message), &signature).is_ok()
        {
            strict.push(number);
            let key: PublicKey = case["pub_key"].as_str().unwrap().parse().unwrap();
            assert_eq!(key.check_enrolment(), Err(KeyError::SmallOrder));
        }
        if accepts(key, message, signature) {
            accepted.push(number);
        }
    }
    assert_eq!((strict, accepted), (vec![3], vec![]));
}
