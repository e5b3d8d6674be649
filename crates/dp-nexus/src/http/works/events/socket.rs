//! Events on a WebSocket: a message of JSON for each. Nothing is taken from the other end but its pings and pongs;
//! who does not read, does not answer, or would not be let in any more is closed, with a code and a reason.

use super::{EventView, outcome};
use crate::http::live::{Farewell, Seat, Vigil, part};
use axum::{
    extract::ws::{Message, WebSocket, WebSocketUpgrade},
    response::Response,
};
use dp_stream::{Lagged, Subscription};
use serde_json::json;
use std::time::Instant;

/// The largest message that is taken, to say in peace that none is.
const MESSAGE_BYTES_MAX: usize = 4 << 10;

/// Goes on as a WebSocket.
pub(super) fn upgraded(
    upgrade: WebSocketUpgrade,
    subscription: Subscription,
    vigil: Vigil,
    seat: Seat,
) -> Response {
    upgrade
        .max_message_size(MESSAGE_BYTES_MAX)
        .max_frame_size(MESSAGE_BYTES_MAX)
        .on_upgrade(move |socket| speak(socket, subscription, vigil, seat))
}

async fn speak(mut socket: WebSocket, mut subscription: Subscription, vigil: Vigil, seat: Seat) {
    let farewell = tell(&mut socket, &mut subscription, &vigil, &seat).await;
    // What waits for this reader waits no longer.
    drop(subscription);
    if let Some(farewell) = farewell {
        part(socket, &farewell).await;
    }
}

/// Tells what happens until it is over; None if the other end is gone.
async fn tell(
    socket: &mut WebSocket,
    subscription: &mut Subscription,
    vigil: &Vigil,
    seat: &Seat,
) -> Option<Farewell> {
    let limits = vigil.app.settings().live;
    let mut alive = tokio::time::interval(limits.alive);
    alive.reset();
    let mut heard = Instant::now();
    let (ended, cleared) = (vigil.ended(), seat.cleared());
    tokio::pin!(ended, cleared);
    loop {
        let message = tokio::select! {
            biased;
            () = &mut cleared => return Some(Farewell::STOPPING),
            reason = &mut ended => return Some(Farewell::shut_out(&reason)),
            message = socket.recv() => {
                heard = Instant::now();
                match message? {
                    Ok(Message::Ping(_) | Message::Pong(_)) => continue,
                    Ok(Message::Close(_)) => return None,
                    Ok(Message::Text(_) | Message::Binary(_)) => return Some(Farewell::NOTHING_TAKEN),
                    Err(error) => return Some(Farewell::unreadable(&error)),
                }
            }
            _ = alive.tick() => {
                if heard.elapsed() > 3 * limits.alive {
                    return None;
                }
                Message::Ping(Vec::new().into())
            }
            event = subscription.next() => match event {
                Some(Ok(event)) => text(&EventView::from(event)),
                Some(Err(lagged)) => {
                    let (kind, after) = outcome(&lagged);
                    let told = text(&json!({ "id": after, "kind": kind, "data": {} }));
                    tokio::time::timeout(limits.patience, socket.send(told)).await.ok()?.ok()?;
                    return Some(farewell(&lagged));
                }
                None => return Some(Farewell::STOPPING),
            },
        };
        // Who does not read what is sent is gone, or might as well be.
        tokio::time::timeout(limits.patience, socket.send(message)).await.ok()?.ok()?;
    }
}

fn text(value: &impl serde::Serialize) -> Message {
    // Our own values can be written.
    Message::Text(serde_json::to_string(value).unwrap_or_default().into())
}

fn farewell(lagged: &Lagged) -> Farewell {
    match lagged {
        Lagged::TooSlow { after } => {
            Farewell::saying(4001, format!("too slow; come back after event {after}"))
        }
        Lagged::Gone { after } => {
            Farewell::saying(4002, format!("load everything anew, and come back after event {after}"))
        }
        Lagged::Unreadable { after, .. } => {
            Farewell::saying(1011, format!("the events can't be read; come back after event {after}"))
        }
    }
}
