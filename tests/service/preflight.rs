//! Before somebody signs: what is foreseen is what becomes of it.

use nguon_fixtures::Submission;
use nguon_fixtures::farm::{Device, Farm};
use nguon_id::LotId;
use nguon_ledger::{Act, OrganisationId};
use nguon_market::ReasonCode;
use nguon_service::{Draft, Foreseen};
use nguon_tests::World;
use nguon_trace::draft::Refusal;
use nguon_trace::facts::Step;
use nguon_trace::finding::{Code, Finding};
use nguon_trace::lot::{Effect, LotState};
use nguon_trace::quantity::Quantity;

use super::given;

/// A signed record as somebody had it before signing.
fn draft(organisation: OrganisationId, act: Act, signed: &Submission) -> Draft {
    let document = signed.openings[0].payload.clone();
    Draft { organisation, act: Some(act), document, place: None }
}

async fn foresee(world: &World, drafts: Vec<Draft>) -> Vec<Foreseen> {
    world.settle().await;
    world.service().preflight(drafts).await.unwrap()
}

async fn one(world: &World, draft: Draft) -> Foreseen {
    foresee(world, vec![draft]).await.remove(0)
}

async fn state(world: &World, uri: &str) -> LotState {
    world.settle().await;
    world.service().catalogue().lot(&LotId::from_uri(uri).unwrap()).await.unwrap().unwrap().state
}

fn codes<'a>(findings: impl IntoIterator<Item = &'a Finding>) -> Vec<Code> {
    findings.into_iter().map(|finding| finding.code).collect()
}

/// What a foreseen lot says must be what the real one says, once the draft is signed; but for where it stands in the log.
fn same(foreseen: &Foreseen, real: &LotState) {
    let lot = foreseen.lots.iter().find(|lot| lot.state.uri == real.uri).unwrap();
    let texts = |state: &LotState| state.findings.iter().map(|f| f.text_vi.clone()).collect::<Vec<_>>();
    assert_eq!(texts(&lot.state), texts(real));
    assert_eq!(lot.state.balance, real.balance);
    let status = |state: &LotState| serde_json::to_value(&state.status).unwrap()["state"].clone();
    assert_eq!(status(&lot.state), status(real));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_phone_is_warned_before_it_signs_and_nothing_is_kept_of_it() {
    let Some(world) = given().await else { return };
    let mut farm = world.farm("farm").await;
    let (harvest, packs) = (farm.lot("260105-A"), farm.pack_lot("P1"));
    world.log(farm.harvest(Device::Phone(1), "260105-A", 100_000)).await;

    // 250 trays of 500 g out of 100 kg.
    let (now, id) = (farm.now_ms(), farm.id());
    let mut later = Farm::named(1, "farm", &world.context);
    later.start();
    later.set_now_ms(now);
    let too_many = draft(id, Act::Lot, &later.pack(&[(harvest.clone(), 100_000)], &packs, 250));
    let before = (world.service().progress().logged, state(&world, &harvest).await);
    let foreseen = one(&world, too_many.clone()).await;
    assert_eq!(foreseen.refusals, []);
    let lot = foreseen.lots.iter().find(|lot| lot.state.uri == packs).unwrap();
    assert_eq!(lot.effect, Some(Effect::Counts));
    assert_eq!(codes(&lot.raised), [Code::OutputBeyondInput]);
    assert_eq!(lot.raised[0].text_vi, "Làm ra 125 kg trong khi chỉ đưa vào 100 kg.");
    assert_eq!((world.service().progress().logged, state(&world, &harvest).await), before, "nothing is kept");
    assert!(world.service().catalogue().lot(&LotId::from_uri(&packs).unwrap()).await.unwrap().is_none());

    // The same, signed all the same.
    world.log(farm.pack(&[(harvest.clone(), 100_000)], &packs, 250)).await;
    same(&foreseen, &state(&world, &packs).await);
    same(&foreseen, &state(&world, &harvest).await);
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_late_spraying_is_foreseen_for_harvest_packs_and_listing() {
    let Some(world) = given().await else { return };
    let mut farm = world.farm("farm").await;
    let (harvest, packs) = (farm.lot("260105-A"), farm.pack_lot("P1"));
    let sprayed = farm.now_ms();
    farm.set_now_ms(sprayed + 2 * 86_400_000);
    world.log(farm.harvest(Device::Phone(1), "260105-A", 100_000)).await;
    world.log(farm.pack(&[(harvest.clone(), 100_000)], &packs, 200)).await;
    let now = farm.now_ms();
    farm.set_now_ms(now + 6 * 60_000);
    world.log(farm.list("khay", std::slice::from_ref(&packs), 25_000, 100)).await;

    let mut spray = farm.spray(Device::Phone(1), Some(7));
    // Told of the day before the harvest.
    let document = String::from_utf8(spray.openings[0].payload.clone()).unwrap();
    let told = document.replace("2026-01-07", "2026-01-06");
    assert_ne!(told, document);
    spray.openings[0].payload = told.into_bytes();
    let foreseen = one(&world, draft(farm.id(), Act::Diary, &spray)).await;
    assert_eq!(foreseen.refusals, []);
    let raised = |uri: &str| {
        let lot = foreseen.lots.iter().find(|lot| lot.state.uri == uri).unwrap();
        codes(&lot.raised)
    };
    assert_eq!(raised(&harvest), [Code::InsidePhi]);
    assert_eq!(raised(&packs), [Code::SourceBlocked]);
    let stands = codes(&state(&world, &packs).await.findings);
    assert_eq!(stands, [Code::FoodSafetyMissing], "it was only asked");
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_is_refused_before_it_is_signed() {
    let Some(world) = given().await else { return };
    let mut farm = world.farm("farm").await;
    let harvest = farm.lot("260105-A");
    let again = farm.harvest(Device::Phone(1), "260105-A", 100_000);
    world.log(again.clone()).await;
    let id = farm.id();
    let refusals = async |act, signed: &Submission| one(&world, draft(id, act, signed)).await.refusals;

    assert_eq!(refusals(Act::Lot, &again).await, [Refusal::MadeTwice { lot: harvest.clone() }]);

    let own = farm.urn();
    let home = farm.ship(&harvest, Quantity::grams(1_000), &own);
    assert_eq!(refusals(Act::Lot, &home).await, [Refusal::SelfShipment]);

    let now = farm.now_ms();
    farm.set_now_ms(now + 3 * 86_400_000);
    let tomorrow = farm.spray(Device::Phone(1), Some(3));
    farm.set_now_ms(now);
    assert_eq!(refusals(Act::Diary, &tomorrow).await, [Refusal::FutureDate]);

    let mut other = world.farm("other").await;
    other.set_now_ms(now);
    let strange = other.spray(Device::Phone(1), Some(3));
    assert_eq!(refusals(Act::Diary, &strange).await, [Refusal::PlotUnknown { plot: other.plot() }]);

    let swapped = farm.recall(std::slice::from_ref(&harvest));
    assert_eq!(refusals(Act::Diary, &swapped).await, [Refusal::ActDiffers]);

    let mut negative = farm.pack(&[(harvest.clone(), 1_000)], &farm.pack_lot("P9"), 2);
    let text = String::from_utf8(negative.openings[0].payload.clone()).unwrap();
    let below = text.replace("\"quantity\":1,\"uom\":\"KGM\"", "\"quantity\":-1,\"uom\":\"KGM\"");
    assert_ne!(below, text);
    negative.openings[0].payload = below.clone().into_bytes();
    let found = refusals(Act::Lot, &negative).await;
    assert!(matches!(&found[..], [Refusal::Quantity { .. }]), "{found:?}");
    negative.openings[0].payload = below.replace("-1,\"uom\":\"KGM\"", "2,\"uom\":\"LBR\"").into_bytes();
    assert_eq!(refusals(Act::Lot, &negative).await, [Refusal::UnitUnknown { unit: "LBR".to_owned() }]);
    negative.openings[0].payload = b"{\"type\":".to_vec();
    assert!(matches!(&refusals(Act::Lot, &negative).await[..], [Refusal::Unreadable { .. }]));
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_plot_whose_outline_crosses_itself_is_refused_before_it_is_signed() {
    let Some(world) = given().await else { return };
    let farm = world.farm("farm").await;
    let mut twin = Farm::named(1, "farm", &world.context);
    let card = twin.start().remove(6);
    let outlined = |ring: &str| {
        let place = format!(
            r#"{{"type":"Feature","properties":{{}},"geometry":{{"type":"Polygon","coordinates":[[{ring}]]}}}}"#
        );
        Draft { place: Some(place.into_bytes()), ..draft(farm.id(), Act::Diary, &card) }
    };
    // About 50 m by 50 m, as the card says.
    let square = "[108.548000,11.708000],[108.548458,11.708000],[108.548458,11.708449],[108.548000,11.708449],[108.548000,11.708000]";
    let good = one(&world, outlined(square)).await;
    assert_eq!((good.refusals, good.remarks), (vec![], vec![]));
    let bow = "[108.548000,11.708000],[108.548458,11.708449],[108.548458,11.708000],[108.548000,11.708300],[108.548000,11.708000]";
    let crossed = one(&world, outlined(bow)).await;
    let [Refusal::Place { fault, .. }] = &crossed.refusals[..] else { panic!("{crossed:?}") };
    assert_eq!(*fault, "crosses_itself");
    assert_eq!(
        crossed.refusals[0].text_vi(),
        "Vị trí thửa chưa dùng được: ranh giới tự cắt hoặc chạm chính nó. Hãy vẽ hoặc chọn lại."
    );
    let wide = square.replace("108.548458", "108.549458");
    assert_eq!(one(&world, outlined(&wide)).await.remarks[0].0, "area_differs");
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lot_that_would_be_made_of_itself_is_refused() {
    let Some(world) = given().await else { return };
    let mut farm = world.farm("farm").await;
    let (harvest, first, second) = (farm.lot("260105-A"), farm.pack_lot("P1"), farm.pack_lot("P2"));
    world.log(farm.harvest(Device::Phone(1), "260105-A", 100_000)).await;
    world.log(farm.pack(&[(harvest.clone(), 100_000)], &first, 200)).await;
    world.log(farm.pack(&[(first.clone(), 1)], &second, 1)).await;
    let round = farm.pack(&[(second.clone(), 1)], &first, 1);
    let foreseen = one(&world, draft(farm.id(), Act::Lot, &round)).await;
    assert!(foreseen.refusals.contains(&Refusal::MadeOfItself { lot: second.clone() }), "{foreseen:?}");
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn drafts_of_one_request_follow_each_other() {
    let Some(world) = given().await else { return };
    let mut farm = Farm::named(1, "farm", &world.context);
    let mut start = farm.start();
    let plot = start.remove(6);
    world.log_all(start).await;
    world.recognise(farm.id(), nguon_ledger::Standing::PRODUCER).await;
    let id = farm.id();
    let (harvest, packs) = (farm.lot("260105-A"), farm.pack_lot("P1"));
    let reaped = draft(id, Act::Lot, &farm.harvest(Device::Phone(1), "260105-A", 100_000));
    let packed = draft(id, Act::Lot, &farm.pack(&[(harvest.clone(), 100_000)], &packs, 200));
    let offer = draft(id, Act::Commerce, &farm.list("khay", std::slice::from_ref(&packs), 25_000, 100));

    let alone = one(&world, reaped.clone()).await;
    assert_eq!(alone.refusals, [Refusal::PlotUnknown { plot: farm.plot() }]);
    let all = foresee(&world, vec![draft(id, Act::Diary, &plot), reaped, packed, offer.clone()]).await;
    assert!(all.iter().all(|one| one.refusals.is_empty()), "{all:?}");
    assert!(all.iter().flat_map(|one| &one.lots).all(|lot| lot.raised.is_empty()), "{all:?}");
    let listed = all[3].offer.as_ref().unwrap();
    assert!(listed.listed && listed.reasons.is_empty(), "{listed:?}");

    let unlisted = one(&world, offer).await.offer.unwrap();
    assert!(!unlisted.listed);
    assert_eq!(unlisted.reasons[0].code, ReasonCode::LotUnknown);
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stranger_learns_that_its_word_would_be_a_claim() {
    let Some(world) = given().await else { return };
    let mut farm = world.farm("farm").await;
    let rival = world.farm("rival").await;
    let harvest = farm.lot("260105-A");
    world.log(farm.harvest(Device::Phone(1), "260105-A", 100_000)).await;
    let recall = farm.recall(std::slice::from_ref(&harvest));
    let foreseen = one(&world, draft(rival.id(), Act::Recall, &recall)).await;
    let lot = &foreseen.lots[0];
    assert_eq!((lot.effect, lot.raised.len()), (Some(Effect::Claim), 0));
    assert_eq!(foreseen.refusals, []);
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn labels_that_cannot_be_and_names_that_nobody_finds_are_refused_before_signing() {
    let Some(world) = given().await else { return };
    let mut farm = world.farm("farm").await;
    let (harvest, packs) = (farm.lot("260105-A"), farm.pack_lot("P1"));
    world.log(farm.harvest(Device::Phone(1), "260105-A", 100_000)).await;
    world.log(farm.pack(&[(harvest, 100_000)], &packs, 200)).await;
    world.log(farm.label(Step::Encoding, &packs, 1, 100)).await;
    world.log(farm.label(Step::Decommissioning, &packs, 95, 95)).await;
    let (now, id) = (farm.now_ms(), farm.id());
    let mut later = Farm::named(1, "farm", &world.context);
    later.start();
    later.set_now_ms(now);
    let lot = packs.clone();
    let not_printed =
        |labels: &str| vec![Refusal::LabelsNotPrinted { lot: lot.clone(), labels: labels.to_owned() }];
    let told = async |signed: Submission| one(&world, draft(id, Act::Lot, &signed)).await.refusals;
    assert_eq!(told(later.label(Step::Commissioning, &packs, 1, 90)).await, []);
    assert_eq!(told(later.label(Step::Commissioning, &packs, 90, 120)).await, not_printed("95, 101–120"));
    assert_eq!(told(later.label(Step::Decommissioning, &packs, 100, 101)).await, not_printed("101"));
    assert_eq!(
        told(later.label(Step::Encoding, &packs, 100, 101)).await,
        [Refusal::LabelsPrintedTwice { lot: packs.clone() }]
    );
    assert_eq!(
        told(later.label(Step::Encoding, &packs, 101, 300)).await,
        [Refusal::LabelsBeyondPacks { lot: packs.clone() }]
    );
    // The address of a page is no lot's name.
    let said = format!("https://truyxuat.example.vn{}", LotId::from_uri(&packs).unwrap().path());
    let wrong = told(later.label(Step::Encoding, &said, 1, 2)).await;
    assert_eq!(wrong, [Refusal::WrongName { said, right: packs.clone() }]);
    world.end().await;
}
