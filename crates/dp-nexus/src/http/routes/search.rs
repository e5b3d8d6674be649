//! `GET /api/v1/search`

use crate::http::{
    app::App,
    asked::{Asked, within},
    csv::{AskedAs, Cell, Formed, Table},
    entrance::Reads,
    problem::Problem,
    shapes::{self, DocumentView},
};
use async_graphql::Enum;
use axum::extract::State;
use dp_cortex::engine::{self, Explanation, Found, Mode, SearchRequest, Understood};
use dp_lake::{Facet, Passage, Sort};
use dp_model::{Document, Kind};
use futures::executor::block_on;
use serde::{Deserialize, Serialize};
use std::time::Instant;
use utoipa::{IntoParams, ToSchema};

/// Characters of a snippet.
pub(in crate::http) const SNIPPET_CHARS: usize = 160;
/// Values of a facet.
pub(in crate::http) const FACET_VALUES: usize = 8;

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct Parameters {
    /// What to look for: words or a sentence, with filters such as `source:`, `kind:`, `after:`, `with:`.
    #[param(max_length = 4096)]
    q: String,
    /// By words, by meaning, or by both.
    #[serde(default)]
    #[param(value_type = Option<ModeWord>, inline)]
    mode: Mode,
    /// Best match first, or by time: then all words must occur.
    #[serde(default)]
    #[param(value_type = Option<SortWord>, inline)]
    sort: Sort,
    /// At most so many hits.
    #[serde(default = "limit")]
    #[param(minimum = 1, maximum = 100, default = 20)]
    limit: usize,
    /// Only documents that hold all the words.
    #[serde(default)]
    all_words: bool,
    /// Show near-duplicates one by one.
    #[serde(default)]
    unfolded: bool,
    /// Count what matches by source, kind, year, person and place.
    #[serde(default)]
    facets: bool,
    /// Say for each hit which ranks and scores made it.
    #[serde(default)]
    explain: bool,
    /// Give each hit's document whole too, as `/api/v1/documents` does.
    #[serde(default)]
    documents: bool,
    /// Don't compare the best hits once more with a larger model.
    #[serde(default)]
    no_rerank: bool,
}

fn limit() -> usize {
    20
}

/// How documents are found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum, ToSchema)]
#[graphql(remote = "dp_cortex::engine::Mode", name = "Mode", rename_items = "snake_case")]
#[schema(rename_all = "snake_case")]
pub(in crate::http) enum ModeWord {
    /// By their words.
    Keyword,
    /// By their meaning.
    Semantic,
    /// By both.
    Hybrid,
}

/// How hits are sorted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum, ToSchema)]
#[graphql(remote = "dp_lake::Sort", name = "Sort", rename_items = "snake_case")]
#[schema(rename_all = "snake_case")]
pub(in crate::http) enum SortWord {
    /// Best match first.
    Relevance,
    /// Latest first; undated last.
    Newest,
    /// Earliest first; undated last.
    Oldest,
}

/// What was found.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct SearchAnswer {
    /// Best first, or in the order asked for.
    pub hits: Vec<Hit>,
    /// Documents that were found, shown or not.
    pub total: u64,
    /// Documents that hold all the words and pass the filters.
    pub all_words: u64,
    /// How documents were found in the end.
    #[schema(value_type = ModeWord)]
    pub mode: Mode,
    /// Counts by field, if they were asked for.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schema(value_type = Vec<shapes::FacetView>)]
    pub facets: Vec<Facet>,
    /// What the person should know.
    pub notices: Vec<String>,
    /// How the query was understood.
    #[schema(value_type = shapes::UnderstoodView)]
    pub understood: Understood,
    /// How long it took.
    pub elapsed_ms: f64,
}

/// A document that was found.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct Hit {
    /// Its id: 32 hexadecimal digits.
    pub id: String,
    /// Where it came from, dotted.
    pub source: String,
    /// What it is.
    #[schema(schema_with = shapes::kind)]
    pub kind: Kind,
    /// One line that names it; may be empty.
    pub title: String,
    /// The passage that matched.
    pub snippet: String,
    /// Byte ranges in the snippet of what was searched for.
    #[schema(value_type = Vec<Vec<u64>>)]
    pub highlights: Vec<(usize, usize)>,
    /// The stretch of the text whose meaning matched.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<shapes::PassageView>)]
    pub passage: Option<Passage>,
    /// When it happened or began, ISO 8601, as exactly as it is known.
    pub start: Option<String>,
    /// When it ended.
    pub end: Option<String>,
    /// Name or address of the place.
    pub place: Option<String>,
    /// Names or addresses of the people.
    pub people: Vec<String>,
    /// What it points at.
    pub url: Option<String>,
    /// What hits are ordered by; comparable within one answer only.
    pub score: f32,
    /// Documents that say nearly the same and were found too.
    pub like_it: Vec<String>,
    /// Why it stands where it stands, if that was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<shapes::ExplanationView>)]
    pub explanation: Option<Explanation>,
    /// The document, if it was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<DocumentView>)]
    pub document: Option<Document>,
}

/// What is to be told of each hit besides.
#[derive(Debug, Clone, Copy, Default)]
pub struct Besides {
    /// Which ranks and scores made it.
    pub explanation: bool,
    /// Its document.
    pub document: bool,
}

impl SearchAnswer {
    /// What the engine found, as it is told.
    #[must_use]
    pub fn new(answer: engine::SearchAnswer, besides: Besides, elapsed_ms: f64) -> Self {
        Self {
            hits: answer.hits.into_iter().map(|found| Hit::new(found, besides)).collect(),
            total: answer.total,
            all_words: answer.all_words,
            mode: answer.mode,
            facets: answer.facets,
            notices: answer.notices,
            understood: answer.understood,
            elapsed_ms,
        }
    }
}

impl Hit {
    fn new(found: Found, besides: Besides) -> Self {
        let content = &found.document.content;
        let place = content.place.as_ref();
        let people = content.people.iter().filter_map(|mention| {
            mention.name.clone().or_else(|| mention.identity.as_ref().map(|identity| identity.value.clone()))
        });
        Self {
            id: found.document.id.to_string(),
            source: content.source.to_string(),
            kind: content.kind,
            title: content.title.clone(),
            snippet: found.snippet.text,
            highlights: found.snippet.highlights,
            passage: found.passage,
            start: content.time.as_ref().map(dp_lake::text_of_moment),
            end: content.end.as_ref().map(dp_lake::text_of_moment),
            place: place.and_then(|place| place.name.clone().or_else(|| place.address.clone())),
            people: people.collect(),
            url: content.url.clone(),
            score: found.explanation.score,
            like_it: found.like_it.iter().map(ToString::to_string).collect(),
            explanation: besides.explanation.then_some(found.explanation),
            document: besides.document.then_some(found.document),
        }
    }
}

/// Finds documents by words and by meaning.
#[utoipa::path(
    get,
    path = "/api/v1/search",
    tag = "finding",
    params(Parameters),
    responses((status = 200, description = "What was found; as a table, the hits",
               content((SearchAnswer = "application/json"), (String = "text/csv"))))
)]
pub(super) async fn search(
    State(app): State<App>,
    Reads(principal): Reads,
    form: AskedAs,
    Asked(asked): Asked<Parameters>,
) -> Result<Formed, Problem> {
    let limit = within("limit", asked.limit, 1..=100)?;
    let clock = app.clone();
    let question = app.ask_formed(&principal, form, move |engine| {
        let started = Instant::now();
        let request = SearchRequest {
            mode: asked.mode,
            sort: asked.sort,
            all_words: asked.all_words,
            limit,
            snippet_chars: SNIPPET_CHARS,
            facet_values: if asked.facets { FACET_VALUES } else { 0 },
            fold: !asked.unfolded,
            rerank: !asked.no_rerank,
            ..SearchRequest::new(asked.q, clock.today(engine))
        };
        let answer = block_on(engine.search(&request))?;
        let besides = Besides { explanation: asked.explain, document: asked.documents };
        Ok(SearchAnswer::new(answer, besides, started.elapsed().as_secs_f64() * 1000.0))
    });
    question.await
}

impl Table for SearchAnswer {
    const NAME: &'static str = "search";

    fn columns(&self) -> Vec<&str> {
        vec!["id", "source", "kind", "title", "snippet", "start", "end", "place", "people", "url", "score"]
    }

    fn rows(&self) -> Vec<Vec<Cell>> {
        let row = |hit: &Hit| {
            vec![
                hit.id.as_str().into(),
                hit.source.as_str().into(),
                hit.kind.as_str().into(),
                hit.title.as_str().into(),
                hit.snippet.as_str().into(),
                hit.start.as_deref().into(),
                hit.end.as_deref().into(),
                hit.place.as_deref().into(),
                hit.people.join("; ").as_str().into(),
                hit.url.as_deref().into(),
                Cell::Number(hit.score.into()),
            ]
        };
        self.hits.iter().map(row).collect()
    }

    fn next(&self) -> Option<&str> {
        None
    }
}
