//! Tells text from other bytes, and what form a text has, from a name and the first bytes.

use crate::{
    Peek,
    json::{JsonShape, shape},
};

/// How the text of a file is got at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    /// The text as it stands.
    Plain,
    /// What a reader of the page sees.
    Html,
    /// Keys and values.
    Json,
}

impl Form {
    pub(super) fn of(file_name: &str, head: &[u8]) -> Self {
        let extension = file_name.rsplit_once('.').map(|(_, extension)| extension.to_lowercase());
        let extension = extension.as_deref().unwrap_or("");
        let head = head.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(head).trim_ascii_start();
        let starts =
            |mark: &[u8]| head.get(..mark.len()).is_some_and(|start| start.eq_ignore_ascii_case(mark));
        if starts(b"<!doctype html") || starts(b"<html") || matches!(extension, "html" | "htm" | "xhtml") {
            return Self::Html;
        }
        let json_shaped = match shape(head) {
            JsonShape::Object(keys) => !keys.is_empty(),
            JsonShape::Array(keys) => !keys.is_empty(),
            JsonShape::Other => false,
        };
        if json_shaped || (extension == "json" && matches!(head.first(), Some(b'{' | b'['))) {
            return Self::Json;
        }
        Self::Plain
    }
}

/// Extensions of files that people and programs write as text, whatever the encoding.
const TEXT_EXTENSIONS: &[&str] = &[
    "csv", "eml", "htm", "html", "ics", "json", "log", "md", "opml", "srt", "tsv", "txt", "vcf", "vtt",
    "xml", "yaml", "yml",
];

/// Whether the entry is text: no zero bytes, hardly a control character, and valid UTF-8 or a name
/// that promises text.
pub(crate) fn looks_like_text(peek: &Peek<'_>) -> bool {
    let head = peek.head;
    if head.is_empty() || head.starts_with(b"%PDF") {
        return false;
    }
    if head.starts_with(b"\xFF\xFE") || head.starts_with(b"\xFE\xFF") {
        return true;
    }
    if memchr::memchr(0, head).is_some() {
        return false;
    }
    let control = |byte: &&u8| **byte < 0x20 && !matches!(**byte, b'\t' | b'\n' | b'\r' | 0x0C | 0x1B);
    let controls = head.iter().filter(control).count();
    if controls * 100 > head.len() {
        return false;
    }
    match std::str::from_utf8(head) {
        Ok(_) => true,
        // The head may end inside a character.
        Err(error) if error.error_len().is_none() => true,
        Err(_) => TEXT_EXTENSIONS.contains(&peek.extension().as_str()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(path: &str, head: &[u8]) -> bool {
        looks_like_text(&Peek { path, size_bytes: None, head })
    }

    #[test]
    fn text_is_told_from_other_bytes() {
        assert!(text("a", b"plain words"));
        assert!(text("a.txt", "Grüße \u{1F35E}".as_bytes()));
        assert!(text("a.txt", &"Gr\u{fc}".as_bytes()[..3]));
        assert!(text("a.txt", b"Gr\xFC\xDFe"));
        assert!(!text("a.bin", b"Gr\xFC\xDFe"));
        assert!(!text("a.jpg", b"\xFF\xD8\xFF\xE0\0\x10JFIF"));
        assert!(!text("a.pdf", b"%PDF-1.4\n"));
        assert!(!text("a.txt", b""));
        assert!(!text("a.txt", b"\x01\x02\x03\x04"));
    }

    #[test]
    fn forms_are_told_by_content_first() {
        assert_eq!(Form::of("a.txt", b" <!DOCTYPE HTML><p>"), Form::Html);
        assert_eq!(Form::of("a.txt", b"{\"a\":1}"), Form::Json);
        assert_eq!(Form::of("a.md", b"[a link](b)"), Form::Plain);
        assert_eq!(Form::of("a.json", b"[1,2]"), Form::Json);
        assert_eq!(Form::of("a.xml", b"<?xml?><a/>"), Form::Plain);
    }
}
