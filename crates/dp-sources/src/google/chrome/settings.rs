//! What else Chrome syncs: devices, search engines, extensions, settings. Kept as searchable text,
//! except what was typed into forms and what tells age and gender, which are only named in the ledger.

use super::SOURCE;
use crate::{
    Context, ParseError, Parser, Peek, Sink, file,
    json::{Cursor, JsonError, JsonShape, shape},
};
use dp_model::Metadata;
use std::io::Read;

/// Keeps Chrome's settings files as documents of the kind `file`.
pub(crate) struct ChromeSettings;

const SETTINGS_KEYS: &[&str] = &[
    "App Settings",
    "Apps",
    "Device Info",
    "Extension Settings",
    "Extensions",
    "Preferences",
    "Priority Preferences",
    "Search Engines",
    "Themes",
    "Web Apps",
];

const SENSITIVE_KEYS: &[&str] = &[
    "Arc Package",
    "Autofill",
    "Autofill Profile",
    "Contact Info",
    "OS Preferences",
    "OS Preference",
    "OS Priority Preference",
    "OS Priority Preferences",
];

impl Parser for ChromeSettings {
    fn name(&self) -> &'static str {
        "google.chrome.settings"
    }

    fn version(&self) -> u32 {
        1
    }

    fn source(&self, _: &Peek<'_>) -> &'static str {
        SOURCE
    }

    fn recognises(&self, peek: &Peek<'_>) -> bool {
        has_top_key(peek, SETTINGS_KEYS)
    }

    fn parse(
        &self,
        context: &Context<'_>,
        input: &mut dyn Read,
        sink: &mut dyn Sink,
    ) -> Result<(), ParseError> {
        file::keep_text(SOURCE, context, input, sink)
    }
}

/// Whether the entry holds what was typed into forms, addresses, or settings that tell age and gender.
pub(crate) fn is_sensitive(peek: &Peek<'_>) -> bool {
    has_top_key(peek, SENSITIVE_KEYS)
}

fn has_top_key(peek: &Peek<'_>, keys: &[&str]) -> bool {
    peek.path.split('/').any(|segment| segment == "Chrome")
        && keys.iter().any(|key| memchr::memmem::find(peek.head, key.as_bytes()).is_some())
        && matches!(shape(peek.head), shape @ JsonShape::Object(_) if shape.has_any(keys))
}

/// Appends a member to metadata as it stands, without its white space.
pub(super) fn keep(metadata: &mut Metadata, key: &[u8], cursor: &mut Cursor<'_>) -> Result<(), JsonError> {
    let mut copied = Ok(());
    metadata.push_with(&String::from_utf8_lossy(key), |out| copied = cursor.copy_compact(out));
    copied
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::collect;
    use dp_model::Kind;

    #[test]
    fn devices_are_kept_and_form_data_is_not() {
        let devices = br#"{"Device Info":[{"client_name":"Mia's laptop","device_type":"TYPE_LINUX"}]}"#;
        let peek = Peek { path: "Chrome/Device Information.json", size_bytes: None, head: devices };
        assert!(ChromeSettings.recognises(&peek));
        let found = collect(&ChromeSettings, peek.path, devices);
        assert_eq!(found.drafts[0].content.kind, Kind::File);
        assert!(found.drafts[0].content.text.contains("client_name: Mia's laptop"));
        for path in ["Chrome/Autofill.json", "Chrome/Adressen und andere Daten.json"] {
            let head = br#"{"Autofill":[],"Autofill Profile":[{"name_first":["Mia"]}]}"#;
            assert!(is_sensitive(&Peek { path, size_bytes: None, head }));
        }
    }
}
