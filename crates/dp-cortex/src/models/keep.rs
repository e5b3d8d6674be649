//! Keeping a model that was made on this machine.

use super::{
    ModelError, Models, hash,
    manifest::{FileEntry, MANIFEST_FILE, Manifest, ModelKind},
};
use crate::{
    embed::TextEmbedder as _,
    personal::{MODEL_FILE, PersonalModel, TOKENIZER_FILE},
};

impl Models {
    /// Writes a personal model under its name, in place of one that was fitted before under it. Gives
    /// its manifest; its hash tells it from any other fit.
    ///
    /// # Errors
    /// When its name can't be one, or its files can't be written.
    pub fn keep_personal(&self, model: &PersonalModel, source: &str) -> Result<Manifest, ModelError> {
        let name = &model.model().name;
        let folder = self.folder_of(name)?;
        fs_err::create_dir_all(&self.folder).map_err(ModelError::io(&self.folder))?;
        let work = tempfile::Builder::new().prefix(".fitted-").tempdir_in(&self.folder);
        let work = work.map_err(ModelError::io(&self.folder))?;
        model
            .save(work.path())
            .map_err(|error| ModelError::Unusable { from: name.clone(), reason: error.to_string() })?;
        let mut files = Vec::new();
        for path in [MODEL_FILE, TOKENIZER_FILE] {
            let file = work.path().join(path);
            let size_bytes = fs_err::metadata(&file).map_err(ModelError::io(&file))?.len();
            files.push(FileEntry { path: path.to_owned(), sha256: hash::of_file(&file)?, size_bytes });
        }
        let manifest = Manifest {
            name: name.clone(),
            kind: ModelKind::Personal,
            width: model.model().width,
            licence: "yours: fitted to your own texts".to_owned(),
            source: source.to_owned(),
            tokens_max: None,
            floor: None,
            encoder: None,
            endpoint: None,
            files,
        };
        manifest.write(work.path())?;
        if folder.join(MANIFEST_FILE).is_file() {
            self.remove(name)?;
        }
        fs_err::rename(work.keep(), &folder).map_err(ModelError::io(&folder))?;
        Ok(manifest)
    }
}
