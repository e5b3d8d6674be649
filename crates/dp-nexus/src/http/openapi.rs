//! The OpenAPI document: what the routes say of themselves, with what all of them share. The copy in
//! `docs/openapi.json` is for people and programs that read it without a server.

use super::{
    backups, door, files, map, own, privacy,
    problem::{Code, MEDIA_TYPE},
    routes::Documented,
    statistics, uploads, works,
};
use std::sync::LazyLock;
use utoipa::{
    OpenApi as _,
    openapi::{
        ContentBuilder, InfoBuilder, LicenseBuilder, OpenApi, Ref, RefOr, ResponseBuilder, Schema, Server,
        path::Operation,
        schema::AdditionalProperties,
        security::{ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityRequirement, SecurityScheme},
        tag::TagBuilder,
    },
};

/// The cookie a browser's session is in.
pub const SESSION_COOKIE: &str = "datapunk_session";

/// What is said of every group of routes.
const TAGS: &[(&str, &str)] = &[
    ("finding", "Search by words and by meaning."),
    ("documents", "One dated thing of a life each."),
    ("time", "Days, months and years."),
    ("statistics", "What there is, in numbers."),
    ("people", "Who appears in documents."),
    ("series", "Readings in time, such as location fixes."),
    ("map", "Where somebody was."),
    ("graph", "The same data in one question: GraphQL."),
    ("files", "Bytes: media, small pictures of them, and the originals of what was imported."),
    ("imports", "What became of every file that was imported."),
    ("uploads", "Files on their way in, in pieces that can be gone on with: tus 1.0.0."),
    ("backups", "Everything in one file, checked and if wanted encrypted."),
    ("privacy", "What is held, who saw it, and forgetting."),
    ("jobs", "Work in the background, and what happens."),
    ("system", "How the program is."),
    ("accounts", "Accounts, sessions and keys."),
];

/// Schemas of bodies that are sent.
const BODIES: &[&str] = &[
    "Annotations",
    "BackupForm",
    "BatchForm",
    "BatchItem",
    "CodeForm",
    "DocumentForm",
    "ForgetForm",
    "GraphqlForm",
    "IdentityForm",
    "ImportForm",
    "KeyForm",
    "MentionForm",
    "MomentForm",
    "PassageForm",
    "PasskeyForm",
    "PasskeyNameForm",
    "PasskeyProofForm",
    "PasskeySignInForm",
    "PasswordForm",
    "PlaceForm",
    "PointForm",
    "ProofForm",
    "RefreshForm",
    "ScopeForm",
    "SetupForm",
    "SignInForm",
    "StrengthForm",
    "UserForm",
    "VectorsForm",
];

/// Failures that every route that needs a principal may answer with.
const FAILURES: &[(&str, &str)] = &[
    ("400", "The request can't be read"),
    ("401", "Nobody is signed in, or the session or key is not valid"),
    ("403", "The session or key may not do this"),
    ("404", "There is no such thing, or it may not be seen"),
    ("429", "Too many requests"),
];

/// The document.
#[must_use]
pub fn document() -> OpenApi {
    let mut api = Documented::openapi();
    api.merge(own::Documented::openapi());
    api.merge(statistics::Documented::openapi());
    api.merge(door::Documented::openapi());
    api.merge(uploads::Documented::openapi());
    api.merge(works::Documented::openapi());
    api.merge(files::Documented::openapi());
    api.merge(backups::Documented::openapi());
    api.merge(privacy::Documented::openapi());
    api.merge(map::Documented::openapi());
    let license = LicenseBuilder::new().name("MIT OR Apache-2.0").build();
    api.info = InfoBuilder::new()
        .title("Datapunk")
        .version(env!("CARGO_PKG_VERSION"))
        .description(Some(
            "A person's digital life: found, listed and counted. Everything is of the account that asks.",
        ))
        .license(Some(license))
        .build();
    // Relative to where the document lies, so that it holds under a sub-path too.
    api.servers = Some(vec![Server::new("..")]);
    let used = |name: &str| {
        let tagged = |operation: &Operation| operation.tags.iter().flatten().any(|tag| tag == name);
        operations(&api).any(|(_, operation)| tagged(operation))
    };
    let tags = TAGS.iter().filter(|(name, _)| used(name));
    let tags = tags.map(|(name, text)| TagBuilder::new().name(*name).description(Some(*text)).build());
    api.tags = Some(tags.collect());
    if let Some(components) = &mut api.components {
        if let Some(RefOr::T(Schema::Object(code))) = components.schemas.get_mut("Code") {
            code.description = Some(codes());
        }
        let bearer = HttpBuilder::new().scheme(HttpAuthScheme::Bearer);
        let bearer = bearer.description(Some("An API key or an access token.")).build();
        components.add_security_scheme("bearer", SecurityScheme::Http(bearer));
        let text = "An API key, as `Authorization: Bearer` takes it too.";
        let key = ApiKey::Header(ApiKeyValue::with_description("X-API-Key", text));
        components.add_security_scheme("key", SecurityScheme::ApiKey(key));
        let text = "A browser's session; `__Host-datapunk` over TLS. Changes need the header `X-CSRF-Token` \
                    beside it, with `csrf_token` of `GET /api/v1/account`.";
        let cookie = ApiKey::Cookie(ApiKeyValue::with_description(SESSION_COOKIE, text));
        components.add_security_scheme("session", SecurityScheme::ApiKey(cookie));
    }
    open_up(&mut api);
    for (path, item) in &mut api.paths.paths {
        let methods = [
            &mut item.get,
            &mut item.put,
            &mut item.post,
            &mut item.patch,
            &mut item.delete,
            &mut item.head,
            &mut item.options,
        ];
        for operation in methods.into_iter().flatten() {
            complete(operation, path.starts_with("/api/v1/") || path == "/api/graphql");
        }
    }
    api
}

/// What is answered may have more fields in a later version, and clients are to pass over them; what is sent
/// may not.
fn open_up(api: &mut OpenApi) {
    let Some(components) = &mut api.components else { return };
    for (_, schema) in components.schemas.iter_mut().filter(|(name, _)| !BODIES.contains(&name.as_str())) {
        if let RefOr::T(Schema::Object(object)) = schema
            && object.additional_properties.as_deref() == Some(&AdditionalProperties::FreeForm(false))
        {
            object.additional_properties = None;
        }
    }
}

/// Whether an operation is for anybody.
#[must_use]
pub fn is_open(operation: &Operation) -> bool {
    let without = SecurityRequirement::default();
    operation.security.as_ref().is_none_or(|needed| needed.contains(&without))
}

/// The table of what can go wrong, a code a line.
fn codes() -> String {
    let line = |code: &Code| {
        format!("- `{}` ({}): {}. {}", code.as_str(), code.status().as_u16(), code.title(), code.what_to_do())
    };
    let lines = Code::ALL.iter().map(line).collect::<Vec<_>>();
    format!("What went wrong, for programs.\n\n{}", lines.join("\n"))
}

/// Every path with its operations.
pub fn operations(api: &OpenApi) -> impl Iterator<Item = (String, &Operation)> {
    api.paths.paths.iter().flat_map(|(path, item)| {
        let methods = [
            ("GET", &item.get),
            ("PUT", &item.put),
            ("POST", &item.post),
            ("PATCH", &item.patch),
            ("DELETE", &item.delete),
            ("HEAD", &item.head),
            ("OPTIONS", &item.options),
        ];
        let there = methods.into_iter().filter_map(|(name, operation)| Some((name, operation.as_ref()?)));
        there.map(move |(name, operation)| (format!("{name} {path}"), operation))
    })
}

/// Adds what every operation shares: how it fails, and who may ask.
fn complete(operation: &mut Operation, needs_principal: bool) {
    let failure = |text: &str| {
        let content = ContentBuilder::new().schema(Some(Ref::from_schema_name("Problem"))).build();
        ResponseBuilder::new().description(text).content(MEDIA_TYPE, content).build()
    };
    for parameter in operation.parameters.iter_mut().flatten() {
        if let RefOr::T(parameter) = parameter
            && parameter.description.is_none()
        {
            parameter.description = parameter.schema.as_ref().and_then(description);
        }
    }
    let mut failures = if needs_principal { FAILURES.to_vec() } else { Vec::new() };
    failures.extend(failures_of_what_is_sent(operation));
    failures.push(("default", "Anything else that goes wrong"));
    for (status, text) in &failures {
        operation.responses.responses.entry((*status).to_owned()).or_insert_with(|| failure(text).into());
    }
    // One that says by itself what it needs, such as signing in, keeps that.
    if needs_principal && operation.security.is_none() {
        let none: [&str; 0] = [];
        let bearer = SecurityRequirement::new("bearer", none);
        let key = SecurityRequirement::new("key", none);
        let session = SecurityRequirement::new("session", none);
        operation.security = Some(vec![bearer, key, session]);
    }
}

/// How an operation may fail because of what it is sent: a body of JSON can be readable and still not fit, and
/// whoever speaks tus has to say in which version.
fn failures_of_what_is_sent(operation: &Operation) -> impl Iterator<Item = (&'static str, &'static str)> {
    let takes_json = matches!(
        &operation.request_body,
        Some(RefOr::T(body)) if body.content.contains_key("application/json")
    );
    let mut parameters = operation.parameters.iter().flatten();
    let speaks_tus = parameters
        .any(|parameter| matches!(parameter, RefOr::T(parameter) if parameter.name == "Tus-Resumable"));
    let unfit = takes_json.then_some(("422", "The body is not what is asked for"));
    let version = speaks_tus.then_some(("412", "`Tus-Resumable` is missing, or names another version"));
    unfit.into_iter().chain(version)
}

/// What a schema says of itself: for parameters whose schema is made by hand.
fn description(schema: &RefOr<Schema>) -> Option<String> {
    match schema {
        RefOr::T(Schema::Object(object)) => object.description.clone(),
        RefOr::T(Schema::Array(array)) => array.description.clone(),
        _ => None,
    }
}

/// The document as it is served and kept in the repository.
pub(super) fn text() -> &'static str {
    static TEXT: LazyLock<String> = LazyLock::new(|| {
        // Writing our own types as JSON into memory cannot fail.
        let mut text = serde_json::to_string_pretty(&document()).unwrap_or_default();
        text.push('\n');
        text
    });
    &TEXT
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::Path;

    #[test]
    fn the_copy_in_the_repository_is_the_document() {
        let path = Path::new("../../docs/openapi.json");
        if std::env::var_os("DATAPUNK_RENEW").is_some() {
            fs_err::write(path, text()).unwrap();
        }
        let kept = fs_err::read_to_string(path).unwrap_or_default();
        assert!(
            kept == text(),
            "docs/openapi.json is not what the routes say; renew it with \
             `DATAPUNK_RENEW=1 cargo test -p dp-nexus the_copy_in_the_repository`"
        );
    }

    #[test]
    fn every_route_says_what_it_does_and_how_it_fails() {
        let api = document();
        let mut ids = std::collections::BTreeSet::new();
        for (name, operation) in operations(&api) {
            assert!(operation.summary.as_deref().is_some_and(|text| !text.is_empty()), "{name}");
            assert!(operation.responses.responses.contains_key("default"), "{name}");
            let mut statuses = operation.responses.responses.keys();
            assert!(statuses.any(|status| status.starts_with('2') || status == "303"), "{name}");
            for parameter in operation.parameters.iter().flatten() {
                let RefOr::T(parameter) = parameter else { continue };
                assert!(parameter.description.is_some(), "{name}: {}", parameter.name);
            }
            let id = operation.operation_id.clone().unwrap_or_default();
            assert!(!id.is_empty() && ids.insert(id.clone()), "{name}: the id {id:?} is used twice");
        }
    }

    #[test]
    fn every_reference_leads_somewhere() {
        let value: serde_json::Value = serde_json::from_str(text()).unwrap();
        let mut stack = vec![&value];
        while let Some(one) = stack.pop() {
            match one {
                serde_json::Value::Array(items) => stack.extend(items),
                serde_json::Value::Object(fields) => {
                    if let Some(reference) = fields.get("$ref").and_then(|text| text.as_str()) {
                        let pointer = reference.trim_start_matches('#');
                        assert!(value.pointer(pointer).is_some(), "{reference}");
                    }
                    stack.extend(fields.values());
                }
                _ => {}
            }
        }
    }
}
