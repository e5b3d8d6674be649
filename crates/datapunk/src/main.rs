//! `datapunk`: reads the command line, does what was asked with the vault of this machine or, where it only reads, with
//! that of a server. Nothing else.

mod backup;
mod brain;
mod commands;
mod interrupt;
mod output;
mod place;
mod progress;
mod reading;
mod words;

use clap::{CommandFactory as _, FromArgMatches as _, Parser, Subcommand};
use output::Output;
use place::Place;
use reading::{Local, Reading, ServerOptions};
use std::{path::PathBuf, process::ExitCode};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Your digital life, on your own machine: import the exports that companies must give you, keep
/// them for ever, and find anything in them. Nothing leaves this computer.
#[derive(Debug, Parser)]
#[command(version, about, max_term_width = 100)]
struct Arguments {
    /// Where everything is kept [default: the platform's data directory]
    #[arg(long, global = true, value_name = "FOLDER", env = "DATAPUNK_DATA_DIR")]
    data_dir: Option<PathBuf>,

    /// Print JSON instead of text
    #[arg(long, global = true)]
    json: bool,

    #[command(flatten)]
    server: ServerOptions,

    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Import exports: zip parts, tgz, unpacked folders or single files
    Import(commands::import::Arguments),
    #[command(flatten)]
    Reads(Reads),
    #[command(flatten)]
    Works(Works),
}

/// What only reads, and so can be asked of a server as well.
#[derive(Debug, Subcommand)]
enum Reads {
    /// List the imports there were
    Imports,
    /// Show what became of every file of an import
    Ledger(commands::ledger::Arguments),
    /// Write out the original bytes of an entry of an import
    Original(commands::original::Arguments),
    /// Find documents by words and by meaning
    Search(commands::search::Arguments),
    /// Documents whose meaning is near that of another
    Similar(commands::similar::Arguments),
    /// What other sources have of the hours around a document
    Around(commands::around::Arguments),
    /// What happened on this day in other years
    Onthisday(commands::onthisday::Arguments),
    /// How what is being typed may go on
    Suggest(commands::suggest::Arguments),
    /// Show everything about a document
    Show(commands::show::Arguments),
    /// List documents in order of time
    Timeline(commands::timeline::Arguments),
    /// Counts by source, kind and year, busiest days, top channels, sites, people and places
    Stats(commands::stats::Arguments),
    /// Write everything out in an open format
    Export(commands::export::Arguments),
}

/// What changes something or looks after this machine's data.
#[derive(Debug, Subcommand)]
enum Works {
    /// The models that find by meaning: list, pull, use, remove, personalise
    Models(commands::models::Arguments),
    /// Build the text index anew
    Reindex,
    /// Check the vault: versions, integrity, free space
    Doctor(commands::doctor::Arguments),
    /// Notes and other documents of your own: add, edit, delete
    Own(commands::own::Arguments),
    /// Star a document
    Star(commands::annotate::Star),
    /// Tag a document
    Tag(commands::annotate::Tag),
    /// Write a note on a document
    Note(commands::annotate::Note),
    /// Leave a document out of lists and searches
    Hide(commands::annotate::Hide),
    /// Remove a source or a document for good
    Forget(commands::forget::Arguments),
    /// Answer over HTTP: an API, for this machine unless it is told otherwise
    Serve(commands::serve::Arguments),
    /// Let an assistant on this machine search and read, over the Model Context Protocol
    Mcp(commands::mcp::Arguments),
    /// The accounts of `serve`: add, list, password, remove
    User(commands::user::Arguments),
    /// The log of who read or changed what through `serve`
    Audit(commands::audit::Arguments),
    /// Everything in one file: create, verify, restore, list
    Backup(commands::backup::Arguments),
    /// Make up a life, import it, and say what to try
    Demo(commands::demo::Arguments),
}

fn main() -> ExitCode {
    let matches = Arguments::command().get_matches();
    let arguments = Arguments::from_arg_matches(&matches).unwrap_or_else(|error| error.exit());
    let name = matches.subcommand_name().unwrap_or_default();
    let mut output = Output::new(arguments.json);
    match run(arguments, name, &mut output).and_then(|code| output.flush().map(|()| code)) {
        Ok(code) => code,
        // Whoever read our output has seen enough.
        Err(error) if output::is_broken_pipe(&error) => ExitCode::SUCCESS,
        Err(error) => {
            output::complain(&error);
            ExitCode::FAILURE
        }
    }
}

/// Does what was asked by the command of this name.
fn run(arguments: Arguments, name: &str, output: &mut Output) -> anyhow::Result<ExitCode> {
    if let Some(remote) = arguments.server.remote()? {
        let Command::Reads(command) = arguments.command else {
            anyhow::bail!(
                "`{name}` works on this machine and its own data, and {} was named with --server or DATAPUNK_SERVER; \
                 leave that out, or run `{name}` on the server's machine",
                remote.host()
            );
        };
        return read(&command, &remote, output).map(|()| ExitCode::SUCCESS);
    }
    let place = Place::find(arguments.data_dir)?;
    let is_restore = matches!(
        &arguments.command,
        Command::Works(Works::Backup(arguments)) if commands::backup::is_restore(arguments)
    );
    if !is_restore {
        place.ensure_whole()?;
    }
    match arguments.command {
        Command::Import(arguments) => commands::import::run(&place, arguments, output),
        Command::Reads(command) => read(&command, &Local::new(&place), output).map(|()| ExitCode::SUCCESS),
        Command::Works(command) => work(&place, command, output),
    }
}

fn read(command: &Reads, reading: &dyn Reading, output: &mut Output) -> anyhow::Result<()> {
    match command {
        Reads::Imports => commands::imports::run(reading, output),
        Reads::Ledger(arguments) => commands::ledger::run(reading, arguments, output),
        Reads::Original(arguments) => commands::original::run(reading, arguments, output),
        Reads::Search(arguments) => commands::search::run(reading, arguments, output),
        Reads::Similar(arguments) => commands::similar::run(reading, arguments, output),
        Reads::Around(arguments) => commands::around::run(reading, arguments, output),
        Reads::Onthisday(arguments) => commands::onthisday::run(reading, arguments, output),
        Reads::Suggest(arguments) => commands::suggest::run(reading, arguments, output),
        Reads::Show(arguments) => commands::show::run(reading, arguments, output),
        Reads::Timeline(arguments) => commands::timeline::run(reading, arguments, output),
        Reads::Stats(arguments) => commands::stats::run(reading, arguments, output),
        Reads::Export(arguments) => commands::export::run(reading, arguments, output),
    }
}

fn work(place: &Place, command: Works, output: &mut Output) -> anyhow::Result<ExitCode> {
    match command {
        Works::Models(arguments) => commands::models::run(place, &arguments, output),
        Works::Reindex => commands::reindex::run(place, output),
        Works::Doctor(arguments) => return commands::doctor::run(place, &arguments, output),
        Works::Own(arguments) => commands::own::run(place, &arguments, output),
        Works::Star(arguments) => commands::annotate::star(place, &arguments, output),
        Works::Tag(arguments) => commands::annotate::tag(place, &arguments, output),
        Works::Note(arguments) => commands::annotate::note(place, &arguments, output),
        Works::Hide(arguments) => commands::annotate::hide(place, &arguments, output),
        Works::Forget(arguments) => commands::forget::run(place, &arguments, output),
        Works::Serve(arguments) => commands::serve::run(place, arguments, output),
        Works::Mcp(arguments) => commands::mcp::run(place, arguments),
        Works::User(arguments) => commands::user::run(place, &arguments, output),
        Works::Audit(arguments) => return commands::audit::run(place, &arguments, output),
        Works::Backup(arguments) => commands::backup::run(place, &arguments, output),
        Works::Demo(arguments) => return commands::demo::run(place, &arguments, output),
    }
    .map(|()| ExitCode::SUCCESS)
}
