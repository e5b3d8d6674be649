//! `datapunk import`

use super::models::personalise;
use crate::{interrupt, output::Output, place::Place, progress::Display, words};
use dp_archive::Export;
use dp_lake::{
    LedgerQuery, Vault,
    etl::{self, ImportOptions, ImportReport, KnownEntry},
};
use dp_model::{EntryStatus, Tally};
use futures::executor::block_on;
use std::{path::PathBuf, process::ExitCode};

/// Lines of the ledger summary that name single files.
const NAMED_FILES: usize = 12;

#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// Zip parts, tgz, folders or files; several may be the parts of one export or several exports
    #[arg(required_unless_present = "retry", value_name = "PATH")]
    paths: Vec<PathBuf>,

    /// Read one file of an earlier import again, by the number of the import and the number or path that the file has
    /// in its ledger
    #[arg(long, num_args = 2, value_names = ["IMPORT", "FILE"], conflicts_with_all = ["paths", "dry_run"])]
    retry: Option<Vec<String>>,

    /// Say what would be imported and write nothing
    #[arg(long)]
    dry_run: bool,

    /// Exit with 1 if a file could not be read
    #[arg(long)]
    strict: bool,
}

pub(crate) fn run(place: &Place, arguments: Arguments, output: &mut Output) -> anyhow::Result<ExitCode> {
    if let Some([import, file]) = arguments.retry.as_deref() {
        return retry(place, import, file, arguments.strict, output);
    }
    let report = import(place, &arguments.paths, arguments.dry_run, output.json)?;
    if output.json {
        output.value(&report)?;
    } else {
        print(&report, output)?;
        output.flush()?;
        if !arguments.dry_run {
            personalise::after_import(place, output)?;
        }
    }
    let failed = arguments.strict && report.has_unreadable_entries();
    Ok(if failed { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

/// Imports the paths into the vault, or only looks at them.
pub(crate) fn import(
    place: &Place,
    paths: &[PathBuf],
    dry_run: bool,
    quiet: bool,
) -> anyhow::Result<ImportReport> {
    let exports = dp_archive::open(paths, &place.config.archive)?;
    ensure_any_file(&exports, paths)?;
    let options = options(place);
    // What was begun is stopped cleanly; stopping at once would lose nothing either.
    let cancelled = interrupt::listen()?;
    let mut display = Display::new(quiet);
    let mut show = |progress: &_| display.show(progress);
    if dry_run {
        let home_zone = place.config.person.home_zone();
        return Ok(etl::preview(&exports, &options, &home_zone, &mut show, cancelled)?);
    }
    let vault = place.open()?;
    Ok(etl::import(&vault, &exports, &options, &mut show, cancelled)?)
}

/// Reads one file of an earlier import again.
fn retry(
    place: &Place,
    import: &str,
    file: &str,
    strict: bool,
    output: &mut Output,
) -> anyhow::Result<ExitCode> {
    let import = import.parse().map_err(|_| {
        anyhow::anyhow!("{import:?} is no number of an import; `datapunk imports` lists them")
    })?;
    let vault = place.open_existing()?;
    let known = etl::find_entry(&vault, import, number_of(&vault, import, file)?)?;
    let exports = open_archives_of(place, &known)?;
    let cancelled = interrupt::listen()?;
    let mut display = Display::new(output.json);
    let mut show = |progress: &_| display.show(progress);
    let retried = etl::retry_entry(&vault, &known, &exports, &options(place), &mut show, cancelled)?;
    let is_failed = strict && retried.report.status == EntryStatus::Failed;
    if output.json {
        output.value(&retried)?;
    } else {
        let status = retried.report.status;
        output.line(format!("{}: {}, {}", retried.report.path, status.as_str(), meaning(status)))?;
        output.line(format!("  documents  {}", describe(retried.documents)))?;
        output.line(format!("  samples    {}", describe(retried.samples)))?;
        if let Some(reason) = &retried.report.reason {
            output.line(format!("  {reason}"))?;
        }
    }
    Ok(if is_failed { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

/// The number of a file in the ledger of an import, by its number or path.
fn number_of(vault: &dyn Vault, import: u64, file: &str) -> anyhow::Result<u32> {
    if let Ok(number) = file.parse() {
        return Ok(number);
    }
    let query = LedgerQuery { import: Some(import), status: None };
    let rows = block_on(vault.imports().ledger(&query))?;
    let mut found = (0..).zip(&rows).filter(|(_, row)| row.path == file).map(|(number, _)| number);
    match (found.next(), found.next()) {
        (Some(number), None) => Ok(number),
        (Some(_), Some(_)) => {
            anyhow::bail!(
                "several files of import {import} are called {file}; name one by its number in the ledger, counted from 0"
            )
        }
        (None, _) => {
            anyhow::bail!("import {import} has no file {file:?}; `datapunk ledger {import}` lists them")
        }
    }
}

/// Opens the archives of an import again, where they were then.
pub(crate) fn open_archives_of(
    place: &Place,
    known: &KnownEntry,
) -> Result<Vec<Export>, dp_archive::ArchiveError> {
    let paths = known.import.paths.iter().map(PathBuf::from).collect::<Vec<_>>();
    dp_archive::open(&paths, &place.config.archive)
}

/// Exports in which there is nothing at all are not what was meant.
pub(crate) fn ensure_any_file(exports: &[Export], paths: &[PathBuf]) -> anyhow::Result<()> {
    if exports.iter().all(|export| export.entries().is_empty() && export.warnings().is_empty()) {
        let paths = paths.iter().map(|path| path.display().to_string()).collect::<Vec<_>>();
        anyhow::bail!("there are no files in {}", paths.join(", "));
    }
    Ok(())
}

/// How the configuration wants an import to run that begins now.
pub(crate) fn options(place: &Place) -> ImportOptions {
    let config = &place.config.import;
    ImportOptions {
        workers: config.workers,
        record_bytes_max: config.record_bytes_max,
        waiting_bytes_max: config.waiting_bytes_max,
        batch_records: config.batch_records,
        batch_bytes_max: config.batch_bytes_max,
        now_us: jiff::Timestamp::now().as_microsecond(),
    }
}

/// Prints what an import did, and the ledger in brief.
pub(crate) fn print(report: &ImportReport, output: &mut Output) -> anyhow::Result<()> {
    let seconds = words::duration(report.elapsed_seconds);
    match report.import {
        Some(number) => {
            output.line(format!("Import {number} took {seconds}."))?;
            output.line(format!("  documents  {}", describe(report.documents)))?;
            output.line(format!("  samples    {}", describe(report.samples)))?;
            output.line(format!("  people     {} new", words::count(report.people)))?;
        }
        None => {
            output.line(format!("Nothing was written. These exports hold (read in {seconds}):"))?;
            output.line(format!("  documents  {}", words::count(report.documents.total())))?;
            output.line(format!("  samples    {}", words::count(report.samples.total())))?;
        }
    }
    output.line("")?;
    output.line(format!("Ledger: {}", words::counted(report.entries.len() as u64, "file", "files")))?;
    for &status in EntryStatus::ALL {
        let entries = report.entries.iter().filter(|entry| entry.status == status).collect::<Vec<_>>();
        if entries.is_empty() {
            continue;
        }
        output.line(format!(
            "  {:<8} {:>6}  {}",
            status.as_str(),
            words::count(entries.len() as u64),
            meaning(status)
        ))?;
        if !matches!(status, EntryStatus::Partial | EntryStatus::Failed) {
            continue;
        }
        for entry in entries.iter().take(NAMED_FILES) {
            let why = entry
                .reason
                .clone()
                .or_else(|| entry.warnings.first().map(|warning| warning.message.to_string()));
            let why = words::one_line(&why.unwrap_or_default(), 160);
            output.line(format!("           {}: {why}", entry.path))?;
        }
        if entries.len() > NAMED_FILES {
            output.line(format!("           and {} more", entries.len() - NAMED_FILES))?;
        }
    }
    if report.import.is_some() {
        output.line("\n`datapunk ledger` lists every file; `datapunk search WORDS` finds things.")?;
    }
    Ok(())
}

fn describe(tally: Tally) -> String {
    format!(
        "{} new, {} updated, {} unchanged",
        words::count(tally.inserted),
        words::count(tally.updated),
        words::count(tally.unchanged)
    )
}

/// What a ledger status means, in a few words.
pub(crate) const fn meaning(status: EntryStatus) -> &'static str {
    match status {
        EntryStatus::Parsed => "understood",
        EntryStatus::Partial => "understood, but for some records",
        EntryStatus::Ignored => "nothing to import in it",
        EntryStatus::Unknown => "format not known (text is kept and can be searched)",
        EntryStatus::Failed => "could not be read",
    }
}
