//! Size, memory and work at once.

use axum::body::{Body, Bytes};
use axum::http::{Request, StatusCode};
use nguon_web::WorkLimits;

use crate::given;

#[tokio::test]
async fn a_body_that_promises_too_much_is_refused_before_it_is_read() {
    let ledger = given::ledger().await;
    let request = Request::post("/api/v1/records")
        .header("content-type", "application/json")
        .header("content-length", "9000000")
        .body(Body::new(NeverRead))
        .unwrap();
    let answered = ledger.call(request).await;
    assert_eq!(
        (answered.status, answered.problem().as_str()),
        (StatusCode::PAYLOAD_TOO_LARGE, "request-too-large")
    );
    assert_eq!(answered.json()["limit_bytes"], 8 << 20);
}

/// A body that fails the test when somebody reads it.
struct NeverRead;

impl hyper::body::Body for NeverRead {
    type Data = Bytes;
    type Error = std::convert::Infallible;

    fn poll_frame(
        self: std::pin::Pin<&mut Self>,
        _: &mut std::task::Context<'_>,
    ) -> std::task::Poll<Option<Result<hyper::body::Frame<Bytes>, Self::Error>>> {
        panic!("the body was read");
    }
}

#[tokio::test]
async fn a_body_that_promises_nothing_is_cut_at_the_limit() {
    let ledger = given::ledger().await;
    let answered = ledger.post(vec![b' '; (8 << 20) + 1], &[]).await;
    assert_eq!(answered.problem(), "request-too-large");
}

#[tokio::test]
async fn compressed_bodies_are_refused_unopened() {
    let ledger = given::ledger().await;
    // The head of a gzip member; nothing here ever inflates it.
    let bomb = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3, 0xed, 0xc1];
    for coding in ["gzip", "GZIP", "br", "deflate", "zstd", "gzip, gzip", "identity, gzip"] {
        let answered = ledger.post(bomb.to_vec(), &[("content-encoding", coding)]).await;
        assert_eq!(answered.status, StatusCode::UNSUPPORTED_MEDIA_TYPE, "{coding}");
        assert_eq!(answered.problem(), "encoding-unsupported");
        assert_eq!(answered.header("accept-encoding"), "identity");
    }
    let answered = ledger.post("{}", &[("content-encoding", "identity")]).await;
    assert_eq!(answered.problem(), "request-malformed");
    for media_type in ["text/plain", "application/x-www-form-urlencoded", "application/json-patch+json", ""] {
        let answered = ledger.post("{}", &[("content-type", media_type)]).await;
        assert_eq!(answered.problem(), "media-type-unsupported", "{media_type}");
    }
}

#[tokio::test]
async fn too_much_at_once_is_said_with_a_time_to_come_back() {
    let nothing = given::ledger_with(WorkLimits { use_cases: 0, ..WorkLimits::default() }).await;
    let answered = nothing.get("/api/v1/log/entries/0").await;
    assert_eq!((answered.status, answered.problem().as_str()), (StatusCode::SERVICE_UNAVAILABLE, "busy"));
    assert_eq!(answered.header("retry-after"), "2");
    assert_eq!(nothing.get("/readyz").await.problem(), "not-ready");
    assert_eq!(nothing.get("/healthz").await.status, StatusCode::OK, "alive all the same");

    let small = given::ledger_with(WorkLimits { body_bytes: 10, ..WorkLimits::default() }).await;
    let answered = small.post("{\"records\":[]}", &[]).await;
    assert_eq!((answered.status, answered.problem().as_str()), (StatusCode::SERVICE_UNAVAILABLE, "busy"));
    assert_eq!(small.post("{}", &[]).await.problem(), "request-malformed", "the share came back");
}
