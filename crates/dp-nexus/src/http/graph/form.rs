//! What is sent to `/api/graphql` and what is answered, as the protocol has it.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::{IntoParams, ToSchema};

/// A document of GraphQL with its variables.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
#[schema(as = GraphqlForm)]
pub(in crate::http) struct GraphqlForm {
    /// The document. May be left out where its hash is known.
    pub(super) query: Option<String>,
    /// Which of its operations is meant, if there are several.
    pub(super) operation_name: Option<String>,
    /// Values of its variables by name.
    #[schema(value_type = Option<Object>)]
    pub(super) variables: Option<Map<String, Value>>,
    /// `persistedQuery` with `version` 1 and `sha256Hash`: the SHA-256 of the document. Other extensions are
    /// passed over.
    #[schema(value_type = Option<Object>)]
    pub(super) extensions: Option<Extensions>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct Extensions {
    pub(super) persisted_query: Option<Hash>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Hash {
    pub(super) version: u32,
    pub(super) sha256_hash: String,
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
#[into_params(parameter_in = Query, rename_all = "camelCase")]
pub(in crate::http) struct Parameters {
    /// The document: a query, for changes are posted. May be left out where its hash is known.
    pub(super) query: Option<String>,
    /// Which of its operations is meant, if there are several.
    pub(super) operation_name: Option<String>,
    /// Values of its variables by name, as a JSON object.
    pub(super) variables: Option<String>,
    /// As in the body of `POST`, as a JSON object.
    pub(super) extensions: Option<String>,
    /// For a WebSocket: a ticket of `POST /api/v1/events/ticket`, for pages that can't send headers.
    #[serde(rename = "ticket")]
    _ticket: Option<String>,
}

/// What came of a document.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = GraphqlAnswer)]
pub(in crate::http) struct GraphqlAnswer {
    /// What was asked for, by name; not there if nothing was done, null where all of it failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    pub(super) data: Option<Value>,
    /// What went wrong.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) errors: Vec<GraphqlFailure>,
}

/// Something that went wrong.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = GraphqlFailure)]
pub(in crate::http) struct GraphqlFailure {
    /// What is wrong this time.
    pub(super) message: String,
    /// Lines and columns of the document, both counted from 1.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(value_type = Vec<Object>)]
    pub(super) locations: Vec<Value>,
    /// Names and indices that lead to the field in `data` that is null for it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(value_type = Vec<Value>)]
    pub(super) path: Vec<Value>,
    /// `code`, `whatToDo`, and where they help `parameter`, `position` and `suggestion`, as problems have them.
    #[schema(value_type = Object)]
    pub(super) extensions: Map<String, Value>,
}
