//! `mutate`: tries every target with the inputs that once broke something, then with inputs changed at
//! random. Each target runs in a process of its own with bounded memory, so that whatever happens to it
//! is seen; the input in hand is kept in `regressions/`.

use anyhow::{Context as _, bail};
use clap::Parser;
use dp_fuzz::{Target, changes::changed, seeds, target_named, targets};
use rand::{RngExt as _, SeedableRng as _, rngs::StdRng};
use std::{
    collections::HashSet,
    env,
    io::{Seek as _, Write as _},
    path::{Path, PathBuf},
    process::{Child, Command},
    time::{Duration, Instant},
};

/// Processes at a time.
const SIDE_BY_SIDE: usize = 2;
/// Address space of one process. Inputs are at most 64 KiB, so whatever needs more is unbounded.
const MEMORY_KIB: u64 = 1 << 20;
/// An input of 64 KiB that takes longer is a way to stop an import.
const SLOW: Duration = Duration::from_secs(5);
/// Inputs that a target works on.
const POOL_MAX: usize = 400;

/// Tries the archive reader and every parser with inputs changed at random.
#[derive(Debug, Parser)]
struct Arguments {
    /// Seconds for each target
    #[arg(long, default_value_t = 5)]
    seconds: u64,

    /// Only targets whose name contains this
    #[arg(long, default_value = "", hide_default_value = true)]
    only: String,

    /// A folder of real files to begin with
    #[arg(long)]
    samples: Option<PathBuf>,

    /// Which changes: the same number tries the same ones
    #[arg(long, default_value_t = 0)]
    seed: u64,

    /// Write the inputs to begin with into this folder, and do no more
    #[arg(long)]
    write_seeds: Option<PathBuf>,

    /// Work on one target, in this process
    #[arg(long, hide = true, requires = "seeds")]
    inside: Option<String>,

    /// The inputs to begin with
    #[arg(long, hide = true)]
    seeds: Option<PathBuf>,
}

fn main() -> anyhow::Result<()> {
    let arguments = Arguments::parse();
    if let (Some(name), Some(folder)) = (&arguments.inside, &arguments.seeds) {
        let target = target_named(name).with_context(|| format!("there is no target {name}"))?;
        return work(target, folder, &arguments);
    }
    if let Some(folder) = &arguments.write_seeds {
        return seeds::write(folder, arguments.samples.as_deref());
    }
    supervise(&arguments)
}

/// Runs every target in processes of its own; names those that broke.
fn supervise(arguments: &Arguments) -> anyhow::Result<()> {
    let scratch = tempfile::tempdir()?;
    seeds::write(scratch.path(), arguments.samples.as_deref())?;
    let mut waiting: Vec<Target> =
        targets().into_iter().filter(|target| target.name().contains(&arguments.only)).rev().collect();
    let (mut running, mut broken): (Vec<(Target, Child)>, Vec<String>) = (Vec::new(), Vec::new());
    while !waiting.is_empty() || !running.is_empty() {
        while running.len() < SIDE_BY_SIDE
            && let Some(target) = waiting.pop()
        {
            running.push((target, start(target, scratch.path(), arguments)?));
        }
        std::thread::sleep(Duration::from_millis(20));
        for index in (0..running.len()).rev() {
            let Some(status) = running[index].1.try_wait()? else { continue };
            let (target, _) = running.remove(index);
            if !status.success() {
                let kept = keep(target, &in_hand(scratch.path(), target))?;
                broken.push(format!("{}: {status}; the input is {}", target.name(), kept.display()));
            }
        }
    }
    if broken.is_empty() {
        return Ok(());
    }
    bail!("{} targets broke:\n  {}", broken.len(), broken.join("\n  "))
}

/// Starts a target under a shell that bounds its memory.
fn start(target: Target, folder: &Path, arguments: &Arguments) -> anyhow::Result<Child> {
    let own = env::current_exe().context("this program does not know where it is")?;
    let script = format!("ulimit -v {MEMORY_KIB}; exec \"$0\" \"$@\"");
    let mut command = Command::new("sh");
    command.args(["-c", &script]).arg(own).args(["--inside", &target.name()]).arg("--seeds").arg(folder);
    command.args(["--seconds", &arguments.seconds.to_string(), "--seed", &arguments.seed.to_string()]);
    command.spawn().context("could not start a process for a target")
}

/// Works on one target until its time is up.
fn work(target: Target, folder: &Path, arguments: &Arguments) -> anyhow::Result<()> {
    let name = target.file_name();
    let regressions = seeds::read(&Path::new("regressions").join(&name))?;
    let begin =
        seeds::read(&folder.join(&name))?.into_iter().chain(seeds::read(&Path::new("seeds").join(&name))?);
    let (replayed, mut pool): (usize, Vec<Vec<u8>>) =
        (regressions.len(), regressions.into_iter().chain(begin).map(|(_, bytes)| bytes).collect());
    let began_with = pool.len() - replayed;
    pool.push(Vec::new());

    // One open file: to make it anew for each input would take longer than most inputs.
    let mut in_hand = fs_err::File::create(in_hand(folder, target))?;
    let mut behaviours = HashSet::new();
    let mut slowest = Duration::ZERO;
    let mut attempt = |bytes: &[u8]| -> anyhow::Result<bool> {
        in_hand.rewind()?;
        in_hand.write_all(bytes)?;
        in_hand.set_len(bytes.len() as u64)?;
        let started = Instant::now();
        let behaviour = target.read(bytes);
        slowest = slowest.max(started.elapsed());
        if slowest > SLOW {
            bail!("{} bytes took {slowest:.1?}", bytes.len());
        }
        Ok(behaviours.insert(behaviour))
    };
    for bytes in &pool {
        attempt(bytes)?;
    }
    let until = Instant::now() + Duration::from_secs(arguments.seconds);
    let mut dice = StdRng::seed_from_u64(arguments.seed);
    let mut tried = pool.len();
    while Instant::now() < until {
        let [one, other] = [(); 2].map(|()| dice.random_range(0..pool.len()));
        let bytes = changed(&pool[one], &pool[other], &mut dice);
        tried += 1;
        if attempt(&bytes)? {
            let place = if pool.len() < POOL_MAX { pool.len() } else { dice.random_range(0..pool.len()) };
            if place == pool.len() { pool.push(bytes) } else { pool[place] = bytes }
        }
    }
    println!(
        "{:<36} {replayed:>3} replayed  {began_with:>3} to begin with  {tried:>8} tried  {:>5} behaviours  slowest {slowest:.1?}",
        target.name(),
        behaviours.len(),
    );
    Ok(())
}

/// Where a target's process keeps the input in hand, for whoever finds the process dead.
fn in_hand(folder: &Path, target: Target) -> PathBuf {
    folder.join(format!("{}.in-hand", target.file_name()))
}

/// Keeps an input that broke a target, named by its content.
fn keep(target: Target, input: &Path) -> anyhow::Result<PathBuf> {
    let bytes = fs_err::read(input)?;
    let folder = Path::new("regressions").join(target.file_name());
    fs_err::create_dir_all(&folder)?;
    let path = folder.join(&blake3::hash(&bytes).to_hex()[..16]);
    fs_err::write(&path, bytes)?;
    Ok(path)
}
