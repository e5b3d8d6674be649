//! What scenarios stand on: the built program, a data directory to run it on, a made-up life to import
//! and archives packed anew. Everything here fails loudly; nothing reads or writes outside temporary
//! folders.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a scenario that cannot be set up has failed, and says so"
)]

mod archives;
mod life;
mod program;
mod vault;

pub use archives::{
    Entries, read_archives, write_activity, write_folder, write_tgz, write_zip, write_zip_parts,
};
pub use life::Life;
pub use program::program;
pub use vault::{Outcome, Vault};

use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
};

/// The folder with the workspace in it: where cargo runs the tests, for a build that was shared may come from
/// another copy.
#[must_use]
pub fn workspace() -> PathBuf {
    let package = std::env::var_os("CARGO_MANIFEST_DIR").unwrap_or_else(|| env!("CARGO_MANIFEST_DIR").into());
    Path::new(&package).parent().unwrap().to_owned()
}

/// Every file below a folder, in order.
#[must_use]
pub fn files_below(folder: &Path) -> BTreeSet<PathBuf> {
    let (mut files, mut folders) = (BTreeSet::new(), vec![folder.to_owned()]);
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let entry = entry.unwrap();
            // A link is a file, wherever it leads.
            if entry.file_type().unwrap().is_dir() {
                folders.push(entry.path());
            } else {
                files.insert(entry.path());
            }
        }
    }
    files
}

/// Says that a scenario did not run, in the form that the test runner looks for.
pub fn skipped(reason: &str) {
    println!("SKIPPED {reason}");
}
