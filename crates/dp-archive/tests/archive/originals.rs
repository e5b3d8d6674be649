//! One entry found again by its path, out of every kind of archive, from any byte on.

use crate::build::{ZipEntry, gzip, tar, zip};
use dp_archive::{ArchiveError, Limits, Original};
use std::{
    fs,
    path::{Path, PathBuf},
};

const MAIL: &str = "Takeout/Mail/All.mbox";

/// Bytes that differ everywhere.
fn mail() -> Vec<u8> {
    (0..300_000_u32).map(|number| (number.wrapping_mul(2_654_435_761) >> 24) as u8).collect()
}

/// The same entry in an archive of each kind.
fn archives(folder: &Path) -> Vec<PathBuf> {
    let mail = mail();
    let note = ("Takeout/Keep/Note.json", &b"{}"[..]);
    let stored = ZipEntry { deflated: false, ..ZipEntry::new(MAIL, &mail) };
    let files = [
        ("deflated.zip", zip(&[ZipEntry::new(note.0, note.1), ZipEntry::new(MAIL, &mail)])),
        ("stored.zip", zip(&[stored, ZipEntry::new(note.0, note.1)])),
        ("plain.tar", tar(&[note, (MAIL, &mail)])),
        ("packed.tgz", gzip(&tar(&[note, (MAIL, &mail), note]))),
    ];
    let unpacked = folder.join("unpacked");
    fs::create_dir_all(unpacked.join("Takeout/Mail")).unwrap();
    fs::write(unpacked.join(MAIL), &mail).unwrap();
    let mut paths = vec![unpacked];
    for (name, bytes) in files {
        paths.push(folder.join(name));
        fs::write(folder.join(name), bytes).unwrap();
    }
    paths
}

fn find(archive: &Path, path: &str, ordinal: usize) -> Result<Original, ArchiveError> {
    Original::find(archive, path, ordinal, &Limits::default())
}

fn read(original: Original, from_bytes: u64) -> Result<Vec<u8>, ArchiveError> {
    let mut all = Vec::new();
    original.read(from_bytes, |bytes| bytes.read_to_end(&mut all).unwrap())?;
    Ok(all)
}

#[test]
fn an_entry_comes_out_of_every_kind_of_archive_from_any_byte_on() {
    let folder = tempfile::tempdir().unwrap();
    for archive in archives(folder.path()) {
        let mail = mail();
        for from in [0, 1, 65_536, 299_999, 300_000] {
            let original = find(&archive, MAIL, 0).unwrap();
            assert_eq!(original.entry().unwrap().size_bytes, Some(300_000));
            assert_eq!(
                read(original, from as u64).unwrap(),
                mail[from..],
                "{} from {from}",
                archive.display()
            );
        }
        assert!(read(find(&archive, MAIL, 0).unwrap(), 300_001).is_err(), "{}", archive.display());
        let tag = |archive: &Path| find(archive, MAIL, 0).unwrap().tag().unwrap();
        assert_eq!(tag(&archive), tag(&archive));
    }
}

#[test]
fn what_is_not_there_is_told_from_an_archive_that_is_not() {
    let folder = tempfile::tempdir().unwrap();
    for archive in archives(folder.path()) {
        for path in ["Takeout/Mail/Other.mbox", "../../etc/passwd", "/etc/passwd", "", "Takeout/Mail"] {
            let missing = find(&archive, path, 0);
            assert!(matches!(missing, Err(ArchiveError::Missing { .. })), "{path:?} {}", archive.display());
        }
        assert!(matches!(find(&archive, MAIL, 1), Err(ArchiveError::Missing { .. })));
    }
    let gone = find(&folder.path().join("gone.zip"), MAIL, 0);
    assert!(matches!(gone, Err(ArchiveError::NotFound { .. })));
}

#[test]
fn equal_paths_in_one_archive_are_told_apart_by_their_order() {
    let folder = tempfile::tempdir().unwrap();
    let bytes: [(&str, &[u8]); 3] = [("a", b"first"), ("b", b"other"), ("a", b"second")];
    let entries = bytes.map(|(name, bytes)| ZipEntry::new(name, bytes));
    for (name, archive) in [("a.zip", zip(&entries)), ("a.tar", tar(&bytes)), ("a.tgz", gzip(&tar(&bytes)))] {
        let path = folder.path().join(name);
        fs::write(&path, archive).unwrap();
        let read = |ordinal| read(find(&path, "a", ordinal).unwrap(), 0).unwrap();
        assert_eq!((read(0), read(1)), (b"first".to_vec(), b"second".to_vec()), "{name}");
    }
}

#[test]
fn a_packed_archive_is_read_no_further_than_needed() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("cut.tgz");
    let mut whole = gzip(&tar(&[("a", b"first"), ("b", &mail())]));
    whole.truncate(whole.len() / 2);
    fs::write(&path, whole).unwrap();
    assert_eq!(read(find(&path, "a", 0).unwrap(), 0).unwrap(), b"first");
    let behind = find(&path, "c", 0).unwrap_err();
    assert!(matches!(behind, ArchiveError::Damaged { .. }), "{behind}");
}

#[test]
fn what_was_refused_stays_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.zip");
    let encrypted = ZipEntry { flags: 1, ..ZipEntry::new("a", b"secret") };
    fs::write(&path, zip(&[encrypted, ZipEntry::new("../b", b"climbing")])).unwrap();
    for name in ["a", "../b"] {
        let refused = read(find(&path, name, 0).unwrap(), 0).unwrap_err();
        assert!(matches!(refused, ArchiveError::Refused { .. }), "{refused}");
    }
}
