//! Periods of the calendar and which of many is meant. Dates in, a first date and the first past it out.

use crate::query::{Hemisphere, Today};
use jiff::{
    Span, ToSpan as _,
    civil::{Date, Weekday},
};

/// A period: its first date and the first past it.
pub(super) type Dates = (Date, Date);

/// Which of the periods of one name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Pick {
    /// The latest that has begun.
    Latest,
    /// The latest that is over.
    Last,
    /// That of now, or of this year.
    This,
    /// The first that has not begun.
    Next,
}

/// A length of the calendar.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Unit {
    Day,
    Week,
    Weekend,
    Month,
    Quarter,
    Year,
}

/// Chooses of periods in the order of time.
pub(super) fn choose(periods: &[Dates], pick: Pick, today: Date) -> Option<Dates> {
    let mut newest_first = periods.iter().rev().copied();
    match pick {
        Pick::Latest => newest_first.find(|&(first, _)| first <= today),
        Pick::Last => newest_first.find(|&(_, past)| past <= today),
        Pick::This => {
            let now = newest_first.find(|&(first, past)| first <= today && today < past);
            now.or_else(|| periods.iter().copied().find(|(first, _)| first.year() == today.year()))
        }
        Pick::Next => periods.iter().copied().find(|&(first, _)| first > today),
    }
}

/// A month of a year.
pub(super) fn month(year: i16, month: i8) -> Option<Dates> {
    unit_around(Date::new(year, month, 1).ok()?, Unit::Month)
}

pub(super) fn chosen_month(number: i8, pick: Pick, today: Date) -> Option<Dates> {
    choose(&around_year(today, |year| month(year, number)), pick, today)
}

/// A season (0 spring, 3 winter) that begins in a year.
pub(super) fn season(year: i16, season: u8, hemisphere: Hemisphere) -> Option<Dates> {
    let half_a_year = if hemisphere == Hemisphere::Southern { 6 } else { 0 };
    let month = (2 + 3 * season as i8 + half_a_year) % 12 + 1;
    let first = Date::new(year, month, 1).ok()?;
    Some((first, first.checked_add(3.months()).ok()?))
}

pub(super) fn chosen_season(number: u8, pick: Pick, today: Today) -> Option<Dates> {
    choose(&around_year(today.date, |year| season(year, number, today.hemisphere)), pick, today.date)
}

fn around_year(today: Date, of: impl Fn(i16) -> Option<Dates>) -> Vec<Dates> {
    (today.year().saturating_sub(2)..=today.year().saturating_add(2)).filter_map(of).collect()
}

/// A weekday (1 is Monday).
pub(super) fn chosen_weekday(number: i8, pick: Pick, today: Date) -> Option<Dates> {
    let monday = unit_around(today, Unit::Week)?.0;
    let in_week = |weeks: i64| {
        let date = monday.checked_add(weeks.weeks()).ok()?.checked_add(i64::from(number - 1).days()).ok()?;
        unit_around(date, Unit::Day)
    };
    if pick == Pick::This {
        return in_week(0);
    }
    choose(&(-2..=2).filter_map(in_week).collect::<Vec<_>>(), pick, today)
}

pub(super) fn chosen_unit(unit: Unit, pick: Pick, today: Date) -> Option<Dates> {
    if unit == Unit::Weekend {
        let weekends = (-2..=2).filter_map(|weeks: i64| weekend(today.checked_add(weeks.weeks()).ok()?));
        let weekends = weekends.collect::<Vec<_>>();
        return if pick == Pick::This { weekend(today) } else { choose(&weekends, pick, today) };
    }
    let (first, past) = unit_around(today, unit)?;
    match pick {
        Pick::This | Pick::Latest => Some((first, past)),
        Pick::Last => unit_around(first.checked_sub(1.day()).ok()?, unit),
        Pick::Next => unit_around(past, unit),
    }
}

/// Saturday and Sunday of a date's week.
fn weekend(date: Date) -> Option<Dates> {
    let (monday, past) = unit_around(date, Unit::Week)?;
    Some((monday.checked_add(5.days()).ok()?, past))
}

/// The unit of the calendar that holds a date; weeks begin on Monday.
pub(super) fn unit_around(date: Date, unit: Unit) -> Option<Dates> {
    let (first, length) = match unit {
        Unit::Day => (date, 1.day()),
        Unit::Week | Unit::Weekend => {
            (date.checked_sub(i64::from(date.weekday().since(Weekday::Monday)).days()).ok()?, 1.week())
        }
        Unit::Month => (date.first_of_month(), 1.month()),
        Unit::Quarter => (Date::new(date.year(), (date.month() - 1) / 3 * 3 + 1, 1).ok()?, 3.months()),
        Unit::Year => (date.first_of_year(), 1.year()),
    };
    Some((first, first.checked_add(length).ok()?))
}

/// So many units before a date.
pub(super) fn back(date: Date, count: u16, unit: Unit) -> Option<Date> {
    let count = i64::from(count);
    let span: Span = match unit {
        Unit::Day => count.days(),
        Unit::Week | Unit::Weekend => count.weeks(),
        Unit::Month => count.months(),
        Unit::Quarter => (3 * count).months(),
        Unit::Year => count.years(),
    };
    date.checked_sub(span).ok()
}
