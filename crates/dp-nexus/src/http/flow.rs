//! Bodies that are made while they are sent: whoever makes one writes on a thread of its own and waits for the reader, so that
//! memory is bounded however long it is. A reader that takes nothing for too long is left.

use axum::body::{Body, Bytes};
use std::{
    io::{self, Write},
    time::Duration,
};
use tokio::{runtime::Handle, sync::mpsc};

/// Bytes that are sent at once.
const CHUNK_BYTES: usize = 64 << 10;
/// Chunks that wait for the reader.
const CHUNKS_MAX: usize = 4;
/// How long a reader may take nothing.
const PATIENCE: Duration = Duration::from_secs(60);

/// What a body is written to.
#[derive(Debug)]
pub(super) struct Flow {
    chunk: Vec<u8>,
    sender: mpsc::Sender<io::Result<Bytes>>,
    runtime: Handle,
}

/// A body that this makes. If it fails the connection breaks off, so that nobody takes a part for the whole.
pub(super) fn body(make: impl FnOnce(&mut Flow) -> io::Result<()> + Send + 'static) -> Body {
    let (sender, receiver) = mpsc::channel(CHUNKS_MAX);
    let runtime = Handle::current();
    let span = tracing::Span::current();
    tokio::task::spawn_blocking(move || {
        let _span = span.entered();
        let mut flow = Flow { chunk: Vec::with_capacity(CHUNK_BYTES), sender, runtime };
        let made = make(&mut flow).and_then(|()| flow.flush());
        match made {
            Ok(()) => {}
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => {
                tracing::debug!("whoever read an answer has gone");
            }
            Err(error) => {
                tracing::warn!(%error, "an answer broke off");
                // The reader may have gone too.
                let _ = flow.send(Err(error));
            }
        }
    });
    let chunks = futures::stream::unfold(receiver, async |mut receiver| {
        receiver.recv().await.map(|chunk| (chunk, receiver))
    });
    Body::from_stream(Box::pin(chunks))
}

impl Flow {
    fn send(&self, chunk: io::Result<Bytes>) -> io::Result<()> {
        let sent = self.runtime.block_on(tokio::time::timeout(PATIENCE, self.sender.send(chunk)));
        match sent {
            Ok(Ok(())) => Ok(()),
            Ok(Err(_)) => Err(io::ErrorKind::BrokenPipe.into()),
            Err(_) => Err(io::Error::new(io::ErrorKind::BrokenPipe, "the reader takes nothing")),
        }
    }
}

impl Write for Flow {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let count = bytes.len().min(CHUNK_BYTES - self.chunk.len());
        self.chunk.extend_from_slice(&bytes[..count]);
        if self.chunk.len() == CHUNK_BYTES {
            self.flush()?;
        }
        Ok(count)
    }

    fn flush(&mut self) -> io::Result<()> {
        if self.chunk.is_empty() {
            return Ok(());
        }
        let chunk = std::mem::replace(&mut self.chunk, Vec::with_capacity(CHUNK_BYTES));
        self.send(Ok(Bytes::from(chunk)))
    }
}
