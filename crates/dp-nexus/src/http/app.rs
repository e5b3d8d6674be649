//! What the HTTP side is given: whose vaults there are, who lets people in, and the settings. Handlers reach
//! the query engine through `App::ask` and no other way, so scope and load are bounded in one place.

use super::{
    blocking::blocking,
    graph::Persisted,
    kept_answers::Answers,
    live::{Live, LiveLimits},
    metrics::Metrics,
    problem::{Code, Problem},
    rate::{Allowance, Limiter},
    scope,
    works::Works,
};
use crate::{AccountId, Principal};
use dp_cortex::engine::Engine;
use futures::future::BoxFuture;
use http::{HeaderMap, Method};
use jiff::Timestamp;
use parking_lot::Mutex;
use std::{
    net::IpAddr,
    sync::{
        Arc, OnceLock,
        atomic::{AtomicU8, Ordering},
    },
    time::Duration,
};
use tokio::sync::Semaphore;

/// Writers of annotations that can be at work at once; those of one document wait for each other.
const STRIPES: usize = 64;

/// The vaults of the accounts.
pub trait Homes: Send + Sync {
    /// What answers from the vault of the account that asks. May block, and is asked at every request, so an
    /// implementation keeps engines open.
    ///
    /// # Errors
    /// When the account has no vault or it can't be opened.
    fn engine(&self, principal: &Principal) -> Result<Arc<Engine>, HomeError>;

    /// The same if it is open already and can be had at once. Never blocks.
    fn open_engine(&self, principal: &Principal) -> Option<Arc<Engine>>;
}

/// Why the vault of an account can't be had.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum HomeError {
    /// The account has none.
    #[error("the account {0} has no vault")]
    NoVault(AccountId),
    /// It can't be opened; the reason is for the server's log.
    #[error("the vault can't be opened: {0}")]
    Unavailable(String),
}

/// What is known of a request before it is let in.
#[derive(Debug, Clone, Copy)]
pub struct Visitor<'a> {
    /// The method.
    pub method: &'a Method,
    /// The path, without query.
    pub path: &'a str,
    /// The headers, cookies among them.
    pub headers: &'a HeaderMap,
    /// Where it comes from; None where that is not known, as in a test.
    pub address: Option<IpAddr>,
}

/// Tells who asks.
pub trait Doorkeeper: Send + Sync {
    /// Who the credentials of a request belong to. Work that blocks is to be done on other threads.
    ///
    /// # Errors
    /// When there are no credentials, or none that are let in.
    fn admit<'a>(&'a self, visitor: Visitor<'a>) -> BoxFuture<'a, Result<Principal, Refusal>>;
}

/// Why somebody was not let in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refusal {
    /// There are no credentials.
    Nobody,
    /// There are credentials, and they are not valid; says which and why, for the person.
    BadCredentials(String),
    /// They are valid, and this may not be done with them.
    Forbidden(String),
    /// They are valid, and their account is disabled.
    Disabled,
    /// A browser's session is to change something, and the page's CSRF token is missing or wrong.
    WrongCsrf,
    /// There is no account yet.
    SetupNeeded,
    /// Too many tries; seconds to wait.
    Throttled(u64),
    /// It could not be found out; the reason is for the server's log.
    Unavailable(String),
}

impl From<Refusal> for Problem {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::Nobody => Self::plain(Code::Unauthenticated),
            Refusal::BadCredentials(reason) => Self::new(Code::BadCredentials, reason),
            Refusal::Forbidden(reason) => Self::new(Code::Forbidden, reason),
            Refusal::Disabled => Self::plain(Code::AccountDisabled),
            Refusal::WrongCsrf => Self::plain(Code::WrongCsrf),
            Refusal::SetupNeeded => Self::plain(Code::SetupNeeded),
            Refusal::Throttled(seconds) => Self::plain(Code::RateLimited).retry_after_s(seconds),
            Refusal::Unavailable(reason) => Self::internal(reason),
        }
    }
}

impl From<HomeError> for Problem {
    fn from(error: HomeError) -> Self {
        match error {
            HomeError::NoVault(_) => Self::new(Code::Forbidden, "this account has no vault of its own"),
            HomeError::Unavailable(_) => {
                tracing::error!(%error, "a vault could not be had");
                Self::plain(Code::VaultUnavailable)
            }
        }
    }
}

/// How the HTTP side behaves.
#[derive(Debug, Clone, PartialEq)]
pub struct Settings {
    /// Names the server answers to, lower-case and without port; `[::1]` in brackets.
    pub hosts: Vec<String>,
    /// Origins besides the server's own whose pages may change things, as `https://life.example.org`.
    pub origins: Vec<String>,
    /// The path everything lies under, as `/life`, if a proxy does not take it away; else empty.
    pub base_path: String,
    /// Proxies whose `X-Forwarded-For` is believed.
    pub trusted_proxies: Vec<IpAddr>,
    /// Whether browsers reach it over TLS, by itself or by way of a proxy.
    pub is_encrypted: bool,
    /// The largest body.
    pub body_bytes_max: usize,
    /// How long a request may take.
    pub request_timeout: Duration,
    /// What an account may ask.
    pub per_account: Allowance,
    /// What an address without an account may ask.
    pub per_address: Allowance,
    /// Questions to vaults that are answered at once; others wait.
    pub questions_at_once: usize,
    /// Bytes of answers that are kept in memory for when the same is asked again; 0 for none.
    pub answers_bytes_max: usize,
    /// How connections that stay open behave.
    pub live: LiveLimits,
}

impl Default for Settings {
    /// For one machine: localhost only.
    fn default() -> Self {
        let cores = std::thread::available_parallelism().map_or(2, usize::from);
        Self {
            hosts: ["localhost", "127.0.0.1", "[::1]"].map(str::to_owned).to_vec(),
            origins: Vec::new(),
            base_path: String::new(),
            trusted_proxies: Vec::new(),
            is_encrypted: false,
            body_bytes_max: 1 << 20,
            request_timeout: Duration::from_secs(30),
            per_account: Allowance { per_second: 50.0, burst: 100.0 },
            per_address: Allowance { per_second: 10.0, burst: 20.0 },
            questions_at_once: (2 * cores).max(4),
            answers_bytes_max: 16 << 20,
            live: LiveLimits::default(),
        }
    }
}

/// How far the program is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Stage {
    /// Not ready yet.
    Starting = 0,
    /// Answers.
    Ready = 1,
    /// Finishes what runs and takes nothing new.
    Stopping = 2,
}

/// What every handler gets. Cheap to clone.
#[derive(Clone)]
pub struct App(Arc<Inner>);

struct Inner {
    homes: Arc<dyn Homes>,
    doorkeeper: Arc<dyn Doorkeeper>,
    settings: Settings,
    limiter: Limiter,
    questions: Arc<Semaphore>,
    stage: AtomicU8,
    now: fn() -> Timestamp,
    writing: [Mutex<()>; STRIPES],
    persisted: Persisted,
    answers: Answers,
    metrics: Metrics,
    live: Live,
    works: OnceLock<Works>,
}

impl App {
    /// An app that is starting; [`App::set_stage`] says when it is ready.
    #[must_use]
    pub fn new(homes: Arc<dyn Homes>, doorkeeper: Arc<dyn Doorkeeper>, settings: Settings) -> Self {
        Self::with_clock(homes, doorkeeper, settings, Timestamp::now)
    }

    /// The same with a clock of its own, which relative dates are counted from.
    #[must_use]
    pub fn with_clock(
        homes: Arc<dyn Homes>,
        doorkeeper: Arc<dyn Doorkeeper>,
        settings: Settings,
        now: fn() -> Timestamp,
    ) -> Self {
        Self(Arc::new(Inner {
            homes,
            doorkeeper,
            limiter: Limiter::new(settings.per_account, settings.per_address),
            questions: Arc::new(Semaphore::new(settings.questions_at_once.max(1))),
            answers: Answers::new(settings.answers_bytes_max),
            live: Live::new(settings.live),
            works: OnceLock::new(),
            settings,
            stage: AtomicU8::new(Stage::Starting as u8),
            now,
            writing: std::array::from_fn(|_| Mutex::new(())),
            metrics: Metrics::default(),
            persisted: Persisted::default(),
        }))
    }

    /// Says how far the program is.
    pub fn set_stage(&self, stage: Stage) {
        self.0.stage.store(stage as u8, Ordering::Release);
    }

    /// How far the program is.
    #[must_use]
    pub fn stage(&self) -> Stage {
        match self.0.stage.load(Ordering::Acquire) {
            0 => Stage::Starting,
            1 => Stage::Ready,
            _ => Stage::Stopping,
        }
    }

    /// How it behaves.
    #[must_use]
    pub fn settings(&self) -> &Settings {
        &self.0.settings
    }

    pub(super) fn doorkeeper(&self) -> &dyn Doorkeeper {
        &*self.0.doorkeeper
    }

    /// What is kept of connections that stay open.
    pub(super) fn live(&self) -> &Live {
        &self.0.live
    }

    /// Says which long work there is; the first time counts.
    pub(super) fn attach(&self, works: Works) {
        let _ = self.0.works.set(works);
    }

    /// Long work, if any is done here.
    pub(super) fn works(&self) -> Option<&Works> {
        self.0.works.get()
    }

    pub(super) fn metrics(&self) -> &Metrics {
        &self.0.metrics
    }

    /// Questions that could be begun at once.
    pub(super) fn free_questions(&self) -> usize {
        self.0.questions.available_permits()
    }

    pub(super) fn limiter(&self) -> &Limiter {
        &self.0.limiter
    }

    /// Waits until nobody else changes what has this number.
    pub(super) fn writing(&self, number: u8) -> parking_lot::MutexGuard<'_, ()> {
        self.0.writing[usize::from(number) % STRIPES].lock()
    }

    /// The engine of an account, over its whole vault, if it is open.
    pub(super) fn open_engine(&self, principal: &Principal) -> Option<Arc<Engine>> {
        self.0.homes.open_engine(principal)
    }

    /// Answers that may hold still.
    pub(super) fn answers(&self) -> &Answers {
        &self.0.answers
    }

    /// Documents of GraphQL that are asked for by their hash.
    pub(super) fn persisted(&self) -> &Persisted {
        &self.0.persisted
    }

    /// The time.
    pub(super) fn now(&self) -> Timestamp {
        (self.0.now)()
    }

    /// Today's date where the person of this engine lives.
    pub(crate) fn today(&self, engine: &Engine) -> jiff::civil::Date {
        let zone = jiff::tz::TimeZone::get(engine.vault().home_zone()).unwrap_or(jiff::tz::TimeZone::UTC);
        (self.0.now)().to_zoned(zone).date()
    }

    /// Asks the vault of an account, as far as the principal may see it, on a thread that may block.
    ///
    /// A request that is given up leaves its question running, and it counts until it has ended.
    pub(crate) async fn ask<T, F>(&self, principal: &Principal, question: F) -> Result<T, Problem>
    where
        T: Send + 'static,
        F: FnOnce(&Engine) -> Result<T, Problem> + Send + 'static,
    {
        let permit = Arc::clone(&self.0.questions).acquire_owned().await.map_err(Problem::internal)?;
        let homes = Arc::clone(&self.0.homes);
        let principal = principal.clone();
        blocking(move || {
            let _permit = permit;
            question(&scope::in_scope(homes.engine(&principal)?, &principal.scope))
        })
        .await
    }
}
