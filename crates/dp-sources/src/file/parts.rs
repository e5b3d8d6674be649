//! Cuts the text of a file into documents of bounded size, at line or word ends.

use super::{json_text::JsonText, sniff::Form};
use crate::{ParseError, Sink, text::html_to_text};
use dp_model::{Content, Draft, Kind};

/// Longest text of one document.
const PART_BYTES_MAX: usize = 1 << 20;
/// How much HTML is turned into text at once.
const HTML_BYTES_MAX: usize = 4 << 20;

/// Gathers decoded text and hands over documents.
pub(super) struct Parts<'a> {
    source: &'static str,
    file_name: &'a str,
    form: Form,
    html: String,
    json: JsonText,
    /// Readable text that is not yet in a document.
    text: String,
    /// Bytes of the entry seen, and where among them the text in hand began.
    seen: u64,
    began: u64,
    parts: u32,
}

impl<'a> Parts<'a> {
    pub(super) fn new(source: &'static str, file_name: &'a str, form: Form) -> Self {
        Self {
            source,
            file_name,
            form,
            html: String::new(),
            json: JsonText::default(),
            text: String::new(),
            seen: 0,
            began: 0,
            parts: 0,
        }
    }

    /// Takes decoded text that came from the next `bytes` bytes of the entry.
    pub(super) fn push(&mut self, piece: &str, bytes: u64, sink: &mut dyn Sink) -> Result<(), ParseError> {
        match self.form {
            Form::Plain => self.text.push_str(piece),
            Form::Json => self.json.push(piece, &mut self.text),
            Form::Html => {
                self.html.push_str(piece);
                if self.html.len() > HTML_BYTES_MAX {
                    self.turn_html(self.html.rfind('>').map_or(self.html.len(), |close| close + 1));
                }
            }
        }
        self.seen += bytes;
        while self.text.len() > PART_BYTES_MAX {
            self.hand_over(cut(&self.text), true, sink)?;
        }
        Ok(())
    }

    /// Hands over what is left.
    pub(super) fn finish(mut self, sink: &mut dyn Sink) -> Result<(), ParseError> {
        match self.form {
            Form::Plain => {}
            Form::Json => self.json.finish(&mut self.text),
            Form::Html => self.turn_html(self.html.len()),
        }
        while self.text.len() > PART_BYTES_MAX {
            self.hand_over(cut(&self.text), true, sink)?;
        }
        self.hand_over(self.text.len(), false, sink)
    }

    /// Turns the first `length` bytes of the HTML in hand into text.
    fn turn_html(&mut self, length: usize) {
        let rest = self.html.split_off(length);
        let html = std::mem::replace(&mut self.html, rest);
        if !self.text.is_empty() {
            self.text.push('\n');
        }
        self.text.push_str(&html_to_text(&html));
    }

    /// Hands over the first `length` bytes of the text in hand as a document.
    fn hand_over(&mut self, length: usize, more_follow: bool, sink: &mut dyn Sink) -> Result<(), ParseError> {
        let rest = self.text.split_off(length);
        let text = std::mem::replace(&mut self.text, rest);
        let position = std::mem::replace(&mut self.began, self.seen);
        if text.trim().is_empty() {
            return Ok(());
        }
        let mut content = Content::new(self.source, Kind::File);
        self.file_name.clone_into(&mut content.title);
        if self.parts > 0 {
            content.title = format!("{} ({})", self.file_name, self.parts + 1);
        }
        if more_follow || self.parts > 0 {
            content.metadata.push_int("part", i64::from(self.parts) + 1);
        }
        let mut hasher = blake3::Hasher::new();
        hasher.update(self.file_name.as_bytes());
        hasher.update(&[0]);
        hasher.update(text.as_bytes());
        let mut key = hasher.finalize().as_bytes().to_vec();
        key.extend_from_slice(&self.parts.to_le_bytes());
        content.text = text;
        self.parts += 1;
        Ok(sink.document(Draft::unique(&key, position, content))?)
    }
}

/// Where to cut a text that is too long: after a line, else after a word, else between characters.
fn cut(text: &str) -> usize {
    let limit = text.floor_char_boundary(PART_BYTES_MAX);
    let window = &text[text.floor_char_boundary(limit / 2)..limit];
    let start = limit - window.len();
    let after = |found: Option<(usize, char)>| found.map(|(at, c)| start + at + c.len_utf8());
    let line_end = window.rfind('\n').map(|at| start + at + 1);
    line_end.or_else(|| after(window.char_indices().rev().find(|(_, c)| c.is_whitespace()))).unwrap_or(limit)
}
