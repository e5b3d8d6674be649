//! Connections that stay open, as streams of events and WebSockets do: how many there may be, whose they are for as
//! long as they last, and how they end. What is said on them is the business of those who open them.

mod close;
mod connections;
mod follower;
mod pulse;
mod tickets;

pub(super) use close::{CloseReason, close};
pub(super) use connections::{Connection, Connections};
pub(super) use follower::{Follower, Follows, Shown};
pub(super) use pulse::{Pulse, send, text};
pub(super) use tickets::{TICKET_S, Tickets};

use super::app::App;
use http::{HeaderMap, Uri, header};
use std::time::Duration;

/// How connections that stay open behave.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LiveLimits {
    /// Connections of one account.
    pub per_account: usize,
    /// Connections of all accounts.
    pub all: usize,
    /// How often it is looked whether whoever is at the other end would still be let in.
    pub look_again: Duration,
    /// How often something is sent though nothing happens; who says nothing for three times that is gone.
    pub alive: Duration,
    /// How long somebody may take to read what is sent.
    pub patience: Duration,
}

impl Default for LiveLimits {
    fn default() -> Self {
        Self {
            per_account: 32,
            all: 512,
            look_again: Duration::from_secs(10),
            alive: Duration::from_secs(15),
            patience: Duration::from_secs(10),
        }
    }
}

/// What the app keeps of connections that stay open.
#[derive(Debug)]
pub(super) struct Live {
    pub(super) connections: Connections,
    pub(super) tickets: Tickets,
}

impl Live {
    pub(super) fn new(limits: LiveLimits) -> Self {
        Self { connections: Connections::new(limits.per_account, limits.all), tickets: Tickets::default() }
    }
}

/// Whether a request asks to go on as a WebSocket.
pub(super) fn wants_socket(headers: &HeaderMap) -> bool {
    let upgrades = headers.get_all(header::UPGRADE).iter().filter_map(|value| value.to_str().ok());
    upgrades.flat_map(|value| value.split(',')).any(|one| one.trim().eq_ignore_ascii_case("websocket"))
}

/// What a ticket that stands in the address is good for, if this is a place where one is taken.
pub(super) fn redeemed(app: &App, uri: &Uri) -> Option<(crate::Principal, Shown)> {
    let takes_tickets = ["/api/v1/events", "/api/graphql"].iter().any(|path| uri.path().ends_with(path));
    let pairs = uri.query().filter(|_| takes_tickets)?.split('&').filter_map(|pair| pair.split_once('='));
    let ticket = pairs.filter(|(name, _)| *name == "ticket").map(|(_, ticket)| ticket).next()?;
    app.live().tickets.redeem(ticket)
}
