use super::*;
use crate::embed::{
    static_table::{StaticModel, TokenizerSource},
    test_models,
};
use dp_model::{Kind, Mention, Place, Role};
use proptest::prelude::*;

fn content(title: &str, text: &str) -> Content {
    let mut content = Content::new("notes", Kind::Note);
    content.title = title.to_owned();
    content.text = text.to_owned();
    content
}

#[test]
fn a_short_document_is_one_passage_with_what_names_it() {
    let mut content = content("Lunch", "We met at noon.");
    content.place = Some(Place { name: Some("Time Out Market".to_owned()), ..Place::default() });
    content.people = vec![Mention { role: Role::Author, name: Some("Ana Reis".to_owned()), identity: None }];
    content.url = Some("https://example.org/x".to_owned());
    let found = passages(&content);
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].text, "Lunch\nWe met at noon.\nTime Out Market\nAna Reis");
    assert_eq!(found[0].passage, Passage { start: 0, end: 15 });
}

#[test]
fn a_title_that_the_text_repeats_is_not_said_twice_and_one_alone_is_the_document() {
    assert_eq!(passages(&content("same", "same"))[0].text, "same");
    assert_eq!(passages(&content("only", ""))[0].passage, Passage::default());
}

#[test]
fn what_has_no_words_has_no_passage() {
    assert!(passages(&content("", "")).is_empty());
    assert!(passages(&content("…", " \n— ?!")).is_empty());
    assert!(passages(&content("", &"- ".repeat(10_000))).is_empty());
}

#[test]
fn a_long_document_is_split_between_sentences_with_overlap() {
    let text = "The hippocampus replays the day while one sleeps. ".repeat(100);
    let found = passages(&content("Sleep", &text));
    assert!(found.len() >= 4);
    for passage in &found {
        let stretch = within(&text, passage.passage);
        assert_eq!(passage.text, format!("Sleep\n{}", stretch.trim()));
        assert!(stretch.starts_with("The hippocampus") && stretch.trim_end().ends_with("sleeps."));
    }
    for pair in found.windows(2) {
        let shared = pair[0].passage.end - pair[1].passage.start;
        assert!((50..=200).contains(&shared), "{shared}");
    }
}

#[test]
fn the_number_of_passages_is_bounded() {
    assert_eq!(passages(&content("", &"Word after word. ".repeat(200_000))).len(), PASSAGES_MAX);
}

#[test]
fn documents_are_embedded_passage_by_passage() {
    let folder = tempfile::tempdir().unwrap();
    test_models::write_static(folder.path(), 8);
    let model = StaticModel::new(
        "tiny",
        "00",
        fs_err::read(folder.path().join("model.safetensors")).unwrap(),
        folder.path(),
        TokenizerSource::File(folder.path().join("tokenizer.json")),
        512,
    )
    .unwrap();
    let embedder = DocumentEmbedder::new(Arc::new(model));
    let long = content("", &"The red cat sat. ".repeat(150));
    let contents = [content("cat", ""), content("", ""), content("zzz", ""), long];
    let vectors = embedder.embed(&contents.iter().collect::<Vec<_>>()).unwrap();
    let counts: Vec<usize> = vectors.iter().map(Vec::len).collect();
    assert_eq!(counts, [1, 0, 0, 2]);
    assert!(vectors.iter().flatten().all(|vector| vector.values.len() == 8));
    assert!(vectors[3].windows(2).all(|pair| pair[0].passage.start < pair[1].passage.start));
}

proptest! {
    #[test]
    fn passages_cover_every_text_in_order(text in "(\\PC{0,40}[ .!?\n日é😀]{0,3}){0,120}") {
        let found = passages(&content("", &text));
        let mut covered = 0;
        for passage in &found {
            let (start, end) = (passage.passage.start as usize, passage.passage.end as usize);
            prop_assert!(start < end && text.is_char_boundary(start) && text.is_char_boundary(end));
            prop_assert!(!has_word(text.get(covered..start).unwrap_or_default()), "nothing is left out");
            prop_assert!(end > covered && end - start <= WHOLE_BYTES_MAX);
            covered = end;
        }
        prop_assert!(!has_word(&text[covered..]));
    }
}
