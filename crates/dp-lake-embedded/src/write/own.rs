//! Own documents into the store: what was written here, not read in an export. Changes are made one after the other
//! in one transaction, with the receipt by which they are known if they come again.

use super::{IndexChange, IndexChanges, Writer, documents, forget::Removing, people, rollups::Rollups};
use crate::error::Context as _;
use dp_lake::{
    LakeError,
    etl::HomeClock,
    own::{
        Decision, OwnAnswer, OwnBatch, OwnChange, OwnOutcome, OwnWritten, RECEIPT_KEPT_US, RECEIPTS_MAX,
        ReceiptKey, WRITTEN_HERE, people_of,
    },
};
use rusqlite::{Connection, OptionalExtension as _, params};
use std::collections::HashMap;

/// Stands in the place of an import: what was written here belongs to none, and none has this number.
const NO_IMPORT: i64 = 0;

impl Writer {
    /// Writes own documents.
    pub(crate) fn write(&mut self, batch: &OwnBatch) -> Result<(OwnAnswer, IndexChanges), LakeError> {
        let nothing = || IndexChanges { sequence: 0, changes: Vec::new() };
        if let Some(key) = &batch.receipt
            && let Some(answer) = answer_known(&self.connection, key, batch.now_us, self.sequence)?
        {
            return Ok((answer, nothing()));
        }
        let mut changes = Vec::new();
        let mut removes = false;
        let mut gone = Vec::new();
        let deletes = batch.changes.iter().any(|change| matches!(change, OwnChange::Delete { .. }));
        let work = |writer: &mut Self, sequence: u64| -> Result<OwnWritten, LakeError> {
            let entry = entry_of(&writer.connection, &batch.written_by)?;
            let mut writing = Writing {
                entry,
                sequence,
                rollups: Rollups::default(),
                removing: Removing::default(),
                clock: HomeClock::new(&writer.home_zone),
            };
            let outcomes = batch.changes.iter();
            let outcomes = outcomes.map(|change| writing.change(writer, batch, change, &mut changes));
            let outcomes = outcomes.collect::<Result<Vec<_>, _>>()?;
            writing.rollups.write(&writer.connection)?;
            removes = writing.removing.forgotten.documents > 0;
            if removes {
                (_, gone) = writing.removing.finish(&writer.connection)?;
            }
            if let Some(key) = &batch.receipt {
                keep(&writer.connection, key, batch.now_us, &outcomes)?;
            }
            Ok(OwnWritten { sequence, written_us: batch.now_us, outcomes, is_repeated: false })
        };
        let written = if deletes { self.leaving_no_trace(work) } else { self.transaction(work) }?;
        if removes {
            self.people = people::KnownPeople::default();
            self.remove_files(gone);
        }
        let changes = IndexChanges { sequence: written.sequence, changes: settled(changes) };
        Ok((OwnAnswer::Written(written), changes))
    }
}

/// What the changes of one batch share.
struct Writing {
    entry: u32,
    sequence: u64,
    rollups: Rollups,
    removing: Removing,
    clock: HomeClock,
}

impl Writing {
    fn change(
        &mut self,
        writer: &mut Writer,
        batch: &OwnBatch,
        change: &OwnChange,
        changes: &mut Vec<IndexChange>,
    ) -> Result<OwnOutcome, LakeError> {
        let id = change.id();
        let known = documents::load(&writer.connection, &writer.groups, id)?;
        let is_new = known.is_none();
        let known = known.as_ref().map(|(_, known)| (&known.content, known.day));
        match batch.decide(change, known, &mut self.clock) {
            Decision::Refused(outcome) => Ok(outcome),
            Decision::Put(mut upsert) => {
                upsert.entry = self.entry;
                people::apply(&writer.connection, &mut writer.people, &people_of(&upsert.content))?;
                documents::apply(writer, &mut self.rollups, NO_IMPORT, self.sequence, *upsert, changes)?;
                Ok(if is_new { OwnOutcome::Created } else { OwnOutcome::Replaced })
            }
            Decision::Remove => {
                self.removing.documents(writer, &[id], self.sequence, &mut self.rollups, changes)?;
                Ok(OwnOutcome::Deleted)
            }
        }
    }
}

/// The last change of each row: what was put and removed again was never there for those who follow.
fn settled(changes: Vec<IndexChange>) -> Vec<IndexChange> {
    let mut times = HashMap::<i64, usize>::new();
    for change in &changes {
        *times.entry(row_of(change)).or_default() += 1;
    }
    let mut settled = Vec::with_capacity(times.len());
    let mut left = times.clone();
    for mut change in changes {
        let row = row_of(&change);
        let left = left.entry(row).or_default();
        *left -= 1;
        if *left > 0 {
            continue;
        }
        if let IndexChange::Put { replaces, .. } = &mut change {
            *replaces |= times.get(&row).is_some_and(|&times| times > 1);
        }
        settled.push(change);
    }
    settled
}

fn row_of(change: &IndexChange) -> i64 {
    match change {
        IndexChange::Put { row, .. } | IndexChange::Remove { row } => *row,
    }
}

/// The number by which documents name the client that wrote them, where others name an entry of an export.
fn entry_of(connection: &Connection, written_by: &str) -> Result<u32, LakeError> {
    const DOING: &str = "note who writes";
    let known = connection
        .prepare_cached("SELECT entry FROM ledger WHERE import = ? AND path = ?")
        .and_then(|mut statement| statement.query_row((NO_IMPORT, written_by), |row| row.get(0)).optional())
        .context(DOING)?;
    if let Some(entry) = known {
        return Ok(entry);
    }
    let add = || -> rusqlite::Result<u32> {
        connection.execute(
            "INSERT OR IGNORE INTO exports (import, number, name, exported_at_us) VALUES (?, 0, ?, NULL)",
            (NO_IMPORT, WRITTEN_HERE),
        )?;
        let entry: u32 = connection.query_row(
            "SELECT coalesce(max(entry) + 1, 0) FROM ledger WHERE import = ?",
            [NO_IMPORT],
            |row| row.get(0),
        )?;
        connection.execute(
            "INSERT INTO ledger (import, entry, export, path) VALUES (?, ?, 0, ?)",
            (NO_IMPORT, entry, written_by),
        )?;
        Ok(entry)
    };
    add().context(DOING)
}

/// What is to be answered without writing anything, if it is known.
fn answer_known(
    connection: &Connection,
    key: &ReceiptKey,
    now_us: i64,
    sequence: u64,
) -> Result<Option<OwnAnswer>, LakeError> {
    const DOING: &str = "look whether it came before";
    let oldest_us = now_us.saturating_sub(RECEIPT_KEPT_US);
    let found: Option<([u8; 32], i64, Vec<u8>)> = connection
        .prepare_cached(
            "SELECT request, written_us, outcomes FROM receipts WHERE key = ? AND written_us >= ?",
        )
        .and_then(|mut statement| {
            let read = |row: &rusqlite::Row<'_>| Ok((row.get(0)?, row.get(1)?, row.get(2)?));
            statement.query_row((key.key, oldest_us), read).optional()
        })
        .context(DOING)?;
    let Some((request, written_us, codes)) = found else {
        let kept: i64 = connection
            .prepare_cached("SELECT count(*) FROM receipts WHERE written_us >= ?")
            .and_then(|mut statement| statement.query_row([oldest_us], |row| row.get(0)))
            .context(DOING)?;
        return Ok((kept as u64 >= RECEIPTS_MAX).then_some(OwnAnswer::TooManyReceipts));
    };
    if request != key.request {
        return Ok(Some(OwnAnswer::KeyUsed));
    }
    let outcomes = codes.into_iter().map(OwnOutcome::from_code).collect::<Option<Vec<_>>>();
    let outcomes = outcomes.ok_or_else(|| LakeError::Corrupt("what was written lately".to_owned()))?;
    Ok(Some(OwnAnswer::Written(OwnWritten { sequence, written_us, outcomes, is_repeated: true })))
}

/// Keeps a receipt, and lets go of those that are old.
fn keep(
    connection: &Connection,
    key: &ReceiptKey,
    now_us: i64,
    outcomes: &[OwnOutcome],
) -> Result<(), LakeError> {
    let write = || -> rusqlite::Result<()> {
        connection
            .prepare_cached("DELETE FROM receipts WHERE written_us < ?")?
            .execute([now_us.saturating_sub(RECEIPT_KEPT_US)])?;
        let codes = outcomes.iter().map(|&outcome| outcome as u8).collect::<Vec<_>>();
        connection
            .prepare_cached(
                "INSERT OR REPLACE INTO receipts (key, request, written_us, outcomes) VALUES (?, ?, ?, ?)",
            )?
            .execute(params![key.key, key.request, now_us, codes])?;
        Ok(())
    };
    write().context("keep what was written")
}
