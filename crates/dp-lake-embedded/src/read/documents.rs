//! Documents out of the store: one, many, a page of a listing, all of them in order of id.

use super::Reader;
use crate::{
    codec::{Stored, read_content},
    error::Context as _,
    names::Groups,
    origins::Origins,
    write::{documents::CONTENT_COLUMNS, read_annotations},
};
use dp_lake::{Cursor, Filter, LakeError, Order, Page, RevisionedDocument, VersionRank, matching::matches};
use dp_model::{Content, Document, DocumentId, Revision};
use rusqlite::{Connection, OptionalExtension as _, Rows, Statement};
use std::{cmp::Ordering, collections::BinaryHeap};

/// A document row with what is needed for its neighbours.
struct DocumentRow {
    row: i64,
    hash: [u8; 16],
    day: Option<i32>,
    document: Document,
}

const COLUMNS: &str = "row, id, grp, import, entry, position, hash, day";

fn select(where_clause: &str) -> String {
    format!("SELECT {COLUMNS}, {CONTENT_COLUMNS} FROM documents WHERE {where_clause}")
}

fn read_row(
    connection: &Connection,
    groups: &Groups,
    origins: &mut Origins,
    row: &rusqlite::Row<'_>,
) -> Result<DocumentRow, LakeError> {
    let id = DocumentId(row.get(1).context("read a document")?);
    let number: i64 = row.get(2).context("read a document")?;
    let group = groups
        .get(number)
        .ok_or_else(|| LakeError::Corrupt(format!("document {id} is in a group that is not there")))?;
    let (import, entry) = (row.get(3).context("read a document")?, row.get(4).context("read a document")?);
    let position: i64 = row.get(5).context("read a document")?;
    Ok(DocumentRow {
        row: row.get(0).context("read a document")?,
        hash: row.get(6).context("read a document")?,
        day: row.get(7).context("read a document")?,
        document: Document {
            id,
            content: read_content(row, 8, &group.source, group.kind)?,
            provenance: origins.get(connection, import, entry)?.provenance(position),
        },
    })
}

impl Reader {
    pub(crate) fn get(&mut self, id: DocumentId) -> Result<Option<RevisionedDocument>, LakeError> {
        let (connection, groups) = self.with_groups()?;
        let mut origins = Origins::default();
        let mut statement = connection.prepare_cached(&select("id = ?")).context("read a document")?;
        let mut rows = statement.query([id.0]).context("read a document")?;
        match rows.next().context("read a document")? {
            Some(row) => {
                let row = read_row(connection, groups, &mut origins, row)?;
                with_history(connection, &mut origins, row).map(Some)
            }
            None => Ok(None),
        }
    }

    pub(crate) fn get_many(&mut self, ids: &[DocumentId]) -> Result<Vec<Option<Document>>, LakeError> {
        let (connection, groups) = self.with_groups()?;
        let mut origins = Origins::default();
        let mut statement = connection.prepare_cached(&select("id = ?")).context("read documents")?;
        ids.iter()
            .map(|id| {
                let mut rows = statement.query([id.0]).context("read documents")?;
                match rows.next().context("read documents")? {
                    Some(row) => Ok(Some(read_row(connection, groups, &mut origins, row)?.document)),
                    None => Ok(None),
                }
            })
            .collect()
    }

    /// Ids of documents by their rows; rows that are gone are left out.
    pub(crate) fn ids_of_rows(&mut self, rows: &[(u64, f32)]) -> Result<Vec<(DocumentId, f32)>, LakeError> {
        let mut ids = Vec::with_capacity(rows.len());
        for &(row, score) in rows {
            ids.extend(self.id_of_row(row)?.map(|id| (id, score)));
        }
        Ok(ids)
    }

    /// The id of the document in a row, if it has not gone.
    pub(crate) fn id_of_row(&mut self, row: u64) -> Result<Option<DocumentId>, LakeError> {
        self.connection
            .prepare_cached("SELECT id FROM documents WHERE row = ?")
            .and_then(|mut statement| {
                statement.query_row([row as i64], |row| row.get(0).map(DocumentId)).optional()
            })
            .context("read ids")
    }

    /// Ids and titles of documents by their rows; rows that are gone or have no title are left out.
    pub(crate) fn titles_of_rows(
        &mut self,
        rows: &[(u64, f32)],
    ) -> Result<Vec<(DocumentId, String)>, LakeError> {
        let mut statement = self
            .connection
            .prepare_cached("SELECT id, title FROM documents WHERE row = ? AND title IS NOT NULL")
            .context("read titles")?;
        let mut titles = Vec::with_capacity(rows.len());
        for &(row, _) in rows {
            let found = statement.query_row([row as i64], |row| Ok((DocumentId(row.get(0)?), row.get(1)?)));
            titles.extend(found.optional().context("read titles")?);
        }
        Ok(titles)
    }

    pub(crate) fn find_by_prefix(
        &mut self,
        digits: &str,
        limit: usize,
    ) -> Result<Vec<DocumentId>, LakeError> {
        let digits = digits.to_lowercase();
        if digits.len() > 32 || !digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return Ok(Vec::new());
        }
        let bound = |fill: char| {
            format!("{digits}{}", fill.to_string().repeat(32 - digits.len())).parse::<DocumentId>()
        };
        let (Ok(low), Ok(high)) = (bound('0'), bound('f')) else { return Ok(Vec::new()) };
        self.connection
            .prepare_cached("SELECT id FROM documents WHERE id BETWEEN ? AND ? ORDER BY id LIMIT ?")
            .and_then(|mut statement| {
                statement
                    .query_map((low.0, high.0, limit as i64), |row| row.get(0).map(DocumentId))?
                    .collect()
            })
            .context("find documents by id")
    }

    pub(crate) fn walk(
        &mut self,
        after: Option<DocumentId>,
        limit: usize,
    ) -> Result<Vec<RevisionedDocument>, LakeError> {
        let (connection, groups) = self.with_groups()?;
        let mut origins = Origins::default();
        let sql = select("id > ? ORDER BY id LIMIT ?");
        let mut statement = connection.prepare_cached(&sql).context("walk the documents")?;
        let after: Vec<u8> = after.map(|id| id.0.to_vec()).unwrap_or_default();
        let mut rows = statement.query((after, limit as i64)).context("walk the documents")?;
        let mut documents = Vec::new();
        while let Some(row) = rows.next().context("walk the documents")? {
            let row = read_row(connection, groups, &mut origins, row)?;
            documents.push(with_history(connection, &mut origins, row)?);
        }
        Ok(documents)
    }

    /// A page of a listing: one ordered cursor for each wanted group, merged by time.
    pub(crate) fn list(
        &mut self,
        filter: &Filter,
        order: Order,
        cursor: Option<&Cursor>,
        limit: usize,
    ) -> Result<Page<Document>, LakeError> {
        let after = cursor.map(Cursor::position).transpose()?;
        let (connection, groups) = self.with_groups()?;
        let wanted: Vec<i64> = groups
            .iter()
            .filter(|(_, group)| filter.wants_source(&group.source) && filter.wants_kind(group.kind))
            .map(|(id, _)| id)
            .collect();
        let annotated: bool = connection
            .prepare_cached("SELECT EXISTS (SELECT 1 FROM annotations)")
            .and_then(|mut statement| statement.query_row((), |row| row.get(0)))
            .context("list documents")?;
        let mut statements = prepare(connection, order, wanted.len())?;
        let mut merge = Merge::new(&mut statements, &wanted, order, bounds(filter, order, after))?;
        let mut origins = Origins::default();
        let mut read = connection.prepare_cached(&select("row = ?")).context("list documents")?;
        let mut items = Vec::with_capacity(limit.min(1000));
        let mut last = None;
        while let Some(next) = merge.next()? {
            let mut rows = read.query([next.row]).context("list documents")?;
            let Some(row) = rows.next().context("list documents")? else { continue };
            let row = read_row(connection, groups, &mut origins, row)?;
            let annotations =
                if annotated { read_annotations(connection, row.document.id)? } else { Default::default() };
            if !matches(filter, &row.document.content, row.day, Some(next.sort_us), &annotations) {
                continue;
            }
            if items.len() == limit {
                let next = last.map(|(time_us, id)| Cursor::after(time_us, id));
                return Ok(Page { items, next });
            }
            last = Some((next.sort_us, next.id));
            items.push(row.document);
        }
        Ok(Page { items, next: None })
    }
}

fn with_history(
    connection: &Connection,
    origins: &mut Origins,
    row: DocumentRow,
) -> Result<RevisionedDocument, LakeError> {
    debug_assert_eq!(
        dp_lake::content_hash(&row.document.content),
        row.hash,
        "content must read back as stored"
    );
    let mut statement = connection
        .prepare_cached("SELECT import, entry, position, hash, content FROM revisions WHERE document = ?")
        .context("read revisions")?;
    let mut rows = statement.query([row.row]).context("read revisions")?;
    let mut revisions = Vec::new();
    while let Some(found) = rows.next().context("read revisions")? {
        let origin = origins.get(
            connection,
            found.get(0).context("read revisions")?,
            found.get(1).context("read revisions")?,
        )?;
        let hash: [u8; 16] = found.get(3).context("read revisions")?;
        let json = Stored::read(found.get_ref(4).context("read revisions")?)?;
        let content: Content = serde_json::from_str(&json)
            .map_err(|error| LakeError::Corrupt(format!("a revision: {error}")))?;
        let rank = VersionRank::of(&content, origin.exported_at_us, hash);
        let provenance = origin.provenance(found.get(2).context("read revisions")?);
        revisions.push((rank, Revision { provenance, content }));
    }
    revisions.sort_by_key(|(rank, _)| std::cmp::Reverse(*rank));
    let annotations = read_annotations(connection, row.document.id)?;
    let revisions = revisions.into_iter().map(|(_, revision)| revision).collect();
    Ok(RevisionedDocument { document: row.document, revisions, annotations })
}

/// A range of keys: from just after the first to the second, in the direction of the order.
struct Bounds {
    after: (i64, Vec<u8>),
    until_us: i64,
}

/// The instants a listing can be confined to. Local days differ from UTC days by less than a day, so
/// the range is wider by one on both sides; the exact day and instant are checked on the document.
fn bounds(filter: &Filter, order: Order, after: Option<(i64, DocumentId)>) -> Bounds {
    let day_us = dp_model::Moment::DAY_US;
    let low = filter.from.map_or(i64::MIN, |day| (i64::from(day) - 1) * day_us);
    let low = low.max(filter.from_us.unwrap_or(i64::MIN));
    let high = filter.until.map_or(i64::MAX, |day| (i64::from(day) + 1) * day_us);
    let high = high.min(filter.until_us.unwrap_or(i64::MAX));
    let after = after.map(|(time_us, id)| (time_us, id.0.to_vec()));
    match order {
        Order::NewestFirst => Bounds {
            after: after.filter(|(time_us, _)| *time_us <= high).unwrap_or((high, vec![0xFF; 17])),
            until_us: low,
        },
        Order::OldestFirst => Bounds {
            after: after.filter(|(time_us, _)| *time_us >= low).unwrap_or((low, Vec::new())),
            until_us: high,
        },
    }
}

fn prepare(
    connection: &Connection,
    order: Order,
    count: usize,
) -> Result<Vec<rusqlite::CachedStatement<'_>>, LakeError> {
    let sql = match order {
        Order::NewestFirst => {
            "SELECT sort_us, id, row FROM documents WHERE grp = ? AND sort_us IS NOT NULL
             AND (sort_us, id) < (?, ?) AND sort_us >= ? ORDER BY sort_us DESC, id DESC"
        }
        Order::OldestFirst => {
            "SELECT sort_us, id, row FROM documents WHERE grp = ? AND sort_us IS NOT NULL
             AND (sort_us, id) > (?, ?) AND sort_us <= ? ORDER BY sort_us, id"
        }
    };
    (0..count).map(|_| connection.prepare_cached(sql).context("list documents")).collect()
}

/// The next document of one group.
#[derive(PartialEq, Eq)]
struct Next {
    sort_us: i64,
    id: DocumentId,
    row: i64,
    cursor: usize,
    order: Order,
}

impl Ord for Next {
    fn cmp(&self, other: &Self) -> Ordering {
        let by_time = (self.sort_us, self.id).cmp(&(other.sort_us, other.id));
        // The heap gives the greatest first.
        if self.order == Order::NewestFirst { by_time } else { by_time.reverse() }
    }
}

impl PartialOrd for Next {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// Merges the groups' cursors.
struct Merge<'s> {
    cursors: Vec<Rows<'s>>,
    heap: BinaryHeap<Next>,
    order: Order,
}

impl<'s> Merge<'s> {
    fn new<'c: 's>(
        statements: &'s mut [rusqlite::CachedStatement<'c>],
        groups: &[i64],
        order: Order,
        bounds: Bounds,
    ) -> Result<Self, LakeError> {
        let mut merge = Self { cursors: Vec::with_capacity(groups.len()), heap: BinaryHeap::new(), order };
        for (statement, group) in statements.iter_mut().zip(groups) {
            let statement: &'s mut Statement<'c> = statement;
            let rows = statement
                .query((group, bounds.after.0, &bounds.after.1, bounds.until_us))
                .context("list documents")?;
            merge.cursors.push(rows);
            merge.step(merge.cursors.len() - 1)?;
        }
        Ok(merge)
    }

    fn step(&mut self, cursor: usize) -> Result<(), LakeError> {
        let read = |row: &rusqlite::Row<'_>| -> rusqlite::Result<Next> {
            Ok(Next {
                sort_us: row.get(0)?,
                id: DocumentId(row.get(1)?),
                row: row.get(2)?,
                cursor,
                order: self.order,
            })
        };
        if let Some(row) = self.cursors[cursor].next().context("list documents")? {
            self.heap.push(read(row).context("list documents")?);
        }
        Ok(())
    }

    fn next(&mut self) -> Result<Option<Next>, LakeError> {
        let Some(next) = self.heap.pop() else { return Ok(None) };
        self.step(next.cursor)?;
        Ok(Some(next))
    }
}
