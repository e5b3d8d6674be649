//! `cargo xtask soak`: the reliability tests for as long as one likes.

mod clients;

use crate::{
    fuzz, models,
    needs::{self, Need},
    process, repository,
};

#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// How often an import is killed at a random moment and resumed
    #[arg(long, default_value_t = 200, value_name = "N")]
    kills: u32,

    /// Minutes of coverage-guided fuzzing for each target
    #[arg(long, default_value_t = 10, value_name = "N")]
    fuzz_minutes: u64,

    /// Fuzz only targets whose name contains this
    #[arg(long, default_value = "", value_name = "NAME", hide_default_value = true)]
    target: String,

    /// Only this: so many clients at once, reading, searching, uploading and listening while the server imports
    #[arg(long, value_name = "N")]
    clients: Option<u32>,

    /// How long they go on
    #[arg(long, default_value_t = 10, value_name = "N", requires = "clients")]
    minutes: u64,
}

pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<()> {
    needs::check(&[Need::Rust, Need::CCompiler])?;
    models::ensure_static()?;
    if let Some(clients) = arguments.clients {
        return clients::run(clients, arguments.minutes);
    }
    if arguments.kills > 0 {
        kill_and_resume(arguments.kills)?;
    }
    if arguments.fuzz_minutes > 0 {
        fuzz::run_guided(arguments.fuzz_minutes * 60, &arguments.target)?;
    }
    Ok(())
}

/// The scenario of the test run, with more kills: it reads how many from its environment.
fn kill_and_resume(kills: u32) -> anyhow::Result<()> {
    let datapunk = repository::program_under_test()?;
    let mut scenario = repository::cargo();
    scenario.env(repository::PROGRAM_VARIABLE, datapunk).env("DATAPUNK_SOAK_KILLS", kills.to_string());
    process::run(scenario.args(["test", "--package", "dp-e2e", "--", "--nocapture", "kill"]))
}
