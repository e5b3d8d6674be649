//! Fixes counted by cell of the map: the tables of that projection, and how the counts of a tile are written in
//! a few bytes. Filled by `write/cells.rs`, read by `read/map.rs`.

use crate::error::Context as _;
use dp_lake::{Day, LakeError};
use rusqlite::Connection;

/// Days that are counted together. A question about some of them reads the fixes themselves.
const SPAN_DAYS: Day = 32;

/// A row has the fixes of one source in one tile and span, as `push_cell` writes them. Spans in `map_due` have
/// changed since they were counted.
const TABLES: &str = "
CREATE TABLE map_cells (
    series INTEGER NOT NULL,
    zoom   INTEGER NOT NULL,
    tile   INTEGER NOT NULL,          -- on a Z curve
    span   INTEGER NOT NULL,          -- local days, 32 together
    source INTEGER NOT NULL,
    cells  BLOB NOT NULL,
    PRIMARY KEY (series, zoom, tile, span, source)
) STRICT, WITHOUT ROWID;
CREATE INDEX map_cells_by_span ON map_cells (series, span);
CREATE TABLE map_due (
    series INTEGER NOT NULL,
    span   INTEGER NOT NULL,
    PRIMARY KEY (series, span)
) STRICT, WITHOUT ROWID;
";

/// The span that a local day is in.
pub(crate) const fn span_of(day: Day) -> i32 {
    day.div_euclid(SPAN_DAYS)
}

/// The first local day of a span, and the first one past it. The first and last spans of all days are cut.
pub(crate) const fn days_of(span: i32) -> (Day, Day) {
    (span.saturating_mul(SPAN_DAYS), span.saturating_add(1).saturating_mul(SPAN_DAYS))
}

/// The instants that the fixes of these local days have at most: a local day begins and ends within a day of the
/// one of UTC.
pub(crate) const fn instants_of((first, past): (Day, Day)) -> (i64, i64) {
    let day_us = dp_model::Moment::DAY_US;
    ((first as i64 - 1).saturating_mul(day_us), (past as i64 + 1).saturating_mul(day_us))
}

/// Whether the store has the tables: one that was made before there were any gets them when it is first opened
/// for writing.
pub(crate) fn are_made(connection: &Connection) -> Result<bool, LakeError> {
    connection
        .prepare_cached("SELECT EXISTS (SELECT 1 FROM sqlite_schema WHERE name = 'map_due')")
        .and_then(|mut statement| statement.query_row((), |row| row.get(0)))
        .context("look for the counts of the map")
}

/// Makes the tables where they are missing, with everything that is there still to be counted.
pub(crate) fn make(connection: &mut Connection) -> Result<(), LakeError> {
    if are_made(connection)? {
        return Ok(());
    }
    let transaction = connection.transaction().context("make room for the counts of the map")?;
    transaction.execute_batch(TABLES).context("make room for the counts of the map")?;
    let days: Vec<(i64, Day)> = transaction
        .prepare("SELECT series, day FROM rollup_samples WHERE count > 0")
        .and_then(|mut statement| statement.query_map((), |row| Ok((row.get(0)?, row.get(1)?)))?.collect())
        .context("find what is to be counted")?;
    for (series, day) in days {
        set_due(&transaction, series, span_of(day)).context("find what is to be counted")?;
    }
    transaction.commit().context("make room for the counts of the map")
}

/// Says that a span has changed since it was counted.
pub(crate) fn set_due(connection: &Connection, series: i64, span: i32) -> rusqlite::Result<()> {
    connection
        .prepare_cached("INSERT OR IGNORE INTO map_due (series, span) VALUES (?, ?)")?
        .execute((series, span))
        .map(|_| ())
}

/// Appends a cell and its count; cells come in ascending order, and `before` is the one before or None.
pub(crate) fn push_cell(bytes: &mut Vec<u8>, before: Option<u64>, cell: u64, count: u64) {
    push_number(bytes, before.map_or(cell, |before| cell - before - 1));
    push_number(bytes, count - 1);
}

/// The cells and counts that were written, in ascending order; None behind what is damaged.
pub(crate) fn read_cells(mut bytes: &[u8]) -> impl Iterator<Item = Option<(u64, u64)>> {
    let mut before: Option<u64> = None;
    std::iter::from_fn(move || {
        if bytes.is_empty() {
            return None;
        }
        let mut next = || {
            let gap = read_number(&mut bytes)?;
            let cell = match before {
                Some(before) => before.checked_add(1)?.checked_add(gap)?,
                None => gap,
            };
            before = Some(cell);
            Some((cell, read_number(&mut bytes)?.checked_add(1)?))
        };
        let read = next();
        if read.is_none() {
            bytes = &[];
        }
        Some(read)
    })
}

/// A number in groups of seven bits, the least first.
fn push_number(bytes: &mut Vec<u8>, mut number: u64) {
    while number >= 0x80 {
        bytes.push(number as u8 | 0x80);
        number >>= 7;
    }
    bytes.push(number as u8);
}

fn read_number(bytes: &mut &[u8]) -> Option<u64> {
    let mut number = 0;
    for shift in (0..64).step_by(7) {
        let (&byte, rest) = bytes.split_first()?;
        *bytes = rest;
        number |= u64::from(byte & 0x7F) << shift;
        if byte & 0x80 == 0 {
            return Some(number);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_come_back_as_they_were_written() {
        let cells = [(0, 1), (1, 127), (5, 128), (4_095, 1 << 40)];
        let (mut bytes, mut before) = (Vec::new(), None);
        for (cell, count) in cells {
            push_cell(&mut bytes, before, cell, count);
            before = Some(cell);
        }
        assert_eq!(read_cells(&bytes).collect::<Option<Vec<_>>>().unwrap(), cells);
        assert_eq!(read_cells(&[]).count(), 0);
    }

    #[test]
    fn damaged_counts_are_told() {
        for bytes in [&[0x80][..], &[1], &[0xFF; 30], &[0, 0, 0xFF, 0xFF]] {
            assert!(read_cells(bytes).any(|cell| cell.is_none()), "{bytes:?}");
            assert!(read_cells(bytes).count() < 20);
        }
    }

    #[test]
    fn every_day_is_in_one_span() {
        for day in [Day::MIN, -33, -32, -1, 0, 31, 32, 19_000, Day::MAX] {
            let (first, past) = days_of(span_of(day));
            assert!(first <= day && (day < past || past == Day::MAX), "{day}");
        }
    }
}
