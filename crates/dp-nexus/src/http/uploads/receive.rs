//! From a body to the staging area: pieces come in at the pace of the line and go to disk behind them, one batch
//! being written while the next one comes. What came is kept whatever becomes of the request.

use super::on_disk;
use crate::http::problem::{Code, Problem};
use crate::uploads::{StagingError, Upload, Writer};
use axum::body::{Body, BodyDataStream, Bytes};
use futures::{FutureExt as _, StreamExt as _, future::BoxFuture};
use std::time::Duration;
use tokio::{task::JoinError, time::Instant};
use tracing::Instrument as _;

/// Bytes that are written at once.
const BATCH_BYTES: usize = 256 << 10;
/// Bytes that have to come while a line may be idle, lest it be held open a byte at a time.
const LEAST_BYTES: u64 = 4 << 10;

/// Why a body ended before its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(super) enum Cut {
    /// Too little came for too long.
    #[error("too little came for too long; what came is kept, if it can be gone on with")]
    Idle,
    /// The connection broke.
    #[error("the body ended before its end; what came is kept, if it can be gone on with")]
    Broken,
}

impl From<Cut> for Problem {
    fn from(cut: Cut) -> Self {
        let code = match cut {
            Cut::Idle => Code::IdleUpload,
            Cut::Broken => Code::BrokenUpload,
        };
        Self::new(code, cut.to_string())
    }
}

/// A body whose sender is not waited for too long.
pub(in crate::http) struct Source {
    pieces: BodyDataStream,
    idle_timeout: Duration,
    /// Bytes that have been announced and have not come.
    awaited_bytes: Option<u64>,
    /// How long the sender has been waited for, and what came meanwhile.
    waited: Duration,
    came_bytes: u64,
}

impl Source {
    pub(in crate::http) fn new(body: Body, announced_bytes: Option<u64>, idle_timeout: Duration) -> Self {
        let pieces = body.into_data_stream();
        Self { pieces, idle_timeout, awaited_bytes: announced_bytes, waited: Duration::ZERO, came_bytes: 0 }
    }

    /// The next piece; None at the end.
    pub(super) async fn next(&mut self) -> Option<Result<Bytes, Cut>> {
        let started = Instant::now();
        let left = self.idle_timeout.saturating_sub(self.waited);
        let Ok(piece) = tokio::time::timeout(left, self.pieces.next()).await else {
            return Some(Err(Cut::Idle));
        };
        self.waited += started.elapsed();
        let piece = match piece {
            Some(Ok(piece)) => piece,
            Some(Err(_)) => return Some(Err(Cut::Broken)),
            None if self.awaited_bytes.is_some_and(|bytes| bytes > 0) => return Some(Err(Cut::Broken)),
            None => return None,
        };
        let bytes = piece.len() as u64;
        self.awaited_bytes = self.awaited_bytes.map(|awaited| awaited.saturating_sub(bytes));
        self.came_bytes += bytes;
        if self.came_bytes >= LEAST_BYTES {
            (self.came_bytes, self.waited) = (0, Duration::ZERO);
        }
        Some(Ok(piece))
    }

    /// What is there already, once there is anything, and how it ended if it did.
    async fn batch(&mut self) -> (Vec<Bytes>, Option<Result<(), Cut>>) {
        let (mut pieces, mut bytes) = (Vec::new(), 0);
        let mut next = self.next().await;
        loop {
            match next {
                Some(Ok(piece)) => {
                    bytes += piece.len();
                    pieces.push(piece);
                }
                Some(Err(cut)) => return (pieces, Some(Err(cut))),
                None => return (pieces, Some(Ok(()))),
            }
            if bytes >= BATCH_BYTES {
                return (pieces, None);
            }
            next = match self.next().now_or_never() {
                Some(next) => next,
                None => return (pieces, None),
            };
        }
    }
}

/// A writer that has been told what to write, and what became of it.
struct Scribe {
    writer: Writer,
    failure: Option<StagingError>,
}

/// Writes behind the one who reads.
pub(super) struct Pump(BoxFuture<'static, Result<Scribe, JoinError>>);

impl Pump {
    pub(super) fn new(writer: Writer) -> Self {
        Self(Box::pin(std::future::ready(Ok(Scribe { writer, failure: None }))))
    }

    /// Waits for what was to be written before, and has this written. False if nothing more can be.
    pub(super) async fn write(&mut self, batch: Vec<Bytes>) -> Result<bool, Problem> {
        let mut scribe = (&mut self.0).await.map_err(Problem::internal)?;
        if scribe.failure.is_some() {
            self.0 = Box::pin(std::future::ready(Ok(scribe)));
            return Ok(false);
        }
        self.0 = Box::pin(tokio::task::spawn_blocking(move || {
            scribe.failure = batch.iter().try_for_each(|piece| scribe.writer.write(piece)).err();
            scribe
        }));
        Ok(true)
    }

    /// Ends with all there is; what came before an error is kept.
    pub(super) async fn finish(self) -> Result<Upload, Problem> {
        let scribe = self.0.await.map_err(Problem::internal)?;
        on_disk(move || match scribe.failure {
            None => scribe.writer.finish(),
            Some(failure) => {
                scribe.writer.break_off()?;
                Err(failure)
            }
        })
        .await
    }

    /// Ends before all came.
    async fn break_off(self) -> Result<(), Problem> {
        let scribe = self.0.await.map_err(Problem::internal)?;
        on_disk(move || scribe.writer.break_off().and_then(|()| scribe.failure.map_or(Ok(()), Err))).await
    }
}

/// Writes a body to an upload.
///
/// # Errors
/// When it ends before its end, or can't be written. What came before is kept.
pub(in crate::http) async fn pour(writer: Writer, source: Source) -> Result<Upload, Problem> {
    // A task of its own: what came is kept though the request be given up.
    let pouring = tokio::spawn(pour_here(writer, source).instrument(tracing::Span::current()));
    pouring.await.map_err(Problem::internal)?
}

async fn pour_here(writer: Writer, mut source: Source) -> Result<Upload, Problem> {
    let mut pump = Pump::new(writer);
    loop {
        let (batch, end) = source.batch().await;
        let goes_on = pump.write(batch).await?;
        match end {
            None if goes_on => {}
            None | Some(Ok(())) => return pump.finish().await,
            Some(Err(cut)) => {
                pump.break_off().await?;
                return Err(cut.into());
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn slow(pieces: Vec<&'static [u8]>, pause: Duration) -> Body {
        let stream = futures::stream::iter(pieces).then(move |piece| async move {
            tokio::time::sleep(pause).await;
            Ok::<_, std::io::Error>(Bytes::from_static(piece))
        });
        Body::from_stream(stream)
    }

    async fn bytes_of(source: &mut Source) -> (usize, Result<(), Cut>) {
        let mut bytes = 0;
        loop {
            let (batch, end) = source.batch().await;
            bytes += batch.iter().map(Bytes::len).sum::<usize>();
            if let Some(end) = end {
                return (bytes, end);
            }
        }
    }

    #[tokio::test]
    async fn a_sender_who_says_nothing_for_long_is_not_waited_for() {
        let idle = Duration::from_millis(400);
        let ms = Duration::from_millis;
        let mut silent = Source::new(slow(vec![b"ab", b"cd"], ms(5_000)), None, idle);
        assert_eq!(bytes_of(&mut silent).await, (0, Err(Cut::Idle)));
        // One byte at a time does not count as speaking.
        let mut trickling = Source::new(slow(vec![b"a"; 100], ms(60)), None, idle);
        let (bytes, end) = bytes_of(&mut trickling).await;
        assert!((1..10).contains(&bytes) && end == Err(Cut::Idle), "{bytes}");
        let mut slow = Source::new(slow(vec![&[0; 4_096]; 15], ms(40)), None, idle);
        assert_eq!(bytes_of(&mut slow).await, (15 * 4_096, Ok(())));
    }

    #[tokio::test]
    async fn a_body_that_is_shorter_than_announced_broke_off() {
        let body = || slow(vec![b"ab", b"cd"], Duration::ZERO);
        let second = Duration::from_secs(1);
        assert_eq!(bytes_of(&mut Source::new(body(), Some(4), second)).await, (4, Ok(())));
        assert_eq!(bytes_of(&mut Source::new(body(), Some(5), second)).await, (4, Err(Cut::Broken)));
    }
}
