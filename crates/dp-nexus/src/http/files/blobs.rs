//! `POST /api/v1/blobs`, and `GET` and `HEAD /api/v1/blobs/{hash}`

use super::{
    Files,
    kind::{HEAD_BYTES, Kind},
    send::{FOR_EVER, Parcel, Wanted, body_of, wanted},
    shapes::BlobView,
};
use crate::http::{
    answer::Written,
    app::App,
    asked::Asked,
    entrance::{Reads, Writes},
    given::Named,
    problem::{Code, Problem, ProblemView},
    routes::Nothing,
    uploads::{
        headers::content_length,
        on_disk,
        receive::{Source, pour},
        shapes::FileBytes,
    },
};
use crate::{Principal, uploads::FileName};
use axum::{
    Extension,
    body::{Body, HttpBody as _},
    extract::State,
    response::{IntoResponse as _, Response},
};
use dp_cortex::engine::Engine;
use dp_model::BlobHash;
use futures::executor::block_on;
use http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use serde::Deserialize;
use std::io::Read;
use utoipa::IntoParams;

/// Digits of a hash that a file without a name is called by.
const NAME_DIGITS: usize = 16;

/// Stores the bytes of the body, whatever they are, and tells their hash: what documents name them by. Bytes that no
/// document names are removed after some days. Not for keys that see only a part.
#[utoipa::path(
    post,
    operation_id = "put_blob",
    path = "/api/v1/blobs",
    tag = "files",
    request_body(content = FileBytes, content_type = "application/octet-stream"),
    responses(
        (status = 201, description = "They are stored", body = BlobView,
         headers(("Location" = String, description = "Where they are to be had"))),
        (status = 408, description = "Too little came for too long", body = ProblemView,
         content_type = "application/problem+json"),
        (status = 409, description = "The account has too many uploads", body = ProblemView,
         content_type = "application/problem+json"),
        (status = 413, description = "They are too many", body = ProblemView,
         content_type = "application/problem+json"),
        (status = 507, description = "There is no room for them", body = ProblemView,
         content_type = "application/problem+json"),
    )
)]
pub(super) async fn put(
    State(app): State<App>,
    Extension(files): Extension<Files>,
    Writes(principal): Writes,
    headers: HeaderMap,
    Asked(Nothing {}): Asked<Nothing>,
    body: Body,
) -> Result<Response, Problem> {
    if principal.scope.is_partial() {
        return Err(Problem::plain(Code::ScopeTooNarrow));
    }
    let (staging, account) = (files.0.staging.clone(), principal.account);
    let bytes_max = files.0.limits.blob_bytes_max.min(staging.options().upload_bytes_max);
    let announced_bytes = content_length(&headers)?;
    if announced_bytes.is_some_and(|bytes| bytes > bytes_max) {
        return Err(too_large(bytes_max));
    }
    if announced_bytes == Some(0) || body.is_end_stream() {
        let detail =
            "there are no bytes in the body; send the file as it is, as curl --data-binary @FILE does";
        return Err(Problem::new(Code::BadRequest, detail));
    }
    let source = Source::new(body, announced_bytes, staging.options().idle_timeout);
    // It comes at the pace of the line, and is stored at once when it is whole.
    let (area, most_bytes) = (staging.clone(), announced_bytes.unwrap_or(bytes_max));
    let writer = on_disk(move || area.receive(account, FileName::harmless("blob"), most_bytes)).await?;
    let upload = pour(writer, source).await.map_err(|problem| match problem.code() {
        Code::UploadTooLarge => too_large(bytes_max),
        Code::BrokenUpload | Code::IdleUpload => {
            Problem::new(problem.code(), "the body ended before its end; nothing is kept")
        }
        _ => problem,
    })?;
    let area = staging.clone();
    let stored = app.ask(&principal, move |engine| {
        let file = area.read(account, upload.id)?;
        let blobs = engine.vault().blobs();
        let blob = block_on(blobs.put(Box::new(file), bytes_max, now_us()))?;
        let media_type = kind_of(engine, blob.hash)?.media_type.to_owned();
        Ok(BlobView { hash: blob.hash.to_string(), size_bytes: blob.size_bytes, media_type })
    });
    let stored = stored.await;
    // What can't be removed now expires.
    let removed = on_disk(move || staging.terminate(account, upload.id)).await;
    if let Err(problem) = removed {
        tracing::warn!(%problem, "what came of a blob is left until it expires");
    }
    let view = stored?;
    let mut response = (StatusCode::CREATED, Written::of(&view)?).into_response();
    // Relative to the address that was asked, so that it holds under a sub-path.
    let location = HeaderValue::from_str(&format!("blobs/{}", view.hash)).map_err(Problem::internal)?;
    response.headers_mut().insert(header::LOCATION, location);
    Ok(response)
}

fn too_large(bytes_max: u64) -> Problem {
    Problem::new(Code::TooLarge, format!("a blob may have {bytes_max} bytes at most"))
}

fn now_us() -> i64 {
    jiff::Timestamp::now().as_microsecond()
}

#[derive(Debug, Clone, Copy, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct Parameters {
    /// Have a browser save it, though it could show it.
    #[serde(default)]
    download: bool,
}

/// The bytes of this hash, or a part of them. Of what kind they are is told by the bytes; only kinds of pictures,
/// sounds, films, PDF and plain text are shown in a browser, all else is saved, and nothing is run.
#[utoipa::path(
    get,
    operation_id = "get_blob",
    path = "/api/v1/blobs/{hash}",
    tag = "files",
    params(
        ("hash" = String, Path, description = "The BLAKE3 hash of the bytes, 64 hexadecimal digits"),
        Parameters,
        ("Range" = Option<String>, Header, description = "One range of bytes, as `bytes=0-1023`"),
        ("If-None-Match" = Option<String>, Header, description = "The tag of what is there already"),
        ("If-Range" = Option<String>, Header, description = "The tag of what a part is there of"),
    ),
    responses(
        (status = 200, description = "The bytes", body = FileBytes, content_type = "*/*",
         headers(("ETag" = String, description = "The hash, in quotes"))),
        (status = 206, description = "A part of them", body = FileBytes, content_type = "*/*",
         headers(("Content-Range" = String, description = "Which part"))),
        (status = 304, description = "The client has it"),
        (status = 416, description = "There is nothing in this range", body = ProblemView,
         content_type = "application/problem+json",
         headers(("Content-Range" = String, description = "How many bytes there are"))),
    )
)]
pub(super) async fn get(
    State(app): State<App>,
    Reads(principal): Reads,
    method: Method,
    Named(hash): Named<String>,
    headers: HeaderMap,
    Asked(asked): Asked<Parameters>,
) -> Result<Response, Problem> {
    send(&app, &principal, &hash, asked, method, headers).await
}

/// What `GET` would answer, without the bytes.
#[utoipa::path(
    head,
    operation_id = "look_at_blob",
    path = "/api/v1/blobs/{hash}",
    tag = "files",
    params(
        ("hash" = String, Path, description = "The BLAKE3 hash of the bytes, 64 hexadecimal digits"),
        Parameters,
    ),
    responses(
        (status = 200, description = "They are there",
         headers(("Content-Length" = u64, description = "How many there are"))),
        (status = 304, description = "The client has it"),
    )
)]
pub(super) async fn head(
    State(app): State<App>,
    Reads(principal): Reads,
    method: Method,
    Named(hash): Named<String>,
    headers: HeaderMap,
    Asked(asked): Asked<Parameters>,
) -> Result<Response, Problem> {
    send(&app, &principal, &hash, asked, method, headers).await
}

async fn send(
    app: &App,
    principal: &Principal,
    text: &str,
    asked: Parameters,
    method: Method,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let hash = named(text)?;
    let found = app.ask(principal, move |engine| {
        let blobs = engine.vault().blobs();
        let blob = block_on(blobs.find(hash))?.ok_or_else(|| no_such(hash))?;
        let kind = kind_of(engine, hash)?;
        let parcel = Parcel {
            tag: format!("\"{hash}\""),
            size_bytes: Some(blob.size_bytes),
            media_type: HeaderValue::from_static(kind.media_type),
            name: name_of(engine, hash, kind)?,
            is_shown: kind.is_shown() && !asked.download,
            cache: FOR_EVER,
        };
        let wanted = wanted(&method, &headers, &parcel.tag, parcel.size_bytes);
        let is_read = method == Method::GET && matches!(wanted, Wanted::All | Wanted::Part(_));
        let bytes = match is_read {
            true => block_on(blobs.get(hash, parcel.range(&wanted)))?,
            false => None,
        };
        Ok((parcel, wanted, bytes))
    });
    let (parcel, wanted, bytes) = found.await?;
    parcel.answer(&wanted, bytes.map_or_else(Body::empty, body_of))
}

/// The hash in a path.
pub(super) fn named(text: &str) -> Result<BlobHash, Problem> {
    let missing = |_| Problem::new(Code::NoSuchBlob, format!("{text:?} is no hash of 64 hexadecimal digits"));
    text.parse().map_err(missing)
}

pub(super) fn no_such(hash: BlobHash) -> Problem {
    Problem::new(Code::NoSuchBlob, format!("there is no blob {hash}"))
}

fn kind_of(engine: &Engine, hash: BlobHash) -> Result<Kind, Problem> {
    let head = block_on(engine.vault().blobs().get(hash, 0..HEAD_BYTES))?.ok_or_else(|| no_such(hash))?;
    let mut bytes = Vec::new();
    head.take(HEAD_BYTES).read_to_end(&mut bytes).map_err(Problem::internal)?;
    Ok(Kind::of(&bytes))
}

/// What a document calls these bytes, or else the beginning of their hash.
fn name_of(engine: &Engine, hash: BlobHash, kind: Kind) -> Result<String, Problem> {
    let vault = engine.vault();
    let ids = block_on(vault.blobs().referrers(hash, None, 1))?;
    let documents = block_on(vault.documents().get_many(&ids))?;
    let mut media = documents.into_iter().flatten().flat_map(|document| document.content.media);
    let named = media.find(|media| media.hash == Some(hash) && !media.name.trim().is_empty());
    let unnamed = || format!("{}.{}", &hash.to_string()[..NAME_DIGITS], kind.extension);
    Ok(named.map_or_else(unnamed, |media| media.name))
}
