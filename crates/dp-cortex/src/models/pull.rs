//! Getting a model: from a folder, a package, the hub, or an endpoint. What is fetched is checked in a folder
//! of its own and takes its name only when it opens, so a pull that fails leaves nothing behind.

use super::{
    Manifest, ModelError, ModelKind, Models,
    detect::detect,
    fetch::{Fetched, Progress},
    hash, hugging_face, manifest,
    open::open_in,
    packages,
};
use crate::embed::{
    TextEmbedder as _,
    bert::EncoderOptions,
    http::{HttpModel, HttpSettings},
};
use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

/// Files that are looked at in a folder.
const NAMES_MAX: usize = 10_000;

/// Where a model comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    /// A folder on this machine.
    Folder(PathBuf),
    /// A package by its short name: `wordllama`, `minilm`.
    Package(String),
    /// An id of Hugging Face: `owner/name`.
    HuggingFace(String),
    /// An endpoint; nothing is fetched but its width.
    Endpoint(HttpSettings),
}

impl Origin {
    /// What a person means: the name of a package, a folder that is there, or an id of Hugging Face.
    ///
    /// # Errors
    /// When it is none of them.
    pub fn parse(text: &str) -> Result<Self, ModelError> {
        let known = packages::packages()?;
        if known.iter().any(|package| package.name == text || package.model == text) {
            return Ok(Self::Package(text.to_owned()));
        }
        let path = Path::new(text);
        if path.is_dir() {
            return Ok(Self::Folder(path.to_owned()));
        }
        if hugging_face::is_id(text) {
            return Ok(Self::HuggingFace(text.to_owned()));
        }
        let names: Vec<&str> = known.iter().map(|package| package.name.as_str()).collect();
        let reason = format!(
            "it is no folder, no id of Hugging Face such as BAAI/bge-small-en-v1.5, and none of the packages {}",
            names.join(" and ")
        );
        Err(ModelError::Unusable { from: text.to_owned(), reason })
    }
}

impl Models {
    /// Gets a model, checks it and gives its manifest. `name` is what it is to be called; without, it is made of
    /// what it is called at its origin. A model that is there already with the same files is left as it is.
    ///
    /// # Errors
    /// When it can't be fetched, is not what its source says, can't be used, or another model has the name.
    pub fn pull(
        &self,
        origin: &Origin,
        name: Option<&str>,
        progress: &mut dyn FnMut(Progress<'_>),
    ) -> Result<Manifest, ModelError> {
        if let Some(name) = name {
            manifest::check_name(name)?;
        }
        fs_err::create_dir_all(&self.folder).map_err(ModelError::io(&self.folder))?;
        let work = tempfile::Builder::new()
            .prefix(".pulling-")
            .tempdir_in(&self.folder)
            .map_err(ModelError::io(&self.folder))?;
        let manifest = match origin {
            Origin::Endpoint(settings) => self.endpoint_manifest(settings, name)?,
            _ => {
                let fetched = self.fetch(origin, work.path(), progress)?;
                progress(Progress::Checking { what: &fetched.called });
                self.file_manifest(&fetched, work.path(), name)?
            }
        };
        manifest.write(work.path())?;
        self.settle(work, manifest)
    }

    fn fetch(
        &self,
        origin: &Origin,
        work: &Path,
        progress: &mut dyn FnMut(Progress<'_>),
    ) -> Result<Fetched, ModelError> {
        match origin {
            Origin::Folder(folder) => copy_folder(folder, work, progress),
            Origin::Package(name) => {
                let known = packages::packages()?;
                let package = known.iter().find(|package| package.name == *name || package.model == *name);
                let package = package.ok_or_else(|| ModelError::Unusable {
                    from: name.clone(),
                    reason: "there is no such package in the table".to_owned(),
                })?;
                packages::fetch(package, Path::new("python3"), work, self.privacy_log(), progress)
            }
            Origin::HuggingFace(id) => hugging_face::fetch(id, work, self.privacy_log(), progress),
            Origin::Endpoint(settings) => Err(ModelError::Unusable {
                from: settings.endpoint.clone(),
                reason: "an endpoint has no files".to_owned(),
            }),
        }
    }

    fn endpoint_manifest(&self, settings: &HttpSettings, name: Option<&str>) -> Result<Manifest, ModelError> {
        let name = name.map_or_else(|| manifest::name_of(&settings.model), str::to_owned);
        manifest::check_name(&name)?;
        let model = HttpModel::connect(&name, settings.clone(), Arc::clone(self.privacy_log()))?;
        Ok(Manifest {
            name,
            kind: ModelKind::Http,
            width: model.model().width,
            licence: String::new(),
            source: format!("endpoint {}", settings.endpoint),
            tokens_max: None,
            floor: None,
            encoder: None,
            endpoint: Some(settings.clone()),
            files: Vec::new(),
        })
    }

    /// Looks the files over, and opens them once to be sure.
    pub(super) fn file_manifest(
        &self,
        fetched: &Fetched,
        work: &Path,
        name: Option<&str>,
    ) -> Result<Manifest, ModelError> {
        let name = name.map_or_else(|| manifest::name_of(&fetched.called), str::to_owned);
        manifest::check_name(&name)?;
        let names = names_in(work)?;
        let config = work.join("config.json");
        let (kind, needed) = detect(&names, config.is_file().then_some(config.as_path()), &fetched.source)?;
        let mut files = Vec::with_capacity(needed.len());
        for path in needed {
            let full = work.join(&path);
            let sha256 = hash::of_file(&full)?;
            let expected = fetched.expected.iter().find(|(name, _)| *name == path).map(|(_, hash)| hash);
            if let Some(expected) = expected.filter(|expected| **expected != sha256) {
                let reason = format!("its {path} has the SHA-256 {sha256} instead of {expected}");
                return Err(ModelError::Fetch { from: fetched.source.clone(), reason });
            }
            let size_bytes = fs_err::metadata(&full).map_err(ModelError::io(&full))?.len();
            files.push(manifest::FileEntry { path, sha256, size_bytes });
        }
        let encoder = match kind {
            ModelKind::Bert => Some(EncoderOptions::read(work, &fetched.called)?),
            _ => None,
        };
        let mut manifest = Manifest {
            name,
            kind,
            width: 0,
            licence: fetched.licence.clone(),
            source: fetched.source.clone(),
            tokens_max: None,
            floor: None,
            encoder,
            endpoint: None,
            files,
        };
        let embedder = open_in(work, &manifest, self.privacy_log())?;
        // A broken tokenizer shows only when it is used.
        embedder.embed(&["width"], crate::embed::Purpose::Passage)?;
        manifest.width = embedder.model().width;
        Ok(manifest)
    }

    /// Gives what was checked its name.
    fn settle(&self, work: tempfile::TempDir, manifest: Manifest) -> Result<Manifest, ModelError> {
        let target = self.folder.join(&manifest.name);
        if let Some(before) = Manifest::find(&target, &manifest.name)? {
            let same = before.files == manifest.files
                && before.endpoint == manifest.endpoint
                && self.verify(&manifest.name).is_ok();
            return if same { Ok(before) } else { Err(ModelError::Exists(manifest.name)) };
        }
        if target.exists() {
            return Err(ModelError::Exists(manifest.name));
        }
        fs_err::rename(work.path(), &target).map_err(ModelError::io(&target))?;
        // Nothing is there any more that would have to be removed.
        let _moved = work.keep();
        Ok(manifest)
    }
}

fn copy_folder(
    folder: &Path,
    work: &Path,
    progress: &mut dyn FnMut(Progress<'_>),
) -> Result<Fetched, ModelError> {
    let from = folder.display().to_string();
    let names = names_in(folder)?;
    let config = folder.join("config.json");
    let (_, needed) = detect(&names, config.is_file().then_some(config.as_path()), &from)?;
    for name in needed {
        progress(Progress::Started { what: &name });
        let target = work.join(&name);
        if let Some(parent) = target.parent() {
            fs_err::create_dir_all(parent).map_err(ModelError::io(parent))?;
        }
        fs_err::copy(folder.join(&name), &target).map_err(ModelError::io(&target))?;
    }
    let called = folder.canonicalize().unwrap_or_else(|_| folder.to_owned());
    Ok(Fetched {
        called: called.display().to_string(),
        source: format!("folder {from}"),
        licence: hugging_face::licence_in(&folder.join("README.md")).unwrap_or_default(),
        expected: Vec::new(),
    })
}

/// Paths of the files in a folder and one level below, with `/` between.
fn names_in(folder: &Path) -> Result<Vec<String>, ModelError> {
    let mut names = Vec::new();
    let list = |path: &Path, before: &str, names: &mut Vec<String>| -> Result<Vec<String>, ModelError> {
        let mut below = Vec::new();
        for entry in fs_err::read_dir(path).map_err(ModelError::io(path))?.take(NAMES_MAX) {
            let entry = entry.map_err(ModelError::io(path))?;
            let Ok(name) = entry.file_name().into_string() else { continue };
            if name.starts_with('.') {
                continue;
            }
            match entry.path().is_dir() {
                true => below.push(name),
                false => names.push(format!("{before}{name}")),
            }
        }
        Ok(below)
    };
    for name in list(folder, "", &mut names)? {
        list(&folder.join(&name), &format!("{name}/"), &mut names)?;
    }
    names.sort();
    Ok(names)
}
