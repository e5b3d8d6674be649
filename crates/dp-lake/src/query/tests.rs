use super::*;
use crate::{Has, Hidden, day_of_date};
use dp_model::Kind;
use jiff::civil::date;
use proptest::prelude::*;

fn parse(text: &str) -> Parsed {
    parse_query(text, date(2024, 3, 1)).unwrap()
}

fn error(text: &str) -> QueryError {
    parse_query(text, date(2024, 3, 1)).unwrap_err()
}

fn term(text: &str, mode: TermMode) -> Term {
    Term { text: text.to_owned(), mode }
}

#[test]
fn words_phrases_exclusions_and_prefixes_are_told_apart() {
    use TermMode::{Phrase, Prefix, Words};
    let parsed = parse("red \"old bike\" -blue -\"new car\" pho* green");
    assert_eq!(
        parsed.text.must,
        [term("red", Words), term("old bike", Phrase), term("pho", Prefix), term("green", Prefix)]
    );
    assert_eq!(parsed.text.must_not, [term("blue", Words), term("new car", Phrase)]);
    assert_eq!(parsed.filter, Filter::default());
}

#[test]
fn the_last_word_is_open_unless_a_space_or_a_filter_follows() {
    assert_eq!(parse("red bike").text.must[1].mode, TermMode::Prefix);
    assert_eq!(parse("red bike ").text.must[1].mode, TermMode::Words);
    assert_eq!(parse("bike kind:note").text.must[0].mode, TermMode::Words);
    assert_eq!(parse("red -bike").text.must_not[0].mode, TermMode::Words);
    assert_eq!(parse("\"red bike\"").text.must[0].mode, TermMode::Phrase);
}

#[test]
fn an_unclosed_quote_reaches_to_the_end() {
    assert_eq!(parse("a \"b c").text.must[1], term("b c", TermMode::Phrase));
    assert_eq!(parse("“b c” d ").text.must, [term("b c", TermMode::Phrase), term("d", TermMode::Words)]);
}

#[test]
fn filters_are_read() {
    let parsed = parse(
        "source:Google.YouTube kind:watch,notes has:attachments in:\"Old Stuff\" in:(two words) tag:x is:starred",
    );
    let wanted = Filter {
        sources: vec!["google.youtube".into()],
        kinds: vec![Kind::Watch, Kind::Note],
        has: vec![Has::Attachment, Has::Star],
        labels: vec!["Old Stuff".into(), "two words".into()],
        tags: vec!["x".into()],
        ..Filter::default()
    };
    assert_eq!(parsed.filter, wanted);
    assert!(parsed.text.must.is_empty());
    assert_eq!(parse("is:hidden").filter.hidden, Hidden::Only);
}

#[test]
fn filters_are_negated() {
    let not = *parse("-kind:video -source:spotify -is:starred -from:mia").filter.not.unwrap();
    assert_eq!((not.kinds, not.sources), (vec![Kind::Video], vec!["spotify".to_owned()]));
    assert_eq!((not.has, not.people), (vec![Has::Star], vec!["mia".to_owned()]));
    assert_eq!(parse("-after:2019").filter, parse("before:2019").filter);
    let not = *parse("-on:2019").filter.not.unwrap();
    assert_eq!(not.from, Some(day_of_date(date(2019, 1, 1))));
}

#[test]
fn dates_are_years_months_days_and_relative() {
    let range = |text: &str| {
        let filter = parse(text).filter;
        (filter.from.map(crate::date_of_day), filter.until.map(crate::date_of_day))
    };
    assert_eq!(range("on:2019"), (Some(date(2019, 1, 1)), Some(date(2020, 1, 1))));
    assert_eq!(range("on:2020-02"), (Some(date(2020, 2, 1)), Some(date(2020, 3, 1))));
    assert_eq!(range("on:2019-6-14"), (Some(date(2019, 6, 14)), Some(date(2019, 6, 15))));
    assert_eq!(range("on:yesterday"), (Some(date(2024, 2, 29)), Some(date(2024, 3, 1))));
    assert_eq!(range("from:today"), (Some(date(2024, 3, 1)), None));
    assert_eq!(range("after:2019-06 before:2019-06-10"), (Some(date(2019, 6, 1)), Some(date(2019, 6, 10))));
    assert_eq!(range("after:2018 after:2019"), (Some(date(2019, 1, 1)), None));
    assert_eq!(range("on:9999-12-31").0, Some(date(9999, 12, 31)));
}

#[test]
fn from_takes_a_person_too() {
    assert_eq!(parse("from:\"Mia Lund\" from:jo@example.org").filter.people, ["Mia Lund", "jo@example.org"]);
}

#[test]
fn what_is_not_a_filter_is_a_word() {
    for text in ["foo:bar", "https://example.org/a?b=c", "12:30", "in:", "re:", "kind :note", "a-b", "- x"] {
        let parsed = parse(text);
        assert_eq!(parsed.filter, Filter::default(), "{text}");
        assert!(parsed.text.must_not.is_empty() && !parsed.text.must.is_empty(), "{text}");
    }
    assert!(parse("!!! … -- \"\"").text.must.is_empty());
}

#[test]
fn mistakes_are_explained_where_they_are() {
    let wrong = error("ünd kind:emial");
    assert_eq!(wrong.position, 9);
    assert!(wrong.message.contains("did you mean email?"), "{wrong}");
    assert!(error("after:2019-13").message.contains("2019-06-14"));
    assert!(error("from:2019-02-30").message.contains("is not a date"));
    assert!(error("before:soon").message.contains("today or yesterday"));
    assert!(error("has:attachmint").message.contains("attachment?"));
    assert!(error("kind:zzzzzzzzzz").message.contains("message, email"));
    assert!(error("is:stared").message.contains("starred?"));
}

proptest! {
    #[test]
    fn any_text_is_read_or_refused_without_panic(text in "\\PC{0,40}") {
        let _ = parse_query(&text, date(2024, 3, 1));
    }

    #[test]
    fn any_mixture_of_syntax_is_read_or_refused_without_panic(text in "([-\"“(*:]|kind|from:|on:|in:\\(|2019|-0|é|\u{3000}| ){0,12}") {
        if let Err(error) = parse_query(&text, date(2024, 3, 1)) {
            prop_assert!(error.position <= text.chars().count());
        }
    }
}
