//! A vault in memory: the oracle that other backends are compared with. The simplest implementation
//! that is right: ordered maps, no indexes, every count made by counting. Keeps nothing on disk.

mod blobs;
mod conversations;
mod documents;
mod finding;
mod imports;
mod own;
mod people;
mod search;
mod series;
mod state;
mod vectors;

use crate::{Blobs, Documents, Health, Imports, LakeError, ProjectionHealth, Search, Series, Vault, Vectors};
use async_trait::async_trait;
use state::State;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// A vault that lives as long as one of its clones.
#[derive(Debug, Clone)]
pub struct MemoryVault {
    home_zone: String,
    state: Arc<Mutex<State>>,
}

impl MemoryVault {
    /// An empty vault of somebody who lives in the zone with this IANA name.
    #[must_use]
    pub fn new(home_zone: impl Into<String>) -> Self {
        Self { home_zone: home_zone.into(), state: Arc::default() }
    }

    /// The state. A panic elsewhere leaves no half-made change, since changes are made after all checks.
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The state, of which something is going to be changed.
    fn change(&self) -> MutexGuard<'_, State> {
        let mut state = self.lock();
        state.generation += 1;
        state
    }
}

#[async_trait]
impl Vault for MemoryVault {
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
        &self.home_zone
    }

    fn generation(&self) -> Option<u64> {
        Some(self.lock().generation)
    }

    async fn health(&self, _thorough: bool) -> Result<Health, LakeError> {
        let state = self.lock();
        let projection = |name: &str| ProjectionHealth {
            name: name.to_owned(),
            sequence: state.sequence,
            problems: Vec::new(),
        };
        Ok(Health {
            engines: vec![("memory".to_owned(), env!("CARGO_PKG_VERSION").to_owned())],
            format: 1,
            sequence: state.sequence,
            documents: state.documents.len() as u64,
            samples: state.samples.len() as u64,
            store_bytes: 0,
            projection_bytes: 0,
            blobs: state.blobs.len() as u64,
            blob_bytes: state.blobs.values().map(|(bytes, _)| bytes.len() as u64).sum(),
            free_bytes: 0,
            problems: Vec::new(),
            projections: vec![projection("text")],
        })
    }
}

/// The error for an import that was never begun.
fn no_such_import(import: u64) -> LakeError {
    LakeError::Engine {
        context: format!("tried to go on with import {import}"),
        source: "there is no such import in this vault".into(),
    }
}
