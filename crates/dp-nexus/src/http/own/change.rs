//! `PUT`, `PATCH` and `DELETE /api/v1/documents/{id}`

use super::{Author, DocumentForm, create::Waiting, delete as remove, form::patched, replace, tag};
use crate::{
    Principal,
    http::{
        answer::Written,
        app::App,
        asked::Asked,
        entrance::Writes,
        given::{Given, Named, condition},
        problem::{Code, Problem},
        routes::documents::tagged,
        shapes::FullDocumentView,
    },
};
use axum::{extract::State, response::Response};
use dp_model::Content;
use futures::executor::block_on;
use http::{HeaderMap, StatusCode};
use serde_json::{Map, Value};

/// Puts other content in place of what an own document says. What it said becomes a revision. What is left out is taken
/// away, but for source, kind and time, which stay. Imported documents are not changed; they have annotations.
#[utoipa::path(
    put,
    operation_id = "update_document",
    path = "/api/v1/documents/{id}",
    tag = "documents",
    params(
        ("id" = String, Path, description = "Its id, or the first digits of it, at least 4"),
        ("If-Match" = Option<String>, Header, description = "The ETag of the document as it was read: if it is \
                                                            another by now, nothing is changed"),
        Waiting,
    ),
    request_body = DocumentForm,
    responses(
        (status = 200, description = "The document as it is now", body = FullDocumentView,
         headers(("ETag" = String, description = "Names this version of it"))),
        (status = 409, description = "It is no own document", body = crate::http::ProblemView,
         content_type = "application/problem+json"),
        (status = 412, description = "It has been changed meanwhile", body = crate::http::ProblemView,
         content_type = "application/problem+json"),
        (status = 422, description = "It can't be kept so", body = crate::http::ProblemView,
         content_type = "application/problem+json"),
    )
)]
pub(super) async fn put(
    State(app): State<App>,
    Writes(principal): Writes,
    Named(id): Named<String>,
    headers: HeaderMap,
    Asked(waiting): Asked<Waiting>,
    Given(form): Given<DocumentForm>,
) -> Result<Response, Problem> {
    changed(app, principal, id, (headers, waiting), move |_| Ok(form.clone())).await
}

/// Changes single fields of an own document (a JSON merge patch, RFC 7396): those that are given take the place of
/// what there is, null takes one away, the others stay. What it said becomes a revision.
#[utoipa::path(
    patch,
    operation_id = "patch_document",
    path = "/api/v1/documents/{id}",
    tag = "documents",
    params(
        ("id" = String, Path, description = "Its id, or the first digits of it, at least 4"),
        ("If-Match" = Option<String>, Header, description = "The ETag of the document as it was read: if it is \
                                                            another by now, nothing is changed"),
        Waiting,
    ),
    request_body(content = DocumentForm, content_type = "application/merge-patch+json"),
    responses(
        (status = 200, description = "The document as it is now", body = FullDocumentView,
         headers(("ETag" = String, description = "Names this version of it"))),
        (status = 409, description = "It is no own document", body = crate::http::ProblemView,
         content_type = "application/problem+json"),
        (status = 412, description = "It has been changed meanwhile", body = crate::http::ProblemView,
         content_type = "application/problem+json"),
        (status = 422, description = "It can't be kept so", body = crate::http::ProblemView,
         content_type = "application/problem+json"),
    )
)]
pub(super) async fn patch(
    State(app): State<App>,
    Writes(principal): Writes,
    Named(id): Named<String>,
    headers: HeaderMap,
    Asked(waiting): Asked<Waiting>,
    Given(given): Given<Map<String, Value>>,
) -> Result<Response, Problem> {
    changed(app, principal, id, (headers, waiting), move |content| patched(content, &given)).await
}

async fn changed(
    app: App,
    principal: Principal,
    id: String,
    (headers, waiting): (HeaderMap, Waiting),
    form: impl Fn(&Content) -> Result<DocumentForm, Problem> + Send + 'static,
) -> Result<Response, Problem> {
    // The answer tells what was there before.
    if !principal.scope.read {
        let detail = "this takes the right to read too, which the session or key does not have";
        return Err(Problem::new(Code::Forbidden, detail));
    }
    let condition = condition(&headers)?;
    let author = Author { waits: waiting.wait, ..Author::of(&principal, app.now()) };
    let question = app.ask(&principal, move |engine| {
        let id = block_on(engine.find(&id))?;
        let now = replace(engine, id, condition.as_deref(), &author, form)?;
        Ok((Written::of(&now)?, tag(&now)?))
    });
    let (written, tag) = question.await?;
    Ok(tagged(written, &tag, &HeaderMap::new()))
}

/// Removes an own document for good, with its revisions and annotations. Imported documents are not removed this way.
#[utoipa::path(
    delete,
    operation_id = "delete_document",
    path = "/api/v1/documents/{id}",
    tag = "documents",
    params(
        ("id" = String, Path, description = "Its id, or the first digits of it, at least 4"),
        ("If-Match" = Option<String>, Header, description = "The ETag of the document as it was read: if it is \
                                                            another by now, it stays"),
        Waiting,
    ),
    responses(
        (status = 204, description = "It is gone"),
        (status = 409, description = "It is no own document", body = crate::http::ProblemView,
         content_type = "application/problem+json"),
        (status = 412, description = "It has been changed meanwhile", body = crate::http::ProblemView,
         content_type = "application/problem+json"),
    )
)]
pub(super) async fn delete(
    State(app): State<App>,
    Writes(principal): Writes,
    Named(id): Named<String>,
    headers: HeaderMap,
    Asked(waiting): Asked<Waiting>,
) -> Result<StatusCode, Problem> {
    let condition = condition(&headers)?;
    let author = Author { waits: waiting.wait, ..Author::of(&principal, app.now()) };
    let question = app.ask(&principal, move |engine| {
        let id = block_on(engine.find(&id))?;
        remove(engine, id, condition.as_deref(), &author)
    });
    question.await.map(|()| StatusCode::NO_CONTENT)
}
