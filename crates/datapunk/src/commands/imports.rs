//! `datapunk imports`

use crate::{output::Output, reading::Reading, words};
use dp_lake::ImportState;
use dp_model::{Moment, Precision};

pub(crate) fn run(reading: &dyn Reading, output: &mut Output) -> anyhow::Result<()> {
    let imports = reading.imports()?;
    if output.json {
        return output.value(&imports);
    }
    if imports.is_empty() {
        return output.line("Nothing has been imported yet. `datapunk import PATH` begins.");
    }
    for import in imports {
        let started = dp_lake::text_of_moment(&Moment::utc(import.started_us, Precision::Second));
        let state = match import.state {
            ImportState::Finished => "finished",
            ImportState::Unfinished => "unfinished: the same command goes on with it",
        };
        output.line(format!("{:>4}  {started}  {state}", import.id))?;
        output.line(format!("      {}", import.exports.join(", ")))?;
        output.line(format!(
            "      {} of {} files, {} new documents, {} new samples",
            words::count(u64::from(import.checkpoint.entry)),
            words::count(import.entries),
            words::count(import.applied.documents.inserted),
            words::count(import.applied.samples.inserted)
        ))?;
    }
    Ok(())
}
