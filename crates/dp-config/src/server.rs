//! `[server]`: what `datapunk serve` may do, and how much is taken from those who ask.

use serde::Deserialize;
use std::path::PathBuf;

/// Settings of the server.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Server {
    /// Folders that the owner may import from by path over HTTP; none by default. Whoever holds a key of the
    /// owner with the right to import can read what is in them.
    pub import_folders: Vec<PathBuf>,
    /// The certificate that TLS is spoken with, PEM, followed by those that vouch for it; none if a proxy speaks
    /// TLS, or nobody does.
    pub certificate: Option<PathBuf>,
    /// Its private key, PEM.
    pub key: Option<PathBuf>,
    /// Connections at once; more wait.
    pub connections: usize,
    /// How long a request may take, seconds. Uploads and streams of events take as long as they take.
    pub request_timeout_s: u64,
    /// Bytes of the largest body that is no upload.
    pub body_bytes_max: usize,
    /// Bytes of the largest file that may be uploaded.
    pub upload_bytes_max: u64,
    /// Bytes of all uploads of an account that were not imported yet.
    pub account_upload_bytes_max: u64,
    /// Bytes of the disk that uploads leave free.
    pub reserve_bytes: u64,
    /// Requests a second that an account may send in the long run.
    pub account_requests_per_s: u32,
    /// Requests that an account may send at once after a pause.
    pub account_requests_burst: u32,
    /// Requests a second from an address on which nobody is signed in.
    pub address_requests_per_s: u32,
    /// Requests at once from such an address after a pause.
    pub address_requests_burst: u32,
}

impl Default for Server {
    fn default() -> Self {
        Self {
            import_folders: Vec::new(),
            certificate: None,
            key: None,
            connections: 1024,
            request_timeout_s: 30,
            body_bytes_max: 1 << 20,
            upload_bytes_max: 256 << 30,
            account_upload_bytes_max: 2 << 40,
            reserve_bytes: 2 << 30,
            account_requests_per_s: 50,
            account_requests_burst: 100,
            address_requests_per_s: 10,
            address_requests_burst: 20,
        }
    }
}

impl Server {
    pub(crate) fn validate(&self) -> Result<(), String> {
        if let Some(folder) = self.import_folders.iter().find(|folder| !folder.is_absolute()) {
            return Err(format!(
                "server.import_folders has {:?}, and each must be a whole path, from the root",
                folder.display()
            ));
        }
        if self.certificate.is_some() != self.key.is_some() {
            return Err(
                "server.certificate and server.key go together: name both files or neither".to_owned()
            );
        }
        let checks = [
            ("server.connections", self.connections as u64, 1),
            ("server.request_timeout_s", self.request_timeout_s, 1),
            ("server.body_bytes_max", self.body_bytes_max as u64, 64 << 10),
            ("server.upload_bytes_max", self.upload_bytes_max, 1),
            ("server.account_upload_bytes_max", self.account_upload_bytes_max, 1),
            ("server.account_requests_per_s", self.account_requests_per_s.into(), 1),
            ("server.account_requests_burst", self.account_requests_burst.into(), 1),
            ("server.address_requests_per_s", self.address_requests_per_s.into(), 1),
            ("server.address_requests_burst", self.address_requests_burst.into(), 1),
        ];
        match checks.into_iter().find(|(_, value, least)| value < least) {
            Some((key, value, least)) => Err(format!("{key} is {value} and must be at least {least}")),
            None => Ok(()),
        }
    }
}
