//! Which documents name which bytes. Kept in the transaction that changes the documents.

use crate::error::Context as _;
use dp_lake::LakeError;
use dp_model::{BlobHash, Media};
use rusqlite::Connection;

/// Notes the bytes that a version of a document names.
pub(crate) fn note(connection: &Connection, document: i64, media: &[Media]) -> Result<(), LakeError> {
    for hash in media.iter().filter_map(|media| media.hash) {
        connection
            .prepare_cached("INSERT OR IGNORE INTO media (hash, document) VALUES (?, ?)")
            .and_then(|mut statement| statement.execute((hash.0, document)))
            .context("note what a document names")?;
    }
    Ok(())
}

/// A document goes: adds what it named to `named`.
pub(super) fn release(
    connection: &Connection,
    document: i64,
    named: &mut Vec<BlobHash>,
) -> Result<(), LakeError> {
    let released: Vec<BlobHash> = connection
        .prepare_cached("DELETE FROM media WHERE document = ? RETURNING hash")
        .and_then(|mut statement| statement.query_map([document], |row| row.get(0).map(BlobHash))?.collect())
        .context("forget what a document names")?;
    named.extend(released);
    Ok(())
}
