//! How searches run.

use serde::Deserialize;

/// Settings of searching.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Search {
    /// Whether queries are kept, on this machine, to be suggested again.
    pub remember_queries: bool,
}

impl Default for Search {
    fn default() -> Self {
        Self { remember_queries: true }
    }
}
