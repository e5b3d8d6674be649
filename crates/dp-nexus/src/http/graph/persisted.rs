//! Documents that are asked for by their hash: the text comes with its SHA-256 once, and the hash alone from then
//! on. Each account has its own, so that none learns what another asks; few are kept, and in memory only.

use super::bounds;
use crate::{
    AccountId,
    http::problem::{Code, Problem},
};
use parking_lot::Mutex;
use sha2::{Digest as _, Sha256};
use std::{collections::HashMap, fmt::Write as _, sync::Arc};

/// Documents that are kept.
const DOCUMENTS_MAX: usize = 1_000;
/// Bytes of all of them.
const BYTES_MAX: usize = 8 << 20;
/// What a client of the protocol looks for in the message.
const NOT_FOUND: &str = "PersistedQueryNotFound";

/// Documents by account and hash.
#[derive(Debug, Default)]
pub(in crate::http) struct Persisted(Mutex<Kept>);

#[derive(Debug, Default)]
struct Kept {
    documents: HashMap<(AccountId, String), Used>,
    bytes: usize,
    clock: u64,
}

#[derive(Debug)]
struct Used {
    text: Arc<str>,
    at: u64,
}

impl Persisted {
    /// The document of this hash.
    ///
    /// # Errors
    /// When it is not kept.
    pub(super) fn find(&self, account: AccountId, hash: &str) -> Result<Arc<str>, Problem> {
        let mut kept = self.0.lock();
        kept.clock += 1;
        let at = kept.clock;
        let found = kept.documents.get_mut(&(account, hash.to_ascii_lowercase()));
        let used = found.ok_or_else(|| Problem::new(Code::DocumentNotKept, NOT_FOUND))?;
        used.at = at;
        Ok(Arc::clone(&used.text))
    }

    /// Keeps a document under its hash.
    ///
    /// # Errors
    /// When it is the hash of something else.
    pub(super) fn keep(&self, account: AccountId, hash: &str, text: &str) -> Result<(), Problem> {
        let hash = hash.to_ascii_lowercase();
        if hash != hash_of(text) {
            let detail = "extensions.persistedQuery.sha256Hash is not the SHA-256 of the query";
            return Err(Problem::new(Code::BadParameter, detail).about("extensions"));
        }
        let mut kept = self.0.lock();
        kept.clock += 1;
        let used = Used { text: text.into(), at: kept.clock };
        kept.bytes += text.len();
        if let Some(before) = kept.documents.insert((account, hash), used) {
            kept.bytes -= before.text.len();
        }
        while kept.documents.len() > DOCUMENTS_MAX || kept.bytes > BYTES_MAX {
            kept.forget_one();
        }
        Ok(())
    }
}

impl Kept {
    /// Forgets what was not used for longest.
    fn forget_one(&mut self) {
        let oldest = self.documents.iter().min_by_key(|(_, used)| used.at).map(|(key, _)| key.clone());
        if let Some(gone) = oldest.and_then(|key| self.documents.remove(&key)) {
            self.bytes -= gone.text.len();
        }
    }
}

/// The hash in lower-case hexadecimal digits.
fn hash_of(text: &str) -> String {
    Sha256::digest(text.as_bytes()).iter().fold(String::new(), |mut digits, byte| {
        // Writing into a string cannot fail.
        let _ = write!(digits, "{byte:02x}");
        digits
    })
}

/// The text that is meant by a text, a hash, or both; a text that came with its hash is to be kept once it is
/// known to be a document.
///
/// # Errors
/// When there is neither, or nothing is kept under the hash.
pub(super) fn meant(
    persisted: &Persisted,
    account: AccountId,
    query: Option<String>,
    hash: Option<&str>,
) -> Result<Arc<str>, Problem> {
    let text = match (query, hash) {
        (Some(query), _) => query.into(),
        (None, Some(hash)) => persisted.find(account, hash)?,
        (None, None) => {
            return Err(Problem::new(Code::MissingParameter, "the field query is needed").about("query"));
        }
    };
    bounds::check_text(&text)?;
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    const MIA: AccountId = AccountId([1; 16]);
    const BO: AccountId = AccountId([2; 16]);

    #[test]
    fn a_document_is_found_by_its_hash_and_by_its_account_only() {
        let persisted = Persisted::default();
        let text = "{stats{documents}}";
        persisted.keep(MIA, &hash_of(text).to_uppercase(), text).unwrap();
        assert_eq!(&*persisted.find(MIA, &hash_of(text)).unwrap(), text);
        assert_eq!(persisted.find(BO, &hash_of(text)).unwrap_err().code(), Code::DocumentNotKept);
        assert_eq!(persisted.keep(MIA, &hash_of("other"), text).unwrap_err().code(), Code::BadParameter);
    }

    #[test]
    fn few_documents_are_kept_and_the_last_used_stay() {
        let persisted = Persisted::default();
        let text = |number: usize| format!("{{a{number}}}");
        for number in 0..DOCUMENTS_MAX {
            persisted.keep(MIA, &hash_of(&text(number)), &text(number)).unwrap();
        }
        persisted.find(MIA, &hash_of(&text(0))).unwrap();
        persisted.keep(BO, &hash_of("{b}"), "{b}").unwrap();
        assert!(persisted.find(MIA, &hash_of(&text(0))).is_ok());
        assert!(persisted.find(MIA, &hash_of(&text(1))).is_err());
        for number in 0..200 {
            let long = format!("{}{number}", " ".repeat(60_000));
            persisted.keep(MIA, &hash_of(&long), &long).unwrap();
        }
        let kept = persisted.0.lock();
        assert!(kept.bytes <= BYTES_MAX);
        assert_eq!(kept.bytes, kept.documents.values().map(|used| used.text.len()).sum::<usize>());
    }
}
