//! What the memory vault holds, and how a batch changes it.

use super::{own::Receipts, people::People, vectors::Set};
use crate::{
    Annotations, Applied, Batch, Checkpoint, Day, DocumentUpsert, Import, ImportDraft, MemoEntry,
    SampleUpsert, VersionRank, samples::SampleIdentity, samples::merge, samples::merged_day,
    version::compare_origins,
};
use dp_model::{BlobHash, Content, Document, DocumentId, EntryReport, Provenance, Revision, Sample, Tally};
use std::{cmp::Reverse, collections::BTreeMap};

/// Everything in a vault.
#[derive(Debug, Default)]
pub(super) struct State {
    pub(super) sequence: u64,
    pub(super) generation: u64,
    pub(super) documents: BTreeMap<DocumentId, Stored>,
    pub(super) annotations: BTreeMap<DocumentId, Annotations>,
    pub(super) samples: BTreeMap<(String, SampleIdentity), (Sample, Day)>,
    pub(super) people: People,
    /// Vectors, by [`crate::VectorModel::key`].
    pub(super) sets: BTreeMap<String, Set>,
    /// In order of id, which counts from 1.
    pub(super) imports: Vec<StoredImport>,
    /// With when they were last put.
    pub(super) blobs: BTreeMap<BlobHash, (Vec<u8>, i64)>,
    /// By blob and size.
    pub(super) thumbnails: BTreeMap<(BlobHash, u16), Vec<u8>>,
    /// By hash, parser and its version: size of the entry in bytes, and what it gave.
    pub(super) memos: BTreeMap<([u8; 32], String, u32), (u64, MemoEntry)>,
    pub(super) receipts: Receipts,
}

/// An import and its ledger.
#[derive(Debug)]
pub(super) struct StoredImport {
    pub(super) import: Import,
    pub(super) draft: ImportDraft,
    /// By index in the plan.
    pub(super) ledger: BTreeMap<u32, EntryReport>,
}

/// All versions of a document by the hash of their content; never empty.
#[derive(Debug, Default)]
pub(super) struct Stored {
    versions: BTreeMap<[u8; 16], Version>,
}

/// One version of a document.
#[derive(Debug, Clone)]
pub(super) struct Version {
    exported_at_us: Option<i64>,
    provenance: Provenance,
    pub(super) hash: [u8; 16],
    pub(super) day: Option<Day>,
    pub(super) sort_us: Option<i64>,
    pub(super) content: Content,
}

impl Version {
    /// One that was not read in an export.
    pub(super) fn written(upsert: DocumentUpsert, provenance: Provenance) -> Self {
        Self {
            exported_at_us: None,
            provenance,
            hash: upsert.hash,
            day: upsert.day,
            sort_us: upsert.sort_us,
            content: upsert.content,
        }
    }

    fn rank(&self) -> VersionRank {
        VersionRank::of(&self.content, self.exported_at_us, self.hash)
    }
}

impl Stored {
    /// The versions, newest first.
    pub(super) fn newest_first(&self) -> Vec<&Version> {
        let mut versions = self.versions.values().collect::<Vec<_>>();
        versions.sort_by_key(|version| Reverse(version.rank()));
        versions
    }

    /// The version that is the document.
    pub(super) fn current(&self) -> Option<&Version> {
        self.versions.values().max_by_key(|version| version.rank())
    }

    /// The bytes that any version refers to.
    pub(super) fn hashes(&self) -> impl Iterator<Item = BlobHash> {
        let media = self.versions.values().flat_map(|version| &version.content.media);
        media.filter_map(|media| media.hash)
    }

    /// Number of versions beside the current one.
    pub(super) fn revision_count(&self) -> u64 {
        self.versions.len().saturating_sub(1) as u64
    }

    pub(super) fn document(&self, id: DocumentId) -> Option<Document> {
        let current = self.current()?;
        Some(Document { id, content: current.content.clone(), provenance: current.provenance.clone() })
    }

    pub(super) fn revisions(&self) -> Vec<Revision> {
        let older = self.newest_first().into_iter().skip(1);
        older
            .map(|version| Revision {
                provenance: version.provenance.clone(),
                content: version.content.clone(),
            })
            .collect()
    }

    pub(super) fn add(&mut self, version: Version) -> Tally {
        let before = self.current().map(|current| current.hash);
        match self.versions.get_mut(&version.hash) {
            Some(known) if is_earlier(&version, known) => *known = version,
            Some(_) => {}
            None => {
                self.versions.insert(version.hash, version);
            }
        }
        let after = self.current().map(|current| current.hash);
        Tally {
            inserted: u64::from(before.is_none()),
            updated: u64::from(before.is_some() && before != after),
            unchanged: u64::from(before == after),
        }
    }
}

fn is_earlier(version: &Version, known: &Version) -> bool {
    let origin = |version: &'_ Version| (version.exported_at_us, version.provenance.clone());
    let (new, old) = (origin(version), origin(known));
    compare_origins((new.0, &new.1), (old.0, &old.1)).is_lt()
}

/// Index of an entry's export, and its path.
fn place_of(draft: &ImportDraft, entry: u32) -> (u32, String) {
    draft.entries.get(entry as usize).map(|file| (file.export, file.path.clone())).unwrap_or_default()
}

impl State {
    /// Applies a batch to an import that exists; None if it doesn't.
    pub(super) fn apply(&mut self, batch: Batch) -> Option<Applied> {
        let index = self.import_index(batch.import)?;
        let mut applied = Applied::default();
        for upsert in batch.documents {
            let version = self.version_of(index, upsert.entry, upsert.position, &upsert);
            applied.documents += self.documents.entry(upsert.id).or_default().add(version);
        }
        for upsert in batch.samples {
            applied.samples += self.add_sample(upsert);
        }
        for draft in &batch.people {
            applied.people += u64::from(self.people.add(draft));
        }
        applied.documents.unchanged += batch.unchanged_documents;
        applied.samples.unchanged += batch.unchanged_samples;
        for finished in batch.finished {
            let report = finished.report;
            if let Some((hash, parser, version)) = finished.memo {
                let memo = self.memo_of(index, finished.entry, &report);
                self.memos.insert((hash, parser.to_owned(), version), (report.bytes, memo));
            }
            self.imports[index].ledger.insert(finished.entry, report);
        }
        self.sequence += 1;
        applied.sequence = self.sequence;
        self.count(index, applied, batch.checkpoint);
        Some(applied)
    }

    /// Where an import stands in the list.
    pub(super) fn import_index(&self, import: u64) -> Option<usize> {
        self.imports.iter().position(|stored| stored.import.id == import)
    }

    fn count(&mut self, index: usize, applied: Applied, checkpoint: Checkpoint) {
        let import = &mut self.imports[index].import;
        import.checkpoint = checkpoint;
        import.applied.sequence = applied.sequence;
        import.applied.documents += applied.documents;
        import.applied.samples += applied.samples;
        import.applied.people += applied.people;
    }

    fn version_of(&self, import: usize, entry: u32, position: u64, upsert: &DocumentUpsert) -> Version {
        let draft = &self.imports[import].draft;
        let (export, path) = place_of(draft, entry);
        let (archive, exported_at_us) = draft.exports.get(export as usize).cloned().unwrap_or_default();
        Version {
            exported_at_us,
            provenance: Provenance { archive, entry: path, position },
            hash: upsert.hash,
            day: upsert.day,
            sort_us: upsert.sort_us,
            content: upsert.content.clone(),
        }
    }

    fn add_sample(&mut self, upsert: SampleUpsert) -> Tally {
        let incoming = upsert.sample;
        let key = (incoming.series.to_string(), SampleIdentity::of(&incoming));
        let Some((existing, day)) = self.samples.get_mut(&key) else {
            self.samples.insert(key, (incoming, upsert.day));
            return Tally { inserted: 1, ..Tally::default() };
        };
        let Some(merged) = merge(existing, &incoming) else {
            return Tally { unchanged: 1, ..Tally::default() };
        };
        *day = merged_day((existing, *day), (&incoming, upsert.day));
        *existing = merged;
        Tally { updated: 1, ..Tally::default() }
    }

    fn memo_of(&self, import: usize, entry: u32, report: &EntryReport) -> MemoEntry {
        let draft = &self.imports[import].draft;
        let (export, path) = place_of(draft, entry);
        let (archive, exported_at_us) = draft.exports.get(export as usize).cloned().unwrap_or_default();
        MemoEntry {
            exported_at_us,
            archive,
            entry: path,
            documents: report.documents,
            samples: report.samples,
            status: report.status,
            warning_count: report.warning_count,
            warnings: report.warnings.clone(),
        }
    }
}
