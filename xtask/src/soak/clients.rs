//! Many clients at once for a long time, against a server that imports all along: `tests/clients/soak.mjs` asks, and
//! looks at the server's memory.

use crate::{
    needs::{self, Need},
    process, repository,
};
use anyhow::{Context as _, ensure};
use std::{
    io::Write as _,
    path::Path,
    process::{Command, Stdio},
};

const PASSWORD: &str = "violet tractor above seven clouds";
/// How much of a life the clients ask for, and how much is imported over and over.
const SCALE: &str = "0.05";

/// Runs so many clients for so many minutes.
///
/// # Errors
/// When an answer was an error and not "too many requests", or memory grew all along.
pub(crate) fn run(clients: u32, minutes: u64) -> anyhow::Result<()> {
    needs::check(&[Need::NodeWithNpm])?;
    let datapunk = match std::env::var_os(repository::PROGRAM_VARIABLE) {
        Some(path) => path.into(),
        None => repository::build_datapunk("release")?,
    };
    let data_directory = repository::target_directory()?.join("soak-life");
    if data_directory.exists() {
        fs_err::remove_dir_all(&data_directory)?;
    }
    make_life(&datapunk, &data_directory)?;
    let mut serve = Command::new(&datapunk);
    serve.args(["serve", "--listen", "127.0.0.1:0", "--data-dir"]).arg(&data_directory);
    process::run_with_server(&mut serve, |address, server| {
        let mut node = Command::new("node");
        node.arg("soak.mjs")
            .current_dir(repository::root().join("tests/clients"))
            .env("DATAPUNK_ADDRESS", format!("http://{address}"))
            .env("DATAPUNK_PID", server.to_string())
            .env("DATAPUNK_PASSWORD", PASSWORD)
            .env("DATAPUNK_CLIENTS", clients.to_string())
            .env("DATAPUNK_SECONDS", (minutes * 60).to_string())
            .env("DATAPUNK_EXPORTS", data_directory.join("demo-exports"));
        process::run(&mut node)
    })?;
    let doctor = Command::new(&datapunk).args(["doctor", "--data-dir"]).arg(&data_directory).status()?;
    ensure!(doctor.success(), "the vault is not sound after it");
    fs_err::remove_dir_all(&data_directory)?;
    Ok(())
}

/// A life with its exports beside it, which may be imported by path, and an owner.
fn make_life(datapunk: &Path, data_directory: &Path) -> anyhow::Result<()> {
    fs_err::create_dir_all(data_directory)?;
    let exports = data_directory.join("demo-exports");
    let configuration = format!(
        "[server]\nimport_folders = [{:?}]\naccount_requests_per_s = 2000\naccount_requests_burst = 4000\n",
        exports.display().to_string()
    );
    fs_err::write(data_directory.join("datapunk.toml"), configuration)?;
    process::run(
        Command::new(datapunk)
            .args(["demo", "--scale", SCALE, "--data-dir"])
            .arg(data_directory)
            .stdout(Stdio::null()),
    )?;
    let mut add = Command::new(datapunk);
    add.args(["user", "add", "ada", "--data-dir"]).arg(data_directory).stdin(Stdio::piped());
    let mut child = add.spawn().context("could not start datapunk user add")?;
    let mut input = child.stdin.take().context("datapunk user add has no standard input")?;
    writeln!(input, "{PASSWORD}")?;
    drop(input);
    ensure!(child.wait()?.success(), "the owner could not be made");
    Ok(())
}
