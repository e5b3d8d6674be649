//! Location history in every form Google has given it: raw fixes, semantic months, and the exports
//! a phone makes itself. Fixes become samples; stays and movements become documents.

mod event;
mod point;
mod records;
mod segment;
mod semantic;
mod settings;
mod timeline;

#[cfg(test)]
mod tests;

pub(super) use records::Records;
pub(super) use semantic::SemanticMonth;
pub(super) use settings::{LocationSettings, is_edits_log};
pub(super) use timeline::{AndroidTimeline, IosTimeline};

/// The source of everything here.
const SOURCE: &str = "google.location";
/// The series of every fix.
const SERIES: &str = "location";
