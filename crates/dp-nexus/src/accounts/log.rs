//! The access log: who read or changed what, and when. Only ever added to; each entry's hash covers the one
//! before, so that a change, a gap or a missing end is found. Holds no content and no secret.

use super::{AccountError, Accounts, error::Context as _};
use crate::{AccountId, Origin};
use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension as _, Row, Transaction};
use serde::Serialize;
use std::net::IpAddr;

/// Most bytes of an action or an outcome.
const MAX_WORD_BYTES: usize = 64;
/// Most bytes of a target.
const MAX_TARGET_BYTES: usize = 500;
/// Most entries of a page.
const MAX_PAGE: usize = 1_000;
/// Never changed: every hash depends on it.
const HASH_CONTEXT: &str = "datapunk access log v1";
const COLUMNS: &str = "id, at_us, account, origin, address, action, target, outcome, count";

/// Something that was done or refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// When.
    pub at: Timestamp,
    /// By or to which account; None if nobody is signed in.
    pub account: Option<AccountId>,
    /// How they came in; None if they did not.
    pub origin: Option<Origin>,
    /// From where; None if from this machine's command line.
    pub address: Option<IpAddr>,
    /// What was done, in a word or two: `documents.read`. Cut after 64 bytes.
    pub action: String,
    /// To what: ids, or the path that was asked for. Cut after 500 bytes.
    pub target: String,
    /// What came of it: `ok`, or the code of the error. Cut after 64 bytes.
    pub outcome: String,
    /// How many things were read or changed.
    pub count: u32,
}

/// An event in the log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct LogEntry {
    /// Its number; the first is 1.
    pub id: i64,
    /// When.
    pub at: Timestamp,
    /// Which account.
    pub account: Option<AccountId>,
    /// How they came in: `session 5`, `key 7`, `local` or `nobody`.
    pub origin: String,
    /// From where.
    pub address: Option<String>,
    /// What was done.
    pub action: String,
    /// To what.
    pub target: String,
    /// What came of it.
    pub outcome: String,
    /// How many things.
    pub count: u32,
}

/// Some entries, newest first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct LogPage {
    /// The entries.
    pub items: Vec<LogEntry>,
    /// What to ask for next; None if this is the last page.
    pub next: Option<i64>,
}

/// What a session or a key did.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Reader {
    /// How they came in: `session 5`, `key 7`, `local` or `nobody`.
    pub origin: String,
    /// How often something was read.
    pub reads: u64,
    /// How often something was changed.
    pub changes: u64,
    /// When something was done first.
    pub first: Timestamp,
    /// When something was done last.
    pub last: Timestamp,
}

/// What the log looks like.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// As it was written.
    Intact {
        /// How many entries there are.
        entries: i64,
        /// The hash of the last one, hexadecimal. Noted down elsewhere, it shows later that nothing up to
        /// then was written anew.
        head: String,
    },
    /// Not as it was written.
    Broken {
        /// The first entry that is wrong or missing.
        entry: i64,
        /// What is wrong with it.
        what: Break,
    },
}

/// What is wrong with an entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Break {
    /// Its fields, or those of the one before, are not what they were.
    Changed,
    /// It is not there.
    Missing,
}

impl Accounts {
    /// Adds events in this order, all or none. On disk when it returns; many at once cost little more than one.
    ///
    /// # Errors
    /// If the database cannot be written.
    pub fn record(&self, events: &[Event]) -> Result<(), AccountError> {
        if events.is_empty() {
            return Ok(());
        }
        let what = "write the access log";
        self.store.write(what, |transaction| {
            let mut head = read_head(transaction).context(what)?;
            for event in events {
                head = append(transaction, &head, event).context(what)?;
            }
            transaction
                .execute(
                    "INSERT INTO access_log_head (id, last, hash) VALUES (1, ?1, ?2)
                     ON CONFLICT (id) DO UPDATE SET last = ?1, hash = ?2",
                    (head.last, &head.hash[..]),
                )
                .context(what)?;
            Ok(())
        })
    }

    /// Entries of an account, or of all if None, newest first; `before` is the `next` of the page before.
    ///
    /// # Errors
    /// If the database cannot be read.
    pub fn read_log(
        &self,
        account: Option<AccountId>,
        before: Option<i64>,
        limit: usize,
    ) -> Result<LogPage, AccountError> {
        let limit = limit.clamp(1, MAX_PAGE);
        let before = before.unwrap_or(i64::MAX);
        let mut items: Vec<LogEntry> = self.store.read("read the access log", |connection| {
            let fetched = limit as i64 + 1;
            match account {
                Some(account) => connection
                    .prepare_cached(&format!(
                        "SELECT {COLUMNS} FROM access_log WHERE account = ? AND id < ? ORDER BY id DESC LIMIT ?"
                    ))?
                    .query_map((account, before, fetched), read_entry)?
                    .collect(),
                None => connection
                    .prepare_cached(&format!(
                        "SELECT {COLUMNS} FROM access_log WHERE id < ? ORDER BY id DESC LIMIT ?"
                    ))?
                    .query_map((before, fetched), read_entry)?
                    .collect(),
            }
        })?;
        let is_last = items.len() <= limit;
        items.truncate(limit);
        let next = if is_last { None } else { items.last().map(|entry| entry.id) };
        Ok(LogPage { items, next })
    }

    /// Who read and changed what is an account's, by session and key, the last first.
    ///
    /// # Errors
    /// If the database cannot be read.
    pub fn readers(&self, account: AccountId) -> Result<Vec<Reader>, AccountError> {
        self.store.read("read the access log", |connection| {
            connection
                .prepare_cached(
                    "SELECT origin, sum(CASE WHEN is_read THEN count ELSE 0 END),
                         sum(CASE WHEN is_read THEN 0 ELSE count END), min(at_us), max(at_us)
                     FROM (SELECT *, action LIKE 'GET %' OR action LIKE 'HEAD %'
                             OR action LIKE 'mcp.%' OR action LIKE '%/api/graphql' AS is_read
                         FROM access_log WHERE account = ? AND outcome = 'ok')
                     GROUP BY origin ORDER BY max(at_us) DESC LIMIT ?",
                )?
                .query_map((account, MAX_PAGE as i64), |row| {
                    Ok(Reader {
                        origin: row.get(0)?,
                        reads: row.get::<_, i64>(1)?.unsigned_abs(),
                        changes: row.get::<_, i64>(2)?.unsigned_abs(),
                        first: Timestamp::from_microsecond(row.get(3)?).unwrap_or_default(),
                        last: Timestamp::from_microsecond(row.get(4)?).unwrap_or_default(),
                    })
                })?
                .collect()
        })
    }

    /// Reads the whole log and says whether it is as it was written.
    ///
    /// # Errors
    /// If the database cannot be read.
    pub fn verify_log(&self) -> Result<Verdict, AccountError> {
        self.store.read("read the access log", |connection| {
            // Entries and head as of one moment, while others write.
            let transaction = connection.unchecked_transaction()?;
            verify(&transaction)
        })
    }
}

/// The end of the log.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Head {
    last: i64,
    hash: [u8; 32],
}

impl Head {
    const EMPTY: Self = Self { last: 0, hash: [0; 32] };
}

fn read_head(connection: &Connection) -> rusqlite::Result<Head> {
    connection
        .query_row("SELECT last, hash FROM access_log_head", (), |row| {
            Ok(Head { last: row.get(0)?, hash: row.get(1)? })
        })
        .optional()
        .map(|head| head.unwrap_or(Head::EMPTY))
}

fn append(transaction: &Transaction<'_>, head: &Head, event: &Event) -> rusqlite::Result<Head> {
    let row = Fields {
        id: head.last + 1,
        at_us: event.at.as_microsecond(),
        account: event.account,
        origin: event.origin.map_or_else(|| "nobody".to_owned(), |origin| origin.to_string()),
        address: event.address.map(|address| address.to_canonical().to_string()),
        action: cut(&event.action, MAX_WORD_BYTES),
        target: cut(&event.target, MAX_TARGET_BYTES),
        outcome: cut(&event.outcome, MAX_WORD_BYTES),
        count: event.count,
    };
    let hash = row.hash(&head.hash);
    transaction
        .prepare_cached(&format!(
            "INSERT INTO access_log ({COLUMNS}, hash) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
        ))?
        .execute((
            row.id,
            row.at_us,
            row.account,
            &row.origin,
            &row.address,
            &row.action,
            &row.target,
            &row.outcome,
            row.count,
            &hash[..],
        ))?;
    Ok(Head { last: row.id, hash })
}

/// A row of the log but for its hash.
struct Fields {
    id: i64,
    at_us: i64,
    account: Option<AccountId>,
    origin: String,
    address: Option<String>,
    action: String,
    target: String,
    outcome: String,
    count: u32,
}

impl Fields {
    fn from_row(row: &Row<'_>) -> rusqlite::Result<Self> {
        Ok(Self {
            id: row.get(0)?,
            at_us: row.get(1)?,
            account: row.get(2)?,
            origin: row.get(3)?,
            address: row.get(4)?,
            action: row.get(5)?,
            target: row.get(6)?,
            outcome: row.get(7)?,
            count: row.get(8)?,
        })
    }

    /// Every field with its length, so that nothing can move from one to the next.
    fn hash(&self, before: &[u8; 32]) -> [u8; 32] {
        let mut hasher = blake3::Hasher::new_derive_key(HASH_CONTEXT);
        hasher.update(before).update(&self.id.to_le_bytes()).update(&self.at_us.to_le_bytes());
        hasher.update(&self.count.to_le_bytes());
        let fields = [
            self.account.as_ref().map(|account| &account.0[..]),
            Some(self.origin.as_bytes()),
            self.address.as_ref().map(String::as_bytes),
            Some(self.action.as_bytes()),
            Some(self.target.as_bytes()),
            Some(self.outcome.as_bytes()),
        ];
        for field in fields {
            // No field has this length, so nothing differs from empty.
            let length = field.map_or(u64::MAX, |field| field.len() as u64);
            hasher.update(&length.to_le_bytes()).update(field.unwrap_or_default());
        }
        *hasher.finalize().as_bytes()
    }
}

fn verify(connection: &Connection) -> rusqlite::Result<Verdict> {
    let mut head = Head::EMPTY;
    let mut statement = connection.prepare(&format!("SELECT {COLUMNS}, hash FROM access_log ORDER BY id"))?;
    let mut rows = statement.query(())?;
    while let Some(row) = rows.next()? {
        let expected = head.last + 1;
        if row.get::<_, i64>(0)? != expected {
            return Ok(Verdict::Broken { entry: expected, what: Break::Missing });
        }
        // A field that is not even of its type was changed as well.
        let is_as_written = Fields::from_row(row)
            .and_then(|fields| Ok((fields.hash(&head.hash), row.get::<_, [u8; 32]>(9)?)))
            .ok()
            .filter(|(computed, stored)| computed == stored);
        let Some((hash, _)) = is_as_written else {
            return Ok(Verdict::Broken { entry: expected, what: Break::Changed });
        };
        head = Head { last: expected, hash };
    }
    let noted = read_head(connection)?;
    if noted.last > head.last {
        return Ok(Verdict::Broken { entry: head.last + 1, what: Break::Missing });
    }
    if noted != head {
        return Ok(Verdict::Broken { entry: noted.last.max(1), what: Break::Changed });
    }
    Ok(Verdict::Intact { entries: head.last, head: blake3::Hash::from_bytes(head.hash).to_hex().to_string() })
}

fn read_entry(row: &Row<'_>) -> rusqlite::Result<LogEntry> {
    let fields = Fields::from_row(row)?;
    Ok(LogEntry {
        id: fields.id,
        at: Timestamp::from_microsecond(fields.at_us).unwrap_or(Timestamp::UNIX_EPOCH),
        account: fields.account,
        origin: fields.origin,
        address: fields.address,
        action: fields.action,
        target: fields.target,
        outcome: fields.outcome,
        count: fields.count,
    })
}

/// The beginning of a text, whole characters only.
fn cut(text: &str, max_bytes: usize) -> String {
    text[..text.floor_char_boundary(max_bytes)].to_owned()
}

#[cfg(test)]
mod tests {
    use super::super::testing::{World, at};
    use super::*;

    fn event(account: Option<AccountId>, target: &str) -> Event {
        Event {
            at: at(0),
            account,
            origin: account.map(|_| Origin::Session(5)),
            address: Some(IpAddr::from([192, 0, 2, 7])),
            action: "documents.read".to_owned(),
            target: target.to_owned(),
            outcome: "ok".to_owned(),
            count: 3,
        }
    }

    /// Ten entries, and the triggers taken away as somebody who tampers would.
    fn open_to_tampering() -> World {
        let world = World::empty();
        let events: Vec<Event> = (1..=10).map(|number| event(None, &format!("document {number}"))).collect();
        world.accounts.record(&events[..4]).unwrap();
        world.accounts.record(&events[4..]).unwrap();
        assert!(matches!(world.accounts.verify_log(), Ok(Verdict::Intact { entries: 10, .. })));
        world
            .sql("DROP TRIGGER access_log_is_not_changed; DROP TRIGGER access_log_is_not_shortened")
            .unwrap();
        world
    }

    fn verdict_after(sql: &str) -> Verdict {
        let world = open_to_tampering();
        world.sql(sql).unwrap();
        world.accounts.verify_log().unwrap()
    }

    #[test]
    fn entries_are_read_back_newest_first_in_pages_and_by_account() {
        let (world, ada) = World::with_owner();
        let events: Vec<Event> =
            (1..=5).map(|number| event((number % 2 == 1).then_some(ada), &number.to_string())).collect();
        world.accounts.record(&events).unwrap();
        let targets =
            |page: &LogPage| page.items.iter().map(|entry| entry.target.clone()).collect::<Vec<_>>();
        let first = world.accounts.read_log(None, None, 3).unwrap();
        assert_eq!(targets(&first), ["5", "4", "3"]);
        let second = world.accounts.read_log(None, first.next, 3).unwrap();
        assert_eq!((targets(&second), second.next), (vec!["2".to_owned(), "1".to_owned()], None));
        let own = world.accounts.read_log(Some(ada), None, 3).unwrap();
        assert_eq!((targets(&own), own.next), (vec!["5".to_owned(), "3".to_owned(), "1".to_owned()], None));
        let entry = &own.items[0];
        assert_eq!((entry.at, entry.account, entry.count), (at(0), Some(ada), 3));
        assert_eq!((entry.origin.as_str(), entry.address.as_deref()), ("session 5", Some("192.0.2.7")));
        assert_eq!(first.items[1].origin, "nobody");
    }

    #[test]
    fn entries_outlive_their_account() {
        let (world, _) = World::with_owner();
        let ben = world.add("ben", crate::Role::Member);
        world.accounts.record(&[event(Some(ben), "x")]).unwrap();
        world.accounts.delete(ben).unwrap();
        assert_eq!(world.accounts.read_log(Some(ben), None, 10).unwrap().items.len(), 1);
    }

    #[test]
    fn the_database_refuses_to_change_or_delete_entries() {
        let world = World::empty();
        world.accounts.record(&[event(None, "x")]).unwrap();
        for sql in [
            "UPDATE access_log SET target = 'y'",
            "DELETE FROM access_log",
            "INSERT OR REPLACE INTO access_log SELECT * FROM access_log",
        ] {
            let refused = world.sql(sql);
            assert!(refused.is_err(), "{sql}");
        }
        assert!(matches!(world.accounts.verify_log(), Ok(Verdict::Intact { entries: 1, .. })));
    }

    #[test]
    fn an_empty_log_is_intact() {
        assert!(matches!(World::empty().accounts.verify_log(), Ok(Verdict::Intact { entries: 0, .. })));
    }

    #[test]
    fn a_changed_field_is_found_at_its_entry() {
        for change in [
            "at_us = at_us + 1",
            "account = x'00112233445566778899aabbccddeeff'",
            "origin = 'local'",
            "address = NULL",
            "action = 'documents.rea', target = 'd' || target",
            "target = 'document 77'",
            "outcome = ''",
            "count = 0",
            "count = -1",
            "hash = zeroblob(32)",
            "hash = zeroblob(5)",
        ] {
            let verdict = verdict_after(&format!("UPDATE access_log SET {change} WHERE id = 7"));
            assert_eq!(verdict, Verdict::Broken { entry: 7, what: Break::Changed }, "{change}");
        }
    }

    #[test]
    fn missing_entries_are_found_at_the_beginning_within_and_at_the_end() {
        for (condition, entry) in [("id = 1", 1), ("id IN (4, 5)", 4), ("id > 8", 9), ("1", 1)] {
            let verdict = verdict_after(&format!("DELETE FROM access_log WHERE {condition}"));
            assert_eq!(verdict, Verdict::Broken { entry, what: Break::Missing }, "{condition}");
        }
    }

    #[test]
    fn entries_put_in_or_swapped_are_found() {
        let copied =
            "INSERT INTO access_log SELECT 11, at_us, account, origin, address, action, target, outcome,
            count, hash FROM access_log WHERE id = 10";
        assert_eq!(verdict_after(copied), Verdict::Broken { entry: 11, what: Break::Changed });
        let swapped = "UPDATE access_log SET id = -3 WHERE id = 3; UPDATE access_log SET id = 3 WHERE id = 4;
            UPDATE access_log SET id = 4 WHERE id = -3";
        assert_eq!(verdict_after(swapped), Verdict::Broken { entry: 3, what: Break::Changed });
        let forgotten = "DELETE FROM access_log_head";
        assert!(matches!(verdict_after(forgotten), Verdict::Broken { .. }));
    }

    #[test]
    fn the_head_is_another_after_every_entry() {
        let world = World::empty();
        let mut heads = Vec::new();
        for _ in 0..3 {
            world.accounts.record(&[event(None, "the same")]).unwrap();
            let Verdict::Intact { head, .. } = world.accounts.verify_log().unwrap() else { unreachable!() };
            assert!(!heads.contains(&head));
            heads.push(head);
        }
    }

    #[test]
    fn long_fields_are_cut_at_whole_characters() {
        let world = World::empty();
        world.accounts.record(&[event(None, &"ä".repeat(10_000))]).unwrap();
        world.accounts.record(&[event(None, &format!("x{}", "ä".repeat(10_000)))]).unwrap();
        let items = world.accounts.read_log(None, None, 10).unwrap().items;
        assert_eq!((items[1].target.len(), items[0].target.len()), (500, 499));
        assert!(matches!(world.accounts.verify_log(), Ok(Verdict::Intact { entries: 2, .. })));
    }

    #[test]
    fn many_who_write_at_once_make_one_chain() {
        let world = World::empty();
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    for _ in 0..5 {
                        world.accounts.record(&[event(None, "x"), event(None, "y")]).unwrap();
                    }
                });
            }
        });
        assert!(matches!(world.accounts.verify_log(), Ok(Verdict::Intact { entries: 40, .. })));
    }
}
