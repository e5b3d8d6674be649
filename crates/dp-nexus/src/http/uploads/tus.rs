//! tus 1.0.0: an upload is begun, asked how far it is, gone on with and ended. Headers come in and go out; what is
//! in a file is never looked at.

use super::{
    headers::{self, Resumable},
    named, on_disk,
    receive::{Source, pour},
    shapes::FileBytes,
};
use crate::Principal;
use crate::http::{
    asked::Asked,
    entrance::Imports,
    given::Named,
    problem::{Code, Problem, ProblemView},
    routes::Nothing,
};
use crate::uploads::{Staging, StagingError, Upload, UploadId};
use axum::{
    Extension,
    body::Body,
    response::{IntoResponse as _, Response},
};
use http::{HeaderMap, HeaderValue, StatusCode, header};

/// What of the protocol is spoken, and how large a file may be.
#[utoipa::path(
    options,
    operation_id = "upload_options",
    path = "/api/v1/uploads",
    tag = "uploads",
    responses((
        status = 204,
        description = "In headers",
        headers(
            ("Tus-Version" = String, description = "Versions, with commas between"),
            ("Tus-Extension" = String, description = "Extensions, with commas between"),
            ("Tus-Max-Size" = u64, description = "Bytes of the largest file"),
            ("Tus-Checksum-Algorithm" = String, description = "Algorithms, with commas between"),
        ),
    ))
)]
pub(in crate::http) async fn options(
    Imports(_principal): Imports,
    Extension(staging): Extension<Staging>,
    Asked(Nothing {}): Asked<Nothing>,
) -> Result<Response, Problem> {
    let algorithms = HeaderValue::from_str(&headers::algorithms()).map_err(Problem::internal)?;
    let said = [
        (headers::VERSIONS, HeaderValue::from_static(headers::VERSION)),
        (headers::EXTENSIONS, HeaderValue::from_static(headers::SPOKEN)),
        (headers::MAX_SIZE, staging.options().upload_bytes_max.into()),
        (headers::ALGORITHMS, algorithms),
    ];
    Ok((StatusCode::NO_CONTENT, said).into_response())
}

/// Begins an upload. A body of the type `application/offset+octet-stream` is its first bytes; it may be empty.
#[utoipa::path(
    post,
    operation_id = "begin_upload",
    path = "/api/v1/uploads",
    tag = "uploads",
    params(
        ("Tus-Resumable" = String, Header, description = "1.0.0"),
        ("Upload-Length" = u64, Header, description = "Bytes of the file"),
        ("Upload-Metadata" = Option<String>, Header,
         description = "Pairs of a key and base64, with commas between: `filename dGFrZW91dC56aXA=`"),
        ("Upload-Checksum" = Option<String>, Header,
         description = "`sha1` or `sha256`, a space, and the checksum of the body in base64"),
    ),
    request_body(content = FileBytes, content_type = "application/offset+octet-stream"),
    responses(
        (
            status = 201,
            description = "It has begun",
            headers(
                ("Location" = String, description = "Where it is gone on with, relative to this address"),
                ("Upload-Offset" = u64, description = "Bytes of the body that are on disk"),
                ("Upload-Expires" = String, description = "When it will be removed, if nothing more comes"),
            ),
        ),
        (status = 409, description = "The account has too many uploads", body = ProblemView,
         content_type = "application/problem+json"),
        (status = 412, description = "Another version of the protocol is spoken", body = ProblemView,
         content_type = "application/problem+json"),
        (status = 413, description = "The file is too large", body = ProblemView,
         content_type = "application/problem+json"),
        (status = 460, description = "The body does not have its checksum; nothing was begun", body = ProblemView,
         content_type = "application/problem+json"),
        (status = 507, description = "There is no room for it", body = ProblemView,
         content_type = "application/problem+json"),
    )
)]
pub(in crate::http) async fn create(
    Imports(principal): Imports,
    Resumable: Resumable,
    Extension(staging): Extension<Staging>,
    Asked(Nothing {}): Asked<Nothing>,
    said: HeaderMap,
    body: Body,
) -> Result<Response, Problem> {
    let new = headers::new_upload(&said)?;
    let checksum = headers::checksum(&said)?;
    let announced_bytes = headers::content_length(&said)?;
    let brings_bytes = headers::brings_bytes(&said);
    if brings_bytes && announced_bytes.is_some_and(|bytes| bytes > new.length_bytes) {
        return Err(StagingError::TooLong { length_bytes: new.length_bytes }.into());
    }
    let (account, area) = (principal.account, staging.clone());
    let mut upload = on_disk(move || area.create(account, new)).await?;
    if brings_bytes {
        let (id, area) = (upload.id, staging.clone());
        let writer = on_disk(move || area.append(account, id, 0, checksum)).await?;
        let source = Source::new(body, announced_bytes, staging.options().idle_timeout);
        upload = match pour(writer, source).await {
            Ok(upload) => upload,
            Err(problem) if problem.code() == Code::WrongChecksum => {
                on_disk(move || staging.terminate(account, id)).await?;
                return Err(problem);
            }
            // It has begun, and how much of it came is in the answer.
            Err(_) => on_disk(move || staging.get(account, id)).await?,
        };
    }
    let mut answered = headers::progress(&upload)?;
    let location = HeaderValue::from_str(&format!("uploads/{}", upload.id)).map_err(Problem::internal)?;
    answered.insert(header::LOCATION, location);
    Ok((StatusCode::CREATED, answered).into_response())
}

/// How far an upload is, in headers.
#[utoipa::path(
    head,
    operation_id = "upload_state",
    path = "/api/v1/uploads/{id}",
    tag = "uploads",
    params(
        ("id" = String, Path, description = "Its id"),
        ("Tus-Resumable" = String, Header, description = "1.0.0"),
    ),
    responses((
        status = 200,
        description = "In headers",
        headers(
            ("Upload-Offset" = u64, description = "Bytes that are on disk"),
            ("Upload-Length" = u64, description = "Bytes of the file"),
            ("Upload-Metadata" = String, description = "What was said of it when it began"),
            ("Upload-Expires" = String, description = "When it will be removed, if nothing more comes"),
        ),
    ))
)]
pub(in crate::http) async fn head(
    Imports(principal): Imports,
    Resumable: Resumable,
    Extension(staging): Extension<Staging>,
    Named(id): Named<String>,
    Asked(Nothing {}): Asked<Nothing>,
) -> Result<Response, Problem> {
    let id = named(&id)?;
    let upload = on_disk(move || staging.get(principal.account, id)).await?;
    Ok((StatusCode::OK, headers::state(&upload)?).into_response())
}

/// Goes on with an upload. What came is kept if the request breaks off, unless it has a checksum.
#[utoipa::path(
    patch,
    operation_id = "append_to_upload",
    path = "/api/v1/uploads/{id}",
    tag = "uploads",
    params(
        ("id" = String, Path, description = "Its id"),
        ("Tus-Resumable" = String, Header, description = "1.0.0"),
        ("Upload-Offset" = u64, Header, description = "Bytes that are there already"),
        ("Upload-Checksum" = Option<String>, Header,
         description = "`sha1` or `sha256`, a space, and the checksum of the body in base64"),
    ),
    request_body(content = FileBytes, content_type = "application/offset+octet-stream"),
    responses(
        (
            status = 204,
            description = "It is on disk",
            headers(
                ("Upload-Offset" = u64, description = "Bytes that are there now"),
                ("Upload-Expires" = String, description = "When it will be removed, if nothing more comes"),
            ),
        ),
        (status = 408, description = "For too long nothing came", body = ProblemView,
         content_type = "application/problem+json"),
        (status = 409, description = "It goes on elsewhere", body = ProblemView,
         content_type = "application/problem+json"),
        (status = 412, description = "Another version of the protocol is spoken", body = ProblemView,
         content_type = "application/problem+json"),
        (status = 413, description = "More came than was declared", body = ProblemView,
         content_type = "application/problem+json"),
        (status = 415, description = "The body is of another type", body = ProblemView,
         content_type = "application/problem+json"),
        (status = 423, description = "Another request is at it", body = ProblemView,
         content_type = "application/problem+json"),
        (status = 460, description = "The body does not have its checksum and was not kept", body = ProblemView,
         content_type = "application/problem+json"),
    )
)]
pub(in crate::http) async fn append(
    Imports(principal): Imports,
    Resumable: Resumable,
    Extension(staging): Extension<Staging>,
    Named(id): Named<String>,
    Asked(Nothing {}): Asked<Nothing>,
    said: HeaderMap,
    body: Body,
) -> Result<Response, Problem> {
    let upload = append_here(&principal, &staging, named(&id)?, &said, body).await?;
    Ok((StatusCode::NO_CONTENT, headers::progress(&upload)?).into_response())
}

async fn append_here(
    principal: &Principal,
    staging: &Staging,
    id: UploadId,
    said: &HeaderMap,
    body: Body,
) -> Result<Upload, Problem> {
    if !headers::brings_bytes(said) {
        return Err(Problem::plain(Code::UnsupportedUploadType));
    }
    let offset_bytes = headers::offset(said)?;
    let checksum = headers::checksum(said)?;
    let announced_bytes = headers::content_length(said)?;
    let (account, area) = (principal.account, staging.clone());
    let writer = on_disk(move || area.append(account, id, offset_bytes, checksum)).await?;
    if announced_bytes.is_some_and(|bytes| bytes > writer.left_bytes()) {
        return Err(writer.too_long().into());
    }
    pour(writer, Source::new(body, announced_bytes, staging.options().idle_timeout)).await
}

/// Ends an upload. Nothing stays of it.
#[utoipa::path(
    delete,
    operation_id = "end_upload",
    path = "/api/v1/uploads/{id}",
    tag = "uploads",
    params(
        ("id" = String, Path, description = "Its id"),
        ("Tus-Resumable" = String, Header, description = "1.0.0"),
    ),
    responses(
        (status = 204, description = "It is gone"),
        (status = 412, description = "Another version of the protocol is spoken", body = ProblemView,
         content_type = "application/problem+json"),
        (status = 423, description = "Another request is at it", body = ProblemView,
         content_type = "application/problem+json"),
    )
)]
pub(in crate::http) async fn terminate(
    Imports(principal): Imports,
    Resumable: Resumable,
    Extension(staging): Extension<Staging>,
    Named(id): Named<String>,
    Asked(Nothing {}): Asked<Nothing>,
) -> Result<StatusCode, Problem> {
    let id = named(&id)?;
    on_disk(move || staging.terminate(principal.account, id)).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// `PATCH`, `DELETE` or `HEAD` for clients that can't send those.
#[utoipa::path(
    post,
    operation_id = "override_upload_method",
    path = "/api/v1/uploads/{id}",
    tag = "uploads",
    params(
        ("id" = String, Path, description = "Its id"),
        ("Tus-Resumable" = String, Header, description = "1.0.0"),
        ("X-HTTP-Method-Override" = String, Header, description = "`PATCH`, `DELETE` or `HEAD`"),
        ("Upload-Offset" = Option<u64>, Header, description = "For `PATCH`: bytes that are there already"),
        ("Upload-Checksum" = Option<String>, Header, description = "For `PATCH`: as there"),
    ),
    request_body(content = FileBytes, content_type = "application/offset+octet-stream"),
    responses(
        (status = 200, description = "As of `HEAD`"),
        (status = 204, description = "As of the method that is meant"),
    )
)]
pub(in crate::http) async fn overridden(
    Imports(principal): Imports,
    Resumable: Resumable,
    Extension(staging): Extension<Staging>,
    Named(id): Named<String>,
    Asked(Nothing {}): Asked<Nothing>,
    said: HeaderMap,
    body: Body,
) -> Result<Response, Problem> {
    let id = named(&id)?;
    match said.get(headers::OVERRIDE).map(HeaderValue::as_bytes) {
        Some(b"PATCH") => {
            let upload = append_here(&principal, &staging, id, &said, body).await?;
            Ok((StatusCode::NO_CONTENT, headers::progress(&upload)?).into_response())
        }
        Some(b"DELETE") => {
            on_disk(move || staging.terminate(principal.account, id)).await?;
            Ok(StatusCode::NO_CONTENT.into_response())
        }
        Some(b"HEAD") => {
            let upload = on_disk(move || staging.get(principal.account, id)).await?;
            Ok((StatusCode::OK, headers::state(&upload)?).into_response())
        }
        _ => Err(Problem::new(
            Code::MethodNotAllowed,
            "POST to an upload needs X-HTTP-Method-Override with PATCH, DELETE or HEAD",
        )),
    }
}
