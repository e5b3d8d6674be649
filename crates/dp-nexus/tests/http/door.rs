//! Coming in: set-up, sessions of both kinds, forged tokens, guessing.

use crate::{
    home::{Home, OTHER_PASSWORD, PASSWORD, browser, browser_of, text},
    world::id,
};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use dp_nexus::http::{document, is_open, operations};
use serde_json::{Value, json};

const ELSEWHERE: &str = "192.0.2.7:5000";

fn setup() -> Option<Value> {
    Some(json!({"name": "ada", "password": PASSWORD}))
}

/// Every path below `/api` with something in place of what is named, and whether it is for anybody.
fn paths() -> Vec<(String, bool)> {
    let api = document();
    let api_paths = operations(&api).filter(|(name, _)| name.contains(" /api/"));
    api_paths
        .map(|(name, operation)| {
            let number =
                if name.contains("sessions") || name.contains("keys") { "1".to_owned() } else { id(1) };
            (name.replace("{id}", &number).replace("{name}", "steps"), is_open(operation))
        })
        .collect()
}

#[tokio::test]
async fn the_whole_way_from_setting_up_to_signing_out() {
    let home = Home::empty();
    let answer = home.ask("GET /api/v1/setup", &[], None).await;
    assert_eq!(answer.json(), json!({"is_needed": true, "is_code_needed": false}));
    let made = home.ask("POST /api/v1/setup", &[], setup()).await;
    assert_eq!((made.status.as_u16(), &made.json()["role"]), (201, &json!("owner")));
    let answer = home.ask("GET /api/v1/setup", &[], None).await;
    assert_eq!(answer.json(), json!({"is_needed": false, "is_code_needed": false}));

    let first = home.sign_in("ADA").await;
    let access = text(&first["access_token"]);
    let hits = home.bearing(&access, "GET /api/v1/search?q=dough", None).await;
    assert_eq!(hits.status, 200);
    assert!(hits.json()["hits"].to_string().contains(&id(3)));

    home.pass(16 * 60);
    let late = home.bearing(&access, "GET /api/v1/search?q=dough", None).await;
    assert_eq!(late.code(), (401, "bad_credentials".into()));
    let refresh =
        |token: &Value| home.ask("POST /api/v1/auth/refresh", &[], Some(json!({"refresh_token": token})));
    let second = refresh(&first["refresh_token"]).await;
    assert_eq!(second.header("cache-control"), "no-store");
    let second = second.json();
    let access = text(&second["access_token"]);
    assert_eq!(home.bearing(&access, "GET /api/v1/stats", None).await.status, 200);
    // The first one comes again: one of the two who have it is a thief.
    assert_eq!(refresh(&first["refresh_token"]).await.code(), (401, "refresh_reused".into()));
    assert_eq!(refresh(&second["refresh_token"]).await.status, 401);
    let ended = home.bearing(&access, "GET /api/v1/stats", None).await;
    assert_eq!(ended.code(), (401, "bad_credentials".into()));

    let access = home.token("ada").await;
    assert_eq!(home.bearing(&access, "POST /api/v1/auth/sign-out", None).await.status, 204);
    assert_eq!(home.bearing(&access, "GET /api/v1/stats", None).await.status, 401);
}

#[tokio::test]
async fn until_there_is_an_account_every_other_route_says_how_to_make_one() {
    let home = Home::empty();
    let mut asked = 0;
    for (path, _) in paths() {
        if path.ends_with("/setup") {
            continue;
        }
        for headers in [&[][..], &[("authorization", "Bearer dpk_x")]] {
            let answer = home.ask(&path, headers, Some(json!({}))).await;
            answer.assert_refused(503, "setup_needed", &path);
            if !path.starts_with("HEAD ") {
                assert!(answer.problem()["what_to_do"].as_str().unwrap().contains("/api/v1/setup"));
            }
        }
        asked += 1;
    }
    assert!(asked > 35, "{asked}");
    assert_eq!(home.ask("GET /version", &[], None).await.status, 200);
    assert_eq!(home.ask("GET /api/docs", &[], None).await.status, 200);
}

#[tokio::test]
async fn setting_up_from_elsewhere_takes_the_code() {
    let home = Home::with(false, |settings| settings.hosts.push("life.example.org".into()));
    let code = home.accounts.new_setup_code(home.now()).unwrap();
    let answer = home.ask_from(ELSEWHERE, "GET /api/v1/setup", &[], None).await;
    assert_eq!(answer.json()["is_code_needed"], true);
    let refused = home.ask_from(ELSEWHERE, "POST /api/v1/setup", &[], setup()).await;
    assert_eq!(refused.code(), (403, "setup_from_elsewhere".into()));
    for headers in [("x-forwarded-for", "127.0.0.1"), ("via", "1.1 proxy"), ("forwarded", "for=127.0.0.1")] {
        let refused = home.ask("POST /api/v1/setup", &[headers], setup()).await;
        assert_eq!(refused.code(), (403, "setup_from_elsewhere".into()), "{headers:?}");
    }
    let with = |code: &str| Some(json!({"name": "ada", "password": PASSWORD, "code": code}));
    let wrong = home.ask_from(ELSEWHERE, "POST /api/v1/setup", &[], with("AAAA-BBBB")).await;
    assert_eq!(wrong.code(), (403, "wrong_setup_code".into()));
    let made = home.ask_from(ELSEWHERE, "POST /api/v1/setup", &[], with(code.expose())).await;
    assert_eq!(made.status, 201);
    for peer in [ELSEWHERE, "127.0.0.1:1"] {
        let twice = home.ask_from(peer, "POST /api/v1/setup", &[], with(code.expose())).await;
        assert_eq!(twice.code(), (409, "setup_done".into()));
    }
    assert_eq!(home.accounts.list().unwrap().len(), 1);
}

#[tokio::test]
async fn a_weak_password_or_a_body_that_does_not_fit_sets_nothing_up() {
    let home = Home::empty();
    let weak = home.ask("POST /api/v1/setup", &[], Some(json!({"name": "ada", "password": "password1234"})));
    assert_eq!(weak.await.code(), (422, "weak_password".into()));
    let short = home.ask("POST /api/v1/setup", &[], Some(json!({"name": "ada", "password": "x"})));
    assert_eq!(short.await.code(), (422, "weak_password".into()));
    for body in [
        json!({}),
        json!({"name": "", "password": PASSWORD}),
        json!({"name": "ada", "password": PASSWORD, "role": "owner"}),
        json!({"name": "ada", "password": 5}),
    ] {
        let answer = home.ask("POST /api/v1/setup", &[], Some(body.clone())).await;
        assert_eq!(answer.code(), (422, "unfit_body".into()), "{body}");
        assert!(!String::from_utf8_lossy(&answer.bytes).contains("tractor"));
    }
    assert!(home.accounts.needs_setup().unwrap());
}

#[tokio::test]
async fn without_credentials_every_route_but_the_ways_in_says_so() {
    let home = Home::peopled();
    for (path, is_open) in paths() {
        let answer = home.ask(&path, &[], Some(json!({}))).await;
        if is_open {
            assert_ne!(answer.status, 503, "{path}");
            assert!(["/setup", "/sign-in", "/refresh"].iter().any(|end| path.ends_with(end)), "{path}");
        } else {
            answer.assert_refused(401, "unauthenticated", &path);
        }
    }
}

#[tokio::test]
async fn a_key_for_importing_opens_no_other_route() {
    let home = Home::peopled();
    let token = home.token("ada").await;
    let key = home.key(&token, json!({"import": true})).await;
    for (path, is_open) in paths() {
        if is_open {
            continue;
        }
        let answer = home.bearing(&key, &path, Some(json!({}))).await;
        let is_import = path == "POST /api/v1/imports"
            || path.starts_with("POST /api/v1/jobs")
            || path.ends_with("/retry");
        if is_import || path.contains("/uploads") {
            assert_ne!(answer.status, 403, "{path}");
        } else {
            answer.assert_refused(403, "forbidden", &path);
        }
    }
}

#[tokio::test]
async fn a_cookie_reads_alone_and_changes_only_with_its_csrf_token() {
    let home = Home::peopled();
    let (ada, ben) = (browser(&home, "ada").await, browser(&home, "ben").await);
    let cookie = ("cookie", ada.cookie.as_str());
    assert_eq!(home.ask("GET /api/v1/stats", &[cookie], None).await.status, 200);
    let path = format!("PUT /api/v1/documents/{}/annotations", id(3));
    let star = || Some(json!({"starred": true}));
    for wrong in ["", "x", ben.csrf.as_str()] {
        let refused = home.ask(&path, &[cookie, ("x-csrf-token", wrong)], star()).await;
        assert_eq!(refused.code(), (403, "wrong_csrf".into()));
        assert!(refused.problem()["what_to_do"].as_str().unwrap().contains("X-CSRF-Token"));
    }
    assert_eq!(home.ask(&path, &[cookie], star()).await.code(), (403, "wrong_csrf".into()));
    let signing_out = home.ask("POST /api/v1/auth/sign-out", &[cookie], None).await;
    assert_eq!(signing_out.code(), (403, "wrong_csrf".into()));
    let starred = ada.ask(&home, &path, star()).await;
    assert_eq!(starred.json()["starred"], true);
    // A page that is loaded again gets its token anew.
    let me = home.ask("GET /api/v1/account", &[cookie], None).await;
    assert_eq!(me.json()["csrf_token"], ada.csrf);
    assert_eq!(me.header("cache-control"), "no-store");
    // A page of another site does not get that far.
    let foreign = [cookie, ("x-csrf-token", ada.csrf.as_str()), ("origin", "https://evil.example")];
    assert_eq!(home.ask(&path, &foreign, star()).await.code(), (403, "cross_origin".into()));
    let out = ada.ask(&home, "POST /api/v1/auth/sign-out", None).await;
    assert_eq!(out.status, 204);
    assert!(out.header("set-cookie").contains("Max-Age=0"));
    assert_eq!(home.ask("GET /api/v1/stats", &[cookie], None).await.code(), (401, "bad_credentials".into()));
    assert_eq!(ben.ask(&home, "GET /api/v1/stats", None).await.status, 200);
}

#[tokio::test]
async fn the_cookie_is_for_this_server_and_no_script() {
    let sign_in = || Some(json!({"name": "ada", "password": PASSWORD, "kind": "cookie"}));
    let home = Home::peopled();
    let answer = home.ask("POST /api/v1/auth/sign-in", &[], sign_in()).await;
    let set = answer.header("set-cookie");
    assert!(set.starts_with("datapunk_session="), "{set}");
    assert!(set.ends_with("; Path=/; Max-Age=7776000; HttpOnly; SameSite=Strict"), "{set}");
    let home = Home::with(true, |_| {});
    home.people();
    let answer = home.ask("POST /api/v1/auth/sign-in", &[], sign_in()).await;
    let set = answer.header("set-cookie");
    assert!(set.starts_with("__Host-datapunk="), "{set}");
    assert!(set.ends_with("; Path=/; Max-Age=7776000; HttpOnly; SameSite=Strict; Secure"), "{set}");
    let value = set.split(';').next().unwrap().split_once('=').unwrap().1;
    assert_eq!(
        home.ask("GET /api/v1/stats", &[("cookie", &format!("__Host-datapunk={value}"))], None).await.status,
        200
    );
    // Over TLS the other name, which a neighbouring host could set, counts for nothing.
    let other =
        home.ask("GET /api/v1/stats", &[("cookie", &format!("datapunk_session={value}"))], None).await;
    assert_eq!(other.code(), (401, "unauthenticated".into()));
}

#[tokio::test]
async fn a_header_is_taken_and_the_cookie_beside_it_is_not() {
    let home = Home::peopled();
    let ada = browser(&home, "ada").await;
    let token = home.token("ben").await;
    let bearer = format!("Bearer {token}");
    let both = [("cookie", ada.cookie.as_str()), ("authorization", bearer.as_str())];
    let me = home.ask("GET /api/v1/account", &both, None).await.json();
    assert_eq!((&me["account"]["name"], &me["csrf_token"]), (&json!("ben"), &Value::Null));
    let wrong = [("cookie", ada.cookie.as_str()), ("authorization", "Bearer nonsense")];
    assert_eq!(home.ask("GET /api/v1/account", &wrong, None).await.code(), (401, "bad_credentials".into()));
    let key = home.key(&token, json!({"read": true})).await;
    let me = home.ask("GET /api/v1/account", &[("x-api-key", &key)], None).await.json();
    assert!(me["key"].is_i64() && me["session"].is_null());
    let two = [("x-api-key", key.as_str()), ("authorization", bearer.as_str())];
    assert_eq!(home.ask("GET /api/v1/account", &two, None).await.code(), (401, "bad_credentials".into()));
    // A cookie's value is no token, and a token no cookie.
    let value = ada.cookie.split_once('=').unwrap().1;
    assert_eq!(home.bearing(value, "GET /api/v1/account", None).await.status, 401);
    let swapped = format!("datapunk_session={token}");
    assert_eq!(home.ask("GET /api/v1/account", &[("cookie", &swapped)], None).await.status, 401);
}

#[tokio::test]
async fn forged_tokens_are_refused() {
    let home = Home::peopled();
    let genuine = home.token("ada").await;
    let parts: Vec<&str> = genuine.split('.').collect();
    let decoded =
        |part: &str| -> Value { serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).unwrap()).unwrap() };
    let (header, claims) = (decoded(parts[0]), decoded(parts[1]));
    let database = rusqlite::Connection::open(home.directory.path().join("system.db")).unwrap();
    let secret: Vec<u8> =
        database.query_row("SELECT secret FROM signing_keys", (), |row| row.get(0)).unwrap();
    let with = |value: &Value, field: &str, to: Value| {
        let mut value = value.clone();
        value[field] = to;
        value
    };
    let encoded = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let signed = |header: &Value, claims: &Value, secret: &[u8]| {
        let text = format!("{}.{}", encoded(header), encoded(claims));
        let mac = hmac_sha256(secret, text.as_bytes());
        format!("{text}.{}", URL_SAFE_NO_PAD.encode(mac))
    };
    let now_s = home.now().as_second();
    let again = signed(&header, &claims, &secret);
    assert_eq!(home.bearing(&again, "GET /api/v1/stats", None).await.status, 200, "we sign as it does");
    let none = encoded(&with(&header, "alg", json!("none")));
    let forged = [
        format!("{none}.{}.", parts[1]),
        format!("{none}.{}.{}", parts[1], parts[2]),
        format!("{}.{}.", parts[0], parts[1]),
        signed(&header, &claims, b"another secret of thirty-two b.."),
        signed(&with(&header, "kid", json!("other")), &claims, &secret),
        signed(&with(&header, "kid", Value::Null), &claims, &secret),
        signed(&with(&header, "alg", json!("RS256")), &claims, &secret),
        signed(&with(&header, "alg", json!("HS512")), &claims, &secret),
        signed(&header, &with(&claims, "aud", json!("datapunk-mail")), &secret),
        signed(&header, &with(&claims, "aud", Value::Null), &secret),
        signed(&header, &with(&claims, "iss", json!("elsewhere")), &secret),
        signed(&header, &with(&claims, "exp", json!(now_s - 60)), &secret),
        signed(&header, &with(&claims, "sid", json!(77)), &secret),
        signed(&header, &with(&claims, "sub", json!("00".repeat(16))), &secret),
        "..".to_owned(),
        "a".repeat(3_000),
    ];
    for token in forged {
        let answer = home.bearing(&token, "GET /api/v1/stats", None).await;
        assert_eq!(answer.code(), (401, "bad_credentials".into()), "{token}");
    }
}

/// HMAC of RFC 2104 with SHA-256, by the crate that signs.
fn hmac_sha256(secret: &[u8], text: &[u8]) -> Vec<u8> {
    let key = jsonwebtoken::EncodingKey::from_secret(secret);
    let signature = jsonwebtoken::crypto::sign(text, &key, jsonwebtoken::Algorithm::HS256).unwrap();
    URL_SAFE_NO_PAD.decode(signature).unwrap()
}

#[tokio::test]
async fn guessing_is_slowed_down_and_tells_nothing_of_names() {
    let home = Home::peopled();
    let session = home.token("ada").await;
    let mut answers = Vec::new();
    for (number, name) in ["ada", "nobody"].into_iter().enumerate() {
        for attempt in 0..6 {
            let peer = format!("192.0.2.{}:1", 10 * number + attempt);
            let body = json!({"name": name, "password": "wrong", "kind": "token"});
            let answer = home.ask_from(&peer, "POST /api/v1/auth/sign-in", &[], Some(body)).await;
            let wait = answer.headers.get("retry-after").map(|value| value.to_str().unwrap().to_owned());
            answers.push((answer.code(), wait, text(&answer.problem()["detail"])));
        }
    }
    assert_eq!(answers[..6], answers[6..]);
    assert!(answers[..5].iter().all(|(code, ..)| *code == (401, "wrong_credentials".into())));
    assert_eq!((&answers[5].0, answers[5].1.as_deref()), (&(429, "throttled".into()), Some("300")));
    assert_eq!(home.bearing(&session, "GET /api/v1/stats", None).await.status, 200);
    home.pass(300);
    home.sign_in("ada").await;
}

#[tokio::test]
async fn a_new_password_ends_every_other_session() {
    let home = Home::peopled();
    let (here, there) = (browser(&home, "ada").await, home.token("ada").await);
    let change = |old: &str, new: &str| Some(json!({"old": old, "new": new}));
    let path = "PUT /api/v1/account/password";
    let wrong = here.ask(&home, path, change("wrong", OTHER_PASSWORD)).await;
    assert_eq!(wrong.code(), (403, "wrong_password".into()));
    assert_eq!(here.ask(&home, path, change(PASSWORD, "short")).await.code(), (422, "weak_password".into()));
    let strength =
        here.ask(&home, "POST /api/v1/account/password-strength", Some(json!({"password": "ada12345"})));
    assert!(strength.await.json()["score"].as_u64().unwrap() < 2);
    let goes_on = browser_of(&here.ask(&home, path, change(PASSWORD, OTHER_PASSWORD)).await);
    assert_eq!(goes_on.ask(&home, "GET /api/v1/stats", None).await.status, 200);
    assert_eq!(here.ask(&home, "GET /api/v1/stats", None).await.status, 401);
    assert_eq!(home.bearing(&there, "GET /api/v1/stats", None).await.status, 401);
    let body = json!({"name": "ada", "password": OTHER_PASSWORD, "kind": "token"});
    let token = home.ask("POST /api/v1/auth/sign-in", &[], Some(body)).await.json();
    let token = text(&token["access_token"]);
    let again = home.bearing(&token, path, change(OTHER_PASSWORD, PASSWORD)).await.json();
    let token = text(&again["access_token"]);
    assert_eq!(home.bearing(&token, "POST /api/v1/auth/sign-out-everywhere", None).await.status, 204);
    assert_eq!(home.bearing(&token, "GET /api/v1/stats", None).await.status, 401);
    assert_eq!(goes_on.ask(&home, "GET /api/v1/stats", None).await.status, 401);
}

#[tokio::test]
async fn a_disabled_account_is_kept_out_at_once() {
    let home = Home::peopled();
    let (token, ben) = (home.token("ben").await, home.accounts.find_by_name("ben").unwrap().unwrap().id);
    let key = home.key(&token, json!({"read": true})).await;
    home.accounts.set_disabled(ben, true, home.now()).unwrap();
    for shown in [token, key] {
        let refused = home.bearing(&shown, "GET /api/v1/stats", None).await;
        assert_eq!(refused.code(), (403, "account_disabled".into()));
    }
    let body = json!({"name": "ben", "password": PASSWORD, "kind": "cookie"});
    let refused = home.ask("POST /api/v1/auth/sign-in", &[], Some(body)).await;
    assert_eq!(refused.code(), (403, "account_disabled".into()));
    assert!(!refused.headers.contains_key("set-cookie"));
}

#[tokio::test]
async fn strange_bodies_never_make_the_server_fail() {
    let home = Home::peopled();
    let token = home.token("ada").await;
    let values = [
        json!(null),
        json!(-1),
        json!(1e300),
        json!(""),
        json!("\u{0}"),
        json!("\u{202e}a"),
        json!("9999-12-31"),
        json!("-9999"),
        json!("9999-12-31T23:59:59.999Z"),
        json!("a".repeat(5_000)),
        json!(["a"]),
        json!([[[]]]),
        json!({"a": 1}),
        json!(true),
    ];
    let fields = ["name", "password", "old", "new", "code", "totp", "refresh_token", "role", "expires", "id"];
    let mut asked = 0;
    for (path, _) in paths() {
        let is_change = !path.starts_with("GET") && !path.contains("/documents/");
        if !is_change || path.contains("sign-out") || path.contains("sessions") {
            continue;
        }
        for value in &values {
            let mut bodies = vec![value.clone()];
            for field in fields {
                let usual = json!({
                    "name": "x", "password": "x", "old": "x", "new": "x", "code": "x", "kind": "token",
                    "role": "member", "scope": {"read": true}, "refresh_token": "x",
                });
                let mut body = usual;
                body[field] = value.clone();
                bodies.push(body);
            }
            for field in ["sources", "from", "to", "read"] {
                bodies.push(json!({"name": "x", "scope": {"read": true, field: value}}));
            }
            for body in bodies {
                let answer = home.bearing(&token, &path, Some(body.clone())).await;
                assert!(answer.status.as_u16() < 500, "{path} {body}: {}", answer.problem());
                asked += 1;
            }
        }
    }
    assert!(asked > 1_000, "{asked}");
    assert_eq!(home.bearing(&token, "GET /api/v1/keys", None).await.status, 200);
}
