//! What every request passes: ids, hosts, origins, limits of size and time, and how failures look.

use crate::world::{World, get, id, request};
use axum::{
    Router,
    body::Body,
    routing::{get as reading, post},
};
use dp_nexus::http::{Allowance, More, Problem, Reads, Stage};
use http::{Method, Request};
use std::time::Duration;

/// Routes that go wrong in ways no real one should.
fn going_wrong() -> More {
    let panics = || async {
        if std::hint::black_box(true) {
            panic!("the secret is a kumquat");
        }
    };
    let sleeps = || async { tokio::time::sleep(Duration::from_secs(60)).await };
    let reads = |body: axum::body::Bytes| async move { body.len().to_string() };
    let fails = || async { Err::<(), _>(Problem::internal("the disk at /home/mia said no")) };
    let usual = Router::new()
        .route("/panics", reading(panics))
        .route("/sleeps", reading(sleeps))
        .route("/reads", post(reads))
        .route("/fails", reading(fails));
    let lasts = |Reads(principal): Reads| async move {
        tokio::time::sleep(Duration::from_millis(200)).await;
        principal.name
    };
    More { usual, long: Router::new().route("/lasts", reading(lasts)), ..More::default() }
}

#[tokio::test]
async fn a_request_has_an_id_and_a_plain_one_is_kept() {
    let world = World::new();
    let one = world.get("/api/v1/sources").await.header("x-request-id").to_owned();
    let other = world.get("/api/v1/sources").await.header("x-request-id").to_owned();
    assert!(one != other && one.len() >= 16);
    let with_id = |id: &str| get("/nowhere").header("x-request-id", id).body(Body::empty()).unwrap();
    let kept = world.send(with_id("from-the-client.1")).await;
    assert_eq!(kept.problem()["request_id"], "from-the-client.1");
    let replaced = world.send(with_id("<script>alert(1)</script>")).await;
    assert!(!String::from_utf8_lossy(&replaced.bytes).contains("script"));
}

#[tokio::test]
async fn what_is_not_there_is_a_problem() {
    let world = World::new();
    for path in ["/", "/nowhere", "/api/v1", "/api/v1/nowhere", "/api/v2/search", "/health", "//evil.example"]
    {
        assert_eq!(world.get(path).await.code(), (404, "not_found".into()), "{path}");
    }
    let post = request(Method::POST, "/api/v1/search").header("authorization", "Bearer mia");
    let answer = world.send(post.body(Body::empty()).unwrap()).await;
    assert_eq!(answer.code(), (405, "method_not_allowed".into()));
    assert_eq!(answer.header("allow"), "GET,HEAD");
}

#[tokio::test]
async fn a_panic_fails_its_request_and_tells_nothing() {
    let world = World::with_routes(|_| {}, going_wrong());
    for path in ["/panics", "/fails"] {
        let answer = world.get(path).await;
        assert_eq!(answer.code(), (500, "internal".into()), "{path}");
        let text = String::from_utf8_lossy(&answer.bytes).into_owned();
        assert!(!text.contains("kumquat") && !text.contains("mia"), "{text}");
    }
    assert_eq!(world.get("/api/v1/sources").await.status, 200);
}

#[tokio::test]
async fn a_request_that_takes_too_long_is_given_up() {
    let soon = Duration::from_millis(50);
    let world = World::with_routes(|settings| settings.request_timeout = soon, going_wrong());
    let answer = world.get("/sleeps").await;
    assert_eq!(answer.code(), (503, "too_slow".into()));
    assert_eq!(answer.header("retry-after"), "1");
}

#[tokio::test]
async fn uploads_and_streams_take_as_long_as_they_take() {
    let world = World::with_routes(
        |settings| {
            settings.request_timeout = Duration::from_millis(20);
            settings.per_account = Allowance { per_second: 0.1, burst: 1.0 };
        },
        going_wrong(),
    );
    for _ in 0..3 {
        assert_eq!(world.get("/lasts").await.bytes, b"mia");
    }
    let nobody = world.send(get("/lasts").body(Body::empty()).unwrap()).await;
    assert_eq!(nobody.code(), (401, "unauthenticated".into()));
}

#[tokio::test]
async fn large_bodies_are_refused() {
    let world = World::with_routes(|settings| settings.body_bytes_max = 100, going_wrong());
    let send = |bytes: usize| request(Method::POST, "/reads").body(Body::from(vec![b'x'; bytes])).unwrap();
    assert_eq!(world.send(send(100)).await.bytes, b"100");
    assert_eq!(world.send(send(101)).await.code(), (413, "too_large".into()));
    let path = format!("/api/v1/documents/{}/annotations", id(3));
    let put = request(Method::PUT, &path).header("authorization", "Bearer mia");
    let put =
        put.header("content-type", "application/json").body(Body::from(format!("\"{}\"", "x".repeat(200))));
    assert_eq!(world.send(put.unwrap()).await.code(), (413, "too_large".into()));
    let put = request(Method::PUT, &path).header("authorization", "Bearer mia").body(Body::from("{}"));
    assert_eq!(world.send(put.unwrap()).await.code(), (415, "unsupported_type".into()));
}

#[tokio::test]
async fn only_known_hosts_are_answered() {
    let world = World::with(|settings| settings.hosts.push("life.example.org".into()));
    let to = |host: &str| Request::builder().uri("/health/live").header("host", host).body(Body::empty());
    for host in ["localhost", "LOCALHOST:1", "127.0.0.1:7766", "[::1]:7766", "life.example.org"] {
        assert_eq!(world.send(to(host).unwrap()).await.status, 200, "{host}");
    }
    for host in ["evil.example", "localhost.evil.example", "127.0.0.1.evil.example:80", "0.0.0.0", ""] {
        let answer = world.send(to(host).unwrap()).await;
        assert_eq!(answer.code(), (421, "unknown_host".into()), "{host}");
    }
    let none = Request::builder().uri("/health/live").body(Body::empty()).unwrap();
    assert_eq!(world.send(none).await.code(), (400, "bad_request".into()));
    let absolute = Request::builder().uri("http://evil.example/health/live").header("host", "localhost");
    assert_eq!(world.send(absolute.body(Body::empty()).unwrap()).await.status, 400);
}

#[tokio::test]
async fn pages_of_other_sites_change_nothing() {
    let world = World::new();
    let path = format!("/api/v1/documents/{}/annotations", id(3));
    let put = |name: &str, value: &str| {
        request(Method::PUT, &path)
            .header("authorization", "Bearer mia")
            .header("content-type", "application/json")
            .header(name, value)
            .body(Body::from("{}"))
            .unwrap()
    };
    for origin in ["https://evil.example", "null", "http://localhost:1"] {
        assert_eq!(world.send(put("origin", origin)).await.code(), (403, "cross_origin".into()), "{origin}");
    }
    assert_eq!(world.send(put("sec-fetch-site", "cross-site")).await.code().0, 403);
    assert_eq!(world.send(put("origin", "http://localhost:7766")).await.status, 200);
    // Reading is safe: without leave the browser shows a page of another site nothing.
    let read =
        get("/api/v1/sources").header("authorization", "Bearer mia").header("origin", "https://evil.example");
    let answer = world.send(read.body(Body::empty()).unwrap()).await;
    assert_eq!(answer.status, 200);
    assert!(answer.headers.keys().all(|name| !name.as_str().starts_with("access-control")));
}

#[tokio::test]
async fn every_answer_is_guarded() {
    let world = World::new();
    for path in ["/api/v1/sources", "/api/docs", "/nowhere", "/health/live"] {
        let answer = world.get(path).await;
        let policy = answer.header("content-security-policy");
        assert!(policy.contains("default-src 'none'") && policy.contains("frame-ancestors 'none'"), "{path}");
        assert!(!policy.contains("unsafe") && !policy.contains("http:"), "{path}");
        assert_eq!(answer.header("x-content-type-options"), "nosniff");
        assert_eq!(answer.header("referrer-policy"), "no-referrer");
        assert_eq!(answer.header("cache-control"), "private, no-cache");
    }
}

#[tokio::test]
async fn answers_are_compressed_for_those_who_can_read_them() {
    let world = World::new();
    for encoding in ["gzip", "br", "zstd"] {
        let request = get("/api/openapi.json").header("accept-encoding", encoding);
        let answer = world.send(request.body(Body::empty()).unwrap()).await;
        assert_eq!(answer.header("content-encoding"), encoding);
        assert!(answer.header("vary").to_lowercase().contains("accept-encoding"));
    }
    let plain = world.get("/api/openapi.json").await;
    assert!(!plain.headers.contains_key("content-encoding"));
}

#[tokio::test]
async fn the_program_says_how_it_is() {
    let world = World::new();
    let health = async |path: &str| world.send(get(path).body(Body::empty()).unwrap()).await;
    assert_eq!(health("/health/live").await.json()["status"], "ok");
    assert_eq!(health("/health/startup").await.code(), (503, "not_ready".into()));
    world.app.set_stage(Stage::Ready);
    for path in ["/health/live", "/health/ready", "/health/startup"] {
        assert_eq!(health(path).await.status, 200, "{path}");
    }
    world.app.set_stage(Stage::Stopping);
    assert_eq!(health("/health/ready").await.code(), (503, "not_ready".into()));
    assert_eq!(health("/health/live").await.status, 200);
    let version = health("/version").await.json();
    assert_eq!(
        (&version["name"], &version["version"]),
        (&"datapunk".into(), &env!("CARGO_PKG_VERSION").into())
    );
}

#[tokio::test]
async fn the_page_of_the_api_needs_nothing_from_elsewhere() {
    let world = World::new();
    for (path, media_type) in [
        ("/api/docs", "text/html; charset=utf-8"),
        ("/api/docs/docs.js", "text/javascript; charset=utf-8"),
        ("/api/docs/docs.css", "text/css; charset=utf-8"),
    ] {
        let answer = world.send(get(path).body(Body::empty()).unwrap()).await;
        assert_eq!((answer.status.as_u16(), answer.header("content-type")), (200, media_type));
        let text = String::from_utf8(answer.bytes).unwrap();
        for outside in ["http://", "https://", "@import", "url(", "style=", "onclick", "innerHTML", "eval("] {
            assert!(!text.contains(outside), "{path}: {outside}");
        }
        // The policy allows no script or style in the page itself.
        assert!(!text.contains("<style") && !text.contains("<script>"), "{path}");
    }
    let openapi = world.send(get("/api/openapi.json").body(Body::empty()).unwrap()).await.json();
    assert!(openapi["paths"]["/api/v1/search"]["get"].is_object());
}

#[tokio::test]
async fn everything_can_lie_under_a_path() {
    let world = World::with(|settings| settings.base_path = "/life/".into());
    assert_eq!(world.get("/life/api/v1/sources").await.status, 200);
    assert_eq!(world.get("/life/health/live").await.status, 200);
    assert_eq!(world.get("/api/v1/sources").await.code(), (404, "not_found".into()));
    assert_eq!(world.get("/life/nowhere").await.code(), (404, "not_found".into()));
}
