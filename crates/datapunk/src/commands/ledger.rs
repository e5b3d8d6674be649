//! `datapunk ledger`

use super::import::meaning;
use crate::{output::Output, reading::Reading, words};
use dp_model::EntryStatus;

#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// Number of the import [default: the latest]
    import: Option<u64>,

    /// Only files with this status: parsed, partial, ignored, unknown or failed
    #[arg(long)]
    status: Option<EntryStatus>,
}

pub(crate) fn run(reading: &dyn Reading, arguments: &Arguments, output: &mut Output) -> anyhow::Result<()> {
    let imports = reading.imports()?;
    if let Some(wanted) = arguments.import.filter(|wanted| !imports.iter().any(|import| import.id == *wanted))
    {
        anyhow::bail!("there is no import {wanted}; `datapunk imports` lists them");
    }
    let entries = reading.ledger(arguments.import, arguments.status)?;
    if output.json {
        return output.value(&entries);
    }
    if entries.is_empty() {
        return output.line("No files.");
    }
    for entry in &entries {
        let mut found = Vec::new();
        if entry.documents > 0 {
            found.push(words::counted(entry.documents, "document", "documents"));
        }
        if entry.samples > 0 {
            found.push(words::counted(entry.samples, "sample", "samples"));
        }
        if entry.warning_count > 0 {
            found.push(words::counted(entry.warning_count, "warning", "warnings"));
        }
        found.extend(entry.reason.clone());
        let number = entry.entry;
        output.line(format!(
            "{number:>6} {:<8} {}  {}",
            entry.status.as_str(),
            entry.path,
            found.join(", ")
        ))?;
        for warning in &entry.warnings {
            output.line(format!(
                "                  at byte {}: {}",
                words::count(warning.position),
                words::one_line(&warning.message, 200)
            ))?;
        }
    }
    output.line("")?;
    for &status in EntryStatus::ALL {
        let number = entries.iter().filter(|entry| entry.status == status).count() as u64;
        if number > 0 {
            output.line(format!(
                "{:<8} {:>6}  {}",
                status.as_str(),
                words::count(number),
                meaning(status)
            ))?;
        }
    }
    Ok(())
}
