//! One process writes to a vault; others may read meanwhile.

use crate::{assert_same_export, reference, shared_life};
use dp_e2e::Vault;
use rustix::process::{Pid, Signal, kill_process};
use std::time::{Duration, Instant};

/// Commands that change a vault, with what they need.
const WRITING: [&[&str]; 7] = [
    &["star", "00000000000000000000000000000000"],
    &["tag", "00000000000000000000000000000000", "x"],
    &["note", "00000000000000000000000000000000", "x"],
    &["hide", "00000000000000000000000000000000"],
    &["forget", "--source", "google", "--yes"],
    &["reindex"],
    &["demo", "--scale", "0.001", "--years", "1"],
];

/// An import that is held in the middle, some of it applied and readable.
fn held_import(vault: &Vault) -> std::process::Child {
    let mut import = vault.start(shared_life().import());
    let until = Instant::now() + Duration::from_secs(60);
    let count = || {
        let timeline = vault.run(["--json", "timeline", "--limit", "5"]);
        timeline.stdout.matches("\"id\"").count()
    };
    while count() < 5 {
        assert!(Instant::now() < until && import.try_wait().unwrap().is_none(), "the import applies nothing");
        std::thread::sleep(Duration::from_millis(5));
    }
    kill_process(Pid::from_child(&import), Signal::STOP).unwrap();
    assert!(import.try_wait().unwrap().is_none(), "the import was over too soon");
    import
}

#[test]
fn a_second_writer_is_refused_and_readers_are_not() {
    let vault = Vault::configured("[import]\nbatch_records = 100\n");
    let mut import = held_import(&vault);
    let holder = format!("process {}", import.id());

    let said = vault.complaint(1, shared_life().import());
    assert!(said.contains("another datapunk process") && said.contains(&holder), "{said}");
    for arguments in WRITING {
        let said = vault.complaint(1, arguments);
        assert!(said.contains(&holder), "{arguments:?}: {said}");
    }

    let timeline = vault.json(["timeline", "--limit", "1"]);
    let id = timeline["items"][0]["id"].as_str().unwrap();
    assert_eq!(vault.json(["show", id])["id"], id);
    assert!(vault.json(["stats"])["documents"].as_u64().unwrap() > 0);
    assert_eq!(vault.json(["imports"])[0]["state"], "unfinished");
    for arguments in [&["ledger"][..], &["search", "the"], &["doctor"], &["export"]] {
        vault.text(arguments);
    }

    kill_process(Pid::from_child(&import), Signal::CONT).unwrap();
    assert!(import.wait().unwrap().success());
    assert_same_export(&vault.export(), reference());
}

#[test]
fn readers_see_a_running_import_grow() {
    let vault = Vault::configured("[import]\nbatch_records = 100\n");
    let mut import = vault.start(shared_life().import());
    let mut seen = Vec::new();
    while import.try_wait().unwrap().is_none() {
        let outcome = vault.run(["--json", "stats"]);
        // Before the first moments are over there is no vault.
        if outcome.code != 0 {
            assert!(outcome.stderr.contains("there is no vault"), "{}", outcome.stderr);
            assert!(seen.is_empty(), "{}", outcome.stderr);
            continue;
        }
        let statistics: serde_json::Value = serde_json::from_str(&outcome.stdout).unwrap();
        seen.push(statistics["documents"].as_u64().unwrap());
        let search = vault.run(["search", "lighthouse"]);
        assert_eq!(search.code, 0, "{}", search.stderr);
    }
    assert!(import.wait().unwrap().success(), "a reader disturbed the import");
    assert!(seen.is_sorted() && seen.len() > 1, "{seen:?}");
    assert_same_export(&vault.export(), reference());
}
