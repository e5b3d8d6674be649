//! Cases about rollups: the histogram and the top lists.
#![expect(missing_docs, reason = "the names of the cases are sentences")]

use super::{
    Factory, Subject,
    build::{
        NOON_US, SECOND_US, at, contact, content, document, documents_batch, email, note, people_batch,
        person,
    },
    subject::wait,
};
use crate::{
    Annotation, DayCount, Dimension, Filter, ForgetTarget, Hidden, HistogramQuery, Order, Term, TermMode,
    TextQuery, TimeCount, TimeCountQuery, Top,
};
use dp_model::{Content, Kind, Mention, Moment, Place, Precision, Role};
use std::collections::BTreeMap;

fn histogram(subject: &Subject<'_>, query: &HistogramQuery) -> Vec<DayCount> {
    wait(subject.vault().documents().histogram(query))
}

fn assorted() -> Vec<crate::DocumentUpsert> {
    (0..60)
        .map(|number: i64| {
            let kind = [Kind::Note, Kind::Email, Kind::Watch][(number % 3) as usize];
            let source = ["google.keep", "google.mail", "google.youtube", "google.youtube.music"]
                [(number % 4) as usize];
            let dated = at(content(source, kind, "Counted"), NOON_US - number * 10 * 3_600 * SECOND_US);
            let content = if number % 10 == 9 { Content { time: None, ..dated } } else { dated };
            document(&number.to_string(), content)
        })
        .collect()
}

pub fn the_histogram_equals_a_count_by_listing(factory: &dyn Factory) {
    let documents = assorted();
    let hidden = documents[0].id;
    let mut expected = BTreeMap::<_, u64>::new();
    for document in documents.iter().filter(|document| document.day.is_none()) {
        *expected.entry((None, document.content.source.to_string(), document.content.kind)).or_default() += 1;
    }
    let days =
        documents.iter().filter_map(|document| document.day).collect::<std::collections::BTreeSet<_>>();
    let subject = Subject::holding(factory, documents);
    subject.annotate(hidden, Annotation::Hide(true));
    for &day in &days {
        let filter =
            Filter { from: Some(day), until: Some(day + 1), hidden: Hidden::Include, ..Filter::default() };
        for document in subject.list(&filter, Order::NewestFirst, 5) {
            let key = (Some(day), document.content.source.to_string(), document.content.kind);
            *expected.entry(key).or_default() += 1;
        }
    }
    let rows = histogram(&subject, &HistogramQuery::default());
    let expected =
        expected.into_iter().map(|((day, source, kind), count)| DayCount { day, source, kind, count });
    assert_eq!(rows, expected.collect::<Vec<_>>());
    assert_eq!(rows.iter().map(|row| row.count).sum::<u64>(), 60);
}

pub fn the_histogram_follows_updates_and_its_query(factory: &dyn Factory) {
    let subject = Subject::holding(factory, assorted());
    let all = histogram(&subject, &HistogramQuery::default());
    let queries = [
        HistogramQuery { sources: vec!["google.youtube".into()], ..HistogramQuery::default() },
        HistogramQuery { sources: vec!["google.you".into()], ..HistogramQuery::default() },
        HistogramQuery { kinds: vec![Kind::Email, Kind::Watch], ..HistogramQuery::default() },
        HistogramQuery { from: Some(18_280), until: Some(18_290), ..HistogramQuery::default() },
        HistogramQuery { until: Some(18_280), kinds: vec![Kind::Note], ..HistogramQuery::default() },
    ];
    for query in queries {
        let filter = Filter {
            sources: query.sources.clone(),
            kinds: query.kinds.clone(),
            from: query.from,
            until: query.until,
            ..Filter::default()
        };
        let is_wanted = |row: &&DayCount| {
            filter.wants_source(&row.source) && filter.wants_kind(row.kind) && filter.wants_day(row.day)
        };
        let expected = all.iter().filter(is_wanted).cloned().collect::<Vec<_>>();
        assert_eq!(histogram(&subject, &query), expected, "{query:?}");
    }
    let moved = Content {
        modified_us: Some(1),
        ..at(content("google.keep", Kind::Note, "Counted"), NOON_US + 30 * Moment::DAY_US)
    };
    subject.apply(documents_batch(1, vec![document("0", moved)]));
    let after = histogram(&subject, &HistogramQuery::default());
    let on = |rows: &[DayCount], day| {
        rows.iter()
            .filter(|row| row.day == Some(day) && row.source == "google.keep" && row.kind == Kind::Note)
            .map(|row| row.count)
            .sum::<u64>()
    };
    assert_eq!(on(&after, 18_324), 1);
    assert_eq!(on(&after, 18_294) + 1, on(&all, 18_294));
    assert!(after.iter().all(|row| row.count > 0), "a row that counts nothing");
    assert_eq!(after.iter().map(|row| row.count).sum::<u64>(), 60);
}

fn watched(key: &str, channel: &str) -> crate::DocumentUpsert {
    let mut video = at(content("google.youtube", Kind::Watch, "A video"), NOON_US);
    video.people = vec![Mention { role: Role::Author, name: Some(channel.to_owned()), identity: None }];
    document(key, video)
}

pub fn top_lists_rank_channels_sites_and_places(factory: &dyn Factory) {
    let page = |key: &str, url: &str| {
        document(
            key,
            Content {
                url: Some(url.to_owned()),
                ..at(content("google.chrome", Kind::Browse, "A page"), NOON_US)
            },
        )
    };
    let visit = |key: &str, name: Option<&str>, address: &str| {
        let place =
            Place { name: name.map(str::to_owned), address: Some(address.to_owned()), ..Place::default() };
        document(
            key,
            Content { place: Some(place), ..at(content("google.location", Kind::Visit, "A visit"), NOON_US) },
        )
    };
    let documents = vec![
        watched("1", "Zebra"),
        watched("2", "Apfel"),
        watched("3", "Ärger"),
        watched("4", "Zebra"),
        watched("5", "  "),
        page("1", "https://www.Example.org/a"),
        page("2", "http://user@example.org:80/b?c"),
        page("3", "https://other.example/"),
        page("4", "chrome://newtab"),
        visit("1", Some("Home"), "Seeweg 4\nZürich"),
        visit("2", None, "Seeweg 4\nZürich"),
        visit("3", Some("Home"), ""),
    ];
    let subject = Subject::holding(factory, documents);
    let lines = |lines: &[(&str, u64)]| {
        lines.iter().map(|&(name, count)| (name.to_owned(), count)).collect::<Vec<_>>()
    };
    assert_eq!(subject.top(Dimension::Channel), lines(&[("Zebra", 2), ("Apfel", 1), ("Ärger", 1)]));
    assert_eq!(subject.top(Dimension::Site), lines(&[("example.org", 2), ("other.example", 1)]));
    assert_eq!(subject.top(Dimension::Place), lines(&[("Home", 2), ("Seeweg 4", 1)]));
    assert_eq!(subject.top(Dimension::Person), []);
    let two = wait(subject.vault().documents().top(Dimension::Channel, 2));
    assert_eq!(two, [Top { name: "Zebra".into(), count: 2 }, Top { name: "Apfel".into(), count: 1 }]);
}

pub fn people_are_ranked_by_their_best_name(factory: &dyn Factory) {
    let mut chat = at(content("google.chat", Kind::Message, "Hi"), NOON_US);
    chat.people = vec![Mention { role: Role::From, name: Some("Only Named".into()), identity: None }];
    let mut about = note("About", NOON_US);
    about.people.clone_from(&chat.people);
    let documents = vec![
        document("1", email("One", "mia@work.example", "bo@example.org")),
        document("2", email("Two", "mia@home.example", "bo@example.org")),
        document("3", email("Three", "mia@home.example", "stranger@example.org")),
        document("4", chat),
        document("5", about),
    ];
    let subject = Subject::holding(factory, documents);
    let lines = |lines: &[(&str, u64)]| {
        lines.iter().map(|&(name, count)| (name.to_owned(), count)).collect::<Vec<_>>()
    };
    let strangers = [
        ("bo@example.org", 2),
        ("mia@home.example", 2),
        ("Only Named", 1),
        ("mia@work.example", 1),
        ("stranger@example.org", 1),
    ];
    assert_eq!(subject.top(Dimension::Person), lines(&strangers));
    let people = vec![
        contact("Mia Lund", &["mia@work.example", "mia@home.example"]),
        person("Bo", &["bo@example.org"]),
    ];
    subject.apply(people_batch(1, people));
    let known = [("Mia Lund", 3), ("Bo", 2), ("Only Named", 1), ("stranger@example.org", 1)];
    assert_eq!(subject.top(Dimension::Person), lines(&known));
    let two = wait(subject.vault().documents().top(Dimension::Person, 2));
    assert_eq!(two.len(), 2);
}

pub fn top_lists_follow_updates(factory: &dyn Factory) {
    let subject = Subject::holding(factory, vec![watched("1", "Old name"), watched("2", "Old name")]);
    let mut renamed = watched("1", "New name").content;
    renamed.modified_us = Some(NOON_US);
    subject.apply(documents_batch(1, vec![document("1", renamed)]));
    // An older version that arrives late counts nowhere.
    let late = subject.begin(3, "takeout-0", Some(-5)).id;
    subject.apply(documents_batch(late, vec![watched("2", "Oldest name")]));
    assert_eq!(subject.top(Dimension::Channel), [("New name".to_owned(), 1), ("Old name".to_owned(), 1)]);
}

fn counts(subject: &Subject<'_>, query: &TimeCountQuery) -> Vec<TimeCount> {
    subject.catch_up();
    wait(subject.vault().search().counts(query))
}

fn including_hidden() -> Filter {
    Filter { hidden: Hidden::Include, ..Filter::default() }
}

pub fn counts_in_time_equal_those_of_the_histogram(factory: &dyn Factory) {
    let documents = assorted();
    let hidden = documents[0].id;
    let subject = Subject::holding(factory, documents);
    subject.annotate(hidden, Annotation::Hide(true));
    let query = TimeCountQuery {
        filter: including_hidden(),
        by_source: true,
        by_kind: true,
        ..TimeCountQuery::default()
    };
    let rows = histogram(&subject, &HistogramQuery::default());
    let expected = rows.iter().map(|row| TimeCount {
        day: row.day,
        hour: None,
        source: Some(row.source.clone()),
        kind: Some(row.kind),
        count: row.count,
    });
    assert_eq!(counts(&subject, &query), expected.collect::<Vec<_>>());
    let mut days = BTreeMap::<_, u64>::new();
    rows.iter().for_each(|row| *days.entry(row.day).or_default() += row.count);
    let by_day = counts(&subject, &TimeCountQuery { by_source: false, by_kind: false, ..query.clone() });
    assert_eq!(
        by_day.iter().map(|row| (row.day, row.count)).collect::<Vec<_>>(),
        days.into_iter().collect::<Vec<_>>()
    );
    let shown = counts(&subject, &TimeCountQuery { filter: Filter::default(), ..query.clone() });
    assert_eq!(shown.iter().map(|row| row.count).sum::<u64>(), 59);
    let by_kind = counts(&subject, &TimeCountQuery { by_source: false, ..query });
    assert!(by_kind.iter().all(|row| row.source.is_none() && row.kind.is_some() && row.hour.is_none()));
    assert_eq!(by_kind.iter().map(|row| row.count).sum::<u64>(), 60);
}

pub fn counts_in_time_follow_words_filters_and_updates(factory: &dyn Factory) {
    let documents = vec![
        document("1", note("Rye bread", NOON_US)),
        document("2", note("Rye bread", NOON_US + Moment::DAY_US)),
        document("3", email("Wheat bread", "mia@example.org", "bo@example.org")),
    ];
    let (first, second) = (documents[0].clone(), documents[1].id);
    let subject = Subject::holding(factory, documents);
    let of = |words: &str, filter: Filter| TimeCountQuery {
        text: TextQuery {
            must: vec![Term { text: words.to_owned(), mode: TermMode::Words }],
            ..TextQuery::default()
        },
        filter,
        ..TimeCountQuery::default()
    };
    let total = |query: &TimeCountQuery| counts(&subject, query).iter().map(|row| row.count).sum::<u64>();
    assert_eq!(total(&of("bread", Filter::default())), 3);
    assert_eq!(total(&of("rye", Filter::default())), 2);
    assert_eq!(total(&of("rye", Filter { from: first.day.map(|day| day + 1), ..Filter::default() })), 1);
    assert_eq!(total(&of("bread", Filter { people: vec!["mia".into()], ..Filter::default() })), 1);
    assert_eq!(counts(&subject, &of("barley", Filter::default())), []);
    let changed = Content { modified_us: Some(1), title: "Barley".into(), ..first.content };
    subject.apply(documents_batch(1, vec![document("1", changed)]));
    assert_eq!((total(&of("rye", Filter::default())), total(&of("barley", Filter::default()))), (1, 1));
    subject.forget(&ForgetTarget::Document(second));
    assert_eq!(total(&of("rye", Filter::default())), 0);
}

pub fn hours_are_counted_on_the_local_clock(factory: &dyn Factory) {
    let on = |key: &str, time: Moment| {
        document(key, Content { time: Some(time), ..content("google.keep", Kind::Note, "Timed") })
    };
    let undated = document("5", content("google.keep", Kind::Note, "Timed"));
    let documents = vec![
        on("1", Moment::with_offset(NOON_US, 0, Precision::Second)),
        on("2", Moment::with_offset(NOON_US + SECOND_US, 0, Precision::Second)),
        on("3", Moment::with_offset(NOON_US, -3_600 * 13, Precision::Second)),
        on("4", Moment::date(3)),
        undated,
    ];
    let subject = Subject::holding(factory, documents);
    let rows = counts(&subject, &TimeCountQuery { by_hour: true, ..TimeCountQuery::default() });
    let noon = (NOON_US.div_euclid(Moment::DAY_US)) as crate::Day;
    let expected =
        [(None, None, 1), (Some(3), None, 1), (Some(noon - 1), Some(23), 1), (Some(noon), Some(12), 2)];
    assert_eq!(rows.iter().map(|row| (row.day, row.hour, row.count)).collect::<Vec<_>>(), expected);
}
