//! The inflated bytes of a gzip file, front to back, with a count of compressed bytes used.

use crate::ArchiveError;
use flate2::bufread::MultiGzDecoder;
use fs_err::File;
use std::io::{self, BufRead, BufReader, Read};

const INPUT_BYTES: usize = 256 << 10;
const SCRATCH_BYTES: usize = 64 << 10;

/// A buffered file that counts what was taken from it.
#[derive(Debug)]
pub(crate) struct Counted {
    inner: BufReader<File>,
    taken_bytes: u64,
}

impl Read for Counted {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let count = self.inner.read(out)?;
        self.taken_bytes += count as u64;
        Ok(count)
    }
}

impl BufRead for Counted {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        self.inner.fill_buf()
    }

    fn consume(&mut self, count: usize) {
        self.taken_bytes += count as u64;
        self.inner.consume(count);
    }
}

/// A place in the inflated stream that only moves forward.
#[derive(Debug)]
pub(crate) struct GzipCursor {
    pub(crate) container: usize,
    name: String,
    stream: MultiGzDecoder<Counted>,
    offset: u64,
}

impl GzipCursor {
    pub(crate) fn new(container: usize, name: &str, file: File) -> Self {
        let inner = BufReader::with_capacity(INPUT_BYTES, file);
        let stream = MultiGzDecoder::new(Counted { inner, taken_bytes: 0 });
        Self { container, name: name.to_owned(), stream, offset: 0 }
    }

    /// Inflated bytes given so far.
    pub(crate) fn offset(&self) -> u64 {
        self.offset
    }

    /// Compressed bytes used so far.
    pub(crate) fn taken_bytes(&self) -> u64 {
        self.stream.get_ref().taken_bytes
    }

    pub(crate) fn skip_to(&mut self, offset: u64) -> Result<(), ArchiveError> {
        let mut scratch = vec![0; SCRATCH_BYTES];
        while self.offset < offset {
            let want =
                usize::try_from(offset - self.offset).map_or(SCRATCH_BYTES, |left| left.min(SCRATCH_BYTES));
            if self.read_some(&mut scratch[..want])? == 0 {
                return Err(ArchiveError::truncated(&self.name, "the gzip stream ends early"));
            }
        }
        Ok(())
    }

    /// Reads what is at hand, telling a short stream from a damaged one; 0 only at the end.
    pub(crate) fn read_some(&mut self, out: &mut [u8]) -> Result<usize, ArchiveError> {
        loop {
            match self.stream.read(out) {
                Ok(count) => {
                    self.offset += count as u64;
                    return Ok(count);
                }
                Err(error) => match error.kind() {
                    io::ErrorKind::Interrupted => {}
                    io::ErrorKind::UnexpectedEof => {
                        return Err(ArchiveError::truncated(&self.name, "the gzip stream ends early"));
                    }
                    io::ErrorKind::InvalidInput | io::ErrorKind::InvalidData => {
                        return Err(ArchiveError::damaged(&self.name, format!("gzip: {error}")));
                    }
                    _ => return Err(ArchiveError::io(&self.name, error)),
                },
            }
        }
    }
}
