//! Subscriptions and queries over a WebSocket, by the protocol `graphql-transport-ws` (its codes of closing too): first
//! the other end says who it is, unless its request did; then documents come in, each with an id, and answers go out.

mod message;
mod operations;

use super::route::Asker;
use crate::http::{
    App,
    app::Refusal,
    door::Journal,
    entrance::{ClientAddress, Entrance},
    live::{CloseReason, Connection, Follower, Follows, Pulse, Shown, close, send, text, wants_socket},
    problem::{Code, Problem},
};
use axum::{
    extract::{
        FromRequestParts,
        ws::{Message, WebSocket, WebSocketUpgrade},
    },
    response::Response,
};
use http::{HeaderValue, request::Parts};
use message::{Incoming, Outgoing};
use operations::Operations;
use serde_json::Value;
use std::{net::IpAddr, time::Duration};

/// What the protocol is called.
const PROTOCOL: &str = "graphql-transport-ws";
/// The largest message: a document and its variables.
const MESSAGE_BYTES_MAX: usize = 256 << 10;
/// How long the other end may take to say hello.
const HELLO_WAIT: Duration = Duration::from_secs(5);

/// Whoever comes to ask: somebody who was let in, or one who says only over the socket who they are.
pub(in crate::http) enum Comer {
    Known(Box<Follower>),
    Stranger(Stranger),
}

/// Somebody whose request shows nothing.
pub(in crate::http) struct Stranger {
    app: App,
    address: Option<IpAddr>,
    path: String,
}

impl<S: Send + Sync> FromRequestParts<S> for Comer {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let entrance = parts.extensions.get::<Entrance>();
        let is_nobody = entrance.is_some_and(|Entrance(entrance)| *entrance == Err(Refusal::Nobody));
        match parts.extensions.get::<App>() {
            Some(app) if is_nobody && wants_socket(&parts.headers) => {
                let address = parts.extensions.get::<ClientAddress>().and_then(|address| address.0);
                let path = parts.uri.path().to_owned();
                Ok(Self::Stranger(Stranger { app: app.clone(), address, path }))
            }
            _ => Follows::from_request_parts(parts, state)
                .await
                .map(|Follows(follower)| Self::Known(Box::new(follower))),
        }
    }
}

impl Comer {
    fn connection(&self) -> Result<Connection, Problem> {
        match self {
            Self::Known(follower) => follower.connection(),
            Self::Stranger(stranger) => stranger.app.live().connections.open(None),
        }
    }

    /// Who it is, with what is said over the socket.
    async fn introduced(self, payload: Option<&Value>) -> Result<Follower, Problem> {
        let stranger = match self {
            Self::Known(follower) => return Ok(*follower),
            Self::Stranger(stranger) => stranger,
        };
        let said = payload
            .and_then(|payload| payload.get("authorization").or(payload.get("Authorization"))?.as_str());
        let said = said.and_then(|text| HeaderValue::from_str(text).ok());
        let said = said.ok_or_else(|| Problem::plain(Code::Unauthenticated))?;
        let Stranger { app, address, path } = stranger;
        let follower = Follower::begin(&app, Shown::said(said), address, &path).await?;
        if follower.principal.scope.read {
            return Ok(follower);
        }
        Err(Problem::new(
            Code::Forbidden,
            "this takes the right to read, which the session or key does not have",
        ))
    }
}

/// Goes on as a WebSocket.
///
/// # Errors
/// When the other end does not speak the protocol, or there are too many already.
pub(super) fn upgraded(
    upgrade: WebSocketUpgrade,
    comer: Comer,
    journal: Option<Journal>,
) -> Result<Response, Problem> {
    let upgrade = upgrade.protocols([PROTOCOL]);
    if upgrade.selected_protocol().is_none() {
        let detail = format!("the header Sec-WebSocket-Protocol has to offer {PROTOCOL}");
        return Err(Problem::new(Code::BadRequest, detail));
    }
    let connection = comer.connection()?;
    let upgrade = upgrade.max_message_size(MESSAGE_BYTES_MAX).max_frame_size(MESSAGE_BYTES_MAX);
    Ok(upgrade.on_upgrade(move |socket| speak(socket, comer, connection, journal)))
}

async fn speak(mut socket: WebSocket, comer: Comer, connection: Connection, journal: Option<Journal>) {
    let close_reason = match greet(&mut socket, comer, connection).await {
        Ok((follower, connection)) => {
            let asker = Asker::over_socket(follower.app.clone(), follower.principal.clone());
            let address = follower.address;
            answer(&mut socket, follower, connection, Operations::new(asker, journal, address)).await
        }
        Err(close_reason) => close_reason,
    };
    if let Some(close_reason) = close_reason {
        close(socket, &close_reason).await;
    }
}

/// Waits for the other end to say hello and who it is.
async fn greet(
    socket: &mut WebSocket,
    comer: Comer,
    connection: Connection,
) -> Result<(Follower, Connection), Option<CloseReason>> {
    let late = CloseReason::new(4408, "Connection initialisation timeout");
    let hello = tokio::select! {
        () = connection.told_to_end() => return Err(Some(CloseReason::STOPPING)),
        hello = tokio::time::timeout(HELLO_WAIT, hello(socket)) => hello.map_err(|_| Some(late))??,
    };
    let is_stranger = matches!(comer, Comer::Stranger(_));
    let refused =
        |problem: Problem| Some(CloseReason::saying(4403, format!("Forbidden: {}", problem.detail())));
    let follower = comer.introduced(hello.as_ref()).await.map_err(refused)?;
    let connection = if is_stranger { follower.connection().map_err(refused)? } else { connection };
    let patience = follower.app.settings().live.patience;
    send(socket, text(&Outgoing::Ack), patience).await.ok_or(None)?;
    Ok((follower, connection))
}

/// The payload of the first message.
async fn hello(socket: &mut WebSocket) -> Result<Option<Value>, Option<CloseReason>> {
    loop {
        match incoming(socket.recv().await)? {
            None => {}
            Some(Incoming::ConnectionInit { payload }) => return Ok(payload),
            Some(Incoming::Ping { .. }) => {
                socket.send(text(&Outgoing::Pong)).await.map_err(|_| None)?;
            }
            Some(Incoming::Pong { .. }) => {}
            Some(Incoming::Subscribe { .. } | Incoming::Complete { .. }) => {
                return Err(Some(CloseReason::new(4401, "Unauthorized")));
            }
        }
    }
}

/// What a message says; None if it is one of the socket's own. An error is the end, with what is to be said.
fn incoming(message: Option<Result<Message, axum::Error>>) -> Result<Option<Incoming>, Option<CloseReason>> {
    let text = match message.ok_or(None)? {
        Ok(Message::Text(text)) => text,
        Ok(Message::Ping(_) | Message::Pong(_)) => return Ok(None),
        Ok(Message::Close(_)) => return Err(None),
        Ok(Message::Binary(_)) => return Err(Some(CloseReason::new(1003, "messages are text"))),
        Err(error) => return Err(Some(CloseReason::unreadable(&error))),
    };
    serde_json::from_str(&text)
        .map(Some)
        .map_err(|error| Some(CloseReason::saying(4400, format!("Invalid message: {error}"))))
}

/// Answers until it is over; None if the other end is gone.
async fn answer(
    socket: &mut WebSocket,
    follower: Follower,
    connection: Connection,
    mut operations: Operations,
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
                match take(incoming(message), &mut operations) {
                    Ok(Some(outgoing)) => text(&outgoing),
                    Ok(None) => continue,
                    Err(close_reason) => return close_reason,
                }
            }
            ping = pulse.ping() => ping?,
            outgoing = operations.next() => text(&outgoing),
        };
        send(socket, message, limits.patience).await?;
    }
}

/// Does what a message says; gives what is to be answered at once.
fn take(
    incoming: Result<Option<Incoming>, Option<CloseReason>>,
    operations: &mut Operations,
) -> Result<Option<Outgoing>, Option<CloseReason>> {
    match incoming? {
        Some(Incoming::Subscribe { id, payload }) => operations.begin(id, payload).map_err(Some),
        Some(Incoming::Complete { id }) => {
            operations.end(&id);
            Ok(None)
        }
        Some(Incoming::Ping { .. }) => Ok(Some(Outgoing::Pong)),
        Some(Incoming::Pong { .. }) | None => Ok(None),
        Some(Incoming::ConnectionInit { .. }) => {
            Err(Some(CloseReason::new(4429, "Too many initialisation requests")))
        }
    }
}
