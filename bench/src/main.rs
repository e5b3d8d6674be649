//! `dp-bench`: measures, section by section, and writes what it found as JSON. `cargo xtask bench`
//! builds and runs it, and puts the figures into the documentation.
#![expect(clippy::print_stdout, reason = "this program's job is to print figures")]

mod background;
mod eval;
mod figure;
mod load;
mod machine;
mod meaning;
mod parse;
mod peer;
mod rounds;
mod vault;

use clap::{Args, Parser, Subcommand};
use figure::{Figure, Results};
use std::path::PathBuf;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Measures speed and memory over made-up files.
#[derive(Debug, Parser)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Measure, and write the figures
    Measure(Setting),
    /// Evaluate how well searching finds what is meant, and write the tables
    Eval(eval::Setting),
    /// Import into a vault and say how it went: what is measured in a process of its own
    #[command(hide = true)]
    ChildImport {
        /// Embed what comes in
        #[arg(long)]
        with_vectors: bool,
        /// The vault
        vault: PathBuf,
        /// The exports
        paths: Vec<PathBuf>,
    },
    /// Search a vault by meaning and say what memory that took
    #[command(hide = true)]
    ChildSearch {
        /// The vault
        vault: PathBuf,
    },
}

#[derive(Debug, Args)]
pub(crate) struct Setting {
    /// Folder for made-up files and vaults
    #[arg(long, value_name = "FOLDER")]
    pub(crate) work: PathBuf,

    /// Where the figures are written
    #[arg(long, value_name = "FILE")]
    out: PathBuf,

    /// Multiplies how much is made up and measured
    #[arg(long, default_value_t = 1.0, value_name = "F")]
    pub(crate) scale: f64,

    /// How often each thing is measured
    #[arg(long, default_value_t = 5, value_name = "N")]
    pub(crate) rounds: usize,

    /// Python that has the peer installed; without it nothing is compared
    #[arg(long, value_name = "PROGRAM")]
    pub(crate) peer: Option<PathBuf>,

    /// Only this section; can be given several times
    #[arg(long, value_name = "NAME")]
    section: Vec<String>,
}

type Section = fn(&Setting) -> anyhow::Result<Vec<Figure>>;

/// What is measured, in order.
const SECTIONS: &[(&str, Section)] = &[
    ("parse", parse::figures),
    ("vault", vault::figures),
    ("meaning", meaning::figures),
    ("background", background::figures),
];

/// What is measured only if it is asked for, for it has a table of its own.
const ON_ITS_OWN: &[(&str, Section)] = &[("load", load::figures)];

fn main() -> anyhow::Result<()> {
    match Arguments::parse().command {
        Command::Measure(setting) => measure(&setting),
        Command::Eval(setting) => eval::run(&setting),
        Command::ChildImport { with_vectors, vault, paths } => {
            println!("{}", serde_json::to_string(&vault::child_import(&vault, &paths, with_vectors)?)?);
            Ok(())
        }
        Command::ChildSearch { vault } => {
            println!("{}", meaning::child_search(&vault)?);
            Ok(())
        }
    }
}

fn measure(setting: &Setting) -> anyhow::Result<()> {
    let mut figures = Vec::new();
    let is_wanted = |name: &str| setting.section.iter().any(|wanted| wanted == name);
    let usual = SECTIONS.iter().filter(|(name, _)| setting.section.is_empty() || is_wanted(name));
    for (name, section) in usual.chain(ON_ITS_OWN.iter().filter(|(name, _)| is_wanted(name))) {
        // What an earlier run left would be measured with.
        if setting.work.exists() {
            fs_err::remove_dir_all(&setting.work)?;
        }
        fs_err::create_dir_all(&setting.work)?;
        println!("{name}");
        for figure in section(setting)? {
            println!("  {figure}");
            figures.push(figure);
        }
    }
    fs_err::remove_dir_all(&setting.work)?;
    let results =
        Results { machine: machine::describe(), date: jiff::Zoned::now().date().to_string(), figures };
    fs_err::write(&setting.out, serde_json::to_vec_pretty(&results)?)?;
    Ok(())
}
