//! The thread that writes the access log: takes notes as they come, many at once to disk, and says how many
//! could not be written.

use super::{super::Clock, Note};
use crate::accounts::{Accounts, Event};
use std::{
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
        mpsc::Receiver,
    },
    time::{Duration, Instant},
};

/// Events that are written at once.
const BATCH_MAX: usize = 2_048;
/// How long an event waits for others.
const LINGER: Duration = Duration::from_millis(100);
/// How often writing is tried, and how long between.
const TRIES: u32 = 3;
const PAUSE: Duration = Duration::from_millis(200);

/// Writes what was noted.
pub(super) struct Writer {
    pub(super) accounts: Arc<Accounts>,
    pub(super) lost: Arc<AtomicU32>,
    pub(super) clock: Clock,
}

impl Writer {
    /// Writes until nobody is left who could note anything.
    pub(super) fn run(&self, receiver: &Receiver<Note>) {
        let mut events = Vec::new();
        let mut waiting = Vec::new();
        while let Ok(first) = receiver.recv() {
            let until = Instant::now() + LINGER;
            let mut next = Some(first);
            while let Some(note) = next {
                match note {
                    Note::Event(event) => events.push(event),
                    Note::Flush(sender) => waiting.push(sender),
                }
                let is_full = events.len() >= BATCH_MAX || !waiting.is_empty();
                let left = until.saturating_duration_since(Instant::now());
                next = if is_full { None } else { receiver.recv_timeout(left).ok() };
            }
            self.write(&mut events);
            for sender in waiting.drain(..) {
                // Whoever asked may have gone.
                let _ = sender.send(());
            }
        }
    }

    /// Writes events; those that can't be are counted, and the log says so as soon as it can.
    fn write(&self, events: &mut Vec<Event>) {
        let lost = self.lost.swap(0, Ordering::Relaxed);
        let noted = events.len();
        if lost > 0 {
            events.push(self.loss(lost));
        }
        for attempt in 1..=TRIES {
            match self.accounts.record(events) {
                Ok(()) => break,
                Err(error) if attempt < TRIES => {
                    tracing::warn!(%error, "the access log could not be written; trying again");
                    std::thread::sleep(PAUSE);
                }
                Err(error) => {
                    tracing::error!(%error, noted, "events are missing in the access log");
                    let noted = u32::try_from(noted).unwrap_or(u32::MAX);
                    self.lost.fetch_add(lost.saturating_add(noted), Ordering::Relaxed);
                }
            }
        }
        events.clear();
    }

    fn loss(&self, count: u32) -> Event {
        Event {
            at: (self.clock)(),
            account: None,
            origin: None,
            address: None,
            action: "log.lost".to_owned(),
            target: String::new(),
            outcome: "not_written".to_owned(),
            count,
        }
    }
}
