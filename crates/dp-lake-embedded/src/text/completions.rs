//! Which documents have a word that begins with what was typed. Short beginnings match tens of
//! thousands of terms, so what was dear to gather is kept for the next time.

use super::any_term::{for_each_posting_with_prefix, gather};
use hashbrown::HashMap;
use std::{
    cmp::Reverse,
    collections::BinaryHeap,
    sync::{Arc, Mutex, PoisonError},
};
use tantivy::{BitSet, SegmentReader, index::SegmentId, schema::Field};

/// Completions that are told apart by how frequent they are.
pub(super) const COMPLETIONS_RANKED: usize = 8;
/// Memory of what is kept.
const KEPT_BYTES_MAX: usize = 24 << 20;
/// What costs less is gathered anew each time: terms plus documents.
const COST_KEPT: u64 = 4_000;

/// The completions of a beginning in one segment.
#[derive(Debug)]
pub(super) struct SegmentCompletions {
    /// Documents with any of them.
    pub(super) documents: BitSet,
    /// The most frequent ones.
    pub(super) frequent: Vec<String>,
    /// How many there are.
    pub(super) terms: usize,
}

/// Keeps completions of segments, which never change.
#[derive(Default)]
pub(super) struct CompletionCache {
    kept: Mutex<Kept>,
}

#[derive(Default)]
struct Kept {
    entries: HashMap<(SegmentId, Box<str>), Arc<SegmentCompletions>, foldhash::fast::RandomState>,
    bytes: usize,
}

impl CompletionCache {
    /// The completions of `prefix` in a field of a segment. Always the same field: the cache does not
    /// tell fields apart.
    pub(super) fn get(
        &self,
        reader: &SegmentReader,
        field: Field,
        prefix: &str,
    ) -> tantivy::Result<Arc<SegmentCompletions>> {
        let key = (reader.segment_id(), Box::from(prefix));
        if let Some(known) = self.lock().entries.get(&key) {
            return Ok(Arc::clone(known));
        }
        let (completions, cost) = complete(reader, field, prefix)?;
        let completions = Arc::new(completions);
        if cost >= COST_KEPT {
            let bytes = reader.max_doc() as usize / 8;
            let mut kept = self.lock();
            if kept.bytes + bytes > KEPT_BYTES_MAX {
                *kept = Kept::default();
            }
            kept.bytes += bytes;
            kept.entries.insert(key, Arc::clone(&completions));
        }
        Ok(completions)
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Gathers the completions, and says what that cost.
fn complete(
    reader: &SegmentReader,
    field: Field,
    prefix: &str,
) -> tantivy::Result<(SegmentCompletions, u64)> {
    let index = reader.inverted_index(field)?;
    let mut infos = Vec::new();
    let mut frequent = BinaryHeap::new();
    for_each_posting_with_prefix(index.terms(), prefix.as_bytes(), &mut |ordinal, info| {
        infos.push(info.clone());
        if frequent.len() < COMPLETIONS_RANKED {
            frequent.push(Reverse((info.doc_freq, ordinal)));
        } else if let Some(mut least) = frequent.peek_mut().filter(|least| info.doc_freq > least.0.0) {
            *least = Reverse((info.doc_freq, ordinal));
        }
    })?;
    let mut words = Vec::new();
    let mut word = Vec::new();
    for Reverse((_, ordinal)) in frequent {
        index.terms().ord_to_term(ordinal, &mut word)?;
        words.extend(std::str::from_utf8(&word).ok().map(str::to_owned));
    }
    let documents = gather(&index, &infos, reader.max_doc())?;
    let cost = infos.iter().map(|info| 1 + u64::from(info.doc_freq)).sum();
    Ok((SegmentCompletions { documents, frequent: words, terms: infos.len() }, cost))
}
