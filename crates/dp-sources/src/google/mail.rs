//! Mail as Gmail and Google Groups export it: one mbox for all mails or one for each label, tens of
//! gigabytes large. Each mail becomes a document; attachments are listed with size and hash.

mod address;
mod date;
mod header;
mod labels;
mod mbox;
mod message;
mod mime;
#[cfg(test)]
mod tests;

use super::people::People;
use crate::{Context, ParseError, Parser, Peek, Sink, SinkClosed};
use dp_model::WarningKind;
use mbox::{MboxReader, RawMail, Separator};
use std::io::Read;

const MAIL: &str = "google.mail";
const GROUPS: &str = "google.groups";

/// Reads `All mail Including Spam and Trash.mbox`, the mbox of a label, and `topics.mbox` of a group.
pub(super) struct Mbox;

impl Parser for Mbox {
    fn name(&self) -> &'static str {
        "google.mail.mbox"
    }

    fn version(&self) -> u32 {
        1
    }

    fn source(&self, peek: &Peek<'_>) -> &'static str {
        let (_, headers) = first_line(peek.head);
        source_of(peek.path, headers)
    }

    fn recognises(&self, peek: &Peek<'_>) -> bool {
        let (line, headers) = first_line(peek.head);
        Separator::parse(line).is_some()
            && (headers.is_empty() || !header::Headers::split(headers).0.0.is_empty())
    }

    fn parse(
        &self,
        context: &Context<'_>,
        input: &mut dyn Read,
        sink: &mut dyn Sink,
    ) -> Result<(), ParseError> {
        let mut reader = MboxReader::new(input, context.record_bytes_max);
        let mut people = People::default();
        let mut source = None;
        while let Some(mail) = reader.next_mail()? {
            let source = *source.get_or_insert_with(|| source_of(context.path, mail.bytes));
            take_mail(&mail, source, context, &mut people, sink)?;
        }
        Ok(())
    }
}

fn source_of(path: &str, first_mail: &[u8]) -> &'static str {
    let (headers, _) = header::Headers::split(first_mail);
    if message::is_group(path, &headers) { GROUPS } else { MAIL }
}

/// The first line that is not blank, and what follows it.
fn first_line(head: &[u8]) -> (&[u8], &[u8]) {
    let head = head.trim_ascii_start();
    head.split_at(memchr::memchr(b'\n', head).map_or(head.len(), |end| end + 1))
}

fn take_mail(
    mail: &RawMail<'_>,
    source: &'static str,
    context: &Context<'_>,
    people: &mut People,
    sink: &mut dyn Sink,
) -> Result<(), SinkClosed> {
    let position = mail.position;
    if mail.separator.is_none() {
        sink.warn(
            WarningKind::MalformedRecord,
            position,
            "text before the first mail; it was kept as a mail",
        )?;
    }
    let Some(read) = message::read(mail, source, context.path) else {
        return sink.warn(
            WarningKind::MalformedRecord,
            position,
            "a mail with nothing in it; it was passed over",
        );
    };
    if mail.cut {
        let limit = context.record_bytes_max;
        sink.warn(
            WarningKind::TooLarge,
            position,
            format!(
                "this mail is larger than the limit of {limit} bytes (limit import.record_bytes_max); its beginning was kept"
            ),
        )?;
    }
    if let Some(date) = &read.unreadable_date {
        let message = format!("the date {date:?} could not be read; the mail is kept undated");
        sink.warn(WarningKind::UnreadableDate, position, message)?;
    }
    if read.problems.broken_base64 {
        sink.warn(
            WarningKind::BadValue,
            position,
            "base64 in this mail is broken; what could be decoded was kept",
        )?;
    }
    if read.problems.replaced_text {
        sink.warn(WarningKind::BadEncoding, position, "text in this mail is not valid in its encoding")?;
    }
    if read.problems.too_many_parts {
        let message = "this mail has more parts, or deeper ones, than are read; the rest was passed over";
        sink.warn(WarningKind::LimitReached, position, message)?;
    }
    people.tell(sink, &read.draft.content.people)?;
    sink.document(read.draft)
}
