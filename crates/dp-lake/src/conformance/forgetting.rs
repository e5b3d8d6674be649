//! Cases about forgetting: what is forgotten is nowhere, and all else is where it was.
#![expect(missing_docs, reason = "the names of the cases are sentences")]

use super::{
    Factory, Subject,
    build::{
        NOON_US, SECOND_US, at, contact, content, document, documents_batch, finished, fix, mail, mention,
        note, number, person, sample_upsert,
    },
    subject::wait,
};
use crate::{
    Annotation, Batch, Checkpoint, Dimension, DocumentUpsert, Filter, ForgetTarget, Forgotten, Hidden,
    HistogramQuery, LakeError, Order, SampleQuery, TermMode,
};
use dp_model::{Content, DocumentId, EntryStatus, Kind, Mention, Place, Role, Sample};
use futures::executor::block_on;

const MAIL: &str = "google.mail";

fn meeting(source: &'static str, key: &str, title: &str, address: &str) -> DocumentUpsert {
    let mut event = at(content(source, Kind::Event, title), NOON_US + SECOND_US * key.len() as i64);
    event.people = vec![mention(Role::Attendee, "Somebody", address)];
    event.text = "the secret agenda".into();
    document(key, event)
}

/// One document of every dimension, samples, people and a memo, all of one source, and of another.
fn everything_of(source: &'static str, name: &str) -> Batch {
    let word = |kind| at(content(source, kind, &format!("{name} {kind}")), NOON_US);
    let mut video = word(Kind::Watch);
    video.people =
        vec![Mention { role: Role::Author, name: Some(format!("{name} channel")), identity: None }];
    let page = Content { url: Some(format!("https://{name}.example/")), ..word(Kind::Browse) };
    let place = Place { name: Some(format!("{name} place")), ..Place::default() };
    let visit = Content { place: Some(place), ..word(Kind::Visit) };
    let undated = content(source, Kind::File, &format!("{name} file"));
    let mut documents = [video, page, visit, undated].map(|content| document(name, content)).to_vec();
    documents.push(meeting(source, name, &format!("{name} event"), &format!("{name}@example.org")));
    let of_source = |sample: Sample| Sample { source: source.into(), device: name.len() as i64, ..sample };
    let samples =
        [fix(NOON_US, 1, 1), number(if name == "gone" { "steps" } else { "heart_rate" }, NOON_US, 5.0)];
    Batch {
        samples: samples.into_iter().map(|sample| sample_upsert(of_source(sample))).collect(),
        people: vec![person(&format!("{name} person"), &[&format!("{name}@example.org")])],
        ..documents_batch(1, documents)
    }
}

fn with_both(factory: &dyn Factory) -> Subject<'_> {
    let (subject, _) = Subject::importing(factory, "vault");
    let finish = |entry, hash| vec![finished(entry, hash, 100 + u64::from(hash), EntryStatus::Parsed)];
    subject.apply(Batch { finished: finish(0, 1), ..everything_of(MAIL, "gone") });
    subject.apply(Batch { finished: finish(1, 2), ..everything_of("spotify", "stays") });
    let event = meeting(MAIL, "gone", "gone event, newer", "gone@example.org");
    let newer = document("gone", Content { modified_us: Some(NOON_US), ..event.content });
    subject.apply(documents_batch(1, vec![newer.clone()]));
    subject.annotate(newer.id, Annotation::AddTag("gonetag".into()));
    subject.catch_up();
    subject
}

/// What all the ways to ask give, put into words.
fn every_answer(subject: &Subject<'_>) -> String {
    let vault = subject.vault();
    let all = Filter { hidden: Hidden::Include, ..Filter::default() };
    let tops = Dimension::ALL.iter().map(|&dimension| subject.top(dimension)).collect::<Vec<_>>();
    let series = wait(vault.series().list());
    let samples = series.iter().map(|info| {
        let query = SampleQuery { series: info.series.clone(), limit: 100, ..SampleQuery::default() };
        (subject.range(&query), wait(vault.series().daily(&info.series)))
    });
    let samples = samples.collect::<Vec<_>>();
    let listed = subject.list(&all, Order::NewestFirst, 3);
    let counted = wait(vault.documents().histogram(&HistogramQuery::default()));
    format!("{:?}", (subject.walk(), listed, counted, tops, subject.people(), series, samples))
}

pub fn a_forgotten_source_leaves_nothing_anywhere(factory: &dyn Factory) {
    let subject = with_both(factory);
    assert!(every_answer(&subject).contains("gone"));
    assert_eq!(subject.found(TermMode::Words, "gonetag").len(), 1);
    let ids = subject.walk().into_iter().filter(|found| found.document.content.source == MAIL);
    let ids = ids.map(|found| found.document.id).collect::<Vec<_>>();
    let forgotten = subject.forget(&ForgetTarget::Source(MAIL.into()));
    assert_eq!(
        forgotten,
        Forgotten { documents: 5, revisions: 1, samples: 2, annotations: 1, people: 1, blobs: 0 }
    );
    subject.catch_up();

    let answer = every_answer(&subject);
    assert!(!answer.contains("gone") && !answer.contains(MAIL) && !answer.contains("steps"), "{answer}");
    assert!(
        answer.contains("stays place") && answer.contains("stays person") && answer.contains("heart_rate")
    );
    for wanted in ["gone", "gonetag", "gone@example.org", "newer"] {
        assert_eq!(subject.found(TermMode::Words, wanted), [""; 0], "{wanted}");
    }
    assert_eq!(subject.found(TermMode::Words, "stays").len(), 5);
    assert_eq!(
        wait(subject.vault().documents().get_many(&ids)),
        ids.iter().map(|_| None).collect::<Vec<_>>()
    );
    for &id in &ids {
        assert_eq!(subject.get(id), None);
        assert_eq!(wait(subject.vault().documents().find_by_prefix(&id.to_string(), 5)), []);
        assert_eq!(wait(subject.vault().documents().annotate(id, &Annotation::Star(true))), None);
    }
    assert_eq!(wait(subject.vault().imports().memo([1; 32], "test.parser", 1)), None);
    assert!(!wait(subject.vault().imports().memo_has_size(101)));
    let health = wait(subject.vault().health(true));
    assert_eq!((health.documents, health.samples, health.problems), (5, 2, Vec::new()));
    let ledger = wait(subject.vault().imports().ledger(&Default::default()));
    assert_eq!(ledger.len(), 2, "the account of the import stays");
}

pub fn a_forgotten_document_leaves_nothing_and_others_stay(factory: &dyn Factory) {
    let subject = with_both(factory);
    let id = meeting(MAIL, "gone", "", "gone@example.org").id;
    let forgotten = subject.forget(&ForgetTarget::Document(id));
    assert_eq!(
        forgotten,
        Forgotten { documents: 1, revisions: 1, samples: 0, annotations: 1, people: 1, blobs: 0 }
    );
    subject.catch_up();
    assert_eq!(subject.get(id), None);
    assert_eq!(subject.walk().len(), 9);
    let answer = every_answer(&subject);
    for nothing in ["gone event", "gonetag", "gone@example.org", "gone person"] {
        assert!(!answer.contains(nothing), "{nothing}");
        assert_eq!(subject.found(TermMode::Phrase, nothing), [""; 0], "{nothing}");
    }
    assert_eq!(subject.top(Dimension::Person), [("stays person".to_owned(), 1)]);
    assert_eq!(subject.top(Dimension::Channel).len(), 2);
    assert_eq!(subject.samples("steps").len(), 1);
    assert_eq!(subject.found(TermMode::Words, "secret").len(), 1);
    assert_eq!(wait(subject.vault().imports().memo([1; 32], "test.parser", 1)), None);
}

pub fn several_documents_are_forgotten_together(factory: &dyn Factory) {
    let subject = with_both(factory);
    let of_mail = |found: &crate::RevisionedDocument| found.document.content.source == MAIL;
    let ids = subject.walk().into_iter().filter(of_mail).map(|found| found.document.id);
    let mut ids = ids.take(3).collect::<Vec<_>>();
    ids.extend([DocumentId([3; 16]), ids[0]]);
    let target = ForgetTarget::Documents(ids.clone());
    let preview = wait(subject.vault().documents().forget_preview(&target));
    assert_eq!((preview.documents, preview.samples), (3, 0));
    assert_eq!(subject.forget(&target), preview);
    subject.catch_up();
    assert_eq!(subject.walk().len(), 7);
    for id in ids {
        assert_eq!(subject.get(id), None);
    }
    assert_eq!(subject.forget(&target), Forgotten::default());
    assert_eq!(subject.forget(&ForgetTarget::Documents(Vec::new())), Forgotten::default());
}

pub fn forgetting_some_days_leaves_the_others_and_what_has_no_date(factory: &dyn Factory) {
    let (subject, import) = Subject::importing(factory, "vault");
    let day_us = dp_model::Moment::DAY_US;
    let noon_of = |day: i64| NOON_US + day * day_us;
    let first = noon_of(0).div_euclid(day_us) as crate::Day;
    let mut documents = Vec::new();
    let mut samples = Vec::new();
    for source in [MAIL, "spotify"] {
        for day in 0..4 {
            let title = format!("{source} day {day}");
            documents.push(document(&title, at(content(source, Kind::Note, &title), noon_of(day))));
            let sample = Sample {
                source: source.into(),
                device: source.len() as i64,
                ..number("steps", noon_of(day), 1.0)
            };
            samples.push(sample_upsert(sample));
        }
        documents.push(document(source, content(source, Kind::File, &format!("{source} undated"))));
    }
    for upsert in &mut documents {
        upsert.day = upsert.content.time.as_ref().map(|time| time.local_day(0));
    }
    for upsert in &mut samples {
        upsert.day = upsert.sample.time_us.div_euclid(day_us) as crate::Day;
    }
    subject.apply(Batch { samples, ..documents_batch(import, documents) });
    let of = |source: Option<&str>, from, until| ForgetTarget::Days {
        source: source.map(str::to_owned),
        from: first + from,
        until: first + until,
    };
    assert_eq!(subject.forget(&of(None, 9, 12)), Forgotten::default());
    assert_eq!(subject.forget(&of(None, 3, 1)), Forgotten::default());
    let one = subject.forget(&of(Some(MAIL), 1, 3));
    assert_eq!((one.documents, one.samples), (2, 2));
    subject.catch_up();
    let titles = |subject: &Subject<'_>| {
        let mut titles =
            subject.walk().into_iter().map(|found| found.document.content.title).collect::<Vec<_>>();
        titles.retain(|title| title.starts_with(MAIL));
        titles.sort();
        titles
    };
    let expected = ["day 0", "day 3", "undated"].map(|end| format!("{MAIL} {end}"));
    assert_eq!(titles(&subject), expected);
    let both = subject.forget(&of(None, 0, 1));
    assert_eq!((both.documents, both.samples), (2, 2));
    assert_eq!((subject.walk().len(), subject.samples("steps").len()), (6, 4));
    let daily = wait(subject.vault().series().daily("steps"));
    assert_eq!(daily, [(first + 1, 1), (first + 2, 1), (first + 3, 2)]);
    let counted = wait(subject.vault().documents().histogram(&HistogramQuery::default()));
    assert_eq!(counted.iter().map(|count| count.count).sum::<u64>(), 6);
}

pub fn a_preview_counts_and_removes_nothing(factory: &dyn Factory) {
    let subject = with_both(factory);
    let before = every_answer(&subject);
    let targets = [
        ForgetTarget::Source(MAIL.into()),
        ForgetTarget::Source("spotify".into()),
        ForgetTarget::Document(meeting(MAIL, "gone", "", "gone@example.org").id),
        ForgetTarget::Document(meeting("spotify", "stays", "", "stays@example.org").id),
    ];
    for target in &targets {
        let preview = wait(subject.vault().documents().forget_preview(target));
        assert!(preview.documents > 0 && preview.people == 1, "{target:?}");
        assert_eq!(every_answer(&subject), before, "{target:?}");
    }
    assert!(wait(subject.vault().imports().memo([1; 32], "test.parser", 1)).is_some());
    for target in &targets[..2] {
        let preview = wait(subject.vault().documents().forget_preview(target));
        assert_eq!(subject.forget(target), preview, "{target:?}");
    }
    assert_eq!(subject.walk(), []);
}

pub fn if_something_else_would_be_forgotten_than_expected_nothing_is(factory: &dyn Factory) {
    let subject = with_both(factory);
    let before = every_answer(&subject);
    let target = ForgetTarget::Source(MAIL.into());
    let documents = subject.vault().documents();
    let now = wait(documents.forget_preview(&target));
    for expected in [Forgotten::default(), Forgotten { samples: now.samples + 1, ..now }] {
        let refused = block_on(documents.forget(&target, Some(&expected)));
        assert!(matches!(refused, Err(LakeError::NotAsExpected { now: told }) if told == now), "{refused:?}");
        assert_eq!(every_answer(&subject), before);
    }
    assert_eq!(wait(documents.forget(&target, Some(&now))), now);
    assert_ne!(every_answer(&subject), before);
}

pub fn forgetting_what_is_not_there_removes_nothing(factory: &dyn Factory) {
    let subject = with_both(factory);
    let before = every_answer(&subject);
    for target in [
        ForgetTarget::Source("discord".into()),
        ForgetTarget::Source(String::new()),
        ForgetTarget::Document(DocumentId([3; 16])),
    ] {
        assert_eq!(subject.forget(&target), Forgotten::default(), "{target:?}");
    }
    assert_eq!(every_answer(&subject), before);
    assert!(wait(subject.vault().imports().memo([1; 32], "test.parser", 1)).is_some());
}

pub fn what_was_forgotten_can_be_imported_again(factory: &dyn Factory) {
    let subject = with_both(factory);
    let id = meeting(MAIL, "gone", "", "gone@example.org").id;
    for target in [ForgetTarget::Document(id), ForgetTarget::Source(MAIL.into())] {
        let forgotten = subject.forget(&target);
        let import = subject.begin(1, "takeout-1", Some(NOON_US)).id;
        let applied = subject.apply(Batch { import, ..everything_of(MAIL, "gone") });
        assert_eq!(
            (applied.documents.inserted, applied.samples.inserted, applied.people),
            (forgotten.documents, forgotten.samples, 1)
        );
        subject.catch_up();
        let found = subject.get(id).expect("the document came back");
        assert!(found.annotations.is_empty() && found.revisions.is_empty());
        assert_eq!(subject.found(TermMode::Words, "gone").len(), 5);
        assert_eq!(subject.top(Dimension::Person).len(), 2);
    }
}

pub fn a_source_means_the_sources_below_it_and_no_namesake(factory: &dyn Factory) {
    let sources = ["google.youtube", "google.youtube.music", "google.youtubers", "google"];
    let documents = sources.map(|source| document("key", at(content(source, Kind::Note, source), NOON_US)));
    let (subject, import) = Subject::importing(factory, "vault");
    let samples = sources
        .iter()
        .zip(0..)
        .map(|(&source, time_us)| Sample { source: source.into(), ..number("steps", time_us, 1.0) });
    let samples = samples.map(sample_upsert).collect();
    subject.apply(Batch { samples, ..documents_batch(import, documents.to_vec()) });
    let forgotten = subject.forget(&ForgetTarget::Source("google.youtube".into()));
    assert_eq!((forgotten.documents, forgotten.samples), (2, 2));
    let mut left = subject.titles(&Filter::default());
    left.sort();
    assert_eq!(left, ["google", "google.youtubers"]);
    let left =
        subject.samples("steps").into_iter().map(|sample| sample.source.into_owned()).collect::<Vec<_>>();
    assert_eq!(left, ["google.youtubers", "google"]);
}

pub fn people_of_kept_documents_and_address_books_stay(factory: &dyn Factory) {
    let (subject, import) = Subject::importing(factory, "vault");
    let card = |key: &str, address: &str| {
        let mut card = content("google.contacts", Kind::Contact, key);
        card.people = vec![mention(Role::Subject, key, address)];
        document(key, card)
    };
    let documents = vec![
        card("anna", "anna@example.org"),
        card("bert", "bert@example.org"),
        meeting(MAIL, "1", "with Anna", "anna@home.example"),
        meeting(MAIL, "22", "with Carl", "carl@example.org"),
        meeting("google.calendar", "333", "with Carl", "carl@example.org"),
        meeting(MAIL, "4444", "with Dora", "dora@example.org"),
    ];
    let people = vec![
        contact("Anna", &["anna@example.org", "anna@home.example"]),
        contact("Bert", &["bert@example.org"]),
        contact("Elsa, whose card mentions nobody", &["elsa@example.org"]),
        person("Carl", &["carl@example.org"]),
        person("Dora", &["dora@example.org"]),
    ];
    let bert = documents[1].id;
    subject.apply(Batch { people, ..documents_batch(import, documents) });
    let names = || {
        let mut names = subject
            .people()
            .into_iter()
            .filter_map(|person| person.name)
            .map(|name| name[..4].to_owned())
            .collect::<Vec<_>>();
        names.sort();
        names
    };
    assert_eq!(subject.forget(&ForgetTarget::Source(MAIL.into())).people, 1);
    assert_eq!(names(), ["Anna", "Bert", "Carl", "Elsa"]);
    assert_eq!(subject.forget(&ForgetTarget::Document(bert)).people, 1);
    assert_eq!(names(), ["Anna", "Carl", "Elsa"]);
    assert_eq!(subject.forget(&ForgetTarget::Source("google.contacts".into())).people, 2);
    assert_eq!(names(), ["Carl"]);
    let anew = Batch {
        people: vec![person("Anna from a mail", &["anna@example.org"])],
        ..Batch::empty(import, Checkpoint::default())
    };
    assert_eq!(subject.apply(anew).people, 1);
    assert_eq!(
        subject
            .people()
            .iter()
            .find(|person| person.name.as_deref() == Some("Anna from a mail"))
            .map(|person| person.identities.clone()),
        Some(vec![mail("anna@example.org")])
    );
}

pub fn forgotten_things_stay_forgotten_after_reopening(factory: &dyn Factory) {
    let mut subject = with_both(factory);
    subject.forget(&ForgetTarget::Source(MAIL.into()));
    let before = every_answer(&subject);
    subject.reopen();
    subject.catch_up();
    assert_eq!(every_answer(&subject), before);
    assert_eq!(subject.found(TermMode::Words, "gone"), [""; 0]);
    subject.apply(documents_batch(1, vec![document("note", note("gone but another", NOON_US))]));
    subject.catch_up();
    assert_eq!(subject.found(TermMode::Words, "gone"), ["gone but another"]);
}
