//! `datapunk forget`

use crate::{
    output::Output,
    place::{Place, find_document},
    words,
};
use dp_lake::{Day, ForgetTarget, Forgotten, Vault as _, days_of_text};
use futures::executor::block_on;
use std::{
    io::{IsTerminal as _, Write as _},
    time::Duration,
};

#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// A document's id, or its first digits
    #[arg(required_unless_present_any = ["source", "from", "to"], conflicts_with_all = ["source", "from", "to"])]
    id: Option<String>,

    /// Everything of this source and those below it, such as google.youtube
    #[arg(long)]
    source: Option<String>,

    /// Only from this day on, as 2019, 2019-06 or 2019-06-14; of the source, or of all
    #[arg(long, value_name = "DAY", value_parser = days_of_text)]
    from: Option<(Day, Day)>,

    /// Only up to this day, included
    #[arg(long, value_name = "DAY", value_parser = days_of_text)]
    to: Option<(Day, Day)>,

    /// Do it without asking
    #[arg(long)]
    yes: bool,

    /// Only say what would be removed
    #[arg(long, conflicts_with = "yes")]
    preview: bool,
}

pub(crate) fn run(place: &Place, arguments: &Arguments, output: &mut Output) -> anyhow::Result<()> {
    let vault = place.open_existing()?;
    let target = match (&arguments.source, &arguments.id) {
        (source, _) if arguments.from.is_some() || arguments.to.is_some() => ForgetTarget::Days {
            source: source.clone(),
            from: arguments.from.map_or(Day::MIN, |days| days.0),
            until: arguments.to.map_or(Day::MAX, |days| days.1.saturating_add(1)),
        },
        (Some(source), _) => ForgetTarget::Source(source.clone()),
        (None, Some(id)) => ForgetTarget::Document(find_document(&vault, id)?),
        (None, None) => anyhow::bail!("say what to forget: an id, --source NAME, or days by --from and --to"),
    };
    let preview = block_on(vault.documents().forget_preview(&target))?;
    if arguments.preview {
        return tell("would be removed", preview, output);
    }
    if preview == Forgotten::default() {
        return tell("were removed", preview, output);
    }
    if !arguments.yes {
        if output.json || !std::io::stdin().is_terminal() {
            anyhow::bail!(
                "{} would be removed for good; add --yes to do it, or --preview to see the counts",
                words::counted(preview.documents, "document", "documents")
            );
        }
        tell("would be removed", preview, output)?;
        write!(output.writer(), "The original archives are not touched. Forget this for good? [y/N] ")?;
        output.flush()?;
        let mut answer = String::new();
        std::io::stdin().read_line(&mut answer)?;
        if !matches!(answer.trim(), "y" | "Y" | "yes") {
            return output.line("Nothing was removed.");
        }
    }
    let forgotten = block_on(vault.documents().forget(&target, None))?;
    block_on(vault.search().wait_indexed(u64::MAX))?;
    sweep_blobs(&vault)?;
    tell("were removed", forgotten, output)
}

/// How long a blob is kept that nothing refers to: whoever put it may be about to.
const UNREFERENCED: Duration = Duration::from_secs(7 * 24 * 60 * 60);

/// Removes blobs that nothing has referred to for long, and what a kill left of those that were forgotten.
pub(super) fn sweep_blobs(vault: &dyn dp_lake::Vault) -> Result<(), dp_lake::LakeError> {
    let before = jiff::Timestamp::now().saturating_sub(UNREFERENCED).unwrap_or(jiff::Timestamp::MIN);
    block_on(vault.blobs().delete_unreferenced(before.as_microsecond())).map(drop)
}

fn tell(what: &str, counts: Forgotten, output: &mut Output) -> anyhow::Result<()> {
    if output.json {
        return output.value(&counts);
    }
    output.line(format!(
        "{}, {}, {}, {}, {} and {} {what}.",
        words::counted(counts.documents, "document", "documents"),
        words::counted(counts.revisions, "older version", "older versions"),
        words::counted(counts.samples, "sample", "samples"),
        words::counted(counts.annotations, "annotation", "annotations"),
        words::counted(counts.people, "person", "people"),
        words::counted(counts.blobs, "file", "files"),
    ))
}
