//! Puts near-duplicates together: the same page opened twelve times is one hit "and 11 like it". Pure.

use dp_lake::analysis::for_each_token;
use dp_model::{Content, Kind};
use std::{
    cmp::Ordering,
    hash::{BuildHasher as _, RandomState},
};

/// Words of a document that are compared: a mail that quotes another is not it.
const WORDS_COMPARED: usize = 256;
/// Two documents are alike if they have nine tenths of all their words in common. That is: of so many words of the one
/// and the other together, one at most stands in one of them alone.
const WORDS_FOR_ONE_UNSHARED: usize = 19;

/// What a document says, in a form that is cheap to compare.
pub(super) struct Fingerprint {
    kind: Kind,
    source: String,
    /// Hashes of its words, each once, in order.
    words: Vec<u64>,
}

/// Makes fingerprints that can be compared with each other.
#[derive(Default)]
pub(super) struct Fingerprints(RandomState);

impl Fingerprints {
    pub(super) fn of(&self, content: &Content) -> Fingerprint {
        let mut words = Vec::new();
        for text in
            [content.title.as_str(), content.text.as_str(), content.url.as_deref().unwrap_or_default()]
        {
            let mut seen = 0;
            // A long text is cut before it is taken apart.
            let head = &text[..text.floor_char_boundary(WORDS_COMPARED * 16)];
            for_each_token(head, &mut |token| {
                if seen < WORDS_COMPARED {
                    words.push(self.0.hash_one(token.term));
                    seen += 1;
                }
            });
        }
        for mention in &content.people {
            let identity = mention.identity.as_ref().map(|identity| identity.value.as_str());
            words.extend(mention.name.as_deref().or(identity).map(|name| self.0.hash_one(name)));
        }
        words.sort_unstable();
        words.dedup();
        Fingerprint { kind: content.kind, source: content.source.to_string(), words }
    }
}

impl Fingerprint {
    /// Whether both say nearly the same. Documents without a word are like nothing.
    pub(super) fn is_like(&self, other: &Self) -> bool {
        if self.kind != other.kind || self.source != other.source || self.words.is_empty() {
            return false;
        }
        let all = self.words.len() + other.words.len();
        let unshared_max = all / WORDS_FOR_ONE_UNSHARED;
        self.words.len().abs_diff(other.words.len()) <= unshared_max
            && has_at_most_unshared(&self.words, &other.words, unshared_max)
    }
}

/// Whether so many numbers at most stand in one of these lists alone. Both are in order, without repetitions.
fn has_at_most_unshared(mut one: &[u64], mut other: &[u64], unshared_max: usize) -> bool {
    let mut unshared = 0;
    while let ([first, one_rest @ ..], [second, other_rest @ ..]) = (one, other) {
        match first.cmp(second) {
            Ordering::Equal => (one, other) = (one_rest, other_rest),
            Ordering::Less => (one, unshared) = (one_rest, unshared + 1),
            Ordering::Greater => (other, unshared) = (other_rest, unshared + 1),
        }
        if unshared > unshared_max {
            return false;
        }
    }
    unshared + one.len() + other.len() <= unshared_max
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
    fn words_in_one_list_alone_are_counted_up_to_the_limit() {
        assert!(has_at_most_unshared(&[1, 3, 5], &[1, 3, 5], 0));
        assert!(has_at_most_unshared(&[1, 3, 5], &[3, 4, 5], 2));
        assert!(!has_at_most_unshared(&[1, 3, 5], &[3, 4, 5], 1));
        assert!(has_at_most_unshared(&[1], &[1, 2, 3], 2) && !has_at_most_unshared(&[1, 2, 3], &[1], 1));
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
