//! Makes out what the paths a person gave are: archives, folders of parts, unpacked folders or single
//! files; and what the paths of entries are relative to.

use crate::{
    ArchiveError, ContainerKind,
    entry_path::{is_litter, is_takeout_root},
    part_name::{PartName, has_archive_extension},
    tar_index::is_header,
};
use flate2::read::MultiGzDecoder;
use fs_err::File;
use std::{
    collections::BTreeSet,
    io::Read,
    path::{Path, PathBuf},
};

const BLOCK_BYTES: usize = 512;
/// How far up to look for the `Takeout` folder that something given lies in.
const ANCESTORS_MAX: usize = 8;
/// Zip files that are documents of their own.
const ZIP_BASED_EXTENSIONS: [&str; 12] =
    [".docx", ".xlsx", ".pptx", ".odt", ".ods", ".odp", ".epub", ".jar", ".apk", ".kmz", ".cbz", ".xpi"];

/// What the files of products end in; others lie about in any folder.
const PRODUCT_EXTENSIONS: [&str; 8] = ["json", "html", "csv", "mbox", "ics", "vcf", "kml", "tcx"];

/// One container to index.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Given {
    /// Where it is, as given.
    pub(crate) path: PathBuf,
    /// The same without links, to tell whether two paths are one.
    pub(crate) canonical: PathBuf,
    pub(crate) name: String,
    pub(crate) kind: ContainerKind,
    /// Folder that entry paths are relative to.
    pub(crate) root: PathBuf,
    /// What entry paths begin with below `root`, empty or ending in `/`; of a single file its whole path.
    pub(crate) prefix: String,
    /// The folder that holds the `Takeout` folder this is or lies in.
    pub(crate) tree: Option<PathBuf>,
    /// Something to tell the person.
    pub(crate) notice: Option<String>,
}

/// Resolves all paths, in the order given, each container once.
pub(crate) fn resolve(paths: &[PathBuf]) -> Result<Vec<Given>, ArchiveError> {
    let mut all = Vec::new();
    for path in paths {
        let metadata = fs_err::metadata(path).map_err(|error| ArchiveError::at(path, error))?;
        if metadata.is_dir() {
            expand_folder(path, &mut all)?;
        } else if metadata.is_file() {
            all.push(resolve_file(path)?);
        } else {
            return Err(ArchiveError::Unsupported {
                path: path.display().to_string(),
                detail: "neither a file nor a folder; give the export itself".to_owned(),
            });
        }
    }
    let mut seen = BTreeSet::new();
    all.retain(|given| seen.insert(given.canonical.clone()));
    let folders: Vec<PathBuf> = all
        .iter()
        .filter(|given| given.kind == ContainerKind::Folder)
        .map(|given| given.canonical.clone())
        .collect();
    all.retain(|given| {
        let inside =
            folders.iter().any(|folder| *folder != given.canonical && given.canonical.starts_with(folder));
        !(inside && matches!(given.kind, ContainerKind::Folder | ContainerKind::File))
    });
    Ok(all)
}

/// A folder is what was unpacked, or it holds the parts as they were downloaded or unpacked.
fn expand_folder(folder: &Path, all: &mut Vec<Given>) -> Result<(), ArchiveError> {
    let mut parts = Vec::new();
    let mut archives = Vec::new();
    let mut roots = Vec::new();
    let mut others = 0;
    let listing = fs_err::read_dir(folder).map_err(|error| ArchiveError::at(folder, error))?;
    for child in listing {
        let child = child.map_err(|error| ArchiveError::at(folder, error))?;
        let name = child.file_name().to_string_lossy().into_owned();
        let kind = child.file_type().map_err(|error| ArchiveError::at(&child.path(), error))?;
        let is_part = PartName::parse(&name).is_some();
        match () {
            () if is_litter(&name) => {}
            () if kind.is_dir() && is_part => parts.push(child.path()),
            () if kind.is_dir() && is_takeout_root(&name) => roots.push(child.path()),
            () if kind.is_file() && has_archive_extension(&name) && is_part => parts.push(child.path()),
            () if kind.is_file() && has_archive_extension(&name) => archives.push(child.path()),
            () => others += 1,
        }
    }
    let own_name = file_name(folder);
    let only_archives = !archives.is_empty() && parts.is_empty() && roots.is_empty() && others == 0;
    if !only_archives && (parts.is_empty() || is_takeout_root(&own_name)) {
        all.push(resolve_folder(folder, others > 0 && roots.is_empty())?);
        return Ok(());
    }
    let notice = (others > 0 || (!only_archives && !archives.is_empty())).then(|| {
        format!("the folder {own_name:?} holds parts of exports; what else lies in it was not opened")
    });
    let mut chosen = if only_archives { archives } else { parts };
    chosen.extend(roots);
    chosen.sort();
    let first = all.len();
    for path in chosen {
        all.push(if path.is_dir() { resolve_folder(&path, false)? } else { resolve_file(&path)? });
    }
    if let Some(given) = all.get_mut(first) {
        given.notice = notice;
    }
    Ok(())
}

fn resolve_folder(folder: &Path, may_be_product: bool) -> Result<Given, ArchiveError> {
    let canonical = canonical(folder)?;
    let name = file_name(folder);
    let product = may_be_product && holds_product_files(&canonical);
    let (root, prefix, tree) = match find_tree(&canonical) {
        Some(tree) => (tree.clone(), format!("{}/", below(&tree, &canonical)), Some(tree)),
        // A product folder given alone: its name says which product.
        None => match canonical.parent().filter(|_| product) {
            Some(parent) => (parent.to_path_buf(), format!("{}/", below(parent, &canonical)), None),
            None => (canonical.clone(), String::new(), None),
        },
    };
    let is_unicode = canonical.to_str().is_some();
    let (root, prefix) = if is_unicode { (root, prefix) } else { (canonical.clone(), String::new()) };
    Ok(Given {
        path: folder.to_path_buf(),
        canonical,
        name,
        kind: ContainerKind::Folder,
        root,
        prefix,
        tree,
        notice: None,
    })
}

fn resolve_file(path: &Path) -> Result<Given, ArchiveError> {
    let canonical = canonical(path)?;
    let name = file_name(path);
    let kind = detect(path, &name)?;
    let parent = canonical.parent().map(Path::to_path_buf).unwrap_or_default();
    let tree = (kind == ContainerKind::File).then(|| find_tree(&parent)).flatten();
    let root = tree.clone().unwrap_or(parent);
    let prefix = below(&root, &canonical);
    Ok(Given { path: path.to_path_buf(), canonical, name, kind, root, prefix, tree, notice: None })
}

/// The folder holding the `Takeout` folder that this folder is or lies in.
fn find_tree(folder: &Path) -> Option<PathBuf> {
    let is_root = is_takeout_root(&file_name(folder));
    let found = if is_root {
        Some(folder)
    } else {
        folder.ancestors().skip(1).take(ANCESTORS_MAX).find(|ancestor| file_name(ancestor) == "Takeout")
    };
    found.and_then(Path::parent).map(Path::to_path_buf)
}

/// Whether there are files in the folder itself as products have them, other than the report page.
fn holds_product_files(folder: &Path) -> bool {
    let Ok(listing) = fs_err::read_dir(folder) else { return false };
    listing.flatten().any(|child| {
        let name = child.file_name().to_string_lossy().into_owned();
        let has_product_extension = name
            .rsplit_once('.')
            .is_some_and(|(_, extension)| PRODUCT_EXTENSIONS.contains(&extension.to_lowercase().as_str()));
        let is_file = child.file_type().is_ok_and(|kind| kind.is_file());
        let is_report = name.to_lowercase().starts_with("archi") && name.ends_with(".html");
        is_file && has_product_extension && !is_litter(&name) && !is_report
    })
}

fn below(root: &Path, path: &Path) -> String {
    let relative = path.strip_prefix(root).unwrap_or(path);
    let segments: Vec<_> =
        relative.components().map(|component| component.as_os_str().to_string_lossy()).collect();
    segments.join("/")
}

fn canonical(path: &Path) -> Result<PathBuf, ArchiveError> {
    fs_err::canonicalize(path).map_err(|error| ArchiveError::at(path, error))
}

/// The last segment; of `.` or `/` that of where it really is.
pub(crate) fn file_name(path: &Path) -> String {
    let own = path.file_name().map(|name| name.to_string_lossy().into_owned());
    own.or_else(|| {
        let real = fs_err::canonicalize(path).ok()?;
        Some(real.file_name()?.to_string_lossy().into_owned())
    })
    .unwrap_or_default()
}

/// What a file is: its first bytes decide, its name where they say nothing.
fn detect(path: &Path, name: &str) -> Result<ContainerKind, ArchiveError> {
    let failed = |error| ArchiveError::at(path, error);
    let mut file = File::open(path).map_err(failed)?;
    let mut block = Vec::with_capacity(BLOCK_BYTES);
    file.by_ref().take(BLOCK_BYTES as u64).read_to_end(&mut block).map_err(failed)?;
    let lower = name.to_lowercase();
    let named = |extension: &str| lower.ends_with(extension);
    if block.starts_with(b"PK\x03\x04")
        || block.starts_with(b"PK\x05\x06")
        || block.starts_with(b"PK\x07\x08")
    {
        let is_document = ZIP_BASED_EXTENSIONS.iter().any(|extension| named(extension));
        return Ok(if is_document { ContainerKind::File } else { ContainerKind::Zip });
    }
    let compressed_name = named(".tgz") || named(".tar.gz");
    if block.starts_with(b"\x1f\x8b") {
        let inflated = MultiGzDecoder::new(File::open(path).map_err(failed)?);
        return Ok(if compressed_name || begins_as_tar(inflated) {
            ContainerKind::TarGz
        } else {
            ContainerKind::File
        });
    }
    if begins_as_tar(block.as_slice()) {
        return Ok(ContainerKind::Tar);
    }
    if named(".zip") {
        return Ok(ContainerKind::Zip);
    }
    if !compressed_name && !named(".tar") {
        return Ok(ContainerKind::File);
    }
    let path = path.display().to_string();
    Err(if block.is_empty() {
        ArchiveError::truncated(&path, "the file is empty")
    } else {
        let detail = "named like a tar archive, but it is none; download it again".to_owned();
        ArchiveError::Unsupported { path, detail }
    })
}

fn begins_as_tar(input: impl Read) -> bool {
    let mut bytes = Vec::with_capacity(BLOCK_BYTES);
    let read = input.take(BLOCK_BYTES as u64).read_to_end(&mut bytes);
    let block: Option<&[u8; BLOCK_BYTES]> = bytes.as_slice().try_into().ok();
    read.is_ok() && block.is_some_and(is_header)
}
