//! Events on a WebSocket: a message of JSON for each. Nothing is taken from the other end but its pings and pongs;
//! who does not read, does not answer, or would not be let in any more is closed, with a code and a reason.

use super::{EventView, outcome};
use crate::http::live::{CloseReason, Connection, Follower, Pulse, close, send, text};
use axum::{
    extract::ws::{Message, WebSocket, WebSocketUpgrade},
    response::Response,
};
use dp_stream::{Lagged, Subscription};
use serde_json::json;

/// The largest message that is taken, to say in peace that none is.
const MESSAGE_BYTES_MAX: usize = 4 << 10;

/// Goes on as a WebSocket.
pub(super) fn upgraded(
    upgrade: WebSocketUpgrade,
    subscription: Subscription,
    follower: Follower,
    connection: Connection,
) -> Response {
    upgrade
        .max_message_size(MESSAGE_BYTES_MAX)
        .max_frame_size(MESSAGE_BYTES_MAX)
        .on_upgrade(move |socket| speak(socket, subscription, follower, connection))
}

async fn speak(
    mut socket: WebSocket,
    mut subscription: Subscription,
    follower: Follower,
    connection: Connection,
) {
    let close_reason = tell(&mut socket, &mut subscription, &follower, &connection).await;
    // What waits for this reader waits no longer.
    drop(subscription);
    if let Some(close_reason) = close_reason {
        close(socket, &close_reason).await;
    }
}

/// Tells what happens until it is over; None if the other end is gone.
async fn tell(
    socket: &mut WebSocket,
    subscription: &mut Subscription,
    follower: &Follower,
    connection: &Connection,
) -> Option<CloseReason> {
    let limits = follower.app.settings().live;
    let mut pulse = Pulse::every(limits.alive);
    let (ended, told_to_end) = (follower.ended(), connection.told_to_end());
    tokio::pin!(ended, told_to_end);
    loop {
        let message = tokio::select! {
            biased;
            () = &mut told_to_end => return Some(CloseReason::STOPPING),
            reason = &mut ended => return Some(CloseReason::shut_out(&reason)),
            message = socket.recv() => {
                pulse.heard();
                match message? {
                    Ok(Message::Ping(_) | Message::Pong(_)) => continue,
                    Ok(Message::Close(_)) => return None,
                    Ok(Message::Text(_) | Message::Binary(_)) => return Some(CloseReason::NOTHING_TAKEN),
                    Err(error) => return Some(CloseReason::unreadable(&error)),
                }
            }
            ping = pulse.ping() => ping?,
            event = subscription.next() => match event {
                Some(Ok(event)) => text(&EventView::from(event)),
                Some(Err(lagged)) => {
                    let (kind, after) = outcome(&lagged);
                    let told = text(&json!({ "id": after, "kind": kind, "data": {} }));
                    send(socket, told, limits.patience).await?;
                    return Some(close_reason(&lagged));
                }
                None => return Some(CloseReason::STOPPING),
            },
        };
        send(socket, message, limits.patience).await?;
    }
}

fn close_reason(lagged: &Lagged) -> CloseReason {
    match lagged {
        Lagged::TooSlow { after } => {
            CloseReason::saying(4001, format!("too slow; come back after event {after}"))
        }
        Lagged::Gone { after } => {
            CloseReason::saying(4002, format!("load everything anew, and come back after event {after}"))
        }
        Lagged::Unreadable { after, .. } => {
            CloseReason::saying(1011, format!("the events can't be read; come back after event {after}"))
        }
    }
}
