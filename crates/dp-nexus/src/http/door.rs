//! The door: joins accounts and HTTP. Credentials in headers and cookies come in, principals go out; and the routes
//! by which people sign in and look after their account, sessions and keys. Work that blocks is never done here.

mod caller;
mod credentials;
mod journal;
mod problems;
mod routes;
mod shapes;

pub use journal::Journal;
pub(super) use journal::{Target, noted};
pub(super) use routes::Documented;

use super::{
    More,
    app::{Doorkeeper, Refusal, Settings, Visitor},
    openapi::SESSION_COOKIE,
    problem::Problem,
};
use crate::{
    AccountId, Principal,
    accounts::{AccountError, Accounts},
};
use credentials::Credentials;
use futures::future::BoxFuture;
use http::HeaderValue;
use jiff::Timestamp;
use std::{
    fmt, io,
    net::IpAddr,
    sync::{
        Arc, OnceLock,
        atomic::{AtomicBool, Ordering},
    },
};
use tokio::sync::Semaphore;

/// The cookie where TLS is spoken: browsers take it from this very host and over TLS only.
const TLS_COOKIE: &str = "__Host-datapunk";
/// Passwords that are hashed or judged at once; others wait without holding a thread.
const SLOW_AT_ONCE: usize = 4;

/// Lets people in by what accounts know of them. Cheap to clone.
#[derive(Clone)]
pub struct Door(Arc<Inner>);

struct Inner {
    accounts: Arc<Accounts>,
    journal: Journal,
    is_tls: bool,
    base_path: String,
    trusted_proxies: Vec<IpAddr>,
    /// Once there is an account there always is one.
    is_set_up: AtomicBool,
    slow: Arc<Semaphore>,
    clock: Clock,
    /// What is to be done besides when an account is removed.
    on_removal: OnceLock<Box<dyn Fn(AccountId) + Send + Sync>>,
}

type Clock = Arc<dyn Fn() -> Timestamp + Send + Sync>;

impl fmt::Debug for Door {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Door").field("is_tls", &self.0.is_tls).finish_non_exhaustive()
    }
}

impl Door {
    /// A door to these accounts.
    ///
    /// # Errors
    /// If the thread that writes the access log can't be started.
    pub fn new(accounts: Arc<Accounts>, settings: &Settings) -> io::Result<Self> {
        Self::with_clock(accounts, settings, Timestamp::now)
    }

    /// The same with a clock of its own.
    ///
    /// # Errors
    /// As [`Door::new`].
    pub fn with_clock(
        accounts: Arc<Accounts>,
        settings: &Settings,
        clock: impl Fn() -> Timestamp + Send + Sync + 'static,
    ) -> io::Result<Self> {
        let clock: Clock = Arc::new(clock);
        Ok(Self(Arc::new(Inner {
            journal: Journal::start(Arc::clone(&accounts), Arc::clone(&clock))?,
            accounts,
            is_tls: settings.is_encrypted,
            base_path: settings.base_path.trim_end_matches('/').to_owned(),
            trusted_proxies: settings.trusted_proxies.clone(),
            is_set_up: AtomicBool::new(false),
            slow: Arc::new(Semaphore::new(SLOW_AT_ONCE)),
            clock,
            on_removal: OnceLock::new(),
        })))
    }

    /// The routes of accounts, and the access log that all routes are noted in; for
    /// [`router_with`](super::router_with).
    #[must_use]
    pub fn routes(&self) -> More {
        More {
            usual: routes::all().with_state(self.clone()),
            journal: Some(self.0.journal.clone()),
            ..More::default()
        }
    }

    /// Says what is to be done when an account was removed, for what is kept of it elsewhere. May block. Only the
    /// first that is said counts.
    pub fn on_removal(&self, forget: impl Fn(AccountId) + Send + Sync + 'static) {
        // A second one would be a mistake of the program's, and harmless.
        let _ = self.0.on_removal.set(Box::new(forget));
    }

    fn removed(&self, account: AccountId) {
        if let Some(forget) = self.0.on_removal.get() {
            forget(account);
        }
    }

    /// Waits until all that was noted for the access log up to now is on disk. To be called after the server
    /// has stopped.
    pub async fn close(&self) {
        self.0.journal.flush().await;
    }

    fn now(&self) -> Timestamp {
        (self.0.clock)()
    }

    /// Asks the accounts on a thread that may block.
    async fn ask<T, F>(&self, question: F) -> Result<T, Problem>
    where
        T: Send + 'static,
        F: FnOnce(&Accounts, Timestamp) -> Result<T, AccountError> + Send + 'static,
    {
        let (accounts, now) = (Arc::clone(&self.0.accounts), self.now());
        let span = tracing::Span::current();
        let answer = tokio::task::spawn_blocking(move || span.in_scope(|| question(&accounts, now)));
        answer.await.map_err(Problem::internal)?.map_err(Into::into)
    }

    /// The same for what takes a password: waits its turn first.
    async fn ask_slowly<T, F>(&self, question: F) -> Result<T, Problem>
    where
        T: Send + 'static,
        F: FnOnce(&Accounts, Timestamp) -> Result<T, AccountError> + Send + 'static,
    {
        let permit = Arc::clone(&self.0.slow).acquire_owned().await.map_err(Problem::internal)?;
        // Held by the work itself, which goes on when its request is given up.
        let question = move |accounts: &Accounts, now| {
            let _permit = permit;
            question(accounts, now)
        };
        self.ask(question).await
    }

    /// Whether there is no account yet.
    async fn needs_setup(&self) -> Result<bool, Refusal> {
        if self.0.is_set_up.load(Ordering::Relaxed) {
            return Ok(false);
        }
        let accounts = Arc::clone(&self.0.accounts);
        let asked = tokio::task::spawn_blocking(move || accounts.needs_setup());
        let needs_setup = asked.await.map_err(|error| Refusal::Unavailable(error.to_string()))??;
        if !needs_setup {
            self.0.is_set_up.store(true, Ordering::Relaxed);
        }
        Ok(needs_setup)
    }

    fn cookie_name(&self) -> &'static str {
        if self.0.is_tls { TLS_COOKIE } else { SESSION_COOKIE }
    }

    /// `Set-Cookie` for this value, good for so many seconds; 0 takes the cookie away.
    fn set_cookie(&self, value: &str, age_s: i64) -> Result<HeaderValue, Problem> {
        let name = self.cookie_name();
        let (path, secure) = match (self.0.is_tls, self.0.base_path.as_str()) {
            (true, _) => ("/", "; Secure"),
            (false, "") => ("/", ""),
            (false, base_path) => (base_path, ""),
        };
        let text = format!("{name}={value}; Path={path}; Max-Age={age_s}; HttpOnly; SameSite=Strict{secure}");
        let mut header = HeaderValue::from_str(&text).map_err(Problem::internal)?;
        header.set_sensitive(true);
        Ok(header)
    }
}

impl Doorkeeper for Door {
    fn admit<'a>(&'a self, visitor: Visitor<'a>) -> BoxFuture<'a, Result<Principal, Refusal>> {
        Box::pin(async move {
            if self.needs_setup().await? {
                return Err(Refusal::SetupNeeded);
            }
            let credentials = Credentials::read(visitor.headers, self.cookie_name())?;
            let credentials = credentials.ok_or(Refusal::Nobody)?;
            let is_change = !visitor.method.is_safe();
            let (accounts, now) = (Arc::clone(&self.0.accounts), self.now());
            let work = move || credentials.authenticate(&accounts, is_change, now);
            let admitted = tokio::task::spawn_blocking(work).await;
            Ok(admitted.map_err(|error| Refusal::Unavailable(error.to_string()))??)
        })
    }
}
