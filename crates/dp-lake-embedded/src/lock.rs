//! One writing process a vault: an advisory lock on a file that says who holds it. The operating
//! system lets go of it when the process ends, however it ends.

use dp_lake::LakeError;
use std::{
    fs::{File, TryLockError},
    io::{Read, Seek, Write},
    path::Path,
};

/// Holds the vault for writing as long as it lives.
#[derive(Debug)]
pub(crate) struct WriteLock {
    _file: File,
}

impl WriteLock {
    /// Takes the lock.
    ///
    /// # Errors
    /// `Locked` if another process has it.
    pub(crate) fn take(directory: &Path) -> Result<Self, LakeError> {
        let path = directory.join("lock");
        let io = |source: std::io::Error| LakeError::Io {
            context: format!("could not lock {}: {source}", path.display()),
            source,
        };
        let mut file =
            File::options().read(true).write(true).create(true).truncate(false).open(&path).map_err(io)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                let mut holder = String::new();
                // Who it is only helps the message.
                let _ = file.take(20).read_to_string(&mut holder);
                return Err(LakeError::Locked {
                    path: directory.to_owned(),
                    holder: holder.trim().to_owned(),
                });
            }
            Err(TryLockError::Error(source)) => return Err(io(source)),
        }
        // On a full disk the number cannot be written; the lock holds all the same.
        let _ = file
            .set_len(0)
            .and_then(|()| file.rewind())
            .and_then(|()| writeln!(file, "{}", std::process::id()));
        Ok(Self { _file: file })
    }
}
