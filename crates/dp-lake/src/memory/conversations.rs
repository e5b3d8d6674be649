//! Conversations of the memory vault, made by looking at every document.

use super::{MemoryVault, state::State};
use crate::{
    Cursor, LakeError, Page,
    conversations::{
        Conversation, ConversationId, ConversationPlace, SUMMED_MAX, conversation_of, summed_up,
    },
};
use dp_model::{Document, DocumentId};
use std::{cmp::Reverse, collections::BTreeMap};

/// Dated documents of a conversation, by the instant to sort by and id.
type Parts = Vec<(i64, DocumentId)>;

impl State {
    fn conversations(&self) -> BTreeMap<ConversationId, Parts> {
        let mut conversations: BTreeMap<ConversationId, Parts> = BTreeMap::new();
        for (id, stored) in &self.documents {
            let Some(current) = stored.current() else { continue };
            let conversation = conversation_of(&current.content);
            if let Some((conversation, sort_us)) = conversation.zip(current.sort_us) {
                conversations.entry(conversation).or_default().push((sort_us, *id));
            }
        }
        for parts in conversations.values_mut() {
            parts.sort_unstable();
        }
        conversations
    }

    /// The document, unless the user has hidden it.
    fn shown(&self, id: DocumentId) -> Option<Document> {
        let is_hidden = self.annotations.get(&id).is_some_and(|annotations| annotations.hidden);
        self.documents.get(&id)?.document(id).filter(|_| !is_hidden)
    }
}

impl MemoryVault {
    pub(super) fn list_conversations(
        &self,
        after: Option<ConversationPlace>,
        limit: usize,
    ) -> Vec<Conversation> {
        let state = self.lock();
        let conversations = state.conversations();
        let place = |id: &ConversationId, parts: &Parts| {
            Some(ConversationPlace { last_us: parts.last()?.0, id: id.0 })
        };
        let mut listed: Vec<_> = conversations
            .iter()
            .filter_map(|(id, parts)| Some((place(id, parts)?, *id, parts)))
            .filter(|(place, ..)| after.is_none_or(|after| *place < after))
            .collect();
        listed.sort_by_key(|(place, ..)| Reverse(*place));
        let summed = listed.into_iter().take(limit).filter_map(|(_, id, parts)| {
            let first = state.shown(parts.first()?.1);
            let latest = parts.iter().rev().take(SUMMED_MAX).filter_map(|(_, id)| state.shown(*id));
            let times = (parts.first()?.0, parts.last()?.0);
            Some(summed_up(id, parts.len() as u64, times, first.as_ref(), &latest.collect::<Vec<_>>()))
        });
        summed.collect()
    }

    pub(super) fn parts_of_conversation(
        &self,
        id: ConversationId,
        cursor: Option<&Cursor>,
        limit: usize,
    ) -> Result<Page<Document>, LakeError> {
        let before = cursor.map(Cursor::position).transpose()?;
        let state = self.lock();
        let parts = state.conversations().remove(&id).unwrap_or_default();
        let shown = parts.into_iter().rev().filter(|part| before.is_none_or(|before| *part < before));
        let mut shown = shown.filter_map(|part| Some((part, state.shown(part.1)?)));
        let items = shown.by_ref().take(limit).collect::<Vec<_>>();
        let last = items.last().map(|((sort_us, id), _)| Cursor::after(*sort_us, *id));
        let next = last.filter(|_| shown.next().is_some());
        Ok(Page { items: items.into_iter().map(|(_, document)| document).collect(), next })
    }
}
