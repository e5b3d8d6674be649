//! What is one account's is nobody else's: every documented route is asked with ids of another account, and answers
//! that there is no such thing or that it may not be seen, never with data. A route with a part of its path that
//! nobody here knows an id for fails the test.

use crate::{
    home::{Home, text},
    world::{Answer, id},
};
use axum::body::Body;
use dp_nexus::http::{document, is_open, operations};
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// Words that stand in the owner's life and nowhere else.
const OWNERS: &[&str] = &["dough", "refund", "Café Luz", "Ada Berg", "ada@example.org", "/home/mia", "adas-"];

/// Parts of a path that name no thing of an account: anything may stand there, and what is answered has nothing of the
/// owner's. Each with what stands before it.
const NAMES: &[(&str, &str)] = &[
    ("series/{name}", "steps"),
    ("vectors/{set}", "topics"),
    ("tiles/{z}", "5"),
    ("{z}/{x}", "15"),
    ("{x}/{y}.mvt", "12.mvt"),
];

/// Routes that list what hangs on an id, and of one that is not there nothing, rather than say that it isn't.
const LISTS: &[&str] = &["GET /api/v1/conversations/{id}/documents"];

/// Ids of what the owner has, by the part of the path before them.
async fn owners_ids(home: &Home, ada: &str) -> BTreeMap<&'static str, String> {
    let first = |answer: Answer| {
        assert_eq!(answer.status, 200, "{}", String::from_utf8_lossy(&answer.bytes));
        match &answer.json()["items"][0]["id"] {
            Value::String(id) => id.clone(),
            number => number.to_string(),
        }
    };
    home.key(ada, json!({"read": true})).await;
    let uploaded = upload(home, ada, "adas-takeout.zip").await;
    let asked = json!({"uploads": [upload(home, ada, "adas-other.zip").await]});
    let job = home.bearing(ada, "POST /api/v1/imports", Some(asked)).await;
    assert_eq!(job.status, 202, "{}", String::from_utf8_lossy(&job.bytes));
    let people = home.bearing(ada, "GET /api/v1/people", None).await;
    BTreeMap::from([
        ("backups", "datapunk-2024-06-14.backup".to_owned()),
        ("blobs", dp_model::BlobHash::of(b"receipt").to_string()),
        ("conversations", first(home.bearing(ada, "GET /api/v1/conversations", None).await)),
        ("documents", id(4)),
        ("entries", "0".to_owned()),
        ("identities", "1".to_owned()),
        ("imports", first(home.bearing(ada, "GET /api/v1/imports", None).await)),
        ("jobs", job.json()["id"].to_string()),
        ("keys", first(home.bearing(ada, "GET /api/v1/keys", None).await)),
        ("passkeys", "1".to_owned()),
        ("people", first(people)),
        ("sessions", first(home.bearing(ada, "GET /api/v1/sessions", None).await)),
        ("uploads", uploaded),
        ("users", home.accounts.find_by_name("ada").unwrap().unwrap().id.to_string()),
    ])
}

/// A finished upload of two bytes.
async fn upload(home: &Home, bearer: &str, name: &str) -> String {
    let form =
        format!("--b\r\nContent-Disposition: form-data; name=f; filename=\"{name}\"\r\n\r\nhi\r\n--b--\r\n");
    let (bearer, length) = (format!("Bearer {bearer}"), form.len().to_string());
    let headers = [
        ("authorization", bearer.as_str()),
        ("content-type", "multipart/form-data; boundary=b"),
        ("content-length", &length),
    ];
    let what = "POST /api/v1/uploads/form";
    let answer = home.send_from("127.0.0.1:5000", what, &headers, Body::from(form)).await;
    assert_eq!(answer.status, 201, "{}", String::from_utf8_lossy(&answer.bytes));
    text(&answer.json()["items"][0]["id"])
}

/// The path with ids in place of its parts that are named, and whether they are ids.
fn filled(template: &str, ids: &BTreeMap<&str, String>) -> (String, bool) {
    let (mut parts, mut has_id): (Vec<String>, bool) = (Vec::new(), false);
    for part in template.split('/') {
        if !part.starts_with('{') {
            parts.push(part.to_owned());
            continue;
        }
        let place = format!("{}/{part}", template.split(&format!("/{part}")).next().unwrap());
        let before = parts.last().cloned().unwrap_or_default();
        if let Some((_, name)) = NAMES.iter().find(|(end, _)| place.ends_with(end)) {
            parts.push((*name).to_owned());
        } else if let Some(id) = ids.get(before.as_str()) {
            has_id = true;
            parts.push(id.clone());
        } else {
            panic!("{template}: give {part} an id of the owner's in `owners_ids`, or a name in `NAMES`");
        }
    }
    (parts.join("/"), has_id)
}

/// The least that fits a schema of the document.
fn least(api: &Value, schema: &Value) -> Value {
    if let Some(reference) = schema["$ref"].as_str() {
        return least(api, api.pointer(reference.trim_start_matches('#')).unwrap());
    }
    if let Some(choice) = schema["enum"].as_array().and_then(|words| words.first()) {
        return choice.clone();
    }
    for choices in ["oneOf", "anyOf", "allOf"] {
        if let Some(choice) = schema[choices].as_array().and_then(|choices| choices.last()) {
            return least(api, choice);
        }
    }
    let kind = match &schema["type"] {
        Value::Array(kinds) => kinds[0].as_str().unwrap_or_default(),
        kind => kind.as_str().unwrap_or_default(),
    };
    match kind {
        "string" => json!("x"),
        "integer" | "number" => json!(1),
        "boolean" => json!(true),
        "array" => json!([]),
        _ => {
            let required = schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str);
            required.map(|name| (name.to_owned(), least(api, &schema["properties"][name]))).collect()
        }
    }
}

/// Asks for what a documented route does, with a body that fits it if it takes one.
async fn ask(home: &Home, bearer: &str, method: &str, path: &str, body: Option<(&str, Value)>) -> Answer {
    let bearer = format!("Bearer {bearer}");
    let (media_type, body) = match body {
        Some((media_type, body)) if media_type.ends_with("json") => (media_type, body.to_string()),
        Some((media_type, _)) => (media_type, "hi".to_owned()),
        None => ("application/json", String::new()),
    };
    let length = body.len().to_string();
    let headers = [
        ("authorization", bearer.as_str()),
        ("content-type", media_type),
        ("content-length", &length),
        ("tus-resumable", "1.0.0"),
        ("upload-offset", "0"),
        ("upload-length", "2"),
    ];
    home.send_from("127.0.0.1:5000", &format!("{method} {path}"), &headers, Body::from(body)).await
}

fn assert_tells_nothing(answer: &Answer, what: &str) {
    let told = String::from_utf8_lossy(&answer.bytes);
    let headers = format!("{:?}", answer.headers);
    for word in OWNERS {
        assert!(!told.contains(word) && !headers.contains(word), "{what} tells of {word}: {told} {headers}");
    }
}

#[tokio::test]
async fn no_route_tells_an_account_of_what_another_has() {
    let home = Home::peopled();
    let (ada, ben) = (home.token("ada").await, home.token("ben").await);
    let ids = owners_ids(&home, &ada).await;
    let api = document();
    let json = serde_json::to_value(&api).unwrap();
    let (mut by_id, mut wrong) = (0, Vec::new());
    for (name, operation) in operations(&api) {
        let (method, template) = name.split_once(' ').unwrap();
        // What is for anybody knows of no account; what ends the session of who asks would end the test.
        if is_open(operation) || template.starts_with("/api/v1/auth/") {
            continue;
        }
        let (path, has_id) = filled(template, &ids);
        let described = &json["paths"][template][method.to_lowercase()];
        let content = described["requestBody"]["content"].as_object();
        let body = content.and_then(|content| content.iter().next());
        let body = body.map(|(media_type, content)| (media_type.as_str(), least(&json, &content["schema"])));
        let is_fit = body.as_ref().is_none_or(|(media_type, _)| media_type.ends_with("json"));
        let answer = ask(&home, &ben, method, &path, body).await;
        assert_tells_nothing(&answer, &name);
        if has_id {
            by_id += 1;
            let status = answer.status.as_u16();
            // A body that the route can't read may be refused before anything is looked for.
            let is_empty =
                LISTS.contains(&name.as_str()) && status == 200 && answer.json()["items"] == json!([]);
            let is_right = is_empty || matches!(status, 403 | 404) || !is_fit && matches!(status, 400..=499);
            if !is_right {
                wrong.push(format!("{name}: {status} {}", String::from_utf8_lossy(&answer.bytes)));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    assert!(by_id >= 14, "{by_id} routes take an id");

    // Whatever was tried, the owner still has all of it.
    for (place, id) in &ids {
        let list = match *place {
            "documents" => format!("GET /api/v1/documents/{id}"),
            // Of these the owner has none here, or they hang on others.
            "backups" | "blobs" | "entries" | "identities" | "passkeys" => continue,
            place => format!("GET /api/v1/{place}"),
        };
        let answer = home.bearing(&ada, &list, None).await;
        assert_eq!(answer.status, 200, "{list}");
        assert!(String::from_utf8_lossy(&answer.bytes).contains(id.as_str()), "{list} has lost {id}");
    }
    home.sign_in("ada").await;
}

#[tokio::test]
async fn where_a_list_of_another_account_goes_on_tells_nothing() {
    let home = Home::peopled();
    let (ada, ben) = (home.token("ada").await, home.token("ben").await);
    let api = document();
    let mut went_on = 0;
    for (name, operation) in operations(&api).filter(|(_, operation)| !is_open(operation)) {
        let (method, path) = name.split_once(' ').unwrap();
        let has_cursor = serde_json::to_value(&operation.parameters).unwrap();
        let has_cursor =
            has_cursor.as_array().into_iter().flatten().any(|parameter| parameter["name"] == "cursor");
        if method != "GET" || !has_cursor || path.contains('{') {
            continue;
        }
        let page = home.bearing(&ada, &format!("GET {path}?limit=1"), None).await;
        let Some(next) = (page.status == 200).then(|| page.json()["next"].clone()) else { continue };
        let Some(next) = next.as_str() else { continue };
        let next = percent_encoding::utf8_percent_encode(next, percent_encoding::NON_ALPHANUMERIC);
        let answer = home.bearing(&ben, &format!("GET {path}?limit=1&cursor={next}"), None).await;
        assert_tells_nothing(&answer, &name);
        went_on += 1;
    }
    assert!(went_on >= 1, "{went_on} lists go on");
}
