//! Samples as CSV, a file for each series.

use super::{Archive, ExportError, STEP};
use dp_lake::{Filter, SampleQuery, Vault, etl::HomeClock};
use dp_model::{Moment, Precision, Reading, Sample};
use futures::executor::block_on;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use std::io::{self, Write};

/// What may not stand in the name of a file.
const OTHER: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_');
/// Names of the columns, in order.
const COLUMNS: [&str; 15] = [
    "time",
    "time_us",
    "offset_s",
    "source",
    "device",
    "value",
    "latitude_deg",
    "longitude_deg",
    "accuracy_m",
    "altitude_m",
    "vertical_accuracy_m",
    "speed_mps",
    "heading_deg",
    "provider",
    "metadata",
];

/// Writes the wanted samples of all series; a series of which none is wanted has no file.
pub(super) fn write<W: Write>(
    vault: &dyn Vault,
    filter: &Filter,
    archive: &mut Archive<W>,
) -> Result<(), ExportError> {
    let mut clock = HomeClock::new(vault.home_zone());
    for info in block_on(vault.series().list())? {
        let name = format!("series/{}.csv", utf8_percent_encode(&info.series, OTHER));
        let mut has_begun = false;
        walk(vault, &info.series, &mut |sample| {
            if !is_wanted(sample, filter, &mut clock) {
                return Ok(());
            }
            if !has_begun {
                has_begun = true;
                archive.begin(&name)?;
                archive.bytes(&row(COLUMNS)?)?;
            }
            archive.record(&row_of(sample)?)
        })?;
        if has_begun {
            archive.end()?;
        }
    }
    Ok(())
}

/// Takes every sample of a series in turn. A step ends before the last instant it holds, because more samples of that instant may
/// follow; the next one begins there.
fn walk(
    vault: &dyn Vault,
    series: &str,
    take: &mut dyn FnMut(&Sample) -> Result<(), ExportError>,
) -> Result<(), ExportError> {
    let (mut from_us, mut step) = (None, STEP);
    loop {
        let query = SampleQuery { series: series.to_owned(), from_us, limit: step, ..SampleQuery::default() };
        let samples = block_on(vault.series().range(&query))?;
        let is_all = samples.len() < step;
        let last_us = samples.last().map(|sample| sample.time_us);
        let mut taken = 0;
        for sample in samples.iter().take_while(|sample| is_all || Some(sample.time_us) != last_us) {
            take(sample)?;
            taken += 1;
        }
        if is_all {
            return Ok(());
        }
        // So many samples of one instant that a step holds no other: take a longer one.
        step = if taken == 0 { step.saturating_mul(2) } else { STEP };
        from_us = last_us;
    }
}

fn is_wanted(sample: &Sample, filter: &Filter, clock: &mut HomeClock) -> bool {
    let moment = match sample.offset_s {
        Some(offset_s) => Moment::with_offset(sample.time_us, offset_s, Precision::Microsecond),
        None => Moment::utc(sample.time_us, Precision::Microsecond),
    };
    filter.wants_source(&sample.source) && filter.wants_day(Some(clock.day(&moment)))
}

fn row_of(sample: &Sample) -> Result<Vec<u8>, ExportError> {
    fn text<T: ToString>(value: Option<T>) -> String {
        value.map(|value| value.to_string()).unwrap_or_default()
    }
    let (number, fix) = match &sample.reading {
        Reading::Number(number) => (Some(number), None),
        Reading::Fix(fix) => (None, Some(fix)),
    };
    let time = jiff::Timestamp::from_microsecond(sample.time_us).ok();
    let provider = fix.and_then(|fix| serde_json::to_value(fix.provider).ok()?.as_str().map(str::to_owned));
    let metadata = match sample.metadata.is_empty() {
        true => String::new(),
        false => serde_json::to_string(&sample.metadata).map_err(io::Error::from)?,
    };
    row([
        text(time),
        sample.time_us.to_string(),
        text(sample.offset_s),
        sample.source.to_string(),
        sample.device.to_string(),
        text(number),
        text(fix.map(|fix| fix.point.latitude_deg())),
        text(fix.map(|fix| fix.point.longitude_deg())),
        text(fix.and_then(|fix| fix.accuracy_m)),
        text(fix.and_then(|fix| fix.altitude_m)),
        text(fix.and_then(|fix| fix.vertical_accuracy_m)),
        text(fix.and_then(|fix| fix.speed_mps)),
        text(fix.and_then(|fix| fix.heading_deg)),
        text(provider),
        metadata,
    ])
}

fn row<T: AsRef<[u8]>>(fields: [T; 15]) -> Result<Vec<u8>, ExportError> {
    let mut writer = csv::WriterBuilder::new().buffer_capacity(512).from_writer(Vec::new());
    writer.write_record(fields).map_err(io::Error::other)?;
    Ok(writer.into_inner().map_err(|error| io::Error::other(error.to_string()))?)
}
