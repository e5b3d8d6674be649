//! Content to columns and back. What most documents have is a column; the rest is one JSON object.
//! Long text is compressed.

use crate::error::Context as _;
use dp_lake::LakeError;
use dp_model::{Clock, Content, Kind, Labels, Media, Mention, Metadata, Moment, Place, Precision};
use rusqlite::types::{ToSqlOutput, Value, ValueRef};
use serde::{Deserialize, Serialize};
use std::{borrow::Cow, cell::RefCell};
use zstd::bulk::{Compressor, Decompressor};

/// Text from this length on is compressed.
const COMPRESS_FROM_BYTES: usize = 512;
/// The quickest level that shrinks text well.
const COMPRESSION_LEVEL: i32 = 1;
/// Largest text that is decompressed: far above what an import lets in.
const TEXT_BYTES_MAX: usize = 1 << 30;
/// In `time_code`, what a wall clock adds to the precision.
const WALL_CLOCK: i64 = 16;

/// The part of a content that has no column of its own.
#[derive(Debug, Default, Serialize)]
struct MoreRef<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    zone: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    end: Option<&'a Moment>,
    #[serde(skip_serializing_if = "Option::is_none")]
    place: Option<&'a Place>,
    #[serde(skip_serializing_if = "<[Mention]>::is_empty")]
    people: &'a [Mention],
    #[serde(skip_serializing_if = "<[Media]>::is_empty")]
    media: &'a [Media],
    #[serde(skip_serializing_if = "<[Cow<'static, str>]>::is_empty")]
    labels: &'a [Cow<'static, str>],
    #[serde(skip_serializing_if = "Option::is_none")]
    modified_us: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    metadata: Option<&'a Metadata>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct More {
    zone: Option<Box<str>>,
    end: Option<Moment>,
    place: Option<Place>,
    people: Vec<Mention>,
    media: Vec<Media>,
    labels: Labels,
    modified_us: Option<i64>,
    metadata: Option<Box<serde_json::value::RawValue>>,
}

/// What the fields of most documents look like, so that even a short one shrinks to a third. Stored
/// documents can be read with exactly these bytes only: a better dictionary would need a tag of its own.
static DICTIONARY: &[u8] = include_bytes!("more.dictionary");
/// First byte of fields compressed with the dictionary.
const DICTIONARY_TAG: u8 = 1;

thread_local! {
    /// A context is large and dear to make; every thread keeps one of each.
    static COMPRESSOR: RefCell<Option<Compressor<'static>>> = const { RefCell::new(None) };
    static DECOMPRESSOR: RefCell<Option<Decompressor<'static>>> = const { RefCell::new(None) };
    static FIELDS_COMPRESSOR: RefCell<Option<Compressor<'static>>> = const { RefCell::new(None) };
    static FIELDS_DECOMPRESSOR: RefCell<Option<Decompressor<'static>>> = const { RefCell::new(None) };
}

/// The fields in few bytes, behind the dictionary's tag; None if they would not be fewer.
fn compress_fields(json: &str) -> Option<Vec<u8>> {
    FIELDS_COMPRESSOR.with_borrow_mut(|compressor| {
        if compressor.is_none() {
            *compressor = Compressor::with_dictionary(COMPRESSION_LEVEL, DICTIONARY).ok();
        }
        let compressed = compressor.as_mut()?.compress(json.as_bytes()).ok()?;
        let mut tagged = Vec::with_capacity(compressed.len() + 1);
        tagged.push(DICTIONARY_TAG);
        tagged.extend_from_slice(&compressed);
        (tagged.len() < json.len()).then_some(tagged)
    })
}

fn decompress_fields(compressed: &[u8]) -> Result<Vec<u8>, LakeError> {
    let size = content_bytes(compressed)?;
    FIELDS_DECOMPRESSOR.with_borrow_mut(|decompressor| {
        let decompressor = match decompressor {
            Some(decompressor) => decompressor,
            None => {
                decompressor.insert(Decompressor::with_dictionary(DICTIONARY).context("decompress fields")?)
            }
        };
        decompressor.decompress(compressed, size).context("decompress fields")
    })
}

/// How long the text in a compressed frame is.
fn content_bytes(compressed: &[u8]) -> Result<usize, LakeError> {
    let size = zstd::zstd_safe::get_frame_content_size(compressed).ok().flatten().unwrap_or(0) as usize;
    if size > TEXT_BYTES_MAX {
        return Err(LakeError::Corrupt("a text is larger than any that is stored".to_owned()));
    }
    Ok(size)
}

/// Compressed bytes if they are fewer. Compression in memory fails only for want of memory, and then
/// the text is stored plain.
fn compress(bytes: &[u8]) -> Option<Vec<u8>> {
    COMPRESSOR.with_borrow_mut(|compressor| {
        if compressor.is_none() {
            *compressor = Compressor::new(COMPRESSION_LEVEL).ok();
        }
        let compressed = compressor.as_mut()?.compress(bytes).ok()?;
        (compressed.len() + 8 < bytes.len()).then_some(compressed)
    })
}

fn decompress(compressed: &[u8]) -> Result<Vec<u8>, LakeError> {
    let size = content_bytes(compressed)?;
    DECOMPRESSOR.with_borrow_mut(|decompressor| {
        let decompressor = match decompressor {
            Some(decompressor) => decompressor,
            None => decompressor.insert(Decompressor::new().context("decompress text")?),
        };
        decompressor.decompress(compressed, size).context("decompress text")
    })
}

/// Text as it is stored.
#[derive(Debug, PartialEq)]
pub(crate) enum Stored<'a> {
    Nothing,
    Plain(Cow<'a, str>),
    Compressed(Vec<u8>),
}

impl<'a> Stored<'a> {
    pub(crate) fn of(text: impl Into<Cow<'a, str>>) -> Self {
        let text = text.into();
        if text.is_empty() {
            return Self::Nothing;
        }
        if text.len() >= COMPRESS_FROM_BYTES
            && let Some(compressed) = compress(text.as_bytes())
        {
            return Self::Compressed(compressed);
        }
        Self::Plain(text)
    }

    /// The JSON of fields, which are alike enough for a dictionary.
    pub(crate) fn of_fields(json: String) -> Self {
        if json.is_empty() {
            return Self::Nothing;
        }
        match compress_fields(&json) {
            Some(compressed) => Self::Compressed(compressed),
            None => Self::Plain(json.into()),
        }
    }

    pub(crate) fn read(value: ValueRef<'_>) -> Result<String, LakeError> {
        match value {
            ValueRef::Null => Ok(String::new()),
            ValueRef::Text(text) => Ok(String::from_utf8_lossy(text).into_owned()),
            ValueRef::Blob(compressed) => {
                let bytes = match compressed.split_first() {
                    Some((&DICTIONARY_TAG, fields)) => decompress_fields(fields)?,
                    _ => decompress(compressed)?,
                };
                String::from_utf8(bytes)
                    .map_err(|_| LakeError::Corrupt("a compressed text is not UTF-8".to_owned()))
            }
            ValueRef::Integer(_) | ValueRef::Real(_) => {
                Err(LakeError::Corrupt("a text is a number".to_owned()))
            }
        }
    }
}

impl rusqlite::ToSql for Stored<'_> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(match self {
            Self::Nothing => ToSqlOutput::Owned(Value::Null),
            Self::Plain(text) => ToSqlOutput::Borrowed(ValueRef::Text(text.as_bytes())),
            Self::Compressed(bytes) => ToSqlOutput::Borrowed(ValueRef::Blob(bytes)),
        })
    }
}

/// The columns of a content.
pub(crate) struct Columns<'a> {
    pub(crate) title: Option<&'a str>,
    pub(crate) text: Stored<'a>,
    pub(crate) url: Option<&'a str>,
    pub(crate) time_us: Option<i64>,
    pub(crate) time_code: Option<i64>,
    pub(crate) offset_s: Option<i32>,
    pub(crate) more: Stored<'static>,
}

impl<'a> Columns<'a> {
    /// Takes a content apart. `sort_us` is stored beside it and not repeated.
    pub(crate) fn of(content: &'a Content, sort_us: Option<i64>) -> Self {
        let time = content.time.as_ref();
        Self {
            title: Some(content.title.as_str()).filter(|title| !title.is_empty()),
            text: Stored::of(content.text.as_str()),
            url: content.url.as_deref(),
            time_us: time.map(|time| time.utc_us).filter(|&utc_us| Some(utc_us) != sort_us),
            time_code: time
                .map(|time| time.precision as i64 + if time.clock == Clock::Wall { WALL_CLOCK } else { 0 }),
            offset_s: time.and_then(|time| time.offset_s),
            more: Stored::of_fields(more_json(content)),
        }
    }
}

fn more_json(content: &Content) -> String {
    let more = MoreRef {
        zone: content.time.as_ref().and_then(|time| time.zone.as_deref()),
        end: content.end.as_ref(),
        place: content.place.as_ref(),
        people: &content.people,
        media: &content.media,
        labels: &content.labels,
        modified_us: content.modified_us,
        metadata: Some(&content.metadata).filter(|metadata| !metadata.is_empty()),
    };
    // Writing our own types as JSON into memory cannot fail.
    let json = serde_json::to_string(&more).unwrap_or_default();
    if json == "{}" { String::new() } else { json }
}

/// What the columns of a document hold, in this order of the SELECT: title, text, url, time_us,
/// time_code, offset_s, more, sort_us; `first` is the index of title.
pub(crate) fn read_content(
    row: &rusqlite::Row<'_>,
    first: usize,
    source: &str,
    kind: Kind,
) -> Result<Content, LakeError> {
    let column = |index: usize| row.get_ref(first + index).context("read a document");
    let title: Option<String> = row.get(first).context("read a document")?;
    let url: Option<String> = row.get(first + 2).context("read a document")?;
    let time_us: Option<i64> = row.get(first + 3).context("read a document")?;
    let time_code: Option<i64> = row.get(first + 4).context("read a document")?;
    let offset_s: Option<i32> = row.get(first + 5).context("read a document")?;
    let sort_us: Option<i64> = row.get(first + 7).context("read a document")?;
    let json = Stored::read(column(6)?)?;
    let more: More = if json.is_empty() {
        More::default()
    } else {
        serde_json::from_str(&json)
            .map_err(|error| LakeError::Corrupt(format!("a document's fields: {error}")))?
    };
    let time = match (time_code, time_us.or(sort_us)) {
        (Some(code), Some(utc_us)) => Some(Moment {
            utc_us,
            offset_s,
            zone: more.zone,
            precision: Precision::from_code((code % WALL_CLOCK) as u8).unwrap_or(Precision::Second),
            clock: if code >= WALL_CLOCK { Clock::Wall } else { Clock::Instant },
        }),
        _ => None,
    };
    Ok(Content {
        source: Cow::Owned(source.to_owned()),
        kind,
        title: title.unwrap_or_default(),
        text: Stored::read(column(1)?)?,
        time,
        end: more.end,
        place: more.place,
        people: more.people,
        url,
        media: more.media,
        labels: more.labels,
        metadata: more.metadata.map(|raw| Metadata::from_json_text(raw.get().to_owned())).unwrap_or_default(),
        modified_us: more.modified_us,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_fields_shrink_by_the_dictionary() {
        let json = r#"{"metadata":{"verb":"Searched for","activityControls":["YouTube search history"]}}"#;
        let Stored::Compressed(bytes) = Stored::of_fields(json.to_owned()) else { panic!("not compressed") };
        assert!(bytes.len() * 2 < json.len(), "{} of {}", bytes.len(), json.len());
        assert_eq!(Stored::read(ValueRef::Blob(&bytes)).unwrap(), json);
        assert_eq!(Stored::of_fields("{}".to_owned()), Stored::Plain("{}".into()));
    }

    #[test]
    fn the_dictionary_is_the_one_that_documents_were_stored_with() {
        let hash = blake3::hash(DICTIONARY).to_hex();
        assert!(hash.starts_with("4694539279af657ca10c7b5b2e56dcfe"), "the dictionary has changed: {hash}");
    }

    #[test]
    fn long_text_is_compressed_and_short_text_is_not() {
        let long = "what a person wrote ".repeat(100);
        assert!(matches!(Stored::of("short"), Stored::Plain(_)));
        let Stored::Compressed(bytes) = Stored::of(long.as_str()) else { panic!("not compressed") };
        assert!(bytes.len() * 5 < long.len());
        assert_eq!(Stored::read(ValueRef::Blob(&bytes)).unwrap(), long);
    }
}
