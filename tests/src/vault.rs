//! A data directory of its own and the program run on it, always with the same environment.

use crate::program;
use serde_json::Value;
use std::{
    ffi::OsStr,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
};
use tempfile::TempDir;

/// What a run of the program gave.
#[derive(Debug, Clone)]
pub struct Outcome {
    /// Exit code; -1 if a signal ended it.
    pub code: i32,
    /// Standard output.
    pub stdout: String,
    /// Standard error.
    pub stderr: String,
}

/// A temporary folder with a data directory in it, which does not exist until the program makes it.
#[derive(Debug)]
pub struct Vault {
    folder: TempDir,
}

impl Default for Vault {
    fn default() -> Self {
        Self::new()
    }
}

impl Vault {
    /// A vault in which nothing is yet.
    #[must_use]
    pub fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap() }
    }

    /// A vault with this `datapunk.toml`.
    #[must_use]
    pub fn configured(configuration: &str) -> Self {
        let vault = Self::new();
        std::fs::create_dir(vault.data()).unwrap();
        std::fs::write(vault.data().join("datapunk.toml"), configuration).unwrap();
        vault
    }

    /// The folder around the data directory: room for archives of the scenario.
    #[must_use]
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// The data directory.
    #[must_use]
    pub fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    /// Where the text index lies.
    #[must_use]
    pub fn text_index(&self) -> PathBuf {
        self.data().join("vaults/owner/text")
    }

    /// The program with these arguments, ready to start.
    pub fn command<S: AsRef<OsStr>>(&self, arguments: impl IntoIterator<Item = S>) -> Command {
        let mut command = Command::new(program());
        command
            .env("TZ", "UTC")
            .env("LC_ALL", "C.UTF-8")
            .env_remove("DATAPUNK_DATA_DIR")
            .env_remove("DATAPUNK_SERVER")
            .env_remove("DATAPUNK_KEY")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .arg("--data-dir")
            .arg(self.data())
            .args(arguments);
        command
    }

    /// Runs the program to its end.
    pub fn run<S: AsRef<OsStr>>(&self, arguments: impl IntoIterator<Item = S>) -> Outcome {
        outcome(self.command(arguments).output().unwrap())
    }

    /// Starts the program and does not wait for it.
    pub fn start<S: AsRef<OsStr>>(&self, arguments: impl IntoIterator<Item = S>) -> Child {
        // Nobody reads while it runs: pipes could fill and stop it.
        self.command(arguments).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap()
    }

    /// Runs the program, which must succeed; gives what it prints.
    #[track_caller]
    pub fn text<S: AsRef<OsStr>>(&self, arguments: impl IntoIterator<Item = S>) -> String {
        let outcome = self.run(arguments);
        assert_eq!(outcome.code, 0, "{}", outcome.stderr);
        outcome.stdout
    }

    /// Runs the program with `--json`, which must succeed and print one value.
    #[track_caller]
    pub fn json<S: AsRef<OsStr>>(&self, arguments: impl IntoIterator<Item = S>) -> Value {
        let arguments: Vec<S> = arguments.into_iter().collect();
        let all = std::iter::once(OsStr::new("--json")).chain(arguments.iter().map(AsRef::as_ref));
        let outcome = self.run(all);
        assert_eq!(outcome.code, 0, "{}\n{}", outcome.stderr, outcome.stdout);
        serde_json::from_str(&outcome.stdout).unwrap_or_else(|error| panic!("{error}: {}", outcome.stdout))
    }

    /// Runs the program, which must fail with this code; gives its complaint.
    #[track_caller]
    pub fn complaint<S: AsRef<OsStr>>(&self, code: i32, arguments: impl IntoIterator<Item = S>) -> String {
        let outcome = self.run(arguments);
        assert_eq!(outcome.code, code, "{outcome:?}");
        assert!(!outcome.stderr.contains("panicked"), "{}", outcome.stderr);
        outcome.stderr
    }

    /// Imports these paths in one go; gives the report.
    #[track_caller]
    pub fn import<P: AsRef<Path>>(&self, paths: impl IntoIterator<Item = P>) -> Value {
        self.json(import_arguments(paths))
    }

    /// Everything in the vault, as `export` writes it.
    #[track_caller]
    pub fn export(&self) -> String {
        self.text(["export"])
    }

    /// Hits of a search.
    #[track_caller]
    pub fn hits(&self, query: &str) -> Vec<Value> {
        let found = self.json(["search", "--all-words", "--unfolded", "--limit", "1000", "--", query]);
        found["hits"].as_array().unwrap().clone()
    }
}

/// `import` and these paths.
pub(crate) fn import_arguments<P: AsRef<Path>>(
    paths: impl IntoIterator<Item = P>,
) -> Vec<std::ffi::OsString> {
    let paths = paths.into_iter().map(|path| path.as_ref().as_os_str().to_owned());
    std::iter::once("import".into()).chain(paths).collect()
}

fn outcome(output: std::process::Output) -> Outcome {
    Outcome {
        code: output.status.code().unwrap_or(-1),
        stdout: String::from_utf8(output.stdout).unwrap(),
        stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
    }
}
