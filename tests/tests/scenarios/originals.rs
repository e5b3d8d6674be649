//! Originals of entries come back byte by byte, and what is wrong with an archive is said.

use dp_e2e::{Vault, write_zip};
use serde_json::Value;
use std::{fs, path::Path};

const NOTE: &str = r#"{"title": "Marmalade", "textContent": "Forty bitter oranges", "color": "DEFAULT",
  "isTrashed": false, "isPinned": false, "isArchived": false,
  "createdTimestampUsec": 1700000000000000, "userEditedTimestampUsec": 1700000000000000}"#;
const PATH: &str = "Takeout/Keep/Marmalade.json";

fn number_of(vault: &Vault, path: &str) -> u64 {
    let ledger = vault.json(["ledger"]);
    let row = ledger.as_array().unwrap().iter().find(|row| row["path"] == path);
    row.and_then(|row| row["entry"].as_u64()).unwrap()
}

fn import(vault: &Vault, archive: &Path) {
    write_zip(archive, [(PATH, NOTE.as_bytes()), ("Takeout/Keep/other.bin", &[0, 159, 146, 150][..])]);
    vault.import([archive]);
}

#[test]
fn an_entry_comes_back_as_it_was_in_its_archive() {
    let vault = Vault::new();
    import(&vault, &vault.folder().join("takeout.zip"));
    let number = number_of(&vault, PATH).to_string();
    assert_eq!(vault.text(["original", "1", &number]), NOTE);
    assert_eq!(vault.text(["original", "1", PATH]), NOTE);
    let file = vault.folder().join("note.json");
    let output = file.to_str().unwrap();
    let told: Value = vault.json(["original", "1", &number, "--output", output]);
    assert_eq!(
        (told["bytes"].as_u64(), fs::read_to_string(&file).unwrap()),
        (Some(NOTE.len() as u64), NOTE.into())
    );
    fs::write(&file, "mine").unwrap();
    vault.complaint(1, ["original", "1", &number, "--output", output]);
    assert_eq!(fs::read_to_string(&file).unwrap(), "mine", "a file that is there is left as it is");
    for (import, entry, said) in
        [("1", "99", "no entry 99"), ("7", "0", "no entry 0"), ("1", "../x", "no entry")]
    {
        let complaint = vault.complaint(1, ["original", import, entry]);
        assert!(complaint.contains(said), "{complaint}");
    }
}

#[test]
fn an_archive_that_is_not_there_as_it_was_is_said_to_be_so() {
    let vault = Vault::new();
    let archive = vault.folder().join("takeout.zip");
    import(&vault, &archive);
    let elsewhere = vault.folder().join("elsewhere.zip");
    fs::rename(&archive, &elsewhere).unwrap();
    let complaint = vault.complaint(1, ["original", "1", PATH]);
    assert!(
        complaint.contains(archive.to_str().unwrap()) && complaint.contains("Put it back"),
        "{complaint}"
    );
    write_zip(&archive, [(PATH, &b"{}"[..])]);
    let complaint = vault.complaint(1, ["original", "1", PATH]);
    assert!(complaint.contains("not the archive any more"), "{complaint}");
    fs::rename(&elsewhere, &archive).unwrap();
    assert_eq!(vault.text(["original", "1", PATH]), NOTE);
}

#[test]
fn an_archive_that_was_given_by_a_relative_path_is_found_from_anywhere() {
    let vault = Vault::new();
    let archive = vault.folder().join("takeout.zip");
    write_zip(&archive, [(PATH, NOTE.as_bytes())]);
    let imported = vault.command(["import", "takeout.zip"]).current_dir(vault.folder()).output().unwrap();
    assert!(imported.status.success(), "{}", String::from_utf8_lossy(&imported.stderr));
    assert_eq!(vault.text(["original", "1", PATH]), NOTE);
}
