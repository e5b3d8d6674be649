//! The peer: datasette, in Python, over the same documents in a table of SQLite with a full-text index. Started as its
//! own documentation says, with its defaults but one: a question may take half a minute, or some would be given up.

use anyhow::{Context as _, ensure};
use std::{
    net::{TcpListener, TcpStream},
    path::Path,
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

/// Makes the database of an activity file.
const MAKE: &str = include_str!("../../peer/datasette_database.py");

/// The server, which ends with this.
pub(super) struct Datasette {
    child: Child,
    pub(super) address: String,
    documents: usize,
}

impl Datasette {
    /// Makes the database in the folder, and serves it.
    pub(super) fn start(python: &Path, activity: &Path, scratch: &Path) -> anyhow::Result<Self> {
        let database = scratch.join("life.db");
        let made = Command::new(python)
            .args(["-c", MAKE])
            .arg(activity)
            .arg(&database)
            .output()
            .context("python")?;
        ensure!(made.status.success(), "no database: {}", String::from_utf8_lossy(&made.stderr));
        let documents = String::from_utf8_lossy(&made.stdout).trim().parse()?;
        let port = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
        let child = Command::new(python)
            .args(["-m", "datasette", "serve", "--immutable"])
            .arg(&database)
            .args(["--host", "127.0.0.1", "--port", &port.to_string()])
            .args(["--setting", "sql_time_limit_ms", "30000"])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .context("could not start datasette")?;
        let server = Self { child, address: format!("127.0.0.1:{port}"), documents };
        let begun = Instant::now();
        while TcpStream::connect(&server.address).is_err() {
            ensure!(begun.elapsed() < Duration::from_secs(60), "datasette does not answer");
            std::thread::sleep(Duration::from_millis(50));
        }
        Ok(server)
    }

    /// Paths of single rows from all over the table.
    pub(super) fn rows(&self, count: usize) -> anyhow::Result<Vec<String>> {
        let step = (self.documents / count).max(1);
        let rows = (1..=self.documents).step_by(step).take(count);
        Ok(rows.map(|row| format!("/life/documents/{row}.json")).collect())
    }

    pub(super) fn searches(words: &[String]) -> Vec<String> {
        let path = |word: &String| {
            format!("/life/documents.json?_search={word}&_size=20&_nocount=1&_nofacet=1&_nosuggest=1")
        };
        words.iter().map(path).collect()
    }

    pub(super) fn pages() -> Vec<String> {
        vec!["/life/documents.json?_sort_desc=time&_size=20&_nocount=1&_nofacet=1&_nosuggest=1".to_owned()]
    }

    /// Months with how much there is in each.
    pub(super) fn counts() -> Vec<String> {
        vec![
            "/life.json?sql=select+substr(time,1,7)+as+month,count(*)+from+documents+group+by+month"
                .to_owned(),
        ]
    }
}

impl Drop for Datasette {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
