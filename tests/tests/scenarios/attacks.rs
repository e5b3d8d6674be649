//! Attacks that come in through the built server: files that are uploaded to do harm.

use crate::{
    serve::{Server, add_owner},
    tally,
};
use dp_e2e::{Vault, files_below, write_activity, write_zip};
use serde_json::{Value, json};
use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

const ACTIVITY: &str = "Takeout/My Activity/Search/MyActivity.json";
/// Longest that an import of a few kilobytes may take.
const PATIENCE: Duration = Duration::from_secs(60);

/// Uploads a file under a name, imports it, and gives what came of it.
fn uploaded(vault: &Vault, file: &Path, name: &str) -> Value {
    let server = Server::start(vault);
    let bearer = server.sign_in();
    let with = |more: &[String]| bearer.iter().chain(more).cloned().collect::<Vec<_>>();
    let form = format!("file=@{};filename=\"{name}\"", file.display());
    let uploads = server.curl("/api/v1/uploads/form", &with(&["--form".into(), form]));
    let body = json!({ "uploads": [uploads["items"][0]["id"]] }).to_string();
    let data = ["--header", "Content-Type: application/json", "--data", &body].map(str::to_owned);
    let job = server.curl("/api/v1/imports", &with(&data));
    let until = Instant::now() + PATIENCE;
    loop {
        let found = server.curl(&format!("/api/v1/jobs/{}", job["id"]), &bearer);
        if found["state"] == "succeeded" {
            return found["result"].clone();
        }
        assert!(found["state"] != "failed" && Instant::now() < until, "{found}");
        std::thread::sleep(Duration::from_millis(10));
    }
}

#[test]
fn an_upload_writes_nothing_where_its_names_lead() {
    let vault = Vault::new();
    add_owner(&vault);
    let archive = vault.folder().join("out.zip");
    let activity = write_activity(&["walnut bread"]);
    let escapes = ["../escape.json", "Takeout/../../../../escape.json", "/tmp/escape-by-upload.json"];
    let entries = escapes.iter().map(|path| (*path, activity.as_slice()));
    write_zip(&archive, entries.chain([(ACTIVITY, activity.as_slice())]));
    let outside = || -> BTreeSet<PathBuf> {
        files_below(vault.folder()).into_iter().filter(|path| !path.starts_with(vault.data())).collect()
    };
    let before = outside();
    let result = uploaded(&vault, &archive, "../../../escape.zip");
    assert_eq!(result["documents"]["inserted"], 1, "{result}");
    assert_eq!(outside(), before);
    assert!(!Path::new("/tmp/escape-by-upload.json").exists());
    let archives = vault.data().join("vaults/owner/archives");
    for file in files_below(&vault.data()) {
        let name = file.file_name().unwrap().to_string_lossy().into_owned();
        assert!(!name.contains("escape") || file.starts_with(&archives), "{} was written", file.display());
    }
    assert_eq!(vault.json(["doctor"])["sound"], true);
}

#[test]
fn a_bomb_that_is_uploaded_stops_at_the_limit() {
    let vault =
        Vault::configured("[archive]\nentry_bytes = 1000000\nratio = 100\nratio_floor_bytes = 100000\n");
    add_owner(&vault);
    let archive = vault.folder().join("bomb.zip");
    let (activity, bomb) = (write_activity(&["walnut bread"]), vec![b' '; 20_000_000]);
    write_zip(
        &archive,
        [("Takeout/My Activity/Maps/MyActivity.json", bomb.as_slice()), (ACTIVITY, activity.as_slice())],
    );
    let before = files_below(&vault.data()).len();
    let result = uploaded(&vault, &archive, "bomb.zip");
    assert_eq!(result["documents"]["inserted"], 1, "{result}");
    let bytes = |path: &PathBuf| std::fs::metadata(path).map_or(0, |found| found.len());
    let largest = files_below(&vault.data()).iter().map(bytes).max().unwrap();
    assert!(
        largest < 10_000_000 && files_below(&vault.data()).len() > before,
        "a file of {largest} bytes was written"
    );
    let ledger = vault.json(["ledger"]);
    assert_eq!(vault.hits("walnut").len(), 1);
    assert!(ledger.to_string().contains("failed"), "{ledger}");
    assert_eq!(tally(&vault.import([&archive]), "documents")[0], 0, "it is all there already");
}
