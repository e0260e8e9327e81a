//! What anybody may ask: records, receipts, the ledger, who is who.

use axum::http::StatusCode;
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use nguon_ledger::Record;
use nguon_ledger::merkle::verify_inclusion;
use nguon_ledger::proof::TlogProof;
use nguon_service::OperatorAct;
use serde_json::json;

use crate::given::{self, NOW_MS, cooperative};

#[tokio::test]
async fn a_record_is_shown_with_its_public_contents_and_its_exact_bytes() {
    let ledger = given::ledger().await;
    let (root, mut phone) = cooperative(&ledger).await;
    let index = ledger.log(&phone.note("Bón phân chuồng, 40 kg một sào")).await;
    let record = phone.last.clone().unwrap();
    let path = format!("/api/v1/records/{}", record.event_id());

    let answered = ledger.get(&path).await;
    assert_eq!(answered.status, StatusCode::OK);
    assert_eq!(answered.header("content-type"), "application/json");
    let view = answered.json();
    assert_eq!(view["index"], index);
    assert_eq!(view["kind"], "event");
    assert_eq!(view["act"], "diary");
    assert_eq!(view["organisation_id"], root.organisation.to_string());
    assert_eq!(view["author"], phone.key.public().to_string());
    assert_eq!(view["seq"], 0);
    assert!(view["prev"].is_null() && view["seen"].is_null());
    assert_eq!(view["device_time_ms"], NOW_MS);
    assert_eq!(view["device_time"], "2026-04-17T01:00:00Z");
    assert_eq!(view["sections"][0]["state"], "open");
    assert_eq!(view["sections"][0]["document"], json!({ "note": "Bón phân chuồng, 40 kg một sào" }));
    assert_eq!(BASE64_STANDARD.decode(view["record"].as_str().unwrap()).unwrap(), record.as_bytes());

    let bytes = ledger.ask("GET", &path, &[("accept", "application/octet-stream")]).await;
    assert_eq!(bytes.header("content-type"), "application/octet-stream");
    assert_eq!(Record::parse(&bytes.body).unwrap(), record);

    let by_index = ledger.get(&format!("/api/v1/log/entries/{index}")).await;
    assert_eq!(by_index.body, answered.body);
    assert_eq!(by_index.header("content-location"), path);
}

#[tokio::test]
async fn an_erased_section_is_marked_and_the_proof_stays() {
    let ledger = given::ledger().await;
    let (_, mut phone) = cooperative(&ledger).await;
    ledger.log(&phone.note("tên của một người, ghi nhầm chỗ")).await;
    let event = phone.last.as_ref().unwrap().event_id();
    let path = format!("/api/v1/records/{event}");
    let before = ledger.get(&path).await;
    ledger.service.settle().await;

    ledger.service.act(OperatorAct::Erase { event, section: 0, reason: 1 }).await.unwrap();
    ledger.service.settle().await;
    let after = ledger.ask("GET", &path, &[("if-none-match", before.header("etag"))]).await;
    assert_eq!(after.status, StatusCode::OK, "the old answer is no longer right");
    let section = &after.json()["sections"][0];
    assert_eq!(section["state"], "erased");
    assert!(section["salt"].is_null() && section["payload"].is_null() && section["document"].is_null());
    assert_eq!(ledger.get(&format!("/api/v1/receipts/{event}")).await.status, StatusCode::OK);
}

#[tokio::test]
async fn a_receipt_proves_that_the_record_is_in_the_log() {
    let ledger = given::ledger().await;
    let (_, mut phone) = cooperative(&ledger).await;
    let index = ledger.log(&phone.note("thu hoạch")).await;
    let record = phone.last.clone().unwrap();
    let path = format!("/api/v1/receipts/{}", record.event_id());
    ledger.service.settle().await;

    let answered = ledger.get(&path).await;
    assert_eq!(answered.status, StatusCode::OK);
    assert_eq!(answered.header("content-type"), "text/plain; charset=utf-8");
    let proof = TlogProof::parse(&answered.body).unwrap();
    assert_eq!(proof.index.0, index);
    assert_eq!(proof.extra, record.as_bytes());
    let note = proof.checkpoint_note.to_string();
    let (checkpoint, note) =
        nguon_ledger::checkpoint::open_checkpoint(note.as_bytes(), ledger.service.log_key()).unwrap();
    assert_eq!(note.signatures().len(), 2, "the log's, and the operator's own witness's");
    verify_inclusion(record.leaf_hash(), proof.index, checkpoint.size(), &proof.hashes, checkpoint.root())
        .unwrap();
}

#[tokio::test]
async fn a_receipt_that_is_not_ready_says_when_to_ask_again() {
    let ledger = given::ledger().await;
    let (_, mut phone) = cooperative(&ledger).await;
    ledger.log(&phone.note("thu hoạch")).await;
    ledger.service.settle().await;
    // As before the first publication.
    std::fs::remove_file(ledger.folder.path().join("public/checkpoint")).unwrap();
    assert_eq!(ledger.get("/checkpoint").await.problem(), "file-not-found");
    let answered = ledger.get(&format!("/api/v1/receipts/{}", phone.last.as_ref().unwrap().event_id())).await;
    assert_eq!(answered.problem(), "not-published-yet");
    assert_eq!(answered.status, StatusCode::NOT_FOUND);
    assert_eq!(answered.header("retry-after"), "1");
}

#[tokio::test]
async fn what_is_not_there_or_cannot_be_is_said() {
    let ledger = given::ledger().await;
    let (zeros, nonsense) = ("0".repeat(64), "xyz");
    for (place, missing) in [
        ("records", "record-not-found"),
        ("receipts", "record-not-found"),
        ("organisations", "organisation-not-found"),
        ("keys", "key-not-found"),
    ] {
        let answered = ledger.get(&format!("/api/v1/{place}/{zeros}")).await;
        assert_eq!((answered.status.as_u16(), answered.problem().as_str()), (404, missing), "{place}");
        let answered = ledger.get(&format!("/api/v1/{place}/{nonsense}")).await;
        assert_eq!((answered.status.as_u16(), answered.problem().as_str()), (400, "id-malformed"), "{place}");
    }
    assert_eq!(ledger.get("/api/v1/log/entries/99999").await.problem(), "record-not-found");
    for index in ["-1", "1.0", "+1", "18446744073709551616", "x", "%00", "%ff"] {
        let answered = ledger.get(&format!("/api/v1/log/entries/{index}")).await;
        assert_eq!(answered.status, StatusCode::BAD_REQUEST, "{index}: {}", answered.text());
        answered.problem();
    }
    let answered = ledger.ask("DELETE", "/api/v1/records", &[]).await;
    assert_eq!(answered.problem(), "method-not-allowed");
    assert_eq!(answered.header("allow"), "POST");
    let answered = ledger.ask("DELETE", "/", &[]).await;
    assert_eq!((answered.problem().as_str(), answered.header("allow")), ("method-not-allowed", "GET,HEAD"));
    for page in ["/", "/p/che/l/1", "/o/x", "/c"] {
        let answered = ledger.ask("OPTIONS", page, &[]).await;
        assert_eq!(
            (answered.status, answered.header("allow")),
            (StatusCode::NO_CONTENT, "GET, HEAD, OPTIONS")
        );
    }
}

#[tokio::test]
async fn the_ledger_says_who_vouches_for_it() {
    let ledger = given::ledger().await;
    cooperative(&ledger).await;
    ledger.service.settle().await;
    let view = ledger.get("/api/v1/ledger").await.json();
    assert_eq!(view["origin"], given::ORIGIN);
    assert_eq!(view["ledger_id"], ledger.service.ledger_id().to_string());
    assert_eq!(view["size"]["logged"], view["size"]["published"]);
    assert_eq!(view["cosigned_by_operator_only"], true);
    assert_eq!(view["witnesses"][0]["operators_own"], true);
    assert_eq!(view["vi"]["title"], "Chỉ có đơn vị vận hành đồng ký");
    assert_eq!(format!("{}\n", view["log_key"].as_str().unwrap()), ledger.get("/log.vkey").await.text());
}

#[tokio::test]
async fn a_phone_learns_how_its_chain_stands() {
    let ledger = given::ledger().await;
    let (root, mut phone) = cooperative(&ledger).await;
    ledger.log(&phone.note("một")).await;
    ledger.service.settle().await;

    let key = ledger.get(&format!("/api/v1/keys/{}", phone.key.public())).await.json();
    assert_eq!(key["organisation_id"], root.organisation.to_string());
    assert_eq!(key["rights"], "delegated");
    assert_eq!(key["roles"], json!(["diary", "lot"]));
    assert_eq!(key["not_after"], "2027-01-15T08:00:00Z");
    assert_eq!(key["head"]["seq"], 0);
    assert_eq!(key["head"]["event_id"], phone.last.as_ref().unwrap().event_id().to_string());
    assert!(key["revoked"].is_null() && key["fork"].is_null());

    let organisations = ledger.get("/api/v1/organisations").await.json();
    let organisations = organisations["organisations"].as_array().unwrap();
    assert_eq!(organisations.len(), 2, "the operator and the co-operative: {organisations:?}");
    let ours = organisations.iter().find(|one| one["id"] == root.organisation.to_string()).unwrap();
    assert_eq!(ours["operator"], false);
    assert_eq!(ours["standing"], json!([]));
    let keys = ledger.get(ours["keys"].as_str().unwrap()).await.json();
    assert_eq!(keys["keys"].as_array().unwrap().len(), 2, "root and phone");
    assert_eq!(ledger.get(&format!("/api/v1/organisations/{}", root.organisation)).await.json(), *ours);
}
