//! GraphQL tells nothing of what may not be seen, in any field: all of them are found by asking the schema, and walked.

use crate::{
    graphing::{CHROME, LATE, asked, codes, data, post},
    world::{World, id},
};
use serde_json::{Value, json};
use std::collections::BTreeSet;

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
            "timeline" | "places" | "conversations" => &["(first: 3)".to_owned()],
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
    assert_eq!(fields.len(), 13, "{fields:?}");
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
    assert_eq!(refused, ["conversations", "imports", "people", "series"].map(str::to_owned).into());
    let answer =
        post(&world, &format!("mia {CHROME}"), &json!({"query": "{people{nodes{name}} stats{documents}}"}))
            .await;
    let expected = json!({"people": null, "stats": {"documents": 3}});
    assert_eq!((&answer.json()["data"], codes(&answer)), (&expected, vec!["scope_too_narrow".into()]));
}
