//! Counts the fixes of a span of days by cell of the map, at every zoom: a projection, made when nobody else
//! wants to write. A span is counted as a whole, so whatever changed in it need not be known.

use super::Writer;
use crate::{
    cells::{days_of, instants_of, push_cell},
    error::Context as _,
};
use dp_lake::{
    Day, LakeError,
    map::{CELL_ZOOMS, Tile, cell_of},
};
use dp_model::Point;
use rusqlite::OptionalExtension as _;

/// Fixes whose cells are in memory before they are counted: 16 bytes each.
const FIXES_AT_ONCE: usize = 500_000;

/// Fixes of one source in one cell, sorted by both.
type Counts = Vec<((i64, u64), u64)>;

impl Writer {
    /// Counts one span that has changed; whether there was one.
    pub(crate) fn count_span(&mut self) -> Result<bool, LakeError> {
        let due: Option<(i64, i32)> = self
            .connection
            .prepare_cached("SELECT series, span FROM map_due ORDER BY series, span LIMIT 1")
            .and_then(|mut statement| {
                statement.query_row((), |row| Ok((row.get(0)?, row.get(1)?))).optional()
            })
            .context("look for what is to be counted")?;
        let Some((series, span)) = due else { return Ok(false) };
        // Not a change of the vault, so it has no sequence number.
        self.connection.execute_batch("BEGIN IMMEDIATE").context("begin a transaction")?;
        let counted = self
            .count(series, span)
            .and_then(|()| self.connection.execute_batch("COMMIT").context("commit a transaction"));
        if counted.is_err() {
            // SQLite may have rolled back by itself, and then this fails.
            let _ = self.connection.execute_batch("ROLLBACK");
        }
        counted.map(|()| true)
    }

    fn count(&self, series: i64, span: i32) -> Result<(), LakeError> {
        let mut counts = self.counts_of(series, span)?;
        let write = |counts: &mut Counts| -> rusqlite::Result<()> {
            let connection = &self.connection;
            for table in ["map_cells", "map_due"] {
                let sql = format!("DELETE FROM {table} WHERE series = ? AND span = ?");
                connection.prepare_cached(&sql)?.execute((series, span))?;
            }
            let mut insert = connection.prepare_cached(
                "INSERT INTO map_cells (series, zoom, tile, span, source, cells) VALUES (?, ?, ?, ?, ?, ?)",
            )?;
            for zoom in (0..=Tile::ZOOM_MAX).rev() {
                for tile in counts.chunk_by(|one, other| tile_of(one) == tile_of(other)) {
                    let Some((source, number)) = tile.first().map(tile_of) else { continue };
                    insert.execute((series, zoom, number as i64, span, source, written(tile)))?;
                }
                zoom_out(counts);
            }
            Ok(())
        };
        write(&mut counts).context("count the fixes on the map")
    }

    /// The fixes of a span by source and by cell of the closest zoom.
    fn counts_of(&self, series: i64, span: i32) -> Result<Counts, LakeError> {
        let days = days_of(span);
        let (low, high) = instants_of(days);
        let mut statement = self
            .connection
            .prepare_cached(
                "SELECT latitude_e7, longitude_e7, source, day FROM samples
                 WHERE series = ? AND time_us >= ? AND time_us < ? AND value IS NULL",
            )
            .context("read fixes")?;
        let mut rows = statement.query((series, low, high)).context("read fixes")?;
        let mut counts = Counts::new();
        let mut read: Vec<(i64, u64)> = Vec::new();
        while let Some(row) = rows.next().context("read fixes")? {
            let cell = || -> rusqlite::Result<Option<(i64, u64)>> {
                let day: Day = row.get(3)?;
                if !(days.0..days.1).contains(&day) {
                    return Ok(None);
                }
                let point = Point { latitude_e7: row.get(0)?, longitude_e7: row.get(1)? };
                Ok(Some((row.get(2)?, cell_of(point, Tile::ZOOM_MAX + CELL_ZOOMS))))
            };
            read.extend(cell().context("read fixes")?);
            if read.len() == FIXES_AT_ONCE {
                counts = added(counts, &mut read);
            }
        }
        Ok(added(counts, &mut read))
    }
}

/// The counts with what was read, which is taken.
fn added(mut counts: Counts, read: &mut Vec<(i64, u64)>) -> Counts {
    read.sort_unstable();
    counts.extend(read.chunk_by(|one, other| one == other).map(|same| (same[0], same.len() as u64)));
    read.clear();
    counts.sort_unstable();
    merge_equal(&mut counts);
    counts
}

/// Makes the cells those of one zoom further out.
fn zoom_out(counts: &mut Counts) {
    for ((_, cell), _) in counts.iter_mut() {
        *cell >>= 2;
    }
    merge_equal(counts);
}

/// Adds neighbours of one source and cell together.
fn merge_equal(counts: &mut Counts) {
    counts.dedup_by(|next, kept| {
        let is_equal = next.0 == kept.0;
        if is_equal {
            kept.1 += next.1;
        }
        is_equal
    });
}

/// Source and tile of a cell.
const fn tile_of(&((source, cell), _): &((i64, u64), u64)) -> (i64, u64) {
    (source, cell >> (2 * CELL_ZOOMS))
}

/// The cells of one tile in bytes.
fn written(tile: &[((i64, u64), u64)]) -> Vec<u8> {
    let (mut bytes, mut before) = (Vec::with_capacity(2 * tile.len()), None);
    for &((_, cell), count) in tile {
        let cell = cell & ((1 << (2 * CELL_ZOOMS)) - 1);
        push_cell(&mut bytes, before, cell, count);
        before = Some(cell);
    }
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_are_added_however_they_are_read() {
        let mut whole = vec![(1, 5), (2, 4), (1, 5), (1, 9), (1, 6)];
        let expected = vec![((1, 5), 2), ((1, 6), 1), ((1, 9), 1), ((2, 4), 1)];
        let counts = added(added(Counts::new(), &mut whole[..2].to_vec()), &mut whole[2..].to_vec());
        assert_eq!(counts, expected);
        let mut counts = added(Counts::new(), &mut whole);
        assert_eq!(counts, expected);
        zoom_out(&mut counts);
        assert_eq!(counts, [((1, 1), 3), ((1, 2), 1), ((2, 1), 1)]);
    }
}
