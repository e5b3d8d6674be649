//! Runs the fuzz targets of `fuzz/`, a workspace of its own. Two ways: inputs changed at random, on any
//! machine and in little time; and guided by coverage with libFuzzer, for as long as one likes.

use crate::{process, repository};
use anyhow::Context as _;
use std::{
    path::PathBuf,
    process::{Command, Stdio},
};

/// What makes the compiler count which branches ran, as libFuzzer wants it.
const COVERAGE_FLAGS: &str = "--cfg fuzzing -Cpasses=sancov-module -Cllvm-args=-sanitizer-coverage-level=4 \
     -Cllvm-args=-sanitizer-coverage-inline-8bit-counters -Cllvm-args=-sanitizer-coverage-pc-table \
     -Cllvm-args=-sanitizer-coverage-trace-compares -Ccodegen-units=1 -Cdebug-assertions";

/// Cargo in the fuzz workspace, with a target folder of its own beside that of the main workspace.
pub(crate) fn cargo() -> anyhow::Result<Command> {
    let mut command = repository::cargo();
    command.current_dir(folder()).env("CARGO_TARGET_DIR", target()?);
    Ok(command)
}

fn folder() -> PathBuf {
    repository::root().join("fuzz")
}

fn target() -> anyhow::Result<PathBuf> {
    Ok(repository::target_directory()?.join("fuzz"))
}

/// Replays every crash found before, then tries changed inputs for so many seconds a target.
pub(crate) fn run_briefly(seconds: u64) -> anyhow::Result<()> {
    process::run(cargo()?.args(["build", "--bin", "mutate"]))?;
    let mut mutate = Command::new(target()?.join("debug/mutate"));
    mutate.current_dir(folder()).arg("--seconds").arg(seconds.to_string());
    if let Some(samples) = repository::samples() {
        mutate.arg("--samples").arg(samples);
    }
    process::run(&mut mutate)
}

/// Runs libFuzzer on the targets whose name contains `only`, so many seconds each. Inputs that reach
/// new code are kept in `fuzz/corpus`, crashes in `fuzz/regressions`.
pub(crate) fn run_guided(seconds: u64, only: &str) -> anyhow::Result<()> {
    let host = host_triple()?;
    let mut build = cargo()?;
    build.env("RUSTFLAGS", COVERAGE_FLAGS).args(["build", "--release", "--features", "libfuzzer", "--bins"]);
    process::run(build.args(["--target", &host]))?;
    process::run(cargo()?.args(["run", "--bin", "mutate", "--", "--write-seeds", "corpus"]))?;
    let built = target()?.join(&host).join("release");
    for name in target_names()?.iter().filter(|name| name.contains(only)) {
        let (corpus, regressions) =
            (folder().join("corpus").join(name), folder().join("regressions").join(name));
        fs_err::create_dir_all(&corpus)?;
        fs_err::create_dir_all(&regressions)?;
        let mut guided = Command::new(built.join(name));
        guided.current_dir(folder()).arg(&corpus).arg(&regressions);
        let by_hand = folder().join("seeds").join(name);
        if by_hand.is_dir() {
            guided.arg(by_hand);
        }
        guided.arg(format!("-max_total_time={seconds}")).args([
            "-timeout=20",
            "-rss_limit_mb=2048",
            "-max_len=65536",
        ]);
        guided.arg(format!("-artifact_prefix={}/", regressions.display()));
        process::run(&mut guided).with_context(|| format!("the input is in fuzz/regressions/{name}"))?;
        // Only crashes are kept; an empty folder says nothing.
        let _ = fs_err::remove_dir(&regressions);
    }
    Ok(())
}

fn target_names() -> anyhow::Result<Vec<String>> {
    let mut names = Vec::new();
    for file in fs_err::read_dir(folder().join("fuzz_targets"))? {
        let path = file?.path();
        names.extend(path.file_stem().map(|stem| stem.to_string_lossy().into_owned()));
    }
    names.sort();
    Ok(names)
}

fn host_triple() -> anyhow::Result<String> {
    let told =
        Command::new("rustc").arg("-vV").current_dir(repository::root()).stderr(Stdio::inherit()).output()?;
    let text = String::from_utf8_lossy(&told.stdout).into_owned();
    let host = text.lines().find_map(|line| line.strip_prefix("host: "));
    Ok(host.context("rustc does not say for which machine it builds")?.to_owned())
}
