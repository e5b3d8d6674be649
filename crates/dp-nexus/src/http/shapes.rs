//! The shapes of what other crates write, for the OpenAPI document: the same fields, read strictly, so that a
//! test tells when one of them changes.

mod answer;
mod document;
mod import;
mod sample;

pub use answer::{
    ExplanationView, FacetCountView, FacetView, FilterView, KeywordPartView, NearView, PassageView,
    PriorView, RerankPartView, SemanticPartView, SuggestionView, UnderstoodView,
};
pub use import::{AppliedView, CheckpointView, EntryReportView, ImportView, TallyView, WarningView};

pub use document::{
    AnnotationsView, ContentView, DocumentPageView, DocumentView, FullDocumentView, IdentityView, MediaView,
    MentionView, MomentView, NeighboursView, PersonView, PlaceView, PointView, ProvenanceView, RevisionView,
};
pub use sample::{FixView, ReadingView, SampleView, SeriesView, TopView};

use dp_lake::{FacetField, Has, SuggestionKind};
use dp_model::{EntryStatus, Kind, WarningKind};
use utoipa::openapi::{ArrayBuilder, ObjectBuilder, RefOr, Schema, schema::Type};

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
