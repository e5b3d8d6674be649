//! Seeded chance. Every stream of numbers is named by (seed, label, index), so any part of a life
//! can be made again on its own, in any order, with the same outcome.

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// A stream of seeded numbers.
pub(crate) struct Dice(ChaCha8Rng);

impl Dice {
    /// The stream with this name.
    pub(crate) fn of(seed: u64, label: &str, index: u64) -> Self {
        let mut state = mix(seed ^ 0x9e37_79b9_7f4a_7c15);
        for byte in label.bytes() {
            state = mix(state ^ u64::from(byte));
        }
        Self(ChaCha8Rng::seed_from_u64(mix(state ^ index)))
    }

    /// A number to seed another stream with.
    pub(crate) fn number(&mut self) -> u64 {
        self.0.random()
    }

    /// Evenly in 0..count; 0 if count is 0.
    pub(crate) fn below(&mut self, count: usize) -> usize {
        if count == 0 { 0 } else { self.0.random_range(0..count as u64) as usize }
    }

    /// Evenly in low..=high.
    pub(crate) fn between(&mut self, low: i64, high: i64) -> i64 {
        self.0.random_range(low..=high)
    }

    /// Evenly in [0, 1).
    pub(crate) fn unit(&mut self) -> f64 {
        self.0.random()
    }

    /// True this often.
    pub(crate) fn chance(&mut self, probability: f64) -> bool {
        self.unit() < probability
    }

    /// One of 0..count, the early ones far more often, as with words and favourite things.
    pub(crate) fn favourite(&mut self, count: usize) -> usize {
        let unit = self.unit();
        ((unit * unit * unit) * count as f64) as usize
    }

    /// One of these, evenly.
    pub(crate) fn pick<'a, T>(&mut self, items: &'a [T]) -> &'a T {
        &items[self.below(items.len())]
    }

    /// One of these, the early ones far more often.
    pub(crate) fn pick_favourite<'a, T>(&mut self, items: &'a [T]) -> &'a T {
        &items[self.favourite(items.len())]
    }

    /// One of these words, evenly.
    pub(crate) fn word(&mut self, words: &[&'static str]) -> &'static str {
        words[self.below(words.len())]
    }

    /// One of these words, the early ones far more often.
    pub(crate) fn favourite_word(&mut self, words: &[&'static str]) -> &'static str {
        words[self.favourite(words.len())]
    }

    /// A whole number that is `rate` on average and varies by half of it.
    pub(crate) fn count(&mut self, rate: f64) -> usize {
        let exact = rate * (0.5 + self.unit());
        let whole = exact as usize;
        whole + usize::from(self.chance(exact - whole as f64))
    }

    /// Letters, digits, `-` and `_`, as in the ids of videos and places.
    pub(crate) fn token(&mut self, length: usize) -> String {
        const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
        (0..length).map(|_| char::from(ALPHABET[self.below(64)])).collect()
    }

    /// Lower-case hexadecimal digits.
    pub(crate) fn hexadecimal(&mut self, length: usize) -> String {
        (0..length).map(|_| char::from(b"0123456789abcdef"[self.below(16)])).collect()
    }

    /// Bytes of no meaning.
    pub(crate) fn bytes(&mut self, length: usize) -> Vec<u8> {
        let mut bytes = vec![0; length];
        self.0.fill(&mut bytes);
        bytes
    }
}

/// The finaliser of SplitMix64.
pub(crate) const fn mix(value: u64) -> u64 {
    let value = value.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let value = (value ^ (value >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let value = (value ^ (value >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    value ^ (value >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stream_is_the_same_whenever_it_is_asked_for() {
        let draw = |seed, label, index| Dice::of(seed, label, index).number();
        assert_eq!(draw(7, "mail", 3), draw(7, "mail", 3));
        assert_ne!(draw(7, "mail", 3), draw(7, "mail", 4));
        assert_ne!(draw(7, "mail", 3), draw(7, "note", 3));
        assert_ne!(draw(7, "mail", 3), draw(8, "mail", 3));
    }

    #[test]
    fn early_things_are_favoured() {
        let mut dice = Dice::of(1, "test", 0);
        let early = (0..1000).filter(|_| dice.favourite(100) < 13).count();
        assert!(early > 400, "{early}");
    }
}
