//! What is searched for in texts, as a typed query: words that must and must not be there, and alternatives
//! of words and filters. How a person types it is for others to read.

use crate::Filter;
use serde::{Deserialize, Serialize};

/// How a term is looked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TermMode {
    /// As words, in any order, a typo forgiven in long ones.
    Words,
    /// As words, and the last one may go on (`wor*`, or the word still being typed).
    Prefix,
    /// As words next to each other, exactly.
    Phrase,
}

/// Something the text must or must not hold.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Term {
    /// As typed; analysed like the text of documents.
    pub text: String,
    /// How it is looked for.
    pub mode: TermMode,
}

/// What the text of a document must hold and must not hold.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct TextQuery {
    /// All of these.
    pub must: Vec<Term>,
    /// None of these.
    pub must_not: Vec<Term>,
    /// Of each of these at least one alternative must match the document: `(a OR b)`. A list without
    /// alternatives asks nothing.
    pub any: Vec<Vec<Alternative>>,
    /// None of these may match the document: `-(a b)`.
    pub none: Vec<Alternative>,
}

impl TextQuery {
    /// Whether nothing is asked.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// One side of an OR, or what stands in parentheses: text and filters together. What its filter says
/// of hidden documents means nothing; that is asked once, outside. One that asks nothing matches every
/// document. Typos are forgiven in it as outside, but not where it excludes.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Alternative {
    /// What the text must and must not hold.
    pub text: TextQuery,
    /// Which documents.
    pub filter: Filter,
}
