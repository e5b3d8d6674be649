//! Models from Hugging Face by their id, `owner/name`. Only the files that a model needs are fetched; what the
//! hub says of large files' hashes is checked.

use super::{
    ModelError,
    detect::detect,
    fetch::{Fetched, Progress},
    manifest,
};
use crate::privacy_log::PrivacyLog;
use hf_hub::api::sync::{ApiBuilder, ApiError, ApiRepo};
use std::path::{Path, PathBuf};

const LICENCE_BYTES_MAX: u64 = 1 << 20;

/// Whether this may be an id of the hub.
pub(super) fn is_id(text: &str) -> bool {
    let is_part = |part: &str| {
        !part.is_empty()
            && !part.starts_with('.')
            && part.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.'))
    };
    text.split_once('/').is_some_and(|(owner, name)| is_part(owner) && is_part(name))
}

/// Fetches the files of a model into a folder.
pub(super) fn fetch(
    id: &str,
    folder: &Path,
    log: &PrivacyLog,
    progress: &mut dyn FnMut(Progress<'_>),
) -> Result<Fetched, ModelError> {
    let from = format!("{id} from Hugging Face");
    let call = log
        .begin(&format!("Hugging Face: {id}"), "fetch a model", 0, 0)
        .map_err(ModelError::io(log.path()))?;
    let result = download(id, &from, folder, progress);
    call.end(if result.is_ok() { "ok" } else { "failed" }).map_err(ModelError::io(log.path()))?;
    result
}

fn download(
    id: &str,
    from: &str,
    folder: &Path,
    progress: &mut dyn FnMut(Progress<'_>),
) -> Result<Fetched, ModelError> {
    let failed = |error: ApiError| ModelError::Fetch { from: from.to_owned(), reason: advice(&error) };
    let cache =
        tempfile::Builder::new().prefix(".download-").tempdir_in(folder).map_err(ModelError::io(folder))?;
    let api = ApiBuilder::from_env()
        .with_cache_dir(cache.path().to_owned())
        .with_progress(false)
        .with_retries(3)
        .build()
        .map_err(failed)?;
    let repository = api.model(id.to_owned());
    let info = repository.info().map_err(failed)?;
    let names: Vec<String> = info
        .siblings
        .into_iter()
        .map(|sibling| sibling.rfilename)
        .filter(|name| manifest::is_inside(name))
        .collect();
    let has = |name: &str| names.iter().any(|other| other == name);
    let mut get = |name: &str| get(&repository, name, progress).map_err(failed);
    let config = has("config.json").then(|| get("config.json")).transpose()?;
    let (_, needed) = detect(&names, config.as_deref(), from)?;
    let mut expected = Vec::new();
    for name in needed {
        let cached = get(&name)?;
        let target = folder.join(&name);
        if let Some(parent) = target.parent() {
            fs_err::create_dir_all(parent).map_err(ModelError::io(parent))?;
        }
        // Large files are kept under their SHA-256.
        let real = fs_err::canonicalize(&cached).map_err(ModelError::io(&cached))?;
        let key = real.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        if key.len() == 64 && key.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            expected.push((name.clone(), key.to_lowercase()));
        }
        fs_err::rename(&real, &target).map_err(ModelError::io(&target))?;
    }
    let licence =
        if has("README.md") { get("README.md").ok().and_then(|path| licence_in(&path)) } else { None };
    Ok(Fetched {
        called: id.to_owned(),
        source: format!("Hugging Face {id} at {}", info.sha),
        licence: licence.unwrap_or_default(),
        expected,
    })
}

fn get(
    repository: &ApiRepo,
    name: &str,
    progress: &mut dyn FnMut(Progress<'_>),
) -> Result<PathBuf, ApiError> {
    repository.download_with_progress(name, Watch { progress, done: 0, total: 0 })
}

struct Watch<'a> {
    progress: &'a mut dyn FnMut(Progress<'_>),
    done: u64,
    total: u64,
}

impl hf_hub::api::Progress for Watch<'_> {
    fn init(&mut self, size: usize, filename: &str) {
        self.total = size as u64;
        (self.progress)(Progress::Started { what: filename });
    }

    fn update(&mut self, size: usize) {
        self.done += size as u64;
        (self.progress)(Progress::Bytes { done: self.done, total: self.total });
    }

    fn finish(&mut self) {}
}

fn advice(error: &ApiError) -> String {
    let text = error.to_string();
    let hint = if text.contains("404") || text.contains("401") {
        "; there is no such model, or it is not public"
    } else {
        "; is this machine connected? A folder or a package can be pulled as well"
    };
    format!("{text}{hint}")
}

/// The `license:` of a model card, or of a README with the same head.
pub(super) fn licence_in(path: &Path) -> Option<String> {
    if fs_err::metadata(path).ok()?.len() > LICENCE_BYTES_MAX {
        return None;
    }
    let text = fs_err::read_to_string(path).ok()?;
    let head = text.strip_prefix("---")?.split("\n---").next()?;
    let line = head.lines().find_map(|line| line.strip_prefix("license:"))?;
    Some(line.trim().trim_matches(['"', '\'']).to_owned()).filter(|licence| !licence.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_told_from_paths() {
        assert!(is_id("BAAI/bge-small-en-v1.5"));
        for text in ["minilm", "./x", "a/b/c", "/x", "../x", "a/", "a b/c", "a/.."] {
            assert!(!is_id(text), "{text}");
        }
    }

    #[test]
    fn the_licence_is_read_from_a_model_card() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("README.md");
        fs_err::write(&path, "---\ntags: [x]\nlicense: apache-2.0\n---\nlicense: other").unwrap();
        assert_eq!(licence_in(&path).as_deref(), Some("apache-2.0"));
        fs_err::write(&path, "# Model\nlicense: other").unwrap();
        assert_eq!(licence_in(&path), None);
    }
}
