//! One value is changed in one place, and the audit names the place.

use std::collections::BTreeMap;

use nguon_fixtures::farm::Device;
use nguon_tests::{PublishedFolder, Value, World};

use super::given;

/// A ledger with a row in every table and a file of every kind.
async fn with_everything(world: &World) {
    let mut farm = world.farm("farm").await;
    let packs = farm.pack_lot("P0");
    world.log(farm.harvest(Device::Phone(1), "260105-0", 820_000)).await;
    let source = (farm.lot("260105-0"), 100_000);
    world.log(farm.pack(&[source], &packs, 200)).await;
    // Six minutes later: log time is the farm's again, and the offer has begun.
    let now = farm.now_ms();
    farm.set_now_ms(now + 360_000);
    world.log(farm.list("l0", &[packs], 25_000, 100)).await;
    // Signed and never sent: the next one waits for it.
    farm.water(Device::Phone(2), "giếng");
    world.say(farm.water(Device::Phone(2), "giếng")).await.expect("it waits");
    world.check().await;
}

/// The row of each table that is changed.
const ROWS: [(&str, &str); 13] = [
    ("alias", "alias = (SELECT MIN(alias) FROM alias)"),
    ("checkpoint", "size = (SELECT MAX(size) FROM checkpoint)"),
    ("event_index", "log_index = 5"),
    ("feed_change", "log_index = (SELECT MIN(log_index) FROM feed_change)"),
    ("held", "seq > 0"),
    ("listing_lot", "listing_uri <> ''"),
    ("log_head", "size > 0"),
    ("lot_brief", "uri = (SELECT MIN(uri) FROM lot_brief)"),
    ("projection", "size > 0"),
    ("record", "log_index = 5"),
    ("section", "log_index = (SELECT MIN(log_index) FROM section) AND position = 0"),
    ("subject", "uri = (SELECT MIN(uri) FROM subject)"),
    (
        "subject_record",
        "uri = (SELECT MIN(uri) FROM subject_record) AND log_index =
             (SELECT MAX(s.log_index) FROM subject_record AS s WHERE s.uri = subject_record.uri)",
    ),
];

/// What no record vouches for: the operator's own notes of scans, reports, pictures and invitations, and what exchanges
/// ordered and are told, which no audit can make again.
const OPERATORS_OWN: [&str; 27] = [
    "enrolment",
    "erasure_request",
    "exchange",
    "exchange_key",
    "idempotency_key",
    "image_removal",
    "order_allocation",
    "order_line",
    "order_owed",
    "order_sale",
    "order_step",
    "payee",
    "person_read",
    "personal_read",
    "report",
    "report_photo",
    "sale_order",
    "scan_day",
    "scan_phone",
    "scan_salt",
    "scan_settled",
    "scan_sign",
    "stock",
    "stock_mark",
    "webhook_delivery",
    "webhook_endpoint",
    "webhook_message",
];

fn changed(value: &Value, column: &str) -> Value {
    match value {
        Value::Number(number) if column == "disputed" => Value::Number(1 - number),
        Value::Number(number) => Value::Number(number + 1_000_003),
        Value::Text(text) => Value::Text(format!("{text}x")),
        Value::Bytes(bytes) => {
            let mut bytes = bytes.clone();
            let middle = bytes.len() / 2;
            if let Some(byte) = bytes.get_mut(middle) {
                *byte ^= 1;
            } else {
                bytes.push(0);
            }
            Value::Bytes(bytes)
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_column_of_every_table_is_watched() {
    let Some(world) = given().await else { return };
    with_everything(&world).await;
    let shape = world.service().lookup().store.shape().await.unwrap();
    let mut raw = world.database().raw().await;
    let mut unnoticed = Vec::new();
    println!("{:<34} noticed at", "changed");
    for column in shape.iter().filter(|column| !OPERATORS_OWN.contains(&column.table.as_str())) {
        let (table, name) = (column.table.as_str(), column.column.as_str());
        let row =
            ROWS.iter().find(|row| row.0 == table).unwrap_or_else(|| panic!("{table} is a new table")).1;
        let read = ["SELECT", name, "FROM", table, "WHERE", row].join(" ");
        let good = raw.value(&read).await.unwrap_or_else(|| panic!("the story has no row in {table}"));
        let bad = changed(&good, name);
        let change = ["UPDATE", table, "SET", name, "= $1 WHERE", row].join(" ");
        assert_eq!(raw.run(&change, std::slice::from_ref(&bad)).await, 1, "{table}.{name}: one row");
        let places = world.audit().await.places();
        let put_back = ["UPDATE", table, "SET", name, "= $1 WHERE", name, "= $2"].join(" ");
        assert_eq!(raw.run(&put_back, &[good, bad]).await, 1, "{table}.{name}: one row");
        let noticed = places.iter().find(|place| names(place, table));
        println!("{:<34} {}", format!("{table}.{name}"), noticed.map_or("—", String::as_str));
        if noticed.is_none() {
            unnoticed.push(format!("{table}.{name}: {places:?}"));
        }
    }
    assert!(unnoticed.is_empty(), "{unnoticed:#?}");
    world.end().await;
}

/// Whether a fault's place names the table.
fn names(place: &str, table: &str) -> bool {
    place.split([' ', ':']).next() == Some(table)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_row_that_is_gone_is_missed() {
    let Some(mut world) = given().await else { return };
    with_everything(&world).await;
    world.stop().await;
    let mut raw = world.database().raw().await;
    // Held rows are nobody's loss: the phone keeps its record.
    let store = world.database().open().await;
    let shape = store.shape().await.unwrap();
    store.close().await;
    for (table, row) in ROWS.iter().filter(|row| !matches!(row.0, "held" | "checkpoint")) {
        let of_table = shape.iter().filter(|column| column.table == *table);
        let columns: Vec<&str> = of_table.map(|column| column.column.as_str()).collect();
        let mut kept = Vec::new();
        for column in &columns {
            kept.push(
                raw.value(&["SELECT", column, "FROM", table, "WHERE", row, "ORDER BY 1"].join(" "))
                    .await
                    .unwrap(),
            );
        }
        let condition: Vec<String> =
            columns.iter().zip(1..).map(|(column, n)| format!("{column} = ${n}")).collect();
        let deleted =
            raw.run(&["DELETE FROM", table, "WHERE", &condition.join(" AND ")].join(" "), &kept).await;
        assert_eq!(deleted, 1, "{table}: one row");
        let places = world.audit().await.places();
        let values: Vec<String> = (1..=columns.len()).map(|n| format!("${n}")).collect();
        let back =
            ["INSERT INTO", table, "(", &columns.join(", "), ") VALUES (", &values.join(", "), ")"].join(" ");
        raw.run(&back, &kept).await;
        println!("{table:<18} {}", places.first().map_or("—", String::as_str));
        assert!(places.iter().any(|place| names(place, table)), "{table}: {places:?}");
    }
    assert!(world.audit().await.places().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn every_kind_of_published_file_is_watched() {
    let Some(world) = given().await else { return };
    with_everything(&world).await;
    let mut farm = world.farm("many").await;
    let many = (0..250).map(|_| farm.water(Device::Phone(2), "giếng")).collect();
    world.log_all(many).await;
    world.check().await;
    // One more size, so that there are partial files of an earlier one.
    world.log(farm.water(Device::Phone(2), "giếng")).await;
    world.check().await;
    let folder = PublishedFolder(world.public());
    let mut kinds: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for name in folder.all() {
        kinds.entry(kind(&name)).or_default().push(name);
    }
    let found: Vec<&str> = kinds.keys().map(String::as_str).collect();
    let expected = [
        "checkpoint",
        "checkpoints",
        "openings full",
        "openings partial",
        "tile/0 full",
        "tile/0 partial",
        "tile/1 partial",
        "tile/entries full",
        "tile/entries partial",
    ];
    assert_eq!(found, expected);
    println!("{:<34} noticed at", "changed");
    let some = kinds.values().flat_map(|names| names.iter().take(1).chain(names.iter().skip(1).last()));
    for name in some {
        let path = folder.0.join(name);
        let good = std::fs::read(&path).unwrap();
        for at in [0, good.len() / 2, good.len() - 1] {
            let mut bad = good.clone();
            bad[at] ^= 1;
            std::fs::write(&path, &bad).unwrap();
            let places = world.audit().await.published.wrong.listed;
            let noticed = places.iter().find(|wrong| wrong.to_string().contains(name.as_str()));
            println!(
                "{:<34} {}",
                format!("{name}[{at}]"),
                noticed.map_or("—".to_owned(), ToString::to_string)
            );
            assert!(noticed.is_some(), "{name}[{at}]: {places:?}");
        }
        std::fs::write(&path, &good).unwrap();
    }
    world.end().await;
}

fn kind(name: &str) -> String {
    let parts: Vec<&str> = name.split('/').collect();
    let folder = match parts.as_slice() {
        ["tile", level, ..] => format!("tile/{level}"),
        [folder, ..] => (*folder).to_owned(),
        [] => String::new(),
    };
    match folder.as_str() {
        "checkpoint" | "checkpoints" => folder,
        _ if name.contains(".p/") => format!("{folder} partial"),
        _ => format!("{folder} full"),
    }
}
