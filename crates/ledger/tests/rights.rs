//! Who may say what, over the whole logs of `fixtures/vectors/rights.json`: one made by hand for every finding there is, and random
//! ones with forks, adoptions, revocations and rotations. The verifier in TypeScript reads the same file, so that two programs which
//! share no code come to the same end.

#![expect(clippy::unwrap_used, reason = "a test may stop at what is wrong")]

use std::collections::BTreeSet;
use std::path::Path;

use nguon_ledger::authority::{AuthorityFinding, Rights};
use nguon_ledger::{Authority, LedgerId, Record};
use serde_json::{Value, json};

fn vectors() -> Value {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/vectors/rights.json");
    serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap()
}

fn list(value: &Value) -> &[Value] {
    value.as_array().unwrap()
}

#[test]
fn every_history_comes_to_the_findings_and_the_end_that_the_vectors_tell() {
    let vectors = vectors();
    let ledger: LedgerId = vectors["ledger_id"].as_str().unwrap().parse().unwrap();
    let mut seen = BTreeSet::new();
    for history in list(&vectors["histories"]) {
        let name = &history["name"];
        let mut authority = Authority::new(ledger);
        for (index, one) in (0..).zip(list(&history["records"])) {
            let record = Record::parse(&hex::decode(one["record"].as_str().unwrap()).unwrap()).unwrap();
            record.verify(&record.author().check_enrolment().unwrap()).unwrap();
            let findings = authority.append(&record, index);
            let codes: Vec<&str> = findings.iter().map(AuthorityFinding::code).collect();
            assert_eq!(json!(codes), one["findings"], "{name}, entry {index}");
            assert_eq!(json!(codes.contains(&"disputed")), one["disputed"], "{name}, entry {index}");
            seen.extend(codes.into_iter().map(str::to_owned));
        }
        let keys: Vec<Value> = authority
            .keys()
            .map(|(public, key)| {
                let (rights, not_after) = match key.rights {
                    Rights::Root => ("root", None),
                    Rights::FormerRoot => ("former root", None),
                    Rights::Delegated { not_after_ms, .. } => ("delegated", Some(not_after_ms)),
                };
                json!({
                    "key": public.to_string(),
                    "organisation": key.organisation.to_string(),
                    "rights": rights,
                    "roles": key.roles().0,
                    "not_after_ms": not_after.map(|time| time.to_string()),
                    "revoked": key.revoked.is_some(),
                    "last_good": key.revoked.and_then(|revoked| revoked.last_good).map(|seq| seq.to_string()),
                    "frozen": key.fork.is_some_and(|fork| fork.frozen),
                    "head_seq": key.head.map(|head| head.seq),
                })
            })
            .collect();
        assert_eq!(json!(keys), history["keys"], "{name}");
        let organisations: Vec<Value> = authority
            .organisations()
            .map(|(id, organisation)| {
                json!({
                    "id": id.to_string(),
                    "root": organisation.root.to_string(),
                    "standing": organisation.standing.0,
                })
            })
            .collect();
        assert_eq!(json!(organisations), history["organisations"], "{name}");
    }
    // What a device saw of the log's roots is not for the authority to judge.
    assert_eq!(seen.len(), 17, "every finding but split-view: {seen:?}");
}
