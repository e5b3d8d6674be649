//! Looking after an account: keys, users, the second factor, and the access log.

use crate::{
    home::{Home, PASSWORD, text},
    world::id,
};
use hmac::{Hmac, KeyInit as _, Mac as _};
use serde_json::json;
use std::time::Duration;

const ELSEWHERE: &str = "192.0.2.7:5000";

#[tokio::test]
async fn a_key_does_what_its_scope_says_and_no_more() {
    let home = Home::peopled();
    let token = home.token("ada").await;
    let path = format!("PUT /api/v1/documents/{}/annotations", id(3));
    let reading = home.key(&token, json!({"read": true})).await;
    assert_eq!(home.bearing(&reading, "GET /api/v1/stats", None).await.status, 200);
    let refused = home.bearing(&reading, &path, Some(json!({"starred": true}))).await;
    assert_eq!(refused.code(), (403, "forbidden".into()));
    let own =
        home.bearing(&reading, "POST /api/v1/keys", Some(json!({"name": "x", "scope": {"read": true}})));
    assert_eq!(own.await.code(), (403, "forbidden".into()), "a key without admin makes no keys");

    let narrow = home.key(&token, json!({"read": true, "write": true, "sources": ["google.keep"]})).await;
    let list = home.bearing(&narrow, "GET /api/v1/documents", None).await.json();
    let sources: Vec<&str> =
        list["items"].as_array().unwrap().iter().map(|item| item["source"].as_str().unwrap()).collect();
    assert_eq!(sources, ["google.keep"]);
    let other = home.bearing(&narrow, &format!("GET /api/v1/documents/{}", id(4)), None).await;
    assert_eq!(other.code(), (404, "no_such_document".into()));

    let days = home.key(&token, json!({"read": true, "from": "2023", "to": "2023-12"})).await;
    let list = home.bearing(&days, "GET /api/v1/documents", None).await.json();
    assert_eq!(list["items"].as_array().unwrap().len(), 1);

    let admin = home.key(&token, json!({"read": true, "admin": true})).await;
    let wider = json!({"name": "x", "scope": {"read": true, "write": true}});
    let refused = home.bearing(&admin, "POST /api/v1/keys", Some(wider)).await;
    assert_eq!(refused.code(), (403, "forbidden".into()));
    let partial = home.key(&token, json!({"read": true, "admin": true, "sources": ["google"]})).await;
    for path in ["GET /api/v1/log", "GET /api/v1/keys", "GET /api/v1/users"] {
        assert_eq!(home.bearing(&admin, path, None).await.status, 200, "{path}");
        let refused = home.bearing(&partial, path, None).await;
        assert_eq!(refused.code(), (403, "scope_too_narrow".into()), "{path}");
    }

    let keys = home.bearing(&token, "GET /api/v1/keys", None).await.json();
    assert_eq!(keys["items"].as_array().unwrap().len(), 5);
    assert_eq!(keys["items"][2]["scope"]["from"], "2023-01-01");
    assert_eq!(keys["items"][2]["scope"]["to"], "2023-12-31");
    assert!(!keys.to_string().contains("dpk_"));
    let first = keys["items"][0]["id"].as_i64().unwrap();
    let revoke = format!("DELETE /api/v1/keys/{first}");
    assert_eq!(home.bearing(&token, &revoke, None).await.status, 204);
    assert_eq!(
        home.bearing(&reading, "GET /api/v1/stats", None).await.code(),
        (401, "bad_credentials".into())
    );
    assert_eq!(home.bearing(&token, &revoke, None).await.code(), (404, "unknown_id".into()));
}

#[tokio::test]
async fn a_key_lasts_as_long_as_was_said() {
    let home = Home::peopled();
    let token = home.token("ada").await;
    let expires = home.now() + jiff::SignedDuration::from_secs(60);
    let body = json!({"name": "a day", "scope": {"read": true}, "expires": expires.to_string()});
    let made = home.bearing(&token, "POST /api/v1/keys", Some(body)).await.json();
    assert_eq!(made["key"]["expires"], expires.to_string());
    let key = text(&made["text"]);
    assert_eq!(home.bearing(&key, "GET /api/v1/stats", None).await.status, 200);
    home.pass(60);
    assert_eq!(home.bearing(&key, "GET /api/v1/stats", None).await.code(), (401, "bad_credentials".into()));
    let past = json!({"name": "past", "scope": {"read": true}, "expires": "2001-01-01T00:00:00Z"});
    assert_eq!(
        home.bearing(&token, "POST /api/v1/keys", Some(past)).await.code(),
        (422, "unfit_body".into())
    );
}

#[tokio::test]
async fn only_the_owner_manages_users() {
    let home = Home::peopled();
    let (ada, ben) = (home.token("ada").await, home.token("ben").await);
    let new = || Some(json!({"name": "cleo", "password": PASSWORD, "role": "reader"}));
    let bens_id = text(&home.bearing(&ben, "GET /api/v1/account", None).await.json()["account"]["id"]);
    let delete = format!("DELETE /api/v1/users/{bens_id}");
    for (path, body) in [
        ("GET /api/v1/users", None),
        ("POST /api/v1/users", new()),
        (delete.as_str(), None),
        ("GET /api/v1/log?everyone", None),
    ] {
        assert_eq!(home.bearing(&ben, path, body).await.code(), (403, "forbidden".into()), "{path}");
    }
    let cleo = home.bearing(&ada, "POST /api/v1/users", new()).await;
    assert_eq!((cleo.status.as_u16(), &cleo.json()["role"]), (201, &json!("reader")));
    assert_eq!(home.bearing(&ada, "POST /api/v1/users", new()).await.code(), (409, "name_taken".into()));
    let owner = json!({"name": "eve", "password": PASSWORD, "role": "owner"});
    assert_eq!(
        home.bearing(&ada, "POST /api/v1/users", Some(owner)).await.code(),
        (422, "unfit_body".into())
    );
    // A reader reads, and looks after itself.
    let reader = home.token("cleo").await;
    assert_eq!(home.bearing(&reader, "GET /api/v1/sessions", None).await.status, 200);
    let star = format!("PUT /api/v1/documents/{}/annotations", id(3));
    assert_eq!(home.bearing(&reader, &star, Some(json!({}))).await.code(), (403, "forbidden".into()));
    assert_eq!(
        home.bearing(&ada, "GET /api/v1/users", None).await.json()["items"].as_array().unwrap().len(),
        3
    );
    let removed = std::sync::Arc::new(std::sync::Mutex::new(Vec::new()));
    let seen = std::sync::Arc::clone(&removed);
    home.door.on_removal(move |account| seen.lock().unwrap().push(account.to_string()));
    assert_eq!(home.bearing(&ada, &delete, None).await.status, 204);
    assert_eq!(home.bearing(&ada, &delete, None).await.code(), (404, "unknown_id".into()));
    assert_eq!(*removed.lock().unwrap(), [bens_id]);
    assert_eq!(home.bearing(&ben, "GET /api/v1/account", None).await.status, 401, "with all it came in by");
    let own = text(&home.bearing(&ada, "GET /api/v1/account", None).await.json()["account"]["id"]);
    let answer = home.bearing(&ada, &format!("DELETE /api/v1/users/{own}"), None).await;
    assert_eq!(answer.code(), (409, "conflict".into()));
}

#[tokio::test]
async fn ids_of_another_account_are_not_found() {
    let home = Home::peopled();
    let (ada, ben) = (home.sign_in("ada").await, home.sign_in("ben").await);
    let (adas, bens) = (text(&ada["access_token"]), text(&ben["access_token"]));
    home.key(&adas, json!({"read": true})).await;
    let keys = home.bearing(&adas, "GET /api/v1/keys", None).await.json();
    let key = &keys["items"][0]["id"];
    for (path, code) in [
        (format!("DELETE /api/v1/sessions/{}", ada["session"]), "unknown_id"),
        (format!("DELETE /api/v1/keys/{key}"), "unknown_id"),
        (format!("GET /api/v1/documents/{}", id(3)), "no_such_document"),
        (format!("GET /api/v1/documents/{}/annotations", id(3)), "no_such_document"),
        ("DELETE /api/v1/sessions/x".to_owned(), "not_found"),
        ("DELETE /api/v1/keys/99999999999999999999".to_owned(), "not_found"),
    ] {
        assert_eq!(home.bearing(&bens, &path, None).await.code(), (404, code.to_owned()), "{path}");
    }
    let star = format!("PUT /api/v1/documents/{}/annotations", id(3));
    let refused = home.bearing(&bens, &star, Some(json!({"starred": true}))).await;
    assert_eq!(refused.code(), (404, "no_such_document".into()));
    assert_eq!(
        home.bearing(&adas, "GET /api/v1/sessions", None).await.json()["items"].as_array().unwrap().len(),
        1
    );
    let sessions = home.bearing(&bens, "GET /api/v1/sessions", None).await.json();
    assert_eq!(sessions["items"][0]["id"], ben["session"]);
    assert_eq!(
        (&sessions["items"][0]["device"], &sessions["items"][0]["is_this"]),
        (&json!("a test"), &json!(true))
    );
    let log = home.bearing(&bens, "GET /api/v1/log", None).await.json();
    assert!(log["items"].as_array().unwrap().iter().all(|entry| entry["account"] == ben["account"]));
}

/// The code of RFC 6238 that an authenticator app shows.
fn code_of(secret: &str, now_s: i64) -> String {
    let mut bits = 0_u32;
    let mut count = 0;
    let mut bytes = Vec::new();
    for letter in secret.bytes() {
        let value = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567".iter().position(|known| *known == letter).unwrap();
        bits = bits << 5 | value as u32;
        count += 5;
        if count >= 8 {
            count -= 8;
            bytes.push((bits >> count) as u8);
        }
    }
    let mut mac = Hmac::<sha1::Sha1>::new_from_slice(&bytes).unwrap();
    mac.update(&(now_s / 30).to_be_bytes());
    let digest = mac.finalize().into_bytes();
    let offset = usize::from(digest[19] & 15);
    let word = u32::from_be_bytes(digest[offset..offset + 4].try_into().unwrap());
    format!("{:06}", (word & 0x7fff_ffff) % 1_000_000)
}

#[tokio::test]
async fn a_second_factor_is_asked_for_once_it_was_confirmed() {
    let home = Home::peopled();
    let token = home.token("ada").await;
    let proof = || Some(json!({"password": PASSWORD}));
    let wrong = home.bearing(&token, "POST /api/v1/account/totp", Some(json!({"password": "x"}))).await;
    assert_eq!(wrong.code(), (403, "wrong_password".into()));
    let begun = home.bearing(&token, "POST /api/v1/account/totp", proof()).await;
    assert_eq!((begun.status.as_u16(), begun.header("cache-control")), (201, "no-store"));
    let secret = text(&begun.json()["secret"]);
    let code = |home: &Home| code_of(&secret, home.now().as_second());
    let confirm = |code: &str| Some(json!({"code": code}));
    let confirming = "POST /api/v1/account/totp/confirm";
    assert_eq!(home.bearing(&token, confirming, confirm("000000")).await.code(), (403, "wrong_code".into()));
    let confirmed = home.bearing(&token, confirming, confirm(&code(&home))).await;
    assert_eq!(confirmed.header("cache-control"), "no-store");
    let codes = confirmed.json();
    assert_eq!(codes["codes"].as_array().unwrap().len(), 10);
    assert_eq!(
        home.bearing(&token, "POST /api/v1/account/totp", proof()).await.code(),
        (409, "conflict".into())
    );

    home.pass(60);
    let sign_in = |totp: Option<&str>| {
        let mut body = json!({"name": "ada", "password": PASSWORD, "kind": "token"});
        if let Some(totp) = totp {
            body["totp"] = json!(totp);
        }
        home.ask("POST /api/v1/auth/sign-in", &[], Some(body))
    };
    assert_eq!(sign_in(None).await.code(), (401, "second_factor_needed".into()));
    assert_eq!(sign_in(Some("000000")).await.code(), (403, "wrong_code".into()));
    assert_eq!(sign_in(Some(&code(&home))).await.status, 200);
    assert_eq!(sign_in(codes["codes"][0].as_str()).await.status, 200);
    let me = home.bearing(&token, "GET /api/v1/account", None).await.json();
    assert_eq!((&me["recovery_codes_left"], &me["account"]["has_second_factor"]), (&json!(9), &json!(true)));
    let renewed = home.bearing(&token, "POST /api/v1/account/recovery-codes", proof()).await.json();
    assert_eq!(sign_in(codes["codes"][1].as_str()).await.code(), (403, "wrong_code".into()));
    assert_eq!(sign_in(renewed["codes"][1].as_str()).await.status, 200);

    let remove = "DELETE /api/v1/account/totp";
    assert_eq!(home.bearing(&token, remove, Some(json!({"password": "x"}))).await.status, 403);
    assert_eq!(home.bearing(&token, remove, proof()).await.status, 204);
    assert_eq!(sign_in(None).await.status, 200);
}

#[tokio::test]
async fn the_log_says_who_read_and_changed_what() {
    let home = Home::peopled();
    let wrong = json!({"name": "ada", "password": "hunter2 hunter2", "kind": "token"});
    home.ask_from(ELSEWHERE, "POST /api/v1/auth/sign-in", &[], Some(wrong)).await;
    let wrong = json!({"name": "my secret password", "password": "", "kind": "token"});
    home.ask_from(ELSEWHERE, "POST /api/v1/auth/sign-in", &[], Some(wrong)).await;
    let signed = home.sign_in("ada").await;
    let token = text(&signed["access_token"]);
    let key = home.key(&token, json!({"read": true})).await;
    home.bearing(&key, &format!("GET /api/v1/documents/{}", id(3)), None).await;
    home.bearing(&key, "GET /api/v1/search?q=my+secret+illness", None).await;
    home.bearing(&key, &format!("GET /api/v1/documents/{}", id(99)), None).await;
    let star = format!("PUT /api/v1/documents/{}/annotations", id(3));
    home.bearing(&token, &star, Some(json!({"note": "my secret note"}))).await;
    home.bearing(&token, "DELETE /api/v1/keys/1", None).await;
    home.bearing(&token, "GET /api/v1/sessions", None).await;
    let log = home.bearing(&token, "GET /api/v1/log", None).await;
    assert_eq!(log.header("cache-control"), "no-store");
    let log = log.json();
    let session = format!("session {}", signed["session"]);
    let told: Vec<[String; 4]> = log["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|entry| ["origin", "action", "target", "outcome"].map(|field| text(&entry[field])))
        .collect();
    let told: Vec<[&str; 4]> = told.iter().map(|entry| entry.each_ref().map(String::as_str)).collect();
    let (three, other) = (id(3), id(99));
    assert_eq!(
        told,
        [
            [session.as_str(), "DELETE /api/v1/keys/{id}", "1", "ok"],
            [session.as_str(), "PUT /api/v1/documents/{id}/annotations", &three, "ok"],
            ["key 1", "GET /api/v1/documents/{id}", &other, "no_such_document"],
            ["key 1", "GET /api/v1/search", "", "ok"],
            ["key 1", "GET /api/v1/documents/{id}", &three, "ok"],
            [session.as_str(), "POST /api/v1/keys", "", "ok"],
            [session.as_str(), "POST /api/v1/auth/sign-in", "", "ok"],
            ["nobody", "POST /api/v1/auth/sign-in", "", "wrong_credentials"],
        ]
    );
    assert_eq!(log["items"][7]["address"], "192.0.2.7");
    let all = home.bearing(&token, "GET /api/v1/log?everyone", None).await.json();
    assert_eq!(all["items"].as_array().unwrap().len(), 9, "with the attempt in the name of nobody");
    assert!(!all.to_string().contains("secret"));
    // Page by page it is the same.
    let (mut pages, mut path) = (Vec::new(), "GET /api/v1/log?limit=3".to_owned());
    loop {
        let page = home.bearing(&token, &path, None).await.json();
        pages.extend(page["items"].as_array().unwrap().clone());
        let Some(next) = page["next"].as_str() else { break };
        path = format!("GET /api/v1/log?limit=3&cursor={next}");
    }
    assert_eq!(json!(pages), log["items"]);
    let strange = home.bearing(&token, "GET /api/v1/log?cursor=x", None).await;
    assert_eq!(strange.code(), (400, "bad_cursor".into()));
    assert!(matches!(home.accounts.verify_log().unwrap(), dp_nexus::accounts::Verdict::Intact { .. }));
}

#[tokio::test]
async fn what_was_noted_is_on_disk_when_the_door_is_closed() {
    let home = Home::peopled();
    let token = home.token("ada").await;
    for number in 0..50 {
        home.bearing(&token, &format!("GET /api/v1/documents/{}", id(number)), None).await;
    }
    home.door.close().await;
    let page = home.accounts.read_log(None, None, 1_000).unwrap();
    assert_eq!(page.items.len(), 51);
    assert_eq!(page.items[0].target, id(49));
}

#[tokio::test]
async fn an_attempt_that_is_broken_off_is_noted_too() {
    let home = Home::peopled();
    let token = home.token("ada").await;
    let wrong = json!({"name": "ada", "password": "wrong", "kind": "token"});
    let asking = home.ask_from(ELSEWHERE, "POST /api/v1/auth/sign-in", &[], Some(wrong));
    assert!(tokio::time::timeout(Duration::ZERO, asking).await.is_err(), "hashing takes longer");
    let log = home.bearing(&token, "GET /api/v1/log?everyone", None).await.json();
    assert_eq!(log["items"][0]["outcome"], "abandoned");
    assert_eq!(log["items"][0]["address"], "192.0.2.7");
}

#[tokio::test]
async fn under_another_path_the_cookie_and_the_log_are_the_same() {
    let home = Home::with(false, |settings| settings.base_path = "/life/".into());
    home.people();
    let body = json!({"name": "ada", "password": PASSWORD, "kind": "cookie"});
    let answer = home.ask("POST /life/api/v1/auth/sign-in", &[], Some(body)).await;
    let set = answer.header("set-cookie");
    assert!(set.contains("; Path=/life; "), "{set}");
    let cookie = [("cookie", set.split(';').next().unwrap())];
    let path = format!("GET /life/api/v1/documents/{}", id(3));
    assert_eq!(home.ask(&path, &cookie, None).await.status, 200);
    assert_eq!(home.ask("GET /api/v1/stats", &cookie, None).await.status, 404);
    let log = home.ask("GET /life/api/v1/log", &cookie, None).await.json();
    assert_eq!(log["items"].as_array().unwrap().len(), 2);
    assert_eq!(log["items"][0]["action"], "GET /api/v1/documents/{id}");
    assert_eq!(log["items"][0]["target"], id(3));
    assert_eq!(log["items"][1]["action"], "POST /api/v1/auth/sign-in");
}
