//! Inputs to begin with: files of a made-up life and of the real samples, each given to the parser that
//! recognises it; those written by hand; and every input that once broke something.

use crate::{INPUT_BYTES_MAX, Target};
use anyhow::Context as _;
use dp_archive::{Export, Limits, normalise_path};
use dp_lifegen::Life;
use dp_sources::{Peek, Recognition, testing::Paths};
use std::{
    collections::BTreeMap,
    io::Read as _,
    path::{Path, PathBuf},
};

/// Inputs that a target begins with, at most; the smallest are taken.
const SEEDS_MAX: usize = 24;
/// Most of what a format can say is said by its first records.
const SEED_BYTES_MAX: usize = 16 << 10;

/// Writes the seeds of every target into a folder of its file name.
///
/// # Errors
/// If files cannot be read or written.
pub fn write(folder: &Path, samples: Option<&Path>) -> anyhow::Result<()> {
    let mut seeds: BTreeMap<String, Vec<Vec<u8>>> = BTreeMap::new();
    let life = tempfile::tempdir()?;
    let answers =
        dp_lifegen::write(&Life { years: 3, scale: 0.002, ..Life::default() }, life.path(), &mut |_| {})?;
    let parts: Vec<PathBuf> =
        answers.exports.iter().flat_map(|export| &export.parts).map(|part| life.path().join(part)).collect();
    for part in &parts {
        let name = part.to_string_lossy();
        let bytes = fs_err::read(part)?;
        for extension in ["zip", "tar"].into_iter().filter(|extension| name.ends_with(extension)) {
            seeds.entry(format!("archive_{extension}")).or_default().push(bytes.clone());
        }
    }
    gather(&dp_archive::open(&parts, &Limits::default())?, &mut seeds)?;
    if let Some(samples) = samples {
        gather(&dp_archive::open(&[samples.to_owned()], &Limits::default())?, &mut seeds)?;
    }
    for (target, mut inputs) in seeds {
        inputs.sort_by_key(Vec::len);
        inputs.dedup();
        let folder = folder.join(target);
        fs_err::create_dir_all(&folder)?;
        for (number, input) in
            inputs.iter().filter(|input| input.len() <= INPUT_BYTES_MAX).take(SEEDS_MAX).enumerate()
        {
            fs_err::write(folder.join(format!("seed-{number:02}")), input)?;
        }
    }
    Ok(())
}

/// Gives the beginning of every entry to the parser that recognises it.
fn gather(exports: &[Export], seeds: &mut BTreeMap<String, Vec<Vec<u8>>>) -> anyhow::Result<()> {
    for export in exports {
        let mut reader = export.reader();
        for (index, entry) in export.entries().iter().enumerate() {
            let Ok(head) = reader.head(index) else { continue };
            let path = normalise_path(&entry.path);
            let peek = Peek { path: &path, size_bytes: entry.size_bytes, head: &head };
            let (Recognition::Parse(parser) | Recognition::UnknownText(parser)) =
                dp_sources::recognise(&peek, &Paths::default())
            else {
                continue;
            };
            let mut bytes = Vec::new();
            let Ok(stream) = reader.open(index) else { continue };
            if stream.take(SEED_BYTES_MAX as u64).read_to_end(&mut bytes).is_ok() {
                seeds.entry(Target::Parser(parser).file_name()).or_default().push(bytes);
            }
        }
    }
    Ok(())
}

/// All inputs in a folder, in order of name; none if there is no such folder.
///
/// # Errors
/// If a file in it cannot be read.
pub fn read(folder: &Path) -> anyhow::Result<Vec<(PathBuf, Vec<u8>)>> {
    if !folder.is_dir() {
        return Ok(Vec::new());
    }
    let mut paths = Vec::new();
    for file in fs_err::read_dir(folder)? {
        let path = file?.path();
        if path.is_file() {
            paths.push(path);
        }
    }
    paths.sort();
    paths
        .into_iter()
        .map(|path| fs_err::read(&path).map(|bytes| (path, bytes)).context("could not read an input"))
        .collect()
}
