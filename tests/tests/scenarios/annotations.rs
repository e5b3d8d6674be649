//! What a person adds to documents stays; what they forget is gone everywhere, until imported again.

use crate::{id_of, searches_folder, tally, vault_with};
use dp_e2e::{Vault, write_activity, write_folder};
use serde_json::Value;

const SEARCHES: [&str; 4] = ["walnut bread", "copper kettle", "tin whistle", "harbour lights"];

/// Titles in the timeline.
fn timeline(vault: &Vault) -> Vec<String> {
    let page = vault.json(["timeline"]);
    page["items"].as_array().unwrap().iter().map(|item| item["title"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn annotations_are_found_survive_a_re_import_and_can_be_taken_away() {
    let vault = vault_with(&SEARCHES);
    let walnut = id_of(&vault, "walnut");
    let kettle = id_of(&vault, "kettle");
    vault.json(["star", &walnut]);
    vault.json(["tag", &walnut, "Baking"]);
    vault.json(["tag", &walnut[..8], "to try"]);
    let said = vault.json(["note", &walnut, "Grandmother's was better"]);
    let annotations = said["annotations"].clone();
    assert_eq!(
        (&annotations["starred"], &annotations["note"]),
        (&true.into(), &"Grandmother's was better".into())
    );
    assert_eq!(annotations["tags"].as_array().unwrap().len(), 2);
    vault.json(["hide", &kettle]);

    for _ in 0..2 {
        assert_eq!(vault.json(["show", &walnut])["annotations"], annotations);
        assert_eq!(id_of(&vault, "is:starred"), walnut);
        assert_eq!(id_of(&vault, "tag:Baking"), walnut);
        assert_eq!(id_of(&vault, "bread tag:\"to try\""), walnut);
        assert!(vault.hits("kettle").is_empty());
        assert_eq!(id_of(&vault, "kettle is:hidden"), kettle);
        assert!(!timeline(&vault).iter().any(|title| title.contains("kettle")));
        assert_eq!(timeline(&vault).len(), 3);
        // The same records in a file with one more of them.
        let more: Vec<_> = SEARCHES.iter().copied().chain(["one more"]).collect();
        let again = searches_folder(&vault, "again", &more);
        vault.import([again]);
        vault.json(["forget", &id_of(&vault, "one more"), "--yes"]);
        vault.json(["reindex"]);
    }

    vault.json(["star", &walnut, "--remove"]);
    vault.json(["tag", &walnut, "Baking", "--remove"]);
    vault.json(["note", &walnut, "--remove"]);
    let left = vault.json(["hide", &kettle, "--remove"])["annotations"].clone();
    assert_eq!(left["hidden"], false);
    let left = vault.json(["show", &walnut])["annotations"].clone();
    assert_eq!((&left["starred"], &left["tags"]), (&false.into(), &serde_json::json!(["to try"])));
    assert!(left["note"].is_null());
    assert!(vault.hits("is:starred").is_empty() && vault.hits("tag:Baking").is_empty());
    assert_eq!(timeline(&vault).len(), 4);
    assert_eq!(id_of(&vault, "kettle"), kettle);
}

#[test]
fn annotating_what_is_not_there_is_refused() {
    let vault = vault_with(&SEARCHES);
    let nowhere = "0".repeat(32);
    for command in ["star", "hide"] {
        assert!(vault.complaint(1, [command, &nowhere]).contains(&nowhere));
        assert!(vault.complaint(1, [command, "0000"]).contains("0000"));
        assert!(vault.complaint(1, [command, "not an id"]).contains("no document id"));
    }
    vault.complaint(1, ["tag", &id_of(&vault, "walnut"), "  "]);
    vault.complaint(2, ["note", &nowhere]);
}

/// Asserts that no command knows these words any more.
#[track_caller]
fn assert_gone(vault: &Vault, words: &str, id: &str) {
    assert!(vault.hits(words).is_empty());
    assert!(vault.hits(&format!("{words} is:hidden")).is_empty());
    assert!(!timeline(vault).iter().any(|title| title.contains(words)));
    assert!(!vault.export().contains(words));
    assert!(vault.complaint(1, ["show", id]).contains("there is no document"));
    assert_eq!(vault.json(["doctor"])["sound"], true);
}

#[test]
fn a_forgotten_document_is_nowhere_until_it_is_imported_again() {
    let vault = vault_with(&SEARCHES);
    let kettle = id_of(&vault, "kettle");
    vault.json(["note", &kettle, "a note of mine"]);
    let before = vault.export();

    let preview = vault.json(["forget", &kettle, "--preview"]);
    assert_eq!((&preview["documents"], &preview["annotations"]), (&1.into(), &1.into()));
    assert!(vault.complaint(1, ["forget", &kettle]).contains("--yes"));
    assert!(vault.complaint(1, ["--json", "forget", &kettle]).contains("--yes"));
    assert_eq!(vault.export(), before, "asking changes nothing");

    assert_eq!(vault.json(["forget", &kettle, "--yes"]), preview);
    assert_gone(&vault, "copper kettle", &kettle);
    assert!(!vault.export().contains("a note of mine"));
    assert_eq!(vault.json(["stats"])["documents"], 3);
    vault.json(["reindex"]);
    assert_gone(&vault, "copper kettle", &kettle);

    let report = vault.import([vault.folder().join("export")]);
    assert_eq!(tally(&report, "documents"), [1, 0, 3]);
    assert_eq!(id_of(&vault, "kettle"), kettle);
    assert_eq!(vault.json(["stats"])["documents"], 4);
}

#[test]
fn a_forgotten_source_is_nowhere_and_the_others_stay() {
    let vault = Vault::new();
    let folder = vault.folder().join("export");
    let watched = String::from_utf8(write_activity(&["pelican documentary", "otter documentary"])).unwrap();
    let watched = watched
        .replace("\"Search\"", "\"YouTube\"")
        .replace("www.google.com/search?q=", "www.youtube.com/results?search_query=");
    let entries = [
        ("Takeout/My Activity/Search/MyActivity.json".to_owned(), write_activity(&SEARCHES)),
        ("Takeout/My Activity/YouTube/MyActivity.json".to_owned(), watched.into_bytes()),
    ];
    write_folder(&folder, &entries.into());
    vault.import([&folder]);
    let whole = vault.export();
    let pelican = id_of(&vault, "pelican");

    let preview = vault.json(["forget", "--source", "google.youtube", "--preview"]);
    assert_eq!(preview["documents"], 2);
    assert_eq!(vault.export(), whole);
    assert!(vault.complaint(1, ["forget", "--source", "google.youtube"]).contains("2 documents"));
    assert_eq!(vault.json(["forget", "--source", "google.youtube", "--yes"]), preview);
    assert_gone(&vault, "pelican", &pelican);
    let statistics = vault.json(["stats"]);
    assert_eq!(
        (&statistics["documents"], &statistics["sources"]["google.youtube"]),
        (&4.into(), &Value::Null)
    );
    assert_eq!(vault.json(["timeline", "--source", "google.youtube"])["items"], serde_json::json!([]));
    assert_eq!(vault.json(["forget", "--source", "google.youtube", "--yes"])["documents"], 0);

    vault.import([&folder]);
    assert_eq!(vault.export(), whole, "imported again, all of it is back");

    assert_eq!(vault.json(["forget", "--source", "google", "--yes"])["documents"], 6);
    assert_eq!(vault.export(), "");
    vault.import([&folder]);
    assert_eq!(vault.export(), whole);
}
