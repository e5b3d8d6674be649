//! Archives that are not what they should be: what is wrong is named, and the rest is imported.

use crate::{searches_folder, tally};
use dp_e2e::{Vault, write_activity, write_zip};
use serde_json::Value;
use std::path::{Path, PathBuf};

const ACTIVITY: &str = "Takeout/My Activity/Search/MyActivity.json";

/// A zip with one activity file and a picture that does not shrink.
fn zip(vault: &Vault, name: &str) -> (PathBuf, Vec<u8>) {
    let path = vault.folder().join(name);
    let noise: Vec<u8> =
        (0..20_000u32).map(|number| (number.wrapping_mul(2_654_435_761) >> 13) as u8).collect();
    let activity = write_activity(&["walnut bread", "copper kettle"]);
    write_zip(&path, [(ACTIVITY, activity.as_slice()), ("Takeout/Photos/noise.jpg", noise.as_slice())]);
    let bytes = std::fs::read(&path).unwrap();
    (path, bytes)
}

fn refuse(vault: &Vault, path: &Path) -> String {
    let said = vault.complaint(1, [Path::new("import"), path]);
    let name = path.file_name().unwrap().to_string_lossy();
    assert!(said.contains(&*name), "{said} does not name {name}");
    said
}

/// The ledger row with this path.
#[track_caller]
fn row<'a>(report: &'a Value, path: &str) -> &'a Value {
    let rows = report["entries"].as_array().unwrap();
    rows.iter()
        .find(|row| row["path"].as_str().unwrap().contains(path))
        .unwrap_or_else(|| panic!("{path} in {rows:?}"))
}

#[test]
fn what_cannot_be_imported_at_all_is_refused_by_name() {
    let vault = Vault::new();
    let nowhere = vault.folder().join("nowhere.zip");
    assert!(refuse(&vault, &nowhere).contains("no such file"));

    let no_zip = vault.folder().join("no.zip");
    std::fs::write(&no_zip, b"PK\x03\x04 and then nothing that a zip has").unwrap();
    refuse(&vault, &no_zip);
    let empty = vault.folder().join("empty.zip");
    std::fs::write(&empty, b"").unwrap();
    refuse(&vault, &empty);

    let (path, bytes) = zip(&vault, "cut.zip");
    for length in [10, 300, bytes.len() / 2, bytes.len() - 5] {
        std::fs::write(&path, &bytes[..length]).unwrap();
        let said = refuse(&vault, &path);
        assert!(said.contains("download"), "cut at {length}: {said}");
    }
    let no_tgz = vault.folder().join("no.tgz");
    std::fs::write(&no_tgz, b"\x1f\x8b\x08\x00 this does not inflate").unwrap();
    refuse(&vault, &no_tgz);
}

#[test]
fn one_bad_part_does_not_keep_the_good_ones_out() {
    let vault = Vault::new();
    let good = searches_folder(&vault, "good", &["harbour lights"]);
    let (bad, bytes) = zip(&vault, "bad.zip");
    std::fs::write(&bad, &bytes[..bytes.len() / 2]).unwrap();
    let report = vault.import([&good, &bad]);
    assert_eq!(tally(&report, "documents")[0], 1);
    let row = row(&report, "bad.zip");
    assert_eq!(row["status"], "failed", "{row}");

    let strict = vault.run([Path::new("import"), Path::new("--strict"), &good, &bad]);
    assert_eq!(strict.code, 1);
    assert_eq!(vault.run([Path::new("import"), Path::new("--strict"), &good]).code, 0);
}

#[test]
fn a_damaged_file_in_an_archive_fails_alone() {
    let vault = Vault::new();
    let (path, mut bytes) = zip(&vault, "flipped.zip");
    // In the middle of the data of the activity file, which comes first.
    bytes[30 + ACTIVITY.len() + 60] ^= 0x55;
    std::fs::write(&path, &bytes).unwrap();
    let report = vault.import([&path]);
    let activity = row(&report, ACTIVITY);
    assert!(activity["status"] == "failed" || activity["status"] == "partial", "{activity}");
    assert!(
        activity.to_string().contains("flipped.zip") || activity.to_string().contains("damaged"),
        "{activity}"
    );
    assert_ne!(row(&report, "noise.jpg")["status"], "failed");
    assert_eq!(
        vault.run([Path::new("import"), Path::new("--strict"), &path]).code,
        i32::from(activity["status"] == "failed")
    );
}

#[test]
fn an_encrypted_file_in_an_archive_is_named_and_the_rest_imported() {
    let vault = Vault::new();
    let (path, mut bytes) = zip(&vault, "secret.zip");
    // The flag "encrypted" of the second file, in its local header and in the directory.
    for (signature, flags_at) in [(b"PK\x03\x04", 6), (b"PK\x01\x02", 8)] {
        let at = bytes.windows(4).rposition(|window| window == signature).unwrap();
        bytes[at + flags_at] |= 1;
    }
    std::fs::write(&path, &bytes).unwrap();
    let report = vault.import([&path]);
    let secret = row(&report, "noise.jpg");
    assert_eq!(secret["status"], "failed");
    assert!(secret["reason"].as_str().unwrap().contains("encrypted"), "{secret}");
    assert_eq!(tally(&report, "documents")[0], 2);
    assert!(vault.text(["ledger", "--status", "failed"]).contains("noise.jpg"));
}

#[test]
fn a_text_file_is_kept_and_found() {
    let vault = Vault::new();
    let path = vault.folder().join("letter.txt");
    std::fs::write(&path, "Dear Quentin, the marmalade has arrived.").unwrap();
    let report = vault.import([&path]);
    assert_eq!(
        (tally(&report, "documents")[0], &row(&report, "letter.txt")["status"]),
        (1, &"unknown".into())
    );
    assert_eq!(vault.hits("marmalade").len(), 1);
}

#[test]
fn an_empty_folder_is_told_to_be_empty() {
    let vault = Vault::new();
    let folder = vault.folder().join("nothing here");
    std::fs::create_dir(&folder).unwrap();
    let outcome = vault.run([Path::new("import"), &folder]);
    assert!(outcome.code == 1 && outcome.stderr.contains("nothing here"), "{outcome:?}");
}
