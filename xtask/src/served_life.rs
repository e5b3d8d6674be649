//! A made-up life with accounts, for a server that is asked by programs made by others.

use crate::process;
use anyhow::{Context as _, ensure};
use std::{
    io::Write as _,
    path::Path,
    process::{Command, Stdio},
};

/// The password of every account.
pub(crate) const PASSWORD: &str = "violet tractor above seven clouds";

/// Makes one in a new data directory, in place of one that was left there: `demo` says how much of it, and `names` who
/// has an account, the owner first.
///
/// # Errors
/// When the program fails.
pub(crate) fn make(
    datapunk: &Path,
    data_directory: &Path,
    configuration: &str,
    demo: &[&str],
    names: &[&str],
) -> anyhow::Result<()> {
    if data_directory.exists() {
        fs_err::remove_dir_all(data_directory)?;
    }
    fs_err::create_dir_all(data_directory)?;
    fs_err::write(data_directory.join("datapunk.toml"), configuration)?;
    let mut life = Command::new(datapunk);
    life.arg("demo").args(demo).arg("--data-dir").arg(data_directory);
    process::run(life.stdout(Stdio::null()))?;
    names.iter().try_for_each(|name| add_account(datapunk, data_directory, name))
}

fn add_account(datapunk: &Path, data_directory: &Path, name: &str) -> anyhow::Result<()> {
    let mut add = Command::new(datapunk);
    add.args(["user", "add", name, "--data-dir"]).arg(data_directory).stdin(Stdio::piped());
    let mut child = add.stdout(Stdio::null()).spawn().context("could not start datapunk user add")?;
    let mut input = child.stdin.take().context("datapunk user add has no standard input")?;
    writeln!(input, "{PASSWORD}")?;
    drop(input);
    ensure!(child.wait()?.success(), "the account {name} could not be made");
    Ok(())
}
