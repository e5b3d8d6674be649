//! One dated thing of a life, as a parser gives it and as the vault keeps it.

use crate::{BlobHash, DocumentId, Kind, Mention, Metadata, Moment, Place};
use serde::{Deserialize, Serialize};
use smallvec::SmallVec;
use std::borrow::Cow;

/// Where data came from, dotted: `google.youtube`, `spotify`.
pub type Source = Cow<'static, str>;

/// Names of labels, folders, lists or albums a document is in.
pub type Labels = SmallVec<[Cow<'static, str>; 1]>;

/// A file that belongs to a document.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Media {
    /// Its file name, as written.
    pub name: String,
    /// Its media type, if known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mime: Option<String>,
    /// Its decoded size in bytes, if its bytes were seen.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub size_bytes: Option<u64>,
    /// The hash of its decoded bytes, if they were seen.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hash: Option<BlobHash>,
}

/// What a document says, apart from its id and where it came from.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Content {
    /// Where the data came from.
    pub source: Source,
    /// What it is.
    pub kind: Kind,
    /// One line that names it; may be empty.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub title: String,
    /// What it says, in plain text; may be empty.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub text: String,
    /// When it happened or began; undated if the record gives no time or none that can be read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub time: Option<Moment>,
    /// When it ended, exclusive.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub end: Option<Moment>,
    /// Where it happened.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub place: Option<Place>,
    /// Who appears in it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub people: Vec<Mention>,
    /// What it points at.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    /// Files that belong to it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub media: Vec<Media>,
    /// Labels, folders, lists or albums it is in: what `in:` searches.
    #[serde(default, skip_serializing_if = "SmallVec::is_empty")]
    pub labels: Labels,
    /// Whatever else the record holds.
    #[serde(default, skip_serializing_if = "Metadata::is_empty")]
    pub metadata: Metadata,
    /// When the record itself was last changed, in microseconds since 1970 UTC, if it says so.
    /// Of two versions of one record, the later changed is the newer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub modified_us: Option<i64>,
}

impl Content {
    /// Content of this source and kind that says nothing yet.
    #[must_use]
    pub fn new(source: impl Into<Source>, kind: Kind) -> Self {
        Self {
            source: source.into(),
            kind,
            title: String::new(),
            text: String::new(),
            time: None,
            end: None,
            place: None,
            people: Vec::new(),
            url: None,
            media: Vec::new(),
            labels: Labels::new(),
            metadata: Metadata::new(),
            modified_us: None,
        }
    }
}

/// A document as a parser gives it: content, and what makes it that record and no other.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Draft {
    /// The natural key within (source, kind). Holds nothing that depends on file order, archive name,
    /// account language or file format.
    pub key: SmallVec<[u8; 64]>,
    /// Whether equal keys inside one entry are distinct events, told apart by their order.
    pub repeatable: bool,
    /// Byte offset of the record in the inflated entry.
    pub position: u64,
    /// What it says.
    pub content: Content,
}

impl Draft {
    /// A draft whose key names exactly one thing in the world (a message id, a channel id).
    #[must_use]
    pub fn unique(key: &[u8], position: u64, content: Content) -> Self {
        Self { key: SmallVec::from_slice(key), repeatable: false, position, content }
    }

    /// A draft whose key may come several times in one entry, each time a distinct event.
    #[must_use]
    pub fn repeatable(key: &[u8], position: u64, content: Content) -> Self {
        Self { key: SmallVec::from_slice(key), repeatable: true, position, content }
    }
}

/// Where in which archive a version of a document was read. What a person wrote in Datapunk itself was read nowhere:
/// it names that in place of an archive, and in place of an entry the client that wrote it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Provenance {
    /// Name of the export.
    pub archive: String,
    /// Path of the entry inside the archive.
    pub entry: String,
    /// Byte offset of the record in the inflated entry.
    pub position: u64,
}

/// An older version of a document, or one that arrived later and was older.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Revision {
    /// Where it was read.
    pub provenance: Provenance,
    /// What it said.
    pub content: Content,
}

/// A document as the vault keeps it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Document {
    /// Its derived id.
    pub id: DocumentId,
    /// What it says.
    #[serde(flatten)]
    pub content: Content,
    /// Where this version was read.
    pub provenance: Provenance,
}
