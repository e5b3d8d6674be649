//! A position in JSON text and the few moves a parser needs. Nothing is built unless asked for.

use super::scan::{skip_space, string_end};
use std::{borrow::Cow, fmt::Write as _};

/// Why a move failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum JsonError {
    /// The text ends inside the value: give the cursor more, or the file is cut off.
    #[error("the text ends in the middle of a value")]
    Incomplete,
    /// The text is not JSON at this byte of the cursor's data.
    #[error("not JSON at byte {0}")]
    Malformed(usize),
}

/// What a value is, told from its first byte.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ValueKind {
    /// `{`
    Object,
    /// `[`
    Array,
    /// `"`
    String,
    /// A digit or `-`
    Number,
    /// `true` or `false`
    Bool,
    /// `null`
    Null,
}

/// Deepest nesting that is walked; deeper text is malformed.
const DEPTH_MAX: usize = 128;

/// A position in JSON text. Every reading method stands before a value and leaves the cursor after it.
#[derive(Debug, Clone)]
pub struct Cursor<'a> {
    data: &'a [u8],
    at: usize,
}

impl<'a> Cursor<'a> {
    /// A cursor at the start of `data`.
    #[must_use]
    pub fn new(data: &'a [u8]) -> Self {
        Self { data, at: 0 }
    }

    /// Bytes walked so far.
    #[must_use]
    pub fn position(&self) -> usize {
        self.at
    }

    /// What the next value is.
    #[inline]
    pub fn peek(&mut self) -> Result<ValueKind, JsonError> {
        self.at = skip_space(self.data, self.at);
        Ok(match self.byte()? {
            b'{' => ValueKind::Object,
            b'[' => ValueKind::Array,
            b'"' => ValueKind::String,
            b'-' | b'0'..=b'9' => ValueKind::Number,
            b't' | b'f' => ValueKind::Bool,
            b'n' => ValueKind::Null,
            _ => return Err(JsonError::Malformed(self.at)),
        })
    }

    /// Walks an object, calling `member` before each value with the key's bytes (escapes untouched).
    /// `member` must read or skip the value. A value that is no object is skipped.
    #[inline]
    pub fn object(
        &mut self,
        mut member: impl FnMut(&mut Self, &'a [u8]) -> Result<(), JsonError>,
    ) -> Result<(), JsonError> {
        if self.peek()? != ValueKind::Object {
            return self.skip();
        }
        self.at += 1;
        self.space();
        if self.byte()? == b'}' {
            self.at += 1;
            return Ok(());
        }
        loop {
            self.space();
            if self.byte()? != b'"' {
                return Err(JsonError::Malformed(self.at));
            }
            let (end, _) = string_end(self.data, self.at + 1).ok_or(JsonError::Incomplete)?;
            let key = &self.data[self.at + 1..end];
            self.at = end + 1;
            self.space();
            if self.byte()? != b':' {
                return Err(JsonError::Malformed(self.at));
            }
            self.at += 1;
            member(self, key)?;
            if self.closes(b'}')? {
                return Ok(());
            }
        }
    }

    /// Walks an array, calling `element` before each value. A value that is no array is skipped.
    #[inline]
    pub fn array(
        &mut self,
        mut element: impl FnMut(&mut Self) -> Result<(), JsonError>,
    ) -> Result<(), JsonError> {
        if self.peek()? != ValueKind::Array {
            return self.skip();
        }
        self.at += 1;
        self.space();
        if self.byte()? == b']' {
            self.at += 1;
            return Ok(());
        }
        loop {
            element(self)?;
            if self.closes(b']')? {
                return Ok(());
            }
        }
    }

    /// Reads a string; numbers and booleans give their text, everything else is skipped and gives None.
    #[inline]
    pub fn text(&mut self) -> Result<Option<Cow<'a, str>>, JsonError> {
        match self.peek()? {
            ValueKind::String => {
                let (end, escaped) = string_end(self.data, self.at + 1).ok_or(JsonError::Incomplete)?;
                let raw = &self.data[self.at + 1..end];
                self.at = end + 1;
                Ok(Some(if escaped { Cow::Owned(unescape(raw)) } else { lossy(raw) }))
            }
            ValueKind::Number | ValueKind::Bool => {
                let start = self.at;
                self.skip()?;
                Ok(Some(String::from_utf8_lossy(&self.data[start..self.at])))
            }
            ValueKind::Null | ValueKind::Object | ValueKind::Array => self.skip().map(|()| None),
        }
    }

    /// Reads an integer, written as a number or inside a string. A fraction is cut off; anything
    /// else gives None. 64-bit values stay exact.
    #[inline]
    pub fn integer(&mut self) -> Result<Option<i64>, JsonError> {
        let token = self.scalar()?;
        Ok(token.and_then(|token| {
            parse_i64(token).or_else(|| {
                let value = std::str::from_utf8(token).ok()?.trim().parse::<f64>().ok()?;
                (value.abs() < 9.2e18).then_some(value as i64)
            })
        }))
    }

    /// Reads a finite number, written as a number or inside a string; anything else gives None.
    #[inline]
    pub fn float(&mut self) -> Result<Option<f64>, JsonError> {
        let token = self.scalar()?;
        Ok(token
            .and_then(|token| std::str::from_utf8(token).ok()?.trim().parse::<f64>().ok())
            .filter(|value| value.is_finite()))
    }

    /// Reads a boolean, also from a string (`"true"`); anything else gives None.
    #[inline]
    pub fn boolean(&mut self) -> Result<Option<bool>, JsonError> {
        let token = self.scalar()?;
        Ok(match token {
            Some(b"true" | b"TRUE" | b"True") => Some(true),
            Some(b"false" | b"FALSE" | b"False") => Some(false),
            _ => None,
        })
    }

    /// The bytes of a scalar: of a number or word as they stand, of a string its content.
    fn scalar(&mut self) -> Result<Option<&'a [u8]>, JsonError> {
        match self.peek()? {
            ValueKind::String => {
                let (end, _) = string_end(self.data, self.at + 1).ok_or(JsonError::Incomplete)?;
                let raw = &self.data[self.at + 1..end];
                self.at = end + 1;
                Ok(Some(raw))
            }
            ValueKind::Number | ValueKind::Bool => {
                let start = self.at;
                self.skip()?;
                Ok(Some(&self.data[start..self.at]))
            }
            ValueKind::Null | ValueKind::Object | ValueKind::Array => self.skip().map(|()| None),
        }
    }

    /// Steps over the next value, whatever it is.
    #[inline]
    pub fn skip(&mut self) -> Result<(), JsonError> {
        self.walk(&mut Discard, 0)
    }

    /// Steps over the next value and appends it to `out` as compact, strictly valid JSON: white space
    /// gone, raw control characters escaped, invalid UTF-8 replaced, odd numbers quoted.
    pub fn copy_compact(&mut self, out: &mut String) -> Result<(), JsonError> {
        let before = out.len();
        self.walk(out, 0).inspect_err(|_| out.truncate(before))
    }

    #[inline]
    fn walk(&mut self, out: &mut impl Token, depth: usize) -> Result<(), JsonError> {
        if depth > DEPTH_MAX {
            return Err(JsonError::Malformed(self.at));
        }
        match self.peek()? {
            ValueKind::String => {
                let (end, escaped) = string_end(self.data, self.at + 1).ok_or(JsonError::Incomplete)?;
                out.string(&self.data[self.at + 1..end], escaped);
                self.at = end + 1;
                Ok(())
            }
            ValueKind::Number => {
                let start = self.at;
                while let Some(b'-' | b'+' | b'.' | b'e' | b'E' | b'0'..=b'9') = self.data.get(self.at) {
                    self.at += 1;
                }
                if self.at == self.data.len() {
                    return Err(JsonError::Incomplete);
                }
                out.number(&self.data[start..self.at]);
                Ok(())
            }
            ValueKind::Bool if self.byte()? == b't' => self.word(b"true", out),
            ValueKind::Bool => self.word(b"false", out),
            ValueKind::Null => self.word(b"null", out),
            ValueKind::Object => {
                out.mark('{');
                let mut first = true;
                self.object(|cursor, key| {
                    if !first {
                        out.mark(',');
                    }
                    first = false;
                    out.string(key, key.contains(&b'\\'));
                    out.mark(':');
                    cursor.walk(out, depth + 1)
                })?;
                out.mark('}');
                Ok(())
            }
            ValueKind::Array => {
                out.mark('[');
                let mut first = true;
                self.array(|cursor| {
                    if !first {
                        out.mark(',');
                    }
                    first = false;
                    cursor.walk(out, depth + 1)
                })?;
                out.mark(']');
                Ok(())
            }
        }
    }

    fn word(&mut self, word: &'static [u8], out: &mut impl Token) -> Result<(), JsonError> {
        let rest = &self.data[self.at..];
        if rest.len() <= word.len() && word.starts_with(rest) {
            return Err(JsonError::Incomplete);
        }
        if !rest.starts_with(word) {
            return Err(JsonError::Malformed(self.at));
        }
        self.at += word.len();
        out.number(word);
        Ok(())
    }

    /// After a member or element: steps over a comma (false) or the closing bracket (true).
    #[inline]
    fn closes(&mut self, bracket: u8) -> Result<bool, JsonError> {
        self.space();
        let byte = self.byte()?;
        if byte != b',' && byte != bracket {
            return Err(JsonError::Malformed(self.at));
        }
        self.at += 1;
        Ok(byte == bracket)
    }

    #[inline]
    fn space(&mut self) {
        self.at = skip_space(self.data, self.at);
    }

    #[inline]
    fn byte(&self) -> Result<u8, JsonError> {
        self.data.get(self.at).copied().ok_or(JsonError::Incomplete)
    }
}

/// What to do with the tokens of a value that is stepped over.
trait Token {
    fn mark(&mut self, mark: char);
    fn string(&mut self, raw: &[u8], escaped: bool);
    fn number(&mut self, raw: &[u8]);
}

struct Discard;

impl Token for Discard {
    #[inline]
    fn mark(&mut self, _: char) {}
    #[inline]
    fn string(&mut self, _: &[u8], _: bool) {}
    #[inline]
    fn number(&mut self, _: &[u8]) {}
}

impl Token for String {
    fn mark(&mut self, mark: char) {
        self.push(mark);
    }

    fn string(&mut self, raw: &[u8], escaped: bool) {
        let text = if escaped { Cow::Owned(unescape(raw)) } else { lossy(raw) };
        self.push('"');
        if text.bytes().any(|byte| byte < 0x20 || byte == b'"' || byte == b'\\') {
            for character in text.chars() {
                match character {
                    '"' => self.push_str("\\\""),
                    '\\' => self.push_str("\\\\"),
                    '\n' => self.push_str("\\n"),
                    control if (control as u32) < 0x20 => {
                        // Writing into a string cannot fail.
                        let _ = write!(self, "\\u{:04x}", control as u32);
                    }
                    other => self.push(other),
                }
            }
        } else {
            self.push_str(&text);
        }
        self.push('"');
    }

    fn number(&mut self, raw: &[u8]) {
        let text = String::from_utf8_lossy(raw);
        if is_json_number(raw) || matches!(raw, b"true" | b"false" | b"null") {
            self.push_str(&text);
        } else {
            self.string(raw, false);
        }
    }
}

/// Text with invalid UTF-8 replaced. Nearly all text is valid, and plain validation is faster than
/// validation that is prepared to replace.
#[inline]
fn lossy(raw: &[u8]) -> Cow<'_, str> {
    match std::str::from_utf8(raw) {
        Ok(text) => Cow::Borrowed(text),
        Err(_) => String::from_utf8_lossy(raw),
    }
}

/// Whether the bytes are a number by the grammar of RFC 8259.
fn is_json_number(raw: &[u8]) -> bool {
    let digits = |at: usize| raw[at..].iter().take_while(|byte| byte.is_ascii_digit()).count();
    let mut at = usize::from(raw.first() == Some(&b'-'));
    let whole = digits(at);
    if whole == 0 || (whole > 1 && raw[at] == b'0') {
        return false;
    }
    at += whole;
    if raw.get(at) == Some(&b'.') {
        let fraction = digits(at + 1);
        if fraction == 0 {
            return false;
        }
        at += 1 + fraction;
    }
    if let Some(b'e' | b'E') = raw.get(at) {
        at += 1 + usize::from(matches!(raw.get(at + 1), Some(b'+' | b'-')));
        let exponent = digits(at);
        if exponent == 0 {
            return false;
        }
        at += exponent;
    }
    at == raw.len()
}

fn parse_i64(token: &[u8]) -> Option<i64> {
    let (negative, digits) = match token {
        [b'-', rest @ ..] => (true, rest),
        [b'+', rest @ ..] => (false, rest),
        _ => (false, token),
    };
    if digits.is_empty() || digits.len() > 19 {
        return None;
    }
    let mut value = 0_i64;
    for &byte in digits {
        if !byte.is_ascii_digit() {
            return None;
        }
        value = value.checked_mul(10)?.checked_add(i64::from(byte - b'0'))?;
    }
    Some(if negative { -value } else { value })
}

/// Decodes the escapes of a string. Unknown escapes keep their character; lone surrogates and
/// invalid UTF-8 become U+FFFD.
fn unescape(raw: &[u8]) -> String {
    let mut bytes = Vec::with_capacity(raw.len());
    let mut at = 0;
    while let Some(run) = memchr::memchr(b'\\', &raw[at..]) {
        bytes.extend_from_slice(&raw[at..at + run]);
        at += run + 1;
        let Some(&escape) = raw.get(at) else { break };
        at += 1;
        match escape {
            b'n' => bytes.push(b'\n'),
            b't' => bytes.push(b'\t'),
            b'r' => bytes.push(b'\r'),
            b'b' => bytes.push(8),
            b'f' => bytes.push(12),
            b'u' => {
                let (character, used) = unicode_escape(&raw[at..]);
                at += used;
                bytes.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes());
            }
            other => bytes.push(other),
        }
    }
    bytes.extend_from_slice(raw.get(at..).unwrap_or_default());
    String::from_utf8(bytes).unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned())
}

/// Decodes what follows `\u`: the character and how many bytes it took.
fn unicode_escape(raw: &[u8]) -> (char, usize) {
    let unit = |raw: &[u8]| -> Option<u32> {
        u32::from_str_radix(std::str::from_utf8(raw.get(..4)?).ok()?, 16).ok()
    };
    let Some(high) = unit(raw) else { return (char::REPLACEMENT_CHARACTER, 0) };
    if let Some(character) = char::from_u32(high) {
        return (character, 4);
    }
    let low = raw.get(4..).and_then(|rest| rest.strip_prefix(b"\\u")).and_then(unit);
    match low {
        Some(low @ 0xDC00..=0xDFFF) if high < 0xDC00 => {
            let code = 0x10000 + ((high - 0xD800) << 10) + (low - 0xDC00);
            (char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER), 10)
        }
        _ => (char::REPLACEMENT_CHARACTER, 4),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn compact(text: &str) -> Result<String, JsonError> {
        let mut out = String::new();
        // A number at the very end could go on, so the cursor wants a byte after it.
        Cursor::new(format!("{text} ").as_bytes()).copy_compact(&mut out).map(|()| out)
    }

    #[test]
    fn sloppy_text_becomes_strict_json() {
        let sloppy = "{ \"a\" : [ 1 , -2.5e3, 007 ], \"b\":\"line\nbreak \\u0041\\q \\ud83d\\ude00 \\ud800\" , \"c\":null }";
        let value: serde_json::Value = serde_json::from_str(&compact(sloppy).unwrap()).unwrap();
        assert_eq!(
            value,
            serde_json::json!({"a": [1, -2500.0, "007"], "b": "line\nbreak Aq 😀 \u{FFFD}", "c": null})
        );
    }

    #[test]
    fn numbers_are_read_wherever_they_hide() {
        let mut cursor = Cursor::new(br#"[9223372036854775807, "-12", 3.9, "x", null, {"a":1}] "#);
        let mut seen = Vec::new();
        cursor.array(|cursor| cursor.integer().map(|value| seen.push(value))).unwrap();
        assert_eq!(seen, [Some(i64::MAX), Some(-12), Some(3), None, None, None]);
    }

    #[test]
    fn cut_text_is_incomplete_and_broken_text_malformed() {
        let whole = br#"{"a":[true,{"b":"c\"d"}],"e":12.5} "#;
        for cut in 1..whole.len() - 2 {
            assert_eq!(Cursor::new(&whole[..cut]).skip(), Err(JsonError::Incomplete), "cut at {cut}");
        }
        for broken in ["{a:1}", "[1 2]", "{\"a\" 1}", "[tru e]", "}", "[,]"] {
            assert!(
                matches!(Cursor::new(broken.as_bytes()).skip(), Err(JsonError::Malformed(_))),
                "{broken}"
            );
        }
    }

    #[test]
    fn endless_nesting_is_refused() {
        assert!(matches!(Cursor::new(&[b'['; 100_000]).skip(), Err(JsonError::Malformed(_))));
    }

    proptest! {
        #[test]
        fn any_bytes_are_walked_without_panic(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
            let mut out = String::new();
            if Cursor::new(&bytes).copy_compact(&mut out).is_ok() {
                prop_assert!(serde_json::from_str::<serde_json::Value>(&out).is_ok(), "{}", out);
            }
        }

        #[test]
        fn valid_json_keeps_its_value(value in arbitrary_json()) {
            let text = serde_json::to_string_pretty(&value).unwrap();
            let read: serde_json::Value = serde_json::from_str(&compact(&text).unwrap()).unwrap();
            prop_assert_eq!(read, value);
        }
    }

    fn arbitrary_json() -> impl Strategy<Value = serde_json::Value> {
        let leaf = prop_oneof![
            Just(serde_json::Value::Null),
            any::<bool>().prop_map(Into::into),
            any::<i64>().prop_map(Into::into),
            ".*".prop_map(serde_json::Value::from),
        ];
        leaf.prop_recursive(4, 32, 6, |inner| {
            prop_oneof![
                proptest::collection::vec(inner.clone(), 0..6).prop_map(serde_json::Value::from),
                proptest::collection::vec((".*", inner), 0..6)
                    .prop_map(|members| serde_json::Value::Object(members.into_iter().collect())),
            ]
        })
    }
}
