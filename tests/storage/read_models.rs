//! Read models: what pages, feeds and look-ups ask for.

use nguon_storage::{FeedRow, SubjectRow};

use super::given;
use crate::given::{change, record, section, subject};

/// By bytes; a Vietnamese dictionary, and nearly any other, would say otherwise.
const BY_BYTES: [&str; 9] = ["B", "Z", "a", "b", "z", "À", "Đ", "ầ", "đ"];

fn uris(rows: &[SubjectRow]) -> Vec<&str> {
    rows.iter().map(|row| row.uri.as_str()).collect()
}

/// The bytes' order, as Rust has it.
fn by_bytes() -> Vec<&'static str> {
    let mut sorted = BY_BYTES.to_vec();
    sorted.sort_unstable();
    sorted
}

#[tokio::test]
async fn a_projection_says_how_far_it_came() {
    let Some(given) = given().await else { return };
    assert_eq!(given.reader().await.projection("all").await.unwrap(), 0);
    for size in [5, 9] {
        let mut unit = given.unit().await;
        unit.set_projection("all", size).await.unwrap();
        unit.set_projection("A", 1).await.unwrap();
        unit.save().await.unwrap();
        assert_eq!(given.reader().await.projection("all").await.unwrap(), size);
    }
    let all = [("A".to_owned(), 1), ("all".to_owned(), 9)];
    assert_eq!(given.reader().await.projections().await.unwrap(), all);
}

#[tokio::test]
async fn texts_are_ordered_by_bytes_on_every_database() {
    let Some(given) = given().await else { return };
    let sorted = by_bytes();
    let mut unit = given.unit().await;
    for uri in BY_BYTES.iter().rev() {
        unit.put_subjects(&[subject(uri, "lot", "", 0)]).await.unwrap();
        unit.put_aliases(&[((*uri).to_owned(), "x".to_owned())]).await.unwrap();
        unit.put_listing_lots(&[("lot".to_owned(), (*uri).to_owned()), ((*uri).to_owned(), "l".to_owned())])
            .await
            .unwrap();
        unit.link_records(&[((*uri).to_owned(), 7)]).await.unwrap();
        unit.set_projection(uri, 1).await.unwrap();
    }
    unit.save().await.unwrap();
    let mut reader = given.reader().await;
    assert_eq!(uris(&reader.all_subjects("", 99).await.unwrap()), sorted);
    assert_eq!(uris(&reader.list_subjects("lot", "", 99).await.unwrap()), sorted);
    assert_eq!(uris(&reader.subjects_of(&[1; 32], "lot", "", 99).await.unwrap()), sorted);
    assert_eq!(uris(&reader.search_subjects("lot", "", 99).await.unwrap()), sorted);
    assert_eq!(uris(&reader.listings_of_lot("lot").await.unwrap()), sorted);
    assert_eq!(reader.subjects_of_entry(7).await.unwrap(), sorted);
    let aliases = reader.aliases("", 99).await.unwrap();
    assert_eq!(aliases.iter().map(|row| row.0.as_str()).collect::<Vec<_>>(), sorted);
    let links = reader.links(("", -1), 99).await.unwrap();
    assert_eq!(links.iter().map(|row| row.0.as_str()).collect::<Vec<_>>(), sorted);
    let projections = reader.projections().await.unwrap();
    assert_eq!(projections.iter().map(|row| row.0.as_str()).collect::<Vec<_>>(), sorted);
    // Pages meet without a gap or an overlap.
    for limit in 1..4 {
        let (mut paged, mut after) = (Vec::new(), String::new());
        while let Some(last) = {
            let page = reader.all_subjects(&after, limit).await.unwrap();
            paged.extend(page.iter().map(|row| row.uri.clone()));
            page.last().cloned()
        } {
            after = last.uri;
        }
        assert_eq!(paged, sorted, "pages of {limit}");
    }
}

#[tokio::test]
async fn a_subject_is_written_again_in_place() {
    let Some(given) = given().await else { return };
    let mut unit = given.unit().await;
    unit.put_subjects(&[subject("a", "lot", "old", 1), subject("b", "lot", "b", 1)]).await.unwrap();
    unit.save().await.unwrap();
    let newer = SubjectRow {
        organisation_id: vec![2; 32],
        status: "recalled".to_owned(),
        state: "{}".to_owned(),
        ..subject("a", "plot", "new", 9)
    };
    let mut unit = given.unit().await;
    unit.put_subjects(std::slice::from_ref(&newer)).await.unwrap();
    unit.save().await.unwrap();
    let mut reader = given.reader().await;
    assert_eq!(reader.subject("a").await.unwrap(), Some(newer.clone()));
    assert_eq!(reader.subject("A").await.unwrap(), None);
    assert_eq!(reader.list_subjects("plot", "", 9).await.unwrap(), [newer]);
    assert_eq!(uris(&reader.list_subjects("lot", "", 9).await.unwrap()), ["b"]);
    assert_eq!(uris(&reader.subjects_of(&[2; 32], "plot", "", 9).await.unwrap()), ["a"]);
    assert_eq!(uris(&reader.subjects_of(&[1; 32], "plot", "", 9).await.unwrap()), Vec::<&str>::new());
}

#[tokio::test]
async fn subjects_are_paged_by_kind_and_by_organisation() {
    let Some(given) = given().await else { return };
    let mut unit = given.unit().await;
    for n in 0..10 {
        let kind = if n % 2 == 0 { "lot" } else { "plot" };
        unit.put_subjects(&[subject(&format!("u/{n}"), kind, "", n)]).await.unwrap();
    }
    unit.save().await.unwrap();
    let mut reader = given.reader().await;
    assert_eq!(uris(&reader.list_subjects("lot", "u/2", 2).await.unwrap()), ["u/4", "u/6"]);
    assert_eq!(uris(&reader.subjects_of(&[1; 32], "plot", "u/5", 9).await.unwrap()), ["u/7", "u/9"]);
    assert_eq!(uris(&reader.subjects_of(&[9; 32], "plot", "", 9).await.unwrap()), Vec::<&str>::new());
    assert_eq!(uris(&reader.all_subjects("u/7", 9).await.unwrap()), ["u/8", "u/9"]);
}

#[tokio::test]
async fn a_search_takes_every_letter_for_itself() {
    let Some(given) = given().await else { return };
    let names = ["ca chua 100% sach", "ca_chua", "ca\\chua", "ca chua", "dau tay", "ca*chua?", "[a-z]"];
    let mut unit = given.unit().await;
    for (n, name) in (0..).zip(names) {
        unit.put_subjects(&[subject(&format!("u/{n}"), "lot", name, n)]).await.unwrap();
    }
    unit.put_subjects(&[subject("u/other", "plot", "ca chua", 99)]).await.unwrap();
    unit.save().await.unwrap();
    let mut reader = given.reader().await;
    // Newest first.
    for (text, found) in [
        ("%", vec!["u/0"]),
        ("_", vec!["u/1"]),
        ("\\", vec!["u/2"]),
        ("a_c", vec!["u/1"]),
        ("ca chua", vec!["u/3", "u/0"]),
        ("chua", vec!["u/5", "u/3", "u/2", "u/1", "u/0"]),
        ("*", vec!["u/5"]),
        ("[a", vec!["u/6"]),
        ("'", vec![]),
        ("0% s", vec!["u/0"]),
    ] {
        assert_eq!(uris(&reader.search_subjects("lot", text, 9).await.unwrap()), found, "{text}");
    }
    assert_eq!(uris(&reader.search_subjects("lot", "", 2).await.unwrap()), ["u/6", "u/5"]);
}

#[tokio::test]
async fn entries_tell_of_things_and_things_of_entries() {
    let Some(given) = given().await else { return };
    let links = [("a", 3), ("a", 1), ("b", 3), ("a", 3)].map(|(uri, index)| (uri.to_owned(), index));
    let mut unit = given.unit().await;
    unit.link_records(&links).await.unwrap();
    unit.link_records(&links).await.unwrap();
    unit.link_records(&[]).await.unwrap();
    unit.save().await.unwrap();
    let mut reader = given.reader().await;
    assert_eq!(reader.entries_of_subject("a").await.unwrap(), [1, 3]);
    assert_eq!(reader.entries_of_subject("c").await.unwrap(), Vec::<i64>::new());
    assert_eq!(reader.subjects_of_entry(3).await.unwrap(), ["a", "b"]);
    assert_eq!(reader.subjects_of_entry(2).await.unwrap(), Vec::<String>::new());
    let all = [("a".to_owned(), 1), ("a".to_owned(), 3), ("b".to_owned(), 3)];
    assert_eq!(reader.links(("", -1), 9).await.unwrap(), all);
    assert_eq!(reader.links(("a", 1), 1).await.unwrap(), all[1..2]);
    assert_eq!(reader.links(("a", 3), 9).await.unwrap(), all[2..]);
}

#[tokio::test]
async fn listings_of_a_lot_are_those_that_are_known() {
    let Some(given) = given().await else { return };
    let pair = |lot: &str, listing: &str| (lot.to_owned(), listing.to_owned());
    let rows = [
        pair("lot/1", "list/2"),
        pair("lot/1", "list/1"),
        pair("lot/2", "list/1"),
        pair("lot/1", "list/none"),
    ];
    let mut unit = given.unit().await;
    unit.put_subjects(&[subject("list/1", "listing", "", 1), subject("list/2", "listing", "", 2)])
        .await
        .unwrap();
    unit.put_listing_lots(&rows).await.unwrap();
    unit.put_listing_lots(&rows[..1]).await.unwrap();
    unit.save().await.unwrap();
    let mut reader = given.reader().await;
    assert_eq!(uris(&reader.listings_of_lot("lot/1").await.unwrap()), ["list/1", "list/2"]);
    assert_eq!(uris(&reader.listings_of_lot("lot/3").await.unwrap()), Vec::<&str>::new());
    let mut sorted = rows.to_vec();
    sorted.sort();
    assert_eq!(reader.listing_lots(("", ""), 9).await.unwrap(), sorted);
    assert_eq!(reader.listing_lots(("lot/1", "list/1"), 2).await.unwrap(), sorted[1..3]);
    assert_eq!(reader.listing_lots(("lot/1", "list/none"), 9).await.unwrap(), sorted[3..]);
}

#[tokio::test]
async fn another_name_leads_to_the_newest_thing_it_was_given_to() {
    let Some(given) = given().await else { return };
    for uri in ["a", "b"] {
        let mut unit = given.unit().await;
        unit.put_aliases(&[("gtin:08938500000012".to_owned(), uri.to_owned())]).await.unwrap();
        unit.put_aliases(&[("code:trà".to_owned(), "t".to_owned())]).await.unwrap();
        unit.save().await.unwrap();
        assert_eq!(given.reader().await.alias("gtin:08938500000012").await.unwrap().as_deref(), Some(uri));
    }
    let mut reader = given.reader().await;
    assert_eq!(reader.alias("code:tra").await.unwrap(), None);
    let pair = |alias: &str, uri: &str| (alias.to_owned(), uri.to_owned());
    let all = [pair("code:trà", "t"), pair("gtin:08938500000012", "b")];
    assert_eq!(reader.aliases("", 9).await.unwrap(), all);
    assert_eq!(reader.aliases("code:trà", 9).await.unwrap(), all[1..]);
    assert_eq!(reader.aliases("", 1).await.unwrap(), all[..1]);
}

#[tokio::test]
async fn the_feed_is_read_on_from_any_change() {
    let Some(given) = given().await else { return };
    let rows = [change(1, 0), change(5, 0), change(5, 1), change(6, 0)];
    let mut unit = given.unit().await;
    unit.append_feed(&[rows[3].clone(), rows[1].clone(), rows[2].clone(), rows[0].clone()]).await.unwrap();
    unit.append_feed(&[]).await.unwrap();
    unit.save().await.unwrap();
    let mut reader = given.reader().await;
    assert_eq!(reader.feed(-1, 0, 9).await.unwrap(), rows);
    assert_eq!(reader.feed(5, 0, 9).await.unwrap(), rows[2..]);
    assert_eq!(reader.feed(5, 0, 1).await.unwrap(), rows[2..3]);
    assert_eq!(reader.feed(6, 0, 9).await.unwrap(), []);
    drop(reader);
    assert!(given.unit().await.append_feed(&rows[..1]).await.is_err(), "a change has its place once");
}

#[tokio::test]
async fn each_listing_is_told_once_at_its_newest() {
    let Some(given) = given().await else { return };
    let of = |log_index, position, listing: &str| FeedRow {
        listing_uri: listing.to_owned(),
        ..change(log_index, position)
    };
    let rows = [of(1, 0, "b"), of(2, 0, "a"), of(2, 1, "b"), of(5, 0, "c"), of(7, 0, "a"), of(7, 1, "ă")];
    let mut unit = given.unit().await;
    unit.append_feed(&rows).await.unwrap();
    unit.save().await.unwrap();
    let mut reader = given.reader().await;
    let told = |rows: Vec<FeedRow>| -> Vec<(i64, i64, String)> {
        rows.into_iter().map(|row| (row.log_index, row.position, row.listing_uri)).collect()
    };
    let place = |log_index, position, listing: &str| (log_index, position, listing.to_owned());
    let all = [place(2, 1, "b"), place(5, 0, "c"), place(7, 0, "a"), place(7, 1, "ă")];
    assert_eq!(told(reader.feed_newest((-1, 0), 9).await.unwrap()), all);
    assert_eq!(told(reader.feed_newest((-1, 0), 2).await.unwrap()), all[..2]);
    assert_eq!(told(reader.feed_newest((2, 0), 9).await.unwrap()), all);
    assert_eq!(told(reader.feed_newest((7, 0), 9).await.unwrap()), all[3..]);
    assert_eq!(told(reader.feed_newest((7, 1), 9).await.unwrap()), []);
    let by_name = [place(7, 0, "a"), place(2, 1, "b"), place(5, 0, "c"), place(7, 1, "ă")];
    assert_eq!(told(reader.feed_by_listing("", 9).await.unwrap()), by_name);
    assert_eq!(told(reader.feed_by_listing("a", 2).await.unwrap()), by_name[1..3]);
    assert_eq!(told(reader.feed_by_listing("ă", 9).await.unwrap()), []);
    assert_eq!(reader.feed_last().await.unwrap(), Some(rows[5].clone()));
}

#[tokio::test]
async fn many_rows_of_each_kind_are_written_at_once() {
    let Some(given) = given().await else { return };
    let mut kept = 0;
    for count in [0, 1, 3, 257, 1000] {
        let numbers = || kept..kept + count;
        let mut unit = given.unit().await;
        unit.insert_records(&numbers().map(record).collect::<Vec<_>>()).await.unwrap();
        unit.index_events(&numbers().map(|n| (-n, n)).collect::<Vec<_>>()).await.unwrap();
        unit.link_records(&numbers().map(|n| (format!("u/{n:05}"), n)).collect::<Vec<_>>()).await.unwrap();
        let subjects: Vec<_> = numbers().map(|n| subject(&format!("u/{n:05}"), "lot", "x", n)).collect();
        unit.put_subjects(&subjects).await.unwrap();
        let pairs: Vec<_> = numbers().map(|n| (format!("u/{n:05}"), "l".to_owned())).collect();
        unit.put_listing_lots(&pairs).await.unwrap();
        unit.append_feed(&numbers().map(|n| change(n, 0)).collect::<Vec<_>>()).await.unwrap();
        unit.save().await.unwrap();
        let mut reader = given.reader().await;
        let (from, all) = (kept, count + 1);
        assert_eq!(reader.records(from, all).await.unwrap(), numbers().map(record).collect::<Vec<_>>());
        assert_eq!(
            reader.all_subjects(&format!("u/{from:05}"), all).await.unwrap(),
            subjects.get(1..).unwrap_or(&[])
        );
        kept += count;
        let size = usize::try_from(kept).unwrap();
        assert_eq!(reader.event_index((i64::MIN, 0), 9_999).await.unwrap().len(), size);
        assert_eq!(reader.links(("", -1), 9_999).await.unwrap().len(), size);
        assert_eq!(reader.listing_lots(("", ""), 9_999).await.unwrap().len(), size);
        assert_eq!(reader.feed(-1, 0, 9_999).await.unwrap().len(), size);
    }
}

#[tokio::test]
async fn many_things_and_entries_are_read_by_their_names() {
    let Some(given) = given().await else { return };
    let mut unit = given.unit().await;
    unit.insert_records(&(0..400).map(record).collect::<Vec<_>>()).await.unwrap();
    unit.insert_sections(&(0..400).flat_map(|n| [section(n, 0), section(n, 1)]).collect::<Vec<_>>())
        .await
        .unwrap();
    let subjects: Vec<_> = (0..400).map(|n| subject(&format!("u/{n:03}"), "lot", "x", n)).collect();
    unit.put_subjects(&subjects).await.unwrap();
    let links: Vec<_> = (0..400).map(|n| (format!("u/{:03}", n / 2), n)).collect();
    unit.link_records(&links).await.unwrap();
    unit.save().await.unwrap();
    let mut reader = given.reader().await;
    for count in [0, 1, 5, 256, 399] {
        let names: Vec<String> = (0..count).map(|n| format!("u/{n:03}")).collect();
        let mut asked: Vec<&str> = names.iter().map(String::as_str).collect();
        asked.push("u/nobody");
        let mut found = reader.subjects(&asked).await.unwrap();
        found.sort_by(|a, b| a.uri.cmp(&b.uri));
        assert_eq!(found, subjects[..names.len()]);
        let mut told = reader.entries_of_subjects(&asked).await.unwrap();
        told.sort();
        assert_eq!(told, links[..(2 * names.len()).min(400)]);

        let indexes: Vec<i64> = (0..count).chain([9_999]).collect();
        let mut records = reader.records_of(&indexes).await.unwrap();
        records.sort_by_key(|row| row.log_index);
        assert_eq!(records, (0..count).map(record).collect::<Vec<_>>());
        let mut sections = reader.sections_of(&indexes).await.unwrap();
        sections.sort_by_key(|row| row.log_index);
        let both = |n| [section(n, 0), section(n, 1)];
        assert_eq!(sections, (0..count).flat_map(both).collect::<Vec<_>>(), "those of one entry in order");
    }
}

#[tokio::test]
async fn what_a_walk_asks_of_a_lot_is_written_again_in_place() {
    let Some(given) = given().await else { return };
    let rows = |word: &str| -> Vec<(String, String)> {
        (0..300).map(|n| (format!("u/{n:03}"), format!("{{\"{word}\":\"đ{n}\"}}"))).collect()
    };
    for word in ["before", "after"] {
        let mut unit = given.unit().await;
        unit.put_lot_briefs(&rows(word)).await.unwrap();
        unit.put_lot_briefs(&[]).await.unwrap();
        unit.save().await.unwrap();
    }
    let mut reader = given.reader().await;
    let all = rows("after");
    let mut asked: Vec<&str> = all.iter().map(|row| row.0.as_str()).collect();
    asked.push("u/nobody");
    let found = reader.lot_briefs(&asked).await.unwrap();
    let mut found: Vec<&str> = found.lines().collect();
    found.sort_unstable();
    let mut written: Vec<&str> = all.iter().map(|row| row.1.as_str()).collect();
    written.sort_unstable();
    assert_eq!(found, written);
    for asked in [&[][..], &["u/nobody"]] {
        assert_eq!(reader.lot_briefs(asked).await.unwrap(), "");
    }
    assert_eq!(reader.list_lot_briefs("", 300).await.unwrap(), all);
    assert_eq!(reader.list_lot_briefs("u/197", 2).await.unwrap(), all[198..200]);
}

#[tokio::test]
async fn read_models_are_thrown_away_and_the_ledger_stays() {
    let Some(given) = given().await else { return };
    let given = given.with_head().await;
    let mut unit = given.unit().await;
    unit.insert_records(&[record(0)]).await.unwrap();
    unit.set_projection("all", 1).await.unwrap();
    unit.index_events(&[(1, 0)]).await.unwrap();
    unit.link_records(&[("a".to_owned(), 0)]).await.unwrap();
    unit.put_subjects(&[subject("a", "lot", "a", 0)]).await.unwrap();
    unit.put_listing_lots(&[("a".to_owned(), "b".to_owned())]).await.unwrap();
    unit.put_lot_briefs(&[("a".to_owned(), "{}".to_owned())]).await.unwrap();
    unit.put_aliases(&[("short:1".to_owned(), "a".to_owned())]).await.unwrap();
    unit.append_feed(&[change(0, 0)]).await.unwrap();
    unit.save().await.unwrap();

    let mut unit = given.unit().await;
    unit.clear_read_models().await.unwrap();
    unit.save().await.unwrap();
    let mut reader = given.reader().await;
    assert_eq!(reader.projections().await.unwrap(), []);
    assert_eq!(reader.event_index((i64::MIN, 0), 9).await.unwrap(), []);
    assert_eq!(reader.links(("", -1), 9).await.unwrap(), []);
    assert_eq!(reader.all_subjects("", 9).await.unwrap(), []);
    assert_eq!(reader.listing_lots(("", ""), 9).await.unwrap(), []);
    assert_eq!(reader.list_lot_briefs("", 9).await.unwrap(), []);
    assert_eq!(reader.aliases("", 9).await.unwrap(), []);
    assert_eq!(reader.feed(-1, 0, 9).await.unwrap(), []);
    assert_eq!(reader.records(0, 9).await.unwrap(), [record(0)]);
    assert_eq!(reader.head().await.unwrap().unwrap().origin, "ledger.example.org/đà-lạt");
}
