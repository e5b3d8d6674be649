//! A period against the one before: which days are compared, and what their counts say. Of a period that is not
//! over only the days so far are compared, with as many of the one before.

use dp_lake::{Day, date_of_day, day_of_date};
use jiff::{ToSpan as _, civil::Date};
use serde::{Deserialize, Serialize};

/// Periods of the calendar.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Calendar {
    /// From Monday.
    Week,
    /// From the first.
    #[default]
    Month,
    /// Three months, from January, April, July or October.
    Quarter,
    /// From January.
    Year,
}

/// Two periods that are compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PeriodPair {
    /// First and last day of the period, as far as it has come; None if it has not begun.
    pub this: Option<(Day, Day)>,
    /// First and last day of the one before, as far as it is compared.
    pub before: (Day, Day),
    /// Whether the period is not over, so that only its beginning is compared.
    pub is_partial: bool,
}

impl PeriodPair {
    /// The period of the calendar that holds `day`, and the one before.
    #[must_use]
    pub fn of_calendar(calendar: Calendar, day: Day, today: Day) -> Self {
        let date = date_of_day(day);
        let (first, past, before) = match calendar {
            Calendar::Week => {
                let monday = day.saturating_sub((i64::from(day) + 3).rem_euclid(7) as Day);
                (monday, monday.saturating_add(7), monday.saturating_sub(7))
            }
            Calendar::Month => of_months(date.first_of_month(), 1),
            Calendar::Quarter => {
                let months_in = (date.month() - 1) % 3;
                of_months(moved(date.first_of_month(), -i32::from(months_in)), 3)
            }
            Calendar::Year => of_months(date.first_of_year(), 12),
        };
        Self::of(first, past, before, today)
    }

    /// Days from the first to the last, and as many right before.
    #[must_use]
    pub fn of_days(first: Day, last: Day, today: Day) -> Self {
        let last = last.max(first);
        let length = i64::from(last) - i64::from(first) + 1;
        let before = i64::from(first).saturating_sub(length).max(i64::from(Day::MIN)) as Day;
        Self::of(first, last.saturating_add(1), before, today)
    }

    fn of(first: Day, past: Day, before: Day, today: Day) -> Self {
        let last = past.saturating_sub(1);
        let is_partial = last > today;
        let reached = last.min(today);
        let before_last = first.saturating_sub(1);
        if reached < first {
            return Self { this: None, before: (before, before_last.max(before)), is_partial };
        }
        let compared = match is_partial {
            // As many days of the one before, which may be shorter.
            true => before.saturating_add(reached.saturating_sub(first)).min(before_last),
            false => before_last,
        };
        Self { this: Some((first, reached)), before: (before, compared.max(before)), is_partial }
    }
}

fn of_months(first: Date, months: i32) -> (Day, Day, Day) {
    (day_of_date(first), day_of_date(moved(first, months)), day_of_date(moved(first, -months)))
}

fn moved(date: Date, months: i32) -> Date {
    date.saturating_add(months.months())
}

/// What the counts of two periods say.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Compared {
    /// Documents more than before; fewer if negative.
    pub difference: i64,
    /// Documents a day more, relative to before: 0.25 for a quarter more. Days and not whole periods are
    /// compared, since months differ in length. None if there was nothing before, or the period has not begun.
    pub relative: Option<f64>,
}

/// Compares two counts, each with the number of its days.
#[must_use]
pub fn compare(this: (u64, u64), before: (u64, u64)) -> Compared {
    let difference = i128::from(this.0) - i128::from(before.0);
    let difference = difference.clamp(i128::from(i64::MIN), i128::from(i64::MAX)) as i64;
    let a_day = |(count, days): (u64, u64)| count as f64 / days as f64;
    let is_comparable = before.0 > 0 && before.1 > 0 && this.1 > 0;
    Compared { difference, relative: is_comparable.then(|| a_day(this) / a_day(before) - 1.0) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    fn day(month: i8, day: i8) -> Day {
        day_of_date(date(2023, month, day))
    }

    #[test]
    fn a_period_that_is_over_is_compared_whole() {
        let pair = PeriodPair::of_calendar(Calendar::Month, day(3, 9), day(6, 1));
        assert_eq!((pair.this, pair.before), (Some((day(3, 1), day(3, 31))), (day(2, 1), day(2, 28))));
        let pair = PeriodPair::of_calendar(Calendar::Quarter, day(6, 30), day(12, 1));
        assert_eq!((pair.this, pair.before), (Some((day(4, 1), day(6, 30))), (day(1, 1), day(3, 31))));
        let pair = PeriodPair::of_days(day(3, 10), day(3, 19), day(6, 1));
        assert_eq!((pair.this, pair.before), (Some((day(3, 10), day(3, 19))), (day(2, 28), day(3, 9))));
        assert!(!pair.is_partial);
    }

    #[test]
    fn of_a_period_that_runs_only_the_days_so_far_are_compared() {
        // A Wednesday.
        let pair = PeriodPair::of_calendar(Calendar::Week, day(6, 14), day(6, 14));
        assert_eq!((pair.this, pair.before), (Some((day(6, 12), day(6, 14))), (day(6, 5), day(6, 7))));
        assert!(pair.is_partial);
        // February has no thirtieth.
        let pair = PeriodPair::of_calendar(Calendar::Month, day(3, 30), day(3, 30));
        assert_eq!((pair.this, pair.before), (Some((day(3, 1), day(3, 30))), (day(2, 1), day(2, 28))));
        let pair = PeriodPair::of_days(day(3, 10), day(3, 19), day(3, 12));
        assert_eq!((pair.this, pair.before), (Some((day(3, 10), day(3, 12))), (day(2, 28), day(3, 2))));
    }

    #[test]
    fn a_period_to_come_has_nothing_to_compare() {
        let pair = PeriodPair::of_calendar(Calendar::Year, day(1, 1), day_of_date(date(2022, 5, 5)));
        assert_eq!(pair.this, None);
        assert_eq!(compare((0, 0), (9, 365)).relative, None);
        for day in [Day::MIN, Day::MAX] {
            for calendar in [Calendar::Week, Calendar::Month, Calendar::Quarter, Calendar::Year] {
                assert!(PeriodPair::of_calendar(calendar, day, 0).before.0 <= day.max(0));
            }
            assert_eq!(PeriodPair::of_days(Day::MIN, Day::MAX, day).before.0, Day::MIN);
        }
    }

    #[test]
    fn nothing_before_is_no_growth_without_end() {
        assert_eq!(compare((5, 10), (0, 10)), Compared { difference: 5, relative: None });
        assert_eq!(compare((0, 10), (5, 10)), Compared { difference: -5, relative: Some(-1.0) });
        // One a day in both months.
        assert_eq!(compare((31, 31), (28, 28)), Compared { difference: 3, relative: Some(0.0) });
    }
}
