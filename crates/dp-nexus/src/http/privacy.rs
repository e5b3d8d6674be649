//! Privacy: what is held, who read it, what went to other machines; and forgetting, which removes what was shown before and
//! nothing else. What is done is noted in the access log under the number of its receipt.

mod confirmation;
mod forget;
mod held;

use super::{More, app::App, blocking::blocking, problem::Problem};
use crate::accounts::Accounts;
use axum::{
    Extension, Router,
    routing::{get, post},
};
use confirmation::Confirmations;
use dp_cortex::privacy_log::PrivacyLog;
use std::{fmt, sync::Arc};
use utoipa::OpenApi;

/// What requests about privacy are handed to. Cheap to clone.
#[derive(Clone)]
pub struct Privacy(Arc<Inner>);

struct Inner {
    accounts: Arc<Accounts>,
    calls: Arc<PrivacyLog>,
    confirmations: Confirmations,
}

impl fmt::Debug for Privacy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Privacy").finish_non_exhaustive()
    }
}

impl Privacy {
    /// The access log of these accounts, and the log of calls to other machines.
    #[must_use]
    pub fn new(accounts: Arc<Accounts>, calls: Arc<PrivacyLog>) -> Self {
        Self(Arc::new(Inner { accounts, calls, confirmations: Confirmations::new() }))
    }

    /// Adds the routes to others.
    #[must_use]
    pub fn join(&self, mut more: More) -> More {
        let routes: Router<App> = Router::new()
            .route("/api/v1/privacy", get(held::held))
            .route("/api/v1/privacy/forget/preview", post(forget::preview))
            .layer(Extension(self.clone()));
        // Forgetting takes as long as it takes, and is done whether or not somebody waits.
        let long: Router<App> = Router::new()
            .route("/api/v1/privacy/forget", post(forget::forget))
            .layer(Extension(self.clone()));
        more.usual = more.usual.merge(routes);
        more.long = more.long.merge(long);
        more
    }

    /// Asks the logs on a thread that may block.
    async fn ask<T, F>(&self, question: F) -> Result<T, Problem>
    where
        T: Send + 'static,
        F: FnOnce(&Inner) -> Result<T, Problem> + Send + 'static,
    {
        let inner = Arc::clone(&self.0);
        blocking(move || question(&inner)).await
    }
}

/// The routes as documented.
#[derive(OpenApi)]
#[openapi(paths(held::held, forget::preview, forget::forget))]
pub(super) struct Documented;
