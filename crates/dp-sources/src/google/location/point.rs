//! Points, fixes and their providers as location exports write them.

use super::{SERIES, SOURCE};
use crate::json::{Cursor, JsonError, ValueKind};
use dp_model::{Fix, FixProvider, Metadata, Point, Reading, Sample};

/// Reads a point out of text: the first two decimal numbers in it, latitude first. Takes
/// `47.37°, 8.54°`, `geo:47.37,8.54`, and both with a missing or garbled degree sign.
pub(super) fn parse_point(text: &str) -> Option<Point> {
    let mut numbers = text
        .split(|c: char| !(c.is_ascii_digit() || matches!(c, '-' | '+' | '.' | 'e' | 'E')))
        .filter_map(|word| word.parse::<f64>().ok());
    Point::from_degrees(numbers.next()?, numbers.next()?)
}

/// Reads a point that is a text, or an object with that text under `latLng`.
pub(super) fn read_point(cursor: &mut Cursor<'_>) -> Result<Option<Point>, JsonError> {
    if cursor.peek()? != ValueKind::Object {
        return Ok(cursor.text()?.and_then(|text| parse_point(&text)));
    }
    let mut point = None;
    cursor.object(|cursor, key| match key {
        b"latLng" | b"LatLng" | b"point" => {
            point = cursor.text()?.and_then(|text| parse_point(&text));
            Ok(())
        }
        _ => cursor.skip(),
    })?;
    Ok(point)
}

/// What told a device where it was. None for a word that is not known.
pub(super) fn provider(word: &str) -> Option<FixProvider> {
    let is = |known: &str| word.eq_ignore_ascii_case(known);
    Some(match word {
        _ if is("WIFI") => FixProvider::Wifi,
        _ if is("GPS") => FixProvider::Gps,
        _ if is("CELL") => FixProvider::Cell,
        _ if is("UNKNOWN") => FixProvider::Unknown,
        _ if is("VISIT_ARRIVAL") || is("VISIT_DEPARTURE") => FixProvider::Visit,
        _ => return None,
    })
}

/// A fix at a point of which nothing else is known.
pub(super) fn bare_fix(point: Point, provider: FixProvider) -> Fix {
    Fix {
        point,
        accuracy_m: None,
        altitude_m: None,
        vertical_accuracy_m: None,
        speed_mps: None,
        heading_deg: None,
        provider,
    }
}

/// A fix as a sample of the location series.
pub(super) fn fix_sample(
    time_us: i64,
    offset_s: Option<i32>,
    device: i64,
    fix: Fix,
    metadata: Metadata,
) -> Sample {
    Sample {
        series: SERIES.into(),
        source: SOURCE.into(),
        time_us,
        offset_s,
        device,
        reading: Reading::Fix(fix),
        metadata,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn points_are_read_from_every_spelling() {
        let zurich = Point { latitude_e7: 473_769_000, longitude_e7: 85_417_000 };
        for text in [
            "47.3769000°, 8.5417000°",
            "geo:47.376900,8.541700",
            "47.3769Â°, 8.5417Â°",
            "47.3769,8.5417",
            "47.3769 8.5417 ignored 3",
        ] {
            assert_eq!(parse_point(text), Some(zurich), "{text}");
        }
        assert_eq!(
            parse_point("-33.8688°, -70.5°"),
            Some(Point { latitude_e7: -338_688_000, longitude_e7: -705_000_000 })
        );
        for text in ["", "geo:", "47.3", "0.0°, 0.0°", "91.0, 5.0", "NaN, inf"] {
            assert_eq!(parse_point(text), None, "{text}");
        }
    }
}
