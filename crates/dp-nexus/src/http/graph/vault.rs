//! How a request reaches its vault: fields ask in, the engine answers as far as the principal may see, and reads
//! of single documents are gathered, so that a list of them costs one question.

use crate::{
    Principal,
    http::{App, problem::Problem},
};
use async_graphql::{
    Context, Result,
    dataloader::{DataLoader, Loader},
};
use dp_cortex::engine::Engine;
use dp_lake::RevisionedDocument;
use dp_model::{Document, DocumentId};
use futures::executor::block_on;
use serde::{Serialize, de::DeserializeOwned};
use std::{collections::HashMap, sync::Arc};
use tokio::sync::Semaphore;

/// Questions of one request that are answered at once, so that it leaves room for others.
const QUESTIONS_AT_ONCE: usize = 2;

/// The vault of one request.
pub(super) struct Vault {
    app: App,
    principal: Principal,
    turns: Semaphore,
}

/// What resolvers ask: in the data of every request.
pub(super) type Asking = DataLoader<Vault>;

impl Vault {
    /// The vault of a principal, as far as it may be seen.
    pub(super) fn loader(app: App, principal: Principal) -> Asking {
        let vault = Self { app, principal, turns: Semaphore::new(QUESTIONS_AT_ONCE) };
        DataLoader::new(vault, tokio::spawn)
    }

    pub(super) fn app(&self) -> &App {
        &self.app
    }

    pub(super) fn principal(&self) -> &Principal {
        &self.principal
    }

    /// Asks the engine, in turn with the other questions of the request.
    pub(super) async fn ask<T, F>(&self, question: F) -> Result<T, Problem>
    where
        T: Send + 'static,
        F: FnOnce(&Engine) -> Result<T, Problem> + Send + 'static,
    {
        let _turn = self.turns.acquire().await.map_err(Problem::internal)?;
        self.app.ask(&self.principal, question).await
    }
}

/// The vault of the request that is being answered.
pub(super) fn asking<'a>(context: &Context<'a>) -> Result<&'a Asking, Problem> {
    context.data::<Asking>().map_err(|error| Problem::internal(error.message))
}

/// Asks the engine for a field.
pub(super) async fn ask<T, F>(context: &Context<'_>, question: F) -> Result<T, Problem>
where
    T: Send + 'static,
    F: FnOnce(&Engine) -> Result<T, Problem> + Send + 'static,
{
    asking(context)?.loader().ask(question).await
}

/// A field that is null where it fails, so that the others are told all the same.
pub(super) async fn or_null<T>(answer: impl Future<Output = Result<Option<T>>>) -> Option<Result<T>> {
    answer.await.transpose()
}

/// The documents themselves, in one reading.
impl Loader<DocumentId> for Vault {
    type Value = Arc<Document>;
    type Error = Problem;

    async fn load(&self, ids: &[DocumentId]) -> Result<HashMap<DocumentId, Arc<Document>>, Problem> {
        let ids = ids.to_vec();
        let question = self.ask(move |engine| Ok(block_on(engine.vault().documents().get_many(&ids))?));
        let found = question.await?.into_iter().flatten();
        Ok(found.map(|document| (document.id, Arc::new(document))).collect())
    }
}

/// A document with its other versions and what the user added.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Whole(pub(super) DocumentId);

/// In one question; the store has them one by one.
impl Loader<Whole> for Vault {
    type Value = Arc<RevisionedDocument>;
    type Error = Problem;

    async fn load(&self, ids: &[Whole]) -> Result<HashMap<Whole, Arc<RevisionedDocument>>, Problem> {
        let ids = ids.to_vec();
        let question = self.ask(move |engine| {
            let documents = engine.vault().documents();
            let mut found = HashMap::new();
            for id in ids {
                if let Some(whole) = block_on(documents.get(id.0))? {
                    found.insert(id, Arc::new(whole));
                }
            }
            Ok(found)
        });
        question.await
    }
}

/// Something of another crate in the shape that is documented for it.
///
/// # Errors
/// When the shape is not that of the thing, which a test finds out.
pub(super) fn shaped<V: DeserializeOwned>(thing: &impl Serialize) -> Result<V, Problem> {
    let value = serde_json::to_value(thing).map_err(Problem::internal)?;
    serde_json::from_value(value).map_err(Problem::internal)
}
