//! Cases about finding by meaning: vectors are put, found, narrowed down, and gone with their documents.
//! A backend may store values less exactly than it was given them, within [`TOLERANCE`].
#![expect(missing_docs, reason = "the names of the cases are sentences")]

use super::{
    Factory, Subject,
    build::{NOON_US, SECOND_US, at, content, document, documents_batch, note, notes},
    subject::wait,
};
use crate::{
    Annotation, DocumentUpsert, DocumentVectors, Filter, ForgetTarget, Hidden, LakeError, Nearest,
    NearestQuery, Passage, PassageVector, PendingDocument, Term, TermMode, TextQuery, VectorModel,
};
use dp_model::{DocumentId, Kind};
use std::collections::BTreeSet;

/// How far a similarity, or a value of a vector, may lie from the exact one.
pub const TOLERANCE: f32 = 0.02;

const WIDTH: usize = 12;

/// A model of which nothing but its name is needed.
#[must_use]
pub fn model(name: &str) -> VectorModel {
    VectorModel { name: name.to_owned(), hash: "0123456789abcdef".to_owned(), width: WIDTH as u32 }
}

/// A vector for [`model`], turned by this angle from one axis to the next.
#[must_use]
pub fn turned(axis: usize, degrees: f32) -> Vec<f32> {
    between(axis % WIDTH, (axis + 1) % WIDTH, degrees)
}

/// The unit vector at this angle in the plane of two axes.
fn between(one: usize, other: usize, degrees: f32) -> Vec<f32> {
    let mut values = vec![0.0; WIDTH];
    values[one] = degrees.to_radians().cos();
    values[other] = degrees.to_radians().sin();
    values
}

fn axis(axis: usize) -> Vec<f32> {
    between(axis, (axis + 1) % WIDTH, 0.0)
}

fn passage(start: u32, end: u32, values: Vec<f32>) -> PassageVector {
    PassageVector { passage: Passage { start, end }, values }
}

fn of(document: &DocumentUpsert, passages: Vec<PassageVector>) -> DocumentVectors {
    DocumentVectors { id: document.id, hash: document.hash, passages }
}

fn whole(document: &DocumentUpsert, values: Vec<f32>) -> DocumentVectors {
    of(document, vec![passage(0, 0, values)])
}

/// A vault that holds these documents and has an empty set.
fn with_set(factory: &dyn Factory, documents: Vec<DocumentUpsert>) -> (Subject<'_>, VectorModel) {
    let subject = Subject::holding(factory, documents);
    let model = model("test");
    wait(subject.vault().vectors().create(&model));
    (subject, model)
}

fn put(subject: &Subject<'_>, model: &VectorModel, vectors: Vec<DocumentVectors>) -> u64 {
    let taken = wait(subject.vault().vectors().put(model, vectors));
    wait(subject.vault().vectors().commit(model));
    taken
}

fn nearest(subject: &Subject<'_>, model: &VectorModel, vector: Vec<f32>, filter: &Filter) -> Nearest {
    let query = NearestQuery { vector, filter: filter.clone(), ..NearestQuery::default() };
    wait(subject.vault().vectors().nearest(model, &query, 100))
}

/// Ids of what is near, nearest first.
fn ids(subject: &Subject<'_>, model: &VectorModel, vector: Vec<f32>) -> Vec<DocumentId> {
    nearest(subject, model, vector, &Filter::default()).hits.iter().map(|hit| hit.id).collect()
}

fn pending(subject: &Subject<'_>, model: &VectorModel) -> Vec<PendingDocument> {
    subject.catch_up();
    wait(subject.vault().vectors().pending(model, 100))
}

fn pending_ids(subject: &Subject<'_>, model: &VectorModel) -> Vec<DocumentId> {
    pending(subject, model).into_iter().map(|document| document.id).collect()
}

fn get(subject: &Subject<'_>, model: &VectorModel, id: DocumentId) -> Option<Vec<PassageVector>> {
    wait(subject.vault().vectors().get(model, id))
}

/// Documents, passages and pending documents of a set.
fn counts(subject: &Subject<'_>, model: &VectorModel) -> (u64, u64, u64) {
    let sets = wait(subject.vault().vectors().list());
    let set = sets.into_iter().find(|set| set.model == *model).expect("the set is listed");
    (set.documents, set.passages, set.pending)
}

pub fn a_set_is_made_listed_and_removed(factory: &dyn Factory) {
    let mut subject = Subject::holding(factory, notes(2));
    assert!(wait(subject.vault().vectors().list()).is_empty());
    let (one, other) = (model("one"), model("other"));
    let made = wait(subject.vault().vectors().create(&one));
    assert_eq!((made.model, made.documents, made.passages, made.pending), (one.clone(), 0, 0, 2));
    wait(subject.vault().vectors().create(&other));
    put(&subject, &one, vec![whole(&notes(1)[0], axis(0))]);
    let again = wait(subject.vault().vectors().create(&one));
    assert_eq!(again.documents, 1, "a set that is there stays as it is");
    subject.reopen();
    let names = |subject: &Subject<'_>| {
        let sets = wait(subject.vault().vectors().list());
        sets.into_iter().map(|set| set.model.name).collect::<Vec<_>>()
    };
    assert_eq!(names(&subject), ["one", "other"]);
    assert!(wait(subject.vault().vectors().remove(&one)));
    assert!(!wait(subject.vault().vectors().remove(&one)));
    subject.reopen();
    assert_eq!(names(&subject), ["other"]);
    wait(subject.vault().vectors().create(&one));
    assert_eq!(counts(&subject, &one), (0, 0, 2), "nothing is left of the set that was removed");
}

pub fn nearest_documents_come_first_each_by_its_best_passage(factory: &dyn Factory) {
    let documents = notes(4);
    let (subject, model) = with_set(factory, documents.clone());
    let [zero, one, two, three] = [0, 1, 2, 3].map(|number: usize| &documents[number]);
    let taken = put(
        &subject,
        &model,
        vec![
            whole(zero, between(0, 1, 80.0)),
            of(
                one,
                vec![passage(0, 4, axis(2)), passage(4, 9, between(0, 1, 10.0)), passage(9, 12, axis(1))],
            ),
            whole(two, between(0, 1, 40.0)),
            of(three, vec![passage(1, 2, between(0, 3, 120.0)), passage(3, 4, between(0, 3, 100.0))]),
        ],
    );
    assert_eq!(taken, 4);
    let found = nearest(&subject, &model, between(0, 1, 0.0), &Filter::default());
    let expected = [
        (one.id, (4, 9), 10.0_f32),
        (two.id, (0, 0), 40.0),
        (zero.id, (0, 0), 80.0),
        (three.id, (3, 4), 100.0),
    ];
    assert_eq!(found.hits.len(), 4);
    for (hit, (id, (start, end), degrees)) in found.hits.iter().zip(expected) {
        assert_eq!((hit.id, hit.passage), (id, Passage { start, end }));
        let exact = degrees.to_radians().cos();
        assert!((hit.similarity - exact).abs() < TOLERANCE, "{} instead of {exact}", hit.similarity);
    }
    assert_eq!(found.compared, 7);
    let query =
        NearestQuery { vector: axis(0).iter().map(|v| v * 30.0).collect(), ..NearestQuery::default() };
    let longer = wait(subject.vault().vectors().nearest(&model, &query, 2));
    assert_eq!(longer.hits.iter().map(|hit| hit.id).collect::<Vec<_>>(), [one.id, two.id]);
    assert!(longer.hits[0].similarity <= 1.0, "the length of what is asked does not matter");
    assert!(wait(subject.vault().vectors().nearest(&model, &query, 0)).hits.is_empty());
}

pub fn the_similarity_of_all_vectors_is_told(factory: &dyn Factory) {
    let documents = notes(3);
    let (subject, model) = with_set(factory, documents.clone());
    let empty = nearest(&subject, &model, axis(0), &Filter::default());
    assert_eq!(empty, Nearest::default());
    let angles = [0.0_f32, 60.0, 90.0];
    let vectors = documents.iter().zip(angles).map(|(document, angle)| whole(document, between(0, 1, angle)));
    put(&subject, &model, vectors.collect());
    let only_first = Filter { until_us: Some(NOON_US + 1), ..Filter::default() };
    let found = nearest(&subject, &model, axis(0), &only_first);
    assert_eq!(found.hits.len(), 1);
    let mean = angles.iter().map(|angle| angle.to_radians().cos()).sum::<f32>() / 3.0;
    let variance = angles.iter().map(|angle| (angle.to_radians().cos() - mean).powi(2)).sum::<f32>() / 3.0;
    assert!((found.mean_similarity - mean).abs() < TOLERANCE, "{}", found.mean_similarity);
    let deviation = found.similarity_deviation;
    assert!((deviation - variance.sqrt()).abs() < TOLERANCE, "{deviation}");
}

pub fn documents_without_passages_are_done_with(factory: &dyn Factory) {
    let documents = notes(2);
    let (mut subject, model) = with_set(factory, documents.clone());
    assert_eq!(put(&subject, &model, vec![of(&documents[0], Vec::new())]), 1);
    for _ in 0..2 {
        assert_eq!(get(&subject, &model, documents[0].id), Some(Vec::new()));
        assert_eq!(get(&subject, &model, documents[1].id), None);
        assert_eq!(pending_ids(&subject, &model), [documents[1].id]);
        assert_eq!(counts(&subject, &model), (1, 0, 1));
        assert!(ids(&subject, &model, axis(0)).is_empty());
        subject.reopen();
    }
    put(&subject, &model, vec![whole(&documents[0], axis(0))]);
    assert_eq!(ids(&subject, &model, axis(0)), [documents[0].id]);
    assert_eq!(counts(&subject, &model), (1, 1, 1));
}

pub fn pending_documents_come_latest_first(factory: &dyn Factory) {
    let mut documents = notes(5);
    documents.push(document("undated", content("google.keep", Kind::Note, "Undated")));
    documents.push(document("old", note("Old", -NOON_US)));
    let (mut subject, model) = with_set(factory, documents.clone());
    let ids = |numbers: &[usize]| numbers.iter().map(|&number| documents[number].id).collect::<Vec<_>>();
    let all = pending(&subject, &model);
    assert_eq!(all.iter().map(|document| document.id).collect::<Vec<_>>(), ids(&[4, 3, 2, 1, 0, 6, 5]));
    for (found, number) in all.iter().zip([4, 3, 2, 1, 0, 6, 5_usize]) {
        assert_eq!((&found.content, found.hash), (&documents[number].content, documents[number].hash));
    }
    let first = wait(subject.vault().vectors().pending(&model, 2));
    assert_eq!(first.iter().map(|document| document.id).collect::<Vec<_>>(), ids(&[4, 3]));
    put(&subject, &model, vec![whole(&documents[4], axis(0)), whole(&documents[2], axis(1))]);
    assert_eq!(pending_ids(&subject, &model), ids(&[3, 1, 0, 6, 5]));
    let newest = document("newest", note("Newest", 2 * NOON_US));
    subject.apply(documents_batch(1, vec![newest.clone()]));
    assert_eq!(pending_ids(&subject, &model)[..2], [newest.id, documents[3].id]);
    subject.reopen();
    assert_eq!(pending_ids(&subject, &model)[1..], ids(&[3, 1, 0, 6, 5]));
    assert!(wait(subject.vault().vectors().pending(&model, 0)).is_empty());
}

pub fn vectors_of_another_version_are_not_taken(factory: &dyn Factory) {
    let documents = notes(2);
    let (subject, model) = with_set(factory, documents.clone());
    let stale = DocumentVectors { hash: [9; 16], ..whole(&documents[0], axis(0)) };
    let unknown = DocumentVectors { id: DocumentId([9; 16]), ..whole(&documents[0], axis(0)) };
    assert_eq!(put(&subject, &model, vec![stale, unknown, whole(&documents[1], axis(0))]), 1);
    assert_eq!(ids(&subject, &model, axis(0)), [documents[1].id]);
    assert_eq!(pending_ids(&subject, &model), [documents[0].id]);
}

pub fn vectors_put_again_replace_those_before(factory: &dyn Factory) {
    let documents = notes(2);
    let (mut subject, model) = with_set(factory, documents.clone());
    let many = vec![passage(0, 1, axis(0)), passage(1, 2, axis(1)), passage(2, 3, axis(2))];
    put(&subject, &model, vec![of(&documents[0], many), whole(&documents[1], axis(3))]);
    put(&subject, &model, vec![whole(&documents[0], axis(4)), whole(&documents[0], axis(5))]);
    for _ in 0..2 {
        let hits = nearest(&subject, &model, axis(5), &Filter::default()).hits;
        assert_eq!((hits.len(), hits[0].id, hits[0].passage), (2, documents[0].id, Passage::default()));
        assert!(hits[0].similarity > 1.0 - TOLERANCE && hits[1].similarity.abs() < TOLERANCE);
        assert_eq!(counts(&subject, &model), (2, 2, 0));
        subject.reopen();
    }
}

pub fn a_changed_document_loses_its_vectors(factory: &dyn Factory) {
    let documents = notes(2);
    let (mut subject, model) = with_set(factory, documents.clone());
    put(&subject, &model, documents.iter().map(|document| whole(document, axis(0))).collect());
    let import = subject.begin(2, "takeout-2", Some(NOON_US + 1)).id;
    let newer = document("note 0", note("Note number 0, edited", NOON_US));
    subject.apply(documents_batch(import, vec![newer.clone()]));
    assert_eq!(pending_ids(&subject, &model), [newer.id]);
    for _ in 0..2 {
        wait(subject.vault().vectors().commit(&model));
        assert_eq!(ids(&subject, &model, axis(0)), [documents[1].id]);
        assert_eq!(get(&subject, &model, newer.id), None);
        assert_eq!(counts(&subject, &model), (1, 1, 1));
        subject.reopen();
    }
    assert_eq!(put(&subject, &model, vec![whole(&documents[0], axis(0))]), 0, "of the version before");
    assert_eq!(put(&subject, &model, vec![whole(&newer, axis(1))]), 1);
    assert_eq!(ids(&subject, &model, axis(1)), [newer.id, documents[1].id]);
}

pub fn annotating_keeps_vectors(factory: &dyn Factory) {
    let documents = notes(2);
    let (mut subject, model) = with_set(factory, documents.clone());
    put(&subject, &model, documents.iter().map(|document| whole(document, axis(0))).collect());
    subject.annotate(documents[0].id, Annotation::Star(true));
    subject.annotate(documents[1].id, Annotation::Note(Some("a note".into())));
    for _ in 0..2 {
        assert!(pending_ids(&subject, &model).is_empty());
        assert_eq!(ids(&subject, &model, axis(0)).len(), 2);
        subject.reopen();
    }
}

pub fn a_forgotten_document_has_no_vectors(factory: &dyn Factory) {
    let mut documents = notes(3);
    documents.push(document("mail", at(content("google.mail", Kind::Email, "Mail"), NOON_US)));
    let (mut subject, model) = with_set(factory, documents.clone());
    put(&subject, &model, documents.iter().map(|document| whole(document, axis(0))).collect());
    subject.forget(&ForgetTarget::Document(documents[1].id));
    subject.forget(&ForgetTarget::Source("google.mail".to_owned()));
    subject.catch_up();
    for _ in 0..2 {
        wait(subject.vault().vectors().commit(&model));
        let left = ids(&subject, &model, axis(0)).into_iter().collect::<BTreeSet<_>>();
        assert_eq!(left, BTreeSet::from([documents[0].id, documents[2].id]));
        assert_eq!(get(&subject, &model, documents[1].id), None);
        assert_eq!(counts(&subject, &model), (2, 2, 0));
        assert_eq!(put(&subject, &model, vec![whole(&documents[1], axis(0))]), 0);
        subject.reopen();
    }
    subject.apply(documents_batch(1, documents.clone()));
    let again = pending_ids(&subject, &model).into_iter().collect::<BTreeSet<_>>();
    assert_eq!(again, BTreeSet::from([documents[1].id, documents[3].id]), "imported again, they are new");
}

pub fn filters_and_words_narrow_what_is_near(factory: &dyn Factory) {
    let word = |key: &str, kind, title: &str| {
        document(key, at(content("google.keep", kind, title), NOON_US + SECOND_US * key.len() as i64))
    };
    let documents = [
        word("a", Kind::Note, "red apple"),
        word("bb", Kind::Email, "green apple"),
        word("ccc", Kind::Note, "green pear"),
        word("dddd", Kind::Note, "hidden apple"),
    ];
    let (subject, model) = with_set(factory, documents.to_vec());
    put(
        &subject,
        &model,
        documents
            .iter()
            .zip([10.0, 20.0, 30.0, 0.0])
            .map(|(d, angle)| whole(d, between(0, 1, angle)))
            .collect(),
    );
    subject.annotate(documents[3].id, Annotation::Hide(true));
    subject.catch_up();
    let words = |text: &str| Term { text: text.to_owned(), mode: TermMode::Words };
    let query = |must: &[&str], must_not: &[&str]| TextQuery {
        must: must.iter().map(|text| words(text)).collect(),
        must_not: must_not.iter().map(|text| words(text)).collect(),
        ..TextQuery::default()
    };
    let plain = Filter::default;
    let cases = [
        (query(&[], &[]), plain(), vec![0, 1, 2]),
        (query(&[], &[]), Filter { hidden: Hidden::Include, ..plain() }, vec![3, 0, 1, 2]),
        (query(&[], &[]), Filter { hidden: Hidden::Only, ..plain() }, vec![3]),
        (query(&["apple"], &[]), plain(), vec![0, 1]),
        (query(&[], &["green"]), plain(), vec![0]),
        (query(&["green"], &["apple"]), plain(), vec![2]),
        (query(&[], &["green"]), Filter { hidden: Hidden::Include, ..plain() }, vec![3, 0]),
        (query(&[], &[]), Filter { kinds: vec![Kind::Email], ..plain() }, vec![1]),
        (query(&["pear"], &[]), Filter { kinds: vec![Kind::Email], ..plain() }, vec![]),
        (query(&[], &[]), Filter { sources: vec!["spotify".into()], ..plain() }, vec![]),
    ];
    for (text, filter, expected) in cases {
        let expected = expected.into_iter().map(|number: usize| documents[number].id).collect::<Vec<_>>();
        let query = NearestQuery { vector: axis(0), text, filter, equal_max: 0 };
        // The same question again may be answered from what is kept of the first.
        for _ in 0..2 {
            let found = wait(subject.vault().vectors().nearest(&model, &query, 10));
            let found = found.hits.iter().map(|hit| hit.id).collect::<Vec<_>>();
            assert_eq!(found, expected, "{query:?}");
        }
    }
}

pub fn equally_near_documents_are_in_order_of_id(factory: &dyn Factory) {
    let documents = notes(20);
    let (subject, model) = with_set(factory, documents.clone());
    put(&subject, &model, documents.iter().map(|document| whole(document, axis(1))).collect());
    let mut expected = documents.iter().map(|document| document.id).collect::<Vec<_>>();
    expected.sort_unstable();
    assert_eq!(ids(&subject, &model, axis(1)), expected);
    let query = NearestQuery { vector: axis(1), ..NearestQuery::default() };
    let some = wait(subject.vault().vectors().nearest(&model, &query, 7));
    assert_eq!(some.hits.iter().map(|hit| hit.id).collect::<Vec<_>>(), expected[..7]);
}

pub fn equally_near_documents_do_not_keep_out_the_rest(factory: &dyn Factory) {
    let documents = notes(60);
    let (subject, model) = with_set(factory, documents.clone());
    let (often, once) = documents.split_at(50);
    let mut vectors = often.iter().map(|document| whole(document, axis(1))).collect::<Vec<_>>();
    let others = once.iter().enumerate();
    vectors.extend(others.map(|(number, document)| whole(document, turned(1, 20.0 + 4.0 * number as f32))));
    put(&subject, &model, vectors);
    let query = NearestQuery { vector: axis(1), equal_max: 4, ..NearestQuery::default() };
    let found = wait(subject.vault().vectors().nearest(&model, &query, 10)).hits;
    assert_eq!(found.len(), 10);
    assert!(found[..4].iter().all(|hit| often.iter().any(|document| document.id == hit.id)));
    assert_eq!(
        found[4..].iter().map(|hit| hit.id).collect::<Vec<_>>(),
        once[..6].iter().map(|document| document.id).collect::<Vec<_>>()
    );
}

pub fn what_is_no_vector_is_refused(factory: &dyn Factory) {
    let documents = notes(2);
    let (subject, model) = with_set(factory, documents.clone());
    let mut not_a_number = axis(0);
    not_a_number[3] = f32::NAN;
    let mut infinite = axis(0);
    infinite[0] = f32::INFINITY;
    for bad in [vec![1.0; WIDTH - 1], vec![1.0; WIDTH + 1], Vec::new(), not_a_number, infinite] {
        let vectors = vec![whole(&documents[0], axis(0)), whole(&documents[1], bad.clone())];
        let refused = futures::executor::block_on(subject.vault().vectors().put(&model, vectors));
        assert!(matches!(refused, Err(LakeError::Vector(_))), "{bad:?}: {refused:?}");
        wait(subject.vault().vectors().commit(&model));
        assert_eq!(counts(&subject, &model), (0, 0, 2), "none of them is added");
        let query = NearestQuery { vector: bad.clone(), ..NearestQuery::default() };
        let refused = futures::executor::block_on(subject.vault().vectors().nearest(&model, &query, 3));
        assert!(matches!(refused, Err(LakeError::Vector(_))), "{bad:?}: {refused:?}");
    }
    put(&subject, &model, vec![whole(&documents[0], vec![0.0; WIDTH])]);
    let zero = nearest(&subject, &model, vec![0.0; WIDTH], &Filter::default());
    assert_eq!((zero.hits.len(), zero.hits[0].similarity), (1, 0.0), "nothing is like nothing");
}

pub fn a_set_that_is_not_there_has_no_answers(factory: &dyn Factory) {
    let documents = notes(1);
    let (subject, known) = with_set(factory, documents.clone());
    let vectors = subject.vault().vectors();
    for unknown in [model("unknown"), VectorModel { hash: "fedcba9876543210".into(), ..known }] {
        let query = NearestQuery { vector: axis(0), ..NearestQuery::default() };
        let block_on = |answer| {
            futures::executor::block_on::<futures::future::BoxFuture<'_, Result<(), LakeError>>>(answer)
        };
        let answers = [
            block_on(Box::pin(async { vectors.pending(&unknown, 1).await.map(|_| ()) })),
            block_on(Box::pin(async {
                vectors.put(&unknown, vec![whole(&documents[0], axis(0))]).await.map(|_| ())
            })),
            block_on(Box::pin(async { vectors.commit(&unknown).await })),
            block_on(Box::pin(async { vectors.get(&unknown, documents[0].id).await.map(|_| ()) })),
            block_on(Box::pin(async { vectors.nearest(&unknown, &query, 1).await.map(|_| ()) })),
        ];
        for answer in answers {
            assert!(matches!(answer, Err(LakeError::Projection { .. })), "{answer:?}");
        }
        assert!(!wait(vectors.remove(&unknown)));
    }
}

pub fn vectors_come_back_nearly_as_given(factory: &dyn Factory) {
    let documents = notes(2);
    let (mut subject, model) = with_set(factory, documents.clone());
    let given = vec![
        passage(0, 3, between(0, 7, 33.0)),
        passage(3, 5, between(4, 5, -170.0)),
        passage(5, u32::MAX, axis(11)),
    ];
    put(&subject, &model, vec![of(&documents[0], given.clone())]);
    for _ in 0..2 {
        let found = get(&subject, &model, documents[0].id).expect("the set has it");
        assert_eq!(found.len(), given.len());
        for (found, given) in found.iter().zip(&given) {
            assert_eq!(found.passage, given.passage);
            let is_near = |(a, b): (&f32, &f32)| (a - b).abs() < TOLERANCE;
            assert!(found.values.iter().zip(&given.values).all(is_near), "{found:?} {given:?}");
        }
        assert_eq!(get(&subject, &model, documents[1].id), None);
        subject.reopen();
    }
}

pub fn sets_of_two_models_do_not_mix(factory: &dyn Factory) {
    let documents = notes(2);
    let (subject, one) = with_set(factory, documents.clone());
    let narrow = VectorModel { width: 3, ..one.clone() };
    wait(subject.vault().vectors().create(&narrow));
    put(&subject, &one, vec![whole(&documents[0], axis(0))]);
    put(&subject, &narrow, vec![whole(&documents[1], vec![1.0, 0.0, 0.0])]);
    assert_eq!(ids(&subject, &one, axis(0)), [documents[0].id]);
    assert_eq!(ids(&subject, &narrow, vec![0.0, 1.0, 0.0]), [documents[1].id]);
    assert_eq!(pending_ids(&subject, &one), [documents[1].id]);
    assert_eq!(pending_ids(&subject, &narrow), [documents[0].id]);
    wait(subject.vault().vectors().remove(&one));
    assert_eq!(ids(&subject, &narrow, vec![0.0, 1.0, 0.0]), [documents[1].id]);
}

pub fn among_many_documents_the_nearest_are_found(factory: &dyn Factory) {
    let documents = notes(3000);
    let (mut subject, model) = with_set(factory, documents.clone());
    let mut state = 7_u64;
    let mut random = || {
        let mut values = (0..WIDTH).map(|_| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (state >> 40) as f32 / 16_777_216.0 - 0.5
        });
        values.by_ref().collect::<Vec<_>>()
    };
    let vectors = documents.iter().map(|_| random()).collect::<Vec<_>>();
    for (documents, vectors) in documents.chunks(700).zip(vectors.chunks(700)) {
        let some = documents.iter().zip(vectors).map(|(document, values)| whole(document, values.clone()));
        put(&subject, &model, some.collect());
    }
    let cosine = |a: &[f32], b: &[f32]| {
        let dot = |a: &[f32], b: &[f32]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f32>();
        dot(a, b) / (dot(a, a) * dot(b, b)).sqrt()
    };
    for _ in 0..2 {
        for _ in 0..5 {
            let asked = random();
            let mut exact = vectors.iter().map(|values| cosine(values, &asked)).collect::<Vec<_>>();
            exact.sort_by(|one, other| other.total_cmp(one));
            let found = nearest(&subject, &model, asked, &Filter::default());
            assert_eq!((found.hits.len(), found.compared), (100, 3000));
            let near = found.hits.iter().filter(|hit| hit.similarity >= exact[99] - TOLERANCE);
            assert!(near.count() >= 90, "the hundred nearest are mostly found");
            assert!((found.hits[0].similarity - exact[0]).abs() < TOLERANCE, "the nearest is found");
            assert!(found.hits.is_sorted_by(|one, other| one.similarity >= other.similarity));
        }
        subject.reopen();
    }
    assert_eq!(counts(&subject, &model), (3000, 3000, 0));
}
