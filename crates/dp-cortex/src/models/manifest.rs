//! `model.toml`: what a model is and what its files must be. Written when a model is pulled, read when it is
//! opened; a manifest that is not understood is an error, never guessed at.

use super::ModelError;
use crate::embed::{bert::EncoderOptions, http::HttpSettings};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use std::{
    io,
    path::{Component, Path},
};

/// The manifest's name in a model's folder.
pub const MANIFEST_FILE: &str = "model.toml";

const MANIFEST_BYTES_MAX: u64 = 1 << 20;
const NAME_CHARS_MAX: usize = 64;

/// What makes a model's vectors.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ModelKind {
    /// A table of token vectors.
    Static,
    /// A BERT-family encoder.
    Bert,
    /// An endpoint.
    Http,
    /// A table fitted to the owner's texts.
    Personal,
}

impl ModelKind {
    /// The word for it in manifests and on screen.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Static => "static",
            Self::Bert => "bert",
            Self::Http => "http",
            Self::Personal => "personal",
        }
    }

    /// Cosine below which nothing is near among a million vectors, found on test collections for models of this
    /// kind; where there are fewer, what is less near stands out too.
    #[must_use]
    pub const fn floor(self) -> f32 {
        match self {
            Self::Static => 0.32,
            Self::Bert | Self::Http => 0.30,
            Self::Personal => 0.36,
        }
    }
}

/// A file of a model.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FileEntry {
    /// Its place in the model's folder.
    pub path: String,
    /// Hexadecimal SHA-256 of its bytes.
    pub sha256: String,
    /// How many bytes it has.
    pub size_bytes: u64,
}

/// What a model is.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// What it is called here; the folder's name.
    pub name: String,
    /// What makes its vectors.
    pub kind: ModelKind,
    /// Values of a vector.
    pub width: u32,
    /// Its licence, as its source states it.
    #[serde(default)]
    pub licence: String,
    /// Where it came from.
    pub source: String,
    /// For static models: tokens of a text that are looked at.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tokens_max: Option<usize>,
    /// Cosine below which nothing is near; that of its kind if it is not given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub floor: Option<f32>,
    /// For encoders: how it is used; without, its own files say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub encoder: Option<EncoderOptions>,
    /// For endpoints: how it is reached.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub endpoint: Option<HttpSettings>,
    /// Its files.
    #[serde(default, rename = "file", skip_serializing_if = "Vec::is_empty")]
    pub files: Vec<FileEntry>,
}

/// What the source of the model in the program is.
pub(super) const BUILT_IN_SOURCE: &str = "built in; package wordllama 0.4.0.post1";

impl Manifest {
    /// Hexadecimal; another one for other files, and for another use of the same files. The same files are
    /// the same model wherever they came from.
    #[must_use]
    pub fn hash(&self) -> String {
        let mut state = Sha256::new();
        let mut hashes: Vec<&str> = self.files.iter().map(|file| file.sha256.as_str()).collect();
        hashes.sort_unstable();
        for hash in hashes {
            state.update(hash.as_bytes());
            state.update([0]);
        }
        if let Some(tokens_max) = self.tokens_max {
            state.update(tokens_max.to_le_bytes());
        }
        if let Some(options) = &self.encoder {
            state.update(format!("{options:?}"));
        }
        state.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
    }

    /// Cosine below which nothing is near.
    #[must_use]
    pub fn floor(&self) -> f32 {
        self.floor.unwrap_or(self.kind.floor())
    }

    /// Whether it describes the model in the program.
    #[must_use]
    pub fn is_built_in(&self) -> bool {
        self.source == BUILT_IN_SOURCE
    }

    /// Reads the manifest in a folder; None if there is no such folder or no manifest in it.
    pub(super) fn find(folder: &Path, name: &str) -> Result<Option<Self>, ModelError> {
        let path = folder.join(MANIFEST_FILE);
        let bad = |reason: String| ModelError::Manifest { path: path.clone(), reason };
        match fs_err::metadata(&path) {
            Ok(found) if found.len() > MANIFEST_BYTES_MAX => return Err(bad("it is too large".to_owned())),
            Ok(_) => {}
            Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => {
                return Ok(None);
            }
            Err(error) => return Err(ModelError::io(&path)(error)),
        }
        let text = fs_err::read_to_string(&path).map_err(ModelError::io(&path))?;
        let manifest: Self = toml::from_str(&text).map_err(|error| bad(error.to_string()))?;
        if manifest.name != name {
            return Err(bad(format!("it says that it is {}'s", manifest.name)));
        }
        if let Some(file) = manifest.files.iter().find(|file| !is_inside(&file.path)) {
            return Err(bad(format!("its file {:?} is not inside of its folder", file.path)));
        }
        Ok(Some(manifest))
    }

    /// Writes it into a folder, as a whole or not at all.
    ///
    /// # Errors
    /// When the file can't be written.
    pub fn write(&self, folder: &Path) -> Result<(), ModelError> {
        let path = folder.join(MANIFEST_FILE);
        let text = toml::to_string_pretty(self)
            .map_err(|error| ModelError::Manifest { path: path.clone(), reason: error.to_string() })?;
        write_whole(&path, text.as_bytes()).map_err(ModelError::io(&path))
    }
}

/// Whether a path stays in the folder it is joined to.
pub(super) fn is_inside(path: &str) -> bool {
    !path.is_empty()
        && !path.contains('\\')
        && Path::new(path).components().all(|part| matches!(part, Component::Normal(_)))
}

/// Whether a name may be a folder's.
pub(super) fn check_name(name: &str) -> Result<(), ModelError> {
    let is_kept = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '-' | '_' | '.');
    let begins_well = name.starts_with(|c: char| c.is_ascii_lowercase() || c.is_ascii_digit());
    if begins_well && name.len() <= NAME_CHARS_MAX && name.chars().all(is_kept) {
        return Ok(());
    }
    Err(ModelError::Name(name.to_owned()))
}

/// A name made of whatever a model is called where it comes from.
pub(super) fn name_of(called: &str) -> String {
    let last = called.rsplit(['/', '\\']).find(|part| !part.is_empty()).unwrap_or(called);
    let plain = last
        .to_lowercase()
        .chars()
        .map(|c| if c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.') { c } else { '-' })
        .collect::<String>();
    plain.trim_start_matches(['-', '_', '.']).chars().take(NAME_CHARS_MAX).collect()
}

/// Writes a file so that it is there as a whole or not at all.
pub(super) fn write_whole(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let folder = path.parent().unwrap_or(Path::new("."));
    let mut file = tempfile::NamedTempFile::new_in(folder)?;
    io::Write::write_all(&mut file, bytes)?;
    file.as_file().sync_all()?;
    file.persist(path).map(|_| ()).map_err(|error| error.error)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_plain_and_paths_stay_inside() {
        for name in ["minilm", "bge-small-en-v1.5", "0"] {
            assert!(check_name(name).is_ok());
        }
        for name in ["", ".", "..", "../x", "a/b", "A", "a b", ".hidden", "in use", &"x".repeat(65), "ä"] {
            assert!(check_name(name).is_err(), "{name}");
        }
        assert!(is_inside("1_Pooling/config.json"));
        for path in ["", "/etc/passwd", "../x", "a/../../x", "a\\b", "./x/../.."] {
            assert!(!is_inside(path), "{path}");
        }
    }

    #[test]
    fn names_are_made_of_what_models_are_called() {
        assert_eq!(name_of("BAAI/bge-small-en-v1.5"), "bge-small-en-v1.5");
        assert_eq!(name_of("/somewhere/My Model/"), "my-model");
    }
}
