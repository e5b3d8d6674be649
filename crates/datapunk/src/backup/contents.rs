//! What of a data directory belongs into a backup: everything but what is named here, so that nothing new is forgotten.

use super::{Extent, folder};
use crate::place::Place;
use anyhow::Context as _;
use dp_backup::Source;
use dp_cortex::models::{FOLDER as MODELS, Manifest, ModelKind};
use fs_err as fs;
use std::{
    io::Read as _,
    path::{Path, PathBuf},
};

/// How every database of SQLite begins.
const SQLITE: &[u8] = b"SQLite format 3\0";
/// What belongs to a database that is copied.
const BESIDE_DATABASES: [&str; 3] = ["-wal", "-shm", "-journal"];
/// Folders of a vault that are made anew from the rest, and change while they are looked at.
pub(super) const MADE_ANEW: [&str; 2] = ["text", "vectors"];
/// The same; quickly made, and worth no room.
const THUMBNAILS: &str = "thumbnails";
/// Uploads on their way in: what is not imported yet.
const STAGING: &str = "staging";
/// The file by which one process at a time writes.
const LOCK: &str = "lock";

/// What was found, by names as they are in the backup.
#[derive(Debug, Default)]
pub(super) struct Found {
    /// Databases, which are to be copied at one moment.
    pub(super) databases: Vec<String>,
    /// Other files.
    pub(super) files: Vec<Source>,
    /// Models that stay out.
    pub(super) models: Vec<String>,
    /// What else stays out.
    pub(super) left_out: Vec<String>,
}

/// Looks through the data directory.
pub(super) fn find(place: &Place, models: &[Manifest], extent: Extent) -> anyhow::Result<Found> {
    let is_kept = |manifest: &&Manifest| extent.with_models || manifest.kind == ModelKind::Personal;
    let search = Search {
        root: &place.directory,
        backups: folder(place),
        kept_models: models.iter().filter(is_kept).map(|manifest| manifest.name.as_str()).collect(),
    };
    let mut found = Found::default();
    let mut folders = vec![PathBuf::new()];
    while let Some(inside) = folders.pop() {
        let path = place.directory.join(&inside);
        let entries =
            fs::read_dir(&path).with_context(|| format!("could not look into {}", path.display()))?;
        for entry in entries {
            let entry = entry?;
            search.take(&inside.join(entry.file_name()), entry.file_type()?, &mut found, &mut folders)?;
        }
    }
    let out = models.iter().filter(|manifest| !is_kept(manifest)).map(|manifest| manifest.name.clone());
    found.models = out.collect();
    found.databases.sort_unstable();
    found.left_out.sort_unstable();
    Ok(found)
}

struct Search<'a> {
    root: &'a Path,
    backups: PathBuf,
    kept_models: Vec<&'a str>,
}

impl Search<'_> {
    fn take(
        &self,
        relative: &Path,
        kind: std::fs::FileType,
        found: &mut Found,
        folders: &mut Vec<PathBuf>,
    ) -> anyhow::Result<()> {
        let name = relative
            .to_str()
            .with_context(|| format!("{} has a name that is not UTF-8; rename it", relative.display()))?
            .replace(std::path::MAIN_SEPARATOR, "/");
        let path = self.root.join(relative);
        let parts = name.split('/').collect::<Vec<_>>();
        if path == self.backups || is_passing(&parts) {
            return Ok(());
        }
        if is_made_anew(&parts) || self.is_model_left_out(&parts) || !(kind.is_dir() || kind.is_file()) {
            // A link among them: where it leads to may be anywhere.
            found.left_out.push(name);
        } else if kind.is_dir() {
            folders.push(relative.to_owned());
        } else if is_database(&path)? {
            found.databases.push(name);
        } else {
            found.files.push(Source { name, path });
        }
        Ok(())
    }

    /// Models that were pulled can be pulled again; those that were fitted here are nowhere else.
    fn is_model_left_out(&self, parts: &[&str]) -> bool {
        let [MODELS, model] = parts else { return false };
        self.root.join(MODELS).join(model).is_dir() && !self.kept_models.contains(model)
    }
}

/// What only a running program has.
fn is_passing(parts: &[&str]) -> bool {
    let Some(last) = parts.last() else { return true };
    let is_beside =
        BESIDE_DATABASES.iter().any(|end| last.strip_suffix(end).is_some_and(|name| name.ends_with(".db")));
    is_beside || *last == LOCK || parts == [STAGING] || (parts.len() == 1 && last.starts_with('.'))
}

fn is_made_anew(parts: &[&str]) -> bool {
    matches!(parts, ["vaults", _, folder] if MADE_ANEW.contains(folder) || *folder == THUMBNAILS)
}

fn is_database(path: &Path) -> anyhow::Result<bool> {
    if path.extension().is_none_or(|extension| extension != "db") {
        return Ok(false);
    }
    let mut first = Vec::new();
    fs::File::open(path)?.take(SQLITE.len() as u64).read_to_end(&mut first)?;
    Ok(first == SQLITE)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_can_be_made_anew_or_only_passes_stays_out() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path();
        for name in [
            "datapunk.toml",
            "privacy.jsonl",
            "system.db-wal",
            "tls/key.pem",
            "staging/a/data",
            ".backup-1/0.db",
            "backups/datapunk-1.tar.zst",
            "vaults/owner/lock",
            "vaults/owner/lake.db-shm",
            "vaults/owner/text/meta.json",
            "vaults/owner/vectors/a/set.json",
            "vaults/owner/queries.txt",
            "vaults/owner/archives/import-1/text/a.zip",
            "vaults/owner/blobs/ab/abcd",
            "models/in-use.toml",
            "models/big/weights",
            "models/mine/weights",
        ] {
            fs::create_dir_all(root.join(name).parent().unwrap()).unwrap();
            fs::write(root.join(name), "x").unwrap();
        }
        for name in ["system.db", "vaults/owner/lake.db", "vaults/ab/lake.db"] {
            fs::create_dir_all(root.join(name).parent().unwrap()).unwrap();
            fs::write(root.join(name), [SQLITE, b"rest"].concat()).unwrap();
        }
        std::os::unix::fs::symlink("/etc", root.join("vaults/owner/link")).unwrap();
        let place = Place { directory: root.to_owned(), config: dp_config::Config::default() };
        let search = Search { root, backups: super::super::folder(&place), kept_models: vec!["mine"] };
        let (mut found, mut folders) = (Found::default(), vec![PathBuf::new()]);
        while let Some(inside) = folders.pop() {
            for entry in fs::read_dir(root.join(&inside)).unwrap() {
                let entry = entry.unwrap();
                let (relative, kind) = (inside.join(entry.file_name()), entry.file_type().unwrap());
                search.take(&relative, kind, &mut found, &mut folders).unwrap();
            }
        }
        found.databases.sort_unstable();
        assert_eq!(found.databases, ["system.db", "vaults/ab/lake.db", "vaults/owner/lake.db"]);
        let mut files = found.files.iter().map(|source| source.name.as_str()).collect::<Vec<_>>();
        files.sort_unstable();
        assert_eq!(
            files,
            [
                "datapunk.toml",
                "models/in-use.toml",
                "models/mine/weights",
                "privacy.jsonl",
                "tls/key.pem",
                "vaults/owner/archives/import-1/text/a.zip",
                "vaults/owner/blobs/ab/abcd",
                "vaults/owner/queries.txt",
            ]
        );
        found.left_out.sort_unstable();
        assert_eq!(
            found.left_out,
            ["models/big", "vaults/owner/link", "vaults/owner/text", "vaults/owner/vectors"]
        );
    }
}
