//! Times as a person writes them: `2024`, `2024-06`, `2024-06-14`, `2024-06-14 08:30`, `2024-06-14T08:30:00+02:00`
//! come in, moments go out. What `text_of_moment` writes is read back.

use crate::{days_of_text, etl::HomeClock};
use dp_model::{Moment, Precision};
use jiff::fmt::temporal::Pieces;

/// This instant on the clock of the home zone, to the second.
#[must_use]
pub fn moment_now(now_us: i64, clock: &mut HomeClock) -> Moment {
    let second_us = now_us.div_euclid(1_000_000).saturating_mul(1_000_000);
    Moment::with_offset(second_us, clock.offset_s(now_us), Precision::Second)
}

/// The moment that a text means. Without an offset it is a wall clock's, which is read in the home zone.
///
/// # Errors
/// When it means none, in words for the person.
pub fn moment_of_text(text: &str) -> Result<Moment, String> {
    let text = text.trim();
    if let Ok((first, _)) = days_of_text(text) {
        let precision = match text.split('-').count() {
            1 => Precision::Year,
            2 => Precision::Month,
            _ => Precision::Day,
        };
        return Ok(Moment { precision, ..Moment::date(first) });
    }
    instant_of_text(text).ok_or_else(|| {
        format!("{text:?} is no time; write 2024-06-14, 2024-06-14T08:30 or 2024-06-14T08:30:00+02:00")
    })
}

fn instant_of_text(text: &str) -> Option<Moment> {
    let pieces = Pieces::parse(text).ok()?;
    let time = pieces.time()?;
    let civil = pieces.date().to_datetime(time);
    let precision = match time.subsec_nanosecond() {
        0 if has_seconds(text) => Precision::Second,
        0 => Precision::Minute,
        nanoseconds if nanoseconds % 1_000_000 == 0 => Precision::Millisecond,
        _ => Precision::Microsecond,
    };
    let zone = pieces.to_time_zone().ok()?;
    let name = zone.as_ref().and_then(|zone| zone.iana_name()).map(str::to_owned);
    let is_zulu =
        pieces.offset().is_some_and(|offset| matches!(offset, jiff::fmt::temporal::PiecesOffset::Zulu));
    let (offset, zone) = match (pieces.to_numeric_offset(), zone) {
        (Some(offset), _) => (offset, name),
        (None, Some(zone)) => (zone.to_ambiguous_zoned(civil).compatible().ok()?.offset(), name),
        (None, None) => {
            let wall = civil.to_zoned(jiff::tz::TimeZone::UTC).ok()?.timestamp();
            return Some(Moment::wall(wall.as_microsecond(), precision));
        }
    };
    let utc_us = offset.to_timestamp(civil).ok()?.as_microsecond();
    if is_zulu {
        return Some(Moment::utc(utc_us, precision));
    }
    Some(Moment { zone: zone.map(Into::into), ..Moment::with_offset(utc_us, offset.seconds(), precision) })
}

/// Whether the time of day is written with seconds.
fn has_seconds(text: &str) -> bool {
    let time = text.split_once(['T', 't', ' ']).map_or("", |(_, time)| time);
    let time = time.split(['+', '-', 'Z', 'z', '[']).next().unwrap_or_default();
    time.matches(':').count() > 1
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text_of_moment;

    #[test]
    fn times_are_read_as_exactly_as_they_are_written() {
        let read = |text: &str| moment_of_text(text).unwrap();
        assert_eq!(read("1971"), Moment { precision: Precision::Year, ..Moment::date(365) });
        assert_eq!(read("1970-02"), Moment { precision: Precision::Month, ..Moment::date(31) });
        assert_eq!(read(" 1970-01-03 "), Moment::date(2));
        assert_eq!(read("1970-01-01T01:00"), Moment::wall(3_600_000_000, Precision::Minute));
        assert_eq!(read("1970-01-01 00:00:01"), Moment::wall(1_000_000, Precision::Second));
        assert_eq!(read("1970-01-01T00:00:01.5Z"), Moment::utc(1_500_000, Precision::Millisecond));
        assert_eq!(read("1970-01-01T02:00+02:00"), Moment::with_offset(0, 7200, Precision::Minute));
        let zoned = read("2024-06-14T08:30:00[Europe/Zurich]");
        assert_eq!((zoned.offset_s, zoned.zone.as_deref()), (Some(7200), Some("Europe/Zurich")));
        for text in ["2019-05-14T09:00:00Z", "2019-05-14T03:30:00-05:30", "2019-05-14T09:00:00", "2019-05-14"]
        {
            assert_eq!(text_of_moment(&read(text)), text);
        }
    }

    #[test]
    fn what_is_no_time_is_told_how_to_write_one() {
        for wrong in
            ["", "soon", "2024-13-01", "2024-06-14T25:00", "08:30", "2024-06-14T08:30[Nowhere/None]", "\0"]
        {
            assert!(moment_of_text(wrong).unwrap_err().contains("2024-06-14T08:30"), "{wrong}");
        }
    }
}
