//! GraphQL requests as such: what asks for too much is refused before it is asked, what can't be read is told, and the
//! schema tells itself.

use crate::{
    graphing::{PATH, asked, codes, data, hash, post},
    world::{World, get, request},
};
use axum::body::Body;
use http::Method;
use serde_json::json;
use std::time::{Duration, Instant};

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
    assert_eq!(
        (&schema["queryType"]["name"], &schema["subscriptionType"]["name"]),
        (&json!("Query"), &json!("Subscription"))
    );
    for one in schema["types"].as_array().unwrap() {
        let name = one["name"].as_str().unwrap();
        let is_ours = !name.starts_with("__");
        for field in one["fields"].as_array().into_iter().flatten().filter(|_| is_ours) {
            let told = field["description"].as_str().is_some_and(|text| !text.is_empty());
            assert!(told, "{name}.{} says nothing of itself", field["name"]);
        }
    }
}
