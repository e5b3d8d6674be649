//! Where somebody was, out of the store: counts of a tile from the projection, ways from the fixes themselves.

use super::Reader;
use crate::{
    cells::{are_made, days_of, instants_of, read_cells, span_of},
    error::Context as _,
    names::Names,
};
use dp_lake::{
    Day, LakeError,
    map::{
        CellCount, CellSums, DensityQuery, Thinner, Tile, Track, TrackQuery, cell_of, curve, place_on_curve,
    },
    samples::SampleIdentity,
};
use dp_model::Point;
use std::collections::BTreeSet;

/// Tiles that a box is looked for in.
const TILES_MAX: u64 = 16;

impl Reader {
    pub(crate) fn density(&mut self, query: &DensityQuery) -> Result<Vec<CellCount>, LakeError> {
        self.require_cells()?;
        let mut sums = CellSums::of(query.tile);
        let sources = Names::sources(&self.connection)?;
        let Some(series) = Names::series(&self.connection)?.find(&query.series) else {
            return Ok(Vec::new());
        };
        let is_wanted =
            |source: i64, day: Day| sources.name(source).is_some_and(|source| query.wants(source, day));
        let whole = whole_spans(query.from, query.until);
        if whole.0 < whole.1 {
            self.add_spans(
                query.tile,
                series,
                whole,
                &|span, source| is_wanted(source, days_of(span).0),
                &mut sums,
            )?;
        }
        for days in days_beside(query.from, query.until, whole) {
            self.add_days(series, days, &is_wanted, &mut sums)?;
        }
        Ok(sums.counts())
    }

    /// Adds what the projection has of a tile in some whole spans.
    fn add_spans(
        &self,
        tile: Tile,
        series: i64,
        spans: (i32, i32),
        is_wanted: &dyn Fn(i32, i64) -> bool,
        sums: &mut CellSums,
    ) -> Result<(), LakeError> {
        let mut statement = self
            .connection
            .prepare_cached(
                "SELECT span, source, cells FROM map_cells
                 WHERE series = ? AND zoom = ? AND tile = ? AND span >= ? AND span < ?",
            )
            .context("read the counts of the map")?;
        let mut rows = statement
            .query((series, tile.zoom(), tile.number() as i64, spans.0, spans.1))
            .context("read the counts of the map")?;
        while let Some(row) = rows.next().context("read the counts of the map")? {
            let (span, source) = (row.get(0), row.get(1));
            if !is_wanted(
                span.context("read the counts of the map")?,
                source.context("read the counts of the map")?,
            ) {
                continue;
            }
            let cells = row.get_ref(2).context("read the counts of the map")?;
            let bytes = cells.as_blob().map_err(|error| damaged(&error))?;
            for cell in read_cells(bytes) {
                let (cell, count) = cell.ok_or_else(|| damaged(&"a count can't be read"))?;
                sums.add(cell, count);
            }
        }
        Ok(())
    }

    /// Adds the fixes of some local days.
    fn add_days(
        &self,
        series: i64,
        (first, past): (Day, Day),
        is_wanted: &dyn Fn(i64, Day) -> bool,
        sums: &mut CellSums,
    ) -> Result<(), LakeError> {
        let (low, high) = instants_of((first, past));
        let mut statement = self
            .connection
            .prepare_cached(
                "SELECT latitude_e7, longitude_e7, source, day FROM samples
                 WHERE series = ? AND time_us >= ? AND time_us < ? AND value IS NULL",
            )
            .context("read fixes")?;
        let mut rows = statement.query((series, low, high)).context("read fixes")?;
        while let Some(row) = rows.next().context("read fixes")? {
            let mut add = || -> rusqlite::Result<()> {
                let day: Day = row.get(3)?;
                if (first..past).contains(&day) && is_wanted(row.get(2)?, day) {
                    sums.add_point(Point { latitude_e7: row.get(0)?, longitude_e7: row.get(1)? });
                }
                Ok(())
            };
            add().context("read fixes")?;
        }
        Ok(())
    }

    pub(crate) fn track(&mut self, query: &TrackQuery) -> Result<Track, LakeError> {
        self.require_cells()?;
        let Some(series) = Names::series(&self.connection)?.find(&query.series) else {
            return Ok(Track::default());
        };
        let sources = Names::sources(&self.connection)?;
        let mut thinner = Thinner::of(query);
        let (mut left, mut last) = (query.read_max.max(1), query.after);
        for (low, high) in self.ranges(query, series)? {
            let sql = "SELECT time_us, device, latitude_e7, longitude_e7, source, day FROM samples
                 WHERE series = ? AND (time_us, device, latitude_e7, longitude_e7) > (?, ?, ?, ?)
                     AND time_us < ? AND value IS NULL
                 ORDER BY time_us, device, latitude_e7, longitude_e7";
            let mut statement = self.connection.prepare_cached(sql).context("read fixes")?;
            let before = (low, i64::MIN, Point { latitude_e7: i32::MIN, longitude_e7: i32::MIN });
            let after = last.map_or(before, |last| {
                let point = last.point.unwrap_or(before.2);
                before.max((last.time_us, last.device, point))
            });
            let mut rows = statement
                .query((series, after.0, after.1, after.2.latitude_e7, after.2.longitude_e7, high))
                .context("read fixes")?;
            while let Some(row) = rows.next().context("read fixes")? {
                let read = || -> rusqlite::Result<(SampleIdentity, Point, i64, Day)> {
                    let point = Point { latitude_e7: row.get(2)?, longitude_e7: row.get(3)? };
                    let identity =
                        SampleIdentity { time_us: row.get(0)?, device: row.get(1)?, point: Some(point) };
                    Ok((identity, point, row.get(4)?, row.get(5)?))
                };
                let (identity, point, source, day) = read().context("read fixes")?;
                let is_wanted = sources
                    .name(source)
                    .is_some_and(|source| query.wants(identity.time_us, point, source, day));
                if left == 0 || (is_wanted && !thinner.take(identity.time_us, identity.device, point)) {
                    return Ok(Track { points: thinner.into_points(), next: last });
                }
                (left, last) = (left - 1, Some(identity));
            }
        }
        Ok(Track { points: thinner.into_points(), next: None })
    }

    /// The instants in which fixes of a track can be, in order of time and apart from each other: all, but of a
    /// box only the spans that the projection knows it from.
    fn ranges(&self, query: &TrackQuery, series: i64) -> Result<Vec<(i64, i64)>, LakeError> {
        let days = (query.from.unwrap_or(Day::MIN), query.until.unwrap_or(Day::MAX));
        let (mut low, mut high) = match (query.from, query.until) {
            (None, None) => (i64::MIN, i64::MAX),
            _ => instants_of(days),
        };
        low = low.max(query.from_us.unwrap_or(i64::MIN));
        high = high.min(query.until_us.unwrap_or(i64::MAX));
        let Some(borders) = query.within_e7 else { return Ok(vec![(low, high)]) };
        let mut ranges: Vec<(i64, i64)> = Vec::new();
        for span in self.spans_in(borders, series)? {
            let (first, past) = instants_of(days_of(span));
            let (first, past) = (first.max(low), past.min(high));
            match ranges.last_mut() {
                _ if first >= past => {}
                Some(before) if before.1 >= first => before.1 = past,
                _ => ranges.push((first, past)),
            }
        }
        Ok(ranges)
    }

    /// The spans with any fix in a box, or near it, and those that are not counted yet.
    fn spans_in(&self, borders: [i32; 4], series: i64) -> Result<BTreeSet<i32>, LakeError> {
        let read = |sql: &str, values: &[i64]| -> rusqlite::Result<Vec<i32>> {
            let mut statement = self.connection.prepare_cached(sql)?;
            statement.query_map(rusqlite::params_from_iter(values), |row| row.get(0))?.collect()
        };
        let mut spans: BTreeSet<i32> = read("SELECT span FROM map_due WHERE series = ?", &[series])
            .context("look for what is to be counted")?
            .into_iter()
            .collect();
        for (zoom, tile) in tiles_of(borders) {
            let sql = "SELECT DISTINCT span FROM map_cells WHERE series = ? AND zoom = ? AND tile = ?";
            spans.extend(
                read(sql, &[series, i64::from(zoom), tile as i64]).context("read the counts of the map")?,
            );
        }
        Ok(spans)
    }

    fn require_cells(&self) -> Result<(), LakeError> {
        if are_made(&self.connection)? {
            return Ok(());
        }
        let reason =
            "it is not made yet; a command that writes, such as `datapunk import`, makes it".to_owned();
        Err(LakeError::Projection { projection: "map", reason })
    }

    /// Whether everything is counted.
    pub(crate) fn is_counted(&mut self) -> Result<bool, LakeError> {
        self.require_cells()?;
        self.connection
            .query_row("SELECT NOT EXISTS (SELECT 1 FROM map_due)", (), |row| row.get(0))
            .context("look for what is to be counted")
    }
}

fn damaged(reason: &dyn std::fmt::Display) -> LakeError {
    LakeError::Projection { projection: "map", reason: reason.to_string() }
}

/// The spans that lie wholly in a range of days: the first one, and the first one past them.
fn whole_spans(from: Option<Day>, until: Option<Day>) -> (i32, i32) {
    let first = from.map_or(i32::MIN, |from| {
        let span = span_of(from);
        if days_of(span).0 == from { span } else { span + 1 }
    });
    (first, until.map_or(i32::MAX, span_of))
}

/// The days of a range that lie in no whole span.
fn days_beside(from: Option<Day>, until: Option<Day>, whole: (i32, i32)) -> Vec<(Day, Day)> {
    let mut beside = Vec::new();
    if whole.0 > whole.1 {
        // Within one span.
        beside.extend(from.zip(until));
    } else {
        beside.extend(from.map(|from| (from, days_of(whole.0).0)));
        beside.extend(until.map(|until| (days_of(whole.1).0, until)));
    }
    beside.retain(|(first, past)| first < past);
    beside
}

/// A few tiles that cover a box: their zoom and their numbers.
fn tiles_of([south, west, north, east]: [i32; 4]) -> Vec<(u8, u64)> {
    let parts =
        if west <= east { vec![(west, east)] } else { vec![(west, 1_800_000_000), (-1_800_000_000, east)] };
    let mut tiles = Vec::new();
    for (west, east) in parts {
        let corner = |latitude_e7, longitude_e7, zoom| {
            place_on_curve(cell_of(Point { latitude_e7, longitude_e7 }, zoom))
        };
        let found = (0..=Tile::ZOOM_MAX).rev().find_map(|zoom| {
            let (left, top) = corner(north, west, zoom);
            let (right, bottom) = corner(south, east, zoom);
            let count = u64::from(right.saturating_sub(left) + 1) * u64::from(bottom.saturating_sub(top) + 1);
            (count <= TILES_MAX).then_some((zoom, left..=right, top..=bottom))
        });
        let Some((zoom, columns, rows)) = found else { continue };
        tiles.extend(rows.flat_map(|y| columns.clone().map(move |x| (zoom, curve(x, y)))));
    }
    tiles
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whole_spans_and_the_days_beside_them_are_the_range() {
        let ranges = [
            (None, None),
            (Some(5), Some(9)),
            (Some(0), Some(32)),
            (Some(-40), Some(100)),
            (Some(64), None),
            (None, Some(65)),
            (Some(31), Some(33)),
            (Some(9), Some(5)),
            (Some(70), Some(40)),
        ];
        for (from, until) in ranges {
            let whole = whole_spans(from, until);
            let beside = days_beside(from, until, whole);
            for day in -200..200 {
                let is_in = from.is_none_or(|from| day >= from) && until.is_none_or(|until| day < until);
                let spans = usize::from(whole.0 <= span_of(day) && span_of(day) < whole.1);
                let days = beside.iter().filter(|(first, past)| (*first..*past).contains(&day)).count();
                assert_eq!(spans + days, usize::from(is_in), "{from:?} {until:?} {day}");
            }
        }
    }

    #[test]
    fn a_box_is_covered_by_a_few_tiles() {
        for borders in [
            [387_000_000, -92_000_000, 388_000_000, -91_000_000],
            [-900_000_000, -1_800_000_000, 900_000_000, 1_800_000_000],
            [-200_000_000, 1_770_000_000, -150_000_000, -1_780_000_000],
            [0, 0, 0, 0],
        ] {
            let tiles = tiles_of(borders);
            assert!(!tiles.is_empty() && tiles.len() as u64 <= 2 * TILES_MAX, "{borders:?}: {}", tiles.len());
            let corner = Point { latitude_e7: borders[0], longitude_e7: borders[1] };
            assert!(tiles.iter().any(|&(zoom, tile)| tile == cell_of(corner, zoom)), "{borders:?}");
        }
        assert!(tiles_of([5, 5, 0, 0]).len() < 40);
    }
}
