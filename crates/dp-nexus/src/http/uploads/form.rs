//! `POST /api/v1/uploads/form`: whole files as `multipart/form-data`, as `curl -F file=@takeout.zip` sends them. All
//! of a form's files become uploads, or none does.

mod gate;

use super::{
    headers, on_disk,
    receive::{Pump, Source},
    shapes::{UploadForm, UploadView},
};
use crate::AccountId;
use crate::http::{
    answer::{All, Written},
    asked::Asked,
    entrance::Imports,
    problem::{Code, Problem, ProblemView},
    routes::Nothing,
};
use crate::uploads::{FileName, Staging, Upload};
use axum::{
    Extension,
    body::Body,
    extract::{FromRequest as _, Multipart, Request, multipart::Field},
};
use gate::Gate;
use http::StatusCode;
use tracing::Instrument as _;

/// Files of one form.
const FILES_MAX: usize = 100;

/// Uploads files at once, without going on later: `curl -F file=@takeout-001.zip -F file=@takeout-002.zip`. The
/// request has to say how long it is, as curl does by itself.
#[utoipa::path(
    post,
    operation_id = "upload_form",
    path = "/api/v1/uploads/form",
    tag = "uploads",
    request_body(content = UploadForm, content_type = "multipart/form-data"),
    responses(
        (status = 201, description = "An upload for every file, in their order", body = All<UploadView>),
        (status = 409, description = "The account has too many uploads", body = ProblemView,
         content_type = "application/problem+json"),
        (status = 411, description = "The request does not say how long it is", body = ProblemView,
         content_type = "application/problem+json"),
        (status = 413, description = "A file is too large", body = ProblemView,
         content_type = "application/problem+json"),
        (status = 507, description = "There is no room for them", body = ProblemView,
         content_type = "application/problem+json"),
    )
)]
pub(in crate::http) async fn receive(
    Imports(principal): Imports,
    Extension(staging): Extension<Staging>,
    Asked(Nothing {}): Asked<Nothing>,
    request: Request,
) -> Result<(StatusCode, Written), Problem> {
    let announced_bytes = headers::content_length(request.headers())?;
    let announced_bytes = announced_bytes.ok_or_else(|| Problem::plain(Code::LengthNeeded))?;
    let (parts, body) = request.into_parts();
    let source = Source::new(body, Some(announced_bytes), staging.options().idle_timeout);
    let gate = Gate::default();
    let request = Request::from_parts(parts, Body::from_stream(gate.through(source)));
    let form = Multipart::from_request(request, &()).await;
    let form = form.map_err(|error| Problem::new(Code::BadForm, error.body_text()))?;
    let files =
        Files { staging, account: principal.account, form, gate, announced_bytes, uploads: Vec::new() };
    // A task of its own, so that what is begun is ended though the request be given up.
    let receiving = tokio::spawn(files.receive().instrument(tracing::Span::current()));
    let uploads = receiving.await.map_err(Problem::internal)??;
    let items = uploads.into_iter().map(UploadView::from).collect();
    Ok((StatusCode::CREATED, Written::of(&All { items })?))
}

/// A form that is being received.
struct Files {
    staging: Staging,
    account: AccountId,
    form: Multipart,
    gate: Gate,
    announced_bytes: u64,
    uploads: Vec<Upload>,
}

impl Files {
    async fn receive(mut self) -> Result<Vec<Upload>, Problem> {
        match self.receive_all().await {
            Ok(()) if self.uploads.is_empty() => {
                Err(Problem::new(Code::BadForm, "there is no file in the form"))
            }
            Ok(()) => Ok(self.uploads),
            Err(problem) => {
                self.undo().await;
                Err(problem)
            }
        }
    }

    async fn receive_all(&mut self) -> Result<(), Problem> {
        loop {
            let field = self.form.next_field().await.map_err(|error| self.gate.problem(&error))?;
            let Some(field) = field else { return Ok(()) };
            self.gate.note_head(field.headers());
            let named = field.file_name().filter(|name| !name.is_empty());
            let Some(name) = named.map(FileName::harmless) else {
                let detail =
                    format!("the field {:?} of the form is no file", field.name().unwrap_or_default());
                return Err(Problem::new(Code::BadForm, detail));
            };
            if self.uploads.len() == FILES_MAX {
                return Err(Problem::new(Code::BadForm, format!("the form has more than {FILES_MAX} files")));
            }
            // No file is longer than what is left of the form.
            let left_bytes = self.announced_bytes.saturating_sub(self.gate.taken_bytes());
            let most_bytes = left_bytes.min(self.staging.options().upload_bytes_max);
            let (area, account) = (self.staging.clone(), self.account);
            let writer = on_disk(move || area.receive(account, name, most_bytes)).await?;
            let upload = write_file(field, &self.gate, Pump::new(writer)).await?;
            self.uploads.push(upload);
        }
    }

    async fn undo(&mut self) {
        let (area, account) = (self.staging.clone(), self.account);
        let ids: Vec<_> = self.uploads.drain(..).map(|upload| upload.id).collect();
        let undone = on_disk(move || ids.into_iter().try_for_each(|id| area.terminate(account, id))).await;
        if let Err(problem) = undone {
            tracing::warn!(%problem, "what came of a form is left until it expires");
        }
    }
}

async fn write_file(mut field: Field<'_>, gate: &Gate, mut pump: Pump) -> Result<Upload, Problem> {
    while let Some(piece) = field.chunk().await.map_err(|error| gate.problem(&error))? {
        gate.note_taken(piece.len());
        if !pump.write(vec![piece]).await? {
            break;
        }
    }
    pump.finish().await
}
