//! The data of one zip entry, stored or deflated, read through a buffer that its reader keeps from
//! entry to entry: a small entry costs one read, a large one is read in large steps.

use crate::{
    ArchiveError,
    stream::{limited, read_file},
};
use flate2::{Decompress, FlushDecompress, Status};
use std::io::{Seek, SeekFrom};

const BUFFER_BYTES: usize = 256 << 10;
const LOCAL_HEADER_BYTES: usize = 30;

/// The data of a zip entry, stored or deflated.
#[derive(Debug)]
pub(crate) struct PackedFile<'r> {
    file: &'r std::fs::File,
    input: &'r mut Vec<u8>,
    /// The unread part of `input`.
    from: usize,
    to: usize,
    /// Compressed bytes not yet in `input`.
    left: u64,
    /// How much of `input` to fill at a time.
    chunk_bytes: usize,
    inflate: Option<&'r mut Decompress>,
    ended: bool,
}

impl<'r> PackedFile<'r> {
    pub(crate) fn new(
        file: &'r std::fs::File,
        input: &'r mut Vec<u8>,
        inflate: Option<&'r mut Decompress>,
    ) -> Self {
        input.resize(BUFFER_BYTES, 0);
        Self { file, input, from: 0, to: 0, left: 0, chunk_bytes: BUFFER_BYTES, inflate, ended: false }
    }

    /// Reads the local header together with the first data and stands at the data.
    pub(crate) fn seek_to_data(
        &mut self,
        header_at: u64,
        packed_bytes: u64,
        bound: u64,
        chunk_bytes: usize,
        path: &str,
    ) -> Result<(), ArchiveError> {
        self.chunk_bytes = chunk_bytes.min(self.input.len());
        self.file.seek(SeekFrom::Start(header_at)).map_err(|error| ArchiveError::io(path, error))?;
        let room_bytes = bound.saturating_sub(header_at);
        self.fill(self.chunk_bytes, room_bytes, path)?;
        let mut data_from = self.find_data(path)?;
        if data_from > self.to {
            // Names and extra fields of two times 64 KiB fit the whole buffer.
            self.fill(self.input.len(), room_bytes - self.to as u64, path)?;
            data_from = self.find_data(path)?;
        }
        if data_from > self.to || (data_from as u64).saturating_add(packed_bytes) > room_bytes {
            return Err(ArchiveError::damaged(path, "its data runs into what follows it"));
        }
        let held_bytes = ((self.to - data_from) as u64).min(packed_bytes);
        self.from = data_from;
        self.to = data_from + held_bytes as usize;
        self.left = packed_bytes - held_bytes;
        // Some packers deflate nothing to nothing.
        self.ended = packed_bytes == 0;
        // What is left lies right behind what was just read.
        Ok(())
    }

    /// Offset of the data in `input`, from the local header at its start.
    fn find_data(&self, path: &str) -> Result<usize, ArchiveError> {
        let header = self
            .input
            .get(..LOCAL_HEADER_BYTES)
            .filter(|header| self.to >= LOCAL_HEADER_BYTES && header.starts_with(b"PK\x03\x04"))
            .ok_or_else(|| ArchiveError::damaged(path, "its local header is not where the directory says"))?;
        let number = |at: usize| usize::from(u16::from_le_bytes([header[at], header[at + 1]]));
        Ok(LOCAL_HEADER_BYTES + number(26) + number(28))
    }

    /// Appends to `input` until it holds `want` bytes, or `room_bytes` more, or the file ends.
    fn fill(&mut self, want: usize, room_bytes: u64, path: &str) -> Result<(), ArchiveError> {
        let room = usize::try_from(room_bytes).unwrap_or(usize::MAX);
        let end = want.min(self.to.saturating_add(room)).min(self.input.len());
        while self.to < end {
            match read_file(self.file, &mut self.input[self.to..end], path)? {
                0 => break,
                count => self.to += count,
            }
        }
        Ok(())
    }

    /// Gives the next inflated bytes; 0 only at the end.
    pub(crate) fn read_some(&mut self, out: &mut [u8], path: &str) -> Result<usize, ArchiveError> {
        if self.inflate.is_some() { self.read_deflated(out, path) } else { self.read_stored(out, path) }
    }

    fn read_stored(&mut self, out: &mut [u8], path: &str) -> Result<usize, ArchiveError> {
        let held = self.to - self.from;
        if held > 0 {
            let count = held.min(out.len());
            out[..count].copy_from_slice(&self.input[self.from..self.from + count]);
            self.from += count;
            return Ok(count);
        }
        let count = read_file(self.file, limited(out, self.left), path)?;
        if count == 0 && self.left > 0 {
            return Err(ArchiveError::truncated(path, format!("{} bytes are missing", self.left)));
        }
        self.left -= count as u64;
        Ok(count)
    }

    fn read_deflated(&mut self, out: &mut [u8], path: &str) -> Result<usize, ArchiveError> {
        while !self.ended {
            if self.from == self.to && self.left > 0 {
                self.refill(path)?;
            }
            let Some(inflate) = self.inflate.as_mut() else { return Ok(0) };
            let (in_before, out_before) = (inflate.total_in(), inflate.total_out());
            let status = inflate
                .decompress(&self.input[self.from..self.to], out, FlushDecompress::None)
                .map_err(|error| ArchiveError::damaged(path, format!("deflate: {error}")))?;
            let consumed = (inflate.total_in() - in_before) as usize;
            let produced = (inflate.total_out() - out_before) as usize;
            self.from += consumed;
            self.ended = matches!(status, Status::StreamEnd);
            if produced > 0 {
                return Ok(produced);
            }
            if !self.ended && consumed == 0 && (self.from < self.to || self.left == 0) {
                return Err(ArchiveError::damaged(path, "the deflate stream ends early"));
            }
        }
        Ok(0)
    }

    fn refill(&mut self, path: &str) -> Result<(), ArchiveError> {
        self.from = 0;
        self.to = 0;
        self.fill(self.chunk_bytes, self.left, path)?;
        if self.to == 0 {
            return Err(ArchiveError::truncated(path, format!("{} bytes are missing", self.left)));
        }
        self.left -= self.to as u64;
        Ok(())
    }
}
