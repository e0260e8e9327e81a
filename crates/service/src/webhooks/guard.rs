//! Where webhooks may go. Whoever may name an address could else make this machine ask its neighbours: a metadata service, a
//! database, a router (server-side request forgery).
//!
//! - `https` only, with a name or a public address, port 443 or above 1023, no user name in it.
//! - The name is resolved once; **every** address that it has must be public, and the connection goes to one of them. A name that
//!   answers otherwise the second time is not asked a second time.
//! - Redirects are answers like any other that is no success.
//!
//! An operator whose exchange runs on the same network says so: its [`Network`]s may be reached, also by plain `http`.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::str::FromStr;

/// Characters of an address.
const URL_MAX: usize = 500;

/// A network that may be reached though it is not public: `10.20.0.0/16`, `127.0.0.1/32`, `fd00::/8`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Network {
    address: IpAddr,
    prefix: u8,
}

/// Not a network.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a network is written as 10.20.0.0/16, not as `{0}`")]
pub struct NetworkError(pub String);

impl FromStr for Network {
    type Err = NetworkError;

    fn from_str(text: &str) -> Result<Self, NetworkError> {
        let wrong = || NetworkError(text.chars().take(60).collect());
        let (address, prefix) = text.split_once('/').ok_or_else(wrong)?;
        let (address, prefix): (IpAddr, u8) =
            (address.parse().map_err(|_| wrong())?, prefix.parse().map_err(|_| wrong())?);
        let longest = if address.is_ipv4() { 32 } else { 128 };
        if prefix <= longest { Ok(Self { address, prefix }) } else { Err(wrong()) }
    }
}

impl Network {
    fn contains(&self, address: IpAddr) -> bool {
        let same = |a: u128, b: u128, bits: u32| {
            let rest = bits - u32::from(self.prefix);
            a.checked_shr(rest).unwrap_or(0) == b.checked_shr(rest).unwrap_or(0)
        };
        match (self.address, address) {
            (IpAddr::V4(own), IpAddr::V4(other)) => {
                same(u128::from(own.to_bits()), u128::from(other.to_bits()), 32)
            }
            (IpAddr::V6(own), IpAddr::V6(other)) => same(own.to_bits(), other.to_bits(), 128),
            _ => false,
        }
    }
}

/// Why an address is not asked, in the order in which it is looked at.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AddressRefused {
    /// Not an absolute address of a page.
    #[error(
        "the address must be as https://exchange.example.org/webhooks, at most {URL_MAX} characters of ASCII"
    )]
    Malformed,
    /// Neither `https` nor allowed.
    #[error("the address must begin with https://")]
    Scheme,
    /// Ports below 1024 belong to other services.
    #[error("the port must be 443 or above 1023")]
    Port,
    /// No such name.
    #[error("the name has no address")]
    NoAddress,
    /// It leads inside.
    #[error("the name leads to an address that is not public")]
    NotPublic,
}

/// A place that may be asked, before its name is resolved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    /// Whether the connection is encrypted.
    pub tls: bool,
    /// The name or address, without brackets.
    pub host: String,
    /// The port.
    pub port: u16,
    /// `Host`.
    pub authority: String,
    /// Path and query.
    pub path: String,
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}://{}", if self.tls { "https" } else { "http" }, self.authority)
    }
}

/// Where requests may go.
#[derive(Debug, Clone, Default)]
pub struct Guard {
    /// Networks that may be reached though they are not public.
    pub private: Vec<Network>,
}

impl Guard {
    /// Reads an address. Plain `http` is for later to refuse, when it is known where it leads.
    pub fn target(&self, url: &str) -> Result<Target, AddressRefused> {
        let plain = url.len() <= URL_MAX && url.bytes().all(|letter| letter.is_ascii_graphic());
        if !plain || url.contains(['\\', '#', '@']) {
            return Err(AddressRefused::Malformed);
        }
        let uri: hyper::Uri = url.parse().map_err(|_| AddressRefused::Malformed)?;
        let (Some(scheme), Some(authority)) = (uri.scheme_str(), uri.authority()) else {
            return Err(AddressRefused::Malformed);
        };
        let tls = match scheme {
            "https" => true,
            "http" if !self.private.is_empty() => false,
            _ => return Err(AddressRefused::Scheme),
        };
        let host = authority.host().trim_start_matches('[').trim_end_matches(']').to_ascii_lowercase();
        if host.is_empty()
            || (authority.as_str().contains(':') && authority.port_u16().is_none() && !host.contains(':'))
        {
            return Err(AddressRefused::Malformed);
        }
        let port = authority.port_u16().unwrap_or(if tls { 443 } else { 80 });
        if port != 443 && port < 1_024 && self.private.is_empty() {
            return Err(AddressRefused::Port);
        }
        let path = uri.path_and_query().map_or("/", |path| path.as_str()).to_owned();
        Ok(Target { tls, host, port, authority: authority.as_str().to_owned(), path })
    }

    /// The addresses of a target that may be connected to: all that it has, or none.
    pub fn admit(&self, target: &Target, addresses: &[IpAddr]) -> Result<Vec<IpAddr>, AddressRefused> {
        if addresses.is_empty() {
            return Err(AddressRefused::NoAddress);
        }
        let private = |address: &IpAddr| {
            let address = embedded(*address).unwrap_or(*address);
            self.private.iter().any(|network| network.contains(address))
        };
        // Unencrypted only inside, where the operator said so.
        let admitted = |address: &IpAddr| private(address) || (target.tls && is_public(*address));
        if addresses.iter().all(admitted) { Ok(addresses.to_vec()) } else { Err(AddressRefused::NotPublic) }
    }
}

/// Whether an address is on the public Internet (IANA's special-purpose registries, RFC 6890 and what came after).
fn is_public(address: IpAddr) -> bool {
    match embedded(address).unwrap_or(address) {
        IpAddr::V4(address) => is_public_v4(address),
        IpAddr::V6(address) => is_public_v6(address),
    }
}

fn is_public_v4(address: Ipv4Addr) -> bool {
    let [a, b, c, _] = address.octets();
    let special = matches!(
        (a, b, c),
        (0 | 10 | 127, ..)
            | (100, 64..=127, _)
            | (169, 254, _)
            | (172, 16..=31, _)
            | (192, 0, 0 | 2)
            | (192, 88, 99)
            | (192, 168, _)
            | (198, 18 | 19, _)
            | (198, 51, 100)
            | (203, 0, 113)
            | (224..=255, ..)
    );
    !special
}

fn is_public_v6(address: Ipv6Addr) -> bool {
    let [a, b, ..] = address.segments();
    // Global unicast, without documentation, benchmarking, Teredo and ORCHID.
    (0x2000..=0x3fff).contains(&a)
        && !(a == 0x2001 && (b < 0x0200 || b == 0x0db8))
        && !(a == 0x3fff && b < 0x1000)
}

/// The IPv4 address inside of one that only carries it: mapped, NAT64, 6to4.
fn embedded(address: IpAddr) -> Option<IpAddr> {
    let IpAddr::V6(address) = address else { return None };
    let [a, b, c, d, e, f, g, h] = address.segments();
    let of = |high: u16, low: u16| {
        let ([p, q], [r, s]) = (high.to_be_bytes(), low.to_be_bytes());
        IpAddr::V4(Ipv4Addr::new(p, q, r, s))
    };
    match (a, b, c, d, e, f) {
        // Mapped, and compatible (obsolete, and still connected to by some systems); `::` and `::1` too.
        (0, 0, 0, 0, 0, 0xffff | 0) => Some(of(g, h)),
        (0x64, 0xff9b, 0, 0, 0, 0) => Some(of(g, h)),
        (0x2002, ..) => Some(of(b, c)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ip(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    #[test]
    fn nothing_inside_is_reached_however_it_is_written() {
        let guard = Guard::default();
        let target = guard.target("https://exchange.example.org/hook?x=1").unwrap();
        assert_eq!((target.port, target.path.as_str(), target.tls), (443, "/hook?x=1", true));
        for inside in [
            "127.0.0.1",
            "127.255.1.9",
            "0.0.0.0",
            "10.1.2.3",
            "172.16.0.1",
            "172.31.9.9",
            "192.168.1.1",
            "169.254.169.254",
            "100.64.0.1",
            "192.0.0.8",
            "192.0.2.1",
            "198.18.0.1",
            "198.51.100.7",
            "203.0.113.9",
            "224.0.0.1",
            "240.0.0.1",
            "255.255.255.255",
            "::",
            "::1",
            "::127.0.0.1",
            "::ffff:10.0.0.1",
            "::ffff:169.254.169.254",
            "64:ff9b::a00:1",
            "2002:7f00:1::",
            "fe80::1",
            "fc00::1",
            "fd12::1",
            "fec0::1",
            "ff02::1",
            "2001:db8::1",
            "2001::1",
            "100::1",
            "3fff::1",
            "4000::1",
        ] {
            assert_eq!(guard.admit(&target, &[ip(inside)]), Err(AddressRefused::NotPublic), "{inside}");
            // One public address beside it changes nothing: that is how a name is made to point inside.
            let both = [ip("113.160.0.1"), ip(inside)];
            assert_eq!(guard.admit(&target, &both), Err(AddressRefused::NotPublic), "{inside}");
        }
        for outside in [
            "113.160.0.1",
            "1.1.1.1",
            "172.32.0.1",
            "100.128.0.1",
            "2405:4800::1",
            "2606:4700::1111",
            "::ffff:1.1.1.1",
        ] {
            assert!(guard.admit(&target, &[ip(outside)]).is_ok(), "{outside}");
        }
        assert_eq!(guard.admit(&target, &[]), Err(AddressRefused::NoAddress));
    }

    #[test]
    fn an_address_is_https_without_a_user_a_fragment_or_another_services_port() {
        let guard = Guard::default();
        let long = format!("https://a.example.org/{}", "x".repeat(500));
        for (url, error) in [
            ("http://a.example.org/", AddressRefused::Scheme),
            ("ftp://a.example.org/", AddressRefused::Scheme),
            ("file:///etc/passwd", AddressRefused::Malformed),
            ("https://user:secret@a.example.org/", AddressRefused::Malformed),
            ("https://a.example.org\\@127.0.0.1/", AddressRefused::Malformed),
            ("https://a.example.org/#x", AddressRefused::Malformed),
            ("https://sàn.example.org/", AddressRefused::Malformed),
            ("https://", AddressRefused::Malformed),
            ("https://a.example.org:x/", AddressRefused::Malformed),
            ("//a.example.org/", AddressRefused::Malformed),
            ("/hook", AddressRefused::Malformed),
            ("", AddressRefused::Malformed),
            (&long, AddressRefused::Malformed),
            ("https://a.example.org:25/", AddressRefused::Port),
            ("https://a.example.org:22/", AddressRefused::Port),
        ] {
            assert_eq!(guard.target(url), Err(error), "{url}");
        }
        assert_eq!(guard.target("https://A.example.org:8443").unwrap().port, 8_443);
        assert_eq!(guard.target("https://[2606:4700::1111]/").unwrap().host, "2606:4700::1111");
        // Decimal and octal spellings are names here; what they resolve to is looked at like any other.
        assert_eq!(guard.target("https://2130706433/").unwrap().host, "2130706433");
    }

    #[test]
    fn what_the_operator_allows_inside_is_reached_and_nothing_beside_it() {
        let guard = Guard { private: vec!["10.20.0.0/16".parse().unwrap(), "::1/128".parse().unwrap()] };
        let target = guard.target("http://shop.internal:80/").unwrap();
        assert!(guard.admit(&target, &[ip("10.20.3.4")]).is_ok());
        assert!(guard.admit(&target, &[ip("::ffff:10.20.3.4")]).is_ok());
        assert_eq!(guard.admit(&target, &[ip("10.21.0.1")]), Err(AddressRefused::NotPublic));
        assert_eq!(guard.admit(&target, &[ip("1.1.1.1")]), Err(AddressRefused::NotPublic), "not unencrypted");
        for wrong in ["10.0.0.0", "10.0.0.0/33", "a/8", "::/129", "10.0.0.0/-1"] {
            assert!(wrong.parse::<Network>().is_err(), "{wrong}");
        }
        assert!("0.0.0.0/0".parse::<Network>().unwrap().contains(ip("8.8.8.8")));
    }
}
