use crate::{EmbeddedVault, VaultOptions};
use dp_lake::{
    Blobs, Documents, ForgetTarget, LakeError, Vault,
    conformance::build::{NOON_US, document, documents_batch, import_draft, note},
};
use dp_model::{BlobHash, Content, DocumentId, Media};
use fs_err as fs;
use futures::executor::block_on;
use std::{
    io::{Cursor, Read as _},
    path::PathBuf,
};

struct Place(tempfile::TempDir);

impl Place {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn open(&self) -> EmbeddedVault {
        EmbeddedVault::open(self.0.path(), &VaultOptions::new("UTC")).unwrap()
    }

    fn file(&self, bytes: &[u8]) -> PathBuf {
        let name = BlobHash::of(bytes).to_string();
        self.0.path().join("blobs").join(&name[..2]).join(name)
    }
}

fn put(vault: &EmbeddedVault, bytes: &'static [u8]) -> BlobHash {
    block_on(vault.put(Box::new(bytes), 1 << 20, NOON_US)).unwrap().hash
}

fn refer(vault: &EmbeddedVault, hash: BlobHash) -> DocumentId {
    let import = block_on(vault.imports().begin(import_draft(1, "takeout-1", None))).unwrap().id;
    let media = Media { name: "a".into(), mime: None, size_bytes: None, hash: Some(hash) };
    let upsert = document("a", Content { media: vec![media], ..note("a", NOON_US) });
    let id = upsert.id;
    block_on(vault.apply(documents_batch(import, vec![upsert]))).unwrap();
    id
}

fn read(vault: &EmbeddedVault, hash: BlobHash) -> std::io::Result<Vec<u8>> {
    let mut all = Vec::new();
    block_on(Blobs::get(vault, hash, 0..u64::MAX)).unwrap().unwrap().read_to_end(&mut all)?;
    Ok(all)
}

fn problems(vault: &EmbeddedVault, thorough: bool) -> Vec<String> {
    block_on(vault.health(thorough)).unwrap().problems
}

#[test]
fn a_blob_that_is_damaged_is_told_of_and_never_read_to_its_end() {
    let place = Place::new();
    let vault = place.open();
    let hash = put(&vault, b"a picture");
    assert_eq!(problems(&vault, true), [""; 0]);
    fs::write(place.file(b"a picture"), b"b picture").unwrap();
    assert_eq!(problems(&vault, false), [""; 0], "only reading it tells");
    assert!(problems(&vault, true)[0].contains("is damaged"));
    assert!(read(&vault, hash).unwrap_err().to_string().contains("damaged"));
    fs::write(place.file(b"a picture"), b"a pic").unwrap();
    assert!(problems(&vault, false)[0].contains("has 5 bytes and should have 9"));
    assert!(matches!(block_on(Blobs::get(&vault, hash, 0..2)), Err(LakeError::Corrupt(_))));
    fs::remove_file(place.file(b"a picture")).unwrap();
    assert!(problems(&vault, false)[0].contains("is missing"));
    assert_eq!(put(&vault, b"a picture"), hash);
    assert_eq!((problems(&vault, true).len(), read(&vault, hash).unwrap()), (0, b"a picture".to_vec()));
}

#[test]
fn what_a_kill_left_of_a_blob_is_no_blob_and_is_swept() {
    let place = Place::new();
    let vault = place.open();
    let kept = put(&vault, b"kept");
    refer(&vault, kept);
    // Killed while writing, and between the file and its row.
    let half = place.0.path().join("blobs/new/7");
    fs::create_dir_all(half.parent().unwrap()).unwrap();
    fs::write(&half, b"half of it").unwrap();
    let stray = place.file(b"stray");
    fs::create_dir_all(stray.parent().unwrap()).unwrap();
    fs::write(&stray, b"stray").unwrap();
    drop(vault);
    let vault = place.open();
    assert!(!half.exists());
    assert_eq!(block_on(Blobs::find(&vault, BlobHash::of(b"stray"))).unwrap(), None);
    assert!(block_on(Blobs::get(&vault, BlobHash::of(b"stray"), 0..9)).unwrap().is_none());
    block_on(vault.delete_unreferenced(NOON_US - 1)).unwrap();
    assert!(!stray.exists() && read(&vault, kept).is_ok());
}

#[test]
fn a_kill_between_forgetting_and_removing_the_file_is_healed_by_the_next_sweep() {
    let place = Place::new();
    let vault = place.open();
    let hash = put(&vault, b"a secret");
    let id = refer(&vault, hash);
    block_on(vault.keep_thumbnail(hash, 128, b"small".to_vec())).unwrap();
    let forgotten = block_on(Documents::forget(&vault, &ForgetTarget::Document(id), None)).unwrap();
    assert_eq!(forgotten.blobs, 1);
    assert!(!place.file(b"a secret").exists(), "at once");
    let thumbnails = place.0.path().join("thumbnails").join(&hash.to_string()[..2]).join(hash.to_string());
    assert!(!thumbnails.exists());
    // As if it had been killed before.
    fs::write(place.file(b"a secret"), b"a secret").unwrap();
    fs::create_dir_all(&thumbnails).unwrap();
    drop(vault);
    let vault = place.open();
    assert!(block_on(Blobs::get(&vault, hash, 0..9)).unwrap().is_none());
    block_on(vault.delete_unreferenced(0)).unwrap();
    assert!(!place.file(b"a secret").exists() && !thumbnails.exists());
}

#[test]
fn thumbnails_are_a_projection_that_may_be_deleted_or_damaged() {
    let place = Place::new();
    let vault = place.open();
    let hash = put(&vault, b"a picture");
    block_on(vault.keep_thumbnail(hash, 128, b"small".to_vec())).unwrap();
    let found = |size_px| block_on(vault.find_thumbnail(hash, size_px)).unwrap();
    assert_eq!((found(128), found(256)), (Some(b"small".to_vec()), None));
    let name = hash.to_string();
    let file = place.0.path().join("thumbnails").join(&name[..2]).join(&name).join("128");
    let mut bytes = fs::read(&file).unwrap();
    bytes.pop();
    fs::write(&file, bytes).unwrap();
    assert_eq!(found(128), None, "half written");
    block_on(vault.keep_thumbnail(hash, 128, b"small".to_vec())).unwrap();
    fs::remove_dir_all(place.0.path().join("thumbnails")).unwrap();
    assert_eq!(found(128), None);
    block_on(vault.keep_thumbnail(hash, 128, b"small".to_vec())).unwrap();
    assert_eq!(found(128), Some(b"small".to_vec()));
    let unknown = BlobHash::of(b"unknown");
    block_on(vault.keep_thumbnail(unknown, 128, b"small".to_vec())).unwrap();
    assert_eq!(block_on(vault.find_thumbnail(unknown, 128)).unwrap(), None);
}

#[test]
fn a_stream_that_breaks_or_is_too_long_leaves_nothing() {
    struct Breaking;
    impl std::io::Read for Breaking {
        fn read(&mut self, _: &mut [u8]) -> std::io::Result<usize> {
            Err(std::io::Error::other("the line broke"))
        }
    }
    let place = Place::new();
    let vault = place.open();
    let broken = Box::new(Cursor::new(b"beginning").chain(Breaking));
    assert!(matches!(block_on(vault.put(broken, 1 << 20, 0)), Err(LakeError::Io { .. })));
    let long = Box::new(Cursor::new([7; 100]));
    assert!(matches!(block_on(vault.put(long, 99, 0)), Err(LakeError::BlobTooLarge { bytes_max: 99 })));
    assert_eq!(fs::read_dir(place.0.path().join("blobs/new")).unwrap().count(), 0);
    assert_eq!(block_on(vault.health(true)).unwrap().blobs, 0);
}

#[test]
fn who_only_reads_stores_nothing() {
    let place = Place::new();
    let hash = put(&place.open(), b"a picture");
    let vault = EmbeddedVault::open_for_reading(place.0.path(), &VaultOptions::new("UTC")).unwrap();
    assert_eq!(read(&vault, hash).unwrap(), b"a picture");
    assert!(matches!(block_on(vault.put(Box::new(&b""[..]), 9, 0)), Err(LakeError::ReadOnly)));
    assert!(matches!(block_on(vault.delete_unreferenced(i64::MAX)), Err(LakeError::ReadOnly)));
}
