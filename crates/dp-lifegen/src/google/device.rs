//! The Timeline as a phone exports it: `Timeline.json` of Android, `location-history.json` of iOS.

use crate::days::{Movement, Stay, Step};
use crate::dice::mix;
use crate::google::moment::{iso, iso_with_offset};
use crate::google::semantic::{TRIP, VISIT};
use crate::google::text::{degrees, json};
use crate::plan::Plan;
use crate::truth::Found;
use dp_model::Kind;
use std::io::{self, Write};
use std::ops::Range;

/// Path points of a movement.
const PATH_POINTS: i64 = 6;

/// Writes separators between the items of a JSON array.
struct Items<'a> {
    out: &'a mut dyn Write,
    is_first: bool,
}

impl Items<'_> {
    fn item(&mut self, text: &str) -> io::Result<()> {
        self.out.write_all(if self.is_first { b"\n" } else { b",\n" })?;
        self.is_first = false;
        self.out.write_all(text.as_bytes())
    }
}

fn point_number(kind: &str, time_ms: i64, latitude_e7: i64, longitude_e7: i64) -> u64 {
    mix(mix(mix(time_ms as u64) ^ latitude_e7 as u64) ^ longitude_e7 as u64) ^ kind.len() as u64
}

/// Writes the Android export of these days; raw signals cover the last 30 of them.
pub(crate) fn write_android(
    plan: &Plan,
    days: Range<i32>,
    out: &mut dyn Write,
    found: &mut Found<'_>,
) -> io::Result<()> {
    out.write_all(b"{\n  \"semanticSegments\": [")?;
    let mut segments = Items { out, is_first: true };
    for day in days.clone() {
        if !plan.days.has_visits(day) {
            continue;
        }
        let offset_s = plan.days.offset_s(day);
        for step in plan.days.steps(day) {
            let text = match step {
                Step::Stay(stay) => android_visit(plan, &stay, offset_s, found),
                Step::Movement(movement) => {
                    segments.item(&android_path(plan, &movement, offset_s, found))?;
                    android_activity(plan, &movement, offset_s, found)
                }
            };
            segments.item(&text)?;
        }
    }
    let memory_ms = i64::from(days.end - 40) * 86_400_000;
    found.maybe_document(&[TRIP, ("google.location", Kind::Activity)]);
    segments.item(&format!(
        "    {{\n      \"startTime\": \"{}\",\n      \"endTime\": \"{}\",\n      \"timelineMemory\": {{\n        \"trip\": {{\n          \"distanceFromOriginKms\": 210,\n          \"destinations\": [{{ \"identifier\": {{ \"placeId\": \"ChIJinventedHarbour0001\" }} }}]\n        }}\n      }}\n    }}",
        iso_with_offset(memory_ms, 7200),
        iso_with_offset(memory_ms + 4 * 86_400_000, 7200)
    ))?;
    out.write_all(b"\n  ],\n  \"rawSignals\": [")?;
    let mut signals = Items { out, is_first: true };
    for day in days.end - 30..days.end {
        for reading in plan.days.readings(day) {
            found.path_point(point_number("raw", reading.time_ms, reading.latitude_e7, reading.longitude_e7));
            signals.item(&format!(
                "    {{\n      \"position\": {{\n        \"LatLng\": \"{}°, {}°\",\n        \"accuracyMeters\": {},\n        \"altitudeMeters\": 432.1,\n        \"source\": \"{}\",\n        \"timestamp\": \"{}\",\n        \"speedMetersPerSecond\": {}.0\n      }}\n    }}",
                degrees(reading.latitude_e7),
                degrees(reading.longitude_e7),
                reading.accuracy_m,
                reading.source,
                iso_with_offset(reading.time_ms, plan.days.offset_s(day)),
                reading.velocity_mps.unwrap_or(0)
            ))?;
        }
    }
    signals.item("    {\n      \"wifiScan\": {\n        \"deliveryTime\": \"2025-09-19T08:00:00.000+02:00\",\n        \"devicesRecords\": [{ \"mac\": 70474800000000, \"rawRssi\": -60 }]\n      }\n    }")?;
    let (home, work) = (&plan.days.spots[0], &plan.days.spots[1]);
    for _ in [home, work] {
        found.maybe_document(&[("google.location", Kind::Bookmark)]);
    }
    let frequent = |spot: &crate::places::Spot, label: &str| {
        format!(
            "{{ \"placeId\": {}, \"placeLocation\": \"{}°, {}°\", \"label\": \"{label}\" }}",
            json(&spot.place_id),
            degrees(spot.latitude_e7),
            degrees(spot.longitude_e7)
        )
    };
    write!(
        out,
        "\n  ],\n  \"userLocationProfile\": {{\n    \"frequentPlaces\": [{}, {}]\n  }}\n}}\n",
        frequent(home, "HOME"),
        frequent(work, "WORK")
    )
}

fn android_visit(plan: &Plan, stay: &Stay, offset_s: i32, found: &mut Found<'_>) -> String {
    found.document(VISIT, stay.start_ms as u64);
    found.twin(VISIT);
    let spot = &plan.days.spots[stay.spot];
    let semantic = ["INFERRED_HOME", "INFERRED_WORK"].get(stay.spot).copied().unwrap_or("UNKNOWN");
    let minutes = offset_s / 60;
    format!(
        "    {{\n      \"startTime\": \"{}\",\n      \"endTime\": \"{}\",\n      \"startTimeTimezoneUtcOffsetMinutes\": {minutes},\n      \"endTimeTimezoneUtcOffsetMinutes\": {minutes},\n      \"visit\": {{\n        \"hierarchyLevel\": 0,\n        \"probability\": 0.85,\n        \"topCandidate\": {{\n          \"placeId\": {},\n          \"semanticType\": \"{semantic}\",\n          \"probability\": 0.74,\n          \"placeLocation\": {{\n            \"latLng\": \"{}°, {}°\"\n          }}\n        }}\n      }}\n    }}",
        iso_with_offset(stay.start_ms, offset_s),
        iso_with_offset(stay.end_ms, offset_s),
        json(&spot.place_id),
        degrees(spot.latitude_e7),
        degrees(spot.longitude_e7)
    )
}

fn android_activity(plan: &Plan, movement: &Movement, offset_s: i32, found: &mut Found<'_>) -> String {
    found.document(TRIP, movement.start_ms as u64);
    found.twin(TRIP);
    let (from, to) = (&plan.days.spots[movement.from], &plan.days.spots[movement.to]);
    let minutes = offset_s / 60;
    format!(
        "    {{\n      \"startTime\": \"{}\",\n      \"endTime\": \"{}\",\n      \"startTimeTimezoneUtcOffsetMinutes\": {minutes},\n      \"endTimeTimezoneUtcOffsetMinutes\": {minutes},\n      \"activity\": {{\n        \"start\": {{\n          \"latLng\": \"{}°, {}°\"\n        }},\n        \"end\": {{\n          \"latLng\": \"{}°, {}°\"\n        }},\n        \"distanceMeters\": {}.5,\n        \"probability\": 0.9,\n        \"topCandidate\": {{\n          \"type\": \"{}\",\n          \"probability\": 0.66\n        }}\n      }}\n    }}",
        iso_with_offset(movement.start_ms, offset_s),
        iso_with_offset(movement.end_ms, offset_s),
        degrees(from.latitude_e7),
        degrees(from.longitude_e7),
        degrees(to.latitude_e7),
        degrees(to.longitude_e7),
        movement.distance_m,
        movement.mode
    )
}

/// The window of two whole hours in which a movement begins, with points along it.
fn android_path(plan: &Plan, movement: &Movement, offset_s: i32, found: &mut Found<'_>) -> String {
    const WINDOW_MS: i64 = 7_200_000;
    let window_ms = movement.start_ms.div_euclid(WINDOW_MS) * WINDOW_MS;
    let points = path(plan, movement)
        .map(|(time_ms, latitude_e7, longitude_e7)| {
            found.path_point(point_number("android", time_ms, latitude_e7, longitude_e7));
            format!(
                "{{\n        \"point\": \"{}°, {}°\",\n        \"time\": \"{}\"\n      }}",
                degrees(latitude_e7),
                degrees(longitude_e7),
                iso_with_offset(time_ms, offset_s)
            )
        })
        .collect::<Vec<_>>();
    format!(
        "    {{\n      \"startTime\": \"{}\",\n      \"endTime\": \"{}\",\n      \"timelinePath\": [{}]\n    }}",
        iso_with_offset(window_ms, offset_s),
        iso_with_offset(window_ms + WINDOW_MS, offset_s),
        points.join(", ")
    )
}

fn path<'a>(plan: &'a Plan, movement: &'a Movement) -> impl Iterator<Item = (i64, i64, i64)> + 'a {
    let whole_ms = movement.end_ms - movement.start_ms;
    (0..PATH_POINTS).map(move |number| {
        let time_ms = movement.start_ms + whole_ms * number / PATH_POINTS;
        let (latitude_e7, longitude_e7) = plan.days.along(movement, time_ms);
        (time_ms, latitude_e7, longitude_e7)
    })
}

/// Writes the iOS export of these days: numbers are strings, paths come last and use UTC.
pub(crate) fn write_ios(
    plan: &Plan,
    days: Range<i32>,
    out: &mut dyn Write,
    found: &mut Found<'_>,
) -> io::Result<()> {
    out.write_all(b"[")?;
    let mut items = Items { out, is_first: true };
    let mut movements = Vec::new();
    for day in days {
        if !plan.days.has_visits(day) {
            continue;
        }
        let offset_s = plan.days.offset_s(day);
        for step in plan.days.steps(day) {
            let (start, end) =
                (iso_with_offset(step.start_ms(), offset_s), iso_with_offset(step.end_ms(), offset_s));
            let inner = match step {
                Step::Stay(stay) => ios_visit(plan, &stay, found),
                Step::Movement(movement) => {
                    movements.push(movement);
                    ios_activity(plan, &movement, found)
                }
            };
            items.item(&format!(
                "  {{\n    \"endTime\" : \"{end}\",\n    \"startTime\" : \"{start}\",\n{inner}\n  }}"
            ))?;
        }
    }
    for movement in &movements {
        // Points are whole minutes after the start, so the movement's start is rounded down to one.
        let start_ms = movement.start_ms.div_euclid(60_000) * 60_000;
        let points = path(plan, movement)
            .map(|(time_ms, latitude_e7, longitude_e7)| {
                let minutes = (time_ms - start_ms) / 60_000;
                found.path_point(point_number("ios", start_ms + minutes * 60_000, latitude_e7, longitude_e7));
                format!(
                    "{{\n        \"point\" : \"geo:{},{}\",\n        \"durationMinutesOffsetFromStartTime\" : \"{minutes}\"\n      }}",
                    degrees(latitude_e7),
                    degrees(longitude_e7)
                )
            })
            .collect::<Vec<_>>();
        items.item(&format!(
            "  {{\n    \"endTime\" : \"{}\",\n    \"startTime\" : \"{}\",\n    \"timelinePath\" : [{}]\n  }}",
            iso(movement.end_ms),
            iso(start_ms),
            points.join(", ")
        ))?;
    }
    out.write_all(b"\n]\n")
}

fn ios_visit(plan: &Plan, stay: &Stay, found: &mut Found<'_>) -> String {
    found.document(VISIT, stay.start_ms as u64);
    found.twin(VISIT);
    let spot = &plan.days.spots[stay.spot];
    let semantic = ["Home", "Work"].get(stay.spot).copied().unwrap_or("Unknown");
    format!(
        "    \"visit\" : {{\n      \"hierarchyLevel\" : \"0\",\n      \"topCandidate\" : {{\n        \"probability\" : \"0.950077\",\n        \"semanticType\" : \"{semantic}\",\n        \"placeID\" : {},\n        \"placeLocation\" : \"geo:{},{}\"\n      }},\n      \"probability\" : \"0.950000\",\n      \"isTimelessVisit\" : \"false\"\n    }}",
        json(&spot.place_id),
        degrees(spot.latitude_e7),
        degrees(spot.longitude_e7)
    )
}

fn ios_activity(plan: &Plan, movement: &Movement, found: &mut Found<'_>) -> String {
    found.document(TRIP, movement.start_ms as u64);
    found.twin(TRIP);
    let (from, to) = (&plan.days.spots[movement.from], &plan.days.spots[movement.to]);
    format!(
        "    \"activity\" : {{\n      \"probability\" : \"0.900000\",\n      \"end\" : \"geo:{},{}\",\n      \"topCandidate\" : {{\n        \"type\" : \"{}\",\n        \"probability\" : \"0.000000\"\n      }},\n      \"distanceMeters\" : \"{}.000000\",\n      \"start\" : \"geo:{},{}\"\n    }}",
        degrees(to.latitude_e7),
        degrees(to.longitude_e7),
        movement.mode.to_lowercase().replace('_', " "),
        movement.distance_m,
        degrees(from.latitude_e7),
        degrees(from.longitude_e7)
    )
}
