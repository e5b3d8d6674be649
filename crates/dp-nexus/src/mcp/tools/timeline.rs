//! Days with what they hold.

use super::{Asking, Told, Tool};
use crate::{
    http::{
        Problem,
        routes::timeline::{TimelineDay, Wanted, page},
    },
    mcp::{
        arguments::{day_past, first_day, kinds, order, read, within},
        shown::{Line, documents},
    },
};
use dp_lake::Order;
use dp_model::Kind;
use rmcp::{handler::server::tool::schema_for_input, schemars::JsonSchema};
use serde::{Deserialize, Serialize};
use std::fmt::Write as _;

/// Days of one answer.
const DAYS_MAX: usize = 31;
/// Documents shown of one day.
const SHOWN_MAX: usize = 10;
/// Groups of one day that are named.
const GROUPS_MAX: usize = 20;

pub(super) const TOOL: Tool = Tool {
    name: "timeline",
    title: "Timeline",
    description: "Lists days with how many documents of each source and kind they hold, and some of them. For what \
                  happened on a day or in a period. Days without documents are left out.",
    schema: schema_for_input::<Parameters>,
    run: |asking, arguments| timeline(asking, read(arguments)?),
};

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(crate = "rmcp::schemars")]
struct Parameters {
    /// First day: `2019`, `2019-06` or `2019-06-14`.
    #[serde(default)]
    #[schemars(with = "String")]
    from: Option<String>,
    /// Last day, included, written likewise.
    #[serde(default)]
    #[schemars(with = "String")]
    to: Option<String>,
    /// Only these sources and those below them: `google.youtube`, or `google` for all of Google.
    #[serde(default)]
    sources: Vec<String>,
    /// Only these kinds.
    #[serde(default)]
    #[schemars(schema_with = "kinds")]
    kinds: Vec<Kind>,
    /// Latest or earliest day first.
    #[serde(default)]
    #[schemars(schema_with = "order")]
    order: Order,
    /// At most so many days.
    #[serde(default = "days")]
    #[schemars(range(min = 1, max = 31))]
    days: usize,
    /// Documents shown of each day.
    #[serde(default = "shown")]
    #[schemars(range(min = 0, max = 10))]
    shown: usize,
    /// `next` of the answer before.
    #[serde(default)]
    #[schemars(with = "String")]
    cursor: Option<String>,
}

fn days() -> usize {
    7
}

fn shown() -> usize {
    3
}

#[derive(Debug, Serialize)]
struct Answer {
    days: Vec<DayTold>,
    /// `cursor` of the next page.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<String>,
}

#[derive(Debug, Serialize)]
struct DayTold {
    date: String,
    /// Its documents.
    total: u64,
    groups: Vec<GroupTold>,
    shown: Vec<Line>,
}

#[derive(Debug, Serialize)]
struct GroupTold {
    source: String,
    kind: &'static str,
    count: u64,
}

fn timeline(asking: &Asking<'_>, asked: Parameters) -> Result<Told, Problem> {
    let wanted = Wanted {
        from: first_day("from", asked.from.as_deref())?,
        until: day_past("to", asked.to.as_deref())?,
        sources: asked.sources,
        kinds: asked.kinds,
        order: asked.order,
        limit: within("days", asked.days, 1..=DAYS_MAX)?,
        highlights: within("shown", asked.shown, 0..=SHOWN_MAX)?,
        cursor: asked.cursor,
    };
    let page = page(asking.engine, wanted)?;
    let answer = Answer { days: page.items.into_iter().map(told).collect(), next: page.next };
    let count = answer.days.iter().map(|day| day.shown.len()).sum();
    Told::new(&answer, text(&answer), count)
}

fn told(day: TimelineDay) -> DayTold {
    let groups = day.groups.into_iter().take(GROUPS_MAX);
    let groups =
        groups.map(|group| GroupTold { source: group.source, kind: group.kind.as_str(), count: group.count });
    DayTold {
        date: day.date,
        total: day.total,
        groups: groups.collect(),
        shown: day.highlights.iter().map(Line::of).collect(),
    }
}

fn text(answer: &Answer) -> String {
    let mut text = String::new();
    if answer.days.is_empty() {
        text.push_str("No day of this range has documents.\n");
    }
    for day in &answer.days {
        let groups =
            day.groups.iter().map(|group| format!("{} {} {}", group.count, group.source, group.kind));
        // Writing into a string cannot fail.
        let _ = writeln!(
            text,
            "{}: {} ({})",
            day.date,
            documents(day.total),
            groups.collect::<Vec<_>>().join(", ")
        );
        for line in &day.shown {
            let _ = writeln!(text, "  - {}", line.text());
        }
    }
    if let Some(next) = &answer.next {
        let _ = writeln!(text, "There are more days: call timeline again with cursor {next:?}.");
    }
    text
}
