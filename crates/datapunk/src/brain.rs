//! Which models answer, and with what: the wiring between the models of the data directory, the vault and
//! the query engine. A model that can't be used never keeps anybody from importing or searching.

use crate::{output::say, place::Place};
use dp_cortex::{
    embed::{Pace, TextEmbedder},
    engine::{Engine, MeaningModel},
    history::History,
    models::Models,
    passages::DocumentEmbedder,
};
use dp_lake::{Embedder, Vault};
use std::sync::Arc;

/// The models of the data directory.
pub(crate) fn models(place: &Place) -> Models {
    Models::new(&place.directory)
}

/// What embeds documents while they are imported: the model in use if it can keep up, else the one in
/// the program, so that there is always something to compare with.
pub(crate) fn import_embedder(place: &Place) -> Option<Arc<dyn Embedder>> {
    let candidates = candidates(place);
    let fast = candidates.into_iter().find(|model| model.embedder.pace() == Pace::Pipeline)?;
    Some(Arc::new(DocumentEmbedder::new(fast.embedder)))
}

/// The models to search with: the one in use first, then those that may answer in its place.
fn candidates(place: &Place) -> Vec<MeaningModel> {
    models(place).for_search().unwrap_or_else(|error| {
        say(&format!("{error}"));
        Vec::new()
    })
}

/// What answers questions about the vault of a machine with one user.
pub(crate) fn engine(place: &Place) -> anyhow::Result<Engine> {
    Ok(engine_over(place, Arc::new(place.read()?)).with_history(history(place)))
}

/// What answers questions about a vault.
pub(crate) fn engine_over(place: &Place, vault: Arc<dyn Vault>) -> Engine {
    let engine = Engine::new(vault, candidates(place));
    // A BERT-class model that is there looks at the best hits once more.
    match models(place).reranker() {
        Ok(Some(reranker)) => engine.with_reranker(reranker),
        Ok(None) | Err(_) => engine,
    }
}

/// Past queries of the vault.
pub(crate) fn history(place: &Place) -> History {
    History::in_vault(&place.vault_directory())
}

/// Remembers a query, unless the configuration says not to.
pub(crate) fn remember(place: &Place, query: &str) {
    if place.config.search.remember_queries {
        // A search has its answer; that it will not be suggested is no reason to complain.
        let _ = history(place).add(query);
    }
}

/// What the lake is given of a model of texts.
pub(crate) fn of_documents(embedder: &Arc<dyn TextEmbedder>) -> DocumentEmbedder {
    DocumentEmbedder::new(Arc::clone(embedder))
}
