//! The text of a comment, which tables hold as JSON: `{"takeoutSegments":[{"text":…}]}` or objects
//! joined by commas without brackets around them.

use crate::json::{Cursor, JsonError};

/// The text behind fragments, and the links and mentions among them; other text as it stands.
pub(super) fn text_of(raw: &str) -> (String, Vec<String>) {
    let trimmed = raw.trim();
    if !trimmed.starts_with('{') {
        return (raw.to_owned(), Vec::new());
    }
    let wrapped = format!("[{trimmed}] ");
    let mut gathered = Gathered::default();
    let mut cursor = Cursor::new(wrapped.as_bytes());
    match gathered.fragments(&mut cursor) {
        Ok(()) if gathered.found => (gathered.text, gathered.links),
        _ => (raw.to_owned(), Vec::new()),
    }
}

#[derive(Default)]
struct Gathered {
    text: String,
    links: Vec<String>,
    found: bool,
}

impl Gathered {
    fn fragments(&mut self, cursor: &mut Cursor<'_>) -> Result<(), JsonError> {
        cursor.array(|cursor| {
            cursor.object(|cursor, key| match key {
                b"text" => {
                    self.text.push_str(&cursor.text()?.unwrap_or_default());
                    self.found = true;
                    Ok(())
                }
                b"takeoutSegments" => {
                    self.found = true;
                    self.fragments(cursor)
                }
                b"link" | b"videoLink" | b"mention" => self.target(cursor),
                _ => cursor.skip(),
            })
        })
    }

    /// Any URL or id in what a fragment links to.
    fn target(&mut self, cursor: &mut Cursor<'_>) -> Result<(), JsonError> {
        cursor.object(|cursor, _| {
            if let Some(target) = cursor.text()?.filter(|target| !target.is_empty()) {
                self.links.push(target.into_owned());
            }
            Ok(())
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_generations_of_fragments_are_joined() {
        let segments =
            r#"{"takeoutSegments":[{"text":"Nice "},{"text":"link","link":{"linkUrl":"https://a.b"}}]}"#;
        assert_eq!(text_of(segments), ("Nice link".to_owned(), vec!["https://a.b".to_owned()]));
        let bare = "{\"text\":\"Nice \"},{\"text\":\"\n\"},{\"text\":\"two\",\"mention\":{\"externalChannelId\":\"UCx\"}}";
        assert_eq!(text_of(bare), ("Nice \ntwo".to_owned(), vec!["UCx".to_owned()]));
        assert_eq!(text_of("plain, text").0, "plain, text");
        assert_eq!(text_of("{no json").0, "{no json");
    }
}
