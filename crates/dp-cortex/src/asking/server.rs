//! Asks the person's own Datapunk server. A path and a key go out; JSON of bounded size, or a stream of bytes, comes
//! back. Only ever reads, never follows a redirect, and never sends the key in the clear to another machine.

use super::{checked, is_this_machine};
use serde::{Deserialize, de::DeserializeOwned};
use std::{fmt, io::Read, time::Duration};
use ureq::{
    Agent, Body,
    http::{Response, header},
    tls::{PemItem, RootCerts, TlsConfig, parse_pem},
};

/// The largest answer that is kept in memory.
const ANSWER_BYTES_MAX: u64 = 64 << 20;
/// A problem is a few sentences.
const PROBLEM_BYTES_MAX: u64 = 64 << 10;
/// How long a connection may take.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// How long a server may say nothing before and within an answer.
const SILENCE_MAX: Duration = Duration::from_secs(120);
/// The same where it may have to read through a packed archive first.
const STREAM_SILENCE_MAX: Duration = Duration::from_secs(600);
/// A server that wants a longer pause is not waited for.
const PAUSE_MAX: Duration = Duration::from_secs(60);
/// What a server says is shown up to so many characters.
const SAID_CHARS_MAX: usize = 2_000;

/// Why a server's answer was not had.
#[derive(Debug, thiserror::Error)]
pub enum ServerError {
    /// The address is not one that may be asked.
    #[error(
        "{0:?} is no address of a server: it must be https://…, or http://… on this machine, without name, password or query"
    )]
    Address(String),
    /// The key can't be one.
    #[error("the key is not one that a server gave: it is one word of ASCII characters")]
    Key,
    /// The authorities can't be read.
    #[error(
        "there is no certificate in it; a PEM file of an authority begins with -----BEGIN CERTIFICATE-----"
    )]
    Authorities,
    /// Nobody answers there.
    #[error("{host} does not answer: {reason}")]
    Unreachable {
        /// Who was asked.
        host: String,
        /// What went wrong.
        reason: String,
    },
    /// Whoever answers there can't show that they are who they say.
    #[error("{host} can't show that it is {host}: {reason}")]
    Untrusted {
        /// Who was asked.
        host: String,
        /// What went wrong.
        reason: String,
    },
    /// The server says what is wrong.
    #[error("{host} says: {detail}")]
    Problem {
        /// Who was asked.
        host: String,
        /// The HTTP status.
        status: u16,
        /// What went wrong, for programs.
        code: String,
        /// What went wrong.
        detail: String,
        /// What to do about it; may be empty.
        what_to_do: String,
    },
    /// It sends on to another address.
    #[error(
        "{host} sends on to {location:?}, which is not followed; if that is your server, give its address"
    )]
    Moved {
        /// Who was asked.
        host: String,
        /// Where it sends.
        location: String,
    },
    /// Somebody answers, and not as a Datapunk server does.
    #[error("{host} answers, but not as a Datapunk server of this version does: {reason}")]
    Strange {
        /// Who was asked.
        host: String,
        /// What is strange about it.
        reason: String,
    },
    /// The answer is larger than is kept in memory.
    #[error("the answer of {host} is larger than {} MiB; ask for less at once", ANSWER_BYTES_MAX >> 20)]
    TooLarge {
        /// Who was asked.
        host: String,
    },
}

/// A server that may be asked. Blocks, so is to be used on threads that may.
pub struct Server {
    agent: Agent,
    /// Without a slash at its end.
    address: String,
    host: String,
    key: Option<String>,
}

impl fmt::Debug for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Never the key.
        f.debug_struct("Server").field("address", &self.address).finish_non_exhaustive()
    }
}

/// A problem as RFC 9457 and the server's API have it.
#[derive(Deserialize)]
struct Problem {
    code: String,
    detail: String,
    #[serde(default)]
    what_to_do: String,
}

impl Server {
    /// The server at an address, which may have a path; a key to show; and PEM of the authorities that vouch for it, in
    /// place of those that browsers trust.
    ///
    /// # Errors
    /// `Address`, `Key` and `Authorities` if one of them can't be used. Nobody is asked yet.
    pub fn new(address: &str, key: Option<&str>, authorities: Option<&[u8]>) -> Result<Self, ServerError> {
        let wrong = || ServerError::Address(address.chars().take(200).collect());
        let uri = checked(address).map_err(|_| wrong())?;
        if uri.query().is_some() || address.contains('#') {
            return Err(wrong());
        }
        if key.is_some_and(|key| key.is_empty() || !key.bytes().all(|byte| byte.is_ascii_graphic())) {
            return Err(ServerError::Key);
        }
        let host = uri.authority().map(ToString::to_string).unwrap_or_default();
        let mut config = Agent::config_builder()
            .timeout_connect(Some(CONNECT_TIMEOUT))
            .http_status_as_error(false)
            .max_redirects(0)
            .max_redirects_will_error(false)
            .user_agent("datapunk");
        if uri.host().is_some_and(is_this_machine) {
            // A proxy would be another machine, and the key in the clear.
            config = config.proxy(None);
        }
        if let Some(pem) = authorities {
            let roots = RootCerts::from(certificates(pem)?);
            config = config.tls_config(TlsConfig::builder().root_certs(roots).build());
        }
        Ok(Self {
            agent: config.build().new_agent(),
            address: address.trim_end_matches('/').to_owned(),
            host,
            key: key.map(str::to_owned),
        })
    }

    /// Its name and port.
    #[must_use]
    pub fn host(&self) -> &str {
        &self.host
    }

    /// The JSON at a path, which begins with a slash and has no query of its own.
    ///
    /// # Errors
    /// As [`ServerError`] has it.
    pub fn get<T: DeserializeOwned>(&self, path: &str, query: &[(&str, String)]) -> Result<T, ServerError> {
        let mut response = self.asked(path, query, SILENCE_MAX)?;
        let body = response.body_mut().with_config().limit(ANSWER_BYTES_MAX).read_to_vec();
        let body = body.map_err(|error| self.lost(error))?;
        serde_json::from_slice(&body)
            .map_err(|error| self.strange(format!("what it says at {path} can't be read: {error}")))
    }

    /// Gives the bytes at a path as they come, however many. Reading them fails if they break off before their end.
    ///
    /// # Errors
    /// As [`ServerError`] has it, before the first byte.
    pub fn stream<T>(
        &self,
        path: &str,
        query: &[(&str, String)],
        take: impl FnOnce(&mut dyn Read) -> T,
    ) -> Result<T, ServerError> {
        let mut response = self.asked(path, query, STREAM_SILENCE_MAX)?;
        Ok(take(&mut response.body_mut().with_config().limit(u64::MAX).reader()))
    }

    /// A good answer. If too much was asked in a short time, waits as long as the server says, once.
    fn asked(
        &self,
        path: &str,
        query: &[(&str, String)],
        silence_max: Duration,
    ) -> Result<Response<Body>, ServerError> {
        let response = self.sent(path, query, silence_max)?;
        let response = match pause(&response) {
            Some(pause) if pause <= PAUSE_MAX => {
                std::thread::sleep(pause);
                self.sent(path, query, silence_max)?
            }
            _ => response,
        };
        match response.status().as_u16() {
            200 => Ok(response),
            300..400 => Err(self.moved(&response)),
            _ => Err(self.problem(response)),
        }
    }

    fn sent(
        &self,
        path: &str,
        query: &[(&str, String)],
        silence_max: Duration,
    ) -> Result<Response<Body>, ServerError> {
        let mut request = self.agent.get(format!("{}{path}", self.address));
        for (name, value) in query {
            request = request.query(name, value);
        }
        if let Some(key) = &self.key {
            request = request.header(header::AUTHORIZATION, format!("Bearer {key}"));
        }
        let request = request.config().timeout_per_read(Some(silence_max)).build();
        request.call().map_err(|error| self.lost(error))
    }

    fn moved(&self, response: &Response<Body>) -> ServerError {
        let location = response.headers().get(header::LOCATION).and_then(|value| value.to_str().ok());
        let location = location.unwrap_or_default().chars().take(200).collect();
        ServerError::Moved { host: self.host.clone(), location }
    }

    fn problem(&self, mut response: Response<Body>) -> ServerError {
        let status = response.status().as_u16();
        let body = response.body_mut().with_config().limit(PROBLEM_BYTES_MAX).read_to_vec();
        let problem = body.ok().and_then(|body| serde_json::from_slice::<Problem>(&body).ok());
        let Some(Problem { code, detail, what_to_do }) = problem else {
            return self.strange(format!("its status is {status}, and it does not say why"));
        };
        let short = |text: String| text.chars().take(SAID_CHARS_MAX).collect();
        let (detail, what_to_do) = (short(detail), short(what_to_do));
        ServerError::Problem { host: self.host.clone(), status, code, detail, what_to_do }
    }

    fn strange(&self, reason: String) -> ServerError {
        ServerError::Strange { host: self.host.clone(), reason }
    }

    fn lost(&self, error: ureq::Error) -> ServerError {
        let host = self.host.clone();
        let is_certificate = |reason: &str| reason.contains("certificate");
        match error {
            ureq::Error::BodyExceedsLimit(_) => ServerError::TooLarge { host },
            ureq::Error::BadUri(_) | ureq::Error::Http(_) => ServerError::Address(self.address.clone()),
            ureq::Error::Protocol(error) => self.strange(error.to_string()),
            error => match error.to_string() {
                reason if is_certificate(&reason) => ServerError::Untrusted { host, reason },
                reason => ServerError::Unreachable { host, reason },
            },
        }
    }
}

/// How long the server wants to be left alone, if it does.
fn pause(response: &Response<Body>) -> Option<Duration> {
    if response.status().as_u16() != 429 {
        return None;
    }
    let seconds = response.headers().get(header::RETRY_AFTER)?.to_str().ok()?.parse().ok()?;
    Some(Duration::from_secs(seconds))
}

fn certificates(pem: &[u8]) -> Result<Vec<ureq::tls::Certificate<'static>>, ServerError> {
    let items = parse_pem(pem).collect::<Result<Vec<_>, _>>().map_err(|_| ServerError::Authorities)?;
    let certificates = items.into_iter().filter_map(|item| match item {
        PemItem::Certificate(certificate) => Some(certificate),
        _ => None,
    });
    let certificates: Vec<_> = certificates.collect();
    if certificates.is_empty() { Err(ServerError::Authorities) } else { Ok(certificates) }
}

#[cfg(test)]
mod tests;
