//! What a provider says of itself, and what it is asked: discovery, keys, the exchange of a code. Addresses that it
//! names are asked only if they are as safe as its own.

use super::{OidcError, OidcSettings, PLAIN, token::Claims};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use dp_cortex::asking::{Answer, Asker, Credentials, may_be_asked};
use http::Uri;
use jsonwebtoken::jwk::Jwk;
use percent_encoding::utf8_percent_encode;
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::Value;

/// Keys of a provider that are looked at.
const KEYS_MAX: usize = 64;

/// The keys a provider signs with.
pub(super) type Keys = Vec<Jwk>;

/// What a provider says of itself: OpenID Connect Discovery 1.0, section 3.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct Provider {
    issuer: String,
    pub(super) authorization_endpoint: String,
    token_endpoint: String,
    jwks_uri: String,
    userinfo_endpoint: Option<String>,
    #[serde(default)]
    token_endpoint_auth_methods_supported: Vec<String>,
}

/// What a code is exchanged for.
#[derive(Deserialize)]
pub(super) struct Tokens {
    pub(super) id_token: String,
    pub(super) access_token: Option<String>,
}

#[derive(Deserialize)]
struct KeySet {
    keys: Vec<Value>,
}

impl Provider {
    /// Asks the provider what it is.
    pub(super) fn discover(asker: &Asker, issuer: &str) -> Result<Self, OidcError> {
        let address = format!("{}/.well-known/openid-configuration", issuer.trim_end_matches('/'));
        let found: Self = read(&address, asker.get(&address, Credentials::None))?;
        if found.issuer != issuer {
            let reason = format!("{issuer:?} names itself {:?}; configure exactly that", cut(&found.issuer));
            return Err(OidcError::Provider(reason));
        }
        let named = [&found.authorization_endpoint, &found.token_endpoint, &found.jwks_uri];
        for address in named.into_iter().chain(&found.userinfo_endpoint) {
            if !is_fit(address, issuer) {
                let reason = format!("{issuer:?} names {:?}, which is not asked", cut(address));
                return Err(OidcError::Provider(reason));
            }
        }
        Ok(found)
    }

    /// Its keys; those of kinds that are not known are passed over.
    pub(super) fn keys(&self, asker: &Asker) -> Result<Keys, OidcError> {
        let set: KeySet = read(&self.jwks_uri, asker.get(&self.jwks_uri, Credentials::None))?;
        let keys = set.keys.into_iter().take(KEYS_MAX);
        Ok(keys.filter_map(|key| serde_json::from_value(key).ok()).collect())
    }

    /// Exchanges a code.
    pub(super) fn exchange(
        &self,
        asker: &Asker,
        settings: &OidcSettings,
        code: &str,
        verifier: &str,
    ) -> Result<Tokens, OidcError> {
        let mut form = vec![
            ("grant_type", "authorization_code"),
            ("code", code),
            ("redirect_uri", settings.redirect_url.as_str()),
            ("code_verifier", verifier),
        ];
        let methods = &self.token_endpoint_auth_methods_supported;
        let takes = |method: &str| methods.iter().any(|known| known == method);
        let by_header = methods.is_empty() || takes("client_secret_basic") || !takes("client_secret_post");
        let authorization = match &settings.client_secret {
            Some(secret) if by_header => Some(basic(&settings.client_id, secret)),
            Some(secret) => {
                form.extend([("client_id", settings.client_id.as_str()), ("client_secret", secret)]);
                None
            }
            None => {
                form.push(("client_id", &settings.client_id));
                None
            }
        };
        let credentials = authorization.as_deref().map_or(Credentials::None, Credentials::Whole);
        read(&self.token_endpoint, asker.send(&self.token_endpoint, &form, credentials))
    }

    /// What it says of the person besides the token, if it can be asked.
    pub(super) fn person(&self, asker: &Asker, token: Option<&str>) -> Result<Option<Claims>, OidcError> {
        let (Some(address), Some(token)) = (&self.userinfo_endpoint, token) else { return Ok(None) };
        // What could not stand in a header is no token.
        if token.bytes().any(|byte| !byte.is_ascii_graphic()) {
            return Ok(None);
        }
        read(address, asker.get(address, Credentials::Bearer(token))).map(Some)
    }
}

/// RFC 6749, section 2.3.1: both are encoded as in a form before they are put together.
fn basic(client_id: &str, secret: &str) -> String {
    let both = format!("{}:{}", utf8_percent_encode(client_id, PLAIN), utf8_percent_encode(secret, PLAIN));
    format!("Basic {}", STANDARD.encode(both))
}

/// Whether an address that the provider names may be asked: with the same name as its own, or over TLS at a name of
/// the internet. Numbers, and names without a dot, are machines of the network that the server is in.
fn is_fit(address: &str, issuer: &str) -> bool {
    if !may_be_asked(address) {
        return false;
    }
    let origin = |address: &str| {
        let uri: Uri = address.parse().ok()?;
        Some((uri.scheme_str()?.to_owned(), uri.authority()?.as_str().to_ascii_lowercase()))
    };
    if origin(address).is_some() && origin(address) == origin(issuer) {
        return true;
    }
    let Ok(uri) = address.parse::<Uri>() else { return false };
    let host = uri.host().unwrap_or_default();
    let is_number =
        host.starts_with('[') || host.rsplit('.').next().is_none_or(|last| last.parse::<u32>().is_ok());
    uri.scheme_str() == Some("https") && host.contains('.') && !is_number
}

fn read<T: DeserializeOwned>(
    address: &str,
    answer: Result<Answer, dp_cortex::asking::AskError>,
) -> Result<T, OidcError> {
    let answer = answer.map_err(|error| OidcError::Provider(error.to_string()))?;
    if answer.status != 200 {
        let said = String::from_utf8_lossy(&answer.body[..answer.body.len().min(200)]).into_owned();
        let reason = format!("{address} answers {} and not 200: {said:?}", answer.status);
        return Err(OidcError::Provider(reason));
    }
    serde_json::from_slice(&answer.body).map_err(|error| {
        OidcError::Provider(format!("{address} answers something else than it should: {error}"))
    })
}

/// Enough of a text of somebody else's for the log.
fn cut(text: &str) -> &str {
    &text[..text.floor_char_boundary(200)]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_provider_leads_to_no_machine_of_the_network_that_the_server_is_in() {
        let issuer = "https://id.example.org/realms/home";
        for address in ["https://id.example.org/token", "https://keys.example.net/certs"] {
            assert!(is_fit(address, issuer), "{address}");
        }
        for address in [
            "http://id.example.org/token",
            "http://localhost:7766/api",
            "https://localhost/",
            "https://127.0.0.1/",
            "https://[::1]/",
            "https://192.168.1.1/",
            "https://2130706433/",
            "https://router/",
            "ftp://example.org/",
        ] {
            assert!(!is_fit(address, issuer), "{address}");
        }
        let here = "http://127.0.0.1:9000";
        assert!(is_fit("http://127.0.0.1:9000/token", here) && !is_fit("http://127.0.0.1:9001/token", here));
    }

    #[test]
    fn a_client_proves_itself_as_the_rfc_says() {
        assert_eq!(basic("a b", "c:d"), format!("Basic {}", STANDARD.encode("a%20b:c%3Ad")));
    }
}
