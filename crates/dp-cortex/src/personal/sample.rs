//! Chooses the passages that a personal model learns from: spread over sources, kinds and years, so that ten
//! years of chat don't drown the letters. One pass in bounded memory; the order of what comes doesn't matter.

use crate::passages::passages;
use dp_lake::{LakeError, Vault, etl::HomeClock};
use futures::executor::block_on;
use std::collections::{BTreeMap, HashSet};

/// Passages that are chosen at most.
pub const SAMPLE_MAX: usize = 20_000;
/// What is taken of a passage: more than teachers read.
pub const PASSAGE_BYTES_MAX: usize = 2_048;
/// Shorter texts ("ok", "thanks") teach nothing.
const LETTERS_LEAST: usize = 8;

/// Documents that are read at once.
const READ_AT_ONCE: usize = 5_000;
/// Chooses the same sample of the same vault.
const SEED: u64 = 1;

/// A passage that may be chosen, and the group it is one of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SampleItem {
    /// Where it comes from.
    pub source: String,
    /// What it is.
    pub kind: String,
    /// The year it is of; 0 if unknown.
    pub year: i32,
    /// What it says.
    pub text: String,
}

type Group = (String, String, i32);
/// Passages of one group by a number that chance gave them; those with the lowest are kept.
type Drawn = BTreeMap<u64, String>;

/// At most `most` passages of `items`. Groups of one source, kind and year give as many each, small groups
/// all they have. The same items and seed give the same passages in the same order, whatever the order the
/// items come in; the same text is taken once. Holds at most about twice as many as it gives.
pub fn choose_sample(items: impl IntoIterator<Item = SampleItem>, most: usize, seed: u64) -> Vec<String> {
    let most = most.min(SAMPLE_MAX);
    let mut groups: BTreeMap<Group, Drawn> = BTreeMap::new();
    let (mut held, mut each) = (0_usize, most);
    for item in items {
        let text = crate::embed::clipped(item.text.trim(), PASSAGE_BYTES_MAX);
        if each == 0
            || text.chars().filter(|letter| letter.is_alphanumeric()).take(LETTERS_LEAST).count()
                < LETTERS_LEAST
        {
            continue;
        }
        let number = chance(text, seed);
        let group = groups.entry((item.source, item.kind, item.year)).or_default();
        let is_beaten = group.len() > each && group.last_key_value().is_some_and(|(last, _)| *last < number);
        if is_beaten || group.contains_key(&number) {
            continue;
        }
        group.insert(number, text.to_owned());
        held += 1;
        if group.len() > each + 1 {
            group.pop_last();
            held -= 1;
        }
        if held > 2 * most {
            each = fair_share(&groups, most).max(1);
            held = cut(&mut groups, each, most);
        }
    }
    let each = fair_share(&groups, most).max(1);
    cut(&mut groups, each, most);
    fill(groups, each, most)
}

/// At most `most` passages of all documents of a vault.
///
/// # Errors
/// When the vault can't be read.
pub fn sample_vault(vault: &dyn Vault, most: usize) -> Result<Vec<String>, LakeError> {
    let mut clock = HomeClock::new(vault.home_zone());
    let mut after = None;
    let mut failure = None;
    let lots = std::iter::from_fn(|| match block_on(vault.documents().walk(after, READ_AT_ONCE)) {
        Ok(documents) => {
            after = documents.last().map(|last| last.document.id);
            (!documents.is_empty()).then_some(documents)
        }
        Err(error) => {
            failure = Some(error);
            None
        }
    });
    let items = lots.flatten().flat_map(|found| {
        let content = &found.document.content;
        let day = content.time.as_ref().map(|time| clock.day(time));
        let year = day.map_or(0, |day| i32::from(dp_lake::date_of_day(day).year()));
        let (source, kind) = (content.source.to_string(), content.kind.to_string());
        let texts = passages(content).into_iter().map(|passage| passage.text);
        texts
            .map(|text| SampleItem { source: source.clone(), kind: kind.clone(), year, text })
            .collect::<Vec<_>>()
    });
    let sample = choose_sample(items, most, SEED);
    failure.map_or(Ok(sample), Err)
}

/// How many each group gives so that all together give at most `most`.
fn fair_share(groups: &BTreeMap<Group, Drawn>, most: usize) -> usize {
    let mut sizes: Vec<usize> = groups.values().map(Drawn::len).collect();
    sizes.sort_unstable();
    let mut left = most;
    for (at, size) in sizes.iter().enumerate() {
        let share = left / (sizes.len() - at);
        if *size > share {
            return share;
        }
        left -= size;
    }
    most
}

/// Cuts what no group can need any more; more groups than passages lose those that chance put last. Keeps
/// one more of each than its share, for what rounding leaves over. Gives how many are left.
fn cut(groups: &mut BTreeMap<Group, Drawn>, each: usize, most: usize) -> usize {
    if groups.len() > most {
        let mut firsts: Vec<u64> = groups.values().filter_map(|group| group.keys().next().copied()).collect();
        firsts.sort_unstable();
        let last = firsts.get(most.saturating_sub(1)).copied().unwrap_or(u64::MAX);
        groups.retain(|_, group| group.keys().next().is_some_and(|first| *first <= last));
    }
    groups.values_mut().for_each(|group| {
        while group.len() > each + 1 {
            group.pop_last();
        }
    });
    groups.values().map(Drawn::len).sum()
}

/// The passages of all groups in the order of chance, and of what is beyond the shares as many as fit.
fn fill(groups: BTreeMap<Group, Drawn>, each: usize, most: usize) -> Vec<String> {
    let (mut chosen, mut spare) = (Vec::new(), Vec::new());
    for group in groups.into_values() {
        for (at, drawn) in group.into_iter().enumerate() {
            if at < each { chosen.push(drawn) } else { spare.push(drawn) }
        }
    }
    chosen.sort_unstable();
    spare.sort_unstable();
    let mut seen = HashSet::new();
    let mut sample: Vec<(u64, String)> =
        chosen.into_iter().chain(spare).filter(|(number, _)| seen.insert(*number)).take(most).collect();
    sample.sort_unstable();
    sample.into_iter().map(|(_, text)| text).collect()
}

/// A number that looks like chance but depends on text and seed alone (FNV-1a, then SplitMix64's mixing).
fn chance(text: &str, seed: u64) -> u64 {
    let mut state = text.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |state, byte| {
        (state ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
    });
    state = state.wrapping_add(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15));
    state = (state ^ (state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    state = (state ^ (state >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    state ^ (state >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn items(source: &str, year: i32, count: usize) -> impl Iterator<Item = SampleItem> + Clone {
        let source = source.to_owned();
        (0..count).map(move |number| SampleItem {
            source: source.clone(),
            kind: "message".to_owned(),
            year,
            text: format!("{source} wrote in {year} message number {number}"),
        })
    }

    fn count(sample: &[String], start: &str) -> usize {
        sample.iter().filter(|text| text.starts_with(start)).count()
    }

    #[test]
    fn small_groups_give_all_and_large_ones_the_same_share() {
        let all =
            items("chat", 2019, 5_000).chain(items("mail", 2019, 3_000)).chain(items("diary", 2019, 10));
        let sample = choose_sample(all, 500, 1);
        assert_eq!(sample.len(), 500);
        assert_eq!((count(&sample, "diary"), count(&sample, "chat"), count(&sample, "mail")), (10, 245, 245));
    }

    #[test]
    fn years_count_as_groups_and_the_order_of_items_does_not_matter() {
        let mut all: Vec<SampleItem> = items("mail", 2001, 40).chain(items("mail", 2020, 4_000)).collect();
        let sample = choose_sample(all.clone(), 120, 7);
        assert_eq!((count(&sample, "mail wrote in 2001"), sample.len()), (40, 120));
        all.reverse();
        assert_eq!(choose_sample(all.clone(), 120, 7), sample);
        assert_ne!(choose_sample(all, 120, 8), sample);
    }

    #[test]
    fn repeated_and_very_short_texts_are_not_taken_twice_or_at_all() {
        let mut all: Vec<SampleItem> = (0..50).flat_map(|_| items("chat", 2020, 3)).collect();
        all.push(SampleItem { text: "ok …… !".into(), ..all[0].clone() });
        all.push(SampleItem { source: "mail".into(), ..all[0].clone() });
        assert_eq!(choose_sample(all, 100, 1).len(), 3);
    }

    #[test]
    fn more_groups_than_passages_are_no_reason_to_fail() {
        let all = (0..3_000).flat_map(|year| items("mail", year, 3));
        assert_eq!(choose_sample(all, 40, 3).len(), 40);
        assert!(choose_sample(items("mail", 1, 5), 0, 3).is_empty());
    }

    #[test]
    fn long_texts_are_cut_between_characters() {
        let long = SampleItem { text: "ä".repeat(5_000), ..items("mail", 1, 1).next().unwrap() };
        let sample = choose_sample([long], 5, 1);
        assert_eq!(sample[0].len(), PASSAGE_BYTES_MAX);
    }
}
