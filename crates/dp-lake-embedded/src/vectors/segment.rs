//! A segment: vectors of documents in order of row, in a file that is written whole once. Rows and bits
//! are held in memory; the rest is read where it is asked for, by position and not through a memory map:
//! a map's pages would count as the program's memory, and a file cut short would end it. A read takes
//! less than a microsecond, and a search makes some hundred of them.
//!
//! File: magic, records, rows, bits, bare rows (with hashes), footer. All numbers are little-endian.

use super::{
    failure::{damaged, failed, unreadable},
    positional::read_exact_at,
    quantise::{append_bits, words_of},
};
use dp_lake::{LakeError, Passage};
use std::{
    fs::File,
    io::{BufWriter, Write as _},
    path::{Path, PathBuf},
    sync::Arc,
};

/// First and near-last bytes of every segment.
const MAGIC: [u8; 8] = *b"DPVECTOR";
/// Raised when the layout or the rotation changes.
pub(super) const FORMAT: u32 = 1;
/// Sections with a hash each: records, rows, bits, bare rows.
const SECTIONS: usize = 4;
/// Magic, format, width, vectors, bare documents; a hash for each section, and one of all this.
const FOOTER_BYTES: usize = 8 + 4 * 4 + 32 * SECTIONS + 32;
/// Before the values of a vector: hash of its document, passage, scale.
pub(super) const RECORD_HEAD_BYTES: usize = 8 + 4 + 4 + 4;
/// Bytes read or written in one go.
const CHUNK_BYTES: usize = 1 << 18;

/// The first bytes of a document's content hash: enough to tell its versions apart.
pub(super) type ShortHash = [u8; 8];

/// What is stored of a vector on disk.
#[derive(Debug, Clone, Copy)]
pub(super) struct Record<'a> {
    pub(super) hash: ShortHash,
    pub(super) passage: Passage,
    pub(super) scale: f32,
    pub(super) values: &'a [u8],
}

impl<'a> Record<'a> {
    /// Takes a record's bytes apart.
    pub(super) fn of(bytes: &'a [u8]) -> Self {
        let four = |at: usize| [bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]];
        let mut hash = ShortHash::default();
        hash.copy_from_slice(&bytes[..8]);
        Self {
            hash,
            passage: Passage { start: u32::from_le_bytes(four(8)), end: u32::from_le_bytes(four(12)) },
            scale: f32::from_le_bytes(four(16)),
            values: &bytes[RECORD_HEAD_BYTES..],
        }
    }

    /// Appends all but the values.
    pub(super) fn append_head(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.hash);
        out.extend_from_slice(&self.passage.start.to_le_bytes());
        out.extend_from_slice(&self.passage.end.to_le_bytes());
        out.extend_from_slice(&self.scale.to_le_bytes());
    }
}

/// An open segment.
#[derive(Debug)]
pub(super) struct Segment {
    path: PathBuf,
    file: File,
    width: usize,
    /// For each vector, the row of its document; ascending.
    pub(super) rows: Vec<u32>,
    /// For each vector, its bits.
    pub(super) bits: Vec<u64>,
    /// Documents without any vector; ascending.
    pub(super) bare: Vec<u32>,
    /// Hash of the footer, and so of everything in the file.
    pub(super) hash: [u8; 32],
}

impl Segment {
    /// Opens a segment that was written with this footer, and checks what is held in memory.
    ///
    /// # Errors
    /// `Projection` if it is damaged, `Io` if it is not there or can't be read.
    pub(super) fn open(path: &Path, width: usize, hash: &[u8; 32]) -> Result<Self, LakeError> {
        let file = File::open(path).map_err(|source| failed(path, "open", source))?;
        let length = file.metadata().map_err(|source| failed(path, "open", source))?.len();
        let mut footer = [0; FOOTER_BYTES];
        let at = length.checked_sub(FOOTER_BYTES as u64).ok_or_else(|| damaged(path, "is cut short"))?;
        read_exact_at(&file, &mut footer, at).map_err(|source| unreadable(path, source))?;
        let (described, own) = footer.split_at(FOOTER_BYTES - 32);
        if blake3::hash(described).as_bytes() != own || own != hash {
            return Err(damaged(path, "does not end as it was written"));
        }
        let number = |at: usize| {
            u32::from_le_bytes([footer[at], footer[at + 1], footer[at + 2], footer[at + 3]]) as usize
        };
        if footer[..8] != MAGIC || number(8) != FORMAT as usize || number(12) != width {
            return Err(damaged(path, "is of another format"));
        }
        let (vectors, bare_count) = (number(16), number(20));
        let layout = Layout { width, vectors, bare: bare_count };
        if length != layout.footer_at() + FOOTER_BYTES as u64 {
            return Err(damaged(path, "is not as long as it was written"));
        }
        let section = |number: usize| &footer[24 + 32 * number..56 + 32 * number];
        let mut rows = Vec::with_capacity(vectors);
        read_section(&file, path, layout.rows_at()..layout.bits_at(), section(1), |bytes| {
            rows.extend(bytes.as_chunks::<4>().0.iter().map(|&row| u32::from_le_bytes(row)));
        })?;
        let mut bits = Vec::with_capacity(vectors * words_of(width));
        read_section(&file, path, layout.bits_at()..layout.bare_at(), section(2), |bytes| {
            bits.extend(bytes.as_chunks::<8>().0.iter().map(|&word| u64::from_le_bytes(word)));
        })?;
        let mut bare = Vec::with_capacity(bare_count);
        read_section(&file, path, layout.bare_at()..layout.footer_at(), section(3), |bytes| {
            let left = bare_count - bare.len();
            bare.extend(bytes.as_chunks::<4>().0.iter().take(left).map(|&row| u32::from_le_bytes(row)));
        })?;
        Ok(Self { path: path.to_owned(), file, width, rows, bits, bare, hash: *hash })
    }

    fn layout(&self) -> Layout {
        Layout { width: self.width, vectors: self.rows.len(), bare: self.bare.len() }
    }

    /// Name of its file.
    pub(super) fn name(&self) -> String {
        self.path.file_name().unwrap_or_default().to_string_lossy().into_owned()
    }

    /// Vectors and documents without any.
    pub(super) fn entries(&self) -> usize {
        self.rows.len() + self.bare.len()
    }

    /// Bytes on disk.
    pub(super) fn disk_bytes(&self) -> u64 {
        self.layout().footer_at() + FOOTER_BYTES as u64
    }

    /// Bytes in memory.
    pub(super) fn memory_bytes(&self) -> u64 {
        (4 * (self.rows.capacity() + self.bare.capacity()) + 8 * self.bits.capacity()) as u64
    }

    /// The entries of a document: its vectors, or the one that says it has none.
    pub(super) fn entries_of(&self, row: u32) -> std::ops::Range<usize> {
        let start = self.rows.partition_point(|&other| other < row);
        let count = self.rows[start..].iter().take_while(|&&other| other == row).count();
        if count > 0 {
            return start..start + count;
        }
        let at = self.rows.len();
        self.bare.binary_search(&row).map_or(0..0, |place| at + place..at + place + 1)
    }

    /// Reads the records of `count` vectors from `first` on into `buffer`.
    pub(super) fn read_records(
        &self,
        first: usize,
        count: usize,
        buffer: &mut Vec<u8>,
    ) -> Result<(), LakeError> {
        let size = RECORD_HEAD_BYTES + self.width;
        buffer.resize(count * size, 0);
        read_exact_at(&self.file, buffer, (MAGIC.len() + first * size) as u64)
            .map_err(|source| unreadable(&self.path, source))
    }

    /// The hash of the document that an entry belongs to.
    pub(super) fn hash_of(&self, entry: usize) -> Result<ShortHash, LakeError> {
        let layout = self.layout();
        let size = RECORD_HEAD_BYTES + self.width;
        let at = match entry.checked_sub(self.rows.len()) {
            None => (MAGIC.len() + entry * size) as u64,
            Some(place) => layout.bare_at() + (4 * self.bare.len() + 8 * place) as u64,
        };
        let mut hash = ShortHash::default();
        read_exact_at(&self.file, &mut hash, at).map_err(|source| unreadable(&self.path, source))?;
        Ok(hash)
    }

    /// Reads the records through and compares them with their checksum.
    pub(super) fn check(&self) -> Result<(), LakeError> {
        let layout = self.layout();
        let mut hash = [0; 32];
        read_exact_at(&self.file, &mut hash, layout.footer_at() + 24)
            .map_err(|source| unreadable(&self.path, source))?;
        read_section(&self.file, &self.path, MAGIC.len() as u64..layout.rows_at(), &hash, |_| {})
    }
}

/// Where the sections begin.
#[derive(Debug, Clone, Copy)]
struct Layout {
    width: usize,
    vectors: usize,
    bare: usize,
}

impl Layout {
    fn rows_at(self) -> u64 {
        (MAGIC.len() + self.vectors * (RECORD_HEAD_BYTES + self.width)) as u64
    }

    fn bits_at(self) -> u64 {
        self.rows_at() + 4 * self.vectors as u64
    }

    fn bare_at(self) -> u64 {
        self.bits_at() + (8 * self.vectors * words_of(self.width)) as u64
    }

    fn footer_at(self) -> u64 {
        self.bare_at() + 12 * self.bare as u64
    }
}

/// Reads a section piece by piece, each a multiple of eight bytes but the last, and checks its hash.
fn read_section(
    file: &File,
    path: &Path,
    range: std::ops::Range<u64>,
    hash: &[u8],
    mut take: impl FnMut(&[u8]),
) -> Result<(), LakeError> {
    let mut hasher = blake3::Hasher::new();
    let mut buffer = vec![0; CHUNK_BYTES];
    let mut at = range.start;
    while at < range.end {
        let piece = &mut buffer[..((range.end - at) as usize).min(CHUNK_BYTES)];
        read_exact_at(file, piece, at).map_err(|source| unreadable(path, source))?;
        hasher.update(piece);
        take(piece);
        at += piece.len() as u64;
    }
    if hasher.finalize().as_bytes() != hash {
        return Err(damaged(path, "does not have its checksum"));
    }
    Ok(())
}

/// Writes a segment. Vectors and bare documents each come in ascending order of row.
pub(super) struct SegmentWriter {
    path: PathBuf,
    file: BufWriter<File>,
    records: blake3::Hasher,
    centre: Arc<[f32]>,
    rows: Vec<u32>,
    bits: Vec<u64>,
    bare: Vec<u32>,
    bare_hashes: Vec<ShortHash>,
}

impl SegmentWriter {
    /// Begins a file. Bits say on which side of `centre` a value lies.
    pub(super) fn create(path: &Path, centre: &Arc<[f32]>) -> Result<Self, LakeError> {
        let file = File::options()
            .read(true)
            .write(true)
            .create(true)
            .truncate(true)
            .open(path)
            .map_err(|source| failed(path, "write", source))?;
        let mut file = BufWriter::with_capacity(CHUNK_BYTES, file);
        file.write_all(&MAGIC).map_err(|source| failed(path, "write", source))?;
        Ok(Self {
            path: path.to_owned(),
            file,
            records: blake3::Hasher::new(),
            centre: Arc::clone(centre),
            rows: Vec::new(),
            bits: Vec::new(),
            bare: Vec::new(),
            bare_hashes: Vec::new(),
        })
    }

    /// Adds a vector.
    pub(super) fn push(&mut self, row: u32, record: &[u8]) -> Result<(), LakeError> {
        let Record { scale, values, .. } = Record::of(record);
        append_bits(values, scale, &self.centre, &mut self.bits);
        self.rows.push(row);
        self.records.update(record);
        self.file.write_all(record).map_err(|source| failed(&self.path, "write", source))
    }

    /// Adds a document without any vector.
    pub(super) fn push_bare(&mut self, row: u32, hash: ShortHash) {
        self.bare.push(row);
        self.bare_hashes.push(hash);
    }

    /// Entries so far.
    pub(super) fn entries(&self) -> usize {
        self.rows.len() + self.bare.len()
    }

    /// Ends the file; it is durable when this returns, but for its name in the directory.
    pub(super) fn finish(mut self) -> Result<Segment, LakeError> {
        let width = self.centre.len();
        let mut footer = Vec::with_capacity(FOOTER_BYTES);
        footer.extend_from_slice(&MAGIC);
        for number in [FORMAT, width as u32, self.rows.len() as u32, self.bare.len() as u32] {
            footer.extend_from_slice(&number.to_le_bytes());
        }
        footer.extend_from_slice(self.records.finalize().as_bytes());
        let failure = |source| failed(&self.path, "write", source);
        let rows =
            write_section(&mut self.file, self.rows.iter().map(|row| row.to_le_bytes())).map_err(failure)?;
        let bits = write_section(&mut self.file, self.bits.iter().map(|word| word.to_le_bytes()))
            .map_err(failure)?;
        let bare_bytes = self.bare.iter().flat_map(|row| row.to_le_bytes());
        let bare_bytes = bare_bytes.chain(self.bare_hashes.iter().copied().flatten()).collect::<Vec<_>>();
        self.file.write_all(&bare_bytes).map_err(failure)?;
        for hash in [rows, bits, blake3::hash(&bare_bytes)] {
            footer.extend_from_slice(hash.as_bytes());
        }
        let own = blake3::hash(&footer);
        footer.extend_from_slice(own.as_bytes());
        self.file.write_all(&footer).map_err(failure)?;
        let file = self.file.into_inner().map_err(|error| failure(error.into_error()))?;
        file.sync_all().map_err(failure)?;
        self.rows.shrink_to_fit();
        self.bits.shrink_to_fit();
        self.bare.shrink_to_fit();
        let (rows, bits, bare) = (self.rows, self.bits, self.bare);
        Ok(Segment { path: self.path, file, width, rows, bits, bare, hash: *own.as_bytes() })
    }
}

fn write_section<const BYTES: usize>(
    file: &mut BufWriter<File>,
    items: impl Iterator<Item = [u8; BYTES]>,
) -> std::io::Result<blake3::Hash> {
    let mut hasher = blake3::Hasher::new();
    let mut piece = Vec::with_capacity(CHUNK_BYTES);
    for item in items {
        piece.extend_from_slice(&item);
        if piece.len() + BYTES > CHUNK_BYTES {
            hasher.update(&piece);
            file.write_all(&piece)?;
            piece.clear();
        }
    }
    hasher.update(&piece);
    file.write_all(&piece)?;
    Ok(hasher.finalize())
}
