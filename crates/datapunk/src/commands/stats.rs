//! `datapunk stats`

use crate::{output::Output, place::Place, words};
use dp_lake::{Dimension, HistogramQuery, SeriesInfo, Top, Totals, Vault as _};
use futures::executor::block_on;
use serde::Serialize;
use std::collections::BTreeMap;

#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// Lines of each top list
    #[arg(long, default_value_t = 10, value_name = "N")]
    top: usize,
}

#[derive(Debug, Default, Serialize)]
struct Statistics {
    documents: u64,
    undated: u64,
    sources: BTreeMap<String, u64>,
    kinds: BTreeMap<&'static str, u64>,
    years: BTreeMap<i16, u64>,
    busiest_days: Vec<Busy>,
    channels: Vec<Top>,
    sites: Vec<Top>,
    people: Vec<Top>,
    places: Vec<Top>,
    series: Vec<SeriesInfo>,
}

#[derive(Debug, Serialize)]
struct Busy {
    day: String,
    count: u64,
}

pub(crate) fn run(place: &Place, arguments: &Arguments, output: &mut Output) -> anyhow::Result<()> {
    let vault = place.read()?;
    let counts = block_on(vault.documents().histogram(&HistogramQuery::default()))?;
    let mut statistics = counted(Totals::of(&counts), arguments.top);
    let top = |dimension| block_on(vault.documents().top(dimension, arguments.top));
    statistics.channels = top(Dimension::Channel)?;
    statistics.sites = top(Dimension::Site)?;
    statistics.people = top(Dimension::Person)?;
    statistics.places = top(Dimension::Place)?;
    statistics.series = block_on(vault.series().list())?;
    if output.json { output.value(&statistics) } else { print(&statistics, output) }
}

fn counted(totals: Totals, top: usize) -> Statistics {
    let busiest = totals.busiest_days(top).into_iter();
    Statistics {
        documents: totals.documents,
        undated: totals.undated,
        busiest_days: busiest.map(|(day, count)| Busy { day: words::day(day), count }).collect(),
        sources: totals.sources,
        kinds: totals.kinds,
        years: totals.years,
        ..Statistics::default()
    }
}

fn print(statistics: &Statistics, output: &mut Output) -> anyhow::Result<()> {
    output.line(words::counted(statistics.documents, "document", "documents"))?;
    for series in &statistics.series {
        output.line(format!(
            "{} in the series {}",
            words::counted(series.count, "sample", "samples"),
            series.series
        ))?;
    }
    let sources = statistics.sources.iter().map(|(name, count)| (name.clone(), *count));
    list("sources", sources, output)?;
    list("kinds", statistics.kinds.iter().map(|(name, count)| ((*name).to_owned(), *count)), output)?;
    let undated = (statistics.undated > 0).then(|| ("undated".to_owned(), statistics.undated));
    let years = statistics.years.iter().map(|(year, count)| (year.to_string(), *count));
    list("years", years.chain(undated), output)?;
    list("busiest days", statistics.busiest_days.iter().map(|day| (day.day.clone(), day.count)), output)?;
    let tops = [
        ("top channels", &statistics.channels),
        ("top sites", &statistics.sites),
        ("top people", &statistics.people),
        ("top places", &statistics.places),
    ];
    for (name, lines) in tops {
        list(name, lines.iter().map(|line| (line.name.clone(), line.count)), output)?;
    }
    Ok(())
}

fn list(name: &str, lines: impl Iterator<Item = (String, u64)>, output: &mut Output) -> anyhow::Result<()> {
    let mut lines = lines.peekable();
    if lines.peek().is_none() {
        return Ok(());
    }
    output.line(format!("\n{name}"))?;
    for (name, count) in lines {
        output.line(format!("{:>12}  {}", words::count(count), words::one_line(&name, 80)))?;
    }
    Ok(())
}
