//! Local days, and days and times in words: `2019`, `2019-06` and `2019-06-14` come in, ISO 8601 goes out, the
//! same for the command line and for the API. What a sentence says of time is read by the query engine.

use dp_model::{Clock, Moment, Precision};
use jiff::civil::Date;

/// A local calendar day, as days since 1970-01-01.
pub type Day = i32;

/// The local day of a civil date.
#[must_use]
pub fn day_of_date(date: Date) -> Day {
    dp_sources::times::days_of_date(date.year().into(), date.month() as u32, date.day() as u32)
        .unwrap_or_default()
}

/// The civil date of a local day; days outside the years -9999 to 9999 give the nearest of these.
#[must_use]
pub fn date_of_day(day: Day) -> Date {
    let epoch = jiff::civil::date(1970, 1, 1);
    let fallback = if day < 0 { Date::MIN } else { Date::MAX };
    epoch.checked_add(jiff::Span::new().days(day.clamp(-4_371_587, 2_932_896))).unwrap_or(fallback)
}

/// The first and the last day of a year, a month or a day as written.
///
/// # Errors
/// When it is none of these, in words for the person.
pub fn days_of_text(text: &str) -> Result<(Day, Day), String> {
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

/// A moment in ISO 8601, as exactly as it is known: with the local offset if there is one, `Z` if not, without
/// offset for a wall clock; empty for years that can't be written.
#[must_use]
pub fn text_of_moment(moment: &Moment) -> String {
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
    fn days_and_dates_lead_back_to_each_other() {
        for day in [-800_000, -1, 0, 19_000, 400_000] {
            assert_eq!(day_of_date(date_of_day(day)), day);
        }
        assert_eq!(date_of_day(i32::MAX).year(), 9999);
    }

    #[test]
    fn days_are_read_as_exactly_as_they_are_written() {
        assert_eq!(days_of_text("1970"), Ok((0, 364)));
        assert_eq!(days_of_text("1972-02"), Ok((761, 789)));
        assert_eq!(days_of_text("1970-01-02"), Ok((1, 1)));
        for wrong in ["", "soon", "1970-13", "1970-02-30", "1970-01-01-01"] {
            assert!(days_of_text(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn times_are_written_as_exactly_as_they_are_known() {
        let nine_us = 1_557_824_400_000_000;
        let text = |moment: Moment| text_of_moment(&moment);
        assert_eq!(text(Moment::utc(nine_us, Precision::Second)), "2019-05-14T09:00:00Z");
        assert_eq!(
            text(Moment::with_offset(nine_us, -5 * 3600 - 1800, Precision::Second)),
            "2019-05-14T03:30:00-05:30"
        );
        assert_eq!(text(Moment::wall(nine_us, Precision::Minute)), "2019-05-14T09:00:00");
        assert_eq!(text(Moment::date(18_030)), "2019-05-14");
        assert_eq!(text(Moment::utc(i64::MAX, Precision::Second)), "");
    }
}
