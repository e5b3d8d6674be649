//! `datapunk export`: everything in an open format, in an order and with a content that depend only on
//! what the vault knows, so that two vaults can be compared byte by byte.

use crate::{output::Output, place::Place};
use dp_lake::{SampleQuery, Vault as _};
use futures::executor::block_on;
use serde::Serialize;
use std::io::Write as _;

/// Documents or samples in memory at a time.
const STEP: usize = 2_000;

#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// JSON lines: one object a line, first documents, then people, then samples
    #[arg(long, value_enum, default_value_t = Format::Jsonl)]
    format: Format,
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
