//! The words of the design as plain types: documents, samples, people, the ledger.
//! Nothing here reads, writes or talks to anything; ids are derived from what a record says.

mod document;
mod id;
mod kind;
mod ledger;
mod metadata;
mod person;
mod place;
mod sample;
mod time;

pub use document::{Content, Document, Draft, Labels, Media, Provenance, Revision, Source};
pub use id::{BlobHash, DocumentId, ParseIdError, PersonId};
pub use kind::{Kind, UnknownKind};
pub use ledger::{EntryReport, EntryStatus, Tally, UnknownStatus, Warning, WarningKind};
pub use metadata::Metadata;
pub use person::{Identity, IdentityKind, Mention, Person, PersonDraft, Role};
pub use place::{Place, Point};
pub use sample::{Fix, FixProvider, Reading, Sample, Series};
pub use time::{Clock, Moment, Precision};
