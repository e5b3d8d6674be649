//! Days of the graph and counts in time.

use super::{
    bounds::{ASKING, each},
    document::DocumentNode,
    filter::{DocumentFilter, listed},
    listing::Connection,
    scalars::KindWord,
    vault::or_null,
};
use crate::http::routes::{
    documents::OrderWord,
    histogram::{BucketWord, Counted, Histogram},
    timeline::TimelineDay,
};
use async_graphql::{Context, Object, Result, SimpleObject};
use dp_cortex::engine::YearOfDay;

/// A day that has documents.
#[derive(Debug)]
pub(super) struct DayNode {
    date: String,
    total: u64,
    groups: Vec<GroupNode>,
    highlights: Vec<DocumentNode>,
}

/// Documents of one source and kind.
#[derive(Debug, Clone, SimpleObject)]
#[graphql(name = "Group")]
pub(super) struct GroupNode {
    /// Source.
    source: String,
    /// Kind.
    kind: KindWord,
    /// How many.
    count: u64,
}

impl From<TimelineDay> for DayNode {
    fn from(day: TimelineDay) -> Self {
        let groups = day.groups.into_iter().map(|group| GroupNode {
            source: group.source,
            kind: group.kind.into(),
            count: group.count,
        });
        Self {
            date: day.date,
            total: day.total,
            groups: groups.collect(),
            highlights: day.highlights.into_iter().map(DocumentNode::of).collect(),
        }
    }
}

/// A day in one year.
#[derive(Debug, SimpleObject)]
#[graphql(name = "YearOfDay")]
pub(super) struct YearNode {
    /// The day.
    date: String,
    /// Documents of that day.
    total: u64,
    /// Some of them, different in kind where they can be.
    documents: Vec<DocumentNode>,
}

impl YearNode {
    pub(super) fn of(year: YearOfDay) -> Self {
        let documents = year.documents.into_iter().map(DocumentNode::of).collect();
        Self { date: year.date.to_string(), total: year.total, documents }
    }
}

#[Object(name = "Day")]
impl DayNode {
    /// The day.
    async fn date(&self) -> &str {
        &self.date
    }

    /// Its documents.
    async fn total(&self) -> u64 {
        self.total
    }

    /// How many of each source and kind, most first.
    async fn groups(&self) -> &[GroupNode] {
        &self.groups
    }

    /// The first document of each of the largest groups, as many as were asked for where the day was.
    #[graphql(complexity = "3 * child_complexity")]
    async fn highlights(&self) -> &[DocumentNode] {
        &self.highlights
    }

    /// The documents of the day in order of time, at most 500 at once.
    #[graphql(complexity = "ASKING + each(first, child_complexity)")]
    async fn documents(
        &self,
        context: &Context<'_>,
        #[graphql(default_with = "OrderWord::OldestFirst")] order: OrderWord,
        #[graphql(default = 50)] first: i32,
        after: Option<String>,
    ) -> Option<Result<Connection<DocumentNode>>> {
        or_null(async {
            let filter = DocumentFilter::of_day(self.date.clone()).read()?;
            Ok(Some(listed(context, filter, order, first, after).await?))
        })
        .await
    }
}

/// Documents in time.
#[derive(Debug)]
pub(super) struct HistogramNode(pub(super) Histogram);

#[Object(name = "Histogram")]
impl HistogramNode {
    /// How days are grouped.
    async fn bucket(&self) -> BucketWord {
        self.0.bucket
    }

    /// All that were counted.
    async fn total(&self) -> u64 {
        self.0.total
    }

    /// The query that lists all that were counted.
    async fn query(&self) -> &str {
        &self.0.query
    }

    /// Those whose hour is not known, where buckets are hours; they are in no bucket.
    async fn without_hour(&self) -> u64 {
        self.0.without_hour
    }

    /// Those without a date; they are in no bucket.
    async fn undated(&self) -> u64 {
        self.0.undated
    }

    /// Buckets that hold something, in order of time.
    async fn items(&self) -> Vec<CountedNode<'_>> {
        self.0.items.iter().map(CountedNode).collect()
    }
}

/// One bucket.
pub(super) struct CountedNode<'a>(&'a Counted);

#[Object(name = "Counted")]
impl CountedNode<'_> {
    /// Which: `2019-06-14T13`, `2019-06-14`, `2019-W24`, `2019-06`, `2019-Q2`, `2019`, an hour `13` or `monday`.
    async fn start(&self) -> &str {
        &self.0.start
    }

    /// The query that lists its documents, for an hour those of its day; null where a bucket has no date.
    async fn query(&self) -> Option<&str> {
        self.0.query.as_deref()
    }

    /// Documents.
    async fn count(&self) -> u64 {
        self.0.count
    }

    /// The same by source or kind, if that was asked for, by name.
    async fn parts(&self) -> Vec<Count> {
        self.0.parts.iter().map(|(name, count)| Count { name: name.clone(), count: *count }).collect()
    }
}

/// How many there are of something.
#[derive(Debug, SimpleObject)]
pub(super) struct Count {
    /// Its name.
    pub(super) name: String,
    /// How many.
    pub(super) count: u64,
}
