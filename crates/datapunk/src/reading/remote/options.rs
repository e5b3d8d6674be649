//! Which server is meant: options and the environment come in, a server that can be asked goes out. The key is read from
//! a file or the environment, never from the command line. Nobody is asked yet.

use super::Remote;
use dp_cortex::asking::server::{Server, ServerError};
use fs_err as fs;
use std::{
    io::Read as _,
    path::{Path, PathBuf},
};

/// A file with a key, or with certificates, is not larger.
const FILE_BYTES_MAX: u64 = 1 << 20;
/// Holds the key, where the command line would show it to everybody on this machine.
pub(super) const KEY_VARIABLE: &str = "DATAPUNK_KEY";

/// Which server is asked, and with what.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "A server instead of this machine")]
pub(crate) struct ServerOptions {
    /// Ask this Datapunk server, as `https://life.example.org`; for commands that only read. The environment variable
    /// DATAPUNK_KEY holds a key that the server gave
    #[arg(long, global = true, value_name = "URL", env = "DATAPUNK_SERVER")]
    server: Option<String>,

    /// The key is in this file, rather than in DATAPUNK_KEY
    #[arg(long, global = true, value_name = "FILE")]
    key_file: Option<PathBuf>,

    /// Certificates (PEM) of the authority that vouches for the server, if it is a private one
    #[arg(long, global = true, value_name = "FILE")]
    server_ca: Option<PathBuf>,
}

impl ServerOptions {
    /// The server that is meant, if one is. Nobody is asked yet.
    pub(crate) fn remote(&self) -> anyhow::Result<Option<Remote>> {
        let Some(address) = self.server.as_deref().filter(|address| !address.is_empty()) else {
            anyhow::ensure!(
                self.key_file.is_none() && self.server_ca.is_none(),
                "--key-file and --server-ca are for a server; say which with --server URL"
            );
            return Ok(None);
        };
        let authorities = self.server_ca.as_deref().map(read_file).transpose()?;
        let made = Server::new(address, self.key()?.as_deref(), authorities.as_deref());
        let server = made.map_err(|error| match (&error, &self.server_ca) {
            (ServerError::Authorities, Some(path)) => anyhow::Error::from(error)
                .context(format!("{} can't be used for --server-ca", path.display())),
            _ => error.into(),
        })?;
        Ok(Some(Remote { server }))
    }

    fn key(&self) -> anyhow::Result<Option<String>> {
        let text = match &self.key_file {
            Some(path) => String::from_utf8(read_file(path)?)
                .map_err(|_| anyhow::anyhow!("{} holds no key: it is no text", path.display()))?,
            None => match std::env::var(KEY_VARIABLE) {
                Ok(text) => text,
                Err(std::env::VarError::NotPresent) => return Ok(None),
                // The reason would show what is in it.
                Err(std::env::VarError::NotUnicode(_)) => {
                    anyhow::bail!("{KEY_VARIABLE} holds no key: it is no text")
                }
            },
        };
        let key = text.trim();
        Ok((!key.is_empty()).then(|| key.to_owned()))
    }
}

fn read_file(path: &Path) -> anyhow::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    fs::File::open(path)?.take(FILE_BYTES_MAX).read_to_end(&mut bytes)?;
    Ok(bytes)
}
