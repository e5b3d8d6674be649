//! A segment of a timeline as a phone exports it, read leniently: Android and iOS write the same
//! things with different spellings, and numbers as numbers or as text.

use super::{
    event::{Movement, Stay, coordinates, push_second},
    point::{bare_fix, fix_sample, read_point},
    records::keep,
};
use crate::{
    ParseError, Sink,
    json::{Cursor, JsonError, ValueKind},
    times,
};
use dp_model::{Content, Draft, FixProvider, Kind, Metadata, Moment, Place, Point, WarningKind};

/// One element of `semanticSegments`, or of the array of an iOS export. It may be a stay, a
/// movement and a path at once.
#[derive(Default)]
pub(super) struct Segment {
    start: Option<Moment>,
    end: Option<Moment>,
    start_offset_min: Option<i64>,
    end_offset_min: Option<i64>,
    stay: Option<Box<Stay>>,
    movement: Option<Box<Movement>>,
    memory: Option<Box<Metadata>>,
    path: Vec<PathPoint>,
    unknown: Vec<String>,
    unreadable: Vec<String>,
}

struct PathPoint {
    point: Option<Point>,
    time_us: Option<i64>,
    minutes_after_start: Option<f64>,
}

impl Segment {
    pub(super) fn read(cursor: &mut Cursor<'_>) -> Result<Self, JsonError> {
        let mut segment = Self::default();
        cursor.object(|cursor, key| segment.member(cursor, key))?;
        Ok(segment)
    }

    fn member(&mut self, cursor: &mut Cursor<'_>, key: &[u8]) -> Result<(), JsonError> {
        match key {
            b"startTime" => self.start = read_moment(cursor, &mut self.unreadable)?,
            b"endTime" => self.end = read_moment(cursor, &mut self.unreadable)?,
            b"startTimeTimezoneUtcOffsetMinutes" => self.start_offset_min = cursor.integer()?,
            b"endTimeTimezoneUtcOffsetMinutes" => self.end_offset_min = cursor.integer()?,
            b"visit" if cursor.peek()? == ValueKind::Object => {
                self.stay = Some(Box::new(read_visit(cursor)?));
            }
            b"activity" if cursor.peek()? == ValueKind::Object => {
                self.movement = Some(Box::new(read_activity(cursor)?));
            }
            b"timelinePath" => {
                let path = &mut self.path;
                cursor.array(|cursor| read_path_point(cursor).map(|point| path.push(point)))?;
            }
            b"timelineMemory" if cursor.peek()? == ValueKind::Object => {
                let mut memory = Metadata::new();
                cursor.object(|cursor, key| keep(&mut memory, key, cursor))?;
                self.memory = Some(Box::new(memory));
            }
            _ => {
                self.unknown.push(String::from_utf8_lossy(key).into_owned());
                cursor.skip()?;
            }
        }
        Ok(())
    }

    /// Hands over what the segment holds. Gives the names of members nobody knows.
    pub(super) fn hand_over(self, sink: &mut dyn Sink, position: u64) -> Result<Vec<String>, ParseError> {
        for text in &self.unreadable {
            sink.warn(
                WarningKind::UnreadableDate,
                position,
                format!("the time {text:?} can't be read; it was left out"),
            )?;
        }
        let path_start_us = self.start.as_ref().map(|moment| moment.utc_us);
        let start = self.start.map(|moment| at_offset(moment, self.start_offset_min));
        let end = self.end.map(|moment| at_offset(moment, self.end_offset_min));
        if let Some(mut stay) = self.stay {
            stay.start.clone_from(&start);
            stay.end.clone_from(&end);
            sink.document(stay.into_draft(position))?;
        }
        if let Some(mut movement) = self.movement {
            movement.start.clone_from(&start);
            movement.end.clone_from(&end);
            sink.document(movement.into_draft(position))?;
        }
        if let Some(memory) = self.memory {
            sink.document(memory_draft(*memory, start, end, position))?;
        }
        // The clock of a path is that of the phone that made the export, so only minutes that the
        // segment itself names tell the local time.
        let offset_s = self.start_offset_min.and_then(offset_seconds);
        hand_over_path(sink, self.path, path_start_us, offset_s, position)?;
        Ok(self.unknown)
    }
}

fn hand_over_path(
    sink: &mut dyn Sink,
    path: Vec<PathPoint>,
    start_us: Option<i64>,
    offset_s: Option<i32>,
    position: u64,
) -> Result<(), ParseError> {
    for step in path {
        let after_start_us = step.minutes_after_start.map(|minutes| (minutes * 60e6) as i64);
        let time_us = step.time_us.or_else(|| start_us?.checked_add(after_start_us?));
        let (Some(point), Some(time_us)) = (step.point, time_us) else {
            sink.warn(
                WarningKind::BadValue,
                position,
                "a point of this path has no readable place or time; it was left out",
            )?;
            continue;
        };
        let fix = bare_fix(point, FixProvider::Path);
        sink.sample(fix_sample(time_us, offset_s, 0, fix, Metadata::new()))?;
    }
    Ok(())
}

fn memory_draft(memory: Metadata, start: Option<Moment>, end: Option<Moment>, position: u64) -> Draft {
    let mut key = b"memory".to_vec();
    push_second(&mut key, start.as_ref());
    push_second(&mut key, end.as_ref());
    let mut content = Content::new(super::SOURCE, Kind::Trip);
    content.title = "Timeline memory".to_owned();
    content.metadata = memory;
    content.time = start;
    content.end = end;
    Draft::unique(&key, position, content)
}

fn read_visit(cursor: &mut Cursor<'_>) -> Result<Stay, JsonError> {
    let mut stay = Stay::default();
    cursor.object(|cursor, key| {
        match key {
            b"hierarchyLevel" => {
                stay.level = cursor.integer()?.and_then(|level| u32::try_from(level).ok()).unwrap_or(0);
            }
            b"topCandidate" => cursor.object(|cursor, key| {
                match key {
                    b"placeId" | b"placeID" => stay.place.place_id = read_filled(cursor)?,
                    b"semanticType" => stay.semantic_type = read_filled(cursor)?,
                    b"placeLocation" => stay.place.point = read_point(cursor)?,
                    b"probability" => keep(&mut stay.metadata, b"candidateProbability", cursor)?,
                    _ => keep(&mut stay.metadata, key, cursor)?,
                }
                Ok(())
            })?,
            _ => keep(&mut stay.metadata, key, cursor)?,
        }
        Ok(())
    })?;
    Ok(stay)
}

fn read_activity(cursor: &mut Cursor<'_>) -> Result<Movement, JsonError> {
    let mut movement = Movement::default();
    cursor.object(|cursor, key| {
        match key {
            b"start" => movement.from.point = read_point(cursor)?,
            b"end" => movement.to.point = read_point(cursor)?,
            b"distanceMeters" => movement.distance_m = cursor.float()?,
            b"topCandidate" => cursor.object(|cursor, key| {
                match key {
                    b"type" => movement.activity_type = read_filled(cursor)?,
                    b"probability" => keep(&mut movement.metadata, b"candidateProbability", cursor)?,
                    _ => keep(&mut movement.metadata, key, cursor)?,
                }
                Ok(())
            })?,
            _ => keep(&mut movement.metadata, key, cursor)?,
        }
        Ok(())
    })?;
    Ok(movement)
}

fn read_path_point(cursor: &mut Cursor<'_>) -> Result<PathPoint, JsonError> {
    let mut step = PathPoint { point: None, time_us: None, minutes_after_start: None };
    cursor.object(|cursor, key| {
        match key {
            b"point" | b"latLng" => step.point = read_point(cursor)?,
            b"time" => {
                step.time_us = cursor.text()?.and_then(|text| times::any(&text)).map(|time| time.utc_us);
            }
            b"durationMinutesOffsetFromStartTime" => step.minutes_after_start = cursor.float()?,
            _ => cursor.skip()?,
        }
        Ok(())
    })?;
    Ok(step)
}

/// A place somebody is often at, as the profile at the end of an Android export lists it.
pub(super) fn read_frequent_place(cursor: &mut Cursor<'_>) -> Result<Content, JsonError> {
    let mut content = Content::new(super::SOURCE, Kind::Bookmark);
    let mut place = Place::default();
    cursor.object(|cursor, key| {
        match key {
            b"placeId" | b"placeID" => place.place_id = read_filled(cursor)?,
            b"placeLocation" => place.point = read_point(cursor)?,
            b"label" => place.name = read_filled(cursor)?,
            _ => keep(&mut content.metadata, key, cursor)?,
        }
        Ok(())
    })?;
    content.title = match (&place.name, place.point) {
        (Some(label), _) => label.clone(),
        (None, Some(point)) => coordinates(point),
        (None, None) => String::new(),
    };
    content.place = (!place.is_empty()).then_some(place);
    Ok(content)
}

fn read_filled(cursor: &mut Cursor<'_>) -> Result<Option<String>, JsonError> {
    Ok(cursor.text()?.map(|text| text.trim().to_owned()).filter(|text| !text.is_empty()))
}

fn read_moment(cursor: &mut Cursor<'_>, unreadable: &mut Vec<String>) -> Result<Option<Moment>, JsonError> {
    let Some(text) = cursor.text()? else { return Ok(None) };
    let moment = times::any(&text);
    if moment.is_none() {
        unreadable.push(text.chars().take(60).collect());
    }
    Ok(moment)
}

fn offset_seconds(minutes: i64) -> Option<i32> {
    (-18 * 60..=18 * 60).contains(&minutes).then(|| minutes as i32 * 60)
}

/// The same instant on the local clock the segment names.
fn at_offset(mut moment: Moment, offset_min: Option<i64>) -> Moment {
    if let Some(offset_s) = offset_min.and_then(offset_seconds) {
        moment.offset_s = Some(offset_s);
    }
    moment
}
