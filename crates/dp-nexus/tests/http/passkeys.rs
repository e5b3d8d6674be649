//! Passkeys, with an authenticator in software: adding, signing in, and everything that should not be taken.

use crate::{
    home::{Browser, Home, PASSWORD, browser, browser_of, text},
    provider::RSA,
    world::Answer,
};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use ciborium::{Value as Cbor, cbor};
use jsonwebtoken::{Algorithm, EncodingKey, jwk::Jwk};
use p256::ecdsa::{Signature, SigningKey, signature::Signer as _};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

const HERE: &str = "http://localhost:7766";

/// Somebody's phone or key.
struct Authenticator {
    key: SecretKey,
    credential: Vec<u8>,
    user: Vec<u8>,
    counter: u32,
    /// Flags of what it says; user present and verified, and backed up.
    flags: u8,
    site: String,
    origin: String,
}

enum SecretKey {
    Es256(SigningKey),
    Other(Algorithm, EncodingKey),
}

fn encoded(bytes: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

fn cbor_bytes(value: &Cbor) -> Vec<u8> {
    let mut bytes = Vec::new();
    ciborium::into_writer(value, &mut bytes).unwrap();
    bytes
}

impl SecretKey {
    fn public(&self) -> Vec<u8> {
        let field = |jwk: &Value, name: &str| Cbor::Bytes(URL_SAFE_NO_PAD.decode(text(&jwk[name])).unwrap());
        let number = |number: i64| Cbor::Integer(number.into());
        let map = match self {
            Self::Es256(key) => {
                let point = key.verifying_key().to_encoded_point(false);
                vec![
                    (number(1), number(2)),
                    (number(3), number(-7)),
                    (number(-1), number(1)),
                    (number(-2), Cbor::Bytes(point.x().unwrap().to_vec())),
                    (number(-3), Cbor::Bytes(point.y().unwrap().to_vec())),
                ]
            }
            Self::Other(algorithm, key) => {
                let jwk = serde_json::to_value(Jwk::from_encoding_key(key, *algorithm).unwrap()).unwrap();
                match algorithm {
                    Algorithm::EdDSA => vec![
                        (number(1), number(1)),
                        (number(3), number(-8)),
                        (number(-1), number(6)),
                        (number(-2), field(&jwk, "x")),
                    ],
                    _ => vec![
                        (number(1), number(3)),
                        (number(3), number(-257)),
                        (number(-1), field(&jwk, "n")),
                        (number(-2), field(&jwk, "e")),
                    ],
                }
            }
        };
        cbor_bytes(&Cbor::Map(map))
    }

    fn sign(&self, message: &[u8]) -> Vec<u8> {
        match self {
            Self::Es256(key) => {
                let signature: Signature = key.sign(message);
                signature.to_der().as_bytes().to_vec()
            }
            Self::Other(algorithm, key) => {
                URL_SAFE_NO_PAD.decode(jsonwebtoken::crypto::sign(message, key, *algorithm).unwrap()).unwrap()
            }
        }
    }
}

impl Authenticator {
    fn new(number: u8) -> Self {
        Self {
            key: SecretKey::Es256(SigningKey::from_slice(&[number; 32]).unwrap()),
            credential: vec![number; 20],
            user: Vec::new(),
            counter: 0,
            flags: 0x1d,
            site: "localhost".to_owned(),
            origin: HERE.to_owned(),
        }
    }

    fn client_data(&self, kind: &str, challenge: &Value) -> Vec<u8> {
        let data = json!({
            "type": kind, "challenge": challenge, "origin": self.origin, "crossOrigin": false, "other": "key",
        });
        data.to_string().into_bytes()
    }

    fn data(&self, flags: u8, rest: &[u8]) -> Vec<u8> {
        let site = Sha256::digest(self.site.as_bytes());
        [&site[..], &[flags], &self.counter.to_be_bytes(), rest].concat()
    }

    /// Makes a passkey, as `navigator.credentials.create` does.
    fn create(&mut self, options: &Value) -> Value {
        self.user = URL_SAFE_NO_PAD.decode(text(&options["user"]["id"])).unwrap();
        let length = (self.credential.len() as u16).to_be_bytes();
        let made = [&[0; 16][..], &length, &self.credential, &self.key.public()].concat();
        let data = self.data(self.flags | 0x40, &made);
        self.created(
            options,
            &cbor!({"fmt" => "none", "attStmt" => {}, "authData" => Cbor::Bytes(data)}).unwrap(),
        )
    }

    fn created(&self, options: &Value, attestation: &Cbor) -> Value {
        let client_data = self.client_data("webauthn.create", &options["challenge"]);
        json!({
            "id": encoded(&self.credential), "rawId": encoded(&self.credential), "type": "public-key",
            "authenticatorAttachment": "platform", "clientExtensionResults": {},
            "response": {
                "clientDataJSON": encoded(client_data), "attestationObject": encoded(cbor_bytes(attestation)),
                "transports": ["internal"], "publicKeyAlgorithm": -7,
            },
        })
    }

    /// Signs, as `navigator.credentials.get` does.
    fn get(&self, options: &Value) -> Value {
        let client_data = self.client_data("webauthn.get", &options["challenge"]);
        let data = self.data(self.flags, &[]);
        let signature = self.key.sign(&[&data[..], &Sha256::digest(&client_data)].concat());
        json!({
            "id": encoded(&self.credential), "rawId": encoded(&self.credential), "type": "public-key",
            "clientExtensionResults": {},
            "response": {
                "clientDataJSON": encoded(client_data), "authenticatorData": encoded(data),
                "signature": encoded(signature), "userHandle": encoded(&self.user),
            },
        })
    }
}

async fn creation(home: &Home, who: &Browser) -> Value {
    let path = "POST /api/v1/account/passkeys/options";
    let answer = who.ask(home, path, Some(json!({"password": PASSWORD}))).await;
    assert_eq!(answer.status, 200, "{}", String::from_utf8_lossy(&answer.bytes));
    answer.json()["publicKey"].clone()
}

async fn added(home: &Home, who: &Browser, credential: Value) -> Answer {
    let body = json!({"name": "a phone", "credential": credential});
    who.ask(home, "POST /api/v1/account/passkeys", Some(body)).await
}

async fn asked(home: &Home) -> Value {
    let answer = home.ask("POST /api/v1/auth/passkeys/options", &[], None).await;
    assert_eq!(answer.status, 200);
    answer.json()["publicKey"].clone()
}

async fn signed_in(home: &Home, credential: Value) -> Answer {
    let body = json!({"credential": credential, "kind": "cookie"});
    home.ask("POST /api/v1/auth/passkeys", &[], Some(body)).await
}

/// A home where ada has a passkey.
async fn with_passkey() -> (Home, Browser, Authenticator) {
    let home = Home::peopled();
    let ada = browser(&home, "ada").await;
    let mut phone = Authenticator::new(1);
    let options = creation(&home, &ada).await;
    let answer = added(&home, &ada, phone.create(&options)).await;
    assert_eq!(answer.status, 201, "{}", String::from_utf8_lossy(&answer.bytes));
    (home, ada, phone)
}

fn assert_refused(answer: &Answer, what: &str) {
    assert_eq!(answer.code(), (401, "wrong_passkey".into()), "{what}");
    assert!(!answer.headers.contains_key("set-cookie"), "{what}");
}

#[tokio::test]
async fn a_passkey_is_added_signs_in_is_renamed_and_removed() {
    let (home, ada, phone) = with_passkey().await;
    let options = creation(&home, &ada).await;
    assert_eq!(options["excludeCredentials"][0]["id"], encoded(&phone.credential));
    assert_eq!(options["rp"]["id"], "localhost");
    let question = asked(&home).await;
    assert_eq!((&question["userVerification"], &question["rpId"]), (&json!("required"), &json!("localhost")));
    let answer = signed_in(&home, phone.get(&question)).await;
    let session = browser_of(&answer);
    let me = session.ask(&home, "GET /api/v1/account", None).await.json();
    assert_eq!(me["account"]["name"], "ada");
    home.door.close().await;
    let entry = home.accounts.read_log(None, None, 1).unwrap().items.remove(0);
    assert_eq!((entry.action.as_str(), entry.outcome.as_str()), ("POST /api/v1/auth/passkeys", "ok"));
    assert!(entry.account.is_some() && entry.origin.starts_with("session"));

    let body = json!({"credential": phone.get(&asked(&home).await), "kind": "token"});
    let tokens = home.ask("POST /api/v1/auth/passkeys", &[], Some(body)).await.json();
    assert_eq!(home.bearing(&text(&tokens["access_token"]), "GET /api/v1/stats", None).await.status, 200);

    let list = ada.ask(&home, "GET /api/v1/account/passkeys", None).await.json();
    let one = &list["items"][0];
    assert_eq!(
        (&one["name"], &one["site"], &one["is_backed_up"]),
        (&json!("a phone"), &json!("localhost"), &json!(true))
    );
    assert!(one["used"].is_string());
    let path = format!("/api/v1/account/passkeys/{}", one["id"]);
    let renamed = ada.ask(&home, &format!("PUT {path}"), Some(json!({"name": "blue key"}))).await;
    assert_eq!(renamed.json()["name"], "blue key");
    let ben = browser(&home, "ben").await;
    assert_eq!(ben.ask(&home, &format!("DELETE {path}"), None).await.code(), (404, "unknown_id".into()));
    assert_eq!(ada.ask(&home, &format!("DELETE {path}"), None).await.status, 204);
    assert_refused(&signed_in(&home, phone.get(&asked(&home).await)).await, "it was removed");
}

#[tokio::test]
async fn every_algorithm_that_is_asked_for_is_verified() {
    let seed = [&b"\x30\x2e\x02\x01\x00\x30\x05\x06\x03\x2b\x65\x70\x04\x22\x04\x20"[..], &[9; 32]].concat();
    let keys = [
        SecretKey::Other(Algorithm::EdDSA, EncodingKey::from_ed_der(&seed)),
        SecretKey::Other(Algorithm::RS256, EncodingKey::from_rsa_der(RSA)),
    ];
    for (number, key) in keys.into_iter().enumerate() {
        let home = Home::peopled();
        let ada = browser(&home, "ada").await;
        let mut phone = Authenticator { key, ..Authenticator::new(5 + number as u8) };
        let options = creation(&home, &ada).await;
        assert_eq!(added(&home, &ada, phone.create(&options)).await.status, 201);
        assert_eq!(signed_in(&home, phone.get(&asked(&home).await)).await.status, 200);
        let mut forged = phone.get(&asked(&home).await);
        forged["response"]["signature"] = json!(encoded([0; 64]));
        assert_refused(&signed_in(&home, forged).await, "another signature");
    }
}

#[tokio::test]
async fn an_answer_is_good_once_in_time_and_for_what_was_asked() {
    let (home, ada, phone) = with_passkey().await;
    let answer = phone.get(&asked(&home).await);
    assert_eq!(signed_in(&home, answer.clone()).await.status, 200);
    assert_refused(&signed_in(&home, answer).await, "replayed");
    let late = phone.get(&asked(&home).await);
    home.pass(300);
    assert_refused(&signed_in(&home, late).await, "late");
    assert_refused(&signed_in(&home, phone.get(&json!({"challenge": "made up"}))).await, "never asked");
    // What was asked for adding a passkey is nothing to sign in with, and the other way round.
    home.pass(301);
    assert_refused(
        &signed_in(&home, phone.get(&creation(&home, &ada).await)).await,
        "asked for another thing",
    );
    let mut other = Authenticator::new(2);
    let mut options = creation(&home, &ada).await;
    options["challenge"] = asked(&home).await["challenge"].clone();
    assert_eq!(added(&home, &ada, other.create(&options)).await.code(), (422, "unfit_body".into()));
    // Nor is what was asked for somebody else.
    let ben = browser(&home, "ben").await;
    let options = creation(&home, &ben).await;
    assert_eq!(added(&home, &ada, other.create(&options)).await.code(), (422, "unfit_body".into()));
}

#[tokio::test]
async fn what_was_signed_for_another_page_host_or_account_is_refused() {
    let (home, _, phone) = with_passkey().await;
    let wrong = [
        (
            "the origin of another page",
            Authenticator { origin: "https://evil.example".into(), ..Authenticator::new(1) },
        ),
        ("another port", Authenticator { origin: "http://localhost:8000".into(), ..Authenticator::new(1) }),
        ("another host", Authenticator { site: "example.org".into(), ..Authenticator::new(1) }),
        ("nobody there", Authenticator { flags: 0x1c, ..Authenticator::new(1) }),
        ("nobody verified", Authenticator { flags: 0x19, ..Authenticator::new(1) }),
        ("backed up though it can't be", Authenticator { flags: 0x15, ..Authenticator::new(1) }),
        ("another account", Authenticator { user: vec![1; 16], ..Authenticator::new(1) }),
        ("another key", Authenticator { key: Authenticator::new(2).key, ..Authenticator::new(1) }),
        ("a passkey nobody knows", Authenticator { credential: vec![8; 20], ..Authenticator::new(1) }),
    ];
    for (what, mut other) in wrong {
        if other.user.is_empty() {
            other.user.clone_from(&phone.user);
        }
        assert_refused(&signed_in(&home, other.get(&asked(&home).await)).await, what);
        home.pass(301);
    }
    let changes = [
        ("response/userHandle", Value::Null),
        ("response/clientDataJSON", json!("e30")),
        ("response/clientDataJSON", json!("***")),
        ("response/authenticatorData", json!("AAAA")),
        ("response/signature", json!("")),
        ("rawId", json!("***")),
        ("type", json!("password")),
    ];
    for (place, value) in changes {
        let mut answer = phone.get(&asked(&home).await);
        *answer.pointer_mut(&format!("/{place}")).unwrap() = value;
        assert_refused(&signed_in(&home, answer).await, place);
        home.pass(301);
    }
    assert_eq!(signed_in(&home, phone.get(&asked(&home).await)).await.status, 200);
}

#[tokio::test]
async fn a_counter_that_goes_back_shows_a_copy() {
    let (home, _, mut phone) = with_passkey().await;
    phone.counter = 7;
    assert_eq!(signed_in(&home, phone.get(&asked(&home).await)).await.status, 200);
    for counter in [7, 6, 0] {
        phone.counter = counter;
        assert_refused(&signed_in(&home, phone.get(&asked(&home).await)).await, "counted back");
    }
    phone.counter = 8;
    assert_eq!(signed_in(&home, phone.get(&asked(&home).await)).await.status, 200);
}

#[tokio::test]
async fn a_passkey_that_is_not_what_was_asked_for_is_not_added() {
    let home = Home::peopled();
    let ada = browser(&home, "ada").await;
    let refused =
        |answer: Answer, what: &str| assert_eq!(answer.code(), (422, "unfit_body".into()), "{what}");
    let unfit = [
        ("another page", Authenticator { origin: "https://evil.example".into(), ..Authenticator::new(1) }),
        ("another host", Authenticator { site: "example.org".into(), ..Authenticator::new(1) }),
        ("nobody verified", Authenticator { flags: 0x01, ..Authenticator::new(1) }),
        ("no name", Authenticator { credential: Vec::new(), ..Authenticator::new(1) }),
        ("a name that is too long", Authenticator { credential: vec![1; 2_000], ..Authenticator::new(1) }),
    ];
    for (what, mut other) in unfit {
        let options = creation(&home, &ada).await;
        refused(added(&home, &ada, other.create(&options)).await, what);
    }
    let phone = Authenticator::new(1);
    let data = |public: &[u8]| {
        let made = [&[0; 16][..], &20_u16.to_be_bytes(), &phone.credential, public].concat();
        Cbor::Bytes(phone.data(0x45, &made))
    };
    let short =
        cbor!({1 => 2, 3 => -7, -1 => 1, -2 => Cbor::Bytes(vec![1; 5]), -3 => Cbor::Bytes(vec![1; 5])})
            .unwrap();
    let other_kind = cbor!({1 => 2, 3 => -35, -1 => 2, -2 => Cbor::Bytes(vec![1; 48])}).unwrap();
    let public = phone.key.public();
    let attestations = [
        cbor!({"fmt" => "tpm", "attStmt" => {}, "authData" => data(&public)}).unwrap(),
        cbor!({"fmt" => "none", "attStmt" => {"x" => 1}, "authData" => data(&public)}).unwrap(),
        cbor!({"fmt" => "packed", "attStmt" => {"alg" => -7, "sig" => Cbor::Bytes(vec![0; 70])}, "authData" => data(&public)}).unwrap(),
        cbor!({"fmt" => "none", "attStmt" => {}, "authData" => data(&cbor_bytes(&short))}).unwrap(),
        cbor!({"fmt" => "none", "attStmt" => {}, "authData" => data(&cbor_bytes(&other_kind))}).unwrap(),
        cbor!({"fmt" => "none", "attStmt" => {}, "authData" => data(&[0xff])}).unwrap(),
        cbor!({"fmt" => "none", "attStmt" => {}, "authData" => Cbor::Bytes(phone.data(0x05, &[]))}).unwrap(),
        cbor!({"fmt" => "none", "attStmt" => {}}).unwrap(),
        cbor!([1, 2]).unwrap(),
    ];
    for attestation in attestations {
        let options = creation(&home, &ada).await;
        refused(added(&home, &ada, phone.created(&options, &attestation)).await, &format!("{attestation:?}"));
    }
    // One that vouches for itself is as good as one for which nobody does.
    let options = creation(&home, &ada).await;
    let client_data = phone.client_data("webauthn.create", &options["challenge"]);
    let made = [&[0; 16][..], &20_u16.to_be_bytes(), &phone.credential, &public].concat();
    let bytes = phone.data(0x45, &made);
    let signature = phone.key.sign(&[&bytes[..], &Sha256::digest(&client_data)].concat());
    let attested = cbor!({
        "fmt" => "packed", "attStmt" => {"alg" => -7, "sig" => Cbor::Bytes(signature)}, "authData" => Cbor::Bytes(bytes),
    });
    assert_eq!(added(&home, &ada, phone.created(&options, &attested.unwrap())).await.status, 201);
    // The same one twice, even by somebody else.
    let ben = browser(&home, "ben").await;
    let options = creation(&home, &ben).await;
    let mut again = Authenticator::new(1);
    assert!(added(&home, &ben, again.create(&options)).await.status.is_client_error());
    let list = ben.ask(&home, "GET /api/v1/account/passkeys", None).await.json();
    assert_eq!(list["items"], json!([]));
}

#[tokio::test]
async fn adding_a_way_in_takes_the_password_and_a_page_that_was_opened_by_name() {
    let home = Home::peopled();
    let ada = browser(&home, "ada").await;
    let path = "POST /api/v1/account/passkeys/options";
    for body in [json!({}), json!({"password": "wrong"})] {
        assert_eq!(ada.ask(&home, path, Some(body)).await.code(), (403, "wrong_password".into()));
    }
    let request = http::Request::post("/api/v1/auth/passkeys/options").header("host", "127.0.0.1:7766");
    let answer = home.send(request.body(axum::body::Body::empty()).unwrap()).await;
    assert_eq!(answer.code(), (409, "conflict".into()));
    assert!(text(&answer.problem()["detail"]).contains("http://localhost"));
}

#[tokio::test]
async fn guessing_is_slowed_down_and_a_disabled_account_stays_out() {
    let (home, _, phone) = with_passkey().await;
    let ada = home.accounts.find_by_name("ada").unwrap().unwrap();
    let mut guess = Authenticator::new(9);
    guess.user.clone_from(&phone.user);
    for _ in 0..5 {
        assert_refused(&signed_in(&home, guess.get(&asked(&home).await)).await, "a guess");
    }
    let late = signed_in(&home, phone.get(&asked(&home).await)).await;
    assert_eq!(late.code(), (429, "throttled".into()));
    home.pass(300);
    assert_eq!(signed_in(&home, phone.get(&asked(&home).await)).await.status, 200);
    let ben = browser(&home, "ben").await;
    let mut key = Authenticator::new(3);
    let options = creation(&home, &ben).await;
    assert_eq!(added(&home, &ben, key.create(&options)).await.status, 201);
    let id = home.accounts.find_by_name("ben").unwrap().unwrap().id;
    assert_ne!(id, ada.id);
    home.accounts.set_disabled(id, true, home.now()).unwrap();
    assert_eq!(signed_in(&home, key.get(&asked(&home).await)).await.code(), (403, "account_disabled".into()));
}
