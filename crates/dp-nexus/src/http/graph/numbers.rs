//! A life in numbers, where its data came from, and what became of it on the way in.

use super::{
    bounds::{ASKING, each},
    listing::{Connection, count},
    scalars::Long,
    time::Count,
    vault::{ask, or_null, shaped},
};
use crate::http::{
    answer::Part,
    asked::within,
    routes::{
        imports,
        sources::Source,
        stats::{BusyDay, Statistics},
    },
    shapes::{EntryReportView, ImportView, SeriesView, TopView},
    statistics::top::Line,
};
use async_graphql::{ComplexObject, Context, Enum, Object, Result, SimpleObject};
use std::collections::BTreeMap;

fn counts<'a>(counts: impl Iterator<Item = (String, &'a u64)>) -> Vec<Count> {
    counts.map(|(name, count)| Count { name, count: *count }).collect()
}

fn of_kinds(kinds: &BTreeMap<String, u64>) -> Vec<Count> {
    counts(kinds.iter().map(|(kind, count)| (kind.clone(), count)))
}

/// A life in numbers.
#[derive(Debug)]
pub(super) struct StatisticsNode(pub(super) Statistics);

#[Object(name = "Statistics")]
impl StatisticsNode {
    /// Documents.
    async fn documents(&self) -> u64 {
        self.0.documents
    }

    /// Those without a date.
    async fn undated(&self) -> u64 {
        self.0.undated
    }

    /// Documents by source.
    async fn sources(&self) -> Vec<Count> {
        counts(self.0.sources.iter().map(|(source, count)| (source.clone(), count)))
    }

    /// Documents by kind.
    async fn kinds(&self) -> Vec<Count> {
        of_kinds(&self.0.kinds)
    }

    /// Documents by year.
    async fn years(&self) -> Vec<Count> {
        counts(self.0.years.iter().map(|(year, count)| (year.to_string(), count)))
    }

    /// Days with most documents.
    async fn busiest_days(&self) -> Vec<Count> {
        let count = |day: &BusyDay| Count { name: day.day.clone(), count: day.count };
        self.0.busiest_days.iter().map(count).collect()
    }

    /// Who made what was watched or listened to.
    async fn channels(&self) -> Result<Vec<TopView>> {
        Ok(shaped(&self.0.channels)?)
    }

    /// Hosts of pages that were opened.
    async fn sites(&self) -> Result<Vec<TopView>> {
        Ok(shaped(&self.0.sites)?)
    }

    /// People in mails, events and messages.
    async fn people(&self) -> Result<Vec<TopView>> {
        Ok(shaped(&self.0.people)?)
    }

    /// Places that were visited.
    async fn places(&self) -> Result<Vec<TopView>> {
        Ok(shaped(&self.0.places)?)
    }

    /// Time series. None for a key that is bound to sources, since series are not counted by source.
    async fn series(&self) -> Result<Vec<SeriesView>> {
        Ok(shaped(&self.0.series)?)
    }
}

/// A line of a top list of any documents.
#[derive(Debug, SimpleObject)]
#[graphql(name = "TopLine")]
pub(super) struct TopLineNode {
    /// The name.
    name: String,
    /// Documents.
    count: u64,
    /// The query that lists them.
    query: String,
}

impl From<Line> for TopLineNode {
    fn from(line: Line) -> Self {
        Self { name: line.name, count: line.count, query: line.query }
    }
}

/// Where documents came from.
#[derive(Debug)]
pub(super) struct SourceNode(pub(super) Source);

#[Object(name = "Source")]
impl SourceNode {
    /// Its name, dotted.
    async fn source(&self) -> &str {
        &self.0.source
    }

    /// Documents.
    async fn documents(&self) -> u64 {
        self.0.documents
    }

    /// Documents by kind.
    async fn kinds(&self) -> Vec<Count> {
        of_kinds(&self.0.kinds)
    }

    /// The first day it has documents of.
    async fn first_day(&self) -> Option<&str> {
        self.0.first_day.as_deref()
    }

    /// The last.
    async fn last_day(&self) -> Option<&str> {
        self.0.last_day.as_deref()
    }
}

/// What became of an entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "dp_model::EntryStatus", name = "EntryStatus", rename_items = "snake_case")]
pub(super) enum EntryStatusWord {
    /// Understood whole.
    Parsed,
    /// Understood, but some records gave warnings.
    Partial,
    /// Holds nothing to import, for a reason that is given.
    Ignored,
    /// Nobody knows this format yet.
    Unknown,
    /// Could not be read.
    Failed,
}

#[ComplexObject]
impl ImportView {
    /// When it began, microseconds since 1970 UTC.
    async fn started_us(&self) -> Long {
        Long(self.started_us)
    }

    /// When it ended.
    async fn finished_us(&self) -> Option<Long> {
        self.finished_us.map(Long)
    }

    /// Its ledger: what became of each entry, in order of the plan. At most 500 at once.
    #[graphql(complexity = "ASKING + each(first, child_complexity)")]
    async fn ledger(
        &self,
        context: &Context<'_>,
        status: Option<EntryStatusWord>,
        #[graphql(default = 50)] first: i32,
        after: Option<String>,
    ) -> Option<Result<Connection<EntryReportView>>> {
        or_null(async {
            let first = within("first", count(first), 1..=500)?;
            let question = imports::question(self.id.to_string(), status.map(Into::into), first, after)?;
            let part = ask(context, move |engine| {
                let Part { items, next } = question(engine)?;
                Ok(Part { items: shaped::<Vec<EntryReportView>>(&items)?, next })
            });
            Ok(Some(Connection::of(part.await?, |report| report)))
        })
        .await
    }
}
