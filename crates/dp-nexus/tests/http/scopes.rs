//! What a key sees that is bound to some sources or days: a part of the vault, and no trace of the rest.

use crate::world::{World, get, id, ids, request};
use axum::body::Body;
use http::Method;
use serde_json::{Value, json};

const CHROME: &str = r#"{"read":true,"write":true,"sources":["google.chrome"]}"#;
/// From 1 January 2023.
const LATE: &str = r#"{"read":true,"from":19358}"#;

async fn found(world: &World, scope: &str, path: &str) -> Value {
    let answer = world.get_scoped(scope, path).await;
    assert_eq!(answer.status, 200, "{path}: {}", String::from_utf8_lossy(&answer.bytes));
    answer.json()
}

#[tokio::test]
async fn documents_outside_the_scope_are_not_there() {
    let world = World::new();
    for path in ["", "/similar", "/around", "/annotations"] {
        let answer = world.get_scoped(CHROME, &format!("/api/v1/documents/{}{path}", id(3))).await;
        assert_eq!(answer.code(), (404, "no_such_document".into()), "{path}");
        let answer = world.get_scoped(CHROME, &format!("/api/v1/documents/0303{path}")).await;
        assert_eq!(answer.code(), (404, "no_such_document".into()), "{path}");
    }
    assert_eq!(found(&world, CHROME, &format!("/api/v1/documents/{}", id(1))).await["id"], id(1));
    assert_eq!(world.get_scoped(LATE, &format!("/api/v1/documents/{}", id(2))).await.status, 404);
    // What has no date is on no day.
    assert_eq!(world.get_scoped(LATE, &format!("/api/v1/documents/{}", id(8))).await.status, 404);
}

#[tokio::test]
async fn lists_and_searches_hold_only_the_scope() {
    let world = World::new();
    for path in [
        "/api/v1/documents",
        "/api/v1/documents?source=google",
        "/api/v1/documents?source=google.keep&source=google.chrome",
    ] {
        assert_eq!(ids(&found(&world, CHROME, path).await["items"]), [7, 1, 2].map(id), "{path}");
    }
    assert_eq!(found(&world, CHROME, "/api/v1/documents?source=google.keep").await["items"], json!([]));
    for query in ["dough", "dough+OR+source:google.keep", "kind:note", "flour", "-sleep"] {
        for mode in ["keyword", "semantic", "hybrid"] {
            let path = format!("/api/v1/search?q={query}&mode={mode}&facets&explain&limit=50");
            let answer = found(&world, CHROME, &path).await;
            for hit in answer["hits"].as_array().unwrap() {
                assert_eq!(hit["source"], "google.chrome", "{path}");
            }
            assert!(!answer["facets"].to_string().contains("keep"), "{path}: {}", answer["facets"]);
        }
    }
    let similar = found(&world, CHROME, &format!("/api/v1/documents/{}/similar", id(7))).await;
    assert_eq!(similar["items"], json!([]));
    let late = found(&world, LATE, "/api/v1/documents").await;
    assert_eq!(ids(&late["items"]), [7, 1, 3].map(id));
}

#[tokio::test]
async fn a_place_that_is_outside_is_not_known_by_name() {
    let world = World::new();
    let answer = world.get_scoped(CHROME, "/api/v1/search?q=near:%22Caf%C3%A9+Luz%22").await;
    assert_eq!(answer.code(), (400, "bad_query".into()));
}

#[tokio::test]
async fn suggestions_say_nothing_of_what_is_outside() {
    let world = World::new();
    assert_eq!(found(&world, CHROME, "/api/v1/suggest?q=Sour").await["items"], json!([]));
    assert_eq!(found(&world, CHROME, "/api/v1/suggest?q=Ada").await["items"], json!([]));
    let own = found(&world, CHROME, "/api/v1/suggest?q=Bread").await;
    assert_eq!(own["items"][0]["text"], "Bread at home");
}

#[tokio::test]
async fn counts_are_those_of_the_scope() {
    let world = World::new();
    let statistics = found(&world, CHROME, "/api/v1/stats").await;
    assert_eq!((&statistics["documents"], &statistics["undated"]), (&json!(3), &json!(0)));
    assert_eq!(statistics["sources"], json!({"google.chrome": 3}));
    assert_eq!((&statistics["people"], &statistics["places"]), (&json!([]), &json!([])));
    assert_eq!(statistics["series"], json!([]));
    let people = r#"{"read":true,"sources":["google.mail"]}"#;
    let statistics = found(&world, people, "/api/v1/stats").await;
    assert_eq!(statistics["people"], json!([{"name": "Ada Berg", "count": 1}]));
    assert_eq!(found(&world, LATE, "/api/v1/histogram").await["total"], 3);
    let sources = found(&world, CHROME, "/api/v1/sources").await;
    assert_eq!(sources["items"].as_array().unwrap().len(), 1);
    let timeline = found(&world, CHROME, "/api/v1/timeline").await;
    assert_eq!(timeline["items"].as_array().unwrap().len(), 2);
    let days = found(&world, CHROME, "/api/v1/on-this-day?date=06-14").await;
    assert_eq!(days["items"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn what_is_known_of_the_whole_vault_only_is_refused() {
    let world = World::new();
    for scope in [CHROME, LATE] {
        for path in
            ["/api/v1/people", "/api/v1/conversations", "/api/v1/imports", "/api/v1/imports/1/entries"]
        {
            let answer = world.get_scoped(scope, path).await;
            assert_eq!(answer.code(), (403, "scope_too_narrow".into()), "{path}");
        }
    }
    for path in ["/api/v1/series", "/api/v1/series/steps/daily"] {
        assert_eq!(world.get_scoped(CHROME, path).await.code(), (403, "scope_too_narrow".into()));
    }
}

#[tokio::test]
async fn samples_are_those_of_the_scope() {
    let world = World::new();
    assert_eq!(found(&world, CHROME, "/api/v1/series/steps").await["items"], json!([]));
    let fit = r#"{"read":true,"sources":["google.fit"]}"#;
    assert_eq!(found(&world, fit, "/api/v1/series/steps").await["items"].as_array().unwrap().len(), 10);
    // From 2022-01-10 to 2022-01-11.
    let days = r#"{"read":true,"from":19002,"until":19004}"#;
    assert_eq!(found(&world, days, "/api/v1/series/steps").await["items"].as_array().unwrap().len(), 4);
    assert_eq!(found(&world, days, "/api/v1/series").await["items"][0]["count"], 4);
    assert_eq!(found(&world, days, "/api/v1/series/steps/daily").await["items"].as_array().unwrap().len(), 2);
}

#[tokio::test]
async fn what_is_outside_cannot_be_annotated() {
    let world = World::new();
    let put = |number: u8| {
        let path = format!("/api/v1/documents/{}/annotations", id(number));
        let request = request(Method::PUT, &path).header("authorization", format!("Bearer mia {CHROME}"));
        request.header("content-type", "application/json").body(Body::from(r#"{"starred":true}"#)).unwrap()
    };
    assert_eq!(world.send(put(3)).await.code(), (404, "no_such_document".into()));
    assert_eq!(world.send(put(1)).await.status, 200);
    let read = get(&format!("/api/v1/documents/{}/annotations", id(3))).header("authorization", "Bearer mia");
    let untouched = world.send(read.body(Body::empty()).unwrap()).await.json();
    assert_eq!(untouched["starred"], false);
}
