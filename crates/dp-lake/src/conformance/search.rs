//! Cases about finding documents by words.
#![expect(missing_docs, reason = "the names of the cases are sentences")]

use super::{
    Factory, Subject,
    build::{NOON_US, at, content, document, documents_batch, mail, note, notes},
    subject::wait,
};
use crate::{Alternative, Annotation, Filter, Hits, Sort, Term, TermMode, TextQuery};
use dp_model::{Content, Kind, Media, Mention, Metadata, Place, Role};
use std::sync::atomic::{AtomicU64, Ordering};

fn words(text: &str) -> Term {
    Term { text: text.to_owned(), mode: TermMode::Words }
}

fn query(must: &[&str], must_not: &[&str]) -> TextQuery {
    let terms = |texts: &[&str]| texts.iter().map(|text| words(text)).collect();
    TextQuery { must: terms(must), must_not: terms(must_not), ..TextQuery::default() }
}

/// A vault of notes with these titles.
fn titled<'f>(factory: &'f dyn Factory, titles: &[&str]) -> Subject<'f> {
    let notes = titles.iter().zip(0..).map(|(title, number)| document(title, note(title, NOON_US + number)));
    Subject::holding(factory, notes.collect())
}

pub fn waiting_for_the_index_makes_documents_findable(factory: &dyn Factory) {
    let (subject, import) = Subject::importing(factory, "vault");
    for number in 0..4 {
        let document = document(&number.to_string(), note(&format!("Sourdough {number}"), NOON_US));
        let sequence = subject.apply(documents_batch(import, vec![document])).sequence;
        wait(subject.vault().search().wait_indexed(sequence));
        assert_eq!(subject.found(TermMode::Words, "sourdough").len(), number + 1);
    }
    wait(subject.vault().search().wait_indexed(0));
}

pub fn every_part_of_a_document_is_searched(factory: &dyn Factory) {
    let mut full = note("alphatitle", NOON_US);
    full.text = "First line\nbetatext in the second".into();
    full.people = vec![Mention {
        role: Role::From,
        name: Some("Gamma Person".into()),
        identity: Some(mail("delta@epsilonhost.example")),
    }];
    full.place = Some(Place {
        name: Some("Zetaplace".into()),
        address: Some("Etastreet 4".into()),
        ..Place::default()
    });
    full.labels.push("thetalabel".into());
    full.url = Some("https://iotahost.example/kappapath?x=lambdaquery".into());
    full.media.push(Media { name: "mufile.pdf".into(), mime: None, size_bytes: None, hash: None });
    let mut metadata = Metadata::new();
    metadata.push_value("things", &serde_json::json!([{"inner": "nuvalue with words"}]));
    full.metadata = metadata;
    let subject =
        Subject::holding(factory, vec![document("full", full), document("other", note("other", NOON_US))]);
    let all = [
        "alphatitle",
        "betatext",
        "gamma",
        "delta",
        "epsilonhost",
        "zetaplace",
        "etastreet",
        "thetalabel",
        "iotahost",
        "kappapath",
        "lambdaquery",
        "mufile",
        "nuvalue",
        "alphatitle etastreet nuvalue",
        "delta@epsilonhost.example",
    ];
    for wanted in all {
        assert_eq!(subject.found(TermMode::Words, wanted), ["alphatitle"], "{wanted}");
    }
}

pub fn case_accents_and_forms_do_not_matter(factory: &dyn Factory) {
    let titles = ["Crème Brûlée", "STRASSE", "Ελλάδα ΟΔΟΣ", "Ёлка", "ﬁne Ｗｉｄｅ", "I\u{307}stanbul"];
    let subject = titled(factory, &titles);
    let asked = [
        ("creme brulee", 0),
        ("CRE\u{300}ME", 0),
        ("Straße", 1),
        ("ελλαδα", 2),
        ("οδος", 2),
        ("ёлка", 3),
        ("ЕЛКА", 3),
        ("fine wide", 4),
        ("istanbul", 5),
        ("İSTANBUL", 5),
    ];
    for (text, index) in asked {
        for mode in [TermMode::Words, TermMode::Prefix, TermMode::Phrase] {
            assert_eq!(subject.found(mode, text), [titles[index]], "{text} {mode:?}");
        }
    }
}

pub fn scripts_without_spaces_are_searched_by_any_piece(factory: &dyn Factory) {
    let titles =
        ["東京都庁の展望台", "東京と京都", "สวัสดีชาวโลก", "한국어문서", "ひらがなカタカナ", "🎂 party"];
    let subject = titled(factory, &titles);
    let asked: [(&str, &[usize]); 12] = [
        ("東京", &[0, 1]),
        ("東京都", &[0]),
        ("京都", &[0, 1]),
        ("展", &[0]),
        ("台", &[0]),
        ("都庁 展望", &[0]),
        ("ชาวโลก", &[2]),
        ("สวัสดี", &[2]),
        ("국어", &[3]),
        ("なカ", &[4]),
        ("ﾀｶﾅ", &[4]),
        ("🎂", &[5]),
    ];
    for (text, indexes) in asked {
        let mut expected = indexes.iter().map(|&index| titles[index]).collect::<Vec<_>>();
        expected.sort_unstable();
        for mode in [TermMode::Words, TermMode::Prefix] {
            assert_eq!(subject.found(mode, text), expected, "{text} {mode:?}");
        }
    }
    for title in titles {
        for mode in [TermMode::Words, TermMode::Prefix, TermMode::Phrase] {
            assert_eq!(subject.found(mode, title), [title], "{title} {mode:?}");
        }
    }
    assert_eq!(subject.found(TermMode::Words, "京東"), [""; 0]);
}

pub fn all_words_must_be_there_and_refused_ones_not(factory: &dyn Factory) {
    let subject = titled(factory, &["red wine", "white wine", "red paint", "wine and cheese"]);
    let titles =
        |must: &[&str], must_not: &[&str]| subject.titles_found(&query(must, must_not), &Filter::default());
    assert_eq!(titles(&["wine red"], &[]), ["red wine"]);
    assert_eq!(titles(&["wine", "red"], &[]), ["red wine"]);
    assert_eq!(titles(&["wine"], &["red"]), ["white wine", "wine and cheese"]);
    assert_eq!(titles(&["wine"], &["red", "cheese"]), ["white wine"]);
    assert_eq!(titles(&["wine"], &["red cheese"]), ["red wine", "white wine", "wine and cheese"]);
    assert_eq!(titles(&[], &["wine"]), ["red paint"]);
    assert_eq!(titles(&["wine", "paint"], &[]), [""; 0]);
    assert_eq!(titles(&["win"], &[]), [""; 0]);
}

pub fn phrases_stand_together_in_one_string(factory: &dyn Factory) {
    let mut split = note("the quick", NOON_US);
    split.text = "brown fox".into();
    let documents = vec![
        document("split", split),
        document("whole", note("The QUICK, brown fox", NOON_US)),
        document("turned", note("brown quick fox", NOON_US)),
    ];
    let subject = Subject::holding(factory, documents);
    assert_eq!(subject.found(TermMode::Phrase, "quick brown"), ["The QUICK, brown fox"]);
    assert_eq!(subject.found(TermMode::Words, "quick brown").len(), 3);
    assert_eq!(subject.found(TermMode::Phrase, "brown fox"), ["The QUICK, brown fox", "the quick"]);
    assert_eq!(subject.found(TermMode::Phrase, "quick fox"), ["brown quick fox"]);
    assert_eq!(subject.found(TermMode::Phrase, "quick bro"), [""; 0]);
    let phrase = Term { text: "quick fox".into(), mode: TermMode::Phrase };
    let without = TextQuery { must: vec![words("fox")], must_not: vec![phrase], ..TextQuery::default() };
    assert_eq!(subject.titles_found(&without, &Filter::default()), ["The QUICK, brown fox", "the quick"]);
}

pub fn the_last_word_may_go_on(factory: &dyn Factory) {
    let subject = titled(factory, &["Sourdough bread", "sour cream", "dour breakfast", "Ärzte"]);
    assert_eq!(subject.found(TermMode::Prefix, "sour"), ["Sourdough bread", "sour cream"]);
    assert_eq!(subject.found(TermMode::Prefix, "SOURD"), ["Sourdough bread"]);
    assert_eq!(subject.found(TermMode::Prefix, "sourdough br"), ["Sourdough bread"]);
    assert_eq!(subject.found(TermMode::Prefix, "b"), ["Sourdough bread", "dour breakfast"]);
    assert_eq!(subject.found(TermMode::Prefix, "ärz"), ["Ärzte"]);
    assert_eq!(subject.found(TermMode::Prefix, "eakf"), [""; 0]);
    assert_eq!(
        subject.found(TermMode::Prefix, "brekf"),
        ["dour breakfast"],
        "the beginning of a word with a typo"
    );
    assert_eq!(subject.found(TermMode::Prefix, "sourdogh bre"), ["Sourdough bread"], "a typo before it");
}

pub fn a_typo_is_forgiven_only_where_nothing_matches(factory: &dyn Factory) {
    let subject = titled(factory, &["marmalade", "bread", "broad", "cat", "photograph"]);
    let found = |text: &str| subject.found(TermMode::Words, text);
    assert_eq!(found("marmelade"), ["marmalade"]);
    assert_eq!(found("marmelada"), ["marmalade"], "two edits in a long word");
    assert_eq!(found("marmeladi photogruph"), [""; 0], "no document holds both");
    assert_eq!(found("photogruph"), ["photograph"]);
    assert_eq!(found("bread"), ["bread"], "an exact match keeps others out");
    assert_eq!(found("brexd"), ["bread"]);
    assert_eq!(found("brxxd"), [""; 0], "two edits in a short word");
    assert_eq!(found("cot"), [""; 0], "three letters must be right");
    assert_eq!(subject.found(TermMode::Phrase, "photogruph"), [""; 0]);
    let refused = subject.titles_found(&query(&["photograph"], &["photogruph"]), &Filter::default());
    assert_eq!(refused, ["photograph"], "what is refused is refused as written");
}

pub fn a_query_without_words_is_the_filter_alone(factory: &dyn Factory) {
    let mut documents = notes(3);
    documents.push(document("mail", at(content("google.mail", Kind::Email, "A mail"), NOON_US)));
    documents.push(document("undated", content("google.keep", Kind::Note, "Undated")));
    let subject = Subject::holding(factory, documents);
    let all = |query: &TextQuery| {
        subject.titles_found(query, &Filter { kinds: vec![Kind::Note], ..Filter::default() })
    };
    assert_eq!(all(&TextQuery::default()).len(), 4);
    assert_eq!(all(&query(&["… !!", ""], &["—"])).len(), 4);
    assert_eq!(subject.keyword(&TextQuery::default(), &Filter::default(), Sort::Oldest, 2).total, 5);
}

pub fn filters_narrow_searches_as_they_narrow_lists(factory: &dyn Factory) {
    let documents = (0..24).map(|number: i64| {
        let source = ["google.keep", "google.mail", "spotify"][(number % 3) as usize];
        let kind = [Kind::Note, Kind::Email][(number % 2) as usize];
        let title = format!("Apple {number:02}");
        let mut content = at(content(source, kind, &title), NOON_US + number * 20_000_000_000);
        if number % 4 == 0 {
            content.labels = ["Früchte".into()].into_iter().collect();
            content.people.push(Mention { role: Role::From, name: Some("Mia Lund".into()), identity: None });
        }
        if number % 5 == 0 {
            content.text = "More".into();
            content.url = Some("https://example.org".into());
        }
        document(&title, content)
    });
    let documents = documents.collect::<Vec<_>>();
    let (starred, tagged, hidden) = (documents[3].id, documents[4].id, documents[5].id);
    let subject = Subject::holding(factory, documents);
    subject.annotate(starred, Annotation::Star(true));
    subject.annotate(tagged, Annotation::AddTag("Best".into()));
    subject.annotate(hidden, Annotation::Hide(true));
    subject.catch_up();
    let has = |thing| Filter { has: vec![thing], ..Filter::default() };
    let narrow = Filter {
        sources: vec!["google".into()],
        kinds: vec![Kind::Note],
        until: Some(18_297),
        ..has(crate::Has::Text)
    };
    let filters = [
        Filter::default(),
        Filter { sources: vec!["google".into()], ..Filter::default() },
        Filter { kinds: vec![Kind::Email], ..Filter::default() },
        Filter { from: Some(18_295), until: Some(18_297), ..Filter::default() },
        Filter { labels: vec!["fruchte".into()], ..Filter::default() },
        Filter { tags: vec!["BEST".into()], ..Filter::default() },
        Filter { people: vec!["lund".into()], ..Filter::default() },
        Filter { hidden: crate::Hidden::Include, ..Filter::default() },
        Filter { hidden: crate::Hidden::Only, ..Filter::default() },
        has(crate::Has::Star),
        has(crate::Has::Url),
        has(crate::Has::People),
        Filter { not: Some(Box::new(narrow.clone())), ..Filter::default() },
        Filter {
            not: Some(Box::new(has(crate::Has::Tag))),
            labels: vec!["früchte".into()],
            ..Filter::default()
        },
        narrow,
    ];
    for filter in filters {
        let listed = subject.titles(&filter);
        for must in [&["apple"][..], &[]] {
            assert_eq!(subject.titles_found(&query(must, &[]), &filter), listed, "{must:?} {filter:?}");
        }
    }
}

/// An alternative with these words.
fn either(must: &[&str], must_not: &[&str]) -> Alternative {
    Alternative { text: query(must, must_not), ..Alternative::default() }
}

fn of_kind(kind: Kind, must: &[&str]) -> Alternative {
    Alternative { filter: Filter { kinds: vec![kind], ..Filter::default() }, ..either(must, &[]) }
}

pub fn one_of_the_alternatives_must_match(factory: &dyn Factory) {
    let mut documents = ["red wine", "white wine", "red paint", "cheese"]
        .map(|title| document(title, note(title, NOON_US)))
        .to_vec();
    documents.push(document("mail", at(content("google.mail", Kind::Email, "wine mail"), NOON_US)));
    let subject = Subject::holding(factory, documents);
    let any = |lists: &[&[Alternative]]| TextQuery {
        any: lists.iter().map(|list| list.to_vec()).collect(),
        ..TextQuery::default()
    };
    let titles = |query: &TextQuery| subject.titles_found(query, &Filter::default());
    assert_eq!(
        titles(&any(&[&[either(&["red"], &[]), either(&["cheese"], &[])]])),
        ["cheese", "red paint", "red wine"]
    );
    let red_or_white = [either(&["red"], &[]), either(&["white"], &[])];
    assert_eq!(
        titles(&TextQuery { ..any(&[&red_or_white, &[either(&["wine"], &[])]]) }),
        ["red wine", "white wine"]
    );
    assert_eq!(
        titles(&TextQuery { must: vec![words("wine")], ..any(&[&red_or_white]) }),
        ["red wine", "white wine"]
    );
    assert_eq!(
        titles(&any(&[&[either(&["wine"], &["red", "mail"]), either(&["paint"], &[])]])),
        ["red paint", "white wine"]
    );
    assert_eq!(
        titles(&any(&[&[of_kind(Kind::Email, &[]), either(&["cheese"], &[])]])),
        ["cheese", "wine mail"]
    );
    assert_eq!(
        titles(&any(&[&[of_kind(Kind::Note, &["wine"]), either(&["absent"], &[])]])),
        ["red wine", "white wine"]
    );
    let nested = Alternative {
        text: TextQuery { must: vec![words("wine")], ..any(&[&red_or_white]) },
        ..of_kind(Kind::Note, &[])
    };
    assert_eq!(titles(&any(&[&[nested, either(&["cheese"], &[])]])), ["cheese", "red wine", "white wine"]);
    assert_eq!(titles(&any(&[&[]])).len(), 5, "a list without alternatives asks nothing");
    assert_eq!(titles(&any(&[&[either(&["cheese"], &[]), Alternative::default()]])).len(), 5);
    let phrase = Term { text: "wine red".into(), mode: TermMode::Phrase };
    let phrase = Alternative {
        text: TextQuery { must: vec![phrase], ..TextQuery::default() },
        ..Alternative::default()
    };
    assert_eq!(titles(&any(&[&[phrase, either(&["paint"], &[])]])), ["red paint"]);
}

pub fn none_of_the_refused_alternatives_may_match(factory: &dyn Factory) {
    let mut documents =
        ["red wine", "white wine", "red paint"].map(|title| document(title, note(title, NOON_US))).to_vec();
    documents.push(document("mail", at(content("google.mail", Kind::Email, "red wine mail"), NOON_US)));
    let subject = Subject::holding(factory, documents);
    let titles = |must: &[&str], none: &[Alternative]| {
        let query = TextQuery { none: none.to_vec(), ..query(must, &[]) };
        subject.titles_found(&query, &Filter::default())
    };
    assert_eq!(titles(&[], &[either(&["red", "wine"], &[])]), ["red paint", "white wine"]);
    assert_eq!(titles(&["red"], &[of_kind(Kind::Email, &["wine"])]), ["red paint", "red wine"]);
    assert_eq!(titles(&[], &[either(&["wine"], &["red"])]), ["red paint", "red wine", "red wine mail"]);
    assert_eq!(titles(&["wine"], &[either(&["white"], &[]), of_kind(Kind::Email, &[])]), ["red wine"]);
    assert_eq!(titles(&[], &[Alternative::default()]), [""; 0], "what asks nothing matches everything");
}

pub fn typos_are_forgiven_in_alternatives_and_not_where_they_exclude(factory: &dyn Factory) {
    let subject = titled(factory, &["photograph", "marmalade", "bread"]);
    let titles = |any: &[Alternative], none: &[Alternative]| {
        let query = TextQuery { any: vec![any.to_vec()], none: none.to_vec(), ..TextQuery::default() };
        subject.titles_found(&query, &Filter::default())
    };
    assert_eq!(
        titles(&[either(&["photogruph"], &[]), either(&["bread"], &[])], &[]),
        ["bread", "photograph"]
    );
    assert_eq!(titles(&[either(&["photogruph"], &[])], &[either(&["photogruph"], &[])]), ["photograph"]);
    assert_eq!(titles(&[either(&["photograph"], &["photogruph"])], &[]), ["photograph"]);
}

fn titles_in_order(subject: &Subject<'_>, hits: &Hits) -> Vec<String> {
    let ids = hits.hits.iter().map(|hit| hit.id).collect::<Vec<_>>();
    let documents = wait(subject.vault().documents().get_many(&ids));
    documents.into_iter().flatten().map(|document| document.content.title).collect()
}

pub fn hits_are_sorted_and_counted_past_the_limit(factory: &dyn Factory) {
    let mut documents = [("c", 3), ("a", 1), ("d", 4), ("b", -2)]
        .map(|(name, time_us)| document(name, note(&format!("{name} pear"), time_us)))
        .to_vec();
    documents.push(document("undated", content("google.keep", Kind::Note, "undated pear")));
    let subject = Subject::holding(factory, documents);
    let search = |sort, limit| subject.keyword(&query(&["pear"], &[]), &Filter::default(), sort, limit);
    let newest = search(Sort::Newest, 10);
    assert_eq!(titles_in_order(&subject, &newest), ["d pear", "c pear", "a pear", "b pear", "undated pear"]);
    assert!(newest.hits.iter().all(|hit| hit.score == 0.0));
    let oldest = search(Sort::Oldest, 10);
    assert_eq!(titles_in_order(&subject, &oldest), ["b pear", "a pear", "c pear", "d pear", "undated pear"]);
    let two = search(Sort::Newest, 2);
    assert_eq!(
        (titles_in_order(&subject, &two), two.total),
        (vec!["d pear".to_owned(), "c pear".to_owned()], 5)
    );
    let best = search(Sort::Relevance, 3);
    assert_eq!((best.hits.len(), best.total), (3, 5));
    assert!(best.hits.is_sorted_by(|a, b| a.score >= b.score) && best.hits.iter().all(|hit| hit.score > 0.0));
    assert_eq!((search(Sort::Relevance, 0).hits.len(), search(Sort::Relevance, 0).total), (0, 5));
}

pub fn an_updated_document_is_found_by_its_new_words_only(factory: &dyn Factory) {
    let subject = titled(factory, &["before", "bystander"]);
    let after = Content { modified_us: Some(1), ..note("after", NOON_US) };
    subject.apply(documents_batch(1, vec![document("before", after)]));
    let late = subject.begin(9, "takeout-9", Some(NOON_US + 9)).id;
    subject.apply(documents_batch(late, vec![document("before", note("latecomer", NOON_US))]));
    subject.catch_up();
    assert_eq!(subject.found(TermMode::Prefix, "aft"), ["after"]);
    assert_eq!(subject.found(TermMode::Prefix, "bef"), [""; 0]);
    assert_eq!(subject.found(TermMode::Prefix, "latec"), [""; 0]);
    assert_eq!(subject.found(TermMode::Words, "bystander"), ["bystander"]);
}

pub fn rebuilding_the_index_changes_no_answer(factory: &dyn Factory) {
    let documents = notes(30);
    let (tagged, forgotten) = (documents[1].id, documents[2].id);
    let subject = Subject::holding(factory, documents);
    subject.annotate(tagged, Annotation::AddTag("kept".into()));
    subject.forget(&crate::ForgetTarget::Document(forgotten));
    subject.catch_up();
    let before = (subject.found(TermMode::Prefix, "number 1"), subject.found(TermMode::Words, "kept"));
    assert_eq!((before.0.len(), before.1.len()), (11, 1));
    let (done, in_all) = (AtomicU64::new(0), AtomicU64::new(0));
    let rebuilt = wait(subject.vault().search().rebuild(&|so_far, all| {
        assert!(so_far <= all, "{so_far} documents done of {all}");
        done.store(so_far, Ordering::Relaxed);
        in_all.store(all, Ordering::Relaxed);
    }));
    assert_eq!(rebuilt, 29);
    assert_eq!((done.into_inner(), in_all.into_inner()), (29, 29));
    assert_eq!((subject.found(TermMode::Prefix, "number 1"), subject.found(TermMode::Words, "kept")), before);
    subject.apply(documents_batch(1, vec![document("later", note("number 1000", NOON_US))]));
    subject.catch_up();
    assert_eq!(subject.found(TermMode::Prefix, "number 1").len(), 12);
}

pub fn reopening_keeps_documents_findable(factory: &dyn Factory) {
    let (mut subject, import) = Subject::importing(factory, "vault");
    subject.apply(documents_batch(import, notes(3)));
    subject.reopen();
    subject.catch_up();
    assert_eq!(subject.found(TermMode::Words, "note").len(), 3);
    subject.apply(documents_batch(import, vec![document("more", note("One more note", NOON_US))]));
    subject.catch_up();
    assert_eq!(subject.found(TermMode::Words, "note").len(), 4);
}
