//! Archives taken apart and packed anew in other ways, and small ones written by hand.

use serde_json::json;
use std::{
    collections::BTreeMap,
    fs::File,
    io::{Read, Write},
    path::{Path, PathBuf},
};
use zip::{ZipArchive, ZipWriter, write::SimpleFileOptions};

/// Files of an export: content by path.
pub type Entries = BTreeMap<String, Vec<u8>>;

/// The files in zip and tgz parts of one export; equal paths in several parts are one.
#[must_use]
pub fn read_archives(parts: &[PathBuf]) -> Entries {
    let mut entries = Entries::new();
    for part in parts {
        let file = File::open(part).unwrap();
        let name = part.file_name().unwrap().to_string_lossy().into_owned();
        if name.ends_with(".zip") {
            let mut archive = ZipArchive::new(file).unwrap();
            for index in 0..archive.len() {
                let mut entry = archive.by_index(index).unwrap();
                if entry.is_file() {
                    let mut bytes = Vec::new();
                    entry.read_to_end(&mut bytes).unwrap();
                    entries.insert(entry.name().unwrap().into_owned(), bytes);
                }
            }
        } else if name.ends_with(".tgz") {
            let mut archive = tar::Archive::new(flate2::read::GzDecoder::new(file));
            for entry in archive.entries().unwrap() {
                let mut entry = entry.unwrap();
                if entry.header().entry_type().is_file() {
                    let mut bytes = Vec::new();
                    entry.read_to_end(&mut bytes).unwrap();
                    entries.insert(entry.path().unwrap().to_string_lossy().into_owned(), bytes);
                }
            }
        } else {
            entries.insert(name, std::fs::read(part).unwrap());
        }
    }
    entries
}

/// Writes a zip with these files in this order.
pub fn write_zip<'a>(path: &Path, entries: impl IntoIterator<Item = (&'a str, &'a [u8])>) {
    let mut writer = ZipWriter::new(File::create(path).unwrap());
    for (name, bytes) in entries {
        writer.start_file(name, SimpleFileOptions::default()).unwrap();
        writer.write_all(bytes).unwrap();
    }
    writer.finish().unwrap();
}

/// Deals the files out to so many zips, named by `name`, last file first.
pub fn write_zip_parts(entries: &Entries, parts: usize, name: impl Fn(usize) -> PathBuf) -> Vec<PathBuf> {
    let all: Vec<_> = entries.iter().rev().map(|(name, bytes)| (name.as_str(), bytes.as_slice())).collect();
    (0..parts)
        .map(|part| {
            let path = name(part);
            write_zip(&path, all.iter().copied().skip(part).step_by(parts));
            path
        })
        .collect()
}

/// Writes a compressed tar with these files.
pub fn write_tgz(path: &Path, entries: &Entries) {
    let compressor = flate2::write::GzEncoder::new(File::create(path).unwrap(), flate2::Compression::fast());
    let mut builder = tar::Builder::new(compressor);
    for (name, bytes) in entries {
        let mut header = tar::Header::new_gnu();
        header.set_size(bytes.len() as u64);
        header.set_mode(0o644);
        builder.append_data(&mut header, name, bytes.as_slice()).unwrap();
    }
    builder.into_inner().unwrap().finish().unwrap();
}

/// Writes the files into a folder.
pub fn write_folder(folder: &Path, entries: &Entries) {
    for (name, bytes) in entries {
        let path = folder.join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, bytes).unwrap();
    }
}

/// An activity file in which these things were searched for, one each minute of 2021-03-01 from noon.
#[must_use]
pub fn write_activity<S: AsRef<str>>(searches: &[S]) -> Vec<u8> {
    let records: Vec<_> = searches
        .iter()
        .enumerate()
        .map(|(index, words)| {
            json!({
                "header": "Search",
                "title": format!("Searched for {}", words.as_ref()),
                "titleUrl": format!("https://www.google.com/search?q={}", encode(words.as_ref())),
                "time": format!("2021-03-01T{:02}:{:02}:00.000Z", 12 + index / 60, index % 60),
                "products": ["Search"],
                "activityControls": ["Web & App Activity"]
            })
        })
        .collect();
    serde_json::to_vec_pretty(&records).unwrap()
}

/// The words as a URL has them.
fn encode(words: &str) -> String {
    let encoded = |byte: u8| match byte {
        b' ' => "+".to_owned(),
        byte if byte.is_ascii_alphanumeric() => char::from(byte).to_string(),
        byte => format!("%{byte:02X}"),
    };
    words.bytes().map(encoded).collect()
}
