//! The dates of a query: `2019-06`, `yesterday`, `last spring`, `3 days ago`, `june 2019`, `letzten Sommer`.
//! A text and today's date go in, the days it means come out.

mod calendar;
mod names;

use super::Today;
use calendar::{Pick, Unit};
use dp_lake::{
    Day,
    analysis::{edit_distance, fold},
    day_of_date,
};
use jiff::{ToSpan as _, civil::Date};

/// What a value is when read as a date.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reading {
    /// A period: its first day and the first day past it.
    Period(Day, Day),
    /// It looks like a date, but there is no such day.
    Impossible,
    /// Something else.
    NotADate,
}

/// Reads a date in any of the forms.
pub(super) fn read(value: &str, today: Today) -> Reading {
    match read_plain(value, today) {
        Reading::NotADate => {}
        known => return known,
    }
    let folded = fold(value);
    let words = folded
        .split(|c: char| c.is_whitespace() || matches!(c, '-' | '_' | ',' | '\'' | '’' | '/'))
        .map(|word| word.trim_matches('.'))
        .filter(|word| !word.is_empty())
        .collect::<Vec<_>>();
    phrase(&words, today)
}

/// Reads numbers, `today` and `yesterday`: what can be nobody's name.
pub(super) fn read_plain(value: &str, today: Today) -> Reading {
    match value.to_ascii_lowercase().as_str() {
        "today" => day(today.date),
        "yesterday" => shifted(today.date, -1),
        _ => read_numeric(value).unwrap_or(Reading::NotADate),
    }
}

/// Reads `2019`, `2019-06`, `2019-06-14` and `14.6.2019`; None of anything else.
pub(super) fn read_numeric(value: &str) -> Option<Reading> {
    let mut parts = value.split(['-', '/']).collect::<Vec<_>>();
    if let [only] = parts.as_slice()
        && only.contains('.')
    {
        parts = only.split('.').rev().collect();
        if parts.len() != 3 {
            return None;
        }
    }
    let is_number = |part: &&str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    if !parts.iter().all(is_number) || parts[0].len() != 4 {
        return None;
    }
    let number = |index: usize| parts.get(index).and_then(|part| part.parse::<i16>().ok());
    let date = |month: Option<i16>, day: Option<i16>| {
        Date::new(number(0)?, i8::try_from(month?).ok()?, i8::try_from(day?).ok()?).ok()
    };
    let (first, length) = match parts.len() {
        1 => (date(Some(1), Some(1)), 1.year()),
        2 => (date(number(1), Some(1)), 1.month()),
        3 => (date(number(1), number(2)), 1.day()),
        _ => return Some(Reading::Impossible),
    };
    Some(first.map_or(Reading::Impossible, |first| {
        // The last days there are have no day past them.
        let past = first.checked_add(length).map_or(day_of_date(Date::MAX).saturating_add(1), day_of_date);
        Reading::Period(day_of_date(first), past)
    }))
}

/// Reads folded words, such as `last spring`: all of them belong to the date.
pub(super) fn phrase(words: &[&str], today: Today) -> Reading {
    let mut words = words;
    while let [first, rest @ ..] = words
        && names::is_filler(first)
        && !rest.is_empty()
    {
        words = rest;
    }
    if let Some(reading) = named_day(words, today.date).or_else(|| counted(words, today.date)) {
        return reading;
    }
    parts(words).map_or(Reading::NotADate, |parts| parts.read(today))
}

fn named_day(words: &[&str], today: Date) -> Option<Reading> {
    let days = match words {
        ["today" | "tonight" | "heute" | "aujourdhui" | "hoy"] | ["aujourd", "hui"] => 0,
        ["yesterday" | "gestern" | "hier" | "ayer"] | ["last" | "yesterday", "night"] => -1,
        ["tomorrow" | "morgen" | "demain" | "manana"] => 1,
        ["day", "before", "yesterday"] | ["vorgestern" | "anteayer"] | ["avant", "hier"] => -2,
        ["day", "after", "tomorrow"] | ["ubermorgen"] | ["apres", "demain"] | ["pasado", "manana"] => 2,
        _ => return None,
    };
    Some(shifted(today, days))
}

/// `3 days ago`, `past 2 weeks`.
fn counted(words: &[&str], today: Date) -> Option<Reading> {
    let (count, unit) = match words {
        [count, unit, "ago"] | ["vor" | "hace", count, unit] | ["il", "y", "a", count, unit] => (count, unit),
        [past, count, unit] | [count, past, unit] if names::pick(past) == Some(Pick::Last) => {
            let (count, unit) = (names::count(count)?, names::unit(unit)?);
            let first = calendar::back(today, count, unit)?;
            let past = today.checked_add(1.day()).ok()?;
            return Some(period(first, past));
        }
        _ => return None,
    };
    let (count, unit) = (names::count(count)?, names::unit(unit)?);
    let within = calendar::back(today, count, unit)?;
    let (first, past) = calendar::unit_around(within, unit)?;
    Some(period(first, past))
}

/// The parts of a date in words, each at most once.
#[derive(Default)]
struct Parts {
    pick: Option<Pick>,
    day: Option<i8>,
    year: Option<i16>,
    name: Option<Name>,
}

#[derive(Clone, Copy)]
enum Name {
    Month(i8),
    Season(u8),
    Weekday(i8),
    Unit(Unit),
}

/// Takes words apart; None if one of them has no place in a date.
fn parts(words: &[&str]) -> Option<Parts> {
    let mut parts = Parts::default();
    for word in words.iter().filter(|word| !names::is_link(word)) {
        let is_new = if let Some(pick) = names::pick(word) {
            parts.pick.replace(pick).is_none()
        } else if let Some(name) = name(word) {
            parts.name.replace(name).is_none()
        } else if let Some(year) = names::year(word) {
            parts.year.replace(year).is_none()
        } else {
            parts.day.replace(names::day(word)?).is_none()
        };
        if !is_new {
            return None;
        }
    }
    Some(parts)
}

fn name(word: &str) -> Option<Name> {
    let unit = || names::unit(word).map(Name::Unit);
    let month = names::month(word).map(Name::Month);
    let season = || names::season(word).map(Name::Season);
    month.or_else(season).or_else(|| names::weekday(word).map(Name::Weekday)).or_else(unit)
}

impl Parts {
    fn read(&self, today: Today) -> Reading {
        let Self { pick, day, year, name } = *self;
        let found = match (name, day, year, pick) {
            (None, None, Some(year), None) => {
                Date::new(year, 1, 1).ok().and_then(|first| calendar::unit_around(first, Unit::Year))
            }
            (Some(Name::Month(month)), Some(day), Some(year), None) => {
                return Date::new(year, month, day).map_or(Reading::Impossible, self::day);
            }
            (Some(Name::Month(month)), Some(day), None, pick) => {
                let years = (today.date.year() - 8..=today.date.year() + 8).rev();
                let possible = years.filter_map(|year| Date::new(year, month, day).ok());
                let mut days =
                    possible.filter_map(|date| calendar::unit_around(date, Unit::Day)).collect::<Vec<_>>();
                days.reverse();
                if days.is_empty() {
                    return Reading::Impossible;
                }
                calendar::choose(&days, pick.unwrap_or(Pick::Latest), today.date)
            }
            (Some(Name::Month(month)), None, Some(year), None) => calendar::month(year, month),
            (Some(Name::Month(month)), None, None, pick) => {
                calendar::chosen_month(month, pick.unwrap_or(Pick::Latest), today.date)
            }
            (Some(Name::Season(season)), None, Some(year), None) => {
                calendar::season(year, season, today.hemisphere)
            }
            (Some(Name::Season(season)), None, None, pick) => {
                calendar::chosen_season(season, pick.unwrap_or(Pick::Latest), today)
            }
            (Some(Name::Weekday(weekday)), None, None, pick) => {
                calendar::chosen_weekday(weekday, pick.unwrap_or(Pick::Latest), today.date)
            }
            (Some(Name::Unit(unit)), None, None, Some(pick)) => calendar::chosen_unit(unit, pick, today.date),
            _ => None,
        };
        found.map_or(Reading::NotADate, |(first, past)| period(first, past))
    }
}

fn day(date: Date) -> Reading {
    let first = day_of_date(date);
    Reading::Period(first, first.saturating_add(1))
}

fn shifted(date: Date, days: i64) -> Reading {
    date.checked_add(days.days()).map_or(Reading::Impossible, day)
}

fn period(first: Date, past: Date) -> Reading {
    Reading::Period(day_of_date(first), day_of_date(past))
}

/// The date in words that `value` is but for a typo.
pub(super) fn nearest(value: &str) -> Option<String> {
    let folded = fold(value);
    let words = folded.split(|c: char| c.is_whitespace() || matches!(c, '-' | '_')).collect::<Vec<_>>();
    let mut changed = false;
    let corrected = words.iter().map(|word| {
        if word.chars().any(|c| c.is_ascii_digit()) || names::is_known(word) {
            return Some((*word).to_owned());
        }
        let near = names::ENGLISH.iter().map(|known| (edit_distance(word, known), known)).min()?;
        changed = true;
        (near.0 <= 2 && near.0 < word.chars().count() / 2).then(|| (*near.1).to_owned())
    });
    let corrected = corrected.collect::<Option<Vec<_>>>()?.join(" ");
    if !changed {
        return None;
    }
    Some(if corrected.contains(' ') { format!("\"{corrected}\"") } else { corrected })
}
