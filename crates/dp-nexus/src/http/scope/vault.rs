//! A vault as a limited scope sees it: what lies outside is not there, nothing can be changed but annotations
//! and own documents, and what is known of the whole vault only is refused.

mod blobs;
mod documents;
mod imports;
mod search;
mod series;
mod vectors;

use crate::{Scope, http::problem::OutOfScope};
use async_trait::async_trait;
use dp_lake::{Blobs, Documents, Health, Imports, LakeError, Search, Series, Vault, Vectors, etl::HomeClock};
use dp_model::{Content, DocumentId};
use std::sync::Arc;

/// Documents and samples that are read at once.
const READ_AT_ONCE: usize = 1_000;

/// The view.
pub(super) struct View {
    vault: Arc<dyn Vault>,
    scope: Scope,
}

impl View {
    pub(super) fn new(vault: Arc<dyn Vault>, scope: Scope) -> Self {
        Self { vault, scope }
    }

    fn clock(&self) -> HomeClock {
        HomeClock::new(self.vault.home_zone())
    }

    fn sees(&self, content: &Content, clock: &mut HomeClock) -> bool {
        self.scope.sees(&content.source, content.time.as_ref().map(|time| clock.day(time)))
    }

    async fn sees_id(&self, id: DocumentId) -> Result<bool, LakeError> {
        let document = self.vault.documents().get_many(&[id]).await?.pop().flatten();
        Ok(document.is_some_and(|document| self.sees(&document.content, &mut self.clock())))
    }
}

fn refused<T>(what: &'static str) -> Result<T, LakeError> {
    Err(LakeError::Engine { context: what.to_owned(), source: Box::new(OutOfScope(what)) })
}

#[async_trait]
impl Vault for View {
    fn documents(&self) -> &dyn Documents {
        self
    }

    fn search(&self) -> &dyn Search {
        self
    }

    fn vectors(&self) -> &dyn Vectors {
        self
    }

    fn series(&self) -> &dyn Series {
        self
    }

    fn imports(&self) -> &dyn Imports {
        self
    }

    fn blobs(&self) -> &dyn Blobs {
        self
    }

    fn home_zone(&self) -> &str {
        self.vault.home_zone()
    }

    fn generation(&self) -> Option<u64> {
        self.vault.generation()
    }

    async fn health(&self, _thorough: bool) -> Result<Health, LakeError> {
        refused("the health of the store")
    }
}
