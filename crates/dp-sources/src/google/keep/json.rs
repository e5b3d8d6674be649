//! The JSON form of a note.

use super::note::{Annotation, Item, Note, Sharee};
use crate::json::{Cursor, JsonError, ValueKind};
use dp_model::Media;

/// Reads the one object of the file.
pub(super) fn read(bytes: &[u8]) -> Result<Note, JsonError> {
    let bytes = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes);
    let mut cursor = Cursor::new(bytes);
    let mut note = Note::default();
    if cursor.peek()? != ValueKind::Object {
        return Err(JsonError::Malformed(0));
    }
    cursor.object(|cursor, key| member(&mut note, cursor, key))?;
    Ok(note)
}

fn member(note: &mut Note, cursor: &mut Cursor<'_>, key: &[u8]) -> Result<(), JsonError> {
    match key {
        b"title" => note.title = text(cursor)?,
        b"textContent" => note.text = text(cursor)?,
        b"color" => note.color = text(cursor)?,
        b"isPinned" => note.pinned = cursor.boolean()? == Some(true),
        b"isArchived" => note.archived = cursor.boolean()? == Some(true),
        b"isTrashed" => note.trashed = cursor.boolean()? == Some(true),
        b"createdTimestampUsec" => note.created_us = instant(cursor)?,
        b"userEditedTimestampUsec" => note.edited_us = instant(cursor)?,
        b"listContent" => cursor.array(|cursor| {
            let item = item(cursor)?;
            note.items.push(item);
            Ok(())
        })?,
        b"attachments" => cursor.array(|cursor| {
            let media = attachment(cursor)?;
            note.media.extend(media);
            Ok(())
        })?,
        b"labels" => cursor.array(|cursor| {
            cursor.object(|cursor, key| match key {
                b"name" => text(cursor).map(|name| note.labels.push(name)),
                _ => cursor.skip(),
            })
        })?,
        b"annotations" => annotations(note, cursor)?,
        b"sharees" => sharees(note, cursor)?,
        b"textContentHtml" => {
            // The text again, worth keeping only where it says more than the text does.
            let html = text(cursor)?;
            if is_formatted(&html) {
                note.other.push_str("textContentHtml", &html);
            }
        }
        other => keep_other(note, cursor, other)?,
    }
    Ok(())
}

fn text(cursor: &mut Cursor<'_>) -> Result<String, JsonError> {
    Ok(cursor.text()?.unwrap_or_default().into_owned())
}

/// Zero and less mean that Keep does not know.
fn instant(cursor: &mut Cursor<'_>) -> Result<Option<i64>, JsonError> {
    Ok(cursor.integer()?.filter(|us| *us > 0))
}

fn item(cursor: &mut Cursor<'_>) -> Result<Item, JsonError> {
    let mut item = Item::default();
    cursor.object(|cursor, key| {
        match key {
            b"text" => item.text = text(cursor)?,
            b"isChecked" => item.checked = cursor.boolean()? == Some(true),
            _ => cursor.skip()?,
        }
        Ok(())
    })?;
    Ok(item)
}

fn attachment(cursor: &mut Cursor<'_>) -> Result<Option<Media>, JsonError> {
    let (mut name, mut mime) = (String::new(), None);
    cursor.object(|cursor, key| {
        match key {
            b"filePath" => name = text(cursor)?,
            b"mimetype" => mime = cursor.text()?.map(Into::into).filter(|mime: &String| !mime.is_empty()),
            _ => cursor.skip()?,
        }
        Ok(())
    })?;
    Ok((!name.is_empty()).then_some(Media { name, mime, size_bytes: None, hash: None }))
}

fn annotations(note: &mut Note, cursor: &mut Cursor<'_>) -> Result<(), JsonError> {
    let mut other = Vec::new();
    cursor.array(|cursor| {
        let mut link = Annotation::default();
        let mut source = String::new();
        cursor.object(|cursor, key| {
            match key {
                b"title" => link.title = text(cursor)?,
                b"description" => link.description = text(cursor)?,
                b"url" => link.url = text(cursor)?,
                b"source" => source = text(cursor)?,
                _ => cursor.skip()?,
            }
            Ok(())
        })?;
        if source != "WEBLINK" && !source.is_empty() {
            other.push(serde_json::Value::from(source));
        }
        note.annotations.push(link);
        Ok(())
    })?;
    if !other.is_empty() {
        note.other.push_value("annotation_sources", &other.into());
    }
    Ok(())
}

fn sharees(note: &mut Note, cursor: &mut Cursor<'_>) -> Result<(), JsonError> {
    let mut copy = String::new();
    cursor.clone().copy_compact(&mut copy)?;
    cursor.array(|cursor| {
        let mut sharee = Sharee::default();
        cursor.object(|cursor, key| {
            match key {
                b"email" => sharee.email = text(cursor)?,
                b"isOwner" => sharee.owner = cursor.boolean()? == Some(true),
                _ => cursor.skip()?,
            }
            Ok(())
        })?;
        note.sharees.push(sharee);
        Ok(())
    })?;
    // Who may write and who only read has no place in the model.
    if !note.sharees.is_empty() {
        note.other.push_with("sharees", |out| out.push_str(&copy));
    }
    Ok(())
}

fn keep_other(note: &mut Note, cursor: &mut Cursor<'_>, key: &[u8]) -> Result<(), JsonError> {
    let mut value = String::new();
    cursor.copy_compact(&mut value)?;
    if !matches!(value.as_str(), "null" | "[]" | "{}" | "\"\"") {
        note.other.push_with(&String::from_utf8_lossy(key), |out| out.push_str(&value));
    }
    Ok(())
}

/// Whether HTML says more than its text: headings, bold, italic, underlined.
fn is_formatted(html: &str) -> bool {
    const MARKS: [&str; 6] =
        ["<h1", "<h2", "<b>", "font-weight:700", "font-style:italic", "text-decoration:underline"];
    MARKS.iter().any(|mark| html.contains(mark))
}
