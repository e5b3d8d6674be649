//! Word stems, by the Snowball algorithms: what makes `flows` and `flowing` forms of one word. Only
//! queries are stemmed; documents are indexed by the words they have.

use rust_stemmers::{Algorithm, Stemmer};
use serde::{Deserialize, Serialize};
use std::borrow::Cow;

/// A language whose words can be stemmed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Language {
    /// Danish.
    Danish,
    /// Dutch.
    Dutch,
    /// English.
    English,
    /// Finnish.
    Finnish,
    /// French.
    French,
    /// German.
    German,
    /// Hungarian.
    Hungarian,
    /// Italian.
    Italian,
    /// Norwegian.
    Norwegian,
    /// Portuguese.
    Portuguese,
    /// Romanian.
    Romanian,
    /// Russian.
    Russian,
    /// Spanish.
    Spanish,
    /// Swedish.
    Swedish,
    /// Turkish.
    Turkish,
}

impl Language {
    /// What stems words of this language.
    #[must_use]
    pub fn stemmer(self) -> WordStemmer {
        WordStemmer(Stemmer::create(match self {
            Self::Danish => Algorithm::Danish,
            Self::Dutch => Algorithm::Dutch,
            Self::English => Algorithm::English,
            Self::Finnish => Algorithm::Finnish,
            Self::French => Algorithm::French,
            Self::German => Algorithm::German,
            Self::Hungarian => Algorithm::Hungarian,
            Self::Italian => Algorithm::Italian,
            Self::Norwegian => Algorithm::Norwegian,
            Self::Portuguese => Algorithm::Portuguese,
            Self::Romanian => Algorithm::Romanian,
            Self::Russian => Algorithm::Russian,
            Self::Spanish => Algorithm::Spanish,
            Self::Swedish => Algorithm::Swedish,
            Self::Turkish => Algorithm::Turkish,
        }))
    }
}

/// Stems the words of one language.
pub struct WordStemmer(Stemmer);

impl WordStemmer {
    /// The stem of a folded word. Not always a word itself.
    #[must_use]
    pub fn stem<'a>(&self, word: &'a str) -> Cow<'a, str> {
        self.0.stem(word)
    }

    /// A beginning that all forms of the word share: what a dictionary is searched from. Snowball's
    /// rules change at most the last letters of a stem, as in `happy` and `happiness`.
    #[must_use]
    pub fn common_beginning<'a>(&self, word: &'a str) -> &'a str {
        let stem = self.stem(word);
        let shared = stem.chars().zip(word.chars()).take_while(|(one, other)| one == other).count();
        let letters = if shared > 4 { shared - 1 } else { shared.max(2) };
        word.char_indices().nth(letters).map_or(word, |(end, _)| &word[..end])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms_of_a_word_share_its_stem_and_its_beginning() {
        let stemmer = Language::English.stemmer();
        for forms in [["flow", "flows", "flowing"], ["happy", "happiness", "happily"]] {
            let beginning = stemmer.common_beginning(forms[0]);
            assert!(beginning.len() >= 2 && forms.iter().all(|form| form.starts_with(beginning)));
        }
        assert_eq!(stemmer.stem("flowing"), stemmer.stem("flows"));
        assert_ne!(stemmer.stem("flower"), stemmer.stem("flows"));
        assert_eq!(Language::German.stemmer().stem("hauser"), "haus");
    }
}
