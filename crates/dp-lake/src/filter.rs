//! Which documents are meant: one typed filter for listing, searching and counting, and how a page
//! of them is asked for.

use crate::Day;
use dp_model::{DocumentId, Kind};
use serde::{Deserialize, Serialize};

/// Something a document can have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Has {
    /// A file that belongs to it.
    Attachment,
    /// A known point on the map.
    Place,
    /// A link.
    Url,
    /// Someone in it.
    People,
    /// Text beyond the title.
    Text,
    /// The user's star.
    Star,
    /// A tag of the user's.
    Tag,
    /// A note of the user's.
    Note,
}

impl Has {
    /// Every value with its word in a query.
    pub const ALL: &[(&'static str, Self)] = &[
        ("attachment", Self::Attachment),
        ("place", Self::Place),
        ("url", Self::Url),
        ("people", Self::People),
        ("text", Self::Text),
        ("star", Self::Star),
        ("tag", Self::Tag),
        ("note", Self::Note),
    ];
}

/// A circle on the map.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Near {
    /// Latitude of its middle, degrees × 1e7.
    pub latitude_e7: i32,
    /// Longitude of its middle, degrees × 1e7.
    pub longitude_e7: i32,
    /// Radius in metres along the surface.
    pub radius_m: u32,
}

/// What to do with documents the user has hidden.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Hidden {
    /// Leave them out.
    #[default]
    Exclude,
    /// Treat them as any other.
    Include,
    /// Only them.
    Only,
}

/// Which documents are meant. An empty list asks nothing; within a list one match is enough; of the
/// fields all must hold.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Filter {
    /// Sources, dotted; `google` means `google.youtube` too.
    pub sources: Vec<String>,
    /// Kinds.
    pub kinds: Vec<Kind>,
    /// First local day.
    pub from: Option<Day>,
    /// First local day past the range.
    pub until: Option<Day>,
    /// First instant, microseconds since 1970 UTC, of the time documents are sorted by.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from_us: Option<i64>,
    /// First instant past the range.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub until_us: Option<i64>,
    /// Where their place is; documents without a point on the map are nowhere.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub near: Option<Near>,
    /// Labels, folders, lists or albums; compared with case and accents folded. All must hold.
    pub labels: Vec<String>,
    /// Tags of the user's, compared likewise. All must hold.
    pub tags: Vec<String>,
    /// Things a document must have. All must hold.
    pub has: Vec<Has>,
    /// Words that must all stand in the names or addresses of the document's people, analysed like
    /// text. All entries must hold.
    pub people: Vec<String>,
    /// Hidden documents.
    pub hidden: Hidden,
    /// What documents must *not* match; same fields, but any match excludes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub not: Option<Box<Filter>>,
}

impl Filter {
    /// Whether `source` is one of the wanted ones.
    #[must_use]
    pub fn wants_source(&self, source: &str) -> bool {
        self.sources.is_empty() || self.sources.iter().any(|wanted| is_under(source, wanted))
    }

    /// Whether `kind` is one of the wanted ones.
    #[must_use]
    pub fn wants_kind(&self, kind: Kind) -> bool {
        self.kinds.is_empty() || self.kinds.contains(&kind)
    }

    /// Whether a document of this local day (None if undated) is in the range.
    #[must_use]
    pub fn wants_day(&self, day: Option<Day>) -> bool {
        match day {
            Some(day) => {
                self.from.is_none_or(|from| day >= from) && self.until.is_none_or(|until| day < until)
            }
            None => self.from.is_none() && self.until.is_none(),
        }
    }

    /// Whether a document with this instant to sort by (None if undated) is in the range.
    #[must_use]
    pub fn wants_instant(&self, sort_us: Option<i64>) -> bool {
        match sort_us {
            Some(sort_us) => {
                self.from_us.is_none_or(|from| sort_us >= from)
                    && self.until_us.is_none_or(|until| sort_us < until)
            }
            None => self.from_us.is_none() && self.until_us.is_none(),
        }
    }
}

/// Whether the dotted `source` is `wanted` or lies under it.
pub(crate) fn is_under(source: &str, wanted: &str) -> bool {
    source.strip_prefix(wanted).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
}

/// In which order documents are listed. Ties in time are broken by id; undated ones are not listed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Order {
    /// Latest first.
    #[default]
    NewestFirst,
    /// Earliest first.
    OldestFirst,
}

/// Where a page ends and the next one begins: opaque to callers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Cursor(pub String);

impl Cursor {
    /// A cursor after the document with this time and id.
    #[must_use]
    pub fn after(time_us: i64, id: DocumentId) -> Self {
        Self(format!("{time_us}.{id}"))
    }

    /// The time and id it stands after.
    ///
    /// # Errors
    /// When the text is no cursor.
    pub fn position(&self) -> Result<(i64, DocumentId), crate::LakeError> {
        let parse = || {
            let (time, id) = self.0.split_once('.')?;
            Some((time.parse().ok()?, id.parse().ok()?))
        };
        parse().ok_or_else(|| crate::LakeError::BadCursor(self.0.clone()))
    }
}

/// Some items and where the next ones begin.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Page<T> {
    /// The items.
    pub items: Vec<T>,
    /// Where the next page begins; None if this is the last.
    pub next: Option<Cursor>,
}

/// What the user has added to a document. Keyed by document id, so it survives re-import.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Annotations {
    /// Starred.
    pub starred: bool,
    /// Tags, sorted.
    pub tags: Vec<String>,
    /// A note.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
    /// Left out of listings and searches.
    pub hidden: bool,
}

impl Annotations {
    /// Whether there is nothing.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// Makes one change.
    pub fn change(&mut self, change: &Annotation) {
        match change {
            Annotation::Star(starred) => self.starred = *starred,
            Annotation::Hide(hidden) => self.hidden = *hidden,
            Annotation::Note(note) => self.note.clone_from(note),
            Annotation::AddTag(tag) => {
                if let Err(place) = self.tags.binary_search(tag) {
                    self.tags.insert(place, tag.clone());
                }
            }
            Annotation::RemoveTag(tag) => self.tags.retain(|kept| kept != tag),
        }
    }
}

/// One change to a document's annotations.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Annotation {
    /// Star or unstar.
    Star(bool),
    /// Hide or show.
    Hide(bool),
    /// Set the note, or remove it.
    Note(Option<String>),
    /// Add a tag.
    AddTag(String),
    /// Remove a tag.
    RemoveTag(String),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_source_filter_means_all_below_it() {
        let filter = Filter { sources: vec!["google".into()], ..Filter::default() };
        assert!(filter.wants_source("google") && filter.wants_source("google.youtube"));
        assert!(!filter.wants_source("googlex") && !filter.wants_source("spotify"));
    }

    #[test]
    fn cursors_survive_their_text_form() {
        let id = DocumentId([7; 16]);
        assert_eq!(Cursor::after(-5, id).position().unwrap(), (-5, id));
        assert!(Cursor("nonsense".into()).position().is_err());
    }
}
