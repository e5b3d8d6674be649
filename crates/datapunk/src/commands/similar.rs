//! `datapunk similar`

use crate::{output::Output, reading::Reading};
use dp_lake::etl::HomeClock;

#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// The document's id, or its first digits
    id: String,

    /// At most so many
    #[arg(long, default_value_t = 10, value_name = "N")]
    limit: usize,
}

pub(crate) fn run(reading: &dyn Reading, arguments: &Arguments, output: &mut Output) -> anyhow::Result<()> {
    let similar = reading.similar(&arguments.id, arguments.limit)?;
    if output.json {
        return output.value(&similar);
    }
    if similar.is_empty() {
        return output.line("Nothing is near it in meaning.");
    }
    let mut clock = HomeClock::new(&reading.home_zone()?);
    for found in &similar {
        super::timeline::print(&found.document, &mut clock, output)?;
    }
    Ok(())
}
