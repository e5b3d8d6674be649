//! `datapunk search`

use crate::{brain, output::Output, place::Place, words};
use dp_cortex::engine::{Found, Mode, SearchAnswer, SearchRequest};
use dp_lake::{Facet, Sort, etl::HomeClock};
use futures::executor::block_on;
use serde::Serialize;
use std::{io::IsTerminal as _, time::Instant};

/// Characters of a snippet.
const SNIPPET_CHARS: usize = 160;
/// Values of a facet that are shown.
const FACET_VALUES: usize = 8;

#[derive(Debug, clap::Args)]
#[command(
    after_help = "Type words, or a sentence as you would say it: \"that article on sleep and memory I read last spring\".
What holds all the words comes first, then what is near in words or meaning. A typo in a long word is
forgiven, and the last word may be unfinished.
  \"two words\"          next to each other        -word                 without it
  one OR other         ( … ) groups              wor*                  begins with it
  source:google.youtube kind:email                in:LABEL  tag:TAG     has:attachment
  after:2019  before:2019-06-14  during:2019-06..2019-08  on:\"last spring\"
  with:NAME   near:Lisbon within:20km            is:starred            around:ID
Quote a query that holds quotes or a minus, as in 'rye -wheat'; one that begins with a minus goes after --."
)]
pub(crate) struct Arguments {
    /// What to look for
    #[arg(required = true)]
    query: Vec<String>,

    /// At most so many hits
    #[arg(long, default_value_t = 20, value_name = "N")]
    limit: usize,

    /// By words, by meaning, or by both
    #[arg(long, value_enum, default_value_t = ModeBy::Hybrid)]
    mode: ModeBy,

    /// Best match first, or by time: then all words must occur
    #[arg(long, value_enum, default_value_t = SortBy::Relevance)]
    sort: SortBy,

    /// Say for each hit which ranks and scores made it
    #[arg(long)]
    explain: bool,

    /// Count what matches by source, kind, year, person and place
    #[arg(long)]
    facets: bool,

    /// Only documents that hold all the words
    #[arg(long)]
    all_words: bool,

    /// Show near-duplicates one by one
    #[arg(long)]
    unfolded: bool,

    /// Don't compare the best hits once more with a larger model
    #[arg(long)]
    no_rerank: bool,
}

#[derive(Debug, Clone, Copy, clap::ValueEnum)]
enum SortBy {
    Relevance,
    Newest,
    Oldest,
}

#[derive(Debug, Clone, Copy, clap::ValueEnum)]
enum ModeBy {
    Keyword,
    Semantic,
    Hybrid,
}

#[derive(Debug, Serialize)]
struct Answer<'a> {
    hits: Vec<HitView<'a>>,
    total: u64,
    all_words: u64,
    mode: Mode,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    facets: &'a [Facet],
    notices: &'a [String],
    understood: &'a dp_cortex::engine::Understood,
    elapsed_ms: f64,
}

#[derive(Debug, Serialize)]
struct HitView<'a> {
    id: String,
    source: String,
    kind: &'static str,
    title: String,
    snippet: &'a str,
    /// Byte ranges in the snippet.
    highlights: &'a [(usize, usize)],
    /// Byte range in the text.
    #[serde(skip_serializing_if = "Option::is_none")]
    passage: Option<dp_lake::Passage>,
    start: Option<String>,
    end: Option<String>,
    place: Option<String>,
    people: Vec<String>,
    url: Option<String>,
    score: f32,
    like_it: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    explanation: Option<&'a dp_cortex::engine::Explanation>,
}

pub(crate) fn run(place: &Place, arguments: &Arguments, output: &mut Output) -> anyhow::Result<()> {
    let engine = brain::engine(place)?;
    let text = arguments.query.join(" ");
    let request = SearchRequest {
        mode: match arguments.mode {
            ModeBy::Keyword => Mode::Keyword,
            ModeBy::Semantic => Mode::Semantic,
            ModeBy::Hybrid => Mode::Hybrid,
        },
        sort: match arguments.sort {
            SortBy::Relevance => Sort::Relevance,
            SortBy::Newest => Sort::Newest,
            SortBy::Oldest => Sort::Oldest,
        },
        all_words: arguments.all_words,
        limit: arguments.limit,
        snippet_chars: SNIPPET_CHARS,
        facet_values: if arguments.facets { FACET_VALUES } else { 0 },
        fold: !arguments.unfolded,
        rerank: !arguments.no_rerank,
        ..SearchRequest::new(text.clone(), jiff::Zoned::now().date())
    };
    let started = Instant::now();
    let answer = block_on(engine.search(&request))?;
    let elapsed_ms = started.elapsed().as_secs_f64() * 1000.0;
    brain::remember(place, &text);
    if output.json {
        return print_json(&answer, arguments, elapsed_ms, output);
    }
    let mut clock = HomeClock::new(engine.vault().home_zone());
    // On a terminal what matched is set off; a program finds it by itself.
    let (open, close) = if std::io::stdout().is_terminal() { ("«", "»") } else { ("", "") };
    for found in &answer.hits {
        print(found, arguments.explain, (open, close), &mut clock, output)?;
    }
    print_facets(&answer.facets, output)?;
    for notice in &answer.notices {
        output.line(notice)?;
    }
    output.line(summary(&answer, &text, elapsed_ms))
}

/// How many were found, and how.
fn summary(answer: &SearchAnswer, text: &str, elapsed_ms: f64) -> String {
    let shown = answer.hits.len() as u64;
    let folded = answer.hits.iter().map(|hit| hit.like_it.len() as u64).sum::<u64>();
    match (answer.all_words, shown) {
        (_, 0) if answer.total == 0 => {
            format!("Nothing matches {text:?}. Fewer words, or fewer filters, may find more.")
        }
        (0, _) => format!(
            "No document holds all the words; {} near them, in {elapsed_ms:.1} ms",
            words::counted(shown, "hit comes", "hits come")
        ),
        (all_words, _) if shown + folded > all_words => format!(
            "{} in {elapsed_ms:.1} ms; {} all the words",
            words::counted(shown, "hit", "hits"),
            words::counted(all_words, "document holds", "documents hold")
        ),
        _ => format!(
            "{} of {} in {elapsed_ms:.1} ms",
            words::count(shown),
            words::counted(answer.total, "match", "matches")
        ),
    }
}

fn print_json(
    answer: &SearchAnswer,
    arguments: &Arguments,
    elapsed_ms: f64,
    output: &mut Output,
) -> anyhow::Result<()> {
    let hits = answer.hits.iter().map(|found| view(found, arguments.explain)).collect();
    output.value(&Answer {
        hits,
        total: answer.total,
        all_words: answer.all_words,
        mode: answer.mode,
        facets: &answer.facets,
        notices: &answer.notices,
        understood: &answer.understood,
        elapsed_ms,
    })
}

fn view(found: &Found, explain: bool) -> HitView<'_> {
    let content = &found.document.content;
    let place = content.place.as_ref();
    HitView {
        id: found.document.id.to_string(),
        source: content.source.to_string(),
        kind: content.kind.as_str(),
        title: content.title.clone(),
        snippet: &found.snippet.text,
        highlights: &found.snippet.highlights,
        passage: found.passage,
        start: content.time.as_ref().map(dp_lake::text_of_moment),
        end: content.end.as_ref().map(dp_lake::text_of_moment),
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
        score: found.explanation.score,
        like_it: found.like_it.iter().map(ToString::to_string).collect(),
        explanation: explain.then_some(&found.explanation),
    }
}

/// Prints a hit: when, where from and what, with its id; the passage; how many are like it; why.
fn print(
    found: &Found,
    explain: bool,
    (open, close): (&str, &str),
    clock: &mut HomeClock,
    output: &mut Output,
) -> anyhow::Result<()> {
    super::timeline::print(&found.document, clock, output)?;
    let title = words::one_line(&found.document.content.title, usize::MAX);
    let passage = words::one_line(&found.snippet.marked(open, close), SNIPPET_CHARS + 20);
    if !passage.is_empty() && passage.replace(['«', '»'], "") != title {
        output.line(format!("    {passage}"))?;
    }
    if !found.like_it.is_empty() {
        output.line(format!("    and {} like it", words::count(found.like_it.len() as u64)))?;
    }
    if explain {
        output.line(format!("    {}", found.explanation.line()))?;
    }
    output.line("")
}

fn print_facets(facets: &[Facet], output: &mut Output) -> anyhow::Result<()> {
    for facet in facets.iter().filter(|facet| !facet.counts.is_empty()) {
        let counts =
            facet.counts.iter().map(|count| format!("{} ({})", count.value, words::count(count.documents)));
        let line = counts.collect::<Vec<_>>().join(", ");
        output.line(format!("{:<7} {line}", facet.field.as_str()))?;
    }
    if facets.is_empty() { Ok(()) } else { output.line("") }
}
