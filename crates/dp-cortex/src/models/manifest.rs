//! What is known of a model: its manifest, `model.toml`, beside its files.

use super::ModelError;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use std::{io::Read as _, path::Path};

/// Name of the manifest.
pub(super) const FILE: &str = "model.toml";

/// How a model works.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ModelKind {
    /// A table of token vectors.
    Static,
    /// A BERT-family encoder.
    Bert,
    /// A static table fitted to one person's texts.
    Personal,
}

impl ModelKind {
    /// The word used on screen.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Static => "static",
            Self::Bert => "bert",
            Self::Personal => "personal",
        }
    }

    /// Cosine below which nothing is near, found on test collections for models of this kind.
    #[must_use]
    pub const fn floor(self) -> f32 {
        match self {
            Self::Static => 0.33,
            Self::Bert => 0.30,
            Self::Personal => 0.38,
        }
    }
}

/// A file of a model.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ModelFile {
    /// Path inside the model's folder, with `/`.
    pub path: String,
    /// Its size.
    pub bytes: u64,
    /// SHA-256 of its bytes, hexadecimal.
    pub sha256: String,
}

/// What is known of a model.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Manifest {
    /// Its name, which is also that of its folder.
    pub name: String,
    /// How it works.
    pub kind: ModelKind,
    /// Values of a vector.
    pub width: u32,
    /// Its licence, as its source says; empty if it says nothing.
    #[serde(default)]
    pub licence: String,
    /// Where it came from.
    pub source: String,
    /// Cosine below which nothing is near; that of its kind if it is not given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub floor: Option<f32>,
    /// Its files.
    pub files: Vec<ModelFile>,
}

impl Manifest {
    /// Cosine below which nothing is near.
    #[must_use]
    pub fn floor(&self) -> f32 {
        self.floor.unwrap_or(self.kind.floor())
    }

    /// What tells this model from another of its name: the hash of its largest file.
    #[must_use]
    pub fn hash(&self) -> &str {
        self.files.iter().max_by_key(|file| file.bytes).map_or("", |file| file.sha256.as_str())
    }

    pub(super) fn read(folder: &Path) -> Result<Self, ModelError> {
        let path = folder.join(FILE);
        let text = std::fs::read_to_string(&path)
            .map_err(ModelError::io(format!("could not read {}", path.display())))?;
        toml::from_str(&text).map_err(|error| ModelError::Damaged { path, reason: error.message().to_owned() })
    }

    pub(super) fn write(&self, folder: &Path) -> Result<(), ModelError> {
        let path = folder.join(FILE);
        let text = toml::to_string(self)
            .map_err(|error| ModelError::Damaged { path: path.clone(), reason: error.to_string() })?;
        std::fs::write(&path, text).map_err(ModelError::io(format!("could not write {}", path.display())))
    }

    /// Compares sizes, and with `thorough` hashes, of the files with what is written down.
    pub(super) fn check(&self, folder: &Path, thorough: bool) -> Result<(), ModelError> {
        for file in &self.files {
            let path = folder.join(&file.path);
            let bytes = std::fs::metadata(&path)
                .map_err(ModelError::io(format!("could not read {}", path.display())))?
                .len();
            if bytes != file.bytes {
                let reason = format!("it has {bytes} bytes instead of {}", file.bytes);
                return Err(ModelError::Damaged { path, reason });
            }
            if thorough && sha256(&path)? != file.sha256 {
                return Err(ModelError::Damaged { path, reason: "its SHA-256 is another".to_owned() });
            }
        }
        Ok(())
    }
}

/// SHA-256 of a file, hexadecimal.
pub(super) fn sha256(path: &Path) -> Result<String, ModelError> {
    let failed = || ModelError::io(format!("could not read {}", path.display()));
    let mut file = std::fs::File::open(path).map_err(failed())?;
    let mut hasher = Sha256::new();
    let mut buffer = vec![0; 1 << 16];
    loop {
        let read = file.read(&mut buffer).map_err(failed())?;
        if read == 0 {
            return Ok(hasher.finalize().iter().map(|byte| format!("{byte:02x}")).collect());
        }
        hasher.update(&buffer[..read]);
    }
}
