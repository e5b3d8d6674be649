use super::*;
use crate::embed::test_models::{TinyBert, WORDS, made_up, safetensors};
use serde_json::json;
use std::path::PathBuf;

fn written(tiny: &TinyBert) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    tiny.write(folder.path());
    folder
}

fn open(folder: &Path) -> Result<BertModel, EmbedError> {
    let options = EncoderOptions::read(folder, "tiny")?;
    BertModel::open(folder, "tiny", "00", options)
}

fn cosine(one: &[f32], other: &[f32]) -> f32 {
    one.iter().zip(other).map(|(one, other)| one * other).sum()
}

#[test]
fn each_family_embeds_texts_the_same_alone_and_in_any_company() {
    for family in ["bert", "roberta", "xlm-roberta", "mpnet"] {
        let folder = written(&TinyBert::new(family));
        let model = open(folder.path()).unwrap();
        let long = "cat dog red ".repeat(40);
        let texts = ["cat", "dogs sat", "", &long, "red cat", "zzz"];
        let together = model.embed(&texts, Purpose::Passage).unwrap();
        for (text, vector) in texts.iter().zip(&together) {
            let alone = &model.embed(&[text], Purpose::Query).unwrap()[0];
            assert_eq!(alone.len(), vector.len());
            assert!(vector.is_empty() || (cosine(alone, vector) - 1.0).abs() < 1e-5, "{family} {text}");
        }
        assert!(together[2].is_empty() && together[5].is_empty());
        assert!(cosine(&together[0], &together[4]) < 0.9999, "different texts differ");
        assert_eq!(model.model().width, 16);
        assert_eq!(model.pace(), Pace::Background);
    }
}

#[test]
fn pooling_length_and_prefixes_come_from_the_model_s_files() {
    let folder = written(&TinyBert::new("bert"));
    let write = |name: &str, value: serde_json::Value| {
        fs_err::write(folder.path().join(name), value.to_string()).unwrap();
    };
    let plain = open(folder.path()).unwrap().embed(&["cat dog sat"], Purpose::Query).unwrap();
    write(
        "1_Pooling/config.json",
        json!({"pooling_mode_cls_token": true, "pooling_mode_mean_tokens": false}),
    );
    write("sentence_bert_config.json", json!({"max_seq_length": 4}));
    write("config_sentence_transformers.json", json!({"prompts": {"query": "red ", "document": ""}}));
    let options = EncoderOptions::read(folder.path(), "x/e5-tiny").unwrap();
    assert_eq!(
        options,
        EncoderOptions {
            pooling: Pooling::Cls,
            tokens_max: 4,
            query_prefix: "red ".to_owned(),
            passage_prefix: "passage: ".to_owned()
        }
    );
    let model = open(folder.path()).unwrap();
    let cut = model.embed(&["cat dog sat", "cat dog red"], Purpose::Passage).unwrap();
    assert!((cosine(&cut[0], &cut[1]) - 1.0).abs() < 1e-6, "only two words are looked at");
    assert!(cosine(&cut[0], &plain[0]) < 0.9999);
    let query = model.embed(&["cat"], Purpose::Query).unwrap();
    let passage = model.embed(&["red cat"], Purpose::Passage).unwrap();
    assert!((cosine(&query[0], &passage[0]) - 1.0).abs() < 1e-6);
    write("sentence_bert_config.json", json!({"max_seq_length": 100_000}));
    assert_eq!(EncoderOptions::read(folder.path(), "").unwrap().tokens_max, 24);
}

#[test]
fn parts_and_poolings_that_are_not_built_are_refused() {
    let cases = [
        ("modules.json", json!([{"type": "sentence_transformers.models.Dense"}]), "Dense"),
        ("1_Pooling/config.json", json!({"pooling_mode_max_tokens": true}), "pools"),
        ("config.json", json!({"model_type": "gpt2"}), "missing field"),
        ("1_Pooling/config.json", json!("x"), "config.json"),
    ];
    for (file, content, reason) in cases {
        let folder = written(&TinyBert::new("bert"));
        fs_err::write(folder.path().join(file), content.to_string()).unwrap();
        let message = open(folder.path()).unwrap_err().to_string();
        assert!(message.contains(reason), "{message}");
    }
}

#[test]
fn impossible_architectures_are_refused() {
    for (key, value) in [
        ("model_type", json!("t5")),
        ("hidden_size", json!(0)),
        ("hidden_size", json!(1_000_000)),
        ("hidden_size", json!(17)),
        ("num_attention_heads", json!(0)),
        ("max_position_embeddings", json!(1)),
        ("hidden_act", json!("swish")),
        ("layer_norm_eps", json!(-1.0)),
        ("position_embedding_type", json!("relative_key")),
        ("num_hidden_layers", json!(3)),
    ] {
        let tiny = TinyBert::new("bert");
        let folder = written(&tiny);
        let mut config = tiny.config();
        config[key] = value;
        fs_err::write(folder.path().join("config.json"), config.to_string()).unwrap();
        assert!(matches!(open(folder.path()), Err(EmbedError::File { .. })), "{key}");
    }
}

#[test]
fn damaged_weights_are_refused_with_the_file_and_the_reason() {
    let tiny = TinyBert::new("bert");
    let whole = safetensors(&tiny.tensors());
    let with = |change: &dyn Fn(&mut Vec<crate::embed::test_models::Tensor>)| {
        let mut tensors = tiny.tensors();
        change(&mut tensors);
        safetensors(&tensors)
    };
    let cases = [
        (whole[..whole.len() - 4].to_vec(), "truncated"),
        (whole[..5].to_vec(), "truncated"),
        ([whole.clone(), vec![0]].concat(), "truncated"),
        (vec![0xff; 64], "truncated"),
        (with(&|tensors| tensors[4].2[3] = f32::NAN), "no number"),
        (with(&|tensors| drop(tensors.remove(6))), "it has no"),
        (
            with(&|tensors| {
                tensors[0] = (tensors[0].0.clone(), vec![WORDS.len(), 8], made_up(WORDS.len() * 8, 1));
            }),
            "shape",
        ),
        (
            with(&|tensors| tensors[0] = (tensors[0].0.clone(), vec![4, 16], made_up(64, 1))),
            "different models",
        ),
    ];
    for (bytes, reason) in cases {
        let folder = written(&tiny);
        fs_err::write(folder.path().join(WEIGHTS_FILE), bytes).unwrap();
        let message = open(folder.path()).unwrap_err().to_string();
        assert!(message.contains(reason) && message.contains("."), "{message}");
    }
    for missing in [WEIGHTS_FILE, TOKENIZER_FILE, "config.json"] {
        let folder = written(&tiny);
        fs_err::remove_file(folder.path().join(missing)).unwrap();
        assert!(open(folder.path()).unwrap_err().to_string().contains(missing));
    }
}

/// Cosines that the definition gives in double precision, computed apart from this program.
const EXPECTED: &[(usize, usize, f32)] = &[
    (0, 1, 0.573_49),
    (0, 2, -0.032_077),
    (3, 4, 0.669_509),
    (4, 5, 0.087_451),
    (2, 6, -0.078_839),
    (3, 6, 0.013_782),
];

#[test]
fn minilm_gives_what_the_definition_gives() {
    let folder = std::env::var_os("DATAPUNK_TEST_MODELS").map(|models| PathBuf::from(models).join("minilm"));
    let Some(folder) = folder.filter(|folder| folder.join(WEIGHTS_FILE).is_file()) else {
        println!("SKIPPED: DATAPUNK_TEST_MODELS names no folder with minilm/{WEIGHTS_FILE}");
        return;
    };
    let options = EncoderOptions::read(&folder, "all-MiniLM-L6-v2").unwrap();
    // What sentence_bert_config.json says; the file is not in every package of the model.
    let model =
        BertModel::open(&folder, "minilm", "00", EncoderOptions { tokens_max: 256, ..options }).unwrap();
    let long = vec!["the boundary layer over a flat plate in supersonic flow"; 60].join(" ");
    let texts = [
        "The cat sits on the mat.",
        "A feline is resting on a rug.",
        "Quarterly earnings beat expectations.",
        "Why do we sleep? Memory consolidation during slow-wave sleep, and how the hippocampus replays the day.",
        "article about sleep and memory",
        "Où est la gare de Lisbonne ?",
        &long,
    ];
    let vectors = model.embed(&texts, Purpose::Passage).unwrap();
    for &(one, other, expected) in EXPECTED {
        let got = cosine(&vectors[one], &vectors[other]);
        assert!((got - expected).abs() < 1e-4, "{one} and {other}: {got} is not {expected}");
    }
    for (got, expected) in vectors[0].iter().zip([0.134_177, -0.0329, -0.024_804, 0.041_439]) {
        assert!((got - expected).abs() < 1e-4, "{got} is not {expected}");
    }
}
