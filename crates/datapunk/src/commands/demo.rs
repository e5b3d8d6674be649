//! `datapunk demo`

use super::import;
use crate::{
    brain,
    output::{Output, say},
    place::Place,
};
use dp_cortex::engine::SearchRequest;
use dp_lifegen::Life;
use futures::executor::block_on;
use std::{path::PathBuf, process::ExitCode};

/// Searches that are printed with their answers.
const SEARCHES: usize = 3;

#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// Which made-up life: the same number gives the same one
    #[arg(long, default_value_t = Life::default().seed, value_name = "N")]
    seed: u64,

    /// How many years of it
    #[arg(long, default_value_t = Life::default().years, value_name = "N")]
    years: u32,

    /// How much of everything: 1 is a busy life, 0.01 a quick look
    #[arg(long, default_value_t = Life::default().scale, value_name = "F")]
    scale: f64,
}

pub(crate) fn run(place: &Place, arguments: &Arguments, output: &mut Output) -> anyhow::Result<ExitCode> {
    let life =
        Life { seed: arguments.seed, years: arguments.years, scale: arguments.scale, ..Life::default() };
    let exports = place.directory.join("demo-exports");
    let quiet = output.json;
    if !quiet {
        say(&format!("Making up {} years of a life in {}", life.years, exports.display()));
    }
    let answers = dp_lifegen::write(&life, &exports, &mut |_| {})?;
    let paths: Vec<PathBuf> = answers
        .exports
        .iter()
        .flat_map(|export| export.parts.iter().map(|part| exports.join(part)))
        .collect();
    let report = import::import(place, &paths, false, quiet)?;
    if output.json {
        output.value(&report)?;
        return Ok(ExitCode::SUCCESS);
    }
    import::print(&report, output)?;
    let engine = brain::engine(place)?;
    let today = jiff::Zoned::now().date();
    output.line("\nTry these:")?;
    // The first is asked for by its meaning, in other words than it has; a program without a model
    // shows one more of the others.
    let by_meaning = answers.inquiries.iter().take(1).map(|inquiry| inquiry.text.as_str());
    let by_words = answers.questions.iter().map(|question| question.query.as_str());
    let mut clock = dp_lake::etl::HomeClock::new(engine.vault().home_zone());
    let mut shown = 0;
    for query in by_meaning.chain(by_words) {
        let request = SearchRequest { limit: 1, ..SearchRequest::new(query, today) };
        let found = block_on(engine.search(&request))?;
        let Some(hit) = found.hits.first() else { continue };
        let directory = place.directory.display();
        output.line(format!("\n  datapunk search --data-dir {directory} {query:?}"))?;
        output.line("  finds")?;
        super::timeline::print(&hit.document, &mut clock, output)?;
        shown += 1;
        if shown == SEARCHES {
            break;
        }
    }
    Ok(ExitCode::SUCCESS)
}
