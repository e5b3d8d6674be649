//! When a personal model was last fitted, and whether there is enough new to fit it again.

use super::{InUse, ModelError, ModelKind, Models, manifest};
use serde::{Deserialize, Serialize};
use std::io;

/// The file that says how much there was when a model was last fitted.
const FILE: &str = "lessons.toml";
/// Documents of a vault that is large enough to learn from without being asked.
const DOCUMENTS_LEAST: u64 = 20_000;

#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct LastLesson {
    /// Documents of the vault at that time.
    documents: u64,
}

impl Models {
    /// Whether a model should be fitted to a vault of so many documents without being asked: it is large,
    /// and nothing was fitted since it had half as many; there is a teacher; and nobody chose a model of
    /// another kind than those that a fitted one can take the place of.
    ///
    /// # Errors
    /// When the models can't be listed, or the file of the last time can't be understood.
    pub fn is_lesson_due(&self, documents: u64) -> Result<bool, ModelError> {
        if documents < DOCUMENTS_LEAST || self.encoder()?.is_none() {
            return Ok(false);
        }
        let InUse { current: Some(current), .. } = self.in_use()? else { return Ok(false) };
        let is_replaceable = matches!(self.manifest(&current)?.kind, ModelKind::Static | ModelKind::Personal);
        Ok(is_replaceable && documents / 2 >= self.last_lesson()?.documents)
    }

    /// Keeps in mind that a model was fitted, or that fitting one was of no use, to so many documents.
    ///
    /// # Errors
    /// When it can't be written.
    pub fn note_lesson(&self, documents: u64) -> Result<(), ModelError> {
        fs_err::create_dir_all(&self.folder).map_err(ModelError::io(&self.folder))?;
        let path = self.folder.join(FILE);
        let text = toml::to_string(&LastLesson { documents })
            .map_err(|error| ModelError::Manifest { path: path.clone(), reason: error.to_string() })?;
        manifest::write_whole(&path, text.as_bytes()).map_err(ModelError::io(&path))
    }

    fn last_lesson(&self) -> Result<LastLesson, ModelError> {
        let path = self.folder.join(FILE);
        match fs_err::read_to_string(&path) {
            Ok(text) => toml::from_str(&text)
                .map_err(|error| ModelError::Manifest { path, reason: error.to_string() }),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(LastLesson::default()),
            Err(error) => Err(ModelError::io(&path)(error)),
        }
    }
}
