//! `POST /api/v1/events/ticket`: for pages of other origins, which can send no headers with a WebSocket.

use crate::http::{
    answer::Written,
    asked::Asked,
    live::{Follows, TICKET_S},
    problem::Problem,
    routes::Nothing,
};
use axum::response::{IntoResponse as _, Response};
use http::{HeaderValue, header};
use serde::Serialize;
use utoipa::ToSchema;

/// What a connection is opened with instead of headers.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Ticket)]
pub(super) struct TicketView {
    /// To be put into the address, as `?ticket=`.
    ticket: String,
    /// How long it is good for.
    expires_in_s: u64,
}

/// A ticket by which one connection can be opened, of `GET /api/v1/events` or as a WebSocket of `GET /api/graphql`, by
/// who can't send headers with it, such as a page of another origin: good once, for half a minute, for whoever asked.
#[utoipa::path(
    post,
    operation_id = "issue_ticket",
    path = "/api/v1/events/ticket",
    tag = "jobs",
    responses((status = 200, description = "The ticket", body = TicketView))
)]
pub(super) async fn issue(
    Follows(follower): Follows,
    Asked(Nothing {}): Asked<Nothing>,
) -> Result<Response, Problem> {
    let ticket = follower.app.live().tickets.issue(&follower.principal, follower.shown)?;
    let mut response = Written::of(&TicketView { ticket, expires_in_s: TICKET_S })?.into_response();
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    Ok(response)
}
