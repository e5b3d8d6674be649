//! Cases about what the user adds to documents.
#![expect(missing_docs, reason = "the names of the cases are sentences")]

use super::{
    Factory, Subject,
    build::{NOON_US, document, documents_batch, note, notes},
    subject::wait,
};
use crate::{Annotation, Annotations, Filter, Hidden, Sort, TermMode, TextQuery};
use dp_model::DocumentId;

pub fn annotations_are_kept_and_given_back(factory: &dyn Factory) {
    let documents = notes(2);
    let (id, other) = (documents[0].id, documents[1].id);
    let subject = Subject::holding(factory, documents);
    let changes = [
        Annotation::Star(true),
        Annotation::AddTag("zwei".into()),
        Annotation::AddTag("Ärger \"x\"".into()),
        Annotation::AddTag("zwei".into()),
        Annotation::AddTag("gone".into()),
        Annotation::RemoveTag("gone".into()),
        Annotation::RemoveTag("never there".into()),
        Annotation::Note(Some("a\nnote 🙂".into())),
    ];
    let mut expected = Annotations::default();
    for change in &changes {
        expected.change(change);
        assert_eq!(subject.annotate(id, change.clone()), expected, "{change:?}");
    }
    assert_eq!(subject.get(id).expect("the document is there").annotations, expected);
    assert!(subject.get(other).expect("the document is there").annotations.is_empty());
    let taken_back = [
        Annotation::Star(false),
        Annotation::Note(None),
        Annotation::RemoveTag("zwei".into()),
        Annotation::RemoveTag("Ärger \"x\"".into()),
    ];
    for change in taken_back {
        subject.annotate(id, change);
    }
    assert!(subject.get(id).expect("the document is there").annotations.is_empty());
}

pub fn annotating_an_unknown_document_gives_none(factory: &dyn Factory) {
    let subject = Subject::holding(factory, notes(1));
    let unknown = wait(subject.vault().documents().annotate(DocumentId([1; 16]), &Annotation::Star(true)));
    assert_eq!(unknown, None);
    assert_eq!(subject.walk().len(), 1);
}

pub fn annotations_survive_another_import(factory: &dyn Factory) {
    let documents = notes(1);
    let id = documents[0].id;
    let subject = Subject::holding(factory, documents.clone());
    let expected = subject.annotate(id, Annotation::AddTag("kept".into()));
    let import = subject.begin(2, "takeout-2", Some(NOON_US + 1)).id;
    let newer = document("note 0", note("Note number 0, edited", NOON_US));
    subject.apply(documents_batch(import, vec![documents[0].clone(), newer]));
    let found = subject.get(id).expect("the document is there");
    assert_eq!(
        (found.annotations, found.document.content.title.as_str()),
        (expected, "Note number 0, edited")
    );
}

pub fn hidden_documents_are_left_out_unless_asked_for(factory: &dyn Factory) {
    let documents = notes(3);
    let id = documents[1].id;
    let subject = Subject::holding(factory, documents);
    subject.annotate(id, Annotation::Hide(true));
    subject.catch_up();
    let titles = |hidden| subject.titles(&Filter { hidden, ..Filter::default() });
    let found = |hidden| {
        let query = TextQuery {
            must: vec![crate::Term { text: "note".into(), mode: TermMode::Words }],
            must_not: Vec::new(),
            ..TextQuery::default()
        };
        subject.titles_found(&query, &Filter { hidden, ..Filter::default() })
    };
    let [zero, one, two] = ["Note number 0", "Note number 1", "Note number 2"];
    for (hidden, expected) in [
        (Hidden::Exclude, vec![zero, two]),
        (Hidden::Include, vec![zero, one, two]),
        (Hidden::Only, vec![one]),
    ] {
        assert_eq!(titles(hidden), expected, "{hidden:?}");
        assert_eq!(found(hidden), expected, "{hidden:?}");
    }
    assert_eq!(subject.walk().len(), 3);
    assert!(subject.get(id).is_some());
    subject.annotate(id, Annotation::Hide(false));
    subject.catch_up();
    assert_eq!(titles(Hidden::Exclude).len(), 3);
    assert_eq!(subject.keyword(&TextQuery::default(), &Filter::default(), Sort::Newest, 9).total, 3);
}

pub fn tags_and_notes_can_be_searched(factory: &dyn Factory) {
    let documents = notes(2);
    let id = documents[1].id;
    let subject = Subject::holding(factory, documents);
    subject.annotate(id, Annotation::AddTag("Heimweh".into()));
    subject.annotate(id, Annotation::Note(Some("Ask Grossmutter".into())));
    subject.catch_up();
    assert_eq!(subject.found(TermMode::Words, "heimweh grossmutter"), ["Note number 1"]);
    subject.annotate(id, Annotation::RemoveTag("Heimweh".into()));
    subject.catch_up();
    assert_eq!(subject.found(TermMode::Words, "heimweh"), [""; 0]);
    assert_eq!(subject.found(TermMode::Words, "grossmutter"), ["Note number 1"]);
}
