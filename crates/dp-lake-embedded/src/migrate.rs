//! Brings the store of an older format to the one that this program writes, in one transaction for each format.

use crate::{codec::Stored, error::Context as _, write::media};
use dp_lake::LakeError;
use dp_model::Media;
use rusqlite::Connection;
use serde::Deserialize;

/// What leads from one format to the next.
type Step = fn(&Connection) -> Result<(), LakeError>;

/// What formats added, in order: the first leads from format 1 to 2.
const STEPS: [Step; 1] = [name_bytes];

/// Brings a store of this format to the last one.
pub(crate) fn migrate(connection: &mut Connection, from: i64) -> Result<(), LakeError> {
    let from = usize::try_from(from).unwrap_or_default().max(1);
    for (index, step) in STEPS.iter().enumerate().skip(from - 1) {
        let transaction = connection.transaction().context("bring the store to a newer format")?;
        step(&transaction)?;
        transaction
            .execute("UPDATE vault SET value = ? WHERE key = 'format'", [index as i64 + 2])
            .context("bring the store to a newer format")?;
        transaction.commit().context("bring the store to a newer format")?;
    }
    Ok(())
}

/// Format 2: blobs, which documents name which bytes, and which archive an entry is in.
fn name_bytes(connection: &Connection) -> Result<(), LakeError> {
    connection
        .execute_batch(
            "ALTER TABLE ledger ADD COLUMN archive INTEGER;
             CREATE TABLE blobs (
                 hash      BLOB PRIMARY KEY,
                 bytes     INTEGER NOT NULL,
                 stored_us INTEGER NOT NULL
             ) STRICT, WITHOUT ROWID;
             CREATE TABLE media (
                 hash     BLOB NOT NULL,
                 document INTEGER NOT NULL,
                 PRIMARY KEY (hash, document)
             ) STRICT, WITHOUT ROWID;
             CREATE INDEX media_by_document ON media (document);",
        )
        .context("make the tables of blobs")?;
    for select in
        ["SELECT row, more FROM documents WHERE more IS NOT NULL", "SELECT document, content FROM revisions"]
    {
        let mut statement = connection.prepare(select).context("read the documents")?;
        let mut rows = statement.query(()).context("read the documents")?;
        while let Some(row) = rows.next().context("read the documents")? {
            let json = Stored::read(row.get_ref(1).context("read the documents")?)?;
            let Naming { media: named } = serde_json::from_str(&json)
                .map_err(|error| LakeError::Corrupt(format!("a document's fields: {error}")))?;
            media::note(connection, row.get(0).context("read the documents")?, &named)?;
        }
    }
    Ok(())
}

/// What of a document names bytes.
#[derive(Deserialize)]
struct Naming {
    #[serde(default)]
    media: Vec<Media>,
}

#[cfg(test)]
mod tests {
    use crate::{EmbeddedVault, VaultOptions, connection::open_writer};
    use dp_lake::{
        Vault,
        conformance::build::{NOON_US, document, documents_batch, import_draft, note},
    };
    use dp_model::{BlobHash, Content, Media};
    use futures::executor::block_on;

    /// Tables and their columns.
    fn shape(file: &std::path::Path) -> Vec<(String, String, String)> {
        let connection = rusqlite::Connection::open(file).unwrap();
        let mut statement = connection
            .prepare(
                "SELECT s.name, c.name, c.type FROM sqlite_schema s, pragma_table_info(s.name) c
                 WHERE s.type = 'table' ORDER BY s.name, c.cid",
            )
            .unwrap();
        let rows = statement.query_map((), |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?))).unwrap();
        rows.map(Result::unwrap).collect()
    }

    #[test]
    fn a_store_of_the_first_format_becomes_one_of_the_last() {
        let folder = tempfile::tempdir().unwrap();
        let (old, new) = (folder.path().join("old"), folder.path().join("new"));
        let options = VaultOptions::new("UTC");
        let hash = BlobHash::of(b"a picture");
        let upsert = {
            let vault = EmbeddedVault::open(&old, &options).unwrap();
            let import = block_on(vault.imports().begin(import_draft(1, "takeout-1", None))).unwrap().id;
            let media = Media { name: "a.jpg".into(), mime: None, size_bytes: None, hash: Some(hash) };
            let upsert = document("a", Content { media: vec![media], ..note("a", NOON_US) });
            let newer = Content { modified_us: Some(NOON_US), media: Vec::new(), ..upsert.content.clone() };
            let documents = vec![upsert.clone(), document("a", newer)];
            block_on(vault.documents().apply(documents_batch(import, documents))).unwrap();
            upsert
        };
        rusqlite::Connection::open(old.join("lake.db"))
            .unwrap()
            .execute_batch(
                "DROP TABLE blobs; DROP TABLE media; ALTER TABLE ledger DROP COLUMN archive;
                 UPDATE vault SET value = 1 WHERE key = 'format';",
            )
            .unwrap();
        // Reading brings it up to date too.
        let vault = EmbeddedVault::open_for_reading(&old, &options).unwrap();
        let named = block_on(vault.blobs().referrers(hash, None, 10)).unwrap();
        assert_eq!(named, [upsert.id], "an older version names it");
        let origin = block_on(vault.imports().origin(1, 2)).unwrap().unwrap();
        assert_eq!((origin.path.as_str(), origin.archives.len()), ("Takeout/2.json", 1));
        drop(vault);
        drop(
            open_writer(
                &{
                    std::fs::create_dir(&new).unwrap();
                    new.join("lake.db")
                },
                "UTC",
            )
            .unwrap(),
        );
        assert_eq!(shape(&old.join("lake.db")), shape(&new.join("lake.db")));
    }
}
