//! The shapes of documents and people.

use super::{kind, precision};
use async_graphql::SimpleObject;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A point in time as a record gives it.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = Moment)]
pub struct MomentView {
    /// Microseconds since 1970-01-01T00:00:00Z; before that, negative.
    pub utc_us: i64,
    /// Seconds east of UTC on the local clock, if the record says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub offset_s: Option<i32>,
    /// IANA zone name, if the record says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub zone: Option<String>,
    /// How exactly it is known.
    #[schema(schema_with = precision)]
    pub precision: String,
    /// `instant`, or `wall`: a wall clock whose zone nobody wrote down, written as if it were UTC.
    pub clock: String,
}

/// A point on the map.
#[derive(Debug, Clone, Serialize, Deserialize, SimpleObject, ToSchema)]
#[serde(deny_unknown_fields)]
#[graphql(name = "Point")]
#[schema(as = Point)]
pub struct PointView {
    /// Degrees north × 1e7.
    pub latitude_e7: i32,
    /// Degrees east × 1e7.
    pub longitude_e7: i32,
}

/// A place as a record names it.
#[derive(Debug, Clone, Serialize, Deserialize, SimpleObject, ToSchema)]
#[serde(deny_unknown_fields)]
#[graphql(name = "Place")]
#[schema(as = Place)]
pub struct PlaceView {
    /// What it is called.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub name: Option<String>,
    /// Its postal address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub address: Option<String>,
    /// Where it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub point: Option<PointView>,
    /// The provider's own id of the place.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub place_id: Option<String>,
}

/// An address by which a person is known.
#[derive(Debug, Clone, Serialize, Deserialize, SimpleObject, ToSchema)]
#[serde(deny_unknown_fields)]
#[graphql(name = "Identity")]
#[schema(as = Identity)]
pub struct IdentityView {
    /// `email`, `phone`, `handle` or `name`.
    pub kind: String,
    /// The address in its canonical form.
    pub value: String,
}

/// One appearance of a person in a document.
#[derive(Debug, Clone, Serialize, Deserialize, SimpleObject, ToSchema)]
#[serde(deny_unknown_fields)]
#[graphql(name = "Mention")]
#[schema(as = Mention)]
pub struct MentionView {
    /// The part they play: `from`, `to`, `cc`, `bcc`, `organizer`, `attendee`, `author`, `subject` or `sharee`.
    pub role: String,
    /// Their name as written there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub name: Option<String>,
    /// Their address as written there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub identity: Option<IdentityView>,
}

/// A file that belongs to a document.
#[derive(Debug, Clone, Serialize, Deserialize, SimpleObject, ToSchema)]
#[serde(deny_unknown_fields)]
#[graphql(name = "Media", complex)]
#[schema(as = Media)]
pub struct MediaView {
    /// Its file name, as written.
    pub name: String,
    /// Its media type, if known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub mime: Option<String>,
    /// Its decoded size in bytes, if its bytes were seen.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    #[graphql(skip)]
    pub size_bytes: Option<u64>,
    /// The BLAKE3 hash of its decoded bytes, if they were seen.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub hash: Option<String>,
}

/// Where in which archive a version of a document was read. What was written here has `written here` for the archive, and
/// for the entry who wrote it: `session`, `key` with its number, or the command line.
#[derive(Debug, Clone, Serialize, Deserialize, SimpleObject, ToSchema)]
#[serde(deny_unknown_fields)]
#[graphql(name = "Provenance", complex)]
#[schema(as = Provenance)]
pub struct ProvenanceView {
    /// Name of the export.
    pub archive: String,
    /// Path of the entry inside the archive.
    pub entry: String,
    /// Byte offset of the record in the inflated entry.
    #[graphql(skip)]
    pub position: u64,
}

macro_rules! with_content {
    ($($(#[$doc:meta])* $name:ident as $schema:ident { $($(#[$before_meta:meta])* $before:ident: $before_type:ty),* ; $($(#[$after_meta:meta])* $after:ident: $after_type:ty),* })+) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
        #[serde(deny_unknown_fields)]
        #[schema(as = $schema)]
        pub struct $name {
            $($(#[$before_meta])* pub $before: $before_type,)*
            /// Where the data came from, dotted: `google.youtube`.
            pub source: String,
            /// What it is.
            #[schema(schema_with = kind)]
            pub kind: String,
            /// One line that names it.
            #[serde(default, skip_serializing_if = "String::is_empty")]
            pub title: String,
            /// What it says, in plain text.
            #[serde(default, skip_serializing_if = "String::is_empty")]
            pub text: String,
            /// When it happened or began; not there if it is undated.
            #[serde(default, skip_serializing_if = "Option::is_none")]
            pub time: Option<MomentView>,
            /// When it ended, exclusive.
            #[serde(default, skip_serializing_if = "Option::is_none")]
            pub end: Option<MomentView>,
            /// Where it happened.
            #[serde(default, skip_serializing_if = "Option::is_none")]
            pub place: Option<PlaceView>,
            /// Who appears in it.
            #[serde(default, skip_serializing_if = "Vec::is_empty")]
            pub people: Vec<MentionView>,
            /// What it points at.
            #[serde(default, skip_serializing_if = "Option::is_none")]
            #[schema(nullable = false)]
            pub url: Option<String>,
            /// Files that belong to it.
            #[serde(default, skip_serializing_if = "Vec::is_empty")]
            pub media: Vec<MediaView>,
            /// Labels, folders, lists or albums it is in.
            #[serde(default, skip_serializing_if = "Vec::is_empty")]
            pub labels: Vec<String>,
            /// Whatever else the record holds.
            #[serde(default, skip_serializing_if = "serde_json::Map::is_empty")]
            #[schema(value_type = Object)]
            pub metadata: serde_json::Map<String, serde_json::Value>,
            /// When the record itself was last changed, microseconds since 1970 UTC, if it says so.
            #[serde(default, skip_serializing_if = "Option::is_none")]
            #[schema(nullable = false)]
            pub modified_us: Option<i64>,
            $($(#[$after_meta])* pub $after: $after_type,)*
        }
    )+};
}

with_content! {
    /// One dated thing of a life.
    DocumentView as Document {
        /// Its id: 32 hexadecimal digits.
        id: String;
        /// Where this version was read.
        provenance: ProvenanceView
    }

    /// What a version of a document says.
    ContentView as Content { ; }

    /// A document with everything the vault knows of it.
    FullDocumentView as FullDocument {
        /// Its id: 32 hexadecimal digits.
        id: String;
        /// Where this version was read.
        provenance: ProvenanceView,
        /// Other versions, newest first.
        revisions: Vec<RevisionView>,
        /// What the user added.
        annotations: AnnotationsView,
        /// What is next to it in time, if that was asked for.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[schema(nullable = false)]
        neighbours: Option<NeighboursView>
    }
}

/// What is next to a document in time, the nearest first. Of an undated one there is nothing.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = Neighbours)]
pub struct NeighboursView {
    /// Before it, of all sources.
    pub before: Vec<DocumentView>,
    /// After it, of all sources.
    pub after: Vec<DocumentView>,
    /// Before it, of its own source.
    pub source_before: Vec<DocumentView>,
    /// After it, of its own source.
    pub source_after: Vec<DocumentView>,
}

/// An older version of a document.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = Revision)]
pub struct RevisionView {
    /// Where it was read.
    pub provenance: ProvenanceView,
    /// What it said.
    pub content: ContentView,
}

/// What the user has added to a document.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, SimpleObject, ToSchema)]
#[serde(deny_unknown_fields)]
#[graphql(name = "Annotations")]
#[schema(as = Annotations)]
pub struct AnnotationsView {
    /// Starred.
    #[serde(default)]
    pub starred: bool,
    /// Tags, sorted.
    #[serde(default)]
    pub tags: Vec<String>,
    /// A note.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
    /// Left out of listings and searches.
    #[serde(default)]
    pub hidden: bool,
}

/// Some documents and where the next ones begin.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = DocumentPage)]
pub struct DocumentPageView {
    /// The documents.
    pub items: Vec<DocumentView>,
    /// `cursor` of the next page; null if this is the last.
    pub next: Option<String>,
}

/// A person as the vault knows them.
#[derive(Debug, Clone, Serialize, Deserialize, SimpleObject, ToSchema)]
#[serde(deny_unknown_fields)]
#[graphql(name = "Person")]
#[schema(as = Person)]
pub struct PersonView {
    /// Derived from the identities: 32 hexadecimal digits.
    pub id: String,
    /// The best name known.
    pub name: Option<String>,
    /// All identities, sorted.
    pub identities: Vec<IdentityView>,
    /// In how many documents they appear.
    pub documents: u64,
}
