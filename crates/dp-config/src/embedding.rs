//! `[embedding]`: how vectors are made: whether a model is fitted to one's own texts, and an endpoint on
//! another machine, or in another program of this one. Without an endpoint nothing leaves this program.

use serde::Deserialize;
use std::path::PathBuf;

/// How vectors are made. The endpoint answers as OpenAI's `/v1/embeddings` does, and is off unless
/// `endpoint` is given.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Embedding {
    /// Whether a model is fitted to one's own texts after a large import, if there is one that can teach.
    pub personalise: bool,
    /// Its address, such as `http://localhost:11434`. Texts of documents and queries are sent there.
    pub endpoint: Option<String>,
    /// The model's name there, such as `nomic-embed-text`.
    pub model: String,
    /// A file that holds the key and nothing else.
    pub key_file: Option<PathBuf>,
    /// Texts in one call.
    pub batch: usize,
    /// Seconds that one call may take.
    pub timeout_s: u64,
    /// What the model wants before something that is looked for.
    pub query_prefix: String,
    /// What the model wants before something that may be found.
    pub passage_prefix: String,
}

impl Default for Embedding {
    fn default() -> Self {
        Self {
            personalise: true,
            endpoint: None,
            model: String::new(),
            key_file: None,
            batch: 32,
            timeout_s: 30,
            query_prefix: String::new(),
            passage_prefix: String::new(),
        }
    }
}

impl Embedding {
    pub(crate) fn validate(&self) -> Result<(), String> {
        match &self.endpoint {
            None => Ok(()),
            Some(endpoint) if !endpoint.starts_with("http://") && !endpoint.starts_with("https://") => {
                Err(format!("embedding.endpoint {endpoint:?} must begin with http:// or https://"))
            }
            Some(_) if self.model.trim().is_empty() => {
                Err("embedding.model is missing: the model's name at the endpoint".to_owned())
            }
            Some(_) if !(1..=2_048).contains(&self.batch) => {
                Err(format!("embedding.batch is {} and must be 1 to 2048", self.batch))
            }
            Some(_) if !(1..=600).contains(&self.timeout_s) => {
                Err(format!("embedding.timeout_s is {} and must be 1 to 600", self.timeout_s))
            }
            Some(_) => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_off_by_default_and_checked_when_it_is_on() {
        let off = Embedding::default();
        assert_eq!((off.endpoint.as_ref(), off.validate()), (None, Ok(())));
        let on =
            Embedding { endpoint: Some("http://localhost:11434".to_owned()), model: "m".to_owned(), ..off };
        assert!(on.validate().is_ok());
        let wrong = [
            Embedding { endpoint: Some("localhost".to_owned()), ..on.clone() },
            Embedding { model: " ".to_owned(), ..on.clone() },
            Embedding { batch: 0, ..on.clone() },
            Embedding { timeout_s: 0, ..on },
        ];
        assert!(wrong.iter().all(|embedding| embedding.validate().is_err()));
    }
}
