//! The lake in one directory: SQLite as the truth, Tantivy as the text index beside it. One thread
//! writes, a few read; the index is a projection that any crash or deletion only sets back.

mod blobs;
mod cells;
mod codec;
mod connection;
mod copy;
mod embedding;
mod error;
mod generation;
mod indexer;
mod lock;
mod migrate;
mod names;
mod options;
mod origins;
mod pool;
mod read;
mod suggest;
mod text;
mod vault;
mod vectors;
mod write;

pub use copy::copy_database;
pub use options::VaultOptions;
pub use vault::EmbeddedVault;
