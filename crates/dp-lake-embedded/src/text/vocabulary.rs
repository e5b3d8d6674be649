//! What the dictionaries of the index say about words: how frequent a term is, which terms begin with
//! it, which differ from it by a typo.

use super::{
    any_term::for_each_with_prefix,
    schema::{FORM_SEPARATOR, Fields},
};
use dp_lake::analysis::{edit_distance, fold, forgiven_edits};
use hashbrown::HashMap;
use std::cmp::Reverse;
use tantivy::{
    Searcher, Term,
    query::{FuzzyTermQuery, Query as _, TermQuery},
    schema::{Field, IndexRecordOption},
};

/// Completions and corrections that are ranked; the rest only match.
const RANKED_MAX: usize = 64;

/// Terms that stand for one that was typed.
#[derive(Debug, Default)]
pub(super) struct Expansion {
    /// The most frequent, with the number of documents, most frequent first.
    pub(super) ranked: Vec<(String, u64)>,
    /// Whether `ranked` is all of them.
    pub(super) complete: bool,
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
}

impl Vocabulary<'_> {
    /// Documents with the term, deleted ones that still take room included.
    pub(super) fn frequency(&self, field: Field, term: &str) -> tantivy::Result<u64> {
        self.searcher.doc_freq(&Term::from_field_text(field, term))
    }

    /// Whether any document has the term.
    pub(super) fn has(&self, field: Field, term: &str) -> tantivy::Result<bool> {
        if self.frequency(field, term)? == 0 {
            return Ok(false);
        }
        if !self.searcher.segment_readers().iter().any(tantivy::SegmentReader::has_deletes) {
            return Ok(true);
        }
        let query = TermQuery::new(Term::from_field_text(field, term), IndexRecordOption::Basic);
        Ok(query.count(self.searcher)? > 0)
    }

    /// The terms of the body that begin with `prefix`.
    pub(super) fn completions(&self, prefix: &str) -> tantivy::Result<Expansion> {
        let mut found = Frequencies::default();
        for reader in self.searcher.segment_readers() {
            let index = reader.inverted_index(self.fields.body)?;
            for_each_with_prefix(index.terms(), prefix.as_bytes(), &mut |term, info| {
                found.add(term, info.doc_freq);
                true
            })?;
        }
        Ok(found.expansion())
    }

    /// The terms of `field` that begin with `prefix`, or None if there are more than `most`.
    pub(super) fn completions_in(
        &self,
        field: Field,
        prefix: &str,
        most: usize,
    ) -> tantivy::Result<Option<Vec<String>>> {
        let mut found = Frequencies::default();
        for reader in self.searcher.segment_readers() {
            let index = reader.inverted_index(field)?;
            for_each_with_prefix(index.terms(), prefix.as_bytes(), &mut |term, info| {
                found.add(term, info.doc_freq);
                found.documents.len() <= most
            })?;
        }
        let too_many = found.documents.len() > most;
        Ok((!too_many).then(|| found.all().into_iter().map(|(term, _)| term).collect()))
    }

    /// The terms of the body that `term` may be a misspelling of; with `open`, that begin with such.
    /// Gives all of them, nearest and then most frequent first.
    pub(super) fn corrections(&self, term: &str, open: bool) -> tantivy::Result<Vec<Correction>> {
        let edits = forgiven_edits(term);
        if edits == 0 {
            return Ok(Vec::new());
        }
        let wanted = Term::from_field_text(self.fields.body, term);
        let query = if open {
            FuzzyTermQuery::new_prefix(wanted, edits, true)
        } else {
            FuzzyTermQuery::new(wanted, edits, true)
        };
        let automaton = query.automaton()?;
        let mut found = Frequencies::default();
        for reader in self.searcher.segment_readers() {
            let index = reader.inverted_index(self.fields.body)?;
            let mut stream = index.terms().search(&automaton).into_stream()?;
            while stream.advance() {
                found.add(stream.key(), stream.value().doc_freq);
            }
        }
        let corrections = found.all().into_iter().map(|(meant, documents)| {
            let edits = if open {
                edits_to_beginning(term, &meant, usize::from(edits))
            } else {
                edit_distance(term, &meant)
            };
            Correction { term: meant, documents, edits }
        });
        let mut corrections = corrections.collect::<Vec<_>>();
        corrections.sort_by_key(|correction| correction.edits);
        Ok(corrections)
    }

    /// Forms of a plain `term` in the index that have accents.
    pub(super) fn accented_forms(&self, term: &str) -> tantivy::Result<Vec<Vec<u8>>> {
        let prefix = format!("{term}{FORM_SEPARATOR}");
        let mut forms = Vec::new();
        for reader in self.searcher.segment_readers() {
            let index = reader.inverted_index(self.fields.form)?;
            for_each_with_prefix(index.terms(), prefix.as_bytes(), &mut |key, _| {
                let form = std::str::from_utf8(&key[prefix.len()..]).unwrap_or_default();
                if !form.is_ascii()
                    && form.to_lowercase() != fold(form)
                    && !forms.iter().any(|other| other == key)
                {
                    forms.push(key.to_vec());
                }
                forms.len() < RANKED_MAX
            })?;
        }
        Ok(forms)
    }

    /// The first and the last year that any document is in.
    pub(super) fn years(&self, prefix: &str) -> tantivy::Result<Option<(i16, i16)>> {
        let mut years: Option<(i16, i16)> = None;
        for reader in self.searcher.segment_readers() {
            let index = reader.inverted_index(self.fields.facet)?;
            for_each_with_prefix(index.terms(), prefix.as_bytes(), &mut |term, _| {
                let digits = std::str::from_utf8(&term[prefix.len()..]).ok();
                if let Some(year) = digits.and_then(|digits| digits.parse::<i16>().ok()) {
                    let (first, last) = years.unwrap_or((year, year));
                    years = Some((first.min(year), last.max(year)));
                }
                true
            })?;
        }
        Ok(years)
    }
}

/// Mistakes between `typed` and the beginning of `word` that is nearest to it.
fn edits_to_beginning(typed: &str, word: &str, most: usize) -> usize {
    let length = typed.chars().count();
    let ends = word.char_indices().map(|(end, _)| end).chain([word.len()]).enumerate();
    let near = ends.filter(|(letters, _)| letters.abs_diff(length) <= most);
    near.map(|(_, end)| edit_distance(typed, &word[..end])).min().unwrap_or(most)
}

#[derive(Default)]
struct Frequencies {
    documents: HashMap<Vec<u8>, u64, foldhash::fast::RandomState>,
}

impl Frequencies {
    fn add(&mut self, term: &[u8], documents: u32) {
        match self.documents.get_mut(term) {
            Some(sum) => *sum += u64::from(documents),
            None => {
                self.documents.insert(term.to_vec(), u64::from(documents));
            }
        }
    }

    fn expansion(self) -> Expansion {
        let complete = self.documents.len() <= RANKED_MAX;
        let mut ranked = self.all();
        ranked.truncate(RANKED_MAX);
        Expansion { ranked, complete }
    }

    fn all(self) -> Vec<(String, u64)> {
        let terms = self.documents.into_iter();
        let mut terms =
            terms.filter_map(|(term, sum)| Some((String::from_utf8(term).ok()?, sum))).collect::<Vec<_>>();
        terms.sort_unstable_by(|one, other| (Reverse(one.1), &one.0).cmp(&(Reverse(other.1), &other.0)));
        terms
    }
}
