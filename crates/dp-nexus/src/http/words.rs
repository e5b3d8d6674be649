//! Words for days and times as parameters and answers have them: `2019`, `2019-06` and `2019-06-14` come in,
//! ISO 8601 goes out.

use dp_lake::{Day, date_of_day, day_of_date};
use dp_model::{Clock, Moment, Precision};
use jiff::civil::Date;
use serde::{Deserialize, Deserializer, de::Error as _};

/// The first day of a year, a month or a day as written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct FirstDay(pub(super) Day);

/// The last day of a year, a month or a day as written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct LastDay(pub(super) Day);

impl LastDay {
    /// The first day past it.
    pub(super) fn past(self) -> Day {
        self.0.saturating_add(1)
    }
}

impl<'de> Deserialize<'de> for FirstDay {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        days(&String::deserialize(deserializer)?).map(|(first, _)| Self(first)).map_err(D::Error::custom)
    }
}

impl<'de> Deserialize<'de> for LastDay {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        days(&String::deserialize(deserializer)?).map(|(_, last)| Self(last)).map_err(D::Error::custom)
    }
}

/// The first and the last day of a year, a month or a day as written.
pub(super) fn days(text: &str) -> Result<(Day, Day), String> {
    let wrong = || format!("{text:?} is no day; write 2019, 2019-06 or 2019-06-14");
    let parts = text
        .split('-')
        .map(|part| part.parse::<i16>().map_err(|_| wrong()))
        .collect::<Result<Vec<_>, _>>()?;
    let date = |year: i16, month: i16, day: i16| {
        let (month, day) = (i8::try_from(month).ok(), i8::try_from(day).ok());
        month.zip(day).and_then(|(month, day)| Date::new(year, month, day).ok()).ok_or_else(wrong)
    };
    let (first, last) = match parts[..] {
        [year] => (date(year, 1, 1)?, date(year, 12, 31)?),
        [year, month] => (date(year, month, 1)?, date(year, month, 1)?.last_of_month()),
        [year, month, day] => (date(year, month, day)?, date(year, month, day)?),
        _ => return Err(wrong()),
    };
    Ok((day_of_date(first), day_of_date(last)))
}

/// A date, or a month and a day of a leap year.
pub(super) fn date(text: &str) -> Result<Date, String> {
    let whole = if text.len() == 5 { format!("2024-{text}") } else { text.to_owned() };
    whole.parse().map_err(|_| format!("{text:?} is no day; write 2024-06-14 or 06-14"))
}

/// A local day in text.
pub(super) fn day(day: Day) -> String {
    date_of_day(day).to_string()
}

/// A time in ISO 8601, as exactly as it is known; empty for years that can't be written.
pub(super) fn time(moment: &Moment) -> String {
    let offset_s = moment.offset_s.filter(|_| moment.clock == Clock::Instant);
    let local_us = moment.utc_us.saturating_add(i64::from(offset_s.unwrap_or(0)) * 1_000_000);
    let Ok(instant) = jiff::Timestamp::from_microsecond(local_us) else { return String::new() };
    let civil = instant.to_zoned(jiff::tz::TimeZone::UTC).datetime();
    match (moment.precision, moment.clock, offset_s) {
        (Precision::Year | Precision::Month | Precision::Day, ..) => civil.date().to_string(),
        (_, Clock::Wall, _) => civil.to_string(),
        (_, Clock::Instant, None) => format!("{civil}Z"),
        (_, Clock::Instant, Some(offset)) => {
            let sign = if offset < 0 { '-' } else { '+' };
            format!("{civil}{sign}{:02}:{:02}", offset.abs() / 3600, offset.abs() / 60 % 60)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_read_as_exactly_as_they_are_written() {
        assert_eq!(days("1970"), Ok((0, 364)));
        assert_eq!(days("1972-02"), Ok((761, 789)));
        assert_eq!(days("1970-01-02"), Ok((1, 1)));
        for wrong in ["", "soon", "1970-13", "1970-02-30", "1970-01-01-01"] {
            assert!(days(wrong).is_err(), "{wrong}");
        }
        assert_eq!(date("02-29"), Ok(jiff::civil::date(2024, 2, 29)));
        assert!(date("02-30").is_err() && date("soon").is_err());
    }

    #[test]
    fn times_are_written_as_exactly_as_they_are_known() {
        let nine_us = 1_557_824_400_000_000;
        assert_eq!(time(&Moment::utc(nine_us, Precision::Second)), "2019-05-14T09:00:00Z");
        assert_eq!(
            time(&Moment::with_offset(nine_us, -5 * 3600 - 1800, Precision::Second)),
            "2019-05-14T03:30:00-05:30"
        );
        assert_eq!(time(&Moment::wall(nine_us, Precision::Minute)), "2019-05-14T09:00:00");
        assert_eq!(time(&Moment::date(18_030)), "2019-05-14");
        assert_eq!(time(&Moment::utc(i64::MAX, Precision::Second)), "");
    }
}
