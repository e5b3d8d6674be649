//! Answers that are written on the thread that made them, so that no large one holds up the others.

use super::{app::App, problem::Problem};
use crate::Principal;
use axum::response::{IntoResponse, Response};
use dp_cortex::engine::Engine;
use http::{HeaderValue, header};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// JSON, written.
#[derive(Debug, Clone)]
pub(super) struct Written(pub(super) Vec<u8>);

impl Written {
    /// Writes a value.
    pub(super) fn of(value: &impl Serialize) -> Result<Self, Problem> {
        serde_json::to_vec(value).map(Self).map_err(Problem::internal)
    }
}

impl IntoResponse for Written {
    fn into_response(self) -> Response {
        let json = HeaderValue::from_static("application/json");
        ([(header::CONTENT_TYPE, json)], self.0).into_response()
    }
}

/// All of something that is never long.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct All<T> {
    /// The items.
    pub items: Vec<T>,
}

/// Some items and where the next ones begin.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct Part<T> {
    /// The items.
    pub items: Vec<T>,
    /// `cursor` of the next page; null if this is the last.
    pub next: Option<String>,
}

impl App {
    /// Asks the vault of an account, and writes what it says.
    pub(super) async fn ask_written<T, F>(
        &self,
        principal: &Principal,
        question: F,
    ) -> Result<Written, Problem>
    where
        T: Serialize,
        F: FnOnce(&Engine) -> Result<T, Problem> + Send + 'static,
    {
        self.ask(principal, move |engine| Written::of(&question(engine)?)).await
    }
}
