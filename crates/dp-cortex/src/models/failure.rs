//! What can go wrong with the models of a machine, in words a person can act on.

use crate::embed::EmbedError;
use std::path::PathBuf;

/// Why a model could not be listed, pulled, opened or removed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ModelError {
    /// There is no such model.
    #[error("there is no model {name:?}; there {}", known(.known))]
    NotFound {
        /// As it was asked for.
        name: String,
        /// What there is.
        known: Vec<String>,
    },
    /// A name that could be a path, or no name at all.
    #[error("{0:?} is no name for a model; use letters, digits, `-`, `_` and `.`")]
    BadName(String),
    /// A file is not what its manifest, or its source, says.
    #[error("{} is not what it should be: {reason}; pull the model again", .path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        reason: String,
    },
    /// The folder or repository holds no model that is known.
    #[error("{what} holds no model that can be used: {reason}")]
    Unusable {
        /// The folder or the repository.
        what: String,
        /// What is missing.
        reason: String,
    },
    /// Something outside did not give the model.
    #[error("could not fetch {what}: {reason}")]
    Fetch {
        /// What was asked for.
        what: String,
        /// What happened, and what to do.
        reason: String,
    },
    /// A file can't be read or written.
    #[error("{context}: {source}")]
    Io {
        /// What was tried.
        context: String,
        /// What the system said.
        #[source]
        source: std::io::Error,
    },
    /// The model itself can't be used.
    #[error(transparent)]
    Embed(#[from] EmbedError),
}

fn known(known: &[String]) -> String {
    if known.is_empty() { "are none; `datapunk models pull wordllama` gets one".to_owned() } else { format!("is {}", known.join(", ")) }
}

impl ModelError {
    /// Says what was tried when a file failed.
    pub(super) fn io(context: impl Into<String>) -> impl FnOnce(std::io::Error) -> Self {
        let context = context.into();
        move |source| Self::Io { context, source }
    }
}
