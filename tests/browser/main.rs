//! A running ledger on loopback and a real browser. Whoever doubts a lot's page checks it there: `verifier.mjs` opens it in Chromium, changes what
//! comes through on the way, and looks at what the reader is told. A farmer comes in with a phone, works without network and sends it later:
//! the app's own `real.mjs` plays manager and phone.

use std::collections::VecDeque;
use std::io::Write as _;
use std::process::{Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::routing::post;
use nguon_fixtures::farm::Device;
use nguon_id::LotId;
use nguon_service::{Clock as _, SystemClock};
use nguon_tests::{Database, World};
use nguon_web::{Settings, Web, metrics, server};

/// Whether programs are missing, which is said.
#[expect(clippy::print_stdout, reason = "a test that cannot run here says so")]
fn lacks(what: &str, programs: &[&str]) -> bool {
    let missing = programs.iter().find(|program| Command::new(program).arg("--version").output().is_err());
    if let Some(program) = missing {
        println!("skipped: {what}: {program} is not installed");
    }
    missing.is_some()
}

fn web(service: &Arc<nguon_service::Service>) -> Web {
    Web::new(Settings {
        service: service.clone(),
        metrics: metrics::builder().expect("buckets are not empty").build_recorder().handle(),
        independent_witnesses: Vec::new(),
        limits: Default::default(),
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reader_checks_a_lot_in_a_real_browser() {
    if lacks("the check in a real browser", &["node", "chromium"]) {
        return;
    }
    let mut world = World::begin(Database::sqlite().await.expect("SQLite is always there")).await;
    let mut farm = world.farm("farm").await;
    let number = "260105-A";
    let path = LotId::from_uri(&farm.lot(number)).expect("a lot of the farm's own").path();
    world.log(farm.harvest(Device::Phone(1), number, 820_000)).await;
    let later: VecDeque<_> =
        (0..9).map(|n| farm.harvest(Device::Phone(2), &format!("26-{n}"), 1_000)).collect();
    world.settle().await;
    world.stop().await;

    let store = world.database().open().await;
    let service = Arc::new(world.another(store).await.expect("it starts again"));
    let world = Arc::new(world);
    let web = web(&service);
    // The story goes on when the browser asks for it.
    let grow = {
        let (world, service, later) = (world.clone(), service.clone(), Arc::new(Mutex::new(later)));
        post(async move || {
            let next =
                later.lock().expect("nobody panics here").pop_front().expect("there are enough of them");
            let answers = world.submit_to(&service, vec![next]).await;
            assert!(answers.iter().all(Result::is_ok), "{answers:?}");
            service.settle().await;
        })
    };
    let router = web.router().merge(Router::new().route("/grow", grow));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("loopback has a free port");
    let address = format!("http://{}", listener.local_addr().expect("it is bound"));
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let serving = tokio::spawn(server::serve(listener, router, server::Limits::default(), async move {
        _ = stopped.await;
    }));

    let mut node = Command::new("node");
    node.current_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/browser"))
        .args(["--test", "--test-reporter=spec", "verifier.mjs"])
        .env("LEDGER", &address)
        .env("LOT", &path);
    let output = tokio::task::spawn_blocking(move || node.output()).await.expect("it is waited for");
    let output = output.expect("node runs");
    let said = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
    println!("{said}");
    assert!(output.status.success() && !said.contains("ℹ pass 0"), "node ended with {}", output.status);

    stop.send(()).expect("it still serves");
    serving.await.expect("it ends");
    web.finished().await;
}

/// Ghi danh, three weeks without network, a lost phone: with the app that the server itself serves.
#[tokio::test(flavor = "multi_thread")]
async fn a_farmer_comes_in_works_without_network_and_sends_it_later() {
    if lacks("the farmer's app in a real browser", &["node", "chromium"]) {
        return;
    }
    let mut world = World::begin(Database::sqlite().await.expect("SQLite is always there")).await;
    // Phones take the server's time, and no story's.
    world.clock.set(SystemClock.now_ms());
    let mut farm = world.farm("farm").await;
    world.clock.set(SystemClock.now_ms());
    world.log(farm.product_card("ca-chua", None)).await;
    world.clock.set(SystemClock.now_ms());
    world.settle().await;
    world.stop().await;
    let store = world.database().open().await;
    let service = Arc::new(world.another(store).await.expect("it starts again"));
    let web = web(&service);
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("loopback has a free port");
    let given = serde_json::json!({
        "server": format!("http://{}", listener.local_addr().expect("it is bound")),
        "organisation": farm.id().to_string(),
        "manager": hex::encode(farm.seed(Device::Manager)),
        "plot": "T01",
        "product": "ca-chua",
    });
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let serving =
        tokio::spawn(server::serve(listener, web.router(), server::Limits::default(), async move {
            _ = stopped.await;
        }));
    let ticking = tokio::spawn({
        let clock = world.clock.clone();
        async move {
            loop {
                clock.set(SystemClock.now_ms());
                tokio::time::sleep(Duration::from_millis(200)).await;
            }
        }
    });
    let farmer = concat!(env!("CARGO_MANIFEST_DIR"), "/../frontend/farmer");
    // What its tests are built on.
    let installed = Command::new("node").current_dir(farmer).args(["install.mjs", "--all"]).output();
    assert!(installed.is_ok_and(|output| output.status.success()), "the app's packages could not be fetched");
    let mut node = Command::new("node");
    node.current_dir(farmer)
        .arg("real.mjs")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let played = tokio::task::spawn_blocking(move || {
        let mut child = node.spawn()?;
        if let Some(mut input) = child.stdin.take() {
            input.write_all(given.to_string().as_bytes())?;
        }
        child.wait_with_output()
    });
    let output = played.await.expect("it is waited for").expect("node runs");
    let said = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
    println!("{said}");
    assert!(output.status.success(), "node ended with {}", output.status);
    for told in ["six digits", "receipt verified", "after the browser was killed", "is held"] {
        assert!(said.contains(told), "{told}");
    }
    ticking.abort();
    stop.send(()).expect("it still serves");
    serving.await.expect("it ends");
    web.finished().await;
}
