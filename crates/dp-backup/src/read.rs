//! Reading a backup from its first byte to its last, whatever is done with its files: everything is held against the list at its
//! end. Only plain files with harmless names are taken; memory is bounded by the number of files.

use crate::{
    BackupError, Contents, FORMAT, Header, Key, Progress, Stage, Watch,
    cipher::{CIPHER_HEADER_BYTES_MAX, MAGIC},
    error::on_file,
    list::{DATA, FILES_MAX, HEADER, HEADER_BYTES_MAX, LIST, LIST_BYTES_MAX, List, Listed},
    names::{NAME_BYTES_MAX, is_harmless},
    watch::Counted,
    write::{check_room, private},
};
use fs_err as fs;
use serde::Deserialize;
use std::{
    cell::Cell,
    io::{self, BufRead, BufReader, Read, Write},
    path::Path,
    rc::Rc,
};
use tar::{Archive, EntryType};

/// Bytes that are read at once.
const STEP_BYTES: usize = 256 << 10;
/// How a backup begins that is not encrypted.
const ZSTD_MAGIC: &[u8] = &[0x28, 0xb5, 0x2f, 0xfd];
/// The most that the decoder may look back, as a power of two: 128 MiB.
const WINDOW_LOG_MAX: u32 = 27;
/// Bytes of nothing that may follow the list.
const END_BYTES_MAX: u64 = 1 << 20;

/// What becomes of the files.
pub(crate) enum Into<'a> {
    /// They are only checked.
    Nowhere,
    /// They are written below this folder, which is there and empty.
    Folder(&'a Path),
}

/// Reads a backup whole and says what is in it.
///
/// # Errors
/// `NotABackup`, `Encrypted`, `WrongKey`, `NewerFormat`, `Truncated`, `Damaged`, `Refused`, `Io`, `Cancelled`.
pub fn verify(path: &Path, key: Option<&Key>, watch: &mut Watch<'_>) -> Result<Contents, BackupError> {
    read(path, key, &Into::Nowhere, watch)
}

/// Reads a backup whole.
pub(crate) fn read(
    path: &Path,
    key: Option<&Key>,
    into: &Into<'_>,
    watch: &mut Watch<'_>,
) -> Result<Contents, BackupError> {
    let file = fs::File::open(path).map_err(on_file("open", path))?;
    let size_bytes = file.metadata().map_err(on_file("open", path))?.len();
    let read_bytes = Rc::new(Cell::new(0));
    let counted = Counted { inner: file, bytes: Rc::clone(&read_bytes) };
    let mut input = BufReader::with_capacity(STEP_BYTES, counted);
    let is_encrypted = is_encrypted(&mut input, path)?;
    let stage = if matches!(into, Into::Nowhere) { Stage::Verifying } else { Stage::Restoring };
    let walk = Walk { into, watch, stage, read_bytes, size_bytes, at: "in its first bytes".to_owned() };
    let (header, listed) = match (is_encrypted, key) {
        (true, None) => return Err(BackupError::Encrypted(path.to_owned())),
        (true, Some(key)) => walk.whole(BufReader::with_capacity(STEP_BYTES, key.open(input, path)?))?,
        (false, _) => walk.whole(input)?,
    };
    Ok(Contents {
        header,
        files: listed.len() as u64,
        content_bytes: listed.iter().map(|listed| listed.size_bytes).sum(),
        size_bytes,
        is_encrypted,
    })
}

/// Told by the first bytes.
fn is_encrypted(input: &mut impl BufRead, path: &Path) -> Result<bool, BackupError> {
    let first = input.fill_buf().map_err(on_file("read", path))?;
    if first.starts_with(ZSTD_MAGIC) {
        return Ok(false);
    }
    // The header ends early; one that does not would be gathered in memory.
    let header = &first[..first.len().min(CIPHER_HEADER_BYTES_MAX)];
    let has_end = || header.windows(5).any(|bytes| bytes == b"\n--- ");
    if first.starts_with(MAGIC) && has_end() {
        return Ok(true);
    }
    if first.starts_with(MAGIC) && first.len() < CIPHER_HEADER_BYTES_MAX {
        return Err(BackupError::Truncated { at: "in its first bytes".to_owned() });
    }
    Err(BackupError::NotABackup(path.to_owned()))
}

/// The way through a backup.
struct Walk<'a, 'w> {
    into: &'a Into<'a>,
    watch: &'a mut Watch<'w>,
    stage: Stage,
    read_bytes: Rc<Cell<u64>>,
    size_bytes: u64,
    /// Where it is: `in data/system.db`.
    at: String,
}

impl Walk<'_, '_> {
    /// Everything up to the last byte.
    fn whole(mut self, input: impl BufRead) -> Result<(Header, Vec<Listed>), BackupError> {
        let mut decoder = zstd::Decoder::with_buffer(input).map_err(|error| self.unreadable(error))?;
        decoder.window_log_max(WINDOW_LOG_MAX).map_err(|error| self.unreadable(error))?;
        let mut archive = Archive::new(decoder);
        let found = self.entries(&mut archive)?;
        let mut rest = archive.into_inner();
        "behind its last file".clone_into(&mut self.at);
        self.ensure_nothing(&mut rest)?;
        Ok(found)
    }

    fn entries(&mut self, archive: &mut Archive<impl Read>) -> Result<(Header, Vec<Listed>), BackupError> {
        let (mut header, mut files, mut list) = (None, Vec::<Listed>::new(), None);
        let mut long_name = None;
        let entries = archive.entries().map_err(|error| self.unreadable(error))?;
        for entry in entries.raw(true) {
            let mut entry = entry.map_err(|error| self.unreadable(error))?;
            if entry.header().entry_type() == EntryType::GNULongName {
                long_name = Some(self.name_in(&mut entry)?);
                continue;
            }
            let name = match long_name.take() {
                Some(name) => name,
                None => String::from_utf8_lossy(&entry.path_bytes()).into_owned(),
            };
            self.at = format!("in {name}");
            if entry.header().entry_type() != EntryType::Regular {
                return Err(BackupError::Refused { name, reason: "is no plain file" });
            }
            let size_bytes = entry.size();
            if list.is_some() {
                return Err(BackupError::Refused { name, reason: "comes after the list of files" });
            } else if header.is_none() {
                if name != HEADER {
                    return Err(self.damaged("it does not say what it is"));
                }
                header = Some(self.header(&mut entry, size_bytes)?);
            } else if name == LIST {
                list = Some(self.json::<List>(&mut entry, size_bytes, LIST_BYTES_MAX)?);
            } else {
                let listed = self.file(&mut entry, name, size_bytes, files.last())?;
                files.push(listed);
                if files.len() > FILES_MAX {
                    return Err(BackupError::TooManyFiles(FILES_MAX));
                }
            }
        }
        "at its end".clone_into(&mut self.at);
        let (Some(header), Some(list)) = (header, list) else {
            return Err(BackupError::Truncated { at: self.at.clone() });
        };
        self.compare(&files, &list.files)?;
        Ok((header, files))
    }

    /// A name too long for its own place.
    fn name_in(&self, entry: &mut impl Read) -> Result<String, BackupError> {
        let mut bytes = Vec::new();
        let read = entry.take(NAME_BYTES_MAX as u64 + 2).read_to_end(&mut bytes);
        read.map_err(|error| self.unreadable(error))?;
        if bytes.last() == Some(&0) {
            bytes.pop();
        }
        String::from_utf8(bytes).map_err(|_| self.damaged("a name is not UTF-8"))
    }

    fn header(&self, entry: &mut impl Read, size_bytes: u64) -> Result<Header, BackupError> {
        /// What every format has.
        #[derive(Deserialize)]
        struct Any {
            format: u32,
        }
        let bytes = self.bytes(entry, size_bytes, HEADER_BYTES_MAX)?;
        let parsed = serde_json::from_slice::<Any>(&bytes);
        let Any { format: found } = parsed.map_err(|error| self.damaged(error))?;
        if found > FORMAT {
            return Err(BackupError::NewerFormat { found, known: FORMAT });
        }
        serde_json::from_slice(&bytes).map_err(|error| self.damaged(error))
    }

    fn json<T: serde::de::DeserializeOwned>(
        &self,
        entry: &mut impl Read,
        size_bytes: u64,
        most: u64,
    ) -> Result<T, BackupError> {
        let bytes = self.bytes(entry, size_bytes, most)?;
        serde_json::from_slice(&bytes).map_err(|error| self.damaged(error))
    }

    fn bytes(&self, entry: &mut impl Read, size_bytes: u64, most: u64) -> Result<Vec<u8>, BackupError> {
        if size_bytes > most {
            return Err(self.damaged(format_args!("it has {size_bytes} bytes, and {most} at most are read")));
        }
        let mut bytes = Vec::new();
        entry.read_to_end(&mut bytes).map_err(|error| self.unreadable(error))?;
        if bytes.len() as u64 != size_bytes {
            return Err(BackupError::Truncated { at: self.at.clone() });
        }
        Ok(bytes)
    }

    /// One file of the data directory.
    fn file(
        &mut self,
        entry: &mut impl Read,
        full_name: String,
        size_bytes: u64,
        before: Option<&Listed>,
    ) -> Result<Listed, BackupError> {
        let name = match full_name.strip_prefix(DATA) {
            Some(name) if is_harmless(name) => name.to_owned(),
            _ => {
                let reason = "is no name of a file of a data directory";
                return Err(BackupError::Refused { name: full_name, reason });
            }
        };
        if before.is_some_and(|before| before.name >= name) {
            return Err(BackupError::Refused { name: full_name, reason: "comes twice, or out of order" });
        }
        let mut output: Option<fs::File> = match self.into {
            Into::Nowhere => None,
            Into::Folder(folder) => {
                // A file that says it is larger than the disk ends here.
                check_room(folder, size_bytes)?;
                let path = folder.join(&name);
                if let Some(parent) = path.parent() {
                    fs::create_dir_all(parent).map_err(on_file("make", parent))?;
                }
                Some(private(&path)?)
            }
        };
        let mut hasher = blake3::Hasher::new();
        let mut buffer = vec![0; STEP_BYTES];
        let mut left_bytes = size_bytes;
        loop {
            let count = entry.read(&mut buffer).map_err(|error| self.unreadable(error))?;
            if count == 0 {
                break;
            }
            left_bytes = left_bytes.saturating_sub(count as u64);
            hasher.update(&buffer[..count]);
            if let Some(file) = &mut output {
                file.write_all(&buffer[..count]).map_err(|source| write_failed(&name, source))?;
            }
            let bytes_done = self.read_bytes.get();
            self.watch.tell(Progress { stage: self.stage, bytes_done, bytes: self.size_bytes })?;
        }
        if left_bytes > 0 {
            return Err(BackupError::Truncated { at: self.at.clone() });
        }
        if let Some(file) = &output {
            file.sync_all().map_err(|source| write_failed(&name, source))?;
        }
        Ok(Listed { name, size_bytes, hash: hasher.finalize().to_hex().as_str().to_owned() })
    }

    /// Holds what was found against the list.
    fn compare(&mut self, found: &[Listed], listed: &[Listed]) -> Result<(), BackupError> {
        for (one, other) in found.iter().zip(listed) {
            if one != other {
                self.at = format!("in {DATA}{}", one.name);
                return Err(self.damaged("its content is not what was put in"));
            }
        }
        if found.len() != listed.len() {
            return Err(self.damaged(format_args!(
                "it holds {} files and lists {}",
                found.len(),
                listed.len()
            )));
        }
        Ok(())
    }

    /// Reads to the very end, which is where the last checksums are.
    fn ensure_nothing(&self, rest: &mut impl Read) -> Result<(), BackupError> {
        let mut bytes = Vec::new();
        let read = rest.take(END_BYTES_MAX).read_to_end(&mut bytes);
        read.map_err(|error| self.unreadable(error))?;
        if bytes.len() as u64 == END_BYTES_MAX || bytes.iter().any(|byte| *byte != 0) {
            return Err(self.damaged("something follows its end"));
        }
        Ok(())
    }

    fn damaged(&self, reason: impl std::fmt::Display) -> BackupError {
        BackupError::Damaged { at: self.at.clone(), reason: reason.to_string() }
    }

    /// A failure of the disk is told apart from one of the content.
    fn unreadable(&self, error: io::Error) -> BackupError {
        if error.raw_os_error().is_some() {
            return BackupError::Io { context: "read the backup".to_owned(), source: error };
        }
        if error.kind() == io::ErrorKind::UnexpectedEof
            || self.read_bytes.get() >= self.size_bytes && is_end(&error)
        {
            return BackupError::Truncated { at: self.at.clone() };
        }
        self.damaged(error)
    }
}

/// What the tar says of an end in the midst of an entry.
fn is_end(error: &io::Error) -> bool {
    error.to_string().contains("unexpected EOF")
}

fn write_failed(name: &str, source: io::Error) -> BackupError {
    BackupError::Io { context: format!("write {name}"), source }
}
