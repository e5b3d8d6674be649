//! `GET /api/v1/documents/{id}/vectors` and `PUT /api/v1/documents/{id}/vectors/{set}`

use super::writing::expected;
use crate::http::{
    answer::Written,
    app::App,
    asked::Asked,
    entrance::{Reads, Writes},
    given::{Given, Named},
    problem::{Code, Problem},
    routes::{Nothing, documents::no_such},
};
use axum::extract::State;
use dp_cortex::engine::Engine;
use dp_lake::{DocumentVectors, Passage, PassageVector, VectorModel, VectorSet, content_hash};
use dp_model::{Content, DocumentId};
use futures::executor::block_on;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Passages of a document that may be supplied.
const PASSAGES_MAX: usize = 10_000;

/// The vectors of a document in every set.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = DocumentVectors)]
pub(super) struct VectorsView {
    /// The sets there are.
    sets: Vec<SetView>,
}

/// The vectors of a document in one set.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = DocumentVectorSet)]
pub(super) struct SetView {
    /// Names the set.
    set: String,
    /// The model that makes its vectors.
    model: String,
    /// Values of a vector.
    dimension: u32,
    /// The passages, of which there are none if there is nothing in it to compare; null if none have been made yet.
    passages: Option<Vec<PassageVectorView>>,
}

/// A passage and its vector.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = PassageVector)]
pub(super) struct PassageVectorView {
    /// Offset in bytes of its first byte in the text.
    start: u32,
    /// Offset past its last byte; where both are 0, it is the document as a whole.
    end: u32,
    /// As many as the set's dimension; together of length 1.
    values: Vec<f32>,
}

/// Vectors that a program has made.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = VectorsForm)]
pub(super) struct VectorsForm {
    /// The model that made them: it has to be that of the set.
    model: String,
    /// Values of a vector: it has to be that of the set.
    dimension: u32,
    /// The passages.
    #[schema(max_items = 10_000)]
    passages: Vec<PassageForm>,
}

/// A passage and its vector.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = PassageForm)]
pub(super) struct PassageForm {
    /// Offset in bytes of its first byte in the text.
    #[serde(default)]
    start: u32,
    /// Offset past its last byte; where both are 0, it is the document as a whole.
    #[serde(default)]
    end: u32,
    /// As many as the dimension. Their length does not matter, if it is not 0.
    values: Vec<f32>,
}

/// The vectors of a document, by set, as exactly as they are stored.
#[utoipa::path(
    get,
    operation_id = "get_vectors",
    path = "/api/v1/documents/{id}/vectors",
    tag = "documents",
    params(("id" = String, Path, description = "Its id, or the first digits of it, at least 4")),
    responses((status = 200, description = "The sets there are, with its vectors", body = VectorsView))
)]
pub(super) async fn get(
    State(app): State<App>,
    Reads(principal): Reads,
    Named(id): Named<String>,
    Asked(Nothing {}): Asked<Nothing>,
) -> Result<Written, Problem> {
    let question = app.ask_written(&principal, move |engine| {
        let id = block_on(engine.find(&id))?;
        let found = block_on(engine.vault().documents().get_many(&[id]))?;
        if found.into_iter().flatten().next().is_none() {
            return Err(no_such(&id));
        }
        let sets = block_on(engine.vault().vectors().list())?;
        let sets = sets.into_iter().map(|set| set_view(engine, set, id));
        Ok(VectorsView { sets: sets.collect::<Result<_, Problem>>()? })
    });
    question.await
}

fn set_view(engine: &Engine, set: VectorSet, id: DocumentId) -> Result<SetView, Problem> {
    let model = set.model;
    let passages = block_on(engine.vault().vectors().get(&model, id))?;
    let view =
        |PassageVector { passage: Passage { start, end }, values }| PassageVectorView { start, end, values };
    let passages = passages.map(|passages| passages.into_iter().map(view).collect());
    Ok(SetView { set: model.key(), dimension: model.width, passages, model: model.name })
}

/// Puts vectors that a program has made in place of those that an own document has in a set. They are of what it says
/// now: when it is changed, or the set is made anew, the set's own model makes others.
#[utoipa::path(
    put,
    operation_id = "put_vectors",
    path = "/api/v1/documents/{id}/vectors/{set}",
    tag = "documents",
    params(
        ("id" = String, Path, description = "Its id, or the first digits of it, at least 4"),
        ("set" = String, Path, description = "`set` of a vector set there is"),
    ),
    request_body = VectorsForm,
    responses(
        (status = 200, description = "Its vectors in the set", body = SetView),
        (status = 409, description = "It is no own document", body = crate::http::ProblemView,
         content_type = "application/problem+json"),
        (status = 412, description = "It has been changed meanwhile", body = crate::http::ProblemView,
         content_type = "application/problem+json"),
        (status = 422, description = "They are of another model, or no vectors", body = crate::http::ProblemView,
         content_type = "application/problem+json"),
    )
)]
pub(super) async fn put(
    State(app): State<App>,
    Writes(principal): Writes,
    Named((id, set)): Named<(String, String)>,
    Asked(Nothing {}): Asked<Nothing>,
    Given(form): Given<VectorsForm>,
) -> Result<Written, Problem> {
    let question = app.ask_written(&principal, move |engine| {
        let id = block_on(engine.find(&id))?;
        let content = expected(engine, id, None)?.document.content;
        let vectors = engine.vault().vectors();
        let found = block_on(vectors.list())?.into_iter().find(|known| known.model.key() == set);
        let found = found.ok_or_else(|| {
            let detail =
                format!("there is no vector set {set:?}; GET /api/v1/documents/{id}/vectors lists them");
            Problem::new(Code::NoSuchVectorSet, detail)
        })?;
        let passages = supplied(form, &found.model, &content)?;
        // What was written before is embedded first, so that what is supplied stays.
        block_on(engine.vault().search().wait_indexed(u64::MAX))?;
        let put = DocumentVectors { id, hash: content_hash(&content), passages };
        if block_on(vectors.put(&found.model, vec![put]))? == 0 {
            return Err(Problem::plain(Code::Changed));
        }
        block_on(vectors.commit(&found.model))?;
        set_view(engine, found, id)
    });
    question.await
}

/// The vectors as the set takes them.
fn supplied(
    form: VectorsForm,
    model: &VectorModel,
    content: &Content,
) -> Result<Vec<PassageVector>, Problem> {
    let unfit = |detail: String| Problem::new(Code::UnfitBody, detail);
    if (form.model.as_str(), form.dimension) != (model.name.as_str(), model.width) {
        return Err(unfit(format!(
            "the vectors are of the model {:?} with {} values, and the set is of {:?} with {}",
            form.model, form.dimension, model.name, model.width
        )));
    }
    if form.passages.len() > PASSAGES_MAX {
        return Err(unfit(format!(
            "passages: {} are given, and there may be {PASSAGES_MAX}",
            form.passages.len()
        )));
    }
    let passage = |(place, PassageForm { start, end, values }): (usize, PassageForm)| {
        let range = start as usize..end as usize;
        if content.text.get(range).is_none() {
            return Err(unfit(format!("passages[{place}]: {start} to {end} is no part of the text")));
        }
        if values.len() != model.width as usize {
            return Err(unfit(format!("passages[{place}]: it has {} values", values.len())));
        }
        let length = values.iter().map(|value| f64::from(*value).powi(2)).sum::<f64>().sqrt();
        if !(length.is_finite() && length > 0.0) {
            return Err(unfit(format!("passages[{place}]: its values are no numbers, or all 0")));
        }
        let values = values.into_iter().map(|value| (f64::from(value) / length) as f32).collect();
        Ok(PassageVector { passage: Passage { start, end }, values })
    };
    form.passages.into_iter().enumerate().map(passage).collect()
}
