//! `datapunk serve`: the guide's commands do what the guide says, and what is not allowed is not done.

use crate::vault_with;
use dp_e2e::{Vault, program, workspace};
use serde_json::Value;
use std::{
    io::{BufRead as _, BufReader, Write as _},
    net::TcpListener,
    process::{Child, Command, Stdio},
};

/// What the guide listens on.
const GUIDE_PORT: &str = "7766";

/// A port that nobody listened on just now.
fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

/// Contents of the blocks of a page with this language, in order.
fn blocks(page: &str, language: &str) -> Vec<String> {
    let opening = format!("```{language}");
    let mut blocks = Vec::new();
    let mut lines = page.lines();
    while let Some(line) = lines.next() {
        if line == opening {
            let block = lines.by_ref().take_while(|line| *line != "```");
            blocks.push(block.map(|line| format!("{line}\n")).collect());
        }
    }
    blocks
}

#[test]
fn the_guide_s_commands_answer_as_the_guide_says() {
    try_guide("docs/guide/api.md");
}

#[test]
fn the_commands_for_own_documents_answer_as_their_guide_says() {
    try_guide("docs/guide/own-documents.md");
}

#[test]
fn the_commands_for_another_machine_answer_as_their_guide_says() {
    try_guide("docs/guide/remote.md");
}

fn try_guide(page: &str) {
    let curl = Command::new("curl").arg("--version").stdout(Stdio::null()).status();
    assert!(curl.is_ok_and(|status| status.success()), "the guide is tried with curl: install it");
    let vault = Vault::new();
    let page = std::fs::read_to_string(workspace().join(page)).unwrap();
    let page = page.replace(GUIDE_PORT, &free_port().to_string());
    let script = format!("set -eu\n{}", blocks(&page, "sh").concat());
    let path =
        format!("{}:{}", program().parent().unwrap().display(), std::env::var("PATH").unwrap_or_default());
    let output = Command::new("sh")
        .args(["-c", &script])
        .current_dir(vault.folder())
        .env("PATH", path)
        .env("DATAPUNK_DATA_DIR", vault.data())
        .env_remove("DATAPUNK_SERVER")
        .env_remove("DATAPUNK_KEY")
        .env("TZ", "UTC")
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    let complained = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}\n{complained}");
    for expected in blocks(&page, "answer").concat().lines() {
        assert!(said.contains(expected), "nothing says {expected}:\n{said}\n{complained}");
    }
}

/// The owner's password.
const PASSWORD: &str = "violet tractor above seven clouds";

/// Makes the first account.
pub(crate) fn add_owner(vault: &Vault) {
    let mut add = vault.command(["user", "add", "ada"]).stdin(Stdio::piped()).spawn().unwrap();
    add.stdin.take().unwrap().write_all(format!("{PASSWORD}\n").as_bytes()).unwrap();
    assert!(add.wait().unwrap().success());
}

/// A server that is stopped at the latest when the test is over.
pub(crate) struct Server {
    pub(crate) child: Child,
    address: String,
}

impl Server {
    pub(crate) fn start(vault: &Vault) -> Self {
        let mut child =
            vault.command(["serve", "--listen", "127.0.0.1:0"]).stderr(Stdio::null()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let address = line.split("http://").nth(1).and_then(|rest| rest.split(';').next());
        let address = address.unwrap_or_else(|| panic!("no address in {line:?}")).to_owned();
        Self { child, address }
    }

    /// The whole address of a path.
    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// What `curl` gets from a path with these further arguments; it must be no error.
    #[track_caller]
    pub(crate) fn curl(&self, path: &str, arguments: &[String]) -> Value {
        let output = Command::new("curl")
            .args(["--silent", "--show-error", "--fail-with-body", &format!("http://{}{path}", self.address)])
            .args(arguments)
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&output.stdout);
        assert!(output.status.success(), "{path}: {said}{}", String::from_utf8_lossy(&output.stderr));
        serde_json::from_str(&said).unwrap_or_else(|error| panic!("{path}: {error}: {said}"))
    }

    /// Signs the owner in; gives the arguments that show it.
    #[track_caller]
    pub(crate) fn sign_in(&self) -> Vec<String> {
        let body = serde_json::json!({"name": "ada", "password": PASSWORD, "kind": "token"}).to_string();
        let arguments = ["--header", "Content-Type: application/json", "--data", &body].map(str::to_owned);
        let signed_in = self.curl("/api/v1/auth/sign-in", &arguments);
        let token = signed_in["access_token"].as_str().unwrap();
        vec!["--header".to_owned(), format!("Authorization: Bearer {token}")]
    }

    /// Status of a request that says nothing of who it is.
    fn status(&self, method: &str, path: &str, host: &str) -> u16 {
        let mut stream = std::net::TcpStream::connect(&self.address).unwrap();
        let request = format!(
            "{method} {path} HTTP/1.1\r\nHost: {host}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
        );
        stream.write_all(request.as_bytes()).unwrap();
        let mut line = String::new();
        BufReader::new(stream).read_line(&mut line).unwrap();
        line.split(' ').nth(1).and_then(|status| status.parse().ok()).unwrap_or_else(|| panic!("{line:?}"))
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It has ended already where the test ended it.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn nobody_is_let_in_without_credentials_or_under_another_name() {
    let vault = vault_with(&["walnut bread"]);
    add_owner(&vault);
    let server = Server::start(&vault);
    assert_eq!(server.status("GET", "/health/ready", "localhost"), 200);
    assert_eq!(server.status("GET", "/api/docs", "localhost"), 200);
    for path in
        ["/api/v1/search?q=walnut", "/api/v1/documents", "/api/v1/stats", "/api/v1/users", "/api/v1/log"]
    {
        assert_eq!(server.status("GET", path, "localhost"), 401, "{path}");
    }
    assert!((400..500).contains(&server.status("GET", "/health/ready", "evil.example")));
    // Reading goes on beside it; a second writer is told who holds the vault.
    assert_eq!(vault.hits("walnut").len(), 1);
    let said = vault.complaint(1, ["reindex"]);
    assert!(said.contains("in use") || said.contains("another"), "{said}");
}

#[test]
fn keys_are_rotated_while_the_server_runs_and_void_tokens_are_refused() {
    let vault = vault_with(&["walnut bread"]);
    add_owner(&vault);
    let server = Server::start(&vault);
    let bearer = server.sign_in();
    server.curl("/api/v1/stats", &bearer);
    vault.text(["user", "rotate-keys"]);
    server.curl("/api/v1/stats", &bearer);
    vault.text(["user", "rotate-keys", "--void"]);
    let refused = Command::new("curl")
        .args(["--silent", &format!("http://{}/api/v1/stats", server.address)])
        .args(&bearer)
        .output()
        .unwrap();
    assert!(String::from_utf8_lossy(&refused.stdout).contains("bad_credentials"));
    server.curl("/api/v1/stats", &server.sign_in());
}

#[test]
fn until_there_is_an_account_nothing_but_setting_up_is_answered() {
    let vault = vault_with(&["walnut bread"]);
    let server = Server::start(&vault);
    assert_eq!(server.status("GET", "/api/v1/setup", "localhost"), 200);
    let status = server.status("GET", "/api/v1/search?q=walnut", "localhost");
    assert!(status == 503 || status == 409, "{status}");
}

#[test]
fn serving_without_encryption_to_other_machines_must_be_asked_for() {
    let vault = Vault::new();
    for arguments in [
        &["serve", "--listen", "0.0.0.0:0"][..],
        &["serve", "--listen", "127.0.0.1:0", "--metrics", "0.0.0.0:0"],
    ] {
        let said = vault.complaint(1, arguments);
        assert!(said.contains("--unencrypted"), "{said}");
    }
    let said = vault.complaint(1, ["user", "password", "nobody"]);
    assert!(said.contains("nobody"), "{said}");
}
