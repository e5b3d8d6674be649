//! Who listens, and how events reach them: a short queue for each. Whose queue is full is let go, so that nobody who reads
//! slowly holds up whoever publishes.

use crate::Event;
use parking_lot::Mutex;
use std::{
    collections::HashMap,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};
use tokio::sync::mpsc;

/// All subscribers.
#[derive(Debug)]
pub(crate) struct Hub {
    listeners: Arc<Mutex<Listeners>>,
    waiting_max: usize,
}

#[derive(Debug)]
struct Listeners {
    /// The last event that was sent.
    last: u64,
    is_closed: bool,
    next_key: u64,
    of_account: HashMap<String, Vec<Listener>>,
}

#[derive(Debug)]
struct Listener {
    key: u64,
    queue: mpsc::Sender<Arc<Event>>,
    was_too_slow: Arc<AtomicBool>,
}

impl Hub {
    pub(super) fn new(last: u64, waiting_max: usize) -> Self {
        let listeners = Listeners { last, is_closed: false, next_key: 0, of_account: HashMap::new() };
        Self { listeners: Arc::new(Mutex::new(listeners)), waiting_max: waiting_max.max(1) }
    }

    /// Sends events whose numbers are in order, and after all that were sent before.
    pub(super) fn send(&self, events: Vec<Arc<Event>>) {
        if events.is_empty() {
            return;
        }
        let mut listeners = self.listeners.lock();
        for event in events {
            listeners.last = event.id;
            let Some(of_account) = listeners.of_account.get_mut(&event.account) else { continue };
            of_account.retain(|listener| listener.offer(&event));
            if of_account.is_empty() {
                listeners.of_account.remove(&event.account);
            }
        }
    }

    /// The last event that was sent, or could have been by a process before this one.
    pub(crate) fn last(&self) -> u64 {
        self.listeners.lock().last
    }

    /// Listens to what comes after the event whose number is given with it.
    pub(crate) fn listen(&self, account: &str) -> (u64, Live) {
        let (queue, events) = mpsc::channel(self.waiting_max);
        let was_too_slow = Arc::new(AtomicBool::new(false));
        let mut listeners = self.listeners.lock();
        let key = listeners.next_key;
        listeners.next_key += 1;
        if !listeners.is_closed {
            let listener = Listener { key, queue, was_too_slow: Arc::clone(&was_too_slow) };
            listeners.of_account.entry(account.to_owned()).or_default().push(listener);
        }
        let live = Live {
            events,
            was_too_slow,
            key,
            account: account.to_owned(),
            listeners: Arc::clone(&self.listeners),
        };
        (listeners.last, live)
    }

    /// Ends all subscriptions, and all that come.
    pub(crate) fn close(&self) {
        let mut listeners = self.listeners.lock();
        listeners.is_closed = true;
        listeners.of_account.clear();
    }

    /// How many listen.
    pub(crate) fn listeners(&self) -> usize {
        self.listeners.lock().of_account.values().map(Vec::len).sum()
    }

    /// How many listen to an account.
    #[cfg(test)]
    pub(super) fn listening(&self, account: &str) -> usize {
        self.listeners.lock().of_account.get(account).map_or(0, Vec::len)
    }

    /// Ends the subscriptions of an account.
    pub(crate) fn end(&self, account: &str) {
        self.listeners.lock().of_account.remove(account);
    }
}

impl Listener {
    /// Whether it is still listening.
    fn offer(&self, event: &Arc<Event>) -> bool {
        match self.queue.try_send(Arc::clone(event)) {
            Ok(()) => true,
            Err(mpsc::error::TrySendError::Full(_)) => {
                self.was_too_slow.store(true, Ordering::Release);
                false
            }
            Err(mpsc::error::TrySendError::Closed(_)) => false,
        }
    }
}

/// One that listens. Dropping it ends that.
#[derive(Debug)]
pub(crate) struct Live {
    events: mpsc::Receiver<Arc<Event>>,
    was_too_slow: Arc<AtomicBool>,
    key: u64,
    account: String,
    listeners: Arc<Mutex<Listeners>>,
}

impl Live {
    /// The next event; None when there are no more. Nothing is lost if it is not waited for to the end.
    pub(crate) async fn next(&mut self) -> Option<Event> {
        self.events.recv().await.map(Arc::unwrap_or_clone)
    }

    /// Whether there are no more because too many were waiting.
    pub(crate) fn was_too_slow(&self) -> bool {
        self.was_too_slow.load(Ordering::Acquire)
    }
}

impl Drop for Live {
    fn drop(&mut self) {
        let mut listeners = self.listeners.lock();
        let Some(of_account) = listeners.of_account.get_mut(&self.account) else { return };
        of_account.retain(|listener| listener.key != self.key);
        if of_account.is_empty() {
            listeners.of_account.remove(&self.account);
        }
    }
}
