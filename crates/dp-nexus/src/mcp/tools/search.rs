//! Finds documents by words and by meaning.

use super::{Asking, Told, Tool};
use crate::{
    http::Problem,
    mcp::{
        arguments::{read, within},
        shown::{Line, documents, one_line},
    },
};
use dp_cortex::engine::{Found, Mode, SearchRequest};
use dp_lake::Sort;
use futures::executor::block_on;
use rmcp::{
    handler::server::tool::schema_for_input,
    schemars::{JsonSchema, Schema, SchemaGenerator, json_schema},
};
use serde::{Deserialize, Serialize};
use std::fmt::Write as _;

/// Hits of one answer.
const HITS_MAX: usize = 50;
/// Characters of the passage that matched.
const SNIPPET_CHARS: usize = 300;

pub(super) const TOOL: Tool = Tool {
    name: "search",
    title: "Search",
    description: "Finds documents of the person's own life (mails, notes, searches, watched videos, visited pages and \
                  places, events, messages) by words and by meaning. Returns short hits with a uri, a date and a source; \
                  `get` reads one whole. Say in an answer which documents it rests on, by uri and date.",
    schema: schema_for_input::<Parameters>,
    run: |asking, arguments| search(asking, read(arguments)?),
};

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(crate = "rmcp::schemars")]
struct Parameters {
    /// Words or a sentence, with filters where they help: `kind:email`, `source:google.mail`, `with:Ada` (a person),
    /// `after:2019-03`, `before:2020`, `on:2019-06-14`, `during:2019-06..2019-08`, `near:Lisbon`, `in:Label`, `has:attachment`,
    /// `"an exact phrase"`, `-without`, `this OR that`. Example: `sourdough recipe kind:note,email after:2019`.
    #[schemars(length(min = 1, max = 4096))]
    query: String,
    /// By words alone (`keyword`), by meaning alone (`semantic`), or by both.
    #[serde(default)]
    #[schemars(schema_with = "mode")]
    mode: Mode,
    /// Best match first, or by time; by time only documents that hold all the words are found.
    #[serde(default)]
    #[schemars(schema_with = "sort")]
    sort: Sort,
    /// At most so many hits.
    #[serde(default = "limit")]
    #[schemars(range(min = 1, max = 50))]
    limit: usize,
}

fn limit() -> usize {
    10
}

fn mode(_: &mut SchemaGenerator) -> Schema {
    json_schema!({ "type": "string", "enum": ["hybrid", "keyword", "semantic"] })
}

fn sort(_: &mut SchemaGenerator) -> Schema {
    json_schema!({ "type": "string", "enum": ["relevance", "newest", "oldest"] })
}

#[derive(Debug, Serialize)]
struct Answer {
    hits: Vec<Hit>,
    /// Documents that were found, shown or not.
    total: u64,
    mode: Mode,
    notices: Vec<String>,
}

#[derive(Debug, Serialize)]
struct Hit {
    #[serde(flatten)]
    line: Line,
    /// The passage that matched.
    #[serde(skip_serializing_if = "String::is_empty")]
    passage: String,
    /// Documents that say nearly the same.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    like_it: Vec<String>,
}

fn search(asking: &Asking<'_>, asked: Parameters) -> Result<Told, Problem> {
    let request = SearchRequest {
        mode: asked.mode,
        sort: asked.sort,
        limit: within("limit", asked.limit, 1..=HITS_MAX)?,
        snippet_chars: SNIPPET_CHARS,
        ..SearchRequest::new(asked.query, asking.today)
    };
    let found = block_on(asking.engine.search(&request))?;
    let answer = Answer {
        hits: found.hits.into_iter().map(hit).collect(),
        total: found.total,
        mode: found.mode,
        notices: found.notices,
    };
    Told::new(&answer, text(&answer), answer.hits.len())
}

fn hit(found: Found) -> Hit {
    let like_it = found.like_it.iter().take(HITS_MAX).map(ToString::to_string).collect();
    Hit {
        line: Line::of(&found.document),
        passage: one_line(&found.snippet.text, 2 * SNIPPET_CHARS),
        like_it,
    }
}

fn text(answer: &Answer) -> String {
    let mut text = match answer.hits.len() {
        0 => "Nothing was found. Other words, fewer filters or a sentence may find more.\n".to_owned(),
        shown => format!("{shown} of {} found:\n", documents(answer.total)),
    };
    for (index, hit) in answer.hits.iter().enumerate() {
        // Writing into a string cannot fail.
        let _ = writeln!(text, "{}. {}", index + 1, hit.line.text());
        if hit.line.is_more(&hit.passage) {
            let _ = writeln!(text, "   {}", hit.passage);
        }
    }
    for notice in &answer.notices {
        let _ = writeln!(text, "Note: {notice}");
    }
    text
}
