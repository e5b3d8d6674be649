//! The readers: connections that never write. Each answers one question of the contract.

pub(crate) mod blobs;
pub(crate) mod conversations;
pub(crate) mod documents;
pub(crate) mod health;
pub(crate) mod imports;
pub(crate) mod map;
pub(crate) mod people;
pub(crate) mod rollups;
pub(crate) mod series;

use crate::{connection::vault_value, error::Context as _, names::Groups};
use dp_lake::LakeError;
use rusqlite::Connection;

/// A reading connection and the groups it knows.
pub(crate) struct Reader {
    pub(crate) connection: Connection,
    groups: Groups,
}

impl Reader {
    pub(crate) fn new(connection: Connection) -> Result<Self, LakeError> {
        let groups = Groups::load(&connection)?;
        Ok(Self { connection, groups })
    }

    /// Answers a question out of one state of the store, whatever is written meanwhile.
    pub(crate) fn in_snapshot<T>(
        &mut self,
        work: impl FnOnce(&mut Self) -> Result<T, LakeError>,
    ) -> Result<T, LakeError> {
        if !self.connection.is_autocommit() {
            // The question before this one panicked.
            self.connection.execute_batch("COMMIT").context("end a reading of the store")?;
        }
        self.connection.execute_batch("BEGIN").context("look at the store")?;
        let answer = work(self);
        self.connection.execute_batch("COMMIT").context("end a reading of the store")?;
        answer
    }

    /// The number of the last change.
    pub(crate) fn sequence(&self) -> Result<u64, LakeError> {
        vault_value::<i64>(&self.connection, "sequence").map(|sequence| sequence as u64)
    }

    /// The connection and the groups as they are now: new ones may have come since.
    pub(crate) fn with_groups(&mut self) -> Result<(&Connection, &Groups), LakeError> {
        self.groups = Groups::load(&self.connection)?;
        Ok((&self.connection, &self.groups))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::connection::{open_reader, open_writer};

    #[test]
    fn a_question_sees_one_state_of_the_store() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("lake.db");
        let writer = open_writer(&file, "UTC").unwrap();
        let mut reader = Reader::new(open_reader(&file).unwrap()).unwrap();
        let write = |sequence: u64| {
            let sql = format!("UPDATE vault SET value = {sequence} WHERE key = 'sequence'");
            writer.execute_batch(&sql).unwrap();
        };
        let twice = |reader: &mut Reader, next: u64| {
            let seen = reader.sequence()?;
            write(next);
            Ok((seen, reader.sequence()?))
        };
        assert_eq!(reader.in_snapshot(|reader| twice(reader, 1)).unwrap(), (0, 0));
        let failed = reader.in_snapshot(|_| Err::<(), _>(LakeError::Closed));
        assert!(matches!(failed, Err(LakeError::Closed)));
        let panics = || reader.in_snapshot(|_| -> Result<(), LakeError> { panic!("on purpose") });
        std::panic::catch_unwind(std::panic::AssertUnwindSafe(panics)).unwrap_err();
        assert_eq!(reader.in_snapshot(|reader| twice(reader, 2)).unwrap(), (1, 1));
        assert_eq!(reader.sequence().unwrap(), 2);
    }
}
