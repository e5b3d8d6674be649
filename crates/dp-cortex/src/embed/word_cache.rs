//! Tokens of the words met lately, in bounded memory. A word in, its tokens out, if they are remembered.

use foldhash::fast::RandomState;
use smallvec::SmallVec;
use std::collections::HashMap;

/// Words of one generation; two are kept. About 5 MB when both are full.
const WORDS_MAX: usize = 32_768;

/// Longer words are rare, and seldom come twice.
const WORD_BYTES_MAX: usize = 48;

type Generation = HashMap<Box<str>, SmallVec<[u32; 6]>, RandomState>;

/// Remembers the tokens of words. When a generation is full it becomes the old one, and the one before is
/// forgotten: what is still in use moves over.
#[derive(Debug, Default)]
pub(super) struct WordCache {
    young: Generation,
    old: Generation,
}

impl WordCache {
    /// Appends the word's tokens to `tokens`, computing them if they are not remembered.
    pub(super) fn append<Failure>(
        &mut self,
        word: &str,
        tokens: &mut Vec<u32>,
        compute: impl FnOnce(&str, &mut Vec<u32>) -> Result<(), Failure>,
    ) -> Result<(), Failure> {
        if let Some(known) = self.young.get(word) {
            tokens.extend_from_slice(known);
            return Ok(());
        }
        if word.len() > WORD_BYTES_MAX {
            return compute(word, tokens);
        }
        let start = tokens.len();
        let known = match self.old.remove(word) {
            Some(known) => {
                tokens.extend_from_slice(&known);
                known
            }
            None => {
                compute(word, tokens)?;
                SmallVec::from_slice(&tokens[start..])
            }
        };
        if self.young.len() >= WORDS_MAX {
            self.old = std::mem::take(&mut self.young);
        }
        self.young.insert(word.into(), known);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_in_use_are_computed_once_and_memory_is_bounded() {
        let mut cache = WordCache::default();
        let mut computed = 0;
        let mut tokens = Vec::new();
        for number in 0..100_000_u32 {
            for word in ["often", &number.to_string()] {
                cache
                    .append(word, &mut tokens, |_, tokens| {
                        computed += 1;
                        tokens.push(number);
                        Ok::<(), ()>(())
                    })
                    .unwrap();
            }
            assert_eq!(tokens, [0, number], "a word's tokens are those of its first computation");
            tokens.clear();
        }
        assert_eq!(computed, 100_001);
        assert!(cache.young.len() + cache.old.len() <= 2 * WORDS_MAX);
    }

    #[test]
    fn long_words_are_not_kept_and_failures_neither() {
        let mut cache = WordCache::default();
        let mut tokens = Vec::new();
        assert_eq!(cache.append("x", &mut tokens, |_, _| Err("broken")), Err("broken"));
        let compute = |_: &str, tokens: &mut Vec<u32>| {
            tokens.push(1);
            Ok::<(), ()>(())
        };
        cache.append(&"x".repeat(100), &mut tokens, compute).unwrap();
        assert!(cache.young.is_empty());
        assert_eq!(tokens, [1]);
    }
}
