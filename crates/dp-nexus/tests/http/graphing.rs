//! GraphQL: what each field answers, what that costs, and what is noted of it.

use crate::{
    home::{Home, browser, text},
    world::{Answer, Believing, World, answered, engine, id, life, now, request, samples, vault},
};
use axum::body::Body;
use dp_cortex::engine::Engine;
use dp_nexus::{
    Principal,
    http::{App, HomeError, Homes, Settings, router},
};
use http::Method;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

pub(crate) const PATH: &str = "/api/graphql";
pub(crate) const CHROME: &str = r#"{"read":true,"write":true,"sources":["google.chrome"]}"#;
/// From 1 January 2023.
pub(crate) const LATE: &str = r#"{"read":true,"from":19358}"#;

pub(crate) async fn post(world: &World, bearer: &str, body: &Value) -> Answer {
    let request = request(Method::POST, PATH)
        .header("authorization", format!("Bearer {bearer}"))
        .header("content-type", "application/json");
    world.send(request.body(Body::from(body.to_string())).unwrap()).await
}

pub(crate) async fn asked(world: &World, query: &str) -> Answer {
    post(world, "mia", &json!({ "query": query })).await
}

/// The data of a document that is answered whole.
pub(crate) async fn data(world: &World, query: &str) -> Value {
    let answer = asked(world, query).await;
    let body = answer.json();
    assert_eq!((answer.status.as_u16(), &body["errors"]), (200, &Value::Null), "{query}");
    body["data"].clone()
}

/// The codes of the errors of an answer.
pub(crate) fn codes(answer: &Answer) -> Vec<String> {
    let body = answer.json();
    let errors = body["errors"].as_array().cloned().unwrap_or_default();
    errors.iter().map(|error| error["extensions"]["code"].as_str().unwrap().to_owned()).collect()
}

pub(crate) fn hash(text: &str) -> String {
    Sha256::digest(text.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect()
}

#[tokio::test]
async fn a_search_answers_hits_with_their_documents_facets_and_reasons() {
    let world = World::new();
    let found = data(
        &world,
        r#"{search(query: "sleep", mode: hybrid, limit: 2) {
            total allWords mode notices elapsedMs
            hits {
                document {id title kind source time {text utcUs precision clock}}
                snippet highlights score passage {start end}
                explanation {score keyword {rank weight} semantic {rank similarity passage {start}} priors {name added}}
                likeIt {id}
            }
            facets {field counts {value documents}}
            understood {words period model kinds filter {sources fromUs hidden}}
        }}"#,
    )
    .await;
    let rest = world.found("/api/v1/search?q=sleep&limit=2&facets&explain").await;
    let search = &found["search"];
    for (one, other) in
        [("total", "total"), ("allWords", "all_words"), ("mode", "mode"), ("facets", "facets")]
    {
        assert_eq!(search[one], rest[other], "{one}");
    }
    let hits = search["hits"].as_array().unwrap();
    assert_eq!(hits.len(), 2);
    for (hit, expected) in hits.iter().zip(rest["hits"].as_array().unwrap()) {
        for name in ["id", "title", "kind", "source"] {
            assert_eq!(hit["document"][name], expected[name]);
        }
        assert_eq!(hit["document"]["time"]["text"], expected["start"]);
        for name in ["snippet", "highlights"] {
            assert_eq!(hit[name], expected[name]);
        }
        let score = |value: &Value| value.as_f64().unwrap() as f32;
        assert_eq!(score(&hit["score"]), score(&expected["score"]));
        assert_eq!(hit["explanation"]["score"], hit["score"]);
        assert_eq!(hit["explanation"]["keyword"]["rank"], expected["explanation"]["keyword"]["rank"]);
    }
    assert_eq!(search["understood"]["words"], rest["understood"]["words"]);
    assert!(!search["facets"].as_array().unwrap().is_empty());
}

#[tokio::test]
async fn a_document_answers_all_that_it_holds_and_what_is_near_it() {
    let world = World::new();
    let query = r#"query One($id: ID!) {document(id: $id) {
        id source kind title text url labels metadata modifiedUs
        time {text utcUs offsetS zone precision clock} end {text utcUs offsetS}
        people {role name identity {kind value}}
        media {name mime sizeBytes hash}
        provenance {archive entry position}
        annotations {starred tags note hidden}
        revisions {title text modifiedUs time {text} provenance {archive}}
        around(hours: 24, limit: 5) {hasMore others {id place {name address placeId point {latitudeE7 longitudeE7}}}}
    }}"#;
    let answer = post(&world, "mia", &json!({"query": query, "variables": {"id": id(4)}})).await;
    let body = answer.json();
    assert_eq!(body["errors"], Value::Null);
    let (one, rest) = (&body["data"]["document"], world.found(&format!("/api/v1/documents/{}", id(4))).await);
    for name in ["id", "source", "kind", "title", "text", "url", "labels", "metadata"] {
        assert_eq!(one[name], rest[name], "{name}");
    }
    assert_eq!((&one["modifiedUs"], &one["revisions"]), (&json!(1), &json!([])));
    assert_eq!(one["time"]["utcUs"], rest["time"]["utc_us"]);
    assert_eq!((&one["end"]["offsetS"], &one["time"]["clock"]), (&json!(3600), &json!("instant")));
    assert_eq!(one["people"], rest["people"]);
    assert_eq!(one["media"][0]["sizeBytes"], 7);
    assert_eq!(one["provenance"], rest["provenance"]);
    assert_eq!(one["annotations"], json!({"starred": false, "tags": [], "note": null, "hidden": false}));
    let other = &one["around"]["others"][0];
    assert_eq!((&other["id"], &other["place"]["placeId"]), (&json!(id(5)), &json!("p1")));
    assert_eq!(other["place"]["point"], json!({"latitudeE7": 387_200_000, "longitudeE7": -91_400_000}));

    let near = data(
        &world,
        &format!("{{document(id: \"{}\"){{similar(limit: 1){{similarity document{{id}}}}}}}}", id(1)),
    )
    .await;
    assert_eq!(near["document"]["similar"][0]["document"]["id"], id(2));
    // Fields come in the order of asking, whichever is known first.
    let text = asked(&world, "{b: document(id: \"0303\") {title annotations {hidden} id} a: __typename}")
        .await
        .bytes;
    let text = String::from_utf8(text).unwrap();
    let places = ["\"b\"", "title", "annotations", "\"id\"", "\"a\""].map(|name| text.find(name).unwrap());
    assert!(places.is_sorted(), "{text}");
    // The first digits of an id are enough.
    assert_eq!(data(&world, "{document(id: \"0303\"){title}}").await["document"]["title"], "Sour dough");
}

#[tokio::test]
async fn documents_are_listed_by_filters_and_page_by_page() {
    let world = World::new();
    let listed = async |arguments: &str| -> Vec<String> {
        let found = data(&world, &format!("{{documents{arguments}{{nodes{{id}}}}}}")).await;
        let nodes = found["documents"]["nodes"].as_array().unwrap().iter();
        nodes.map(|node| node["id"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(listed("").await, [7, 1, 3, 5, 4, 2, 6].map(id));
    assert_eq!(listed("(filter: {source: [\"google.chrome\"], from: \"2024\"})").await, [7, 1].map(id));
    assert_eq!(listed("(filter: {kind: [email, note], to: \"2022\"})").await, [id(4)]);
    assert_eq!(listed("(filter: {has: [attachment], label: \"Inbox\", person: \"ada\"})").await, [id(4)]);
    assert_eq!(listed("(filter: {near: \"38.72,-9.14\", withinM: 10})").await, [id(5)]);
    assert_eq!(listed("(filter: {hidden: only})").await, [""; 0]);
    assert_eq!(listed("(order: oldest_first, first: 1)").await, [id(6)]);

    let (mut ids, mut after) = (Vec::new(), Value::Null);
    loop {
        let query = "query($after: String){documents(first: 3, after: $after){nodes{id} pageInfo{hasNextPage endCursor}}}";
        let page = post(&world, "mia", &json!({"query": query, "variables": {"after": after}})).await.json();
        let page = &page["data"]["documents"];
        ids.extend(page["nodes"].as_array().unwrap().iter().map(|node| node["id"].clone()));
        after = page["pageInfo"]["endCursor"].clone();
        assert_eq!(page["pageInfo"]["hasNextPage"], !after.is_null());
        if after.is_null() {
            break;
        }
    }
    assert_eq!(json!(ids), json!([7, 1, 3, 5, 4, 2, 6].map(id)));
}

#[tokio::test]
async fn days_and_counts_are_those_of_the_other_routes() {
    let world = World::new();
    let found = data(
        &world,
        r#"{
            timeline(first: 2, highlights: 1) {
                nodes {date total groups {source kind count} highlights {id} documents(first: 1) {nodes {id}}}
                pageInfo {hasNextPage endCursor}
            }
            day(date: "2024-04-03") {date total documents {nodes {id}}}
            none: day(date: "2024-04-04") {date}
            histogram(bucket: year, by: source, filter: {from: "2024"}) {bucket total undated items {start count parts {name count}}}
            stats(top: 2) {documents undated sources {name count} kinds {name} years {name count} busiestDays {name count}
                channels {name} sites {name} people {name count} places {name} series {series count}}
            people(first: 1) {nodes {id name documents identities {kind value}} pageInfo {hasNextPage}}
            sources {source documents kinds {name count} firstDay lastDay}
            series {series count firstDay}
            imports {id state exports startedUs finishedUs entries applied {documents {inserted}}
                ledger(first: 1, status: partial) {nodes {path status bytes warnings {kind position message}} pageInfo {endCursor}}}
        }"#,
    )
    .await;
    let timeline = world.found("/api/v1/timeline?limit=2&highlights=1").await;
    let first = &found["timeline"]["nodes"][0];
    for name in ["date", "total", "groups"] {
        assert_eq!(first[name], timeline["items"][0][name]);
    }
    assert_eq!(first["highlights"][0]["id"], timeline["items"][0]["highlights"][0]["id"]);
    assert_eq!(found["timeline"]["pageInfo"]["endCursor"], timeline["next"]);
    assert_eq!(found["day"]["total"], 2);
    assert_eq!(found["day"]["documents"]["nodes"].as_array().unwrap().len(), 2);
    assert_eq!(found["none"], Value::Null);
    let expected = json!({"bucket": "year", "total": 2, "undated": 0, "items":
        [{"start": "2024", "count": 2, "parts": [{"name": "google.chrome", "count": 2}]}]});
    assert_eq!(found["histogram"], expected);
    let stats = world.found("/api/v1/stats?top=2").await;
    assert_eq!(found["stats"]["documents"], stats["documents"]);
    assert_eq!(found["stats"]["people"], stats["people"]);
    assert_eq!(found["stats"]["busiestDays"].as_array().unwrap().len(), 2);
    assert_eq!(found["stats"]["series"][1]["series"], "steps");
    assert_eq!(found["people"]["nodes"][0], world.found("/api/v1/people?limit=1").await["items"][0]);
    let sources = world.found("/api/v1/sources").await;
    assert_eq!(found["sources"][0]["firstDay"], sources["items"][0]["first_day"]);
    assert_eq!(found["sources"].as_array().unwrap().len(), sources["items"].as_array().unwrap().len());
    assert_eq!(found["series"][1]["count"], 10);
    assert_eq!((&found["imports"][0]["id"], &found["imports"][0]["finishedUs"]), (&json!(1), &json!(5)));
    let row = &found["imports"][0]["ledger"]["nodes"][0];
    assert_eq!(
        (&row["path"], &row["bytes"], &row["warnings"][0]["position"]),
        (&json!("file"), &json!(100), &json!(3))
    );
}

#[tokio::test]
async fn annotations_are_put_as_the_other_route_puts_them() {
    let world = World::new();
    let change = |number: u8| {
        let text = r#"mutation Mark($id: ID!) {annotate(id: $id, annotations: {starred: true, tags: [" rye", "bread"]})
            {starred tags note hidden}}"#;
        json!({"query": text, "variables": {"id": id(number)}})
    };
    let answer = post(&world, "mia", &change(3)).await.json();
    let expected = json!({"starred": true, "tags": ["bread", "rye"], "note": null, "hidden": false});
    assert_eq!(answer["data"]["annotate"], expected);
    let read = world.found(&format!("/api/v1/documents/{}/annotations", id(3))).await;
    assert_eq!(read, json!({"starred": true, "tags": ["bread", "rye"], "hidden": false}));
    // Reading is not writing, and neither reaches beyond the scope or the account.
    let reading = post(&world, r#"mia {"read":true}"#, &change(1)).await;
    assert_eq!(
        (codes(&reading), &reading.json()["data"]),
        (vec!["forbidden".into()], &json!({"annotate": null}))
    );
    for (bearer, number) in [(format!("mia {CHROME}"), 4), ("bo".into(), 1), ("mia".into(), 99)] {
        let answer = post(&world, &bearer, &change(number)).await;
        assert_eq!(codes(&answer), ["no_such_document"], "{bearer}");
    }
    let wrong = format!("mutation{{annotate(id: \"{}\", annotations: {{tags: [\" \"]}}){{tags}}}}", id(1));
    assert_eq!(codes(&asked(&world, &wrong).await), ["unfit_body"]);
    // An address changes nothing.
    let by_address = "/api/graphql?query=mutation%7Bannotate(id:%22x%22,annotations:%7B%7D)%7Btags%7D%7D";
    let refused = world.get(by_address).await;
    assert_eq!((refused.code(), refused.header("allow")), ((405, "method_not_allowed".into()), "POST"));
}

/// One house, and how often somebody came in to ask.
struct Counted(Arc<Engine>, AtomicUsize);

impl Homes for Counted {
    fn engine(&self, _: &Principal) -> Result<Arc<Engine>, HomeError> {
        self.1.fetch_add(1, Ordering::Relaxed);
        Ok(Arc::clone(&self.0))
    }

    fn open_engine(&self, _: &Principal) -> Option<Arc<Engine>> {
        Some(Arc::clone(&self.0))
    }
}

#[tokio::test]
async fn a_list_of_documents_costs_one_question_for_what_all_of_them_need() {
    let house = Arc::new(Counted(Arc::new(engine(&vault(life(), samples()))), AtomicUsize::new(0)));
    let homes = Arc::clone(&house) as Arc<dyn Homes>;
    let app = App::with_clock(homes, Arc::new(Believing), Settings::default(), now);
    let routes = router(&app);
    let documents = (1..=8).map(|number| format!("d{number}: document(id: \"{}\") {{title}}", id(number)));
    let all = format!("{{{}}}", documents.collect::<String>());
    for (query, most) in [
        // One for the list, one for the annotations of all of it.
        ("{documents(first: 7) {nodes {id annotations {starred}}}}", 2),
        (
            "{search(query: \"sleep\") {hits {document {id title annotations {tags} revisions {title}} likeIt {id}}}}",
            3,
        ),
        (all.as_str(), 1),
    ] {
        house.1.store(0, Ordering::Relaxed);
        let request = request(Method::POST, PATH).header("authorization", "Bearer mia");
        let request = request.header("content-type", "application/json");
        let answer =
            answered(&routes, request.body(Body::from(json!({ "query": query }).to_string())).unwrap()).await;
        assert_eq!(answer.json()["errors"], Value::Null, "{query}");
        let questions = house.1.load(Ordering::Relaxed);
        assert!((1..=most).contains(&questions), "{query}: {questions} questions");
    }
}

#[tokio::test]
async fn the_log_says_which_fields_were_asked_for_and_never_with_what() {
    let home = Home::peopled();
    let token = home.token("ada").await;
    let key = home.key(&token, json!({"read": true, "write": true, "sources": ["google.keep"]})).await;
    let ask = async |body: Value| home.bearing(&key, "POST /api/graphql", Some(body)).await;
    ask(json!({"query": "query Illness {a: search(query: \"my secret illness\") {total} stats {documents} ...More} \
                         fragment More on Query {sources {source}}"})).await;
    ask(json!({"query": "{secretName}"})).await;
    ask(json!({"query": "{people {nodes {name}} sources {source}}"})).await;
    let mark = "mutation Mark($note: String) {annotate(id: \"0303\", annotations: {note: $note}) {note}}";
    let marked = ask(json!({"query": mark, "variables": {"note": "my secret note"}})).await;
    assert_eq!(marked.json()["data"]["annotate"]["note"], "my secret note");
    home.bearing(&key, "GET /api/graphql?query=%7B__typename%7D", None).await;
    ask(json!({"nothing": "secret"})).await;
    let log = home.bearing(&token, "GET /api/v1/log", None).await.json();
    let told = log["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|entry| ["action", "target", "outcome"].map(|field| text(&entry[field])));
    let told = told.take(6).collect::<Vec<_>>();
    let expected = [
        ["POST /api/graphql", "", "unfit_body"],
        ["GET /api/graphql", "query: __typename", "ok"],
        ["POST /api/graphql", "mutation Mark: annotate", "ok"],
        ["POST /api/graphql", "query: people sources", "scope_too_narrow"],
        ["POST /api/graphql", "query", "bad_document"],
        ["POST /api/graphql", "query Illness: search sources stats", "ok"],
    ];
    assert_eq!(told, expected.map(|entry| entry.map(str::to_owned)));
    assert!(!log.to_string().contains("secret"));
}

#[tokio::test]
async fn a_page_of_the_browser_asks_with_its_token_and_others_change_nothing() {
    let home = Home::peopled();
    let ada = browser(&home, "ada").await;
    let body = || Some(json!({"query": "{stats {documents}}"}));
    assert_eq!(ada.ask(&home, "POST /api/graphql", body()).await.status, 200);
    let cookie = home.ask(
        "POST /api/v1/auth/sign-in",
        &[],
        Some(json!({"name": "ada", "password": crate::home::PASSWORD, "kind": "cookie"})),
    );
    let set = cookie.await.header("set-cookie").to_owned();
    let bare = [("cookie", set.split(';').next().unwrap())];
    assert_eq!(home.ask("POST /api/graphql", &bare, body()).await.code(), (403, "wrong_csrf".into()));
}

/// What stands between fences of this name, in order.
fn fenced<'a>(page: &'a str, name: &str) -> Vec<&'a str> {
    let open = format!("```{name}\n");
    page.split(open.as_str()).skip(1).map(|rest| rest.split("```").next().unwrap()).collect()
}

#[tokio::test]
async fn the_guide_says_what_is_answered() {
    let world = World::new();
    let page = std::fs::read_to_string("../../docs/guide/graphql.md").unwrap();
    let (queries, answers) = (fenced(&page, "graphql"), fenced(&page, "json"));
    assert!(queries.len() >= 3 && queries.len() == answers.len());
    for (query, expected) in queries.into_iter().zip(answers) {
        let answer = asked(&world, query).await.json();
        let expected: Value = serde_json::from_str(expected).unwrap();
        assert_eq!(answer, expected, "{query}\n{answer:#}");
    }
}
