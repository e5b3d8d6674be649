//! Opens every archive among the real samples, where they are at hand.

use crate::build::*;
use std::path::PathBuf;

fn samples() -> Option<PathBuf> {
    let folder = PathBuf::from("../../../shared/samples");
    if folder.is_dir() {
        return Some(folder);
    }
    eprintln!("SKIPPED: no sample files at {}", folder.display());
    None
}

#[test]
fn every_sample_archive_is_read_whole() {
    let Some(samples) = samples() else { return };
    let expected = [
        (
            "books-films/neodb-social-neodb/neodb/test_data/letterboxd-neodb-2025-08-08-02-36-utc.zip",
            16,
            1286,
        ),
        ("google-takeout/Pfarrer-google-timeline-parser/tests/data/takeout-german.zip", 1, 1541),
        (
            "google-takeout/marph91-jimmy-test-data/test_data/google_keep/test_1_frontmatter/takeout-20250130T150824Z-001.tgz",
            17,
            0,
        ),
        (
            "google-takeout/streetwriters-notesnook-importer/packages/core/__tests__/data/keep/takeout-20260605T094613Z-3-001.zip",
            2,
            12_799,
        ),
        (
            "google-takeout/streetwriters-notesnook-importer/packages/core/__tests__/data/keep/takeout.zip",
            14,
            866_152,
        ),
    ];
    for (path, entries, bytes) in expected {
        let export = open_one(&samples.join(path));
        assert_eq!(export.entries().len(), entries, "{path}");
        assert_eq!(warnings(&export), "", "{path}");
        let mut total = 0;
        let mut reader = export.reader();
        for (index, entry) in export.entries().iter().enumerate() {
            let mut data = Vec::new();
            std::io::Read::read_to_end(&mut reader.open(index).unwrap(), &mut data).unwrap();
            assert_eq!(Some(data.len() as u64), entry.size_bytes);
            assert_eq!(
                reader.head(index).unwrap(),
                &data[..data.len().min(dp_archive::HEAD_BYTES)][..reader.head(index).unwrap().len()]
            );
            total += data.len();
        }
        assert!(bytes == 0 || total == bytes, "{path}: {total}");
    }
    let german = open_one(&samples.join(expected[1].0));
    assert_eq!(keys(&german), ["Standortverlauf/Records.json"]);
    let notes = open_one(&samples.join(expected[2].0));
    assert_eq!(notes.name(), "takeout-20250130T150824Z");
    assert!(keys(&notes).contains(&"Archiv_Übersicht.html"), "{:?}", keys(&notes));
}

#[test]
fn every_sample_folder_is_listed() {
    let Some(samples) = samples() else { return };
    for child in std::fs::read_dir(samples.join("google-takeout")).unwrap().flatten() {
        let export = open_one(&child.path());
        assert!(!export.entries().is_empty());
        let mut reader = export.reader();
        for (index, entry) in export.entries().iter().enumerate() {
            assert_eq!(entry.refused, None, "{}", entry.path);
            reader.head(index).unwrap();
        }
    }
}
