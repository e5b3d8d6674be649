//! Notes who read or changed what, beside the requests: events are queued, and a thread of its own writes many
//! at once. The queue is bounded; when it is full, requests wait for it, so that nothing is read unnoted.

mod writer;

use super::{
    super::{
        entrance::ClientAddress,
        live::wants_socket,
        problem::{Code, Problem},
    },
    Clock,
};
use crate::{
    AccountId, Origin, Principal,
    accounts::{Accounts, Event},
};
use axum::{
    extract::{MatchedPath, Request, State},
    middleware::Next,
    response::Response,
};
use http::Method;
use jiff::Timestamp;
use std::{
    fmt, io,
    sync::{
        Arc, OnceLock,
        atomic::{AtomicU32, Ordering},
        mpsc::{SyncSender, TrySendError, sync_channel},
    },
    thread::JoinHandle,
};
use tokio::sync::oneshot;
use writer::Writer;

/// Events that wait to be written.
const QUEUE_MAX: usize = 8_192;
/// Below this everything is noted.
const API: &str = "/api/v1/";
/// And this, whose requests say in their body what they read.
const GRAPH: &str = "/api/graphql";
/// Of these only changes are noted: who looks at an account's own settings, or how far an upload is, has read
/// nothing of a life.
const QUIET: [&str; 9] = [
    "/api/v1/account",
    "/api/v1/account/password-strength",
    "/api/v1/sessions",
    "/api/v1/keys",
    "/api/v1/users",
    "/api/v1/log",
    "/api/v1/uploads",
    "/api/v1/uploads/form",
    "/api/v1/uploads/{id}",
];
/// By these people come in, so they are noted though nobody is signed in.
const WAYS_IN: [&str; 3] = ["/api/v1/auth/sign-in", "/api/v1/auth/refresh", "/api/v1/setup"];

/// Takes notes for the access log. Cheap to clone; the last one that goes waits until all is written.
#[derive(Clone)]
pub struct Journal(Arc<Inner>);

struct Inner {
    sender: Option<SyncSender<Note>>,
    thread: Option<JoinHandle<()>>,
    /// Events that could not be noted.
    lost: Arc<AtomicU32>,
    clock: Clock,
}

enum Note {
    Event(Event),
    /// To be told when everything before is on disk.
    Flush(oneshot::Sender<()>),
}

impl fmt::Debug for Journal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Journal").finish_non_exhaustive()
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        // Without a sender the thread writes what is left, and ends.
        drop(self.sender.take());
        if self.thread.take().is_some_and(|thread| thread.join().is_err()) {
            tracing::error!("the thread that writes the access log panicked");
        }
    }
}

impl Journal {
    /// Takes notes for these accounts' access log, where there is no door to them.
    ///
    /// # Errors
    /// If the thread that writes can't be started.
    pub(crate) fn of(accounts: Arc<Accounts>) -> io::Result<Self> {
        Self::start(accounts, Arc::new(Timestamp::now))
    }

    /// The time by the clock that events are noted with.
    pub(crate) fn now(&self) -> Timestamp {
        (self.0.clock)()
    }

    /// Starts the thread that writes.
    pub(super) fn start(accounts: Arc<Accounts>, clock: Clock) -> io::Result<Self> {
        let (sender, receiver) = sync_channel(QUEUE_MAX);
        let lost = Arc::new(AtomicU32::new(0));
        let writer = Writer { accounts, lost: Arc::clone(&lost), clock: Arc::clone(&clock) };
        let thread =
            std::thread::Builder::new().name("access-log".to_owned()).spawn(move || writer.run(&receiver))?;
        Ok(Self(Arc::new(Inner { sender: Some(sender), thread: Some(thread), lost, clock })))
    }

    /// Notes an event, waiting for room if there is none.
    pub(crate) async fn note(&self, event: Event) {
        let Some(note) = self.try_send(Note::Event(event)) else { return };
        let Some(sender) = self.0.sender.clone() else { return };
        let sent = tokio::task::spawn_blocking(move || sender.send(note).is_ok()).await;
        if !sent.unwrap_or(false) {
            self.lose();
        }
    }

    /// Notes an event where nobody can wait.
    fn note_at_once(&self, event: Event) {
        if self.try_send(Note::Event(event)).is_some() {
            self.lose();
        }
    }

    /// Waits until everything that was noted is on disk.
    pub(crate) async fn flush(&self) {
        let (sender, written) = oneshot::channel();
        if let Some(note) = self.try_send(Note::Flush(sender)) {
            let Some(sender) = self.0.sender.clone() else { return };
            let _ = tokio::task::spawn_blocking(move || sender.send(note).is_ok()).await;
        }
        // An error says that the writer is gone, which its end has told the log.
        let _ = written.await;
    }

    /// The note itself if there is no room.
    fn try_send(&self, note: Note) -> Option<Note> {
        match self.0.sender.as_ref()?.try_send(note) {
            Ok(()) => None,
            Err(TrySendError::Full(note) | TrySendError::Disconnected(note)) => Some(note),
        }
    }

    fn lose(&self) {
        self.0.lost.fetch_add(1, Ordering::Relaxed);
    }

    fn begin(&self, request: &Request) -> Option<Pending> {
        let template = request.extensions().get::<MatchedPath>()?.as_str();
        // Without the path that everything may lie under.
        let is_graph = template.ends_with(GRAPH);
        let template = if is_graph { GRAPH } else { &template[template.find(API)?..] };
        let is_quiet =
            QUIET.contains(&template) && (request.method().is_safe() || template.ends_with("strength"));
        if is_quiet {
            return None;
        }
        let principal = request.extensions().get::<Principal>();
        if principal.is_none() && !(WAYS_IN.contains(&template) && request.method() == Method::POST) {
            return None;
        }
        let event = Event {
            at: (self.0.clock)(),
            account: principal.map(|principal| principal.account),
            origin: principal.map(|principal| principal.origin),
            address: request.extensions().get::<ClientAddress>().and_then(|address| address.0),
            action: format!("{} {template}", request.method()),
            target: named(template, request.uri().path()),
            outcome: "abandoned".to_owned(),
            count: 1,
        };
        let is_open = WAYS_IN.contains(&template);
        let target = is_graph.then(Target::default);
        Some(Pending { journal: self.clone(), event: Some(event), is_open, target })
    }
}

/// What stands in a path where its template has a name. Counted from the end, since templates may have more
/// before.
fn named(template: &str, path: &str) -> String {
    let parts = template.rsplit('/').zip(path.rsplit('/'));
    let mut named: Vec<&str> =
        parts.filter(|(part, _)| part.starts_with('{')).map(|(_, given)| given).collect();
    named.reverse();
    named.join(" ")
}

/// What a handler tells the journal of who came in, in the extensions of its response.
#[derive(Debug, Clone, Default)]
pub(super) struct Noted {
    pub(super) account: Option<AccountId>,
    pub(super) origin: Option<Origin>,
}

/// What a request reads that its address does not say, in its extensions: a handler says it before it reads, so
/// that it is noted however the request ends.
#[derive(Debug, Clone, Default)]
pub(in crate::http) struct Target(Arc<OnceLock<String>>);

impl Target {
    /// Says it; the first time counts.
    pub(in crate::http) fn say(&self, text: String) {
        let _ = self.0.set(text);
    }

    /// What was said.
    pub(in crate::http) fn said(&self) -> String {
        self.0.get().cloned().unwrap_or_default()
    }
}

/// A request that is being answered. If it is given up, that is noted too: what it changed may be changed.
struct Pending {
    journal: Journal,
    event: Option<Event>,
    is_open: bool,
    target: Option<Target>,
}

impl Drop for Pending {
    fn drop(&mut self) {
        if let Some(event) = self.taken() {
            self.journal.note_at_once(event);
        }
    }
}

impl Pending {
    /// The event with what was said of it meanwhile.
    fn taken(&mut self) -> Option<Event> {
        let mut event = self.event.take()?;
        if let Some(text) = self.target.as_ref().and_then(|target| target.0.get()) {
            event.target.clone_from(text);
        }
        Some(event)
    }

    /// The event with what came of it, if it is to be noted.
    fn answered(mut self, response: &Response) -> Option<Event> {
        let mut event = self.taken()?;
        let status = response.status();
        if self.is_open {
            match response.extensions().get::<Noted>() {
                Some(noted) => {
                    event.account = noted.account;
                    event.origin = noted.origin;
                }
                // Refused before anything was tried, or nothing worth a note.
                None if !status.is_server_error() => return None,
                None => {}
            }
        }
        let is_failure = status.is_client_error() || status.is_server_error();
        let problem = response.extensions().get::<Problem>().map(Problem::code);
        event.outcome = match (is_failure, problem) {
            // An answer that is good in part has a problem too.
            (_, Some(code)) => code.as_str(),
            (false, None) => "ok",
            (true, None) => Code::of_status(status).as_str(),
        }
        .to_owned();
        Some(event)
    }
}

/// Notes what a request read or changed.
pub(in crate::http) async fn noted(
    State(journal): State<Journal>,
    mut request: Request,
    next: Next,
) -> Response {
    let pending = journal.begin(&request);
    if let Some(target) = pending.as_ref().and_then(|pending| pending.target.clone()) {
        request.extensions_mut().insert(target);
    }
    // What is asked over a WebSocket is noted as it comes, by then also of one who has not said yet who they are.
    if wants_socket(request.headers()) {
        request.extensions_mut().insert(journal.clone());
    }
    let response = next.run(request).await;
    if let Some(event) = pending.and_then(|pending| pending.answered(&response)) {
        journal.note(event).await;
    }
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(number: u32) -> Event {
        Event {
            at: Timestamp::UNIX_EPOCH,
            account: None,
            origin: None,
            address: None,
            action: "test".to_owned(),
            target: number.to_string(),
            outcome: "ok".to_owned(),
            count: 1,
        }
    }

    #[test]
    fn what_is_named_in_a_path_is_noted_wherever_it_lies() {
        assert_eq!(named("/api/v1/documents/{id}", "/api/v1/documents/ab12"), "ab12");
        assert_eq!(named("/api/v1/documents/{id}/around", "/life/api/v1/documents/ab12/around"), "ab12");
        assert_eq!(named("/api/v1/search", "/api/v1/search"), "");
    }

    #[tokio::test]
    async fn more_events_than_the_queue_holds_are_all_written_in_order() {
        let directory = tempfile::tempdir().unwrap();
        let accounts = Arc::new(Accounts::open(&directory.path().join("system.db")).unwrap());
        let journal = Journal::start(Arc::clone(&accounts), Arc::new(|| Timestamp::UNIX_EPOCH)).unwrap();
        let many = QUEUE_MAX as u32 + 3_000;
        for number in 0..many {
            journal.note(event(number)).await;
        }
        journal.flush().await;
        let page = accounts.read_log(None, None, 1_000).unwrap();
        assert_eq!(
            (page.items[0].id, page.items[0].target.as_str()),
            (i64::from(many), &*(many - 1).to_string())
        );
        assert_eq!(page.items[999].target, (many - 1_000).to_string());
    }

    #[test]
    fn the_last_journal_that_goes_writes_what_is_left() {
        let directory = tempfile::tempdir().unwrap();
        let accounts = Arc::new(Accounts::open(&directory.path().join("system.db")).unwrap());
        let journal = Journal::start(Arc::clone(&accounts), Arc::new(|| Timestamp::UNIX_EPOCH)).unwrap();
        journal.lose();
        journal.note_at_once(event(1));
        drop(journal);
        let actions: Vec<String> =
            accounts.read_log(None, None, 10).unwrap().items.into_iter().map(|entry| entry.action).collect();
        assert_eq!(actions, ["log.lost", "test"], "what was lost is told");
    }
}
