//! Decides which parser takes an entry: an explicit list, asked in order.

use crate::{Parser, Peek, Recognition, Surroundings, file::TextFile, google};

/// Every parser there is, in the order in which they are asked.
#[must_use]
pub fn parsers() -> Vec<&'static dyn Parser> {
    let keeper: &'static dyn Parser = &TextFile;
    google::PARSERS.iter().copied().chain([keeper]).collect()
}

/// The parser with this name.
#[must_use]
pub fn parser_named(name: &str) -> Option<&'static dyn Parser> {
    parsers().into_iter().find(|parser| parser.name() == name)
}

/// Says what is to be done with an entry.
#[must_use]
pub fn recognise(peek: &Peek<'_>, surroundings: &dyn Surroundings) -> Recognition {
    google::recognise(peek, surroundings)
}
