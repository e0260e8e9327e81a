//! A kept page is what a new one would be: after anything that a season brings, in every form, at any time.

#![allow(clippy::unwrap_used, reason = "a test")]

mod ledger;

use std::collections::BTreeSet;

use ledger::{BASE, Ledger};
use nguon_fixtures::farm::{Device, Farm};
use nguon_fixtures::{OperatorAct, Season, Step};
use nguon_ledger::Seen;
use nguon_service::Incoming;

/// 1 September 2025 in Vietnam.
const SEASON_BEGINS_MS: i64 = 1_756_688_400_000;
/// 5 January 2026, 07:00 in Vietnam.
const MORNING_MS: i64 = 1_767_571_200_000;
const FORMS: [&[(&str, &str)]; 4] = [
    &[("accept-language", "vi")],
    &[("accept-language", "en")],
    &[("accept-language", "zh")],
    &[("accept", "application/json")],
];

/// Numbers that look like chance and are the same in every run.
struct Dice(u64);

impl Dice {
    fn below(&mut self, n: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap() % n.max(1)
    }
}

/// Asks for a page with and without copies; whether it was there.
async fn compare(ledger: &Ledger, path: &str, form: &[(&str, &str)]) -> bool {
    let kept = ledger.ask(path, form).await;
    let fresh = ledger.ask_without_copies(path, form).await;
    assert_eq!(kept.status, fresh.status, "{path}");
    for header in ["etag", "content-type", "link", "vary", "content-language"] {
        assert_eq!(kept.header(header), fresh.header(header), "{path}: {header}");
    }
    if kept.bytes != fresh.bytes {
        let differs = kept.text().lines().zip(fresh.text().lines()).find(|(a, b)| a != b);
        panic!("{path} is kept as\n{:?}", differs);
    }
    kept.status == 200
}

#[tokio::test]
async fn through_a_whole_season_a_kept_page_is_what_a_new_one_would_be() {
    let ledger = Ledger::new(SEASON_BEGINS_MS).await;
    let mut season = Season::new(7, &ledger.context);
    let mut dice = Dice(7);
    let mut known: Vec<String> = vec!["/".to_owned()];
    let mut listed: BTreeSet<String> = BTreeSet::new();
    let (mut steps, mut pages, mut seen) = (0_usize, 0_usize, Seen::NONE);
    // Those that are asked for again and again, so that something is kept when something changes.
    let mut watched: Vec<(String, usize)> = vec![("/".to_owned(), 0)];
    let mut waiting: Vec<Incoming> = Vec::new();
    while let Some(step) = season.next(seen) {
        steps += 1;
        ledger.clock.set(step.at_ms());
        match step {
            Step::Submit(submission) => {
                let openings =
                    submission.openings.into_iter().map(|opening| (opening.salt, opening.payload)).collect();
                waiting.push(Incoming { record: submission.record, openings });
            }
            Step::Operator { act, .. } => {
                ledger.service.submit(std::mem::take(&mut waiting)).await;
                ledger.service.settle().await;
                let act = match act {
                    OperatorAct::Standing { organisation, bits, reason } => {
                        let path = format!("/o/{organisation}");
                        if listed.insert(path.clone()) {
                            known.push(path);
                        }
                        nguon_service::OperatorAct::Standing { organisation, bits, reason }
                    }
                    OperatorAct::Erase { event_id, section, reason } => {
                        nguon_service::OperatorAct::Erase { event: event_id, section, reason }
                    }
                };
                ledger.service.act(act).await.unwrap();
            }
        }
        if !steps.is_multiple_of(90) {
            continue;
        }
        ledger.service.submit(std::mem::take(&mut waiting)).await;
        ledger.service.settle().await;
        if let Some((checkpoint, _)) = ledger.service.lookup().checkpoint().await.unwrap() {
            seen = Seen { size: checkpoint.size().0, root: checkpoint.root() };
        }
        for line in ledger.service.catalogue().search_lots("", 20).await.unwrap() {
            let path = line.id.path();
            if listed.insert(path.clone()) {
                known.push(path);
            }
        }
        // Half of them are the newest: more happens to them.
        for _ in 0..2 {
            let newest = known.len() - 1 - dice.below(known.len().min(20));
            let any = if dice.below(2) == 0 { newest } else { dice.below(known.len()) };
            watched.push((known[any].clone(), dice.below(FORMS.len())));
        }
        while watched.len() > 14 {
            watched.swap_remove(1 + dice.below(watched.len() - 1));
        }
        for (path, form) in &watched {
            let form = if path.starts_with("/o/") || path == "/" { form % 3 } else { *form };
            pages += usize::from(compare(&ledger, path, FORMS[form]).await);
        }
    }
    assert!(steps > 5_000 && pages > 700, "{steps} steps, {pages} pages");
}

#[tokio::test]
async fn a_page_changes_by_itself_when_the_day_does_and_when_an_offer_ends() {
    let ledger = Ledger::new(MORNING_MS).await;
    let mut farm = Farm::new(7, &ledger.context);
    ledger.take(farm.start()).await;
    ledger.recognise(farm.id(), 3).await;
    let (source, packed) = (farm.lot("A1"), farm.pack_lot("A2"));
    let records = [
        farm.harvest(Device::Phone(1), "A1", 60_000),
        farm.pack(&[(source, 50_000)], &packed, 100),
        farm.list("tray", std::slice::from_ref(&packed), 35_000, 50),
    ];
    ledger.take(records).await;
    let path = nguon_id::LotId::from_uri(&packed).unwrap().path();
    assert!(ledger.get(&path).await.text().contains("35.000"));
    let (mut told, mut changes) = (ledger.get(&path).await.header("etag").to_owned(), 0);
    // No record and no epoch for a month: only the clock goes on.
    for hour in 1..24 * 32 {
        ledger.clock.set(MORNING_MS + hour * 3_600_000);
        assert!(compare(&ledger, &path, FORMS[0]).await);
        let now = ledger.get(&path).await;
        if now.header("etag") != told {
            changes += 1;
            now.header("etag").clone_into(&mut told);
        }
    }
    assert!(changes >= 2, "the offer went, and the lot is past its day: {changes}");
    assert!(!ledger.get(&path).await.text().contains("35.000"));
}

#[tokio::test]
async fn nothing_of_one_readers_address_is_on_the_page_of_the_next() {
    let ledger = Ledger::new(MORNING_MS).await;
    let mut farm = Farm::new(7, &ledger.context);
    ledger.take(farm.start()).await;
    ledger.recognise(farm.id(), 3).await;
    ledger.take([farm.harvest(Device::Phone(1), "A1", 60_000)]).await;
    let lot = nguon_id::LotId::from_uri(&farm.lot("A1")).unwrap().path();
    for path in ["/".to_owned(), format!("/o/{}", farm.id()), lot] {
        let marked = ledger.get(&format!("{path}?code=MARKED&x=MARKED&after=&q=&lang=vi")).await;
        assert_eq!(marked.status, 200, "{path}");
        let next = ledger.get(&format!("{path}?lang=vi")).await;
        assert!(!next.text().contains("MARKED"), "{path}");
        assert!(compare(&ledger, &path, FORMS[0]).await);
    }
    assert!(!ledger.get("/").await.text().contains(&format!("{BASE}/?")));
}

#[tokio::test]
async fn a_page_comes_in_the_coding_that_was_asked_for_and_is_one_page() {
    let ledger = Ledger::new(MORNING_MS).await;
    let mut farm = Farm::new(7, &ledger.context);
    ledger.take(farm.start()).await;
    ledger.recognise(farm.id(), 3).await;
    ledger.take([farm.harvest(Device::Phone(1), "A1", 60_000)]).await;
    let path = nguon_id::LotId::from_uri(&farm.lot("A1")).unwrap().path();
    let plain = ledger.get(&path).await;
    assert_eq!(
        (plain.header("content-encoding"), plain.header("vary")),
        ("", "accept, accept-language, accept-encoding")
    );
    // The first is made for this one, the second is the form that is kept.
    for _ in 0..2 {
        for (asked, coding) in [("gzip, deflate, br", "br"), ("gzip", "gzip"), ("br;q=0", "")] {
            let answer = ledger.ask(&path, &[("accept-encoding", asked)]).await;
            assert_eq!(answer.header("content-encoding"), coding, "{asked}");
            assert_eq!(answer.header("etag"), plain.header("etag"), "one page");
            assert_eq!(answer.decoded(), plain.bytes, "{asked}");
            assert!(coding.is_empty() || answer.bytes.len() < plain.bytes.len() / 2, "{asked}");
        }
    }
    let etag = plain.header("etag").to_owned();
    let kept = ledger.ask(&path, &[("if-none-match", &etag), ("accept-encoding", "br")]).await;
    assert_eq!((kept.status.as_u16(), kept.bytes.len(), kept.header("content-encoding")), (304, 0, ""));
    assert_eq!((kept.header("etag"), kept.header("vary")), (etag.as_str(), plain.header("vary")));
    assert_eq!(kept.header("cache-control"), plain.header("cache-control"));
    let head = ledger.head(&path, &[("accept-encoding", "br")]).await;
    let whole = ledger.ask(&path, &[("accept-encoding", "br")]).await;
    assert_eq!((head.status.as_u16(), head.bytes.len()), (200, 0));
    assert_eq!(head.header("content-length"), whole.bytes.len().to_string());
    for header in ["etag", "content-encoding", "vary", "cache-control", "content-type"] {
        assert_eq!(head.header(header), whole.header(header), "{header}");
    }
}

#[tokio::test]
async fn pages_take_no_more_memory_than_they_may() {
    let ledger = Ledger::with_page_bytes(MORNING_MS, 400_000).await;
    let mut farm = Farm::new(7, &ledger.context);
    ledger.take(farm.start()).await;
    ledger.recognise(farm.id(), 3).await;
    let lots: Vec<String> = (0..40).map(|n| format!("L{n}")).collect();
    for lot in &lots {
        ledger.take([farm.harvest(Device::Phone(1), lot, 60_000)]).await;
    }
    let paths: Vec<String> =
        lots.iter().map(|lot| nguon_id::LotId::from_uri(&farm.lot(lot)).unwrap().path()).collect();
    for path in paths.iter().chain(&paths) {
        assert!(compare(&ledger, path, FORMS[0]).await, "driven out or not, it is there");
    }
    let (pages, bytes) = ledger.kept_pages();
    assert!(bytes <= 400_000 && (1..40).contains(&pages), "{pages} pages, {bytes} bytes");
}
