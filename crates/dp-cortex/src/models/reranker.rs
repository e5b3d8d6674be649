//! The model that looks at the best hits once more. It takes far more memory than all else that answers, so it is read
//! when it is first asked, and a program that only counts or lists never has it.

use super::{ModelError, Models};
use crate::{
    embed::{EmbedError, Pace, Purpose, TextEmbedder},
    engine::MeaningModel,
};
use dp_lake::VectorModel;
use std::sync::{Arc, Mutex, PoisonError};

/// An encoder in its folder, and in memory once it was asked.
struct Deferred {
    models: Models,
    model: VectorModel,
    opened: Mutex<Option<Arc<dyn TextEmbedder>>>,
}

impl Deferred {
    fn opened(&self) -> Result<Arc<dyn TextEmbedder>, EmbedError> {
        let mut opened = self.opened.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(embedder) = &*opened {
            return Ok(Arc::clone(embedder));
        }
        let embedder = self.models.open(&self.model.name).map_err(|error| EmbedError::Compute {
            model: self.model.name.clone(),
            reason: error.to_string(),
        })?;
        *opened = Some(Arc::clone(&embedder));
        Ok(embedder)
    }
}

impl TextEmbedder for Deferred {
    fn model(&self) -> &VectorModel {
        &self.model
    }

    fn pace(&self) -> Pace {
        Pace::Background
    }

    fn embed(&self, texts: &[&str], purpose: Purpose) -> Result<Vec<Vec<f32>>, EmbedError> {
        self.opened()?.embed(texts, purpose)
    }
}

impl Models {
    /// The encoder there is with what a search needs to know of it; None if there is none. It is not
    /// opened before it is asked, and what is wrong with it is said then.
    ///
    /// # Errors
    /// When the models can't be listed.
    pub fn reranker(&self) -> Result<Option<MeaningModel>, ModelError> {
        Ok(self.encoder_manifest()?.map(|manifest| {
            let model =
                VectorModel { name: manifest.name.clone(), hash: manifest.hash(), width: manifest.width };
            let floor = manifest.floor();
            let deferred = Deferred { models: self.clone(), model, opened: Mutex::default() };
            MeaningModel { embedder: Arc::new(deferred), floor }
        }))
    }
}
