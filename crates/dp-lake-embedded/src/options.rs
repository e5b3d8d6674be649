//! How a vault is opened.

use dp_lake::{Embedder, OnChange};
use std::{fmt, sync::Arc};

/// What a vault is opened with.
#[derive(Clone)]
pub struct VaultOptions {
    /// IANA name of the zone that the person of a new vault lives in; a vault that exists keeps its own.
    pub home_zone: String,
    /// Makes the vectors of every document on its way in. With none, vectors are only those that are put.
    pub embedder: Option<Arc<dyn Embedder>>,
    /// Is told what each transaction of this process changed, after it is durable.
    pub on_change: Option<OnChange>,
}

impl VaultOptions {
    /// A vault at home in this zone, without an embedder.
    #[must_use]
    pub fn new(home_zone: &str) -> Self {
        Self { home_zone: home_zone.to_owned(), embedder: None, on_change: None }
    }

    /// The same with an embedder.
    #[must_use]
    pub fn with_embedder(self, embedder: Arc<dyn Embedder>) -> Self {
        Self { embedder: Some(embedder), ..self }
    }

    /// The same with somebody who is told of changes.
    #[must_use]
    pub fn with_listener(self, on_change: OnChange) -> Self {
        Self { on_change: Some(on_change), ..self }
    }
}

impl fmt::Debug for VaultOptions {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let model = self.embedder.as_ref().map(|embedder| &embedder.model().name);
        formatter
            .debug_struct("VaultOptions")
            .field("home_zone", &self.home_zone)
            .field("embedder", &model)
            .finish()
    }
}
