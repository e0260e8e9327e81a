//! Exchanges and their keys: rows of their own beside the log.

use nguon_storage::{ExchangeKeyRow, ExchangeRow};

use super::given;

fn exchange(code: &str) -> ExchangeRow {
    ExchangeRow {
        exchange: code.to_owned(),
        name: "Sàn nông sản '\"; DROP TABLE exchange; --".to_owned(),
        profile: "{}".to_owned(),
        created_at_ms: 100,
        removed_at_ms: 0,
    }
}

fn key(key_id: &str, exchange: &str, created_at_ms: i64) -> ExchangeKeyRow {
    ExchangeKeyRow {
        key_id: key_id.to_owned(),
        exchange: exchange.to_owned(),
        hash: vec![7; 32],
        scopes: "feed orders".to_owned(),
        created_at_ms,
        expires_at_ms: 0,
        last_day: String::new(),
    }
}

#[tokio::test]
async fn an_exchange_has_one_code_for_ever_and_its_keys_in_the_order_in_which_they_were_made() {
    let Some(given) = given().await else { return };
    let mut unit = given.unit().await;
    for code in ["voso", "postmart", "chợ"] {
        assert!(unit.insert_exchange(&exchange(code)).await.unwrap());
    }
    assert!(!unit.insert_exchange(&exchange("voso")).await.unwrap(), "the code is taken");
    for row in [key("b2", "voso", 20), key("a1", "voso", 30), key("c3", "postmart", 10)] {
        assert!(unit.insert_exchange_key(&row).await.unwrap());
    }
    assert!(!unit.insert_exchange_key(&key("b2", "postmart", 99)).await.unwrap(), "the id is taken");
    unit.save().await.unwrap();

    let mut reader = given.reader().await;
    assert_eq!(reader.exchange("voso").await.unwrap(), Some(exchange("voso")));
    assert_eq!(reader.exchange("Voso").await.unwrap(), None);
    let codes: Vec<String> =
        reader.exchanges("", 10).await.unwrap().into_iter().map(|row| row.exchange).collect();
    assert_eq!(codes, ["chợ", "postmart", "voso"]);
    assert_eq!(reader.exchanges("chợ", 1).await.unwrap(), [exchange("postmart")]);
    assert_eq!(reader.exchange_key("b2").await.unwrap(), Some(key("b2", "voso", 20)));
    assert_eq!(reader.exchange_key("zz").await.unwrap(), None);
    assert_eq!(reader.exchange_keys("voso").await.unwrap(), [key("b2", "voso", 20), key("a1", "voso", 30)]);
}

#[tokio::test]
async fn a_key_ends_once_and_never_later_than_it_was_told_to() {
    let Some(given) = given().await else { return };
    let mut unit = given.unit().await;
    assert!(unit.insert_exchange(&exchange("voso")).await.unwrap());
    assert!(unit.insert_exchange_key(&key("a1", "voso", 10)).await.unwrap());
    assert!(unit.end_exchange_key("a1", 500).await.unwrap());
    assert!(!unit.end_exchange_key("a1", 600).await.unwrap(), "no key lives on");
    assert!(unit.end_exchange_key("a1", 400).await.unwrap());
    assert!(!unit.end_exchange_key("zz", 400).await.unwrap());
    unit.note_exchange_key("a1", "2026-11-28").await.unwrap();
    unit.note_exchange_key("a1", "2026-11-27").await.unwrap();
    unit.save().await.unwrap();
    let found = given.reader().await.exchange_key("a1").await.unwrap().unwrap();
    assert_eq!((found.expires_at_ms, found.last_day.as_str()), (400, "2026-11-28"));
}

#[tokio::test]
async fn a_removed_exchange_keeps_its_row_and_loses_its_keys() {
    let Some(given) = given().await else { return };
    let mut unit = given.unit().await;
    assert!(unit.insert_exchange(&exchange("voso")).await.unwrap());
    for row in [key("a1", "voso", 10), key("b2", "voso", 20), key("c3", "other", 20)] {
        assert!(unit.insert_exchange_key(&row).await.unwrap());
    }
    assert!(unit.end_exchange_key("a1", 50).await.unwrap());
    assert!(unit.set_exchange("voso", "Vỏ Sò", "{\"language\":\"en\"}").await.unwrap());
    assert!(unit.remove_exchange("voso", 70).await.unwrap());
    assert!(!unit.remove_exchange("voso", 80).await.unwrap());
    assert!(!unit.set_exchange("voso", "Khác", "{}").await.unwrap(), "what is removed stays as it was");
    assert!(!unit.set_exchange("none", "Khác", "{}").await.unwrap());
    unit.save().await.unwrap();

    let mut reader = given.reader().await;
    let found = reader.exchange("voso").await.unwrap().unwrap();
    assert_eq!((found.name.as_str(), found.removed_at_ms), ("Vỏ Sò", 70));
    assert_eq!(found.profile, "{\"language\":\"en\"}");
    let ends: Vec<i64> =
        reader.exchange_keys("voso").await.unwrap().iter().map(|key| key.expires_at_ms).collect();
    assert_eq!(ends, [50, 70]);
    assert_eq!(reader.exchange_key("c3").await.unwrap().unwrap().expires_at_ms, 0);
}
