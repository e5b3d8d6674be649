//! `GET /api/v1/events`: what happens, as server-sent events, from where a reader left off.

use super::{Works, shapes::EventView, whole};
use crate::http::{
    asked::Asked,
    entrance::Reads,
    problem::{Code, Problem},
};
use axum::{
    extract::State,
    response::{
        Sse,
        sse::{Event as Sent, KeepAlive},
    },
};
use dp_stream::{Event, Lagged, Subscription};
use futures::Stream;
use http::{HeaderMap, HeaderName};
use serde::Deserialize;
use std::{convert::Infallible, time::Duration};
use utoipa::IntoParams;

/// How often a line is sent though nothing happens, so that a broken connection is noticed.
const ALIVE: Duration = Duration::from_secs(15);
/// How long a reader that lost the connection waits before it comes back.
const RETRY: Duration = Duration::from_secs(2);

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct Parameters {
    /// Id of the last event that is known: what came since is sent first. `Last-Event-ID` of a reader that comes
    /// back goes before it. Without either only what happens from now on is sent.
    after: Option<u64>,
}

/// What happens in the account, as it happens: server-sent events whose `event` is the kind, whose `id` leads on
/// from there, and whose `data` is JSON. A reader that is too slow gets `lagged` and the end, and goes on by coming
/// back; one that was away for too long gets `reset`, and has to load what it shows anew first. Not for keys that
/// see only a part.
#[utoipa::path(
    get,
    operation_id = "follow_events",
    path = "/api/v1/events",
    tag = "jobs",
    params(
        Parameters,
        ("Last-Event-ID" = Option<u64>, Header, description = "Id of the last event that the reader has"),
    ),
    responses((status = 200, description = "Events without end", body = EventView, content_type = "text/event-stream"))
)]
pub(super) async fn follow(
    State(works): State<Works>,
    Reads(principal): Reads,
    headers: HeaderMap,
    Asked(asked): Asked<Parameters>,
) -> Result<Sse<impl Stream<Item = Result<Sent, Infallible>>>, Problem> {
    let account = whole(&principal)?;
    let known = match headers.get(HeaderName::from_static("last-event-id")) {
        Some(text) => {
            let number = text.to_str().ok().and_then(|text| text.trim().parse().ok());
            let wrong = || Problem::new(Code::BadRequest, "Last-Event-ID is not the number of an event");
            Some(number.ok_or_else(wrong)?)
        }
        None => asked.after,
    };
    let subscription = works.0.stream.events().subscribe(&account, known);
    let stream = futures::stream::unfold(Some(subscription), next);
    Ok(Sse::new(stream).keep_alive(KeepAlive::new().interval(ALIVE)))
}

/// The next event and the subscription to go on with; a reader that was too slow is told so, and that is the end.
async fn next(
    subscription: Option<Subscription>,
) -> Option<(Result<Sent, Infallible>, Option<Subscription>)> {
    let mut subscription = subscription?;
    match subscription.next().await? {
        Ok(event) => Some((Ok(sent(&event)), Some(subscription))),
        Err(lagged) => Some((Ok(last(&lagged)), None)),
    }
}

/// What a reader is told who can't be told more. It comes back with the last id it has, and a `reset` has to
/// load what it shows anew: some of what it missed is not kept any more.
fn last(lagged: &Lagged) -> Sent {
    let (kind, after) = match lagged {
        Lagged::TooSlow { after } => ("lagged", after),
        Lagged::Gone { after } => ("reset", after),
        Lagged::Unreadable { after, reason } => {
            tracing::error!(reason, "events could not be read");
            ("lagged", after)
        }
    };
    Sent::default().event(kind).id(after.to_string()).retry(RETRY).data("{}")
}

fn sent(event: &Event) -> Sent {
    let of = Sent::default().event(&event.kind).id(event.id.to_string()).retry(RETRY);
    // Data that can't be written is no reason to end the others.
    let view = EventView::from(event);
    of.json_data(&view).unwrap_or_else(|_| Sent::default().event(&event.kind).id(event.id.to_string()))
}
