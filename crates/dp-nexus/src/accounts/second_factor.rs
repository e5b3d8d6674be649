//! The second factor of an account: setting it up, taking its codes, and the recovery codes for when the
//! device that shows them is lost. Each code is taken once.

use super::{
    AccountError, Accounts, Secret,
    error::Context as _,
    secret::{Purpose, base32, code_hash, random_bytes, readable_code},
    totp::{SECRET_BYTES, looks_like_code, matching_step, otpauth_uri},
};
use crate::AccountId;
use jiff::Timestamp;
use rusqlite::{OptionalExtension as _, Transaction};

/// Recovery codes of an account.
const RECOVERY_CODES: usize = 10;

/// What an authenticator app needs. Shown once.
#[derive(Debug, Clone)]
pub struct TotpEnrolment {
    /// `otpauth://…`, for a QR code.
    pub uri: Secret,
    /// The same secret in base32, to be typed.
    pub secret: Secret,
}

impl Accounts {
    /// Makes a secret for an authenticator app. It counts for nothing before `confirm_second_factor`; another
    /// one takes its place.
    ///
    /// # Errors
    /// `SecondFactor` if there is one already, `NotFound`.
    pub fn begin_second_factor(&self, account: AccountId) -> Result<TotpEnrolment, AccountError> {
        let what = "set the second factor up";
        let secret: [u8; SECRET_BYTES] = random_bytes()?;
        self.store.write(what, |transaction| {
            let found = super::account::find(transaction, account)
                .context(what)?
                .ok_or(AccountError::NotFound("account"))?;
            if found.has_second_factor {
                return Err(AccountError::SecondFactor("is set up already; remove it first"));
            }
            transaction
                .execute(
                    "INSERT INTO totp (account, secret) VALUES (?1, ?2)
                     ON CONFLICT (account) DO UPDATE SET secret = ?2, last_step = 0",
                    (account, &secret[..]),
                )
                .context(what)?;
            Ok(TotpEnrolment {
                uri: Secret::new(otpauth_uri(&secret, &found.name)),
                secret: Secret::new(base32(&secret)),
            })
        })
    }

    /// Turns the second factor on, given a first code of it. Gives the recovery codes, which are shown once.
    ///
    /// # Errors
    /// `WrongCode`, `Throttled` after wrong ones, `SecondFactor` if none was begun or it is on already.
    pub fn confirm_second_factor(
        &self,
        account: AccountId,
        code: &str,
        now: Timestamp,
    ) -> Result<Vec<Secret>, AccountError> {
        let attempt = self.throttle.begin(&[super::Subject::Proof(account)], now)?;
        let what = "set the second factor up";
        let now_s = now.as_second();
        let codes = self.store.write(what, |transaction| {
            let row = find(transaction, account).context(what)?;
            let totp = row.ok_or(AccountError::SecondFactor("was not begun to be set up"))?;
            if totp.is_confirmed {
                return Err(AccountError::SecondFactor("is set up already"));
            }
            let step =
                matching_step(&totp.secret, code, now_s, totp.last_step).ok_or(AccountError::WrongCode)?;
            transaction
                .execute(
                    "UPDATE totp SET confirmed_s = ?, last_step = ? WHERE account = ?",
                    (now_s, step, account),
                )
                .context(what)?;
            renew_codes(transaction, account)
        })?;
        attempt.succeeded();
        Ok(codes)
    }

    /// Turns the second factor off; its recovery codes are void.
    ///
    /// # Errors
    /// `NotFound` if there is none.
    pub fn remove_second_factor(&self, account: AccountId) -> Result<(), AccountError> {
        let what = "remove the second factor";
        self.store.write(what, |transaction| {
            let removed =
                transaction.execute("DELETE FROM totp WHERE account = ?", [account]).context(what)?;
            transaction.execute("DELETE FROM recovery_codes WHERE account = ?", [account]).context(what)?;
            if removed == 0 { Err(AccountError::NotFound("second factor")) } else { Ok(()) }
        })
    }

    /// Ten new recovery codes; earlier ones are void.
    ///
    /// # Errors
    /// `NotFound` if there is no second factor.
    pub fn renew_recovery_codes(&self, account: AccountId) -> Result<Vec<Secret>, AccountError> {
        let what = "make recovery codes";
        self.store.write(what, |transaction| {
            let totp = find(transaction, account).context(what)?;
            if !totp.is_some_and(|totp| totp.is_confirmed) {
                return Err(AccountError::NotFound("second factor"));
            }
            renew_codes(transaction, account)
        })
    }

    /// How many recovery codes have not been used.
    ///
    /// # Errors
    /// If the database cannot be read.
    pub fn recovery_codes_left(&self, account: AccountId) -> Result<i64, AccountError> {
        self.store.read("count the recovery codes", |connection| {
            connection
                .prepare_cached("SELECT count(*) FROM recovery_codes WHERE account = ? AND used_s IS NULL")?
                .query_row([account], |row| row.get(0))
        })
    }

    /// Takes a code of the app or a recovery code, which is then used up.
    pub(super) fn take_code(
        &self,
        account: AccountId,
        code: &str,
        now: Timestamp,
    ) -> Result<(), AccountError> {
        let what = "check the code";
        self.store.write(what, |transaction| {
            let taken = if looks_like_code(code) {
                take_totp(transaction, account, code, now).context(what)?
            } else {
                take_recovery(transaction, account, code, now).context(what)?
            };
            if taken { Ok(()) } else { Err(AccountError::WrongCode) }
        })
    }
}

struct Totp {
    secret: [u8; SECRET_BYTES],
    is_confirmed: bool,
    last_step: i64,
}

fn find(transaction: &Transaction<'_>, account: AccountId) -> rusqlite::Result<Option<Totp>> {
    transaction
        .prepare_cached("SELECT secret, confirmed_s IS NOT NULL, last_step FROM totp WHERE account = ?")?
        .query_row([account], |row| {
            Ok(Totp { secret: row.get(0)?, is_confirmed: row.get(1)?, last_step: row.get(2)? })
        })
        .optional()
}

fn take_totp(
    transaction: &Transaction<'_>,
    account: AccountId,
    code: &str,
    now: Timestamp,
) -> rusqlite::Result<bool> {
    let Some(totp) = find(transaction, account)?.filter(|totp| totp.is_confirmed) else { return Ok(false) };
    let Some(step) = matching_step(&totp.secret, code, now.as_second(), totp.last_step) else {
        return Ok(false);
    };
    transaction.execute("UPDATE totp SET last_step = ? WHERE account = ?", (step, account))?;
    Ok(true)
}

fn take_recovery(
    transaction: &Transaction<'_>,
    account: AccountId,
    code: &str,
    now: Timestamp,
) -> rusqlite::Result<bool> {
    let Some(hash) = code_hash(Purpose::RecoveryCode, code) else { return Ok(false) };
    let used = transaction.execute(
        "UPDATE recovery_codes SET used_s = ? WHERE account = ? AND hash = ? AND used_s IS NULL",
        (now.as_second(), account, &hash[..]),
    )?;
    Ok(used == 1)
}

fn renew_codes(transaction: &Transaction<'_>, account: AccountId) -> Result<Vec<Secret>, AccountError> {
    let what = "make recovery codes";
    transaction.execute("DELETE FROM recovery_codes WHERE account = ?", [account]).context(what)?;
    let mut codes = Vec::with_capacity(RECOVERY_CODES);
    for _ in 0..RECOVERY_CODES {
        // 80 bits: not to be found from the hash either.
        let code = readable_code::<10>(4)?;
        let hash = code_hash(Purpose::RecoveryCode, &code).unwrap_or_default();
        transaction
            .execute("INSERT INTO recovery_codes (account, hash) VALUES (?, ?)", (account, &hash[..]))
            .context(what)?;
        codes.push(Secret::new(code));
    }
    Ok(codes)
}

#[cfg(test)]
mod tests {
    use super::super::{
        SignIn, Tokens,
        testing::{PASSWORD, World, at, sign_in},
        totp::code_at,
    };
    use super::*;

    struct Phone {
        secret: [u8; SECRET_BYTES],
    }

    impl Phone {
        fn of(world: &World) -> Self {
            let secret = world
                .accounts
                .store
                .read("read", |connection| {
                    connection.query_row("SELECT secret FROM totp", (), |row| row.get(0))
                })
                .unwrap();
            Self { secret }
        }

        fn code(&self, seconds: i64) -> String {
            code_at(&self.secret, at(seconds).as_second())
        }
    }

    fn enrolled() -> (World, AccountId, Phone, Vec<Secret>) {
        let (world, ada) = World::with_owner();
        world.accounts.begin_second_factor(ada).unwrap();
        let phone = Phone::of(&world);
        let codes = world.accounts.confirm_second_factor(ada, &phone.code(0), at(0)).unwrap();
        (world, ada, phone, codes)
    }

    fn come_in(world: &World, code: Option<&str>, seconds: i64) -> Result<Tokens, AccountError> {
        world.accounts.sign_in(&SignIn { code, ..sign_in("ada", PASSWORD) }, at(seconds))
    }

    #[test]
    fn the_app_is_given_the_secret_that_is_stored_and_it_is_not_printed() {
        let (world, ada) = World::with_owner();
        let enrolment = world.accounts.begin_second_factor(ada).unwrap();
        assert_eq!(enrolment.secret.expose(), base32(&Phone::of(&world).secret));
        assert!(enrolment.uri.expose().contains(enrolment.secret.expose()));
        assert!(!format!("{enrolment:?}").contains(enrolment.secret.expose()));
    }

    #[test]
    fn it_counts_only_once_a_code_was_shown() {
        let (world, ada) = World::with_owner();
        let begun = world.accounts.begin_second_factor(ada).unwrap();
        let begun_again = world.accounts.begin_second_factor(ada).unwrap();
        assert_ne!(begun.secret, begun_again.secret);
        assert!(come_in(&world, None, 0).is_ok());
        let wrong = world.accounts.confirm_second_factor(ada, "000000", at(0));
        assert!(matches!(wrong, Err(AccountError::WrongCode)));
        assert!(!world.accounts.get(ada).unwrap().unwrap().has_second_factor);
        let code = Phone::of(&world).code(0);
        assert_eq!(world.accounts.confirm_second_factor(ada, &code, at(0)).unwrap().len(), 10);
        assert!(world.accounts.get(ada).unwrap().unwrap().has_second_factor);
        assert!(matches!(world.accounts.begin_second_factor(ada), Err(AccountError::SecondFactor(_))));
        let twice = world.accounts.confirm_second_factor(ada, &Phone::of(&world).code(30), at(30));
        assert!(matches!(twice, Err(AccountError::SecondFactor(_))));
    }

    #[test]
    fn signing_in_takes_a_code_and_each_code_once() {
        let (world, _, phone, _) = enrolled();
        assert!(matches!(come_in(&world, None, 60), Err(AccountError::SecondFactorNeeded)));
        assert!(matches!(come_in(&world, Some("000000"), 60), Err(AccountError::WrongCode)));
        let code = phone.code(60);
        assert!(come_in(&world, Some(&code), 60).is_ok());
        assert!(matches!(come_in(&world, Some(&code), 61), Err(AccountError::WrongCode)));
        assert!(come_in(&world, Some(&phone.code(90)), 90).is_ok());
    }

    #[test]
    fn the_code_that_turned_it_on_is_used_up() {
        let (world, _, phone, _) = enrolled();
        assert!(matches!(come_in(&world, Some(&phone.code(0)), 1), Err(AccountError::WrongCode)));
    }

    #[test]
    fn a_wrong_password_does_not_say_that_a_code_is_needed() {
        let (world, _, phone, codes) = enrolled();
        let code = phone.code(60);
        for code in [None, Some(code.as_str()), Some(codes[0].expose())] {
            let asked = SignIn { code, ..sign_in("ada", "wrong") };
            assert!(matches!(world.accounts.sign_in(&asked, at(60)), Err(AccountError::WrongCredentials)));
        }
        assert_eq!(world.accounts.recovery_codes_left(codes_owner(&world)).unwrap(), 10);
    }

    fn codes_owner(world: &World) -> AccountId {
        world.accounts.find_by_name("ada").unwrap().unwrap().id
    }

    #[test]
    fn a_recovery_code_works_once_in_place_of_the_app() {
        let (world, ada, _, codes) = enrolled();
        let typed = codes[3].expose().to_lowercase();
        assert!(come_in(&world, Some(&typed), 60).is_ok());
        assert!(matches!(come_in(&world, Some(&typed), 61), Err(AccountError::WrongCode)));
        assert_eq!(world.accounts.recovery_codes_left(ada).unwrap(), 9);
        let renewed = world.accounts.renew_recovery_codes(ada).unwrap();
        assert!(matches!(come_in(&world, Some(codes[4].expose()), 62), Err(AccountError::WrongCode)));
        assert!(come_in(&world, Some(renewed[0].expose()), 63).is_ok());
    }

    #[test]
    fn codes_cannot_be_guessed_by_one_who_has_the_password() {
        let (world, _, _, _) = enrolled();
        let mut guesses = 0;
        for guess in 0..50 {
            let _ = come_in(&world, None, 60);
            if matches!(come_in(&world, Some(&format!("{guess:06}")), 60), Err(AccountError::WrongCode)) {
                guesses += 1;
            }
        }
        assert_eq!(guesses, 5);
    }

    #[test]
    fn without_it_the_password_is_enough_again() {
        let (world, ada, _, codes) = enrolled();
        world.accounts.remove_second_factor(ada).unwrap();
        assert!(come_in(&world, None, 60).is_ok());
        assert_eq!(world.accounts.recovery_codes_left(ada).unwrap(), 0);
        assert!(matches!(world.accounts.remove_second_factor(ada), Err(AccountError::NotFound(_))));
        assert!(matches!(world.accounts.renew_recovery_codes(ada), Err(AccountError::NotFound(_))));
        assert_eq!(codes.len(), 10);
    }

    #[test]
    fn recovery_codes_are_all_different_and_stored_only_as_hashes() {
        let (world, _, _, codes) = enrolled();
        let mut texts: Vec<&str> = codes.iter().map(Secret::expose).collect();
        texts.sort_unstable();
        texts.dedup();
        assert_eq!(texts.len(), 10);
        world.sql("PRAGMA wal_checkpoint(TRUNCATE)").unwrap();
        let file = std::fs::read(world.directory.path().join("system.db")).unwrap();
        for text in texts {
            let letters = text.replace('-', "");
            assert!(!file.windows(letters.len()).any(|window| window == letters.as_bytes()));
        }
    }
}
