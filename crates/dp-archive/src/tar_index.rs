//! Lists the members of a tar archive in one pass from front to back: ustar, GNU long names, pax.
//! Of a compressed tar the pass also takes the checksum and the first bytes of each member.

use crate::{
    ArchiveError, HEAD_BYTES, Limits,
    entry_path::find_fault,
    export::{ArchiveWarning, Item, Place},
    gzip::GzipCursor,
    stream::is_over_ratio,
};
use dp_model::WarningKind;
use flate2::Crc;
use fs_err::File;
use std::io::{BufReader, Read, Seek, SeekFrom};
use tar::{EntryType, Header, PaxExtensions};

const BLOCK_BYTES: usize = 512;
/// A long name or a pax record larger than this is no name.
const EXTENSION_BYTES_MAX: u64 = 1 << 20;
/// Heads of pictures, music and films are kept only this far: their first bytes say all.
const MEDIA_HEAD_BYTES: usize = 4096;
/// How far past the end mark of the archive to look for bytes that belong to nothing.
const TAIL_BYTES_MAX: u64 = 64 << 20;
const BUFFER_BYTES: usize = 256 << 10;

/// The inflated bytes of an archive, read from front to back.
pub(crate) trait TarInput {
    /// Fills `out` as far as there are bytes; fewer only at the end.
    fn fill(&mut self, out: &mut [u8]) -> Result<usize, ArchiveError>;
    /// Bytes given or passed over so far.
    fn offset(&self) -> u64;
    /// Compressed bytes used so far, if compressed.
    fn taken_bytes(&self) -> Option<u64>;
    /// Passes over bytes without looking, if that is cheaper than reading; whether it did.
    fn pass_over(&mut self, bytes: u64) -> Result<bool, ArchiveError>;
}

impl TarInput for GzipCursor {
    fn fill(&mut self, out: &mut [u8]) -> Result<usize, ArchiveError> {
        let mut filled = 0;
        while filled < out.len() {
            match self.read_some(&mut out[filled..])? {
                0 => break,
                count => filled += count,
            }
        }
        Ok(filled)
    }

    fn offset(&self) -> u64 {
        GzipCursor::offset(self)
    }

    fn taken_bytes(&self) -> Option<u64> {
        Some(GzipCursor::taken_bytes(self))
    }

    fn pass_over(&mut self, _bytes: u64) -> Result<bool, ArchiveError> {
        Ok(false)
    }
}

/// An uncompressed tar.
pub(crate) struct PlainTar {
    file: BufReader<File>,
    path: String,
    file_bytes: u64,
    offset: u64,
}

impl PlainTar {
    pub(crate) fn new(file: File, file_bytes: u64) -> Self {
        let path = file.path().display().to_string();
        Self { file: BufReader::with_capacity(BUFFER_BYTES, file), path, file_bytes, offset: 0 }
    }
}

impl TarInput for PlainTar {
    fn fill(&mut self, out: &mut [u8]) -> Result<usize, ArchiveError> {
        let mut filled = 0;
        while filled < out.len() {
            match self.file.read(&mut out[filled..]) {
                Ok(0) => break,
                Ok(count) => filled += count,
                Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
                Err(error) => return Err(ArchiveError::io(&self.path, error)),
            }
        }
        self.offset += filled as u64;
        Ok(filled)
    }

    fn offset(&self) -> u64 {
        self.offset
    }

    fn taken_bytes(&self) -> Option<u64> {
        None
    }

    fn pass_over(&mut self, bytes: u64) -> Result<bool, ArchiveError> {
        let target = self.offset.saturating_add(bytes);
        if target > self.file_bytes {
            self.offset = self.file_bytes;
            return Err(ArchiveError::truncated(&self.path, "the last entry is not whole"));
        }
        let failed = |error| ArchiveError::io(&self.path, error);
        match i64::try_from(bytes) {
            Ok(forward) => self.file.seek_relative(forward).map_err(failed)?,
            Err(_) => self.file.seek(SeekFrom::Start(target)).map(|_| ()).map_err(failed)?,
        }
        self.offset = target;
        Ok(true)
    }
}

/// What the pass over one archive found.
pub(crate) struct TarIndex<'a> {
    name: &'a str,
    limits: &'a Limits,
    /// Bytes of heads that may still be kept.
    head_budget_bytes: &'a mut usize,
    pub(crate) items: Vec<Item>,
    pub(crate) warnings: Vec<ArchiveWarning>,
    buffer: Vec<u8>,
    /// Path of the one member that is looked for, and how many of that path come before it.
    wanted: Option<(&'a str, usize)>,
    /// Whether it was found: then it is the last item, and the input stands at its first byte.
    pub(crate) found: bool,
}

/// What extension records say of the member that follows them.
#[derive(Debug, Default)]
struct Extension {
    path: Option<Vec<u8>>,
    size_bytes: Option<u64>,
    sparse: bool,
    fault: Option<&'static str>,
}

impl<'a> TarIndex<'a> {
    pub(crate) fn new(name: &'a str, limits: &'a Limits, head_budget_bytes: &'a mut usize) -> Self {
        let buffer = vec![0; HEAD_BYTES];
        let (items, warnings) = (Vec::new(), Vec::new());
        Self { name, limits, head_budget_bytes, items, warnings, buffer, wanted: None, found: false }
    }

    /// Stops at the member of this path that has so many of the same path before it.
    pub(crate) fn stopping_at(mut self, path: &'a str, ordinal: usize) -> Self {
        self.wanted = Some((path, ordinal));
        self
    }

    /// Lists what can be read. Damage and early ends become warnings: what came before stays.
    ///
    /// # Errors
    /// If not even the first header can be read.
    pub(crate) fn read(&mut self, input: &mut dyn TarInput) -> Result<(), ArchiveError> {
        match self.read_members(input) {
            Err(error) if input.offset() <= BLOCK_BYTES as u64 => Err(error),
            Err(error) => {
                let message = format!("{error}; what came before is imported");
                self.warn(error.warning_kind(), message);
                Ok(())
            }
            Ok(()) => Ok(()),
        }
    }

    fn read_members(&mut self, input: &mut dyn TarInput) -> Result<(), ArchiveError> {
        let mut extension = Extension::default();
        loop {
            let mut block = [0; BLOCK_BYTES];
            match input.fill(&mut block)? {
                0 if input.offset() == 0 => {
                    return Err(ArchiveError::truncated(self.name, "the archive is empty"));
                }
                0 => {
                    self.warn(
                        WarningKind::Truncated,
                        "the archive has no end mark; it may be cut short".to_owned(),
                    );
                    return Ok(());
                }
                BLOCK_BYTES => {}
                _ => return Err(ArchiveError::truncated(self.name, "the archive ends inside a header")),
            }
            if block.iter().all(|byte| *byte == 0) {
                return self.read_tail(input);
            }
            if !is_header(&block) {
                let detail = format!("no tar header at byte {}", input.offset() - BLOCK_BYTES as u64);
                return Err(ArchiveError::damaged(self.name, detail));
            }
            if self.items.len() >= self.limits.entries || input.offset() > self.limits.total_bytes {
                let (limit, allowed) = if self.items.len() >= self.limits.entries {
                    ("entries", self.limits.entries as u64)
                } else {
                    ("total_bytes", self.limits.total_bytes)
                };
                return Err(ArchiveError::Limit { path: self.name.to_owned(), limit, allowed });
            }
            let header = Header::from_byte_slice(&block);
            let declared =
                header.entry_size().map_err(|error| ArchiveError::damaged(self.name, error.to_string()))?;
            if self.read_extension(input, header.entry_type(), declared, &mut extension)? {
                continue;
            }
            self.read_member(input, header, declared, std::mem::take(&mut extension))?;
            if self.found {
                return Ok(());
            }
        }
    }

    /// Reads the header's data as an extension of the next member, if it is one.
    fn read_extension(
        &mut self,
        input: &mut dyn TarInput,
        entry_type: EntryType,
        size_bytes: u64,
        extension: &mut Extension,
    ) -> Result<bool, ArchiveError> {
        let is_extension = entry_type.is_gnu_longname()
            || entry_type.is_gnu_longlink()
            || entry_type.is_pax_local_extensions()
            || entry_type.is_pax_global_extensions();
        if !is_extension {
            return Ok(false);
        }
        if size_bytes > EXTENSION_BYTES_MAX {
            extension.fault = Some("its extended header is too large");
            self.skip(input, size_bytes)?;
            return Ok(true);
        }
        let mut content = vec![0; usize::try_from(size_bytes).unwrap_or(0)];
        if input.fill(&mut content)? < content.len() {
            return Err(ArchiveError::truncated(self.name, "the archive ends inside an extended header"));
        }
        self.skip_padding(input, size_bytes)?;
        if entry_type.is_gnu_longname() {
            let end = content.iter().position(|byte| *byte == 0).unwrap_or(content.len());
            content.truncate(end);
            extension.path = Some(content);
        } else if entry_type.is_pax_local_extensions() {
            for record in PaxExtensions::new(&content) {
                let Ok(record) = record else {
                    extension.fault = Some("its extended header is damaged");
                    break;
                };
                match record.key_bytes() {
                    b"path" => extension.path = Some(record.value_bytes().to_vec()),
                    b"size" => match record.value().ok().and_then(|text| text.parse().ok()) {
                        Some(size_bytes) => extension.size_bytes = Some(size_bytes),
                        None => extension.fault = Some("its extended header is damaged"),
                    },
                    key if key.starts_with(b"GNU.sparse") => extension.sparse = true,
                    _ => {}
                }
            }
        }
        Ok(true)
    }

    fn read_member(
        &mut self,
        input: &mut dyn TarInput,
        header: &Header,
        declared: u64,
        extension: Extension,
    ) -> Result<(), ArchiveError> {
        let entry_type = header.entry_type();
        let raw_path = extension.path.unwrap_or_else(|| header.path_bytes().into_owned());
        let path = String::from_utf8_lossy(&raw_path).into_owned();
        let size_bytes = extension.size_bytes.unwrap_or(declared);
        if size_bytes > i64::MAX as u64 {
            return Err(ArchiveError::damaged(self.name, format!("{path} declares an impossible size")));
        }
        let is_folder = entry_type.is_dir() || (path.ends_with('/') && size_bytes == 0);
        let is_label = entry_type.as_byte() == b'V';
        if is_folder || is_label {
            return self.skip(input, size_bytes);
        }
        let refused = find_fault(&path, self.limits)
            .or_else(|| extension.fault.map(str::to_owned))
            .or_else(|| find_refusal(entry_type, extension.sparse))
            .or_else(|| {
                (size_bytes > self.limits.entry_bytes).then(|| {
                    format!(
                        "its {size_bytes} bytes are over the archive limit entry_bytes = {}",
                        self.limits.entry_bytes
                    )
                })
            });
        let place = Place::Tar { data_at: input.offset() };
        self.items.push(Item { path, size_bytes: Some(size_bytes), crc32: None, refused, place, head: None });
        if self.is_wanted() {
            self.found = true;
            return Ok(());
        }
        if input.pass_over(size_bytes)? {
            return self.skip_padding(input, size_bytes);
        }
        self.read_data(input, size_bytes)
    }

    /// Whether the member listed last is the one that is looked for.
    fn is_wanted(&mut self) -> bool {
        let Some((path, before)) = &mut self.wanted else { return false };
        if self.items.last().is_none_or(|item| item.path != *path) {
            return false;
        }
        let is_it = *before == 0;
        *before = before.saturating_sub(1);
        is_it
    }

    /// Reads the data of the member listed last, for its checksum, its head and its ratio.
    fn read_data(&mut self, input: &mut dyn TarInput, size_bytes: u64) -> Result<(), ArchiveError> {
        let taken_before = input.taken_bytes();
        let mut crc = Crc::new();
        let mut left = size_bytes;
        let mut over_ratio = false;
        while left > 0 {
            let want = usize::try_from(left).map_or(self.buffer.len(), |left| left.min(self.buffer.len()));
            let count = input.fill(&mut self.buffer[..want])?;
            if left == size_bytes {
                self.keep_head(count);
            }
            if count < want {
                return Err(ArchiveError::truncated(self.name, "the last entry is not whole"));
            }
            crc.update(&self.buffer[..count]);
            left -= count as u64;
            let taken = input.taken_bytes().zip(taken_before).map_or(u64::MAX, |(now, before)| now - before);
            over_ratio |= is_over_ratio(size_bytes - left, taken, self.limits);
            if input.offset() > self.limits.total_bytes {
                let allowed = self.limits.total_bytes;
                return Err(ArchiveError::Limit {
                    path: self.name.to_owned(),
                    limit: "total_bytes",
                    allowed,
                });
            }
        }
        if let Some(item) = self.items.last_mut() {
            item.crc32 = Some(crc.sum());
            if over_ratio && item.refused.is_none() {
                item.refused = Some(format!(
                    "it inflates more than the archive limit ratio = {} allows",
                    self.limits.ratio
                ));
            }
        }
        self.skip_padding(input, size_bytes)
    }

    fn keep_head(&mut self, count: usize) {
        let head = &self.buffer[..count];
        let head = if is_media(head) { &head[..count.min(MEDIA_HEAD_BYTES)] } else { head };
        if head.len() > *self.head_budget_bytes {
            return;
        }
        if let Some(item) = self.items.last_mut().filter(|item| item.refused.is_none()) {
            *self.head_budget_bytes -= head.len();
            item.head = Some(head.into());
        }
    }

    fn skip(&mut self, input: &mut dyn TarInput, size_bytes: u64) -> Result<(), ArchiveError> {
        if !input.pass_over(size_bytes)? {
            self.read_past(input, size_bytes)?;
        }
        self.skip_padding(input, size_bytes)
    }

    fn skip_padding(&mut self, input: &mut dyn TarInput, size_bytes: u64) -> Result<(), ArchiveError> {
        let block_bytes = BLOCK_BYTES as u64;
        self.read_past(input, (block_bytes - size_bytes % block_bytes) % block_bytes)
    }

    fn read_past(&mut self, input: &mut dyn TarInput, mut left: u64) -> Result<(), ArchiveError> {
        while left > 0 {
            let want = usize::try_from(left).map_or(self.buffer.len(), |left| left.min(self.buffer.len()));
            let count = input.fill(&mut self.buffer[..want])?;
            if count < want {
                return Err(ArchiveError::truncated(self.name, "the last entry is not whole"));
            }
            left -= count as u64;
        }
        Ok(())
    }

    /// Reads on past the end mark, which checks the checksum of a gzip stream.
    fn read_tail(&mut self, input: &mut dyn TarInput) -> Result<(), ArchiveError> {
        let end_mark_at = input.offset();
        while input.offset() - end_mark_at < TAIL_BYTES_MAX {
            match input.fill(&mut self.buffer) {
                Ok(0) => return Ok(()),
                Ok(count) if self.buffer[..count].iter().all(|byte| *byte == 0) => {}
                Ok(_) => break,
                Err(error) => {
                    self.warn(error.warning_kind(), format!("after the last entry: {error}"));
                    return Ok(());
                }
            }
        }
        self.warn(WarningKind::Notice, "bytes after the end mark of the archive were not read".to_owned());
        Ok(())
    }

    fn warn(&mut self, kind: WarningKind, message: String) {
        self.warnings.push(ArchiveWarning::new(self.name, kind, message));
    }
}

/// Whether a block is a tar header, by its checksum.
pub(crate) fn is_header(block: &[u8; BLOCK_BYTES]) -> bool {
    let header = Header::from_byte_slice(block);
    let sum: u32 =
        block[..148].iter().chain(&block[156..]).map(|byte| u32::from(*byte)).sum::<u32>() + 8 * 32;
    block[0] != 0 && header.cksum().is_ok_and(|declared| declared == sum)
}

fn find_refusal(entry_type: EntryType, sparse: bool) -> Option<String> {
    if sparse || entry_type.is_gnu_sparse() {
        return Some("it is a sparse file; unpack the archive and import the folder".to_owned());
    }
    let reason = match entry_type.as_byte() {
        0 | b'0' | b'7' => return None,
        b'1' => "it is a link to another entry",
        b'2' => "it is a symbolic link",
        b'3' | b'4' => "it is a device",
        b'6' => "it is a pipe",
        b'M' => "it continues in another volume",
        other => return Some(format!("it is of the unknown tar type {:?}", char::from(other))),
    };
    Some(reason.to_owned())
}

/// Whether the bytes begin as a picture, a sound or a film does.
fn is_media(head: &[u8]) -> bool {
    const MAGIC: [&[u8]; 8] =
        [b"\xff\xd8\xff", b"\x89PNG", b"GIF8", b"RIFF", b"ID3", b"OggS", b"\x1aE\xdf\xa3", b"fLaC"];
    MAGIC.iter().any(|magic| head.starts_with(magic)) || head.get(4..8) == Some(b"ftyp")
}
