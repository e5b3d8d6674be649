//! Unpacked folders, product folders and single files.

use crate::build::*;
use dp_archive::{ArchiveError, ContainerKind, Limits};
use std::path::Path;

fn open_all(paths: &[&Path]) -> Vec<dp_archive::Export> {
    let paths: Vec<_> = paths.iter().map(|path| path.to_path_buf()).collect();
    dp_archive::open(&paths, &Limits::default()).unwrap()
}

#[test]
fn whatever_folder_is_given_entries_have_the_same_keys() {
    let scratch = Scratch::new();
    scratch.write("mine/Takeout/Keep/note.json", b"{}");
    let root = scratch.path();
    for (given, path) in [
        ("mine", "Takeout/Keep/note.json"),
        ("mine/Takeout", "Takeout/Keep/note.json"),
        ("mine/Takeout/Keep", "Takeout/Keep/note.json"),
        ("mine/Takeout/Keep/note.json", "Takeout/Keep/note.json"),
    ] {
        let export = open_one(&root.join(given));
        assert_eq!(keys(&export), ["Keep/note.json"], "{given}");
        assert_eq!(paths(&export), [path], "{given}");
        assert_eq!(read(&export, 0).unwrap(), b"{}");
    }
}

#[test]
fn product_folder_without_its_root_keeps_its_name_as_a_hint() {
    let scratch = Scratch::new();
    scratch.write("Standortverlauf/Records.json", b"{}");
    scratch.write("tree/Keep/note.json", b"{}");
    scratch.write("tree/archive_browser.html", b"<html>");
    assert_eq!(keys(&open_one(&scratch.path().join("Standortverlauf"))), ["Standortverlauf/Records.json"]);
    assert_eq!(keys(&open_one(&scratch.path().join("tree"))), ["Keep/note.json", "archive_browser.html"]);
}

#[test]
fn a_single_file_is_an_export_of_one_entry() {
    let scratch = Scratch::new();
    for name in ["All mail.mbox", "Timeline.json", "calendar.ics", "letter.docx"] {
        let bytes = if name == "letter.docx" {
            zip(&[ZipEntry::new("word/document.xml", b"x")])
        } else {
            b"x".to_vec()
        };
        let export = open_one(&scratch.write(name, &bytes));
        assert_eq!(keys(&export), [name]);
        assert_eq!(export.containers()[0].kind, ContainerKind::File);
        assert_eq!(export.name(), name);
        assert_eq!(read(&export, 0).unwrap(), bytes);
    }
}

#[cfg(unix)]
#[test]
fn links_pipes_and_odd_names_are_listed_and_links_not_followed() {
    use std::os::unix::{ffi::OsStrExt, fs::symlink};
    let scratch = Scratch::new();
    scratch.write("secret/outside.txt", b"outside");
    scratch.write("tree/Keep/a.json", b"{}");
    let tree = scratch.path().join("tree");
    symlink(scratch.path().join("secret/outside.txt"), tree.join("link.txt")).unwrap();
    symlink(scratch.path().join("secret"), tree.join("linked")).unwrap();
    symlink(&tree, tree.join("loop")).unwrap();
    std::fs::write(tree.join(std::ffi::OsStr::from_bytes(b"caf\xe9.txt")), b"latin").unwrap();
    let _socket = std::os::unix::net::UnixListener::bind(tree.join("socket")).unwrap();
    let export = open_one(&tree);
    assert_eq!(paths(&export), ["Keep/a.json", "caf\u{fffd}.txt", "link.txt", "linked", "loop", "socket"]);
    assert_eq!(read(&export, 1).unwrap(), b"latin");
    for index in 2..5 {
        assert_eq!(refusal(&export, index), "it is a symbolic link");
    }
    assert!(refusal(&export, 5).contains("socket"));
    // A file that becomes a link after the folder was read.
    std::fs::remove_file(tree.join("Keep/a.json")).unwrap();
    symlink(scratch.path().join("secret/outside.txt"), tree.join("Keep/a.json")).unwrap();
    assert!(matches!(read(&export, 0), Err(ArchiveError::Changed { .. })));
}

#[test]
fn folder_of_parts_opens_the_parts_and_tells_of_the_rest() {
    let scratch = Scratch::new();
    scratch
        .write("downloads/takeout-20240516T230250Z-001.zip", &zip(&[ZipEntry::new("Takeout/a.json", b"{}")]));
    scratch
        .write("downloads/takeout-20240516T230250Z-002.zip", &zip(&[ZipEntry::new("Takeout/b.json", b"{}")]));
    scratch.write("downloads/holiday.jpg", b"x");
    let export = open_one(&scratch.path().join("downloads"));
    assert_eq!(keys(&export), ["a.json", "b.json"]);
    assert!(warnings(&export).contains("not opened"), "{}", warnings(&export));

    scratch.write("renamed/first.zip", &zip(&[ZipEntry::new("Takeout/a.json", b"{}")]));
    assert_eq!(keys(&open_one(&scratch.path().join("renamed"))), ["a.json"]);
}

#[test]
fn parts_unpacked_side_by_side_are_one_export() {
    let scratch = Scratch::new();
    for (folder, file) in [("Takeout", "a.json"), ("Takeout 2", "b.json"), ("Takeout(3)", "c.json")] {
        scratch.write(&format!("side/{folder}/Keep/{file}"), b"{}");
    }
    let side = scratch.path().join("side");
    let given = [side.join("Takeout 2"), side.join("Takeout"), side.join("Takeout(3)")];
    let exports = open_all(&given.iter().map(|path| path.as_path()).collect::<Vec<_>>());
    assert_eq!(exports.len(), 1);
    let mut found = keys(&exports[0]);
    found.sort_unstable();
    assert_eq!(found, ["Keep/a.json", "Keep/b.json", "Keep/c.json"]);
    let mut found = open_one(&side).entries().iter().map(|entry| entry.key.clone()).collect::<Vec<_>>();
    found.sort_unstable();
    assert_eq!(found, ["Keep/a.json", "Keep/b.json", "Keep/c.json"]);
    for index in 0..3 {
        assert_eq!(read(&exports[0], index).unwrap(), b"{}");
    }
}

#[test]
fn unpacked_parts_with_part_names_are_grouped_by_name() {
    let scratch = Scratch::new();
    scratch.write("takeout-20240516T230250Z-001/Takeout/Keep/a.json", b"{}");
    scratch.write("takeout-20240516T230250Z-002/Takeout/Keep/b.json", b"{}");
    for given in [vec!["takeout-20240516T230250Z-002", "takeout-20240516T230250Z-001/Takeout"], vec!["."]] {
        let given: Vec<_> = given.iter().map(|name| scratch.path().join(name)).collect();
        let exports = open_all(&given.iter().map(|path| path.as_path()).collect::<Vec<_>>());
        assert_eq!(exports.len(), 1);
        assert_eq!(exports[0].name(), "takeout-20240516T230250Z");
        let mut found = keys(&exports[0]);
        found.sort_unstable();
        assert_eq!(found, ["Keep/a.json", "Keep/b.json"]);
    }
}

#[test]
fn paths_given_twice_or_inside_one_another_are_read_once() {
    let scratch = Scratch::new();
    let note = scratch.write("Takeout/Keep/note.json", b"{}");
    scratch.write("Takeout/Chrome/History.json", b"{}");
    let root = scratch.path().join("Takeout");
    let exports = open_all(&[&note, &root.join("Keep"), &root, &root]);
    assert_eq!(exports.len(), 1);
    assert_eq!(keys(&exports[0]), ["Chrome/History.json", "Keep/note.json"]);
    let exports = open_all(&[&root.join("Keep"), &root.join("Chrome")]);
    assert_eq!(exports.len(), 1, "products of one unpacked tree belong together");
    assert_eq!(exports[0].name(), "Takeout");
}

#[test]
fn litter_is_listed_for_the_ledger() {
    let scratch = Scratch::new();
    scratch.write("tree/Keep/.DS_Store", b"x");
    scratch.write("tree/__MACOSX/._a", b"x");
    assert_eq!(keys(&open_one(&scratch.path().join("tree"))), ["Keep/.DS_Store", "__MACOSX/._a"]);
}

#[test]
fn what_is_not_there_is_an_error_that_names_it() {
    let error = dp_archive::open(&["/nowhere/takeout.zip".into()], &Limits::default()).unwrap_err();
    assert!(error.to_string().contains("/nowhere/takeout.zip"), "{error}");
    assert!(dp_archive::open(&[], &Limits::default()).unwrap().is_empty());
}
