//! Drafts are looked into before they are signed.

use axum::http::StatusCode;
use serde_json::{Value, json};

use crate::given::{self, Ledger, check_problem, cooperative};

fn harvest(kilograms: &str, day: &str) -> String {
    format!(
        r#"{{"@context": ["https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld"],
        "type": "ObjectEvent", "action": "ADD", "bizStep": "creating_class_instance",
        "eventTime": "{day}T10:00:00.000+07:00", "eventTimeZoneOffset": "+07:00",
        "quantityList": [{{"epcClass": "https://id.gs1.org/01/09521234000105/10/XOAI-1", "quantity": {kilograms}, "uom": "KGM"}}]}}"#
    )
}

async fn ask(ledger: &Ledger, body: String) -> (StatusCode, Value) {
    let answered = ledger.post_to("/api/v1/preflight", body, &[]).await;
    (answered.status, answered.json())
}

#[tokio::test]
async fn a_draft_is_answered_and_not_stored() {
    let ledger = given::ledger().await;
    let (root, _) = cooperative(&ledger).await;
    ledger.service.settle().await;
    let before = ledger.service.progress().logged;
    let organisation = root.organisation.to_string();
    let draft =
        |facts: String| format!(r#"{{"organisation_id": "{organisation}", "act": "lot", "facts": {facts}}}"#);
    let body = format!(
        r#"{{"drafts": [{}, {}, {}]}}"#,
        draft(harvest("820.5", "2026-01-15")),
        draft(harvest("-1", "2026-01-15")),
        draft(harvest("0.0001", "2026-01-15"))
    );
    let (status, answer) = ask(&ledger, body).await;
    assert_eq!(status, StatusCode::OK, "{answer}");
    let good = &answer["results"][0];
    assert_eq!(good["may_sign"], true, "{answer}");
    let lot = &good["lots"][0];
    assert_eq!(lot["uri"], "https://id.gs1.org/01/09521234000105/10/XOAI-1");
    assert_eq!((&lot["effect"], &lot["left"]["amount"]), (&json!("counts"), &json!(820_500)));
    let codes: Vec<&str> =
        lot["raised"].as_array().unwrap().iter().map(|found| found["code"].as_str().unwrap()).collect();
    assert!(codes.contains(&"plot_missing"), "{codes:?}");
    assert!(lot["raised"].as_array().unwrap().iter().all(|found| found["on_drafts"] == true), "{lot}");
    for bad in [&answer["results"][1], &answer["results"][2]] {
        assert_eq!((&bad["may_sign"], &bad["refusals"][0]["code"]), (&json!(false), &json!("quantity")));
    }
    assert_eq!(ledger.service.progress().logged, before);
}

#[tokio::test]
async fn a_request_that_is_none_is_a_problem() {
    let ledger = given::ledger().await;
    let check = async |body: &str, expected: &str| {
        let (status, answer) = ask(&ledger, body.to_owned()).await;
        assert_ne!(status, StatusCode::OK);
        assert_eq!(check_problem(&answer), expected, "{body}");
    };
    let id = "00".repeat(32);
    check("{}", "request-malformed").await;
    check(r#"{"drafts": []}"#, "no-records").await;
    check(r#"{"drafts": [{"organisation_id": "x", "facts": {}}]}"#, "id-malformed").await;
    let strange = format!(r#"{{"drafts": [{{"organisation_id": "{id}", "act": "x", "facts": {{}}}}]}}"#);
    check(&strange, "request-malformed").await;
    let one = format!(r#"{{"organisation_id": "{id}", "facts": {{}}}}"#);
    let many = format!(r#"{{"drafts": [{}]}}"#, vec![one; 101].join(","));
    check(&many, "too-many-records").await;
}
