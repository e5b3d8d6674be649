//! Vectors of documents, in sets that each belong to one model: a projection of the store that finds
//! rows by meaning. Vectors go in by row number; searches give row numbers back. Knows what the store
//! holds only from what it is told; a set can be deleted and made anew.

mod contract;
mod failure;
mod health;
mod manifest;
mod merge;
mod nearest;
mod positional;
mod quantise;
mod queue;
mod read;
mod rows;
mod rows_mask;
mod scan;
mod segment;
mod set;
mod snapshot;
#[cfg(test)]
mod tests;
mod tombstones;
mod waiting;
mod writing;

pub(crate) use quantise::check;
pub(crate) use queue::count_documents;
pub(crate) use read::{PendingRow, pending_rows};
pub(crate) use rows::Rows;
pub(crate) use set::{StoredSet, short};

use crate::generation::Generation;
use dp_lake::{LakeError, VectorModel};
use failure::{failed, no_such_set};
use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
};

/// The key of a set, and the set or why it can't be opened.
type NamedSet = (String, Result<Arc<StoredSet>, LakeError>);

/// The sets of a vault.
#[derive(Debug)]
pub(crate) struct Sets {
    directory: PathBuf,
    is_written: bool,
    open: Mutex<BTreeMap<String, Arc<StoredSet>>>,
    /// Number of the last change of the store that all open sets have taken note of.
    noted: AtomicU64,
    /// Why the vault's own embedder does not keep up.
    trouble: Mutex<Option<String>>,
    generation: Generation,
}

impl Sets {
    /// The sets in the folder of a vault, each opened when it is first asked for.
    pub(crate) fn new(vault: &Path, is_written: bool) -> Self {
        Self {
            directory: vault.join("vectors"),
            is_written,
            open: Mutex::default(),
            noted: AtomicU64::new(0),
            trouble: Mutex::default(),
            generation: Generation::default(),
        }
    }

    /// The count of what may change the answers of the vault.
    pub(crate) fn generation(&self) -> &Generation {
        &self.generation
    }

    fn opened(&self) -> MutexGuard<'_, BTreeMap<String, Arc<StoredSet>>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Number of the last change that is taken note of.
    pub(crate) fn noted(&self) -> u64 {
        self.noted.load(Ordering::Acquire)
    }

    /// Says that every open set has taken note of the changes up to this number.
    pub(crate) fn set_noted(&self, sequence: u64) {
        self.noted.store(sequence, Ordering::Release);
    }

    /// Why embedding does not go on.
    pub(crate) fn trouble(&self) -> Option<String> {
        self.trouble.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Says why embedding does not go on, or that it does.
    pub(crate) fn set_trouble(&self, trouble: Option<String>) {
        *self.trouble.lock().unwrap_or_else(PoisonError::into_inner) = trouble;
    }

    /// The set of a model.
    ///
    /// # Errors
    /// `Projection` if there is none, or it is damaged and may not be made anew.
    pub(crate) fn find(&self, model: &VectorModel) -> Result<Arc<StoredSet>, LakeError> {
        let set = self.find_by_key(&model.key())?.ok_or_else(|| no_such_set(model))?;
        // Two models whose names differ in what a file's name cannot hold.
        if set.model == *model { Ok(set) } else { Err(no_such_set(model)) }
    }

    fn find_by_key(&self, key: &str) -> Result<Option<Arc<StoredSet>>, LakeError> {
        let mut open = self.opened();
        if let Some(set) = open.get(key) {
            let set = Arc::clone(set);
            drop(open);
            set.refresh()?;
            return Ok(Some(set));
        }
        let directory = self.directory.join(key);
        if !directory.is_dir() {
            return Ok(None);
        }
        let opened = manifest::read_model(&directory)
            .and_then(|model| StoredSet::open(&directory, model, self.is_written));
        let set = match opened {
            Err(LakeError::Projection { .. }) if self.is_written => self.make_anew(&directory)?,
            opened => Some(Arc::new(opened?)),
        };
        if let Some(set) = &set {
            open.insert(key.to_owned(), Arc::clone(set));
        }
        Ok(set)
    }

    /// Empties a set that is damaged, so that it is filled again; None if it does not even say whose it
    /// is, and then it is removed.
    fn make_anew(&self, directory: &Path) -> Result<Option<Arc<StoredSet>>, LakeError> {
        let model = manifest::read_model(directory).ok();
        std::fs::remove_dir_all(directory).map_err(|source| failed(directory, "remove", source))?;
        let Some(model) = model else { return Ok(None) };
        StoredSet::make(directory, &model, self.noted())?;
        StoredSet::open(directory, model, true).map(|set| Some(Arc::new(set)))
    }

    /// Every set, by name; those that cannot be opened with the reason.
    pub(crate) fn all(&self) -> Result<Vec<NamedSet>, LakeError> {
        let mut sets = Vec::new();
        for key in self.keys()? {
            match self.find_by_key(&key) {
                Ok(None) => {}
                Ok(Some(set)) => sets.push((key, Ok(set))),
                Err(error) => sets.push((key, Err(error))),
            }
        }
        Ok(sets)
    }

    fn keys(&self) -> Result<Vec<String>, LakeError> {
        let entries = match std::fs::read_dir(&self.directory) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
            entries => entries.map_err(|source| failed(&self.directory, "look through", source))?,
        };
        let folders = entries.flatten().filter(|entry| entry.path().is_dir());
        let mut keys = folders
            .map(|entry| entry.file_name().to_string_lossy().into_owned())
            .filter(|name| !name.starts_with(set::UNFINISHED))
            .collect::<Vec<_>>();
        keys.sort_unstable();
        Ok(keys)
    }

    /// The sets that are open for writing.
    pub(crate) fn written(&self) -> Vec<Arc<StoredSet>> {
        self.opened().values().cloned().collect()
    }

    /// The set of a model, made if it is not there.
    pub(crate) fn create(&self, model: &VectorModel) -> Result<Arc<StoredSet>, LakeError> {
        if !self.is_written {
            return Err(LakeError::ReadOnly);
        }
        let key = model.key();
        if let Some(set) = self.find_by_key(&key)? {
            return if set.model == *model { Ok(set) } else { Err(no_such_set(model)) };
        }
        let mut open = self.opened();
        let directory = self.directory.join(&key);
        StoredSet::make(&directory, model, self.noted())?;
        let set = Arc::new(StoredSet::open(&directory, model.clone(), true)?);
        open.insert(key, Arc::clone(&set));
        Ok(set)
    }

    /// Removes the set of a model; says whether there was one.
    pub(crate) fn remove(&self, model: &VectorModel) -> Result<bool, LakeError> {
        if !self.is_written {
            return Err(LakeError::ReadOnly);
        }
        let mut open = self.opened();
        let directory = self.directory.join(model.key());
        if let Some(set) = open.remove(&model.key()) {
            set.retire();
        }
        if !directory.is_dir() {
            return Ok(false);
        }
        std::fs::remove_dir_all(&directory).map_err(|source| failed(&directory, "remove", source))?;
        Ok(true)
    }

    /// Puts an empty set in the place of one.
    pub(crate) fn empty(&self, model: &VectorModel) -> Result<Arc<StoredSet>, LakeError> {
        self.remove(model)?;
        self.create(model)
    }
}
