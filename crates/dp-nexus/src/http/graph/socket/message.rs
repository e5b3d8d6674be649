//! The messages of the protocol `graphql-transport-ws`.

use crate::http::graph::form::{GraphqlAnswer, GraphqlFailure, GraphqlForm};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// What the other end says.
#[derive(Debug, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(super) enum Incoming {
    /// Hello, and who it is.
    ConnectionInit { payload: Option<Value> },
    /// What it asks or wants to follow.
    Subscribe { id: String, payload: GraphqlForm },
    /// It wants no more of that.
    Complete { id: String },
    /// Are you there?
    Ping {},
    /// Yes.
    Pong {},
}

/// What is said to the other end.
#[derive(Debug, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(super) enum Outgoing {
    /// Hello.
    #[serde(rename = "connection_ack")]
    Ack,
    /// An answer.
    Next { id: String, payload: GraphqlAnswer },
    /// What was asked is not done.
    Error { id: String, payload: Vec<GraphqlFailure> },
    /// That was all.
    Complete { id: String },
    /// Yes.
    Pong,
}
