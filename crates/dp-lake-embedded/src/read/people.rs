//! People out of the store.

use super::Reader;
use crate::error::Context as _;
use dp_lake::LakeError;
use dp_model::{Identity, IdentityKind, Person, PersonId};
use rusqlite::OptionalExtension as _;

impl Reader {
    pub(crate) fn people(&mut self, after: Option<PersonId>, limit: usize) -> Result<Vec<Person>, LakeError> {
        let mut statement = self
            .connection
            .prepare_cached("SELECT row, id, name FROM people WHERE id > ? ORDER BY id LIMIT ?")
            .context("list people")?;
        let after: Vec<u8> = after.map(|id| id.0.to_vec()).unwrap_or_default();
        let mut rows = statement.query((after, limit as i64)).context("list people")?;
        let mut people = Vec::new();
        while let Some(row) = rows.next().context("list people")? {
            let number: i64 = row.get(0).context("list people")?;
            people.push(Person {
                id: PersonId(row.get(1).context("list people")?),
                name: row.get(2).context("list people")?,
                identities: self.identities(number)?,
                documents: self.documents_of_person(number)?,
            });
        }
        Ok(people)
    }

    fn identities(&self, person: i64) -> Result<Vec<Identity>, LakeError> {
        let mut statement = self
            .connection
            .prepare_cached("SELECT kind, value FROM identities WHERE person = ? ORDER BY kind, value")
            .context("list people")?;
        let mut rows = statement.query([person]).context("list people")?;
        let mut identities = Vec::new();
        while let Some(row) = rows.next().context("list people")? {
            let code = row.get(0).context("list people")?;
            let kind = IdentityKind::from_code(code)
                .ok_or_else(|| LakeError::Corrupt(format!("no kind of identity has the code {code}")))?;
            identities.push(Identity { kind, value: row.get(1).context("list people")? });
        }
        identities.sort();
        Ok(identities)
    }

    fn documents_of_person(&self, person: i64) -> Result<u64, LakeError> {
        self.connection
            .prepare_cached(
                "SELECT count(DISTINCT mentions.document) FROM identities
                 JOIN mentions ON mentions.identity = identities.id WHERE identities.person = ?",
            )
            .and_then(|mut statement| statement.query_row([person], |row| row.get::<_, i64>(0)))
            .map(|count| count as u64)
            .context("count a person's documents")
    }

    /// The name of the person with this identity; None if there is no such person or no name.
    pub(crate) fn name_of_person_with(&self, identity: &Identity) -> Result<Option<String>, LakeError> {
        self.connection
            .prepare_cached(
                "SELECT people.name FROM identities JOIN people ON people.row = identities.person
                 WHERE identities.kind = ? AND identities.value = ?",
            )
            .and_then(|mut statement| {
                statement.query_row((identity.kind as u8, &identity.value), |row| row.get(0)).optional()
            })
            .map(Option::flatten)
            .context("find a person")
    }
}
