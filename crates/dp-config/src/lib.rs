//! Configuration: `datapunk.toml` in the data directory, every key optional, one section a file.
//! Unknown keys are errors, because a misspelt limit is worse than none.

mod backup;
mod embedding;
mod files;
mod import;
mod oidc;
mod person;
mod search;
mod server;

pub use backup::Backup;
pub use embedding::Embedding;
pub use files::Files;
pub use import::Import;
pub use oidc::Oidc;
pub use person::Person;
pub use search::Search;
pub use server::Server;

use dp_archive::Limits;
use serde::Deserialize;
use std::path::{Path, PathBuf};

/// The configuration file's name in the data directory.
pub const FILE_NAME: &str = "datapunk.toml";

/// Why the configuration can't be used.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The file can't be read.
    #[error("could not read the configuration: {0}")]
    Read(#[from] std::io::Error),
    /// The file is not TOML, or names a key that there isn't.
    #[error("{} is not a configuration: {source}", .path.display())]
    Syntax {
        /// The file.
        path: PathBuf,
        /// What is wrong, with its place.
        #[source]
        source: Box<toml::de::Error>,
    },
    /// A value can't be meant.
    #[error("{} has a wrong value: {reason}", .path.display())]
    Value {
        /// The file.
        path: PathBuf,
        /// Which key, and what would be right.
        reason: String,
    },
}

/// Everything that can be set.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// The person whose life it is.
    pub person: Person,
    /// How imports run.
    pub import: Import,
    /// How searches run.
    pub search: Search,
    /// How vectors are made.
    pub embedding: Embedding,
    /// What media and small pictures may take.
    pub files: Files,
    /// What the server may do.
    pub server: Server,
    /// The identity provider that people may sign in with; none by default.
    pub oidc: Option<Oidc>,
    /// Where backups go, and how often.
    pub backup: Backup,
    /// Limits on what archives may hold.
    pub archive: Limits,
}

impl Config {
    /// Reads `datapunk.toml` in this directory; without one, everything is as by default.
    ///
    /// # Errors
    /// When the file is there and can't be used.
    pub fn read(data_directory: &Path) -> Result<Self, ConfigError> {
        let path = data_directory.join(FILE_NAME);
        let text = match fs_err::read_to_string(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Self::default()),
            Err(error) => return Err(error.into()),
        };
        let config: Self = toml::from_str(&text)
            .map_err(|source| ConfigError::Syntax { path: path.clone(), source: Box::new(source) })?;
        let checks = [
            config.person.validate(),
            config.import.validate(),
            config.embedding.validate(),
            config.files.validate(),
            config.server.validate(),
            config.oidc.as_ref().map_or(Ok(()), Oidc::validate),
            config.backup.validate(),
            check_limits(&config.archive),
        ];
        match checks.into_iter().find_map(Result::err) {
            Some(reason) => Err(ConfigError::Value { path, reason }),
            None => Ok(config),
        }
    }
}

fn check_limits(limits: &Limits) -> Result<(), String> {
    if limits.ratio < 50 {
        return Err(format!(
            "archive.ratio is {} and must be at least 50: plain JSON shrinks that much",
            limits.ratio
        ));
    }
    Ok(())
}

/// Where data lies unless another place is named: the platform's own directory for it.
#[must_use]
pub fn default_data_directory() -> Option<PathBuf> {
    dirs::data_dir().map(|directory| directory.join("datapunk"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Config, ConfigError> {
        let directory = tempfile::tempdir().unwrap();
        fs_err::write(directory.path().join(FILE_NAME), text).unwrap();
        Config::read(directory.path())
    }

    #[test]
    fn no_file_means_the_defaults() {
        let directory = tempfile::tempdir().unwrap();
        assert_eq!(Config::read(directory.path()).unwrap(), Config::default());
        assert_eq!(read("").unwrap(), Config::default());
    }

    #[test]
    fn keys_are_read_and_misspelt_ones_refused() {
        let config =
            read("[person]\nhome_zone = 'Europe/Lisbon'\n[import]\nworkers = 1\n[archive]\nentries = 10")
                .unwrap();
        assert_eq!(
            (config.person.home_zone(), config.import.workers, config.archive.entries),
            ("Europe/Lisbon".to_owned(), 1, 10)
        );
        assert!(matches!(read("[import]\nwrokers = 1"), Err(ConfigError::Syntax { .. })));
    }

    #[test]
    fn values_that_cannot_be_meant_are_refused() {
        for text in [
            "[import]\nworkers = 0",
            "[server]\nimport_folders = ['exports']",
            "[backup]\nevery_h = 0",
            "[backup]\nkeep = 0",
            "[backup]\nfolder = 'backups'",
            "[server]\naccount_requests_per_s = 0",
            "[server]\nbody_bytes_max = 10",
            "[server]\ncertificate = 'life.pem'",
            "[oidc]\nissuer = 'http://id.example.org'\nclient_id = 'a'\npublic_url = 'https://a.org'\naccounts = { 'a@a.org' = 'a' }",
            "[oidc]\nissuer = 'https://id.example.org'\nclient_id = 'a'\npublic_url = 'https://a.org'\naccounts = {}",
            "[oidc]\nissuer = 'https://id.example.org'\nclient_id = 'a'\npublic_url = 'https://a.org'\naccounts = { 'ada' = 'ada' }",
            "[person]\nhome_zone = 'Mars/Olympus'",
            "[archive]\nratio = 1",
            "[files]\nblob_bytes_max = 0",
        ] {
            assert!(matches!(read(text), Err(ConfigError::Value { .. })), "{text}");
        }
    }
}
