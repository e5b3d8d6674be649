//! What the sets ask the store: which document is behind a row, and what documents without vectors say.

use crate::{codec::read_content, error::Context as _, names::Groups, write::documents::CONTENT_COLUMNS};
use dp_lake::LakeError;
use dp_model::{Content, DocumentId};
use rusqlite::{Connection, OptionalExtension as _};

/// A document to embed.
#[derive(Debug)]
pub(crate) struct PendingRow {
    pub(crate) row: u32,
    pub(crate) id: DocumentId,
    pub(crate) hash: [u8; 16],
    pub(crate) content: Content,
}

/// The documents of these rows, in their order; rows that are gone are left out.
pub(crate) fn pending_rows(connection: &Connection, rows: &[u32]) -> Result<Vec<PendingRow>, LakeError> {
    const DOING: &str = "read documents without vectors";
    let groups = Groups::load(connection)?;
    let sql = format!("SELECT id, grp, hash, {CONTENT_COLUMNS} FROM documents WHERE row = ?");
    let mut statement = connection.prepare_cached(&sql).context(DOING)?;
    let mut documents = Vec::with_capacity(rows.len());
    for &number in rows {
        let mut found = statement.query([number]).context(DOING)?;
        let Some(row) = found.next().context(DOING)? else { continue };
        let id = DocumentId(row.get(0).context(DOING)?);
        let group = groups
            .get(row.get(1).context(DOING)?)
            .ok_or_else(|| LakeError::Corrupt(format!("document {id} is in a group that is not there")))?;
        let content = read_content(row, 3, &group.source, group.kind)?;
        documents.push(PendingRow { row: number, id, hash: row.get(2).context(DOING)?, content });
    }
    Ok(documents)
}

/// The row of a document and the hash of its content.
pub(super) fn row_of(connection: &Connection, id: DocumentId) -> Result<Option<(u32, [u8; 16])>, LakeError> {
    connection
        .prepare_cached("SELECT row, hash FROM documents WHERE id = ?")
        .and_then(|mut statement| {
            statement.query_row([id.0], |row| Ok((row.get(0)?, row.get(1)?))).optional()
        })
        .context("find a document")
}

/// The id of the document in a row and the hash of its content.
pub(super) fn document_of(
    connection: &Connection,
    row: u32,
) -> Result<Option<(DocumentId, [u8; 16])>, LakeError> {
    connection
        .prepare_cached("SELECT id, hash FROM documents WHERE row = ?")
        .and_then(|mut statement| {
            statement.query_row([row], |row| Ok((DocumentId(row.get(0)?), row.get(1)?))).optional()
        })
        .context("find a document")
}
