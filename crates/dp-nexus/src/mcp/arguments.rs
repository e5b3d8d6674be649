//! What a tool is called with: a JSON object comes in, a typed question goes out. A field that is not known is
//! refused with those that are, never passed over.

use crate::http::{Code, Problem};
use dp_lake::{Day, days_of_text};
use dp_model::{DocumentId, Kind};
use rmcp::{
    model::JsonObject,
    schemars::{Schema, SchemaGenerator, json_schema},
};
use serde::de::DeserializeOwned;
use serde_json::Value;
use std::ops::RangeInclusive;

/// What stands before the id of a document where it is cited.
const URI_START: &str = "datapunk://document/";

/// Reads the arguments of a call.
///
/// # Errors
/// When a field is unknown or missing, or has a value it can't have; the message names it.
pub(super) fn read<T: DeserializeOwned>(arguments: JsonObject) -> Result<T, Problem> {
    serde_path_to_error::deserialize(Value::Object(arguments)).map_err(|error| {
        let path = error.path().to_string();
        let message = error.into_inner().to_string();
        if path == "." {
            return Problem::new(Code::BadParameter, message);
        }
        let is_named = message.contains(&format!("`{path}`"));
        let detail = if is_named { message } else { format!("{path}: {message}") };
        Problem::parameter(path, detail)
    })
}

/// A number that has to lie in a range.
pub(super) fn within(name: &str, number: usize, range: RangeInclusive<usize>) -> Result<usize, Problem> {
    if range.contains(&number) {
        return Ok(number);
    }
    let (least, most) = (range.start(), range.end());
    Err(Problem::parameter(name, format!("{name}: {number} is not a number from {least} to {most}")))
}

/// The first day of what is written: a year, a month or a day.
pub(super) fn first_day(name: &str, text: Option<&str>) -> Result<Option<Day>, Problem> {
    Ok(days(name, text)?.map(|(first, _)| first))
}

/// The first day past what is written.
pub(super) fn day_past(name: &str, text: Option<&str>) -> Result<Option<Day>, Problem> {
    Ok(days(name, text)?.map(|(_, last)| last.saturating_add(1)))
}

fn days(name: &str, text: Option<&str>) -> Result<Option<(Day, Day)>, Problem> {
    let days = text.map(days_of_text).transpose();
    days.map_err(|wrong| Problem::parameter(name, format!("{name}: {wrong}")))
}

/// The digits of an id, given alone or as it is cited.
pub(super) fn digits(id: &str) -> &str {
    let id = id.trim();
    id.strip_prefix(URI_START).unwrap_or(id)
}

/// How a document is cited.
pub(super) fn uri(id: DocumentId) -> String {
    format!("{URI_START}{id}")
}

/// The schema of a list of kinds.
pub(super) fn kinds(_: &mut SchemaGenerator) -> Schema {
    let words: Vec<&str> = Kind::ALL.iter().map(|kind| kind.as_str()).collect();
    json_schema!({ "type": "array", "items": { "type": "string", "enum": words } })
}

/// The schema of the order of a listing.
pub(super) fn order(_: &mut SchemaGenerator) -> Schema {
    json_schema!({ "type": "string", "enum": ["newest_first", "oldest_first"] })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde::Deserialize;
    use serde_json::json;

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Question {
        #[serde(default)]
        limit: usize,
        #[serde(default)]
        kinds: Vec<Kind>,
    }

    fn asked(arguments: Value) -> Result<Question, Problem> {
        let Value::Object(arguments) = arguments else { panic!("an object") };
        read(arguments)
    }

    #[test]
    fn what_is_wrong_is_named() {
        for (arguments, words) in [
            (json!({"limt": 5}), &["limt", "limit"][..]),
            (json!({"limit": "many"}), &["limit", "many"]),
            (json!({"limit": -1}), &["limit", "-1"]),
            (json!({"kinds": ["note", "emial"]}), &["kinds[1]", "emial", "email"]),
        ] {
            let problem = asked(arguments.clone()).unwrap_err();
            assert_eq!(problem.code(), Code::BadParameter, "{arguments}");
            assert!(words.iter().all(|word| problem.detail().contains(word)), "{problem}");
        }
        let question = asked(json!({"limit": 3, "kinds": ["note"]})).unwrap();
        assert_eq!((question.limit, question.kinds), (3, vec![Kind::Note]));
    }

    #[test]
    fn a_document_is_named_by_its_id_or_as_it_is_cited() {
        let id = DocumentId([0xab; 16]);
        assert_eq!(digits(&uri(id)), id.to_string());
        assert_eq!(digits(" abab "), "abab");
    }

    #[test]
    fn days_are_named_when_they_are_none() {
        let past = first_day("to", Some("2020-01-01")).unwrap();
        assert_eq!(day_past("to", Some("2019")).unwrap(), past, "the last day is included");
        assert_eq!(first_day("from", None), Ok(None));
        let problem = first_day("from", Some("soon")).unwrap_err();
        assert!(problem.detail().starts_with("from: ") && problem.detail().contains("soon"), "{problem}");
    }
}
