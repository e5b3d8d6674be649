//! The attacks that the server is built against, each with the tests that carry it out, wherever they are; and those
//! that are tried on every documented route at once.

use crate::{
    home::{Home, PASSWORD},
    world::{Answer, World, id, request},
};
use axum::body::Body;
use dp_nexus::http::{document, is_open, operations};
use http::Method;
use serde_json::{Value, json};
use std::{net::TcpListener, path::Path};

/// What is tried, and where: files from the root of the repository, and tests in them.
const ATTACKS: &[(&str, &[(&str, &str)])] = &[
    (
        "path traversal in the names of uploads",
        &[
            ("crates/dp-nexus/src/uploads/file_name.rs", "nothing_leads_out_of_a_folder"),
            ("tests/tests/scenarios/attacks.rs", "an_upload_writes_nothing_where_its_names_lead"),
        ],
    ),
    (
        "path traversal in the names within archives",
        &[
            ("tests/tests/scenarios/hostile.rs", "paths_that_lead_out_of_the_archive_are_refused"),
            ("tests/tests/scenarios/attacks.rs", "an_upload_writes_nothing_where_its_names_lead"),
        ],
    ),
    (
        "links in archives",
        &[("tests/tests/scenarios/hostile.rs", "links_in_archives_and_folders_are_not_followed")],
    ),
    (
        "zip bombs through upload",
        &[
            ("tests/tests/scenarios/attacks.rs", "a_bomb_that_is_uploaded_stops_at_the_limit"),
            (
                "tests/tests/scenarios/hostile.rs",
                "bombs_stop_at_the_configured_limit_and_the_rest_is_imported",
            ),
        ],
    ),
    (
        "requests to other servers by way of an address in a field",
        &[
            ("crates/dp-nexus/tests/http/attacks.rs", "no_address_that_is_sent_is_ever_asked"),
            ("tests/tests/workspace.rs", "storage_interface_and_async_libraries_stay_in_their_crates"),
        ],
    ),
    (
        "access tokens with algorithm none, another key, past their time, for another audience",
        &[("crates/dp-nexus/tests/http/door.rs", "forged_tokens_are_refused")],
    ),
    (
        "a refresh token used twice",
        &[(
            "crates/dp-nexus/src/accounts/access.rs",
            "a_refresh_token_that_comes_twice_ends_the_session_for_both_holders",
        )],
    ),
    (
        "changes by pages of other sites",
        &[
            ("crates/dp-nexus/tests/http/passing.rs", "pages_of_other_sites_change_nothing"),
            (
                "crates/dp-nexus/tests/http/door.rs",
                "a_cookie_reads_alone_and_changes_only_with_its_csrf_token",
            ),
            (
                "crates/dp-nexus/tests/http/attacks.rs",
                "a_browser_changes_nothing_by_any_route_without_its_token",
            ),
        ],
    ),
    (
        "script in what is stored",
        &[("crates/dp-nexus/tests/http/attacks.rs", "stored_script_is_never_answered_as_a_page")],
    ),
    (
        "headers slipped in by what is sent",
        &[
            ("crates/dp-nexus/tests/http/attacks.rs", "nothing_that_is_sent_becomes_a_header"),
            ("crates/dp-nexus/tests/http/uploading.rs", "strange_headers_never_make_the_server_fail"),
        ],
    ),
    (
        "oversized and deeply nested bodies",
        &[
            ("crates/dp-nexus/tests/http/passing.rs", "large_bodies_are_refused"),
            (
                "crates/dp-nexus/tests/http/attacks.rs",
                "bodies_that_are_deep_or_large_are_refused_by_every_route",
            ),
        ],
    ),
    (
        "connections that speak slowly",
        &[
            ("crates/dp-nexus/tests/http/serving.rs", "a_head_that_comes_too_slowly_is_cut_off"),
            ("crates/dp-nexus/tests/http/serving.rs", "connections_beyond_the_limit_wait_for_their_turn"),
            (
                "crates/dp-nexus/tests/http/resuming.rs",
                "a_line_that_stands_still_is_ended_and_what_came_is_kept",
            ),
        ],
    ),
    (
        "GraphQL documents with many aliases or great depth",
        &[("crates/dp-nexus/tests/http/graph_bounds.rs", "bombs_are_refused_quickly_and_by_name")],
    ),
    (
        "names found by how long signing in takes",
        &[
            (
                "crates/dp-nexus/src/accounts/password.rs",
                "a_name_that_is_not_there_takes_as_long_as_a_wrong_password",
            ),
            (
                "crates/dp-nexus/src/accounts/password.rs",
                "what_stands_in_for_an_absent_hash_costs_the_same_as_a_real_one",
            ),
            ("crates/dp-nexus/tests/http/door.rs", "guessing_is_slowed_down_and_tells_nothing_of_names"),
        ],
    ),
    (
        "keys that reach beyond their scope",
        &[
            ("crates/dp-nexus/src/accounts/key.rs", "a_key_may_no_more_than_its_maker"),
            ("crates/dp-nexus/src/accounts/key.rs", "a_key_without_admin_makes_no_keys"),
            ("crates/dp-nexus/tests/http/scopes.rs", "documents_outside_the_scope_are_not_there"),
            ("crates/dp-nexus/tests/http/graph_scopes.rs", "every_field_keeps_to_the_scope_of_a_key"),
            ("crates/dp-nexus/tests/http/mcp.rs", "a_bound_key_sees_nothing_else"),
        ],
    ),
    (
        "ids of another account",
        &[
            ("crates/dp-nexus/tests/http/isolation.rs", "no_route_tells_an_account_of_what_another_has"),
            ("crates/dp-nexus/tests/http/graph_scopes.rs", "no_field_tells_of_what_another_account_has"),
        ],
    ),
];

#[test]
fn every_attack_is_carried_out_by_a_test_that_is_there() {
    let mut missing = Vec::new();
    for (attack, tests) in ATTACKS {
        assert!(!tests.is_empty(), "{attack}");
        for (file, test) in *tests {
            let text = fs_err::read_to_string(Path::new("../..").join(file)).unwrap_or_default();
            let found = text.find(&format!("fn {test}()"));
            let marked = found.is_some_and(|at| {
                let lines = text[..at].trim_end().rsplit('\n').skip_while(|line| line.ends_with("async"));
                let line = lines.map(str::trim).find(|line| !line.starts_with("//")).unwrap_or_default();
                line == "#[test]" || line.starts_with("#[tokio::test")
            });
            if !marked {
                missing.push(format!("{attack}: {file} has no test {test}"));
            }
        }
    }
    assert!(missing.is_empty(), "{missing:#?}");
}

/// A path of the document with something in place of what is named.
fn filled(path: &str) -> String {
    let part = |part: &str| match part {
        "{name}" => "steps".to_owned(),
        "{z}" | "{x}" => "3".to_owned(),
        "{y}.mvt" => "3.mvt".to_owned(),
        part if part.starts_with('{') => id(4),
        part => part.to_owned(),
    };
    path.split('/').map(part).collect::<Vec<_>>().join("/")
}

/// Every parameter of the query and every field of a body, with the same text in each.
fn with_everywhere(described: &Value, api: &Value, text: &str) -> (String, Value) {
    let named = |place: &str| {
        let all = described["parameters"].as_array().into_iter().flatten();
        let here = all.filter(|parameter| parameter["in"] == place);
        here.filter_map(|parameter| parameter["name"].as_str().map(str::to_owned)).collect::<Vec<_>>()
    };
    let encoded = percent_encoding::utf8_percent_encode(text, percent_encoding::NON_ALPHANUMERIC).to_string();
    let query = named("query").iter().map(|name| format!("{name}={encoded}")).collect::<Vec<_>>().join("&");
    let schema = &described["requestBody"]["content"]["application/json"]["schema"];
    let schema = match schema["$ref"].as_str() {
        Some(reference) => api.pointer(reference.trim_start_matches('#')).unwrap(),
        None => schema,
    };
    let fields = schema["properties"].as_object().into_iter().flatten();
    let field = |(name, schema): (&String, &Value)| {
        let is_list = schema["type"] == "array" || schema["type"][0] == "array";
        (name.clone(), if is_list { json!([text]) } else { json!(text) })
    };
    (query, fields.map(field).collect())
}

/// Sends this text in every place that the document names, one route after the other, as somebody who is signed in.
async fn everywhere(text: &str, mut look: impl FnMut(&str, &Answer)) {
    let world = World::new();
    let api = document();
    let json = serde_json::to_value(&api).unwrap();
    let mut asked = 0;
    for (name, operation) in operations(&api) {
        let is_stream = name.starts_with("PATCH") || name.contains("/uploads");
        let is_of_accounts = operation.tags.iter().flatten().any(|tag| tag == "accounts");
        // The world of these tests is never ready, and says so.
        let is_of_health = name.starts_with("GET /health/");
        if is_stream || is_of_accounts || is_of_health {
            continue;
        }
        let (method, path) = name.split_once(' ').unwrap();
        let (query, body) = with_everywhere(&json["paths"][path][method.to_lowercase()], &json, text);
        // All at once, and each alone: the first that is wrong is what is told of.
        let alone = query.split('&').map(str::to_owned);
        for query in alone.chain([query.clone()]) {
            let mut sent = request(method.parse().unwrap(), &format!("{}?{query}", filled(path)))
                .header("authorization", "Bearer mia");
            for header in ["if-none-match", "x-forwarded-for", "origin-of-the-test"] {
                if let Ok(value) = http::HeaderValue::from_str(text) {
                    sent = sent.header(header, value);
                }
            }
            let sent = sent.header("content-type", "application/json");
            let answer = world.send(sent.body(Body::from(body.to_string())).unwrap()).await;
            look(&name, &answer);
            asked += 1;
        }
    }
    assert!(asked > 60, "{asked}");
}

#[tokio::test]
async fn no_address_that_is_sent_is_ever_asked() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.set_nonblocking(true).unwrap();
    let address = format!("http://{}/latest/meta-data/", listener.local_addr().unwrap());
    everywhere(&address, |name, answer| {
        assert!(answer.status.as_u16() < 500, "{name}: {}", answer.status);
        let asked = listener.accept();
        assert!(asked.is_err(), "{name} made the server ask {address}: {asked:?}");
    })
    .await;
    tokio::time::sleep(std::time::Duration::from_millis(200)).await;
    assert!(listener.accept().is_err(), "something asked {address} in the end");
}

#[tokio::test]
async fn nothing_that_is_sent_becomes_a_header() {
    everywhere("a\r\nset-cookie: taken=over\r\nx-slipped-in: yes", |name, answer| {
        assert!(answer.status.as_u16() < 500, "{name}: {}", answer.status);
        for (header, value) in &answer.headers {
            let value = String::from_utf8_lossy(value.as_bytes());
            assert!(header != "x-slipped-in" && header != "set-cookie", "{name} answers {header}");
            assert!(!value.contains(['\r', '\n']), "{name} answers {header}: {value:?}");
        }
    })
    .await;
}

#[tokio::test]
async fn stored_script_is_never_answered_as_a_page() {
    const SCRIPT: &str = "<script>fetch('/api/v1/keys')</script><img src=x onerror=alert(1)>";
    let world = World::new();
    let path = format!("/api/v1/documents/{}/annotations", id(4));
    let put = request(Method::PUT, &path)
        .header("authorization", "Bearer mia")
        .header("content-type", "application/json")
        .body(Body::from(json!({"note": SCRIPT, "tags": ["<script>"]}).to_string()));
    assert_eq!(world.send(put.unwrap()).await.status, 200);
    let full = world.found(&format!("/api/v1/documents/{}", id(4))).await;
    assert_eq!(full["annotations"]["note"], SCRIPT, "what a person writes is kept as it is");
    let api = document();
    for (name, _) in operations(&api).filter(|(name, _)| name.starts_with("GET ")) {
        let path = filled(name.trim_start_matches("GET "));
        let answer = world.get(&format!("{path}?q=%3Cscript%3E&query=%3Cscript%3E")).await;
        assert_not_a_page(&name, &answer);
        assert_not_a_page(&name, &world.get(&path).await);
    }
    everywhere(SCRIPT, assert_not_a_page).await;
}

/// Whether a browser that is led here runs nothing of it.
fn assert_not_a_page(name: &str, answer: &Answer) {
    assert_eq!(answer.header("x-content-type-options"), "nosniff", "{name}");
    let media_type = answer.headers.get("content-type").map(|value| value.to_str().unwrap().to_lowercase());
    let is_page = media_type.is_some_and(|one| ["html", "xml", "svg"].iter().any(|page| one.contains(page)));
    let policy = answer.headers.get("content-security-policy").map(|value| value.to_str().unwrap());
    let is_bound =
        policy.is_some_and(|policy| policy.contains("default-src 'none'") || policy.contains("sandbox"));
    assert!(!is_page || is_bound, "{name} answers a page under {policy:?}");
}

#[tokio::test]
async fn bodies_that_are_deep_or_large_are_refused_by_every_route() {
    let world = World::new();
    let api = document();
    let deep =
        ["[".repeat(100_000), "{\"a\":".repeat(100_000), format!("{{\"query\":{}", "[".repeat(50_000))];
    let variables = format!(
        "{{\"query\":\"{{__typename}}\",\"variables\":{}1{}}}",
        "{\"a\":".repeat(5_000),
        "}".repeat(5_000)
    );
    let large = format!("{{\"note\":\"{}\"}}", "x".repeat(2 << 20));
    let mut sent = 0;
    for (name, operation) in operations(&api) {
        let body = serde_json::to_value(&operation.request_body).unwrap();
        let is_of_accounts = operation.tags.iter().flatten().any(|tag| tag == "accounts");
        if body["content"]["application/json"].is_null() || is_of_accounts {
            continue;
        }
        let (method, path) = name.split_once(' ').unwrap();
        for body in deep.iter().chain([&variables, &large]) {
            let asked = request(method.parse().unwrap(), &filled(path))
                .header("authorization", "Bearer mia")
                .header("content-type", "application/json");
            let answer = world.send(asked.body(Body::from(body.clone())).unwrap()).await;
            let status = answer.status.as_u16();
            assert!((400..500).contains(&status), "{name}: {status} to {}…", &body[..20]);
            sent += 1;
        }
    }
    assert!(sent >= 15, "{sent}");
}

#[tokio::test]
async fn a_browser_changes_nothing_by_any_route_without_its_token() {
    let home = Home::peopled();
    let signed_in = json!({"name": "ada", "password": PASSWORD, "kind": "cookie"});
    let signed_in = home.ask("POST /api/v1/auth/sign-in", &[], Some(signed_in)).await;
    let cookie = signed_in.header("set-cookie").split(';').next().unwrap().to_owned();
    let api = document();
    let mut refused = 0;
    for (name, operation) in operations(&api) {
        let (method, path) = name.split_once(' ').unwrap();
        if is_open(operation) || ["GET", "HEAD", "OPTIONS"].contains(&method) {
            continue;
        }
        let what = format!("{method} {}", filled(path));
        for headers in
            [vec![("cookie", cookie.as_str())], vec![("cookie", &cookie), ("x-csrf-token", "guessed")]]
        {
            let answer = home.ask(&what, &headers, Some(json!({}))).await;
            answer.assert_refused(403, "wrong_csrf", &what);
            refused += 1;
        }
    }
    assert!(refused >= 20, "{refused}");
    assert_eq!(home.ask("GET /api/v1/account", &[("cookie", &cookie)], None).await.status, 200);
}
