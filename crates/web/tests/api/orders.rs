//! Orders and webhooks over HTTP: who is let in, what is answered, and what each refusal says.

use axum::body::Body;
use axum::http::{Request, StatusCode};
use nguon_market::Profile;
use nguon_service::exchanges::Scope;
use nguon_storage::StockRow;
use serde_json::{Value, json};

use crate::given::{self, Answered, Ledger};

const LISTING: &str = "https://truyxuat.example.vn/l/ca-chua";
const LOT: &str = "https://truyxuat.example.vn/p/ca-chua/l/P1";

/// Ten trays of one lot, as a projector would have written it.
async fn with_stock(ledger: &Ledger) {
    let row = |uri: &str, kind: &str, epoch: &str, detail: String| StockRow {
        organisation_id: vec![7; 32],
        uri: uri.to_owned(),
        kind: kind.to_owned(),
        unit: "piece".to_owned(),
        supply: 10,
        taken: 0,
        epoch: epoch.to_owned(),
        standing: "for_sale".to_owned(),
        from_ms: 0,
        until_ms: i64::MAX,
        price_dong: 25_000,
        price_per: 1,
        detail,
        told: String::new(),
    };
    let detail = json!({
        "lots": [LOT], "product": "p", "title": "Cà chua <b>", "category": "tomato", "price_unit": "piece",
        "certificate_ended": false, "min_order": 0,
    });
    let mut unit = ledger.service.lookup().store.unit().await.unwrap();
    unit.put_stock(&[row(LOT, "lot", "", String::new()), row(LISTING, "listing", "e1", detail.to_string())])
        .await
        .unwrap();
    unit.save().await.unwrap();
}

async fn key(ledger: &Ledger, code: &str, scopes: &[Scope]) -> String {
    let made = ledger.service.exchanges().add(code, code, &Profile::default(), scopes).await.unwrap();
    format!("Bearer {}", made.reveal())
}

async fn send(ledger: &Ledger, method: &str, path: &str, key: &str, body: Option<Value>) -> Answered {
    send_with(ledger, method, path, key, body, None).await
}

async fn send_with(
    ledger: &Ledger,
    method: &str,
    path: &str,
    key: &str,
    body: Option<Value>,
    idempotency_key: Option<&str>,
) -> Answered {
    let mut request = Request::builder().method(method).uri(path).header("authorization", key);
    if let Some(named) = idempotency_key {
        request = request.header("idempotency-key", named);
    }
    let body = match body {
        None => Body::empty(),
        Some(body) => {
            request = request.header("content-type", "application/json");
            Body::from(body.to_string())
        }
    };
    ledger.call(request.body(body).unwrap()).await
}

fn order(reference: &str, trays: u64) -> Value {
    json!({
        "reference": reference,
        "lines": [{ "listing": LISTING, "quantity": { "value": trays, "unit": "piece" } }],
    })
}

#[tokio::test]
async fn an_exchange_orders_confirms_and_sends_with_plain_requests() {
    let ledger = given::ledger().await;
    with_stock(&ledger).await;
    let key = key(&ledger, "san-lam-dong", &[Scope::Orders]).await;
    let made = send_with(&ledger, "POST", "/api/v1/orders", &key, Some(order("DH-1", 4)), Some("k-1")).await;
    assert_eq!(made.status, StatusCode::CREATED, "{}", made.text());
    let shown = made.json();
    let place = made.header("location").to_owned();
    assert_eq!(place, format!("/api/v1/orders/{}", shown["order_id"].as_str().unwrap()));
    assert_eq!((&shown["state"], &shown["total_vnd"]), (&json!("reserved"), &json!(100_000)));
    assert_eq!(shown["lines"][0]["lots"], json!([{ "lot": LOT, "amount": 4 }]));
    assert_eq!(made.header("cache-control"), "no-store");
    assert!(made.header("ratelimit").starts_with("\"orders\";r="), "{}", made.header("ratelimit"));

    let again = send_with(&ledger, "POST", "/api/v1/orders", &key, Some(order("DH-1", 4)), Some("k-1")).await;
    assert_eq!((again.status, again.json()), (StatusCode::OK, shown));
    for step in ["confirm", "confirm", "ship", "deliver"] {
        let answered = send(&ledger, "POST", &format!("{place}/{step}"), &key, None).await;
        assert_eq!(answered.status, StatusCode::OK, "{step}: {}", answered.text());
    }
    let read = send(&ledger, "GET", &place, &key, None).await.json();
    assert_eq!(read["state"], "delivered");
    assert_eq!(read["steps"].as_array().unwrap().len(), 4);
    let listed = send(&ledger, "GET", "/api/v1/orders", &key, None).await.json();
    assert_eq!((&listed["orders"][0]["reference"], &listed["next"]), (&json!("DH-1"), &Value::Null));

    let invoice =
        json!({ "number": 7, "symbol": "1C26TAA", "tax_code": "0100109106", "lookup_code": "AB12" });
    let kept = send(&ledger, "PUT", &format!("{place}/invoice"), &key, Some(invoice.clone())).await;
    assert_eq!(kept.json()["invoice"], invoice, "{}", kept.text());
    let draft = send(&ledger, "GET", &format!("{place}/sale"), &key, None).await;
    assert!(draft.text().contains("urn:nguon:order:"), "{}", draft.text());
    let slip_path = place.replace("/api/v1", "") + "/slip";
    let slip = send(&ledger, "GET", &slip_path, &key, None).await;
    assert_eq!((slip.status, slip.header("cache-control")), (StatusCode::OK, "no-store"));
    let page = slip.text();
    assert!(
        page.contains("Phiếu giao hàng") && page.contains("100.000 đ") && page.contains("1C26TAA"),
        "{page}"
    );
    assert!(page.contains("Cà chua &#60;b&#62;") || page.contains("Cà chua &lt;b&gt;"), "{page}");
    assert_eq!(ledger.get(&slip_path).await.status, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn each_way_to_be_wrong_has_its_status_and_its_type() {
    let ledger = given::ledger().await;
    with_stock(&ledger).await;
    let key_of_orders = key(&ledger, "san-lam-dong", &[Scope::Orders]).await;
    let of_feed = key(&ledger, "chi-doc", &[Scope::Feed]).await;
    let other = key(&ledger, "san-khac", &[Scope::Orders]).await;
    let made = send(&ledger, "POST", "/api/v1/orders", &key_of_orders, Some(order("DH-1", 4))).await.json();
    let place = format!("/api/v1/orders/{}", made["order_id"].as_str().unwrap());
    let with = |name: &str, value: Value| {
        let mut body = order("DH-9", 1);
        body["lines"][0][name] = value;
        body
    };
    for (method, path, key, body, status, problem) in [
        ("POST", "/api/v1/orders", "Bearer nguon_x", Some(order("DH-2", 1)), 401, "key-unknown"),
        ("POST", "/api/v1/orders", of_feed.as_str(), Some(order("DH-2", 1)), 403, "key-scope"),
        (
            "POST",
            "/api/v1/orders",
            &key_of_orders,
            Some(json!({ "reference": "DH-2" })),
            400,
            "order-malformed",
        ),
        ("POST", "/api/v1/orders", &key_of_orders, Some(json!([1])), 400, "order-malformed"),
        ("POST", "/api/v1/orders", &key_of_orders, Some(with("price", json!(1))), 400, "order-malformed"),
        ("POST", "/api/v1/orders", &key_of_orders, Some(with("price_vnd", json!(1))), 409, "price-changed"),
        ("POST", "/api/v1/orders", &key_of_orders, Some(with("listing", json!("x"))), 422, "listing-unknown"),
        (
            "POST",
            "/api/v1/orders",
            &key_of_orders,
            Some(with("quantity", json!({ "value": 1, "unit": "kg" }))),
            422,
            "unit-unfit",
        ),
        ("POST", "/api/v1/orders", &key_of_orders, Some(order("DH-2", 7)), 409, "stock-short"),
        ("POST", "/api/v1/orders", &key_of_orders, Some(order("DH-1", 5)), 409, "order-exists"),
        ("POST", &format!("{place}/ship"), &key_of_orders, None, 409, "order-too-early"),
        ("POST", &format!("{place}/confirm"), &other, None, 404, "order-unknown"),
        ("GET", &place, &other, None, 404, "order-unknown"),
        ("GET", &format!("{place}0"), &key_of_orders, None, 404, "order-unknown"),
        ("PUT", &format!("{place}/invoice"), &key_of_orders, Some(json!({})), 400, "order-malformed"),
        ("GET", "/api/v1/orders?before=yesterday", &key_of_orders, None, 400, "query-unknown"),
        (
            "PUT",
            &format!("{place}/invoice"),
            &key_of_orders,
            Some(json!({ "number": 7, "symbol": "1C26TAA", "tax_code": "079085001234", "lookup_code": "A" })),
            422,
            "invoice-unfit",
        ),
        (
            "POST",
            &format!("{place}/sale"),
            &key_of_orders,
            Some(json!({ "record": "AAAA", "openings": [] })),
            422,
            "sale-unfit",
        ),
    ] {
        let answered = send(&ledger, method, path, key, body.clone()).await;
        let found = (answered.status.as_u16(), answered.problem());
        assert_eq!(found, (status, problem.to_owned()), "{method} {path} {body:?}: {}", answered.text());
    }
    let short = send(&ledger, "POST", "/api/v1/orders", &key_of_orders, Some(order("DH-2", 7))).await.json();
    assert_eq!((&short["left"], &short["line"]), (&json!(6), &json!(0)));
    let changed = Some(with("price_vnd", json!(1)));
    let changed = send(&ledger, "POST", "/api/v1/orders", &key_of_orders, changed).await.json();
    assert_eq!(changed["price_vnd"], 25_000);
    let first =
        send_with(&ledger, "POST", "/api/v1/orders", &key_of_orders, Some(order("DH-5", 1)), Some("k")).await;
    assert_eq!(first.status, StatusCode::CREATED);
    let reused =
        send_with(&ledger, "POST", "/api/v1/orders", &key_of_orders, Some(order("DH-6", 1)), Some("k")).await;
    assert_eq!((reused.status.as_u16(), reused.problem().as_str()), (422, "idempotency-key-reused"));
}

#[tokio::test]
async fn an_exchange_makes_rotates_and_ends_its_own_endpoints() {
    let ledger = given::ledger().await;
    let key_of_hooks = key(&ledger, "san-lam-dong", &[Scope::Webhooks]).await;
    let other = key(&ledger, "san-khac", &[Scope::Webhooks]).await;
    let asked = json!({ "url": "https://exchange.example.org/nguon", "kinds": ["listing.recalled"] });
    let made = send(&ledger, "POST", "/api/v1/webhooks", &key_of_hooks, Some(asked)).await;
    assert_eq!(made.status, StatusCode::CREATED, "{}", made.text());
    let made = made.json();
    let secret = made["secret"].as_str().unwrap();
    assert!(secret.starts_with("whsec_"));
    let place = format!("/api/v1/webhooks/{}", made["id"].as_str().unwrap());
    let listed = send(&ledger, "GET", "/api/v1/webhooks", &key_of_hooks, None).await;
    assert_eq!(listed.json()["endpoints"][0]["kinds"], json!(["listing.recalled"]));
    assert!(!listed.text().contains("whsec_"), "told once");
    assert_eq!(send(&ledger, "GET", "/api/v1/webhooks", &other, None).await.json()["endpoints"], json!([]));
    let public = ledger.get("/api/v1/webhooks/key").await.json();
    assert!(public["public_key"].as_str().unwrap().starts_with("whpk_"));
    for (url, kinds, problem) in [
        ("http://exchange.example.org/", json!([]), "webhook-address"),
        ("https://exchange.example.org:22/", json!([]), "webhook-address"),
        ("https://exchange.example.org/", json!(["listing.lost"]), "webhook-kind"),
    ] {
        let refused = send(
            &ledger,
            "POST",
            "/api/v1/webhooks",
            &key_of_hooks,
            Some(json!({ "url": url, "kinds": kinds })),
        )
        .await;
        assert_eq!((refused.status.as_u16(), refused.problem().as_str()), (422, problem), "{url}");
    }
    let malformed =
        send(&ledger, "POST", "/api/v1/webhooks", &key_of_hooks, Some(json!({ "uri": "x" }))).await;
    assert_eq!(malformed.problem(), "webhook-malformed");
    let rotated = send(&ledger, "POST", &format!("{place}/secret"), &key_of_hooks, None).await.json();
    assert_ne!(rotated["secret"], secret);
    let dead = send(&ledger, "GET", &format!("{place}/deliveries?state=dead"), &key_of_hooks, None).await;
    assert_eq!(dead.json()["deliveries"], json!([]));
    let again = send(&ledger, "POST", &format!("{place}/replay"), &key_of_hooks, Some(json!({}))).await;
    assert_eq!(again.json()["replayed"], 0);
    for (method, path) in [("DELETE", place.clone()), ("POST", format!("{place}/secret"))] {
        assert_eq!(send(&ledger, method, &path, &other, None).await.problem(), "webhook-unknown");
    }
    assert_eq!(send(&ledger, "DELETE", &place, &key_of_hooks, None).await.status, StatusCode::NO_CONTENT);
}
