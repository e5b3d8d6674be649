//! `datapunk export`: everything in an open format, in an order and with a content that depend only on
//! what the vault knows, so that two vaults can be compared byte by byte.

use crate::{output::Output, place::Place, words};
use anyhow::Context as _;
use dp_lake::{Day, Filter, SampleQuery, Vault as _};
use dp_model::Kind;
use dp_nexus::export::Exported;
use futures::executor::block_on;
use serde::Serialize;
use std::{
    io::Write as _,
    path::{Path, PathBuf},
};

/// Documents or samples in memory at a time.
const STEP: usize = 2_000;

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

#[derive(Debug, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum Line<'a> {
    Document(&'a dp_lake::RevisionedDocument),
    Person(&'a dp_model::Person),
    Sample(&'a dp_model::Sample),
}

pub(crate) fn run(place: &Place, arguments: &Arguments, output: &mut Output) -> anyhow::Result<()> {
    let Format::Jsonl = arguments.format;
    let vault = place.read()?;
    if let Some(path) = &arguments.zip {
        return write_zip(&vault, path, arguments, output);
    }
    let mut after = None;
    loop {
        let documents = block_on(vault.documents().walk(after, STEP))?;
        for document in &documents {
            output.value(&Line::Document(document))?;
        }
        match documents.last() {
            Some(last) => after = Some(last.document.id),
            None => break,
        }
    }
    let mut after = None;
    loop {
        let people = block_on(vault.documents().people(after, STEP))?;
        for person in &people {
            output.value(&Line::Person(person))?;
        }
        match people.last() {
            Some(last) => after = Some(last.id),
            None => break,
        }
    }
    for series in block_on(vault.series().list())? {
        write_samples(&vault, &series.series, output)?;
    }
    Ok(output.writer().flush()?)
}

/// Writes the zip that the server sends, under a passing name until it is whole.
fn write_zip(
    vault: &impl dp_lake::Vault,
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
    let written = write_whole(vault, &filter, &partial, path, folder);
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
    vault: &dyn dp_lake::Vault,
    filter: &Filter,
    partial: &Path,
    path: &Path,
    folder: &Path,
) -> anyhow::Result<Exported> {
    let mut options = fs_err::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    fs_err::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let file = options.open(partial)?;
    let exported = dp_nexus::export::write_zip(vault, filter, &file)?;
    file.sync_all()?;
    fs_err::rename(partial, path)?;
    fs_err::File::open(folder)?.sync_all()?;
    Ok(exported)
}

/// Writes a series in steps. A step ends before the last instant it holds, because more samples of
/// that instant may follow; the next one begins there.
fn write_samples(vault: &impl dp_lake::Vault, series: &str, output: &mut Output) -> anyhow::Result<()> {
    let mut from_us = None;
    let mut step = STEP;
    loop {
        let query = SampleQuery { series: series.to_owned(), from_us, limit: step, ..SampleQuery::default() };
        let samples = block_on(vault.series().range(&query))?;
        let whole = samples.len() < step;
        let last_us = samples.last().map(|sample| sample.time_us);
        let mut written = 0;
        for sample in samples.iter().take_while(|sample| whole || Some(sample.time_us) != last_us) {
            output.value(&Line::Sample(sample))?;
            written += 1;
        }
        if whole {
            return Ok(());
        }
        // So many samples of one instant that a step holds no other: take a longer one.
        step = if written == 0 { step * 2 } else { STEP };
        from_us = last_us;
    }
}
