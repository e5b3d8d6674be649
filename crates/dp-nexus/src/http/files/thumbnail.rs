//! `GET /api/v1/blobs/{hash}/thumbnail`

use super::{
    Files,
    blobs::{named, no_such},
    picture::{NoPicture, shrink},
    send::{FOR_EVER, Parcel, Wanted, wanted},
};
use crate::Principal;
use crate::http::{
    app::App,
    asked::Asked,
    entrance::Reads,
    given::Named,
    problem::{Code, Problem, ProblemView},
    uploads::shapes::FileBytes,
};
use axum::{Extension, body::Body, extract::State, response::Response};
use dp_lake::Blob;
use dp_model::BlobHash;
use futures::executor::block_on;
use http::{HeaderMap, HeaderValue, Method};
use serde::Deserialize;
use std::{
    io::Read as _,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::Arc,
};
use utoipa::IntoParams;

/// Sizes there are, in pixels of the longer side.
const SIZES_PX: [u16; 4] = [128, 256, 512, 1024];
/// Bytes of the largest file that a small picture is made of: it is held in memory meanwhile.
const SOURCE_BYTES_MAX: u64 = 64 << 20;

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct Parameters {
    /// Pixels of the longer side: 128, 256, 512 or 1024.
    #[serde(default = "size")]
    #[param(default = 256)]
    size: u16,
}

fn size() -> u16 {
    256
}

/// A small picture of a JPEG, PNG, GIF or WebP, the right way up: JPEG, or PNG if one sees through it. It is made
/// when it is first asked for. None is larger than the picture itself.
#[utoipa::path(
    get,
    operation_id = "get_thumbnail",
    path = "/api/v1/blobs/{hash}/thumbnail",
    tag = "files",
    params(
        ("hash" = String, Path, description = "The BLAKE3 hash of the bytes, 64 hexadecimal digits"),
        Parameters,
        ("If-None-Match" = Option<String>, Header, description = "The tag of what is there already"),
    ),
    responses(
        (status = 200, description = "The picture", content((FileBytes = "image/jpeg"), (FileBytes = "image/png")),
         headers(("ETag" = String, description = "Names the picture"))),
        (status = 304, description = "The client has it"),
        (status = 415, description = "It is no picture, too large, or damaged", body = ProblemView,
         content_type = "application/problem+json"),
    )
)]
pub(super) async fn get(
    State(app): State<App>,
    Extension(files): Extension<Files>,
    Reads(principal): Reads,
    Named(hash): Named<String>,
    headers: HeaderMap,
    Asked(asked): Asked<Parameters>,
) -> Result<Response, Problem> {
    let size_px = asked.size;
    if !SIZES_PX.contains(&size_px) {
        let detail = format!("size={size_px} is none of 128, 256, 512 and 1024");
        return Err(Problem::parameter("size", detail));
    }
    let hash = named(&hash)?;
    let kept = app.ask(&principal, move |engine| {
        let blobs = engine.vault().blobs();
        let blob = block_on(blobs.find(hash))?.ok_or_else(|| no_such(hash))?;
        Ok((blob, block_on(blobs.find_thumbnail(hash, size_px))?))
    });
    let (blob, kept) = kept.await?;
    let picture = match kept {
        Some(picture) => picture,
        None => make(&app, &files, &principal, blob, size_px).await?,
    };
    let is_png = picture.starts_with(b"\x89PNG");
    let (media_type, extension) = if is_png { ("image/png", "png") } else { ("image/jpeg", "jpg") };
    let parcel = Parcel {
        tag: format!("\"{hash}-{size_px}\""),
        size_bytes: Some(picture.len() as u64),
        media_type: HeaderValue::from_static(media_type),
        name: format!("{size_px}.{extension}"),
        is_shown: true,
        cache: FOR_EVER,
    };
    let wanted = wanted(&Method::GET, &headers, &parcel.tag, parcel.size_bytes);
    let picture = match &wanted {
        Wanted::Part(part) => picture[part.start as usize..part.end as usize].to_vec(),
        _ => picture,
    };
    parcel.answer(&wanted, Body::from(picture))
}

/// Makes the picture, when it is its turn, and keeps it.
async fn make(
    app: &App,
    files: &Files,
    principal: &Principal,
    blob: Blob,
    size_px: u16,
) -> Result<Vec<u8>, Problem> {
    let none = |why: &dyn std::fmt::Display| {
        Problem::new(Code::NoThumbnail, format!("there is no small picture of {}: {why}", blob.hash))
    };
    if blob.size_bytes > SOURCE_BYTES_MAX {
        return Err(none(&format_args!("it has more than {SOURCE_BYTES_MAX} bytes")));
    }
    let turn = Arc::clone(&files.0.drawing).acquire_owned().await.map_err(Problem::internal)?;
    let bytes = app.ask(principal, move |engine| {
        let bytes = block_on(engine.vault().blobs().get(blob.hash, 0..SOURCE_BYTES_MAX))?;
        let mut all = Vec::new();
        let read = bytes.ok_or_else(|| no_such(blob.hash))?.take(SOURCE_BYTES_MAX).read_to_end(&mut all);
        read.map_err(|error| {
            tracing::error!(%error, "a blob could not be read");
            Problem::plain(Code::StoreDamaged)
        })?;
        Ok(all)
    });
    let bytes = bytes.await?;
    let pixels_max = files.0.limits.picture_pixels_max;
    let drawn = tokio::task::spawn_blocking(move || {
        // The next one's turn comes when this has ended, though nobody wait for it any more.
        let _turn = turn;
        draw(blob.hash, &bytes, size_px, pixels_max)
    });
    let picture = drawn.await.map_err(Problem::internal)?.map_err(|why| none(&why))?;
    let kept = picture.clone();
    let keeping = app.ask(principal, move |engine| {
        let kept = block_on(engine.vault().blobs().keep_thumbnail(blob.hash, size_px, kept));
        if let Err(error) = kept {
            tracing::warn!(%error, "a thumbnail could not be kept, and is made again the next time");
        }
        Ok(())
    });
    keeping.await?;
    Ok(picture)
}

/// A decoder that panics fails this picture and nothing else.
fn draw(hash: BlobHash, bytes: &[u8], size_px: u16, pixels_max: u64) -> Result<Vec<u8>, NoPicture> {
    let drawn = catch_unwind(AssertUnwindSafe(|| shrink(bytes, size_px, pixels_max)));
    let small = drawn.unwrap_or_else(|_| {
        tracing::error!(%hash, "a decoder of pictures panicked");
        Err(NoPicture::Damaged("its decoder failed".to_owned()))
    });
    small.map(|small| small.bytes)
}
