//! Which strings of a document can be searched. One list for every backend, so that all of them find
//! the same documents.

use crate::Annotations;
use dp_model::Content;
use std::borrow::Cow;

/// Bytes of a URL, past its scheme, that can be searched.
const URL_BYTES_MAX: usize = 512;

/// Which part of a document a string comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Part {
    /// The title.
    Title,
    /// The text.
    Text,
    /// A person's name or address.
    Person,
    /// The name or address of the place.
    Place,
    /// A label, folder, list or album.
    Label,
    /// The URL without scheme and `www.`.
    Url,
    /// The name of a file.
    File,
    /// A word or sentence among the metadata.
    Metadata,
    /// A tag of the user's.
    Tag,
    /// The user's note.
    Note,
}

/// Calls `each` with every string of a document that can be searched. A phrase is found inside one
/// string, never across two.
pub fn for_each_part<'a>(
    content: &'a Content,
    annotations: &'a Annotations,
    each: &mut dyn FnMut(Part, Cow<'a, str>),
) {
    let mut some = |part, text: &'a str| {
        if !text.is_empty() {
            each(part, Cow::Borrowed(text));
        }
    };
    some(Part::Title, &content.title);
    some(Part::Text, &content.text);
    for mention in &content.people {
        if let Some(name) = &mention.name {
            some(Part::Person, name);
        }
        if let Some(identity) = &mention.identity {
            some(Part::Person, &identity.value);
        }
    }
    if let Some(place) = &content.place {
        some(Part::Place, place.name.as_deref().unwrap_or_default());
        some(Part::Place, place.address.as_deref().unwrap_or_default());
    }
    for label in &content.labels {
        some(Part::Label, label);
    }
    if let Some(url) = &content.url {
        some(Part::Url, searched_url(url));
    }
    for media in &content.media {
        some(Part::File, &media.name);
    }
    for tag in &annotations.tags {
        some(Part::Tag, tag);
    }
    some(Part::Note, annotations.note.as_deref().unwrap_or_default());
    for_each_json_string(content.metadata.open_text(), &mut |value| {
        if reads_like_words(&value) {
            each(Part::Metadata, value);
        }
    });
}

/// Whether every word of `words` stands in the names or addresses of the people in a document: what
/// [`crate::Filter::people`] asks.
#[must_use]
pub fn people_hold(content: &Content, words: &str) -> bool {
    let mut wanted = super::tokens(words);
    for mention in &content.people {
        let name = mention.name.as_deref();
        let address = mention.identity.as_ref().map(|identity| identity.value.as_str());
        for text in name.into_iter().chain(address) {
            super::for_each_token(text, &mut |token| wanted.retain(|other| other.term != token.term));
        }
    }
    wanted.is_empty()
}

/// The part of a URL that is searched: no scheme, no `www.`, a bounded length. What is not a URL
/// stays as it is.
#[must_use]
pub fn searched_url(url: &str) -> &str {
    let rest = url.split_once("://").map_or(url, |(scheme, rest)| {
        if scheme.bytes().all(|byte| byte.is_ascii_alphanumeric()) { rest } else { url }
    });
    let rest = rest.strip_prefix("www.").unwrap_or(rest);
    if rest.len() <= URL_BYTES_MAX {
        return rest;
    }
    // Cut between two terms, so that both halves of a long URL give the same terms everywhere.
    let head = &rest[..rest.floor_char_boundary(URL_BYTES_MAX)];
    head.rfind(|c: char| !c.is_alphanumeric()).map_or(head, |end| &head[..end])
}

/// Calls `each` with the string values (not the keys) of JSON text, unescaped.
fn for_each_json_string<'a>(json: &'a str, each: &mut dyn FnMut(Cow<'a, str>)) {
    let bytes = json.as_bytes();
    let mut at = 0;
    while let Some(offset) = bytes[at..].iter().position(|&byte| byte == b'"') {
        let start = at + offset + 1;
        let Some(end) = closing_quote(bytes, start) else { return };
        at = end + 1;
        if bytes.get(at) == Some(&b':') {
            continue;
        }
        let raw = &json[start..end];
        if !raw.contains('\\') {
            each(Cow::Borrowed(raw));
        } else if let Ok(text) = serde_json::from_str::<String>(&json[start - 1..=end]) {
            each(Cow::Owned(text));
        }
    }
}

fn closing_quote(bytes: &[u8], from: usize) -> Option<usize> {
    let mut at = from;
    loop {
        match bytes.get(at)? {
            b'"' => return Some(at),
            b'\\' => at += 2,
            _ => at += 1,
        }
    }
}

/// Leaves out numbers, times, identifiers and hashes, which nobody types.
fn reads_like_words(value: &str) -> bool {
    if value.contains(char::is_whitespace) || !value.is_ascii() {
        return true;
    }
    let letters = value.bytes().filter(u8::is_ascii_alphabetic).count();
    let digits = value.bytes().filter(u8::is_ascii_digit).count();
    letters >= 2 && digits <= letters && (digits == 0 || value.len() < 20)
}

#[cfg(test)]
mod tests {
    use super::*;
    use dp_model::{Kind, Metadata};

    #[test]
    fn string_values_of_metadata_are_found_and_identifiers_are_not() {
        let mut content = Content::new("a", Kind::Note);
        content.title = "Title".into();
        let mut metadata = Metadata::new();
        metadata.push_str("key words", "Some \"quoted\" words");
        metadata.push_value("list", &serde_json::json!(["inner", {"k": "deep one"}, 5, null]));
        metadata.push_str("time", "2019-01-02T03:04:05Z");
        metadata.push_str("id", "18f3a9c27de0b1448f3a9c27de0b144c");
        content.metadata = metadata;
        let annotations = Annotations { tags: vec!["mine".into()], ..Annotations::default() };
        let mut found = Vec::new();
        for_each_part(&content, &annotations, &mut |part, text| found.push((part, text.into_owned())));
        assert_eq!(
            found,
            [
                (Part::Title, "Title".to_owned()),
                (Part::Tag, "mine".to_owned()),
                (Part::Metadata, "Some \"quoted\" words".to_owned()),
                (Part::Metadata, "inner".to_owned()),
                (Part::Metadata, "deep one".to_owned()),
            ]
        );
    }

    #[test]
    fn people_are_found_by_name_and_address() {
        let mut content = Content::new("a", Kind::Email);
        let identity = dp_model::Identity::email("mia.lund@example.org");
        content.people.push(dp_model::Mention {
            role: dp_model::Role::From,
            name: Some("Mïa L.".into()),
            identity,
        });
        for (words, holds) in
            [("MIA", true), ("lund mia", true), ("mia@example", true), ("mia jo", false), ("", true)]
        {
            assert_eq!(people_hold(&content, words), holds, "{words}");
        }
    }

    #[test]
    fn urls_lose_what_nobody_remembers() {
        assert_eq!(searched_url("https://www.example.org/a?b=c"), "example.org/a?b=c");
        assert_eq!(searched_url("www.example.org"), "example.org");
        assert_eq!(searched_url("nothing://of the sort://"), "of the sort://");
        let long = format!("https://example.org/{}", "word/".repeat(500));
        assert!(searched_url(&long).len() <= URL_BYTES_MAX && searched_url(&long).ends_with("word"));
    }
}
