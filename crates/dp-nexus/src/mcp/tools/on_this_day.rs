//! What happened on a day in other years.

use super::{Asking, Told, Tool};
use crate::{
    http::{Problem, words},
    mcp::{
        arguments::{read, within},
        shown::{Line, documents},
    },
};
use futures::executor::block_on;
use rmcp::{handler::server::tool::schema_for_input, schemars::JsonSchema};
use serde::{Deserialize, Serialize};
use std::fmt::Write as _;

/// Documents of one year.
const OF_A_YEAR_MAX: usize = 10;

pub(super) const TOOL: Tool = Tool {
    name: "on_this_day",
    title: "On this day",
    description: "What happened on a day of the year in other years, latest year first: some documents of each, different \
                  in kind where they can be.",
    schema: schema_for_input::<Parameters>,
    run: |asking, arguments| on_this_day(asking, &read(arguments)?),
};

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(crate = "rmcp::schemars")]
struct Parameters {
    /// The day, as `2024-06-14` or `06-14`; today if it is left out.
    #[serde(default)]
    #[schemars(with = "String")]
    date: Option<String>,
    /// At most so many documents of each year.
    #[serde(default = "limit")]
    #[schemars(range(min = 1, max = 10))]
    limit: usize,
}

fn limit() -> usize {
    5
}

#[derive(Debug, Serialize)]
struct Answer {
    years: Vec<Year>,
}

#[derive(Debug, Serialize)]
struct Year {
    date: String,
    /// Documents of that day.
    total: u64,
    shown: Vec<Line>,
}

fn on_this_day(asking: &Asking<'_>, asked: &Parameters) -> Result<Told, Problem> {
    let limit = within("limit", asked.limit, 1..=OF_A_YEAR_MAX)?;
    let date = asked.date.as_deref().map(words::date).transpose();
    let date = date.map_err(|wrong| Problem::parameter("date", format!("date: {wrong}")))?;
    let years = block_on(asking.engine.on_this_day(date.unwrap_or(asking.today), limit))?.into_iter();
    let years = years.map(|year| Year {
        date: year.date.to_string(),
        total: year.total,
        shown: year.documents.iter().map(Line::of).collect(),
    });
    let answer = Answer { years: years.collect() };
    let count = answer.years.iter().map(|year| year.shown.len()).sum();
    Told::new(&answer, text(&answer), count)
}

fn text(answer: &Answer) -> String {
    let mut text = String::new();
    if answer.years.is_empty() {
        text.push_str("No other year has documents of this day.\n");
    }
    for year in &answer.years {
        // Writing into a string cannot fail.
        let _ = writeln!(text, "{}: {}", year.date, documents(year.total));
        for line in &year.shown {
            let _ = writeln!(text, "  - {}", line.text());
        }
    }
    text
}
