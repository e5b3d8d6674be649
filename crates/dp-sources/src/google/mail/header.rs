//! The header block of a mail or a part: fields, folding, encoded words (RFC 2047), and values with
//! parameters (RFC 2045, RFC 2231).

use crate::{
    charset,
    transfer::{base64_pieces, hex_byte},
};
use std::borrow::Cow;

/// A header field as it stands: the value with its folds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Field<'m> {
    pub(super) name: &'m [u8],
    pub(super) value: &'m [u8],
}

impl Field<'_> {
    pub(super) fn is(&self, name: &str) -> bool {
        self.name.eq_ignore_ascii_case(name.as_bytes())
    }

    /// The value as text: unfolded, encoded words decoded.
    pub(super) fn text(&self) -> String {
        decode_words(&unfold(self.value))
    }
}

/// The fields of a header block.
#[derive(Debug, Default)]
pub(super) struct Headers<'m>(pub(super) Vec<Field<'m>>);

impl<'m> Headers<'m> {
    /// Parts a mail or part into its fields and its body. Lines that are no field are passed over; a
    /// block whose first line is none is all body.
    pub(super) fn split(bytes: &'m [u8]) -> (Self, &'m [u8]) {
        let mut fields: Vec<Field<'m>> = Vec::new();
        let mut at = 0;
        // Where the value of the last field begins, as long as lines may go on with it.
        let mut value_start = None;
        while at < bytes.len() {
            let end = memchr::memchr(b'\n', &bytes[at..]).map_or(bytes.len(), |length| at + length + 1);
            let line = trim_line_end(&bytes[at..end]);
            if line.is_empty() {
                at = end;
                break;
            }
            if matches!(line[0], b' ' | b'\t') {
                if let (Some(start), Some(last)) = (value_start, fields.last_mut()) {
                    last.value = trim_line_end(&bytes[start..end]);
                }
            } else if let Some(colon) = field_name(line) {
                fields.push(Field { name: &line[..colon], value: &line[colon + 1..] });
                value_start = Some(at + colon + 1);
            } else if fields.is_empty() {
                break;
            } else {
                value_start = None;
            }
            at = end;
        }
        (Self(fields), &bytes[at..])
    }

    pub(super) fn find(&self, name: &str) -> Option<&Field<'m>> {
        self.0.iter().find(|field| field.is(name))
    }

    /// The text of the first field of this name, if it says anything.
    pub(super) fn text(&self, name: &str) -> Option<String> {
        self.find(name).map(Field::text).filter(|text| !text.is_empty())
    }
}

/// Where the colon is, if the line begins with a field name.
fn field_name(line: &[u8]) -> Option<usize> {
    let colon = memchr::memchr(b':', &line[..line.len().min(128)])?;
    (colon > 0 && line[..colon].iter().all(u8::is_ascii_graphic)).then_some(colon)
}

fn trim_line_end(line: &[u8]) -> &[u8] {
    let line = line.strip_suffix(b"\n").unwrap_or(line);
    line.strip_suffix(b"\r").unwrap_or(line)
}

/// Takes the line breaks out of a folded value and trims it.
pub(super) fn unfold(value: &[u8]) -> Cow<'_, [u8]> {
    let value = value.trim_ascii();
    if memchr::memchr2(b'\n', b'\r', value).is_none() {
        return Cow::Borrowed(value);
    }
    Cow::Owned(value.iter().copied().filter(|byte| !matches!(byte, b'\n' | b'\r')).collect())
}

/// Decodes the encoded words of an unfolded value; everything else is text in an unknown charset.
///
/// Neighbouring words of one charset are joined before decoding, for some programs tear characters apart.
pub(super) fn decode_words(raw: &[u8]) -> String {
    let mut out = String::with_capacity(raw.len());
    let mut open: Option<(&[u8], Vec<u8>)> = None;
    let close = |open: &mut Option<(&[u8], Vec<u8>)>, out: &mut String| {
        if let Some((label, bytes)) = open.take() {
            out.push_str(&charset::decode(std::str::from_utf8(label).ok(), &bytes).0);
        }
    };
    let (mut at, mut literal) = (0, 0);
    while let Some(hit) = memchr::memmem::find(&raw[at..], b"=?") {
        let start = at + hit;
        let Some(word) = encoded_word(&raw[start..]) else {
            at = start + 2;
            continue;
        };
        let between = &raw[literal..start];
        if open.is_none() || !between.trim_ascii().is_empty() {
            close(&mut open, &mut out);
            out.push_str(&charset::decode(None, between).0);
        }
        if open.as_ref().is_some_and(|(label, _)| !label.eq_ignore_ascii_case(word.charset)) {
            close(&mut open, &mut out);
        }
        open.get_or_insert((word.charset, Vec::new())).1.extend_from_slice(&word.bytes);
        at = start + word.used;
        literal = at;
    }
    close(&mut open, &mut out);
    out.push_str(&charset::decode(None, &raw[literal..]).0);
    out
}

/// Longest encoded word that is read; the standard allows 75 bytes, programs write some hundred.
const WORD_BYTES_MAX: usize = 4096;

pub(super) struct EncodedWord<'m> {
    charset: &'m [u8],
    bytes: Vec<u8>,
    /// Length of the word as written.
    pub(super) used: usize,
}

/// Reads `=?charset?B?…?=` or `=?charset?Q?…?=` at the start of `raw`.
pub(super) fn encoded_word(raw: &[u8]) -> Option<EncodedWord<'_>> {
    let rest = raw.strip_prefix(b"=?")?;
    let mark = memchr::memchr(b'?', &rest[..rest.len().min(64)])?;
    let charset = rest[..mark].split(|byte| *byte == b'*').next()?;
    let (encoding, rest) = (rest.get(mark + 1)?, rest.get(mark + 2..)?.strip_prefix(b"?")?);
    let end = memchr::memmem::find(&rest[..rest.len().min(WORD_BYTES_MAX)], b"?=")?;
    let mut bytes = Vec::with_capacity(end);
    match encoding {
        b'B' | b'b' => {
            base64_pieces(&rest[..end], |piece| bytes.extend_from_slice(piece));
        }
        b'Q' | b'q' => q_word(&rest[..end], &mut bytes),
        _ => return None,
    }
    let used = raw.len() - rest.len() + end + 2;
    (!charset.is_empty()).then_some(EncodedWord { charset, bytes, used })
}

fn q_word(raw: &[u8], out: &mut Vec<u8>) {
    let mut at = 0;
    while let Some(&byte) = raw.get(at) {
        at += 1;
        match byte {
            b'_' => out.push(b' '),
            b'=' => match hex_byte(&raw[at..]) {
                Some(byte) => {
                    out.push(byte);
                    at += 2;
                }
                None => out.push(b'='),
            },
            other => out.push(other),
        }
    }
}

/// A value with parameters, such as a `Content-Type`.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Parameterised {
    /// The value itself, in lower case.
    pub(super) value: String,
    /// The parameters, names in lower case, values decoded.
    pub(super) parameters: Vec<(String, String)>,
}

impl Parameterised {
    /// Reads an unfolded field value.
    pub(super) fn parse(raw: &[u8]) -> Self {
        let mut pieces = split_outside_quotes(raw, b';').into_iter();
        let value = pieces.next().unwrap_or_default().trim_ascii();
        let mut segments = pieces.filter_map(Segment::parse).collect::<Vec<_>>();
        segments.sort_by(|a, b| (&a.name, a.index).cmp(&(&b.name, b.index)));
        let mut parameters = Vec::new();
        for group in segments.chunk_by(|a, b| a.name == b.name) {
            parameters.push((group[0].name.clone(), join_segments(group)));
        }
        let value = value.split(|byte| *byte == b' ').next().unwrap_or_default();
        Self { value: String::from_utf8_lossy(value).to_ascii_lowercase(), parameters }
    }

    pub(super) fn find(&self, name: &str) -> Option<&str> {
        let parameter = self.parameters.iter().find(|(known, _)| known == name);
        parameter.map(|(_, value)| value.as_str()).filter(|value| !value.is_empty())
    }
}

/// One `name=value`, perhaps a continuation `name*1*=value`.
struct Segment {
    name: String,
    /// Continuations come in order of their number; `name*=` and `name*0=` before a plain `name=`.
    index: u32,
    /// Written with percent signs, the first with charset and language.
    extended: bool,
    value: Vec<u8>,
}

impl Segment {
    fn parse(raw: &[u8]) -> Option<Self> {
        let equals = memchr::memchr(b'=', raw)?;
        let name = std::str::from_utf8(raw[..equals].trim_ascii()).ok()?.to_ascii_lowercase();
        let value = unquote(raw[equals + 1..].trim_ascii());
        let (base, rest) = name.split_once('*').unwrap_or((&name, "plain"));
        let (index, extended) = match rest {
            "plain" => (u32::MAX, false),
            "" => (0, true),
            numbered => {
                (numbered.trim_end_matches('*').parse().unwrap_or(u32::MAX - 1), numbered.ends_with('*'))
            }
        };
        Some(Self { name: base.to_owned(), index, extended, value })
    }
}

fn join_segments(segments: &[Segment]) -> String {
    let has_numbered = segments[0].index != u32::MAX;
    if !has_numbered {
        return decode_words(&segments[0].value);
    }
    let mut label = None;
    let mut bytes = Vec::new();
    for (at, segment) in segments.iter().filter(|segment| segment.index != u32::MAX).enumerate() {
        if !segment.extended {
            bytes.extend_from_slice(&segment.value);
            continue;
        }
        let mut value = segment.value.as_slice();
        let mut quotes = value.splitn(3, |byte| *byte == b'\'');
        if let (0, Some(charset), Some(_), Some(rest)) = (at, quotes.next(), quotes.next(), quotes.next()) {
            label = std::str::from_utf8(charset).ok().filter(|charset| !charset.is_empty());
            value = rest;
        }
        bytes.extend(percent_encoding::percent_decode(value));
    }
    charset::decode(label, &bytes).0.into_owned()
}

/// Takes off quotes and the backslashes inside them.
fn unquote(raw: &[u8]) -> Vec<u8> {
    let Some(inner) = raw.strip_prefix(b"\"") else { return raw.to_vec() };
    let mut out = Vec::with_capacity(inner.len());
    let mut bytes = inner.iter();
    while let Some(&byte) = bytes.next() {
        match byte {
            b'"' => break,
            // Some write Windows paths without doubling the sign; only what must be escaped is.
            b'\\' => match bytes.next() {
                Some(next @ (b'"' | b'\\')) => out.push(*next),
                Some(next) => out.extend_from_slice(&[b'\\', *next]),
                None => {}
            },
            other => out.push(other),
        }
    }
    out
}

/// Splits at a mark that stands neither in quotes nor in an encoded word.
pub(super) fn split_outside_quotes(raw: &[u8], mark: u8) -> Vec<&[u8]> {
    let mut pieces = Vec::new();
    let (mut start, mut at, mut quoted) = (0, 0, false);
    while let Some(&byte) = raw.get(at) {
        match byte {
            b'\\' if quoted => at += 1,
            b'"' => quoted = !quoted,
            _ if byte == mark && !quoted => {
                pieces.push(&raw[start..at]);
                start = at + 1;
            }
            _ => {}
        }
        at += 1;
    }
    pieces.push(&raw[start..]);
    pieces
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn fields_are_told_from_what_is_none() {
        let (headers, body) =
            Headers::split(b"Subject: one\r\n two\r\n>From somebody\r\nTo:a\nno field\n\tgoes on\n\nbody");
        assert_eq!(headers.text("subject").as_deref(), Some("one two"));
        assert_eq!(headers.text("TO").as_deref(), Some("a"));
        assert_eq!(body, b"body");
        let (headers, body) = Headers::split(b"no headers here\nat all");
        assert!(headers.0.is_empty());
        assert_eq!(body, b"no headers here\nat all");
        let (headers, body) = Headers::split(b"\nbody");
        assert!(headers.0.is_empty());
        assert_eq!(body, b"body");
    }

    #[test]
    fn encoded_words_are_joined_before_decoding() {
        for (raw, text) in [
            ("=?UTF-8?Q?Bo=C3=AEte_de_r=C3=A9ception?=", "Boîte de réception"),
            ("=?utf-8?B?w6k=?= =?utf-8?B?dMOp?=", "été"),
            ("=?utf-8?B?4w==?= =?utf-8?b?gZM=?=", "こ"),
            ("a =?iso-8859-1*de?q?=E9?= b =?koi8-r?B?0A==?=", "a é b п"),
            ("=?utf-8?Q?=41?==?us-ascii?Q?B?=", "AB"),
            ("1 =? 2 =?x?= =?utf-8?X?abc?=", "1 =? 2 =?x?= =?utf-8?X?abc?="),
            ("=?utf-8?Q?cut", "=?utf-8?Q?cut"),
        ] {
            assert_eq!(decode_words(raw.as_bytes()), text);
        }
    }

    #[test]
    fn parameters_are_read_in_every_spelling() {
        let name = |raw: &str| {
            let parsed = Parameterised::parse(raw.as_bytes());
            parsed.find("name").or(parsed.find("filename")).map(str::to_owned)
        };
        for (raw, expected) in [
            ("text/plain; name=\"a; \\\"b\\\".txt\"", "a; \"b\".txt"),
            ("text/plain; name=my file.txt; x=y", "my file.txt"),
            ("attachment; filename*=UTF-8''na%C3%AFve%20plan.txt", "naïve plan.txt"),
            ("attachment; filename*1*=%C3%AFve.txt; filename*0*=iso-8859-1'en'na", "naïve.txt"),
            ("attachment; filename*0=\"long \"; filename*1=\"name.txt\"; filename=short", "long name.txt"),
            ("attachment; filename=\"=?UTF-8?B?w6k=?=.txt\"", "é.txt"),
            ("attachment; FileName=\"C:\\temp\\a.txt\"", "C:\\temp\\a.txt"),
        ] {
            assert_eq!(name(raw).as_deref(), Some(expected), "{raw}");
        }
        let plain = Parameterised::parse(b"TEXT/Html ; Charset=UTF-8;");
        assert_eq!((plain.value.as_str(), plain.find("charset")), ("text/html", Some("UTF-8")));
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_without_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200), text in "[=?*'\";a-zA-Z0-9% ]{0,60}") {
            for raw in [bytes.as_slice(), text.as_bytes()] {
                Headers::split(raw);
                decode_words(raw);
                Parameterised::parse(raw);
            }
        }
    }
}
