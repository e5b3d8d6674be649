//! Figures for a monitoring program: what is counted, by which names, and that nothing of a life is in them.

use crate::world::{World, get, request};
use axum::body::Body;
use dp_nexus::http::metrics;
use http::Method;
use http_body_util::BodyExt as _;
use tower::ServiceExt as _;

async fn figures(world: &World) -> String {
    let response = metrics(&world.app).oneshot(get("/metrics").body(Body::empty()).unwrap()).await.unwrap();
    assert_eq!(response.status(), 200);
    let media_type = response.headers()["content-type"].to_str().unwrap().to_owned();
    assert!(media_type.starts_with("application/openmetrics-text; version=1.0.0"), "{media_type}");
    let bytes = response.into_body().collect().await.unwrap().to_bytes();
    String::from_utf8(bytes.to_vec()).unwrap()
}

#[tokio::test]
async fn requests_are_counted_by_route_and_outcome_and_never_by_what_they_ask() {
    let world = World::new();
    world.found("/api/v1/search?q=dough").await;
    world.found("/api/v1/search?q=sleep").await;
    world.get("/api/v1/documents/ffff").await;
    world.get("/api/v1/documents/eeee").await;
    world.get("/private/marmalade").await;
    let odd = request(Method::from_bytes(b"BREW").unwrap(), "/api/v1/search").body(Body::empty()).unwrap();
    world.send(odd).await;
    let text = figures(&world).await;
    for line in [
        "datapunk_http_requests_total{method=\"GET\",route=\"/api/v1/search\",status=\"200\"} 2",
        "datapunk_http_requests_total{method=\"GET\",route=\"/api/v1/documents/{id}\",status=\"404\"} 2",
        "datapunk_http_requests_total{method=\"GET\",route=\"none\",status=\"404\"} 1",
        "datapunk_http_request_seconds_count{method=\"GET\",route=\"/api/v1/search\"} 2",
        "datapunk_http_requests_in_flight 0",
    ] {
        assert!(text.lines().any(|one| one == line), "{line} is not in\n{text}");
    }
    assert!(text.contains("method=\"other\""));
    assert!(text.ends_with("# EOF\n"));
    for word in ["dough", "sleep", "ffff", "marmalade", "BREW", "mia"] {
        assert!(!text.contains(word), "{word} is in\n{text}");
    }
    if cfg!(target_os = "linux") {
        let memory = text.lines().find_map(|line| line.strip_prefix("process_resident_memory_bytes "));
        assert!(memory.unwrap().parse::<u64>().unwrap() > 1 << 20);
    }
}

#[tokio::test]
async fn figures_are_not_among_the_other_routes() {
    let world = World::new();
    assert_eq!(world.get("/metrics").await.status, 404);
}

#[tokio::test]
async fn the_queue_is_told_by_kind_and_state_and_who_listens_is_counted() {
    let place = crate::world::Workplace::new();
    let world = World::with_routes(|_| {}, place.works.join(dp_nexus::http::More::default()));
    let name = dp_nexus::uploads::FileName::harmless("secret.zip");
    let new = dp_nexus::uploads::NewUpload { name, length_bytes: 9, metadata: String::new() };
    let upload = place.staging.create(crate::world::MIA, new).unwrap();
    let mut writer = place.staging.append(crate::world::MIA, upload.id, 0, None).unwrap();
    writer.write(b"hello").unwrap();
    writer.finish().unwrap();
    let _listening = place.stream.events().subscribe("mia", None);
    let text = figures(&world).await;
    for line in [
        "datapunk_jobs{kind=\"import\",state=\"queued\"} 1",
        "datapunk_event_listeners 1",
        "datapunk_connections_open 0",
        "datapunk_staged_bytes 5",
    ] {
        assert!(text.lines().any(|one| one == line), "{line} is not in\n{text}");
    }
    place.stream.jobs().cancel(dp_stream::JobId(1)).unwrap();
    let text = figures(&world).await;
    assert!(text.contains("datapunk_jobs{kind=\"import\",state=\"cancelled\"} 1\n"), "{text}");
    assert!(!text.contains("queued"), "{text}");
    assert!(text.contains("datapunk_jobs_waiting_seconds 0.0\n"), "{text}");
    assert!(!text.contains("secret"));
}
