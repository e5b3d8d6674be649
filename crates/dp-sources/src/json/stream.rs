//! A JSON file as a stream of records, however large: only the record in hand is in memory.
//! A malformed record is reported and passed over; the reader finds its feet at the next one.

use super::{
    Cursor, JsonError, ValueKind,
    scan::{Balance, skip_space},
};
use crate::{ParseError, Sink};
use dp_model::WarningKind;
use std::io::Read;

/// Bytes asked of the input at first: most files of an export are small, and there are thousands.
const FIRST_BYTES: usize = 1 << 15;
/// Bytes asked of the input at once, once a file has turned out to be large.
const CHUNK_BYTES: usize = 1 << 20;

/// The outermost shape of a JSON text, told from its first bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum JsonShape {
    /// An array, with the keys of its first element if that is an object.
    Array(Vec<String>),
    /// An object, with those of its keys that the bytes show.
    Object(Vec<String>),
    /// Something else.
    Other,
}

impl JsonShape {
    /// The keys that were seen.
    #[must_use]
    pub fn keys(&self) -> &[String] {
        match self {
            Self::Array(keys) | Self::Object(keys) => keys,
            Self::Other => &[],
        }
    }

    /// Whether all of these keys were seen.
    #[must_use]
    pub fn has_all(&self, wanted: &[&str]) -> bool {
        wanted.iter().all(|wanted| self.keys().iter().any(|key| key == wanted))
    }

    /// Whether one of these keys was seen.
    #[must_use]
    pub fn has_any(&self, wanted: &[&str]) -> bool {
        wanted.iter().any(|wanted| self.keys().iter().any(|key| key == wanted))
    }
}

/// Tells the outermost shape from the first bytes of a text, which may be cut anywhere.
#[must_use]
pub fn shape(head: &[u8]) -> JsonShape {
    let head = head.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(head);
    let mut cursor = Cursor::new(head);
    let mut keys = Vec::new();
    let mut gather = |cursor: &mut Cursor<'_>, key: &[u8]| {
        keys.push(String::from_utf8_lossy(key).into_owned());
        cursor.skip()
    };
    // The head may end inside a value; the keys seen by then are what counts.
    match cursor.peek() {
        Ok(ValueKind::Object) => {
            let _ = cursor.object(&mut gather);
            JsonShape::Object(keys)
        }
        Ok(ValueKind::Array) => {
            let mut first = true;
            let _ = cursor.array(|cursor| {
                if std::mem::take(&mut first) && cursor.peek()? == ValueKind::Object {
                    cursor.object(&mut gather)
                } else {
                    // One element is enough.
                    Err(JsonError::Incomplete)
                }
            });
            JsonShape::Array(keys)
        }
        _ => JsonShape::Other,
    }
}

/// How a stream ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StreamEnd {
    /// At the closing bracket.
    Complete,
    /// In the middle; a warning said so.
    Truncated,
}

/// Reads records out of a JSON file.
///
/// Of an outermost array each element is a record of the section `""`. Of an outermost object, each
/// element of an array member is a record of the section named by the member's key, and any other
/// member is one record of that section.
pub struct RecordStream<'r> {
    input: &'r mut dyn Read,
    buffer: Vec<u8>,
    /// Where in `buffer` the unread bytes begin and the read ones end.
    start: usize,
    end: usize,
    /// Offset in the entry of `buffer[0]`.
    base: u64,
    at_end: bool,
    record_bytes_max: usize,
    /// First key of the first good record of the section: where to look for the next one after a broken one.
    signature: Vec<u8>,
}

impl<'r> RecordStream<'r> {
    /// A stream over `input`; a record above `record_bytes_max` is passed over with a warning.
    pub fn new(input: &'r mut dyn Read, record_bytes_max: usize) -> Self {
        Self {
            input,
            buffer: vec![0; FIRST_BYTES],
            start: 0,
            end: 0,
            base: 0,
            at_end: false,
            record_bytes_max: record_bytes_max.max(1024),
            signature: Vec::new(),
        }
    }

    /// Reads all records.
    ///
    /// `read` turns one value into a record and must have no effect outside it, for it is called again
    /// when the value was not yet whole in memory; `take` gets the finished record with its offset.
    ///
    /// # Errors
    /// When the input cannot be read, when the text is no JSON from the start, and whatever `take` gives.
    pub fn for_each<T>(
        &mut self,
        sink: &mut dyn Sink,
        mut read: impl FnMut(&str, &mut Cursor<'_>) -> Result<T, JsonError>,
        mut take: impl FnMut(&mut dyn Sink, T, u64) -> Result<(), ParseError>,
    ) -> Result<StreamEnd, ParseError> {
        self.fill()?;
        if self.unread().starts_with(b"\xEF\xBB\xBF") {
            self.start += 3;
        }
        match self.next_byte()? {
            Some(b'[') => {
                self.start += 1;
                self.elements("", sink, &mut read, &mut take)
            }
            Some(b'{') => {
                self.start += 1;
                self.members(sink, &mut read, &mut take)
            }
            Some(_) => Err(ParseError::Malformed("this is not a JSON array or object".to_owned())),
            None => Ok(StreamEnd::Complete),
        }
    }

    fn members<T>(
        &mut self,
        sink: &mut dyn Sink,
        read: &mut impl FnMut(&str, &mut Cursor<'_>) -> Result<T, JsonError>,
        take: &mut impl FnMut(&mut dyn Sink, T, u64) -> Result<(), ParseError>,
    ) -> Result<StreamEnd, ParseError> {
        loop {
            match self.next_byte()? {
                Some(b'}') => return Ok(StreamEnd::Complete),
                Some(b',') => {
                    self.start += 1;
                    continue;
                }
                Some(b'"') => {}
                Some(_) => {
                    sink.warn(
                        WarningKind::MalformedRecord,
                        self.position(),
                        "expected a member name here; the rest of the file was not read",
                    )?;
                    return Ok(StreamEnd::Truncated);
                }
                None => return self.truncated(sink),
            }
            let Some(section) = self.member_name()? else { return self.truncated(sink) };
            self.signature.clear();
            let end = if self.next_byte()? == Some(b'[') {
                self.start += 1;
                self.elements(&section, sink, read, take)?
            } else {
                self.one(&section, sink, read, take)?
            };
            if end == StreamEnd::Truncated {
                return Ok(end);
            }
        }
    }

    /// Reads `"name":` and stands after the colon. None if the file ends first.
    fn member_name(&mut self) -> Result<Option<String>, ParseError> {
        loop {
            let data = self.unread();
            if let Some((end, _)) = super::scan::string_end(data, 1) {
                let colon = skip_space(data, end + 1);
                if data.get(colon) == Some(&b':') {
                    let name = String::from_utf8_lossy(&data[1..end]).into_owned();
                    self.start += colon + 1;
                    return Ok(Some(name));
                }
                if colon < data.len() {
                    return Err(ParseError::Malformed(format!(
                        "no colon after a member name at byte {}",
                        self.position()
                    )));
                }
            }
            if self.unread().len() > self.record_bytes_max || !self.more()? {
                return Ok(None);
            }
        }
    }

    fn elements<T>(
        &mut self,
        section: &str,
        sink: &mut dyn Sink,
        read: &mut impl FnMut(&str, &mut Cursor<'_>) -> Result<T, JsonError>,
        take: &mut impl FnMut(&mut dyn Sink, T, u64) -> Result<(), ParseError>,
    ) -> Result<StreamEnd, ParseError> {
        loop {
            match self.next_byte()? {
                Some(b']') => {
                    self.start += 1;
                    return Ok(StreamEnd::Complete);
                }
                Some(b',') => self.start += 1,
                Some(_) => {
                    if self.one(section, sink, read, take)? == StreamEnd::Truncated {
                        return Ok(StreamEnd::Truncated);
                    }
                }
                None => return self.truncated(sink),
            }
        }
    }

    /// Reads the value that begins at the next byte and hands it over.
    fn one<T>(
        &mut self,
        section: &str,
        sink: &mut dyn Sink,
        read: &mut impl FnMut(&str, &mut Cursor<'_>) -> Result<T, JsonError>,
        take: &mut impl FnMut(&mut dyn Sink, T, u64) -> Result<(), ParseError>,
    ) -> Result<StreamEnd, ParseError> {
        loop {
            let mut cursor = Cursor::new(&self.buffer[self.start..self.end]);
            match read(section, &mut cursor) {
                Ok(record) => {
                    let used = cursor.position();
                    let position = self.position();
                    if self.signature.is_empty() {
                        self.remember_signature();
                    }
                    self.start += used;
                    take(sink, record, position)?;
                    return Ok(StreamEnd::Complete);
                }
                Err(JsonError::Malformed(at)) => return self.pass_malformed(at, sink),
                Err(JsonError::Incomplete) => {
                    if self.unread().len() > self.record_bytes_max {
                        return self.pass_too_large(sink);
                    }
                    if !self.more()? {
                        return self.pass_unfinished(sink);
                    }
                }
            }
        }
    }

    /// Gets past a value whose grammar is broken at `at` bytes from its start.
    fn pass_malformed(&mut self, at: usize, sink: &mut dyn Sink) -> Result<StreamEnd, ParseError> {
        let position = self.position();
        let quote = self.quote(at);
        sink.warn(
            WarningKind::MalformedRecord,
            position,
            format!(
                "this record is not well-formed JSON at byte {} (near {quote:?}); it was passed over",
                position + at as u64
            ),
        )?;
        self.resynchronise(sink)
    }

    /// The file ended inside a value. It may be a broken value that swallowed good ones.
    fn pass_unfinished(&mut self, sink: &mut dyn Sink) -> Result<StreamEnd, ParseError> {
        if self.next_signature(1).is_some() {
            let quote = self.quote(0);
            sink.warn(
                WarningKind::MalformedRecord,
                self.position(),
                format!("this record never ends (it begins with {quote:?}); it was passed over"),
            )?;
            return self.resynchronise(sink);
        }
        self.truncated(sink)
    }

    fn truncated(&mut self, sink: &mut dyn Sink) -> Result<StreamEnd, ParseError> {
        sink.warn(
            WarningKind::Truncated,
            self.position(),
            "the file ends in the middle; the records before this point were read. Export or download it again to get the rest",
        )?;
        self.start = self.end;
        Ok(StreamEnd::Truncated)
    }

    /// Stands before the next record after a broken one: where the brackets balance again, or where
    /// something begins like the records before, whichever comes first.
    fn resynchronise(&mut self, sink: &mut dyn Sink) -> Result<StreamEnd, ParseError> {
        loop {
            let data = self.unread();
            let balanced = Balance::default().feed(data).filter(|&end| {
                let next = skip_space(data, end);
                matches!(data.get(next), Some(b',' | b']' | b'}'))
            });
            let alike = self.next_signature(1);
            match (balanced, alike) {
                (Some(end), Some(next)) => {
                    self.start += end.min(next);
                    return Ok(StreamEnd::Complete);
                }
                (None, Some(next)) => {
                    self.start += next;
                    return Ok(StreamEnd::Complete);
                }
                (Some(end), None) => {
                    self.start += end;
                    return Ok(StreamEnd::Complete);
                }
                (None, None) if data.len() > self.record_bytes_max => return self.pass_too_large(sink),
                (None, None) => {
                    if !self.more()? {
                        return self.truncated(sink);
                    }
                }
            }
        }
    }

    /// Gets past a value that is larger than the limit, without keeping it.
    fn pass_too_large(&mut self, sink: &mut dyn Sink) -> Result<StreamEnd, ParseError> {
        sink.warn(
            WarningKind::TooLarge,
            self.position(),
            format!(
                "this record is larger than the limit of {} bytes (limit import.record_bytes_max); it was passed over",
                self.record_bytes_max
            ),
        )?;
        let mut balance = Balance::default();
        loop {
            if let Some(end) = balance.feed(&self.buffer[self.start..self.end]) {
                self.start += end;
                return Ok(StreamEnd::Complete);
            }
            self.start = self.end;
            if !self.more()? {
                return self.truncated(sink);
            }
        }
    }

    /// Offset from `start` of the next `{` followed by the signature key, looking from `from` on.
    fn next_signature(&self, from: usize) -> Option<usize> {
        if self.signature.is_empty() {
            return None;
        }
        let data = self.unread();
        let finder = memchr::memmem::Finder::new(&self.signature);
        let mut at = from;
        while let Some(hit) = data.get(at..).and_then(|rest| finder.find(rest)) {
            let key = at + hit;
            let before = data[..key].iter().rposition(|byte| !byte.is_ascii_whitespace());
            if let Some(brace) = before.filter(|&brace| data[brace] == b'{' && brace >= from) {
                return Some(brace);
            }
            at = key + 1;
        }
        None
    }

    fn remember_signature(&mut self) {
        let data = self.unread();
        let at = skip_space(data, 0);
        if data.get(at) != Some(&b'{') {
            return;
        }
        let key = skip_space(data, at + 1);
        if let (Some(b'"'), Some((end, _))) = (data.get(key), super::scan::string_end(data, key + 1)) {
            self.signature = data[key..=end].to_vec();
        }
    }

    /// About forty characters around `at`, for a message.
    fn quote(&self, at: usize) -> String {
        let data = self.unread();
        let from = at.saturating_sub(20).min(data.len());
        let to = (from + 40).min(data.len());
        String::from_utf8_lossy(&data[from..to]).into_owned()
    }

    /// Steps over white space; the byte then at hand, or None at the end of the file.
    fn next_byte(&mut self) -> Result<Option<u8>, ParseError> {
        loop {
            self.start = skip_space(&self.buffer[..self.end], self.start);
            if self.start < self.end {
                return Ok(Some(self.buffer[self.start]));
            }
            if !self.more()? {
                return Ok(None);
            }
        }
    }

    fn unread(&self) -> &[u8] {
        &self.buffer[self.start..self.end]
    }

    fn position(&self) -> u64 {
        self.base + self.start as u64
    }

    /// Reads more behind the unread bytes, moving them to the front or growing the buffer as needed.
    /// False at the end of the file.
    fn more(&mut self) -> Result<bool, ParseError> {
        if self.at_end {
            return Ok(false);
        }
        self.buffer.copy_within(self.start..self.end, 0);
        self.base += self.start as u64;
        self.end -= self.start;
        self.start = 0;
        if self.buffer.len() < CHUNK_BYTES {
            self.buffer.resize(CHUNK_BYTES, 0);
        } else if self.end * 2 > self.buffer.len() {
            self.buffer.resize(self.buffer.len() * 2, 0);
        }
        let before = self.end;
        self.fill()?;
        Ok(self.end > before)
    }

    fn fill(&mut self) -> Result<(), ParseError> {
        while self.end < self.buffer.len() {
            match self.input.read(&mut self.buffer[self.end..]) {
                Ok(0) => {
                    self.at_end = true;
                    // A number that ends the text needs a byte after it to be known as whole.
                    break;
                }
                Ok(count) => self.end += count,
                Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error.into()),
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use dp_model::{Draft, PersonDraft, Sample, Warning};
    use proptest::prelude::*;

    #[derive(Default)]
    struct Warnings(Vec<Warning>);

    impl Sink for Warnings {
        fn document(&mut self, _: Draft) -> Result<(), crate::SinkClosed> {
            Ok(())
        }
        fn sample(&mut self, _: Sample) -> Result<(), crate::SinkClosed> {
            Ok(())
        }
        fn person(&mut self, _: PersonDraft) -> Result<(), crate::SinkClosed> {
            Ok(())
        }
        fn warning(&mut self, warning: Warning) -> Result<(), crate::SinkClosed> {
            self.0.push(warning);
            Ok(())
        }
    }

    /// Gives its bytes a few at a time, as a slow archive would.
    struct Dribble<'a>(&'a [u8], usize);

    impl Read for Dribble<'_> {
        fn read(&mut self, out: &mut [u8]) -> std::io::Result<usize> {
            let count = self.1.min(self.0.len()).min(out.len());
            out[..count].copy_from_slice(&self.0[..count]);
            self.0 = &self.0[count..];
            Ok(count)
        }
    }

    fn records(text: &[u8], step: usize) -> (Vec<(String, String, u64)>, Vec<WarningKind>) {
        let mut warnings = Warnings::default();
        let mut found = Vec::new();
        let mut input = Dribble(text, step);
        let result = RecordStream::new(&mut input, 4096).for_each(
            &mut warnings,
            |section, cursor| {
                let mut out = String::new();
                cursor.copy_compact(&mut out)?;
                Ok((section.to_owned(), out))
            },
            |_, (section, value), position| {
                found.push((section, value, position));
                Ok(())
            },
        );
        drop(result);
        (found, warnings.0.into_iter().map(|warning| warning.kind).collect())
    }

    fn values(text: &str) -> (Vec<String>, Vec<WarningKind>) {
        let (found, warnings) = records(text.as_bytes(), 7);
        (found.into_iter().map(|(_, value, _)| value).collect(), warnings)
    }

    #[test]
    fn sections_and_positions_are_told() {
        let text = br#"{"a":[{"x":1}, {"x":2}], "b":{"y":3}, "c":[]} "#;
        let (found, warnings) = records(text, 3);
        assert!(warnings.is_empty());
        assert_eq!(
            found,
            [
                ("a".into(), r#"{"x":1}"#.into(), 6),
                ("a".into(), r#"{"x":2}"#.into(), 15),
                ("b".into(), r#"{"y":3}"#.into(), 29)
            ]
        );
    }

    #[test]
    fn a_broken_record_costs_only_itself() {
        let (found, warnings) = values(r#"[{"k":1},{"k":oops},{"k":3}]"#);
        assert_eq!(found, [r#"{"k":1}"#, r#"{"k":3}"#]);
        assert_eq!(warnings, [WarningKind::MalformedRecord]);
    }

    #[test]
    fn a_record_that_never_ends_does_not_swallow_the_next() {
        let (found, warnings) = values(r#"[{"k":1},{"k":"cut he, {"k":3},{"k":4}]"#);
        assert_eq!(found, [r#"{"k":1}"#, r#"{"k":3}"#, r#"{"k":4}"#]);
        assert_eq!(warnings, [WarningKind::MalformedRecord]);
    }

    #[test]
    fn a_cut_file_gives_what_came_before_the_cut() {
        let (found, warnings) = values(r#"[{"k":1},{"k":2},{"k":"#);
        assert_eq!(found.len(), 2);
        assert_eq!(warnings, [WarningKind::Truncated]);
    }

    #[test]
    fn a_record_above_the_limit_is_passed_over() {
        let text = format!(r#"[{{"k":1}},{{"k":"{}"}},{{"k":3}}]"#, "x".repeat(3 << 20));
        let (found, warnings) = values(&text);
        assert_eq!(found, [r#"{"k":1}"#, r#"{"k":3}"#]);
        assert_eq!(warnings, [WarningKind::TooLarge]);
    }

    #[test]
    fn shape_is_told_from_a_cut_head() {
        assert_eq!(
            shape(br#" [{"title":"a","time":"#),
            JsonShape::Array(vec!["title".into(), "time".into()])
        );
        assert_eq!(shape(b"\xEF\xBB\xBF{\"locations\":[{"), JsonShape::Object(vec!["locations".into()]));
        assert_eq!(shape(b"hello"), JsonShape::Other);
    }

    proptest! {
        #[test]
        fn any_bytes_end_without_panic(bytes in proptest::collection::vec(any::<u8>(), 0..400), step in 1..50_usize) {
            records(&bytes, step);
        }

        #[test]
        fn broken_json_ends_without_panic(text in r#"[\[\]{}",:a1 \\]{0,60}"#, step in 1..9_usize) {
            records(text.as_bytes(), step);
        }
    }
}
