//! The Timeline as a phone exports it: `Timeline.json` of Android and `location-history.json` of
//! iOS. Stays and movements become documents; path points and raw positions become samples.

use super::{
    SOURCE,
    point::{bare_fix, fix_sample, parse_point, provider},
    records::keep,
    segment::{Segment, read_frequent_place},
};
use crate::{
    Context, ParseError, Parser, Peek, Sink,
    json::{Cursor, JsonError, JsonShape, RecordStream, ValueKind, shape},
    times,
};
use dp_model::{Content, Draft, Fix, FixProvider, Kind, Metadata, Moment, Sample, WarningKind};
use std::{collections::BTreeMap, io::Read};

/// Reads the object an Android phone exports.
pub(crate) struct AndroidTimeline;

/// Reads the array an iPhone exports.
pub(crate) struct IosTimeline;

impl Parser for AndroidTimeline {
    fn name(&self) -> &'static str {
        "google.location.timeline_android"
    }

    fn version(&self) -> u32 {
        1
    }

    fn source(&self, _: &Peek<'_>) -> &'static str {
        SOURCE
    }

    fn recognises(&self, peek: &Peek<'_>) -> bool {
        const KEYS: [&str; 3] = ["semanticSegments", "rawSignals", "userLocationProfile"];
        KEYS.iter().any(|key| memchr::memmem::find(peek.head, key.as_bytes()).is_some())
            && matches!(shape(peek.head), shape @ JsonShape::Object(_) if shape.has_any(&KEYS))
    }

    fn parse(
        &self,
        context: &Context<'_>,
        input: &mut dyn Read,
        sink: &mut dyn Sink,
    ) -> Result<(), ParseError> {
        let mut left_out = LeftOut::default();
        RecordStream::new(input, context.record_bytes_max).for_each(
            sink,
            |section, cursor| match (section, cursor.peek()?) {
                ("semanticSegments", ValueKind::Object) => {
                    Segment::read(cursor).map(|segment| Record::Segment(Box::new(segment)))
                }
                ("rawSignals", ValueKind::Object) => Signal::read(cursor).map(Record::Signal),
                ("userLocationProfile", ValueKind::Object) => Profile::read(cursor).map(Record::Profile),
                (_, ValueKind::Null) => cursor.skip().map(|()| Record::Nothing),
                _ => cursor.skip().map(|()| Record::Unknown(section.to_owned())),
            },
            |sink, record, position| match record {
                Record::Segment(segment) => {
                    left_out.count(segment.hand_over(sink, position)?);
                    Ok(())
                }
                Record::Signal(signal) => signal.hand_over(sink, position, &mut left_out),
                Record::Profile(profile) => profile.hand_over(sink, position),
                Record::Unknown(section) => {
                    left_out.count([section]);
                    Ok(())
                }
                Record::Nothing => Ok(()),
            },
        )?;
        left_out.tell(sink)
    }
}

impl Parser for IosTimeline {
    fn name(&self) -> &'static str {
        "google.location.timeline_ios"
    }

    fn version(&self) -> u32 {
        1
    }

    fn source(&self, _: &Peek<'_>) -> &'static str {
        SOURCE
    }

    fn recognises(&self, peek: &Peek<'_>) -> bool {
        memchr::memmem::find(peek.head, b"\"startTime\"").is_some()
            && matches!(shape(peek.head), shape @ JsonShape::Array(_)
                if shape.has_all(&["startTime"])
                    && shape.has_any(&["visit", "activity", "timelinePath", "timelineMemory"]))
    }

    fn parse(
        &self,
        context: &Context<'_>,
        input: &mut dyn Read,
        sink: &mut dyn Sink,
    ) -> Result<(), ParseError> {
        let mut left_out = LeftOut::default();
        RecordStream::new(input, context.record_bytes_max).for_each(
            sink,
            |_, cursor| Segment::read(cursor),
            |sink, segment, position| {
                left_out.count(segment.hand_over(sink, position)?);
                Ok(())
            },
        )?;
        left_out.tell(sink)
    }
}

enum Record {
    Segment(Box<Segment>),
    Signal(Signal),
    Profile(Profile),
    Unknown(String),
    Nothing,
}

/// How many things of each name made neither document nor sample.
#[derive(Default)]
struct LeftOut {
    activity_records: u64,
    wifi_scans: u64,
    unknown: BTreeMap<String, u64>,
}

/// How many different unknown names are told.
const UNKNOWN_NAMES_MAX: usize = 50;

impl LeftOut {
    fn count(&mut self, names: impl IntoIterator<Item = String>) {
        for name in names {
            if self.unknown.len() < UNKNOWN_NAMES_MAX || self.unknown.contains_key(&name) {
                *self.unknown.entry(name).or_default() += 1;
            }
        }
    }

    fn tell(self, sink: &mut dyn Sink) -> Result<(), ParseError> {
        if self.activity_records + self.wifi_scans > 0 {
            sink.warn(
                WarningKind::Notice,
                0,
                format!(
                    "{} activity records and {} wifi scans hold no position and were left out",
                    self.activity_records, self.wifi_scans
                ),
            )?;
        }
        for (name, count) in self.unknown {
            sink.warn(
                WarningKind::UnknownFields,
                0,
                format!("{name:?} is not known and was left out ({count} times)"),
            )?;
        }
        Ok(())
    }
}

/// One element of `rawSignals`. It may hold a position and an activity record at once.
#[derive(Default)]
struct Signal {
    position: Option<Box<Position>>,
    activity_records: u64,
    wifi_scans: u64,
    unknown: Vec<String>,
}

#[derive(Default)]
struct Position {
    time: Option<Moment>,
    fix: Option<Fix>,
    metadata: Metadata,
}

impl Signal {
    fn read(cursor: &mut Cursor<'_>) -> Result<Self, JsonError> {
        let mut signal = Self::default();
        cursor.object(|cursor, key| {
            match key {
                b"position" if cursor.peek()? == ValueKind::Object => {
                    signal.position = Some(Box::new(Position::read(cursor)?));
                    return Ok(());
                }
                b"activityRecord" => signal.activity_records += 1,
                b"wifiScan" => signal.wifi_scans += 1,
                // Says when the same signal was seen again.
                b"additionalTimestamp" | b"metadata" => {}
                _ => signal.unknown.push(String::from_utf8_lossy(key).into_owned()),
            }
            cursor.skip()
        })?;
        Ok(signal)
    }

    fn hand_over(self, sink: &mut dyn Sink, position: u64, left_out: &mut LeftOut) -> Result<(), ParseError> {
        left_out.activity_records += self.activity_records;
        left_out.wifi_scans += self.wifi_scans;
        left_out.count(self.unknown);
        match self.position.map(|found| found.into_sample()) {
            Some(Some(sample)) => Ok(sink.sample(sample)?),
            Some(None) => Ok(sink.warn(
                WarningKind::BadValue,
                position,
                "a raw position has no readable place or time; it was left out",
            )?),
            None => Ok(()),
        }
    }
}

impl Position {
    fn read(cursor: &mut Cursor<'_>) -> Result<Self, JsonError> {
        let mut point = None;
        let mut rest = bare_rest();
        let mut found = Self::default();
        cursor.object(|cursor, key| {
            match key {
                b"LatLng" | b"latLng" => point = cursor.text()?.and_then(|text| parse_point(&text)),
                b"accuracyMeters" => rest.accuracy_m = read_f32(cursor)?,
                b"altitudeMeters" => rest.altitude_m = read_f32(cursor)?,
                b"speedMetersPerSecond" => rest.speed_mps = read_f32(cursor)?,
                b"headingDegrees" => rest.heading_deg = read_f32(cursor)?,
                b"timestamp" => found.time = cursor.text()?.and_then(|text| times::any(&text)),
                b"source" => {
                    if let Some(word) = cursor.text()? {
                        match provider(&word) {
                            Some(known) => rest.provider = known,
                            None => found.metadata.push_str("source", &word),
                        }
                    }
                }
                _ => keep(&mut found.metadata, key, cursor)?,
            }
            Ok(())
        })?;
        found.fix = point.map(|point| Fix { point, ..rest });
        Ok(found)
    }

    fn into_sample(self) -> Option<Sample> {
        let time = self.time?;
        Some(fix_sample(time.utc_us, time.offset_s, 0, self.fix?, self.metadata))
    }
}

/// A fix whose point is still to come.
fn bare_rest() -> Fix {
    bare_fix(dp_model::Point { latitude_e7: 0, longitude_e7: 0 }, FixProvider::Unknown)
}

fn read_f32(cursor: &mut Cursor<'_>) -> Result<Option<f32>, JsonError> {
    Ok(cursor.float()?.map(|value| value as f32))
}

/// `userLocationProfile`: the places somebody is often at, and what the phone made of their habits.
#[derive(Default)]
struct Profile {
    places: Vec<Content>,
    rest: Metadata,
}

impl Profile {
    fn read(cursor: &mut Cursor<'_>) -> Result<Self, JsonError> {
        let mut profile = Self::default();
        cursor.object(|cursor, key| {
            if key != b"frequentPlaces" {
                return keep(&mut profile.rest, key, cursor);
            }
            cursor.array(|cursor| read_frequent_place(cursor).map(|place| profile.places.push(place)))
        })?;
        Ok(profile)
    }

    fn hand_over(self, sink: &mut dyn Sink, position: u64) -> Result<(), ParseError> {
        for content in self.places {
            let Some(place) = &content.place else { continue };
            let mut key = b"frequent\0".to_vec();
            key.extend_from_slice(content.title.as_bytes());
            key.push(0);
            match (&place.place_id, place.point) {
                (Some(place_id), _) => key.extend_from_slice(place_id.as_bytes()),
                (None, Some(point)) => {
                    key.extend_from_slice(&point.latitude_e7.to_le_bytes());
                    key.extend_from_slice(&point.longitude_e7.to_le_bytes());
                }
                (None, None) => {}
            }
            sink.document(Draft::unique(&key, position, content))?;
        }
        let says_something = !matches!(
            self.rest.to_value(),
            serde_json::Value::Object(members) if members.values().all(is_hollow)
        );
        if says_something {
            let mut content = Content::new(SOURCE, Kind::File);
            content.title = "Timeline profile".to_owned();
            content.metadata = self.rest;
            sink.document(Draft::unique(b"profile", position, content))?;
        }
        Ok(())
    }
}

fn is_hollow(value: &serde_json::Value) -> bool {
    match value {
        serde_json::Value::Null => true,
        serde_json::Value::Array(elements) => elements.is_empty(),
        serde_json::Value::Object(members) => members.is_empty(),
        _ => false,
    }
}
