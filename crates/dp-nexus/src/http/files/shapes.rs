//! The shapes of blobs.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Bytes that are stored.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = Blob)]
pub(super) struct BlobView {
    /// The BLAKE3 hash of the bytes, 64 hexadecimal digits: names them.
    pub(super) hash: String,
    /// How many there are.
    pub(super) size_bytes: u64,
    /// What they are, by the bytes themselves.
    pub(super) media_type: String,
}
