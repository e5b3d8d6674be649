//! Where something happened.

use serde::{Deserialize, Serialize};

/// A point on the WGS84 ellipsoid in units of 1e-7 degrees, which is exact and about a centimetre.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Point {
    /// Degrees north × 1e7, -900,000,000 to 900,000,000.
    pub latitude_e7: i32,
    /// Degrees east × 1e7, -1,800,000,000 to 1,800,000,000.
    pub longitude_e7: i32,
}

impl Point {
    /// A point from degrees × 1e7, or nothing if out of range or exactly 0,0, which exports write for
    /// "no place".
    ///
    /// Values past the range are first tried as overflowed 32-bit numbers, which old location exports hold.
    #[must_use]
    pub fn from_e7(latitude_e7: i64, longitude_e7: i64) -> Option<Self> {
        const WRAP: i64 = 1 << 32;
        let latitude = if latitude_e7 > 900_000_000 { latitude_e7 - WRAP } else { latitude_e7 };
        let longitude = if longitude_e7 > 1_800_000_000 { longitude_e7 - WRAP } else { longitude_e7 };
        let in_range = latitude.abs() <= 900_000_000 && longitude.abs() <= 1_800_000_000;
        (in_range && (latitude, longitude) != (0, 0))
            .then_some(Self { latitude_e7: latitude as i32, longitude_e7: longitude as i32 })
    }

    /// A point from degrees, under the same conditions as [`Point::from_e7`].
    #[must_use]
    pub fn from_degrees(latitude_deg: f64, longitude_deg: f64) -> Option<Self> {
        if !(latitude_deg.abs() <= 90.0 && longitude_deg.abs() <= 180.0) {
            return None;
        }
        Self::from_e7((latitude_deg * 1e7).round() as i64, (longitude_deg * 1e7).round() as i64)
    }

    /// Degrees north.
    #[must_use]
    pub fn latitude_deg(self) -> f64 {
        f64::from(self.latitude_e7) / 1e7
    }

    /// Degrees east.
    #[must_use]
    pub fn longitude_deg(self) -> f64 {
        f64::from(self.longitude_e7) / 1e7
    }
}

/// A place as a record names it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Place {
    /// What it is called.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Its postal address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub address: Option<String>,
    /// Where it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub point: Option<Point>,
    /// The provider's own id of the place.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub place_id: Option<String>,
}

impl Place {
    /// Whether nothing at all is known.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.name.is_none() && self.address.is_none() && self.point.is_none() && self.place_id.is_none()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn null_island_and_impossible_points_are_no_points() {
        assert_eq!(Point::from_e7(0, 0), None);
        assert_eq!(Point::from_e7(910_000_000 - 5, 2_000_000_000 + 900_000_000), None);
        assert_eq!(Point::from_degrees(f64::NAN, 1.0), None);
        assert!(Point::from_degrees(-33.9, 151.2).is_some());
    }

    #[test]
    fn overflowed_32_bit_values_are_brought_back() {
        let wrapped = Point::from_e7(-338_000_000 + (1 << 32), -700_000_000 + (1 << 32));
        assert_eq!(wrapped, Some(Point { latitude_e7: -338_000_000, longitude_e7: -700_000_000 }));
    }
}
