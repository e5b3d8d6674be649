//! The built program serving a data directory, with a key for it; and what curl asks of it beside the load.

use crate::figure::Figure;
use anyhow::{Context as _, ensure};
use serde_json::{Value, json};
use std::{
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::TcpStream,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

const PASSWORD: &str = "violet tractor above seven clouds";
/// Longest that an import may take.
const PATIENCE: Duration = Duration::from_secs(1800);

/// The program beside this one.
fn program() -> anyhow::Result<PathBuf> {
    let here = std::env::current_exe()?;
    let program = here.with_file_name("datapunk");
    ensure!(program.is_file(), "there is no {}; `cargo xtask bench` builds it", program.display());
    Ok(program)
}

/// Imports by path, on the command line.
pub(super) fn import(data: &Path, paths: &[&Path]) -> anyhow::Result<Duration> {
    let begun = Instant::now();
    let mut import = Command::new(program()?);
    import.arg("--data-dir").arg(data).arg("import").args(paths).stdout(Stdio::null()).stderr(Stdio::null());
    ensure!(import.status()?.success(), "the import failed");
    Ok(begun.elapsed())
}

/// A server that ends with this.
pub(super) struct Server {
    child: Child,
    pub(super) address: String,
    /// A key that reads and imports.
    pub(super) key: String,
    started: Duration,
}

impl Server {
    /// Makes an owner and a key, and starts once more, to see how long that takes.
    pub(super) fn start(data: &Path) -> anyhow::Result<Self> {
        fs_err::create_dir_all(data)?;
        configure(data, "")?;
        add_owner(data)?;
        let (child, address, _) = spawn(data)?;
        let mut server = Self { child, address, key: String::new(), started: Duration::ZERO };
        server.key = server.make_key()?;
        server.end();
        let (child, address, begun) = spawn(data)?;
        (server.child, server.address) = (child, address);
        server.started = server.wait_for_first_answer(begun)?;
        Ok(server)
    }

    /// Starts it again so that no answer is kept: every question costs what it costs the first time.
    pub(super) fn restart_without_kept_answers(&mut self, data: &Path) -> anyhow::Result<()> {
        self.end();
        configure(data, "answers_bytes_max = 0\n")?;
        let (child, address, begun) = spawn(data)?;
        (self.child, self.address) = (child, address);
        self.wait_for_first_answer(begun).map(|_| ())
    }

    fn wait_for_first_answer(&self, begun: Instant) -> anyhow::Result<Duration> {
        while self.first_answer().is_none() {
            ensure!(begun.elapsed() < Duration::from_secs(60), "the server does not answer");
            std::thread::sleep(Duration::from_millis(1));
        }
        Ok(begun.elapsed())
    }

    /// How long the start took until a question to the vault was answered.
    pub(super) fn start_figure(&self) -> Figure {
        let started_ms = self.started.as_secs_f64() * 1000.0;
        Figure::new("start to first answer", started_ms, "ms", "of a search").at_most(500.0)
    }

    fn make_key(&self) -> anyhow::Result<String> {
        let form = json!({"name": "ada", "password": PASSWORD, "kind": "token"});
        let session = self.curl("/api/v1/auth/sign-in", &post(&form))?;
        let token = session["access_token"].as_str().context("signing in gave no token")?;
        let wanted = json!({"name": "load", "scope": {"read": true, "import": true}});
        let made = self.curl("/api/v1/keys", &[bearer(token), post(&wanted)].concat())?;
        Ok(made["text"].as_str().context("there is no key")?.to_owned())
    }

    fn first_answer(&self) -> Option<()> {
        let mut stream = TcpStream::connect(&self.address).ok()?;
        let (address, key) = (&self.address, &self.key);
        write!(
            stream,
            "GET /api/v1/search?q=bread HTTP/1.1\r\nHost: {address}\r\nAuthorization: Bearer {key}\r\nConnection: close\r\n\r\n"
        )
        .ok()?;
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).ok()?;
        answer.starts_with(b"HTTP/1.1 200 ").then_some(())
    }

    /// What a path answers, which must be no error.
    pub(super) fn get(&self, path: &str) -> anyhow::Result<Value> {
        self.curl(path, &bearer(&self.key))
    }

    /// Asks with these arguments of curl beside the path.
    pub(super) fn curl(&self, path: &str, arguments: &[String]) -> anyhow::Result<Value> {
        let address = format!("http://{}{path}", self.address);
        let output = Command::new("curl")
            .args(["--silent", "--show-error", "--fail-with-body", &address])
            .args(arguments)
            .output()
            .context("could not start curl; on Debian and Ubuntu it is the package curl")?;
        let said = String::from_utf8_lossy(&output.stdout);
        ensure!(output.status.success(), "{path} answers {said}{}", String::from_utf8_lossy(&output.stderr));
        if said.is_empty() {
            return Ok(Value::Null);
        }
        serde_json::from_str(&said).with_context(|| format!("{path} answers {said}"))
    }

    /// Asks for an import, and gives the number of the job.
    pub(super) fn begin_import(&self, what: &Value) -> anyhow::Result<u64> {
        let job = self.curl("/api/v1/imports", &[bearer(&self.key), post(what)].concat())?;
        job["id"].as_u64().context("the job has no number")
    }

    pub(super) fn state(&self, job: u64) -> anyhow::Result<String> {
        let job = self.get(&format!("/api/v1/jobs/{job}"))?;
        Ok(job["state"].as_str().unwrap_or_default().to_owned())
    }

    /// Waits until a job has succeeded.
    pub(super) fn wait_for(&self, job: u64) -> anyhow::Result<()> {
        let begun = Instant::now();
        loop {
            match self.state(job)?.as_str() {
                "succeeded" => return Ok(()),
                "failed" | "cancelled" | "dead" => anyhow::bail!("the import failed"),
                _ => ensure!(begun.elapsed() < PATIENCE, "the import does not end"),
            }
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// A line of what the system tells of the process's memory.
    pub(super) fn memory_bytes(&self, field: &str) -> anyhow::Result<u64> {
        let status = fs_err::read_to_string(format!("/proc/{}/status", self.child.id()))
            .context("memory is told on Linux only")?;
        let line = status.lines().find_map(|line| line.strip_prefix(field));
        let line = line.with_context(|| format!("no {field} in the status"))?;
        let kibibytes: u64 = line.trim().trim_end_matches("kB").trim().parse()?;
        Ok(kibibytes * 1024)
    }

    fn end(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.end();
    }
}

/// Starts, and waits until it says where it listens.
fn spawn(data: &Path) -> anyhow::Result<(Child, String, Instant)> {
    let begun = Instant::now();
    let mut child = Command::new(program()?)
        .arg("--data-dir")
        .arg(data)
        .args(["serve", "--listen", "127.0.0.1:0"])
        .stdout(Stdio::piped())
        .spawn()?;
    let pipe = child.stdout.take().context("the server says nothing")?;
    let mut line = String::new();
    BufReader::new(pipe).read_line(&mut line)?;
    let address = line.split("http://").nth(1).and_then(|rest| rest.split(';').next());
    let address = address.with_context(|| format!("no address in {line:?}"))?.to_owned();
    Ok((child, address, begun))
}

/// Writes the configuration: imports by path from beside the data, no limit of requests, and `more`.
fn configure(data: &Path, more: &str) -> anyhow::Result<()> {
    let folders = data.parent().context("the data directory lies nowhere")?.display().to_string();
    let configuration = format!(
        "[server]\nimport_folders = [{folders:?}]\naccount_requests_per_s = 10_000_000\n\
         account_requests_burst = 10_000_000\n{more}"
    );
    Ok(fs_err::write(data.join("datapunk.toml"), configuration)?)
}

fn add_owner(data: &Path) -> anyhow::Result<()> {
    let mut add = Command::new(program()?);
    add.arg("--data-dir").arg(data).args(["user", "add", "ada"]).stdin(Stdio::piped()).stdout(Stdio::null());
    let mut child = add.spawn()?;
    let mut input = child.stdin.take().context("datapunk user add has no standard input")?;
    writeln!(input, "{PASSWORD}")?;
    drop(input);
    ensure!(child.wait()?.success(), "the owner could not be made");
    Ok(())
}

pub(super) fn bearer(token: &str) -> Vec<String> {
    vec!["--header".to_owned(), format!("Authorization: Bearer {token}")]
}

pub(super) fn post(body: &Value) -> Vec<String> {
    ["--header", "Content-Type: application/json", "--data", &body.to_string()].map(str::to_owned).to_vec()
}
