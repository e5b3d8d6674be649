//! Makes text: queries, titles, sentences in several languages. Common words are common, rare words
//! are many, as in real text.

mod tongues;
mod topics;

use crate::dice::Dice;
use tongues::TONGUES;
use topics::{ENDINGS, OPENINGS, QUERIES, TITLES, TOPICS};

/// The share of queries and titles in another language than English.
const FOREIGN_SHARE: f64 = 0.16;

/// How many invented rare words there are.
const RARE_WORDS: usize = 30_000;

struct Topic {
    things: Vec<&'static str>,
    qualities: Vec<&'static str>,
    doings: Vec<&'static str>,
}

/// All word lists, split once.
pub(crate) struct Words {
    topics: Vec<Topic>,
    openings: Vec<&'static str>,
    endings: Vec<&'static str>,
    titles: Vec<&'static str>,
    queries: Vec<&'static str>,
    tongues: Vec<(Vec<&'static str>, Vec<&'static str>)>,
}

impl Words {
    pub(crate) fn new() -> Self {
        let split = |list: &'static str| list.split('|').collect::<Vec<_>>();
        let topics = TOPICS
            .iter()
            .map(|&(things, qualities, doings)| Topic {
                things: split(things),
                qualities: split(qualities),
                doings: split(doings),
            })
            .collect();
        Self {
            topics,
            openings: split(OPENINGS),
            endings: split(ENDINGS),
            titles: split(TITLES),
            queries: split(QUERIES),
            tongues: TONGUES.iter().map(|tongue| (split(tongue.heads), split(tongue.tails))).collect(),
        }
    }

    /// A thing of some field of interest.
    pub(crate) fn thing(&self, dice: &mut Dice) -> &'static str {
        let topic = dice.pick_favourite(&self.topics);
        dice.favourite_word(&topic.things)
    }

    /// What somebody types into a search field.
    pub(crate) fn query(&self, dice: &mut Dice) -> String {
        if dice.chance(FOREIGN_SHARE) {
            return self.foreign(dice);
        }
        let frame = *dice.pick_favourite(&self.queries);
        self.fill(frame, dice)
    }

    /// The title of a video or an article.
    pub(crate) fn title(&self, dice: &mut Dice) -> String {
        if dice.chance(FOREIGN_SHARE) {
            return self.foreign(dice);
        }
        let frame = *dice.pick(&self.titles);
        capitalised(&self.fill(frame, dice))
    }

    /// A few words in another language.
    pub(crate) fn foreign(&self, dice: &mut Dice) -> String {
        let language = dice.favourite(TONGUES.len());
        self.foreign_in(language, dice)
    }

    fn foreign_in(&self, language: usize, dice: &mut Dice) -> String {
        let (heads, tails) = &self.tongues[language];
        format!("{}{}{}", dice.pick_favourite(heads), TONGUES[language].space, dice.pick(tails))
    }

    /// A sentence, mostly English.
    pub(crate) fn sentence(&self, dice: &mut Dice) -> String {
        if dice.chance(0.08) {
            let language = dice.favourite(TONGUES.len());
            let tongue = &TONGUES[language];
            let first = self.foreign_in(language, dice);
            let second = self.foreign_in(language, dice);
            return format!("{first}{}{second}{}", tongue.space, tongue.stop);
        }
        let topic = dice.pick_favourite(&self.topics);
        let opening = dice.pick_favourite(&self.openings);
        let quality = dice.pick(&topic.qualities);
        let thing = dice.pick_favourite(&topic.things);
        let ending = dice.pick(&self.endings);
        if dice.chance(0.2) {
            let rare = rare_word(dice.favourite(RARE_WORDS));
            format!("{opening} the {quality} {thing} from {} {ending}.", capitalised(&rare))
        } else {
            format!("{opening} the {quality} {thing} {ending}.")
        }
    }

    /// Several sentences, about so many bytes in all.
    pub(crate) fn prose(&self, dice: &mut Dice, length_bytes: usize) -> String {
        let mut text = String::with_capacity(length_bytes + 120);
        while text.len() < length_bytes {
            if !text.is_empty() {
                text.push_str(if dice.chance(0.18) { "\n\n" } else { " " });
            }
            text.push_str(&self.sentence(dice));
        }
        text
    }

    /// An invented word that occurs seldom.
    pub(crate) fn rare(&self, dice: &mut Dice) -> String {
        rare_word(dice.favourite(RARE_WORDS))
    }

    fn fill(&self, frame: &str, dice: &mut Dice) -> String {
        let topic = dice.pick_favourite(&self.topics);
        let mut text = String::with_capacity(frame.len() + 32);
        let mut rest = frame;
        while let Some((before, after)) = rest.split_once('{') {
            text.push_str(before);
            let (slot, tail) = after.split_once('}').unwrap_or((after, ""));
            match slot {
                "n" => text.push_str(dice.favourite_word(&topic.things)),
                "m" => text.push_str(dice.word(&topic.things)),
                "a" => text.push_str(dice.favourite_word(&topic.qualities)),
                "v" => text.push_str(dice.word(&topic.doings)),
                "k" => text.push_str(&dice.between(2, 31).to_string()),
                "y" => text.push_str(&dice.between(1998, 2026).to_string()),
                _ => text.push_str(&rare_word(dice.favourite(RARE_WORDS))),
            }
            rest = tail;
        }
        text.push_str(rest);
        text
    }
}

/// With a capital first letter.
pub(crate) fn capitalised(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

/// The invented word with this number.
pub(crate) fn rare_word(number: usize) -> String {
    const SYLLABLES: &[&str] = &[
        "ba", "dre", "fi", "gol", "ha", "jun", "ka", "lor", "mi", "nev", "o", "pra", "qui", "ro", "sel",
        "tam", "u", "vor", "wen", "xi", "yl", "zan", "bri", "cla", "dun", "er", "fal", "gri", "hol", "im",
        "kes", "lan",
    ];
    let mut state = crate::dice::mix(number as u64);
    let mut word = String::with_capacity(12);
    for _ in 0..(2 + number % 3) {
        word.push_str(SYLLABLES[(state % SYLLABLES.len() as u64) as usize]);
        state = crate::dice::mix(state);
    }
    word
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn text_is_varied_and_in_many_scripts() {
        let words = Words::new();
        let mut dice = Dice::of(7, "test", 0);
        let queries = (0..4000).map(|_| words.query(&mut dice)).collect::<HashSet<_>>();
        assert!(queries.len() > 1200, "{}", queries.len());
        for script in ['の', '面', 'ร', 'س', 'ж', 'ü', 'é'] {
            assert!(queries.iter().any(|query| query.contains(script)), "{script}");
        }
    }

    #[test]
    fn no_slot_is_left_open() {
        let words = Words::new();
        let mut dice = Dice::of(7, "test", 1);
        assert!((0..2000).all(|_| !words.title(&mut dice).contains(['{', '}'])));
    }
}
