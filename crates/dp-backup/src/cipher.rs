//! Encryption by age: recipients or a passphrase lock a backup, an identity or the passphrase opens it. Secrets are never in an
//! error or in debug output.

use crate::{BackupError, error::on_file};
use age::{
    Decryptor, Encryptor, Identity, IdentityFile, Recipient,
    secrecy::{ExposeSecret as _, SecretString},
    x25519,
};
use std::{
    fmt,
    io::{self, BufRead, Write},
    path::Path,
};

/// The most work, as a power of two, that is put into a passphrase when reading: a minute or so. Files that ask for more want to
/// keep the machine busy.
const WORK_LOG_MAX: u8 = 22;
/// How every encrypted file begins.
pub(crate) const MAGIC: &[u8] = b"age-encryption.org/v1";
/// Bytes of the longest passphrase or file of identities.
const SECRET_BYTES_MAX: u64 = 64 << 10;
/// Bytes of the longest header of an encrypted file; there is a stanza for each recipient.
pub(crate) const CIPHER_HEADER_BYTES_MAX: usize = 64 << 10;
/// Recipients of one backup.
const RECIPIENTS_MAX: usize = 20;

/// What a backup is encrypted with.
pub enum Lock {
    /// For those who hold the identity of one of these.
    Recipients(Vec<x25519::Recipient>),
    /// For those who know it.
    Passphrase(SecretString),
}

impl fmt::Debug for Lock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Recipients(_) => "Lock::Recipients",
            Self::Passphrase(_) => "Lock::Passphrase",
        })
    }
}

impl Lock {
    /// For these recipients: `age1` and what follows.
    ///
    /// # Errors
    /// `BadRecipient` if one is none or there are too many.
    pub fn for_recipients(texts: &[String]) -> Result<Self, BackupError> {
        if texts.is_empty() || texts.len() > RECIPIENTS_MAX {
            let reason = format!("there must be 1 to {RECIPIENTS_MAX}");
            return Err(BackupError::BadRecipient {
                text: texts.first().cloned().unwrap_or_default(),
                reason,
            });
        }
        let parsed = texts.iter().map(|text| {
            let wrong =
                |reason: &str| BackupError::BadRecipient { text: text.clone(), reason: reason.to_owned() };
            text.trim().parse::<x25519::Recipient>().map_err(wrong)
        });
        Ok(Self::Recipients(parsed.collect::<Result<_, _>>()?))
    }

    /// The passphrase in the first line of this file.
    ///
    /// # Errors
    /// `Io`, and `BadKey` if there is none.
    pub fn with_passphrase_file(path: &Path) -> Result<Self, BackupError> {
        passphrase(path).map(Self::Passphrase)
    }

    /// What writes encrypted, and what reads it back: of recipients only the owner has the identities, so that an identity that is
    /// kept nowhere is one more recipient for as long as this takes.
    pub(crate) fn wrap<W: Write>(
        &self,
        output: W,
    ) -> Result<(age::stream::StreamWriter<W>, Key), BackupError> {
        let (encryptor, key) = match self {
            Self::Recipients(recipients) => {
                let passing = x25519::Identity::generate();
                let own = passing.to_public();
                let all = recipients.iter().chain([&own]).map(|recipient| recipient as &dyn Recipient);
                let encryptor = Encryptor::with_recipients(all).map_err(failed)?;
                (encryptor, Key::Identities(vec![Box::new(passing)]))
            }
            Self::Passphrase(passphrase) => {
                (Encryptor::with_user_passphrase(passphrase.clone()), Key::Passphrase(passphrase.clone()))
            }
        };
        let writer = encryptor
            .wrap_output(output)
            .map_err(|source| BackupError::Io { context: "begin an encrypted backup".to_owned(), source })?;
        Ok((writer, key))
    }
}

fn failed(error: impl fmt::Display) -> BackupError {
    BackupError::BadKey(format!("the backup can't be encrypted: {error}"))
}

/// What opens a backup.
pub enum Key {
    /// Those of recipients.
    Identities(Vec<Box<dyn Identity>>),
    /// The passphrase.
    Passphrase(SecretString),
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Identities(_) => "Key::Identities",
            Self::Passphrase(_) => "Key::Passphrase",
        })
    }
}

impl Key {
    /// The identities in a file that `rage-keygen` or `age-keygen` wrote.
    ///
    /// # Errors
    /// `Io`, and `BadKey` if there is none in it.
    pub fn from_identity_file(path: &Path) -> Result<Self, BackupError> {
        let bytes = secret_bytes(path)?;
        let wrong =
            |reason: String| BackupError::BadKey(format!("{} holds no identity: {reason}", path.display()));
        let file = IdentityFile::from_buffer(&*bytes).map_err(|error| wrong(error.to_string()))?;
        let identities = file.into_identities().map_err(|error| wrong(error.to_string()))?;
        if identities.is_empty() {
            return Err(wrong("a line that begins with AGE-SECRET-KEY- is expected".to_owned()));
        }
        Ok(Self::Identities(identities))
    }

    /// The passphrase in the first line of this file.
    ///
    /// # Errors
    /// `Io`, and `BadKey` if there is none.
    pub fn from_passphrase_file(path: &Path) -> Result<Self, BackupError> {
        passphrase(path).map(Self::Passphrase)
    }

    /// What reads decrypted.
    pub(crate) fn open<R: BufRead>(
        &self,
        input: R,
        path: &Path,
    ) -> Result<age::stream::StreamReader<R>, BackupError> {
        let wrong = |reason: String| BackupError::WrongKey { path: path.to_owned(), reason };
        let decryptor = Decryptor::new_buffered(input).map_err(|error| match error {
            age::DecryptError::Io(source) if source.kind() == io::ErrorKind::UnexpectedEof => {
                BackupError::Truncated { at: "in its first bytes".to_owned() }
            }
            error => BackupError::Damaged { at: "in its first bytes".to_owned(), reason: error.to_string() },
        })?;
        let opened = match self {
            Self::Identities(_) if decryptor.is_scrypt() => {
                return Err(wrong("it was made with a passphrase; give --passphrase-file FILE".to_owned()));
            }
            Self::Passphrase(_) if !decryptor.is_scrypt() => {
                return Err(wrong("it was made for a recipient; give --identity FILE".to_owned()));
            }
            Self::Identities(identities) => decryptor.decrypt(identities.iter().map(|identity| &**identity)),
            Self::Passphrase(passphrase) => {
                let mut identity = age::scrypt::Identity::new(passphrase.clone());
                identity.set_max_work_factor(WORK_LOG_MAX);
                decryptor.decrypt(std::iter::once(&identity as &dyn Identity))
            }
        };
        opened.map_err(|error| wrong(error.to_string()))
    }
}

fn passphrase(path: &Path) -> Result<SecretString, BackupError> {
    let text = String::from_utf8(secret_bytes(path)?)
        .map_err(|_| BackupError::BadKey(format!("{} is not UTF-8", path.display())))?;
    let line = SecretString::from(text.lines().next().unwrap_or_default().to_owned());
    if line.expose_secret().trim().is_empty() {
        return Err(BackupError::BadKey(format!(
            "there is no passphrase in the first line of {}",
            path.display()
        )));
    }
    Ok(line)
}

fn secret_bytes(path: &Path) -> Result<Vec<u8>, BackupError> {
    use std::io::Read as _;
    let file = std::fs::File::open(path).map_err(on_file("read", path))?;
    let mut bytes = Vec::new();
    file.take(SECRET_BYTES_MAX).read_to_end(&mut bytes).map_err(on_file("read", path))?;
    Ok(bytes)
}
