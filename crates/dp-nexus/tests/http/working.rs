//! Imports that are asked for, jobs, and events: whose they are, what can be done with them, and how they are told.

use crate::world::{Answer, BO, MIA, Workplace, World, request};
use axum::body::Body;
use dp_nexus::{
    http::{IMPORT, ImportWork, More},
    uploads::{FileName, NewUpload},
};
use dp_stream::{JobState, NewJob};
use futures::StreamExt as _;
use http::Method;
use serde_json::{Value, json};
use tower::ServiceExt as _;

/// People at work.
struct Workshop {
    place: Workplace,
    world: World,
}

impl Workshop {
    fn new() -> Self {
        let place = Workplace::new();
        let world = World::with_routes(|_| {}, place.works.join(More::default()));
        Self { place, world }
    }

    async fn send_as(&self, who: &str, what: &str, body: Option<Value>) -> Answer {
        let (method, path) = what.split_once(' ').unwrap();
        let asked = request(method.parse().unwrap(), path).header("authorization", format!("Bearer {who}"));
        let asked = asked.header("content-type", "application/json");
        let body = body.map_or_else(Body::empty, |body| Body::from(body.to_string()));
        self.world.send(asked.body(body).unwrap()).await
    }

    async fn send(&self, what: &str, body: Option<Value>) -> Answer {
        self.send_as("mia", what, body).await
    }

    /// An upload of Mia's with so many of its five bytes.
    fn upload(&self, bytes: &[u8]) -> String {
        let new =
            NewUpload { name: FileName::harmless("takeout.zip"), length_bytes: 5, metadata: String::new() };
        let upload = self.place.staging.create(MIA, new).unwrap();
        let mut writer = self.place.staging.append(MIA, upload.id, 0, None).unwrap();
        writer.write(bytes).unwrap();
        writer.finish().unwrap();
        upload.id.to_string()
    }

    fn job(&self, account: &str) -> u64 {
        let job = NewJob {
            kind: "test".to_owned(),
            account: account.to_owned(),
            payload: json!({}),
            priority: 0,
            unique_key: None,
            due: None,
        };
        self.place.stream.jobs().add(&job).unwrap().id().0
    }
}

#[tokio::test]
async fn finished_uploads_become_one_job_however_often_it_is_asked_for() {
    let shop = Workshop::new();
    let (first, second) = (shop.upload(b"hello"), shop.upload(b"world"));
    let body = json!({ "uploads": [second, first] });
    let begun = shop.send("POST /api/v1/imports", Some(body)).await;
    assert_eq!(begun.status, 202);
    let id = begun.json()["id"].as_u64().unwrap();
    assert_eq!(begun.header("location"), format!("jobs/{id}"));
    assert_eq!((&begun.json()["kind"], &begun.json()["state"]), (&json!(IMPORT), &json!("queued")));
    let work: ImportWork = serde_json::from_value(begun.json()["payload"].clone()).unwrap();
    assert!(work.uploads.len() == 2 && work.paths.is_empty());

    let again = shop.send("POST /api/v1/imports", Some(json!({ "uploads": [first, second] }))).await;
    assert_eq!(again.json()["id"], id);
}

#[tokio::test]
async fn what_cannot_be_imported_is_refused_before_there_is_a_job() {
    let shop = Workshop::new();
    let whole = shop.upload(b"hello");
    let begun = shop.upload(b"hel");
    let path = "/etc/passwd";
    for (body, status, code) in [
        (json!({}), 422, "unfit_body"),
        (json!({ "uploads": [whole], "paths": [path] }), 422, "unfit_body"),
        (json!({ "uploads": [begun] }), 409, "conflict"),
        (json!({ "uploads": ["../../etc"] }), 404, "no_such_upload"),
        (json!({ "uploads": ["0".repeat(32)] }), 404, "no_such_upload"),
        (json!({ "uploads": vec![&whole; 2_000] }), 422, "unfit_body"),
        (json!({ "paths": [path] }), 403, "forbidden"),
        (json!({ "upload": whole }), 422, "unfit_body"),
    ] {
        let answer = shop.send("POST /api/v1/imports", Some(body.clone())).await;
        assert_eq!(answer.code(), (status, code.into()), "{body}");
    }
    let others = shop.send_as("bo", "POST /api/v1/imports", Some(json!({ "uploads": [whole] }))).await;
    assert_eq!(others.code(), (404, "no_such_upload".into()));
    let reader = shop.send_as("mia {\"read\":true}", "POST /api/v1/imports", Some(json!({}))).await;
    assert_eq!(reader.code(), (403, "forbidden".into()));
    assert_eq!(shop.send("GET /api/v1/jobs", None).await.json()["items"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn the_owner_imports_by_path_from_folders_that_are_allowed_and_no_others() {
    let shop = Workshop::new();
    let exports = shop.place.directory.path().join("exports").canonicalize().unwrap();
    std::fs::write(exports.join("takeout.zip"), "x").unwrap();
    std::fs::write(shop.place.directory.path().join("secret.zip"), "x").unwrap();
    let secret = shop.place.directory.path().join("secret.zip");
    std::os::unix::fs::symlink(&secret, exports.join("link.zip")).unwrap();
    let import =
        |path: String| shop.send_as("owner", "POST /api/v1/imports", Some(json!({ "paths": [path] })));
    for refused in [
        secret.display().to_string(),
        exports.join("../secret.zip").display().to_string(),
        exports.join("link.zip").display().to_string(),
        exports.join("nothing.zip").display().to_string(),
        String::new(),
        "\0".to_owned(),
    ] {
        let answer = import(refused.clone()).await;
        assert_eq!(answer.code(), (403, "forbidden".into()), "{refused}");
    }
    let begun = import(exports.join("takeout.zip").display().to_string()).await;
    assert_eq!(begun.status, 202);
    let work: ImportWork = serde_json::from_value(begun.json()["payload"].clone()).unwrap();
    assert_eq!(work.paths, [exports.join("takeout.zip")]);
}

#[tokio::test]
async fn jobs_are_listed_newest_first_and_only_to_their_account() {
    let shop = Workshop::new();
    let mias = [shop.job(&MIA.to_string()), shop.job(&MIA.to_string())];
    let bos = shop.job(&BO.to_string());
    let ids = |list: &Value| {
        list["items"].as_array().unwrap().iter().map(|job| job["id"].as_u64().unwrap()).collect::<Vec<_>>()
    };
    let page = shop.send("GET /api/v1/jobs?kind=test&limit=1", None).await.json();
    assert_eq!(ids(&page), [mias[1]]);
    let next = page["next"].as_str().unwrap();
    let page = shop.send(&format!("GET /api/v1/jobs?kind=test&limit=1&cursor={next}"), None).await.json();
    assert_eq!((ids(&page), &page["next"]), (vec![mias[0]], &Value::Null));
    assert_eq!(ids(&shop.send("GET /api/v1/jobs?state=failed&state=running", None).await.json()), [0; 0]);
    assert_eq!(shop.send("GET /api/v1/jobs?state=lost", None).await.status, 400);
    assert_eq!(shop.send("GET /api/v1/jobs?cursor=x", None).await.code(), (400, "bad_cursor".into()));
    for what in ["GET /api/v1/jobs/ID", "POST /api/v1/jobs/ID/cancel", "POST /api/v1/jobs/ID/requeue"] {
        for id in [bos.to_string(), "999".to_owned(), "x".to_owned(), "-1".to_owned()] {
            let answer = shop.send(&what.replace("ID", &id), None).await;
            assert_eq!(answer.code(), (404, "unknown_id".into()), "{what} {id}");
        }
    }
    let partial = "mia {\"read\":true,\"import\":true,\"sources\":[\"google\"]}";
    for what in ["GET /api/v1/jobs", "GET /api/v1/jobs/1", "POST /api/v1/jobs/1/cancel", "GET /api/v1/events"]
    {
        let answer = shop.send_as(partial, what, None).await;
        assert_eq!(answer.code(), (403, "scope_too_narrow".into()), "{what}");
    }
    assert_eq!(shop.send_as("bo", "GET /api/v1/jobs", None).await.json()["items"][0]["id"], bos);
}

#[tokio::test]
async fn a_waiting_job_is_cancelled_and_put_back() {
    let shop = Workshop::new();
    let job = shop.job(&MIA.to_string());
    let state = async |what: &str| shop.send(&format!("POST /api/v1/jobs/{job}/{what}"), None).await;
    assert_eq!(state("requeue").await.code(), (409, "conflict".into()));
    assert_eq!(state("cancel").await.json()["state"], "cancelled");
    assert_eq!(state("cancel").await.code(), (409, "conflict".into()));
    assert_eq!(state("requeue").await.json()["state"], "queued");
    let kept = shop.place.stream.jobs().get(dp_stream::JobId(job)).unwrap().unwrap();
    assert_eq!(kept.state, JobState::Queued);
}

/// Events as they were sent, until there are so many.
async fn events(shop: &Workshop, who: &str, path: &str, header: Option<&str>, count: usize) -> Vec<Value> {
    let mut asked = request(Method::GET, path).header("authorization", format!("Bearer {who}"));
    if let Some(id) = header {
        asked = asked.header("last-event-id", id);
    }
    let response = shop.world.routes.clone().oneshot(asked.body(Body::empty()).unwrap()).await.unwrap();
    assert_eq!(response.status(), 200);
    assert_eq!(response.headers()["content-type"], "text/event-stream");
    let mut chunks = response.into_body().into_data_stream();
    let mut text = String::new();
    while text.matches("\n\n").count() < count {
        text.push_str(std::str::from_utf8(&chunks.next().await.unwrap().unwrap()).unwrap());
    }
    let field = |block: &str, name: &str| {
        let line = block.lines().find_map(|line| line.strip_prefix(&format!("{name}: ")));
        line.unwrap_or_default().to_owned()
    };
    let blocks = text.split_terminator("\n\n").map(|block| {
        let data: Value = serde_json::from_str(&field(block, "data")).unwrap();
        assert_eq!(field(block, "id"), data["id"].to_string());
        assert_eq!(field(block, "event"), data["kind"].as_str().unwrap());
        data
    });
    blocks.collect()
}

#[tokio::test]
async fn events_are_told_to_their_account_from_where_it_left_off() {
    let shop = Workshop::new();
    let publish = |account: &str, number: u32| {
        shop.place.stream.events().publish(account, "test.happened", json!({ "number": number })).unwrap()
    };
    let mine = (0..3).map(|number| publish(&MIA.to_string(), number)).collect::<Vec<_>>();
    publish(&BO.to_string(), 9);
    let numbers =
        |events: &[Value]| events.iter().map(|event| event["data"]["number"].as_u64()).collect::<Vec<_>>();
    let after = format!("/api/v1/events?after={}", mine[0]);
    assert_eq!(numbers(&events(&shop, "mia", &after, None, 2).await), [Some(1), Some(2)]);
    // A browser that comes back says so in a header, and that counts.
    let back = events(&shop, "mia", &after, Some(&mine[1].to_string()), 1).await;
    assert_eq!(numbers(&back), [Some(2)]);
    // Without either, what happens from now on.
    let (live, ()) = futures::join!(events(&shop, "mia", "/api/v1/events", None, 1), async {
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        publish(&BO.to_string(), 10);
        publish(&MIA.to_string(), 11);
    });
    assert_eq!(numbers(&live), [Some(11)]);
    let bos = events(&shop, "bo", "/api/v1/events?after=0", None, 2).await;
    assert_eq!(numbers(&bos), [Some(9), Some(10)]);
    let wrong = request(Method::GET, "/api/v1/events").header("authorization", "Bearer mia");
    let wrong = wrong.header("last-event-id", "x").body(Body::empty()).unwrap();
    assert_eq!(shop.world.send(wrong).await.code(), (400, "bad_request".into()));
}

#[tokio::test]
async fn a_reader_who_was_away_too_long_is_told_to_load_anew() {
    let shop = Workshop::new();
    let asked = request(Method::GET, "/api/v1/events?after=999999").header("authorization", "Bearer mia");
    let answer = shop.world.send(asked.body(Body::empty()).unwrap()).await;
    let text = String::from_utf8(answer.bytes).unwrap();
    assert!(text.contains("event: reset"), "{text}");
}

#[tokio::test]
async fn an_entry_that_is_known_is_read_again_as_one_job_however_often_it_is_asked_for() {
    let shop = Workshop::new();
    let asked = shop.send("POST /api/v1/imports/1/entries/1/retry", None).await;
    assert_eq!(asked.status, 202);
    let job = asked.json();
    assert_eq!((&job["kind"], &job["payload"]), (&json!("import_entry"), &json!({"import": 1, "entry": 1})));
    assert_eq!(asked.header("location"), format!("../../../../jobs/{}", job["id"]));
    let again = shop.send("POST /api/v1/imports/1/entries/1/retry", None).await;
    assert_eq!(again.json()["id"], job["id"]);
    for (what, status, code) in [
        ("9/entries/0", 404, "no_such_import"),
        ("x/entries/0", 404, "no_such_import"),
        ("1/entries/2", 404, "unknown_id"),
        ("1/entries/-1", 404, "unknown_id"),
    ] {
        let answer = shop.send(&format!("POST /api/v1/imports/{what}/retry"), None).await;
        assert_eq!(answer.code(), (status, code.into()), "{what}");
    }
    for (who, code) in [
        ("mia {\"read\":true}", "forbidden"),
        ("mia {\"read\":true,\"import\":true,\"sources\":[\"google\"]}", "scope_too_narrow"),
    ] {
        let answer = shop.send_as(who, "POST /api/v1/imports/1/entries/1/retry", None).await;
        assert_eq!(answer.code(), (403, code.into()), "{who}");
    }
}

#[tokio::test]
async fn events_are_neither_compressed_nor_held_back_and_keep_the_id_of_their_request() {
    let shop = Workshop::new();
    shop.place.stream.events().publish(&MIA.to_string(), "test", json!({"text": "x".repeat(5_000)})).unwrap();
    let asked = request(Method::GET, "/api/v1/events?after=0").header("authorization", "Bearer mia");
    let asked = asked.header("accept-encoding", "gzip, br, zstd").header("x-request-id", "mine-1");
    let response = shop.world.routes.clone().oneshot(asked.body(Body::empty()).unwrap()).await.unwrap();
    assert_eq!(response.headers()["content-type"], "text/event-stream");
    assert!(!response.headers().contains_key("content-encoding"), "{:?}", response.headers());
    assert_eq!(response.headers()["x-request-id"], "mine-1");
    let mut body = response.into_body().into_data_stream();
    let first = tokio::time::timeout(std::time::Duration::from_secs(5), body.next()).await.unwrap();
    assert!(String::from_utf8_lossy(&first.unwrap().unwrap()).contains("event: job.queued"));
}
