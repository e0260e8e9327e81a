//! Who asks, as far as a limit or a count must tell one from another: the network it comes from, and nothing finer.
//!
//! The address is that of the connection. Where a proxy stands, it is the last one in `X-Forwarded-For` that is no proxy's:
//! what stands before it was written by whoever asked. Addresses are neither stored nor logged; what is made of
//! a [`Network`] is a keyed hash, and its key is forgotten.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::sync::Arc;

use axum::http::HeaderMap;

/// The address at the other end of a connection, with the addresses of our own proxies: an extension of every request.
#[derive(Debug, Clone)]
pub(crate) struct Peer {
    /// The other end.
    pub(crate) address: IpAddr,
    /// Proxies whose word is taken for who is behind them.
    pub(crate) proxies: Arc<[IpAddr]>,
}

/// A part of the net that is one household's, shop's or mast's: an IPv4 /24 or an IPv6 /48.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Network(IpAddr);

impl Peer {
    /// Where a request with these headers comes from.
    pub(crate) fn network(&self, headers: &HeaderMap) -> Network {
        let mut from = self.address.to_canonical();
        if self.proxies.contains(&from) {
            // From the right: nonsense that somebody wrote further left hides nothing.
            let told =
                headers.get_all("x-forwarded-for").iter().rev().map(|value| value.to_str().unwrap_or("?"));
            let mut told = told.flat_map(|list| list.rsplit(',')).map(|one| one.trim().parse::<IpAddr>());
            let outside = told.find_map(|one| match one.map(|one| one.to_canonical()) {
                Ok(proxy) if self.proxies.contains(&proxy) => None,
                other => Some(other),
            });
            from = outside.and_then(Result::ok).unwrap_or(from);
        }
        Network(match from {
            IpAddr::V4(address) => Ipv4Addr::from_bits(address.to_bits() >> 8 << 8).into(),
            IpAddr::V6(address) => Ipv6Addr::from_bits(address.to_bits() >> 80 << 80).into(),
        })
    }
}

impl Network {
    /// What of its place a limit may see, to be hashed under a key that is soon forgotten.
    pub(crate) fn bytes(self) -> Vec<u8> {
        self.0.to_string().into_bytes()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn network(peer: &str, forwarded: &[&str]) -> String {
        let peer = Peer { address: peer.parse().unwrap(), proxies: ["127.0.0.1".parse().unwrap()].into() };
        let mut headers = HeaderMap::new();
        for value in forwarded {
            headers.append("x-forwarded-for", value.parse().unwrap());
        }
        peer.network(&headers).0.to_string()
    }

    #[test]
    fn only_a_proxy_is_believed_and_only_its_own_word() {
        assert_eq!(network("203.0.113.77", &["198.51.100.1"]), "203.0.113.0");
        assert_eq!(network("127.0.0.1", &[]), "127.0.0.0");
        assert_eq!(network("127.0.0.1", &["198.51.100.1, 203.0.113.77"]), "203.0.113.0");
        assert_eq!(network("127.0.0.1", &["198.51.100.1", "203.0.113.77, 127.0.0.1"]), "203.0.113.0");
        assert_eq!(network("::ffff:127.0.0.1", &["2001:db8:1:2::3"]), "2001:db8:1::");
        assert_eq!(network("127.0.0.1", &["nonsense"]), "127.0.0.0");
        assert_eq!(network("127.0.0.1", &["nonsense, 203.0.113.77"]), "203.0.113.0");
        assert_eq!(network("127.0.0.1", &["203.0.113.77, nonsense"]), "127.0.0.0");
    }
}
