//! Contacts as a table: the columns of Google's CSV until 2024 (`Given Name`, `E-mail 1 - Type`) and
//! since (`First Name`, `E-mail 1 - Label`). Several values in one field stand between ` ::: `.

use super::{
    card::{Card, Labelled},
    emit,
};
use crate::{
    ParseError, Sink,
    csv_table::{Row, for_each_row},
};
use dp_model::WarningKind;
use std::{collections::BTreeMap, io::Read};

const SEVERAL: &str = ":::";

/// Whether the first line names the columns of such a table.
pub(super) fn is_header(head: &[u8]) -> bool {
    let line = head.split(|byte| *byte == b'\n').next().unwrap_or_default();
    let Ok(line) = std::str::from_utf8(line) else { return false };
    let has = |wanted: &str| line.split(',').any(|column| column.trim().trim_matches('"') == wanted);
    let old = has("Given Name") && has("Family Name");
    let new = has("First Name") && has("Last Name") && has("File As");
    (old || new) && (has("Labels") || has("Group Membership") || has("E-mail 1 - Value") || has("Notes"))
}

/// Reads the table.
pub(super) fn read(
    input: &mut dyn Read,
    row_bytes_max: usize,
    sink: &mut dyn Sink,
) -> Result<(), ParseError> {
    let mut header: Option<Vec<String>> = None;
    for_each_row(input, row_bytes_max, sink, |sink, row| {
        let Some(columns) = &header else {
            header = Some(row.fields.iter().map(|name| name.trim().to_owned()).collect());
            return Ok(());
        };
        if row.fields.len() > columns.len() {
            let message = format!(
                "this row has {} fields and the header {}; it was passed over, for they cannot be told apart",
                row.fields.len(),
                columns.len()
            );
            sink.warn(WarningKind::MalformedRecord, row.position, message)?;
            return Ok(());
        }
        if row.fields.len() < columns.len() {
            let message = "this row has fewer fields than the header; what is there was kept";
            sink.warn(WarningKind::BadValue, row.position, message)?;
        }
        let card = card(columns, &row);
        if !card.is_empty() {
            emit(card, sink)?;
        }
        Ok(())
    })
}

/// The columns `<thing> <number> - <part>` of one row, by thing and number.
#[derive(Default)]
struct Numbered<'r>(BTreeMap<(&'r str, u32), BTreeMap<&'r str, &'r str>>);

impl<'r> Numbered<'r> {
    /// Takes the column if it is numbered.
    fn take(&mut self, column: &'r str, value: &'r str) -> bool {
        let Some((thing, part)) = column.split_once(" - ") else { return false };
        let Some((thing, number)) = thing.rsplit_once(' ') else { return false };
        let Ok(number) = number.parse() else { return false };
        self.0.entry((thing, number)).or_default().insert(part, value);
        true
    }
}

fn card(columns: &[String], row: &Row) -> Card {
    let mut card = Card { position: row.position, ..Card::default() };
    let mut numbered = Numbered::default();
    let mut names = BTreeMap::new();
    for (at, column) in columns.iter().enumerate() {
        let Some(value) = row.get(at) else { continue };
        match column.as_str() {
            "Name" | "Name Prefix" | "First Name" | "Given Name" | "Middle Name" | "Additional Name"
            | "Last Name" | "Family Name" | "Name Suffix" => {
                names.insert(column.as_str(), value);
            }
            "Nickname" => card.nicknames.extend(several(value)),
            "Notes" => card.notes.push(value.to_owned()),
            "Birthday" => card.birthday = value.to_owned(),
            "Labels" | "Group Membership" => {
                // System groups are marked with a star here, and not in vCards.
                let labels = several(value).map(|label| label.trim_start_matches("* ").to_owned());
                card.categories.extend(labels);
            }
            "Organization Name" | "Organization Title" | "Organization Department" => {
                card.organization.push(value.to_owned());
            }
            other if numbered.take(other, value) => {}
            other => card.other.push([other.to_owned(), value.to_owned()]),
        }
    }
    card.name = full_name(&names);
    for ((thing, number), parts) in numbered.0 {
        take_numbered(&mut card, thing, number, &parts);
    }
    card
}

/// As the vCard of the same person writes it.
fn full_name(names: &BTreeMap<&str, &str>) -> String {
    if let Some(name) = names.get("Name") {
        return name.split_whitespace().collect::<Vec<_>>().join(" ");
    }
    let order = [
        "Name Prefix",
        "First Name",
        "Given Name",
        "Middle Name",
        "Additional Name",
        "Last Name",
        "Family Name",
        "Name Suffix",
    ];
    let known = order.iter().filter_map(|column| names.get(column));
    known.flat_map(|name| name.split_whitespace()).collect::<Vec<_>>().join(" ")
}

fn several(value: &str) -> impl Iterator<Item = String> {
    value.split(SEVERAL).map(|part| part.trim().to_owned()).filter(|part| !part.is_empty())
}

fn take_numbered(card: &mut Card, thing: &str, number: u32, parts: &BTreeMap<&str, &str>) {
    let label = parts.get("Label").or(parts.get("Type")).copied().unwrap_or("");
    let label = label.trim_start_matches("* ").to_owned();
    let values = || parts.get("Value").copied().into_iter().flat_map(several);
    let list = match thing {
        "E-mail" => &mut card.emails,
        "Phone" => &mut card.phones,
        "Website" => &mut card.urls,
        "Address" => {
            let value = address(parts);
            if !value.is_empty() {
                card.addresses.push(Labelled { label, value });
            }
            return;
        }
        "Organization" => {
            let order = ["Name", "Department", "Title"];
            card.organization
                .extend(order.iter().filter_map(|part| parts.get(part)).map(|value| (*value).to_owned()));
            return;
        }
        _ => {
            let others =
                parts.iter().map(|(part, value)| [format!("{thing} {number} - {part}"), (*value).to_owned()]);
            card.other.extend(others);
            return;
        }
    };
    for value in values() {
        if !list.iter().any(|known| known.value == value) {
            list.push(Labelled { label: label.clone(), value });
        }
    }
}

fn address(parts: &BTreeMap<&str, &str>) -> String {
    let line =
        |text: &str| text.lines().map(str::trim).filter(|l| !l.is_empty()).collect::<Vec<_>>().join(", ");
    if let Some(formatted) = parts.get("Formatted") {
        return line(formatted);
    }
    let order = ["Street", "Extended Address", "PO Box", "City", "Region", "Postal Code", "Country"];
    order.iter().filter_map(|part| parts.get(part)).map(|value| line(value)).collect::<Vec<_>>().join(", ")
}
