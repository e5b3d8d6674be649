//! The certificate that `serve` speaks TLS with: found in the options or the configuration, and read again when its
//! files change.

use anyhow::Context as _;
use dp_config::Server;
use dp_nexus::http::Tls;
use std::{path::PathBuf, time::Duration};

/// How often the files are looked at.
const LOOK_WAIT: Duration = Duration::from_secs(60);

/// The certificate and key that are named in the options, or else in the configuration, if any are.
pub(super) fn read(given: Option<(PathBuf, PathBuf)>, server: &Server) -> anyhow::Result<Option<Tls>> {
    let configured = || server.certificate.clone().zip(server.key.clone());
    let Some((certificate, key)) = given.or_else(configured) else { return Ok(None) };
    Tls::read(&certificate, &key).map(Some).context("TLS can't be spoken")
}

/// Takes a new certificate when there is one: looks once a minute, and when the program is told to (SIGHUP). One
/// that can't be used is told once, and the old one stays.
pub(super) async fn renew(tls: Tls) {
    let mut minutes = tokio::time::interval(LOOK_WAIT);
    let mut told = String::new();
    #[cfg(unix)]
    let mut asked = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::hangup()).ok();
    loop {
        #[cfg(unix)]
        tokio::select! {
            _ = minutes.tick() => {}
            () = wait_for(asked.as_mut()) => {}
        }
        #[cfg(not(unix))]
        minutes.tick().await;
        let files = tls.clone();
        match tokio::task::spawn_blocking(move || files.renew()).await {
            Ok(Ok(true)) => tracing::warn!("there is a new certificate; new connections get it"),
            Ok(Ok(false)) => told.clear(),
            Ok(Err(error)) if error.to_string() != told => {
                tracing::warn!(%error, "the certificate was not renewed; the old one stays in use");
                told = error.to_string();
            }
            Ok(Err(_)) | Err(_) => {}
        }
    }
}

#[cfg(unix)]
async fn wait_for(signal: Option<&mut tokio::signal::unix::Signal>) {
    match signal {
        Some(signal) => drop(signal.recv().await),
        None => std::future::pending().await,
    }
}
