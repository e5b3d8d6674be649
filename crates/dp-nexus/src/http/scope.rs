//! What a principal may see of a vault, in one place: handlers and the engine ask the vault they are given, and
//! of a scope that is limited to some sources or days that is a view which holds nothing else.

mod vault;

use crate::Scope;
use dp_cortex::engine::Engine;
use std::sync::Arc;

/// The engine, answering from what the scope sees.
pub(super) fn in_scope(engine: Arc<Engine>, scope: &Scope) -> Arc<Engine> {
    if !scope.is_partial() {
        return engine;
    }
    let view = vault::View::new(Arc::clone(engine.vault()), scope.clone());
    Arc::new(engine.over(Arc::new(view)))
}
