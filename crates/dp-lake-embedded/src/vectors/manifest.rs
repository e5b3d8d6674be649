//! What a set says of itself: `model.json`, written once, and `set.json`, which lists the segments and
//! is replaced as a whole at each commit. A file that is not in it is not part of the set.

use super::{
    failure::{damaged, failed, unreadable},
    segment::FORMAT,
};
use dp_lake::{LakeError, VectorModel};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use std::{
    fs::File,
    io::{self, Write as _},
    path::{Path, PathBuf},
    time::SystemTime,
};

/// Name of the list.
const LIST: &str = "set.json";
/// Name of the file that says whose vectors these are.
const MODEL: &str = "model.json";

/// The list.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Manifest {
    /// See [`FORMAT`].
    pub(super) format: u32,
    /// Number of the last change of the store that was seen.
    pub(super) sequence: u64,
    /// Documents the set is done with.
    pub(super) documents: u64,
    /// Number of the next file.
    pub(super) next: u64,
    /// What bits are measured from; empty before the first segment.
    pub(super) centre: Vec<f32>,
    /// Vectors that the centre was made of.
    pub(super) centre_of: u64,
    /// The segments.
    pub(super) segments: Vec<Listed>,
}

/// A segment in the list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Listed {
    /// File name.
    pub(super) file: String,
    /// Vectors in it, those no longer valid included.
    pub(super) vectors: u64,
    /// Hash of its footer.
    pub(super) hash: Hash,
    /// File name and hash of its tombstones.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) tombstones: Option<(String, Hash)>,
}

impl Listed {
    /// The names of its files.
    pub(super) fn files(&self) -> impl Iterator<Item = &String> {
        std::iter::once(&self.file).chain(self.tombstones.as_ref().map(|(file, _)| file))
    }
}

/// A BLAKE3 hash, hexadecimal in files.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub(super) struct Hash(pub(super) [u8; 32]);

impl From<Hash> for String {
    fn from(hash: Hash) -> Self {
        blake3::Hash::from_bytes(hash.0).to_hex().as_str().to_owned()
    }
}

impl TryFrom<String> for Hash {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let hash = blake3::Hash::from_hex(&text).map_err(|error| error.to_string())?;
        Ok(Self(*hash.as_bytes()))
    }
}

/// The list with its checksum.
#[derive(Serialize, Deserialize)]
struct Sealed {
    blake3: Hash,
    set: Box<RawValue>,
}

/// What changes when a file is replaced.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Stamp {
    modified: Option<SystemTime>,
    bytes: u64,
    number: u64,
}

impl Manifest {
    /// The list of a set without vectors.
    pub(super) fn empty(sequence: u64) -> Self {
        Self {
            format: FORMAT,
            sequence,
            documents: 0,
            next: 1,
            centre: Vec::new(),
            centre_of: 0,
            segments: Vec::new(),
        }
    }

    /// Reads the list of a set with vectors of this width.
    ///
    /// # Errors
    /// `Projection` if it is damaged or of another format.
    pub(super) fn read(directory: &Path, width: usize) -> Result<Self, LakeError> {
        let path = directory.join(LIST);
        let bytes = std::fs::read(&path).map_err(|source| unreadable(&path, source))?;
        let sealed: Sealed =
            serde_json::from_slice(&bytes).map_err(|_| damaged(&path, "is not what was written"))?;
        if blake3::hash(sealed.set.get().as_bytes()).as_bytes() != &sealed.blake3.0 {
            return Err(damaged(&path, "does not have its checksum"));
        }
        let manifest: Self =
            serde_json::from_str(sealed.set.get()).map_err(|_| damaged(&path, "is of another format"))?;
        let is_plain =
            |file: &String| file.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-'));
        let is_known = manifest.format == FORMAT
            && (manifest.centre.len() == width
                || (manifest.centre.is_empty() && manifest.segments.is_empty()))
            && manifest.segments.iter().flat_map(Listed::files).all(is_plain);
        if !is_known {
            return Err(damaged(&path, "is of another format"));
        }
        Ok(manifest)
    }

    /// Puts the list in the place of the old one, durable when it returns.
    pub(super) fn write(&self, directory: &Path) -> Result<(), LakeError> {
        let path = directory.join(LIST);
        let write = || -> io::Result<()> {
            let set = serde_json::value::to_raw_value(self)?;
            let blake3 = Hash(*blake3::hash(set.get().as_bytes()).as_bytes());
            replace(&path, &serde_json::to_vec(&Sealed { blake3, set })?)
        };
        write().map_err(|source| failed(&path, "write", source))
    }

    /// What tells whether the list was replaced.
    pub(super) fn stamp(directory: &Path) -> Option<Stamp> {
        let metadata = std::fs::metadata(directory.join(LIST)).ok()?;
        #[cfg(unix)]
        let number = std::os::unix::fs::MetadataExt::ino(&metadata);
        #[cfg(not(unix))]
        let number = 0;
        Some(Stamp { modified: metadata.modified().ok(), bytes: metadata.len(), number })
    }
}

/// The model whose vectors are in this folder.
///
/// # Errors
/// `Projection` if it is missing or damaged: a set comes into being with it.
pub(super) fn read_model(directory: &Path) -> Result<VectorModel, LakeError> {
    let path = directory.join(MODEL);
    let bytes = std::fs::read(&path).map_err(|source| match source.kind() {
        io::ErrorKind::NotFound => damaged(&path, "is missing"),
        _ => unreadable(&path, source),
    })?;
    serde_json::from_slice(&bytes).map_err(|_| damaged(&path, "is not what was written"))
}

/// Says whose vectors are in this folder.
pub(super) fn write_model(directory: &Path, model: &VectorModel) -> Result<(), LakeError> {
    let path = directory.join(MODEL);
    let write = || replace(&path, &serde_json::to_vec(model)?);
    write().map_err(|source| failed(&path, "write", source))
}

/// The files that are listed.
pub(super) fn is_part(manifest: &Manifest, file: &str) -> bool {
    file == LIST || file == MODEL || manifest.segments.iter().flat_map(Listed::files).any(|part| part == file)
}

fn replace(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let new = path.with_extension("new");
    let mut file = File::create(&new)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    drop(file);
    std::fs::rename(&new, path)?;
    sync_directory(path.parent().map(Path::to_owned))
}

/// Makes new names in a directory durable, where the platform can.
pub(super) fn sync_directory(directory: Option<PathBuf>) -> io::Result<()> {
    match directory {
        Some(directory) if cfg!(unix) => File::open(directory)?.sync_all(),
        _ => Ok(()),
    }
}
