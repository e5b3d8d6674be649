//! The steps of the test run, in order: what is quick and fails often comes first.

use crate::{clean_copy, fuzz, process, process::Heard, repository, samples, schema};
use clap::ValueEnum;
use std::{path::Path, process::Command};

/// One step.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Step {
    /// Everything is formatted
    Format,
    /// No warning of the compiler or of clippy
    Clippy,
    /// Unit and integration tests of all crates, the storage conformance suite among them
    Tests,
    /// The documentation builds without warnings
    Docs,
    /// Scenarios against the built program; crate arrows and licences
    Scenarios,
    /// Programs made by others, and the generated TypeScript client, against the built program
    Clients,
    /// What the OpenAPI document lets one ask, and much that it doesn't, is answered as it says
    Schema,
    /// The real sample files give what they hold
    Samples,
    /// Crashes found before, then changed inputs, into the archive reader and every parser
    Fuzz,
    /// The README's first command, in a clean copy
    Demo,
}

/// How a step ended.
#[derive(Debug)]
pub(crate) enum Outcome {
    Passed { tests: u64, skips: Vec<String> },
    Failed(String),
}

impl Outcome {
    const DONE: Self = Self::Passed { tests: 0, skips: Vec::new() };
}

impl Step {
    pub(crate) fn all() -> impl Iterator<Item = Self> {
        Self::value_variants().iter().copied()
    }

    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Format => "format",
            Self::Clippy => "clippy",
            Self::Tests => "tests",
            Self::Docs => "docs",
            Self::Scenarios => "scenarios",
            Self::Clients => "clients",
            Self::Schema => "schema",
            Self::Samples => "samples",
            Self::Fuzz => "fuzz",
            Self::Demo => "demo",
        }
    }

    pub(crate) fn run(self, fuzz_seconds: u64) -> anyhow::Result<Outcome> {
        match self {
            Self::Format => format(),
            Self::Clippy => clippy(),
            Self::Tests => {
                let mut tests = repository::cargo();
                tests.args(["test", "--workspace", "--exclude", "dp-e2e", "--no-fail-fast"]);
                test(&mut tests)
            }
            Self::Docs => docs(),
            Self::Scenarios => scenarios(),
            Self::Clients => clients(),
            Self::Schema => schema::run().map(|()| Outcome::DONE),
            Self::Samples => check_samples(),
            Self::Fuzz => fuzz::run_briefly(fuzz_seconds).map(|()| Outcome::DONE),
            Self::Demo => clean_copy::run_demo().map(|()| Outcome::DONE),
        }
    }
}

fn format() -> anyhow::Result<Outcome> {
    process::run(repository::cargo().args(["fmt", "--all", "--check"]))?;
    process::run(fuzz::cargo()?.args(["fmt", "--check"]))?;
    Ok(Outcome::DONE)
}

fn clippy() -> anyhow::Result<Outcome> {
    let strict = ["--", "--deny", "warnings"];
    process::run(repository::cargo().args(["clippy", "--workspace", "--all-targets"]).args(strict))?;
    process::run(fuzz::cargo()?.args(["clippy", "--all-targets"]).args(strict))?;
    Ok(Outcome::DONE)
}

fn docs() -> anyhow::Result<Outcome> {
    let mut docs = repository::cargo();
    docs.env("RUSTDOCFLAGS", "--deny warnings").args(["doc", "--workspace", "--no-deps"]);
    process::run(&mut docs)?;
    Ok(Outcome::DONE)
}

fn scenarios() -> anyhow::Result<Outcome> {
    let datapunk = repository::program_under_test()?;
    test(repository::cargo().env(repository::PROGRAM_VARIABLE, datapunk).args([
        "test",
        "--package",
        "dp-e2e",
        "--no-fail-fast",
    ]))
}

/// The programs made by others, and then the generated TypeScript client, which has to compile first.
fn clients() -> anyhow::Result<Outcome> {
    let datapunk = repository::program_under_test()?;
    let others = repository::root().join("tests/clients");
    install(&others)?;
    let (mut heard, others_succeeded) = node_tests(&others, &[], &datapunk)?;
    let typed = repository::root().join("clients/typescript");
    install(&typed)?;
    process::run(Command::new("npm").args(["run", "--silent", "build"]).current_dir(&typed))?;
    let (also_heard, typed_succeeded) = node_tests(&typed, &["build/test/client.test.js"], &datapunk)?;
    heard.add(also_heard);
    if others_succeeded && typed_succeeded && heard.passed > 0 {
        return Ok(passed(heard));
    }
    Ok(Outcome::Failed(format!("{} of {} tests failed", heard.failed, heard.passed + heard.failed)))
}

/// The packages are those of the lock file, and nothing of theirs runs while they are installed.
fn install(folder: &Path) -> anyhow::Result<()> {
    let install = ["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"];
    process::run(Command::new("npm").args(install).current_dir(folder))
}

fn node_tests(folder: &Path, files: &[&str], datapunk: &Path) -> anyhow::Result<(Heard, bool)> {
    let mut node = Command::new("node");
    node.args(["--test", "--test-reporter=tap"]).args(files).current_dir(folder);
    process::run_listening(node.env(repository::PROGRAM_VARIABLE, datapunk))
}

/// Output of passing tests is shown, because in it they say what they skipped.
fn test(command: &mut Command) -> anyhow::Result<Outcome> {
    let (heard, succeeded) = process::run_listening(command.args(["--", "--show-output"]))?;
    if succeeded {
        return Ok(passed(heard));
    }
    Ok(Outcome::Failed(match heard.failed {
        0 => "the tests could not be built or run".to_owned(),
        failed => format!("{failed} of {} tests failed", heard.passed + failed),
    }))
}

fn passed(heard: Heard) -> Outcome {
    let mut skips = heard.skipped;
    skips.dedup();
    if heard.ignored > 0 {
        skips.push(format!("{} tests are marked to be ignored", heard.ignored));
    }
    Outcome::Passed { tests: heard.passed, skips }
}

fn check_samples() -> anyhow::Result<Outcome> {
    let datapunk = repository::program_under_test()?;
    match samples::check(&datapunk)? {
        Some(variants) => Ok(Outcome::Passed { tests: variants as u64, skips: Vec::new() }),
        None => {
            Ok(Outcome::Passed { tests: 0, skips: vec!["the real sample files are not at hand".to_owned()] })
        }
    }
}
