//! SHA-256 of files, as their sources publish it.

use super::ModelError;
use sha2::{Digest as _, Sha256};
use std::{io::Read as _, path::Path};

/// Bytes read at once.
const PIECE: usize = 1 << 20;

/// Hexadecimal SHA-256 of a file.
pub(super) fn of_file(path: &Path) -> Result<String, ModelError> {
    let mut file = fs_err::File::open(path).map_err(ModelError::io(path))?;
    let (mut state, mut piece) = (Sha256::new(), vec![0; PIECE]);
    loop {
        match file.read(&mut piece).map_err(ModelError::io(path))? {
            0 => return Ok(state.finalize().iter().map(|byte| format!("{byte:02x}")).collect()),
            count => state.update(&piece[..count]),
        }
    }
}
