//! How long a personal model takes to fit, and how fast it embeds, with the static model that is in the folder
//! that `DATAPUNK_TEST_MODELS` names. The teacher's numbers are made up: they don't change the time.
#![expect(clippy::expect_used, reason = "a benchmark whose model is broken has nothing to measure")]

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use dp_cortex::{
    embed::{
        Purpose, TextEmbedder as _,
        static_table::{StaticModel, TOKENS_MAX_DEFAULT, TokenizerSource},
    },
    personal::{FitOptions, PersonalModel, fit},
};
use dp_lake::VectorModel;
use std::{hint::black_box, ops::ControlFlow, path::PathBuf};

const TAUGHT_WIDTH: usize = 384;
const SYLLABLES: &[&str] =
    &["ka", "lo", "mi", "ter", "sun", "ba", "re", "ing", "tion", "wa", "ve", "den", "or", "st"];

struct Chance(u64);

impl Chance {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }
}

/// Texts of this many words, frequent ones and rare ones, no two alike.
fn texts(count: usize, words: usize, chance: &mut Chance) -> Vec<String> {
    let mut word = || {
        let draw = chance.next();
        // Few words are most of a text.
        let mut rest = (draw % 20_000) >> (draw >> 32).trailing_zeros().min(12);
        let mut word = String::new();
        loop {
            word.push_str(SYLLABLES[(rest % SYLLABLES.len() as u64) as usize]);
            rest /= SYLLABLES.len() as u64;
            if rest == 0 {
                return word;
            }
        }
    };
    (0..count).map(|_| (0..words).map(|_| word()).collect::<Vec<_>>().join(" ")).collect()
}

fn fitted(passages: &[String], generic: &StaticModel, chance: &mut Chance) -> PersonalModel {
    let vectors: Vec<Vec<f32>> = passages
        .iter()
        .map(|_| (0..TAUGHT_WIDTH).map(|_| (chance.next() >> 40) as f32 / 16_777_216.0 - 0.5).collect())
        .collect();
    let teacher = VectorModel { name: "made-up".to_owned(), hash: String::new(), width: TAUGHT_WIDTH as u32 };
    let options = FitOptions::default();
    fit("p", passages, (&teacher, &vectors), generic, &options, &mut |_| ControlFlow::Continue(()))
        .expect("there is enough to fit")
}

fn personal(criterion: &mut Criterion) {
    let Some(models) = std::env::var_os("DATAPUNK_TEST_MODELS").map(PathBuf::from) else { return };
    let folder = models.join("wordllama-256");
    let path = folder.join("l2_supercat_256.safetensors");
    let table = fs_err::read(&path).expect("the table is there");
    let tokenizer = TokenizerSource::File(folder.join("l2_supercat_tokenizer_config.json"));
    let generic = StaticModel::new("wordllama-256", "", table, &path, tokenizer, TOKENS_MAX_DEFAULT)
        .expect("the table is right");
    let mut chance = Chance(88_172_645_463_325_252);
    let mut group = criterion.benchmark_group("personal");
    group.sample_size(10);
    for count in [1_400, 7_400, 20_000] {
        let passages = texts(count, 60, &mut chance);
        group.bench_function(BenchmarkId::new("fit", count), |bench| {
            bench.iter(|| fitted(black_box(&passages), &generic, &mut chance));
        });
    }
    let model = fitted(&texts(1_400, 60, &mut chance), &generic, &mut chance);
    let documents = texts(20_000, 9, &mut chance);
    let documents: Vec<&str> = documents.iter().map(String::as_str).collect();
    group.throughput(Throughput::Elements(documents.len() as u64));
    group.bench_function("embed short documents on one core", |bench| {
        bench.iter(|| model.embed(black_box(&documents), Purpose::Passage).expect("it embeds"));
    });
    group.finish();
}

criterion_group!(benches, personal);
criterion_main!(benches);
