//! The home zone's clock: local days and sortable instants of moments that don't say their offset.

use crate::Day;
use dp_model::{Clock, Moment, Precision};
use jiff::tz::TimeZone;

/// Microseconds between looks into the zone's rules; offsets change at full quarters of an hour.
const LOOK_US: i64 = 900_000_000;
/// Microseconds of an hour.
const HOUR_US: i64 = 3_600_000_000;

/// Works out local days in the home zone. Remembers the last offset, since records come in order.
#[derive(Debug, Clone)]
pub struct HomeClock {
    zone: TimeZone,
    last: (i64, i32),
}

impl HomeClock {
    /// A clock in the zone with this IANA name; an unknown name is UTC.
    #[must_use]
    pub fn new(zone: &str) -> Self {
        let zone = TimeZone::get(zone).unwrap_or(TimeZone::UTC);
        let mut clock = Self { zone, last: (0, 0) };
        clock.last = (0, clock.look_up(0));
        clock
    }

    /// Seconds east of UTC in the home zone at this instant.
    pub fn offset_s(&mut self, utc_us: i64) -> i32 {
        let quarter = utc_us.div_euclid(LOOK_US);
        if quarter != self.last.0 {
            self.last = (quarter, self.look_up(utc_us));
        }
        self.last.1
    }

    /// The local day of a moment.
    pub fn day(&mut self, moment: &Moment) -> Day {
        let home = if moment.offset_s.is_none() && moment.clock == Clock::Instant {
            self.offset_s(moment.utc_us)
        } else {
            0
        };
        moment.local_day(home)
    }

    /// The hour of the local day a moment lies in, 0 to 23; None if it is known to the day at best.
    pub fn hour(&mut self, moment: &Moment) -> Option<u8> {
        if matches!(moment.precision, Precision::Year | Precision::Month | Precision::Day) {
            return None;
        }
        let offset_s = match (moment.clock, moment.offset_s) {
            (Clock::Wall, _) => 0,
            (Clock::Instant, Some(offset_s)) => offset_s,
            (Clock::Instant, None) => self.offset_s(moment.utc_us),
        };
        let local_us = moment.utc_us.saturating_add(i64::from(offset_s) * 1_000_000);
        u8::try_from(local_us.rem_euclid(Moment::DAY_US) / HOUR_US).ok()
    }

    /// The instant to sort a moment by: a wall clock is read in the home zone.
    pub fn sort_us(&mut self, moment: &Moment) -> i64 {
        match moment.clock {
            Clock::Instant => moment.utc_us,
            Clock::Wall => {
                let offset_s = self.offset_s(moment.utc_us);
                moment.utc_us.saturating_sub(i64::from(offset_s) * 1_000_000)
            }
        }
    }

    fn look_up(&self, utc_us: i64) -> i32 {
        jiff::Timestamp::from_microsecond(utc_us).map_or(0, |instant| self.zone.to_offset(instant).seconds())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unknown_offsets_are_taken_from_the_home_zone() {
        let mut clock = HomeClock::new("Europe/Zurich");
        let late_summer_evening = Moment::utc(1_719_784_800_000_000, Precision::Second); // 2024-06-30T22:00Z
        assert_eq!(clock.day(&late_summer_evening), 19_905);
        assert_eq!(clock.sort_us(&Moment::date(0)), -3_600_000_000);
        assert_eq!(HomeClock::new("Nowhere/None").offset_s(0), 0);
    }

    #[test]
    fn hours_are_those_of_the_local_clock_and_a_date_has_none() {
        let mut clock = HomeClock::new("Europe/Zurich");
        let ten_at_night_utc_us = 1_719_784_800_000_000; // 2024-06-30T22:00Z
        assert_eq!(clock.hour(&Moment::utc(ten_at_night_utc_us, Precision::Second)), Some(0));
        assert_eq!(clock.hour(&Moment::with_offset(ten_at_night_utc_us, -7200, Precision::Minute)), Some(20));
        assert_eq!(clock.hour(&Moment::wall(-1, Precision::Second)), Some(23));
        assert_eq!(clock.hour(&Moment::date(17)), None);
    }
}
