//! Servers of the test's own on this machine, that answer as a test has it: what is asked of them and what is made of
//! their answers.

use super::*;
use serde_json::{Value, json};
use std::{
    io::Write as _,
    net::TcpListener,
    sync::mpsc::{Receiver, channel},
};

/// Answers one connection after the other with these, and tells what was asked.
fn answering(answers: Vec<Vec<u8>>) -> (String, Receiver<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    let (tell, told) = channel();
    std::thread::spawn(move || {
        for answer in answers {
            let (mut stream, _) = listener.accept().unwrap();
            let mut head = [0; 4096];
            let count = stream.read(&mut head).unwrap();
            let _ = tell.send(String::from_utf8_lossy(&head[..count]).into_owned());
            let _ = stream.write_all(&answer);
        }
    });
    (address, told)
}

fn answer(status: &str, headers: &str, body: &str) -> Vec<u8> {
    let length = body.len();
    format!("HTTP/1.1 {status}\r\nConnection: close\r\n{headers}Content-Length: {length}\r\n\r\n{body}")
        .into()
}

fn problem(status: u16, code: &str) -> String {
    json!({"status": status, "code": code, "detail": "it is so", "what_to_do": "Do so."}).to_string()
}

#[test]
fn only_tls_and_this_machine_are_servers() {
    for address in ["https://life.example.org/life/", "http://localhost:1", "http://[::1]:7766"] {
        assert!(Server::new(address, Some("dp_key"), None).is_ok(), "{address}");
    }
    for address in [
        "http://life.example.org",
        "http://10.0.0.1:7766",
        "https://ada:secret@life.example.org",
        "https://life.example.org/?a=b",
        "https://life.example.org/#a",
        "life.example.org",
        "",
    ] {
        assert!(matches!(Server::new(address, None, None), Err(ServerError::Address(_))), "{address}");
    }
    for key in ["", "two words", "a\r\nX-Evil: b", "ключ"] {
        let made = Server::new("http://localhost", Some(key), None);
        assert!(matches!(made, Err(ServerError::Key)), "{key:?}");
    }
    for pem in [&b""[..], b"no certificate", b"-----BEGIN CERTIFICATE-----\nAAAA"] {
        let made = Server::new("https://localhost", None, Some(pem));
        assert!(matches!(made, Err(ServerError::Authorities)));
    }
    let shown = format!("{:?}", Server::new("http://localhost", Some("dp_secret"), None).unwrap());
    assert!(!shown.contains("dp_secret"), "{shown}");
}

#[test]
fn the_key_and_the_question_arrive_as_they_are() {
    let (address, told) = answering(vec![answer("200 OK", "", "{\"a\": 1}")]);
    let server = Server::new(&format!("{address}/life/"), Some("dp_key"), None).unwrap();
    let query = [("q", "a+b & c=é #1/2".to_owned()), ("kind", "email".into()), ("kind", "visit".into())];
    assert_eq!(server.get::<Value>("/api/v1/search", &query).unwrap(), json!({"a": 1}));
    let head = told.recv().unwrap().to_lowercase();
    assert!(
        head.starts_with(
            "get /life/api/v1/search?q=a%2bb%20%26%20c%3d%c3%a9%20%231%2f2&kind=email&kind=visit "
        ),
        "{head}"
    );
    assert!(head.contains("authorization: bearer dp_key\r\n"), "{head}");
}

#[test]
fn what_the_server_says_is_wrong_is_told() {
    for (status, code) in [(401, "bad_credentials"), (403, "scope_too_narrow"), (404, "no_such_document")] {
        let (address, _told) =
            answering(vec![answer(&format!("{status} Wrong"), "", &problem(status, code))]);
        let server = Server::new(&address, None, None).unwrap();
        match server.get::<Value>("/x", &[]).unwrap_err() {
            ServerError::Problem { status: s, code: c, detail, what_to_do, .. } => assert_eq!(
                (s, c.as_str(), detail.as_str(), what_to_do.as_str()),
                (status, code, "it is so", "Do so.")
            ),
            other => panic!("{other}"),
        }
    }
}

#[test]
fn a_busy_server_is_asked_once_more() {
    let busy = || answer("429 Too Many Requests", "Retry-After: 0\r\n", &problem(429, "rate_limited"));
    let (address, told) = answering(vec![busy(), answer("200 OK", "", "1"), busy(), busy()]);
    let server = Server::new(&address, None, None).unwrap();
    assert_eq!(server.get::<u32>("/x", &[]).unwrap(), 1);
    assert!(matches!(server.get::<u32>("/x", &[]).unwrap_err(), ServerError::Problem { status: 429, .. }));
    assert_eq!(told.iter().take(4).count(), 4);
}

#[test]
fn whoever_is_no_datapunk_server_is_said_to_be_none() {
    let page = "<html>hello</html>";
    let moved = answer("302 Found", "Location: http://127.0.0.1:1/x\r\n", "");
    let answers = vec![answer("200 OK", "", page), answer("404 Not Found", "", page), moved];
    let (address, _told) = answering(answers);
    let server = Server::new(&address, None, None).unwrap();
    for _ in 0..2 {
        assert!(matches!(server.get::<u32>("/x", &[]).unwrap_err(), ServerError::Strange { .. }));
    }
    assert!(matches!(server.get::<u32>("/x", &[]).unwrap_err(), ServerError::Moved { .. }));
    assert!(matches!(server.get::<u32>("/x", &[]).unwrap_err(), ServerError::Unreachable { .. }));
}

#[test]
fn an_answer_without_end_is_not_kept() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let _ = stream.read(&mut [0; 4096]);
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n");
        while stream.write_all(&[b' '; 1 << 16]).is_ok() {}
    });
    let server = Server::new(&address, None, None).unwrap();
    assert!(matches!(server.get::<u32>("/x", &[]).unwrap_err(), ServerError::TooLarge { .. }));
}

#[test]
fn a_stream_that_breaks_off_is_not_taken_for_the_whole() {
    let whole = answer("200 OK", "", "marmalade");
    let short = b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\nmarmalade".to_vec();
    let chunked = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n9\r\nmarmalade\r\n".to_vec();
    let (address, _told) = answering(vec![whole, short, chunked]);
    let server = Server::new(&address, None, None).unwrap();
    let read = || {
        let mut text = String::new();
        server.stream("/x", &[], |bytes| bytes.read_to_string(&mut text).map(|_| ())).unwrap().map(|()| text)
    };
    assert_eq!(read().unwrap(), "marmalade");
    assert!(read().is_err() && read().is_err());
}
