//! Writes an export as its provider delivers it: zip parts as streams with data descriptors, a gzip
//! tar, or loose files. Entry dates are fixed, so that the same life gives the same bytes.

use crate::LifegenError;
use crate::answers::{ExportAnswer, FileAnswer};
use crate::truth::{Found, Truth};
use flate2::{Compression, GzBuilder, write::GzEncoder};
use fs_err::File;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use zip::write::{SimpleFileOptions, StreamWriter};
use zip::{CompressionMethod, DateTime, ZipWriter};

type Output = BufWriter<File>;

enum Part {
    Zip(Box<ZipWriter<StreamWriter<Output>>>),
    Tgz(Box<tar::Builder<GzEncoder<Output>>>),
    Loose,
}

/// An export in the making.
pub(crate) struct Export<'a> {
    directory: PathBuf,
    answer: ExportAnswer,
    pub(crate) truth: Truth,
    part: Part,
    large: bool,
    announce: &'a (dyn Fn(String) + Sync),
}

impl<'a> Export<'a> {
    /// An export of this name; `large` if an entry may pass 4 GiB.
    pub(crate) fn new(
        directory: &Path,
        name: &str,
        large: bool,
        announce: &'a (dyn Fn(String) + Sync),
    ) -> Self {
        let answer = ExportAnswer { name: name.to_owned(), parts: Vec::new(), files: Vec::new() };
        let part = Part::Loose;
        Self { directory: directory.to_owned(), answer, truth: Truth::default(), part, large, announce }
    }

    /// Ends the part in hand and begins the next: a zip or a gzip tar by its extension.
    pub(crate) fn begin_part(&mut self, suffix: &str) -> Result<(), LifegenError> {
        self.end_part()?;
        let file_name = format!("{}{suffix}", self.answer.name);
        let file = BufWriter::with_capacity(1 << 18, File::create(self.directory.join(&file_name))?);
        self.part = if suffix.ends_with(".tgz") {
            // A fixed modification time keeps the bytes the same.
            let gzip = GzBuilder::new().mtime(0).write(file, Compression::new(6));
            Part::Tgz(Box::new(tar::Builder::new(gzip)))
        } else {
            Part::Zip(Box::new(ZipWriter::new_stream(file)))
        };
        self.answer.parts.push(file_name);
        Ok(())
    }

    fn end_part(&mut self) -> Result<(), LifegenError> {
        match std::mem::replace(&mut self.part, Part::Loose) {
            Part::Zip(zip) => zip.finish()?.into_inner().flush()?,
            Part::Tgz(tar) => tar.into_inner()?.finish()?.flush()?,
            Part::Loose => {}
        }
        Ok(())
    }

    /// Writes an entry; its content and what is found in it come from `fill`.
    pub(crate) fn entry(
        &mut self,
        path: &str,
        variant: &str,
        fill: impl FnOnce(&mut dyn Write, &mut Found<'_>) -> io::Result<()>,
    ) -> Result<(), LifegenError> {
        (self.announce)(format!("{}: {path}", self.answer.name));
        let full_path =
            if matches!(self.part, Part::Loose) { path.to_owned() } else { format!("Takeout/{path}") };
        let mut found = Found::new(&mut self.truth, full_path.clone(), variant);
        match &mut self.part {
            Part::Zip(zip) => {
                zip.start_file(full_path, options(self.large))?;
                let mut out = BufWriter::with_capacity(1 << 16, &mut **zip);
                fill(&mut out, &mut found)?;
                out.flush()?;
            }
            Part::Tgz(tar) => {
                let mut bytes = Vec::new();
                fill(&mut bytes, &mut found)?;
                let mut header = tar::Header::new_gnu();
                header.set_size(bytes.len() as u64);
                header.set_mode(0o644);
                header.set_mtime(315_532_800);
                header.set_cksum();
                tar.append_data(&mut header, full_path, &*bytes)?;
            }
            Part::Loose => {
                let mut out = BufWriter::with_capacity(1 << 16, File::create(self.directory.join(path))?);
                fill(&mut out, &mut found)?;
                out.flush()?;
                self.answer.parts.push(path.to_owned());
            }
        }
        let answer = found.into_answer();
        self.keep(answer);
        Ok(())
    }

    /// One answer per path: a file that lies in two parts is one file in two copies.
    fn keep(&mut self, answer: FileAnswer) {
        match self.answer.files.iter_mut().find(|known| known.path == answer.path) {
            Some(known) => known.copies += 1,
            None => self.answer.files.push(answer),
        }
    }

    /// Writes a small entry whose bytes are at hand.
    pub(crate) fn small(
        &mut self,
        path: &str,
        variant: &str,
        bytes: &[u8],
        note: impl FnOnce(&mut Found<'_>),
    ) -> Result<(), LifegenError> {
        self.entry(path, variant, |out, found| {
            note(found);
            out.write_all(bytes)
        })
    }

    /// Ends the export.
    pub(crate) fn finish(mut self) -> Result<(ExportAnswer, Truth), LifegenError> {
        self.end_part()?;
        Ok((self.answer, self.truth))
    }
}

fn options(large: bool) -> SimpleFileOptions {
    SimpleFileOptions::default()
        .compression_method(CompressionMethod::Deflated)
        .compression_level(Some(1))
        .last_modified_time(DateTime::default())
        .unix_permissions(0o644)
        .large_file(large)
}
