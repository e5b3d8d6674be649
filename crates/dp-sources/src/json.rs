//! JSON read as a stream of records: a cursor that walks bytes without building a tree, and a reader
//! that keeps only the record in hand in memory. Lenient where exports are sloppy (numbers in
//! strings, raw line breaks in strings, bad escapes), strict about structure.

mod cursor;
mod scan;
mod stream;

pub use cursor::{Cursor, JsonError, ValueKind};
pub use stream::{JsonShape, RecordStream, StreamEnd, shape};
