//! A set: the vectors that one model made, in a folder. Searches see the last commit; whoever writes
//! goes through one lock. A set that is only read looks whether another process has committed.

use super::{
    failure::{damaged, failed, is_missing, no_such_set},
    manifest::{Manifest, Stamp, sync_directory, write_model},
    quantise::{Rotation, WIDTH_MAX},
    queue::{Queue, count_documents},
    read::row_of,
    rows::Rows,
    segment::ShortHash,
    snapshot::{Snapshot, vectors_of},
    writing::Writing,
};
use dp_lake::{DocumentVectors, LakeError, PassageVector, VectorModel, VectorSet};
use rusqlite::Connection;
use std::{
    io,
    path::{Path, PathBuf},
    sync::{
        Arc, Mutex, MutexGuard, PoisonError, RwLock,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

/// How often a set that another process is committing to is looked at, and how far apart.
const TRIES: u32 = 20;
const TRY_AFTER: Duration = Duration::from_millis(5);

/// What the name of a folder begins with that is to become a set's.
pub(super) const UNFINISHED: &str = ".";

/// The first bytes of a content hash, as they are stored.
pub(crate) fn short(hash: &[u8; 16]) -> ShortHash {
    let mut short = ShortHash::default();
    short.copy_from_slice(&hash[..8]);
    short
}

/// What searches see.
#[derive(Debug, Clone)]
struct Seen {
    snapshot: Arc<Snapshot>,
    stamp: Option<Stamp>,
}

/// The vectors of a model.
#[derive(Debug)]
pub(crate) struct StoredSet {
    pub(crate) model: VectorModel,
    directory: PathBuf,
    rotation: Arc<Rotation>,
    seen: RwLock<Seen>,
    writing: Option<Mutex<Writing>>,
    is_removed: AtomicBool,
}

impl StoredSet {
    /// Makes the folder of a set without vectors. It is there as a whole or not at all.
    ///
    /// # Errors
    /// `Vector` if no vectors can be of the model's width.
    pub(super) fn make(directory: &Path, model: &VectorModel, sequence: u64) -> Result<(), LakeError> {
        if !(1..=WIDTH_MAX).contains(&model.width) {
            return Err(LakeError::Vector(format!(
                "{} is said to make {} values; 1 to {WIDTH_MAX} can be kept",
                model.name, model.width
            )));
        }
        let made = unfinished(directory);
        let make = || -> io::Result<()> {
            if made.exists() {
                std::fs::remove_dir_all(&made)?;
            }
            std::fs::create_dir_all(&made)
        };
        make().map_err(|source| failed(directory, "make", source))?;
        write_model(&made, model)?;
        Manifest::empty(sequence).write(&made)?;
        let put_in_place = || {
            std::fs::rename(&made, directory)?;
            sync_directory(directory.parent().map(Path::to_owned))
        };
        put_in_place().map_err(|source| failed(directory, "make", source))
    }

    /// Opens a set.
    ///
    /// # Errors
    /// `Projection` if it is damaged.
    pub(super) fn open(directory: &Path, model: VectorModel, is_written: bool) -> Result<Self, LakeError> {
        let width = model.width as usize;
        if !(1..=WIDTH_MAX).contains(&model.width) {
            return Err(damaged(directory, "is said to hold vectors of no width"));
        }
        let rotation = Arc::new(Rotation::new(width));
        let (seen, manifest) = look(directory, &rotation, width, None)?;
        let writing = if is_written {
            Some(Mutex::new(Writing::new(directory, manifest, &seen.snapshot)?))
        } else {
            None
        };
        Ok(Self {
            model,
            directory: directory.to_owned(),
            rotation,
            seen: RwLock::new(seen),
            writing,
            is_removed: AtomicBool::new(false),
        })
    }

    fn seen(&self) -> Seen {
        self.seen.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// What searches see now.
    pub(super) fn snapshot(&self) -> Arc<Snapshot> {
        self.seen().snapshot
    }

    /// Looks for commits of another process.
    pub(super) fn refresh(&self) -> Result<(), LakeError> {
        let seen = self.seen();
        if self.writing.is_some() || Manifest::stamp(&self.directory) == seen.stamp {
            return Ok(());
        }
        let (new, _) =
            look(&self.directory, &self.rotation, self.model.width as usize, Some(&seen.snapshot))?;
        *self.seen.write().unwrap_or_else(PoisonError::into_inner) = new;
        Ok(())
    }

    /// The side that changes.
    ///
    /// # Errors
    /// `ReadOnly`, or `Projection` if the set was removed.
    pub(super) fn writing(&self) -> Result<MutexGuard<'_, Writing>, LakeError> {
        let writing = self.writing.as_ref().ok_or(LakeError::ReadOnly)?;
        let guard = writing.lock().unwrap_or_else(PoisonError::into_inner);
        if self.is_removed() { Err(no_such_set(&self.model)) } else { Ok(guard) }
    }

    /// Ends all writing, so that the folder can go.
    pub(super) fn retire(&self) {
        let _guard =
            self.writing.as_ref().map(|writing| writing.lock().unwrap_or_else(PoisonError::into_inner));
        self.is_removed.store(true, Ordering::Release);
    }

    /// Whether the set was removed.
    pub(crate) fn is_removed(&self) -> bool {
        self.is_removed.load(Ordering::Acquire)
    }

    /// Adds the vectors of documents by row, in place of those they have.
    pub(crate) fn put(&self, documents: &[(u32, ShortHash, Vec<PassageVector>)]) -> Result<(), LakeError> {
        let mut writing = self.writing()?;
        for (row, hash, passages) in documents {
            writing.put(*row, *hash, passages);
            writing.flush_if_full()?;
        }
        Ok(())
    }

    /// Adds the vectors of documents that are still what was embedded; gives how many. A change that comes
    /// after the look into the store is noted after it, too.
    pub(super) fn put_current(
        &self,
        connection: &Connection,
        documents: &[DocumentVectors],
    ) -> Result<u64, LakeError> {
        let mut writing = self.writing()?;
        let mut taken = 0;
        for document in documents {
            if let Some((row, hash)) = row_of(connection, document.id)?
                && hash == document.hash
            {
                writing.put(row, short(&hash), &document.passages);
                writing.flush_if_full()?;
                taken += 1;
            }
        }
        Ok(taken)
    }

    /// Takes note that a row holds this version of a document now; says whether it has no vectors of it.
    /// Those that have none are pending from now on, unless whoever asks sees to them (`is_queued`).
    pub(crate) fn note_changed(
        &self,
        documents: &[(u32, Option<i64>, ShortHash)],
        is_queued: bool,
    ) -> Result<Vec<bool>, LakeError> {
        let mut writing = self.writing()?;
        let mut lacking = Vec::with_capacity(documents.len());
        for &(row, sort_us, hash) in documents {
            let is_kept = writing.covered.has(row) && writing.hash_of(row)? == Some(hash);
            if !is_kept {
                writing.drop_row(row);
                if let Some(queue) = writing.queue.as_mut().filter(|_| is_queued) {
                    queue.add(sort_us, row);
                }
            }
            lacking.push(!is_kept);
        }
        Ok(lacking)
    }

    /// Reads anew what is pending when it is asked for next.
    pub(crate) fn forget_queue(&self) -> Result<(), LakeError> {
        self.writing()?.queue = None;
        Ok(())
    }

    /// Whether there is nothing in it that a change could make invalid.
    pub(crate) fn is_empty(&self) -> Result<bool, LakeError> {
        Ok(self.writing()?.is_empty())
    }

    /// Documents without vectors, of so many in the store.
    pub(crate) fn pending_count(&self, documents_in_all: u64) -> Result<u64, LakeError> {
        Ok(documents_in_all.saturating_sub(self.writing()?.covered.count()))
    }

    /// Takes note that rows are gone for good.
    pub(crate) fn note_forgotten(&self, rows: &[u32]) -> Result<(), LakeError> {
        let mut writing = self.writing()?;
        rows.iter().for_each(|&row| writing.forget(row));
        Ok(())
    }

    /// Makes what was done durable and visible.
    pub(crate) fn commit(&self, sequence: u64) -> Result<(), LakeError> {
        let mut writing = self.writing()?;
        if let Some(snapshot) = writing.commit(sequence)? {
            self.show(snapshot);
        }
        Ok(())
    }

    /// Committed segments.
    pub(crate) fn segments(&self) -> usize {
        self.snapshot().segments.len()
    }

    /// Merges small segments, one lot at a time; says whether there was any.
    pub(crate) fn compact(&self) -> Result<bool, LakeError> {
        let mut writing = self.writing()?;
        if !writing.compact()? {
            return Ok(false);
        }
        let sequence = writing.sequence();
        if let Some(snapshot) = writing.commit(sequence)? {
            self.show(snapshot);
        }
        Ok(true)
    }

    fn show(&self, snapshot: Snapshot) {
        let seen = Seen { snapshot: Arc::new(snapshot), stamp: None };
        *self.seen.write().unwrap_or_else(PoisonError::into_inner) = seen;
    }

    /// Number of the last change that is committed.
    pub(crate) fn sequence(&self) -> Result<u64, LakeError> {
        match &self.writing {
            Some(_) => Ok(self.writing()?.sequence()),
            None => Ok(Manifest::read(&self.directory, self.model.width as usize)?.sequence),
        }
    }

    /// Rows of documents without vectors, latest first, without those put aside.
    pub(crate) fn pending(
        &self,
        connection: &Connection,
        limit: usize,
        aside: &Rows,
    ) -> Result<Vec<u32>, LakeError> {
        if self.writing.is_none() {
            let covered = self.snapshot().rows();
            return Ok(Queue::read(connection, &covered)?.next(limit, &covered, aside));
        }
        let mut writing = self.writing()?;
        let writing = &mut *writing;
        if writing.covered.count() == count_documents(connection)? {
            return Ok(Vec::new());
        }
        if writing.queue.is_none() {
            writing.queue = Some(Queue::read(connection, &writing.covered)?);
        }
        let Some(queue) = &mut writing.queue else { return Ok(Vec::new()) };
        Ok(queue.next(limit, &writing.covered, aside))
    }

    /// The set in numbers, of a store with so many documents.
    pub(crate) fn described(&self, documents_in_all: u64) -> Result<VectorSet, LakeError> {
        let snapshot = self.snapshot();
        let (documents, passages, more_bytes) = if self.writing.is_some() {
            let writing = self.writing()?;
            (writing.covered.count(), writing.vectors(), writing.memory_bytes())
        } else {
            (snapshot.documents, snapshot.vectors, 0)
        };
        Ok(VectorSet {
            model: self.model.clone(),
            documents,
            passages,
            pending: documents_in_all.saturating_sub(documents),
            disk_bytes: snapshot.disk_bytes,
            memory_bytes: snapshot.memory_bytes() + more_bytes,
        })
    }

    /// The vectors of a row, if they are of this version.
    pub(super) fn vectors_of(
        &self,
        row: u32,
        hash: ShortHash,
    ) -> Result<Option<Vec<PassageVector>>, LakeError> {
        let found = if self.writing.is_some() {
            self.writing()?.vectors_of(row)?
        } else {
            let snapshot = self.snapshot();
            vectors_of(snapshot.segments.iter(), row, &self.rotation, snapshot.width)?
        };
        Ok(found.filter(|(of, _)| *of == hash).map(|(_, vectors)| vectors))
    }

    /// What is wrong with the files; reads all of them.
    pub(crate) fn check(&self) -> Vec<String> {
        let snapshot = self.snapshot();
        let checked = snapshot.segments.iter().map(|live| live.segment.check());
        checked.filter_map(Result::err).map(|error| error.to_string()).collect()
    }
}

/// Where the folder of a set is while it is made: no key begins with a dot.
fn unfinished(directory: &Path) -> PathBuf {
    let name = directory.file_name().unwrap_or_default().to_string_lossy();
    directory.with_file_name(format!("{UNFINISHED}{name}"))
}

/// Reads the list and opens what it names. A file that another process has just replaced makes it look
/// again.
fn look(
    directory: &Path,
    rotation: &Arc<Rotation>,
    width: usize,
    known: Option<&Snapshot>,
) -> Result<(Seen, Manifest), LakeError> {
    let known = known.map_or(&[][..], |snapshot| &snapshot.segments);
    let mut tries = 0;
    loop {
        let stamp = Manifest::stamp(directory);
        let manifest = Manifest::read(directory, width);
        let opened = manifest.and_then(|manifest| {
            let snapshot = Snapshot::open(directory, &manifest, rotation, width, known)?;
            Ok((Seen { snapshot: Arc::new(snapshot), stamp }, manifest))
        });
        tries += 1;
        match opened {
            Err(error) if is_missing(&error) && tries < TRIES && Manifest::stamp(directory) != stamp => {
                std::thread::sleep(TRY_AFTER);
            }
            Err(error) if is_missing(&error) => {
                return Err(damaged(directory, &format!("is not whole: {error}")));
            }
            opened => return opened,
        }
    }
}
