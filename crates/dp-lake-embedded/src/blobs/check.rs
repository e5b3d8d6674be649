//! Looking the files over: what should be there and is not, or is something else.

use super::{BUFFER_BYTES, BlobFiles};
use dp_lake::Blob;
use std::io::Read as _;

/// Problems that are named one by one.
const NAMED_MAX: usize = 20;

impl BlobFiles {
    /// What is wrong with these blobs; `thorough` reads every byte.
    pub(crate) fn check(&self, blobs: &[Blob], thorough: bool) -> Vec<String> {
        let mut problems: Vec<String> = blobs.iter().filter_map(|blob| self.fault(blob, thorough)).collect();
        let unnamed = problems.len().saturating_sub(NAMED_MAX);
        problems.truncate(NAMED_MAX);
        if unnamed > 0 {
            problems.push(format!("{unnamed} more blobs are missing or damaged"));
        }
        problems
    }

    fn fault(&self, blob: &Blob, thorough: bool) -> Option<String> {
        let healed = "storing the same bytes again heals it";
        let mut bytes = match self.read(blob.hash, blob.size_bytes, 0..blob.size_bytes) {
            Ok(bytes) => bytes,
            Err(dp_lake::LakeError::Corrupt(reason)) => return Some(format!("{reason}; {healed}")),
            Err(error) => return Some(error.to_string()),
        };
        if !thorough {
            return None;
        }
        let mut buffer = vec![0; BUFFER_BYTES];
        loop {
            match bytes.read(&mut buffer) {
                Ok(0) => return None,
                Ok(_) => {}
                Err(error) => return Some(format!("{error}; {healed}")),
            }
        }
    }
}
