//! A query for documents with any of many terms: those with a prefix, or a list. Matching documents
//! are gathered in a bit set, so the cost is that of reading the postings once.

use super::completions::SegmentCompletions;
use hashbrown::HashMap;
use std::sync::Arc;
use tantivy::{
    BitSet, DocId, DocSet, InvertedIndexReader, Score, SegmentReader, TERMINATED, TantivyError,
    index::SegmentId,
    postings::TermInfo,
    query::{BitSetDocSet, ConstScorer, EmptyScorer, EnableScoring, Explanation, Query, Scorer, Weight},
    schema::{Field, IndexRecordOption},
    termdict::{TermDictionary, TermOrdinal},
};

/// Which terms.
#[derive(Debug, Clone)]
pub(super) enum Which {
    /// Those that begin with these bytes.
    Prefix(Vec<u8>),
    /// These.
    Listed(Vec<Vec<u8>>),
    /// Those that begin with something and were gathered before.
    Completions(GatheredCompletions),
}

/// Completions in each segment.
pub(super) type GatheredCompletions =
    HashMap<SegmentId, Arc<SegmentCompletions>, foldhash::fast::RandomState>;

/// Matches documents with any of the terms; every match scores 1.
#[derive(Debug, Clone)]
pub(super) struct AnyTerm {
    pub(super) field: Field,
    pub(super) which: Which,
}

/// Calls `each` with the terms that begin with `prefix`, in order; stops when it gives false.
pub(super) fn for_each_with_prefix(
    terms: &TermDictionary,
    prefix: &[u8],
    each: &mut dyn FnMut(&[u8], &TermInfo) -> bool,
) -> std::io::Result<()> {
    let mut range = terms.range().ge(prefix);
    if let Some(end) = past_prefix(prefix) {
        range = range.lt(end);
    }
    let mut stream = range.into_stream()?;
    while stream.advance() {
        if !each(stream.key(), stream.value()) {
            break;
        }
    }
    Ok(())
}

/// Calls `each` with the number in the dictionary and the postings of the terms that begin with
/// `prefix`: faster than spelling each of them.
pub(super) fn for_each_posting_with_prefix(
    terms: &TermDictionary,
    prefix: &[u8],
    each: &mut dyn FnMut(TermOrdinal, &TermInfo),
) -> std::io::Result<()> {
    let mut range = terms.range().without_keys().ge(prefix);
    if let Some(end) = past_prefix(prefix) {
        range = range.lt(end);
    }
    let mut stream = range.into_stream()?;
    while stream.advance() {
        each(stream.term_ord(), stream.value());
    }
    Ok(())
}

/// The first bytes after all that begin with `prefix`.
fn past_prefix(prefix: &[u8]) -> Option<Vec<u8>> {
    let kept = prefix.iter().rposition(|&byte| byte < u8::MAX)?;
    let mut end = prefix[..=kept].to_vec();
    end[kept] += 1;
    Some(end)
}

impl AnyTerm {
    fn infos(&self, reader: &SegmentReader) -> tantivy::Result<Vec<TermInfo>> {
        let index = reader.inverted_index(self.field)?;
        let mut infos = Vec::new();
        match &self.which {
            Which::Prefix(prefix) => {
                for_each_posting_with_prefix(index.terms(), prefix, &mut |_, info| infos.push(info.clone()))?;
            }
            Which::Listed(terms) => {
                for term in terms {
                    infos.extend(index.terms().get(term)?);
                }
            }
            Which::Completions(_) => {}
        }
        Ok(infos)
    }

    /// The documents, if they are known without looking.
    fn known(&self, reader: &SegmentReader) -> Option<&BitSet> {
        match &self.which {
            Which::Completions(known) => Some(&known.get(&reader.segment_id())?.documents),
            Which::Prefix(_) | Which::Listed(_) => None,
        }
    }
}

/// The documents of all these postings.
pub(super) fn gather(
    index: &InvertedIndexReader,
    infos: &[TermInfo],
    past: DocId,
) -> tantivy::Result<BitSet> {
    let mut found = BitSet::with_max_value(past);
    let Some(first) = infos.first() else { return Ok(found) };
    let mut blocks = index.read_block_postings_from_terminfo(first, IndexRecordOption::Basic)?;
    for info in infos {
        index.reset_block_postings_from_terminfo(info, &mut blocks)?;
        while !blocks.docs().is_empty() {
            for &doc in blocks.docs() {
                found.insert(doc);
            }
            blocks.advance();
        }
    }
    Ok(found)
}

impl Query for AnyTerm {
    fn weight(&self, _: EnableScoring<'_>) -> tantivy::Result<Box<dyn Weight>> {
        Ok(Box::new(self.clone()))
    }
}

impl Weight for AnyTerm {
    fn scorer(&self, reader: &SegmentReader, boost: Score) -> tantivy::Result<Box<dyn Scorer>> {
        if let Some(known) = self.known(reader) {
            return Ok(Box::new(ConstScorer::new(BitSetDocSet::from(known.clone()), boost)));
        }
        let infos = self.infos(reader)?;
        match infos.as_slice() {
            [] => Ok(Box::new(EmptyScorer)),
            [only] => {
                let index = reader.inverted_index(self.field)?;
                let postings = index.read_postings_from_terminfo(only, IndexRecordOption::Basic)?;
                Ok(Box::new(ConstScorer::new(postings, boost)))
            }
            several => {
                let found = gather(&*reader.inverted_index(self.field)?, several, reader.max_doc())?;
                Ok(Box::new(ConstScorer::new(BitSetDocSet::from(found), boost)))
            }
        }
    }

    fn count(&self, reader: &SegmentReader) -> tantivy::Result<u32> {
        if let Some(alive) = reader.alive_bitset() {
            return Ok(self.scorer(reader, 1.0)?.count(alive));
        }
        if let Some(known) = self.known(reader) {
            return Ok(known.len() as u32);
        }
        let infos = self.infos(reader)?;
        match infos.as_slice() {
            [] => Ok(0),
            [only] => Ok(only.doc_freq),
            several => {
                Ok(gather(&*reader.inverted_index(self.field)?, several, reader.max_doc())?.len() as u32)
            }
        }
    }

    fn explain(&self, reader: &SegmentReader, doc: DocId) -> tantivy::Result<Explanation> {
        let mut scorer = self.scorer(reader, 1.0)?;
        if scorer.doc() != TERMINATED && scorer.seek(doc) == doc {
            return Ok(Explanation::new("any of several terms", 1.0));
        }
        Err(TantivyError::InvalidArgument(format!("document {doc} does not match")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_end_of_a_prefix_is_the_next_of_its_length() {
        assert_eq!(past_prefix(b"ab"), Some(b"ac".to_vec()));
        assert_eq!(past_prefix(b"a\xff"), Some(b"b".to_vec()));
        assert_eq!(past_prefix(b"\xff"), None);
        assert_eq!(past_prefix(b""), None);
    }
}
