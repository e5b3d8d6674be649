use super::*;
use crate::query::parse_query;
use dp_lake::date_of_day;
use jiff::civil::date;

fn meaning(text: &str) -> Meaning {
    let today = date(2024, 11, 20);
    read(&parse_query(text, today).unwrap().text, today)
}

#[test]
fn filler_and_dates_are_not_what_a_sentence_is_about() {
    let table = [
        ("that article on sleep and memory I read last spring", "sleep and memory"),
        ("the video about sourdough starters we watched in June 2019", "sourdough starters"),
        ("show me the mail from the dentist about my teeth", "dentist about my teeth"),
        ("photos from our trip to Lisbon in 2018", "trip to Lisbon"),
        ("where did I eat ramen in Berlin?", "ramen in Berlin"),
        ("a restaurant in Lisbon where we ate octopus yesterday", "restaurant in Lisbon octopus"),
        ("what is the name of the podcast about black holes", "name of the podcast about black holes"),
        ("find the note with the wifi password", "wifi password"),
        ("der Artikel über Schlafforschung den ich letzten Frühling gelesen habe", "Schlafforschung"),
        ("video editing software for linux", "video editing software for linux"),
        ("sourdough bread", "sourdough bread"),
        ("rome 2019", "rome"),
        ("photos from last summer", "photos"),
        ("this may be a good idea", "may be a good idea"),
        ("the last of us part two", "last of us part two"),
        ("spring onion soup with noodles", "spring onion soup with noodles"),
        ("kind:email \"exact words\" the invoice from the plumber", "invoice from the plumber"),
        ("yesterday", ""),
        ("", ""),
        ("東京 旅行 の 写真", "東京 旅行 の 写真"),
    ];
    for (text, words) in table {
        assert_eq!(meaning(text).words, words, "{text}");
    }
}

#[test]
fn dates_in_sentences_are_periods() {
    let table = [
        ("that article on sleep and memory I read last spring", "last spring", (2024, 3, 1), (2024, 6, 1)),
        ("mails about the flat in june 2019 with pictures", "in june 2019", (2019, 6, 1), (2019, 7, 1)),
        ("what did I watch 3 weeks ago", "3 weeks ago", (2024, 10, 28), (2024, 11, 4)),
        ("concert in the summer of 2017", "in the summer of 2017", (2017, 6, 1), (2017, 9, 1)),
        ("rome 2019", "2019", (2019, 1, 1), (2020, 1, 1)),
        ("talk with mia on monday", "on monday", (2024, 11, 18), (2024, 11, 19)),
        ("recipes from last winter please", "from last winter", (2023, 12, 1), (2024, 3, 1)),
        ("the bakery I found in may", "in may", (2024, 5, 1), (2024, 6, 1)),
        ("was habe ich letzten Sommer gelesen", "letzten Sommer", (2024, 6, 1), (2024, 9, 1)),
        ("Rezepte vor 2 Wochen gespeichert", "vor 2 Wochen", (2024, 11, 4), (2024, 11, 11)),
        ("les photos de l'été dernier à Nice", "de l'été dernier", (2024, 6, 1), (2024, 9, 1)),
        ("articles read on 14 june 2019 at home", "on 14 june 2019", (2019, 6, 14), (2019, 6, 15)),
        ("mails from 2019-06-14 about work", "from 2019-06-14", (2019, 6, 14), (2019, 6, 15)),
    ];
    for (text, words, first, past) in table {
        let found = meaning(text);
        let day = |(year, month, day)| date(year, month, day);
        let dates = found.period.map(|(first, past)| (date_of_day(first), date_of_day(past)));
        assert_eq!(dates, Some((day(first), day(past))), "{text}");
        assert_eq!(found.period_words, words, "{text}");
    }
    for text in [
        "blade runner 2049",
        "she may know",
        "spring onions",
        "1234 main street",
        "on:2019 sleep memory",
        "monday mornings",
    ] {
        assert_eq!(meaning(text).period, None, "{text}");
    }
    let since = meaning("everything about sleep since 2019").period.unwrap();
    assert_eq!((date_of_day(since.0), date_of_day(since.1)), (date(2019, 1, 1), Date::MAX));
    let before = meaning("photos of mia before june 2019").period.unwrap();
    assert_eq!(date_of_day(before.1), date(2019, 6, 1));
}

#[test]
fn what_was_done_and_with_what_hints_at_kinds() {
    use Kind::{Bookmark, Browse, Email, Note, Photo, Visit, Watch};
    let table: [(&str, &[Kind]); 9] = [
        ("that article on sleep and memory I read last spring", &[Browse, Email, Bookmark]),
        ("the video on bread that we watched", &[Watch, Kind::Video]),
        ("email from mia about the flat", &[Email, Kind::Message]),
        ("photos of the cat in the garden", &[Photo]),
        ("note about the wifi password", &[Note]),
        ("the museum we visited in Lisbon", &[Visit]),
        ("where did I eat ramen", &[Visit]),
        ("sleep and memory in old age", &[]),
        ("bread", &[]),
    ];
    for (text, kinds) in table {
        assert_eq!(meaning(text).kinds, kinds, "{text}");
    }
}

#[test]
fn the_language_is_told_by_small_words_or_not_at_all() {
    let table = [
        ("that article on sleep and memory I read", Some(Language::English)),
        ("der Artikel über den Schlaf und das Gedächtnis", Some(Language::German)),
        ("l'article sur le sommeil et la mémoire dans les rêves", Some(Language::French)),
        ("el artículo sobre el sueño y la memoria", Some(Language::Spanish)),
        ("статья о сне и памяти которую я читал прошлой весной", Some(Language::Russian)),
        ("sleep memory", None),
        ("xqz wvut pqrs", None),
    ];
    for (text, language) in table {
        assert_eq!(meaning(text).language, language, "{text}");
    }
}

#[test]
fn many_words_and_any_script_are_read() {
    let long = "word ".repeat(60);
    assert_eq!(meaning(&long).words, long.trim());
    for text in [
        "? ! …",
        "\"only a phrase\"",
        "I",
        "I read",
        "I read it",
        "the",
        "that article",
        "in",
        "last",
        "vor",
        "a a a a",
    ] {
        let _ = meaning(text);
    }
}
