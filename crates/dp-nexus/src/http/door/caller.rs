//! Who is at the other end of a request about accounts: where they are, and what of an account they may manage.

use super::{
    super::{
        entrance::{ClientAddress, Entrance, principal, whole},
        problem::{Code, Problem},
    },
    Door,
};
use crate::http::app::Refusal;
use crate::{Origin, Principal, Role, accounts::Client};
use axum::extract::{ConnectInfo, FromRequestParts};
use http::{HeaderMap, HeaderName, header, request::Parts};
use std::net::{IpAddr, SocketAddr};

/// What proxies add to the requests they pass on.
const PROXY_HEADERS: [HeaderName; 6] = [
    header::FORWARDED,
    header::VIA,
    HeaderName::from_static("x-forwarded-for"),
    HeaderName::from_static("x-forwarded-host"),
    HeaderName::from_static("x-forwarded-proto"),
    HeaderName::from_static("x-real-ip"),
];

/// Where a request comes from.
#[derive(Debug, Clone)]
pub(super) struct Caller {
    pub(super) address: Option<IpAddr>,
    device: String,
    /// Whether it was sent on this very machine, and by no proxy that may stand for somebody else.
    pub(super) is_here: bool,
}

impl Caller {
    pub(super) fn client(&self) -> Client<'_> {
        Client { address: self.address, device: &self.device }
    }
}

impl FromRequestParts<Door> for Caller {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, door: &Door) -> Result<Self, Problem> {
        let address = parts.extensions.get::<ClientAddress>().and_then(|address| address.0);
        let device = parts.headers.get(header::USER_AGENT).and_then(|value| value.to_str().ok());
        let peer = parts.extensions.get::<ConnectInfo<SocketAddr>>().map(|peer| peer.0.ip().to_canonical());
        let named = parts.uri.authority().map(http::uri::Authority::as_str);
        let is_here =
            peer.is_some_and(|peer| is_from_here(peer, &door.0.trusted_proxies, &parts.headers, named));
        Ok(Self { address, device: device.unwrap_or_default().to_owned(), is_here })
    }
}

/// A proxy on this machine comes from here too: it shows by being known, by what it adds, or by passing on the
/// name that people know the server by.
fn is_from_here(peer: IpAddr, trusted: &[IpAddr], headers: &HeaderMap, named: Option<&str>) -> bool {
    let is_passed_on = trusted.contains(&peer) || PROXY_HEADERS.iter().any(|name| headers.contains_key(name));
    let host = headers.get(header::HOST).map(|host| host.to_str().unwrap_or_default());
    // HTTP/1 has the name in a header, HTTP/2 in the address.
    let mut names = host.into_iter().chain(named);
    peer.is_loopback() && !is_passed_on && names.all(is_local_name)
}

/// Whether a name, with its port, can only mean this machine.
fn is_local_name(authority: &str) -> bool {
    let name = match authority.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => name,
        _ => authority,
    };
    let bare = name.trim_start_matches('[').trim_end_matches(']');
    name.eq_ignore_ascii_case("localhost")
        || bare.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

/// One who looks after the account itself: a session of it, or a key that may manage all of it.
#[derive(Debug, Clone)]
pub(super) struct Holder(pub(super) Principal);

impl<S: Send + Sync> FromRequestParts<S> for Holder {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let principal = principal(parts)?;
        whole(&principal)?;
        if matches!(principal.origin, Origin::Session(_)) || principal.scope.admin {
            return Ok(Self(principal));
        }
        Err(Problem::new(Code::Forbidden, "this takes a session, or a key with the right to admin"))
    }
}

/// The owner of the machine, who manages accounts.
#[derive(Debug, Clone, Copy)]
pub(super) struct Owner;

impl<S: Send + Sync> FromRequestParts<S> for Owner {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let Holder(principal) = Holder::from_request_parts(parts, state).await?;
        if principal.role == Role::Owner && principal.scope.admin {
            return Ok(Self);
        }
        Err(Problem::new(Code::Forbidden, "only the owner, who was the first account, manages accounts"))
    }
}

/// Nobody in particular, once there is an account to sign in to.
#[derive(Debug, Clone, Copy)]
pub(super) struct SetUp;

impl<S: Send + Sync> FromRequestParts<S> for SetUp {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        match parts.extensions.get::<Entrance>() {
            Some(Entrance(Err(Refusal::SetupNeeded))) => Err(Problem::plain(Code::SetupNeeded)),
            _ => Ok(Self),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::HeaderValue;

    #[test]
    fn only_a_direct_request_on_this_machine_is_from_here() {
        let trusted: Vec<IpAddr> = vec!["127.0.0.9".parse().unwrap()];
        let is_here = |peer: &str, pairs: &[(&'static str, &'static str)]| {
            let pairs = pairs
                .iter()
                .map(|&(name, value)| (HeaderName::from_static(name), HeaderValue::from_static(value)));
            is_from_here(peer.parse().unwrap(), &trusted, &HeaderMap::from_iter(pairs), None)
        };
        assert!(is_here("127.0.0.1", &[("host", "localhost:7766")]));
        assert!(is_here("::1", &[("host", "[::1]:7766")]));
        let loopback = "127.0.0.1".parse().unwrap();
        let over_http_2 = |name| is_from_here(loopback, &trusted, &HeaderMap::new(), Some(name));
        assert!(over_http_2("localhost:7766") && !over_http_2("life.example.org"));
        assert!(!is_here("192.0.2.7", &[("host", "localhost:7766")]));
        assert!(!is_here("127.0.0.9", &[("host", "localhost")]), "a proxy that is known");
        assert!(!is_here("127.0.0.1", &[("host", "life.example.org")]), "a proxy that passes the name on");
        for header in ["x-forwarded-for", "x-real-ip", "forwarded", "via"] {
            assert!(!is_here("127.0.0.1", &[("host", "localhost"), (header, "127.0.0.1")]), "{header}");
        }
    }
}
