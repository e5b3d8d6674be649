//! `datapunk stats`

use crate::{output::Output, reading::Reading, words};
use dp_nexus::http::Statistics;

#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// Lines of each top list
    #[arg(long, default_value_t = 10, value_name = "N")]
    top: usize,
}

pub(crate) fn run(reading: &dyn Reading, arguments: &Arguments, output: &mut Output) -> anyhow::Result<()> {
    let statistics = reading.statistics(arguments.top)?;
    if output.json { output.value(&statistics) } else { print(&statistics, output) }
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
    list("kinds", statistics.kinds.iter().map(|(name, count)| (name.clone(), *count)), output)?;
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
