//! `datapunk stats`

use crate::{output::Output, place::Place, words};
use dp_lake::{DayCount, Dimension, HistogramQuery, SeriesInfo, Top, Vault as _, date_of_day};
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
    let mut statistics = sum(&counts, arguments.top);
    let top = |dimension| block_on(vault.documents().top(dimension, arguments.top));
    statistics.channels = top(Dimension::Channel)?;
    statistics.sites = top(Dimension::Site)?;
    statistics.people = top(Dimension::Person)?;
    statistics.places = top(Dimension::Place)?;
    statistics.series = block_on(vault.series().list())?;
    if output.json { output.value(&statistics) } else { print(&statistics, output) }
}

fn sum(counts: &[DayCount], top: usize) -> Statistics {
    let mut statistics = Statistics::default();
    let mut days: BTreeMap<dp_lake::Day, u64> = BTreeMap::new();
    for count in counts {
        statistics.documents += count.count;
        *statistics.sources.entry(count.source.to_string()).or_default() += count.count;
        *statistics.kinds.entry(count.kind.as_str()).or_default() += count.count;
        match count.day {
            Some(day) => {
                *days.entry(day).or_default() += count.count;
                *statistics.years.entry(date_of_day(day).year()).or_default() += count.count;
            }
            None => statistics.undated += count.count,
        }
    }
    let mut busiest = days.into_iter().collect::<Vec<_>>();
    busiest.sort_by_key(|&(day, count)| (std::cmp::Reverse(count), day));
    busiest.truncate(top);
    statistics.busiest_days =
        busiest.into_iter().map(|(day, count)| Busy { day: words::day(day), count }).collect();
    statistics
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
