//! A life in numbers.

use super::{Asking, Told, Tool};
use crate::{
    http::{
        Problem,
        routes::stats::{Statistics, statistics},
    },
    mcp::{
        arguments::{read, within},
        shown::{documents, one_line},
    },
};
use dp_lake::Top;
use rmcp::{handler::server::tool::schema_for_input, schemars::JsonSchema};
use serde::Deserialize;
use std::fmt::{Display, Write as _};

/// Lines of each top list.
const TOP_MAX: usize = 50;
/// Characters of a name.
const NAME_CHARS: usize = 120;

pub(super) const TOOL: Tool = Tool {
    name: "stats",
    title: "Statistics",
    description: "Counts what there is: documents by source, kind and year, the busiest days, and the people, places, sites \
                  and channels that occur most. A good first call: it says which sources and years there are to ask about.",
    schema: schema_for_input::<Parameters>,
    run: |asking, arguments| stats(asking, &read(arguments)?),
};

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(crate = "rmcp::schemars")]
struct Parameters {
    /// Lines of each top list.
    #[serde(default = "top")]
    #[schemars(range(min = 1, max = 50))]
    top: usize,
}

fn top() -> usize {
    10
}

fn stats(asking: &Asking<'_>, asked: &Parameters) -> Result<Told, Problem> {
    let statistics = statistics(asking.engine, within("top", asked.top, 1..=TOP_MAX)?)?;
    Told::new(&statistics, text(&statistics), 0)
}

fn text(statistics: &Statistics) -> String {
    let mut text = format!("{}, {} undated.\n", documents(statistics.documents), statistics.undated);
    let mut list = |name: &str, items: Vec<String>| {
        if !items.is_empty() {
            // Writing into a string cannot fail.
            let _ = writeln!(text, "{name}: {}", items.join(", "));
        }
    };
    fn counted<N: Display>((name, count): (N, &u64)) -> String {
        format!("{name} {count}")
    }
    let named = |top: &[Top]| {
        top.iter().map(|one| format!("{} {}", one_line(&one.name, NAME_CHARS), one.count)).collect()
    };
    list("by source", statistics.sources.iter().map(counted).collect());
    list("by kind", statistics.kinds.iter().map(counted).collect());
    list("by year", statistics.years.iter().map(counted).collect());
    let busiest = statistics.busiest_days.iter().map(|day| format!("{} {}", day.day, day.count));
    list("busiest days", busiest.collect());
    list("people", named(&statistics.people));
    list("places", named(&statistics.places));
    list("sites", named(&statistics.sites));
    list("channels", named(&statistics.channels));
    let series = statistics.series.iter().map(|series| format!("{} {}", series.series, series.count));
    list("series of readings", series.collect());
    text
}
