//! Buckets of time: a local day and an hour come in, the bucket they fall into goes out.

use dp_lake::{Day, date_of_day, day_of_date};
use jiff::civil::{Date, date};
use serde::{Deserialize, Serialize};

/// How documents are put together in time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Bucket {
    /// By hour of a day.
    Hour,
    /// By day.
    Day,
    /// By week, from Monday (ISO 8601).
    Week,
    /// By month.
    Month,
    /// By quarter of a year.
    Quarter,
    /// By year.
    Year,
    /// By hour on the clock, whatever the day.
    HourOfDay,
    /// By day of the week, whatever the date.
    Weekday,
}

/// A bucket, in order of time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Span {
    /// Its first day; None where it is of no date.
    pub first: Option<Day>,
    /// Its last day.
    pub last: Option<Day>,
    /// Hour on the clock, or number of the weekday from 0 for Monday.
    pub number: Option<u8>,
}

impl Bucket {
    /// Every bucket.
    pub const ALL: &[Self] = &[
        Self::Hour,
        Self::Day,
        Self::Week,
        Self::Month,
        Self::Quarter,
        Self::Year,
        Self::HourOfDay,
        Self::Weekday,
    ];

    /// The word used on screen.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Hour => "hour",
            Self::Day => "day",
            Self::Week => "week",
            Self::Month => "month",
            Self::Quarter => "quarter",
            Self::Year => "year",
            Self::HourOfDay => "hour_of_day",
            Self::Weekday => "weekday",
        }
    }

    /// Whether hours have to be known.
    #[must_use]
    pub const fn needs_hours(self) -> bool {
        matches!(self, Self::Hour | Self::HourOfDay)
    }

    /// The bucket of a day and hour; None if the hour is needed and not known.
    #[must_use]
    pub fn span(self, day: Day, hour: Option<u8>) -> Option<Span> {
        let of = |first, last| Span { first: Some(first), last: Some(last), number: None };
        let timeless = |number| Span { first: None, last: None, number: Some(number) };
        let dated = date_of_day(day);
        Some(match self {
            Self::Hour => Span { number: Some(hour?), ..of(day, day) },
            Self::HourOfDay => timeless(hour?),
            Self::Weekday => timeless(weekday(day)),
            Self::Day => of(day, day),
            Self::Week => {
                let monday = day.saturating_sub(i32::from(weekday(day)));
                of(monday, monday.saturating_add(6))
            }
            Self::Month => of(day_of_date(dated.first_of_month()), day_of_date(dated.last_of_month())),
            Self::Quarter => {
                let first = (dated.month() - 1) / 3 * 3 + 1;
                let last = of_month(dated.year(), first + 2).last_of_month();
                of(day_of_date(of_month(dated.year(), first)), day_of_date(last))
            }
            Self::Year => of(day_of_date(dated.first_of_year()), day_of_date(dated.last_of_year())),
        })
    }

    /// The bucket as it is written: `2019-06-14T13`, `2019-06-14`, `2019-W24`, `2019-06`, `2019-Q2`, `2019`,
    /// `13` or `monday`.
    #[must_use]
    pub fn text(self, span: Span) -> String {
        let first = date_of_day(span.first.unwrap_or_default());
        let number = span.number.unwrap_or_default();
        match self {
            Self::Hour => format!("{first}T{number:02}"),
            Self::Day => first.to_string(),
            Self::Week => {
                let week = first.iso_week_date();
                format!("{}-W{:02}", year(week.year()), week.week())
            }
            Self::Month => format!("{}-{:02}", year(first.year()), first.month()),
            Self::Quarter => format!("{}-Q{}", year(first.year()), (first.month() - 1) / 3 + 1),
            Self::Year => year(first.year()),
            Self::HourOfDay => format!("{number:02}"),
            Self::Weekday => WEEKDAYS.get(usize::from(number)).copied().unwrap_or_default().to_owned(),
        }
    }
}

/// Days of the week, from Monday.
pub(super) const WEEKDAYS: [&str; 7] =
    ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"];

/// Number of the weekday, from 0 for Monday. 1970-01-01 was a Thursday.
pub(super) fn weekday(day: Day) -> u8 {
    (i64::from(day) + 3).rem_euclid(7) as u8
}

fn of_month(year: i16, month: i8) -> Date {
    Date::new(year, month, 1).unwrap_or(date(1970, 1, 1))
}

/// A year in four digits, with a minus before the era.
fn year(year: i16) -> String {
    let sign = if year < 0 { "-" } else { "" };
    format!("{sign}{:04}", year.unsigned_abs())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_falls_into_one_bucket_of_each_sort() {
        let day = day_of_date(date(2019, 6, 14));
        let told = Bucket::ALL.iter().map(|bucket| bucket.text(bucket.span(day, Some(13)).unwrap()));
        let expected =
            ["2019-06-14T13", "2019-06-14", "2019-W24", "2019-06", "2019-Q2", "2019", "13", "friday"];
        assert_eq!(told.collect::<Vec<_>>(), expected);
        assert!(Bucket::Hour.span(day, None).is_none() && Bucket::Day.span(day, None).is_some());
    }

    #[test]
    fn buckets_hold_whole_weeks_quarters_and_years() {
        let days = |bucket: Bucket, day: Date| {
            let span = bucket.span(day_of_date(day), None).unwrap();
            (date_of_day(span.first.unwrap()), date_of_day(span.last.unwrap()))
        };
        assert_eq!(days(Bucket::Week, date(2021, 1, 1)), (date(2020, 12, 28), date(2021, 1, 3)));
        assert_eq!(days(Bucket::Week, date(1969, 12, 31)), (date(1969, 12, 29), date(1970, 1, 4)));
        assert_eq!(days(Bucket::Quarter, date(2020, 12, 31)), (date(2020, 10, 1), date(2020, 12, 31)));
        assert_eq!(days(Bucket::Month, date(2020, 2, 3)), (date(2020, 2, 1), date(2020, 2, 29)));
        let week = Bucket::Week.span(day_of_date(date(2021, 1, 1)), None).unwrap();
        assert_eq!(Bucket::Week.text(week), "2020-W53");
    }

    #[test]
    fn days_at_the_ends_of_time_have_buckets_too() {
        for day in [Day::MIN, Day::MAX, 0] {
            for bucket in Bucket::ALL {
                assert!(!bucket.text(bucket.span(day, Some(0)).unwrap()).is_empty(), "{bucket:?} {day}");
            }
        }
    }
}
