//! People into the store: identities that belong together become one person, whatever the order in
//! which they become known; documents are linked to the identities they mention.

use crate::error::Context as _;
use dp_lake::{LakeError, people};
use dp_model::{Content, Identity, PersonDraft, PersonId};
use foldhash::fast::RandomState;
use hashbrown::{HashMap, HashSet};
use rusqlite::{Connection, OptionalExtension as _};

/// Entries of a memory that is only there for speed before it is emptied.
const REMEMBERED_MAX: usize = 100_000;

/// What the writer remembers of people between batches.
#[derive(Debug, Default)]
pub(super) struct KnownPeople {
    identities: HashMap<Identity, i64, RandomState>,
    drafts: HashSet<PersonDraft, RandomState>,
}

impl KnownPeople {
    /// The number of an identity, made if it is new.
    fn identity(&mut self, connection: &Connection, identity: &Identity) -> Result<i64, LakeError> {
        if let Some(&id) = self.identities.get(identity) {
            return Ok(id);
        }
        let found: Option<i64> = connection
            .prepare_cached("SELECT id FROM identities WHERE kind = ? AND value = ?")
            .and_then(|mut statement| {
                statement.query_row((identity.kind as u8, &identity.value), |row| row.get(0)).optional()
            })
            .context("find an identity")?;
        let id = match found {
            Some(id) => id,
            None => {
                connection
                    .prepare_cached("INSERT INTO identities (kind, value) VALUES (?, ?)")
                    .and_then(|mut statement| statement.execute((identity.kind as u8, &identity.value)))
                    .context("store an identity")?;
                connection.last_insert_rowid()
            }
        };
        if self.identities.len() >= REMEMBERED_MAX {
            self.identities.clear();
        }
        self.identities.insert(identity.clone(), id);
        Ok(id)
    }
}

/// Applies people; gives how many of them were not known by any identity before.
pub(super) fn apply(
    connection: &Connection,
    known: &mut KnownPeople,
    drafts: &[PersonDraft],
) -> Result<u64, LakeError> {
    let mut new = 0;
    for draft in drafts {
        if known.drafts.contains(draft) || draft.identities.is_empty() {
            continue;
        }
        new += u64::from(join(connection, known, draft)?);
        if known.drafts.len() >= REMEMBERED_MAX {
            known.drafts.clear();
        }
        known.drafts.insert(draft.clone());
    }
    Ok(new)
}

/// Joins all identities of a draft into one person. Whether that person is new.
fn join(connection: &Connection, known: &mut KnownPeople, draft: &PersonDraft) -> Result<bool, LakeError> {
    let mut identities = Vec::with_capacity(draft.identities.len());
    let mut persons = Vec::new();
    for identity in &draft.identities {
        let id = known.identity(connection, identity)?;
        identities.push(id);
        persons.extend(person_of(connection, id)?);
    }
    persons.sort_unstable_by_key(|person| person.row);
    persons.dedup_by_key(|person| person.row);
    let is_new = persons.is_empty();

    let names = persons
        .iter()
        .filter_map(|person| Some((person.name.as_deref()?, person.from_contacts)))
        .chain(draft.name.as_deref().map(|name| (name, draft.from_contacts)));
    let best = names
        .filter_map(|(name, from_contacts)| Some((people::usable_name(name)?, from_contacts)))
        .max_by(|a, b| people::compare_names(*a, *b))
        .map(|(name, from_contacts)| (name.to_owned(), from_contacts));
    let ids =
        persons.iter().map(|person| person.id).chain(draft.identities.iter().map(PersonId::of_identity));
    let Some(id) = ids.min() else { return Ok(false) };
    let (name, from_contacts) = best.map_or((None, false), |(name, from)| (Some(name), from));
    let in_contacts = draft.from_contacts || persons.iter().any(|person| person.in_contacts);

    let keep = persons.first().map(|person| person.row);
    for other in persons.iter().skip(1) {
        let merge = || -> rusqlite::Result<()> {
            connection
                .prepare_cached("UPDATE identities SET person = ? WHERE person = ?")?
                .execute((keep, other.row))?;
            connection.prepare_cached("DELETE FROM people WHERE row = ?")?.execute([other.row])?;
            Ok(())
        };
        merge().context("join two people")?;
    }
    let row = match keep {
        Some(row) => {
            connection
                .prepare_cached(
                    "UPDATE people SET id = ?, name = ?, from_contacts = ?, in_contacts = ? WHERE row = ?",
                )
                .and_then(|mut statement| statement.execute((id.0, name, from_contacts, in_contacts, row)))
                .context("update a person")?;
            row
        }
        None => {
            connection
                .prepare_cached(
                    "INSERT INTO people (id, name, from_contacts, in_contacts) VALUES (?, ?, ?, ?)",
                )
                .and_then(|mut statement| statement.execute((id.0, name, from_contacts, in_contacts)))
                .context("store a person")?;
            connection.last_insert_rowid()
        }
    };
    for identity in identities {
        connection
            .prepare_cached("UPDATE identities SET person = ?1 WHERE id = ?2 AND person IS NOT ?1")
            .and_then(|mut statement| statement.execute((row, identity)))
            .context("store whose identity it is")?;
    }
    Ok(is_new)
}

struct PersonRow {
    row: i64,
    id: PersonId,
    name: Option<String>,
    from_contacts: bool,
    in_contacts: bool,
}

fn person_of(connection: &Connection, identity: i64) -> Result<Option<PersonRow>, LakeError> {
    connection
        .prepare_cached(
            "SELECT people.row, people.id, people.name, people.from_contacts, people.in_contacts
             FROM identities JOIN people ON people.row = identities.person WHERE identities.id = ?",
        )
        .and_then(|mut statement| {
            statement
                .query_row([identity], |row| {
                    Ok(PersonRow {
                        row: row.get(0)?,
                        id: PersonId(row.get(1)?),
                        name: row.get(2)?,
                        from_contacts: row.get(3)?,
                        in_contacts: row.get(4)?,
                    })
                })
                .optional()
        })
        .context("find a person")
}

fn mentioned(content: &Content) -> impl Iterator<Item = &Identity> {
    content.people.iter().filter_map(|mention| mention.identity.as_ref())
}

/// Links a document to the identities it mentions.
pub(super) fn mention(
    connection: &Connection,
    known: &mut KnownPeople,
    document: i64,
    content: &Content,
) -> Result<(), LakeError> {
    for identity in mentioned(content) {
        let id = known.identity(connection, identity)?;
        connection
            .prepare_cached("INSERT OR IGNORE INTO mentions (identity, document) VALUES (?, ?)")
            .and_then(|mut statement| statement.execute((id, document)))
            .context("link a document to a person")?;
    }
    Ok(())
}

/// Takes the links of a document away.
pub(super) fn unmention(connection: &Connection, document: i64, content: &Content) -> Result<(), LakeError> {
    for identity in mentioned(content) {
        connection
            .prepare_cached(
                "DELETE FROM mentions WHERE document = ?
                     AND identity = (SELECT id FROM identities WHERE kind = ? AND value = ?)",
            )
            .and_then(|mut statement| statement.execute((document, identity.kind as u8, &identity.value)))
            .context("unlink a document from a person")?;
    }
    Ok(())
}
