//! Which model is in use, which was before, and removing models.

use super::{ModelError, Models, built_in_manifest, manifest};
use serde::{Deserialize, Serialize};
use std::io;

/// The file that says which model is in use.
const FILE: &str = "in-use.toml";

/// Which model is in use, and which was before.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct InUse {
    /// In use; None if none was chosen and there is none in the program.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub current: Option<String>,
    /// In use before: what [`Models::undo`] goes back to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub previous: Option<String>,
}

impl Models {
    /// Which model is in use: the one chosen, else the one in the program.
    ///
    /// # Errors
    /// When the file that says so can't be understood.
    pub fn in_use(&self) -> Result<InUse, ModelError> {
        let path = self.folder.join(FILE);
        let mut in_use = match fs_err::read_to_string(&path) {
            Ok(text) => toml::from_str::<InUse>(&text)
                .map_err(|error| ModelError::Manifest { path, reason: error.to_string() })?,
            Err(error) if error.kind() == io::ErrorKind::NotFound => InUse::default(),
            Err(error) => return Err(ModelError::io(&path)(error)),
        };
        for name in in_use.current.iter().chain(&in_use.previous) {
            manifest::check_name(name)?;
        }
        if in_use.current.is_none() {
            in_use.current = built_in_manifest().map(|manifest| manifest.name);
        }
        Ok(in_use)
    }

    /// Uses another model from now on; it must open. Gives what was in use.
    ///
    /// # Errors
    /// When it doesn't open, or the choice can't be written.
    pub fn choose(&self, name: &str) -> Result<InUse, ModelError> {
        self.open(name)?;
        let before = self.in_use()?;
        if before.current.as_deref() != Some(name) {
            self.write(&InUse { current: Some(name.to_owned()), previous: before.current.clone() })?;
        }
        Ok(before)
    }

    /// Goes back to the model that was in use before; gives its name.
    ///
    /// # Errors
    /// When there was none, or it can't be opened any more.
    pub fn undo(&self) -> Result<String, ModelError> {
        let Some(previous) = self.in_use()?.previous else {
            return Err(ModelError::NothingBefore);
        };
        self.choose(&previous)?;
        Ok(previous)
    }

    fn write(&self, in_use: &InUse) -> Result<(), ModelError> {
        fs_err::create_dir_all(&self.folder).map_err(ModelError::io(&self.folder))?;
        let path = self.folder.join(FILE);
        let text = toml::to_string(in_use)
            .map_err(|error| ModelError::Manifest { path: path.clone(), reason: error.to_string() })?;
        manifest::write_whole(&path, text.as_bytes()).map_err(ModelError::io(&path))
    }

    /// Removes a model's files. If it was in use, the one in the program is, or none.
    ///
    /// # Errors
    /// When there is no such model, it is part of the program, or its files can't be removed.
    pub fn remove(&self, name: &str) -> Result<(), ModelError> {
        let folder = self.folder_of(name)?;
        if !folder.is_dir() {
            let own = built_in_manifest().is_some_and(|own| own.name == name);
            return Err(if own { ModelError::BuiltIn(name.to_owned()) } else { self.not_found(name) });
        }
        let InUse { current, previous } = self.in_use()?;
        let kept = |chosen: Option<String>| chosen.filter(|chosen| chosen != name);
        self.write(&InUse { current: kept(current), previous: kept(previous) })?;
        // Under another name first: half a folder must not look like a model.
        let leaving = self.folder.join(format!(".removed-{name}-{}", std::process::id()));
        fs_err::rename(&folder, &leaving).map_err(ModelError::io(&folder))?;
        fs_err::remove_dir_all(&leaving).map_err(ModelError::io(&leaving))
    }
}
