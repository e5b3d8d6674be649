//! Bookmarks and the reading list: `Bookmarks.html` and `ReadingList.html` in the old bookmark file
//! format, folders nested in lists.

use super::{
    SOURCE,
    netscape::{Token, Tokens, attribute},
};
use crate::{Context, ParseError, Parser, Peek, Sink, text::decode_entities, times};
use dp_model::{Content, Draft, Kind, Moment, Precision, WarningKind};
use std::io::Read;

/// Reads bookmark files.
pub(crate) struct Bookmarks;

impl Parser for Bookmarks {
    fn name(&self) -> &'static str {
        "google.chrome.bookmarks"
    }

    fn version(&self) -> u32 {
        1
    }

    fn source(&self, _: &Peek<'_>) -> &'static str {
        SOURCE
    }

    fn recognises(&self, peek: &Peek<'_>) -> bool {
        const MARK: &[u8] = b"<!DOCTYPE NETSCAPE-Bookmark-file";
        peek.head.trim_ascii_start().get(..MARK.len()).is_some_and(|start| start.eq_ignore_ascii_case(MARK))
    }

    fn parse(
        &self,
        context: &Context<'_>,
        input: &mut dyn Read,
        sink: &mut dyn Sink,
    ) -> Result<(), ParseError> {
        let file_name = context.path.rsplit('/').next().unwrap_or(context.path);
        let stem = file_name.rsplit_once('.').map_or(file_name, |(stem, _)| stem);
        let mut reader = Reader { list_name: stem.to_owned(), ..Reader::default() };
        let mut tokens = Tokens::new(input, context.record_bytes_max);
        while let Some((token, position)) = tokens.next()? {
            match token {
                Token::Tag(tag) => reader.tag(&tag, position, sink)?,
                Token::Text(text) => reader.text(&text),
                Token::TooLarge => sink.warn(
                    WarningKind::TooLarge,
                    position,
                    "a bookmark is larger than the limit (import.record_bytes_max); it was passed over",
                )?,
            }
        }
        reader.flush(sink)
    }
}

/// Deepest folder that is told by name.
const DEPTH_MAX: usize = 64;

#[derive(Default)]
struct Reader {
    /// Names what a file without folders is: the reading list.
    list_name: String,
    /// Folders around the current place; an empty name for a list without heading.
    folders: Vec<String>,
    /// Lists that are open deeper than `DEPTH_MAX`.
    too_deep: usize,
    /// The heading that names the next list.
    heading: Option<String>,
    reading: Reading,
    text: String,
    bookmark: Option<Bookmark>,
}

#[derive(Default, PartialEq, Clone, Copy)]
enum Reading {
    #[default]
    Nothing,
    Heading,
    Title,
    Note,
}

#[derive(Default)]
struct Bookmark {
    position: u64,
    url: String,
    title: String,
    note: String,
    added: Option<Moment>,
    modified: Option<Moment>,
    tags: Option<String>,
}

impl Reader {
    fn tag(&mut self, tag: &str, position: u64, sink: &mut dyn Sink) -> Result<(), ParseError> {
        let name = tag.split(|c: char| c.is_ascii_whitespace()).next().unwrap_or("");
        let is = |known: &str| name.eq_ignore_ascii_case(known);
        if is("DL") {
            self.end_text();
            self.flush(sink)?;
            self.open_list();
        } else if is("/DL") {
            self.end_text();
            self.flush(sink)?;
            self.close_list();
        } else if is("H3") {
            self.end_text();
            self.flush(sink)?;
            self.reading = Reading::Heading;
        } else if is("A") {
            self.end_text();
            self.flush(sink)?;
            self.begin_bookmark(tag, position);
        } else if is("DD") {
            self.end_text();
            self.reading = Reading::Note;
        } else if is("/H3") || is("/A") || is("DT") || is("/DD") {
            self.end_text();
        }
        Ok(())
    }

    fn text(&mut self, text: &str) {
        if self.reading != Reading::Nothing {
            self.text.push_str(text);
        }
    }

    /// Puts the text since the last tag where it belongs.
    fn end_text(&mut self) {
        let text = decode_entities(&std::mem::take(&mut self.text)).trim().to_owned();
        match (std::mem::take(&mut self.reading), &mut self.bookmark) {
            (Reading::Heading, _) => self.heading = Some(text),
            (Reading::Title, Some(bookmark)) => bookmark.title = text,
            (Reading::Note, Some(bookmark)) => bookmark.note = text,
            (Reading::Nothing | Reading::Title | Reading::Note, _) => {}
        }
    }

    fn open_list(&mut self) {
        if self.folders.len() < DEPTH_MAX {
            self.folders.push(self.heading.take().unwrap_or_default());
        } else {
            self.too_deep += 1;
        }
    }

    fn close_list(&mut self) {
        if self.too_deep > 0 {
            self.too_deep -= 1;
        } else {
            self.folders.pop();
        }
    }

    fn begin_bookmark(&mut self, tag: &str, position: u64) {
        let url = attribute(tag, "HREF").map(|url| decode_entities(url).into_owned()).unwrap_or_default();
        self.bookmark = Some(Bookmark {
            position,
            url,
            added: attribute(tag, "ADD_DATE").and_then(date),
            modified: attribute(tag, "LAST_MODIFIED").and_then(date),
            tags: attribute(tag, "TAGS").map(|tags| decode_entities(tags).into_owned()),
            ..Bookmark::default()
        });
        self.reading = Reading::Title;
    }

    /// Hands over the bookmark in hand.
    fn flush(&mut self, sink: &mut dyn Sink) -> Result<(), ParseError> {
        self.end_text();
        let Some(bookmark) = self.bookmark.take() else { return Ok(()) };
        if bookmark.url.is_empty() {
            return Ok(sink.warn(
                WarningKind::MalformedRecord,
                bookmark.position,
                format!("the bookmark {:?} has no address; it was left out", bookmark.title),
            )?);
        }
        let folders = self.folders.iter().filter(|folder| !folder.is_empty()).cloned().collect::<Vec<_>>();
        let mut key = folders.join("/").into_bytes();
        key.push(0);
        key.extend_from_slice(bookmark.url.as_bytes());
        let mut content = Content::new(SOURCE, Kind::Bookmark);
        content.title = bookmark.title;
        content.text = bookmark.note;
        content.time = bookmark.added;
        content.modified_us = bookmark.modified.map(|time| time.utc_us);
        content.url = Some(bookmark.url);
        if folders.is_empty() {
            content.labels.push(self.list_name.clone().into());
        } else {
            content.labels.extend(folders.into_iter().map(Into::into));
        }
        if let Some(tags) = bookmark.tags {
            content.metadata.push_str("tags", &tags);
        }
        Ok(sink.document(Draft::repeatable(&key, bookmark.position, content))?)
    }
}

/// Reads a date of a bookmark: seconds, milliseconds or microseconds since 1970, or microseconds
/// since 1601, told apart by magnitude. Zero means none.
fn date(text: &str) -> Option<Moment> {
    let count = text.trim().parse::<i64>().ok().filter(|&count| count > 0)?;
    // Microseconds since 1970 pass this in the year 2286, those since 1601 passed it in 1917.
    const SINCE_1601_FROM: i64 = 10_000_000_000_000_000;
    if (SINCE_1601_FROM..10 * SINCE_1601_FROM).contains(&count) {
        return times::since_1601_us(count).map(|time| Moment { precision: Precision::Microsecond, ..time });
    }
    Some(times::epoch_by_magnitude(count))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Found, collect};
    use proptest::prelude::*;

    const BOOKMARKS: &str = r#"<!DOCTYPE NETSCAPE-Bookmark-file-1>
<META HTTP-EQUIV="Content-Type" CONTENT="text/html; charset=UTF-8">
<TITLE>Bookmarks</TITLE>
<H1>Bookmarks</H1>
<DL><p>
    <DT><H3 ADD_DATE="1600000000" LAST_MODIFIED="1700000000" PERSONAL_TOOLBAR_FOLDER="true">Bookmarks bar</H3>
    <DL><p>
        <DT><A HREF="https://bread.example/?a=1&amp;b=2" ADD_DATE="1600000001" ICON="data:image/png;base64,AAAA">Bread &amp; salt</A>
        <DD>A note
        <DT><H3 ADD_DATE="0">Rezepte</H3>
        <DL><p>
            <DT><A HREF="https://soup.example/" ADD_DATE="1600000000000">Soup</A>
            <DT><A HREF="https://soup.example/" ADD_DATE="13244473600000000">Soup</A>
        </DL><p>
    </DL><p>
    <DT><A HREF="https://alone.example/" ADD_DATE="1600000000000000">Alone</A>
    <DT><A ADD_DATE="1">No address</A>
</DL><p>
"#;

    fn read(text: &str) -> Found {
        collect(&Bookmarks, "Chrome/ReadingList.html", text.as_bytes())
    }

    #[test]
    fn folders_notes_and_dates_are_read() {
        let found = read(BOOKMARKS);
        let summary = found
            .drafts
            .iter()
            .map(|draft| {
                let content = &draft.content;
                let seconds = content.time.as_ref().map(|time| time.utc_us / 1_000_000);
                (content.title.as_str(), content.labels.join("/"), seconds, content.text.as_str())
            })
            .collect::<Vec<_>>();
        let summary = summary.iter().map(|(title, labels, s, text)| (*title, labels.as_str(), *s, *text));
        assert_eq!(
            summary.collect::<Vec<_>>(),
            [
                ("Bread & salt", "Bookmarks bar", Some(1_600_000_001), "A note"),
                ("Soup", "Bookmarks bar/Rezepte", Some(1_600_000_000), ""),
                ("Soup", "Bookmarks bar/Rezepte", Some(1_600_000_000), ""),
                ("Alone", "ReadingList", Some(1_600_000_000), ""),
            ]
        );
        assert_eq!(found.drafts[0].content.url.as_deref(), Some("https://bread.example/?a=1&b=2"));
        assert_eq!(found.drafts[1].key, found.drafts[2].key);
        assert_eq!(found.warnings.len(), 1);
    }

    #[test]
    fn a_file_cut_off_keeps_its_last_bookmark() {
        let cut = BOOKMARKS.find("Soup</A>").unwrap() + 4;
        let found = read(&BOOKMARKS[..cut]);
        assert_eq!(found.drafts.last().unwrap().content.title, "Soup");
    }

    #[test]
    fn endless_folders_need_no_memory() {
        let text = format!("<!DOCTYPE NETSCAPE-Bookmark-file-1>{}", "<DL>".repeat(100_000));
        assert!(read(&text).drafts.is_empty());
    }

    proptest! {
        #[test]
        fn any_text_ends_without_panic(text in r#"(<DL>|</DL>|<A HREF="|">|<DT>|<H3|</H3>|<DD>|[a-z&;<>" ]){0,60}"#) {
            read(&text);
        }

        #[test]
        fn any_bytes_end_without_panic(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
            let _ = collect(&Bookmarks, "x", &bytes);
        }
    }
}
