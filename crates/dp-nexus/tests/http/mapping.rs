//! What a map is drawn from: visits, trips, points and tiles.

use crate::{
    access::ada,
    world::{World, get, id},
};
use axum::body::Body;
use dp_nexus::http::operations;
use serde_json::{Value, json};

/// Of everything but where somebody was.
const CHROME: &str = r#"{"read":true,"sources":["google.chrome"]}"#;
/// Up to the day before the one fix there is.
const EARLY: &str = r#"{"read":true,"until":19001}"#;

#[tokio::test]
async fn visits_are_found_by_their_box_and_time() {
    let world = World::new();
    let all = world.found("/api/v1/map/visits").await;
    assert_eq!(all["items"][0]["id"], id(5));
    assert_eq!(all["items"][0]["place"]["name"], "Café Luz");
    assert_eq!((all["items"].as_array().unwrap().len(), &all["next"]), (1, &Value::Null));
    for (query, count) in [
        ("bbox=-9.2,38.7,-9.1,38.8", 1),
        ("bbox=-9.2,38.8,-9.1,38.9", 0),
        // The long way round, across the 180th meridian, with and without Lisbon.
        ("bbox=170,-90,-9,90", 1),
        ("bbox=170,-90,-10,90", 0),
        ("from=2022-03&to=2022-03-03", 1),
        ("to=2022-03-02", 0),
        ("source=google", 1),
        ("source=other", 0),
        ("order=oldest_first&limit=1", 1),
    ] {
        let found = world.found(&format!("/api/v1/map/visits?{query}")).await;
        assert_eq!(found["items"].as_array().unwrap().len(), count, "{query}");
    }
    for (query, parameter) in [("bbox=1,2,3", "bbox"), ("limit=0", "limit"), ("limit=501", "limit")] {
        let problem = world.get(&format!("/api/v1/map/visits?{query}")).await.problem();
        assert_eq!(problem["parameter"], parameter);
    }
    assert_eq!(world.get("/api/v1/map/visits?cursor=x").await.code(), (400, "bad_cursor".into()));
}

#[tokio::test]
async fn points_say_where_and_for_how_long() {
    let world = World::new();
    let found = world.found("/api/v1/map/points?zoom=10").await;
    assert_eq!((&found["next"], &found["pixel_zoom"]), (&Value::Null, &json!(18)));
    let [point] = &found["items"].as_array().unwrap()[..] else { panic!("{found}") };
    assert_eq!((&point["latitude_e7"], &point["longitude_e7"]), (&json!(387_200_000), &json!(-91_400_000)));
    assert_eq!((&point["fixes"], &point["device"]), (&json!(1), &json!(3)));
    for (query, count) in [
        ("bbox=-9.2,38.7,-9.1,38.8", 1),
        ("bbox=-9.2,38.8,-9.1,38.9", 0),
        ("from=2022-01-09&to=2022-01-09", 1),
        ("from=2022-01-10", 0),
        ("source=google.location", 1),
        ("source=google.fit", 0),
    ] {
        let found = world.found(&format!("/api/v1/map/points?{query}")).await;
        assert_eq!(found["items"].as_array().unwrap().len(), count, "{query}");
    }
    assert_eq!(world.get("/api/v1/map/points?zoom=23").await.problem()["parameter"], "zoom");
    assert_eq!(world.get("/api/v1/map/points?cursor=1.2").await.code(), (400, "bad_cursor".into()));
}

#[tokio::test]
async fn tiles_are_kept_by_their_tag() {
    let world = World::new();
    let answer = world.get("/api/v1/map/tiles/0/0/0.mvt").await;
    assert_eq!(
        (answer.status.as_u16(), answer.header("content-type")),
        (200, "application/vnd.mapbox-vector-tile")
    );
    assert_eq!(answer.header("cache-control"), "private, no-cache");
    assert!(answer.bytes.windows(7).any(|bytes| bytes == b"density"));
    let tag = answer.header("etag");
    assert!(tag.starts_with('"'), "{tag}");
    let request = get("/api/v1/map/tiles/0/0/0.mvt").header("authorization", "Bearer mia");
    let again = world.send(request.header("if-none-match", tag).body(Body::empty()).unwrap()).await;
    assert_eq!((again.status.as_u16(), again.bytes.len(), again.header("etag")), (304, 0, tag));
    // Lisbon, and a tile beside it where nobody was.
    assert_eq!(world.get("/api/v1/map/tiles/12/1944/1569.mvt").await.status, 200);
    let empty = world.get("/api/v1/map/tiles/12/1944/1500.mvt").await;
    assert_eq!((empty.status.as_u16(), empty.bytes.len()), (204, 0));
    for path in ["15/0/0.mvt", "1/2/0.mvt", "0/0/0", "0/0/0.png", "a/b/c.mvt", "0/0/-1.mvt"] {
        let answer = world.get(&format!("/api/v1/map/tiles/{path}")).await;
        assert_eq!(answer.code(), (404, "not_found".into()), "{path}");
    }
    assert_eq!(world.get("/api/v1/map/tiles/0/0/0.mvt?from=2022-01-10").await.status, 204);
    assert_eq!(world.get("/api/v1/map/tiles/0/0/0.mvt?from=2022-01-09&to=2022").await.status, 200);
}

#[tokio::test]
async fn the_description_of_tiles_leads_to_them() {
    let world = World::new();
    let description = world.found("/api/v1/map/tiles.json").await;
    assert_eq!((&description["tilejson"], &description["maxzoom"]), (&json!("3.0.0"), &json!(14)));
    let template = description["tiles"][0].as_str().unwrap();
    assert!(template.starts_with("http://localhost"), "{template}");
    let path = template.replace("{z}", "0").replace("{x}", "0").replace("{y}", "0");
    let path = &path[path.find("/api/").unwrap()..];
    assert_eq!(world.get(path).await.status, 200);
}

#[tokio::test]
async fn a_key_sees_nothing_on_the_map_but_its_scope() {
    let world = World::new();
    for scope in [CHROME, EARLY] {
        for path in ["visits", "trips", "points"] {
            let answer = world.get_scoped(scope, &format!("/api/v1/map/{path}")).await;
            assert_eq!(answer.json()["items"], json!([]), "{scope} {path}");
        }
        for path in ["0/0/0.mvt", "12/1944/1569.mvt", "0/0/0.mvt?source=google.location"] {
            let answer = world.get_scoped(scope, &format!("/api/v1/map/tiles/{path}")).await;
            assert_eq!(answer.status, 204, "{scope} {path}");
        }
    }
    let own = r#"{"read":true,"sources":["google.location"],"from":19001,"until":19002}"#;
    assert_eq!(world.get_scoped(own, "/api/v1/map/tiles/0/0/0.mvt").await.status, 200);
    let points = world.get_scoped(own, "/api/v1/map/points").await.json();
    assert_eq!(points["items"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn a_person_is_told_with_when_and_where_they_appear() {
    let world = World::new();
    let ada = ada(&world).await;
    let person = world.found(&format!("/api/v1/people/{ada}")).await;
    assert_eq!((&person["name"], &person["documents"]), (&json!("Ada Berg"), &json!(1)));
    assert_eq!(person["sources"], json!([{"source": "google.mail", "documents": 1}]));
    assert_eq!(
        (&person["first_us"], &person["last_us"]),
        (&json!(1_646_308_800_000_000_i64), &person["first_us"])
    );
    for id in ["", "x", &id(1), &"0".repeat(32), &"f".repeat(32), &ada[..31]] {
        let answer = world.get(&format!("/api/v1/people/{id}")).await;
        assert_eq!(answer.status, 404, "{id}");
    }
    for id in [&*ada, "x"] {
        let answer = world.get_scoped(CHROME, &format!("/api/v1/people/{id}")).await;
        assert_eq!(answer.code(), (403, "scope_too_narrow".into()), "{id}");
    }
}

#[tokio::test]
async fn conversations_lead_to_their_documents() {
    let world = World::new();
    let found = world.found("/api/v1/conversations").await;
    let [one] = &found["items"].as_array().unwrap()[..] else { panic!("{found}") };
    assert_eq!((&one["title"], &one["people"]), (&json!("Your refund"), &json!(["Ada Berg"])));
    assert_eq!((&one["documents"], &one["last"]), (&json!(1), &json!("2022-03-03T12:00:00Z")));
    let path = format!("/api/v1/conversations/{}/documents", one["id"].as_str().unwrap());
    assert_eq!(world.found(&path).await["items"][0]["id"], id(4));
    assert_eq!(world.get_scoped(CHROME, &path).await.json()["items"], json!([]));
    assert_eq!(world.get("/api/v1/conversations/x/documents").await.code(), (404, "unknown_id".into()));
    assert_eq!(world.get("/api/v1/conversations?cursor=5").await.code(), (400, "bad_cursor".into()));
    let bos = world.send(get(&path).header("authorization", "Bearer bo").body(Body::empty()).unwrap()).await;
    assert_eq!(bos.json()["items"], json!([]));
}

#[test]
fn every_route_of_the_map_is_documented() {
    let api = dp_nexus::http::document();
    let paths = operations(&api).filter(|(name, _)| name.starts_with("GET /api/v1/map/"));
    assert_eq!(paths.count(), 5);
}
