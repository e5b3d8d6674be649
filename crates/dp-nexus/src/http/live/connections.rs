//! How many connections stay open at once, of one account and in all; and how all of them are told to end. A connection is
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
/// When to try again if there is no connection.
const RETRY_S: u64 = 10;

/// All connections.
#[derive(Debug)]
pub(in crate::http) struct Connections(Arc<Inner>);

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
pub(in crate::http) struct Connection {
    inner: Arc<Inner>,
    account: Option<AccountId>,
}

impl Connections {
    pub(super) fn new(per_account: usize, all: usize) -> Self {
        let state = watch::Sender::new((0, false));
        Self(Arc::new(Inner { per_account, all, taken: Mutex::default(), state }))
    }

    /// A connection for somebody of this account, or for a stranger.
    ///
    /// # Errors
    /// When there is none left, or the server is stopping.
    pub(in crate::http) fn open(&self, account: Option<AccountId>) -> Result<Connection, Problem> {
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
        Ok(Connection { inner: Arc::clone(inner), account })
    }

    /// How many are taken.
    pub(in crate::http) fn count(&self) -> usize {
        self.0.state.borrow().0
    }

    /// Tells all who sit to go, and lets nobody sit down any more.
    pub(in crate::http) fn end_all(&self) {
        let _taken = self.0.taken.lock();
        self.0.state.send_modify(|(_, is_closing)| *is_closing = true);
    }

    /// Waits until nobody sits.
    pub(in crate::http) async fn all_ended(&self) {
        let mut state = self.0.state.subscribe();
        // The sender is in hand, so this does not fail.
        let _ = state.wait_for(|(count, _)| *count == 0).await;
    }
}

impl Connection {
    /// Waits until all are told to go.
    pub(in crate::http) async fn told_to_end(&self) {
        let mut state = self.inner.state.subscribe();
        let _ = state.wait_for(|(_, is_closing)| *is_closing).await;
    }
}

impl Drop for Connection {
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
        let connections = Connections::new(2, 3);
        let (first, second) = (connections.open(MIA).unwrap(), connections.open(MIA).unwrap());
        assert_eq!(connections.open(MIA).unwrap_err().code(), Code::RateLimited);
        let bos = connections.open(BO).unwrap();
        assert_eq!(connections.open(BO).unwrap_err().code(), Code::RateLimited);
        assert_eq!(connections.count(), 3);
        drop((first, bos));
        assert!(connections.open(BO).is_ok());
        drop(second);
        assert_eq!(connections.count(), 0);
        assert!(connections.0.taken.lock().is_empty());
    }

    #[tokio::test]
    async fn all_who_sit_are_told_to_go_and_nobody_sits_down_any_more() {
        let connections = Connections::new(2, 3);
        let connection = connections.open(MIA).unwrap();
        connections.end_all();
        connection.told_to_end().await;
        assert_eq!(connections.open(BO).unwrap_err().code(), Code::NotReady);
        drop(connection);
        connections.all_ended().await;
    }
}
