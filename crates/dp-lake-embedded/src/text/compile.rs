//! Makes a query of the index from a typed one.

use super::{
    any_term::{AnyTerm, Which},
    filters::{self, Filters},
    gathered::Gathered,
    schema::{Fields, push_form},
    search::matching,
    vocabulary::Vocabulary,
};
use dp_lake::{
    Alternative, Filter, TextQuery,
    analysis::{OwnedToken, forgiven_edits, tokens},
    sought::{Sought, sought},
};
use tantivy::{
    Score, Term,
    query::{BooleanQuery, BoostQuery, ConstScoreQuery, EmptyQuery, PhraseQuery, Query, TermQuery},
    schema::{Field, IndexRecordOption},
};

/// How much more a word counts in the form it was typed in.
const FORM_BOOST: Score = 0.6;
/// What a word in another form than the plain one typed loses.
const OTHER_FORM_SCORE: Score = -0.5;
/// What a word counts more than its completions.
const WHOLE_WORD_SCORE: Score = 3.0;
/// What a correction with one mistake counts.
const CORRECTION_SCORE: Score = 1.0;
/// Corrections that are ranked; the rest only match.
const CORRECTIONS_RANKED: usize = 16;
/// Completions of the last word of a phrase that are followed; with more, its words need not be neighbours.
const PHRASE_COMPLETIONS_MAX: usize = 512;

/// One thing that must be found.
pub(super) struct Clause {
    /// Which documents; does not score.
    pub(super) matching: Box<dyn Query>,
    /// The same documents with their scores, where there is such a query.
    pub(super) scored: Option<Box<dyn Query>>,
    /// What adds to the score of some.
    pub(super) bonus: Vec<Box<dyn Query>>,
    /// Documents that come first, each list before the next: all among the matching ones. Empty if only
    /// the scores can tell.
    pub(super) first: Vec<Vec<Box<dyn Query>>>,
}

impl Clause {
    fn unscored(matching: Box<dyn Query>) -> Self {
        Self { matching, scored: None, bonus: Vec::new(), first: Vec::new() }
    }
}

/// Whether a word that stands nowhere may be another but for a typo.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Typos {
    Forgiven,
    Counted,
}

/// A query, taken apart so that the search can choose how to run it.
pub(super) struct Compiled {
    pub(super) clauses: Vec<Clause>,
    pub(super) excluded: Vec<Box<dyn Query>>,
    pub(super) filters: Filters,
}

impl Compiled {
    fn is_one_word(&self) -> bool {
        let is_filtered = !self.filters.required.is_empty() || !self.filters.excluded.is_empty();
        let is_word = matches!(self.clauses.as_slice(), [Clause { scored: Some(_), .. }]);
        is_word && !is_filtered && self.excluded.is_empty()
    }
}

pub(super) struct Compiler<'a> {
    pub(super) vocabulary: Vocabulary<'a>,
}

impl Compiler<'_> {
    pub(super) fn compile(&self, query: &TextQuery, filter: &Filter) -> tantivy::Result<Compiled> {
        self.compile_text(query, filters::compile(filter, self)?, Typos::Forgiven)
    }

    fn compile_text(&self, query: &TextQuery, filters: Filters, typos: Typos) -> tantivy::Result<Compiled> {
        let body = self.fields().body;
        let mut clauses = Vec::new();
        for term in &query.must {
            let typed = tokens(&term.text);
            for wanted in sought(&term.text, term.mode) {
                clauses.push(match typos {
                    Typos::Forgiven => self.clause(&wanted, &typed)?,
                    Typos::Counted => Clause::unscored(self.matching(body, &wanted)?),
                });
            }
        }
        for alternatives in query.any.iter().filter(|alternatives| !alternatives.is_empty()) {
            clauses.push(self.either(alternatives, typos)?);
        }
        let mut excluded = Vec::new();
        for term in &query.must_not {
            let all = all_of(self.matching_all(body, &sought(&term.text, term.mode))?);
            excluded.extend(all.map(gathered));
        }
        for alternative in &query.none {
            excluded.push(gathered(matching(&self.alternative(alternative, Typos::Counted)?)));
        }
        Ok(Compiled { clauses, excluded, filters })
    }

    fn alternative(&self, alternative: &Alternative, typos: Typos) -> tantivy::Result<Compiled> {
        let filters = filters::whatever_is_hidden(&alternative.filter, self)?;
        self.compile_text(&alternative.text, filters, typos)
    }

    /// Documents that match one of the alternatives, or more. Single words stay what they are, so that
    /// the search can skip the poor among their documents; of anything else the documents are gathered.
    fn either(&self, alternatives: &[Alternative], typos: Typos) -> tantivy::Result<Clause> {
        let (mut found, mut scored, mut bonus) = (Vec::new(), Vec::new(), Vec::new());
        let mut are_words = true;
        for alternative in alternatives {
            let compiled = self.alternative(alternative, typos)?;
            let is_word = compiled.is_one_word();
            are_words &= is_word;
            found.push(if is_word { matching(&compiled) } else { gathered(matching(&compiled)) });
            for clause in compiled.clauses {
                scored.extend(clause.scored);
                bonus.extend(clause.bonus);
            }
        }
        let found = Box::new(BooleanQuery::union(found));
        if are_words {
            let scored = Some(Box::new(BooleanQuery::union(scored)) as Box<dyn Query>);
            return Ok(Clause { matching: found, scored, bonus, first: Vec::new() });
        }
        bonus.extend(scored);
        Ok(Clause { bonus, ..Clause::unscored(found) })
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
        let [term] = wanted.terms.as_slice() else { return self.sequence(wanted) };
        let is_known = self.vocabulary.has(self.fields().body, term)?;
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
        let form = self.typed_form(term, typed);
        let demotion = self.demotion(term, typed)?;
        let mut first = Vec::new();
        if demotion.is_none() {
            first.push(
                [scored(body, term, 1.0)]
                    .into_iter()
                    .chain(form.as_ref().map(|form| form.box_clone()))
                    .collect(),
            );
        }
        Ok(Clause {
            matching: Box::new(TermQuery::new(Term::from_field_text(body, term), IndexRecordOption::Basic)),
            scored: Some(scored(body, term, 1.0)),
            bonus: form.into_iter().chain(demotion).collect(),
            first,
        })
    }

    /// The word in the form it was typed in, if that is not the folded one.
    fn typed_form(&self, term: &str, typed: &[OwnedToken]) -> Option<Box<dyn Query>> {
        let written =
            typed.iter().filter(|token| token.term == term).find_map(|token| token.exact.as_ref())?;
        let mut key = String::new();
        push_form(&mut key, term, written);
        Some(scored(self.fields().form, &key, FORM_BOOST))
    }

    /// Who types `cafe` means that more than `café`, if both are there.
    fn demotion(&self, term: &str, typed: &[OwnedToken]) -> tantivy::Result<Option<Box<dyn Query>>> {
        let is_plain = |token: &OwnedToken| token.exact.as_ref().is_none_or(|form| form.is_ascii());
        if !typed.iter().any(|token| token.term == term && is_plain(token)) {
            return Ok(None);
        }
        let forms = self.vocabulary.accented_forms(term)?;
        if forms.is_empty() {
            return Ok(None);
        }
        let any = AnyTerm { field: self.fields().form, which: Which::Listed(forms) };
        Ok(Some(Box::new(ConstScoreQuery::new(Box::new(any), OTHER_FORM_SCORE))))
    }

    fn completed(&self, term: &str, is_known: bool, typed: &[OwnedToken]) -> tantivy::Result<Clause> {
        let completions = self.vocabulary.completions(term)?;
        if !completions.any {
            return self.corrected(term, true);
        }
        let body = self.fields().body;
        let mut bonus: Vec<Box<dyn Query>> = Vec::new();
        let mut first = Vec::new();
        if is_known {
            let form = self.typed_form(term, typed);
            let whole = TermQuery::new(Term::from_field_text(body, term), IndexRecordOption::Basic);
            bonus.push(Box::new(ConstScoreQuery::new(Box::new(whole), WHOLE_WORD_SCORE)));
            bonus.push(scored(body, term, 1.0));
            bonus.extend(form.as_ref().map(|form| form.box_clone()));
            first.push([scored(body, term, 1.0)].into_iter().chain(form).collect());
        }
        let others = completions.frequent.iter().filter(|(other, _)| other != term);
        first.extend(others.map(|(other, _)| vec![scored(body, other, 1.0)]));
        let which = Which::Completions(completions.gathered);
        Ok(Clause { matching: Box::new(AnyTerm { field: body, which }), scored: None, bonus, first })
    }

    fn corrected(&self, term: &str, open: bool) -> tantivy::Result<Clause> {
        let corrections = self.vocabulary.corrections(term, open)?;
        let nearest = corrections.iter().take(CORRECTIONS_RANKED);
        let bonus = nearest.map(|correction| {
            let score = CORRECTION_SCORE / correction.edits.max(1) as Score;
            self.weighed(&correction.term, correction.documents, score)
        });
        let bonus = bonus.collect();
        let listed = corrections.into_iter().map(|correction| correction.term.into_bytes()).collect();
        let any = AnyTerm { field: self.fields().body, which: Which::Listed(listed) };
        Ok(Clause { matching: Box::new(any), scored: None, bonus, first: Vec::new() })
    }

    /// A term that counts the same however rare it is.
    fn weighed(&self, term: &str, documents: u64, score: Score) -> Box<dyn Query> {
        let all = self.vocabulary.searcher.num_docs().max(documents) as Score;
        let documents = documents as Score;
        let rarity = (1.0 + (all - documents + 0.5) / (documents + 0.5)).ln().max(0.05);
        scored(self.fields().body, term, score / rarity)
    }

    fn sequence(&self, wanted: &Sought) -> tantivy::Result<Clause> {
        let body = self.fields().body;
        let matching = self.matching(body, wanted)?;
        let whole =
            if wanted.last_is_prefix { &wanted.terms[..wanted.terms.len() - 1] } else { &wanted.terms };
        let bonus = whole.iter().map(|term| scored(body, term, 1.0)).collect();
        Ok(Clause { matching, scored: None, bonus, first: Vec::new() })
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
        let Some(completions) = self.vocabulary.completions_in(field, last, PHRASE_COMPLETIONS_MAX)? else {
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

fn gathered(query: Box<dyn Query>) -> Box<dyn Query> {
    Box::new(Gathered(query))
}

/// One query for all of `parts`; none of none.
pub(super) fn all_of(mut parts: Vec<Box<dyn Query>>) -> Option<Box<dyn Query>> {
    if parts.len() > 1 {
        return Some(Box::new(BooleanQuery::intersection(parts)));
    }
    parts.pop()
}

fn scored(field: Field, term: &str, boost: Score) -> Box<dyn Query> {
    let query = TermQuery::new(Term::from_field_text(field, term), IndexRecordOption::WithFreqs);
    Box::new(BoostQuery::new(Box::new(query), boost))
}
