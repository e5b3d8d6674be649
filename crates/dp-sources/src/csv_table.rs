//! CSV as exports write it: with a byte-order mark, preamble lines, blank lines and rows of the wrong
//! width. A row keeps its byte offset; a row of the wrong width is the caller's to judge.

use crate::ParseError;
use std::io::Read;

/// One row: its fields as text (invalid UTF-8 replaced) and where it begins.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// Byte offset in the entry.
    pub position: u64,
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

/// Calls `take` for each row in turn, the header among them. Blank lines are passed over by the
/// reader itself; whether one stood before a row can be told from its position.
///
/// # Errors
/// When the input cannot be read, and whatever `take` gives.
pub fn for_each_row(
    input: &mut dyn Read,
    mut take: impl FnMut(Row) -> Result<(), ParseError>,
) -> Result<(), ParseError> {
    let mut reader = csv::ReaderBuilder::new().has_headers(false).flexible(true).from_reader(input);
    let mut record = csv::ByteRecord::new();
    loop {
        match reader.read_byte_record(&mut record) {
            Ok(true) => {}
            Ok(false) => return Ok(()),
            Err(error) => return Err(into_parse_error(error)),
        }
        let position = record.position().map_or(0, csv::Position::byte);
        let mut fields =
            record.iter().map(|field| String::from_utf8_lossy(field).into_owned()).collect::<Vec<_>>();
        if let (0, Some(first)) = (position, fields.first_mut()) {
            if let Some(rest) = first.strip_prefix('\u{FEFF}') {
                *first = rest.trim_matches('"').to_owned();
            }
        }
        take(Row { position, fields })?;
    }
}

fn into_parse_error(error: csv::Error) -> ParseError {
    match error.into_kind() {
        csv::ErrorKind::Io(error) => ParseError::Read(error),
        other => ParseError::Malformed(format!("this is not a CSV table: {other:?}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_keep_their_place_and_quirks() {
        let text = "\u{FEFF}\"A\",B\r\n\r\n1,\"two\nlines\"\r\n3\r\n";
        let mut rows = Vec::new();
        for_each_row(&mut text.as_bytes(), |row| {
            rows.push(row);
            Ok(())
        })
        .unwrap();
        assert_eq!(rows[0].fields, ["A", "B"]);
        assert_eq!(rows[1].fields, ["1", "two\nlines"]);
        assert_eq!(rows[1].get(1), Some("two\nlines"));
        assert_eq!(rows[2].fields, ["3"]);
        assert_eq!(rows[2].get(1), None);
        assert!(rows[1].position > 5);
    }
}
