//! Making a backup: files go into a file with a passing name, which is read back, and only then gets its own. Whatever is killed
//! in between leaves no file that looks like a backup.

use crate::{
    BackupError, Contents, Header, Key, Lock, Progress, Stage, Watch,
    error::on_file,
    list::{DATA, FILES_MAX, HEADER, LIST, List, Listed},
    names::is_harmless,
    read,
};
use fs_err as fs;
use std::{
    io::{self, BufWriter, Read as _, Write},
    path::{Path, PathBuf},
};
use tar::{Builder, EntryType};

/// How the names of backups begin that are being made.
pub const PARTIAL_PREFIX: &str = ".unfinished-";
/// Bytes that are read at once.
const STEP_BYTES: usize = 256 << 10;
/// Bytes that a backup leaves free on its disk.
const RESERVE_BYTES: u64 = 64 << 20;
/// zstd's own middle: most of what is large is compressed already.
const LEVEL: i32 = 3;
/// Files are for their owner only.
const MODE: u32 = 0o600;

/// A file that goes into a backup.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source {
    /// Its name in the backup, `/` between folders.
    pub name: String,
    /// Where its bytes are. What is appended to it meanwhile is left out.
    pub path: PathBuf,
}

/// Writes a backup, reads it back, and gives it its name. On disk when it returns.
///
/// # Errors
/// `Exists`, `NoRoom`, `Changed`, `BadName`, `Io`, `Cancelled`; then there is no file, and `Damaged` if what was written can't be
/// read back.
pub fn write(
    to: &Path,
    header: &Header,
    sources: Vec<Source>,
    lock: Option<&Lock>,
    watch: &mut Watch<'_>,
) -> Result<Contents, BackupError> {
    let name = to.file_name().and_then(|name| name.to_str());
    let name = name.ok_or_else(|| BackupError::BadName(to.display().to_string()))?;
    if fs::symlink_metadata(to).is_ok() {
        return Err(BackupError::Exists(to.to_owned()));
    }
    let folder = match to.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    let partial = Partial(folder.join(format!("{PARTIAL_PREFIX}{}-{name}", std::process::id())));
    let bytes = size_of(&sources)?;
    // What is compressed is hardly ever larger, and what is compressed already no smaller.
    check_room(folder, bytes)?;
    let file = private(&partial.0)?;
    let key = fill(file, header, sources, lock, bytes, watch)?;
    let contents = read::read(&partial.0, key.as_ref(), &read::Into::Nowhere, watch)?;
    if fs::symlink_metadata(to).is_ok() {
        return Err(BackupError::Exists(to.to_owned()));
    }
    fs::rename(&partial.0, to).map_err(on_file("give its name to", to))?;
    sync_folder(folder)?;
    Ok(contents)
}

/// The file while it has a passing name; it goes when this does, unless it got its own.
struct Partial(PathBuf);

impl Drop for Partial {
    fn drop(&mut self) {
        // It is not there any more if all went well.
        let _ = fs::remove_file(&self.0);
    }
}

fn size_of(sources: &[Source]) -> Result<u64, BackupError> {
    if sources.len() > FILES_MAX {
        return Err(BackupError::TooManyFiles(FILES_MAX));
    }
    let sizes = sources.iter().map(|source| {
        if !is_harmless(&source.name) {
            return Err(BackupError::BadName(source.name.clone()));
        }
        Ok(fs::metadata(&source.path).map_or(0, |metadata| metadata.len()))
    });
    sizes.sum()
}

/// That a folder has room for so many bytes, and some stay free.
pub(crate) fn check_room(folder: &Path, bytes: u64) -> Result<(), BackupError> {
    // Where it can't be told, writing will tell.
    let Ok(stat) = rustix::fs::statvfs(folder) else { return Ok(()) };
    let free_bytes = stat.f_bavail.saturating_mul(stat.f_frsize);
    let needed_bytes = bytes.saturating_add(RESERVE_BYTES);
    if free_bytes < needed_bytes {
        return Err(BackupError::NoRoom { path: folder.to_owned(), needed_bytes, free_bytes });
    }
    Ok(())
}

/// A new file that only its owner reads.
pub(crate) fn private(path: &Path) -> Result<fs::File, BackupError> {
    let mut options = fs::OpenOptions::new();
    options.read(true).write(true).create_new(true);
    #[cfg(unix)]
    fs_err::os::unix::fs::OpenOptionsExt::mode(&mut options, MODE);
    options.open(path).map_err(on_file("make", path))
}

/// Makes what happened to the names in a folder last.
pub(crate) fn sync_folder(folder: &Path) -> Result<(), BackupError> {
    let synced = fs::File::open(folder).and_then(|folder| folder.sync_all());
    match synced {
        // Some file systems of memory sticks have nothing like it.
        Err(error) if error.kind() == io::ErrorKind::InvalidInput => Ok(()),
        other => other.map_err(on_file("make lasting", folder)),
    }
}

/// Writes everything, down to the disk; gives what reads it back.
fn fill(
    file: fs::File,
    header: &Header,
    sources: Vec<Source>,
    lock: Option<&Lock>,
    bytes: u64,
    watch: &mut Watch<'_>,
) -> Result<Option<Key>, BackupError> {
    let path = file.path().to_owned();
    let output = BufWriter::with_capacity(STEP_BYTES, file);
    let failed = || on_file("write", &path);
    let (output, key) = match lock {
        None => (pack(output, &path, header, sources, bytes, watch)?, None),
        Some(lock) => {
            let (encrypted, key) = lock.wrap(output)?;
            let encrypted = pack(encrypted, &path, header, sources, bytes, watch)?;
            (encrypted.finish().map_err(failed())?, Some(key))
        }
    };
    let file = output.into_inner().map_err(|error| failed()(error.into_error()))?;
    file.sync_all().map_err(failed())?;
    Ok(key)
}

/// Writes header, files and list; gives the output back, not flushed yet.
fn pack<W: Write>(
    output: W,
    path: &Path,
    header: &Header,
    mut sources: Vec<Source>,
    bytes: u64,
    watch: &mut Watch<'_>,
) -> Result<W, BackupError> {
    let failed = || on_file("write", path);
    let mut encoder = zstd::Encoder::new(output, LEVEL).map_err(failed())?;
    encoder.include_checksum(true).map_err(failed())?;
    let mut tar = Builder::new(encoder);
    append_json(&mut tar, HEADER, header).map_err(failed())?;
    // Whoever reads tells by the order that no name comes twice.
    sources.sort_unstable_by(|one, other| one.name.cmp(&other.name));
    let mut list = List { files: Vec::with_capacity(sources.len()) };
    let mut done = Progress { stage: Stage::Writing, bytes_done: 0, bytes };
    for source in sources {
        // What was there when they were counted may be gone.
        if let Some(listed) = append_file(&mut tar, path, source, &mut done, watch)? {
            list.files.push(listed);
        }
    }
    append_json(&mut tar, LIST, &list).map_err(failed())?;
    let encoder = tar.into_inner().map_err(failed())?;
    encoder.finish().map_err(failed())
}

fn append_json<W: Write>(tar: &mut Builder<W>, name: &str, value: &impl serde::Serialize) -> io::Result<()> {
    let text = serde_json::to_vec(value)?;
    tar.append_data(&mut entry(text.len() as u64), name, &*text)
}

fn append_file<W: Write>(
    tar: &mut Builder<W>,
    path: &Path,
    source: Source,
    done: &mut Progress,
    watch: &mut Watch<'_>,
) -> Result<Option<Listed>, BackupError> {
    let file = match fs::File::open(&source.path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(on_file("read", &source.path)(error)),
    };
    let size_bytes = file.metadata().map_err(on_file("read", &source.path))?.len();
    let mut content = Content {
        file: io::BufReader::with_capacity(STEP_BYTES, file.take(size_bytes)),
        hasher: blake3::Hasher::new(),
        left_bytes: size_bytes,
        done,
        watch,
        failure: None,
    };
    let name = format!("{DATA}{}", source.name);
    let appended = tar.append_data(&mut entry(size_bytes), name, &mut content);
    match (appended, content.failure) {
        (_, Some(Failure::Read(error))) => Err(on_file("read", &source.path)(error)),
        (_, Some(Failure::Short)) => Err(BackupError::Changed(source.path.display().to_string())),
        (_, Some(Failure::Told(error))) => Err(error),
        (Err(error), None) => Err(on_file("write", path)(error)),
        (Ok(()), None) => {
            let hash = content.hasher.finalize().to_hex().as_str().to_owned();
            Ok(Some(Listed { name: source.name, size_bytes, hash }))
        }
    }
}

/// What stands before an entry, but for its name.
fn entry(size_bytes: u64) -> tar::Header {
    let mut header = tar::Header::new_gnu();
    header.set_entry_type(EntryType::Regular);
    header.set_size(size_bytes);
    header.set_mode(MODE);
    header
}

/// Bytes of a file on their way into the backup: as many as it had when it was opened.
struct Content<'a, 'w, R> {
    file: R,
    hasher: blake3::Hasher,
    left_bytes: u64,
    done: &'a mut Progress,
    watch: &'a mut Watch<'w>,
    failure: Option<Failure>,
}

/// Why the bytes ended too soon: told apart from a failure to write.
enum Failure {
    Read(io::Error),
    Short,
    Told(BackupError),
}

impl<R: io::Read> Content<'_, '_, R> {
    fn step(&mut self, buffer: &mut [u8]) -> Result<usize, Failure> {
        let count = self.file.read(buffer).map_err(Failure::Read)?;
        if count == 0 && self.left_bytes > 0 {
            return Err(Failure::Short);
        }
        self.hasher.update(&buffer[..count]);
        self.left_bytes -= count as u64;
        let before = self.done.bytes_done;
        self.done.bytes_done += count as u64;
        // Told at each step and not at each read.
        if before / STEP_BYTES as u64 != self.done.bytes_done / STEP_BYTES as u64 {
            self.watch.tell(*self.done).map_err(Failure::Told)?;
        }
        Ok(count)
    }
}

impl<R: io::Read> io::Read for Content<'_, '_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.step(buffer).map_err(|failure| {
            self.failure = Some(failure);
            io::Error::other("a file could not be read whole")
        })
    }
}
