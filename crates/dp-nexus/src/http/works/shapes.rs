//! Jobs and events as they are sent, and their part of the OpenAPI document.

use super::{events, imports, jobs};
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
    kind: String,
    /// `queued`, `running`, `succeeded`, `failed` or `cancelled`.
    #[schema(value_type = String)]
    state: JobState,
    /// Whether it runs and was told to stop.
    is_cancelling: bool,
    /// How often it was begun.
    attempts: u32,
    /// What it is to do.
    #[schema(value_type = Object)]
    payload: Value,
    /// How far it is, where the work says: for an import its stage, counts, rate, seconds left and the file in hand.
    #[schema(value_type = Option<Object>)]
    progress: Option<Value>,
    /// What came of it.
    #[schema(value_type = Option<Object>)]
    result: Option<Value>,
    /// Why it failed, or why it was tried again.
    error: Option<String>,
    /// When it was asked for.
    #[schema(value_type = String, format = DateTime)]
    created: Timestamp,
    /// When it is to be done.
    #[schema(value_type = String, format = DateTime)]
    due: Timestamp,
    /// When it was last begun.
    #[schema(value_type = Option<String>, format = DateTime)]
    started: Option<Timestamp>,
    /// When it was over.
    #[schema(value_type = Option<String>, format = DateTime)]
    ended: Option<Timestamp>,
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
pub(super) struct EventView {
    /// Its number: later ones have larger numbers.
    id: u64,
    /// What happened, as `job.progress`.
    kind: String,
    /// When.
    #[schema(value_type = String, format = DateTime)]
    at: Timestamp,
    /// What there is to say of it; of a job, the job.
    #[schema(value_type = Object)]
    data: Value,
}

impl From<&Event> for EventView {
    fn from(event: &Event) -> Self {
        Self { id: event.id, kind: event.kind.clone(), at: event.at, data: event.data.clone() }
    }
}

/// The routes as documented.
#[derive(OpenApi)]
#[openapi(paths(imports::begin, jobs::list, jobs::get, jobs::cancel, jobs::requeue, events::follow,))]
pub(in crate::http) struct Documented;
