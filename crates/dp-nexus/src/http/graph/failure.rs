//! Errors of the query language as all errors are told: with a code of the one table. What a resolver says is a
//! problem already; what the language itself refuses becomes one.

use super::form::GraphqlFailure;
use crate::http::problem::{Code, Problem};
use async_graphql::{PathSegment, Pos, ServerError, parser};
use serde_json::{Value, json};

/// Why a document is not looked at any further, and where, if that is known.
#[derive(Debug)]
pub(super) struct Refused {
    pub(super) problem: Problem,
    locations: Vec<Pos>,
}

impl From<Problem> for Box<Refused> {
    fn from(problem: Problem) -> Self {
        Self::new(Refused { problem, locations: Vec::new() })
    }
}

/// A document that can't be parsed.
impl From<parser::Error> for Box<Refused> {
    fn from(error: parser::Error) -> Self {
        let text = error.to_string();
        // What is drawn around the reason repeats the document.
        let reason = text.rsplit_once("= ").map_or(text.as_str(), |(_, reason)| reason).trim();
        let problem = Problem::new(Code::BadDocument, format!("the document can't be parsed: {reason}"));
        Self::new(Refused { problem: problem.about("query"), locations: error.positions().collect() })
    }
}

impl Refused {
    /// It as it is sent.
    pub(super) fn told(&self) -> GraphqlFailure {
        GraphqlFailure { locations: places(&self.locations), ..of_problem(&self.problem) }
    }
}

fn places(positions: &[Pos]) -> Vec<Value> {
    positions.iter().map(|at| json!({"line": at.line, "column": at.column})).collect()
}

/// The problem that an error is.
pub(super) fn problem_of(error: &ServerError) -> Problem {
    if let Some(problem) = error.source::<Problem>() {
        return problem.clone();
    }
    // Before anything runs the document is wrong; later it is the value of an argument.
    let code = if error.path.is_empty() { Code::BadDocument } else { Code::BadParameter };
    Problem::new(code, error.message.clone())
}

/// An error as it is sent.
pub(super) fn told(error: &ServerError) -> GraphqlFailure {
    let path = error.path.iter().map(|segment| match segment {
        PathSegment::Field(name) => Value::from(name.as_str()),
        PathSegment::Index(index) => Value::from(*index),
    });
    GraphqlFailure {
        locations: places(&error.locations),
        path: path.collect(),
        ..of_problem(&problem_of(error))
    }
}

impl GraphqlFailure {
    /// A problem of the whole request as it is sent.
    pub(super) fn of(problem: &Problem) -> Self {
        of_problem(problem)
    }
}

/// A problem of the whole request as it is sent.
fn of_problem(problem: &Problem) -> GraphqlFailure {
    let view = problem.view("");
    let mut extensions = serde_json::Map::new();
    extensions.insert("code".to_owned(), json!(view.code));
    extensions.insert("whatToDo".to_owned(), json!(view.what_to_do));
    let more = [
        ("parameter", view.parameter.map(Value::from)),
        ("position", view.position.map(Value::from)),
        ("suggestion", view.suggestion.map(Value::from)),
    ];
    extensions.extend(more.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?))));
    GraphqlFailure { message: view.detail, locations: Vec::new(), path: Vec::new(), extensions }
}
