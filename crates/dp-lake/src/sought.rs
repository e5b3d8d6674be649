//! What the words of a query look for in analysed text: single terms, or terms next to each other.
//! The plain reading of the rules; an index gives the same answers faster.

use crate::{
    TermMode,
    analysis::{OwnedToken, TokenKind, searched_url, tokens},
};

/// Terms that must stand next to each other in one string.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sought {
    /// Folded terms; at least one.
    pub terms: Vec<String>,
    /// Whether the last one may go on.
    pub last_is_prefix: bool,
    /// Whether a typo may be forgiven: a single word of a script with spaces, and not a phrase.
    pub is_word: bool,
}

impl Sought {
    /// How often it stands in a string with these tokens.
    #[must_use]
    pub fn occurrences(&self, tokens: &[OwnedToken]) -> usize {
        let stands_in = |window: &&[OwnedToken]| {
            let last = self.terms.len() - 1;
            self.terms.iter().zip(window.iter()).enumerate().all(|(index, (term, token))| {
                token.term == *term || (self.last_is_prefix && index == last && token.term.starts_with(term))
            })
        };
        tokens.windows(self.terms.len()).filter(stands_in).count()
    }
}

/// What `text` looks for in this mode; all of it must be found, each in any string of a document.
/// Nothing if there is no word in it.
///
/// What stands between white space is one whole: a word, an address or a link by its parts next to
/// each other, a run of characters of a script without spaces wherever it is in a longer run. A phrase
/// is one whole too.
#[must_use]
pub fn sought(text: &str, mode: TermMode) -> Vec<Sought> {
    if mode == TermMode::Phrase {
        let phrase = Sought { is_word: false, ..whole(&tokens(text)) };
        return if phrase.terms.is_empty() { Vec::new() } else { vec![phrase] };
    }
    let mut last_goes_on = false;
    let mut all = Vec::new();
    for chunk in text.split_whitespace() {
        let tokens = tokens(searched_url(chunk));
        if let Some(last) = tokens.last() {
            last_goes_on = last.kind == TokenKind::Word;
            all.push(whole(&tokens));
        }
    }
    if mode == TermMode::Prefix
        && let Some(last) = all.last_mut().filter(|_| last_goes_on)
    {
        last.last_is_prefix = true;
    }
    all
}

/// All tokens in their order. The last character of a closing run repeats what the pair before it says,
/// and must not keep the run from going on in the text.
fn whole(tokens: &[OwnedToken]) -> Sought {
    let is_word = matches!(tokens, [only] if only.kind == TokenKind::Word);
    let (kept, last_is_prefix) = match tokens {
        [before @ .., pair, last] if last.kind == TokenKind::Last && pair.kind == TokenKind::Pair => {
            (&tokens[..before.len() + 1], false)
        }
        [.., last] => (tokens, last.kind == TokenKind::Last),
        [] => (tokens, false),
    };
    Sought { terms: kept.iter().map(|token| token.term.clone()).collect(), last_is_prefix, is_word }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_found(query: &str, mode: TermMode, text: &str) -> bool {
        let tokens = tokens(text);
        sought(query, mode).iter().all(|sought| sought.occurrences(&tokens) > 0)
    }

    #[test]
    fn words_may_stand_anywhere_and_phrases_only_together() {
        assert!(is_found("bread sour", TermMode::Words, "Sour dough bread"));
        assert!(!is_found("sour bread", TermMode::Phrase, "Sour dough bread"));
        assert!(is_found("DOUGH bread", TermMode::Phrase, "Sour dough, bread"));
        assert!(!is_found("dou", TermMode::Words, "Sour dough"));
        assert!(is_found("sour dou", TermMode::Prefix, "Sour dough"));
        assert!(!is_found("so dough", TermMode::Prefix, "Sour dough"));
    }

    #[test]
    fn every_piece_of_a_run_is_found_and_its_characters_elsewhere_are_not() {
        for piece in ["東", "京", "東京", "京都庁", "庁", "東京都庁"] {
            for mode in [TermMode::Words, TermMode::Prefix, TermMode::Phrase] {
                assert!(is_found(piece, mode, "昨日、東京都庁へ"), "{piece} {mode:?}");
            }
        }
        assert!(!is_found("東京都", TermMode::Words, "東京と京都"));
        assert!(is_found("京都 map", TermMode::Phrase, "東京都 map"));
        assert!(!is_found("東京 map", TermMode::Phrase, "東京都 map"));
    }

    #[test]
    fn addresses_and_links_are_sought_by_their_parts_in_order() {
        assert!(is_found("mia.lund@example.org", TermMode::Words, "to Mia.Lund@example.org"));
        assert!(!is_found("mia.lund@example.org", TermMode::Words, "lund mia, example org"));
        assert!(is_found("https://www.example.org/a", TermMode::Words, "example.org/a/b"));
        assert!(is_found("don't stop", TermMode::Words, "Stop! Don’t!"));
        assert!(is_found("mia.lu", TermMode::Prefix, "mia.lund@example.org"));
    }

    #[test]
    fn punctuation_looks_for_nothing() {
        assert_eq!(sought("… -- !", TermMode::Phrase), []);
    }
}
