//! Which containers make one export, in which order, and what an export is known by.

use crate::build::*;
use dp_archive::{Export, Limits};
use std::path::PathBuf;

const STAMP: &str = "takeout-20240516T230250Z";

fn part(key: &str) -> Vec<u8> {
    zip(&[ZipEntry::new(format!("Takeout/{key}"), key)])
}

fn report(job: &str, key: &str) -> Vec<u8> {
    let page = format!("<style>.job-id{{}}</style><div class=\"job-id hidden\">{job}</div>");
    zip(&[ZipEntry::new("Takeout/archive_browser.html", page), ZipEntry::new(format!("Takeout/{key}"), key)])
}

fn open_named(files: &[(&str, Vec<u8>)]) -> (Scratch, Vec<Export>) {
    let scratch = Scratch::new();
    let paths: Vec<PathBuf> = files.iter().map(|(name, bytes)| scratch.write(name, bytes)).collect();
    let exports = dp_archive::open(&paths, &Limits::default()).unwrap();
    (scratch, exports)
}

fn names(exports: &[Export]) -> Vec<&str> {
    exports.iter().map(Export::name).collect()
}

#[test]
fn parts_of_every_naming_style_become_the_exports_they_belong_to() {
    let tgz = gzip(&tar(&[("Takeout/f", b"f")]));
    let (_scratch, exports) = open_named(&[
        ("takeout-20250921T101500Z-3-002.zip", part("e")),
        (&format!("{STAMP}-002 (2).zip"), part("b")),
        ("takeout-20250921T101500Z-001.zip", part("archive_browser.html")),
        (&format!("{STAMP}-001(1).zip"), part("a")),
        ("takeout-20250921T101500Z-3-001.tgz", tgz),
        ("mine.zip", part("c")),
    ]);
    assert_eq!(names(&exports), ["mine", STAMP, "takeout-20250921T101500Z"]);
    assert_eq!(keys(&exports[1]), ["a", "b"]);
    assert_eq!(keys(&exports[2]), ["archive_browser.html", "e", "f"], "compressed tars come last");
    assert_eq!(exports[1].exported_at_us(), Some(1_715_900_570_000_000));
    assert!(exports.iter().all(|export| export.warnings().is_empty()));
}

#[test]
fn order_of_the_paths_changes_nothing() {
    let files = [
        (format!("{STAMP}-001.zip"), report("3f0c9a52-0000", "a")),
        (format!("{STAMP}-002.zip"), part("b")),
        (format!("{STAMP}-002 (1).zip"), part("b")),
        ("other.zip".to_owned(), part("x")),
    ];
    let scratch = Scratch::new();
    let mut paths: Vec<PathBuf> = files.iter().map(|(name, bytes)| scratch.write(name, bytes)).collect();
    let describe = |paths: &[PathBuf]| {
        let exports = dp_archive::open(paths, &Limits::default()).unwrap();
        exports
            .iter()
            .map(|export| {
                (export.name().to_owned(), export.entries().to_vec(), warnings(export), export.fingerprint())
            })
            .collect::<Vec<_>>()
    };
    let expected = describe(&paths);
    paths.reverse();
    assert_eq!(describe(&paths), expected);
    paths.swap(0, 2);
    assert_eq!(describe(&paths), expected);
}

#[test]
fn a_part_downloaded_twice_is_left_out_with_a_word() {
    let (_scratch, exports) = open_named(&[
        (&format!("{STAMP}-001(1).zip"), part("a")),
        (&format!("{STAMP}-001.zip"), part("a")),
        ("copy.zip", part("a")),
    ]);
    assert_eq!(exports.len(), 1);
    assert_eq!(exports[0].containers().len(), 1);
    assert_eq!(exports[0].containers()[0].name, format!("{STAMP}-001.zip"));
    assert!(warnings(&exports[0]).contains("copy.zip: holds the same entries"), "{}", warnings(&exports[0]));
    assert_eq!(exports[0].warnings().len(), 2);
}

#[test]
fn missing_part_numbers_are_named() {
    let (_scratch, exports) =
        open_named(&[(&format!("{STAMP}-001.zip"), part("a")), (&format!("{STAMP}-004.zip"), part("d"))]);
    assert!(warnings(&exports[0]).contains("002, 003"), "{}", warnings(&exports[0]));
}

#[test]
fn renamed_parts_belong_together_only_by_their_job() {
    let (_scratch, exports) = open_named(&[
        ("one.zip", report("3f0c9a52-0000-1111", "a")),
        ("two.zip", report("3f0c9a52-0000-1111", "b")),
        ("three.zip", report("aaaaaaaa-0000-1111", "c")),
        ("four.zip", part("d")),
    ]);
    let all: Vec<Vec<&str>> = exports.iter().map(keys).collect();
    assert_eq!(
        all,
        [
            vec!["d"],
            vec!["a", "archive_browser.html", "archive_browser.html", "b"],
            vec!["archive_browser.html", "c"]
        ]
    );
    assert_eq!(exports[1].entries()[2].duplicate_of, Some(1));
    let (_scratch, exports) = open_named(&[
        (&format!("{STAMP}-001.zip"), report("3f0c9a52-0000-1111", "a")),
        ("two.zip", report("3f0c9a52-0000-1111", "b")),
    ]);
    assert_eq!(names(&exports), [STAMP]);
}

#[test]
fn the_same_file_in_two_parts_is_marked() {
    let (_scratch, exports) = open_named(&[
        (
            &format!("{STAMP}-001.zip"),
            zip(&[ZipEntry::new("Takeout/a", b"1"), ZipEntry::new("Takeout/b", b"2")]),
        ),
        (
            &format!("{STAMP}-002.zip"),
            zip(&[ZipEntry::new("Takeout/a", b"1"), ZipEntry::new("Takeout/b", b"3")]),
        ),
    ]);
    let marks: Vec<_> =
        exports[0].entries().iter().map(|entry| (entry.key.as_str(), entry.duplicate_of)).collect();
    assert_eq!(marks, [("a", None), ("a", Some(0)), ("b", None), ("b", None)]);
}

#[test]
fn fingerprint_follows_content_and_not_packing() {
    let entries = [ZipEntry::new("Takeout/a", b"1"), ZipEntry::new("Takeout/b", b"2")];
    let (_one, whole) = open_named(&[("whole.zip", zip(&entries))]);
    let (_two, parts) = open_named(&[
        (&format!("{STAMP}-001.zip"), zip(&entries[1..])),
        (&format!("{STAMP}-002.zip"), zip(&entries)),
    ]);
    let (_three, packed) = open_named(&[("a.tgz", gzip(&tar(&[("Takeout/b", b"2"), ("Takeout/a", b"1")])))]);
    assert_eq!(whole[0].fingerprint(), parts[0].fingerprint());
    assert_eq!(whole[0].fingerprint(), packed[0].fingerprint());
    let (_four, other) =
        open_named(&[("whole.zip", zip(&[entries[0].clone(), ZipEntry::new("Takeout/b", b"3")]))]);
    assert_ne!(whole[0].fingerprint(), other[0].fingerprint());
}

#[test]
fn fingerprint_of_a_folder_changes_with_its_files() {
    let scratch = Scratch::new();
    let path = scratch.write("tree/Keep/a.json", b"{\"a\":1}");
    let tree = scratch.path().join("tree");
    let before = open_one(&tree).fingerprint();
    assert_eq!(open_one(&tree).fingerprint(), before);
    std::fs::write(&path, b"{\"a\":2}").unwrap();
    assert_ne!(open_one(&tree).fingerprint(), before);
    let mut plain = tar(&[("a", b"1")]);
    let (_one, first) = open_named(&[("a.tar", plain.clone())]);
    plain[512] = b'2';
    let (_two, second) = open_named(&[("a.tar", plain)]);
    assert_ne!(first[0].fingerprint(), second[0].fingerprint());
}
