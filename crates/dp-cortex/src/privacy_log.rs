//! The privacy log: a line for everything that this program sends to another machine, so that its owner can
//! see what left. Counts and addresses go in; never a text, and never a key.

use serde::{Deserialize, Serialize};
use std::{
    io::{self, Write as _},
    path::{Path, PathBuf},
    sync::Mutex,
};

/// The log's name in the data directory.
pub const FILE_NAME: &str = "privacy.jsonl";

/// One call to another machine.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Call {
    /// When it ended, UTC, as RFC 3339.
    pub time: String,
    /// Where it went, without anything that is secret.
    pub endpoint: String,
    /// What for: `embed passages`, `embed a query`, `fetch a model`.
    pub purpose: String,
    /// Texts of the owner that were sent.
    pub texts: u64,
    /// Bytes that were sent.
    pub sent_bytes: u64,
    /// How it ended: `ok`, `status 429`, `no answer in time`.
    pub outcome: String,
}

/// An append-only file of [`Call`]s, one JSON object a line.
#[derive(Debug)]
pub struct PrivacyLog {
    path: PathBuf,
    /// Lines are written one at a time.
    writing: Mutex<()>,
}

/// A call that is about to be made: the log can be written.
#[derive(Debug)]
pub struct OpenCall<'a> {
    log: &'a PrivacyLog,
    file: fs_err::File,
    call: Call,
}

impl PrivacyLog {
    /// The log in this data directory. Nothing is made until there is something to say.
    #[must_use]
    pub fn new(data_directory: &Path) -> Self {
        Self { path: data_directory.join(FILE_NAME), writing: Mutex::new(()) }
    }

    /// The file.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Makes sure that the log can be written, before anything is sent.
    ///
    /// # Errors
    /// When it can't; then nothing may be sent.
    pub fn begin(
        &self,
        endpoint: &str,
        purpose: &str,
        texts: u64,
        sent_bytes: u64,
    ) -> io::Result<OpenCall<'_>> {
        let mut options = fs_err::OpenOptions::new();
        options.append(true).create(true);
        #[cfg(unix)]
        fs_err::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let file = options.open(&self.path)?;
        let call = Call {
            time: String::new(),
            endpoint: endpoint.to_owned(),
            purpose: purpose.to_owned(),
            texts,
            sent_bytes,
            outcome: String::new(),
        };
        Ok(OpenCall { log: self, file, call })
    }

    /// All calls, oldest first. A line that is none, as after a crash, is passed over.
    ///
    /// # Errors
    /// When the file is there and can't be read.
    pub fn read(&self) -> io::Result<Vec<Call>> {
        let bytes = match fs_err::read(&self.path) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(error),
        };
        Ok(bytes.split(|byte| *byte == b'\n').filter_map(|line| serde_json::from_slice(line).ok()).collect())
    }
}

impl OpenCall<'_> {
    /// Writes how it ended.
    ///
    /// # Errors
    /// When the disk is full, say.
    pub fn end(mut self, outcome: &str) -> io::Result<()> {
        self.call.time = jiff::Timestamp::now().to_string();
        outcome.clone_into(&mut self.call.outcome);
        let mut line = serde_json::to_vec(&self.call)?;
        line.push(b'\n');
        let _one_at_a_time = self.log.writing.lock();
        self.file.write_all(&line)?;
        self.file.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn calls_are_appended_and_read_back() {
        let folder = tempfile::tempdir().unwrap();
        let log = PrivacyLog::new(folder.path());
        assert!(log.read().unwrap().is_empty());
        for outcome in ["ok", "status 500"] {
            log.begin("http://127.0.0.1:1/v1/embeddings", "embed passages", 3, 120)
                .unwrap()
                .end(outcome)
                .unwrap();
        }
        let calls = PrivacyLog::new(folder.path()).read().unwrap();
        assert_eq!(calls.iter().map(|call| call.outcome.as_str()).collect::<Vec<_>>(), ["ok", "status 500"]);
        assert_eq!((calls[0].texts, calls[0].sent_bytes), (3, 120));
        assert!(calls[0].time.parse::<jiff::Timestamp>().is_ok());
    }

    #[test]
    fn a_line_that_was_torn_does_not_hide_the_others() {
        let folder = tempfile::tempdir().unwrap();
        let log = PrivacyLog::new(folder.path());
        fs_err::write(log.path(), "{\"time\":\"20\n").unwrap();
        log.begin("x", "y", 0, 0).unwrap().end("ok").unwrap();
        assert_eq!(log.read().unwrap().len(), 1);
    }

    #[test]
    fn a_log_that_cannot_be_written_is_told_before_anything_is_sent() {
        let folder = tempfile::tempdir().unwrap();
        assert!(PrivacyLog::new(&folder.path().join("missing")).begin("x", "y", 0, 0).is_err());
    }
}
