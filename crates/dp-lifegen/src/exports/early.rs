//! A small early export as a gzip tar: HTML dates without a zone, which were UTC then.

use super::Job;
use crate::LifegenError;
use crate::answers::ExportAnswer;
use crate::google::activity_file::Flaw;
use crate::google::moment::{Dialect, Language};
use crate::google::odds;
use crate::plan::Stream;
use crate::truth::Truth;

/// Writes the export.
pub(crate) fn write(job: &Job<'_>) -> Result<(ExportAnswer, Truth), LifegenError> {
    let first_day = job.plan.first_day;
    let cut = first_day + job.plan.stretch(800);
    let days = first_day..cut;
    let dialect = Dialect { language: Language::English, zone: "", offset_s: 0, narrow_space: false };
    let mut export = job.export(cut, "190000");
    export.begin_part("-001.tgz")?;
    let early = first_day..first_day + job.plan.stretch(300);
    job.html(
        &mut export,
        "My Activity/Search/MyActivity.html",
        dialect,
        Flaw::None,
        &[Stream::Search],
        early,
    )?;
    job.html(
        &mut export,
        "YouTube/history/search-history.html",
        dialect,
        Flaw::None,
        &[Stream::TubeSearch],
        days,
    )?;
    odds::write_ignored(&mut export, "Hangouts/Hangouts.json", "empty product", "{}")?;
    export.finish()
}
