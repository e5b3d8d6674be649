//! Documents of one's own: written, changed, removed, many at once, and with vectors of their own.

use crate::world::{Answer, World, id, ids, request};
use axum::body::Body;
use http::Method;
use serde_json::{Value, json};

const NOTES: &str = r#"mia {"read":true,"write":true,"sources":["own.notes"]}"#;

/// Asks as somebody, with these headers besides.
async fn ask(world: &World, bearer: &str, what: &str, headers: &[(&str, &str)], body: &Value) -> Answer {
    let (method, path) = what.split_once(' ').unwrap();
    let method: Method = method.parse().unwrap();
    let mut request = request(method, path)
        .header("authorization", format!("Bearer {bearer}"))
        .header("content-type", "application/json");
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let body = if body.is_null() { Body::empty() } else { Body::from(body.to_string()) };
    world.send(request.body(body).unwrap()).await
}

async fn mia(world: &World, what: &str, headers: &[(&str, &str)], body: Value) -> Answer {
    ask(world, "mia", what, headers, &body).await
}

async fn made(world: &World, body: Value) -> Value {
    let answer = mia(world, "POST /api/v1/documents", &[], body).await;
    assert_eq!(answer.status, 201, "{}", String::from_utf8_lossy(&answer.bytes));
    answer.json()
}

fn path(document: &Value) -> String {
    format!("/api/v1/documents/{}", document["id"].as_str().unwrap())
}

#[tokio::test]
async fn a_note_is_written_read_and_found() {
    let world = World::new();
    let note = json!({
        "title": "Walnut bread", "text": "Rye and walnuts.", "time": "2024-06-13T19:30:00+02:00", "labels": ["kitchen"],
        "people": [{"name": "Ada Berg", "identity": {"kind": "email", "value": "ADA@example.org"}}],
        "place": {"name": "Home"}, "url": "https://example.org/bread", "metadata": {"loaves": 2},
    });
    let answer = mia(&world, "POST /api/v1/documents?wait", &[], note).await;
    assert_eq!(answer.status, 201);
    let written = answer.json();
    assert_eq!((&written["source"], &written["kind"]), (&json!("own.notes"), &json!("note")));
    assert_eq!(written["provenance"], json!({"archive": "written here", "entry": "local", "position": 0}));
    assert_eq!(written["people"][0]["identity"]["value"], "ada@example.org");
    assert_eq!(answer.header("location"), format!("documents/{}", written["id"].as_str().unwrap()));
    let read = world.get(&path(&written)).await;
    assert_eq!((read.json(), read.header("etag")), (written.clone(), answer.header("etag")));
    assert_eq!(world.found("/api/v1/search?q=walnuts").await["hits"][0]["id"], written["id"]);
    assert_eq!(ids(&world.found("/api/v1/documents?source=own&label=kitchen").await["items"]).len(), 1);
    assert_eq!(world.found("/api/v1/timeline?from=2024-06-13&to=2024-06-13").await["items"][0]["total"], 1);
    // What is left out: a note, of now.
    let plain = made(&world, json!({"text": "Only words."})).await;
    assert_eq!(plain["time"]["utc_us"], 1_718_366_400_000_000_u64);
    assert!(made(&world, json!({"text": "Of no day.", "time": null})).await.get("time").is_none());
}

#[tokio::test]
async fn the_same_request_sent_again_makes_nothing_twice() {
    let world = World::new();
    let key = [("idempotency-key", "6b1f")];
    let note = json!({"title": "Once"});
    let first = mia(&world, "POST /api/v1/documents", &key, note.clone()).await;
    let again = mia(&world, "POST /api/v1/documents", &key, note.clone()).await;
    assert_eq!((again.status, &again.bytes), (first.status, &first.bytes));
    assert_eq!(
        (again.header("etag"), again.header("location")),
        (first.header("etag"), first.header("location"))
    );
    let other = mia(&world, "POST /api/v1/documents", &key, json!({"title": "Twice"})).await;
    assert_eq!(other.code(), (422, "key_reused".into()));
    // Also when it has been changed or removed since.
    let place = path(&first.json());
    assert_eq!(mia(&world, &format!("DELETE {place}"), &[], Value::Null).await.status, 204);
    let again = mia(&world, "POST /api/v1/documents", &key, note.clone()).await;
    assert_eq!((again.status, &again.bytes), (first.status, &first.bytes));
    assert_eq!(world.get(&place).await.status, 404);
    // The key is this client's for this purpose; another account's is another.
    let bos = ask(&world, "bo", "POST /api/v1/documents", &key, &json!({"title": "Bo's"})).await;
    assert_eq!(bos.status, 201);
    for wrong in ["", &"x".repeat(201)] {
        let answer = mia(&world, "POST /api/v1/documents", &[("idempotency-key", wrong)], note.clone()).await;
        assert_eq!(answer.code(), (400, "bad_request".into()));
    }
}

#[tokio::test]
async fn a_key_of_its_own_names_a_document_for_ever() {
    let world = World::new();
    let body = json!({"source": "own.runs", "kind": "workout", "key": "run-7", "title": "Seven"});
    let first = made(&world, body.clone()).await;
    let again = mia(&world, "POST /api/v1/documents", &[], body.clone()).await;
    assert_eq!(again.code(), (409, "document_exists".into()));
    assert!(again.problem()["detail"].as_str().unwrap().contains(first["id"].as_str().unwrap()));
    let other = World::new();
    assert_eq!(made(&other, body).await["id"], first["id"], "the same on another machine");
}

#[tokio::test]
async fn changing_keeps_what_it_said_as_a_revision() {
    let world = World::new();
    let note =
        made(&world, json!({"title": "First", "text": "One.", "time": "2024-01-02", "labels": ["a"]})).await;
    let put = format!("PUT {}", path(&note));
    let answer = mia(&world, &put, &[], json!({"title": "Second"})).await;
    assert_eq!(answer.status, 200, "{}", String::from_utf8_lossy(&answer.bytes));
    let now = answer.json();
    assert_eq!((&now["title"], &now["id"], &now["time"]), (&json!("Second"), &note["id"], &note["time"]));
    assert!(now.get("text").is_none() && now.get("labels").is_none(), "what is left out is taken away");
    assert_eq!(now["revisions"][0]["content"]["title"], "First");
    assert_eq!(world.get(&path(&note)).await.header("etag"), answer.header("etag"));
    let patch = format!("PATCH {}", path(&note));
    let answer = mia(&world, &patch, &[], json!({"text": "Two.", "time": null, "metadata": {"a": 1}})).await;
    let now = answer.json();
    assert_eq!((&now["title"], &now["text"], now.get("time")), (&json!("Second"), &json!("Two."), None));
    assert_eq!(now["revisions"].as_array().unwrap().len(), 2);
    for (what, body) in [
        (&put, json!({"title": "x", "kind": "task"})),
        (&put, json!({"title": "x", "key": "k"})),
        (&put, json!({"titel": "x"})),
        (&put, json!({})),
        (&patch, json!({"title": null, "text": null, "metadata": null})),
        (&patch, json!({"provenance": {}})),
    ] {
        assert_eq!(mia(&world, what, &[], body.clone()).await.code(), (422, "unfit_body".into()), "{body}");
    }
    assert_eq!(world.found("/api/v1/search?q=kind:note+first").await["total"], 0);
}

#[tokio::test]
async fn changes_under_a_condition_that_fails_are_not_made() {
    let world = World::new();
    let note = made(&world, json!({"title": "First"})).await;
    let place = path(&note);
    let tag = world.get(&place).await.header("etag").to_owned();
    let stale = [("if-match", tag.as_str())];
    let put = format!("PUT {place}");
    assert_eq!(mia(&world, &put, &stale, json!({"title": "Second"})).await.status, 200);
    for what in [&put, &format!("PATCH {place}")] {
        let answer = mia(&world, what, &stale, json!({"title": "Third"})).await;
        assert_eq!(answer.code(), (412, "changed".into()), "{what}");
    }
    let remove = format!("DELETE {place}");
    assert_eq!(mia(&world, &remove, &stale, Value::Null).await.code(), (412, "changed".into()));
    let tag = world.get(&place).await.header("etag").to_owned();
    assert_eq!(mia(&world, &remove, &[("if-match", &tag)], Value::Null).await.status, 204);
    assert_eq!(mia(&world, &remove, &[], Value::Null).await.code(), (404, "no_such_document".into()));
    // Of many writers with one condition one is first; without one nobody loses.
    let note = made(&world, json!({"title": "0"})).await;
    let (put, tag) =
        (format!("PUT {}", path(&note)), world.get(&path(&note)).await.header("etag").to_owned());
    for (headers, done) in [(vec![("if-match", tag.as_str())], 1), (Vec::new(), 8)] {
        let puts = (1..=8).map(|number| mia(&world, &put, &headers, json!({"title": number.to_string()})));
        let answers = futures::future::join_all(puts).await;
        assert_eq!(answers.iter().filter(|answer| answer.status == 200).count(), done);
    }
}

#[tokio::test]
async fn imported_documents_are_annotated_and_not_changed() {
    let world = World::new();
    let before = world.found(&format!("/api/v1/documents/{}", id(3))).await;
    for (method, body) in [("PUT", json!({"title": "Mine"})), ("PATCH", json!({})), ("DELETE", Value::Null)] {
        let answer = mia(&world, &format!("{method} /api/v1/documents/{}", id(3)), &[], body).await;
        assert_eq!(answer.code(), (409, "not_own".into()), "{method}");
        assert!(answer.problem()["detail"].as_str().unwrap().contains("annotations"));
    }
    assert_eq!(world.found(&format!("/api/v1/documents/{}", id(3))).await, before);
}

#[tokio::test]
async fn a_batch_answers_for_each_change() {
    let world = World::new();
    let old = made(&world, json!({"title": "Old"})).await;
    let stale = world.get(&path(&old)).await.header("etag").to_owned();
    let items = json!([
        {"action": "create", "document": {"key": "a", "title": "A", "time": "2024-01-01"}},
        {"action": "create", "document": {"key": "a", "title": "A again"}},
        {"action": "create", "document": {"titel": "misspelt"}},
        {"action": "create", "document": {"title": "of no time", "time": "soon"}},
        {"action": "creat", "document": {}},
        {"action": "update", "id": old["id"], "document": {"title": "New"}, "if_match": stale},
        {"action": "update", "id": old["id"], "document": {"title": "Late"}, "if_match": "\"other\""},
        {"action": "update", "id": id(3), "document": {"title": "Mine"}},
        {"action": "delete", "id": id(77)},
        {"action": "delete", "id": "7"},
        7,
        {"action": "delete", "id": old["id"], "extra": true},
    ]);
    let key = [("idempotency-key", "batch 1")];
    let body = json!({ "items": items });
    let answer = mia(&world, "POST /api/v1/documents/batch?wait", &key, body.clone()).await;
    assert_eq!(answer.status, 200, "{}", String::from_utf8_lossy(&answer.bytes));
    let said = answer.json();
    let statuses = said["items"].as_array().unwrap().iter().map(|item| item["status"].as_u64().unwrap());
    assert_eq!(
        statuses.collect::<Vec<_>>(),
        [201, 409, 422, 422, 422, 200, 412, 409, 404, 422, 422, 422],
        "{said}"
    );
    assert_eq!((&said["done"], &said["refused"]), (&json!(2), &json!(10)));
    assert!(said["items"][2]["problem"]["detail"].as_str().unwrap().contains("title"));
    assert_eq!(world.found("/api/v1/documents?source=own").await["items"].as_array().unwrap().len(), 2);
    let again = mia(&world, "POST /api/v1/documents/batch", &key, body).await.json();
    let outcomes = |said: &Value| {
        let items = said["items"].as_array().unwrap().iter();
        items.map(|item| (item["status"].clone(), item["id"].clone())).collect::<Vec<_>>()
    };
    assert_eq!(outcomes(&again), outcomes(&said));
    assert_eq!(world.found(&path(&old)).await["revisions"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn ten_thousand_at_once_are_taken_and_no_more() {
    let world = World::new();
    let batch = |count: usize| {
        let item = |number: usize| json!({"action": "create", "document": {"key": number.to_string(), "text": "a b c"}});
        json!({"items": (0..count).map(item).collect::<Vec<_>>()})
    };
    let post = "POST /api/v1/documents/batch";
    let answer = mia(&world, post, &[], batch(10_000)).await;
    assert_eq!((answer.status.as_u16(), &answer.json()["done"]), (200, &json!(10_000)));
    assert_eq!(mia(&world, post, &[], batch(10_001)).await.code(), (422, "unfit_body".into()));
    let large = json!({"items": [{"action": "create", "document": {"text": "x".repeat(17 << 20)}}]});
    assert_eq!(mia(&world, post, &[], large).await.code(), (413, "too_large".into()));
    for wrong in [json!([]), json!({}), json!({"items": {}}), json!({"items": [], "more": 1})] {
        assert_eq!(mia(&world, post, &[], wrong.clone()).await.status, 422, "{wrong}");
    }
}

#[tokio::test]
async fn a_key_writes_only_where_it_sees() {
    let world = World::new();
    let post = "POST /api/v1/documents";
    let diary = made(&world, json!({"source": "own.diary", "title": "Diary"})).await;
    let outside = ask(&world, NOTES, post, &[], &json!({"source": "own.diary", "title": "x"})).await;
    assert_eq!(outside.code(), (403, "scope_too_narrow".into()));
    let inside = ask(&world, NOTES, post, &[], &json!({"title": "In scope"})).await;
    assert_eq!(inside.status, 201);
    for (method, body) in [("PUT", json!({"title": "x"})), ("PATCH", json!({})), ("DELETE", Value::Null)] {
        let what = format!("{method} {}", path(&diary));
        assert_eq!(ask(&world, NOTES, &what, &[], &body).await.code(), (404, "no_such_document".into()));
    }
    let vectors = format!("{}/vectors", path(&diary));
    assert_eq!(world.get_scoped(NOTES.strip_prefix("mia ").unwrap(), &vectors).await.status, 404);
    // From 1 January 2023 on.
    let late = r#"mia {"read":true,"write":true,"from":19358}"#;
    for (time, status) in [(json!("2022-12-31"), 403), (json!("2023-01-01"), 201), (Value::Null, 403)] {
        let note = json!({"title": "Some day", "time": time, "key": format!("{time}")});
        assert_eq!(ask(&world, late, post, &[], &note).await.status.as_u16(), status, "{time}");
    }
    let items = json!({"items": [
        {"action": "delete", "id": diary["id"]},
        {"action": "create", "document": {"source": "own.diary", "title": "y"}},
        {"action": "update", "id": inside.json()["id"], "document": {"title": "Changed"}},
    ]});
    let said = ask(&world, NOTES, "POST /api/v1/documents/batch", &[], &items).await.json();
    let statuses = said["items"].as_array().unwrap().iter().map(|item| item["status"].as_u64().unwrap());
    assert_eq!(statuses.collect::<Vec<_>>(), [404, 403, 200]);
    let chrome = r#"mia {"read":true,"write":true,"sources":["google.chrome"]}"#;
    let answer = ask(&world, chrome, post, &[], &json!({"source": "google.chrome", "title": "x"})).await;
    assert_eq!(answer.code(), (422, "unfit_body".into()), "nothing is written as if it were imported");
}

#[tokio::test]
async fn what_is_not_fit_is_told_why() {
    let world = World::new();
    for (body, told) in [
        (json!({}), "title"),
        (json!({"title": "x", "url": "javascript:alert(1)"}), "url"),
        (json!({"title": "x", "source": "google.keep"}), "own.notes"),
        (json!({"title": "x", "time": "soon"}), "2024-06-14"),
        (json!({"title": "x", "time": {"utc_us": 0}}), "precision"),
        (
            json!({"title": "x", "place": {"point": {"latitude_e7": 2_000_000_000, "longitude_e7": 0}}}),
            "place",
        ),
        (json!({"title": "x", "people": [{}]}), "people"),
        (json!({"title": "x", "modified_us": 1}), "modified_us"),
        (json!({"title": "x".repeat(2_000)}), "1000"),
    ] {
        let answer = mia(&world, "POST /api/v1/documents", &[], body.clone()).await;
        assert_eq!(answer.code(), (422, "unfit_body".into()), "{body}");
        assert!(answer.problem()["detail"].as_str().unwrap().contains(told), "{body}: {}", answer.problem());
    }
}

#[tokio::test]
async fn vectors_are_told_and_may_be_supplied() {
    let world = World::new();
    let imported = world.found(&format!("/api/v1/documents/{}/vectors", id(3))).await;
    let set = imported["sets"][0].clone();
    assert_eq!((&set["model"], &set["dimension"]), (&json!("topics"), &json!(3)));
    assert_eq!(set["passages"][0]["values"].as_array().unwrap().len(), 3);
    let note = made(&world, json!({"title": "Zzz", "text": "Nothing anybody knows."})).await;
    let place = format!("{}/vectors", path(&note));
    assert_eq!(world.found(&place).await["sets"][0]["passages"], Value::Null);
    let put = format!("PUT {place}/{}", set["set"].as_str().unwrap());
    let vectors = |values: Value, end: u32| json!({"model": "topics", "dimension": 3, "passages": [{"start": 0, "end": end, "values": values}]});
    let answer = mia(&world, &put, &[], vectors(json!([0.0, 0.0, 2.0]), 7)).await;
    assert_eq!(answer.status, 200, "{}", String::from_utf8_lossy(&answer.bytes));
    let passages = json!([{"start": 0, "end": 7, "values": [0.0, 0.0, 1.0]}]);
    assert_eq!(answer.json()["passages"], passages);
    assert_eq!(world.found(&place).await["sets"][0]["passages"], passages);
    let found = world.found("/api/v1/search?q=railway&mode=semantic").await;
    assert!(found["hits"].to_string().contains(note["id"].as_str().unwrap()), "{found}");
    for wrong in [
        vectors(json!([1.0, 0.0]), 7),
        vectors(json!([0.0, 0.0, 0.0]), 7),
        vectors(json!([1.0, 0.0, 0.0]), 7_000),
        json!({"model": "other", "dimension": 3, "passages": []}),
        json!({"model": "topics", "dimension": 4, "passages": []}),
    ] {
        assert_eq!(mia(&world, &put, &[], wrong.clone()).await.code(), (422, "unfit_body".into()), "{wrong}");
    }
    let fit = vectors(json!([1.0, 0.0, 0.0]), 7);
    let nowhere = mia(&world, &format!("PUT {place}/nothing"), &[], fit.clone()).await;
    assert_eq!(nowhere.code(), (404, "no_such_vector_set".into()));
    let imported = put.replace(note["id"].as_str().unwrap(), &id(3));
    assert_eq!(mia(&world, &imported, &[], fit).await.code(), (409, "not_own".into()));
    // Another text has other vectors.
    mia(&world, &format!("PUT {}", path(&note)), &[], json!({"title": "Another"})).await;
    assert_eq!(world.found(&place).await["sets"][0]["passages"], Value::Null);
}

#[tokio::test]
async fn a_document_tells_what_is_next_to_it_in_time() {
    let world = World::new();
    let near = world.found(&format!("/api/v1/documents/{}?neighbours=2", id(3))).await["neighbours"].clone();
    assert_eq!(ids(&near["before"]), [5, 4].map(id));
    assert_eq!(ids(&near["after"]), [1, 7].map(id));
    assert_eq!((&near["source_before"], &near["source_after"]), (&json!([]), &json!([])));
    let near = world.found(&format!("/api/v1/documents/{}?neighbours=1", id(1))).await["neighbours"].clone();
    assert_eq!((ids(&near["source_before"]), ids(&near["source_after"])), (vec![id(2)], vec![id(7)]));
    let undated = world.found(&format!("/api/v1/documents/{}?neighbours=20", id(8))).await;
    assert_eq!(undated["neighbours"]["before"], json!([]));
    assert!(world.found(&format!("/api/v1/documents/{}", id(3))).await.get("neighbours").is_none());
    assert_eq!(world.get(&format!("/api/v1/documents/{}?neighbours=21", id(3))).await.status, 400);
    let chrome = r#"{"read":true,"sources":["google.chrome"]}"#;
    let answer = world.get_scoped(chrome, &format!("/api/v1/documents/{}?neighbours=5", id(1))).await.json();
    assert_eq!(ids(&answer["neighbours"]["before"]), [id(2)]);
}

#[tokio::test]
async fn the_graph_writes_by_the_same_operations() {
    let world = World::new();
    let graph = async |bearer: &str, query: String| -> Value {
        ask(&world, bearer, "POST /api/graphql", &[], &json!({ "query": query })).await.json()
    };
    let create = |more: &str| {
        format!(
            "mutation{{createDocument(document: {{title: \"Graph note\", time: \"2024-02-03\", labels: [\"g\"]{more}}}, \
             idempotencyKey: \"g1\"){{id etag title kind source time{{text}} provenance{{archive entry}}}}}}"
        )
    };
    let made = graph("mia", create("")).await["data"]["createDocument"].clone();
    assert_eq!(
        (&made["title"], &made["source"], &made["time"]["text"]),
        (&json!("Graph note"), &json!("own.notes"), &json!("2024-02-03"))
    );
    assert_eq!(graph("mia", create("")).await["data"]["createDocument"], made);
    let reused = graph("mia", create(", text: \"other\"")).await;
    assert_eq!(reused["errors"][0]["extensions"]["code"], "key_reused");
    let (id, etag) = (made["id"].as_str().unwrap(), made["etag"].to_string());
    let update = format!(
        "mutation{{updateDocument(id: \"{id}\", document: {{title: \"Changed\"}}, ifMatch: {etag}){{title revisions{{title}}}}}}"
    );
    let changed = graph("mia", update.clone()).await;
    assert_eq!(
        changed["data"]["updateDocument"],
        json!({"title": "Changed", "revisions": [{"title": "Graph note"}]})
    );
    assert_eq!(graph("mia", update).await["errors"][0]["extensions"]["code"], "changed");
    let star = |tag: &str| {
        format!(
            "mutation{{annotate(id: \"{id}\", annotations: {{starred: true}}, ifMatch: {tag}){{starred}}}}"
        )
    };
    let tag = graph("mia", format!("{{document(id: \"{id}\"){{annotationsEtag}}}}")).await;
    let tag = tag["data"]["document"]["annotationsEtag"].to_string();
    assert_eq!(graph("mia", star(&tag)).await["data"]["annotate"]["starred"], true);
    assert_eq!(graph("mia", star(&tag)).await["errors"][0]["extensions"]["code"], "changed");
    let remove = format!("mutation{{deleteDocument(id: \"{id}\")}}");
    for (bearer, code) in [(r#"mia {"read":true}"#, "forbidden"), ("bo", "no_such_document")] {
        assert_eq!(graph(bearer, remove.clone()).await["errors"][0]["extensions"]["code"], code);
    }
    assert_eq!(graph("mia", remove).await["data"]["deleteDocument"], json!(id));
    assert_eq!(world.get(&format!("/api/v1/documents/{id}")).await.status, 404);
    let read = graph(
        "mia",
        "{onThisDay(date: \"06-14\"){date documents{title}} suggest(query: \"sour\"){text} \
         samples(series: \"steps\", first: 2){nodes{number} pageInfo{hasNextPage}}}"
            .to_owned(),
    )
    .await;
    assert_eq!(read["data"]["onThisDay"][0]["date"], "2021-06-14", "{read}");
    assert_eq!(read["data"]["suggest"][0]["text"], "Sour dough");
    assert_eq!(read["data"]["samples"]["nodes"][1]["number"], 1.0);
    assert_eq!(read["data"]["samples"]["pageInfo"]["hasNextPage"], true);
}
