//! What is made anew from a vault's store, as it is on disk at one moment: with it a restored vault answers exactly as the
//! original did, and nothing has to be made again. Files of an index never change once they are written, and a list that is
//! replaced as a whole says which count; so links to them stay what they were.

use super::contents::MADE_ANEW;
use dp_backup::Source;
use fs_err as fs;
use std::{
    io,
    path::{Path, PathBuf},
};

/// The lists: in the text index, and in each vector set.
const LISTS: [&str; 2] = ["meta.json", "set.json"];
/// How the names of files end by which processes keep out of each other's way.
const LOCK_END: &str = ".lock";

/// The lists of a vault's indexes with what they say; equal twice, nothing changed in between.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Moment(Vec<(String, Vec<u8>)>);

/// Reads the lists.
pub(super) fn moment(vault: &Path) -> io::Result<Moment> {
    let mut lists = Vec::new();
    for name in files(vault)? {
        let is_list = LISTS.iter().any(|list| Path::new(&name).file_name().is_some_and(|file| file == *list));
        if is_list {
            let text = fs::read(vault.join(&name))?;
            lists.push((name, text));
        }
    }
    lists.sort_unstable();
    Ok(Moment(lists))
}

/// Links everything into a folder, under names as in the vault; `prefix` is the vault's name in the backup.
pub(super) fn link(vault: &Path, prefix: &str, into: &Path) -> io::Result<Vec<Source>> {
    let mut sources = Vec::new();
    for name in files(vault)? {
        let path = into.join(&name);
        if let Some(parent) = path.parent() {
            fs::create_dir_all(parent)?;
        }
        match fs::hard_link(vault.join(&name), &path) {
            Ok(()) => sources.push(Source { name: format!("{prefix}/{name}"), path }),
            // Merged into another just now; whether it counted the lists tell.
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(error),
        }
    }
    Ok(sources)
}

/// Files of the indexes, by their names in the vault.
fn files(vault: &Path) -> io::Result<Vec<String>> {
    let mut files = Vec::new();
    let mut folders = MADE_ANEW.iter().map(PathBuf::from).collect::<Vec<_>>();
    while let Some(folder) = folders.pop() {
        let entries = match fs::read_dir(vault.join(&folder)) {
            Ok(entries) => entries,
            Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
            Err(error) => return Err(error),
        };
        for entry in entries {
            let entry = entry?;
            let path = folder.join(entry.file_name());
            let Some(name) = path.to_str() else { continue };
            let kind = entry.file_type()?;
            if kind.is_dir() {
                folders.push(path);
            } else if kind.is_file() && !name.ends_with(LOCK_END) {
                files.push(name.replace(std::path::MAIN_SEPARATOR, "/"));
            }
        }
    }
    Ok(files)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_is_over_when_a_list_is_replaced_and_links_stay_what_they_were() {
        let folder = tempfile::tempdir().unwrap();
        let vault = folder.path().join("vault");
        for (name, text) in [
            ("text/meta.json", "1"),
            ("text/.tantivy-writer.lock", ""),
            ("text/a.store", "a"),
            ("vectors/m/set.json", "1"),
            ("vectors/m/1.segment", "b"),
            ("lake.db", "c"),
        ] {
            fs::create_dir_all(vault.join(name).parent().unwrap()).unwrap();
            fs::write(vault.join(name), text).unwrap();
        }
        let before = moment(&vault).unwrap();
        let linked = link(&vault, "vaults/owner", &folder.path().join("links")).unwrap();
        let mut names = linked.iter().map(|source| source.name.as_str()).collect::<Vec<_>>();
        names.sort_unstable();
        assert_eq!(
            names,
            [
                "vaults/owner/text/a.store",
                "vaults/owner/text/meta.json",
                "vaults/owner/vectors/m/1.segment",
                "vaults/owner/vectors/m/set.json",
            ]
        );
        fs::write(vault.join("text/b.store"), "new").unwrap();
        assert_eq!(moment(&vault).unwrap(), before, "what no list names does not count");
        fs::write(vault.join("text/new"), "2").unwrap();
        fs::rename(vault.join("text/new"), vault.join("text/meta.json")).unwrap();
        assert_ne!(moment(&vault).unwrap(), before);
        let list = linked.iter().find(|source| source.name.ends_with("meta.json")).unwrap();
        assert_eq!(fs::read(&list.path).unwrap(), b"1");
        assert_eq!(moment(&folder.path().join("nothing")).unwrap(), Moment(Vec::new()));
    }
}
