//! Google Takeout: what each file of an export is, and the parsers of its products.

pub mod dates;

use crate::{Ignored, Parser, Peek, Recognition, Surroundings};

/// Every parser of this provider, in the order in which they are asked.
pub static PARSERS: &[&dyn Parser] = &[];

/// Says what is to be done with an entry of a Takeout export.
pub(crate) fn recognise(peek: &Peek<'_>, _surroundings: &dyn Surroundings) -> Recognition {
    if peek.head.is_empty() {
        return Recognition::Ignored(Ignored("an empty file".into()));
    }
    match PARSERS.iter().find(|parser| parser.recognises(peek)) {
        Some(parser) => Recognition::Parse(*parser),
        None => Recognition::Unknown,
    }
}
