//! `datapunk own`: documents of one's own, by the same operation that the API writes them with.

use crate::{
    output::Output,
    place::{Place, find_document},
};
use anyhow::Context as _;
use dp_lake::{
    Vault,
    etl::HomeClock,
    own::{
        NOTES, OwnAnswer, OwnBatch, OwnChange, OwnKey, OwnOutcome, checked, id_of, moment_now, moment_of_text,
    },
};
use dp_model::{Content, DocumentId, Kind};
use futures::executor::block_on;
use jiff::Timestamp;
use std::io::{IsTerminal as _, Read as _, Write as _};

/// What provenance names for what is written here.
const WRITTEN_BY: &str = "command line";
/// Bytes that are read of a text that is piped in.
const PIPED_BYTES_MAX: u64 = 8 << 20;

#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, clap::Subcommand)]
enum Action {
    /// Write a note, or another document of your own
    Add(Add),
    /// Change one; what it said is kept as an older version
    Edit(Edit),
    /// Remove one for good, with its older versions
    Delete(Delete),
}

#[derive(Debug, clap::Args)]
struct Add {
    /// What it says; `-` reads it from a pipe
    text: Option<String>,
    /// Where it belongs: own.notes, or own. and a name
    #[arg(long, default_value = NOTES)]
    source: String,
    /// What it is
    #[arg(long, default_value = "note")]
    kind: Kind,
    /// What names it among those of its source and kind; the same again is refused
    #[arg(long)]
    key: Option<String>,
    #[command(flatten)]
    fields: Fields,
}

#[derive(Debug, clap::Args)]
struct Edit {
    /// The document's id, or its first digits
    id: String,
    /// What it is to say; `-` reads it from a pipe
    #[arg(long)]
    text: Option<String>,
    #[command(flatten)]
    fields: Fields,
}

#[derive(Debug, clap::Args)]
struct Delete {
    /// The document's id, or its first digits
    id: String,
    /// Do it without asking
    #[arg(long)]
    yes: bool,
}

#[derive(Debug, clap::Args)]
struct Fields {
    /// One line that names it
    #[arg(long)]
    title: Option<String>,
    /// When it happened: 2024-06-14, 2024-06-14T08:30 or 2024-06-14T08:30:00+02:00
    #[arg(long)]
    time: Option<String>,
    /// What it points at
    #[arg(long)]
    url: Option<String>,
    /// A label; given twice, it has both
    #[arg(long)]
    label: Vec<String>,
}

impl Fields {
    fn put_into(&self, content: &mut Content) -> anyhow::Result<()> {
        if let Some(title) = &self.title {
            content.title.clone_from(title);
        }
        if let Some(time) = &self.time {
            content.time = Some(moment_of_text(time).map_err(anyhow::Error::msg)?);
        }
        if let Some(url) = &self.url {
            content.url = Some(url.clone());
        }
        if !self.label.is_empty() {
            content.labels = self.label.iter().map(|label| label.clone().into()).collect();
        }
        Ok(())
    }
}

pub(crate) fn run(place: &Place, arguments: &Arguments, output: &mut Output) -> anyhow::Result<()> {
    match &arguments.action {
        Action::Add(arguments) => add(place, arguments, output),
        Action::Edit(arguments) => edit(place, arguments, output),
        Action::Delete(arguments) => delete(place, arguments, output),
    }
}

fn add(place: &Place, arguments: &Add, output: &mut Output) -> anyhow::Result<()> {
    let text = arguments.text.as_deref().map(text_of).transpose()?;
    let vault = place.open()?;
    let now_us = Timestamp::now().as_microsecond();
    let mut content = Content::new(arguments.source.clone(), arguments.kind);
    content.text = text.unwrap_or_default();
    content.time = Some(moment_now(now_us, &mut HomeClock::new(vault.home_zone())));
    arguments.fields.put_into(&mut content)?;
    let content = checked(content)?;
    let id = id_of(&content, arguments.key.as_deref().map_or(OwnKey::Written(now_us, 0), OwnKey::Named));
    write(&vault, OwnChange::Create { id, content: Box::new(content) }, now_us)?;
    tell(id, "written", output)
}

fn edit(place: &Place, arguments: &Edit, output: &mut Output) -> anyhow::Result<()> {
    let text = arguments.text.as_deref().map(text_of).transpose()?;
    let vault = place.open_existing()?;
    let id = find_document(&vault, &arguments.id)?;
    let found = block_on(vault.documents().get(id))?.with_context(|| format!("there is no document {id}"))?;
    let mut content = found.document.content;
    let expected_us = content.modified_us;
    if let Some(text) = text {
        content.text = text;
    }
    arguments.fields.put_into(&mut content)?;
    require_own(&content, id)?;
    let content = Box::new(checked(content)?);
    let now_us = Timestamp::now().as_microsecond();
    write(&vault, OwnChange::Replace { id, content, expected_us }, now_us)?;
    tell(id, "changed", output)
}

fn delete(place: &Place, arguments: &Delete, output: &mut Output) -> anyhow::Result<()> {
    let vault = place.open_existing()?;
    let id = find_document(&vault, &arguments.id)?;
    let found = block_on(vault.documents().get(id))?.with_context(|| format!("there is no document {id}"))?;
    require_own(&found.document.content, id)?;
    if !arguments.yes {
        if output.json || !std::io::stdin().is_terminal() {
            anyhow::bail!("{id} would be removed for good; add --yes to do it");
        }
        let title = crate::words::one_line(&found.document.content.title, 80);
        write!(output.writer(), "Remove {id} ({title}) for good? [y/N] ")?;
        output.flush()?;
        let mut answer = String::new();
        std::io::stdin().read_line(&mut answer)?;
        if !matches!(answer.trim(), "y" | "Y" | "yes") {
            return output.line("Nothing was removed.");
        }
    }
    let now_us = Timestamp::now().as_microsecond();
    write(&vault, OwnChange::Delete { id, expected_us: None }, now_us)?;
    tell(id, "removed", output)
}

/// The text, or what is piped in.
fn text_of(given: &str) -> anyhow::Result<String> {
    if given != "-" {
        return Ok(given.to_owned());
    }
    let mut text = String::new();
    std::io::stdin()
        .take(PIPED_BYTES_MAX)
        .read_to_string(&mut text)
        .context("read the text from the pipe")?;
    Ok(text)
}

fn require_own(content: &Content, id: DocumentId) -> anyhow::Result<()> {
    if dp_lake::own::is_own(&content.source) {
        return Ok(());
    }
    anyhow::bail!(
        "{id} was imported, and what was imported is not changed; `datapunk note`, `tag`, `star` and `hide` add to it, \
         `datapunk forget` removes it"
    );
}

fn write(vault: &dyn Vault, change: OwnChange, now_us: i64) -> anyhow::Result<()> {
    let id = change.id();
    let answer = block_on(vault.documents().write(OwnBatch::new(vec![change], WRITTEN_BY, now_us)))?;
    let outcome = match answer {
        OwnAnswer::Written(written) => written.outcomes.first().copied(),
        OwnAnswer::KeyUsed | OwnAnswer::TooManyReceipts => None,
    };
    match outcome {
        Some(outcome) if outcome.is_done() => {}
        Some(OwnOutcome::Exists) => anyhow::bail!("there is the document {id} with this key already"),
        Some(OwnOutcome::Changed) => anyhow::bail!("{id} has been changed meanwhile; try again"),
        Some(OwnOutcome::OtherKind) => anyhow::bail!("source and kind of a document stay"),
        _ => anyhow::bail!("there is no document {id} of your own"),
    }
    Ok(block_on(vault.search().wait_indexed(u64::MAX))?)
}

fn tell(id: DocumentId, what: &str, output: &mut Output) -> anyhow::Result<()> {
    if output.json {
        return output.value(&serde_json::json!({ "id": id, "done": what }));
    }
    output.line(format!("{id} is {what}."))
}
