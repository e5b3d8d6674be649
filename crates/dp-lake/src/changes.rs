//! What transactions changed, in brief: how many documents of which sources, and a few of their ids. For those who are
//! told that something changed; what it is they ask the vault.

use dp_model::DocumentId;
use std::{collections::BTreeMap, sync::Arc};

/// Ids that are named of each sort of change.
pub const NAMED_MAX: usize = 32;

/// Is told of every transaction that changed documents, after it is durable. Called by the one who writes, who waits for
/// it: it is to be quick.
pub type OnChange = Arc<dyn Fn(&Changes) + Send + Sync>;

/// What one transaction changed, or several one after the other.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Changes {
    /// The vault's sequence number after the last of them: what `wait_indexed` takes.
    pub sequence: u64,
    /// Documents that were not there before.
    pub added: ChangedDocuments,
    /// Documents that have another content or other annotations than before.
    pub changed: ChangedDocuments,
    /// Documents that are gone.
    pub removed: u64,
}

/// Documents something happened to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ChangedDocuments {
    /// How many.
    pub count: u64,
    /// How many of each source.
    pub sources: BTreeMap<String, u64>,
    /// The first of them, at most [`NAMED_MAX`].
    pub ids: Vec<DocumentId>,
}

impl Changes {
    /// Whether there is nothing to tell.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.added.count == 0 && self.changed.count == 0 && self.removed == 0
    }

    /// Adds what came after.
    pub fn extend(&mut self, later: &Self) {
        self.sequence = self.sequence.max(later.sequence);
        self.added.extend(&later.added);
        self.changed.extend(&later.changed);
        self.removed += later.removed;
    }
}

impl ChangedDocuments {
    /// Counts a document.
    pub fn count(&mut self, source: &str, id: DocumentId) {
        self.count += 1;
        match self.sources.get_mut(source) {
            Some(count) => *count += 1,
            None => drop(self.sources.insert(source.to_owned(), 1)),
        }
        if self.ids.len() < NAMED_MAX {
            self.ids.push(id);
        }
    }

    fn extend(&mut self, later: &Self) {
        self.count += later.count;
        for (source, count) in &later.sources {
            *self.sources.entry(source.clone()).or_default() += count;
        }
        let room = NAMED_MAX - self.ids.len().min(NAMED_MAX);
        // One that was changed twice is named once.
        let new = later.ids.iter().filter(|id| !self.ids.contains(id)).take(room).copied();
        let new = new.collect::<Vec<_>>();
        self.ids.extend(new);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn changes(sequence: u64, source: &str, ids: std::ops::Range<u8>) -> Changes {
        let mut changes = Changes { sequence, ..Changes::default() };
        ids.for_each(|number| changes.added.count(source, DocumentId([number; 16])));
        changes
    }

    #[test]
    fn changes_add_up_and_name_only_the_first_documents() {
        let mut all = changes(3, "google.mail", 0..20);
        all.extend(&changes(4, "google.keep", 10..60));
        assert_eq!((all.sequence, all.added.count, all.removed), (4, 70, 0));
        assert_eq!(
            all.added.sources,
            BTreeMap::from([("google.keep".into(), 50), ("google.mail".into(), 20)])
        );
        let named = (0..32).map(|number| DocumentId([number; 16])).collect::<Vec<_>>();
        assert_eq!(all.added.ids, named);
        assert!(!all.is_empty() && Changes { sequence: 9, ..Changes::default() }.is_empty());
    }
}
