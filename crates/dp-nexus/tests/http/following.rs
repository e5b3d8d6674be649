//! Events on a WebSocket over real connections: who may follow, what is told, where one goes on, and how it ends.

use crate::{
    home::text,
    world::{MIA, Workplace, World, answered, request},
};
use axum::{Router, body::Body};
use dp_cortex::engine::Engine;
use dp_nexus::{
    Principal, Role,
    accounts::{Accounts, Client, NewAccount},
    http::{App, Door, HomeError, Homes, Limits, LiveLimits, More, Settings, prompt, router_with, serve},
};
use futures::{SinkExt as _, StreamExt as _};
use http::{HeaderValue, Method};
use jiff::Timestamp;
use serde_json::{Value, json};
use std::{net::SocketAddr, sync::Arc, time::Duration};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::oneshot,
    task::JoinHandle,
};
use tokio_tungstenite::{
    MaybeTlsStream, WebSocketStream, connect_async,
    tungstenite::{self, Message, client::IntoClientRequest as _},
};

pub(crate) type Socket = WebSocketStream<MaybeTlsStream<TcpStream>>;

/// A server that is reached over real connections.
pub(crate) struct Station {
    pub(crate) address: SocketAddr,
    pub(crate) place: Workplace,
    stop: Option<oneshot::Sender<()>>,
    running: JoinHandle<()>,
}

impl Station {
    pub(crate) async fn new(change: impl FnOnce(&mut LiveLimits)) -> Self {
        let place = Workplace::new();
        let world =
            World::with_routes(|settings| change(&mut settings.live), place.works.join(More::default()));
        Self::over(place, world.app, world.routes).await
    }

    async fn over(place: Workplace, app: App, routes: Router) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (stop, stopped) = oneshot::channel();
        let serving = serve(prompt(listener), app, routes, Limits::default(), async {
            let _ = stopped.await;
        });
        Self { address, place, stop: Some(stop), running: tokio::spawn(serving) }
    }

    /// Opens a socket; the status if it is refused.
    pub(crate) async fn open(&self, path: &str, headers: &[(&'static str, &str)]) -> Result<Socket, u16> {
        let mut request = format!("ws://{}{path}", self.address).into_client_request().unwrap();
        for (name, value) in headers {
            request.headers_mut().insert(*name, HeaderValue::from_str(value).unwrap());
        }
        match connect_async(request).await {
            Ok((socket, _)) => Ok(socket),
            Err(tungstenite::Error::Http(response)) => Err(response.status().as_u16()),
            Err(error) => panic!("{error}"),
        }
    }

    pub(crate) fn publish(&self, kind: &str, data: Value) -> u64 {
        self.place.stream.events().publish(&MIA.to_string(), kind, data).unwrap()
    }

    /// Stops, and says whether it ended in time.
    pub(crate) async fn stop(&mut self) -> bool {
        self.stop.take().unwrap().send(()).unwrap();
        tokio::time::timeout(Duration::from_secs(8), &mut self.running).await.is_ok()
    }
}

pub(crate) const MIAS: (&str, &str) = ("authorization", "Bearer mia");
const EVENTS: &str = "/api/v1/events";

/// The next message of JSON.
pub(crate) async fn told(socket: &mut Socket) -> Value {
    loop {
        match next(socket).await {
            Message::Text(text) => return serde_json::from_str(&text).unwrap(),
            Message::Ping(_) | Message::Pong(_) => {}
            other => panic!("{other:?}"),
        }
    }
}

async fn next(socket: &mut Socket) -> Message {
    let next = tokio::time::timeout(Duration::from_secs(10), socket.next()).await;
    next.unwrap().unwrap().unwrap()
}

/// The code and reason a socket is closed with, whatever comes before.
pub(crate) async fn closed(socket: &mut Socket) -> (u16, String) {
    loop {
        if let Message::Close(frame) = next(socket).await {
            let frame = frame.unwrap();
            return (frame.code.into(), frame.reason.to_string());
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn events_are_told_as_they_happen_and_from_where_a_reader_left_off() {
    let station = Station::new(|_| {}).await;
    let first = station.publish("test", json!({"number": 1}));
    let mut live = station.open(EVENTS, &[MIAS]).await.unwrap();
    tokio::time::sleep(Duration::from_millis(100)).await;
    let second = station.publish("test", json!({"number": 2}));
    let event = told(&mut live).await;
    assert_eq!(
        (&event["id"], &event["kind"], &event["data"]["number"]),
        (&json!(second), &json!("test"), &json!(2))
    );
    let mut back = station.open(&format!("{EVENTS}?after={first}"), &[MIAS]).await.unwrap();
    assert_eq!(told(&mut back).await["data"]["number"], 2);
    let mut header = station.open(EVENTS, &[MIAS, ("last-event-id", &first.to_string())]).await.unwrap();
    assert_eq!(told(&mut header).await["data"]["number"], 2);
    let mut away = station.open(&format!("{EVENTS}?after=999999"), &[MIAS]).await.unwrap();
    assert_eq!(told(&mut away).await["kind"], "reset");
    assert_eq!(closed(&mut away).await.0, 4002);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_event_of_a_job_carries_the_job_as_its_route_tells_it() {
    let station = Station::new(|_| {}).await;
    let mut socket = station.open(&format!("{EVENTS}?after=0"), &[MIAS]).await.unwrap();
    let event = told(&mut socket).await;
    assert_eq!((&event["kind"], &event["data"]["kind"]), (&json!("job.queued"), &json!("import")));
    let names = event["data"].as_object().unwrap().keys().map(String::as_str).collect::<Vec<_>>();
    let documented = serde_json::to_value(dp_nexus::http::document()).unwrap();
    let mut known = documented["components"]["schemas"]["Job"]["properties"].as_object().unwrap().keys();
    assert!(known.all(|name| names.contains(&name.as_str())), "{names:?}");
    assert!(event["data"].get("account").is_none());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn only_who_may_read_all_of_it_follows_and_no_page_of_another_site() {
    let station = Station::new(|_| {}).await;
    let partial = "Bearer mia {\"read\":true,\"sources\":[\"google\"]}";
    for (headers, status) in [
        (vec![], 401),
        (vec![("authorization", "Bearer nobody")], 401),
        (vec![("authorization", "Bearer mia {}")], 403),
        (vec![("authorization", partial)], 403),
        (vec![MIAS, ("origin", "https://evil.example")], 403),
        (vec![MIAS, ("last-event-id", "x")], 400),
        (vec![MIAS, ("sec-websocket-version", "8")], 400),
    ] {
        assert_eq!(station.open(EVENTS, &headers).await.err(), Some(status), "{headers:?}");
    }
    assert_eq!(station.open(&format!("{EVENTS}?ticket=x"), &[]).await.err(), Some(401));
    let own = format!("http://{}", station.address);
    assert!(station.open(EVENTS, &[MIAS, ("origin", &own)]).await.is_ok());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_connection_has_its_place_among_those_of_its_account() {
    let station = Station::new(|limits| limits.per_account = 2).await;
    let first = station.open(EVENTS, &[MIAS]).await.unwrap();
    let _second = station.open(EVENTS, &[MIAS]).await.unwrap();
    assert_eq!(station.open(EVENTS, &[MIAS]).await.err(), Some(429));
    assert!(station.open(EVENTS, &[("authorization", "Bearer bo")]).await.is_ok());
    drop(first);
    for attempt in 0.. {
        if station.open(EVENTS, &[MIAS]).await.is_ok() {
            break;
        }
        assert!(attempt < 50, "the place is not given back");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_says_something_or_too_much_is_closed_with_the_reason() {
    let station = Station::new(|_| {}).await;
    let mut socket = station.open(EVENTS, &[MIAS]).await.unwrap();
    socket.send(Message::Ping(b"here".to_vec().into())).await.unwrap();
    assert_eq!(next(&mut socket).await, Message::Pong(b"here".to_vec().into()));
    socket.send(Message::text("{}")).await.unwrap();
    assert_eq!(closed(&mut socket).await.0, 1003);
    let mut loud = station.open(EVENTS, &[MIAS]).await.unwrap();
    loud.send(Message::text("x".repeat(100_000))).await.unwrap();
    assert_eq!(closed(&mut loud).await.0, 1009);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_reader_that_does_not_keep_up_is_let_go_with_where_to_go_on() {
    let station = Station::new(|_| {}).await;
    let mut socket = station.open(EVENTS, &[MIAS]).await.unwrap();
    tokio::time::sleep(Duration::from_millis(100)).await;
    let events = station.place.stream.events().clone();
    // More than the queue and the buffers of the connection hold, and nobody reads meanwhile.
    let filling = tokio::task::spawn_blocking(move || {
        let data = json!({ "text": "x".repeat(200_000) });
        for _ in 0..400 {
            events.send(&MIA.to_string(), "test", data.clone()).unwrap();
        }
    });
    filling.await.unwrap();
    let mut last = 0;
    let close_reason = loop {
        match next(&mut socket).await {
            Message::Text(text) => {
                let event: Value = serde_json::from_str(&text).unwrap();
                if event["kind"] == "lagged" {
                    assert_eq!(event["id"], last);
                    continue;
                }
                last = event["id"].as_u64().unwrap();
            }
            Message::Close(frame) => break frame.unwrap(),
            _ => {}
        }
    };
    assert_eq!(u16::from(close_reason.code), 4001);
    assert!(close_reason.reason.contains(&last.to_string()), "{}", close_reason.reason);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn silence_is_broken_by_pings_and_who_never_answers_is_cut_off() {
    let station = Station::new(|limits| limits.alive = Duration::from_millis(100)).await;
    let mut socket = station.open(EVENTS, &[MIAS]).await.unwrap();
    assert!(matches!(next(&mut socket).await, Message::Ping(_)));
    // Answers are sent while reading; who does not read does not answer.
    tokio::time::sleep(Duration::from_millis(1_500)).await;
    let rest = async { while let Some(Ok(_)) = socket.next().await {} };
    tokio::time::timeout(Duration::from_secs(5), rest).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_stops_says_so_to_those_who_follow() {
    let mut station = Station::new(|_| {}).await;
    let mut socket = station.open(EVENTS, &[MIAS]).await.unwrap();
    tokio::time::sleep(Duration::from_millis(50)).await;
    let (is_in_time, close_reason) = futures::join!(station.stop(), closed(&mut socket));
    assert!(is_in_time);
    assert_eq!(close_reason.0, 1001);
}

/// Nobody has a vault here.
struct Nowhere;

impl Homes for Nowhere {
    fn engine(&self, principal: &Principal) -> Result<Arc<Engine>, HomeError> {
        Err(HomeError::NoVault(principal.account))
    }

    fn open_engine(&self, _: &Principal) -> Option<Arc<Engine>> {
        None
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_session_that_ends_takes_its_connections_with_it() {
    let place = Workplace::new();
    let accounts = Arc::new(Accounts::open(&place.directory.path().join("accounts.db")).unwrap());
    let new = NewAccount { name: "ada", password: None, role: Role::Owner };
    let ada = accounts.create(&new, Timestamp::now()).unwrap().id;
    let mut settings = Settings::default();
    settings.live.look_again = Duration::from_millis(50);
    let door = Door::new(Arc::clone(&accounts), &settings).unwrap();
    let app = App::new(Arc::new(Nowhere), Arc::new(door.clone()), settings);
    let routes = router_with(&app, place.works.join(door.routes()));
    let station = Station::over(place, app, routes.clone()).await;
    let client = Client { device: "a test", address: None };
    let tokens = accounts.open_session(ada, &client, Timestamp::now()).unwrap();
    let bearer = format!("Bearer {}", tokens.access.expose());

    let ask = |method, path: &str| {
        request(method, path).header("authorization", &bearer).body(Body::empty()).unwrap()
    };
    let answer = answered(&routes, ask(Method::POST, "/api/v1/events/ticket")).await;
    assert_eq!((answer.status.as_u16(), answer.header("cache-control")), (200, "no-store"));
    let by_ticket = format!("{EVENTS}?ticket={}", text(&answer.json()["ticket"]));
    let mut with_ticket = station.open(&by_ticket, &[]).await.unwrap();
    assert_eq!(station.open(&by_ticket, &[]).await.err(), Some(401), "a ticket is good once");
    let elsewhere = format!("/api/v1/sources?{}", by_ticket.split('?').next_back().unwrap());
    let refused = answered(&routes, request(Method::GET, &elsewhere).body(Body::empty()).unwrap()).await;
    assert_eq!(refused.status, 401);
    let mut with_token = station.open(EVENTS, &[("authorization", &bearer)]).await.unwrap();
    let stream = tokio::spawn({
        let (routes, request) = (routes.clone(), ask(Method::GET, EVENTS));
        async move { answered(&routes, request).await }
    });
    tokio::time::sleep(Duration::from_millis(200)).await;
    assert!(!stream.is_finished());

    accounts.revoke_all_sessions(ada, Timestamp::now()).unwrap();
    for socket in [&mut with_ticket, &mut with_token] {
        let (code, reason) = closed(socket).await;
        assert_eq!(code, 4401);
        assert!(reason.starts_with("you are no longer let in: "), "{reason}");
    }
    let told = stream.await.unwrap();
    assert!(String::from_utf8(told.bytes).unwrap().contains("event: ended"));
}
