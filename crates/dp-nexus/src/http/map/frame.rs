//! A part of the map as parameters have it, `west,south,east,north` in degrees, as GeoJSON and most maps do.

use crate::http::problem::Problem;
use dp_lake::samples::is_within;
use dp_model::Point;
use serde::{Deserialize, Deserializer, de::Error as _};

/// A box. One whose west lies east of its east goes across the 180th meridian.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::http) struct Frame {
    /// South, west, north and east border in degrees × 1e7.
    pub(in crate::http) borders_e7: [i32; 4],
}

impl Frame {
    /// Whether a point lies in it, borders included.
    pub(super) fn holds(&self, point: Point) -> bool {
        is_within(self.borders_e7, point)
    }

    /// Reads four numbers.
    ///
    /// # Errors
    /// When they are not, or not of a box on the map.
    pub(in crate::http) fn of(text: &str) -> Result<Self, Problem> {
        let wrong = |why: &str| {
            let detail = format!(
                "bbox: {text:?} {why}; write west,south,east,north in degrees, as -9.2,38.6,-9.0,38.8"
            );
            Problem::parameter("bbox", detail)
        };
        let degrees = text.split(',').map(|part| part.trim().parse::<f64>().ok());
        let degrees = degrees.collect::<Option<Vec<_>>>().ok_or_else(|| wrong("is not four numbers"))?;
        let [west, south, east, north] = degrees[..] else { return Err(wrong("is not four numbers")) };
        let fits = |degrees: f64, most: f64| degrees.abs() <= most;
        if !(fits(south, 90.0) && fits(north, 90.0) && fits(west, 180.0) && fits(east, 180.0)) {
            return Err(wrong("lies beside the map"));
        }
        if south > north {
            return Err(wrong("has its south above its north"));
        }
        let borders_e7 = [south, west, north, east].map(|degrees| (degrees * 1e7).round() as i32);
        Ok(Self { borders_e7 })
    }
}

/// The zoom of a map that is drawn, 0 to 22.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Zoom(pub(super) u8);

impl Zoom {
    /// The closest a map is magnified to.
    const MAX: u8 = 22;
    /// Zooms between a tile and its pixels, of which it has 256 × 256.
    const PIXELS: u8 = 8;

    /// The zoom of which a cell is as large as a pixel of this one.
    pub(super) const fn of_pixels(self) -> u8 {
        self.0 + Self::PIXELS
    }
}

impl<'de> Deserialize<'de> for Zoom {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let zoom = u8::deserialize(deserializer)?;
        if zoom > Self::MAX {
            return Err(D::Error::custom(format!("{zoom} is no zoom; write one from 0 to {}", Self::MAX)));
        }
        Ok(Self(zoom))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_box_is_four_numbers_on_the_map() {
        let lisbon = Frame::of("-9.2, 38.6, -9.0, 38.8").unwrap();
        assert_eq!(lisbon.borders_e7, [386_000_000, -92_000_000, 388_000_000, -90_000_000]);
        for wrong in ["", "1,2,3", "1,2,3,4,5", "0,91,0,0", "0,5,0,4", "181,0,0,0", "a,b,c,d", "NaN,0,0,0"] {
            assert!(Frame::of(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_box_may_go_across_the_180th_meridian() {
        let fiji = Frame::of("177,-20,-178,-15").unwrap();
        assert!(fiji.holds(Point::from_degrees(-17.8, 179.5).unwrap()));
        assert!(fiji.holds(Point::from_degrees(-17.8, -179.5).unwrap()));
        assert!(!fiji.holds(Point::from_degrees(-17.8, 0.0).unwrap()));
    }
}
