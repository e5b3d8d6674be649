//! How much may be asked in a time: a token bucket for each account, and for each address that has none.
//! Memory is bounded; time is an argument.

use crate::AccountId;
use parking_lot::Mutex;
use std::{
    collections::HashMap,
    net::IpAddr,
    time::{Duration, Instant},
};

/// Buckets that are kept. A million addresses take no more than that.
const BUCKETS_MAX: usize = 16_384;

/// How much may be asked.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Allowance {
    /// Requests a second in the long run.
    pub per_second: f64,
    /// Requests at once after a pause.
    pub burst: f64,
}

impl Allowance {
    /// Seconds in which an empty bucket is full again.
    #[must_use]
    pub fn window_s(&self) -> u64 {
        (self.burst / self.per_second).ceil() as u64
    }
}

/// Whom a bucket belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Bearer {
    /// An account.
    Account(AccountId),
    /// An address, or the network of one.
    Address(IpAddr),
    /// All for whom there is no room, together.
    Others,
}

impl Bearer {
    /// The bearer for an address. Of IPv6 the first 64 bits count: the rest is a household's to choose.
    #[must_use]
    pub fn of_address(address: Option<IpAddr>) -> Self {
        match address {
            Some(IpAddr::V6(address)) => match address.to_ipv4_mapped() {
                Some(address) => Self::Address(address.into()),
                None => Self::Address(IpAddr::V6((u128::from(address) & !u128::from(u64::MAX)).into())),
            },
            Some(address) => Self::Address(address),
            None => Self::Others,
        }
    }
}

/// What a limiter says.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Verdict {
    /// Whether the request may be done.
    pub is_allowed: bool,
    /// What may be asked.
    pub allowance: Allowance,
    /// Requests that may be sent at once now.
    pub remaining: u64,
    /// Seconds until one more may be sent.
    pub wait_s: u64,
}

#[derive(Debug, Clone, Copy)]
struct Bucket {
    tokens: f64,
    at: Instant,
}

/// Counts requests.
#[derive(Debug)]
pub struct Limiter {
    per_account: Allowance,
    per_address: Allowance,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    buckets: HashMap<Bearer, Bucket>,
    swept: Option<Instant>,
}

impl Limiter {
    /// A limiter with full buckets.
    #[must_use]
    pub fn new(per_account: Allowance, per_address: Allowance) -> Self {
        Self { per_account, per_address, state: Mutex::default() }
    }

    /// Takes one request from a bucket, if it has one.
    pub fn take(&self, bearer: Bearer, now: Instant) -> Verdict {
        let allowance = self.allowance(bearer);
        let mut state = self.state.lock();
        let bearer = self.with_room(&mut state, bearer, now);
        let bucket = state.buckets.entry(bearer).or_insert(Bucket { tokens: allowance.burst, at: now });
        bucket.tokens = filled(bucket, allowance, now);
        bucket.at = now;
        let is_allowed = bucket.tokens >= 1.0;
        if is_allowed {
            bucket.tokens -= 1.0;
        }
        let missing = (1.0 - bucket.tokens).max(0.0);
        let wait_s = (missing / allowance.per_second).ceil() as u64;
        Verdict { is_allowed, allowance, remaining: bucket.tokens as u64, wait_s }
    }

    fn allowance(&self, bearer: Bearer) -> Allowance {
        match bearer {
            Bearer::Account(_) => self.per_account,
            Bearer::Address(_) | Bearer::Others => self.per_address,
        }
    }

    /// The bearer, or all others together if there is no room for it. Full buckets make room, since they
    /// say nothing that a new one would not.
    fn with_room(&self, state: &mut State, bearer: Bearer, now: Instant) -> Bearer {
        if state.buckets.len() < BUCKETS_MAX || state.buckets.contains_key(&bearer) {
            return bearer;
        }
        let may_sweep =
            state.swept.is_none_or(|swept| now.saturating_duration_since(swept) >= Duration::from_secs(1));
        if may_sweep {
            state.swept = Some(now);
            state.buckets.retain(|bearer, bucket| {
                let allowance = self.allowance(*bearer);
                filled(bucket, allowance, now) < allowance.burst
            });
        }
        if state.buckets.len() < BUCKETS_MAX { bearer } else { Bearer::Others }
    }
}

fn filled(bucket: &Bucket, allowance: Allowance, now: Instant) -> f64 {
    let seconds = now.saturating_duration_since(bucket.at).as_secs_f64();
    (bucket.tokens + seconds * allowance.per_second).min(allowance.burst)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::{Ipv4Addr, Ipv6Addr};

    fn limiter() -> Limiter {
        Limiter::new(
            Allowance { per_second: 50.0, burst: 100.0 },
            Allowance { per_second: 10.0, burst: 20.0 },
        )
    }

    fn address(number: u32) -> Bearer {
        Bearer::of_address(Some(Ipv4Addr::from(number).into()))
    }

    #[test]
    fn a_burst_is_taken_and_then_so_many_a_second() {
        let (limiter, start) = (limiter(), Instant::now());
        let allowed = (0..30).filter(|_| limiter.take(address(1), start).is_allowed).count();
        assert_eq!(allowed, 20);
        let refused = limiter.take(address(1), start);
        assert_eq!((refused.is_allowed, refused.remaining, refused.wait_s), (false, 0, 1));
        let later = start + Duration::from_millis(250);
        assert_eq!((0..30).filter(|_| limiter.take(address(1), later).is_allowed).count(), 2);
    }

    #[test]
    fn an_account_is_given_more_and_others_do_not_matter_to_it() {
        let (limiter, now) = (limiter(), Instant::now());
        for _ in 0..50 {
            limiter.take(address(1), now);
        }
        let account = Bearer::Account(AccountId([1; 16]));
        assert_eq!((0..200).filter(|_| limiter.take(account, now).is_allowed).count(), 100);
        assert!(limiter.take(address(2), now).is_allowed);
    }

    #[test]
    fn a_flood_of_addresses_takes_bounded_memory_and_is_limited_together() {
        let (limiter, now) = (limiter(), Instant::now());
        let known = Bearer::Account(AccountId([1; 16]));
        limiter.take(known, now);
        let many = BUCKETS_MAX as u32 + 1_000;
        let allowed = (0..many).filter(|&number| limiter.take(address(number), now).is_allowed).count();
        assert_eq!(allowed, BUCKETS_MAX - 1 + 20);
        assert!(limiter.state.lock().buckets.len() <= BUCKETS_MAX + 1);
        assert!(limiter.take(known, now).is_allowed);
        // When they are quiet again there is room.
        assert!(limiter.take(address(many), now + Duration::from_secs(5)).is_allowed);
        assert!(limiter.state.lock().buckets.len() < 3);
    }

    #[test]
    fn a_household_of_ipv6_has_one_bucket() {
        let address =
            |last| Bearer::of_address(Some(Ipv6Addr::new(0x2001, 0xdb8, 0, 7, 1, 2, 3, last).into()));
        assert_eq!(address(1), address(2));
        let mapped = Bearer::of_address(Some(Ipv4Addr::LOCALHOST.to_ipv6_mapped().into()));
        assert_eq!(mapped, Bearer::of_address(Some(Ipv4Addr::LOCALHOST.into())));
    }
}
