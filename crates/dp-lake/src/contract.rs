//! What a backend must do. The traits are async because remote stores are; a backend whose work
//! blocks hops to its own threads inside. No method has a default body, so a new backend cannot
//! silently skip one, and `conformance` checks each of them.

use crate::{
    Annotation, Annotations, Applied, Batch, Blob, Cursor, Day, DayCount, DayFigures, DaysOfSeries,
    Dimension, DocumentVectors, EntryOrigin, Facet, FacetField, Filter, ForgetTarget, Forgotten, Health,
    HistogramQuery, Hits, Import, ImportDraft, LakeError, LedgerQuery, MemoEntry, Nearest, NearestQuery,
    NumberAt, Order, Page, PassageVector, PendingDocument, RankedHit, RankedQuery, RemovedBlobs,
    RevisionedDocument, SampleQuery, SeriesInfo, Sort, Suggestion, TextQuery, TimeCount, TimeCountQuery, Top,
    VectorModel, VectorSet,
    conversations::{Conversation, ConversationId, ConversationPlace},
    map::{CellCount, DensityQuery, Track, TrackQuery},
    own::{OwnAnswer, OwnBatch},
};
use async_trait::async_trait;
use dp_model::{BlobHash, Document, DocumentId, EntryReport, Person, Sample};
use std::{io::Read, ops::Range};

/// Everything one user owns. Nothing crosses vaults.
#[async_trait]
pub trait Vault: Send + Sync {
    /// Documents and what is kept with them.
    fn documents(&self) -> &dyn Documents;
    /// Finding documents by words.
    fn search(&self) -> &dyn Search;
    /// Finding documents by meaning.
    fn vectors(&self) -> &dyn Vectors;
    /// Time series.
    fn series(&self) -> &dyn Series;
    /// Imports and their ledger.
    fn imports(&self) -> &dyn Imports;
    /// Bytes, such as media.
    fn blobs(&self) -> &dyn Blobs;
    /// The IANA name of the zone the person lives in: an unknown offset is taken from it.
    fn home_zone(&self) -> &str;
    /// A number that grows with everything that may change an answer of this vault, in the store or in what
    /// is made of it. Two equal numbers of one opening have equal answers between them. None if others may
    /// change the vault unseen.
    fn generation(&self) -> Option<u64>;
    /// Looks the store and its projections over. `thorough` reads everything.
    async fn health(&self, thorough: bool) -> Result<Health, LakeError>;
}

/// Documents: the truth.
#[async_trait]
pub trait Documents: Send + Sync {
    /// Applies a batch wholly or not at all; durable when it returns.
    ///
    /// A document that is new is inserted. Of one that is known with other content, the version
    /// with the greater [`crate::VersionRank`] is kept as the document and the other as a revision.
    /// The import's checkpoint, ledger and counts are written in the same transaction.
    async fn apply(&self, batch: Batch) -> Result<Applied, LakeError>;

    /// Writes own documents: all that can be done of the batch in one transaction, durable when it returns, with what
    /// is to be known of it if it comes again. [`OwnBatch::decide`] says what each change comes to. What a document
    /// said before is kept as a revision; one that is deleted goes as [`Documents::forget`] lets it go, but what is
    /// known of imported entries stays.
    async fn write(&self, batch: OwnBatch) -> Result<OwnAnswer, LakeError>;

    /// The document with this id.
    async fn get(&self, id: DocumentId) -> Result<Option<RevisionedDocument>, LakeError>;

    /// The documents with these ids, in their order; None where there is none.
    async fn get_many(&self, ids: &[DocumentId]) -> Result<Vec<Option<Document>>, LakeError>;

    /// Ids that begin with these hexadecimal digits, at most `limit`, ascending.
    async fn find_by_prefix(&self, digits: &str, limit: usize) -> Result<Vec<DocumentId>, LakeError>;

    /// Dated documents in order of time, at most `limit`, after `cursor`.
    async fn list(
        &self,
        filter: &Filter,
        order: Order,
        cursor: Option<&Cursor>,
        limit: usize,
    ) -> Result<Page<Document>, LakeError>;

    /// All documents, dated or not, in order of id, after `after`, with revisions and annotations:
    /// what a full export walks.
    async fn walk(
        &self,
        after: Option<DocumentId>,
        limit: usize,
    ) -> Result<Vec<RevisionedDocument>, LakeError>;

    /// Changes annotations; gives them as they are then, or None if there is no such document.
    async fn annotate(&self, id: DocumentId, change: &Annotation) -> Result<Option<Annotations>, LakeError>;

    /// What `forget` would remove.
    async fn forget_preview(&self, target: &ForgetTarget) -> Result<Forgotten, LakeError>;

    /// Removes the target from the store, its rollups, and every projection; the same export can be
    /// imported again afterwards. If something is expected and anything else would be removed, nothing is.
    ///
    /// # Errors
    /// `NotAsExpected`, and those of the store.
    async fn forget(
        &self,
        target: &ForgetTarget,
        expected: Option<&Forgotten>,
    ) -> Result<Forgotten, LakeError>;

    /// Documents by local day, source and kind, from rollups, ascending by day (undated first).
    async fn histogram(&self, query: &HistogramQuery) -> Result<Vec<DayCount>, LakeError>;

    /// The most frequent names of a dimension, from rollups; ties by name.
    async fn top(&self, dimension: Dimension, limit: usize) -> Result<Vec<Top>, LakeError>;

    /// Conversations, the one that went on last first, at most `limit`, after `after`. Those of documents
    /// that are not dated are none.
    async fn conversations(
        &self,
        after: Option<ConversationPlace>,
        limit: usize,
    ) -> Result<Vec<Conversation>, LakeError>;

    /// Dated documents of a conversation, latest first, at most `limit`, after `cursor`; without those the user
    /// has hidden.
    async fn conversation(
        &self,
        id: ConversationId,
        cursor: Option<&Cursor>,
        limit: usize,
    ) -> Result<Page<Document>, LakeError>;

    /// People in order of id, after `after`.
    async fn people(&self, after: Option<dp_model::PersonId>, limit: usize)
    -> Result<Vec<Person>, LakeError>;
}

/// Finding documents by words. Eventually consistent: `wait_indexed` is how a caller gets more.
#[async_trait]
pub trait Search: Send + Sync {
    /// Documents that match, best or latest first.
    async fn keyword(
        &self,
        query: &TextQuery,
        filter: &Filter,
        sort: Sort,
        limit: usize,
    ) -> Result<Hits, LakeError>;

    /// The documents that fit some words best, best first; a document need not hold all of them, nor
    /// is anything said of how many there are. Forms of one word count as that word.
    async fn ranked(&self, query: &RankedQuery, limit: usize) -> Result<Vec<RankedHit>, LakeError>;

    /// The documents that `keyword` would find, counted by each field; at most `limit` values of each.
    async fn facets(
        &self,
        query: &TextQuery,
        filter: &Filter,
        fields: &[FacetField],
        limit: usize,
    ) -> Result<Vec<Facet>, LakeError>;

    /// The documents that `keyword` would find, counted by local day and, as far as the query asks for it, by
    /// hour, source and kind: ascending, undated first. Never looks at the documents themselves.
    async fn counts(&self, query: &TimeCountQuery) -> Result<Vec<TimeCount>, LakeError>;

    /// Names and titles that what is being typed may go on to: those that begin with it first, then
    /// those in which a word does; of each kind at most `limit`, most frequent first.
    async fn suggest(&self, typed: &str, limit: usize) -> Result<Vec<Suggestion>, LakeError>;

    /// Returns when everything up to this sequence number can be found, by words and, in the set of the
    /// vault's own embedder, by meaning.
    async fn wait_indexed(&self, sequence: u64) -> Result<(), LakeError>;

    /// Builds the text index anew from the store; gives the number of documents. `progress` gets
    /// documents done and documents in all.
    async fn rebuild(&self, progress: &(dyn Fn(u64, u64) + Send + Sync)) -> Result<u64, LakeError>;
}

/// Finding documents by meaning. A set of vectors belongs to one model, and forgets a document when
/// the vault does. As with words, what was put can be found a little later.
#[async_trait]
pub trait Vectors: Send + Sync {
    /// The sets there are, by name of their model.
    async fn list(&self) -> Result<Vec<VectorSet>, LakeError>;

    /// The set of a model, made if it is not there.
    async fn create(&self, model: &VectorModel) -> Result<VectorSet, LakeError>;

    /// Removes the set of a model with all its vectors; says whether there was one.
    async fn remove(&self, model: &VectorModel) -> Result<bool, LakeError>;

    /// Documents that the set has no vectors of, latest first and undated ones last, at most `limit`.
    async fn pending(&self, model: &VectorModel, limit: usize) -> Result<Vec<PendingDocument>, LakeError>;

    /// Adds the vectors of documents, in place of those they had in the set. Vectors of a version that
    /// is no longer the document are left out. Gives the number of documents taken.
    ///
    /// # Errors
    /// `Vector` if a vector is not of the set's width or has values that are no numbers; then none is
    /// added.
    async fn put(&self, model: &VectorModel, vectors: Vec<DocumentVectors>) -> Result<u64, LakeError>;

    /// Makes what was put durable, and found.
    async fn commit(&self, model: &VectorModel) -> Result<(), LakeError>;

    /// The vectors of a document, as exactly as they are stored; None if the set is not done with it.
    async fn get(&self, model: &VectorModel, id: DocumentId)
    -> Result<Option<Vec<PassageVector>>, LakeError>;

    /// The documents nearest to a vector, each by its nearest passage. Documents the user has hidden
    /// are treated as the filter says.
    ///
    /// # Errors
    /// `Vector` if the vector is not of the set's width or not finite; `Projection` if there is no such
    /// set or it is damaged.
    async fn nearest(
        &self,
        model: &VectorModel,
        query: &NearestQuery,
        limit: usize,
    ) -> Result<Nearest, LakeError>;
}

/// Time series.
#[async_trait]
pub trait Series: Send + Sync {
    /// The series there are, by name.
    async fn list(&self) -> Result<Vec<SeriesInfo>, LakeError>;

    /// Samples in order of time.
    async fn range(&self, query: &SampleQuery) -> Result<Vec<Sample>, LakeError>;

    /// Samples a local day, from rollups, ascending.
    async fn daily(&self, series: &str) -> Result<Vec<(Day, u64)>, LakeError>;

    /// What the numbers of each local day come to, ascending. Days without a number are left out, and so are
    /// fixes and readings that are no finite number.
    async fn daily_figures(&self, query: &DaysOfSeries) -> Result<Vec<DayFigures>, LakeError>;

    /// At most so many of the numbers that a query wants (its limit aside), chosen so that a line through them
    /// looks like the line through all ([`crate::downsample`]): all of them if there are no more. Takes memory
    /// for what is chosen and not for what there is. Fixes and what is no finite number are left out.
    async fn downsampled(&self, query: &SampleQuery, points: usize) -> Result<Vec<NumberAt>, LakeError>;

    /// The way that fixes tell, in order of time, with those that follow each other in one cell as one point.
    /// A part may have fewer points than the limit, and none, and still have a next one.
    async fn track(&self, query: &TrackQuery) -> Result<Track, LakeError>;

    /// Fixes by cell of a tile, row by row. Counted by a projection: eventually consistent, and
    /// `wait_counted` is how a caller gets more. What was forgotten is out of it at once.
    async fn density(&self, query: &DensityQuery) -> Result<Vec<CellCount>, LakeError>;

    /// Returns when every fix that was applied before is counted in densities.
    async fn wait_counted(&self) -> Result<(), LakeError>;
}

/// Imports and their ledger.
#[async_trait]
pub trait Imports: Send + Sync {
    /// Begins an import, or finds the unfinished one with the same fingerprint to go on with.
    async fn begin(&self, draft: ImportDraft) -> Result<Import, LakeError>;

    /// Ends an import.
    async fn finish(&self, import: u64, now_us: i64) -> Result<Import, LakeError>;

    /// All imports, latest first.
    async fn list(&self) -> Result<Vec<Import>, LakeError>;

    /// Ledger rows in order of the plan.
    async fn ledger(&self, query: &LedgerQuery) -> Result<Vec<EntryReport>, LakeError>;

    /// Where the bytes of an entry came from; None if there is no such import, or no such entry in it.
    async fn origin(&self, import: u64, entry: u32) -> Result<Option<EntryOrigin>, LakeError>;

    /// Whether an entry of this size was ever imported whole: a cheap question before hashing it.
    async fn memo_has_size(&self, bytes: u64) -> Result<bool, LakeError>;

    /// What an entry with this content gave when this parser at this version read it, if everything
    /// it gave is still in the vault.
    async fn memo(&self, hash: [u8; 32], parser: &str, version: u32) -> Result<Option<MemoEntry>, LakeError>;
}

/// Bytes that are named by their hash. Documents refer to them by `Media::hash`; a document may name bytes that are
/// not stored here, since an import leaves attachments in their archive.
#[async_trait]
pub trait Blobs: Send + Sync {
    /// Stores all bytes of a stream; durable when it returns. Bytes that are stored already are stored anew, which
    /// heals them, and count as put now.
    ///
    /// Until a document refers to them they may be removed by `delete_unreferenced`, and when the last document that
    /// does is forgotten they are.
    ///
    /// # Errors
    /// `BlobTooLarge` if there are more than `bytes_max`; `Io` if the stream fails. Then nothing is stored.
    async fn put(&self, bytes: Box<dyn Read + Send>, bytes_max: u64, now_us: i64) -> Result<Blob, LakeError>;

    /// What is known of a blob; None if it is not stored.
    async fn find(&self, hash: BlobHash) -> Result<Option<Blob>, LakeError>;

    /// The bytes of a blob in this range, as far as there are any; None if it is not stored. The stream blocks. One
    /// of the whole blob ends in an error if the bytes are not those that were put.
    ///
    /// # Errors
    /// `Corrupt` if the blob should be there and is not.
    async fn get(&self, hash: BlobHash, range: Range<u64>)
    -> Result<Option<Box<dyn Read + Send>>, LakeError>;

    /// Documents that refer to these bytes, stored or not, in any of their versions; in order of id, after `after`.
    async fn referrers(
        &self,
        hash: BlobHash,
        after: Option<DocumentId>,
        limit: usize,
    ) -> Result<Vec<DocumentId>, LakeError>;

    /// Removes blobs that no document refers to and that were last put before this instant, microseconds since 1970
    /// UTC; and what a kill left behind of blobs and thumbnails that are not stored any more.
    async fn delete_unreferenced(&self, put_before_us: i64) -> Result<RemovedBlobs, LakeError>;

    /// Keeps a small picture of a blob, whose longer side has so many pixels, until the blob goes. It may be lost,
    /// and is not kept of a blob that is not stored.
    async fn keep_thumbnail(&self, hash: BlobHash, size_px: u16, picture: Vec<u8>) -> Result<(), LakeError>;

    /// A small picture that was kept; None if there is none, or it is damaged.
    async fn find_thumbnail(&self, hash: BlobHash, size_px: u16) -> Result<Option<Vec<u8>>, LakeError>;
}
