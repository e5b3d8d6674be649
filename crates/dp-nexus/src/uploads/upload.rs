//! What an upload is to those who ask: its id, what was declared of it, and how far it is. Nothing is read or written.

use super::{FileName, StagingError};
use jiff::Timestamp;
use rand::{TryRng as _, rngs::SysRng};
use serde::{Serialize, Serializer};
use std::{fmt, str::FromStr};

/// Names an upload; nobody can guess one. 32 hexadecimal digits in text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct UploadId(pub [u8; 16]);

impl UploadId {
    pub(super) fn new() -> Result<Self, StagingError> {
        let mut bytes = [0; 16];
        SysRng.try_fill_bytes(&mut bytes).map_err(|_| StagingError::Io {
            context: "get random numbers from the operating system".to_owned(),
            source: std::io::ErrorKind::Other.into(),
        })?;
        Ok(Self(bytes))
    }
}

impl fmt::Display for UploadId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl FromStr for UploadId {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, &'static str> {
        let wrong = "an upload's id has 32 hexadecimal digits";
        // One spelling each, so that a folder's name and its id are the same.
        if text.len() != 32 || !text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f')) {
            return Err(wrong);
        }
        u128::from_str_radix(text, 16).map(|number| Self(number.to_be_bytes())).map_err(|_| wrong)
    }
}

impl Serialize for UploadId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// An upload that is to begin.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewUpload {
    /// What the file is called.
    pub name: FileName,
    /// Bytes it will have.
    pub length_bytes: u64,
    /// What the client says of it, as it is to be told again. Not looked at here.
    pub metadata: String,
}

/// How far an upload is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Upload {
    /// Its id.
    pub id: UploadId,
    /// What the file is called.
    pub name: FileName,
    /// Bytes it will have.
    pub length_bytes: u64,
    /// Bytes that are on disk.
    pub offset_bytes: u64,
    /// What the client said of it.
    pub metadata: String,
    /// When it began.
    pub created: Timestamp,
    /// When it will be removed, if nothing comes and nobody takes it.
    pub expires: Timestamp,
}

impl Upload {
    /// Whether all of it is on disk.
    #[must_use]
    pub fn is_finished(&self) -> bool {
        self.offset_bytes == self.length_bytes
    }
}
