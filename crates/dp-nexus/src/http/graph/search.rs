//! What was found: hits with their documents, and how the query was understood.

use super::{
    bounds::READING,
    document::DocumentNode,
    vault::{asking, or_null, shaped},
};
use crate::http::{
    routes::search::ModeWord,
    shapes::{ExplanationView, FacetView, PassageView, UnderstoodView},
};
use async_graphql::{Context, Object, Result};
use dp_cortex::engine::{Explanation, Found, SearchAnswer};
use dp_lake::{Passage, Snippet};
use dp_model::DocumentId;

/// What was found, and in how long.
pub(super) struct SearchNode {
    pub(super) answer: SearchAnswer,
    pub(super) elapsed_ms: f64,
    pub(super) hits: Vec<HitNode>,
}

impl SearchNode {
    pub(super) fn of(mut answer: SearchAnswer, elapsed_ms: f64) -> Self {
        let hits = std::mem::take(&mut answer.hits).into_iter().map(HitNode::of).collect();
        Self { answer, elapsed_ms, hits }
    }
}

#[Object(name = "SearchAnswer")]
impl SearchNode {
    /// Best first, or in the order asked for.
    async fn hits(&self) -> &[HitNode] {
        &self.hits
    }

    /// Documents that were found, shown or not.
    async fn total(&self) -> u64 {
        self.answer.total
    }

    /// Documents that hold all the words and pass the filters.
    async fn all_words(&self) -> u64 {
        self.answer.all_words
    }

    /// How documents were found in the end.
    async fn mode(&self) -> ModeWord {
        self.answer.mode.into()
    }

    /// Counts by field. They are counted only if they are asked for.
    async fn facets(&self) -> Result<Vec<FacetView>> {
        Ok(shaped(&self.answer.facets)?)
    }

    /// What the person should know.
    async fn notices(&self) -> &[String] {
        &self.answer.notices
    }

    /// How the query was understood.
    async fn understood(&self) -> Result<UnderstoodView> {
        Ok(shaped(&self.answer.understood)?)
    }

    /// How long it took.
    async fn elapsed_ms(&self) -> f64 {
        self.elapsed_ms
    }
}

/// A document that was found.
pub(super) struct HitNode {
    document: DocumentNode,
    snippet: Snippet,
    passage: Option<Passage>,
    like_it: Vec<DocumentId>,
    explanation: Explanation,
}

impl HitNode {
    fn of(found: Found) -> Self {
        Self {
            document: DocumentNode::of(found.document),
            snippet: found.snippet,
            passage: found.passage,
            like_it: found.like_it,
            explanation: found.explanation,
        }
    }
}

#[Object(name = "Hit")]
impl HitNode {
    /// The document.
    async fn document(&self) -> &DocumentNode {
        &self.document
    }

    /// The passage that matched.
    async fn snippet(&self) -> &str {
        &self.snippet.text
    }

    /// Byte ranges in the snippet of what was searched for: first byte, first past it.
    async fn highlights(&self) -> Vec<[usize; 2]> {
        self.snippet.highlights.iter().map(|&(start, end)| [start, end]).collect()
    }

    /// The stretch of the text whose meaning matched.
    async fn passage(&self) -> Result<Option<PassageView>> {
        Ok(shaped(&self.passage)?)
    }

    /// What hits are ordered by; comparable within one answer only.
    async fn score(&self) -> f32 {
        self.explanation.score
    }

    /// Documents that say nearly the same and were found too.
    #[graphql(complexity = "READING + 2 * child_complexity")]
    async fn like_it(&self, context: &Context<'_>) -> Option<Result<Vec<DocumentNode>>> {
        or_null(async {
            let found = asking(context)?.load_many(self.like_it.iter().copied()).await?;
            let documents = self.like_it.iter().filter_map(|id| found.get(id).cloned().map(DocumentNode));
            Ok(Some(documents.collect()))
        })
        .await
    }

    /// Why it stands where it stands: the ranks and scores that made it.
    async fn explanation(&self) -> Result<ExplanationView> {
        Ok(shaped(&self.explanation)?)
    }
}
