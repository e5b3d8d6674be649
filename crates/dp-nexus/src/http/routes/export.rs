//! `GET /api/v1/export`

use crate::{
    export::{ExportError, write_zip},
    http::{
        app::App,
        asked::Asked,
        entrance::Reads,
        flow,
        problem::{Code, Problem},
        shapes,
        words::{FirstDay, LastDay},
    },
};
use axum::{
    extract::State,
    response::{IntoResponse as _, Response},
};
use dp_lake::Filter;
use dp_model::Kind;
use http::header;
use serde::Deserialize;
use std::sync::Arc;
use tokio::sync::Semaphore;
use utoipa::IntoParams;

/// Exports that are written at the same time; each keeps a thread and reads everything.
static EXPORTS: Semaphore = Semaphore::const_new(2);

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct Parameters {
    /// Only these sources and those below them; `google` means `google.youtube` too.
    #[serde(default)]
    source: Vec<String>,
    /// Only these kinds; then without samples of series.
    #[serde(default)]
    #[param(schema_with = shapes::kinds)]
    kind: Vec<Kind>,
    /// First day: `2019`, `2019-06` or `2019-06-14`.
    #[param(value_type = Option<String>)]
    from: Option<FirstDay>,
    /// Last day, included.
    #[param(value_type = Option<String>)]
    to: Option<LastDay>,
}

/// Everything in open formats, or what is of these sources, kinds and days, as a zip that is written while it is sent: documents,
/// people and imports as JSON lines, series as CSV. A key sees what it sees elsewhere. If it breaks off, the zip has no end and
/// is refused by whatever opens it.
#[utoipa::path(
    get,
    operation_id = "export",
    path = "/api/v1/export",
    tag = "backups",
    params(Parameters),
    responses((status = 200, description = "The zip", body = Vec<u8>, content_type = "application/zip"))
)]
pub(super) async fn export(
    State(app): State<App>,
    Reads(principal): Reads,
    Asked(asked): Asked<Parameters>,
) -> Result<Response, Problem> {
    let permit = EXPORTS.try_acquire().map_err(|_| {
        Problem::new(Code::TooSlow, "as many exports are being written as can be at once").retry_after_s(30)
    })?;
    let filter = Filter {
        sources: asked.source,
        kinds: asked.kind,
        from: asked.from.map(|day| day.0),
        until: asked.to.map(LastDay::past),
        ..Filter::default()
    };
    let vault = app.ask(&principal, |engine| Ok(Arc::clone(engine.vault()))).await?;
    let body = flow::body(move |output| {
        let _permit = permit;
        write_zip(&*vault, &filter, output).map(drop).map_err(ExportError::into_io)
    });
    let headers = [
        (header::CONTENT_TYPE, "application/zip"),
        (header::CONTENT_DISPOSITION, "attachment; filename=\"datapunk-export.zip\""),
        (header::CACHE_CONTROL, "private, no-store"),
    ];
    Ok((headers, body).into_response())
}
