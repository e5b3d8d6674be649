//! Puts near-duplicates together: the same page opened twelve times is one hit "and 11 like it". Pure.

use dp_lake::analysis::for_each_token;
use dp_model::{Content, Kind};
use std::{
    collections::BTreeSet,
    hash::{BuildHasher as _, RandomState},
};

/// Words of a document that are compared: a mail that quotes another is not it.
const WORDS_COMPARED: usize = 256;
/// Share of words that two documents must have in common.
const ALIKE_FROM: f64 = 0.9;

/// What a document says, in a form that is cheap to compare.
pub(super) struct Fingerprint {
    kind: Kind,
    source: String,
    words: BTreeSet<u64>,
}

/// Makes fingerprints that can be compared with each other.
#[derive(Default)]
pub(super) struct Fingerprints(RandomState);

impl Fingerprints {
    pub(super) fn of(&self, content: &Content) -> Fingerprint {
        let mut words = BTreeSet::new();
        for text in
            [content.title.as_str(), content.text.as_str(), content.url.as_deref().unwrap_or_default()]
        {
            let mut seen = 0;
            // A long text is cut before it is taken apart.
            let head = &text[..text.floor_char_boundary(WORDS_COMPARED * 16)];
            for_each_token(head, &mut |token| {
                if seen < WORDS_COMPARED {
                    words.insert(self.0.hash_one(token.term));
                    seen += 1;
                }
            });
        }
        for mention in &content.people {
            let identity = mention.identity.as_ref().map(|identity| identity.value.as_str());
            words.extend(mention.name.as_deref().or(identity).map(|name| self.0.hash_one(name)));
        }
        Fingerprint { kind: content.kind, source: content.source.to_string(), words }
    }
}

impl Fingerprint {
    /// Whether both say nearly the same. Documents without a word are like nothing.
    pub(super) fn is_like(&self, other: &Self) -> bool {
        if self.kind != other.kind || self.source != other.source || self.words.is_empty() {
            return false;
        }
        let (fewer, more) =
            (self.words.len().min(other.words.len()), self.words.len().max(other.words.len()));
        if (fewer as f64) < ALIKE_FROM * more as f64 {
            return false;
        }
        let common = self.words.intersection(&other.words).count();
        common as f64 >= ALIKE_FROM * (self.words.len() + other.words.len() - common) as f64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn alike(one: (&str, &str), other: (&str, &str)) -> bool {
        let fingerprints = Fingerprints::default();
        let of = |(title, text): (&str, &str)| {
            let mut content = Content::new("google.chrome", Kind::Browse);
            content.title = title.into();
            content.text = text.into();
            fingerprints.of(&content)
        };
        of(one).is_like(&of(other))
    }

    #[test]
    fn the_same_words_are_alike_and_one_other_word_in_a_short_title_is_not() {
        assert!(alike(("Sour dough bread", ""), ("SOUR dough: Bread!", "")));
        assert!(!alike(("Invoice May", ""), ("Invoice June", "")));
        let long = "one two three four five six seven eight nine ten eleven twelve";
        assert!(alike((long, ""), (&format!("{long} thirteen"), "")));
    }

    #[test]
    fn empty_documents_are_like_nothing() {
        assert!(!alike(("", ""), ("", "")));
    }

    #[test]
    fn documents_of_other_kinds_are_not_alike() {
        let fingerprints = Fingerprints::default();
        let of = |kind| {
            let mut content = Content::new("a", kind);
            content.title = "Bread".into();
            fingerprints.of(&content)
        };
        assert!(!of(Kind::Note).is_like(&of(Kind::Task)));
    }
}
