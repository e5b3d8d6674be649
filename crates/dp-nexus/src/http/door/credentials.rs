//! What a request shows to be let in: a header or, if there is none, the session cookie. Never both, and never
//! the one when the other is not valid.

use super::super::app::Refusal;
use crate::{
    Principal,
    accounts::{AccountError, Accounts},
};
use http::{HeaderMap, HeaderName, HeaderValue, header};
use jiff::Timestamp;

/// The header an API key may come in.
pub(super) const KEY_HEADER: HeaderName = HeaderName::from_static("x-api-key");
/// The header that a page of ours proves itself with.
pub(super) const CSRF_HEADER: HeaderName = HeaderName::from_static("x-csrf-token");
/// What API keys begin with.
const KEY_PREFIX: &str = "dpk_";
/// Longest text that is looked at.
const CHARS_MAX: usize = 2_048;

/// What is shown.
pub(super) enum Credentials {
    /// An access token.
    Access(String),
    /// An API key.
    Key(String),
    /// A browser's cookie, with the CSRF token beside it.
    Cookie {
        /// The cookie's value.
        cookie: String,
        /// The header's.
        csrf: String,
    },
}

impl Credentials {
    /// What the headers show, if anything.
    ///
    /// # Errors
    /// When they show several things at once, or something that is no credential.
    pub(super) fn read(headers: &HeaderMap, cookie_name: &str) -> Result<Option<Self>, Refusal> {
        let authorization = single(headers, &header::AUTHORIZATION)?;
        let key = single(headers, &KEY_HEADER)?;
        match (authorization, key) {
            (Some(_), Some(_)) => {
                Err(bad("the request has both Authorization and X-API-Key; send one of them"))
            }
            (Some(text), None) => bearer(text).map(Some),
            (None, Some(key)) => Ok(Some(Self::Key(key.trim().to_owned()))),
            (None, None) => Ok(cookie(headers, cookie_name).map(|cookie| Self::Cookie {
                cookie: cookie.to_owned(),
                csrf: headers
                    .get(CSRF_HEADER)
                    .and_then(|value| value.to_str().ok())
                    .unwrap_or_default()
                    .to_owned(),
            })),
        }
    }

    /// Who shows it. A cookie changes nothing without its CSRF token.
    pub(super) fn authenticate(
        &self,
        accounts: &Accounts,
        is_change: bool,
        now: Timestamp,
    ) -> Result<Principal, AccountError> {
        match self {
            Self::Access(token) => accounts.authenticate_access(token, now),
            Self::Key(key) => accounts.authenticate_key(key, now),
            Self::Cookie { cookie, csrf } => {
                let principal = accounts.authenticate_cookie(cookie, now)?;
                if is_change {
                    accounts.check_csrf(cookie, csrf)?;
                }
                Ok(principal)
            }
        }
    }
}

fn bad(reason: &str) -> Refusal {
    Refusal::BadCredentials(reason.to_owned())
}

/// The one value of a header.
fn single<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Result<Option<&'a str>, Refusal> {
    let mut values = headers.get_all(name).iter();
    let Some(value) = values.next() else { return Ok(None) };
    if values.next().is_some() {
        return Err(Refusal::BadCredentials(format!("the header {name} comes more than once")));
    }
    let text = value.to_str().ok().filter(|text| text.len() <= CHARS_MAX);
    text.map(Some).ok_or_else(|| Refusal::BadCredentials(format!("the header {name} can't be read")))
}

fn bearer(text: &str) -> Result<Credentials, Refusal> {
    let (scheme, token) = text.trim().split_once(' ').unwrap_or((text, ""));
    if !scheme.eq_ignore_ascii_case("bearer") {
        return Err(bad("Authorization has to be `Bearer` and an access token or API key"));
    }
    let token = token.trim();
    Ok(if token.starts_with(KEY_PREFIX) {
        Credentials::Key(token.to_owned())
    } else {
        Credentials::Access(token.to_owned())
    })
}

/// The value of a cookie; of several, the one that browsers put first because its path is the nearest.
pub(super) fn cookie<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let lines = headers.get_all(header::COOKIE).iter().filter_map(|value: &HeaderValue| value.to_str().ok());
    let mut pairs = lines.flat_map(|line| line.split(';')).filter_map(|pair| pair.trim().split_once('='));
    pairs.find(|(known, value)| *known == name && value.len() <= CHARS_MAX).map(|(_, value)| value)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(pairs: &[(&'static str, &'static str)]) -> String {
        let mut headers = HeaderMap::new();
        for (name, value) in pairs {
            headers.append(HeaderName::from_static(name), HeaderValue::from_static(value));
        }
        match Credentials::read(&headers, "session") {
            Ok(None) => "nobody".to_owned(),
            Ok(Some(Credentials::Access(token))) => format!("access {token}"),
            Ok(Some(Credentials::Key(key))) => format!("key {key}"),
            Ok(Some(Credentials::Cookie { cookie, csrf })) => format!("cookie {cookie} {csrf}"),
            Err(_) => "refused".to_owned(),
        }
    }

    #[test]
    fn a_header_is_taken_before_the_cookie_and_never_two_of_them() {
        assert_eq!(read(&[]), "nobody");
        assert_eq!(read(&[("cookie", "other=1; session=abc"), ("x-csrf-token", "t")]), "cookie abc t");
        assert_eq!(read(&[("cookie", "session=abc"), ("authorization", "bearer x.y.z")]), "access x.y.z");
        assert_eq!(read(&[("cookie", "session=abc"), ("authorization", "Bearer dpk_1")]), "key dpk_1");
        assert_eq!(read(&[("cookie", "session=abc"), ("x-api-key", "dpk_2")]), "key dpk_2");
        assert_eq!(read(&[("x-api-key", "dpk_2"), ("authorization", "Bearer dpk_1")]), "refused");
        assert_eq!(read(&[("authorization", "Bearer a"), ("authorization", "Bearer b")]), "refused");
        assert_eq!(read(&[("cookie", "session=abc"), ("authorization", "Basic YTpi")]), "refused");
        assert_eq!(read(&[("cookie", "session=abc"), ("authorization", "")]), "refused");
        assert_eq!(read(&[("cookie", "xsession=abc; session =d; sessions=e")]), "nobody");
        assert_eq!(read(&[("cookie", "session=first; session=second")]), "cookie first ");
    }
}
