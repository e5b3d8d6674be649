//! `datapunk serve`: opens the vaults of the accounts as they come and answers over HTTP until it is stopped.

mod backups;
mod encryption;
mod entries;
mod files;
mod imports;
mod limits;
mod maintenance;
mod sign_in;

use super::{forget, user};
use crate::{backup, brain, output::Output, place::Place};
use anyhow::{Context as _, ensure};
use backups::BackupJobs;
use dp_cortex::engine::Engine;
use dp_lake::OnChange;
use dp_nexus::{
    AccountId, Principal, Role,
    accounts::Accounts,
    http::{
        App, BACKUP, BackupFolder, Backups, ChangeEvents, Door, ENTRY, Files, HomeError, Homes, IMPORT,
        Limits, Privacy, Settings, Tls, Works, announce, encrypted, prompt, serve,
    },
    uploads::Staging,
};
use dp_stream::{Handler, Options, Runner, Stream};
use entries::EntryJobs;
use imports::ImportJobs;
use jiff::Timestamp;
use std::{
    collections::HashMap,
    net::{IpAddr, SocketAddr},
    path::PathBuf,
    sync::{Arc, Mutex, PoisonError},
};
use tokio::net::TcpListener;

#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// Address and port to listen on
    #[arg(long, default_value = "127.0.0.1:7766", value_name = "ADDRESS:PORT")]
    listen: SocketAddr,

    /// A name that the server answers to besides localhost; can be given several times
    #[arg(long, value_name = "NAME")]
    host: Vec<String>,

    /// The path that everything lies under behind a proxy, such as /life
    #[arg(long, default_value = "", value_name = "PATH")]
    base_path: String,

    /// A proxy whose X-Forwarded-For is believed; can be given several times
    #[arg(long, value_name = "ADDRESS")]
    trusted_proxy: Vec<IpAddr>,

    /// Browsers reach it by way of a proxy that speaks TLS: cookies are for encrypted connections only
    #[arg(long)]
    behind_tls: bool,

    /// Tell Prometheus at /metrics of this address and port how many requests there are and how long they take; of
    /// what is asked it tells nothing
    #[arg(long, value_name = "ADDRESS:PORT")]
    metrics: Option<SocketAddr>,

    /// Speak TLS with this certificate, a PEM file with those that vouch for it. Read again when it changes
    #[arg(long, value_name = "FILE", requires = "tls_key")]
    tls_cert: Option<PathBuf>,

    /// The certificate's private key, a PEM file
    #[arg(long, value_name = "FILE", requires = "tls_cert")]
    tls_key: Option<PathBuf>,

    /// Listen on an address that other machines reach, though nothing is encrypted: behind a proxy that does
    /// that, or in a network you trust
    #[arg(long)]
    unencrypted: bool,
}

pub(crate) fn run(place: &Place, arguments: Arguments, output: &mut Output) -> anyhow::Result<()> {
    say_what_happens();
    let given = arguments.tls_cert.clone().zip(arguments.tls_key.clone());
    let tls = encryption::read(given, &place.config.server)?;
    // Figures are told in the clear in any case.
    let in_the_clear = tls.is_none().then_some(arguments.listen).into_iter().chain(arguments.metrics);
    for address in in_the_clear {
        ensure!(
            address.ip().is_loopback() || arguments.unencrypted,
            "other machines could reach {address}, and nothing would be encrypted; name a certificate with \
             --tls-cert and --tls-key, listen on 127.0.0.1 behind a proxy that encrypts, or say --unencrypted"
        );
    }
    let accounts = Arc::new(user::open(place)?);
    let stream = Stream::open_with(
        &place.system_file(),
        Options { announce: Some(Arc::new(announce)), ..Options::default() },
    )?;
    let change_events = ChangeEvents::start(&stream)?;
    let homes = Arc::new(Vaults::new(place.clone(), Arc::clone(&accounts), change_events));
    // What can't be opened is said now, not to the first who asks.
    homes.open_owners()?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let staging = Staging::open(&place.directory.join("staging"), limits::of_uploads(&place.config.server))?;
    let imports = Arc::new(ImportJobs {
        place: place.clone(),
        accounts: Arc::clone(&accounts),
        vaults: Arc::clone(&homes),
        staging: staging.clone(),
    });
    // Only who has the staging area open runs jobs here: what another process left is taken up at once.
    stream.jobs().take_up_orphans()?;
    // One import at a time: two would share the same cores and disk, and the vault takes turns anyway.
    let entries: Arc<dyn Handler> = Arc::new(EntryJobs(Arc::clone(&imports)));
    let handlers =
        HashMap::from([(IMPORT.to_owned(), imports as Arc<dyn Handler>), (ENTRY.to_owned(), entries)]);
    let runner = Runner::start(&stream, handlers, 1)?;
    // A backup need not wait for the end of a long import.
    let backups: Arc<dyn Handler> = Arc::new(BackupJobs { place: place.clone() });
    let backup_runner = Runner::start(&stream, HashMap::from([(BACKUP.to_owned(), backups)]), 1)?;
    backup::tidy(place);
    backups::schedule(place, &accounts, stream.jobs())?;
    let maintenance = maintenance::start(&stream, staging.clone(), Arc::clone(&homes))?;
    let works = Works::new(stream.clone(), staging.clone(), place.config.server.import_folders.clone());
    let backups = Backups::new(stream.clone(), BackupFolder::new(backup::folder(place)), check_recipient);
    let privacy = Privacy::new(Arc::clone(&accounts), Arc::clone(brain::models(place).privacy_log()));
    let works = (works, backups, privacy, files::of(place, staging), stream);
    let answered = runtime.block_on(answer(arguments, tls, accounts, homes, works, output));
    // What runs is told to stop, keeps what it did, and goes on at the next start.
    runner.stop();
    backup_runner.stop();
    maintenance.stop();
    answered?;
    output.line("Stopped.")
}

/// Says of a recipient what is wrong with it.
fn check_recipient(text: &str) -> Result<(), String> {
    dp_backup::Lock::for_recipients(&[text.to_owned()]).map(drop).map_err(|error| error.to_string())
}

async fn answer(
    arguments: Arguments,
    tls: Option<Tls>,
    accounts: Arc<Accounts>,
    homes: Arc<Vaults>,
    (works, backups, privacy, files, stream): (Works, Backups, Privacy, Files, Stream),
    output: &mut Output,
) -> anyhow::Result<()> {
    let listener = bind(arguments.listen, "--listen 127.0.0.1:7777").await?;
    let metrics = match arguments.metrics {
        Some(address) => Some(bind(address, "--metrics 127.0.0.1:9777").await?),
        None => None,
    };
    let address = listener.local_addr()?;
    let data_directory = homes.place.directory.display().to_string();
    let connection_limits = limits::of_connections(&homes.place.config.server);
    let mut settings = Settings {
        base_path: arguments.base_path,
        trusted_proxies: arguments.trusted_proxy,
        is_encrypted: arguments.behind_tls || tls.is_some(),
        ..limits::of_requests(&homes.place.config.server)
    };
    settings.hosts.extend(arguments.host.iter().map(|host| host.to_lowercase()));
    let door = Door::new(Arc::clone(&accounts), &settings)?;
    if let Some(oidc) = &homes.place.config.oidc {
        door.sign_in_with(sign_in::settings(oidc)?);
    }
    door.on_removal(move |account| {
        if let Err(error) = stream.forget_account(&account.to_string()) {
            tracing::warn!(%error, "jobs and events of an account that was removed are still kept");
        }
    });
    let app = App::new(homes, Arc::new(door.clone()), settings);
    let more = privacy.join(backups.join(files.join(works.join(door.routes()))));
    let routes = dp_nexus::http::router_with(&app, more);
    let scheme = if tls.is_some() { "https" } else { "http" };
    output.line(format!(
        "Listening on {scheme}://{address}; the API is described at {scheme}://{address}/api/docs"
    ))?;
    if accounts.needs_setup()? {
        let code = accounts.new_setup_code(Timestamp::now())?;
        output.line(format!(
            "There is no account yet. `datapunk user add --data-dir {data_directory:?} NAME` makes the first one, or \
             POST /api/v1/setup on this machine; from another machine it takes this code, for an hour: {}",
            code.expose()
        ))?;
    }
    if let Some(listener) = &metrics {
        output.line(format!("Figures for Prometheus are at http://{}/metrics", listener.local_addr()?))?;
    }
    output.line("Ctrl-C stops it.")?;
    output.flush()?;
    let telling = metrics.map(|listener| tokio::spawn(tell(listener, app.clone())));
    let stopped = async {
        stopped().await;
        works.close();
    };
    match tls {
        Some(tls) => {
            let renewing = tokio::spawn(encryption::renew(tls.clone()));
            serve(encrypted(prompt(listener), tls), app, routes, connection_limits, stopped).await;
            renewing.abort();
        }
        None => serve(prompt(listener), app, routes, connection_limits, stopped).await,
    }
    if let Some(telling) = telling {
        telling.abort();
    }
    door.close().await;
    Ok(())
}

async fn bind(address: SocketAddr, another: &str) -> anyhow::Result<TcpListener> {
    TcpListener::bind(address).await.with_context(|| {
        format!("can't listen on {address}; is something else there? Another port: {another}")
    })
}

/// Tells figures until it is ended.
async fn tell(listener: TcpListener, app: App) {
    let routes = dp_nexus::http::metrics(&app);
    serve(prompt(listener), app, routes, Limits::default(), std::future::pending()).await;
}

/// Ends when the program is told to stop.
async fn stopped() {
    let interrupted = async {
        if tokio::signal::ctrl_c().await.is_err() {
            // It can't be asked that way, so it is not.
            std::future::pending::<()>().await;
        }
    };
    #[cfg(unix)]
    let terminated = async {
        match tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate()) {
            Ok(mut signal) => drop(signal.recv().await),
            Err(_) => std::future::pending::<()>().await,
        }
    };
    #[cfg(not(unix))]
    let terminated = std::future::pending::<()>();
    tokio::select! {
        () = interrupted => {}
        () = terminated => {}
    }
}

/// Warnings and errors go to standard error; `RUST_LOG` asks for more.
pub(crate) fn say_what_happens() {
    let filter = tracing_subscriber::EnvFilter::try_from_default_env()
        .unwrap_or_else(|_| tracing_subscriber::EnvFilter::new("warn"));
    // It would tell whole answers: what an assistant reads is in no log.
    let filter = match "rmcp=warn".parse() {
        Ok(directive) => filter.add_directive(directive),
        Err(_) => filter,
    };
    // Somebody who listens already goes on listening.
    let _ = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).try_init();
}

/// The vaults of the accounts, opened when they are first asked for, and for good.
struct Vaults {
    place: Place,
    accounts: Arc<Accounts>,
    /// Tells of what changes in them.
    change_events: ChangeEvents,
    open: Mutex<HashMap<Home, Arc<Engine>>>,
}

/// Whose vault it is: the owner's is that of the command line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Home {
    Owner,
    Member(AccountId),
}

impl Vaults {
    fn new(place: Place, accounts: Arc<Accounts>, change_events: ChangeEvents) -> Self {
        Self { place, accounts, change_events, open: Mutex::default() }
    }

    /// What tells the accounts whose vault it is of its changes.
    fn listener(&self, home: Home) -> OnChange {
        let accounts = Arc::clone(&self.accounts);
        self.change_events.listener(move || match home {
            Home::Member(account) => vec![account.to_string()],
            Home::Owner => {
                let all = accounts.list().unwrap_or_else(|error| {
                    tracing::warn!(%error, "nobody is told of changes in the owner's vault");
                    Vec::new()
                });
                let owners = all.into_iter().filter(|account| account.role == Role::Owner);
                owners.map(|account| account.id.to_string()).collect()
            }
        })
    }

    fn open_owners(&self) -> anyhow::Result<()> {
        self.engine_of(Home::Owner).map(drop)
    }

    /// Removes the blobs of open vaults that nothing refers to.
    fn sweep_blobs(&self) -> Result<(), dp_lake::LakeError> {
        let open: Vec<Arc<Engine>> = {
            let open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
            open.values().map(Arc::clone).collect()
        };
        open.iter().try_for_each(|engine| forget::sweep_blobs(&**engine.vault()))
    }

    /// Where the vault lies.
    fn directory(&self, home: Home) -> PathBuf {
        match home {
            Home::Owner => self.place.vault_directory(),
            Home::Member(account) => self.place.vault_directory_of(&account.to_string()),
        }
    }

    fn engine_of(&self, home: Home) -> anyhow::Result<Arc<Engine>> {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(engine) = open.get(&home) {
            return Ok(Arc::clone(engine));
        }
        let vault = self.place.open_told(&self.directory(home), self.listener(home))?;
        let engine = brain::engine_over(&self.place, Arc::new(vault));
        let engine = Arc::new(match home {
            Home::Owner => engine.with_history(brain::history(&self.place)),
            Home::Member(_) => engine,
        });
        open.insert(home, Arc::clone(&engine));
        Ok(engine)
    }
}

/// None for who has no vault.
fn home_of(principal: &Principal) -> Option<Home> {
    match principal.role {
        Role::Owner => Some(Home::Owner),
        Role::Member => Some(Home::Member(principal.account)),
        Role::Reader => None,
    }
}

impl Homes for Vaults {
    fn engine(&self, principal: &Principal) -> Result<Arc<Engine>, HomeError> {
        let home = home_of(principal).ok_or(HomeError::NoVault(principal.account))?;
        self.engine_of(home).map_err(|error| HomeError::Unavailable(format!("{error:#}")))
    }

    fn open_engine(&self, principal: &Principal) -> Option<Arc<Engine>> {
        // While a vault is being opened the lock is taken.
        self.open.try_lock().ok()?.get(&home_of(principal)?).cloned()
    }
}
