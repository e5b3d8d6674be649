//! `datapunk onthisday`

use crate::{output::Output, reading::Reading, words};
use dp_lake::etl::HomeClock;
use jiff::civil::Date;

#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// The day, as 2024-06-14 or 06-14 [default: today]
    #[arg(value_parser = day)]
    date: Option<Date>,

    /// At most so many of each year
    #[arg(long, default_value_t = 5, value_name = "N")]
    limit: usize,
}

pub(crate) fn run(reading: &dyn Reading, arguments: &Arguments, output: &mut Output) -> anyhow::Result<()> {
    let date = arguments.date.unwrap_or_else(|| jiff::Zoned::now().date());
    let years = reading.on_this_day(date, arguments.limit)?;
    if output.json {
        return output.value(&years);
    }
    if years.is_empty() {
        return output.line(format!("Nothing is known of {} in other years.", date.strftime("%-d %B")));
    }
    let mut clock = HomeClock::new(&reading.home_zone()?);
    for year in &years {
        let count = words::counted(year.total, "document", "documents");
        output.line(format!("{}: {count}", year.date.strftime("%A, %-d %B %Y")))?;
        for document in &year.documents {
            super::timeline::print(document, &mut clock, output)?;
        }
        output.line("")?;
    }
    Ok(())
}

/// A date, or a month and a day of this year.
fn day(text: &str) -> Result<Date, String> {
    let whole = if text.len() == 5 { format!("2024-{text}") } else { text.to_owned() };
    whole.parse().map_err(|_| format!("{text:?} is no day; write 2024-06-14 or 06-14"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_is_read_with_and_without_a_year() {
        assert_eq!(day("2019-06-14"), Ok(jiff::civil::date(2019, 6, 14)));
        assert_eq!(day("02-29"), Ok(jiff::civil::date(2024, 2, 29)));
        assert!(day("02-30").is_err() && day("soon").is_err());
    }
}
