//! Where things lie: the repository, cargo's target folder, built programs, the real samples.

use crate::{models, process};
use anyhow::Context as _;
use std::{
    env,
    path::{Path, PathBuf},
    process::Command,
    sync::atomic::{AtomicBool, Ordering},
};

/// Names the program that scenarios run.
pub(crate) const PROGRAM_VARIABLE: &str = "DATAPUNK_BIN";

/// The root of the repository: where cargo runs this program, for a build that was shared may come from another
/// copy.
pub(crate) fn root() -> PathBuf {
    let here = env::var_os("CARGO_MANIFEST_DIR").unwrap_or_else(|| env!("CARGO_MANIFEST_DIR").into());
    let here = Path::new(&here);
    here.parent().unwrap_or(here).to_owned()
}

/// Whether the program is built without a model, as `--no-model` says.
static WITHOUT_MODEL: AtomicBool = AtomicBool::new(false);

/// Builds without a model from now on.
pub(crate) fn go_without_model() {
    WITHOUT_MODEL.store(true, Ordering::Relaxed);
}

/// Cargo, the one that runs this program. Every build has the static model in it once it was fetched: if some
/// had and some had not, each would undo the other's work.
pub(crate) fn cargo() -> Command {
    let mut command = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.current_dir(root());
    // Set by `cargo run` for this program alone.
    for name in ["CARGO_MANIFEST_DIR", "CARGO_PKG_NAME", "CARGO_PKG_VERSION"] {
        command.env_remove(name);
    }
    match models::fetched_static() {
        Some(folder) if !WITHOUT_MODEL.load(Ordering::Relaxed) => {
            command.env(models::STATIC_VARIABLE, folder)
        }
        _ => command.env_remove(models::STATIC_VARIABLE),
    };
    if let Ok(folder) = models::folder() {
        command.env(models::TESTS_VARIABLE, folder);
    }
    command
}

/// Cargo's target folder, wherever the environment or a configuration puts it.
pub(crate) fn target_directory() -> anyhow::Result<PathBuf> {
    let metadata = cargo_metadata::MetadataCommand::new()
        .current_dir(root())
        .no_deps()
        .exec()
        .context("could not ask cargo about the workspace")?;
    Ok(metadata.target_directory.into_std_path_buf())
}

/// Builds the `datapunk` program in a profile and says where it is.
pub(crate) fn build_datapunk(profile: &str) -> anyhow::Result<PathBuf> {
    process::run(cargo().args(["build", "--package", "datapunk", "--profile", profile]))?;
    let folder = if profile == "dev" { "debug" } else { profile };
    Ok(target_directory()?.join(folder).join(format!("datapunk{}", env::consts::EXE_SUFFIX)))
}

/// The program that tests are run against: the one that `DATAPUNK_BIN` names, or one built now.
pub(crate) fn program_under_test() -> anyhow::Result<PathBuf> {
    match env::var_os(PROGRAM_VARIABLE) {
        Some(path) => Ok(path.into()),
        None => build_datapunk("e2e"),
    }
}

/// The real sample files, where they are at hand.
pub(crate) fn samples() -> Option<PathBuf> {
    let folder = root().join("../shared/samples/google-takeout");
    folder.is_dir().then_some(folder)
}

/// Whether this runs under CI, where nothing may be skipped.
pub(crate) fn is_ci() -> bool {
    env::var("CI").is_ok_and(|value| !matches!(value.as_str(), "" | "0" | "false"))
}
