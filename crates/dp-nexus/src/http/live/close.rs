//! How a WebSocket ends: the codes that it is closed with, and what is said with them. Codes from 4000 on are this
//! server's own (RFC 6455, section 7.4.2).

use axum::extract::ws::{CloseFrame, Message, WebSocket};
use std::{borrow::Cow, time::Duration};

/// The longest reason: a control frame has 125 bytes, and the code takes two of them.
const REASON_BYTES_MAX: usize = 123;
/// How long the other end may take to say goodbye.
const GOODBYE_WAIT: Duration = Duration::from_secs(2);

/// Why a socket is closed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::http) struct CloseReason {
    pub(in crate::http) code: u16,
    pub(in crate::http) reason: Cow<'static, str>,
}

impl CloseReason {
    /// The server stops.
    pub(in crate::http) const STOPPING: Self = Self::new(1001, "the server stops; come back in a while");
    /// What came is not taken here.
    pub(in crate::http) const NOTHING_TAKEN: Self =
        Self::new(1003, "nothing is taken here; what happens is only told");

    pub(in crate::http) const fn new(code: u16, reason: &'static str) -> Self {
        Self { code, reason: Cow::Borrowed(reason) }
    }

    /// With a reason that is made.
    pub(in crate::http) fn saying(code: u16, reason: impl Into<String>) -> Self {
        Self { code, reason: Cow::Owned(reason.into()) }
    }

    /// Whoever is at the other end would not be let in any more.
    pub(in crate::http) fn shut_out(reason: &str) -> Self {
        Self::saying(4401, format!("you are no longer let in: {reason}"))
    }

    /// What came can't be read, or is more than is taken.
    pub(in crate::http) fn unreadable(reason: &axum::Error) -> Self {
        let text = reason.to_string();
        let code = if text.contains("too long") { 1009 } else { 1002 };
        Self::saying(code, format!("what came can't be taken: {text}"))
    }

    /// The reason as far as there is room for it.
    fn short_reason(&self) -> &str {
        let most = (0..=REASON_BYTES_MAX.min(self.reason.len())).rev();
        let end = most.into_iter().find(|end| self.reason.is_char_boundary(*end)).unwrap_or(0);
        &self.reason[..end]
    }
}

/// Closes a socket, and waits a little for the other end to do so too.
pub(in crate::http) async fn close(mut socket: WebSocket, close_reason: &CloseReason) {
    let frame = CloseFrame { code: close_reason.code, reason: close_reason.short_reason().into() };
    let goodbye = async {
        if socket.send(Message::Close(Some(frame))).await.is_err() {
            return;
        }
        while let Some(Ok(message)) = socket.recv().await {
            if matches!(message, Message::Close(_)) {
                break;
            }
        }
    };
    // Who does not read is cut off.
    let _ = tokio::time::timeout(GOODBYE_WAIT, goodbye).await;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reason_is_cut_where_a_character_ends() {
        let close_reason = CloseReason::saying(4401, "é".repeat(100));
        assert_eq!(close_reason.short_reason(), "é".repeat(61));
        assert_eq!(CloseReason::STOPPING.short_reason(), &*CloseReason::STOPPING.reason);
    }
}
