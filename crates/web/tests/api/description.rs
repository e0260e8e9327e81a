//! The description of the API, and the rules that hold on every route.

use std::collections::BTreeSet;

use axum::http::StatusCode;
use serde_json::Value;

use crate::given::{self, Ledger, cooperative};

/// A path that exists for each path of the description.
async fn examples(ledger: &Ledger) -> Vec<(String, String, String)> {
    let (root, phone) = cooperative(ledger).await;
    ledger.service.settle().await;
    let description = ledger.get("/api/openapi.json").await.json();
    let event = ledger.get("/api/v1/log/entries/1").await.json()["event_id"].as_str().unwrap().to_owned();
    let size = ledger.get("/api/v1/ledger").await.json()["size"]["published"].as_u64().unwrap();
    let mut examples = Vec::new();
    for (path, item) in description["paths"].as_object().unwrap() {
        let real = path
            .replace("{event_id}", &event)
            .replace("{index}", "1")
            .replace("{blake3}", &"0".repeat(64))
            .replace("{direction}", "back")
            .replace("{organisation_id}", &root.organisation.to_string())
            .replace("{public_key}", &phone.key.public().to_string())
            .replace("/checkpoints/{size}", &format!("/checkpoints/{}", nguon_service::checkpoint_name(size)))
            .replace("/tile/{path}", &format!("/tile/0/000.p/{size}"))
            .replace("/openings/{path}", &format!("/openings/000.p/{size}"));
        for method in item
            .as_object()
            .unwrap()
            .keys()
            .filter(|key| ["get", "post", "put", "delete"].contains(&key.as_str()))
        {
            examples.push((method.to_uppercase(), path.clone(), real.clone()));
        }
    }
    examples
}

#[tokio::test]
async fn every_route_of_the_description_answers() {
    let ledger = given::ledger().await;
    let examples = examples(&ledger).await;
    assert!(examples.len() >= 19, "{examples:?}");
    for (method, path, real) in examples {
        let answered = ledger.ask(&method, &real, &[]).await;
        if real.contains('{') {
            // No example is at hand: the route is there when it says what is wrong with this one.
            assert_ne!(answered.problem(), "not-found", "{method} {path}");
            continue;
        }
        let expected = match method.as_str() {
            // For whoever signs the request.
            _ if path.starts_with("/api/v1/scan-signs") => StatusCode::UNAUTHORIZED,
            "POST" => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            "PUT" if path.starts_with("/api/v1/desk/") => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            // The record that names the picture is a parameter.
            "PUT" => StatusCode::BAD_REQUEST,
            // What is asked about is a parameter.
            _ if ["subjects", "subject", "diary"].iter().any(|one| path == format!("/api/v1/desk/{one}")) => {
                StatusCode::BAD_REQUEST
            }
            // For whoever signs the request.
            _ if path.starts_with("/api/v1/desk") => StatusCode::UNAUTHORIZED,
            // For exchanges with a key.
            _ if path == "/api/v1/feed/changes" => StatusCode::UNAUTHORIZED,
            _ if ["/api/v1/orders", "/api/v1/webhooks"].contains(&path.as_str()) => StatusCode::UNAUTHORIZED,
            _ => StatusCode::OK,
        };
        assert_eq!(answered.status, expected, "{method} {path}: {}", answered.text());
    }
}

#[tokio::test]
async fn every_route_of_the_api_is_in_the_description() {
    let ledger = given::ledger().await;
    let described: BTreeSet<String> = examples(&ledger).await.into_iter().map(|(_, path, _)| path).collect();
    // axum shows its routes only to a debugger: `paths: {RouteId(0): "/checkpoint", …}`.
    let shown = format!("{:?}", ledger.router);
    let routes: BTreeSet<String> = shown
        .split('"')
        .filter(|text| text.starts_with('/'))
        .map(|path| path.replace("{*", "{"))
        .filter(|path| path.starts_with("/api/") || described.contains(path))
        .collect();
    assert_eq!(routes, described, "{shown}");
}

#[tokio::test]
async fn the_description_is_openapi_3_1_without_loose_ends() {
    let ledger = given::ledger().await;
    let description = ledger.get("/api/openapi.json").await.json();
    assert!(description["openapi"].as_str().unwrap().starts_with("3.1"));
    fn references(value: &Value, found: &mut BTreeSet<String>) {
        match value {
            Value::Object(members) => {
                if let Some(Value::String(reference)) = members.get("$ref") {
                    found.insert(reference.clone());
                }
                members.values().for_each(|member| references(member, found));
            }
            Value::Array(items) => items.iter().for_each(|item| references(item, found)),
            _ => {}
        }
    }
    let mut found = BTreeSet::new();
    references(&description, &mut found);
    for reference in found {
        let pointer = reference.strip_prefix('#').unwrap();
        assert!(description.pointer(pointer).is_some(), "{reference}");
    }
    for (path, item) in description["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            assert!(operation["summary"].is_string(), "{method} {path} has no words");
            assert!(operation["responses"].as_object().is_some_and(|all| !all.is_empty()), "{method} {path}");
        }
    }
    let described =
        |property: &Value| ["description", "$ref", "oneOf"].iter().any(|known| property.get(known).is_some());
    let schemas = description["components"]["schemas"].as_object().unwrap();
    let wordless: Vec<String> = schemas
        .iter()
        .flat_map(|(name, schema)| {
            schema["properties"].as_object().into_iter().flatten().map(move |it| (name, it))
        })
        .filter(|(_, (_, property))| !described(property))
        .map(|(name, (member, _))| format!("{name}.{member}"))
        .collect();
    assert_eq!(wordless, [""; 0]);
}

#[tokio::test]
async fn an_unknown_parameter_is_refused_on_every_route_of_the_api() {
    let ledger = given::ledger().await;
    for (method, path, real) in
        examples(&ledger).await.into_iter().filter(|(_, path, _)| path.starts_with("/api/"))
    {
        let answered = ledger.ask(&method, &format!("{real}?limt=3"), &[]).await;
        // Who has no key is told that first; tests/feeds.rs asks the same with one.
        let keyed = path.starts_with("/api/v1/feed/") && !path.ends_with("/schema.json");
        let expected = if keyed { (401, "key-missing") } else { (400, "query-unknown") };
        assert_eq!((answered.status.as_u16(), answered.problem().as_str()), expected, "{path}");
    }
}

#[tokio::test]
async fn every_answer_is_guarded() {
    let ledger = given::ledger().await;
    let mut paths: Vec<String> = examples(&ledger).await.into_iter().map(|(_, _, real)| real).collect();
    paths.push("/nowhere".to_owned());
    for path in paths {
        let answered = ledger.get(&path).await;
        assert_eq!(answered.header("x-content-type-options"), "nosniff", "{path}");
        assert_eq!(answered.header("referrer-policy"), "no-referrer", "{path}");
        assert_eq!(
            answered.header("content-security-policy"),
            "default-src 'none'; frame-ancestors 'none'",
            "{path}"
        );
        assert!(!answered.header("x-request-id").is_empty(), "{path}");
        assert!(
            !answered.header("cache-control").is_empty(),
            "{path}: nobody guesses how long it may be kept"
        );
    }
}

#[tokio::test]
async fn other_pages_may_read_and_may_not_write() {
    let ledger = given::ledger().await;
    let asked = [("origin", "https://kiem-tra.example.org"), ("access-control-request-method", "POST")];
    let answered = ledger.ask("OPTIONS", "/api/v1/records", &asked).await;
    assert_eq!(answered.header("access-control-allow-methods"), "GET,HEAD");
    let read = ledger.ask("GET", "/api/v1/ledger", &asked[..1]).await;
    assert_eq!(read.header("access-control-allow-origin"), "*");
}

#[tokio::test]
async fn the_server_says_that_it_lives_and_that_it_is_ready() {
    let ledger = given::ledger().await;
    assert_eq!(ledger.get("/healthz").await.json()["status"], "ok");
    assert_eq!(ledger.get("/readyz").await.json()["checks"]["database"], true);
}
