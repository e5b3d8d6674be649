//! `POST /api/v1/documents/batch`: many changes in one transaction, each with an answer of its own.

use super::{
    Author, DocumentForm,
    create::{Waiting, idempotency_key},
    receipt,
    writing::{clock_of, new_id, not_own, refused, tag, write},
};
use crate::http::{
    answer::Written,
    app::App,
    asked::Asked,
    entrance::Writes,
    given::{has_json, names_tag, parsed},
    layers::RequestId,
    problem::{Code, Problem, ProblemView},
};
use axum::{
    Extension,
    body::Bytes,
    extract::{FromRequest as _, Request, State},
};
use dp_cortex::engine::Engine;
use dp_lake::{
    etl::HomeClock,
    own::{CHANGES_MAX, OwnBatch, OwnChange, OwnOutcome, ReceiptKey, is_own},
};
use dp_model::{Document, DocumentId};
use futures::executor::block_on;
use serde::{
    Deserialize, Deserializer, Serialize,
    de::{self, SeqAccess},
};
use serde_json::value::RawValue;
use std::{collections::HashMap, fmt};
use tokio::sync::Semaphore;
use utoipa::ToSchema;

/// Bytes of a body: ten thousand notes of a page each.
pub(super) const BODY_BYTES_MAX: usize = 16 << 20;
/// Bodies that are read at once, so that many of them don't fill the memory; others wait.
static BODIES: Semaphore = Semaphore::const_new(2);
/// A version that no document has.
const NEVER_US: i64 = i64::MIN;

/// Changes of own documents, made in their order.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = BatchForm)]
pub(super) struct BatchForm {
    /// The changes.
    #[schema(value_type = Vec<BatchItem>, max_items = 10_000)]
    items: Items,
}

/// Each as it was sent: one that can't be read does not keep the others from being done.
struct Items(Vec<Box<RawValue>>);

impl<'de> Deserialize<'de> for Items {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_seq(Gathering)
    }
}

/// Gathers items, and no more than may be sent.
struct Gathering;

impl<'de> de::Visitor<'de> for Gathering {
    type Value = Items;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of changes")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Items, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = list.next_element::<Box<RawValue>>()? {
            if items.len() == CHANGES_MAX {
                return Err(de::Error::custom(format!(
                    "items: there may be {CHANGES_MAX}; send more batches"
                )));
            }
            items.push(item);
        }
        Ok(Items(items))
    }
}

/// A change of an own document.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(tag = "action", rename_all = "snake_case", deny_unknown_fields)]
#[schema(as = BatchItem)]
pub(super) enum BatchItem {
    /// Makes it, as `POST /api/v1/documents` does.
    Create {
        /// What it says.
        document: Box<DocumentForm>,
    },
    /// Puts other content in place of what it says, as `PUT /api/v1/documents/{id}` does.
    Update {
        /// Its id, whole.
        #[schema(value_type = String)]
        id: DocumentId,
        /// What it is to say.
        document: Box<DocumentForm>,
        /// The ETag of the document as it was read.
        #[serde(default)]
        if_match: Option<String>,
    },
    /// Removes it, as `DELETE /api/v1/documents/{id}` does.
    Delete {
        /// Its id, whole.
        #[schema(value_type = String)]
        id: DocumentId,
        /// The ETag of the document as it was read.
        #[serde(default)]
        if_match: Option<String>,
    },
}

/// What became of a batch.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = BatchAnswer)]
pub(super) struct BatchView {
    /// Of each change, in their order.
    items: Vec<ItemView>,
    /// Changes that were made.
    done: usize,
    /// Changes that were not.
    refused: usize,
}

/// What became of a change.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = BatchItemAnswer)]
pub(super) struct ItemView {
    /// As it would be answered with if it were sent alone: 201, 200, 204, or that of the problem.
    status: u16,
    /// The document; null if that is not known.
    #[schema(value_type = Option<String>)]
    id: Option<DocumentId>,
    /// Why it was not made.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    problem: Option<ProblemView>,
}

/// Changes up to 10,000 own documents in one go: all that can be done is done in one transaction, durable when the answer
/// comes, and each change has an answer of its own. The body may have 16 MiB.
#[utoipa::path(
    post,
    operation_id = "change_documents",
    path = "/api/v1/documents/batch",
    tag = "documents",
    params(
        ("Idempotency-Key" = Option<String>, Header,
         description = "Any text that no other request of this client has, such as a UUID: 1 to 200 characters"),
        Waiting,
    ),
    request_body = BatchForm,
    responses(
        (status = 200, description = "What became of each change", body = BatchView),
        (status = 413, description = "The body is too large", body = ProblemView,
         content_type = "application/problem+json"),
        (status = 422, description = "It is no batch, or the Idempotency-Key came with another body",
         body = ProblemView, content_type = "application/problem+json"),
    )
)]
pub(super) async fn batch(
    State(app): State<App>,
    Writes(principal): Writes,
    request_id: Option<Extension<RequestId>>,
    Asked(waiting): Asked<Waiting>,
    request: Request,
) -> Result<Written, Problem> {
    has_json(request.headers())?;
    let author = Author { waits: waiting.wait, ..Author::of(&principal, app.now()) };
    let key = idempotency_key(request.headers())?.map(str::to_owned);
    let _turn = BODIES.acquire().await.map_err(Problem::internal)?;
    let bytes = Bytes::from_request(request, &app).await;
    let bytes = bytes.map_err(|error| Problem::new(Code::of_status(error.status()), error.body_text()))?;
    let receipt = receipt(&author, "POST /api/v1/documents/batch", key.as_deref(), &bytes)?;
    let request_id = request_id.map(|Extension(id)| id.as_str().to_owned()).unwrap_or_default();
    let question = app.ask_written(&principal, move |engine| {
        let BatchForm { items: Items(items) } = parsed(&bytes)?;
        drop(bytes);
        changed(engine, items, &author, receipt, &request_id)
    });
    question.await
}

fn changed(
    engine: &Engine,
    items: Vec<Box<RawValue>>,
    author: &Author,
    receipt: Option<ReceiptKey>,
    request_id: &str,
) -> Result<BatchView, Problem> {
    let items = items.into_iter().map(|item| {
        serde_json::from_str::<BatchItem>(item.get())
            .map_err(|error| Problem::new(Code::UnfitBody, error.to_string()))
    });
    let items = items.collect::<Vec<_>>();
    let mut preparing = Preparing {
        engine,
        known: known(engine, &items)?,
        clock: clock_of(engine),
        author,
        receipt: receipt.as_ref(),
    };
    let mut changes = Vec::with_capacity(items.len());
    let mut problems = Vec::with_capacity(items.len());
    for (place, item) in items.into_iter().enumerate() {
        match item.and_then(|item| preparing.change(item, place)) {
            Ok(change) => {
                changes.push(change);
                problems.push(None);
            }
            Err(problem) => {
                // Keeps its place, and changes nothing.
                changes.push(OwnChange::Delete { id: DocumentId([0; 16]), expected_us: Some(NEVER_US) });
                problems.push(Some(problem));
            }
        }
    }
    let ids = changes.iter().map(OwnChange::id).collect::<Vec<_>>();
    let batch = OwnBatch { receipt, ..OwnBatch::new(changes, author.written_by.clone(), author.now_us) };
    let written = write(engine, batch, author)?;
    let outcomes = written.outcomes.into_iter().zip(ids).zip(problems);
    let items = outcomes.map(|((outcome, id), problem)| item_view(outcome, id, problem, request_id));
    let items = items.collect::<Vec<_>>();
    let refused = items.iter().filter(|item| item.problem.is_some()).count();
    Ok(BatchView { done: items.len() - refused, refused, items })
}

fn item_view(outcome: OwnOutcome, id: DocumentId, problem: Option<Problem>, request_id: &str) -> ItemView {
    let is_known = problem.is_none();
    let problem = problem.or_else(|| refused(outcome, id)).map(|problem| problem.view(request_id));
    let status = match (&problem, outcome) {
        (Some(problem), _) => problem.status,
        (None, OwnOutcome::Created) => 201,
        (None, OwnOutcome::Deleted) => 204,
        (None, _) => 200,
    };
    ItemView { status, id: is_known.then_some(id), problem }
}

/// The documents that are to be updated, as they are.
fn known(
    engine: &Engine,
    items: &[Result<BatchItem, Problem>],
) -> Result<HashMap<DocumentId, Document>, Problem> {
    let updated = items.iter().filter_map(|item| match item {
        Ok(BatchItem::Update { id, .. }) => Some(*id),
        _ => None,
    });
    let updated = updated.collect::<Vec<_>>();
    let found = block_on(engine.vault().documents().get_many(&updated))?;
    Ok(found.into_iter().flatten().map(|document| (document.id, document)).collect())
}

/// Makes changes of items.
struct Preparing<'a> {
    engine: &'a Engine,
    known: HashMap<DocumentId, Document>,
    clock: HomeClock,
    author: &'a Author,
    receipt: Option<&'a ReceiptKey>,
}

impl Preparing<'_> {
    fn change(&mut self, item: BatchItem, place: usize) -> Result<OwnChange, Problem> {
        let now_us = self.author.now_us;
        match item {
            BatchItem::Create { document } => {
                let key = document.key.clone();
                let content = document.content(None, now_us, &mut self.clock)?;
                let id = new_id(&content, key.as_deref(), self.receipt, now_us, place)?;
                Ok(OwnChange::Create { id, content: Box::new(content) })
            }
            BatchItem::Update { id, document, if_match } => {
                if document.key.is_some() {
                    let detail = "key: it is given when a document is made, and stays";
                    return Err(Problem::new(Code::UnfitBody, detail));
                }
                let expected_us = self.expected_us(id, if_match.as_deref())?;
                let base = self.known.get(&id).map(|known| &known.content);
                if base.is_some_and(|base| !is_own(&base.source)) {
                    return Err(not_own(id));
                }
                let content = document.content(base, now_us, &mut self.clock)?;
                Ok(OwnChange::Replace { id, content: Box::new(content), expected_us })
            }
            BatchItem::Delete { id, if_match } => {
                let expected_us = self.expected_us(id, if_match.as_deref())?;
                Ok(OwnChange::Delete { id, expected_us })
            }
        }
    }

    /// The version that a condition means; one that no document has, if the condition names another.
    fn expected_us(&self, id: DocumentId, condition: Option<&str>) -> Result<Option<i64>, Problem> {
        let Some(condition) = condition else { return Ok(None) };
        let known = block_on(self.engine.vault().documents().get(id))?;
        let Some(known) = known.filter(|known| tag(known).is_ok_and(|tag| names_tag(condition, &tag))) else {
            return Ok(Some(NEVER_US));
        };
        Ok(Some(known.document.content.modified_us.unwrap_or(NEVER_US)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn more_items_than_may_be_sent_are_not_even_gathered() {
        let many = |count: usize| format!("{{\"items\":[{}]}}", vec!["{}"; count].join(","));
        assert_eq!(parsed::<BatchForm>(many(CHANGES_MAX).as_bytes()).unwrap().items.0.len(), CHANGES_MAX);
        let problem = parsed::<BatchForm>(many(CHANGES_MAX + 1).as_bytes()).map(|_| ()).unwrap_err();
        assert!(problem.code() == Code::UnfitBody && problem.detail().contains("10000"), "{problem}");
    }
}
