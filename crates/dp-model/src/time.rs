//! When something happened: the instant, the local clock, and how exactly either is known.

use serde::{Deserialize, Serialize};

/// How exactly a time is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[repr(u8)]
pub enum Precision {
    /// To the year.
    Year = 1,
    /// To the month.
    Month = 2,
    /// A calendar date: not an instant, and never shifted through a zone.
    Day = 3,
    /// To the minute.
    Minute = 4,
    /// To the second.
    Second = 5,
    /// To the millisecond.
    Millisecond = 6,
    /// To the microsecond.
    Microsecond = 7,
}

impl Precision {
    /// The precision with this stored code.
    #[must_use]
    pub const fn from_code(code: u8) -> Option<Self> {
        Some(match code {
            1 => Self::Year,
            2 => Self::Month,
            3 => Self::Day,
            4 => Self::Minute,
            5 => Self::Second,
            6 => Self::Millisecond,
            7 => Self::Microsecond,
            _ => return None,
        })
    }
}

/// Whether `Moment::utc_us` is a real instant or a wall clock whose zone nobody wrote down.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Clock {
    /// `utc_us` is the instant.
    Instant,
    /// `utc_us` is the local wall-clock reading, written as if it were UTC (calendar dates,
    /// floating calendar times, unknown zone abbreviations).
    Wall,
}

/// A point in time as a record gives it.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Moment {
    /// Microseconds since 1970-01-01T00:00:00Z; before that, negative.
    pub utc_us: i64,
    /// Seconds east of UTC on the local clock, if the record says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub offset_s: Option<i32>,
    /// IANA zone name, if the record says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub zone: Option<Box<str>>,
    /// How exactly it is known.
    pub precision: Precision,
    /// Instant or wall clock.
    pub clock: Clock,
}

impl Moment {
    /// Microseconds in a day.
    pub const DAY_US: i64 = 86_400_000_000;

    /// An instant with neither offset nor zone.
    #[must_use]
    pub const fn utc(utc_us: i64, precision: Precision) -> Self {
        Self { utc_us, offset_s: None, zone: None, precision, clock: Clock::Instant }
    }

    /// An instant read from a clock `offset_s` seconds east of UTC.
    #[must_use]
    pub const fn with_offset(utc_us: i64, offset_s: i32, precision: Precision) -> Self {
        Self { utc_us, offset_s: Some(offset_s), zone: None, precision, clock: Clock::Instant }
    }

    /// A wall-clock reading without a zone; `wall_us` is it as if it were UTC.
    #[must_use]
    pub const fn wall(wall_us: i64, precision: Precision) -> Self {
        Self { utc_us: wall_us, offset_s: None, zone: None, precision, clock: Clock::Wall }
    }

    /// A calendar date, as days since 1970-01-01.
    #[must_use]
    pub const fn date(days: i32) -> Self {
        Self::wall(days as i64 * Self::DAY_US, Precision::Day)
    }

    /// Days since 1970-01-01 on the local clock, `home_offset_s` standing in for an unknown offset.
    #[must_use]
    pub const fn local_day(&self, home_offset_s: i32) -> i32 {
        let offset_s = match (self.clock, self.offset_s) {
            (Clock::Wall, _) => 0,
            (Clock::Instant, Some(offset_s)) => offset_s,
            (Clock::Instant, None) => home_offset_s,
        };
        (self.utc_us.saturating_add(offset_s as i64 * 1_000_000)).div_euclid(Self::DAY_US) as i32
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn local_day_follows_the_offset_and_never_moves_a_date() {
        let late = Moment::with_offset(86_399_000_000, 3600, Precision::Second);
        assert_eq!(late.local_day(0), 1);
        assert_eq!(Moment::utc(86_399_000_000, Precision::Second).local_day(-7200), 0);
        assert_eq!(Moment::utc(-1, Precision::Second).local_day(0), -1);
        assert_eq!(Moment::date(17).local_day(-40_000), 17);
    }
}
