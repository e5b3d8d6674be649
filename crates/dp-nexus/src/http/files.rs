//! What goes over HTTP as bytes: blobs, small pictures of them, and the originals of imported entries. Bytes come
//! from vaults and archives and are passed on as they are read; browsers are told to run nothing of them.

mod blobs;
mod disposition;
mod kind;
mod original;
mod picture;
mod range;
mod send;
mod shapes;
mod thumbnail;

use super::{More, app::App};
use crate::uploads::Staging;
use axum::{
    Extension, Router,
    extract::DefaultBodyLimit,
    routing::{get, post},
};
use dp_lake::originals::Originals;
pub(super) use send::AsItIs;
use std::{fmt, sync::Arc};
use tokio::sync::Semaphore;
use utoipa::OpenApi;

/// Originals that are read at once; others wait. Each holds a thread.
const ORIGINALS_AT_ONCE: usize = 4;

/// What bytes may take of the machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FileLimits {
    /// Bytes of the largest blob that is taken.
    pub blob_bytes_max: u64,
    /// Pixels of the largest picture that is made small.
    pub picture_pixels_max: u64,
    /// Pictures that are made small at once; each takes the memory of its pixels.
    pub pictures_at_once: usize,
}

impl Default for FileLimits {
    fn default() -> Self {
        Self { blob_bytes_max: 4 << 30, picture_pixels_max: 64_000_000, pictures_at_once: 1 }
    }
}

/// What requests for bytes are handed to. Cheap to clone.
#[derive(Clone)]
pub struct Files(Arc<Inner>);

struct Inner {
    staging: Staging,
    originals: Originals,
    limits: FileLimits,
    drawing: Arc<Semaphore>,
    reading: Arc<Semaphore>,
}

impl fmt::Debug for Files {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Files").field("limits", &self.0.limits).finish_non_exhaustive()
    }
}

impl Files {
    /// Blobs come in by way of this staging area, and originals are found by `originals`.
    #[must_use]
    pub fn new(staging: Staging, originals: Originals, limits: FileLimits) -> Self {
        let drawing = Arc::new(Semaphore::new(limits.pictures_at_once.max(1)));
        let reading = Arc::new(Semaphore::new(ORIGINALS_AT_ONCE));
        Self(Arc::new(Inner { staging, originals, limits, drawing, reading }))
    }

    /// Adds the routes to others.
    #[must_use]
    pub fn join(&self, mut more: More) -> More {
        let usual: Router<App> = Router::new()
            .route("/api/v1/blobs/{hash}", get(blobs::get).head(blobs::head))
            .route("/api/v1/blobs/{hash}/thumbnail", get(thumbnail::get))
            .layer(Extension(self.clone()));
        // What comes and goes here takes as long as it takes.
        let long: Router<App> = Router::new()
            .route("/api/v1/blobs", post(blobs::put))
            .route("/api/v1/imports/{id}/entries/{entry}/original", get(original::get))
            .layer(DefaultBodyLimit::disable())
            .layer(Extension(self.clone()));
        more.usual = more.usual.merge(usual);
        more.long = more.long.merge(long);
        more
    }
}

/// The routes as documented.
#[derive(OpenApi)]
#[openapi(paths(blobs::put, blobs::get, blobs::head, thumbnail::get, original::get))]
pub(super) struct Documented;
