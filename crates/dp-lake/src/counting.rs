//! What is counted in time: documents that match, by local day and hour, and the numbers of a series by local
//! day. Questions and answers of the contract; counting itself is the backends'.

use crate::{Day, Filter, TextQuery};
use dp_model::Kind;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Which documents are counted, and what counts are taken apart by beside the local day.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TimeCountQuery {
    /// What the text must and must not hold.
    pub text: TextQuery,
    /// Which documents.
    pub filter: Filter,
    /// By the hour on the local clock.
    pub by_hour: bool,
    /// By source.
    pub by_source: bool,
    /// By kind.
    pub by_kind: bool,
}

/// Documents of one local day and what else was asked for.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct TimeCount {
    /// Local day; None for undated documents.
    pub day: Option<Day>,
    /// Hour on the local clock, 0 to 23; None if it was not asked for, or is not known, as of an event that
    /// lasts a day.
    pub hour: Option<u8>,
    /// Source, if that was asked for.
    pub source: Option<String>,
    /// Kind, if that was asked for.
    pub kind: Option<Kind>,
    /// How many.
    pub count: u64,
}

/// Which days of a series are wanted.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DaysOfSeries {
    /// Name of the series.
    pub series: String,
    /// First local day.
    pub from: Option<Day>,
    /// First local day past the range.
    pub until: Option<Day>,
}

impl DaysOfSeries {
    /// Whether a day is one of them.
    #[must_use]
    pub fn wants(&self, day: Day) -> bool {
        self.from.is_none_or(|from| day >= from) && self.until.is_none_or(|until| day < until)
    }
}

/// What the numbers of a local day come to, in the unit of the series.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct DayFigures {
    /// The day.
    pub day: Day,
    /// Numbers.
    pub count: u64,
    /// Their sum.
    pub sum: f64,
    /// The least.
    pub min: f64,
    /// The greatest.
    pub max: f64,
}

impl DayFigures {
    /// Adds a finite number to the figures of its day.
    pub fn count(days: &mut BTreeMap<Day, Self>, day: Day, value: f64) {
        let none = Self { day, count: 0, sum: 0.0, min: value, max: value };
        let figures = days.entry(day).or_insert(none);
        figures.count += 1;
        figures.sum += value;
        figures.min = figures.min.min(value);
        figures.max = figures.max.max(value);
    }

    /// The mean of its numbers.
    #[must_use]
    pub fn mean(&self) -> f64 {
        self.sum / self.count.max(1) as f64
    }
}

/// A number and when it was read.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct NumberAt {
    /// Microseconds since 1970-01-01T00:00:00Z.
    pub time_us: i64,
    /// The number, in the unit of its series.
    pub value: f64,
}
