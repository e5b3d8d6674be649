//! `GET /api/v1/privacy`

use super::{Privacy, whole};
use crate::{
    Role,
    accounts::Reader,
    http::{
        answer::Written, app::App, asked::Asked, entrance::Reads, problem::Problem, routes::Nothing, words,
    },
};
use axum::{Extension, extract::State};
use dp_cortex::{engine::Engine, privacy_log::Call};
use dp_lake::{Day, HistogramQuery, LedgerQuery};
use futures::executor::block_on;
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};
use utoipa::ToSchema;

/// What is known of a person, and to whom.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Privacy)]
pub(super) struct PrivacyView {
    /// What is held, by source.
    sources: Vec<HoldingView>,
    /// Who read and changed the account's data, by session and key, the last first.
    readers: Vec<ReaderView>,
    /// What was sent to other machines, by address and purpose. For the owner; empty for others.
    calls: Vec<CallsView>,
}

/// What is held of a source.
#[derive(Debug, Default, Serialize, ToSchema)]
#[schema(as = Holding)]
pub(super) struct HoldingView {
    /// The source.
    source: String,
    /// Documents of it.
    documents: u64,
    /// The first local day there is a document of.
    #[schema(value_type = Option<String>, format = Date)]
    first_day: Option<String>,
    /// The last one.
    #[schema(value_type = Option<String>, format = Date)]
    last_day: Option<String>,
    /// Samples that imports read of it.
    samples_read: u64,
    /// Files of archives it was read from.
    files: u64,
    /// Bytes of those files.
    file_bytes: u64,
    /// Numbers of the imports that brought it.
    imports: BTreeSet<u64>,
}

/// Who read and changed.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = AccessCount)]
pub(super) struct ReaderView {
    /// How they came in: `session 5`, `key 7`, `local`.
    origin: String,
    /// How often something was read.
    reads: u64,
    /// How often something was changed.
    changes: u64,
    /// When something was done first.
    #[schema(value_type = String, format = DateTime)]
    first: jiff::Timestamp,
    /// When something was done last.
    #[schema(value_type = String, format = DateTime)]
    last: jiff::Timestamp,
}

impl From<Reader> for ReaderView {
    fn from(reader: Reader) -> Self {
        let Reader { origin, reads, changes, first, last } = reader;
        Self { origin, reads, changes, first, last }
    }
}

/// Calls to another machine.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = CallCount)]
pub(super) struct CallsView {
    /// Where they went.
    endpoint: String,
    /// What for.
    purpose: String,
    /// How many.
    calls: u64,
    /// Texts of the owner's that were sent.
    texts: u64,
    /// Bytes that were sent.
    sent_bytes: u64,
    /// When the last one was.
    last: String,
}

/// What is held of each source, who read or changed it, and what was sent to other machines. Not for keys that see only a part.
#[utoipa::path(
    get,
    operation_id = "get_privacy",
    path = "/api/v1/privacy",
    tag = "privacy",
    responses((status = 200, description = "What is held, and who saw it", body = PrivacyView))
)]
pub(super) async fn held(
    State(app): State<App>,
    Extension(privacy): Extension<Privacy>,
    Reads(principal): Reads,
    Asked(Nothing {}): Asked<Nothing>,
) -> Result<Written, Problem> {
    whole(&principal)?;
    let sources = app.ask(&principal, holdings).await?;
    let question = privacy.ask(move |inner| {
        let readers = inner.accounts.readers(principal.account)?;
        // The log is the machine's: what others look for is no business of a member's.
        let calls = match principal.role {
            Role::Owner => counted(inner.calls.read().map_err(Problem::internal)?),
            Role::Member | Role::Reader => Vec::new(),
        };
        let readers = readers.into_iter().map(ReaderView::from).collect();
        Written::of(&PrivacyView { sources, readers, calls })
    });
    question.await
}

fn holdings(engine: &Engine) -> Result<Vec<HoldingView>, Problem> {
    let vault = engine.vault();
    let mut held: BTreeMap<String, HoldingView> = BTreeMap::new();
    let mut days: BTreeMap<String, (Day, Day)> = BTreeMap::new();
    for count in block_on(vault.documents().histogram(&HistogramQuery::default()))? {
        held.entry(count.source.clone()).or_default().documents += count.count;
        if let Some(day) = count.day {
            let range = days.entry(count.source).or_insert((day, day));
            *range = (range.0.min(day), range.1.max(day));
        }
    }
    for import in block_on(vault.imports().list())? {
        let query = LedgerQuery { import: Some(import.id), status: None };
        for entry in block_on(vault.imports().ledger(&query))? {
            let Some(source) = entry.source else { continue };
            let holding = held.entry(source).or_default();
            holding.samples_read += entry.samples;
            holding.files += 1;
            holding.file_bytes += entry.bytes;
            holding.imports.insert(import.id);
        }
    }
    let named = held.into_iter().map(|(source, holding)| {
        let range = days.get(&source).copied();
        let (first_day, last_day) =
            (range.map(|range| words::day(range.0)), range.map(|range| words::day(range.1)));
        HoldingView { source, first_day, last_day, ..holding }
    });
    Ok(named.collect())
}

fn counted(calls: Vec<Call>) -> Vec<CallsView> {
    let mut counts: BTreeMap<(String, String), CallsView> = BTreeMap::new();
    for Call { time, endpoint, purpose, texts, sent_bytes, .. } in calls {
        let key = (endpoint.clone(), purpose.clone());
        let none = CallsView { endpoint, purpose, calls: 0, texts: 0, sent_bytes: 0, last: String::new() };
        let count = counts.entry(key).or_insert(none);
        count.calls += 1;
        count.texts += texts;
        count.sent_bytes += sent_bytes;
        count.last = time;
    }
    counts.into_values().collect()
}
