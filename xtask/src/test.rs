//! `cargo xtask test`: every check there is, step by step, with a plain closing line. Under CI nothing
//! may be skipped.

mod steps;

use crate::{
    models,
    needs::{self, Need},
    repository,
};
use anyhow::bail;
use std::time::{Duration, Instant};
use steps::{Outcome, Step};

#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// Run only this step; can be given several times
    #[arg(long, value_enum, value_name = "STEP")]
    only: Vec<Step>,

    /// Seconds for which each fuzz target is tried with changed inputs
    #[arg(long, default_value_t = 5, value_name = "SECONDS")]
    fuzz_seconds: u64,
}

pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<()> {
    needs::check(&[Need::Rust, Need::CCompiler, Need::NodeWithNpm])?;
    models::ensure_static()?;
    models::ensure_minilm()?;
    let mut results = Vec::new();
    for step in Step::all().filter(|step| arguments.only.is_empty() || arguments.only.contains(step)) {
        println!("\n=== {} ===", step.name());
        let started = Instant::now();
        let outcome = judged(step.run(arguments.fuzz_seconds));
        if let Outcome::Failed(why) = &outcome {
            eprintln!("{} failed: {why}", step.name());
        }
        results.push((step, outcome, started.elapsed()));
    }
    print_table(&results);
    let failed = results.iter().filter(|(_, outcome, _)| matches!(outcome, Outcome::Failed(_))).count();
    println!("{} passed, {failed} failed", results.len() - failed);
    if failed > 0 {
        bail!("not everything passed");
    }
    Ok(())
}

/// Under CI a step that skipped something has failed.
fn judged(outcome: anyhow::Result<Outcome>) -> Outcome {
    match outcome {
        Ok(Outcome::Passed { tests, skips }) if repository::is_ci() && !skips.is_empty() => Outcome::Failed(
            format!("{tests} tests passed, but under CI nothing may be skipped: {}", skips.join("; ")),
        ),
        Ok(outcome) => outcome,
        Err(error) => Outcome::Failed(format!("{error:#}")),
    }
}

fn print_table(results: &[(Step, Outcome, Duration)]) {
    println!("\n{:<14} {:>8} {:>8}", "step", "tests", "seconds");
    for (step, outcome, elapsed) in results {
        let (tests, verdict) = match outcome {
            Outcome::Passed { tests, skips } if skips.is_empty() => (*tests, "passed".to_owned()),
            Outcome::Passed { tests, skips } => (*tests, format!("passed, but SKIPPED {}", skips.join("; "))),
            Outcome::Failed(why) => (0, format!("FAILED: {}", why.lines().next().unwrap_or_default())),
        };
        let tests = if tests == 0 { String::new() } else { tests.to_string() };
        println!("{:<14} {tests:>8} {:>8.1}  {verdict}", step.name(), elapsed.as_secs_f64());
    }
    println!();
}
