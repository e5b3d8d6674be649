//! What was begun and waits for its second half: a sign-in that is at a provider, a challenge for a passkey. Each is
//! taken once, in time, or forgotten; memory is bounded.

use jiff::Timestamp;
use parking_lot::Mutex;
use std::collections::HashMap;

/// How many wait at most; a further one takes the place of the oldest.
const WAITING_MAX: usize = 4_096;

/// Things that wait, by a name that cannot be guessed.
#[derive(Debug)]
pub(super) struct Pending<T> {
    lifetime_s: i64,
    waiting: Mutex<HashMap<String, (i64, T)>>,
}

impl<T> Pending<T> {
    /// Whatever waits is forgotten after so many seconds.
    pub(super) fn new(lifetime_s: i64) -> Self {
        Self { lifetime_s, waiting: Mutex::default() }
    }

    pub(super) fn put(&self, name: String, value: T, now: Timestamp) {
        let now_s = now.as_second();
        let mut waiting = self.waiting.lock();
        if waiting.len() >= WAITING_MAX {
            waiting.retain(|_, (since_s, _)| now_s - *since_s < self.lifetime_s);
        }
        if waiting.len() >= WAITING_MAX {
            let oldest =
                waiting.iter().min_by_key(|(_, (since_s, _))| *since_s).map(|(name, _)| name.clone());
            oldest.map(|name| waiting.remove(&name));
        }
        waiting.insert(name, (now_s, value));
    }

    /// What waits by this name, which waits no longer.
    pub(super) fn take(&self, name: &str, now: Timestamp) -> Option<T> {
        let (since_s, value) = self.waiting.lock().remove(name)?;
        (now.as_second() - since_s < self.lifetime_s).then_some(value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    #[test]
    fn what_waits_is_taken_once_and_in_time() {
        let pending = Pending::new(60);
        pending.put("a".to_owned(), 1, at(0));
        pending.put("b".to_owned(), 2, at(0));
        assert_eq!(pending.take("a", at(59)), Some(1));
        assert_eq!(pending.take("a", at(59)), None);
        assert_eq!(pending.take("b", at(60)), None);
        assert_eq!(pending.take("c", at(0)), None);
    }

    #[test]
    fn a_flood_takes_bounded_memory_and_pushes_out_the_oldest() {
        let pending = Pending::new(60);
        for number in 0..WAITING_MAX as i64 + 10 {
            pending.put(number.to_string(), number, at(number / 1_000));
        }
        assert_eq!(pending.waiting.lock().len(), WAITING_MAX);
        let newest = WAITING_MAX as i64 + 9;
        assert_eq!(pending.take(&newest.to_string(), at(5)), Some(newest));
        pending.put("later".to_owned(), 0, at(100));
        pending.put("last".to_owned(), 0, at(100));
        assert_eq!(pending.take("last", at(100)), Some(0));
    }
}
