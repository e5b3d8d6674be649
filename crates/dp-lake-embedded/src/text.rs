//! The text index: a projection of the store that finds rows by words. Documents go in by row number;
//! searches give row numbers back. It knows nothing of SQL, and can be deleted and built anew.

mod any_term;
mod compile;
mod completions;
mod counts;
mod entry;
mod facets;
mod filters;
mod freshness;
mod gathered;
mod ranked;
mod rows;
mod rows_of;
mod schema;
mod search;
#[cfg(test)]
mod tests;
mod throttle;
mod tokenizers;
mod vocabulary;

pub(crate) use entry::IndexedDocument;
pub(crate) use ranked::Ranked;
pub(crate) use rows_of::RowMask;
pub(crate) use search::RowHits;

use compile::Compiler;
use completions::CompletionCache;
use dp_lake::{
    Facet, FacetField, Filter, LakeError, RankedQuery, Sort, TextQuery, TimeCount, TimeCountQuery,
};
use entry::Entry;
use freshness::Freshness;
use hashbrown::HashSet;
use rows::OfRows;
use rows_of::MaskCache;
use schema::{FORMAT, Fields};
use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    path::{Path, PathBuf},
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};
use tantivy::{
    Index, IndexReader, IndexWriter, ReloadPolicy, Searcher, TantivyError,
    directory::MmapDirectory,
    index::IndexBuilder,
    indexer::{IndexWriterOptions, LogMergePolicy, UserOperation},
};
use throttle::Throttle;
use vocabulary::Vocabulary;

/// Documents handed to the indexer in one go: waking it costs more than a short document.
const BATCH_DOCUMENTS: usize = 256;
/// Bytes of documents handed over in one go.
const BATCH_BYTES: usize = 1 << 20;
/// Rows deleted in one go: each time the rows of the whole index are looked through.
const BATCH_DELETES: usize = 4096;
/// Bytes of documents that may wait for the indexer.
const UNDER_WAY_BYTES: usize = 16 << 20;
/// How often, and how far apart, segments are looked for that hold deleted rows.
const PURGE_TRIES: u32 = 20;
const PURGE_WAIT: Duration = Duration::from_millis(50);
/// Segments of about one size that are merged into one.
const MERGED_SEGMENTS: usize = 6;

/// How an index is opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mode {
    /// For one process at a time: creates what is not there.
    ReadWrite {
        /// Indexing threads.
        threads: usize,
        /// Memory of all of them together.
        memory_bytes: usize,
    },
    /// Beside any other process.
    ReadOnly,
}

/// A text index in its directory.
pub(crate) struct TextIndex {
    directory: PathBuf,
    index: Index,
    fields: Fields,
    reader: IndexReader,
    sequence: AtomicU64,
    completions: CompletionCache,
    rooms: ranked::Rooms,
    masks: MaskCache,
    writer: Option<Mutex<Writer>>,
    /// Where another process may commit.
    freshness: Option<Freshness>,
}

/// Documents and deletes wait here for a while. The deletes take effect before the documents, so no
/// row waits in both after its document came.
struct Writer {
    writer: IndexWriter<Entry>,
    throttle: Arc<Throttle>,
    deletes: HashSet<u64, foldhash::fast::RandomState>,
    entries: Vec<Entry>,
    rows: HashSet<u64, foldhash::fast::RandomState>,
    bytes: usize,
}

impl TextIndex {
    /// Opens the index in `directory`; for writing, creates it if there is none.
    ///
    /// # Errors
    /// `Projection` if it is damaged, of another format, or (for reading) not there.
    pub(crate) fn open(directory: &Path, mode: Mode) -> Result<Self, LakeError> {
        guarded(|| Self::open_index(directory, mode))
    }

    fn open_index(directory: &Path, mode: Mode) -> Result<Self, LakeError> {
        let (schema, fields) = schema::schema();
        // Before anything is read: what is committed meanwhile is rather read once too often than not at all.
        let freshness = (mode == Mode::ReadOnly).then(|| Freshness::of(directory));
        if mode != Mode::ReadOnly {
            fs_err::create_dir_all(directory).map_err(|source| LakeError::Io {
                context: format!("could not create the text index in {}", directory.display()),
                source,
            })?;
        }
        let files = MmapDirectory::open(directory).map_err(|error| damaged(&error.to_string()))?;
        let exists = Index::exists(&files).map_err(|error| damaged(&error.to_string()))?;
        if !exists && mode == Mode::ReadOnly {
            return Err(damaged("it is not there"));
        }
        let is_new = !exists;
        let mut index = if is_new {
            IndexBuilder::new().schema(schema.clone()).settings(schema::settings()).open_or_create(files)
        } else {
            Index::open(files)
        }
        .map_err(failed)?;
        if index.schema() != schema {
            return Err(damaged("it was made by another version of Datapunk"));
        }
        index.set_tokenizers(tokenizers::manager());
        let writer = match mode {
            Mode::ReadWrite { threads, memory_bytes } => Some(Writer::new(&index, threads, memory_bytes)?),
            Mode::ReadOnly => None,
        };
        let reader = index.reader_builder().reload_policy(ReloadPolicy::Manual).try_into().map_err(failed)?;
        let opened = Self {
            directory: directory.to_owned(),
            index,
            fields,
            reader,
            sequence: AtomicU64::new(0),
            completions: CompletionCache::default(),
            rooms: ranked::Rooms::default(),
            masks: MaskCache::default(),
            writer: writer.map(Mutex::new),
            freshness,
        };
        if is_new {
            opened.commit(0)?;
        }
        opened.sequence.store(opened.read_sequence()?, Ordering::Release);
        Ok(opened)
    }

    /// The sequence number given with the last commit; 0 before the first.
    pub(crate) fn sequence(&self) -> u64 {
        self.sequence.load(Ordering::Acquire)
    }

    fn read_sequence(&self) -> Result<u64, LakeError> {
        let payload = self.index.load_metas().map_err(failed)?.payload.unwrap_or_default();
        let (format, sequence) = payload.split_once(' ').unwrap_or_default();
        if format.parse() != Ok(FORMAT) {
            return Err(damaged("it was made by another version of Datapunk"));
        }
        sequence.parse().map_err(|_| damaged("its last commit says nothing"))
    }

    /// Adds a document; `replaces` says that another version of the row may be in the index. It can be
    /// found after the next commit.
    ///
    /// # Errors
    /// `ReadOnly`, or `Engine` if the indexer has failed.
    pub(crate) fn put(
        &self,
        row: u64,
        replaces: bool,
        document: &IndexedDocument<'_>,
    ) -> Result<(), LakeError> {
        let entry = Entry::new(self.fields, row, document);
        let mut writer = self.writer()?;
        if replaces {
            writer.delete(row)?;
        }
        writer.add(row, entry)
    }

    /// Removes a row, if it is there, with the next commit.
    ///
    /// # Errors
    /// As `put`.
    pub(crate) fn delete(&self, row: u64) -> Result<(), LakeError> {
        self.writer()?.delete(row)
    }

    /// Makes all puts and deletes durable and visible, together with `sequence`.
    ///
    /// # Errors
    /// As `put`.
    pub(crate) fn commit(&self, sequence: u64) -> Result<(), LakeError> {
        let mut writer = self.writer()?;
        writer.hand_over()?;
        let mut prepared = writer.writer.prepare_commit().map_err(failed)?;
        prepared.set_payload(&format!("{FORMAT} {sequence}"));
        prepared.commit().map_err(failed)?;
        drop(writer);
        self.reader.reload().map_err(failed)?;
        self.sequence.store(sequence, Ordering::Release);
        Ok(())
    }

    /// Writes segments anew that still hold deleted rows, so that nothing of these is left in any file. Those that are being
    /// merged just then are written anew by that.
    ///
    /// # Errors
    /// As `put`.
    pub(crate) fn purge(&self) -> Result<(), LakeError> {
        for _ in 0..PURGE_TRIES {
            let mut writer = self.writer()?;
            let metas = writer.writer.index().searchable_segment_metas().map_err(failed)?;
            let stale = metas.iter().filter(|meta| meta.num_deleted_docs() > 0).collect::<Vec<_>>();
            if stale.is_empty() {
                writer.writer.garbage_collect_files().wait().map_err(failed)?;
                break;
            }
            for meta in stale {
                // One that a merge under way took has other names when it is looked at again.
                if writer.writer.merge(&[meta.id()]).wait().is_err() {
                    std::thread::sleep(PURGE_WAIT);
                }
            }
        }
        self.reader.reload().map_err(failed)
    }

    /// Rows that match; see [`RowHits`].
    ///
    /// # Errors
    /// `Projection` if the index is damaged, `Engine` if it can't be read.
    pub(crate) fn search(
        &self,
        query: &TextQuery,
        filter: &Filter,
        sort: Sort,
        limit: usize,
    ) -> Result<RowHits, LakeError> {
        guarded(|| {
            let searcher = self.searcher();
            let compiled = self.compiler(&searcher).compile(query, filter).map_err(failed)?;
            search::run(&searcher, compiled, sort, limit).map_err(failed)
        })
    }

    /// Rows that fit some words best, best first.
    ///
    /// # Errors
    /// As `search`.
    pub(crate) fn ranked(&self, query: &RankedQuery, limit: usize) -> Result<Vec<Ranked>, LakeError> {
        guarded(|| {
            let searcher = self.searcher();
            ranked::run(&searcher, &self.compiler(&searcher), query, limit, &self.rooms).map_err(failed)
        })
    }

    /// What matches, counted by each field.
    ///
    /// # Errors
    /// As `search`.
    pub(crate) fn facets(
        &self,
        query: &TextQuery,
        filter: &Filter,
        fields: &[FacetField],
        limit: usize,
    ) -> Result<Vec<Facet>, LakeError> {
        guarded(|| {
            let searcher = self.searcher();
            let compiled = self.compiler(&searcher).compile(query, filter).map_err(failed)?;
            facets::count(&searcher, &*search::matching(&compiled), fields, limit).map_err(failed)
        })
    }

    /// What matches, counted in time.
    ///
    /// # Errors
    /// As `search`.
    pub(crate) fn counts(&self, query: &TimeCountQuery) -> Result<Vec<TimeCount>, LakeError> {
        guarded(|| {
            let searcher = self.reader.searcher();
            let compiled = self.compiler(&searcher).compile(&query.text, &query.filter).map_err(failed)?;
            counts::count(&searcher, &*search::matching(&compiled), query).map_err(failed)
        })
    }

    fn compiler<'a>(&'a self, searcher: &'a Searcher) -> Compiler<'a> {
        Compiler { vocabulary: Vocabulary { searcher, fields: self.fields, cache: &self.completions } }
    }

    /// What there is to search, with what another process committed up to a moment ago.
    fn searcher(&self) -> Searcher {
        if self.freshness.as_ref().is_some_and(Freshness::is_stale) {
            self.refresh();
        }
        self.reader.searcher()
    }

    /// Looks for commits of another process. What was there before stays if that fails.
    pub(crate) fn refresh(&self) {
        if self.reader.reload().is_ok()
            && let Ok(sequence) = self.read_sequence()
        {
            self.sequence.store(sequence, Ordering::Release);
        }
    }

    /// Documents that can be found.
    pub(crate) fn count(&self) -> u64 {
        self.searcher().num_docs()
    }

    /// What is wrong with the index; `thorough` reads every file.
    pub(crate) fn check(&self, thorough: bool) -> Vec<String> {
        let looked = guarded(|| {
            let mut problems = Vec::new();
            let metas = self.index.load_metas().map_err(failed)?;
            for segment in &metas.segments {
                for kind in ["term", "idx", "pos", "fieldnorm", "fast"] {
                    let file = format!("{}.{kind}", segment.id().uuid_string());
                    if !self.directory.join(&file).is_file() {
                        problems.push(format!("{file} is missing"));
                    }
                }
            }
            if thorough && problems.is_empty() {
                let broken = self.index.validate_checksum().map_err(failed)?;
                problems.extend(broken.iter().map(|file| format!("{} is damaged", file.display())));
                problems.sort_unstable();
            }
            Ok(problems)
        });
        looked.unwrap_or_else(|error| vec![error.to_string()])
    }

    /// Bytes of its files.
    pub(crate) fn size_bytes(&self) -> u64 {
        let Ok(entries) = std::fs::read_dir(&self.directory) else { return 0 };
        entries.flatten().filter_map(|entry| entry.metadata().ok()).map(|metadata| metadata.len()).sum()
    }

    fn writer(&self) -> Result<MutexGuard<'_, Writer>, LakeError> {
        let writer = self.writer.as_ref().ok_or(LakeError::ReadOnly)?;
        Ok(writer.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Writer {
    fn new(index: &Index, threads: usize, memory_bytes: usize) -> Result<Self, LakeError> {
        // The engine refuses less.
        const THREAD_BYTES_MIN: usize = 15_000_000;
        let threads = threads.max(1);
        let options = IndexWriterOptions::builder()
            .num_worker_threads(threads)
            .memory_budget_per_thread((memory_bytes / threads).max(THREAD_BYTES_MIN))
            .num_merge_threads(1)
            .build();
        let writer = index.writer_with_options(options).map_err(failed)?;
        let mut policy = LogMergePolicy::default();
        policy.set_min_num_segments(MERGED_SEGMENTS);
        policy.set_del_docs_ratio_before_merge(0.3);
        writer.set_merge_policy(Box::new(policy));
        // What a killed process left: the same changes come again and want to write files of the same names.
        writer.garbage_collect_files().wait().map_err(failed)?;
        Ok(Self {
            writer,
            throttle: Throttle::new(UNDER_WAY_BYTES),
            deletes: HashSet::default(),
            entries: Vec::new(),
            rows: HashSet::default(),
            bytes: 0,
        })
    }

    fn delete(&mut self, row: u64) -> Result<(), LakeError> {
        if self.rows.contains(&row) || self.deletes.len() >= BATCH_DELETES {
            self.hand_over()?;
        }
        self.deletes.insert(row);
        Ok(())
    }

    fn add(&mut self, row: u64, entry: Entry) -> Result<(), LakeError> {
        self.bytes += entry.size_bytes();
        self.entries.push(entry);
        self.rows.insert(row);
        // Deletes are dear, so documents that come with them wait for more of their kind.
        let most = if self.deletes.is_empty() { BATCH_DOCUMENTS } else { BATCH_DELETES };
        if self.entries.len() >= most || self.bytes >= BATCH_BYTES { self.hand_over() } else { Ok(()) }
    }

    fn hand_over(&mut self) -> Result<(), LakeError> {
        if !self.deletes.is_empty() {
            let rows = OfRows(Arc::new(std::mem::take(&mut self.deletes)));
            self.writer.delete_query(Box::new(rows)).map_err(failed)?;
        }
        if self.entries.is_empty() {
            return Ok(());
        }
        let permit = Arc::new(self.throttle.acquire(std::mem::take(&mut self.bytes)));
        self.rows.clear();
        let entries = std::mem::replace(&mut self.entries, Vec::with_capacity(BATCH_DOCUMENTS));
        let batch = entries.into_iter().map(|mut entry| {
            entry.hold(Arc::clone(&permit));
            UserOperation::Add(entry)
        });
        self.writer.run(batch).map(|_| ()).map_err(failed)
    }
}

impl Drop for TextIndex {
    fn drop(&mut self) {
        if let Some(writer) = self.writer.take() {
            let Writer { writer, .. } = writer.into_inner().unwrap_or_else(PoisonError::into_inner);
            // Merges under way are let finish; what was not committed is dropped.
            let _ = writer.wait_merging_threads();
        }
    }
}

/// The engine may panic on files that are not what it wrote; that is one more way to be damaged.
fn guarded<T>(work: impl FnOnce() -> Result<T, LakeError>) -> Result<T, LakeError> {
    catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|_| Err(damaged("its files can't be made sense of")))
}

fn damaged(reason: &str) -> LakeError {
    LakeError::Projection { projection: "text index", reason: reason.to_owned() }
}

fn failed(error: TantivyError) -> LakeError {
    match error {
        TantivyError::DataCorruption(_)
        | TantivyError::IncompatibleIndex(_)
        | TantivyError::OpenReadError(_)
        | TantivyError::SchemaError(_)
        | TantivyError::FieldNotFound(_)
        | TantivyError::InternalError(_) => damaged(&error.to_string()),
        TantivyError::IoError(source) => LakeError::Io {
            context: "could not read or write the text index".to_owned(),
            source: std::io::Error::new(source.kind(), source),
        },
        other => LakeError::Engine { context: "the text index failed".to_owned(), source: Box::new(other) },
    }
}
