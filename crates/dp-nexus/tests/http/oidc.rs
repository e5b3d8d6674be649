//! Signing in with an identity provider: the whole way, and everything that a provider, a thief or a mistake can do
//! to it.

use crate::{
    home::{Home, text},
    provider::{CLIENT, Key, Provider, SECRET},
    world::Answer,
};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use dp_nexus::http::OidcSettings;
use jsonwebtoken::Algorithm;
use percent_encoding::{NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};
use serde_json::{Value, json};
use std::collections::{BTreeMap, HashMap};

const BACK: &str = "https://life.example.org/api/v1/auth/oidc/callback";

/// A server that ada may sign in to with a provider.
struct Place {
    home: Home,
    provider: Provider,
}

/// A browser that was sent to the provider.
struct Away {
    parameters: HashMap<String, String>,
    cookie: String,
}

impl Place {
    async fn new() -> Self {
        let home = Home::peopled();
        let provider = Provider::start(home.now().as_second()).await;
        home.door.sign_in_with(OidcSettings {
            name: "Example".to_owned(),
            issuer: provider.issuer.clone(),
            client_id: CLIENT.to_owned(),
            client_secret: Some(SECRET.to_owned()),
            redirect_url: BACK.to_owned(),
            accounts: BTreeMap::from([("ada@example.org".to_owned(), "ada".to_owned())]),
        });
        Self { home, provider }
    }

    async fn depart(&self) -> Away {
        let answer = self.home.ask("GET /api/v1/auth/oidc/start?then=/timeline?day%3D2024", &[], None).await;
        assert_eq!(answer.status, 303, "{}", String::from_utf8_lossy(&answer.bytes));
        let location = answer.header("location").to_owned();
        let (page, query) = location.split_once('?').unwrap();
        assert_eq!(page, format!("{}/authorize", self.provider.issuer));
        let decoded = |text: &str| percent_decode_str(text).decode_utf8().unwrap().into_owned();
        let pairs = query.split('&').map(|pair| pair.split_once('=').unwrap());
        let set = answer.header("set-cookie");
        assert!(set.contains("; HttpOnly; SameSite=Lax"), "{set}");
        Away {
            parameters: pairs.map(|(name, value)| (name.to_owned(), decoded(value))).collect(),
            cookie: set.split(';').next().unwrap().to_owned(),
        }
    }

    async fn back(&self, away: &Away, code: &str) -> Answer {
        let code = utf8_percent_encode(code, NON_ALPHANUMERIC);
        let state = &away.parameters["state"];
        // Providers send more than they should.
        let path =
            format!("GET /api/v1/auth/oidc/callback?code={code}&state={state}&session_state=x&scope=openid");
        self.home.ask(&path, &[("cookie", &away.cookie)], None).await
    }

    /// The whole way, with the provider as it is.
    async fn sign_in(&self) -> Answer {
        let away = self.depart().await;
        let code = self.provider.agreed(&away.parameters);
        self.back(&away, &code).await
    }

    /// What the access log says of the last way in.
    async fn noted(&self) -> (String, Option<String>, String) {
        self.home.door.close().await;
        let entry = self.home.accounts.read_log(None, None, 1).unwrap().items.remove(0);
        (entry.action, entry.account.map(|id| id.to_string()), entry.outcome)
    }
}

fn cookie(answer: &Answer) -> String {
    let all: Vec<&str> =
        answer.headers.get_all("set-cookie").iter().map(|value| value.to_str().unwrap()).collect();
    let session = all.iter().find(|set| set.starts_with("datapunk_session=")).unwrap();
    assert!(session.contains("SameSite=Strict"), "{session}");
    assert!(
        all.iter().any(|set| set.starts_with("datapunk_sign_in=;") && set.contains("Max-Age=0")),
        "{all:?}"
    );
    session.split(';').next().unwrap().to_owned()
}

#[tokio::test]
async fn somebody_whom_the_owner_listed_signs_in_and_goes_on_where_they_were() {
    let place = Place::new().await;
    let offered = place.home.ask("GET /api/v1/auth/oidc", &[], None).await.json();
    assert_eq!(offered, json!({"name": "Example"}));
    let away = place.depart().await;
    let expected = [
        ("response_type", "code"),
        ("client_id", CLIENT),
        ("redirect_uri", BACK),
        ("scope", "openid email"),
        ("code_challenge_method", "S256"),
    ];
    for (name, value) in expected {
        assert_eq!(away.parameters[name], value);
    }
    let code = place.provider.agreed(&away.parameters);
    let answer = place.back(&away, &code).await;
    let page = String::from_utf8(answer.bytes.clone()).unwrap();
    assert_eq!(answer.status, 200, "{page}");
    assert!(page.contains("url=/timeline?day=2024\""), "{page}");
    assert_eq!(answer.header("cache-control"), "no-store");
    let session = cookie(&answer);
    let me = place.home.ask("GET /api/v1/account", &[("cookie", &session)], None).await.json();
    assert_eq!((&me["account"]["name"], me["csrf_token"].is_string()), (&json!("ada"), true));
    let ada = place.home.accounts.find_by_name("ada").unwrap().unwrap().id.to_string();
    assert_eq!(
        place.noted().await,
        ("GET /api/v1/auth/oidc/callback".to_owned(), Some(ada), "ok".to_owned())
    );

    let csrf = text(&me["csrf_token"]);
    let headers = [("cookie", session.as_str()), ("x-csrf-token", csrf.as_str())];
    let bound = place.home.ask("GET /api/v1/account/identities", &headers, None).await.json();
    assert_eq!(bound["items"][0]["email"], "Ada@Example.org");
    let remove = format!("DELETE /api/v1/account/identities/{}", bound["items"][0]["id"]);
    assert_eq!(place.home.ask(&remove, &headers, None).await.status, 204);
    assert_eq!(place.home.ask(&remove, &headers, None).await.code(), (404, "unknown_id".into()));
}

#[tokio::test]
async fn every_algorithm_that_is_taken_is_verified_and_clients_prove_themselves_either_way() {
    let place = Place::new().await;
    for (number, algorithm) in [Algorithm::RS256, Algorithm::EdDSA, Algorithm::ES256].into_iter().enumerate()
    {
        let key = Key::new(&number.to_string(), algorithm);
        place.provider.change(|manners| {
            manners.shown = vec![key.clone()];
            manners.key = key;
        });
        place.home.pass(60);
        assert_eq!(place.sign_in().await.status, 200, "{algorithm:?}");
    }
    let place = Place::new().await;
    place.provider.change(|manners| {
        let methods = json!(["client_secret_post"]);
        manners.metadata.insert("token_endpoint_auth_methods_supported".to_owned(), methods);
    });
    assert_eq!(place.sign_in().await.status, 200);
}

#[tokio::test]
async fn claims_that_are_not_as_they_should_be_let_nobody_in() {
    let place = Place::new().await;
    let now_s = place.home.now().as_second();
    let broken = [
        ("nonce", json!("another")),
        ("nonce", Value::Null),
        ("aud", json!("another-program")),
        ("aud", json!([])),
        ("aud", Value::Null),
        ("aud", json!([CLIENT, "another-program"])),
        ("azp", json!("another-program")),
        ("iss", json!("https://evil.example")),
        ("iss", json!(format!("{}/", place.provider.issuer))),
        ("exp", json!(now_s - 61)),
        ("exp", Value::Null),
        ("iat", json!(now_s + 1_000_000)),
        ("nbf", json!(now_s + 1_000_000)),
        ("sub", json!("")),
        ("sub", json!("a".repeat(300))),
        ("sub", Value::Null),
    ];
    for (name, value) in broken {
        place.provider.claim(name, value.clone());
        let answer = place.sign_in().await;
        assert_eq!(answer.code(), (400, "sign_in_broken".into()), "{name} {value}");
        assert!(!answer.headers.contains_key("set-cookie"));
        place.provider.change(|manners| manners.claims.clear());
        place.home.pass(3_601);
        place.provider.change(|manners| manners.now_s += 3_601);
    }
    for (name, value) in [("aud", json!([CLIENT])), ("exp", json!(place.home.now().as_second() - 30))] {
        place.provider.claim(name, value);
        assert_eq!(place.sign_in().await.status, 200, "{name} within what is allowed");
        place.provider.change(|manners| manners.claims.clear());
    }
    let several = json!([CLIENT, "another-program"]);
    place.provider.claim("aud", several);
    place.provider.claim("azp", json!(CLIENT));
    assert_eq!(place.sign_in().await.status, 200);
}

#[tokio::test]
async fn only_a_verified_and_listed_address_signs_in() {
    let place = Place::new().await;
    let unfit = [
        ("email_verified", json!(false)),
        ("email_verified", json!("false")),
        ("email_verified", json!(1)),
        ("email_verified", Value::Null),
        ("email", Value::Null),
        ("email", json!("eve@example.org")),
        ("email", json!("ada@example.org.evil.example")),
    ];
    for (name, value) in unfit {
        place.provider.claim(name, value.clone());
        place.provider.change(|manners| manners.person = json!({"sub": "248289761001"}));
        let answer = place.sign_in().await;
        assert_eq!(answer.code(), (403, "not_meant".into()), "{name} {value}");
        place.provider.change(|manners| manners.claims.clear());
        place.home.pass(301);
        place.provider.change(|manners| manners.now_s += 301);
    }
    assert_eq!(place.home.accounts.list().unwrap().len(), 2, "nobody is made an account");
    // A token without an address is no token without a person: the provider is asked.
    place.provider.claim("email", Value::Null);
    let person =
        |subject: &str| json!({"sub": subject, "email": "ada@example.org", "email_verified": "true"});
    place.provider.change(|manners| manners.person = person("another"));
    assert_eq!(place.sign_in().await.code(), (400, "sign_in_broken".into()));
    place.provider.change(|manners| manners.person = person("248289761001"));
    assert_eq!(place.sign_in().await.status, 200);
    // The address has another holder at the provider now.
    place.provider.change(|manners| manners.claims.clear());
    place.provider.claim("sub", json!("another person"));
    let answer = place.sign_in().await;
    assert_eq!(answer.code(), (403, "not_meant".into()));
    let (_, account, outcome) = place.noted().await;
    assert!(account.is_some() && outcome == "not_meant");
}

#[tokio::test]
async fn a_token_that_the_provider_did_not_sign_is_refused() {
    let place = Place::new().await;
    let (honest, evil) = (Key::new("first", Algorithm::ES256), Key::new("second", Algorithm::ES256));
    place.provider.change(|manners| {
        manners.key = honest.clone();
        manners.shown = vec![honest.clone()];
    });
    assert_eq!(place.sign_in().await.status, 200);
    let forged = |header: Value, key: Option<&Key>| {
        let away_nonce = "unknown";
        let manners = place.provider.manners.lock().unwrap();
        let claims = place.provider.claims(&manners, away_nonce);
        let signed = key.map(|key| key.sign(&claims));
        let encoded = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let signature = signed.as_deref().and_then(|token| token.rsplit('.').next()).unwrap_or_default();
        format!("{}.{}.{signature}", encoded(&header), encoded(&claims))
    };
    let tokens = [
        forged(json!({"alg": "none"}), None),
        forged(json!({"alg": "none", "kid": "first"}), Some(&honest)),
        forged(json!({"alg": "HS256", "kid": "first"}), Some(&honest)),
        forged(json!({"alg": "RS256", "kid": "first"}), Some(&honest)),
        forged(json!({"alg": "ES256", "kid": "first"}), Some(&evil)),
        forged(json!({"alg": "ES256"}), Some(&evil)),
        "a.b.c".to_owned(),
        String::new(),
        "a".repeat(100_000),
    ];
    for token in tokens {
        place.provider.change(|manners| manners.token = Some(token.clone()));
        let answer = place.sign_in().await;
        assert_eq!(answer.code(), (400, "sign_in_broken".into()), "{token:.80}");
        place.home.pass(3_601);
        place.provider.change(|manners| manners.now_s += 3_601);
    }
    // Its own key for encryption is none to sign with, and neither is one that a token names and nobody knows.
    place.provider.change(|manners| {
        manners.token = None;
        manners.key = evil;
    });
    assert_eq!(place.sign_in().await.code(), (400, "sign_in_broken".into()));
}

#[tokio::test]
async fn new_keys_of_the_provider_are_found_and_are_not_asked_for_at_will() {
    let place = Place::new().await;
    assert_eq!(place.sign_in().await.status, 200);
    let new = Key::new("next", Algorithm::ES256);
    place.provider.change(|manners| {
        manners.shown = vec![new.clone()];
        manners.key = new;
    });
    assert_eq!(place.sign_in().await.code(), (400, "sign_in_broken".into()), "asked a moment ago");
    assert_eq!(place.provider.manners.lock().unwrap().keys_asked, 1);
    place.home.pass(30);
    assert_eq!(place.sign_in().await.status, 200);
    assert_eq!(place.sign_in().await.status, 200);
    assert_eq!(place.provider.manners.lock().unwrap().keys_asked, 2);
}

#[tokio::test]
async fn a_sign_in_is_gone_on_with_once_in_time_and_in_its_own_browser() {
    let place = Place::new().await;
    let broken = |answer: Answer| assert_eq!(answer.code(), (400, "sign_in_broken".into()));
    let away = place.depart().await;
    let code = place.provider.agreed(&away.parameters);
    // Somebody else's browser, or none; and then it is over.
    let other = Away { parameters: away.parameters.clone(), cookie: place.depart().await.cookie };
    broken(place.back(&other, &code).await);
    broken(place.back(&away, &code).await);
    let away = place.depart().await;
    let code = place.provider.agreed(&away.parameters);
    assert_eq!(place.back(&away, &code).await.status, 200);
    broken(place.back(&away, &code).await);
    let late = place.depart().await;
    let code = place.provider.agreed(&late.parameters);
    place.home.pass(601);
    broken(place.back(&late, &code).await);
    for query in ["", "?state=x&code=y", "?code=y", "?state=a&state=b", "?code=%ff&state=x", "?state=%00"] {
        broken(place.home.ask(&format!("GET /api/v1/auth/oidc/callback{query}"), &[], None).await);
    }
    let away = place.depart().await;
    let state = &away.parameters["state"];
    let refused = format!("GET /api/v1/auth/oidc/callback?error=access_denied&state={state}");
    broken(place.home.ask(&refused, &[("cookie", &away.cookie)], None).await);
    let away = place.depart().await;
    let state = &away.parameters["state"];
    let mixed = format!("GET /api/v1/auth/oidc/callback?code=a&iss=https%3A%2F%2Fevil.example&state={state}");
    broken(place.home.ask(&mixed, &[("cookie", &away.cookie)], None).await);
    // A code that the provider does not know.
    let away = place.depart().await;
    assert_eq!(place.back(&away, "made up").await.code(), (502, "provider_failed".into()));
    let elsewhere = "GET /api/v1/auth/oidc/start?then=//evil.example";
    assert_eq!(place.home.ask(elsewhere, &[], None).await.code(), (400, "bad_parameter".into()));
}

#[tokio::test]
async fn a_provider_that_says_strange_things_of_itself_is_not_asked_further() {
    let strange = [
        ("issuer", json!("https://evil.example")),
        ("token_endpoint", json!("http://169.254.169.254/latest/meta-data")),
        ("jwks_uri", json!("https://192.168.0.1/keys")),
        ("jwks_uri", json!("file:///etc/passwd")),
        ("userinfo_endpoint", json!("http://127.0.0.1:7766/api/v1/stats")),
        ("authorization_endpoint", json!("javascript:alert(1)")),
        ("authorization_endpoint", json!(7)),
    ];
    for (name, value) in strange {
        let place = Place::new().await;
        place.provider.change(|manners| drop(manners.metadata.insert(name.to_owned(), value.clone())));
        let answer = place.home.ask("GET /api/v1/auth/oidc/start", &[], None).await;
        assert_eq!(answer.code(), (502, "provider_failed".into()), "{name} {value}");
        assert!(
            !String::from_utf8_lossy(&answer.bytes).contains("169.254"),
            "the log says it, the answer does not"
        );
    }
}

#[tokio::test]
async fn a_disabled_account_does_not_come_in_this_way_either() {
    let home = Home::peopled();
    let provider = Provider::start(home.now().as_second()).await;
    home.door.sign_in_with(OidcSettings {
        name: "Example".to_owned(),
        issuer: provider.issuer.clone(),
        client_id: CLIENT.to_owned(),
        client_secret: Some(SECRET.to_owned()),
        redirect_url: BACK.to_owned(),
        accounts: BTreeMap::from([("ada@example.org".to_owned(), "ben".to_owned())]),
    });
    let place = Place { home, provider };
    let ben = place.home.accounts.find_by_name("ben").unwrap().unwrap().id;
    place.home.accounts.set_disabled(ben, true, place.home.now()).unwrap();
    assert_eq!(place.sign_in().await.code(), (403, "account_disabled".into()));
}

#[tokio::test]
async fn without_a_provider_there_is_nothing_to_sign_in_with() {
    let home = Home::peopled();
    assert_eq!(home.ask("GET /api/v1/auth/oidc", &[], None).await.json(), json!({"name": null}));
    for path in ["start", "callback?code=a&state=b"] {
        let answer = home.ask(&format!("GET /api/v1/auth/oidc/{path}"), &[], None).await;
        assert_eq!(answer.code(), (404, "not_found".into()), "{path}");
    }
}
