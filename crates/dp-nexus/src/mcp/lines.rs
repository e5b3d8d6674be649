//! One assistant on this machine: JSON-RPC messages come in line by line, answers go out likewise, until the other
//! end closes. There is no account and no password here: whoever can start the program can read the vault.

use super::Assistant;
use crate::{
    AccountId, Origin, Principal, Role, Scope,
    accounts::Accounts,
    http::{App, Doorkeeper, HomeError, Homes, Journal, Refusal, Settings, Visitor},
};
use dp_cortex::engine::Engine;
use futures::{executor::block_on, future::BoxFuture};
use rmcp::{service::ServerInitializeError, transport::async_rw::AsyncRwTransport};
use std::{fmt, io, sync::Arc};
use tokio::io::{AsyncRead, AsyncWrite};

/// The longest message that is taken, bytes. Longer ones are passed over.
const LINE_BYTES_MAX: usize = 1 << 20;

/// What is answered from, and how far.
pub struct Local {
    /// Answers questions about the vault, which may be opened for reading beside a process that writes to it.
    pub engine: Arc<Engine>,
    /// What of it may be seen; without the right to read, nothing.
    pub scope: Scope,
    /// The access log, and the account that reading is noted for; nothing is noted if None.
    pub log: Option<(Arc<Accounts>, AccountId)>,
}

impl fmt::Debug for Local {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Local").field("scope", &self.scope).finish_non_exhaustive()
    }
}

/// Why no assistant could be answered.
#[derive(Debug, thiserror::Error)]
pub enum LinesError {
    /// The access log can't be written.
    #[error("the thread that writes the access log can't be started")]
    Log(#[source] io::Error),
    /// What came in is no beginning of a conversation.
    #[error("the other end does not speak the Model Context Protocol: {0}")]
    Beginning(String),
    /// The conversation ended by a fault of the program.
    #[error("the conversation broke off")]
    Broken(#[source] tokio::task::JoinError),
}

/// Answers one assistant until it closes its end.
///
/// # Errors
/// If it does not speak the protocol, or its calls can't be noted.
pub async fn answer_lines<R, W>(local: Local, read: R, write: W) -> Result<(), LinesError>
where
    R: AsyncRead + Send + Unpin + 'static,
    W: AsyncWrite + Send + Unpin + 'static,
{
    let account = local.log.as_ref().map_or(AccountId([0; 16]), |(_, account)| *account);
    let journal =
        local.log.map(|(accounts, _)| Journal::of(accounts)).transpose().map_err(LinesError::Log)?;
    let principal = Principal {
        account,
        name: "owner".to_owned(),
        role: Role::Owner,
        scope: local.scope,
        origin: Origin::Local,
    };
    let app = App::new(Arc::new(House(local.engine)), Arc::new(Nobody), Settings::default());
    let assistant = Assistant::local(app, journal, principal);
    let transport = AsyncRwTransport::new_server(read, write).with_max_line_length(LINE_BYTES_MAX);
    match rmcp::serve_server(assistant, transport).await {
        Ok(running) => running.waiting().await.map(drop).map_err(LinesError::Broken),
        // It closed its end before it said anything.
        Err(ServerInitializeError::ConnectionClosed(_)) => Ok(()),
        Err(ServerInitializeError::ExpectedInitializeRequest(_)) => {
            Err(LinesError::Beginning("it did not begin with an initialize request".to_owned()))
        }
        Err(error) => Err(LinesError::Beginning(error.to_string())),
    }
}

/// The one vault there is.
struct House(Arc<Engine>);

impl Homes for House {
    fn engine(&self, _: &Principal) -> Result<Arc<Engine>, HomeError> {
        // Another process may have brought documents since: the text index looks for them. One that can't be read
        // is told of by the questions that need it.
        let _ = block_on(self.0.vault().search().wait_indexed(0));
        Ok(Arc::clone(&self.0))
    }

    fn open_engine(&self, _: &Principal) -> Option<Arc<Engine>> {
        Some(Arc::clone(&self.0))
    }
}

/// Nobody comes in from elsewhere.
struct Nobody;

impl Doorkeeper for Nobody {
    fn admit<'a>(&'a self, _: Visitor<'a>) -> BoxFuture<'a, Result<Principal, Refusal>> {
        Box::pin(async { Err(Refusal::Nobody) })
    }
}
