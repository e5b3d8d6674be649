//! `GET /api/v1/events`: what happens, from where a reader left off, as server-sent events or on a WebSocket.

mod socket;

use super::{Works, shapes::EventView, whole_account};
use crate::http::{
    asked::Asked,
    live::{Connection, Follower, Follows, wants_socket},
    problem::{Code, Problem},
};
use axum::{
    extract::{
        State,
        ws::{WebSocketUpgrade, rejection::WebSocketUpgradeRejection},
    },
    response::{
        IntoResponse as _, Response, Sse,
        sse::{Event as Sent, KeepAlive},
    },
};
use dp_stream::{Event, Lagged, Subscription};
use futures::future::BoxFuture;
use http::{HeaderMap, HeaderName};
use serde::Deserialize;
use std::{convert::Infallible, time::Duration};
use utoipa::IntoParams;

/// How long a reader that lost the connection waits before it comes back.
const RETRY: Duration = Duration::from_secs(2);

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct Parameters {
    /// Id of the last event that is known: what came since is sent first. `Last-Event-ID` of a reader that comes
    /// back goes before it. Without either only what happens from now on is sent.
    after: Option<u64>,
    /// A ticket of `POST /api/v1/events/ticket`, for pages that can't send headers.
    #[serde(rename = "ticket")]
    _ticket: Option<String>,
}

/// What happens in the account, as it happens: server-sent events whose `event` is the kind, whose `id` leads on
/// from there, and whose `data` is JSON. With `Upgrade: websocket` the same events come as messages of JSON. A reader
/// that is too slow gets `lagged` and the end, and goes on by coming back; one that was away for too long gets
/// `reset`, and has to load what it shows anew first; one whose session has ended gets `ended`. A WebSocket is closed
/// with 4001, 4002 and 4401 for these, and with 1001 when the server stops. Not for keys that see only a part.
#[utoipa::path(
    get,
    operation_id = "follow_events",
    path = "/api/v1/events",
    tag = "jobs",
    params(
        Parameters,
        ("Last-Event-ID" = Option<u64>, Header, description = "Id of the last event that the reader has"),
    ),
    responses(
        (status = 200, description = "Events without end", body = EventView, content_type = "text/event-stream"),
        (status = 101, description = "It goes on as a WebSocket; each message is an event"),
    )
)]
pub(super) async fn follow(
    State(works): State<Works>,
    Follows(follower): Follows,
    headers: HeaderMap,
    Asked(asked): Asked<Parameters>,
    upgrade: Result<WebSocketUpgrade, WebSocketUpgradeRejection>,
) -> Result<Response, Problem> {
    let account = whole_account(&follower.principal)?;
    let known = match headers.get(HeaderName::from_static("last-event-id")) {
        Some(text) => {
            let number = text.to_str().ok().and_then(|text| text.trim().parse().ok());
            let wrong = || Problem::new(Code::BadRequest, "Last-Event-ID is not the number of an event");
            Some(number.ok_or_else(wrong)?)
        }
        None => asked.after,
    };
    let connection = follower.connection()?;
    let subscription = works.0.stream.events().subscribe(&account, known);
    if wants_socket(&headers) {
        let upgrade = upgrade.map_err(|refused| Problem::new(Code::BadRequest, refused.body_text()))?;
        return Ok(socket::upgraded(upgrade, subscription, follower, connection));
    }
    let alive = follower.app.settings().live.alive;
    let following = Following { subscription, over: over(follower, connection) };
    let stream = futures::stream::unfold(Some(following), next);
    Ok(Sse::new(stream).keep_alive(KeepAlive::new().interval(alive)).into_response())
}

/// Somebody who follows, for as long as they may.
struct Following {
    subscription: Subscription,
    /// Why it is over, once it is; None if the server stops.
    over: BoxFuture<'static, Option<String>>,
}

fn over(follower: Follower, connection: Connection) -> BoxFuture<'static, Option<String>> {
    Box::pin(async move {
        tokio::select! {
            reason = follower.ended() => Some(reason),
            () = connection.told_to_end() => None,
        }
    })
}

/// The next event and how to go on; a reader that was too slow, or may not read any more, is told so, and that is the
/// end.
async fn next(following: Option<Following>) -> Option<(Result<Sent, Infallible>, Option<Following>)> {
    let mut following = following?;
    tokio::select! {
        biased;
        reason = &mut following.over => {
            let told = serde_json::json!({ "reason": reason? });
            Some((Ok(Sent::default().event("ended").retry(RETRY).data(told.to_string())), None))
        }
        event = following.subscription.next() => match event? {
            Ok(event) => Some((Ok(sent(event)), Some(following))),
            Err(lagged) => Some((Ok(last(&lagged)), None)),
        },
    }
}

/// What a reader is told who can't be told more, and the event after which it may go on. It comes back with the last
/// id it has, and a `reset` has to load what it shows anew: some of what it missed is not kept any more.
fn outcome(lagged: &Lagged) -> (&'static str, u64) {
    match lagged {
        Lagged::TooSlow { after } => ("lagged", *after),
        Lagged::Gone { after } => ("reset", *after),
        Lagged::Unreadable { after, reason } => {
            tracing::error!(reason, "events could not be read");
            ("lagged", *after)
        }
    }
}

fn last(lagged: &Lagged) -> Sent {
    let (kind, after) = outcome(lagged);
    Sent::default().event(kind).id(after.to_string()).retry(RETRY).data("{}")
}

fn sent(event: Event) -> Sent {
    let (id, kind) = (event.id.to_string(), event.kind.clone());
    let of = Sent::default().event(&kind).id(&id).retry(RETRY);
    // Data that can't be written is no reason to end the others.
    of.json_data(EventView::from(event)).unwrap_or_else(|_| Sent::default().event(kind).id(id))
}
