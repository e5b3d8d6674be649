//! What went wrong, as every route says it: RFC 9457 problem details. Errors of the store and the engine come
//! in; a code, a sentence and what to do go out, and nothing of the server's inside.

mod code;

pub use code::Code;

use axum::response::{IntoResponse, Response};
use dp_cortex::{engine::EngineError, query::QueryError};
use dp_lake::LakeError;
use http::{HeaderValue, StatusCode, header};
use serde::{Deserialize, Serialize};
use std::fmt;
use utoipa::ToSchema;

/// The media type of a problem.
pub const MEDIA_TYPE: &str = "application/problem+json";

/// Why a request was not done. Every handler's error.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    code: Code,
    detail: String,
    parameter: Option<String>,
    position: Option<usize>,
    suggestion: Option<String>,
    retry_after_s: Option<u64>,
}

impl Problem {
    /// A problem with a sentence that says what was tried and what is wrong with it.
    #[must_use]
    pub fn new(code: Code, detail: impl Into<String>) -> Self {
        let detail = detail.into();
        Self { code, detail, parameter: None, position: None, suggestion: None, retry_after_s: None }
    }

    /// A fault of the server: the reason goes to the log, and only there.
    #[must_use]
    pub fn internal(reason: impl fmt::Display) -> Self {
        tracing::error!(%reason, "a request failed");
        Self::plain(Code::Internal)
    }

    /// A problem of which there is nothing more to say.
    #[must_use]
    pub fn plain(code: Code) -> Self {
        Self::new(code, code.title())
    }

    /// A parameter with a value it can't have.
    #[must_use]
    pub fn parameter(name: impl Into<String>, detail: impl Into<String>) -> Self {
        Self::new(Code::BadParameter, detail).about(name)
    }

    /// The parameter it is about.
    #[must_use]
    pub fn about(self, parameter: impl Into<String>) -> Self {
        Self { parameter: Some(parameter.into()), ..self }
    }

    /// What was probably meant.
    #[must_use]
    pub fn suggesting(self, suggestion: Option<String>) -> Self {
        Self { suggestion, ..self }
    }

    /// How long to wait before trying again, seconds.
    #[must_use]
    pub fn retry_after_s(self, seconds: u64) -> Self {
        Self { retry_after_s: Some(seconds), ..self }
    }

    /// What went wrong.
    #[must_use]
    pub fn code(&self) -> Code {
        self.code
    }

    /// What it says.
    #[must_use]
    pub fn detail(&self) -> &str {
        &self.detail
    }

    /// The problem as it is sent.
    #[must_use]
    pub fn view(&self, request_id: &str) -> ProblemView {
        ProblemView {
            type_uri: format!("urn:datapunk:problem:{}", self.code.as_str()),
            title: self.code.title().to_owned(),
            status: self.code.status().as_u16(),
            detail: self.detail.clone(),
            code: self.code,
            request_id: request_id.to_owned(),
            what_to_do: self.code.what_to_do().to_owned(),
            parameter: self.parameter.clone(),
            position: self.position,
            suggestion: self.suggestion.clone(),
        }
    }

    /// The problem of a status that the framework answered with by itself.
    #[must_use]
    pub fn of_status(status: StatusCode) -> Self {
        Self::plain(Code::of_status(status))
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.code.as_str(), self.detail)
    }
}

impl std::error::Error for Problem {}

/// A problem as it is sent: `application/problem+json` (RFC 9457).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(as = Problem)]
pub struct ProblemView {
    /// `urn:datapunk:problem:` and the code.
    #[serde(rename = "type")]
    pub type_uri: String,
    /// What it is called, the same each time.
    pub title: String,
    /// The HTTP status.
    pub status: u16,
    /// What is wrong this time.
    pub detail: String,
    /// What went wrong, for programs.
    pub code: Code,
    /// Names the request; the server's log has it too.
    pub request_id: String,
    /// What to do about it.
    pub what_to_do: String,
    /// The query parameter it is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub parameter: Option<String>,
    /// Characters of the query before what is wrong.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub position: Option<usize>,
    /// What was probably meant.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub suggestion: Option<String>,
}

/// The response has its status and headers, and the problem in its extensions: the body is written where the
/// id of the request is known.
impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let mut response = self.code.status().into_response();
        let headers = response.headers_mut();
        if self.code.status() == StatusCode::UNAUTHORIZED {
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer realm=\"datapunk\""));
        }
        if let Some(seconds) = self.retry_after_s {
            headers.insert(header::RETRY_AFTER, seconds.into());
        }
        response.extensions_mut().insert(self);
        response
    }
}

impl From<QueryError> for Problem {
    fn from(error: QueryError) -> Self {
        let position = Some(error.position);
        let problem = Self::new(Code::BadQuery, error.to_string()).about("q");
        Self { position, ..problem }.suggesting(error.suggestion)
    }
}

/// What a view of a part of a vault refuses to say, because it is known of the whole vault only. Comes inside
/// a `LakeError::Engine`.
#[derive(Debug, thiserror::Error)]
#[error("{0} can't be told for a part of the vault")]
pub struct OutOfScope(pub &'static str);

impl From<LakeError> for Problem {
    fn from(error: LakeError) -> Self {
        if let LakeError::Engine { source, .. } = &error
            && let Some(refused) = source.downcast_ref::<OutOfScope>()
        {
            return Self::new(Code::ScopeTooNarrow, refused.to_string());
        }
        let code = match &error {
            LakeError::BadCursor(_) => return Self::new(Code::BadCursor, error.to_string()).about("cursor"),
            LakeError::NotAsExpected { .. } => return Self::new(Code::Conflict, error.to_string()),
            LakeError::BlobTooLarge { .. } => return Self::new(Code::TooLarge, error.to_string()),
            LakeError::Vector(_) => return Self::new(Code::NoMeaning, error.to_string()),
            LakeError::ReadOnly => Code::ReadOnly,
            LakeError::DiskFull { .. } => Code::DiskFull,
            LakeError::Corrupt(_) => Code::StoreDamaged,
            LakeError::Projection { .. } => Code::IndexUnusable,
            LakeError::Locked { .. } | LakeError::NewerFormat { .. } | LakeError::Closed => {
                Code::VaultUnavailable
            }
            // Io, Engine, and what a later version may add.
            _ => return Self::internal(with_sources(&error)),
        };
        // Paths and processes of the server are for its log.
        tracing::error!(reason = %with_sources(&error), "the vault could not answer");
        Self::plain(code)
    }
}

impl From<EngineError> for Problem {
    fn from(error: EngineError) -> Self {
        match error {
            EngineError::Query(error) => error.into(),
            EngineError::Lake(error) => error.into(),
            EngineError::NoSuchDocument(_) => Self::new(Code::NoSuchDocument, error.to_string()),
            EngineError::AmbiguousId(_) => Self::new(Code::AmbiguousId, error.to_string()),
            EngineError::NoMeaning(_) => Self::new(Code::NoMeaning, error.to_string()),
            error => Self::internal(with_sources(&error)),
        }
    }
}

/// An error with what it came from.
fn with_sources(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(error) = source {
        text.push_str(": ");
        text.push_str(&error.to_string());
        source = error.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_query_error_says_where_and_what_was_meant() {
        let error = QueryError::at(7, "knid: is no filter").suggesting(Some("kind:".into()));
        let view = Problem::from(error).view("r1");
        assert_eq!((view.status, view.code, view.position), (400, Code::BadQuery, Some(7)));
        assert_eq!(view.suggestion.as_deref(), Some("kind:"));
        assert_eq!(view.type_uri, "urn:datapunk:problem:bad_query");
        assert!(view.detail.contains("knid") && view.request_id == "r1");
    }

    #[test]
    fn nothing_of_the_inside_is_told() {
        let io = LakeError::Io {
            context: "tried to read /home/mia/vault/store.db".into(),
            source: std::io::Error::other("sector 7"),
        };
        let full = LakeError::DiskFull { path: "/home/mia".into(), needed_bytes: 1, free_bytes: 0 };
        let locked = LakeError::Locked { path: "/home/mia".into(), holder: "4711".into() };
        for (error, code) in [(io, Code::Internal), (full, Code::DiskFull), (locked, Code::VaultUnavailable)]
        {
            let view = serde_json::to_string(&Problem::from(error).view("r")).unwrap();
            assert!(view.contains(code.as_str()), "{view}");
            for inside in ["mia", "sector", "4711"] {
                assert!(!view.contains(inside), "{view}");
            }
        }
    }

    #[test]
    fn what_only_the_whole_vault_knows_is_refused_by_name() {
        let error = LakeError::Engine { context: "people".into(), source: Box::new(OutOfScope("people")) };
        let problem = Problem::from(EngineError::Lake(error));
        assert_eq!(problem.code(), Code::ScopeTooNarrow);
        assert!(problem.detail().contains("people"));
    }
}
