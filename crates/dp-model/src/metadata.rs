//! The fields of a foreign record that have no place in the model, kept as one JSON object.
//! It is held as text, because it is written once by a parser and seldom looked into.

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::fmt::Write as _;

/// A JSON object in compact text form. Keys stand in the order they were added.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct Metadata {
    /// Empty, or `{` and members without the closing brace.
    open: String,
}

impl Metadata {
    /// An object without members.
    #[must_use]
    pub const fn new() -> Self {
        Self { open: String::new() }
    }

    /// Whether there are no members.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.open.is_empty()
    }

    /// Length of the JSON text in bytes.
    #[must_use]
    pub fn len(&self) -> usize {
        if self.is_empty() { 2 } else { self.open.len() + 1 }
    }

    /// Adds a string member.
    pub fn push_str(&mut self, key: &str, value: &str) {
        self.push_key(key);
        write_json_string(&mut self.open, value);
    }

    /// Adds an integer member.
    pub fn push_int(&mut self, key: &str, value: i64) {
        self.push_key(key);
        // Writing into a string cannot fail.
        let _ = write!(self.open, "{value}");
    }

    /// Adds a boolean member.
    pub fn push_bool(&mut self, key: &str, value: bool) {
        self.push_key(key);
        self.open.push_str(if value { "true" } else { "false" });
    }

    /// Adds any member that serde can write; one that it can't becomes null.
    pub fn push_value(&mut self, key: &str, value: &serde_json::Value) {
        self.push_key(key);
        let _ = write!(self.open, "{value}");
    }

    /// Adds a member by letting `write` append its JSON text.
    ///
    /// The caller promises that what is appended is one valid JSON value.
    pub fn push_with(&mut self, key: &str, write: impl FnOnce(&mut String)) {
        self.push_key(key);
        let before = self.open.len();
        write(&mut self.open);
        if self.open.len() == before {
            self.open.push_str("null");
        }
    }

    /// Takes over an object that is valid JSON text, such as one that was stored.
    #[must_use]
    pub fn from_json_text(mut text: String) -> Self {
        if text.ends_with('}') && text.len() > 2 {
            text.pop();
            Self { open: text }
        } else {
            Self::new()
        }
    }

    /// The JSON text of the object.
    #[must_use]
    pub fn to_json_text(&self) -> String {
        if self.is_empty() {
            return "{}".to_owned();
        }
        let mut text = String::with_capacity(self.open.len() + 1);
        text.push_str(&self.open);
        text.push('}');
        text
    }

    /// The JSON text without its closing brace (empty for an empty object): what a hash or a writer
    /// needs without copying.
    #[must_use]
    pub fn open_text(&self) -> &str {
        &self.open
    }

    /// The object as a value tree.
    #[must_use]
    pub fn to_value(&self) -> serde_json::Value {
        serde_json::from_str(&self.to_json_text()).unwrap_or_default()
    }

    fn push_key(&mut self, key: &str) {
        self.open.push(if self.open.is_empty() { '{' } else { ',' });
        write_json_string(&mut self.open, key);
        self.open.push(':');
    }
}

/// Appends `value` as a JSON string literal.
fn write_json_string(out: &mut String, value: &str) {
    out.push('"');
    let needs_escape = |byte: u8| byte < 0x20 || byte == b'"' || byte == b'\\';
    if !value.bytes().any(needs_escape) {
        out.push_str(value);
    } else {
        for character in value.chars() {
            match character {
                '"' => out.push_str("\\\""),
                '\\' => out.push_str("\\\\"),
                '\n' => out.push_str("\\n"),
                '\r' => out.push_str("\\r"),
                '\t' => out.push_str("\\t"),
                control if (control as u32) < 0x20 => {
                    let _ = write!(out, "\\u{:04x}", control as u32);
                }
                other => out.push(other),
            }
        }
    }
    out.push('"');
}

impl Serialize for Metadata {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match serde_json::value::RawValue::from_string(self.to_json_text()) {
            Ok(raw) => raw.serialize(serializer),
            Err(error) => Err(serde::ser::Error::custom(error)),
        }
    }
}

impl<'de> Deserialize<'de> for Metadata {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let value = serde_json::Map::<String, serde_json::Value>::deserialize(deserializer)?;
        let mut metadata = Self::new();
        for (key, value) in &value {
            metadata.push_value(key, value);
        }
        Ok(metadata)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_reads_back_as_what_was_pushed() {
        let mut metadata = Metadata::new();
        metadata.push_str("quote\"d", "line\nbreak \u{1} é \\");
        metadata.push_int("n", -5);
        metadata.push_bool("b", true);
        metadata.push_value("v", &serde_json::json!([1, {"a": null}]));
        metadata.push_with("raw", |out| out.push_str("[2]"));
        metadata.push_with("nothing", |_| {});
        assert_eq!(
            metadata.to_value(),
            serde_json::json!({"quote\"d": "line\nbreak \u{1} é \\", "n": -5, "b": true,
                "v": [1, {"a": null}], "raw": [2], "nothing": null})
        );
        assert_eq!(Metadata::from_json_text(metadata.to_json_text()), metadata);
        assert_eq!(metadata.len(), metadata.to_json_text().len());
        assert_eq!(Metadata::from_json_text("{}".into()), Metadata::new());
    }
}
