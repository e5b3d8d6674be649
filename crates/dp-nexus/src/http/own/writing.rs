//! The one way by which own documents are written over HTTP, whichever protocol asks: what is wanted comes in, the
//! vault writes it in one transaction, and what it holds then goes out, or why it does not.

use super::form::DocumentForm;
use crate::{
    Origin, Principal,
    http::{
        answer::Written,
        given::{names_tag, tag_of},
        problem::{Code, Problem},
        routes::documents::no_such,
    },
};
use dp_cortex::engine::Engine;
use dp_lake::{
    Annotations, RevisionedDocument,
    etl::HomeClock,
    own::{
        OwnAnswer, OwnBatch, OwnChange, OwnKey, OwnOutcome, OwnWritten, ReceiptKey, WRITTEN_HERE, id_of,
        is_own,
    },
};
use dp_model::{Content, Document, DocumentId, Provenance};
use futures::executor::block_on;

/// How often a change is made anew that has no condition, because somebody else was faster.
const TRIES: usize = 8;
/// Characters of a key.
const KEY_CHARS_MAX: usize = 200;

/// Who writes, and when.
#[derive(Debug, Clone)]
pub(in crate::http) struct Author {
    /// What provenance names.
    pub(in crate::http) written_by: String,
    /// Microseconds since 1970 UTC.
    pub(in crate::http) now_us: i64,
    /// Whether the answer waits until searches find what was written.
    pub(in crate::http) waits: bool,
}

impl Author {
    /// The principal of a request.
    pub(in crate::http) fn of(principal: &Principal, now: jiff::Timestamp) -> Self {
        let written_by = match principal.origin {
            // Sessions come and go, and it is the person all the same.
            Origin::Session(_) => "session".to_owned(),
            origin @ (Origin::Key(_) | Origin::Local) => origin.to_string(),
        };
        Self { written_by, now_us: now.as_microsecond(), waits: false }
    }
}

/// What a request is known by if it comes again: by who sends it, what for, and its key.
///
/// # Errors
/// When the key is none.
pub(in crate::http) fn receipt(
    author: &Author,
    what_for: &str,
    key: Option<&str>,
    request: &[u8],
) -> Result<Option<ReceiptKey>, Problem> {
    let Some(key) = key else { return Ok(None) };
    let characters = key.chars().count();
    if characters == 0 || characters > KEY_CHARS_MAX {
        let detail = format!("Idempotency-Key has {characters} characters; it has 1 to {KEY_CHARS_MAX}");
        return Err(Problem::new(Code::BadRequest, detail));
    }
    let mut hasher = blake3::Hasher::new();
    for part in [&author.written_by, what_for, key] {
        hasher.update(&(part.len() as u64).to_le_bytes()).update(part.as_bytes());
    }
    let key = *hasher.finalize().as_bytes();
    Ok(Some(ReceiptKey { key, request: *blake3::hash(request).as_bytes() }))
}

/// Writes: everything that changes own documents over HTTP goes through here and nowhere else.
///
/// # Errors
/// When the store fails, or the key of the receipt stands for something else. What became of each change is in the
/// answer.
pub(super) fn write(engine: &Engine, batch: OwnBatch, author: &Author) -> Result<OwnWritten, Problem> {
    match block_on(engine.vault().documents().write(batch))? {
        OwnAnswer::Written(written) => {
            if author.waits
                && let Err(error) = block_on(engine.vault().search().wait_indexed(written.sequence))
            {
                // It is kept all the same, and found when the index is in order again.
                tracing::warn!(%error, "what was written can't be found yet");
            }
            Ok(written)
        }
        OwnAnswer::KeyUsed => Err(Problem::plain(Code::KeyReused)),
        OwnAnswer::TooManyReceipts => {
            let detail = "more requests with an Idempotency-Key came within a day than can be remembered";
            Err(Problem::new(Code::RateLimited, detail).retry_after_s(3_600))
        }
    }
}

fn write_one(
    engine: &Engine,
    change: OwnChange,
    author: &Author,
    receipt: Option<ReceiptKey>,
) -> Result<(OwnWritten, OwnOutcome), Problem> {
    let batch = OwnBatch { receipt, ..OwnBatch::new(vec![change], author.written_by.clone(), author.now_us) };
    let written = write(engine, batch, author)?;
    let outcome = written.outcomes.first().copied();
    Ok((written, outcome.ok_or_else(|| Problem::internal("a change has no outcome"))?))
}

/// What is to be answered where a change was not made.
pub(super) fn refused(outcome: OwnOutcome, id: DocumentId) -> Option<Problem> {
    let problem = match outcome {
        outcome if outcome.is_done() => return None,
        OwnOutcome::Exists => {
            let detail = format!(
                "there is the document {id} with this key already; PUT /api/v1/documents/{id} changes it"
            );
            Problem::new(Code::DocumentExists, detail)
        }
        OwnOutcome::NotOwn => not_own(id),
        OwnOutcome::Changed => Problem::plain(Code::Changed),
        OwnOutcome::OutOfScope => {
            let detail = "the document would lie in a source or on a day that the key does not see";
            Problem::new(Code::ScopeTooNarrow, detail)
        }
        OwnOutcome::OtherKind => {
            let detail = "source and kind of a document stay; delete it and make another to change them";
            Problem::new(Code::UnfitBody, detail)
        }
        _ => no_such(&id),
    };
    Some(problem)
}

pub(super) fn not_own(id: DocumentId) -> Problem {
    let detail = format!(
        "the document {id} was imported; to add to it, put annotations: PUT /api/v1/documents/{id}/annotations"
    );
    Problem::new(Code::NotOwn, detail)
}

/// The id of a new document.
pub(super) fn new_id(
    content: &Content,
    key: Option<&str>,
    receipt: Option<&ReceiptKey>,
    now_us: i64,
    place: usize,
) -> Result<DocumentId, Problem> {
    let key = match (key, receipt) {
        (Some(name), _) if (1..=KEY_CHARS_MAX).contains(&name.chars().count()) => OwnKey::Named(name),
        (Some(_), _) => {
            return Err(Problem::new(
                Code::UnfitBody,
                format!("key: it has 1 to {KEY_CHARS_MAX} characters"),
            ));
        }
        (None, Some(receipt)) => OwnKey::Request(receipt.key, place),
        (None, None) => OwnKey::Written(now_us, place),
    };
    Ok(id_of(content, key))
}

pub(super) fn clock_of(engine: &Engine) -> HomeClock {
    HomeClock::new(engine.vault().home_zone())
}

/// Makes an own document.
///
/// # Errors
/// When it can't be made.
pub(in crate::http) fn create(
    engine: &Engine,
    form: &DocumentForm,
    author: &Author,
    receipt: Option<ReceiptKey>,
) -> Result<RevisionedDocument, Problem> {
    let mut clock = clock_of(engine);
    let mut content_at = |now_us| form.clone().content(None, now_us, &mut clock);
    let content = content_at(author.now_us)?;
    let id = new_id(&content, form.key.as_deref(), receipt.as_ref(), author.now_us, 0)?;
    let change = OwnChange::Create { id, content: Box::new(content) };
    let (written, outcome) = write_one(engine, change, author, receipt)?;
    if let Some(problem) = refused(outcome, id) {
        return Err(problem);
    }
    // What was made then, if it comes again: the same answer, whatever became of the document since.
    let content = Content { modified_us: Some(written.written_us), ..content_at(written.written_us)? };
    let provenance =
        Provenance { archive: WRITTEN_HERE.to_owned(), entry: author.written_by.clone(), position: 0 };
    let document = Document { id, content, provenance };
    Ok(RevisionedDocument { document, revisions: Vec::new(), annotations: Annotations::default() })
}

/// Puts other content in place of what an own document says, if it is still the one that the condition names.
///
/// # Errors
/// When it can't be changed.
pub(in crate::http) fn replace(
    engine: &Engine,
    id: DocumentId,
    condition: Option<&str>,
    author: &Author,
    form: impl Fn(&Content) -> Result<DocumentForm, Problem>,
) -> Result<RevisionedDocument, Problem> {
    for _ in 0..TRIES {
        let known = expected(engine, id, condition)?;
        let base = &known.document.content;
        let form = form(base)?;
        if form.key.is_some() {
            return Err(Problem::new(Code::UnfitBody, "key: it is given when a document is made, and stays"));
        }
        let content = Box::new(form.content(Some(base), author.now_us, &mut clock_of(engine))?);
        let change = OwnChange::Replace { id, content, expected_us: base.modified_us };
        let (_, outcome) = write_one(engine, change, author, None)?;
        if outcome == OwnOutcome::Changed && condition.is_none() {
            continue;
        }
        return match refused(outcome, id) {
            Some(problem) => Err(problem),
            None => whole(engine, id),
        };
    }
    Err(Problem::plain(Code::Changed))
}

/// Removes an own document, if it is still the one that the condition names.
///
/// # Errors
/// When it can't be removed.
pub(in crate::http) fn delete(
    engine: &Engine,
    id: DocumentId,
    condition: Option<&str>,
    author: &Author,
) -> Result<(), Problem> {
    let known = expected(engine, id, condition)?;
    let expected_us = condition.and(known.document.content.modified_us);
    let (_, outcome) = write_one(engine, OwnChange::Delete { id, expected_us }, author, None)?;
    refused(outcome, id).map_or(Ok(()), Err)
}

/// The tag of a document as `GET /api/v1/documents/{id}` gives it.
pub(in crate::http) fn tag(document: &RevisionedDocument) -> Result<String, Problem> {
    Ok(tag_of(&Written::of(document)?.0))
}

fn whole(engine: &Engine, id: DocumentId) -> Result<RevisionedDocument, Problem> {
    block_on(engine.vault().documents().get(id))?.ok_or_else(|| no_such(&id))
}

/// The own document that is to be changed, if it is the one that the condition names.
pub(super) fn expected(
    engine: &Engine,
    id: DocumentId,
    condition: Option<&str>,
) -> Result<RevisionedDocument, Problem> {
    let known = whole(engine, id)?;
    if !is_own(&known.document.content.source) {
        return Err(not_own(id));
    }
    let Some(condition) = condition else { return Ok(known) };
    if names_tag(condition, &tag(&known)?) { Ok(known) } else { Err(Problem::plain(Code::Changed)) }
}
