//! GraphQL over a WebSocket: the protocol with its codes, what can be followed, and what a key that sees a part is told.

use crate::{
    following::{MIAS, Socket, Station, closed, told},
    graphing::{CHROME, LATE},
    world::{MIA, id},
};
use dp_nexus::http::IMPORT;
use dp_stream::NewJob;
use futures::SinkExt as _;
use serde_json::{Value, json};
use std::time::Duration;
use tokio_tungstenite::tungstenite::Message;

const GRAPH: &str = "/api/graphql";
const PROTOCOL: (&str, &str) = ("sec-websocket-protocol", "graphql-transport-ws");

async fn say(socket: &mut Socket, message: Value) {
    socket.send(Message::text(message.to_string())).await.unwrap();
}

/// A socket on which hello was said.
async fn greeted(station: &Station, bearer: &str) -> Socket {
    let bearer = format!("Bearer {bearer}");
    let mut socket = station.open(GRAPH, &[("authorization", &bearer), PROTOCOL]).await.unwrap();
    say(&mut socket, json!({"type": "connection_init"})).await;
    assert_eq!(told(&mut socket).await, json!({"type": "connection_ack"}));
    socket
}

async fn subscribe(socket: &mut Socket, id: &str, query: &str) {
    say(socket, json!({"type": "subscribe", "id": id, "payload": {"query": query}})).await;
    tokio::time::sleep(Duration::from_millis(200)).await;
}

fn new_documents(ids: &[u8]) -> Value {
    let ids = ids.iter().map(|number| id(*number)).collect::<Vec<_>>();
    json!({"count": 40, "sources": {"google.chrome": 30, "google.keep": 10}, "sequence": 7, "ids": ids})
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_query_is_answered_and_that_was_all() {
    let station = Station::new(|_| {}).await;
    let mut socket = greeted(&station, "mia").await;
    say(&mut socket, json!({"type": "ping"})).await;
    assert_eq!(told(&mut socket).await, json!({"type": "pong"}));
    subscribe(&mut socket, "a", "{stats{documents}}").await;
    let next = json!({"type": "next", "id": "a", "payload": {"data": {"stats": {"documents": 8}}}});
    assert_eq!(told(&mut socket).await, next);
    assert_eq!(told(&mut socket).await, json!({"type": "complete", "id": "a"}));
    // Ids may come again when they are over.
    subscribe(&mut socket, "a", "{stats{documents}}").await;
    assert_eq!(told(&mut socket).await, next);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_too_much_or_no_document_or_changes_something_is_an_error_of_its_own() {
    let station = Station::new(|_| {}).await;
    let mut socket = greeted(&station, "mia").await;
    let deep = format!("{{{}id{}}}", "documents{nodes{".repeat(20), "}}".repeat(20));
    let many = format!("subscription{{newDocuments{{{}}}}}", "documents{title people{name}} ".repeat(600));
    for (query, code) in [
        ("{nothing}", "bad_document"),
        ("{", "bad_document"),
        (&*deep, "too_complex"),
        (&*many, "too_complex"),
        ("mutation{annotate(id:\"x\",annotations:{}){starred}}", "method_not_allowed"),
    ] {
        subscribe(&mut socket, "a", query).await;
        let answer = told(&mut socket).await;
        assert_eq!((&answer["type"], &answer["id"]), (&json!("error"), &json!("a")), "{query}: {answer}");
        assert_eq!(answer["payload"][0]["extensions"]["code"], code, "{query}");
    }
    for number in 0..17 {
        say(&mut socket, json!({"type": "subscribe", "id": number.to_string(), "payload": {"query": "subscription{jobs{id}}"}})).await;
    }
    let answer = told(&mut socket).await;
    assert_eq!((&answer["type"], &answer["id"]), (&json!("error"), &json!("16")));
    assert_eq!(answer["payload"][0]["extensions"]["code"], "rate_limited");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_protocol_is_kept_to_with_its_codes() {
    let station = Station::new(|_| {}).await;
    for (messages, code) in [
        (vec![json!({"type": "subscribe", "id": "a", "payload": {"query": "{__typename}"}})], 4401),
        (vec![json!({"type": "hello"})], 4400),
        (vec![json!({"type": "connection_init"}), json!({"type": "connection_init"})], 4429),
        (vec![json!({"type": "connection_init"}), json!([1])], 4400),
        (
            vec![
                json!({"type": "connection_init"}),
                json!({"type": "subscribe", "id": "a", "payload": {"query": "subscription{jobs{id}}"}}),
                json!({"type": "subscribe", "id": "a", "payload": {"query": "subscription{jobs{id}}"}}),
            ],
            4409,
        ),
    ] {
        let mut socket = station.open(GRAPH, &[MIAS, PROTOCOL]).await.unwrap();
        for message in &messages {
            say(&mut socket, message.clone()).await;
        }
        assert_eq!(closed(&mut socket).await.0, code, "{messages:?}");
    }
    let mut silent = station.open(GRAPH, &[MIAS, PROTOCOL]).await.unwrap();
    assert_eq!(closed(&mut silent).await.0, 4408);
    assert_eq!(station.open(GRAPH, &[MIAS]).await.err(), Some(400), "without the protocol");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_they_are_can_be_said_with_the_hello_and_only_there_by_strangers() {
    let station = Station::new(|_| {}).await;
    for (payload, code) in [
        (json!({"authorization": "Bearer mia"}), None),
        (json!({"Authorization": "Bearer mia"}), None),
        (json!({"authorization": "Bearer nobody"}), Some(4403)),
        (json!({"authorization": "Bearer mia {}"}), Some(4403)),
        (json!({}), Some(4403)),
    ] {
        let mut socket = station.open(GRAPH, &[PROTOCOL]).await.unwrap();
        say(&mut socket, json!({"type": "connection_init", "payload": payload})).await;
        match code {
            None => assert_eq!(told(&mut socket).await, json!({"type": "connection_ack"})),
            Some(code) => assert_eq!(closed(&mut socket).await.0, code, "{payload}"),
        }
    }
    assert_eq!(station.open(GRAPH, &[PROTOCOL, ("authorization", "Bearer nobody")]).await.err(), Some(401));
    let evil = [PROTOCOL, MIAS, ("origin", "https://evil.example")];
    assert_eq!(station.open(GRAPH, &evil).await.err(), Some(403));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_import_is_followed_from_what_it_is_to_how_it_ended() {
    let station = Station::new(|_| {}).await;
    let mut socket = greeted(&station, "mia").await;
    let job = NewJob {
        kind: IMPORT.to_owned(),
        account: MIA.to_string(),
        payload: json!({}),
        priority: 1,
        unique_key: None,
        due: None,
    };
    let jobs = station.place.stream.jobs();
    let number = jobs.add(&job).unwrap().id();
    let query = format!("subscription{{importProgress(job:\"{number}\"){{id state payload result}}}}");
    subscribe(&mut socket, "a", &query).await;
    let state = |message: &Value| message["payload"]["data"]["importProgress"]["state"].clone();
    assert_eq!(state(&told(&mut socket).await), "queued");
    // Another job is not told of.
    jobs.cancel(dp_stream::JobId(1)).unwrap();
    let lease = jobs.lease(&[IMPORT]).unwrap().unwrap();
    assert_eq!(state(&told(&mut socket).await), "running");
    jobs.succeed(&lease, json!({"import": 3})).unwrap();
    let last = told(&mut socket).await;
    assert_eq!(last["payload"]["data"]["importProgress"]["result"], json!({"import": 3}), "{last}");
    assert_eq!(told(&mut socket).await, json!({"type": "complete", "id": "a"}));
    subscribe(&mut socket, "b", &query).await;
    assert_eq!(state(&told(&mut socket).await), "succeeded");
    assert_eq!(told(&mut socket).await, json!({"type": "complete", "id": "b"}));
    subscribe(&mut socket, "c", "subscription{importProgress(job:\"999\"){id}}").await;
    assert_eq!(told(&mut socket).await["payload"]["errors"][0]["extensions"]["code"], "unknown_id");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn new_documents_and_all_events_are_told_until_nobody_wants_them() {
    let station = Station::new(|_| {}).await;
    let mut socket = greeted(&station, "mia").await;
    let query = "subscription{newDocuments{count sources{source count} sequence documents{id title}}}";
    subscribe(&mut socket, "a", query).await;
    station.publish("documents.new", new_documents(&[1, 3, 99]));
    let told_of = told(&mut socket).await["payload"]["data"]["newDocuments"].clone();
    assert_eq!((&told_of["count"], &told_of["sequence"]), (&json!(40), &json!(7)));
    assert_eq!(told_of["sources"][1], json!({"source": "google.keep", "count": 10}));
    let titles = told_of["documents"].as_array().unwrap().iter().map(|one| one["title"].as_str().unwrap());
    // What another account has is not there.
    assert_eq!(titles.collect::<Vec<_>>(), ["How sleep helps", "Sour dough"]);
    say(&mut socket, json!({"type": "complete", "id": "a"})).await;
    tokio::time::sleep(Duration::from_millis(100)).await;
    station.publish("documents.new", new_documents(&[1]));
    subscribe(&mut socket, "b", "subscription{events(after:\"0\"){id kind data}}").await;
    let kinds = [told(&mut socket).await, told(&mut socket).await, told(&mut socket).await];
    let kinds =
        kinds.map(|message| message["payload"]["data"]["events"]["kind"].as_str().unwrap().to_owned());
    assert_eq!(kinds, ["job.queued", "documents.new", "documents.new"]);
    subscribe(&mut socket, "c", "subscription{events(after:\"99999\"){id}}").await;
    let lost = told(&mut socket).await;
    assert_eq!(lost["payload"]["errors"][0]["extensions"]["code"], "events_gone", "{lost}");
    assert_eq!(told(&mut socket).await, json!({"type": "complete", "id": "c"}));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_key_that_sees_a_part_is_told_of_that_part_and_nothing_else() {
    let station = Station::new(|_| {}).await;
    for (scope, ids, titles) in [
        (CHROME, &[1, 3, 4][..], Some(vec!["How sleep helps"])),
        (LATE, &[4, 1], Some(vec!["How sleep helps"])),
        (CHROME, &[3, 4], None),
    ] {
        let mut socket = greeted(&station, &format!("mia {scope}")).await;
        subscribe(&mut socket, "a", "subscription{newDocuments{count sources{source} documents{title}}}")
            .await;
        station.publish("documents.new", new_documents(ids));
        let Some(titles) = titles else {
            subscribe(&mut socket, "b", "{__typename}").await;
            assert_eq!(told(&mut socket).await["id"], "b", "nothing is told that may not be seen");
            continue;
        };
        let told_of = told(&mut socket).await["payload"]["data"]["newDocuments"].clone();
        assert_eq!(told_of["count"], titles.len(), "{scope}");
        assert_eq!(told_of["sources"], json!([{"source": "google.chrome"}]), "{scope}");
        let found = told_of["documents"].as_array().unwrap().iter().map(|one| one["title"].as_str().unwrap());
        assert_eq!(found.collect::<Vec<_>>(), titles, "{scope}");
        for query in ["jobs{id}", "importProgress{id}", "events{id}"] {
            subscribe(&mut socket, "b", &format!("subscription{{{query}}}")).await;
            let refused = told(&mut socket).await;
            assert_eq!(
                refused["payload"]["errors"][0]["extensions"]["code"], "scope_too_narrow",
                "{refused}"
            );
            assert_eq!(told(&mut socket).await["type"], "complete");
        }
    }
}
