//! Evidence about a lot: whole, it is proven and judged again to the same end; changed anywhere, it says where.

use std::io::{Cursor, Read, Write};
use std::sync::Arc;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use nguon_fixtures::farm::Device;
use nguon_id::LotId;
use nguon_ledger::Roles;
use nguon_ledger::policy::Policy;
use nguon_ledger::proof::TlogProof;
use nguon_service::EvidenceError;
use nguon_service::evidence::{Checked, EvidenceCheckError, check};
use nguon_tests::{Database, World};
use nguon_trace::finding::Code;
use nguon_trace::quantity::Quantity;
use zip::write::SimpleFileOptions;
use zip::{ZipArchive, ZipWriter};

use super::given;

async fn collect(world: &World, lot: &str) -> Vec<u8> {
    world.settle().await;
    world.service().evidence(&LotId::from_uri(lot).unwrap()).await.unwrap().bytes
}

async fn checked_by(policy: &Policy, zip: &[u8]) -> Result<Checked, EvidenceCheckError> {
    let database = Database::sqlite().await.unwrap();
    let scratch: Arc<dyn nguon_storage::Store> = database.open().await;
    let checked = check(zip, policy, policy.log().public().as_bytes(), scratch.clone()).await;
    scratch.close().await;
    checked
}

async fn checked(world: &World, zip: &[u8]) -> Checked {
    checked_by(&world.policy(), zip).await.unwrap()
}

/// The files with one of them changed, or left out.
fn altered(zip: &[u8], name: &str, change: impl Fn(Vec<u8>) -> Option<Vec<u8>>) -> Vec<u8> {
    let mut old = ZipArchive::new(Cursor::new(zip)).unwrap();
    let mut new = ZipWriter::new(Cursor::new(Vec::new()));
    let mut found = false;
    for place in 0..old.len() {
        let mut file = old.by_index(place).unwrap();
        let file_name = file.name().unwrap().into_owned();
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes).unwrap();
        if file_name == name {
            found = true;
            match change(bytes) {
                Some(changed) => bytes = changed,
                None => continue,
            }
        }
        new.start_file(&file_name, SimpleFileOptions::default()).unwrap();
        new.write_all(&bytes).unwrap();
    }
    assert!(found, "{name} is in the zip");
    new.finish().unwrap().into_inner()
}

fn names(zip: &[u8]) -> Vec<String> {
    let archive = ZipArchive::new(Cursor::new(zip)).unwrap();
    archive.file_names().map(|name| name.unwrap().into_owned()).collect()
}

fn content(zip: &[u8], name: &str) -> String {
    let mut archive = ZipArchive::new(Cursor::new(zip)).unwrap();
    let mut text = String::new();
    archive.by_name(name).unwrap().read_to_string(&mut text).unwrap();
    text
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lot_is_proven_offline_and_judged_again_to_the_same_end() {
    let Some(world) = given().await else { return };
    let mut farm = world.farm("farm").await;
    let mut shop = world.farm("shop").await;
    let other = world.farm("other").await;
    let (harvest, packs) = (farm.lot("260105-A"), farm.pack_lot("P1"));
    world.log(farm.spray(Device::Phone(1), Some(7))).await;
    world.log(farm.harvest(Device::Phone(1), "260105-A", 100_000)).await;
    world.log(farm.pack(&[(harvest.clone(), 100_000)], &packs, 210)).await;
    let (to, from) = (shop.urn(), farm.urn());
    world.log(farm.ship(&packs, Quantity::pieces(50), &to)).await;
    world.log(shop.receive(&packs, Quantity::pieces(48), &from)).await;
    // A phone that was lost, and a member's name that was erased: rights change, facts stay.
    world.log(farm.delegate(Device::Manager, Device::Phone(3), Roles::DIARY)).await;
    world.log(farm.revoke(Device::Manager, Device::Phone(3), None)).await;
    let zip = collect(&world, &packs).await;

    let checked = checked(&world, &zip).await;
    assert_eq!(checked.faults, []);
    assert_eq!(checked.lot, packs);
    let judged = checked.judged.unwrap();
    let real =
        world.service().catalogue().lot(&LotId::from_uri(&packs).unwrap()).await.unwrap().unwrap().state;
    assert_eq!(judged, real);
    let codes: Vec<Code> = judged.findings.iter().map(|finding| finding.code).collect();
    assert_eq!(
        codes,
        [Code::OutputBeyondInput, Code::SourceBlocked],
        "sprayed on the day, and 5 kg too many"
    );
    assert!(checked.records > 15 && checked.facts >= 8, "{} {}", checked.records, checked.facts);
    assert_eq!(checked.cosigned_by.len(), 1);

    let mut all = String::new();
    for name in names(&zip) {
        all.push_str(&content(&zip, &name));
    }
    assert!(!all.contains("Người Thử Nghiệm") && !all.contains("108.548"), "no names, no places");
    assert!(!all.contains(&other.plot()), "nothing of others");
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_is_changed_in_evidence_is_named() {
    let Some(world) = given().await else { return };
    let mut farm = world.farm("farm").await;
    let (harvest, packs) = (farm.lot("260105-A"), farm.pack_lot("P1"));
    world.log(farm.harvest(Device::Phone(1), "260105-A", 100_000)).await;
    let packing = world.log(farm.pack(&[(harvest.clone(), 100_000)], &packs, 200)).await;
    let zip = collect(&world, &packs).await;
    assert_eq!(checked(&world, &zip).await.faults, []);
    let (record, facts) = (format!("records/{packing:09}.tlog-proof"), format!("facts/{packing:09}-0.json"));
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    let faults = async |zip: &[u8]| -> Vec<String> {
        let checked = checked(&world, zip).await;
        checked.faults.into_iter().map(|fault| format!("{}: {}", fault.file, fault.why)).collect()
    };
    let about = |faults: &[String], file: &str, why: &str| {
        assert!(faults.iter().any(|fault| fault.starts_with(file) && fault.contains(why)), "{faults:?}");
    };

    let more = altered(&zip, &facts, |bytes| Some(text(bytes).replace("200", "150").into_bytes()));
    about(&faults(&more).await, &facts, "not what the record commits to");
    let gone = altered(&zip, &facts, |_| None);
    about(&faults(&gone).await, &facts, "not there");
    let record_gone = altered(&zip, &record, |_| None);
    about(&faults(&record_gone).await, &record, "not in the zip");
    let other = altered(&zip, &record, |_| Some(content(&zip, "records/000000003.tlog-proof").into_bytes()));
    about(&faults(&other).await, &record, "it is entry 3");
    let flipped = altered(&zip, &record, |bytes| {
        let mut lines: Vec<String> = text(bytes).lines().map(str::to_owned).collect();
        let flipped =
            if lines[1].contains('A') { lines[1].replacen('A', "B", 1) } else { lines[1].to_lowercase() };
        lines[1] = flipped;
        Some((lines.join("\n") + "\n").into_bytes())
    });
    assert!(!faults(&flipped).await.is_empty());
    let better = altered(&zip, "lot.json", |bytes| {
        Some(text(bytes).replace("\"amount\": 200", "\"amount\": 201").into_bytes())
    });
    about(&faults(&better).await, "lot.json", "another judgement");
    // Without the record that gave the phone its rights nobody stands behind what it signed.
    let index: usize = 2 + 2;
    let untold = altered(&zip, "manifest.json", |bytes| {
        let mut manifest: serde_json::Value = serde_json::from_slice(&bytes).unwrap();
        let records = manifest["records"].as_array_mut().unwrap();
        let delegations: Vec<usize> =
            (0..records.len()).filter(|place| records[*place]["facts"].is_null()).collect();
        assert!(delegations.len() > index);
        for place in delegations.into_iter().skip(1).rev() {
            records.remove(place);
        }
        Some(serde_json::to_vec(&manifest).unwrap())
    });
    about(&faults(&untold).await, "records/", "stand behind the key");
    let reordered = altered(&zip, "manifest.json", |bytes| {
        let mut manifest: serde_json::Value = serde_json::from_slice(&bytes).unwrap();
        manifest["records"].as_array_mut().unwrap().reverse();
        Some(serde_json::to_vec(&manifest).unwrap())
    });
    about(&faults(&reordered).await, "records/", "order of the log");

    // Keys of somebody else: nothing in it is proven.
    let stranger = nguon_ledger::note::NoteSigner::new(nguon_tests::ORIGIN, [77; 32]).unwrap();
    let stranger = stranger.verifier_key(nguon_ledger::note::KeyKind::Ed25519);
    let policy = Policy::new(stranger, Vec::new(), 0).unwrap();
    let unproven = checked_by(&policy, &zip).await.unwrap();
    assert_eq!(unproven.records, 0);
    assert!(!unproven.faults.is_empty());

    for bytes in [&b""[..], b"PK", &zip[..zip.len() / 2]] {
        assert!(matches!(checked_by(&world.policy(), bytes).await, Err(EvidenceCheckError::Zip(_))));
    }
    let bomb = altered(&zip, &facts, |_| Some(vec![b' '; 40 << 20]));
    assert!(matches!(checked_by(&world.policy(), &bomb).await, Err(EvidenceCheckError::TooLarge)));
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn facts_that_were_erased_are_missing_with_a_notice() {
    let Some(mut world) = given().await else { return };
    let mut farm = world.farm("farm").await;
    let packs = farm.pack_lot("P1");
    let harvest = farm.lot("260105-A");
    let reaped = farm.harvest(Device::Phone(1), "260105-A", 100_000);
    let event = reaped.event_id;
    world.log(reaped).await;
    world.log(farm.pack(&[(harvest, 100_000)], &packs, 200)).await;
    world.erase(event, 0).await;
    let zip = collect(&world, &packs).await;
    let checked = checked(&world, &zip).await;
    let real =
        world.service().catalogue().lot(&LotId::from_uri(&packs).unwrap()).await.unwrap().unwrap().state;
    assert_eq!(checked.judged.as_ref(), Some(&real));
    assert_eq!(checked.faults, []);
    let codes: Vec<Code> = checked.judged.unwrap().findings.iter().map(|finding| finding.code).collect();
    assert_eq!(codes, [Code::SourceBlocked, Code::SourceUnknown]);

    let nowhere = LotId::from_uri(&farm.pack_lot("KHONG-CO")).unwrap();
    assert!(matches!(world.service().evidence(&nowhere).await, Err(EvidenceError::NoLot(_))));
    // The audit takes what was erased for a fault (tests/service/erasure.rs).
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_light_form_for_phones_holds_the_same_records_and_proofs() {
    let Some(world) = given().await else { return };
    let mut farm = world.farm("farm").await;
    let lot = farm.lot("260105-A");
    world.log(farm.harvest(Device::Phone(1), "260105-A", 820_000)).await;
    let zip = collect(&world, &lot).await;
    let independent = [nguon_tests::WITNESS.to_owned()];
    let id = LotId::from_uri(&lot).unwrap();
    let light = world.service().light_evidence(&id, &independent).await.unwrap();
    let light: serde_json::Value = serde_json::from_slice(&light).unwrap();
    assert_eq!(light["lot"], lot);
    assert_eq!(light["witnesses"][0]["operators_own"], false, "it was named as somebody else's");

    let bytes = |value: &serde_json::Value| BASE64_STANDARD.decode(value.as_str().unwrap()).unwrap();
    let mut archive = ZipArchive::new(Cursor::new(zip)).unwrap();
    let mut path: Vec<u8> = Vec::new();
    let mut shared_hashes = 0;
    for record in light["records"].as_array().unwrap() {
        let index = record["index"].as_u64().unwrap();
        let mut text = Vec::new();
        let name = format!("records/{index:09}.tlog-proof");
        archive.by_name(&name).unwrap().read_to_end(&mut text).unwrap();
        let proof = TlogProof::parse(&text).unwrap();
        assert_eq!(bytes(&record["record"]), proof.extra);
        assert_eq!(light["checkpoint"], proof.checkpoint_note.to_string());
        let shared = usize::try_from(record["shared"].as_u64().unwrap_or(0)).unwrap();
        shared_hashes += shared;
        path = [bytes(&record["proof"]), path[path.len() - 32 * shared..].to_vec()].concat();
        assert_eq!(path, proof.hashes.iter().flat_map(|hash| hash.0).collect::<Vec<u8>>(), "entry {index}");
        for fact in record["facts"].as_array().into_iter().flatten() {
            let mut payload = Vec::new();
            let name = format!("facts/{index:09}-{}.json", fact["position"]);
            archive.by_name(&name).unwrap().read_to_end(&mut payload).unwrap();
            assert_eq!(fact["text"].as_str().unwrap().as_bytes(), payload);
        }
    }
    let in_zip = archive.file_names().filter(|name| name.as_ref().unwrap().starts_with("records/")).count();
    assert_eq!(light["records"].as_array().unwrap().len(), in_zip);
    assert!(shared_hashes > 0, "neighbours share");
    world.end().await;
}
