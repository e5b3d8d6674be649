//! A made-up life on disk, with its answers.

use dp_lifegen::Answers;
use std::{
    ffi::OsString,
    path::{Path, PathBuf},
};

/// Export files of a life, and what is in them.
#[derive(Debug)]
pub struct Life {
    /// Where the files lie.
    pub folder: PathBuf,
    /// What a right importer finds.
    pub answers: Answers,
}

impl Life {
    /// Writes a life of ten years at this scale into the folder.
    #[must_use]
    pub fn write(folder: &Path, scale: f64) -> Self {
        let life = dp_lifegen::Life { scale, ..dp_lifegen::Life::default() };
        let answers = dp_lifegen::write(&life, folder, &mut |_| {}).unwrap();
        Self { folder: folder.to_owned(), answers }
    }

    /// All files of all exports, oldest export first.
    #[must_use]
    pub fn paths(&self) -> Vec<PathBuf> {
        self.exports().into_iter().flatten().collect()
    }

    /// The files of each export.
    #[must_use]
    pub fn exports(&self) -> Vec<Vec<PathBuf>> {
        let parts = |export: &dp_lifegen::ExportAnswer| {
            export.parts.iter().map(|part| self.folder.join(part)).collect()
        };
        self.answers.exports.iter().map(parts).collect()
    }

    /// The command line that imports it all in one go.
    #[must_use]
    pub fn import(&self) -> Vec<OsString> {
        crate::vault::import_arguments(self.paths())
    }
}
