//! The dates of a query: a year, a month, a day, `today`, `yesterday`.

use crate::{Day, day_of_date};
use jiff::{ToSpan as _, civil::Date};

/// What a value is when read as a date.
pub(super) enum Reading {
    /// A period: its first day and the first day past it.
    Period(Day, Day),
    /// It looks like a date, but there is no such day.
    Impossible,
    /// Something else.
    NotADate,
}

/// Reads `2019`, `2019-06`, `2019-06-14`, `today` and `yesterday`.
pub(super) fn read(value: &str, today: Date) -> Reading {
    match value.to_ascii_lowercase().as_str() {
        "today" => return period(Some(today), today.checked_add(1.day()).ok()),
        "yesterday" => return period(today.checked_sub(1.day()).ok(), Some(today)),
        _ => {}
    }
    let parts = value.split('-').collect::<Vec<_>>();
    let numeric = parts.iter().all(|part| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit()));
    if !numeric || parts[0].len() != 4 {
        return Reading::NotADate;
    }
    let number = |index: usize| parts.get(index).and_then(|part| part.parse::<i16>().ok());
    let (Some(year), month, day) = (number(0), number(1), number(2)) else { return Reading::Impossible };
    let date =
        |month: i16, day: i16| Date::new(year, i8::try_from(month).ok()?, i8::try_from(day).ok()?).ok();
    match (parts.len(), month, day) {
        (1, ..) => period(date(1, 1), date(1, 1).and_then(|first| first.checked_add(1.year()).ok())),
        (2, Some(month), _) => {
            period(date(month, 1), date(month, 1).and_then(|first| first.checked_add(1.month()).ok()))
        }
        (3, Some(month), Some(day)) => {
            period(date(month, day), date(month, day).and_then(|first| first.checked_add(1.day()).ok()))
        }
        _ => Reading::Impossible,
    }
}

fn period(first: Option<Date>, past: Option<Date>) -> Reading {
    match (first, past) {
        (Some(first), Some(past)) => Reading::Period(day_of_date(first), day_of_date(past)),
        // The last days there are have no day past them.
        (Some(first), None) => Reading::Period(day_of_date(first), day_of_date(Date::MAX).saturating_add(1)),
        _ => Reading::Impossible,
    }
}
