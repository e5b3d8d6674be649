//! The thread that keeps the text index up with the store. It takes changes after they are durable,
//! commits now and then and when asked, and at its start makes good what a crash left undone.

use crate::{
    codec::read_content,
    connection::{open_reader, vault_value},
    error::Context as _,
    names::Groups,
    text::{IndexedDocument, Mode, TextIndex},
    write::{IndexChange, IndexChanges, documents::CONTENT_COLUMNS, read_annotations},
};
use crossbeam_channel::{Receiver, RecvTimeoutError, Sender, bounded};
use dp_lake::LakeError;
use dp_model::DocumentId;
use futures::channel::{mpsc::UnboundedSender, oneshot};
use rusqlite::Connection;
use std::{
    path::{Path, PathBuf},
    sync::{Arc, PoisonError, RwLock},
    thread::JoinHandle,
    time::{Duration, Instant},
};

/// Batches that may wait to be indexed: the writer waits for the index beyond that.
const BATCHES_WAITING: usize = 1;
/// Documents after which what was indexed is committed.
pub(crate) const COMMIT_DOCUMENTS: u64 = 400_000;
/// Time after which what was indexed is committed, so that a running import can be searched.
pub(crate) const COMMIT_AFTER: Duration = Duration::from_secs(20);
/// Memory of the index writer.
const WRITER_BYTES: usize = 64 << 20;
/// Threads of the index writer.
const WRITER_THREADS: usize = 1;

/// Documents done and documents in all.
pub(crate) type Progress = (u64, u64);

enum Message {
    Changes(Arc<IndexChanges>),
    Commit(oneshot::Sender<Result<(), LakeError>>),
    Rebuild(UnboundedSender<Progress>, oneshot::Sender<Result<u64, LakeError>>),
}

/// The index that searches use: replaced as a whole by a rebuild.
pub(crate) type CurrentIndex = Arc<RwLock<Arc<TextIndex>>>;

/// A handle to the thread.
pub(crate) struct Indexer {
    messages: Option<Sender<Message>>,
    thread: Option<JoinHandle<()>>,
}

impl Indexer {
    /// Opens the index for writing, building it anew if it is missing or damaged, and starts the thread.
    pub(crate) fn start(vault: &Path) -> Result<(Self, CurrentIndex), LakeError> {
        let directory = vault.join("text");
        let mode = Mode::ReadWrite { threads: WRITER_THREADS, memory_bytes: WRITER_BYTES };
        let index = match TextIndex::open(&directory, mode) {
            Ok(index) => index,
            Err(LakeError::Projection { .. }) => {
                std::fs::remove_dir_all(&directory).context("remove the damaged text index")?;
                TextIndex::open(&directory, mode)?
            }
            Err(error) => return Err(error),
        };
        let current: CurrentIndex = Arc::new(RwLock::new(Arc::new(index)));
        let connection = open_reader(&vault.join("lake.db"))?;
        // Pins what catching up reads before anything new is written.
        connection.execute_batch("BEGIN").context("look at the store")?;
        let sequence: i64 = vault_value(&connection, "sequence")?;
        let (messages, queue) = bounded(BATCHES_WAITING);
        let mut worker = Worker {
            vault: vault.to_owned(),
            connection,
            current: current.clone(),
            fed: sequence as u64,
            documents: 0,
            since: None,
            has_removed: false,
            failed: None,
        };
        let thread = std::thread::Builder::new()
            .name("index".to_owned())
            .spawn(move || worker.run(&queue))
            .context("start the indexing thread")?;
        Ok((Self { messages: Some(messages), thread: Some(thread) }, current))
    }

    /// Hands changes over; waits while too many are waiting.
    pub(crate) fn changes(&self) -> impl Fn(Arc<IndexChanges>) + Send + 'static {
        let messages = self.messages.clone();
        move |changes| {
            if let Some(messages) = &messages {
                // A thread that has ended leaves the index behind; the next start makes it good.
                let _ = messages.send(Message::Changes(changes));
            }
        }
    }

    /// Commits everything handed over so far.
    pub(crate) async fn commit(&self) -> Result<(), LakeError> {
        let (reply, answer) = oneshot::channel();
        self.send(Message::Commit(reply))?;
        answer.await.unwrap_or(Err(LakeError::Closed))
    }

    /// Builds the index anew; `progress` is told on the way.
    pub(crate) async fn rebuild(&self, progress: UnboundedSender<Progress>) -> Result<u64, LakeError> {
        let (reply, answer) = oneshot::channel();
        self.send(Message::Rebuild(progress, reply))?;
        answer.await.unwrap_or(Err(LakeError::Closed))
    }

    fn send(&self, message: Message) -> Result<(), LakeError> {
        let messages = self.messages.as_ref().ok_or(LakeError::Closed)?;
        messages.send(message).map_err(|_| LakeError::Closed)
    }
}

impl Drop for Indexer {
    fn drop(&mut self) {
        self.messages = None;
        if let Some(thread) = self.thread.take() {
            // A panic leaves the index behind; the next start makes it good.
            let _ = thread.join();
        }
    }
}

struct Worker {
    vault: PathBuf,
    /// Inside a read transaction until catching up is done.
    connection: Connection,
    current: CurrentIndex,
    /// The sequence number up to which changes were put into the index, committed or not.
    fed: u64,
    documents: u64,
    since: Option<Instant>,
    /// Whether documents were forgotten since the last commit.
    has_removed: bool,
    /// Once indexing failed the index stays behind until the next start; the store is not affected.
    failed: Option<String>,
}

impl Worker {
    fn run(&mut self, queue: &Receiver<Message>) {
        let caught_up = self.catch_up();
        let _ = self.connection.execute_batch("COMMIT");
        self.note(caught_up);
        loop {
            match queue.recv_timeout(Duration::from_millis(500)) {
                Ok(Message::Changes(changes)) => self.take(&changes),
                Ok(Message::Commit(reply)) => {
                    let _ = reply.send(self.commit());
                }
                Ok(Message::Rebuild(progress, reply)) => {
                    let outcome = self.rebuild(&progress);
                    let _ = reply.send(outcome);
                }
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => break,
            }
            if self.documents >= COMMIT_DOCUMENTS
                || self.since.is_some_and(|since| since.elapsed() >= COMMIT_AFTER)
            {
                let outcome = self.commit();
                self.note(outcome);
            }
        }
        let outcome = self.commit();
        self.note(outcome);
    }

    fn index(&self) -> Arc<TextIndex> {
        self.current.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn note(&mut self, outcome: Result<(), LakeError>) {
        if let Err(error) = outcome {
            self.failed.get_or_insert_with(|| with_causes(&error));
        }
    }

    fn take(&mut self, changes: &IndexChanges) {
        if self.failed.is_some() {
            return;
        }
        let index = self.index();
        self.documents += changes.changes.len() as u64;
        self.since.get_or_insert_with(Instant::now);
        let outcome = changes.changes.iter().try_for_each(|change| match change {
            IndexChange::Put { row, replaces, document, annotations } => {
                let document = IndexedDocument {
                    content: &document.content,
                    day: document.day,
                    sort_us: document.sort_us,
                    annotations,
                };
                index.put(*row as u64, *replaces, &document)
            }
            IndexChange::Remove { row } => {
                self.has_removed = true;
                index.delete(*row as u64)
            }
        });
        self.fed = changes.sequence;
        self.note(outcome);
    }

    fn commit(&mut self) -> Result<(), LakeError> {
        if let Some(reason) = &self.failed {
            return Err(LakeError::Projection { projection: "text index", reason: reason.clone() });
        }
        let index = self.index();
        if self.since.is_some() || index.sequence() != self.fed {
            index.commit(self.fed)?;
        }
        if std::mem::take(&mut self.has_removed) {
            index.purge()?;
        }
        self.documents = 0;
        self.since = None;
        Ok(())
    }

    /// Puts into the index what the store has and the index has not.
    fn catch_up(&mut self) -> Result<(), LakeError> {
        let index = self.index();
        let at = index.sequence();
        if at == self.fed {
            return Ok(());
        }
        if at > self.fed {
            // The store is older than the index: it was put back from a copy.
            let (progress, _) = futures::channel::mpsc::unbounded();
            return self.rebuild(&progress).map(|_| ());
        }
        let removed = removed_since(&self.connection, at)?;
        for &row in &removed {
            index.delete(row as u64)?;
        }
        put_since(&self.connection, &index, at, |_| {})?;
        index.commit(self.fed)?;
        if removed.is_empty() { Ok(()) } else { index.purge() }
    }

    /// Builds a new index beside the old one and puts it in its place.
    fn rebuild(&mut self, progress: &UnboundedSender<Progress>) -> Result<u64, LakeError> {
        let (new, old) = (self.vault.join("text-new"), self.vault.join("text"));
        if new.exists() {
            std::fs::remove_dir_all(&new).context("remove an unfinished text index")?;
        }
        let mode = Mode::ReadWrite { threads: WRITER_THREADS, memory_bytes: WRITER_BYTES };
        let index = TextIndex::open(&new, mode)?;
        let connection = open_reader(&self.vault.join("lake.db"))?;
        connection.execute_batch("BEGIN").context("look at the store")?;
        let sequence: i64 = vault_value(&connection, "sequence")?;
        let total: i64 = connection
            .query_row("SELECT count(*) FROM documents", (), |row| row.get(0))
            .context("count the documents")?;
        let count = put_since(&connection, &index, 0, |done| {
            // Nobody may be listening.
            let _ = progress.unbounded_send((done, total as u64));
        })?;
        index.commit(sequence as u64)?;
        drop(index);
        let mut current = self.current.write().unwrap_or_else(PoisonError::into_inner);
        if old.exists() {
            std::fs::remove_dir_all(&old).context("remove the old text index")?;
        }
        std::fs::rename(&new, &old).context("put the new text index in its place")?;
        *current = Arc::new(TextIndex::open(&old, mode)?);
        self.fed = self.fed.max(sequence as u64);
        self.failed = None;
        Ok(count)
    }
}

/// What an error says, and what brought it about.
fn with_causes(error: &LakeError) -> String {
    let causes = std::iter::successors(std::error::Error::source(error), |cause| cause.source());
    causes.fold(error.to_string(), |said, cause| format!("{said}: {cause}"))
}

fn removed_since(connection: &Connection, sequence: u64) -> Result<Vec<i64>, LakeError> {
    connection
        .prepare("SELECT row FROM removed WHERE sequence > ?")
        .and_then(|mut statement| statement.query_map([sequence as i64], |row| row.get(0))?.collect())
        .context("read what was removed")
}

/// Puts all documents changed after `sequence` into the index; gives how many.
fn put_since(
    connection: &Connection,
    index: &TextIndex,
    sequence: u64,
    mut done: impl FnMut(u64),
) -> Result<u64, LakeError> {
    let groups = Groups::load(connection)?;
    let sql =
        format!("SELECT row, id, grp, day, {CONTENT_COLUMNS} FROM documents WHERE sequence > ? ORDER BY row");
    let mut statement = connection.prepare(&sql).context("read documents to index")?;
    let mut rows = statement.query([sequence as i64]).context("read documents to index")?;
    let mut count = 0;
    while let Some(row) = rows.next().context("read documents to index")? {
        let number: i64 = row.get(0).context("read documents to index")?;
        let id = DocumentId(row.get(1).context("read documents to index")?);
        let group = groups
            .get(row.get(2).context("read documents to index")?)
            .ok_or_else(|| LakeError::Corrupt(format!("document {id} is in a group that is not there")))?;
        let content = read_content(row, 4, &group.source, group.kind)?;
        let annotations = read_annotations(connection, id)?;
        let document = IndexedDocument {
            content: &content,
            day: row.get(3).context("read documents to index")?,
            sort_us: row.get(11).context("read documents to index")?,
            annotations: &annotations,
        };
        index.put(number as u64, sequence > 0, &document)?;
        count += 1;
        if count % 10_000 == 0 {
            done(count);
        }
    }
    done(count);
    Ok(count)
}
