//! The pipeline from folders to a vault: every entry is accounted for, a second import changes
//! nothing, and an import that is stopped anywhere goes on to the same end.

#![expect(clippy::unwrap_used, reason = "what a test expects and does not find is its failure")]

use dp_archive::{Export, Limits};
use dp_lake::{
    Vault as _,
    etl::{self, EtlError, ImportOptions, ImportReport, Progress, Stage},
    memory::MemoryVault,
};
use dp_model::{EntryStatus, Tally};
use futures::executor::block_on;
use std::{
    fmt::Write as _,
    path::Path,
    sync::atomic::{AtomicBool, Ordering},
};

/// Searches in a file, enough for several chunks.
const SEARCHES: usize = 5_000;

fn searches(first: usize, count: usize) -> String {
    let mut json = String::from("[");
    for number in first..first + count {
        let comma = if number == first { "" } else { "," };
        let (minute, second) = (number / 60 % 60, number % 60);
        let hour = number / 3600;
        let _ = write!(
            json,
            r#"{comma}{{"header":"Search","title":"Searched for loaf {number}","titleUrl":"https://www.google.com/search?q=loaf+{number}","time":"2024-05-01T{hour:02}:{minute:02}:{second:02}.000Z","products":["Search"]}}"#
        );
    }
    json + "]"
}

fn write_export(folder: &Path) {
    let write = |path: &str, text: &str| {
        let path = folder.join("Takeout").join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    };
    write("My Activity/Search/MyActivity.json", &searches(0, SEARCHES));
    write(
        "My Activity/Discover/MyActivity.json",
        &searches(SEARCHES, 10).replace("2024-05-01T01:23:2", "soon "),
    );
    write("Tasks/Tasks.json", "[]");
    write("Keep/scribble.bin", "\u{1}\u{2}\u{0}\u{3}");
    write("Somewhere/poem.txt", "The kettle hums a minor third.");
}

fn open(folder: &Path) -> Vec<Export> {
    dp_archive::open(&[folder.to_owned()], &Limits::default()).unwrap()
}

fn import(vault: &MemoryVault, exports: &[Export]) -> ImportReport {
    etl::import(vault, exports, &ImportOptions::default(), &mut |_| {}, &AtomicBool::new(false)).unwrap()
}

fn documents(vault: &MemoryVault) -> Vec<dp_lake::RevisionedDocument> {
    block_on(vault.documents().walk(None, usize::MAX)).unwrap()
}

#[test]
fn every_entry_is_accounted_for() {
    let folder = tempfile::tempdir().unwrap();
    write_export(folder.path());
    let vault = MemoryVault::new("UTC");
    let report = import(&vault, &open(folder.path()));
    let status = |name: &str| {
        report
            .entries
            .iter()
            .find(|entry| entry.path.ends_with(name))
            .map(|entry| (entry.status, entry.documents))
    };
    assert_eq!(report.entries.len(), 5);
    assert_eq!(status("Search/MyActivity.json"), Some((EntryStatus::Parsed, SEARCHES as u64)));
    assert_eq!(status("Discover/MyActivity.json"), Some((EntryStatus::Partial, 10)));
    assert_eq!(status("Tasks.json"), Some((EntryStatus::Ignored, 0)));
    assert_eq!(status("scribble.bin"), Some((EntryStatus::Unknown, 0)));
    assert_eq!(status("poem.txt"), Some((EntryStatus::Unknown, 1)));
    assert_eq!(report.documents.inserted, SEARCHES as u64 + 11);
    assert_eq!(documents(&vault).len(), SEARCHES + 11);
}

#[test]
fn a_preview_counts_what_the_import_finds() {
    let folder = tempfile::tempdir().unwrap();
    write_export(folder.path());
    let exports = open(folder.path());
    let cancelled = AtomicBool::new(false);
    let preview = etl::preview(&exports, &ImportOptions::default(), "UTC", &mut |_| {}, &cancelled).unwrap();
    let report = import(&MemoryVault::new("UTC"), &exports);
    assert_eq!(preview.entries, report.entries);
    assert_eq!((preview.import, preview.documents), (None, report.documents));
}

#[test]
fn the_same_export_again_changes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    write_export(folder.path());
    let vault = MemoryVault::new("UTC");
    let first = import(&vault, &open(folder.path()));
    let before = documents(&vault);
    let again = import(&vault, &open(folder.path()));
    assert_eq!(again.documents, Tally { unchanged: first.documents.inserted, ..Tally::default() });
    assert_eq!(again.entries, first.entries);
    assert_eq!(documents(&vault), before);
}

#[test]
fn an_import_stopped_anywhere_goes_on_to_the_same_end() {
    let folder = tempfile::tempdir().unwrap();
    write_export(folder.path());
    let exports = open(folder.path());
    let whole = MemoryVault::new("UTC");
    let expected = import(&whole, &exports);
    // Small batches, so that there are many places to stop at.
    let options = ImportOptions { batch_records: 300, ..ImportOptions::default() };
    let vault = MemoryVault::new("UTC");
    let mut stops = 0;
    let report = loop {
        let cancelled = AtomicBool::new(false);
        let mut seen = 0;
        let mut stop_soon = |progress: &Progress| {
            seen += usize::from(progress.stage == Stage::Importing);
            if seen > 0 && stops < 20 {
                cancelled.store(true, Ordering::Relaxed);
            }
        };
        match etl::import(&vault, &exports, &options, &mut stop_soon, &cancelled) {
            Ok(report) => break report,
            Err(EtlError::Cancelled) => stops += 1,
            Err(error) => panic!("{error}"),
        }
    };
    assert_eq!(report.import, Some(1), "the same import went on");
    assert_eq!((report.documents, report.entries), (expected.documents, expected.entries));
    assert_eq!(documents(&vault), documents(&whole));
}

#[test]
fn progress_ends_where_it_said_it_would() {
    let folder = tempfile::tempdir().unwrap();
    write_export(folder.path());
    let mut last = None;
    let mut stages = Vec::new();
    let mut watch = |progress: &Progress| {
        stages.push(progress.stage);
        last = Some(progress.clone());
    };
    let exports = open(folder.path());
    let vault = MemoryVault::new("UTC");
    etl::import(&vault, &exports, &ImportOptions::default(), &mut watch, &AtomicBool::new(false)).unwrap();
    stages.dedup();
    let last = last.unwrap();
    assert_eq!((stages[0], last.stage), (Stage::Recognising, Stage::Finished));
    assert_eq!((last.entries_done, last.bytes_done), (last.entries, last.bytes));
    assert_eq!(last.documents, SEARCHES as u64 + 11);
}
