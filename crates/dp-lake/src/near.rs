//! Distances on the map: which points lie in a circle. Coordinates in, yes or no out; the same answer in
//! every backend, because every backend asks here.

use crate::Near;

/// Mean radius of the Earth.
const EARTH_RADIUS_M: f64 = 6_371_008.8;

/// Metres along the surface of a sphere between two points in degrees × 1e7, by the haversine formula.
#[must_use]
pub fn distance_m(one: (i32, i32), other: (i32, i32)) -> f64 {
    let radians = |degrees_e7: i32| (f64::from(degrees_e7) / 1e7).to_radians();
    let (latitude, other_latitude) = (radians(one.0), radians(other.0));
    let half = |from: f64, to: f64| ((to - from) / 2.0).sin().powi(2);
    let longitudes = half(radians(one.1), radians(other.1));
    let chord = half(latitude, other_latitude) + latitude.cos() * other_latitude.cos() * longitudes;
    2.0 * EARTH_RADIUS_M * chord.sqrt().clamp(0.0, 1.0).asin()
}

impl Near {
    /// Whether a point, in degrees × 1e7, lies in the circle.
    #[must_use]
    pub fn holds(&self, latitude_e7: i32, longitude_e7: i32) -> bool {
        // Most points are far away, and one comparison says so: a degree of latitude is as long everywhere.
        let apart_e7 = (i64::from(latitude_e7) - i64::from(self.latitude_e7)).abs();
        let radius_m = f64::from(self.radius_m);
        if apart_e7 as f64 * (EARTH_RADIUS_M.to_radians() / 1e7) > radius_m + 1.0 {
            return false;
        }
        distance_m((self.latitude_e7, self.longitude_e7), (latitude_e7, longitude_e7)) <= radius_m
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LISBON: (i32, i32) = (387_250_900, -91_498_000);
    const PORTO: (i32, i32) = (411_496_100, -86_109_900);

    fn around(middle: (i32, i32), radius_m: u32) -> Near {
        Near { latitude_e7: middle.0, longitude_e7: middle.1, radius_m }
    }

    #[test]
    fn distances_are_those_of_the_map() {
        let km = distance_m(LISBON, PORTO) / 1000.0;
        assert!((km - 273.6).abs() < 1.0, "{km}");
        assert_eq!(distance_m(LISBON, LISBON), 0.0);
        let half_way_round = distance_m((0, 0), (0, 1_800_000_000)) / 1000.0;
        assert!((half_way_round - 20_015.0).abs() < 1.0, "{half_way_round}");
    }

    #[test]
    fn circles_reach_over_the_date_line_and_the_poles() {
        assert!(around((0, 1_799_900_000), 5_000).holds(0, -1_799_900_000));
        assert!(around((899_900_000, 0), 5_000).holds(899_900_000, 1_800_000_000));
        assert!(!around((0, 1_799_900_000), 1_000).holds(0, -1_799_900_000));
        assert!(around(LISBON, 274_000).holds(PORTO.0, PORTO.1));
        assert!(!around(LISBON, 273_000).holds(PORTO.0, PORTO.1));
        assert!(around(LISBON, 0).holds(LISBON.0, LISBON.1));
    }
}
