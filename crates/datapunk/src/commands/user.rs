//! `datapunk user`: the accounts of `datapunk serve`.

use crate::{output::Output, place::Place};
use anyhow::{Context as _, ensure};
use dp_nexus::{
    Role,
    accounts::{Account, Accounts, NewAccount, OldKeys},
};
use dp_stream::Stream;
use jiff::Timestamp;
use std::io::{BufRead as _, IsTerminal as _, stdin};

#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, clap::Subcommand)]
enum What {
    /// Make an account; the first one is the owner's. Asks for the password, or reads one line of what is piped in
    Add {
        /// Its name
        name: String,
        /// What it is, if it is not the first
        #[arg(long, value_enum, default_value_t = RoleBy::Member)]
        role: RoleBy,
    },
    /// List the accounts
    List,
    /// Give an account a new password; all its sessions end
    Password {
        /// Its name
        name: String,
    },
    /// Remove an account. Its vault stays where it is
    Remove {
        /// Its name
        name: String,
    },
    /// Make a new key to sign access tokens with. Those that were signed before stay valid until they expire, for a
    /// quarter of an hour at most
    RotateKeys {
        /// Void them at once, for somebody else may have seen a key; clients get new ones by themselves
        #[arg(long)]
        void: bool,
    },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum RoleBy {
    /// Has a vault of its own
    Member,
    /// Reads what is shared with it
    Reader,
}

pub(crate) fn run(place: &Place, arguments: &Arguments, output: &mut Output) -> anyhow::Result<()> {
    let accounts = open(place)?;
    let now = Timestamp::now();
    match &arguments.what {
        What::List => list(&accounts, output),
        What::Add { name, role } => {
            let role = match role {
                RoleBy::Member => Role::Member,
                RoleBy::Reader => Role::Reader,
            };
            let password = new_password()?;
            let account = accounts.create(&NewAccount { name, password: Some(&password), role }, now)?;
            tell(&account, &format!("{} can sign in.", account.name), output)
        }
        What::Password { name } => {
            let account = named(&accounts, name)?;
            accounts.reset_password(account.id, &new_password()?, now)?;
            tell(
                &account,
                &format!("{} has a new password; every session of it has ended.", account.name),
                output,
            )
        }
        What::Remove { name } => {
            let account = named(&accounts, name)?;
            accounts.delete(account.id)?;
            Stream::open(&place.system_file())?.forget_account(&account.id.to_string())?;
            tell(&account, &format!("{} can't sign in any more.", account.name), output)
        }
        What::RotateKeys { void } => {
            let (old, said) = match void {
                true => {
                    (OldKeys::Drop, "Access tokens are signed with a new key, and no older one is valid.")
                }
                false => (OldKeys::Retire, "Access tokens are signed with a new key; older ones expire."),
            };
            accounts.rotate_keys(old, now)?;
            if output.json { output.value(&serde_json::json!({ "void": void })) } else { output.line(said) }
        }
    }
}

/// The accounts of the data directory.
pub(crate) fn open(place: &Place) -> anyhow::Result<Accounts> {
    fs_err::create_dir_all(&place.directory)?;
    Ok(Accounts::open(&place.system_file())?)
}

fn named(accounts: &Accounts, name: &str) -> anyhow::Result<Account> {
    accounts.find_by_name(name)?.with_context(|| {
        let there_are = accounts.list().unwrap_or_default().into_iter().map(|account| account.name);
        match there_are.collect::<Vec<_>>() {
            none if none.is_empty() => {
                format!("there is no account {name:?}; `datapunk user add NAME` makes the first")
            }
            names => format!("there is no account {name:?}; there are {}", names.join(", ")),
        }
    })
}

fn tell(account: &Account, text: &str, output: &mut Output) -> anyhow::Result<()> {
    if output.json { output.value(account) } else { output.line(text) }
}

fn list(accounts: &Accounts, output: &mut Output) -> anyhow::Result<()> {
    let accounts = accounts.list()?;
    if output.json {
        return output.value(&accounts);
    }
    if accounts.is_empty() {
        return output
            .line("There is no account. `datapunk user add NAME` makes the first, who owns everything.");
    }
    for account in accounts {
        let role = match account.role {
            Role::Owner => "owner",
            Role::Member => "member",
            Role::Reader => "reader",
        };
        let since = account.created.strftime("%Y-%m-%d");
        let disabled = if account.disabled.is_some() { ", disabled" } else { "" };
        output.line(format!("{:<24} {role}{disabled}, since {since}", account.name))?;
    }
    Ok(())
}

/// A password typed twice without being shown, or a line of what is piped in.
fn new_password() -> anyhow::Result<String> {
    if !stdin().is_terminal() {
        let mut line = String::new();
        stdin().lock().read_line(&mut line)?;
        let password = line.trim_end_matches(['\r', '\n']).to_owned();
        ensure!(!password.is_empty(), "there is no password: type it on a terminal, or pipe one line in");
        return Ok(password);
    }
    let password = rpassword::prompt_password("New password (12 characters or more): ")?;
    let again = rpassword::prompt_password("Once more: ")?;
    if password != again {
        anyhow::bail!("these were two different passwords");
    }
    Ok(password)
}
