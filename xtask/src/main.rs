//! `cargo xtask`: everything a developer runs on this repository beyond cargo's own commands. Each
//! command is a file; none needs anything that it does not use.
#![expect(clippy::print_stdout, reason = "this program's job is to say what it does")]
#![expect(clippy::print_stderr, reason = "what went wrong goes to standard error")]

mod bench;
mod clean_copy;
mod demo;
mod eval;
mod fuzz;
mod models;
mod needs;
mod page;
mod process;
mod repository;
mod samples;
mod schema;
mod served_life;
mod soak;
mod test;

use clap::{Parser, Subcommand};
use std::process::ExitCode;

/// Runs, tests and measures Datapunk.
#[derive(Debug, Parser)]
#[command(max_term_width = 100)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Build the program as it is shipped, with the default model in it
    Build(models::Arguments),
    /// Build the program, import ten years of a made-up life, and search it
    Demo(demo::Arguments),
    /// Check everything, in the order in which mistakes are found soonest
    Test(test::Arguments),
    /// Measure speed and memory, beside the Python peer, into docs/benchmarks.md
    Bench(bench::Arguments),
    /// Evaluate how well searching finds what is meant, into docs/benchmarks.md
    Eval(eval::Arguments),
    /// The long versions of the reliability tests: kills, coverage-guided fuzzing
    Soak(soak::Arguments),
    /// Compare what the real sample files give with what they hold, into docs/sources/google-takeout.md
    Samples(samples::Arguments),
}

fn main() -> ExitCode {
    let outcome = match Arguments::parse().command {
        Command::Build(arguments) => models::build(&arguments),
        Command::Demo(arguments) => demo::run(&arguments),
        Command::Test(arguments) => test::run(&arguments),
        Command::Bench(arguments) => bench::run(&arguments),
        Command::Eval(arguments) => eval::run(&arguments),
        Command::Soak(arguments) => soak::run(&arguments),
        Command::Samples(arguments) => samples::run(&arguments),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("xtask: {error:#}");
            ExitCode::FAILURE
        }
    }
}
