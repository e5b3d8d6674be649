//! Cases about applying, getting and walking documents.
#![expect(missing_docs, reason = "the names of the cases are sentences")]

use super::{
    Factory, HOME_ZONE, Subject,
    build::{NOON_US, contact, document, documents_batch, finished, fix, mail, note, notes, sample_upsert},
    subject::wait,
};
use crate::{Annotation, Batch, Checkpoint, DocumentUpsert, LakeError};
use dp_model::{
    BlobHash, Clock, Content, DocumentId, EntryStatus, Kind, Media, Mention, Metadata, Moment, Place, Point,
    Precision, Provenance, Role, Tally,
};
use futures::executor::block_on;

/// Content in which every field says something.
fn full_content() -> Content {
    let mut metadata = Metadata::new();
    metadata.push_str("colour \"of\" it", "blå\n\u{1}");
    metadata.push_int("n", -7);
    metadata.push_value("nested", &serde_json::json!({"list": [1.5, null, true, {"deep": "日本"}]}));
    let moment = Moment {
        utc_us: NOON_US + 123_456,
        offset_s: Some(-12_600),
        zone: Some("America/St_Johns".into()),
        precision: Precision::Minute,
        clock: Clock::Instant,
    };
    Content {
        source: "google.keep".into(),
        kind: Kind::Note,
        title: "Ein Títle — 題名 🎉".into(),
        text: "Line one\nline two\u{0}\ttabbed\r\n".repeat(200),
        end: Some(Moment {
            utc_us: NOON_US + 5_000_000,
            clock: Clock::Wall,
            offset_s: None,
            zone: None,
            ..moment.clone()
        }),
        time: Some(moment),
        place: Some(Place {
            name: Some("Café".into()),
            address: Some("Seeweg 4\n8000 Zürich".into()),
            point: Some(Point { latitude_e7: -473_000_001, longitude_e7: 1_799_999_999 }),
            place_id: Some("ChIJ:x".into()),
        }),
        people: vec![
            Mention {
                role: Role::Author,
                name: Some("Mia \"M\" Lund".into()),
                identity: Some(mail("mia@example.org")),
            },
            Mention { role: Role::Sharee, name: None, identity: None },
        ],
        url: Some("https://example.org/ä?q=1&r=%20#x".into()),
        media: vec![
            Media {
                name: "a b.jpg".into(),
                mime: Some("image/jpeg".into()),
                size_bytes: Some(u64::from(u32::MAX) + 1),
                hash: Some(BlobHash([9; 32])),
            },
            Media { name: String::new(), mime: None, size_bytes: None, hash: None },
        ],
        labels: ["Reisen/2020".into(), "★".into()].into_iter().collect(),
        metadata,
        modified_us: Some(-1),
    }
}

pub fn a_document_comes_back_as_it_was_applied(factory: &dyn Factory) {
    let (subject, import) = Subject::importing(factory, "vault");
    let full = DocumentUpsert { entry: 2, position: 1 << 40, ..document("full", full_content()) };
    let bare = document("bare", Content::new("a", Kind::Conversation));
    let applied = subject.apply(documents_batch(import, vec![full.clone(), bare.clone()]));
    assert_eq!(applied.documents, Tally { inserted: 2, ..Tally::default() });

    let found = subject.get(full.id).expect("the document was applied");
    assert_eq!(found.document.id, full.id);
    assert_eq!(found.document.content, full.content);
    let provenance =
        Provenance { archive: "takeout-1".into(), entry: "Takeout/2.json".into(), position: 1 << 40 };
    assert_eq!(found.document.provenance, provenance);
    assert_eq!(found.revisions, []);
    assert!(found.annotations.is_empty());
    assert_eq!(subject.get(bare.id).map(|found| found.document.content), Some(bare.content));
    assert_eq!(subject.get(DocumentId([0xEE; 16])), None);
}

pub fn get_many_keeps_order_and_gaps(factory: &dyn Factory) {
    let documents = notes(3);
    let ids = [documents[2].id, DocumentId([0; 16]), documents[0].id, documents[2].id];
    let subject = Subject::holding(factory, documents);
    let found = wait(subject.vault().documents().get_many(&ids));
    let titles = found.iter().map(|found| found.as_ref().map(|document| document.content.title.as_str()));
    let expected = [Some("Note number 2"), None, Some("Note number 0"), Some("Note number 2")];
    assert_eq!(titles.collect::<Vec<_>>(), expected);
    assert_eq!(wait(subject.vault().documents().get_many(&[])), []);
}

pub fn ids_are_found_by_their_first_digits(factory: &dyn Factory) {
    let documents = [[0x00; 16], [0xAB; 16], [0xAC; 16], [0xFF; 16]]
        .map(|id| DocumentUpsert { id: DocumentId(id), ..document("key", note("By prefix", NOON_US)) });
    let subject = Subject::holding(factory, documents.to_vec());
    let find = |digits: &str, limit| wait(subject.vault().documents().find_by_prefix(digits, limit));
    let [zero, ab, ac, ff] = documents.map(|document| document.id);
    assert_eq!(find("a", 10), [ab, ac]);
    assert_eq!(find("A", 1), [ab]);
    assert_eq!(find("aba", 10), [ab]);
    assert_eq!(find("AC", 10), [ac]);
    assert_eq!(find(&ff.to_string(), 10), [ff]);
    assert_eq!(find("", 10), [zero, ab, ac, ff]);
    for nothing in ["b", "abb", "zz", "é", "%", &format!("{ff}f")] {
        assert_eq!(find(nothing, 10), [], "{nothing}");
    }
}

pub fn an_empty_batch_changes_nothing(factory: &dyn Factory) {
    let (subject, import) = Subject::importing(factory, "vault");
    let before = subject.apply(documents_batch(import, notes(1)));
    let applied = subject.apply(Batch::empty(import, Checkpoint::start_of(1)));
    assert_eq!((applied.documents.total(), applied.samples.total(), applied.people), (0, 0, 0));
    assert!(applied.sequence >= before.sequence);
    assert_eq!(subject.walk().len(), 1);
}

pub fn a_huge_batch_is_applied_whole(factory: &dyn Factory) {
    const COUNT: usize = 20_000;
    let (subject, import) = Subject::importing(factory, "vault");
    let mut batch = documents_batch(import, notes(COUNT));
    batch.samples = (0..COUNT as i64).map(|second| sample_upsert(fix(second * 1_000_000, 1, 2))).collect();
    let applied = subject.apply(batch.clone());
    assert_eq!(applied.documents.inserted, COUNT as u64);
    assert_eq!(applied.samples.inserted, COUNT as u64);
    let again = subject.apply(batch);
    assert_eq!((again.documents.unchanged, again.samples.unchanged), (COUNT as u64, COUNT as u64));
    subject.catch_up();
    let health = wait(subject.vault().health(false));
    assert_eq!((health.documents, health.samples), (COUNT as u64, COUNT as u64));
    assert_eq!(subject.found(crate::TermMode::Words, "19999"), ["Note number 19999"]);
    assert_eq!(subject.walk_by(4096).len(), COUNT);
}

pub fn walking_gives_every_document_once_in_order_of_id(factory: &dyn Factory) {
    let mut documents = notes(20);
    documents.push(document("undated", Content::new("google.keep", Kind::File)));
    let mut ids = documents.iter().map(|document| document.id).collect::<Vec<_>>();
    ids.sort();
    let subject = Subject::holding(factory, documents);
    subject.annotate(ids[3], Annotation::Hide(true));
    for step in [1, 7, 21, 100] {
        let walked = subject.walk_by(step);
        assert_eq!(
            walked.iter().map(|found| found.document.id).collect::<Vec<_>>(),
            ids,
            "in steps of {step}"
        );
    }
    assert!(subject.walk()[3].annotations.hidden);
}

pub fn reopening_keeps_everything(factory: &dyn Factory) {
    let (mut subject, import) = Subject::importing(factory, "vault");
    let mut batch = documents_batch(import, notes(5));
    batch.samples = vec![sample_upsert(fix(NOON_US, 5, 6))];
    batch.people = vec![contact("Mia", &["mia@example.org"])];
    batch.finished = vec![finished(0, 1, 77, EntryStatus::Parsed)];
    batch.checkpoint = Checkpoint { entry: 1, documents: 2, samples: 3, people: 4 };
    let id = batch.documents[0].id;
    let applied = subject.apply(batch);
    let changed = documents_batch(import, vec![document("note 1", note("A far longer text", NOON_US + 1))]);
    subject.apply(Batch { checkpoint: Checkpoint { entry: 2, ..Checkpoint::default() }, ..changed });
    subject.annotate(id, Annotation::Note(Some("mine".into())));

    let everything = |subject: &Subject<'_>| {
        let vault = subject.vault();
        let imports = vault.imports();
        (
            (subject.walk(), subject.people(), subject.samples("location")),
            (wait(imports.list()), wait(imports.ledger(&Default::default())), wait(vault.series().list())),
            wait(imports.memo([1; 32], "test.parser", 1)),
            wait(vault.documents().histogram(&Default::default())),
        )
    };
    let before = everything(&subject);
    subject.reopen();
    assert_eq!(everything(&subject), before);
    assert!(wait(subject.vault().health(false)).sequence > applied.sequence);
    let resumed = subject.begin(1, "takeout-1", Some(NOON_US));
    assert_eq!((resumed.id, resumed.checkpoint.entry), (import, 2));
    let sequence = wait(subject.vault().health(false)).sequence;
    let more = subject.apply(documents_batch(import, vec![document("new", note("New", NOON_US))]));
    assert!(more.sequence > sequence);
    assert_eq!(more.documents.inserted, 1);
}

pub fn the_same_document_twice_in_a_batch_is_one(factory: &dyn Factory) {
    let (subject, import) = Subject::importing(factory, "vault");
    let older = document("twice", note("Same", NOON_US));
    let mut newer = older.content.clone();
    newer.modified_us = Some(NOON_US);
    let newer = document("twice", newer);
    let documents = vec![older.clone(), older.clone(), newer.clone(), older];
    let applied = subject.apply(documents_batch(import, documents));
    assert_eq!(applied.documents, Tally { inserted: 1, updated: 1, unchanged: 2 });
    let walked = subject.walk();
    assert_eq!(walked.len(), 1);
    assert_eq!((walked[0].document.content.clone(), walked[0].revisions.len()), (newer.content, 1));
}

pub fn nothing_of_a_batch_for_an_unknown_import_is_applied(factory: &dyn Factory) {
    let (subject, import) = Subject::importing(factory, "vault");
    let refused = block_on(subject.vault().documents().apply(documents_batch(import + 1, notes(2))));
    assert!(matches!(refused, Err(LakeError::Engine { .. })), "{refused:?}");
    assert_eq!(subject.walk(), []);
}

pub fn the_vault_knows_its_home_and_its_health(factory: &dyn Factory) {
    let subject = Subject::holding(factory, notes(3));
    assert_eq!(subject.vault().home_zone(), HOME_ZONE);
    for thorough in [false, true] {
        let health = wait(subject.vault().health(thorough));
        assert_eq!((health.documents, health.samples), (3, 0));
        assert!(!health.engines.is_empty() && health.format > 0 && health.sequence > 0);
        assert_eq!(health.problems, Vec::<String>::new());
        for projection in health.projections {
            assert_eq!(
                (projection.problems, projection.sequence),
                (Vec::new(), health.sequence),
                "{}",
                projection.name
            );
        }
    }
}
