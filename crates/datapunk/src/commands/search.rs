//! `datapunk search`

use crate::{output::Output, place::Place, words};
use dp_lake::{Sort, Vault as _, etl::HomeClock, parse_query, snippet};
use dp_model::Document;
use futures::executor::block_on;
use serde::Serialize;
use std::{io::IsTerminal as _, time::Instant};

/// Characters of a snippet.
const SNIPPET_CHARS: usize = 160;

#[derive(Debug, clap::Args)]
#[command(
    after_help = "Words must all occur; a typo in a long word is forgiven, and the last word may be unfinished.
  \"two words\"          next to each other        -word                 without it
  source:google.youtube kind:email                 in:LABEL  tag:TAG     has:attachment
  after:2019  before:2019-06-14  on:2019-06        is:starred            from:NAME
Quote a query that holds quotes or a minus, as in 'rye -wheat'; one that begins with a minus goes after --."
)]
pub(crate) struct Arguments {
    /// What to look for
    #[arg(required = true)]
    query: Vec<String>,

    /// At most so many hits
    #[arg(long, default_value_t = 20, value_name = "N")]
    limit: usize,

    /// Best match first, or by time
    #[arg(long, value_enum, default_value_t = SortBy::Relevance)]
    sort: SortBy,
}

#[derive(Debug, Clone, Copy, clap::ValueEnum)]
enum SortBy {
    Relevance,
    Newest,
    Oldest,
}

#[derive(Debug, Serialize)]
struct Answer {
    hits: Vec<HitView>,
    total: u64,
    elapsed_ms: f64,
}

#[derive(Debug, Serialize)]
struct HitView {
    id: String,
    source: String,
    kind: &'static str,
    title: String,
    snippet: String,
    start: Option<String>,
    end: Option<String>,
    place: Option<String>,
    people: Vec<String>,
    url: Option<String>,
    score: f32,
}

pub(crate) fn run(place: &Place, arguments: &Arguments, output: &mut Output) -> anyhow::Result<()> {
    let vault = place.read()?;
    let home = HomeClock::new(vault.home_zone());
    let today = jiff::Zoned::now().date();
    let text = arguments.query.join(" ");
    let started = Instant::now();
    let parsed = parse_query(&text, today)?;
    let sort = match arguments.sort {
        SortBy::Relevance => Sort::Relevance,
        SortBy::Newest => Sort::Newest,
        SortBy::Oldest => Sort::Oldest,
    };
    let found = block_on(vault.search().keyword(&parsed.text, &parsed.filter, sort, arguments.limit))?;
    let ids = found.hits.iter().map(|hit| hit.id).collect::<Vec<_>>();
    let documents = block_on(vault.documents().get_many(&ids))?;
    let elapsed_ms = started.elapsed().as_secs_f64() * 1000.0;
    // On a terminal what matched is set off; a program finds it by itself.
    let (open, close) = if !output.json && std::io::stdout().is_terminal() { ("«", "»") } else { ("", "") };
    let mut clock = home;
    let mut hits = Vec::new();
    for (hit, document) in found.hits.iter().zip(documents) {
        let Some(document) = document else { continue };
        let passage = snippet(&document.content, &parsed.text, SNIPPET_CHARS).marked(open, close);
        if output.json {
            hits.push(view(&document, passage, hit.score));
        } else {
            print(&document, &passage, &mut clock, output)?;
        }
    }
    if output.json {
        return output.value(&Answer { hits, total: found.total, elapsed_ms });
    }
    if found.total == 0 {
        return output
            .line(format!("Nothing matches {text:?}. Fewer words, or fewer filters, may find more."));
    }
    output.line(format!(
        "{} of {} in {elapsed_ms:.1} ms",
        words::count(found.hits.len() as u64),
        words::counted(found.total, "match", "matches")
    ))
}

fn view(document: &Document, snippet: String, score: f32) -> HitView {
    let content = &document.content;
    let place = content.place.as_ref();
    HitView {
        id: document.id.to_string(),
        source: content.source.to_string(),
        kind: content.kind.as_str(),
        title: content.title.clone(),
        snippet,
        start: content.time.as_ref().map(words::machine_time),
        end: content.end.as_ref().map(words::machine_time),
        place: place.and_then(|place| place.name.clone().or_else(|| place.address.clone())),
        people: content
            .people
            .iter()
            .filter_map(|mention| {
                mention
                    .name
                    .clone()
                    .or_else(|| mention.identity.as_ref().map(|identity| identity.value.clone()))
            })
            .collect(),
        url: content.url.clone(),
        score,
    }
}

/// Prints a document in three lines: when, where from and what; the passage; its id.
fn print(
    document: &Document,
    passage: &str,
    clock: &mut HomeClock,
    output: &mut Output,
) -> anyhow::Result<()> {
    super::timeline::print(document, clock, output)?;
    let title = words::one_line(&document.content.title, usize::MAX);
    let passage = words::one_line(passage, SNIPPET_CHARS + 20);
    if !passage.is_empty() && passage.replace(['«', '»'], "") != title {
        output.line(format!("    {passage}"))?;
    }
    output.line("")
}
