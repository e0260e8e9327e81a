//! Orders of exchanges: each once, never more than there is, never from a bad lot, and the ledger counts what they say.

use std::time::Duration;

use nguon_fixtures::farm::{Device, Farm};
use nguon_id::LotId;
use nguon_ledger::control::Delegation;
use nguon_ledger::{Act, Control, Flags, Roles, SigningKey, sign_possession};
use nguon_market::{CancelReason, Invoice, Measure, OrderStep, Payee, Profile, StepRefused, Unit};
use nguon_service::orders::{Answered, By, NewLine, NewOrder, OrderRefused, OrderView};
use nguon_service::submit::Incoming;
use nguon_storage::{MessageRow, StockRow};
use nguon_tests::{GATEWAYS, World};
use nguon_trace::facts::Facts;
use nguon_trace::finding::Severity;
use nguon_trace::lot::{Effect, LotState};
use nguon_trace::quantity::Quantity;

use super::given;

const EXCHANGE: &str = "san-lam-dong";
const MINUTE_MS: i64 = 60_000;

/// A co-operative that sells trays of one pack lot.
pub(super) struct Shop {
    pub(super) farm: Farm,
    pub(super) packs: String,
    pub(super) listing: String,
}

/// The co-operative lets the operator's machine sell for it, by the n-th gateway key.
pub(super) async fn let_sell(world: &World, farm: &mut Farm, n: usize) {
    let key = SigningKey::from_seed(GATEWAYS[n]);
    let (roles, flags, until) = (Roles::COMMERCE, Flags::SERVICE, 4_102_444_800_000);
    let possession = sign_possession(&key, world.context.ledger_id, farm.id(), roles, flags, until, None);
    let delegation =
        Delegation { device: key.public(), roles, flags, not_after_ms: until, person: None, possession };
    world.log(farm.control(Device::Root(1), Control::Delegate(delegation))).await;
}

/// A thousand trays are packed, and so many offered for 25,000 đồng.
pub(super) async fn shop(world: &World, name: &str, trays: u64, gateway: Option<usize>) -> Shop {
    let mut farm = world.farm(name).await;
    if let Some(n) = gateway {
        let_sell(world, &mut farm, n).await;
    }
    let (harvest, packs) = (farm.lot("260105-A"), farm.pack_lot("P1"));
    world.log(farm.harvest(Device::Phone(1), "260105-A", 820_000)).await;
    world.log(farm.pack(&[(harvest, 500_000)], &packs, 1_000)).await;
    later(&mut farm);
    world.log(farm.list("khay", std::slice::from_ref(&packs), 25_000, trays)).await;
    world.settle().await;
    let listing = farm.listing("khay");
    Shop { farm, packs, listing }
}

/// Another co-operative, to which some of the same lot went, offers it, too.
async fn rival(world: &World, of: &mut Shop, trays: u64) -> Shop {
    let mut farm = world.farm("rival").await;
    let (packs, quantity) = (of.packs.clone(), Quantity::pieces(trays));
    world.log(of.farm.ship(&packs, quantity, &farm.urn())).await;
    farm.set_now_ms(of.farm.now_ms());
    world.log(farm.receive(&packs, quantity, &of.farm.urn())).await;
    later(&mut farm);
    world.log(farm.list("khay", std::slice::from_ref(&packs), 27_000, trays)).await;
    world.settle().await;
    let listing = farm.listing("khay");
    of.farm.set_now_ms(farm.now_ms());
    Shop { farm, packs, listing }
}

/// Six minutes later: log time is the farm's, and an offer that begins now has begun.
pub(super) fn later(farm: &mut Farm) {
    let now = farm.now_ms();
    farm.set_now_ms(now + 6 * MINUTE_MS);
}

pub(super) fn order(reference: &str, listing: &str, trays: u64) -> NewOrder {
    NewOrder {
        exchange: EXCHANGE.to_owned(),
        reference: reference.to_owned(),
        lines: vec![line(listing, trays)],
        partial: false,
        confirm: false,
        hold_ms: None,
        idempotency_key: None,
    }
}

fn line(listing: &str, trays: u64) -> NewLine {
    NewLine {
        listing: listing.to_owned(),
        quantity: Measure { value: trays, unit: Unit::Piece },
        price_vnd: None,
    }
}

async fn reserve(world: &World, order: &NewOrder) -> Result<Answered, OrderRefused> {
    world.service().orders().reserve(order, &Profile::default()).await
}

async fn step(world: &World, view: &OrderView, step: OrderStep) -> Result<Answered, OrderRefused> {
    let by = By::Exchange(EXCHANGE.to_owned());
    world.service().orders().step(&by, &view.order.order_id, step).await
}

/// Waits until the ledger was told all that it is owed, and counts it.
pub(super) async fn told(world: &World) {
    let store = world.service().lookup().store.clone();
    for _ in 0..600 {
        let mut reader = store.reader().await.unwrap();
        let owed = reader.count_owed().await.unwrap();
        let signed = reader.sales_in_state("signed", 1).await.unwrap();
        if owed == 0 && signed.is_empty() {
            world.settle().await;
            return;
        }
        drop(reader);
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("the ledger is still owed something");
}

pub(super) async fn stock(world: &World, uri: &str) -> StockRow {
    world.settle().await;
    let store = world.service().lookup().store.clone();
    let rows = store.reader().await.unwrap().stock(&[uri]).await.unwrap();
    rows.into_iter().next().expect("it is in stock")
}

async fn free(world: &World, uri: &str) -> i64 {
    let row = stock(world, uri).await;
    row.supply - row.taken
}

pub(super) async fn lot(world: &World, uri: &str) -> LotState {
    world.settle().await;
    world.service().catalogue().lot(&LotId::from_uri(uri).unwrap()).await.unwrap().unwrap().state
}

async fn messages(world: &World) -> Vec<MessageRow> {
    world.settle().await;
    let store = world.service().lookup().store.clone();
    store.reader().await.unwrap().list_messages((0, ""), 1_000).await.unwrap()
}

async fn agrees(world: &World) {
    let found = world.service().orders().reconcile().await.unwrap();
    assert_eq!(found.differences().collect::<Vec<_>>(), Vec::<&_>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn an_order_is_set_aside_sold_sent_and_delivered_and_the_ledger_counts_it_once() {
    let Some(world) = given().await else { return };
    let Shop { farm, packs, listing } = shop(&world, "farm", 300, Some(0)).await;
    let view = reserve(&world, &order("DH-1", &listing, 30)).await.unwrap().view;
    assert_eq!((view.order.state.as_str(), view.order.total_dong), ("reserved", 750_000));
    assert_eq!(
        view.lots.iter().map(|lot| (lot.lot_uri.as_str(), lot.amount)).collect::<Vec<_>>(),
        [(packs.as_str(), 30)]
    );
    assert_eq!((free(&world, &packs).await, free(&world, &listing).await), (970, 270));
    assert_eq!(lot(&world, &packs).await.holdings[&farm.id().to_string()].sold, 0, "not sold yet");

    let sold = step(&world, &view, OrderStep::Confirm).await.unwrap();
    assert!(!sold.again && step(&world, &view, OrderStep::Confirm).await.unwrap().again);
    told(&world).await;
    let state = lot(&world, &packs).await;
    assert_eq!(state.holdings[&farm.id().to_string()].sold, 30);
    let stage = state.stages.iter().find(|stage| stage.step.key() == "selling").unwrap();
    assert!(stage.gateway && stage.effect == Effect::Counts, "{stage:?}");
    let grave = state.findings.iter().filter(|finding| finding.severity != Severity::Info).count();
    assert_eq!(grave, 0, "{:?}", state.findings);
    assert_eq!(
        (free(&world, &packs).await, free(&world, &listing).await),
        (970, 270),
        "sold once, not twice"
    );
    agrees(&world).await;

    for next in [OrderStep::Ship, OrderStep::Deliver] {
        assert!(!step(&world, &view, next).await.unwrap().again);
        assert!(step(&world, &view, next).await.unwrap().again);
    }
    let view = world.service().orders().view(&view.order.order_id).await.unwrap().unwrap();
    assert_eq!(view.order.state, "delivered");
    let steps: Vec<&str> = view.steps.iter().map(|step| step.step.as_str()).collect();
    assert_eq!(steps, ["reserve", "confirm", "ship", "deliver"]);
    assert_eq!(view.sales.len(), 1);
    let refused = step(&world, &view, OrderStep::Cancel(CancelReason::Buyer)).await.unwrap_err();
    assert!(matches!(refused, OrderRefused::Step(StepRefused::GoodsLeft(_))), "{refused}");
    agrees(&world).await;
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_order_again_is_the_same_and_another_one_of_its_name_is_refused() {
    let Some(world) = given().await else { return };
    let Shop { listing, packs, .. } = shop(&world, "farm", 300, None).await;
    let asked = NewOrder { idempotency_key: Some("k-1".to_owned()), ..order("DH-1", &listing, 5) };
    let first = reserve(&world, &asked).await.unwrap();
    let again = reserve(&world, &asked).await.unwrap();
    assert!(!first.again && again.again && first.view == again.view);
    let without_key = NewOrder { idempotency_key: None, ..asked.clone() };
    assert!(reserve(&world, &without_key).await.unwrap().again, "the name alone is enough");

    let more = NewOrder { lines: vec![line(&listing, 6)], idempotency_key: None, ..asked.clone() };
    let refused = reserve(&world, &more).await.unwrap_err();
    assert!(
        matches!(&refused, OrderRefused::OtherContents(id) if *id == first.view.order.order_id),
        "{refused}"
    );
    for other in [
        NewOrder { reference: "DH-2".to_owned(), ..asked.clone() },
        NewOrder { lines: vec![line(&listing, 6)], reference: "DH-2".to_owned(), ..asked.clone() },
    ] {
        assert!(matches!(reserve(&world, &other).await, Err(OrderRefused::KeyReused)));
    }
    let elsewhere = NewOrder { exchange: "san-quang-tri".to_owned(), ..asked.clone() };
    assert!(!reserve(&world, &elsewhere).await.unwrap().again, "another exchange's DH-1");
    assert_eq!(free(&world, &packs).await, 990);

    // Eight at once, one order.
    let same = NewOrder { idempotency_key: Some("k-9".to_owned()), ..order("DH-9", &listing, 7) };
    let mut asking = Vec::new();
    for _ in 0..8 {
        let (orders, same) = (world.service().orders().clone(), same.clone());
        asking.push(tokio::spawn(async move { orders.reserve(&same, &Profile::default()).await }));
    }
    let mut fresh = 0;
    for one in asking {
        fresh += u32::from(!one.await.unwrap().unwrap().again);
    }
    assert_eq!((fresh, free(&world, &packs).await), (1, 983));
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_called_off_after_it_was_sold_is_taken_back_on_the_ledger() {
    let Some(mut world) = given().await else { return };
    let mut own = shop(&world, "farm", 300, Some(0)).await;
    let (farm, packs, listing) = (own.farm.id(), own.packs.clone(), own.listing.clone());
    let asked = NewOrder { confirm: true, ..order("DH-1", &listing, 40) };
    let view = reserve(&world, &asked).await.unwrap().view;
    assert_eq!(view.order.state, "confirmed");
    told(&world).await;
    let sold = async |world: &World| lot(world, &packs).await.holdings[&farm.to_string()].sold;
    assert_eq!((sold(&world).await, free(&world, &packs).await), (40, 960));

    let seller = By::Seller(farm);
    let off = OrderStep::Cancel(CancelReason::Seller);
    world.service().orders().step(&seller, &view.order.order_id, off).await.unwrap();
    assert_eq!(free(&world, &packs).await, 1_000, "free at once, before the ledger heard of it");
    told(&world).await;
    assert_eq!((sold(&world).await, free(&world, &packs).await), (0, 1_000));
    agrees(&world).await;
    let said = messages(&world).await;
    let changed = said.iter().find(|message| message.kind == "order.changed").expect("the exchange is told");
    assert!(changed.exchange_id == EXCHANGE && changed.body.contains("\"seller\""), "{changed:?}");

    // Called off before anybody signed it: the ledger never hears of it.
    let before = world.service().progress().logged;
    let rival = rival(&world, &mut own, 300).await;
    let asked = NewOrder { confirm: true, ..order("DH-2", &rival.listing, 40) };
    let view = reserve(&world, &asked).await.unwrap().view;
    step(&world, &view, OrderStep::Cancel(CancelReason::Buyer)).await.unwrap();
    told(&world).await;
    let view = world.service().orders().view(&view.order.order_id).await.unwrap().unwrap();
    assert_eq!(view.sales, []);
    assert!(world.service().progress().logged > before);
    world.restart().await;
    agrees(&world).await;
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reservation_ends_with_its_time_and_a_late_buyer_gets_it_only_if_it_is_still_there() {
    let Some(world) = given().await else { return };
    let Shop { packs, listing, .. } = shop(&world, "farm", 10, None).await;
    let brief = |reference: &str| NewOrder { hold_ms: Some(MINUTE_MS), ..order(reference, &listing, 10) };
    let first = reserve(&world, &brief("DH-1")).await.unwrap().view;
    let second = reserve(&world, &brief("DH-2")).await.unwrap_err();
    assert!(matches!(&second, OrderRefused::Short(short) if short.free == 0), "{second}");
    world.clock.set(world.service().now_ms() + MINUTE_MS + 1);
    // Whoever comes next ends what is over.
    let second = reserve(&world, &brief("DH-2")).await.unwrap().view;
    let late = step(&world, &first, OrderStep::Confirm).await.unwrap_err();
    assert!(matches!(late, OrderRefused::Short(_)), "{late}");
    step(&world, &second, OrderStep::Cancel(CancelReason::Buyer)).await.unwrap();
    let late = step(&world, &first, OrderStep::Confirm).await.unwrap().view;
    assert_eq!(late.order.state, "confirmed", "it was there again");
    let steps: Vec<(&str, &str)> = late.steps.iter().map(|s| (s.step.as_str(), s.done_by.as_str())).collect();
    assert_eq!(steps, [("reserve", "exchange"), ("expire", "clock"), ("confirm", "exchange")]);
    assert_eq!(free(&world, &listing).await, 0);

    let third = reserve(&world, &NewOrder { hold_ms: Some(MINUTE_MS), ..order("DH-3", &listing, 1) }).await;
    assert!(matches!(third, Err(OrderRefused::Short(_))), "what is sold does not expire");
    world.clock.set(world.service().now_ms() + 10 * MINUTE_MS);
    assert_eq!(world.service().orders().sweep().await.unwrap(), 0);
    assert_eq!(free(&world, &packs).await, 990);
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lot_that_is_recalled_meanwhile_is_neither_sold_nor_sent_and_the_recall_names_its_orders() {
    let Some(world) = given().await else { return };
    let Shop { mut farm, packs, listing } = shop(&world, "farm", 300, Some(0)).await;
    let held = reserve(&world, &order("DH-1", &listing, 10)).await.unwrap().view;
    let sold =
        reserve(&world, &NewOrder { confirm: true, ..order("DH-2", &listing, 20) }).await.unwrap().view;
    let gone = reserve(&world, &order("DH-3", &listing, 30)).await.unwrap().view;
    step(&world, &gone, OrderStep::Cancel(CancelReason::Buyer)).await.unwrap();
    told(&world).await;
    later(&mut farm);
    world.log(farm.recall(std::slice::from_ref(&packs))).await;
    world.settle().await;

    let refused = reserve(&world, &order("DH-4", &listing, 1)).await.unwrap_err();
    assert!(
        matches!(&refused, OrderRefused::NotForSale { line: 0, reason } if reason == "lot_recalled"),
        "{refused}"
    );
    let refused = step(&world, &held, OrderStep::Confirm).await.unwrap_err();
    assert!(matches!(&refused, OrderRefused::LotNotForSale(lots) if *lots == [packs.clone()]), "{refused}");
    let held = world.service().orders().view(&held.order.order_id).await.unwrap().unwrap().order;
    assert_eq!((held.state.as_str(), held.reason.as_str()), ("cancelled", "lot_not_for_sale"));
    assert!(matches!(step(&world, &sold, OrderStep::Ship).await, Err(OrderRefused::LotNotForSale(_))));

    // From the harvest on, all the way to the orders.
    let harvest = LotId::from_uri(&farm.lot("260105-A")).unwrap();
    let scope = world.service().catalogue().recall_scope(&harvest).await.unwrap().unwrap().unwrap();
    let mut reached: Vec<_> = scope
        .orders
        .iter()
        .map(|one| (one.exchange.as_str(), one.reference.as_str(), one.state.as_str(), one.quantity.amount))
        .collect();
    // They came in one moment.
    reached.sort_unstable();
    let expected = [
        (EXCHANGE, "DH-1", "cancelled", 10),
        (EXCHANGE, "DH-2", "confirmed", 20),
        (EXCHANGE, "DH-3", "cancelled", 30),
    ];
    assert_eq!(reached, expected);
    assert!(scope.orders.iter().all(|one| one.lot == packs && one.seller == farm.id().to_string()));

    let said = messages(&world).await;
    let recalled: Vec<_> = said.iter().filter(|message| message.kind == "order.recalled").collect();
    assert_eq!(recalled.len(), 2, "who holds or bought some of it: {recalled:?}");
    assert!(recalled.iter().all(|message| message.exchange_id == EXCHANGE));
    assert!(recalled.iter().any(|message| message.body.contains("\"DH-2\"")));
    assert_eq!(said.iter().filter(|message| message.kind == "listing.recalled").count(), 1);

    later(&mut farm);
    world.log(farm.end_recall(std::slice::from_ref(&packs))).await;
    world.settle().await;
    step(&world, &sold, OrderStep::Ship).await.unwrap();
    agrees(&world).await;
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_thousand_buyers_of_one_lot_get_exactly_what_there_is() {
    let Some(world) = given().await else { return };
    let Shop { packs, listing, .. } = shop(&world, "farm", 300, None).await;
    let mut buyers = Vec::new();
    for n in 0..1_000 {
        let (orders, listing) = (world.service().orders().clone(), listing.clone());
        buyers.push(tokio::spawn(async move {
            let asked = order(&format!("DH-{n}"), &listing, 1);
            loop {
                match orders.reserve(&asked, &Profile::default()).await {
                    // Too many at once: as a client would, once more.
                    Err(OrderRefused::Busy) => {}
                    answer => return answer,
                }
            }
        }));
    }
    let (mut sold, mut short) = (0, 0);
    for buyer in buyers {
        match buyer.await.unwrap() {
            Ok(answered) => sold += i64::from(!answered.again),
            Err(OrderRefused::Short(left)) => short += i64::from(left.free == 0),
            Err(error) => panic!("{error}"),
        }
    }
    assert_eq!((sold, short), (300, 700));
    assert_eq!((free(&world, &listing).await, free(&world, &packs).await), (0, 700));
    let said = messages(&world).await;
    let out: Vec<_> = said.iter().filter(|message| message.kind == "listing.out_of_stock").collect();
    assert_eq!(out.len(), 1, "told once");
    agrees(&world).await;
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_expires_first_goes_first_and_less_is_given_only_to_whom_less_will_do() {
    let Some(world) = given().await else { return };
    let Shop { mut farm, packs, .. } = shop(&world, "farm", 300, None).await;
    let harvest = farm.lot("260105-A");
    let fresh = farm.pack_lot("P0");
    farm.set_now_ms(farm.now_ms() + 2 * 24 * 60 * MINUTE_MS);
    world.log(farm.pack(&[(harvest, 10_000)], &fresh, 20)).await;
    later(&mut farm);
    world.log(farm.list("hai-lo", &[fresh.clone(), packs.clone()], 20_000, 5_000)).await;
    world.settle().await;
    let listing = farm.listing("hai-lo");
    let view = reserve(&world, &order("DH-1", &listing, 1_010)).await.unwrap().view;
    let lots: Vec<_> = view.lots.iter().map(|lot| (lot.lot_uri.as_str(), lot.amount)).collect();
    assert_eq!(lots, [(fresh.as_str(), 10), (packs.as_str(), 1_000)], "the older lot first, and all of it");

    let short = reserve(&world, &order("DH-2", &listing, 11)).await.unwrap_err();
    assert!(matches!(&short, OrderRefused::Short(short) if short.free == 10), "{short}");
    let part = NewOrder { partial: true, ..order("DH-2", &listing, 11) };
    let view = reserve(&world, &part).await.unwrap().view;
    assert_eq!((view.lines[0].wanted, view.lines[0].amount, view.order.total_dong), (11, 10, 200_000));
    // The listing of the older lot alone is sold out by orders of the other one, and says so.
    let said = messages(&world).await;
    let out = |uri: &str| {
        said.iter().any(|message| message.kind == "listing.out_of_stock" && message.body.contains(uri))
    };
    assert!(out("hai-lo\"") && out("khay\""));
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_is_refused_by_name() {
    let Some(world) = given().await else { return };
    let mut own = shop(&world, "farm", 300, None).await;
    let rival = rival(&world, &mut own, 300).await;
    let Shop { mut farm, packs, listing } = own;
    let good = order("DH-1", &listing, 1);
    let with = |line: NewLine| NewOrder { lines: vec![line], ..good.clone() };
    let measure = |value, unit| Measure { value, unit };
    let word = async |asked: NewOrder| match reserve(&world, &asked).await.map(|answered| answered.view) {
        Ok(view) => panic!("{view:?}"),
        Err(error) => error.to_string(),
    };
    for (asked, expected) in [
        (NewOrder { reference: String::new(), ..good.clone() }, "reference: "),
        (NewOrder { reference: "DH 1".to_owned(), ..good.clone() }, "reference: "),
        (NewOrder { reference: "x".repeat(81), ..good.clone() }, "reference: "),
        (NewOrder { idempotency_key: Some("đ".to_owned()), ..good.clone() }, "idempotency-key: "),
        (NewOrder { lines: vec![], ..good.clone() }, "lines: "),
        (NewOrder { lines: vec![line(&listing, 1); 51], ..good.clone() }, "lines: "),
        (NewOrder { hold_ms: Some(999), ..good.clone() }, "hold_seconds: "),
        (NewOrder { hold_ms: Some(i64::MAX), ..good.clone() }, "hold_seconds: "),
        (with(line(&listing, 0)), "quantity: "),
        (with(line("https://ledger.example.org/story/l/none", 1)), "line 0: there is no such listing"),
        (with(line(&packs, 1)), "line 0: there is no such listing"),
        (
            NewOrder { lines: vec![line(&listing, 1), line(&rival.listing, 1)], ..good.clone() },
            "line 1: another",
        ),
        (
            with(NewLine { quantity: measure(1, Unit::Kilogram), ..line(&listing, 1) }),
            "line 0: sold by the piece",
        ),
        (with(NewLine { quantity: measure(1, Unit::Box), ..line(&listing, 1) }), "line 0: sold by the piece"),
        (
            with(NewLine { quantity: measure(u64::MAX, Unit::Piece), ..line(&listing, 1) }),
            "line 0: sold by the",
        ),
        (with(line(&listing, i64::MAX.unsigned_abs())), "line 0: 300 is left"),
        (with(NewLine { price_vnd: Some(24_999), ..line(&listing, 1) }), "line 0: the price is 25000 now"),
    ] {
        let said = word(asked.clone()).await;
        assert!(said.starts_with(expected), "{asked:?}: {said}");
    }
    let closed: Profile = serde_json::from_str("{\"categories\":[\"tea\"]}").unwrap();
    let refused = world.service().orders().reserve(&good, &closed).await;
    assert!(
        matches!(refused, Err(OrderRefused::ListingUnknown { line: 0 })),
        "what it may not see is not there"
    );

    // A new price while somebody buys at the old one.
    later(&mut farm);
    world.log(farm.list("khay", std::slice::from_ref(&packs), 26_000, 300)).await;
    world.settle().await;
    let seen = with(NewLine { price_vnd: Some(25_000), ..line(&listing, 1) });
    assert!(matches!(
        reserve(&world, &seen).await,
        Err(OrderRefused::PriceChanged { line: 0, price_vnd: 26_000 })
    ));
    world.log(farm.withdraw("khay", std::slice::from_ref(&packs), 26_000)).await;
    world.settle().await;
    let said = word(good.clone()).await;
    assert_eq!(said, "line 0: not for sale (withdrawn)");
    let stranger = By::Exchange("san-khac".to_owned());
    let view =
        reserve(&world, &NewOrder { lines: vec![line(&rival.listing, 1)], ..good }).await.unwrap().view;
    let refused = world.service().orders().step(&stranger, &view.order.order_id, OrderStep::Confirm).await;
    assert!(matches!(refused, Err(OrderRefused::Unknown)), "another exchange's order is not there");
    let seller = By::Seller(farm.id());
    let refused = world.service().orders().step(&seller, &view.order.order_id, OrderStep::Confirm).await;
    assert!(matches!(refused, Err(OrderRefused::Unknown)), "nor is another seller's");
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_device_of_the_co_operative_signs_the_sale_where_no_gateway_does() {
    let Some(world) = given().await else { return };
    let Shop { mut farm, packs, listing } = shop(&world, "farm", 300, None).await;
    let asked = NewOrder { confirm: true, ..order("DH-1", &listing, 12) };
    let view = reserve(&world, &asked).await.unwrap().view;
    let orders = world.service().orders();
    let seller = By::Seller(farm.id());
    let draft = orders.sale_draft(&seller, &view.order.order_id).await.unwrap();
    let facts = nguon_epcis::read(&draft).unwrap().facts;
    let Facts::Event(event) = &facts else { panic!("an event") };
    assert_eq!(event.papers[0].uri, format!("urn:nguon:order:{}", view.order.order_id));

    // Somebody signs that less was sold.
    let mut less = event.clone();
    let nguon_trace::facts::What::Objects { objects, .. } = &mut less.what else { panic!("objects") };
    objects[0].quantity = Some(Quantity::pieces(11));
    for wrong in [Facts::Event(less), farm.watering("giếng")] {
        let signed = farm.say(Device::Manager, Act::Commerce, &wrong, &[]);
        let incoming = incoming(&signed);
        world.log(signed).await;
        let refused = orders.sell_signed(&seller, &view.order.order_id, &incoming).await.unwrap_err();
        assert!(matches!(refused, OrderRefused::OtherRecord(_)), "{refused}");
    }
    // What was recorded past the order is no order's sale: stock goes down by it.
    assert_eq!(free(&world, &packs).await, 1_000 - 12 - 11);

    let signed = farm.say(Device::Manager, Act::Commerce, &facts, &[]);
    orders.sell_signed(&seller, &view.order.order_id, &incoming(&signed)).await.unwrap();
    told(&world).await;
    assert_eq!(free(&world, &packs).await, 1_000 - 12 - 11, "this one is the order's");
    let again = orders.sell_signed(&seller, &view.order.order_id, &incoming(&signed)).await;
    assert!(matches!(again, Err(OrderRefused::OtherRecord(_))), "nothing is owed any more");
    agrees(&world).await;
    world.end().await;
}

fn incoming(submission: &nguon_fixtures::Submission) -> Incoming {
    let openings =
        submission.openings.iter().map(|opening| (opening.salt, opening.payload.clone())).collect();
    Incoming { record: submission.record.clone(), openings }
}

#[tokio::test(flavor = "multi_thread")]
async fn stock_outlives_a_rebuild_and_follows_what_records_change() {
    let Some(mut world) = given().await else { return };
    let Shop { mut farm, packs, listing } = shop(&world, "farm", 300, Some(0)).await;
    let sold =
        reserve(&world, &NewOrder { confirm: true, ..order("DH-1", &listing, 50) }).await.unwrap().view;
    reserve(&world, &order("DH-2", &listing, 7)).await.unwrap();
    told(&world).await;
    let before = [stock(&world, &packs).await, stock(&world, &listing).await];
    let said = messages(&world).await.len();
    let store = world.service().lookup().store.clone();
    let mut unit = store.unit().await.unwrap();
    unit.clear_read_models().await.unwrap();
    unit.save().await.unwrap();
    assert_eq!(store.reader().await.unwrap().stock(&[&packs]).await.unwrap()[..], before[..1]);
    world.restart().await;
    world.settle().await;
    assert_eq!([stock(&world, &packs).await, stock(&world, &listing).await], before);
    assert_eq!(messages(&world).await.len(), said, "nobody is told a second time");

    // The co-operative ships some itself, and the harvest turns out smaller than its orders.
    later(&mut farm);
    let shipped = farm.ship(&packs, Quantity::pieces(900), "https://example.com/cho-da-lat");
    world.log(shipped).await;
    assert_eq!(free(&world, &packs).await, 43);
    world.log(farm.ship(&packs, Quantity::pieces(60), "https://example.com/cho-da-lat")).await;
    assert_eq!(free(&world, &packs).await, -17, "nothing is smoothed over");
    let found = world.service().orders().reconcile().await.unwrap();
    let short: Vec<_> = found.shortfalls().map(|lot| (lot.lot.as_str(), lot.short_by())).collect();
    assert_eq!(short, [(packs.as_str(), 17)]);
    let mut hit: Vec<&str> = found.hit[&packs].iter().map(|order| order.reference.as_str()).collect();
    hit.sort_unstable();
    assert_eq!(hit, ["DH-1", "DH-2"]);
    assert!(matches!(
        reserve(&world, &order("DH-3", &listing, 1)).await,
        Err(OrderRefused::NotForSale { .. } | OrderRefused::Short(_))
    ));
    drop(sold);
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_slip_has_the_code_that_pays_the_co_operative_and_the_place_of_the_invoice() {
    let Some(world) = given().await else { return };
    let Shop { farm, listing, .. } = shop(&world, "farm", 300, None).await;
    let orders = world.service().orders();
    let seller = By::Seller(farm.id());
    let view = reserve(&world, &order("DH-1", &listing, 3)).await.unwrap().view;
    let id = &view.order.order_id;
    let slip = orders.slip(&seller, id, world.service().catalogue()).await.unwrap();
    assert!(slip.vietqr.is_none() && slip.seller.is_some(), "no account, no code");
    orders.set_payee(farm.id(), &Payee::new("970436", "1023456789").unwrap()).await.unwrap();
    let code = orders.slip(&seller, id, world.service().catalogue()).await.unwrap().vietqr.unwrap();
    assert!(code.contains("5405750005802VN") && code.contains(&id[..12].to_ascii_uppercase()), "{code}");

    let invoice = Invoice {
        number: 7,
        symbol: "1C26TAA".to_owned(),
        tax_code: Some("0100109106".to_owned()),
        lookup_code: "AB12".to_owned(),
    };
    assert!(matches!(orders.set_invoice(&seller, id, &invoice).await, Err(OrderRefused::NotSold)));
    step(&world, &view, OrderStep::Confirm).await.unwrap();
    let wrong = Invoice { number: 0, ..invoice.clone() };
    assert!(matches!(orders.set_invoice(&seller, id, &wrong).await, Err(OrderRefused::Invoice(_))));
    orders.set_invoice(&seller, id, &invoice).await.unwrap();
    let slip = orders.slip(&seller, id, world.service().catalogue()).await.unwrap();
    assert_eq!(slip.invoice, Some(invoice));
    step(&world, &view, OrderStep::Cancel(CancelReason::Buyer)).await.unwrap();
    let slip = orders.slip(&seller, id, world.service().catalogue()).await.unwrap();
    assert_eq!(slip.vietqr, None, "nobody pays for what was called off");
    let listed = orders.of_organisation(farm.id(), None, 10).await.unwrap();
    assert_eq!(listed.len(), 1);
    assert_eq!(orders.of_exchange(EXCHANGE, None, 10).await.unwrap(), listed);
    world.end().await;
}
