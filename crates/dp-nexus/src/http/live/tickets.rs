//! Tickets: a page that can't send headers with a connection asks for one, and puts it into the address. Each is good
//! once and for a short while, and only for connections that stay open. Few are kept, in memory, and by their hash.

use super::follower::Shown;
use crate::{
    Principal,
    http::problem::{Code, Problem},
};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use parking_lot::Mutex;
use rand::{TryRng as _, rngs::SysRng};
use std::{
    collections::HashMap,
    time::{Duration, Instant},
};

/// How long a ticket is good for, seconds.
pub(in crate::http) const TICKET_S: u64 = 30;
/// Tickets that are kept.
const TICKETS_MAX: usize = 1_024;
/// Bytes of a ticket; four thirds of that as text.
const TICKET_BYTES: usize = 32;

/// All tickets that are good.
#[derive(Debug, Default)]
pub(in crate::http) struct Tickets(Mutex<HashMap<[u8; 32], Ticket>>);

#[derive(Debug)]
struct Ticket {
    principal: Principal,
    shown: Shown,
    until: Instant,
}

impl Tickets {
    /// A ticket for somebody who was let in with what was shown.
    ///
    /// # Errors
    /// When there are too many, or the system gives no random numbers.
    pub(in crate::http) fn issue(&self, principal: &Principal, shown: Shown) -> Result<String, Problem> {
        let mut bytes = [0; TICKET_BYTES];
        SysRng.try_fill_bytes(&mut bytes).map_err(Problem::internal)?;
        let text = URL_SAFE_NO_PAD.encode(bytes);
        let now = Instant::now();
        let mut tickets = self.0.lock();
        tickets.retain(|_, ticket| ticket.until > now);
        if tickets.len() >= TICKETS_MAX {
            return Err(Problem::plain(Code::RateLimited).retry_after_s(TICKET_S));
        }
        let until = now + Duration::from_secs(TICKET_S);
        tickets.insert(hash(&text), Ticket { principal: principal.clone(), shown, until });
        Ok(text)
    }

    /// Who a ticket was given to. It is good no more.
    pub(super) fn redeem(&self, text: &str) -> Option<(Principal, Shown)> {
        let ticket = self.0.lock().remove(&hash(text))?;
        (ticket.until > Instant::now()).then_some((ticket.principal, ticket.shown))
    }
}

fn hash(text: &str) -> [u8; 32] {
    *blake3::hash(text.as_bytes()).as_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{AccountId, Origin, Role, Scope};

    fn mia() -> Principal {
        Principal {
            account: AccountId([1; 16]),
            name: "mia".into(),
            role: Role::Owner,
            scope: Scope::all(),
            origin: Origin::Local,
        }
    }

    #[test]
    fn a_ticket_is_good_once_and_for_a_while() {
        let tickets = Tickets::default();
        let text = tickets.issue(&mia(), Shown::default()).unwrap();
        assert!(text.len() > 40 && tickets.redeem("x").is_none());
        assert_eq!(tickets.redeem(&text).unwrap().0, mia());
        assert!(tickets.redeem(&text).is_none());
        let old = tickets.issue(&mia(), Shown::default()).unwrap();
        tickets.0.lock().values_mut().for_each(|ticket| ticket.until = Instant::now());
        assert!(tickets.redeem(&old).is_none());
    }

    #[test]
    fn no_more_tickets_are_kept_than_there_is_room_for() {
        let tickets = Tickets::default();
        for _ in 0..TICKETS_MAX {
            tickets.issue(&mia(), Shown::default()).unwrap();
        }
        assert_eq!(tickets.issue(&mia(), Shown::default()).unwrap_err().code(), Code::RateLimited);
        tickets.0.lock().values_mut().for_each(|ticket| ticket.until = Instant::now());
        assert!(tickets.issue(&mia(), Shown::default()).is_ok());
        assert_eq!(tickets.0.lock().len(), 1);
    }
}
