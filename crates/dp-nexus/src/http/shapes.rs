//! The shapes of what other crates write, for the OpenAPI document: the same fields, read strictly, so that a
//! test tells when one of them changes.

mod answer;
mod import;

pub use answer::{
    ExplanationView, FacetCountView, FacetView, FilterView, KeywordPartView, NearView, PassageView,
    PriorView, RerankPartView, SemanticPartView, SuggestionView, UnderstoodView,
};
pub use import::{AppliedView, CheckpointView, EntryReportView, ImportView, TallyView, WarningView};

use dp_lake::{FacetField, Has, SuggestionKind};
use dp_model::{EntryStatus, Kind, WarningKind};
use serde::{Deserialize, Serialize};
use utoipa::{
    ToSchema,
    openapi::{ArrayBuilder, ObjectBuilder, RefOr, Schema, schema::Type},
};

/// The schema of one of some words.
fn one_of<'a>(words: impl Iterator<Item = &'a str>, description: &str) -> RefOr<Schema> {
    let object = ObjectBuilder::new().schema_type(Type::String).description(Some(description));
    object.enum_values(Some(words)).into()
}

pub(super) fn kind() -> RefOr<Schema> {
    one_of(Kind::ALL.iter().map(|kind| kind.as_str()), "What a document is.")
}

pub(super) fn has() -> RefOr<Schema> {
    one_of(Has::ALL.iter().map(|(word, _)| *word), "Something a document can have.")
}

pub(super) fn facet_field() -> RefOr<Schema> {
    one_of(FacetField::ALL.iter().map(|field| field.as_str()), "What documents are counted by.")
}

pub(super) fn suggestion_kind() -> RefOr<Schema> {
    let kinds = [
        SuggestionKind::Query,
        SuggestionKind::Person,
        SuggestionKind::Place,
        SuggestionKind::Channel,
        SuggestionKind::Site,
        SuggestionKind::Title,
    ];
    let words = kinds.iter().filter_map(|kind| serde_json::to_value(kind).ok()).collect::<Vec<_>>();
    one_of(words.iter().filter_map(|word| word.as_str()), "What a suggestion is.")
}

pub(super) fn entry_status() -> RefOr<Schema> {
    one_of(EntryStatus::ALL.iter().map(|status| status.as_str()), "What became of an entry.")
}

pub(super) fn warning_kind() -> RefOr<Schema> {
    one_of(WarningKind::ALL.iter().map(|kind| kind.as_str()), "What sort of thing went wrong.")
}

pub(super) fn precision() -> RefOr<Schema> {
    let words = ["year", "month", "day", "minute", "second", "millisecond", "microsecond"];
    one_of(words.into_iter(), "How exactly a time is known.")
}

/// A list of kinds.
pub(super) fn kinds() -> RefOr<Schema> {
    ArrayBuilder::new().items(kind()).description(Some("Any of these kinds.")).into()
}

/// A list of things a document can have.
pub(super) fn things() -> RefOr<Schema> {
    ArrayBuilder::new().items(has()).description(Some("All of these things.")).into()
}

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
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = Point)]
pub struct PointView {
    /// Degrees north × 1e7.
    pub latitude_e7: i32,
    /// Degrees east × 1e7.
    pub longitude_e7: i32,
}

/// A place as a record names it.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
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
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = Identity)]
pub struct IdentityView {
    /// `email`, `phone`, `handle` or `name`.
    pub kind: String,
    /// The address in its canonical form.
    pub value: String,
}

/// One appearance of a person in a document.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
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
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
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
    pub size_bytes: Option<u64>,
    /// The BLAKE3 hash of its decoded bytes, if they were seen.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub hash: Option<String>,
}

/// Where in which archive a version of a document was read.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = Provenance)]
pub struct ProvenanceView {
    /// Name of the export.
    pub archive: String,
    /// Path of the entry inside the archive.
    pub entry: String,
    /// Byte offset of the record in the inflated entry.
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
        annotations: AnnotationsView
    }
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
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
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
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
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

/// A name and how often it stands.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = Top)]
pub struct TopView {
    /// Name.
    pub name: String,
    /// Documents.
    pub count: u64,
}

/// A series in numbers.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = Series)]
pub struct SeriesView {
    /// Name.
    pub series: String,
    /// Samples.
    pub count: u64,
    /// First local day, as days since 1970-01-01.
    pub first_day: Option<i32>,
    /// Last local day, as days since 1970-01-01.
    pub last_day: Option<i32>,
}

/// A location fix.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = Fix)]
pub struct FixView {
    /// Where.
    pub point: PointView,
    /// Radius of 68 % confidence in metres.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub accuracy_m: Option<f32>,
    /// Height above the WGS84 ellipsoid in metres.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub altitude_m: Option<f32>,
    /// Uncertainty of the height in metres.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub vertical_accuracy_m: Option<f32>,
    /// Speed over ground in metres a second.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub speed_mps: Option<f32>,
    /// Direction of movement in degrees clockwise from north.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub heading_deg: Option<f32>,
    /// What told: `gps`, `wifi`, `cell`, `visit`, `path` or `unknown`.
    pub provider: String,
}

/// What a sample says.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = Reading)]
pub enum ReadingView {
    /// A location.
    Fix(FixView),
    /// A number in the unit of its series.
    Number(f64),
}

/// One reading of a series.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = Sample)]
pub struct SampleView {
    /// Which series.
    pub series: String,
    /// Where the data came from, dotted.
    pub source: String,
    /// Microseconds since 1970-01-01T00:00:00Z.
    pub time_us: i64,
    /// Seconds east of UTC on the local clock, if the record says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub offset_s: Option<i32>,
    /// The exporter's own number of the device, 0 if unknown.
    pub device: i64,
    /// What was read.
    pub reading: ReadingView,
    /// Whatever else the record holds.
    #[serde(default, skip_serializing_if = "serde_json::Map::is_empty")]
    #[schema(value_type = Object)]
    pub metadata: serde_json::Map<String, serde_json::Value>,
}
