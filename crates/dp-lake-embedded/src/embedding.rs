//! The thread that keeps the vector sets up with the store. It takes the same changes as the text
//! index, after they are durable; embeds new documents if the vault has an embedder, and between
//! changes those that were there before; commits now and then and when asked. What cannot be embedded
//! stays pending, and never keeps an import from going on.

use crate::{
    connection::{open_reader, vault_value},
    error::Context as _,
    indexer::{COMMIT_AFTER, COMMIT_DOCUMENTS, Progress},
    vectors::{PendingRow, Sets, StoredSet, check, count_documents, pending_rows, short},
    write::{IndexChange, IndexChanges},
};
use backlog::Backlog;
use crossbeam_channel::{Receiver, RecvTimeoutError, Sender, bounded};
use dp_lake::{Embedder, LakeError, PassageVector};
use dp_model::Content;
use futures::channel::{mpsc::UnboundedSender, oneshot};
use rusqlite::Connection;
use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    path::Path,
    sync::Arc,
    thread::JoinHandle,
    time::{Duration, Instant},
};

mod backlog;

/// Batches that may wait to be embedded: the writer waits beyond that.
const BATCHES_WAITING: usize = 1;
/// Documents that are embedded in one go during an import.
const BATCH_DOCUMENTS: usize = 1024;
/// Segments of a set beyond which some are merged even if there is no time for it.
const SEGMENTS_MANY: usize = 32;
/// How long the thread waits for something to do.
const IDLE: Duration = Duration::from_millis(500);

enum Message {
    Changes(Arc<IndexChanges>),
    Commit(oneshot::Sender<Result<(), LakeError>>),
    Rebuild(oneshot::Sender<Result<(), LakeError>>),
    EmbedAll(UnboundedSender<Progress>, oneshot::Sender<Result<(), LakeError>>),
}

/// A handle to the thread.
pub(crate) struct Embedding {
    messages: Option<Sender<Message>>,
    thread: Option<JoinHandle<()>>,
}

impl Embedding {
    /// Starts the thread on the sets of a vault.
    pub(crate) fn start(
        vault: &Path,
        sets: &Arc<Sets>,
        embedder: Option<Arc<dyn Embedder>>,
    ) -> Result<Self, LakeError> {
        let connection = open_reader(&vault.join("lake.db"))?;
        // Pins what catching up reads before anything new is written.
        connection.execute_batch("BEGIN").context("look at the store")?;
        let sequence: i64 = vault_value(&connection, "sequence")?;
        let (messages, queue) = bounded(BATCHES_WAITING);
        // There from the start, so that nobody who lists the sets is told that there is none. What is in the way of it
        // is told by catching up.
        let own = embedder.as_ref().and_then(|embedder| sets.create(embedder.model()).ok());
        let mut worker = Worker {
            connection,
            sets: Arc::clone(sets),
            embedder,
            own,
            documents: 0,
            since: None,
            backlog: Backlog::default(),
            may_compact: true,
        };
        let thread = std::thread::Builder::new()
            .name("embed".to_owned())
            .spawn(move || worker.run(sequence as u64, &queue))
            .context("start the embedding thread")?;
        Ok(Self { messages: Some(messages), thread: Some(thread) })
    }

    /// Hands changes over; waits while too many are waiting.
    pub(crate) fn changes(&self) -> impl Fn(Arc<IndexChanges>) + Send + 'static {
        let messages = self.messages.clone();
        move |changes| {
            if let Some(messages) = &messages {
                // A thread that has ended leaves the sets behind; the next start makes it good.
                let _ = messages.send(Message::Changes(changes));
            }
        }
    }

    /// Commits everything handed over so far.
    pub(crate) async fn commit(&self) -> Result<(), LakeError> {
        self.ask(Message::Commit).await
    }

    /// Makes the set of the vault's own embedder anew, and empties others that are damaged.
    pub(crate) async fn rebuild(&self) -> Result<(), LakeError> {
        self.ask(Message::Rebuild).await
    }

    /// Embeds everything that is pending; `progress` is told on the way.
    pub(crate) async fn embed_all(&self, progress: UnboundedSender<Progress>) -> Result<(), LakeError> {
        self.ask(|reply| Message::EmbedAll(progress, reply)).await
    }

    async fn ask(
        &self,
        message: impl FnOnce(oneshot::Sender<Result<(), LakeError>>) -> Message,
    ) -> Result<(), LakeError> {
        let (reply, answer) = oneshot::channel();
        let messages = self.messages.as_ref().ok_or(LakeError::Closed)?;
        messages.send(message(reply)).map_err(|_| LakeError::Closed)?;
        answer.await.unwrap_or(Err(LakeError::Closed))
    }
}

impl Drop for Embedding {
    fn drop(&mut self) {
        self.messages = None;
        if let Some(thread) = self.thread.take() {
            // A panic leaves the sets behind; the next start makes it good.
            let _ = thread.join();
        }
    }
}

struct Worker {
    /// Inside a read transaction until catching up is done.
    connection: Connection,
    sets: Arc<Sets>,
    embedder: Option<Arc<dyn Embedder>>,
    /// The set of the embedder.
    own: Option<Arc<StoredSet>>,
    documents: u64,
    since: Option<Instant>,
    backlog: Backlog,
    may_compact: bool,
}

impl Worker {
    fn run(&mut self, sequence: u64, queue: &Receiver<Message>) {
        let caught_up = self.catch_up(sequence);
        let _ = self.connection.execute_batch("COMMIT");
        self.note(caught_up);
        loop {
            let wait = if self.own_set().is_some() { self.backlog.wait() } else { None };
            match queue.recv_timeout(wait.unwrap_or(IDLE).min(IDLE)) {
                Ok(Message::Changes(changes)) => {
                    let taken = self.take(&changes);
                    self.note(taken);
                }
                Ok(Message::Commit(reply)) => _ = reply.send(self.commit()),
                Ok(Message::Rebuild(reply)) => _ = reply.send(self.rebuild()),
                Ok(Message::EmbedAll(progress, reply)) => _ = reply.send(self.embed_all(&progress)),
                Err(RecvTimeoutError::Timeout) => self.idle(),
                Err(RecvTimeoutError::Disconnected) => break,
            }
            let is_time = self.since.is_some_and(|since| since.elapsed() >= COMMIT_AFTER);
            if is_time || self.documents >= COMMIT_DOCUMENTS {
                let outcome = self.commit();
                self.note(outcome);
            }
        }
        let outcome = self.commit();
        self.note(outcome);
    }

    fn note(&self, outcome: Result<(), LakeError>) {
        if let Err(error) = outcome {
            self.sets.set_trouble(Some(error.to_string()));
        }
    }

    /// The set of the embedder; a set that the user has removed is not filled again before the next
    /// start.
    fn own_set(&self) -> Option<Arc<StoredSet>> {
        self.own.clone().filter(|set| !set.is_removed())
    }

    /// Tells the sets what changed while they were not open.
    fn catch_up(&mut self, sequence: u64) -> Result<(), LakeError> {
        if let Some(embedder) = &self.embedder {
            if self.own.is_none() {
                self.own = Some(self.sets.create(embedder.model())?);
            }
            self.backlog.look();
        }
        for (_, set) in self.sets.all()? {
            let set = set?;
            let at = set.sequence()?;
            if at > sequence {
                // The store is older than the set: it was put back from a copy.
                let emptied = self.sets.empty(&set.model)?;
                if self.own.as_ref().is_some_and(|own| Arc::ptr_eq(own, &set)) {
                    self.own = Some(emptied);
                }
            } else if at < sequence && !set.is_empty()? {
                set.note_forgotten(&removed_since(&self.connection, at)?)?;
                note_changed_since(&self.connection, &set, at)?;
                self.since.get_or_insert_with(Instant::now);
            }
        }
        self.sets.set_noted(sequence);
        Ok(())
    }

    /// Takes note of changes and embeds what is new in them.
    fn take(&mut self, changes: &IndexChanges) -> Result<(), LakeError> {
        let (mut changed, mut contents, mut removed) = (Vec::new(), Vec::new(), Vec::new());
        for change in &changes.changes {
            match change {
                IndexChange::Put { row, document, .. } => {
                    if let Ok(row) = u32::try_from(*row) {
                        changed.push((row, document.sort_us, short(&document.hash)));
                        contents.push(&document.content);
                    }
                }
                IndexChange::Remove { row } => removed.extend(u32::try_from(*row).ok()),
            }
        }
        self.since.get_or_insert_with(Instant::now);
        let own = self.own_set();
        for set in self.sets.written() {
            let is_own = own.as_ref().is_some_and(|own| Arc::ptr_eq(own, &set));
            set.note_forgotten(&removed)?;
            let lacking = set.note_changed(&changed, !is_own)?;
            if !is_own {
                continue;
            }
            let lacking = (0..changed.len()).filter(|&place| lacking[place]).collect::<Vec<_>>();
            for batch in lacking.chunks(BATCH_DOCUMENTS) {
                let batch_contents = batch.iter().map(|&place| contents[place]).collect::<Vec<_>>();
                let rows = batch.iter().map(|&place| (changed[place].0, changed[place].2));
                if let Err(error) = self.embed(&set, rows, &batch_contents) {
                    self.sets.set_trouble(Some(error.to_string()));
                    set.forget_queue()?;
                    self.backlog.look();
                }
            }
        }
        self.documents += changed.len() as u64;
        self.sets.set_noted(changes.sequence);
        Ok(())
    }

    /// Embeds documents and puts their vectors.
    fn embed(
        &self,
        set: &StoredSet,
        rows: impl Iterator<Item = (u32, [u8; 8])>,
        contents: &[&Content],
    ) -> Result<(), LakeError> {
        let Some(embedder) = &self.embedder else { return Ok(()) };
        let vectors = embed(&**embedder, contents)?;
        let documents = rows.zip(vectors).map(|((row, hash), passages)| (row, hash, passages));
        set.put(&documents.collect::<Vec<_>>())
    }

    /// What there is time for: documents that were there before, then merging.
    fn idle(&mut self) {
        if let Some(own) = self.own_set()
            && self.backlog.is_due()
        {
            let outcome = self.embed_pending(&own);
            self.note(outcome.map(|_| ()));
            return;
        }
        if !self.may_compact {
            return;
        }
        for set in self.sets.written() {
            match set.compact() {
                Ok(true) => return,
                Ok(false) => {}
                Err(error) => {
                    self.may_compact = set.is_removed();
                    self.note(Err(error));
                }
            }
        }
    }

    /// Embeds the next documents that have no vectors; says whether there were any.
    fn embed_pending(&mut self, own: &Arc<StoredSet>) -> Result<bool, LakeError> {
        let rows = own.pending(&self.connection, self.backlog.size(), self.backlog.aside())?;
        if rows.is_empty() {
            if self.backlog.done() {
                self.sets.set_trouble(None);
            }
            return Ok(false);
        }
        let documents = pending_rows(&self.connection, &rows)?;
        let contents = documents.iter().map(|document| &document.content).collect::<Vec<_>>();
        let of = |document: &PendingRow| (document.row, short(&document.hash));
        let started = Instant::now();
        match self.embed(own, documents.iter().map(of), &contents) {
            Ok(()) => {
                self.backlog.succeeded(started.elapsed());
                self.documents += rows.len() as u64;
                self.since.get_or_insert_with(Instant::now);
                Ok(true)
            }
            Err(error) => {
                self.backlog.failed(&rows);
                Err(error)
            }
        }
    }

    fn commit(&mut self) -> Result<(), LakeError> {
        self.documents = 0;
        self.since = None;
        let noted = self.sets.noted();
        let _advances = self.sets.generation().advance_after();
        let mut outcome = Ok(());
        for set in self.sets.written() {
            let mut committed = set.commit(noted);
            if committed.is_ok() && self.may_compact && set.segments() > SEGMENTS_MANY {
                committed = set.compact().map(|_| ());
            }
            if committed.is_err() && !set.is_removed() {
                // What could not be written is pending again.
                self.backlog.look();
                outcome = outcome.and(committed);
            }
        }
        outcome
    }

    fn rebuild(&mut self) -> Result<(), LakeError> {
        let _advances = self.sets.generation().advance_after();
        for (_, set) in self.sets.all()? {
            let set = set?;
            let is_own = self.own.as_ref().is_some_and(|own| Arc::ptr_eq(own, &set));
            if !is_own && !set.check().is_empty() {
                self.sets.empty(&set.model)?;
            }
        }
        let Some(embedder) = &self.embedder else { return self.commit() };
        self.own = Some(self.sets.empty(embedder.model())?);
        self.may_compact = true;
        let (progress, _) = futures::channel::mpsc::unbounded();
        self.embed_all(&progress)
    }

    fn embed_all(&mut self, progress: &UnboundedSender<Progress>) -> Result<(), LakeError> {
        let Some(own) = self.own_set() else { return self.commit() };
        self.backlog = Backlog::default();
        self.backlog.look();
        let total = own.pending_count(count_documents(&self.connection)?)?;
        let (mut failures, mut failure, mut is_any_done) = (0, None, false);
        // Fewer at a time may do; what fails alone is put aside.
        while failures <= Backlog::HALVINGS {
            match self.embed_pending(&own) {
                Ok(true) => (failures, is_any_done) = (0, true),
                Ok(false) => break,
                Err(error) => {
                    failures += 1;
                    self.sets.set_trouble(Some(error.to_string()));
                    failure = Some(error);
                }
            }
            let left = own.pending_count(count_documents(&self.connection)?)?;
            // Nobody may be listening.
            let _ = progress.unbounded_send((total.saturating_sub(left), total));
            if self.documents >= COMMIT_DOCUMENTS {
                self.commit()?;
            }
        }
        self.commit()?;
        match failure {
            Some(error) if !is_any_done || failures > Backlog::HALVINGS => Err(error),
            _ => Ok(()),
        }
    }
}

/// The passages of each content, checked.
fn embed(embedder: &dyn Embedder, contents: &[&Content]) -> Result<Vec<Vec<PassageVector>>, LakeError> {
    let model = embedder.model();
    let failed = |reason: String| LakeError::Projection { projection: "vector set", reason };
    let answer = catch_unwind(AssertUnwindSafe(|| embedder.embed(contents)));
    let vectors = answer
        .map_err(|_| failed(format!("the model {} broke off", model.name)))?
        .map_err(|error| failed(error.to_string()))?;
    if vectors.len() != contents.len() {
        return Err(failed(format!(
            "the model {} gave vectors of {} documents for {}",
            model.name,
            vectors.len(),
            contents.len()
        )));
    }
    for passage in vectors.iter().flatten() {
        check(model, &passage.values)?;
    }
    Ok(vectors)
}

fn removed_since(connection: &Connection, sequence: u64) -> Result<Vec<u32>, LakeError> {
    connection
        .prepare("SELECT row FROM removed WHERE sequence > ? AND row <= ?")
        .and_then(|mut statement| {
            statement.query_map((sequence as i64, u32::MAX), |row| row.get(0))?.collect()
        })
        .context("read what was removed")
}

/// Tells a set of all documents changed after `sequence`.
fn note_changed_since(connection: &Connection, set: &StoredSet, sequence: u64) -> Result<(), LakeError> {
    const DOING: &str = "read what was changed";
    let mut statement = connection
        .prepare("SELECT row, sort_us, hash FROM documents WHERE sequence > ? AND row <= ?")
        .context(DOING)?;
    let mut rows = statement.query((sequence as i64, u32::MAX)).context(DOING)?;
    let mut changed = Vec::new();
    while let Some(row) = rows.next().context(DOING)? {
        let hash: [u8; 16] = row.get(2).context(DOING)?;
        changed.push((row.get(0).context(DOING)?, row.get(1).context(DOING)?, short(&hash)));
        if changed.len() == BATCH_DOCUMENTS {
            set.note_changed(&changed, true)?;
            changed.clear();
        }
    }
    set.note_changed(&changed, true).map(|_| ())
}
