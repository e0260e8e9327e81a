//! The accept loop: who may connect, how long a line may be idle, and how the server ends.
//!
//! hyper's defaults leave a door open: without a timer its header timeout is off, and eight hundred half-open requests
//! stay for ever. Here every connection has
//!
//! - ten seconds to send the head of its next request (which also ends idle keep-alive connections);
//! - thirty seconds to take some bytes of an answer;
//! - a share: so many connections in all, so many of one address (an IPv6 address counts by its /64), none of
//!   it for addresses where a proxy stands.
//!
//! Bodies have their own clock, in [`crate::api::body`]. HTTP/1.1 only, and no TLS: a proxy in front speaks HTTP/2
//! and TLS to the world.
//!
//! **Ending.** When `shutdown` resolves, the listener closes, idle connections close, and requests under way have
//! `patience` to be answered; then what is left is cut. [`crate::Web::finished`] then waits for work whose client has
//! gone, and the caller stops the service: nothing acknowledged is lost, because an acknowledgement means a commit.

mod stall;

use std::collections::HashMap;
use std::future::Future;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::pin::pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::{Extension, Router};
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tokio::task::JoinSet;
use tower::Layer;

use crate::server::stall::WriteStall;
use crate::visitor::Peer;

/// What one connection may take.
#[derive(Debug, Clone)]
pub struct Limits {
    /// Connections in all. Beyond it the rest wait in the system's queue.
    pub connections: usize,
    /// Connections of one address. Beyond it they are closed at once.
    pub connections_per_address: usize,
    /// Addresses of proxies: many clients come from there.
    pub proxies: Vec<IpAddr>,
    /// Time for the head of a request, and of idleness before it.
    pub head: Duration,
    /// Time without a single byte taken of an answer.
    pub stall: Duration,
    /// Time for requests under way when the server ends.
    pub patience: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            // Below the 1,024 open files that many systems give a process: database and tiles need some too.
            connections: 800,
            connections_per_address: 64,
            proxies: vec![Ipv4Addr::LOCALHOST.into(), Ipv6Addr::LOCALHOST.into()],
            head: Duration::from_secs(10),
            stall: Duration::from_secs(30),
            patience: Duration::from_secs(15),
        }
    }
}

/// The longest head of a request.
const HEAD_BYTES_MAX: usize = 32 * 1024;
/// Most headers of a request.
const HEADERS_MAX: usize = 64;
/// After the system refused to accept (no file left), it is asked again this much later.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// Serves until `shutdown` resolves. Answers how many connections had to be cut.
pub async fn serve(
    listener: TcpListener,
    router: Router,
    limits: Limits,
    shutdown: impl Future<Output = ()>,
) -> usize {
    let shared = Arc::new(Shared {
        addresses: Addresses::new(limits.connections_per_address, limits.proxies.clone()),
        slots: Arc::new(Semaphore::new(limits.connections)),
    });
    let proxies: Arc<[IpAddr]> = limits.proxies.clone().into();
    let (ending, ended) = watch::channel(false);
    let mut connections = JoinSet::new();
    let mut shutdown = pin!(shutdown);
    loop {
        let (stream, from, slot, place) = tokio::select! {
            () = &mut shutdown => break,
            Some(_) = connections.join_next() => continue,
            accepted = shared.accept(&listener) => match accepted {
                Some(accepted) => accepted,
                None => continue,
            },
        };
        let peer = Peer { address: from, proxies: proxies.clone() };
        let one = connection(stream, peer, router.clone(), limits.clone(), ended.clone());
        connections.spawn(async move {
            one.await;
            drop((slot, place));
        });
    }
    drop(listener);
    ending.send_replace(true);
    let all = async { while connections.join_next().await.is_some() {} };
    if tokio::time::timeout(limits.patience, all).await.is_ok() {
        return 0;
    }
    let cut = connections.len();
    tracing::warn!(cut, "connections were cut: their requests were not answered in time");
    connections.shutdown().await;
    cut
}

struct Shared {
    addresses: Addresses,
    slots: Arc<Semaphore>,
}

impl Shared {
    /// The next connection that may come in. Safe to drop half done: nothing is taken before a connection is.
    async fn accept(&self, listener: &TcpListener) -> Option<(TcpStream, IpAddr, Gauged, Place)> {
        let slot = self.slots.clone().acquire_owned().await.ok()?;
        let (stream, from) = match listener.accept().await {
            Ok(accepted) => accepted,
            Err(error) => {
                tracing::warn!(%error, "accept failed");
                tokio::time::sleep(ACCEPT_PAUSE).await;
                return None;
            }
        };
        let Some(place) = self.addresses.enter(from.ip()) else {
            metrics::counter!("nguon_http_connections_refused_total").increment(1);
            return None;
        };
        Some((stream, from.ip(), Gauged::new(slot), place))
    }
}

/// A slot that shows in the metrics while it is held.
struct Gauged(#[expect(dead_code, reason = "held, not read")] OwnedSemaphorePermit);

impl Gauged {
    fn new(slot: OwnedSemaphorePermit) -> Self {
        metrics::gauge!("nguon_http_connections").increment(1.0);
        Self(slot)
    }
}

impl Drop for Gauged {
    fn drop(&mut self) {
        metrics::gauge!("nguon_http_connections").decrement(1.0);
    }
}

async fn connection(
    stream: TcpStream,
    peer: Peer,
    router: Router,
    limits: Limits,
    mut ended: watch::Receiver<bool>,
) {
    // Small answers leave at once. A line where this fails works without.
    drop(stream.set_nodelay(true));
    let io = TokioIo::new(WriteStall::new(stream, limits.stall));
    let connection = hyper::server::conn::http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(limits.head)
        .max_headers(HEADERS_MAX)
        .max_buf_size(HEAD_BYTES_MAX)
        .serve_connection(io, TowerToHyperService::new(Extension(peer).layer(router)));
    let mut connection = pin!(connection);
    loop {
        tokio::select! {
            result = connection.as_mut() => {
                if let Err(error) = result {
                    tracing::debug!(%error, "a connection broke");
                }
                return;
            }
            changed = ended.changed() => {
                if changed.is_err() {
                    return;
                }
                connection.as_mut().graceful_shutdown();
            }
        }
    }
}

/// Counts connections by address.
#[derive(Clone)]
struct Addresses {
    most: usize,
    proxies: Arc<[IpAddr]>,
    open: Arc<Mutex<HashMap<IpAddr, usize>>>,
}

/// One connection's place among those of its address.
struct Place {
    address: Option<IpAddr>,
    open: Arc<Mutex<HashMap<IpAddr, usize>>>,
}

impl Addresses {
    fn new(most: usize, proxies: Vec<IpAddr>) -> Self {
        Self { most, proxies: proxies.into(), open: Arc::default() }
    }

    fn enter(&self, from: IpAddr) -> Option<Place> {
        let from = from.to_canonical();
        if self.proxies.contains(&from) {
            return Some(Place { address: None, open: self.open.clone() });
        }
        let address = match from {
            IpAddr::V4(address) => address.into(),
            // A home or a phone has a whole /64 for itself.
            IpAddr::V6(address) => Ipv6Addr::from_bits(address.to_bits() >> 64 << 64).into(),
        };
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        let count = open.entry(address).or_insert(0);
        if *count >= self.most {
            return None;
        }
        *count += 1;
        Some(Place { address: Some(address), open: self.open.clone() })
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let Some(address) = self.address else { return };
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = open.get_mut(&address) {
            *count -= 1;
            if *count == 0 {
                open.remove(&address);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_address_has_a_share_and_a_proxy_has_none() {
        let addresses = Addresses::new(2, vec!["10.0.0.1".parse().unwrap()]);
        let enter = |from: &str| addresses.enter(from.parse().unwrap());
        let first = enter("192.0.2.7").unwrap();
        let _second = enter("::ffff:192.0.2.7").unwrap();
        assert!(enter("192.0.2.7").is_none());
        let _other = enter("192.0.2.8").unwrap();
        drop(first);
        let _again = enter("192.0.2.7").unwrap();

        let _a = enter("2001:db8::1").unwrap();
        let _b = enter("2001:db8::2").unwrap();
        assert!(enter("2001:db8::3").is_none(), "one /64");
        let _c = enter("2001:db8:0:1::1").unwrap();

        let _proxied: Vec<Place> = (0..100).map(|_| enter("10.0.0.1").unwrap()).collect();
    }

    #[test]
    fn an_address_that_left_leaves_nothing_behind() {
        let addresses = Addresses::new(2, Vec::new());
        drop(addresses.enter("192.0.2.7".parse().unwrap()));
        assert!(addresses.open.lock().unwrap().is_empty());
    }
}
