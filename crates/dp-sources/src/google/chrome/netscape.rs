//! The old bookmark file format as a stream of tags and texts, however long its lines are. Only the
//! tag or text in hand is in memory.

use crate::ParseError;
use std::io::Read;

/// What comes next in the file.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Token {
    /// What stands between `<` and `>`, as written.
    Tag(String),
    /// What stands between tags, as written.
    Text(String),
    /// A tag or text above the limit; it was passed over.
    TooLarge,
}

/// Reads tokens out of a file.
pub(super) struct Tokens<'r> {
    input: &'r mut dyn Read,
    buffer: Vec<u8>,
    start: usize,
    end: usize,
    base: u64,
    at_end: bool,
    bytes_max: usize,
}

const CHUNK_BYTES: usize = 64 << 10;

impl<'r> Tokens<'r> {
    pub(super) fn new(input: &'r mut dyn Read, bytes_max: usize) -> Self {
        let buffer = vec![0; CHUNK_BYTES];
        Self {
            input,
            buffer,
            start: 0,
            end: 0,
            base: 0,
            at_end: false,
            bytes_max: bytes_max.max(CHUNK_BYTES),
        }
    }

    /// The next token and where it begins; None at the end.
    pub(super) fn next(&mut self) -> Result<Option<(Token, u64)>, ParseError> {
        if self.start == self.end && !self.more()? {
            return Ok(None);
        }
        let position = self.base + self.start as u64;
        let in_tag = self.buffer[self.start] == b'<';
        let mut scan = Scan { in_tag, quote: 0 };
        let mut looked = usize::from(in_tag);
        loop {
            let unread = &self.buffer[self.start..self.end];
            if let Some(length) = scan.find_end(&unread[looked..]) {
                let whole = &unread[..looked + length];
                let token = if in_tag {
                    Token::Tag(String::from_utf8_lossy(&whole[1..]).into_owned())
                } else {
                    Token::Text(String::from_utf8_lossy(whole).into_owned())
                };
                // The `>` of a tag is passed, the `<` that ends a text is not.
                self.start += looked + length + usize::from(in_tag);
                return Ok(Some((token, position)));
            }
            looked = unread.len();
            if looked > self.bytes_max {
                return self.pass_over(scan).map(|()| Some((Token::TooLarge, position)));
            }
            if !self.more()? {
                let whole = String::from_utf8_lossy(&self.buffer[self.start..self.end]).into_owned();
                self.start = self.end;
                // A tag cut off at the end of the file says nothing reliable.
                let token = if in_tag { Token::Text(String::new()) } else { Token::Text(whole) };
                return Ok(Some((token, position)));
            }
        }
    }

    fn pass_over(&mut self, mut scan: Scan) -> Result<(), ParseError> {
        self.start = self.end;
        while self.more()? {
            if let Some(length) = scan.find_end(&self.buffer[self.start..self.end]) {
                self.start += length + usize::from(scan.in_tag);
                break;
            }
            self.start = self.end;
        }
        Ok(())
    }

    fn more(&mut self) -> Result<bool, ParseError> {
        if self.at_end {
            return Ok(false);
        }
        self.buffer.copy_within(self.start..self.end, 0);
        self.base += self.start as u64;
        self.end -= self.start;
        self.start = 0;
        if self.end == self.buffer.len() {
            self.buffer.resize(self.buffer.len() * 2, 0);
        }
        loop {
            match self.input.read(&mut self.buffer[self.end..]) {
                Ok(0) => {
                    self.at_end = true;
                    return Ok(false);
                }
                Ok(count) => {
                    self.end += count;
                    return Ok(true);
                }
                Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error.into()),
            }
        }
    }
}

/// Looks for the end of a tag or text across pieces.
struct Scan {
    in_tag: bool,
    /// The double quote that is open, or 0. Only attribute values are quoted, and only after `=`.
    quote: u8,
}

impl Scan {
    fn find_end(&mut self, piece: &[u8]) -> Option<usize> {
        if !self.in_tag {
            return memchr::memchr(b'<', piece);
        }
        let mut at = 0;
        while let Some(hit) = memchr::memchr2(b'>', b'"', &piece[at..]) {
            at += hit;
            if piece[at] == b'"' {
                self.quote = if self.quote == 0 { b'"' } else { 0 };
            } else if self.quote == 0 {
                return Some(at);
            }
            at += 1;
        }
        None
    }
}

/// The value of an attribute of a tag, as written; names are compared without case.
pub(super) fn attribute<'t>(tag: &'t str, name: &str) -> Option<&'t str> {
    let mut rest = tag;
    while let Some(equals) = rest.find('=') {
        let key = rest[..equals].trim_end();
        let key = key.rsplit(|c: char| c.is_ascii_whitespace()).next().unwrap_or(key);
        let value = rest[equals + 1..].trim_start();
        let (value, after) = match value.strip_prefix('"') {
            Some(quoted) => quoted.split_once('"').unwrap_or((quoted, "")),
            None => value.split_once(|c: char| c.is_ascii_whitespace()).unwrap_or((value, "")),
        };
        if key.eq_ignore_ascii_case(name) {
            return Some(value);
        }
        rest = after;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tokens(text: &str, bytes_max: usize) -> Vec<Token> {
        let mut input = text.as_bytes();
        let mut tokens = Tokens::new(&mut input, bytes_max);
        let mut found = Vec::new();
        while let Some((token, _)) = tokens.next().unwrap() {
            found.push(token);
        }
        found
    }

    #[test]
    fn tags_and_texts_alternate_and_quotes_hide_brackets() {
        assert_eq!(
            tokens("a<B C=\"x>y\">d</B>", 100),
            [
                Token::Text("a".into()),
                Token::Tag("B C=\"x>y\"".into()),
                Token::Text("d".into()),
                Token::Tag("/B".into())
            ]
        );
    }

    #[test]
    fn a_huge_tag_is_passed_over() {
        let text = format!("<A ICON=\"{}\">x", "i".repeat(300_000));
        assert_eq!(tokens(&text, 1000), [Token::TooLarge, Token::Text("x".into())]);
    }

    #[test]
    fn attributes_are_found_by_name() {
        let tag = r#"A HREF="https://a.example/?q=1&amp;ADD_DATE=3" add_date = "17" LAST=5 X"#;
        assert_eq!(attribute(tag, "href"), Some("https://a.example/?q=1&amp;ADD_DATE=3"));
        assert_eq!(attribute(tag, "ADD_DATE"), Some("17"));
        assert_eq!(attribute(tag, "last"), Some("5"));
        assert_eq!(attribute(tag, "x"), None);
    }
}
