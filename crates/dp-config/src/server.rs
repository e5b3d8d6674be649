//! `[server]`: what `datapunk serve` may do.

use serde::Deserialize;
use std::path::PathBuf;

/// Settings of the server.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Server {
    /// Folders that the owner may import from by path over HTTP; none by default. Whoever holds a key of the
    /// owner with the right to import can read what is in them.
    pub import_folders: Vec<PathBuf>,
}

impl Server {
    pub(crate) fn validate(&self) -> Result<(), String> {
        match self.import_folders.iter().find(|folder| !folder.is_absolute()) {
            Some(folder) => Err(format!(
                "server.import_folders has {:?}, and each must be a whole path, from the root",
                folder.display()
            )),
            None => Ok(()),
        }
    }
}
