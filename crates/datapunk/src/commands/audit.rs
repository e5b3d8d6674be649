//! `datapunk audit`: who read or changed what through `datapunk serve`.

use super::user;
use crate::{output::Output, place::Place, words};
use dp_nexus::accounts::{Break, Verdict};
use std::process::ExitCode;

#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, clap::Subcommand)]
enum What {
    /// Check that no line of the access log was changed or removed; exits with 1 if one was
    Verify,
}

pub(crate) fn run(place: &Place, arguments: &Arguments, output: &mut Output) -> anyhow::Result<ExitCode> {
    let What::Verify = arguments.what;
    let verdict = user::open(place)?.verify_log()?;
    if output.json {
        output.value(&verdict)?;
    } else {
        output.line(match &verdict {
            Verdict::Intact { entries, head } => format!(
                "The access log is as it was written: {}, the last with the hash {head}.",
                words::counted(u64::try_from(*entries).unwrap_or_default(), "entry", "entries")
            ),
            Verdict::Broken { entry, what } => {
                let what = match what {
                    Break::Changed => "was changed",
                    Break::Missing => "is missing",
                };
                format!("Entry {entry} of the access log {what}; nothing from there on can be relied on.")
            }
        })?;
    }
    Ok(if matches!(verdict, Verdict::Intact { .. }) { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
