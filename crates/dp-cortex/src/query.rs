//! The query language: a line as typed comes in; a typed query for the lake, the parts it is made of, and
//! what a plain sentence hints at go out. It knows no vault: names of places and documents are left open.

mod compile;
mod dates;
mod fields;
mod parse;
mod reader;
pub mod sentence;
#[cfg(test)]
mod tests;
mod write;

pub use parse::parse_query;

use dp_lake::{Day, Filter, Has, Near, Term, TextQuery};
use dp_model::Kind;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

/// Characters of a query that are read.
pub const CHARS_MAX: usize = 4096;
/// Words, phrases and filters in one query.
pub const TERMS_MAX: usize = 64;
/// Parentheses within parentheses.
pub const DEPTH_MAX: usize = 16;
/// The radius of `near:` without `within:`.
pub const RADIUS_DEFAULT_M: u32 = 20_000;

/// Which half of the Earth the seasons are those of.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Hemisphere {
    /// Summer is June to August.
    #[default]
    Northern,
    /// Summer is December to February.
    Southern,
}

/// What relative dates are counted from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Today {
    /// The date where the person is.
    pub date: Date,
    /// Where its seasons come from.
    pub hemisphere: Hemisphere,
}

impl From<Date> for Today {
    fn from(date: Date) -> Self {
        Self { date, hemisphere: Hemisphere::default() }
    }
}

/// One part of a query.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Node {
    /// A word, a beginning of one, or a phrase.
    Word(Term),
    /// A filter.
    Ask(Ask),
    /// What must not be.
    Not(Box<Node>),
    /// What must all be: what stands in parentheses.
    All(Vec<Node>),
    /// Of which one is enough: what `OR` joins.
    Any(Vec<Node>),
}

/// What a filter asks of a document.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Ask {
    /// `source:`
    Source(String),
    /// `kind:`; several kinds side by side mean any of them.
    Kind(Kind),
    /// `has:`, and `is:starred`
    Has(Has),
    /// `in:`
    Label(String),
    /// `tag:`
    Tag(String),
    /// `with:`, `from:`
    Person(String),
    /// `on:`, `during:`, `after:`, `before:`: the first day and the first day past it.
    Days {
        /// The first day.
        from: Option<Day>,
        /// The first day past the period.
        until: Option<Day>,
    },
    /// `near:`
    Near {
        /// Where.
        place: Place,
        /// `within:`, metres; None means [`RADIUS_DEFAULT_M`].
        radius_m: Option<u32>,
    },
    /// `around:`: the hours around a document.
    Around(DocumentName),
    /// `is:hidden`
    Hidden,
}

/// The middle of a circle.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Place {
    /// A point in degrees × 1e7.
    Point {
        /// Degrees north.
        latitude_e7: i32,
        /// Degrees east.
        longitude_e7: i32,
    },
    /// A name to be looked up.
    Named {
        /// As typed.
        name: String,
        /// Characters of the query before it.
        position: usize,
    },
}

/// A document as it is named.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DocumentName {
    /// Its id or the first digits of it, four or more, hexadecimal.
    pub digits: String,
    /// Characters of the query before it.
    pub position: usize,
}

/// Something a query names and that only a vault knows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reference {
    /// A place.
    Place {
        /// As typed.
        name: String,
        /// Metres around it that are meant.
        radius_m: u32,
        /// Characters of the query before it.
        position: usize,
    },
    /// A document whose hours are meant.
    Document(DocumentName),
}

/// What a reference turned out to mean.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Resolution {
    /// A place is a circle.
    Circle(Near),
    /// Hours are instants, microseconds since 1970 UTC.
    Instants {
        /// The first.
        from_us: i64,
        /// The first past them.
        until_us: i64,
    },
}

/// A query as typed, taken apart.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Parsed {
    /// The words. References in it ask nothing until they are resolved.
    pub text: TextQuery,
    /// The filters; likewise.
    pub filter: Filter,
    /// What is to be looked up, in the order it stands in the query.
    pub references: Vec<Reference>,
    /// The parts, all of which must hold.
    pub nodes: Vec<Node>,
}

impl Parsed {
    /// The query made of these parts.
    #[must_use]
    pub fn of(nodes: Vec<Node>) -> Self {
        let (text, filter) = compile::compile(&nodes, &[]);
        Self { text, filter, references: compile::references(&nodes), nodes }
    }

    /// The words and filters with what the references mean: one resolution for each, in their order. A
    /// reference without one, or with one of another sort, asks nothing.
    #[must_use]
    pub fn resolve(&self, resolutions: &[Resolution]) -> (TextQuery, Filter) {
        compile::compile(&self.nodes, resolutions)
    }

    /// The query as it can be typed. Relative dates are written as the days they mean.
    #[must_use]
    pub fn to_text(&self) -> String {
        write::write(&self.nodes)
    }

    /// Whether nothing is asked.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.nodes.is_empty()
    }
}

/// A query that cannot be meant.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}{} (at character {position} of the query)", advice(.suggestion.as_deref()))]
pub struct QueryError {
    /// Characters before the part that is wrong.
    pub position: usize,
    /// What is wrong and what would be right.
    pub message: String,
    /// What was probably meant, to be put in place of what is wrong.
    pub suggestion: Option<String>,
}

impl QueryError {
    /// An error at a place of the query.
    #[must_use]
    pub fn at(position: usize, message: impl Into<String>) -> Self {
        Self { position, message: message.into(), suggestion: None }
    }

    /// The same with what was probably meant.
    #[must_use]
    pub fn suggesting(self, suggestion: Option<String>) -> Self {
        Self { suggestion, ..self }
    }
}

fn advice(suggestion: Option<&str>) -> String {
    suggestion.map_or_else(String::new, |suggestion| format!("; did you mean {suggestion}?"))
}

impl std::fmt::Display for Parsed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(&self.to_text())
    }
}
