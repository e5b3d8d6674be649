//! `cargo xtask bench`: installs the Python peers, measures, and writes `docs/benchmarks.md`.

use crate::{
    models,
    needs::{self, Need},
    page, process, repository,
};
use anyhow::Context as _;
use serde::Deserialize;
use std::{
    fmt::Write as _,
    path::{Path, PathBuf},
    process::Command,
};

/// The peers, by their names in Python's package index.
const PEERS: &[&str] =
    &["google-takeout-parser==0.1.13", "usearch==2.26.6", "tantivy==0.27.0", "numpy==2.4.6"];
const PAGE: &str = "docs/benchmarks.md";
const MARK: &str = "cargo xtask bench";
/// The section that has a table of its own, and what else it needs of Python.
const LOAD: &str = "load";
const LOAD_MARK: &str = "cargo xtask bench --section load";
const LOAD_PEERS: &[&str] = &["datasette==0.65.2"];

#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// Multiplies how much is made up and measured; other than 1, nothing is written to the documentation
    #[arg(long, default_value_t = 1.0, value_name = "F")]
    scale: f64,

    /// How often each thing is measured
    #[arg(long, default_value_t = 5, value_name = "N")]
    rounds: usize,

    /// Only this section, such as `parse`; then nothing is written to the documentation. `load`, the server under
    /// load, is measured only so, and has a table of its own there
    #[arg(long, value_name = "NAME")]
    section: Vec<String>,

    /// Leave the Python peers out
    #[arg(long)]
    no_peer: bool,
}

/// What `dp-bench` writes.
#[derive(Debug, Deserialize)]
struct Results {
    machine: String,
    date: String,
    figures: Vec<Figure>,
}

#[derive(Debug, Deserialize)]
struct Figure {
    name: String,
    unit: String,
    bound: Option<Bound>,
    got: f64,
    best: Option<f64>,
    note: String,
    comparison: Option<Comparison>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Bound {
    AtLeast(f64),
    AtMost(f64),
}

#[derive(Debug, Deserialize)]
struct Comparison {
    name: String,
    got: f64,
}

pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<()> {
    needs::check(&[Need::Rust, Need::CCompiler])?;
    models::ensure_static()?;
    models::ensure_minilm()?;
    let is_load = arguments.section.iter().any(|section| section == LOAD);
    if is_load {
        needs::check(&[Need::Curl, Need::Wrk])?;
        anyhow::ensure!(arguments.section.len() == 1, "the section {LOAD} is measured alone");
    }
    let target = repository::target_directory()?;
    let out = target.join("bench-results.json");
    // Built before the peers are installed, so that a mistake shows early.
    process::run(repository::cargo().args([
        "build",
        "--release",
        "--package",
        "dp-bench",
        "--package",
        "datapunk",
    ]))?;
    let mut bench = Command::new(target.join("release/dp-bench"));
    bench.arg("measure").arg("--work").arg(target.join("bench")).arg("--out").arg(&out);
    bench.args(["--scale", &arguments.scale.to_string(), "--rounds", &arguments.rounds.to_string()]);
    bench.env(models::TESTS_VARIABLE, models::folder()?);
    for section in &arguments.section {
        bench.args(["--section", section]);
    }
    if !arguments.no_peer {
        needs::check(&[Need::PythonWithPip])?;
        let peers = if is_load { LOAD_PEERS } else { PEERS };
        let folder = target.join(if is_load { "load-peers" } else { "bench-peers" });
        bench.args(["--peer", "python3"]).env("PYTHONPATH", install_peers(&folder, peers)?);
    }
    process::run(&mut bench)?;
    let results: Results = serde_json::from_slice(&fs_err::read(&out)?).context("what dp-bench wrote")?;
    let is_whole = !arguments.no_peer && (arguments.scale - 1.0).abs() < f64::EPSILON;
    match (is_whole, is_load, arguments.section.is_empty()) {
        (true, true, _) => page::write_between(PAGE, LOAD_MARK, &table(&results)?),
        (true, false, true) => page::write_between(PAGE, MARK, &table(&results)?),
        _ => Ok(()),
    }
}

/// Installs the peers into a folder of their own, by name, with pip as this machine configures it.
fn install_peers(folder: &Path, peers: &[&str]) -> anyhow::Result<PathBuf> {
    // Another list of peers is another folder's content.
    let installed = folder.join("installed.txt");
    if fs_err::read_to_string(&installed).ok() != Some(peers.join("\n")) {
        let mut pip = Command::new("python3");
        pip.args([
            "-m",
            "pip",
            "install",
            "--quiet",
            "--disable-pip-version-check",
            "--root-user-action",
            "ignore",
        ]);
        process::run(pip.arg("--upgrade").arg("--target").arg(folder).args(peers))?;
        fs_err::write(installed, peers.join("\n"))?;
    }
    Ok(folder.to_owned())
}

fn table(results: &Results) -> anyhow::Result<String> {
    let mut text = format!("\n{}; {}.\n\n", results.machine, results.date);
    text.push_str("| what | must be | got (best round) | for comparison, same run | ratio | note |\n|---|---|---:|---:|---:|---|\n");
    for figure in &results.figures {
        let bound = match figure.bound {
            Some(Bound::AtLeast(bound)) => format!("at least {} {}", number(bound), figure.unit),
            Some(Bound::AtMost(bound)) => format!("at most {} {}", number(bound), figure.unit),
            None => String::new(),
        };
        let best = figure.best.map_or_else(String::new, |best| format!(" ({})", number(best)));
        let (other, ratio) = figure.comparison.as_ref().map_or_else(Default::default, |other| {
            (format!("{}: {}", other.name, number(other.got)), format!("{:.1} ×", figure.got / other.got))
        });
        writeln!(
            text,
            "| {} | {bound} | {}{best} {} | {other} | {ratio} | {} |",
            figure.name,
            number(figure.got),
            figure.unit,
            figure.note
        )?;
    }
    text.push('\n');
    Ok(text)
}

/// Three digits that count, with separators.
fn number(value: f64) -> String {
    if value.abs() < 100.0 {
        let decimals = if value.abs() < 10.0 { 2 } else { 1 };
        return format!("{value:.decimals$}");
    }
    let digits = format!("{value:.0}");
    let unit = 10_f64.powi(digits.trim_start_matches('-').len() as i32 - 3);
    let rounded = format!("{:.0}", (value / unit).round() * unit);
    let (sign, digits) = rounded.strip_prefix('-').map_or(("", rounded.as_str()), |digits| ("-", digits));
    let groups: Vec<&str> = digits
        .as_bytes()
        .rchunks(3)
        .rev()
        .map(|group| std::str::from_utf8(group).unwrap_or_default())
        .collect();
    format!("{sign}{}", groups.join(","))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_show_three_digits_that_count() {
        assert_eq!(
            [1_234_567.0, 999.6, 200.0, 2712.3, 23.45, 0.136].map(number),
            ["1,230,000", "1,000", "200", "2,710", "23.4", "0.14"]
        );
    }

    #[test]
    fn the_table_says_what_must_be_and_what_is() {
        let text = r#"{"machine":"M","date":"2025-01-01","figures":[
            {"name":"a","unit":"records/s","bound":{"at_least":1000.0},"got":2000.0,"best":2500.0,"note":"n","comparison":{"name":"p","got":100.0}},
            {"name":"b","unit":"ms","bound":{"at_most":10.0},"got":3.14,"best":null,"note":"","comparison":null}]}"#;
        let table = table(&serde_json::from_str(text).unwrap()).unwrap();
        assert!(
            table
                .contains("| a | at least 1,000 records/s | 2,000 (2,500) records/s | p: 100 | 20.0 × | n |"),
            "{table}"
        );
        assert!(table.contains("| b | at most 10.0 ms | 3.14 ms |  |  |  |"), "{table}");
    }
}
