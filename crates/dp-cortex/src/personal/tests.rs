use super::*;
use crate::embed::{
    bert::{BertModel, EncoderOptions},
    static_table::{StaticModel, TOKENS_MAX_DEFAULT, TokenizerSource},
    test_models::{made_up, safetensors},
};
use std::{collections::HashMap, ops::ControlFlow, path::Path};

/// Words that mean nothing, in topics that only the teacher knows: word `at` is of topic `at % TOPICS`.
const WORDS: usize = 240;
const TOPICS: usize = 8;
const TAUGHT_WIDTH: usize = 24;

fn word(at: usize) -> String {
    format!("w{}{}", char::from(b'a' + (at / 26) as u8), char::from(b'a' + (at % 26) as u8))
}

fn chances(count: usize, seed: u64) -> Vec<usize> {
    made_up(count, seed).into_iter().map(|value| ((value + 1.0) * 1_000_000.0) as usize).collect()
}

/// Passages of twelve words, mostly of one topic.
fn passages(count: usize, seed: u64) -> Vec<String> {
    chances(count * 13, seed)
        .chunks(13)
        .map(|draw| {
            let topic = draw[0] % TOPICS;
            let pick = |chance: &usize| {
                if chance.is_multiple_of(4) {
                    chance / 4 % WORDS
                } else {
                    chance / 4 % (WORDS / TOPICS) * TOPICS + topic
                }
            };
            draw[1..].iter().map(pick).map(word).collect::<Vec<_>>().join(" ")
        })
        .collect()
}

/// Knows the topics, and a little of each word.
struct Teacher {
    model: VectorModel,
    words: HashMap<String, Vec<f32>>,
}

impl Teacher {
    fn new() -> Self {
        let topics = made_up(TOPICS * TAUGHT_WIDTH, 21);
        let own = made_up(WORDS * TAUGHT_WIDTH, 22);
        let words = (0..WORDS).map(|at| {
            let topic = &topics[at % TOPICS * TAUGHT_WIDTH..][..TAUGHT_WIDTH];
            let own = &own[at * TAUGHT_WIDTH..][..TAUGHT_WIDTH];
            (word(at), topic.iter().zip(own).map(|(topic, own)| topic + 0.4 * own + 0.2).collect())
        });
        let model = VectorModel { name: "teacher".into(), hash: "00".into(), width: TAUGHT_WIDTH as u32 };
        Self { model, words: words.collect() }
    }
}

impl TextEmbedder for Teacher {
    fn model(&self) -> &VectorModel {
        &self.model
    }

    fn pace(&self) -> Pace {
        Pace::Background
    }

    fn embed(&self, texts: &[&str], _purpose: Purpose) -> Result<Vec<Vec<f32>>, EmbedError> {
        let of = |text: &&str| {
            let mut sum = vec![0.0; TAUGHT_WIDTH];
            for row in text.split(' ').filter_map(|word| self.words.get(word)) {
                sum.iter_mut().zip(row).for_each(|(sum, value)| *sum += value);
            }
            to_unit_length(sum)
        };
        Ok(texts.iter().map(of).collect())
    }
}

fn generic(folder: &Path) -> StaticModel {
    let mut words: serde_json::Map<String, serde_json::Value> =
        (0..WORDS).map(|at| (word(at), at.into())).collect();
    words.insert("[UNK]".to_owned(), WORDS.into());
    let tokenizer = serde_json::json!({
        "version": "1.0", "truncation": null, "padding": null, "added_tokens": [], "normalizer": null,
        "pre_tokenizer": {"type": "Whitespace"}, "post_processor": null, "decoder": null,
        "model": {"type": "WordLevel", "vocab": words, "unk_token": "[UNK]"}
    });
    let table = safetensors(&[("embeddings".into(), vec![WORDS + 1, 16], made_up((WORDS + 1) * 16, 20))]);
    let path = folder.join("model.safetensors");
    fs_err::write(&path, &table).unwrap();
    fs_err::write(folder.join("tokenizer.json"), tokenizer.to_string()).unwrap();
    let tokenizer = TokenizerSource::File(folder.join("tokenizer.json"));
    StaticModel::new("generic", "11", table, &path, tokenizer, TOKENS_MAX_DEFAULT).unwrap()
}

fn go_on(_: Progress) -> ControlFlow<()> {
    ControlFlow::Continue(())
}

fn lesson(folder: &Path, options: &FitOptions) -> Lesson {
    let sample = passages(1_500, 30);
    personalise("personal", sample, &Teacher::new(), &generic(folder), options, &mut go_on).unwrap()
}

#[test]
fn the_fitted_model_agrees_with_the_teacher_where_the_generic_one_does_not() {
    let folder = tempfile::tempdir().unwrap();
    let lesson = lesson(folder.path(), &FitOptions { width: 20, ..FitOptions::default() });
    assert_eq!(lesson.agreement.passages, 150);
    assert!(lesson.agreement.is_better(), "{:?}", lesson.agreement);
    assert!(lesson.agreement.fitted > 1.5 * lesson.agreement.generic, "{:?}", lesson.agreement);
    assert_eq!((lesson.model.model().width, lesson.model.origin().passages), (20, 1_350));
    assert_eq!(lesson.model.origin().teacher.name, "teacher");
}

#[test]
fn threads_change_nothing_and_neither_does_saving() {
    let folder = tempfile::tempdir().unwrap();
    let one = lesson(folder.path(), &FitOptions { threads: 1, ..FitOptions::default() }).model;
    let two = lesson(folder.path(), &FitOptions { threads: 2, ..FitOptions::default() }).model;
    assert_eq!(one.model(), two.model(), "the hash is that of the file");
    let kept = folder.path().join("personal");
    one.save(&kept).unwrap();
    let opened = PersonalModel::open(&kept, "personal", "22").unwrap();
    assert_eq!(opened.origin(), one.origin());
    let texts = passages(200, 31);
    let texts: Vec<&str> = texts.iter().map(String::as_str).chain(["", "unheard of", "waa"]).collect();
    let vectors = one.embed(&texts, Purpose::Query).unwrap();
    assert_eq!(opened.embed(&texts, Purpose::Passage).unwrap(), vectors);
    assert!(vectors[200].is_empty() && vectors[201].is_empty());
    for vector in vectors.iter().filter(|vector| !vector.is_empty()) {
        assert_eq!(vector.len(), 40, "both halves together are narrower than what is allowed");
        let length: f32 = vector.iter().map(|value| value * value).sum();
        assert!((length - 1.0).abs() < 1e-4);
    }
}

#[test]
fn it_stops_when_told_to() {
    let folder = tempfile::tempdir().unwrap();
    let (generic, teacher) = (generic(folder.path()), Teacher::new());
    let mut told = Vec::new();
    personalise("p", passages(300, 1), &teacher, &generic, &FitOptions::default(), &mut |progress| {
        assert!(progress.done <= progress.all);
        told.push(progress.stage);
        ControlFlow::Continue(())
    })
    .unwrap();
    for stage in [Stage::Teaching, Stage::Fitting, Stage::Judging] {
        assert!(told.contains(&stage));
    }
    for stop in 0..told.len() {
        let mut calls = 0;
        let stopped =
            personalise("p", passages(300, 1), &teacher, &generic, &FitOptions::default(), &mut |_| {
                calls += 1;
                if calls > stop { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
            });
        assert!(matches!(stopped, Err(PersonalError::Cancelled)));
    }
}

#[test]
fn what_can_not_be_learned_from_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let (generic, teacher) = (generic(folder.path()), Teacher::new());
    let options = FitOptions::default();
    let few = personalise("p", passages(40, 1), &teacher, &generic, &options, &mut go_on);
    assert!(matches!(few, Err(PersonalError::TooFew { given: 40, .. })));

    let texts = passages(100, 1);
    let tried = |vectors: Vec<Vec<f32>>| {
        fit("p", &texts, (teacher.model(), &vectors), &generic, &options, &mut go_on).map(|_| ())
    };
    assert!(matches!(tried(vec![vec![1.0; 3]; 99]), Err(PersonalError::Teacher(_))));
    assert!(matches!(tried(vec![vec![f32::NAN; 3]; 100]), Err(PersonalError::Teacher(_))));
    assert!(matches!(tried(vec![vec![]; 100]), Err(PersonalError::TooFew { given: 0, .. })));
    let uneven = (0..100).map(|at| vec![1.0; 3 + at % 2]).collect();
    assert!(matches!(tried(uneven), Err(PersonalError::Teacher(_))));
    assert!(
        tried(vec![vec![1.0; 3]; 100]).is_ok(),
        "a teacher that finds all alike teaches nothing, but does no harm"
    );
}

#[test]
fn damaged_files_are_refused_with_a_reason() {
    let folder = tempfile::tempdir().unwrap();
    let model = lesson(folder.path(), &FitOptions::default()).model;
    let kept = folder.path().join("personal");
    model.save(&kept).unwrap();
    let path = kept.join("model.safetensors");
    let whole = fs_err::read(&path).unwrap();
    let open = |bytes: &[u8]| {
        fs_err::write(&path, bytes).unwrap();
        PersonalModel::open(&kept, "personal", "22").map(|_| ()).map_err(|error| error.to_string())
    };
    assert_eq!(open(&whole), Ok(()));
    for length in (0..whole.len()).step_by(whole.len() / 40).chain([whole.len() - 1]) {
        assert!(open(&whole[..length]).unwrap_err().contains("model.safetensors"));
    }
    let mut not_finite = whole;
    let last = not_finite.len() - 2;
    not_finite[last..].copy_from_slice(&[0x00, 0x7c]);
    assert!(open(&not_finite).unwrap_err().contains("no number"));
    let generic = fs_err::read(folder.path().join("model.safetensors")).unwrap();
    assert!(open(&generic).unwrap_err().contains("fitted from"));
    assert!(PersonalModel::open(&folder.path().join("nowhere"), "p", "22").is_err());
}

/// Every second abstract's beginning, and the same models that the program uses: far less than an owner has, and
/// enough to see that it helps.
#[test]
fn abstracts_are_found_more_like_the_teacher_finds_them() {
    let corpus = Path::new("../../../shared/samples/search/cranfield/corpus.jsonl");
    let models = std::env::var_os("DATAPUNK_TEST_MODELS").map(std::path::PathBuf::from);
    let Some(models) = models.filter(|models| corpus.is_file() && models.join("minilm").is_dir()) else {
        println!(
            "SKIPPED: needs the Cranfield collection, and DATAPUNK_TEST_MODELS with minilm/ and wordllama-256/"
        );
        return;
    };
    let minilm = models.join("minilm");
    let options = EncoderOptions::read(&minilm, "all-MiniLM-L6-v2").unwrap();
    let teacher = BertModel::open(&minilm, "minilm", "00", options).unwrap();
    let wordllama = models.join("wordllama-256");
    let path = wordllama.join("l2_supercat_256.safetensors");
    let tokenizer = TokenizerSource::File(wordllama.join("l2_supercat_tokenizer_config.json"));
    let table = fs_err::read(&path).unwrap();
    let generic = StaticModel::new("wordllama", "11", table, &path, tokenizer, TOKENS_MAX_DEFAULT).unwrap();
    let lines = fs_err::read_to_string(corpus).unwrap();
    let abstracts = lines.lines().step_by(2).map(|line| {
        let document: serde_json::Value = serde_json::from_str(line).unwrap();
        let text = document["text"].as_str().unwrap();
        let text = crate::embed::clipped(text, 240).to_owned();
        SampleItem { source: "cranfield".into(), kind: "abstract".into(), year: 0, text }
    });
    let sample = choose_sample(abstracts, 700, 1);
    let lesson = personalise("p", sample, &teacher, &generic, &FitOptions::default(), &mut go_on).unwrap();
    println!("{:?}", lesson.agreement);
    assert!(lesson.agreement.is_better(), "{:?}", lesson.agreement);
}
