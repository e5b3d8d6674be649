//! Stars, tags, notes and hiding.

use crate::world::{Answer, World, id, ids, request};
use axum::body::Body;
use http::Method;
use serde_json::json;

async fn put(world: &World, number: u8, tag: Option<&str>, body: &str) -> Answer {
    let path = format!("/api/v1/documents/{}/annotations", id(number));
    let mut request = request(Method::PUT, &path)
        .header("authorization", "Bearer mia")
        .header("content-type", "application/json");
    if let Some(tag) = tag {
        request = request.header("if-match", tag);
    }
    world.send(request.body(Body::from(body.to_owned())).unwrap()).await
}

#[tokio::test]
async fn annotations_are_put_in_place_of_those_there_were() {
    let world = World::new();
    let answer = put(&world, 3, None, r#"{"starred":true,"tags":["rye"," bread "],"note":"try it"}"#).await;
    let expected = json!({"starred": true, "tags": ["bread", "rye"], "note": "try it", "hidden": false});
    assert_eq!((answer.status.as_u16(), answer.json()), (200, expected.clone()));
    let read = world.get(&format!("/api/v1/documents/{}/annotations", id(3))).await;
    assert_eq!((read.json(), read.header("etag")), (expected.clone(), answer.header("etag")));
    assert_eq!(world.found(&format!("/api/v1/documents/{}", id(3))).await["annotations"], expected);
    assert_eq!(ids(&world.found("/api/v1/documents?tag=rye&has=star").await["items"]), [id(3)]);
    let answer = put(&world, 3, None, r#"{"hidden":true}"#).await;
    assert_eq!(answer.json(), json!({"starred": false, "tags": [], "hidden": true}));
    assert_eq!(world.found("/api/v1/search?q=kind:note").await["total"], 1);
}

#[tokio::test]
async fn a_change_that_comes_too_late_is_refused() {
    let world = World::new();
    let before = world.get(&format!("/api/v1/documents/{}/annotations", id(3))).await;
    let tag = before.header("etag");
    assert_eq!(put(&world, 3, Some(tag), r#"{"starred":true}"#).await.status, 200);
    let late = put(&world, 3, Some(tag), r#"{"note":"mine"}"#).await;
    assert_eq!(late.code(), (412, "changed".into()));
    let now = world.get(&format!("/api/v1/documents/{}/annotations", id(3))).await;
    assert_eq!(now.json(), json!({"starred": true, "tags": [], "hidden": false}));
    assert_eq!(put(&world, 3, Some(now.header("etag")), r#"{"note":"mine"}"#).await.status, 200);
}

#[tokio::test]
async fn bodies_that_do_not_fit_are_told_why() {
    let world = World::new();
    for (body, code) in [
        ("", (400, "bad_body")),
        ("{", (400, "bad_body")),
        ("[]", (422, "unfit_body")),
        (r#"{"stared":true}"#, (422, "unfit_body")),
        (r#"{"starred":"yes"}"#, (422, "unfit_body")),
        (r#"{"tags":[" "]}"#, (422, "unfit_body")),
    ] {
        let answer = put(&world, 3, None, body).await;
        assert_eq!(answer.code(), (code.0, code.1.to_owned()), "{body}");
    }
    let problem = put(&world, 3, None, r#"{"stared":true}"#).await.problem();
    assert!(problem["detail"].as_str().unwrap().contains("starred"), "{problem}");
    let deep = format!("{{\"tags\":{}{}}}", "[".repeat(5_000), "]".repeat(5_000));
    assert!(put(&world, 3, None, &deep).await.status.is_client_error());
    assert_eq!(put(&world, 77, None, "{}").await.code(), (404, "no_such_document".into()));
}

#[tokio::test]
async fn reading_is_not_writing() {
    let world = World::new();
    let path = format!("/api/v1/documents/{}/annotations", id(3));
    let request = request(Method::PUT, &path)
        .header("authorization", r#"Bearer mia {"read":true}"#)
        .header("content-type", "application/json");
    let answer = world.send(request.body(Body::from("{}")).unwrap()).await;
    assert_eq!(answer.code(), (403, "forbidden".into()));
    assert!(answer.problem()["detail"].as_str().unwrap().contains("write"));
}

#[tokio::test]
async fn many_writers_of_one_document_lose_nothing_unseen() {
    let world = World::new();
    let before = world.get(&format!("/api/v1/documents/{}/annotations", id(3))).await;
    let tag = before.header("etag").to_owned();
    let bodies = (0..8).map(|number| format!(r#"{{"note":"{number}"}}"#)).collect::<Vec<_>>();
    let puts = bodies.iter().map(|body| put(&world, 3, Some(&tag), body));
    let answers = futures::future::join_all(puts).await;
    let done = answers.iter().filter(|answer| answer.status == 200).count();
    assert_eq!(done, 1, "{:?}", answers.iter().map(|answer| answer.status).collect::<Vec<_>>());
}
