//! Any bytes as an archive are opened or refused, and never give more than the limits allow.

use dp_archive::{HEAD_BYTES, Limits};
use std::{
    hash::{DefaultHasher, Hash, Hasher},
    io::Read,
};
use tempfile::TempDir;

const TOTAL_BYTES: u64 = 8 << 20;
const ENTRY_BYTES: u64 = 4 << 20;
const ENTRIES: usize = 1000;
const BUFFER_BYTES: usize = 16 << 10;

thread_local! {
    static SCRATCH: TempDir = tempfile::tempdir().expect("the system's folder for temporary files can be written");
}

pub(crate) fn read(extension: &str, bytes: &[u8]) -> u64 {
    let limits =
        Limits { total_bytes: TOTAL_BYTES, entry_bytes: ENTRY_BYTES, entries: ENTRIES, ..Limits::default() };
    let path = SCRATCH.with(|scratch| scratch.path().join(format!("takeout.{extension}")));
    std::fs::write(&path, bytes).expect("the folder for temporary files can be written");
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
