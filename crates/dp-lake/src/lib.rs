//! The lake: what a store must do (`contract`), how exports become documents (`etl`), and the words
//! both use. Knows no SQL, no index library and no HTTP. `conformance` is the suite every backend passes.

pub mod analysis;
mod batch;
mod beside;
mod blobs;
mod calendar;
pub mod changes;
pub mod conformance;
mod contract;
pub mod conversations;
mod counting;
pub mod dimensions;
pub mod downsample;
mod error;
pub mod etl;
mod filter;
mod finding;
pub mod map;
pub mod matching;
pub mod memory;
mod near;
pub mod originals;
pub mod own;
pub mod people;
mod query;
pub mod samples;
mod snippet;
pub mod sought;
mod statistics;
mod vectors;
mod version;
mod walk;

pub use batch::{Applied, Batch, Checkpoint, DocumentUpsert, FinishedEntry, SampleUpsert};
pub use beside::{Beside, beside, is_beside};
pub use blobs::{Blob, RemovedBlobs};
pub use calendar::{Day, date_of_day, day_of_date, days_of_text, text_of_moment};
pub use changes::{ChangedDocuments, Changes, OnChange};
pub use contract::{Blobs, Documents, Imports, Search, Series, Vault, Vectors};
pub use counting::{DayFigures, DaysOfSeries, NumberAt, TimeCount, TimeCountQuery};
pub use error::LakeError;
pub use filter::{Annotation, Annotations, Cursor, Filter, Has, Hidden, Near, Order, Page};
pub use finding::{Facet, FacetCount, FacetField, RankedHit, RankedQuery, Suggestion, SuggestionKind};
pub use near::distance_m;
pub use query::{Alternative, Term, TermMode, TextQuery};
pub use snippet::{Snippet, snippet};
pub use statistics::{
    DayCount, Dimension, EntryOrigin, ForgetTarget, Forgotten, Health, HistogramQuery, Hit, Hits, Import,
    ImportDraft, ImportState, LedgerQuery, MemoEntry, PlannedFile, ProjectionHealth, RevisionedDocument,
    SampleQuery, SeriesInfo, Sort, Top, Totals,
};
pub use vectors::{
    DocumentVectors, Embedder, EmbedderError, Nearest, NearestQuery, Passage, PassageVector, PendingDocument,
    VectorHit, VectorModel, VectorSet,
};
pub use version::{VersionRank, compare_origins, content_hash, undated_last};
pub use walk::{walk_documents, walk_people, walk_samples};
