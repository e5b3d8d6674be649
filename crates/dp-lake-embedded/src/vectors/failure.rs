//! What can go wrong with the files of a set, in the lake's words: each names the file.

use dp_lake::{LakeError, VectorModel};
use std::{io, path::Path};

/// A file is not what was written.
pub(super) fn damaged(path: &Path, what: &str) -> LakeError {
    LakeError::Projection { projection: "vector set", reason: format!("{} {what}", path.display()) }
}

/// Reading or writing a file failed.
pub(super) fn failed(path: &Path, doing: &str, source: io::Error) -> LakeError {
    LakeError::Io { context: format!("could not {doing} {}: {source}", path.display()), source }
}

/// A file that is read ended early, or could not be read.
pub(super) fn unreadable(path: &Path, source: io::Error) -> LakeError {
    if source.kind() == io::ErrorKind::UnexpectedEof {
        return damaged(path, "is shorter than it was written");
    }
    failed(path, "read", source)
}

/// There are no vectors of this model.
pub(super) fn no_such_set(model: &VectorModel) -> LakeError {
    LakeError::Projection {
        projection: "vector set",
        reason: format!("there are no vectors of the model {}", model.name),
    }
}

/// Whether a file that was expected is not there.
pub(super) fn is_missing(error: &LakeError) -> bool {
    matches!(error, LakeError::Io { source, .. } if source.kind() == io::ErrorKind::NotFound)
}
