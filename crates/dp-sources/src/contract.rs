//! The contract of a parser: how it recognises an entry and where it puts what it finds.

use dp_model::{Draft, PersonDraft, Sample, Warning, WarningKind};
use std::{borrow::Cow, io::Read};

/// What recognition may look at: names and the first bytes. Content decides; the path is a hint.
#[derive(Debug, Clone, Copy)]
pub struct Peek<'a> {
    /// Path inside the archive, normalised: NFC, plain spaces and hyphens, without `Takeout/`.
    pub path: &'a str,
    /// Inflated size in bytes, where the archive says.
    pub size_bytes: Option<u64>,
    /// The first bytes, at most 64 KiB, without a byte-order mark.
    pub head: &'a [u8],
}

impl<'a> Peek<'a> {
    /// Last segment of the path.
    #[must_use]
    pub fn file_name(&self) -> &'a str {
        self.path.rsplit('/').next().unwrap_or(self.path)
    }

    /// Extension in lower case, without the dot; empty if none.
    #[must_use]
    pub fn extension(&self) -> String {
        match self.file_name().rsplit_once('.') {
            Some((stem, extension)) if !stem.is_empty() => extension.to_lowercase(),
            _ => String::new(),
        }
    }

    /// Name of the folder the entry lies in; empty at the root.
    #[must_use]
    pub fn folder(&self) -> &'a str {
        self.path.rsplit('/').nth(1).unwrap_or("")
    }

    /// Whether `head` is all there is.
    #[must_use]
    pub fn head_is_whole(&self) -> bool {
        self.size_bytes.is_some_and(|size| size <= self.head.len() as u64)
    }
}

/// Why an entry holds nothing to import. Shown to the person as it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ignored(pub Cow<'static, str>);

/// What recognition says of an entry.
#[derive(Clone)]
pub enum Recognition {
    /// This parser understands it.
    Parse(&'static dyn Parser),
    /// It holds nothing to import.
    Ignored(Ignored),
    /// Nobody knows the format, but it is text: keep it as one searchable document.
    UnknownText(&'static dyn Parser),
    /// Nobody knows the format.
    Unknown,
}

/// The other entries of the same export, as far as a parser or recognition may ask about them.
pub trait Surroundings {
    /// Whether the export holds an entry with this normalised path (case-folded comparison).
    fn has_path(&self, path: &str) -> bool;
    /// Whether some entry in the folder of `path` has the same name up to its extension as `name`.
    fn has_sibling_stem(&self, path: &str, name: &str) -> bool;
}

/// What a parser is told about the entry in hand.
pub struct Context<'a> {
    /// Normalised path inside the archive.
    pub path: &'a str,
    /// When the export was made, in microseconds since 1970 UTC, if its name says.
    pub exported_at_us: Option<i64>,
    /// The person's own IANA zone, where they said it: decides ambiguous zone abbreviations.
    pub home_zone: Option<&'a str>,
    /// Largest single record in bytes; a larger one is a `too_large` warning.
    pub record_bytes_max: usize,
    /// The other entries of the export.
    pub surroundings: &'a dyn Surroundings,
}

/// The receiver of what a parser finds no longer wants any: cancelled, or the store failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the receiver has closed")]
pub struct SinkClosed;

/// Where a parser puts what it finds, in order of position. Calls may block: that is the back-pressure.
pub trait Sink {
    /// Takes a document.
    fn document(&mut self, draft: Draft) -> Result<(), SinkClosed>;
    /// Takes a sample.
    fn sample(&mut self, sample: Sample) -> Result<(), SinkClosed>;
    /// Takes a person.
    fn person(&mut self, person: PersonDraft) -> Result<(), SinkClosed>;
    /// Takes a warning; the parser goes on.
    fn warning(&mut self, warning: Warning) -> Result<(), SinkClosed>;
}

impl dyn Sink + '_ {
    /// Takes a warning made from its parts.
    pub fn warn(
        &mut self,
        kind: WarningKind,
        position: u64,
        message: impl Into<Cow<'static, str>>,
    ) -> Result<(), SinkClosed> {
        self.warning(Warning { kind, position, message: message.into() })
    }
}

/// Why an entry could not be parsed to its end. What was found before stays.
#[derive(Debug, thiserror::Error)]
pub enum ParseError {
    /// The receiver closed; not the entry's fault.
    #[error(transparent)]
    Closed(#[from] SinkClosed),
    /// The bytes could not be read from the archive.
    #[error("the entry could not be read: {0}")]
    Read(#[from] std::io::Error),
    /// The entry as a whole is not what it seemed.
    #[error("{0}")]
    Malformed(String),
}

/// Understands one format. Implementations hold no state; all of it lives in `parse`.
pub trait Parser: Sync {
    /// Stable name, such as `google.activity.json`; stored in the ledger and used to find the parser again.
    fn name(&self) -> &'static str;

    /// Raised whenever the parser would give something else for the same bytes, so that entries
    /// already imported are parsed anew.
    fn version(&self) -> u32;

    /// The source named in the ledger, dotted, such as `google.youtube`.
    fn source(&self, peek: &Peek<'_>) -> &'static str;

    /// Whether the entry is of this format. Only content decides; the path helps where content is
    /// not enough.
    fn recognises(&self, peek: &Peek<'_>) -> bool;

    /// Reads the entry to its end and hands over what it holds, in order.
    ///
    /// A bad record is a warning. An error means that the rest of the entry could not be read.
    fn parse(
        &self,
        context: &Context<'_>,
        input: &mut dyn Read,
        sink: &mut dyn Sink,
    ) -> Result<(), ParseError>;
}
