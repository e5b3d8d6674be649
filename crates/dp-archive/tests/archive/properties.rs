//! Any bytes under any name give exports or an error: never a panic, never unbounded output.

use crate::build::*;
use dp_archive::Limits;
use proptest::prelude::*;
use std::io::Read;

/// Opens and reads everything there is; how many bytes that was.
fn exercise(name: &str, bytes: &[u8]) -> u64 {
    let limits = Limits { total_bytes: 8 << 20, entry_bytes: 4 << 20, entries: 1000, ..Limits::default() };
    let scratch = Scratch::new();
    let path = scratch.write(name, bytes);
    let Ok(exports) = dp_archive::open(&[path], &limits) else { return 0 };
    let mut total = 0;
    for export in &exports {
        assert_eq!(export.fingerprint(), export.fingerprint());
        let mut reader = export.reader();
        for index in 0..export.entries().len() {
            assert!(reader.head(index).map_or(0, |head| head.len()) <= dp_archive::HEAD_BYTES);
            if let Ok(mut stream) = reader.open(index) {
                let mut sink = vec![0; 16 << 10];
                while let Ok(count @ 1..) = stream.read(&mut sink) {
                    total += count as u64;
                }
            }
        }
    }
    assert!(total <= (8 << 20) + (1 << 20) + (16 << 10) * 1000, "{total}");
    total
}

fn sound_archives() -> Vec<(&'static str, Vec<u8>)> {
    let data: Vec<u8> = (0..3000_u32).flat_map(|number| (number % 97).to_le_bytes()).collect();
    let entries = [
        ZipEntry::new("Takeout/a.json", b"{}"),
        ZipEntry { descriptor: true, ..ZipEntry::new("Takeout/b.bin", &data) },
        ZipEntry { zip64: true, deflated: false, ..ZipEntry::new("Takeout/c.txt", b"stored") },
    ];
    let long = format!("Takeout/{}.txt", "a name that needs a record of its own ".repeat(4));
    let members: [(&str, &[u8]); 3] = [("Takeout/a.json", b"{}"), (&long, &data), ("c", b"x")];
    let plain = tar(&members);
    vec![
        ("a.zip", zip(&entries)),
        ("a.zip", zip_with(&entries, true, b"comment")),
        ("a.tgz", gzip(&plain)),
        ("a.tar", plain),
    ]
}

#[test]
fn sound_archives_are_read_whole() {
    for (name, bytes) in sound_archives() {
        assert!(exercise(name, &bytes) > 12_000, "{name}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn any_bytes_are_opened_or_refused(
        name in prop::sample::select(vec!["a.zip", "a.tgz", "a.tar", "a.bin"]),
        magic in prop::sample::select(vec![&b""[..], b"PK\x03\x04", b"PK\x05\x06", b"\x1f\x8b\x08\0\0\0\0\0\0\xff"]),
        bytes in prop::collection::vec(any::<u8>(), 0..2000),
    ) {
        exercise(name, &[magic, &bytes].concat());
    }

    #[test]
    fn damaged_archives_are_opened_or_refused(
        which in 0..4_usize,
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..8),
        from_end in any::<bool>(),
        cut in prop::option::of(any::<prop::sample::Index>()),
    ) {
        let (name, mut bytes) = sound_archives().swap_remove(which);
        for (at, value) in changes {
            // Most of what can lie is in the directory at the end.
            let index = if from_end { bytes.len() - 1 - at.index(bytes.len().min(400)) } else { at.index(bytes.len()) };
            bytes[index] = value;
        }
        if let Some(cut) = cut {
            bytes.truncate(cut.index(bytes.len()));
        }
        exercise(name, &bytes);
    }

    #[test]
    fn damage_under_the_compression_is_harmless_too(
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..8),
    ) {
        let (_, mut bytes) = sound_archives().swap_remove(3);
        for (at, value) in changes {
            let index = at.index(bytes.len());
            bytes[index] = value;
        }
        exercise("a.tgz", &gzip(&bytes));
    }

    #[test]
    fn normal_form_of_a_path_is_its_own_normal_form(path in "[a-zA-ZüÜé \u{a0}\u{2011}\u{308}./\\\\-]{0,40}") {
        let once = dp_archive::normalise_path(&path);
        // A folder called Takeout inside Takeout is content, so only one root may go.
        if !once.to_ascii_lowercase().starts_with("takeout") {
            prop_assert_eq!(dp_archive::normalise_path(&once), once);
        }
    }
}
