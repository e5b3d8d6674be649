//! Bytes over HTTP: blobs in whole and in part, what browsers are told of them, small pictures, and originals.

use crate::world::{
    Answer, Workplace, World, answered, engine, original_bytes, picture, picture_hash, request, small, vault,
};
use axum::body::Body;
use dp_cortex::engine::Engine;
use dp_lake::{Blobs as _, Documents as _, ForgetTarget, Imports as _, PlannedFile, memory::MemoryVault};
use dp_model::{BlobHash, DocumentId};
use dp_nexus::{
    Principal,
    http::{Allowance, App, Files, HomeError, Homes, More, Settings, Stage, router_with},
};
use futures::executor::block_on;
use std::{io::Cursor, sync::Arc};

const RECEIPT: &[u8] = b"receipt";

fn receipt() -> String {
    BlobHash::of(RECEIPT).to_string()
}

async fn ask(world: &World, what: &str, headers: &[(&str, &str)], body: impl Into<Body>) -> Answer {
    let (method, path) = what.split_once(' ').unwrap();
    let mut asked = request(method.parse().unwrap(), path);
    if !headers.iter().any(|(name, _)| *name == "authorization") {
        asked = asked.header("authorization", "Bearer mia");
    }
    for (name, value) in headers {
        asked = asked.header(*name, *value);
    }
    answered(&world.routes, asked.body(body.into()).unwrap()).await
}

/// Stores bytes; gives their hash.
async fn put(world: &World, bytes: &'static [u8]) -> String {
    let answer = ask(world, "POST /api/v1/blobs", &[], bytes).await;
    assert_eq!(answer.status, 201, "{}", String::from_utf8_lossy(&answer.bytes));
    let hash = answer.json()["hash"].as_str().unwrap().to_owned();
    assert_eq!(hash, BlobHash::of(bytes).to_string());
    assert_eq!(answer.header("location"), format!("blobs/{hash}"));
    hash
}

/// Nothing of what is sent can be run.
fn assert_harmless(answer: &Answer) {
    assert!(answer.header("content-security-policy").contains("sandbox"));
    assert!(answer.header("content-security-policy").contains("default-src 'none'"));
    assert_eq!(answer.header("x-content-type-options"), "nosniff");
    assert!(answer.header("vary").contains("cookie"), "one account's is nothing to another's browser");
}

#[tokio::test]
async fn what_was_stored_comes_back_by_its_hash() {
    let world = World::new();
    let hash = put(&world, b"Forty bitter oranges").await;
    let path = format!("/api/v1/blobs/{hash}");
    let whole = world.get(&path).await;
    assert_eq!((whole.status.as_u16(), whole.bytes.as_slice()), (200, &b"Forty bitter oranges"[..]));
    assert_eq!(whole.header("etag"), format!("\"{hash}\""));
    assert_eq!(whole.header("content-type"), "text/plain; charset=utf-8");
    assert_eq!((whole.header("content-length"), whole.header("accept-ranges")), ("20", "bytes"));
    assert_eq!(whole.header("cache-control"), "private, max-age=31536000, immutable");
    assert_eq!(whole.header("content-disposition"), format!("inline; filename=\"{}.txt\"", &hash[..16]));
    assert_harmless(&whole);
    let saved = world.get(&format!("{path}?download=true")).await;
    assert!(saved.header("content-disposition").starts_with("attachment; "));
    let head = ask(&world, &format!("HEAD {path}"), &[("range", "bytes=0-1")], "").await;
    assert_eq!((head.status.as_u16(), head.header("content-length"), head.bytes.len()), (200, "20", 0));
    // Whatever is accepted: a tag names these very bytes.
    let plain = ask(&world, &format!("GET {path}"), &[("accept-encoding", "gzip, br, zstd")], "").await;
    assert!(!plain.headers.contains_key("content-encoding") && plain.bytes == whole.bytes);
    let unknown = BlobHash::of(b"unknown");
    assert_eq!(world.get(&format!("/api/v1/blobs/{unknown}")).await.code(), (404, "no_such_blob".into()));
    for wrong in ["abc", &hash[1..], "..%2f..%2flake.db", &format!("{hash}0")] {
        let answer = world.get(&format!("/api/v1/blobs/{wrong}")).await;
        assert_eq!(answer.code(), (404, "no_such_blob".into()), "{wrong}");
    }
}

#[tokio::test]
async fn a_part_is_sent_to_whoever_has_the_rest() {
    let world = World::new();
    let hash = put(&world, b"0123456789").await;
    let path = format!("GET /api/v1/blobs/{hash}");
    let tag = format!("\"{hash}\"");
    for (range, expected, told) in [
        ("bytes=0-0", "0", "bytes 0-0/10"),
        ("bytes=3-6", "3456", "bytes 3-6/10"),
        ("bytes=8-", "89", "bytes 8-9/10"),
        ("bytes=-4", "6789", "bytes 6-9/10"),
        ("bytes=5-500", "56789", "bytes 5-9/10"),
    ] {
        for condition in [None, Some(("if-range", tag.as_str()))] {
            let headers: Vec<_> = [("range", range)].into_iter().chain(condition).collect();
            let part = ask(&world, &path, &headers, "").await;
            assert_eq!((part.status.as_u16(), part.bytes.as_slice()), (206, expected.as_bytes()), "{range}");
            assert_eq!(part.header("content-range"), told);
            assert_eq!(part.header("content-length"), expected.len().to_string());
            assert_harmless(&part);
        }
    }
    for headers in [
        &[("range", "bytes=0-1,4-5")][..],
        &[("range", "bytes=7-2")],
        &[("range", "rows=1-2")],
        &[("range", "bytes=0-1"), ("range", "bytes=2-3")],
        &[("range", "bytes=0-1"), ("if-range", "\"other\"")],
        &[("range", "bytes=0-1"), ("if-range", &format!("W/{tag}"))],
        &[("range", "bytes=0-1"), ("if-range", "Wed, 21 Oct 2015 07:28:00 GMT")],
    ] {
        let whole = ask(&world, &path, headers, "").await;
        assert_eq!((whole.status.as_u16(), whole.bytes.len()), (200, 10), "{headers:?}");
    }
    for range in ["bytes=10-", "bytes=99-100", "bytes=-0"] {
        let none = ask(&world, &path, &[("range", range)], "").await;
        assert_eq!(none.code(), (416, "range_not_satisfiable".into()), "{range}");
        assert_eq!(none.header("content-range"), "bytes */10");
    }
    for known in [tag.clone(), format!("W/{tag}"), format!("\"x\", {tag}"), "*".to_owned()] {
        let same = ask(&world, &path, &[("if-none-match", &known), ("range", "bytes=0-1")], "").await;
        assert_eq!((same.status.as_u16(), same.bytes.len()), (304, 0), "{known}");
        assert_eq!(same.header("etag"), tag);
    }
    let empty = BlobHash::of(b"");
    let nothing = world.get(&format!("/api/v1/blobs/{empty}")).await;
    assert_eq!((nothing.status.as_u16(), nothing.header("content-length")), (200, "0"));
}

#[tokio::test]
async fn what_could_run_is_saved_and_never_shown() {
    let world = World::new();
    for (bytes, media_type) in [
        (&b"<!DOCTYPE html><script>alert(1)</script>"[..], "text/html"),
        (b"<html><body onload=alert(1)>", "text/html"),
        (b"<?xml version='1.0'?><svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>", "text/xml"),
        (b"PK\x03\x04\x14\0\0\0\0\0", "application/zip"),
        (b"\0asm\x01\0\0\0", "application/wasm"),
        (b"\0\x01\x02", "application/octet-stream"),
    ] {
        let hash = put(&world, bytes).await;
        let answer = world.get(&format!("/api/v1/blobs/{hash}")).await;
        assert_eq!(answer.header("content-type"), media_type);
        assert!(answer.header("content-disposition").starts_with("attachment; "), "{media_type}");
        assert_harmless(&answer);
    }
    let picture = world.get(&format!("/api/v1/blobs/{}", picture_hash())).await;
    assert_eq!(picture.header("content-type"), "image/png");
    assert!(picture.header("content-disposition").starts_with("inline; "));
}

#[tokio::test]
async fn a_document_names_a_blob_and_does_not_say_what_it_is() {
    let world = World::new();
    let hash = put(&world, RECEIPT).await;
    let answer = world.get(&format!("/api/v1/blobs/{hash}")).await;
    // The mail calls it a PDF.
    assert_eq!(answer.header("content-type"), "text/plain; charset=utf-8");
    assert_eq!(answer.header("content-disposition"), "inline; filename=\"receipt.pdf\"");
}

#[tokio::test]
async fn a_body_without_bytes_is_no_blob() {
    let world = World::new();
    let refused = ask(&world, "POST /api/v1/blobs", &[], "").await;
    assert_eq!(refused.code(), (400, "bad_request".into()));
}

#[tokio::test]
async fn more_than_is_taken_is_refused_before_and_while_it_comes() {
    let world = World::new();
    let long = vec![7; small().blob_bytes_max as usize + 1];
    let announced =
        ask(&world, "POST /api/v1/blobs", &[("content-length", &long.len().to_string())], "").await;
    assert_eq!(announced.code(), (413, "too_large".into()));
    let unannounced = Body::from_stream(futures::stream::iter(
        long.chunks(50_000).map(<[u8]>::to_vec).map(Ok::<_, std::io::Error>).collect::<Vec<_>>(),
    ));
    let refused = ask(&world, "POST /api/v1/blobs", &[], unannounced).await;
    assert_eq!(refused.code(), (413, "too_large".into()));
    let broken = ask(&world, "POST /api/v1/blobs", &[("content-length", "10")], "half").await;
    assert_eq!(broken.code(), (400, "broken_upload".into()));
    // Nothing is left of them.
    assert_eq!(world.found("/api/v1/uploads").await["items"].as_array().unwrap().len(), 0);
}

#[tokio::test]
async fn who_may_not_write_or_sees_a_part_stores_nothing() {
    let world = World::new();
    for (scope, code) in [
        (r#"{"read":true}"#, "forbidden"),
        (r#"{"read":true,"write":true,"sources":["google.mail"]}"#, "scope_too_narrow"),
    ] {
        let bearer = format!("Bearer mia {scope}");
        let answer = ask(&world, "POST /api/v1/blobs", &[("authorization", &bearer)], "bytes").await;
        assert_eq!(answer.code(), (403, code.into()));
    }
}

#[tokio::test]
async fn a_limited_key_sees_a_blob_only_if_a_document_it_may_see_names_it() {
    let world = World::new();
    let hash = put(&world, RECEIPT).await;
    let mail = r#"{"read":true,"sources":["google.mail"]}"#;
    assert_eq!(world.get_scoped(mail, &format!("/api/v1/blobs/{hash}")).await.bytes, RECEIPT);
    let others = [
        r#"{"read":true,"sources":["google.chrome"]}"#,
        // The mail is of 2022.
        r#"{"read":true,"from":19358}"#,
        r#"{"read":true,"sources":["google.mail"],"from":19358}"#,
    ];
    for scope in others {
        let refused = world.get_scoped(scope, &format!("/api/v1/blobs/{hash}")).await;
        assert_eq!(refused.code(), (404, "no_such_blob".into()), "{scope}");
    }
    // What no document names is seen by nobody but who sees everything.
    let picture = format!("/api/v1/blobs/{}", picture_hash());
    assert_eq!(world.get(&picture).await.status, 200);
    for path in [picture.clone(), format!("{picture}/thumbnail")] {
        assert_eq!(world.get_scoped(mail, &path).await.code(), (404, "no_such_blob".into()));
    }
    let refused = world.get_scoped(mail, "/api/v1/imports/1/entries/1/original").await;
    assert_eq!(refused.code(), (403, "scope_too_narrow".into()));
    // Nor is what is of another account.
    let bos = ask(&world, &format!("GET /api/v1/blobs/{hash}"), &[("authorization", "Bearer bo")], "").await;
    assert_eq!(bos.code(), (404, "no_such_blob".into()));
}

#[tokio::test]
async fn small_pictures_are_made_once_and_kept() {
    let world = World::new();
    let path = format!("/api/v1/blobs/{}/thumbnail", picture_hash());
    let small = world.get(&format!("{path}?size=128")).await;
    assert_eq!((small.status.as_u16(), small.header("content-type")), (200, "image/jpeg"));
    let shown = image::load_from_memory(&small.bytes).unwrap();
    assert_eq!((shown.width(), shown.height()), (128, 85));
    assert_harmless(&small);
    assert!(small.header("cache-control").contains("immutable"));
    assert!(small.header("content-disposition").starts_with("inline; "));
    let tag = small.header("etag").to_owned();
    assert_ne!(tag, format!("\"{}\"", picture_hash()));
    let same = ask(&world, &format!("GET {path}?size=128"), &[("if-none-match", &tag)], "").await;
    assert_eq!((same.status.as_u16(), same.bytes.len()), (304, 0));
    assert_eq!(world.get(&format!("{path}?size=128")).await.bytes, small.bytes);
    // No larger than it is.
    let large = image::load_from_memory(&world.get(&format!("{path}?size=1024")).await.bytes).unwrap();
    assert_eq!((large.width(), large.height()), (300, 200));
    assert_eq!(image::load_from_memory(&world.get(&path).await.bytes).unwrap().width(), 256);
    for wrong in ["100", "0", "-1", "128px", "99999999"] {
        let refused = world.get(&format!("{path}?size={wrong}")).await;
        assert_eq!(refused.code(), (400, "bad_parameter".into()), "{wrong}");
    }
}

#[tokio::test]
async fn what_is_no_picture_or_would_fill_the_memory_has_no_small_one() {
    let world = World::new();
    let mut bomb = Vec::new();
    let wide = image::GrayImage::new(1_001, 1_000);
    wide.write_to(&mut Cursor::new(&mut bomb), image::ImageFormat::Png).unwrap();
    for (bytes, why) in [
        (bomb, "larger than 1000000 pixels"),
        (b"text".to_vec(), "no JPEG, PNG, GIF or WebP"),
        (picture()[..60].to_vec(), "can't be read"),
        (b"\xff\xd8\xff\xe0\0\x10JFIF\0".to_vec(), "can't be read"),
    ] {
        let hash = BlobHash::of(&bytes);
        assert_eq!(ask(&world, "POST /api/v1/blobs", &[], bytes).await.status, 201);
        let answer = world.get(&format!("/api/v1/blobs/{hash}/thumbnail")).await;
        assert_eq!(answer.code(), (415, "no_thumbnail".into()), "{why}");
        assert!(answer.json()["detail"].as_str().unwrap().contains(why), "{}", answer.json()["detail"]);
    }
}

#[tokio::test]
async fn the_original_of_an_entry_is_sent_out_of_its_archive() {
    let world = World::new();
    let entries = world.found("/api/v1/imports/1/entries").await;
    assert_eq!((&entries["items"][0]["entry"], &entries["items"][1]["entry"]), (&0.into(), &1.into()));
    let path = "/api/v1/imports/1/entries/1/original";
    let whole = world.get(path).await;
    assert_eq!((whole.status.as_u16(), whole.bytes), (200, original_bytes()));
    assert_eq!(world.get(path).await.header("content-type"), "application/octet-stream");
    let whole = world.get(path).await;
    assert!(whole.header("content-disposition").starts_with("attachment; filename="));
    assert_harmless(&whole);
    let tag = whole.header("etag").to_owned();
    let part = ask(&world, &format!("GET {path}"), &[("range", "bytes=90-"), ("if-range", &tag)], "").await;
    assert_eq!((part.status.as_u16(), part.bytes.as_slice()), (206, &original_bytes()[90..]));
    assert_eq!(part.header("content-range"), "bytes 90-99/100");
    let same = ask(&world, &format!("GET {path}"), &[("if-none-match", &tag)], "").await;
    assert_eq!(same.status, 304);
    let none = ask(&world, &format!("GET {path}"), &[("range", "bytes=100-")], "").await;
    assert_eq!(
        (none.code(), none.header("content-range")),
        ((416, "range_not_satisfiable".into()), "bytes */100")
    );
    // Its archive is not there, and it is said where it was.
    let moved = world.get("/api/v1/imports/1/entries/0/original").await;
    assert_eq!(moved.code(), (409, "archive_moved".into()));
    assert!(moved.json()["detail"].as_str().unwrap().contains("/home/mia/export.zip"));
    for (path, code) in [
        ("/api/v1/imports/1/entries/2/original", "no_such_entry"),
        ("/api/v1/imports/1/entries/-1/original", "no_such_entry"),
        ("/api/v1/imports/1/entries/..%2f..%2fetc%2fpasswd/original", "no_such_entry"),
        ("/api/v1/imports/2/entries/0/original", "no_such_entry"),
        ("/api/v1/imports/x/entries/0/original", "no_such_import"),
    ] {
        assert_eq!(world.get(path).await.code(), (404, code.into()), "{path}");
    }
}

/// A vault whose import has these archives and entries.
fn imported(paths: Vec<String>, entries: Vec<PlannedFile>) -> Arc<MemoryVault> {
    let vault = MemoryVault::new("UTC");
    let draft = dp_lake::ImportDraft {
        fingerprint: [0; 32],
        exports: vec![("export".into(), None)],
        paths,
        entries,
        now_us: 0,
    };
    block_on(vault.begin(draft)).unwrap();
    Arc::new(vault)
}

struct House(Arc<Engine>);

impl Homes for House {
    fn engine(&self, _: &Principal) -> Result<Arc<Engine>, HomeError> {
        Ok(Arc::clone(&self.0))
    }

    fn open_engine(&self, _: &Principal) -> Option<Arc<Engine>> {
        Some(Arc::clone(&self.0))
    }
}

#[tokio::test]
async fn nothing_but_recorded_archives_is_read_whatever_an_entry_is_called() {
    let folder = tempfile::tempdir().unwrap();
    let export = folder.path().join("export");
    std::fs::create_dir(&export).unwrap();
    std::fs::write(export.join("inside.json"), "{}").unwrap();
    std::fs::write(folder.path().join("secret"), "not yours").unwrap();
    std::os::unix::fs::symlink(folder.path().join("secret"), export.join("link")).unwrap();
    // A folder of a product's files goes by its name.
    let names = [
        "export/inside.json",
        "../secret",
        "export/link",
        "export/../secret",
        "/etc/passwd",
        "no\r\nname: x",
        "",
    ];
    let entries = names.map(|name| PlannedFile::new(0, Some(0), name)).to_vec();
    let mut paths = vec![export.display().to_string()];
    // Where it leads depends on who runs the program where.
    paths.push("relative/export.zip".into());
    let relative = PlannedFile::new(0, Some(1), "export/inside.json");
    let vault = imported(paths, entries.into_iter().chain([relative]).collect());
    let works = Workplace::new();
    let plenty = Allowance { per_second: 1e6, burst: 1e6 };
    let settings = Settings { per_account: plenty, per_address: plenty, ..Settings::default() };
    let app =
        App::new(Arc::new(House(Arc::new(engine(&vault)))), Arc::new(crate::world::Believing), settings);
    app.set_stage(Stage::Ready);
    let files = Files::new(works.staging.clone(), dp_lake::originals::Originals::default(), small());
    let routes = router_with(&app, files.join(More::default()));
    let mut told = Vec::new();
    for number in 0..=names.len() {
        let path = format!("/api/v1/imports/1/entries/{number}/original");
        let asked = request(http::Method::GET, &path).header("authorization", "Bearer mia");
        let answer = answered(&routes, asked.body(Body::empty()).unwrap()).await;
        assert!(!String::from_utf8_lossy(&answer.bytes).contains("not yours"), "{number}");
        told.push((
            answer.status.as_u16(),
            if answer.status == 200 { String::new() } else { answer.code().1 },
        ));
    }
    let mut expected = vec![(409, "archive_moved".to_owned()); names.len() + 1];
    expected[0] = (200, String::new());
    // A link is listed, and not followed.
    expected[2] = (409, "unreadable_original".to_owned());
    assert_eq!(told, expected);
}

#[tokio::test]
async fn forgetting_takes_the_bytes_along() {
    let mias = vault(crate::world::life(), Vec::new());
    block_on(mias.put(Box::new(RECEIPT), 100, 0)).unwrap();
    let forgotten = block_on(mias.forget(&ForgetTarget::Document(DocumentId([4; 16])), None)).unwrap();
    assert_eq!((forgotten.documents, forgotten.blobs), (1, 1));
    assert_eq!(block_on(mias.find(receipt().parse().unwrap())).unwrap(), None);
}
