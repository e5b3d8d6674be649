//! Opening models by name, and those that a search is answered with.

use super::{BUILT_IN_NAME, MANIFEST_FILE, Manifest, ModelError, ModelKind, Models, built_in};
use crate::{
    embed::{
        EmbedError, TextEmbedder,
        bert::{BertModel, EncoderOptions},
        http::HttpModel,
        static_table::{StaticModel, TOKENS_MAX_DEFAULT, TokenizerSource},
    },
    engine::MeaningModel,
    personal::PersonalModel,
    privacy_log::PrivacyLog,
};
use std::{path::Path, sync::Arc};

impl Models {
    /// Opens a model. Sizes of its files are checked, their hashes are not: [`Models::verify`] does.
    ///
    /// # Errors
    /// When there is no such model, or a file of it is missing, truncated or of another width.
    pub fn open(&self, name: &str) -> Result<Arc<dyn TextEmbedder>, ModelError> {
        let manifest = self.manifest(name)?;
        let folder = self.folder.join(name);
        let embedder = if manifest.is_built_in() && self.find_manifest(name)?.is_none() {
            built_in()?.ok_or_else(|| self.not_found(name))?
        } else {
            self.check_sizes(&manifest)?;
            open_in(&folder, &manifest, &self.log)?
        };
        let width = embedder.model().width;
        if width != manifest.width {
            let reason = format!("says {} wide, and the files make vectors of {width}", manifest.width);
            return Err(ModelError::Damaged {
                model: manifest.name,
                path: folder.join(MANIFEST_FILE),
                reason,
            });
        }
        Ok(embedder)
    }

    /// The generic static model of this name itself, whose table a personal one is fitted from.
    ///
    /// # Errors
    /// As [`Models::open`], and when it is not a static model.
    pub fn open_static(&self, name: &str) -> Result<Arc<StaticModel>, ModelError> {
        let manifest = self.manifest(name)?;
        if manifest.kind != ModelKind::Static {
            let reason = "it is no static model".to_owned();
            return Err(ModelError::Unusable { from: name.to_owned(), reason });
        }
        if manifest.is_built_in() && self.find_manifest(name)?.is_none() {
            return built_in()?.ok_or_else(|| self.not_found(name));
        }
        self.check_sizes(&manifest)?;
        Ok(open_static_in(&self.folder.join(name), &manifest)?)
    }

    /// A model with what a search needs to know of it.
    ///
    /// # Errors
    /// As [`Models::open`].
    pub fn open_for_search(&self, name: &str) -> Result<MeaningModel, ModelError> {
        Ok(MeaningModel { embedder: self.open(name)?, floor: self.manifest(name)?.floor() })
    }

    /// The models to search with: the one in use first, then those that may answer while its vectors are made.
    /// None at all if there is none.
    ///
    /// # Errors
    /// When the model in use can't be opened.
    pub fn for_search(&self) -> Result<Vec<MeaningModel>, ModelError> {
        let in_use = self.in_use()?;
        let mut models: Vec<MeaningModel> = Vec::new();
        if let Some(current) = &in_use.current {
            models.push(self.open_for_search(current)?);
        }
        // What answers in place of another need not be there.
        for other in in_use.previous.iter().map(String::as_str).chain([BUILT_IN_NAME]) {
            if let Ok(model) = self.open_for_search(other)
                && !models.iter().any(|known| known.embedder.model() == model.embedder.model())
            {
                models.push(model);
            }
        }
        Ok(models)
    }

    /// The encoder there is, which can teach and look at the best hits once more: the first of BERT's family;
    /// None if there is none.
    ///
    /// # Errors
    /// When the models can't be listed.
    pub fn encoder(&self) -> Result<Option<String>, ModelError> {
        Ok(self.encoder_manifest()?.map(|manifest| manifest.name))
    }

    pub(super) fn encoder_manifest(&self) -> Result<Option<Manifest>, ModelError> {
        Ok(self.list()?.into_iter().find(|manifest| manifest.kind == ModelKind::Bert))
    }

    /// The static model that a personal one starts from: the one in the program, else the first there is.
    ///
    /// # Errors
    /// When there is none, or it can't be opened.
    pub fn generic(&self) -> Result<Arc<StaticModel>, ModelError> {
        if let Some(model) = built_in()? {
            return Ok(model);
        }
        let found = self.list()?.into_iter().find(|manifest| manifest.kind == ModelKind::Static);
        self.open_static(&found.ok_or_else(|| self.not_found(BUILT_IN_NAME))?.name)
    }
}

pub(super) fn open_in(
    folder: &Path,
    manifest: &Manifest,
    log: &Arc<PrivacyLog>,
) -> Result<Arc<dyn TextEmbedder>, ModelError> {
    let incomplete =
        |reason: &str| ModelError::Manifest { path: folder.join(MANIFEST_FILE), reason: reason.to_owned() };
    Ok(match manifest.kind {
        ModelKind::Static => open_static_in(folder, manifest)?,
        ModelKind::Bert => {
            let options = match &manifest.encoder {
                Some(options) => options.clone(),
                None => EncoderOptions::read(folder, &manifest.source)?,
            };
            Arc::new(BertModel::open(folder, &manifest.name, &manifest.hash(), options)?)
        }
        ModelKind::Http => {
            let settings = manifest.endpoint.clone().ok_or_else(|| incomplete("it names no endpoint"))?;
            Arc::new(HttpModel::new(&manifest.name, manifest.width, settings, Arc::clone(log))?)
        }
        ModelKind::Personal => Arc::new(PersonalModel::open(folder, &manifest.name, &manifest.hash())?),
    })
}

fn open_static_in(folder: &Path, manifest: &Manifest) -> Result<Arc<StaticModel>, EmbedError> {
    let with_ending = |ending: &str| {
        let found =
            manifest.files.iter().find(|file| file.path.ends_with(ending) && file.path != "config.json");
        found.map(|file| folder.join(&file.path)).ok_or_else(|| {
            EmbedError::file(&folder.join(MANIFEST_FILE), format!("it lists no file that ends in {ending}"))
        })
    };
    let (table, tokenizer) = (with_ending(".safetensors")?, with_ending(".json")?);
    let bytes = fs_err::read(&table).map_err(|source| EmbedError::read(&table, source))?;
    let tokens_max = manifest.tokens_max.unwrap_or(TOKENS_MAX_DEFAULT);
    let source = TokenizerSource::File(tokenizer);
    StaticModel::new(&manifest.name, &manifest.hash(), bytes, &table, source, tokens_max).map(Arc::new)
}
