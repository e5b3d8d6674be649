//! `datapunk doctor`

use crate::{output::Output, place::Place, words};
use dp_lake::Vault as _;
use futures::executor::block_on;
use std::process::ExitCode;

#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// Skip the reading of every page; quicker on a large vault
    #[arg(long)]
    quick: bool,
}

pub(crate) fn run(place: &Place, arguments: &Arguments, output: &mut Output) -> anyhow::Result<ExitCode> {
    let vault = place.read()?;
    let health = block_on(vault.health(!arguments.quick))?;
    let sound = health.problems.is_empty()
        && health.projections.iter().all(|projection| projection.problems.is_empty());
    let code = if sound { ExitCode::SUCCESS } else { ExitCode::FAILURE };
    if output.json {
        let mut value = serde_json::to_value(&health)?;
        value["version"] = env!("CARGO_PKG_VERSION").into();
        value["data_directory"] = place.directory.display().to_string().into();
        value["sound"] = sound.into();
        output.value(&value)?;
        return Ok(code);
    }
    output.line(format!("datapunk    {}", env!("CARGO_PKG_VERSION")))?;
    for (name, version) in &health.engines {
        output.line(format!("{name:<11} {version}"))?;
    }
    output.line(format!("data        {}", place.directory.display()))?;
    output.line(format!("zone        {}", vault.home_zone()))?;
    output.line(format!("format      {}", health.format))?;
    output.line(format!("documents   {}", words::count(health.documents)))?;
    output.line(format!("samples     {}", words::count(health.samples)))?;
    output.line(format!("store       {}", words::bytes(health.store_bytes)))?;
    output.line(format!(
        "blobs       {} ({})",
        words::count(health.blobs),
        words::bytes(health.blob_bytes)
    ))?;
    output.line(format!("projections {}", words::bytes(health.projection_bytes)))?;
    output.line(format!("free        {}", words::bytes(health.free_bytes)))?;
    for problem in &health.problems {
        output.line(format!("PROBLEM in the store: {problem}"))?;
    }
    for projection in &health.projections {
        for problem in &projection.problems {
            output.line(format!(
                "PROBLEM in the {}: {problem}. `datapunk reindex` builds it anew",
                projection.name
            ))?;
        }
    }
    if sound {
        output.line("Everything is sound.")?;
    }
    Ok(code)
}
