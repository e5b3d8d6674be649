//! Who is let in, and how much they may ask.

use crate::world::{A_BACKUP, World, get, id, picture_hash, request};
use axum::body::Body;
use dp_nexus::http::{Allowance, document, is_open, operations};
use http::{Method, Request};
use serde_json::json;
use utoipa::openapi::path::Operation;

/// Whether it is a route of the reading API: those of accounts are there only with accounts.
fn is_here(operation: &Operation) -> bool {
    operation.tags.iter().flatten().all(|tag| tag != "accounts")
}

/// The path with what tests have in place of other names than ids.
fn filled(path: &str) -> String {
    let path = path.replace("{name}", "steps").replace("{z}/{x}/{y}", "0/0/0").replace("{set}", "set");
    path.replace("{hash}", &picture_hash()).replace("{entry}", "1")
}

/// Paths as documented, with something in place of what is named.
fn paths() -> Vec<(Method, String, bool)> {
    let api = document();
    let named = operations(&api).filter(|(_, operation)| is_here(operation)).map(|(name, operation)| {
        let (method, path) = name.split_once(' ').unwrap();
        let path = filled(&path.replace("{id}", &id(1)));
        (method.parse().unwrap(), path, !is_open(operation))
    });
    named.collect()
}

#[tokio::test]
async fn without_a_principal_every_route_says_so() {
    let world = World::new();
    let paths = paths();
    assert!(paths.iter().filter(|(.., needs_principal)| *needs_principal).count() >= 18);
    for (method, path, needs_principal) in paths {
        let answer = world.send(request(method.clone(), &path).body(Body::empty()).unwrap()).await;
        assert_eq!(needs_principal, path.starts_with("/api/v1/") || path == "/api/graphql", "{path}");
        if needs_principal {
            answer.assert_refused(401, "unauthenticated", &format!("{method} {path}"));
            assert!(answer.header("www-authenticate").starts_with("Bearer"), "{path}");
        } else {
            assert_ne!(answer.status, 401, "{path}");
        }
    }
}

#[tokio::test]
async fn a_key_that_may_do_nothing_gets_nothing() {
    let world = World::new();
    for (method, path, needs_principal) in paths() {
        if needs_principal {
            let request = request(method.clone(), &path).header("authorization", "Bearer mia {}");
            let answer = world.send(request.body(Body::empty()).unwrap()).await;
            answer.assert_refused(403, "forbidden", &format!("{method} {path}"));
        }
    }
}

#[tokio::test]
async fn every_documented_route_answers_with_a_documented_status() {
    let world = World::new();
    let api = document();
    for (name, operation) in operations(&api).filter(|(_, operation)| is_here(operation)) {
        let (method, path) = name.split_once(' ').unwrap();
        if path.starts_with("/api/v1/uploads") {
            let status = upload_status(&world, method, path).await.to_string();
            let is_documented = operation.responses.responses.contains_key(&status);
            assert!(is_documented && status.starts_with('2'), "{name}: {status}");
            continue;
        }
        if let Some(asked) = own_request(&world, method, path).await {
            let status = world.send(asked).await.status;
            let is_documented = operation.responses.responses.contains_key(status.as_str());
            assert!(is_documented && status.is_success(), "{name}: {status}");
            continue;
        }
        let needed = operation.parameters.iter().flatten().any(
            |parameter| matches!(parameter, utoipa::openapi::RefOr::T(parameter) if parameter.name == "q"),
        );
        if name == "POST /api/v1/privacy/forget" {
            assert_eq!(forget_status(&world).await, 200);
            continue;
        }
        if name == "POST /api/v1/imports" {
            assert_eq!(import_status(&world).await, 202);
            continue;
        }
        let path =
            path.replace("/jobs/{id}", "/jobs/1").replace("/backups/{name}", &format!("/backups/{A_BACKUP}"));
        let path = path.replace("/people/{id}", &format!("/people/{}", ada(&world).await));
        let path = path.replace("/conversations/{id}", &format!("/conversations/{}", refund(&world).await));
        // One that was read whole is not read again.
        let path = if path.ends_with("/retry") { path.replace("{entry}", "0") } else { path };
        let path = filled(&path.replace("/imports/{id}", "/imports/1").replace("{id}", &id(1)));
        let path = match (needed, path.as_str(), method) {
            (true, ..) => format!("{path}?q=dough"),
            (_, "/api/v1/stats/correlation", _) => format!("{path}?a=series:steps&b=dough"),
            (_, "/api/graphql", "GET") => format!("{path}?query=%7B__typename%7D"),
            _ => path,
        };
        // Backups are of all accounts, so they are the owner's.
        let is_owners = path.starts_with("/api/v1/backups");
        let who = if is_owners { "Bearer owner" } else { "Bearer mia" };
        let request = request(method.parse().unwrap(), &path).header("authorization", who);
        let request = request.header("content-type", "application/json");
        let body = match method {
            "PUT" => Body::from("{}"),
            "POST" if is_owners => Body::from("{}"),
            "POST" if path.ends_with("/forget/preview") => Body::from(NOBODY_S),
            "POST" => Body::from(r#"{"query":"{__typename}"}"#),
            _ => Body::empty(),
        };
        let answer = world.send(request.body(body).unwrap()).await;
        let expected = match (method, &*path) {
            (_, "/health/ready" | "/health/startup") => 503,
            ("POST", "/api/v1/backups") => 202,
            ("POST", "/api/v1/blobs") => 201,
            ("POST", path) if path.ends_with("/retry") => 202,
            ("DELETE", _) if is_owners => 204,
            _ => 200,
        };
        assert_eq!(answer.status.as_u16(), expected, "{method} {path}");
    }
}

/// A request that changes own documents, if the route does, and can be done.
async fn own_request(world: &World, method: &str, path: &str) -> Option<Request<Body>> {
    let body = match (method, path) {
        ("POST", "/api/v1/documents/batch") => r#"{"items":[]}"#,
        ("POST", "/api/v1/documents") | ("PUT" | "PATCH" | "DELETE", "/api/v1/documents/{id}") => {
            r#"{"title":"A note"}"#
        }
        ("PUT", "/api/v1/documents/{id}/vectors/{set}") => {
            r#"{"model":"topics","dimension":3,"passages":[]}"#
        }
        _ => return None,
    };
    let mia = |method: &str, path: &str, body: String| {
        let request = request(method.parse().unwrap(), path).header("authorization", "Bearer mia");
        request.header("content-type", "application/json").body(Body::from(body)).unwrap()
    };
    let text = format!("{method} {path}");
    let made = world.send(mia("POST", "/api/v1/documents", json!({ "text": text }).to_string())).await.json();
    let path = path.replace("{id}", made["id"].as_str().unwrap()).replace("{set}", "topics-3-1");
    Some(mia(method, &path, body.to_owned()))
}

/// The id of the one person there is.
pub(crate) async fn ada(world: &World) -> String {
    world.found("/api/v1/people").await["items"][0]["id"].as_str().unwrap().to_owned()
}

/// The id of the one conversation there is.
async fn refund(world: &World) -> String {
    world.found("/api/v1/conversations").await["items"][0]["id"].as_str().unwrap().to_owned()
}

/// What a route of uploads answers with when it is asked for something that can be done.
async fn upload_status(world: &World, method: &str, path: &str) -> u16 {
    let mia = |method: &str, path: &str| {
        let request = request(method.parse().unwrap(), path).header("authorization", "Bearer mia");
        request.header("tus-resumable", "1.0.0")
    };
    let begin = mia("POST", "/api/v1/uploads").header("upload-length", "2").body(Body::empty());
    let begun = world.send(begin.unwrap()).await;
    let id = begun.header("location").trim_start_matches("uploads/");
    let request = mia(method, &path.replace("{id}", id));
    let request = request.header("upload-length", "2").header("upload-offset", "0");
    let request = request.header("x-http-method-override", "PATCH");
    let form = "--b\r\nContent-Disposition: form-data; name=f; filename=\"a\"\r\n\r\nhi\r\n--b--\r\n";
    let (media_type, body) = match path.ends_with("/form") {
        true => ("multipart/form-data; boundary=b", form),
        false => ("application/offset+octet-stream", "hi"),
    };
    let request = request.header("content-type", media_type).header("content-length", body.len());
    world.send(request.body(Body::from(body)).unwrap()).await.status.as_u16()
}

/// Something to forget that nobody has.
const NOBODY_S: &str = r#"{"source":"nobody.s"}"#;

/// What forgetting it is answered with.
async fn forget_status(world: &World) -> u16 {
    let ask = async |path: &str, body: String| {
        let asked = request(Method::POST, path).header("authorization", "Bearer mia");
        world.send(asked.header("content-type", "application/json").body(Body::from(body)).unwrap()).await
    };
    let preview = ask("/api/v1/privacy/forget/preview", NOBODY_S.to_owned()).await.json();
    let body = serde_json::json!({ "source": "nobody.s", "confirm": preview["confirm"] });
    ask("/api/v1/privacy/forget", body.to_string()).await.status.as_u16()
}

/// What asking for the import of an upload is answered with.
async fn import_status(world: &World) -> u16 {
    let mia = |path: &str| request(Method::POST, path).header("authorization", "Bearer mia");
    let begin = mia("/api/v1/uploads").header("tus-resumable", "1.0.0").header("upload-length", "0");
    let begun = world.send(begin.body(Body::empty()).unwrap()).await;
    let id = begun.header("location").trim_start_matches("uploads/").to_owned();
    let asked = mia("/api/v1/imports").header("content-type", "application/json");
    let body = serde_json::json!({ "uploads": [id] }).to_string();
    world.send(asked.body(Body::from(body)).unwrap()).await.status.as_u16()
}

#[tokio::test]
async fn credentials_that_are_not_valid_are_told_from_none() {
    let world = World::new();
    let request = get("/api/v1/stats").header("authorization", "Bearer nobody").body(Body::empty()).unwrap();
    let answer = world.send(request).await;
    assert_eq!(answer.code(), (401, "bad_credentials".into()));
    let request = get("/api/v1/stats").header("authorization", "Bearer homeless").body(Body::empty());
    assert_eq!(world.send(request.unwrap()).await.code(), (403, "forbidden".into()));
}

#[tokio::test]
async fn what_one_account_has_is_nothing_to_another() {
    let world = World::new();
    for path in ["", "/similar", "/around", "/annotations"] {
        let answer = world.get(&format!("/api/v1/documents/{}{path}", id(99))).await;
        assert_eq!(answer.code(), (404, "no_such_document".into()), "{path}");
    }
    let hits = world.found("/api/v1/search?q=secret+dough").await;
    assert!(!hits["hits"].to_string().contains(&id(99)));
    assert!(!world.found("/api/v1/suggest?q=secret").await.to_string().contains("Secret"));
}

#[tokio::test]
async fn too_many_requests_are_refused_with_when_to_come_back() {
    let world = World::with(|settings| {
        settings.per_account = Allowance { per_second: 1.0, burst: 3.0 };
        settings.per_address = Allowance { per_second: 1.0, burst: 2.0 };
    });
    for left in ["2", "1", "0"] {
        let answer = world.get("/api/v1/sources").await;
        assert_eq!(answer.status, 200);
        assert_eq!(answer.header("ratelimit-policy"), "\"account\";q=3;w=3");
        assert!(answer.header("ratelimit").starts_with(&format!("\"account\";r={left};")));
    }
    let refused = world.get("/api/v1/sources").await;
    assert_eq!(refused.code(), (429, "rate_limited".into()));
    assert_eq!(refused.header("retry-after"), "1");
    // Who has no account is counted apart, and asking for one's health costs nothing.
    let anonymous = || get("/api/docs").body(Body::empty()).unwrap();
    assert_eq!(world.send(anonymous()).await.status, 200);
    assert_eq!(world.send(anonymous()).await.status, 200);
    assert_eq!(world.send(anonymous()).await.code(), (429, "rate_limited".into()));
    for _ in 0..10 {
        assert_eq!(world.send(get("/health/live").body(Body::empty()).unwrap()).await.status, 200);
    }
}
