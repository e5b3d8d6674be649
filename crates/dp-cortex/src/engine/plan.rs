//! What a query asks of the lake: the strict query, the words to rank and compare by, what must hold in
//! any case, and what a plain sentence hints at. Places and documents that are named are looked up here.

use super::{Engine, EngineError, SearchRequest, priors::Hints};
use crate::query::{Parsed, Reference, Resolution, parse_query, sentence};
use dp_lake::{Filter, RankedQuery, Term, TermMode, TextQuery, analysis::Language, day_of_date};

/// Hours on each side of a document that `around:` means.
const HOURS_AROUND: u32 = 3;

/// A query, ready to be asked.
#[derive(Debug, Clone)]
pub(super) struct Plan {
    /// All that was typed must hold.
    pub(super) strict: TextQuery,
    /// What must hold even where words need not: phrases, exclusions, alternatives.
    pub(super) constraints: TextQuery,
    pub(super) filter: Filter,
    /// What is asked for: no filters, no dates, no filler.
    pub(super) words: String,
    /// The words of these that say something of the subject: what is ranked by, and what models that know
    /// nothing of word order compare with.
    pub(super) content_words: String,
    pub(super) language: Option<Language>,
    pub(super) hints: Hints,
    /// What is set off in passages.
    pub(super) highlighted: TextQuery,
}

impl Plan {
    pub(super) fn ranked(&self) -> RankedQuery {
        RankedQuery {
            words: self.content_words.clone(),
            language: self.language,
            text: self.constraints.clone(),
            filter: self.filter.clone(),
        }
    }

    /// The strict query without what only a sentence has; None if there was nothing of that.
    pub(super) fn without_filler(&self) -> Option<TextQuery> {
        let must = Term { text: self.words.clone(), mode: TermMode::Words };
        let plain = TextQuery { must: vec![must], ..self.constraints.clone() };
        let typed = self.strict.must.iter().flat_map(|term| term.text.split_whitespace());
        (!typed.eq(self.words.split_whitespace())).then_some(plain)
    }

    /// The filter narrowed down to the period that the sentence speaks of, if it speaks of one.
    pub(super) fn in_period(&self) -> Option<Filter> {
        let (first, past) = self.hints.period?;
        let from = self.filter.from.map_or(first, |from| from.max(first));
        let until = self.filter.until.map_or(past, |until| until.min(past));
        Some(Filter { from: Some(from), until: Some(until), ..self.filter.clone() })
    }
}

impl Engine {
    pub(super) async fn plan(&self, request: &SearchRequest) -> Result<Plan, EngineError> {
        let parsed = parse_query(&request.text, request.today)?;
        let meaning = sentence::read(&parsed.text, request.today);
        let (mut strict, mut filter) = self.resolve(&parsed).await?;
        if let Some((first, past)) = meaning.period.filter(|_| meaning.words.is_empty()) {
            // Nothing but a time was asked for.
            strict.must.retain(|term| term.mode == TermMode::Phrase);
            filter.from = Some(filter.from.map_or(first, |from| from.max(first)));
            filter.until = Some(filter.until.map_or(past, |until| until.min(past)));
        }
        let constraints = TextQuery { must: phrases(&strict).cloned().collect(), ..strict.clone() };
        let mut words = meaning.words;
        for phrase in phrases(&strict) {
            push_words(&mut words, &phrase.text);
        }
        for alternative in strict.any.iter().flatten() {
            for term in &alternative.text.must {
                push_words(&mut words, &term.text);
            }
        }
        let mut highlighted = strict.clone();
        highlighted.must.push(Term { text: words.clone(), mode: TermMode::Words });
        let hints = Hints {
            period: meaning.period,
            kinds: meaning.kinds,
            agreed_kinds: meaning.agreed_kinds,
            today: day_of_date(request.today),
        };
        let language = meaning.language;
        let content_words = sentence::content_words(&words);
        Ok(Plan { strict, constraints, filter, words, content_words, language, hints, highlighted })
    }

    /// Words and filters with what was named in place of its name.
    async fn resolve(&self, parsed: &Parsed) -> Result<(TextQuery, Filter), EngineError> {
        let mut resolutions = Vec::with_capacity(parsed.references.len());
        for reference in &parsed.references {
            resolutions.push(match reference {
                Reference::Place { name, radius_m, position } => {
                    Resolution::Circle(self.locate(name, *radius_m, *position).await?)
                }
                Reference::Document(named) => {
                    let document = self.document(self.find(&named.digits).await?).await?;
                    let (from_us, until_us) = self.hours_around(&document, HOURS_AROUND)?;
                    Resolution::Instants { from_us, until_us }
                }
            });
        }
        Ok(parsed.resolve(&resolutions))
    }
}

fn phrases(text: &TextQuery) -> impl Iterator<Item = &Term> {
    text.must.iter().filter(|term| term.mode == TermMode::Phrase)
}

fn push_words(words: &mut String, more: &str) {
    if !words.is_empty() {
        words.push(' ');
    }
    words.push_str(more);
}
