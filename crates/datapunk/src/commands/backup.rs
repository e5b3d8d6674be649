//! `datapunk backup`: everything into one file, checked, and back.

use crate::{
    backup::{self, Extent},
    brain, interrupt,
    output::{Output, say},
    place::Place,
    words,
};
use anyhow::Context as _;
use dp_backup::{Contents, Key, Lock, Progress, Watch};
use dp_lake::Vault as _;
use dp_nexus::http::BACKUP;
use dp_stream::{JobState, JobsQuery, Stream};
use fs_err as fs;
use futures::executor::block_on;
use jiff::Timestamp;
use std::{
    path::{Path, PathBuf},
    sync::Mutex,
    time::{Duration, Instant},
};

/// Time between lines that say how far it is.
const LINE_WAIT: Duration = Duration::from_secs(3);

#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, clap::Subcommand)]
enum What {
    /// Make a backup of everything, also while `serve` or an import runs
    Create(Create),
    /// Read a backup from its first byte to its last and say what is in it
    Verify {
        /// The backup
        file: PathBuf,
        #[command(flatten)]
        key: KeyArguments,
    },
    /// Restore a backup into an empty data directory, which --data-dir names
    Restore {
        /// The backup
        file: PathBuf,
        #[command(flatten)]
        key: KeyArguments,
    },
    /// List the backups in the folder that the configuration names
    List,
}

#[derive(Debug, clap::Args)]
struct Create {
    /// The file to make [default: one named for the time, in the folder of the configuration]
    #[arg(long, value_name = "FILE")]
    to: Option<PathBuf>,

    /// Encrypt it for whoever has the identity of this recipient of age, as age1…; can be given several times
    #[arg(long, value_name = "AGE1…", conflicts_with = "passphrase_file")]
    recipient: Vec<String>,

    /// Encrypt it with the passphrase in the first line of this file
    #[arg(long, value_name = "FILE")]
    passphrase_file: Option<PathBuf>,

    /// Do not encrypt it, though the configuration names recipients
    #[arg(long, conflicts_with_all = ["recipient", "passphrase_file"])]
    unencrypted: bool,

    /// Put models into it too, which could be pulled again
    #[arg(long)]
    with_models: bool,

    /// Leave out the text index and the vectors, which are made again when it is restored: smaller, and slower to restore
    #[arg(long)]
    without_indexes: bool,
}

#[derive(Debug, clap::Args)]
struct KeyArguments {
    /// The file with the identity that the backup was made for, as rage-keygen writes it
    #[arg(long, value_name = "FILE", conflicts_with = "passphrase_file")]
    identity: Option<PathBuf>,

    /// The file whose first line is the passphrase
    #[arg(long, value_name = "FILE")]
    passphrase_file: Option<PathBuf>,
}

impl KeyArguments {
    fn key(&self) -> anyhow::Result<Option<Key>> {
        Ok(match (&self.identity, &self.passphrase_file) {
            (Some(path), _) => Some(Key::from_identity_file(path)?),
            (None, Some(path)) => Some(Key::from_passphrase_file(path)?),
            (None, None) => None,
        })
    }
}

/// Whether it is what ends an interrupted restore.
pub(crate) fn is_restore(arguments: &Arguments) -> bool {
    matches!(arguments.what, What::Restore { .. })
}

pub(crate) fn run(place: &Place, arguments: &Arguments, output: &mut Output) -> anyhow::Result<()> {
    match &arguments.what {
        What::Create(create) => make(place, create, output),
        What::Verify { file, key } => {
            let key = key.key()?;
            let contents = watched(output.json, |watch| dp_backup::verify(file, key.as_ref(), watch))?;
            tell("is whole", file, &contents, output)
        }
        What::Restore { file, key } => restore(place, file, key.key()?.as_ref(), output),
        What::List => list(place, output),
    }
}

fn make(place: &Place, arguments: &Create, output: &mut Output) -> anyhow::Result<()> {
    anyhow::ensure!(
        place.directory.is_dir(),
        "there is nothing to back up: {} is not there",
        place.directory.display()
    );
    let lock = match (&arguments.passphrase_file, arguments.recipient.as_slice()) {
        (Some(path), _) => Some(Lock::with_passphrase_file(path)?),
        (None, []) if arguments.unencrypted => None,
        (None, []) => backup::usual_lock(place)?,
        (None, recipients) => Some(Lock::for_recipients(recipients)?),
    };
    backup::tidy(place);
    let to = match &arguments.to {
        Some(path) => path.clone(),
        None => {
            let folder = backup::folder(place);
            make_folder(&folder)?;
            let mark = format!("-{}", std::process::id());
            folder.join(backup::name_of(Timestamp::now(), &mark, lock.is_some()))
        }
    };
    let extent = Extent { with_models: arguments.with_models, with_indexes: !arguments.without_indexes };
    let contents = watched(output.json, |watch| backup::create(place, &to, lock.as_ref(), extent, watch))?;
    tell("was made and read back", &to, &contents, output)?;
    if !output.json && !contents.is_encrypted {
        output.line("It is not encrypted: whoever has the file can read it. --recipient or --passphrase-file changes that.")?;
    }
    Ok(())
}

/// Makes the folder of backups, for its owner only.
pub(crate) fn make_folder(folder: &Path) -> anyhow::Result<()> {
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder).with_context(|| format!("could not make {}", folder.display()))
}

fn tell(what: &str, file: &Path, contents: &Contents, output: &mut Output) -> anyhow::Result<()> {
    if output.json {
        let mut value = serde_json::to_value(contents)?;
        value["file"] = file.display().to_string().into();
        return output.value(&value);
    }
    output.line(format!("{} {what}.", file.display()))?;
    let created = &contents.header.created;
    let created = created.parse().map_or_else(|_| created.clone(), minute);
    output.line(format!(
        "{}, {} of {}{}, made {} by version {}.",
        words::counted(contents.files, "file", "files"),
        words::bytes(contents.size_bytes),
        words::bytes(contents.content_bytes),
        if contents.is_encrypted { ", encrypted" } else { "" },
        created,
        contents.header.program,
    ))
}

/// The minute on the clocks of this machine.
fn minute(instant: jiff::Timestamp) -> String {
    instant.to_zoned(jiff::tz::TimeZone::system()).strftime("%Y-%m-%d %H:%M").to_string()
}

fn restore(place: &Place, file: &Path, key: Option<&Key>, output: &mut Output) -> anyhow::Result<()> {
    let directory = &place.directory;
    let contents = watched(output.json, |watch| dp_backup::restore(file, key, directory, watch))?;
    // The configuration is there only now.
    let place = Place::find(Some(directory.clone()))?;
    call_off_backups(&place)?;
    for vault in vaults(&place)? {
        build_anew(&place, &vault, output.json)?;
    }
    tell("was restored", file, &contents, output)?;
    if output.json {
        return Ok(());
    }
    output.line(format!("Everything is in {}; `datapunk doctor` looks it over.", directory.display()))?;
    let available = brain::models(&place).list().unwrap_or_default();
    let is_missing = |name: &&String| available.iter().all(|manifest| manifest.name != **name);
    for name in contents.header.models.iter().filter(is_missing) {
        output.line(format!("The model {name} is not in it: `datapunk models pull {name}` gets it."))?;
    }
    if place.system_file().is_file() {
        output.line("Sessions and keys are as they were then; `datapunk user rotate-keys --void` voids access tokens.")?;
    }
    Ok(())
}

/// The backup was made by a job that ran when it was made: it would begin anew.
fn call_off_backups(place: &Place) -> anyhow::Result<()> {
    let path = place.system_file();
    if !path.is_file() {
        return Ok(());
    }
    let stream = Stream::open(&path)?;
    let query = JobsQuery {
        kinds: vec![BACKUP.to_owned()],
        states: vec![JobState::Queued, JobState::Running],
        limit: 200,
        ..JobsQuery::default()
    };
    for job in stream.jobs().list(&query)? {
        stream.jobs().cancel(job.id)?;
    }
    Ok(())
}

/// Folders of vaults that have a store.
fn vaults(place: &Place) -> anyhow::Result<Vec<PathBuf>> {
    let folder = place.directory.join("vaults");
    if !folder.is_dir() {
        return Ok(Vec::new());
    }
    let mut vaults = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.join("lake.db").is_file() {
            vaults.push(path);
        }
    }
    vaults.sort_unstable();
    Ok(vaults)
}

/// Makes what is left out of a backup, or was behind when it was made: the text index, and vectors as far as there is a model that is quick enough.
fn build_anew(place: &Place, directory: &Path, quiet: bool) -> anyhow::Result<()> {
    let vault = place.open_in(directory)?;
    let told = Mutex::new(Instant::now());
    let progress = |done: u64, total: u64| {
        let Ok(mut told) = told.lock() else { return };
        if !quiet && told.elapsed() >= LINE_WAIT {
            *told = Instant::now();
            say(&format!("made vectors of {} of {} documents", words::count(done), words::count(total)));
        }
    };
    block_on(vault.search().wait_indexed(u64::MAX))?;
    block_on(vault.embed_pending(&progress))?;
    Ok(())
}

fn list(place: &Place, output: &mut Output) -> anyhow::Result<()> {
    let folder = backup::folder(place);
    let files = dp_nexus::http::BackupFolder::new(folder.clone()).list()?;
    if output.json {
        return output.value(&files);
    }
    if files.is_empty() {
        return output.line(format!("There are no backups in {}.", folder.display()));
    }
    for file in files {
        let (created, size) = (minute(file.created), words::bytes(file.size_bytes));
        output.line(format!("{created}  {size:>9}  {}", file.name))?;
    }
    Ok(())
}

/// Does something that Ctrl-C calls off, and says how far it is.
fn watched<T, E>(quiet: bool, act: impl FnOnce(&mut Watch<'_>) -> Result<T, E>) -> anyhow::Result<T>
where
    anyhow::Error: From<E>,
{
    let cancelled = interrupt::listen()?;
    let mut told = Instant::now();
    let mut progress = |progress: Progress| {
        if quiet || told.elapsed() < LINE_WAIT {
            return;
        }
        told = Instant::now();
        let (done, all) = (words::bytes(progress.bytes_done), words::bytes(progress.bytes));
        say(&format!("{}: {done} of {all}", progress.stage.as_str()));
    };
    Ok(act(&mut Watch { cancelled, progress: &mut progress })?)
}
