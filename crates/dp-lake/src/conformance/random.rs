//! Random operations on a backend and on the memory vault: after each, every question must have the
//! same answer. Failing runs shrink to the shortest list of operations that still fails.

use super::{
    Factory, HOME_ZONE, Subject,
    build::{
        NOON_US, SECOND_US, content, document, documents_batch, finished, fix, mail, number, sample_upsert,
    },
    map,
    subject::wait,
    vectors,
};
use crate::{
    Alternative, Annotation, Batch, Checkpoint, Dimension, DocumentUpsert, DocumentVectors, Filter,
    ForgetTarget, Has, Hidden, HistogramQuery, Import, LedgerQuery, Near, NearestQuery, Order, Passage,
    PassageVector, SampleQuery, Sort, Term, TermMode, TextQuery, Vault, content_hash, memory::MemoryVault,
};
use dp_model::{
    DocumentId, EntryStatus, Fix, Kind, Mention, Moment, PersonDraft, Place, Point, Precision, Reading, Role,
    Sample,
};
use futures::future::BoxFuture;
use proptest::{
    prelude::*,
    test_runner::{Config, RngAlgorithm, TestRng, TestRunner},
};
use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Debug,
    sync::atomic::{AtomicUsize, Ordering},
};

/// Operation lists tried, unless the environment variable `PROPTEST_CASES` says otherwise.
const CASES: u32 = 40;

/// Words of the documents, each more than two edits from any other.
const WORDS: [&str; 8] =
    ["sourdough", "Zürich", "kitchen", "Ωmega", "marathon", "東京都庁", "party", "straße"];
const SOURCES: [&str; 4] = ["google.mail", "google.mail.drafts", "spotify", "google.keep"];
const KINDS: [Kind; 7] =
    [Kind::Email, Kind::Watch, Kind::Browse, Kind::Visit, Kind::Note, Kind::Contact, Kind::Event];

/// Something done to a vault.
#[derive(Debug, Clone)]
enum Operation {
    Begin {
        fingerprint: u8,
    },
    Finish {
        import: u64,
    },
    Apply(Applying),
    Annotate {
        document: Named,
        change: Annotation,
    },
    ForgetSource(&'static str),
    ForgetDocument(Named),
    /// Vectors of so many passages, in directions that the seed decides.
    Embed {
        document: Named,
        passages: u8,
        seed: u8,
    },
    Reopen,
}

/// A batch in short.
#[derive(Debug, Clone)]
struct Applying {
    import: u64,
    /// Which, in which of its versions, in which entry.
    documents: Vec<(Named, u64, u32)>,
    samples: Vec<(u8, u8, u8)>,
    people: Vec<(u8, u8, u8, bool)>,
    entry: u32,
}

/// A document by what its id is derived from.
#[derive(Debug, Clone, Copy)]
struct Named {
    source: &'static str,
    kind: Kind,
    key: u8,
}

impl Named {
    fn id(self) -> DocumentId {
        DocumentId::derive(self.source, self.kind, &[b'0' + self.key], 0)
    }

    /// One of its versions: each bit or two of a seed decides one thing.
    fn version(self, number: u64, entry: u32) -> DocumentUpsert {
        let own = self.id().0.iter().fold(0_u64, |own, &byte| (own << 4) ^ (own >> 60) ^ u64::from(byte));
        let seed = own.wrapping_mul(2 * number + 1);
        let pick = |shift: u32, count: u64| ((seed >> shift) % count) as usize;
        let mut version = content(self.source, self.kind, "");
        version.title = format!("{} {}", WORDS[pick(0, 8)], WORDS[pick(3, 8)]);
        if pick(6, 2) == 1 {
            version.text = format!("{} and\n{}", WORDS[pick(7, 8)], WORDS[pick(9, 8)]);
        }
        let time_us = NOON_US + (pick(11, 4) as i64 - 2) * 40_000 * SECOND_US;
        version.time = match pick(13, 8) {
            0 => None,
            1 => Some(Moment::date(18_294)),
            2 => Some(Moment::with_offset(time_us, 32_400, Precision::Second)),
            3 => Some(Moment::utc(-time_us, Precision::Second)),
            _ => Some(Moment::utc(time_us, Precision::Second)),
        };
        if pick(16, 3) == 0 {
            version.labels.push(["Ärger", "arger", "Work"][pick(18, 3)].into());
        }
        for index in 0..pick(20, 3) {
            let address = format!("p{}@example.org", pick(22 + 2 * index as u32, 4));
            let role = [Role::Author, Role::From, Role::Subject][pick(26, 3)];
            let name = (pick(27, 2) == 1).then(|| WORDS[pick(28, 8)].to_owned());
            let identity = (pick(31, 4) != 0).then(|| mail(&address));
            version.people.push(Mention { role, name, identity });
        }
        if pick(33, 2) == 1 {
            version.url = Some(format!("https://www.Site{}.example/", pick(34, 3)));
        }
        if pick(36, 2) == 1 {
            let point = (pick(38, 2) == 1)
                .then_some(Point { latitude_e7: 5, longitude_e7: 100_000 * pick(42, 3) as i32 });
            version.place =
                Some(Place { name: Some(WORDS[pick(37, 8)].to_owned()), point, ..Place::default() });
        }
        version.modified_us = [None, None, None, Some(NOON_US)][pick(40, 4)];
        let key = char::from(b'0' + self.key).to_string();
        DocumentUpsert { entry, position: number, ..document(&key, version) }
    }
}

impl Applying {
    fn batch(&self) -> Batch {
        let documents =
            self.documents.iter().map(|&(named, number, entry)| named.version(number, entry)).collect();
        let people = self.people.iter().map(|&(first, second, name, from_contacts)| PersonDraft {
            name: ["", "Mia", "Mia Lund", "mia@example.org", "Bo"]
                .get(usize::from(name))
                .map(|&name| name.to_owned()),
            identities: [first, second]
                .iter()
                .filter(|&&n| n < 6)
                .map(|n| mail(&format!("p{n}@example.org")))
                .collect(),
            from_contacts,
        });
        let status = EntryStatus::ALL[self.entry as usize % EntryStatus::ALL.len()];
        let checkpoint =
            Checkpoint { entry: self.entry, documents: self.documents.len() as u64, samples: 2, people: 3 };
        Batch {
            people: people.collect(),
            samples: self.samples.iter().map(|&parts| sample_upsert(sample_of(parts))).collect(),
            finished: vec![finished(self.entry, self.entry as u8, 10 * u64::from(self.entry), status)],
            checkpoint,
            unchanged_documents: u64::from(self.entry),
            ..documents_batch(self.import, documents)
        }
    }
}

fn sample_of((time, place, form): (u8, u8, u8)) -> Sample {
    let time_us = i64::from(time % 5) * 43_200 * SECOND_US - SECOND_US;
    let source = SOURCES[usize::from(form % 3)].into();
    let sample = match place % 3 {
        0 => number(["steps", "weight"][usize::from(place / 3 % 2)], time_us, f64::from(form)),
        _ => {
            let bare = fix(time_us, i32::from(place % 4), 7);
            let Reading::Fix(fix) = bare.reading else { return bare };
            let accuracy_m = (form % 2 == 1).then(|| f32::from(form));
            let altitude_m = (form % 4 > 1).then(|| f32::from(form) / 3.0);
            Sample { reading: Reading::Fix(Fix { accuracy_m, altitude_m, ..fix }), ..bare }
        }
    };
    Sample { source, offset_s: (form % 5 == 0).then_some(43_200), ..sample }
}

fn named() -> impl Strategy<Value = Named> {
    let parts = (proptest::sample::select(&SOURCES[..]), proptest::sample::select(&KINDS[..]), 0..2_u8);
    parts.prop_map(|(source, kind, key)| Named { source, kind, key })
}

fn applying() -> impl Strategy<Value = Applying> {
    let documents = proptest::collection::vec((named(), 0..5_u64, 0..3_u32), 0..12);
    let samples = proptest::collection::vec(any::<(u8, u8, u8)>(), 0..8);
    let people = proptest::collection::vec((0..8_u8, 0..8_u8, 0..6_u8, any::<bool>()), 0..4);
    (1..4_u64, documents, samples, people, 0..4_u32).prop_map(
        |(import, documents, samples, people, entry)| Applying { import, documents, samples, people, entry },
    )
}

fn change() -> impl Strategy<Value = Annotation> {
    let tag = || proptest::sample::select(vec!["Ärger".to_owned(), "arger".to_owned(), "kitchen".to_owned()]);
    prop_oneof![
        any::<bool>().prop_map(Annotation::Star),
        any::<bool>().prop_map(Annotation::Hide),
        proptest::option::of(tag()).prop_map(Annotation::Note),
        tag().prop_map(Annotation::AddTag),
        tag().prop_map(Annotation::RemoveTag),
    ]
}

fn operations() -> impl Strategy<Value = Vec<Operation>> {
    let operation = prop_oneof![
        2 => (1..4_u8).prop_map(|fingerprint| Operation::Begin { fingerprint }),
        1 => (1..5_u64).prop_map(|import| Operation::Finish { import }),
        8 => applying().prop_map(Operation::Apply),
        4 => (named(), change()).prop_map(|(document, change)| Operation::Annotate { document, change }),
        1 => proptest::sample::select(vec!["google.mail", "google", "spotify", "google.mail.drafts"])
            .prop_map(Operation::ForgetSource),
        1 => named().prop_map(Operation::ForgetDocument),
        3 => (named(), 0..4_u8, any::<u8>())
            .prop_map(|(document, passages, seed)| Operation::Embed { document, passages, seed }),
        1 => Just(Operation::Reopen),
    ];
    proptest::collection::vec(operation, 1..14)
}

/// Tries random lists of operations on a backend and on the memory vault, and compares all answers.
///
/// # Panics
/// When an answer differs, with the shortest list of operations found that makes it differ.
pub fn random_operations_agree(factory: &dyn Factory) {
    let cases = std::env::var("PROPTEST_CASES").ok().and_then(|cases| cases.parse().ok()).unwrap_or(CASES);
    let config = Config { cases, failure_persistence: None, max_shrink_iters: 400, ..Config::default() };
    let mut runner = TestRunner::new_with_rng(config, TestRng::deterministic_rng(RngAlgorithm::ChaCha));
    let runs = AtomicUsize::new(0);
    let outcome = runner.run(&operations(), |operations| {
        let run = runs.fetch_add(1, Ordering::Relaxed);
        compare_after_each(factory, &format!("random {run}"), &operations)
    });
    if let Err(failure) = outcome {
        panic!("{failure}");
    }
}

/// The memory vault as a backend.
struct Oracle(MemoryVault);

impl Factory for Oracle {
    fn open<'a>(&'a self, _name: &'a str) -> BoxFuture<'a, Box<dyn Vault>> {
        Box::pin(async { Box::new(self.0.clone()) as Box<dyn Vault> })
    }
}

fn compare_after_each(
    factory: &dyn Factory,
    name: &str,
    operations: &[Operation],
) -> Result<(), TestCaseError> {
    let oracle = Oracle(MemoryVault::new(HOME_ZONE));
    let mut expected = Subject::open(&oracle, name);
    let mut subject = Subject::open(factory, name);
    for vault in [&expected, &subject] {
        let _ = vault.begin(1, "takeout-1", Some(NOON_US));
        let _ = vault.begin(2, "another", Some(NOON_US - 1));
        let _ = vault.begin(3, "undated export", None);
        wait(vault.vault().vectors().create(&vectors::model("random")));
    }
    for operation in operations {
        agree(&format!("{operation:?}"), do_it(&mut subject, operation), do_it(&mut expected, operation))?;
        compare_documents(&subject, &expected)?;
    }
    compare_counts(&subject, &expected)?;
    compare_series(&subject, &expected)?;
    compare_imports(&subject, &expected)?;
    subject.catch_up();
    compare_searches(&subject, &expected)?;
    compare_meanings(&subject, &expected)
}

/// Does one thing; gives what came of it, without what backends may number differently.
fn do_it(subject: &mut Subject<'_>, operation: &Operation) -> String {
    match operation {
        Operation::Begin { fingerprint } => {
            let exported_at_us = [Some(NOON_US), Some(NOON_US - 1), None][usize::from(fingerprint - 1)];
            let name = ["takeout-1", "another", "undated export"][usize::from(fingerprint - 1)];
            format!("{:?}", without_sequence(subject.begin(*fingerprint, name, exported_at_us)))
        }
        Operation::Finish { import } => {
            let finished = futures::executor::block_on(subject.vault().imports().finish(*import, 5));
            format!("{:?}", finished.ok().map(without_sequence))
        }
        Operation::Apply(applying) => {
            let applied = subject.apply(applying.batch());
            format!("{:?}", (applied.documents, applied.samples, applied.people))
        }
        Operation::Annotate { document, change } => {
            format!("{:?}", wait(subject.vault().documents().annotate(document.id(), change)))
        }
        Operation::ForgetSource(source) => forget(subject, &ForgetTarget::Source((*source).to_owned())),
        Operation::ForgetDocument(document) => forget(subject, &ForgetTarget::Document(document.id())),
        Operation::Embed { document, passages, seed } => {
            format!("{:?}", embed(subject, *document, *passages, *seed))
        }
        Operation::Reopen => {
            subject.reopen();
            String::new()
        }
    }
}

/// Puts vectors of a document, if it is there.
fn embed(subject: &Subject<'_>, document: Named, passages: u8, seed: u8) -> Option<u64> {
    // What was put of a document that was forgotten just before may go with it.
    subject.catch_up();
    let content = subject.get(document.id())?.document.content;
    let passage = |number: u8| PassageVector {
        passage: Passage { start: u32::from(number), end: u32::from(number) + 1 },
        values: vectors::turned(usize::from(seed % 5), f32::from(seed) + 31.0 * f32::from(number)),
    };
    let passages = (0..passages).map(passage).collect();
    let vectors = vec![DocumentVectors { id: document.id(), hash: content_hash(&content), passages }];
    Some(wait(subject.vault().vectors().put(&vectors::model("random"), vectors)))
}

fn forget(subject: &Subject<'_>, target: &ForgetTarget) -> String {
    let preview = wait(subject.vault().documents().forget_preview(target));
    format!("{:?}", (preview, subject.forget(target)))
}

fn without_sequence(mut import: Import) -> Import {
    import.applied.sequence = 0;
    import
}

fn agree<T: PartialEq + Debug>(what: &str, found: T, expected: T) -> Result<(), TestCaseError> {
    prop_assert_eq!(found, expected, "{}", what);
    Ok(())
}

fn compare_documents(subject: &Subject<'_>, expected: &Subject<'_>) -> Result<(), TestCaseError> {
    agree("walk", subject.walk(), expected.walk())?;
    agree("people", subject.people(), expected.people())?;
    let conversations = |subject: &Subject<'_>| wait(subject.vault().documents().conversations(None, 100));
    agree("conversations", conversations(subject), conversations(expected))?;
    let prefix = |subject: &Subject<'_>| wait(subject.vault().documents().find_by_prefix("3", 4));
    agree("find_by_prefix", prefix(subject), prefix(expected))?;
    let get = |subject: &Subject<'_>| {
        expected.walk().iter().map(|found| subject.get(found.document.id)).collect::<Vec<_>>()
    };
    agree("get", get(subject), get(expected))?;
    for (number, filter) in filters().iter().enumerate() {
        let order = [Order::NewestFirst, Order::OldestFirst][number % 2];
        let list = |subject: &Subject<'_>| subject.list(filter, order, 1 + number % 4);
        agree(&format!("list {filter:?}"), list(subject), list(expected))?;
    }
    Ok(())
}

fn compare_counts(subject: &Subject<'_>, expected: &Subject<'_>) -> Result<(), TestCaseError> {
    for filter in filters() {
        let Filter { sources, kinds, from, until, .. } = filter;
        let query = HistogramQuery { sources, kinds, from, until };
        let histogram = |subject: &Subject<'_>| wait(subject.vault().documents().histogram(&query));
        agree(&format!("{query:?}"), histogram(subject), histogram(expected))?;
    }
    for &dimension in Dimension::ALL {
        agree(dimension.as_str(), subject.top(dimension), expected.top(dimension))?;
        let three = |subject: &Subject<'_>| wait(subject.vault().documents().top(dimension, 3));
        agree(dimension.as_str(), three(subject), three(expected))?;
    }
    let health = |subject: &Subject<'_>| {
        let health = wait(subject.vault().health(true));
        (health.documents, health.samples, health.problems)
    };
    agree("health", health(subject), health(expected))
}

fn compare_series(subject: &Subject<'_>, expected: &Subject<'_>) -> Result<(), TestCaseError> {
    let list = |subject: &Subject<'_>| wait(subject.vault().series().list());
    agree("series", list(subject), list(expected))?;
    for series in ["location", "steps", "weight", "nothing"] {
        let daily = |subject: &Subject<'_>| wait(subject.vault().series().daily(series));
        agree(series, daily(subject), daily(expected))?;
        agree(series, subject.samples(series), expected.samples(series))?;
        let query = SampleQuery {
            series: series.to_owned(),
            from_us: Some(0),
            until_us: Some(2 * 86_400 * SECOND_US),
            within_e7: Some([1, 7, 2, 7]),
            limit: 3,
        };
        agree(series, subject.range(&query), expected.range(&query))?;
        agree(series, map::seen(subject, series), map::seen(expected, series))?;
    }
    Ok(())
}

fn compare_imports(subject: &Subject<'_>, expected: &Subject<'_>) -> Result<(), TestCaseError> {
    let list = |subject: &Subject<'_>| {
        let imports = wait(subject.vault().imports().list());
        imports.into_iter().map(without_sequence).collect::<Vec<_>>()
    };
    agree("imports", list(subject), list(expected))?;
    for query in [None, Some(1), Some(2), Some(3), Some(9)] {
        for status in [None, Some(EntryStatus::Parsed), Some(EntryStatus::Failed)] {
            let query = LedgerQuery { import: query, status };
            let ledger = |subject: &Subject<'_>| wait(subject.vault().imports().ledger(&query));
            agree(&format!("{query:?}"), ledger(subject), ledger(expected))?;
        }
    }
    for hash in 0..4 {
        // A backend may know better than the oracle which entries a forgotten thing came from.
        let memo = |subject: &Subject<'_>| wait(subject.vault().imports().memo([hash; 32], "test.parser", 1));
        if let Some(expected) = memo(expected) {
            agree("memo", memo(subject), Some(expected))?;
        }
    }
    Ok(())
}

fn compare_searches(subject: &Subject<'_>, expected: &Subject<'_>) -> Result<(), TestCaseError> {
    let mut queries = Vec::new();
    for (word, next) in WORDS.iter().zip(WORDS.iter().cycle().skip(1)) {
        let start = word.chars().take(3).collect::<String>();
        queries.push((vec![(word.to_uppercase(), TermMode::Words)], None));
        queries.push((vec![(start, TermMode::Prefix)], None));
        queries.push((vec![(format!("{word} {next}"), TermMode::Phrase)], None));
        queries
            .push((vec![((*word).to_owned(), TermMode::Words), ((*next).to_owned(), TermMode::Words)], None));
        queries.push((vec![((*word).to_owned(), TermMode::Words)], Some((*next).to_owned())));
    }
    queries.push((vec![("p1@example.org".to_owned(), TermMode::Words)], None));
    queries.push((vec![("京都".to_owned(), TermMode::Words)], None));
    queries.push((vec![("arger".to_owned(), TermMode::Words)], None));
    let plain = queries.into_iter().map(|(must, must_not)| {
        let term = |(text, mode)| Term { text, mode };
        let must_not = must_not.map(|text| term((text, TermMode::Words)));
        TextQuery {
            must: must.into_iter().map(term).collect(),
            must_not: must_not.into_iter().collect(),
            ..TextQuery::default()
        }
    });
    let pairs = WORDS.iter().zip(WORDS.iter().cycle().skip(1));
    let queries = plain.chain(pairs.flat_map(|(word, next)| alternatives(word, next)));
    for (number, query) in queries.enumerate() {
        let all = filters();
        for filter in
            [Filter { hidden: Hidden::Include, ..Filter::default() }, all[number % all.len()].clone()]
        {
            let sort = [Sort::Relevance, Sort::Newest, Sort::Oldest][number % 3];
            let hits = |subject: &Subject<'_>| {
                let hits = subject.keyword(&query, &filter, sort, 1000);
                (hits.total, hits.hits.into_iter().map(|hit| hit.id).collect::<BTreeSet<_>>())
            };
            agree(&format!("{query:?} {filter:?}"), hits(subject), hits(expected))?;
        }
    }
    Ok(())
}

fn compare_meanings(subject: &Subject<'_>, expected: &Subject<'_>) -> Result<(), TestCaseError> {
    let model = vectors::model("random");
    for vault in [subject, expected] {
        wait(vault.vault().vectors().commit(&model));
    }
    let pending = |subject: &Subject<'_>| {
        let pending = wait(subject.vault().vectors().pending(&model, 1000));
        pending.into_iter().map(|document| (document.id, document.hash)).collect::<BTreeSet<_>>()
    };
    agree("pending", pending(subject), pending(expected))?;
    let sets = |subject: &Subject<'_>| {
        let sets = wait(subject.vault().vectors().list()).into_iter();
        sets.map(|set| (set.model, set.documents, set.passages, set.pending)).collect::<Vec<_>>()
    };
    agree("sets", sets(subject), sets(expected))?;
    for (number, filter) in filters().into_iter().enumerate() {
        let vector = vectors::turned(number % 5, 10.0 * number as f32);
        let text = TextQuery::default();
        let query = NearestQuery { vector, text, filter, equal_max: 0 };
        let nearest = |subject: &Subject<'_>| {
            let nearest = wait(subject.vault().vectors().nearest(&model, &query, 1000));
            nearest.hits.into_iter().map(|hit| (hit.id, hit.similarity)).collect::<BTreeMap<_, _>>()
        };
        let (found, exact) = (nearest(subject), nearest(expected));
        let of = |hits: &BTreeMap<DocumentId, f32>| hits.keys().copied().collect::<Vec<_>>();
        agree(&format!("{query:?}"), of(&found), of(&exact))?;
        for (id, similarity) in found {
            let difference = (similarity - exact[&id]).abs();
            prop_assert!(difference < vectors::TOLERANCE, "{id}: {similarity} and {}", exact[&id]);
        }
    }
    Ok(())
}

fn filters() -> Vec<Filter> {
    let base = Filter::default;
    let mail = Filter { sources: vec!["google.mail".into()], ..base() };
    let filters = [
        base(),
        mail.clone(),
        Filter { hidden: Hidden::Include, ..base() },
        Filter { hidden: Hidden::Only, ..base() },
        Filter { kinds: vec![Kind::Email, Kind::Note, Kind::Contact], ..base() },
        Filter { from: Some(18_294), until: Some(18_295), ..base() },
        Filter { until: Some(0), ..mail.clone() },
        Filter { labels: vec!["ARGER".into()], ..base() },
        Filter { tags: vec!["ärger".into()], hidden: Hidden::Include, ..base() },
        Filter { people: vec!["p1".into()], ..base() },
        Filter { people: vec!["zurich".into(), "example".into()], ..base() },
        Filter { has: vec![Has::Place, Has::Text], ..base() },
        Filter { has: vec![Has::People], from: Some(18_293), ..base() },
        Filter { has: vec![Has::Note], hidden: Hidden::Include, ..base() },
        Filter { not: Some(Box::new(mail)), ..base() },
        Filter { near: Some(nearby()), ..base() },
        Filter { near: Some(nearby()), kinds: vec![Kind::Visit, Kind::Note], ..base() },
        Filter { not: Some(Box::new(Filter { near: Some(nearby()), ..base() })), ..base() },
        Filter { from_us: Some(NOON_US), ..base() },
        Filter { from_us: Some(-NOON_US), until_us: Some(NOON_US), from: Some(0), ..base() },
        Filter {
            not: Some(Box::new(Filter { until_us: Some(NOON_US), has: vec![Has::Url], ..base() })),
            hidden: Hidden::Include,
            ..base()
        },
        Filter {
            not: Some(Box::new(Filter { has: vec![Has::Url], labels: vec!["work".into()], ..base() })),
            ..base()
        },
    ];
    filters.to_vec()
}

/// A circle that holds some of the points that versions have.
fn nearby() -> Near {
    Near { latitude_e7: 0, longitude_e7: 100_000, radius_m: 1_200 }
}

/// Queries with alternatives, of two words of the documents.
fn alternatives(word: &str, next: &str) -> Vec<TextQuery> {
    let term = |text: &str, mode| Term { text: text.to_owned(), mode };
    let words = |text: &str| TextQuery { must: vec![term(text, TermMode::Words)], ..TextQuery::default() };
    let of = |text| Alternative { text, filter: Filter::default() };
    let noted = Alternative {
        text: TextQuery { must_not: vec![term(next, TermMode::Words)], ..TextQuery::default() },
        filter: Filter { kinds: vec![Kind::Note, Kind::Email], near: Some(nearby()), ..Filter::default() },
    };
    let phrase =
        TextQuery { must: vec![term(&format!("{word} {next}"), TermMode::Phrase)], ..TextQuery::default() };
    let either = |list: Vec<Alternative>| TextQuery { any: vec![list], ..TextQuery::default() };
    vec![
        either(vec![of(words(word)), of(words(next))]),
        either(vec![of(phrase.clone()), noted.clone()]),
        TextQuery { none: vec![of(words(next)), noted.clone()], ..words(word) },
        TextQuery { none: vec![of(either(vec![of(phrase), of(words(word))]))], ..TextQuery::default() },
        either(vec![
            of(either(vec![noted, of(words(word))])),
            of(TextQuery { none: vec![of(words(next))], ..words("p1") }),
        ]),
    ]
}

/// Kept here so that a version's source and kind always fit its id.
#[test]
fn versions_of_a_document_share_its_id() {
    let named = Named { source: SOURCES[0], kind: KINDS[0], key: 2 };
    let versions = [0, 1, 2, 3].map(|number| named.version(number, 0));
    assert!(versions.iter().all(|version| version.id == named.id()));
    let contents = versions
        .into_iter()
        .map(|version| version.content)
        .collect::<std::collections::HashSet<dp_model::Content>>();
    assert!(contents.len() > 2);
}
