//! Runs the README's first command in a clean copy of the repository, so that it can't rot: only files
//! that git knows, or would take, are there.

use crate::{process, repository};
use anyhow::Context as _;
use std::{
    io::{Read as _, Write as _},
    net::TcpStream,
    path::{Path, PathBuf},
    process::Command,
};

/// How much of a life the copy's demo makes up.
const SCALE: &str = "0.01";

/// Copies, and runs the demo in the copy at a small scale. Builds share cargo's target folder, since
/// only the workspace's own crates differ.
pub(crate) fn run_demo() -> anyhow::Result<()> {
    let target = repository::target_directory()?;
    let copy = target.join("clean-copy");
    make(&copy)?;
    let data_directory = target.join("clean-copy-demo");
    remove(&data_directory)?;
    let mut demo = repository::cargo();
    demo.current_dir(&copy).env("CARGO_TARGET_DIR", &target).args(["xtask", "demo", "--scale", SCALE]);
    demo.args(["--listen", "127.0.0.1:0"]).arg("--data-dir").arg(&data_directory);
    process::run_until_listening(&mut demo, |address| {
        let ready = asked(address, "/health/ready")?;
        anyhow::ensure!(ready.starts_with("HTTP/1.1 200 "), "the demo is not ready: {ready}");
        let page = asked(address, "/api/docs")?;
        anyhow::ensure!(page.contains("<html"), "there is no page at /api/docs: {page}");
        Ok(())
    })?;
    remove(&copy)?;
    remove(&data_directory)
}

/// What a server answers to a plain request.
fn asked(address: &str, path: &str) -> anyhow::Result<String> {
    let mut stream = TcpStream::connect(address)?;
    write!(stream, "GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    Ok(answer)
}

fn make(copy: &Path) -> anyhow::Result<()> {
    remove(copy)?;
    let root = repository::root();
    for file in known_files(&root)? {
        let from = root.join(&file);
        // Deleted, but not committed yet.
        if !from.is_file() {
            continue;
        }
        let to = copy.join(&file);
        if let Some(folder) = to.parent() {
            fs_err::create_dir_all(folder)?;
        }
        fs_err::copy(&from, &to)?;
    }
    Ok(())
}

fn known_files(root: &Path) -> anyhow::Result<Vec<PathBuf>> {
    let listed = Command::new("git")
        .current_dir(root)
        .args(["ls-files", "-z", "--cached", "--others", "--exclude-standard"])
        .output()
        .context("could not ask git for the repository's files")?;
    anyhow::ensure!(listed.status.success(), "git does not list the repository's files");
    let names = String::from_utf8(listed.stdout).context("a file name is not UTF-8")?;
    Ok(names.split('\0').filter(|name| !name.is_empty()).map(PathBuf::from).collect())
}

fn remove(folder: &Path) -> anyhow::Result<()> {
    if folder.exists() {
        fs_err::remove_dir_all(folder)?;
    }
    Ok(())
}
