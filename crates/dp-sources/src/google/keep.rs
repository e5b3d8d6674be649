//! Notes as Google Keep exports them: one JSON file for each, and an HTML twin that is read only where
//! the JSON is missing.

mod html;
mod json;
mod note;
#[cfg(test)]
mod tests;

use crate::{Context, ParseError, Parser, Peek, Sink, json::JsonShape};
use dp_model::WarningKind;
use note::Note;
use std::io::Read;

const SOURCE: &str = "google.keep";

/// Reads a note from its JSON file.
pub(super) struct KeepJson;

/// Reads a note from its HTML file.
pub(super) struct KeepHtml;

impl Parser for KeepJson {
    fn name(&self) -> &'static str {
        "google.keep.json"
    }

    fn version(&self) -> u32 {
        1
    }

    fn source(&self, _: &Peek<'_>) -> &'static str {
        SOURCE
    }

    fn recognises(&self, peek: &Peek<'_>) -> bool {
        if !peek.head.trim_ascii_start().starts_with(b"{") {
            return false;
        }
        // The keys before a broken or endless value are enough.
        let shape = crate::json::shape(peek.head);
        let state = ["isTrashed", "isPinned", "isArchived"];
        matches!(shape, JsonShape::Object(_))
            && shape.has_any(&["color"])
            && (shape.has_any(&["textContent", "listContent", "userEditedTimestampUsec"])
                || shape.has_all(&state))
    }

    fn parse(
        &self,
        context: &Context<'_>,
        input: &mut dyn Read,
        sink: &mut dyn Sink,
    ) -> Result<(), ParseError> {
        let Some(bytes) = read_whole(context, input, sink)? else { return Ok(()) };
        let note = json::read(&bytes)
            .map_err(|error| ParseError::Malformed(format!("this note is damaged: {error}")))?;
        take(note, context, sink)
    }
}

impl Parser for KeepHtml {
    fn name(&self) -> &'static str {
        "google.keep.html"
    }

    fn version(&self) -> u32 {
        1
    }

    fn source(&self, _: &Peek<'_>) -> &'static str {
        SOURCE
    }

    fn recognises(&self, peek: &Peek<'_>) -> bool {
        let has = |mark: &[u8]| memchr::memmem::find(peek.head, mark).is_some();
        peek.head.trim_ascii_start().starts_with(b"<") && has(b"class=\"note") && has(b"class=\"heading\"")
    }

    fn parse(
        &self,
        context: &Context<'_>,
        input: &mut dyn Read,
        sink: &mut dyn Sink,
    ) -> Result<(), ParseError> {
        let Some(bytes) = read_whole(context, input, sink)? else { return Ok(()) };
        let (text, replaced) = crate::charset::decode(Some("utf-8"), &bytes);
        if replaced {
            sink.warn(WarningKind::BadEncoding, 0, "this note is not valid UTF-8")?;
        }
        let note = html::read(&text, context)
            .ok_or_else(|| ParseError::Malformed("there is no note in this page".to_owned()))?;
        take(note, context, sink)
    }
}

/// The file as a whole, for it is one record. None, after a warning, if it is over the limit.
fn read_whole(
    context: &Context<'_>,
    input: &mut dyn Read,
    sink: &mut dyn Sink,
) -> Result<Option<Vec<u8>>, ParseError> {
    let mut bytes = Vec::new();
    input.take(context.record_bytes_max as u64 + 1).read_to_end(&mut bytes)?;
    if bytes.len() <= context.record_bytes_max {
        return Ok(Some(bytes));
    }
    let limit = context.record_bytes_max;
    sink.warn(
        WarningKind::TooLarge,
        0,
        format!("this note is larger than the limit of {limit} bytes (limit import.record_bytes_max); it was passed over"),
    )?;
    Ok(None)
}

fn take(note: Note, context: &Context<'_>, sink: &mut dyn Sink) -> Result<(), ParseError> {
    for path in note.missing_attachments(context) {
        let message = format!("the note names the attachment {path:?}, which is not in this export");
        sink.warn(WarningKind::MissingAttachment, 0, message)?;
    }
    let draft = note.into_draft(context);
    super::people::People::default().tell(sink, &draft.content.people)?;
    sink.document(draft)?;
    Ok(())
}
