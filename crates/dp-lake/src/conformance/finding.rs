//! Cases about ranking by some of the words, counting by field, and suggesting.
#![expect(missing_docs, reason = "the names of the cases are sentences")]

use super::{
    Factory, Subject,
    build::{NOON_US, at, content, document, mail, note},
    subject::wait,
};
use crate::{
    Annotation, FacetField, Filter, RankedHit, RankedQuery, SuggestionKind, Term, TermMode, TextQuery,
    analysis::Language,
};
use dp_model::{Kind, Mention, Place, Role};

const YEAR_US: i64 = 31_557_600_000_000;

fn titled<'f>(factory: &'f dyn Factory, titles: &[&str]) -> Subject<'f> {
    let notes = titles.iter().zip(0..).map(|(title, number)| document(title, note(title, NOON_US + number)));
    Subject::holding(factory, notes.collect())
}

fn ranked(subject: &Subject<'_>, query: &RankedQuery) -> Vec<(String, RankedHit)> {
    let hits = wait(subject.vault().search().ranked(query, 100));
    hits.into_iter()
        .map(|hit| {
            let found = subject.get(hit.id).expect("a hit is a document");
            (found.document.content.title, hit)
        })
        .collect()
}

fn titles_ranked(subject: &Subject<'_>, words: &str, language: Option<Language>) -> Vec<String> {
    let query = RankedQuery { words: words.to_owned(), language, ..RankedQuery::default() };
    ranked(subject, &query).into_iter().map(|(title, _)| title).collect()
}

pub fn some_of_the_words_are_enough_and_rare_ones_count_more(factory: &dyn Factory) {
    let subject = titled(factory, &["the red fox", "the red door", "the door", "the wall", "nothing"]);
    assert_eq!(titles_ranked(&subject, "the fox", None)[0], "the red fox");
    let mut all = titles_ranked(&subject, "fox wall door", None);
    all.sort_unstable();
    assert_eq!(all, ["the door", "the red door", "the red fox", "the wall"]);
    assert_eq!(titles_ranked(&subject, "zebra", None), Vec::<String>::new());
    assert_eq!(titles_ranked(&subject, "… !", None), Vec::<String>::new());
}

pub fn forms_of_a_word_count_as_it_where_the_language_is_known(factory: &dyn Factory) {
    let subject = titled(factory, &["it flows", "a flowing river", "flower", "Das Haus am Fluss"]);
    let mut found = titles_ranked(&subject, "flow", Some(Language::English));
    found.sort_unstable();
    assert_eq!(found, ["a flowing river", "it flows"]);
    assert_eq!(titles_ranked(&subject, "flows", None), ["it flows"]);
    assert_eq!(titles_ranked(&subject, "Häuser", Some(Language::German)), ["Das Haus am Fluss"]);
}

pub fn coverage_says_how_much_of_the_query_a_document_holds(factory: &dyn Factory) {
    let subject = titled(factory, &["amber basalt", "amber", "cedar"]);
    let query = RankedQuery { words: "amber basalt".into(), ..RankedQuery::default() };
    let hits = ranked(&subject, &query);
    assert_eq!(hits[0].0, "amber basalt");
    assert!((hits[0].1.coverage - 1.0).abs() < 1e-3 && hits[1].1.coverage < 0.6, "{hits:?}");
    // Words that stand nowhere are words of the query too.
    let query = RankedQuery { words: "cedar qqq www".into(), ..RankedQuery::default() };
    assert!(ranked(&subject, &query)[0].1.coverage < 0.5);
}

pub fn what_must_hold_narrows_the_ranking(factory: &dyn Factory) {
    let subject = titled(factory, &["red fox", "red door", "red wall"]);
    let term = |text: &str| Term { text: text.to_owned(), mode: TermMode::Words };
    let query = RankedQuery {
        words: "red".into(),
        text: TextQuery { must_not: vec![term("door")], ..TextQuery::default() },
        ..RankedQuery::default()
    };
    let mut found = ranked(&subject, &query).into_iter().map(|(title, _)| title).collect::<Vec<_>>();
    found.sort_unstable();
    assert_eq!(found, ["red fox", "red wall"]);
    let none = RankedQuery { filter: Filter { kinds: vec![Kind::Email], ..Filter::default() }, ..query };
    assert!(ranked(&subject, &none).is_empty());
    assert!(
        wait(
            subject
                .vault()
                .search()
                .ranked(&RankedQuery { words: "red".into(), ..RankedQuery::default() }, 0)
        )
        .is_empty()
    );
}

pub fn facets_count_what_a_search_finds(factory: &dyn Factory) {
    let mut visit = at(content("google.maps", Kind::Visit, "Harbour café"), NOON_US);
    visit.place = Some(Place { name: Some("Harbour café".into()), ..Place::default() });
    let mut letter = at(content("google.mail", Kind::Email, "Harbour plans"), NOON_US + YEAR_US);
    let person = |name: &str, address: &str| Mention {
        role: Role::From,
        name: (!name.is_empty()).then(|| name.to_owned()),
        identity: Some(mail(address)),
    };
    letter.people = vec![person("Mia Lund", "mia@example.org"), person("", "jo@example.org")];
    let documents = vec![
        document("visit", visit),
        document("mail", letter.clone()),
        document("mail 2", letter),
        document("note", note("Harbour walk", NOON_US)),
        document("other", note("Mountain walk", NOON_US)),
        document("undated", content("google.keep", Kind::Note, "Harbour undated")),
    ];
    let subject = Subject::holding(factory, documents);
    let query = TextQuery {
        must: vec![Term { text: "harbour".into(), mode: TermMode::Words }],
        ..TextQuery::default()
    };
    let counts = |field: FacetField, limit: usize| -> Vec<(String, u64)> {
        let facets = wait(subject.vault().search().facets(&query, &Filter::default(), &[field], limit));
        assert_eq!((facets.len(), facets[0].field), (1, field));
        facets[0].counts.iter().map(|count| (count.value.clone(), count.documents)).collect()
    };
    let of = |pairs: &[(&str, u64)]| {
        pairs.iter().map(|&(value, count)| (value.to_owned(), count)).collect::<Vec<_>>()
    };
    assert_eq!(
        counts(FacetField::Source, 9),
        of(&[("google.keep", 2), ("google.mail", 2), ("google.maps", 1)])
    );
    assert_eq!(counts(FacetField::Kind, 9), of(&[("email", 2), ("note", 2), ("visit", 1)]));
    assert_eq!(counts(FacetField::Year, 9), of(&[("2020", 2), ("2021", 2)]));
    assert_eq!(counts(FacetField::Person, 9), of(&[("Mia Lund", 2), ("jo@example.org", 2)]));
    assert_eq!(counts(FacetField::Place, 9), of(&[("Harbour café", 1)]));
    assert_eq!(counts(FacetField::Kind, 1), of(&[("email", 2)]));
    let filter = Filter { kinds: vec![Kind::Note], ..Filter::default() };
    let facets = wait(subject.vault().search().facets(&TextQuery::default(), &filter, FacetField::ALL, 5));
    assert_eq!((facets.len(), facets[1].counts[0].documents), (FacetField::ALL.len(), 3));
}

pub fn facets_count_channels_sites_and_labels(factory: &dyn Factory) {
    let mut video = at(content("google.youtube", Kind::Watch, "Harbour film"), NOON_US);
    video.people = vec![Mention { role: Role::Author, name: Some("Mia Lund".into()), identity: None }];
    video.labels.push("Films".into());
    let song = crate::conformance::build::content("google.youtube.music", Kind::Listen, "Harbour song");
    let mut page = at(content("google.chrome", Kind::Browse, "Harbour page"), NOON_US);
    page.url = Some("https://www.Example.org/harbour".into());
    let mut letter = at(content("google.mail", Kind::Email, "Harbour letter"), NOON_US);
    letter.people = vec![Mention { role: Role::From, name: Some("No Channel".into()), identity: None }];
    letter.url = Some("https://nowhere.example/".into());
    letter.labels.push("Films".into());
    let song = dp_model::Content { people: video.people.clone(), ..at(song, NOON_US) };
    let documents = vec![
        document("video", video),
        document("song", song),
        document("page", page),
        document("mail", letter),
    ];
    let subject = Subject::holding(factory, documents);
    let fields = [FacetField::Channel, FacetField::Site, FacetField::Label];
    let counts = |filter: &Filter| {
        let facets = wait(subject.vault().search().facets(&TextQuery::default(), filter, &fields, 9));
        let values = facets.iter().map(|facet| {
            facet.counts.iter().map(|count| (count.value.clone(), count.documents)).collect::<Vec<_>>()
        });
        values.collect::<Vec<_>>()
    };
    let one = |name: &str, count| vec![(name.to_owned(), count)];
    assert_eq!(counts(&Filter::default()), [one("Mia Lund", 2), one("example.org", 1), one("Films", 2)]);
    let listened = Filter { kinds: vec![Kind::Listen], ..Filter::default() };
    assert_eq!(counts(&listened), [one("Mia Lund", 1), Vec::new(), Vec::new()]);
}

pub fn names_and_titles_are_suggested_by_the_beginning_of_a_word(factory: &dyn Factory) {
    let mut letter = at(content("google.mail", Kind::Email, "Mia's plans"), NOON_US);
    letter.people = vec![Mention { role: Role::From, name: Some("Ása Miasdóttir".into()), identity: None }];
    let mut visit = at(content("google.maps", Kind::Visit, ""), NOON_US);
    visit.place = Some(Place { name: Some("Café Miava".into()), ..Place::default() });
    let mut page = at(content("google.chrome", Kind::Browse, "Old miaou songs"), NOON_US);
    page.url = Some("https://www.miaow.example/page".into());
    let documents = vec![
        document("mail", letter),
        document("visit", visit),
        document("page", page),
        document("note", note("Other", NOON_US)),
    ];
    let subject = Subject::holding(factory, documents);
    let suggested = |typed: &str, limit: usize| {
        let suggestions = wait(subject.vault().search().suggest(typed, limit));
        let mut suggestions =
            suggestions.into_iter().map(|found| (found.kind, found.text)).collect::<Vec<_>>();
        suggestions.sort();
        suggestions
    };
    assert_eq!(
        suggested("MIA", 5),
        [
            (SuggestionKind::Person, "Ása Miasdóttir".to_owned()),
            (SuggestionKind::Place, "Café Miava".to_owned()),
            (SuggestionKind::Site, "miaow.example".to_owned()),
            (SuggestionKind::Title, "Mia's plans".to_owned()),
            (SuggestionKind::Title, "Old miaou songs".to_owned()),
        ]
    );
    assert_eq!(suggested("asa mi", 5), [(SuggestionKind::Person, "Ása Miasdóttir".to_owned())]);
    assert!(suggested("mia", 1).len() == 4 && suggested("", 5).is_empty() && suggested("zzz", 5).is_empty());
    let note = subject.walk().into_iter().find(|found| found.document.content.title == "Other");
    let id = note.expect("the note is there").document.id;
    subject.annotate(id, Annotation::Hide(true));
    subject.catch_up();
    assert!(suggested("oth", 5).is_empty(), "hidden documents suggest nothing");
}
