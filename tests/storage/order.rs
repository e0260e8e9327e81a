//! Orders, and the stock they take: the last box goes once.

use std::sync::Arc;

use nguon_storage::{
    AllocationRow, IdempotencyRow, LotOrderRow, OrderLineRow, OrderRow, OrderStepRow, OwedRow, PayeeRow,
    SaleRow, SoldRow, StockKey, StockRow, Store, StoreError,
};

use super::given;

const LOT: &str = "https://id.gs1.org/01/09521234567899/10/DL-2611";
const LISTING: &str = "https://ledger.example.org/story/l/dâu-tây";

fn lot(organisation: u8, uri: &str, supply: i64) -> StockRow {
    StockRow {
        organisation_id: vec![organisation; 32],
        uri: uri.to_owned(),
        kind: "lot".to_owned(),
        unit: "piece".to_owned(),
        supply,
        taken: 0,
        epoch: String::new(),
        standing: "for_sale".to_owned(),
        from_ms: 10,
        until_ms: 90,
        price_dong: 0,
        price_per: 0,
        detail: String::new(),
        told: String::new(),
    }
}

fn listing(epoch: &str, supply: i64) -> StockRow {
    StockRow {
        kind: "listing".to_owned(),
        epoch: epoch.to_owned(),
        price_dong: 25_000,
        price_per: 1,
        detail: "{\"title\":\"Dâu tây\"}".to_owned(),
        ..lot(1, LISTING, supply)
    }
}

fn key(row: &StockRow) -> StockKey {
    StockKey { organisation_id: row.organisation_id.clone(), uri: row.uri.clone(), epoch: row.epoch.clone() }
}

fn order(order_id: &str, reference: &str, created_ms: i64) -> OrderRow {
    OrderRow {
        order_id: order_id.to_owned(),
        exchange_id: "san-lam-dong".to_owned(),
        reference: reference.to_owned(),
        organisation_id: vec![1; 32],
        fingerprint: vec![7; 32],
        state: "reserved".to_owned(),
        reason: String::new(),
        until_ms: created_ms + 100,
        created_ms,
        total_dong: 75_000,
        version: 0,
        invoice: String::new(),
    }
}

fn line(order_id: &str, line: i64) -> OrderLineRow {
    OrderLineRow {
        order_id: order_id.to_owned(),
        line,
        listing_uri: LISTING.to_owned(),
        listing_epoch: "e1".to_owned(),
        product_uri: "https://ledger.example.org/story/p/dau-tay".to_owned(),
        title: "Dâu tây Đà Lạt".to_owned(),
        unit: "piece".to_owned(),
        wanted: 4,
        amount: 3,
        price_dong: 25_000,
        price_per: 1,
        total_dong: 75_000,
    }
}

fn allocation(order_id: &str, line: i64, lot_uri: &str, amount: i64) -> AllocationRow {
    AllocationRow { order_id: order_id.to_owned(), line, lot_uri: lot_uri.to_owned(), amount }
}

async fn put(store: &Arc<dyn Store>, rows: &[StockRow]) {
    let mut unit = store.unit().await.unwrap();
    unit.put_stock(rows).await.unwrap();
    unit.save().await.unwrap();
}

async fn taken(store: &Arc<dyn Store>, uri: &str) -> i64 {
    store.reader().await.unwrap().stock(&[uri]).await.unwrap()[0].taken
}

#[tokio::test]
async fn stock_is_taken_only_while_there_is_some_and_it_may_be_sold() {
    let Some(given) = given().await else { return };
    let row = lot(1, LOT, 5);
    put(&given.store, std::slice::from_ref(&row)).await;
    let mut unit = given.unit().await;
    for (amount, now_ms, expected) in
        [(3, 9, false), (3, 10, true), (3, 50, false), (2, 90, true), (1, 50, false)]
    {
        assert_eq!(
            unit.take_stock(&key(&row), amount, now_ms).await.unwrap(),
            expected,
            "{amount} at {now_ms}"
        );
    }
    let other_seller = StockKey { organisation_id: vec![2; 32], ..key(&row) };
    assert!(!unit.take_stock(&other_seller, 1, 50).await.unwrap());
    assert!(!unit.give_stock(&key(&row), 6).await.unwrap(), "more than was taken");
    assert!(unit.give_stock(&key(&row), 2).await.unwrap());
    let now = unit.stock_now(&[LOT, "nobody's"]).await.unwrap();
    assert_eq!(now, [StockRow { taken: 3, ..row.clone() }], "the transaction sees what it did");
    assert!(unit.hold_stock(&key(&row), 50).await.unwrap());
    assert!(!unit.hold_stock(&key(&row), 91).await.unwrap());
    unit.save().await.unwrap();

    // Recalled: nothing more is taken, what is taken stays, and there may be less than is taken.
    let recalled = StockRow { standing: "lot_recalled".to_owned(), supply: 1, taken: 99, ..row.clone() };
    put(&given.store, std::slice::from_ref(&recalled)).await;
    let mut unit = given.unit().await;
    assert!(!unit.take_stock(&key(&row), 0, 50).await.unwrap());
    assert!(!unit.hold_stock(&key(&row), 50).await.unwrap());
    assert!(unit.give_stock(&key(&row), 1).await.unwrap());
    unit.save().await.unwrap();
    let read = given.reader().await.stock(&[LOT]).await.unwrap();
    assert_eq!(read, [StockRow { taken: 2, ..recalled }]);
}

#[tokio::test]
async fn a_new_offer_begins_with_nothing_taken_and_old_orders_give_nothing_back_to_it() {
    let Some(given) = given().await else { return };
    let (first, second) = (listing("e1", 10), listing("e2", 4));
    put(&given.store, &[first.clone(), lot(1, LOT, 100)]).await;
    let mut unit = given.unit().await;
    assert!(unit.take_stock(&key(&first), 6, 50).await.unwrap());
    unit.save().await.unwrap();
    put(&given.store, std::slice::from_ref(&first)).await;
    assert_eq!(taken(&given.store, LISTING).await, 6, "the same offer, said again");

    put(&given.store, std::slice::from_ref(&second)).await;
    let mut unit = given.unit().await;
    assert!(!unit.take_stock(&key(&first), 1, 50).await.unwrap(), "at a price that is no more");
    assert!(!unit.give_stock(&key(&first), 6).await.unwrap());
    assert!(unit.take_stock(&key(&second), 4, 50).await.unwrap());
    assert!(unit.set_told(&key(&second), "", "{\"a\":1}").await.unwrap());
    assert!(!unit.set_told(&key(&second), "", "{\"a\":2}").await.unwrap(), "somebody told it already");
    unit.put_listing_lots(&[(LOT.to_owned(), "b".to_owned()), (LOT.to_owned(), "a".to_owned())])
        .await
        .unwrap();
    assert_eq!(unit.listings_on(LOT).await.unwrap(), ["a", "b"]);
    assert_eq!(unit.listings_on("nobody's").await.unwrap(), Vec::<String>::new());
    unit.save().await.unwrap();
    let all = given.reader().await.list_stock((&[], ""), 10).await.unwrap();
    let uris: Vec<&str> = all.iter().map(|row| row.uri.as_str()).collect();
    assert_eq!(uris, [LOT, LISTING]);
    assert_eq!((all[1].taken, all[1].told.as_str(), all[1].epoch.as_str()), (4, "{\"a\":1}", "e2"));
    assert_eq!(given.reader().await.list_stock((&[1; 32], LOT), 10).await.unwrap(), all[1..]);
}

#[tokio::test]
async fn stock_follows_the_log_forward_only() {
    let Some(given) = given().await else { return };
    assert_eq!(given.reader().await.stock_mark().await.unwrap(), 0);
    for size in [7, 3] {
        let mut unit = given.unit().await;
        unit.set_stock_mark(size).await.unwrap();
        unit.save().await.unwrap();
    }
    let mut unit = given.unit().await;
    unit.clear_read_models().await.unwrap();
    unit.save().await.unwrap();
    assert_eq!(given.reader().await.stock_mark().await.unwrap(), 7);
}

#[tokio::test(flavor = "multi_thread")]
async fn many_buyers_of_one_lot_get_exactly_what_there_is() {
    let Some(given) = given().await else { return };
    let row = lot(1, LOT, 100);
    put(&given.store, std::slice::from_ref(&row)).await;
    let mut buyers = Vec::new();
    for n in 0..300_i64 {
        let (store, key) = (given.store.clone(), key(&row));
        buyers.push(tokio::spawn(async move {
            let mut unit = store.unit().await?;
            let got = unit.take_stock(&key, 1 + n % 3, 50).await?;
            unit.save().await?;
            Ok::<i64, StoreError>(if got { 1 + n % 3 } else { 0 })
        }));
    }
    let mut sold = 0;
    for buyer in buyers {
        sold += buyer.await.unwrap().unwrap();
    }
    assert_eq!((sold, taken(&given.store, LOT).await), (100, 100));
}

#[tokio::test]
async fn an_exchange_has_each_of_its_orders_once() {
    let Some(given) = given().await else { return };
    let first = order("aa", "SDH-1", 10);
    let lots = [allocation("aa", 0, LOT, 2), allocation("aa", 1, LOT, 1), allocation("aa", 1, "other", 4)];
    let mut unit = given.unit().await;
    assert!(unit.insert_order(&first, &[line("aa", 0), line("aa", 1)], &lots).await.unwrap());
    assert!(!unit.insert_order(&order("zz", "SDH-1", 11), &[line("zz", 0)], &[]).await.unwrap());
    let elsewhere = OrderRow { exchange_id: "san-quang-tri".to_owned(), ..order("bb", "SDH-1", 20) };
    assert!(unit.insert_order(&elsewhere, &[], &[allocation("bb", 0, LOT, 7)]).await.unwrap());
    let step = OrderStepRow {
        order_id: "aa".to_owned(),
        version: 0,
        step: "reserve".to_owned(),
        done_by: "exchange".to_owned(),
        at_ms: 10,
    };
    unit.insert_order_step(&step).await.unwrap();
    unit.save().await.unwrap();

    let mut reader = given.reader().await;
    assert_eq!(reader.order("aa").await.unwrap().as_ref(), Some(&first));
    assert_eq!(reader.order("zz").await.unwrap(), None);
    assert_eq!(reader.order_by_reference("san-lam-dong", "SDH-1").await.unwrap().as_ref(), Some(&first));
    assert_eq!(reader.order_by_reference("san-lam-dong", "sdh-1").await.unwrap(), None);
    assert_eq!(reader.order_lines("aa").await.unwrap(), [line("aa", 0), line("aa", 1)]);
    assert_eq!(reader.order_lines("zz").await.unwrap(), []);
    assert_eq!(reader.order_allocations("aa").await.unwrap(), lots);
    assert_eq!(reader.order_steps("aa").await.unwrap(), [step]);
    let newest_first = [elsewhere.clone(), first.clone()];
    assert_eq!(reader.orders_of_seller(&[1; 32], (i64::MAX, ""), 10).await.unwrap(), newest_first);
    assert_eq!(reader.orders_of_seller(&[1; 32], (20, "bb"), 10).await.unwrap(), newest_first[1..]);
    assert_eq!(
        reader.orders_of_exchange("san-quang-tri", (i64::MAX, ""), 10).await.unwrap(),
        newest_first[..1]
    );
    assert_eq!(reader.orders_over(121, 10).await.unwrap(), [first.clone(), elsewhere.clone()]);
    assert_eq!(reader.orders_over(111, 10).await.unwrap(), std::slice::from_ref(&first));
    assert_eq!(reader.orders_over(110, 10).await.unwrap(), []);

    let of = |row: &OrderRow, lot: &str, amount| LotOrderRow {
        lot_uri: lot.to_owned(),
        amount,
        order_id: row.order_id.clone(),
        exchange_id: row.exchange_id.clone(),
        reference: row.reference.clone(),
        organisation_id: row.organisation_id.clone(),
        state: row.state.clone(),
        created_ms: row.created_ms,
    };
    let found = reader.orders_of_lots(&[LOT, "nobody's"]).await.unwrap();
    assert_eq!(found, [of(&first, LOT, 3), of(&elsewhere, LOT, 7)]);
}

#[tokio::test]
async fn two_who_move_one_order_at_once_move_it_once() {
    let Some(given) = given().await else { return };
    let mut unit = given.unit().await;
    let lots = [allocation("aa", 0, LOT, 2)];
    unit.insert_order(&order("aa", "SDH-1", 10), &[line("aa", 0)], &lots).await.unwrap();
    assert!(unit.move_order("aa", 0, "confirmed", "").await.unwrap());
    assert!(!unit.move_order("aa", 0, "cancelled", "buyer").await.unwrap());
    assert!(!unit.move_order("none", 0, "cancelled", "buyer").await.unwrap());
    assert!(unit.set_invoice("aa", "{\"number\":1}").await.unwrap());
    assert!(!unit.set_invoice("none", "{}").await.unwrap());
    unit.save().await.unwrap();
    let read = given.reader().await.order("aa").await.unwrap().unwrap();
    assert_eq!(
        (read.state.as_str(), read.version, read.invoice.as_str()),
        ("confirmed", 1, "{\"number\":1}")
    );
    let sold = |held, sold| SoldRow { organisation_id: vec![1; 32], lot_uri: LOT.to_owned(), held, sold };
    assert_eq!(given.reader().await.list_sold((&[], ""), 10).await.unwrap(), [sold(2, 2)]);
    assert_eq!(given.reader().await.list_sold((&[1; 32], LOT), 10).await.unwrap(), []);
    let mut unit = given.unit().await;
    assert!(unit.move_order("aa", 1, "cancelled", "seller").await.unwrap());
    unit.save().await.unwrap();
    assert_eq!(given.reader().await.list_sold((&[], ""), 10).await.unwrap(), [sold(0, 0)]);
}

#[tokio::test]
async fn what_the_ledger_is_owed_is_paid_once_and_each_record_kept() {
    let Some(given) = given().await else { return };
    let owed = |kind: &str, due_ms| OwedRow {
        order_id: "aa".to_owned(),
        kind: kind.to_owned(),
        organisation_id: vec![1; 32],
        due_ms,
    };
    let sale = SaleRow {
        event_id: vec![3; 32],
        order_id: "aa".to_owned(),
        kind: "sale".to_owned(),
        state: "signed".to_owned(),
        log_index: -1,
        refusal: String::new(),
        signed_ms: 12,
        bytes: vec![0, 255, 39],
        openings: vec![1],
    };
    let mut unit = given.unit().await;
    unit.insert_order(&order("aa", "SDH-1", 10), &[], &[allocation("aa", 0, LOT, 2)]).await.unwrap();
    unit.owe(&owed("sale", 10)).await.unwrap();
    unit.owe(&owed("take_back", 9)).await.unwrap();
    unit.owe(&owed("take_back", 20)).await.unwrap();
    unit.save().await.unwrap();
    let mut reader = given.reader().await;
    assert_eq!(reader.owed(10, 10).await.unwrap(), [owed("sale", 10)]);
    assert_eq!(reader.owed(20, 10).await.unwrap(), [owed("sale", 10), owed("take_back", 20)]);
    assert_eq!(reader.count_owed().await.unwrap(), 2);
    drop(reader);

    let mut unit = given.unit().await;
    unit.put_off("aa", "sale", 30).await.unwrap();
    unit.save().await.unwrap();
    assert_eq!(given.reader().await.owed(20, 10).await.unwrap(), [owed("take_back", 20)]);
    let mut unit = given.unit().await;
    assert!(unit.pay("aa", "sale").await.unwrap());
    assert!(!unit.pay("aa", "sale").await.unwrap());
    unit.put_off("aa", "sale", 0).await.unwrap();
    unit.insert_sale(&sale).await.unwrap();
    unit.insert_sale(&SaleRow { order_id: "other".to_owned(), ..sale.clone() }).await.unwrap();
    let back = SaleRow { event_id: vec![4; 32], kind: "take_back".to_owned(), signed_ms: 13, ..sale.clone() };
    unit.insert_sale(&back).await.unwrap();
    unit.set_sale(&[4; 32], "refused", -1, "suspended").await.unwrap();
    unit.save().await.unwrap();
    let mut reader = given.reader().await;
    assert_eq!(reader.sales_in_state("signed", 10).await.unwrap(), std::slice::from_ref(&sale));
    let refused = SaleRow { state: "refused".to_owned(), refusal: "suspended".to_owned(), ..back };
    assert_eq!(reader.sales_of_order("aa").await.unwrap(), [sale, refused]);
    assert_eq!(
        reader.sales_of_lot(LOT).await.unwrap(),
        [vec![3; 32]],
        "what is sold, not what was taken back"
    );
    assert_eq!(reader.sales_of_lot("nobody's").await.unwrap(), Vec::<Vec<u8>>::new());
}

#[tokio::test]
async fn a_key_of_a_request_stands_for_one_request_until_it_is_forgotten() {
    let Some(given) = given().await else { return };
    let row = |exchange: &str, at_ms| IdempotencyRow {
        exchange_id: exchange.to_owned(),
        key: "8e03978e-40d5".to_owned(),
        fingerprint: vec![1; 32],
        order_id: "aa".to_owned(),
        at_ms,
    };
    let mut unit = given.unit().await;
    assert!(unit.insert_idempotency(&row("a", 10)).await.unwrap());
    assert!(!unit.insert_idempotency(&row("a", 11)).await.unwrap());
    assert!(unit.insert_idempotency(&row("b", 20)).await.unwrap());
    assert_eq!(unit.forget_idempotency(20).await.unwrap(), 1);
    let payee = |account: &str| PayeeRow {
        organisation_id: vec![1; 32],
        bank: "970436".to_owned(),
        account: account.to_owned(),
    };
    unit.put_payee(&payee("1")).await.unwrap();
    unit.put_payee(&payee("2")).await.unwrap();
    unit.save().await.unwrap();
    let mut reader = given.reader().await;
    assert_eq!(reader.idempotency("a", "8e03978e-40d5").await.unwrap(), None);
    assert_eq!(reader.idempotency("b", "8e03978e-40d5").await.unwrap(), Some(row("b", 20)));
    assert_eq!(reader.idempotency("b", "8E03978E-40D5").await.unwrap(), None);
    assert_eq!(reader.payee(&[1; 32]).await.unwrap(), Some(payee("2")));
    assert_eq!(reader.payee(&[2; 32]).await.unwrap(), None);
}
