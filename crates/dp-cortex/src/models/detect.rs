//! What a folder of files is: which kind of model, and which of its files it needs.

use super::{ModelError, ModelKind};
use crate::embed::bert;
use std::path::Path;

/// Files that an encoder needs.
const ENCODER: &[&str] = &["config.json", bert::TOKENIZER_FILE, bert::WEIGHTS_FILE];

/// Files in which an encoder says how it is used, where there are.
const ENCODER_MORE: &[&str] = &[
    "1_Pooling/config.json",
    "modules.json",
    "sentence_bert_config.json",
    "tokenizer_config.json",
    "config_sentence_transformers.json",
];

/// The kind of the model whose files have these names, and which of them it needs. `config` is its
/// `config.json`, if it has one. `from` is named in errors.
pub(super) fn detect(
    names: &[String],
    config: Option<&Path>,
    from: &str,
) -> Result<(ModelKind, Vec<String>), ModelError> {
    let unusable = |reason: String| ModelError::Unusable { from: from.to_owned(), reason };
    let has = |name: &str| names.iter().any(|other| other == name);
    if config.is_some_and(bert::is_encoder) {
        if let Some(missing) = ENCODER.iter().find(|name| !has(name)) {
            let advice =
                if has("pytorch_model.bin") { "; weights in pytorch_model.bin are not read" } else { "" };
            return Err(unusable(format!("it has no {missing}{advice}")));
        }
        let needed = ENCODER.iter().chain(ENCODER_MORE).filter(|name| has(name));
        return Ok((ModelKind::Bert, needed.map(|name| (*name).to_owned()).collect()));
    }
    let top = |ending: &str| {
        names.iter().filter(|name| name.ends_with(ending) && !name.contains('/')).cloned().collect::<Vec<_>>()
    };
    let tokenizer = if has(bert::TOKENIZER_FILE) {
        Some(bert::TOKENIZER_FILE.to_owned())
    } else {
        top(".json").into_iter().find(|name| name.contains("tokenizer"))
    };
    match (top(".safetensors").as_slice(), tokenizer) {
        ([table], Some(tokenizer)) => Ok((ModelKind::Static, vec![table.clone(), tokenizer])),
        ([], _) => Err(unusable("it has no .safetensors file".to_owned())),
        ([_], None) => Err(unusable("it has no tokenizer.json".to_owned())),
        (several, _) => Err(unusable(format!(
            "it has {} .safetensors files, and its config.json is not that of a BERT-family encoder",
            several.len()
        ))),
    }
}
