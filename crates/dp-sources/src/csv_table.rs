//! CSV as exports write it: with a byte-order mark, preamble lines, blank lines and rows of the wrong
//! width. A row keeps its byte offset; a row of the wrong width is the caller's to judge. A quote that
//! is never closed costs its own line, not the rest of the file.

use crate::{ParseError, Sink};
use dp_model::WarningKind;
use std::io::Read;

/// One row: its fields as text (invalid UTF-8 replaced) and where it begins.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// Byte offset in the entry.
    pub position: u64,
    /// Whether a blank line stands before it: where one table ends and another begins.
    pub after_blank_line: bool,
    /// The fields, unquoted.
    pub fields: Vec<String>,
}

impl Row {
    /// The field in this column, trimmed; None if the column is absent or empty.
    #[must_use]
    pub fn get(&self, column: usize) -> Option<&str> {
        self.fields.get(column).map(|field| field.trim()).filter(|field| !field.is_empty())
    }
}

/// Calls `take` for each row in turn, the header among them; blank lines are passed over. A row larger
/// than `row_bytes_max`, or whose quote is never closed, loses its first line, with a warning.
///
/// # Errors
/// When the input cannot be read, and whatever `take` gives.
pub fn for_each_row(
    input: &mut dyn Read,
    row_bytes_max: usize,
    sink: &mut dyn Sink,
    mut take: impl FnMut(&mut dyn Sink, Row) -> Result<(), ParseError>,
) -> Result<(), ParseError> {
    let mut window = Window { input, data: Vec::new(), start: 0, base: 0, at_end: false };
    let mut after_blank_line = false;
    loop {
        match scan(&window.data[window.start..], window.at_end) {
            Scan::Blank(used) => {
                after_blank_line = true;
                window.start += used;
            }
            Scan::Row { used, fields } => {
                let position = window.position();
                let row = Row { position, after_blank_line, fields: tidy_first(fields, position) };
                after_blank_line = false;
                window.start += used;
                take(sink, row)?;
            }
            Scan::End => return Ok(()),
            Scan::More if window.data.len() - window.start > row_bytes_max => {
                sink.warn(
                    WarningKind::TooLarge,
                    window.position(),
                    format!(
                        "this row is larger than the limit of {row_bytes_max} bytes (limit import.record_bytes_max); its first line was passed over"
                    ),
                )?;
                window.skip_line()?;
            }
            Scan::More => window.more()?,
            Scan::Unclosed => {
                sink.warn(
                    WarningKind::MalformedRecord,
                    window.position(),
                    "a quote opened on this line is never closed; the line was passed over",
                )?;
                window.skip_line()?;
            }
        }
    }
}

/// The first rows of a table whose first bytes are `head`, at most `rows_max`; unless `head` is all
/// there is, a row that it may have cut is left out.
#[must_use]
pub fn head_rows(head: &[u8], head_is_whole: bool, rows_max: usize) -> Vec<Row> {
    let mut rows = Vec::new();
    let mut at = 0;
    let mut after_blank_line = false;
    while rows.len() < rows_max {
        match scan(&head[at..], head_is_whole) {
            Scan::Blank(used) => {
                after_blank_line = true;
                at += used;
            }
            Scan::Row { used, fields } => {
                let position = at as u64;
                rows.push(Row { position, after_blank_line, fields: tidy_first(fields, position) });
                after_blank_line = false;
                at += used;
            }
            Scan::End | Scan::More | Scan::Unclosed => break,
        }
    }
    rows
}

/// Takes the byte-order mark off the first field of the file, and the quotes it kept from being seen.
fn tidy_first(mut fields: Vec<String>, position: u64) -> Vec<String> {
    if let (0, Some(first)) = (position, fields.first_mut())
        && let Some(rest) = first.strip_prefix('\u{FEFF}')
    {
        *first = rest.trim_matches('"').to_owned();
    }
    fields
}

/// What stands at the beginning of some bytes.
enum Scan {
    Blank(usize),
    Row {
        used: usize,
        fields: Vec<String>,
    },
    /// The row goes on beyond the bytes.
    More,
    /// The file ends inside quotes.
    Unclosed,
    End,
}

fn scan(data: &[u8], at_end: bool) -> Scan {
    match data {
        [] if at_end => return Scan::End,
        [b'\n', ..] => return Scan::Blank(1),
        [b'\r', b'\n', ..] => return Scan::Blank(2),
        [b'\r'] if at_end => return Scan::Blank(1),
        _ => {}
    }
    let mut fields = Vec::new();
    let mut at = 0;
    loop {
        let (field, end) = match data.get(at) {
            Some(b'"') => match quoted(data, at) {
                Some(found) => found,
                None => return if at_end { Scan::Unclosed } else { Scan::More },
            },
            _ => {
                let length = memchr::memchr3(b',', b'\n', b'\r', &data[at..]).unwrap_or(data.len() - at);
                (String::from_utf8_lossy(&data[at..at + length]).into_owned(), at + length)
            }
        };
        fields.push(field);
        match &data[end..] {
            [b',', ..] => at = end + 1,
            [b'\n', ..] => return Scan::Row { used: end + 1, fields },
            [b'\r', b'\n', ..] => return Scan::Row { used: end + 2, fields },
            [b'\r'] | [] if !at_end => return Scan::More,
            [] => return Scan::Row { used: end, fields },
            // A carriage return alone ends a row too.
            _ => return Scan::Row { used: end + 1, fields },
        }
    }
}

/// Reads the field whose opening quote is at `from`, up to the comma or line end after it. Text that
/// sloppily follows the closing quote belongs to the field. None if the quote is not closed here.
fn quoted(data: &[u8], from: usize) -> Option<(String, usize)> {
    let mut bytes = Vec::new();
    let mut at = from + 1;
    loop {
        let length = memchr::memchr(b'"', &data[at..])?;
        bytes.extend_from_slice(&data[at..at + length]);
        at += length + 1;
        if data.get(at) != Some(&b'"') {
            break;
        }
        bytes.push(b'"');
        at += 1;
    }
    let rest = memchr::memchr3(b',', b'\n', b'\r', &data[at..]).unwrap_or(data.len() - at);
    bytes.extend_from_slice(&data[at..at + rest]);
    let text = String::from_utf8(bytes)
        .unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned());
    Some((text, at + rest))
}

/// The bytes in memory: the row in hand and what was read beyond it.
struct Window<'r> {
    input: &'r mut dyn Read,
    data: Vec<u8>,
    start: usize,
    /// Offset in the entry of `data[0]`.
    base: u64,
    at_end: bool,
}

impl Window<'_> {
    fn position(&self) -> u64 {
        self.base + self.start as u64
    }

    /// Reads on: at least as much again as is held, so that a long row is not scanned too often.
    fn more(&mut self) -> Result<(), ParseError> {
        const CHUNK_BYTES: usize = 1 << 16;
        self.data.drain(..self.start);
        self.base += self.start as u64;
        self.start = 0;
        let mut filled = self.data.len();
        self.data.resize(filled + filled.max(CHUNK_BYTES), 0);
        while filled < self.data.len() {
            match self.input.read(&mut self.data[filled..]) {
                Ok(0) => {
                    self.at_end = true;
                    break;
                }
                Ok(count) => filled += count,
                Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error.into()),
            }
        }
        self.data.truncate(filled);
        Ok(())
    }

    /// Stands after the next line break.
    fn skip_line(&mut self) -> Result<(), ParseError> {
        loop {
            if let Some(length) = memchr::memchr(b'\n', &self.data[self.start..]) {
                self.start += length + 1;
                return Ok(());
            }
            self.start = self.data.len();
            if self.at_end {
                return Ok(());
            }
            self.more()?;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::Found;
    use proptest::prelude::*;

    fn rows(text: &[u8], row_bytes_max: usize) -> (Vec<Row>, Found) {
        let mut rows = Vec::new();
        let mut found = Found::default();
        let mut input = text;
        for_each_row(&mut input, row_bytes_max, &mut found, |_, row| {
            rows.push(row);
            Ok(())
        })
        .unwrap();
        (rows, found)
    }

    #[test]
    fn rows_keep_their_place_and_quirks() {
        let text = "\u{FEFF}\"A\",B\r\n\r\n1,\"two\nlines \"\"x\"\"\"\r\n3\r\n,\"a\"b,5\" disk";
        let (rows, _) = rows(text.as_bytes(), 1 << 20);
        assert_eq!(rows[0].fields, ["A", "B"]);
        assert_eq!(rows[1].fields, ["1", "two\nlines \"x\""]);
        assert!(rows[1].after_blank_line && !rows[0].after_blank_line && !rows[2].after_blank_line);
        assert_eq!(rows[1].position as usize, text.find("1,").unwrap());
        assert_eq!(rows[2].fields, ["3"]);
        assert_eq!(rows[2].get(1), None);
        assert_eq!(rows[3].fields, ["", "ab", "5\" disk"]);
    }

    #[test]
    fn an_unclosed_quote_costs_its_line_only() {
        let (read, found) = rows(b"a,b\n1,\"x\n2,y\n3,z\n", 1 << 20);
        assert_eq!(read.iter().map(|row| row.fields[0].as_str()).collect::<Vec<_>>(), ["a", "2", "3"]);
        assert_eq!(found.warnings[0].kind, WarningKind::MalformedRecord);
        assert_eq!(found.warnings[0].position, 4);
        let long = format!("a,b\n1,\"x\n{}3,z\n", "2,y\n".repeat(100_000));
        let (read, found) = rows(long.as_bytes(), 70_000);
        assert_eq!(read.len(), 100_002);
        assert_eq!(found.warnings[0].kind, WarningKind::TooLarge);
    }

    #[test]
    fn a_cut_head_gives_its_whole_rows() {
        assert_eq!(head_rows(b"a,b\n1,2\n3,", false, 9).len(), 2);
        assert_eq!(head_rows(b"a,b\n1,2\n3,", true, 9).len(), 3);
        assert_eq!(head_rows(b"a,b\n1,2\n3,", true, 1).len(), 1);
    }

    proptest! {
        #[test]
        fn written_tables_are_read_back(table in proptest::collection::vec(proptest::collection::vec("[a-z\",\n ]{1,9}", 1..4), 0..9)) {
            let mut writer = csv::WriterBuilder::new().flexible(true).from_writer(Vec::new());
            for row in &table {
                writer.write_record(row).unwrap();
            }
            let (read, found) = rows(&writer.into_inner().unwrap(), 1 << 20);
            prop_assert!(found.warnings.is_empty());
            prop_assert_eq!(read.into_iter().map(|row| row.fields).collect::<Vec<_>>(), table);
        }

        #[test]
        fn any_bytes_are_taken(bytes in proptest::collection::vec(proptest::sample::select(b"a\",\n\r\xFF".to_vec()), 0..60)) {
            rows(&bytes, 1024);
        }
    }
}
