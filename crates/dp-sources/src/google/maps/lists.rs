//! Lists of saved things: one CSV a list, named after it. Columns are told by their order, because
//! their headings follow the language of the account; a description may stand before the header.

use super::{SOURCE, url};
use crate::{
    Context, ParseError, Parser, Peek, Sink,
    csv_table::{Row, for_each_row, head_rows},
    text::host_and_path,
};
use dp_model::{Content, Draft, Kind, Place, WarningKind};
use std::io::Read;

/// Reads `Saved/*.csv`.
pub(crate) struct SavedList;

/// Rows among which the header must stand.
const HEADER_WITHIN: usize = 8;
const NOTE: usize = 1;
const URL: usize = 2;

impl Parser for SavedList {
    fn name(&self) -> &'static str {
        "google.maps.lists"
    }

    fn version(&self) -> u32 {
        1
    }

    fn source(&self, _: &Peek<'_>) -> &'static str {
        SOURCE
    }

    fn recognises(&self, peek: &Peek<'_>) -> bool {
        if peek.extension() != "csv" && !peek.head.contains(&b',') {
            return false;
        }
        let rows = head_rows(peek.head, peek.head_is_whole(), 64);
        find_header(&rows).is_some()
    }

    fn parse(
        &self,
        context: &Context<'_>,
        input: &mut dyn Read,
        sink: &mut dyn Sink,
    ) -> Result<(), ParseError> {
        let file_name = context.path.rsplit('/').next().unwrap_or(context.path);
        let list = file_name.rsplit_once('.').map_or(file_name, |(stem, _)| stem).to_owned();
        let mut reader = Reader { list, ..Reader::default() };
        for_each_row(input, context.record_bytes_max, sink, |sink, row| reader.take(row, sink))?;
        reader.begin(sink)
    }
}

/// Where the header stands: a row whose third column names the URL, before rows of its width. In
/// languages that have a word of their own for it, the rows below tell by links to Maps.
fn find_header(rows: &[Row]) -> Option<usize> {
    let width_fits = |row: &Row| (3..=6).contains(&row.fields.len());
    let named = rows.iter().take(HEADER_WITHIN).position(|row| {
        width_fits(row)
            && row
                .get(URL)
                .is_some_and(|name| name.to_lowercase().contains("url") && name.chars().count() < 16)
            && row.get(0).is_some_and(|title| !title.contains("://"))
            && row.get(NOTE).is_some()
    });
    named.or_else(|| {
        let first_link =
            rows.iter().take(64).position(|row| width_fits(row) && row.get(URL).is_some_and(is_maps_link))?;
        let width = rows[first_link].fields.len();
        let header = rows[..first_link].iter().take(HEADER_WITHIN).position(|row| {
            row.fields.len() == width && row.get(URL).is_some_and(|name| !name.contains("://"))
        })?;
        Some(header)
    })
}

fn is_maps_link(link: &str) -> bool {
    host_and_path(link).is_some_and(|(host, path)| {
        host.starts_with("maps.google.") || (host.contains("google.") && path.starts_with("/maps"))
    })
}

#[derive(Default)]
struct Reader {
    list: String,
    /// Rows before the header was found.
    waiting: Vec<Row>,
    header: Option<Header>,
}

struct Header {
    width: usize,
    tags: Option<usize>,
    comment: Option<usize>,
    description: Option<String>,
}

impl Reader {
    fn take(&mut self, row: Row, sink: &mut dyn Sink) -> Result<(), ParseError> {
        if self.header.is_some() {
            return self.row(row, sink);
        }
        self.waiting.push(row);
        if self.waiting.len() >= 64 { self.begin(sink) } else { Ok(()) }
    }

    /// Finds the header among the rows that wait and hands over the rest of them.
    fn begin(&mut self, sink: &mut dyn Sink) -> Result<(), ParseError> {
        if self.header.is_some() {
            return Ok(());
        }
        let waiting = std::mem::take(&mut self.waiting);
        let Some(at) = find_header(&waiting) else {
            return Err(ParseError::Malformed("no header with a column for the URL".to_owned()));
        };
        let width = waiting[at].fields.len();
        let description = waiting[..at].iter().map(|row| row.fields.join(",")).collect::<Vec<_>>().join("\n");
        self.header = Some(Header {
            width,
            tags: (width >= 5).then_some(3),
            comment: (width >= 4).then_some(width - 1),
            description: Some(description).filter(|text| !text.trim().is_empty()),
        });
        waiting.into_iter().skip(at + 1).try_for_each(|row| self.row(row, sink))
    }

    fn row(&mut self, row: Row, sink: &mut dyn Sink) -> Result<(), ParseError> {
        let Some(header) = &self.header else { return Ok(()) };
        if row.fields.iter().all(|field| field.trim().is_empty()) {
            return Ok(());
        }
        if row.fields.len() != header.width {
            return Ok(sink.warn(
                WarningKind::MalformedRecord,
                row.position,
                format!(
                    "this row has {} columns instead of {}; it was left out: {:?}",
                    row.fields.len(),
                    header.width,
                    row.fields.join(",").chars().take(120).collect::<String>()
                ),
            )?);
        }
        let link = row.get(URL).unwrap_or("");
        let title = row.get(0).map(str::to_owned).or_else(|| url::place_name(link));
        let mut key = self.list.clone().into_bytes();
        key.push(0);
        match (url::place_number(link), row.get(URL), &title) {
            (Some(number), _, _) => key.extend_from_slice(&number.to_le_bytes()),
            (None, Some(link), _) => key.extend_from_slice(link.as_bytes()),
            (None, None, title) => {
                key.extend_from_slice(title.as_deref().or(row.get(NOTE)).unwrap_or("").as_bytes());
            }
        }
        let mut content = Content::new(SOURCE, Kind::Bookmark);
        content.text = [row.get(NOTE), header.comment.and_then(|column| row.get(column))]
            .into_iter()
            .flatten()
            .collect::<Vec<_>>()
            .join("\n");
        if let Some(tags) = header.tags.and_then(|column| row.get(column)) {
            content.metadata.push_str("tags", tags);
        }
        if let Some(description) = &header.description {
            content.metadata.push_str("list_description", description);
        }
        if is_maps_link(link) {
            let place = Place { name: title.clone(), point: url::point(link), ..Place::default() };
            content.place = (!place.is_empty()).then_some(place);
        }
        content.title = title.unwrap_or_default();
        content.url = row.get(URL).map(str::to_owned);
        content.labels.push(self.list.clone().into());
        Ok(sink.document(Draft::unique(&key, row.position, content))?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Found, collect};
    use proptest::prelude::*;

    const LIST: &str = "\u{FEFF}Bread, mostly\n\nTitle,Note,URL,Tags,Comment\n,,,,\n\
        Bakery Lund,rye,https://www.google.com/maps/place/Bakery+Lund/data=!4m2!1s0x479a:0x1f,\"a,b\",good\n\
        ,,https://www.google.com/maps/place/M%C3%BChle/data=!1s0x479a:0x20,,\n\
        A page,,https://bread.example/,,\n\
        broken,row\n";

    fn read(text: &str) -> Found {
        collect(&SavedList, "Saved/Want to go.csv", text.as_bytes())
    }

    fn recognised(path: &str, text: &str) -> bool {
        SavedList.recognises(&Peek { path, size_bytes: Some(text.len() as u64), head: text.as_bytes() })
    }

    #[test]
    fn a_list_with_a_description_and_odd_rows_is_read() {
        let found = read(LIST);
        let titles = found.drafts.iter().map(|draft| draft.content.title.as_str()).collect::<Vec<_>>();
        assert_eq!(titles, ["Bakery Lund", "Mühle", "A page"]);
        let first = &found.drafts[0].content;
        assert_eq!(first.text, "rye\ngood");
        assert_eq!(first.labels.as_slice(), ["Want to go"]);
        assert_eq!(
            first.metadata.to_value(),
            serde_json::json!({"tags": "a,b", "list_description": "Bread, mostly"})
        );
        assert_eq!(found.drafts[2].content.place, None);
        assert_eq!(found.warnings.len(), 1);
        assert!(found.error.is_none());
    }

    #[test]
    fn headings_of_other_languages_are_recognised() {
        let row = "Bäckerei,,https://www.google.com/maps/place/B/data=!1s0x1:0x2,\n";
        for header in
            ["Titel,Notiz,URL,Kommentar", "タイトル,メモ,URL,コメント", "Назва,Примітка,Адреса,Коментар"]
        {
            let text = format!("{header}\n{row}");
            assert!(recognised("Gespeichert/Liste.csv", &text), "{header}");
            assert_eq!(read(&text).drafts.len(), 1, "{header}");
        }
    }

    #[test]
    fn other_tables_are_not_lists() {
        for text in [
            "Channel Id,Channel Url,Channel Title\nUC1,http://www.youtube.com/channel/UC1,Bread\n",
            "Name,Given Name,Phone\nMia Lund,Mia,123\n",
            "a,b,c,d\n1,2,3,4\n",
            "word\n",
            "",
        ] {
            assert!(!recognised("x.csv", text), "{text}");
        }
    }

    #[test]
    fn the_same_place_in_two_lists_is_two_entries() {
        let other = collect(&SavedList, "Saved/Favourites.csv", LIST.as_bytes());
        assert_ne!(read(LIST).drafts[0].key, other.drafts[0].key);
    }

    proptest! {
        #[test]
        fn any_bytes_end_without_panic(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
            let _ = collect(&SavedList, "x.csv", &bytes);
            SavedList.recognises(&Peek { path: "x.csv", size_bytes: None, head: &bytes });
        }
    }
}
