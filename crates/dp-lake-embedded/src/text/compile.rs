//! Makes a query of the index from a typed one.

use super::{
    any_term::{AnyTerm, Which},
    filters::{self, Filters},
    gathered::Gathered,
    schema::{FORM_SEPARATOR, Fields},
    vocabulary::Vocabulary,
};
use dp_lake::{
    Filter, TextQuery,
    analysis::{OwnedToken, forgiven_edits, tokens},
    sought::{Sought, sought},
};
use tantivy::{
    Score, Term,
    query::{BooleanQuery, BoostQuery, ConstScoreQuery, EmptyQuery, Occur, PhraseQuery, Query, TermQuery},
    schema::{Field, IndexRecordOption},
};

/// How much more a word counts in a title.
const TITLE_BOOST: Score = 2.0;
/// How much a word counts in the form it was typed in.
const FORM_BOOST: Score = 0.6;
/// What a word in another form than the plain one typed loses.
const OTHER_FORM_SCORE: Score = -0.5;
/// What a completion counts, the word itself apart.
const COMPLETION_SCORE: Score = 1.0;
/// What a corrected word with one mistake counts.
const CORRECTION_SCORE: Score = 1.0;
/// Corrections that are ranked; the rest only match.
const CORRECTIONS_RANKED_MAX: usize = 64;
/// Completions of the last word of a phrase that are followed; with more, its words need not be neighbours.
const PHRASE_COMPLETIONS_MAX: usize = 512;

/// How the documents that score are related to those that match.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ranking {
    /// The first of `ranked` matches the same documents; the others only some of them.
    Led,
    /// Together they match the same documents.
    Whole,
    /// They match only some of them.
    Some,
    /// They may match others too.
    Beside,
}

/// One thing that must be found.
pub(super) struct Clause {
    /// Which documents; does not score.
    pub(super) matching: Box<dyn Query>,
    /// What scores.
    pub(super) ranked: Vec<Box<dyn Query>>,
    pub(super) ranking: Ranking,
    /// What takes from the score.
    pub(super) demoting: Option<Box<dyn Query>>,
}

/// A query, taken apart so that the search can choose how to run it.
pub(super) struct Compiled {
    pub(super) clauses: Vec<Clause>,
    pub(super) excluded: Vec<Box<dyn Query>>,
    pub(super) filters: Filters,
}

pub(super) struct Compiler<'a> {
    pub(super) vocabulary: Vocabulary<'a>,
}

impl Compiler<'_> {
    pub(super) fn compile(&self, query: &TextQuery, filter: &Filter) -> tantivy::Result<Compiled> {
        let mut clauses = Vec::new();
        for term in &query.must {
            let typed = tokens(&term.text);
            for wanted in sought(&term.text, term.mode) {
                clauses.push(self.clause(&wanted, &typed)?);
            }
        }
        let mut excluded = Vec::new();
        for term in &query.must_not {
            let all = all_of(self.matching_all(self.fields().body, &sought(&term.text, term.mode))?);
            excluded.extend(all.map(|all| Box::new(Gathered(all)) as Box<dyn Query>));
        }
        let filters = filters::compile(filter, self)?;
        Ok(Compiled { clauses, excluded, filters })
    }

    pub(super) fn fields(&self) -> Fields {
        self.vocabulary.fields
    }

    /// Documents with all of `wanted` in `field`; no typos are forgiven.
    pub(super) fn matching_all(
        &self,
        field: Field,
        wanted: &[Sought],
    ) -> tantivy::Result<Vec<Box<dyn Query>>> {
        wanted.iter().map(|wanted| self.matching(field, wanted)).collect()
    }

    fn clause(&self, wanted: &Sought, typed: &[OwnedToken]) -> tantivy::Result<Clause> {
        let fields = self.fields();
        let [term] = wanted.terms.as_slice() else { return self.sequence(wanted) };
        let is_known = self.vocabulary.has(fields.body, term)?;
        if wanted.last_is_prefix {
            return self.completed(term, is_known, typed);
        }
        if !is_known && wanted.is_word && forgiven_edits(term) > 0 {
            return self.corrected(term, false);
        }
        self.word(term, typed)
    }

    fn word(&self, term: &str, typed: &[OwnedToken]) -> tantivy::Result<Clause> {
        let body = self.fields().body;
        let demoting = self.demotion(term, typed)?;
        Ok(Clause {
            matching: Box::new(TermQuery::new(Term::from_field_text(body, term), IndexRecordOption::Basic)),
            ranked: self.ranked_word(term, typed),
            ranking: Ranking::Led,
            demoting,
        })
    }

    /// The word itself in the body and, counting more, in the title and in the form it was typed in.
    fn ranked_word(&self, term: &str, typed: &[OwnedToken]) -> Vec<Box<dyn Query>> {
        let Fields { body, title, form, .. } = self.fields();
        let mut ranked = vec![scored(body, term, 1.0), scored(title, term, TITLE_BOOST)];
        let forms = typed.iter().filter(|token| token.term == term).filter_map(|token| token.exact.as_ref());
        for written in forms.take(1) {
            ranked.push(scored(form, &format!("{term}{FORM_SEPARATOR}{written}"), FORM_BOOST));
        }
        ranked
    }

    /// Who types `cafe` means that more than `café`, if both are there.
    fn demotion(&self, term: &str, typed: &[OwnedToken]) -> tantivy::Result<Option<Box<dyn Query>>> {
        let is_plain = typed
            .iter()
            .any(|token| token.term == term && token.exact.as_ref().is_none_or(|form| form.is_ascii()));
        if !is_plain {
            return Ok(None);
        }
        let forms = self.vocabulary.accented_forms(term)?;
        let any = AnyTerm { field: self.fields().form, which: Which::Listed(forms) };
        let Which::Listed(forms) = &any.which else { return Ok(None) };
        Ok((!forms.is_empty()).then(|| {
            Box::new(ConstScoreQuery::new(Box::new(any.clone()), OTHER_FORM_SCORE)) as Box<dyn Query>
        }))
    }

    fn completed(&self, term: &str, is_known: bool, typed: &[OwnedToken]) -> tantivy::Result<Clause> {
        let expansion = self.vocabulary.completions(term)?;
        if expansion.ranked.is_empty() {
            return self.corrected(term, true);
        }
        if expansion.complete && is_known && expansion.ranked.len() == 1 {
            return self.word(term, typed);
        }
        let mut ranked = if is_known { self.ranked_word(term, typed) } else { Vec::new() };
        let completions = expansion.ranked.iter().filter(|(completion, _)| completion != term);
        ranked.extend(
            completions
                .flat_map(|(completion, documents)| self.weighed(completion, *documents, COMPLETION_SCORE)),
        );
        let which = if expansion.complete {
            Which::Listed(expansion.ranked.iter().map(|(term, _)| term.clone().into_bytes()).collect())
        } else {
            Which::Prefix(term.as_bytes().to_vec())
        };
        Ok(Clause {
            matching: Box::new(AnyTerm { field: self.fields().body, which }),
            ranked,
            ranking: if expansion.complete { Ranking::Whole } else { Ranking::Some },
            demoting: None,
        })
    }

    fn corrected(&self, term: &str, open: bool) -> tantivy::Result<Clause> {
        let corrections = self.vocabulary.corrections(term, open)?;
        let nearest = corrections.iter().take(CORRECTIONS_RANKED_MAX);
        let ranked = nearest.flat_map(|correction| {
            let score = CORRECTION_SCORE / correction.edits.max(1) as Score;
            self.weighed(&correction.term, correction.documents, score)
        });
        let ranked = ranked.collect();
        let ranking =
            if corrections.len() <= CORRECTIONS_RANKED_MAX { Ranking::Whole } else { Ranking::Some };
        let listed = corrections.into_iter().map(|correction| correction.term.into_bytes()).collect();
        let any = AnyTerm { field: self.fields().body, which: Which::Listed(listed) };
        Ok(Clause { matching: Box::new(any), ranked, ranking, demoting: None })
    }

    /// A term in body and title that counts the same however rare it is.
    fn weighed(&self, term: &str, documents: u64, score: Score) -> [Box<dyn Query>; 2] {
        let all = self.vocabulary.searcher.num_docs().max(documents) as Score;
        let documents = documents as Score;
        let rarity = (1.0 + (all - documents + 0.5) / (documents + 0.5)).ln().max(0.05);
        let Fields { body, title, .. } = self.fields();
        [scored(body, term, score / rarity), scored(title, term, score / rarity)]
    }

    fn sequence(&self, wanted: &Sought) -> tantivy::Result<Clause> {
        let Fields { body, title, .. } = self.fields();
        let matching = self.matching(body, wanted)?;
        let whole =
            if wanted.last_is_prefix { &wanted.terms[..wanted.terms.len() - 1] } else { &wanted.terms };
        let mut ranked = whole.iter().map(|term| scored(title, term, TITLE_BOOST)).collect::<Vec<_>>();
        ranked.extend(whole.iter().map(|term| scored(body, term, 1.0)));
        Ok(Clause { matching, ranked, ranking: Ranking::Beside, demoting: None })
    }

    fn matching(&self, field: Field, wanted: &Sought) -> tantivy::Result<Box<dyn Query>> {
        let term = |term: &String| Term::from_field_text(field, term);
        let Some((last, before)) = wanted.terms.split_last() else { return Ok(Box::new(EmptyQuery)) };
        if before.is_empty() {
            if wanted.last_is_prefix {
                return Ok(Box::new(AnyTerm { field, which: Which::Prefix(last.clone().into_bytes()) }));
            }
            return Ok(Box::new(TermQuery::new(term(last), IndexRecordOption::Basic)));
        }
        if !wanted.last_is_prefix {
            return Ok(Box::new(PhraseQuery::new(wanted.terms.iter().map(term).collect())));
        }
        let completions = self.vocabulary.completions_in(field, last, PHRASE_COMPLETIONS_MAX)?;
        let Some(completions) = completions else {
            let beginning: Box<dyn Query> = match before {
                [only] => Box::new(TermQuery::new(term(only), IndexRecordOption::Basic)),
                _ => Box::new(PhraseQuery::new(before.iter().map(term).collect())),
            };
            let end = Box::new(AnyTerm { field, which: Which::Prefix(last.clone().into_bytes()) });
            return Ok(Box::new(BooleanQuery::intersection(vec![beginning, end])));
        };
        let phrases = completions.iter().map(|completion| {
            let terms = before.iter().chain([completion]).map(term).collect();
            Box::new(PhraseQuery::new(terms)) as Box<dyn Query>
        });
        Ok(Box::new(BooleanQuery::union(phrases.collect())))
    }
}

/// One query for all of `parts`; none of none.
pub(super) fn all_of(mut parts: Vec<Box<dyn Query>>) -> Option<Box<dyn Query>> {
    if parts.len() > 1 {
        return Some(Box::new(BooleanQuery::intersection(parts)));
    }
    parts.pop()
}

/// `parts` as clauses of one sort.
pub(super) fn each(
    occur: Occur,
    parts: Vec<Box<dyn Query>>,
) -> impl Iterator<Item = (Occur, Box<dyn Query>)> {
    parts.into_iter().map(move |part| (occur, part))
}

fn scored(field: Field, term: &str, boost: Score) -> Box<dyn Query> {
    let query = TermQuery::new(Term::from_field_text(field, term), IndexRecordOption::WithFreqs);
    Box::new(BoostQuery::new(Box::new(query), boost))
}
