//! GraphQL: what each field answers, that no field tells of what may not be seen, and that a document which asks
//! for too much is refused before it is asked.

use crate::{
    home::{Home, browser, text},
    world::{Answer, Believing, World, answered, engine, get, id, life, now, request, samples, vault},
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
use std::{
    collections::BTreeSet,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

const PATH: &str = "/api/graphql";
const CHROME: &str = r#"{"read":true,"write":true,"sources":["google.chrome"]}"#;
/// From 1 January 2023.
const LATE: &str = r#"{"read":true,"from":19358}"#;

async fn post(world: &World, bearer: &str, body: &Value) -> Answer {
    let request = request(Method::POST, PATH)
        .header("authorization", format!("Bearer {bearer}"))
        .header("content-type", "application/json");
    world.send(request.body(Body::from(body.to_string())).unwrap()).await
}

async fn asked(world: &World, query: &str) -> Answer {
    post(world, "mia", &json!({ "query": query })).await
}

/// The data of a document that is answered whole.
async fn data(world: &World, query: &str) -> Value {
    let answer = asked(world, query).await;
    let body = answer.json();
    assert_eq!((answer.status.as_u16(), &body["errors"]), (200, &Value::Null), "{query}");
    body["data"].clone()
}

/// The codes of the errors of an answer.
fn codes(answer: &Answer) -> Vec<String> {
    let body = answer.json();
    let errors = body["errors"].as_array().cloned().unwrap_or_default();
    errors.iter().map(|error| error["extensions"]["code"].as_str().unwrap().to_owned()).collect()
}

fn hash(text: &str) -> String {
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

/// The type of the schema that a reference names in the end.
fn named(mut reference: &Value) -> &str {
    while !reference["ofType"].is_null() {
        reference = &reference["ofType"];
    }
    reference["name"].as_str().unwrap_or_else(|| panic!("{reference} names nothing"))
}

/// A selection of everything of a type, so many fields deep.
fn selection(types: &[Value], name: &str, depth: usize) -> Option<String> {
    let fields = types.iter().find(|one| one["name"] == name)?["fields"]
        .as_array()
        .unwrap_or_else(|| panic!("{name} has no fields"));
    let fields = fields.iter().filter_map(|field| {
        let field_name = field["name"].as_str()?;
        let needs = field["args"]
            .as_array()?
            .iter()
            .any(|one| one["type"]["kind"] == "NON_NULL" && one["defaultValue"].is_null());
        let inner = named(&field["type"]);
        let is_object = types.iter().any(|one| one["name"] == inner && one["kind"] == "OBJECT");
        match (needs, is_object) {
            (true, _) => None,
            (_, false) => Some(field_name.to_owned()),
            (_, true) if depth == 0 => None,
            (_, true) => {
                let names = field["args"].as_array()?.iter().filter_map(|one| one["name"].as_str());
                // Few items, for everything of each is asked for.
                let few = names.filter_map(|name| match name {
                    "limit" | "first" => Some(format!("{name}: 2")),
                    "hours" => Some("hours: 8760".to_owned()),
                    _ => None,
                });
                let few = few.collect::<Vec<_>>().join(", ");
                let few = if few.is_empty() { few } else { format!("({few})") };
                Some(format!("{field_name}{few} {}", selection(types, inner, depth - 1)?))
            }
        }
    });
    let fields = fields.collect::<Vec<_>>();
    (!fields.is_empty()).then(|| format!("{{{}}}", fields.join(" ")))
}

/// Every root field with all that it leads to, as documents.
async fn all_fields(world: &World) -> Vec<(String, String)> {
    let reference =
        "name kind ofType{name kind ofType{name kind ofType{name kind ofType{name kind ofType{name kind}}}}}";
    let query = format!(
        "{{__schema{{queryType{{name}} types{{name kind fields{{name type{{{reference}}} args{{name defaultValue type{{{reference}}}}}}}}}}}}}"
    );
    let schema = data(world, &query).await;
    let types = schema["__schema"]["types"].as_array().unwrap().clone();
    let root = types.iter().find(|one| one["name"] == "Query").unwrap();
    let of = |field: &Value| {
        let name = field["name"].as_str().unwrap();
        let arguments: &[String] = match name {
            "search" => &["secret dough", "sleep OR dough OR refund", "kind:note"]
                .map(|q| format!("(query: \"{q}\", limit: 3)")),
            "document" => &[99, 4, 3, 8].map(|number| format!("(id: \"{}\")", id(number))),
            "day" => &["2023-01-01", "2022-03-03"].map(|date| format!("(date: \"{date}\")")),
            "documents" => &["(first: 3)", "(first: 3, filter: {hidden: include, source: [\"google\"]})"]
                .map(str::to_owned),
            "timeline" => &["(first: 3)".to_owned()],
            "stats" | "people" => &[String::new()],
            "histogram" => &["(by: source)".to_owned()],
            "imports" | "series" | "sources" => &[String::new()],
            other => panic!("{other} is a field that this test does not know how to ask for"),
        };
        let depth = if matches!(name, "search" | "timeline" | "documents") { 2 } else { 3 };
        let selection = selection(&types, named(&field["type"]), depth).unwrap();
        let document = |arguments: &String| (name.to_owned(), format!("{{{name}{arguments} {selection}}}"));
        arguments.iter().map(document).collect::<Vec<_>>()
    };
    root["fields"].as_array().unwrap().iter().flat_map(of).collect()
}

#[tokio::test]
async fn no_field_tells_of_what_another_account_has() {
    let world = World::new();
    let (mut fields, mut own) = (BTreeSet::new(), 0);
    for (name, query) in all_fields(&world).await {
        // What is asked for may be told back; what it finds may not.
        for (bearer, secret) in [("mia", ["Secret", "Flour.\""]), ("bo", ["refund", "Café Luz"])] {
            let answer = post(&world, bearer, &json!({ "query": query })).await;
            let text = answer.json()["data"].to_string();
            assert_eq!(answer.status, 200, "{query}: {}", String::from_utf8_lossy(&answer.bytes));
            let told = text
                .replace("secret dough", "")
                .replace("sleep OR dough OR refund", "")
                .replace("sleep dough refund", "");
            assert!(!secret.iter().any(|secret| told.contains(secret)), "{bearer} {query}: {text}");
            own += usize::from(bearer == "mia" && text.contains("google"));
        }
        fields.insert(name);
    }
    assert_eq!(fields.len(), 11, "{fields:?}");
    assert!(own >= 8, "{own} fields told something");
    let answer = asked(&world, &format!("{{document(id: \"{}\"){{id}}}}", id(99))).await;
    assert_eq!(
        (codes(&answer), &answer.json()["data"]),
        (vec!["no_such_document".into()], &json!({"document": null}))
    );
}

#[tokio::test]
async fn every_field_keeps_to_the_scope_of_a_key() {
    let world = World::new();
    let mut refused = BTreeSet::new();
    for (name, query) in all_fields(&world).await {
        for (scope, outside) in [
            (
                CHROME,
                &[
                    "google.keep",
                    "google.mail",
                    "google.youtube",
                    "google.location",
                    "google.fit",
                    "Ada Berg",
                    "Café Luz",
                ][..],
            ),
            (LATE, &["2022-", "2021-", "2020-", "Your refund", "Undated", "Ada Berg", "google.youtube"][..]),
        ] {
            let answer = post(&world, &format!("mia {scope}"), &json!({ "query": query })).await;
            let text = answer.json()["data"].to_string();
            assert_eq!(answer.status, 200, "{query}");
            for one in outside {
                assert!(!text.contains(one), "{scope} {query} tells of {one}: {text}");
            }
            if codes(&answer).contains(&"scope_too_narrow".to_owned()) {
                refused.insert(name.clone());
            }
        }
    }
    assert_eq!(refused, ["imports", "people", "series"].map(str::to_owned).into());
    let answer =
        post(&world, &format!("mia {CHROME}"), &json!({"query": "{people{nodes{name}} stats{documents}}"}))
            .await;
    let expected = json!({"people": null, "stats": {"documents": 3}});
    assert_eq!((&answer.json()["data"], codes(&answer)), (&expected, vec!["scope_too_narrow".into()]));
}

#[tokio::test]
async fn bombs_are_refused_quickly_and_by_name() {
    let world = World::new();
    let aliases = (0..1_200).map(|number| format!("a{number}:stats{{documents}}")).collect::<String>();
    let searches =
        (0..90).map(|number| format!("a{number}:search(query:\"sleep\"){{total}}")).collect::<String>();
    let mut doubling = "{...f0}".to_owned();
    for number in 0..40 {
        doubling
            .push_str(&format!("fragment f{number} on Query{{...f{next} ...f{next}}}", next = number + 1));
    }
    doubling.push_str("fragment f40 on Query{stats{documents}}");
    let chain = (0..2_000)
        .map(|number| format!("fragment f{number} on Query{{...f{}}}", number + 1))
        .collect::<String>();
    let deep = format!("{{documents{{nodes{}id{}}}}}", "{around{others".repeat(6), "}}".repeat(6));
    let wide =
        "{documents(first: 500){nodes{similar(limit: 100){document{similar(limit: 100){document{id}}}}}}}";
    let huge = "{search(query: \"x\", limit: 2147483647){hits{document{similar(limit: 2147483647){document{title}}}}}}";
    let directives = format!("{{stats{}{{documents}}}}", " @include(if: true)".repeat(50));
    for (name, query, code) in [
        ("aliases", format!("{{{aliases}}}"), "too_complex"),
        ("searches", format!("{{{searches}}}"), "too_complex"),
        ("doubling fragments", doubling, "too_complex"),
        (
            "a chain of fragments",
            format!("{{...f0}}{chain}fragment f2000 on Query{{stats{{documents}}}}"),
            "too_complex",
        ),
        ("a circle", "{...a} fragment a on Query{...b} fragment b on Query{...a}".to_owned(), "bad_document"),
        ("depth", deep, "too_complex"),
        ("lists in lists", wide.to_owned(), "too_complex"),
        ("huge lists", huge.to_owned(), "too_complex"),
        (
            "types of types",
            format!("{{__schema{{types{}{{name}}{}}}}}", "{fields{type".repeat(7), "}}".repeat(7)),
            "too_complex",
        ),
        ("brackets", "{a".repeat(10_000), "too_complex"),
        (
            "lists of an argument",
            format!("{{documents(filter: {{source: {}", "[".repeat(20_000)),
            "too_complex",
        ),
        ("bytes", format!("{{stats{{documents}}}}#{}", "x".repeat(70_000)), "too_complex"),
        ("directives", directives, "bad_document"),
    ] {
        let started = Instant::now();
        let answer = asked(&world, &query).await;
        assert_eq!((answer.status.as_u16(), codes(&answer)), (400, vec![code.to_owned()]), "{name}");
        assert!(started.elapsed() < Duration::from_secs(1), "{name} took {:?}", started.elapsed());
        assert_eq!(answer.json().get("data"), None, "{name}");
    }
    let answer = asked(&world, wide).await.json();
    let message = answer["errors"][0]["message"].as_str().unwrap();
    assert!(message.contains("may cost 5000"), "{message}");
    // The number of items may come in a variable.
    let query = "query($n: Int!) {documents(first: $n) {nodes {around(limit: $n) {others {id}}}}}";
    for (items, status) in [(2, 200), (100, 400), (i64::from(i32::MAX), 400), (i64::MAX, 400)] {
        let answer = post(&world, "mia", &json!({"query": query, "variables": {"n": items}})).await;
        assert_eq!(answer.status.as_u16(), status, "{items}");
    }
    // A list that is asked for longer than there may be is refused where it is read.
    let answer = asked(&world, "{search(query: \"x\", limit: 101){total}}").await;
    assert_eq!((answer.status.as_u16(), codes(&answer)), (200, vec!["bad_parameter".into()]));
}

#[tokio::test]
async fn a_document_is_asked_for_by_its_hash_once_it_was_sent() {
    let world = World::new();
    let text = "query Totals {stats {documents}}";
    let by_hash = |query: Option<&str>, hash: &str| {
        let extensions = json!({"persistedQuery": {"version": 1, "sha256Hash": hash}});
        json!({"query": query, "extensions": extensions})
    };
    let unknown = post(&world, "mia", &by_hash(None, &hash(text))).await;
    assert_eq!((unknown.status.as_u16(), codes(&unknown)), (400, vec!["document_not_kept".into()]));
    assert_eq!(unknown.json()["errors"][0]["message"], "PersistedQueryNotFound");
    let wrong = post(&world, "mia", &by_hash(Some(text), &hash("other"))).await;
    assert_eq!(wrong.code(), (400, "bad_parameter".into()));
    for query in [Some(text), None] {
        let answer = post(&world, "mia", &by_hash(query, &hash(text))).await;
        assert_eq!(answer.json(), json!({"data": {"stats": {"documents": 8}}}));
    }
    // What one account asks is nothing to another.
    let others = post(&world, "bo", &by_hash(None, &hash(text))).await;
    assert_eq!(codes(&others), ["document_not_kept"]);
    let address = format!(
        "{PATH}?extensions=%7B%22persistedQuery%22:%7B%22version%22:1,%22sha256Hash%22:%22{}%22%7D%7D",
        hash(text)
    );
    assert_eq!(world.get(&address).await.json()["data"]["stats"]["documents"], 8);
    let newer = json!({"query": text, "extensions": {"persistedQuery": {"version": 2, "sha256Hash": "0"}}});
    assert_eq!(post(&world, "mia", &newer).await.code(), (400, "bad_parameter".into()));
}

#[tokio::test]
async fn what_is_no_request_is_a_problem_and_what_is_no_document_an_error() {
    let world = World::new();
    for (body, code) in [
        (json!({}), (400, "missing_parameter")),
        (json!({"query": 1}), (422, "unfit_body")),
        (json!({"query": "{__typename}", "variables": []}), (422, "unfit_body")),
        (json!({"query": "{__typename}", "id": "a"}), (422, "unfit_body")),
        (json!([{"query": "{__typename}"}]), (422, "unfit_body")),
    ] {
        assert_eq!(post(&world, "mia", &body).await.code(), (code.0, code.1.to_owned()), "{body}");
    }
    let send = |kind: &'static str, body: &'static str| {
        let request =
            request(Method::POST, PATH).header("authorization", "Bearer mia").header("content-type", kind);
        request.body(Body::from(body)).unwrap()
    };
    assert_eq!(world.send(send("application/json", "{")).await.code(), (400, "bad_body".into()));
    assert_eq!(world.send(send("application/graphql", "{a}")).await.code(), (415, "unsupported_type".into()));
    let large = json!({"query": "x".repeat(2 << 20)});
    assert_eq!(post(&world, "mia", &large).await.code(), (413, "too_large".into()));
    for query in [
        "",
        "{",
        "{nothing}",
        "{stats{documents",
        "subscription{stats{documents}}",
        "{search{total}}",
        "query($a: Int!){stats(top: $a){documents}}",
        "{documents(filter: {kind: [emial]}){nodes{id}}}",
        "query A{stats{documents}} query B{stats{documents}}",
        "\u{0}",
        "{document(id: \"\\ud800\"){id}}",
    ] {
        let answer = asked(&world, query).await;
        assert_eq!((answer.status.as_u16(), answer.is_of_graph()), (400, true), "{query}");
        assert!(codes(&answer).iter().all(|code| code == "bad_document"), "{query}: {}", answer.json());
        assert_eq!(answer.json().get("data"), None);
    }
    let error = asked(&world, "{stats {\n documents").await.json()["errors"][0].clone();
    assert_eq!(error["locations"][0]["line"], 2);
    assert!(!error["message"].as_str().unwrap().contains("stats"), "{error}");
    let two = json!({"query": "query A{stats{documents}} query B{sources{source}}", "operationName": "A"});
    assert_eq!(post(&world, "mia", &two).await.json(), json!({"data": {"stats": {"documents": 8}}}));
    // A query of the search says where it is wrong, as it does elsewhere.
    let wrong = asked(&world, "{search(query: \"kind:emial\"){total}}").await.json();
    let error = &wrong["errors"][0];
    assert_eq!((&error["path"], &error["extensions"]["code"]), (&json!(["search"]), &json!("bad_query")));
    assert!(error["extensions"]["suggestion"].as_str().unwrap().contains("email"), "{error}");
}

#[tokio::test]
async fn a_client_that_takes_plain_json_gets_it_with_the_status_of_http() {
    let world = World::new();
    let send = |accept: &'static str, query: &str| {
        let request =
            request(Method::POST, PATH).header("authorization", "Bearer mia").header("accept", accept);
        let request = request.header("content-type", "application/json; charset=utf-8");
        request.body(Body::from(json!({ "query": query }).to_string())).unwrap()
    };
    for (accept, media_type, status) in [
        ("application/json", "application/json", 200),
        ("*/*", "application/graphql-response+json", 400),
        ("application/graphql-response+json, application/json", "application/graphql-response+json", 400),
    ] {
        let wrong = world.send(send(accept, "{nothing}")).await;
        assert_eq!((wrong.header("content-type"), wrong.status.as_u16()), (media_type, status), "{accept}");
        let right = world.send(send(accept, "{__typename}")).await;
        assert_eq!((right.header("content-type"), right.status.as_u16()), (media_type, 200), "{accept}");
    }
}

#[tokio::test]
async fn nobody_and_those_who_may_not_read_are_told_so() {
    let world = World::new();
    let body = || Body::from(r#"{"query":"{__typename}"}"#);
    let nobody = request(Method::POST, PATH).header("content-type", "application/json").body(body()).unwrap();
    assert_eq!(world.send(nobody).await.code(), (401, "unauthenticated".into()));
    let writer = post(&world, r#"mia {"write":true}"#, &json!({"query": "{__typename}"})).await;
    assert_eq!(writer.code(), (403, "forbidden".into()));
    let page = get(&format!("{PATH}?query=%7B__typename%7D"))
        .header("authorization", r#"Bearer mia {"write":true}"#);
    assert_eq!(world.send(page.body(Body::empty()).unwrap()).await.code(), (403, "forbidden".into()));
    let other = request(Method::POST, PATH)
        .header("authorization", "Bearer mia")
        .header("origin", "https://evil.example");
    let other = other.header("content-type", "application/json").body(body()).unwrap();
    assert_eq!(world.send(other).await.code(), (403, "cross_origin".into()));
    assert_eq!(
        codes(&post(&world, "homeless", &json!({"query": "{stats{documents}}"})).await),
        ["forbidden"]
    );
}

#[tokio::test]
async fn the_schema_tells_itself() {
    let world = World::new();
    let reference = "{kind name ofType{kind name ofType{kind name ofType{kind name ofType{kind name ofType{kind name ofType{kind name \
                     ofType{kind name ofType{kind name ofType{kind name}}}}}}}}}}";
    let query = format!(
        "query IntrospectionQuery{{__schema{{description queryType{{name kind}} mutationType{{name kind}} subscriptionType{{name kind}} \
         types{{...Full}} directives{{name description isRepeatable locations args(includeDeprecated:true){{...Input}}}}}}}} \
         fragment Full on __Type{{kind name description specifiedByURL fields(includeDeprecated:true){{name description \
         args(includeDeprecated:true){{...Input}} type{{...Ref}} isDeprecated deprecationReason}} inputFields(includeDeprecated:true){{...Input}} \
         interfaces{{...Ref}} enumValues(includeDeprecated:true){{name description isDeprecated deprecationReason}} possibleTypes{{...Ref}}}} \
         fragment Input on __InputValue{{name description type{{...Ref}} defaultValue isDeprecated deprecationReason}} \
         fragment Ref on __Type{reference}"
    );
    let schema = data(&world, &query).await["__schema"].clone();
    assert_eq!((&schema["queryType"]["name"], &schema["subscriptionType"]), (&json!("Query"), &Value::Null));
    for one in schema["types"].as_array().unwrap() {
        let name = one["name"].as_str().unwrap();
        let is_ours = !name.starts_with("__");
        for field in one["fields"].as_array().into_iter().flatten().filter(|_| is_ours) {
            let told = field["description"].as_str().is_some_and(|text| !text.is_empty());
            assert!(told, "{name}.{} says nothing of itself", field["name"]);
        }
    }
}

/// One house, and how often somebody came in to ask.
struct Counted(Arc<Engine>, AtomicUsize);

impl Homes for Counted {
    fn engine(&self, _: &Principal) -> Result<Arc<Engine>, HomeError> {
        self.1.fetch_add(1, Ordering::Relaxed);
        Ok(Arc::clone(&self.0))
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
