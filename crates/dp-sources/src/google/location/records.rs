//! Raw fixes: `Records.json` and its forerunner `Location History.json`. Each element of
//! `locations` with a point becomes a sample; wifi scans and device boilerplate are passed over.

use super::{
    SOURCE,
    point::{fix_sample, provider},
};
use crate::{
    Context, ParseError, Parser, Peek, Sink,
    json::{Cursor, JsonError, RecordStream, ValueKind, shape},
    times,
};
use dp_model::{Fix, FixProvider, Metadata, Point, WarningKind};
use std::io::Read;

/// Reads `locations[]` of all generations.
pub(crate) struct Records;

impl Parser for Records {
    fn name(&self) -> &'static str {
        "google.location.records"
    }

    fn version(&self) -> u32 {
        1
    }

    fn source(&self, _: &Peek<'_>) -> &'static str {
        SOURCE
    }

    fn recognises(&self, peek: &Peek<'_>) -> bool {
        const MARKS: [&[u8]; 4] = [b"\"latitudeE7\"", b"\"timestampMs\"", b"\"timestamp\"", b"\"deviceTag\""];
        memchr::memmem::find(peek.head, b"\"locations\"").is_some()
            && MARKS.iter().any(|mark| memchr::memmem::find(peek.head, mark).is_some())
            && shape(peek.head).has_all(&["locations"])
    }

    fn parse(
        &self,
        context: &Context<'_>,
        input: &mut dyn Read,
        sink: &mut dyn Sink,
    ) -> Result<(), ParseError> {
        let mut without_point = 0_u64;
        RecordStream::new(input, context.record_bytes_max).for_each(
            sink,
            |section, cursor| {
                if section != "locations" || cursor.peek()? != ValueKind::Object {
                    return cursor.skip().map(|()| None);
                }
                RawFix::read(cursor, 0).map(Some)
            },
            |sink, record, position| match record {
                Some(fix) => hand_over(sink, fix, position, &mut without_point),
                None => Ok(()),
            },
        )?;
        if without_point > 0 {
            sink.warn(
                WarningKind::Notice,
                0,
                format!("{without_point} records give no coordinates (only activity or wifi scans); they make no fix"),
            )?;
        }
        Ok(())
    }
}

fn hand_over(
    sink: &mut dyn Sink,
    record: RawFix,
    position: u64,
    without_point: &mut u64,
) -> Result<(), ParseError> {
    for inferred in record.inferred {
        hand_over(sink, inferred, position, without_point)?;
    }
    let (Some(latitude_e7), Some(longitude_e7)) = (record.latitude_e7, record.longitude_e7) else {
        *without_point += 1;
        return Ok(());
    };
    let Some(point) = Point::from_e7(latitude_e7, longitude_e7) else {
        if (latitude_e7, longitude_e7) == (0, 0) {
            *without_point += 1;
            return Ok(());
        }
        return Ok(sink.warn(
            WarningKind::BadValue,
            position,
            format!("latitude {latitude_e7}, longitude {longitude_e7} (in 1e-7 degrees) is no place on Earth; the fix was left out"),
        )?);
    };
    let time_us = match record.time {
        RawTime::At(time_us) => time_us,
        RawTime::Missing => {
            return Ok(sink.warn(
                WarningKind::UnreadableDate,
                position,
                "this fix has no time; it was left out",
            )?);
        }
        RawTime::Unreadable(text) => {
            return Ok(sink.warn(
                WarningKind::UnreadableDate,
                position,
                format!("the time {text:?} of this fix can't be read; it was left out"),
            )?);
        }
    };
    let fix = Fix {
        point,
        accuracy_m: record.accuracy_m,
        altitude_m: record.altitude_m,
        vertical_accuracy_m: record.vertical_accuracy_m,
        speed_mps: record.speed_mps,
        heading_deg: record.heading_deg,
        provider: record.provider,
    };
    Ok(sink.sample(fix_sample(time_us, None, record.device, fix, record.metadata))?)
}

#[derive(Default)]
enum RawTime {
    #[default]
    Missing,
    Unreadable(String),
    At(i64),
}

/// One element of `locations` or `inferredLocation`, as written.
#[derive(Default)]
struct RawFix {
    latitude_e7: Option<i64>,
    longitude_e7: Option<i64>,
    time: RawTime,
    accuracy_m: Option<f32>,
    altitude_m: Option<f32>,
    vertical_accuracy_m: Option<f32>,
    speed_mps: Option<f32>,
    heading_deg: Option<f32>,
    provider: FixProvider,
    device: i64,
    inferred: Vec<RawFix>,
    metadata: Metadata,
}

/// How deep inferred locations may hold inferred locations.
const INFERRED_DEPTH_MAX: usize = 4;

impl RawFix {
    fn read(cursor: &mut Cursor<'_>, depth: usize) -> Result<Self, JsonError> {
        let mut fix = Self::default();
        cursor.object(|cursor, key| fix.member(cursor, key, depth))?;
        Ok(fix)
    }

    #[inline]
    fn member(&mut self, cursor: &mut Cursor<'_>, key: &[u8], depth: usize) -> Result<(), JsonError> {
        match key {
            b"latitudeE7" => self.latitude_e7 = cursor.integer()?,
            b"longitudeE7" => self.longitude_e7 = cursor.integer()?,
            b"timestamp" | b"timestampMs" => self.read_time(cursor)?,
            b"accuracy" => self.accuracy_m = read_f32(cursor)?,
            b"source" => self.read_source(cursor)?,
            b"deviceTag" => self.device = cursor.integer()?.unwrap_or(0),
            b"altitude" => self.altitude_m = read_f32(cursor)?,
            b"verticalAccuracy" => self.vertical_accuracy_m = read_f32(cursor)?,
            b"velocity" => self.speed_mps = read_f32(cursor)?,
            b"heading" => self.heading_deg = read_f32(cursor)?,
            b"inferredLocation" if depth < INFERRED_DEPTH_MAX => {
                let inferred = &mut self.inferred;
                cursor.array(|cursor| Self::read(cursor, depth + 1).map(|fix| inferred.push(fix)))?;
            }
            // Scans are the bulk of the file and nothing but radio; the rest says the same for every
            // fix of a device, or when Google's server got it.
            b"activeWifiScan" | b"locationMetadata" | b"platformType" | b"formFactor" | b"osLevel"
            | b"deviceDesignation" | b"serverTimestamp" | b"deviceTimestamp" => cursor.skip()?,
            _ => keep(&mut self.metadata, key, cursor)?,
        }
        Ok(())
    }

    #[inline]
    fn read_time(&mut self, cursor: &mut Cursor<'_>) -> Result<(), JsonError> {
        let Some(text) = cursor.text()? else { return Ok(()) };
        self.time = match times::any(&text) {
            Some(moment) => RawTime::At(moment.utc_us),
            None => RawTime::Unreadable(text.chars().take(60).collect()),
        };
        Ok(())
    }

    fn read_source(&mut self, cursor: &mut Cursor<'_>) -> Result<(), JsonError> {
        let Some(word) = cursor.text()? else { return Ok(()) };
        match provider(&word) {
            Some(provider) => {
                self.provider = provider;
                if provider == FixProvider::Visit {
                    self.metadata.push_str("source", &word);
                }
            }
            None => self.metadata.push_str("source", &word),
        }
        Ok(())
    }
}

/// Appends a member to metadata as it stands, without its white space.
pub(super) fn keep(metadata: &mut Metadata, key: &[u8], cursor: &mut Cursor<'_>) -> Result<(), JsonError> {
    if cursor.peek()? == ValueKind::Null {
        return cursor.skip();
    }
    let mut copied = Ok(());
    metadata.push_with(&String::from_utf8_lossy(key), |out| copied = cursor.copy_compact(out));
    copied
}

#[inline]
fn read_f32(cursor: &mut Cursor<'_>) -> Result<Option<f32>, JsonError> {
    Ok(cursor.float()?.map(|value| value as f32))
}
