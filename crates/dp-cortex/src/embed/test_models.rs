//! Small models with made-up numbers, for tests.

use safetensors::{Dtype, tensor::TensorView};
use serde_json::json;
use std::path::Path;

pub(crate) const WORDS: &[&str] = &["[PAD]", "[UNK]", "[CLS]", "[SEP]", "cat", "dog", "sat", "##s", "red"];

/// A WordPiece tokenizer that lower-cases, with `[CLS]` and `[SEP]` around what is encoded for BERT.
pub(crate) fn tokenizer_json() -> String {
    let vocabulary: serde_json::Map<String, serde_json::Value> =
        WORDS.iter().enumerate().map(|(id, word)| ((*word).to_owned(), json!(id))).collect();
    let special = |id: u32, content: &str| {
        json!({"id": id, "content": content, "single_word": false, "lstrip": false, "rstrip": false,
               "normalized": false, "special": true})
    };
    json!({
        "version": "1.0", "truncation": null, "padding": null,
        "added_tokens": [special(0, "[PAD]"), special(1, "[UNK]"), special(2, "[CLS]"), special(3, "[SEP]")],
        "normalizer": {"type": "BertNormalizer", "clean_text": true, "handle_chinese_chars": true,
                       "strip_accents": null, "lowercase": true},
        "pre_tokenizer": {"type": "BertPreTokenizer"},
        "post_processor": {"type": "TemplateProcessing",
            "single": [{"SpecialToken": {"id": "[CLS]", "type_id": 0}}, {"Sequence": {"id": "A", "type_id": 0}},
                       {"SpecialToken": {"id": "[SEP]", "type_id": 0}}],
            "pair": [{"Sequence": {"id": "A", "type_id": 0}}, {"Sequence": {"id": "B", "type_id": 1}}],
            "special_tokens": {"[CLS]": {"id": "[CLS]", "ids": [2], "tokens": ["[CLS]"]},
                               "[SEP]": {"id": "[SEP]", "ids": [3], "tokens": ["[SEP]"]}}},
        "decoder": null,
        "model": {"type": "WordPiece", "unk_token": "[UNK]", "continuing_subword_prefix": "##",
                  "max_input_chars_per_word": 100, "vocab": vocabulary}
    })
    .to_string()
}

/// A tensor to be written: name, shape, values.
pub(crate) type Tensor = (String, Vec<usize>, Vec<f32>);

/// A safetensors file of f32 tensors.
pub(crate) fn safetensors(tensors: &[Tensor]) -> Vec<u8> {
    let bytes: Vec<Vec<u8>> = tensors
        .iter()
        .map(|(_, _, values)| values.iter().flat_map(|value| value.to_le_bytes()).collect())
        .collect();
    let views = tensors.iter().zip(&bytes).map(|((name, shape, _), bytes)| {
        (name.clone(), TensorView::new(Dtype::F32, shape.clone(), bytes).unwrap())
    });
    safetensors::serialize(views, None).unwrap()
}

/// Numbers between -1 and 1 that are the same on every machine.
pub(crate) fn made_up(count: usize, seed: u64) -> Vec<f32> {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state >> 40) as f32 / (1_u32 << 23) as f32 - 1.0
    };
    (0..count).map(|_| next()).collect()
}

/// What a small BERT-family model is made of.
#[derive(Debug, Clone)]
pub(crate) struct TinyBert {
    pub(crate) model_type: &'static str,
    pub(crate) hidden: usize,
    pub(crate) heads: usize,
    pub(crate) layers: usize,
    pub(crate) positions: usize,
}

impl TinyBert {
    pub(crate) const fn new(model_type: &'static str) -> Self {
        Self { model_type, hidden: 16, heads: 2, layers: 2, positions: 24 }
    }

    pub(crate) fn config(&self) -> serde_json::Value {
        json!({"model_type": self.model_type, "hidden_size": self.hidden, "num_attention_heads": self.heads,
               "num_hidden_layers": self.layers, "intermediate_size": self.hidden * 2, "hidden_act": "gelu",
               "layer_norm_eps": 1e-12, "max_position_embeddings": self.positions, "pad_token_id": 1,
               "vocab_size": WORDS.len()})
    }

    /// All tensors, with made-up numbers.
    pub(crate) fn tensors(&self) -> Vec<Tensor> {
        let (hidden, inner) = (self.hidden, self.hidden * 2);
        let is_mpnet = self.model_type == "mpnet";
        let mut shapes: Vec<(String, Vec<usize>)> = vec![
            ("embeddings.word_embeddings.weight".into(), vec![WORDS.len(), hidden]),
            ("embeddings.position_embeddings.weight".into(), vec![self.positions, hidden]),
        ];
        if is_mpnet {
            shapes.push(("encoder.relative_attention_bias.weight".into(), vec![32, self.heads]));
        } else {
            shapes.push(("embeddings.token_type_embeddings.weight".into(), vec![2, hidden]));
        }
        let norm = |shapes: &mut Vec<(String, Vec<usize>)>, name: String| {
            shapes.push((format!("{name}.weight"), vec![hidden]));
            shapes.push((format!("{name}.bias"), vec![hidden]));
        };
        let linear = |shapes: &mut Vec<(String, Vec<usize>)>, name: String, output: usize, input: usize| {
            shapes.push((format!("{name}.weight"), vec![output, input]));
            shapes.push((format!("{name}.bias"), vec![output]));
        };
        norm(&mut shapes, "embeddings.LayerNorm".into());
        for layer in 0..self.layers {
            let at = format!("encoder.layer.{layer}");
            let names: [&str; 5] = if is_mpnet {
                ["attention.attn.q", "attention.attn.k", "attention.attn.v", "attention.attn.o", "attention"]
            } else {
                [
                    "attention.self.query",
                    "attention.self.key",
                    "attention.self.value",
                    "attention.output.dense",
                    "attention.output",
                ]
            };
            for name in &names[..4] {
                linear(&mut shapes, format!("{at}.{name}"), hidden, hidden);
            }
            norm(&mut shapes, format!("{at}.{}.LayerNorm", names[4]));
            linear(&mut shapes, format!("{at}.intermediate.dense"), inner, hidden);
            linear(&mut shapes, format!("{at}.output.dense"), hidden, inner);
            norm(&mut shapes, format!("{at}.output.LayerNorm"));
        }
        let tensor = |(seed, (name, shape)): (usize, (String, Vec<usize>))| {
            let values = made_up(shape.iter().product(), seed as u64 + 1);
            (name, shape, values)
        };
        shapes.into_iter().enumerate().map(tensor).collect()
    }

    /// Writes the model's files into a folder.
    pub(crate) fn write(&self, folder: &Path) {
        fs_err::create_dir_all(folder.join("1_Pooling")).unwrap();
        fs_err::write(folder.join("config.json"), self.config().to_string()).unwrap();
        fs_err::write(folder.join("tokenizer.json"), tokenizer_json()).unwrap();
        fs_err::write(folder.join("model.safetensors"), safetensors(&self.tensors())).unwrap();
        let pooling = json!({"word_embedding_dimension": self.hidden, "pooling_mode_mean_tokens": true});
        fs_err::write(folder.join("1_Pooling/config.json"), pooling.to_string()).unwrap();
    }
}

/// Writes a static model of this width into a folder.
pub(crate) fn write_static(folder: &Path, width: usize) {
    fs_err::create_dir_all(folder).unwrap();
    let table = ("embeddings".to_owned(), vec![WORDS.len(), width], made_up(WORDS.len() * width, 7));
    fs_err::write(folder.join("model.safetensors"), safetensors(&[table])).unwrap();
    fs_err::write(folder.join("tokenizer.json"), tokenizer_json()).unwrap();
}
