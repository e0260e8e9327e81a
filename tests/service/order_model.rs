//! A model beside the service: orders, expiry, recall, harvest and direct sales at random, and after each step the question
//! whether anything was sold twice, lost or oversold.
//!
//! The long mode: `NGUON_ORDER_ROUNDS=100 cargo nextest run --workspace -E 'test(order_model)'` plays a hundred times as many seasons (its
//! profile must allow the time). `NGUON_ORDER_SEED` repeats a failure, `NGUON_ORDER_STEPS` makes a season shorter or longer.

use std::collections::BTreeMap;

use nguon_ledger::Standing;
use nguon_market::{CancelReason, OrderStep, Profile, StepRefused};
use nguon_service::orders::{Answered, By, NewOrder, OrderRefused};
use nguon_storage::AllocationRow;
use nguon_tests::World;
use nguon_trace::facts::{Action, Amount, Event, Facts, Step, What};
use nguon_trace::finding::Code;
use nguon_trace::lot::LotStatus;
use nguon_trace::quantity::Quantity;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};

use super::given;
use super::orders::{Shop, later, lot, order, shop, stock, told};

const STEPS: u64 = 2_000;
const MINUTE_MS: i64 = 60_000;
const HOLD_MS: i64 = 10 * MINUTE_MS;
const LOTS_MAX: usize = 12;

/// What the model knows of an order.
#[derive(Debug, Clone)]
struct Known {
    id: String,
    asked: NewOrder,
    /// As the machine says, with what the clock did.
    state: &'static str,
    until_ms: i64,
    lots: Vec<AllocationRow>,
}

impl Known {
    fn holds(&self) -> bool {
        matches!(self.state, "reserved" | "confirmed" | "shipped" | "delivered")
    }

    fn is_sold(&self) -> bool {
        matches!(self.state, "confirmed" | "shipped" | "delivered")
    }
}

/// What the model knows of a lot.
#[derive(Debug, Clone, Default)]
struct Shelf {
    made: i64,
    /// Sold past any order.
    direct: i64,
    recalled: bool,
}

struct Model {
    dice: ChaCha8Rng,
    shop: Shop,
    shelves: BTreeMap<String, Shelf>,
    listed: Vec<String>,
    orders: Vec<Known>,
    packed: u32,
    named: u32,
}

fn setting(name: &str) -> Option<u64> {
    std::env::var(name).ok().and_then(|text| text.parse().ok())
}

impl Model {
    fn roll(&mut self, below: u64) -> u64 {
        self.dice.next_u64() % below.max(1)
    }

    fn pick(&mut self, wanted: impl Fn(&Known) -> bool) -> Option<usize> {
        let fit: Vec<usize> = (0..self.orders.len()).filter(|n| wanted(&self.orders[*n])).collect();
        if fit.is_empty() {
            return None;
        }
        let choice = self.roll(u64::try_from(fit.len()).unwrap());
        Some(fit[usize::try_from(choice).unwrap()])
    }

    fn held(&self, uri: &str) -> i64 {
        let holding = self.orders.iter().filter(|order| order.holds());
        holding.flat_map(|order| &order.lots).filter(|lot| lot.lot_uri == uri).map(|lot| lot.amount).sum()
    }

    fn free(&self, uri: &str) -> i64 {
        let shelf = &self.shelves[uri];
        shelf.made - shelf.direct - self.held(uri)
    }

    /// What the listing can give now.
    fn left(&self) -> i64 {
        if self.listed.iter().any(|lot| self.shelves[lot].recalled) {
            return 0;
        }
        self.listed.iter().map(|lot| self.free(lot).max(0)).sum()
    }

    fn catch_up(&mut self, world: &World) {
        let now = self.shop.farm.now_ms().max(world.service().now_ms());
        self.shop.farm.set_now_ms(now);
    }

    /// Offers all sound lots, anew.
    async fn list(&mut self, world: &World) {
        let sound: Vec<String> =
            self.shelves.iter().filter(|(_, shelf)| !shelf.recalled).map(|(uri, _)| uri.clone()).collect();
        if sound.is_empty() {
            return;
        }
        self.listed = sound;
        later(&mut self.shop.farm);
        world.log(self.shop.farm.list("khay", &self.listed, 25_000, 1_000_000)).await;
        world.settle().await;
    }

    async fn pack(&mut self, world: &World) {
        if self.shelves.len() >= LOTS_MAX {
            return;
        }
        self.catch_up(world);
        self.packed += 1;
        let trays = 20 + self.roll(180);
        let number = format!("26-H{}", self.packed);
        let (harvest, packs) =
            (self.shop.farm.lot(&number), self.shop.farm.pack_lot(&format!("M{}", self.packed)));
        let device = nguon_fixtures::farm::Device::Phone(1);
        world.log(self.shop.farm.harvest(device, &number, trays * 500)).await;
        world.log(self.shop.farm.pack(&[(harvest, trays * 500)], &packs, trays)).await;
        self.shelves.insert(packs, Shelf { made: i64::try_from(trays).unwrap(), ..Shelf::default() });
        self.list(world).await;
    }

    /// The co-operative sells some at its gate, never what orders hold.
    async fn sell_at_the_gate(&mut self, world: &World) {
        let n = self.roll(u64::try_from(self.shelves.len()).unwrap());
        let uri = self.shelves.keys().nth(usize::try_from(n).unwrap()).unwrap().clone();
        let free = self.free(&uri);
        if free <= 0 || self.shelves[&uri].recalled {
            return;
        }
        let some = 1 + self.roll(u64::try_from(free.min(9)).unwrap());
        self.catch_up(world);
        let objects = vec![Amount::of(&uri, Quantity::pieces(some))];
        let farm = &mut self.shop.farm;
        let event =
            Event::new(farm.now_ms(), Step::Selling, What::Objects { action: Action::Observe, objects });
        let said = farm.say(
            nguon_fixtures::farm::Device::Manager,
            nguon_ledger::Act::Lot,
            &Facts::Event(Box::new(event)),
            &[],
        );
        world.log(said).await;
        world.settle().await;
        self.shelves.get_mut(&uri).unwrap().direct += i64::try_from(some).unwrap();
    }

    async fn recall_or_end_it(&mut self, world: &World) {
        let n = self.roll(u64::try_from(self.shelves.len()).unwrap());
        let uri = self.shelves.keys().nth(usize::try_from(n).unwrap()).unwrap().clone();
        self.catch_up(world);
        let recalled = self.shelves[&uri].recalled;
        let lots = std::slice::from_ref(&uri);
        let said = if recalled { self.shop.farm.end_recall(lots) } else { self.shop.farm.recall(lots) };
        world.log(said).await;
        world.settle().await;
        self.shelves.get_mut(&uri).unwrap().recalled = !recalled;
        if self.roll(2) == 0 {
            self.catch_up(world);
            self.list(world).await;
        }
    }

    fn new_order(&mut self) -> NewOrder {
        self.named += 1;
        let amount = 1 + self.roll(12);
        NewOrder {
            partial: self.roll(4) == 0,
            confirm: self.roll(4) == 0,
            hold_ms: Some(HOLD_MS),
            idempotency_key: (self.roll(2) == 0).then(|| format!("k-{}", self.named)),
            ..order(&format!("DH-{}", self.named), &self.shop.listing, amount)
        }
    }

    /// Keeps what was answered, or checks the refusal.
    fn took(&mut self, asked: NewOrder, left: i64, answer: Result<Answered, OrderRefused>) {
        let wanted = i64::try_from(asked.lines[0].quantity.value).unwrap();
        match answer {
            Ok(Answered { view, again }) => {
                assert!(!again, "a new name: {asked:?}");
                let got: i64 = view.lots.iter().map(|lot| lot.amount).sum();
                assert!(got == wanted || (asked.partial && got < wanted && got > 0), "{asked:?}: {view:?}");
                let state = if asked.confirm { "confirmed" } else { "reserved" };
                assert_eq!(view.order.state, state);
                self.orders.push(Known {
                    id: view.order.order_id,
                    asked,
                    state,
                    until_ms: view.order.until_ms,
                    lots: view.lots,
                });
            }
            Err(refused @ (OrderRefused::Short(_) | OrderRefused::NotForSale { .. })) => {
                let least = if asked.partial { 1 } else { wanted };
                assert!(left < least, "{left} were left for {asked:?}: {refused}");
            }
            Err(error) => panic!("{asked:?}: {error}"),
        }
    }

    /// Whoever is short ends what is over; so may anybody.
    fn expire(&mut self, now_ms: i64) {
        for order in &mut self.orders {
            if order.state == "reserved" && now_ms > order.until_ms {
                order.state = "expired";
            }
        }
    }

    async fn buy(&mut self, world: &World) {
        let crowd = if self.roll(20) == 0 { 8 } else { 1 };
        // What is over may or may not be given away in this step: both are right, so it is done before.
        world.service().orders().sweep().await.unwrap();
        self.expire(world.service().now_ms());
        let mut asking = Vec::new();
        for _ in 0..crowd {
            let (orders, asked) = (world.service().orders().clone(), self.new_order());
            asking.push(tokio::spawn(async move {
                let answer = orders.reserve(&asked, &Profile::default()).await;
                (asked, answer)
            }));
        }
        let mut answers = Vec::new();
        for one in asking {
            answers.push(one.await.unwrap());
        }
        // First those that got something: what was left for the others is what is left then.
        let (given, refused): (Vec<_>, Vec<_>) = answers.into_iter().partition(|(_, answer)| answer.is_ok());
        for (asked, answer) in given.into_iter().chain(refused) {
            let left = self.left();
            self.took(asked, left, answer);
        }
    }

    async fn ask_again(&mut self, world: &World) {
        let Some(n) = self.pick(|_| true) else { return };
        let known = self.orders[n].clone();
        let answered = world.service().orders().reserve(&known.asked, &Profile::default()).await.unwrap();
        assert!(answered.again && answered.view.order.order_id == known.id);
        assert_eq!(answered.view.lots, known.lots);
    }

    async fn take_step(&mut self, world: &World) {
        let (step, to) = match self.roll(8) {
            0..=2 => (OrderStep::Confirm, "confirmed"),
            3 | 4 => (OrderStep::Ship, "shipped"),
            5 => (OrderStep::Deliver, "delivered"),
            _ => (OrderStep::Cancel(CancelReason::Buyer), "cancelled"),
        };
        // Mostly of those that are under way: ended ones only pile up.
        let active = self.roll(5) > 0;
        let Some(n) =
            self.pick(|order| !active || matches!(order.state, "reserved" | "confirmed" | "shipped"))
        else {
            return;
        };
        let known = self.orders[n].clone();
        let by = if self.roll(2) == 0 {
            By::Seller(self.shop.farm.id())
        } else {
            By::Exchange(known.asked.exchange.clone())
        };
        let sound = known.lots.iter().all(|lot| !self.shelves[&lot.lot_uri].recalled);
        let answer = world.service().orders().step(&by, &known.id, step).await;
        let passed: &[&str] = match step {
            OrderStep::Confirm => &["confirmed", "shipped", "delivered"],
            OrderStep::Ship => &["shipped", "delivered"],
            OrderStep::Deliver => &["delivered"],
            _ => &["cancelled", "expired"],
        };
        let before: &[&str] = match step {
            OrderStep::Confirm => &["reserved", "expired"],
            OrderStep::Ship => &["confirmed"],
            OrderStep::Deliver => &["shipped"],
            _ => &["reserved", "confirmed"],
        };
        match answer {
            Ok(answered) if answered.again => assert!(passed.contains(&known.state), "{known:?} {step:?}"),
            Ok(answered) => {
                assert!(before.contains(&known.state), "{known:?} {step:?}");
                assert!(sound || matches!(step, OrderStep::Deliver | OrderStep::Cancel(_)), "{known:?}");
                assert_eq!(answered.view.order.state, to);
                self.orders[n].state = to;
            }
            Err(OrderRefused::LotNotForSale(_)) => {
                assert!(!sound && before.contains(&known.state), "{known:?} {step:?}");
                if known.state == "reserved" {
                    self.orders[n].state = "cancelled";
                }
            }
            Err(OrderRefused::Short(_)) => {
                assert!(known.state == "expired" && step == OrderStep::Confirm, "{known:?} {step:?}");
                let fits = known.lots.iter().all(|lot| self.free(&lot.lot_uri) >= lot.amount);
                let same_offer = sound && fits;
                // The offer may be another one since: then it is not sold at the old price.
                if same_offer {
                    let store = world.service().lookup().store.clone();
                    let mut reader = store.reader().await.unwrap();
                    let epoch = &reader.stock(&[&self.shop.listing]).await.unwrap()[0].epoch;
                    let line = &reader.order_lines(&known.id).await.unwrap()[0];
                    assert!(*epoch != line.listing_epoch || self.left() == 0, "{known:?}");
                }
            }
            Err(OrderRefused::Step(
                StepRefused::TooEarly(_) | StepRefused::Ended(_) | StepRefused::GoodsLeft(_),
            )) => {
                assert!(
                    !before.contains(&known.state) && !passed.contains(&known.state),
                    "{known:?} {step:?}"
                );
            }
            Err(error) => panic!("{known:?} {step:?}: {error}"),
        }
    }

    async fn time_passes(&mut self, world: &World) {
        let minutes = i64::try_from(1 + self.roll(6)).unwrap();
        world.clock.set(world.service().now_ms() + minutes * MINUTE_MS);
        if self.roll(2) == 0 {
            world.service().orders().sweep().await.unwrap();
            self.expire(world.service().now_ms());
        }
    }

    /// Stock says what the model says, and nothing is below nothing.
    async fn check(&self, world: &World) {
        let store = world.service().lookup().store.clone();
        let uris: Vec<&str> = self.shelves.keys().map(String::as_str).collect();
        for row in store.reader().await.unwrap().stock(&uris).await.unwrap() {
            let shelf = &self.shelves[&row.uri];
            assert_eq!(row.taken, self.held(&row.uri), "{row:?}");
            if self.listed.contains(&row.uri) {
                assert_eq!(row.supply, shelf.made - shelf.direct, "{row:?}");
            }
            assert!(row.supply >= row.taken, "oversold: {row:?}");
        }
    }
}

/// Five seasons of two thousand steps each, side by side: ten thousand in all.
async fn seasons(number: u64) {
    let rounds = setting("NGUON_ORDER_ROUNDS").unwrap_or(1);
    let seed = setting("NGUON_ORDER_SEED").unwrap_or(20_261_128 + number);
    for round in 0..rounds {
        let Some(world) = given().await else { return };
        a_season(world, setting("NGUON_ORDER_STEPS").unwrap_or(STEPS), seed + 1_000 * round).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn orders_expiry_recall_and_harvest_at_random_oversell_nothing_and_lose_nothing() {
    seasons(1).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_season_oversells_nothing_and_loses_nothing() {
    seasons(2).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_third_season_oversells_nothing_and_loses_nothing() {
    seasons(3).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_fourth_season_oversells_nothing_and_loses_nothing() {
    seasons(4).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_fifth_season_oversells_nothing_and_loses_nothing() {
    seasons(5).await;
}

#[expect(clippy::print_stdout, reason = "a failure shows what repeats it")]
async fn a_season(world: World, steps: u64, seed: u64) {
    println!("NGUON_ORDER_SEED={seed}");
    let shop = shop(&world, "farm", 1_000_000, Some(0)).await;
    world.recognise(shop.farm.id(), Standing::PRODUCER).await;
    let mut model = Model {
        dice: ChaCha8Rng::seed_from_u64(seed),
        shelves: BTreeMap::from([(shop.packs.clone(), Shelf { made: 1_000, ..Shelf::default() })]),
        listed: vec![shop.packs.clone()],
        shop,
        orders: Vec::new(),
        packed: 0,
        named: 0,
    };
    for n in 0..steps {
        match model.roll(1_000) {
            0..=3 => model.pack(&world).await,
            4..=9 => model.recall_or_end_it(&world).await,
            10..=29 => model.sell_at_the_gate(&world).await,
            30..=59 => model.time_passes(&world).await,
            60..=159 => model.ask_again(&world).await,
            160..=599 => model.buy(&world).await,
            _ => model.take_step(&world).await,
        }
        if n % 50 == 0 {
            model.check(&world).await;
        }
    }
    model.check(&world).await;
    told(&world).await;

    // The ledger counts exactly what orders sold and what was sold at the gate.
    for (uri, shelf) in &model.shelves {
        let sold: i64 = model
            .orders
            .iter()
            .filter(|order| order.is_sold())
            .flat_map(|order| &order.lots)
            .filter(|lot| lot.lot_uri == *uri)
            .map(|lot| lot.amount)
            .sum();
        let state = lot(&world, uri).await;
        let counted = state.holdings[&model.shop.farm.id().to_string()].sold;
        assert_eq!(i64::try_from(counted).unwrap(), sold + shelf.direct, "{uri} (seed {seed})");
        assert_eq!(matches!(state.status, LotStatus::Recalled { .. }), shelf.recalled, "{uri}");
        let beyond = state.findings.iter().any(|finding| finding.code == Code::BeyondLeft);
        assert!(!beyond, "{uri}: {:?}", state.findings);
    }
    let store = world.service().lookup().store.clone();
    for known in &model.orders {
        let row = store.reader().await.unwrap().order(&known.id).await.unwrap().unwrap();
        assert_eq!(row.state, known.state, "{known:?}");
    }
    let found = world.service().orders().reconcile().await.unwrap();
    assert_eq!(found.differences().collect::<Vec<_>>(), Vec::<&_>::new(), "seed {seed}");
    assert_eq!((found.owed, found.shortfalls().count()), (0, 0));
    stock(&world, &model.shop.listing).await;
    world.end().await;
}
