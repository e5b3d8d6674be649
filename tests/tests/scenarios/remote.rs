//! `datapunk --server URL`: commands that read say of a server's vault what they say of that vault on its own machine,
//! and nothing else is done there or here.

use crate::{
    serve::{Server, add_owner},
    shared_life, vault_with,
};
use dp_e2e::{Outcome, Vault, read_archives};
use rcgen::{CertifiedKey, generate_simple_self_signed};
use serde_json::{Value, json};
use std::{
    fs,
    io::{BufRead as _, BufReader},
    path::Path,
    process::{Child, Stdio},
};

/// A machine with nothing on it, from which a server is asked.
struct Elsewhere {
    machine: Vault,
    address: String,
    key: Option<String>,
}

impl Elsewhere {
    /// Asks this server with a key that may do this.
    fn with_key(server: &Server, scope: &Value) -> Self {
        let mut arguments = server.sign_in();
        let body = json!({"name": "elsewhere", "scope": scope}).to_string();
        arguments.extend(["--header", "Content-Type: application/json", "--data", &body].map(str::to_owned));
        let made = server.curl("/api/v1/keys", &arguments);
        Self::asking(&server.url(""), made["text"].as_str())
    }

    fn asking(address: &str, key: Option<&str>) -> Self {
        Self { machine: Vault::new(), address: address.to_owned(), key: key.map(str::to_owned) }
    }

    fn run(&self, arguments: &[&str]) -> Outcome {
        let all = ["--server", &self.address].into_iter().chain(arguments.iter().copied());
        let mut command = self.machine.command(all);
        if let Some(key) = &self.key {
            command.env("DATAPUNK_KEY", key);
        }
        let output = command.output().unwrap();
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        Outcome {
            code: output.status.code().unwrap_or(-1),
            stdout: text(&output.stdout),
            stderr: text(&output.stderr),
        }
    }

    #[track_caller]
    fn text(&self, arguments: &[&str]) -> String {
        let outcome = self.run(arguments);
        assert_eq!((outcome.code, outcome.stderr.as_str()), (0, ""), "{arguments:?}");
        outcome.stdout
    }

    #[track_caller]
    fn complaint(&self, arguments: &[&str]) -> String {
        let outcome = self.run(arguments);
        assert_eq!((outcome.code, outcome.stdout.as_str()), (1, ""), "{arguments:?}: {}", outcome.stderr);
        assert!(!outcome.stderr.contains("panicked"), "{}", outcome.stderr);
        outcome.stderr
    }
}

/// What was printed, without how long it took.
fn timeless(text: &str) -> String {
    let without = |text: &str, mark: &str, end: &str| {
        let told = text.rsplit_once(mark).and_then(|(before, rest)| Some((before, rest.split_once(end)?)));
        match told {
            Some((before, (number, after))) if number.parse::<f64>().is_ok() => {
                format!("{before}{mark}{end}{after}")
            }
            _ => text.to_owned(),
        }
    };
    without(&without(text, "\"elapsed_ms\":", "}"), " in ", " ms")
}

/// Runs the command here and from elsewhere, as text and as JSON; both must say something, and the same.
#[track_caller]
fn assert_same(vault: &Vault, elsewhere: &Elsewhere, arguments: &[&str]) {
    for form in [&[][..], &["--json"]] {
        let arguments: Vec<&str> = form.iter().chain(arguments).copied().collect();
        let (local, remote) = (vault.text(&arguments), elsewhere.text(&arguments));
        assert!(local.len() > 10, "{arguments:?} says nothing: {local}");
        assert!(
            timeless(&local) == timeless(&remote),
            "{arguments:?} says\n{local}\nand from elsewhere\n{remote}"
        );
    }
}

#[test]
fn what_is_read_from_elsewhere_is_what_is_read_on_the_machine() {
    // Far from where the tests' clock is, so that a wrong zone shows.
    let vault = Vault::configured("[person]\nhome_zone = \"Asia/Tokyo\"\n");
    vault.text(shared_life().import());
    add_owner(&vault);
    let server = Server::start(&vault);
    let elsewhere = Elsewhere::with_key(&server, &json!({"read": true}));
    let found = vault.json(["search", "--mode", "keyword", "kind:email"]);
    let id = found["hits"][0]["id"].as_str().unwrap().to_owned();
    let page = vault.json(["timeline", "--limit", "3"]);
    let cursor = page["next"].as_str().unwrap();
    let commands: &[&[&str]] = &[
        &["search", "quorndle"],
        &["search", "--explain", "--facets", "--limit", "7", "lamination temperature"],
        &["search", "--unfolded", "--limit", "100", "kind:email"],
        &["search", "--mode", "semantic", "--no-rerank", "bread", "in", "spring"],
        &["search", "--all-words", "--sort", "oldest", "--facets", "kind:watch OR kind:visit"],
        &["search", "zzyzzyzx & +1 = \"né à\" #%"],
        &["similar", &id],
        &["similar", "--limit", "3", &id[..8]],
        &["around", "--hours", "72", &id[..8]],
        &["onthisday", "06-14"],
        &["onthisday", "--limit", "2", "2021-03-01"],
        &["suggest", "q"],
        &["suggest", "--limit", "2", "lam"],
        &["show", &id],
        &["show", &id[..8]],
        &["timeline"],
        &["timeline", "--limit", "1201", "--oldest-first"],
        &["timeline", "--limit", "5", "--cursor", cursor],
        &["timeline", "--source", "google.youtube", "--kind", "watch", "--from", "2015", "--to", "2019-06"],
        &["stats"],
        &["stats", "--top", "3"],
        &["imports"],
        &["ledger"],
        &["ledger", "1", "--status", "ignored"],
    ];
    for arguments in commands {
        assert_same(&vault, &elsewhere, arguments);
    }
    let queries = fs::read_to_string(vault.data().join("vaults/owner/queries.txt")).unwrap();
    assert_eq!(queries.matches("quorndle").count(), 1, "what was asked from elsewhere is not remembered");
    assert!(!elsewhere.machine.data().exists(), "nothing is made on the machine that asks");

    originals_and_exports_are_the_same(&vault, &elsewhere);
    mistakes_are_told_as_on_the_machine(&elsewhere, &id);
}

#[track_caller]
fn originals_and_exports_are_the_same(vault: &Vault, elsewhere: &Elsewhere) {
    let ledger = vault.json(["ledger", "1"]);
    let entry = ledger.as_array().unwrap().iter().find(|entry| entry["status"] == "parsed").unwrap();
    let (number, path) = (entry["entry"].to_string(), entry["path"].as_str().unwrap());
    let original = vault.text(["original", "1", &number]);
    assert!(original.len() > 100);
    assert_eq!(elsewhere.text(&["original", "1", &number]), original);
    assert_eq!(elsewhere.text(&["original", "1", path]), original);
    let copy = elsewhere.machine.folder().join("original");
    let said = elsewhere.text(&["original", "1", &number, "--output", copy.to_str().unwrap()]);
    assert!(said.contains("written to"), "{said}");
    assert_eq!(fs::read_to_string(&copy).unwrap(), original);
    let said = elsewhere.complaint(&["original", "1", "999999"]);
    assert!(said.contains("has no entry") && said.contains("999999"), "{said}");

    for options in [&[][..], &["--source", "google.mail", "--from", "2015", "--to", "2018-06"]] {
        let zips = [vault.folder(), elsewhere.machine.folder()];
        let zips = zips.map(|folder| folder.join(format!("{}.zip", options.len())));
        let arguments = |zip: &Path| -> Vec<String> {
            let all = ["export", "--zip", zip.to_str().unwrap()].into_iter().chain(options.iter().copied());
            all.map(ToString::to_string).collect()
        };
        let local = vault.text(arguments(&zips[0]));
        let asked = arguments(&zips[1]);
        let remote = elsewhere.text(&asked.iter().map(String::as_str).collect::<Vec<_>>());
        let folders = [vault.folder(), elsewhere.machine.folder()].map(|folder| folder.to_str().unwrap());
        assert_eq!(local.replace(folders[0], ""), remote.replace(folders[1], ""));
        let [one, other] = zips.map(|zip| read_archives(&[zip]));
        assert!(one.contains_key("documents.jsonl") && one == other, "{options:?}");
        let said = elsewhere.complaint(&asked.iter().map(String::as_str).collect::<Vec<_>>());
        assert!(said.contains("is there already"), "{said}");
    }
    let said = elsewhere.complaint(&["export"]);
    assert!(said.contains("--zip FILE"), "{said}");
}

#[track_caller]
fn mistakes_are_told_as_on_the_machine(elsewhere: &Elsewhere, id: &str) {
    let unknown = if id.starts_with('0') { "ffff0000ffff0000" } else { "0000ffff0000ffff" };
    for (arguments, said) in [
        (&["show", unknown][..], "no document"),
        (&["show", "../../keys"], "no document id"),
        (&["similar", "xyz"], "no document id"),
        (&["search", "kind:emial"], "email"),
        (&["search", "--limit", "101", "bread"], "limit=101 is not a number from 1 to 100"),
        (&["ledger", "99"], "there is no import 99"),
        (&["timeline", "--cursor", "nonsense"], "cursor"),
        (&["suggest", "--forget"], "works on this machine"),
    ] {
        let complaint = elsewhere.complaint(arguments);
        assert!(complaint.contains(said), "{arguments:?}: {complaint}");
    }
}

#[test]
fn only_a_key_that_may_read_reads_and_only_what_it_may_see() {
    let vault = vault_with(&["walnut bread"]);
    add_owner(&vault);
    let server = Server::start(&vault);
    let nobody = Elsewhere::asking(&server.url(""), None);
    let zip = nobody.machine.folder().join("x.zip");
    for arguments in [&["search", "walnut"][..], &["stats"], &["export", "--zip", zip.to_str().unwrap()]] {
        let said = nobody.complaint(arguments);
        assert!(said.contains("/api/v1/keys") && said.contains("DATAPUNK_KEY"), "{said}");
    }
    let left = fs::read_dir(nobody.machine.folder()).unwrap().count();
    assert_eq!(left, 0, "an export that was refused leaves no file");
    let wrong = Elsewhere::asking(&server.url(""), Some("dpk_wrong"));
    let said = wrong.complaint(&["stats"]);
    assert!(said.contains("--key-file") && !said.contains("dpk_wrong"), "{said}");
    let not_reading = Elsewhere::with_key(&server, &json!({"write": true}));
    let said = not_reading.complaint(&["stats"]);
    assert!(said.contains("says:") && !said.contains("/api/v1/keys"), "{said}");

    let blind = Elsewhere::with_key(&server, &json!({"read": true, "sources": ["google.mail"]}));
    assert!(blind.text(&["search", "walnut"]).contains("Nothing matches"));
    assert!(blind.text(&["stats"]).starts_with("0 documents"));
    let id = vault.hits("walnut")[0]["id"].as_str().unwrap().to_owned();
    assert!(blind.complaint(&["show", &id]).contains("no document"));
    let said = blind.complaint(&["imports"]);
    assert!(said.contains("part of the vault"), "{said}");
    let seeing = Elsewhere::with_key(&server, &json!({"read": true, "sources": ["google.search"]}));
    assert!(seeing.text(&["search", "walnut"]).contains("walnut bread"));

    // A key in a file counts before the one of the environment.
    let file = seeing.machine.folder().join("key");
    fs::write(&file, format!("{}\n", seeing.key.as_ref().unwrap())).unwrap();
    let with_file = Elsewhere::asking(&server.url("/"), Some("dpk_wrong"));
    let file = file.to_str().unwrap();
    assert!(with_file.text(&["--key-file", file, "search", "walnut"]).contains("walnut bread"));
    assert!(with_file.text(&["search", "walnut", "--key-file", file]).contains("walnut bread"));
    let said = vault.complaint(1, ["stats", "--key-file", file]);
    assert!(said.contains("--server URL"), "{said}");
}

#[test]
fn what_works_on_this_machine_is_not_done_for_a_server() {
    let nowhere = Elsewhere::asking("http://127.0.0.1:1", None);
    for arguments in [
        &["import", "takeout.zip"][..],
        &["models", "list"],
        &["reindex"],
        &["doctor"],
        &["own", "add", "--title", "x"],
        &["star", "abcd"],
        &["tag", "abcd", "x"],
        &["note", "abcd", "x"],
        &["hide", "abcd"],
        &["forget", "abcd", "--yes"],
        &["serve"],
        &["mcp"],
        &["user", "list"],
        &["audit", "verify"],
        &["backup", "list"],
        &["demo"],
    ] {
        let said = nowhere.complaint(arguments);
        let expected = format!("`{}` works on this machine", arguments[0]);
        assert!(said.contains(&expected) && said.contains("--server"), "{arguments:?}: {said}");
    }
    assert!(!nowhere.machine.data().exists());
    let said = nowhere.complaint(&["stats"]);
    assert!(said.contains("127.0.0.1:1") && said.contains("Is `datapunk serve` running"), "{said}");
    for address in ["http://10.1.2.3:7766", "http://life.example.org", "ftp://localhost", "localhost:7766"] {
        let said = Elsewhere::asking(address, Some("dpk_secret")).complaint(&["stats"]);
        assert!(said.contains("must be https://") && !said.contains("dpk_secret"), "{address}: {said}");
    }
}

/// A server that speaks TLS with a certificate nobody knows.
struct Encrypted {
    child: Child,
    address: String,
}

impl Encrypted {
    fn start(vault: &Vault, certificate: &Path, key: &Path) -> Self {
        let files = [certificate, key].map(|path| path.to_str().unwrap());
        let arguments = ["serve", "--listen", "127.0.0.1:0", "--tls-cert", files[0], "--tls-key", files[1]];
        let mut child = vault.command(arguments).stderr(Stdio::null()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let port = line.split("https://").nth(1).and_then(|rest| rest.split(':').nth(1));
        let digits = |rest: &str| rest.chars().take_while(char::is_ascii_digit).collect::<String>();
        let port = port.map(digits).unwrap_or_else(|| panic!("no address in {line:?}"));
        Self { child, address: format!("https://localhost:{port}") }
    }
}

impl Drop for Encrypted {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn a_private_authority_has_to_be_named() {
    let vault = vault_with(&["walnut bread"]);
    add_owner(&vault);
    let CertifiedKey { cert, signing_key } =
        generate_simple_self_signed(vec!["localhost".to_owned()]).unwrap();
    let [certificate, stranger, key] =
        ["life.pem", "other.pem", "life.key"].map(|name| vault.folder().join(name));
    fs::write(&certificate, cert.pem()).unwrap();
    fs::write(&key, signing_key.serialize_pem()).unwrap();
    let other = generate_simple_self_signed(vec!["localhost".to_owned()]).unwrap();
    fs::write(&stranger, other.cert.pem()).unwrap();
    let server = Encrypted::start(&vault, &certificate, &key);
    let elsewhere = Elsewhere::asking(&server.address, Some("dpk_wrong"));
    for authority in [None, stranger.to_str()] {
        let mut arguments = vec!["stats"];
        arguments.extend(authority.iter().flat_map(|path| ["--server-ca", path]));
        let said = elsewhere.complaint(&arguments);
        assert!(said.contains("--server-ca FILE") && said.contains("localhost"), "{said}");
    }
    let said = elsewhere.complaint(&["--server-ca", certificate.to_str().unwrap(), "stats"]);
    assert!(said.contains("DATAPUNK_KEY"), "it is believed, and looks at the key: {said}");
    let said = elsewhere.complaint(&["--server-ca", key.to_str().unwrap(), "stats"]);
    assert!(said.contains("no certificate"), "{said}");
}
