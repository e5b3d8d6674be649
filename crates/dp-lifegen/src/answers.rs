//! What a right importer finds in the generated exports: counts per file, distinct totals, and
//! questions whose answers were planted. Computed from the events written, never by an importer.

use dp_model::{EntryStatus, Kind};
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

/// Everything there is to know about a generated life.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Answers {
    /// The seed it was made from.
    pub seed: u64,
    /// How many years it covers.
    pub years: u32,
    /// What volumes were multiplied by.
    pub scale: f64,
    /// The person it is about: name and mail address.
    pub person: String,
    /// The exports, oldest first; importing them in any order gives the same vault.
    pub exports: Vec<ExportAnswer>,
    /// What is left when all exports are in one vault.
    pub totals: Totals,
    /// What to ask, and what must be found.
    pub questions: Vec<Question>,
    /// What a person would ask: how much of it is found tells how good a search is. The first is the
    /// story that search by meaning is told with.
    pub inquiries: Vec<Inquiry>,
}

/// One export: a set of archive parts, or loose files of a phone.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ExportAnswer {
    /// Export id, such as `takeout-20210402T081500Z`, or the name of the loose file.
    pub name: String,
    /// File names of its parts in the directory it was written to.
    pub parts: Vec<String>,
    /// One per distinct path, in order of writing.
    pub files: Vec<FileAnswer>,
}

/// What is in one file of an export.
///
/// `documents` and `samples` are what every right importer finds. The `_maybe` figures come on top if
/// the importer takes records that one may also leave out: raw paths inside semantic months, visits
/// inside visits, trip memories. `warnings` are at least as many as given.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FileAnswer {
    /// Path as the archive writes it.
    pub path: String,
    /// Which variant of which format it is, in a few words.
    pub variant: String,
    /// What its ledger row should say.
    pub status: EntryStatus,
    /// Other statuses that would be right too.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub or_status: Vec<EntryStatus>,
    /// Documents in it; exact duplicates inside it count each.
    pub documents: u64,
    /// Further documents that an importer may or may not take.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub documents_maybe: u64,
    /// Samples in it.
    pub samples: u64,
    /// Further samples that an importer may or may not take.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub samples_maybe: u64,
    /// Warnings it gives, at least.
    pub warnings: u64,
    /// Records planted broken. A record without readable date still is a document.
    pub broken_records: u64,
    /// In how many parts of the export the same bytes lie.
    pub copies: u64,
}

/// Distinct things over all exports.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Totals {
    /// Per source and kind, sorted.
    pub documents: Vec<DocumentTotal>,
    /// All documents, whatever their source and kind.
    pub all: Span,
    /// Location fixes.
    pub samples: Span,
    /// People with at least one mail address or telephone number.
    pub people: Span,
}

/// Distinct documents of one source and kind.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DocumentTotal {
    /// Dotted, such as `google.youtube`.
    pub source: String,
    /// What they are.
    pub kind: Kind,
    /// How many.
    #[serde(flatten)]
    pub count: Span,
}

/// A count, exact where both ends are equal. The ends differ where the format leaves it to the
/// importer whether two records are one thing, or which kind a record is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Span {
    /// No fewer.
    pub at_least: u64,
    /// No more.
    pub at_most: u64,
}

impl Span {
    /// Whether a count is right.
    #[must_use]
    pub const fn holds(self, count: u64) -> bool {
        self.at_least <= count && count <= self.at_most
    }
}

/// A search, and what it must find.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Question {
    /// What to type, in the query language.
    pub query: String,
    /// Why it should work: what is being tried.
    pub description: String,
    /// All of these must be among the first `within` hits.
    pub expect: Vec<Expected>,
    /// How far down the hits they may stand.
    pub within: usize,
}

/// A document that must be found, described so that no id is needed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Expected {
    /// Its source; absent if the importer may choose.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
    /// Its kind; absent if the importer may choose.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kind: Option<Kind>,
    /// Stands literally in its title, its text, its place or its people.
    pub fragment: String,
    /// It is of this local day or a later one, if only its date tells it from others.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<Date>,
    /// It is of this local day or an earlier one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Date>,
}

/// In which way a question is unlike what it is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum InquiryKind {
    /// No content word of it stands in the answer.
    Paraphrase,
    /// Words of the answer, mistyped.
    Typo,
    /// Something that happened more than once: the date or the place tells which is meant.
    DateAndPlace,
    /// In the language of the answer, which is not English.
    Language,
    /// In another language than the answer.
    CrossLingual,
    /// Words of the answer as they stand.
    Exact,
    /// There is no answer.
    Unanswered,
}

/// What a person would ask, in words of their own.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Inquiry {
    /// In which way it is hard.
    pub kind: InquiryKind,
    /// Language of the question, as two letters; empty where it does not matter.
    pub language: String,
    /// The question.
    pub text: String,
    /// What answers it: all of these, each by any document that is as described. Empty if nothing does.
    pub expect: Vec<Expected>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands over a reference")]
fn is_zero(count: &u64) -> bool {
    *count == 0
}
