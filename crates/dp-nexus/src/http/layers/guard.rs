//! What keeps other sites out: the host a request is meant for, the origin of pages that change things, and
//! what browsers are told of every answer.

use crate::http::{
    app::App,
    live::wants_socket,
    problem::{Code, Problem},
};
use axum::{
    extract::{Request, State},
    middleware::Next,
    response::{IntoResponse as _, Response},
};
use http::{HeaderMap, HeaderName, HeaderValue, Method, Uri, header};

/// Nothing but what the server itself serves; no frame around it, no other base.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; \
                      font-src 'self'; connect-src 'self'; manifest-src 'self'; worker-src 'self'; \
                      form-action 'self'; frame-ancestors 'none'; base-uri 'none'";

/// Where TLS is spoken, browsers keep to it for a year.
const ENCRYPTED_ONLY: &str = "max-age=31536000";

/// Headers of every answer that does not say otherwise.
const HEADERS: [(HeaderName, &str); 8] = [
    (header::CONTENT_SECURITY_POLICY, POLICY),
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::X_FRAME_OPTIONS, "DENY"),
    (header::REFERRER_POLICY, "no-referrer"),
    (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
    (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
    (HeaderName::from_static("permissions-policy"), "camera=(), geolocation=(), microphone=()"),
    // What is shown is a life: no cache between keeps it, and a browser asks anew.
    (header::CACHE_CONTROL, "private, no-cache"),
];

/// Refuses requests that are meant for another host: a name of an attacker's that leads here (DNS
/// rebinding).
pub(super) async fn host(State(app): State<App>, request: Request, next: Next) -> Response {
    let Some(authority) = authority(request.headers(), request.uri()) else {
        return Problem::new(Code::BadRequest, "the request does not say which host it is meant for")
            .into_response();
    };
    let name = host_of(&authority);
    if app.settings().hosts.iter().any(|known| known.eq_ignore_ascii_case(name)) {
        return next.run(request).await;
    }
    Problem::new(Code::UnknownHost, format!("the server does not answer to {name:?}")).into_response()
}

/// Refuses requests that change something, or open a WebSocket, and come from a page of another site.
pub(super) async fn origin(State(app): State<App>, request: Request, next: Next) -> Response {
    let is_safe = matches!(*request.method(), Method::GET | Method::HEAD | Method::OPTIONS | Method::TRACE);
    // Browsers let pages of any site open a WebSocket, with the cookies of this one.
    let is_safe = is_safe && !wants_socket(request.headers());
    if is_safe || is_from_here(request.headers(), request.uri(), &app.settings().origins) {
        return next.run(request).await;
    }
    Problem::plain(Code::CrossOrigin).into_response()
}

/// Browsers say where a page comes from whenever it changes something; programs say nothing.
fn is_from_here(headers: &HeaderMap, uri: &Uri, allowed: &[String]) -> bool {
    let Some(origin) = headers.get(header::ORIGIN) else {
        let site = headers.get("sec-fetch-site").map(HeaderValue::as_bytes);
        return matches!(site, None | Some(b"same-origin" | b"none"));
    };
    let Ok(origin) = origin.to_str() else { return false };
    if allowed.iter().any(|allowed| allowed.eq_ignore_ascii_case(origin)) {
        return true;
    }
    // A proxy may speak TLS for the server, so the scheme says nothing.
    let named = origin.split_once("://").map(|(_, named)| named);
    let own = authority(headers, uri);
    named.zip(own).is_some_and(|(named, own)| named.eq_ignore_ascii_case(&own))
}

/// Name and port that the request is meant for: HTTP/2 has them in the address, HTTP/1 in a header.
fn authority(headers: &HeaderMap, uri: &Uri) -> Option<String> {
    let mut hosts = headers.get_all(header::HOST).iter();
    let host = hosts.next().map(|host| host.to_str().map(str::to_owned).ok());
    if hosts.next().is_some() {
        return None;
    }
    match (uri.authority(), host) {
        (Some(authority), Some(host)) if host.as_deref() != Some(authority.as_str()) => None,
        (Some(authority), _) => Some(authority.to_string()),
        (None, host) => host?,
    }
}

/// Without the port.
fn host_of(authority: &str) -> &str {
    match authority.rsplit_once(':') {
        Some((host, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => host,
        _ => authority,
    }
}

/// Tells browsers what the answer may do.
pub(super) async fn answer(State(app): State<App>, request: Request, next: Next) -> Response {
    let name = authority(request.headers(), request.uri());
    let is_to_stay = app.settings().is_encrypted && name.is_some_and(|name| is_a_domain(host_of(&name)));
    let mut response = next.run(request).await;
    if is_to_stay {
        let headers = response.headers_mut();
        headers.insert(header::STRICT_TRANSPORT_SECURITY, HeaderValue::from_static(ENCRYPTED_ONLY));
    }
    for (name, value) in HEADERS {
        response.headers_mut().entry(name).or_insert(HeaderValue::from_static(value));
    }
    response
}

/// Whether a name is this server's alone: that `localhost` speaks TLS only would bind every other program on the
/// person's machine, and an address is bound by nothing.
fn is_a_domain(host: &str) -> bool {
    let is_address = host.starts_with('[') || host.parse::<std::net::IpAddr>().is_ok();
    let is_local =
        host.eq_ignore_ascii_case("localhost") || host.to_ascii_lowercase().ends_with(".localhost");
    !is_address && !is_local
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_names_of_domains_are_bound_to_tls() {
        for (host, expected) in [
            ("life.example.org", true),
            ("localhost", false),
            ("a.localhost", false),
            ("192.0.2.7", false),
            ("[::1]", false),
        ] {
            assert_eq!(is_a_domain(host), expected, "{host}");
        }
    }

    fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        let pairs = pairs
            .iter()
            .map(|&(name, value)| (HeaderName::from_static(name), HeaderValue::from_static(value)));
        HeaderMap::from_iter(pairs)
    }

    #[test]
    fn ports_are_not_part_of_a_name() {
        assert_eq!(host_of("localhost:7766"), "localhost");
        assert_eq!(host_of("[::1]:7766"), "[::1]");
        assert_eq!(host_of("[::1]"), "[::1]");
        assert_eq!(host_of("example.org"), "example.org");
    }

    #[test]
    fn a_request_is_meant_for_one_host() {
        let path = Uri::from_static("/a");
        assert_eq!(authority(&headers(&[("host", "a:1")]), &path).as_deref(), Some("a:1"));
        assert_eq!(authority(&headers(&[]), &Uri::from_static("http://b/a")).as_deref(), Some("b"));
        assert_eq!(authority(&headers(&[("host", "a")]), &Uri::from_static("http://b/a")), None);
        assert_eq!(authority(&headers(&[]), &path), None);
        let mut two = headers(&[("host", "a")]);
        two.append("host", HeaderValue::from_static("b"));
        assert_eq!(authority(&two, &path), None);
    }

    #[test]
    fn pages_of_other_sites_change_nothing() {
        let uri = Uri::from_static("/a");
        let is_from_here = |pairs: &[(&'static str, &'static str)]| {
            let mut pairs = pairs.to_vec();
            pairs.push(("host", "localhost:7766"));
            super::is_from_here(&headers(&pairs), &uri, &["https://life.example.org".to_owned()])
        };
        assert!(is_from_here(&[]));
        assert!(is_from_here(&[("sec-fetch-site", "same-origin")]));
        assert!(!is_from_here(&[("sec-fetch-site", "cross-site")]));
        assert!(!is_from_here(&[("sec-fetch-site", "same-site")]));
        assert!(is_from_here(&[("origin", "http://localhost:7766")]));
        assert!(is_from_here(&[("origin", "https://life.example.org")]));
        for other in
            ["http://localhost:8000", "https://evil.example", "null", "http://localhost:7766.evil.example"]
        {
            assert!(!is_from_here(&[("origin", other)]), "{other}");
        }
    }
}
