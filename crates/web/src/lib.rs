//! What the ledger says over HTTP: an API for phones and exchanges, plain files for auditors, pages for everybody.
//!
//! ```text
//! server    accept loop: connection caps, timers, graceful end
//! observe   request id, span, metrics, security headers, problems rendered in the reader's language
//! api       /api/v1/…      JSON (OpenAPI 3.1 at /api/openapi.json)
//! published /checkpoint    C2SP tlog-tiles as they were published
//! page      /…             public pages
//! ```
//!
//! Pages of lots and organisations and the first page are kept in memory as they were made, for as long as a new one would
//! be the same (`page/copies.rs`), and shown with their date while the database is away.
//!
//! A handler extracts, asks one use case of `nguon-service`, and answers. What is refused becomes a [`problem`].
//!
//! ```no_run
//! # async fn example(service: std::sync::Arc<nguon_service::Service>) -> Result<(), Box<dyn std::error::Error>> {
//! use nguon_web::{Settings, Web, metrics, server};
//!
//! let web = Web::new(Settings {
//!     service,
//!     metrics: metrics::install()?,
//!     independent_witnesses: Vec::new(),
//!     limits: Default::default(),
//! });
//! let listener = tokio::net::TcpListener::bind("127.0.0.1:8080").await?;
//! server::serve(listener, web.router(), server::Limits::default(), std::future::pending()).await;
//! web.finished().await;
//! # Ok(()) }
//! ```
//!
//! What this does not do: TLS and HTTP/2 (a proxy in front does), and any decision about farming or trust.

mod app;
mod device;
mod exchange;

pub mod api;
mod published;

mod page;

pub mod language;
pub mod problem;

pub mod metrics;
mod observe;
pub mod server;
mod visitor;

use std::sync::Arc;

use axum::Router;
use axum::http::{Method, header};
use axum::middleware::from_fn_with_state;
use axum::response::{IntoResponse, Response};
use metrics_exporter_prometheus::PrometheusHandle;
use nguon_service::Service;
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::cors::{Any, CorsLayer};

use crate::app::App;
pub use crate::app::WorkLimits;
use crate::problem::Problem;

/// What the web side needs.
pub struct Settings {
    /// The ledger.
    pub service: Arc<Service>,
    /// Where `/metrics` comes from (see [`metrics::install`]).
    pub metrics: PrometheusHandle,
    /// Names of witnesses that the operator does not own, as in their verifier keys. While none of them is among the
    /// service's witnesses, answers say "cosigned by the operator only".
    pub independent_witnesses: Vec<String>,
    /// What may be done at once.
    pub limits: WorkLimits,
}

/// The routes of one service.
pub struct Web {
    app: Arc<App>,
}

impl Web {
    /// Takes the service; hold no other copy of it that outlives [`Web::finished`] if you mean to stop it.
    pub fn new(settings: Settings) -> Self {
        Self { app: Arc::new(App::new(settings)) }
    }

    /// All routes, with everything around them.
    pub fn router(&self) -> Router {
        let reads = CorsLayer::new()
            .allow_origin(Any)
            .allow_methods([Method::GET, Method::HEAD])
            .expose_headers([header::ETAG, header::LINK, header::LOCATION, header::RETRY_AFTER]);
        let machine = api::router(&self.app).layer(reads);
        Router::new()
            .merge(machine)
            .merge(page::router(&self.app))
            .fallback(page::nowhere)
            .method_not_allowed_fallback(page::other_method)
            .layer(CatchPanicLayer::custom(panicked))
            .layer(from_fn_with_state(Arc::new(observe::RequestIds::new()), observe::observe))
    }

    /// `/metrics` alone, to be served on an address that only the operator reaches.
    pub fn counters(&self) -> Router {
        api::counters(&self.app)
    }

    /// How many pages are kept in memory, and about how many bytes they take.
    pub fn kept_pages(&self) -> (usize, u64) {
        self.app.copies.size()
    }

    /// Waits until no use case is under way, also of clients that left: then the service may be stopped.
    pub async fn finished(self) {
        self.app.finished().await;
    }
}

/// Input from outside never panics; if it did, the others would not notice.
fn panicked(_: Box<dyn std::any::Any + Send>) -> Response {
    Problem::internal(&"a handler panicked").into_response()
}
