//! Lines that are slow, greedy or cut: the server on a real socket.

use std::time::{Duration, Instant};

use nguon_web::server::{Limits, serve};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use crate::given::{self, Ledger, cooperative};

struct Server {
    address: std::net::SocketAddr,
    stop: oneshot::Sender<()>,
    running: JoinHandle<usize>,
}

async fn start(ledger: &Ledger, limits: Limits) -> Server {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (stop, stopped) = oneshot::channel();
    let router = ledger.router.clone();
    let running = tokio::spawn(serve(listener, router, limits, async move { drop(stopped.await) }));
    Server { address, stop, running }
}

fn quick() -> Limits {
    Limits { head: Duration::from_millis(400), patience: Duration::from_secs(5), ..Limits::default() }
}

/// What comes until the other side closes.
async fn rest(stream: &mut TcpStream) -> String {
    let mut text = Vec::new();
    let read = tokio::time::timeout(Duration::from_secs(20), stream.read_to_end(&mut text)).await;
    drop(read.expect("the server closes the line"));
    String::from_utf8_lossy(&text).into_owned()
}

#[tokio::test]
async fn half_open_requests_are_closed() {
    let ledger = given::ledger().await;
    let server = start(&ledger, quick()).await;
    let started = Instant::now();
    for half in ["", "GET /healthz HTTP/1.1\r\nhost: x\r\n", "G"] {
        let mut stream = TcpStream::connect(server.address).await.unwrap();
        stream.write_all(half.as_bytes()).await.unwrap();
        rest(&mut stream).await;
    }
    assert!(started.elapsed() < Duration::from_secs(10), "{:?}", started.elapsed());
}

#[tokio::test]
async fn a_slow_body_is_answered_and_closed() {
    let ledger = given::ledger().await;
    let server = start(&ledger, quick()).await;
    let mut stream = TcpStream::connect(server.address).await.unwrap();
    let head = "POST /api/v1/records HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 100000\r\n\r\n{";
    stream.write_all(head.as_bytes()).await.unwrap();
    let started = Instant::now();
    let (mut reader, mut writer) = stream.split();
    // A byte now and then keeps an idle timer alive, and not this one.
    let drip = async {
        loop {
            tokio::time::sleep(Duration::from_millis(500)).await;
            if writer.write_all(b" ").await.is_err() {
                std::future::pending::<()>().await;
            }
        }
    };
    let mut text = Vec::new();
    tokio::select! {
        read = reader.read_to_end(&mut text) => drop(read),
        () = drip => {}
        () = tokio::time::sleep(Duration::from_secs(30)) => panic!("still open"),
    }
    let text = String::from_utf8_lossy(&text);
    assert!(text.starts_with("HTTP/1.1 408 "), "{text}");
    assert!(text.contains("urn:nguon:problem:body-too-slow"), "{text}");
    assert!(started.elapsed() < Duration::from_secs(15), "{:?}", started.elapsed());
}

#[tokio::test]
async fn who_sends_too_much_still_reads_why() {
    let ledger = given::ledger().await;
    let server = start(&ledger, quick()).await;
    let body = vec![b' '; (8 << 20) + (1 << 20)];
    let head = format!(
        "POST /api/v1/records HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n",
        body.len()
    );
    let mut stream = TcpStream::connect(server.address).await.unwrap();
    stream.write_all(head.as_bytes()).await.unwrap();
    // A simple client sends everything before it reads anything.
    stream.write_all(&body).await.expect("the line is not reset while the body comes");
    let text = rest(&mut stream).await;
    assert!(text.starts_with("HTTP/1.1 413 "), "{text}");
    assert!(text.contains("urn:nguon:problem:request-too-large"), "{text}");

    // Who goes on sending for ever is not waited for.
    let started = Instant::now();
    let mut stream = TcpStream::connect(server.address).await.unwrap();
    let head = head.replace(&body.len().to_string(), "100000000000");
    stream.write_all(head.as_bytes()).await.unwrap();
    while stream.write_all(&body).await.is_ok() {}
    assert!(started.elapsed() < Duration::from_secs(10), "{:?}", started.elapsed());
}

#[tokio::test]
async fn one_address_has_its_share_of_connections() {
    let ledger = given::ledger().await;
    let limits = Limits {
        connections_per_address: 2,
        proxies: Vec::new(),
        head: Duration::from_secs(30),
        ..Limits::default()
    };
    let server = start(&ledger, limits).await;
    let mut held = Vec::new();
    for _ in 0..2 {
        held.push(TcpStream::connect(server.address).await.unwrap());
    }
    tokio::time::sleep(Duration::from_millis(100)).await;
    let mut third = TcpStream::connect(server.address).await.unwrap();
    assert_eq!(rest(&mut third).await, "", "closed at once");
    drop(held);
    tokio::time::sleep(Duration::from_millis(100)).await;
    let mut fourth = TcpStream::connect(server.address).await.unwrap();
    fourth.write_all(b"GET /healthz HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n").await.unwrap();
    assert!(rest(&mut fourth).await.starts_with("HTTP/1.1 200 "));
}

#[tokio::test]
async fn a_head_without_end_or_sense_is_refused() {
    let ledger = given::ledger().await;
    let server = start(&ledger, quick()).await;
    let many = format!("GET / HTTP/1.1\r\n{}\r\n", "x: y\r\n".repeat(100));
    let large = format!("GET / HTTP/1.1\r\nx: {}\r\n\r\n", "y".repeat(100_000));
    for (head, status) in
        [(many.as_str(), "431"), (large.as_str(), "431"), ("\u{1}\u{2}\u{3}\r\n\r\n", "400")]
    {
        let mut stream = TcpStream::connect(server.address).await.unwrap();
        // The server may close before it has read all.
        drop(stream.write_all(head.as_bytes()).await);
        let text = rest(&mut stream).await;
        assert!(text.is_empty() || text.starts_with(&format!("HTTP/1.1 {status} ")), "{text}");
    }
}

#[tokio::test]
async fn a_stop_answers_what_is_under_way_and_loses_nothing() {
    let ledger = given::ledger().await;
    let (_, mut phone) = cooperative(&ledger).await;
    let server = start(&ledger, quick()).await;
    let body = serde_json::json!({ "records": [phone.note("ngay trước khi dừng")] }).to_string();
    let event = phone.last.as_ref().unwrap().event_id();
    let mut idle = TcpStream::connect(server.address).await.unwrap();
    let mut busy = TcpStream::connect(server.address).await.unwrap();
    let head = format!(
        "POST /api/v1/records HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n",
        body.len()
    );
    busy.write_all(head.as_bytes()).await.unwrap();
    busy.write_all(&body.as_bytes()[..10]).await.unwrap();
    tokio::time::sleep(Duration::from_millis(100)).await;

    server.stop.send(()).unwrap();
    tokio::time::sleep(Duration::from_millis(100)).await;
    assert!(TcpStream::connect(server.address).await.is_err(), "nobody new comes in");
    assert_eq!(rest(&mut idle).await, "", "idle lines close");
    busy.write_all(&body.as_bytes()[10..]).await.unwrap();
    let text = rest(&mut busy).await;
    assert!(text.starts_with("HTTP/1.1 201 "), "{text}");
    assert_eq!(server.running.await.unwrap(), 0, "nothing was cut");

    let Ledger { service, web, router, folder } = ledger;
    drop(router);
    web.finished().await;
    let service = std::sync::Arc::into_inner(service).expect("nobody else holds the service");
    service.stop().await;
    let file = folder.path().join("ledger.sqlite");
    let store = nguon_storage::open(&format!("sqlite:{}", file.display())).await.unwrap();
    let mut reader = store.reader().await.unwrap();
    let prefix = i64::from_be_bytes(event.as_bytes()[..8].try_into().unwrap());
    assert_eq!(reader.find_event(prefix).await.unwrap().len(), 1, "what was acknowledged is there");
}

#[tokio::test]
async fn a_request_that_never_ends_is_cut_when_patience_does() {
    let ledger = given::ledger().await;
    let server = start(&ledger, Limits { patience: Duration::from_millis(200), ..quick() }).await;
    let mut stream = TcpStream::connect(server.address).await.unwrap();
    let head = "POST /api/v1/records HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 10\r\n\r\n{";
    stream.write_all(head.as_bytes()).await.unwrap();
    tokio::time::sleep(Duration::from_millis(100)).await;
    server.stop.send(()).unwrap();
    assert_eq!(server.running.await.unwrap(), 1);
}
