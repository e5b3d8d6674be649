//! The map: squares of Web Mercator, how often somebody was in each, and the way they took. Pure, so that every
//! backend counts and thins alike; points come in, cells and fewer points go out.

use crate::{Day, filter::is_under, samples::SampleIdentity, samples::is_within};
use dp_model::{Point, Reading, Sample};
use std::collections::HashMap;

/// Zooms between a tile and the cells it is counted in: 64 × 64 of them.
pub const CELL_ZOOMS: u8 = 6;
/// Cells along the side of a tile.
pub const CELLS_ACROSS: u32 = 1 << CELL_ZOOMS;
/// The closest cells that fixes are told apart by: they are 4 cm wide at the equator.
pub const CELL_ZOOM_MAX: u8 = 30;

/// A square of the Web Mercator map: one of `2^zoom` × `2^zoom`, x from west to east and y from north to south,
/// as `z/x/y` of map tiles has them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Tile {
    zoom: u8,
    x: u32,
    y: u32,
}

impl Tile {
    /// The closest zoom of tiles that are counted in: their cells are 38 m wide at the equator. Closer ones are
    /// for a map to magnify.
    pub const ZOOM_MAX: u8 = 14;

    /// The tile, if there is such a one.
    #[must_use]
    pub const fn new(zoom: u8, x: u32, y: u32) -> Option<Self> {
        if zoom > Self::ZOOM_MAX || x >> zoom != 0 || y >> zoom != 0 {
            return None;
        }
        Some(Self { zoom, x, y })
    }

    /// How close it is.
    #[must_use]
    pub const fn zoom(self) -> u8 {
        self.zoom
    }

    /// The number of the tile among those of its zoom, in the order of a Z curve.
    #[must_use]
    pub fn number(self) -> u64 {
        curve(self.x, self.y)
    }
}

/// The number of the cell that a point lies in, of the cells that are as large as tiles of this zoom, in the order
/// of a Z curve: without its last two bits it is that of the cell one zoom out. What lies past 85.05 degrees north
/// or south is counted at the edge of the map.
#[must_use]
pub fn cell_of(point: Point, zoom: u8) -> u64 {
    let (x, y) = position(point);
    let zoom = zoom.min(CELL_ZOOM_MAX);
    let side = f64::from(1_u32 << zoom);
    let place = |part: f64| (part * side).clamp(0.0, side - 1.0) as u32;
    curve(place(x), place(y))
}

/// Where a point is on the map: from 0 in the west and north to 1 in the east and south.
#[must_use]
pub fn position(point: Point) -> (f64, f64) {
    let x = (point.longitude_deg() + 180.0) / 360.0;
    let latitude = point.latitude_deg().to_radians();
    let y = 0.5 - latitude.sin().atanh() / std::f64::consts::TAU;
    (x.clamp(0.0, 1.0), y.clamp(0.0, 1.0))
}

/// Column and row of a number on the Z curve.
#[must_use]
pub const fn place_on_curve(number: u64) -> (u32, u32) {
    (gathered(number), gathered(number >> 1))
}

/// The number of a column and a row on the Z curve.
#[must_use]
pub const fn curve(x: u32, y: u32) -> u64 {
    spread(x) | spread(y) << 1
}

/// The bits with a gap before each.
const fn spread(bits: u32) -> u64 {
    let mut wide = bits as u64;
    wide = (wide | wide << 16) & 0x0000_FFFF_0000_FFFF;
    wide = (wide | wide << 8) & 0x00FF_00FF_00FF_00FF;
    wide = (wide | wide << 4) & 0x0F0F_0F0F_0F0F_0F0F;
    wide = (wide | wide << 2) & 0x3333_3333_3333_3333;
    (wide | wide << 1) & 0x5555_5555_5555_5555
}

/// Every second bit, together.
const fn gathered(wide: u64) -> u32 {
    let mut bits = wide & 0x5555_5555_5555_5555;
    bits = (bits | bits >> 1) & 0x3333_3333_3333_3333;
    bits = (bits | bits >> 2) & 0x0F0F_0F0F_0F0F_0F0F;
    bits = (bits | bits >> 4) & 0x00FF_00FF_00FF_00FF;
    bits = (bits | bits >> 8) & 0x0000_FFFF_0000_FFFF;
    (bits | bits >> 16) as u32
}

/// Which fixes are counted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DensityQuery {
    /// Name of the series.
    pub series: String,
    /// Where.
    pub tile: Tile,
    /// Sources, as in [`crate::Filter`].
    pub sources: Vec<String>,
    /// First local day.
    pub from: Option<Day>,
    /// First local day past the range.
    pub until: Option<Day>,
}

impl DensityQuery {
    /// Whether fixes of this source and local day are counted.
    #[must_use]
    pub fn wants(&self, source: &str, day: Day) -> bool {
        wants(&self.sources, self.from, self.until, source, day)
    }
}

/// Fixes in one cell of a tile.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CellCount {
    /// From the west, 0 to 63.
    pub column: u8,
    /// From the north, 0 to 63.
    pub row: u8,
    /// Fixes; never 0.
    pub count: u64,
}

/// Adds up the fixes of one tile.
#[derive(Debug, Clone)]
pub struct CellSums {
    tile: Tile,
    sums: Vec<u64>,
}

impl CellSums {
    /// Nothing yet.
    #[must_use]
    pub fn of(tile: Tile) -> Self {
        Self { tile, sums: vec![0; 1 << (2 * CELL_ZOOMS)] }
    }

    /// Adds a fix, if it lies in the tile.
    pub fn add_point(&mut self, point: Point) {
        let cell = cell_of(point, self.tile.zoom + CELL_ZOOMS);
        if cell >> (2 * CELL_ZOOMS) == self.tile.number() {
            self.add(cell & ((1 << (2 * CELL_ZOOMS)) - 1), 1);
        }
    }

    /// Adds fixes to the cell with this number within the tile; a number that is none adds nothing.
    pub fn add(&mut self, cell: u64, count: u64) {
        if let Some(sum) = usize::try_from(cell).ok().and_then(|cell| self.sums.get_mut(cell)) {
            *sum = sum.saturating_add(count);
        }
    }

    /// The cells with any fix, row by row.
    #[must_use]
    pub fn counts(&self) -> Vec<CellCount> {
        let there = self.sums.iter().zip(0..).filter(|(count, _)| **count > 0);
        let mut counts: Vec<CellCount> = there
            .map(|(&count, number)| {
                let (column, row) = place_on_curve(number);
                CellCount { column: column as u8, row: row as u8, count }
            })
            .collect();
        counts.sort_unstable_by_key(|cell| (cell.row, cell.column));
        counts
    }
}

/// Which way is wanted, and how closely.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TrackQuery {
    /// Name of the series.
    pub series: String,
    /// Sources, as in [`crate::Filter`].
    pub sources: Vec<String>,
    /// First local day.
    pub from: Option<Day>,
    /// First local day past the range.
    pub until: Option<Day>,
    /// First instant, microseconds since 1970 UTC.
    pub from_us: Option<i64>,
    /// First instant past the range.
    pub until_us: Option<i64>,
    /// South, west, north and east border in degrees × 1e7; a west border east of the east border means across
    /// the 180th meridian.
    pub within_e7: Option<[i32; 4]>,
    /// Fixes of a device that follow each other in one cell of this zoom are one point: see [`cell_of`].
    pub cell_zoom: u8,
    /// Only what comes after this one: `next` of the part before.
    pub after: Option<SampleIdentity>,
    /// At most so many points, at least one.
    pub limit: usize,
    /// At most so many fixes are looked at, at least one.
    pub read_max: usize,
}

impl TrackQuery {
    /// Whether a fix is of the track, `after` aside.
    #[must_use]
    pub fn wants(&self, time_us: i64, point: Point, source: &str, day: Day) -> bool {
        self.from_us.is_none_or(|from| time_us >= from)
            && self.until_us.is_none_or(|until| time_us < until)
            && self.within_e7.is_none_or(|borders| is_within(borders, point))
            && wants(&self.sources, self.from, self.until, source, day)
    }
}

fn wants(sources: &[String], from: Option<Day>, until: Option<Day>, source: &str, day: Day) -> bool {
    (sources.is_empty() || sources.iter().any(|wanted| is_under(source, wanted)))
        && from.is_none_or(|from| day >= from)
        && until.is_none_or(|until| day < until)
}

/// A place where somebody was for as long as a few fixes say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TrackPoint {
    /// When the first fix was, microseconds since 1970 UTC.
    pub time_us: i64,
    /// When the last one was.
    pub until_us: i64,
    /// The exporter's number of the device.
    pub device: i64,
    /// Where the first fix was.
    pub point: Point,
    /// Fixes it stands for.
    pub fixes: u64,
}

/// A part of a way.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Track {
    /// In order of time.
    pub points: Vec<TrackPoint>,
    /// Where the next part begins; None if this is the last.
    pub next: Option<SampleIdentity>,
}

/// Makes one point of fixes that follow each other in one cell. Fixes come in in order of time.
#[derive(Debug)]
pub struct Thinner {
    cell_zoom: u8,
    limit: usize,
    points: Vec<TrackPoint>,
    /// By device: the cell it is in, and which point that is.
    last: HashMap<i64, (u64, usize)>,
}

impl Thinner {
    /// One for this query.
    #[must_use]
    pub fn of(query: &TrackQuery) -> Self {
        Self {
            cell_zoom: query.cell_zoom,
            limit: query.limit.max(1),
            points: Vec::new(),
            last: HashMap::new(),
        }
    }

    /// Takes a fix; false if that would be a point too many.
    #[must_use]
    pub fn take(&mut self, time_us: i64, device: i64, point: Point) -> bool {
        let cell = cell_of(point, self.cell_zoom);
        if let Some(&(known, index)) = self.last.get(&device)
            && known == cell
            && let Some(same) = self.points.get_mut(index)
        {
            same.until_us = time_us;
            same.fixes += 1;
            return true;
        }
        if self.points.len() >= self.limit {
            return false;
        }
        self.last.insert(device, (cell, self.points.len()));
        self.points.push(TrackPoint { time_us, until_us: time_us, device, point, fixes: 1 });
        true
    }

    /// The points.
    #[must_use]
    pub fn into_points(self) -> Vec<TrackPoint> {
        self.points
    }
}

/// The place of a sample, if it is a location fix.
#[must_use]
pub const fn place_of(sample: &Sample) -> Option<Point> {
    match &sample.reading {
        Reading::Fix(fix) => Some(fix.point),
        Reading::Number(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn point(latitude_deg: f64, longitude_deg: f64) -> Point {
        Point::from_degrees(latitude_deg, longitude_deg).unwrap()
    }

    #[test]
    fn numbers_on_the_curve_go_there_and_back() {
        for (x, y) in [(0, 0), (1, 0), (0, 1), (5, 9), (u32::MAX, 0), (123_456_789, 987_654_321)] {
            assert_eq!(place_on_curve(curve(x, y)), (x, y));
        }
        assert_eq!([curve(1, 0), curve(0, 1), curve(1, 1), curve(2, 0)], [1, 2, 3, 4]);
    }

    #[test]
    fn cells_are_those_of_other_maps() {
        // As the well-known formula has it: Lisbon lies in 12/1944/1569, and a museum in Sydney in 10/942/614.
        assert_eq!(place_on_curve(cell_of(point(38.7223, -9.1393), 12)), (1944, 1569));
        assert_eq!(place_on_curve(cell_of(point(-33.8688, 151.2093), 10)), (942, 614));
        assert_eq!(place_on_curve(cell_of(point(89.99, -180.0), 4)), (0, 0));
        assert_eq!(place_on_curve(cell_of(point(-89.99, 180.0), 4)), (15, 15));
    }

    #[test]
    fn a_cell_lies_in_the_cell_one_zoom_out() {
        for place in [point(38.7, -9.1), point(-33.9, 151.2), point(85.2, 0.1), point(0.0, 180.0)] {
            for zoom in 1..=CELL_ZOOM_MAX {
                assert_eq!(cell_of(place, zoom) >> 2, cell_of(place, zoom - 1), "{zoom}");
            }
        }
    }

    #[test]
    fn there_are_as_many_tiles_as_a_zoom_has() {
        assert!(Tile::new(0, 0, 0).is_some() && Tile::new(3, 7, 7).is_some());
        assert!(Tile::new(0, 1, 0).is_none() && Tile::new(3, 0, 8).is_none());
        assert!(Tile::new(15, 0, 0).is_none() && Tile::new(255, 0, 0).is_none());
    }

    #[test]
    fn only_fixes_in_the_tile_are_added() {
        let mut sums = CellSums::of(Tile::new(1, 0, 0).unwrap());
        for place in [point(45.0, -90.0), point(45.0, -90.0), point(-45.0, -90.0), point(45.0, 90.0)] {
            sums.add_point(place);
        }
        sums.add(1 << 60, 5);
        let [cell] = sums.counts()[..] else { panic!("{:?}", sums.counts()) };
        assert_eq!((cell.column, cell.count), (32, 2));
    }

    #[test]
    fn fixes_of_each_device_that_stay_in_a_cell_are_one_point() {
        let query = TrackQuery { cell_zoom: 10, limit: 3, ..TrackQuery::default() };
        let mut thinner = Thinner::of(&query);
        let (here, there) = (point(38.7, -9.1), point(41.1, -8.6));
        let taken = [(1, 1, here), (2, 7, there), (3, 1, here), (4, 7, here), (5, 7, here), (6, 1, there)]
            .map(|(time_us, device, place)| thinner.take(time_us, device, place));
        assert_eq!(taken, [true, true, true, true, true, false]);
        let points = thinner.into_points();
        let seen = points.iter().map(|point| (point.time_us, point.until_us, point.device, point.fixes));
        assert_eq!(seen.collect::<Vec<_>>(), [(1, 3, 1, 2), (2, 2, 7, 1), (4, 5, 7, 2)]);
    }
}
