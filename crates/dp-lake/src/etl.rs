//! The ETL pipeline: archives in, documents and a closed account out. Parsing runs on several
//! threads; what they find is applied in the order of the plan, so the result depends on the
//! archives and on nothing else.

mod apply;
mod budget;
mod clock;
mod normalise;
mod parse;
mod pipeline;
mod plan;
mod progress;
mod read;
mod report;
mod retry;
mod turns;

pub use clock::HomeClock;
pub(crate) use normalise::UTC_US_RANGE;
pub use pipeline::{EtlError, ImportOptions, import, preview};
pub use plan::{Action, Plan, PlannedEntry, make_plan};
pub use progress::{Progress, Stage};
pub use report::ImportReport;
pub use retry::{KnownEntry, RetriedEntry, RetryError, find_entry, retry_entry};
