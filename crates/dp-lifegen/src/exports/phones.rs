//! The Timeline of the last months as two phones exported it: loose files, outside any Takeout.

use super::Job;
use crate::LifegenError;
use crate::answers::ExportAnswer;
use crate::google::device;
use crate::truth::Truth;

/// Writes both files; each counts as an export.
pub(crate) fn write(job: &Job<'_>) -> Result<(Vec<ExportAnswer>, Truth), LifegenError> {
    let plan = job.plan;
    let mut android = job.export_named("Timeline.json");
    android.entry("Timeline.json", "Timeline of an Android phone", |out, found| {
        device::write_android(plan, job.last_days(plan.end_day, 360), out, found)
    })?;
    let mut ios = job.export_named("location-history.json");
    ios.entry("location-history.json", "Timeline of an iPhone", |out, found| {
        device::write_ios(plan, job.last_days(plan.end_day, 120), out, found)
    })?;
    let (android, mut truth) = android.finish()?;
    let (ios, ios_truth) = ios.finish()?;
    truth.merge(ios_truth);
    Ok((vec![android, ios], truth))
}
