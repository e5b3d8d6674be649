//! `GET /api/v1/imports` and `GET /api/v1/imports/{id}/entries`

use super::documents::Nothing;
use crate::http::{
    answer::{All, Part, Written},
    app::App,
    asked::{Asked, within},
    entrance::Reads,
    given::Named,
    problem::{Code, Problem},
    shapes::{self, EntryReportView, ImportView},
};
use axum::extract::State;
use dp_cortex::engine::Engine;
use dp_lake::LedgerQuery;
use dp_model::{EntryReport, EntryStatus};
use futures::executor::block_on;
use serde::Deserialize;
use utoipa::IntoParams;

/// All imports, latest first. Not for keys that see only a part.
#[utoipa::path(
    get,
    operation_id = "list_imports",
    path = "/api/v1/imports",
    tag = "imports",
    responses((status = 200, description = "Imports", body = All<ImportView>))
)]
pub(super) async fn list(
    State(app): State<App>,
    Reads(principal): Reads,
    Asked(Nothing {}): Asked<Nothing>,
) -> Result<Written, Problem> {
    let question =
        app.ask_written(&principal, |engine| Ok(All { items: block_on(engine.vault().imports().list())? }));
    question.await
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct Parameters {
    /// Only entries with this status.
    #[param(schema_with = shapes::entry_status)]
    status: Option<EntryStatus>,
    /// At most so many.
    #[serde(default = "limit")]
    #[param(minimum = 1, maximum = 5_000, default = 1_000)]
    limit: usize,
    /// `next` of the page before.
    cursor: Option<String>,
}

fn limit() -> usize {
    1_000
}

/// The ledger of an import: what became of each entry, in order of the plan. Not for keys that see only a
/// part.
#[utoipa::path(
    get,
    operation_id = "list_entries",
    path = "/api/v1/imports/{id}/entries",
    tag = "imports",
    params(("id" = u64, Path, description = "Number of the import"), Parameters),
    responses((status = 200, description = "A page of entries", body = Part<EntryReportView>))
)]
pub(super) async fn entries(
    State(app): State<App>,
    Reads(principal): Reads,
    Named(id): Named<String>,
    Asked(asked): Asked<Parameters>,
) -> Result<Written, Problem> {
    let limit = within("limit", asked.limit, 1..=5_000)?;
    app.ask_written(&principal, question(id, asked.status, limit, asked.cursor)?).await
}

/// What is asked of the engine for a page of a ledger.
///
/// # Errors
/// When the cursor is none.
pub(in crate::http) fn question(
    id: String,
    status: Option<EntryStatus>,
    limit: usize,
    cursor: Option<String>,
) -> Result<impl FnOnce(&Engine) -> Result<Part<EntryReport>, Problem> + Send + 'static, Problem> {
    let first = cursor.as_deref().map(str::parse::<usize>).transpose();
    let first = first.map_err(|_| {
        let text = cursor.clone().unwrap_or_default();
        Problem::new(Code::BadCursor, format!("{text:?} is no cursor")).about("cursor")
    })?;
    let first = first.unwrap_or(0);
    Ok(move |engine: &Engine| {
        let imports = engine.vault().imports();
        let known = block_on(imports.list())?;
        let import = id.parse::<u64>().ok().filter(|id| known.iter().any(|import| import.id == *id));
        let import =
            import.ok_or_else(|| Problem::new(Code::NoSuchImport, format!("there is no import {id:?}")))?;
        let query = LedgerQuery { import: Some(import), status };
        let rows = block_on(imports.ledger(&query))?;
        let past = first.saturating_add(limit);
        let next = (rows.len() > past).then(|| past.to_string());
        Ok(Part { items: rows.into_iter().skip(first).take(limit).collect(), next })
    })
}
