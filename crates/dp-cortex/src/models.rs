//! Models as folders under `models/` in the data directory: what there is, which is in use, and getting,
//! checking and removing them. A name comes in, something that embeds goes out. Texts are none of its business.

mod built_in;
mod detect;
mod failure;
mod fetch;
mod hash;
mod hugging_face;
mod in_use;
mod keep;
mod lesson;
mod manifest;
mod open;
mod packages;
mod pull;
mod reranker;

pub use built_in::{BUILT_IN_NAME, built_in, built_in_manifest};
pub use failure::ModelError;
pub use fetch::Progress;
pub use in_use::InUse;
pub use manifest::{FileEntry, MANIFEST_FILE, Manifest, ModelKind};
pub use packages::{Package, PackageFile, packages};
pub use pull::Origin;

use crate::privacy_log::PrivacyLog;
use std::{
    io,
    path::{Path, PathBuf},
    sync::Arc,
};

/// The folder in the data directory.
pub const FOLDER: &str = "models";

/// Cosine below which nothing is near, for static models.
#[must_use]
pub const fn floor_of_static() -> f32 {
    ModelKind::Static.floor()
}

/// The models of one data directory.
#[derive(Debug, Clone)]
pub struct Models {
    folder: PathBuf,
    log: Arc<PrivacyLog>,
}

impl Models {
    /// Those under `models/` in this data directory, which need not be there yet.
    #[must_use]
    pub fn new(data_directory: &Path) -> Self {
        Self { folder: data_directory.join(FOLDER), log: Arc::new(PrivacyLog::new(data_directory)) }
    }

    /// The log of what is sent to other machines.
    #[must_use]
    pub fn privacy_log(&self) -> &Arc<PrivacyLog> {
        &self.log
    }

    /// Where the files of a model of this name are, or would be.
    ///
    /// # Errors
    /// When it can't be a name.
    pub fn folder_of(&self, name: &str) -> Result<PathBuf, ModelError> {
        manifest::check_name(name)?;
        Ok(self.folder.join(name))
    }

    /// What there is, by name; the one in the program too, unless one of its name was pulled. A folder
    /// without a manifest is none.
    ///
    /// # Errors
    /// When the folder or a manifest can't be read.
    pub fn list(&self) -> Result<Vec<Manifest>, ModelError> {
        let mut manifests: Vec<Manifest> = Vec::new();
        for name in self.folder_names()? {
            if let Some(manifest) = self.find_manifest(&name)? {
                manifests.push(manifest);
            }
        }
        if let Some(own) =
            built_in_manifest().filter(|own| manifests.iter().all(|other| other.name != own.name))
        {
            manifests.push(own);
        }
        manifests.sort_by(|one, other| one.name.cmp(&other.name));
        Ok(manifests)
    }

    fn folder_names(&self) -> Result<Vec<String>, ModelError> {
        let entries = match fs_err::read_dir(&self.folder) {
            Ok(entries) => entries,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(ModelError::io(&self.folder)(error)),
        };
        let mut names = Vec::new();
        for entry in entries {
            let name = entry.map_err(ModelError::io(&self.folder))?.file_name();
            names.extend(name.into_string().ok().filter(|name| manifest::check_name(name).is_ok()));
        }
        Ok(names)
    }

    /// What the manifest of a model says.
    ///
    /// # Errors
    /// When there is no such model, or its manifest can't be understood.
    pub fn manifest(&self, name: &str) -> Result<Manifest, ModelError> {
        manifest::check_name(name)?;
        if let Some(manifest) = self.find_manifest(name)? {
            return Ok(manifest);
        }
        match built_in_manifest().filter(|own| own.name == name) {
            Some(own) => Ok(own),
            None => Err(self.not_found(name)),
        }
    }

    fn find_manifest(&self, name: &str) -> Result<Option<Manifest>, ModelError> {
        Manifest::find(&self.folder.join(name), name)
    }

    fn not_found(&self, name: &str) -> ModelError {
        let there_is = self.list().unwrap_or_default().into_iter().map(|manifest| manifest.name).collect();
        ModelError::NotFound { name: name.to_owned(), there_is }
    }

    fn check_sizes(&self, manifest: &Manifest) -> Result<(), ModelError> {
        for file in &manifest.files {
            let path = self.folder.join(&manifest.name).join(&file.path);
            let reason = match fs_err::metadata(&path) {
                Ok(found) if found.len() == file.size_bytes => continue,
                Ok(found) => format!("has {} bytes instead of {}", found.len(), file.size_bytes),
                Err(error) if error.kind() == io::ErrorKind::NotFound => "is missing".to_owned(),
                Err(error) => return Err(ModelError::io(&path)(error)),
            };
            return Err(ModelError::Damaged { model: manifest.name.clone(), path, reason });
        }
        Ok(())
    }

    /// Reads all files of a model and compares their hashes with the manifest's.
    ///
    /// # Errors
    /// When one differs, or can't be read.
    pub fn verify(&self, name: &str) -> Result<(), ModelError> {
        let manifest = self.manifest(name)?;
        if self.find_manifest(name)?.is_none() {
            return Ok(());
        }
        self.check_sizes(&manifest)?;
        for file in &manifest.files {
            let path = self.folder.join(name).join(&file.path);
            let found = hash::of_file(&path)?;
            if found != file.sha256 {
                let reason = format!("has the SHA-256 {found} instead of {}", file.sha256);
                return Err(ModelError::Damaged { model: manifest.name, path, reason });
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
