//! A blob that is read from front to back and compared with its hash on the way: its end is an error if the bytes
//! are others.

use dp_model::BlobHash;
use std::io::{Error, ErrorKind, Read, Result};

/// Bytes that should have this hash.
pub(super) struct Verified<R> {
    inner: R,
    hash: BlobHash,
    hasher: Box<blake3::Hasher>,
}

impl<R: Read> Verified<R> {
    pub(super) fn new(inner: R, hash: BlobHash) -> Self {
        Self { inner, hash, hasher: Box::default() }
    }
}

impl<R: Read> Read for Verified<R> {
    fn read(&mut self, out: &mut [u8]) -> Result<usize> {
        let count = self.inner.read(out)?;
        if count > 0 {
            self.hasher.update(&out[..count]);
        } else if !out.is_empty() && self.hasher.finalize().as_bytes() != &self.hash.0 {
            let reason =
                format!("the blob {} is damaged: its bytes are not those that were stored", self.hash);
            return Err(Error::new(ErrorKind::InvalidData, reason));
        }
        Ok(count)
    }
}
