//! The readers: connections that never write. Each answers one question of the contract.

pub(crate) mod documents;
pub(crate) mod health;
pub(crate) mod imports;
pub(crate) mod people;
pub(crate) mod rollups;
pub(crate) mod series;

use crate::{connection::vault_value, names::Groups};
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
