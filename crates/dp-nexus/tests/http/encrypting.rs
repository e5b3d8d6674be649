//! Connections over TLS: both versions of HTTP, as the client asks for; slow handshakes; renewed certificates.

use crate::{home::Home, serving::READY, world::World};
use dp_nexus::http::{Limits, Tls, encrypted, prompt, serve};
use rcgen::{CertifiedKey, generate_simple_self_signed};
use std::{
    net::SocketAddr,
    path::PathBuf,
    sync::Arc,
    time::{Duration, Instant},
};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
};
use tokio_rustls::{
    TlsConnector,
    client::TlsStream,
    rustls::{
        ClientConfig, RootCertStore,
        crypto::ring,
        pki_types::{CertificateDer, ServerName},
    },
};

/// A folder with a certificate in it.
struct Files {
    directory: tempfile::TempDir,
}

impl Files {
    fn new() -> Self {
        Self { directory: tempfile::tempdir().unwrap() }
    }

    fn certificate(&self) -> PathBuf {
        self.directory.path().join("life.pem")
    }

    fn key(&self) -> PathBuf {
        self.directory.path().join("life.key")
    }

    /// Makes a new one, and gives it.
    fn issue(&self) -> CertificateDer<'static> {
        let CertifiedKey { cert, signing_key } =
            generate_simple_self_signed(vec!["localhost".to_owned()]).unwrap();
        std::fs::write(self.certificate(), cert.pem()).unwrap();
        std::fs::write(self.key(), signing_key.serialize_pem()).unwrap();
        cert.der().clone()
    }
}

async fn server(tls: Tls, limits: Limits) -> SocketAddr {
    let world = World::with(|settings| settings.hosts.push("life.example.org".to_owned()));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let listener = encrypted(prompt(listener), tls);
    tokio::spawn(async move {
        serve(listener, world.app, world.routes, limits, std::future::pending()).await;
    });
    address
}

/// A connection of a client that trusts this certificate and speaks these protocols.
async fn connected(
    address: SocketAddr,
    trusted: CertificateDer<'static>,
    protocols: &[&str],
) -> std::io::Result<TlsStream<TcpStream>> {
    let mut roots = RootCertStore::empty();
    roots.add(trusted).unwrap();
    let mut config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    config.alpn_protocols = protocols.iter().map(|name| name.as_bytes().to_vec()).collect();
    let stream = TcpStream::connect(address).await.unwrap();
    let name = ServerName::try_from("localhost").unwrap();
    TlsConnector::from(Arc::new(config)).connect(name, stream).await
}

async fn asked(mut stream: TlsStream<TcpStream>, text: &str) -> String {
    stream.write_all(text.as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    let _ = tokio::time::timeout(Duration::from_secs(5), stream.read_to_end(&mut answer)).await.unwrap();
    String::from_utf8_lossy(&answer).into_owned()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn both_versions_of_http_are_spoken_as_the_client_asks() {
    let files = Files::new();
    let certificate = files.issue();
    let address = server(Tls::read(&files.certificate(), &files.key()).unwrap(), Limits::default()).await;
    let stream = connected(address, certificate.clone(), &["http/1.1"]).await.unwrap();
    assert_eq!(stream.get_ref().1.alpn_protocol(), Some(&b"http/1.1"[..]));
    assert!(asked(stream, READY).await.starts_with("HTTP/1.1 200 OK\r\n"));

    let stream = connected(address, certificate, &["h2", "http/1.1"]).await.unwrap();
    assert_eq!(stream.get_ref().1.alpn_protocol(), Some(&b"h2"[..]));
    let (mut sender, connection) = h2::client::handshake(stream).await.unwrap();
    tokio::spawn(connection);
    let request = http::Request::get("https://localhost/health/ready").body(()).unwrap();
    let (answer, _) = sender.send_request(request, true).unwrap();
    let answer = tokio::time::timeout(Duration::from_secs(5), answer).await.unwrap().unwrap();
    assert_eq!((answer.status().as_u16(), answer.version()), (200, http::Version::HTTP_2));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_does_not_speak_tls_is_not_answered() {
    let files = Files::new();
    let certificate = files.issue();
    let address = server(Tls::read(&files.certificate(), &files.key()).unwrap(), Limits::default()).await;
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(READY.as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    let _ = tokio::time::timeout(Duration::from_secs(5), stream.read_to_end(&mut answer)).await.unwrap();
    assert!(!String::from_utf8_lossy(&answer).contains("200 OK"));
    // A client that speaks neither version of HTTP is told so in the handshake.
    assert!(connected(address, certificate, &["smtp"]).await.is_err());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_slow_handshake_is_cut_off_and_holds_nobody_else_up() {
    let files = Files::new();
    let certificate = files.issue();
    let limits = Limits { head_timeout: Duration::from_millis(300), ..Limits::default() };
    let address = server(Tls::read(&files.certificate(), &files.key()).unwrap(), limits).await;
    let mut slow = TcpStream::connect(address).await.unwrap();
    // The head of a handshake record that never goes on.
    slow.write_all(&[0x16, 0x03, 0x01, 0x02, 0x00]).await.unwrap();
    let started = Instant::now();
    let quick = connected(address, certificate.clone(), &["http/1.1"]).await.unwrap();
    assert!(asked(quick, READY).await.contains("200 OK"));
    let mut rest = Vec::new();
    let _ = tokio::time::timeout(Duration::from_secs(4), slow.read_to_end(&mut rest)).await.unwrap();
    assert!(started.elapsed() < Duration::from_secs(4));
    // One that shakes hands and then says nothing is cut off too.
    let mut silent = connected(address, certificate, &["http/1.1"]).await.unwrap();
    let _ = tokio::time::timeout(Duration::from_secs(4), silent.read_to_end(&mut rest)).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_renewed_certificate_is_taken_without_a_new_start() {
    let files = Files::new();
    let old = files.issue();
    let tls = Tls::read(&files.certificate(), &files.key()).unwrap();
    let address = server(tls.clone(), Limits::default()).await;
    assert!(!tls.renew().unwrap(), "nothing has changed");
    let open = connected(address, old.clone(), &["http/1.1"]).await.unwrap();
    let new = files.issue();
    assert!(tls.renew().unwrap());
    assert!(connected(address, old.clone(), &["http/1.1"]).await.is_err());
    let stream = connected(address, new.clone(), &["http/1.1"]).await.unwrap();
    assert!(asked(stream, READY).await.contains("200 OK"));
    assert!(asked(open, READY).await.contains("200 OK"), "who is connected stays so");
    // One file is new and the other not yet: the old pair stays in use until both are there.
    let key = std::fs::read(files.key()).unwrap();
    files.issue();
    std::fs::write(files.key(), &key).unwrap();
    let error = tls.renew().unwrap_err().to_string();
    assert!(error.contains("life.pem"), "{error}");
    assert!(connected(address, new, &["http/1.1"]).await.is_ok());
}

#[test]
fn files_that_are_no_certificate_or_key_are_told_by_name() {
    let files = Files::new();
    let missing = Tls::read(&files.certificate(), &files.key()).unwrap_err().to_string();
    assert!(missing.contains("life.pem"), "{missing}");
    files.issue();
    let swapped = Tls::read(&files.key(), &files.certificate()).unwrap_err().to_string();
    assert!(swapped.contains("life.key has no certificate"), "{swapped}");
    let twice = Tls::read(&files.certificate(), &files.certificate()).unwrap_err().to_string();
    assert!(twice.contains("life.pem has no private key"), "{twice}");
    std::fs::write(files.certificate(), "-----BEGIN CERTIFICATE-----\n????\n-----END CERTIFICATE-----")
        .unwrap();
    assert!(Tls::read(&files.certificate(), &files.key()).is_err());
    std::fs::write(files.key(), vec![b'a'; 2 << 20]).unwrap();
    let large = Tls::read(&files.certificate(), &files.key()).unwrap_err().to_string();
    assert!(large.contains("larger"), "{large}");
}

#[tokio::test]
async fn browsers_are_told_to_keep_to_tls_where_the_name_is_the_server_s_alone() {
    let home = Home::with(true, |settings| settings.hosts.push("life.example.org".to_owned()));
    let answer = home.ask("GET /version", &[], None).await;
    assert!(!answer.headers.contains_key("strict-transport-security"), "localhost is everybody's");
    let request = http::Request::get("/version").header("host", "life.example.org");
    let answer = home.send(request.body(axum::body::Body::empty()).unwrap()).await;
    assert_eq!(answer.header("strict-transport-security"), "max-age=31536000");
    let plain = Home::with(false, |settings| settings.hosts.push("life.example.org".to_owned()));
    let request = http::Request::get("/version").header("host", "life.example.org");
    let answer = plain.send(request.body(axum::body::Body::empty()).unwrap()).await;
    assert!(!answer.headers.contains_key("strict-transport-security"));
}
