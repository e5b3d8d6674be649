//! The static model that is part of the program, if it was built with one. Opening it reads no file.

use super::manifest::{BUILT_IN_SOURCE, FileEntry, Manifest, ModelKind};
use crate::embed::{
    EmbedError,
    static_table::{StaticModel, TOKENS_MAX_DEFAULT, TokenizerSource},
};
use std::{path::Path, sync::Arc};

/// Its name; the same as that of the package's model, since it is the same.
pub const BUILT_IN_NAME: &str = "wordllama-256";

/// What the build script put into the program.
struct Embedded {
    table: &'static [u8],
    tokenizer: &'static [u8],
    /// Name, SHA-256, bytes.
    table_file: (&'static str, &'static str, u64),
    tokenizer_file: (&'static str, &'static str, u64),
}

include!(concat!(env!("OUT_DIR"), "/built_in.rs"));

/// The manifest of the model in the program; None if it was built without.
#[must_use]
pub fn built_in_manifest() -> Option<Manifest> {
    let embedded = BUILT_IN.as_ref()?;
    let entry = |(path, sha256, size_bytes): (&str, &str, u64)| FileEntry {
        path: path.to_owned(),
        sha256: sha256.to_owned(),
        size_bytes,
    };
    Some(Manifest {
        name: BUILT_IN_NAME.to_owned(),
        kind: ModelKind::Static,
        width: 256,
        licence: "MIT".to_owned(),
        source: BUILT_IN_SOURCE.to_owned(),
        tokens_max: None,
        floor: None,
        encoder: None,
        endpoint: None,
        files: vec![entry(embedded.table_file), entry(embedded.tokenizer_file)],
    })
}

/// The model in the program; None if it was built without.
///
/// # Errors
/// When the program is damaged.
pub fn built_in() -> Result<Option<Arc<StaticModel>>, EmbedError> {
    let (Some(embedded), Some(manifest)) = (BUILT_IN.as_ref(), built_in_manifest()) else { return Ok(None) };
    let model = StaticModel::new(
        BUILT_IN_NAME,
        &manifest.hash(),
        embedded.table,
        Path::new("built-in model.safetensors"),
        TokenizerSource::Compressed(embedded.tokenizer),
        TOKENS_MAX_DEFAULT,
    )?;
    Ok(Some(Arc::new(model)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::embed::{Purpose, TextEmbedder as _};

    #[test]
    fn the_model_in_the_program_embeds_and_is_what_its_manifest_says() {
        let Some(model) = built_in().unwrap() else {
            println!("SKIPPED: built without DATAPUNK_STATIC_MODEL, so there is no model in the program");
            return;
        };
        let manifest = built_in_manifest().unwrap();
        assert_eq!((model.model().width, &model.model().hash), (manifest.width, &manifest.hash()));
        let packages = crate::models::packages().unwrap();
        let package = packages.iter().find(|package| package.model == BUILT_IN_NAME).unwrap();
        let hashes = |files: Vec<&String>| files.into_iter().cloned().collect::<Vec<_>>();
        assert_eq!(
            hashes(manifest.files.iter().map(|file| &file.sha256).collect()),
            hashes(package.files.iter().map(|file| &file.sha256).collect())
        );
        let texts = [
            "Why do we sleep? Memory consolidation during slow-wave sleep",
            "article about sleep and memory",
            "The cat sits on the mat.",
        ];
        let vectors = model.embed(&texts, Purpose::Passage).unwrap();
        let cosine = |one: usize, other: usize| -> f32 {
            vectors[one].iter().zip(&vectors[other]).map(|(one, other)| one * other).sum()
        };
        assert!(cosine(0, 1) > cosine(1, 2) + 0.2);
        // Computed apart from this program, in double precision.
        for (got, expected) in vectors[2].iter().zip([-0.048_426, 0.038_273, -0.059_936, 0.077_039]) {
            assert!((got - expected).abs() < 1e-4, "{got} is not {expected}");
        }
    }
}
