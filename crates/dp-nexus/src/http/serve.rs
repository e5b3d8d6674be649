//! Takes connections and serves them, HTTP/1.1 and 2, until told to stop; then finishes what runs. Slow and many
//! connections are bounded here, before any route is asked.

mod opening;
mod tls;

pub use tls::{Tls, TlsError, encrypted};

use super::app::{App, Stage};
use axum::{
    Router,
    body::Body,
    extract::ConnectInfo,
    serve::{Listener, ListenerExt as _},
};
use http::Request;
use hyper_util::{
    rt::{TokioExecutor, TokioIo, TokioTimer},
    server::{conn::auto::Builder, graceful::GracefulShutdown},
    service::TowerToHyperService,
};
use opening::Opening;
use std::{net::SocketAddr, sync::Arc, time::Duration};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::Semaphore,
};
use tower::ServiceExt as _;

/// What connections may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Connections at once; more wait in the queue of the operating system.
    pub connections: usize,
    /// How long the head of a request may take, and how long a connection may be idle.
    pub head_timeout: Duration,
    /// How long what runs may go on after the server is told to stop.
    pub stop_timeout: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connections: 1024,
            head_timeout: Duration::from_secs(15),
            stop_timeout: Duration::from_secs(30),
        }
    }
}

/// The same listener with small answers sent at once (`TCP_NODELAY`): held back, they may wait 40 ms for an
/// acknowledgement.
pub fn prompt(listener: TcpListener) -> impl Listener<Io = TcpStream, Addr = SocketAddr> {
    listener.tap_io(|connection| {
        if let Err(error) = connection.set_nodelay(true) {
            tracing::debug!(%error, "answers on a connection may be held back");
        }
    })
}

/// Serves until `shutdown` is done, and then until what runs has ended or the time for it is over.
///
/// The app is ready while this runs. Routes are given apart from it, so that a program can add its own.
pub async fn serve<L>(
    mut listener: L,
    app: App,
    routes: Router,
    limits: Limits,
    shutdown: impl Future<Output = ()> + Send,
) where
    L: Listener<Addr = SocketAddr>,
{
    let builder = builder(limits);
    let room = Arc::new(Semaphore::new(limits.connections));
    let graceful = GracefulShutdown::new();
    let mut shutdown = std::pin::pin!(shutdown);
    app.set_stage(Stage::Ready);
    loop {
        let accepted = async {
            // Never closed, so there is a permit some time.
            let permit = Arc::clone(&room).acquire_owned().await.ok()?;
            Some((permit, listener.accept().await))
        };
        let (permit, (io, address)) = tokio::select! {
            accepted = accepted => match accepted {
                Some(accepted) => accepted,
                None => break,
            },
            () = &mut shutdown => break,
        };
        let routes = routes.clone().map_request(move |request: Request<_>| {
            let mut request = request.map(Body::new);
            request.extensions_mut().insert(ConnectInfo(address));
            request
        });
        let service = TowerToHyperService::new(routes);
        let io = TokioIo::new(Opening::new(io, limits.head_timeout));
        let connection = builder.serve_connection_with_upgrades(io, service).into_owned();
        let connection = graceful.watch(connection);
        tokio::spawn(async move {
            let _permit = permit;
            if let Err(error) = connection.await {
                tracing::debug!(%error, %address, "a connection broke off");
            }
        });
    }
    app.set_stage(Stage::Stopping);
    // Nothing new is taken.
    drop(listener);
    let live = app.live();
    live.connections.end_all();
    let ended = async {
        graceful.shutdown().await;
        // WebSockets are no requests any more.
        live.connections.all_ended().await;
    };
    if tokio::time::timeout(limits.stop_timeout, ended).await.is_err() {
        tracing::warn!("some requests did not end in time and are cut off");
    }
}

fn builder(limits: Limits) -> Builder<TokioExecutor> {
    let mut builder = Builder::new(TokioExecutor::new());
    builder
        .http1()
        .timer(TokioTimer::new())
        .header_read_timeout(limits.head_timeout)
        .max_headers(64)
        .max_buf_size(64 << 10);
    builder
        .http2()
        .timer(TokioTimer::new())
        .keep_alive_interval(limits.head_timeout)
        .keep_alive_timeout(limits.head_timeout)
        .max_concurrent_streams(128)
        .max_header_list_size(32 << 10)
        .max_pending_accept_reset_streams(32);
    builder
}
