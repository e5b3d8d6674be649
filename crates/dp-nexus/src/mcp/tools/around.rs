//! What other sources have of the hours around a document.

use super::{Asking, Told, Tool};
use crate::{
    http::Problem,
    mcp::{
        arguments::{digits, read, within},
        shown::Line,
    },
};
use futures::executor::block_on;
use rmcp::{handler::server::tool::schema_for_input, schemars::JsonSchema};
use serde::{Deserialize, Serialize};
use std::fmt::Write as _;

/// Hours before and after.
const HOURS_MAX: usize = 168;
/// Documents of one answer.
const OTHERS_MAX: usize = 50;

pub(super) const TOOL: Tool = Tool {
    name: "around",
    title: "Around a document",
    description: "What other sources have of the hours before and after a document: where the person was, what they \
                  searched, whom they wrote to then. In order of time.",
    schema: schema_for_input::<Parameters>,
    run: |asking, arguments| around(asking, &read(arguments)?),
};

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(crate = "rmcp::schemars")]
struct Parameters {
    /// The document: its uri (`datapunk://document/…`), its id, or the first digits of it, at least 4.
    #[schemars(length(min = 4, max = 100))]
    id: String,
    /// So many hours before and after it.
    #[serde(default = "hours")]
    #[schemars(range(min = 1, max = 168))]
    hours: usize,
    /// At most so many documents, the nearest in time.
    #[serde(default = "limit")]
    #[schemars(range(min = 1, max = 50))]
    limit: usize,
}

fn hours() -> usize {
    3
}

fn limit() -> usize {
    20
}

#[derive(Debug, Serialize)]
struct Answer {
    document: Line,
    others: Vec<Line>,
    has_more: bool,
}

fn around(asking: &Asking<'_>, asked: &Parameters) -> Result<Told, Problem> {
    let hours = within("hours", asked.hours, 1..=HOURS_MAX)? as u32;
    let limit = within("limit", asked.limit, 1..=OTHERS_MAX)?;
    let id = block_on(asking.engine.find(digits(&asked.id)))?;
    let found = block_on(asking.engine.around(id, hours, limit))?;
    let answer = Answer {
        document: Line::of(&found.document),
        others: found.others.iter().map(Line::of).collect(),
        has_more: found.has_more,
    };
    let told = Told::new(&answer, text(&answer), answer.others.len())?;
    Ok(Told { about: Some(id.to_string()), ..told })
}

fn text(answer: &Answer) -> String {
    let mut text = format!("Around {}\n", answer.document.text());
    if answer.others.is_empty() {
        text.push_str("Other sources have nothing of these hours.\n");
    }
    for line in &answer.others {
        // Writing into a string cannot fail.
        let _ = writeln!(text, "  - {}", line.text());
    }
    if answer.has_more {
        text.push_str("There are more; ask for fewer hours or a higher limit.\n");
    }
    text
}
