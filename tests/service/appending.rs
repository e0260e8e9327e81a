//! Records come in: what is logged, what is answered again, and what is refused.

use nguon_fixtures::farm::{Device, Farm};
use nguon_fixtures::{LedgerContext, Submission};
use nguon_ledger::{
    Control, Draft, OpeningError, OrganisationId, Record, RecordError, Refusal, Seen, SigningKey,
    next_key_digest,
};
use nguon_service::submit::{MAX_PAYLOAD_BYTES, Refused, Taken};
use nguon_tests::taken;

use super::given;
use crate::resign::sign_again;

#[tokio::test(flavor = "multi_thread")]
async fn a_harvest_is_logged_published_cosigned_and_proven() {
    let Some(world) = given().await else { return };
    // The operator's genesis, card and desk key came first.
    assert_eq!(world.service().progress().logged, 3);
    let mut farm = Farm::new(1, &world.context);
    let first = world.log_all(farm.start()).await;
    let rising: Vec<u64> = (first[0]..).take(first.len()).collect();
    assert_eq!(first, rising, "one request is logged in its order, without gaps");
    // An epoch stands before the first record of five minutes.
    assert_eq!(first[0], 4);

    let harvest = farm.harvest(Device::Phone(1), "260105-A", 820_000);
    let event = harvest.event_id;
    let index = world.log(harvest.clone()).await;
    assert!(index > first[6]);
    world.check().await;

    let progress = world.service().progress();
    assert_eq!((progress.published, progress.projected), (progress.logged, progress.logged));
    let lookup = world.service().lookup();
    let entry = lookup.entry(event).await.unwrap().expect("it is logged");
    assert_eq!((entry.index, entry.disputed), (index, false));
    assert_eq!(entry.record.as_bytes(), harvest.record);
    assert_eq!(entry.openings.len(), 1, "the picker's name is not public");
    assert_eq!(lookup.entry_at(index).await.unwrap().unwrap().record.event_id(), event);
    assert!(lookup.entry_at(1_000_000).await.unwrap().is_none());

    let receipt = lookup.receipt(&entry).await.unwrap().expect("a checkpoint covers it");
    let read = nguon_ledger::proof::TlogProof::parse(receipt.to_string().as_bytes()).unwrap();
    let verdict = read.verify(&world.policy(), Record::parse(&read.extra).unwrap().leaf_hash()).unwrap();
    assert!(verdict.quorum_met, "the operator's witness has cosigned");
    assert_eq!(read.index.0, index);
    assert_eq!(verdict.checkpoint.size().0, progress.logged);
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_record_sent_again_gets_its_first_index() {
    let Some(world) = given().await else { return };
    let mut farm = world.farm("farm").await;
    let harvest = farm.harvest(Device::Phone(1), "260105-A", 820_000);
    let index = world.log(harvest.clone()).await;
    let again = Ok(Taken::Logged { index, again: true });
    assert_eq!(world.say(harvest.clone()).await, again);
    // Also an old one, whose place the chain has passed, and twice in one request.
    world.log(farm.water(Device::Phone(1), "giếng")).await;
    assert_eq!(world.submit(vec![harvest.clone(), harvest.clone()]).await, [again.clone(), again.clone()]);
    // A new one twice in one request.
    let water = farm.water(Device::Phone(1), "suối");
    let answers = world.submit(vec![water.clone(), water]).await;
    let index = taken(answers[0].clone());
    assert_eq!(answers[1], Ok(Taken::Logged { index, again: true }));
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_record_signed_again_with_another_signature_is_the_same_record() {
    let Some(world) = given().await else { return };
    let seed = [77; 32];
    let key = SigningKey::from_seed(seed);
    let next = next_key_digest(&SigningKey::from_seed([78; 32]).public());
    let genesis = Draft::first(world.context.ledger_id, OrganisationId::ZERO, Control::Genesis { next });
    let genesis = genesis.sign(&key).unwrap();
    let sent = |bytes: Vec<u8>| nguon_service::Incoming { record: bytes, openings: Vec::new() };
    let answer = world.service().submit(vec![sent(genesis.as_bytes().to_vec())]).await.remove(0).answer;
    let index = taken(answer);

    let mut bytes = genesis.body().to_vec();
    bytes.extend_from_slice(&sign_again(seed, &genesis.signed_bytes()));
    assert_ne!(bytes, genesis.as_bytes());
    let answer = world.service().submit(vec![sent(bytes)]).await.remove(0);
    assert_eq!(answer.event, Some(genesis.event_id()));
    assert_eq!(answer.answer, Ok(Taken::Logged { index, again: true }));
    let logged = world.service().lookup().entry_at(index).await.unwrap().unwrap();
    assert_eq!(logged.record.as_bytes(), genesis.as_bytes(), "the first signature stays");
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn one_bad_record_does_not_harm_its_neighbours() {
    let Some(world) = given().await else { return };
    let mut farm = world.farm("farm").await;
    let good: Vec<Submission> = (0..6).map(|_| farm.water(Device::Phone(1), "giếng")).collect();
    let mut forged = farm.water(Device::Phone(2), "giếng");
    let last = forged.record.len() - 1;
    forged.record[last] ^= 1;
    let stranger = Farm::named(9, "stranger", &world.context).water(Device::Phone(1), "giếng");

    let mut sent = good.clone();
    sent.insert(2, forged);
    sent.insert(5, stranger);
    let answers = world.submit(sent).await;
    assert!(matches!(answers[2], Err(Refused::Signature(_))), "{:?}", answers[2]);
    assert_eq!(answers[5], Err(Refused::Authority(Refusal::UnknownKey)));
    let logged: Vec<u64> = answers.into_iter().filter(Result::is_ok).map(taken).collect();
    assert_eq!(logged, (logged[0]..).take(6).collect::<Vec<_>>());
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_of_a_refused_record_is_stored() {
    let Some(world) = given().await else { return };
    let mut farm = world.farm("farm").await;
    let good = farm.harvest(Device::Phone(1), "260105-A", 1_000);
    let change = |change: &dyn Fn(&mut Submission)| {
        let mut changed = good.clone();
        change(&mut changed);
        changed
    };
    let elsewhere = LedgerContext {
        ledger_id: nguon_ledger::ledger_id("ledger.example.org/other", &[7; 32]),
        origin: world.context.origin.clone(),
    };
    world.settle().await;
    let before = world.service().progress();
    let cases: [(&str, Submission, Refused); 9] = [
        (
            "opening missing",
            change(&|one| drop(one.openings.pop())),
            OpeningError::Count { expected: 2, found: 1 }.into(),
        ),
        (
            "opening too many",
            change(&|one| one.openings.push(one.openings[0].clone())),
            OpeningError::Count { expected: 2, found: 3 }.into(),
        ),
        (
            "other contents",
            change(&|one| one.openings[1].payload.push(b' ')),
            OpeningError::Commitment { section: 1 }.into(),
        ),
        (
            "other salt",
            change(&|one| one.openings[0].salt[0] ^= 1),
            OpeningError::Commitment { section: 0 }.into(),
        ),
        ("swapped", change(&|one| one.openings.swap(0, 1)), OpeningError::Commitment { section: 0 }.into()),
        (
            "too large",
            change(&|one| one.openings[1].payload = vec![b'x'; MAX_PAYLOAD_BYTES + 1]),
            Refused::PayloadTooLarge {
                section: 1,
                bytes: good.openings[0].payload.len() + MAX_PAYLOAD_BYTES + 1,
            },
        ),
        ("other ledger", Farm::new(1, &elsewhere).genesis(), Refusal::WrongLedger.into()),
        (
            "unknown key",
            Farm::named(9, "x", &world.context).water(Device::Manager, "giếng"),
            Refusal::UnknownKey.into(),
        ),
        (
            "delegation without its person",
            {
                let mut delegation = Farm::named(1, "farm", &world.context).delegate(
                    Device::Manager,
                    Device::Phone(7),
                    nguon_ledger::Roles::LOT,
                );
                delegation.openings.clear();
                delegation
            },
            OpeningError::Count { expected: 1, found: 0 }.into(),
        ),
    ];
    for (name, submission, expected) in cases {
        let found = world.refused(submission.clone()).await;
        assert_eq!(found, expected, "{name}");
        if submission.record != good.record {
            assert!(world.service().lookup().entry(submission.event_id).await.unwrap().is_none(), "{name}");
        }
    }
    // Bytes that are no record have no event to answer about.
    for (bytes, long) in
        [(vec![], false), (good.record[..good.record.len() - 1].to_vec(), false), (vec![0; 65_536], true)]
    {
        let incoming = nguon_service::Incoming { record: bytes, openings: Vec::new() };
        let answer = world.service().submit(vec![incoming]).await.remove(0);
        assert_eq!(answer.event, None);
        assert!(
            matches!(answer.answer, Err(Refused::Malformed(RecordError::TooLong(_)))) == long,
            "{answer:?}"
        );
        assert!(matches!(answer.answer, Err(Refused::Malformed(_))), "{answer:?}");
    }
    assert_eq!(world.service().progress(), before);
    assert!(world.service().lookup().store.reader().await.unwrap().list_held().await.unwrap().is_empty());
    // The same record with its own openings is welcome.
    world.log(good).await;
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_device_and_its_first_records_come_in_one_request() {
    let Some(world) = given().await else { return };
    let mut farm = Farm::new(1, &world.context);
    let mut all = farm.start();
    all.push(farm.harvest(Device::Phone(2), "260105-A", 500_000));
    all.push(farm.delegate(Device::Manager, Device::Phone(3), nguon_ledger::Roles::LOT));
    all.push(farm.harvest(Device::Phone(3), "260105-B", 500_000));
    world.log_all(all).await;
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_record_that_names_a_published_checkpoint_is_bracketed_in_time() {
    let Some(world) = given().await else { return };
    let mut farm = world.farm("farm").await;
    world.settle().await;
    let (checkpoint, _) = world.service().lookup().checkpoint().await.unwrap().unwrap();
    let seen_at = world.service().now_ms();
    farm.set_seen(Seen { size: checkpoint.size().0, root: checkpoint.root() });
    let later = farm.now_ms() + 3_600_000;
    farm.set_now_ms(later);
    let index = world.log(farm.water(Device::Phone(1), "giếng")).await;
    let audited = world.check().await;
    assert!(!audited.published.findings.contains_key("split-view"), "{:?}", audited.published.findings);
    let bracket = world.service().catalogue().bracket(index).await.unwrap();
    assert_eq!(bracket.not_before_ms, Some(seen_at / 1000 * 1000));
    assert_eq!(bracket.not_after_ms, Some(later / 1000 * 1000));

    // Another tree of that size is somebody else's log: logged, and found by every audit.
    farm.set_seen(Seen { size: checkpoint.size().0, root: nguon_ledger::merkle::Hash([9; 32]) });
    world.log(farm.water(Device::Phone(1), "giếng")).await;
    let audited = world.check().await;
    assert_eq!(audited.published.findings.get("split-view"), Some(&1));
    world.end().await;
}
