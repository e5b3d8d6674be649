//! The writer: the only one who changes the store. Applies batches in one transaction each, keeps the
//! rollups in it, and says what the text index has to do.

pub(crate) mod blobs;
mod cells;
pub(crate) mod conversations;
pub(crate) mod documents;
mod forget;
pub(crate) mod imports;
pub(crate) mod media;
mod own;
mod people;
pub(crate) mod rollups;
pub(crate) mod samples;

use crate::{
    blobs::BlobFiles,
    connection::vault_value,
    error::Context as _,
    names::{Groups, Names},
    origins::Origins,
};
use dp_lake::{Annotation, Annotations, Applied, Batch, Changes, DocumentUpsert, LakeError};
use dp_model::DocumentId;
use people::KnownPeople;
use rollups::Rollups;
use rusqlite::{Connection, OptionalExtension as _};
use std::sync::Arc;

/// What the text index has to do after a transaction.
#[derive(Debug)]
pub(crate) enum IndexChange {
    /// Make this document findable; `replaces` if an older form of it may be in the index.
    Put { row: i64, replaces: bool, document: Box<DocumentUpsert>, annotations: Box<Annotations> },
    /// Take a document out.
    Remove { row: i64 },
}

/// Changes that belong to one sequence number.
#[derive(Debug)]
pub(crate) struct IndexChanges {
    pub(crate) sequence: u64,
    pub(crate) changes: Vec<IndexChange>,
}

impl IndexChanges {
    /// What those who only want to know that something changed are told.
    pub(crate) fn in_brief(&self) -> Changes {
        let mut told = Changes { sequence: self.sequence, ..Changes::default() };
        for change in &self.changes {
            match change {
                IndexChange::Put { replaces, document, .. } => {
                    let sort = if *replaces { &mut told.changed } else { &mut told.added };
                    sort.count(&document.content.source, document.id);
                }
                IndexChange::Remove { .. } => told.removed += 1,
            }
        }
        told
    }
}

/// The writer's connection and what it remembers between transactions.
pub(crate) struct Writer {
    pub(crate) connection: Connection,
    pub(crate) home_zone: String,
    sequence: u64,
    groups: Groups,
    series: Names,
    sources: Names,
    people: KnownPeople,
    origins: Origins,
    /// Whether any document has annotations: mostly none has, and then none are looked for.
    annotated: bool,
    /// Whether the write-ahead log may have what was forgotten. At first that is not known: a program that was killed
    /// may have left it.
    has_old_log: bool,
    /// The files of blobs: what is removed from the store is removed from there, after it.
    blobs: Arc<BlobFiles>,
}

impl Writer {
    pub(crate) fn new(connection: Connection, blobs: Arc<BlobFiles>) -> Result<Self, LakeError> {
        let sequence: i64 = vault_value(&connection, "sequence")?;
        Ok(Self {
            home_zone: vault_value(&connection, "home_zone")?,
            sequence: sequence as u64,
            groups: Groups::load(&connection)?,
            series: Names::series(&connection)?,
            sources: Names::sources(&connection)?,
            people: KnownPeople::default(),
            origins: Origins::default(),
            annotated: has_annotations(&connection)?,
            has_old_log: true,
            blobs,
            connection,
        })
    }

    /// Applies a batch wholly or not at all.
    pub(crate) fn apply(&mut self, batch: Batch) -> Result<(Applied, IndexChanges), LakeError> {
        self.transaction(|writer, sequence| {
            let mut applied = Applied { sequence, ..Applied::default() };
            let mut rollups = Rollups::default();
            let mut changes = Vec::with_capacity(batch.documents.len());
            let import = batch.import as i64;
            imports::require(&writer.connection, import)?;
            // Identities must be known before the documents that mention them count for people.
            applied.people = people::apply(&writer.connection, &mut writer.people, &batch.people)?;
            for upsert in batch.documents {
                let outcome = documents::apply(writer, &mut rollups, import, sequence, upsert, &mut changes)?;
                outcome.count(&mut applied.documents);
            }
            applied.documents.unchanged += batch.unchanged_documents;
            applied.samples = samples::apply(writer, &mut rollups, &batch.samples)?;
            applied.samples.unchanged += batch.unchanged_samples;
            rollups.write(&writer.connection)?;
            imports::close_entries(&writer.connection, import, &batch.finished)?;
            imports::advance(&writer.connection, import, &applied, &batch.checkpoint)?;
            Ok((applied, changes))
        })
        .map(|(applied, changes)| {
            let sequence = applied.sequence;
            (applied, IndexChanges { sequence, changes })
        })
    }

    /// Changes the annotations of a document.
    pub(crate) fn annotate(
        &mut self,
        id: DocumentId,
        change: &Annotation,
    ) -> Result<(Option<Annotations>, IndexChanges), LakeError> {
        let mut at = 0;
        let outcome = self.transaction(|writer, sequence| {
            at = sequence;
            let Some((row, document)) = documents::load(&writer.connection, &writer.groups, id)? else {
                return Ok(None);
            };
            let mut annotations = read_annotations(&writer.connection, id)?;
            annotations.change(change);
            write_annotations(&writer.connection, id, &annotations)?;
            writer.annotated = true;
            writer
                .connection
                .prepare_cached("UPDATE documents SET sequence = ? WHERE row = ?")
                .and_then(|mut statement| statement.execute((sequence as i64, row)))
                .context("annotate a document")?;
            Ok(Some((row, document, annotations)))
        })?;
        let Some((row, document, annotations)) = outcome else {
            return Ok((None, IndexChanges { sequence: at, changes: Vec::new() }));
        };
        let put = IndexChange::Put {
            row,
            replaces: true,
            document: Box::new(document),
            annotations: Box::new(annotations.clone()),
        };
        Ok((Some(annotations), IndexChanges { sequence: at, changes: vec![put] }))
    }

    /// The annotations that a document on its way into the index has.
    fn annotations(&self, id: DocumentId) -> Result<Box<Annotations>, LakeError> {
        if self.annotated { read_annotations(&self.connection, id).map(Box::new) } else { Ok(Box::default()) }
    }

    /// Runs `work` in one transaction under the next sequence number. What the writer remembers is
    /// read anew if it fails, for it may hold what was rolled back.
    fn transaction<T>(
        &mut self,
        work: impl FnOnce(&mut Self, u64) -> Result<T, LakeError>,
    ) -> Result<T, LakeError> {
        self.connection.execute_batch("BEGIN IMMEDIATE").context("begin a transaction")?;
        let sequence = self.sequence + 1;
        let outcome = work(self, sequence).and_then(|value| {
            self.connection
                .prepare_cached("UPDATE vault SET value = ? WHERE key = 'sequence'")
                .and_then(|mut statement| statement.execute([sequence as i64]))
                .context("count the transaction")?;
            self.connection.execute_batch("COMMIT").context("commit a transaction")?;
            Ok(value)
        });
        match outcome {
            Ok(value) => {
                self.sequence = sequence;
                Ok(value)
            }
            Err(error) => {
                // SQLite may have rolled back by itself, and then this fails.
                let _ = self.connection.execute_batch("ROLLBACK");
                self.groups = Groups::load(&self.connection)?;
                self.series = Names::series(&self.connection)?;
                self.sources = Names::sources(&self.connection)?;
                self.people = KnownPeople::default();
                self.origins = Origins::default();
                Err(error)
            }
        }
    }
}

fn has_annotations(connection: &Connection) -> Result<bool, LakeError> {
    connection
        .query_row("SELECT EXISTS (SELECT 1 FROM annotations)", (), |row| row.get(0))
        .context("look for annotations")
}

/// The annotations of a document, none if it has none.
pub(crate) fn read_annotations(connection: &Connection, id: DocumentId) -> Result<Annotations, LakeError> {
    let found = connection
        .prepare_cached("SELECT starred, hidden, tags, note FROM annotations WHERE id = ?")
        .and_then(|mut statement| {
            statement
                .query_row([id.0], |row| {
                    Ok((row.get(0)?, row.get(1)?, row.get::<_, String>(2)?, row.get(3)?))
                })
                .optional()
        })
        .context("read annotations")?;
    let Some((starred, hidden, tags, note)) = found else { return Ok(Annotations::default()) };
    let tags = serde_json::from_str(&tags)
        .map_err(|error| LakeError::Corrupt(format!("a document's tags: {error}")))?;
    Ok(Annotations { starred, tags, note, hidden })
}

fn write_annotations(
    connection: &Connection,
    id: DocumentId,
    annotations: &Annotations,
) -> Result<(), LakeError> {
    if annotations.is_empty() {
        return connection
            .execute("DELETE FROM annotations WHERE id = ?", [id.0])
            .map(|_| ())
            .context("remove annotations");
    }
    let tags = serde_json::to_string(&annotations.tags).unwrap_or_default();
    connection
        .prepare_cached(
            "INSERT OR REPLACE INTO annotations (id, starred, hidden, tags, note) VALUES (?, ?, ?, ?, ?)",
        )
        .and_then(|mut statement| {
            statement.execute((
                id.0,
                annotations.starred,
                annotations.hidden,
                tags,
                annotations.note.as_deref(),
            ))
        })
        .map(|_| ())
        .context("store annotations")
}
