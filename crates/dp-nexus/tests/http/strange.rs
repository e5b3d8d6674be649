//! Strange values in every place the OpenAPI document names: no answer is a failure of the server, and each is
//! one that is documented.

use crate::world::{World, id, picture_hash, request};
use axum::body::Body;
use dp_nexus::http::{document, operations};
use http::Method;
use utoipa::openapi::{RefOr, path::ParameterIn};

/// Values as they stand in an address.
fn strange() -> Vec<String> {
    let mut values = [
        "",
        "0",
        "1",
        "-1",
        "-0",
        "1e9",
        "NaN",
        "99999999999999999999",
        "9223372036854775807",
        "true",
        "null",
        "[]",
        "%7B%7D",
        "%00",
        "%ff",
        "%",
        "%zz",
        "+",
        "a%0d%0aset-cookie:x",
        "..%2f..%2fetc",
        "%F0%9F%92%A9",
        "%E2%80%AE",
        "%22",
        "%27%20OR%201=1--",
        "((((((((",
        "%22%22%22",
        "-",
        "-a",
        "kind:",
        "after:9999-99",
        "near:",
        "-9999",
        "9999",
        "0000-00-00",
        "2024-02-30",
        "9999-12-31",
        "-9999-01-01",
        "06-14",
        "0,0",
        "90,180",
        "-90,-180,90,180",
        "1970-01-01T00:00:00Z",
        "-9223372036854775808",
        "email",
        "google",
        "*",
    ]
    .map(str::to_owned)
    .to_vec();
    values.push("a".repeat(5_000));
    values.push("(".repeat(3_000));
    values.push("a+OR+".repeat(500));
    values.push("%F0%9F%92%A9".repeat(1_000));
    values
}

#[tokio::test]
async fn strange_values_never_make_the_server_fail() {
    let world = World::new();
    let api = document();
    let mut asked = 0;
    for (name, operation) in operations(&api) {
        let (method, path) = name.split_once(' ').unwrap();
        let is_of_accounts = operation.tags.iter().flatten().any(|tag| tag == "accounts");
        let is_of_graph = path == "/api/graphql";
        if method != "GET" || !(path.starts_with("/api/v1/") || is_of_graph) || is_of_accounts {
            continue;
        }
        let usual = path
            .replace("imports/{id}", "imports/1")
            .replace("jobs/{id}", "jobs/1")
            .replace("{id}", &id(4))
            .replace("{name}", "steps")
            .replace("{hash}", &picture_hash())
            .replace("{entry}", "1");
        let needs_q = ["/search", "/suggest"].iter().any(|end| path.ends_with(end));
        for parameter in operation.parameters.iter().flatten() {
            let RefOr::T(parameter) = parameter else { continue };
            for value in strange() {
                let target = match parameter.parameter_in {
                    ParameterIn::Query if needs_q && parameter.name != "q" => {
                        format!("{usual}?q=dough&{}={value}", parameter.name)
                    }
                    ParameterIn::Query if is_of_graph && parameter.name != "query" => {
                        format!("{usual}?query=%7B__typename%7D&{}={value}", parameter.name)
                    }
                    ParameterIn::Query => format!("{usual}?{}={value}", parameter.name),
                    ParameterIn::Path => path.replace(&format!("{{{}}}", parameter.name), &value),
                    _ => continue,
                };
                // What is no address does not reach the server.
                let Ok(target) = target.parse::<http::Uri>() else { continue };
                let request = request(Method::GET, &target.to_string()).header("authorization", "Bearer mia");
                let answer = world.send(request.body(Body::empty()).unwrap()).await;
                assert!(answer.status.as_u16() < 500, "{target}: {}", String::from_utf8_lossy(&answer.bytes));
                // GraphQL says in its own way what is wrong with a document.
                if answer.status.is_client_error() && !answer.is_of_graph() {
                    answer.problem();
                }
                asked += 1;
            }
        }
    }
    assert!(asked > 2_000, "{asked}");
}

#[tokio::test]
async fn strange_bodies_never_make_the_server_fail() {
    let world = World::new();
    let path = format!("/api/v1/documents/{}/annotations", id(3));
    let mut bodies = strange();
    bodies.extend(
        [
            "{\"tags\":[null]}",
            "{\"tags\":{}}",
            "{\"note\":\"\\ud800\"}",
            "{\"note\":\"\\u0000\"}",
            "{\"starred\":1}",
            "{\"starred\":true,\"starred\":false}",
            "\u{feff}{}",
            "{\"tags\":[\"\\u202e\"]}",
            "[true,[],null,true]",
        ]
        .map(str::to_owned),
    );
    bodies.push(format!("{{\"tags\":[{}]}}", vec!["\"a\""; 50_000].join(",")));
    bodies.push("{\"tags\":".repeat(2_000));
    for body in bodies {
        let request = request(Method::PUT, &path)
            .header("authorization", "Bearer mia")
            .header("content-type", "application/json");
        let answer = world.send(request.body(Body::from(body.clone())).unwrap()).await;
        assert!(answer.status.as_u16() < 500, "{body}");
        if answer.status.is_client_error() {
            answer.problem();
        }
    }
}
