//! Keeps count of what is written: per file for the ledger, and over all exports for the totals.

use crate::answers::{DocumentTotal, FileAnswer, Span, Totals};
use dp_model::{EntryStatus, Kind};
use std::collections::{BTreeMap, BTreeSet, HashSet};

/// What a record is: source and kind.
pub(crate) type Sort = (&'static str, Kind);

/// Distinct things over everything written so far.
#[derive(Debug, Default)]
pub(crate) struct Truth {
    certain: BTreeMap<Sort, HashSet<u64>>,
    /// Which documents they are is certain, which of these sorts they are is not.
    unsure: BTreeMap<&'static [Sort], HashSet<u64>>,
    loose: BTreeMap<Sort, u64>,
    all_loose: u64,
    fixes_by_day: BTreeMap<i32, u64>,
    path_points: HashSet<u64>,
    loose_samples: u64,
    contacts: BTreeSet<String>,
    strangers: BTreeSet<String>,
}

impl Truth {
    /// Takes over what was written elsewhere; the order does not matter.
    pub(crate) fn merge(&mut self, other: Self) {
        for (sort, ids) in other.certain {
            self.certain.entry(sort).or_default().extend(ids);
        }
        for (sorts, ids) in other.unsure {
            self.unsure.entry(sorts).or_default().extend(ids);
        }
        self.all_loose += other.all_loose;
        for (sort, count) in other.loose {
            *self.loose.entry(sort).or_default() += count;
        }
        for (day, count) in other.fixes_by_day {
            let known = self.fixes_by_day.entry(day).or_default();
            *known = count.max(*known);
        }
        self.path_points.extend(other.path_points);
        self.loose_samples += other.loose_samples;
        self.contacts.extend(other.contacts);
        self.strangers.extend(other.strangers);
    }

    pub(crate) fn totals(&self) -> Totals {
        let unsure_sorts = self.unsure.keys().flat_map(|sorts| sorts.iter());
        let sorts = self.certain.keys().chain(self.loose.keys()).chain(unsure_sorts).collect::<BTreeSet<_>>();
        let documents = sorts.into_iter().map(|sort| self.total_of(sort)).collect();
        let certain =
            self.certain.values().chain(self.unsure.values()).map(HashSet::len).sum::<usize>() as u64;
        let all = Span { at_least: certain, at_most: certain + self.all_loose };
        let samples = self.fixes_by_day.values().sum::<u64>() + self.path_points.len() as u64;
        let people = self.contacts.len() as u64;
        Totals {
            documents,
            all,
            samples: Span { at_least: samples, at_most: samples + self.loose_samples },
            people: Span {
                at_least: people,
                at_most: people + self.strangers.difference(&self.contacts).count() as u64,
            },
        }
    }

    fn total_of(&self, sort: &Sort) -> DocumentTotal {
        let at_least = self.certain.get(sort).map_or(0, |ids| ids.len() as u64);
        let unsure =
            self.unsure.iter().filter(|(sorts, _)| sorts.contains(sort)).map(|(_, ids)| ids.len() as u64);
        let at_most = at_least + unsure.sum::<u64>() + self.loose.get(sort).copied().unwrap_or(0);
        DocumentTotal { source: sort.0.to_owned(), kind: sort.1, count: Span { at_least, at_most } }
    }
}

/// What is found in one file.
#[derive(Debug)]
pub(crate) struct Found<'a> {
    truth: &'a mut Truth,
    answer: FileAnswer,
}

impl<'a> Found<'a> {
    pub(crate) fn new(truth: &'a mut Truth, path: String, variant: &str) -> Self {
        let answer = FileAnswer {
            path,
            variant: variant.to_owned(),
            status: EntryStatus::Parsed,
            or_status: Vec::new(),
            documents: 0,
            documents_maybe: 0,
            samples: 0,
            samples_maybe: 0,
            warnings: 0,
            broken_records: 0,
            copies: 1,
        };
        Self { truth, answer }
    }

    pub(crate) fn into_answer(self) -> FileAnswer {
        self.answer
    }

    /// A document; the same number of the same sort is the same document in any export.
    pub(crate) fn document(&mut self, sort: Sort, number: u64) {
        self.answer.documents += 1;
        self.truth.certain.entry(sort).or_default().insert(number);
    }

    /// A document of which it is the importer's choice what sort it is; which document it is, is certain.
    pub(crate) fn unsure_document(&mut self, sorts: &'static [Sort], number: u64) {
        self.answer.documents += 1;
        self.truth.unsure.entry(sorts).or_default().insert(number);
    }

    /// A document of which it is the importer's choice whether it is one with another.
    pub(crate) fn loose_document(&mut self, sorts: &[Sort]) {
        self.answer.documents += 1;
        self.also_maybe(sorts);
    }

    /// A document that the importer may leave out.
    pub(crate) fn maybe_document(&mut self, sorts: &[Sort]) {
        self.answer.documents_maybe += 1;
        self.also_maybe(sorts);
    }

    /// The document just counted may be kept apart from the one another format tells of.
    pub(crate) fn twin(&mut self, sort: Sort) {
        self.also_maybe(&[sort]);
    }

    fn also_maybe(&mut self, sorts: &[Sort]) {
        self.truth.all_loose += 1;
        for sort in sorts {
            *self.truth.loose.entry(*sort).or_default() += 1;
        }
    }

    /// All fixes of a day.
    pub(crate) fn fixes(&mut self, day: i32, count: u64) {
        self.answer.samples += count;
        let known = self.truth.fixes_by_day.entry(day).or_default();
        *known = count.max(*known);
    }

    /// A point of a path; the number is made from its instant and place.
    pub(crate) fn path_point(&mut self, number: u64) {
        self.answer.samples += 1;
        self.truth.path_points.insert(number);
    }

    /// Samples that the importer may leave out.
    pub(crate) fn maybe_samples(&mut self, count: u64) {
        self.answer.samples_maybe += count;
        self.truth.loose_samples += count;
    }

    /// Somebody of the address book, by anything that is theirs alone.
    pub(crate) fn contact(&mut self, identity: &str) {
        self.truth.contacts.insert(identity.to_owned());
    }

    /// Somebody who may or may not be in the address book too.
    pub(crate) fn stranger(&mut self, identity: &str) {
        if !self.truth.strangers.contains(identity) {
            self.truth.strangers.insert(identity.to_owned());
        }
    }

    /// A record planted broken, which gives a warning.
    pub(crate) fn broken(&mut self) {
        self.answer.broken_records += 1;
        self.answer.warnings += 1;
        self.answer.status = EntryStatus::Partial;
    }

    /// A flaw that an importer may pass over in silence.
    pub(crate) fn forgivable(&mut self) {
        self.answer.broken_records += 1;
        self.answer.or_status = vec![EntryStatus::Partial];
    }

    /// What the ledger should say, and what else it may say.
    pub(crate) fn status(&mut self, status: EntryStatus, or_status: &[EntryStatus]) {
        self.answer.status = status;
        self.answer.or_status = or_status.to_vec();
    }
}
