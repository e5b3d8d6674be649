//! The shapes of what the query engine says.

use super::{facet_field, suggestion_kind, things};
use async_graphql::SimpleObject;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A stretch of a document's text.
#[derive(Debug, Clone, Serialize, Deserialize, SimpleObject, ToSchema)]
#[serde(deny_unknown_fields)]
#[graphql(name = "Passage")]
#[schema(as = Passage)]
pub struct PassageView {
    /// Offset of its first byte.
    pub start: u32,
    /// Offset past its last byte.
    pub end: u32,
}

/// Counts of a field, most frequent first.
#[derive(Debug, Clone, Serialize, Deserialize, SimpleObject, ToSchema)]
#[serde(deny_unknown_fields)]
#[graphql(name = "Facet")]
#[schema(as = Facet)]
pub struct FacetView {
    /// Which field.
    #[schema(schema_with = facet_field)]
    pub field: String,
    /// The most frequent values.
    pub counts: Vec<FacetCountView>,
}

/// One value of a field.
#[derive(Debug, Clone, Serialize, Deserialize, SimpleObject, ToSchema)]
#[serde(deny_unknown_fields)]
#[graphql(name = "FacetCount")]
#[schema(as = FacetCount)]
pub struct FacetCountView {
    /// The value as it is shown.
    pub value: String,
    /// Documents with it.
    pub documents: u64,
}

/// One way in which what is being typed may go on.
#[derive(Debug, Clone, Serialize, Deserialize, SimpleObject, ToSchema)]
#[serde(deny_unknown_fields)]
#[graphql(name = "Suggestion")]
#[schema(as = Suggestion)]
pub struct SuggestionView {
    /// What it is.
    #[schema(schema_with = suggestion_kind)]
    pub kind: String,
    /// The text to put in place of what was typed.
    pub text: String,
    /// Documents it stands in, where that is known.
    pub documents: u64,
    /// The document whose title it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub id: Option<String>,
}

/// A circle on the map.
#[derive(Debug, Clone, Serialize, Deserialize, SimpleObject, ToSchema)]
#[serde(deny_unknown_fields)]
#[graphql(name = "Near")]
#[schema(as = Near)]
pub struct NearView {
    /// Latitude of its middle, degrees × 1e7.
    pub latitude_e7: i32,
    /// Longitude of its middle, degrees × 1e7.
    pub longitude_e7: i32,
    /// Radius in metres along the surface.
    pub radius_m: u32,
}

/// Which documents are meant.
#[derive(Debug, Clone, Serialize, Deserialize, SimpleObject, ToSchema)]
#[serde(deny_unknown_fields)]
#[graphql(name = "Filter", complex)]
#[schema(as = Filter)]
pub struct FilterView {
    /// Sources, dotted, and those below them.
    pub sources: Vec<String>,
    /// Kinds.
    #[schema(schema_with = super::kinds)]
    pub kinds: Vec<String>,
    /// First local day, as days since 1970-01-01.
    pub from: Option<i32>,
    /// First local day past the range.
    pub until: Option<i32>,
    /// First instant, microseconds since 1970 UTC.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    #[graphql(skip)]
    pub from_us: Option<i64>,
    /// First instant past the range.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    #[graphql(skip)]
    pub until_us: Option<i64>,
    /// Where their place is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub near: Option<NearView>,
    /// Labels, folders, lists or albums. All must hold.
    pub labels: Vec<String>,
    /// Tags of the user's. All must hold.
    pub tags: Vec<String>,
    /// Things a document must have. All must hold.
    #[schema(schema_with = things)]
    pub has: Vec<String>,
    /// Words in the names or addresses of the people. All must hold.
    pub people: Vec<String>,
    /// `exclude`, `include` or `only`: documents the user has hidden.
    pub hidden: String,
    /// What documents must not match.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(no_recursion)]
    pub not: Option<Box<FilterView>>,
}

/// How a query was understood.
#[derive(Debug, Clone, Serialize, Deserialize, SimpleObject, ToSchema)]
#[serde(deny_unknown_fields)]
#[graphql(name = "Understood", complex)]
#[schema(as = Understood)]
pub struct UnderstoodView {
    /// The filters.
    pub filter: FilterView,
    /// What meanings are compared with: the query without filters, dates and filler.
    pub words: String,
    /// A period that a sentence speaks of: first day and first day past it, as days since 1970-01-01.
    #[schema(value_type = Option<Vec<i32>>)]
    #[graphql(skip)]
    pub period: Option<(i32, i32)>,
    /// Kinds that a sentence speaks of.
    #[schema(schema_with = super::kinds)]
    pub kinds: Vec<String>,
    /// Name of the model that meanings were compared with.
    pub model: Option<String>,
}

/// The ranks and scores that made a hit. Ranks count from 1; parts are 0 to 1.
#[derive(Debug, Clone, Serialize, Deserialize, SimpleObject, ToSchema)]
#[serde(deny_unknown_fields)]
#[graphql(name = "Explanation")]
#[schema(as = Explanation)]
pub struct ExplanationView {
    /// How well the words fit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub keyword: Option<KeywordPartView>,
    /// How near the meaning is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub semantic: Option<SemanticPartView>,
    /// What else counted.
    pub priors: Vec<PriorView>,
    /// What a larger model said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rerank: Option<RerankPartView>,
    /// The sum: what hits are ordered by.
    pub score: f32,
}

/// How well the words fit.
#[derive(Debug, Clone, Serialize, Deserialize, SimpleObject, ToSchema)]
#[serde(deny_unknown_fields)]
#[graphql(name = "KeywordPart")]
#[schema(as = KeywordPart)]
pub struct KeywordPartView {
    /// Place among the documents found by words.
    pub rank: usize,
    /// BM25, comparable within one answer.
    pub score: f32,
    /// Whether it holds all the words.
    pub holds_all: bool,
    /// How much of the query it holds, 0 to 1.
    pub coverage: f32,
    /// The score between those of the best and of the last document.
    pub part: f32,
    /// How much the part counts.
    pub weight: f32,
}

/// How near the meaning is.
#[derive(Debug, Clone, Serialize, Deserialize, SimpleObject, ToSchema)]
#[serde(deny_unknown_fields)]
#[graphql(name = "SemanticPart")]
#[schema(as = SemanticPart)]
pub struct SemanticPartView {
    /// Place among the documents found by meaning.
    pub rank: usize,
    /// Cosine of the nearest passage.
    pub similarity: f32,
    /// Cosine below which nothing counts as near, for this model.
    pub floor: f32,
    /// The similarity between those of the best and of the last document.
    pub part: f32,
    /// How much the part counts.
    pub weight: f32,
    /// The stretch of the text.
    pub passage: PassageView,
}

/// Something small that counted beside words and meaning.
#[derive(Debug, Clone, Serialize, Deserialize, SimpleObject, ToSchema)]
#[serde(deny_unknown_fields)]
#[graphql(name = "Prior")]
#[schema(as = Prior)]
pub struct PriorView {
    /// What it is.
    pub name: String,
    /// What it added to the score.
    pub added: f32,
}

/// What a larger model said of one of the best hits.
#[derive(Debug, Clone, Serialize, Deserialize, SimpleObject, ToSchema)]
#[serde(deny_unknown_fields)]
#[graphql(name = "RerankPart")]
#[schema(as = RerankPart)]
pub struct RerankPartView {
    /// Name of the model.
    pub model: String,
    /// Its cosine.
    pub similarity: f32,
    /// Place before.
    pub rank_before: usize,
}
