//! The companions of a location history: `Settings.json`, kept for its device names, and the log of
//! edits, which is told but not imported.

use super::SOURCE;
use crate::{
    Context, ParseError, Parser, Peek, Sink, file,
    json::{JsonShape, shape},
};
use std::io::Read;

/// Keeps `Settings.json` of a location history as one searchable document.
pub(crate) struct LocationSettings;

impl Parser for LocationSettings {
    fn name(&self) -> &'static str {
        "google.location.settings"
    }

    fn version(&self) -> u32 {
        1
    }

    fn source(&self, _: &Peek<'_>) -> &'static str {
        SOURCE
    }

    fn recognises(&self, peek: &Peek<'_>) -> bool {
        const KEYS: [&str; 2] = ["deviceSettings", "hasReportedLocations"];
        KEYS.iter().any(|key| memchr::memmem::find(peek.head, key.as_bytes()).is_some())
            && matches!(shape(peek.head), shape @ JsonShape::Object(_) if shape.has_any(&KEYS))
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

/// Whether the entry is Google's log of edits to the timeline.
pub(crate) fn is_edits_log(peek: &Peek<'_>) -> bool {
    memchr::memmem::find(peek.head, b"\"timelineEdits\"").is_some()
        && shape(peek.head).has_all(&["timelineEdits"])
}
