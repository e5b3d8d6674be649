//! What every command promises: exit codes, JSON, helpful complaints, harmless output.

use crate::{assert_same_export, id_of, searches_folder, shared_life, tally, vault_with};
use dp_e2e::{Entries, Vault, write_folder};
use serde_json::{Value, json};

/// Names of the fields of an object, sorted.
fn keys(value: &Value) -> Vec<&str> {
    let mut keys: Vec<&str> = value.as_object().unwrap().keys().map(String::as_str).collect();
    keys.sort_unstable();
    keys
}

#[test]
fn import_and_search_print_the_fields_that_are_documented() {
    let vault = Vault::new();
    let folder = searches_folder(&vault, "export", &["walnut bread"]);
    let notes = Entries::from([("Takeout/Odd/notes.txt".to_owned(), b"a thing of beauty".to_vec())]);
    write_folder(&folder, &notes);
    let report = vault.import([&folder]);
    assert_eq!(keys(&report), ["documents", "elapsed_seconds", "entries", "import", "people", "samples"]);
    assert_eq!(keys(&report["documents"]), ["inserted", "unchanged", "updated"]);
    assert_eq!(keys(&report["samples"]), ["inserted", "unchanged", "updated"]);
    assert!(report["import"].is_u64() && report["elapsed_seconds"].is_f64());
    for entry in report["entries"].as_array().unwrap() {
        for key in ["path", "source", "status", "documents", "samples", "bytes", "warnings"] {
            assert!(entry.get(key).is_some(), "{key} in {entry}");
        }
    }

    let found = vault.json(["search", "--all-words", "walnut"]);
    assert_eq!(keys(&found), ["all_words", "elapsed_ms", "hits", "mode", "notices", "total", "understood"]);
    let hit = &found["hits"][0];
    let expected = [
        "end",
        "highlights",
        "id",
        "kind",
        "like_it",
        "people",
        "place",
        "score",
        "snippet",
        "source",
        "start",
        "title",
        "url",
    ];
    assert_eq!(keys(hit), expected);
    assert_eq!((&hit["source"], &hit["kind"]), (&"google.search".into(), &"search".into()));
    assert_eq!(hit["start"], "2021-03-01T12:00:00Z");
    assert_eq!(id_of(&vault, "thing of beauty kind:file").len(), 32);
}

#[test]
fn warnings_of_broken_records_are_in_the_report() {
    let vault = Vault::new();
    let folder = vault.folder().join("export");
    let activity = br#"[{"header":"Search","title":"Searched for good","time":"2021-03-01T12:00:00Z","products":["Search"]},
        {"header":"Search","title":"Searched for undated","time":"the day after tomorrow","products":["Search"]}]"#;
    let path = "Takeout/My Activity/Search/MyActivity.json".to_owned();
    write_folder(&folder, &Entries::from([(path.clone(), activity.to_vec())]));
    let report = vault.import([&folder]);
    let entry = &report["entries"][0];
    assert_eq!((&entry["status"], &entry["documents"]), (&"partial".into(), &2.into()));
    let warning = &entry["warnings"][0];
    assert_eq!(keys(warning), ["kind", "message", "position"]);
    assert!(warning["message"].as_str().unwrap().contains("the day after tomorrow"), "{warning}");
    assert_eq!(vault.json(["ledger", "--status", "partial"])[0]["path"], path);
    assert_eq!(vault.json(["ledger", "1", "--status", "failed"]), json!([]));
    assert!(vault.text(["ledger"]).contains("the day after tomorrow"));
    assert_eq!(vault.json(["stats"])["undated"], 1);
}

#[test]
fn every_reporting_command_prints_one_value_of_json() {
    let vault = vault_with(&["walnut bread", "copper kettle"]);
    let id = id_of(&vault, "walnut");
    let reporting: [&[&str]; 14] = [
        &["imports"],
        &["ledger"],
        &["search", "walnut"],
        &["search", "nothing like it"],
        &["show", &id],
        &["timeline"],
        &["stats"],
        &["doctor"],
        &["doctor", "--quick"],
        &["reindex"],
        &["star", &id],
        &["tag", &id, "a"],
        &["forget", &id, "--preview"],
        &["forget", &id, "--yes"],
    ];
    for arguments in reporting {
        let value = vault.json(arguments);
        assert!(value.is_object() || value.is_array(), "{arguments:?}");
        // And for people, text.
        if arguments.last() != Some(&"--yes") && arguments[0] != "forget" {
            assert!(!vault.text(arguments).is_empty());
        }
    }
    for line in vault.export().lines() {
        assert!(serde_json::from_str::<Value>(line).unwrap()["type"].is_string());
    }
}

#[test]
fn bad_usage_is_exit_code_two_and_changes_nothing() {
    let vault = Vault::new();
    let wrong: [&[&str]; 15] = [
        &[],
        &["no-such-command"],
        &["import"],
        &["import", "--no-such-option", "x"],
        &["search"],
        &["search", "x", "--limit", "many"],
        &["search", "x", "--sort", "loudest"],
        &["timeline", "--from", "soon"],
        &["timeline", "--kind", "no-such-kind"],
        &["ledger", "--status", "happy"],
        &["export", "--format", "papyrus"],
        &["forget"],
        &["forget", "x", "--source", "y"],
        &["forget", "x", "--yes", "--preview"],
        &["show"],
    ];
    for arguments in wrong {
        assert!(!vault.complaint(2, arguments).is_empty(), "{arguments:?}");
    }
    assert!(!vault.data().exists());
}

#[test]
fn help_and_version_succeed() {
    let vault = Vault::new();
    for command in [
        "import", "imports", "ledger", "search", "show", "timeline", "stats", "export", "reindex", "doctor",
        "star", "tag", "note", "hide", "forget", "demo",
    ] {
        assert!(vault.text([command, "--help"]).contains("--data-dir"), "{command}");
        assert!(vault.text(["--help"]).contains(command));
    }
    assert!(vault.text(["--version"]).starts_with("datapunk "));
}

#[test]
fn commands_on_an_empty_place_say_how_to_begin() {
    let vault = Vault::new();
    let id = "0".repeat(32);
    let commands: [&[&str]; 12] = [
        &["imports"],
        &["ledger"],
        &["search", "x"],
        &["show", &id],
        &["timeline"],
        &["stats"],
        &["export"],
        &["reindex"],
        &["doctor"],
        &["star", &id],
        &["forget", &id, "--yes"],
        &["forget", "--source", "google", "--yes"],
    ];
    for arguments in commands {
        let said = vault.complaint(1, arguments);
        assert!(
            said.contains("there is no vault") && said.contains("datapunk import"),
            "{arguments:?}: {said}"
        );
    }
    assert!(!vault.data().exists(), "asking made something");
}

#[test]
fn a_dry_run_counts_and_writes_nothing() {
    let vault = Vault::new();
    let life = shared_life();
    let mut arguments = life.import();
    arguments.insert(1, "--dry-run".into());
    let preview = vault.json(&arguments);
    assert!(!vault.data().exists());
    assert!(preview["import"].is_null());
    assert!(vault.text(&arguments).contains("Nothing was written"));
    assert!(!vault.data().exists());

    let report = vault.json(life.import());
    assert_eq!(preview["entries"], report["entries"]);
    for what in ["documents", "samples"] {
        assert_eq!(tally(&preview, what).iter().sum::<u64>(), tally(&report, what).iter().sum::<u64>());
    }
    let before = vault.export();
    vault.text(&arguments);
    assert_same_export(&vault.export(), &before);
    assert_eq!(vault.json(["imports"]).as_array().unwrap().len(), 1);
}

#[test]
fn a_configuration_that_cannot_be_meant_is_refused_by_name() {
    for (text, named) in [
        ("[archive]\nentires = 5", "entires"),
        ("[import]\nworkers = 0", "import.workers"),
        ("[", "datapunk.toml"),
    ] {
        let vault = Vault::configured(text);
        let said = vault.complaint(1, ["stats"]);
        assert!(said.contains(named) && said.contains("datapunk.toml"), "{said}");
    }
}

#[test]
fn titles_cannot_steer_the_terminal() {
    let vault = vault_with(&["walnut \u{1b}[31mred\u{1b}]0;owned\u{7} \u{202e}bread\u{9b}2J"]);
    let id = id_of(&vault, "walnut");
    vault.text(["tag", &id, "\u{1b}[2Jtag"]);
    for arguments in
        [&["search", "walnut"][..], &["timeline"], &["show", &id], &["stats"], &["ledger"], &["imports"]]
    {
        let said = vault.text(arguments);
        assert!(!said.contains(['\u{1b}', '\u{7}', '\u{9b}', '\u{202e}']), "{arguments:?}: {said:?}");
    }
    // A program gets what was written, escaped as JSON has it.
    let raw = vault.run(["--json", "show", &id]).stdout;
    assert!(!raw.contains('\u{1b}'));
    let value: Value = serde_json::from_str(&raw).unwrap();
    assert!(value["title"].as_str().unwrap().contains("\u{1b}[31mred"), "{value}");

    let named = vault.folder().join("evil \u{1b}[31m.zip");
    std::fs::write(&named, b"PK\x03\x04 not really").unwrap();
    assert!(!vault.complaint(1, [std::ffi::OsStr::new("import"), named.as_os_str()]).contains('\u{1b}'));
}

#[test]
fn a_reader_that_has_seen_enough_is_no_error() {
    let vault = Vault::new();
    vault.text(shared_life().import());
    let mut export = vault.command(["export"]).spawn().unwrap();
    drop(export.stdout.take());
    let output = export.wait_with_output().unwrap();
    assert_eq!((output.status.code(), output.stderr.as_slice()), (Some(0), &b""[..]));
}

#[test]
fn a_document_is_shown_by_the_first_digits_of_its_id() {
    let vault = vault_with(&["walnut bread", "copper kettle"]);
    let id = id_of(&vault, "walnut");
    for digits in [&id[..4], &id[..9], &id, &id[..8].to_uppercase()] {
        let shown = vault.json(["show", digits]);
        assert_eq!(shown["id"], *id);
        assert_eq!(shown["provenance"]["entry"], "Takeout/My Activity/Search/MyActivity.json");
        assert_eq!(shown["revisions"], json!([]));
    }
    assert!(vault.text(["show", &id]).contains("walnut bread"));
    vault.complaint(1, ["show", &id[..3]]);
    vault.complaint(1, ["show", "zzzz"]);
    assert!(vault.complaint(1, ["ledger", "99"]).contains("no import 99"));
}

#[test]
fn a_vault_of_a_newer_program_or_a_broken_one_is_refused_in_words() {
    let vault = vault_with(&["walnut bread"]);
    let store = vault.data().join("vaults/owner/lake.db");
    for name in ["lake.db-wal", "lake.db-shm"] {
        let _ = std::fs::remove_file(store.with_file_name(name));
    }
    let mut bytes = std::fs::read(&store).unwrap();
    bytes[..64].fill(b'x');
    std::fs::write(&store, bytes).unwrap();
    for command in ["stats", "doctor", "reindex"] {
        let said = vault.complaint(1, [command]);
        assert!(said.starts_with("error: "), "{said}");
    }
}
