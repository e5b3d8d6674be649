//! Backups over HTTP: whose they are, how one is asked for, and how one is fetched in parts.

use crate::world::{A_BACKUP, Answer, World, request};
use axum::body::Body;
use http::Method;
use serde_json::{Value, json};

async fn send_with(
    world: &World,
    who: &str,
    what: &str,
    headers: &[(&str, &str)],
    body: Option<Value>,
) -> Answer {
    let (method, path) = what.split_once(' ').unwrap();
    let mut asked =
        request(method.parse::<Method>().unwrap(), path).header("authorization", format!("Bearer {who}"));
    for (name, value) in headers {
        asked = asked.header(*name, *value);
    }
    let body = body.map_or_else(Body::empty, |body| Body::from(body.to_string()));
    world.send(asked.header("content-type", "application/json").body(body).unwrap()).await
}

async fn send(world: &World, who: &str, what: &str, body: Option<Value>) -> Answer {
    send_with(world, who, what, &[], body).await
}

#[tokio::test]
async fn backups_are_the_owner_s_alone() {
    let world = World::new();
    let one = format!("/api/v1/backups/{A_BACKUP}");
    for what in [
        "GET /api/v1/backups".to_owned(),
        "POST /api/v1/backups".to_owned(),
        format!("GET {one}"),
        format!("DELETE {one}"),
    ] {
        let body = what.starts_with("POST").then(|| json!({}));
        assert_eq!(
            send(&world, "mia", &what, body.clone()).await.code(),
            (403, "forbidden".into()),
            "{what}"
        );
        let reader = "owner {\"read\":true,\"write\":true,\"import\":true}";
        assert_eq!(
            send(&world, reader, &what, body.clone()).await.code(),
            (403, "forbidden".into()),
            "{what}"
        );
        let partial = "owner {\"read\":true,\"admin\":true,\"sources\":[\"google\"]}";
        let answer = send(&world, partial, &what, body).await;
        assert_eq!(answer.code(), (403, "scope_too_narrow".into()), "{what}");
    }
}

#[tokio::test]
async fn one_backup_at_a_time_is_asked_for_and_for_real_recipients_only() {
    let world = World::new();
    let post = "POST /api/v1/backups";
    for wrong in [
        json!({ "recipients": ["ssh-rsa x"] }),
        json!({ "recipients": vec!["age1a"; 30] }),
        json!({ "to": "/etc" }),
    ] {
        let answer = send(&world, "owner", post, Some(wrong.clone())).await;
        assert_eq!(answer.code(), (422, "unfit_body".into()), "{wrong}");
    }
    let begun = send(&world, "owner", post, Some(json!({ "recipients": ["age1abc"] }))).await;
    assert_eq!(begun.status, 202);
    let id = begun.json()["id"].as_u64().unwrap();
    assert_eq!((begun.header("location"), &begun.json()["kind"]), (&*format!("jobs/{id}"), &json!("backup")));
    let again = send(&world, "owner", post, Some(json!({}))).await;
    assert_eq!(again.json()["id"], id);
}

#[tokio::test]
async fn a_backup_is_listed_fetched_whole_and_in_parts_and_removed() {
    let world = World::new();
    let listed = send(&world, "owner", "GET /api/v1/backups", None).await.json();
    assert_eq!(
        (&listed["items"][0]["name"], &listed["items"][0]["size_bytes"]),
        (&json!(A_BACKUP), &json!(300_000))
    );
    let fetch = format!("GET /api/v1/backups/{A_BACKUP}");
    let whole = send_with(&world, "owner", &fetch, &[("accept-encoding", "gzip, zstd")], None).await;
    assert_eq!((whole.status.as_u16(), whole.bytes.len()), (200, 300_000));
    assert_eq!(whole.header("content-length"), "300000");
    assert!(!whole.headers.contains_key("content-encoding"));
    assert!(whole.header("content-disposition").starts_with("attachment"));
    let tag = whole.header("etag").to_owned();
    let part =
        send_with(&world, "owner", &fetch, &[("range", "bytes=299990-"), ("if-range", &tag)], None).await;
    assert_eq!((part.status.as_u16(), part.header("content-range")), (206, "bytes 299990-299999/300000"));
    assert_eq!(part.bytes, whole.bytes[299_990..]);
    let other =
        send_with(&world, "owner", &fetch, &[("range", "bytes=5-"), ("if-range", "\"other\"")], None).await;
    assert_eq!((other.status.as_u16(), other.bytes.len()), (200, 300_000));
    let beyond = send_with(&world, "owner", &fetch, &[("range", "bytes=300000-")], None).await;
    assert_eq!(beyond.code(), (416, "range_beyond_end".into()));
    assert_eq!(beyond.header("content-range"), "bytes */300000");
    let known = send_with(&world, "owner", &fetch, &[("if-none-match", &tag)], None).await;
    assert_eq!((known.status.as_u16(), known.bytes.len()), (304, 0));
    for name in ["..%2Fsystem.db", "%2Fetc%2Fpasswd", ".unfinished-1-a.tar.zst", "a.tar.zst", "%00", "."] {
        let answer = send(&world, "owner", &format!("GET /api/v1/backups/{name}"), None).await;
        assert_eq!(answer.status, 404, "{name}");
        let answer = send(&world, "owner", &format!("DELETE /api/v1/backups/{name}"), None).await;
        assert_eq!(answer.status, 404, "{name}");
    }
    let remove = format!("DELETE /api/v1/backups/{A_BACKUP}");
    assert_eq!(send(&world, "owner", &remove, None).await.status, 204);
    assert_eq!(send(&world, "owner", &remove, None).await.code(), (404, "unknown_id".into()));
}
