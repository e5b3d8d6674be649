//! The filters of a query: `kind:email`, `-source:google`, `before:2020-05`.

use super::{QueryError, dates};
use crate::{Filter, Has, Hidden, analysis::edit_distance};
use dp_model::Kind;
use jiff::civil::Date;

/// The names before the colon that mean a filter; any other is an ordinary word.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Field {
    Source,
    Kind,
    From,
    After,
    Before,
    On,
    Has,
    In,
    Tag,
    Is,
}

impl Field {
    pub(super) fn named(name: &str) -> Option<Self> {
        Some(match name.to_ascii_lowercase().as_str() {
            "source" => Self::Source,
            "kind" => Self::Kind,
            "from" => Self::From,
            "after" => Self::After,
            "before" => Self::Before,
            "on" => Self::On,
            "has" => Self::Has,
            "in" => Self::In,
            "tag" => Self::Tag,
            "is" => Self::Is,
            _ => return None,
        })
    }
}

/// A filter as typed.
pub(super) struct Clause<'a> {
    pub(super) field: Field,
    pub(super) value: &'a str,
    /// Whether the value stood in quotes or parentheses, and so is one whole.
    pub(super) quoted: bool,
    pub(super) negated: bool,
    /// Characters of the query before the value.
    pub(super) position: usize,
}

impl Clause<'_> {
    /// Adds what it asks to `filter`.
    pub(super) fn apply(&self, filter: &mut Filter, today: Date) -> Result<(), QueryError> {
        match self.field {
            Field::After | Field::Before | Field::On => {
                return self.apply_period(self.period(today)?, filter);
            }
            Field::From => match dates::read(self.value, today) {
                dates::Reading::Period(first, past) => return self.apply_period((first, past), filter),
                dates::Reading::Impossible => return Err(self.no_such_date()),
                dates::Reading::NotADate => {}
            },
            Field::Is => return self.apply_state(filter),
            _ => {}
        }
        let target = if self.negated { filter.not.get_or_insert_default() } else { filter };
        for value in self.values() {
            match self.field {
                Field::Source => target.sources.push(value.to_lowercase()),
                Field::Kind => target.kinds.push(self.kind(value)?),
                Field::Has => target.has.push(self.has(value)?),
                Field::In => target.labels.push(value.to_owned()),
                Field::Tag => target.tags.push(value.to_owned()),
                Field::From => target.people.push(value.to_owned()),
                Field::After | Field::Before | Field::On | Field::Is => {}
            }
        }
        Ok(())
    }

    /// `kind:email,note` means either; a quoted value is never taken apart, nor are names.
    fn values(&self) -> impl Iterator<Item = &str> {
        let whole = self.quoted || matches!(self.field, Field::In | Field::Tag | Field::From);
        let separator = if whole { '\0' } else { ',' };
        self.value.split(separator).map(str::trim).filter(|value| !value.is_empty())
    }

    fn period(&self, today: Date) -> Result<(i32, i32), QueryError> {
        match dates::read(self.value, today) {
            dates::Reading::Period(first, past) => Ok((first, past)),
            dates::Reading::Impossible | dates::Reading::NotADate => Err(self.no_such_date()),
        }
    }

    fn apply_period(&self, (first, past): (i32, i32), filter: &mut Filter) -> Result<(), QueryError> {
        let mut not_before = |day: i32| filter.from = Some(filter.from.map_or(day, |from| from.max(day)));
        match (self.field, self.negated) {
            (Field::Before, true) | (Field::After | Field::From, false) => not_before(first),
            (Field::Before, false) | (Field::After | Field::From, true) => {
                filter.until = Some(filter.until.map_or(first, |until| until.min(first)));
            }
            (Field::On, true) => {
                let not = filter.not.get_or_insert_default();
                if not.from.is_some() {
                    return Err(self.error("only one period can be left out with -on:".to_owned()));
                }
                (not.from, not.until) = (Some(first), Some(past));
            }
            (_, _) => {
                not_before(first);
                filter.until = Some(filter.until.map_or(past, |until| until.min(past)));
            }
        }
        Ok(())
    }

    fn apply_state(&self, filter: &mut Filter) -> Result<(), QueryError> {
        match (self.value.to_ascii_lowercase().as_str(), self.negated) {
            ("starred", false) => filter.has.push(Has::Star),
            ("starred", true) => filter.not.get_or_insert_default().has.push(Has::Star),
            ("hidden", false) => filter.hidden = Hidden::Only,
            ("hidden", true) => filter.hidden = Hidden::Exclude,
            _ => return Err(self.unknown("state", self.value, &["starred", "hidden"])),
        }
        Ok(())
    }

    fn kind(&self, value: &str) -> Result<Kind, QueryError> {
        let lower = value.to_lowercase();
        let singular = lower.strip_suffix('s').unwrap_or(&lower);
        lower.parse().or_else(|_| singular.parse()).map_err(|_| {
            self.unknown("kind", value, &Kind::ALL.iter().map(|kind| kind.as_str()).collect::<Vec<_>>())
        })
    }

    fn has(&self, value: &str) -> Result<Has, QueryError> {
        let lower = value.to_lowercase();
        let wanted = match lower.strip_suffix('s').unwrap_or(&lower) {
            "link" => "url",
            "person" => "people",
            other => other,
        };
        let found = Has::ALL.iter().find(|(word, _)| *word == wanted || *word == lower);
        found.map(|&(_, has)| has).ok_or_else(|| {
            self.unknown("thing to have", value, &Has::ALL.iter().map(|&(word, _)| word).collect::<Vec<_>>())
        })
    }

    fn no_such_date(&self) -> QueryError {
        self.error(format!(
            "{:?} is not a date; write a year (2019), a month (2019-06), a day (2019-06-14), today or yesterday",
            self.value
        ))
    }

    fn unknown(&self, what: &str, value: &str, known: &[&str]) -> QueryError {
        let nearest = known
            .iter()
            .map(|word| (edit_distance(&value.to_lowercase(), word), word))
            .min()
            .filter(|&(distance, word)| distance <= (word.chars().count() / 2).max(1));
        let advice = match nearest {
            Some((_, word)) => format!("did you mean {word}?"),
            None => format!("there are {}", known.join(", ")),
        };
        self.error(format!(
            "{value:?} is not a {what}; {advice} To search for it as a word, put it in quotes"
        ))
    }

    fn error(&self, message: String) -> QueryError {
        QueryError { position: self.position, message }
    }
}
