//! Cases about documents that are written here.
#![expect(missing_docs, reason = "the names of the cases are sentences")]

use super::{
    Factory, Subject,
    build::{NOON_US, SECOND_US, at, content, document, documents_batch, note, notes},
    subject::wait,
};
use crate::{
    Annotation, Filter, ForgetTarget, HistogramQuery, Order, TermMode,
    own::{
        NOTES, OwnAnswer, OwnBatch, OwnChange, OwnKey, OwnOutcome, OwnWritten, RECEIPT_KEPT_US, ReceiptKey,
        WRITTEN_HERE, id_of,
    },
};
use dp_model::{Content, DocumentId, Identity, Kind, Mention, Role};

fn own(title: &str) -> Content {
    at(content(NOTES, Kind::Note, title), NOON_US)
}

fn id(key: &str) -> DocumentId {
    id_of(&own(key), OwnKey::Named(key))
}

fn create(key: &str, content: Content) -> OwnChange {
    OwnChange::Create { id: id_of(&content, OwnKey::Named(key)), content: Box::new(content) }
}

fn replace(key: &str, content: Content, expected_us: Option<i64>) -> OwnChange {
    OwnChange::Replace { id: id(key), content: Box::new(content), expected_us }
}

fn delete(key: &str, expected_us: Option<i64>) -> OwnChange {
    OwnChange::Delete { id: id(key), expected_us }
}

fn batch(changes: Vec<OwnChange>) -> OwnBatch {
    OwnBatch::new(changes, "a test", NOON_US)
}

fn write(subject: &Subject<'_>, batch: OwnBatch) -> OwnWritten {
    match wait(subject.vault().documents().write(batch)) {
        OwnAnswer::Written(written) => written,
        other => panic!("{other:?}"),
    }
}

fn outcomes(subject: &Subject<'_>, changes: Vec<OwnChange>) -> Vec<OwnOutcome> {
    write(subject, batch(changes)).outcomes
}

pub fn what_is_written_is_a_document_like_any_other(factory: &dyn Factory) {
    let mut subject = Subject::holding(factory, notes(1));
    let mut letter = own("Letter to Ada");
    letter.text = "The walnut tree has fallen.".into();
    letter.people = vec![Mention {
        role: Role::To,
        name: Some("Ada Berg".into()),
        identity: Identity::email("ada@example.org"),
    }];
    let written = write(&subject, batch(vec![create("letter", letter.clone())]));
    assert_eq!((&*written.outcomes, written.is_repeated), (&[OwnOutcome::Created][..], false));
    wait(subject.vault().search().wait_indexed(written.sequence));
    assert_eq!(subject.found(TermMode::Words, "walnut"), ["Letter to Ada"]);
    assert_eq!(subject.people()[0].name.as_deref(), Some("Ada Berg"));
    for _ in 0..2 {
        let found = subject.get(id("letter")).expect("it is there");
        let expected = Content { modified_us: Some(NOON_US), ..letter.clone() };
        assert_eq!(found.document.content, expected);
        let provenance = found.document.provenance;
        assert_eq!(
            (&*provenance.archive, &*provenance.entry, provenance.position),
            (WRITTEN_HERE, "a test", 0)
        );
        assert!(found.revisions.is_empty());
        assert_eq!(subject.list(&Filter::default(), Order::OldestFirst, 9).len(), 2);
        assert_eq!(subject.walk().len(), 2);
        let counts = wait(subject.vault().documents().histogram(&HistogramQuery::default()));
        assert_eq!(counts.iter().map(|count| count.count).sum::<u64>(), 2);
        assert_eq!(wait(subject.vault().imports().list()).len(), 1, "writing is no import");
        subject.reopen();
    }
}

pub fn what_it_said_before_becomes_a_revision(factory: &dyn Factory) {
    let subject = Subject::open(factory, "vault");
    outcomes(&subject, vec![create("a", own("first"))]);
    subject.annotate(id("a"), Annotation::Star(true));
    // The clock of the machine stands still, or goes back: what is written last is newest all the same.
    for (title, now_us, modified_us) in [
        ("second", NOON_US, NOON_US + 1),
        ("third", NOON_US - 9, NOON_US + 2),
        ("first", NOON_US + 7, NOON_US + 7),
    ] {
        let batch = OwnBatch { now_us, ..batch(vec![replace("a", own(title), None)]) };
        assert_eq!(write(&subject, batch).outcomes, [OwnOutcome::Replaced]);
        let found = subject.get(id("a")).expect("it is there");
        assert_eq!(
            (&*found.document.content.title, found.document.content.modified_us),
            (title, Some(modified_us))
        );
    }
    assert_eq!(outcomes(&subject, vec![replace("a", own("first"), None)]), [OwnOutcome::Unchanged]);
    let found = subject.get(id("a")).expect("it is there");
    let titles = found.revisions.iter().map(|revision| &*revision.content.title).collect::<Vec<_>>();
    assert_eq!(titles, ["third", "second", "first"]);
    assert!(found.annotations.starred);
    subject.catch_up();
    assert_eq!(subject.found(TermMode::Words, "third"), [""; 0]);
    assert_eq!(subject.found(TermMode::Words, "first"), ["first"]);
}

pub fn each_change_of_a_batch_has_its_own_outcome(factory: &dyn Factory) {
    let subject = Subject::holding(factory, notes(1));
    let imported = notes(1)[0].id;
    let changes = vec![
        create("a", own("a")),
        create("a", own("a again")),
        replace("a", own("a changed"), Some(NOON_US)),
        replace("a", own("too late"), Some(NOON_US)),
        replace("a", content(NOTES, Kind::Task, "a task"), None),
        replace("b", own("never there"), None),
        delete("b", None),
        OwnChange::Replace { id: imported, content: Box::new(own("mine")), expected_us: None },
        OwnChange::Delete { id: imported, expected_us: None },
        create("c", note("as if imported", NOON_US)),
        create("d", own("d")),
        delete("d", Some(NOON_US + 5)),
        delete("d", Some(NOON_US)),
        create("d", own("d anew")),
        create("e", own("e")),
        delete("e", None),
    ];
    use OwnOutcome::{Changed, Created, Deleted, Exists, Missing, NotOwn, OtherKind, Replaced};
    let expected = [
        Created, Exists, Replaced, Changed, OtherKind, Missing, Missing, NotOwn, NotOwn, NotOwn, Created,
        Changed, Deleted, Created, Created, Deleted,
    ];
    assert_eq!(outcomes(&subject, changes), expected);
    subject.catch_up();
    let mut titles = subject.titles(&Filter::default());
    titles.sort();
    assert_eq!(titles, ["Note number 0", "a changed", "d anew"]);
    for (words, titles) in [("changed", &["a changed"][..]), ("anew", &["d anew"]), ("e", &[])] {
        assert_eq!(subject.found(TermMode::Words, words), titles, "{words}");
    }
    let d = subject.get(id("d")).expect("it is there again");
    assert!(d.revisions.is_empty(), "nothing is left of what was deleted");
}

pub fn nothing_is_written_outside_of_what_may_be_seen(factory: &dyn Factory) {
    let subject = Subject::open(factory, "vault");
    let late = at(content(NOTES, Kind::Note, "late"), NOON_US + 3 * 86_400 * SECOND_US);
    let diary = at(content("own.diary", Kind::Note, "diary"), NOON_US);
    outcomes(&subject, vec![create("late", late.clone()), create("a", own("a"))]);
    let within = Filter { sources: vec![NOTES.into()], until: Some(18_295), ..Filter::default() };
    let late_id = id_of(&late, OwnKey::Named("late"));
    let changes = vec![
        create("diary", diary),
        create("other", late.clone()),
        create("late", own("late")),
        create("undated", content(NOTES, Kind::Note, "undated")),
        replace("a", late, None),
        OwnChange::Delete { id: late_id, expected_us: None },
        replace("a", own("a, changed"), None),
    ];
    use OwnOutcome::{Missing, OutOfScope, Replaced};
    let written = write(&subject, OwnBatch { within, ..batch(changes) });
    let refused = [OutOfScope; 5];
    assert_eq!(written.outcomes[..5], refused);
    assert_eq!(written.outcomes[5..], [Missing, Replaced]);
    assert_eq!(subject.titles(&Filter::default()), ["a, changed", "late"]);
}

pub fn what_comes_again_is_not_done_again(factory: &dyn Factory) {
    let mut subject = Subject::open(factory, "vault");
    let receipt = |key: u8, request: u8| Some(ReceiptKey { key: [key; 32], request: [request; 32] });
    let changes = vec![create("a", own("a")), delete("nothing", None)];
    let first = OwnBatch { receipt: receipt(1, 1), ..batch(changes) };
    let written = write(&subject, first.clone());
    assert_eq!(
        (written.is_repeated, &*written.outcomes),
        (false, &[OwnOutcome::Created, OwnOutcome::Missing][..])
    );
    outcomes(&subject, vec![delete("a", None)]);
    for _ in 0..2 {
        let again = write(&subject, OwnBatch { now_us: NOON_US + 5, ..first.clone() });
        assert!(again.is_repeated);
        assert_eq!((again.written_us, &again.outcomes), (NOON_US, &written.outcomes));
        assert_eq!(subject.get(id("a")), None, "it stays deleted");
        subject.reopen();
    }
    let other = OwnBatch { receipt: receipt(1, 2), ..first.clone() };
    assert_eq!(wait(subject.vault().documents().write(other)), OwnAnswer::KeyUsed);
    let other = OwnBatch { receipt: receipt(2, 1), ..batch(vec![create("b", own("b"))]) };
    assert!(!write(&subject, other).is_repeated);
    // After more than a day it is forgotten that it came.
    let later = OwnBatch { now_us: NOON_US + RECEIPT_KEPT_US + 1, ..first };
    assert_eq!(write(&subject, later).outcomes[0], OwnOutcome::Created);
}

pub fn imports_leave_own_documents_alone(factory: &dyn Factory) {
    let subject = Subject::holding(factory, notes(2));
    outcomes(&subject, vec![create("a", own("mine"))]);
    let before = subject.get(id("a"));
    let import = subject.begin(2, "takeout-2", Some(NOON_US + 1)).id;
    subject.apply(documents_batch(import, notes(3)));
    assert_eq!(subject.get(id("a")), before);
    // Writing forgets nothing of what was imported, deleting included.
    outcomes(&subject, vec![delete("a", None)]);
    assert_eq!(subject.apply(documents_batch(import, notes(3))).documents.unchanged, 3);
}

pub fn forgetting_their_source_removes_own_documents(factory: &dyn Factory) {
    let subject = Subject::holding(factory, vec![document("kept", note("kept", NOON_US))]);
    outcomes(&subject, vec![create("a", own("walnut")), create("b", own("chestnut"))]);
    outcomes(&subject, vec![replace("a", own("walnut again"), None)]);
    let forgotten = subject.forget(&ForgetTarget::Source(NOTES.into()));
    assert_eq!((forgotten.documents, forgotten.revisions), (2, 1));
    subject.catch_up();
    assert_eq!(subject.found(TermMode::Words, "walnut"), [""; 0]);
    assert_eq!(subject.titles(&Filter::default()), ["kept"]);
    assert_eq!(outcomes(&subject, vec![create("a", own("walnut"))]), [OwnOutcome::Created]);
}
