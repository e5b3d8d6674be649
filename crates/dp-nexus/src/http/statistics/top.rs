//! `GET /api/v1/stats/top`

use super::parameters;
use crate::http::{
    app::App,
    asked::{Asked, within},
    csv::{AskedAs, Cell, Formed, Table},
    entrance::Reads,
    problem::Problem,
};
use async_graphql::Enum;
use axum::extract::State;
use dp_cortex::engine::{Engine, Selection, TopOf};
use futures::executor::block_on;
use serde::Serialize;
use utoipa::ToSchema;

parameters! {
    /// What is ranked, and of which documents.
    struct Parameters {
        /// What is ranked.
        #[serde(default = "by")]
        #[param(value_type = Option<TopWord>, inline)]
        by: TopOf,
        /// At most so many lines.
        #[serde(default = "limit")]
        #[param(minimum = 1, maximum = 1_000, default = 20)]
        limit: usize,
    }
}

fn by() -> TopOf {
    TopOf::Source
}

fn limit() -> usize {
    20
}

/// What a top list ranks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum, ToSchema)]
#[graphql(remote = "dp_cortex::engine::TopOf", name = "TopOf", rename_items = "snake_case")]
#[schema(rename_all = "snake_case")]
pub(in crate::http) enum TopWord {
    /// Who made what was watched or listened to.
    Channel,
    /// Who made what was listened to.
    Artist,
    /// Hosts of pages that were opened.
    Site,
    /// People in mails, events and messages.
    Person,
    /// Places that were visited.
    Place,
    /// Labels, folders, lists and albums.
    Label,
    /// Sources.
    Source,
    /// Kinds.
    Kind,
    /// Years.
    Year,
}

/// The most frequent names.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::http) struct TopList {
    /// What is ranked.
    #[schema(value_type = TopWord)]
    pub(in crate::http) by: TopOf,
    /// Most frequent first, ties by name.
    pub(in crate::http) items: Vec<Line>,
}

/// A name, and in how many documents it stands.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::http) struct Line {
    /// The name.
    pub(in crate::http) name: String,
    /// Documents.
    pub(in crate::http) count: u64,
    /// The query that lists them.
    pub(in crate::http) query: String,
}

impl Table for TopList {
    const NAME: &'static str = "top";

    fn columns(&self) -> Vec<&str> {
        vec![self.by.as_str(), "count", "query"]
    }

    fn rows(&self) -> Vec<Vec<Cell>> {
        let row =
            |line: &Line| vec![line.name.as_str().into(), line.count.into(), line.query.as_str().into()];
        self.items.iter().map(row).collect()
    }

    fn next(&self) -> Option<&str> {
        None
    }
}

/// The most frequent channels, artists, sites, people, places, labels, sources, kinds or years of any documents.
#[utoipa::path(
    get,
    operation_id = "top",
    path = "/api/v1/stats/top",
    tag = "statistics",
    params(Parameters),
    responses((status = 200, description = "Names, most frequent first",
               content((TopList = "application/json"), (String = "text/csv"))))
)]
pub(super) async fn top(
    State(app): State<App>,
    Reads(principal): Reads,
    form: AskedAs,
    Asked(mut asked): Asked<Parameters>,
) -> Result<Formed, Problem> {
    let limit = within("limit", asked.limit, 1..=1_000)?;
    let (chosen, by, clock) = (asked.chosen()?, asked.by, app.clone());
    let question = move |engine: &Engine| ranked(engine, &chosen.selection(&clock, engine)?, by, limit);
    app.ask_formed(&principal, form, question).await
}

/// The top list of some documents.
pub(in crate::http) fn ranked(
    engine: &Engine,
    selection: &Selection,
    by: TopOf,
    limit: usize,
) -> Result<TopList, Problem> {
    let lines = block_on(engine.top(selection, by, limit))?.into_iter();
    let line = |top: dp_lake::Top| {
        let query = selection.query_of_name(by, &top.name);
        Line { name: top.name, count: top.count, query }
    };
    Ok(TopList { by, items: lines.map(line).collect() })
}
