//! What is said of blobs: bytes that are named by their hash.

use dp_model::BlobHash;
use serde::{Deserialize, Serialize};

/// Bytes that are stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Blob {
    /// The BLAKE3 hash of the bytes.
    pub hash: BlobHash,
    /// How many they are.
    pub size_bytes: u64,
    /// When they were last put, microseconds since 1970 UTC.
    pub stored_us: i64,
}

/// What was removed because nothing refers to it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RemovedBlobs {
    /// Blobs.
    pub blobs: u64,
    /// Their bytes.
    pub bytes: u64,
}
