//! Whoever doubts a lot's page checks it in the browser: a running ledger on loopback, and `verifier.mjs`, which opens it in
//! Chromium, changes what comes through on the way, and looks at what the reader is told.

use std::collections::VecDeque;
use std::process::Command;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::routing::post;
use nguon_fixtures::farm::Device;
use nguon_id::LotId;
use nguon_tests::{Database, World};
use nguon_web::{Settings, Web, metrics, server};

#[tokio::test(flavor = "multi_thread")]
async fn a_reader_checks_a_lot_in_a_real_browser() {
    for program in ["node", "chromium"] {
        if Command::new(program).arg("--version").output().is_err() {
            println!("skipped: the check in a real browser: {program} is not installed");
            return;
        }
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
    let web = Web::new(Settings {
        service: service.clone(),
        metrics: metrics::install().expect("the first recorder of this process"),
        independent_witnesses: Vec::new(),
        limits: Default::default(),
    });
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
