//! Which documents are parts of which conversations: gathered while a transaction runs, written at its end. What
//! a vault of before there were conversations holds is put in when nobody else writes.

use super::{Writer, documents};
use crate::error::Context as _;
use dp_lake::{
    DocumentUpsert, LakeError,
    conversations::{KINDS, conversation_of},
};
use foldhash::fast::RandomState;
use hashbrown::HashMap;
use rusqlite::{Connection, OptionalExtension as _};

/// Documents that are looked at in one transaction.
const STEP: usize = 2_000;
/// In the vault's own table: the last row that was looked at, while there are more.
const PROGRESS: &str = "conversations_up_to";

const TABLES: &str = "
CREATE TABLE conversation_parts (
    conversation BLOB NOT NULL,
    sort_us      INTEGER NOT NULL,
    id           BLOB NOT NULL,           -- of the document
    PRIMARY KEY (conversation, sort_us, id)
) STRICT, WITHOUT ROWID;
CREATE TABLE conversations (
    id       BLOB PRIMARY KEY,
    count    INTEGER NOT NULL,
    first_us INTEGER NOT NULL,
    last_us  INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX conversations_by_time ON conversations (last_us, id);
INSERT INTO vault (key, value) SELECT 'conversations_up_to', 0 WHERE EXISTS (SELECT 1 FROM documents);
";

/// Whether the store has the tables.
pub(crate) fn are_made(connection: &Connection) -> Result<bool, LakeError> {
    connection
        .prepare_cached("SELECT EXISTS (SELECT 1 FROM sqlite_schema WHERE name = 'conversations_by_time')")
        .and_then(|mut statement| statement.query_row((), |row| row.get(0)))
        .context("look for the conversations")
}

/// Makes the tables where they are missing.
pub(crate) fn make(connection: &mut Connection) -> Result<(), LakeError> {
    if are_made(connection)? {
        return Ok(());
    }
    let transaction = connection.transaction().context("make room for conversations")?;
    transaction.execute_batch(TABLES).context("make room for conversations")?;
    transaction.commit().context("make room for conversations")
}

/// A part: conversation, instant to sort by, and document.
type Part = ([u8; 16], i64, [u8; 16]);

/// Changes to conversations.
#[derive(Debug, Default)]
pub(super) struct Conversations {
    parts: HashMap<Part, i64, RandomState>,
}

impl Conversations {
    /// Adds a document, or takes it away with a `change` of -1. Undated ones are in none.
    pub(super) fn add(&mut self, document: &DocumentUpsert, change: i64) {
        let conversation = conversation_of(&document.content);
        if let Some((conversation, sort_us)) = conversation.zip(document.sort_us) {
            *self.parts.entry((conversation.0, sort_us, document.id.0)).or_default() += change;
        }
    }

    /// Writes everything to the tables.
    pub(super) fn write(self, connection: &Connection) -> Result<(), LakeError> {
        let write = || -> rusqlite::Result<()> {
            let mut insert = connection.prepare_cached(
                "INSERT OR IGNORE INTO conversation_parts (conversation, sort_us, id) VALUES (?, ?, ?)",
            )?;
            let mut remove = connection.prepare_cached(
                "DELETE FROM conversation_parts WHERE conversation = ? AND sort_us = ? AND id = ?",
            )?;
            let mut counts: HashMap<[u8; 16], i64, RandomState> = HashMap::default();
            for (part, change) in self.parts {
                // What is known already, or was not put in yet, changes nothing.
                let changed = match change {
                    1.. => insert.execute(part)? as i64,
                    ..0 => -(remove.execute(part)? as i64),
                    0 => continue,
                };
                *counts.entry(part.0).or_default() += changed;
            }
            let mut add = connection.prepare_cached(
                "INSERT INTO conversations (id, count, first_us, last_us) VALUES (?1, ?2, 0, 0)
                 ON CONFLICT (id) DO UPDATE SET count = count + excluded.count",
            )?;
            let mut clear =
                connection.prepare_cached("DELETE FROM conversations WHERE id = ? AND count <= 0")?;
            let mut time = connection.prepare_cached(
                "UPDATE conversations SET
                     first_us = (SELECT min(sort_us) FROM conversation_parts WHERE conversation = ?1),
                     last_us = (SELECT max(sort_us) FROM conversation_parts WHERE conversation = ?1)
                 WHERE id = ?1",
            )?;
            for (id, count) in counts {
                add.execute((id, count))?;
                if clear.execute([id])? == 0 {
                    time.execute([id])?;
                }
            }
            Ok(())
        };
        write().context("put conversations together")
    }
}

impl Writer {
    /// Puts some documents of before into their conversations; whether there were any left.
    pub(crate) fn converse(&mut self) -> Result<bool, LakeError> {
        let after: Option<i64> = self
            .connection
            .prepare_cached("SELECT value FROM vault WHERE key = ?")
            .and_then(|mut statement| statement.query_row([PROGRESS], |row| row.get(0)).optional())
            .context("look for documents without conversations")?;
        let Some(after) = after else { return Ok(false) };
        self.connection.execute_batch("BEGIN IMMEDIATE").context("begin a transaction")?;
        let done = self
            .converse_from(after)
            .and_then(|()| self.connection.execute_batch("COMMIT").context("commit a transaction"));
        if done.is_err() {
            // SQLite may have rolled back by itself, and then this fails.
            let _ = self.connection.execute_batch("ROLLBACK");
        }
        done.map(|()| true)
    }

    fn converse_from(&self, after: i64) -> Result<(), LakeError> {
        let connection = &self.connection;
        let rows: Vec<(i64, [u8; 16], i64)> = connection
            .prepare_cached("SELECT row, id, grp FROM documents WHERE row > ? ORDER BY row LIMIT ?")
            .and_then(|mut statement| {
                let read = |row: &rusqlite::Row<'_>| Ok((row.get(0)?, row.get(1)?, row.get(2)?));
                statement.query_map((after, STEP as i64), read)?.collect()
            })
            .context("look for documents without conversations")?;
        let mut conversations = Conversations::default();
        for (_, id, group) in &rows {
            if self.groups.get(*group).is_some_and(|group| KINDS.contains(&group.kind))
                && let Some((_, document)) =
                    documents::load(connection, &self.groups, dp_model::DocumentId(*id))?
            {
                conversations.add(&document, 1);
            }
        }
        conversations.write(connection)?;
        let advance = match rows.last() {
            Some((row, ..)) => {
                connection.execute("UPDATE vault SET value = ? WHERE key = ?", (row, PROGRESS))
            }
            None => connection.execute("DELETE FROM vault WHERE key = ?", [PROGRESS]),
        };
        advance.map(|_| ()).context("note how far conversations are")
    }
}
