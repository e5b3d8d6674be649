use super::*;
use crate::{Alternative, Term, TermMode};
use dp_model::Kind;
use proptest::prelude::*;

fn of(title: &str, text: &str, query: &str, max_chars: usize) -> Snippet {
    let mut content = Content::new("a", Kind::Note);
    content.title = title.into();
    content.text = text.into();
    snippet(&content, &wanted(query), None, max_chars)
}

/// What is in quotes as a phrase, else words, of which the last may go on.
fn wanted(query: &str) -> TextQuery {
    let term = match query.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')) {
        Some(phrase) => Term { text: phrase.to_owned(), mode: TermMode::Phrase },
        None => Term { text: query.to_owned(), mode: TermMode::Prefix },
    };
    TextQuery { must: vec![term], ..TextQuery::default() }
}

fn marked(title: &str, text: &str, query: &str, max_chars: usize) -> String {
    of(title, text, query, max_chars).marked("[", "]")
}

#[test]
fn found_words_are_marked_whatever_their_form() {
    assert_eq!(marked("", "Das Café in ZÜRICH", "cafe zuri", 80), "Das [Café] in [ZÜRICH]");
    assert_eq!(marked("", "old red bike, red  old\nbike", "\"red old\"", 80), "old red bike, [red old] bike");
    assert_eq!(marked("", "我住在東京都的中心", "東京都", 80), "我住在[東京都]的中心");
    assert_eq!(
        marked("", "mail mia.lund@example.org now", "mia.lund@example.org", 80),
        "mail [mia.lund@example.org] now"
    );
}

#[test]
fn the_passage_is_cut_between_words_around_the_matches() {
    let text = format!("{} a needle in the hay {}", "lorem ipsum ".repeat(40), "dolor sit ".repeat(40));
    let found = of("", &text, "needle hay ", 50);
    assert!(found.text.starts_with('…') && found.text.ends_with('…'), "{}", found.text);
    assert!(found.text.graphemes(true).count() <= 50);
    assert!(found.marked("[", "]").contains("a [needle] in the [hay]"), "{}", found.text);
    for word in found.text.trim_matches('…').split(' ') {
        assert!(
            ["lorem", "ipsum", "a", "needle", "in", "the", "hay", "dolor", "sit"].contains(&word),
            "{word}"
        );
    }
}

#[test]
fn the_passage_with_most_of_the_words_wins() {
    let text = format!("one here. {} one and two together", "filler words ".repeat(30));
    assert!(marked("", &text, "one two ", 60).contains("[one] and [two]"));
}

#[test]
fn other_parts_stand_in_when_the_text_does_not_match() {
    assert_eq!(marked("A title", "some text", "title", 80), "A [title]");
    assert_eq!(marked("A title", "some text", "absent", 80), "some text");
    assert_eq!(marked("A title", " ", "absent", 80), "A title");
    assert_eq!(marked("", "", "absent", 80), "");
}

#[test]
fn words_of_alternatives_are_marked_too() {
    let alternative = |query| Alternative { text: wanted(query), ..Alternative::default() };
    let inner = TextQuery { any: vec![vec![alternative("\"red bike\"")]], ..TextQuery::default() };
    let nested = Alternative { text: inner, ..Alternative::default() };
    let query = TextQuery {
        any: vec![vec![alternative("boat"), nested]],
        none: vec![alternative("old")],
        ..wanted("an")
    };
    let mut content = Content::new("a", Kind::Note);
    content.text = "an old red bike and a boat".into();
    assert_eq!(snippet(&content, &query, None, 80).marked("[", "]"), "[an] old [red bike] [and] a [boat]");
}

#[test]
fn typos_are_marked_where_nothing_else_is() {
    assert_eq!(marked("", "photograph of a mountain", "mountian ", 80), "photograph of a [mountain]");
}

#[test]
fn other_forms_of_a_word_are_marked_in_its_language_but_not_in_phrases() {
    let mut content = Content::new("a", Kind::Note);
    content.text = "a flow of flows was flowing by the flowers".into();
    let marked = |query: &TextQuery, language| snippet(&content, query, language, 80).marked("[", "]");
    let english = Some(Language::English);
    let query =
        |text: &str, mode| TextQuery { must: vec![Term { text: text.into(), mode }], ..TextQuery::default() };
    let word = query("flow", TermMode::Words);
    assert_eq!(marked(&word, english), "a [flow] of [flows] was [flowing] by the flowers");
    assert_eq!(marked(&word, None), "a [flow] of flows was flowing by the flowers");
    let phrase = query("flow of", TermMode::Phrase);
    assert_eq!(marked(&phrase, english), "a [flow of] flows was flowing by the flowers");
}

#[test]
fn control_characters_and_layout_do_not_come_through() {
    assert_eq!(marked("", "a\u{1b}[31m red\r\n\t thing", "red", 80), "a [31m [red] thing");
}

proptest! {
    #[test]
    fn any_passage_is_bounded_and_its_marks_are_whole(text in "(\\PC|[a-e ]|e\u{301}|👩\u{200d}👧|東|\n){0,80}", query in "[a-e東👩 ]{1,6}", max_chars in 0usize..40) {
        let found = of("", &text, &query, max_chars);
        prop_assert!(found.text.graphemes(true).count() <= max_chars.max(CHARS_MIN));
        let mut at = 0;
        for &(start, end) in &found.highlights {
            prop_assert!(start >= at && start < end && end <= found.text.len());
            prop_assert!(found.text.is_char_boundary(start) && found.text.is_char_boundary(end));
            at = end;
        }
    }
}
