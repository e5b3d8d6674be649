//! `cargo xtask eval search`: how well searching finds what is meant, over a made-up life and test
//! collections, into `docs/benchmarks.md`.

use crate::{
    models,
    needs::{self, Need},
    page, process, repository,
};
use anyhow::ensure;
use std::{
    path::{Path, PathBuf},
    process::Command,
};

const PAGE: &str = "docs/benchmarks.md";
const MARK: &str = "cargo xtask eval search";
/// A collection that lies beside the repository where it is developed.
const CRANFIELD: &str = "../shared/samples/search/cranfield";

#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, clap::Subcommand)]
enum What {
    /// Questions to a made-up life, and test collections, in every way of searching
    Search(Search),
}

#[derive(Debug, clap::Args)]
struct Search {
    /// A folder in BEIR's format (corpus.jsonl, queries.jsonl, qrels.tsv); can be given several times.
    /// Without it, the Cranfield collection beside the repository is taken if it is there
    #[arg(long, value_name = "FOLDER")]
    beir: Vec<PathBuf>,

    /// How much of everything the life holds; other than 1, nothing is written to the documentation
    #[arg(long, default_value_t = 1.0, value_name = "F")]
    scale: f64,
}

pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<()> {
    let What::Search(search) = &arguments.what;
    for folder in &search.beir {
        ensure!(folder.is_dir(), "{} is no folder", folder.display());
    }
    needs::check(&[Need::Rust, Need::CCompiler])?;
    models::ensure_static()?;
    models::ensure_minilm()?;
    process::run(repository::cargo().args(["build", "--release", "--package", "dp-bench"]))?;
    let target = repository::target_directory()?;
    let out = target.join("eval-search.md");
    let mut bench = Command::new(target.join("release/dp-bench"));
    bench.arg("eval").arg("--work").arg(target.join("eval")).arg("--out").arg(&out);
    bench.args(["--scale", &search.scale.to_string()]);
    for folder in collections(search, &repository::root()) {
        bench.arg("--beir").arg(folder);
    }
    bench.env(models::TESTS_VARIABLE, models::folder()?);
    process::run(&mut bench)?;
    if (search.scale - 1.0).abs() < f64::EPSILON {
        page::write_between(PAGE, MARK, &fs_err::read_to_string(&out)?)?;
    }
    Ok(())
}

/// The folders asked for, or else the collection beside the repository.
fn collections(search: &Search, root: &Path) -> Vec<PathBuf> {
    if !search.beir.is_empty() {
        return search.beir.clone();
    }
    let cranfield = root.join(CRANFIELD);
    if cranfield.is_dir() { vec![cranfield] } else { Vec::new() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn collections_are_those_asked_for_or_the_one_beside_if_it_is_there() {
        let asked = Search { beir: vec!["a".into(), "b".into()], scale: 1.0 };
        assert_eq!(collections(&asked, Path::new("/nowhere")), [Path::new("a"), Path::new("b")]);
        let nothing = Search { beir: Vec::new(), scale: 1.0 };
        assert!(collections(&nothing, Path::new("/nowhere")).is_empty());
    }
}
