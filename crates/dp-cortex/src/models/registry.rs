//! The folder of models, and which of them is in use.

use super::{
    ModelError, ModelKind,
    built_in::{BUILT_IN_NAME, built_in, static_model},
    manifest::{FILE, Manifest},
};
use crate::{
    embed::{
        TextEmbedder,
        bert::{BertModel, EncoderOptions},
        static_table::{StaticModel, TOKENS_MAX_DEFAULT, TokenizerSource},
    },
    engine::MeaningModel,
    personal::PersonalModel,
};
use serde::{Deserialize, Serialize};
use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

/// Name of the file that says which model is in use.
const IN_USE: &str = "in-use.toml";

/// Which model is in use, and which was before.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct InUse {
    /// In use; the one in the program if None.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub current: Option<String>,
    /// In use before: what `undo` goes back to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub previous: Option<String>,
}

/// A model that is there.
#[derive(Debug, Clone, PartialEq)]
pub struct Installed {
    /// What is known of it; None for the one in the program.
    pub manifest: Option<Manifest>,
    /// Its name.
    pub name: String,
    /// How it works.
    pub kind: ModelKind,
    /// Values of a vector.
    pub width: u32,
    /// Whether it is in use.
    pub in_use: bool,
}

/// The models of a data directory.
#[derive(Debug, Clone)]
pub struct Registry {
    directory: PathBuf,
}

impl Registry {
    /// The models under `<data-dir>/models`.
    #[must_use]
    pub fn in_data_directory(data_directory: &Path) -> Self {
        Self { directory: data_directory.join("models") }
    }

    /// The folder of a model.
    ///
    /// # Errors
    /// `BadName` if the name could lead elsewhere.
    pub fn folder(&self, name: &str) -> Result<PathBuf, ModelError> {
        let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
        if name.is_empty() || name.len() > 64 || name.starts_with('.') || !name.chars().all(is_plain) {
            return Err(ModelError::BadName(name.to_owned()));
        }
        Ok(self.directory.join(name))
    }

    /// Every model, by name.
    ///
    /// # Errors
    /// When a folder or a manifest can't be read.
    pub fn list(&self) -> Result<Vec<Installed>, ModelError> {
        let in_use = self.in_use()?.current;
        let mut models = Vec::new();
        if let Some(model) = built_in()? {
            let width = model.model().width;
            let name = BUILT_IN_NAME.to_owned();
            models.push(Installed { manifest: None, in_use: in_use.is_none(), name, kind: ModelKind::Static, width });
        }
        for manifest in self.manifests()? {
            let is_in_use = in_use.as_ref() == Some(&manifest.name);
            let Manifest { name, kind, width, .. } = manifest.clone();
            models.push(Installed { manifest: Some(manifest), name, kind, width, in_use: is_in_use });
        }
        Ok(models)
    }

    fn manifests(&self) -> Result<Vec<Manifest>, ModelError> {
        let entries = match std::fs::read_dir(&self.directory) {
            Ok(entries) => entries,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(source) => {
                let context = format!("could not list {}", self.directory.display());
                return Err(ModelError::Io { context, source });
            }
        };
        let folders = entries.flatten().map(|entry| entry.path()).filter(|path| path.join(FILE).is_file());
        let mut manifests = folders.map(|folder| Manifest::read(&folder)).collect::<Result<Vec<_>, _>>()?;
        manifests.sort_by(|one, other| one.name.cmp(&other.name));
        Ok(manifests)
    }

    /// The manifest of a model that was pulled or fitted.
    ///
    /// # Errors
    /// `NotFound`, which names what there is.
    pub fn manifest(&self, name: &str) -> Result<Manifest, ModelError> {
        let folder = self.folder(name)?;
        if folder.join(FILE).is_file() {
            return Manifest::read(&folder);
        }
        let known = self.list()?.into_iter().map(|model| model.name).collect();
        Err(ModelError::NotFound { name: name.to_owned(), known })
    }

    /// Opens a model by name, the one in the program included.
    ///
    /// # Errors
    /// `NotFound`, or what is wrong with its files.
    pub fn open(&self, name: &str) -> Result<MeaningModel, ModelError> {
        if name == BUILT_IN_NAME
            && let Some(embedder) = built_in()?
        {
            return Ok(MeaningModel { embedder, floor: ModelKind::Static.floor() });
        }
        let manifest = self.manifest(name)?;
        let folder = self.folder(name)?;
        manifest.check(&folder, false)?;
        let embedder: Arc<dyn TextEmbedder> = match manifest.kind {
            ModelKind::Static => Arc::new(open_static(&manifest, &folder)?),
            ModelKind::Bert => {
                let options = EncoderOptions::read(&folder)?;
                Arc::new(BertModel::open(&folder, name, manifest.hash(), options)?)
            },
            ModelKind::Personal => Arc::new(PersonalModel::open(&folder, name, manifest.hash())?),
        };
        if embedder.model().width != manifest.width {
            let reason = format!("it makes vectors of {} values instead of {}", embedder.model().width, manifest.width);
            return Err(ModelError::Damaged { path: folder, reason });
        }
        Ok(MeaningModel { embedder, floor: manifest.floor() })
    }

    /// The static model that a personal one starts from: the one in use if it is static, else the one in
    /// the program, else any.
    ///
    /// # Errors
    /// `NotFound` if there is none.
    pub fn generic(&self) -> Result<Arc<StaticModel>, ModelError> {
        if let Some(model) = static_model()? {
            return Ok(model);
        }
        let found = self.manifests()?.into_iter().find(|manifest| manifest.kind == ModelKind::Static);
        let Some(manifest) = found else {
            return Err(ModelError::NotFound { name: "static".to_owned(), known: Vec::new() });
        };
        Ok(Arc::new(open_static(&manifest, &self.folder(&manifest.name)?)?))
    }

    /// The models to search with, the one in use first, then those that may answer in its place.
    ///
    /// # Errors
    /// When the model in use can't be opened.
    pub fn for_search(&self) -> Result<Vec<MeaningModel>, ModelError> {
        let InUse { current, previous } = self.in_use()?;
        let mut models: Vec<MeaningModel> = Vec::new();
        if let Some(current) = &current {
            models.push(self.open(current)?);
        }
        // What answers in place of another need not be there.
        let others = previous.into_iter().chain([BUILT_IN_NAME.to_owned()]);
        for other in others.filter(|other| current.as_ref() != Some(other)) {
            if let Ok(model) = self.open(&other)
                && !models.iter().any(|known| known.embedder.model() == model.embedder.model())
            {
                models.push(model);
            }
        }
        Ok(models)
    }

    /// Which model is in use.
    ///
    /// # Errors
    /// When the file that says so can't be read.
    pub fn in_use(&self) -> Result<InUse, ModelError> {
        let path = self.directory.join(IN_USE);
        match std::fs::read_to_string(&path) {
            Ok(text) => toml::from_str(&text)
                .map_err(|error| ModelError::Damaged { path, reason: error.message().to_owned() }),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(InUse::default()),
            Err(source) => Err(ModelError::Io { context: format!("could not read {}", path.display()), source }),
        }
    }

    /// Uses another model from now on; gives the one that was in use.
    ///
    /// # Errors
    /// `NotFound`, or when it can't be opened.
    pub fn use_model(&self, name: &str) -> Result<InUse, ModelError> {
        self.open(name)?;
        let before = self.in_use()?;
        let current = (name != BUILT_IN_NAME || built_in()?.is_none()).then(|| name.to_owned());
        if before.current != current {
            let previous = Some(before.current.clone().unwrap_or_else(|| BUILT_IN_NAME.to_owned()));
            self.write_in_use(&InUse { current, previous })?;
        }
        Ok(before)
    }

    /// Goes back to the model that was in use before; gives its name.
    ///
    /// # Errors
    /// `NotFound` if there was none.
    pub fn undo(&self) -> Result<String, ModelError> {
        let Some(previous) = self.in_use()?.previous else {
            return Err(ModelError::NotFound { name: "previous".to_owned(), known: Vec::new() });
        };
        self.use_model(&previous)?;
        Ok(previous)
    }

    fn write_in_use(&self, in_use: &InUse) -> Result<(), ModelError> {
        let path = self.directory.join(IN_USE);
        let new = path.with_extension("new");
        let text = toml::to_string(in_use)
            .map_err(|error| ModelError::Damaged { path: path.clone(), reason: error.to_string() })?;
        let write = || -> std::io::Result<()> {
            std::fs::create_dir_all(&self.directory)?;
            std::fs::write(&new, text)?;
            std::fs::rename(&new, &path)
        };
        write().map_err(ModelError::io(format!("could not write {}", path.display())))
    }

    /// Removes a model's files; if it was in use, the one in the program is from now on.
    ///
    /// # Errors
    /// `NotFound`, or when its folder can't be removed.
    pub fn remove(&self, name: &str) -> Result<(), ModelError> {
        self.manifest(name)?;
        let mut in_use = self.in_use()?;
        if in_use.current.as_deref() == Some(name) {
            in_use.current = None;
        }
        if in_use.previous.as_deref() == Some(name) {
            in_use.previous = None;
        }
        self.write_in_use(&in_use)?;
        let folder = self.folder(name)?;
        std::fs::remove_dir_all(&folder).map_err(ModelError::io(format!("could not remove {}", folder.display())))
    }

    /// Compares a model's files with their hashes.
    ///
    /// # Errors
    /// `Damaged`, which names the file.
    pub fn verify(&self, name: &str) -> Result<(), ModelError> {
        self.manifest(name)?.check(&self.folder(name)?, true)
    }
}

fn open_static(manifest: &Manifest, folder: &Path) -> Result<StaticModel, ModelError> {
    let table = folder.join("model.safetensors");
    let bytes = std::fs::read(&table).map_err(ModelError::io(format!("could not read {}", table.display())))?;
    let tokenizer = TokenizerSource::File(folder.join("tokenizer.json"));
    Ok(StaticModel::new(&manifest.name, manifest.hash(), bytes, &table, tokenizer, TOKENS_MAX_DEFAULT)?)
}
