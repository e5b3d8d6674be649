//! TLS by rustls: a certificate and its key come in as files, connections that speak HTTP go out. The files can be
//! read again while the server runs; connections that are open stay as they are. Knows nothing of requests.

mod handshake;

use axum::serve::Listener;
use handshake::Handshake;
use parking_lot::RwLock;
use std::{
    fmt, io,
    net::SocketAddr,
    path::{Path, PathBuf},
    sync::Arc,
};
use tokio::net::TcpStream;
use tokio_rustls::{
    TlsAcceptor,
    rustls::{
        self, ServerConfig,
        crypto::ring,
        pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject as _},
    },
};

/// The largest file that is taken for a certificate or a key.
const FILE_BYTES_MAX: u64 = 1 << 20;

/// Why TLS can't be spoken with these files.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// A file can't be read.
    #[error("could not read {}: {source}", .path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why not.
        #[source]
        source: io::Error,
    },
    /// A file is too large to be what it is said to be.
    #[error("{} is larger than a megabyte, so it is no certificate or key", .0.display())]
    TooLarge(PathBuf),
    /// There is no certificate in the file.
    #[error("{} has no certificate in PEM form; it begins with -----BEGIN CERTIFICATE-----", .0.display())]
    NoCertificate(PathBuf),
    /// There is no key in the file.
    #[error("{} has no private key in PEM form; it begins with -----BEGIN PRIVATE KEY-----", .0.display())]
    NoKey(PathBuf),
    /// Certificate and key are each what they should be, and don't go together, or are of a kind that is not spoken.
    #[error("the certificate in {} can't be used with that key: {source}", .certificate.display())]
    Unusable {
        /// The certificate's file.
        certificate: PathBuf,
        /// Why not.
        #[source]
        source: rustls::Error,
    },
}

/// What connections are encrypted with. Cheap to clone.
#[derive(Clone)]
pub struct Tls(Arc<Inner>);

struct Inner {
    certificate: PathBuf,
    key: PathBuf,
    current: RwLock<Current>,
}

struct Current {
    acceptor: TlsAcceptor,
    /// Of both files, to know when they have changed.
    hash: blake3::Hash,
}

impl fmt::Debug for Tls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tls").field("certificate", &self.0.certificate).finish_non_exhaustive()
    }
}

impl Tls {
    /// Reads a certificate, with those that vouch for it, and its private key, both PEM. May wait for the disk.
    ///
    /// # Errors
    /// If a file can't be read or is something else, or if the two don't go together.
    pub fn read(certificate: &Path, key: &Path) -> Result<Self, TlsError> {
        let files = Files::read(certificate, key)?;
        let current = Current { acceptor: files.acceptor(certificate, key)?, hash: files.hash() };
        let inner = Inner { certificate: certificate.into(), key: key.into(), current: RwLock::new(current) };
        Ok(Self(Arc::new(inner)))
    }

    /// Reads the files again; says whether they have changed. New connections get the new certificate. May wait
    /// for the disk.
    ///
    /// # Errors
    /// As [`Tls::read`]; then the old certificate stays in use.
    pub fn renew(&self) -> Result<bool, TlsError> {
        let inner = &*self.0;
        let files = Files::read(&inner.certificate, &inner.key)?;
        let hash = files.hash();
        if inner.current.read().hash == hash {
            return Ok(false);
        }
        let acceptor = files.acceptor(&inner.certificate, &inner.key)?;
        *inner.current.write() = Current { acceptor, hash };
        Ok(true)
    }

    fn acceptor(&self) -> TlsAcceptor {
        self.0.current.read().acceptor.clone()
    }
}

/// Both files as they are now.
struct Files {
    certificate: Vec<u8>,
    key: Vec<u8>,
}

impl Files {
    fn read(certificate: &Path, key: &Path) -> Result<Self, TlsError> {
        Ok(Self { certificate: bounded(certificate)?, key: bounded(key)? })
    }

    fn hash(&self) -> blake3::Hash {
        let mut hasher = blake3::Hasher::new();
        hasher.update(&(self.certificate.len() as u64).to_le_bytes());
        hasher.update(&self.certificate).update(&self.key).finalize()
    }

    fn acceptor(&self, certificate: &Path, key: &Path) -> Result<TlsAcceptor, TlsError> {
        let none = || TlsError::NoCertificate(certificate.to_owned());
        let chain: Vec<CertificateDer<'static>> = CertificateDer::pem_slice_iter(&self.certificate)
            .collect::<Result<_, _>>()
            .map_err(|_| none())?;
        if chain.is_empty() {
            return Err(none());
        }
        let key = PrivateKeyDer::from_pem_slice(&self.key).map_err(|_| TlsError::NoKey(key.to_owned()))?;
        let unusable = |source| TlsError::Unusable { certificate: certificate.to_owned(), source };
        let mut config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .map_err(unusable)?
            .with_no_client_auth()
            .with_single_cert(chain, key)
            .map_err(unusable)?;
        config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        Ok(TlsAcceptor::from(Arc::new(config)))
    }
}

fn bounded(path: &Path) -> Result<Vec<u8>, TlsError> {
    let on_error = |source| TlsError::Read { path: path.to_owned(), source };
    // Asked before it is read: a device has no end.
    let length = std::fs::metadata(path).map_err(on_error)?.len();
    if length > FILE_BYTES_MAX {
        return Err(TlsError::TooLarge(path.to_owned()));
    }
    let mut bytes = Vec::new();
    let mut file = io::Read::take(std::fs::File::open(path).map_err(on_error)?, FILE_BYTES_MAX);
    io::Read::read_to_end(&mut file, &mut bytes).map_err(on_error)?;
    Ok(bytes)
}

/// The same listener with every connection encrypted. A handshake is done by whoever reads from the connection, so
/// that a slow one holds nobody else up and counts towards the time in which a connection must begin to speak.
pub fn encrypted<L>(listener: L, tls: Tls) -> impl Listener<Io: Send, Addr = SocketAddr>
where
    L: Listener<Io = TcpStream, Addr = SocketAddr>,
{
    Encrypted { listener, tls }
}

struct Encrypted<L> {
    listener: L,
    tls: Tls,
}

impl<L: Listener<Io = TcpStream, Addr = SocketAddr>> Listener for Encrypted<L> {
    type Io = Handshake;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Handshake, SocketAddr) {
        let (io, address) = self.listener.accept().await;
        (Handshake::new(self.tls.acceptor().accept(io)), address)
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        self.listener.local_addr()
    }
}
