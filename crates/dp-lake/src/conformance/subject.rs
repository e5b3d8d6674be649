//! The vault under test with the questions that cases ask, blocking and unwrapped.

use super::{Factory, build};
use crate::{
    Annotation, Annotations, Applied, Batch, Dimension, DocumentUpsert, Filter, ForgetTarget, Forgotten,
    Hidden, Hits, Import, Order, RevisionedDocument, SampleQuery, Sort, Term, TermMode, TextQuery, Top,
    Vault,
};
use dp_model::{Document, DocumentId, Person, Sample};
use futures::executor::block_on;
use std::{collections::BTreeSet, future::Future};

/// A vault under test.
pub struct Subject<'f> {
    factory: &'f dyn Factory,
    name: String,
    vault: Option<Box<dyn Vault>>,
}

impl<'f> Subject<'f> {
    /// Opens the vault with this name.
    #[must_use]
    pub fn open(factory: &'f dyn Factory, name: &str) -> Self {
        Self { factory, name: name.to_owned(), vault: Some(block_on(factory.open(name))) }
    }

    /// Opens the vault with this name and begins an import, which has the id 1 in a new vault.
    #[must_use]
    pub fn importing(factory: &'f dyn Factory, name: &str) -> (Self, u64) {
        let subject = Self::open(factory, name);
        let import = subject.begin(1, "takeout-1", Some(build::NOON_US)).id;
        (subject, import)
    }

    /// Opens a new vault that holds these documents and is ready to search.
    #[must_use]
    pub fn holding(factory: &'f dyn Factory, documents: Vec<DocumentUpsert>) -> Self {
        let (subject, import) = Self::importing(factory, "vault");
        subject.apply(build::documents_batch(import, documents));
        subject.catch_up();
        subject
    }

    /// Closes the vault and opens it again.
    pub fn reopen(&mut self) {
        self.vault = None;
        self.vault = Some(block_on(self.factory.open(&self.name)));
    }

    /// The vault itself.
    #[must_use]
    pub fn vault(&self) -> &dyn Vault {
        self.vault.as_deref().expect("the vault is open")
    }

    /// Begins an import as [`build::import_draft`] describes it.
    #[must_use]
    pub fn begin(&self, fingerprint: u8, name: &str, exported_at_us: Option<i64>) -> Import {
        wait(self.vault().imports().begin(build::import_draft(fingerprint, name, exported_at_us)))
    }

    /// Ends an import.
    pub fn finish(&self, import: u64) -> Import {
        wait(self.vault().imports().finish(import, build::NOON_US + 99))
    }

    /// Applies a batch.
    pub fn apply(&self, batch: Batch) -> Applied {
        wait(self.vault().documents().apply(batch))
    }

    /// Waits until all that was done can be found.
    pub fn catch_up(&self) {
        let sequence = wait(self.vault().health(false)).sequence;
        wait(self.vault().search().wait_indexed(sequence));
    }

    /// The document with this id.
    #[must_use]
    pub fn get(&self, id: DocumentId) -> Option<RevisionedDocument> {
        wait(self.vault().documents().get(id))
    }

    /// Makes a change that must find its document.
    pub fn annotate(&self, id: DocumentId, change: Annotation) -> Annotations {
        wait(self.vault().documents().annotate(id, &change)).expect("the document is there")
    }

    /// Removes something.
    pub fn forget(&self, target: &ForgetTarget) -> Forgotten {
        wait(self.vault().documents().forget(target, None))
    }

    /// Everything in the vault, walked in steps of 7.
    #[must_use]
    pub fn walk(&self) -> Vec<RevisionedDocument> {
        self.walk_by(7)
    }

    /// Everything in the vault, walked in steps of `limit`.
    #[must_use]
    pub fn walk_by(&self, limit: usize) -> Vec<RevisionedDocument> {
        let mut all = Vec::<RevisionedDocument>::new();
        loop {
            let after = all.last().map(|last| last.document.id);
            let step = wait(self.vault().documents().walk(after, limit));
            assert!(step.len() <= limit, "a step of {} documents past its limit of {limit}", step.len());
            if step.is_empty() {
                return all;
            }
            all.extend(step);
        }
    }

    /// All documents that a filter means, page by page.
    #[must_use]
    pub fn list(&self, filter: &Filter, order: Order, page_size: usize) -> Vec<Document> {
        let mut all = Vec::new();
        let mut cursor = None;
        loop {
            let page = wait(self.vault().documents().list(filter, order, cursor.as_ref(), page_size));
            assert!(
                page.items.len() <= page_size,
                "a page of {} past its size of {page_size}",
                page.items.len()
            );
            assert!(page.next.is_none() || !page.items.is_empty(), "an empty page that is not the last");
            all.extend(page.items);
            let Some(next) = page.next else { return all };
            cursor = Some(next);
        }
    }

    /// Titles of all documents that a filter means, earliest first.
    #[must_use]
    pub fn titles(&self, filter: &Filter) -> Vec<String> {
        self.list(filter, Order::OldestFirst, 50).into_iter().map(|document| document.content.title).collect()
    }

    /// Searches.
    #[must_use]
    pub fn keyword(&self, query: &TextQuery, filter: &Filter, sort: Sort, limit: usize) -> Hits {
        wait(self.vault().search().keyword(query, filter, sort, limit))
    }

    /// Titles, sorted, of the documents that hold these words in this mode, hidden ones too.
    #[must_use]
    pub fn found(&self, mode: TermMode, text: &str) -> Vec<String> {
        let query = TextQuery {
            must: vec![Term { text: text.to_owned(), mode }],
            must_not: Vec::new(),
            ..TextQuery::default()
        };
        self.titles_found(&query, &Filter { hidden: Hidden::Include, ..Filter::default() })
    }

    /// Titles, sorted, of the documents that match.
    #[must_use]
    pub fn titles_found(&self, query: &TextQuery, filter: &Filter) -> Vec<String> {
        let hits = self.keyword(query, filter, Sort::Relevance, 1000);
        let ids = hits.hits.iter().map(|hit| hit.id).collect::<Vec<_>>();
        assert_eq!(hits.total, ids.len() as u64, "the total of {query:?}");
        assert_eq!(ids.iter().collect::<BTreeSet<_>>().len(), ids.len(), "a hit twice for {query:?}");
        let documents = wait(self.vault().documents().get_many(&ids));
        let titles =
            documents.into_iter().map(|document| document.expect("a hit is a document").content.title);
        let mut titles = titles.collect::<Vec<_>>();
        titles.sort();
        titles
    }

    /// The top list of a dimension.
    #[must_use]
    pub fn top(&self, dimension: Dimension) -> Vec<(String, u64)> {
        let top = wait(self.vault().documents().top(dimension, 100));
        top.into_iter().map(|Top { name, count }| (name, count)).collect()
    }

    /// Everybody.
    #[must_use]
    pub fn people(&self) -> Vec<Person> {
        wait(self.vault().documents().people(None, 1000))
    }

    /// All samples of a series.
    #[must_use]
    pub fn samples(&self, series: &str) -> Vec<Sample> {
        self.range(&SampleQuery { series: series.to_owned(), limit: 1000, ..SampleQuery::default() })
    }

    /// The samples that a query wants.
    #[must_use]
    pub fn range(&self, query: &SampleQuery) -> Vec<Sample> {
        wait(self.vault().series().range(query))
    }
}

/// Waits for an answer that must come.
pub(super) fn wait<T>(answer: impl Future<Output = Result<T, crate::LakeError>>) -> T {
    block_on(answer).unwrap_or_else(|error| panic!("the vault failed: {error:?}"))
}
