//! Forgetting: wholly or not at all, whatever is killed, and nothing stays in any file; and the export as others open it.

use crate::{
    serve::{Server, add_owner},
    shared_life, undisturbed, vault_with,
};
use dp_e2e::{Vault, files_below, skipped};
use serde_json::{Value, json};
use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
    time::Duration,
};

/// A word that is in nothing else.
const WORD: &str = "quornzibble";

/// Files of the data directory in which the word stands, but that of past queries, which stay.
fn with_word(vault: &Vault) -> Vec<PathBuf> {
    let holds = |path: &PathBuf| {
        if path.ends_with("queries.txt") {
            return false;
        }
        let bytes = fs::read(path).unwrap_or_default();
        bytes.windows(WORD.len()).any(|part| part == WORD.as_bytes())
    };
    files_below(&vault.data()).into_iter().filter(holds).collect()
}

#[test]
fn nothing_of_what_is_forgotten_stays_in_any_file() {
    let vault = vault_with(&["walnut bread", &format!("the {WORD} recipe"), "rye bread"]);
    assert!(!with_word(&vault).is_empty());
    let id = vault.hits(WORD)[0]["id"].as_str().unwrap().to_owned();
    vault.text(["forget", &id, "--yes"]);
    assert_eq!(with_word(&vault), Vec::<PathBuf>::new());
    assert_eq!((vault.hits(WORD).len(), vault.hits("bread").len()), (0, 2));
    assert_eq!(vault.json(["doctor"])["sound"], true);
}

#[test]
fn a_killed_forgetting_is_done_wholly_or_not_at_all() {
    let source = "google.chrome";
    let vault = Vault::new();
    vault.text(shared_life().import());
    let count = || {
        let stats = vault.json(["forget", "--source", source, "--preview"]);
        stats["documents"].as_u64().unwrap()
    };
    let all = count();
    assert!(all > 100);
    let mut wait_ms = 1;
    let mut tries = 0;
    while count() > 0 {
        let mut forgetting = vault.start(["forget", "--source", source, "--yes"]);
        std::thread::sleep(Duration::from_millis(wait_ms));
        forgetting.kill().unwrap();
        forgetting.wait().unwrap();
        let left = count();
        assert!(left == all || left == 0, "{left} of {all} are left");
        assert_eq!(vault.json(["doctor"])["sound"], true);
        wait_ms += 40;
        tries += 1;
        assert!(tries < 200);
    }
    let export = vault.export();
    assert!(!export.contains("\"source\":\"google.chrome\""));
    assert!(export.contains("\"source\":\"google.mail\""));
}

#[test]
fn the_server_forgets_what_it_showed_and_python_opens_the_export() {
    let vault = vault_with(&["walnut bread", &format!("the {WORD} recipe")]);
    add_owner(&vault);
    let server = Server::start(&vault);
    let bearer = server.sign_in();
    let post = |path: &str, body: &Value| {
        let body =
            ["--header", "Content-Type: application/json", "--data", &body.to_string()].map(str::to_owned);
        server.curl(path, &bearer.iter().cloned().chain(body).collect::<Vec<_>>())
    };
    let zip = vault.folder().join("export.zip");
    let fetched = Command::new("curl")
        .args(["--silent", "--show-error", "--fail", "--output"])
        .arg(&zip)
        .arg(server.url("/api/v1/export"))
        .args(&bearer)
        .status();
    assert!(fetched.unwrap().success());
    assert_opens(&zip, WORD);
    let id = vault.hits(WORD)[0]["id"].clone();
    let preview = post("/api/v1/privacy/forget/preview", &json!({ "documents": [id] }));
    assert_eq!(preview["removes"]["documents"], 1);
    let receipt =
        post("/api/v1/privacy/forget", &json!({ "documents": [id], "confirm": preview["confirm"] }));
    assert_eq!((&receipt["removed"]["documents"], &receipt["left"]["documents"]), (&json!(1), &json!(0)));
    let log = server.curl("/api/v1/log", &bearer);
    let entry =
        log["items"].as_array().unwrap().iter().find(|entry| entry["action"] == "privacy.forgot").unwrap();
    assert!(entry["target"].as_str().unwrap().starts_with(receipt["receipt"].as_str().unwrap()));
    let held = server.curl("/api/v1/privacy", &bearer);
    assert!(held["readers"][0]["reads"].as_u64().unwrap() > 0, "{held}");
    drop(server);
    assert!(vault.json(["audit", "verify"])["intact"].is_object());
}

#[test]
fn the_command_line_writes_the_same_export() {
    let room = Vault::new();
    let zip = room.folder().join("life.zip");
    let told = undisturbed().json(["export", "--zip", zip.to_str().unwrap()]);
    let documents =
        told["files"].as_array().unwrap().iter().find(|file| file["name"] == "documents.jsonl").unwrap();
    let lines = crate::reference().lines().filter(|line| line.starts_with("{\"type\":\"document\"")).count();
    assert_eq!(documents["records"], lines);
    assert_opens(&zip, "bread");
    let said = undisturbed().complaint(1, ["export", "--zip", zip.to_str().unwrap()]);
    assert!(said.contains("there already"), "{said}");
}

/// That Python, which knows nothing of this program, finds every file whole and this word in the documents.
#[track_caller]
fn assert_opens(zip: &Path, word: &str) {
    let script = "import sys, zipfile, json\n\
        z = zipfile.ZipFile(sys.argv[1])\n\
        assert z.testzip() is None\n\
        lines = z.read('documents.jsonl').decode().splitlines()\n\
        assert lines and all(json.loads(line)['id'] for line in lines)\n\
        assert any(sys.argv[2] in line for line in lines)\n\
        counted = {f['name']: f['records'] for f in json.loads(z.read('contents.json'))['files']}\n\
        assert counted['documents.jsonl'] == len(lines)\n";
    match Command::new("python3").args(["-c", script]).arg(zip).arg(word).output() {
        Ok(output) => assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr)),
        Err(_) => skipped("python3 is not there to open the export"),
    }
}
