//! `datapunk search`

use crate::{output::Output, reading::Reading, words};
use anyhow::Context as _;
use dp_cortex::engine::{Mode, SearchRequest};
use dp_lake::{Facet, Snippet, Sort, etl::HomeClock};
use dp_nexus::http::{Besides, Hit, SearchAnswer};
use std::io::IsTerminal as _;

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

pub(crate) fn run(reading: &dyn Reading, arguments: &Arguments, output: &mut Output) -> anyhow::Result<()> {
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
    let besides = Besides { explanation: arguments.explain, document: !output.json };
    let answer = reading.search(&request, besides)?;
    if output.json {
        return output.value(&answer);
    }
    let mut clock = HomeClock::new(&reading.home_zone()?);
    // On a terminal what matched is set off; a program finds it by itself.
    let (open, close) = if std::io::stdout().is_terminal() { ("«", "»") } else { ("", "") };
    for hit in &answer.hits {
        print(hit, (open, close), &mut clock, output)?;
    }
    print_facets(&answer.facets, output)?;
    for notice in &answer.notices {
        output.line(notice)?;
    }
    output.line(summary(&answer, &text))
}

/// How many were found, and how.
fn summary(answer: &SearchAnswer, text: &str) -> String {
    let elapsed_ms = answer.elapsed_ms;
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

/// Prints a hit: when, where from and what, with its id; the passage; how many are like it; why.
fn print(
    hit: &Hit,
    (open, close): (&str, &str),
    clock: &mut HomeClock,
    output: &mut Output,
) -> anyhow::Result<()> {
    let document = hit.document.as_ref().context("a hit came without its document")?;
    super::timeline::print(document, clock, output)?;
    let title = words::one_line(&document.content.title, usize::MAX);
    let snippet = Snippet { text: hit.snippet.clone(), highlights: hit.highlights.clone() };
    let passage = words::one_line(&snippet.marked(open, close), SNIPPET_CHARS + 20);
    if !passage.is_empty() && passage.replace(['«', '»'], "") != title {
        output.line(format!("    {passage}"))?;
    }
    if !hit.like_it.is_empty() {
        output.line(format!("    and {} like it", words::count(hit.like_it.len() as u64)))?;
    }
    if let Some(explanation) = &hit.explanation {
        output.line(format!("    {}", explanation.line()))?;
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
