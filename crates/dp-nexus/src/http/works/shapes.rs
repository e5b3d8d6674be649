//! Jobs and events as they are sent, and their part of the OpenAPI document.

use super::{entries, events, imports, jobs, tickets};
use dp_stream::{Event, Job, JobState};
use jiff::Timestamp;
use serde::Serialize;
use serde_json::Value;
use utoipa::{OpenApi, ToSchema};

/// Work that is done in the background.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[schema(as = Job)]
pub(in crate::http) struct JobView {
    /// Its number.
    pub(in crate::http) id: u64,
    /// What is done, as `import`.
    pub(in crate::http) kind: String,
    /// `queued`, `running`, `succeeded`, `failed` or `cancelled`.
    #[schema(value_type = String)]
    pub(in crate::http) state: JobState,
    /// Whether it runs and was told to stop.
    pub(in crate::http) is_cancelling: bool,
    /// How often it was begun.
    pub(in crate::http) attempts: u32,
    /// What it is to do.
    #[schema(value_type = Object)]
    pub(in crate::http) payload: Value,
    /// How far it is, where the work says: for an import its stage, counts, rate, seconds left and the file in hand.
    #[schema(value_type = Option<Object>)]
    pub(in crate::http) progress: Option<Value>,
    /// What came of it.
    #[schema(value_type = Option<Object>)]
    pub(in crate::http) result: Option<Value>,
    /// Why it failed, or why it was tried again.
    pub(in crate::http) error: Option<String>,
    /// When it was asked for.
    #[schema(value_type = String, format = DateTime)]
    pub(in crate::http) created: Timestamp,
    /// When it is to be done.
    #[schema(value_type = String, format = DateTime)]
    pub(in crate::http) due: Timestamp,
    /// When it was last begun.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub(in crate::http) started: Option<Timestamp>,
    /// When it was over.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub(in crate::http) ended: Option<Timestamp>,
}

impl From<Job> for JobView {
    fn from(job: Job) -> Self {
        Self {
            id: job.id.0,
            kind: job.kind,
            state: job.state,
            is_cancelling: job.is_cancelling,
            attempts: job.attempts,
            payload: job.payload,
            progress: job.progress,
            result: job.result,
            error: job.error,
            created: job.created,
            due: job.due,
            started: job.started,
            ended: job.ended,
        }
    }
}

/// Something that happened.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[schema(as = Event)]
pub(in crate::http) struct EventView {
    /// Its number: later ones have larger numbers.
    pub(in crate::http) id: u64,
    /// What happened, as `job.progress`.
    pub(in crate::http) kind: String,
    /// When.
    #[schema(value_type = String, format = DateTime)]
    pub(in crate::http) at: Timestamp,
    /// What there is to say of it; of a job, the job.
    #[schema(value_type = Object)]
    pub(in crate::http) data: Value,
}

impl From<Event> for EventView {
    fn from(event: Event) -> Self {
        let data = if event.kind.starts_with("job.") { of_job(event.data) } else { event.data };
        Self { id: event.id, kind: event.kind, at: event.at, data }
    }
}

/// What an event of a job carries, as the routes of jobs tell it. Nothing of a job that can't be read, which only one
/// of another version wrote.
fn of_job(data: Value) -> Value {
    let job = serde_json::from_value::<Job>(data).map(JobView::from);
    job.and_then(serde_json::to_value).unwrap_or_default()
}

/// The routes as documented.
#[derive(OpenApi)]
#[openapi(paths(
    imports::begin,
    entries::retry,
    jobs::list,
    jobs::get,
    jobs::cancel,
    jobs::requeue,
    events::follow,
    tickets::issue,
))]
pub(in crate::http) struct Documented;
