//! Forgetting: a source or a document leaves the store, its rollups, and everything made from it.

use super::{IndexChange, IndexChanges, Writer, blobs, documents, media, people, rollups::Rollups};
use crate::{cells::span_of, error::Context as _, names::Groups};
use dp_lake::{Day, ForgetTarget, Forgotten, LakeError};
use dp_model::{BlobHash, DocumentId, Kind};
use rusqlite::Connection;
use std::collections::BTreeSet;

/// Documents whose ids are in memory at a time.
const STEP: usize = 10_000;

impl Writer {
    /// What forgetting would remove: done in a transaction that is taken back.
    pub(crate) fn forget_preview(&mut self, target: &ForgetTarget) -> Result<Forgotten, LakeError> {
        let mut counted = Forgotten::default();
        let outcome: Result<(), LakeError> = self.transaction(|writer, sequence| {
            counted = remove(writer, target, sequence, &mut Vec::new())?.0;
            // An error is what rolls a transaction back.
            Err(LakeError::Closed)
        });
        match outcome {
            Ok(()) | Err(LakeError::Closed) => Ok(counted),
            Err(error) => Err(error),
        }
    }

    /// Forgets the target; nothing if that is not what is expected.
    pub(crate) fn forget(
        &mut self,
        target: &ForgetTarget,
        expected: Option<&Forgotten>,
    ) -> Result<(Forgotten, IndexChanges), LakeError> {
        let mut changes = Vec::new();
        let mut gone = Vec::new();
        let mut at = 0;
        let forgotten = self.leaving_no_trace(|writer, sequence| {
            at = sequence;
            let (now, blobs) = remove(writer, target, sequence, &mut changes)?;
            if expected.is_some_and(|expected| *expected != now) {
                return Err(LakeError::NotAsExpected { now });
            }
            gone = blobs;
            Ok(now)
        })?;
        self.people = people::KnownPeople::default();
        self.remove_files(gone);
        Ok((forgotten, IndexChanges { sequence: at, changes }))
    }

    /// Removes the files of blobs whose rows are gone for good. One that can't be removed now goes with the next sweep.
    pub(super) fn remove_files(&self, gone: Vec<BlobHash>) {
        for hash in gone {
            let _ = self.blobs.remove(hash);
        }
    }

    /// A transaction that removes something, and leaves nothing of it in the files.
    pub(super) fn leaving_no_trace<T>(
        &mut self,
        work: impl FnOnce(&mut Self, u64) -> Result<T, LakeError>,
    ) -> Result<T, LakeError> {
        // Rows that are deleted leave their bytes behind in the file, unless it is asked not to.
        self.connection.execute_batch("PRAGMA secure_delete = ON").context("forget")?;
        let done = self.transaction(work);
        self.connection.execute_batch("PRAGMA secure_delete = OFF").context("forget")?;
        let done = done?;
        self.has_old_log = true;
        self.end_log();
        Ok(done)
    }

    /// Empties the write-ahead log if it may still have pages as they were before something was forgotten. While
    /// somebody reads from it that can't be done, and is to be tried again.
    pub(crate) fn end_log(&mut self) {
        if !self.has_old_log {
            return;
        }
        let is_busy = self.connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", (), |row| row.get(0));
        self.has_old_log = is_busy.unwrap_or(true);
    }
}

fn remove(
    writer: &mut Writer,
    target: &ForgetTarget,
    sequence: u64,
    changes: &mut Vec<IndexChange>,
) -> Result<(Forgotten, Vec<BlobHash>), LakeError> {
    let mut rollups = Rollups::default();
    let mut removing = Removing::default();
    let (listed, range) = match target {
        ForgetTarget::Document(id) => (std::slice::from_ref(id), None),
        ForgetTarget::Documents(ids) => (ids.as_slice(), None),
        ForgetTarget::Source(source) => (&[][..], Some((Some(source.as_str()), None))),
        ForgetTarget::Days { source, from, until } => {
            (&[][..], Some((source.as_deref(), Some((*from, *until)))))
        }
    };
    for ids in listed.chunks(STEP) {
        removing.documents(writer, ids, sequence, &mut rollups, changes)?;
    }
    if let Some((source, days)) = range {
        let groups: Vec<i64> = writer
            .groups
            .iter()
            .filter(|(_, group)| source.is_none_or(|source| is_under(&group.source, source)))
            .map(|(id, _)| id)
            .collect();
        for group in groups {
            loop {
                let ids = ids_of_group(&writer.connection, group, days)?;
                if ids.is_empty() {
                    break;
                }
                removing.documents(writer, &ids, sequence, &mut rollups, changes)?;
            }
        }
        removing.forgotten.samples = remove_samples(writer, source, days, &mut rollups)?;
    }
    rollups.write(&writer.connection)?;
    let (forgotten, gone) = removing.finish(&writer.connection)?;
    if forgotten.documents + forgotten.samples > 0 {
        // The same entries must be read again when they are imported again.
        writer.connection.execute("DELETE FROM memo", ()).context("forget")?;
    }
    Ok((forgotten, gone))
}

/// What is being removed in a transaction.
#[derive(Debug, Default)]
pub(super) struct Removing {
    pub(super) forgotten: Forgotten,
    /// People whose card in an address book goes.
    off_cards: Vec<i64>,
    /// Bytes that those documents named.
    named: Vec<BlobHash>,
}

impl Removing {
    /// Removes documents with what is kept with them.
    pub(super) fn documents(
        &mut self,
        writer: &mut Writer,
        ids: &[DocumentId],
        sequence: u64,
        rollups: &mut Rollups,
        changes: &mut Vec<IndexChange>,
    ) -> Result<(), LakeError> {
        self.off_cards.extend(people_on_cards(&writer.connection, ids)?);
        remove_documents(writer, ids, sequence, rollups, &mut self.forgotten, &mut self.named, changes)
    }

    /// Removes what nothing is left of, once the rollups are written: also the rows of blobs, whose files are to be
    /// removed when that is durable.
    pub(super) fn finish(mut self, connection: &Connection) -> Result<(Forgotten, Vec<BlobHash>), LakeError> {
        if self.forgotten.documents > 0 {
            self.forgotten.people = remove_people(connection, &self.off_cards)?;
        }
        connection
            .execute_batch(
                "DELETE FROM rollup_documents WHERE count = 0;
                 DELETE FROM rollup_samples WHERE count = 0;
                 DELETE FROM rollup_top WHERE count = 0;",
            )
            .context("forget")?;
        let gone = blobs::remove_rows(connection, self.named)?;
        self.forgotten.blobs = gone.len() as u64;
        Ok((self.forgotten, gone))
    }
}

fn is_under(source: &str, wanted: &str) -> bool {
    source.strip_prefix(wanted).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
}

/// Some documents of a group; of these local days, the second one excluded, if there are any.
fn ids_of_group(
    connection: &Connection,
    group: i64,
    days: Option<(Day, Day)>,
) -> Result<Vec<DocumentId>, LakeError> {
    let (from, until) = days.unzip();
    connection
        .prepare_cached(
            "SELECT id FROM documents WHERE grp = ?1 AND (?2 IS NULL OR (day >= ?2 AND day < ?3)) LIMIT ?4",
        )
        .and_then(|mut statement| {
            let rows =
                statement.query_map((group, from, until, STEP as i64), |row| row.get(0).map(DocumentId));
            rows?.collect()
        })
        .context("find what to forget")
}

fn remove_documents(
    writer: &mut Writer,
    ids: &[DocumentId],
    sequence: u64,
    rollups: &mut Rollups,
    forgotten: &mut Forgotten,
    named: &mut Vec<BlobHash>,
    changes: &mut Vec<IndexChange>,
) -> Result<(), LakeError> {
    let connection = &writer.connection;
    for &id in ids {
        let Some((row, document)) = documents::load(connection, &writer.groups, id)? else { continue };
        let group = group_of(&mut writer.groups, connection, &document.content)?;
        rollups.add_document(group, &document, -1);
        people::unmention(connection, row, &document.content)?;
        media::release(connection, row, named)?;
        let delete = || -> rusqlite::Result<(usize, usize)> {
            let revisions =
                connection.prepare_cached("DELETE FROM revisions WHERE document = ?")?.execute([row])?;
            let annotations =
                connection.prepare_cached("DELETE FROM annotations WHERE id = ?")?.execute([id.0])?;
            connection.prepare_cached("DELETE FROM documents WHERE row = ?")?.execute([row])?;
            connection
                .prepare_cached("INSERT OR REPLACE INTO removed (row, sequence) VALUES (?, ?)")?
                .execute((row, sequence as i64))?;
            Ok((revisions, annotations))
        };
        let (revisions, annotations) = delete().context("forget a document")?;
        forgotten.documents += 1;
        forgotten.revisions += revisions as u64;
        forgotten.annotations += annotations as u64;
        changes.push(IndexChange::Remove { row });
    }
    Ok(())
}

fn group_of(
    groups: &mut Groups,
    connection: &Connection,
    content: &dp_model::Content,
) -> Result<i64, LakeError> {
    groups.id(connection, &content.source, content.kind)
}

fn remove_samples(
    writer: &Writer,
    source: Option<&str>,
    days: Option<(Day, Day)>,
    rollups: &mut Rollups,
) -> Result<u64, LakeError> {
    let connection = &writer.connection;
    let (from, until) = days.unzip();
    let sources: Vec<i64> = connection
        .prepare_cached("SELECT id, name FROM sources")
        .and_then(|mut statement| {
            statement
                .query_map((), |row| Ok((row.get(0)?, row.get::<_, String>(1)?)))?
                .collect::<Result<Vec<_>, _>>()
        })
        .context("find samples to forget")?
        .into_iter()
        .filter(|(_, name)| source.is_none_or(|source| is_under(name, source)))
        .map(|(id, _)| id)
        .collect();
    let mut removed = 0;
    for source in sources {
        let counts: Vec<(i64, i32, i64)> = connection
            .prepare_cached(
                "SELECT series, day, count(*) FROM samples
                 WHERE source = ?1 AND (?2 IS NULL OR (day >= ?2 AND day < ?3)) GROUP BY series, day",
            )
            .and_then(|mut statement| {
                let rows = statement
                    .query_map((source, from, until), |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)));
                rows?.collect()
            })
            .context("count samples to forget")?;
        let mut spans = BTreeSet::new();
        for (series, day, count) in counts {
            rollups.add_sample(series, day, -count);
            if days.is_some() {
                // What stays of the span is counted again.
                rollups.add_due(series, day);
                spans.insert((series, span_of(day)));
            }
        }
        removed += connection
            .execute(
                "DELETE FROM samples WHERE source = ?1 AND (?2 IS NULL OR (day >= ?2 AND day < ?3))",
                (source, from, until),
            )
            .context("forget samples")?;
        remove_from_map(connection, source, days.is_some().then_some(&spans))?;
    }
    Ok(removed as u64)
}

/// Removes the counts of a source's fixes: all, or those of these series and spans.
fn remove_from_map(
    connection: &Connection,
    source: i64,
    spans: Option<&BTreeSet<(i64, i32)>>,
) -> Result<(), LakeError> {
    let remove = || -> rusqlite::Result<()> {
        let Some(spans) = spans else {
            connection.execute("DELETE FROM map_cells WHERE source = ?", [source])?;
            return Ok(());
        };
        let mut delete = connection
            .prepare_cached("DELETE FROM map_cells WHERE source = ? AND series = ? AND span = ?")?;
        for (series, span) in spans {
            delete.execute((source, series, span))?;
        }
        Ok(())
    };
    remove().context("forget where they were on the map")
}

/// People whose card in an address book is among these documents.
fn people_on_cards(connection: &Connection, documents: &[DocumentId]) -> Result<Vec<i64>, LakeError> {
    let mut statement = connection
        .prepare_cached(
            "SELECT DISTINCT identities.person FROM documents
                 JOIN groups ON groups.id = documents.grp
                 JOIN mentions ON mentions.document = documents.row
                 JOIN identities ON identities.id = mentions.identity
             WHERE documents.id = ? AND groups.kind = ? AND identities.person IS NOT NULL",
        )
        .context("find people to forget")?;
    let mut people = Vec::new();
    for id in documents {
        let rows = statement
            .query_map((id.0, Kind::Contact as u8), |row| row.get(0))
            .context("find people to forget")?;
        for person in rows {
            people.push(person.context("find people to forget")?);
        }
    }
    Ok(people)
}

/// Removes people whom nothing is left of: no document mentions them, and no address book that stays
/// holds them (a card that goes takes its person with it).
fn remove_people(connection: &Connection, off_cards: &[i64]) -> Result<u64, LakeError> {
    let remove = || -> rusqlite::Result<usize> {
        connection.execute_batch(
            "CREATE TEMP TABLE IF NOT EXISTS off_cards (person INTEGER PRIMARY KEY); DELETE FROM off_cards;",
        )?;
        let mut note = connection.prepare_cached("INSERT OR IGNORE INTO off_cards (person) VALUES (?)")?;
        for person in off_cards {
            note.execute([person])?;
        }
        let people = connection.execute(
            "DELETE FROM people WHERE
                 NOT EXISTS (SELECT 1 FROM identities JOIN mentions ON mentions.identity = identities.id
                     WHERE identities.person = people.row)
                 AND NOT (people.in_contacts
                     AND people.row NOT IN (SELECT person FROM off_cards)
                     AND EXISTS (SELECT 1 FROM documents JOIN groups ON groups.id = documents.grp WHERE groups.kind = ?))",
            [Kind::Contact as u8],
        )?;
        connection.execute(
            "DELETE FROM identities WHERE person IS NOT NULL AND person NOT IN (SELECT row FROM people)",
            (),
        )?;
        connection.execute(
            "DELETE FROM identities WHERE person IS NULL
                 AND NOT EXISTS (SELECT 1 FROM mentions WHERE mentions.identity = identities.id)",
            (),
        )?;
        Ok(people)
    };
    remove().map(|count| count as u64).context("forget people")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        blobs::BlobFiles,
        connection::{open_reader, open_writer},
    };
    use std::{sync::Arc, time::Duration};

    #[test]
    fn a_log_that_somebody_reads_from_is_ended_when_they_have_gone() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("lake.db");
        let log_bytes = || std::fs::metadata(folder.path().join("lake.db-wal")).unwrap().len();
        let blobs = Arc::new(BlobFiles::open(folder.path()).unwrap());
        let mut writer = Writer::new(open_writer(&file, "UTC").unwrap(), blobs).unwrap();
        writer.end_log();
        assert!(!writer.has_old_log && log_bytes() == 0, "what was killed before may have left something");
        let reader = open_reader(&file).unwrap();
        reader.execute_batch("BEGIN; SELECT count(*) FROM documents;").unwrap();
        writer.connection.busy_timeout(Duration::ZERO).unwrap();
        writer.connection.execute_batch("UPDATE vault SET value = 'UTC' WHERE key = 'home_zone'").unwrap();
        writer.forget(&ForgetTarget::Source("google".into()), None).unwrap();
        assert!(writer.has_old_log && log_bytes() > 0);
        drop(reader);
        writer.end_log();
        assert!(!writer.has_old_log && log_bytes() == 0);
    }
}
