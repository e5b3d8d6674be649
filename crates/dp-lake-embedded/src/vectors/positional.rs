//! Reads at an offset without moving the file's position, so that threads share one open file.

use std::{fs::File, io};

/// Fills `buffer` with the bytes from `offset` on.
///
/// # Errors
/// `UnexpectedEof` if the file ends before; whatever the operating system says.
#[cfg(unix)]
pub(super) fn read_exact_at(file: &File, buffer: &mut [u8], offset: u64) -> io::Result<()> {
    std::os::unix::fs::FileExt::read_exact_at(file, buffer, offset)
}

/// Fills `buffer` with the bytes from `offset` on.
///
/// # Errors
/// `UnexpectedEof` if the file ends before; whatever the operating system says.
#[cfg(windows)]
pub(super) fn read_exact_at(file: &File, mut buffer: &mut [u8], mut offset: u64) -> io::Result<()> {
    while !buffer.is_empty() {
        match std::os::windows::fs::FileExt::seek_read(file, buffer, offset)? {
            0 => return Err(io::ErrorKind::UnexpectedEof.into()),
            read => {
                buffer = &mut buffer[read..];
                offset += read as u64;
            }
        }
    }
    Ok(())
}
