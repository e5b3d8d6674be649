//! The parts of a URL that parsers look at, without building one.

use std::borrow::Cow;

/// Decodes `%41`; broken escapes stay, invalid UTF-8 becomes U+FFFD.
#[must_use]
pub fn percent_decode(text: &str) -> Cow<'_, str> {
    if memchr::memchr(b'%', text.as_bytes()).is_none() {
        return Cow::Borrowed(text);
    }
    percent_encoding::percent_decode_str(text).decode_utf8_lossy()
}

/// Decodes the value of a form or query: `+` is a space, then as [`percent_decode`].
#[must_use]
pub fn form_decode(text: &str) -> Cow<'_, str> {
    if memchr::memchr(b'+', text.as_bytes()).is_none() {
        return percent_decode(text);
    }
    let spaced = text.replace('+', " ");
    match percent_decode(&spaced) {
        Cow::Borrowed(_) => Cow::Owned(spaced),
        Cow::Owned(decoded) => Cow::Owned(decoded),
    }
}

/// The first value of a parameter in the query of a URL, as it stands.
#[must_use]
pub fn raw_query_parameter<'a>(url: &'a str, name: &str) -> Option<&'a str> {
    let (_, query) = url.split_once('?')?;
    let query = query.split_once('#').map_or(query, |(query, _)| query);
    query.split('&').find_map(|pair| match pair.split_once('=') {
        Some((key, value)) => (key == name).then_some(value),
        None => (pair == name).then_some(""),
    })
}

/// The first value of a parameter in the query of a URL, decoded.
#[must_use]
pub fn query_parameter(url: &str, name: &str) -> Option<String> {
    raw_query_parameter(url, name).map(|value| form_decode(value).into_owned())
}

/// Host in lower case, without user and port, and path of an absolute URL with `//`.
#[must_use]
pub fn host_and_path(url: &str) -> Option<(Cow<'_, str>, &str)> {
    let (_, rest) = url.split_once("//")?;
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let (authority, rest) = rest.split_at(end);
    let path_end = rest.find(['?', '#']).unwrap_or(rest.len());
    let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
    let host = match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => name,
        _ => host,
    };
    let host = match host.bytes().any(|byte| byte.is_ascii_uppercase()) {
        true => Cow::Owned(host.to_ascii_lowercase()),
        false => Cow::Borrowed(host),
    };
    (!host.is_empty()).then_some((host, &rest[..path_end]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes_are_decoded() {
        assert_eq!(percent_decode("a%20b%C3%A9%zz+%F"), "a bé%zz+%F");
        assert_eq!(form_decode("a+b%2Bc"), "a b+c");
        assert_eq!(form_decode("a+b"), "a b");
        assert_eq!(percent_decode("%FF"), "\u{FFFD}");
    }

    #[test]
    fn urls_fall_into_parts() {
        let url = "https://me@WWW.Example.org:8080/a/b?q=sour+dough&x&q=2#frag?q=3";
        assert_eq!(host_and_path(url), Some(("www.example.org".into(), "/a/b")));
        assert_eq!(query_parameter(url, "q").as_deref(), Some("sour dough"));
        assert_eq!(query_parameter(url, "x").as_deref(), Some(""));
        assert_eq!(query_parameter(url, "y"), None);
        assert_eq!(host_and_path("mailto:a@b.c"), None);
        assert_eq!(host_and_path("https://a.b?x"), Some(("a.b".into(), "")));
    }
}
