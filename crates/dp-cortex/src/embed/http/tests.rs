use super::*;
use std::{
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::{TcpListener, TcpStream},
    sync::mpsc::{Receiver, channel},
};

/// What the server does with one request.
enum Reply {
    /// Answers this status, headers and body.
    With(u16, &'static str, String),
    /// Takes the request and never answers.
    Never,
    /// Closes the connection at once.
    HangUp,
}

/// A request as the server got it.
struct Got {
    head: String,
    body: serde_json::Value,
}

/// Answers one request after the other as told, each on a connection of its own.
fn server(replies: Vec<Reply>) -> (String, Receiver<Got>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    let (sender, received) = channel();
    std::thread::spawn(move || {
        let mut unanswered = Vec::new();
        for reply in replies {
            let (mut stream, _) = listener.accept().unwrap();
            if matches!(reply, Reply::HangUp) {
                continue;
            }
            sender.send(read(&stream)).unwrap();
            match reply {
                Reply::With(status, headers, body) => {
                    let length = body.len();
                    let _gone_perhaps = write!(
                        stream,
                        "HTTP/1.1 {status} X\r\ncontent-length: {length}\r\nconnection: close\r\n{headers}\r\n{body}"
                    );
                }
                _ => unanswered.push(stream),
            }
        }
        // Until the one who asked gives up, and longer than any test waits.
        while unanswered.iter().any(|stream| stream.peek(&mut [0]).is_ok_and(|count| count > 0)) {
            std::thread::sleep(Duration::from_millis(20));
        }
    });
    (address, received)
}

fn read(stream: &TcpStream) -> Got {
    let mut reader = BufReader::new(stream);
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") {
        assert_ne!(reader.read_line(&mut head).unwrap(), 0);
    }
    let lower = head.to_lowercase();
    let length = lower.lines().find_map(|line| line.strip_prefix("content-length: ")).unwrap();
    let mut body = vec![0; length.parse().unwrap()];
    reader.read_exact(&mut body).unwrap();
    Got { head: lower, body: serde_json::from_slice(&body).unwrap() }
}

fn right(count: usize, width: usize) -> Reply {
    let items: Vec<serde_json::Value> = (0..count)
        .rev()
        .map(|index| serde_json::json!({"index": index, "embedding": vec![index as f32 + 1.0; width]}))
        .collect();
    Reply::With(200, "", serde_json::json!({"data": items}).to_string())
}

fn status(code: u16, headers: &'static str) -> Reply {
    Reply::With(code, headers, "{\"error\":\"busy\nnow\"}".to_owned())
}

struct Scene {
    folder: tempfile::TempDir,
    log: Arc<PrivacyLog>,
    requests: Receiver<Got>,
    settings: HttpSettings,
}

fn scene(replies: Vec<Reply>) -> Scene {
    let folder = tempfile::tempdir().unwrap();
    let (address, requests) = server(replies);
    let settings = HttpSettings { wait_ms: 5, timeout_s: 1, batch: 2, ..HttpSettings::new(address, "nomic") };
    Scene { log: Arc::new(PrivacyLog::new(folder.path())), folder, requests, settings }
}

impl Scene {
    fn model(&self, width: u32) -> HttpModel {
        HttpModel::new("far", width, self.settings.clone(), Arc::clone(&self.log)).unwrap()
    }

    fn outcomes(&self) -> Vec<String> {
        self.log.read().unwrap().into_iter().map(|call| call.outcome).collect()
    }
}

#[test]
fn texts_go_out_in_batches_and_vectors_come_back_in_order() {
    let mut scene = scene(vec![right(1, 3), right(2, 3), right(1, 3)]);
    let key = scene.folder.path().join("key");
    fs_err::write(&key, "very-secret\n").unwrap();
    scene.settings.key_file = Some(key);
    scene.settings.passage_prefix = "passage: ".to_owned();
    let model = HttpModel::connect("far", scene.settings.clone(), Arc::clone(&scene.log)).unwrap();
    assert_eq!(model.model().width, 3);
    let vectors = model.embed(&["private one", "", "two", " three "], Purpose::Passage).unwrap();
    assert_eq!(vectors.iter().map(Vec::len).collect::<Vec<_>>(), [3, 0, 3, 3]);
    let got: Vec<Got> = scene.requests.try_iter().collect();
    assert!(got[0].head.starts_with("post /v1/embeddings") && got[0].head.contains("bearer very-secret"));
    assert_eq!(got[1].body["input"], serde_json::json!(["passage: private one", "passage: two"]));
    assert_eq!(got[2].body["input"], serde_json::json!(["passage: three"]));
    assert_eq!(got[1].body["model"], "nomic");
    let calls = scene.log.read().unwrap();
    assert_eq!(calls.iter().map(|call| call.texts).collect::<Vec<_>>(), [1, 2, 1]);
    assert!(calls.iter().all(|call| call.sent_bytes > 20 && call.outcome == "ok"));
    let written = fs_err::read_to_string(scene.log.path()).unwrap();
    assert!(!written.contains("private") && !written.contains("secret"));
    assert!(!format!("{model:?}").contains("very-secret"));
}

#[test]
fn what_may_pass_is_tried_again_and_asked_waits_are_kept() {
    let scene = scene(vec![status(503, ""), Reply::HangUp, status(429, "retry-after: 1\r\n"), right(1, 2)]);
    let started = std::time::Instant::now();
    assert_eq!(scene.model(2).embed(&["x"], Purpose::Passage).unwrap()[0].len(), 2);
    assert!(started.elapsed() >= Duration::from_secs(1));
    assert_eq!(scene.outcomes(), ["status 503", "no connection", "status 429", "ok"]);
}

#[test]
fn a_query_is_not_tried_again_because_somebody_waits() {
    let scene = scene(vec![status(503, ""), right(1, 2)]);
    let message = scene.model(2).embed(&["x"], Purpose::Query).unwrap_err().to_string();
    assert!(
        message.contains("503") && message.contains("tried once") && message.contains("busy now"),
        "{message}"
    );
    assert_eq!(scene.outcomes(), ["status 503"]);
}

#[test]
fn an_endpoint_that_never_answers_is_given_up() {
    let scene = scene(vec![Reply::Never]);
    let started = std::time::Instant::now();
    let message = scene.model(2).embed(&["x"], Purpose::Query).unwrap_err().to_string();
    assert!(message.contains("in time") && started.elapsed() < Duration::from_secs(5), "{message}");
    assert_eq!(scene.outcomes(), ["no answer in time"]);
}

#[test]
fn attempts_end() {
    let scene = scene((0..4).map(|_| status(500, "")).collect());
    let message = scene.model(2).embed(&["x"], Purpose::Passage).unwrap_err().to_string();
    assert!(message.contains("tried 4 times"), "{message}");
}

#[test]
fn wrong_answers_are_not_tried_again() {
    for (reply, reason) in [
        (right(1, 5), "another model"),
        (right(2, 2), "2 vectors for 1"),
        (Reply::With(200, "", "<html>".to_owned()), "no list"),
        (Reply::With(200, "", r#"{"data":[{"index":0,"embedding":[null,1]}]}"#.to_owned()), "no number"),
        (status(401, ""), "key_file"),
        (status(404, ""), "check the address"),
        (status(400, ""), "busy now"),
        (status(302, "location: http://127.0.0.1:1/\r\n"), "not followed"),
    ] {
        let scene = scene(vec![reply]);
        let message = scene.model(2).embed(&["x"], Purpose::Passage).unwrap_err().to_string();
        assert!(message.contains(reason) && message.contains("127.0.0.1"), "{message}");
        assert_eq!(scene.outcomes().len(), 1);
    }
}

#[test]
fn nothing_is_sent_when_the_privacy_log_cannot_be_written() {
    let scene = scene(vec![right(1, 2)]);
    let log = Arc::new(PrivacyLog::new(&scene.folder.path().join("missing")));
    let model = HttpModel::new("far", 2, scene.settings.clone(), log).unwrap();
    assert!(matches!(model.embed(&["x"], Purpose::Query), Err(EmbedError::PrivacyLog { .. })));
    assert!(scene.requests.try_recv().is_err());
}

#[test]
fn nobody_there_and_unusable_keys_are_told() {
    let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let log = Arc::new(PrivacyLog::new(folder.path()));
    let settings = HttpSettings { attempts: 1, ..HttpSettings::new(format!("http://{free}"), "m") };
    let message = HttpModel::connect("far", settings.clone(), Arc::clone(&log)).unwrap_err().to_string();
    assert!(message.contains("is it running?"), "{message}");
    for content in ["", "two words", "line\u{7}"] {
        let key = folder.path().join("key");
        fs_err::write(&key, content).unwrap();
        let settings = HttpSettings { key_file: Some(key), ..settings.clone() };
        assert!(matches!(HttpModel::new("far", 2, settings, Arc::clone(&log)), Err(EmbedError::File { .. })));
    }
}
