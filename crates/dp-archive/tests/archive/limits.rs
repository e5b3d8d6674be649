//! Each limit fails the entry that breaks it, by name, and nothing else.

use crate::build::*;
use dp_archive::{ArchiveError, Limits};

fn open_limited(name: &str, bytes: &[u8], limits: &Limits) -> (Scratch, dp_archive::Export) {
    let scratch = Scratch::new();
    let export = open_with(&scratch.write(name, bytes), limits);
    (scratch, export)
}

fn limit_of(error: &ArchiveError) -> &'static str {
    match error {
        ArchiveError::Limit { limit, .. } => limit,
        other => panic!("{other}"),
    }
}

#[test]
fn an_entry_that_inflates_beyond_belief_is_stopped() {
    let limits = Limits { ratio: 100, ratio_floor_bytes: 1 << 20, ..Limits::default() };
    let bomb = ZipEntry { size: None, ..ZipEntry::new("a-bomb", vec![0; 8 << 20]) };
    let modest = ZipEntry::new("modest", vec![0; 1 << 20]);
    let (_scratch, export) = open_limited("a.zip", &zip(&[bomb, modest]), &limits);
    assert_eq!(limit_of(&read(&export, 0).unwrap_err()), "ratio");
    assert_eq!(read(&export, 1).unwrap().len(), 1 << 20, "below the floor no ratio counts");

    let members: [(&str, &[u8]); 2] = [("bomb", &vec![0; 8 << 20]), ("good", b"x")];
    let (_scratch, export) = open_limited("a.tgz", &gzip(&tar(&members)), &limits);
    assert!(refusal(&export, 0).contains("ratio = 100"));
    assert_eq!(read(&export, 1).unwrap(), b"x");
}

#[test]
fn an_entry_larger_than_allowed_is_refused() {
    let limits = Limits { entry_bytes: 10, ..Limits::default() };
    let archive = zip(&[
        ZipEntry::new("honest", [1; 11]),
        ZipEntry { size: Some(10), ..ZipEntry::new("liar", [1; 11]) },
        ZipEntry::new("small", [1; 10]),
    ]);
    let (_scratch, export) = open_limited("a.zip", &archive, &limits);
    assert!(refusal(&export, 0).contains("entry_bytes = 10"));
    assert!(read(&export, 1).is_err());
    assert_eq!(read(&export, 2).unwrap().len(), 10);
    let (_scratch, export) = open_limited("a.tar", &tar(&[("a", &[1; 11]), ("b", b"x")]), &limits);
    assert!(refusal(&export, 0).contains("entry_bytes = 10"));
    assert_eq!(read(&export, 1).unwrap(), b"x");
    let (_scratch, export) = open_limited("a.json", &[1; 11], &limits);
    assert!(refusal(&export, 0).contains("entry_bytes = 10"));
}

#[test]
fn all_entries_together_count_and_heads_do_not() {
    let limits = Limits { total_bytes: 25, ..Limits::default() };
    let archive =
        zip(&[ZipEntry::new("a", [1; 10]), ZipEntry::new("b", [2; 10]), ZipEntry::new("c", [3; 10])]);
    let (_scratch, export) = open_limited("a.zip", &archive, &limits);
    for index in 0..3 {
        assert_eq!(export.reader().head(index).unwrap().len(), 10);
    }
    assert!(read(&export, 0).is_ok() && read(&export, 1).is_ok());
    assert_eq!(limit_of(&read(&export, 2).unwrap_err()), "total_bytes");
}

#[test]
fn a_compressed_tar_is_not_inflated_past_the_total() {
    let limits = Limits { total_bytes: 1 << 20, ..Limits::default() };
    let members: [(&str, &[u8]); 2] = [("a", b"first"), ("b", &vec![0; 16 << 20])];
    let (_scratch, export) = open_limited("a.tgz", &gzip(&tar(&members)), &limits);
    assert_eq!(keys(&export), ["a", "b"]);
    assert!(warnings(&export).contains("total_bytes"), "{}", warnings(&export));
    assert_eq!(read(&export, 0).unwrap(), b"first");
}

#[test]
fn entries_past_the_count_are_left_out_and_told() {
    let limits = Limits { entries: 2, ..Limits::default() };
    let names = ["a", "b", "c", "d"];
    let zip_entries: Vec<ZipEntry> = names.iter().map(|name| ZipEntry::new(name, b"x")).collect();
    let members: Vec<(&str, &[u8])> = names.iter().map(|name| (*name, &b"x"[..])).collect();
    for (name, bytes) in
        [("a.zip", zip(&zip_entries)), ("a.tar", tar(&members)), ("a.tgz", gzip(&tar(&members)))]
    {
        let (_scratch, export) = open_limited(name, &bytes, &limits);
        assert_eq!(keys(&export), ["a", "b"], "{name}");
        assert!(warnings(&export).contains("entries = 2"), "{name}: {}", warnings(&export));
        assert_eq!(read(&export, 1).unwrap(), b"x");
    }
    let scratch = Scratch::new();
    for name in names {
        scratch.write(&format!("folder/{name}"), b"x");
    }
    let export = open_with(&scratch.path().join("folder"), &limits);
    assert_eq!(export.entries().len(), 2);
    assert!(warnings(&export).contains("entries = 2"));
}

#[test]
fn long_and_deep_paths_are_refused() {
    let limits = Limits { path_bytes: 20, depth: 2, ..Limits::default() };
    let archive = zip(&[
        ZipEntry::new("a/b/c/d.json", b"x"),
        ZipEntry::new("b-name-of-more-than-twenty-bytes", b"x"),
        ZipEntry::new("c/d/e.json", b"x"),
    ]);
    let (_scratch, export) = open_limited("a.zip", &archive, &limits);
    assert!(refusal(&export, 0).contains("depth = 2"));
    assert!(refusal(&export, 1).contains("path_bytes = 20"));
    assert_eq!(read(&export, 2).unwrap(), b"x");
    let scratch = Scratch::new();
    scratch.write("folder/a/b/c/d.json", b"x");
    scratch.write("folder/e.json", b"x");
    let export = open_with(&scratch.path().join("folder"), &limits);
    assert!(
        export
            .entries()
            .iter()
            .any(|entry| entry.refused.as_deref().is_some_and(|why| why.contains("depth = 2")))
    );
}
