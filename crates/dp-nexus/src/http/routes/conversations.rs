//! `GET /api/v1/conversations` and `/conversations/{id}/documents`

use crate::http::{
    answer::{Part, Written},
    app::App,
    asked::{Asked, within},
    entrance::Reads,
    given::Named,
    problem::{Code, Problem},
    shapes::DocumentPageView,
};
use async_graphql::SimpleObject;
use axum::extract::State;
use dp_cortex::engine::Engine;
use dp_lake::{
    Cursor,
    conversations::{Conversation, ConversationId, ConversationPlace},
};
use futures::executor::block_on;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct Parameters {
    /// At most so many.
    #[serde(default = "limit")]
    #[param(minimum = 1, maximum = 200, default = 50)]
    limit: usize,
    /// `next` of the page before.
    cursor: Option<String>,
}

fn limit() -> usize {
    50
}

/// Mails or messages that belong together.
#[derive(Debug, Serialize, SimpleObject, ToSchema)]
#[graphql(name = "Conversation")]
#[schema(as = Conversation)]
pub(in crate::http) struct ConversationView {
    /// Its id: 32 hexadecimal digits.
    id: String,
    /// The subject of its first mail; messages have none.
    title: String,
    /// Names, or addresses, of those in its first and latest documents.
    people: Vec<String>,
    /// Dated documents in it.
    documents: u64,
    /// When the first one was, RFC 3339 in UTC.
    first: String,
    /// When the last one was.
    last: String,
    /// Where its first and latest documents came from.
    sources: Vec<String>,
}

impl From<Conversation> for ConversationView {
    fn from(conversation: Conversation) -> Self {
        let Conversation { id, title, people, documents, first_us, last_us, sources } = conversation;
        let time = |time_us| Timestamp::from_microsecond(time_us).unwrap_or_default().to_string();
        let (first, last) = (time(first_us), time(last_us));
        Self { id: id.to_string(), title, people, documents, first, last, sources }
    }
}

/// Conversations, the one that went on last first: mails of a thread, and messages among the same people. Not for
/// keys that see only a part.
#[utoipa::path(
    get,
    operation_id = "list_conversations",
    path = "/api/v1/conversations",
    tag = "people",
    params(Parameters),
    responses((status = 200, description = "A page of conversations", body = Part<ConversationView>))
)]
pub(super) async fn list(
    State(app): State<App>,
    Reads(principal): Reads,
    Asked(asked): Asked<Parameters>,
) -> Result<Written, Problem> {
    let question = question(within("limit", asked.limit, 1..=200)?, asked.cursor.as_deref())?;
    app.ask_written(&principal, question).await
}

/// What is asked of the engine for a page of conversations.
///
/// # Errors
/// When the cursor is none.
pub(in crate::http) fn question(
    limit: usize,
    cursor: Option<&str>,
) -> Result<impl FnOnce(&Engine) -> Result<Part<ConversationView>, Problem> + Send + 'static, Problem> {
    let after = cursor.map(place).transpose()?;
    Ok(move |engine: &Engine| {
        let mut found = block_on(engine.vault().documents().conversations(after, limit + 1))?;
        let has_more = found.len() > limit;
        found.truncate(limit);
        let next = found.last().filter(|_| has_more).map(|last| format!("{}.{}", last.last_us, last.id));
        Ok(Part { items: found.into_iter().map(ConversationView::from).collect(), next })
    })
}

fn place(text: &str) -> Result<ConversationPlace, Problem> {
    let read = || {
        let (last_us, id) = text.split_once('.')?;
        Some(ConversationPlace { last_us: last_us.parse().ok()?, id: id.parse::<ConversationId>().ok()?.0 })
    };
    read().ok_or_else(|| Problem::new(Code::BadCursor, format!("{text:?} is no cursor")).about("cursor"))
}

/// The dated documents of a conversation, latest first, without those that were hidden. An id of none has none.
#[utoipa::path(
    get,
    operation_id = "list_conversation_documents",
    path = "/api/v1/conversations/{id}/documents",
    tag = "people",
    params(("id" = String, Path, description = "Its id: 32 hexadecimal digits"), Parameters),
    responses((status = 200, description = "A page of documents", body = DocumentPageView))
)]
pub(super) async fn documents(
    State(app): State<App>,
    Reads(principal): Reads,
    Named(id): Named<String>,
    Asked(asked): Asked<Parameters>,
) -> Result<Written, Problem> {
    let limit = within("limit", asked.limit, 1..=200)?;
    let no_such = |_| Problem::new(Code::UnknownId, format!("there is no conversation {id}"));
    let id = id.parse::<ConversationId>().map_err(no_such)?;
    let cursor = asked.cursor.map(Cursor);
    let question = app.ask_written(&principal, move |engine| {
        Ok(block_on(engine.vault().documents().conversation(id, cursor.as_ref(), limit))?)
    });
    question.await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cursors_are_read_as_they_are_written() {
        let id = ConversationId([7; 16]);
        assert_eq!(place(&format!("-5.{id}")), Ok(ConversationPlace { last_us: -5, id: id.0 }));
        for wrong in ["", "5", "x.y", "5.12"] {
            assert!(place(wrong).is_err(), "{wrong}");
        }
    }
}
