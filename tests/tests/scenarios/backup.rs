//! Backups: what is restored elsewhere answers as the original does, and whatever is killed leaves nothing that looks whole.

use crate::{
    assert_same_export,
    meaning::has_model,
    reference,
    serve::{Server, add_owner},
    shared_life, undisturbed,
};
use dp_e2e::Vault;
use serde_json::Value;
use std::{
    ffi::OsStr,
    fs,
    path::{Path, PathBuf},
    process::Command,
    time::{Duration, Instant},
};

/// Queries with words and without, with filters and misspelt.
const QUERIES: [&str; 6] = [
    "bread",
    "bees kept warm in winter",
    "kind:email invoice",
    "\"night train\"",
    "source:google.youtube music",
    "receit",
];

/// Hits with their scores, as the engine explains them.
fn answers(vault: &Vault) -> Vec<Value> {
    let ask = |query: &&str| {
        let mut found = vault.json(["search", "--explain", "--limit", "40", "--", query]);
        let found = found.as_object_mut().unwrap();
        assert!(found["hits"].as_array().is_some());
        found["hits"].take()
    };
    QUERIES.iter().map(ask).collect()
}

fn backup(vault: &Vault, to: &Path) -> Value {
    vault.json([OsStr::new("backup"), "create".as_ref(), "--to".as_ref(), to.as_os_str()])
}

fn restore(file: &Path) -> Vault {
    let vault = Vault::new();
    vault.text([OsStr::new("backup"), "restore".as_ref(), file.as_os_str()]);
    vault
}

/// Files below a folder, those of a certain name's end.
fn files(folder: &Path, end: &str) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).into_iter().flatten().map(|entry| entry.unwrap().path());
    entries.filter(|path| path.to_str().unwrap().ends_with(end)).collect()
}

#[test]
fn what_is_restored_on_another_machine_answers_as_the_original() {
    let original = undisturbed();
    let room = Vault::new();
    let file = room.folder().join("life.tar.zst");
    let made = backup(original, &file);
    assert_eq!((&made["is_encrypted"], made["files"].as_u64().unwrap() >= 1), (&Value::Bool(false), true));
    let restored = restore(&file);
    assert_same_export(&restored.export(), reference());
    assert_eq!(restored.json(["doctor"])["sound"], true);
    if has_model() {
        assert_eq!(answers(&restored), answers(original));
    }
    // Only where nothing is.
    let said = restored.complaint(1, [OsStr::new("backup"), "restore".as_ref(), file.as_os_str()]);
    assert!(said.contains("not empty"), "{said}");
    assert_same_export(&restored.export(), reference());
    let whole = fs::read(&file).unwrap();
    fs::write(&file, &whole[..whole.len() / 2]).unwrap();
    let empty = Vault::new();
    let said = empty.complaint(1, [OsStr::new("backup"), "restore".as_ref(), file.as_os_str()]);
    assert!(said.contains("cut off") && said.contains("lake.db"), "{said}");
    assert_eq!(fs::read_dir(empty.data()).unwrap().count(), 0);
}

#[test]
fn a_backup_that_is_made_while_much_is_imported_is_of_one_moment() {
    let vault = Vault::configured("[import]\nbatch_records = 50\n");
    let mut import = vault.start(shared_life().import());
    let until = Instant::now() + Duration::from_secs(60);
    while !vault.data().join("vaults/owner/lake.db").is_file() && Instant::now() < until {
        std::thread::sleep(Duration::from_millis(5));
    }
    std::thread::sleep(Duration::from_millis(300));
    let file = vault.folder().join("midst.tar.zst");
    backup(&vault, &file);
    let is_running = import.try_wait().unwrap().is_none();
    let restored = restore(&file);
    assert_eq!(restored.json(["doctor"])["sound"], true);
    assert!(import.wait().unwrap().success());
    // What was not there yet comes with the same import.
    restored.text(shared_life().import());
    assert_same_export(&restored.export(), reference());
    assert!(is_running || restored.json(["imports"]).as_array().unwrap().len() <= 2);
}

#[test]
fn a_killed_backup_leaves_no_file_that_looks_done() {
    let vault = undisturbed();
    let folder = vault.data().join("backups");
    let mut done = 0;
    for wait_ms in [0, 5, 10, 20, 40, 60, 90, 130, 180, 240, 320, 420, 560] {
        let mut making = vault.start(["backup", "create"]);
        std::thread::sleep(Duration::from_millis(wait_ms));
        making.kill().unwrap();
        making.wait().unwrap();
        for file in files(&folder, ".tar.zst") {
            if file.file_name().unwrap().to_str().unwrap().starts_with('.') {
                continue;
            }
            vault.text([OsStr::new("backup"), "verify".as_ref(), file.as_os_str()]);
            done += 1;
            fs::remove_file(file).unwrap();
        }
    }
    // The next one clears away what was left.
    vault.text(["backup", "create"]);
    let left = fs::read_dir(&folder).unwrap().count();
    assert_eq!(left, 1, "{done} were done before they were killed");
    let names =
        fs::read_dir(vault.data()).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    assert!(names.into_iter().all(|name| !name.starts_with(".backup-")));
    fs::remove_dir_all(folder).unwrap();
}

#[test]
fn a_killed_restore_is_ended_by_the_next_and_nothing_works_half() {
    let room = Vault::new();
    let file = room.folder().join("life.tar.zst");
    backup(undisturbed(), &file);
    let vault = Vault::new();
    let arguments = [OsStr::new("backup"), "restore".as_ref(), file.as_os_str()];
    for wait_ms in [1, 10, 20, 40, 60, 80] {
        let mut restoring = vault.start(arguments);
        std::thread::sleep(Duration::from_millis(wait_ms));
        restoring.kill().unwrap();
        restoring.wait().unwrap();
        if vault.data().join(".restoring/files").is_dir() {
            let said = vault.complaint(1, ["search", "bread"]);
            assert!(said.contains("interrupted"), "{said}");
        }
    }
    let outcome = vault.run(arguments);
    assert!(outcome.code == 0 || outcome.stderr.contains("not empty"), "{outcome:?}");
    assert_same_export(&vault.export(), reference());
}

#[test]
fn the_owner_has_one_made_and_fetches_it_while_the_server_runs() {
    let vault = Vault::new();
    vault.text(shared_life().import());
    add_owner(&vault);
    let server = Server::start(&vault);
    let bearer = server.sign_in();
    let ask = ["--header", "Content-Type: application/json", "--data", "{}"].map(str::to_owned);
    let arguments = bearer.iter().cloned().chain(ask).collect::<Vec<_>>();
    let job = server.curl("/api/v1/backups", &arguments)["id"].as_u64().unwrap();
    let until = Instant::now() + Duration::from_secs(120);
    let done = loop {
        let found = server.curl(&format!("/api/v1/jobs/{job}"), &bearer);
        if found["state"] == "succeeded" {
            break found;
        }
        assert!(Instant::now() < until && found["state"] != "failed", "{found}");
        std::thread::sleep(Duration::from_millis(20));
    };
    let name = done["result"]["name"].as_str().unwrap().to_owned();
    assert_eq!(server.curl("/api/v1/backups", &bearer)["items"][0]["name"], name.as_str());
    let file = vault.folder().join("fetched.tar.zst");
    // A part first, as when a download breaks off, and then the rest.
    for range in [&["--range", "0-999"][..], &["--continue-at", "-"]] {
        let fetched = Command::new("curl")
            .args(["--silent", "--show-error", "--fail", "--output"])
            .arg(&file)
            .arg(server.url(&format!("/api/v1/backups/{name}")))
            .args(range)
            .args(&bearer)
            .status()
            .unwrap();
        assert!(fetched.success());
    }
    drop(server);
    let restored = restore(&file);
    assert_same_export(&restored.export(), &vault.export());
    // The account came with it, and the job that made it does not begin anew.
    let server = Server::start(&restored);
    let bearer = server.sign_in();
    let jobs = server.curl("/api/v1/jobs?kind=backup", &bearer);
    assert_eq!(
        jobs["items"].as_array().unwrap().iter().filter(|job| job["state"] == "queued").count(),
        0,
        "{jobs}"
    );
}
