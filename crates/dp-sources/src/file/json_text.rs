//! JSON as lines a person can read: `key: value`, one a line, in the order of the file. Works on
//! pieces cut anywhere and on text that is broken or cut off; nothing but the string in hand is held.

use crate::json::Cursor;
use std::borrow::Cow;

/// Longest string that is held; what is longer goes out in pieces.
const STRING_BYTES_MAX: usize = 256 << 10;

/// Turns JSON into lines.
#[derive(Default)]
pub(super) struct JsonText {
    state: State,
    /// A string as it stands, with its opening quote; or a bare word.
    token: String,
    /// A finished string that is a key if a colon follows.
    finished: Option<String>,
    key: Option<String>,
    after_backslash: bool,
    /// The string in hand has gone out in part, so it is no key.
    gone_out: bool,
}

#[derive(Default, PartialEq)]
enum State {
    #[default]
    Between,
    InString,
    InWord,
}

impl JsonText {
    /// Takes the next piece and appends the lines that are complete.
    pub(super) fn push(&mut self, piece: &str, out: &mut String) {
        let mut rest = piece;
        while !rest.is_empty() {
            rest = match self.state {
                State::Between => self.between(rest, out),
                State::InString => self.in_string(rest, out),
                State::InWord => self.in_word(rest, out),
            };
        }
    }

    /// Appends what is left at the end of the file.
    pub(super) fn finish(&mut self, out: &mut String) {
        match std::mem::take(&mut self.state) {
            State::InString => self.end_string(out),
            State::InWord => self.end_word(out),
            State::Between => {}
        }
        self.settle(out);
    }

    fn between<'t>(&mut self, rest: &'t str, out: &mut String) -> &'t str {
        let Some(first) = rest.chars().next() else { return "" };
        let after = &rest[first.len_utf8()..];
        match first {
            '"' => {
                self.settle(out);
                self.token.push('"');
                self.state = State::InString;
                self.gone_out = false;
            }
            ':' => {
                if let Some(key) = self.finished.take() {
                    self.key = Some(key);
                }
            }
            '{' | '[' => {
                self.settle(out);
                if let Some(key) = self.key.take().filter(|key| !key.is_empty()) {
                    out.push_str(&key);
                    out.push_str(":\n");
                }
            }
            '}' | ']' | ',' => {
                self.settle(out);
                self.key = None;
            }
            white if white.is_whitespace() => {}
            _ => {
                self.settle(out);
                self.state = State::InWord;
                return rest;
            }
        }
        after
    }

    fn in_string<'t>(&mut self, rest: &'t str, out: &mut String) -> &'t str {
        let mut from = 0;
        if std::mem::take(&mut self.after_backslash) {
            from = rest.chars().next().map_or(0, char::len_utf8);
        }
        loop {
            match memchr::memchr2(b'"', b'\\', &rest.as_bytes()[from..]) {
                None => {
                    self.token.push_str(rest);
                    if self.token.len() > STRING_BYTES_MAX {
                        self.put_out(out);
                    }
                    return "";
                }
                Some(hit) if rest.as_bytes()[from + hit] == b'"' => {
                    self.token.push_str(&rest[..from + hit]);
                    self.end_string(out);
                    self.state = State::Between;
                    return &rest[from + hit + 1..];
                }
                Some(hit) => {
                    let escaped = from + hit + 1;
                    match rest[escaped..].chars().next() {
                        Some(character) => from = escaped + character.len_utf8(),
                        None => {
                            self.after_backslash = true;
                            self.token.push_str(rest);
                            return "";
                        }
                    }
                }
            }
        }
    }

    fn in_word<'t>(&mut self, rest: &'t str, out: &mut String) -> &'t str {
        let ends = |c: char| c.is_whitespace() || matches!(c, '"' | ':' | '{' | '}' | '[' | ']' | ',');
        match rest.find(ends) {
            Some(end) => {
                self.token.push_str(&rest[..end]);
                self.end_word(out);
                self.state = State::Between;
                &rest[end..]
            }
            None => {
                self.token.push_str(rest);
                if self.token.len() > STRING_BYTES_MAX {
                    self.end_word(out);
                }
                ""
            }
        }
    }

    fn end_word(&mut self, out: &mut String) {
        let word = std::mem::take(&mut self.token);
        if word != "null" {
            self.line(&word, out);
        }
        self.key = None;
    }

    fn end_string(&mut self, out: &mut String) {
        let text = self.take_token();
        if self.gone_out {
            out.push_str(&text);
            out.push('\n');
            self.gone_out = false;
        } else {
            self.finished = Some(text);
        }
    }

    /// Writes the part of a long string that is in hand.
    fn put_out(&mut self, out: &mut String) {
        if !self.gone_out {
            self.gone_out = true;
            if let Some(key) = self.key.take() {
                out.push_str(&key);
                out.push_str(": ");
            }
        }
        let text = self.take_token();
        out.push_str(&text);
        self.token.push('"');
    }

    /// The string in hand with its escapes decoded.
    fn take_token(&mut self) -> String {
        let mut raw = std::mem::take(&mut self.token);
        raw.push('"');
        match Cursor::new(raw.as_bytes()).text() {
            Ok(Some(text)) => Cow::into_owned(text),
            // A lone backslash at the end swallowed the quote.
            _ => raw.trim_matches('"').to_owned(),
        }
    }

    /// A finished string that no colon followed is a value.
    fn settle(&mut self, out: &mut String) {
        if let Some(value) = self.finished.take() {
            self.line(&value, out);
            self.key = None;
        }
    }

    fn line(&mut self, value: &str, out: &mut String) {
        let key = self.key.take().unwrap_or_default();
        if value.is_empty() {
            return;
        }
        if !key.is_empty() {
            out.push_str(&key);
            out.push_str(": ");
        }
        out.push_str(value);
        out.push('\n');
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_may_be_cut_anywhere() {
        let json = r#"{ "a\"b" : "c\\" , "d":[1, true,null,{"e":"ü\u00fc"}], "f":{}, "g":"" } "#;
        let whole = lines(json, json.len());
        assert_eq!(whole, "a\"b: c\\\nd:\n1\ntrue\ne: üü\nf:\n");
        for step in 1..json.len() {
            assert_eq!(lines(json, step), whole, "step {step}");
        }
    }

    #[test]
    fn a_huge_string_goes_out_in_pieces() {
        let json = format!(r#"{{"k":"{}"}}"#, "ab ".repeat(STRING_BYTES_MAX));
        let out = lines(&json, 5000);
        assert_eq!(out, format!("k: {}\n", "ab ".repeat(STRING_BYTES_MAX)));
    }

    fn lines(json: &str, step: usize) -> String {
        let mut text = JsonText::default();
        let mut out = String::new();
        let mut piece = String::new();
        for character in json.chars() {
            piece.push(character);
            if piece.len() >= step {
                text.push(&piece, &mut out);
                piece.clear();
            }
        }
        text.push(&piece, &mut out);
        text.finish(&mut out);
        out
    }
}
