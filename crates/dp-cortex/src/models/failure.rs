//! What can go wrong with models, in words a person can act on.

use crate::embed::EmbedError;
use std::{
    io,
    path::{Path, PathBuf},
};

/// Why something could not be done with models.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ModelError {
    /// There is no model of this name.
    #[error("there is no model {name}; {}", known(.there_is))]
    NotFound {
        /// What was asked for.
        name: String,
        /// What there is.
        there_is: Vec<String>,
    },
    /// A name that can't be a folder's.
    #[error(
        "{0:?} can't be a model's name: use at most 64 lower-case letters, digits, `-`, `_` and `.`, beginning with a letter or digit"
    )]
    Name(String),
    /// A model of this name is there already.
    #[error("there is a model {0} already; remove it first, or give the new one another name")]
    Exists(String),
    /// It belongs to the program.
    #[error("the model {0} is part of the program and can't be removed")]
    BuiltIn(String),
    /// No model was in use before this one.
    #[error("no other model was in use before; `datapunk models use NAME` chooses one")]
    NothingBefore,
    /// A file of a model is not what its manifest says.
    #[error("the model {model} is damaged: {} {reason}; remove it and pull it again", .path.display())]
    Damaged {
        /// The model.
        model: String,
        /// The file.
        path: PathBuf,
        /// What is wrong.
        reason: String,
    },
    /// A manifest can't be understood.
    #[error("{} is no manifest of a model: {reason}", .path.display())]
    Manifest {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// What was given is no model that can be used.
    #[error("{from} holds no model that can be used: {reason}")]
    Unusable {
        /// Where it was to come from.
        from: String,
        /// What is missing or wrong.
        reason: String,
    },
    /// A model could not be fetched.
    #[error("could not fetch {from}: {reason}")]
    Fetch {
        /// Where from.
        from: String,
        /// What happened and what to do.
        reason: String,
    },
    /// The disk.
    #[error("{} can't be read or written: {source}", .path.display())]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// A model's file can't be used, or its endpoint not be reached.
    #[error(transparent)]
    Embed(#[from] EmbedError),
}

impl ModelError {
    /// Says which file or folder failed.
    pub(super) fn io(path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_owned();
        move |source| Self::Io { path, source }
    }
}

fn known(names: &[String]) -> String {
    if names.is_empty() {
        return "there is none yet: `datapunk models pull wordllama` fetches a small one".to_owned();
    }
    format!("there is {}", names.join(", "))
}
