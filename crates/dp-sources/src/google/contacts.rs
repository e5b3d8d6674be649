//! The address book as Google exports it: vCards or one of two generations of CSV. Each card becomes
//! a contact document and a person; the same card in several files is one.

mod card;
mod csv;
#[cfg(test)]
mod tests;
mod vcard;

use crate::{Context, ParseError, Parser, Peek, Sink, SinkClosed, content_lines::ContentLines};
use card::Card;
use std::io::Read;

const SOURCE: &str = "google.contacts";

/// Reads `All Contacts.vcf` and its like, vCard 2.1 to 4.0.
pub(super) struct VCards;

/// Reads `contacts.csv`.
pub(super) struct ContactsCsv;

impl Parser for VCards {
    fn name(&self) -> &'static str {
        "google.contacts.vcard"
    }

    fn version(&self) -> u32 {
        1
    }

    fn source(&self, _: &Peek<'_>) -> &'static str {
        SOURCE
    }

    fn recognises(&self, peek: &Peek<'_>) -> bool {
        let head = peek.head.trim_ascii_start();
        head.get(..11).is_some_and(|start| start.eq_ignore_ascii_case(b"BEGIN:VCARD"))
    }

    fn parse(
        &self,
        context: &Context<'_>,
        input: &mut dyn Read,
        sink: &mut dyn Sink,
    ) -> Result<(), ParseError> {
        let mut lines = ContentLines::new(input, context.record_bytes_max);
        let mut reader = vcard::Reader::new(context.record_bytes_max);
        while let Some(line) = lines.next_line()? {
            if !line.name.is_empty() {
                reader.take(line, sink)?;
            }
        }
        reader.finish(sink)?;
        Ok(())
    }
}

impl Parser for ContactsCsv {
    fn name(&self) -> &'static str {
        "google.contacts.csv"
    }

    fn version(&self) -> u32 {
        1
    }

    fn source(&self, _: &Peek<'_>) -> &'static str {
        SOURCE
    }

    fn recognises(&self, peek: &Peek<'_>) -> bool {
        csv::is_header(peek.head)
    }

    fn parse(
        &self,
        context: &Context<'_>,
        input: &mut dyn Read,
        sink: &mut dyn Sink,
    ) -> Result<(), ParseError> {
        csv::read(input, context.record_bytes_max, sink)
    }
}

/// Hands over a card as a person and a document.
fn emit(card: Card, sink: &mut dyn Sink) -> Result<(), SinkClosed> {
    if let Some(person) = card.person() {
        sink.person(person)?;
    }
    sink.document(card.into_draft())
}
