//! An identity provider on this machine: says what it is, gives codes for people, exchanges each once. It can be told
//! to do almost everything wrong.

use axum::{
    Json, Router,
    extract::State,
    http::{HeaderMap, StatusCode},
    response::IntoResponse,
    routing::{get, post},
};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use jsonwebtoken::{Algorithm, EncodingKey, Header, jwk::Jwk};
use percent_encoding::percent_decode_str;
use rcgen::{KeyPair, PKCS_ECDSA_P256_SHA256};
use serde_json::{Map, Value, json};
use sha2::{Digest as _, Sha256};
use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
};

/// A private key that is for tests alone.
pub(crate) const RSA: &[u8] = include_bytes!("../keys/rsa_for_tests.der");

/// A key with its name.
#[derive(Clone)]
pub(crate) struct Key {
    pub(crate) id: String,
    pub(crate) algorithm: Algorithm,
    key: EncodingKey,
}

impl Key {
    pub(crate) fn new(id: &str, algorithm: Algorithm) -> Self {
        let key = match algorithm {
            Algorithm::RS256 => EncodingKey::from_rsa_der(RSA),
            // RFC 8410, section 7: the seed is the same each time, which harms nobody.
            Algorithm::EdDSA => EncodingKey::from_ed_der(
                &[&b"\x30\x2e\x02\x01\x00\x30\x05\x06\x03\x2b\x65\x70\x04\x22\x04\x20"[..], &[7; 32]]
                    .concat(),
            ),
            _ => EncodingKey::from_ec_der(
                &KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256).unwrap().serialize_der(),
            ),
        };
        Self { id: id.to_owned(), algorithm, key }
    }

    fn jwk(&self) -> Value {
        let mut jwk =
            serde_json::to_value(Jwk::from_encoding_key(&self.key, self.algorithm).unwrap()).unwrap();
        jwk["kid"] = json!(self.id);
        jwk["use"] = json!("sig");
        jwk
    }

    /// Signs any claims.
    pub(crate) fn sign(&self, claims: &Value) -> String {
        let header = Header { kid: Some(self.id.clone()), ..Header::new(self.algorithm) };
        jsonwebtoken::encode(&header, claims, &self.key).unwrap()
    }
}

/// How the provider behaves.
pub(crate) struct Manners {
    /// What it signs with.
    pub(crate) key: Key,
    /// What it says it signs with.
    pub(crate) shown: Vec<Key>,
    /// Claims that are other than they should be; null ones are left out.
    pub(crate) claims: Map<String, Value>,
    /// Gives this for a token, whatever it should be.
    pub(crate) token: Option<String>,
    /// What it says of itself otherwise.
    pub(crate) metadata: Map<String, Value>,
    /// What it says of the person besides the token.
    pub(crate) person: Value,
    /// The time by its clock.
    pub(crate) now_s: i64,
    /// Codes that were given: the nonce and the challenge.
    codes: HashMap<String, (String, String)>,
    pub(crate) keys_asked: usize,
}

#[derive(Clone)]
pub(crate) struct Provider {
    pub(crate) issuer: String,
    pub(crate) manners: Arc<Mutex<Manners>>,
}

pub(crate) const CLIENT: &str = "datapunk";
pub(crate) const SECRET: &str = "a secret: with/strange characters";

impl Provider {
    pub(crate) async fn start(now_s: i64) -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let issuer = format!("http://{}", listener.local_addr().unwrap());
        let key = Key::new("first", Algorithm::ES256);
        let manners = Manners {
            shown: vec![key.clone()],
            key,
            claims: Map::new(),
            token: None,
            metadata: Map::new(),
            person: json!({}),
            now_s,
            codes: HashMap::new(),
            keys_asked: 0,
        };
        let provider = Self { issuer, manners: Arc::new(Mutex::new(manners)) };
        let routes = Router::new()
            .route("/.well-known/openid-configuration", get(metadata))
            .route("/keys", get(keys))
            .route("/token", post(token))
            .route("/person", get(person))
            .with_state(provider.clone());
        tokio::spawn(async move { axum::serve(listener, routes).await.unwrap() });
        provider
    }

    pub(crate) fn change(&self, change: impl FnOnce(&mut Manners)) {
        change(&mut self.manners.lock().unwrap());
    }

    pub(crate) fn claim(&self, name: &str, value: Value) {
        self.change(|manners| drop(manners.claims.insert(name.to_owned(), value)));
    }

    /// What the provider's page does when the person agrees: a code for the address that the browser was sent to.
    pub(crate) fn agreed(&self, parameters: &HashMap<String, String>) -> String {
        let mut manners = self.manners.lock().unwrap();
        let code = format!("code/{}+", manners.codes.len());
        let given = (parameters["nonce"].clone(), parameters["code_challenge"].clone());
        manners.codes.insert(code.clone(), given);
        code
    }

    /// The claims of a token that is as it should be.
    pub(crate) fn claims(&self, manners: &Manners, nonce: &str) -> Value {
        let mut claims = json!({
            "iss": self.issuer, "aud": CLIENT, "sub": "248289761001", "nonce": nonce,
            "iat": manners.now_s, "exp": manners.now_s + 300,
            "email": "Ada@Example.org", "email_verified": true,
        });
        for (name, value) in &manners.claims {
            claims[name] = value.clone();
        }
        claims.as_object_mut().unwrap().retain(|_, value| !value.is_null());
        claims
    }
}

async fn metadata(State(provider): State<Provider>) -> Json<Value> {
    let issuer = &provider.issuer;
    let mut metadata = json!({
        "issuer": issuer, "authorization_endpoint": format!("{issuer}/authorize"),
        "token_endpoint": format!("{issuer}/token"), "jwks_uri": format!("{issuer}/keys"),
        "userinfo_endpoint": format!("{issuer}/person"), "response_types_supported": ["code"],
    });
    for (name, value) in &provider.manners.lock().unwrap().metadata {
        metadata[name] = value.clone();
    }
    Json(metadata)
}

async fn keys(State(provider): State<Provider>) -> Json<Value> {
    let mut manners = provider.manners.lock().unwrap();
    manners.keys_asked += 1;
    // One of a kind that nobody knows is among them.
    let mut keys: Vec<Value> = vec![json!({"kty": "QUANTUM", "kid": "odd", "alg": "XY512"})];
    keys.extend(manners.shown.iter().map(Key::jwk));
    Json(json!({ "keys": keys }))
}

async fn token(
    State(provider): State<Provider>,
    headers: HeaderMap,
    body: String,
) -> axum::response::Response {
    let decoded =
        |text: &str| percent_decode_str(&text.replace('+', " ")).decode_utf8().unwrap().into_owned();
    let pairs = body.split('&').map(|pair| pair.split_once('=').unwrap());
    let form: HashMap<String, String> =
        pairs.map(|(name, value)| (name.to_owned(), decoded(value))).collect();
    let mut manners = provider.manners.lock().unwrap();
    let basic = base64::engine::general_purpose::STANDARD
        .encode(format!("{CLIENT}:{}", "a%20secret%3A%20with%2Fstrange%20characters"));
    let by_header = headers
        .get("authorization")
        .is_some_and(|value| value.as_bytes() == format!("Basic {basic}").as_bytes());
    let by_form =
        form.get("client_secret").is_some_and(|secret| secret == SECRET) && form["client_id"] == CLIENT;
    let by_post = manners.metadata.contains_key("token_endpoint_auth_methods_supported");
    assert_eq!((by_header, by_form), (!by_post, by_post));
    let Some((nonce, challenge)) = manners.codes.remove(&form["code"]) else {
        return (StatusCode::BAD_REQUEST, Json(json!({"error": "invalid_grant"}))).into_response();
    };
    let verifier = URL_SAFE_NO_PAD.encode(Sha256::digest(&form["code_verifier"]));
    assert_eq!((verifier, form["grant_type"].as_str()), (challenge, "authorization_code"));
    let token = manners.token.clone();
    let token = token.unwrap_or_else(|| manners.key.sign(&provider.claims(&manners, &nonce)));
    Json(json!({"id_token": token, "access_token": "opaque", "token_type": "Bearer"})).into_response()
}

async fn person(State(provider): State<Provider>, headers: HeaderMap) -> Json<Value> {
    assert_eq!(headers["authorization"], "Bearer opaque");
    Json(provider.manners.lock().unwrap().person.clone())
}
