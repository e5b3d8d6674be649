//! Any endpoint that answers as OpenAI's `/v1/embeddings` does: Ollama, llama.cpp, vLLM, text-embeddings-
//! inference. Texts leave the machine only here, only when somebody configured it, and each call is in the
//! privacy log.

mod answer;
mod request;

use super::{EmbedError, Pace, Purpose, TextEmbedder, clipped};
use crate::privacy_log::PrivacyLog;
use dp_lake::VectorModel;
use request::{Attempt, Endpoint};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use std::{path::PathBuf, sync::Arc, time::Duration};

/// Bytes of a text that are sent; passages are shorter, queries need not be.
const TEXT_BYTES_MAX: usize = 16_384;

/// Longest wait between two attempts, whatever an endpoint asks for.
const WAIT_MAX: Duration = Duration::from_secs(60);

/// How an endpoint is reached.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HttpSettings {
    /// `http://localhost:11434`, with or without `/v1` or `/v1/embeddings`.
    pub endpoint: String,
    /// The model's name there.
    pub model: String,
    /// A file that holds the key and nothing else; none for endpoints that need none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key_file: Option<PathBuf>,
    /// Texts in one call.
    #[serde(default = "batch_default")]
    pub batch: usize,
    /// Seconds that one call may take.
    #[serde(default = "timeout_default")]
    pub timeout_s: u64,
    /// Attempts before a batch is given up; queries are tried once.
    #[serde(default = "attempts_default")]
    pub attempts: u32,
    /// Milliseconds before the second attempt; doubled for each further one.
    #[serde(default = "wait_default")]
    pub wait_ms: u64,
    /// What belongs before something that is looked for.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub query_prefix: String,
    /// What belongs before something that may be found.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub passage_prefix: String,
}

const fn batch_default() -> usize {
    32
}
const fn timeout_default() -> u64 {
    30
}
const fn attempts_default() -> u32 {
    4
}
const fn wait_default() -> u64 {
    500
}

impl HttpSettings {
    /// A model at an endpoint, with everything else as by default.
    #[must_use]
    pub fn new(endpoint: impl Into<String>, model: impl Into<String>) -> Self {
        Self {
            endpoint: endpoint.into(),
            model: model.into(),
            key_file: None,
            batch: batch_default(),
            timeout_s: timeout_default(),
            attempts: attempts_default(),
            wait_ms: wait_default(),
            query_prefix: String::new(),
            passage_prefix: String::new(),
        }
    }
}

/// A model behind an endpoint.
#[derive(Debug)]
pub struct HttpModel {
    model: VectorModel,
    settings: HttpSettings,
    endpoint: Endpoint,
    log: Arc<PrivacyLog>,
}

impl HttpModel {
    /// A model whose width is known. Nothing is sent.
    ///
    /// # Errors
    /// When the address or the key file can't be used.
    pub fn new(
        name: &str,
        width: u32,
        settings: HttpSettings,
        log: Arc<PrivacyLog>,
    ) -> Result<Self, EmbedError> {
        let endpoint = Endpoint::new(&settings)?;
        let identity = format!("{}\n{}\n{width}", endpoint.address(), settings.model);
        let hash = Sha256::digest(identity.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect();
        let model = VectorModel { name: name.to_owned(), hash, width };
        Ok(Self { model, settings, endpoint, log })
    }

    /// Asks the endpoint for one vector, of a word that says nothing about anybody, to learn its width.
    ///
    /// # Errors
    /// When the address or the key file can't be used, or the endpoint doesn't answer as it should.
    pub fn connect(name: &str, settings: HttpSettings, log: Arc<PrivacyLog>) -> Result<Self, EmbedError> {
        let endpoint = Endpoint::new(&settings)?;
        let vectors = match endpoint.call(&settings.model, &["width"], None, "learn a model's width", &log)? {
            Attempt::Done(vectors) => vectors,
            Attempt::Retry { reason, .. } => return Err(endpoint.failed(reason)),
        };
        let width = vectors.first().map_or(0, Vec::len) as u32;
        Self::new(name, width, settings, log)
    }

    fn call(&self, texts: &[&str], purpose: Purpose) -> Result<Vec<Vec<f32>>, EmbedError> {
        let (attempts, what) = match purpose {
            Purpose::Query => (1, "embed a query"),
            Purpose::Passage => (self.settings.attempts.max(1), "embed passages"),
        };
        let mut wait = Duration::from_millis(self.settings.wait_ms);
        let mut tried = 0;
        loop {
            tried += 1;
            let width = Some(self.model.width as usize);
            match self.endpoint.call(&self.settings.model, texts, width, what, &self.log)? {
                Attempt::Done(vectors) => return Ok(vectors),
                Attempt::Retry { reason, .. } if tried >= attempts => {
                    let times = if tried == 1 { "once".to_owned() } else { format!("{tried} times") };
                    return Err(self.endpoint.failed(format!("{reason} (tried {times})")));
                }
                Attempt::Retry { after, .. } => {
                    std::thread::sleep(after.unwrap_or(wait).min(WAIT_MAX));
                    wait = (wait * 2).min(WAIT_MAX);
                }
            }
        }
    }
}

impl TextEmbedder for HttpModel {
    fn model(&self) -> &VectorModel {
        &self.model
    }

    fn pace(&self) -> Pace {
        Pace::Background
    }

    fn embed(&self, texts: &[&str], purpose: Purpose) -> Result<Vec<Vec<f32>>, EmbedError> {
        let prefix = match purpose {
            Purpose::Query => &self.settings.query_prefix,
            Purpose::Passage => &self.settings.passage_prefix,
        };
        let prepared: Vec<(usize, String)> = texts
            .iter()
            .enumerate()
            .filter(|(_, text)| text.chars().any(char::is_alphanumeric))
            .map(|(index, text)| (index, format!("{prefix}{}", clipped(text.trim(), TEXT_BYTES_MAX))))
            .collect();
        let mut vectors = vec![Vec::new(); texts.len()];
        for batch in prepared.chunks(self.settings.batch.clamp(1, 2_048)) {
            let texts: Vec<&str> = batch.iter().map(|(_, text)| text.as_str()).collect();
            for ((index, _), vector) in batch.iter().zip(self.call(&texts, purpose)?) {
                vectors[*index] = vector;
            }
        }
        Ok(vectors)
    }
}

#[cfg(test)]
mod tests;
