//! Tells of documents that are new, have changed or are gone. What vaults say of each transaction comes in, summed up
//! events go out, a few a second at most, however fast an import is. Knows no document but its id.

use dp_lake::{ChangedDocuments, Changes, OnChange};
use dp_stream::{Events, Stream};
use parking_lot::{Condvar, Mutex};
use serde_json::{Value, json};
use std::{
    fmt, io,
    sync::{Arc, Weak},
    thread::JoinHandle,
    time::{Duration, Instant},
};

/// How long changes are gathered before they are told.
const GATHERED: Duration = Duration::from_millis(300);

/// Whose a vault is: the accounts that are told, by the names that events have them by.
type Whose = Box<dyn Fn() -> Vec<String> + Send + Sync>;

/// Gathers changes and tells of them. Dropping it tells what is left.
pub struct ChangeEvents {
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
}

struct Shared {
    vaults: Mutex<Vec<Arc<Vault>>>,
    state: Mutex<State>,
    changed: Condvar,
}

struct Vault {
    whose: Whose,
    /// What is not told yet.
    changes: Mutex<Changes>,
}

#[derive(Debug, Default)]
struct State {
    /// Since when there is something to tell.
    since: Option<Instant>,
    is_ending: bool,
}

impl fmt::Debug for ChangeEvents {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ChangeEvents").finish_non_exhaustive()
    }
}

impl ChangeEvents {
    /// Starts the thread that tells, by the events of this stream.
    ///
    /// # Errors
    /// When the operating system gives no thread.
    pub fn start(stream: &Stream) -> io::Result<Self> {
        let shared =
            Arc::new(Shared { vaults: Mutex::default(), state: Mutex::default(), changed: Condvar::new() });
        let (of_thread, events) = (Arc::clone(&shared), stream.events().clone());
        let thread = std::thread::Builder::new()
            .name("change_events".to_owned())
            .spawn(move || of_thread.run(&events))?;
        Ok(Self { shared, thread: Some(thread) })
    }

    /// What a vault is to be opened with, so that its changes are told to these accounts. They are asked for when
    /// there is something to tell, on a thread that may block.
    pub fn listener(&self, whose: impl Fn() -> Vec<String> + Send + Sync + 'static) -> OnChange {
        let vault = Arc::new(Vault { whose: Box::new(whose), changes: Mutex::default() });
        let mut vaults = self.shared.vaults.lock();
        // Those that were closed, or could not be opened, tell nothing more.
        vaults.retain(|vault| Arc::strong_count(vault) > 1 || !vault.changes.lock().is_empty());
        vaults.push(Arc::clone(&vault));
        drop(vaults);
        // A vault may be open for longer than there is anybody to tell.
        let shared = Arc::downgrade(&self.shared);
        Arc::new(move |changes| note(&shared, &vault, changes))
    }
}

impl Drop for ChangeEvents {
    fn drop(&mut self) {
        self.shared.state.lock().is_ending = true;
        self.shared.changed.notify_all();
        if self.thread.take().is_some_and(|thread| thread.join().is_err()) {
            tracing::error!("the thread that tells of changes panicked");
        }
    }
}

fn note(shared: &Weak<Shared>, vault: &Vault, changes: &Changes) {
    let Some(shared) = shared.upgrade() else { return };
    vault.changes.lock().extend(changes);
    shared.state.lock().since.get_or_insert_with(Instant::now);
    shared.changed.notify_all();
}

impl Shared {
    fn run(&self, events: &Events) {
        loop {
            let mut state = self.state.lock();
            while !state.is_ending && state.since.is_none() {
                self.changed.wait(&mut state);
            }
            let until = state.since.map(|since| since + GATHERED);
            while let Some(until) = until.filter(|_| !state.is_ending) {
                if self.changed.wait_until(&mut state, until).timed_out() {
                    break;
                }
            }
            state.since = None;
            let is_ending = state.is_ending;
            drop(state);
            self.tell(events);
            if is_ending {
                return;
            }
        }
    }

    fn tell(&self, events: &Events) {
        let vaults = self.vaults.lock().clone();
        for vault in vaults {
            let changes = std::mem::take(&mut *vault.changes.lock());
            if changes.is_empty() {
                continue;
            }
            for account in (vault.whose)() {
                publish(events, &account, &changes);
            }
        }
    }
}

fn publish(events: &Events, account: &str, changes: &Changes) {
    let told = [
        ("documents.new", changes.added.count, data(&changes.added, changes.sequence)),
        ("documents.changed", changes.changed.count, data(&changes.changed, changes.sequence)),
        (
            "documents.removed",
            changes.removed,
            json!({"count": changes.removed, "sequence": changes.sequence}),
        ),
    ];
    for (kind, _, data) in told.into_iter().filter(|(_, count, _)| *count > 0) {
        if let Err(error) = events.publish(account, kind, data) {
            tracing::warn!(%error, kind, "that documents changed could not be told");
        }
    }
}

fn data(documents: &ChangedDocuments, sequence: u64) -> Value {
    let ids = documents.ids.iter().map(ToString::to_string).collect::<Vec<_>>();
    json!({ "count": documents.count, "sources": documents.sources, "sequence": sequence, "ids": ids })
}

#[cfg(test)]
mod tests {
    use super::*;
    use dp_model::DocumentId;

    #[test]
    fn what_changes_fast_is_told_seldom_and_nothing_is_left_out() {
        let directory = tempfile::tempdir().unwrap();
        let stream = Stream::open(&directory.path().join("system.db")).unwrap();
        let change_events = ChangeEvents::start(&stream).unwrap();
        let mias = change_events.listener(|| vec!["mia".to_owned()]);
        let bos = change_events.listener(|| vec!["bo".to_owned(), "co".to_owned()]);
        for sequence in 1..=500_u64 {
            let mut changes = Changes { sequence, ..Changes::default() };
            changes.added.count("google.mail", DocumentId([sequence as u8; 16]));
            changes.changed.count("google.keep", DocumentId([0; 16]));
            mias(&changes);
        }
        bos(&Changes { sequence: 7, removed: 3, ..Changes::default() });
        drop(change_events);
        let events = stream.events().after("mia", 0, 100).unwrap();
        let of = |kind: &str| events.iter().filter(|event| event.kind == kind).cloned().collect::<Vec<_>>();
        let new = of("documents.new");
        assert!(new.len() < 20, "{} events", new.len());
        assert_eq!(new.iter().map(|event| event.data["count"].as_u64().unwrap()).sum::<u64>(), 500);
        assert_eq!(new.last().unwrap().data["sequence"], 500);
        assert!(new[0].data["sources"]["google.mail"].as_u64().unwrap() >= 1);
        assert_eq!(of("documents.changed")[0].data["ids"], json!([DocumentId([0; 16]).to_string()]));
        for account in ["bo", "co"] {
            let events = stream.events().after(account, 0, 100).unwrap();
            assert_eq!(events.len(), 1);
            assert_eq!(events[0].data, json!({"count": 3, "sequence": 7}));
        }
        // A vault that is still open says so to nobody.
        mias(&Changes { sequence: 501, removed: 1, ..Changes::default() });
    }
}
