//! `cargo xtask demo`: builds the program, lets it make up a life and import it, search it, and serves it.

use crate::{
    models,
    needs::{self, Need},
    process, repository,
};
use anyhow::Context as _;
use std::{net::SocketAddr, path::PathBuf, process::Command};

#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// Where the made-up life is kept [default: the folder `demo` beside the build, made anew]
    #[arg(long, value_name = "FOLDER")]
    data_dir: Option<PathBuf>,

    /// Which made-up life: the same number gives the same one
    #[arg(long, value_name = "N")]
    seed: Option<u64>,

    /// How many years of it
    #[arg(long, value_name = "N")]
    years: Option<u32>,

    /// How much of everything: 1 is a busy life, 0.01 a quick look
    #[arg(long, value_name = "F")]
    scale: Option<f64>,

    /// Build without a model: searching is by words only
    #[arg(long)]
    no_model: bool,

    /// Where the life is served in the end
    #[arg(long, default_value = "127.0.0.1:7766", value_name = "ADDRESS:PORT")]
    listen: SocketAddr,

    /// Don't serve it
    #[arg(long)]
    no_serve: bool,
}

pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<()> {
    needs::check(&[Need::Rust, Need::CCompiler])?;
    if arguments.no_model {
        repository::go_without_model();
    } else {
        models::ensure_static()?;
    }
    println!("Building; the first time takes some minutes.");
    let datapunk = repository::build_datapunk("release")?;
    let data_directory = match &arguments.data_dir {
        Some(folder) => folder.clone(),
        None => fresh_directory()?,
    };
    let mut demo = Command::new(&datapunk);
    demo.arg("demo").arg("--data-dir").arg(&data_directory);
    push(&mut demo, "--seed", arguments.seed);
    push(&mut demo, "--years", arguments.years);
    push(&mut demo, "--scale", arguments.scale);
    process::run(&mut demo)?;
    println!("\nThe program is {}; `datapunk --help` says what else it does.", datapunk.display());
    if arguments.no_serve {
        return Ok(());
    }
    println!();
    let mut serve = Command::new(&datapunk);
    serve
        .arg("serve")
        .arg("--data-dir")
        .arg(&data_directory)
        .arg("--listen")
        .arg(arguments.listen.to_string());
    process::run_in_place(&mut serve)
}

/// A life made up earlier, with another seed perhaps, must not mix with this one.
fn fresh_directory() -> anyhow::Result<PathBuf> {
    let folder = repository::target_directory()?.join("demo");
    if folder.exists() {
        fs_err::remove_dir_all(&folder).context("could not remove the demo made before")?;
    }
    Ok(folder)
}

fn push(command: &mut Command, flag: &str, value: Option<impl ToString>) {
    if let Some(value) = value {
        command.arg(flag).arg(value.to_string());
    }
}
