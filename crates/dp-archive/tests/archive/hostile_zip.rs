//! Zip archives that lie, hide or are broken: told of, never followed, never a panic.

use crate::build::*;
use dp_archive::{ArchiveError, Limits};

#[test]
fn entries_that_would_leave_the_archive_are_refused_and_the_rest_is_read() {
    let names: [&[u8]; 8] = [
        b"../../etc/passwd",
        b"/etc/passwd",
        b"C:\\windows\\system.ini",
        b"\\\\server\\share",
        b"Takeout/../../x",
        b"Takeout\\..\\x",
        b"Takeout/nul\0.txt",
        b"",
    ];
    let mut entries: Vec<ZipEntry> = names.iter().map(|name| ZipEntry::new(name, b"evil")).collect();
    entries.push(ZipEntry::new("Takeout/good.json", b"{}"));
    let (_scratch, export) = open_bytes("export.zip", &zip(&entries));
    assert_eq!(export.entries().len(), 9);
    for (index, entry) in export.entries().iter().enumerate() {
        if entry.key == "good.json" {
            assert_eq!(read(&export, index).unwrap(), b"{}");
        } else {
            assert!(matches!(read(&export, index), Err(ArchiveError::Refused { .. })), "{:?}", entry.path);
            assert!(export.reader().head(index).is_err());
        }
    }
}

#[test]
fn links_devices_encryption_and_foreign_methods_are_refused_with_the_reason() {
    let cases = [
        (ZipEntry { unix_mode: Some(0o120_777), ..ZipEntry::new("a", b"/etc/passwd") }, "symbolic link"),
        (ZipEntry { unix_mode: Some(0o020_666), ..ZipEntry::new("b", b"") }, "device"),
        (ZipEntry { unix_mode: Some(0o060_666), ..ZipEntry::new("c", b"") }, "device"),
        (ZipEntry { unix_mode: Some(0o010_666), ..ZipEntry::new("d", b"") }, "pipe"),
        (ZipEntry { flags: 1, ..ZipEntry::new("e", b"secret") }, "encrypted"),
        (ZipEntry { method: Some(99), ..ZipEntry::new("f", b"secret") }, "encrypted"),
        (ZipEntry { method: Some(9), ..ZipEntry::new("g", b"x") }, "method 9"),
        (ZipEntry { method: Some(14), ..ZipEntry::new("h", b"x") }, "method 14"),
    ];
    let entries: Vec<ZipEntry> = cases.iter().map(|(entry, _)| entry.clone()).collect();
    let (_scratch, export) = open_bytes("export.zip", &zip(&entries));
    for (index, (_, reason)) in cases.iter().enumerate() {
        assert!(refusal(&export, index).contains(reason), "{}", refusal(&export, index));
    }
}

#[test]
fn sizes_that_lie_either_way_fail_that_entry_only() {
    let archive = zip(&[
        ZipEntry { size: Some(3), ..ZipEntry::new("a", b"longer") },
        ZipEntry { size: Some(3 << 30), ..ZipEntry::new("b", b"shorter") },
        ZipEntry { deflated: false, size: Some(3), ..ZipEntry::new("c", b"stored") },
        ZipEntry { packed_size: Some(2), ..ZipEntry::new("d", b"cut inside the deflate stream") },
        ZipEntry { packed_size: Some(1 << 40), zip64: true, ..ZipEntry::new("e", b"past the end") },
        ZipEntry::new("f", b"good"),
    ]);
    let (_scratch, export) = open_bytes("export.zip", &archive);
    assert!(matches!(read(&export, 0), Err(ArchiveError::Size { declared: 3, .. })));
    assert!(matches!(read(&export, 1), Err(ArchiveError::Size { found: 7, .. })));
    assert!(refusal(&export, 2).contains("stored"));
    assert!(matches!(read(&export, 3), Err(ArchiveError::Damaged { .. })));
    assert!(refusal(&export, 4).contains("overlaps"));
    assert_eq!(read(&export, 5).unwrap(), b"good");
}

#[test]
fn wrong_checksum_is_told_at_the_end_with_the_name_of_the_archive() {
    let archive = zip(&[ZipEntry { crc32: Some(7), ..ZipEntry::new("Takeout/a.json", b"{}") }]);
    let (_scratch, export) = open_bytes("export.zip", &archive);
    let error = read(&export, 0).unwrap_err();
    assert!(matches!(error, ArchiveError::Checksum { declared: 7, .. }));
    assert!(error.to_string().contains("Takeout/a.json in export.zip"), "{error}");
    assert_eq!(export.reader().head(0).unwrap(), b"{}");
}

#[test]
fn a_failed_stream_stays_failed() {
    use std::io::Read;
    let archive = zip(&[ZipEntry { crc32: Some(7), ..ZipEntry::new("a", b"{}") }]);
    let (_scratch, export) = open_bytes("export.zip", &archive);
    let mut reader = export.reader();
    let mut stream = reader.open(0).unwrap();
    assert!(stream.read_to_end(&mut Vec::new()).is_err());
    assert!(stream.read(&mut [0; 8]).is_err());
}

#[test]
fn overlapping_entries_are_refused_until_none_overlap() {
    let shared = zip(&[
        ZipEntry::new("kernel", vec![0; 100_000]),
        ZipEntry { header_at: Some(0), ..ZipEntry::new("again", vec![0; 100_000]) },
    ]);
    let (_scratch, export) = open_bytes("export.zip", &shared);
    let readable = export.entries().iter().filter(|entry| entry.refused.is_none()).count();
    assert_eq!(readable, 1, "two entries of the same bytes");

    let nested = zip(&[
        ZipEntry { packed_size: Some(500), size: Some(500), deflated: false, ..ZipEntry::new("outer", b"") },
        ZipEntry { deflated: false, ..ZipEntry::new("inner", [1; 400]) },
        ZipEntry { deflated: false, ..ZipEntry::new("other", [1; 400]) },
    ]);
    let (_scratch, export) = open_bytes("export.zip", &nested);
    assert_eq!(keys(&export), ["inner", "other", "outer"]);
    assert!(refusal(&export, 2).contains("overlaps"));
    assert_eq!(read(&export, 0).unwrap().len(), 400);
}

#[test]
fn local_header_that_is_not_there_fails_that_entry() {
    let mut archive = zip(&[ZipEntry::new("a", b"1"), ZipEntry::new("b", b"2")]);
    archive[0] = b'Q';
    let (_scratch, export) = open_bytes("export.zip", &archive);
    assert!(matches!(read(&export, 0), Err(ArchiveError::Damaged { .. })));
    assert_eq!(read(&export, 1).unwrap(), b"2");
    // A local header whose name runs into the next entry.
    let mut archive = zip(&[ZipEntry::new("a", b"1"), ZipEntry::new("b", b"2")]);
    archive[26..28].copy_from_slice(&[0xff, 0xff]);
    let (_scratch, export) = open_bytes("export.zip", &archive);
    assert!(matches!(read(&export, 0), Err(ArchiveError::Damaged { .. })));
}

#[test]
fn truncated_archive_is_named_and_should_be_downloaded_again() {
    let archive = zip(&[ZipEntry::new("a", vec![7; 10_000])]);
    let scratch = Scratch::new();
    for length in [0, 4, 30, archive.len() / 2, archive.len() - 1] {
        let path = scratch.write("takeout-20240516T230250Z-001.zip", &archive[..length]);
        let error = dp_archive::open(&[path], &Limits::default()).unwrap_err();
        assert!(matches!(error, ArchiveError::Truncated { .. }), "{length}: {error}");
        let message = error.to_string();
        assert!(
            message.contains("takeout-20240516T230250Z-001.zip") && message.contains("download it again"),
            "{message}"
        );
    }
    let path = scratch.write("page.zip", b"<!doctype html><p>Please sign in");
    let error = dp_archive::open(&[path], &Limits::default()).unwrap_err();
    assert!(matches!(error, ArchiveError::Unsupported { .. }), "{error}");
}

#[test]
fn truncated_part_does_not_keep_the_others_from_being_opened() {
    let scratch = Scratch::new();
    let good = zip(&[ZipEntry::new("Takeout/a.json", b"{}")]);
    let bad = zip(&[ZipEntry::new("Takeout/b.json", vec![1; 1000])]);
    let paths = [
        scratch.write("takeout-20240516T230250Z-001.zip", &good),
        scratch.write("takeout-20240516T230250Z-002.zip", &bad[..bad.len() - 30]),
    ];
    let exports = dp_archive::open(&paths, &Limits::default()).unwrap();
    assert_eq!(exports.len(), 1);
    assert_eq!(keys(&exports[0]), ["a.json", "takeout-20240516T230250Z-002.zip"]);
    assert!(refusal(&exports[0], 1).contains("download it again"));
    assert!(warnings(&exports[0]).contains("takeout-20240516T230250Z-002.zip"));
}

#[test]
fn split_volumes_and_contradicting_directories_are_told() {
    let mut archive = zip(&[ZipEntry::new("a", b"1")]);
    let end = archive.len() - 22;
    archive[end + 4] = 1;
    let scratch = Scratch::new();
    let path = scratch.write("a.zip", &archive);
    let error = dp_archive::open(&[path], &Limits::default()).unwrap_err();
    assert!(error.to_string().contains("split"), "{error}");

    let mut archive = zip(&[ZipEntry::new("a", b"1")]);
    archive[end + 8..end + 12].copy_from_slice(&[9, 0, 9, 0]);
    let (_scratch, export) = open_bytes("a.zip", &archive);
    assert!(warnings(&export).contains("lists 1 entries where it declares 9"));
    assert_eq!(read(&export, 0).unwrap(), b"1");
}

#[test]
fn an_archive_that_changes_after_opening_is_noticed() {
    let scratch = Scratch::new();
    let path = scratch.write("a.zip", &zip(&[ZipEntry::new("a", b"1")]));
    let export = open_one(&path);
    scratch.write("a.zip", b"other");
    assert!(matches!(read(&export, 0), Err(ArchiveError::Changed { .. })));
    std::fs::remove_file(&path).unwrap();
    assert!(matches!(read(&export, 0), Err(ArchiveError::NotFound { .. })));
    assert!(matches!(read(&export, 5), Err(ArchiveError::NoSuchEntry { index: 5 })));
}
