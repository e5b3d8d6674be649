//! Cases about blobs: bytes come back as they were put, and go when nothing refers to them.
#![expect(missing_docs, reason = "the names of the cases are sentences")]

use super::{
    Factory, Subject,
    build::{NOON_US, document, documents_batch, note},
    subject::wait,
};
use crate::{Blob, DocumentUpsert, ForgetTarget, LakeError, RemovedBlobs};
use dp_model::{BlobHash, Content, Media};
use futures::executor::block_on;
use std::{io::Cursor, ops::Range};

fn put_at(subject: &Subject<'_>, bytes: &[u8], now_us: i64) -> Blob {
    wait(subject.vault().blobs().put(Box::new(Cursor::new(bytes.to_vec())), 1 << 20, now_us))
}

fn put(subject: &Subject<'_>, bytes: &[u8]) -> BlobHash {
    put_at(subject, bytes, NOON_US).hash
}

fn read(subject: &Subject<'_>, hash: BlobHash, range: Range<u64>) -> Option<Vec<u8>> {
    let mut bytes = wait(subject.vault().blobs().get(hash, range))?;
    let mut all = Vec::new();
    bytes.read_to_end(&mut all).expect("the blob can be read");
    Some(all)
}

/// A note that names these bytes.
fn naming(key: &str, hashes: &[BlobHash]) -> DocumentUpsert {
    let media = |&hash| Media { name: "a.jpg".into(), mime: None, size_bytes: None, hash: Some(hash) };
    document(key, Content { media: hashes.iter().map(media).collect(), ..note(key, NOON_US) })
}

fn referrers(subject: &Subject<'_>, hash: BlobHash) -> Vec<dp_model::DocumentId> {
    wait(subject.vault().blobs().referrers(hash, None, 100))
}

pub fn bytes_come_back_by_their_hash(factory: &dyn Factory) {
    let mut subject = Subject::open(factory, "vault");
    let large: Vec<u8> = (0..700_000_u32).map(|number| (number.wrapping_mul(number) >> 7) as u8).collect();
    let blob = put_at(&subject, &large, 7);
    assert_eq!(blob, Blob { hash: BlobHash::of(&large), size_bytes: 700_000, stored_us: 7 });
    let empty = put(&subject, b"");
    for _ in 0..2 {
        assert_eq!(wait(subject.vault().blobs().find(blob.hash)), Some(blob));
        assert_eq!(read(&subject, blob.hash, 0..u64::MAX), Some(large.clone()));
        assert_eq!(read(&subject, empty, 0..10), Some(Vec::new()));
        let health = wait(subject.vault().health(true));
        assert_eq!((health.blobs, health.blob_bytes, health.problems), (2, 700_000, Vec::new()));
        subject.reopen();
    }
    assert_eq!(wait(subject.vault().blobs().find(BlobHash::of(b"unknown"))), None);
    assert_eq!(read(&subject, BlobHash::of(b"unknown"), 0..1), None);
}

pub fn a_part_of_a_blob_is_given_as_far_as_there_is_one(factory: &dyn Factory) {
    let subject = Subject::open(factory, "vault");
    let hash = put(&subject, b"0123456789");
    for (range, expected) in
        [(0..1, "0"), (3..7, "3456"), (9..10, "9"), (8..99, "89"), (10..20, ""), (50..60, ""), (4..4, "")]
    {
        assert_eq!(read(&subject, hash, range.clone()), Some(expected.into()), "{range:?}");
    }
}

pub fn equal_bytes_are_one_blob_put_when_they_were_last(factory: &dyn Factory) {
    let subject = Subject::open(factory, "vault");
    let first = put_at(&subject, b"same", 5);
    assert_eq!(put_at(&subject, b"same", 9), Blob { stored_us: 9, ..first });
    assert_eq!(put_at(&subject, b"same", 7), Blob { stored_us: 9, ..first });
    assert_eq!(wait(subject.vault().health(true)).blobs, 1);
}

pub fn more_bytes_than_allowed_are_not_stored(factory: &dyn Factory) {
    let subject = Subject::open(factory, "vault");
    let put = |bytes: &'static [u8]| block_on(subject.vault().blobs().put(Box::new(bytes), 4, NOON_US));
    assert!(matches!(put(b"12345"), Err(LakeError::BlobTooLarge { bytes_max: 4 })));
    assert_eq!(wait(subject.vault().health(true)).blobs, 0);
    assert!(put(b"1234").is_ok());
}

pub fn documents_that_name_bytes_are_told_page_by_page(factory: &dyn Factory) {
    let (subject, import) = Subject::importing(factory, "vault");
    let (shared, one) = (BlobHash::of(b"shared"), BlobHash::of(b"one"));
    let documents = vec![naming("a", &[shared, one, shared]), naming("b", &[shared]), naming("c", &[])];
    let mut ids = [documents[0].id, documents[1].id];
    ids.sort_unstable();
    subject.apply(documents_batch(import, documents.clone()));
    let blobs = subject.vault().blobs();
    assert_eq!(wait(blobs.referrers(shared, None, 10)), ids);
    assert_eq!(wait(blobs.referrers(shared, None, 1)), ids[..1]);
    assert_eq!(wait(blobs.referrers(shared, Some(ids[0]), 10)), ids[1..]);
    assert_eq!(wait(blobs.referrers(one, None, 10)), [documents[0].id]);
    // A version that names nothing any more stands before one that does.
    let newer = Content { modified_us: Some(NOON_US), ..note("b", NOON_US) };
    subject.apply(documents_batch(import, vec![document("b", newer)]));
    assert_eq!(wait(blobs.referrers(shared, None, 10)), ids);
    subject.forget(&ForgetTarget::Document(documents[1].id));
    assert_eq!(wait(blobs.referrers(shared, None, 10)), [documents[0].id]);
}

pub fn what_nothing_refers_to_is_removed_when_it_is_old(factory: &dyn Factory) {
    let (subject, import) = Subject::importing(factory, "vault");
    let (old, young) = (put_at(&subject, b"old", 10).hash, put_at(&subject, b"young", 20).hash);
    let named = put_at(&subject, b"named", 1).hash;
    subject.apply(documents_batch(import, vec![naming("a", &[named])]));
    let sweep = |before_us| wait(subject.vault().blobs().delete_unreferenced(before_us));
    assert_eq!(sweep(10), RemovedBlobs::default());
    assert_eq!(sweep(20), RemovedBlobs { blobs: 1, bytes: 3 });
    assert_eq!(read(&subject, old, 0..9), None);
    assert_eq!(
        (read(&subject, young, 0..9), read(&subject, named, 0..9)),
        (Some(b"young".into()), Some(b"named".into()))
    );
    assert_eq!(sweep(i64::MAX), RemovedBlobs { blobs: 1, bytes: 5 });
    assert_eq!(wait(subject.vault().health(true)).blobs, 1);
}

pub fn a_blob_goes_with_the_last_document_that_names_it(factory: &dyn Factory) {
    let (mut subject, import) = Subject::importing(factory, "vault");
    let (shared, own) = (put(&subject, b"shared"), put(&subject, b"own"));
    wait(subject.vault().blobs().keep_thumbnail(own, 128, b"small".to_vec()));
    let documents = vec![naming("a", &[shared, own]), naming("b", &[shared, BlobHash::of(b"not stored")])];
    let targets = [documents[0].id, documents[1].id].map(ForgetTarget::Document);
    subject.apply(documents_batch(import, documents));
    for (target, blobs, left) in [(&targets[0], 1, [true, false]), (&targets[1], 1, [false, false])] {
        assert_eq!(wait(subject.vault().documents().forget_preview(target)).blobs, blobs);
        assert_eq!(subject.forget(target).blobs, blobs);
        let is_there = [shared, own].map(|hash| read(&subject, hash, 0..9).is_some());
        assert_eq!(is_there, left);
        assert_eq!(wait(subject.vault().blobs().find_thumbnail(own, 128)), None);
        subject.reopen();
    }
    assert_eq!(referrers(&subject, shared), []);
    assert_eq!(wait(subject.vault().health(true)).blobs, 0);
}

pub fn thumbnails_are_kept_of_what_is_stored(factory: &dyn Factory) {
    let mut subject = Subject::open(factory, "vault");
    let hash = put(&subject, b"a picture");
    let keep = |subject: &Subject<'_>, hash, size_px, picture: &[u8]| {
        wait(subject.vault().blobs().keep_thumbnail(hash, size_px, picture.to_vec()));
    };
    let find =
        |subject: &Subject<'_>, hash, size_px| wait(subject.vault().blobs().find_thumbnail(hash, size_px));
    assert_eq!(find(&subject, hash, 128), None);
    keep(&subject, hash, 128, b"small");
    keep(&subject, hash, 512, b"larger");
    keep(&subject, hash, 128, b"smaller");
    assert_eq!(
        (find(&subject, hash, 128), find(&subject, hash, 512)),
        (Some(b"smaller".into()), Some(b"larger".into()))
    );
    assert_eq!(find(&subject, hash, 256), None);
    let unknown = BlobHash::of(b"unknown");
    keep(&subject, unknown, 128, b"small");
    assert_eq!(find(&subject, unknown, 128), None);
    wait(subject.vault().blobs().delete_unreferenced(i64::MAX));
    assert_eq!(find(&subject, hash, 128), None);
    subject.reopen();
    assert_eq!(find(&subject, hash, 512), None);
}
