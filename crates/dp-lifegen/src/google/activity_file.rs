//! Whole files of activity: which events, newest first, and what is planted broken in them.

use crate::google::activity::{HTML_HEAD, HTML_TAIL, push_record_html, push_record_json};
use crate::google::moment::Dialect;
use crate::google::record::{self, Record};
use crate::plan::{Event, Plan, Stream};
use crate::truth::Found;
use dp_model::EntryStatus;
use std::io::{self, Write};
use std::ops::Range;

/// What is planted broken in a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Flaw {
    None,
    /// JSON: a record in the middle lacks a value. HTML: a record's date cannot be read.
    BrokenRecord,
    /// The file ends in the middle of its last record.
    CutOff,
}

/// Which events a file holds.
pub(crate) struct Selection<'a> {
    pub(crate) streams: &'a [Stream],
    pub(crate) days: Range<i32>,
    /// Only events of this small product.
    pub(crate) small_product: Option<usize>,
}

impl<'a> Selection<'a> {
    pub(crate) fn of(streams: &'a [Stream], days: Range<i32>) -> Self {
        Self { streams, days, small_product: None }
    }

    fn events(&self, plan: &Plan) -> Vec<(Stream, Event)> {
        let mut events = self
            .streams
            .iter()
            .flat_map(|&stream| {
                plan.events(stream, self.days.clone()).iter().map(move |event| (stream, *event))
            })
            .filter(|(_, event)| {
                self.small_product.is_none_or(|wanted| record::small_product_of(event) == wanted)
            })
            .collect::<Vec<_>>();
        events.sort_by_key(|(_, event)| std::cmp::Reverse((event.time_ms, event.id)));
        events
    }
}

/// Counts a record's document.
fn count(found: &mut Found<'_>, record: &Record, event: &Event) {
    match record.sorts {
        [sort] => found.document(*sort, u64::from(event.id)),
        // Without an address, the key of a record is its title, which is in the account's language.
        sorts if record.url.is_none() => found.loose_document(sorts),
        sorts => found.unsure_document(sorts, u64::from(event.id)),
    }
}

/// Writes a file of JSON records.
pub(crate) fn write_json(
    plan: &Plan,
    selection: &Selection<'_>,
    flaw: Flaw,
    out: &mut dyn Write,
    found: &mut Found<'_>,
) -> io::Result<()> {
    let events = selection.events(plan);
    if events.is_empty() {
        found.status(EntryStatus::Ignored, &[EntryStatus::Parsed]);
        return out.write_all(b"[]");
    }
    let mut text = String::with_capacity(2048);
    for (index, (stream, event)) in events.iter().enumerate() {
        let record = record::record(plan, *stream, event);
        text.clear();
        text.push_str(if index == 0 { "[" } else { "," });
        push_record_json(&mut text, &record);
        if flaw == Flaw::CutOff && index + 1 == events.len() {
            found.broken();
            found.status(EntryStatus::Partial, &[EntryStatus::Failed]);
            let half = (text.len() / 2..).find(|&at| text.is_char_boundary(at)).unwrap_or(0);
            return out.write_all(&text.as_bytes()[..half]);
        }
        if flaw == Flaw::BrokenRecord && index == events.len() / 2 {
            found.broken();
            text.push_str(",{\n  \"header\": \"Search\",\n  \"title\": ,\n  \"products\": [\"Search\"]\n}");
        }
        count(found, &record, event);
        out.write_all(text.as_bytes())?;
    }
    out.write_all(b"]")
}

/// Writes a file of HTML blocks.
pub(crate) fn write_html(
    plan: &Plan,
    selection: &Selection<'_>,
    dialect: Dialect,
    flaw: Flaw,
    out: &mut dyn Write,
    found: &mut Found<'_>,
) -> io::Result<()> {
    out.write_all(HTML_HEAD.as_bytes())?;
    let events = selection.events(plan);
    let mut text = String::with_capacity(4096);
    for (index, (stream, event)) in events.iter().enumerate() {
        let record = record::record(plan, *stream, event);
        text.clear();
        push_record_html(&mut text, &record, dialect, None);
        count(found, &record, event);
        if flaw == Flaw::BrokenRecord && index == events.len() / 2 {
            // Kept undated, so it is a document, but which one depends on how the importer keys it.
            found.broken();
            found.loose_document(record.sorts);
            push_record_html(&mut text, &record, dialect, Some("Smarch 37, 20x1, 99:61:07 XM"));
        }
        out.write_all(text.as_bytes())?;
    }
    if events.is_empty() {
        found.status(EntryStatus::Ignored, &[EntryStatus::Parsed]);
    }
    out.write_all(HTML_TAIL.as_bytes())
}
