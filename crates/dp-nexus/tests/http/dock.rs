//! A server that takes uploads, and what is sent to it.

use crate::world::{Answer, World, answered, request, roomy};
use axum::body::Body;
use dp_nexus::{
    AccountId,
    http::{Allowance, More, uploads},
    uploads::{Staging, StagingOptions},
};
use jiff::Timestamp;
use std::{
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
    time::Duration,
};

pub(crate) const MIA: AccountId = crate::world::MIA;
pub(crate) const BYTES: &str = "application/offset+octet-stream";
/// `filename` of `takeout.zip`.
pub(crate) const NAMED: &str = "filename dGFrZW91dC56aXA=";

/// A server whose staging area a test may look into.
pub(crate) struct Dock {
    pub(crate) world: World,
    pub(crate) staging: Staging,
    pub(crate) directory: tempfile::TempDir,
    pub(crate) clock: Arc<AtomicI64>,
}

impl Dock {
    pub(crate) fn new() -> Self {
        Self::with(roomy())
    }

    pub(crate) fn with(options: StagingOptions) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let clock = Arc::new(AtomicI64::new(1_800_000_000));
        let hands = Arc::clone(&clock);
        let now = move || Timestamp::from_second(hands.load(Ordering::SeqCst)).unwrap();
        let staging = Staging::open_with_clock(directory.path(), options, now).unwrap();
        let more = More { long: uploads(staging.clone()), ..More::default() };
        // What other routes take at most, and how long, is nothing to uploads.
        let world = World::with_routes(
            |settings| {
                settings.body_bytes_max = 10;
                settings.request_timeout = Duration::from_millis(50);
                settings.per_account = Allowance { per_second: 0.001, burst: 1.0 };
            },
            more,
        );
        Self { world, staging, directory, clock }
    }

    pub(crate) async fn send(&self, what: &str, headers: &[(&str, &str)], body: impl Into<Body>) -> Answer {
        self.send_as("mia", what, headers, body).await
    }

    pub(crate) async fn send_as(
        &self,
        who: &str,
        what: &str,
        headers: &[(&str, &str)],
        body: impl Into<Body>,
    ) -> Answer {
        let (method, path) = what.split_once(' ').unwrap();
        let mut asked =
            request(method.parse().unwrap(), path).header("authorization", format!("Bearer {who}"));
        for (name, value) in [("tus-resumable", "1.0.0")].iter().chain(headers) {
            asked = if value.is_empty() { asked } else { asked.header(*name, *value) };
        }
        answered(&self.world.routes, asked.body(body.into()).unwrap()).await
    }

    /// Begins an upload of so many bytes; gives its path.
    pub(crate) async fn begin(&self, bytes: usize) -> String {
        let headers = [("upload-length", &*bytes.to_string()), ("upload-metadata", NAMED)];
        path_of(&self.send("POST /api/v1/uploads", &headers, Body::empty()).await)
    }

    pub(crate) async fn patch(&self, path: &str, offset: usize, body: impl Into<Body>) -> Answer {
        let headers = [("upload-offset", &*offset.to_string()), ("content-type", BYTES)];
        self.send(&format!("PATCH {path}"), &headers, body).await
    }

    pub(crate) async fn offset(&self, path: &str) -> usize {
        let answer = self.send(&format!("HEAD {path}"), &[], Body::empty()).await;
        assert_eq!((answer.status.as_u16(), answer.header("cache-control")), (200, "no-store"));
        answer.header("upload-offset").parse().unwrap()
    }

    /// What came of a finished upload.
    pub(crate) fn taken(&self, path: &str) -> Vec<u8> {
        let id = path.rsplit('/').next().unwrap().parse().unwrap();
        let path = self.staging.take(MIA, id, &self.directory.path().join("imports")).unwrap();
        std::fs::read(path).unwrap()
    }
}

/// Where an upload that was begun is gone on with.
pub(crate) fn path_of(begun: &Answer) -> String {
    assert_eq!(begun.status, 201, "{}", String::from_utf8_lossy(&begun.bytes));
    format!("/api/v1/{}", begun.header("location"))
}

/// Bytes that differ everywhere.
pub(crate) fn noise(bytes: usize) -> Vec<u8> {
    let mut state = 1_u32;
    let mut next = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 24) as u8
    };
    std::iter::repeat_with(&mut next).take(bytes).collect()
}

pub(crate) fn form_of(files: &[(&str, &[u8])]) -> Vec<u8> {
    let mut form = Vec::new();
    for (name, bytes) in files {
        form.extend_from_slice(
            format!("--BOUND\r\nContent-Disposition: form-data; name=\"file\"; filename=\"{name}\"\r\n\r\n")
                .as_bytes(),
        );
        form.extend_from_slice(bytes);
        form.extend_from_slice(b"\r\n");
    }
    form.extend_from_slice(b"--BOUND--\r\n");
    form
}

pub(crate) const FORM: &str = "multipart/form-data; boundary=BOUND";

pub(crate) async fn send_form(dock: &Dock, form: Vec<u8>) -> Answer {
    let headers = [("content-type", FORM), ("content-length", &*form.len().to_string())];
    dock.send("POST /api/v1/uploads/form", &headers, form).await
}
