//! Samples into the store: inserted, or merged with the reading of the same moment that is there.

use super::{Writer, rollups::Rollups};
use crate::{error::Context as _, names::Names};
use dp_lake::{Day, LakeError, SampleUpsert, samples};
use dp_model::{Fix, FixProvider, Metadata, Point, Reading, Sample, Tally};
use rusqlite::{Connection, Row, params};
use std::borrow::Cow;

/// Columns of a sample as `read_sample` wants them.
pub(crate) const SAMPLE_COLUMNS: &str = "series, time_us, device, latitude_e7, longitude_e7, source, day, offset_s, \
     provider, value, accuracy_m, altitude_m, vertical_accuracy_m, speed_mps, heading_deg, metadata";

/// Applies samples; what they change in the rollups goes to `rollups`.
pub(super) fn apply(
    writer: &mut Writer,
    rollups: &mut Rollups,
    upserts: &[SampleUpsert],
) -> Result<Tally, LakeError> {
    let mut tally = Tally::default();
    for upsert in upserts {
        let series = writer.series.id(&writer.connection, &upsert.sample.series)?;
        let source = writer.sources.id(&writer.connection, &upsert.sample.source)?;
        let is_fix = matches!(upsert.sample.reading, Reading::Fix(_));
        if write(&writer.connection, false, series, source, upsert.day, &upsert.sample)? {
            tally.inserted += 1;
            rollups.add_sample(series, upsert.day, 1);
            if is_fix {
                rollups.add_due(series, upsert.day);
            }
            continue;
        }
        let (existing, day) = find(writer, series, &upsert.sample)?;
        let Some(merged) = samples::merge(&existing, &upsert.sample) else {
            tally.unchanged += 1;
            continue;
        };
        let merged_day = samples::merged_day((&existing, day), (&upsert.sample, upsert.day));
        let source = writer.sources.id(&writer.connection, &merged.source)?;
        write(&writer.connection, true, series, source, merged_day, &merged)?;
        rollups.add_sample(series, day, -1);
        rollups.add_sample(series, merged_day, 1);
        if is_fix {
            rollups.add_due(series, day);
            rollups.add_due(series, merged_day);
        }
        tally.updated += 1;
    }
    Ok(tally)
}

/// Writes a sample; without `replace` only if there is none of its identity. Whether it was written.
fn write(
    connection: &Connection,
    replace: bool,
    series: i64,
    source: i64,
    day: Day,
    sample: &Sample,
) -> Result<bool, LakeError> {
    let sql = if replace {
        "INSERT OR REPLACE INTO samples VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
    } else {
        "INSERT INTO samples VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING"
    };
    let mut statement = connection.prepare_cached(sql).context("store a sample")?;
    let metadata = (!sample.metadata.is_empty()).then(|| sample.metadata.to_json_text());
    let written = match &sample.reading {
        Reading::Fix(fix) => statement.execute(params![
            series,
            sample.time_us,
            sample.device,
            fix.point.latitude_e7,
            fix.point.longitude_e7,
            source,
            day,
            sample.offset_s,
            fix.provider as u8,
            None::<f64>,
            fix.accuracy_m,
            fix.altitude_m,
            fix.vertical_accuracy_m,
            fix.speed_mps,
            fix.heading_deg,
            metadata,
        ]),
        Reading::Number(value) => statement.execute(params![
            series,
            sample.time_us,
            sample.device,
            0,
            0,
            source,
            day,
            sample.offset_s,
            0,
            value,
            None::<f64>,
            None::<f64>,
            None::<f64>,
            None::<f64>,
            None::<f64>,
            metadata,
        ]),
    };
    written.map(|count| count > 0).context("store a sample")
}

/// The stored sample with the identity of `sample`, and its day.
fn find(writer: &Writer, series: i64, sample: &Sample) -> Result<(Sample, Day), LakeError> {
    let (latitude_e7, longitude_e7) = match &sample.reading {
        Reading::Fix(fix) => (fix.point.latitude_e7, fix.point.longitude_e7),
        Reading::Number(_) => (0, 0),
    };
    let sql = format!(
        "SELECT {SAMPLE_COLUMNS} FROM samples
         WHERE series = ? AND time_us = ? AND device = ? AND latitude_e7 = ? AND longitude_e7 = ?"
    );
    let mut statement = writer.connection.prepare_cached(&sql).context("find a sample")?;
    let mut rows = statement
        .query((series, sample.time_us, sample.device, latitude_e7, longitude_e7))
        .context("find a sample")?;
    match rows.next().context("find a sample")? {
        Some(row) => read_sample(row, &writer.series, &writer.sources).context("find a sample"),
        None => Err(LakeError::Corrupt("a sample is there and can't be found".to_owned())),
    }
}

/// Reads a row of `SAMPLE_COLUMNS`: the sample and its day.
pub(crate) fn read_sample(row: &Row<'_>, series: &Names, sources: &Names) -> rusqlite::Result<(Sample, Day)> {
    let name =
        |names: &Names, id: i64| Cow::Owned(names.name(id).map_or_else(String::new, |name| name.to_string()));
    let value: Option<f64> = row.get(9)?;
    let reading = match value {
        Some(value) => Reading::Number(value),
        None => Reading::Fix(Fix {
            point: Point { latitude_e7: row.get(3)?, longitude_e7: row.get(4)? },
            provider: FixProvider::from_code(row.get(8)?),
            accuracy_m: row.get(10)?,
            altitude_m: row.get(11)?,
            vertical_accuracy_m: row.get(12)?,
            speed_mps: row.get(13)?,
            heading_deg: row.get(14)?,
        }),
    };
    let metadata: Option<String> = row.get(15)?;
    let sample = Sample {
        series: name(series, row.get(0)?),
        source: name(sources, row.get(5)?),
        time_us: row.get(1)?,
        offset_s: row.get(7)?,
        device: row.get(2)?,
        reading,
        metadata: metadata.map(Metadata::from_json_text).unwrap_or_default(),
    };
    Ok((sample, row.get(6)?))
}
