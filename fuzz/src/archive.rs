//! Any bytes as an archive are opened or refused, and never give more than the limits allow.

use dp_archive::{HEAD_BYTES, Limits};
use std::{
    cell::RefCell,
    fs::File,
    hash::{DefaultHasher, Hash, Hasher},
    io::{self, Read as _, Seek as _, Write as _},
    path::PathBuf,
};
use tempfile::TempDir;

const TOTAL_BYTES: u64 = 8 << 20;
const ENTRY_BYTES: u64 = 4 << 20;
const ENTRIES: usize = 1000;
const BUFFER_BYTES: usize = 16 << 10;

/// A folder with one file, kept open: to make it anew for each input would take longer than reading it.
struct Scratch {
    _folder: TempDir,
    path: PathBuf,
    file: File,
}

impl Scratch {
    fn new(extension: &str) -> io::Result<Self> {
        let folder = tempfile::tempdir()?;
        let path = folder.path().join(format!("takeout.{extension}"));
        Ok(Self { file: File::create(&path)?, path, _folder: folder })
    }

    fn write(&mut self, bytes: &[u8]) -> io::Result<PathBuf> {
        self.file.rewind()?;
        self.file.write_all(bytes)?;
        self.file.set_len(bytes.len() as u64)?;
        Ok(self.path.clone())
    }
}

thread_local! {
    static SCRATCH: RefCell<Option<Scratch>> = const { RefCell::new(None) };
}

/// The bytes as a file of this extension; a process reads but one.
fn as_file(extension: &str, bytes: &[u8]) -> io::Result<PathBuf> {
    SCRATCH.with_borrow_mut(|scratch| match scratch {
        Some(scratch) => scratch.write(bytes),
        None => scratch.insert(Scratch::new(extension)?).write(bytes),
    })
}

pub(crate) fn read(extension: &str, bytes: &[u8]) -> u64 {
    let limits =
        Limits { total_bytes: TOTAL_BYTES, entry_bytes: ENTRY_BYTES, entries: ENTRIES, ..Limits::default() };
    let path = as_file(extension, bytes).expect("the system's folder for temporary files can be written");
    let mut hasher = DefaultHasher::new();
    let exports = match dp_archive::open(&[path], &limits) {
        Ok(exports) => exports,
        Err(error) => {
            std::mem::discriminant(&error).hash(&mut hasher);
            return hasher.finish();
        }
    };
    let mut total_bytes = 0;
    for export in &exports {
        assert_eq!(export.fingerprint(), export.fingerprint());
        assert!(export.entries().len() <= ENTRIES);
        let mut reader = export.reader();
        for (index, entry) in export.entries().iter().enumerate() {
            let leads_out = entry.refused.is_none() && entry.key.split('/').any(|part| part == "..");
            assert!(!leads_out, "{:?} leads out", entry.key);
            assert!(reader.head(index).map_or(0, |head| head.len()) <= HEAD_BYTES);
            let mut ended_well = false;
            if let Ok(mut stream) = reader.open(index) {
                let mut buffer = vec![0; BUFFER_BYTES];
                ended_well = loop {
                    match stream.read(&mut buffer) {
                        Ok(0) => break true,
                        Ok(count) => total_bytes += count as u64,
                        Err(_) => break false,
                    }
                };
            }
            (entry.refused.is_some(), ended_well).hash(&mut hasher);
        }
    }
    // The last piece before a limit was noticed may be past it, once for each entry.
    assert!(total_bytes <= TOTAL_BYTES + (BUFFER_BYTES * ENTRIES) as u64, "{total_bytes} bytes were read");
    hasher.finish()
}
