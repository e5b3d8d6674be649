//! How fast texts become vectors, with the models that are in the folder that `DATAPUNK_TEST_MODELS` names.
#![expect(clippy::expect_used, reason = "a benchmark whose model is broken has nothing to measure")]

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use dp_cortex::embed::{
    Purpose, TextEmbedder as _,
    bert::{BertModel, EncoderOptions},
    static_table::{StaticModel, TOKENS_MAX_DEFAULT, TokenizerSource},
};
use std::{hint::black_box, path::PathBuf};

const WORDS: &str = "the a of on in and morning coffee with Ana near station meeting notes article about sleep \
    memory consolidation during slow wave video guitar lesson chord progression train ticket Lisbon Porto \
    receipt pharmacy restaurant photo birthday quarterly report budget draft schedule dentist appointment \
    football match score weather forecast recipe chickpea curry hiking trail mountain lake swimming";

/// Short documents of about 18 tokens, no two alike.
fn documents(count: usize) -> Vec<String> {
    let words: Vec<&str> = WORDS.split_whitespace().collect();
    let mut state = 88_172_645_463_325_252_u64;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state as usize
    };
    let mut document = |_| {
        let chosen: Vec<&str> = (0..13).map(|_| words[next() % words.len()]).collect();
        format!("{} {}", chosen.join(" "), next() % 10_000)
    };
    (0..count).map(&mut document).collect()
}

fn models() -> Option<PathBuf> {
    std::env::var_os("DATAPUNK_TEST_MODELS").map(PathBuf::from)
}

fn static_model(criterion: &mut Criterion) {
    let Some(folder) = models().map(|models| models.join("wordllama-256")) else { return };
    let path = folder.join("l2_supercat_256.safetensors");
    let model = StaticModel::new(
        "wordllama-256",
        "",
        fs_err::read(&path).expect("the table is there"),
        &path,
        TokenizerSource::File(folder.join("l2_supercat_tokenizer_config.json")),
        TOKENS_MAX_DEFAULT,
    )
    .expect("the table is right");
    let documents = documents(20_000);
    let texts: Vec<&str> = documents.iter().map(String::as_str).collect();
    let tokens: usize = model.tokens(&texts).expect("the tokenizer is right").iter().map(Vec::len).sum();
    let mut group = criterion.benchmark_group("static");
    group.throughput(Throughput::Elements(texts.len() as u64));
    group.bench_function(format!("{:.1} tokens a document", tokens as f64 / texts.len() as f64), |bench| {
        bench.iter(|| model.embed(black_box(&texts), Purpose::Passage).expect("it embeds"));
    });
    group.finish();
}

fn encoder(criterion: &mut Criterion) {
    let Some(folder) = models().map(|models| models.join("minilm")) else { return };
    let options = EncoderOptions::read(&folder, "all-MiniLM-L6-v2").expect("the configuration is right");
    let model = BertModel::open(&folder, "minilm", "", options).expect("the model is right");
    // 22 tokens and more, as sentences of mail have.
    let sentences: Vec<String> =
        documents(256).iter().map(|document| format!("{document}, and then back home")).collect();
    let texts: Vec<&str> = sentences.iter().map(String::as_str).collect();
    let passages: Vec<String> = documents(256).chunks(16).map(|part| part.join(". ")).collect();
    let long: Vec<&str> = passages.iter().map(String::as_str).collect();
    let mut group = criterion.benchmark_group("minilm");
    for (name, texts) in [("sentences of 22 tokens", &texts), ("passages of 256 tokens", &long)] {
        group.throughput(Throughput::Elements(texts.len() as u64));
        group.bench_function(name, |bench| {
            bench.iter(|| model.embed(black_box(texts), Purpose::Passage).expect("it embeds"));
        });
    }
    group.throughput(Throughput::Elements(1));
    group.bench_function("one query", |bench| {
        bench.iter(|| {
            model.embed(black_box(&["article about sleep and memory"]), Purpose::Query).expect("it embeds")
        });
    });
    group.finish();
}

criterion_group! { name = embed; config = Criterion::default().sample_size(10); targets = static_model, encoder }
criterion_main!(embed);
