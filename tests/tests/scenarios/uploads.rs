//! Imports through the server end as those on the command line do, also when the server is killed in their midst.

use crate::{
    assert_same_export, reference,
    serve::{Server, add_owner},
    shared_life,
};
use dp_e2e::Vault;
use serde_json::{Value, json};
use std::time::{Duration, Instant};

/// Longest that an import may take.
const PATIENCE: Duration = Duration::from_secs(120);

/// A server and who is signed in to it.
struct Signed {
    server: Server,
    bearer: Vec<String>,
}

impl Signed {
    fn start(vault: &Vault) -> Self {
        let server = Server::start(vault);
        let bearer = server.sign_in();
        Self { server, bearer }
    }

    fn get(&self, path: &str) -> Value {
        self.server.curl(path, &self.bearer)
    }

    /// Uploads the whole life in one form; gives the ids of the uploads.
    fn upload(&self) -> Vec<String> {
        let parts = shared_life().paths();
        let files = parts.iter().flat_map(|part| ["--form".to_owned(), format!("file=@{}", part.display())]);
        let arguments = self.bearer.iter().cloned().chain(files).collect::<Vec<_>>();
        let uploads = self.server.curl("/api/v1/uploads/form", &arguments);
        let ids = uploads["items"].as_array().unwrap().iter();
        let ids = ids.map(|upload| upload["id"].as_str().unwrap().to_owned()).collect::<Vec<_>>();
        assert_eq!(ids.len(), parts.len());
        ids
    }

    /// Begins an import of these uploads; gives the number of the job.
    fn begin(&self, uploads: &[String]) -> u64 {
        let body = json!({ "uploads": uploads }).to_string();
        let data = ["--header", "Content-Type: application/json", "--data", &body].map(str::to_owned);
        let arguments = self.bearer.iter().cloned().chain(data).collect::<Vec<_>>();
        self.server.curl("/api/v1/imports", &arguments)["id"].as_u64().unwrap()
    }

    /// The job, once `is_there` says so.
    fn wait_for(&self, job: u64, is_there: impl Fn(&Value) -> bool) -> Value {
        let until = Instant::now() + PATIENCE;
        loop {
            let found = self.get(&format!("/api/v1/jobs/{job}"));
            if is_there(&found) {
                return found;
            }
            assert!(Instant::now() < until && found["state"] != "failed", "{found}");
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    fn stop(mut self, vault: &Vault) {
        self.server.child.kill().unwrap();
        self.server.child.wait().unwrap();
        assert_eq!(vault.json(["doctor"])["sound"], true);
    }
}

fn is_done(job: &Value) -> bool {
    job["state"] == "succeeded"
}

#[test]
fn what_is_uploaded_is_imported_as_from_the_command_line_and_kept() {
    let vault = Vault::new();
    add_owner(&vault);
    let signed = Signed::start(&vault);
    let uploads = signed.upload();
    let job = signed.begin(&uploads);
    let done = signed.wait_for(job, is_done);
    assert_eq!(done["result"]["import"], 1, "{done}");
    assert_eq!(signed.get("/api/v1/uploads")["items"].as_array().unwrap().len(), 0, "they have been taken");
    let archives = vault.data().join(format!("vaults/owner/archives/import-{job}"));
    let kept = std::fs::read_dir(archives).unwrap().map(|file| file.unwrap().metadata().unwrap().len());
    let sent = shared_life().paths().iter().map(|part| part.metadata().unwrap().len()).sum::<u64>();
    assert_eq!(kept.sum::<u64>(), sent, "originals are kept");
    signed.stop(&vault);
    assert_same_export(&vault.export(), reference());
}

#[test]
fn an_import_goes_on_after_the_server_was_killed() {
    let vault = Vault::configured("[import]\nbatch_records = 50\n");
    add_owner(&vault);
    let signed = Signed::start(&vault);
    let uploads = signed.upload();
    signed.stop(&vault);

    // What was uploaded is there again, and the job goes on however often the server is killed.
    let mut signed = Signed::start(&vault);
    let job = signed.begin(&uploads);
    for _ in 0..4 {
        signed.wait_for(job, |job| job["state"] == "running" || is_done(job));
        std::thread::sleep(Duration::from_millis(150));
        signed.stop(&vault);
        signed = Signed::start(&vault);
    }
    let done = signed.wait_for(job, is_done);
    assert_eq!(done["result"]["import"], 1, "{done}");
    signed.stop(&vault);
    assert_same_export(&vault.export(), reference());
    assert_eq!(vault.json(["imports"]).as_array().unwrap().len(), 1, "a resumed import is one import");
}

#[test]
fn what_is_no_export_fails_and_says_why_and_a_cancelled_import_can_be_taken_up() {
    let vault = Vault::configured("[import]\nbatch_records = 50\n");
    add_owner(&vault);
    let signed = Signed::start(&vault);
    let broken = vault.folder().join("broken.zip");
    std::fs::write(&broken, b"PK\x03\x04 and nothing more").unwrap();
    let mut form = signed.bearer.clone();
    form.extend(["--form".to_owned(), format!("file=@{}", broken.display())]);
    let uploads = signed.server.curl("/api/v1/uploads/form", &form);
    let job = signed.begin(&[uploads["items"][0]["id"].as_str().unwrap().to_owned()]);
    let until = Instant::now() + PATIENCE;
    let failed = loop {
        let found = signed.get(&format!("/api/v1/jobs/{job}"));
        if found["state"] == "failed" {
            break found;
        }
        assert!(Instant::now() < until, "{found}");
        std::thread::sleep(Duration::from_millis(10));
    };
    assert!(failed["error"].as_str().unwrap().contains("broken.zip"), "{failed}");

    let job = signed.begin(&signed.upload());
    signed.wait_for(job, |job| job["state"] == "running");
    let mut post = signed.bearer.clone();
    post.extend(["--request".to_owned(), "POST".to_owned()]);
    signed.server.curl(&format!("/api/v1/jobs/{job}/cancel"), &post);
    signed.wait_for(job, |job| job["state"] == "cancelled");
    signed.server.curl(&format!("/api/v1/jobs/{job}/requeue"), &post);
    signed.wait_for(job, is_done);
    signed.stop(&vault);
    assert_same_export(&vault.export(), reference());
}
