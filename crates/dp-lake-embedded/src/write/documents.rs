//! One document into the store: inserted, found to be known, or set beside the version that is there.

use super::{IndexChange, Writer, media, people, rollups::Rollups};
use crate::{
    codec::{Columns, Stored, read_content},
    error::Context as _,
    names::Groups,
    origins::{Origin, Origins},
};
use dp_lake::{DocumentUpsert, LakeError, VersionRank, compare_origins, undated_last};
use dp_model::{DocumentId, Provenance, Tally};
use rusqlite::Connection;
use std::sync::Arc;

/// What applying a document did.
#[derive(Debug, Clone, Copy)]
pub(super) enum Outcome {
    Inserted,
    Updated,
    Unchanged,
}

impl Outcome {
    pub(super) fn count(self, tally: &mut Tally) {
        match self {
            Self::Inserted => tally.inserted += 1,
            Self::Updated => tally.updated += 1,
            Self::Unchanged => tally.unchanged += 1,
        }
    }
}

/// Columns that hold a content, as `read_content` wants them.
pub(crate) const CONTENT_COLUMNS: &str = "title, text, url, time_us, time_code, offset_s, more, sort_us";

/// Applies one document.
pub(super) fn apply(
    writer: &mut Writer,
    rollups: &mut Rollups,
    import: i64,
    sequence: u64,
    upsert: DocumentUpsert,
    changes: &mut Vec<IndexChange>,
) -> Result<Outcome, LakeError> {
    let connection = &writer.connection;
    let group = writer.groups.id(connection, &upsert.content.source, upsert.content.kind)?;
    let columns = Columns::of(&upsert.content, upsert.sort_us);
    let inserted = connection
        .prepare_cached(
            "INSERT INTO documents (id, grp, sequence, day, sort_us, import, entry, position, hash,
                 title, text, url, time_us, time_code, offset_s, more)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16)
             ON CONFLICT (id) DO NOTHING",
        )
        .and_then(|mut statement| {
            statement.execute(rusqlite::params![
                upsert.id.0,
                group,
                sequence as i64,
                upsert.day,
                upsert.sort_us,
                import,
                upsert.entry,
                upsert.position as i64,
                upsert.hash,
                columns.title,
                columns.text,
                columns.url,
                columns.time_us,
                columns.time_code,
                columns.offset_s,
                columns.more,
            ])
        })
        .context("store a document")?;
    if inserted == 0 {
        return beside(writer, rollups, import, sequence, group, upsert, changes);
    }
    let row = connection.last_insert_rowid();
    rollups.add_document(group, &upsert, 1);
    people::mention(connection, &mut writer.people, row, &upsert.content)?;
    media::note(connection, row, &upsert.content.media)?;
    let annotations = writer.annotations(upsert.id)?;
    changes.push(IndexChange::Put { row, replaces: false, document: Box::new(upsert), annotations });
    Ok(Outcome::Inserted)
}

/// A version of a document with where it was read.
struct Version {
    import: i64,
    exported_at_us: Option<i64>,
    provenance: Provenance,
    upsert: DocumentUpsert,
}

impl Version {
    fn rank(&self) -> VersionRank {
        VersionRank::of(&self.upsert.content, self.exported_at_us, self.upsert.hash)
    }

    fn is_earlier_than(&self, other: &Self) -> bool {
        let (new, old) = ((self.exported_at_us, &self.provenance), (other.exported_at_us, &other.provenance));
        compare_origins(new, old).is_lt()
    }
}

/// A version of the document is there already.
fn beside(
    writer: &mut Writer,
    rollups: &mut Rollups,
    import: i64,
    sequence: u64,
    group: i64,
    upsert: DocumentUpsert,
    changes: &mut Vec<IndexChange>,
) -> Result<Outcome, LakeError> {
    let connection = &writer.connection;
    let (row, hash, known_import, known_entry, known_position): (i64, [u8; 16], i64, u32, i64) = connection
        .prepare_cached("SELECT row, hash, import, entry, position FROM documents WHERE id = ?")
        .and_then(|mut statement| {
            statement.query_row([upsert.id.0], |row| {
                Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?, row.get(4)?))
            })
        })
        .context("find a document")?;
    if hash == upsert.hash {
        let known = writer.origins.get(connection, known_import, known_entry)?;
        let new = writer.origins.get(connection, import, upsert.entry)?;
        // The version that is there was mostly read earlier, and then nothing more has to be compared.
        let earlier = |origin: &Origin, position: u64| {
            (undated_last(origin.exported_at_us), origin.archive.clone(), origin.entry.clone(), position)
        };
        if Arc::ptr_eq(&known, &new) && known_position as u64 <= upsert.position
            || earlier(&known, known_position as u64) <= earlier(&new, upsert.position)
        {
            return Ok(Outcome::Unchanged);
        }
    }
    let mut versions = load_versions(connection, &writer.groups, &mut writer.origins, row, upsert.id)?;
    let incoming = version(connection, &mut writer.origins, import, upsert)?;
    match versions.iter_mut().find(|version| version.upsert.hash == incoming.upsert.hash) {
        Some(known) if incoming.is_earlier_than(known) => *known = incoming,
        Some(_) => return Ok(Outcome::Unchanged),
        None => {
            media::note(connection, row, &incoming.upsert.content.media)?;
            versions.push(incoming);
        }
    }
    let Some(newest) = (0..versions.len()).max_by_key(|&index| versions[index].rank()) else {
        return Err(LakeError::Corrupt("a document has no version".to_owned()));
    };
    let was_newest = versions[newest].upsert.hash == hash;
    if !was_newest {
        let before = versions.iter().find(|version| version.upsert.hash == hash);
        if let Some(before) = before {
            rollups.add_document(group, &before.upsert, -1);
            people::unmention(connection, row, &before.upsert.content)?;
        }
        let now = &versions[newest].upsert;
        rollups.add_document(group, now, 1);
        people::mention(connection, &mut writer.people, row, &now.content)?;
    }
    let newest = versions.swap_remove(newest);
    connection
        .prepare_cached("DELETE FROM revisions WHERE document = ?")
        .and_then(|mut statement| statement.execute([row]))
        .context("store revisions")?;
    for version in &versions {
        store_revision(connection, row, version)?;
    }
    let stored_sequence = if was_newest { None } else { Some(sequence) };
    replace(connection, row, newest.import, stored_sequence, &newest.upsert)?;
    if was_newest {
        return Ok(Outcome::Unchanged);
    }
    let annotations = writer.annotations(newest.upsert.id)?;
    changes.push(IndexChange::Put { row, replaces: true, document: Box::new(newest.upsert), annotations });
    Ok(Outcome::Updated)
}

fn version(
    connection: &Connection,
    origins: &mut Origins,
    import: i64,
    upsert: DocumentUpsert,
) -> Result<Version, LakeError> {
    let origin = origins.get(connection, import, upsert.entry)?;
    let provenance = Provenance {
        archive: origin.archive.clone(),
        entry: origin.entry.clone(),
        position: upsert.position,
    };
    Ok(Version { import, exported_at_us: origin.exported_at_us, provenance, upsert })
}

/// The document's versions, the one that is the document first.
fn load_versions(
    connection: &Connection,
    groups: &Groups,
    origins: &mut Origins,
    row: i64,
    id: DocumentId,
) -> Result<Vec<Version>, LakeError> {
    let import: i64 = connection
        .prepare_cached("SELECT import FROM documents WHERE row = ?")
        .and_then(|mut statement| statement.query_row([row], |row| row.get(0)))
        .context("read a document")?;
    let Some((_, upsert)) = load(connection, groups, id)? else {
        return Err(LakeError::Corrupt(format!("document {id} is there and can't be read")));
    };
    let mut versions = vec![version(connection, origins, import, upsert)?];
    let mut statement = connection
        .prepare_cached(
            "SELECT import, entry, position, hash, day, sort_us, content FROM revisions WHERE document = ?",
        )
        .context("read revisions")?;
    let mut rows = statement.query([row]).context("read revisions")?;
    while let Some(found) = rows.next().context("read revisions")? {
        let json = Stored::read(found.get_ref(6).context("read revisions")?)?;
        let content = serde_json::from_str(&json)
            .map_err(|error| LakeError::Corrupt(format!("a revision: {error}")))?;
        let read = |found: &rusqlite::Row<'_>| -> rusqlite::Result<DocumentUpsert> {
            Ok(DocumentUpsert {
                id,
                entry: found.get(1)?,
                position: found.get::<_, i64>(2)? as u64,
                hash: found.get(3)?,
                day: found.get(4)?,
                sort_us: found.get(5)?,
                content,
            })
        };
        let import = found.get(0).context("read revisions")?;
        versions.push(version(connection, origins, import, read(found).context("read revisions")?)?);
    }
    Ok(versions)
}

fn replace(
    connection: &Connection,
    row: i64,
    import: i64,
    sequence: Option<u64>,
    upsert: &DocumentUpsert,
) -> Result<(), LakeError> {
    let columns = Columns::of(&upsert.content, upsert.sort_us);
    connection
        .prepare_cached(
            "UPDATE documents SET sequence = coalesce(?2, sequence), day = ?3, sort_us = ?4, import = ?5, entry = ?6, position = ?7,
                 hash = ?8, title = ?9, text = ?10, url = ?11, time_us = ?12, time_code = ?13, offset_s = ?14,
                 more = ?15
             WHERE row = ?1",
        )
        .and_then(|mut statement| {
            statement.execute(rusqlite::params![
                row,
                sequence.map(|sequence| sequence as i64),
                upsert.day,
                upsert.sort_us,
                import,
                upsert.entry,
                upsert.position as i64,
                upsert.hash,
                columns.title,
                columns.text,
                columns.url,
                columns.time_us,
                columns.time_code,
                columns.offset_s,
                columns.more,
            ])
        })
        .map(|_| ())
        .context("update a document")
}

fn store_revision(connection: &Connection, row: i64, version: &Version) -> Result<(), LakeError> {
    let upsert = &version.upsert;
    // Writing our own types as JSON into memory cannot fail.
    let json = serde_json::to_string(&upsert.content).unwrap_or_default();
    connection
        .prepare_cached(
            "INSERT INTO revisions (document, hash, import, entry, position, day, sort_us, content)
             VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        )
        .and_then(|mut statement| {
            statement.execute(rusqlite::params![
                row,
                upsert.hash,
                version.import,
                upsert.entry,
                upsert.position as i64,
                upsert.day,
                upsert.sort_us,
                Stored::of_fields(json),
            ])
        })
        .map(|_| ())
        .context("store a revision")
}

/// The stored version of a document with its row.
pub(crate) fn load(
    connection: &Connection,
    groups: &Groups,
    id: DocumentId,
) -> Result<Option<(i64, DocumentUpsert)>, LakeError> {
    let sql =
        format!("SELECT row, grp, day, entry, position, hash, {CONTENT_COLUMNS} FROM documents WHERE id = ?");
    let mut statement = connection.prepare_cached(&sql).context("read a document")?;
    let mut rows = statement.query([id.0]).context("read a document")?;
    let Some(row) = rows.next().context("read a document")? else { return Ok(None) };
    upsert_of_row(row, groups, id).map(Some)
}

/// Reads a row of: row, grp, day, entry, position, hash, then the content's columns.
pub(crate) fn upsert_of_row(
    row: &rusqlite::Row<'_>,
    groups: &Groups,
    id: DocumentId,
) -> Result<(i64, DocumentUpsert), LakeError> {
    let number: i64 = row.get(1).context("read a document")?;
    let group = groups
        .get(number)
        .ok_or_else(|| LakeError::Corrupt(format!("document {id} is in a group that is not there")))?;
    let upsert = DocumentUpsert {
        id,
        entry: row.get(3).context("read a document")?,
        position: row.get::<_, i64>(4).context("read a document")? as u64,
        day: row.get(2).context("read a document")?,
        sort_us: row.get(13).context("read a document")?,
        hash: row.get(5).context("read a document")?,
        content: read_content(row, 6, &group.source, group.kind)?,
    };
    Ok((row.get(0).context("read a document")?, upsert))
}
