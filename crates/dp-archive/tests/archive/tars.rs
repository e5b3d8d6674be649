//! Tar archives, plain and compressed: whole, cut, damaged and hostile.

use crate::build::*;
use dp_archive::{ArchiveError, Limits};
use std::io::Read;

const LONG: &str = "Takeout/Mail/Alle E-Mails einschließlich Spam-Nachrichten und E-Mails im Papierkorb und noch mehr Namen dahinter.mbox";

#[test]
fn members_are_read_in_archive_order_from_plain_and_compressed_tars() {
    let big: Vec<u8> = (0..200_000_u32).flat_map(|number| number.to_le_bytes()).collect();
    let archive =
        tar(&[("Takeout/z.json", b"[1]"), (LONG, &big), ("Takeout/a.json", b"{}"), ("Takeout/empty", b"")]);
    for (name, bytes) in
        [("a.tgz", gzip(&archive)), ("a.tar.gz", gzip(&archive)), ("renamed.bin", gzip(&archive))]
    {
        let (_scratch, export) = open_bytes(name, &bytes);
        let expected = ["z.json", LONG.strip_prefix("Takeout/").unwrap(), "a.json", "empty"];
        assert_eq!(keys(&export), expected, "{name}");
        assert!(export.containers()[0].is_sequential());
        assert_eq!(export.entries()[2].crc32, Some(crc_of(b"{}")));
        let mut reader = export.reader();
        for index in [0, 1, 2, 3, 1, 0] {
            let mut data = Vec::new();
            reader.open(index).unwrap().read_to_end(&mut data).unwrap();
            let expected: &[u8] = [b"[1]", &big[..], b"{}", b""][index];
            assert_eq!(data, expected);
            assert_eq!(reader.head(index).unwrap(), &expected[..expected.len().min(dp_archive::HEAD_BYTES)]);
        }
        assert_eq!(warnings(&export), "");
    }
    let (_scratch, export) = open_bytes("a.tar", &archive);
    assert_eq!(export.entries().len(), 4);
    let index = export.entries().iter().position(|entry| entry.path == LONG).unwrap();
    assert_eq!(read(&export, index).unwrap(), big);
}

#[test]
fn an_entry_left_in_the_middle_does_not_disturb_the_next() {
    let archive = gzip(&tar(&[("a", &[1; 100_000]), ("b", &[2; 100_000])]));
    let (_scratch, export) = open_bytes("a.tgz", &archive);
    let mut reader = export.reader();
    reader.open(0).unwrap().read_exact(&mut [0; 10]).unwrap();
    let mut data = Vec::new();
    reader.open(1).unwrap().read_to_end(&mut data).unwrap();
    assert_eq!(data, [2; 100_000]);
}

#[test]
fn pax_names_and_sizes_win_over_the_header() {
    let mut archive = Vec::new();
    let record = |key: &str, value: &str| {
        let rest = format!(" {key}={value}\n");
        let length = rest.len() + 2;
        format!("{length}{rest}")
    };
    let pax = record("path", "Takeout/Übersicht.txt") + &record("size", "5");
    archive.extend(tar_header("pax", b'x', pax.len() as u64));
    archive.extend(pax.as_bytes());
    archive.resize(archive.len().next_multiple_of(512), 0);
    archive.extend(tar_header("short", b'0', 0));
    archive.extend(b"hello");
    archive.resize(archive.len().next_multiple_of(512) + 1024, 0);
    for (name, bytes) in [("a.tar", archive.clone()), ("a.tgz", gzip(&archive))] {
        let (_scratch, export) = open_bytes(name, &bytes);
        assert_eq!(keys(&export), ["Übersicht.txt"]);
        assert_eq!(read(&export, 0).unwrap(), b"hello");
        assert_eq!(warnings(&export), "");
    }
}

#[test]
fn links_devices_and_ways_out_are_refused() {
    let mut archive = Vec::new();
    let cases = [
        ("link", b'2', "symbolic link"),
        ("hard", b'1', "link"),
        ("char", b'3', "device"),
        ("block", b'4', "device"),
        ("pipe", b'6', "pipe"),
        ("odd", b'Q', "unknown tar type"),
        ("sparse", b'S', "sparse"),
        ("../out", b'0', "leaves the archive"),
        ("/etc/passwd", b'0', "absolute"),
    ];
    for (name, kind, _) in cases {
        archive.extend(tar_header(name, kind, 0));
    }
    archive.extend(tar_header("folder/", b'5', 0));
    archive.extend(tar_header("good", b'0', 1));
    archive.push(b'x');
    archive.resize(archive.len().next_multiple_of(512) + 1024, 0);
    let (_scratch, export) = open_bytes("a.tgz", &gzip(&archive));
    assert_eq!(export.entries().len(), cases.len() + 1);
    for (index, (_, _, reason)) in cases.iter().enumerate() {
        assert!(refusal(&export, index).contains(reason), "{}", refusal(&export, index));
    }
    assert_eq!(read(&export, cases.len()).unwrap(), b"x");
}

#[test]
fn entries_before_a_cut_are_readable_and_the_cut_is_told() {
    let noise: Vec<u8> =
        (0..400_000_u64).map(|n| (n.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 56) as u8).collect();
    let whole = tar(&[("a.json", b"{}"), ("b.bin", &noise), ("c.json", b"{}")]);
    let packed = gzip(&whole);
    for (name, bytes) in [("a.tgz", &packed[..packed.len() / 2]), ("a.tar", &whole[..whole.len() / 2])] {
        let (_scratch, export) = open_bytes(name, bytes);
        assert_eq!(keys(&export), ["a.json", "b.bin"], "{name}");
        assert!(warnings(&export).contains("download it again"), "{}", warnings(&export));
        assert_eq!(export.warnings()[0].warning.kind, dp_model::WarningKind::Truncated);
        assert_eq!(read(&export, 0).unwrap(), b"{}");
        assert!(read(&export, 1).is_err());
    }
}

#[test]
fn damage_in_the_middle_keeps_what_came_before() {
    let mut archive = tar(&[("a", b"1"), ("b", b"2"), ("c", b"3")]);
    archive[1024 + 5] ^= 0xff;
    for (name, bytes) in [("a.tar", archive.clone()), ("a.tgz", gzip(&archive))] {
        let (_scratch, export) = open_bytes(name, &bytes);
        assert_eq!(keys(&export), ["a"]);
        assert!(warnings(&export).contains("damaged"), "{}", warnings(&export));
    }
    let mut packed = gzip(&tar(&[("a", b"1")]));
    let end = packed.len();
    packed[end - 6] ^= 0xff;
    let (_scratch, export) = open_bytes("a.tgz", &packed);
    assert_eq!(keys(&export), ["a"]);
    assert!(warnings(&export).contains("gzip"), "{}", warnings(&export));
}

#[test]
fn impossible_sizes_and_endless_names_end_the_list_without_harm() {
    let mut header = tar_header("a", b'0', 0);
    header[124] = 0x80;
    header[125..136].fill(0xff);
    let sum: u32 = header
        .iter()
        .enumerate()
        .map(|(at, byte)| if (148..156).contains(&at) { 32 } else { u32::from(*byte) })
        .sum();
    header[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
    let mut archive = tar_header("first", b'0', 0);
    archive.extend(header);
    archive.extend([0; 1024]);
    let (_scratch, export) = open_bytes("a.tar", &archive);
    assert_eq!(keys(&export), ["first"]);
    assert!(!export.warnings().is_empty());

    let mut archive = tar_header("name", b'L', 3 << 20);
    archive.extend(vec![b'x'; 3 << 20]);
    archive.extend(tar_header("short", b'0', 0));
    archive.extend([0; 1024]);
    let (_scratch, export) = open_bytes("a.tgz", &gzip(&archive));
    assert!(refusal(&export, 0).contains("too large"));
}

#[test]
fn files_that_only_claim_to_be_tars_are_errors_and_lone_gzips_are_files() {
    let scratch = Scratch::new();
    for (name, bytes) in
        [("a.tgz", &b""[..]), ("a.tgz", b"<html>"), ("a.tar", b"<html>"), ("a.tgz", &gzip(b"text"))]
    {
        let path = scratch.write(name, bytes);
        assert!(dp_archive::open(&[path], &Limits::default()).is_err(), "{name} {bytes:?}");
    }
    let (_scratch, export) = open_bytes("history.json.gz", &gzip(b"[]"));
    assert_eq!(keys(&export), ["history.json.gz"]);
}

#[test]
fn archive_that_changes_under_the_reader_is_noticed() {
    let scratch = Scratch::new();
    let path = scratch.write("a.tgz", &gzip(&tar(&[("a", b"1"), ("b", &[7; 100_000])])));
    let export = open_one(&path);
    scratch.write("a.tgz", b"short");
    assert!(matches!(read(&export, 0), Err(ArchiveError::Changed { .. })));
}
