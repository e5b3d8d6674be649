//! The root of the graph: what can be asked for. A field that fails is null, and the others are answered.

use super::{
    bounds::{ASKING, each},
    document::{DocumentNode, found},
    filter::{DocumentFilter, days, listed},
    listing::{Connection, count},
    numbers::{SourceNode, StatisticsNode},
    scalars::KindWord,
    search::SearchNode,
    time::{DayNode, HistogramNode},
    vault::{ask, asking, or_null, shaped},
};
use crate::http::{
    asked::within,
    problem::Problem,
    routes::{
        conversations::{self, ConversationView},
        documents::OrderWord,
        histogram::{self, BucketWord, Parts},
        people,
        search::{FACET_VALUES, ModeWord, SNIPPET_CHARS, SortWord},
        sources, stats, timeline,
    },
    shapes::{ImportView, PersonView, SeriesView, TopView},
    words::LastDay,
};
use async_graphql::{Context, ID, InputObject, Object, Result};
use dp_cortex::engine::SearchRequest;
use dp_lake::{Dimension, HistogramQuery};
use futures::executor::block_on;
use std::time::Instant;

/// The root.
pub(super) struct Query;

/// Which documents are counted.
#[derive(Debug, Default, InputObject)]
pub(super) struct CountFilter {
    /// Only these sources and those below them.
    #[graphql(default)]
    source: Vec<String>,
    /// Only these kinds.
    #[graphql(default)]
    kind: Vec<KindWord>,
    /// First day: `2019`, `2019-06` or `2019-06-14`.
    from: Option<String>,
    /// Last day, included.
    to: Option<String>,
}

impl CountFilter {
    fn timeline(self, limit: usize, highlights: usize) -> Result<timeline::Parameters, Problem> {
        Ok(timeline::Parameters {
            source: self.source,
            kind: self.kind.into_iter().map(Into::into).collect(),
            from: days("from", self.from.as_deref())?.map(|(first, _)| first),
            to: days("to", self.to.as_deref())?.map(|(_, last)| last),
            order: OrderWord::NewestFirst.into(),
            limit,
            highlights,
            cursor: None,
        })
    }
}

/// Everything is of the account that asks, as far as its session or key may see it.
#[Object]
impl Query {
    /// Finds documents by words and by meaning, at most 100. The query is words or a sentence, with filters such as
    /// `source:`, `kind:`, `after:` and `with:`.
    #[expect(clippy::too_many_arguments, reason = "each is one of the field")]
    #[graphql(complexity = "ASKING + each(limit, child_complexity)")]
    async fn search(
        &self,
        context: &Context<'_>,
        query: String,
        #[graphql(default_with = "ModeWord::Hybrid")] mode: ModeWord,
        #[graphql(default_with = "SortWord::Relevance")] sort: SortWord,
        #[graphql(default = 20)] limit: i32,
        #[graphql(default)] all_words: bool,
        #[graphql(default)] unfolded: bool,
        #[graphql(default)] no_rerank: bool,
    ) -> Option<Result<SearchNode>> {
        or_null(async {
            let limit = within("limit", count(limit), 1..=100)?;
            let wants_facets = context.look_ahead().field("facets").exists();
            let clock = asking(context)?.loader().app().clone();
            let question = ask(context, move |engine| {
                let started = Instant::now();
                let request = SearchRequest {
                    mode: mode.into(),
                    sort: sort.into(),
                    all_words,
                    limit,
                    snippet_chars: SNIPPET_CHARS,
                    facet_values: if wants_facets { FACET_VALUES } else { 0 },
                    fold: !unfolded,
                    rerank: !no_rerank,
                    ..SearchRequest::new(query, clock.today(engine))
                };
                let answer = block_on(engine.search(&request))?;
                Ok(SearchNode::of(answer, started.elapsed().as_secs_f64() * 1000.0))
            });
            Ok(Some(question.await?))
        })
        .await
    }

    /// A document by its id, or the first digits of it, at least 4.
    #[graphql(complexity = "ASKING + child_complexity")]
    async fn document(&self, context: &Context<'_>, id: ID) -> Option<Result<DocumentNode>> {
        or_null(async { Ok(Some(found(context, &id).await?)) }).await
    }

    /// Dated documents in order of time, at most 500 at once.
    #[graphql(complexity = "ASKING + each(first, child_complexity)")]
    async fn documents(
        &self,
        context: &Context<'_>,
        filter: Option<DocumentFilter>,
        #[graphql(default_with = "OrderWord::NewestFirst")] order: OrderWord,
        #[graphql(default = 50)] first: i32,
        after: Option<String>,
    ) -> Option<Result<Connection<DocumentNode>>> {
        or_null(async {
            let filter = filter.unwrap_or_default().read()?;
            Ok(Some(listed(context, filter, order, first, after).await?))
        })
        .await
    }

    /// Days with what they hold, at most 100 at once, and for each up to 10 documents that stand for it. Days without
    /// documents are left out.
    #[graphql(complexity = "ASKING + each(first, child_complexity)")]
    async fn timeline(
        &self,
        context: &Context<'_>,
        filter: Option<CountFilter>,
        #[graphql(default_with = "OrderWord::NewestFirst")] order: OrderWord,
        #[graphql(default = 14)] first: i32,
        after: Option<String>,
        #[graphql(default = 3)] highlights: i32,
    ) -> Option<Result<Connection<DayNode>>> {
        or_null(async {
            let parameters = filter
                .unwrap_or_default()
                .timeline(within("first", count(first), 1..=100)?, count(highlights))?;
            let parameters = timeline::Parameters { order: order.into(), cursor: after, ..parameters };
            let part = ask(context, timeline::question(parameters)?).await?;
            Ok(Some(Connection::of(part, DayNode::from)))
        })
        .await
    }

    /// A day, `2019-06-14`; null if it has no documents.
    #[graphql(complexity = "ASKING + child_complexity")]
    async fn day(
        &self,
        context: &Context<'_>,
        date: String,
        #[graphql(default = 3)] highlights: i32,
    ) -> Option<Result<DayNode>> {
        or_null(async {
            if date.parse::<jiff::civil::Date>().is_err() {
                let detail = format!("date: {date:?} is no day; write 2019-06-14");
                return Err(Problem::parameter("date", detail).into());
            }
            let filter = CountFilter { from: Some(date.clone()), to: Some(date), ..CountFilter::default() };
            let question = timeline::question(filter.timeline(1, count(highlights))?)?;
            Ok(ask(context, question).await?.items.pop().map(DayNode::from))
        })
        .await
    }

    /// Documents by day, month or year.
    #[graphql(complexity = "ASKING + 20 * child_complexity")]
    async fn histogram(
        &self,
        context: &Context<'_>,
        filter: Option<CountFilter>,
        #[graphql(default_with = "BucketWord::Month")] bucket: BucketWord,
        #[graphql(default_with = "Parts::Nothing")] by: Parts,
    ) -> Option<Result<HistogramNode>> {
        or_null(async {
            let filter = filter.unwrap_or_default();
            let query = HistogramQuery {
                from: days("from", filter.from.as_deref())?.map(|(first, _)| first.0),
                until: days("to", filter.to.as_deref())?.map(|(_, last)| LastDay::past(last)),
                sources: filter.source,
                kinds: filter.kind.into_iter().map(Into::into).collect(),
            };
            let question = ask(context, move |engine| {
                let counts = block_on(engine.vault().documents().histogram(&query))?;
                Ok(histogram::counted(counts, bucket, by))
            });
            Ok(Some(HistogramNode(question.await?)))
        })
        .await
    }

    /// What there is, in numbers, with top lists of so many lines, at most 100.
    #[graphql(complexity = "ASKING + each(top, child_complexity)")]
    async fn stats(
        &self,
        context: &Context<'_>,
        #[graphql(default = 10)] top: i32,
    ) -> Option<Result<StatisticsNode>> {
        or_null(async {
            let lines = within("top", count(top), 1..=100)?;
            let statistics = ask(context, move |engine| stats::statistics(engine, lines)).await?;
            Ok(Some(StatisticsNode(statistics)))
        })
        .await
    }

    /// The people in documents and address books, in order of id, at most 500 at once. Not for keys that see only a
    /// part.
    #[graphql(complexity = "ASKING + each(first, child_complexity)")]
    async fn people(
        &self,
        context: &Context<'_>,
        #[graphql(default = 50)] first: i32,
        after: Option<String>,
    ) -> Option<Result<Connection<PersonView>>> {
        or_null(async {
            let question = people::question(within("first", count(first), 1..=500)?, after.as_deref())?;
            let part = ask(context, move |engine| {
                let part = question(engine)?;
                Ok(crate::http::answer::Part {
                    items: shaped::<Vec<PersonView>>(&part.items)?,
                    next: part.next,
                })
            });
            Ok(Some(Connection::of(part.await?, |person| person)))
        })
        .await
    }

    /// Conversations, the one that went on last first, at most 200 at once. Not for keys that see only a part.
    #[graphql(complexity = "ASKING + each(first, child_complexity)")]
    async fn conversations(
        &self,
        context: &Context<'_>,
        #[graphql(default = 50)] first: i32,
        after: Option<String>,
    ) -> Option<Result<Connection<ConversationView>>> {
        or_null(async {
            let limit = within("first", count(first), 1..=200)?;
            let part = ask(context, conversations::question(limit, after.as_deref())?).await?;
            Ok(Some(Connection::of(part, |conversation| conversation)))
        })
        .await
    }

    /// The places that were visited most, with the number of visits, at most 500.
    #[graphql(complexity = "ASKING + each(first, child_complexity)")]
    async fn places(
        &self,
        context: &Context<'_>,
        #[graphql(default = 50)] first: i32,
    ) -> Option<Result<Vec<TopView>>> {
        or_null(async {
            let limit = within("first", count(first), 1..=500)?;
            let question = ask(context, move |engine| {
                shaped(&block_on(engine.vault().documents().top(Dimension::Place, limit))?)
            });
            Ok(Some(question.await?))
        })
        .await
    }

    /// The sources there are, by name.
    #[graphql(complexity = "ASKING + 20 * child_complexity")]
    async fn sources(&self, context: &Context<'_>) -> Option<Result<Vec<SourceNode>>> {
        or_null(async {
            let sources = ask(context, sources::listed).await?;
            Ok(Some(sources.into_iter().map(SourceNode).collect()))
        })
        .await
    }

    /// Time series, by name. Not for keys that are bound to sources.
    #[graphql(complexity = "ASKING + 20 * child_complexity")]
    async fn series(&self, context: &Context<'_>) -> Option<Result<Vec<SeriesView>>> {
        or_null(async {
            let question = ask(context, |engine| shaped(&block_on(engine.vault().series().list())?));
            Ok(Some(question.await?))
        })
        .await
    }

    /// All imports, latest first. Not for keys that see only a part.
    #[graphql(complexity = "ASKING + 20 * child_complexity")]
    async fn imports(&self, context: &Context<'_>) -> Option<Result<Vec<ImportView>>> {
        or_null(async {
            let question = ask(context, |engine| shaped(&block_on(engine.vault().imports().list())?));
            Ok(Some(question.await?))
        })
        .await
    }
}
