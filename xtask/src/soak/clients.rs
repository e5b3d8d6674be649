//! Many clients at once for a long time, against a server that imports all along: `tests/clients/soak.mjs` asks, and
//! looks at the server's memory.

use crate::{
    needs::{self, Need},
    process, repository,
    served_life::{self, PASSWORD},
};
use anyhow::ensure;
use std::process::Command;

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
    let exports = data_directory.join("demo-exports");
    // What was made up may be imported by path, again and again.
    let configuration = format!(
        "[server]\nimport_folders = [{:?}]\naccount_requests_per_s = 2000\naccount_requests_burst = 4000\n",
        exports.display().to_string()
    );
    served_life::make(&datapunk, &data_directory, &configuration, &["--scale", SCALE], &["ada"])?;
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
            .env("DATAPUNK_EXPORTS", &exports);
        process::run(&mut node)
    })?;
    let doctor = Command::new(&datapunk).args(["doctor", "--data-dir"]).arg(&data_directory).status()?;
    ensure!(doctor.success(), "the vault is not sound after it");
    fs_err::remove_dir_all(&data_directory)?;
    Ok(())
}
