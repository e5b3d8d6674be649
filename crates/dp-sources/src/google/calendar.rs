//! Calendars as Google exports them (iCalendar 2.0): events, and the to-dos and journal entries other
//! programs put into such files. Read as a stream; one event is in memory.

mod event;
#[cfg(test)]
mod tests;
mod time;

use crate::{
    Context, ParseError, Parser, Peek, Sink, SinkClosed,
    content_lines::{ContentLine, ContentLines},
};
use dp_model::{Kind, WarningKind};
use hashbrown::HashMap;
use std::io::Read;

const SOURCE: &str = "google.calendar";

/// Deepest nesting of components inside an event that is followed.
const DEPTH_MAX: usize = 16;

/// Reads `<calendar>.ics`.
pub(super) struct Calendar;

impl Parser for Calendar {
    fn name(&self) -> &'static str {
        "google.calendar.ics"
    }

    fn version(&self) -> u32 {
        1
    }

    fn source(&self, _: &Peek<'_>) -> &'static str {
        SOURCE
    }

    fn recognises(&self, peek: &Peek<'_>) -> bool {
        let head = peek.head.trim_ascii_start();
        head.get(..15).is_some_and(|start| start.eq_ignore_ascii_case(b"BEGIN:VCALENDAR"))
    }

    fn parse(
        &self,
        context: &Context<'_>,
        input: &mut dyn Read,
        sink: &mut dyn Sink,
    ) -> Result<(), ParseError> {
        let mut lines = ContentLines::new(input, context.record_bytes_max);
        let mut reader = Reader::new(context);
        while let Some(line) = lines.next_line()? {
            if !line.name.is_empty() {
                reader.take(line, sink)?;
            }
        }
        reader.finish(sink)?;
        Ok(())
    }
}

/// What is known of the calendar the events are in.
#[derive(Default)]
struct CalendarInfo {
    /// Its name, if it says.
    name: String,
    /// IANA names of the zones it defines under names of its own.
    zones: HashMap<String, String>,
}

/// An event, to-do or journal entry while its lines come in.
struct Item {
    kind: Kind,
    position: u64,
    properties: Vec<ContentLine>,
    /// Lines of the alarms in it.
    alarms: Vec<Vec<ContentLine>>,
    bytes: usize,
    too_large: bool,
}

struct Reader<'c> {
    context: &'c Context<'c>,
    info: CalendarInfo,
    item: Option<Item>,
    /// Components open inside the item, or inside the calendar if there is none.
    inner: Vec<String>,
    /// `TZID` of the zone being defined.
    zone: String,
    calendar_open: bool,
    position: u64,
    people: super::people::People,
}

impl<'c> Reader<'c> {
    fn new(context: &'c Context<'c>) -> Self {
        Self {
            context,
            info: CalendarInfo::default(),
            item: None,
            inner: Vec::new(),
            zone: String::new(),
            calendar_open: false,
            position: 0,
            people: super::people::People::default(),
        }
    }

    fn take(&mut self, line: ContentLine, sink: &mut dyn Sink) -> Result<(), SinkClosed> {
        self.position = line.position;
        match line.name.as_str() {
            "BEGIN" => self.begin(&line, sink),
            "END" => self.end(&line, sink),
            _ => {
                self.property(line);
                Ok(())
            }
        }
    }

    fn begin(&mut self, line: &ContentLine, sink: &mut dyn Sink) -> Result<(), SinkClosed> {
        let name = line.value.trim().to_ascii_uppercase();
        let kind = match name.as_str() {
            "VEVENT" => Kind::Event,
            "VTODO" => Kind::Task,
            "VJOURNAL" => Kind::Note,
            "VCALENDAR" => {
                self.close_unended(sink)?;
                self.info = CalendarInfo::default();
                self.calendar_open = true;
                return Ok(());
            }
            _ => {
                if name == "VALARM"
                    && let Some(item) = &mut self.item
                {
                    item.alarms.push(Vec::new());
                }
                if self.inner.len() < DEPTH_MAX {
                    self.inner.push(name);
                }
                return Ok(());
            }
        };
        self.close_unended(sink)?;
        let (properties, alarms) = (Vec::new(), Vec::new());
        self.item =
            Some(Item { kind, position: line.position, properties, alarms, bytes: 0, too_large: false });
        Ok(())
    }

    fn end(&mut self, line: &ContentLine, sink: &mut dyn Sink) -> Result<(), SinkClosed> {
        let name = line.value.trim().to_ascii_uppercase();
        match name.as_str() {
            "VEVENT" | "VTODO" | "VJOURNAL" => {
                self.inner.clear();
                match self.item.take() {
                    Some(item) => self.emit(item, sink),
                    None => Ok(()),
                }
            }
            "VCALENDAR" => {
                self.calendar_open = false;
                self.close_unended(sink)
            }
            _ => {
                if let Some(at) = self.inner.iter().rposition(|open| *open == name) {
                    self.inner.truncate(at);
                }
                Ok(())
            }
        }
    }

    fn property(&mut self, line: ContentLine) {
        let inner = self.inner.last().map(String::as_str);
        if let Some(item) = &mut self.item {
            item.bytes += line.value.len() + line.name.len();
            if item.bytes > self.context.record_bytes_max || line.cut {
                item.too_large = true;
                if item.bytes > self.context.record_bytes_max {
                    return;
                }
            }
            match (inner, item.alarms.last_mut()) {
                (None, _) => item.properties.push(line),
                (Some("VALARM"), Some(alarm)) => alarm.push(line),
                _ => {}
            }
            return;
        }
        match (inner, line.name.as_str()) {
            (None, "X-WR-CALNAME") => self.info.name = line.text().trim().to_owned(),
            (Some("VTIMEZONE"), "TZID") => self.zone = line.value,
            (Some("VTIMEZONE"), "X-LIC-LOCATION") if self.info.zones.len() < 1_000 => {
                self.info.zones.insert(std::mem::take(&mut self.zone), line.value);
            }
            _ => {}
        }
    }

    /// Hands over an item whose end is missing.
    fn close_unended(&mut self, sink: &mut dyn Sink) -> Result<(), SinkClosed> {
        self.inner.clear();
        let Some(item) = self.item.take() else { return Ok(()) };
        let message = "the end of this record is missing; what it says was kept";
        sink.warn(WarningKind::MalformedRecord, item.position, message)?;
        self.emit(item, sink)
    }

    fn finish(mut self, sink: &mut dyn Sink) -> Result<(), SinkClosed> {
        if self.item.is_some() || self.calendar_open {
            let message = "the file ends in the middle; the records before this point were read. Export or download it again to get the rest";
            sink.warn(WarningKind::Truncated, self.position, message)?;
        }
        match self.item.take() {
            Some(item) => self.emit(item, sink),
            None => Ok(()),
        }
    }

    fn emit(&mut self, item: Item, sink: &mut dyn Sink) -> Result<(), SinkClosed> {
        let position = item.position;
        if item.too_large {
            let limit = self.context.record_bytes_max;
            sink.warn(
                WarningKind::TooLarge,
                position,
                format!("this record is larger than the limit of {limit} bytes (limit import.record_bytes_max); its beginning was kept"),
            )?;
        }
        if item.properties.iter().any(|line| line.replaced) {
            sink.warn(WarningKind::BadEncoding, position, "text in this record is not valid UTF-8")?;
        }
        let (draft, problems) = event::convert(item, &self.info, self.context);
        for (kind, message) in problems {
            sink.warn(kind, position, message)?;
        }
        self.people.tell(sink, &draft.content.people)?;
        sink.document(draft)
    }
}
