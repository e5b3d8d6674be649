//! `datapunk star`, `tag`, `note` and `hide`

use crate::{
    output::Output,
    place::{Place, find_document},
};
use anyhow::Context as _;
use dp_lake::{Annotation, Vault as _};
use futures::executor::block_on;

#[derive(Debug, clap::Args)]
pub(crate) struct Star {
    /// The document's id, or its first digits
    id: String,
    /// Take the star away
    #[arg(long)]
    remove: bool,
}

#[derive(Debug, clap::Args)]
pub(crate) struct Tag {
    /// The document's id, or its first digits
    id: String,
    /// The tag
    tag: String,
    /// Take the tag away
    #[arg(long)]
    remove: bool,
}

#[derive(Debug, clap::Args)]
pub(crate) struct Note {
    /// The document's id, or its first digits
    id: String,
    /// The note
    #[arg(required_unless_present = "remove")]
    note: Option<String>,
    /// Take the note away
    #[arg(long, conflicts_with = "note")]
    remove: bool,
}

#[derive(Debug, clap::Args)]
pub(crate) struct Hide {
    /// The document's id, or its first digits
    id: String,
    /// Show it again
    #[arg(long)]
    remove: bool,
}

pub(crate) fn star(place: &Place, arguments: &Star, output: &mut Output) -> anyhow::Result<()> {
    annotate(place, &arguments.id, &Annotation::Star(!arguments.remove), output)
}

pub(crate) fn tag(place: &Place, arguments: &Tag, output: &mut Output) -> anyhow::Result<()> {
    let tag = arguments.tag.trim();
    if tag.is_empty() {
        anyhow::bail!("a tag needs at least one character");
    }
    let tag = tag.to_owned();
    let change = if arguments.remove { Annotation::RemoveTag(tag) } else { Annotation::AddTag(tag) };
    annotate(place, &arguments.id, &change, output)
}

pub(crate) fn note(place: &Place, arguments: &Note, output: &mut Output) -> anyhow::Result<()> {
    annotate(place, &arguments.id, &Annotation::Note(arguments.note.clone()), output)
}

pub(crate) fn hide(place: &Place, arguments: &Hide, output: &mut Output) -> anyhow::Result<()> {
    annotate(place, &arguments.id, &Annotation::Hide(!arguments.remove), output)
}

fn annotate(place: &Place, id: &str, change: &Annotation, output: &mut Output) -> anyhow::Result<()> {
    let vault = place.open_existing()?;
    let id = find_document(&vault, id)?;
    let annotations = block_on(vault.documents().annotate(id, change))?
        .with_context(|| format!("there is no document {id}"))?;
    block_on(vault.search().wait_indexed(u64::MAX))?;
    if output.json {
        return output.value(&serde_json::json!({ "id": id, "annotations": annotations }));
    }
    let mut words = Vec::new();
    words.extend(annotations.starred.then(|| "starred".to_owned()));
    words.extend(annotations.hidden.then(|| "hidden".to_owned()));
    words.extend(annotations.tags.iter().map(|tag| format!("tagged {tag}")));
    words.extend(annotations.note.iter().map(|note| format!("noted: {note}")));
    let words = if words.is_empty() { "nothing".to_owned() } else { words.join(", ") };
    output.line(format!("{id} has now: {words}"))
}
