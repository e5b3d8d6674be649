//! Conversations out of the store.

use super::Reader;
use crate::{
    error::Context as _,
    write::{conversations::are_made, read_annotations},
};
use dp_lake::{
    Cursor, LakeError, Page,
    conversations::{Conversation, ConversationId, ConversationPlace, SUMMED_MAX, summed_up},
};
use dp_model::{Document, DocumentId};

/// Parts that are read at once to find some that are not hidden.
const READ_AT_ONCE: usize = 100;

impl Reader {
    pub(crate) fn conversations(
        &mut self,
        after: Option<ConversationPlace>,
        limit: usize,
    ) -> Result<Vec<Conversation>, LakeError> {
        if !are_made(&self.connection)? {
            return Ok(Vec::new());
        }
        // Nothing is later than the latest instant with the greatest id.
        let after = after.map_or((i64::MAX, vec![0xFF; 17]), |after| (after.last_us, after.id.to_vec()));
        let listed: Vec<([u8; 16], u64, i64, i64)> = self
            .connection
            .prepare_cached(
                "SELECT id, count, first_us, last_us FROM conversations WHERE (last_us, id) < (?, ?)
                 ORDER BY last_us DESC, id DESC LIMIT ?",
            )
            .and_then(|mut statement| {
                let read = |row: &rusqlite::Row<'_>| {
                    Ok((row.get(0)?, row.get::<_, i64>(1)? as u64, row.get(2)?, row.get(3)?))
                };
                statement.query_map((after.0, after.1, limit as i64), read)?.collect()
            })
            .context("list conversations")?;
        let mut conversations = Vec::with_capacity(listed.len());
        for (id, count, first_us, last_us) in listed {
            let first = self.parts(id, "ORDER BY sort_us, id", 1)?;
            let latest = self.parts(id, "ORDER BY sort_us DESC, id DESC", SUMMED_MAX)?;
            let first = self.shown(&first)?.pop().flatten();
            let latest = self.shown(&latest)?.into_iter().flatten().collect::<Vec<_>>();
            let id = ConversationId(id);
            conversations.push(summed_up(id, count, (first_us, last_us), first.as_ref(), &latest));
        }
        Ok(conversations)
    }

    pub(crate) fn conversation(
        &mut self,
        ConversationId(id): ConversationId,
        cursor: Option<&Cursor>,
        limit: usize,
    ) -> Result<Page<Document>, LakeError> {
        if !are_made(&self.connection)? {
            return Ok(Page { items: Vec::new(), next: None });
        }
        let before = cursor.map(Cursor::position).transpose()?;
        let mut before = before.map_or((i64::MAX, vec![0xFF; 17]), |(sort_us, id)| (sort_us, id.0.to_vec()));
        let (mut items, mut last) = (Vec::new(), None);
        loop {
            let parts = self.parts_before(id, &before, READ_AT_ONCE)?;
            for (&(sort_us, id), document) in parts.iter().zip(self.shown(&parts)?) {
                let Some(document) = document else { continue };
                if items.len() == limit {
                    return Ok(Page { items, next: last });
                }
                last = Some(Cursor::after(sort_us, DocumentId(id)));
                items.push(document);
            }
            match parts.last() {
                Some((sort_us, id)) if parts.len() == READ_AT_ONCE => before = (*sort_us, id.to_vec()),
                _ => return Ok(Page { items, next: None }),
            }
        }
    }

    /// Some parts of a conversation from one of its ends.
    fn parts(&self, id: [u8; 16], order: &str, limit: usize) -> Result<Vec<Part>, LakeError> {
        let sql =
            format!("SELECT sort_us, id FROM conversation_parts WHERE conversation = ? {order} LIMIT ?");
        self.connection
            .prepare_cached(&sql)
            .and_then(|mut statement| statement.query_map((id, limit as i64), part)?.collect())
            .context("read a conversation")
    }

    /// The parts before one, latest first.
    fn parts_before(
        &self,
        id: [u8; 16],
        before: &(i64, Vec<u8>),
        limit: usize,
    ) -> Result<Vec<Part>, LakeError> {
        self.connection
            .prepare_cached(
                "SELECT sort_us, id FROM conversation_parts WHERE conversation = ? AND (sort_us, id) < (?, ?)
                 ORDER BY sort_us DESC, id DESC LIMIT ?",
            )
            .and_then(|mut statement| {
                statement.query_map((id, before.0, &before.1, limit as i64), part)?.collect()
            })
            .context("read a conversation")
    }

    /// The documents of some parts; None where the user has hidden it.
    fn shown(&mut self, parts: &[Part]) -> Result<Vec<Option<Document>>, LakeError> {
        let ids = parts.iter().map(|(_, id)| DocumentId(*id)).collect::<Vec<_>>();
        let mut documents = self.get_many(&ids)?;
        for (document, id) in documents.iter_mut().zip(ids) {
            if read_annotations(&self.connection, id)?.hidden {
                *document = None;
            }
        }
        Ok(documents)
    }
}

/// The instant to sort by, and the document.
type Part = (i64, [u8; 16]);

fn part(row: &rusqlite::Row<'_>) -> rusqlite::Result<Part> {
    Ok((row.get(0)?, row.get(1)?))
}
