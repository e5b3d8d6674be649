//! `datapunk mcp`: the vault for an assistant on this machine, over the Model Context Protocol. Nothing but its messages
//! goes to standard output.

use super::{serve, user};
use crate::{brain, place::Place};
use anyhow::Context as _;
use dp_lake::{Day, days_of_text};
use dp_nexus::{
    AccountId, Role, Scope,
    accounts::Accounts,
    mcp::{Local, answer_lines},
};
use std::sync::Arc;

#[derive(Debug, clap::Args)]
#[command(
    after_help = "It is started by the assistant's program and speaks the Model Context Protocol over standard input \
                        and output. What it may see is what the options leave; it never changes anything."
)]
pub(crate) struct Arguments {
    /// Show only this source and those below it, such as google or google.youtube; can be given several times
    #[arg(long)]
    source: Vec<String>,

    /// Show nothing before this day: 2019, 2019-06 or 2019-06-14
    #[arg(long, value_name = "DAY", value_parser = first_day)]
    from: Option<Day>,

    /// Show nothing after this day; with --from or --until, nothing undated either
    #[arg(long, value_name = "DAY", value_parser = day_past)]
    until: Option<Day>,
}

pub(crate) fn run(place: &Place, arguments: Arguments) -> anyhow::Result<()> {
    serve::say_what_happens();
    let scope = Scope {
        read: true,
        sources: arguments.source,
        from: arguments.from,
        until: arguments.until,
        ..Scope::default()
    };
    // Queries of an assistant are not the person's: none is remembered, and theirs are not suggested.
    let engine = brain::engine_over(place, Arc::new(place.read()?));
    let local = Local { engine: Arc::new(engine), scope, log: log(place)? };
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    Ok(runtime.block_on(answer_lines(local, tokio::io::stdin(), tokio::io::stdout()))?)
}

/// The access log and whom calls are noted for: the owner, if there are accounts.
fn log(place: &Place) -> anyhow::Result<Option<(Arc<Accounts>, AccountId)>> {
    if !place.system_file().is_file() {
        return Ok(None);
    }
    // Who has accounts is told who reads what; without the log nothing is read.
    let accounts = user::open(place).context("what is read can't be noted in the access log")?;
    let owner = accounts.list()?.into_iter().find(|account| account.role == Role::Owner);
    Ok(owner.map(|owner| (Arc::new(accounts), owner.id)))
}

fn first_day(text: &str) -> Result<Day, String> {
    days_of_text(text).map(|(first, _)| first)
}

fn day_past(text: &str) -> Result<Day, String> {
    days_of_text(text).map(|(_, last)| last.saturating_add(1))
}
