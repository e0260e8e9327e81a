//! One request to a place that nobody trusts: resolved once, bounded in time and in bytes, its answer's status and nothing else.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use http_body_util::Full;
use hyper::body::Bytes;
use hyper::client::conn::http1;
use hyper::{Method, Request, header};
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::task::JoinSet;
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::pki_types::ServerName;
use tokio_rustls::rustls::{ClientConfig, RootCertStore};

use super::guard::{AddressRefused, Guard, Target};

/// Connecting and shaking hands.
const CONNECT: Duration = Duration::from_secs(5);
/// All of one request, from the name to the answer's first line.
pub(super) const WHOLE: Duration = Duration::from_secs(20);
/// Bytes of an answer's head.
const HEAD_BYTES: usize = 16 << 10;

/// Why nobody answered.
#[derive(Debug, thiserror::Error)]
pub enum SendError {
    /// It may not be asked.
    #[error(transparent)]
    Address(#[from] AddressRefused),
    /// It took too long.
    #[error("no answer within {} seconds", WHOLE.as_secs())]
    TimedOut,
    /// The name could not be resolved, or nobody listened.
    #[error("no connection: {0}")]
    Connection(std::io::Error),
    /// The certificate does not fit, or it is no TLS.
    #[error("no secure connection: {0}")]
    Tls(std::io::Error),
    /// What came is no HTTP.
    #[error("no HTTP: {0}")]
    Http(#[from] hyper::Error),
    /// The request could not be written.
    #[error("no request: {0}")]
    Request(#[from] hyper::http::Error),
}

/// What names stand for.
#[async_trait]
pub trait Names: Send + Sync {
    /// All addresses of a name.
    async fn addresses(&self, host: &str) -> std::io::Result<Vec<IpAddr>>;
}

/// The system's own resolver.
pub struct SystemNames;

#[async_trait]
impl Names for SystemNames {
    async fn addresses(&self, host: &str) -> std::io::Result<Vec<IpAddr>> {
        Ok(tokio::net::lookup_host((host, 0)).await?.map(|address| address.ip()).collect())
    }
}

/// Sends requests.
pub struct Client {
    guard: Guard,
    names: Arc<dyn Names>,
    tls: TlsConnector,
}

/// What is sent.
pub(super) struct Signed<'a> {
    pub(super) id: &'a str,
    pub(super) timestamp_s: i64,
    pub(super) signature: &'a str,
    pub(super) body: &'a str,
}

impl Client {
    /// A client that trusts the certificates that browsers trust.
    pub fn new(guard: Guard, names: Arc<dyn Names>) -> Self {
        let roots = RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
        let provider = Arc::new(tokio_rustls::rustls::crypto::ring::default_provider());
        let config = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .expect("ring has suites for TLS 1.2 and 1.3")
            .with_root_certificates(roots)
            .with_no_client_auth();
        Self { guard, names, tls: TlsConnector::from(Arc::new(config)) }
    }

    /// Whether an address may be given at all.
    pub fn check(&self, url: &str) -> Result<Target, AddressRefused> {
        self.guard.target(url)
    }

    /// Sends, and answers the status.
    pub(super) async fn post(&self, url: &str, signed: &Signed<'_>) -> Result<u16, SendError> {
        tokio::time::timeout(WHOLE, self.post_in_time(url, signed)).await.unwrap_or(Err(SendError::TimedOut))
    }

    async fn post_in_time(&self, url: &str, signed: &Signed<'_>) -> Result<u16, SendError> {
        let target = self.guard.target(url)?;
        let found = match target.host.parse::<IpAddr>() {
            Ok(address) => vec![address],
            Err(_) => self.names.addresses(&target.host).await.map_err(SendError::Connection)?,
        };
        let admitted = self.guard.admit(&target, &found)?;
        let stream = connect(&admitted, target.port).await?;
        if !target.tls {
            return exchange(stream, &target, signed).await;
        }
        let name = ServerName::try_from(target.host.clone())
            .map_err(|error| SendError::Tls(std::io::Error::other(error)))?;
        let shake = tokio::time::timeout(CONNECT, self.tls.connect(name, stream)).await;
        let stream = shake.map_err(|_| SendError::TimedOut)?.map_err(SendError::Tls)?;
        exchange(stream, &target, signed).await
    }
}

/// To the first that listens, of those that were looked at: the name is not asked again.
async fn connect(addresses: &[IpAddr], port: u16) -> Result<TcpStream, SendError> {
    let mut last = None;
    for address in addresses.iter().take(4) {
        match tokio::time::timeout(CONNECT, TcpStream::connect(SocketAddr::new(*address, port))).await {
            Ok(Ok(stream)) => return Ok(stream),
            Ok(Err(error)) => last = Some(SendError::Connection(error)),
            Err(_) => last = Some(SendError::TimedOut),
        }
    }
    Err(last.unwrap_or(SendError::Address(AddressRefused::NoAddress)))
}

async fn exchange(
    stream: impl AsyncRead + AsyncWrite + Send + Unpin + 'static,
    target: &Target,
    signed: &Signed<'_>,
) -> Result<u16, SendError> {
    let (mut sender, connection) =
        http1::Builder::new().max_buf_size(HEAD_BYTES).handshake(TokioIo::new(stream)).await?;
    // Ends with this function, also when its time is over: whatever is left of the answer is not read.
    let mut running = JoinSet::new();
    running.spawn(connection);
    let request = Request::builder()
        .method(Method::POST)
        .uri(&target.path)
        .header(header::HOST, &target.authority)
        .header(header::CONTENT_TYPE, "application/json")
        .header(header::USER_AGENT, "nguon-webhooks/1")
        .header(header::CONNECTION, "close")
        .header("webhook-id", signed.id)
        .header("webhook-timestamp", signed.timestamp_s)
        .header("webhook-signature", signed.signature)
        .body(Full::new(Bytes::from(signed.body.to_owned())))?;
    Ok(sender.send_request(request).await?.status().as_u16())
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU64, Ordering};

    use tokio::net::TcpListener;

    use super::*;

    /// A name that points elsewhere each time it is asked.
    struct Rebinding {
        asked: AtomicU64,
    }

    #[async_trait]
    impl Names for Rebinding {
        async fn addresses(&self, _: &str) -> std::io::Result<Vec<IpAddr>> {
            let first = self.asked.fetch_add(1, Ordering::SeqCst) == 0;
            Ok(vec![if first { [127, 0, 0, 2].into() } else { [127, 0, 0, 1].into() }])
        }
    }

    const NOTHING: Signed<'static> = Signed { id: "msg_1", timestamp_s: 0, signature: "v1,", body: "{}" };

    #[tokio::test]
    async fn a_name_is_asked_once_and_the_address_that_was_looked_at_is_the_one_that_is_asked() {
        let inside = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://rebinding.example.org:{}/", inside.local_addr().unwrap().port());
        let names = Arc::new(Rebinding { asked: AtomicU64::new(0) });
        let guard = Guard { private: vec!["127.0.0.2/32".parse().unwrap()] };
        let client = Client::new(guard, names.clone());
        let first = client.post(&url, &NOTHING).await.unwrap_err();
        assert!(matches!(first, SendError::Connection(_)), "nobody listens where it pointed: {first}");
        assert_eq!(names.asked.load(Ordering::SeqCst), 1);
        let second = client.post(&url, &NOTHING).await.unwrap_err();
        assert!(matches!(second, SendError::Address(AddressRefused::NotPublic)), "{second}");
        let visitor = tokio::time::timeout(Duration::from_millis(200), inside.accept()).await;
        assert!(visitor.is_err(), "nobody came in");
    }

    #[tokio::test]
    async fn an_address_in_digits_is_looked_at_like_a_name() {
        let client = Client::new(Guard::default(), Arc::new(SystemNames));
        for url in [
            "https://127.0.0.1/",
            "https://[::1]/",
            "https://[::ffff:127.0.0.1]/",
            "https://169.254.169.254/latest/meta-data",
            "https://2130706433/",
            "https://0x7f000001/",
            "https://localhost/",
        ] {
            let error = client.post(url, &NOTHING).await.unwrap_err();
            let kept_out =
                matches!(error, SendError::Address(AddressRefused::NotPublic | AddressRefused::NoAddress));
            // A resolver that knows no such spelling says so, and nobody is asked either.
            assert!(kept_out || matches!(error, SendError::Connection(_)), "{url}: {error}");
        }
    }
}
