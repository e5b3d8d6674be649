//! `POST` and `GET /api/graphql`

use super::{
    bounds,
    failure::{self, Refused},
    form::{GraphqlAnswer, GraphqlForm, Hash, Parameters},
    ordered, persisted, schema,
    vault::Vault,
};
use crate::{
    Principal,
    http::{
        answer::Written,
        app::App,
        asked::Asked,
        door::Target,
        entrance::Reads,
        given::Given,
        layers::OwnWords,
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
    extract::State,
    response::{IntoResponse as _, Response},
};
use http::{HeaderMap, HeaderValue, StatusCode, header};
use serde_json::Value;

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
    let asker = Asker { app, principal, target: target.map(|Extension(target)| target), may_change: true };
    asker.answer(form, &headers).await
}

/// Answers a document of GraphQL that changes nothing.
#[utoipa::path(
    get,
    operation_id = "graphql_by_address",
    path = "/api/graphql",
    tag = "graph",
    params(Parameters),
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
pub(in crate::http) async fn get(
    State(app): State<App>,
    Reads(principal): Reads,
    target: Option<Extension<Target>>,
    headers: HeaderMap,
    Asked(asked): Asked<Parameters>,
) -> Result<Response, Problem> {
    let form = GraphqlForm {
        query: asked.query,
        operation_name: asked.operation_name,
        variables: object("variables", asked.variables.as_deref())?,
        extensions: object("extensions", asked.extensions.as_deref())?,
    };
    let asker = Asker { app, principal, target: target.map(|Extension(target)| target), may_change: false };
    asker.answer(form, &headers).await
}

fn object<T: serde::de::DeserializeOwned>(name: &str, text: Option<&str>) -> Result<Option<T>, Problem> {
    let Some(text) = text.filter(|text| !text.is_empty()) else { return Ok(None) };
    let wrong =
        |error| Problem::parameter(name, format!("{name} is not the JSON object it should be: {error}"));
    serde_json::from_str(text).map_err(wrong)
}

/// Who asks, and how.
struct Asker {
    app: App,
    principal: Principal,
    target: Option<Target>,
    may_change: bool,
}

impl Asker {
    async fn answer(self, form: GraphqlForm, headers: &HeaderMap) -> Result<Response, Problem> {
        let is_plain = wants_plain_json(headers);
        let hash = form.extensions.unwrap_or_default().persisted_query;
        if let Some(Hash { version, .. }) = hash.as_ref().filter(|hash| hash.version != 1) {
            let detail = format!("extensions.persistedQuery.version is {version}, and only 1 is known");
            return Err(Problem::new(Code::BadParameter, detail).about("extensions"));
        }
        let hash = hash.map(|hash| hash.sha256_hash);
        let parsed = self.parsed(form.query, hash.as_deref(), form.operation_name.as_deref());
        let (text, document) = match parsed {
            Ok(parsed) => parsed,
            Err(refused) => return self::refused(*refused, is_plain),
        };
        let mut request = Request::new(text)
            .variables(Variables::from_json(Value::Object(form.variables.unwrap_or_default())))
            .data(Vault::loader(self.app, self.principal));
        request.operation_name.clone_from(&form.operation_name);
        request.set_parsed_query(document.clone());
        let executed = schema().execute(request).await;
        written(executed, document, form.operation_name, is_plain).await
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
            if operation.ty != OperationType::Query && !self.may_change {
                return Err(Problem::new(Code::MethodNotAllowed, "changes are sent by POST").into());
            }
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

/// Writes what came of a document, on a thread that may take long.
async fn written(
    executed: Executed,
    document: ExecutableDocument,
    operation_name: Option<String>,
    is_plain: bool,
) -> Result<Response, Problem> {
    let span = tracing::Span::current();
    let work = move || {
        let first = executed.errors.first().map(failure::problem_of);
        // Nothing was asked: the document does not fit the schema, or is too dear.
        let is_refused = first.is_some() && executed.errors.iter().all(|error| error.path.is_empty());
        let operation = operation(&document, operation_name.as_deref()).filter(|_| !is_refused);
        let data = operation
            .map(|operation| ordered::json(executed.data, &operation.selection_set.node, &document))
            .transpose()
            .map_err(Problem::internal)?;
        let answer = GraphqlAnswer { data, errors: executed.errors.iter().map(failure::told).collect() };
        Ok(spoken(Written::of(&answer)?, first, is_refused, is_plain))
    };
    tokio::task::spawn_blocking(move || span.in_scope(work)).await.map_err(Problem::internal)?
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
