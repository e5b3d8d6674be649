//! Signing in with an identity provider: OpenID Connect, authorization code with PKCE. What the provider says of
//! itself and of a person comes in, a verified identity goes out. Blocks; asks only the provider that is configured.

mod provider;
mod token;

use super::pending::Pending;
use crate::accounts::Secret;
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use dp_cortex::asking::Asker;
use jiff::Timestamp;
use parking_lot::Mutex;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use provider::{Keys, Provider};
use sha2::{Digest as _, Sha256};
use std::{collections::BTreeMap, fmt, sync::Arc};
use tokio::sync::Semaphore;

/// How long a person may take at the provider, seconds.
const FLOW_S: i64 = 600;
/// How long what a provider says of itself is believed, seconds.
const METADATA_S: i64 = 3_600;
/// Keys are not fetched anew more often than this, seconds: a token that names a key nobody knows costs little.
const KEYS_WAIT_S: i64 = 30;
/// Sign-ins that ask the provider at once; others wait.
const ASKING_AT_ONCE: usize = 4;
/// What stands as it is in a query.
const PLAIN: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// The provider that people may sign in with.
#[derive(Clone, PartialEq, Eq)]
pub struct OidcSettings {
    /// What it is called on a button.
    pub name: String,
    /// Its address, exactly as it names itself: `https://id.example.org`.
    pub issuer: String,
    /// What it knows this server as.
    pub client_id: String,
    /// What this server proves itself with; a public client has none.
    pub client_secret: Option<String>,
    /// Where it sends people back to: this server's address with `/api/v1/auth/oidc/callback`.
    pub redirect_url: String,
    /// Verified e-mail addresses, and the name of the account that each may sign in to.
    pub accounts: BTreeMap<String, String>,
}

impl fmt::Debug for OidcSettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OidcSettings").field("issuer", &self.issuer).finish_non_exhaustive()
    }
}

/// Why a sign-in came to nothing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum OidcError {
    /// The provider can't be asked, or answers something else than it should; for the log.
    #[error("{0}")]
    Provider(String),
    /// What it says of the person can't be believed.
    #[error("what the identity provider says can't be believed: {0}")]
    Token(&'static str),
    /// The e-mail address is not known to be the person's.
    #[error("the identity provider does not say that your e-mail address is verified")]
    NotVerified,
    /// No account is meant for the address.
    #[error("no account is meant for {0}")]
    NotListed(String),
}

/// Somebody, as the provider knows them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Person {
    /// Never changes, and is never given to somebody else.
    pub(super) subject: String,
    /// Verified.
    pub(super) email: String,
    /// The account that is meant for the address.
    pub(super) account: String,
}

/// A sign-in that is at the provider.
#[derive(Debug)]
pub(super) struct Flow {
    verifier: Secret,
    nonce: Secret,
    /// BLAKE3 of what the browser's cookie holds.
    browser: [u8; 32],
    pub(super) then: String,
}

/// What a browser is sent away with.
pub(super) struct Departure {
    /// The provider's page.
    pub(super) address: String,
    /// What the browser keeps meanwhile, to show that it is the same.
    pub(super) cookie: Secret,
}

/// A provider, with what is known of it and who is there just now.
pub(super) struct Oidc {
    pub(super) settings: OidcSettings,
    asker: Asker,
    provider: Mutex<Option<(i64, Provider)>>,
    keys: Mutex<Option<(i64, Keys)>>,
    flows: Pending<Flow>,
    pub(super) room: Arc<Semaphore>,
}

impl Oidc {
    pub(super) fn new(settings: OidcSettings) -> Self {
        Self {
            settings,
            asker: Asker::default(),
            provider: Mutex::default(),
            keys: Mutex::default(),
            flows: Pending::new(FLOW_S),
            room: Arc::new(Semaphore::new(ASKING_AT_ONCE)),
        }
    }

    /// Where to send a browser that is to come back to `then`. Blocks.
    pub(super) fn depart(&self, then: String, now: Timestamp) -> Result<Departure, OidcError> {
        let provider = self.provider(now)?;
        let random = || Secret::random().map_err(|error| OidcError::Provider(error.to_string()));
        let (state, cookie, verifier, nonce) = (random()?, random()?, random()?, random()?);
        let challenge = URL_SAFE_NO_PAD.encode(Sha256::digest(verifier.expose()));
        let parameters = [
            ("response_type", "code"),
            ("client_id", &self.settings.client_id),
            ("redirect_uri", &self.settings.redirect_url),
            ("scope", "openid email"),
            ("state", state.expose()),
            ("nonce", nonce.expose()),
            ("code_challenge", &challenge),
            ("code_challenge_method", "S256"),
        ];
        let query: Vec<String> = parameters
            .iter()
            .map(|(name, value)| format!("{name}={}", utf8_percent_encode(value, PLAIN)))
            .collect();
        let joint = if provider.authorization_endpoint.contains('?') { '&' } else { '?' };
        let address = format!("{}{joint}{}", provider.authorization_endpoint, query.join("&"));
        let browser = *blake3::hash(cookie.expose().as_bytes()).as_bytes();
        self.flows.put(state.expose().to_owned(), Flow { verifier, nonce, browser, then }, now);
        Ok(Departure { address, cookie })
    }

    /// The sign-in that this state belongs to, if it is this browser's. A state is good once.
    pub(super) fn returned(&self, state: &str, cookie: Option<&str>, now: Timestamp) -> Option<Flow> {
        let flow = self.flows.take(state, now)?;
        // Hashes are compared in constant time.
        let shown = blake3::hash(cookie?.as_bytes());
        (shown == blake3::Hash::from_bytes(flow.browser)).then_some(flow)
    }

    /// Exchanges the code for who it is. Blocks.
    pub(super) fn identify(&self, flow: &Flow, code: &str, now: Timestamp) -> Result<Person, OidcError> {
        let provider = self.provider(now)?;
        let tokens = provider.exchange(&self.asker, &self.settings, code, flow.verifier.expose())?;
        let expected = token::Expected {
            issuer: &self.settings.issuer,
            client_id: &self.settings.client_id,
            nonce: flow.nonce.expose(),
            now_s: now.as_second(),
        };
        let mut claims = match token::verify(&tokens.id_token, &self.keys(&provider, false, now)?, &expected)
        {
            // The provider may have new keys.
            Err(token::Unverified::UnknownKey) => {
                let keys = self.keys(&provider, true, now)?;
                token::verify(&tokens.id_token, &keys, &expected)
            }
            verified => verified,
        }?;
        if claims.email.is_none()
            && let Some(more) = provider.person(&self.asker, tokens.access_token.as_deref())?
        {
            if more.subject != claims.subject {
                return Err(OidcError::Token("it speaks of somebody else in another place"));
            }
            claims = more;
        }
        let email = claims.email.filter(|_| claims.is_verified).ok_or(OidcError::NotVerified)?;
        let wanted = folded(&email);
        let listed = self.settings.accounts.iter().find(|(known, _)| folded(known) == wanted);
        match listed {
            Some((_, account)) => Ok(Person { subject: claims.subject, email, account: account.clone() }),
            None => Err(OidcError::NotListed(email)),
        }
    }

    /// What the provider says of itself.
    fn provider(&self, now: Timestamp) -> Result<Provider, OidcError> {
        let now_s = now.as_second();
        if let Some((since_s, provider)) = &*self.provider.lock()
            && now_s - since_s < METADATA_S
        {
            return Ok(provider.clone());
        }
        let found = Provider::discover(&self.asker, &self.settings.issuer)?;
        *self.provider.lock() = Some((now_s, found.clone()));
        Ok(found)
    }

    /// The keys it signs with; anew if those that are known will not do.
    fn keys(&self, provider: &Provider, is_anew: bool, now: Timestamp) -> Result<Keys, OidcError> {
        let now_s = now.as_second();
        if let Some((since_s, keys)) = &*self.keys.lock() {
            let age_s = now_s - since_s;
            if age_s < if is_anew { KEYS_WAIT_S } else { METADATA_S } {
                return Ok(keys.clone());
            }
        }
        let found = provider.keys(&self.asker)?;
        *self.keys.lock() = Some((now_s, found.clone()));
        Ok(found)
    }
}

impl From<token::Unverified> for OidcError {
    fn from(error: token::Unverified) -> Self {
        match error {
            token::Unverified::UnknownKey => Self::Token("its key is none of the provider's"),
            token::Unverified::Wrong(what) => Self::Token(what),
        }
    }
}

/// An address as it is compared.
fn folded(email: &str) -> String {
    email.trim().to_lowercase()
}
