//! Opens what a person gave: every container is indexed, then containers become exports. A container
//! that cannot be read is told of and does not keep the others from being opened.

use crate::{
    ArchiveError, ArchiveWarning, Container, ContainerKind, Export, Limits,
    export::{Indexed, Item, since_1970_us},
    folder::{list_file, walk},
    given::{Given, resolve},
    grouping::group,
    gzip::GzipCursor,
    tar_index::{PlainTar, TarIndex},
    zip_directory::index_zip,
};
use dp_model::WarningKind;
use fs_err::File;
use std::path::PathBuf;

/// Bytes of first bytes kept from the pass over compressed tars, for all of them together.
const HEAD_BUDGET_BYTES: usize = 64 << 20;

/// Opens exports: archives, parts of them, folders of parts, unpacked folders, single files.
///
/// Gives them sorted by time of export, then name; nothing is read yet but lists of entries (a
/// compressed tar has none, so it is inflated once).
///
/// # Errors
/// If a path does not exist, or nothing that was given can be read. If only some of it can, what
/// cannot is a refused entry with a warning in its export.
pub fn open(paths: &[PathBuf], limits: &Limits) -> Result<Vec<Export>, ArchiveError> {
    let mut parts = Vec::new();
    let mut failure = None;
    let mut head_budget_bytes = HEAD_BUDGET_BYTES;
    for given in resolve(paths)? {
        let indexed = match index(&given, limits, &mut head_budget_bytes) {
            Ok(indexed) => indexed,
            Err(error) => {
                let indexed = unreadable(&given, &error);
                failure.get_or_insert(error);
                parts.push((given, indexed, false));
                continue;
            }
        };
        parts.push((given, indexed, true));
    }
    if let Some(error) = failure.filter(|_| parts.iter().all(|(_, _, readable)| !readable)) {
        return Err(error);
    }
    Ok(group(parts.into_iter().map(|(given, indexed, _)| (given, indexed)).collect(), limits))
}

fn index(given: &Given, limits: &Limits, head_budget_bytes: &mut usize) -> Result<Indexed, ArchiveError> {
    let mut container = describe(given)?;
    let name = container.name.as_str();
    let failed = |error| ArchiveError::at(&given.path, error);
    let (items, mut warnings) = match given.kind {
        ContainerKind::Zip => index_zip(&mut File::open(&given.path).map_err(failed)?, name, limits)?,
        ContainerKind::Tar => {
            let file = File::open(&given.path).map_err(failed)?;
            let mut index = TarIndex::new(name, limits, head_budget_bytes);
            index.read(&mut PlainTar::new(file, container.size_bytes))?;
            (index.items, index.warnings)
        }
        ContainerKind::TarGz => {
            let file = File::open(&given.path).map_err(failed)?;
            let mut index = TarIndex::new(name, limits, head_budget_bytes);
            index.read(&mut GzipCursor::new(0, &given.path.display().to_string(), file))?;
            (index.items, index.warnings)
        }
        ContainerKind::Folder => {
            let found = walk(&given.canonical, &given.prefix, name, limits)?;
            container.size_bytes = found.size_bytes;
            (found.items, found.warnings)
        }
        ContainerKind::File => {
            let kind = fs_err::metadata(&given.canonical).map_err(failed)?.file_type();
            let odd_name = given.canonical.to_str().is_none() || given.prefix.contains('\u{fffd}');
            let item = list_file(given.canonical.clone(), given.prefix.clone(), kind, odd_name, limits);
            (vec![item], Vec::new())
        }
    };
    if let Some(notice) = &given.notice {
        warnings.push(ArchiveWarning::new(&container.name, WarningKind::Notice, notice.clone()));
    }
    Ok(Indexed { container, root: given.root.clone(), items, warnings })
}

pub(crate) fn describe(given: &Given) -> Result<Container, ArchiveError> {
    let metadata = fs_err::metadata(&given.path).map_err(|error| ArchiveError::at(&given.path, error))?;
    Ok(Container {
        path: given.path.clone(),
        name: given.name.clone(),
        kind: given.kind,
        size_bytes: if metadata.is_file() { metadata.len() } else { 0 },
        modified_us: metadata.modified().ok().and_then(since_1970_us),
    })
}

/// Stands for a container of which nothing can be read, so that the ledger still has a row for it.
fn unreadable(given: &Given, error: &ArchiveError) -> Indexed {
    let container = describe(given).unwrap_or_else(|_| Container {
        path: given.path.clone(),
        name: given.name.clone(),
        kind: given.kind,
        size_bytes: 0,
        modified_us: None,
    });
    let warning = ArchiveWarning::new(&container.name, error.warning_kind(), error.to_string());
    let items = vec![Item::refused(container.name.clone(), error.to_string())];
    Indexed { container, root: given.root.clone(), items, warnings: vec![warning] }
}
