//! `datapunk`: reads the command line, opens the vault, does what was asked. Nothing else.

mod backup;
mod brain;
mod commands;
mod interrupt;
mod output;
mod place;
mod progress;
mod words;

use clap::{Parser, Subcommand};
use output::Output;
use place::Place;
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

    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Import exports: zip parts, tgz, unpacked folders or single files
    Import(commands::import::Arguments),
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
    /// The models that find by meaning: list, pull, use, remove, personalise
    Models(commands::models::Arguments),
    /// Show everything about a document
    Show(commands::show::Arguments),
    /// List documents in order of time
    Timeline(commands::timeline::Arguments),
    /// Counts by source, kind and year, busiest days, top channels, sites, people and places
    Stats(commands::stats::Arguments),
    /// Write everything out in an open format
    Export(commands::export::Arguments),
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
    let arguments = Arguments::parse();
    let mut output = Output::new(arguments.json);
    match run(arguments, &mut output).and_then(|code| output.flush().map(|()| code)) {
        Ok(code) => code,
        // Whoever read our output has seen enough.
        Err(error) if output::is_broken_pipe(&error) => ExitCode::SUCCESS,
        Err(error) => {
            output::complain(&error);
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: Arguments, output: &mut Output) -> anyhow::Result<ExitCode> {
    let place = Place::find(arguments.data_dir)?;
    let is_restore =
        matches!(&arguments.command, Command::Backup(arguments) if commands::backup::is_restore(arguments));
    if !is_restore {
        place.ensure_whole()?;
    }
    match arguments.command {
        Command::Import(arguments) => return commands::import::run(&place, arguments, output),
        Command::Imports => commands::imports::run(&place, output),
        Command::Ledger(arguments) => commands::ledger::run(&place, &arguments, output),
        Command::Original(arguments) => commands::original::run(&place, &arguments, output),
        Command::Search(arguments) => commands::search::run(&place, &arguments, output),
        Command::Similar(arguments) => commands::similar::run(&place, &arguments, output),
        Command::Around(arguments) => commands::around::run(&place, &arguments, output),
        Command::Onthisday(arguments) => commands::onthisday::run(&place, &arguments, output),
        Command::Suggest(arguments) => commands::suggest::run(&place, &arguments, output),
        Command::Models(arguments) => commands::models::run(&place, &arguments, output),
        Command::Show(arguments) => commands::show::run(&place, &arguments, output),
        Command::Timeline(arguments) => commands::timeline::run(&place, &arguments, output),
        Command::Stats(arguments) => commands::stats::run(&place, &arguments, output),
        Command::Export(arguments) => commands::export::run(&place, &arguments, output),
        Command::Reindex => commands::reindex::run(&place, output),
        Command::Doctor(arguments) => return commands::doctor::run(&place, &arguments, output),
        Command::Own(arguments) => commands::own::run(&place, &arguments, output),
        Command::Star(arguments) => commands::annotate::star(&place, &arguments, output),
        Command::Tag(arguments) => commands::annotate::tag(&place, &arguments, output),
        Command::Note(arguments) => commands::annotate::note(&place, &arguments, output),
        Command::Hide(arguments) => commands::annotate::hide(&place, &arguments, output),
        Command::Forget(arguments) => commands::forget::run(&place, &arguments, output),
        Command::Serve(arguments) => commands::serve::run(&place, arguments, output),
        Command::Mcp(arguments) => commands::mcp::run(&place, arguments),
        Command::User(arguments) => commands::user::run(&place, &arguments, output),
        Command::Audit(arguments) => return commands::audit::run(&place, &arguments, output),
        Command::Backup(arguments) => commands::backup::run(&place, &arguments, output),
        Command::Demo(arguments) => return commands::demo::run(&place, &arguments, output),
    }
    .map(|()| ExitCode::SUCCESS)
}
