//! What is asked of the engine and what it answers.

use dp_lake::{Day, Facet, Filter, Passage, Snippet, Sort};
use dp_model::{Document, DocumentId, Kind};
use serde::{Deserialize, Serialize};

/// How documents are found.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    /// By their words.
    Keyword,
    /// By their meaning.
    Semantic,
    /// By both.
    #[default]
    Hybrid,
}

impl Mode {
    /// Every mode.
    pub const ALL: &[Self] = &[Self::Keyword, Self::Semantic, Self::Hybrid];

    /// The word used on screen.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Keyword => "keyword",
            Self::Semantic => "semantic",
            Self::Hybrid => "hybrid",
        }
    }
}

/// A search.
#[derive(Debug, Clone, PartialEq)]
pub struct SearchRequest {
    /// As typed; see [`crate::query`].
    pub text: String,
    /// How documents are found.
    pub mode: Mode,
    /// Best first, or by time: then the words must all occur, and meaning has no part in it.
    pub sort: Sort,
    /// Whether only documents that hold all the words are wanted, best first; meaning has no part in it.
    pub all_words: bool,
    /// At most so many hits.
    pub limit: usize,
    /// Characters of a snippet.
    pub snippet_chars: usize,
    /// Values of each facet; 0 for no facets.
    pub facet_values: usize,
    /// Whether near-duplicates are folded into the best of them.
    pub fold: bool,
    /// Whether the best hits are compared once more by a larger model, if there is one.
    pub rerank: bool,
    /// What relative dates are counted from.
    pub today: jiff::civil::Date,
}

impl SearchRequest {
    /// A search in the default mode with the usual limits.
    #[must_use]
    pub fn new(text: impl Into<String>, today: jiff::civil::Date) -> Self {
        Self {
            text: text.into(),
            mode: Mode::default(),
            sort: Sort::default(),
            all_words: false,
            limit: 20,
            snippet_chars: 160,
            facet_values: 0,
            fold: true,
            rerank: true,
            today,
        }
    }
}

impl SearchRequest {
    /// Whether documents must hold all the words, because it is asked for or they are sorted by time.
    pub(super) fn is_strict(&self) -> bool {
        self.all_words || self.sort != Sort::Relevance
    }
}

/// What was found.
#[derive(Debug, Clone, PartialEq)]
pub struct SearchAnswer {
    /// Best first, or in the order asked for.
    pub hits: Vec<Found>,
    /// Documents that were found, shown or not: all that hold all the words, and those near them.
    pub total: u64,
    /// Documents that hold all the words and pass the filters.
    pub all_words: u64,
    /// How documents were found in the end: keyword, where there is nothing to compare meanings with.
    pub mode: Mode,
    /// Counts of all documents that hold all the words; where there are none, of the hits.
    pub facets: Vec<Facet>,
    /// What the person should know: a model that is missing, vectors still being made.
    pub notices: Vec<String>,
    /// How the query was understood.
    pub understood: Understood,
}

/// How a query was understood.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Understood {
    /// The filters, names of places and documents resolved.
    pub filter: Filter,
    /// What meanings are compared with: the query without filters, dates and filler.
    pub words: String,
    /// A period that a plain sentence speaks of: first day and first day past it. Documents of it come
    /// first; others are not left out.
    pub period: Option<(Day, Day)>,
    /// Kinds that a plain sentence speaks of, likewise.
    pub kinds: Vec<Kind>,
    /// Name of the model that meanings were compared with.
    pub model: Option<String>,
}

/// A document that was found.
#[derive(Debug, Clone, PartialEq)]
pub struct Found {
    /// The document.
    pub document: Document,
    /// The passage that matched, with offsets of what was searched for.
    pub snippet: Snippet,
    /// The stretch of the text whose meaning matched, if one did.
    pub passage: Option<Passage>,
    /// Documents that say nearly the same and were found too, best first.
    pub like_it: Vec<DocumentId>,
    /// Why it stands where it stands.
    pub explanation: Explanation,
}

/// The ranks and scores that made a hit. Ranks count from 1; parts are 0 to 1.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Explanation {
    /// What it was found by.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub keyword: Option<KeywordPart>,
    /// What it was found by.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub semantic: Option<SemanticPart>,
    /// What else counted: a name and what it added.
    pub priors: Vec<Prior>,
    /// What a larger model said.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rerank: Option<RerankPart>,
    /// The sum: what hits are ordered by.
    pub score: f32,
}

/// How well the words fit.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct KeywordPart {
    /// Place among the documents found by words.
    pub rank: usize,
    /// BM25, comparable within one answer.
    pub score: f32,
    /// Whether it holds all the words.
    pub holds_all: bool,
    /// How much of the query it holds, 0 to 1, rare words counting more.
    pub coverage: f32,
    /// The score between those of the best and of the last document in the list.
    pub part: f32,
    /// How much the part counts.
    pub weight: f32,
}

/// How near the meaning is.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct SemanticPart {
    /// Place among the documents found by meaning.
    pub rank: usize,
    /// Cosine of the nearest passage.
    pub similarity: f32,
    /// Cosine below which nothing counts as near, for this model.
    pub floor: f32,
    /// The similarity between those of the best and of the last document in the list.
    pub part: f32,
    /// How much the part counts.
    pub weight: f32,
    /// The stretch of the text.
    pub passage: Passage,
}

/// Something small that counted beside words and meaning.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Prior {
    /// What it is.
    pub name: String,
    /// What it added to the score.
    pub added: f32,
}

/// What a larger model said of one of the best hits.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RerankPart {
    /// Name of the model.
    pub model: String,
    /// Its cosine.
    pub similarity: f32,
    /// Place before.
    pub rank_before: usize,
}

impl Explanation {
    /// One line a person can read.
    #[must_use]
    pub fn line(&self) -> String {
        let mut parts = Vec::new();
        match &self.keyword {
            Some(keyword) => parts.push(format!(
                "words: rank {}, BM25 {:.2}, holds {} ({:.2} × {:.2})",
                keyword.rank,
                keyword.score,
                if keyword.holds_all {
                    "all".to_owned()
                } else {
                    format!("{:.0} %", keyword.coverage * 100.0)
                },
                keyword.weight,
                keyword.part,
            )),
            None => parts.push("words: none".to_owned()),
        }
        match &self.semantic {
            Some(semantic) => parts.push(format!(
                "meaning: rank {}, similarity {:.3} (near from {:.2}) ({:.2} × {:.2})",
                semantic.rank, semantic.similarity, semantic.floor, semantic.weight, semantic.part,
            )),
            None => parts.push("meaning: not near".to_owned()),
        }
        parts.extend(self.priors.iter().map(|prior| format!("{} {:+.3}", prior.name, prior.added)));
        if let Some(rerank) = &self.rerank {
            parts.push(format!(
                "{}: similarity {:.3}, was rank {}",
                rerank.model, rerank.similarity, rerank.rank_before
            ));
        }
        format!("{:.3} = {}", self.score, parts.join("; "))
    }
}
