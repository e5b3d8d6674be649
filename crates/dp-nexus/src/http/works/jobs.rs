//! `GET /api/v1/jobs`, `GET /api/v1/jobs/{id}`, and `POST` to `cancel` and `requeue` of one.

use super::{Works, shapes::JobView, whole_account};
use crate::Principal;
use crate::http::{
    answer::{Part, Written},
    asked::{Asked, within},
    entrance::{Imports, Reads},
    given::Named,
    problem::{Code, Problem},
    routes::Nothing,
};
use axum::{
    extract::State,
    response::{IntoResponse as _, Response},
};
use dp_stream::{Job, JobId, JobState, Jobs, JobsQuery, NewJob};
use http::{HeaderValue, StatusCode, header};
use serde::Deserialize;
use utoipa::IntoParams;

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct Parameters {
    /// Only jobs in this state; can be given several times.
    #[serde(default)]
    #[param(value_type = Vec<String>)]
    state: Vec<JobState>,
    /// Only jobs of this kind, as `import`; can be given several times.
    #[serde(default)]
    kind: Vec<String>,
    /// At most so many.
    #[serde(default = "limit")]
    #[param(minimum = 1, maximum = 100, default = 50)]
    limit: usize,
    /// `next` of the page before.
    cursor: Option<String>,
}

fn limit() -> usize {
    50
}

/// The account's jobs, the newest first. Not for keys that see only a part.
#[utoipa::path(
    get,
    operation_id = "list_jobs",
    path = "/api/v1/jobs",
    tag = "jobs",
    params(Parameters),
    responses((status = 200, description = "A page of jobs", body = Part<JobView>))
)]
pub(super) async fn list(
    State(works): State<Works>,
    Reads(principal): Reads,
    Asked(asked): Asked<Parameters>,
) -> Result<Written, Problem> {
    let account = whole_account(&principal)?;
    let limit = within("limit", asked.limit, 1..=100)?;
    let before = asked.cursor.as_deref().map(str::parse::<u64>).transpose().map_err(|_| {
        let text = asked.cursor.clone().unwrap_or_default();
        Problem::new(Code::BadCursor, format!("{text:?} is no cursor")).about("cursor")
    })?;
    let question = works.ask(move |inner| {
        let query = JobsQuery {
            account: Some(account),
            kinds: asked.kind,
            states: asked.state,
            before: before.map(JobId),
            limit: limit + 1,
        };
        let mut jobs = inner.stream.jobs().list(&query)?;
        let has_more = jobs.len() > limit;
        jobs.truncate(limit);
        let next = jobs.last().filter(|_| has_more).map(|job| job.id.0.to_string());
        Written::of(&Part { items: jobs.into_iter().map(JobView::from).collect(), next })
    });
    question.await
}

/// A job: what it is to do, how far it is, and what came of it. Not for keys that see only a part.
#[utoipa::path(
    get,
    operation_id = "get_job",
    path = "/api/v1/jobs/{id}",
    tag = "jobs",
    params(("id" = u64, Path, description = "Its number")),
    responses((status = 200, description = "The job", body = JobView))
)]
pub(super) async fn get(
    State(works): State<Works>,
    Reads(principal): Reads,
    Named(id): Named<String>,
    Asked(Nothing {}): Asked<Nothing>,
) -> Result<Written, Problem> {
    told(&works, &principal, id, |_, job| Ok(Some(job))).await
}

/// Stops a job. One that waits is cancelled at once; one that runs stops soon, and keeps what it did.
#[utoipa::path(
    post,
    operation_id = "cancel_job",
    path = "/api/v1/jobs/{id}/cancel",
    tag = "jobs",
    params(("id" = u64, Path, description = "Its number")),
    responses(
        (status = 200, description = "The job as it is now", body = JobView),
        (status = 409, description = "It has ended", body = crate::http::ProblemView,
         content_type = "application/problem+json"),
    )
)]
pub(super) async fn cancel(
    State(works): State<Works>,
    Imports(principal): Imports,
    Named(id): Named<String>,
    Asked(Nothing {}): Asked<Nothing>,
) -> Result<Written, Problem> {
    let cancelled = told(&works, &principal, id, |jobs, job| {
        if job.state.is_finished() {
            let detail = format!("job {} has ended: it is {}", job.id, job.state.as_str());
            return Err(Problem::new(Code::Conflict, detail));
        }
        Ok(jobs.cancel(job.id)?)
    });
    cancelled.await
}

/// Puts a job that failed or was cancelled back into the queue; an import goes on where it stopped.
#[utoipa::path(
    post,
    operation_id = "requeue_job",
    path = "/api/v1/jobs/{id}/requeue",
    tag = "jobs",
    params(("id" = u64, Path, description = "Its number")),
    responses(
        (status = 200, description = "The job as it is now", body = JobView),
        (status = 409, description = "It has not failed and was not cancelled", body = crate::http::ProblemView,
         content_type = "application/problem+json"),
    )
)]
pub(super) async fn requeue(
    State(works): State<Works>,
    Imports(principal): Imports,
    Named(id): Named<String>,
    Asked(Nothing {}): Asked<Nothing>,
) -> Result<Written, Problem> {
    told(&works, &principal, id, |jobs, job| Ok(jobs.requeue(job.id)?)).await
}

/// Puts a job into the queue, or finds the one of its key that has not ended.
pub(in crate::http) fn queued(jobs: &Jobs, new: &NewJob) -> Result<JobView, Problem> {
    let added = jobs.add(new)?;
    let job = jobs.get(added.id())?.ok_or_else(|| Problem::internal("a new job is gone"))?;
    Ok(job.into())
}

/// The answer to who asked for work that a job does. `up` leads from the address that was asked to `/api/v1/`: relative, so
/// that it holds under a sub-path.
pub(in crate::http) fn accepted(view: &JobView, up: &str) -> Result<Response, Problem> {
    let location = HeaderValue::from_str(&format!("{up}jobs/{}", view.id)).map_err(Problem::internal)?;
    Ok((StatusCode::ACCEPTED, [(header::LOCATION, location)], Written::of(view)?).into_response())
}

/// Does something with the account's job of this number, and tells the job as it is then. Others' jobs are as if
/// they were not there.
async fn told(
    works: &Works,
    principal: &Principal,
    id: String,
    doing: impl FnOnce(&Jobs, Job) -> Result<Option<Job>, Problem> + Send + 'static,
) -> Result<Written, Problem> {
    let account = whole_account(principal)?;
    let question = works.ask(move |inner| {
        let jobs = inner.stream.jobs();
        let found = id.parse::<u64>().ok().map(|id| jobs.get(JobId(id))).transpose()?.flatten();
        let own = found.filter(|job| job.account == account);
        let job = own.map(|job| doing(jobs, job)).transpose()?.flatten();
        let unknown = || Problem::new(Code::UnknownId, format!("there is no job {id:?}"));
        Written::of(&JobView::from(job.ok_or_else(unknown)?))
    });
    question.await
}
