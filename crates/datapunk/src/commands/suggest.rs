//! `datapunk suggest`

use crate::{output::Output, reading::Reading, words};
use dp_lake::SuggestionKind;

#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// What has been typed so far
    #[arg(required_unless_present = "forget")]
    typed: Vec<String>,

    /// At most so many of each kind
    #[arg(long, default_value_t = 5, value_name = "N")]
    limit: usize,

    /// Forget the queries that were asked before
    #[arg(long, conflicts_with = "typed")]
    forget: bool,
}

pub(crate) fn run(reading: &dyn Reading, arguments: &Arguments, output: &mut Output) -> anyhow::Result<()> {
    if arguments.forget {
        let had_some = reading.forget_queries()?;
        return output.line(if had_some {
            "Past queries are forgotten."
        } else {
            "There were no past queries."
        });
    }
    let suggestions = reading.suggest(&arguments.typed.join(" "), arguments.limit)?;
    if output.json {
        return output.value(&suggestions);
    }
    if suggestions.is_empty() {
        return output.line("Nothing begins with that.");
    }
    for suggestion in &suggestions {
        let kind = match suggestion.kind {
            SuggestionKind::Query => "asked",
            SuggestionKind::Person => "person",
            SuggestionKind::Place => "place",
            SuggestionKind::Channel => "channel",
            SuggestionKind::Site => "site",
            SuggestionKind::Title => "title",
        };
        let text = words::one_line(&suggestion.text, 120);
        output.line(format!("{kind:<8} {text}"))?;
    }
    Ok(())
}
