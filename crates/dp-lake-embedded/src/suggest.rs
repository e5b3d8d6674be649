//! How what is being typed may go on: names out of the top lists, kept in memory folded and sorted, and
//! titles of the documents that match best so far.

use crate::{read::Reader, text::TextIndex};
use dp_lake::{
    Dimension, Filter, LakeError, Sort, Suggestion, SuggestionKind, Term, TermMode, TextQuery, analysis::fold,
};
use hashbrown::HashMap;
use std::{
    cmp::Reverse,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

/// Names of one dimension that are kept: the most frequent ones.
const NAMES_MAX: usize = 100_000;
/// Words of one name at which it is found.
const WORDS_MAX: usize = 8;
/// Names that are looked at for one beginning.
const LOOKED_AT_MAX: usize = 20_000;
/// Matching documents whose titles are looked at.
const TITLES_LOOKED_AT: usize = 96;
/// While the vault is written to, names are read anew after so long.
const RENEWED_AFTER: Duration = Duration::from_secs(10);

const DIMENSIONS: [(SuggestionKind, Dimension); 4] = [
    (SuggestionKind::Person, Dimension::Person),
    (SuggestionKind::Place, Dimension::Place),
    (SuggestionKind::Channel, Dimension::Channel),
    (SuggestionKind::Site, Dimension::Site),
];

/// The names of a vault, shared by its readers.
#[derive(Default)]
pub(crate) struct NameCache(Mutex<Option<Arc<Names>>>);

/// Every name at each of its words.
struct Names {
    /// The sequence number they were read at, and when.
    sequence: u64,
    read: Instant,
    names: Vec<Name>,
    /// Folded beginnings in order: the text from a word on, which name it is of, whether it is all of it.
    beginnings: Vec<(Box<str>, u32, bool)>,
}

struct Name {
    kind: SuggestionKind,
    text: String,
    documents: u64,
}

pub(crate) fn suggest(
    reader: &mut Reader,
    index: &TextIndex,
    cache: &NameCache,
    typed: &str,
    limit: usize,
) -> Result<Vec<Suggestion>, LakeError> {
    let folded = fold(typed);
    if folded.is_empty() || limit == 0 {
        return Ok(Vec::new());
    }
    let names = cache.get(reader)?;
    let mut found = names.starting_with(&folded, limit);
    found.extend(titles(reader, index, typed, &folded, limit)?);
    Ok(found)
}

impl NameCache {
    fn get(&self, reader: &mut Reader) -> Result<Arc<Names>, LakeError> {
        let sequence = reader.sequence()?;
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(names) = kept.as_ref()
            && (names.sequence == sequence || names.read.elapsed() < RENEWED_AFTER)
        {
            return Ok(Arc::clone(names));
        }
        let names = Arc::new(Names::read(reader, sequence)?);
        *kept = Some(Arc::clone(&names));
        Ok(names)
    }
}

impl Names {
    fn read(reader: &mut Reader, sequence: u64) -> Result<Self, LakeError> {
        let mut names = Vec::new();
        let mut beginnings = Vec::new();
        for (kind, dimension) in DIMENSIONS {
            for top in reader.top(dimension, NAMES_MAX)? {
                let number = names.len() as u32;
                let folded = fold(&top.name);
                for (index, start) in word_starts(&folded).take(WORDS_MAX).enumerate() {
                    beginnings.push((Box::from(&folded[start..]), number, index == 0 && start == 0));
                }
                names.push(Name { kind, text: top.name, documents: top.count });
            }
        }
        beginnings.sort_unstable();
        Ok(Self { sequence, read: Instant::now(), names, beginnings })
    }

    fn starting_with(&self, typed: &str, limit: usize) -> Vec<Suggestion> {
        let first = self.beginnings.partition_point(|(text, ..)| **text < *typed);
        let matching = self.beginnings[first..].iter().take_while(|(text, ..)| text.starts_with(typed));
        let mut ranks: HashMap<u32, bool, foldhash::fast::RandomState> = HashMap::default();
        for &(_, number, is_whole) in matching.take(LOOKED_AT_MAX) {
            *ranks.entry(number).or_default() |= is_whole;
        }
        let mut suggestions = Vec::new();
        for (kind, _) in DIMENSIONS {
            let of_kind = ranks.iter().filter_map(|(&number, &is_whole)| {
                let name = self.names.get(number as usize).filter(|name| name.kind == kind)?;
                Some((!is_whole, Reverse(name.documents), name.text.as_str()))
            });
            let mut of_kind = of_kind.collect::<Vec<_>>();
            of_kind.sort_unstable();
            suggestions.extend(of_kind.into_iter().take(limit).map(|(_, Reverse(documents), text)| {
                Suggestion { kind, text: text.to_owned(), documents, id: None }
            }));
        }
        suggestions
    }
}

/// Byte offsets at which the words of a folded text begin; 0 always.
fn word_starts(folded: &str) -> impl Iterator<Item = usize> {
    let mut before_is_word = false;
    let starts = folded.char_indices().filter_map(move |(at, character)| {
        let is_word = character.is_alphanumeric();
        let starts = is_word && !before_is_word && at > 0;
        before_is_word = is_word;
        starts.then_some(at)
    });
    std::iter::once(0).chain(starts)
}

/// Titles in which a word begins with what was typed, among the best matches.
fn titles(
    reader: &mut Reader,
    index: &TextIndex,
    typed: &str,
    folded: &str,
    limit: usize,
) -> Result<Vec<Suggestion>, LakeError> {
    let term = Term { text: typed.to_owned(), mode: TermMode::Prefix };
    let query = TextQuery { must: vec![term], ..TextQuery::default() };
    let found = index.search(&query, &Filter::default(), Sort::Relevance, TITLES_LOOKED_AT)?;
    let mut titles: Vec<(bool, u64, Suggestion)> = Vec::new();
    for (id, title) in reader.titles_of_rows(&found.rows)? {
        let name = fold(&title);
        let Some(start) = word_starts(&name).find(|&start| name[start..].starts_with(folded)) else {
            continue;
        };
        if let Some((_, count, _)) = titles.iter_mut().find(|(.., known)| known.text == title) {
            *count += 1;
            continue;
        }
        let suggestion = Suggestion { kind: SuggestionKind::Title, text: title, documents: 0, id: Some(id) };
        titles.push((start > 0, 1, suggestion));
    }
    titles.sort_by(|one, other| {
        (one.0, Reverse(one.1), &one.2.text).cmp(&(other.0, Reverse(other.1), &other.2.text))
    });
    let counted = titles.into_iter().map(|(_, documents, suggestion)| Suggestion { documents, ..suggestion });
    Ok(counted.take(limit).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_begin_after_what_is_no_letter() {
        let starts = |text: &str| word_starts(text).collect::<Vec<_>>();
        assert_eq!(starts("mia lund"), [0, 4]);
        assert_eq!(starts("jo@example.org"), [0, 3, 11]);
        assert_eq!(starts("«das café»"), [0, 2, 6]);
        assert_eq!(starts(""), [0]);
    }
}
