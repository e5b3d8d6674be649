//! Passkeys: WebAuthn Level 3, sections 7.1 and 7.2, as far as a server needs it that trusts no maker of
//! authenticators. What browsers send comes in, a verified credential goes out. Stores nothing, asks nobody.

mod authenticator;
mod public_key;

use super::pending::Pending;
use crate::AccountId;
use authenticator::AuthenticatorData;
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use ciborium::Value;
pub(super) use public_key::ALGORITHMS;
use public_key::PublicKey;
use serde::Deserialize;
use sha2::{Digest as _, Sha256};

/// How long a challenge is good for, seconds.
pub(super) const CHALLENGE_S: i64 = 300;
/// How deep CBOR may go.
const DEPTH_MAX: usize = 8;
/// Longest identifier of a credential: section 5.8.3.
const CREDENTIAL_BYTES_MAX: usize = 1_023;

/// What was asked of an authenticator.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Challenge {
    /// The host that it is for.
    pub(super) site: String,
    /// The account that is to get a passkey; None to sign in.
    pub(super) account: Option<AccountId>,
}

/// Challenges that wait for their answer.
pub(super) type Challenges = Pending<Challenge>;

/// Why an answer is not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Wrong(pub(super) &'static str);

/// The page that asks, as the request for it says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Page {
    /// Name and port, as in `Host`.
    pub(super) authority: String,
    /// The name alone, lower-case.
    pub(super) site: String,
}

impl Page {
    /// The page of a server with this name and port.
    ///
    /// # Errors
    /// If it is a number: authenticators know names only.
    pub(super) fn of(authority: &str) -> Result<Self, Wrong> {
        let name = match authority.rsplit_once(':') {
            Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => name,
            _ => authority,
        };
        if name.starts_with('[') || name.parse::<std::net::IpAddr>().is_ok() {
            return Err(Wrong(
                "passkeys go by names: open the page as http://localhost, or by the server's name",
            ));
        }
        Ok(Self { authority: authority.to_ascii_lowercase(), site: name.to_ascii_lowercase() })
    }

    /// Whether an origin is this page's: over TLS, or on this very machine.
    fn is_of(&self, origin: &str) -> bool {
        let is_local = self.site == "localhost" || self.site.ends_with(".localhost");
        let named = origin.strip_prefix("https://");
        let named = named.or_else(|| origin.strip_prefix("http://").filter(|_| is_local));
        named.is_some_and(|named| named.eq_ignore_ascii_case(&self.authority))
    }
}

/// What `PublicKeyCredential.toJSON()` gives after an authenticator made a passkey. Browsers send more, which is
/// passed over.
#[derive(Debug, Deserialize)]
pub(super) struct Registration {
    #[serde(rename = "rawId")]
    raw_id: String,
    #[serde(rename = "type")]
    kind: String,
    response: RegistrationResponse,
}

#[derive(Debug, Deserialize)]
struct RegistrationResponse {
    #[serde(rename = "clientDataJSON")]
    client_data: String,
    #[serde(rename = "attestationObject")]
    attestation: String,
}

/// The same after one has signed.
#[derive(Debug, Deserialize)]
pub(super) struct Assertion {
    #[serde(rename = "rawId")]
    raw_id: String,
    #[serde(rename = "type")]
    kind: String,
    response: AssertionResponse,
}

#[derive(Debug, Deserialize)]
struct AssertionResponse {
    #[serde(rename = "clientDataJSON")]
    client_data: String,
    #[serde(rename = "authenticatorData")]
    authenticator_data: String,
    signature: String,
    #[serde(rename = "userHandle")]
    user: Option<String>,
}

/// What the browser says that it asked for.
#[derive(Deserialize)]
struct ClientData {
    #[serde(rename = "type")]
    kind: String,
    challenge: String,
    origin: String,
    #[serde(default, rename = "crossOrigin")]
    is_cross_origin: bool,
    #[serde(rename = "topOrigin")]
    top: Option<String>,
}

/// A passkey that an authenticator made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Made {
    pub(super) credential: Vec<u8>,
    /// `COSE_Key`, as it was given.
    pub(super) public_key: Vec<u8>,
    pub(super) counter: u32,
    pub(super) is_backed_up: bool,
}

/// What was signed with a passkey.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Signed {
    pub(super) counter: u32,
    pub(super) is_backed_up: bool,
}

/// The challenge that an answer is for: to be looked up before anything is believed.
pub(super) fn challenge_of(client_data: &str) -> Result<String, Wrong> {
    client_data_of(&bytes(client_data)?).map(|data| data.challenge)
}

impl Registration {
    pub(super) fn challenge(&self) -> Result<String, Wrong> {
        challenge_of(&self.response.client_data)
    }

    /// The passkey that was made, if all is as it should be.
    pub(super) fn verify(&self, page: &Page) -> Result<Made, Wrong> {
        let client_data = bytes(&self.response.client_data)?;
        check(&client_data, &self.kind, "webauthn.create", page)?;
        let attestation = map(&bytes(&self.response.attestation)?)?;
        let field = |name: &str| {
            attestation.iter().find(|(key, _)| key.as_text() == Some(name)).map(|(_, value)| value)
        };
        let data =
            field("authData").and_then(Value::as_bytes).ok_or(Wrong("there is no authenticator data"))?;
        let read = AuthenticatorData::read(data)?;
        read.check(&page.site)?;
        let made = read.made.as_ref().ok_or(Wrong("there is no passkey in it"))?;
        if made.credential.is_empty() || made.credential.len() > CREDENTIAL_BYTES_MAX {
            return Err(Wrong("the passkey's name is too long"));
        }
        if bytes(&self.raw_id)? != made.credential {
            return Err(Wrong("the passkey has two names"));
        }
        let key = PublicKey::read(made.public_key)?;
        let statement = field("attStmt").and_then(Value::as_map).ok_or(Wrong("there is no attestation"))?;
        match field("fmt").and_then(Value::as_text) {
            Some("none") if statement.is_empty() => {}
            Some("packed") => attested_by_itself(statement, &key, data, &client_data)?,
            _ => return Err(Wrong("the attestation is of a kind that was not asked for")),
        }
        Ok(Made {
            credential: made.credential.to_vec(),
            public_key: made.public_key.to_vec(),
            counter: read.counter,
            is_backed_up: read.is_backed_up(),
        })
    }
}

impl Assertion {
    pub(super) fn challenge(&self) -> Result<String, Wrong> {
        challenge_of(&self.response.client_data)
    }

    /// What the authenticator calls the passkey.
    pub(super) fn credential(&self) -> Result<Vec<u8>, Wrong> {
        bytes(&self.raw_id)
    }

    /// What was signed, if it was this key that signed it, for this page and this account.
    pub(super) fn verify(&self, page: &Page, public_key: &[u8], account: AccountId) -> Result<Signed, Wrong> {
        let client_data = bytes(&self.response.client_data)?;
        check(&client_data, &self.kind, "webauthn.get", page)?;
        let data = bytes(&self.response.authenticator_data)?;
        let read = AuthenticatorData::read(&data)?;
        read.check(&page.site)?;
        let user = self.response.user.as_deref().map(bytes).transpose()?;
        if user.as_deref() != Some(&account.0[..]) {
            return Err(Wrong("the passkey is of another account"));
        }
        let signature = bytes(&self.response.signature)?;
        PublicKey::read(public_key)?.verify(&signed(&data, &client_data), &signature)?;
        Ok(Signed { counter: read.counter, is_backed_up: read.is_backed_up() })
    }
}

/// What an authenticator signs.
fn signed(authenticator_data: &[u8], client_data: &[u8]) -> Vec<u8> {
    [authenticator_data, &Sha256::digest(client_data)].concat()
}

/// Section 8.2, self attestation: the passkey's own key has signed. A chain of certificates is not looked at, since no
/// maker is trusted.
fn attested_by_itself(
    statement: &[(Value, Value)],
    key: &PublicKey,
    data: &[u8],
    client_data: &[u8],
) -> Result<(), Wrong> {
    let field =
        |name: &str| statement.iter().find(|(key, _)| key.as_text() == Some(name)).map(|(_, value)| value);
    if field("x5c").is_some() {
        return Err(Wrong("the attestation is of a kind that was not asked for"));
    }
    let algorithm = field("alg").and_then(Value::as_integer).map(i128::from);
    let signature = field("sig").and_then(Value::as_bytes).ok_or(Wrong("the attestation is not signed"))?;
    if algorithm != Some(key.algorithm()) {
        return Err(Wrong("the attestation is signed in another way than the passkey"));
    }
    key.verify(&signed(data, client_data), signature)
}

fn client_data_of(bytes: &[u8]) -> Result<ClientData, Wrong> {
    serde_json::from_slice(bytes).map_err(|_| Wrong("what the browser says of it can't be read"))
}

/// Section 7.1, steps 7 to 11, and the same of section 7.2. The challenge was looked up before.
fn check(client_data: &[u8], kind: &str, expected: &str, page: &Page) -> Result<(), Wrong> {
    let data = client_data_of(client_data)?;
    if kind != "public-key" || data.kind != expected {
        return Err(Wrong("it is an answer to another question"));
    }
    if data.is_cross_origin || data.top.is_some() || !page.is_of(&data.origin) {
        return Err(Wrong("it was made for another page"));
    }
    Ok(())
}

/// Base64url; browsers leave the padding out.
fn bytes(text: &str) -> Result<Vec<u8>, Wrong> {
    URL_SAFE_NO_PAD.decode(text.trim_end_matches('=')).map_err(|_| Wrong("it is not base64url"))
}

/// One CBOR map and nothing behind it.
fn map(bytes: &[u8]) -> Result<Vec<(Value, Value)>, Wrong> {
    let mut rest = bytes;
    let value: Value = ciborium::de::from_reader_with_recursion_limit(&mut rest, DEPTH_MAX)
        .map_err(|_| Wrong("the CBOR in it can't be read"))?;
    if !rest.is_empty() {
        return Err(Wrong("there is something behind the CBOR in it"));
    }
    value.into_map().map_err(|_| Wrong("the CBOR in it is no map"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_is_known_by_its_name_and_port_and_speaks_tls_or_is_here() {
        let page = Page::of("Life.example.org:8443").unwrap();
        assert_eq!(page.site, "life.example.org");
        assert!(page.is_of("https://life.example.org:8443"));
        for origin in [
            "http://life.example.org:8443",
            "https://life.example.org",
            "https://evil.example",
            "https://life.example.org:8443.evil.example",
            "null",
            "",
        ] {
            assert!(!page.is_of(origin), "{origin}");
        }
        let here = Page::of("localhost:7766").unwrap();
        assert!(here.is_of("http://localhost:7766") && !here.is_of("http://localhost:7767"));
        for number in ["127.0.0.1:7766", "[::1]:7766", "[::1]"] {
            assert!(Page::of(number).is_err(), "{number}");
        }
    }

    #[test]
    fn strange_cbor_is_refused_and_takes_no_memory() {
        let deep = vec![0x81; 10_000];
        let long_bytes = [0xa1, 0x01, 0x5b, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff];
        let long_list = [0x9b, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff];
        for bytes in [&deep[..], &long_bytes, &long_list, &[], &[0xff], &[0xa0, 0x00], &[0x80]] {
            assert!(map(bytes).is_err());
        }
        assert_eq!(map(&[0xa0]).unwrap(), []);
    }
}
