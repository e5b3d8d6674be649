//! What a backup says of itself: the header, which comes first, and the list of its files, which comes last and without which
//! it is none.

use serde::{Deserialize, Serialize};

/// The format that this program writes.
pub const FORMAT: u32 = 1;
/// The header's name in the backup.
pub(crate) const HEADER: &str = "datapunk-backup.json";
/// The list's name in the backup.
pub(crate) const LIST: &str = "manifest.json";
/// What stands before the names of files.
pub(crate) const DATA: &str = "data/";
/// Bytes of the longest header that is read.
pub(crate) const HEADER_BYTES_MAX: u64 = 256 << 10;
/// Files of one backup at most; their names and hashes are kept in memory.
pub(crate) const FILES_MAX: usize = 2_000_000;
/// Bytes of the longest list that is read.
pub(crate) const LIST_BYTES_MAX: u64 = 1 << 30;

/// What is said of a backup before its files.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Header {
    /// See [`FORMAT`].
    pub format: u32,
    /// Version of the program that made it.
    pub program: String,
    /// When, UTC, as RFC 3339.
    pub created: String,
    /// Names of models that are used and not in it: they can be pulled again.
    pub models: Vec<String>,
    /// What was left out though it is in the data directory, such as indexes.
    pub left_out: Vec<String>,
}

/// A file in the list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Listed {
    /// Its name, `/` between folders.
    pub(crate) name: String,
    /// Its bytes.
    pub(crate) size_bytes: u64,
    /// BLAKE3 of its content, hexadecimal.
    pub(crate) hash: String,
}

/// The list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct List {
    pub(crate) files: Vec<Listed>,
}

/// What is in a backup.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Contents {
    /// What it says of itself.
    pub header: Header,
    /// Files in it.
    pub files: u64,
    /// Bytes of the files.
    pub content_bytes: u64,
    /// Bytes of the backup itself.
    pub size_bytes: u64,
    /// Whether it is encrypted.
    pub is_encrypted: bool,
}
