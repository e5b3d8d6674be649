//! What every WebSocket does beside its work: it is kept alive, whoever says nothing any more is taken for gone, and so is
//! whoever does not read what is sent.

use axum::extract::ws::{Message, WebSocket};
use serde::Serialize;
use std::time::{Duration, Instant};
use tokio::time::{Interval, interval, timeout};

/// Intervals after which who said nothing is gone.
const SILENCES: u32 = 3;

/// When something is to be sent though nothing happens.
#[derive(Debug)]
pub(in crate::http) struct Pulse {
    beat: Interval,
    heard: Instant,
}

impl Pulse {
    /// Begins now, with something to send each time so long has passed.
    pub(in crate::http) fn every(alive: Duration) -> Self {
        let mut beat = interval(alive);
        beat.reset();
        Self { beat, heard: Instant::now() }
    }

    /// Says that something came from the other end.
    pub(in crate::http) fn heard(&mut self) {
        self.heard = Instant::now();
    }

    /// Waits until a ping is to be sent, and gives it; None if the other end is gone.
    pub(in crate::http) async fn ping(&mut self) -> Option<Message> {
        self.beat.tick().await;
        let is_gone = self.heard.elapsed() > SILENCES * self.beat.period();
        (!is_gone).then(|| Message::Ping(Vec::new().into()))
    }
}

/// Sends a message; None if the other end is gone, or does not read it in time and might as well be.
pub(in crate::http) async fn send(
    socket: &mut WebSocket,
    message: Message,
    patience: Duration,
) -> Option<()> {
    timeout(patience, socket.send(message)).await.ok()?.ok()
}

/// A message that says this.
pub(in crate::http) fn text(value: &impl Serialize) -> Message {
    // Our own values can be written.
    Message::Text(serde_json::to_string(value).unwrap_or_default().into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn who_says_nothing_for_three_times_is_gone() {
        let mut pulse = Pulse::every(Duration::from_millis(20));
        assert!(pulse.ping().await.is_some());
        pulse.heard = Instant::now().checked_sub(Duration::from_secs(1)).unwrap();
        assert!(pulse.ping().await.is_none());
        pulse.heard();
        assert!(pulse.ping().await.is_some());
    }
}
