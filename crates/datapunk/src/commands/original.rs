//! `datapunk original`

use crate::{
    output::{Output, is_broken_pipe},
    reading::Reading,
    words,
};
use anyhow::Context as _;
use fs_err as fs;
use std::{
    io::{self, IsTerminal as _, Read, Write as _},
    path::{Path, PathBuf},
};

#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// Number of the import; `datapunk imports` lists them
    import: u64,

    /// Number of the entry, or its path if no other has that; `datapunk ledger` lists both
    entry: String,

    /// Where to write it; a file that is there is left as it is [default: standard output]
    #[arg(long, value_name = "FILE")]
    output: Option<PathBuf>,
}

pub(crate) fn run(reading: &dyn Reading, arguments: &Arguments, output: &mut Output) -> anyhow::Result<()> {
    let (import, entry) = (arguments.import, number_of(reading, arguments)?);
    let Some(path) = &arguments.output else {
        let copied = reading.original(import, entry, &mut |name, bytes| {
            anyhow::ensure!(
                !io::stdout().is_terminal(),
                "{name} could be anything, and a terminal is no place for it; say --output FILE, or pipe it somewhere"
            );
            Ok(io::copy(bytes, output.writer()))
        });
        return match copied? {
            Ok(_) => Ok(()),
            // Whoever read our output has seen enough.
            Err(error) if is_broken_pipe(&anyhow::Error::from(io::Error::from(error.kind()))) => Ok(()),
            Err(error) => Err(error).context("the original could not be read to its end"),
        };
    };
    let written = reading.original(import, entry, &mut |_, bytes| write(bytes, path))?;
    let bytes = written.context("the original could not be read to its end")?;
    if output.json {
        return output.value(&serde_json::json!({"output": path.display().to_string(), "bytes": bytes}));
    }
    output.line(format!("{} written to {}", words::bytes(bytes), path.display()))
}

/// The number of the entry that a person means.
fn number_of(reading: &dyn Reading, arguments: &Arguments) -> anyhow::Result<u32> {
    if let Ok(number) = arguments.entry.parse() {
        return Ok(number);
    }
    let rows = reading.ledger(Some(arguments.import), None)?;
    let numbers: Vec<u32> =
        rows.iter().filter(|row| row.path == arguments.entry).map(|row| row.entry).collect();
    match numbers.as_slice() {
        [number] => Ok(*number),
        [] => anyhow::bail!(
            "import {} has no entry {:?}; `datapunk ledger {}` lists them",
            arguments.import,
            arguments.entry,
            arguments.import
        ),
        several => anyhow::bail!(
            "several entries have the path {:?}; give one of their numbers: {}",
            arguments.entry,
            several.iter().map(u32::to_string).collect::<Vec<_>>().join(", ")
        ),
    }
}

/// Writes a new file, wholly or not at all.
fn write(bytes: &mut dyn Read, path: &Path) -> anyhow::Result<io::Result<u64>> {
    let mut file = fs::File::create_new(path)?;
    let written = io::copy(bytes, &mut file).and_then(|count| {
        file.flush()?;
        file.sync_all()?;
        Ok(count)
    });
    if written.is_err() {
        // What came of it is no original.
        let _ = fs::remove_file(path);
    }
    Ok(written)
}
