//! Who may come in where: before a handler runs, the doorkeeper says who asks and the limiter whether it is not
//! too much; an extractor in the handler's arguments says which right it takes.

use super::{
    app::{App, Refusal, Visitor},
    live,
    problem::{Code, Problem},
    rate::{Bearer, Verdict},
};
use crate::Principal;
use axum::{
    extract::{ConnectInfo, FromRequestParts, Request, State},
    middleware::Next,
    response::{IntoResponse as _, Response},
};
use http::{HeaderMap, HeaderName, HeaderValue, request::Parts};
use std::{
    net::{IpAddr, SocketAddr},
    time::Instant,
};

/// What the doorkeeper said, in the extensions of every request.
#[derive(Debug, Clone)]
pub(super) struct Entrance(pub(super) Result<Principal, Refusal>);

/// Where the request comes from, in the extensions of every request.
#[derive(Debug, Clone, Copy)]
pub struct ClientAddress(pub Option<IpAddr>);

/// Asks the doorkeeper who it is, and the limiter whether it is too much.
pub(super) async fn let_in(State(app): State<App>, request: Request, next: Next) -> Response {
    let (request, bearer) = recognised(&app, request).await;
    let verdict = app.limiter().take(bearer, Instant::now());
    let mut response = if verdict.is_allowed {
        next.run(request).await
    } else {
        Problem::plain(Code::RateLimited).retry_after_s(verdict.wait_s.max(1)).into_response()
    };
    say(&verdict, bearer, response.headers_mut());
    response
}

/// Asks the doorkeeper who it is, and lets in as many as come.
pub(super) async fn let_in_freely(State(app): State<App>, request: Request, next: Next) -> Response {
    next.run(recognised(&app, request).await.0).await
}

/// The request with who it is from in its extensions; and who is to be counted for it.
async fn recognised(app: &App, request: Request) -> (Request, Bearer) {
    let (mut parts, body) = request.into_parts();
    let address = client_address(&parts, &app.settings().trusted_proxies);
    let visitor = Visitor { method: &parts.method, path: parts.uri.path(), headers: &parts.headers, address };
    let mut entrance = app.doorkeeper().admit(visitor).await;
    if entrance == Err(Refusal::Nobody)
        && let Some((principal, shown)) = live::redeemed(app, &parts.uri)
    {
        parts.extensions.insert(shown);
        entrance = Ok(principal);
    }
    let bearer = match &entrance {
        Ok(principal) => Bearer::Account(principal.account),
        Err(_) => Bearer::of_address(address),
    };
    if let Ok(principal) = &entrance {
        parts.extensions.insert(principal.clone());
    }
    parts.extensions.insert(Entrance(entrance));
    parts.extensions.insert(ClientAddress(address));
    parts.extensions.insert(app.clone());
    (Request::from_parts(parts, body), bearer)
}

/// The limits as draft-ietf-httpapi-ratelimit-headers-10 has them.
fn say(verdict: &Verdict, bearer: Bearer, headers: &mut HeaderMap) {
    let policy = match bearer {
        Bearer::Account(_) => "account",
        Bearer::Address(_) | Bearer::Others => "address",
    };
    let (burst, window_s) = (verdict.allowance.burst as u64, verdict.allowance.window_s());
    let texts = [
        ("ratelimit-policy", format!("\"{policy}\";q={burst};w={window_s}")),
        ("ratelimit", format!("\"{policy}\";r={};t={}", verdict.remaining, verdict.wait_s)),
    ];
    for (name, text) in texts {
        if let Ok(value) = HeaderValue::from_str(&text) {
            headers.insert(HeaderName::from_static(name), value);
        }
    }
}

/// Where a request comes from: what the connection says, or, if that is a trusted proxy, the last address of
/// `X-Forwarded-For` that is not.
fn client_address(parts: &Parts, trusted: &[IpAddr]) -> Option<IpAddr> {
    let peer = parts.extensions.get::<ConnectInfo<SocketAddr>>()?.0.ip().to_canonical();
    if !trusted.contains(&peer) {
        return Some(peer);
    }
    let forwarded = parts.headers.get_all("x-forwarded-for").iter().filter_map(|value| value.to_str().ok());
    let mut hops = forwarded.flat_map(|value| value.split(',')).collect::<Vec<_>>();
    hops.reverse();
    // Behind a hop that is no address nothing can be believed.
    let hops = hops.into_iter().map_while(|hop| hop.trim().parse::<IpAddr>().ok());
    let mut last = peer;
    for hop in hops {
        last = hop.to_canonical();
        if !trusted.contains(&last) {
            break;
        }
    }
    Some(last)
}

pub(super) fn principal(parts: &Parts) -> Result<Principal, Problem> {
    match parts.extensions.get::<Entrance>() {
        Some(Entrance(entrance)) => entrance.clone().map_err(Into::into),
        None => Err(Problem::internal("a route that needs a principal has no entrance")),
    }
}

macro_rules! rights {
    ($($(#[$doc:meta])* $name:ident $right:ident;)+) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone)]
        pub struct $name(pub Principal);

        impl<S: Send + Sync> FromRequestParts<S> for $name {
            type Rejection = Problem;

            async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
                let principal = principal(parts)?;
                if principal.scope.$right {
                    return Ok(Self(principal));
                }
                let detail = concat!("this takes the right to ", stringify!($right), ", which the session or key does not have");
                Err(Problem::new(Code::Forbidden, detail))
            }
        }
    )+};
}

rights! {
    /// A principal that may read.
    Reads read;
    /// A principal that may change annotations and own documents.
    Writes write;
    /// A principal that may import.
    Imports import;
    /// A principal that may manage accounts, keys and what is forgotten.
    Administers admin;
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address_of(peer: &str, forwarded: &[&str]) -> String {
        let mut request = http::Request::new(());
        let peer: SocketAddr = peer.parse().unwrap();
        request.extensions_mut().insert(ConnectInfo(peer));
        for value in forwarded {
            request.headers_mut().append("x-forwarded-for", value.parse().unwrap());
        }
        let trusted = ["10.0.0.1", "10.0.0.2"].map(|address| address.parse().unwrap());
        client_address(&request.into_parts().0, &trusted).unwrap().to_string()
    }

    #[test]
    fn only_a_trusted_proxy_says_where_a_request_comes_from() {
        assert_eq!(address_of("192.0.2.7:99", &["198.51.100.1"]), "192.0.2.7");
        assert_eq!(address_of("10.0.0.1:99", &["198.51.100.1"]), "198.51.100.1");
        assert_eq!(address_of("10.0.0.1:99", &["1.1.1.1, 198.51.100.1", "10.0.0.2"]), "198.51.100.1");
        assert_eq!(address_of("10.0.0.1:99", &["198.51.100.1, unknown"]), "10.0.0.1");
        assert_eq!(address_of("[::ffff:10.0.0.1]:99", &[]), "10.0.0.1");
    }
}
