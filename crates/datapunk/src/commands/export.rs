//! `datapunk export`: everything in an open format, in an order and with a content that depend only on
//! what the vault knows, so that two vaults can be compared byte by byte.

use crate::{output::Output, reading::Reading, words};
use anyhow::Context as _;
use dp_lake::{Day, Filter};
use dp_model::Kind;
use dp_nexus::export::Exported;
use std::{
    io::Write as _,
    path::{Path, PathBuf},
};

#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// JSON lines: one object a line, first documents, then people, then samples
    #[arg(long, value_enum, default_value_t = Format::Jsonl)]
    format: Format,

    /// Write a zip instead, with documents, people and imports as JSON lines, series as CSV, and a page that describes them
    #[arg(long, value_name = "FILE")]
    zip: Option<PathBuf>,

    /// In a zip: only this source and those below it; can be given several times
    #[arg(long, requires = "zip")]
    source: Vec<String>,

    /// In a zip: only this kind, such as email; can be given several times
    #[arg(long, requires = "zip", value_parser = kind)]
    kind: Vec<Kind>,

    /// In a zip: first day, as 2019, 2019-06 or 2019-06-14
    #[arg(long, requires = "zip", value_name = "DAY", value_parser = dp_lake::days_of_text)]
    from: Option<(Day, Day)>,

    /// In a zip: last day, included
    #[arg(long, requires = "zip", value_name = "DAY", value_parser = dp_lake::days_of_text)]
    to: Option<(Day, Day)>,
}

fn kind(text: &str) -> Result<Kind, String> {
    serde_json::from_value(text.into()).map_err(|error| error.to_string())
}

#[derive(Debug, Clone, Copy, clap::ValueEnum)]
enum Format {
    Jsonl,
}

pub(crate) fn run(reading: &dyn Reading, arguments: &Arguments, output: &mut Output) -> anyhow::Result<()> {
    let Format::Jsonl = arguments.format;
    if let Some(path) = &arguments.zip {
        return write_zip(reading, path, arguments, output);
    }
    reading.export_lines(output)?;
    Ok(output.writer().flush()?)
}

/// Writes the zip that the server sends, under a passing name until it is whole.
fn write_zip(
    reading: &dyn Reading,
    path: &Path,
    arguments: &Arguments,
    output: &mut Output,
) -> anyhow::Result<()> {
    anyhow::ensure!(!path.exists(), "{} is there already; choose another name", path.display());
    let filter = Filter {
        sources: arguments.source.clone(),
        kinds: arguments.kind.clone(),
        from: arguments.from.map(|days| days.0),
        until: arguments.to.map(|days| days.1.saturating_add(1)),
        ..Filter::default()
    };
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let name = path.file_name().with_context(|| format!("{} names no file", path.display()))?;
    let partial = folder.join(format!(".unfinished-{}-{}", std::process::id(), name.to_string_lossy()));
    let written = write_whole(reading, &filter, &partial, path, folder);
    if written.is_err() {
        // The error is what is to be told.
        let _ = fs_err::remove_file(&partial);
    }
    let exported = written?;
    if output.json {
        return output.value(&exported);
    }
    output.line(format!("{} was written.", path.display()))?;
    for file in &exported.files {
        output.line(format!("  {:>9}  {}", words::count(file.records), file.name))?;
    }
    for left_out in &exported.left_out {
        output.line(format!("Left out: {left_out}"))?;
    }
    Ok(())
}

fn write_whole(
    reading: &dyn Reading,
    filter: &Filter,
    partial: &Path,
    path: &Path,
    folder: &Path,
) -> anyhow::Result<Exported> {
    let mut options = fs_err::OpenOptions::new();
    options.read(true).write(true).create_new(true);
    #[cfg(unix)]
    fs_err::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(partial)?;
    let exported = reading.export_zip(filter, &mut file, path)?;
    file.sync_all()?;
    fs_err::rename(partial, path)?;
    fs_err::File::open(folder)?.sync_all()?;
    Ok(exported)
}
