//! Reads entries as bounded streams: one reader per worker thread, buffers and open files kept from
//! entry to entry. Nothing is ever unpacked to disk.

use crate::{
    ArchiveError, ContainerKind, Entry, Export,
    export::{Place, since_1970_us},
    gzip::GzipCursor,
    packed::PackedFile,
    stream::{Checks, EntryStream, Source},
};
use dp_model::BlobHash;
use flate2::Decompress;
use fs_err::File;
use std::{
    io::{self, Read, Seek, SeekFrom},
    path::PathBuf,
};

/// How many first bytes of an entry [`Reader::head`] gives at most.
pub const HEAD_BYTES: usize = 64 << 10;

const INPUT_BYTES: usize = 256 << 10;
const HEAD_INPUT_BYTES: usize = 32 << 10;
const OPEN_FILES: usize = 8;
const SAMPLE_BYTES: u64 = 4096;

/// Reads entries of one export. Costs nothing until the first entry is opened.
#[derive(Debug)]
pub struct Reader<'e> {
    export: &'e Export,
    /// Container files in use, the latest last.
    files: Vec<(usize, File)>,
    input: Vec<u8>,
    inflate: Decompress,
    cursor: Option<GzipCursor>,
}

impl<'e> Reader<'e> {
    pub(crate) fn new(export: &'e Export) -> Self {
        Self { export, files: Vec::new(), input: Vec::new(), inflate: Decompress::new(false), cursor: None }
    }

    /// The same with a gzip stream that stands somewhere already.
    pub(crate) fn with_cursor(mut self, cursor: Option<GzipCursor>) -> Self {
        self.cursor = cursor;
        self
    }

    /// First bytes of an entry, at most [`HEAD_BYTES`], for recognition. Fewer if the entry turns out
    /// damaged after some bytes: reading it will say so.
    ///
    /// # Errors
    /// If the entry is refused, or not one byte of it can be read.
    pub fn head(&mut self, entry: usize) -> Result<Vec<u8>, ArchiveError> {
        if let Some(head) = self.export.heads.get(&entry) {
            return Ok(head.to_vec());
        }
        let mut stream = self.start(entry, HEAD_INPUT_BYTES)?;
        let expected =
            stream.declared_bytes().map_or(HEAD_BYTES as u64, |bytes| bytes.min(HEAD_BYTES as u64));
        let mut head = Vec::with_capacity(usize::try_from(expected).unwrap_or(0) + 1);
        match stream.by_ref().take(HEAD_BYTES as u64).read_to_end(&mut head) {
            Err(_) if !head.is_empty() => Ok(head),
            Err(error) => Err(stream.into_error(error)),
            Ok(_) => Ok(head),
        }
    }

    /// Streams the inflated bytes of an entry.
    ///
    /// Entries of a compressed tar are cheap in ascending order only: going back begins anew at the
    /// front of the archive. Read with buffers of 64 KiB or more; stored entries and files are not
    /// buffered again.
    ///
    /// # Errors
    /// If the entry is refused or its beginning cannot be read. What goes wrong later comes as
    /// [`io::Error`] from the stream: see [`ArchiveError::find_in`].
    pub fn open(&mut self, entry: usize) -> Result<EntryStream<'_>, ArchiveError> {
        let export = self.export;
        let mut stream = self.start(entry, INPUT_BYTES)?;
        stream.count_into(&export.inflated_bytes);
        Ok(stream)
    }

    fn start(&mut self, index: usize, input_bytes: usize) -> Result<EntryStream<'_>, ArchiveError> {
        let export = self.export;
        let (entry, place) = export.find_entry(index)?;
        let label = export.label(index);
        if let Some(reason) = &entry.refused {
            return Err(ArchiveError::Refused { path: label, reason: reason.clone() });
        }
        let mut checks = Checks::new(label, entry, &export.limits);
        let source = match *place {
            Place::Nowhere => return Err(ArchiveError::NoSuchEntry { index }),
            Place::Zip { header_at, packed_bytes, bound, deflated } => {
                checks.packed_bytes = Some(packed_bytes);
                let slot = self.container_file(entry.container)?;
                self.inflate.reset(false);
                let (_, file) = &self.files[slot];
                let inflate = deflated.then_some(&mut self.inflate);
                let mut packed = PackedFile::new(file.file(), &mut self.input, inflate);
                packed.seek_to_data(header_at, packed_bytes, bound, input_bytes, &checks.path)?;
                Source::Zip(packed)
            }
            Place::Tar { data_at } if self.is_sequential(entry) => Source::Gzip {
                cursor: self.cursor_at(entry.container, data_at)?,
                left: entry.size_bytes.unwrap_or(0),
            },
            Place::Tar { data_at } => {
                let slot = self.container_file(entry.container)?;
                let (_, file) = &mut self.files[slot];
                file.seek(SeekFrom::Start(data_at)).map_err(|error| ArchiveError::io(&checks.path, error))?;
                Source::Part { file: file.file(), left: entry.size_bytes.unwrap_or(0) }
            }
            Place::File | Place::FileAt(_) => Source::File(self.open_file(entry, place)?),
        };
        Ok(EntryStream::new(source, checks))
    }

    fn is_sequential(&self, entry: &Entry) -> bool {
        self.export.containers[entry.container].kind == ContainerKind::TarGz
    }

    /// The position in `files` of a container's file, opened if it is not.
    fn container_file(&mut self, container: usize) -> Result<usize, ArchiveError> {
        if let Some(slot) = self.files.iter().position(|(number, _)| *number == container) {
            let file = self.files.remove(slot);
            self.files.push(file);
            return Ok(self.files.len() - 1);
        }
        let file = self.open_container(container)?;
        if self.files.len() >= OPEN_FILES {
            self.files.remove(0);
        }
        self.files.push((container, file));
        Ok(self.files.len() - 1)
    }

    fn open_container(&self, container: usize) -> Result<File, ArchiveError> {
        let container = &self.export.containers[container];
        let failed = |error| ArchiveError::at(&container.path, error);
        let file = File::open(&container.path).map_err(failed)?;
        let metadata = file.metadata().map_err(failed)?;
        if metadata.len() != container.size_bytes {
            return Err(ArchiveError::Changed { path: container.path.display().to_string() });
        }
        Ok(file)
    }

    fn cursor_at(&mut self, container: usize, offset: u64) -> Result<&mut GzipCursor, ArchiveError> {
        let usable =
            self.cursor.take().filter(|cursor| cursor.container == container && cursor.offset() <= offset);
        let mut cursor = match usable {
            Some(cursor) => cursor,
            None => {
                let name = &self.export.containers[container].name;
                GzipCursor::new(container, name, self.open_container(container)?)
            }
        };
        cursor.skip_to(offset)?;
        Ok(self.cursor.insert(cursor))
    }

    fn file_path(&self, entry: &Entry, place: &Place) -> PathBuf {
        match place {
            Place::FileAt(path) => path.to_path_buf(),
            _ => self.export.roots[entry.container].join(&entry.path),
        }
    }

    /// Opens a file of its own, unless something else has taken its place since the folder was read.
    fn open_file(&self, entry: &Entry, place: &Place) -> Result<File, ArchiveError> {
        let path = self.file_path(entry, place);
        let failed = |error| ArchiveError::at(&path, error);
        let changed = || ArchiveError::Changed { path: path.display().to_string() };
        if !fs_err::symlink_metadata(&path).map_err(failed)?.is_file() {
            return Err(changed());
        }
        let file = File::open(&path).map_err(failed)?;
        let metadata = file.metadata().map_err(failed)?;
        if !metadata.is_file() || Some(metadata.len()) != entry.size_bytes {
            return Err(changed());
        }
        Ok(file)
    }

    /// Stands in for a checksum: hash of the first and last bytes, and of a file's time of change.
    /// What cannot be read hashes as empty.
    pub(crate) fn sample_hash(&mut self, index: usize) -> BlobHash {
        BlobHash::of(&self.sample(index).unwrap_or_default())
    }

    fn sample(&mut self, index: usize) -> Result<Vec<u8>, ArchiveError> {
        let export = self.export;
        let (entry, place) = export.find_entry(index)?;
        let size_bytes = entry.size_bytes.unwrap_or(0);
        let mut sample = Vec::new();
        let failed = |error| ArchiveError::io(&entry.path, error);
        match place {
            Place::File | Place::FileAt(_) => {
                let mut file = self.open_file(entry, place)?;
                let modified = file.metadata().and_then(|metadata| metadata.modified()).map_err(failed)?;
                sample.extend_from_slice(&since_1970_us(modified).unwrap_or(0).to_le_bytes());
                read_ends(&mut file, 0, size_bytes, &mut sample).map_err(failed)?;
            }
            Place::Tar { data_at } if !self.is_sequential(entry) => {
                let slot = self.container_file(entry.container)?;
                let (_, file) = &mut self.files[slot];
                read_ends(file, *data_at, size_bytes, &mut sample).map_err(failed)?;
            }
            _ => sample = self.head(index)?,
        }
        Ok(sample)
    }
}

fn read_ends(file: &mut File, from: u64, size_bytes: u64, sample: &mut Vec<u8>) -> io::Result<()> {
    file.seek(SeekFrom::Start(from))?;
    file.by_ref().take(size_bytes.min(SAMPLE_BYTES)).read_to_end(sample)?;
    let tail_bytes = size_bytes.saturating_sub(SAMPLE_BYTES).min(SAMPLE_BYTES);
    if tail_bytes > 0 {
        file.seek(SeekFrom::Start(from.saturating_add(size_bytes - tail_bytes)))?;
        file.by_ref().take(tail_bytes).read_to_end(sample)?;
    }
    Ok(())
}
