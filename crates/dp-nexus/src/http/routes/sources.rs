//! `GET /api/v1/sources`

use super::documents::Nothing;
use crate::http::{answer::Written, app::App, asked::Asked, entrance::Reads, problem::Problem, words};
use axum::extract::State;
use dp_cortex::engine::Engine;
use dp_lake::{Day, HistogramQuery};
use futures::executor::block_on;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use utoipa::ToSchema;

/// Where documents came from.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub(in crate::http) struct Source {
    /// Its name, dotted.
    pub(in crate::http) source: String,
    /// Documents.
    pub(in crate::http) documents: u64,
    /// Documents by kind.
    pub(in crate::http) kinds: BTreeMap<String, u64>,
    /// The first day it has documents of.
    pub(in crate::http) first_day: Option<String>,
    /// The last.
    pub(in crate::http) last_day: Option<String>,
}

/// The sources there are.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct Sources {
    /// Sources by name.
    pub(in crate::http) items: Vec<Source>,
    /// The zone that local days are of, as IANA names it: where the person of the vault is at home.
    pub home_zone: String,
}

/// The sources there are, by name.
#[utoipa::path(
    get,
    path = "/api/v1/sources",
    tag = "statistics",
    responses((status = 200, description = "Sources with what they hold", body = Sources))
)]
pub(super) async fn sources(
    State(app): State<App>,
    Reads(principal): Reads,
    Asked(Nothing {}): Asked<Nothing>,
) -> Result<Written, Problem> {
    let question = app.ask_written(&principal, |engine| {
        Ok(Sources { items: listed(engine)?, home_zone: engine.vault().home_zone().to_owned() })
    });
    question.await
}

/// The sources there are, by name.
pub(in crate::http) fn listed(engine: &Engine) -> Result<Vec<Source>, Problem> {
    let mut sources: BTreeMap<String, Summed> = BTreeMap::new();
    for count in block_on(engine.vault().documents().histogram(&HistogramQuery::default()))? {
        let summed = sources.entry(count.source).or_default();
        *summed.kinds.entry(count.kind.as_str()).or_default() += count.count;
        if let Some(day) = count.day {
            let (first, last) = summed.days.unwrap_or((day, day));
            summed.days = Some((first.min(day), last.max(day)));
        }
    }
    let items = sources.into_iter().map(|(source, summed)| Source {
        source,
        documents: summed.kinds.values().sum(),
        kinds: summed.kinds.into_iter().map(|(kind, count)| (kind.to_owned(), count)).collect(),
        first_day: summed.days.map(|(first, _)| words::day(first)),
        last_day: summed.days.map(|(_, last)| words::day(last)),
    });
    Ok(items.collect())
}

#[derive(Default)]
struct Summed {
    kinds: BTreeMap<&'static str, u64>,
    days: Option<(Day, Day)>,
}
