//! `GET /api/v1/imports/{id}/entries/{entry}/original`

use super::{
    Files,
    send::{ASKED_ANEW, Parcel, Wanted, read_piece, wanted},
};
use crate::http::{
    app::App,
    asked::Asked,
    entrance::Reads,
    given::Named,
    problem::{Code, Problem, ProblemView},
    routes::Nothing,
    uploads::shapes::FileBytes,
};
use axum::{
    Extension,
    body::{Body, Bytes},
    extract::State,
    response::Response,
};
use dp_lake::originals::{Original, OriginalError};
use futures::executor::block_on;
use http::{HeaderMap, HeaderValue, Method};
use std::{
    io::{self, Read},
    ops::Range,
    sync::Arc,
    time::Duration,
};
use tokio::{
    runtime::Handle,
    sync::{OwnedSemaphorePermit, mpsc, oneshot},
};

/// Pieces that wait for the line.
const PIECES_WAITING: usize = 2;
/// How long a line may take for a piece, lest it hold a thread for ever.
const LINE_TIMEOUT: Duration = Duration::from_secs(60);

impl From<OriginalError> for Problem {
    fn from(error: OriginalError) -> Self {
        use OriginalError as E;
        // Paths are those that the list of imports tells too.
        match error {
            E::NoSuchEntry { .. } => Self::new(Code::NoSuchEntry, error.to_string()),
            E::Moved { .. } | E::Changed { .. } => Self::new(Code::ArchiveMoved, error.to_string()),
            E::Lake(error) => error.into(),
            // NoFile, Uncertain, Archive, and what a later version may add.
            _ => Self::new(Code::UnreadableOriginal, error.to_string()),
        }
    }
}

/// The original bytes of an entry, or a part of them, out of the archive that it was imported from: unchanged, always
/// to be saved, never shown. The archive has to be where it was. Not for keys that see only a part.
#[utoipa::path(
    get,
    operation_id = "get_original",
    path = "/api/v1/imports/{id}/entries/{entry}/original",
    tag = "files",
    params(
        ("id" = u64, Path, description = "Number of the import"),
        ("entry" = u32, Path, description = "Number of the entry, as `entry` of the ledger says"),
        ("Range" = Option<String>, Header,
         description = "One range of bytes, as `bytes=0-1023`; of a packed entry what lies before is read over"),
        ("If-None-Match" = Option<String>, Header, description = "The tag of what is there already"),
        ("If-Range" = Option<String>, Header, description = "The tag of what a part is there of"),
    ),
    responses(
        (status = 200, description = "The bytes", body = FileBytes, content_type = "application/octet-stream",
         headers(("ETag" = String, description = "Names these bytes"))),
        (status = 206, description = "A part of them", body = FileBytes, content_type = "application/octet-stream",
         headers(("Content-Range" = String, description = "Which part"))),
        (status = 304, description = "The client has it"),
        (status = 409, description = "The archive is not there as it was, or can't be read", body = ProblemView,
         content_type = "application/problem+json"),
        (status = 416, description = "There is nothing in this range", body = ProblemView,
         content_type = "application/problem+json",
         headers(("Content-Range" = String, description = "How many bytes there are"))),
    )
)]
pub(super) async fn get(
    State(app): State<App>,
    Extension(files): Extension<Files>,
    Reads(principal): Reads,
    Named((import, entry)): Named<(String, String)>,
    headers: HeaderMap,
    Asked(Nothing {}): Asked<Nothing>,
) -> Result<Response, Problem> {
    let no_import = || Problem::new(Code::NoSuchImport, format!("there is no import {import:?}"));
    let number = import.parse::<u64>().map_err(|_| no_import())?;
    let no_entry = || Problem::new(Code::NoSuchEntry, format!("import {number} has no entry {entry:?}"));
    let index = entry.parse::<u32>().map_err(|_| no_entry())?;
    let asked =
        app.ask(&principal, move |engine| Ok(block_on(engine.vault().imports().origin(number, index))?));
    let origin = asked.await?.ok_or_else(no_entry)?;
    let turn = Arc::clone(&files.0.reading).acquire_owned().await.map_err(Problem::internal)?;
    let originals = files.0.originals.clone();
    // A packed archive takes long, and its turn is over when it has been read, though nobody wait for it any more.
    let opened = tokio::task::spawn_blocking(move || (originals.open(number, index, origin), turn));
    let (original, turn) = opened.await.map_err(Problem::internal)?;
    let original = original?;
    let parcel = Parcel {
        tag: format!("\"{}\"", original.tag),
        size_bytes: original.size_bytes,
        media_type: HeaderValue::from_static("application/octet-stream"),
        name: original.name().to_owned(),
        is_shown: false,
        cache: ASKED_ANEW,
    };
    let wanted = wanted(&Method::GET, &headers, &parcel.tag, parcel.size_bytes);
    if matches!(wanted, Wanted::Nothing | Wanted::Nowhere) {
        return parcel.answer(&wanted, Body::empty());
    }
    let body = begun(original, parcel.range(&wanted), turn).await?;
    parcel.answer(&wanted, body)
}

/// Begins to read, on a thread that ends with the bytes or when the line takes none; gives them as they come.
async fn begun(original: Original, range: Range<u64>, turn: OwnedSemaphorePermit) -> Result<Body, Problem> {
    let (sender, receiver) = mpsc::channel::<io::Result<Bytes>>(PIECES_WAITING);
    let (begin, beginning) = oneshot::channel();
    let line = Line { sender, runtime: Handle::current() };
    tokio::task::spawn_blocking(move || {
        let _turn = turn;
        let mut begin = Some(begin);
        let read = original.read(range.start, |bytes| {
            line.pour(&mut bytes.take(range.end.saturating_sub(range.start)), &mut begin);
        });
        if let (Err(error), Some(begin)) = (read, begin.take()) {
            // Nobody may be waiting any more.
            let _ = begin.send(Err(Problem::from(error)));
        }
    });
    beginning.await.map_err(Problem::internal)??;
    let pieces = futures::stream::unfold(receiver, |mut receiver| async move {
        let piece = receiver.recv().await?;
        Some((piece, receiver))
    });
    Ok(Body::from_stream(pieces))
}

/// The way to whoever takes the bytes.
struct Line {
    sender: mpsc::Sender<io::Result<Bytes>>,
    runtime: Handle,
}

impl Line {
    /// Sends all bytes; says that it begins when the first ones are read, so that an entry of which nothing can be
    /// read is a problem and not an answer that breaks off.
    fn pour(&self, bytes: &mut dyn Read, begin: &mut Option<oneshot::Sender<Result<(), Problem>>>) {
        loop {
            let piece = read_piece(bytes);
            if let Some(begin) = begin.take() {
                let said = match &piece {
                    Ok(_) => Ok(()),
                    Err(error) => Err(Problem::new(Code::UnreadableOriginal, error.to_string())),
                };
                let is_over = said.is_err();
                if begin.send(said).is_err() || is_over {
                    return;
                }
            }
            match piece {
                Ok(None) => return,
                Ok(Some(piece)) => {
                    if !self.send(Ok(piece)) {
                        return;
                    }
                }
                Err(error) => {
                    // An answer that breaks off is not taken for the whole.
                    tracing::warn!(%error, "an original could not be read to its end");
                    self.send(Err(error));
                    return;
                }
            }
        }
    }

    /// Whether it was taken.
    fn send(&self, piece: io::Result<Bytes>) -> bool {
        let sending = tokio::time::timeout(LINE_TIMEOUT, self.sender.send(piece));
        matches!(self.runtime.block_on(sending), Ok(Ok(())))
    }
}
