//! What a plain sentence means beyond its words: "that article on sleep and memory I read last spring"
//! speaks of sleep and memory, of pages, and of a season. Hints only: nothing here narrows a search down.

mod function_words;
mod language;
mod lexicon;
#[cfg(test)]
mod tests;

use super::{
    Today,
    dates::{self, Reading},
};
use dp_lake::{
    Day, TermMode, TextQuery,
    analysis::{Language, fold},
    day_of_date,
};
use dp_model::Kind;
use jiff::civil::Date;

/// Words of a date in a sentence.
const DATE_WORDS_MAX: usize = 6;
/// With fewer words it is no sentence, and none is filler.
const SENTENCE_WORDS_MIN: usize = 4;

/// What a sentence hints at.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Meaning {
    /// What it is about: the words that stand outside quotes, parentheses and filters, without the date
    /// and without filler such as "that article I read".
    pub words: String,
    /// The period it speaks of: first day and first day past it.
    pub period: Option<(Day, Day)>,
    /// The words that say so, as typed; empty if there are none.
    pub period_words: String,
    /// Kinds of documents it speaks of.
    pub kinds: Vec<Kind>,
    /// Those of these kinds that both the thing and what was done with it say: `article … I read`.
    pub agreed_kinds: Vec<Kind>,
    /// Its language, where that is clear.
    pub language: Option<Language>,
}

/// Reads the words of a query as a sentence; `today` is what relative dates are counted from.
#[must_use]
pub fn read(query: &TextQuery, today: impl Into<Today>) -> Meaning {
    let plain = query.must.iter().filter(|term| term.mode != TermMode::Phrase);
    let words = plain.flat_map(|term| term.text.split_whitespace()).map(Word::of).collect::<Vec<_>>();
    let mut sentence = Sentence { kept: vec![true; words.len()], words };
    let mut meaning = Meaning { language: language::of(&sentence.words), ..Meaning::default() };
    if let Some(found) = sentence.period(today.into()) {
        meaning.period = Some(found.days);
        meaning.period_words = sentence.text(found.start..found.end);
        sentence.drop(found.start..found.end);
    }
    let without_date = sentence.kept_text();
    if sentence.words.len() >= SENTENCE_WORDS_MIN {
        (meaning.kinds, meaning.agreed_kinds) = sentence.drop_filler();
    } else {
        meaning.kinds = sentence.kinds_of_nouns();
    }
    let kept = sentence.kept_text();
    meaning.words = if kept.is_empty() { without_date } else { kept };
    meaning
}

/// The words of a text that say something of its subject; all of them, if none does.
#[must_use]
pub fn content_words(text: &str) -> String {
    let says = |word: &&str| !function_words::is_function_word(&Word::of(word).folded);
    let kept = text.split_whitespace().filter(says).collect::<Vec<_>>();
    if kept.is_empty() { text.to_owned() } else { kept.join(" ") }
}

/// A word as typed, and folded without what stands around it.
struct Word<'a> {
    raw: &'a str,
    folded: String,
}

impl<'a> Word<'a> {
    fn of(raw: &'a str) -> Self {
        let raw =
            raw.trim_matches(|c: char| matches!(c, ',' | '?' | '!' | ';' | ':' | '.' | '…' | '¿' | '¡'));
        let folded = fold(raw);
        let folded = folded.replace('’', "'");
        let owner = folded.strip_suffix("'s").unwrap_or(&folded);
        // French articles stand in one word with what follows them.
        let folded = owner.strip_prefix("l'").or(owner.strip_prefix("d'")).unwrap_or(owner).to_owned();
        Self { raw, folded }
    }
}

struct Sentence<'a> {
    words: Vec<Word<'a>>,
    kept: Vec<bool>,
}

/// A period and the words that say it.
struct Found {
    days: (Day, Day),
    start: usize,
    end: usize,
}

impl Sentence<'_> {
    fn text(&self, range: std::ops::Range<usize>) -> String {
        self.words[range].iter().map(|word| word.raw).collect::<Vec<_>>().join(" ")
    }

    fn kept_text(&self) -> String {
        let kept = self.words.iter().zip(&self.kept).filter(|(word, kept)| **kept && !word.raw.is_empty());
        kept.map(|(word, _)| word.raw).collect::<Vec<_>>().join(" ")
    }

    fn drop(&mut self, range: std::ops::Range<usize>) {
        self.kept[range].fill(false);
    }

    fn folded(&self, index: usize) -> &str {
        self.words.get(index).map_or("", |word| &word.folded)
    }

    /// Positions of the words that are left.
    fn left(&self) -> Vec<usize> {
        (0..self.words.len()).filter(|&index| self.kept[index]).collect()
    }

    /// The longest date, the first of equals.
    fn period(&self, today: Today) -> Option<Found> {
        let count = self.words.len();
        for length in (1..=count.min(DATE_WORDS_MAX)).rev() {
            for start in 0..=count - length {
                if let Some(found) = self.period_at(start, start + length, today) {
                    return Some(found);
                }
            }
        }
        None
    }

    fn period_at(&self, start: usize, end: usize, today: Today) -> Option<Found> {
        let words = (start..end).map(|index| self.folded(index)).collect::<Vec<_>>();
        let is_edge = |word: &str| lexicon::is_preposition(word) || lexicon::is_article(word);
        // What leads up to a date is found from the date on.
        if is_edge(words[0]) && !matches!(words[0], "vor" | "a" | "an") || is_edge(words[words.len() - 1]) {
            return None;
        }
        let mut first = start;
        while first > 0 && lexicon::is_article(self.folded(first - 1)) {
            first -= 1;
        }
        let before = if first > 0 { self.folded(first - 1) } else { "" };
        let is_led = lexicon::is_preposition(before);
        if !is_clear(&words, is_led, today.date) {
            return None;
        }
        let (from, past) = match numeric_or_words(&words, today) {
            Reading::Period(from, past) => (from, past),
            Reading::Impossible | Reading::NotADate => return None,
        };
        let ever = (day_of_date(Date::MIN), day_of_date(Date::MAX).saturating_add(1));
        let days = match before {
            "since" | "seit" | "depuis" | "desde" => (from, ever.1),
            "after" | "nach" | "apres" => (past, ever.1),
            "before" | "avant" => (ever.0, from),
            "until" | "till" | "bis" | "hasta" => (ever.0, past),
            _ => (from, past),
        };
        let mut start = if is_led { first - 1 } else { first };
        if start > 0 && is_led && self.folded(start - 1) == "back" {
            start -= 1;
        }
        Some(Found { days, start, end })
    }

    /// Drops what says nothing of the subject; gives the kinds it spoke of, and those it spoke of twice.
    fn drop_filler(&mut self) -> (Vec<Kind>, Vec<Kind>) {
        let mut kinds = Vec::new();
        self.drop_opening();
        self.drop_doing(&mut kinds);
        let of_nouns = self.kinds_of_nouns();
        let agreed = kinds.iter().copied().filter(|kind| of_nouns.contains(kind)).collect();
        push_kinds(&mut kinds, of_nouns);
        self.drop_head();
        self.drop_edges();
        (kinds, agreed)
    }

    /// `show me`, `where did`.
    fn drop_opening(&mut self) {
        loop {
            let left = self.left();
            let fits = |opening: &&[&str]| {
                opening.len() < left.len()
                    && opening.iter().zip(&left).all(|(word, &at)| self.folded(at) == *word)
            };
            let Some(opening) =
                lexicon::OPENINGS.iter().filter(|opening| fits(opening)).max_by_key(|words| words.len())
            else {
                return;
            };
            for at in left.into_iter().take(opening.len()) {
                self.kept[at] = false;
            }
        }
    }

    /// `I read`, `that we had watched`, `den ich gelesen habe`.
    fn drop_doing(&mut self, kinds: &mut Vec<Kind>) {
        let left = self.left();
        for (place, &at) in left.iter().enumerate() {
            if !self.kept[at] || !lexicon::is_doer(self.folded(at)) {
                continue;
            }
            let helpers =
                left[place + 1..].iter().take_while(|&&at| lexicon::is_helper(self.folded(at))).count();
            let verb = place + 1 + helpers;
            let Some(doing) = left.get(verb).and_then(|&at| lexicon::doing(self.folded(at))) else {
                continue;
            };
            let mut end = verb + 1;
            while left
                .get(end)
                .is_some_and(|&at| lexicon::is_helper(self.folded(at)) || doing.takes(self.folded(at)))
            {
                end += 1;
            }
            let mut start = place;
            if start > 0 && lexicon::is_relative(self.folded(left[start - 1])) {
                start -= 1;
            }
            for &at in &left[start..end] {
                self.kept[at] = false;
            }
            push_kinds(kinds, doing.kinds.to_vec());
        }
    }

    fn kinds_of_nouns(&self) -> Vec<Kind> {
        let mut kinds = Vec::new();
        for at in self.left() {
            if let Some(noun) = lexicon::noun(self.folded(at)) {
                push_kinds(&mut kinds, noun.kinds.to_vec());
            }
        }
        kinds
    }

    /// `that article on`, `the mail from`: the thing itself, where it is only what the subject is in.
    fn drop_head(&mut self) {
        let left = self.left();
        let articles = left.iter().take_while(|&&at| lexicon::is_article(self.folded(at))).count();
        let Some(&at) = left.get(articles) else { return };
        let Some(noun) = lexicon::noun(self.folded(at)) else { return };
        let next = left.get(articles + 1);
        let is_followed = next.is_none_or(|&next| lexicon::is_connector(self.folded(next)) || next > at + 1);
        if noun.is_medium && is_followed {
            for &at in &left[..=articles] {
                self.kept[at] = false;
            }
        }
    }

    fn drop_edges(&mut self) {
        let is_edge = |word: &str| {
            lexicon::is_article(word)
                || lexicon::is_connector(word)
                || lexicon::is_preposition(word)
                || word.is_empty()
        };
        let left = self.left();
        let leading = left.iter().take_while(|&&at| is_edge(self.folded(at))).count();
        let trailing = left[leading..].iter().rev().take_while(|&&at| is_edge(self.folded(at))).count();
        for &at in left[..leading].iter().chain(&left[left.len() - trailing..]) {
            self.kept[at] = false;
        }
    }
}

fn push_kinds(kinds: &mut Vec<Kind>, more: Vec<Kind>) {
    for kind in more {
        if !kinds.contains(&kind) {
            kinds.push(kind);
        }
    }
}

fn numeric_or_words(words: &[&str], today: Today) -> Reading {
    match words {
        [only] => match dates::read_numeric(only) {
            Some(reading) => reading,
            None => dates::phrase(words, today),
        },
        _ => dates::phrase(words, today),
    }
}

/// Whether words that can be a date are meant as one: `may`, `spring` and `monday` alone are not.
fn is_clear(words: &[&str], is_led: bool, today: Date) -> bool {
    let has_number = words.iter().any(|word| word.bytes().any(|byte| byte.is_ascii_digit()));
    if let [only] = words {
        if let Ok(year) = only.parse::<i16>() {
            return (1900..=today.year().saturating_add(1)).contains(&year);
        }
        return has_number || is_led || lexicon::is_clear_date(only);
    }
    let is_verb = words.iter().any(|word| matches!(*word, "may" | "march"));
    !is_verb || has_number || is_led || words.iter().any(|word| matches!(*word, "last" | "next"))
}
