//! Cases about the timeline: order, pages, days and filters.
#![expect(missing_docs, reason = "the names of the cases are sentences")]

use super::{
    Factory, Subject,
    build::{NOON_US, SECOND_US, at, content, document, documents_batch, email, mail, note, notes},
    subject::wait,
};
use crate::{
    Annotation, Cursor, Filter, ForgetTarget, Has, Hidden, HistogramQuery, LakeError, Near, Order, TextQuery,
};
use dp_model::{Content, Kind, Media, Mention, Moment, Place, Point, Precision, Role};
use futures::executor::block_on;

fn titled(subject: &Subject<'_>, filter: &Filter, order: Order, page_size: usize) -> Vec<String> {
    subject.list(filter, order, page_size).into_iter().map(|document| document.content.title).collect()
}

pub fn pages_in_both_directions_hold_everything_once(factory: &dyn Factory) {
    let subject = Subject::holding(factory, notes(23));
    let mut expected = (0..23).map(|number| format!("Note number {number}")).collect::<Vec<_>>();
    for page_size in [1, 7, 23, 100] {
        assert_eq!(
            titled(&subject, &Filter::default(), Order::OldestFirst, page_size),
            expected,
            "by {page_size}"
        );
    }
    expected.reverse();
    for page_size in [1, 7, 23, 100] {
        assert_eq!(
            titled(&subject, &Filter::default(), Order::NewestFirst, page_size),
            expected,
            "by {page_size}"
        );
    }
    let whole = wait(subject.vault().documents().list(&Filter::default(), Order::NewestFirst, None, 23));
    assert_eq!(whole.next, None, "a page that holds the last document is the last");
}

pub fn ties_in_time_survive_pages_of_one(factory: &dyn Factory) {
    let documents = (0..9).map(|number| {
        let kind = [Kind::Note, Kind::Event, Kind::Email][number % 3];
        let source = ["google.keep", "google.calendar"][number % 2];
        document(&number.to_string(), at(content(source, kind, "Tie"), NOON_US + (number / 6) as i64))
    });
    let documents = documents.collect::<Vec<_>>();
    let mut expected = documents.iter().map(|document| (document.sort_us, document.id)).collect::<Vec<_>>();
    expected.sort();
    let subject = Subject::holding(factory, documents);
    for page_size in [1, 2, 4] {
        let mut listed = subject.list(&Filter::default(), Order::OldestFirst, page_size);
        assert_eq!(
            listed.iter().map(|found| found.id).collect::<Vec<_>>(),
            expected.iter().map(|it| it.1).collect::<Vec<_>>()
        );
        listed.reverse();
        assert_eq!(listed, subject.list(&Filter::default(), Order::NewestFirst, page_size));
    }
}

pub fn undated_documents_are_not_listed(factory: &dyn Factory) {
    let mut documents = notes(2);
    documents.push(document("undated", content("google.keep", Kind::Note, "Undated")));
    let subject = Subject::holding(factory, documents);
    assert_eq!(subject.titles(&Filter::default()), ["Note number 0", "Note number 1"]);
    assert_eq!(subject.walk().len(), 3);
    let counts = wait(subject.vault().documents().histogram(&HistogramQuery::default()));
    assert_eq!((counts[0].day, counts[0].count), (None, 1));
}

pub fn sub_second_and_pre_1970_times_are_in_order(factory: &dyn Factory) {
    let times_us =
        [-2_208_988_800_000_000, -1_000_001, -1_000_000, -1, 0, 1, 999_999, 1_000_000, NOON_US, NOON_US + 1];
    let documents =
        times_us.map(|time_us| document(&time_us.to_string(), note(&time_us.to_string(), time_us)));
    let subject = Subject::holding(factory, documents.to_vec());
    let expected = times_us.map(|time_us| time_us.to_string());
    assert_eq!(titled(&subject, &Filter::default(), Order::OldestFirst, 1), expected);
    let first_hours = Filter { from: Some(0), until: Some(1), ..Filter::default() };
    // Home is an hour ahead, so the last second of 1969 in UTC is the first day of 1970 there.
    assert_eq!(subject.titles(&first_hours), expected[1..8]);
    let before = Filter { until: Some(-20_000), ..Filter::default() };
    assert_eq!(subject.titles(&before), expected[..1]);
}

pub fn dates_and_wall_clocks_stand_on_their_local_day(factory: &dyn Factory) {
    const DAY: i32 = 18_294; // 2020-02-02
    let dated = |title: &str, time: Moment| {
        document(title, Content { time: Some(time), ..content("google.calendar", Kind::Event, title) })
    };
    let day_us = i64::from(DAY) * Moment::DAY_US;
    let subject = Subject::holding(
        factory,
        vec![
            dated("a date", Moment::date(DAY)),
            dated("late on the wall", Moment::wall(day_us + 86_399 * SECOND_US, Precision::Minute)),
            dated("first UTC minute at home", Moment::utc(day_us - 3_600 * SECOND_US, Precision::Minute)),
            dated(
                "late in Tokyo",
                Moment::with_offset(day_us + 14 * 3_600 * SECOND_US, 32_400, Precision::Second),
            ),
            dated(
                "early in Tokyo",
                Moment::with_offset(day_us - 9 * 3_600 * SECOND_US, 32_400, Precision::Second),
            ),
            dated(
                "next in Tokyo",
                Moment::with_offset(day_us + 15 * 3_600 * SECOND_US, 32_400, Precision::Second),
            ),
        ],
    );
    let on_day = Filter { from: Some(DAY), until: Some(DAY + 1), ..Filter::default() };
    let mut titles = subject.titles(&on_day);
    assert_eq!(titles.first().map(String::as_str), Some("early in Tokyo"));
    assert_eq!(titles.last().map(String::as_str), Some("late on the wall"));
    titles.sort();
    assert_eq!(
        titles,
        ["a date", "early in Tokyo", "first UTC minute at home", "late in Tokyo", "late on the wall"]
    );
    let counts = wait(subject.vault().documents().histogram(&HistogramQuery::default()));
    assert_eq!(
        counts.iter().map(|row| (row.day, row.count)).collect::<Vec<_>>(),
        [(Some(DAY), 5), (Some(DAY + 1), 1)]
    );
}

/// Documents that differ in each thing a filter asks for; the title says in which.
fn assorted(factory: &dyn Factory) -> Subject<'_> {
    let mut placed = note("placed", NOON_US + 1);
    placed.place = Some(Place { point: Some(Point { latitude_e7: 1, longitude_e7: 1 }), ..Place::default() });
    let mut named = note("named place", NOON_US + 2);
    named.place = Some(Place { name: Some("Somewhere".into()), ..Place::default() });
    let mut linked = note("linked", NOON_US + 3);
    linked.url = Some("https://example.org".into());
    let mut with_file = note("with file", NOON_US + 4);
    with_file.media.push(Media { name: "a.txt".into(), mime: None, size_bytes: None, hash: None });
    let mut long = note("long", NOON_US + 5);
    long.text = "Some text".into();
    let mut labelled = note("labelled", NOON_US + 6);
    labelled.labels = ["Work".into(), "Urgent".into()].into_iter().collect();
    let mut mailed = Content {
        time: Some(Moment::utc(NOON_US + 7, Precision::Second)),
        ..email("mailed", "mia.lund@example.org", "bo@example.org")
    };
    mailed.people.push(Mention {
        role: Role::Cc,
        name: Some("Ève Śliwa".into()),
        identity: Some(mail("eve@example.org")),
    });
    let later = note("later", NOON_US + Moment::DAY_US);
    let played = at(content("spotify", Kind::Listen, "played"), NOON_US + 8);
    let starred = note("starred", NOON_US + 9);
    let tagged = note("tagged", NOON_US + 10);
    let noted = note("noted", NOON_US + 11);
    let all =
        [placed, named, linked, with_file, long, labelled, mailed, later, played, starred, tagged, noted];
    let documents = all.map(|content| document(&content.title.clone(), content));
    let [.., starred, tagged, noted] = documents.clone().map(|document| document.id);
    let subject = Subject::holding(factory, documents.to_vec());
    subject.annotate(starred, Annotation::Star(true));
    subject.annotate(tagged, Annotation::AddTag("Ärger".into()));
    subject.annotate(tagged, Annotation::AddTag("x".into()));
    subject.annotate(noted, Annotation::Note(Some("…".into())));
    subject.catch_up();
    subject
}

fn has(thing: Has) -> Filter {
    Filter { has: vec![thing], ..Filter::default() }
}

fn people(words: &[&str]) -> Filter {
    Filter { people: words.iter().map(|&words| words.to_owned()).collect(), ..Filter::default() }
}

pub fn every_filter_field_narrows_the_list(factory: &dyn Factory) {
    let subject = assorted(factory);
    let sources = |sources: &[&str]| Filter {
        sources: sources.iter().map(|&source| source.into()).collect(),
        ..Filter::default()
    };
    let labels = |labels: &[&str]| Filter {
        labels: labels.iter().map(|&label| label.into()).collect(),
        ..Filter::default()
    };
    let tags =
        |tags: &[&str]| Filter { tags: tags.iter().map(|&tag| tag.into()).collect(), ..Filter::default() };
    let cases: Vec<(Filter, &[&str])> = vec![
        (sources(&["spotify"]), &["played"]),
        (sources(&["google.mail", "spotify", "nothing"]), &["mailed", "played"]),
        (sources(&["goog"]), &[]),
        (Filter { kinds: vec![Kind::Email, Kind::Listen], ..Filter::default() }, &["mailed", "played"]),
        (Filter { from: Some(18_295), ..Filter::default() }, &["later"]),
        (Filter { from: Some(18_294), until: Some(18_294), ..Filter::default() }, &[]),
        (labels(&["Work"]), &["labelled"]),
        (labels(&["Work", "Urgent"]), &["labelled"]),
        (labels(&["Work", "Play"]), &[]),
        (tags(&["ÄRGER", "X"]), &["tagged"]),
        (tags(&["x", "y"]), &[]),
        (has(Has::Place), &["placed"]),
        (has(Has::Url), &["linked"]),
        (has(Has::Attachment), &["with file"]),
        (has(Has::Text), &["long"]),
        (has(Has::People), &["mailed"]),
        (has(Has::Star), &["starred"]),
        (has(Has::Tag), &["tagged"]),
        (has(Has::Note), &["noted"]),
        (Filter { has: vec![Has::Star, Has::Tag], ..Filter::default() }, &[]),
        (people(&["LUND"]), &["mailed"]),
        (people(&["eve sliwa"]), &["mailed"]),
        (people(&["bo@example.org", "śliwa"]), &["mailed"]),
        (people(&["lun"]), &[]),
        (people(&["mia", "nobody"]), &[]),
        (
            Filter {
                sources: vec!["google".into()],
                kinds: vec![Kind::Email],
                until: Some(18_295),
                ..people(&["mia"])
            },
            &["mailed"],
        ),
    ];
    for (filter, expected) in cases {
        assert_eq!(subject.titles(&filter), expected, "{filter:?}");
    }
    assert_eq!(subject.titles(&Filter::default()).len(), 12);
}

pub fn negated_filters_exclude_what_matches_any_field(factory: &dyn Factory) {
    let subject = assorted(factory);
    let excluded = |not: Filter| {
        let filter = Filter { not: Some(Box::new(not)), ..Filter::default() };
        let left = subject.titles(&filter);
        let all = subject.titles(&Filter::default());
        all.into_iter().filter(|title| !left.contains(title)).collect::<Vec<_>>()
    };
    assert_eq!(excluded(Filter::default()), [""; 0]);
    assert_eq!(
        excluded(Filter { sources: vec!["spotify".into()], kinds: vec![Kind::Email], ..Filter::default() }),
        ["mailed", "played"]
    );
    assert_eq!(excluded(Filter { from: Some(18_295), until: Some(18_296), ..Filter::default() }), ["later"]);
    assert_eq!(
        excluded(Filter { labels: vec!["urgent".into(), "play".into()], ..Filter::default() }),
        ["labelled"]
    );
    assert_eq!(excluded(Filter { tags: vec!["y".into(), "arger".into()], ..Filter::default() }), ["tagged"]);
    assert_eq!(
        excluded(Filter { has: vec![Has::Star, Has::Url], ..Filter::default() }),
        ["linked", "starred"]
    );
    assert_eq!(excluded(people(&["nobody", "mia"])), ["mailed"]);
    let both = Filter { kinds: vec![Kind::Note], not: Some(Box::new(has(Has::Text))), ..Filter::default() };
    assert!(!subject.titles(&both).contains(&"long".to_owned()) && subject.titles(&both).len() == 9);
}

/// The point `latitude_deg`, `longitude_deg` with its radius.
fn near(latitude_deg: i32, longitude_deg: i32, radius_m: u32) -> Filter {
    let near =
        Near { latitude_e7: latitude_deg * 10_000_000, longitude_e7: longitude_deg * 10_000_000, radius_m };
    Filter { near: Some(near), ..Filter::default() }
}

fn not(filter: Filter) -> Filter {
    Filter { not: Some(Box::new(filter)), ..Filter::default() }
}

pub fn circles_on_the_map_narrow_lists_and_searches(factory: &dyn Factory) {
    let placed = |title: &str, point: Option<(i32, i32)>| {
        let point = point.map(|(latitude_e7, longitude_e7)| Point { latitude_e7, longitude_e7 });
        let place = Some(Place { name: Some(title.to_owned()), point, ..Place::default() });
        document(title, Content { place, ..note(title, NOON_US) })
    };
    let subject = Subject::holding(
        factory,
        vec![
            placed("origin", Some((0, 0))),
            // A degree is 111.2 km.
            placed("a degree north", Some((10_000_000, 0))),
            placed("west of the date line", Some((0, 1_799_000_000))),
            placed("east of the date line", Some((0, -1_799_000_000))),
            placed("at the pole", Some((900_000_000, 0))),
            placed("nowhere", None),
            document("no place", note("no place", NOON_US)),
        ],
    );
    let cases: [(Filter, &[&str]); 7] = [
        (near(0, 0, 0), &["origin"]),
        (near(0, 0, 111_000), &["origin"]),
        (near(0, 0, 112_000), &["a degree north", "origin"]),
        (near(0, 180, 12_000), &["east of the date line", "west of the date line"]),
        (near(89, 180, 250_000), &["at the pole"]),
        (near(45, 45, 1_000_000), &[]),
        (
            not(near(0, 0, 112_000)),
            &["at the pole", "east of the date line", "no place", "nowhere", "west of the date line"],
        ),
    ];
    for (filter, expected) in cases {
        let mut listed = subject.titles(&filter);
        listed.sort();
        assert_eq!(listed, expected, "{filter:?}");
        assert_eq!(subject.titles_found(&TextQuery::default(), &filter), expected, "{filter:?}");
    }
}

pub fn instants_narrow_lists_and_searches(factory: &dyn Factory) {
    let times_us = [-1, 0, 1, NOON_US, NOON_US + 1];
    let mut documents =
        times_us.map(|time_us| document(&time_us.to_string(), note(&time_us.to_string(), time_us))).to_vec();
    documents.push(document("undated", content("google.keep", Kind::Note, "undated")));
    let subject = Subject::holding(factory, documents);
    let range = |from_us, until_us| Filter { from_us, until_us, ..Filter::default() };
    let cases: [(Filter, &[&str]); 7] = [
        (range(Some(0), Some(NOON_US)), &["0", "1"]),
        (range(None, Some(0)), &["-1"]),
        (range(Some(NOON_US), None), &["1580644800000000", "1580644800000001"]),
        (range(Some(5), Some(5)), &[]),
        (range(Some(i64::MIN), Some(i64::MIN)), &[]),
        (Filter { from: Some(1), ..range(None, Some(NOON_US + 1)) }, &["1580644800000000"]),
        (not(range(Some(0), Some(NOON_US + 1))), &["-1", "1580644800000001"]),
    ];
    for (filter, expected) in cases {
        assert_eq!(subject.titles(&filter), expected, "{filter:?}");
        assert_eq!(
            titled(&subject, &filter, Order::NewestFirst, 1),
            expected.iter().rev().copied().collect::<Vec<_>>()
        );
        let mut found = subject.titles_found(&TextQuery::default(), &filter);
        found.retain(|title| title != "undated");
        assert_eq!(found, expected, "{filter:?}");
    }
    let undated = subject.titles_found(&TextQuery::default(), &range(Some(i64::MIN), None));
    assert!(!undated.contains(&"undated".to_owned()), "what is undated is in no range");
}

pub fn labels_are_compared_with_case_and_accents_folded(factory: &dyn Factory) {
    let mut labelled = note("labelled", NOON_US);
    labelled.labels =
        ["Ferien/Zürich".into(), "ΟΔΟΣ".into(), "旅行".into(), "Re\u{301}sume\u{301}  B".into()]
            .into_iter()
            .collect();
    let subject =
        Subject::holding(factory, vec![document("a", labelled), document("b", note("plain", NOON_US))]);
    for label in
        ["ferien/zurich", "FERIEN/ZÜRICH", "Ferien/Zu\u{308}rich", "οδος", "旅行", "résumé b", "RESUME  B"]
    {
        assert_eq!(
            subject.titles(&Filter { labels: vec![label.into()], ..Filter::default() }),
            ["labelled"],
            "{label}"
        );
    }
    for label in ["ferien", "zurich", "旅", "resume", "ferien zurich"] {
        assert_eq!(
            subject.titles(&Filter { labels: vec![label.into()], ..Filter::default() }),
            [""; 0],
            "{label}"
        );
    }
}

pub fn a_foreign_cursor_is_refused(factory: &dyn Factory) {
    let subject = Subject::holding(factory, notes(1));
    let filter = Filter::default();
    for text in [
        "",
        "nonsense",
        "5.",
        "5.zz",
        ".00000000000000000000000000000000",
        "99999999999999999999.00000000000000000000000000000000",
    ] {
        let cursor = Cursor(text.to_owned());
        let list = subject.vault().documents().list(&filter, Order::NewestFirst, Some(&cursor), 5);
        let answer = block_on(list);
        assert!(matches!(&answer, Err(LakeError::BadCursor(bad)) if bad == text), "{answer:?}");
    }
}

pub fn a_cursor_outlives_the_document_it_stands_on(factory: &dyn Factory) {
    let (subject, import) = Subject::importing(factory, "vault");
    subject.apply(documents_batch(import, notes(5)));
    let all = Filter { hidden: Hidden::Include, ..Filter::default() };
    let page = wait(subject.vault().documents().list(&all, Order::OldestFirst, None, 2));
    subject.forget(&ForgetTarget::Document(page.items[1].id));
    let rest = wait(subject.vault().documents().list(&all, Order::OldestFirst, page.next.as_ref(), 2));
    let titles = rest.items.iter().map(|document| document.content.title.as_str()).collect::<Vec<_>>();
    assert_eq!(titles, ["Note number 2", "Note number 3"]);
}
