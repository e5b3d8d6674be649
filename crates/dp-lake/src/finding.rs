//! What is asked beside strict search: the best documents for some words, counts by field, and how
//! what is being typed may go on.

use crate::{Filter, TextQuery, analysis::Language};
use dp_model::DocumentId;
use serde::{Deserialize, Serialize};

/// The documents that fit some words best, whether or not they hold all of them.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct RankedQuery {
    /// What is looked for: any word of it counts, rare ones more.
    pub words: String,
    /// The language of the words, if it is known: other forms of a word (`flows` for `flow`) count
    /// as the word itself.
    pub language: Option<Language>,
    /// What the text must and must not hold all the same.
    pub text: TextQuery,
    /// Which documents.
    pub filter: Filter,
}

/// A document that fits.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct RankedHit {
    /// Which document.
    pub id: DocumentId,
    /// How well, higher is better; comparable within one answer only.
    pub score: f32,
    /// How much of what was looked for it holds, 0 to 1: its words by their rarity, against all words
    /// of the query, those that stand nowhere included.
    pub coverage: f32,
}

/// What documents are counted by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FacetField {
    /// Source, dotted.
    Source,
    /// Kind.
    Kind,
    /// Year of the local day.
    Year,
    /// Name of a person in it, or the address where there is no name.
    Person,
    /// Name of the place.
    Place,
    /// Who made what was watched or listened to.
    Channel,
    /// Host of a page that was opened.
    Site,
    /// Label, folder, list or album.
    Label,
}

impl FacetField {
    /// Every field.
    pub const ALL: &[Self] = &[
        Self::Source,
        Self::Kind,
        Self::Year,
        Self::Person,
        Self::Place,
        Self::Channel,
        Self::Site,
        Self::Label,
    ];
    /// The fields that are shown beside hits, in their order.
    pub const SHOWN: &[Self] = &[Self::Source, Self::Kind, Self::Year, Self::Person, Self::Place];

    /// The word used on screen.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Source => "source",
            Self::Kind => "kind",
            Self::Year => "year",
            Self::Person => "person",
            Self::Place => "place",
            Self::Channel => "channel",
            Self::Site => "site",
            Self::Label => "label",
        }
    }
}

/// One value of a field.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FacetCount {
    /// The value as it is shown.
    pub value: String,
    /// Documents with it.
    pub documents: u64,
}

/// Counts of a field, most frequent first, ties by value.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Facet {
    /// Which field.
    pub field: FacetField,
    /// The most frequent values.
    pub counts: Vec<FacetCount>,
}

/// What a suggestion is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SuggestionKind {
    /// A query that was asked before.
    Query,
    /// A person's name or address.
    Person,
    /// A place.
    Place,
    /// Who made what was watched or listened to.
    Channel,
    /// A host of pages.
    Site,
    /// The title of a document.
    Title,
}

/// One way in which what is being typed may go on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Suggestion {
    /// What it is.
    pub kind: SuggestionKind,
    /// The text to put in place of what was typed.
    pub text: String,
    /// Documents it stands in, where that is known.
    pub documents: u64,
    /// The document whose title it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<DocumentId>,
}
