//! `[backup]`: where backups go, for whom they are encrypted, and how often `datapunk serve` makes one by itself.

use serde::Deserialize;
use std::path::PathBuf;

/// Hours between two backups at most: a year.
const EVERY_H_MAX: u32 = 8_784;

/// Settings of backups.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Backup {
    /// The folder they are kept in; `backups` in the data directory by default, which is on the same disk.
    pub folder: Option<PathBuf>,
    /// Hours from one backup to the next, made by `datapunk serve` while it runs; none by default.
    pub every_h: Option<u32>,
    /// How many of those that were made by themselves are kept.
    pub keep: u32,
    /// For whom all backups are encrypted: recipients of age, as `age1…`; nobody by default, and then they are not.
    pub recipients: Vec<String>,
}

impl Default for Backup {
    fn default() -> Self {
        Self { folder: None, every_h: None, keep: 7, recipients: Vec::new() }
    }
}

impl Backup {
    pub(crate) fn validate(&self) -> Result<(), String> {
        if let Some(folder) = self.folder.as_ref().filter(|folder| !folder.is_absolute()) {
            return Err(format!(
                "backup.folder is {:?}, and must be a whole path, from the root",
                folder.display()
            ));
        }
        if self.every_h.is_some_and(|hours| !(1..=EVERY_H_MAX).contains(&hours)) {
            return Err(format!("backup.every_h must be from 1 to {EVERY_H_MAX}; leave it out for none"));
        }
        if self.keep == 0 {
            return Err("backup.keep must be at least 1: the newest backup stays".to_owned());
        }
        Ok(())
    }
}
