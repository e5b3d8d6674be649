//! One call to an endpoint: the texts go out as JSON, and what comes back is told apart into vectors, what is
//! worth trying again, and what is not. Writes each call into the privacy log.

use super::{HttpSettings, answer};
use crate::{embed::EmbedError, privacy_log::PrivacyLog};
use serde::Serialize;
use std::{path::Path, time::Duration};
use ureq::{Agent, http::Uri};

/// Larger answers are not read: 2,048 vectors of 4,096 values are about this.
const ANSWER_BYTES_MAX: u64 = 128 << 20;

/// Of what an endpoint says is wrong, so much is shown.
const MESSAGE_BYTES_MAX: usize = 200;

const KEY_BYTES_MAX: u64 = 16 << 10;

#[derive(Debug, Serialize)]
struct Body<'a> {
    model: &'a str,
    input: &'a [&'a str],
    encoding_format: &'a str,
}

/// How one call ended.
#[derive(Debug)]
pub(super) enum Attempt {
    /// With vectors.
    Done(Vec<Vec<f32>>),
    /// With something that may pass.
    Retry {
        reason: String,
        /// How long the endpoint asks to wait.
        after: Option<Duration>,
    },
}

/// An address with what is needed to call it.
pub(super) struct Endpoint {
    address: String,
    agent: Agent,
    authorization: Option<String>,
}

impl std::fmt::Debug for Endpoint {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Endpoint").field("address", &self.address).finish_non_exhaustive()
    }
}

impl Endpoint {
    pub(super) fn new(settings: &HttpSettings) -> Result<Self, EmbedError> {
        let address = full_address(&settings.endpoint)
            .map_err(|reason| EmbedError::Endpoint { endpoint: hidden(&settings.endpoint), reason })?;
        let authorization = settings.key_file.as_deref().map(read_key).transpose()?;
        // A redirect would take texts and key where nobody said they may go.
        let config = Agent::config_builder()
            .timeout_global(Some(Duration::from_secs(settings.timeout_s.max(1))))
            .http_status_as_error(false)
            .max_redirects(0)
            .max_redirects_will_error(false)
            .user_agent("datapunk")
            .build();
        Ok(Self { address, agent: config.new_agent(), authorization })
    }

    pub(super) fn address(&self) -> &str {
        &self.address
    }

    pub(super) fn failed(&self, reason: String) -> EmbedError {
        EmbedError::Endpoint { endpoint: self.address.clone(), reason }
    }

    /// Sends the texts once.
    pub(super) fn call(
        &self,
        model: &str,
        texts: &[&str],
        width: Option<usize>,
        purpose: &str,
        log: &PrivacyLog,
    ) -> Result<Attempt, EmbedError> {
        let body = serde_json::to_vec(&Body { model, input: texts, encoding_format: "float" })
            .map_err(|error| self.failed(error.to_string()))?;
        let unlogged = |source| EmbedError::PrivacyLog {
            endpoint: self.address.clone(),
            path: log.path().to_owned(),
            source,
        };
        let sent_bytes = body.len() as u64;
        let call = log.begin(&self.address, purpose, texts.len() as u64, sent_bytes).map_err(unlogged)?;
        let (outcome, attempt) = self.send(&body, texts.len(), width);
        call.end(&outcome).map_err(unlogged)?;
        attempt
    }

    /// What the log says of it, and how it ended.
    fn send(&self, body: &[u8], texts: usize, width: Option<usize>) -> (String, Result<Attempt, EmbedError>) {
        let mut request = self.agent.post(&self.address).header("content-type", "application/json");
        if let Some(authorization) = &self.authorization {
            request = request.header("authorization", authorization);
        }
        let mut response = match request.send(body) {
            Ok(response) => response,
            Err(error) => return self.lost(&error),
        };
        let status = response.status().as_u16();
        let after = response.headers().get("retry-after").and_then(|value| wait(value.to_str().ok()?));
        let body = match response.body_mut().with_config().limit(ANSWER_BYTES_MAX).read_to_vec() {
            Ok(body) => body,
            Err(error) => return self.lost(&error),
        };
        let outcome = if status == 200 { "ok".to_owned() } else { format!("status {status}") };
        let attempt = match status {
            200 => match answer::vectors(&body, texts, width) {
                Ok(vectors) => Ok(Attempt::Done(vectors)),
                Err(reason) => return ("answered wrongly".to_owned(), Err(self.failed(reason))),
            },
            408 | 425 | 429 | 500 | 502 | 503 | 504 => {
                Ok(Attempt::Retry { reason: format!("answered with status {status}{}", said(&body)), after })
            }
            401 | 403 => Err(self.failed(format!(
                "refused the key with status {status}; check embedding.key_file"
            ))),
            404 => Err(self.failed(format!(
                "answered with status 404{}; check the address, and that the model is there",
                said(&body)
            ))),
            300..=399 => Err(self.failed(format!(
                "sends elsewhere with status {status}, which is not followed; configure the address it sends to"
            ))),
            _ => Err(self.failed(format!("answered with status {status}{}", said(&body)))),
        };
        (outcome, attempt)
    }

    /// What became of a call that was not answered.
    fn lost(&self, error: &ureq::Error) -> (String, Result<Attempt, EmbedError>) {
        let (outcome, reason) = match error {
            ureq::Error::Timeout(_) => ("no answer in time", "did not answer in time".to_owned()),
            ureq::Error::HostNotFound => ("host not found", "is at a host that there isn't".to_owned()),
            ureq::Error::ConnectionFailed => ("no connection", "can't be reached; is it running?".to_owned()),
            ureq::Error::Io(error) => {
                ("no connection", format!("can't be reached ({error}); is it running?"))
            }
            ureq::Error::BodyExceedsLimit(_) => {
                let reason = "answered with more than is read".to_owned();
                return ("answered too much".to_owned(), Err(self.failed(reason)));
            }
            other => ("failed", format!("failed: {other}")),
        };
        (outcome.to_owned(), Ok(Attempt::Retry { reason, after: None }))
    }
}

/// What the endpoint says of an error, in one short line.
fn said(body: &[u8]) -> String {
    let text = String::from_utf8_lossy(&body[..body.len().min(MESSAGE_BYTES_MAX)]).into_owned();
    let line: Vec<&str> = text.split_whitespace().collect();
    let line: String = line.join(" ").chars().filter(|c| !c.is_control()).collect();
    if line.is_empty() { line } else { format!(": {line}") }
}

/// Seconds, or a date.
fn wait(value: &str) -> Option<Duration> {
    if let Ok(seconds) = value.trim().parse::<u64>() {
        return Some(Duration::from_secs(seconds));
    }
    let date = jiff::fmt::rfc2822::DateTimeParser::new().parse_timestamp(value.trim()).ok()?;
    Some(Duration::try_from(date.duration_since(jiff::Timestamp::now())).unwrap_or_default())
}

fn full_address(given: &str) -> Result<String, String> {
    let wrong = |reason: &str| {
        format!("is no address to call: {reason}; a right one looks like http://localhost:11434")
    };
    let uri: Uri = given.trim().parse().map_err(|error| wrong(&format!("{error}")))?;
    match uri.scheme_str() {
        Some("http" | "https") => {}
        _ => return Err(wrong("it begins with neither http:// nor https://")),
    }
    let authority = uri.authority().ok_or_else(|| wrong("it names no host"))?;
    if authority.as_str().contains('@') {
        return Err(wrong("it holds a password; put it into embedding.key_file"));
    }
    if uri.query().is_some() {
        return Err(wrong("it holds a query, which could be a secret; leave it out"));
    }
    let path = uri.path().trim_end_matches('/');
    let path = if path.ends_with("/embeddings") {
        path.to_owned()
    } else if path.ends_with("/v1") {
        format!("{path}/embeddings")
    } else {
        format!("{path}/v1/embeddings")
    };
    Ok(format!("{}://{authority}{path}", uri.scheme_str().unwrap_or("http")))
}

/// An address that can't be used, without what might be a password in it.
fn hidden(given: &str) -> String {
    let (scheme, rest) = given.split_once("://").unwrap_or(("", given));
    let rest = rest.rsplit_once('@').map_or(rest, |(_, host)| host);
    let rest = rest.split_once('?').map_or(rest, |(path, _)| path);
    if scheme.is_empty() { rest.to_owned() } else { format!("{scheme}://{rest}") }
}

fn read_key(path: &Path) -> Result<String, EmbedError> {
    let size = fs_err::metadata(path).map_err(|source| EmbedError::read(path, source))?.len();
    if size > KEY_BYTES_MAX {
        return Err(EmbedError::file(path, "it is too large for a key"));
    }
    let text = fs_err::read_to_string(path).map_err(|source| EmbedError::read(path, source))?;
    let key = text.trim();
    if key.is_empty() || !key.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err(EmbedError::file(path, "it must hold the key and nothing else"));
    }
    Ok(format!("Bearer {key}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_completed_and_secrets_in_them_refused() {
        for given in ["http://h:1", "http://h:1/", "http://h:1/v1", "http://h:1/v1/embeddings"] {
            assert_eq!(full_address(given).unwrap(), "http://h:1/v1/embeddings");
        }
        assert_eq!(full_address("https://h/api/v1/").unwrap(), "https://h/api/v1/embeddings");
        for given in
            ["", "localhost:11434", "ftp://h", "http://u:secret@h", "http://h/?key=secret", "http://"]
        {
            let message = full_address(given).unwrap_err();
            assert!(!message.contains("secret@"), "{message}");
        }
        assert_eq!(hidden("http://u:secret@h/x?y=secret"), "http://h/x");
    }

    #[test]
    fn waits_are_seconds_or_dates() {
        assert_eq!(wait("7"), Some(Duration::from_secs(7)));
        assert_eq!(wait("Wed, 21 Oct 2015 07:28:00 GMT"), Some(Duration::ZERO));
        assert!(wait("Thu, 21 Oct 2315 07:28:00 GMT").unwrap() > Duration::from_secs(1_000_000));
        assert_eq!(wait("soon"), None);
    }
}
