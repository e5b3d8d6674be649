//! The HTTP side: requests come in, are let in or refused, ask the vault of their account as far as they may see
//! it, and go out as JSON or as a problem. Knows no storage; who is who it asks the doorkeeper.

mod answer;
mod app;
mod asked;
mod backups;
mod blocking;
mod csv;
mod door;
mod entrance;
mod files;
mod flow;
mod given;
mod graph;
mod kept_answers;
mod layers;
mod live;
mod map;
mod mcp;
mod metrics;
mod openapi;
mod own;
mod privacy;
mod problem;
mod rate;
pub(crate) mod routes;
mod scope;
mod serve;
pub mod shapes;
mod statistics;
mod uploads;
pub(crate) mod words;
mod works;

pub use answer::{All, Part};
pub use app::{App, Doorkeeper, HomeError, Homes, Refusal, Settings, Stage, Visitor};
pub use backups::{BACKUP, BackupFile, BackupFolder, BackupWork, Backups, CheckRecipient};
pub use door::{Door, Journal, OidcSettings};
pub use entrance::{Administers, ClientAddress, Imports, Reads, Writes};
pub use files::{FileLimits, Files};
pub use layers::RequestId;
pub use live::LiveLimits;
pub use metrics::metrics;
pub use openapi::{SESSION_COOKIE, document, is_open, operations};
pub use privacy::Privacy;
pub use problem::{Code, MEDIA_TYPE, OutOfScope, Problem, ProblemView};
pub use rate::{Allowance, Limiter};
pub use routes::{
    Around, Besides, BusyDay, HealthView, Hit, SearchAnswer, SimilarDocument, Sources, Statistics,
    VersionView, YearOfDay,
};
pub use serve::{Limits, Tls, TlsError, encrypted, prompt, serve};
pub use uploads::router as uploads;
pub use works::{ChangeEvents, ENTRY, EntryWork, IMPORT, ImportWork, Works, announce};

use axum::{Router, middleware};

/// Routes besides those of this module.
#[derive(Debug, Clone, Default)]
pub struct More {
    /// Let in, limited and timed as those of the API are.
    pub usual: Router<App>,
    /// Uploads and streams of events: let in, but as many as there are and for as long as they take.
    pub long: Router<App>,
    /// What is read and changed is noted here.
    pub journal: Option<Journal>,
    /// Long work, whose events are told.
    pub works: Option<Works>,
}

impl From<Router<App>> for More {
    fn from(usual: Router<App>) -> Self {
        Self { usual, ..Self::default() }
    }
}

/// Everything the server answers.
pub fn router(app: &App) -> Router {
    router_with(app, More::default())
}

/// The same with more routes.
pub fn router_with(app: &App, more: impl Into<More>) -> Router {
    let more = more.into();
    if let Some(works) = &more.works {
        app.attach(works.clone());
    }
    let usual = routes::api()
        .merge(own::router())
        .merge(statistics::router())
        .merge(routes::open())
        .merge(mcp::routes(app, more.journal.clone()))
        .merge(map::router())
        .merge(more.usual)
        .layer(middleware::from_fn_with_state(app.clone(), layers::in_time))
        .layer(middleware::from_fn_with_state(app.clone(), kept_answers::layer));
    let noted = |routes: Router<App>| match &more.journal {
        Some(journal) => routes.layer(middleware::from_fn_with_state(journal.clone(), door::noted)),
        None => routes,
    };
    let usual = noted(usual).layer(middleware::from_fn_with_state(app.clone(), entrance::let_in));
    let long = noted(more.long).layer(middleware::from_fn_with_state(app.clone(), entrance::let_in_freely));
    let routes = usual.merge(long).merge(routes::health()).with_state(app.clone());
    let routes = match app.settings().base_path.trim_end_matches('/') {
        "" => routes,
        base_path => Router::new().nest(base_path, routes),
    };
    layers::around(routes, app)
}
