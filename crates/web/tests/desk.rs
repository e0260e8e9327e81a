//! What a device of an organisation is told that nobody else is, and how a phone comes in.

#![expect(clippy::unwrap_used, reason = "all of it is tests")]

mod ledger;

use axum::body::Body;
use axum::http::Request;
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use ledger::{Answer, Ledger};
use nguon_fixtures::farm::{Device, Farm};
use nguon_ledger::request::{Asked, Signed, content_digest};
use nguon_ledger::{Control, Flags, Opening, Roles, SectionType, SigningKey, sign_possession};
use nguon_service::desk::Invitation;
use serde_json::{Value, json};

/// 5 January 2026, 07:00 in Vietnam.
const MORNING_MS: i64 = 1_767_571_200_000;
const HOST: &str = "nguon.example";

struct Given {
    ledger: Ledger,
    farm: Farm,
}

/// A farm with a plot, a spray, a harvest and packs; and nobody else.
async fn given() -> Given {
    let ledger = Ledger::new(MORNING_MS).await;
    let mut farm = Farm::new(7, &ledger.context);
    ledger.take(farm.start()).await;
    ledger.recognise(farm.id(), 3).await;
    let packed = farm.pack_lot("K1");
    let records = [
        farm.product_card(Farm::PACKED, None),
        farm.harvest(Device::Phone(1), "C1", 60_000),
        farm.pack(&[(farm.lot("C1"), 10_000)], &packed, 20),
    ];
    ledger.take(records).await;
    ledger.clock.set(farm.now_ms());
    Given { ledger, farm }
}

impl Given {
    async fn send(&self, method: &str, path: &str, body: Option<Value>, key: Option<&SigningKey>) -> Answer {
        let bytes = body.map(|body| body.to_string().into_bytes());
        let (bare, query) = path.split_once('?').map_or((path, None), |(bare, query)| (bare, Some(query)));
        let digest = bytes.as_deref().map(content_digest);
        let mut request = Request::builder().method(method).uri(path).header("host", HOST);
        if let Some(key) = key {
            let asked =
                Asked { method, authority: HOST, path: bare, query, content_digest: digest.as_deref() };
            let now_s = u64::try_from(self.ledger.service.now_ms() / 1_000).unwrap();
            let signed = Signed::new(&asked, &self.ledger.service.ledger_id(), key, now_s);
            request = request.header("signature-input", signed.input).header("signature", signed.signature);
        }
        if let Some(digest) = digest {
            request = request.header("content-digest", digest).header("content-type", "application/json");
        }
        self.ledger.call(request.body(bytes.map_or_else(Body::empty, Body::from)).unwrap()).await
    }

    async fn get(&self, path: &str, by: Device) -> Value {
        let answer = self.send("GET", path, None, Some(&self.farm.key(by))).await;
        assert_eq!(answer.status, 200, "{path}: {}", answer.text());
        assert_eq!(answer.header("cache-control"), "no-store", "{path}");
        serde_json::from_slice(&answer.bytes).unwrap()
    }

    async fn refused(
        &self,
        method: &str,
        path: &str,
        body: Option<Value>,
        key: Option<&SigningKey>,
    ) -> String {
        problem(&self.send(method, path, body, key).await)
    }

    fn invitation(&self, roles: Roles) -> Invitation {
        Invitation {
            ledger_id: self.ledger.service.ledger_id(),
            organisation: self.farm.id(),
            roles,
            flags: Flags::default(),
            not_after_ms: 1_900_000_000_000,
            person: None,
        }
    }
}

fn problem(answer: &Answer) -> String {
    let document: Value = serde_json::from_slice(&answer.bytes).unwrap();
    document["type"].as_str().unwrap().strip_prefix("urn:nguon:problem:").unwrap().to_owned()
}

fn possession(invitation: Invitation, key: &SigningKey) -> Value {
    let Invitation { ledger_id, organisation, roles, flags, not_after_ms, person } = invitation;
    let signature = sign_possession(key, ledger_id, organisation, roles, flags, not_after_ms, person);
    json!({ "device": key.public().to_string(), "possession": BASE64_STANDARD.encode(signature) })
}

#[tokio::test]
async fn a_device_learns_who_it_is_and_where_its_chain_goes_on() {
    let given = given().await;
    let who = given.get("/api/v1/desk", Device::Phone(1)).await;
    assert_eq!(who["organisation"]["id"], given.farm.id().to_string());
    assert_eq!(who["organisation"]["standing"], json!(["producer", "packer"]));
    assert_eq!(who["key"]["key"], given.farm.public(Device::Phone(1)).to_string());
    assert_eq!(who["key"]["rights"], "delegated");
    assert!(who["key"]["head"]["event_id"].is_string(), "{who}");

    let stranger = SigningKey::from_seed([9; 32]);
    assert_eq!(given.refused("GET", "/api/v1/desk", None, Some(&stranger)).await, "not-yours");
    assert_eq!(given.refused("GET", "/api/v1/desk", None, None).await, "request-unsigned");
    let phone = given.farm.key(Device::Phone(1));
    assert_eq!(given.refused("GET", "/api/v1/desk?x=1", None, Some(&phone)).await, "query-unknown");
}

#[tokio::test]
async fn a_device_is_told_what_it_takes_to_sign_about_its_plots_and_lots() {
    let given = given().await;
    let plots = given.get("/api/v1/desk/subjects?kind=plot", Device::Phone(1)).await;
    let [plot] = plots["subjects"].as_array().unwrap().as_slice() else { panic!("{plots}") };
    let uri = given.farm.plot();
    assert_eq!(plot["uri"], uri);
    let salt: String = given.farm.subject_salt(&uri).iter().map(|byte| format!("{byte:02x}")).collect();
    assert_eq!(plot["salt"], salt);
    assert_eq!(plot["state"]["type"], "nguon:Plot");
    assert!(plot["newest"].is_string());
    assert_eq!(plots["next"], Value::Null);

    let lots = given.get("/api/v1/desk/subjects?kind=lot", Device::Manager).await;
    let lots = lots["subjects"].as_array().unwrap();
    assert_eq!(lots.len(), 2);
    for lot in lots {
        assert_eq!(lot["state"]["maker"], given.farm.id().to_string());
        assert!(lot["salt"].is_string() && lot["path"].is_string(), "{lot}");
    }
    // By the path that a label's code leads to, also for somebody else's device: here for one's own.
    let path = lots[0]["path"].as_str().unwrap();
    let one = given.get(&format!("/api/v1/desk/subject?uri={path}"), Device::Phone(1)).await;
    assert_eq!(one["uri"], lots[0]["uri"]);
    let phone = given.farm.key(Device::Phone(1));
    let unknown = "/api/v1/desk/subject?uri=/p/khong-co/l/1";
    assert_eq!(given.refused("GET", unknown, None, Some(&phone)).await, "thing-not-found");
    for query in ["", "?kind=person", "?kind=lot&x=1"] {
        let path = format!("/api/v1/desk/subjects{query}");
        assert_eq!(given.refused("GET", &path, None, Some(&phone)).await, "query-unknown", "{query}");
    }

    let diary = given.get(&format!("/api/v1/desk/diary?plot={uri}"), Device::Phone(1)).await;
    let entries = diary["entries"].as_array().unwrap();
    assert_eq!(entries[0]["step"], "harvesting");
    assert_eq!(entries[0]["effect"], "counts");
    assert_eq!(entries[0]["plots"], json!([uri]));
    assert_eq!(entries[0]["lots"][0]["quantity"], json!({ "amount": 60_000, "unit": "gram" }));
}

#[tokio::test]
async fn names_are_for_those_who_admit_and_each_look_is_noted() {
    let given = given().await;
    let members = given.get("/api/v1/desk/members", Device::Manager).await;
    let members = members["members"].as_array().unwrap();
    let phone = given.farm.public(Device::Phone(1)).to_string();
    let one = members.iter().find(|one| one["key"] == phone.as_str()).unwrap();
    assert!(one["delegated"]["event_id"].is_string());
    assert_eq!(one["person_erased"], false);
    let key = given.farm.key(Device::Phone(1));
    assert_eq!(given.refused("GET", "/api/v1/desk/members", None, Some(&key)).await, "not-yours");
    assert_eq!(given.refused("GET", "/api/v1/desk/looks", None, Some(&key)).await, "not-yours");
    // Twice in a minute is one look; a minute later it is another.
    given.get("/api/v1/desk/members", Device::Manager).await;
    let looks = given.get("/api/v1/desk/looks", Device::Manager).await;
    let [look] = looks["looks"].as_array().unwrap().as_slice() else { panic!("{looks}") };
    assert_eq!(look["key"], given.farm.public(Device::Manager).to_string());
    assert_eq!(look["what"], "members");
    given.ledger.clock.set(given.ledger.service.now_ms() + 60_000);
    given.get("/api/v1/desk/members", Device::Manager).await;
    let looks = given.get("/api/v1/desk/looks", Device::Manager).await;
    assert_eq!(looks["looks"].as_array().unwrap().len(), 2);
}

#[tokio::test]
async fn an_organisation_that_nobody_recognises_keeps_few_invitations() {
    let ledger = Ledger::new(MORNING_MS).await;
    let mut farm = Farm::new(8, &ledger.context);
    ledger.take(farm.start()).await;
    ledger.clock.set(farm.now_ms());
    let given = Given { ledger, farm };
    let manager = given.farm.key(Device::Manager);
    let expires_at_ms = given.ledger.service.now_ms() + 86_400_000;
    let laid = json!({ "invitation": given.invitation(Roles::DIARY), "expires_at_ms": expires_at_ms });
    for id in 0..20 {
        let path = format!("/api/v1/desk/enrolments/{id:032x}");
        assert_eq!(given.send("PUT", &path, Some(laid.clone()), Some(&manager)).await.status, 201);
    }
    let path = format!("/api/v1/desk/enrolments/{:032x}", 20);
    assert_eq!(given.refused("PUT", &path, Some(laid), Some(&manager)).await, "too-many-invitations");
}

#[tokio::test]
async fn a_phone_comes_in_by_an_invitation_and_one_phone_only() {
    let given = given().await;
    let id = "00112233445566778899aabbccddeeff";
    let manager = given.farm.key(Device::Manager);
    let invitation = given.invitation(Roles::DIARY);
    let expires_at_ms = given.ledger.service.now_ms() + 86_400_000;
    let laid = json!({ "invitation": invitation, "expires_at_ms": expires_at_ms });
    let lay = format!("/api/v1/desk/enrolments/{id}");

    let phone = given.farm.key(Device::Phone(1));
    assert_eq!(given.refused("PUT", &lay, Some(laid.clone()), Some(&phone)).await, "not-yours");
    let greedy = json!({ "invitation": given.invitation(Roles::ADMIN), "expires_at_ms": expires_at_ms });
    assert_eq!(given.refused("PUT", &lay, Some(greedy), Some(&manager)).await, "invitation-cannot-give");
    let for_ever = json!({ "invitation": invitation, "expires_at_ms": i64::MAX });
    assert_eq!(given.refused("PUT", &lay, Some(for_ever), Some(&manager)).await, "invitation-span");
    assert_eq!(given.send("PUT", &lay, Some(laid.clone()), Some(&manager)).await.status, 201);
    assert_eq!(given.send("PUT", &lay, Some(laid), Some(&manager)).await.status, 200, "the same again");
    let other = json!({ "invitation": given.invitation(Roles::LOT), "expires_at_ms": expires_at_ms });
    assert_eq!(given.refused("PUT", &lay, Some(other), Some(&manager)).await, "invitation-taken");

    let shown = given.send("GET", &format!("/api/v1/enrolments/{id}"), None, None).await;
    let shown: Value = serde_json::from_slice(&shown.bytes).unwrap();
    assert_eq!(shown["state"], "open");
    assert_eq!(shown["organisation"]["id"], given.farm.id().to_string());
    assert_eq!(serde_json::from_value::<Invitation>(shown["invitation"].clone()).unwrap(), invitation);

    let (new, thief) = (SigningKey::from_seed([21; 32]), SigningKey::from_seed([22; 32]));
    let answer = format!("/api/v1/enrolments/{id}/answer");
    let wrong = possession(given.invitation(Roles::ALL), &new);
    assert_eq!(given.refused("PUT", &answer, Some(wrong), None).await, "possession-invalid");
    let right = possession(invitation, &new);
    assert_eq!(given.send("PUT", &answer, Some(right.clone()), None).await.status, 201);
    assert_eq!(
        given.send("PUT", &answer, Some(right), None).await.status,
        200,
        "sent again after a lost answer"
    );
    let late = possession(invitation, &thief);
    assert_eq!(given.refused("PUT", &answer, Some(late.clone()), None).await, "invitation-used");
    let nobody = "/api/v1/enrolments/ffffffffffffffffffffffffffffffff/answer";
    assert_eq!(given.refused("PUT", nobody, Some(late), None).await, "invitation-unknown");
    assert_eq!(given.refused("GET", "/api/v1/enrolments/xyz", None, None).await, "id-malformed");

    // Nothing was given yet. Then the manager signs what the phone agreed to.
    assert_eq!(given.refused("GET", "/api/v1/desk", None, Some(&new)).await, "not-yours");
    let listed = given.get("/api/v1/desk/enrolments", Device::Manager).await;
    let one = &listed["enrolments"][0];
    assert_eq!(one["state"], "answered");
    assert_eq!(one["answer"]["device"], new.public().to_string());
    let bytes = BASE64_STANDARD.decode(one["answer"]["possession"].as_str().unwrap()).unwrap();
    let delegation = nguon_ledger::Delegation {
        device: new.public(),
        roles: invitation.roles,
        flags: invitation.flags,
        not_after_ms: invitation.not_after_ms,
        person: None,
        possession: bytes.try_into().unwrap(),
    };
    let Given { ledger, mut farm } = given;
    ledger.take([farm.control(Device::Manager, Control::Delegate(delegation))]).await;
    let given = Given { ledger, farm };
    let listed = given.get("/api/v1/desk/enrolments", Device::Manager).await;
    assert_eq!(listed["enrolments"][0]["state"], "admitted");
    let who = given.send("GET", "/api/v1/desk", None, Some(&new)).await;
    let who: Value = serde_json::from_slice(&who.bytes).unwrap();
    assert_eq!(who["key"]["roles"], json!(["diary"]));
    assert_eq!(who["key"]["head"], Value::Null);
    assert_eq!(given.send("DELETE", &lay, None, Some(&manager)).await.status, 204);
    assert_eq!(given.refused("DELETE", &lay, None, Some(&manager)).await, "invitation-unknown");
}

#[tokio::test]
async fn an_invitation_ends() {
    let given = given().await;
    let manager = given.farm.key(Device::Manager);
    let now_ms = given.ledger.service.now_ms();
    let id = "ffeeddccbbaa99887766554433221100";
    let laid = json!({ "invitation": given.invitation(Roles::LOT), "expires_at_ms": now_ms + 1_000 });
    let lay = format!("/api/v1/desk/enrolments/{id}");
    assert_eq!(given.send("PUT", &lay, Some(laid), Some(&manager)).await.status, 201);
    given.ledger.clock.set(now_ms + 1_001);
    let taken = possession(given.invitation(Roles::LOT), &SigningKey::from_seed([21; 32]));
    let answer = format!("/api/v1/enrolments/{id}/answer");
    assert_eq!(given.refused("PUT", &answer, Some(taken), None).await, "invitation-expired");
    let listed = given.get("/api/v1/desk/enrolments", Device::Manager).await;
    assert_eq!(listed["enrolments"][0]["state"], "expired");
}

#[tokio::test]
async fn a_body_that_was_changed_on_its_way_is_refused() {
    let given = given().await;
    let manager = given.farm.key(Device::Manager);
    let path = "/api/v1/desk/erasures";
    let body = json!({ "event": "00".repeat(32), "section": 1, "reason": 1 });
    assert_eq!(given.refused("PUT", path, Some(body.clone()), Some(&manager)).await, "section-unknown");
    let digest = content_digest(body.to_string().as_bytes());
    let asked = Asked { method: "PUT", authority: HOST, path, query: None, content_digest: Some(&digest) };
    let now_s = u64::try_from(given.ledger.service.now_ms() / 1_000).unwrap();
    let signed = Signed::new(&asked, &given.ledger.service.ledger_id(), &manager, now_s);
    let other = json!({ "event": "00".repeat(32), "section": 2, "reason": 1 }).to_string();
    let send = |digest: String| {
        let request = Request::put(path)
            .header("host", HOST)
            .header("content-type", "application/json")
            .header("content-digest", digest)
            .header("signature-input", signed.input.clone())
            .header("signature", signed.signature.clone());
        given.ledger.call(request.body(Body::from(other.clone())).unwrap())
    };
    assert_eq!(problem(&send(digest.clone()).await), "request-signature-wrong");
    assert_eq!(problem(&send(content_digest(other.as_bytes())).await), "request-signature-wrong");
}

#[tokio::test]
async fn whoever_signed_may_ask_for_an_erasure_and_sees_what_became_of_it() {
    let Given { ledger, mut farm } = given().await;
    let person = Opening {
        kind: SectionType::PERSON,
        salt: [5; 32],
        payload: json!({ "type": "nguon:Person", "name": "Trần Thị B" }).to_string().into_bytes(),
    };
    let key = SigningKey::from_seed([33; 32]);
    let commitment = Some(person.commitment());
    let possession = sign_possession(
        &key,
        ledger.service.ledger_id(),
        farm.id(),
        Roles::DIARY,
        Flags::default(),
        1_900_000_000_000,
        commitment,
    );
    let delegation = nguon_ledger::Delegation {
        device: key.public(),
        roles: Roles::DIARY,
        flags: Flags::default(),
        not_after_ms: 1_900_000_000_000,
        person: commitment,
        possession,
    };
    let mut submission = farm.control(Device::Manager, Control::Delegate(delegation));
    submission.openings.push(person);
    let event = nguon_ledger::Record::parse(&submission.record).unwrap().event_id();
    ledger.take([submission]).await;
    let given = Given { ledger, farm };

    let who = given.send("GET", "/api/v1/desk", None, Some(&key)).await;
    let who: Value = serde_json::from_slice(&who.bytes).unwrap();
    assert_eq!(who["person"]["name"], "Trần Thị B");
    let wish = json!({ "event": event.to_string(), "section": 255, "reason": 1 });
    let path = "/api/v1/desk/erasures";
    assert_eq!(given.refused("PUT", path, Some(wish.clone()), Some(&key)).await, "not-yours");
    let manager = given.farm.key(Device::Manager);
    assert_eq!(given.send("PUT", path, Some(wish.clone()), Some(&manager)).await.status, 201);
    assert_eq!(given.send("PUT", path, Some(wish), Some(&manager)).await.status, 200);
    let listed = given.get(path, Device::Manager).await;
    assert_eq!(listed["erasures"][0]["state"], "waiting");

    let erase = nguon_service::OperatorAct::Erase { event, section: 255, reason: 1 };
    given.ledger.service.act(erase).await.unwrap();
    given.ledger.service.settle().await;
    let listed = given.get(path, Device::Manager).await;
    assert_eq!(listed["erasures"][0]["state"], "erased");
    let members = given.get("/api/v1/desk/members", Device::Manager).await;
    let erased = members["members"].as_array().unwrap().iter().find(|one| one["person_erased"] == true);
    assert_eq!(erased.unwrap()["key"], key.public().to_string());
}

#[tokio::test]
async fn what_wants_an_answer_is_told_to_its_organisation_alone() {
    let Given { ledger, mut farm } = given().await;
    let harvested = farm.lot("C1");
    // More packs than the harvest gives.
    let records = [farm.pack(&[(harvested, 55_000)], &farm.pack_lot("K2"), 900)];
    ledger.take(records).await;
    let given = Given { ledger, farm };
    let messages = given.get("/api/v1/desk/messages", Device::Phone(1)).await;
    let findings = messages["findings"].as_array().unwrap();
    assert!(!findings.is_empty(), "{messages}");
    assert!(
        findings.iter().all(|one| one["vi"].is_string() && one["lot"].is_string() && one["code"].is_string())
    );
    assert_eq!(messages["held"], json!([]));
    assert_eq!(messages["cut"], false);
}

#[tokio::test]
async fn a_phone_takes_the_yields_along() {
    let given = given().await;
    let answer = given.ledger.get("/api/v1/crops").await;
    let rows: Value = serde_json::from_slice(&answer.bytes).unwrap();
    let rows = rows.as_array().unwrap();
    assert!(rows.iter().any(|row| row["key"] == "strawberry" && row["per"].is_string()));
    let again = given.ledger.ask("/api/v1/crops", &[("if-none-match", answer.header("etag"))]).await;
    assert_eq!(again.status, 304);
}

#[tokio::test]
async fn a_sheet_becomes_drafts_or_faults_by_cell() {
    let given = given().await;
    let manager = given.farm.key(Device::Manager);
    let send = |path: &'static str, text: String, key: &SigningKey| {
        let digest = content_digest(text.as_bytes());
        let asked =
            Asked { method: "POST", authority: HOST, path, query: None, content_digest: Some(&digest) };
        let now_s = u64::try_from(given.ledger.service.now_ms() / 1_000).unwrap();
        let signed = Signed::new(&asked, &given.ledger.service.ledger_id(), key, now_s);
        let request = Request::post(path)
            .header("host", HOST)
            .header("content-digest", digest)
            .header("signature-input", signed.input)
            .header("signature", signed.signature);
        given.ledger.call(request.body(Body::from(text)).unwrap())
    };
    let diary = "/api/v1/desk/import/diary";
    let good =
        "Ngày,Mã thửa,Công việc,Vật tư,Cách ly,Người làm\n05/01/2026,T01,phun thuốc,Aba 36EC,7,Trần Thị B\n";
    let answer = send(diary, good.to_owned(), &manager).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    let read: Value = serde_json::from_slice(&answer.bytes).unwrap();
    let draft = &read["drafts"][0];
    assert_eq!(draft["act"], "diary");
    assert_eq!(draft["subjects"], json!([given.farm.plot()]));
    assert_eq!(draft["facts"]["nguon:preHarvestIntervalDays"], 7);
    assert_eq!(draft["facts"]["nguon:enteredForAnother"], true);
    assert!(!draft["facts"].to_string().contains("Trần"), "names are private");
    assert_eq!(draft["private"][0]["payload"]["name"], "Trần Thị B");

    // What comes out is what the rules take: signed by the phone, it counts.
    let preflight = json!({ "drafts": [{
        "organisation_id": given.farm.id().to_string(), "act": "diary", "facts": draft["facts"],
    }] });
    let answer = given.send("POST", "/api/v1/preflight", Some(preflight), None).await;
    let foreseen: Value = serde_json::from_slice(&answer.bytes).unwrap();
    assert_eq!(foreseen["results"][0]["may_sign"], true, "{foreseen}");

    let bad = "Ngày,Mã thửa,Công việc\n05/01/2026,T99,phun thuốc\n";
    let read: Value = serde_json::from_slice(&send(diary, bad.to_owned(), &manager).await.bytes).unwrap();
    assert_eq!(read["drafts"], json!([]));
    let errors = read["errors"].as_array().unwrap();
    assert_eq!((&errors[0]["row"], &errors[0]["column"]), (&json!(2), &json!("B")));
    assert!(errors[0]["vi"].as_str().unwrap().contains("T99"));

    assert_eq!(
        problem(&send("/api/v1/desk/import/x", good.to_owned(), &manager).await),
        "sheet-kind-unknown"
    );
    let old = "M\u{fffd}".to_owned();
    assert_eq!(problem(&send(diary, old, &manager).await), "sheet-no-rows");
    let stranger = SigningKey::from_seed([9; 32]);
    assert_eq!(problem(&send(diary, good.to_owned(), &stranger).await), "not-yours");
    // Names of people are for those who admit them.
    let members = "Họ và tên,Vai trò\nTrần Thị B,nông dân\n".to_owned();
    let path = "/api/v1/desk/import/members";
    assert_eq!(problem(&send(path, members.clone(), &given.farm.key(Device::Phone(1))).await), "not-yours");
    let read: Value = serde_json::from_slice(&send(path, members, &manager).await.bytes).unwrap();
    assert_eq!(read["invitations"][0]["roles"], json!(["diary"]));
}

#[tokio::test]
async fn what_is_exported_can_be_read_again() {
    let given = given().await;
    let manager = given.farm.key(Device::Manager);
    for kind in nguon_sheet::Kind::ALL {
        let path = format!("/api/v1/desk/template/{}.xlsx", kind.key());
        let template = given.ledger.get(&path).await;
        assert_eq!(template.status, 200, "{path}");
        assert_eq!(nguon_sheet::Grid::read(&template.bytes).unwrap().sheet, kind.title());
        let path = format!("/api/v1/desk/export/{}.xlsx", kind.key());
        let exported = given.send("GET", &path, None, Some(&manager)).await;
        assert_eq!(exported.status, 200, "{path}: {}", exported.text());
        assert_eq!(exported.header("cache-control"), "no-store");
        let grid = nguon_sheet::Grid::read(&exported.bytes).unwrap();
        assert!(!grid.rows.is_empty(), "{kind:?}");
        let heads: Vec<&str> = grid.heads.iter().map(|(_, head)| head.as_str()).collect();
        match kind {
            nguon_sheet::Kind::Plots | nguon_sheet::Kind::Products | nguon_sheet::Kind::Diary => {
                assert_eq!(heads, kind.columns().iter().map(|column| column.vi).collect::<Vec<_>>());
            }
            nguon_sheet::Kind::Members | nguon_sheet::Kind::Lots => assert!(heads.len() > 5),
        }
    }
    let phone = given.farm.key(Device::Phone(1));
    assert_eq!(
        given.refused("GET", "/api/v1/desk/export/members.xlsx", None, Some(&phone)).await,
        "not-yours"
    );
    assert_eq!(
        given.refused("GET", "/api/v1/desk/export/lots", None, Some(&phone)).await,
        "sheet-kind-unknown"
    );
}
