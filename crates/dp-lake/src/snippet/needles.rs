//! What a query looks for, as sequences of terms that can be followed through a text.

use crate::{
    Term, TermMode, TextQuery,
    analysis::{
        Language, TokenKind, WordStemmer, edit_distance, for_each_token, forgiven_edits, searched_url, tokens,
    },
};

/// Matches looked at in one part; the best passage lies among them.
const SPANS_MAX: usize = 4096;

/// Needles that are followed: one bit tells each.
const NEEDLES_MAX: usize = 64;

/// A stretch of a text that matches.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Span {
    pub(super) start: usize,
    pub(super) end: usize,
    /// One bit that tells the needle.
    pub(super) needle: u64,
}

/// Everything a query looks for.
pub(super) struct Needles {
    needles: Vec<Needle>,
    /// Of the language whose other forms of words are found too.
    stemmer: Option<WordStemmer>,
    forgiving: bool,
}

struct Needle {
    /// Terms that must follow each other.
    terms: Vec<String>,
    /// Whether the last term may go on.
    open: bool,
    /// What other forms of a single word have in common.
    forms: Option<Forms>,
}

struct Forms {
    /// What all of them begin with.
    beginning: String,
    stem: String,
}

impl Needles {
    pub(super) fn of(query: &TextQuery, language: Option<Language>) -> Self {
        let mut needles = Vec::new();
        let stemmer = language.map(Language::stemmer);
        collect(query, stemmer.as_ref(), &mut needles);
        needles.truncate(NEEDLES_MAX);
        Self { needles, stemmer, forgiving: false }
    }

    pub(super) fn forgive_typos(&mut self) {
        self.forgiving = true;
    }

    /// Where the needles stand in `text`, ascending.
    pub(super) fn find_in(&self, text: &str) -> Vec<Span> {
        let mut spans = Vec::new();
        if self.needles.is_empty() {
            return spans;
        }
        // Needle, terms of it seen so far, where it began.
        let mut begun: Vec<(usize, usize, usize)> = Vec::new();
        for_each_token(text, &mut |token| {
            if spans.len() >= SPANS_MAX {
                return;
            }
            let mut going_on = Vec::new();
            let fresh = (0..self.needles.len()).map(|needle| (needle, 0, token.start));
            for (index, seen, start) in begun.drain(..).chain(fresh) {
                let needle = &self.needles[index];
                let is_form =
                    || self.stemmer.as_ref().is_some_and(|stemmer| needle.is_form(token.term, stemmer));
                if !needle.matches(seen, token.term, self.forgiving) && !is_form() {
                    continue;
                }
                if seen + 1 == needle.terms.len() {
                    spans.push(Span { start, end: token.end, needle: 1 << index });
                } else {
                    going_on.push((index, seen + 1, start));
                }
            }
            begun = going_on;
        });
        spans.sort_unstable_by_key(|span| (span.start, span.end));
        spans
    }
}

/// Appends what the query and its alternatives look for.
fn collect(query: &TextQuery, stemmer: Option<&WordStemmer>, needles: &mut Vec<Needle>) {
    for term in &query.must {
        if term.mode == TermMode::Phrase {
            needles.extend(Needle::of(&term.text, false));
            continue;
        }
        let mut chunks = term.text.split_whitespace().peekable();
        while let Some(chunk) = chunks.next() {
            let open = chunks.peek().is_none() && is_open(term);
            needles.extend(Needle::of(searched_url(chunk), open).map(|needle| needle.with_forms(stemmer)));
        }
    }
    for alternative in query.any.iter().flatten() {
        if needles.len() >= NEEDLES_MAX {
            return;
        }
        collect(&alternative.text, stemmer, needles);
    }
}

fn is_open(term: &Term) -> bool {
    term.mode == TermMode::Prefix
}

impl Needle {
    fn of(text: &str, open: bool) -> Option<Self> {
        let mut found = tokens(text);
        let mut open = open;
        if found.last().is_some_and(|last| last.kind == TokenKind::Last) {
            // The last character of a run stands in the text with whatever follows it.
            let after_pair = found.len() > 1 && found[found.len() - 2].kind == TokenKind::Pair;
            if after_pair {
                found.pop();
                open = false;
            } else {
                open = true;
            }
        }
        let terms = found.into_iter().map(|token| token.term).collect::<Vec<_>>();
        (!terms.is_empty()).then_some(Self { terms, open, forms: None })
    }

    /// The same, which finds other forms of it too if it is one word.
    fn with_forms(self, stemmer: Option<&WordStemmer>) -> Self {
        let forms = match (stemmer, self.terms.as_slice()) {
            (Some(stemmer), [word]) => Some(Forms {
                beginning: stemmer.common_beginning(word).to_owned(),
                stem: stemmer.stem(word).into_owned(),
            }),
            _ => None,
        };
        Self { forms, ..self }
    }

    fn is_form(&self, term: &str, stemmer: &WordStemmer) -> bool {
        self.forms
            .as_ref()
            .is_some_and(|forms| term.starts_with(&forms.beginning) && stemmer.stem(term) == forms.stem)
    }

    fn matches(&self, index: usize, term: &str, forgiving: bool) -> bool {
        let wanted = self.terms[index].as_str();
        let open = self.open && index + 1 == self.terms.len();
        if term == wanted || (open && term.starts_with(wanted)) {
            return true;
        }
        let edits = usize::from(forgiven_edits(wanted));
        if !forgiving || edits == 0 || self.terms.len() > 1 {
            return false;
        }
        let length = wanted.chars().count();
        if open {
            let head = term.char_indices().nth(length).map_or(term, |(end, _)| &term[..end]);
            return edit_distance(head, wanted) <= edits;
        }
        term.chars().count().abs_diff(length) <= edits && edit_distance(term, wanted) <= edits
    }
}
