//! Privacy: what is held, and forgetting exactly what was shown.

use crate::world::{Answer, MIA, Workplace, World, id, request};
use axum::body::Body;
use dp_nexus::http::More;
use http::Method;
use serde_json::{Value, json};

struct Room {
    place: Workplace,
    world: World,
}

impl Room {
    fn new() -> Self {
        let place = Workplace::new();
        let world = World::with_routes(|_| {}, place.privacy.join(More::default()));
        Self { place, world }
    }

    async fn post_as(&self, who: &str, path: &str, body: &Value) -> Answer {
        let asked = request(Method::POST, &format!("/api/v1/privacy/{path}"));
        let asked =
            asked.header("authorization", format!("Bearer {who}")).header("content-type", "application/json");
        self.world.send(asked.body(Body::from(body.to_string())).unwrap()).await
    }

    async fn preview(&self, target: &Value) -> Value {
        let answer = self.post_as("mia", "forget/preview", target).await;
        assert_eq!(answer.status, 200, "{}", String::from_utf8_lossy(&answer.bytes));
        answer.json()
    }

    async fn forget(&self, target: &Value, confirm: &Value) -> Answer {
        let mut body = target.clone();
        body["confirm"] = confirm.clone();
        self.post_as("mia", "forget", &body).await
    }

    async fn count(&self, path: &str) -> usize {
        self.world.found(path).await["items"].as_array().unwrap().len()
    }
}

#[tokio::test]
async fn what_is_held_is_told_by_source() {
    let room = Room::new();
    let told = room.world.found("/api/v1/privacy").await;
    let chrome =
        told["sources"].as_array().unwrap().iter().find(|one| one["source"] == "google.chrome").unwrap();
    assert_eq!(
        (&chrome["documents"], &chrome["files"], &chrome["imports"]),
        (&json!(3), &json!(2), &json!([1]))
    );
    assert_eq!((&chrome["first_day"], &chrome["last_day"]), (&json!("2021-06-14"), &json!("2024-04-03")));
    let partial = room.world.get_scoped("{\"read\":true,\"sources\":[\"google\"]}", "/api/v1/privacy").await;
    assert_eq!(partial.code(), (403, "scope_too_narrow".into()));
}

#[tokio::test]
async fn what_was_shown_is_forgotten_everywhere_and_noted() {
    let room = Room::new();
    let target = json!({ "source": "google.chrome" });
    let preview = room.preview(&target).await;
    assert_eq!((&preview["removes"]["documents"], &preview["removes"]["blobs"]), (&json!(3), &json!(0)));
    assert!(preview["keeps"].as_array().unwrap().len() > 2);
    let hits = async || {
        room.world.found("/api/v1/search?q=bread+source:google.chrome").await["hits"]
            .as_array()
            .unwrap()
            .len()
    };
    assert!(hits().await > 0);
    let receipt = room.forget(&target, &preview["confirm"]).await;
    assert_eq!(receipt.status, 200);
    let receipt = receipt.json();
    assert_eq!((&receipt["removed"], &receipt["left"]["documents"]), (&preview["removes"], &json!(0)));
    assert_eq!((room.count("/api/v1/documents?source=google.chrome").await, hits().await), (0, 0));
    assert_eq!(room.world.get(&format!("/api/v1/documents/{}", id(1))).await.status, 404);
    let log = room.place.accounts.read_log(Some(MIA), None, 10).unwrap().items;
    let named = |outcome: &str| {
        log.iter().any(|entry| {
            entry.action == "privacy.forgot"
                && entry.outcome == outcome
                && entry.target.starts_with(receipt["receipt"].as_str().unwrap())
                && entry.target.ends_with("source google.chrome")
        })
    };
    assert!(named("begun") && named("ok"), "{log:?}");
    // Once is enough.
    assert_eq!(room.forget(&target, &preview["confirm"]).await.code(), (409, "conflict".into()));
}

#[tokio::test]
async fn documents_and_days_are_forgotten_and_nothing_around_them() {
    let room = Room::new();
    let some = json!({ "documents": [id(3), id(4), id(77)] });
    let preview = room.preview(&some).await;
    assert_eq!(preview["removes"]["documents"], 2);
    assert_eq!(room.forget(&some, &preview["confirm"]).await.status, 200);
    assert_eq!(room.count("/api/v1/documents").await, 5);
    let days = json!({ "from": "2024-04", "to": "2024-04", "source": "google" });
    let preview = room.preview(&days).await;
    assert_eq!(preview["removes"]["documents"], 2);
    assert_eq!(room.forget(&days, &preview["confirm"]).await.status, 200);
    assert_eq!(room.count("/api/v1/documents").await, 3);
}

#[tokio::test]
async fn nothing_goes_that_was_not_shown() {
    let room = Room::new();
    let target = json!({ "source": "google.chrome" });
    let preview = room.preview(&target).await;
    let other = json!({ "source": "google" });
    assert_eq!(room.forget(&other, &preview["confirm"]).await.code(), (409, "conflict".into()));
    let days = json!({ "source": "google.chrome", "from": "2024" });
    assert_eq!(room.forget(&days, &preview["confirm"]).await.code(), (409, "conflict".into()));
    assert_eq!(room.forget(&target, &json!("x")).await.code(), (409, "conflict".into()));
    assert_eq!(room.post_as("mia", "forget", &target).await.code(), (422, "unfit_body".into()));
    // Less is there than was shown.
    let one = json!({ "documents": [id(1)] });
    let of_one = room.preview(&one).await;
    assert_eq!(room.forget(&one, &of_one["confirm"]).await.status, 200);
    let changed = room.forget(&target, &preview["confirm"]).await;
    assert_eq!(changed.code(), (409, "conflict".into()));
    assert!(changed.problem()["detail"].as_str().unwrap().contains("2 documents"));
    assert_eq!(room.count("/api/v1/documents?source=google.chrome").await, 2);
    for wrong in [
        json!({}),
        json!({ "source": "" }),
        json!({ "source": "a".repeat(300) }),
        json!({ "documents": ["x"] }),
        json!({ "documents": [id(1)], "source": "google" }),
        json!({ "from": "never" }),
        json!({ "everything": true }),
    ] {
        let answer = room.post_as("mia", "forget/preview", &wrong).await;
        assert_eq!(answer.code(), (422, "unfit_body".into()), "{wrong}");
    }
    for (who, code) in [
        ("mia {\"read\":true}", "forbidden"),
        ("mia {\"read\":true,\"write\":true,\"sources\":[\"google\"]}", "scope_too_narrow"),
    ] {
        for path in ["forget/preview", "forget"] {
            assert_eq!(room.post_as(who, path, &target).await.code(), (403, code.into()), "{who} {path}");
        }
    }
    let bos = room.preview(&target).await["confirm"].clone();
    let mut body = target.clone();
    body["confirm"] = bos;
    assert_eq!(
        room.post_as("bo", "forget", &body).await.code(),
        (409, "conflict".into()),
        "another's ticket"
    );
}
