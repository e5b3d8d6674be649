//! Real connections: both versions of HTTP, slow heads, many connections, and the end.

use crate::world::World;
use dp_nexus::http::{Limits, prompt, serve};
use std::{net::SocketAddr, time::Duration};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
    sync::oneshot,
    task::JoinHandle,
};

struct Server {
    address: SocketAddr,
    stop: oneshot::Sender<()>,
    running: JoinHandle<()>,
}

async fn server(limits: Limits) -> Server {
    let world = World::new();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (stop, stopped) = oneshot::channel();
    let running = tokio::spawn(serve(prompt(listener), world.app, world.routes, limits, async {
        let _ = stopped.await;
    }));
    Server { address, stop, running }
}

async fn exchange(address: SocketAddr, text: &str) -> String {
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(text.as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    let _ = tokio::time::timeout(Duration::from_secs(5), stream.read_to_end(&mut answer)).await.unwrap();
    String::from_utf8_lossy(&answer).into_owned()
}

pub(crate) const READY: &str = "GET /health/ready HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn requests_over_a_connection_are_answered_until_the_server_is_stopped() {
    let server = server(Limits::default()).await;
    let answer = exchange(server.address, READY).await;
    assert!(answer.starts_with("HTTP/1.1 200 OK\r\n") && answer.contains("\"ok\""), "{answer}");
    let with_address = "GET /api/v1/stats HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer mia\r\nConnection: close\r\n\r\n";
    assert!(exchange(server.address, with_address).await.contains("\"documents\":8"));
    server.stop.send(()).unwrap();
    tokio::time::timeout(Duration::from_secs(5), server.running).await.unwrap().unwrap();
    assert!(TcpStream::connect(server.address).await.is_err());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn http_2_is_spoken_without_being_asked_for() {
    let server = server(Limits::default()).await;
    let mut stream = TcpStream::connect(server.address).await.unwrap();
    // The preface and an empty SETTINGS frame; the server answers with its own: RFC 9113, section 3.4.
    stream.write_all(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0").await.unwrap();
    let mut head = [0; 9];
    stream.read_exact(&mut head).await.unwrap();
    assert_eq!(head[3], 4, "{head:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_head_that_comes_too_slowly_is_cut_off() {
    let limits = Limits { head_timeout: Duration::from_millis(200), ..Limits::default() };
    let server = server(limits).await;
    let started = std::time::Instant::now();
    let answer = exchange(server.address, "GET /health/ready HTTP/1.1\r\nHost: local").await;
    assert!(!answer.contains("200 OK"), "{answer}");
    assert!(started.elapsed() < Duration::from_secs(4));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn connections_beyond_the_limit_wait_for_their_turn() {
    let limits = Limits { connections: 1, head_timeout: Duration::from_millis(300), ..Limits::default() };
    let server = server(limits).await;
    let idle = TcpStream::connect(server.address).await.unwrap();
    tokio::time::sleep(Duration::from_millis(50)).await;
    let started = std::time::Instant::now();
    let answer = exchange(server.address, READY).await;
    assert!(answer.contains("200 OK"), "{answer}");
    assert!(started.elapsed() > Duration::from_millis(100), "{:?}", started.elapsed());
    drop(idle);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_idle_connection_does_not_keep_the_server_from_stopping() {
    let limits = Limits { stop_timeout: Duration::from_secs(2), ..Limits::default() };
    let server = server(limits).await;
    let idle = TcpStream::connect(server.address).await.unwrap();
    tokio::time::sleep(Duration::from_millis(50)).await;
    server.stop.send(()).unwrap();
    tokio::time::timeout(Duration::from_secs(4), server.running).await.unwrap().unwrap();
    drop(idle);
}
