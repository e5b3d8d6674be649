//! Builds archives byte by byte, so that every field can lie, and reads exports whole.

use dp_archive::{ArchiveError, Export, Limits};
use flate2::{Compression, Crc, write::DeflateEncoder, write::GzEncoder};
use std::{
    io::{Read, Write},
    path::{Path, PathBuf},
};

/// One zip entry; fields left `None` tell the truth.
#[derive(Clone, Default)]
pub(crate) struct ZipEntry {
    pub(crate) name: Vec<u8>,
    pub(crate) data: Vec<u8>,
    pub(crate) deflated: bool,
    pub(crate) flags: u16,
    pub(crate) method: Option<u16>,
    pub(crate) crc32: Option<u32>,
    pub(crate) size: Option<u64>,
    pub(crate) packed_size: Option<u64>,
    pub(crate) header_at: Option<u64>,
    pub(crate) unix_mode: Option<u32>,
    pub(crate) extra: Vec<u8>,
    pub(crate) zip64: bool,
    pub(crate) descriptor: bool,
}

impl ZipEntry {
    pub(crate) fn new(name: impl AsRef<[u8]>, data: impl AsRef<[u8]>) -> Self {
        let (name, data) = (name.as_ref().to_vec(), data.as_ref().to_vec());
        Self { name, data, deflated: true, flags: 1 << 11, ..Self::default() }
    }
}

pub(crate) fn crc_of(data: &[u8]) -> u32 {
    let mut crc = Crc::new();
    crc.update(data);
    crc.sum()
}

pub(crate) fn deflate(data: &[u8]) -> Vec<u8> {
    let mut encoder = DeflateEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(data).unwrap();
    encoder.finish().unwrap()
}

pub(crate) fn zip(entries: &[ZipEntry]) -> Vec<u8> {
    zip_with(entries, false, b"")
}

/// A zip archive, its end record in zip64 form if asked, with a comment.
pub(crate) fn zip_with(entries: &[ZipEntry], zip64_end: bool, comment: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    let mut directory = Vec::new();
    for entry in entries {
        let packed = if entry.deflated { deflate(&entry.data) } else { entry.data.clone() };
        let header_at = entry.header_at.unwrap_or(out.len() as u64);
        let size = entry.size.unwrap_or(entry.data.len() as u64);
        let packed_size = entry.packed_size.unwrap_or(packed.len() as u64);
        let crc32 = entry.crc32.unwrap_or_else(|| crc_of(&entry.data));
        let method = entry.method.unwrap_or(if entry.deflated { 8 } else { 0 });
        let flags = entry.flags | if entry.descriptor { 1 << 3 } else { 0 };

        let told = |value: u64| if entry.descriptor { 0 } else { value as u32 };
        out.extend(b"PK\x03\x04");
        for number in [45, flags, method, 0, 0x21] {
            out.extend(number.to_le_bytes());
        }
        for number in [if entry.descriptor { 0 } else { crc32 }, told(packed_size), told(size)] {
            out.extend(number.to_le_bytes());
        }
        out.extend((entry.name.len() as u16).to_le_bytes());
        out.extend(0_u16.to_le_bytes());
        out.extend(&entry.name);
        out.extend(&packed);
        if entry.descriptor {
            out.extend(b"PK\x07\x08");
            for number in [crc32, packed_size as u32, size as u32] {
                out.extend(number.to_le_bytes());
            }
        }

        let mut extra = entry.extra.clone();
        if entry.zip64 {
            extra.extend([1, 0, 24, 0]);
            for number in [size, packed_size, header_at] {
                extra.extend(number.to_le_bytes());
            }
        }
        let told = |value: u64| if entry.zip64 { u32::MAX } else { value as u32 };
        directory.extend(b"PK\x01\x02");
        for number in [3 << 8 | 45, 45, flags, method, 0, 0x21] {
            directory.extend(number.to_le_bytes());
        }
        for number in [crc32, told(packed_size), told(size)] {
            directory.extend(number.to_le_bytes());
        }
        for number in [entry.name.len(), extra.len(), 0, 0, 0] {
            directory.extend((number as u16).to_le_bytes());
        }
        directory.extend((entry.unix_mode.unwrap_or(0o100_644) << 16).to_le_bytes());
        directory.extend(told(header_at).to_le_bytes());
        directory.extend(&entry.name);
        directory.extend(extra);
    }
    let (count, directory_at) = (entries.len() as u64, out.len() as u64);
    out.extend(&directory);
    if zip64_end {
        let end_at = out.len() as u64;
        out.extend(b"PK\x06\x06");
        out.extend(44_u64.to_le_bytes());
        out.extend([45, 0, 45, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
        for number in [count, count, directory.len() as u64, directory_at] {
            out.extend(number.to_le_bytes());
        }
        out.extend(b"PK\x06\x07\0\0\0\0");
        out.extend(end_at.to_le_bytes());
        out.extend(1_u32.to_le_bytes());
    }
    out.extend(b"PK\x05\x06\0\0\0\0");
    let count = if zip64_end { u16::MAX } else { count as u16 };
    out.extend(count.to_le_bytes());
    out.extend(count.to_le_bytes());
    for number in [directory.len() as u64, directory_at] {
        out.extend(if zip64_end { u32::MAX } else { number as u32 }.to_le_bytes());
    }
    out.extend((comment.len() as u16).to_le_bytes());
    out.extend(comment);
    out
}

/// A tar archive of plain files.
pub(crate) fn tar(files: &[(&str, &[u8])]) -> Vec<u8> {
    let mut builder = tar::Builder::new(Vec::new());
    for (name, data) in files {
        let mut header = tar::Header::new_gnu();
        header.set_size(data.len() as u64);
        header.set_mode(0o644);
        builder.append_data(&mut header, name, *data).unwrap();
    }
    builder.into_inner().unwrap()
}

/// One tar header block whose fields need not make sense.
pub(crate) fn tar_header(name: &str, kind: u8, size: u64) -> Vec<u8> {
    let mut header = tar::Header::new_ustar();
    let raw = header.as_old_mut();
    raw.name[..name.len()].copy_from_slice(name.as_bytes());
    header.set_size(size);
    header.set_mode(0o644);
    header.set_entry_type(tar::EntryType::new(kind));
    header.set_cksum();
    header.as_bytes().to_vec()
}

pub(crate) fn gzip(data: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(data).unwrap();
    encoder.finish().unwrap()
}

/// A scratch folder with named files in it.
pub(crate) struct Scratch(tempfile::TempDir);

impl Scratch {
    pub(crate) fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    pub(crate) fn path(&self) -> &Path {
        self.0.path()
    }

    pub(crate) fn write(&self, name: &str, bytes: &[u8]) -> PathBuf {
        let path = self.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, bytes).unwrap();
        path
    }
}

pub(crate) fn open_one(path: &Path) -> Export {
    open_with(path, &Limits::default())
}

pub(crate) fn open_with(path: &Path, limits: &Limits) -> Export {
    let mut exports = dp_archive::open(&[path.to_path_buf()], limits).unwrap();
    assert_eq!(exports.len(), 1);
    exports.remove(0)
}

/// Opens bytes as a file of this name.
pub(crate) fn open_bytes(name: &str, bytes: &[u8]) -> (Scratch, Export) {
    let scratch = Scratch::new();
    let export = open_one(&scratch.write(name, bytes));
    (scratch, export)
}

/// The bytes of one entry, or why it cannot be read.
pub(crate) fn read(export: &Export, index: usize) -> Result<Vec<u8>, ArchiveError> {
    let mut bytes = Vec::new();
    match export.reader().open(index)?.read_to_end(&mut bytes) {
        Ok(_) => Ok(bytes),
        Err(error) => Err(ArchiveError::find_in(&error).unwrap().clone()),
    }
}

pub(crate) fn keys(export: &Export) -> Vec<&str> {
    export.entries().iter().map(|entry| entry.key.as_str()).collect()
}

pub(crate) fn paths(export: &Export) -> Vec<&str> {
    export.entries().iter().map(|entry| entry.path.as_str()).collect()
}

pub(crate) fn warnings(export: &Export) -> String {
    export
        .warnings()
        .iter()
        .map(|warning| format!("{}: {}\n", warning.path, warning.warning.message))
        .collect()
}

/// Why the entry at `index` was refused.
pub(crate) fn refusal(export: &Export, index: usize) -> &str {
    export.entries()[index].refused.as_deref().unwrap()
}
