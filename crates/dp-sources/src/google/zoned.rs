//! A local time in a named zone to a moment.

use dp_model::{Moment, Precision};
use jiff::{
    civil,
    tz::{Offset, TimeZone},
};

/// The moment when clocks in the IANA zone `name` show `local_us` (the wall clock as if it were UTC).
/// In the hour that comes twice the first is meant, in the hour that is left out the time after it.
/// None if there is no such zone or the time is out of range.
pub(super) fn moment_in_zone(local_us: i64, name: &str, precision: Precision) -> Option<Moment> {
    let zone = TimeZone::get(name).ok()?;
    let name = zone.iana_name().unwrap_or(name).to_owned();
    let local: civil::DateTime = Offset::UTC.to_datetime(jiff::Timestamp::from_microsecond(local_us).ok()?);
    let instant = zone.to_ambiguous_zoned(local).compatible().ok()?;
    Some(Moment {
        utc_us: instant.timestamp().as_microsecond(),
        offset_s: Some(instant.offset().seconds()),
        zone: Some(name.into()),
        precision,
        clock: dp_model::Clock::Instant,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::times::civil_us;

    #[test]
    fn local_times_follow_the_rules_of_their_zone() {
        let at = |date, time, zone| {
            let moment = moment_in_zone(civil_us(date, time, 0).unwrap(), zone, Precision::Second)?;
            Some((moment.utc_us / 1_000_000, moment.offset_s?))
        };
        assert_eq!(at((2025, 7, 1), (9, 30, 0), "Europe/Zurich"), Some((1_751_355_000, 7200)));
        assert_eq!(at((2025, 1, 1), (9, 30, 0), "Europe/Zurich"), Some((1_735_720_200, 3600)));
        // Left out and twice.
        assert_eq!(at((2025, 3, 30), (2, 30, 0), "Europe/Zurich"), Some((1_743_298_200, 7200)));
        assert_eq!(at((2025, 10, 26), (2, 30, 0), "Europe/Zurich"), Some((1_761_438_600, 7200)));
        assert_eq!(at((2025, 1, 1), (9, 30, 0), "Europe/Nowhere"), None);
    }
}
