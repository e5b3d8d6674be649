//! The side of a set that changes: what was put and what has become invalid since the last commit, and
//! how both get into files. One thread at a time; searches go on with the last snapshot.

use super::{
    failure::failed,
    manifest::{Hash, Listed, Manifest, is_part},
    merge::{RowSet, mean, merge, worth_merging},
    quantise::Rotation,
    queue::Queue,
    rows::Rows,
    segment::{SegmentWriter, ShortHash},
    snapshot::{Live, Snapshot, vectors_of},
    tombstones::Tombstones,
    waiting::Waiting,
};
use dp_lake::{LakeError, PassageVector};
use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

/// A centre made of so many vectors is good enough for ever.
const CENTRE_OF_ENOUGH: u64 = 50_000;
/// A centre made of fewer is made anew when the set has grown so many times.
const CENTRE_GROWTH: u64 = 8;

/// A segment and what the list says of it; nothing if it is not in the list yet.
#[derive(Debug)]
struct Held {
    live: Live,
    listed: Option<Listed>,
    /// Tombstones that the list knows of.
    tombstones_listed: usize,
}

/// What is not committed yet, and what it takes to commit it.
#[derive(Debug)]
pub(super) struct Writing {
    directory: PathBuf,
    rotation: Arc<Rotation>,
    width: usize,
    manifest: Manifest,
    centre: Arc<[f32]>,
    segments: Vec<Held>,
    pub(super) waiting: Waiting,
    /// Rows of the documents the set is done with.
    pub(super) covered: Rows,
    /// Rows whose vectors must leave every file.
    forgotten: RowSet,
    /// Read when it is first asked for.
    pub(super) queue: Option<Queue>,
}

impl Writing {
    /// Goes on from what is committed. Files that are no part of it are what a crash left; they may hold
    /// what was to be forgotten, and are removed.
    pub(super) fn new(directory: &Path, manifest: Manifest, snapshot: &Snapshot) -> Result<Self, LakeError> {
        let failure = |source| failed(directory, "look through", source);
        for entry in std::fs::read_dir(directory).map_err(failure)? {
            let entry = entry.map_err(failure)?;
            if !is_part(&manifest, &entry.file_name().to_string_lossy()) {
                let path = entry.path();
                std::fs::remove_file(&path).map_err(|source| failed(&path, "remove", source))?;
            }
        }
        let held = |(live, listed): (&Live, &Listed)| Held {
            live: live.clone(),
            listed: Some(listed.clone()),
            tombstones_listed: live.tombstones.count(),
        };
        Ok(Self {
            directory: directory.to_owned(),
            rotation: Arc::clone(&snapshot.rotation),
            width: snapshot.width,
            centre: Arc::clone(&snapshot.centre),
            segments: snapshot.segments.iter().zip(&manifest.segments).map(held).collect(),
            waiting: Waiting::default(),
            covered: snapshot.rows(),
            forgotten: RowSet::default(),
            queue: None,
            manifest,
        })
    }

    /// Number of the last change of the store that is committed.
    pub(super) fn sequence(&self) -> u64 {
        self.manifest.sequence
    }

    /// Whether there is nothing in it.
    pub(super) fn is_empty(&self) -> bool {
        self.segments.is_empty() && self.covered.count() == 0
    }

    /// Vectors, committed or not.
    pub(super) fn vectors(&self) -> u64 {
        self.waiting.vectors() as u64
            + self.segments.iter().map(|held| held.live.vectors() as u64).sum::<u64>()
    }

    /// Bytes in memory beside those of the segments.
    pub(super) fn memory_bytes(&self) -> u64 {
        let queue = self.queue.as_ref().map_or(0, Queue::memory_bytes);
        self.waiting.memory_bytes() + self.covered.size_bytes() + queue
    }

    /// Adds the vectors of a document, in place of those it has.
    pub(super) fn put(&mut self, row: u32, hash: ShortHash, passages: &[PassageVector]) {
        self.drop_row(row);
        self.waiting.add(&self.rotation, row, hash, passages);
        self.covered.add(row);
    }

    /// Writes what waits into a segment if it is much.
    pub(super) fn flush_if_full(&mut self) -> Result<(), LakeError> {
        if self.waiting.is_full() { self.flush() } else { Ok(()) }
    }

    /// Makes the vectors of a row invalid; says whether there were any.
    pub(super) fn drop_row(&mut self, row: u32) -> bool {
        if !self.covered.remove(row) {
            return false;
        }
        if self.waiting.remove(row) {
            return true;
        }
        for held in &mut self.segments {
            let entries = held.live.entries_of(row);
            if !entries.is_empty() {
                let tombstones = Arc::make_mut(&mut held.live.tombstones);
                entries.for_each(|entry| _ = tombstones.add(entry));
            }
        }
        true
    }

    /// Makes the vectors of a row invalid, and with the next commit they leave every file, those of
    /// earlier versions too.
    pub(super) fn forget(&mut self, row: u32) {
        self.drop_row(row);
        if self.segments.iter().any(|held| !held.live.segment.entries_of(row).is_empty()) {
            self.forgotten.insert(row);
        }
    }

    /// The hash of the version whose vectors a row has.
    pub(super) fn hash_of(&self, row: u32) -> Result<Option<ShortHash>, LakeError> {
        if !self.covered.has(row) {
            return Ok(None);
        }
        if let Some(document) = self.waiting.find(row) {
            return Ok(Some(document.hash));
        }
        for held in &self.segments {
            let entries = held.live.entries_of(row);
            if !entries.is_empty() {
                return held.live.segment.hash_of(entries.start).map(Some);
            }
        }
        Ok(None)
    }

    /// The vectors of a row with the hash they belong to; None if the set is not done with it.
    pub(super) fn vectors_of(&self, row: u32) -> Result<Option<(ShortHash, Vec<PassageVector>)>, LakeError> {
        if let Some(document) = self.waiting.find(row) {
            let vectors = self.waiting.vectors_of(document, &self.rotation, self.width);
            return Ok(Some((document.hash, vectors)));
        }
        vectors_of(self.segments.iter().map(|held| &held.live), row, &self.rotation, self.width)
    }

    /// Writes what waits into a segment. If that fails it is no longer waiting, and its documents are
    /// pending again.
    fn flush(&mut self) -> Result<(), LakeError> {
        if self.waiting.is_empty() {
            self.waiting.clear();
            return Ok(());
        }
        let written = self.write_waiting();
        let rows = self.waiting.clear();
        match written {
            Ok(live) => self.segments.push(Held { live, listed: None, tombstones_listed: 0 }),
            Err(error) => {
                for row in rows {
                    self.covered.remove(row);
                }
                // Their times are not known here.
                self.queue = None;
                return Err(error);
            }
        }
        Ok(())
    }

    fn write_waiting(&mut self) -> Result<Live, LakeError> {
        self.measure_anew()?;
        let path = self.new_file("vectors");
        let mut writer = SegmentWriter::create(&path, &self.centre)?;
        for document in self.waiting.sorted() {
            let mut records = self.waiting.records(&document, self.width).peekable();
            if records.peek().is_none() {
                writer.push_bare(document.row, document.hash);
            }
            for record in records {
                writer.push(document.row, record)?;
            }
        }
        let segment = writer.finish()?;
        let tombstones = Arc::new(Tombstones::none(segment.entries()));
        Ok(Live { segment: Arc::new(segment), tombstones })
    }

    /// Chooses the centre while the set is small: bits of all segments must be measured from the same.
    fn measure_anew(&mut self) -> Result<(), LakeError> {
        let made_of = self.manifest.centre_of;
        let vectors = self.vectors();
        let is_due = made_of < CENTRE_OF_ENOUGH && vectors >= made_of.saturating_mul(CENTRE_GROWTH);
        if vectors == 0 || !is_due {
            return Ok(());
        }
        let lives = self.lives();
        let waiting = self.waiting.sorted();
        let records = waiting.iter().flat_map(|document| self.waiting.records(document, self.width));
        let (centre, count) = mean(&lives, records, self.width)?;
        let centre: Arc<[f32]> = centre.into();
        let every = (0..self.segments.len()).collect::<Vec<_>>();
        self.merge(&every, &RowSet::default(), &centre)?;
        self.centre = centre;
        self.manifest.centre_of = count;
        Ok(())
    }

    fn lives(&self) -> Vec<Live> {
        self.segments.iter().map(|held| held.live.clone()).collect()
    }

    fn new_file(&mut self, extension: &str) -> PathBuf {
        let number = self.manifest.next;
        self.manifest.next += 1;
        self.directory.join(format!("{number:08}.{extension}"))
    }

    /// Puts one segment in the place of some, without what is not valid in them.
    fn merge(&mut self, chosen: &[usize], forgotten: &RowSet, centre: &Arc<[f32]>) -> Result<(), LakeError> {
        if chosen.is_empty() {
            return Ok(());
        }
        let path = self.new_file("vectors");
        let inputs = chosen.iter().map(|&number| self.segments[number].live.clone()).collect::<Vec<_>>();
        let merged = merge(&inputs, forgotten, centre, &path)?;
        let mut number = 0;
        self.segments.retain(|_| {
            number += 1;
            !chosen.contains(&(number - 1))
        });
        if let Some(segment) = merged {
            let tombstones = Arc::new(Tombstones::none(segment.entries()));
            let live = Live { segment: Arc::new(segment), tombstones };
            self.segments.push(Held { live, listed: None, tombstones_listed: 0 });
        }
        Ok(())
    }

    /// Makes everything durable, together with `sequence`; gives what searches see from now on, or None
    /// if nothing has changed.
    pub(super) fn commit(&mut self, sequence: u64) -> Result<Option<Snapshot>, LakeError> {
        let sequence = sequence.max(self.manifest.sequence);
        self.flush()?;
        self.rewrite_forgotten()?;
        self.segments.retain(|held| held.live.tombstones.count() < held.live.segment.entries());
        self.list(sequence)
    }

    /// Merges small segments, one lot at a time; says whether there was any.
    pub(super) fn compact(&mut self) -> Result<bool, LakeError> {
        let chosen = worth_merging(&self.lives());
        let centre = Arc::clone(&self.centre);
        self.merge(&chosen, &RowSet::default(), &centre)?;
        Ok(!chosen.is_empty())
    }

    fn rewrite_forgotten(&mut self) -> Result<(), LakeError> {
        if self.forgotten.is_empty() {
            return Ok(());
        }
        let forgotten = self.forgotten.clone();
        let centre = Arc::clone(&self.centre);
        let holds = |held: &Held| forgotten.iter().any(|&row| !held.live.segment.entries_of(row).is_empty());
        // A segment that is merged leaves its place, and what it became has none of the rows.
        while let Some(number) = self.segments.iter().position(holds) {
            self.merge(&[number], &RowSet::default(), &centre)?;
        }
        self.forgotten.clear();
        Ok(())
    }

    fn list(&mut self, sequence: u64) -> Result<Option<Snapshot>, LakeError> {
        for number in 0..self.segments.len() {
            let held = &self.segments[number];
            let count = held.live.tombstones.count();
            if held.listed.is_some() && held.tombstones_listed == count {
                continue;
            }
            let tombstones = if count == 0 {
                None
            } else {
                let path = self.new_file("gone");
                let hash = self.segments[number].live.tombstones.write(&path)?;
                let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
                Some((name, Hash(hash)))
            };
            let held = &mut self.segments[number];
            let segment = &held.live.segment;
            let (file, vectors, hash) = (segment.name(), segment.rows.len() as u64, Hash(segment.hash));
            held.listed = Some(Listed { file, vectors, hash, tombstones });
            held.tombstones_listed = count;
        }
        let listed = self.segments.iter().filter_map(|held| held.listed.clone()).collect::<Vec<_>>();
        let is_same = listed == self.manifest.segments;
        if is_same && self.manifest.sequence == sequence {
            return Ok(None);
        }
        let documents = self.covered.count();
        let centre = if listed.is_empty() { Vec::new() } else { self.centre.to_vec() };
        let centre_of = if listed.is_empty() { 0 } else { self.manifest.centre_of };
        let old = self.manifest.segments.clone();
        let new =
            Manifest { sequence, documents, centre, centre_of, segments: listed, ..self.manifest.clone() };
        new.write(&self.directory)?;
        self.manifest = new;
        self.remove_unlisted(&old);
        Ok(Some(Snapshot::new(&self.rotation, &self.centre, self.lives(), documents)))
    }

    fn remove_unlisted(&self, old: &[Listed]) {
        for name in old.iter().flat_map(Listed::files).filter(|name| !is_part(&self.manifest, name)) {
            // A file that another process holds open may stay; the next start removes it.
            let _ = std::fs::remove_file(self.directory.join(name));
        }
    }
}
