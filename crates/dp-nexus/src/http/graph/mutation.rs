//! What can be changed: what the user adds to documents, and documents of their own, as the same routes of REST do it.

use super::{
    bounds::ASKING,
    document::{DocumentNode, found},
    scalars::KindWord,
    vault::{Vault, asking, or_null, shaped},
};
use crate::http::{
    own::{
        Author, DocumentForm, IdentityForm, MentionForm, PlaceForm, PointForm, TimeForm, create, delete,
        receipt, replace,
    },
    problem::{Code, Problem},
    routes::annotations::{checked, put_in_place},
    shapes::AnnotationsView,
};
use async_graphql::{Context, ID, InputObject, Json, MaybeUndefined, Object, Result};
use dp_lake::RevisionedDocument;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

/// The root of changes.
pub(super) struct Mutation;

/// What the user adds to a document. What is left out is taken away.
#[derive(Debug, InputObject)]
pub(super) struct AnnotationsInput {
    /// Starred.
    #[graphql(default)]
    starred: bool,
    /// Tags.
    #[graphql(default)]
    tags: Vec<String>,
    /// A note.
    note: Option<String>,
    /// Left out of listings and searches.
    #[graphql(default)]
    hidden: bool,
}

/// A document of one's own. What is left out it does not have, but for its time.
#[derive(Debug, InputObject)]
pub(super) struct DocumentInput {
    /// What makes it that document and no other among those of its source and kind; given when it is made, and then it
    /// stays.
    key: Option<String>,
    /// `own.notes`, if nothing is said, or `own.` and a name of the program's. It stays.
    source: Option<String>,
    /// What it is; a note, if nothing is said. It stays.
    kind: Option<KindWord>,
    /// One line that names it.
    #[graphql(default)]
    title: String,
    /// What it says, in plain text.
    #[graphql(default)]
    text: String,
    /// When it happened or began: `2024-06-14`, or `2024-06-14T08:30:00+02:00`. Left out, it is when the document is made,
    /// and then it stays; with null it is undated.
    time: MaybeUndefined<String>,
    /// When it ended, exclusive.
    end: Option<String>,
    /// Where it happened.
    place: Option<PlaceInput>,
    /// Who appears in it.
    #[graphql(default)]
    people: Vec<MentionInput>,
    /// What it points at.
    url: Option<String>,
    /// Labels, folders, lists or albums it is in.
    #[graphql(default)]
    labels: Vec<String>,
    /// Whatever else there is to keep: an object.
    metadata: Option<Json<Map<String, Value>>>,
}

/// A place.
#[derive(Debug, InputObject)]
pub(super) struct PlaceInput {
    /// What it is called.
    name: Option<String>,
    /// Its postal address.
    address: Option<String>,
    /// Where it is.
    point: Option<PointInput>,
    /// An id of the place in the program that names it.
    place_id: Option<String>,
}

/// A point on the map.
#[derive(Debug, InputObject)]
pub(super) struct PointInput {
    /// Degrees north × 1e7.
    latitude_e7: i32,
    /// Degrees east × 1e7.
    longitude_e7: i32,
}

/// Somebody in a document: a name, an address, or both.
#[derive(Debug, InputObject)]
pub(super) struct MentionInput {
    /// The part they play: `from`, `to`, `cc`, `bcc`, `organizer`, `attendee`, `author`, `subject` or `sharee`.
    #[graphql(default_with = "\"subject\".to_owned()")]
    role: String,
    /// Their name.
    name: Option<String>,
    /// Their address.
    identity: Option<IdentityInput>,
}

/// An address by which a person is known.
#[derive(Debug, InputObject)]
pub(super) struct IdentityInput {
    /// `email`, `phone`, `handle` or `name`.
    kind: String,
    /// The address.
    value: String,
}

/// A word of a closed list.
fn word<T: DeserializeOwned>(field: &str, word: String) -> Result<T, Problem> {
    let wrong = |error: serde_json::Error| Problem::new(Code::UnfitBody, format!("{field}: {error}"));
    serde_json::from_value(Value::String(word)).map_err(wrong)
}

/// A time as text.
fn time(field: &str, text: String) -> Result<TimeForm, Problem> {
    word(field, text)
}

impl DocumentInput {
    /// The form that the same would be in a body.
    fn form(self) -> Result<DocumentForm, Problem> {
        let people = self.people.into_iter().map(|MentionInput { role, name, identity }| {
            let identity = identity.map(|IdentityInput { kind, value }| {
                Ok::<_, Problem>(IdentityForm { kind: word("people", kind)?, value })
            });
            Ok(MentionForm { role: word("people", role)?, name, identity: identity.transpose()? })
        });
        let place = self.place.map(|PlaceInput { name, address, point, place_id }| PlaceForm {
            name,
            address,
            point: point
                .map(|PointInput { latitude_e7, longitude_e7 }| PointForm { latitude_e7, longitude_e7 }),
            place_id,
        });
        Ok(DocumentForm {
            key: self.key,
            source: self.source,
            kind: self.kind.map(Into::into),
            title: self.title,
            text: self.text,
            time: match self.time {
                MaybeUndefined::Undefined => None,
                MaybeUndefined::Null => Some(None),
                MaybeUndefined::Value(text) => Some(Some(time("time", text)?)),
            },
            end: self.end.map(|text| time("end", text)).transpose()?,
            place,
            people: people.collect::<Result<_, Problem>>()?,
            url: self.url,
            labels: self.labels,
            metadata: self.metadata.map(|Json(metadata)| metadata).unwrap_or_default(),
        })
    }
}

/// The vault of the request, if it may be written to.
fn writable<'a>(context: &Context<'a>) -> Result<&'a Vault, Problem> {
    let vault = asking(context)?.loader();
    if vault.principal().scope.write {
        return Ok(vault);
    }
    let detail = "this takes the right to write, which the session or key does not have";
    Err(Problem::new(Code::Forbidden, detail))
}

/// A document that was written, as the others of the graph are.
fn node(written: RevisionedDocument) -> DocumentNode {
    DocumentNode::of(written.document)
}

/// Changes take the right to write.
#[Object]
impl Mutation {
    /// Puts annotations in place of those a document has. With `ifMatch`, only if `annotationsEtag` is still that.
    #[graphql(complexity = "2 * ASKING + child_complexity")]
    async fn annotate(
        &self,
        context: &Context<'_>,
        id: ID,
        annotations: AnnotationsInput,
        if_match: Option<String>,
    ) -> Option<Result<AnnotationsView>> {
        or_null(async {
            let vault = writable(context)?;
            let AnnotationsInput { starred, tags, note, hidden } = annotations;
            let wanted = checked(AnnotationsView { starred, tags, note, hidden })?;
            let id = found(context, &id).await?.0.id;
            let app = vault.app().clone();
            let question =
                vault.ask(move |engine| put_in_place(&app, engine, id, &wanted, if_match.as_deref()));
            Ok(Some(shaped(&question.await?)?))
        })
        .await
    }

    /// Writes a document of one's own: a note, or whatever a program of the person's makes. With an `idempotencyKey` the
    /// same may be sent again, for at least a day, and nothing is made twice.
    #[graphql(complexity = "2 * ASKING + child_complexity")]
    async fn create_document(
        &self,
        context: &Context<'_>,
        document: DocumentInput,
        idempotency_key: Option<String>,
    ) -> Option<Result<DocumentNode>> {
        or_null(async {
            let vault = writable(context)?;
            let form = document.form()?;
            let author = Author::of(vault.principal(), vault.app().now());
            let request = serde_json::to_vec(&form).map_err(Problem::internal)?;
            let receipt = receipt(&author, "createDocument", idempotency_key.as_deref(), &request)?;
            let question = vault.ask(move |engine| create(engine, &form, &author, receipt));
            Ok(Some(node(question.await?)))
        })
        .await
    }

    /// Puts other content in place of what an own document says; what it said becomes a revision. With `ifMatch`, only if
    /// its `etag` is still that. Imported documents are not changed; they have annotations.
    #[graphql(complexity = "2 * ASKING + child_complexity")]
    async fn update_document(
        &self,
        context: &Context<'_>,
        id: ID,
        document: DocumentInput,
        if_match: Option<String>,
    ) -> Option<Result<DocumentNode>> {
        or_null(async {
            let vault = writable(context)?;
            let form = document.form()?;
            let author = Author::of(vault.principal(), vault.app().now());
            let id = found(context, &id).await?.0.id;
            let question = vault
                .ask(move |engine| replace(engine, id, if_match.as_deref(), &author, |_| Ok(form.clone())));
            Ok(Some(node(question.await?)))
        })
        .await
    }

    /// Removes an own document for good, with its revisions and annotations; gives its id. With `ifMatch`, only if its
    /// `etag` is still that.
    #[graphql(complexity = "2 * ASKING")]
    async fn delete_document(
        &self,
        context: &Context<'_>,
        id: ID,
        if_match: Option<String>,
    ) -> Option<Result<ID>> {
        or_null(async {
            let vault = writable(context)?;
            let author = Author::of(vault.principal(), vault.app().now());
            let id = found(context, &id).await?.0.id;
            vault.ask(move |engine| delete(engine, id, if_match.as_deref(), &author)).await?;
            Ok(Some(id.to_string().into()))
        })
        .await
    }
}
