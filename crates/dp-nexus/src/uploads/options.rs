//! What uploads may take of the machine. Numbers only; nothing is read or written.

use std::time::Duration;

/// How a staging area behaves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StagingOptions {
    /// Bytes of the largest file.
    pub upload_bytes_max: u64,
    /// Uploads of an account that are not finished.
    pub unfinished_max: usize,
    /// Uploads of an account, the finished ones too, until they are taken or expire.
    pub uploads_max: usize,
    /// Bytes of all uploads of an account, as they will be when all are finished.
    pub account_bytes_max: u64,
    /// Bytes of the disk that uploads leave free.
    pub reserve_bytes: u64,
    /// How long an upload is kept after its last byte.
    pub expires_after: Duration,
    /// How long to wait for bytes of an upload before the request is ended. What came is kept.
    pub idle_timeout: Duration,
}

impl Default for StagingOptions {
    /// For the exports of one person: parts of 50 GB at most, some dozens of them.
    fn default() -> Self {
        Self {
            upload_bytes_max: 256 << 30,
            unfinished_max: 64,
            uploads_max: 1_000,
            account_bytes_max: 2 << 40,
            reserve_bytes: 2 << 30,
            expires_after: Duration::from_secs(7 * 24 * 60 * 60),
            idle_timeout: Duration::from_secs(60),
        }
    }
}
