//! Cases about imports, their checkpoints and their ledger.
#![expect(missing_docs, reason = "the names of the cases are sentences")]

use super::{
    Factory, Subject,
    build::{
        NOON_US, contact, document, documents_batch, finished, fix, import_draft, note, notes, sample_upsert,
    },
    subject::wait,
};
use crate::{
    Applied, Batch, Checkpoint, EntryOrigin, FinishedEntry, ImportDraft, ImportState, LedgerQuery, MemoEntry,
    PlannedFile,
};
use dp_model::{EntryStatus, Tally, Warning, WarningKind};
use futures::executor::block_on;

pub fn imports_are_numbered_and_listed_latest_first(factory: &dyn Factory) {
    let subject = Subject::open(factory, "vault");
    let imports = || wait(subject.vault().imports().list());
    assert_eq!(imports(), []);
    let first = subject.begin(1, "takeout-1", Some(NOON_US));
    assert_eq!((first.id, first.state, first.finished_us), (1, ImportState::Unfinished, None));
    assert_eq!(
        (first.exports.clone(), first.paths.clone()),
        (vec!["takeout-1".to_owned()], vec!["/exports/takeout-1.zip".to_owned()])
    );
    assert_eq!((first.started_us, first.entries, first.checkpoint), (NOON_US + 1, 4, Checkpoint::default()));
    let second = subject.begin(2, "takeout-2", None);
    assert_eq!(imports(), [second.clone(), first]);
    let ended = subject.finish(1);
    assert_eq!((ended.state, ended.finished_us), (ImportState::Finished, Some(NOON_US + 99)));
    assert_eq!(imports(), [second, ended]);
}

pub fn an_unfinished_import_is_resumed_and_a_finished_one_begun_anew(factory: &dyn Factory) {
    let subject = Subject::open(factory, "vault");
    let first = subject.begin(1, "takeout-1", None).id;
    let checkpoint = Checkpoint { entry: 2, documents: 3, samples: 4, people: 5 };
    subject.apply(Batch::empty(first, checkpoint));
    let other = subject.begin(2, "takeout-2", None);
    assert_ne!(other.id, first);
    let resumed = subject.begin(1, "takeout-1", None);
    assert_eq!((resumed.id, resumed.checkpoint, resumed.state), (first, checkpoint, ImportState::Unfinished));
    subject.finish(first);
    let anew = subject.begin(1, "takeout-1", None);
    assert_eq!((anew.id, anew.checkpoint), (3, Checkpoint::default()));
    assert_eq!(subject.begin(2, "takeout-2", None).id, other.id);
    assert_eq!(wait(subject.vault().imports().list()).len(), 3);
}

pub fn the_checkpoint_is_that_of_the_last_batch(factory: &dyn Factory) {
    let (mut subject, import) = Subject::importing(factory, "vault");
    for (number, document) in notes(3).into_iter().enumerate() {
        let checkpoint =
            Checkpoint { entry: number as u32, documents: 10, samples: u64::from(u32::MAX) * 9, people: 1 };
        subject.apply(Batch { checkpoint, ..documents_batch(import, vec![document]) });
        assert_eq!(wait(subject.vault().imports().list())[0].checkpoint, checkpoint);
        subject.reopen();
        assert_eq!(subject.begin(1, "takeout-1", Some(NOON_US)).checkpoint, checkpoint);
    }
}

pub fn applied_counts_add_up(factory: &dyn Factory) {
    let (subject, import) = Subject::importing(factory, "vault");
    let mut batch = documents_batch(import, notes(3));
    batch.samples = vec![sample_upsert(fix(0, 1, 1)), sample_upsert(fix(0, 1, 1))];
    batch.people = vec![contact("Mia", &["mia@example.org"])];
    let first = subject.apply(batch.clone());
    assert_eq!(first.samples, Tally { inserted: 1, updated: 0, unchanged: 1 });
    batch.unchanged_documents = 100;
    batch.unchanged_samples = 1000;
    batch.documents.push(document("note 0", note("Note number 0 but longer", NOON_US)));
    let second = subject.apply(batch);
    assert_eq!(
        (second.documents.unchanged + second.documents.updated, second.samples.unchanged),
        (104, 1002)
    );
    assert!(second.sequence > first.sequence);
    let mut documents = first.documents;
    documents += second.documents;
    let samples = Tally { inserted: 1, updated: 0, unchanged: 1003 };
    let expected = Applied { sequence: second.sequence, documents, samples, people: 1 };
    assert_eq!(wait(subject.vault().imports().list())[0].applied, expected);
    assert_eq!(subject.finish(import).applied, expected);
}

fn with_warnings(entry: FinishedEntry) -> FinishedEntry {
    let warning = |position| Warning {
        kind: WarningKind::UnreadableDate,
        position,
        message: format!("can't read \"{position}\"").into(),
    };
    let mut entry = entry;
    entry.report.reason = Some("reason ä".into());
    entry.report.source = None;
    entry.report.warning_count = 9;
    entry.report.warnings = vec![warning(5), warning(1 << 40)];
    entry
}

pub fn the_ledger_keeps_every_row_in_order_of_the_plan(factory: &dyn Factory) {
    let (subject, import) = Subject::importing(factory, "vault");
    let rows = [
        finished(0, 1, 10, EntryStatus::Parsed),
        with_warnings(finished(1, 2, 20, EntryStatus::Partial)),
        FinishedEntry { memo: None, ..finished(2, 3, 30, EntryStatus::Ignored) },
        FinishedEntry { memo: None, ..with_warnings(finished(3, 4, 1 << 40, EntryStatus::Failed)) },
    ];
    for order in [[2, 0], [3, 1]] {
        let finished = order.map(|index: usize| rows[index].clone()).to_vec();
        subject.apply(Batch { finished, ..Batch::empty(import, Checkpoint::start_of(4)) });
    }
    let ledger = wait(subject.vault().imports().ledger(&LedgerQuery::default()));
    assert_eq!(ledger, rows.map(|row| row.report));
}

pub fn ledgers_are_asked_by_import_and_status(factory: &dyn Factory) {
    let (subject, import) = Subject::importing(factory, "vault");
    let row = |entry, status| finished(entry, 1, 10, status);
    let rows = vec![row(0, EntryStatus::Parsed), row(1, EntryStatus::Unknown), row(2, EntryStatus::Parsed)];
    subject.apply(Batch { finished: rows, ..Batch::empty(import, Checkpoint::start_of(3)) });
    let second = subject.begin(2, "takeout-2", None).id;
    let ask = |import, status| {
        let ledger = wait(subject.vault().imports().ledger(&LedgerQuery { import, status }));
        ledger.into_iter().map(|row| row.path).collect::<Vec<_>>()
    };
    assert_eq!(ask(None, None), [""; 0], "the latest import has no row yet");
    subject.apply(Batch {
        finished: vec![row(3, EntryStatus::Failed)],
        ..Batch::empty(second, Checkpoint::start_of(4))
    });
    assert_eq!(ask(None, None), ["Takeout/3.json"]);
    assert_eq!(ask(Some(second), Some(EntryStatus::Parsed)), [""; 0]);
    assert_eq!(ask(Some(import), Some(EntryStatus::Parsed)), ["Takeout/0.json", "Takeout/2.json"]);
    assert_eq!(ask(Some(import), None).len(), 3);
    assert_eq!(ask(Some(99), None), [""; 0]);
}

pub fn entries_are_remembered_by_content_and_parser(factory: &dyn Factory) {
    let (mut subject, import) = Subject::importing(factory, "vault");
    let memo = |subject: &Subject<'_>, hash: u8, parser: &str, version| {
        wait(subject.vault().imports().memo([hash; 32], parser, version))
    };
    let has_size = |subject: &Subject<'_>, bytes| wait(subject.vault().imports().memo_has_size(bytes));
    assert_eq!((memo(&subject, 7, "test.parser", 1), has_size(&subject, 4096)), (None, false));
    let rows = vec![
        with_warnings(finished(1, 7, 4096, EntryStatus::Partial)),
        FinishedEntry { memo: None, ..finished(2, 8, 5000, EntryStatus::Parsed) },
    ];
    subject.apply(Batch { finished: rows.clone(), ..Batch::empty(import, Checkpoint::start_of(3)) });
    for _ in 0..2 {
        let report = rows[0].report.clone();
        let expected = MemoEntry {
            exported_at_us: Some(NOON_US),
            archive: "takeout-1".to_owned(),
            entry: "Takeout/1.json".to_owned(),
            documents: 2,
            samples: 0,
            status: EntryStatus::Partial,
            warning_count: 9,
            warnings: report.warnings,
        };
        assert_eq!(memo(&subject, 7, "test.parser", 1), Some(expected));
        assert_eq!(memo(&subject, 7, "test.parser", 2), None);
        assert_eq!(memo(&subject, 7, "other.parser", 1), None);
        assert_eq!(memo(&subject, 8, "test.parser", 1), None);
        assert!(has_size(&subject, 4096) && !has_size(&subject, 5000) && !has_size(&subject, 4095));
        subject.reopen();
    }
    let again = finished(0, 7, 4096, EntryStatus::Parsed);
    subject.apply(Batch { finished: vec![again], ..Batch::empty(import, Checkpoint::start_of(3)) });
    assert_eq!(
        memo(&subject, 7, "test.parser", 1).map(|memo| (memo.documents, memo.status)),
        Some((1, EntryStatus::Parsed))
    );
}

pub fn an_unknown_import_cannot_be_finished(factory: &dyn Factory) {
    let subject = Subject::open(factory, "vault");
    assert!(block_on(subject.vault().imports().finish(1, NOON_US)).is_err());
    assert_eq!(wait(subject.vault().imports().list()), []);
}

pub fn where_an_entry_came_from_is_known(factory: &dyn Factory) {
    let mut subject = Subject::open(factory, "vault");
    let file = |archive, path: &str| PlannedFile::new(0, archive, path);
    let draft = ImportDraft {
        paths: vec!["/exports/a.zip".into(), "/exports/b.zip".into()],
        entries: vec![
            file(Some(0), "Takeout/x"),
            file(Some(1), "Takeout/x"),
            file(Some(1), "Takeout/x"),
            file(None, "b.zip"),
        ],
        ..import_draft(1, "takeout-1", None)
    };
    let import = wait(subject.vault().imports().begin(draft)).id;
    let row = |entry, bytes| finished(entry, 1, bytes, EntryStatus::Partial);
    let finished = vec![row(1, 1 << 40)];
    subject.apply(Batch { finished, ..Batch::empty(import, Checkpoint::start_of(2)) });
    for _ in 0..2 {
        let origin = |import, entry| wait(subject.vault().imports().origin(import, entry));
        let expected = |path: &str, archives: &[&str], ordinal, closed| {
            let archives = archives.iter().map(|archive| (*archive).to_owned()).collect();
            Some(EntryOrigin { path: path.to_owned(), archives, ordinal, closed })
        };
        assert_eq!(origin(import, 0), expected("Takeout/x", &["/exports/a.zip"], 0, None));
        let closed = Some((1 << 40, EntryStatus::Partial));
        assert_eq!(origin(import, 1), expected("Takeout/x", &["/exports/b.zip"], 0, closed));
        assert_eq!(origin(import, 2), expected("Takeout/x", &["/exports/b.zip"], 1, None));
        assert_eq!(origin(import, 3), expected("b.zip", &[], 0, None));
        assert_eq!((origin(import, 4), origin(import + 1, 0), origin(0, 0)), (None, None, None));
        subject.reopen();
    }
}
