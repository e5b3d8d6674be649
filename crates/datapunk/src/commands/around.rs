//! `datapunk around`

use crate::{output::Output, reading::Reading, words};
use dp_lake::etl::HomeClock;

#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// The document's id, or its first digits
    id: String,

    /// So many hours before and after it
    #[arg(long, default_value_t = 3, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=8760))]
    hours: u32,

    /// At most so many, the nearest in time
    #[arg(long, default_value_t = 20, value_name = "N")]
    limit: usize,
}

pub(crate) fn run(reading: &dyn Reading, arguments: &Arguments, output: &mut Output) -> anyhow::Result<()> {
    let around = reading.around(&arguments.id, arguments.hours, arguments.limit)?;
    if output.json {
        return output.value(&around);
    }
    let mut clock = HomeClock::new(&reading.home_zone()?);
    super::timeline::print(&around.document, &mut clock, output)?;
    output.line("")?;
    let hours = words::counted(u64::from(arguments.hours), "hour", "hours");
    if around.others.is_empty() {
        return output.line(format!("No other source has anything within {hours} of it."));
    }
    output.line(format!("From other sources, within {hours}:"))?;
    for other in &around.others {
        super::timeline::print(other, &mut clock, output)?;
    }
    if around.has_more {
        output.line("There is more; --limit shows it.")?;
    }
    Ok(())
}
