//! Small pictures of blobs: a file each, which begins with the hash of the rest, for one that was half written when
//! the power went is none. All of them may be deleted.

use super::{BlobFiles, absent_or, make_private, private};
use crate::error::Context as _;
use dp_lake::LakeError;
use dp_model::BlobHash;
use fs_err as fs;
use std::{
    io::{ErrorKind, Read as _, Write as _},
    path::PathBuf,
};

/// Bytes of the largest picture that is read back.
const PICTURE_BYTES_MAX: u64 = 16 << 20;
/// Bytes of the hash in front.
const HASH_BYTES: usize = 32;

impl BlobFiles {
    pub(super) fn thumbnails_of(&self, hash: BlobHash) -> PathBuf {
        let name = hash.to_string();
        self.thumbnails.join(&name[..2]).join(name)
    }

    pub(super) fn keep_thumbnail(
        &self,
        hash: BlobHash,
        size_px: u16,
        picture: &[u8],
    ) -> Result<(), LakeError> {
        let folder = self.thumbnails_of(hash);
        make_private(&folder)?;
        let new = self.new_path(&self.thumbnails)?;
        let write = || {
            let mut file = private().create_new(true).open(&new)?;
            file.write_all(&BlobHash::of(picture).0)?;
            file.write_all(picture)?;
            fs::rename(&new, folder.join(size_px.to_string()))
        };
        write().context("keep a thumbnail")
    }

    pub(super) fn remove_thumbnails(&self, hash: BlobHash) -> Result<(), LakeError> {
        absent_or(fs::remove_dir_all(self.thumbnails_of(hash))).context("remove thumbnails")
    }

    pub(super) fn find_thumbnail(&self, hash: BlobHash, size_px: u16) -> Result<Option<Vec<u8>>, LakeError> {
        let file = match fs::File::open(self.thumbnails_of(hash).join(size_px.to_string())) {
            Ok(file) => file,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(error).context("read a thumbnail"),
        };
        let mut all = Vec::new();
        file.take(PICTURE_BYTES_MAX).read_to_end(&mut all).context("read a thumbnail")?;
        let is_whole = all.len() > HASH_BYTES && BlobHash::of(&all[HASH_BYTES..]).0 == all[..HASH_BYTES];
        Ok(is_whole.then(|| all.split_off(HASH_BYTES)))
    }
}
