//! What getting a model from somewhere gives, wherever it is, and what is told meanwhile.

/// How far a model's fetching is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Progress<'a> {
    /// Something begins to be fetched.
    Started {
        /// A file or package.
        what: &'a str,
    },
    /// Bytes of it have arrived.
    Bytes {
        /// So many.
        done: u64,
        /// Of so many.
        total: u64,
    },
    /// All is there, and is looked over.
    Checking {
        /// A file, package or model.
        what: &'a str,
    },
}

/// Files that lie in a folder now.
#[derive(Debug)]
pub(super) struct Fetched {
    /// What the model is called where it comes from.
    pub(super) called: String,
    /// Where it came from, for the manifest.
    pub(super) source: String,
    /// Its licence, if its source says.
    pub(super) licence: String,
    /// SHA-256 that files must have, by path, as far as the source publishes them.
    pub(super) expected: Vec<(String, String)>,
}
