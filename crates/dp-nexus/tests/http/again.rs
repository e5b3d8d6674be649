//! The same question again: answered out of memory as long as nothing changed, and only to who asked it.

use crate::world::{World, get, id, request};
use axum::body::Body;
use dp_nexus::http::metrics;
use http::Method;
use http_body_util::BodyExt as _;
use tower::ServiceExt as _;

async fn answered_from_memory(world: &World) -> u64 {
    let asked = get("/metrics").body(Body::empty()).unwrap();
    let text = metrics(&world.app).oneshot(asked).await.unwrap().into_body().collect().await.unwrap();
    let text = String::from_utf8(text.to_bytes().to_vec()).unwrap();
    let figure = text.lines().find_map(|line| line.strip_prefix("datapunk_http_answers_again_total "));
    figure.unwrap().parse().unwrap()
}

#[tokio::test]
async fn the_same_question_is_answered_from_memory_until_something_changes() {
    let world = World::new();
    let search = "/api/v1/search?q=kind:note";
    let first = world.found(search).await;
    assert_eq!(answered_from_memory(&world).await, 0);
    assert_eq!(world.found(search).await, first);
    assert_eq!(answered_from_memory(&world).await, 1);
    let hide = request(Method::PUT, &format!("/api/v1/documents/{}/annotations", id(3)))
        .header("authorization", "Bearer mia")
        .header("content-type", "application/json")
        .body(Body::from(r#"{"hidden":true}"#))
        .unwrap();
    assert_eq!(world.send(hide).await.status, 200);
    assert_ne!(world.found(search).await["total"], first["total"]);
    assert_eq!(answered_from_memory(&world).await, 1);
}

#[tokio::test]
async fn an_answer_is_only_for_who_asked_and_as_far_as_they_see() {
    let world = World::new();
    let path = "/api/v1/histogram";
    let all = world.found(path).await;
    let less = world.get_scoped(r#"{"read":true,"sources":["google.keep"]}"#, path).await.json();
    assert_ne!(less["total"], all["total"]);
    let none = world.get_scoped("{}", path).await;
    assert_eq!(none.status, 403);
    let bos = get(path).header("authorization", "Bearer bo").body(Body::empty()).unwrap();
    assert_ne!(world.send(bos).await.json()["total"], all["total"]);
    let nobodys = get(path).body(Body::empty()).unwrap();
    assert_eq!(world.send(nobodys).await.status, 401);
    assert_eq!(answered_from_memory(&world).await, 0);
}

#[tokio::test]
async fn nothing_is_kept_if_there_is_no_room_for_it() {
    let world = World::with(|settings| settings.answers_bytes_max = 0);
    for _ in 0..3 {
        world.found("/api/v1/histogram").await;
    }
    assert_eq!(answered_from_memory(&world).await, 0);
}
