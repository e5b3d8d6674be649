//! Uploads over real connections, which break and stand still, and through the end of a server.

use crate::{
    dock::{BYTES, Dock, FORM, MIA, form_of, noise, path_of},
    world::{World, roomy},
};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use dp_nexus::{
    http::{Limits, More, prompt, serve, uploads},
    uploads::{FileName, NewUpload, Staging, StagingError, StagingOptions, Upload},
};
use sha1::Digest as _;
use std::{net::SocketAddr, path::Path, sync::Arc, time::Duration};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
};

/// Serves the routes on a real port.
async fn port(dock: &Dock) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (app, routes) = (dock.world.app.clone(), dock.world.routes.clone());
    tokio::spawn(serve(prompt(listener), app, routes, Limits::default(), std::future::pending()));
    address
}

fn head_of(method: &str, path: &str, headers: &str) -> String {
    format!(
        "{method} {path} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer mia\r\nTus-Resumable: 1.0.0\r\n\
         Connection: close\r\n{headers}\r\n"
    )
}

async fn answer_of(stream: &mut TcpStream) -> String {
    let mut answer = Vec::new();
    let _ = tokio::time::timeout(Duration::from_secs(20), stream.read_to_end(&mut answer)).await.unwrap();
    String::from_utf8_lossy(&answer).into_owned()
}

async fn exchange(address: SocketAddr, head: &str, body: &[u8]) -> String {
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(head.as_bytes()).await.unwrap();
    stream.write_all(body).await.unwrap();
    answer_of(&mut stream).await
}

/// What a header of a written answer says.
fn said<'a>(answer: &'a str, name: &str) -> &'a str {
    let mut lines = answer.lines().filter_map(|line| line.split_once(": "));
    lines
        .find(|(known, _)| known.eq_ignore_ascii_case(name))
        .unwrap_or_else(|| panic!("no {name}: {answer}"))
        .1
}

async fn offset_of(address: SocketAddr, path: &str) -> usize {
    said(&exchange(address, &head_of("HEAD", path, ""), b"").await, "upload-offset").parse().unwrap()
}

/// The headers of a piece.
fn piece(offset: usize, bytes: usize) -> String {
    format!("Content-Type: {BYTES}\r\nUpload-Offset: {offset}\r\nContent-Length: {bytes}\r\n")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_broken_connection_costs_nothing_that_came() {
    let dock = Dock::new();
    let address = port(&dock).await;
    let file = noise(3_000_000);
    let begun =
        exchange(address, &head_of("POST", "/api/v1/uploads", "Upload-Length: 3000000\r\n"), b"").await;
    assert!(begun.starts_with("HTTP/1.1 201 Created"), "{begun}");
    let path = format!("/api/v1/{}", said(&begun, "location"));
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(head_of("PATCH", &path, &piece(0, file.len())).as_bytes()).await.unwrap();
    stream.write_all(&file[..1_234_567]).await.unwrap();
    stream.shutdown().await.unwrap();
    drop(stream);
    let resumed = async {
        while offset_of(address, &path).await != 1_234_567 {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(10), resumed).await.unwrap();
    let rest = &file[1_234_567..];
    let answer = exchange(address, &head_of("PATCH", &path, &piece(1_234_567, rest.len())), rest).await;
    assert!(answer.starts_with("HTTP/1.1 204"), "{answer}");
    assert_eq!(said(&answer, "upload-offset"), "3000000");
    assert!(dock.taken(&path) == file);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_checked_chunk_that_breaks_off_is_sent_again() {
    let dock = Dock::new();
    let address = port(&dock).await;
    let file = noise(100_000);
    let path = dock.begin(file.len()).await;
    let sum = STANDARD.encode(sha1::Sha1::digest(&file));
    let head = head_of("PATCH", &path, &format!("{}Upload-Checksum: sha1 {sum}\r\n", piece(0, file.len())));
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(head.as_bytes()).await.unwrap();
    stream.write_all(&file[..50_000]).await.unwrap();
    drop(stream);
    let again = async {
        loop {
            let answer = exchange(address, &head, &file).await;
            if answer.starts_with("HTTP/1.1 204") {
                break;
            }
            assert!(answer.is_empty() || answer.starts_with("HTTP/1.1 423"), "{answer}");
            assert_eq!(offset_of(address, &path).await, 0);
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), again).await.unwrap();
    assert!(dock.taken(&path) == file);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_line_that_stands_still_is_ended_and_what_came_is_kept() {
    let dock = Dock::with(StagingOptions { idle_timeout: Duration::from_millis(200), ..roomy() });
    let address = port(&dock).await;
    let path = dock.begin(10).await;
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(head_of("PATCH", &path, &piece(0, 10)).as_bytes()).await.unwrap();
    stream.write_all(b"abcd").await.unwrap();
    let answer = answer_of(&mut stream).await;
    assert!(answer.starts_with("HTTP/1.1 408") && answer.contains("idle_upload"), "{answer}");
    assert_eq!(offset_of(address, &path).await, 4);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_form_goes_over_a_real_line_and_one_that_is_too_large_is_refused_before() {
    let dock = Dock::with(StagingOptions { account_bytes_max: 8_000_000, ..roomy() });
    let address = port(&dock).await;
    let file = noise(4_000_000);
    let form = form_of(&[("takeout-001.zip", &file[..3_000_000]), ("takeout-002.zip", &file[3_000_000..])]);
    let headers = format!("Content-Type: {FORM}\r\nContent-Length: {}\r\n", form.len());
    let answer = exchange(address, &head_of("POST", "/api/v1/uploads/form", &headers), &form).await;
    assert!(answer.starts_with("HTTP/1.1 201") && answer.contains("takeout-002.zip"), "{answer}");
    let uploads = dock.staging.list(MIA);
    assert!(uploads.iter().all(Upload::is_finished) && uploads.len() == 2);
    // Many small files at once, which come faster than they are looked at.
    let names: Vec<String> = (0..100).map(|number| format!("{number}.json")).collect();
    let small: Vec<(&str, &[u8])> = names.iter().map(|name| (name.as_str(), &file[..20_000])).collect();
    let form = form_of(&small);
    let headers = format!("Content-Type: {FORM}\r\nContent-Length: {}\r\n", form.len());
    let answer = exchange(address, &head_of("POST", "/api/v1/uploads/form", &headers), &form).await;
    assert!(answer.starts_with("HTTP/1.1 201") && answer.contains("99.json"), "{answer}");
    assert_eq!(dock.staging.list(MIA).len(), 102);
    let large = format!("Content-Type: {FORM}\r\nContent-Length: 9000000\r\nExpect: 100-continue\r\n");
    let part = b"--BOUND\r\nContent-Disposition: form-data; name=f; filename=a\r\n\r\nabc";
    let answer = exchange(address, &head_of("POST", "/api/v1/uploads/form", &large), part).await;
    assert!(answer.contains("HTTP/1.1 409") && answer.contains("too_many_uploads"), "{answer}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_area_that_is_opened_again_goes_on_where_it_was() {
    let dock = Dock::new();
    let path = dock.begin(6).await;
    dock.patch(&path, 0, "abc").await;
    let unfinished = dock.send("POST /api/v1/uploads", &[("upload-length", "9")], "").await;
    let other = path_of(&unfinished);
    let Dock { world, staging, directory, .. } = dock;
    drop((world, staging));
    let reopened = opened(directory.path()).await;
    let more = More { long: uploads(reopened.clone()), ..More::default() };
    let world = World::with_routes(|_| {}, more);
    let dock = Dock { world, staging: reopened, directory, clock: Arc::default() };
    assert_eq!((dock.offset(&path).await, dock.offset(&other).await), (3, 0));
    assert_eq!(dock.patch(&path, 3, "def").await.status, 204);
    assert_eq!(dock.taken(&path), b"abcdef");
}

/// Opens the area as soon as the last request to the one before has ended.
async fn opened(path: &Path) -> Staging {
    for _ in 0..200 {
        match Staging::open(path, roomy()) {
            Ok(staging) => return staging,
            Err(StagingError::InUse(_)) => tokio::time::sleep(Duration::from_millis(20)).await,
            Err(error) => panic!("{error}"),
        }
    }
    panic!("the area before is still open");
}

#[test]
fn an_area_is_used_without_the_network_too() {
    let directory = tempfile::tempdir().unwrap();
    let staging = Staging::open(directory.path(), roomy()).unwrap();
    let new = NewUpload { name: FileName::harmless("a.zip"), length_bytes: 3, metadata: String::new() };
    let upload = staging.create(MIA, new).unwrap();
    let mut writer = staging.append(MIA, upload.id, 0, None).unwrap();
    writer.write(b"abc").unwrap();
    assert!(writer.finish().unwrap().is_finished());
    let path = staging.take(MIA, upload.id, &directory.path().join("imports")).unwrap();
    assert_eq!(std::fs::read(path).unwrap(), b"abc");
}
