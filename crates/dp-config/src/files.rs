//! `[files]`: what media and small pictures may take.

use serde::Deserialize;

/// Bounds on bytes that come in as they are, and on pictures that are made small.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Files {
    /// Bytes of the largest file that is taken as a blob.
    pub blob_bytes_max: u64,
    /// Pixels of the largest picture that is made small. One takes four bytes of memory for each meanwhile.
    pub picture_pixels_max: u64,
    /// Pictures that are made small at once.
    pub pictures_at_once: usize,
}

impl Default for Files {
    fn default() -> Self {
        Self { blob_bytes_max: 4 << 30, picture_pixels_max: 64_000_000, pictures_at_once: 1 }
    }
}

impl Files {
    pub(crate) fn validate(&self) -> Result<(), String> {
        let checks = [
            ("files.blob_bytes_max", self.blob_bytes_max),
            ("files.picture_pixels_max", self.picture_pixels_max),
            ("files.pictures_at_once", self.pictures_at_once as u64),
        ];
        match checks.into_iter().find(|(_, value)| *value == 0) {
            Some((key, _)) => Err(format!("{key} is 0 and must be at least 1")),
            None => Ok(()),
        }
    }
}
