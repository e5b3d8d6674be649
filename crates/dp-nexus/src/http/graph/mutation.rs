//! What can be changed: what the user adds to documents, as the same route of REST does it.

use super::{
    bounds::ASKING,
    document::found,
    vault::{asking, or_null, shaped},
};
use crate::http::{
    problem::{Code, Problem},
    routes::annotations::{checked, put_in_place},
    shapes::AnnotationsView,
};
use async_graphql::{Context, ID, InputObject, Object, Result};

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

/// Changes take the right to write.
#[Object]
impl Mutation {
    /// Puts annotations in place of those a document has.
    #[graphql(complexity = "2 * ASKING + child_complexity")]
    async fn annotate(
        &self,
        context: &Context<'_>,
        id: ID,
        annotations: AnnotationsInput,
    ) -> Option<Result<AnnotationsView>> {
        or_null(async {
            let vault = asking(context)?.loader();
            if !vault.principal().scope.write {
                let detail = "this takes the right to write, which the session or key does not have";
                return Err(Problem::new(Code::Forbidden, detail).into());
            }
            let AnnotationsInput { starred, tags, note, hidden } = annotations;
            let wanted = checked(AnnotationsView { starred, tags, note, hidden })?;
            let id = found(context, &id).await?.0.id;
            let app = vault.app().clone();
            let question = vault.ask(move |engine| put_in_place(&app, engine, id, &wanted, None));
            Ok(Some(shaped(&question.await?)?))
        })
        .await
    }
}
