//! `POST /mcp`: the Model Context Protocol over HTTP, without sessions. Every message brings its credentials, and is
//! answered within what they may see. Describes itself by `tools/list`, so it is not in the OpenAPI document.

use super::{
    app::App,
    door::Journal,
    entrance::{ClientAddress, Reads},
    layers::OwnWords,
    problem::{Code, Problem},
};
use crate::{Principal, accounts::Event, mcp::Assistant};
use axum::{
    Router,
    body::Body,
    extract::Request,
    response::{IntoResponse as _, Response},
    routing::post,
};
use http::{HeaderValue, StatusCode, header};
use rmcp::transport::streamable_http_server::{
    StreamableHttpServerConfig, StreamableHttpService, session::never::NeverSessionManager,
};
use std::sync::Arc;

/// Where it is.
const PATH: &str = "/mcp";

/// The route.
pub(super) fn routes(app: &App, journal: Option<Journal>) -> Router<App> {
    let assistant = Assistant::over_http(app.clone(), journal.clone());
    // Hosts and origins are looked at for all routes before a request gets here.
    let config = StreamableHttpServerConfig::default()
        .with_legacy_session_mode(false)
        .with_json_response(true)
        .disable_allowed_hosts()
        .disable_allowed_origins()
        .with_max_request_body_bytes(app.settings().body_bytes_max);
    let service = StreamableHttpService::new(
        move || Ok(assistant.clone()),
        Arc::new(NeverSessionManager::default()),
        config,
    );
    let answer = move |reads: Result<Reads, Problem>, request: Request| {
        let (service, journal) = (service.clone(), journal.clone());
        async move {
            if let Err(problem) = reads {
                let noted =
                    journal.and_then(|journal| Some((refusal(&journal, &request, &problem)?, journal)));
                if let Some((event, journal)) = noted {
                    journal.note(event).await;
                }
                return problem.into_response();
            }
            let was_json = request.headers().get(header::CONTENT_TYPE).is_some_and(is_json);
            spoken(service.handle(request).await.map(Body::new), was_json)
        }
    };
    Router::new().route(PATH, post(answer))
}

fn is_json(media_type: &HeaderValue) -> bool {
    let essence = media_type.to_str().unwrap_or_default().split(';').next().unwrap_or_default();
    essence.trim().eq_ignore_ascii_case("application/json")
}

/// A failure that is told in the protocol's own words keeps them; others are told as on every route.
fn spoken(mut response: Response, was_json: bool) -> Response {
    if response.headers().get(header::CONTENT_TYPE).is_some_and(is_json) {
        response.extensions_mut().insert(OwnWords);
        return response;
    }
    if response.status() == StatusCode::UNSUPPORTED_MEDIA_TYPE && was_json {
        return Problem::new(Code::BadBody, "the body is no message of JSON-RPC 2.0 that is known here")
            .into_response();
    }
    if response.status() == StatusCode::NOT_ACCEPTABLE {
        let detail = "the answer may be JSON or a stream: send `Accept: application/json, text/event-stream`";
        return Problem::new(Code::BadRequest, detail).into_response();
    }
    response
}

/// Somebody with credentials that may not read: worth a note, as on every route.
fn refusal(journal: &Journal, request: &Request, problem: &Problem) -> Option<Event> {
    let principal = request.extensions().get::<Principal>()?;
    Some(Event {
        at: journal.now(),
        account: Some(principal.account),
        origin: Some(principal.origin),
        address: request.extensions().get::<ClientAddress>().and_then(|address| address.0),
        action: format!("POST {PATH}"),
        target: String::new(),
        outcome: problem.code().as_str().to_owned(),
        count: 1,
    })
}
