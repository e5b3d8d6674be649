//! One who listens: reads the log up to where live events begin, then those, so that nothing is missing and nothing comes
//! twice. Whoever reads too slowly is told once, and where to go on.

use super::log::{self, Page};
use crate::{
    Event,
    store::{Live, Store},
};
use std::{collections::VecDeque, sync::Arc};

/// Events that are read from the log at once.
const PAGE: usize = 100;

/// The events of one account, in order.
#[derive(Debug)]
pub struct Subscription {
    store: Arc<Store>,
    account: String,
    state: State,
    /// Read from the log, and not given yet.
    read: VecDeque<Event>,
    /// The last event that was given.
    given: u64,
}

#[derive(Debug)]
enum State {
    /// Reads what was missed, after this event. Live events pass by meanwhile: they will be in the log.
    Log {
        after: u64,
    },
    /// Reads what came while the log was read; what is after `until` is live.
    Gap {
        after: u64,
        until: u64,
        live: Live,
    },
    /// Waits for what happens.
    Live(Live),
    Ended,
}

/// Why a subscription ended before its time.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Lagged {
    /// Events came faster than they were read. Nothing was missed by whoever subscribes again after the event `after`.
    #[error("events came faster than they were read; go on after event {after}")]
    TooSlow {
        /// The last event that was given.
        after: u64,
    },
    /// The log no longer holds all that was missed, or never held the event. What is shown has to be loaded anew, and then
    /// what comes after the event `after` can be subscribed to.
    #[error("some of what was missed is no longer kept; load everything anew and go on after event {after}")]
    Gone {
        /// The oldest event to go on after.
        after: u64,
    },
    /// The log can't be read.
    #[error("{reason}; go on after event {after}")]
    Unreadable {
        /// The last event that was given.
        after: u64,
        /// Why, for the program's own log.
        reason: String,
    },
}

impl Subscription {
    pub(super) fn new(store: Arc<Store>, account: &str, after: Option<u64>) -> Self {
        let (given, state) = match after {
            Some(after) => (after, State::Log { after }),
            None => {
                let (last, live) = store.hub.listen(account);
                (last, State::Live(live))
            }
        };
        Self { store, account: account.to_owned(), state, read: VecDeque::new(), given }
    }

    /// The next event, or why there will be none; None after that, and when the program stops. Nothing is lost if it is not
    /// waited for to the end. Must be called on a Tokio runtime.
    pub async fn next(&mut self) -> Option<Result<Event, Lagged>> {
        loop {
            if let Some(event) = self.read.pop_front() {
                self.given = event.id;
                return Some(Ok(event));
            }
            let (after, until) = match &mut self.state {
                State::Ended => return None,
                State::Live(live) => match live.next().await {
                    // It was in the log already when listening began, and on its way here.
                    Some(event) if event.id <= self.given => continue,
                    event => return self.live(event),
                },
                State::Log { after } => (*after, None),
                State::Gap { after, until, .. } => (*after, Some(*until)),
            };
            let page = self.page(after, until).await;
            if let Err(lagged) = page.and_then(|page| self.take(page, after)) {
                self.state = State::Ended;
                return Some(Err(lagged));
            }
        }
    }

    async fn page(&self, after: u64, until: Option<u64>) -> Result<Page, Lagged> {
        let store = Arc::clone(&self.store);
        let account = self.account.clone();
        let read = tokio::task::spawn_blocking(move || log::page(&store, &account, after, until, PAGE)).await;
        let unreadable = |reason: String| Lagged::Unreadable { after: self.given, reason };
        read.map_err(|error| unreadable(error.to_string()))?.map_err(|error| unreadable(error.to_string()))
    }

    /// Takes what was read after the event `after`, and goes on to the next state at the end of the log.
    fn take(&mut self, page: Page, after: u64) -> Result<(), Lagged> {
        // 0 asks for whatever there is.
        if after > 0 && after < page.swept {
            return Err(Lagged::Gone { after: page.swept });
        }
        if after > page.last {
            return Err(Lagged::Gone { after: self.store.hub.last() });
        }
        let read_to = page.events.last().map_or(after, |event| event.id);
        self.read.extend(page.events);
        self.state = match std::mem::replace(&mut self.state, State::Ended) {
            State::Log { .. } if page.is_end => {
                let (until, live) = self.store.hub.listen(&self.account);
                State::Gap { after: read_to, until, live }
            }
            State::Log { .. } => State::Log { after: read_to },
            State::Gap { live, .. } if page.is_end => State::Live(live),
            State::Gap { until, live, .. } => State::Gap { after: read_to, until, live },
            other => other,
        };
        Ok(())
    }

    fn live(&mut self, event: Option<Event>) -> Option<Result<Event, Lagged>> {
        if let Some(event) = event {
            self.given = event.id;
            return Some(Ok(event));
        }
        let ended = std::mem::replace(&mut self.state, State::Ended);
        let was_too_slow = matches!(ended, State::Live(live) if live.was_too_slow());
        was_too_slow.then_some(Err(Lagged::TooSlow { after: self.given }))
    }
}
