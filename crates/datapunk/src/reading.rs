//! What commands that only read ask, and what they are answered: by the vault of this machine, or by a server. What
//! prints the answers can't tell which of the two it was.

mod local;
mod remote;

pub(crate) use local::Local;
pub(crate) use remote::ServerOptions;

use dp_cortex::engine::SearchRequest;
use dp_lake::{Cursor, Filter, Import, Order, Page, RevisionedDocument, Suggestion};
use dp_model::{Document, EntryReport, EntryStatus};
use dp_nexus::{
    export::Exported,
    http::{Around, Besides, SearchAnswer, SimilarDocument, Statistics, YearOfDay},
};
use jiff::civil::Date;
use std::{
    io::{self, Read},
    path::Path,
};

/// Takes the bytes of an original; `name` says of what.
pub(crate) type Take<'a> = &'a mut dyn FnMut(&str, &mut dyn Read) -> anyhow::Result<io::Result<u64>>;

/// One whom commands that only read can ask: an operation for each.
pub(crate) trait Reading {
    /// The zone that the person is at home in, which times without an offset are shown in.
    fn home_zone(&self) -> anyhow::Result<String>;

    /// Finds documents. Documents of hits come with it if they are asked for.
    fn search(&self, request: &SearchRequest, besides: Besides) -> anyhow::Result<SearchAnswer>;

    /// Documents whose meaning is near that of the one whose id begins so.
    fn similar(&self, id: &str, limit: usize) -> anyhow::Result<Vec<SimilarDocument>>;

    /// What other sources have of the hours around it.
    fn around(&self, id: &str, hours: u32, limit: usize) -> anyhow::Result<Around>;

    /// What happened on this day in other years.
    fn on_this_day(&self, date: Date, limit: usize) -> anyhow::Result<Vec<YearOfDay>>;

    /// How what is being typed may go on.
    fn suggest(&self, typed: &str, limit: usize) -> anyhow::Result<Vec<Suggestion>>;

    /// Forgets the queries that suggestions are made of; whether there were some.
    fn forget_queries(&self) -> anyhow::Result<bool>;

    /// Everything about the document whose id begins so.
    fn document(&self, id: &str) -> anyhow::Result<RevisionedDocument>;

    /// A page of documents in order of time. Of the filter, sources, kinds and days count.
    fn documents(
        &self,
        filter: &Filter,
        order: Order,
        cursor: Option<&Cursor>,
        limit: usize,
    ) -> anyhow::Result<Page<Document>>;

    /// Counts, and top lists of so many lines.
    fn statistics(&self, lines: usize) -> anyhow::Result<Statistics>;

    /// All imports, the latest first.
    fn imports(&self) -> anyhow::Result<Vec<Import>>;

    /// What became of the files of an import, or of the latest.
    fn ledger(&self, import: Option<u64>, status: Option<EntryStatus>) -> anyhow::Result<Vec<EntryReport>>;

    /// Gives the original bytes of an entry to whoever takes them.
    fn original(&self, import: u64, entry: u32, take: Take<'_>) -> anyhow::Result<io::Result<u64>>;

    /// Writes everything as lines of JSON.
    fn export_lines(&self, output: &mut crate::output::Output) -> anyhow::Result<()>;

    /// Writes a zip of what the filter means into an empty file. Of the filter, sources, kinds and days count.
    fn export_zip(&self, filter: &Filter, file: &mut fs_err::File, path: &Path) -> anyhow::Result<Exported>;
}
