//! `cargo xtask samples`: gives each real sample file to the built program and compares what it finds
//! with the counts in `samples.toml`; accounts for every file of every sample folder. Both tables are
//! kept in `docs/sources/google-takeout.md`.

use crate::repository;
use anyhow::{Context as _, bail, ensure};
use serde::Deserialize;
use std::{
    collections::BTreeMap,
    fmt::Write as _,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

const PAGE: &str = "docs/sources/google-takeout.md";
const BEGIN: &str = "<!-- written by `cargo xtask samples`: begin -->\n";
const END: &str = "<!-- written by `cargo xtask samples`: end -->\n";
/// The account of the samples themselves, which is no sample.
const ACCOUNT: &str = "SOURCES.md";
const STATUSES: [&str; 5] = ["parsed", "partial", "ignored", "unknown", "failed"];
const ARCHIVES: [&str; 4] = ["zip", "tgz", "tar", "gz"];

#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// Only compare; write nothing
    #[arg(long)]
    check: bool,
}

#[derive(Debug, Deserialize)]
struct Expectations {
    sample: Vec<Expected>,
}

#[derive(Debug, Deserialize)]
struct Expected {
    variant: String,
    path: String,
    documents: u64,
    samples: u64,
}

/// What `import --dry-run --json` says.
#[derive(Debug, Deserialize)]
struct Report {
    documents: Tally,
    samples: Tally,
    entries: Vec<Entry>,
}

#[derive(Debug, Deserialize)]
struct Tally {
    inserted: u64,
}

#[derive(Debug, Deserialize)]
struct Entry {
    status: String,
}

pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<()> {
    let datapunk = repository::program_under_test()?;
    if arguments.check {
        let checked = check(&datapunk)?.context("the real sample files are not at hand")?;
        println!("{checked} variants give what they hold");
        return Ok(());
    }
    let samples = repository::samples().context("the real sample files are not at hand")?;
    let findings = find(&datapunk, &samples)?;
    let path = repository::root().join(PAGE);
    fs_err::write(&path, with_tables(&fs_err::read_to_string(&path)?, &findings.tables)?)?;
    println!("wrote {PAGE}");
    findings.judge()
}

/// How many variants give what they hold; None where the samples are not at hand.
pub(crate) fn check(datapunk: &Path) -> anyhow::Result<Option<usize>> {
    let Some(samples) = repository::samples() else { return Ok(None) };
    let findings = find(datapunk, &samples)?;
    findings.judge()?;
    let page = fs_err::read_to_string(repository::root().join(PAGE))?;
    ensure!(
        with_tables(&page, &findings.tables)? == page,
        "{PAGE} is out of date; run `cargo xtask samples`"
    );
    Ok(Some(findings.variants))
}

struct Findings {
    variants: usize,
    tables: String,
    wrong: Vec<String>,
}

impl Findings {
    fn judge(&self) -> anyhow::Result<()> {
        if self.wrong.is_empty() {
            return Ok(());
        }
        bail!("{} samples give something else:\n  {}", self.wrong.len(), self.wrong.join("\n  "))
    }
}

fn find(datapunk: &Path, samples: &Path) -> anyhow::Result<Findings> {
    let expectations: Expectations = toml::from_str(include_str!("../samples.toml"))?;
    let mut findings =
        Findings { variants: expectations.sample.len(), tables: String::new(), wrong: Vec::new() };
    compare_variants(datapunk, samples, &expectations.sample, &mut findings)?;
    account_for_files(datapunk, samples, &mut findings)?;
    Ok(findings)
}

fn compare_variants(
    datapunk: &Path,
    samples: &Path,
    expectations: &[Expected],
    findings: &mut Findings,
) -> anyhow::Result<()> {
    findings.tables.push_str(
        "\n| variant | sample | documents expected | got | samples expected | got |\n|---|---|---:|---:|---:|---:|\n",
    );
    for expected in expectations {
        let report = preview(datapunk, &samples.join(&expected.path))?;
        let Expected { variant, path, .. } = expected;
        let (documents, found_samples) = (report.documents.inserted, report.samples.inserted);
        writeln!(
            findings.tables,
            "| {variant} | {} | {} | {documents} | {} | {found_samples} |",
            as_code(path),
            expected.documents,
            expected.samples
        )?;
        if (documents, found_samples) != (expected.documents, expected.samples) {
            findings.wrong.push(format!("{path}: {documents} documents and {found_samples} samples"));
        }
    }
    Ok(())
}

/// Every file of every sample folder has its ledger row; archives among them are imported by themselves.
fn account_for_files(datapunk: &Path, samples: &Path, findings: &mut Findings) -> anyhow::Result<()> {
    findings.tables.push_str("\n| imported | files in it |");
    for status in STATUSES {
        write!(findings.tables, " {status} |")?;
    }
    findings.tables.push_str("\n|---|---:|---:|---:|---:|---:|---:|\n");
    let mut given = Vec::new();
    for child in sorted_children(samples)?.into_iter().filter(|child| !child.ends_with(ACCOUNT)) {
        let files = files_below(&child)?;
        given.push((child, Some(files.len())));
        given.extend(files.into_iter().filter(|file| is_archive(file)).map(|file| (file, None)));
    }
    for (path, files) in given {
        let report = preview(datapunk, &path)?;
        let name = path.strip_prefix(samples).unwrap_or(&path).display().to_string();
        let rows = report.entries.len();
        if files.is_some_and(|files| files != rows) {
            findings.wrong.push(format!("{name}: {files:?} files, {rows} ledger rows"));
        }
        let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
        for entry in &report.entries {
            *counts.entry(&entry.status).or_default() += 1;
        }
        write!(findings.tables, "| {} | {} |", as_code(&name), files.unwrap_or(rows))?;
        for status in STATUSES {
            write!(findings.tables, " {} |", counts.get(status).copied().unwrap_or(0))?;
        }
        findings.tables.push('\n');
    }
    findings.tables.push('\n');
    Ok(())
}

fn preview(datapunk: &Path, path: &Path) -> anyhow::Result<Report> {
    let nowhere = repository::target_directory()?.join("samples-vault");
    let output = Command::new(datapunk)
        .args(["import", "--dry-run", "--json", "--data-dir"])
        .args([&nowhere, path])
        .stderr(Stdio::inherit())
        .output()
        .context("could not start datapunk")?;
    ensure!(output.status.success(), "datapunk could not read {}", path.display());
    ensure!(!nowhere.exists(), "a preview wrote something");
    serde_json::from_slice(&output.stdout)
        .with_context(|| format!("what datapunk says of {}", path.display()))
}

fn is_archive(file: &Path) -> bool {
    file.extension().is_some_and(|extension| ARCHIVES.iter().any(|known| extension == *known))
}

fn sorted_children(folder: &Path) -> anyhow::Result<Vec<PathBuf>> {
    let mut children = Vec::new();
    for child in fs_err::read_dir(folder)? {
        children.push(child?.path());
    }
    children.sort();
    Ok(children)
}

fn files_below(folder: &Path) -> anyhow::Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for child in sorted_children(folder)? {
        if child.is_dir() { files.extend(files_below(&child)?) } else { files.push(child) }
    }
    Ok(files)
}

/// A name as code in a table; back-quotes in it need more of them around.
fn as_code(text: &str) -> String {
    let text = text.replace('|', "\\|");
    if text.contains('`') { format!("`` {text} ``") } else { format!("`{text}`") }
}

fn with_tables(page: &str, tables: &str) -> anyhow::Result<String> {
    let (before, rest) =
        page.split_once(BEGIN).with_context(|| format!("{PAGE} has no place for the tables"))?;
    let (_, after) = rest.split_once(END).with_context(|| format!("the tables in {PAGE} have no end"))?;
    Ok(format!("{before}{BEGIN}{tables}{END}{after}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables_are_put_between_their_marks() {
        let page = format!("a\n{BEGIN}old\n{END}b\n");
        assert_eq!(with_tables(&page, "new\n").unwrap(), format!("a\n{BEGIN}new\n{END}b\n"));
        assert!(with_tables("a", "new").is_err());
    }

    #[test]
    fn the_expectations_can_be_read_and_name_each_sample_once() {
        let expectations: Expectations = toml::from_str(include_str!("../samples.toml")).unwrap();
        let mut paths: Vec<&str> = expectations.sample.iter().map(|sample| sample.path.as_str()).collect();
        let all = paths.len();
        paths.sort_unstable();
        paths.dedup();
        assert_eq!(paths.len(), all);
    }
}
