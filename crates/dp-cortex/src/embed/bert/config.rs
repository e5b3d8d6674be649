//! What a model says of itself in its JSON files: its architecture, how it pools, how long texts may be,
//! and what belongs before them. Files come in, checked settings go out.

use crate::embed::EmbedError;
use serde::{Deserialize, Serialize};
use std::path::Path;

/// JSON files of models are small; what is larger is something else.
const JSON_BYTES_MAX: u64 = 16 << 20;

/// Texts are cut at this, whatever the model could take.
const TOKENS_MAX: usize = 8_192;

/// What models are called that were taught with these openings.
const E5: (&str, &str) = ("query: ", "passage: ");
const BGE_ENGLISH: &str = "Represent this sentence for searching relevant passages: ";
const BGE_CHINESE: &str = "为这个句子生成表示以用于检索相关文章：";

/// How the vectors of tokens become one.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Pooling {
    /// Their mean.
    #[default]
    Mean,
    /// That of the first, which stands for the whole text.
    Cls,
}

/// How a model is used, apart from its weights.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EncoderOptions {
    /// How tokens become one vector.
    #[serde(default)]
    pub pooling: Pooling,
    /// Tokens of a text that are looked at.
    pub tokens_max: usize,
    /// What belongs before something that is looked for.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub query_prefix: String,
    /// What belongs before something that may be found.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub passage_prefix: String,
}

impl EncoderOptions {
    /// Takes the options from the model's files: `1_Pooling/config.json`, `sentence_bert_config.json`,
    /// `tokenizer_config.json`, `config_sentence_transformers.json`, `modules.json`. `called` is what the model is
    /// called where it comes from: families that are taught with openings are known by name.
    ///
    /// # Errors
    /// When a file can't be read, or asks for what is not built.
    pub fn read(folder: &Path, called: &str) -> Result<Self, EmbedError> {
        check_modules(folder)?;
        let architecture = Architecture::read(folder)?;
        let prompts = json::<SentenceTransformers>(&folder.join("config_sentence_transformers.json"))?
            .unwrap_or_default()
            .prompts;
        let (known_query, known_passage) = known_prefixes(called);
        let prompt = |names: &[&str], known: &str| {
            let found = names.iter().find_map(|name| prompts.get(*name)).filter(|prompt| !prompt.is_empty());
            found.map_or_else(|| known.to_owned(), Clone::clone)
        };
        Ok(Self {
            pooling: pooling(folder)?,
            tokens_max: tokens_max(folder)?.unwrap_or(512).min(architecture.tokens_max()),
            query_prefix: prompt(&["query", "web_search_query"], known_query),
            passage_prefix: prompt(&["passage", "document"], known_passage),
        })
    }
}

#[derive(Debug, Default, Deserialize)]
struct SentenceTransformers {
    #[serde(default)]
    prompts: std::collections::HashMap<String, String>,
}

fn known_prefixes(called: &str) -> (&'static str, &'static str) {
    let called = called.to_lowercase();
    let has = |word: &str| called.split(|c: char| !c.is_alphanumeric()).any(|other| other == word);
    if has("e5") {
        return E5;
    }
    match (has("bge"), has("en"), has("zh")) {
        (true, true, _) => (BGE_ENGLISH, ""),
        (true, _, true) => (BGE_CHINESE, ""),
        _ => ("", ""),
    }
}

#[derive(Debug, Deserialize)]
struct Module {
    #[serde(rename = "type")]
    kind: String,
}

fn check_modules(folder: &Path) -> Result<(), EmbedError> {
    let path = folder.join("modules.json");
    let modules: Vec<Module> = json(&path)?.unwrap_or_default();
    let is_known =
        |kind: &str| ["Transformer", "Pooling", "Normalize"].iter().any(|known| kind.ends_with(known));
    match modules.iter().find(|module| !is_known(&module.kind)) {
        Some(module) => Err(EmbedError::file(
            &path,
            format!(
                "the model has a part of type {}; only Transformer, Pooling and Normalize are built",
                module.kind
            ),
        )),
        None => Ok(()),
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
#[expect(clippy::struct_excessive_bools, reason = "the file is written like this")]
struct PoolingFile {
    pooling_mode_cls_token: bool,
    pooling_mode_mean_tokens: bool,
    pooling_mode_max_tokens: bool,
    pooling_mode_mean_sqrt_len_tokens: bool,
    pooling_mode_weightedmean_tokens: bool,
    pooling_mode_lasttoken: bool,
    pooling_mode: Option<String>,
}

fn pooling(folder: &Path) -> Result<Pooling, EmbedError> {
    let path = folder.join("1_Pooling/config.json");
    let Some(file) = json::<PoolingFile>(&path)? else { return Ok(Pooling::default()) };
    let other = file.pooling_mode_max_tokens
        || file.pooling_mode_mean_sqrt_len_tokens
        || file.pooling_mode_weightedmean_tokens
        || file.pooling_mode_lasttoken;
    match (file.pooling_mode.as_deref(), file.pooling_mode_cls_token, file.pooling_mode_mean_tokens) {
        (Some("cls"), _, _) => Ok(Pooling::Cls),
        (Some("mean"), _, _) => Ok(Pooling::Mean),
        (None, true, false) if !other => Ok(Pooling::Cls),
        (None, false, true) if !other => Ok(Pooling::Mean),
        _ => Err(EmbedError::file(&path, "it pools in a way that is not built: only mean and cls are")),
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Lengths {
    max_seq_length: Option<serde_json::Number>,
    model_max_length: Option<serde_json::Number>,
}

fn tokens_max(folder: &Path) -> Result<Option<usize>, EmbedError> {
    let sentences: Lengths = json(&folder.join("sentence_bert_config.json"))?.unwrap_or_default();
    let tokenizer: Lengths = json(&folder.join("tokenizer_config.json"))?.unwrap_or_default();
    let stated = [sentences.max_seq_length, tokenizer.model_max_length];
    // Some write 1e30 for "no limit".
    let usable = |number: serde_json::Number| number.as_u64().filter(|most| (3..=1 << 20).contains(most));
    Ok(stated.into_iter().flatten().find_map(usable).map(|most| most as usize))
}

/// Which of the encoders a model is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Family {
    /// BERT: positions from 0.
    Bert,
    /// RoBERTa and XLM-RoBERTa: positions begin after the padding token's number.
    Roberta,
    /// MPNet: as RoBERTa, with a bias by distance and without token types.
    Mpnet,
}

/// The function between the two layers behind attention.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Activation {
    /// x · Φ(x).
    Gelu,
    /// The same with Φ by hyperbolic tangent.
    GeluTanh,
    /// The positive part.
    Relu,
}

/// The sizes of a model.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Architecture {
    pub(super) family: Family,
    pub(super) hidden: usize,
    pub(super) layers: usize,
    pub(super) heads: usize,
    pub(super) inner: usize,
    pub(super) positions: usize,
    pub(super) first_position: usize,
    pub(super) norm_epsilon: f32,
    pub(super) activation: Activation,
}

#[derive(Debug, Deserialize)]
struct ConfigFile {
    model_type: Option<String>,
    hidden_size: usize,
    num_hidden_layers: usize,
    num_attention_heads: usize,
    intermediate_size: usize,
    max_position_embeddings: usize,
    #[serde(default)]
    hidden_act: Option<String>,
    #[serde(default)]
    layer_norm_eps: Option<f64>,
    #[serde(default)]
    pad_token_id: Option<usize>,
    #[serde(default)]
    position_embedding_type: Option<String>,
}

/// Whether the file says that it is an encoder of a family that is built.
pub(crate) fn is_encoder(config: &Path) -> bool {
    #[derive(Deserialize)]
    struct Kind {
        model_type: Option<String>,
    }
    let kind = json::<Kind>(config).ok().flatten().and_then(|kind| kind.model_type);
    kind.is_some_and(|kind| family(&kind).is_some())
}

fn family(model_type: &str) -> Option<Family> {
    match model_type {
        "bert" => Some(Family::Bert),
        "roberta" | "xlm-roberta" | "camembert" => Some(Family::Roberta),
        "mpnet" => Some(Family::Mpnet),
        _ => None,
    }
}

impl Architecture {
    /// Reads and checks `config.json`.
    pub(super) fn read(folder: &Path) -> Result<Self, EmbedError> {
        let path = folder.join("config.json");
        let file: ConfigFile = json(&path)?.ok_or_else(|| {
            EmbedError::file(&path, "it is missing, and says what the model is; pull the model again")
        })?;
        let bad = |reason: String| EmbedError::file(&path, reason);
        let named = file.model_type.as_deref().unwrap_or("bert");
        let family = family(named).ok_or_else(|| {
            bad(format!(
                "the model is of type {named}; bert, roberta, xlm-roberta, camembert and mpnet are built"
            ))
        })?;
        if file.position_embedding_type.as_deref().is_some_and(|kind| kind != "absolute") {
            return Err(bad("it has relative positions of a kind that is not built".to_owned()));
        }
        let activation = match file.hidden_act.as_deref().unwrap_or("gelu") {
            "gelu" => Activation::Gelu,
            "gelu_new" | "gelu_fast" | "gelu_pytorch_tanh" => Activation::GeluTanh,
            "relu" => Activation::Relu,
            other => return Err(bad(format!("its activation {other} is not built"))),
        };
        let first_position = match family {
            Family::Bert => 0,
            Family::Roberta | Family::Mpnet => file.pad_token_id.unwrap_or(1).saturating_add(1),
        };
        let sizes = [
            ("hidden_size", file.hidden_size, 16_384),
            ("num_hidden_layers", file.num_hidden_layers, 200),
            ("num_attention_heads", file.num_attention_heads, 1_024),
            ("intermediate_size", file.intermediate_size, 131_072),
            ("max_position_embeddings", file.max_position_embeddings, 1 << 20),
        ];
        if let Some((name, value, most)) =
            sizes.into_iter().find(|(_, value, most)| *value == 0 || value > most)
        {
            return Err(bad(format!("{name} is {value}, and must be 1 to {most}")));
        }
        if !file.hidden_size.is_multiple_of(file.num_attention_heads) {
            return Err(bad(format!(
                "hidden_size {} is no multiple of num_attention_heads {}",
                file.hidden_size, file.num_attention_heads
            )));
        }
        if file.max_position_embeddings < first_position + 3 {
            return Err(bad("it has no room for a text in max_position_embeddings".to_owned()));
        }
        let norm_epsilon = file.layer_norm_eps.unwrap_or(1e-12) as f32;
        if !(0.0..1.0).contains(&norm_epsilon) {
            return Err(bad("layer_norm_eps must be 0 to 1".to_owned()));
        }
        Ok(Self {
            family,
            hidden: file.hidden_size,
            layers: file.num_hidden_layers,
            heads: file.num_attention_heads,
            inner: file.intermediate_size,
            positions: file.max_position_embeddings,
            first_position,
            norm_epsilon,
            activation,
        })
    }

    /// The longest text there are positions for, in tokens.
    pub(super) fn tokens_max(&self) -> usize {
        (self.positions - self.first_position).min(TOKENS_MAX)
    }
}

/// A JSON file, or None if there is none.
fn json<T: serde::de::DeserializeOwned>(path: &Path) -> Result<Option<T>, EmbedError> {
    let size = match fs_err::metadata(path) {
        Ok(metadata) => metadata.len(),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(source) => return Err(EmbedError::read(path, source)),
    };
    if size > JSON_BYTES_MAX {
        return Err(EmbedError::file(path, "it is too large for a configuration"));
    }
    let bytes = fs_err::read(path).map_err(|source| EmbedError::read(path, source))?;
    serde_json::from_slice(&bytes).map(Some).map_err(|error| EmbedError::file(path, error.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn families_that_are_taught_with_openings_are_known_by_name() {
        assert_eq!(known_prefixes("intfloat/multilingual-e5-small"), E5);
        assert_eq!(known_prefixes("BAAI/bge-small-en-v1.5"), (BGE_ENGLISH, ""));
        assert_eq!(known_prefixes("BAAI/bge-base-zh"), (BGE_CHINESE, ""));
        assert_eq!(known_prefixes("BAAI/bge-m3"), ("", ""));
        assert_eq!(known_prefixes("all-MiniLM-L6-v2"), ("", ""));
    }
}
