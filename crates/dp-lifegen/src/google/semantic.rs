//! Semantic Location History: one file a month, stays and movements, in both generations of times.

use crate::days::{Movement, Stay, Step, civil};
use crate::dice::Dice;
use crate::google::location::Generation;
use crate::google::moment::iso;
use crate::google::text::json;
use crate::plan::Plan;
use crate::truth::{Found, Sort};
use dp_model::{EntryStatus, Kind};
use std::io::{self, Write};
use std::ops::Range;

pub(crate) const VISIT: Sort = ("google.location", Kind::Visit);
pub(crate) const TRIP: Sort = ("google.location", Kind::Trip);

const MONTHS: [&str; 12] = [
    "JANUARY",
    "FEBRUARY",
    "MARCH",
    "APRIL",
    "MAY",
    "JUNE",
    "JULY",
    "AUGUST",
    "SEPTEMBER",
    "OCTOBER",
    "NOVEMBER",
    "DECEMBER",
];

/// A month with the steps that touch it.
pub(crate) struct Month {
    /// Path below `Semantic Location History/`.
    pub(crate) path: String,
    pub(crate) steps: Vec<Step>,
}

/// The months of these days. A stay across the end of a month is in both.
pub(crate) fn months(plan: &Plan, days: Range<i32>) -> Vec<Month> {
    let month_of = |time_ms: i64| {
        let (year, month, _) = civil(time_ms.div_euclid(86_400_000) as i32);
        (year, month)
    };
    let mut months: Vec<((i32, u32), Vec<Step>)> = Vec::new();
    for day in days {
        let (year, month, _) = civil(day);
        if months.last().is_none_or(|last| last.0 < (year, month)) {
            months.push(((year, month), Vec::new()));
        }
        if !plan.days.has_visits(day) {
            continue;
        }
        for step in plan.days.steps(day) {
            let touched = [month_of(step.start_ms()), month_of(step.end_ms())];
            for (index, month) in touched.iter().enumerate() {
                if index == 1 && touched[0] == touched[1] {
                    continue;
                }
                match months.iter_mut().rev().find(|known| known.0 == *month) {
                    Some(known) => known.1.push(step),
                    None => months.push((*month, vec![step])),
                }
            }
        }
    }
    months.sort_by_key(|month| month.0);
    months
        .into_iter()
        .map(|((year, month), steps)| Month {
            path: format!("{year}/{year}_{}.json", MONTHS[month as usize - 1]),
            steps,
        })
        .collect()
}

/// Writes a month.
pub(crate) fn write_month(
    plan: &Plan,
    month: &Month,
    generation: Generation,
    out: &mut dyn Write,
    found: &mut Found<'_>,
) -> io::Result<()> {
    if month.steps.is_empty() {
        found.status(EntryStatus::Ignored, &[EntryStatus::Parsed]);
    }
    out.write_all(b"{\n  \"timelineObjects\": [")?;
    for (index, step) in month.steps.iter().enumerate() {
        out.write_all(if index == 0 { b"{\n" } else { b", {\n" })?;
        let object = match step {
            Step::Stay(stay) => visit(plan, stay, generation, found),
            Step::Movement(movement) => segment(plan, movement, generation, found),
        };
        out.write_all(object.as_bytes())?;
        out.write_all(b"\n  }")?;
    }
    out.write_all(b"]\n}\n")
}

fn duration(start_ms: i64, end_ms: i64, generation: Generation) -> String {
    match generation {
        Generation::Milliseconds => format!(
            "\"duration\": {{\n        \"startTimestampMs\": \"{start_ms}\",\n        \"endTimestampMs\": \"{end_ms}\"\n      }}"
        ),
        Generation::Iso => format!(
            "\"duration\": {{\n        \"startTimestamp\": \"{}\",\n        \"endTimestamp\": \"{}\"\n      }}",
            iso(start_ms),
            iso(end_ms)
        ),
    }
}

fn visit(plan: &Plan, stay: &Stay, generation: Generation, found: &mut Found<'_>) -> String {
    found.document(VISIT, stay.start_ms as u64);
    let spot = &plan.days.spots[stay.spot];
    let semantic = match stay.spot {
        0 => ",\n        \"semanticType\": \"TYPE_HOME\"",
        1 => ",\n        \"semanticType\": \"TYPE_WORK\"",
        _ => "",
    };
    let mut children = String::new();
    if spot.name == "Markthalle Viadukt" {
        found.maybe_document(&[VISIT]);
        children = format!(
            ",\n      \"childVisits\": [{{\n        \"location\": {{\n          \"latitudeE7\": {},\n          \"longitudeE7\": {},\n          \"placeId\": \"ChIJinventedCheeseStall01\",\n          \"name\": \"Käsestand Löcherli\"\n        }},\n        {},\n        \"placeConfidence\": \"MEDIUM_CONFIDENCE\",\n        \"placeVisitLevel\": 1\n      }}]",
            spot.latitude_e7 + 900,
            spot.longitude_e7 - 700,
            duration(stay.start_ms + 60_000, stay.end_ms - 60_000, generation)
        );
    }
    let confidence = Dice::of(plan.seed, "confidence", stay.start_ms as u64).between(40, 99);
    format!(
        "    \"placeVisit\": {{\n      \"location\": {{\n        \"latitudeE7\": {},\n        \"longitudeE7\": {},\n        \"placeId\": {},\n        \"address\": {},\n        \"name\": {}{semantic},\n        \"sourceInfo\": {{\n          \"deviceTag\": 1204377013\n        }},\n        \"locationConfidence\": {confidence}.5\n      }},\n      {},\n      \"placeConfidence\": \"HIGH_CONFIDENCE\",\n      \"centerLatE7\": {},\n      \"centerLngE7\": {},\n      \"visitConfidence\": {confidence},\n      \"otherCandidateLocations\": [{{\n        \"latitudeE7\": {},\n        \"longitudeE7\": {},\n        \"placeId\": \"ChIJinventedNeighbour0001\",\n        \"locationConfidence\": 3.2\n      }}],\n      \"editConfirmationStatus\": \"NOT_CONFIRMED\"{children}\n    }}",
        spot.latitude_e7,
        spot.longitude_e7,
        json(&spot.place_id),
        json(&spot.address),
        json(&spot.name),
        duration(stay.start_ms, stay.end_ms, generation),
        spot.latitude_e7 + 40,
        spot.longitude_e7 - 60,
        spot.latitude_e7 + 2_000,
        spot.longitude_e7 + 3_000,
    )
}

fn segment(plan: &Plan, movement: &Movement, generation: Generation, found: &mut Found<'_>) -> String {
    found.document(TRIP, movement.start_ms as u64);
    let (from, to) = (&plan.days.spots[movement.from], &plan.days.spots[movement.to]);
    let middle_ms = (movement.start_ms + movement.end_ms) / 2;
    let (middle_latitude, middle_longitude) = plan.days.along(movement, middle_ms);
    let mut raw_path = String::new();
    if movement.mode == "CYCLING" {
        found.maybe_samples(1);
        let time = match generation {
            Generation::Milliseconds => format!("\"timestampMs\": \"{middle_ms}\""),
            Generation::Iso => format!("\"timestamp\": \"{}\"", iso(middle_ms)),
        };
        raw_path = format!(
            ",\n      \"simplifiedRawPath\": {{\n        \"points\": [{{\n          \"latE7\": {middle_latitude},\n          \"lngE7\": {middle_longitude},\n          \"accuracyMeters\": 9,\n          {time}\n        }}]\n      }}"
        );
    }
    let mode = movement.mode;
    format!(
        "    \"activitySegment\": {{\n      \"startLocation\": {{\n        \"latitudeE7\": {},\n        \"longitudeE7\": {}\n      }},\n      \"endLocation\": {{\n        \"latitudeE7\": {},\n        \"longitudeE7\": {}\n      }},\n      {},\n      \"distance\": {},\n      \"activityType\": \"{mode}\",\n      \"confidence\": \"HIGH\",\n      \"activities\": [{{\n        \"activityType\": \"{mode}\",\n        \"probability\": 88.5\n      }}, {{\n        \"activityType\": \"STILL\",\n        \"probability\": 4.1\n      }}],\n      \"waypointPath\": {{\n        \"waypoints\": [{{\n          \"latE7\": {},\n          \"lngE7\": {}\n        }}, {{\n          \"latE7\": {middle_latitude},\n          \"lngE7\": {middle_longitude}\n        }}],\n        \"source\": \"INFERRED\"\n      }}{raw_path}\n    }}",
        from.latitude_e7,
        from.longitude_e7,
        to.latitude_e7,
        to.longitude_e7,
        duration(movement.start_ms, movement.end_ms, generation),
        movement.distance_m,
        from.latitude_e7,
        from.longitude_e7,
    )
}
