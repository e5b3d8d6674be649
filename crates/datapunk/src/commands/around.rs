//! `datapunk around`

use crate::{brain, output::Output, place::Place, words};
use dp_lake::etl::HomeClock;
use futures::executor::block_on;
use serde::Serialize;

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

#[derive(Serialize)]
struct View<'a> {
    document: &'a dp_model::Document,
    others: &'a [dp_model::Document],
    has_more: bool,
}

pub(crate) fn run(place: &Place, arguments: &Arguments, output: &mut Output) -> anyhow::Result<()> {
    let engine = brain::engine(place)?;
    let id = block_on(engine.find(&arguments.id))?;
    let around = block_on(engine.around(id, arguments.hours, arguments.limit))?;
    if output.json {
        let (document, others) = (&around.document, around.others.as_slice());
        return output.value(&View { document, others, has_more: around.has_more });
    }
    let mut clock = HomeClock::new(engine.vault().home_zone());
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
