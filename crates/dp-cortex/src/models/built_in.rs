//! The static model that is part of the program, if it was built with one.

use crate::embed::{
    EmbedError, TextEmbedder,
    static_table::{StaticModel, TOKENS_MAX_DEFAULT, TokenizerSource},
};
use std::{path::Path, sync::Arc};

/// Name of the model in the program.
pub const BUILT_IN_NAME: &str = "wordllama-256";

/// What the build put in.
struct BuiltIn {
    hash: &'static str,
    table: &'static [u8],
    /// Compressed with Zstandard.
    tokenizer: &'static [u8],
}

include!(concat!(env!("OUT_DIR"), "/built_in.rs"));

/// The model in the program; None if it was built without.
///
/// # Errors
/// When what was built in is no model.
pub fn built_in() -> Result<Option<Arc<dyn TextEmbedder>>, EmbedError> {
    Ok(static_model()?.map(|model| model as Arc<dyn TextEmbedder>))
}

pub(super) fn static_model() -> Result<Option<Arc<StaticModel>>, EmbedError> {
    let Some(BuiltIn { hash, table, tokenizer }) = BUILT_IN else { return Ok(None) };
    let path = Path::new("the table in the program");
    let tokenizer = TokenizerSource::Compressed(tokenizer);
    let model = StaticModel::new(BUILT_IN_NAME, hash, table, path, tokenizer, TOKENS_MAX_DEFAULT)?;
    Ok(Some(Arc::new(model)))
}
