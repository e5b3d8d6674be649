//! Zip archives as real exports and real packers write them.

use crate::build::*;
use std::io::{Cursor, Read, Write};

#[test]
fn stored_and_deflated_entries_are_read_in_order_of_path() {
    let long: Vec<u8> =
        (0..1_000_000_u32).flat_map(|number| number.wrapping_mul(number).to_le_bytes()).collect();
    let stored = ZipEntry { deflated: false, ..ZipEntry::new("Takeout/b.bin", &long) };
    let archive = zip(&[
        ZipEntry::new("Takeout/c.json", b"[]"),
        stored,
        ZipEntry::new("Takeout/a.bin", &long),
        ZipEntry::new("Takeout/empty.txt", b""),
        ZipEntry { deflated: false, ..ZipEntry::new("Takeout/folder/", b"") },
    ]);
    let (_scratch, export) = open_bytes("export.zip", &archive);
    assert_eq!(keys(&export), ["a.bin", "b.bin", "c.json", "empty.txt"]);
    assert_eq!(read(&export, 0).unwrap(), long);
    assert_eq!(read(&export, 1).unwrap(), long);
    assert_eq!(read(&export, 2).unwrap(), b"[]");
    assert_eq!(read(&export, 3).unwrap(), b"");
    assert_eq!(export.name(), "export");
    assert_eq!(warnings(&export), "");
}

#[test]
fn one_reader_reads_entries_in_any_order_and_in_small_steps() {
    let archive = zip(&[ZipEntry::new("a", [7; 100_000]), ZipEntry::new("b", b"bee")]);
    let (_scratch, export) = open_bytes("export.zip", &archive);
    let mut reader = export.reader();
    for _ in 0..2 {
        let mut text = String::new();
        reader.open(1).unwrap().read_to_string(&mut text).unwrap();
        assert_eq!(text, "bee");
        let mut stream = reader.open(0).unwrap();
        let mut buffer = [0; 7];
        let mut count = 0;
        loop {
            match stream.read(&mut buffer).unwrap() {
                0 => break,
                read => count += read,
            }
        }
        assert_eq!(count, 100_000);
        assert_eq!(stream.read_bytes(), 100_000);
    }
}

#[test]
fn head_is_the_first_64_kilobytes() {
    let data: Vec<u8> = (0..300_000_u32).map(|number| (number % 251) as u8).collect();
    let stored = ZipEntry { deflated: false, ..ZipEntry::new("b", &data) };
    let archive = zip(&[ZipEntry::new("a", &data), stored, ZipEntry::new("c", b"short")]);
    let (_scratch, export) = open_bytes("export.zip", &archive);
    let mut reader = export.reader();
    assert_eq!(reader.head(0).unwrap(), &data[..dp_archive::HEAD_BYTES]);
    assert_eq!(reader.head(1).unwrap(), &data[..dp_archive::HEAD_BYTES]);
    assert_eq!(reader.head(2).unwrap(), b"short");
}

#[test]
fn data_descriptors_zip64_prefixes_and_comments_are_understood() {
    let entries = [
        ZipEntry { descriptor: true, ..ZipEntry::new("Takeout/a.json", b"{\"a\":1}") },
        ZipEntry { zip64: true, ..ZipEntry::new("Takeout/b.json", b"{\"b\":2}") },
        ZipEntry { zip64: true, descriptor: true, deflated: false, ..ZipEntry::new("Takeout/c.json", b"{}") },
    ];
    for zip64_end in [false, true] {
        for prefix in [&b""[..], b"#!/bin/sh\n"] {
            let mut archive = prefix.to_vec();
            archive.extend(zip_with(&entries, zip64_end, b"a comment PK\x05\x06 that tries to mislead"));
            let (_scratch, export) = open_bytes("export.zip", &archive);
            assert_eq!(keys(&export), ["a.json", "b.json", "c.json"]);
            assert_eq!(read(&export, 0).unwrap(), b"{\"a\":1}", "{zip64_end} {prefix:?}");
            assert_eq!(read(&export, 1).unwrap(), b"{\"b\":2}");
            assert_eq!(read(&export, 2).unwrap(), b"{}");
            assert_eq!(warnings(&export), "");
        }
    }
}

#[test]
fn archives_of_another_writer_are_read() {
    let mut writer = zip::ZipWriter::new(Cursor::new(Vec::new()));
    let options =
        zip::write::SimpleFileOptions::default().compression_method(zip::CompressionMethod::Deflated);
    writer.start_file("Takeout/Übersicht.txt", options.large_file(true)).unwrap();
    writer.write_all(b"large").unwrap();
    writer.add_directory("Takeout/Mail", options).unwrap();
    writer.start_file("Takeout/Mail/a.mbox", options).unwrap();
    writer.write_all(b"From ").unwrap();
    writer.add_symlink("Takeout/link", "/etc/passwd", options).unwrap();
    let archive = writer.finish().unwrap().into_inner();
    let (_scratch, export) = open_bytes("export.zip", &archive);
    assert_eq!(keys(&export), ["Mail/a.mbox", "link", "Übersicht.txt"]);
    assert_eq!(refusal(&export, 1), "it is a symbolic link");
    assert_eq!(read(&export, 2).unwrap(), b"large");
}

#[test]
fn more_than_65535_entries_are_listed() {
    let entries: Vec<ZipEntry> = (0..70_000)
        .map(|number| ZipEntry { deflated: false, ..ZipEntry::new(format!("{number:06}"), b"x") })
        .collect();
    for zip64_end in [true, false] {
        let (_scratch, export) = open_bytes("export.zip", &zip_with(&entries, zip64_end, b""));
        assert_eq!(export.entries().len(), 70_000);
        assert_eq!(warnings(&export), "");
        assert_eq!(read(&export, 69_999).unwrap(), b"x");
    }
}

#[test]
fn names_in_every_encoding_and_spelling_have_one_key() {
    let nfd = "Takeout/Archiv_U\u{308}bersicht.html";
    let mut raw = ZipEntry::new(b"Takeout/\x9abersicht.html", b"1");
    raw.flags = 0;
    let archive = zip(&[
        raw,
        ZipEntry::new(nfd, b"2"),
        ZipEntry::new("Takeout/Applications\u{a0}Gemini/a\u{2011}b.html", b"3"),
        ZipEntry::new("Takeout/Fotos de /x.jpg", b"4"),
    ]);
    let (_scratch, export) = open_bytes("export.zip", &archive);
    assert_eq!(
        keys(&export),
        ["Applications Gemini/a-b.html", "Archiv_Übersicht.html", "Fotos de/x.jpg", "Übersicht.html"]
    );
    assert!(paths(&export).contains(&nfd), "the original spelling is kept");
}

#[test]
fn roots_wrappers_and_litter_are_told_apart() {
    let keys_of = |names: &[&str]| {
        let entries: Vec<ZipEntry> = names.iter().map(|name| ZipEntry::new(name, b"x")).collect();
        let (_scratch, export) = open_bytes("export.zip", &zip(&entries));
        keys(&export).join(" ")
    };
    assert_eq!(keys_of(&["Standortverlauf/Records.json"]), "Standortverlauf/Records.json");
    assert_eq!(keys_of(&["old/Takeout/Keep/a", "__MACOSX/old/._a"]), "__MACOSX/old/._a Keep/a");
    assert_eq!(keys_of(&["takeout-20240516T230250Z-001/Keep/a"]), "Keep/a");
    assert_eq!(keys_of(&["Drive/Takeout/a", "Keep/b"]), "Drive/Takeout/a Keep/b");
}

#[test]
fn a_zip_inside_a_zip_is_a_file() {
    let inner = zip(&[ZipEntry::new("secret.txt", b"x")]);
    let (_scratch, export) =
        open_bytes("export.zip", &zip(&[ZipEntry::new("Takeout/Drive/inner.zip", &inner)]));
    assert_eq!(keys(&export), ["Drive/inner.zip"]);
    assert_eq!(read(&export, 0).unwrap(), inner);
}

#[test]
fn entries_of_the_same_name_are_all_listed_and_equal_ones_marked() {
    let archive = zip(&[ZipEntry::new("a", b"1"), ZipEntry::new("a", b"2"), ZipEntry::new("a", b"1")]);
    let (_scratch, export) = open_bytes("export.zip", &archive);
    let marks: Vec<_> = export.entries().iter().map(|entry| entry.duplicate_of).collect();
    assert_eq!(marks, [None, None, Some(0)]);
    assert_eq!(read(&export, 1).unwrap(), b"2");
}

#[test]
fn readers_work_side_by_side() {
    let entries: Vec<ZipEntry> =
        (0..50).map(|number| ZipEntry::new(format!("{number:02}"), vec![number; 100_000])).collect();
    let (_scratch, export) = open_bytes("export.zip", &zip(&entries));
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                let mut reader = export.reader();
                for index in 0..50 {
                    let mut bytes = Vec::new();
                    reader.open(index).unwrap().read_to_end(&mut bytes).unwrap();
                    assert_eq!(bytes, vec![index as u8; 100_000]);
                }
            });
        }
    });
}
