//! Visited pages: `History.json`, `BrowserHistory.json` and `Omnibox.json`. Each visit is a
//! document; open tabs and other synced records are kept as text.

use super::SOURCE;
use crate::{
    Context, ParseError, Parser, Peek, Sink,
    json::{Cursor, JsonError, RecordStream, ValueKind, shape},
    times,
};
use dp_model::{Content, Draft, Kind, Metadata, Moment, Precision, WarningKind};
use foldhash::fast::FixedState;
use hashbrown::HashSet;
use smallvec::SmallVec;
use std::{
    hash::{BuildHasher, Hasher},
    io::Read,
};

/// Reads Chrome's visits.
pub(crate) struct History;

const SECTIONS: [&str; 3] = ["Browser History", "Typed Url", "Session"];

impl Parser for History {
    fn name(&self) -> &'static str {
        "google.chrome.history"
    }

    fn version(&self) -> u32 {
        1
    }

    fn source(&self, _: &Peek<'_>) -> &'static str {
        SOURCE
    }

    fn recognises(&self, peek: &Peek<'_>) -> bool {
        SECTIONS.iter().any(|section| memchr::memmem::find(peek.head, section.as_bytes()).is_some())
            && peek.head.first().is_some_and(|byte| *byte == b'{' || byte.is_ascii_whitespace())
            && shape(peek.head).has_any(&SECTIONS)
    }

    fn parse(
        &self,
        context: &Context<'_>,
        input: &mut dyn Read,
        sink: &mut dyn Sink,
    ) -> Result<(), ParseError> {
        let mut seen = Seen::default();
        RecordStream::new(input, context.record_bytes_max).for_each(
            sink,
            |section, cursor| match (section, cursor.peek()?) {
                ("Browser History", ValueKind::Object) => Visit::read(cursor).map(Record::Visit),
                ("Typed Url", ValueKind::Object) => TypedUrl::read(cursor).map(Record::TypedUrl),
                (_, ValueKind::Object) => {
                    let mut text = String::new();
                    cursor.copy_compact(&mut text)?;
                    Ok(Record::Other(section.to_owned(), text))
                }
                _ => cursor.skip().map(|()| Record::Nothing),
            },
            |sink, record, position| match record {
                Record::Visit(visit) => visit.hand_over(sink, position, &mut seen),
                Record::TypedUrl(typed) => typed.hand_over(sink, position, &seen),
                Record::Other(section, json) => Ok(sink.document(other_draft(section, json, position))?),
                Record::Nothing => Ok(()),
            },
        )?;
        Ok(())
    }
}

enum Record {
    Visit(Visit),
    TypedUrl(TypedUrl),
    Other(String, String),
    Nothing,
}

/// Which visits the history of this file holds, so that its list of typed addresses does not tell
/// them twice. Remembers a bounded number.
#[derive(Default)]
struct Seen(HashSet<u64, FixedState>);

/// About 32 MB.
const SEEN_MAX: usize = 2_000_000;

impl Seen {
    fn hash(time_us: i64, url: &str) -> u64 {
        let mut hasher = FixedState::with_seed(0).build_hasher();
        hasher.write_i64(time_us);
        hasher.write(url.as_bytes());
        hasher.finish()
    }

    fn remember(&mut self, time_us: i64, url: &str) {
        if self.0.len() < SEEN_MAX {
            self.0.insert(Self::hash(time_us, url));
        }
    }

    fn holds(&self, time_us: i64, url: &str) -> bool {
        self.0.contains(&Self::hash(time_us, url))
    }
}

#[derive(Default)]
struct Visit {
    title: String,
    url: Option<String>,
    time_us: Option<i64>,
    metadata: Metadata,
}

impl Visit {
    fn read(cursor: &mut Cursor<'_>) -> Result<Self, JsonError> {
        let mut visit = Self::default();
        let mut qualifier = None;
        let mut has_transition = false;
        cursor.object(|cursor, key| {
            match key {
                b"title" => visit.title = cursor.text()?.map(Into::into).unwrap_or_default(),
                b"url" => visit.url = cursor.text()?.map(Into::into),
                b"time_usec" => visit.time_us = cursor.integer()?,
                b"page_transition_qualifier" => qualifier = cursor.text()?,
                b"page_transition" => {
                    if let Some(word) = cursor.text()? {
                        has_transition = true;
                        visit.metadata.push_str("transition", &word);
                    }
                }
                b"client_id" => {
                    if let Some(device) = cursor.text()? {
                        visit.metadata.push_str("client_id", &device);
                    }
                }
                // The address of a picture, which the page's own address tells again.
                b"favicon_url" => cursor.skip()?,
                _ => super::settings::keep(&mut visit.metadata, key, cursor)?,
            }
            Ok(())
        })?;
        if let Some(word) = qualifier {
            // Some exports write the transition under the name of its qualifier.
            let key = if has_transition { "qualifier" } else { "transition" };
            visit.metadata.push_str(key, &word);
        }
        Ok(visit)
    }

    fn hand_over(self, sink: &mut dyn Sink, position: u64, seen: &mut Seen) -> Result<(), ParseError> {
        let Some(url) = self.url else {
            return Ok(sink.warn(
                WarningKind::MalformedRecord,
                position,
                "this visit has no address; it was left out",
            )?);
        };
        let mut content = Content::new(SOURCE, Kind::Browse);
        let mut key = SmallVec::<[u8; 64]>::new();
        match self.time_us.filter(|&time_us| time_us > 0) {
            Some(time_us) => {
                seen.remember(time_us, &url);
                key.extend_from_slice(&time_us.to_le_bytes());
                content.time = Some(Moment::utc(time_us, Precision::Microsecond));
            }
            None => {
                key.extend_from_slice(&[0; 8]);
                sink.warn(
                    WarningKind::UnreadableDate,
                    position,
                    "this visit has no readable time; it is kept undated",
                )?;
            }
        }
        key.extend_from_slice(url.as_bytes());
        content.title = self.title;
        content.url = Some(url);
        content.metadata = self.metadata;
        Ok(sink.document(Draft { key, repeatable: true, position, content })?)
    }
}

/// An address the person typed, with all its visits.
#[derive(Default)]
struct TypedUrl {
    title: String,
    url: Option<String>,
    hidden: bool,
    visits: Vec<i64>,
}

impl TypedUrl {
    fn read(cursor: &mut Cursor<'_>) -> Result<Self, JsonError> {
        let mut typed = Self::default();
        cursor.object(|cursor, key| {
            match key {
                b"title" => typed.title = cursor.text()?.map(Into::into).unwrap_or_default(),
                b"url" => typed.url = cursor.text()?.map(Into::into),
                b"hidden" => typed.hidden = cursor.boolean()?.unwrap_or(false),
                b"visits" => {
                    let visits = &mut typed.visits;
                    cursor.array(|cursor| {
                        visits.extend(cursor.integer()?);
                        Ok(())
                    })?;
                }
                _ => cursor.skip()?,
            }
            Ok(())
        })?;
        Ok(typed)
    }

    fn hand_over(self, sink: &mut dyn Sink, position: u64, seen: &Seen) -> Result<(), ParseError> {
        let Some(url) = self.url else {
            return Ok(sink.warn(
                WarningKind::MalformedRecord,
                position,
                "this typed address is empty; it was left out",
            )?);
        };
        for count in self.visits {
            let Some(time) = times::since_1601_us(count) else { continue };
            if seen.holds(time.utc_us, &url) {
                continue;
            }
            let mut key = SmallVec::<[u8; 64]>::from_slice(b"typed\0");
            key.extend_from_slice(&time.utc_us.to_le_bytes());
            key.extend_from_slice(url.as_bytes());
            let mut content = Content::new(SOURCE, Kind::Browse);
            content.title.clone_from(&self.title);
            content.time = Some(time);
            content.url = Some(url.clone());
            content.metadata.push_str("transition", "TYPED");
            if self.hidden {
                content.metadata.push_bool("hidden", true);
            }
            sink.document(Draft { key, repeatable: true, position, content })?;
        }
        Ok(())
    }
}

/// A record whose shape is not known (open tabs and the like), whole.
fn other_draft(section: String, json: String, position: u64) -> Draft {
    let mut content = Content::new(SOURCE, Kind::File);
    let key = blake3::hash(json.as_bytes());
    content.title = section;
    content.text = json;
    Draft::unique(key.as_bytes(), position, content)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::collect;
    use proptest::prelude::*;

    const HISTORY: &str = r#"{
      "Browser History": [
        {"favicon_url": "https://bread.example/f.ico", "page_transition": "LINK",
         "page_transition_qualifier": "CLIENT_REDIRECT", "title": "Bread forum",
         "url": "https://bread.example/t/1", "client_id": "c29tZSBjbGllbnQ=", "time_usec": 1739259730118042},
        {"page_transition_qualifier": "TYPED", "title": "", "url": "chrome://newtab/", "time_usec": 1739259730118043},
        {"title": "no time", "url": "https://bread.example/t/2"},
        {"title": "no url", "time_usec": 1739259730118044},
        {"title": "Bread forum", "url": "https://bread.example/t/1", "time_usec": 1739259730118042}
      ],
      "Typed Url": [
        {"url": "https://bread.example/t/1", "title": "Bread forum", "hidden": false,
         "visits": [13383733330118042, 13383733330118999, 0]}
      ],
      "Session": [{"tab": {"navigation": [{"title": "Open tab"}]}}], "Shared Tab Group": []
    }"#;

    #[test]
    fn visits_of_every_section_are_read() {
        let found = collect(&History, "Chrome/History.json", HISTORY.as_bytes());
        let first = &found.drafts[0];
        assert_eq!(first.content.title, "Bread forum");
        assert_eq!(first.content.url.as_deref(), Some("https://bread.example/t/1"));
        assert_eq!(first.content.time, Some(Moment::utc(1_739_259_730_118_042, Precision::Microsecond)));
        assert_eq!(
            first.content.metadata.to_value(),
            serde_json::json!({"transition": "LINK", "client_id": "c29tZSBjbGllbnQ=", "qualifier": "CLIENT_REDIRECT"})
        );
        let kinds = found.drafts.iter().map(|draft| draft.content.kind).collect::<Vec<_>>();
        assert_eq!(kinds, [Kind::Browse, Kind::Browse, Kind::Browse, Kind::Browse, Kind::Browse, Kind::File]);
        assert_eq!(found.warnings.len(), 2);
    }

    #[test]
    fn a_transition_under_the_wrong_name_is_understood() {
        let found = collect(&History, "Chrome/History.json", HISTORY.as_bytes());
        assert_eq!(found.drafts[1].content.metadata.to_value(), serde_json::json!({"transition": "TYPED"}));
    }

    #[test]
    fn equal_visits_have_equal_keys_and_are_told_apart_by_order() {
        let found = collect(&History, "Chrome/History.json", HISTORY.as_bytes());
        assert_eq!(found.drafts[0].key, found.drafts[3].key);
        assert!(found.drafts[3].repeatable);
    }

    #[test]
    fn typed_visits_count_since_1601_and_are_not_told_twice() {
        let found = collect(&History, "Chrome/History.json", HISTORY.as_bytes());
        let typed = &found.drafts[4];
        assert_eq!(
            typed.content.time.as_ref().map(|time| time.utc_us),
            Some(13_383_733_330_118_999 - times::EPOCH_1601_US)
        );
    }

    #[test]
    fn all_three_generations_are_recognised() {
        for text in [HISTORY, r#"{"Typed Url": [{"url": "a"}]}"#, r#"{"Session":[{"a":1}]}"#] {
            let peek = Peek { path: "x", size_bytes: None, head: text.as_bytes() };
            assert!(History.recognises(&peek), "{text}");
        }
        let other = Peek { path: "x", size_bytes: None, head: br#"{"a":"Browser History"}"# };
        assert!(!History.recognises(&other));
    }

    proptest! {
        #[test]
        fn any_bytes_end_without_panic(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
            let _ = collect(&History, "x", &bytes);
        }

        #[test]
        fn a_damaged_history_ends_without_panic(at in 0..HISTORY.len(), byte in any::<u8>()) {
            let mut bytes = HISTORY.as_bytes().to_vec();
            bytes[at] = byte;
            let _ = collect(&History, "x", &bytes);
        }
    }
}
