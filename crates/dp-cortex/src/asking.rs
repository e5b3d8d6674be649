//! Asks a server that the person has named for something small, over HTTPS. An address and a form go out, bytes come
//! back, bounded in number and time. Never follows a redirect, and never sends anything of the vault.

pub mod server;

use std::time::Duration;
use ureq::{Agent, http::Uri};

/// Larger answers are not read.
const ANSWER_BYTES_MAX: u64 = 256 << 10;
/// Longer waits are given up.
const TIMEOUT: Duration = Duration::from_secs(10);

/// Why an answer was not had.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AskError {
    /// The address is not one that may be asked.
    #[error("{0:?} is no address to be asked: it must be https, or on this machine")]
    Address(String),
    /// Nothing came, or too much, or not in time.
    #[error("{host} could not be asked: {reason}")]
    Lost {
        /// Who was asked.
        host: String,
        /// What went wrong.
        reason: String,
    },
}

/// What came back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// The HTTP status; redirects are told, not followed.
    pub status: u16,
    /// The body.
    pub body: Vec<u8>,
}

/// What is sent to show who asks.
#[derive(Clone, Copy)]
pub enum Credentials<'a> {
    /// Nothing.
    None,
    /// A token.
    Bearer(&'a str),
    /// The value of an `Authorization` header.
    Whole(&'a str),
}

/// One who asks. Blocks, so is to be used on threads that may.
#[derive(Debug, Clone)]
pub struct Asker(Agent);

impl Default for Asker {
    fn default() -> Self {
        let config = Agent::config_builder()
            .timeout_global(Some(TIMEOUT))
            .http_status_as_error(false)
            .max_redirects(0)
            .max_redirects_will_error(false)
            .user_agent("datapunk")
            .build();
        Self(config.new_agent())
    }
}

impl Asker {
    /// Gets what is at an address.
    ///
    /// # Errors
    /// `Address` if it may not be asked, `Lost` if no answer came within ten seconds and 256 KiB.
    pub fn get(&self, address: &str, credentials: Credentials<'_>) -> Result<Answer, AskError> {
        let uri = checked(address)?;
        let request = self.0.get(uri.clone()).header("accept", "application/json");
        let request = match authorization(credentials) {
            Some(value) => request.header("authorization", value),
            None => request,
        };
        read(&uri, request.call())
    }

    /// Sends a form.
    ///
    /// # Errors
    /// As [`Asker::get`].
    pub fn send(
        &self,
        address: &str,
        form: &[(&str, &str)],
        credentials: Credentials<'_>,
    ) -> Result<Answer, AskError> {
        let uri = checked(address)?;
        let request = self.0.post(uri.clone()).header("accept", "application/json");
        let request = match authorization(credentials) {
            Some(value) => request.header("authorization", value),
            None => request,
        };
        read(&uri, request.send_form(form.iter().copied()))
    }
}

fn authorization(credentials: Credentials<'_>) -> Option<String> {
    match credentials {
        Credentials::None => None,
        Credentials::Bearer(token) => Some(format!("Bearer {token}")),
        Credentials::Whole(value) => Some(value.to_owned()),
    }
}

/// Whether an address may be asked: over TLS, or on this very machine.
#[must_use]
pub fn may_be_asked(address: &str) -> bool {
    checked(address).is_ok()
}

fn checked(address: &str) -> Result<Uri, AskError> {
    let wrong = || AskError::Address(address.chars().take(200).collect());
    let uri: Uri = address.parse().map_err(|_| wrong())?;
    let authority = uri.authority().ok_or_else(wrong)?;
    let is_plain = matches!(uri.scheme_str(), Some("http")) && is_this_machine(authority.host());
    let is_fit = matches!(uri.scheme_str(), Some("https")) || is_plain;
    // Names and passwords before the host would end up in logs.
    if is_fit && !authority.as_str().contains('@') { Ok(uri) } else { Err(wrong()) }
}

fn is_this_machine(host: &str) -> bool {
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    host.eq_ignore_ascii_case("localhost")
        || bare.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback())
}

fn read(
    uri: &Uri,
    outcome: Result<ureq::http::Response<ureq::Body>, ureq::Error>,
) -> Result<Answer, AskError> {
    let lost = |error: ureq::Error| AskError::Lost {
        host: uri.host().unwrap_or_default().to_owned(),
        reason: error.to_string(),
    };
    let mut response = outcome.map_err(lost)?;
    let status = response.status().as_u16();
    let body = response.body_mut().with_config().limit(ANSWER_BYTES_MAX).read_to_vec().map_err(lost)?;
    Ok(Answer { status, body })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::{
        io::{Read as _, Write as _},
        net::TcpListener,
    };

    #[test]
    fn only_tls_and_this_machine_are_asked() {
        for address in
            ["https://id.example.org/a", "http://localhost:1/", "http://127.0.0.1:8", "http://[::1]:8/"]
        {
            assert!(may_be_asked(address), "{address}");
        }
        for address in [
            "http://id.example.org/",
            "http://169.254.169.254/latest",
            "http://localhost.example.org/",
            "file:///etc/passwd",
            "https://ada:secret@id.example.org/",
            "/relative",
            "",
        ] {
            assert!(!may_be_asked(address), "{address}");
        }
    }

    /// Answers once with this.
    fn once(answer: Vec<u8>) -> String {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = format!("http://{}/", listener.local_addr().unwrap());
        std::thread::spawn(move || {
            let (mut stream, _) = listener.accept().unwrap();
            let _ = stream.read(&mut [0; 4096]);
            let _ = stream.write_all(&answer);
        });
        address
    }

    #[test]
    fn a_redirect_is_told_and_not_followed() {
        let there = once(
            b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n".to_vec(),
        );
        let answer = Asker::default().get(&there, Credentials::None).unwrap();
        assert_eq!(answer, Answer { status: 302, body: Vec::new() });
    }

    #[test]
    fn an_answer_without_end_is_not_read_to_it() {
        let mut endless = b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n".to_vec();
        endless.resize(2 << 20, b'a');
        let there = once(endless);
        assert!(matches!(Asker::default().get(&there, Credentials::None), Err(AskError::Lost { .. })));
    }
}
