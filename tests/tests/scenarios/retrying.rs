//! One file of an import read again, when it was mended.

use dp_e2e::Vault;
use serde_json::json;

const NOTE: &str = r#"{"title":"Marmalade","textContent":"Forty bitter oranges","color":"DEFAULT","isTrashed":false,
    "isPinned":false,"isArchived":false,"createdTimestampUsec":1700000000000000,"userEditedTimestampUsec":1700000000000000}"#;

#[test]
fn a_file_that_was_mended_is_read_again_by_its_path_or_number() {
    let vault = Vault::new();
    let keep = vault.folder().join("export/Takeout/Keep");
    std::fs::create_dir_all(&keep).unwrap();
    let file = keep.join("Marmalade.json");
    std::fs::write(&file, &NOTE[..30]).unwrap();
    vault.import([vault.folder().join("export")]);
    assert_eq!(vault.hits("oranges").len(), 0);
    std::fs::write(&file, NOTE).unwrap();
    let path = vault.json(["ledger", "1"])[0]["path"].as_str().unwrap().to_owned();
    let again = vault.json(["import", "--retry", "1", &path]);
    assert_eq!((&again["report"]["status"], &again["documents"]["inserted"]), (&json!("parsed"), &json!(1)));
    assert_eq!(vault.hits("oranges").len(), 1);
    assert_eq!(vault.json(["ledger", "1"])[0]["status"], "parsed");
    let once_more = vault.json(["import", "--retry", "1", "0"]);
    assert_eq!(once_more["documents"], json!({"inserted": 0, "updated": 0, "unchanged": 1}));
    for (import, name, said) in [
        ("1", "nothing.json", "has no file"),
        ("1", "7", "has no entry 7"),
        ("2", "0", "no import 2"),
        ("x", "0", "is no number"),
    ] {
        let complaint = vault.complaint(1, ["import", "--retry", import, name]);
        assert!(complaint.contains(said), "{complaint}");
    }
}
