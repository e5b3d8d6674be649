//! `POST` and `GET /api/graphql`, and how a document is answered, be it over a WebSocket.

use super::{
    bounds,
    failure::{self, Refused},
    form::{GraphqlAnswer, GraphqlFailure, GraphqlForm, Hash, Parameters},
    ordered, persisted, schema,
    socket::{self, Comer},
    vault::Vault,
};
use crate::{
    Principal,
    http::{
        answer::Written,
        app::App,
        asked::Asked,
        blocking::blocking,
        door::{Journal, Target},
        entrance::Reads,
        given::Given,
        layers::OwnWords,
        live::wants_socket,
        problem::{Code, Problem},
        routes::Nothing,
    },
};
use async_graphql::{
    Request, Response as Executed, Variables,
    parser::{
        parse_query,
        types::{ExecutableDocument, OperationDefinition, OperationType},
    },
};
use axum::{
    Extension,
    extract::{
        State,
        ws::{WebSocketUpgrade, rejection::WebSocketUpgradeRejection},
    },
    response::{IntoResponse as _, Response},
};
use futures::{
    StreamExt as _,
    stream::{self, BoxStream},
};
use http::{HeaderMap, HeaderValue, StatusCode, header};
use serde_json::Value;
use std::sync::Arc;

/// What GraphQL over HTTP calls its answers.
const MEDIA_TYPE: &str = "application/graphql-response+json";
/// Characters of the name of an operation that the access log keeps.
const NAME_CHARS_NOTED: usize = 64;

/// Answers a document of GraphQL. The schema tells itself by introspection.
#[utoipa::path(
    post,
    operation_id = "graphql",
    path = "/api/graphql",
    tag = "graph",
    request_body = GraphqlForm,
    responses(
        (status = 200, description = "Data, and errors of the fields that failed", content(
            (GraphqlAnswer = "application/graphql-response+json"),
            (GraphqlAnswer = "application/json"),
        )),
        (status = 400, description = "The document or the request can't be read, or asks for too much", content(
            (GraphqlAnswer = "application/graphql-response+json"),
            (crate::http::ProblemView = "application/problem+json"),
        )),
    )
)]
pub(in crate::http) async fn post(
    State(app): State<App>,
    Reads(principal): Reads,
    target: Option<Extension<Target>>,
    headers: HeaderMap,
    Asked(Nothing {}): Asked<Nothing>,
    Given(form): Given<GraphqlForm>,
) -> Result<Response, Problem> {
    let asker = Asker { app, principal, target: target.map(|Extension(target)| target), way: Way::Post };
    asker.answer(form, &headers).await
}

/// Answers a document of GraphQL that changes nothing. With `Upgrade: websocket` it goes on as a WebSocket that speaks
/// `graphql-transport-ws`, by which subscriptions are followed and queries answered. Who sends no credentials with the
/// request may send them as `authorization` in the payload of `connection_init`.
#[utoipa::path(
    get,
    operation_id = "graphql_by_address",
    path = "/api/graphql",
    tag = "graph",
    params(Parameters),
    responses(
        (status = 101, description = "It goes on as a WebSocket"),
        (status = 200, description = "Data, and errors of the fields that failed", content(
            (GraphqlAnswer = "application/graphql-response+json"),
            (GraphqlAnswer = "application/json"),
        )),
        (status = 400, description = "The document or the request can't be read, or asks for too much", content(
            (GraphqlAnswer = "application/graphql-response+json"),
            (crate::http::ProblemView = "application/problem+json"),
        )),
    )
)]
pub(in crate::http) async fn get(
    comer: Comer,
    (target, journal): (Option<Extension<Target>>, Option<Extension<Journal>>),
    headers: HeaderMap,
    Asked(asked): Asked<Parameters>,
    upgrade: Result<WebSocketUpgrade, WebSocketUpgradeRejection>,
) -> Result<Response, Problem> {
    let follower = match comer {
        Comer::Known(follower) if !wants_socket(&headers) => *follower,
        comer => {
            let upgrade = upgrade.map_err(|refused| Problem::new(Code::BadRequest, refused.body_text()))?;
            return socket::upgraded(upgrade, comer, journal.map(|Extension(journal)| journal));
        }
    };
    let (app, principal) = (follower.app, follower.principal);
    let form = GraphqlForm {
        query: asked.query,
        operation_name: asked.operation_name,
        variables: object("variables", asked.variables.as_deref())?,
        extensions: object("extensions", asked.extensions.as_deref())?,
    };
    let asker = Asker { app, principal, target: target.map(|Extension(target)| target), way: Way::Get };
    asker.answer(form, &headers).await
}

fn object<T: serde::de::DeserializeOwned>(name: &str, text: Option<&str>) -> Result<Option<T>, Problem> {
    let Some(text) = text.filter(|text| !text.is_empty()) else { return Ok(None) };
    let wrong =
        |error| Problem::parameter(name, format!("{name} is not the JSON object it should be: {error}"));
    serde_json::from_str(text).map_err(wrong)
}

/// By which way a document comes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Way {
    Post,
    Get,
    Socket,
}

impl Way {
    /// Whether documents of this sort are answered by it.
    fn check(self, sort: OperationType) -> Result<(), Problem> {
        match (sort, self) {
            (OperationType::Query, _) | (OperationType::Mutation, Self::Post) => Ok(()),
            (OperationType::Mutation, _) => {
                Err(Problem::new(Code::MethodNotAllowed, "changes are sent by POST"))
            }
            (OperationType::Subscription, Self::Socket) => Ok(()),
            (OperationType::Subscription, _) => {
                let detail = "subscriptions go over a WebSocket: GET /api/graphql with Upgrade: websocket, \
                              and the protocol graphql-transport-ws";
                Err(Problem::new(Code::BadDocument, detail).about("query"))
            }
        }
    }
}

/// Who asks, and how.
pub(super) struct Asker {
    app: App,
    principal: Principal,
    target: Option<Target>,
    way: Way,
}

/// What is said to a document over a WebSocket.
pub(super) enum Spoken {
    /// An answer; there may be more.
    Answer(GraphqlAnswer),
    /// It is not answered.
    Refused(Vec<GraphqlFailure>),
}

impl Spoken {
    fn refused(refused: &Refused) -> Self {
        Self::Refused(vec![refused.told()])
    }
}

impl Asker {
    /// One who asks over a WebSocket.
    pub(super) fn over_socket(app: App, principal: Principal) -> Self {
        Self { app, principal, target: None, way: Way::Socket }
    }

    /// The same, who says here what is asked for.
    pub(super) fn noting(&self, target: Target) -> Self {
        let (app, principal) = (self.app.clone(), self.principal.clone());
        Self { app, principal, target: Some(target), way: self.way }
    }

    pub(super) fn app(&self) -> &App {
        &self.app
    }

    pub(super) fn principal(&self) -> &Principal {
        &self.principal
    }

    async fn answer(self, form: GraphqlForm, headers: &HeaderMap) -> Result<Response, Problem> {
        let is_plain = wants_plain_json(headers);
        let name = form.operation_name.clone();
        let (request, document) = match self.understood(form) {
            Ok(understood) => understood,
            Err(refused) => return self::refused(*refused, is_plain),
        };
        let executed = schema().execute(request).await;
        let work = move || -> Result<Response, Problem> {
            let Answered { answer, first, is_refused } = answered(executed, &document, name.as_deref())?;
            Ok(spoken(Written::of(&answer)?, first, is_refused, is_plain))
        };
        blocking(work).await
    }

    /// What a document is answered with over a WebSocket, again and again if it is a subscription; and why it is not
    /// answered, if that is known before.
    pub(super) fn begin(self, form: GraphqlForm) -> (BoxStream<'static, Spoken>, Option<Code>) {
        let name: Arc<Option<String>> = Arc::new(form.operation_name.clone());
        let (request, document) = match self.understood(form) {
            Ok((request, document)) => (request, Arc::new(document)),
            Err(refused) => {
                let code = refused.problem.code();
                return (stream::iter([Spoken::refused(&refused)]).boxed(), Some(code));
            }
        };
        let answers = schema().execute_stream(request).then(move |executed| {
            let (name, document) = (Arc::clone(&name), Arc::clone(&document));
            async move {
                let work = move || answered(executed, &document, name.as_deref());
                match blocking(work).await {
                    Ok(Answered { answer, is_refused: false, .. }) => Spoken::Answer(answer),
                    Ok(Answered { answer, .. }) => Spoken::Refused(answer.errors),
                    Err(problem) => Spoken::Refused(vec![GraphqlFailure::of(&problem)]),
                }
            }
        });
        (answers.boxed(), None)
    }

    /// The request that is meant, with its document.
    fn understood(self, form: GraphqlForm) -> Result<(Request, ExecutableDocument), Box<Refused>> {
        let hash = form.extensions.unwrap_or_default().persisted_query;
        if let Some(Hash { version, .. }) = hash.as_ref().filter(|hash| hash.version != 1) {
            let detail = format!("extensions.persistedQuery.version is {version}, and only 1 is known");
            return Err(Problem::new(Code::BadParameter, detail).about("extensions").into());
        }
        let hash = hash.map(|hash| hash.sha256_hash);
        let (text, document) = self.parsed(form.query, hash.as_deref(), form.operation_name.as_deref())?;
        let mut request = Request::new(text)
            .variables(Variables::from_json(Value::Object(form.variables.unwrap_or_default())))
            .data(Vault::loader(self.app, self.principal));
        request.operation_name = form.operation_name;
        request.set_parsed_query(document.clone());
        Ok((request, document))
    }

    /// The document that is meant, within its bounds, and kept if it came with its hash.
    fn parsed(
        &self,
        query: Option<String>,
        hash: Option<&str>,
        operation_name: Option<&str>,
    ) -> Result<(String, ExecutableDocument), Box<Refused>> {
        let account = self.principal.account;
        let has_text = query.is_some();
        let text = persisted::meant(self.app.persisted(), account, query, hash)?;
        let document = parse_query(&*text)?;
        bounds::check_parts(&document)?;
        if let Some(operation) = operation(&document, operation_name) {
            self.note(&document, operation, operation_name);
            self.way.check(operation.ty)?;
        }
        if let Some(hash) = hash.filter(|_| has_text) {
            self.app.persisted().keep(account, hash, &text)?;
        }
        Ok((text.to_string(), document))
    }

    /// Says to the access log which fields are asked for, and never with what.
    fn note(&self, document: &ExecutableDocument, operation: &OperationDefinition, name: Option<&str>) {
        let Some(target) = &self.target else { return };
        let mut text = operation.ty.to_string();
        let name = name.or(match &document.operations {
            async_graphql::parser::types::DocumentOperations::Multiple(operations) => {
                operations.keys().next().map(async_graphql::Name::as_str)
            }
            async_graphql::parser::types::DocumentOperations::Single(_) => None,
        });
        if let Some(name) = name {
            text.push(' ');
            text.extend(name.chars().take(NAME_CHARS_NOTED));
        }
        let fields = bounds::root_fields(document, operation).join(" ");
        if !fields.is_empty() {
            text.push_str(": ");
            text.push_str(&fields);
        }
        target.say(text);
    }
}

/// What is answered to a document that is not looked at any further.
fn refused(refused: Refused, is_plain: bool) -> Result<Response, Problem> {
    match refused.problem.code() {
        // The request itself is wrong.
        Code::MissingParameter | Code::BadParameter => Err(refused.problem),
        Code::MethodNotAllowed => {
            let allow = (header::ALLOW, HeaderValue::from_static("POST"));
            Ok(([allow], refused.problem).into_response())
        }
        _ => {
            let answer = GraphqlAnswer { data: None, errors: vec![refused.told()] };
            Ok(spoken(Written::of(&answer)?, Some(refused.problem), true, is_plain))
        }
    }
}

/// The operation that is meant; None where that can't be said, which the schema refuses.
fn operation<'a>(document: &'a ExecutableDocument, name: Option<&str>) -> Option<&'a OperationDefinition> {
    let mut operations = document.operations.iter();
    let found = match name {
        Some(wanted) => operations.find(|(name, _)| name.is_some_and(|name| name.as_str() == wanted)),
        None => operations.next().filter(|_| operations.next().is_none()),
    };
    found.map(|(_, operation)| &operation.node)
}

/// Whether a client takes plain JSON and not the media type of GraphQL: then the status says nothing of the
/// document.
fn wants_plain_json(headers: &HeaderMap) -> bool {
    let accepted = headers.get_all(header::ACCEPT).iter().filter_map(|value| value.to_str().ok());
    let types = accepted.flat_map(|value| value.split(','));
    let types = types.map(|one| one.split(';').next().unwrap_or_default().trim().to_ascii_lowercase());
    let (mut plain, mut own) = (false, false);
    for media_type in types {
        plain |= media_type == "application/json";
        own |= media_type == MEDIA_TYPE;
    }
    plain && !own
}

/// What came of a document, as it is sent.
struct Answered {
    answer: GraphqlAnswer,
    /// The first that went wrong.
    first: Option<Problem>,
    /// Nothing was asked: the document does not fit the schema, or is too dear.
    is_refused: bool,
}

fn answered(
    executed: Executed,
    document: &ExecutableDocument,
    operation_name: Option<&str>,
) -> Result<Answered, Problem> {
    let first = executed.errors.first().map(failure::problem_of);
    let is_refused = first.is_some() && executed.errors.iter().all(|error| error.path.is_empty());
    let operation = operation(document, operation_name).filter(|_| !is_refused);
    let data = operation
        .map(|operation| ordered::json(executed.data, &operation.selection_set.node, document))
        .transpose()
        .map_err(Problem::internal)?;
    let answer = GraphqlAnswer { data, errors: executed.errors.iter().map(failure::told).collect() };
    Ok(Answered { answer, first, is_refused })
}

fn spoken(body: Written, problem: Option<Problem>, is_refused: bool, is_plain: bool) -> Response {
    let mut response = body.into_response();
    if !is_plain {
        response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(MEDIA_TYPE));
        if is_refused {
            *response.status_mut() = StatusCode::BAD_REQUEST;
        }
    }
    response.extensions_mut().insert(OwnWords);
    // For the access log.
    if let Some(problem) = problem {
        response.extensions_mut().insert(problem);
    }
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_json_is_for_those_who_take_nothing_better() {
        let wants = |accept: &'static str| {
            let value = HeaderValue::from_static(accept);
            wants_plain_json(&HeaderMap::from_iter([(header::ACCEPT, value)]))
        };
        assert!(wants("application/json") && wants("text/html, Application/JSON;q=0.9"));
        assert!(!wants("*/*") && !wants("application/graphql-response+json, application/json;q=0.9"));
        assert!(!wants_plain_json(&HeaderMap::new()));
    }
}
