//! Slows down who guesses: five attempts in five minutes for each name and each address, then one at a time
//! after waits that grow. Kept in memory and bounded; never asked about a session that is signed in.

use super::AccountError;
use crate::AccountId;
use jiff::Timestamp;
use parking_lot::Mutex;
use std::{
    collections::HashMap,
    net::{IpAddr, Ipv6Addr},
};

/// Attempts that are free.
const FREE: usize = 5;
/// Within how long.
const WINDOW_S: i64 = 5 * 60;
/// By how much each wait is longer than the one before.
const STEP_S: i64 = 5 * 60;
/// The longest wait.
const MAX_WAIT_S: i64 = 15 * 60;
/// After how long without an attempt everything is forgotten. Longer than the longest wait.
const FORGET_S: i64 = 60 * 60;
/// Subjects that are remembered.
const MAX_SUBJECTS: usize = 10_000;

/// What attempts are counted for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Subject<'a> {
    /// Signing in to the account of this folded name, whether or not there is one.
    Name(&'a str),
    /// Signing in from this address; of IPv6 the first 64 bits count.
    Address(IpAddr),
    /// Proving again, while signed in, that one is the account's holder.
    Proof(AccountId),
}

/// A subject in 16 bytes, however long its name.
type Key = [u8; 16];

impl Subject<'_> {
    fn key(&self) -> Key {
        let mut hasher = blake3::Hasher::new();
        match self {
            Self::Name(name) => hasher.update(b"name").update(name.as_bytes()),
            Self::Address(address) => hasher.update(b"address").update(&network(*address)),
            Self::Proof(id) => hasher.update(b"proof").update(&id.0),
        };
        let mut key = Key::default();
        hasher.finalize_xof().fill(&mut key);
        key
    }

    /// Whether one success shows that all attempts came from the one who may.
    const fn is_cleared_by_success(&self) -> bool {
        !matches!(self, Self::Address(_))
    }
}

/// What of an address one household has to itself.
fn network(address: IpAddr) -> [u8; 16] {
    let v6 = match address.to_canonical() {
        IpAddr::V4(v4) => v4.to_ipv6_mapped(),
        IpAddr::V6(v6) => Ipv6Addr::from_bits(v6.to_bits() >> 64 << 64),
    };
    v6.octets()
}

#[derive(Debug, Default)]
struct Attempts {
    /// Times of the free ones, seconds.
    recent: Vec<i64>,
    /// Waits that were imposed.
    waits: i64,
    wait_until_s: i64,
    last_s: i64,
}

impl Attempts {
    fn wait_s(&self, now_s: i64) -> i64 {
        // A clock that was set back makes nobody wait longer than the longest wait.
        (self.wait_until_s - now_s).clamp(0, MAX_WAIT_S)
    }

    fn count(&mut self, now_s: i64) {
        if now_s - self.last_s >= FORGET_S {
            *self = Self::default();
        }
        self.last_s = now_s;
        self.recent.retain(|attempt_s| now_s - attempt_s < WINDOW_S);
        if self.waits == 0 {
            self.recent.push(now_s);
        }
        if self.waits > 0 || self.recent.len() >= FREE {
            self.waits += 1;
            self.wait_until_s = now_s + (self.waits * STEP_S).min(MAX_WAIT_S);
        }
    }

    /// As if the last attempt had not been.
    fn give_back(&mut self) {
        self.recent.pop();
        self.waits = (self.waits - 1).max(0);
        self.wait_until_s = 0;
    }

    fn is_forgotten(&self, now_s: i64) -> bool {
        let keep_s = if self.waits > 0 { FORGET_S } else { WINDOW_S };
        now_s - self.last_s >= keep_s
    }
}

/// The attempts of late.
#[derive(Debug, Default)]
pub struct Throttle {
    subjects: Mutex<HashMap<Key, Attempts>>,
}

impl Throttle {
    /// Counts an attempt before it is made, so that many at once are not more than many in a row.
    ///
    /// # Errors
    /// `Throttled` if one of the subjects must wait; then nothing is counted.
    pub fn begin<'a>(
        &'a self,
        subjects: &[Subject<'_>],
        now: Timestamp,
    ) -> Result<Attempt<'a>, AccountError> {
        let now_s = now.as_second();
        let keys: Vec<(Key, bool)> =
            subjects.iter().map(|subject| (subject.key(), subject.is_cleared_by_success())).collect();
        let mut known = self.subjects.lock();
        let wait_s = keys.iter().filter_map(|(key, _)| known.get(key)).map(|known| known.wait_s(now_s)).max();
        if let Some(wait_s) = wait_s.filter(|wait_s| *wait_s > 0) {
            return Err(AccountError::Throttled { retry_after_s: wait_s.unsigned_abs() });
        }
        for (key, _) in &keys {
            if !known.contains_key(key) {
                make_room(&mut known, now_s);
            }
            known.entry(*key).or_default().count(now_s);
        }
        Ok(Attempt { throttle: self, keys })
    }
}

/// Leaves a place free, at the cost of one who has not come for long and, if possible, need not wait.
fn make_room(known: &mut HashMap<Key, Attempts>, now_s: i64) {
    if known.len() < MAX_SUBJECTS {
        return;
    }
    known.retain(|_, attempts| !attempts.is_forgotten(now_s));
    if known.len() < MAX_SUBJECTS {
        return;
    }
    let least = known.iter().min_by_key(|(_, attempts)| (attempts.waits > 0, attempts.last_s));
    if let Some(key) = least.map(|(key, _)| *key) {
        known.remove(&key);
    }
}

/// An attempt that has been counted. Dropped, it stays counted.
#[derive(Debug)]
#[must_use = "an attempt stays counted unless something is said of it"]
pub struct Attempt<'a> {
    throttle: &'a Throttle,
    keys: Vec<(Key, bool)>,
}

impl Attempt<'_> {
    /// It was the one who may: names start anew, addresses get the attempt back.
    pub fn succeeded(self) {
        let mut known = self.throttle.subjects.lock();
        for (key, is_cleared) in &self.keys {
            if *is_cleared {
                known.remove(key);
            } else if let Some(attempts) = known.get_mut(key) {
                attempts.give_back();
            }
        }
    }

    /// It was no guess, but nothing is proved yet.
    pub fn give_back(self) {
        let mut known = self.throttle.subjects.lock();
        for (key, _) in &self.keys {
            if let Some(attempts) = known.get_mut(key) {
                attempts.give_back();
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::at;
    use super::*;

    /// Seconds to wait, 0 if the attempt was let through (and failed).
    fn wrong(throttle: &Throttle, subjects: &[Subject<'_>], seconds: i64) -> u64 {
        match throttle.begin(subjects, at(seconds)) {
            Ok(_) => 0,
            Err(AccountError::Throttled { retry_after_s }) => retry_after_s,
            Err(error) => unreachable!("{error}"),
        }
    }

    #[test]
    fn five_attempts_are_free_and_then_waits_grow_to_a_quarter_of_an_hour() {
        let throttle = Throttle::default();
        let ada = [Subject::Name("ada")];
        for second in 0..5 {
            assert_eq!(wrong(&throttle, &ada, second), 0);
        }
        assert_eq!(wrong(&throttle, &ada, 4), 300);
        assert_eq!(wrong(&throttle, &ada, 303), 1);
        assert_eq!(wrong(&throttle, &ada, 304), 0, "one, after five minutes");
        assert_eq!(wrong(&throttle, &ada, 304), 600);
        assert_eq!(wrong(&throttle, &ada, 904), 0);
        assert_eq!(wrong(&throttle, &ada, 904), 900);
        assert_eq!(wrong(&throttle, &ada, 1804), 0);
        assert_eq!(wrong(&throttle, &ada, 1804), 900, "no longer than that");
    }

    #[test]
    fn attempts_far_apart_are_always_free() {
        let throttle = Throttle::default();
        for attempt in 0..100 {
            assert_eq!(wrong(&throttle, &[Subject::Name("ada")], attempt * 76), 0);
        }
    }

    #[test]
    fn never_more_than_five_pass_in_any_five_minutes() {
        let throttle = Throttle::default();
        let passed: Vec<i64> =
            (0..4000).filter(|second| wrong(&throttle, &[Subject::Name("ada")], *second) == 0).collect();
        assert!(passed.windows(6).all(|six| six[5] - six[0] >= 300), "{passed:?}");
        assert!(passed.len() > 5);
    }

    #[test]
    fn an_hour_of_quiet_is_a_new_beginning() {
        let throttle = Throttle::default();
        let ada = [Subject::Name("ada")];
        for _ in 0..5 {
            wrong(&throttle, &ada, 0);
        }
        for _ in 0..5 {
            assert_eq!(wrong(&throttle, &ada, 3600), 0);
        }
        assert_eq!(wrong(&throttle, &ada, 3600), 300);
    }

    #[test]
    fn names_and_addresses_are_counted_apart() {
        let throttle = Throttle::default();
        let address = |last: u8| Subject::Address(IpAddr::from([192, 0, 2, last]));
        let names = ["a", "b", "c", "d", "e", "f"];
        for name in &names[..5] {
            assert_eq!(wrong(&throttle, &[Subject::Name(name), address(1)], 0), 0);
        }
        assert_eq!(wrong(&throttle, &[Subject::Name("f"), address(1)], 0), 300, "the address must wait");
        assert_eq!(wrong(&throttle, &[Subject::Name("f"), address(2)], 0), 0, "another one need not");
        assert_eq!(wrong(&throttle, &[Subject::Proof(AccountId([1; 16]))], 0), 0);
    }

    #[test]
    fn addresses_of_one_household_are_one() {
        let key = |text: &str| Subject::Address(text.parse().unwrap()).key();
        assert_eq!(key("2001:db8:1:2::1"), key("2001:db8:1:2:ffff::9"));
        assert_ne!(key("2001:db8:1:2::1"), key("2001:db8:1:3::1"));
        assert_eq!(key("::ffff:192.0.2.1"), key("192.0.2.1"));
        assert_ne!(key("192.0.2.1"), key("192.0.2.2"));
    }

    #[test]
    fn success_forgets_the_name_but_only_its_own_attempt_of_the_address() {
        let throttle = Throttle::default();
        let address = Subject::Address(IpAddr::from([192, 0, 2, 1]));
        let both = [Subject::Name("ada"), address];
        for _ in 0..4 {
            wrong(&throttle, &both, 0);
        }
        throttle.begin(&both, at(1)).unwrap().succeeded();
        assert_eq!(wrong(&throttle, &[Subject::Name("ada")], 2), 0);
        assert_eq!(wrong(&throttle, &[address], 2), 0, "the fifth");
        assert_eq!(wrong(&throttle, &[address], 2), 300);
        assert_eq!(wrong(&throttle, &[Subject::Name("ada")], 2), 0);
    }

    #[test]
    fn what_is_given_back_does_not_count_and_clears_nothing() {
        let throttle = Throttle::default();
        let ada = [Subject::Name("ada")];
        for _ in 0..4 {
            wrong(&throttle, &ada, 0);
            throttle.begin(&ada, at(0)).unwrap().give_back();
        }
        assert_eq!(wrong(&throttle, &ada, 0), 0);
        assert_eq!(wrong(&throttle, &ada, 0), 300);
    }

    #[test]
    fn memory_stays_bounded_and_those_who_must_wait_are_kept() {
        let throttle = Throttle::default();
        let ada = [Subject::Name("ada")];
        for _ in 0..5 {
            wrong(&throttle, &ada, 0);
        }
        for guess in 0..(MAX_SUBJECTS + 50) {
            wrong(&throttle, &[Subject::Name(&guess.to_string())], 1);
        }
        assert_eq!(throttle.subjects.lock().len(), MAX_SUBJECTS);
        assert!(wrong(&throttle, &ada, 1) > 0);
    }
}
