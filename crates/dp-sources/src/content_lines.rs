//! Content lines of iCalendar (RFC 5545) and vCard (2.1, RFC 2426, RFC 6350), read as a stream: bytes
//! are unfolded first and decoded after, for folds tear characters apart.

use crate::{charset, transfer::quoted_printable};
use std::borrow::Cow;
use std::io::{BufRead, BufReader, Read};

/// One unfolded line `group.NAME;PARAMETER=value:value`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct ContentLine {
    /// Byte offset in the entry.
    pub(crate) position: u64,
    /// What stands before the dot; empty if nothing does.
    pub(crate) group: String,
    /// The name in upper case; empty if there is no colon in the line, which then says nothing.
    pub(crate) name: String,
    /// Parameters with their values, names in upper case; vCard 2.1 writes bare values, which get the
    /// name they imply.
    pub(crate) parameters: Vec<(String, String)>,
    /// The value, escapes and all.
    pub(crate) value: String,
    /// Text of the line was not valid in its encoding.
    pub(crate) replaced: bool,
    /// The line was longer than the limit; its end is missing.
    pub(crate) cut: bool,
}

impl ContentLine {
    /// The first parameter of this name (upper case).
    pub(crate) fn parameter(&self, name: &str) -> Option<&str> {
        self.parameters.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// The value with its escapes undone.
    pub(crate) fn text(&self) -> String {
        unescape(&self.value)
    }

    /// Name, parameters and value as one pair of texts, for what has no place of its own.
    pub(crate) fn as_pair(&self) -> [String; 2] {
        let mut name = self.name.clone();
        for (parameter, value) in &self.parameters {
            name.push_str(&format!(";{parameter}={value}"));
        }
        [name, self.text()]
    }

    /// Parts of the value between unescaped marks, escapes undone.
    pub(crate) fn parts(&self, mark: char) -> Vec<String> {
        split_unescaped(&self.value, mark).iter().map(|part| unescape(part).trim().to_owned()).collect()
    }
}

/// Reads lines off an entry.
pub(crate) struct ContentLines<'r> {
    input: BufReader<&'r mut dyn Read>,
    position: u64,
    line_bytes_max: usize,
    /// The physical line in hand.
    line: Vec<u8>,
}

impl<'r> ContentLines<'r> {
    /// A reader of `input`; of a line above `line_bytes_max` only the beginning is kept.
    pub(crate) fn new(input: &'r mut dyn Read, line_bytes_max: usize) -> Self {
        Self {
            input: BufReader::with_capacity(1 << 16, input),
            position: 0,
            line_bytes_max: line_bytes_max.max(256),
            line: Vec::new(),
        }
    }

    /// The next line that is not blank, or None at the end.
    pub(crate) fn next_line(&mut self) -> std::io::Result<Option<ContentLine>> {
        loop {
            let position = self.position;
            self.line.clear();
            if !self.append_physical_line()? {
                return Ok(None);
            }
            while matches!(self.peek()?, Some(b' ' | b'\t')) {
                self.input.consume(1);
                self.position += 1;
                self.append_physical_line()?;
            }
            while is_open_quoted_printable(&self.line) {
                // In vCard 2.1 the line goes on without a fold.
                self.line.pop();
                if !self.append_physical_line()? {
                    break;
                }
            }
            let line = self.line.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(&self.line);
            if !line.trim_ascii().is_empty() {
                let mut parsed = parse(line);
                parsed.position = position;
                parsed.cut = self.line.len() >= self.line_bytes_max;
                return Ok(Some(parsed));
            }
        }
    }

    /// Appends one line without its end to what is in hand. False at the end of the entry.
    fn append_physical_line(&mut self) -> std::io::Result<bool> {
        let mut any = false;
        loop {
            let available = match self.input.fill_buf() {
                Ok(available) => available,
                Err(error) if error.kind() == std::io::ErrorKind::Interrupted => continue,
                Err(error) => return Err(error),
            };
            if available.is_empty() {
                return Ok(any);
            }
            any = true;
            let end = memchr::memchr(b'\n', available);
            let used = end.map_or(available.len(), |end| end + 1);
            let room = self.line_bytes_max.saturating_sub(self.line.len());
            self.line.extend_from_slice(&available[..end.unwrap_or(available.len()).min(room)]);
            self.input.consume(used);
            self.position += used as u64;
            if end.is_some() {
                if self.line.last() == Some(&b'\r') {
                    self.line.pop();
                }
                return Ok(true);
            }
        }
    }

    fn peek(&mut self) -> std::io::Result<Option<u8>> {
        loop {
            match self.input.fill_buf() {
                Ok(available) => return Ok(available.first().copied()),
                Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
    }
}

fn is_open_quoted_printable(line: &[u8]) -> bool {
    if line.last() != Some(&b'=') {
        return false;
    }
    let start = &line[..line.len().min(1024)];
    let head = &line[..memchr::memchr(b':', start).unwrap_or(0)];
    head.to_ascii_uppercase().windows(16).any(|word| word == b"QUOTED-PRINTABLE")
}

fn parse(line: &[u8]) -> ContentLine {
    let mut parsed = ContentLine::default();
    let colon = colon_outside_quotes(line);
    let Some(colon) = colon else { return parsed };
    let (head, value) = (&line[..colon], &line[colon + 1..]);
    let head = String::from_utf8_lossy(head);
    let mut pieces = split_outside_quotes(&head, ';').into_iter();
    let name = pieces.next().unwrap_or_default().trim();
    let (group, name) = name.rsplit_once('.').unwrap_or(("", name));
    parsed.group = group.to_owned();
    parsed.name = name.to_ascii_uppercase();
    parsed.parameters = pieces.filter(|piece| !piece.trim().is_empty()).map(parameter).collect();
    let value =
        if parsed.parameter("ENCODING").is_some_and(|how| how.eq_ignore_ascii_case("quoted-printable")) {
            Cow::Owned(quoted_printable(value))
        } else {
            Cow::Borrowed(value)
        };
    let (text, replaced) = charset::decode(parsed.parameter("CHARSET"), &value);
    parsed.replaced = replaced;
    // A line break of quoted-printable is an escaped one here.
    parsed.value = text.replace("\r\n", "\n").replace('\0', "");
    parsed
}

fn parameter(piece: &str) -> (String, String) {
    let unquoted =
        |value: &str| value.replace('"', "").replace("^n", "\n").replace("^'", "\"").replace("^^", "^");
    match piece.split_once('=') {
        Some((name, value)) => (name.trim().to_ascii_uppercase(), unquoted(value.trim())),
        None => {
            let value = piece.trim().to_ascii_uppercase();
            let name = match value.as_str() {
                "QUOTED-PRINTABLE" | "BASE64" | "8BIT" | "7BIT" => "ENCODING",
                _ => "TYPE",
            };
            (name.to_owned(), value)
        }
    }
}

fn colon_outside_quotes(line: &[u8]) -> Option<usize> {
    let mut quoted = false;
    let found = line.iter().position(|&byte| {
        quoted ^= byte == b'"';
        byte == b':' && !quoted
    });
    // A quote that never ends counts for nothing.
    found.or_else(|| memchr::memchr(b':', line))
}

fn split_outside_quotes(text: &str, mark: char) -> Vec<&str> {
    let mut quoted = false;
    text.split(|character| {
        quoted ^= character == '"';
        character == mark && !quoted
    })
    .collect()
}

/// Splits a value at marks that no backslash stands before.
pub(crate) fn split_unescaped(value: &str, mark: char) -> Vec<&str> {
    let mut escaped = false;
    value
        .split(|character| {
            let is_split = character == mark && !escaped;
            escaped = character == '\\' && !escaped;
            is_split
        })
        .collect()
}

/// Undoes `\n`, `\,`, `\;`, `\\`.
pub(crate) fn unescape(value: &str) -> String {
    if !value.contains('\\') {
        return value.to_owned();
    }
    let mut out = String::with_capacity(value.len());
    let mut characters = value.chars();
    while let Some(character) = characters.next() {
        match (character, character == '\\') {
            (_, true) => match characters.next() {
                Some('n' | 'N') => out.push('\n'),
                Some(escaped @ (',' | ';' | ':' | '\\' | '"')) => out.push(escaped),
                Some(other) => out.extend(['\\', other]),
                None => out.push('\\'),
            },
            (other, false) => out.push(other),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn lines(bytes: &[u8]) -> Vec<ContentLine> {
        let mut input = bytes;
        let mut reader = ContentLines::new(&mut input, 4096);
        let mut found = Vec::new();
        while let Some(line) = reader.next_line().unwrap() {
            found.push(line);
        }
        found
    }

    #[test]
    fn folds_inside_characters_are_undone_before_decoding() {
        let text = "SUMMARY:Z\u{fc}rich".as_bytes();
        let torn = [&text[..10], b"\r\n ", &text[10..], b"\r\nUID:1\r\n"].concat();
        let found = lines(&torn);
        assert_eq!((found[0].value.as_str(), found[0].replaced), ("Zürich", false));
        assert_eq!((found[1].name.as_str(), found[1].position), ("UID", torn.len() as u64 - 7));
    }

    #[test]
    fn groups_parameters_and_escapes_are_read() {
        let found = lines(b"item1.email;TYPE=\"a;b:c\";X=1:one\\, two\\;three\\nfour\\\\\nN:a\\;b;c;;\n\n");
        let line = &found[0];
        assert_eq!((line.group.as_str(), line.name.as_str()), ("item1", "EMAIL"));
        assert_eq!(line.parameter("TYPE"), Some("a;b:c"));
        assert_eq!(line.text(), "one, two;three\nfour\\");
        assert_eq!(found[1].parts(';'), ["a;b", "c", "", ""]);
    }

    #[test]
    fn old_cards_are_quoted_printable_over_several_lines() {
        let found = lines(
            b"NOTE;ENCODING=QUOTED-PRINTABLE;CHARSET=UTF-8:Z=C3=BC=\r\nrich=0D=0AWest\r\nTEL;CELL:1\r\n",
        );
        assert_eq!(found[0].value, "Zürich\nWest");
        assert_eq!(found[1].parameter("TYPE"), Some("CELL"));
    }

    #[test]
    fn a_line_over_the_limit_is_cut() {
        let text = format!("A:{}\nB:1\n", "x".repeat(10_000));
        let found = lines(text.as_bytes());
        assert!(found[0].cut && found[0].value.len() <= 4096);
        assert_eq!((found[1].value.as_str(), found[1].cut), ("1", false));
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_without_panic(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
            for line in lines(&bytes) {
                let _ = (line.text(), line.parts(';'), line.parts(','));
            }
        }
    }
}
