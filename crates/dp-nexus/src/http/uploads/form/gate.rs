//! Holds the parser of forms to bounded memory. It reads all that is there before it looks for an end, and what has
//! no end would fill the memory: pieces go through the gate only while little enough lies behind it.

use super::super::receive::{Cut, Source};
use crate::http::problem::{Code, Problem};
use axum::{body::Bytes, extract::multipart::MultipartError};
use futures::{Stream, StreamExt as _};
use http::HeaderMap;
use parking_lot::Mutex;
use std::sync::Arc;

/// Bytes that may lie behind the gate before the parser has to take some.
const ROOM_BYTES: u64 = 256 << 10;
/// How often the parser may come again without taking anything: what it looks for is too long.
const TURNS_MAX: u32 = 32;

/// Why nothing more goes through.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(super) enum Shut {
    /// The body ended.
    #[error(transparent)]
    Cut(Cut),
    /// The parser takes nothing of what there is.
    #[error("the head of a field of the form is too long")]
    Crowded,
}

/// What has gone through, shared by the parser's stream and the one who takes what it found.
#[derive(Debug, Clone, Default)]
pub(super) struct Gate(Arc<Mutex<State>>);

#[derive(Debug, Default)]
struct State {
    let_in_bytes: u64,
    taken_bytes: u64,
    shut: Option<Shut>,
}

impl Gate {
    /// The pieces of a body, as they may go through.
    pub(super) fn through(&self, source: Source) -> impl Stream<Item = Result<Bytes, Shut>> + Send + use<> {
        let gate = self.clone();
        futures::stream::unfold(source, move |mut source| {
            let gate = gate.clone();
            async move {
                let piece = gate.next(&mut source).await?;
                Some((piece, source))
            }
        })
        .fuse()
    }

    async fn next(&self, source: &mut Source) -> Option<Result<Bytes, Shut>> {
        if !self.has_room().await {
            return Some(Err(self.shut(Shut::Crowded)));
        }
        match source.next().await? {
            Ok(piece) => {
                self.0.lock().let_in_bytes += piece.len() as u64;
                Some(Ok(piece))
            }
            Err(cut) => Some(Err(self.shut(Shut::Cut(cut)))),
        }
    }

    /// Waits until the parser has taken enough. While it is told to wait it looks at what it has.
    async fn has_room(&self) -> bool {
        let (mut turns, mut taken_before) = (0, None);
        loop {
            let (waiting_bytes, taken_bytes) = {
                let state = self.0.lock();
                (state.let_in_bytes.saturating_sub(state.taken_bytes), state.taken_bytes)
            };
            if waiting_bytes < ROOM_BYTES {
                return true;
            }
            turns = if taken_before == Some(taken_bytes) { turns + 1 } else { 0 };
            if turns > TURNS_MAX {
                return false;
            }
            taken_before = Some(taken_bytes);
            tokio::task::yield_now().await;
        }
    }

    fn shut(&self, shut: Shut) -> Shut {
        self.0.lock().shut = Some(shut);
        shut
    }

    /// The parser found the head of a field.
    pub(super) fn note_head(&self, headers: &HeaderMap) {
        // Without the line between fields, which is short.
        let bytes = headers.iter().map(|(name, value)| name.as_str().len() + value.len() + 4).sum();
        self.note_taken(bytes);
    }

    /// The parser gave so many bytes.
    pub(super) fn note_taken(&self, bytes: usize) {
        self.0.lock().taken_bytes += bytes as u64;
    }

    /// Bytes the parser gave.
    pub(super) fn taken_bytes(&self) -> u64 {
        self.0.lock().taken_bytes
    }

    /// Why the parser failed.
    pub(super) fn problem(&self, error: &MultipartError) -> Problem {
        match self.0.lock().shut {
            Some(Shut::Cut(cut)) => {
                Problem::new(Problem::from(cut).code(), "the form broke off; nothing of it was kept")
            }
            Some(Shut::Crowded) => Problem::new(Code::BadForm, Shut::Crowded.to_string()),
            None => Problem::new(Code::BadForm, error.body_text()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::body::Body;
    use std::{
        sync::atomic::{AtomicUsize, Ordering},
        time::Duration,
    };

    fn endless(sent: &Arc<AtomicUsize>) -> Source {
        let sent = Arc::clone(sent);
        let pieces = futures::stream::repeat_with(move || {
            sent.fetch_add(64 << 10, Ordering::Relaxed);
            Ok::<_, std::io::Error>(Bytes::from_static(&[b'x'; 64 << 10]))
        });
        Source::new(Body::from_stream(pieces), None, Duration::from_secs(5))
    }

    #[tokio::test]
    async fn who_takes_nothing_gets_no_more() {
        let (gate, sent) = (Gate::default(), Arc::new(AtomicUsize::new(0)));
        let mut stream = Box::pin(gate.through(endless(&sent)));
        let mut bytes = 0;
        while let Some(Ok(piece)) = stream.next().await {
            bytes += piece.len();
        }
        assert!(bytes <= 320 << 10 && sent.load(Ordering::Relaxed) <= 384 << 10, "{bytes}");
        assert_eq!(gate.0.lock().shut, Some(Shut::Crowded));
    }

    #[tokio::test]
    async fn who_takes_what_comes_gets_all() {
        let (gate, sent) = (Gate::default(), Arc::new(AtomicUsize::new(0)));
        let mut stream = Box::pin(gate.through(endless(&sent)).take(1_000));
        while let Some(piece) = stream.next().await {
            gate.note_taken(piece.unwrap().len());
        }
        assert_eq!(sent.load(Ordering::Relaxed), 1_000 * (64 << 10));
    }
}
