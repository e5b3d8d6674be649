//! Who is at the other end of a connection that stays open, and whether that still holds: a session ends, a key is
//! revoked, a token expires, and then the connection is to end too.

use super::connections::Connection;
use crate::{
    Principal,
    http::{
        app::{App, Refusal, Visitor},
        entrance::{ClientAddress, Reads},
        problem::Problem,
    },
};
use axum::extract::FromRequestParts;
use http::{HeaderMap, HeaderName, HeaderValue, Method, header, request::Parts};
use std::net::IpAddr;

/// Headers that credentials come in.
const SHOWN: [HeaderName; 3] = [header::AUTHORIZATION, HeaderName::from_static("x-api-key"), header::COOKIE];

/// What somebody showed to be let in.
#[derive(Debug, Clone, Default)]
pub(in crate::http) struct Shown(HeaderMap);

impl Shown {
    /// What is shown of credentials in the headers of a request.
    pub(in crate::http) fn of(headers: &HeaderMap) -> Self {
        let mut shown = HeaderMap::new();
        for name in SHOWN {
            for value in headers.get_all(&name) {
                shown.append(name.clone(), value.clone());
            }
        }
        Self(shown)
    }

    /// What is said in the value of an `Authorization` header.
    pub(in crate::http) fn said(authorization: HeaderValue) -> Self {
        Self(HeaderMap::from_iter([(header::AUTHORIZATION, authorization)]))
    }
}

/// Looks now and then whether somebody would still be let in.
#[derive(Clone)]
pub(in crate::http) struct Follower {
    pub(in crate::http) app: App,
    pub(in crate::http) principal: Principal,
    pub(in crate::http) address: Option<IpAddr>,
    pub(in crate::http) shown: Shown,
    path: String,
}

impl Follower {
    /// Lets somebody in who shows this.
    ///
    /// # Errors
    /// When they are not let in.
    pub(in crate::http) async fn begin(
        app: &App,
        shown: Shown,
        address: Option<IpAddr>,
        path: &str,
    ) -> Result<Self, Refusal> {
        let principal = admitted(app, &shown, address, path).await?;
        Ok(Self { app: app.clone(), principal, address, shown, path: path.to_owned() })
    }

    /// A place for the connection among those of the account.
    ///
    /// # Errors
    /// When there is none left.
    pub(in crate::http) fn connection(&self) -> Result<Connection, Problem> {
        self.app.live().connections.open(Some(self.principal.account))
    }

    /// Whether it is the same account that may see the same.
    fn is_for(&self, principal: &Principal) -> bool {
        let of = |one: &Principal| (one.account, one.role, one.scope.clone());
        of(principal) == of(&self.principal)
    }

    /// Waits until they would not be let in any more, and says why.
    pub(in crate::http) async fn ended(&self) -> String {
        loop {
            tokio::time::sleep(self.app.settings().live.look_again).await;
            match admitted(&self.app, &self.shown, self.address, &self.path).await {
                Ok(principal) if self.is_for(&principal) => {}
                Ok(_) => return "what this session or key may see has changed".to_owned(),
                // It could not be found out; the next time it may.
                Err(Refusal::Unavailable(reason)) => {
                    tracing::warn!(reason, "it could not be told whether a connection may stay open");
                }
                Err(refusal) => return Problem::from(refusal).detail().to_owned(),
            }
        }
    }
}

async fn admitted(
    app: &App,
    shown: &Shown,
    address: Option<IpAddr>,
    path: &str,
) -> Result<Principal, Refusal> {
    let visitor = Visitor { method: &Method::GET, path, headers: &shown.0, address };
    app.doorkeeper().admit(visitor).await
}

/// A principal that may read and keeps a connection open.
pub(in crate::http) struct Follows(pub(in crate::http) Follower);

impl<S: Send + Sync> FromRequestParts<S> for Follows {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let Reads(principal) = Reads::from_request_parts(parts, state).await?;
        let app = parts.extensions.get::<App>().cloned();
        let app = app.ok_or_else(|| Problem::internal("a route that is followed has no entrance"))?;
        // Who came with a ticket showed something when they asked for it.
        let shown = parts.extensions.get::<Shown>().cloned().unwrap_or_else(|| Shown::of(&parts.headers));
        let address = parts.extensions.get::<ClientAddress>().and_then(|address| address.0);
        Ok(Self(Follower { app, principal, address, shown, path: parts.uri.path().to_owned() }))
    }
}
