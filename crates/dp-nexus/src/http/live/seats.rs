//! How many connections stay open at once, of one account and in all; and how all of them are told to end. A seat is
//! given back when it is dropped.

use crate::{
    AccountId,
    http::problem::{Code, Problem},
};
use parking_lot::Mutex;
use std::{collections::HashMap, sync::Arc};
use tokio::sync::watch;

/// Connections of those who have not said yet who they are.
const STRANGERS_MAX: usize = 16;
/// When to try again if there is no seat.
const RETRY_S: u64 = 10;

/// All seats.
#[derive(Debug)]
pub(in crate::http) struct Seats(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    per_account: usize,
    all: usize,
    taken: Mutex<HashMap<Option<AccountId>, usize>>,
    /// How many are taken, and whether all are to be given back.
    state: watch::Sender<(usize, bool)>,
}

/// The right to keep a connection open.
#[derive(Debug)]
pub(in crate::http) struct Seat {
    inner: Arc<Inner>,
    account: Option<AccountId>,
}

impl Seats {
    pub(super) fn new(per_account: usize, all: usize) -> Self {
        let state = watch::Sender::new((0, false));
        Self(Arc::new(Inner { per_account, all, taken: Mutex::default(), state }))
    }

    /// A seat for somebody of this account, or for a stranger.
    ///
    /// # Errors
    /// When there is none left, or the server is stopping.
    pub(in crate::http) fn take(&self, account: Option<AccountId>) -> Result<Seat, Problem> {
        let inner = &self.0;
        let mut taken = inner.taken.lock();
        if inner.state.borrow().1 {
            return Err(Problem::plain(Code::NotReady));
        }
        let most = if account.is_some() { inner.per_account } else { STRANGERS_MAX };
        let own = taken.get(&account).copied().unwrap_or(0);
        let all = taken.values().sum::<usize>();
        if own >= most || all >= inner.all {
            let (number, most) = if own >= most { (own, most) } else { (all, inner.all) };
            let detail =
                format!("{number} connections that stay open are there already, of {most}; close some");
            return Err(Problem::new(Code::RateLimited, detail).retry_after_s(RETRY_S));
        }
        taken.insert(account, own + 1);
        inner.state.send_modify(|(count, _)| *count = all + 1);
        Ok(Seat { inner: Arc::clone(inner), account })
    }

    /// How many are taken.
    pub(in crate::http) fn taken(&self) -> usize {
        self.0.state.borrow().0
    }

    /// Tells all who sit to go, and lets nobody sit down any more.
    pub(in crate::http) fn clear(&self) {
        let _taken = self.0.taken.lock();
        self.0.state.send_modify(|(_, is_closing)| *is_closing = true);
    }

    /// Waits until nobody sits.
    pub(in crate::http) async fn emptied(&self) {
        let mut state = self.0.state.subscribe();
        // The sender is in hand, so this does not fail.
        let _ = state.wait_for(|(count, _)| *count == 0).await;
    }
}

impl Seat {
    /// Waits until all are told to go.
    pub(in crate::http) async fn cleared(&self) {
        let mut state = self.inner.state.subscribe();
        let _ = state.wait_for(|(_, is_closing)| *is_closing).await;
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        let mut taken = self.inner.taken.lock();
        if let Some(own) = taken.get_mut(&self.account) {
            *own -= 1;
            if *own == 0 {
                taken.remove(&self.account);
            }
        }
        self.inner.state.send_modify(|(count, _)| *count = taken.values().sum());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MIA: Option<AccountId> = Some(AccountId([1; 16]));
    const BO: Option<AccountId> = Some(AccountId([2; 16]));

    #[test]
    fn an_account_has_its_seats_and_all_of_them_together_theirs() {
        let seats = Seats::new(2, 3);
        let (first, second) = (seats.take(MIA).unwrap(), seats.take(MIA).unwrap());
        assert_eq!(seats.take(MIA).unwrap_err().code(), Code::RateLimited);
        let bos = seats.take(BO).unwrap();
        assert_eq!(seats.take(BO).unwrap_err().code(), Code::RateLimited);
        assert_eq!(seats.taken(), 3);
        drop((first, bos));
        assert!(seats.take(BO).is_ok());
        drop(second);
        assert_eq!(seats.taken(), 0);
        assert!(seats.0.taken.lock().is_empty());
    }

    #[tokio::test]
    async fn all_who_sit_are_told_to_go_and_nobody_sits_down_any_more() {
        let seats = Seats::new(2, 3);
        let seat = seats.take(MIA).unwrap();
        seats.clear();
        seat.cleared().await;
        assert_eq!(seats.take(BO).unwrap_err().code(), Code::NotReady);
        drop(seat);
        seats.emptied().await;
    }
}
