//! `datapunk demo`

use super::import;
use crate::{
    output::{Output, say},
    place::Place,
};
use dp_cortex::query::parse_query;
use dp_lake::{Sort, Vault as _};
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
    let vault = place.read()?;
    let today = jiff::Zoned::now().date();
    output.line("\nTry these:")?;
    for question in answers.questions.iter().take(SEARCHES) {
        let parsed = parse_query(&question.query, today)?;
        let found = block_on(vault.search().keyword(&parsed.text, &parsed.filter, Sort::Relevance, 1))?;
        output.line(format!(
            "\n  datapunk search --data-dir {} {:?}",
            place.directory.display(),
            question.query
        ))?;
        for hit in &found.hits {
            if let Some(found) = block_on(vault.documents().get(hit.id))? {
                let mut clock = dp_lake::etl::HomeClock::new(vault.home_zone());
                output.line("  finds")?;
                super::timeline::print(&found.document, &mut clock, output)?;
            }
        }
    }
    Ok(ExitCode::SUCCESS)
}
