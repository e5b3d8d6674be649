//! The tools an assistant may call: each has a name, a schema and a function of the engine. Everything is read, and
//! every answer is bounded, however much there is.

mod around;
mod get;
mod on_this_day;
mod search;
mod stats;
mod timeline;

use crate::http::Problem;
use dp_cortex::engine::Engine;
use jiff::civil::Date;
use rmcp::model::{JsonObject, Tool as Listed, ToolAnnotations};
use serde::Serialize;
use serde_json::Value;
use std::sync::{Arc, LazyLock};

/// A tool.
#[derive(Debug)]
pub(super) struct Tool {
    /// Its name for programs.
    pub(super) name: &'static str,
    title: &'static str,
    description: &'static str,
    schema: fn() -> Result<Arc<JsonObject>, String>,
    /// What it does.
    pub(super) run: fn(&Asking<'_>, JsonObject) -> Result<Told, Problem>,
}

/// All of them.
pub(super) const TOOLS: &[Tool] =
    &[search::TOOL, get::TOOL, timeline::TOOL, stats::TOOL, around::TOOL, on_this_day::TOOL];

/// What a tool asks.
pub(super) struct Asking<'a> {
    /// Answers from what may be seen.
    pub(super) engine: &'a Engine,
    /// What relative dates are counted from.
    pub(super) today: Date,
}

/// What a tool answers.
#[derive(Debug)]
pub(super) struct Told {
    /// For programs.
    pub(super) structured: Value,
    /// The same for a language model.
    pub(super) text: String,
    /// The document it is about, for the access log.
    pub(super) about: Option<String>,
    /// Documents it tells of, for the access log.
    pub(super) count: usize,
}

impl Told {
    fn new(answer: &impl Serialize, text: String, count: usize) -> Result<Self, Problem> {
        let structured = serde_json::to_value(answer).map_err(Problem::internal)?;
        Ok(Self { structured, text, about: None, count })
    }
}

/// The tool of this name.
pub(super) fn find(name: &str) -> Option<&'static Tool> {
    TOOLS.iter().find(|tool| tool.name == name)
}

/// The tools as they are listed.
pub(super) fn listed() -> &'static [Listed] {
    static LISTED: LazyLock<Vec<Listed>> = LazyLock::new(|| TOOLS.iter().map(Tool::listed).collect());
    &LISTED
}

impl Tool {
    fn listed(&self) -> Listed {
        // A schema of our own types is an object; a test holds that.
        let schema = tidied((self.schema)().unwrap_or_default());
        let hints =
            ToolAnnotations::new().read_only(true).destructive(false).idempotent(true).open_world(false);
        Listed::new(self.name, self.description, schema).with_title(self.title).with_annotations(hints)
    }
}

/// A schema without what follows from how Rust keeps a value: a default that is none, and the width of numbers.
fn tidied(schema: Arc<JsonObject>) -> JsonObject {
    let mut schema = Arc::unwrap_or_clone(schema);
    let fields = schema.get_mut("properties").and_then(Value::as_object_mut);
    for field in fields.into_iter().flat_map(|fields| fields.values_mut()).filter_map(Value::as_object_mut) {
        field.retain(|name, value| name != "format" && !(name == "default" && value.is_null()));
    }
    schema
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_tool_describes_itself_and_each_of_its_fields() {
        for tool in listed() {
            let name = &tool.name;
            let schema = tool.schema_as_json_value();
            assert_eq!(schema["type"], "object", "{name}");
            assert_eq!(schema["additionalProperties"], false, "{name}");
            assert!(schema.get("$defs").is_none(), "{name}: not every client follows references");
            let fields = schema["properties"].as_object().unwrap();
            for (field, schema) in fields {
                assert!(!schema["description"].as_str().unwrap_or_default().is_empty(), "{name}: {field}");
                assert!(schema["type"].is_string(), "{name}: {field}: {schema}");
                let default = schema.get("default");
                assert!(default.is_none_or(|default| !default.is_null()), "{name}: {field}: {schema}");
            }
            assert!(tool.description.as_ref().is_some_and(|text| text.len() > 40), "{name}");
            let hints = tool.annotations.as_ref().unwrap();
            assert_eq!((hints.read_only_hint, hints.destructive_hint), (Some(true), Some(false)), "{name}");
        }
        assert_eq!(listed().len(), TOOLS.len());
    }
}
