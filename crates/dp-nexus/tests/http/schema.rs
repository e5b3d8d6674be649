//! Whether an answer is what the OpenAPI document says: a JSON Schema checker for the words that document uses,
//! stricter than the standard in that fields nobody documented are wrong.

use dp_nexus::http::document;
use serde_json::{Map, Value};
use std::sync::LazyLock;

static API: LazyLock<Value> = LazyLock::new(|| serde_json::to_value(document()).unwrap());

/// Checks the answer to a request against what is documented for it.
pub(crate) fn check_answer(method: &str, path: &str, status: u16, media_type: &str, body: &Value) {
    let path = path.split('?').next().unwrap();
    let Some(operation) = operation(method, path) else { return };
    let responses = &operation["responses"];
    let response = responses.get(status.to_string()).unwrap_or(&responses["default"]);
    let Some(schema) = response["content"].get(media_type).map(|content| &content["schema"]) else {
        panic!("{method} {path} answers {status} with {media_type}, which is not documented");
    };
    if let Err(wrong) = check(schema, body, "answer") {
        panic!("{method} {path} {status}: {wrong}");
    }
}

fn operation(method: &str, path: &str) -> Option<&'static Value> {
    let paths = API["paths"].as_object().unwrap();
    let fits = |template: &str| {
        let (template, path) = (template.split('/'), path.split('/'));
        template.clone().count() == path.clone().count()
            && template.zip(path).all(|(part, given)| part.starts_with('{') || part == given)
    };
    let item = paths.iter().find(|(template, _)| fits(template))?.1;
    item.get(method.to_lowercase())
}

fn resolved(schema: &Value) -> &Value {
    match schema.get("$ref").and_then(Value::as_str) {
        Some(reference) => API.pointer(reference.trim_start_matches('#')).unwrap(),
        None => schema,
    }
}

fn check(schema: &Value, value: &Value, at: &str) -> Result<(), String> {
    let schema = resolved(schema);
    for choices in ["oneOf", "anyOf"] {
        if let Some(choices) = schema.get(choices).and_then(Value::as_array) {
            let tried = choices.iter().map(|choice| check(choice, value, at)).collect::<Vec<_>>();
            let fitting = tried.iter().filter(|tried| tried.is_ok()).count();
            return if fitting == 1 {
                Ok(())
            } else {
                Err(format!("{at}: {fitting} choices fit {value}: {tried:?}"))
            };
        }
    }
    if let Some(words) = schema.get("enum").and_then(Value::as_array) {
        return if words.contains(value) {
            Ok(())
        } else {
            Err(format!("{at}: {value} is none of {words:?}"))
        };
    }
    let kinds = match schema.get("type") {
        Some(Value::Array(kinds)) => kinds.iter().filter_map(Value::as_str).collect::<Vec<_>>(),
        Some(Value::String(kind)) => vec![kind.as_str()],
        _ if schema.get("allOf").is_some() => vec!["object"],
        _ => return Ok(()),
    };
    if !kinds.iter().any(|kind| is_of(kind, value)) {
        return Err(format!("{at}: {value} is not of {kinds:?}"));
    }
    match value {
        Value::Array(items) => {
            let mut each = items.iter().enumerate();
            each.try_for_each(|(index, item)| check(&schema["items"], item, &format!("{at}[{index}]")))
        }
        Value::Object(fields) => check_fields(schema, fields, at),
        _ => Ok(()),
    }
}

fn is_of(kind: &str, value: &Value) -> bool {
    match kind {
        "null" => value.is_null(),
        "boolean" => value.is_boolean(),
        "integer" => value.is_i64() || value.is_u64(),
        "number" => value.is_number(),
        "string" => value.is_string(),
        "array" => value.is_array(),
        "object" => value.is_object(),
        _ => false,
    }
}

fn check_fields(schema: &Value, fields: &Map<String, Value>, at: &str) -> Result<(), String> {
    let mut parts = vec![schema];
    parts.extend(schema.get("allOf").and_then(Value::as_array).into_iter().flatten().map(resolved));
    let known = parts.iter().filter_map(|part| part.get("properties")?.as_object()).collect::<Vec<_>>();
    for required in parts.iter().filter_map(|part| part.get("required")?.as_array()).flatten() {
        if !fields.contains_key(required.as_str().unwrap()) {
            return Err(format!("{at}: {required} is missing"));
        }
    }
    for (name, value) in fields {
        let at = format!("{at}.{name}");
        match known.iter().find_map(|known| known.get(name)) {
            Some(field) => check(field, value, &at)?,
            None => match schema.get("additionalProperties") {
                Some(other) if other.is_object() => check(other, value, &at)?,
                // An object of which nothing is said may hold anything.
                _ if known.is_empty() => {}
                _ => return Err(format!("{at} is not documented")),
            },
        }
    }
    Ok(())
}

#[test]
fn a_wrong_answer_is_found_out() {
    let right = serde_json::json!({"name": "datapunk", "version": "1"});
    check_answer("GET", "/version", 200, "application/json", &right);
    let schema =
        &operation("GET", "/version").unwrap()["responses"]["200"]["content"]["application/json"]["schema"];
    for wrong in [
        serde_json::json!({"name": "datapunk"}),
        serde_json::json!({"name": "datapunk", "version": 1}),
        serde_json::json!({"name": "datapunk", "version": "1", "secret": true}),
        serde_json::json!([]),
    ] {
        assert!(check(schema, &wrong, "answer").is_err(), "{wrong}");
    }
}
