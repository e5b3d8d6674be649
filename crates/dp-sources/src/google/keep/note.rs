//! A note of Keep, whichever file it came from, and the document it becomes.

use super::SOURCE;
use crate::{Context, google::people::mention, times::iso8601};
use dp_model::{Content, Draft, Kind, Labels, Media, Metadata, Moment, Precision, Role};

/// One line of a list.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(super) struct Item {
    pub(super) text: String,
    pub(super) checked: bool,
}

/// A link Keep found in the note, with what it knows of the page.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(super) struct Annotation {
    pub(super) title: String,
    pub(super) description: String,
    pub(super) url: String,
}

/// Somebody the note is shared with, or who owns it.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(super) struct Sharee {
    pub(super) email: String,
    pub(super) owner: bool,
}

/// A note as its file gives it.
#[derive(Debug, Default)]
pub(super) struct Note {
    pub(super) title: String,
    pub(super) text: String,
    pub(super) items: Vec<Item>,
    pub(super) annotations: Vec<Annotation>,
    pub(super) labels: Vec<String>,
    pub(super) sharees: Vec<Sharee>,
    pub(super) media: Vec<Media>,
    pub(super) color: String,
    pub(super) pinned: bool,
    pub(super) archived: bool,
    pub(super) trashed: bool,
    pub(super) created_us: Option<i64>,
    pub(super) edited_us: Option<i64>,
    /// When it was last changed, as the HTML form writes it: local time without a zone.
    pub(super) edited_local: Option<Moment>,
    /// Fields with no place in the model.
    pub(super) other: Metadata,
}

impl Note {
    /// Attachments that the export does not hold under this name or, Keep being of two minds about
    /// `.jpg` and `.jpeg`, under this name with another extension.
    pub(super) fn missing_attachments(&self, context: &Context<'_>) -> Vec<String> {
        let folder = context.path.rsplit_once('/').map_or("", |(folder, _)| folder);
        let missing = |media: &&Media| {
            let beside =
                if folder.is_empty() { media.name.clone() } else { format!("{folder}/{}", media.name) };
            media.hash.is_none()
                && !context.surroundings.has_path(&beside)
                && !context.surroundings.has_sibling_stem(context.path, &media.name)
        };
        self.media.iter().filter(missing).map(|media| media.name.clone()).collect()
    }

    pub(super) fn into_draft(mut self, context: &Context<'_>) -> Draft {
        let stem = file_stem(context.path);
        let key = match self.created_us {
            Some(created_us) => format!("created\0{created_us}\0{}", self.title),
            // Old exports and the HTML form do not say when; there the file name is what stays.
            None => format!("file\0{stem}"),
        };
        let mut content = Content::new(SOURCE, Kind::Note);
        content.text = self.whole_text();
        content.time = self.time(stem);
        content.modified_us = self.edited_us.or_else(|| {
            let local = self.edited_local.as_ref()?;
            (local.clock == dp_model::Clock::Instant).then_some(local.utc_us)
        });
        content.url = self.annotations.iter().map(|link| &link.url).find(|url| !url.is_empty()).cloned();
        content.labels = self.all_labels();
        content.people = self
            .sharees
            .iter()
            .filter_map(|sharee| {
                let role = if sharee.owner { Role::Author } else { Role::Sharee };
                mention(role, None, Some(&sharee.email))
            })
            .collect();
        if !self.color.is_empty() && self.color != "DEFAULT" {
            self.other.push_str("color", &self.color);
        }
        content.title = self.title;
        content.media = self.media;
        content.metadata = self.other;
        Draft::unique(key.as_bytes(), 0, content)
    }

    /// Created, else edited, else what the name of the file says.
    fn time(&self, stem: &str) -> Option<Moment> {
        let instant = self.created_us.or(self.edited_us);
        instant
            .map(|us| Moment::utc(us, Precision::Microsecond))
            .or_else(|| self.edited_local.clone())
            .or_else(|| time_of_stem(stem))
    }

    /// Text, list and the titles of links, each line of a list with its box.
    fn whole_text(&self) -> String {
        let mut text = self.text.trim_end().to_owned();
        let mut push_line = |line: &str, gap: bool| {
            if !text.is_empty() {
                text.push_str(if gap { "\n\n" } else { "\n" });
            }
            text.push_str(line);
        };
        for (at, item) in self.items.iter().enumerate() {
            let sign = if item.checked { "[x]" } else { "[ ]" };
            push_line(&format!("{sign} {}", item.text.trim()), at == 0);
        }
        for (at, link) in self.annotations.iter().enumerate() {
            let parts = [&link.title, &link.description, &link.url];
            let known: Vec<&str> =
                parts.iter().map(|part| part.trim()).filter(|part| !part.is_empty()).collect();
            if !known.is_empty() {
                push_line(&known.join("\n"), at == 0);
            }
        }
        text
    }

    fn all_labels(&self) -> Labels {
        let states = [(self.pinned, "Pinned"), (self.archived, "Archived"), (self.trashed, "Trash")];
        let states = states.iter().filter(|(is, _)| *is).map(|(_, name)| (*name).into());
        self.labels.iter().cloned().map(Into::into).chain(states).collect()
    }
}

fn file_stem(path: &str) -> &str {
    let name = path.rsplit('/').next().unwrap_or(path);
    name.rsplit_once('.').map_or(name, |(stem, _)| stem)
}

/// The time that names a note without title: `2021-08-26T12_50_12.122+05_00`.
fn time_of_stem(stem: &str) -> Option<Moment> {
    let stem = stem.split('(').next().unwrap_or(stem);
    stem.contains('T').then(|| iso8601(&stem.replace('_', ":"))).flatten()
}
