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
    let bytes = url.as_bytes();
    let mut at = memchr::memchr(b'?', bytes)? + 1;
    let end = memchr::memchr(b'#', &bytes[at..]).map_or(bytes.len(), |length| at + length);
    loop {
        let past = memchr::memchr(b'&', &bytes[at..end]).map_or(end, |length| at + length);
        let pair = &url[at..past];
        if let Some(rest) = pair.strip_prefix(name) {
            match rest.as_bytes().first() {
                Some(b'=') => return Some(&rest[1..]),
                None => return Some(""),
                Some(_) => {}
            }
        }
        if past == end {
            return None;
        }
        at = past + 1;
    }
}

/// The first value of a parameter in the query of a URL, decoded.
#[must_use]
pub fn query_parameter(url: &str, name: &str) -> Option<String> {
    raw_query_parameter(url, name).map(|value| form_decode(value).into_owned())
}

/// Host in lower case, without user and port, and path of an absolute URL with `//`.
#[must_use]
pub fn host_and_path(url: &str) -> Option<(Cow<'_, str>, &str)> {
    let bytes = url.as_bytes();
    // The first colon or slash of an absolute URL is its scheme's end.
    let scheme = memchr::memchr2(b':', b'/', bytes)?;
    let start = match &bytes[scheme..] {
        [b':', b'/', b'/', ..] => scheme + 3,
        [b'/', b'/', ..] => scheme + 2,
        _ => return None,
    };
    let rest = &url[start..];
    let end = memchr::memchr3(b'/', b'?', b'#', rest.as_bytes()).unwrap_or(rest.len());
    let (authority, rest) = rest.split_at(end);
    let path_end = memchr::memchr2(b'?', b'#', rest.as_bytes()).unwrap_or(rest.len());
    // User, port and capitals are rare.
    let plain = authority.bytes().all(|byte| !matches!(byte, b'@' | b':' | b'A'..=b'Z'));
    let host = if plain { Cow::Borrowed(authority) } else { Cow::Owned(bare_host(authority)) };
    (!host.is_empty()).then_some((host, &rest[..path_end]))
}

fn bare_host(authority: &str) -> String {
    let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
    let host = match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => name,
        _ => host,
    };
    host.to_ascii_lowercase()
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
