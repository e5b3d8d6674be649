//! Cases about several versions of one record.
#![expect(missing_docs, reason = "the names of the cases are sentences")]

use super::{
    Factory, Subject,
    build::{NOON_US, SECOND_US, document, documents_batch, note, permutations},
};
use crate::RevisionedDocument;
use dp_model::{Content, Moment, Precision, Tally};

/// A version of the document `key` as an export made at `exported_at_us` holds it.
#[derive(Clone)]
struct Version {
    exported_at_us: Option<i64>,
    content: Content,
}

fn version(exported_at_us: i64, title: &str) -> Version {
    Version { exported_at_us: Some(exported_at_us), content: note(title, NOON_US) }
}

/// Imports each version as an export of its own; gives what each did and the document in the end.
fn import_all(factory: &dyn Factory, name: &str, versions: &[Version]) -> (Vec<Tally>, RevisionedDocument) {
    let subject = Subject::open(factory, name);
    let mut tallies = Vec::new();
    for version in versions {
        let exported_at_us = version.exported_at_us.unwrap_or(-1);
        let fingerprint = (exported_at_us & 0x7F) as u8;
        let import =
            subject.begin(fingerprint, &format!("takeout-{exported_at_us}"), version.exported_at_us).id;
        let batch = documents_batch(import, vec![document("key", version.content.clone())]);
        tallies.push(subject.apply(batch).documents);
        subject.finish(import);
    }
    let mut walked = subject.walk();
    assert_eq!(walked.len(), 1);
    (tallies, walked.remove(0))
}

const INSERTED: Tally = Tally { inserted: 1, updated: 0, unchanged: 0 };
const UPDATED: Tally = Tally { inserted: 0, updated: 1, unchanged: 0 };
const UNCHANGED: Tally = Tally { inserted: 0, updated: 0, unchanged: 1 };

pub fn equal_content_is_unchanged(factory: &dyn Factory) {
    let (tallies, found) =
        import_all(factory, "vault", &[version(1, "Same"), version(2, "Same"), version(1, "Same")]);
    assert_eq!(tallies, [INSERTED, UNCHANGED, UNCHANGED]);
    assert_eq!(found.revisions, []);
    assert_eq!(found.document.provenance.archive, "takeout-1");
}

pub fn a_newer_version_replaces_and_the_old_one_becomes_a_revision(factory: &dyn Factory) {
    let (tallies, found) = import_all(factory, "vault", &[version(1, "Old"), version(2, "New")]);
    assert_eq!(tallies, [INSERTED, UPDATED]);
    assert_eq!(found.document.content.title, "New");
    assert_eq!(found.document.provenance.archive, "takeout-2");
    assert_eq!(found.revisions.len(), 1);
    assert_eq!(found.revisions[0].content.title, "Old");
    assert_eq!(found.revisions[0].provenance.archive, "takeout-1");
}

pub fn an_older_version_becomes_a_revision_once(factory: &dyn Factory) {
    let versions = [version(2, "New"), version(1, "Old"), version(1, "Old"), version(3, "Old")];
    let (tallies, found) = import_all(factory, "vault", &versions);
    assert_eq!(tallies, [INSERTED, UNCHANGED, UNCHANGED, UNCHANGED]);
    assert_eq!(found.document.content.title, "New");
    assert_eq!(found.revisions.len(), 1);
}

/// Versions that differ in each thing that decides, the last two only in what they say.
fn assorted() -> Vec<Version> {
    let mut modified = version(1, "Modified later");
    modified.content.modified_us = Some(NOON_US);
    let mut exact = version(2, "Exact to the millisecond");
    exact.content.time = Some(Moment::utc(NOON_US, Precision::Millisecond));
    let mut rough = version(9, "Only to the second");
    rough.content.time = Some(Moment::utc(NOON_US - SECOND_US, Precision::Second));
    let mut filled = rough.clone();
    filled.content.text = "And a text".into();
    filled.exported_at_us = None;
    vec![modified, exact, rough, filled, version(5, "One"), version(5, "Another")]
}

pub fn versions_in_any_order_end_the_same(factory: &dyn Factory) {
    let versions = assorted();
    let (_, expected) = import_all(factory, "expected", &versions);
    assert_eq!(expected.document.content.title, "Modified later");
    for (number, order) in permutations(&versions[..4]).into_iter().enumerate() {
        let mut all = order;
        all.insert(number % 5, versions[4].clone());
        all.insert(number % 3, versions[5].clone());
        let (_, found) = import_all(factory, &format!("order {number}"), &all);
        assert_eq!(found, expected, "order {number}");
    }
}

pub fn content_counts_as_old_as_the_earliest_export_that_holds_it(factory: &dyn Factory) {
    let versions = [
        version(1, "First said"),
        version(3, "Then this"),
        version(5, "First said"),
        version(4, "Then this"),
    ];
    for (number, order) in permutations(&versions).into_iter().enumerate() {
        let (_, found) = import_all(factory, &format!("order {number}"), &order);
        let shown = (found.document.content.title.as_str(), found.document.provenance.archive.as_str());
        assert_eq!(shown, ("Then this", "takeout-3"), "order {number}");
        let revisions = found.revisions.iter().map(|revision| revision.provenance.archive.as_str());
        assert_eq!(revisions.collect::<Vec<_>>(), ["takeout-1"], "order {number}");
    }
}

pub fn an_export_without_date_says_nothing_of_the_age_of_content(factory: &dyn Factory) {
    let undated = Version { exported_at_us: None, content: note("Then this", NOON_US) };
    let versions = [version(1, "First said"), version(3, "Then this"), undated];
    for (number, order) in permutations(&versions).into_iter().enumerate() {
        let (_, found) = import_all(factory, &format!("order {number}"), &order);
        let shown = (found.document.content.title.as_str(), found.document.provenance.archive.as_str());
        assert_eq!(shown, ("Then this", "takeout-3"), "order {number}");
    }
}

pub fn revisions_come_newest_first(factory: &dyn Factory) {
    let versions = [
        version(3, "Third"),
        version(5, "Fifth"),
        version(1, "First"),
        version(4, "Fourth"),
        version(2, "Second"),
    ];
    let (_, found) = import_all(factory, "vault", &versions);
    let titles = found.revisions.iter().map(|revision| revision.content.title.as_str()).collect::<Vec<_>>();
    assert_eq!(
        (found.document.content.title.as_str(), titles),
        ("Fifth", vec!["Fourth", "Third", "Second", "First"])
    );
}
