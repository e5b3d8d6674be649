//! The peer: google-takeout-parser, a Python library that reads the same formats. Runs it over the same
//! file, on one thread, in the same run.

use crate::{Setting, figure::Comparison};
use anyhow::{Context as _, ensure};
use serde::Deserialize;
use std::{path::Path, process::Command};

const DRIVER: &str = include_str!("../peer/measure.py");
/// As it is called in tables.
const NAME: &str = "google-takeout-parser";

#[derive(Debug, Deserialize)]
struct Measured {
    records: u64,
    failures: u64,
    seconds: f64,
}

/// How many records a second the peer reads from a file of this format (`activity_json`, `activity_html`
/// or `records_json`); None without a peer.
pub(crate) fn records_per_second(
    setting: &Setting,
    format: &str,
    file: &Path,
) -> anyhow::Result<Option<Comparison>> {
    let Some(python) = &setting.peer else { return Ok(None) };
    let output = Command::new(python)
        .args(["-c", DRIVER, format])
        .arg(file)
        .output()
        .context("could not start Python for the peer")?;
    ensure!(output.status.success(), "the peer failed: {}", String::from_utf8_lossy(&output.stderr));
    let measured: Measured =
        serde_json::from_slice(&output.stdout).context("what the peer's driver printed")?;
    ensure!(
        measured.failures * 100 <= measured.records,
        "the peer could not read {} records",
        measured.failures
    );
    Ok(Some(Comparison { name: NAME.to_owned(), got: measured.records as f64 / measured.seconds }))
}
