//! One entry read again: its row in the ledger is written anew, nothing else is touched, and what can't be read again is
//! said.

#![expect(clippy::unwrap_used, reason = "what a test expects and does not find is its failure")]

use dp_archive::{Export, Limits};
use dp_lake::{
    Import, LedgerQuery, Vault as _,
    etl::{self, EtlError, ImportOptions, RetriedEntry, RetryError, find_entry, retry_entry},
    memory::MemoryVault,
};
use dp_model::{EntryReport, EntryStatus, Tally};
use futures::executor::block_on;
use std::{path::Path, sync::atomic::AtomicBool};

const NOTES: [&str; 3] = ["bread", "train", "tea"];

fn note(title: &str) -> String {
    format!(
        r#"{{"title":"{title}","textContent":"About {title}.","color":"DEFAULT","isTrashed":false,"isPinned":false,
           "isArchived":false,"createdTimestampUsec":1700000000000000,"userEditedTimestampUsec":1700000000000000}}"#
    )
}

fn write(folder: &Path, name: &str, text: &str) {
    let keep = folder.join("Takeout/Keep");
    std::fs::create_dir_all(&keep).unwrap();
    std::fs::write(keep.join(format!("{name}.json")), text).unwrap();
}

fn open(folder: &Path) -> Vec<Export> {
    dp_archive::open(&[folder.to_owned()], &Limits::default()).unwrap()
}

/// A vault with an import of three notes, of which one broke off.
fn broken(folder: &Path) -> (MemoryVault, Import, u32) {
    NOTES.iter().for_each(|title| write(folder, title, &note(title)));
    write(folder, "train", &note("train")[..60]);
    let vault = MemoryVault::new("UTC");
    let never = AtomicBool::new(false);
    let report = etl::import(&vault, &open(folder), &ImportOptions::default(), &mut |_| {}, &never).unwrap();
    let entry = report.entries.iter().position(|entry| entry.path.ends_with("train.json")).unwrap();
    assert_ne!(report.entries[entry].status, EntryStatus::Parsed);
    let import = imports(&vault).remove(0);
    (vault, import, entry as u32)
}

fn imports(vault: &MemoryVault) -> Vec<Import> {
    block_on(vault.imports().list()).unwrap()
}

fn ledger(vault: &MemoryVault) -> Vec<EntryReport> {
    block_on(vault.imports().ledger(&LedgerQuery::default())).unwrap()
}

fn again(vault: &MemoryVault, folder: &Path, entry: u32) -> Result<RetriedEntry, RetryError> {
    let known = find_entry(vault, 1, entry)?;
    retry_entry(vault, &known, &open(folder), &ImportOptions::default(), &mut |_| {}, &AtomicBool::new(false))
}

#[test]
fn a_file_that_was_mended_is_read_again_and_the_rest_stays_as_it_is() {
    let folder = tempfile::tempdir().unwrap();
    let (vault, before, entry) = broken(folder.path());
    let rows = ledger(&vault);
    write(folder.path(), "train", &note("train"));
    let read = again(&vault, folder.path(), entry).unwrap();
    assert_eq!((read.import, read.entry, read.report.status), (1, entry, EntryStatus::Parsed));
    assert_eq!(read.documents.inserted, 1);
    let after = ledger(&vault);
    assert_eq!(after[entry as usize], read.report);
    let others = |rows: &[EntryReport]| {
        rows.iter()
            .enumerate()
            .filter(|(index, _)| *index != entry as usize)
            .map(|(_, row)| row.clone())
            .collect::<Vec<_>>()
    };
    assert_eq!(others(&after), others(&rows));
    let import = imports(&vault).remove(0);
    assert_eq!(
        (import.checkpoint, import.state, imports(&vault).len()),
        (before.checkpoint, before.state, 1)
    );
    assert_eq!(import.applied.documents.inserted, before.applied.documents.inserted + 1);
    // Once more nothing is new.
    let read = again(&vault, folder.path(), entry).unwrap();
    assert_eq!(read.documents, Tally { unchanged: 1, ..Tally::default() });
    let titles = block_on(vault.documents().walk(None, 10)).unwrap();
    assert_eq!(titles.iter().filter(|found| found.document.content.title == "train").count(), 1);
}

#[test]
fn what_cannot_be_read_again_is_said() {
    let folder = tempfile::tempdir().unwrap();
    let (vault, _, entry) = broken(folder.path());
    let find = |import, entry| find_entry(&vault, import, entry).unwrap_err();
    assert!(matches!(find(9, 0), RetryError::NoSuchImport(9)));
    assert!(matches!(find(1, 99), RetryError::NoSuchEntry { entry: 99, entries: 3, .. }));
    let known = find_entry(&vault, 1, entry).unwrap();
    let stopped = retry_entry(
        &vault,
        &known,
        &open(folder.path()),
        &ImportOptions::default(),
        &mut |_| {},
        &AtomicBool::new(true),
    );
    assert!(matches!(stopped, Err(RetryError::Etl(EtlError::Cancelled))), "{stopped:?}");
    std::fs::remove_file(folder.path().join("Takeout/Keep/train.json")).unwrap();
    let gone = again(&vault, folder.path(), entry).unwrap_err();
    assert!(gone.to_string().contains("train.json is not in the archives any more"), "{gone}");
    let draft = dp_lake::ImportDraft {
        fingerprint: [7; 32],
        exports: Vec::new(),
        paths: Vec::new(),
        entries: Vec::new(),
        now_us: 0,
    };
    block_on(vault.imports().begin(draft)).unwrap();
    assert!(matches!(find(2, 0), RetryError::Unfinished(2)));
}
