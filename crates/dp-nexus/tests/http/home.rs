//! A server with real accounts: how people come in from somewhere, and how time passes.

use crate::world::{Answer, Workplace, answered, engine, life, request, samples, vault};
use axum::{Router, body::Body, extract::ConnectInfo};
use dp_cortex::engine::Engine;
use dp_nexus::{
    Principal, Role,
    accounts::{Accounts, NewAccount},
    http::{Allowance, App, Door, HomeError, Homes, Settings, router_with},
};
use http::Method;
use jiff::Timestamp;
use serde_json::{Value, json};
use std::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
};

pub(crate) const PASSWORD: &str = "violet tractor above seven clouds";
pub(crate) const OTHER_PASSWORD: &str = "quiet lantern beneath nine rivers";

/// The owner has the life of the other tests, everybody else an empty one.
struct Rooms {
    owners: Arc<Engine>,
    empty: Arc<Engine>,
}

impl Homes for Rooms {
    fn engine(&self, principal: &Principal) -> Result<Arc<Engine>, HomeError> {
        Ok(Arc::clone(if principal.role == Role::Owner { &self.owners } else { &self.empty }))
    }
}

pub(crate) struct Home {
    pub(crate) directory: tempfile::TempDir,
    pub(crate) accounts: Arc<Accounts>,
    pub(crate) door: Door,
    routes: Router,
    clock: Arc<AtomicI64>,
    _workplace: Workplace,
}

impl Home {
    /// No account yet.
    pub(crate) fn empty() -> Self {
        Self::with(false, |_| {})
    }

    pub(crate) fn with(is_tls: bool, change: impl FnOnce(&mut Settings)) -> Self {
        let plenty = Allowance { per_second: 1e6, burst: 1e6 };
        let mut settings = Settings {
            per_account: plenty,
            per_address: plenty,
            is_encrypted: is_tls,
            ..Settings::default()
        };
        change(&mut settings);
        let directory = tempfile::tempdir().unwrap();
        let accounts = Arc::new(Accounts::open(&directory.path().join("system.db")).unwrap());
        let clock = Arc::new(AtomicI64::new(1_800_000_000));
        let hands = Arc::clone(&clock);
        let now = move || Timestamp::from_second(hands.load(Ordering::SeqCst)).unwrap();
        let door = Door::with_clock(Arc::clone(&accounts), &settings, now).unwrap();
        let rooms = Rooms {
            owners: Arc::new(engine(&vault(life(), samples()))),
            empty: Arc::new(engine(&vault(Vec::new(), Vec::new()))),
        };
        let app = App::new(Arc::new(rooms), Arc::new(door.clone()), settings);
        let workplace = Workplace::new();
        workplace.works.close();
        let more = workplace.join(door.routes());
        Self { routes: router_with(&app, more), directory, accounts, door, clock, _workplace: workplace }
    }

    /// With the owner `ada` and the member `ben`.
    pub(crate) fn peopled() -> Self {
        let home = Self::empty();
        home.people();
        home
    }

    pub(crate) fn people(&self) {
        for (name, role) in [("ada", Role::Owner), ("ben", Role::Member)] {
            let new = NewAccount { name, password: Some(PASSWORD), role };
            self.accounts.create(&new, self.now()).unwrap();
        }
    }

    pub(crate) fn now(&self) -> Timestamp {
        Timestamp::from_second(self.clock.load(Ordering::SeqCst)).unwrap()
    }

    pub(crate) fn pass(&self, seconds: i64) {
        self.clock.fetch_add(seconds, Ordering::SeqCst);
    }

    pub(crate) async fn ask_from(
        &self,
        peer: &str,
        what: &str,
        headers: &[(&str, &str)],
        body: Option<Value>,
    ) -> Answer {
        let Some(body) = body else { return self.send_from(peer, what, headers, Body::empty()).await };
        let json = [headers, &[("content-type", "application/json")]].concat();
        self.send_from(peer, what, &json, Body::from(body.to_string())).await
    }

    /// Sends any body.
    pub(crate) async fn send_from(
        &self,
        peer: &str,
        what: &str,
        headers: &[(&str, &str)],
        body: Body,
    ) -> Answer {
        let (method, path) = what.split_once(' ').unwrap();
        let method: Method = method.parse().unwrap();
        let peer: SocketAddr = peer.parse().unwrap();
        let mut request = request(method, path).extension(ConnectInfo(peer)).header("user-agent", "a test");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        answered(&self.routes, request.body(body).unwrap()).await
    }

    /// Sends a request as it is, from this machine.
    pub(crate) async fn send(&self, mut request: http::Request<Body>) -> Answer {
        let peer: SocketAddr = "127.0.0.1:5000".parse().unwrap();
        request.extensions_mut().insert(ConnectInfo(peer));
        answered(&self.routes, request).await
    }

    /// Asks from this machine.
    pub(crate) async fn ask(&self, what: &str, headers: &[(&str, &str)], body: Option<Value>) -> Answer {
        self.ask_from("127.0.0.1:5000", what, headers, body).await
    }

    /// Asks with a token or key.
    pub(crate) async fn bearing(&self, token: &str, what: &str, body: Option<Value>) -> Answer {
        self.ask(what, &[("authorization", &format!("Bearer {token}"))], body).await
    }

    pub(crate) async fn sign_in(&self, name: &str) -> Value {
        let body = json!({"name": name, "password": PASSWORD, "kind": "token"});
        let answer = self.ask("POST /api/v1/auth/sign-in", &[], Some(body)).await;
        assert_eq!(answer.status, 200, "{}", String::from_utf8_lossy(&answer.bytes));
        assert_eq!(answer.header("cache-control"), "no-store");
        answer.json()
    }

    /// An access token of this account.
    pub(crate) async fn token(&self, name: &str) -> String {
        text(&self.sign_in(name).await["access_token"])
    }

    /// A key that this token's account makes.
    pub(crate) async fn key(&self, token: &str, scope: Value) -> String {
        let body = json!({"name": "a script", "scope": scope});
        let answer = self.bearing(token, "POST /api/v1/keys", Some(body)).await;
        assert_eq!(answer.status, 201, "{}", String::from_utf8_lossy(&answer.bytes));
        assert_eq!(answer.header("cache-control"), "no-store");
        text(&answer.json()["text"])
    }
}

pub(crate) fn text(value: &Value) -> String {
    value.as_str().unwrap_or_else(|| panic!("{value} is no text")).to_owned()
}

/// Somebody's browser, signed in.
pub(crate) struct Browser {
    pub(crate) cookie: String,
    pub(crate) csrf: String,
}

pub(crate) async fn browser(home: &Home, name: &str) -> Browser {
    let body = json!({"name": name, "password": PASSWORD, "kind": "cookie"});
    browser_of(&home.ask("POST /api/v1/auth/sign-in", &[], Some(body)).await)
}

pub(crate) fn browser_of(answer: &Answer) -> Browser {
    assert_eq!(answer.status, 200);
    let set = answer.header("set-cookie");
    let body = answer.json();
    assert!(body.get("access_token").is_none() && body.get("refresh_token").is_none());
    Browser { cookie: set.split(';').next().unwrap().to_owned(), csrf: text(&body["csrf_token"]) }
}

impl Browser {
    pub(crate) async fn ask(&self, home: &Home, what: &str, body: Option<Value>) -> Answer {
        home.ask(what, &[("cookie", &self.cookie), ("x-csrf-token", &self.csrf)], body).await
    }
}
