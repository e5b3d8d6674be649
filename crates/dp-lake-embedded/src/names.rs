//! Small tables of names that are looked up for every row: groups, series and sources. Kept in
//! memory by whoever writes, read anew by whoever reads when an unknown number turns up.

use crate::error::Context as _;
use dp_lake::LakeError;
use dp_model::Kind;
use rusqlite::Connection;
use std::{collections::HashMap, sync::Arc};

/// A (source, kind) pair.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Group {
    pub(crate) source: Arc<str>,
    pub(crate) kind: Kind,
}

/// All groups by number.
#[derive(Debug, Default)]
pub(crate) struct Groups {
    by_id: HashMap<i64, Group>,
    ids: HashMap<(Arc<str>, Kind), i64>,
}

impl Groups {
    pub(crate) fn load(connection: &Connection) -> Result<Self, LakeError> {
        let mut groups = Self::default();
        let mut statement =
            connection.prepare_cached("SELECT id, source, kind FROM groups").context("read the sources")?;
        let mut rows = statement.query(()).context("read the sources")?;
        while let Some(row) = rows.next().context("read the sources")? {
            let id = row.get(0).context("read the sources")?;
            let source: String = row.get(1).context("read the sources")?;
            let code: u8 = row.get(2).context("read the sources")?;
            let kind = Kind::from_code(code).ok_or_else(|| {
                LakeError::Corrupt(format!("there is no kind of document with the code {code}"))
            })?;
            groups.add(id, &source, kind);
        }
        Ok(groups)
    }

    fn add(&mut self, id: i64, source: &str, kind: Kind) {
        let source: Arc<str> = source.into();
        self.ids.insert((source.clone(), kind), id);
        self.by_id.insert(id, Group { source, kind });
    }

    /// The group's number, made if it is new.
    pub(crate) fn id(&mut self, connection: &Connection, source: &str, kind: Kind) -> Result<i64, LakeError> {
        // Sources are few; comparing is cheaper than making a key.
        if let Some((_, id)) =
            self.ids.iter().find(|((known, known_kind), _)| *known_kind == kind && **known == *source)
        {
            return Ok(*id);
        }
        connection
            .prepare_cached("INSERT INTO groups (source, kind) VALUES (?, ?)")
            .and_then(|mut statement| statement.execute((source, kind as u8)))
            .context("store a source")?;
        let id = connection.last_insert_rowid();
        self.add(id, source, kind);
        Ok(id)
    }

    pub(crate) fn get(&self, id: i64) -> Option<&Group> {
        self.by_id.get(&id)
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (i64, &Group)> {
        self.by_id.iter().map(|(id, group)| (*id, group))
    }
}

/// A table of names with numbers: `series` or `sources`.
#[derive(Debug)]
pub(crate) struct Names {
    insert: &'static str,
    ids: Vec<(Arc<str>, i64)>,
}

impl Names {
    pub(crate) fn series(connection: &Connection) -> Result<Self, LakeError> {
        Self::load(connection, "SELECT name, id FROM series", "INSERT INTO series (name) VALUES (?)")
    }

    pub(crate) fn sources(connection: &Connection) -> Result<Self, LakeError> {
        Self::load(connection, "SELECT name, id FROM sources", "INSERT INTO sources (name) VALUES (?)")
    }

    fn load(connection: &Connection, select: &str, insert: &'static str) -> Result<Self, LakeError> {
        let mut statement = connection.prepare_cached(select).context("read names")?;
        let ids = statement
            .query_map((), |row| Ok((row.get::<_, String>(0)?.into(), row.get(1)?)))
            .and_then(Iterator::collect)
            .context("read names")?;
        Ok(Self { insert, ids })
    }

    /// The name's number, made if it is new.
    pub(crate) fn id(&mut self, connection: &Connection, name: &str) -> Result<i64, LakeError> {
        if let Some((_, id)) = self.ids.iter().find(|(known, _)| **known == *name) {
            return Ok(*id);
        }
        connection
            .prepare_cached(self.insert)
            .and_then(|mut statement| statement.execute([name]))
            .context("store a name")?;
        let id = connection.last_insert_rowid();
        self.ids.push((name.into(), id));
        Ok(id)
    }

    pub(crate) fn find(&self, name: &str) -> Option<i64> {
        self.ids.iter().find(|(known, _)| **known == *name).map(|(_, id)| *id)
    }

    pub(crate) fn name(&self, id: i64) -> Option<&Arc<str>> {
        self.ids.iter().find(|(_, known)| *known == id).map(|(name, _)| name)
    }
}
