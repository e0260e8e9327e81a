//! A province of any size for [`super::judge`]: co-operatives that grow, sort, pack, ship and offer tomatoes, and the
//! shops that receive and sell them, day after day, in the order in which a log would hear them.
//!
//! ```text
//! plot, 110 days   plant · fertilise 4 × · water 9 × · spray 4 × · harvest 4 ×                (22 records)
//! every third day  sort what was harvested ─▶ pack ─▶ print codes ─▶ activate ─▶ ship ─▶ receive ─▶ sell 2 ×
//! every week       an offer on the newest packs;  each 110 days: the certificate again
//! one in 300       harvests is recalled, and released the next day
//! ```
//!
//! There is one co-operative of twelve plots for each thousand records, so that the ledger grows by more co-operatives and
//! not by longer diaries. All of it follows from the number of co-operatives: the same records come each time.

use std::collections::{HashMap, VecDeque};

use anyhow::Context;
use nguon_ledger::{
    Act, Control, Delegation, Flags, LedgerId, OrganisationId, Roles, Standing, sign_possession,
};
use nguon_trace::facts::{Amount, Facts, PlantProtection, Step, Text, organisation_urn};
use nguon_trace::quantity::Quantity;

use super::home::Home;
use super::signer::{Newest, Signed, Signer};

/// The log's name, under which all things have their URIs.
pub(super) const ORIGIN: &str = "nguon.example/province";
/// Records that one co-operative makes in about 200 days.
pub(super) const RECORDS_OF_A_COOPERATIVE: u64 = 1_000;
const PLOTS: u64 = 12;
/// Days from one planting of a plot to the next.
const CYCLE: u64 = 110;
/// Co-operatives that sell to one shop.
const SUPPLIERS: u64 = 20;
/// All have joined after so many days.
const JOINING: u64 = 60;
pub(super) const DAY_MS: i64 = 86_400_000;
/// 1 January 2026, 05:00 in Vietnam.
const BEGIN_MS: i64 = 1_767_218_400_000;

/// Who says something.
#[derive(Clone, Copy)]
enum Who {
    Operator,
    Root(u64),
    Manager(u64),
    Phone(u64),
    Shop(u64),
    ShopRoot(u64),
}

/// What is said next.
enum Said {
    Genesis,
    Delegate,
    Standing(Who, Standing),
    Epoch,
    Facts(Act, Box<Facts>),
    /// As [`Facts`], with the picker's name in a section of its own.
    FactsOfPerson(Act, Box<Facts>),
}

struct Cooperative {
    joined: u64,
    root: Signer,
    manager: Signer,
    phone: Signer,
    /// Lots in the packing house: number and grams.
    pending: Vec<(String, u64)>,
    /// Packs on their way to the shop: the day on which they arrive, and how many.
    packs: VecDeque<(u64, String, u64)>,
    harvests: u64,
    /// Lots that were recalled, to be released the next day.
    recalled: Vec<String>,
    newest_packs: Vec<String>,
}

struct Shop {
    root: Signer,
    desk: Signer,
}

/// All records of a province, one after the other, without end.
pub(super) struct Province {
    ledger_id: LedgerId,
    operator: Signer,
    cooperatives: Vec<Cooperative>,
    shops: Vec<Shop>,
    newest: Newest,
    day: u64,
    index: u64,
    time_ms: i64,
    plan: VecDeque<(Who, Said)>,
}

impl Province {
    /// A province of so many co-operatives.
    pub(super) fn new(cooperatives: u64) -> Self {
        let cooperatives = cooperatives.max(4);
        let ledger_id = nguon_ledger::ledger_id(ORIGIN, &[7; 32]);
        let device = |name: String| Signer::new(&name, ledger_id, OrganisationId::ZERO);
        let mut plan = VecDeque::new();
        plan.push_back((Who::Operator, Said::Genesis));
        let shops = cooperatives.div_ceil(SUPPLIERS);
        Self {
            ledger_id,
            operator: device("operator".to_owned()),
            cooperatives: (0..cooperatives)
                .map(|n| Cooperative {
                    joined: n * JOINING / cooperatives,
                    root: device(format!("{n}/root")),
                    manager: device(format!("{n}/manager")),
                    phone: device(format!("{n}/phone")),
                    pending: Vec::new(),
                    packs: VecDeque::new(),
                    harvests: 0,
                    recalled: Vec::new(),
                    newest_packs: Vec::new(),
                })
                .collect(),
            shops: (0..shops)
                .map(|n| Shop {
                    root: device(format!("shop {n}/root")),
                    desk: device(format!("shop {n}/desk")),
                })
                .collect(),
            newest: HashMap::new(),
            day: 0,
            index: 0,
            time_ms: BEGIN_MS,
            plan,
        }
    }

    /// The ledger that the records are for.
    pub(super) fn ledger_id(&self) -> LedgerId {
        self.ledger_id
    }

    /// The next record.
    pub(super) fn next(&mut self) -> anyhow::Result<Signed> {
        while self.plan.is_empty() {
            self.plan_day()?;
        }
        let (who, said) = self.plan.pop_front().context("a day has records")?;
        let signed = self.sign(who, said)?;
        self.index += 1;
        Ok(signed)
    }

    fn sign(&mut self, who: Who, said: Said) -> anyhow::Result<Signed> {
        let (time_ms, index) = (self.time_ms, self.index);
        let control = match said {
            Said::Genesis => return self.device(who).genesis("the root after it", time_ms),
            Said::Facts(act, facts) => return self.say(who, act, *facts, None),
            Said::FactsOfPerson(act, facts) => return self.say(who, act, *facts, Some("Người Thử Nghiệm")),
            Said::Epoch => Control::Epoch { time_ms: time_ms.unsigned_abs(), size: index, map_root: [0; 32] },
            Said::Standing(of, bits) => {
                Control::Standing { organisation: self.device(of).organisation(), bits, reason: 1 }
            }
            Said::Delegate => return self.delegate(who),
        };
        self.device(who).control(control, time_ms)
    }

    fn say(&mut self, who: Who, act: Act, facts: Facts, person: Option<&str>) -> anyhow::Result<Signed> {
        let (time_ms, mut newest) = (self.time_ms, std::mem::take(&mut self.newest));
        let signed = self.device(who).say(act, facts, person, &mut newest, time_ms);
        self.newest = newest;
        signed
    }

    /// The organisation's root enrols the device.
    fn delegate(&mut self, device: Who) -> anyhow::Result<Signed> {
        let (ledger_id, time_ms) = (self.ledger_id, self.time_ms);
        let root = match device {
            Who::Shop(n) | Who::ShopRoot(n) => Who::ShopRoot(n),
            Who::Manager(n) | Who::Phone(n) | Who::Root(n) => Who::Root(n),
            Who::Operator => Who::Operator,
        };
        let roles = match device {
            Who::Phone(_) => Roles::DIARY | Roles::LOT,
            _ => Roles::ALL,
        };
        let organisation = self.device(root).organisation();
        let enrolled = self.device(device);
        enrolled.enrol(organisation);
        let (flags, not_after_ms, key) = (Flags::default(), u64::MAX, enrolled.key());
        let possession = sign_possession(key, ledger_id, organisation, roles, flags, not_after_ms, None);
        let device = key.public();
        let delegation = Delegation { device, roles, flags, not_after_ms, person: None, possession };
        self.device(root).control(Control::Delegate(delegation), time_ms)
    }

    fn device(&mut self, who: Who) -> &mut Signer {
        let place = |n: u64| usize::try_from(n).unwrap_or(usize::MAX);
        match who {
            Who::Operator => &mut self.operator,
            Who::Root(n) => &mut self.cooperatives[place(n)].root,
            Who::Manager(n) => &mut self.cooperatives[place(n)].manager,
            Who::Phone(n) => &mut self.cooperatives[place(n)].phone,
            Who::Shop(n) => &mut self.shops[place(n)].desk,
            Who::ShopRoot(n) => &mut self.shops[place(n)].root,
        }
    }

    /// What everybody says on the next day, one record of each after the other.
    fn plan_day(&mut self) -> anyhow::Result<()> {
        let day = self.day;
        self.day += 1;
        self.time_ms = BEGIN_MS + DAY_MS * i64::try_from(day)?;
        self.plan.push_back((Who::Operator, Said::Epoch));
        if day == 0 {
            for n in (0..).take(self.shops.len()) {
                self.plan.push_back((Who::ShopRoot(n), Said::Genesis));
                self.plan.push_back((Who::Shop(n), Said::Delegate));
                self.plan.push_back((Who::Operator, Said::Standing(Who::ShopRoot(n), Standing::PACKER)));
            }
        }
        let mut all: Vec<VecDeque<(Who, Said)>> = Vec::new();
        for n in (0..).take(self.cooperatives.len()) {
            all.push(self.day_of(n)?.into());
        }
        while !all.is_empty() {
            for own in &mut all {
                self.plan.extend(own.pop_front());
            }
            all.retain(|own| !own.is_empty());
        }
        Ok(())
    }

    /// What one co-operative, and its shop about its packs, say today.
    fn day_of(&mut self, n: u64) -> anyhow::Result<Vec<(Who, Said)>> {
        let (today, time_ms, place) = (self.day - 1, self.time_ms, usize::try_from(n)?);
        let shop = n / SUPPLIERS;
        let shop_urn = urn(&self.shops[usize::try_from(shop)?].root);
        let own = &mut self.cooperatives[place];
        let mut said = Vec::new();
        let Some(day) = today.checked_sub(own.joined) else { return Ok(said) };
        // The organisation has no id before its genesis is signed, so its cards are laid a day later.
        if day == 0 {
            said.push((Who::Root(n), Said::Genesis));
            said.push((Who::Manager(n), Said::Delegate));
            said.push((Who::Phone(n), Said::Delegate));
            said.push((Who::Operator, Said::Standing(Who::Root(n), Standing::PRODUCER)));
            return Ok(said);
        }
        let home = Home { n, own: urn(&own.root), time_ms };
        let commerce = |facts| (Who::Manager(n), Said::Facts(Act::Commerce, Box::new(facts)));
        if day == 1 {
            said.push(commerce(home.organisation()?));
            said.push(commerce(home.product(&home.loose(), Quantity::grams(1_000))?));
            said.push(commerce(home.product(&home.packed(), Quantity::grams(500))?));
            for plot in 0..PLOTS {
                said.push((Who::Phone(n), Said::Facts(Act::Diary, Box::new(home.plot_card(plot)?))));
            }
        }
        if day % CYCLE == 1 {
            said.push(commerce(home.certificate()));
        }
        let event = |who, act, event| (who, Said::Facts(act, Box::new(Facts::Event(Box::new(event)))));
        for lot in std::mem::take(&mut own.recalled) {
            let reason = Some(Text::both("Kết quả kiểm nghiệm đạt", "The test was passed"));
            let objects = vec![Amount::whole(lot)];
            let ended = home.seen(Step::RecallEnded { reason }, objects);
            said.push(event(Who::Manager(n), Act::Recall, ended));
        }
        for plot in 0..PLOTS {
            let Some(age) = (day - 1).checked_sub(plot * 9).map(|age| age % CYCLE) else { continue };
            let cycle = (day - 1 - plot * 9) / CYCLE;
            let diary = |step| event(Who::Phone(n), Act::Diary, home.on_plot(plot, cycle, step, Vec::new()));
            match age {
                0 => said.push(diary(Step::Planting {
                    crop: Some("tomato".to_owned()),
                    variety: Some("Anna".to_owned()),
                    seed_origin: Some("Vườn ươm Đơn Dương".to_owned()),
                })),
                8 | 24 | 40 | 56 => said.push(diary(Step::Fertilising {
                    product: Some("NPK 16-16-8".to_owned()),
                    dose: Some("15 kg/sào".to_owned()),
                })),
                15 | 33 | 51 | 63 => said.push(diary(Step::PlantProtection(PlantProtection {
                    product: Some("Ví Dụ Aba 36EC".to_owned()),
                    active_substance: Some("Abamectin 36 g/l".to_owned()),
                    dose: Some("0,3 l/ha".to_owned()),
                    target: Some("nhện đỏ".to_owned()),
                    area_m2: None,
                    phi_days: Some(7),
                }))),
                4 | 13 | 22 | 31 | 41 | 49 | 58 | 67 | 76 => {
                    said.push(diary(Step::Irrigation { water: Some("giếng khoan".to_owned()) }));
                }
                78 | 86 | 94 | 102 => {
                    own.harvests += 1;
                    let number = format!("{today}-{n}-{plot}");
                    let grams = 600_000 + (n * 7 + plot * 13 + today) % 300 * 1_000;
                    let lot = home.lot(&home.loose(), &number);
                    own.pending.push((lot.clone(), grams));
                    let harvest = home.harvest(plot, cycle, &number, lot.clone(), grams);
                    let harvest = Facts::Event(Box::new(harvest));
                    said.push((Who::Phone(n), Said::FactsOfPerson(Act::Lot, Box::new(harvest))));
                    if (own.harvests + n * 37) % 300 == 299 {
                        own.recalled.push(lot);
                    }
                }
                _ => {}
            }
        }
        for lot in &own.recalled {
            let reason = Some(Text::both("Chờ kết quả kiểm nghiệm", "A test is awaited"));
            let recall = home.seen(Step::Recall { reason }, vec![Amount::whole(lot)]);
            said.push(event(Who::Manager(n), Act::Recall, recall));
        }
        // What the shop receives goes to its customers in two parts.
        while let Some((_, pack, trays)) = own.packs.pop_front_if(|pack| pack.0 <= today) {
            let amount = |trays| vec![Amount::of(&pack, Quantity::pieces(trays))];
            let mut received = home.seen(Step::Receiving, amount(trays));
            (received.source, received.destination) = (Some(home.own.clone()), Some(shop_urn.clone()));
            said.push(event(Who::Shop(shop), Act::Lot, received));
            said.push(event(Who::Shop(shop), Act::Lot, home.seen(Step::Selling, amount(trays / 2))));
            said.push(event(Who::Shop(shop), Act::Lot, home.seen(Step::Selling, amount(trays - trays / 2))));
        }
        if day % 3 == 0 && !own.pending.is_empty() {
            let lots = std::mem::take(&mut own.pending);
            let grams: u64 = lots.iter().map(|lot| lot.1).sum();
            let number = format!("{today}-{n}");
            let (sorted, pack) =
                (home.lot(&home.loose(), &format!("{number}-S")), home.lot(&home.packed(), &number));
            // A twentieth is sorted out; trays hold a pound.
            let (kept, trays) = (grams / 20 * 19, grams / 20 * 19 / 500);
            let inputs = lots.iter().map(|(lot, grams)| Amount::of(lot, Quantity::grams(*grams))).collect();
            let sorting = home.made(Step::Sorting, inputs, Amount::of(&sorted, Quantity::grams(kept)));
            let inputs = vec![Amount::of(&sorted, Quantity::grams(kept))];
            let trays_of = || vec![Amount::of(&pack, Quantity::pieces(trays))];
            let mut packing = home.made(Step::Packing, inputs, Amount::of(&pack, Quantity::pieces(trays)));
            packing.certificates = vec![home.certificate_uri()];
            let mut shipping = home.seen(Step::Shipping, trays_of());
            (shipping.source, shipping.destination) = (Some(home.own.clone()), Some(shop_urn));
            for event_of_lots in [
                sorting,
                packing,
                home.seen(Step::Encoding, trays_of()),
                home.seen(Step::Commissioning, trays_of()),
                shipping,
            ] {
                said.push(event(Who::Manager(n), Act::Lot, event_of_lots));
            }
            own.packs.push_back((today + 1 + n % 2, pack.clone(), trays));
            own.newest_packs.push(pack);
        }
        if day % 7 == 0 && !own.newest_packs.is_empty() {
            let packs = std::mem::take(&mut own.newest_packs);
            said.push(commerce(home.listing(packs)));
        }
        Ok(said)
    }
}

fn urn(root: &Signer) -> String {
    organisation_urn(&root.organisation().to_string())
}
