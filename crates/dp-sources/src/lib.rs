//! Foreign formats: says which parser understands an entry, and turns its bytes into documents,
//! samples, people and warnings. Pure and synchronous: nothing here opens a file or knows the lake.

mod charset;
mod content_lines;
mod contract;
pub mod csv_table;
mod file;
pub mod google;
pub mod json;
mod recognise;
#[doc(hidden)]
pub mod testing;
pub mod text;
pub mod times;
mod transfer;

pub use contract::{Context, Ignored, ParseError, Parser, Peek, Recognition, Sink, SinkClosed, Surroundings};
pub use recognise::{parser_named, parsers, recognise};
