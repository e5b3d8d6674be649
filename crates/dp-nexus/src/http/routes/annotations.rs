//! `GET` and `PUT /api/v1/documents/{id}/annotations`

use super::documents::{Nothing, no_such, tagged};
use crate::http::{
    answer::Written,
    app::App,
    asked::Asked,
    entrance::{Reads, Writes},
    given::{Given, Named, condition, names_tag, tag_of},
    problem::{Code, Problem},
    shapes::AnnotationsView,
};
use axum::{extract::State, response::Response};
use dp_cortex::engine::Engine;
use dp_lake::{Annotation, Annotations};
use dp_model::DocumentId;
use futures::executor::block_on;
use http::HeaderMap;
use std::collections::BTreeSet;

/// Characters of a note.
const NOTE_CHARS_MAX: usize = 100_000;
/// Tags of a document.
const TAGS_MAX: usize = 100;
/// Characters of a tag.
const TAG_CHARS_MAX: usize = 100;

/// What the user has added to a document.
#[utoipa::path(
    get,
    operation_id = "get_annotations",
    path = "/api/v1/documents/{id}/annotations",
    tag = "documents",
    params(
        ("id" = String, Path, description = "Its id, or the first digits of it, at least 4"),
        ("If-None-Match" = Option<String>, Header, description = "The ETag of what the client has"),
    ),
    responses(
        (status = 200, description = "Star, tags, note, hidden", body = AnnotationsView,
         headers(("ETag" = String, description = "Names these very bytes"))),
        (status = 304, description = "The client has it"),
    )
)]
pub(super) async fn get(
    State(app): State<App>,
    Reads(principal): Reads,
    Named(id): Named<String>,
    headers: HeaderMap,
    Asked(Nothing {}): Asked<Nothing>,
) -> Result<Response, Problem> {
    let question = app.ask(&principal, move |engine| {
        let id = block_on(engine.find(&id))?;
        written(&annotations_of(engine, id)?)
    });
    let (written, tag) = question.await?;
    Ok(tagged(written, &tag, &headers))
}

/// Puts annotations in place of those there are. What is left out is taken away.
#[utoipa::path(
    put,
    operation_id = "put_annotations",
    path = "/api/v1/documents/{id}/annotations",
    tag = "documents",
    params(
        ("id" = String, Path, description = "Its id, or the first digits of it, at least 4"),
        ("If-Match" = Option<String>, Header, description = "The ETag of the annotations as they were read: \
                                                            if they are others by now, nothing is changed"),
    ),
    request_body = AnnotationsView,
    responses(
        (status = 200, description = "The annotations as they are now", body = AnnotationsView,
         headers(("ETag" = String, description = "Names these very bytes"))),
        (status = 412, description = "They have been changed meanwhile", body = crate::http::ProblemView,
         content_type = "application/problem+json"),
    )
)]
pub(super) async fn put(
    State(app): State<App>,
    Writes(principal): Writes,
    Named(id): Named<String>,
    headers: HeaderMap,
    Asked(Nothing {}): Asked<Nothing>,
    Given(given): Given<AnnotationsView>,
) -> Result<Response, Problem> {
    let condition = condition(&headers)?;
    let wanted = checked(given)?;
    let writing = app.clone();
    let question = app.ask(&principal, move |engine| {
        let id = block_on(engine.find(&id))?;
        let now = put_in_place(&writing, engine, id, &wanted, condition.as_deref())?;
        written(&now)
    });
    let (written, tag) = question.await?;
    Ok(tagged(written, &tag, &HeaderMap::new()))
}

/// Puts annotations in place of those there are, if these are still the ones that the condition names.
pub(in crate::http) fn put_in_place(
    app: &App,
    engine: &Engine,
    id: DocumentId,
    wanted: &Annotations,
    condition: Option<&str>,
) -> Result<Annotations, Problem> {
    // Between reading and writing nobody else may write.
    let _guard = app.writing(id.0[15]);
    let mut now = annotations_of(engine, id)?;
    if condition.is_some_and(|condition| !written(&now).is_ok_and(|(_, tag)| names_tag(condition, &tag))) {
        return Err(Problem::plain(Code::Changed));
    }
    for change in changes(&now, wanted) {
        let annotated = block_on(engine.vault().documents().annotate(id, &change))?;
        now = annotated.ok_or_else(|| no_such(&id))?;
    }
    Ok(now)
}

fn annotations_of(engine: &Engine, id: DocumentId) -> Result<Annotations, Problem> {
    let found = block_on(engine.vault().documents().get(id))?;
    found.map(|found| found.annotations).ok_or_else(|| no_such(&id))
}

fn written(annotations: &Annotations) -> Result<(Written, String), Problem> {
    let written = Written::of(annotations)?;
    let tag = tag_of(&written.0);
    Ok((written, tag))
}

/// The tag of annotations.
pub(in crate::http) fn tag(annotations: &Annotations) -> Result<String, Problem> {
    Ok(written(annotations)?.1)
}

/// Annotations as they are kept: tags trimmed, once each and in order.
pub(in crate::http) fn checked(given: AnnotationsView) -> Result<Annotations, Problem> {
    let wrong = |detail: String| Err(Problem::new(Code::UnfitBody, detail));
    let tags = given.tags.iter().map(|tag| tag.trim().to_owned()).collect::<BTreeSet<_>>();
    if tags.len() > TAGS_MAX {
        return wrong(format!("tags: {} are given, and a document may have {TAGS_MAX}", tags.len()));
    }
    for tag in &tags {
        let characters = tag.chars().count();
        if characters == 0 || characters > TAG_CHARS_MAX {
            return wrong(format!(
                "tags: {tag:?} has {characters} characters; a tag has 1 to {TAG_CHARS_MAX}"
            ));
        }
    }
    let characters = given.note.as_ref().map_or(0, |note| note.chars().count());
    if characters > NOTE_CHARS_MAX {
        return wrong(format!("note: {characters} characters are given, and it may have {NOTE_CHARS_MAX}"));
    }
    Ok(Annotations {
        starred: given.starred,
        tags: tags.into_iter().collect(),
        note: given.note,
        hidden: given.hidden,
    })
}

/// What leads from some annotations to others.
fn changes(now: &Annotations, wanted: &Annotations) -> Vec<Annotation> {
    let mut changes = Vec::new();
    let removed = now.tags.iter().filter(|tag| !wanted.tags.contains(tag));
    changes.extend(removed.cloned().map(Annotation::RemoveTag));
    let added = wanted.tags.iter().filter(|tag| !now.tags.contains(tag));
    changes.extend(added.cloned().map(Annotation::AddTag));
    changes.extend((now.note != wanted.note).then(|| Annotation::Note(wanted.note.clone())));
    changes.extend((now.starred != wanted.starred).then_some(Annotation::Star(wanted.starred)));
    changes.extend((now.hidden != wanted.hidden).then_some(Annotation::Hide(wanted.hidden)));
    changes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn changes_lead_from_the_old_annotations_to_the_new() {
        let annotations = |starred, tags: &[&str], note: Option<&str>, hidden| Annotations {
            starred,
            tags: tags.iter().map(ToString::to_string).collect(),
            note: note.map(str::to_owned),
            hidden,
        };
        let all = [
            Annotations::default(),
            annotations(true, &["a", "b"], Some("x"), false),
            annotations(false, &["b", "c"], None, true),
        ];
        for from in &all {
            for to in &all {
                let mut now = from.clone();
                changes(from, to).iter().for_each(|change| now.change(change));
                assert_eq!(&now, to);
            }
            assert!(changes(from, from).is_empty());
        }
    }

    #[test]
    fn tags_are_trimmed_and_bounded() {
        let given = |tags: &[&str]| AnnotationsView {
            tags: tags.iter().map(ToString::to_string).collect(),
            ..AnnotationsView::default()
        };
        assert_eq!(checked(given(&[" b", "a", "b "])).unwrap().tags, ["a", "b"]);
        for wrong in [given(&[" "]), given(&[&"x".repeat(101)])] {
            assert_eq!(checked(wrong).unwrap_err().code(), Code::UnfitBody);
        }
        let long = AnnotationsView { note: Some("x".repeat(100_001)), ..AnnotationsView::default() };
        assert!(checked(long).is_err());
    }
}
