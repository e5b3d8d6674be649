//! Reading from the vault of this machine: questions come in, what the vault and the engine over it say goes out. Loads
//! models only for questions to the engine.

use super::{Reading, Take};
use crate::{
    brain,
    output::Output,
    place::{Place, find_document},
};
use anyhow::Context as _;
use dp_cortex::engine::SearchRequest;
use dp_lake::{
    Cursor, Filter, Import, LedgerQuery, Order, Page, RevisionedDocument, Suggestion, Vault as _,
    originals::Originals, walk_documents, walk_people, walk_samples,
};
use dp_lake_embedded::EmbeddedVault;
use dp_model::{Document, EntryReport, EntryStatus};
use dp_nexus::{
    export::Exported,
    http::{Around, Besides, SearchAnswer, SimilarDocument, Statistics, YearOfDay},
};
use futures::executor::block_on;
use jiff::civil::Date;
use serde::Serialize;
use std::{cell::OnceCell, io, path::Path, time::Instant};

/// The vault of this machine, opened when something is asked.
pub(crate) struct Local<'a> {
    place: &'a Place,
    vault: OnceCell<EmbeddedVault>,
}

impl<'a> Local<'a> {
    /// The vault of a data directory.
    pub(crate) fn new(place: &'a Place) -> Self {
        Self { place, vault: OnceCell::new() }
    }

    fn vault(&self) -> anyhow::Result<&EmbeddedVault> {
        match self.vault.get() {
            Some(vault) => Ok(vault),
            None => {
                let opened = self.place.read()?;
                Ok(self.vault.get_or_init(|| opened))
            }
        }
    }
}

/// A line of an export.
#[derive(Debug, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum Line<'a> {
    Document(&'a RevisionedDocument),
    Person(&'a dp_model::Person),
    Sample(&'a dp_model::Sample),
}

impl Reading for Local<'_> {
    fn home_zone(&self) -> anyhow::Result<String> {
        Ok(self.place.config.person.home_zone())
    }

    fn search(&self, request: &SearchRequest, besides: Besides) -> anyhow::Result<SearchAnswer> {
        let engine = brain::engine(self.place)?;
        let started = Instant::now();
        let answer = block_on(engine.search(request))?;
        let elapsed_ms = started.elapsed().as_secs_f64() * 1000.0;
        brain::remember(self.place, &request.text);
        Ok(SearchAnswer::new(answer, besides, elapsed_ms))
    }

    fn similar(&self, id: &str, limit: usize) -> anyhow::Result<Vec<SimilarDocument>> {
        let engine = brain::engine(self.place)?;
        let id = block_on(engine.find(id))?;
        let similar = block_on(engine.similar(id, limit))?;
        Ok(similar.into_iter().map(SimilarDocument::from).collect())
    }

    fn around(&self, id: &str, hours: u32, limit: usize) -> anyhow::Result<Around> {
        let engine = brain::engine(self.place)?;
        let id = block_on(engine.find(id))?;
        Ok(block_on(engine.around(id, hours, limit))?.into())
    }

    fn on_this_day(&self, date: Date, limit: usize) -> anyhow::Result<Vec<YearOfDay>> {
        let years = block_on(brain::engine(self.place)?.on_this_day(date, limit))?;
        Ok(years.into_iter().map(YearOfDay::from).collect())
    }

    fn suggest(&self, typed: &str, limit: usize) -> anyhow::Result<Vec<Suggestion>> {
        Ok(block_on(brain::engine(self.place)?.suggest(typed, limit))?)
    }

    fn forget_queries(&self) -> anyhow::Result<bool> {
        Ok(brain::history(self.place).forget()?)
    }

    fn document(&self, id: &str) -> anyhow::Result<RevisionedDocument> {
        let vault = self.vault()?;
        let id = find_document(vault, id)?;
        block_on(vault.documents().get(id))?.with_context(|| format!("there is no document {id}"))
    }

    fn documents(
        &self,
        filter: &Filter,
        order: Order,
        cursor: Option<&Cursor>,
        limit: usize,
    ) -> anyhow::Result<Page<Document>> {
        Ok(block_on(self.vault()?.documents().list(filter, order, cursor, limit))?)
    }

    fn statistics(&self, lines: usize) -> anyhow::Result<Statistics> {
        Ok(Statistics::of(self.vault()?, lines)?)
    }

    fn imports(&self) -> anyhow::Result<Vec<Import>> {
        Ok(block_on(self.vault()?.imports().list())?)
    }

    fn ledger(&self, import: Option<u64>, status: Option<EntryStatus>) -> anyhow::Result<Vec<EntryReport>> {
        Ok(block_on(self.vault()?.imports().ledger(&LedgerQuery { import, status }))?)
    }

    fn original(&self, import: u64, entry: u32, take: Take<'_>) -> anyhow::Result<io::Result<u64>> {
        let vault = self.vault()?;
        let original =
            Originals::new(self.place.config.archive.clone()).find(vault.imports(), import, entry)?;
        let path = original.path.clone();
        original.read(0, |bytes| take(&path, bytes))?
    }

    fn export_lines(&self, output: &mut Output) -> anyhow::Result<()> {
        let vault = self.vault()?;
        walk_documents(vault, |document| output.value(&Line::Document(document)))?;
        walk_people(vault, |person| output.value(&Line::Person(person)))?;
        for series in block_on(vault.series().list())? {
            walk_samples(vault, &series.series, |sample| output.value(&Line::Sample(sample)))?;
        }
        Ok(())
    }

    fn export_zip(&self, filter: &Filter, file: &mut fs_err::File, _: &Path) -> anyhow::Result<Exported> {
        Ok(dp_nexus::export::write_zip(self.vault()?, filter, file)?)
    }
}
