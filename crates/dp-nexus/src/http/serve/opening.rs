//! A connection that must begin to speak in time. Until it is clear which version of HTTP it speaks nobody else
//! watches the clock.

use std::{
    io,
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    time::{Instant, Sleep},
};

/// What HTTP/2 begins with: RFC 9113, section 3.4.
const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

/// A connection with the time it has left to say what it speaks.
pub(super) struct Opening<I> {
    io: I,
    /// Bytes of the preface that have come; None when it is clear what is spoken.
    awaited: Option<(usize, Pin<Box<Sleep>>)>,
}

impl<I> Opening<I> {
    pub(super) fn new(io: I, timeout: Duration) -> Self {
        let sleep = tokio::time::sleep_until(Instant::now() + timeout);
        Self { io, awaited: Some((0, Box::pin(sleep))) }
    }

    /// Looks at what came.
    fn take(&mut self, bytes: &[u8]) {
        let Some((come, _)) = &mut self.awaited else { return };
        let rest = &PREFACE[*come..];
        let is_preface = rest.iter().zip(bytes).all(|(one, other)| one == other);
        *come += bytes.len();
        if !is_preface || bytes.len() >= rest.len() {
            self.awaited = None;
        }
    }
}

impl<I: AsyncRead + Unpin> AsyncRead for Opening<I> {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        let before = buffer.filled().len();
        let polled = Pin::new(&mut this.io).poll_read(context, buffer);
        match (&polled, &mut this.awaited) {
            (Poll::Ready(Ok(())), Some(_)) => {
                this.take(&buffer.filled()[before..]);
                polled
            }
            (Poll::Pending, Some((_, sleep))) => match sleep.as_mut().poll(context) {
                Poll::Ready(()) => Poll::Ready(Err(io::ErrorKind::TimedOut.into())),
                Poll::Pending => Poll::Pending,
            },
            _ => polled,
        }
    }
}

impl<I: AsyncWrite + Unpin> AsyncWrite for Opening<I> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.io).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_shutdown(context)
    }

    fn is_write_vectored(&self) -> bool {
        self.io.is_write_vectored()
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.io).poll_write_vectored(context, slices)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

    async fn outcome(said: &[&[u8]]) -> io::Result<usize> {
        let (near, mut far) = tokio::io::duplex(1024);
        let mut opening = Opening::new(near, Duration::from_millis(20));
        let mut buffer = [0; 64];
        for part in said {
            far.write_all(part).await.unwrap();
            let read = opening.read(&mut buffer).await?;
            assert_eq!(read, part.len());
        }
        // Nothing more comes, and whoever waits for a request has a clock of its own.
        let last = tokio::time::timeout(Duration::from_millis(100), opening.read(&mut buffer)).await;
        last.unwrap_or(Ok(usize::MAX))
    }

    #[tokio::test]
    async fn who_says_nothing_or_half_a_preface_is_cut_off() {
        for said in [&[][..], &[&b"PRI * HT"[..]], &[&b"P"[..], b"RI *"]] {
            assert_eq!(outcome(said).await.unwrap_err().kind(), io::ErrorKind::TimedOut, "{said:?}");
        }
    }

    #[tokio::test]
    async fn who_begins_to_speak_is_left_alone() {
        for said in [&[&b"G"[..]][..], &[PREFACE], &[&PREFACE[..10], &PREFACE[10..]], &[&b"POST"[..]]] {
            assert_eq!(outcome(said).await.unwrap(), usize::MAX, "{said:?}");
        }
    }
}
