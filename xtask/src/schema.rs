//! The step `schema`: schemathesis, a program made by others, asks the built server everything that its OpenAPI
//! document lets one ask and much that it does not, first signed in and then not. What it is told stands in
//! `tests/schema/`; it asks a made-up life, on this machine only.

use crate::{
    needs::{self, Need},
    process, repository,
    served_life::{self, PASSWORD},
};
use anyhow::Context as _;
use sha2::{Digest as _, Sha256};
use std::{
    path::{Path, PathBuf},
    process::Command,
};

/// How much of a life is made up: enough for each kind of document.
const SCALE: &str = "0.003";
const YEARS: &str = "2";
/// Cases for each operation, besides those that follow from the document alone. Signed in, it takes about two minutes.
const CASES_SIGNED_IN: &str = "100";
const CASES_AS_NOBODY: &str = "3";
/// The owner; a member whose account is changed; and one who signs in and out.
const NAMES: [&str; 3] = ["ada", "ben", "cleo"];
/// More requests than anything here could send: what is too much is tested elsewhere.
const CONFIGURATION: &str = "[server]\n\
    account_requests_per_s = 100_000\naccount_requests_burst = 100_000\n\
    address_requests_per_s = 100_000\naddress_requests_burst = 100_000\n";

/// Asks everything.
///
/// # Errors
/// When something is missing, or an answer is not as documented; what it was is printed.
pub(crate) fn run() -> anyhow::Result<()> {
    needs::check(&[Need::PythonWithPip])?;
    let datapunk = repository::program_under_test()?;
    let target = repository::target_directory()?;
    let program = install(&target)?;
    let data_directory = target.join("schema-life");
    let demo = ["--scale", SCALE, "--years", YEARS];
    served_life::make(&datapunk, &data_directory, CONFIGURATION, &demo, &NAMES)?;
    let mut serve = Command::new(&datapunk);
    serve.args(["serve", "--listen", "127.0.0.1:0", "--trusted-proxy", "127.0.0.1", "--data-dir"]);
    process::run_until_listening(serve.arg(&data_directory), |address| {
        ask(&program, address, &NAMES.join(","), CASES_SIGNED_IN)?;
        ask(&program, address, "", CASES_AS_NOBODY)
    })?;
    fs_err::remove_dir_all(&data_directory)?;
    Ok(())
}

fn folder() -> PathBuf {
    repository::root().join("tests/schema")
}

/// Installs what `requirements.txt` names, and nothing that has another hash, into an environment of its own.
fn install(target: &Path) -> anyhow::Result<PathBuf> {
    let requirements = folder().join("requirements.txt");
    let hash = Sha256::digest(fs_err::read(&requirements)?);
    let name: String = hash.iter().take(8).map(|byte| format!("{byte:02x}")).collect();
    // Another list is another folder's content, and what is half done is not there.
    let environment = target.join(format!("schemathesis-{name}"));
    let program = environment.join("bin/st");
    let done = environment.join("installed");
    if done.exists() {
        return Ok(program);
    }
    process::run(Command::new("python3").args(["-m", "venv", "--clear"]).arg(&environment)).context(
        "python3 can't make an environment of its own; on Debian and Ubuntu the package python3-venv is needed",
    )?;
    let mut pip = Command::new(environment.join("bin/python"));
    pip.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--require-hashes"]);
    process::run(pip.arg("--only-binary=:all:").arg("--requirement").arg(requirements))
        .context("pip could not install schemathesis")?;
    fs_err::write(done, "")?;
    Ok(program)
}

fn ask(program: &Path, address: &str, names: &str, cases: &str) -> anyhow::Result<()> {
    let address = format!("http://{address}");
    let mut ask = Command::new(program);
    ask.current_dir(folder())
        .args(["--config-file", "schemathesis.toml", "run", "--no-color", "--max-examples", cases])
        .args(["--url", &address, &format!("{address}/api/openapi.json")])
        .env("DATAPUNK_ADDRESS", &address)
        .env("DATAPUNK_PASSWORD", PASSWORD)
        .env("DATAPUNK_NAMES", names)
        .env("PYTHONDONTWRITEBYTECODE", "1");
    process::run(&mut ask).context("an answer is not as the OpenAPI document says; see above")
}
