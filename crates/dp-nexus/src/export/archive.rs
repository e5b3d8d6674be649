//! The zip: files are written one after the other and never gone back to, with sizes behind them, so that it can be sent while
//! it is made; each may be larger than 4 GiB.

use super::{ExportError, ExportedFile};
use serde::Serialize;
use std::io::{self, BufWriter, Write};
use zip::{
    CompressionMethod, ZipWriter,
    write::{SimpleFileOptions, StreamWriter},
};

/// Bytes that are written at once.
const STEP_BYTES: usize = 64 << 10;

/// A zip that is being written.
pub(super) struct Archive<W: Write> {
    zip: ZipWriter<StreamWriter<BufWriter<W>>>,
    files: Vec<ExportedFile>,
    line: Vec<u8>,
}

impl<W: Write> Archive<W> {
    pub(super) fn new(output: W) -> Self {
        let output = BufWriter::with_capacity(STEP_BYTES, output);
        Self { zip: ZipWriter::new_stream(output), files: Vec::new(), line: Vec::new() }
    }

    /// The files that were written.
    pub(super) fn files(&self) -> &[ExportedFile] {
        &self.files
    }

    /// Begins a file.
    pub(super) fn begin(&mut self, name: &str) -> Result<(), ExportError> {
        let options = SimpleFileOptions::default()
            .compression_method(CompressionMethod::Deflated)
            .large_file(true)
            .unix_permissions(0o600);
        self.zip.start_file(name, options)?;
        self.files.push(ExportedFile { name: name.to_owned(), records: 0 });
        Ok(())
    }

    /// Adds a line of JSON.
    pub(super) fn line(&mut self, value: &impl Serialize) -> Result<(), ExportError> {
        let mut line = std::mem::take(&mut self.line);
        line.clear();
        serde_json::to_writer(&mut line, value).map_err(io::Error::from)?;
        line.push(b'\n');
        self.record(&line)?;
        self.line = line;
        Ok(())
    }

    /// Adds the bytes of one record.
    pub(super) fn record(&mut self, bytes: &[u8]) -> Result<(), ExportError> {
        self.bytes(bytes)?;
        if let Some(file) = self.files.last_mut() {
            file.records += 1;
        }
        Ok(())
    }

    /// Adds bytes that are no record.
    pub(super) fn bytes(&mut self, bytes: &[u8]) -> Result<(), ExportError> {
        Ok(self.zip.write_all(bytes)?)
    }

    /// Ends a file; the next one begins another.
    pub(super) fn end(&mut self) -> Result<(), ExportError> {
        Ok(self.zip.flush()?)
    }

    /// Writes a file of text, which is no record.
    pub(super) fn text(&mut self, name: &str, text: &str) -> Result<(), ExportError> {
        self.begin(name)?;
        self.bytes(text.as_bytes())?;
        self.files.pop();
        Ok(())
    }

    /// Writes the directory, down to the output.
    pub(super) fn finish(self) -> Result<(), ExportError> {
        let mut output = self.zip.finish()?.into_inner();
        Ok(output.flush()?)
    }
}
