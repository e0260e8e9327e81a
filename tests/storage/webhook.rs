//! What exchanges are told: each message once an endpoint, and none lost.

use nguon_storage::{DeliveryRow, EndpointRow, MessageRow};

use super::given;

fn endpoint(endpoint_id: &str, exchange: &str) -> EndpointRow {
    EndpointRow {
        endpoint_id: endpoint_id.to_owned(),
        exchange_id: exchange.to_owned(),
        url: "https://san.example.org/nhận?x=1".to_owned(),
        kinds: "listing.gone listing.recalled".to_owned(),
        state: "active".to_owned(),
        generation: 0,
        old_until_ms: 0,
        since_index: 7,
        created_ms: 10,
    }
}

fn message(message_id: &str, made_ms: i64) -> MessageRow {
    MessageRow {
        message_id: message_id.to_owned(),
        kind: "listing.gone".to_owned(),
        exchange_id: String::new(),
        log_index: 9,
        made_ms,
        body: "{\"type\":\"listing.gone\",\"data\":{\"title\":\"Dâu tây 🍓\"}}".to_owned(),
    }
}

fn delivery(endpoint_id: &str, message_id: &str, next_ms: i64) -> DeliveryRow {
    DeliveryRow {
        endpoint_id: endpoint_id.to_owned(),
        message_id: message_id.to_owned(),
        state: "waiting".to_owned(),
        attempts: 0,
        next_ms,
        status: 0,
        error: String::new(),
        changed_ms: 1,
    }
}

#[tokio::test]
async fn endpoints_are_found_by_exchange_and_changed_in_place() {
    let Some(given) = given().await else { return };
    let mut unit = given.unit().await;
    for row in [endpoint("a", "one"), endpoint("b", "two"), endpoint("c", "one")] {
        unit.put_endpoint(&row).await.unwrap();
    }
    let ended =
        EndpointRow { state: "ended".to_owned(), generation: 2, old_until_ms: 5, ..endpoint("c", "one") };
    unit.put_endpoint(&EndpointRow { since_index: 99, created_ms: 99, ..ended.clone() }).await.unwrap();
    unit.save().await.unwrap();
    let mut reader = given.reader().await;
    assert_eq!(reader.endpoint("c").await.unwrap(), Some(ended.clone()), "since when it hears stays");
    assert_eq!(reader.endpoint("d").await.unwrap(), None);
    assert_eq!(reader.endpoints_of("one", 10).await.unwrap(), [endpoint("a", "one"), ended.clone()]);
    assert_eq!(reader.list_endpoints("a", 10).await.unwrap(), [endpoint("b", "two"), ended]);
}

#[tokio::test]
async fn a_message_is_kept_once_however_often_it_is_made() {
    let Some(given) = given().await else { return };
    let mut unit = given.unit().await;
    let again = MessageRow { body: "{}".to_owned(), ..message("m1", 1) };
    unit.insert_messages(&[message("m1", 5), message("m2", 4), again]).await.unwrap();
    unit.set_spread("m2").await.unwrap();
    unit.insert_messages(&[message("m2", 99)]).await.unwrap();
    unit.save().await.unwrap();
    let mut reader = given.reader().await;
    assert_eq!(reader.messages_to_spread(10).await.unwrap(), [message("m1", 5)]);
    assert_eq!(reader.list_messages((0, ""), 10).await.unwrap(), [message("m2", 4), message("m1", 5)]);
    assert_eq!(reader.list_messages((4, "m2"), 10).await.unwrap(), [message("m1", 5)]);
    assert_eq!(reader.message("m2").await.unwrap(), Some(message("m2", 4)));
    assert_eq!(reader.message("m3").await.unwrap(), None);
}

#[tokio::test]
async fn deliveries_wait_die_and_are_asked_back() {
    let Some(given) = given().await else { return };
    let mut unit = given.unit().await;
    unit.insert_messages(&[message("m1", 5), message("m2", 6), message("m3", 7)]).await.unwrap();
    for row in [delivery("a", "m1", 30), delivery("a", "m2", 20), delivery("b", "m3", 40)] {
        unit.insert_delivery(&row).await.unwrap();
    }
    unit.insert_delivery(&delivery("a", "m1", 0)).await.unwrap();
    unit.save().await.unwrap();
    let mut reader = given.reader().await;
    let due = reader.deliveries_due("a", 30, 10).await.unwrap();
    assert_eq!(due, [delivery("a", "m2", 20), delivery("a", "m1", 30)]);
    assert_eq!(reader.deliveries_due("a", 29, 10).await.unwrap(), due[..1]);
    assert_eq!(reader.endpoints_due(39, 10).await.unwrap(), ["a"]);
    assert_eq!(reader.endpoints_due(40, 10).await.unwrap(), ["a", "b"]);
    drop(reader);
    let mut unit = given.unit().await;
    assert_eq!(unit.hold_deliveries("a", 25).await.unwrap(), 1, "the other one waits longer anyway");
    unit.save().await.unwrap();
    assert_eq!(given.reader().await.endpoints_due(24, 10).await.unwrap(), Vec::<String>::new());

    let dead = DeliveryRow {
        state: "dead".to_owned(),
        attempts: 10,
        status: 500,
        error: "500".to_owned(),
        changed_ms: 50,
        ..delivery("a", "m1", 30)
    };
    let done =
        DeliveryRow { state: "delivered".to_owned(), attempts: 1, status: 204, ..delivery("a", "m2", 20) };
    let mut unit = given.unit().await;
    unit.set_delivery(&dead).await.unwrap();
    unit.set_delivery(&done).await.unwrap();
    assert_eq!(unit.give_up("b", "410", 60).await.unwrap(), 1);
    unit.save().await.unwrap();
    let mut reader = given.reader().await;
    assert_eq!(reader.endpoints_due(i64::MAX, 10).await.unwrap(), Vec::<String>::new());
    assert_eq!(reader.deliveries_of("a", "dead", 10).await.unwrap(), std::slice::from_ref(&dead));
    assert_eq!(reader.deliveries_of("a", "delivered", 10).await.unwrap(), [done]);
    let count = |endpoint: &str, state: &str, rows| (endpoint.to_owned(), state.to_owned(), rows);
    let expected = [count("a", "dead", 1), count("a", "delivered", 1), count("b", "dead", 1)];
    assert_eq!(reader.count_deliveries().await.unwrap(), expected);
    drop(reader);

    let mut unit = given.unit().await;
    assert_eq!(unit.replay("a", "", 70).await.unwrap(), 1, "all that is dead");
    assert_eq!(unit.replay("a", "m2", 71).await.unwrap(), 1, "and one that arrived, if somebody asks for it");
    assert_eq!(unit.replay("a", "m1", 72).await.unwrap(), 0, "it waits already");
    unit.save().await.unwrap();
    let due = given.reader().await.deliveries_due("a", 71, 10).await.unwrap();
    let ids: Vec<&str> = due.iter().map(|row| row.message_id.as_str()).collect();
    assert_eq!(ids, ["m1", "m2"]);
    assert!(due.iter().all(|row| row.attempts == 0));

    let mut unit = given.unit().await;
    assert_eq!(unit.forget_messages(7).await.unwrap(), 2);
    unit.save().await.unwrap();
    let mut reader = given.reader().await;
    assert_eq!(reader.endpoints_due(i64::MAX, 10).await.unwrap(), Vec::<String>::new());
    assert!(reader.message("m3").await.unwrap().is_some());
}
