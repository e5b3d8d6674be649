//! A part of the map as parameters have it, `west,south,east,north` in degrees, as GeoJSON and most maps do.

use crate::http::problem::Problem;
use dp_lake::samples::is_within;
use dp_model::Point;

/// A box. One whose west lies east of its east goes across the 180th meridian.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::http) struct BoundingBox {
    /// South, west, north and east border in degrees × 1e7.
    pub(in crate::http) borders_e7: [i32; 4],
}

impl BoundingBox {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_box_is_four_numbers_on_the_map() {
        let lisbon = BoundingBox::of("-9.2, 38.6, -9.0, 38.8").unwrap();
        assert_eq!(lisbon.borders_e7, [386_000_000, -92_000_000, 388_000_000, -90_000_000]);
        for wrong in ["", "1,2,3", "1,2,3,4,5", "0,91,0,0", "0,5,0,4", "181,0,0,0", "a,b,c,d", "NaN,0,0,0"] {
            assert!(BoundingBox::of(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_box_may_go_across_the_180th_meridian() {
        let fiji = BoundingBox::of("177,-20,-178,-15").unwrap();
        assert!(fiji.holds(Point::from_degrees(-17.8, 179.5).unwrap()));
        assert!(fiji.holds(Point::from_degrees(-17.8, -179.5).unwrap()));
        assert!(!fiji.holds(Point::from_degrees(-17.8, 0.0).unwrap()));
    }
}
