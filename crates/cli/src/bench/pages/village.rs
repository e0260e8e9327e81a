//! Lots for [`super`]: some that a co-operative really signed, logged and had judged, and copies of what the read models
//! say of them, under numbers of their own, until there are as many as a province has.
//!
//! ```text
//! harvest ─▶ pack, under a certificate ─▶ print codes ─▶ activate ─▶ ship          an offer on one pack in ten
//! ```
//!
//! A copy has a row, a brief and a short code of its own and names its own neighbour. It shares the cards with all others,
//! as in a province, and its records with the lot that it is a copy of, which in a province it would not.

use anyhow::{Context, ensure};
use nguon_id::LotId;
use nguon_ledger::{Act, OrganisationId, Standing};
use nguon_service::{Clock, Incoming, Service, SystemClock, first_short_alias};
use nguon_storage::{Store, SubjectRow};
use nguon_trace::facts::{Amount, Facts, Step, organisation_urn};
use nguon_trace::quantity::Quantity;

use super::super::home::Home;
use super::super::signer::{Newest, Signed, Signer};

/// Pairs of lots that are signed and judged.
pub(super) const SIGNED: u64 = 500;
const PLOTS: u64 = 12;
/// Copies of all signed lots in one transaction.
const AT_ONCE: u64 = 4;

/// What a lot of a signed pair is called. Of one length, so that none begins another.
fn number(kind: char, pair: u64) -> String {
    format!("{kind}{pair:05}x")
}

/// The path of a pack: the n-th of them all.
pub(super) fn path(n: u64) -> String {
    let (copy, pair) = (n / SIGNED, n % SIGNED);
    let number = number('p', pair);
    match copy {
        0 => format!("/p/ca-chua-khay-0/l/{number}"),
        copy => format!("/p/ca-chua-khay-0/l/{number}-{copy}"),
    }
}

struct Maker<'a> {
    service: &'a Service,
    root: Signer,
    newest: Newest,
    home: Home,
    waiting: Vec<Incoming>,
}

/// Makes so many packs, each of a harvest; answers how many.
pub(super) async fn make(service: &Service, store: &dyn Store, lots: u64) -> anyhow::Result<u64> {
    let time_ms = SystemClock.now_ms();
    let root = Signer::new("village", service.ledger_id(), OrganisationId::ZERO);
    let home = Home { n: 0, own: String::new(), time_ms };
    let mut maker = Maker { service, root, newest: Newest::new(), home, waiting: Vec::new() };
    maker.begin().await?;
    for pair in 0..SIGNED {
        maker.pair(pair).await?;
    }
    maker.flush().await?;
    service.settle().await;
    let copies = lots.div_ceil(2 * SIGNED).saturating_sub(1);
    copy_all(store, copies).await?;
    Ok((copies + 1) * SIGNED)
}

impl Maker<'_> {
    async fn begin(&mut self) -> anyhow::Result<()> {
        let genesis = self.root.genesis("the root after it", self.home.time_ms)?;
        self.send(genesis).await?;
        self.flush().await?;
        let organisation = self.root.organisation();
        self.home.own = organisation_urn(&organisation.to_string());
        let bits = Standing::PRODUCER;
        self.service.act(nguon_service::OperatorAct::Standing { organisation, bits, reason: 1 }).await?;
        for card in [
            self.home.organisation()?,
            self.home.product(&self.home.loose(), Quantity::grams(1_000))?,
            self.home.product(&self.home.packed(), Quantity::grams(500))?,
            self.home.certificate(),
        ] {
            self.say(Act::Commerce, card).await?;
        }
        for plot in 0..PLOTS {
            let card = self.home.plot_card(plot)?;
            self.say(Act::Diary, card).await?;
        }
        Ok(())
    }

    /// A harvest, and the packs that were made of it.
    async fn pair(&mut self, pair: u64) -> anyhow::Result<()> {
        let (number, trays) = (number('h', pair), 190);
        let harvested = self.home.lot(&self.home.loose(), &number);
        let packed = self.home.lot(&self.home.packed(), &self::number('p', pair));
        let harvest = self.home.harvest(pair % PLOTS, pair / PLOTS, &number, harvested.clone(), 100_000);
        let output = Amount::of(&packed, Quantity::pieces(trays));
        let inputs = vec![Amount::of(&harvested, Quantity::grams(95_000))];
        let mut packing = self.home.made(Step::Packing, inputs, output);
        packing.certificates = vec![self.home.certificate_uri()];
        let objects = || vec![Amount::of(&packed, Quantity::pieces(trays))];
        let mut shipping = self.home.seen(Step::Shipping, objects());
        (shipping.source, shipping.destination) =
            (Some(self.home.own.clone()), Some("https://id.gs1.org/414/9521100000009".to_owned()));
        for event in [
            harvest,
            packing,
            self.home.seen(Step::Encoding, objects()),
            self.home.seen(Step::Commissioning, objects()),
            shipping,
        ] {
            self.say(Act::Lot, Facts::Event(Box::new(event))).await?;
        }
        if pair.is_multiple_of(10) {
            let listing = self.home.listing(vec![packed]);
            self.say(Act::Commerce, listing).await?;
        }
        Ok(())
    }

    async fn say(&mut self, act: Act, facts: Facts) -> anyhow::Result<()> {
        let signed = self.root.say(act, facts, None, &mut self.newest, self.home.time_ms)?;
        self.send(signed).await
    }

    async fn send(&mut self, signed: Signed) -> anyhow::Result<()> {
        let Signed { record, openings } = signed;
        let openings = openings.into_iter().map(|opening| (opening.salt, opening.payload)).collect();
        self.waiting.push(Incoming { record: record.as_bytes().to_vec(), openings });
        if self.waiting.len() >= 400 { self.flush().await } else { Ok(()) }
    }

    async fn flush(&mut self) -> anyhow::Result<()> {
        for one in self.service.submit(std::mem::take(&mut self.waiting)).await {
            one.answer.context("a record was not taken")?;
        }
        Ok(())
    }
}

/// A signed pair as the read models have it.
struct Pair {
    numbers: [String; 2],
    rows: Vec<SubjectRow>,
    briefs: Vec<(String, String)>,
    /// Listings on its lots: (lot, listing).
    offers: Vec<(String, String)>,
}

async fn read(store: &dyn Store) -> anyhow::Result<Vec<Pair>> {
    let mut pairs = Vec::new();
    for pair in 0..SIGNED {
        let home = Home { n: 0, own: String::new(), time_ms: 0 };
        let numbers = [number('h', pair), number('p', pair)];
        let uris = [home.lot(&home.loose(), &numbers[0]), home.lot(&home.packed(), &numbers[1])];
        let names: Vec<&str> = uris.iter().map(String::as_str).collect();
        let mut reader = store.reader().await?;
        let rows = reader.subjects(&names).await?;
        ensure!(rows.len() == 2, "a lot was not judged");
        let mut briefs = Vec::new();
        let mut offers = Vec::new();
        for uri in &uris {
            briefs.push((uri.clone(), reader.lot_briefs(&[uri]).await?));
            let listings = reader.listings_of_lot(uri).await?;
            offers.extend(listings.into_iter().map(|row| (uri.clone(), row.uri)));
        }
        pairs.push(Pair { numbers, rows, briefs, offers });
    }
    Ok(pairs)
}

async fn copy_all(store: &dyn Store, copies: u64) -> anyhow::Result<()> {
    if copies == 0 {
        return Ok(());
    }
    let pairs = read(store).await?;
    let bar = indicatif::ProgressBar::new(copies).with_message("lots");
    let all: Vec<u64> = (1..=copies).collect();
    for some in all.chunks(usize::try_from(AT_ONCE)?) {
        let (mut rows, mut briefs, mut offers, mut names) = (vec![], vec![], vec![], vec![]);
        for copy in some {
            for pair in &pairs {
                let renamed = |text: &str| {
                    pair.numbers.iter().fold(text.to_owned(), |text, number| {
                        text.replace(number.as_str(), &format!("{number}-{copy}"))
                    })
                };
                for row in &pair.rows {
                    let uri = renamed(&row.uri);
                    names.push((first_short_alias(&uri), uri.clone()));
                    let (search_key, state) = (renamed(&row.search_key), renamed(&row.state));
                    rows.push(SubjectRow { uri, search_key, state, ..row.clone() });
                }
                briefs.extend(pair.briefs.iter().map(|(uri, brief)| (renamed(uri), renamed(brief))));
                offers.extend(pair.offers.iter().map(|(lot, listing)| (renamed(lot), listing.clone())));
            }
        }
        // Forty bits: among a million lots a few share their first code.
        names.sort();
        names.dedup_by(|a, b| a.0 == b.0);
        let mut unit = store.unit().await?;
        unit.put_subjects(&rows).await?;
        unit.put_lot_briefs(&briefs).await?;
        unit.put_listing_lots(&offers).await?;
        unit.put_aliases(&names).await?;
        unit.save().await?;
        bar.inc(some.len() as u64);
    }
    bar.finish_and_clear();
    let last = LotId::from_path(&path((copies + 1) * SIGNED - 1))?.uri(super::super::province::ORIGIN);
    ensure!(store.reader().await?.subject(&last).await?.is_some(), "{last} is not there");
    Ok(())
}
