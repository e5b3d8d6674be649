//! The first account: made on this machine, or from elsewhere by one who has the code that the program printed.

use super::{
    AccountError, Accounts, Secret,
    account::{Account, count, insert},
    error::Context as _,
    name::parse_name,
    secret::{Purpose, code_hash, readable_code},
};
use crate::Role;
use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension as _};
use subtle::ConstantTimeEq as _;

/// How long a code is good for.
const CODE_S: i64 = 60 * 60;

/// What shows that somebody may make the first account.
#[derive(Clone, Copy)]
pub enum SetupProof<'a> {
    /// They are on this machine.
    Local,
    /// They have read the code that was printed.
    Code(&'a str),
}

impl std::fmt::Debug for SetupProof<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Local => "Local",
            Self::Code(_) => "Code(…)",
        })
    }
}

impl Accounts {
    /// Whether there is no account yet.
    ///
    /// # Errors
    /// If the database cannot be read.
    pub fn needs_setup(&self) -> Result<bool, AccountError> {
        self.store.read("count the accounts", |connection| {
            connection
                .prepare_cached("SELECT NOT EXISTS (SELECT 1 FROM accounts)")?
                .query_row((), |row| row.get(0))
        })
    }

    /// A new set-up code, to be printed. Good for an hour and for one account; an earlier one is void.
    ///
    /// # Errors
    /// `SetupDone` if there is an account.
    pub fn new_setup_code(&self, now: Timestamp) -> Result<Secret, AccountError> {
        // 15 bytes are 24 letters: more than can ever be guessed.
        let code = readable_code::<15>(4)?;
        let what = "make a set-up code";
        self.store.write(what, |transaction| {
            if count(transaction)? > 0 {
                return Err(AccountError::SetupDone);
            }
            let hash = code_hash(Purpose::SetupCode, &code).unwrap_or_default();
            transaction
                .execute(
                    "INSERT INTO setup_code (id, hash, expires_s) VALUES (1, ?1, ?2)
                     ON CONFLICT (id) DO UPDATE SET hash = ?1, expires_s = ?2",
                    (&hash[..], now.as_second() + CODE_S),
                )
                .context(what)?;
            Ok(())
        })?;
        Ok(Secret::new(code))
    }

    /// Makes the first account, which owns everything, and voids the code.
    ///
    /// # Errors
    /// `SetupDone` if there is an account, `WrongSetupCode`, `InvalidName`, `PasswordLength`, `TooWeak`. After
    /// an error about name or password the code is still good.
    pub fn set_up(
        &self,
        name: &str,
        password: &str,
        proof: SetupProof<'_>,
        now: Timestamp,
    ) -> Result<Account, AccountError> {
        // Before the password is hashed: nobody without the code makes the machine work.
        self.store.read("check the set-up code", |connection| Ok(check_proof(connection, proof, now)))??;
        let name = parse_name(name)?;
        let hash = self.hash_new_password(&name, password)?;
        self.store.write("make the first account", |transaction| {
            check_proof(transaction, proof, now)?;
            let account = insert(transaction, &name, Some(&hash), Role::Owner, now)?;
            transaction.execute("DELETE FROM setup_code", ()).context("make the first account")?;
            Ok(account)
        })
    }
}

fn check_proof(connection: &Connection, proof: SetupProof<'_>, now: Timestamp) -> Result<(), AccountError> {
    if count(connection)? > 0 {
        return Err(AccountError::SetupDone);
    }
    let SetupProof::Code(code) = proof else { return Ok(()) };
    let stored: Option<([u8; 32], i64)> = connection
        .query_row("SELECT hash, expires_s FROM setup_code", (), |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()
        .context("check the set-up code")?;
    let (Some((hash, expires_s)), Some(given)) = (stored, code_hash(Purpose::SetupCode, code)) else {
        return Err(AccountError::WrongSetupCode);
    };
    if !bool::from(hash.ct_eq(&given)) || now.as_second() >= expires_s {
        return Err(AccountError::WrongSetupCode);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::super::testing::{PASSWORD, World, at};
    use super::*;

    fn set_up(world: &World, proof: SetupProof<'_>, seconds: i64) -> Result<Account, AccountError> {
        world.accounts.set_up("ada", PASSWORD, proof, at(seconds))
    }

    #[test]
    fn the_first_account_is_made_once_and_owns_everything() {
        let world = World::empty();
        assert!(world.accounts.needs_setup().unwrap());
        assert_eq!(set_up(&world, SetupProof::Local, 0).unwrap().role, Role::Owner);
        assert!(!world.accounts.needs_setup().unwrap());
        assert!(matches!(set_up(&world, SetupProof::Local, 1), Err(AccountError::SetupDone)));
        assert!(matches!(world.accounts.new_setup_code(at(1)), Err(AccountError::SetupDone)));
    }

    #[test]
    fn from_elsewhere_it_takes_the_printed_code() {
        let world = World::empty();
        let wrong = |result| assert!(matches!(result, Err(AccountError::WrongSetupCode)));
        wrong(set_up(&world, SetupProof::Code("AAAA-BBBB"), 0));
        let code = world.accounts.new_setup_code(at(0)).unwrap();
        for guess in ["", "AAAA-BBBB", &"A".repeat(1000), "ſſſſ"] {
            wrong(set_up(&world, SetupProof::Code(guess), 1));
        }
        let typed = code.expose().to_lowercase();
        assert!(set_up(&world, SetupProof::Code(&typed), 3599).is_ok());
    }

    #[test]
    fn a_code_expires_after_an_hour_and_a_new_one_voids_it() {
        let world = World::empty();
        let first = world.accounts.new_setup_code(at(0)).unwrap();
        assert!(matches!(
            set_up(&world, SetupProof::Code(first.expose()), 3600),
            Err(AccountError::WrongSetupCode)
        ));
        let second = world.accounts.new_setup_code(at(10)).unwrap();
        assert!(matches!(
            set_up(&world, SetupProof::Code(first.expose()), 11),
            Err(AccountError::WrongSetupCode)
        ));
        assert!(set_up(&world, SetupProof::Code(second.expose()), 11).is_ok());
    }

    #[test]
    fn a_weak_password_does_not_use_the_code_up() {
        let world = World::empty();
        let code = world.accounts.new_setup_code(at(0)).unwrap();
        let proof = SetupProof::Code(code.expose());
        assert!(matches!(
            world.accounts.set_up("ada", "passwordpassword", proof, at(1)),
            Err(AccountError::TooWeak(_))
        ));
        assert!(set_up(&world, proof, 2).is_ok());
    }

    #[test]
    fn of_many_who_set_up_at_once_one_succeeds() {
        let world = World::empty();
        let made = std::thread::scope(|scope| {
            let tries: Vec<_> =
                (0..4).map(|_| scope.spawn(|| set_up(&world, SetupProof::Local, 0))).collect();
            tries.into_iter().map(|made| made.join().unwrap()).filter(Result::is_ok).count()
        });
        assert_eq!(made, 1);
        assert_eq!(world.accounts.list().unwrap().len(), 1);
    }

    #[test]
    fn the_code_is_stored_only_as_a_hash_and_not_printed() {
        let world = World::empty();
        let code = world.accounts.new_setup_code(at(0)).unwrap();
        world.sql("PRAGMA wal_checkpoint(TRUNCATE)").unwrap();
        let file = std::fs::read(world.directory.path().join("system.db")).unwrap();
        let letters = code.expose().replace('-', "");
        for needle in [code.expose(), &letters] {
            assert!(!file.windows(needle.len()).any(|window| window == needle.as_bytes()));
        }
        assert!(!format!("{code:?} {:?}", SetupProof::Code(code.expose())).contains(&letters[..4]));
    }
}
