//! Semantic Location History: one file a month, each object a stay (`placeVisit`) or a movement
//! (`activitySegment`). Points of a path that have a time become samples.

use super::{
    SOURCE,
    event::{Movement, Stay, one_line},
    point::{bare_fix, fix_sample},
    records::keep,
};
use crate::{
    Context, ParseError, Parser, Peek, Sink,
    json::{Cursor, JsonError, RecordStream, ValueKind, shape},
    times,
};
use dp_model::{FixProvider, Metadata, Moment, Place, Point, WarningKind};
use std::io::Read;

/// Reads `timelineObjects[]`.
pub(crate) struct SemanticMonth;

impl Parser for SemanticMonth {
    fn name(&self) -> &'static str {
        "google.location.semantic"
    }

    fn version(&self) -> u32 {
        1
    }

    fn source(&self, _: &Peek<'_>) -> &'static str {
        SOURCE
    }

    fn recognises(&self, peek: &Peek<'_>) -> bool {
        memchr::memmem::find(peek.head, b"\"timelineObjects\"").is_some()
            && shape(peek.head).has_all(&["timelineObjects"])
    }

    fn parse(
        &self,
        context: &Context<'_>,
        input: &mut dyn Read,
        sink: &mut dyn Sink,
    ) -> Result<(), ParseError> {
        RecordStream::new(input, context.record_bytes_max).for_each(
            sink,
            |section, cursor| match section {
                "timelineObjects" => read_object(cursor),
                _ => cursor.skip().map(|()| TimelineObject::default()),
            },
            |sink, object, position| {
                for found in object.found {
                    hand_over(sink, found, position)?;
                }
                if let Some(unknown) = object.unknown {
                    sink.warn(
                        WarningKind::UnknownFields,
                        position,
                        format!(
                            "a timeline object {unknown:?} is neither a stay nor a movement; it was left out"
                        ),
                    )?;
                }
                Ok(())
            },
        )?;
        Ok(())
    }
}

#[derive(Default)]
struct TimelineObject {
    found: Vec<Found>,
    unknown: Option<String>,
}

enum Found {
    Stay(Box<StayRecord>),
    Movement(Box<Movement>, Vec<PathPoint>, Vec<String>),
}

struct StayRecord {
    stay: Stay,
    path: Vec<PathPoint>,
    children: Vec<StayRecord>,
    unreadable: Vec<String>,
}

struct PathPoint {
    point: Point,
    time_us: i64,
    accuracy_m: Option<f32>,
}

fn hand_over(sink: &mut dyn Sink, found: Found, position: u64) -> Result<(), ParseError> {
    match found {
        Found::Stay(record) => hand_over_stay(sink, *record, position),
        Found::Movement(movement, path, unreadable) => {
            warn_unreadable(sink, &unreadable, position)?;
            sink.document(movement.into_draft(position))?;
            hand_over_path(sink, path)
        }
    }
}

fn hand_over_stay(sink: &mut dyn Sink, record: StayRecord, position: u64) -> Result<(), ParseError> {
    warn_unreadable(sink, &record.unreadable, position)?;
    sink.document(record.stay.into_draft(position))?;
    hand_over_path(sink, record.path)?;
    for child in record.children {
        hand_over_stay(sink, child, position)?;
    }
    Ok(())
}

fn hand_over_path(sink: &mut dyn Sink, path: Vec<PathPoint>) -> Result<(), ParseError> {
    for point in path {
        let mut fix = bare_fix(point.point, FixProvider::Path);
        fix.accuracy_m = point.accuracy_m;
        sink.sample(fix_sample(point.time_us, None, 0, fix, Metadata::new()))?;
    }
    Ok(())
}

fn warn_unreadable(sink: &mut dyn Sink, texts: &[String], position: u64) -> Result<(), ParseError> {
    for text in texts {
        sink.warn(
            WarningKind::UnreadableDate,
            position,
            format!("the time {text:?} can't be read; it was left out"),
        )?;
    }
    Ok(())
}

fn read_object(cursor: &mut Cursor<'_>) -> Result<TimelineObject, JsonError> {
    let mut object = TimelineObject::default();
    cursor.object(|cursor, key| {
        match key {
            b"placeVisit" if cursor.peek()? == ValueKind::Object => {
                object.found.push(Found::Stay(Box::new(read_stay(cursor, 0)?)));
            }
            b"activitySegment" if cursor.peek()? == ValueKind::Object => {
                object.found.push(read_movement(cursor)?);
            }
            _ => {
                object.unknown = Some(String::from_utf8_lossy(key).into_owned());
                cursor.skip()?;
            }
        }
        Ok(())
    })?;
    Ok(object)
}

/// How deep stays may hold stays; deeper ones are kept in metadata.
const CHILD_DEPTH_MAX: u32 = 8;

fn read_stay(cursor: &mut Cursor<'_>, level: u32) -> Result<StayRecord, JsonError> {
    let mut stay = Stay { level, ..Stay::default() };
    let (mut path, mut children, mut unreadable) = (Vec::new(), Vec::new(), Vec::new());
    let (mut center, mut guess) = (LatLng::default(), None);
    cursor.object(|cursor, key| {
        match key {
            b"location" => {
                let location = Location::read(cursor)?;
                stay.semantic_type = location.semantic_type;
                stay.place = location.place;
                push_rest(&mut stay.metadata, "location", location.rest);
            }
            b"duration" => (stay.start, stay.end) = read_duration(cursor, &mut unreadable)?,
            b"centerLatE7" => center.latitude_e7 = cursor.integer()?,
            b"centerLngE7" => center.longitude_e7 = cursor.integer()?,
            b"otherCandidateLocations" => {
                let mut look = cursor.clone();
                look.array(|cursor| {
                    let candidate = Location::read(cursor)?;
                    guess = guess.or(candidate.place.point);
                    Ok(())
                })?;
                keep(&mut stay.metadata, key, cursor)?;
            }
            b"childVisits" if level < CHILD_DEPTH_MAX => {
                cursor.array(|cursor| {
                    if cursor.peek()? != ValueKind::Object {
                        return cursor.skip();
                    }
                    children.push(read_stay(cursor, level + 1)?);
                    Ok(())
                })?;
            }
            b"simplifiedRawPath" => read_raw_path(cursor, &mut path, &mut stay.metadata)?,
            b"lastEditedTimestamp" | b"lastEditedTimestampMs" => stay.modified_us = read_instant(cursor)?,
            _ => keep(&mut stay.metadata, key, cursor)?,
        }
        Ok(())
    })?;
    if stay.place.point.is_none() {
        stay.place.point = center.point();
    }
    if stay.place.point.is_none() && guess.is_some() {
        stay.place.point = guess;
        stay.metadata.push_bool("pointIsGuess", true);
    }
    Ok(StayRecord { stay, path, children, unreadable })
}

fn read_movement(cursor: &mut Cursor<'_>) -> Result<Found, JsonError> {
    let mut movement = Movement::default();
    let (mut path, mut unreadable) = (Vec::new(), Vec::new());
    let (mut first, mut last) = (None, None);
    cursor.object(|cursor, key| {
        match key {
            b"startLocation" => {
                let location = Location::read(cursor)?;
                movement.from = location.place;
                push_rest(&mut movement.metadata, "startLocation", location.rest);
            }
            b"endLocation" => {
                let location = Location::read(cursor)?;
                movement.to = location.place;
                push_rest(&mut movement.metadata, "endLocation", location.rest);
            }
            b"duration" => (movement.start, movement.end) = read_duration(cursor, &mut unreadable)?,
            b"distance" => movement.distance_m = cursor.float()?,
            b"activityType" => movement.activity_type = cursor.text()?.map(Into::into),
            b"waypointPath" => {
                (first, last) = path_ends(&mut cursor.clone())?;
                keep(&mut movement.metadata, key, cursor)?;
            }
            b"simplifiedRawPath" => read_raw_path(cursor, &mut path, &mut movement.metadata)?,
            b"lastEditedTimestamp" | b"lastEditedTimestampMs" => {
                movement.modified_us = read_instant(cursor)?;
            }
            _ => keep(&mut movement.metadata, key, cursor)?,
        }
        Ok(())
    })?;
    if movement.from.point.is_none() {
        movement.from.point = first.or(path.first().map(|point| point.point));
    }
    if movement.to.point.is_none() {
        movement.to.point = last.or(path.last().map(|point| point.point));
    }
    Ok(Found::Movement(Box::new(movement), path, unreadable))
}

/// A latitude and a longitude in 1e-7 degrees, as they come one by one.
#[derive(Default)]
struct LatLng {
    latitude_e7: Option<i64>,
    longitude_e7: Option<i64>,
}

impl LatLng {
    fn point(&self) -> Option<Point> {
        Point::from_e7(self.latitude_e7?, self.longitude_e7?)
    }
}

/// A `location` object. What has no place in the model is in `rest`.
#[derive(Default)]
struct Location {
    place: Place,
    semantic_type: Option<String>,
    rest: Metadata,
}

impl Location {
    fn read(cursor: &mut Cursor<'_>) -> Result<Self, JsonError> {
        let mut location = Self::default();
        let mut at = LatLng::default();
        cursor.object(|cursor, key| {
            match key {
                b"latitudeE7" | b"latE7" => at.latitude_e7 = cursor.integer()?,
                b"longitudeE7" | b"lngE7" => at.longitude_e7 = cursor.integer()?,
                b"placeId" => location.place.place_id = read_filled(cursor)?,
                b"name" => location.place.name = read_filled(cursor)?,
                b"address" => location.place.address = cursor.text()?.and_then(|text| one_line(&text)),
                b"semanticType" => location.semantic_type = read_filled(cursor)?,
                _ => keep(&mut location.rest, key, cursor)?,
            }
            Ok(())
        })?;
        location.place.point = at.point();
        Ok(location)
    }
}

fn push_rest(metadata: &mut Metadata, key: &str, rest: Metadata) {
    if !rest.is_empty() {
        metadata.push_with(key, |out| out.push_str(&rest.to_json_text()));
    }
}

fn read_filled(cursor: &mut Cursor<'_>) -> Result<Option<String>, JsonError> {
    Ok(cursor.text()?.map(|text| text.trim().to_owned()).filter(|text| !text.is_empty()))
}

fn read_instant(cursor: &mut Cursor<'_>) -> Result<Option<i64>, JsonError> {
    Ok(cursor.text()?.and_then(|text| times::any(&text)).map(|moment| moment.utc_us))
}

fn read_duration(
    cursor: &mut Cursor<'_>,
    unreadable: &mut Vec<String>,
) -> Result<(Option<Moment>, Option<Moment>), JsonError> {
    let (mut start, mut end) = (None, None);
    cursor.object(|cursor, key| {
        let slot = match key {
            b"startTimestamp" | b"startTimestampMs" => &mut start,
            b"endTimestamp" | b"endTimestampMs" => &mut end,
            _ => return cursor.skip(),
        };
        if let Some(text) = cursor.text()? {
            match times::any(&text) {
                Some(moment) => *slot = Some(moment),
                None => unreadable.push(text.chars().take(60).collect()),
            }
        }
        Ok(())
    })?;
    Ok((start, end))
}

/// Reads the points of a path that have a time; what else the path says goes to metadata.
fn read_raw_path(
    cursor: &mut Cursor<'_>,
    path: &mut Vec<PathPoint>,
    metadata: &mut Metadata,
) -> Result<(), JsonError> {
    let mut rest = Metadata::new();
    cursor.object(|cursor, key| {
        if key != b"points" {
            return keep(&mut rest, key, cursor);
        }
        cursor.array(|cursor| {
            let (mut at, mut time_us, mut accuracy_m) = (LatLng::default(), None, None);
            cursor.object(|cursor, key| {
                match key {
                    b"latE7" | b"latitudeE7" => at.latitude_e7 = cursor.integer()?,
                    b"lngE7" | b"longitudeE7" => at.longitude_e7 = cursor.integer()?,
                    b"timestamp" | b"timestampMs" => time_us = read_instant(cursor)?,
                    b"accuracyMeters" => accuracy_m = cursor.float()?.map(|value| value as f32),
                    _ => cursor.skip()?,
                }
                Ok(())
            })?;
            if let (Some(point), Some(time_us)) = (at.point(), time_us) {
                path.push(PathPoint { point, time_us, accuracy_m });
            }
            Ok(())
        })
    })?;
    push_rest(metadata, "simplifiedRawPath", rest);
    Ok(())
}

/// First and last point of a path without times.
fn path_ends(cursor: &mut Cursor<'_>) -> Result<(Option<Point>, Option<Point>), JsonError> {
    let (mut first, mut last) = (None, None);
    cursor.object(|cursor, key| {
        if key != b"waypoints" {
            return cursor.skip();
        }
        cursor.array(|cursor| {
            if let Some(point) = Location::read(cursor)?.place.point {
                first = first.or(Some(point));
                last = Some(point);
            }
            Ok(())
        })
    })?;
    Ok((first, last))
}
