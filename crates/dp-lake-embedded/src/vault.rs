//! The embedded vault: one directory with SQLite as the truth, Tantivy and vectors beside it. Implements the
//! lake's contract by handing each question to the writer's thread or to a reader's.

mod documents;
mod imports;
mod search;
mod series;

use crate::{
    blobs::BlobFiles,
    connection::{FORMAT, made_format, open_reader, open_writer, vault_value},
    embedding::Embedding,
    error::{Context as _, free_bytes, in_directory},
    generation::Generation,
    indexer::{CurrentIndex, Indexer},
    lock::WriteLock,
    options::VaultOptions,
    pool::Pool,
    read::Reader,
    suggest::NameCache,
    text::{Mode, TextIndex},
    vectors::Sets,
    write::{IndexChanges, Writer},
};
use async_trait::async_trait;
use dp_lake::{
    Blobs, Documents, Health, Imports, LakeError, ProjectionHealth, Search, Series, Vault, Vectors,
};
use futures::StreamExt as _;
use std::{
    path::{Path, PathBuf},
    sync::{Arc, PoisonError, RwLock},
    time::Duration,
};

/// Threads that answer questions of those who can't wait.
const READING_THREADS: usize = 2;
/// Questions that are answered at once, on those threads or on threads that wait for the answer.
const READERS: usize = 4;
/// Threads that read and write blobs: those that are long don't hold up questions.
const BLOB_THREADS: usize = 3;
/// How often, and how far apart, a reader looks for a text index that another process is making.
const INDEX_TRIES: u32 = 40;
const INDEX_WAIT: Duration = Duration::from_millis(25);

/// A vault in a directory. Dropping it ends its threads and lets go of the lock.
pub struct EmbeddedVault {
    directory: PathBuf,
    home_zone: String,
    // Fields are dropped in this order: the writer before the threads that take its changes, and the
    // lock last of all.
    writer: Option<Pool<WriterState>>,
    readers: Pool<Reader>,
    indexer: Option<Indexer>,
    embedding: Option<Embedding>,
    sets: Arc<Sets>,
    index: Option<CurrentIndex>,
    names: Arc<NameCache>,
    generation: Generation,
    blobs: Arc<BlobFiles>,
    blob_work: Pool<()>,
    _lock: Option<WriteLock>,
}

struct WriterState {
    writer: Writer,
    publish: Box<dyn Fn(IndexChanges) + Send>,
    generation: Generation,
}

/// What the writer does while nobody else writes: ends a log that has what was forgotten, counts fixes on the map,
/// and puts documents of before into conversations. Whether there may be more.
fn catch_up(state: &mut WriterState) -> bool {
    let _advances = state.generation.advance_after();
    state.writer.end_log();
    // What failed is still to be counted, and whoever waits for it is told why it is not.
    let counted = state.writer.count_span().unwrap_or(false);
    counted || state.writer.converse().unwrap_or(false)
}

impl EmbeddedVault {
    /// Opens a vault for writing, making it if it is not there. Documents that the set of its embedder
    /// has no vectors of yet are embedded in the background.
    ///
    /// # Errors
    /// `Locked` if another process writes to it, `NewerFormat`, `Corrupt`, `DiskFull`, and `Io`.
    pub fn open(directory: &Path, options: &VaultOptions) -> Result<Self, LakeError> {
        Self::open_locked(directory, options).map_err(|error| in_directory(error, directory))
    }

    fn open_locked(directory: &Path, options: &VaultOptions) -> Result<Self, LakeError> {
        fs_err::create_dir_all(directory).context("make the vault's directory")?;
        let lock = WriteLock::take(directory)?;
        let file = directory.join("lake.db");
        let blobs = Arc::new(BlobFiles::open(directory)?);
        let writer = Writer::new(open_writer(&file, &options.home_zone)?, Arc::clone(&blobs))?;
        let home_zone = writer.home_zone.clone();
        let sets = Arc::new(Sets::new(directory, true));
        let generation = sets.generation().clone();
        let (indexer, index) = Indexer::start(directory, &generation)?;
        let embedding = Embedding::start(directory, &sets, options.embedder.clone())?;
        let (index_changes, embed_changes) = (indexer.changes(), embedding.changes());
        let on_change = options.on_change.clone();
        let publish = Box::new(move |changes: IndexChanges| {
            if let Some(on_change) = &on_change {
                let told = changes.in_brief();
                if !told.is_empty() {
                    on_change(&told);
                }
            }
            let changes = Arc::new(changes);
            index_changes(Arc::clone(&changes));
            embed_changes(changes);
        });
        Ok(Self {
            directory: directory.to_owned(),
            home_zone,
            writer: Some(Pool::with_spare_work(
                "lake-write",
                vec![WriterState { writer, publish, generation: generation.clone() }],
                catch_up,
            )?),
            readers: start_readers(&file)?,
            indexer: Some(indexer),
            embedding: Some(embedding),
            sets,
            index: Some(index),
            names: Arc::default(),
            generation,
            blobs,
            blob_work: start_blob_work()?,
            _lock: Some(lock),
        })
    }

    /// Opens an existing vault for reading, beside a process that may be writing to it. If nobody
    /// writes and a crash left the text index behind, that is made good first.
    ///
    /// # Errors
    /// As `open`; `Io` if there is no vault.
    pub fn open_for_reading(directory: &Path, options: &VaultOptions) -> Result<Self, LakeError> {
        let file = directory.join("lake.db");
        let Some(format) = made_format(&file)? else {
            let source = std::io::Error::from(std::io::ErrorKind::NotFound);
            let context =
                format!("there is no vault in {} yet; `datapunk import` makes one", directory.display());
            return Err(LakeError::Io { context, source });
        };
        if format < FORMAT {
            // Opening it for writing brings it up to date.
            drop(Self::open(directory, options)?);
        }
        let connection = open_reader(&file)?;
        let sequence: i64 = vault_value(&connection, "sequence")?;
        let home_zone = vault_value(&connection, "home_zone")?;
        drop(connection);
        let text = directory.join("text");
        let behind = |index: &Result<TextIndex, LakeError>| {
            index.as_ref().map_or(true, |index| index.sequence() != sequence as u64)
        };
        let mut index = TextIndex::open(&text, Mode::ReadOnly);
        if behind(&index) {
            match Self::open(directory, options) {
                Ok(vault) => {
                    futures::executor::block_on(vault.search().wait_indexed(sequence as u64))?;
                    drop(vault);
                    index = TextIndex::open(&text, Mode::ReadOnly);
                }
                // Somebody is importing: the index is behind because it is being written.
                Err(LakeError::Locked { .. }) if index.is_ok() => {}
                Err(LakeError::Locked { .. }) => index = open_when_made(&text),
                Err(error) => return Err(error),
            }
        }
        Ok(Self {
            directory: directory.to_owned(),
            home_zone,
            writer: None,
            readers: start_readers(&file)?,
            indexer: None,
            embedding: None,
            sets: Arc::new(Sets::new(directory, false)),
            index: index.ok().map(|index| Arc::new(RwLock::new(Arc::new(index)))),
            names: Arc::default(),
            generation: Generation::default(),
            blobs: Arc::new(BlobFiles::for_reading(directory)),
            blob_work: start_blob_work()?,
            _lock: None,
        })
    }

    pub(crate) async fn read<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Reader) -> Result<T, LakeError> + Send + 'static,
    ) -> Result<T, LakeError> {
        self.readers.run(|reader| reader.in_snapshot(work)).await
    }

    async fn write<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut WriterState) -> Result<T, LakeError> + Send + 'static,
    ) -> Result<T, LakeError> {
        let writer = self.writer.as_ref().ok_or(LakeError::ReadOnly)?;
        let generation = self.generation.clone();
        let work = move |state: &mut WriterState| {
            // Also after a failure, of which it is not known how far it came, and if nobody waits any more.
            let _advances = generation.advance_after();
            work(state)
        };
        writer.run(work).await.map_err(|error| in_directory(error, &self.directory))
    }

    /// Writes and hands what changed to the text index and the vector sets.
    async fn publish<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Writer) -> Result<(T, IndexChanges), LakeError> + Send + 'static,
    ) -> Result<T, LakeError> {
        self.write(move |state| {
            let (value, changes) = work(&mut state.writer)?;
            if changes.sequence > 0 {
                (state.publish)(changes);
            }
            Ok(value)
        })
        .await
    }

    /// Embeds everything that the set of the vault's embedder has no vectors of, and waits for it;
    /// `progress` gets documents done and documents in all.
    ///
    /// # Errors
    /// `ReadOnly`, and `Projection` if the embedder fails: what it was done with is kept.
    pub async fn embed_pending(&self, progress: &(dyn Fn(u64, u64) + Send + Sync)) -> Result<(), LakeError> {
        let embedding = self.embedding.as_ref().ok_or(LakeError::ReadOnly)?;
        let (sender, mut told) = futures::channel::mpsc::unbounded();
        let tell = async {
            while let Some((done, total)) = told.next().await {
                progress(done, total);
            }
        };
        let (outcome, ()) = futures::join!(embedding.embed_all(sender), tell);
        outcome.map_err(|error| in_directory(error, &self.directory))
    }

    /// Writes where nothing has to be indexed.
    pub(crate) async fn write_plainly<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Writer) -> Result<T, LakeError> + Send + 'static,
    ) -> Result<T, LakeError> {
        self.write(move |state| work(&mut state.writer)).await
    }

    /// Whether it was opened for reading only.
    pub(crate) fn is_read_only(&self) -> bool {
        self.writer.is_none()
    }

    /// Works on the files of blobs, on a thread that is there for it.
    pub(crate) async fn with_blobs<T: Send + 'static>(
        &self,
        work: impl FnOnce(&BlobFiles) -> Result<T, LakeError> + Send + 'static,
    ) -> Result<T, LakeError> {
        let blobs = Arc::clone(&self.blobs);
        let done = self.blob_work.run(move |()| work(&blobs)).await;
        done.map_err(|error| in_directory(error, &self.directory))
    }

    /// The vector sets.
    pub(crate) fn sets(&self) -> &Arc<Sets> {
        &self.sets
    }

    pub(crate) fn text_index(&self) -> Result<Arc<TextIndex>, LakeError> {
        let index = self.index.as_ref().ok_or(LakeError::Projection {
            projection: "text index",
            reason: "it is missing or damaged".to_owned(),
        })?;
        Ok(index.read().unwrap_or_else(PoisonError::into_inner).clone())
    }
}

/// Opens a text index that another process is about to make; does not wait for it long.
fn open_when_made(text: &Path) -> Result<TextIndex, LakeError> {
    for _ in 0..INDEX_TRIES {
        if let Ok(index) = TextIndex::open(text, Mode::ReadOnly) {
            return Ok(index);
        }
        std::thread::sleep(INDEX_WAIT);
    }
    TextIndex::open(text, Mode::ReadOnly)
}

fn start_blob_work() -> Result<Pool<()>, LakeError> {
    Pool::start_shared("lake-blobs", vec![(); BLOB_THREADS], BLOB_THREADS)
}

fn start_readers(file: &Path) -> Result<Pool<Reader>, LakeError> {
    let readers = (0..READERS).map(|_| Reader::new(open_reader(file)?)).collect::<Result<Vec<_>, _>>()?;
    Pool::start_shared("lake-read", readers, READING_THREADS)
}

#[async_trait]
impl Vault for EmbeddedVault {
    fn documents(&self) -> &dyn Documents {
        self
    }

    fn search(&self) -> &dyn Search {
        self
    }

    fn vectors(&self) -> &dyn Vectors {
        self
    }

    fn series(&self) -> &dyn Series {
        self
    }

    fn imports(&self) -> &dyn Imports {
        self
    }

    fn blobs(&self) -> &dyn Blobs {
        self
    }

    fn home_zone(&self) -> &str {
        &self.home_zone
    }

    fn generation(&self) -> Option<u64> {
        // A vault that is open for reading may be written to by another process.
        self.writer.as_ref().map(|_| self.generation.current())
    }

    async fn health(&self, thorough: bool) -> Result<Health, LakeError> {
        let store = self.read(move |reader| reader.store_health(thorough)).await?;
        let mut projection =
            ProjectionHealth { name: "text index".to_owned(), sequence: 0, problems: Vec::new() };
        match self.text_index() {
            Ok(index) => {
                projection.sequence = index.sequence();
                projection.problems = index.check(thorough);
                if index.sequence() == store.sequence && index.count() != store.documents {
                    projection.problems.push(format!(
                        "it holds {} documents, and the store {}",
                        index.count(),
                        store.documents
                    ));
                }
            }
            Err(error) => projection.problems.push(error.to_string()),
        }
        let known = self.read(|reader| reader.blobs()).await?;
        let (blobs, blob_bytes) = (known.len() as u64, known.iter().map(|blob| blob.size_bytes).sum());
        let of_blobs = self.with_blobs(move |files| Ok(files.check(&known, thorough))).await?;
        let sets = Arc::clone(&self.sets);
        let (of_sets, set_bytes) = self.read(move |_| sets.health(thorough)).await?;
        Ok(Health {
            engines: vec![
                ("SQLite".to_owned(), rusqlite::version().to_owned()),
                ("Tantivy".to_owned(), tantivy::version_string().to_owned()),
            ],
            format: store.format,
            sequence: store.sequence,
            documents: store.documents,
            samples: store.samples,
            store_bytes: ["lake.db", "lake.db-wal"]
                .iter()
                .map(|name| file_bytes(&self.directory.join(name)))
                .sum(),
            projection_bytes: self.text_index().map_or(0, |index| index.size_bytes()) + set_bytes,
            blobs,
            blob_bytes,
            free_bytes: free_bytes(&self.directory),
            problems: store.problems.into_iter().chain(of_blobs).collect(),
            projections: std::iter::once(projection).chain(of_sets).collect(),
        })
    }
}

fn file_bytes(path: &Path) -> u64 {
    std::fs::metadata(path).map_or(0, |metadata| metadata.len())
}
