//! What the dictionaries of the index say about words: how frequent a term is, which terms begin with
//! it, which differ from it by a typo.

use super::{
    any_term::{GatheredCompletions, for_each_with_prefix},
    completions::{COMPLETIONS_RANKED, CompletionCache},
    schema::{FORM_SEPARATOR, Fields},
};
use dp_lake::analysis::{edit_distance, fold, forgiven_edits};
use hashbrown::HashMap;
use std::{cmp::Reverse, collections::BTreeSet};
use tantivy::{
    Searcher, SegmentReader, Term,
    query::{FuzzyTermQuery, Query as _, TermQuery},
    schema::{Field, IndexRecordOption},
};

/// Accented forms of one term that are looked at.
const FORMS_MAX: usize = 64;

/// Terms that begin with what was typed.
#[derive(Debug, Default)]
pub(super) struct Completions {
    /// The most frequent, with the number of documents, most frequent first.
    pub(super) frequent: Vec<(String, u64)>,
    /// All of them.
    pub(super) gathered: GatheredCompletions,
    /// Whether there is one at all.
    pub(super) any: bool,
}

/// A term that may be meant by one that stands nowhere.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Correction {
    pub(super) term: String,
    /// Documents with it.
    pub(super) documents: u64,
    /// Mistakes between it and what was typed.
    pub(super) edits: usize,
}

pub(super) struct Vocabulary<'a> {
    pub(super) searcher: &'a Searcher,
    pub(super) fields: Fields,
    pub(super) cache: &'a CompletionCache,
}

impl Vocabulary<'_> {
    /// Documents with the term, deleted ones that still take room included.
    fn frequency(&self, field: Field, term: &str) -> tantivy::Result<u64> {
        self.searcher.doc_freq(&Term::from_field_text(field, term))
    }

    /// Whether any document has the term.
    pub(super) fn has(&self, field: Field, term: &str) -> tantivy::Result<bool> {
        if self.frequency(field, term)? == 0 {
            return Ok(false);
        }
        if !self.searcher.segment_readers().iter().any(SegmentReader::has_deletes) {
            return Ok(true);
        }
        let query = TermQuery::new(Term::from_field_text(field, term), IndexRecordOption::Basic);
        Ok(query.count(self.searcher)? > 0)
    }

    /// The terms of the body that begin with `prefix`.
    pub(super) fn completions(&self, prefix: &str) -> tantivy::Result<Completions> {
        let mut completions = Completions::default();
        let mut candidates = BTreeSet::new();
        for reader in self.searcher.segment_readers() {
            let inside = self.cache.get(reader, self.fields.body, prefix)?;
            completions.any |= inside.terms > 0;
            candidates.extend(inside.frequent.iter().cloned());
            completions.gathered.insert(reader.segment_id(), inside);
        }
        for term in candidates {
            let documents = self.frequency(self.fields.body, &term)?;
            completions.frequent.push((term, documents));
        }
        completions.frequent.sort_by_key(|&(_, documents)| Reverse(documents));
        completions.frequent.truncate(COMPLETIONS_RANKED);
        Ok(completions)
    }

    /// The terms of `field` that begin with `prefix`, or None if there are more than `most`.
    pub(super) fn completions_in(
        &self,
        field: Field,
        prefix: &str,
        most: usize,
    ) -> tantivy::Result<Option<Vec<String>>> {
        let mut found = BTreeSet::new();
        for reader in self.searcher.segment_readers() {
            let index = reader.inverted_index(field)?;
            for_each_with_prefix(index.terms(), prefix.as_bytes(), &mut |term, _| {
                found.extend(std::str::from_utf8(term).ok().map(str::to_owned));
                found.len() <= most
            })?;
        }
        Ok((found.len() <= most).then(|| found.into_iter().collect()))
    }

    /// The terms of the body that `term` may be a misspelling of; with `open`, that begin with such.
    /// Gives all of them, nearest and then most frequent first.
    pub(super) fn corrections(&self, term: &str, open: bool) -> tantivy::Result<Vec<Correction>> {
        let most = forgiven_edits(term);
        if most == 0 {
            return Ok(Vec::new());
        }
        let wanted = Term::from_field_text(self.fields.body, term);
        let query = if open {
            FuzzyTermQuery::new_prefix(wanted, most, true)
        } else {
            FuzzyTermQuery::new(wanted, most, true)
        };
        let automaton = query.automaton()?;
        let mut found: HashMap<Vec<u8>, u64, foldhash::fast::RandomState> = HashMap::default();
        for reader in self.searcher.segment_readers() {
            let index = reader.inverted_index(self.fields.body)?;
            let mut stream = index.terms().search(&automaton).into_stream()?;
            while stream.advance() {
                *found.entry_ref(stream.key()).or_default() += u64::from(stream.value().doc_freq);
            }
        }
        let corrections = found.into_iter().filter_map(|(meant, documents)| {
            let meant = String::from_utf8(meant).ok()?;
            let edits = match open {
                true => edits_to_beginning(term, &meant, usize::from(most)),
                false => edit_distance(term, &meant),
            };
            Some(Correction { term: meant, documents, edits })
        });
        let mut corrections = corrections.collect::<Vec<_>>();
        corrections.sort_unstable_by(|one, other| {
            let rank = |correction: &Correction| (correction.edits, Reverse(correction.documents));
            rank(one).cmp(&rank(other)).then_with(|| one.term.cmp(&other.term))
        });
        Ok(corrections)
    }

    /// Forms of a plain `term` in the index that have accents.
    pub(super) fn accented_forms(&self, term: &str) -> tantivy::Result<Vec<Vec<u8>>> {
        let prefix = format!("{term}{FORM_SEPARATOR}");
        let mut forms = BTreeSet::new();
        for reader in self.searcher.segment_readers() {
            let index = reader.inverted_index(self.fields.form)?;
            for_each_with_prefix(index.terms(), prefix.as_bytes(), &mut |key, _| {
                let form = std::str::from_utf8(&key[prefix.len()..]).unwrap_or_default();
                if form.to_lowercase() != fold(form) {
                    forms.insert(key.to_vec());
                }
                forms.len() < FORMS_MAX
            })?;
        }
        Ok(forms.into_iter().collect())
    }

    /// What stands after `prefix` in the filter terms.
    pub(super) fn facets(&self, prefix: &str) -> tantivy::Result<BTreeSet<String>> {
        let mut found = BTreeSet::new();
        for reader in self.searcher.segment_readers() {
            let index = reader.inverted_index(self.fields.facet)?;
            for_each_with_prefix(index.terms(), prefix.as_bytes(), &mut |term, _| {
                found.extend(std::str::from_utf8(&term[prefix.len()..]).ok().map(str::to_owned));
                true
            })?;
        }
        Ok(found)
    }
}

/// Mistakes between `typed` and the beginning of `word` that is nearest to it.
fn edits_to_beginning(typed: &str, word: &str, most: usize) -> usize {
    let length = typed.chars().count();
    let ends = word.char_indices().map(|(end, _)| end).chain([word.len()]).enumerate();
    let near = ends.filter(|(letters, _)| letters.abs_diff(length) <= most);
    near.map(|(_, end)| edit_distance(typed, &word[..end])).min().unwrap_or(most)
}
