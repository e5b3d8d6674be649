//! Where everything lies: the data directory, its configuration, the vault in it.

use crate::brain;
use anyhow::Context as _;
use dp_config::Config;
use dp_lake::{Embedder, OnChange};
use dp_lake_embedded::{EmbeddedVault, VaultOptions};
use dp_model::DocumentId;
use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

/// The vault of a machine with one user.
const VAULT: &str = "vaults/owner";

/// A data directory and its configuration.
#[derive(Debug, Clone)]
pub(crate) struct Place {
    pub(crate) directory: PathBuf,
    pub(crate) config: Config,
}

impl Place {
    /// The named directory, or else the platform's.
    pub(crate) fn find(directory: Option<PathBuf>) -> anyhow::Result<Self> {
        let directory = directory
            .or_else(dp_config::default_data_directory)
            .context("this platform names no data directory; say where with --data-dir FOLDER")?;
        let config = Config::read(&directory)?;
        Ok(Self { directory, config })
    }

    /// That no restore is in its midst here.
    pub(crate) fn ensure_whole(&self) -> anyhow::Result<()> {
        anyhow::ensure!(
            !dp_backup::is_half_restored(&self.directory),
            "a backup was being restored to {}, and that was interrupted; run the same `datapunk backup restore` again",
            self.directory.display()
        );
        Ok(())
    }

    /// The database of accounts, jobs and events.
    pub(crate) fn system_file(&self) -> PathBuf {
        self.directory.join("system.db")
    }

    pub(crate) fn vault_directory(&self) -> PathBuf {
        self.directory.join(VAULT)
    }

    pub(crate) fn vault_directory_of(&self, account: &str) -> PathBuf {
        self.directory.join("vaults").join(account)
    }

    /// Opens the vault for writing, making it if it is not there. What comes in is embedded on its way,
    /// if there is a model that can keep up.
    pub(crate) fn open(&self) -> anyhow::Result<EmbeddedVault> {
        Ok(EmbeddedVault::open(&self.vault_directory(), &self.options(brain::import_embedder(self)))?)
    }

    /// Opens the vault in a directory for writing, making it if it is not there, so that somebody is told of its changes.
    pub(crate) fn open_told(&self, directory: &Path, on_change: OnChange) -> anyhow::Result<EmbeddedVault> {
        let options = self.options(brain::import_embedder(self)).with_listener(on_change);
        Ok(EmbeddedVault::open(directory, &options)?)
    }

    /// Opens the vault in this folder for writing.
    pub(crate) fn open_in(&self, directory: &Path) -> anyhow::Result<EmbeddedVault> {
        Ok(EmbeddedVault::open(directory, &self.options(brain::import_embedder(self)))?)
    }

    /// Opens the vault for writing if it is there, without making vectors by itself.
    pub(crate) fn open_plain(&self) -> anyhow::Result<EmbeddedVault> {
        Ok(EmbeddedVault::open(&self.vault_directory(), &self.options(None))?)
    }

    /// Whether there is a vault.
    pub(crate) fn has_vault(&self) -> bool {
        self.vault_directory().join("lake.db").is_file()
    }

    fn options(&self, embedder: Option<Arc<dyn Embedder>>) -> VaultOptions {
        VaultOptions { home_zone: self.config.person.home_zone(), embedder, on_change: None }
    }

    /// Opens the vault for writing if it is there.
    pub(crate) fn open_existing(&self) -> anyhow::Result<EmbeddedVault> {
        if !self.vault_directory().join("lake.db").is_file() {
            // Says that there is none, and how to make one.
            EmbeddedVault::open_for_reading(&self.vault_directory(), &self.options(None))?;
        }
        self.open()
    }

    /// Opens the vault for reading.
    pub(crate) fn read(&self) -> anyhow::Result<EmbeddedVault> {
        Ok(EmbeddedVault::open_for_reading(&self.vault_directory(), &self.options(None))?)
    }
}

/// The document that a person means by an id or its first digits.
pub(crate) fn find_document(vault: &dyn dp_lake::Vault, digits: &str) -> anyhow::Result<DocumentId> {
    if let Ok(id) = digits.parse() {
        return Ok(id);
    }
    if digits.len() < 4 || !digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        anyhow::bail!(
            "{digits:?} is no document id; ids are 32 hexadecimal digits, and the first few (at least 4) will do"
        );
    }
    let found = futures::executor::block_on(vault.documents().find_by_prefix(digits, 2))?;
    match found.as_slice() {
        [id] => Ok(*id),
        [] => anyhow::bail!("there is no document whose id begins with {digits}"),
        _ => anyhow::bail!("several documents have ids that begin with {digits}; give more digits"),
    }
}
