//! `datapunk similar`

use crate::{brain, output::Output, place::Place};
use dp_lake::etl::HomeClock;
use futures::executor::block_on;
use serde::Serialize;

#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// The document's id, or its first digits
    id: String,

    /// At most so many
    #[arg(long, default_value_t = 10, value_name = "N")]
    limit: usize,
}

#[derive(Serialize)]
struct View<'a> {
    similarity: f32,
    #[serde(flatten)]
    document: &'a dp_model::Document,
}

pub(crate) fn run(place: &Place, arguments: &Arguments, output: &mut Output) -> anyhow::Result<()> {
    let engine = brain::engine(place)?;
    let id = block_on(engine.find(&arguments.id))?;
    let similar = block_on(engine.similar(id, arguments.limit))?;
    if output.json {
        let views =
            similar.iter().map(|found| View { similarity: found.similarity, document: &found.document });
        return output.value(&views.collect::<Vec<_>>());
    }
    if similar.is_empty() {
        return output.line("Nothing is near it in meaning.");
    }
    let mut clock = HomeClock::new(engine.vault().home_zone());
    for found in &similar {
        super::timeline::print(&found.document, &mut clock, output)?;
    }
    Ok(())
}
