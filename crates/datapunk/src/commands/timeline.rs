//! `datapunk timeline`

use crate::{output::Output, reading::Reading, words};
use dp_lake::{Cursor, Day, Filter, Order, days_of_text, etl::HomeClock};
use dp_model::{Document, Kind};

#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// First day: 2019, 2019-06 or 2019-06-14
    #[arg(long, value_name = "DAY", value_parser = first_day)]
    from: Option<Day>,

    /// Last day, included
    #[arg(long, value_name = "DAY", value_parser = last_day)]
    to: Option<Day>,

    /// Only this source and those below it, such as google or google.youtube
    #[arg(long)]
    source: Vec<String>,

    /// Only this kind, such as email or visit
    #[arg(long)]
    kind: Vec<Kind>,

    /// At most so many
    #[arg(long, default_value_t = 50, value_name = "N")]
    limit: usize,

    /// Where the page before ended
    #[arg(long)]
    cursor: Option<String>,

    /// Earliest first
    #[arg(long)]
    oldest_first: bool,
}

pub(crate) fn run(reading: &dyn Reading, arguments: &Arguments, output: &mut Output) -> anyhow::Result<()> {
    let filter = Filter {
        sources: arguments.source.clone(),
        kinds: arguments.kind.clone(),
        from: arguments.from,
        until: arguments.to.map(|day| day.saturating_add(1)),
        ..Filter::default()
    };
    let order = if arguments.oldest_first { Order::OldestFirst } else { Order::NewestFirst };
    let cursor = arguments.cursor.clone().map(Cursor);
    let page = reading.documents(&filter, order, cursor.as_ref(), arguments.limit)?;
    if output.json {
        return output.value(&page);
    }
    if page.items.is_empty() {
        return output.line("Nothing in this range.");
    }
    let mut clock = HomeClock::new(&reading.home_zone()?);
    for document in &page.items {
        print(document, &mut clock, output)?;
    }
    match page.next {
        Some(cursor) => output.line(format!("\nMore: add --cursor {}", cursor.0)),
        None => Ok(()),
    }
}

/// Prints a document in one line.
pub(crate) fn print(document: &Document, clock: &mut HomeClock, output: &mut Output) -> anyhow::Result<()> {
    let content = &document.content;
    let time = content.time.as_ref().map_or_else(|| "undated".to_owned(), |time| words::moment(time, clock));
    let mut title = words::one_line(&content.title, 120);
    if title.is_empty() {
        title = words::one_line(content.url.as_deref().unwrap_or(&content.text), 120);
    }
    let id = document.id.to_string();
    output.line(format!(
        "{time:<16}  {:<12} {:<18} {title}  [{}]",
        content.kind.as_str(),
        content.source,
        &id[..8]
    ))
}

/// The first day of a year, a month or a day as written.
fn first_day(text: &str) -> Result<Day, String> {
    days_of_text(text).map(|(first, _)| first)
}

/// The last day of a year, a month or a day as written.
fn last_day(text: &str) -> Result<Day, String> {
    days_of_text(text).map(|(_, last)| last)
}
