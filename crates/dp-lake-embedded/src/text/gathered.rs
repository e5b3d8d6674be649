//! Gathers what a query matches before anything is asked of it. The engine asks what is to be excluded
//! for documents it has already passed; phrases do not stand that, a bit set does.

use tantivy::{
    BitSet, DocId, DocSet as _, Score, SegmentReader, TERMINATED,
    query::{BitSetDocSet, ConstScorer, EnableScoring, Explanation, Query, Scorer, Weight},
};

/// Matches what the inner query does; every match scores 1.
#[derive(Debug)]
pub(super) struct Gathered(pub(super) Box<dyn Query>);

impl Clone for Gathered {
    fn clone(&self) -> Self {
        Self(self.0.box_clone())
    }
}

struct GatheredWeight(Box<dyn Weight>);

impl Query for Gathered {
    fn weight(&self, scoring: EnableScoring<'_>) -> tantivy::Result<Box<dyn Weight>> {
        let silent = EnableScoring::Disabled { schema: scoring.schema(), searcher_opt: scoring.searcher() };
        Ok(Box::new(GatheredWeight(self.0.weight(silent)?)))
    }
}

impl Weight for GatheredWeight {
    fn scorer(&self, reader: &SegmentReader, boost: Score) -> tantivy::Result<Box<dyn Scorer>> {
        let mut scorer = self.0.scorer(reader, 1.0)?;
        let mut found = BitSet::with_max_value(reader.max_doc());
        let mut doc = scorer.doc();
        while doc != TERMINATED {
            found.insert(doc);
            doc = scorer.advance();
        }
        Ok(Box::new(ConstScorer::new(BitSetDocSet::from(found), boost)))
    }

    fn explain(&self, reader: &SegmentReader, doc: DocId) -> tantivy::Result<Explanation> {
        self.0.explain(reader, doc)
    }
}
