//! Passwords: how good one is, how it is hashed and checked, and how it is changed. Argon2id with its
//! parameters beside each hash, so that they can grow.

use super::{
    AccountError, Accounts, Secret, Subject,
    error::Context as _,
    name::{Name, parse_name},
    session::revoke_all,
};
use crate::AccountId;
use argon2::{
    Algorithm, Argon2, Params, PasswordHash, PasswordHasher as _, PasswordVerifier as _, Version,
    password_hash,
};
use jiff::Timestamp;
use parking_lot::{Condvar, Mutex};
use rusqlite::OptionalExtension as _;
use serde::Serialize;
use unicode_normalization::UnicodeNormalization as _;

/// Memory of one hash, KiB: what OWASP names as the least for two passes.
const MEMORY_KIB: u32 = 19_456;
/// Passes over it.
const PASSES: u32 = 2;
/// Lanes.
const LANES: u32 = 1;
/// Fewest characters of a new password.
const MIN_CHARS: usize = 12;
/// Most bytes of any password.
const MAX_BYTES: usize = 1024;
/// Characters that its strength is judged by: the time taken grows faster than their number.
const JUDGED_CHARS: usize = 64;
/// The least that zxcvbn must say of a new password.
const MIN_SCORE: u8 = 2;
/// How many are hashed at once: more would only take memory.
const HASHES_AT_ONCE: usize = 4;

/// How hard a password is to guess.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Strength {
    /// 0 (guessed at once) to 4 (not guessed in centuries).
    pub score: u8,
    /// What is wrong with it.
    pub warning: Option<String>,
    /// What would make it better.
    pub suggestions: Vec<String>,
}

impl Strength {
    /// All that is said of it in one line.
    #[must_use]
    pub fn advice(&self) -> String {
        let said: Vec<&str> = self.warning.iter().chain(&self.suggestions).map(String::as_str).collect();
        if said.is_empty() { "Add another word or two.".to_owned() } else { said.join(" ") }
    }
}

/// How hard a password is to guess for somebody who knows `inputs`, such as the name of its account. Looks at
/// the first 64 characters; takes milliseconds, for texts that are made to be slow some tenths of a second.
#[must_use]
pub fn password_strength(password: &str, inputs: &[&str]) -> Strength {
    let inputs: Vec<&str> = inputs.iter().copied().chain(["datapunk"]).collect();
    let beginning: String = password.chars().take(JUDGED_CHARS).collect();
    let entropy = zxcvbn::zxcvbn(&beginning, &inputs);
    let feedback = entropy.feedback();
    Strength {
        score: entropy.score().into(),
        warning: feedback.and_then(|feedback| feedback.warning()).map(|warning| warning.to_string()),
        suggestions: feedback
            .map(|feedback| feedback.suggestions().iter().map(ToString::to_string).collect())
            .unwrap_or_default(),
    }
}

/// Refuses what is too short, too long or easily guessed.
pub(super) fn check_new_password(password: &str, inputs: &[&str]) -> Result<(), AccountError> {
    if password.len() > MAX_BYTES || password.chars().count() < MIN_CHARS {
        return Err(AccountError::PasswordLength { min_chars: MIN_CHARS, max_bytes: MAX_BYTES });
    }
    let strength = password_strength(password, inputs);
    if strength.score < MIN_SCORE {
        return Err(AccountError::TooWeak(strength));
    }
    Ok(())
}

/// Hashes and checks passwords, a few at once.
#[derive(Debug, Default)]
pub(super) struct Hasher {
    running: Mutex<usize>,
    finished: Condvar,
}

/// What checking a password said.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Check {
    Wrong,
    Right,
    /// Right, but hashed with less than is usual today.
    RightButOld,
}

impl Hasher {
    /// The password in PHC form.
    pub(super) fn hash(&self, password: &str) -> Result<Secret, AccountError> {
        let _turn = self.turn();
        argon2()?
            .hash_password(normalise(password).as_bytes())
            .map(|hash| Secret::new(hash.to_string()))
            .map_err(|_| AccountError::Cryptography("hash the password"))
    }

    /// Checks a password against a hash in PHC form; against none takes as long.
    pub(super) fn check(&self, password: &str, hash: Option<&str>) -> Result<Check, AccountError> {
        if password.len() > MAX_BYTES {
            return Ok(Check::Wrong);
        }
        let stand_in = stand_in();
        let known = hash.is_some();
        let damaged = |_| AccountError::Corrupt("a password is not kept in PHC form".to_owned());
        let hash = PasswordHash::new(hash.unwrap_or(&stand_in)).map_err(damaged)?;
        let _turn = self.turn();
        match argon2()?.verify_password(normalise(password).as_bytes(), &hash) {
            Ok(()) if !known => Ok(Check::Wrong),
            Ok(()) if is_weaker(&hash) => Ok(Check::RightButOld),
            Ok(()) => Ok(Check::Right),
            Err(password_hash::Error::PasswordInvalid) => Ok(Check::Wrong),
            Err(_) => Err(AccountError::Cryptography("check the password")),
        }
    }

    /// Waits until it is our turn.
    fn turn(&self) -> Turn<'_> {
        let mut running = self.running.lock();
        while *running >= HASHES_AT_ONCE {
            self.finished.wait(&mut running);
        }
        *running += 1;
        Turn { hasher: self }
    }
}

/// Leave to hash, given back when it is dropped.
struct Turn<'a> {
    hasher: &'a Hasher,
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        *self.hasher.running.lock() -= 1;
        self.hasher.finished.notify_one();
    }
}

fn argon2() -> Result<Argon2<'static>, AccountError> {
    let parameters = Params::new(MEMORY_KIB, PASSES, LANES, None)
        .map_err(|_| AccountError::Cryptography("set the hashing of passwords up"))?;
    Ok(Argon2::new(Algorithm::Argon2id, Version::V0x13, parameters))
}

/// A hash of no password, with the parameters of today.
fn stand_in() -> String {
    let (salt, hash) = ("A".repeat(22), "A".repeat(43));
    format!("$argon2id$v=19$m={MEMORY_KIB},t={PASSES},p={LANES}${salt}${hash}")
}

/// Whether it was made with less than is usual today.
fn is_weaker(hash: &PasswordHash) -> bool {
    hash.algorithm.as_str() != "argon2id"
        || Params::try_from(hash).map_or(true, |made| {
            made.m_cost() < MEMORY_KIB || made.t_cost() < PASSES || made.p_cost() < LANES
        })
}

/// The same letters give the same bytes on every keyboard.
fn normalise(password: &str) -> String {
    password.nfkc().collect()
}

impl Accounts {
    /// Changes a password by one who knows the old one, and ends all sessions of the account.
    ///
    /// # Errors
    /// `WrongCredentials`, `Throttled` after wrong ones, `PasswordLength`, `TooWeak`, `NotFound`.
    pub fn change_password(
        &self,
        id: AccountId,
        old: &str,
        new: &str,
        now: Timestamp,
    ) -> Result<(), AccountError> {
        self.confirm_password(id, old, now)?;
        self.reset_password(id, new, now)
    }

    /// Whether one who is signed in knows the account's password: asked before what cannot be undone.
    ///
    /// # Errors
    /// `WrongCredentials`, `Throttled` after wrong ones, `NotFound`.
    pub fn confirm_password(
        &self,
        id: AccountId,
        password: &str,
        now: Timestamp,
    ) -> Result<(), AccountError> {
        let attempt = self.throttle.begin(&[Subject::Proof(id)], now)?;
        let (_, hash) = self.named_hash(id)?;
        if self.hasher.check(password, hash.as_ref().map(Secret::expose))? == Check::Wrong {
            return Err(AccountError::WrongCredentials);
        }
        attempt.succeeded();
        Ok(())
    }

    /// Gives an account a new password without asking for the old one, and ends all its sessions.
    ///
    /// # Errors
    /// `PasswordLength`, `TooWeak`, `NotFound`.
    pub fn reset_password(&self, id: AccountId, new: &str, now: Timestamp) -> Result<(), AccountError> {
        let (name, _) = self.named_hash(id)?;
        let hash = self.hash_new_password(&name, new)?;
        let what = "change the password";
        self.store.write(what, |transaction| {
            let changed = transaction
                .execute("UPDATE accounts SET password = ? WHERE id = ?", (hash.expose(), id))
                .context(what)?;
            if changed == 0 {
                return Err(AccountError::NotFound("account"));
            }
            revoke_all(transaction, id, now)
        })
    }

    /// Keeps a better hash of the same password, unless it was changed in between. Gives that hash.
    pub(super) fn rehash(
        &self,
        id: AccountId,
        password: &str,
        before: &Secret,
    ) -> Result<Secret, AccountError> {
        let hash = self.hasher.hash(password)?;
        let what = "hash the password anew";
        self.store.write(what, |transaction| {
            transaction
                .execute(
                    "UPDATE accounts SET password = ? WHERE id = ? AND password = ?",
                    (hash.expose(), id, before.expose()),
                )
                .context(what)?;
            Ok(())
        })?;
        Ok(hash)
    }

    fn named_hash(&self, id: AccountId) -> Result<(Name, Option<Secret>), AccountError> {
        let found: Option<(String, Option<String>)> = self.store.read("find an account", |connection| {
            connection
                .prepare_cached("SELECT name, password FROM accounts WHERE id = ?")?
                .query_row([id], |row| Ok((row.get(0)?, row.get(1)?)))
                .optional()
        })?;
        let (name, hash) = found.ok_or(AccountError::NotFound("account"))?;
        Ok((parse_name(&name)?, hash.map(Secret::new)))
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{OTHER_PASSWORD, PASSWORD, World, at, sign_in};
    use super::*;
    use crate::Role;
    use std::time::{Duration, Instant};

    fn stored_hash(world: &World, id: AccountId) -> String {
        world.accounts.named_hash(id).unwrap().1.unwrap().expose().to_owned()
    }

    #[test]
    fn a_password_is_kept_as_argon2id_with_its_parameters() {
        let (world, ada) = World::with_owner();
        let hash = stored_hash(&world, ada);
        assert!(hash.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{hash}");
        let ben = world.add("ben", Role::Member);
        assert_ne!(hash, stored_hash(&world, ben), "the same password with another salt");
    }

    #[test]
    fn a_hash_with_fewer_passes_is_made_anew_when_its_password_comes() {
        let (world, ada) = World::with_owner();
        let weaker =
            Argon2::new(Algorithm::Argon2id, Version::V0x13, Params::new(8_192, 1, 1, None).unwrap());
        let weak_hash = weaker.hash_password(PASSWORD.as_bytes()).unwrap().to_string();
        world.sql(&format!("UPDATE accounts SET password = '{weak_hash}'")).unwrap();
        assert!(world.accounts.sign_in(&sign_in("ada", OTHER_PASSWORD), at(0)).is_err());
        assert_eq!(stored_hash(&world, ada), weak_hash);
        world.accounts.sign_in(&sign_in("ada", PASSWORD), at(0)).unwrap();
        let hash = stored_hash(&world, ada);
        assert!(hash.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{hash}");
        world.accounts.sign_in(&sign_in("ada", PASSWORD), at(0)).unwrap();
        assert_eq!(stored_hash(&world, ada), hash, "a good hash stays");
    }

    #[test]
    fn short_and_huge_passwords_are_refused() {
        for password in ["", "eleven char", &"x".repeat(1025), &"ä".repeat(11)] {
            let error = check_new_password(password, &[]).unwrap_err();
            assert!(matches!(error, AccountError::PasswordLength { min_chars: 12, .. }), "{error}");
        }
    }

    #[test]
    fn an_easily_guessed_password_is_refused_with_what_to_do() {
        for password in ["passwordpassword", "aaaaaaaaaaaaaaaa", "qwertyuiopasdf", "adaadaadaada"] {
            let AccountError::TooWeak(strength) = check_new_password(password, &["ada"]).unwrap_err() else {
                unreachable!("{password} is weak")
            };
            assert!(strength.score < 2 && !strength.advice().is_empty(), "{password}: {strength:?}");
        }
        let shown = check_new_password("passwordpassword", &[]).unwrap_err().to_string();
        assert!(!shown.contains("passwordpassword"), "{shown}");
    }

    #[test]
    fn nothing_but_length_and_guessing_is_asked_of_a_password() {
        check_new_password("all small letters without figures", &[]).unwrap();
        check_new_password("пароль из нескольких слов", &[]).unwrap();
    }

    #[test]
    fn a_password_that_holds_the_name_is_weaker() {
        let strength = |inputs: &[&str]| password_strength("wolfeschlegelstein", inputs).score;
        assert!(strength(&["wolfeschlegelstein"]) < strength(&[]));
    }

    #[test]
    fn letters_count_the_same_however_a_keyboard_composes_them() {
        let hasher = Hasher::default();
        let hash = hasher.hash("cafe\u{301} au lait tous les jours").unwrap();
        let check = |password| hasher.check(password, Some(hash.expose())).unwrap();
        assert_eq!(check("caf\u{e9} au lait tous les jours"), Check::Right);
        assert_eq!(check("cafe au lait tous les jours"), Check::Wrong);
    }

    #[test]
    fn changing_the_password_ends_all_sessions() {
        let (world, ada) = World::with_owner();
        let tokens = world.accounts.sign_in(&sign_in("ada", PASSWORD), at(0)).unwrap();
        let change = |old, new| world.accounts.change_password(ada, old, new, at(1));
        assert!(matches!(change("wrong", OTHER_PASSWORD), Err(AccountError::WrongCredentials)));
        assert!(world.accounts.authenticate_access(tokens.access.expose(), at(1)).is_ok());
        assert!(matches!(change(PASSWORD, "short"), Err(AccountError::PasswordLength { .. })));
        change(PASSWORD, OTHER_PASSWORD).unwrap();
        let gone = world.accounts.authenticate_access(tokens.access.expose(), at(1));
        assert!(matches!(gone, Err(AccountError::Revoked)), "{gone:?}");
        assert!(matches!(
            world.accounts.sign_in(&sign_in("ada", PASSWORD), at(2)),
            Err(AccountError::WrongCredentials)
        ));
        world.accounts.sign_in(&sign_in("ada", OTHER_PASSWORD), at(2)).unwrap();
    }

    #[test]
    fn guessing_the_old_password_is_throttled() {
        let (world, ada) = World::with_owner();
        for _ in 0..5 {
            let _ = world.accounts.change_password(ada, "wrong", OTHER_PASSWORD, at(0));
        }
        let sixth = world.accounts.change_password(ada, PASSWORD, OTHER_PASSWORD, at(0));
        assert!(matches!(sixth, Err(AccountError::Throttled { .. })), "{sixth:?}");
    }

    #[test]
    fn a_name_that_is_not_there_takes_as_long_as_a_wrong_password() {
        let hasher = Hasher::default();
        let hash = hasher.hash(PASSWORD).unwrap();
        let time = |hash: Option<&str>| {
            let begun = Instant::now();
            assert_eq!(hasher.check(OTHER_PASSWORD, hash).unwrap(), Check::Wrong);
            begun.elapsed()
        };
        let (mut there, mut absent) = (Duration::MAX, Duration::MAX);
        // In turns, and the quickest of each: other programs only make it slower.
        for _ in 0..6 {
            there = there.min(time(Some(hash.expose())));
            absent = absent.min(time(None));
        }
        // Without hashing it would be a thousandth.
        assert!(absent > there / 4 && absent < there * 4, "{there:?} and {absent:?}");
    }

    #[test]
    fn what_stands_in_for_an_absent_hash_costs_the_same_as_a_real_one() {
        let real = Hasher::default().hash(PASSWORD).unwrap();
        let (real, stand_in) = (PasswordHash::new(real.expose()).unwrap(), stand_in());
        let stand_in = PasswordHash::new(&stand_in).unwrap();
        assert_eq!((stand_in.algorithm, stand_in.version), (real.algorithm, real.version));
        assert_eq!(stand_in.params, real.params);
        let lengths = |hash: &PasswordHash| {
            (hash.salt.as_ref().unwrap().as_ref().len(), hash.hash.as_ref().unwrap().as_ref().len())
        };
        assert_eq!(lengths(&stand_in), lengths(&real));
    }
}
