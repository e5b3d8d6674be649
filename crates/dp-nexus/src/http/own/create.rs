//! `POST /api/v1/documents`

use super::{Author, DocumentForm, create, receipt};
use crate::http::{
    answer::Written,
    app::App,
    asked::Asked,
    entrance::Writes,
    given::{Given, tag_of},
    problem::{Code, Problem},
    shapes::FullDocumentView,
};
use axum::{
    extract::State,
    response::{IntoResponse as _, Response},
};
use http::{HeaderMap, HeaderValue, StatusCode, header};
use serde::Deserialize;
use utoipa::IntoParams;

/// Whether to wait.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct Waiting {
    /// Answer only when searches find what was written. Without it they do within half a minute.
    #[serde(default)]
    #[param(value_type = Option<bool>, default = false)]
    pub(super) wait: bool,
}

/// The key of a request that may be sent again.
pub(super) fn idempotency_key(headers: &HeaderMap) -> Result<Option<&str>, Problem> {
    let Some(key) = headers.get("idempotency-key") else { return Ok(None) };
    let key =
        key.to_str().map_err(|_| Problem::new(Code::BadRequest, "Idempotency-Key is not plain text"))?;
    Ok(Some(key.trim()))
}

/// Writes a document of one's own: a note, or whatever a program of the person's makes. With an `Idempotency-Key` the
/// same request may be sent again, for at least a day, and gets the same answer; nothing is made twice.
#[utoipa::path(
    post,
    operation_id = "create_document",
    path = "/api/v1/documents",
    tag = "documents",
    params(
        ("Idempotency-Key" = Option<String>, Header,
         description = "Any text that no other request of this client has, such as a UUID: 1 to 200 characters"),
        Waiting,
    ),
    request_body = DocumentForm,
    responses(
        (status = 201, description = "The document as it is kept", body = FullDocumentView,
         headers(("Location" = String, description = "The document"),
                 ("ETag" = String, description = "Names this version of it, as `GET` does"))),
        (status = 409, description = "There is a document with this key already", body = crate::http::ProblemView,
         content_type = "application/problem+json"),
        (status = 422, description = "It can't be kept so, or the Idempotency-Key came with another body",
         body = crate::http::ProblemView, content_type = "application/problem+json"),
    )
)]
pub(super) async fn post(
    State(app): State<App>,
    Writes(principal): Writes,
    headers: HeaderMap,
    Asked(waiting): Asked<Waiting>,
    Given(form): Given<DocumentForm>,
) -> Result<Response, Problem> {
    let author = Author { waits: waiting.wait, ..Author::of(&principal, app.now()) };
    let request = Written::of(&form)?.0;
    let receipt = receipt(&author, "POST /api/v1/documents", idempotency_key(&headers)?, &request)?;
    let question = app.ask(&principal, move |engine| {
        let made = create(engine, &form, &author, receipt)?;
        Ok((made.document.id, Written::of(&made)?))
    });
    let (id, written) = question.await?;
    let tag = tag_of(&written.0);
    let mut response = written.into_response();
    *response.status_mut() = StatusCode::CREATED;
    // Relative to the address that was asked, so that it holds under a sub-path.
    for (name, text) in [(header::LOCATION, format!("documents/{id}")), (header::ETAG, tag)] {
        response.headers_mut().insert(name, HeaderValue::from_str(&text).map_err(Problem::internal)?);
    }
    Ok(response)
}
