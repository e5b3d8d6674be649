//! Cases about knowing that nothing changed.
#![expect(missing_docs, reason = "the names of the cases are sentences")]

use super::{
    Factory, Subject,
    build::{documents_batch, notes},
};
use crate::{Annotation, Filter, ForgetTarget, Hidden, Order};
use std::time::Duration;

/// How often it is looked whether what happens in the background is over, and how long between.
const LOOKS: u32 = 100;
const PAUSE: Duration = Duration::from_millis(50);

pub fn the_generation_grows_with_every_change_and_not_with_questions(factory: &dyn Factory) {
    let documents = notes(3);
    let id = documents[0].id;
    let (subject, import) = Subject::importing(factory, "vault");
    let generation = || subject.vault().generation().expect("nobody else changes the vault");
    let mut before = generation();
    let mut grown = |what: &str| {
        let after = generation();
        assert!(after > before, "{what} left the generation at {after}");
        before = after;
    };
    subject.apply(documents_batch(import, documents));
    grown("a batch");
    subject.annotate(id, Annotation::Star(true));
    grown("an annotation");
    subject.annotate(id, Annotation::Hide(true));
    grown("hiding");
    subject.finish(import);
    grown("the end of an import");
    subject.forget(&ForgetTarget::Document(id));
    grown("forgetting");
    subject.catch_up();
    let asked = || {
        let filter = Filter { hidden: Hidden::Include, ..Filter::default() };
        assert_eq!(subject.list(&filter, Order::OldestFirst, 10).len(), 2);
        assert_eq!(subject.walk().len(), 2);
    };
    let is_calm = (0..LOOKS).any(|look| {
        if look > 0 {
            std::thread::sleep(PAUSE);
        }
        let before = generation();
        asked();
        generation() == before
    });
    assert!(is_calm, "questions alone let the generation grow");
}
