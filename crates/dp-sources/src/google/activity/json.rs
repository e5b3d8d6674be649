//! Activity as JSON: one array of records.

use super::{
    File,
    convert::{Converted, convert},
    record::{Area, Link, Links, Record, When},
    source_of,
};
use crate::{
    Context, ParseError, Parser, Peek, Sink,
    json::{Cursor, JsonError, JsonShape, RecordStream, ValueKind, shape},
    text::html_to_text,
    times,
};
use smallvec::SmallVec;
use std::{borrow::Cow, io::Read};

/// Reads `MyActivity.json`, `watch-history.json` and their like, in any language.
pub(crate) struct ActivityJson;

impl Parser for ActivityJson {
    fn name(&self) -> &'static str {
        "google.activity.json"
    }

    fn version(&self) -> u32 {
        1
    }

    fn source(&self, peek: &Peek<'_>) -> &'static str {
        source_of(peek)
    }

    fn recognises(&self, peek: &Peek<'_>) -> bool {
        let shape = shape(peek.head);
        if !matches!(shape, JsonShape::Array(_)) {
            return false;
        }
        let of_activity = ["header", "products", "titleUrl", "activityControls", "subtitles", "details"];
        let named = shape.has_all(&["title", "time"]) && !shape.has_any(&["id", "kind", "dateTime"]);
        named
            || (shape.has_any(&["time", "title"])
                && shape.has_all(&["header"])
                && shape.has_any(&of_activity[1..]))
    }

    fn parse(
        &self,
        context: &Context<'_>,
        input: &mut dyn Read,
        sink: &mut dyn Sink,
    ) -> Result<(), ParseError> {
        let file = File::new(context.path, context.home_zone);
        RecordStream::new(input, context.record_bytes_max)
            .for_each(
                sink,
                |_, cursor| read_record(cursor).map(|record| convert(record, &file)),
                |sink, Converted { mut draft, trouble }, position| {
                    draft.position = position;
                    if let Some((kind, message)) = trouble {
                        sink.warn(kind, position, message)?;
                    }
                    Ok(sink.document(draft)?)
                },
            )
            .map(|_| ())
    }
}

fn read_record<'a>(cursor: &mut Cursor<'a>) -> Result<Record<'a>, JsonError> {
    if cursor.peek()? != ValueKind::Object {
        return Err(JsonError::Malformed(cursor.position()));
    }
    let mut record = Record::default();
    cursor.object(|cursor, key| {
        match key {
            b"header" => record.header = cursor.text()?,
            b"title" => record.title = cursor.text()?.unwrap_or_default(),
            b"titleUrl" => record.url = cursor.text()?,
            b"description" => record.description = cursor.text()?,
            b"time" => record.when = cursor.text()?.map_or(When::Missing, when),
            b"products" => names(cursor, &mut record.products)?,
            b"activityControls" => names(cursor, &mut record.controls)?,
            b"subtitles" => links(cursor, &mut record.subtitles)?,
            b"details" => links(cursor, &mut record.details)?,
            b"locationInfos" => areas(cursor, &mut record)?,
            b"audioFiles" | b"attachedFiles" | b"imageFile" => names(cursor, &mut record.files)?,
            b"safeHtmlItem" => answers(cursor, &mut record.answers)?,
            other => {
                let mut result = Ok(());
                record
                    .metadata
                    .push_with(&String::from_utf8_lossy(other), |out| result = cursor.copy_compact(out));
                result?;
            }
        }
        Ok(())
    })?;
    Ok(record)
}

fn when(text: Cow<'_, str>) -> When<'_> {
    match times::any(&text) {
        Some(moment) => When::At(moment),
        None if text.trim().is_empty() => When::Missing,
        None => When::Unreadable(text),
    }
}

/// A name, or an array of names.
fn names<'a>(cursor: &mut Cursor<'a>, out: &mut SmallVec<[Cow<'a, str>; 1]>) -> Result<(), JsonError> {
    if cursor.peek()? == ValueKind::Array {
        return cursor.array(|cursor| {
            out.extend(cursor.text()?);
            Ok(())
        });
    }
    out.extend(cursor.text()?);
    Ok(())
}

fn links<'a>(cursor: &mut Cursor<'a>, out: &mut Links<'a>) -> Result<(), JsonError> {
    cursor.array(|cursor| {
        let mut link = Link::default();
        if cursor.peek()? == ValueKind::Object {
            cursor.object(|cursor, key| {
                match key {
                    b"name" => link.name = cursor.text()?,
                    b"url" => link.url = cursor.text()?,
                    _ => cursor.skip()?,
                }
                Ok(())
            })?;
        } else {
            link.name = cursor.text()?;
        }
        if !link.is_empty() {
            out.push(link);
        }
        Ok(())
    })
}

fn areas<'a>(cursor: &mut Cursor<'a>, record: &mut Record<'a>) -> Result<(), JsonError> {
    cursor.array(|cursor| {
        let mut area = Area::default();
        cursor.object(|cursor, key| {
            match key {
                b"name" => area.name = cursor.text()?,
                b"url" => area.url = cursor.text()?,
                b"source" => area.source = cursor.text()?,
                // A help page, the same for everybody.
                _ => cursor.skip()?,
            }
            Ok(())
        })?;
        record.areas.push(area);
        Ok(())
    })
}

fn answers(cursor: &mut Cursor<'_>, out: &mut Vec<String>) -> Result<(), JsonError> {
    cursor.array(|cursor| {
        let mut html = None;
        if cursor.peek()? == ValueKind::Object {
            cursor.object(|cursor, key| {
                match key {
                    b"html" => html = cursor.text()?,
                    _ => cursor.skip()?,
                }
                Ok(())
            })?;
        } else {
            html = cursor.text()?;
        }
        out.extend(html.map(|html| html_to_text(&html)).filter(|text| !text.is_empty()));
        Ok(())
    })
}
