//! Documents as an assistant is shown them in lists: short, with an id, a date and a source, so that an answer can say
//! what it rests on. Documents come in, JSON and lines of text go out.

use super::arguments::uri;
use dp_lake::text_of_moment;
use dp_model::{Content, Document, Mention};
use serde::Serialize;
use std::fmt::Write as _;

/// Characters of a title.
const TITLE_CHARS: usize = 200;
/// People of a document that are named.
const PEOPLE_MAX: usize = 12;
/// Characters of a name or an address.
const NAME_CHARS: usize = 120;

/// A document in a list.
#[derive(Debug, Serialize)]
pub(super) struct Line {
    /// What to cite.
    pub(super) uri: String,
    id: String,
    source: String,
    kind: &'static str,
    /// When it happened or began, ISO 8601, as exactly as it is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    date: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    end: Option<String>,
    #[serde(skip_serializing_if = "String::is_empty")]
    title: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    place: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    people: Vec<String>,
}

impl Line {
    pub(super) fn of(document: &Document) -> Self {
        let content = &document.content;
        let people = content.people.iter().filter_map(name_of).take(PEOPLE_MAX);
        Self {
            uri: uri(document.id),
            id: document.id.to_string(),
            source: content.source.to_string(),
            kind: content.kind.as_str(),
            date: content.time.as_ref().map(text_of_moment),
            end: content.end.as_ref().map(text_of_moment),
            title: one_line(&content.title, TITLE_CHARS),
            place: place_of(content),
            people: people.map(|name| one_line(name, NAME_CHARS)).collect(),
        }
    }

    /// Whether a passage says more than the title.
    pub(super) fn is_more(&self, passage: &str) -> bool {
        !passage.is_empty() && passage != self.title
    }

    /// Date, source, kind, title and what to cite, in one line.
    pub(super) fn text(&self) -> String {
        let date = self.date.as_deref().unwrap_or("undated");
        let mut line = format!("{date} | {} {}", self.source, self.kind);
        for text in [Some(self.title.as_str()), self.place.as_deref()].into_iter().flatten() {
            if !text.is_empty() {
                // Writing into a string cannot fail.
                let _ = write!(line, " | {text}");
            }
        }
        if !self.people.is_empty() {
            let _ = write!(line, " | with {}", self.people.join(", "));
        }
        let _ = write!(line, " | {}", self.uri);
        line
    }
}

/// The name of somebody, or the address they are known by.
pub(super) fn name_of(mention: &Mention) -> Option<&str> {
    mention.name.as_deref().or(mention.identity.as_ref().map(|identity| identity.value.as_str()))
}

fn place_of(content: &Content) -> Option<String> {
    let place = content.place.as_ref()?;
    place.name.as_deref().or(place.address.as_deref()).map(|name| one_line(name, NAME_CHARS))
}

/// `1 document`, `2 documents`
pub(super) fn documents(count: u64) -> String {
    format!("{count} {}", if count == 1 { "document" } else { "documents" })
}

/// Text in one line of at most so many characters.
pub(super) fn one_line(text: &str, characters_max: usize) -> String {
    let mut line = String::new();
    let mut count = 0;
    let is_gap = |character: char| character.is_whitespace() || character.is_control();
    for word in text.split(is_gap).filter(|word| !word.is_empty()) {
        let gap = usize::from(count > 0);
        for character in std::iter::repeat_n(' ', gap).chain(word.chars()) {
            if count == characters_max {
                line.push('…');
                return line;
            }
            line.push(character);
            count += 1;
        }
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;
    use dp_model::{DocumentId, Kind, Moment, Precision, Provenance};

    #[test]
    fn text_becomes_one_line_of_bounded_length() {
        assert_eq!(one_line("a\n b\u{7}c\t", 9), "a b c");
        assert_eq!(one_line("äöü", 3), "äöü");
        assert_eq!(one_line("äöü x", 3), "äöü…");
        assert_eq!(one_line("", 3), "");
    }

    #[test]
    fn a_line_says_when_whence_and_what_to_cite() {
        let mut content = Content::new("google.keep", Kind::Note);
        content.title = "Sour\ndough".into();
        content.time = Some(Moment::utc(1_672_531_200_000_000, Precision::Day));
        let provenance = Provenance { archive: "export".into(), entry: "file".into(), position: 0 };
        let line = Line::of(&Document { id: DocumentId([3; 16]), content, provenance });
        let expected =
            format!("2023-01-01 | google.keep note | Sour dough | datapunk://document/{}", "03".repeat(16));
        assert_eq!(line.text(), expected);
    }
}
