//! The root of the graph: what can be asked for. A field that fails is null, and the others are answered.

use super::{
    bounds::{ASKING, each},
    document::{DocumentNode, found},
    filter::{DocumentFilter, days, listed},
    listing::{Connection, count},
    numbers::{SourceNode, StatisticsNode, TopLineNode},
    sample::SampleNode,
    scalars::KindWord,
    search::SearchNode,
    time::{DayNode, HistogramNode, YearNode},
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
        series, sources, stats, suggest, timeline,
    },
    shapes::{ImportView, PersonView, SeriesView, SuggestionView, TopView},
    statistics::{
        Chosen,
        correlation::{self, CorrelationView, Figure, Pair, Side},
        streaks::{self, StreaksView},
        top::{self, TopWord},
        trend::{self, CalendarWord, TrendView},
        week::{self, WeekView},
    },
    words::{self, LastDay},
};
use async_graphql::{Context, ID, InputObject, Object, Result};
use dp_cortex::engine::SearchRequest;
use dp_lake::Dimension;
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
    /// The documents of it that match a query.
    fn chosen(self, typed: String) -> Result<Chosen, Problem> {
        let mut chosen = Chosen::typed(typed);
        chosen.filter.from = days("from", self.from.as_deref())?.map(|(first, _)| first.0);
        chosen.filter.until = days("to", self.to.as_deref())?.map(|(_, last)| LastDay::past(last));
        chosen.filter.sources = self.source;
        chosen.filter.kinds = self.kind.into_iter().map(Into::into).collect();
        Ok(chosen)
    }

    fn timeline(self, limit: usize, highlights: usize) -> Result<timeline::Wanted, Problem> {
        Ok(timeline::Wanted {
            sources: self.source,
            kinds: self.kind.into_iter().map(Into::into).collect(),
            from: days("from", self.from.as_deref())?.map(|(first, _)| first.0),
            until: days("to", self.to.as_deref())?.map(|(_, last)| LastDay::past(last)),
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
            let wanted = filter
                .unwrap_or_default()
                .timeline(within("first", count(first), 1..=100)?, count(highlights))?;
            let wanted = timeline::Wanted { order: order.into(), cursor: after, ..wanted };
            let part = ask(context, timeline::question(wanted)?).await?;
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

    /// Documents in time. `q` is a query as search takes it, all of whose words must occur.
    #[graphql(complexity = "ASKING + 20 * child_complexity")]
    async fn histogram(
        &self,
        context: &Context<'_>,
        filter: Option<CountFilter>,
        #[graphql(default)] q: String,
        #[graphql(default_with = "BucketWord::Month")] bucket: BucketWord,
        #[graphql(default_with = "Parts::Nothing")] by: Parts,
    ) -> Option<Result<HistogramNode>> {
        or_null(async {
            let chosen = filter.unwrap_or_default().chosen(q)?;
            let clock = asking(context)?.loader().app().clone();
            let question = ask(context, move |engine| {
                histogram::counted(engine, &chosen.selection(&clock, engine)?, bucket, by)
            });
            Ok(Some(HistogramNode(question.await?)))
        })
        .await
    }

    /// What happened on this day in other years, latest first, at most 50 documents of each: `2024-06-14` or `06-14`; today,
    /// if it is left out.
    #[graphql(complexity = "ASKING + 10 * each(limit, child_complexity)")]
    async fn on_this_day(
        &self,
        context: &Context<'_>,
        date: Option<String>,
        #[graphql(default = 5)] limit: i32,
    ) -> Option<Result<Vec<YearNode>>> {
        or_null(async {
            let limit = within("limit", count(limit), 1..=50)?;
            let date = date.as_deref().map(words::date).transpose();
            let date = date.map_err(|wrong| Problem::parameter("date", wrong))?;
            let clock = asking(context)?.loader().app().clone();
            let years = ask(context, move |engine| {
                let date = date.unwrap_or_else(|| clock.today(engine));
                Ok(block_on(engine.on_this_day(date, limit))?)
            });
            Ok(Some(years.await?.into_iter().map(YearNode::of).collect()))
        })
        .await
    }

    /// How what is being typed may go on: queries asked before, names and titles; at most 50 of each kind.
    #[graphql(complexity = "ASKING + each(limit, 4 * child_complexity)")]
    async fn suggest(
        &self,
        context: &Context<'_>,
        query: String,
        #[graphql(default = 5)] limit: i32,
    ) -> Option<Result<Vec<SuggestionView>>> {
        or_null(async {
            let limit = within("limit", count(limit), 1..=50)?;
            suggest::check("query", &query)?;
            let found = ask(context, move |engine| shaped(&block_on(engine.suggest(&query, limit))?));
            Ok(Some(found.await?))
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

    /// The most frequent names of any documents, at most 100.
    #[graphql(complexity = "ASKING + each(first, child_complexity)")]
    async fn top(
        &self,
        context: &Context<'_>,
        by: TopWord,
        filter: Option<CountFilter>,
        #[graphql(default)] q: String,
        #[graphql(default = 10)] first: i32,
    ) -> Option<Result<Vec<TopLineNode>>> {
        or_null(async {
            let lines = within("first", count(first), 1..=100)?;
            let chosen = filter.unwrap_or_default().chosen(q)?;
            let clock = asking(context)?.loader().app().clone();
            let list = ask(context, move |engine| {
                top::ranked(engine, &chosen.selection(&clock, engine)?, by.into(), lines)
            });
            Ok(Some(list.await?.items.into_iter().map(TopLineNode::from).collect()))
        })
        .await
    }

    /// Documents by weekday and hour on the local clock.
    #[graphql(complexity = "ASKING + 7 * child_complexity")]
    async fn week(
        &self,
        context: &Context<'_>,
        filter: Option<CountFilter>,
        #[graphql(default)] q: String,
    ) -> Option<Result<WeekView>> {
        or_null(async {
            let chosen = filter.unwrap_or_default().chosen(q)?;
            let clock = asking(context)?.loader().app().clone();
            let question =
                ask(context, move |engine| week::counted(engine, &chosen.selection(&clock, engine)?));
            Ok(Some(question.await?))
        })
        .await
    }

    /// Days in a row that have any of some documents.
    #[graphql(complexity = "ASKING + child_complexity")]
    async fn streaks(
        &self,
        context: &Context<'_>,
        filter: Option<CountFilter>,
        #[graphql(default)] q: String,
    ) -> Option<Result<StreaksView>> {
        or_null(async {
            let chosen = filter.unwrap_or_default().chosen(q)?;
            let clock = asking(context)?.loader().app().clone();
            let question = ask(context, move |engine| {
                let today = dp_lake::day_of_date(clock.today(engine));
                streaks::counted(engine, &chosen.selection(&clock, engine)?, today)
            });
            Ok(Some(question.await?))
        })
        .await
    }

    /// How many documents the period of the calendar that holds a day, or today, has against the one before. Of the
    /// filter only sources and kinds count.
    #[graphql(complexity = "ASKING + child_complexity")]
    async fn trend(
        &self,
        context: &Context<'_>,
        #[graphql(default_with = "CalendarWord::Month")] period: CalendarWord,
        day: Option<String>,
        filter: Option<CountFilter>,
        #[graphql(default)] q: String,
    ) -> Option<Result<TrendView>> {
        or_null(async {
            let day = days("day", day.as_deref())?.map(|(first, _)| first.0);
            let filter = CountFilter { from: None, to: None, ..filter.unwrap_or_default() };
            let (chosen, period) = (filter.chosen(q)?, trend::Period::Calendar(period.into(), day));
            let clock = asking(context)?.loader().app().clone();
            let question = ask(context, move |engine| {
                let today = dp_lake::day_of_date(clock.today(engine));
                trend::compared(engine, &chosen.selection(&clock, engine)?, period.pair(today))
            });
            Ok(Some(question.await?))
        })
        .await
    }

    /// How two series (`series:steps`) or counted queries go together by day, up to 60 days apart.
    #[expect(clippy::too_many_arguments, reason = "each is one of the field")]
    #[graphql(complexity = "ASKING + each(max_lag, 2 * child_complexity)")]
    async fn correlation(
        &self,
        context: &Context<'_>,
        a: String,
        b: String,
        #[graphql(default_with = "Figure::Mean")] a_figure: Figure,
        #[graphql(default_with = "Figure::Mean")] b_figure: Figure,
        #[graphql(default = 7)] max_lag: i32,
        from: Option<String>,
        to: Option<String>,
    ) -> Option<Result<CorrelationView>> {
        or_null(async {
            let pair = Pair {
                a: Side { name: "a", text: a, figure: a_figure },
                b: Side { name: "b", text: b, figure: b_figure },
                range: (
                    days("from", from.as_deref())?.map(|(first, _)| first.0),
                    days("to", to.as_deref())?.map(|(_, last)| LastDay::past(last)),
                ),
                max_lag: within("maxLag", count(max_lag), 0..=60)?,
            };
            let clock = asking(context)?.loader().app().clone();
            let question = ask(context, move |engine| correlation::correlated(&clock, engine, pair));
            Ok(Some(question.await?))
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

    /// The samples of a series in order of time, at most 10,000 at once: from an instant, `2019-06-14T00:00:00Z`, until
    /// another, and within borders in degrees, south, west, north and east, as `46.5,6.0,47.5,7.5`.
    #[expect(clippy::too_many_arguments, reason = "each is one of the field")]
    #[graphql(complexity = "ASKING + each(first, child_complexity)")]
    async fn samples(
        &self,
        context: &Context<'_>,
        series: String,
        from: Option<String>,
        until: Option<String>,
        within: Option<String>,
        #[graphql(default = 100)] first: i32,
        after: Option<String>,
    ) -> Option<Result<Connection<SampleNode>>> {
        or_null(async {
            let asked = series::Parameters { from, until, within, limit: count(first), cursor: after };
            let query = series::query(series, asked)?;
            let part = ask(context, move |engine| series::page(engine, query)).await?;
            Ok(Some(Connection::of(part, SampleNode)))
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
