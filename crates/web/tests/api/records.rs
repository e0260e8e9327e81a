//! Records come in: each with its own answer.

use axum::http::StatusCode;
use nguon_ledger::{
    Control, Draft, LedgerId, Opening, OrganisationId, SigningKey, Standing, next_key_digest,
};
use nguon_service::{MAX_PAYLOAD_BYTES, OperatorAct};
use serde_json::{Value, json};

use crate::given::{self, Signer, check_problem, cooperative, sent};

fn code(result: &Value) -> String {
    assert_eq!(result["state"], "refused", "{result}");
    assert_eq!(result["status"], result["problem"]["status"], "{result}");
    assert!(result["index"].is_null() && result["receipt"].is_null(), "{result}");
    check_problem(&result["problem"])
}

#[tokio::test]
async fn a_record_is_logged_and_a_retry_gets_the_same_answer() {
    let ledger = given::ledger().await;
    let (_, mut phone) = cooperative(&ledger).await;
    let note = phone.note("Bón phân chuồng");
    let event = phone.last.as_ref().unwrap().event_id().to_string();

    let (first, results) = ledger.send(std::slice::from_ref(&note)).await;
    assert_eq!(first.status, StatusCode::CREATED);
    assert_eq!(first.header("location"), format!("/api/v1/records/{event}"));
    assert_eq!(results[0]["state"], "logged");
    assert_eq!(results[0]["event_id"], event);
    assert_eq!(results[0]["receipt"], format!("/api/v1/receipts/{event}"));

    let (again, retried) = ledger.send(&[note]).await;
    assert_eq!(again.status, StatusCode::OK);
    assert_eq!(retried[0]["index"], results[0]["index"]);
    assert_eq!(retried[0]["event_id"], event);
}

#[tokio::test]
async fn one_bad_record_does_not_harm_its_neighbours() {
    let ledger = given::ledger().await;
    let (_, mut phone) = cooperative(&ledger).await;
    let good = [phone.note("một"), phone.note("hai")];
    let mut forged = good[1].clone();
    forged["openings"][0]["payload"] = "e30=".into();
    let (answered, results) = ledger
        .send(&[
            json!({ "record": "???" }),
            good[0].clone(),
            json!({ "record": "TkdOMQ==" }),
            forged,
            good[1].clone(),
            json!({ "record": "TkdOMQ==", "openings": [{ "salt": "07", "payload": "" }] }),
        ])
        .await;
    assert_eq!(answered.status, StatusCode::OK, "several records: each has its own status");
    assert_eq!(code(&results[0]), "record-encoding");
    assert_eq!(results[1]["status"], 201);
    assert_eq!(code(&results[2]), "record-malformed");
    assert!(results[2]["event_id"].is_null());
    assert_eq!(code(&results[3]), "openings-mismatch");
    assert_eq!(results[4]["status"], 201);
    assert_eq!(code(&results[5]), "record-encoding");
}

#[tokio::test]
async fn each_way_to_be_refused_has_its_own_type() {
    let ledger = given::ledger().await;
    let (mut root, mut phone) = cooperative(&ledger).await;
    let ledger_id = ledger.service.ledger_id();
    let lone = |seed: u8, ledger_id, organisation| {
        Draft { act: Some(nguon_ledger::Act::Diary), ..Draft::first(ledger_id, organisation, Control::Event) }
            .sign(&SigningKey::from_seed([seed; 32]))
            .unwrap()
    };
    let one = |value: Value| {
        let ledger = &ledger;
        async move {
            let (answered, results) = ledger.send(&[value]).await;
            assert_eq!(results[0]["status"], answered.status.as_u16());
            (answered.status.as_u16(), code(&results[0]))
        }
    };

    assert_eq!(one(json!({ "record": "" })).await, (400, "record-malformed".to_owned()));
    let long = base64::Engine::encode(&base64::prelude::BASE64_STANDARD, vec![0; 70_000]);
    assert_eq!(one(json!({ "record": long })).await, (413, "record-too-large".to_owned()));

    let elsewhere = lone(20, LedgerId::from_bytes([9; 32]), root.organisation);
    assert_eq!(one(sent(&elsewhere, &[])).await, (422, "wrong-ledger".to_owned()));

    let unknown = lone(99, ledger_id, root.organisation);
    assert_eq!(one(sent(&unknown, &[])).await, (403, "unknown-key".to_owned()));

    let foreign = lone(20, ledger_id, OrganisationId::from_bytes([9; 32]));
    assert_eq!(one(sent(&foreign, &[])).await, (403, "organisation-mismatch".to_owned()));

    let (record, opening) = phone.noted("thu hoạch");
    let missing = one(sent(&record, &[])).await;
    assert_eq!(missing, (422, "openings-mismatch".to_owned()));
    let bloated = Opening { payload: vec![b' '; MAX_PAYLOAD_BYTES + 1], ..opening.clone() };
    assert_eq!(one(sent(&record, &[bloated])).await, (413, "payload-too-large".to_owned()));

    let mut tampered = record.as_bytes().to_vec();
    *tampered.last_mut().unwrap() ^= 1;
    let mut value = sent(&record, std::slice::from_ref(&opening));
    value["record"] = base64::Engine::encode(&base64::prelude::BASE64_STANDARD, tampered).into();
    assert_eq!(one(value).await, (422, "signature-invalid".to_owned()));

    ledger.log(&sent(&record, &[opening])).await;
    let mut beside = phone.draft(Control::Event);
    beside.act = Some(nguon_ledger::Act::Diary);
    beside.prev = nguon_ledger::EventId::from_bytes([8; 32]);
    let beside = beside.sign(&phone.key).unwrap();
    assert_eq!(one(sent(&beside, &[])).await, (409, "prev-mismatch".to_owned()));

    // The phone's key may not found an organisation of its own: it has one for ever.
    let next = next_key_digest(&SigningKey::from_seed([77; 32]).public());
    let second =
        Draft::first(ledger_id, OrganisationId::ZERO, Control::Genesis { next }).sign(&phone.key).unwrap();
    assert_eq!(one(sent(&second, &[])).await, (409, "key-taken".to_owned()));

    let successor = SigningKey::from_seed([10 ^ 0xff; 32]);
    let rotation =
        Draft::first(ledger_id, root.organisation, Control::Rotate { next }).sign(&successor).unwrap();
    ledger.log(&sent(&rotation, &[])).await;
    let (_, late) = root.delegate(21);
    assert_eq!(one(sent(&late, &[])).await, (403, "root-replaced".to_owned()));

    let suspend =
        OperatorAct::Standing { organisation: root.organisation, bits: Standing::SUSPENDED, reason: 1 };
    ledger.service.act(suspend).await.unwrap();
    assert_eq!(one(phone.note("sau khi bị đình chỉ")).await, (403, "suspended".to_owned()));

    let weak = [0; 32];
    let mut genesis = Signer::root(&ledger, 55).1.as_bytes().to_vec();
    genesis[80..112].copy_from_slice(&weak);
    let value = json!({ "record": base64::Engine::encode(&base64::prelude::BASE64_STANDARD, genesis) });
    assert_eq!(one(value).await, (422, "weak-key".to_owned()));
}

#[tokio::test]
async fn a_gap_is_held_and_closes_by_itself() {
    let ledger = given::ledger().await;
    let (_, mut phone) = cooperative(&ledger).await;
    let (first, second) = (phone.note("một"), phone.note("hai"));
    let event = phone.last.as_ref().unwrap().event_id();

    let (answered, results) = ledger.send(std::slice::from_ref(&second)).await;
    assert_eq!(answered.status, StatusCode::ACCEPTED);
    assert_eq!(results[0]["state"], "held");
    assert_eq!(results[0]["hold"]["reason"], "gap");
    assert_eq!(results[0]["hold"]["expected_seq"], 0);
    assert!(results[0]["hold"]["detail"].as_str().unwrap().contains("số 0"), "{results:?}");
    assert!(results[0]["index"].is_null() && results[0]["receipt"].is_null());
    assert_eq!(ledger.get(&format!("/api/v1/records/{event}")).await.problem(), "record-not-found");

    let index = ledger.log(&first).await;
    let (answered, results) = ledger.send(&[second]).await;
    assert_eq!(answered.status, StatusCode::OK, "it was logged right behind the missing one: {results:?}");
    assert_eq!(results[0]["index"], index + 1);
}

#[tokio::test]
async fn a_fork_is_a_conflict_that_names_both_records() {
    let ledger = given::ledger().await;
    let (_, mut phone) = cooperative(&ledger).await;
    let first = phone.note("bản thứ nhất");
    let first_event = phone.last.take().unwrap().event_id().to_string();
    ledger.log(&first).await;

    let other = phone.note("bản thứ hai");
    let other_event = phone.last.take().unwrap().event_id().to_string();
    let (answered, results) = ledger.send(std::slice::from_ref(&other)).await;
    assert_eq!(answered.status, StatusCode::CONFLICT);
    assert_eq!(code(&results[0]), "fork");
    let problem = &results[0]["problem"];
    assert_eq!(problem["first"], first_event);
    assert_eq!(problem["other"], other_event);
    assert_eq!(problem["seq"], 0);
    assert_eq!(problem["evidence_logged"], true);
    let disputed = ledger.get(&format!("/api/v1/records/{other_event}")).await.json();
    assert_eq!(disputed["disputed"], true, "the fork itself is evidence");

    let third = phone.note("bản thứ ba");
    let (answered, results) = ledger.send(&[third]).await;
    assert_eq!(answered.status, StatusCode::CONFLICT);
    assert_eq!(results[0]["problem"]["evidence_logged"], false);

    ledger.service.settle().await;
    let key = ledger.get(&format!("/api/v1/keys/{}", phone.key.public())).await.json();
    assert_eq!(key["fork"]["first"], first_event);
    assert_eq!(key["frozen"], true);
}

#[tokio::test]
async fn requests_that_cannot_be_read_are_problems() {
    let ledger = given::ledger().await;
    let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
    let many = format!("{{\"records\":[{}]}}", vec!["{\"record\":\"\"}"; 501].join(","));
    for (body, status, expected) in [
        ("", 400, "request-malformed"),
        ("{\"records\":[{\"record\":\"TkdO", 400, "request-malformed"),
        ("[]", 400, "request-malformed"),
        ("{\"records\":{}}", 400, "request-malformed"),
        ("{\"records\":[],\"more\":1}", 400, "request-malformed"),
        ("{\"records\":[{\"record\":1}]}", 400, "request-malformed"),
        ("{\"records\":[{\"record\":\"\",\"opening\":[]}]}", 400, "request-malformed"),
        ("\u{feff}{}", 400, "request-malformed"),
        (&deep, 400, "request-malformed"),
        ("{\"records\":[]}", 400, "no-records"),
        (&many, 413, "too-many-records"),
    ] {
        let answered = ledger.post(body.to_owned(), &[]).await;
        let short: String = body.chars().take(40).collect();
        assert_eq!((answered.status.as_u16(), answered.problem().as_str()), (status, expected), "{short}");
    }
    assert_eq!(ledger.post(vec![0xff, 0xfe], &[]).await.problem(), "request-malformed");
}

#[tokio::test]
async fn a_problem_speaks_the_readers_language_and_carries_both() {
    let ledger = given::ledger().await;
    let body = json!({ "records": [{ "record": "TkdOMQ==" }] }).to_string();
    let vietnamese = ledger.post(body.clone(), &[]).await;
    let english = ledger.post(body, &[("accept-language", "en-GB,en;q=0.9,vi;q=0.1")]).await;
    assert_eq!(vietnamese.header("content-language"), "vi");
    assert_eq!(english.header("content-language"), "en");
    let (vietnamese, english) =
        (&vietnamese.json()["results"][0]["problem"], &english.json()["results"][0]["problem"]);
    assert_eq!(vietnamese["title"], "Đây không phải là một bản ghi");
    assert_eq!(english["title"], "This is not a record");
    assert_eq!(vietnamese["vi"], english["vi"]);
    assert_eq!(vietnamese["en"]["title"], english["title"]);
    assert!(english["cause"].as_str().unwrap().contains("264 bytes"), "{english}");

    let lost = ledger.ask("GET", "/nowhere", &[("accept-language", "en"), ("x-request-id", "abc-1")]).await;
    assert_eq!(lost.problem(), "not-found");
    assert_eq!(lost.header("content-language"), "en");
    assert_eq!(lost.header("x-request-id"), "abc-1");
    assert_eq!(lost.json()["instance"], "urn:nguon:request:abc-1");
}
