use super::*;
use crate::embed::test_models::{WORDS, made_up, safetensors, tokenizer_json};
use safetensors::{Dtype, tensor::TensorView};
use std::path::PathBuf;

fn model(table: Vec<u8>, folder: &Path) -> Result<StaticModel, EmbedError> {
    let tokenizer = folder.join("tokenizer.json");
    fs_err::write(&tokenizer, tokenizer_json()).unwrap();
    let path = folder.join("model.safetensors");
    StaticModel::new("tiny", "00", table, &path, TokenizerSource::File(tokenizer), 8)
}

fn table(width: usize) -> Vec<f32> {
    made_up(WORDS.len() * width, 3)
}

fn single(width: usize) -> Vec<u8> {
    safetensors(&[("embeddings".into(), vec![WORDS.len(), width], table(width))])
}

fn half(width: usize) -> Vec<u8> {
    let bytes: Vec<u8> =
        table(width).iter().flat_map(|value| half::f16::from_f32(*value).to_le_bytes()).collect();
    let view = TensorView::new(Dtype::F16, vec![WORDS.len(), width], &bytes).unwrap();
    safetensors::serialize([("whatever", view)], None).unwrap()
}

fn expected(rows: &[usize], width: usize) -> Vec<f32> {
    let table = table(width);
    let mut sum = vec![0.0; width];
    for row in rows {
        for (sum, value) in sum.iter_mut().zip(&table[row * width..]) {
            *sum += value;
        }
    }
    to_unit_length(sum)
}

fn assert_near(got: &[f32], expected: &[f32], tolerance: f32) {
    assert_eq!(got.len(), expected.len());
    for (got, expected) in got.iter().zip(expected) {
        assert!((got - expected).abs() < tolerance, "{got} is not {expected}");
    }
}

#[test]
fn a_text_is_the_mean_of_its_rows_at_length_one() {
    let folder = tempfile::tempdir().unwrap();
    for (bytes, tolerance) in [(single(20), 1e-6), (half(20), 1e-3)] {
        let model = model(bytes, folder.path()).unwrap();
        let vectors = model.embed(&["Cat dogs,\n SAT", "cat"], Purpose::Passage).unwrap();
        assert_near(&vectors[0], &expected(&[4, 5, 7, 6], 20), tolerance);
        assert_near(&vectors[1], &expected(&[4], 20), tolerance);
        assert_eq!(model.model().width, 20);
    }
}

#[test]
fn texts_without_known_words_give_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let model = model(single(4), folder.path()).unwrap();
    let vectors = model.embed(&["", " \n", "zzz", "日本語", "[CLS]"], Purpose::Query).unwrap();
    assert!(vectors.iter().all(Vec::is_empty), "{vectors:?}");
}

#[test]
fn the_work_for_a_long_text_is_bounded() {
    let folder = tempfile::tempdir().unwrap();
    let model = model(single(4), folder.path()).unwrap();
    let long = format!("cat dog {}", "cat ".repeat(1_000_000));
    assert_eq!(model.tokens(&[&long, &"cat".repeat(1_000_000)]).unwrap()[0], [4, 5, 4, 4, 4, 4, 4, 4]);
}

#[test]
fn weights_and_mapping_of_the_model_count() {
    let folder = tempfile::tempdir().unwrap();
    let embeddings: Vec<u8> = [1.0_f32, 0.0, 0.0, 1.0].iter().flat_map(|value| value.to_le_bytes()).collect();
    let weights: Vec<u8> =
        (0..WORDS.len()).map(|id| if id == 4 { 3.0 } else { 4.0_f64 }).flat_map(f64::to_le_bytes).collect();
    let mapping: Vec<u8> = (0..WORDS.len()).map(|id| i64::from(id != 4)).flat_map(i64::to_le_bytes).collect();
    let view = |dtype, shape: &[usize], bytes| TensorView::new(dtype, shape.to_vec(), bytes).unwrap();
    let bytes = safetensors::serialize(
        [
            ("embeddings", view(Dtype::F32, &[2, 2], &embeddings)),
            ("weights", view(Dtype::F64, &[WORDS.len()], &weights)),
            ("mapping", view(Dtype::I64, &[WORDS.len()], &mapping)),
        ],
        None,
    )
    .unwrap();
    let vectors = model(bytes, folder.path()).unwrap().embed(&["cat dog"], Purpose::Passage).unwrap();
    assert_near(&vectors[0], &[0.6, 0.8], 1e-6);
}

#[test]
fn damaged_tables_are_refused_with_the_file_and_the_reason() {
    let folder = tempfile::tempdir().unwrap();
    let whole = single(4);
    let mut nan = table(4);
    nan[5] = f32::NAN;
    let cases = [
        (whole[..whole.len() - 1].to_vec(), "truncated"),
        (whole[..3].to_vec(), "truncated"),
        (b"not a model at all".to_vec(), "safetensors"),
        (Vec::new(), "truncated"),
        (safetensors(&[("e".into(), vec![WORDS.len(), 4], nan)]), "no number"),
        (safetensors(&[("e".into(), vec![4], vec![0.0; 4])]), "one table"),
        (safetensors(&[("e".into(), vec![0, 4], vec![])]), "shape"),
    ];
    for (bytes, reason) in cases {
        let message = model(bytes, folder.path()).unwrap_err().to_string();
        assert!(message.contains("model.safetensors") && message.contains(reason), "{message}");
    }
}

#[test]
fn a_broken_tokenizer_is_told_when_it_is_needed() {
    for text in ["{", "null", "{\"version\": \"1.0\"}"] {
        let folder = tempfile::tempdir().unwrap();
        let model = model(single(4), folder.path()).unwrap();
        fs_err::write(folder.path().join("tokenizer.json"), text).unwrap();
        let message = model.embed(&["cat"], Purpose::Query).unwrap_err().to_string();
        assert!(message.contains("tokenizer.json"), "{message}");
    }
    let missing = TokenizerSource::File(PathBuf::from("nowhere/tokenizer.json"));
    let model = StaticModel::new("tiny", "00", single(4), Path::new("x"), missing, 8).unwrap();
    assert!(model.embed(&["cat"], Purpose::Query).unwrap_err().to_string().contains("nowhere"));
}

#[test]
fn threads_embed_at_the_same_time() {
    let folder = tempfile::tempdir().unwrap();
    let model = model(single(12), folder.path()).unwrap();
    let one = model.embed(&["cat dog red"], Purpose::Passage).unwrap();
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                for _ in 0..100 {
                    assert_eq!(model.embed(&["cat dog red"], Purpose::Passage).unwrap(), one);
                }
            });
        }
    });
}
